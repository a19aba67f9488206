# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The options that commands have in common."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from .._files import shipped
from ._input import Reading
from ._output import Format


class Ambiguity(StrEnum):
    """The instant of a local time that occurs twice, or never, because clocks change."""

    refuse = "refuse"
    earliest = "earliest"
    latest = "latest"


def _complete_model(incomplete: str) -> list[str]:
    files = [p for p in _paths(incomplete) if p.endswith(("/", ".json", ".yaml", ".yml"))]
    return [n for n in shipped("models") if n.startswith(incomplete)] + files


def _complete_mapping(incomplete: str) -> list[str]:
    files = [p for p in _paths(incomplete) if p.endswith(("/", ".json"))]
    return [n for n in shipped("mappings") if n.startswith(incomplete)] + files


def complete_table(incomplete: str) -> list[str]:
    """Completes the name of a table."""
    known = ("/", ".csv", ".tsv", ".ndjson", ".jsonl", ".parquet", ".pq")
    return [p for p in _paths(incomplete) if p.removesuffix(".gz").endswith(known)]


def _paths(incomplete: str) -> list[str]:
    folder, _, start = incomplete.rpartition("/")
    root = Path(folder or ("/" if incomplete.startswith("/") else "."))
    try:
        found = sorted(p for p in root.iterdir() if p.name.startswith(start))
    except OSError:
        return []
    prefix = incomplete[: len(incomplete) - len(start)]
    return [prefix + p.name + ("/" if p.is_dir() else "") for p in found]


ModelName = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A model file (JSON, YAML), - for stdin, or the name of a shipped model.",
        autocompletion=_complete_model,
    ),
]
Tables = Annotated[
    list[str],
    typer.Argument(
        metavar="TABLE",
        help="CSV, NDJSON or Parquet files of leads, touchpoints and stage entries; - for stdin. "
        "What a file holds, its columns say; or say it: leads=FILE.",
        autocompletion=complete_table,
    ),
]
At = Annotated[
    str, typer.Option("--at", metavar="INSTANT", help="The instant, with its offset; or now.")
]
ScoreName = Annotated[
    str | None, typer.Option("--score", metavar="NAME", help="The score; else the model's last.")
]
Mappings = Annotated[
    list[str] | None,
    typer.Option(
        "--mapping",
        "-m",
        metavar="NAME",
        help="A mapping file, or the name of a shipped one. "
        "Several: each table is read by the first that fits it.",
        autocompletion=_complete_mapping,
        rich_help_panel="Reading",
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        "-c",
        metavar="NAME=COLUMN",
        help="Which column is what, as in at=seen_at, or "
        "for one kind of table, touchpoints.at=seen_at.",
        rich_help_panel="Reading",
    ),
]
Zone = Annotated[
    str | None,
    typer.Option(
        "--timezone",
        metavar="ZONE",
        help="On whose clocks times without an offset were read, as "
        "Asia/Tokyo. Without it they are refused.",
        rich_help_panel="Reading",
    ),
]
Ambiguous = Annotated[
    Ambiguity,
    typer.Option(
        "--ambiguous",
        help="What a time means that clocks, when changed, show twice or never.",
        rich_help_panel="Reading",
    ),
]
SkipBadRows = Annotated[
    bool,
    typer.Option(
        "--skip-bad-rows",
        help="Leaves bad rows out, with a warning, rather than failing.",
        rich_help_panel="Reading",
    ),
]
UnpackLimit = Annotated[
    int | None,
    typer.Option(
        "--unpack-limit",
        metavar="BYTES",
        min=0,
        help="Most bytes that a packed file (gzip, Parquet) may hold once it is unpacked; else "
        "64 MiB and 100 times its size, and at most 16 GiB.",
        rich_help_panel="Reading",
        show_default=False,
    ),
]
Target = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Where to, the format by its suffix; - is stdout.",
        rich_help_panel="Writing",
    ),
]


def format_option(help: str) -> Any:
    """The option ``--format``."""
    return typer.Option(
        "--format", "-f", help=help, rich_help_panel="Writing", show_default=False
    )


Formatted = Annotated[
    Format | None,
    format_option("The format; else a table on a terminal, and CSV in a pipe."),
]
Raw = Annotated[
    bool,
    typer.Option(
        "--raw",
        help="CSV text as it is: without the ' that keeps spreadsheets from running it as a "
        "formula.",
        rich_help_panel="Writing",
    ),
]


def reading_of(
    mapping: list[str] | None,
    column: list[str] | None,
    timezone: str | None,
    ambiguous: Ambiguity,
    skip_bad_rows: bool,
    unpack_limit: int | None,
) -> Reading:
    """The options about tables."""
    return Reading(
        mapping or (), column or (), timezone, ambiguous.value, skip_bad_rows, unpack_limit
    )
