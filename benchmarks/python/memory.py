# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""What tables cost in memory: the peak of a process while it scores them, beyond what it held before,
as a share of the tables. Each case has a process of its own. Linux.

    python -m benchmarks.python.memory [leads] [touchpoints]
"""

import ctypes
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.ipc

import leadfunnel as lf
from benchmarks.peers.data import Data, make
from benchmarks.peers.peer_leadfunnel import additive, rich
from benchmarks.peers.work import END_TEXT

MODELS = {"additive": additive, "30 rules": rich}
LIBRARIES = ("pyarrow", "polars")
TEXTS = {"plain": "strings", "coded": "dictionaries"}


def status(key):
    """A figure of the process in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {key}")


def peak_of(work):
    """What a call adds to the process's memory at most, how long it takes, and what it returns."""
    pa.default_memory_pool().release_unused()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = status("VmRSS")
    began = time.perf_counter()
    out = work()
    seconds = time.perf_counter() - began
    return status("VmHWM") - before, seconds, out


def held(file, library, unread=()):
    """A table in memory, as a library holds it, and its bytes."""
    with pa.OSFile(str(file)) as source:
        table = pa.ipc.open_file(source).read_all().drop(list(unread))
    if library == "polars":
        frame = pl.DataFrame(table)
        return frame, frame.estimated_size()
    return table, table.nbytes


def one(folder, model, library, texts):
    """One case, in this process."""
    plan = MODELS[model]().plan
    lf.score(plan, touchpoints={"lead": ["a"], "at": ["2024-01-01T00:00:00Z"], "type": ["type_00"]},
             at=END_TEXT)
    unread = ["value"] if model == "additive" else []
    touchpoints, size = held(folder / f"touchpoints_{texts}.arrow", library, unread)
    leads = None
    if model != "additive":
        leads, more = held(folder / "leads.arrow", library)
        size += more
    peak, seconds, scores = peak_of(
        lambda: lf.score(plan, leads, touchpoints, at=END_TEXT, progress=False)
    )
    kept = status("VmRSS")
    del scores
    return {"size": size, "peak": peak, "seconds": seconds, "kept": kept - status("VmRSS")}


def write(table, file):
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, table.schema) as out:
        out.write_table(table)


def main(leads=1_000_000, touchpoints=10_000_000):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder / "columns", leads, touchpoints)
        for texts in TEXTS:
            data = Data(folder / "columns", leads, touchpoints, "log", texts)
            write(data.arrow(["lead", "at", "type", "value"]), folder / f"touchpoints_{texts}.arrow")
        write(data.arrow_leads(), folder / "leads.arrow")
        print(f"{leads:,} leads, {touchpoints:,} touchpoints\n")
        print("| model | table | texts | table, MB | peak | kept | seconds |")
        print("|---|---|---|---|---|---|---|")
        for model in MODELS:
            for library in LIBRARIES:
                for texts, said in TEXTS.items():
                    case = [name, model, library, texts]
                    command = [sys.executable, "-m", "benchmarks.python.memory", "--one", *case]
                    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                    r = json.loads(out.stdout)
                    print(
                        f"| {model} | {library} | {said} | {r['size'] / 1e6:.0f} "
                        f"| {r['peak'] / r['size']:.2f} | {r['kept'] / r['size']:.2f} "
                        f"| {r['seconds']:.1f} |",
                        flush=True,
                    )


if __name__ == "__main__":
    if "--one" in sys.argv:
        print(json.dumps(one(Path(sys.argv[2]), *sys.argv[3:])))
    else:
        main(*(int(x) for x in sys.argv[1:]))
