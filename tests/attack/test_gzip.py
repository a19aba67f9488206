# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Compressed files: bounds on their size, temporary files that remain, and errors in their data."""

import gzip
import io
import os
import signal
import subprocess
import sys
import time
import zlib

import leadfunnel as lf
import pytest

AT = "2026-04-01T00:00:00Z"
MIB = 1 << 20
LEADS = b"lead,industry\nL-1,Machinery\nL-2,Food\n"


@pytest.fixture(scope="module")
def model():
    return lf.example_model("b2b_starter")


def bomb(path, size, line=b"L-1,Machinery\n"):
    """A small file that unpacks to `size` bytes."""
    with gzip.open(path, "wb", 9) as file:
        file.write(b"lead,industry\n")
        piece = line * (MIB // len(line))
        for _ in range(size // len(piece) + 1):
            file.write(piece)
    return path


def run(*args, stdin=None, **how):
    return subprocess.run(
        [sys.executable, "-m", "leadfunnel", *map(str, args)],
        stdin=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        **how,
    )


def test_a_small_file_that_becomes_gigabytes_is_refused(tmp_path, limited):
    path = bomb(tmp_path / "bomb.csv.gz", 400 * MIB)
    assert path.stat().st_size < 2 * MIB
    # TMPDIR cannot be written, so unpacking to a temporary file would fail.
    (tmp_path / "none").mkdir()
    done = limited(
        """
model = lf.example_model("b2b_starter")
try:
    lf.read(model, given)
except lf.InputError as e:
    result = str(e)
""",
        str(path),
        cpu=20,
        memory=1200 * MIB,
        env={**os.environ, "TMPDIR": str(tmp_path / "none")},
    )
    assert "unpack_limit" in done.result
    assert not list((tmp_path / "none").iterdir())


def test_the_limit_is_an_option(tmp_path, model):
    path = bomb(tmp_path / "some.csv.gz", MIB)
    plain = len(gzip.decompress(path.read_bytes()))
    with pytest.raises(lf.InputError, match=rf"some.csv.gz.*{plain - 1:,} bytes.*unpack_limit"):
        lf.read(model, path, unpack_limit=plain - 1)
    assert len(lf.read(model, path, unpack_limit=plain)) == 1
    assert len(lf.read(model, path)) == 1
    args = ["score", "b2b_starter", path, "--at", AT]
    done = run(*args, "--unpack-limit", plain - 1)
    assert done.returncode == 1
    assert "--unpack-limit BYTES allows more" in done.stderr
    assert "read(" not in done.stderr
    assert run(*args, "--unpack-limit", plain).returncode == 0
    with path.open("rb") as stdin:
        done = run("score", "b2b_starter", "-", "--at", AT, "--unpack-limit", plain - 1, stdin=stdin)
    assert done.returncode == 1
    assert "--unpack-limit" in done.stderr


def test_parquet_that_stands_for_a_billion_rows(tmp_path, model):
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "rows.parquet"
    word = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int8()), ["L-1"])
    table = pa.table({"lead": word})
    with parquet.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for _ in range(12):
            writer.write_table(table)
    assert path.stat().st_size < MIB
    with pytest.raises(lf.InputError, match=r"rows.parquet.*unpack_limit"):
        lf.read(model, path)
    assert len(lf.read(model, path, unpack_limit=1 << 30)) == 1


def test_arrow_files_that_stand_for_many_rows(tmp_path, model):
    """Compressed Arrow files state their rows beside the data, so they are refused unread."""
    pa = pytest.importorskip("pyarrow")
    feather = pytest.importorskip("pyarrow.feather")
    rows = 20_000_000
    path = tmp_path / "rows.arrow"
    feather.write_feather(pa.table({"lead": pa.nulls(rows, pa.string())}), path, compression="zstd")
    assert path.stat().st_size < MIB
    with pytest.raises(lf.InputError, match=r"rows.arrow.*unpack_limit"):
        lf.read(model, leads=path)
    feather.write_feather(pa.table({"lead": ["L-1"]}), path, compression="zstd")
    assert len(lf.read(model, leads=path)) == 1


def test_files_of_several_members(tmp_path, model):
    path = tmp_path / "leads.csv.gz"
    path.write_bytes(b"".join(gzip.compress(LEADS[i : i + 5]) for i in range(0, len(LEADS), 5)))
    assert len(lf.read(model, path)) == 2
    path.write_bytes(gzip.compress(b"") * 1000 + gzip.compress(LEADS) + b"\0" * 100)
    assert len(lf.read(model, path)) == 2


def damaged():
    whole = gzip.compress(LEADS * 1000)
    yield "cut", whole[:-12]
    yield "only a header", whole[:10]
    yield "half a header", whole[:3]
    yield "garbage behind", whole + b"garbage"
    yield "a second member cut", whole + whole[:30]
    yield "a wrong sum", whole[:-8] + b"\0\0\0\0" + whole[-4:]
    yield "a wrong size", whole[:-4] + b"\0\0\0\0"
    yield "wrong inside", whole[:40] + bytes(b ^ 0xFF for b in whole[40:60]) + whole[60:]
    yield "not gzip", b"lead\nL-1\n"
    yield "zlib", zlib.compress(LEADS)
    yield "an unknown method", b"\x1f\x8b\x09" + whole[3:]
    yield "an endless name", b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + b"n" * 1_000_000


@pytest.mark.parametrize(("what", "data"), list(damaged()), ids=[w for w, _ in damaged()])
def test_what_is_damaged_is_refused(tmp_path, model, what, data):
    path = tmp_path / "leads.csv.gz"
    path.write_bytes(data)
    with pytest.raises(lf.InputError, match=r"leads.csv.gz.*cannot be unpacked"):
        lf.read(model, path)


def test_each_byte_changed_is_refused_or_harmless(tmp_path, model):
    whole = gzip.compress(LEADS)
    path = tmp_path / "leads.csv.gz"
    for i in range(len(whole)):
        for flipped in (0x01, 0x80, 0xFF):
            path.write_bytes(whole[:i] + bytes([whole[i] ^ flipped]) + whole[i + 1 :])
            try:
                assert len(lf.read(model, path)) == 2  # a time stamp, an operating system
            except lf.InputError:
                pass


def test_nothing_is_left_of_a_reader_that_was_killed(tmp_path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    path = bomb(tmp_path / "big.csv.gz", 64 * MIB)
    env = {**os.environ, "TMPDIR": str(temporary)}
    for stdin in (False, True):
        for wait in (0.6, 1.0, 1.5):
            with path.open("rb") as file:
                process = subprocess.Popen(
                    [sys.executable, "-m", "leadfunnel", "score", "b2b_starter",
                     "-" if stdin else str(path), "--at", AT, "--unpack-limit", str(1 << 40)],
                    stdin=file, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env,
                )  # fmt: skip
                time.sleep(wait)
                process.send_signal(signal.SIGKILL)
                process.wait()
            assert not list(temporary.iterdir())


def test_a_full_or_missing_tmpdir_does_not_matter(tmp_path):
    path = tmp_path / "leads.csv.gz"
    path.write_bytes(gzip.compress(LEADS))
    env = {**os.environ, "TMPDIR": "/dev/full"}
    assert run("score", "b2b_starter", path, "--at", AT, env=env).returncode == 0
    with path.open("rb") as stdin:
        done = run("score", "b2b_starter", "-", "--at", AT, stdin=stdin, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 3


def test_stdin_of_every_kind(tmp_path):
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"lead": ["L-1", "L-2"], "industry": ["Machinery", "Food"]})
    parquet = io.BytesIO()
    frame.write_parquet(parquet)
    lines = b'{"lead": "L-1", "industry": "Machinery"}\n{"lead": "L-2", "industry": "Food"}\n'
    said = set()
    for data in (LEADS, lines, parquet.getvalue()):
        for packed in (data, gzip.compress(data)):
            (tmp_path / "in").write_bytes(packed)
            with (tmp_path / "in").open("rb") as stdin:
                done = run("score", "b2b_starter", "-", "--at", AT, stdin=stdin)
            assert (done.returncode, done.stderr) == (0, "")
            said.add(done.stdout)
    assert len(said) == 1
