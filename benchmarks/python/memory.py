# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""What tables cost in memory and time: the peak while they are read and scored, against their size.

    python benchmarks/python/memory.py [rows, in millions]
"""

import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

import leadfunnel as lf


def status(key):
    """A figure of the process in bytes (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {key}")


def peak_of(work):
    """What a call adds to the process's memory at most, how long it takes, and what it returns."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = status("VmRSS")
    began = time.perf_counter()
    out = work()
    seconds = time.perf_counter() - began
    return status("VmHWM") - before, seconds, out


def main():
    rows = int(float(sys.argv[1] if len(sys.argv) > 1 else 10) * 1_000_000)
    rng = np.random.default_rng(1)
    types = np.array(["page_view", "download", "mail_open", "mail_click", "seminar_attended"])
    pages = np.array([f"/page/{i}" for i in range(500)] + ["/pricing/", "/pricing/ja"])
    at = rng.integers(1_700_000_000_000_000, 1_760_000_000_000_000, rows)
    table = pl.DataFrame(
        {
            "lead": pl.Series(rng.integers(0, rows // 10, rows)).cast(pl.String),
            "at": pl.Series(at).cast(pl.Datetime("us", "UTC")),
            "type": types[rng.integers(0, len(types), rows)],
            "url": pages[rng.integers(0, len(pages), rows)],
            "value": rng.integers(1, 300, rows).astype(float),
        }
    )
    size = table.estimated_size()
    model = lf.example_model("b2b_starter")
    lf.read(model, touchpoints=table.head(1000))
    print(f"{rows:,} touchpoints, {size / rows:.1f} bytes each")
    makes = {
        "polars": table,
        "pyarrow": table.to_arrow(),
        "polars, categorical type and url": table.with_columns(
            pl.col("type", "url").cast(pl.Categorical)
        ),
    }
    for name, given in makes.items():
        peak, seconds, history = peak_of(lambda: lf.read(model, touchpoints=given))
        kept = history.nbytes
        print(
            f"{name}: read in {seconds / rows * 1e9:.0f} ns a row; peak {peak / size:.2f} of the "
            f"table, of which {kept / size:.2f} is kept"
        )
        peak, seconds, scores = peak_of(
            lambda: lf.score(model, history, at="2025-10-01T00:00:00Z").to_polars()
        )
        print(f"  scored and out again in {seconds / rows * 1e9:.0f} ns a row; peak {peak / size:.2f}")
        del history, scores


if __name__ == "__main__":
    main()
