# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Reads tables into histories of leads."""

from __future__ import annotations

import csv
import dataclasses
import io
import itertools
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from . import _core
from ._columns import arrow_table, columns_of
from ._errors import BadRow, InputError, Issue, UnknownLeadError, UsageError, listed
from ._event_rows import Events
from ._events import Event
from ._files import PIECE, Text, kind_of_file, open_columnar, opened_text
from ._mapping import (
    MappingFile,
    mapping_file,
    mapping_of_text,
    parts_of,
    rename,
    renames_of,
    strange_columns,
    texts_in,
)
from ._model import Model, Plan, plan_of
from ._progress import Progress, watching
from ._table_types import (
    Ambiguous,
    Mapped,
    ReadOptions,
    TableKind,
    TableLike,
    TableReport,
    Tables,
)

Taker: TypeAlias = "_core.Reader | _core.AdditiveScores | Events"
"""Takes tables. `AdditiveScores` takes no files and no stage entries."""


class Histories:
    """Histories of leads, read once for several models, instants or explanations.

    `read` makes them.

    Attributes
    ----------
    issues : list of BadRow or Issue
        Rejected rows, and remarks about the tables.
    bad_rows : int
        The number of rejected rows; ``issues`` lists the first 1,000 of each table.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> history = lf.read(lf.example_model("b2b_starter"), {"lead": ["L-1", "L-2"]})
    >>> len(history), "L-1" in history, history.bad_rows
    (2, True, 0)
    """

    def __init__(
        self, core: _core.Histories, plan: Plan, issues: list[BadRow | Issue], bad_rows: int
    ) -> None:
        self._core = core
        self._plan = plan
        self.issues = issues
        self.bad_rows = bad_rows

    @property
    def plan(self) -> Plan:
        """Plan : The plan whose declarations the tables were read by."""
        return self._plan

    @property
    def touchpoints(self) -> int:
        """int : The number of touchpoints."""
        return self._core.touchpoints

    @property
    def duplicates(self) -> int:
        """int : The number of events left out because their source id was there already."""
        return self._core.duplicates

    @property
    def nbytes(self) -> int:
        """int : The bytes that the columns hold."""
        return self._core.memory

    def __reduce__(self) -> NoReturn:
        raise UsageError(
            "Histories cannot be pickled; pickle the model and the tables, and read them there"
        )

    def __len__(self) -> int:
        return len(self._core)

    def __contains__(self, lead: str) -> bool:
        return self._core.find(lead) is not None

    def events(self, lead: str) -> list[Event]:
        """A lead's events.

        Parameters
        ----------
        lead : str
            The lead's id.

        Returns
        -------
        list of Event
            The events in history order.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> history = lf.read(lf.example_model("b2b_starter"), {"lead": ["L-1"], "employees": [30]})
        >>> history.events("L-1")
        [Attributes(lead='L-1', values={'employees': 30.0}, at=None, source='', id='')]
        """
        number = self._core.find(lead)
        if number is None:
            raise UnknownLeadError(f"there is no lead {lead!r}")
        return self._core.events(number)

    def __repr__(self) -> str:
        return f"<Histories of {len(self):,} leads, {self.touchpoints:,} touchpoints>"


def read(
    model: Model | Plan,
    leads: TableLike | Histories = None,
    touchpoints: TableLike = None,
    *,
    stages: TableLike = None,
    mapping: Mapped = None,
    timezone: str | None = None,
    ambiguous: Ambiguous = "refuse",
    strict: bool = False,
    progress: Progress = None,
    unpack_limit: int | None = None,
) -> Histories:
    """Reads tables of leads, touchpoints and stage entries into histories.

    `score`, `features` and `explain` read tables, too. Use `read` for tables that you need several
    times.

    Parameters
    ----------
    model : Model or Plan
        The model. Columns with the names of its attributes and properties are read, others are
        ignored.
    leads : TableLike or Histories, optional
        Facts about leads: a column ``lead`` (or ``lead_id``, ``id``), attributes, and ``at``, the
        instant from which a row holds. **Without** ``at`` **a row holds always**, also before
        anybody knew it: give ``at`` wherever you score the past.
    touchpoints : TableLike, optional
        What leads did: ``lead``, ``at``, ``type``; optionally ``value``, ``campaign``, ``channel``,
        ``source`` and ``id``; and properties.
    stages : TableLike, optional
        Entries into stages: ``lead``, ``at``, ``stage``, and ``funnel`` if the model has several.
    mapping : Mapped, optional
        Which column is what, for columns with other names: for all tables, or for each by its kind,
        ``{"leads": {…}, "touchpoints": {…}}``. Or a mapping file.
    timezone : str, optional
        The zone of times without an offset, such as ``"Asia/Tokyo"``. Without it such times are
        bad.
    ambiguous : {"refuse", "earliest", "latest"}, default "refuse"
        The instant of a local time that occurs twice, or never, because clocks change.
    strict : bool, default False
        Whether the first bad row raises. Otherwise bad rows are left out and listed.
    progress : Progress, optional
        See `Progress`.
    unpack_limit : int, optional
        The most bytes of a packed file (gzip, Parquet) after unpacking: a few bytes can unpack to
        gigabytes. The default is 64 MiB plus 100 times the file's size, but at most 16 GiB.

    Returns
    -------
    Histories
        The histories; ``issues`` lists bad rows.

    Raises
    ------
    InputError
        If a table as a whole cannot be read; if ``strict``, also for a bad row.
    ModelError
        If the model has errors.
    OSError
        If a file cannot be opened.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> model = lf.example_model("b2b_starter")
    >>> history = lf.read(
    ...     model,
    ...     {"lead": ["L-1"], "industry": ["Machinery"]},
    ...     {"lead": ["L-1"], "at": ["2026-04-01T09:00:00+09:00"], "type": ["inquiry"]},
    ... )
    >>> history
    <Histories of 1 leads, 1 touchpoints>
    """
    options = ReadOptions(mapping, timezone, ambiguous, strict, progress, unpack_limit)
    return read_histories(plan_of(model), Tables(leads, touchpoints, stages), options)


def read_histories(
    plan: Plan, tables: Tables, options: ReadOptions, pairs: _core.LeadInstants | None = None
) -> Histories:
    """Like `read`; also adds the leads of ``pairs``, which may have no events."""
    if isinstance(tables.leads, Histories):
        if tables.touchpoints is not None or tables.stages is not None:
            raise UsageError("give either histories or tables, not both")
        return tables.leads
    reader = _core.Reader(plan._core)
    with watching(options.progress, "reading") as bar:
        issues, bad = read_into(reader, plan, tables, options, options.reading(bar))
        if pairs is not None:
            reader.add_ids(pairs)
        return Histories(reader.build(), plan, issues, bad)


def read_into(
    taker: Taker, plan: Plan, tables: Tables, options: ReadOptions, how: _core.Reading
) -> tuple[list[BadRow | Issue], int]:
    """Reads tables. Returns their issues and listed bad rows, and the number of bad rows.

    Raises
    ------
    InputError
        If a table as a whole cannot be read; if strict, also for a bad row.
    """
    issues: list[BadRow | Issue] = []
    bad = 0
    for kind, table in tables.given().items():
        report = read_table(taker, plan, kind, table, options, how)
        issues += [*report["issues"], *report["bad_rows"]]
        bad += report["bad"]
        _check(kind, report)
    return issues, bad


def read_rows(plan: Plan, tables: Tables, options: ReadOptions) -> _core.EventRows:
    """The rows of tables as events. Strict: a bad row raises."""
    events = Events(plan)
    with watching(options.progress, "reading") as bar:
        read_into(events, plan, tables, options, options.reading(bar))
    return events.rows


def tables_to_add_up(plan: Plan, tables: Tables, options: ReadOptions) -> Tables | None:
    """The tables, unchanged from now on, if scores may be added up from them, else None.

    That needs tables that can be read twice and have neither source ids nor facts with a date.
    """
    if isinstance(tables.leads, Histories) or tables.stages is not None:
        return None
    given: list[tuple[TableKind, TableLike, set[str]]] = [
        ("leads", tables.leads, {"at", "id"}),
        ("touchpoints", tables.touchpoints, {"id"}),
    ]
    out: dict[str, TableLike] = {}
    for kind, table, excluded in given:
        if table is None and kind == "leads":
            continue
        held = _held(table)
        mapping = options.mapping_for(kind)
        if held is None or mapping_file(mapping) is not None:
            return None
        columns = [str(c) for c in getattr(held, "column_names", None) or held.columns]
        parts = parts_of(columns, kind, renames_of(mapping), plan)
        if excluded & {*parts, *("id" for c in columns if c == "id" and parts.get("lead") != "id")}:
            return None
        out[kind] = held
    return Tables(**out)


def _held(table: TableLike) -> TableLike:
    """The table's present state without a copy; None for kinds of tables that would need one."""
    module = type(table).__module__.partition(".")[0]
    if type(table).__name__ == "Table" and module == "pyarrow":
        return table
    if type(table).__name__ == "DataFrame":
        if module == "polars":
            return table.clone()
        if module == "pandas":
            import pandas as pd

            if int(pd.__version__.partition(".")[0]) >= 3:  # it copies on write
                return table.copy(deep=False)
    return None


def _check(kind: str, report: TableReport) -> None:
    if not report["failed"]:
        return
    text = "\n".join(str(x) for x in [*report["issues"], *report["bad_rows"]])
    raise InputError(
        f"the table of {kind} cannot be used:\n{text}", report["issues"], report["bad_rows"]
    )


# ---- one table ----------------------------------------------------------------------------------


def read_table(
    taker: Taker,
    plan: Plan,
    kind: TableKind,
    table: TableLike,
    options: ReadOptions,
    how: _core.Reading,
) -> TableReport:
    """Reads a table, or a file, whatever holds it."""
    if isinstance(table, str | os.PathLike):
        path = Path(os.fsdecode(table))
        if kind_of_file(path) != "columns":
            with opened_text(path, str(path), options.unpack_limit) as text:
                return read_table(taker, plan, kind, text, options, how)
        table = open_columnar(path, str(path), options.unpack_limit)
    file = mapping_file(options.mapping_for(kind))
    if isinstance(table, Text):
        return _read_text(_not_adding(taker), plan, kind, table, file, options, how)
    if file is not None:
        return _read_by_mapping_file(_not_adding(taker), kind, table, file, how)
    renames = renames_of(options.mapping_for(kind))
    declared = plan._core.attributes if kind == "leads" else plan._core.properties
    types = {renames.get(part, part): type for part, type in declared.items()}
    arrow = arrow_table(table, kind, options.timezone, types)
    rename(arrow, kind, plan, renames)
    if kind == "leads":
        report = taker.add_leads(arrow, how)
    elif kind == "touchpoints":
        report = taker.add_touchpoints(arrow, how)
    else:
        rows, report = _core.read_events(arrow, kind, plan._core, how)
        report["bad_rows"] += [
            BadRow(kind, row, "", "bad_event", why)
            for row, why in _not_adding(taker).add_events(rows)
        ]
    if options.timezone is None:
        report["issues"] = [_with_zone_hint(i) for i in report["issues"]]
    unread = [c for c in arrow.columns if not c.endswith(" (not read)")]
    report["issues"] += strange_columns(unread, arrow.columns, kind, plan)
    return report


def _not_adding(taker: Taker) -> _core.Reader | Events:
    assert not isinstance(taker, _core.AdditiveScores)  # see tables_to_add_up
    return taker


def _read_text(
    taker: _core.Reader | Events,
    plan: Plan,
    kind: TableKind,
    text: Text,
    file: MappingFile | None,
    options: ReadOptions,
    how: _core.Reading,
) -> TableReport:
    table = Path(text.name).name
    if file is not None:
        return taker.add_text(text.piece, file.text, file.name, text.name, table, how)
    mapping, strange = mapping_of_text(text, plan, kind, options)
    report = taker.add_text(text.piece, mapping, text.name, text.name, table, how)
    report["issues"] += [*strange, *_unread_times(report, text.name, options.timezone)]
    return report


def _unread_times(report: TableReport, file: str, timezone: str | None) -> list[Issue]:
    """A hint about how to write times, if the file has some that cannot be read."""
    column = next((r.column for r in report["bad_rows"] if r.reason == "bad_instant"), None)
    if column is None:
        return []
    hint = "" if timezone else (
        'without an offset, as 2026-04-01 09:00:00, say on whose clocks: timezone="Asia/Tokyo"'
    )
    return [
        Issue("wrong_unit", "warning", file, 0, 0, f"/{column}",
              f"column '{column}' has times that cannot be read",
              "2026-04-01 09:00:00" if timezone else "2026-04-01T09:00:00+09:00", hint)
    ]


def _with_zone_hint(issue: Issue) -> Issue:
    if issue.code != "wrong_unit":
        return issue
    return dataclasses.replace(
        issue,
        hint='say on whose clocks they were read: timezone="Asia/Tokyo", or timezone="UTC"; or '
        'give the column a zone, as with .dt.replace_time_zone("Asia/Tokyo") in polars and '
        '.dt.tz_localize("Asia/Tokyo") in pandas',
    )


def read_pairs(plan: Plan, table: TableLike, options: ReadOptions) -> _core.LeadInstants:
    """Leads and instants, row by row. A bad row raises."""
    arrow = arrow_table(table, "cutoffs", options.timezone)
    renames = options.mapping if isinstance(options.mapping, Mapping) else {}
    for part, aliases in (("lead", ("lead", "lead_id")), ("at", ("at", "cutoff", "as_of"))):
        names = [renames[part]] if part in renames else aliases
        found = next((n for n in names if n in arrow.columns), None)
        if found is None:
            have = listed(arrow.columns)
            raise InputError(f"the table of cutoffs has no column '{part}'; it has {have}")
        arrow.rename(found, part)
    how = _core.Reading(options.timezone or "", options.ambiguous)
    pairs, report = _core.read_pairs(arrow, plan._core, how)
    report["issues"] = [_with_zone_hint(i) for i in report["issues"]]
    _check("cutoffs", report)
    return pairs


# ---- a table by a mapping file ------------------------------------------------------------------


def _read_by_mapping_file(
    taker: _core.Reader | Events,
    kind: TableKind,
    table: TableLike,
    file: MappingFile,
    how: _core.Reading,
) -> TableReport:
    """Reads a table by a mapping file, which is about texts: converts the table to CSV."""
    plain = _core.mapping_json(file.text)
    if plain is None:  # reading by it reports its mistakes
        return taker.add_text(bytes, file.text, file.name, kind, kind, how)
    mapping = json.loads(plain)
    if mapping.get("format") == "ndjson":
        raise InputError(f"the mapping {file.name!r} is for NDJSON, not for tables")
    columns = columns_of(table, kind)
    if len({len(c) for c in columns.values()}) > 1:
        raise InputError(f"the columns of the table of {kind} are not equally long")
    named = set(texts_in(mapping))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    # Of a column that the mapping does not name, only the header is written.
    cells = [_csv_cells(c) if n in named else itertools.repeat("") for n, c in columns.items()]
    rows = len(next(iter(columns.values()), ()))
    writer.writerows(itertools.islice(zip(*cells, strict=False), rows))
    text.seek(0)

    def piece() -> bytes:
        return text.read(PIECE).encode("utf-8", "surrogatepass")

    return taker.add_text(piece, file.text, file.name, kind, kind, how)


def _csv_cells(column: Sequence[Any]) -> Iterable[str]:
    kinds = set(map(type, column))
    if kinds <= {str}:
        return column
    if kinds <= {str, type(None)}:
        return ["" if c is None else c for c in column]
    return map(_csv_cell, column)


def _csv_cell(cell: object) -> str:
    if hasattr(cell, "tolist"):  # a scalar of NumPy, or a list of pandas
        given: Any = cell
        cell = given.tolist()
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, set | frozenset | list | tuple):
        return ";".join(sorted(str(c) for c in cell))
    return str(cell)
