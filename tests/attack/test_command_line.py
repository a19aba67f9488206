# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The command line reports every mistake in words, and ends with the right exit code.

Exit code 3 means a fault of the package itself, which these tests look for.
"""

import gzip
import json
import os
import re
import shlex
import subprocess
import sys

import leadfunnel as lf
import pytest
from leadfunnel.cli._app import app

AT = ["--at", "2026-04-01T00:00:00Z"]
COMMANDS = {c.callback.__name__ for c in app.registered_commands}
LINES = [
    "[1]",
    "1",
    "null",
    '"text"',
    "{}",
    "[]",
    '{"lead": [1]}',
    '{"lead": {"a": 1}}',
    '{"lead": "L-1", "at": 5, "type": "inquiry"}',
    '{"lead": "L-1", "lead": "L-2"}',
    '{"lead": "\\ud800"}',
    '{"\\ud800": "L-1"}',
    '{"lead": "\\u0000"}',
    '{"lead": 1e999}',
    '{"lead": ' + "9" * 5000 + "}",
    '{"lead": "\\u001b]0;x\\u0007\\u202e\\n\\u009b31m", "at": "\\u001b[31m", "type": "\\u001b"}',
    "[" * 100_000,
    '{"a":' * 100_000,
    "{",
    "NaN",
]


def _hostile_tables():
    yield "empty", b""
    yield "blank", b"\n\n \n"
    yield "nul", b"lead,industry\nL\x00-1,x\n\x00\n"
    yield "all_nul", b"\x00" * 5000
    yield "all_bytes", bytes(range(256)) * 20
    yield "utf16", "lead,industry\nL-1,x\n".encode("utf-16")
    yield "utf32", "lead,industry\nL-1,x\n".encode("utf-32")
    yield "latin1", "lead,industry\nL-1,K\xe4se\n".encode("latin-1")
    yield "boms", b"\xef\xbb\xbf\xef\xbb\xbflead\nL-1\n"
    yield "header", b"lead,industry\n"
    yield "twice", b"lead,lead\nL-1,L-2\n"
    yield "unnamed", b",,\n,,\n"
    yield "open_quote", b'lead,industry\n"L-1,x\nL-2,y\n'
    yield "cr", b"lead,industry\rL-1,x\r"
    yield "ragged", b"lead,industry\nL-1\nL-1,x,y,z\n"
    yield "long_field", b"lead,industry\n" + b"L" * 2_000_000 + b",x\n"
    yield "long_header", b"lead," + b"x" * 2_000_000 + b"\nL-1,y\n"
    yield "wide", b"lead," + b"x," * 200_000 + b"\nL-1\n"
    yield "escapes", b"lead,at,type\n\x1b[31m\x9b\xe2\x80\xae,\x1b]0;x\x07,\x1b\n"
    yield "escape_header", b"\x1b[31mlead,\xe2\x80\xaeat,type\nL-1,x,y\n"
    yield "far", b"lead,at,type\nL-1,9999-12-31T23:59:59Z,inquiry\nL-1,0000-01-01T00:00:00Z,inquiry\n"
    yield "edge", b"lead,at,type\nL-1,2199-12-31T23:59:59Z,inquiry\nL-1,1900-01-01T00:00:00Z,inquiry\n"
    yield "stages", b"lead,at,stage,reason\nL-1,2026-03-01T00:00:00Z,\x1b[31mnowhere,x\n"
    yield "numbers", b"lead,at,type,value\nL-1,2026-03-01T00:00:00Z,inquiry,1e999\n"
    for i, line in enumerate(LINES):
        yield f"line{i}", line.encode() + b"\n"
    yield "model", lf.example_model("b2b_starter").to_json().encode()
    yield "parquet", b"PAR1" + b"\x00" * 100 + b"PAR1"
    yield "parquet_long", b"PAR1" + b"\xff" * 20 + b"\xff\xff\xff\x7fPAR1"
    yield "arrow", b"ARROW1\x00\x00" + b"\xff" * 100 + b"ARROW1"
    yield "zip", b"PK\x03\x04" + b"\x00" * 60
    yield "gzip", gzip.compress(b"lead\nL-1\n")[:-3]


TABLES = dict(_hostile_tables())
MODELS = {
    "empty": b"",
    "list": b"[1]",
    "number": b"1",
    "deep": b"[" * 100_000,
    "deep_objects": b'{"a":' * 100_000,
    "bytes": bytes(range(256)) * 20,
    "nul": b"\x00" * 1000,
    "utf16": '{"id": "x"}'.encode("utf-16"),
    "table": b"lead,industry\nL-1,x\n",
    "escapes": b'{"id": "\\u001b[31m\\u202e", "scores": [{"id": "\\u009b"}], "\\u001b": 1}',
    "named_as_columns": json.dumps(
        {
            "id": "m",
            "attributes": [{"id": "lead", "type": "string"}],
            "scores": [{"id": n} for n in ("rank", "at", "lead", "reasons", "kind")],
        }
    ).encode(),
    "no_scores": b'{"id": "m"}',
    "yaml": b"id: &a [*a]\n",
    "tabs": b"id:\t- x\n\t- y",
}
OPTIONS = [
    ["--at", "yesterday"],
    ["--at", "9999-12-31T23:59:59Z"],
    ["--at", "1899-12-31T23:59:59Z"],
    ["--at", "2199-12-31T23:59:59.999999Z"],
    ["--at", ""],
    ["--at", "\x1b[31m"],
    [*AT, "--timezone", "Mars/\x1b[31m"],
    [*AT, "--timezone", "../../../etc/passwd"],
    [*AT, "--timezone", ""],
    [*AT, "--mapping", "nowhere"],
    [*AT, "--mapping", "list.json"],
    [*AT, "--mapping", "bytes.json"],
    [*AT, "--mapping", "deep.json"],
    [*AT, "--mapping", "folder.csv"],
    [*AT, "--mapping", "fifo.csv"],
    [*AT, "--mapping", "x" * 5000],
    [*AT, "--column", "=="],
    [*AT, "--column", "lead="],
    [*AT, "--column", "\x1b=x"],
    [*AT, "--column", "lead=\x1b"],
    [*AT, "--output", "nowhere/out.csv"],
    [*AT, "--output", "folder.csv"],
    [*AT, "--output", "/dev/full", "--format", "csv"],
    [*AT, "--output", "/dev/full", "--format", "parquet"],
    [*AT, "--output", "x" * 5000 + ".csv"],
    [*AT, "--output", "out.\x1b"],
    [*AT, "--output", "-", "--format", "parquet"],
    [*AT, "--unpack-limit", "-1"],
    [*AT, "--unpack-limit", "9" * 30],
    [*AT, "--score", "\x1b[31m"],
    [*AT, "--threads", "-1"],
]

# Runs many command lines, each in a fork of a process that has imported modules without threads.
FRAME = """
import json, os, sys, time, signal
import leadfunnel, leadfunnel.cli._app, leadfunnel.cli._demo
from leadfunnel.cli import main
out = []
for args, stdin in json.load(sys.stdin):
    for name in ("out", "err"):
        open(name, "wb").close()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        for number, name, how in ((0, stdin, os.O_RDONLY), (1, "out", os.O_WRONLY), (2, "err", os.O_WRONLY)):
            os.dup2(os.open(name, how), number)
        sys.argv = ["leadfunnel", *args]
        code = 99
        try:
            main()
        except SystemExit as e:
            code = e.code
        except BaseException:
            import traceback
            traceback.print_exc()
        sys.stdout.flush(); sys.stderr.flush()
        os._exit(code)
    _, status = os.waitpid(child, 0)
    out.append([os.waitstatus_to_exitcode(status), open("out", "rb").read(100_000).decode("utf-8", "replace"),
                open("err", "rb").read(100_000).decode("utf-8", "replace"), time.monotonic() - began])
json.dump(out, sys.__stdout__)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of hostile files."""
    here = tmp_path_factory.mktemp("hostile")
    for name, data in TABLES.items():
        for suffix in ("csv", "ndjson", "parquet"):
            (here / f"{name}.{suffix}").write_bytes(data)
        (here / f"{name}.csv.gz").write_bytes(gzip.compress(data))
    for name, data in MODELS.items():
        (here / f"{name}.json").write_bytes(data)
        (here / f"{name}.yaml").write_bytes(data)
    (here / "leads.csv").write_text("lead,industry\nL-1,Machinery\n")
    (here / "one.json").write_text('{"id": "one", "scores": [{"id": "s"}]}')
    (here / "folder.csv").mkdir()
    os.mkfifo(here / "fifo.csv")
    os.mkfifo(here / "fifo.parquet")
    (here / "loop.csv").symlink_to("loop.csv")
    (here / "dangling.csv").symlink_to("nothing.csv")
    (here / "device.csv").symlink_to("/dev/zero")
    (here / "memory.csv").symlink_to("/proc/self/mem")
    return here


def many(folder, lines):
    """The exit code, stdout, stderr and seconds of each command line."""
    given = [(args, stdin) for args, stdin in lines]
    done = subprocess.run(
        [sys.executable, "-c", FRAME],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    wrong = []
    out = json.loads(done.stdout)
    for (args, _), (code, said, err, seconds) in zip(given, out, strict=True):
        line = shlex.join(a[:80] for a in args)
        if code not in (0, 1, 2) or "Traceback" in err or "a fault of leadfunnel" in err:
            wrong.append(f"{line}\n  exit code {code}: {err[-1500:]}")
        elif code and not err and not said:
            wrong.append(f"{line}\n  says nothing: {err!r}")
        elif re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", err):
            wrong.append(f"{line}\n  raw controls: {err!r}")
        elif seconds > 20:
            wrong.append(f"{line}\n  {seconds:.1f} s")
        elif len(err) > 20_000:
            wrong.append(f"{line}\n  says {len(err)} characters")
    assert not wrong, f"{len(wrong)} of {len(given)}:\n" + "\n".join(wrong[:20])
    return out


# A command takes a second, mostly for imports, so that each format gets only the tables that are
# hard for it.
BINARY = ["empty", "header", "all_nul", "all_bytes", "model", "parquet", "parquet_long", "arrow", "zip", "gzip"]
TRIED = {
    "csv": TABLES,
    "ndjson": ["empty", "blank", "all_nul", "utf16", "boms", "long_field", *(n for n in TABLES if n.startswith("line"))],
    "parquet": BINARY,
    "csv.gz": ["empty", "nul", "latin1", "long_field", "escapes", "gzip"],
}


def commands_of(table):
    yield ["score", "b2b_starter", table, *AT]
    yield ["check", "b2b_starter", table]
    yield ["replay", "b2b_starter", table, "--format", "ndjson"]


def test_every_command_is_attacked():
    assert {"check", "score", "top", "explain", "replay", "funnel", "diagram", "generate", "demo"} == COMMANDS


@pytest.mark.parametrize("suffix", TRIED)
def test_hostile_tables(folder, suffix):
    every_command = {"empty", "nul", "escapes", "edge", "line0", "parquet"}
    lines = [
        (args, "/dev/null")
        for name in TRIED[suffix]
        for args in list(commands_of(f"{name}.{suffix}"))[: 3 if name in every_command else 1]
    ]
    many(folder, lines)


def test_hostile_stdin(folder):
    names = [*BINARY, "blank", "nul", "utf16", "open_quote", "long_field", "escapes", "line0", "line16"]
    many(folder, [(["score", "b2b_starter", "-", *AT], f"{name}.csv") for name in names])


@pytest.mark.parametrize("name", ["folder.csv", "fifo.csv", "fifo.parquet", "loop.csv", "dangling.csv",
                                  "device.csv", "memory.csv", "nothing.csv", "x" * 300 + ".csv", "", "/", "leads=",
                                  "touchpoints=leads.csv", "stages=leads.csv", "\x1b[31m.csv", "\u202e.csv"])  # fmt: skip
def test_what_is_no_file(folder, name):
    done = many(folder, [(args, "/dev/null") for args in commands_of(name)])
    assert {code for code, *_ in done} <= {1, 2}


def test_every_command_with_a_good_table(folder):
    lines = [
        ["top", "b2b_starter", "escapes.ndjson", *AT, "--skip-bad-rows"],
        ["explain", "b2b_starter", "L-1", "leads.csv", *AT],
        ["explain", "b2b_starter", "\x1b[31mnobody\u202e", "leads.csv", *AT],
        ["explain", "b2b_starter", "", "leads.csv", *AT],
        ["explain", "b2b_starter", "x" * 100_000, "leads.csv", *AT],
        ["funnel", "b2b_starter", "leads.csv", "--until", "2199-12-31T23:59:59Z"],
        ["funnel", "b2b_starter", "leads.csv", "--until", "9999-12-31T23:59:59Z"],
        ["funnel", "b2b_starter", "edge.csv", "--moves"],
        ["funnel", "b2b_starter", "leads.csv", "--funnel", "\x1b[31m"],
        ["replay", "b2b_starter", "leads.csv", "--kind", "\x1b[31m"],
        ["replay", "b2b_starter", "leads.csv", "--until", "1900-01-01T00:00:00Z"],
        ["diagram", "b2b_starter", "--funnel", "\x1b"],
        ["diagram", "b2b_starter", "--output", "folder.csv"],
        ["diagram", "b2b_starter", "--output", "/dev/full"],
        ["diagram", "one.json"],
        ["generate", "leads.csv"],
        ["generate", "/proc/nothing"],
        ["generate", "/dev/full"],
        ["generate", "new", "--leads", "-1"],
        ["demo", "--leads", "1", "--keep", "leads.csv"],
        ["top", "named_as_columns.json", "leads.csv", *AT, "--score", "rank"],
        ["top", "named_as_columns.json", "leads.csv", *AT, "--score", "lead"],
        ["score", "named_as_columns.json", "leads.csv", *AT],
        ["score", "named_as_columns.json", "leads.csv", *AT, "--format", "parquet"],
        ["score", "b2b_starter", *["leads.csv"] * 200, *AT],
        ["nonsense"],
        ["--nonsense"],
        ["\x1b[31m\u202e"],
        [],
        [""],
    ]
    many(folder, [(args, "/dev/null") for args in lines])


def test_hostile_models(folder):
    lines = []
    for name in MODELS:
        for file in (f"{name}.json", f"{name}.yaml"):
            lines.append(["check", file])
        lines += [["score", file, "leads.csv", *AT], ["diagram", file]]
    lines += [["check", m] for m in ("folder.csv", "loop.csv", "", "x" * 5000, "\x1b", "leads.csv", "line0.parquet")]
    many(folder, [(args, "/dev/null") for args in lines])
    many(folder, [(["check", "-"], f"{name}.json") for name in MODELS])


def test_hostile_options(folder):
    many(folder, [(["score", "b2b_starter", "leads.csv", *o], "/dev/null") for o in OPTIONS])


CLOSED = ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"]
FULL = ["> /dev/full", "2> /dev/full", "> /dev/full 2> /dev/full", "2>&1 > /dev/full"]
GONE = ["| true", "2>&1 >/dev/null | true", "2>&1 | true"]
STREAMS = [
    "--version",
    "--help",
    "check b2b_starter",
    "check wrong.json",
    "score b2b_starter leads.csv " + " ".join(AT),
    "score b2b_starter leads.csv --output written.csv " + " ".join(AT),
    "score b2b_starter - " + " ".join(AT),
    "explain b2b_starter L-1 leads.csv " + " ".join(AT),
    "diagram b2b_starter",
]


@pytest.mark.parametrize("streams", [*CLOSED, *FULL, *GONE])
def test_streams_that_are_closed_full_or_gone(folder, streams):
    (folder / "wrong.json").write_text('{"id": "wrong", "scores": 5}')
    # Opening a file under the number of a standard stream would write into it.
    script = "".join(
        f"( {{ {sys.executable} -m leadfunnel {c}; echo $? > code{i}; }} {streams} ) 3> said{i} &\n"
        if "|" not in streams
        else f"( {{ {sys.executable} -m leadfunnel {c}; echo $? > code{i}; }} {streams} ) &\n"
        for i, c in enumerate(STREAMS)
    )
    done = subprocess.run(
        ["bash", "-c", script + "wait"], cwd=folder, capture_output=True, text=True, timeout=120,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert "fault of" not in done.stderr
    for i, command in enumerate(STREAMS):
        code = int((folder / f"code{i}").read_text())
        assert code in {0, 1, 2}, (command, code, done.stderr)
        if streams in {">&-", "> /dev/full"} and "--output" not in command and "wrong" not in command:
            assert code == 1 or command.startswith("score b2b_starter -"), command
            assert "leadfunnel: error:" in done.stderr or "<stdout>" in done.stderr
    scores = (folder / "written.csv").read_text().splitlines()
    assert len(scores) == 2
    assert scores[0].startswith("lead,at,")
