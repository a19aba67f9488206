# Distributed under the Boost Software License, Version 1.0. See LICENSE.

"""Branch coverage of some files, from what a run of the tests has left: `./dev coverage` uses it.

gcov's text, and with it gcovr, does not say of code that some unit has compiled and never run which
of its branches are exceptions' (templates and inline functions are in many units). gcov's JSON does.
So it is read here: branches of all instantiations and units are added up, line by line.

Not counted are

- exceptions' branches;
- asserts: a false one cannot be tested, it ends the program;
- lines of vector instructions (`_mm…`), which have no condition: only g++ has jumps in them;
- where the processor has no AVX-512, the code for it, from `AVX512_EXCL_BR_START` to `_STOP`;
- lines of nothing but brackets: what is made for leaving a scope.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

NO_BRANCH = re.compile(r"\bassert\(|\b_mm\d*_")
BRACKETS = re.compile(r"[\s{}();]*(//.*)?")


def has_avx512() -> bool:
    info = Path("/proc/cpuinfo")
    return info.exists() and "avx512ifma" in info.read_text()


def counted_lines(source: str, wide: bool) -> set[int]:
    lines, out = set(), False
    for number, line in enumerate(source.splitlines(), 1):
        out = not wide and (out or "AVX512_EXCL_BR_START" in line)
        if not (out or NO_BRANCH.search(line) or BRACKETS.fullmatch(line)):
            lines.add(number)
        out = out and "AVX512_EXCL_BR_STOP" not in line
    return lines


def branches(build: Path, wanted: re.Pattern[str]) -> dict[str, dict[int, list[int]]]:
    """Counts by file, line and branch."""
    found: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for data in sorted(build.rglob("*.gcda")):
        gcov = ["gcov", "--json-format", "--branch-probabilities", "--stdout", str(data)]
        told = subprocess.run(gcov, capture_output=True, text=True)
        if told.returncode != 0:  # of an older build
            sys.exit(f"{told.stderr.strip()}\n{data} cannot be read: remove it, run the tests anew")
        for report in map(json.loads, filter(None, told.stdout.splitlines())):
            for file in report["files"]:
                name = os.path.relpath(Path(report["current_working_directory"], file["file"]))
                if not wanted.match(name):
                    continue
                for line in file["lines"]:
                    sums = found[name][line["line_number"]]
                    counts = [b["count"] for b in line["branches"] if not b["throw"]]
                    sums.extend([0] * (len(counts) - len(sums)))
                    for i, count in enumerate(counts):
                        sums[i] += count
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("build", type=Path, help="where the tests were built and run")
    parser.add_argument("files", type=re.compile, help="a pattern that their paths begin with")
    parser.add_argument("least", type=float, help="percentage of branches that must be reached")
    parser.add_argument("--missing", action="store_true", help="list lines with branches missing")
    asked = parser.parse_args()
    every = reached = 0
    wide = has_avx512()
    for name, lines in sorted(branches(asked.build, asked.files).items()):
        counted = counted_lines(Path(name).read_text(encoding="utf-8"), wide)
        lines = {number: counts for number, counts in lines.items() if number in counted}
        total = sum(map(len, lines.values()))
        taken = sum(count > 0 for counts in lines.values() for count in counts)
        if total:
            print(f"{taken:6} of {total:5}  {100 * taken / total:5.1f} %  {name}")
        for number, counts in sorted(lines.items()):
            if asked.missing and not all(counts):
                print(f"{name}:{number}: {sum(map(bool, counts))} of {len(counts)}")
        every += total
        reached += taken
    share = 100 * reached / max(every, 1)
    print(f"{reached:6} of {every:5}  {share:5.1f} %  in all")
    return 0 if share >= asked.least else 1


if __name__ == "__main__":
    sys.exit(main())
