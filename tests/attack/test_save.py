# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Saves that are killed, that meet, and that have something in their way.

`LEADFUNNEL_KILLS` says how many savers are killed (a few by default).
"""

import os
import random
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import leadfunnel as lf

KILLS = int(os.environ.get("LEADFUNNEL_KILLS", "12"))
BEGIN = datetime(2026, 4, 1, 9, tzinfo=UTC)

# Saves again and again, a larger engine each time, so that states can be told apart.
SAVER = """
import sys
from datetime import datetime, timedelta, timezone
import leadfunnel as lf
path, name = sys.argv[1:]
crm = lf.Engine(lf.example_model("b2b_starter"))
at = datetime(2026, 4, 1, 9, tzinfo=timezone.utc)
crm.apply([{"lead": f"{name}-{i}", "at": at, "type": "inquiry"} for i in range(3_000)])
print("ready", flush=True)
while True:
    crm.save(path)
    print("saved", flush=True)
"""


def saver(path, name):
    p = subprocess.Popen([sys.executable, "-c", SAVER, str(path), name], stdout=subprocess.PIPE, text=True)
    assert p.stdout.readline() == "ready\n"
    return p


def parts(folder):
    return sorted(p.name for p in folder.iterdir() if p.name.endswith(".part"))


def test_savers_that_are_killed_leave_a_whole_file_and_in_the_end_nothing_else(tmp_path):
    file = tmp_path / "crm.lf"
    model = lf.example_model("b2b_starter")
    chance = random.Random(1)
    savers = [saver(file, "a"), saver(file, "b")]
    try:
        for p in savers:
            assert p.stdout.readline() == "saved\n"
        looks = 0
        for n in range(KILLS):
            time.sleep(chance.uniform(0, 0.03))
            i = n % 2
            os.kill(savers[i].pid, signal.SIGKILL)
            savers[i].wait()
            savers[i].stdout.close()
            for _ in range(2):
                assert len(lf.Engine.from_file(model, file)) == 3_000
                looks += 1
            savers[i] = saver(file, "ab"[i])
        assert looks == 2 * KILLS
    finally:
        for p in savers:
            p.kill()
            p.wait()
            p.stdout.close()
    lf.Engine(model).save(file)
    assert [p.name for p in tmp_path.iterdir()] == ["crm.lf"]


def test_savers_on_threads_never_break_the_file_nor_turn_it_back(tmp_path):
    file = tmp_path / "crm.lf"
    model = lf.example_model("b2b_starter")
    crm = lf.Engine(model)
    crm.apply([{"lead": f"L-{i}", "at": BEGIN, "type": "inquiry"} for i in range(500)])
    crm.save(file)
    wrong = []
    is_done = threading.Event()

    def write():
        for i in range(100_000):
            if is_done.is_set():
                break
            crm.apply({"lead": f"N-{i}", "at": BEGIN + timedelta(seconds=i), "type": "inquiry"})

    def save():
        for _ in range(10):
            before = len(crm)
            crm.save(file)
            try:
                if len(lf.Engine.from_file(model, file)) < before:
                    wrong.append("an older state")
            except lf.SnapshotError as e:
                wrong.append(str(e))

    savers = [threading.Thread(target=save) for _ in range(3)]
    writer = threading.Thread(target=write)
    for t in [writer, *savers]:
        t.start()
    for t in savers:
        t.join()
    is_done.set()
    writer.join()
    assert wrong == []
    assert [p.name for p in tmp_path.iterdir()] == ["crm.lf"]


def save_engine(path):
    lf.Engine(lf.example_model("b2b_starter")).save(path)


def write_output(path):
    from leadfunnel.cli._output import replaced

    with replaced(Path(path)) as file:
        file.write(b"new")


@pytest.mark.parametrize("write", [save_engine, write_output])
def test_what_is_no_file_is_refused_at_once(tmp_path, write):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    listening = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(tmp_path)  # names of sockets are short
    try:
        listening.bind("socket")
    finally:
        os.chdir(here)
    (tmp_path / "link").symlink_to("pipe")
    for name, what in [
        (tmp_path / "pipe", "a pipe"),
        (tmp_path / "link", "a pipe"),
        (tmp_path / "folder", "a folder"),
        (tmp_path / "socket", "a socket"),
        (Path("/dev/null"), "a device"),
    ]:
        before = os.stat(name)
        with pytest.raises((OSError, lf.SnapshotError), match=f"it is {what}"):
            write(name)
        assert os.stat(name).st_ino == before.st_ino
    listening.close()
    assert parts(tmp_path) == []
    with pytest.raises((OSError, lf.SnapshotError), match="No such file"):
        write(tmp_path / "no" / "such")


@pytest.mark.parametrize("write", [save_engine, write_output])
def test_links_modes_and_owners_are_kept(tmp_path, write):
    (tmp_path / "far").mkdir()
    file = tmp_path / "far" / "kept"
    file.write_bytes(b"old")
    (tmp_path / "link").symlink_to("far/kept")
    for mode in (0o600, 0o640, 0o604):
        file.chmod(mode)
        if os.geteuid() == 0:
            os.chown(file, 12_345, 23_456)
        write(tmp_path / "link")
        assert (tmp_path / "link").is_symlink()
        assert file.read_bytes() != b"old"
        found = file.stat()
        assert stat.S_IMODE(found.st_mode) == mode
        if os.geteuid() == 0:
            assert (found.st_uid, found.st_gid) == (12_345, 23_456)
    (tmp_path / "new").symlink_to("far/made")
    write(tmp_path / "new")
    assert (tmp_path / "far" / "made").is_file()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["far", "link", "new"]


@pytest.mark.parametrize("write", [save_engine, write_output])
def test_only_what_nobody_writes_is_removed(tmp_path, write):
    file = tmp_path / "kept"
    code = (
        "import os, sys, leadfunnel as lf\n"
        "f = lf._core.AtomicFile(sys.argv[1])\n"
        "os.write(f.fileno(), b'half')\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    alive = subprocess.Popen([sys.executable, "-c", code, str(file)], **pipes)
    alive.stdout.readline()
    assert len(parts(tmp_path)) == 1
    write(file)
    assert len(parts(tmp_path)) == 1  # its lock is held
    alive.kill()
    alive.communicate()
    mine = tmp_path / ".kept.part"
    mine.write_bytes(b"mine")
    write(file)
    assert parts(tmp_path) == [".kept.part"]


def test_a_failure_while_writing_leaves_the_old_output(tmp_path):
    from leadfunnel.cli._output import replaced

    file = tmp_path / "scores.csv"
    file.write_bytes(b"old")
    with pytest.raises(RuntimeError), replaced(file) as out:
        out.write(b"half")
        raise RuntimeError
    assert file.read_bytes() == b"old"
    assert parts(tmp_path) == []


def test_a_folder_that_cannot_be_flushed_is_an_error(tmp_path):
    source = tmp_path / "fail.c"
    source.write_text(
        "#include <errno.h>\n#include <sys/stat.h>\n#include <sys/syscall.h>\n#include <unistd.h>\n"
        "int fsync(int fd) { struct stat s; if (fstat(fd, &s) == 0 && S_ISDIR(s.st_mode))"
        " { errno = EIO; return -1; } return (int)syscall(SYS_fsync, fd); }\n"
    )
    shim = tmp_path / "fail.so"
    made = subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", shim, source], capture_output=True)
    if made.returncode != 0:
        pytest.skip("no C compiler")
    code = (
        "import sys, leadfunnel as lf\n"
        "try:\n"
        "    lf.Engine(lf.example_model('b2b_starter')).save(sys.argv[1])\n"
        "except lf.SnapshotError as e:\n"
        "    print(e)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "crm.lf")],
        env={**os.environ, "LD_PRELOAD": str(shim)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cannot synchronise the folder of" in done.stdout
    assert "the file was replaced" in done.stdout
    assert len(lf.Engine.from_file(lf.example_model("b2b_starter"), tmp_path / "crm.lf")) == 0


def test_a_snapshot_is_not_waited_for_at_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(lf.SnapshotError, match="it is no file"):
        lf.Engine.from_file(lf.example_model("b2b_starter"), tmp_path / "pipe")
