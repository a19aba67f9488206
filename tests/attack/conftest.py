# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Runs code in a child process with limits on time and memory.

A hostile input must cost neither much time nor much memory, and must not crash the process. The
operating system enforces the limits, so that a fault ends the child and not the tests.
"""

import json
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1] / "python"))  # event_model

MIB = 1 << 20

# Sets the limit on memory after the imports, which map far more than they use, and prints what the
# code used.
_FRAME = """
import json, resource, sys
import leadfunnel as lf
given = json.loads(sys.argv[1])
def _used():
    u = resource.getrusage(resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime
def _pages():
    return int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
def _peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:")) * 1024
_soft = _pages() + {memory}
resource.setrlimit(resource.RLIMIT_AS, (_soft, _soft))
_time, _bytes = _used(), _peak()
result = None
{code}
print(json.dumps({{"cpu": _used() - _time, "memory": _peak() - _bytes, "result": result}}), file=sys.__stdout__)
"""


@dataclass(frozen=True)
class Outcome:
    """The outcome of limited code. `result` is what the code assigned to `result`."""

    code: int
    out: str
    err: str
    cpu: float
    memory: int
    result: Any


def run_limited(
    code: str, given: object = None, *, cpu: int = 10, memory: int = 500 * MIB, expect: int | None = 0, **more: Any
) -> Outcome:
    """Run Python code in a child that has `lf` and `given`, with `cpu` seconds and `memory` bytes.

    The child has `memory` bytes of address space beyond what it holds once leadfunnel is imported,
    and is killed after `cpu` seconds of processor time. The call fails unless it ends with `expect`
    (None: any end but a signal).
    """
    frame = _FRAME.format(code=code, memory=memory)
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", frame, json.dumps(given)],
        capture_output=True,
        text=True,
        timeout=10 * cpu + 60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1)),
        **more,
    )
    if done.returncode < 0:
        pytest.fail(f"ended by {signal.Signals(-done.returncode).name}: {done.stderr[-3000:]}")
    if expect is not None:
        assert done.returncode == expect, done.stderr[-3000:]
    last = done.stdout.rstrip("\n").rpartition("\n")[2]
    said = json.loads(last) if done.returncode == 0 else {"cpu": 0.0, "memory": 0, "result": None}
    return Outcome(done.returncode, done.stdout, done.stderr, **said)


@pytest.fixture(scope="session")
def limited():
    """`run_limited`, for tests."""
    return run_limited


@pytest.fixture(scope="session", autouse=True)
def ctrl_c():
    """Restores the handling of Ctrl-C, which a shell disables for background jobs."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
