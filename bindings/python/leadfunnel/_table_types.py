# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Types of tables, and the options to read them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypedDict

from . import _core
from ._errors import BadRow, Issue
from ._progress import Progress

TableLike: TypeAlias = Any
"""Anything with named columns: an object with Arrow's C stream or array (polars, pyarrow, DuckDB,
pandas with pyarrow, …), anything that narwhals understands, a ``dict`` of lists or NumPy arrays, a
list of ``dict``, or the path of a CSV, NDJSON or Parquet file (also ``.csv.gz`` and the like)."""

Mapped: TypeAlias = Mapping[str, Any] | str | os.PathLike[str] | None
"""The columns of a table by the library's names: ``{"lead": "customer_no", "at": "seen_at"}``. Or a
mapping file: its path, its content as a ``dict``, or the name of one that comes with the package,
such as ``"hubspot_contacts"``."""

Ambiguous: TypeAlias = Literal["refuse", "earliest", "latest"]
TableKind: TypeAlias = Literal["leads", "touchpoints", "stages"]
KINDS: tuple[TableKind, ...] = ("leads", "touchpoints", "stages")

KEPT = 1000  # bad rows that a report lists


class TableReport(TypedDict):
    """What the compiled part reports about a table that it read."""

    rows: int
    accepted: int
    skipped: int
    bad: int
    bad_rows: list[BadRow]  # the first `KEPT`
    issues: list[Issue]
    failed: bool


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read tables; see `read`, which has a parameter for each attribute."""

    mapping: Mapped = None
    timezone: str | None = None
    ambiguous: Ambiguous = "refuse"
    strict: bool = False
    progress: Progress = None
    unpack_limit: int | None = None

    def reading(self, bar: Callable[[int, int], object] | None = None) -> _core.Reading:
        """The options for the compiled part, which calls ``bar`` with its progress."""
        return _core.Reading(self.timezone or "", self.ambiguous, self.strict, KEPT, bar)

    def mapping_for(self, kind: TableKind) -> Mapped:
        """The mapping for tables of a kind."""
        if isinstance(self.mapping, Mapping) and self.mapping and set(self.mapping) <= set(KINDS):
            inner: Mapped = self.mapping.get(kind)
            return inner
        return self.mapping


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables of each kind; None for a kind that is not given."""

    leads: TableLike = None
    touchpoints: TableLike = None
    stages: TableLike = None

    def given(self) -> dict[TableKind, TableLike]:
        """The tables that are given, by kind."""
        tables: dict[TableKind, TableLike] = {k: getattr(self, k) for k in KINDS}
        return {k: t for k, t in tables.items() if t is not None}
