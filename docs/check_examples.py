#!/usr/bin/env python3
# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Checks that pages show what the examples contain and print.

    check_examples.py code PAGE FOLDER      every ```cpp block of the page is in one of the
                                            folder's .cpp and .hpp files, except for indentation,
                                            and every ```text block is there verbatim
    check_examples.py output PAGE PROGRAM   the program prints the page's ```text block
    check_examples.py write PAGE PROGRAM    writes the program's output into the page
"""
import re
import subprocess
import sys
import textwrap
from pathlib import Path


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def occurs(block, source):
    """Whether the block's lines are consecutive in the source, all indented by the same amount."""
    wanted = textwrap.dedent(block).splitlines()
    lines = source.splitlines()
    return any(
        textwrap.dedent("\n".join(lines[i : i + len(wanted)])).splitlines() == wanted
        for i, line in enumerate(lines)
        if line.strip() == wanted[0].strip()
    )


def check_code(page, folder):
    sources = {p.name: p.read_text("utf-8") for p in Path(folder).glob("*.?pp")}
    shown = blocks(Path(page).read_text("utf-8"), "cpp")
    if not shown or not sources:
        sys.exit(f"{page} has no code, or {folder} has none")
    missing = [b for b in shown if not any(occurs(b, s) for s in sources.values())]
    printed = blocks(Path(page).read_text("utf-8"), "text")
    missing += [b for b in printed if not any(b in s for s in sources.values())]
    for block in missing:
        print(f"{page} has a block that is in no example:\n{block}")
    return len(missing)


def check_output(page, program, write):
    ran = subprocess.run([program], stdout=subprocess.PIPE, check=True)
    printed = ran.stdout.decode("utf-8")
    text = Path(page).read_text("utf-8")
    shown = blocks(text, "text")
    if len(shown) != 1:
        sys.exit(f"{page} does not have exactly one ```text block")
    if write:
        begin = text.index("\n```text\n") + len("\n```text\n")
        Path(page).write_text(text[:begin] + printed + text[begin + len(shown[0]) :], "utf-8")
    elif printed != shown[0]:
        print(f"{page} differs from the output of {program}:\n{printed}")
        return 1
    return 0


what, page, other = sys.argv[1:]
if what == "code":
    sys.exit(check_code(page, other))
sys.exit(check_output(page, other, what == "write"))
