# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""One peer at one workload, in a process of its own: ``python -m benchmarks.peers.worker JSON``.

It prints a line of JSON: seconds of each round, by the clock and of the processor, and memory. The
answer is compared before anything is timed; a wrong one ends the process. A list of cases is done
one by one, for tests: memory is that of all then.
"""

from __future__ import annotations

import gc
import importlib
import inspect
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

from .data import Data


def resident() -> int:
    """Bytes of memory that the process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def forget_peak() -> None:
    """Lets the peak begin anew (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")


def peak() -> int:
    """The most that was resident; ``ru_maxrss`` would begin with the size of the parent process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this kernel tells no peak")


def cores(threads: int) -> float:
    """How many cores so many busy threads get beside the machine's other work, over 0.2 s."""
    from concurrent.futures import ThreadPoolExecutor

    numbers = np.ones(100_000)
    until = time.perf_counter() + 0.2

    def spin(_) -> None:
        while time.perf_counter() < until:
            numbers.sum()

    c, w = time.process_time(), time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(spin, range(threads)))
    return (time.process_time() - c) / (time.perf_counter() - w)


def lines(parts) -> int:
    """Lines that a user writes: of functions, without blank ones, comments and docstrings."""
    total = 0
    for part in parts:
        text = part if isinstance(part, str) else inspect.getsource(part)
        doc = None if isinstance(part, str) else inspect.getdoc(part)
        total += sum(1 for s in text.splitlines() if s.strip() and not s.strip().startswith("#"))
        total -= len(doc.splitlines()) if doc else 0
    return total


def compare(answer: np.ndarray, folder: Path, workload: str, data: Data, exact: bool) -> float:
    """Holds an answer to leadfunnel's; the largest difference in points.

    leadfunnel rounds each award to a millionth of a point, so a sum of n may differ from one of
    floats by n halves of that, and by what floats lose.
    """
    kept = folder / f"answer_{workload}.npy"
    if exact:
        if kept.exists():
            if not np.array_equal(np.load(kept), answer):
                raise SystemExit("leadfunnel answers otherwise than it did before")
        else:
            np.save(kept, answer)
        return 0.0
    wanted = np.load(kept, mmap_mode="r")
    if answer.shape != wanted.shape:
        raise SystemExit(f"the answer has the shape {answer.shape}, not {wanted.shape}")
    touchpoints = np.bincount(data.column("lead"), minlength=data.leads)
    worst = 0.0
    for row, exactly in zip(np.atleast_2d(answer), np.atleast_2d(wanted), strict=True):
        points = exactly / 1e6
        away = np.abs(row - points)
        allowed = 1e-6 * np.maximum(np.abs(points), 1e-3) + 0.5e-6 * (touchpoints + 1)
        if not np.all(away <= allowed):
            lead = int(np.argmax(away - allowed))
            raise SystemExit(
                f"lead {lead}: {row[lead]!r} points, where leadfunnel has {points[lead]!r}; "
                f"{int((~(away <= allowed)).sum())} leads differ"
            )
        worst = max(worst, float(away.max()))
    return worst


def timed(work, rounds: int, seconds: float) -> dict[str, list[float]]:
    """At least `rounds` times, but no further than `seconds` if five have been done."""
    wall, cpu = [], []
    for i in range(rounds):
        gc.collect()
        c, w = time.process_time(), time.perf_counter()
        result = work()
        wall.append(time.perf_counter() - w)
        cpu.append(time.process_time() - c)
        del result
        if i >= 4 and sum(wall) > seconds:
            break
    return {"wall": wall, "cpu": cpu}


def read(data: Data, workload: str, threads: int) -> dict:
    """Merely reading the bytes that the work must read."""
    from concurrent.futures import ThreadPoolExecutor

    names = ["lead", "at", "type"] + (["value"] if workload == "B1b" else [])
    columns = [data.column(n) for n in names]
    words = [c[: c.size // 64 * 64].view(np.uint64) for c in columns]
    shares = [[s for w in words for s in [np.array_split(w, threads)[i]]] for i in range(threads)]
    with ThreadPoolExecutor(threads) as pool:

        def work():
            return sum(pool.map(lambda share: sum(int(s.sum()) for s in share), shares))

        work()
        out = timed(work, 7, 5)
    return out | {"bytes": sum(c.nbytes for c in columns)}


def tables(spec: dict) -> dict:
    folder = Path(spec["folder"])
    workload, layout = spec["workload"], spec["layout"]
    texts = layout if workload == "B7" else "coded"
    layout = "log" if workload == "B7" else layout
    data = Data(folder, spec["leads"], spec["touchpoints"], layout, texts)
    if spec["peer"] == "read":
        return read(data, workload, spec["threads"])
    module = importlib.import_module(f".peer_{spec['peer']}", __package__)
    peer = module.Peer(data, spec["threads"], workload)
    suffix = "_grouped" if layout == "grouped" else ""
    work = getattr(peer, workload + suffix)
    gc.collect()
    forget_peak()
    before = resident()
    result = work()
    most = peak()
    difference = compare(
        peer.answer(workload, result), folder, workload, data, spec["peer"] == "leadfunnel"
    )
    del result
    free = cores(spec["threads"]) if spec["threads"] > 1 else 1.0
    out = timed(work, spec["rounds"], spec["seconds"])
    if spec["threads"] > 1:
        free = min(free, cores(spec["threads"]))
    code = getattr(peer, "code", {}).get(workload, [getattr(module.Peer, workload)])
    return out | {
        "name": peer.name, "difference": difference, "before": before, "peak": most,
        "lines": lines(code), "cores": free,
    }


def events(spec: dict) -> dict:
    from .data import Events

    folder = Path(spec["folder"])
    data = Events(spec["leads"], spec["touchpoints"])
    module = importlib.import_module(f".peer_{spec['peer']}", __package__)
    peer = module.EventPeer(data)
    peer.start()
    gc.collect()
    forget_peak()
    before = resident()
    answer = np.array(peer.run(), np.float64)
    most = peak()
    kept = folder / "answer_B2.npy"
    if not kept.exists():
        np.save(kept, answer)
    if not np.array_equal(np.load(kept), answer):
        wrong = int(np.argmax(np.load(kept) != answer))
        raise SystemExit(
            f"event {wrong} {data.rows[wrong]}: {answer[wrong]} points, not {np.load(kept)[wrong]}"
        )
    wall, cpu = [], []
    for _ in range(spec["rounds"]):
        peer.start()
        gc.collect()
        c, w = time.process_time(), time.perf_counter()
        peer.run()
        wall.append(time.perf_counter() - w)
        cpu.append(time.process_time() - c)
        if len(wall) >= 5 and sum(wall) > spec["seconds"]:
            break
    return {
        "wall": wall, "cpu": cpu, "name": peer.name, "difference": 0.0, "before": before,
        "peak": most, "lines": lines(peer.code),
    }


def ranking(spec: dict) -> dict:
    from .data import RANK, TOP, UPDATE, Ranking
    from .ranks import Expected

    data = Ranking(spec["leads"])
    module = importlib.import_module(f".peer_{spec['peer']}", __package__)
    gc.collect()
    forget_peak()
    before = resident()
    peer = module.RankingPeer(data)
    try:
        expected = Expected(data)
        for kind, lead, type_, micros, at in data.next(spec["checked"]):
            result = peer.operation(kind, lead, type_, micros, at)
            if kind != UPDATE:
                result = peer.answer(kind, result, micros)
            expected.hold(kind, lead, type_, micros, result)
        beside = getattr(peer, "processor", lambda: 0.0)  # of a server
        wall, cpu, kinds = [], [], {UPDATE: [], TOP: [], RANK: []}
        for _ in range(spec["rounds"]):
            todo = data.next(spec["touchpoints"])
            gc.collect()
            b, c, w = beside(), time.process_time(), time.perf_counter()
            if hasattr(peer, "many"):
                peer.many(todo)
            else:
                operation, now = peer.operation, time.perf_counter_ns
                for o in todo:
                    t = now()
                    operation(*o)
                    kinds[o[0]].append(now() - t)
            wall.append(time.perf_counter() - w)
            cpu.append(time.process_time() - c + beside() - b)
            if len(wall) >= 5 and sum(wall) > spec["seconds"]:
                break
        out = {
            "wall": wall, "cpu": cpu, "name": peer.name, "difference": 0.0, "before": before,
            "peak": peak() + getattr(peer, "memory", lambda: 0)(), "lines": lines(peer.code),
        }
        if kinds[UPDATE]:
            named = (("update", UPDATE), ("top", TOP), ("rank", RANK))
            out["median_ns"] = {n: float(np.median(kinds[k])) for n, k in named if kinds[k]}
        return out
    finally:
        getattr(peer, "stop", lambda: None)()


def main() -> None:
    spec = json.loads(sys.argv[1])
    for one in spec if isinstance(spec, list) else [spec]:
        work = {"B2": events, "B5": ranking}.get(one["workload"], tables)
        print(json.dumps(work(one)), flush=True)


if __name__ == "__main__":
    main()
