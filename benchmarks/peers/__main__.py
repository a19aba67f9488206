# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Runs leadfunnel and its peers, each in a process of its own, and writes down what they took."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

from . import data, report

ROOT = Path(__file__).parents[2]

# The module that a peer needs, and what else it does.
NEEDS = {
    "leadfunnel": "leadfunnel", "numpy": "numpy", "polars": "polars", "duckdb": "duckdb",
    "pandas": "pandas", "chdb": "chdb", "zen": "zen", "clips": "clips",
    "durable_rules": "durable", "sqlite": "sqlite3", "redis": "redis", "redis_pipelined": "redis",
}
TABLES = ["leadfunnel", "numpy", "polars", "duckdb", "pandas", "chdb"]
PEERS = {
    "B1a": TABLES, "B1b": TABLES, "B3": TABLES, "B7": TABLES,
    "B2": ["leadfunnel", "zen", "clips", "durable_rules"],
    "B5": ["leadfunnel", "sqlite", "redis", "redis_pipelined"],
}
ONE_THREAD = {"numpy", "pandas"}


def missing(peer: str) -> str:
    """Why a peer cannot run, if so."""
    if importlib.util.find_spec(NEEDS[peer]) is None:
        return f"the module {NEEDS[peer]} is not installed"
    if peer.startswith("redis") and shutil.which("redis-server") is None:
        return "redis-server is not installed"
    return ""


def cases(workload: str, threads: list[int]) -> list[tuple[str, str, int]]:
    """Peer, layout and threads of all that is to be run, leadfunnel first."""
    if workload in ("B2", "B5"):
        return [(p, "", 1) for p in PEERS[workload]]
    layouts = ["plain", "coded"] if workload == "B7" else ["log", "grouped"]
    out = []
    for peer in PEERS[workload]:
        out += [(peer, layout, 1) for layout in layouts]
        if peer == "leadfunnel":
            out += [(peer, layout, t) for layout in layouts for t in threads if t > 1]
        elif peer not in ONE_THREAD:  # with the layout that suits it better
            out += [(peer, layouts[-1], t) for t in threads if t > 1]
    return out


def run(spec: dict, timeout: float) -> dict:
    """One case, in a process of its own; what came of it, or why nothing did."""
    env = os.environ | {
        "POLARS_MAX_THREADS": str(spec.get("threads", 1)), "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "benchmarks.peers.worker", json.dumps(spec)]
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=timeout
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"took longer than {timeout:.0f} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["it said nothing"])[-1]}
    return json.loads(done.stdout.splitlines()[-1])


def sizes(args: argparse.Namespace, workload: str) -> tuple[int, int]:
    """Leads and touchpoints; for B2 events, for B5 operations a round."""
    if workload in ("B1a", "B1b", "B3", "B7"):
        part = {"B1b": args.rich_part, "B3": args.cutoffs_part, "B7": args.arrow_part}
        share = part.get(workload, 1.0)
        return int(args.leads * share), int(args.touchpoints * share)
    return (args.event_leads, args.events) if workload == "B2" else (args.leads, args.operations)


def cpp_scorer(program: Path, leads: int) -> dict:
    """The C++ scorer from columns like those of B7 (`B1a_raw` of bench_score), one thread."""
    done = subprocess.run(
        [program, f"--benchmark_filter=B1a_raw/leads:{leads}/threads:1/zipf:0/shuffled:0/",
         "--benchmark_format=json", "--benchmark_repetitions=5"],
        capture_output=True, text=True, timeout=300,
    )
    rows = json.loads(done.stdout)["benchmarks"] if done.returncode == 0 and done.stdout else []
    ns = [r["ns/touchpoint"] for r in rows if r.get("run_type") == "iteration"]
    if not ns:
        return {"failed": f"bench_score has no such row for {leads} leads"}
    return {"ns": min(ns), "leads": leads}


def machine() -> dict:
    cpu = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cpu": cpu, "cores": os.cpu_count(), "memory_gib": round(memory),
        "python": platform.python_version(), "load": os.getloadavg()[0],
    }


def versions(peers: set[str]) -> dict[str, str]:
    from importlib import metadata

    names = {"zen": "zen-engine", "clips": "clipspy", "durable_rules": "durable_rules"}
    out = {}
    for peer in sorted(peers - {"sqlite", "redis_pipelined"}):
        try:
            out[peer] = metadata.version(names.get(peer, peer))
        except metadata.PackageNotFoundError:
            out[peer] = getattr(importlib.import_module(NEEDS[peer]), "__version__", "")
    return out


def main() -> int:
    parser = argparse.ArgumentParser("python -m benchmarks.peers", description=__doc__)
    add = parser.add_argument
    add("--leads", type=int, default=1_000_000)
    add("--touchpoints", type=int, help="ten a lead, unless said")
    add("--huge", action="store_true", help="10^8 touchpoints, a hundred a lead")
    add("--workloads", default="B1a,B1b,B3,B7,B2,B5")
    add("--peers", default=",".join(NEEDS), help="leadfunnel always runs, to compare with")
    add("--threads", default="1,2")
    add("--rounds", type=int, default=7, help="timed rounds of each case, five at least")
    add("--seconds", type=float, default=3, help="after five rounds, no further than this")
    add("--timeout", type=float, default=180, help="seconds for a case with all that belongs to it")
    add("--budget", type=float, default=1e9, help="seconds after which no case is begun")
    add("--rich-part", type=float, default=0.1, help="the share of the data that B1b works on")
    add("--cutoffs-part", type=float, default=0.1, help="… B3 …")
    add("--arrow-part", type=float, default=0.1, help="… B7 …")
    add("--event-leads", type=int, default=10_000)
    add("--events", type=int, default=20_000)
    add("--operations", type=int, default=2_000, help="of each round of B5")
    add("--cpp", type=Path, help="bench_score, to hold B7 to the C++ scorer")
    add("--folder", type=Path, default=ROOT / "build/peers")
    add("--docs", action="store_true", help="write the tables and plots of docs/peers.md anew")
    add("--more", action="store_true", help="to what the last run measured, add what this one does")
    add("--only-report", action="store_true", help="from the last run's JSON")
    args = parser.parse_args()
    if args.huge:
        args.touchpoints = 100_000_000
    args.touchpoints = args.touchpoints or 10 * args.leads
    args.rounds = max(args.rounds, 5)
    kept = args.folder / "result.json"
    if args.only_report:
        result = json.loads(kept.read_text())
        report.write(result, ROOT / "docs" if args.docs else None)
        return 0

    began = time.monotonic()
    wanted = {"leadfunnel", *args.peers.split(",")}
    absent = {p: why for p in sorted(wanted) if (why := missing(p))}
    if "leadfunnel" in absent:
        print(f"{absent['leadfunnel']}: pip install .")
        return 2
    this = {
        "machine": machine(), "versions": versions(wanted - set(absent)), "skipped": absent,
        "when": time.strftime("%Y-%m-%d", time.gmtime()),
        "command": " ".join(["python -m benchmarks.peers", *sys.argv[1:]]),
    }
    result = {"runs": [this], "rows": [], "reads": []}
    for peer, why in absent.items():
        print(f"{peer} is left out: {why}")
    failed = False
    for workload in args.workloads.split(","):
        leads, n = sizes(args, workload)
        folder = args.folder / f"{leads}x{n}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"answer_{workload}.npy").unlink(missing_ok=True)  # of an earlier leadfunnel
        common = {
            "workload": workload, "folder": str(folder), "leads": leads, "touchpoints": n,
            "rounds": args.rounds, "seconds": args.seconds, "checked": min(n, 500),
        }
        if workload in ("B1a", "B1b", "B3", "B7"):
            data.make(folder, leads, n)
            for t in map(int, args.threads.split(",")):
                spec = common | {"peer": "read", "layout": "log", "threads": t}
                result["reads"].append(spec | run(spec, args.timeout))
        for peer, layout, threads in cases(workload, list(map(int, args.threads.split(",")))):
            if peer not in wanted or peer in absent:
                continue
            spec = common | {"peer": peer, "layout": layout, "threads": threads}
            if time.monotonic() - began > args.budget:
                row = {"failed": "the budget of time was used up"}
            else:
                row = run(spec, args.timeout)
            row = spec | row | {"load": os.getloadavg()[0]}
            failed |= "failed" in row and "budget" not in row["failed"]
            result["rows"].append(row)
            print(report.line(row), flush=True)
        if workload == "B7" and args.cpp:
            result["cpp"] = cpp_scorer(args.cpp, leads) | {"question": ["B7", leads, n]}
    this["machine"]["load_after"] = os.getloadavg()[0]
    this["seconds"] = time.monotonic() - began
    if args.more:
        result = report.with_more(json.loads(kept.read_text()), result)
    kept.write_text(json.dumps(result, indent=1) + "\n")
    report.write(result, ROOT / "docs" if args.docs else None)
    print(f"\n{kept} has all of it")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
