# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Forks while threads read, change and save engines."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

import leadfunnel as lf

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning"),
]

AT = "2026-04-01T00:00:00Z"
MODEL = lf.example_model("b2b_starter").plan


def engine(leads=2000):
    out = lf.Engine(MODEL, ranked=["total"])
    out.apply([{"lead": f"L{n}", "at": AT, "type": "inquiry"} for n in range(leads)])
    return out


def in_child(do, seconds=30):
    """The repr of what `do` returns in a forked child. Fails if the child hangs or crashes."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = repr(do())
        except BaseException as e:
            said = f"{type(e).__name__}: {e}"
        try:
            os.write(write, said.encode()[:60_000])
        finally:
            os._exit(0)
    os.close(write)
    until = time.monotonic() + seconds
    while (status := os.waitpid(child, os.WNOHANG)) == (0, 0):
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            pytest.fail("the child hangs")
        time.sleep(0.005)
    with os.fdopen(read) as out:
        said = out.read()
    assert status[1] == 0, status
    return said


class Beside:
    """A thread that calls a function again and again."""

    def __init__(self, do):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(do,))
        self.wrong = []

    def _run(self, do):
        n = 0
        while not self._stop.is_set():
            n += 1
            try:
                do(n)
            except BaseException as e:
                self.wrong.append(e)
                return

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        assert not self.wrong, self.wrong


def use(e):
    """Reads and changes an engine, and checks that it is sound."""
    before = len(e)
    e.apply({"lead": "child", "at": AT, "type": "inquiry"})
    e.top("total")
    again = lf.Engine.from_snapshot(MODEL, e.snapshot(), ranked=["total"])
    return len(e) == before + 1 and again.snapshot() == e.snapshot()


def test_a_child_has_an_engine_of_its_own():
    e = engine()
    assert in_child(lambda: use(e)) == "True"
    assert "child" not in e
    assert in_child(lambda: in_child(lambda: use(e))) == "'True'"  # also in a grandchild


@pytest.mark.parametrize("beside", ["writer", "batches", "saver", "reader"])
def test_forks_beside_calls_give_whole_copies(beside, tmp_path):
    e = engine()
    do = {
        "writer": lambda n: (
            e.apply({"lead": "W", "at": AT, "type": "inquiry"}), e.erase("W"), e.acknowledge(e.last_signal),
        ),
        "batches": lambda n: e.apply([{"lead": f"B{k}", "at": AT, "type": "inquiry", "id": "1"} for k in range(300)]),
        "saver": lambda n: e.save(tmp_path / "crm.lf"),
        "reader": lambda n: e.top("total", 50),
    }[beside]
    with Beside(do):
        for _ in range(25):
            assert in_child(lambda: use(e)) == "True"
    assert use(e)


def test_a_call_that_does_not_end_in_time_leaves_a_copy_that_refuses(tmp_path):
    e, calm = engine(), engine(10)
    started, end = threading.Event(), threading.Event()

    def wait(done, total):
        started.set()
        end.wait()

    loading = lf.Engine(MODEL)
    long_call = threading.Thread(
        target=lambda: loading.load([{"lead": f"L{n}", "at": AT, "type": "inquiry"} for n in range(20_000)], progress=wait)
    )
    long_call.start()
    started.wait()
    try:
        began = time.monotonic()
        calls = [
            lambda: len(loading), lambda: loading.now, lambda: loading.snapshot(), lambda: loading.top("total"),
            lambda: loading.save(tmp_path / "x"), lambda: loading.apply({"lead": "L", "at": AT, "type": "inquiry"}),
            lambda: loading.erase("L1"), lambda: repr(loading), lambda: loading.score("L1", "total"),
            lambda: list(loading.signals()), lambda: loading.on_signal(print),
            lambda: loading.load([{"lead": "L"}]), lambda: loading.advance_to(AT), lambda: loading.memory(),
        ]

        def all_refuse():
            refused = 0
            for call in calls:
                try:
                    call()
                except lf.EngineBusyError as e:
                    refused += "forked" in str(e)
            return refused == len(calls) and not os.path.exists(tmp_path / "x")

        assert in_child(all_refuse) == "True"
        assert time.monotonic() - began < 6  # the fork waits two seconds
        assert in_child(lambda: use(calm)) == "True"  # other engines work

        def ends_well():
            nonlocal loading
            loading = None
            import gc

            gc.collect()
            return "ended"

        assert in_child(ends_well) == "'ended'"
    finally:
        end.set()
        long_call.join()
    assert len(loading) == 20_000 and use(e)


def test_a_fork_within_a_call_leaves_a_copy_that_refuses():
    e = lf.Engine(MODEL)
    said = []

    def fork(done, total):
        if not said:
            said.append(in_child(lambda: len(e)))

    report = e.load([{"lead": f"N{n}", "at": AT, "type": "inquiry"} for n in range(50_000)], progress=fork)
    assert report.taken == 50_000
    assert len(said) == 1 and said[0].startswith("EngineBusyError: ")
    assert use(e)


def test_a_fork_beside_a_delivery_leaves_no_lock_behind():
    e = engine(100)
    inside, end = threading.Event(), threading.Event()

    def slow(s):
        inside.set()
        end.wait()

    e.on_signal(slow)
    delivering = threading.Thread(target=lambda: e.move("L1", "sales", "won"))
    delivering.start()
    inside.wait()
    try:
        def change():
            end.set()  # in the child
            return e.move("L2", "sales", "won").outcome

        assert in_child(change) == "'taken'"
    finally:
        end.set()
        delivering.join()


def test_a_fork_that_passes_pythons_hooks_by_is_seen():
    code = """
import ctypes, os, sys, time
import leadfunnel as lf
e = lf.Engine(lf.example_model("b2b_starter"))
e.apply({"lead": "L-1"})
child = ctypes.PyDLL(None).fork()
if child == 0:
    try:
        len(e)
        os._exit(1)
    except lf.EngineBusyError:
        os._exit(0)
_, status = os.waitpid(child, 0)
assert len(e) == 1
sys.exit(os.waitstatus_to_exitcode(status))
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def _score(lead):
    return _shared.score(lead, "total")


def test_pools_of_forked_workers_use_the_engine():
    global _shared
    _shared = engine(50)
    expected = [_shared.score(f"L{n}", "total") for n in range(50)]
    with Beside(lambda n: _shared.snapshot()):
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert pool.map(_score, [f"L{n}" for n in range(50)], chunksize=10) == expected


def test_many_engines_come_and_go_and_forks_wait_for_those_that_are():
    kept = [engine(1) for _ in range(5)]
    for _ in range(200):
        engine(1)
    assert in_child(lambda: all(use(e) for e in kept)) == "True"
