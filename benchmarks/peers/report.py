# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""What a run took, as lines, as the tables of docs/peers.md, and as plots."""

from __future__ import annotations

import re
import statistics
from pathlib import Path

from .work import WEEKS

TITLES = {
    "B1a": "B1a: 32 additive rules, half-life of 30 days",
    "B1b": "B1b: 30 rules with limits, windows, sequences, returns, caps and attributes",
    "B3": "B3: scores at 104 weekly cut-offs",
    "B7": "B7: the work of B1a, from an Arrow table with texts to an Arrow table",
    "B2": "Events one at a time: 20 rules, the lead's score after each event",
    "B5": "B5: 90 % updates, 5 % top 100, 5 % ranks, under decay",
}
UNITS = {"B3": "an output", "B2": "an event", "B5": "an operation"}
LAYOUTS = {"log": "log", "grouped": "grouped", "plain": "texts", "coded": "dictionaries", "": ""}


def crowded(row: dict) -> dict:
    """The row; failed, if other work left its threads too few cores for its clock to mean anything.

    One thread is measured by its processor time, so it needs no such care.
    """
    threads = row["threads"]
    if threads == 1 or "failed" in row or row.get("cores", 0) >= 0.75 * threads:
        return row
    if "cores" not in row:
        return row | {"failed": "how many cores other work left was not recorded"}
    return row | {"failed": f"other work left {row['cores']:.1f} of {threads} cores"}


def question(row: dict) -> tuple[str, int, int]:
    """What was asked: the workload and its size. Each has a table."""
    return row["workload"], row["leads"], row["touchpoints"]


def case(row: dict) -> tuple:
    """The question, and who answered it how."""
    return *question(row), row["peer"], row["layout"], row["threads"]


def unit_of(workload: str) -> str:
    return UNITS.get(workload, "a touchpoint")


def units(row: dict) -> int:
    """How many there are of what figures are given for."""
    return row["leads"] * WEEKS if row["workload"] == "B3" else row["touchpoints"]


def cost(row: dict) -> float:
    """What the fastest round took: of the processor if one thread works, else of the clock.

    On a machine with other work the clock tells of that, too.
    """
    return min(row["cpu" if row["threads"] == 1 else "wall"])


def ns(row: dict) -> float:
    return cost(row) * 1e9 / units(row)


def name(row: dict) -> str:
    return row.get("name", row["peer"])


def threads(row: dict) -> str:
    return f"{row['threads']} thread" + ("s" if row["threads"] > 1 else "")


def line(row: dict) -> str:
    """A case in a line."""
    head = f"{row['workload']:4} {name(row):17} {LAYOUTS[row['layout']]:12} {threads(row)}"
    if "failed" in row:
        return f"{head}: not measured: {row['failed']}"
    unit = unit_of(row["workload"])
    return (
        f"{head}: best {seconds(min(row['wall']))}, "
        f"median {seconds(statistics.median(row['wall']))}, "
        f"processor {seconds(min(row['cpu']))}; {digits(ns(row))} ns {unit}"
        f", peak {mb(row)} MB, answers within {row['difference']:.1e}"
    )


def seconds(s: float) -> str:
    return f"{digits(s)} s" if s >= 1 else f"{digits(s * 1e3)} ms"


def digits(x: float) -> str:
    if x >= 100:
        return f"{x:,.0f}"
    return f"{x:.3g}" if x >= 1 else f"{x:.2g}"


def mb(row: dict) -> str:
    return f"{max(0, row['peak'] - row['before']) / 1e6:,.0f}"


def reading(result: dict, row: dict) -> float | None:
    """What merely reading the bytes cost, with as many threads."""
    for r in result["reads"]:
        if question(r) == question(row) and r["threads"] == row["threads"] and "wall" in r:
            return cost(r)
    return None


def asked(result: dict, wanted: tuple[str, int, int]) -> list[dict]:
    return [crowded(r) for r in result["rows"] if question(r) == wanted]


def size(wanted: tuple[str, int, int]) -> str:
    workload, leads, n = wanted
    unit = {"B2": "events", "B5": "operations a round"}.get(workload, "touchpoints")
    return f"{leads:,} leads, {n:,} {unit}"


def table(result: dict, wanted: tuple[str, int, int]) -> str:
    """A question's table; peers from the fastest, each case beside its best peer."""
    workload = wanted[0]
    rows = asked(result, wanted)
    good = [r for r in rows if "failed" not in r]
    if not good:
        return ""
    unit = unit_of(workload)
    tables = workload in ("B1a", "B1b", "B3", "B7")
    head = ["", *(["layout", "threads"] if tables else []), "best", "median", "processor",
            f"ns {unit}", *(["× reading"] if tables else []), "peak, MB", "lines"]
    if workload == "B5":
        head[-2:-2] = ["update / top / rank, µs"]
    out = [f"### {TITLES[workload]}; {size(wanted)}", "", "| " + " | ".join(head) + " |",
           "|" + "---|" * len(head)]
    for r in sorted(good, key=cost):
        bold = "**" if r["peer"] == "leadfunnel" else ""
        cells = [f"{bold}{name(r)}{bold}"]
        if tables:
            cells += [LAYOUTS[r["layout"]], str(r["threads"])]
        cells += [seconds(min(r["wall"])), seconds(statistics.median(r["wall"])),
                  seconds(min(r["cpu"])), digits(ns(r))]
        if tables:
            read = reading(result, r)
            cells.append(digits(cost(r) / read) if read else "")
        if workload == "B5":
            each = r.get("median_ns")
            cells.append(
                " / ".join(digits(each[k] / 1e3) for k in ("update", "top", "rank")) if each else ""
            )
        cells += [mb(r), str(r["lines"])]
        out.append("| " + " | ".join(cells) + " |")
    out += ["", *ratios(good)]
    reasons: dict[str, list[str]] = {}
    for r in rows:
        if "failed" in r:
            how = ", ".join(x for x in (LAYOUTS[r["layout"]], threads(r)) if x)
            reasons.setdefault(r["failed"], []).append(f"{name(r)} ({how})")
    out += [f"Not measured, as {why}: {', '.join(who)}.\n" for why, who in reasons.items()]
    if workload == "B7" and result.get("cpp", {}).get("question") == list(wanted):
        ours = [r for r in good if r["peer"] == "leadfunnel" and r["layout"] == "coded"
                and r["threads"] == 1]
        if "failed" in result["cpp"]:
            out.append(f"Beside the C++ scorer: {result['cpp']['failed']}.\n")
        elif ours:
            cpp = result["cpp"]["ns"]
            out.append(
                f"The C++ scorer (`B1a_raw` of `bench_score`, the same run, processor time): "
                f"{digits(cpp)} ns a touchpoint; leadfunnel from Python, from dictionaries: "
                f"{digits(ns(ours[0]))} ns, {ns(ours[0]) / cpp:.2f} ×.\n"
            )
    return "\n".join(out)


def ratios(good: list[dict]) -> list[str]:
    """Each of leadfunnel's cases beside its best peer with the same layout and threads."""
    out = []
    for ours in (r for r in good if r["peer"] == "leadfunnel"):
        same = [r for r in good if r["peer"] != "leadfunnel" and r["threads"] == ours["threads"]
                and r["layout"] == ours["layout"]]
        if not same:
            continue
        best = min(same, key=cost)
        how = ", ".join(x for x in (LAYOUTS[ours["layout"]], threads(ours)) if x)
        times = cost(best) / cost(ours)
        if times >= 1:
            say = f"leadfunnel is {digits(times)} × as fast as the best peer, {name(best)}"
        else:
            say = f"the best peer, {name(best)}, is {digits(1 / times)} × as fast as leadfunnel"
        out.append(f"- {how}: {say}")
    return [*out, ""] if out else []


def plot(result: dict, wanted: tuple[str, int, int], path: Path) -> None:
    """Nanoseconds of each case, on a logarithmic axis."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    style = {"svg.fonttype": "none", "svg.hashsalt": "leadfunnel", "font.size": 8}
    matplotlib.rcParams.update(style)
    rows = [r for r in asked(result, wanted) if "failed" not in r]
    rows.sort(key=ns, reverse=True)
    names = [
        ", ".join(x for x in (name(r), LAYOUTS[r["layout"]],
                              f"{r['threads']} threads" if r["threads"] > 1 else "") if x)
        for r in rows
    ]
    fig, axes = plt.subplots(figsize=(6, 0.5 + 0.2 * len(rows)), layout="constrained")
    colours = ["#c2410c" if r["peer"] == "leadfunnel" else "#94a3b8" for r in rows]
    bars = axes.barh(names, [ns(r) for r in rows], color=colours)
    axes.bar_label(bars, [digits(ns(r)) for r in rows], padding=2)
    axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.set_xlabel(f"ns {unit_of(wanted[0])}")
    axes.set_title(f"{TITLES[wanted[0]]}\n{size(wanted)}", fontsize=8, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    fig.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(fig)


def place(wanted: tuple[str, int, int]) -> tuple[int, int]:
    """Where a question's table stands: by the order of the titles, then by size."""
    return list(TITLES).index(wanted[0]), wanted[2]


def run_of(run: dict) -> str:
    """On what a run was made, and how to make it again."""
    m = run["machine"]
    return (
        f"Run on {run['when']}, {m['cores']} cores of {m['cpu']}, {m['memory_gib']} GiB, "
        f"Python {m['python']}; the load was {m['load']:.1f} at the beginning and "
        f"{m['load_after']:.1f} at the end ({run['seconds']:.0f} s). "
        + "Versions: " + ", ".join(f"{k} {v}" for k, v in run["versions"].items() if v) + ".\n"
        + "".join(f"Left out: {k}, as {why}.\n" for k, why in run["skipped"].items())
        + f"\n```sh\n{run['command']}\n```\n"
    )


def with_more(result: dict, more: dict) -> dict:
    """A result with what a later run measured; of cases that both have, the later one's."""
    measured = {case(r) for r in more["rows"]}
    read = {case(r) for r in more["reads"]}
    return result | more | {
        "runs": result["runs"] + more["runs"],
        "rows": [r for r in result["rows"] if case(r) not in measured] + more["rows"],
        "reads": [r for r in result["reads"] if case(r) not in read] + more["reads"],
    }


def write(result: dict, docs: Path | None) -> None:
    """Prints the tables; with `docs`, puts them and the plots there."""
    questions = sorted({question(r) for r in result["rows"]}, key=place)
    made = {q: table(result, q) for q in questions}
    print("\n" + "\n".join(made.values()))
    if docs is None:
        return
    (docs / "images").mkdir(exist_ok=True)
    parts = []
    for q, text in made.items():
        if not text:
            continue
        path = docs / "images" / f"peers_{'_'.join(map(str, q))}.svg"
        plot(result, q, path)
        parts.append(f"{text}\n![{TITLES[q[0]]}](images/{path.name})\n")
    said = "\n".join(run_of(r) for r in result["runs"])
    page = docs / "peers.md"
    text = page.read_text(encoding="utf-8")
    inner = "\n".join([said, *parts])
    text, n = re.subn(
        r"(<!-- figures -->\n).*?(<!-- end of figures -->)",
        lambda found: f"{found[1]}\n{inner}\n{found[2]}", text, flags=re.S,
    )
    if n != 1:
        raise SystemExit(f"{page} has no place for the figures")
    page.write_text(text, encoding="utf-8")
