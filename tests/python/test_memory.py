# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The peak memory of reading, within bounds that a further copy of the table would exceed."""

import json
import subprocess
import sys

import pytest

# The peak of a process minus what it held before, divided by the table, or by what is kept.
MEASURE = """\
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa

import leadfunnel as lf

n, leads = 2_000_000, 100_000
r = np.random.default_rng(1)
types = ["page_view", "download", "inquiry"]
table = pa.table({
    "lead": pa.array(r.integers(0, leads, n)).cast(pa.string()),
    "at": pa.array(1_700_000_000_000_000 + np.arange(n)).cast(pa.timestamp("us", "UTC")),
    "type": pa.array(np.array(types)[r.integers(0, 3, n)]),
    "value": pa.array(r.integers(0, 600, n)),
})
model = lf.Model(
    "m", touchpoints=[lf.TouchpointDeclaration(t, value="seconds") for t in types], scores=["s"],
    rules=[lf.Occurrence("r", score="s", on="page_view", points=1, decay=lf.HalfLife("30d"))],
)


def status(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(x.split()[1]) * 1024 for x in lines if x.startswith(key))


def peak(work):
    work(table.slice(0, 1000))  # imports and caches
    pa.default_memory_pool().release_unused()
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    before = status("VmRSS")
    out = work(table)
    return status("VmHWM") - before, out


if sys.argv[1] == "score":
    used, _ = peak(lambda t: lf.score(model, touchpoints=t, at="2024-01-01T00:00:00Z"))
    print(json.dumps(used / table.nbytes))
else:
    used, histories = peak(lambda t: lf.read(model, touchpoints=t))
    print(json.dumps(used / histories.nbytes))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("call", "bound"),
    [
        ("score", 0.4),  # of the table: single touchpoints are added up, not stored
        ("read", 2.1),  # of the histories: the events' memory is freed as theirs grows
    ],
)
def test_peak_of_memory(call, bound):
    out = subprocess.run([sys.executable, "-c", MEASURE, call], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    assert json.loads(out.stdout) < bound
