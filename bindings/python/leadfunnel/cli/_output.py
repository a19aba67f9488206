# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Writes results: a table for people, or CSV, NDJSON or Parquet for programs."""

from __future__ import annotations

import io
import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from .. import _core
from .._core import printable
from .._results import Table
from ._text import cell_text, csv_cell, csv_line, escape_json, instant_text

SHOWN = 100  # rows of a table for people; files have them all
_CHUNK = 10_000  # rows that are in memory at once
_SUFFIXES = {
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
    ".pq": "parquet",
}


class Format(StrEnum):
    """The formats of tables."""

    table = "table"
    csv = "csv"
    ndjson = "ndjson"
    parquet = "parquet"


@dataclass(frozen=True)
class Rows:
    """A result: named columns, and rows that are made while they are written.

    A column's kind is ``text``, ``number``, ``integer``, ``flag`` or ``instant``.
    """

    names: Sequence[str]
    kinds: Sequence[str]
    chunks: Iterable[list[tuple[Any, ...]]]

    @classmethod
    def of(cls, table: Table, kinds: Mapping[str, str]) -> Rows:
        """The rows of a table. Columns that are not in ``kinds`` hold text."""
        frame = table._frame()
        names = frame.columns
        total = len(frame)

        def chunks() -> Iterator[list[tuple[Any, ...]]]:
            for first in range(0, total, _CHUNK):
                cells = [frame.cells(n, first, first + _CHUNK) for n in names]
                yield list(zip(*cells, strict=True))

        return cls(names, [kinds.get(n, "text") for n in names], chunks())

    @classmethod
    def made(cls, columns: Mapping[str, str], rows: Iterable[tuple[Any, ...]]) -> Rows:
        """Rows that an iterable makes, and their columns with kinds."""

        def chunks() -> Iterator[list[tuple[Any, ...]]]:
            left = iter(rows)
            while chunk := list(itertools.islice(left, _CHUNK)):
                yield chunk

        return cls(list(columns), list(columns.values()), chunks())


@dataclass(frozen=True)
class Output:
    """The target of a command's result, by its options."""

    path: Path | None
    format: Format
    raw: bool = False

    @classmethod
    def chosen(cls, output: str, format: Format | None, raw: bool = False) -> Output:
        """The target by options, else by the file's suffix, else a table on a terminal or CSV."""
        path = None if output == "-" else Path(output)
        if format is None and path is not None:
            if path.suffix.lower() not in _SUFFIXES:
                raise typer.BadParameter(
                    f"{printable(output)!r} is neither CSV, NDJSON nor Parquet by its name; "
                    "say which: --format csv"
                )
            format = Format(_SUFFIXES[path.suffix.lower()])
        if format is None:
            format = Format.table if sys.stdout.isatty() else Format.csv
        if format is Format.parquet:
            if path is None and sys.stdout.isatty():
                raise typer.BadParameter(
                    "Parquet is not for a terminal; say where to: --output FILE.parquet"
                )
            _parquet()
        return cls(path, format, raw)

    @property
    def is_text(self) -> bool:
        """Whether a person reads it."""
        return self.format is Format.table

    def write(self, rows: Rows, title: str = "") -> None:
        """Writes a result."""
        with opened(self.path) as file:
            if self.format is Format.csv:
                self._csv(rows, file)
            elif self.format is Format.ndjson:
                for chunk in rows.chunks:
                    lines = (_json(dict(zip(rows.names, row, strict=True))) for row in chunk)
                    file.write("".join(lines).encode())
            elif self.format is Format.parquet:
                _write_parquet(rows, file)
            else:
                self._table(rows, title, file)

    @property
    def _is_terminal(self) -> bool:
        return self.path is None and sys.stdout.isatty()

    def _csv(self, rows: Rows, file: IO[bytes]) -> None:
        is_terminal = self._is_terminal

        def said(value: object) -> str:
            if not isinstance(value, str):
                return cell_text(value)
            return csv_cell(printable(value) if is_terminal else value, raw=self.raw)

        def column(cells: Iterable[object]) -> Iterator[str]:
            known: dict[object, str] = {}  # most columns repeat few values
            for c in cells:
                text = known.get(c)
                if text is None:
                    known[c] = text = said(c)
                yield text

        file.write(csv_line([said(n) for n in rows.names]).encode())
        for chunk in rows.chunks:
            columns = [column(c) for c in zip(*chunk, strict=True)]
            file.write("".join(map(csv_line, zip(*columns, strict=True))).encode())

    def _table(self, rows: Rows, title: str, file: IO[bytes]) -> None:
        table = RichTable(
            box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left", title_style="bold"
        )
        table.title = Text(printable(title)) if title else None
        for name, kind in zip(rows.names, rows.kinds, strict=True):
            right = kind in {"number", "integer"}
            table.add_column(
                Text(printable(name)), justify="right" if right else "left", overflow="fold"
            )
        left = SHOWN
        more = 0
        for chunk in rows.chunks:
            for row in chunk[:left]:
                table.add_row(*(Text(printable(cell_text(c))) for c in row))
            more += max(len(chunk) - left, 0)
            left = max(left - len(chunk), 0)
        with captured(self._is_terminal) as (console, written):
            console.print(table)
            if more:
                console.print(f"… {more:,} more rows; --format or --output has them all")
        text = written.getvalue()
        if not self._is_terminal:
            text = "\n".join(line.rstrip() for line in text.strip("\n").split("\n")) + "\n"
        file.write(text.encode("utf-8", "backslashreplace"))


def write_text(path: Path | None, text: str) -> None:
    """Writes text of several lines to a file, or to stdout."""
    if path is None and sys.stdout.isatty():
        text = printable(text, lines=True)
    with opened(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


@contextmanager
def opened(path: Path | None) -> Iterator[IO[bytes]]:
    """A file to write, or stdout."""
    if path is not None:
        with replaced(path) as file:
            yield file
        return
    sys.stdout.flush()
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


@contextmanager
def captured(is_terminal: bool) -> Iterator[tuple[Console, io.StringIO]]:
    """A console that writes into a text, formatted as for stdout."""
    real = Console()
    text = io.StringIO()
    console = Console(
        file=text,
        force_terminal=is_terminal,
        color_system="auto" if is_terminal else None,
        width=real.width if is_terminal else 10_000,
        markup=False,
        highlight=False,
        emoji=False,
    )
    yield console, text


@contextmanager
def replaced(path: Path) -> Iterator[IO[bytes]]:
    """A file that is replaced as a whole when all is written, or not at all."""
    coming = _core.AtomicFile(path)
    try:
        with open(coming.fileno(), "wb", closefd=False) as file:
            yield file
        coming.commit()
    finally:
        coming.drop()


def _json(row: dict[str, object]) -> str:
    said = {n: instant_text(v) if isinstance(v, datetime) else v for n, v in row.items()}
    return escape_json(json.dumps(said, ensure_ascii=False)) + "\n"


def _parquet() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet

        return pyarrow, pyarrow.parquet
    except ImportError:
        raise typer.BadParameter("writing Parquet needs pyarrow: pip install pyarrow") from None


def _write_parquet(rows: Rows, file: IO[bytes]) -> None:
    pa, parquet = _parquet()
    types = {
        "text": pa.string(),
        "number": pa.float64(),
        "integer": pa.int64(),
        "flag": pa.bool_(),
        "instant": pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(n, types[k]) for n, k in zip(rows.names, rows.kinds, strict=True)])
    with parquet.ParquetWriter(file, schema) as writer:
        for chunk in rows.chunks:
            columns = zip(*chunk, strict=True)
            arrays = [pa.array(c, t) for c, t in zip(columns, schema.types, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
