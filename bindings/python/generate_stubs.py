# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Writes leadfunnel/_core.pyi, the types of the compiled module, by pybind11-stubgen.

    python bindings/python/generate_stubs.py
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

OUT = Path(__file__).parent / "leadfunnel" / "_core.pyi"

# Return types that are classes of the package, which pybind11 does not know.
RETURNS = {
    "Plan.attributes": "dict[str, str]",
    "Plan.bandings": "list[str]",
    "Plan.matrices": "list[str]",
    "Plan.properties": "dict[str, str]",
    "Plan.scores": "list[str]",
    "Plan.warnings": "list[Issue]",
    "Model.check": "list[Issue]",
    "AdditiveScores.add_leads": "TableReport",
    "AdditiveScores.add_touchpoints": "TableReport",
    "EventRows.add_text": "TableReport",
    "Frame.__getstate__": "tuple[typing.Any, ...]",
    "Frame.columns": "list[str]",
    "Frame.cells": "list[typing.Any]",
    "Frame.numpy": "tuple[typing.Any, ...]",
    "Histories.events": "list[Event]",
    "Histories.rows": "EventRows",
    "Reader.add_events": "list[tuple[int, str]]",
    "Reader.add_leads": "TableReport",
    "Reader.add_text": "TableReport",
    "Reader.add_touchpoints": "TableReport",
    "read_events": "tuple[EventRows, TableReport]",
    "read_pairs": "tuple[LeadInstants, TableReport]",
    "Scores.changes": "list[tuple[datetime.datetime, float | None]]",
    "Scores.explain": "Explanation",
    "Scores.instants": "list[datetime.datetime]",
    "Engine.apply_many": "BatchReport",
    "Engine.apply_one": "Applied",
    "Engine.apply_rows": "BatchReport",
    "Engine.attribute": "Value",
    "Engine.cools_at": "datetime.datetime | None",
    "Engine.explain": "Explanation",
    "Engine.find": "tuple[list[str], bool]",
    "Engine.history": "list[Event]",
    "Engine.load_histories": "BatchReport",
    "Engine.load_many": "BatchReport",
    "Engine.load_rows": "BatchReport",
    "Engine.memory": "dict[str, int]",
    "Engine.move": "Applied",
    "Engine.now": "datetime.datetime | None",
    "Engine.nth": "tuple[str, float] | None",
    "Engine.project": "tuple[float | None, str | None]",
    "Engine.replace": "Replacement",
    "Engine.score": "float | None",
    "Engine.signals": "list[Signal]",
    "Engine.stage": "Position | None",
    "Engine.stage_log": "list[StageEntry]",
    "Engine.timeline": "list[TimelineEntry]",
    "Engine.top": "list[tuple[str, float]]",
    "Engine.try_replace": "Replacement",
    "language": "dict[str, typing.Any]",
    "signal_kinds": "list[str]",
    "to_instant": "datetime.datetime",
}
IMPORTS = """\
import datetime

from leadfunnel._engine_types import (
    Applied,
    BatchReport,
    Position,
    Replacement,
    Signal,
    TimelineEntry,
)
from leadfunnel._errors import Issue
from leadfunnel._events import Event, StageEntry, Value
from leadfunnel._results import Explanation
from leadfunnel._table_types import TableReport
"""


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pybind11_stubgen", "leadfunnel._core", "-o", folder,
             "--numpy-array-use-type-var", "--exit-code"],
            check=True,
        )
        lines = (Path(folder) / "leadfunnel" / "_core.pyi").read_text("utf-8").splitlines()
    out, owner, left = [], "", set(RETURNS)
    for line in lines:
        if match := re.match(r"class (\w+)", line):
            owner = match[1] + "."
        elif re.match(r"\S", line) and not line.startswith(("@", "def")):
            owner = "" if not line.startswith('"') else owner
        if match := re.match(r"( *)def (\w+)\((.*)\) -> (.*):$", line):
            name = (owner if match[1] else "") + match[2]
            left.discard(name)
            line = f"{match[1]}def {match[2]}({match[3]}) -> {RETURNS.get(name, match[4])}:"
        # A strict checker wants the types of elements.
        line = re.sub(r"\b(list|dict|tuple)(?=[,)=]| =)(?!\()",
                      lambda m: {"list": "list[typing.Any]", "dict": "dict[str, typing.Any]",
                                 "tuple": "tuple[typing.Any, ...]"}[m[1]], line) \
            if line.lstrip().startswith("def ") else line
        line = re.sub(r"collections\.abc\.(Iterable|Sequence)(?!\[)",
                      r"collections.abc.\1[typing.Any]", line)
        line = line.replace("os.PathLike |", "os.PathLike[str] |")
        line = line.replace("where: Model, query", "where: Model | None, query")
        line = line.replace(") -> Scores:", ") -> Scores | None:") if "def of_tables" in line else line
        if not line.startswith("__all__"):  # which the module lacks
            out.append(line.rstrip())
        if line.startswith("from __future__"):
            out.append(IMPORTS.rstrip())
    if left:
        sys.exit(f"the module has none of these: {', '.join(sorted(left))}")
    head = ("# Distributed under the Boost Software License, Version 1.0. See LICENSE.\n"
            "# Written by bindings/python/generate_stubs.py; do not edit.\n")
    OUT.write_text(head + "\n".join(out) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
