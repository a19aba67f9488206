#!/usr/bin/env python3
# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Measures what leadfunnel costs to build: CPU seconds and peak memory of the compiler for each unit
of the library, and for a unit of ten lines that uses it, with the compiled library and header-only.

    benchmarks/build_costs.py [--compiler g++] [--flags="-O2 -DNDEBUG"] [--only SUBSTRING] [--rounds 1]

Prints the table of docs/performance.md, "Building". Each unit is compiled on its own, one at a time;
with several rounds the smallest figure counts. CPU seconds depend on the load of the machine, so
compare ratios, or figures of one run.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MIB = 1024  # of kilobytes, which ru_maxrss counts

# What a product's unit looks like: a model in C++, an engine, and events.
TEN_LINES = """\
#include <leadfunnel/engine/engine.hpp>
#include <leadfunnel/model/model.hpp>
namespace lf = leadfunnel;
double score_of_visitor(lf::instant now) {
    const lf::model m{.id = "m", .touchpoints = {{.id = "visit"}}, .scores = {{.id = "s"}},
                      .rules = {lf::occurrence{.id = "r", .score = "s", .on = lf::on("visit"), .points = 5}}};
    lf::engine e(lf::compile(m));
    e.apply(lf::touchpoint{.lead = "L-1", .at = now, .type = "visit"});
    return static_cast<double>(e.score("L-1", "s", now).value);
}
"""


def compile_unit(compiler, flags, source, output):
    """CPU seconds and peak memory in MiB of the compiler and what it starts."""
    command = [compiler, "-std=c++20", *flags, f"-I{ROOT / 'include'}", "-c", str(source),
               "-o", str(output)]
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"failed: {shlex.join(command)}")
    # The driver waits for the compiler proper, whose figures are in its own.
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / MIB


def measure(compiler, flags, source, output, rounds):
    runs = [compile_unit(compiler, flags, source, output) for _ in range(rounds)]
    return min(cpu for cpu, _ in runs), max(memory for _, memory in runs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compiler", default=os.environ.get("CXX", "g++"))
    parser.add_argument("--flags", default="-O2 -DNDEBUG")
    parser.add_argument("--only", default="", help="measure the units whose path contains this")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    flags = shlex.split(options.flags)

    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "unit.o"
        user = Path(folder) / "ten_lines.cpp"
        user.write_text(TEN_LINES, encoding="utf-8")
        units = [(f"`{p.relative_to(ROOT).as_posix()}`", p, [])
                 for p in sorted((ROOT / "src").rglob("*.cpp"))]
        users = [("ten lines, compiled library", user, []),
                 ("ten lines, header-only", user, ["-DLEADFUNNEL_HEADER_ONLY"])]
        print(f"`{options.compiler} -std=c++20 {options.flags}`\n")
        print("| unit | CPU, s | peak, MiB |\n|---|---:|---:|")
        total, largest = 0.0, 0.0
        rows = []
        for name, source, more in [*users, *units]:
            if options.only not in name:
                continue
            cpu, memory = measure(options.compiler, [*flags, *more], source, output, options.rounds)
            rows.append((name, cpu, memory))
            print(f"| {name} | {cpu:.1f} | {memory:.0f} |", flush=True)
            if source is not user:
                total += cpu
                largest = max(largest, memory)
        if any(source_name.startswith("`src/") for source_name, _, _ in rows):
            print(f"| the library | {total:.1f} | {largest:.0f} |")


if __name__ == "__main__":
    main()
