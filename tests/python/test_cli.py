# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The command line, from end to end."""

import csv
import io
import json
import os
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import time

import leadfunnel as lf
import pyarrow.parquet as parquet
import pytest
from leadfunnel.cli._app import app
from typer.testing import CliRunner

AT = "2026-04-01T00:00:00Z"
LEADS = """\
lead,company,industry,position,employees
L-1,Nordwerk GmbH,Machinery,Head of Production,1200
L-2,東都大学,,大学院生,500
L-3,Fjord Foods AS,Food,Buyer,40
"""
TOUCHPOINTS = """\
lead,at,type,url,value
L-1,2026-03-23T14:00:00+09:00,page_view,/pricing/ja,95
L-1,2026-03-30T14:00:00+09:00,page_view,/pricing/ja,95
L-2,2026-03-30T10:00:00+09:00,page_view,/pricing/ja,120
L-3,2026-03-29T10:00:00+09:00,inquiry,,
"""
DECISIONS = """\
lead,at,funnel,stage,reason
L-1,2026-03-31T09:00:00+09:00,sales,working,
"""
EXPORT = """\
Kundennr;Zeit;Was
L-3;2026-03-31 08:00;inquiry
L-3;2026-03-31 09:00;page_view
"""
BAD = """\
lead,at,type
L-1,2026-03-30T14:00:00+09:00,inquiry
L-2,2026-03-30 14:00,inquiry
,2026-03-30T14:00:00+09:00,inquiry
"""
WRONG = """\
{
  "id": "wrong",
  "touchpoints": [{"id": "page_view"}],
  "scores": [{"id": "engagement"}],
  "rules": [
    {"kind": "occurrence", "id": "page", "score": "engagment", "on": {"type": "page_view"},
     "points": 5}
  ]
}
"""
FILES = {
    "leads.csv": LEADS,
    "touchpoints.csv": TOUCHPOINTS,
    "decisions.csv": DECISIONS,
    "export.csv": EXPORT,
    "bad.csv": BAD,
    "wrong.json": WRONG,
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory with the files of the documentation."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Ran:
    """The outcome of a command."""

    def __init__(self, code, out, err):
        self.code = code
        self.bytes = out
        self.err = err

    @property
    def out(self):
        return self.bytes.decode()

    @property
    def rows(self):
        return list(csv.DictReader(io.StringIO(self.out)))

    @property
    def objects(self):
        return [json.loads(line) for line in self.out.splitlines()]


def run(*args, stdin=b"", env=None):
    """Runs the command in a child process, with warnings as errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "leadfunnel", *args],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        env={**os.environ, **(env or {})},
        timeout=300,
    )
    out = Ran(done.returncode, done.stdout, done.stderr.decode())
    assert "Traceback" not in out.err, out.err
    return out


def call(*args):
    """Runs the command in this process, which is faster."""
    done = CliRunner().invoke(app, [str(a) for a in args])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ran(done.exit_code, done.stdout_bytes, done.stderr)


def on_terminal(*args, env=None, rows=40, columns=120, interrupt_after=None):
    """The exit code and the output on a terminal."""
    fcntl, pty, termios = (pytest.importorskip(m) for m in ("fcntl", "pty", "termios"))
    try:
        master, slave = pty.openpty()
    except OSError as why:
        pytest.skip(f"this machine gives no terminal: {why}")
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    base = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "COLUMNS", "LINES"}}
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "leadfunnel", *args],
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave,
        env={**base, "TERM": "xterm-256color", **(env or {})},
    )
    os.close(slave)
    said = b""
    began = time.monotonic()
    while True:
        if select.select([master], [], [], 0.1)[0]:
            try:
                more = os.read(master, 65536)
            except OSError:
                break
            if not more:
                break
            said += more
        elif process.poll() is not None:
            break
        if interrupt_after is not None and interrupt_after in said:
            process.send_signal(signal.SIGINT)
            interrupt_after = None
        assert time.monotonic() - began < 300
    os.close(master)
    return process.wait(), said.decode()


# ---- the documentation ---------------------------------------------------------------------------


def examples(text):
    """The commands of the documentation, and the output that it shows."""
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        command, output = "", []
        for line in block.splitlines():
            if line.startswith("$ "):
                if command:
                    yield command, "\n".join(output)
                command, output = line[2:], []
            else:
                output.append(line)
        yield command, "\n".join(output)


def test_the_documentation_shows_what_is_printed(here, root):
    tools = here / "tools"
    tools.mkdir()
    command = tools / "leadfunnel"
    command.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -W error -m leadfunnel "$@"\n'
    )
    command.chmod(0o755)
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    shown = list(examples((root / "docs/command-line.md").read_text(encoding="utf-8")))
    assert len(shown) > 15
    for said, expected in shown:
        done = subprocess.run(
            ["bash", "-c", said],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=env,
            timeout=300,
        )
        assert done.stdout.decode().rstrip("\n") == expected.rstrip("\n"), said


def test_the_documentation_names_every_command(root):
    text = (root / "docs/command-line.md").read_text(encoding="utf-8")
    for command in app.registered_commands:
        assert f"`{command.callback.__name__} " in text or f"`{command.callback.__name__}`" in text


# ---- help, version, usage ------------------------------------------------------------------------


def test_version():
    done = run("--version")
    assert (done.code, done.out) == (0, f"leadfunnel {lf.__version__}\n")


def test_without_arguments_it_helps():
    done = run()
    assert "demo" in done.out + done.err
    assert done.code in (0, 2)


@pytest.mark.parametrize("command", [c.callback.__name__ for c in app.registered_commands])
def test_every_command_has_help(command):
    done = call(command, "--help")
    assert done.code == 0
    assert "Usage" in done.out


@pytest.mark.parametrize(
    "args",
    [
        ["nothing"],
        ["score"],
        ["score", "b2b_starter", "leads.csv"],
        ["score", "b2b_starter", "leads.csv", "--at", AT, "--unknown"],
        ["score", "b2b_starter", "nowhere.csv", "--at", AT],
        ["score", "nowhere", "leads.csv", "--at", AT],
        ["score", "b2b_starter", "leads.csv", "--at", "2026-04-01T00:00:00"],
        ["score", "b2b_starter", "leads.csv", "--at", "yesterday"],
        ["score", "b2b_starter", "leads.csv", "--at", AT, "--output", "scores.xlsx"],
        ["score", "b2b_starter", "leads.csv", "--at", AT, "--timezone", "Mars/Olympus"],
        ["score", "b2b_starter", "leads.csv", "--at", AT, "--column", "at"],
        ["score", "b2b_starter", "leads.csv", "--at", AT, "--mapping", "nowhere"],
        ["score", "b2b_starter", "wrong.json", "--at", AT],
        ["score", "b2b_starter", "-", "leads=-", "--at", AT],
        ["top", "b2b_starter", "leads.csv", "--at", AT, "--score", "totals"],
        ["top", "b2b_starter", "leads.csv", "--at", AT, "-n", "0"],
        ["explain", "b2b_starter", "L-1", "leads.csv", "--at", AT, "--score", "totals"],
        ["replay", "b2b_starter", "leads.csv", "--kind", "stage_change"],
        ["funnel", "b2b_starter", "leads.csv", "--funnel", "sale"],
        ["diagram", "b2b_starter", "--funnel", "sale"],
        ["diagram", "b2b_starter", "--format", "svg"],
        ["check", "."],
    ],
    ids=" ".join,
)
def test_usage_that_is_wrong(here, args):
    done = call(*args)
    assert done.code == 2
    assert done.out == ""
    assert "error: " in done.err
    assert len(done.err.splitlines()) <= 3


def test_suggestions(here):
    assert "did you mean 'b2b_starter'?" in call("check", "b2b_startr").err
    assert (
        "did you mean 'total'?"
        in call("top", "b2b_starter", "leads.csv", "--at", AT, "--score", "totals").err
    )
    assert (
        "write the offset"
        in call("score", "b2b_starter", "leads.csv", "--at", "2026-04-01T00:00:00").err
    )


def test_arguments_that_are_no_utf8(here):
    done = run("explain", "b2b_starter", b"L-\xff", "leads.csv", "--at", AT)
    assert done.code == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(here, shell):
    shown = run("--show-completion", shell)
    assert shown.code == 0
    assert "_LEADFUNNEL_COMPLETE" in shown.out


def test_completion_knows_models_mappings_and_files(here):
    def completed(line):
        env = {
            "_LEADFUNNEL_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(line.split(" ")) - 1),
        }
        return run(env=env).out.split()

    assert "replay" in completed("leadfunnel re")
    assert completed("leadfunnel check b2b_") == ["b2b_starter"]
    assert "wrong.json" in completed("leadfunnel check w")
    assert completed("leadfunnel score b2b_starter tou") == ["touchpoints.csv"]
    assert completed("leadfunnel score b2b_starter --mapping segm") == ["segment"]


def test_without_typer_it_says_what_to_install(tmp_path):
    (tmp_path / "typer.py").write_text("raise ModuleNotFoundError('no typer', name='typer')\n")
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = run("--version", env={"PYTHONPATH": paths})
    assert done.code == 2
    assert "pip install 'leadfunnel[cli]'" in done.err


def test_with_nothing_but_typer_and_rich(here):
    blocked = here / "blocked"
    blocked.mkdir()
    for name in ("numpy", "pandas", "polars", "pyarrow", "narwhals", "duckdb", "yaml", "tqdm"):
        (blocked / f"{name}.py").write_text(
            f"raise ModuleNotFoundError('blocked', name={name!r})\n"
        )
    env = {"PYTHONPATH": os.pathsep.join([str(blocked), os.environ.get("PYTHONPATH", "")])}
    tables = ["leads.csv", "touchpoints.csv"]
    for command in (
        ["check", "b2b_starter", *tables],
        ["score", "b2b_starter", *tables, "--at", AT],
        ["top", "b2b_starter", *tables, "--at", AT],
        ["explain", "b2b_starter", "L-1", *tables, "--at", AT, "--format", "csv"],
        ["replay", "b2b_starter", *tables, "--format", "table"],
        ["funnel", "b2b_starter", *tables],
        ["diagram", "b2b_starter"],
        ["demo", "--leads", "10"],
    ):
        done = run(*command, env=env)
        assert done.code == 0, done.err
    done = run("score", "b2b_starter", *tables, "--at", AT, "-o", "out.parquet", env=env)
    assert done.code == 2
    assert "pip install pyarrow" in done.err
    (here / "some.parquet").write_bytes(b"PAR1")
    done = run("score", "b2b_starter", "some.parquet", "--at", AT, env=env)
    assert done.code == 2
    assert "pip install polars" in done.err
    (here / "model.yaml").write_text("id: model\n")
    done = run("check", "model.yaml", env=env)
    assert done.code == 2
    assert "pip install pyyaml" in done.err


# ---- check ---------------------------------------------------------------------------------------


def test_check_lists_problems_where_they_are(here):
    done = call("check", "wrong.json")
    assert done.code == 1
    first, *more = done.out.splitlines()
    assert first.startswith("wrong.json:6:51: error: ")
    assert "did you mean 'engagement'?" in more[0]


def test_check_for_programs(here):
    done = call("check", "wrong.json", "--format", "ndjson")
    assert done.code == 1
    [problem] = [o for o in done.objects if o["severity"] == "error"]
    assert (problem["line"], problem["column"], problem["pointer"]) == (6, 51, "/rules/0/score")
    done = call("check", "b2b_starter", "--format", "csv")
    assert (done.code, done.rows) == (0, [])


def test_check_from_stdin(here):
    done = run("check", "-", stdin=WRONG)
    assert done.code == 1
    assert done.out.startswith("<stdin>:6:51: error")


def test_check_strict(here):
    (here / "idle.json").write_text(
        '{"id": "idle", "scores": [{"id": "fit"}], "attributes": [{"id": "unused"}], "rules": []}'
    )
    lax = call("check", "idle.json")
    assert lax.code == 0
    assert "warning" in lax.out
    assert call("check", "idle.json", "--strict").code == 1


def test_check_of_tables(here):
    assert call("check", "b2b_starter", "leads.csv", "touchpoints.csv").code == 0
    done = call("check", "b2b_starter", "bad.csv")
    assert done.code == 1
    assert "bad.csv:3: error: column 'at'" in done.err
    assert "bad.csv:4: error: column 'lead'" in done.err


def test_other_commands_say_what_is_wrong_with_the_model(here):
    done = call("score", "wrong.json", "leads.csv", "--at", AT)
    assert done.code == 1
    assert done.out == ""
    assert done.err.startswith("wrong.json:6:51: error: ")


def test_yaml(here):
    (here / "wrong.yaml").write_text(
        "id: wrong\nscores:\n  - id: fit\nrules:\n"
        "  - {kind: attribute, id: a, score: fitt, points: 1,\n"
        "     when: {attribute: industry, equals: x}}\n"
    )
    done = call("check", "wrong.yaml")
    assert done.code == 1
    assert "wrong.yaml:5:" in done.out


# ---- tables in -----------------------------------------------------------------------------------


def scores_of(rows):
    return {row["lead"]: row["total"] for row in rows}


def test_every_format_in_gives_the_same(here):
    polars = pytest.importorskip("polars")
    tables = {
        "leads": polars.read_csv("leads.csv"),
        "touchpoints": polars.read_csv("touchpoints.csv"),
    }
    tables["touchpoints"] = tables["touchpoints"].with_columns(
        polars.col("at").str.to_datetime("%Y-%m-%dT%H:%M:%S%z", time_zone="UTC")
    )
    for name, table in tables.items():
        table.write_parquet(f"{name}.parquet")
        table.write_csv(f"{name}.tsv", separator="\t", datetime_format="%Y-%m-%dT%H:%M:%S%:z")
    for name in tables:
        rows = csv.DictReader(io.StringIO(FILES[f"{name}.csv"]))
        lines = [
            {k: float(v) if k in {"employees", "value"} and v else v or None for k, v in r.items()}
            for r in rows
        ]
        (here / f"{name}.ndjson").write_text("".join(json.dumps(o) + "\n" for o in lines))
    said = call("score", "b2b_starter", "leads.csv", "touchpoints.csv", "--at", AT)
    assert said.code == 0
    assert scores_of(said.rows)["L-1"] != "0"
    for suffix in ("tsv", "ndjson", "parquet"):
        done = call("score", "b2b_starter", f"touchpoints.{suffix}", f"leads.{suffix}", "--at", AT)
        assert done.code == 0, done.err
        assert scores_of(done.rows) == scores_of(said.rows), suffix
    for suffix in ("csv", "ndjson", "parquet"):  # the first bytes decide the format
        done = run(
            "score",
            "b2b_starter",
            "leads.csv",
            "-",
            "--at",
            AT,
            stdin=(here / f"touchpoints.{suffix}").read_bytes(),
        )
        assert done.code == 0, done.err
        assert scores_of(done.rows) == scores_of(said.rows), suffix


def test_several_tables_of_a_kind(here):
    lines = TOUCHPOINTS.splitlines(keepends=True)
    (here / "early.csv").write_text("".join(lines[:3]))
    (here / "late.csv").write_text("".join([lines[0], *lines[3:]]))
    whole = call("score", "b2b_starter", "leads.csv", "touchpoints.csv", "--at", AT)
    parts = call("score", "b2b_starter", "leads.csv", "late.csv", "early.csv", "--at", AT)
    assert scores_of(parts.rows) == scores_of(whole.rows)


def test_the_kind_of_a_table_can_be_given(here):
    (here / "contacts.csv").write_text(
        "lead,at,type,employees\nL-1,2026-01-01T00:00:00Z,customer,900\n"
    )
    as_leads = call("score", "b2b_starter", "leads=contacts.csv", "--at", AT)
    assert as_leads.rows[0]["fit"] == "10"
    assert call("score", "b2b_starter", "contacts.csv", "--at", AT).rows[0]["fit"] == "0"


def test_a_table_that_lacks_a_column_says_which(here):
    (here / "what.csv").write_text("lead,when,type\nL-1,2026-01-01T00:00:00Z,inquiry\n")
    done = call("score", "b2b_starter", "what.csv", "--at", AT)
    assert done.code == 1
    assert "none called 'at'" in done.err
    assert "--column at=COLUMN" in done.err
    done = call("score", "b2b_starter", "what.csv", "--at", AT, "--column", "at=when")
    assert done.code == 0
    done = call("score", "b2b_starter", "what.csv", "--at", AT, "--column", "touchpoints.at=when")
    assert done.code == 0
    (here / "empty.csv").write_text("")
    assert call("score", "b2b_starter", "empty.csv", "--at", AT).code == 1


def test_times_without_a_zone(here):
    (here / "local.csv").write_text("lead,at,type\nL-1,2026-03-30 14:00,inquiry\n")
    done = call("score", "b2b_starter", "local.csv", "--at", AT)
    assert done.code == 1
    done = call("score", "b2b_starter", "local.csv", "--at", AT, "--timezone", "Asia/Tokyo")
    assert done.code == 0
    (here / "twice.csv").write_text("lead,at,type\nL-1,2025-10-26 02:30,inquiry\n")
    args = ["score", "b2b_starter", "twice.csv", "--at", AT, "--timezone", "Europe/Berlin"]
    assert call(*args).code == 1
    assert call(*args, "--ambiguous", "earliest").code == 0


def test_bad_rows(here):
    done = call("score", "b2b_starter", "bad.csv", "--at", AT, "--output", "scores.csv")
    assert done.code == 1
    assert "2 bad rows" in done.err
    assert not (here / "scores.csv").exists()
    done = call("score", "b2b_starter", "bad.csv", "--at", AT, "--skip-bad-rows")
    assert done.code == 0
    assert "2 bad rows are left out" in done.err
    assert [r["lead"] for r in done.rows] == ["L-1"]


def test_many_bad_rows_are_counted(here):
    (here / "many.csv").write_text("lead,at,type\n" + "L-1,never,inquiry\n" * 500)
    done = call("score", "b2b_starter", "many.csv", "--at", AT)
    assert done.code == 1
    assert "480 more bad rows" in done.err
    assert "500 bad rows" in done.err
    assert len(done.err.splitlines()) < 30


def test_broken_files(here):
    (here / "broken.parquet").write_bytes(b"PAR1 and nothing else")
    done = run("score", "b2b_starter", "broken.parquet", "--at", AT)
    assert done.code == 1
    (here / "broken.ndjson").write_text(
        '{"lead": "L-1", "at": \n[[[[\n\x00\n' + "[" * 200_000 + "\n"
    )
    done = run("score", "b2b_starter", "broken.ndjson", "--at", AT)
    assert done.code == 1
    (here / "binary.csv").write_bytes(bytes(range(256)) * 10)
    done = run("score", "b2b_starter", "binary.csv", "--at", AT)
    assert done.code == 1
    (here / "binary.json").write_bytes(bytes(range(256)) * 10)
    assert run("check", "binary.json").code == 1
    assert run("check", "-", stdin=b"\xff\xfe").code == 1


def test_mappings_find_their_tables(here):
    assert call("generate", "year", "--leads", "50").code == 0
    files = ["year/touchpoints.csv", "year/leads.csv"]
    args = ["--at", AT, "--mapping", "demo_leads", "--mapping", "demo_touchpoints"]
    done = call("score", "b2b_starter", *files, *args)
    assert done.code == 0, done.err
    assert scores_of(done.rows)["L-90001"] == "100"
    assert len(done.rows) == 54
    (here / "own.csv").write_text("lead,industry\nX-1,Machinery\n")  # with the library's names
    done = call("score", "b2b_starter", *files, "own.csv", *args)
    assert len(done.rows) == 55
    done = call("score", "b2b_starter", *files, "export.csv", *args)
    assert done.code == 1
    assert "export.csv fits none of the mappings" in done.err
    own = here / "own.json"
    own.write_text('{"format": "csv", "mappings": [{"to": "touchpoint", "lead": "who"}]}')
    done = call("score", "b2b_starter", "touchpoints.csv", "--at", AT, "--mapping", own)
    assert done.code == 1
    own.write_text("{nonsense")
    assert call("score", "b2b_starter", "touchpoints.csv", "--at", AT, "--mapping", own).code == 1


# ---- tables out ----------------------------------------------------------------------------------


def test_every_format_out_says_the_same(here):
    args = ["score", "b2b_starter", "leads.csv", "touchpoints.csv", "--at", AT]
    said = call(*args).rows
    for name in ("out.csv", "out.ndjson", "out.parquet"):
        done = call(*args, "--output", name)
        assert (done.code, done.out) == (0, "")
    assert list(csv.DictReader(io.StringIO((here / "out.csv").read_text(encoding="utf-8")))) == said
    objects = [json.loads(line) for line in (here / "out.ndjson").read_text().splitlines()]
    assert [o["lead"] for o in objects] == [r["lead"] for r in said]
    assert [o["total"] for o in objects] == [float(r["total"]) for r in said]
    table = parquet.read_table(here / "out.parquet")
    assert table.column("total").to_pylist() == [float(r["total"]) for r in said]
    assert str(table.schema.field("at").type) == "timestamp[us, tz=UTC]"
    piped = run(*args, "--format", "parquet")
    assert piped.bytes == (here / "out.parquet").read_bytes()
    table = call(*args, "--format", "table").out
    assert "L-1" in table
    assert "\x1b" not in table


def test_parquet_types_do_not_depend_on_the_rows(here):
    (here / "rivals.csv").write_text("lead,no_profiling\nL-1,true\n")
    assert call("score", "b2b_starter", "rivals.csv", "--at", AT, "-o", "out.parquet").code == 0
    table = parquet.read_table(here / "out.parquet")
    assert table.column("total").to_pylist() == [None]
    assert str(table.schema.field("total").type) == "double"
    assert (
        call("explain", "b2b_starter", "L-1", "leads.csv", "--at", AT, "-o", "why.parquet").code
        == 0
    )
    schema = parquet.read_schema(here / "why.parquet")
    assert str(schema.field("at").type) == "timestamp[us, tz=UTC]"


def test_output_is_replaced_at_once_or_not_at_all(here):
    (here / "scores.csv").write_text("before")
    assert call("score", "wrong.json", "leads.csv", "--at", AT, "-o", "scores.csv").code == 1
    assert (here / "scores.csv").read_text() == "before"
    assert call("score", "b2b_starter", "leads.csv", "--at", AT, "-o", "scores.csv").code == 0
    assert (here / "scores.csv").read_text().startswith("lead,at,")
    assert not list(here.glob(".scores*"))
    done = call("score", "b2b_starter", "leads.csv", "--at", AT, "-o", "no/such/scores.csv")
    assert done.code == 1
    assert "No such file or directory" in done.err


def test_a_pipe_that_is_closed_is_no_failure(here):
    leads = "".join(f"X-{i},Machinery\n" for i in range(200_000))
    (here / "many.csv").write_text("lead,industry\n" + leads)
    done = subprocess.run(
        [
            "bash",
            "-c",
            f"set -o pipefail; {shlex.quote(sys.executable)} -W error -m leadfunnel "
            f"score b2b_starter many.csv --at {AT} | head -2",
        ],
        capture_output=True,
        timeout=300,
    )
    assert done.stderr == b""
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2


HOSTILE = {
    "formula": '=HYPERLINK("http://x")',
    "plus": "+1",
    "minus": "-1",
    "at": "@SUM(A1)",
    "wide": "＝1",
    "tab": "\t=1",
    "markup": "[bold red]x[/] [link=http://x]y[/link] :bomb:",
    "escape": "\x1b[31mred\x1b]0;title\x07",
    "csi": "\x9b31m",
    "direction": "abc\u202edef",
    "line": "two\nlines",
    "wide space": "全角\u3000空白",
}


@pytest.fixture
def hostile(here):
    """Leads with hostile ids."""
    with (here / "hostile.ndjson").open("w", encoding="utf-8") as file:
        for text in HOSTILE.values():
            file.write(json.dumps({"lead": text, "industry": "Machinery"}) + "\n")
    return "hostile.ndjson"


def test_hostile_texts_in_files(here, hostile):
    args = ["score", "b2b_starter", hostile, "--at", AT]
    safe = [r["lead"] for r in call(*args).rows]
    for text in safe:
        assert not text.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))
    assert '\'=HYPERLINK("http://x")' in safe
    assert HOSTILE["markup"] in safe
    assert [r["lead"] for r in call(*args, "--raw").rows] == list(HOSTILE.values())
    done = call(*args, "--format", "ndjson")
    assert [o["lead"] for o in done.objects] == list(HOSTILE.values())
    for c in "\x1b\x07\x9b\u202e":
        assert c not in done.out
    assert call(*args, "-o", "out.parquet").code == 0
    assert parquet.read_table(here / "out.parquet").column("lead").to_pylist() == list(
        HOSTILE.values()
    )


@pytest.mark.parametrize("format", [[], ["--format", "csv"], ["--format", "ndjson"]], ids=str)
def test_hostile_texts_on_a_terminal(here, hostile, format):
    code, said = on_terminal(
        "score", "b2b_starter", hostile, "--at", AT, *format, columns=300, env={"NO_COLOR": "1"}
    )
    assert code == 0
    without_styles = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said) if not format else said
    for c in "\x07\x9b\u202e":
        assert c not in said
    assert "\x1b[31m" not in said
    assert "\x1b]" not in said
    assert "[bold red]x[/] [link=http://x]y[/link] :bomb:" in without_styles
    assert "全角\u3000空白" in said


def test_hostile_texts_in_messages(here, hostile):
    (here / "bad.ndjson").write_text(
        json.dumps({"lead": "L", "at": "\x1b[31m[red]x[/]", "type": "inquiry"}) + "\n"
    )
    done = call("score", "b2b_starter", "bad.ndjson", "--at", AT)
    assert done.code == 1
    assert "\x1b" not in done.err
    done = call("explain", "b2b_starter", HOSTILE["escape"], hostile, "--at", AT)
    assert done.code == 0
    assert "\x1b" not in done.out
    assert "\\x1b[31mred" in done.out
    done = call("explain", "b2b_starter", "\x1b[31mnobody", hostile, "--at", AT)
    assert done.code == 1
    assert "\x1b" not in done.err


# ---- on a terminal -------------------------------------------------------------------------------


def test_a_table_with_colours_on_a_terminal(here):
    args = ["top", "b2b_starter", "leads.csv", "touchpoints.csv", "--at", AT]
    code, said = on_terminal(*args)
    assert code == 0
    assert "\x1b[1m" in said
    assert "reasons" in said
    code, plain = on_terminal(*args, env={"NO_COLOR": "1"})
    assert code == 0
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", plain)


def test_errors_have_colours_only_where_they_are_wanted(here):
    _, said = on_terminal("check", "wrong.json")
    assert re.search(r"\x1b\[[0-9;]*31m", said)
    _, plain = on_terminal("check", "wrong.json", env={"NO_COLOR": "1"})
    assert not re.search(r"\x1b\[[0-9;]*31m", plain)
    assert "\x1b" not in run("check", "wrong.json").out


def test_a_long_table_is_cut_on_a_terminal_and_in_no_file(here):
    (here / "many.csv").write_text("lead,industry\n" + "".join(f"X-{i},Food\n" for i in range(250)))
    args = ["score", "b2b_starter", "many.csv", "--at", AT]
    _, said = on_terminal(*args)
    assert "150 more rows" in said
    assert len(call(*args).rows) == 250


def test_parquet_does_not_go_to_a_terminal(here):
    code, said = on_terminal("score", "b2b_starter", "leads.csv", "--at", AT, "--format", "parquet")
    assert code == 2
    assert "PAR1" not in said


def test_progress_bars_on_a_terminal_and_none_in_a_pipe(here):
    assert call("generate", "year", "--leads", "1500").code == 0
    args = [
        "funnel", "b2b_starter", "year/leads.csv", "year/touchpoints.csv",
        "-m", "demo_leads", "-m", "demo_touchpoints", "-f", "csv",
    ]  # fmt: skip
    patched = here / "patched"
    patched.mkdir()
    # Bars appear at once instead of after a second.
    (patched / "sitecustomize.py").write_text(
        "import leadfunnel._progress\nleadfunnel._progress._AFTER = 0.0\n"
    )
    paths = os.pathsep.join([str(patched), os.environ.get("PYTHONPATH", "")])
    code, said = on_terminal(*args, env={"PYTHONPATH": paths})
    assert code == 0
    assert "replaying" in said
    done = run(*args, env={"PYTHONPATH": paths})
    assert (done.code, done.err) == (0, "")
    assert done.rows[0]["stage"] == "contact"


def test_interrupted(here):
    code, said = on_terminal("demo", "--leads", "20000", interrupt_after=b"Read ")
    assert code == 130
    assert "Traceback" not in said


# ---- commands ------------------------------------------------------------------------------------


def test_scores_are_those_of_the_library(here):
    done = call(
        "score",
        "b2b_starter",
        "leads.csv",
        "touchpoints.csv",
        "--at",
        AT,
        "--at",
        "2026-03-25T00:00:00Z",
    )
    scores = lf.score(
        lf.example_model("b2b_starter"),
        "leads.csv",
        "touchpoints.csv",
        at=[AT, "2026-03-25T00:00:00Z"],
    )
    assert len(done.rows) == len(scores) == 6
    for said, row in zip(done.rows, scores, strict=True):
        assert said["lead"] == row["lead"]
        assert float(said["total"]) == row["total"]
        assert said["temperature"] == row["temperature"]


def test_now_is_the_time_of_the_clock(here):
    done = call("score", "b2b_starter", "leads.csv", "--at", "now")
    assert done.rows[0]["at"][:2] == "20"


def test_top_gives_reasons_and_ranks(here):
    done = call("top", "b2b_starter", "leads.csv", "touchpoints.csv", "--at", AT, "-n", "2")
    assert [(r["rank"], r["lead"]) for r in done.rows] == [("1", "L-1"), ("2", "L-3")]
    assert "last_seen +20.0" in done.rows[0]["reasons"]
    assert (
        call("top", "b2b_starter", "leads.csv", "--at", AT, "--score", "fit").rows[0]["fit"] == "40"
    )


def test_explanations_add_up(here):
    args = ["explain", "b2b_starter", "L-1", "leads.csv", "touchpoints.csv", "--at", AT]
    text = call(*args).out
    assert text.startswith("L-1: total = ")
    done = call(*args, "--format", "csv")
    total = float(re.search(r"total = ([\d.]+)", text)[1])
    now = [float(r["now"]) for r in done.rows if r["score"] == "total"]
    assert sum(now) == pytest.approx(total, abs=1e-9)
    assert call(*args, "--score", "fit").out.startswith("L-1: fit = 40")
    assert call("explain", "b2b_starter", "L-9", "leads.csv", "--at", AT).code == 1


def test_replay_writes_the_signals_of_the_engine(here):
    tables = ["leads.csv", "touchpoints.csv", "decisions.csv"]
    done = call("replay", "b2b_starter", *tables, "--until", "2026-07-01T00:00:00Z", "-f", "ndjson")
    assert done.code == 0
    engine = lf.Engine(lf.example_model("b2b_starter"))
    engine.apply(leads="leads.csv", touchpoints="touchpoints.csv", stages="decisions.csv")
    engine.advance_to("2026-07-01T00:00:00Z")
    told = engine.signals(most=100_000)
    assert len(told) > 5
    assert [(o["lead"], o["kind"], o["to"]) for o in done.objects] == [
        (s.lead, s.kind, s.to) for s in told
    ]
    assert f"{len(told)} signals" in done.err
    assert "sales: contact 2" in done.err
    moves = call("replay", "b2b_starter", *tables, "-k", "stage_changed").rows
    assert {r["kind"] for r in moves} == {"stage_changed"}
    assert ("L-1", "working") in [(r["lead"], r["to"]) for r in moves]


def test_replay_stops_at_the_given_instant(here):
    early = call("replay", "b2b_starter", "touchpoints.csv", "--until", "2026-03-24T00:00:00Z")
    assert {r["lead"] for r in early.rows} == {"L-1"}
    assert all(r["at"] < "2026-03-24" for r in early.rows)


def test_refused_moves_are_counted(here):
    (here / "strict.json").write_text(
        """{"id": "strict", "touchpoints": [{"id": "inquiry"}],
        "scores": [{"id": "fit"}], "rules": [],
        "funnels": [{"id": "sales", "moves": "declared",
          "stages": [{"id": "contact", "entry": true}, {"id": "working"}, {"id": "won"}],
          "transitions": [{"id": "arrived", "to": "contact", "on": {"type": "inquiry"}},
                          {"id": "taken", "from": "contact", "to": "working",
                           "manual": true}]}]}"""
    )
    (here / "calls.csv").write_text("lead,at,type\nL-3,2026-03-01T00:00:00Z,inquiry\n")
    (here / "won.csv").write_text("lead,at,stage\nL-3,2026-03-31T09:00:00+09:00,won\n")
    done = call("replay", "strict.json", "calls.csv", "won.csv", "-k", "refused")
    assert done.code == 0, done.err + done.out
    assert [(r["lead"], r["to"]) for r in done.rows] == [("L-3", "won")]
    assert "1 event was refused" in done.err


def test_funnel_counts(here):
    tables = ["leads.csv", "touchpoints.csv", "decisions.csv"]
    rows = {r["stage"]: r for r in call("funnel", "b2b_starter", *tables).rows}
    assert rows["contact"]["leads"] == "3"
    assert (rows["working"]["now"], rows["working"]["leads"]) == ("1", "1")
    assert rows["contact"]["share"] == "1"
    moves = call("funnel", "b2b_starter", *tables, "--moves").rows
    assert {(r["from"], r["to"]) for r in moves} >= {("", "contact"), ("contact", "qualified")}
    done = call("funnel", "web_behaviour", "touchpoints.csv")
    assert done.code == 1
    assert "has no funnel" in done.err


def test_diagrams(here):
    assert (
        call("diagram", "b2b_starter").out
        == str(lf.example_model("b2b_starter").diagram()).rstrip("\n") + "\n"
    )
    dot = call(
        "diagram",
        "b2b_starter",
        "--format",
        "dot",
        "--left-to-right",
        "--no-conditions",
        "-o",
        "f.dot",
    )
    assert dot.code == 0
    assert (here / "f.dot").read_text().startswith("digraph")


def test_generated_files_are_the_same_everywhere(here):
    assert call("generate", "a", "--leads", "20").code == 0
    assert call("generate", "b/c", "--leads", "20").code == 0
    for name in ("leads.csv", "touchpoints.csv"):
        assert (here / "a" / name).read_bytes() == (here / "b/c" / name).read_bytes()
    assert call("generate", "other", "--leads", "20", "--seed", "7").code == 0
    assert (here / "a/leads.csv").read_bytes() != (here / "other/leads.csv").read_bytes()
    again = call("generate", "a", "--leads", "20")
    assert again.code == 2
    assert "--force" in again.err
    assert call("generate", "a", "--leads", "10", "--force").code == 0


def test_the_demo_finds_its_stories(here):
    done = run("demo", "--leads", "200", "--keep", "kept")
    assert done.code == 0, done.err
    assert done.err == ""
    assert "1. L-90001   100.0  hot" in done.out
    assert "L-90002: total = absent" in done.out
    assert "L-90004: total = 40" in done.out
    assert "> lost" in done.out
    assert "> nurturing" in done.out
    assert "If nothing happens, it cools on " in done.out
    assert (here / "kept/leads.csv").exists()


def test_the_demo_says_what_that_of_the_library_says(here, root):
    """The numbers are those of docs/demo.md, which another test compares with the C++ demo."""

    def lines(text):
        return {" ".join(line.split()) for line in text.replace(",", "").splitlines()}

    page = lines((root / "docs/demo.md").read_text(encoding="utf-8"))
    said = lines(run("demo", "--leads", "20000").out)
    for start in ("2026-01-01 ", "2026-04-01 ", "Sales received", "called ", "accepted ", "won "):
        [line] = [x for x in said if x.startswith(start)]
        assert line in page
