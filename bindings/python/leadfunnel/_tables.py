# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Tables in: whatever holds named columns becomes histories of leads."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeAlias

from . import _core
from ._errors import BadRow, InputError, Issue, listed
from ._events import Event
from ._files import read_file
from ._model import Model, Plan, _shipped
from ._progress import Progress, watching

TableLike: TypeAlias = Any
"""Anything with named columns: what has Arrow's C stream or array (polars, pyarrow, DuckDB, pandas
with pyarrow, …), what narwhals understands, a ``dict`` of lists or NumPy arrays, or the path of a
CSV, NDJSON or Parquet file (``.csv.gz`` and the like, too)."""

Mapped: TypeAlias = Mapping[str, Any] | str | os.PathLike[str] | None
"""Which column is what: ``{"lead": "customer_no", "at": "seen_at"}``; or a mapping file: its path,
its content as a ``dict``, or the name of one that comes with the package, as ``"hubspot_contacts"``."""

Ambiguous: TypeAlias = Literal["refuse", "earliest", "latest"]

# Names that columns are known by, the library's own first.
_ALIASES = {
    "leads": {
        "lead": ("lead", "lead_id", "id"),
        "at": ("at", "updated_at", "changed_at"),
        "source": ("source",),
    },
    "touchpoints": {
        "lead": ("lead", "lead_id"),
        "at": ("at", "occurred_at", "timestamp", "time"),
        "type": ("type", "event_type", "activity"),
        "value": ("value",),
        "campaign": ("campaign",),
        "channel": ("channel",),
        "source": ("source",),
        "id": ("id", "event_id", "touchpoint_id"),
    },
    "stages": {
        "lead": ("lead", "lead_id"),
        "at": ("at", "entered_at", "occurred_at"),
        "funnel": ("funnel",),
        "stage": ("stage",),
        "transition": ("transition",),
        "reason": ("reason",),
        "cause": ("cause",),
        "source": ("source",),
        "id": ("id",),
    },
}
_REQUIRED = {
    "leads": ("lead",),
    "touchpoints": ("lead", "at", "type"),
    "stages": ("lead", "at", "stage"),
}


class Histories:
    """Histories of leads, read once: for several models, instants or explanations.

    Attributes
    ----------
    issues
        Rows that were not accepted, and remarks about the tables.
    bad_rows
        How many rows were not accepted; ``issues`` lists the first 1,000 of each table.
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
        """The plan by whose declarations the tables were read."""
        return self._plan

    @property
    def touchpoints(self) -> int:
        """How many touchpoints there are."""
        return self._core.touchpoints

    @property
    def duplicates(self) -> int:
        """Events left out because their source id had been seen."""
        return self._core.duplicates

    @property
    def nbytes(self) -> int:
        """Bytes held by the columns."""
        return self._core.memory

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "Histories cannot be pickled; pickle the model and the tables, and read them there"
        )

    def __len__(self) -> int:
        return len(self._core)

    def __contains__(self, lead: str) -> bool:
        return self._core.find(lead) is not None

    def events(self, lead: str) -> list[Event]:
        """A lead's events, in history order."""
        number = self._core.find(lead)
        if number is None:
            from ._errors import UnknownLeadError

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

    `score`, `features` and `explain` do this by themselves; read once what is used several times.

    Parameters
    ----------
    model
        Whose declared attributes and properties are looked for among the columns. Other columns
        are left alone.
    leads
        What is known of leads: a column ``lead`` (or ``lead_id``, ``id``), attributes, and ``at``,
        from when on a row is true. **Without** ``at`` **a row is true always**, also before it was
        learnt: give it wherever the past is scored.
    touchpoints
        What leads did: ``lead``, ``at``, ``type``; ``value``, ``campaign``, ``channel``, ``source``
        and ``id`` if there are any; and properties.
    stages
        Entries into stages: ``lead``, ``at``, ``funnel`` (if there are several) and ``stage``.
    mapping
        Which column is what, where names differ, for all tables; or for each by its name:
        ``{"leads": {…}, "touchpoints": {…}}``. Or a mapping file.
    timezone
        On whose clocks times without a zone were read, as ``"Asia/Tokyo"``. Without it they are
        refused.
    ambiguous
        Which instant a time means that clocks, set back, show twice, or, set forward, skip.
    strict
        Raises on the first bad row, rather than keeping bad rows apart.
    progress
        See `Progress`.
    unpack_limit
        Most bytes that a packed file (gzip, Parquet) may hold once it is unpacked: a few bytes can
        be made to hold gigabytes. By default 64 MiB and 100 times the file's size, and at most
        16 GiB.

    Raises
    ------
    InputError
        If a table as a whole cannot be read, or a row under ``strict``.

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
    return read_asked(
        model, leads, touchpoints, stages, mapping, timezone, ambiguous, strict, progress, None,
        unpack_limit,
    )


def read_asked(
    model: Model | Plan,
    leads: TableLike | Histories,
    touchpoints: TableLike,
    stages: TableLike,
    mapping: Mapped,
    timezone: str | None,
    ambiguous: Ambiguous,
    strict: bool,
    progress: Progress,
    pairs: _core.LeadInstants | None,
    unpack_limit: int | None = None,
) -> Histories:
    """As `read`, and with leads that nothing is known of but that they are asked for."""
    if isinstance(leads, Histories):
        if touchpoints is not None or stages is not None:
            raise TypeError("histories have been read: they stand for all tables")
        return leads
    plan = model.plan if isinstance(model, Model) else model
    reader = _core.Reader(plan._core)
    with watching(progress, "reading") as bar:
        how = _core.Reading(timezone or "", ambiguous, strict, 1000, bar)
        tables = {"leads": leads, "touchpoints": touchpoints, "stages": stages}
        issues, bad = read_into(
            reader, plan, tables, mapping, how, timezone, ambiguous, unpack_limit
        )
        if pairs is not None:
            reader.add_ids(pairs)
        return Histories(reader.build(), plan, issues, bad)


def read_into(
    reader: Taker,
    plan: Plan,
    tables: Mapping[str, TableLike],
    mapping: Mapped,
    how: _core.Reading,
    timezone: str | None,
    ambiguous: Ambiguous,
    unpack_limit: int | None = None,
) -> tuple[list[BadRow | Issue], int]:
    """Reads tables by their kinds; what is to be said of them, and how many rows are bad."""
    issues: list[BadRow | Issue] = []
    bad = 0
    for kind, table in tables.items():
        if table is None:
            continue
        report = _read_one(
            reader, plan, kind, table, _mapping_for(mapping, kind), how, timezone, ambiguous,
            unpack_limit,
        )
        issues += [*report["issues"], *report["bad_rows"]]
        bad += report["bad"]
        if report["failed"]:
            _fail(kind, report)
    return issues, bad


def tables_to_add_up(
    plan: Plan, leads: TableLike, touchpoints: TableLike, mapping: Mapped
) -> dict[str, TableLike] | None:
    """The tables, held as they are, if they can be read twice, and no row of theirs may repeat
    another (has a source id) or holds from some instant on."""
    out: dict[str, TableLike] = {}
    for kind, table, needs in (("leads", leads, {"at", "id"}), ("touchpoints", touchpoints, {"id"})):
        if table is None and kind == "leads":
            continue
        held = _held(table)
        given = _mapping_for(mapping, kind)
        if held is None or _mapping_file(given) is not None:
            return None
        assert given is None or isinstance(given, Mapping)
        columns = [str(c) for c in getattr(held, "column_names", None) or held.columns]
        parts = _parts_of(columns, kind, given or {}, plan)
        if needs & {*parts, *("id" for c in columns if c == "id" and parts.get("lead") != "id")}:
            return None
        out[kind] = held
    return out


def _held(table: TableLike) -> TableLike:
    """The table as it is now, whatever is done to it, without a copy; nothing of other tables."""
    module = type(table).__module__.partition(".")[0]
    if type(table).__name__ == "Table" and module == "pyarrow":
        return table
    if type(table).__name__ == "DataFrame":
        if module == "polars":
            return table.clone()
        if module == "pandas":
            import pandas as pd

            if int(pd.__version__.partition(".")[0]) >= 3:  # copies on write
                return table.copy(deep=False)
    return None


def _fail(kind: str, report: dict[str, Any]) -> None:
    lines = [*report["issues"], *report["bad_rows"]]
    text = "\n".join(str(x) for x in lines)
    raise InputError(
        f"the table of {kind} cannot be used:\n{text}", report["issues"], report["bad_rows"]
    )


# ---- mappings -----------------------------------------------------------------------------------


def example_mappings() -> list[str]:
    """Names of the mapping files that come with the package."""
    return list(_shipped("mappings"))


def _mapping_for(mapping: Mapped, kind: str) -> Mapped:
    if isinstance(mapping, Mapping) and set(mapping) <= set(_ALIASES) and mapping:
        inner: Mapped = mapping.get(kind)
        return inner
    return mapping


def _mapping_file(mapping: Mapped) -> tuple[str, str] | None:
    """The text and name of a mapping file, if it is one."""
    if mapping is None:
        return None
    if isinstance(mapping, Mapping):
        return (json.dumps(dict(mapping)), "mapping") if "mappings" in mapping else None
    shipped = _shipped("mappings")
    path = shipped[str(mapping)] if str(mapping) in shipped else Path(os.fsdecode(mapping))
    if not path.exists():
        raise InputError(
            f"there is no mapping {str(mapping)!r}; there are {', '.join(shipped)}, and paths of files"
        )
    try:
        return read_file(path).decode(), str(path)
    except UnicodeDecodeError:
        raise InputError(f"the mapping {str(path)!r} is not UTF-8: save it as UTF-8") from None


# ---- files --------------------------------------------------------------------------------------


def _read_one(
    reader: Taker,
    plan: Plan,
    kind: str,
    table: TableLike,
    mapping: Mapped,
    how: _core.Reading,
    timezone: str | None,
    ambiguous: Ambiguous,
    unpack_limit: int | None = None,
) -> dict[str, Any]:
    file = _mapping_file(mapping)
    if isinstance(table, str | os.PathLike):
        path = Path(table)
        if kind_of_file(path) == "columns":
            table = open_columnar(path, str(path), unpack_limit)
        else:
            with opened_text(path, str(path), unpack_limit) as text:
                return _read_one(
                    reader, plan, kind, text, mapping, how, timezone, ambiguous, unpack_limit
                )
    if isinstance(table, Text):
        assert not isinstance(reader, _core.AdditiveScores)
        return _read_text(reader, plan, kind, table, file, mapping, how, timezone, ambiguous)
    if file is not None:
        assert not isinstance(reader, _core.AdditiveScores)
        return _read_by_mapping_file(reader, kind, table, file, how)
    assert mapping is None or isinstance(mapping, Mapping)
    declared = plan._core.attributes if kind == "leads" else plan._core.properties
    types = {(mapping or {}).get(part, part): type for part, type in declared.items()}
    arrow = arrow_table(table, kind, timezone, types)
    _rename(arrow, kind, plan, mapping or {})
    if kind == "leads":
        report = reader.add_leads(arrow, how)
    elif kind == "touchpoints":
        report = reader.add_touchpoints(arrow, how)
    else:
        assert not isinstance(reader, _core.AdditiveScores)
        rows, report = _core.read_events(arrow, kind, plan._core, how)
        report["bad_rows"] += [
            BadRow(kind, row, "", "bad_event", why) for row, why in reader.add_events(rows)
        ]
    return _finish(report, arrow, kind, plan, timezone)


SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "columns",
    ".pq": "columns",
    ".arrow": "columns",
    ".feather": "columns",
    ".ipc": "columns",
}
"""What files hold, by their names; text may be packed by gzip (``.csv.gz``)."""


def kind_of_file(path: Path) -> str:
    packed = path.suffix.lower() == ".gz"
    kind = SUFFIXES.get(Path(path.stem if packed else path).suffix.lower())
    if kind is None or (packed and kind == "columns"):
        raise InputError(
            f"{str(path)!r} is neither CSV, NDJSON (packed by gzip or not) nor Parquet by its name"
        )
    return kind


_PIECE = 1 << 18  # bytes that are read at once
_FRONT = 1 << 23  # bytes among which a header, or names of fields, are looked for
_NOTICED = 1000  # lines of NDJSON in which fields are looked for
_NOTICED_LINE = 1 << 20  # and the longest of them
_RATIO = 100
_FLOOR = 1 << 26
_CEILING = 1 << 34
_CELL = 8  # bytes that a cell of a column takes


def unpacked_most(packed: int, limit: int | None) -> int:
    """How many bytes a number of packed bytes may become."""
    return min(_FLOOR + _RATIO * packed, _CEILING) if limit is None else limit


def _too_much(name: str, limit: int) -> InputError:
    return InputError(
        f"{name!r} holds more than {limit:,} bytes once unpacked, which is more than is read unasked "
        "of a file of its size; read(…, unpack_limit=BYTES) allows more"
    )


class Text:
    """CSV or NDJSON, as bytes that come once. Its front can be looked at before.

    Attributes
    ----------
    name
        What messages call it.
    format
        ``"csv"`` or ``"ndjson"``.
    """

    def __init__(self, source: Source, name: str, suffix: str) -> None:
        self._source = source
        self.name = name
        self.format = SUFFIXES[suffix]
        self._delimiters = "\t" if suffix == ".tsv" else ",;\t"

    def piece(self) -> bytes:
        """The next bytes; none at the end."""
        return self._source.read(_PIECE)

    def header(self) -> tuple[str, list[str]]:
        """What stands between fields of CSV, and the columns. A semicolon or a tab does, if the
        header has no comma between fields. Of NDJSON, fields of the first lines."""
        front = io.BytesIO(self._source.front(_FRONT))
        if self.format == "ndjson":
            return "", sorted(_fields(front))
        columns: list[str] = []
        for delimiter in self._delimiters:
            front.seek(0)
            text = io.TextIOWrapper(front, encoding="utf-8-sig", errors="replace", newline="")
            try:
                found = next(csv.reader(text, delimiter=delimiter), [])
            except csv.Error as e:
                raise InputError(f"{self.name}: the header cannot be read: {e}") from None
            finally:
                text.detach()
            if len(found) > 1:
                return delimiter, found
            columns = columns or found
        return self._delimiters[0], columns


def _fields(lines: Iterable[bytes]) -> set[str]:
    """Names of the fields of NDJSON. What is wrong with a line is said when it is read."""
    names: set[str] = set()
    for line in itertools.islice(lines, _NOTICED):
        if len(line) > _NOTICED_LINE:
            continue
        try:
            row = json.loads(line.decode("utf-8-sig", "replace"))
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            names |= row.keys()
    return names


class Source:
    """Bytes that come once, the first of which can be looked at before they are read."""

    def __init__(self, file: Any, name: str) -> None:
        self._file = file
        self._name = name
        self._front = b""
        self._at = 0  # of the front has been read
        self.taken = 0

    def read(self, most: int) -> bytes:
        """The next bytes; none at the end."""
        if self._at < len(self._front):
            out = self._front[self._at : self._at + most]
            self._at += len(out)
            return out
        self._front = b""
        out = self._next(most)
        self.taken += len(out)
        return out

    def front(self, most: int) -> bytes:
        """The next bytes, which stay the next."""
        pieces = [self._front[self._at :]]
        left = most - len(pieces[0])
        while left > 0 and (piece := self._next(min(left, _PIECE))):
            self.taken += len(piece)
            pieces.append(piece)
            left -= len(piece)
        self._front, self._at = b"".join(pieces), 0
        return self._front[:most]

    def _next(self, most: int) -> bytes:
        try:
            out: bytes = self._file.read(most)
        except OSError as e:
            raise OSError(e.errno, e.strerror or str(e), self._name) from None
        return out


class Unpacked(Source):
    """What gzip has packed, unpacked bit by bit, with a bound on how much that may be."""

    def __init__(self, packed: Source, name: str, limit: int | None) -> None:
        import gzip

        super().__init__(gzip.GzipFile(fileobj=packed, mode="rb"), name)  # type: ignore[call-overload]
        self._packed = packed
        self._limit = limit

    def _next(self, most: int) -> bytes:
        import gzip
        import zlib

        try:
            out: bytes = self._file.read(most)
        except (gzip.BadGzipFile, EOFError, zlib.error) as e:
            raise InputError(f"{self._name!r} cannot be unpacked: {e}") from None
        limit = unpacked_most(self._packed.taken, self._limit)
        if self.taken + len(out) > limit:
            raise _too_much(self._name, limit)
        return out


@contextmanager
def opened(path: Path, name: str) -> Iterator[Any]:
    """A regular file: what may never end, or wait for another program, is none."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise InputError(f"{name!r} is {'a folder' if stat.S_ISDIR(mode) else 'no regular file'}")
    with open(handle, "rb", buffering=0) as file:
        yield file


@contextmanager
def opened_text(path: Path, name: str, unpack_limit: int | None) -> Iterator[Text]:
    """A CSV or NDJSON file, packed by gzip or not."""
    with opened(path, name) as file:
        source = Source(file, name)
        if path.suffix.lower() == ".gz":
            yield Text(Unpacked(source, name, unpack_limit), name, Path(path.stem).suffix.lower())
        else:
            yield Text(source, name, path.suffix.lower())


def open_columnar(of: Path | io.BytesIO, name: str, unpack_limit: int | None) -> Any:
    """A Parquet or Arrow file, or the bytes of a Parquet file, by whichever library is there."""
    parquet = isinstance(of, io.BytesIO) or of.suffix.lower() in {".parquet", ".pq"}
    if isinstance(of, Path):
        with opened(of, name) as file:
            size = os.fstat(file.fileno()).st_size
    else:
        size = len(of.getbuffer())
    limit = unpacked_most(size, unpack_limit)
    for read in (_by_polars, _by_pyarrow, _by_duckdb):
        try:
            table, least = read(of, parquet)
        except ImportError:
            continue
        except OSError as e:
            if e.errno is not None:
                raise
            raise _unreadable(name, e) from None
        except Exception as e:  # each library has errors of its own
            raise _unreadable(name, e) from None
        if least > limit:
            raise _too_much(name, limit)
        try:
            return table()
        except MemoryError:
            raise
        except Exception as e:
            raise _unreadable(name, e) from None
    raise ImportError("reading Parquet needs polars, pyarrow or duckdb: pip install polars")


def _unreadable(name: str, e: Exception) -> InputError:
    said = str(e).strip().splitlines() or [type(e).__name__]
    return InputError(f"{name!r} cannot be read: {said[0][:300]}")


# How each library reads: what gives the table, and how many bytes it holds at least. A few bytes of
# a hostile file can stand for billions of rows.


def _by_polars(of: Path | io.BytesIO, parquet: bool) -> tuple[Callable[[], Any], int]:
    import polars

    if not parquet:
        return lambda: polars.read_ipc(of), 0
    lazy = polars.scan_parquet(of, glob=False)
    rows = lazy.select(polars.len()).collect().item()
    return lazy.collect, _CELL * rows * len(lazy.collect_schema())


def _by_pyarrow(of: Path | io.BytesIO, parquet: bool) -> tuple[Callable[[], Any], int]:
    import pyarrow.feather
    import pyarrow.parquet

    if not parquet:
        return lambda: pyarrow.feather.read_table(of), 0
    said = pyarrow.parquet.read_metadata(of)
    return lambda: pyarrow.parquet.read_table(of), _CELL * said.num_rows * said.num_columns


def _by_duckdb(of: Path | io.BytesIO, parquet: bool) -> tuple[Callable[[], Any], int]:
    import duckdb

    if not parquet or not isinstance(of, Path):
        raise ImportError
    table = duckdb.read_parquet(str(of))
    return lambda: table, _CELL * len(table.columns) * table.shape[0]


def _read_text(
    reader: _core.Reader | Events,
    plan: Plan,
    kind: str,
    text: Text,
    file: tuple[str, str] | None,
    mapping: Mapped,
    how: _core.Reading,
    timezone: str | None,
    ambiguous: Ambiguous,
) -> dict[str, Any]:
    table = Path(text.name).name
    if file is not None:
        return reader.add_text(text.piece, *file, text.name, table, how)
    assert mapping is None or isinstance(mapping, Mapping)
    said, strange = _mapping_of_text(text, plan, kind, mapping or {}, timezone, ambiguous)
    report = reader.add_text(text.piece, said, text.name, text.name, table, how)
    report["issues"] += [*strange, *_unread_times(report, text.name, timezone)]
    return report


def _unread_times(report: dict[str, Any], file: str, timezone: str | None) -> list[Issue]:
    """How times are to be written, where a file has some that cannot be read."""
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


def _finish(
    report: dict[str, Any], arrow: _core.ArrowTable, kind: str, plan: Plan, timezone: str | None
) -> dict[str, Any]:
    if timezone is None:
        report["issues"] = [_say_zone(i) for i in report["issues"]]
    unread = [c for c in arrow.columns if not c.endswith(" (not read)")]
    report["issues"] += _strange_columns(unread, arrow.columns, kind, plan)
    return report


def read_rows(
    plan: Plan,
    leads: TableLike,
    touchpoints: TableLike,
    stages: TableLike,
    mapping: Mapped,
    timezone: str | None,
    ambiguous: Ambiguous,
    progress: Progress,
) -> _core.EventRows:
    """The rows of tables as events, strictly."""
    out = _core.EventRows()
    with watching(progress, "reading") as bar:
        how = _core.Reading(timezone or "", ambiguous, True, 1000, bar)
        for kind, table in (("leads", leads), ("touchpoints", touchpoints), ("stages", stages)):
            if table is None:
                continue
            report = _read_one(
                Events(plan, out), plan, kind, table, _mapping_for(mapping, kind), how, timezone,
                ambiguous,
            )
            if report["failed"]:
                _fail(kind, report)
    return out


class Events:
    """Takes tables as a `_core.Reader` does, and keeps their rows as events."""

    def __init__(self, plan: Plan, out: _core.EventRows) -> None:
        self._plan = plan
        self._out = out

    def _table(
        self, kind: str, table: _core.ArrowTable, how: _core.Reading
    ) -> dict[str, Any]:
        rows, report = _core.read_events(table, kind, self._plan._core, how)
        self._out.extend(rows)
        return report

    def add_leads(self, table: _core.ArrowTable, how: _core.Reading) -> dict[str, Any]:
        return self._table("leads", table, how)

    def add_touchpoints(self, table: _core.ArrowTable, how: _core.Reading) -> dict[str, Any]:
        return self._table("touchpoints", table, how)

    def add_events(self, rows: _core.EventRows) -> list[tuple[int, str]]:
        self._out.extend(rows)
        return []  # what no history can hold, the engine refuses

    def add_text(
        self,
        next: Callable[[], bytes],
        mapping: str,
        mapping_name: str,
        name: str,
        table: str,
        how: _core.Reading,
    ) -> dict[str, Any]:
        return self._out.add_text(next, mapping, mapping_name, name, table, how)


def read_pairs(
    plan: Plan, table: TableLike, mapping: Mapped, timezone: str | None, ambiguous: Ambiguous
) -> _core.LeadInstants:
    """Leads and instants, row by row."""
    arrow = arrow_table(table, "cutoffs", timezone)
    renames = mapping if isinstance(mapping, Mapping) else {}
    for part, aliases in (("lead", ("lead", "lead_id")), ("at", ("at", "cutoff", "as_of"))):
        names = [renames[part]] if part in renames else aliases
        found = next((n for n in names if n in arrow.columns), None)
        if found is None:
            have = listed(arrow.columns)
            raise InputError(f"the table of cutoffs has no column '{part}'; it has {have}")
        arrow.rename(found, part)
    how = _core.Reading(timezone or "", ambiguous)
    pairs, report = _core.read_pairs(arrow, plan._core, how)
    report["issues"] = [_say_zone(i) for i in report["issues"]]
    if report["failed"]:
        _fail("cutoffs", report)
    return pairs


Taker: TypeAlias = "_core.Reader | _core.AdditiveScores | Events"
"""What takes tables; of those that add up, no file and no stage entries."""


def _say_zone(issue: Issue) -> Issue:
    import dataclasses

    if issue.code != "wrong_unit":
        return issue
    return dataclasses.replace(
        issue,
        hint='say on whose clocks they were read: timezone="Asia/Tokyo", or timezone="UTC"; or '
        'give the column a zone, as with .dt.replace_time_zone("Asia/Tokyo") in polars and '
        '.dt.tz_localize("Asia/Tokyo") in pandas',
    )


def _mapping_of_text(
    text: Text,
    plan: Plan,
    kind: str,
    renames: Mapping[str, Any],
    timezone: str | None,
    ambiguous: Ambiguous,
) -> tuple[str, list[Issue]]:
    """A mapping file for CSV or NDJSON whose columns have the names of the library, and what is
    strange about columns that it does not name."""
    delimiter, columns = text.header()
    parts = _parts_of(columns, kind, renames, plan)
    declared = plan._core.attributes if kind == "leads" else plan._core.properties
    said: dict[str, Any] = {"to": {"leads": "attributes", "touchpoints": "touchpoint"}.get(kind, "stage")}
    said |= {part: column for part, column in parts.items() if part in _ALIASES[kind]}
    if kind == "stages" and "funnel" not in said and len(plan.model.funnels) == 1:
        said["funnel"] = {"constant": plan.model.funnels[0].id}
    if kind != "stages":
        facts = {
            part: {"from": column, "type": declared[part]}
            for part, column in parts.items()
            if part not in _ALIASES[kind]
        }
        if facts:
            said["attributes" if kind == "leads" else "properties"] = facts
    time = (
        {"format": "rfc3339"}
        if timezone is None
        else {"format": "local", "zone": timezone, "ambiguous": ambiguous}
    )
    out: dict[str, Any] = {"format": text.format, "time": time, "mappings": [said]}
    if text.format == "csv":
        out["delimiter"] = delimiter
    unread = [c for c in columns if c not in parts.values()]
    return json.dumps(out), _strange_columns(unread, parts, kind, plan)


# ---- tables -------------------------------------------------------------------------------------


def arrow_table(
    table: TableLike,
    name: str,
    timezone: str | None = None,
    types: Mapping[str, str] | None = None,
) -> _core.ArrowTable:
    """Whatever holds named columns, as the compiled part reads it.

    ``types`` of columns, as a model declares them, decide where nothing in a column does.
    """
    types = types or {}
    if isinstance(table, _core.ArrowTable):
        return table
    stream = getattr(table, "__arrow_c_stream__", None)
    if stream is not None and not isinstance(table, type):
        try:
            return _core.ArrowTable.from_stream(_handed_over(stream, name), name)
        except ImportError:
            pass  # pandas without pyarrow
    array = getattr(table, "__arrow_c_array__", None)
    if array is not None:
        pair = _handed_over(array, name)
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise InputError(f"the table of {name} gives no pair of Arrow's capsules")
        return _core.ArrowTable.from_array(*pair, name)
    if isinstance(table, Mapping):
        return _from_columns(table, name, timezone, types)
    if type(table).__module__.partition(".")[0] == "pandas":
        given: Any = table
        return _from_columns({str(c): given[c] for c in given.columns}, name, timezone, types)
    if isinstance(table, Sequence) and not isinstance(table, str):
        rows: list[Any] = list(table)
        if all(isinstance(r, Mapping) for r in rows):
            names = list(dict.fromkeys(str(k) for r in rows for k in r))
            return _from_columns({n: [r.get(n) for r in rows] for n in names}, name, timezone, types)
    try:
        import narwhals as nw
    except ImportError:
        nw = None
    if nw is not None:
        frame = nw.from_native(table, pass_through=True)
        if isinstance(frame, nw.LazyFrame):
            frame = frame.collect()
        if isinstance(frame, nw.DataFrame):
            native = frame.to_native()
            if native is not table and hasattr(native, "__arrow_c_stream__"):
                return _core.ArrowTable.from_stream(
                    _handed_over(native.__arrow_c_stream__, name), name
                )
            return _from_columns(
                {c: frame[c].to_numpy() for c in frame.columns}, name, timezone, types
            )
    also = "" if nw is not None else "; pip install narwhals, and more kinds of tables are understood"
    raise InputError(
        f"the {name} are no table: {type(table).__name__!r} has no named columns that "
        f"leadfunnel can read; give a polars, pandas, pyarrow or DuckDB table, or a dict of "
        f"lists{also}"
    )


def _handed_over(call: Callable[[], Any], name: str) -> Any:
    """What another library hands over as Arrow."""
    try:
        return call()
    except ImportError:
        raise
    except Exception as e:
        raise InputError(f"the table of {name} cannot be handed over: {e}") from e


def _from_columns(
    columns: Mapping[str, Any], name: str, timezone: str | None, types: Mapping[str, str]
) -> _core.ArrowTable:
    made: list[tuple[str, str, Any]] = []
    for n, c in columns.items():
        kind, cells = _cells(c, str(n), name, timezone)
        if kind == "text" and types.get(str(n)) == "bool" and not any(x is not None for x in cells):
            kind = "flag"
        made.append((str(n), kind, cells))
    return _core.ArrowTable.from_frame(_core.Frame(made), name)


def _cells(column: Any, name: str, table: str, timezone: str | None) -> tuple[str, Any]:
    """A column's kind, and its cells as a list or a NumPy array of a plain type."""
    dtype = getattr(column, "dtype", None)
    if hasattr(dtype, "tz"):  # a pandas series with a zone
        in_utc = getattr(column, "array", column).tz_convert(None).to_numpy()
        return "instant", _in_micros(in_utc).view("int64")
    if hasattr(column, "cat"):  # a categorical of pandas
        return "word", [None if c != c else str(c) for c in column.astype(object)]
    if dtype is not None and not hasattr(column, "__array_interface__") and hasattr(column, "to_numpy"):
        import numpy as np

        column = column.to_numpy()
        dtype = column.dtype
        if dtype.kind == "O":
            column = np.where(column != column, None, column)  # NaN, NaT, NA
    if hasattr(column, "to_pylist"):  # an array of pyarrow
        try:
            column = column.to_pylist()
        except ValueError as e:
            raise InputError(f"column {name!r} of the table of {table} cannot be read: {e}") from None
    kind = getattr(dtype, "kind", None)
    if kind == "f":
        return "number", column
    if kind in {"i", "u"}:
        return "integer", column
    if kind == "b":
        return "flag", column
    if kind == "M":
        return _naive(_in_micros(column), name, table, timezone)
    if kind in {"U", "S", "O", "T"}:
        column = column.tolist()
    cells = list(column)
    there = [c for c in cells if c is not None]
    first = next(iter(there), None)
    if any(isinstance(c, bytes | bytearray | memoryview) for c in there):
        raise InputError(
            f"column {name!r} of the table of {table} holds bytes; give texts, as by .decode()"
        )
    if there and all(isinstance(c, bool) for c in there):
        return "flag", cells
    if there and all(isinstance(c, int | float) for c in there):
        if all(isinstance(c, int) for c in there):
            if all(-(2**63) <= c < 2**63 for c in there):
                return "integer", cells
            return "text", [None if c is None else str(c) for c in cells]
        return "number", [None if c is None or c != c else float(c) for c in cells]
    if there and all(isinstance(c, datetime) for c in there):
        cells = [None if c is None or c != c else c for c in cells]  # NaT
        if any(c is not None and c.utcoffset() is None for c in cells):
            import numpy as np

            return _naive(np.array(cells, "datetime64[us]"), name, table, timezone)
        return "instant", cells
    if isinstance(first, set | frozenset | list | tuple):
        return "text", [None if c is None else _set_text(c) for c in cells]
    if all(isinstance(c, str) for c in there):
        return "text", cells
    return "text", [None if c is None or c != c else _text(c) for c in cells]


def _text(cell: Any) -> str:
    if isinstance(cell, Decimal):
        is_whole = cell.is_finite() and cell.adjusted() < 76 and cell == int(cell)
        return str(int(cell) if is_whole else cell)
    return str(cell.isoformat() if hasattr(cell, "isoformat") else cell)


def _set_text(cell: Any) -> str:
    if isinstance(cell, set | frozenset | list | tuple):
        return ";".join(sorted(str(c) for c in cell))
    return _text(cell)


def _in_micros(column: Any) -> Any:
    """Instants of NumPy as counts of microseconds. Those that a coarser unit counts further than
    that become ones that are too far off just as well: NumPy would take others for them."""
    import numpy as np

    if np.datetime_data(column.dtype)[0] in {"Y", "M", "W", "D", "h", "m", "s", "ms"}:
        first, last = (np.datetime64(t).astype(column.dtype) for t in ("0001-01-01", "9999-12-31"))
        column = np.clip(column, first, last)
    return column.astype("datetime64[us]")


def _naive(column: Any, name: str, table: str, timezone: str | None) -> tuple[str, Any]:
    """Times without a zone, as texts that will be read on the clocks of one."""
    import numpy as np

    if timezone is None:
        issue = Issue(
            "wrong_unit", "error", table, 0, 0, f"/{name}",
            f"column '{name}' holds times without a zone", "timestamps with a time zone",
            'say on whose clocks they were read: timezone="Asia/Tokyo", or timezone="UTC"',
        )
        raise InputError(f"the table of {table} cannot be used:\n{issue}", [issue])
    texts = np.datetime_as_string(column, unit="us").tolist()
    return "text", [None if t == "NaT" else t for t in texts]


def _parts_of(
    columns: Sequence[str], kind: str, renames: Mapping[str, Any], plan: Plan
) -> dict[str, str]:
    """Which column is what: the library's name → the column's."""
    declared = {"leads": plan._core.attributes, "touchpoints": plan._core.properties}.get(kind, {})
    known = {*_ALIASES[kind], *declared}
    for part, column in renames.items():
        if part not in known and part not in {p for a in _ALIASES.values() for p in a} | {
            *plan._core.attributes, *plan._core.properties
        }:
            raise InputError(
                f"the mapping names {part!r}, which is nothing of the table of {kind}"
                f"{_suggest(part, known)}"
            )
        if not isinstance(column, str):
            raise InputError(f"the mapping gives {part!r} no column, but {column!r}")
    out: dict[str, str] = {}
    for part, aliases in _ALIASES[kind].items():
        if part in renames:
            if renames[part] in columns:
                out[part] = renames[part]
            continue
        for alias in aliases:
            if alias in columns and alias not in renames.values():
                out[part] = alias
                break
    for part in declared:
        column = renames.get(part, part)
        if part in out or column not in columns or column in out.values():
            continue
        out[part] = column
    if kind == "leads" and "id" in columns and out.get("lead") != "id" and "id" not in renames:
        out.pop("id", None)
    missing = [p for p in _REQUIRED[kind] if p not in out]
    if missing:
        what = " and ".join(
            f"{p!r}" + (f" (mapped to {renames[p]!r})" if p in renames else "") for p in missing
        )
        have = listed(columns)
        likely = {p: _likely(p, kind, columns, out.values()) for p in missing}
        example = ", ".join(f'"{p}": "{likely[p] or "…"}"' for p in missing)
        raise InputError(
            f"the table of {kind} has no column {what}; it has {have}. "
            f"Say which column it is: mapping={{{example}}}"
        )
    return out


# What is suggested for what is not there, but not taken for it unasked.
_ALSO = {"lead": ("contact", "customer"), "at": ("date",)}


def _plain(column: str) -> str:
    """A column's name as the library writes names."""
    return re.sub(r"\W+", "_", column.strip().lower())


def _likely(part: str, kind: str, columns: Iterable[str], taken: Iterable[str]) -> str:
    """The column that seems to be meant by one of the library's names, if there is one."""
    import difflib

    plain = {_plain(c): c for c in columns if c not in {*taken}}
    aliases = _ALIASES[kind][part] + _ALSO.get(part, ())
    near = [n for a in aliases for n in difflib.get_close_matches(a, plain, 1, 0.75)]
    near += [n for a in aliases for n in plain if n.endswith(f"_{a}") and len(a) > 2]
    return plain[near[0]] if near else ""


def _rename(
    arrow: _core.ArrowTable, kind: str, plan: Plan, renames: Mapping[str, Any]
) -> dict[str, str]:
    columns = arrow.columns
    twice = sorted({c for c in columns if columns.count(c) > 1})
    if twice:
        raise InputError(f"the table of {kind} has two columns {twice[0]!r}")
    parts = _parts_of(columns, kind, renames, plan)
    # What is called by another's name, without being it, must get out of its way first.
    for column in columns:
        if column in {*_ALIASES[kind], *parts} and parts.get(column) != column:
            arrow.rename(column, f"{column} (not read)")
    for part, column in parts.items():
        if column != part:
            name = column if column in arrow.columns else f"{column} (not read)"
            arrow.rename(name, part)
    return parts


def _strange_columns(
    unread: Iterable[str], there: Iterable[str], kind: str, plan: Plan
) -> list[Issue]:
    """Columns that are not read, and look as if they were meant to be what is not there."""
    declared = plan._core.attributes if kind == "leads" else plan._core.properties
    known = [*_ALIASES[kind], *declared]
    absent = [k for k in known if k not in {*there}]
    out = []
    for column in unread:
        if column in known:
            continue
        near = _suggest(_plain(column), absent)
        if near:
            out.append(
                Issue("unknown_name", "warning", kind, 0, 0, f"/{column}",
                      f"column '{column}' is not read: the model declares no such thing",
                      "", near.removeprefix("; "))
            )
    return out


def _suggest(word: str, candidates: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(word, list(candidates), 1, 0.75)
    return f"; did you mean '{near[0]}'?" if near else ""


def rows_of(table: TableLike, name: str) -> list[dict[str, Any]]:
    """A small table as dicts."""
    given: Any = table
    if isinstance(table, list | tuple):
        return [dict(r) for r in given]
    table = given
    for way in ("to_dicts", "to_pylist"):
        if hasattr(table, way):
            rows: list[dict[str, Any]] = getattr(table, way)()
            return rows
    if hasattr(table, "to_dict") and hasattr(table, "columns"):
        return [
            {str(k): (None if v != v else v) for k, v in r.items()}
            for r in table.to_dict(orient="records")
        ]
    if hasattr(table, "__arrow_c_stream__"):
        from ._results import need

        pa = need("pyarrow", f"a table of {name} of this kind", "pyarrow")
        rows = pa.table(table).to_pylist()
        return rows
    raise InputError(f"the {name} are no table: {type(table).__name__!r}")


def _read_by_mapping_file(
    reader: _core.Reader | Events, kind: str, table: TableLike, file: tuple[str, str], how: _core.Reading
) -> dict[str, Any]:
    """A table by a mapping file, which speaks of texts: as the CSV that it would be."""
    plain = _core.mapping_json(file[0])
    if plain is None:  # what is wrong with it, reading nothing says
        return reader.add_text(bytes, *file, kind, kind, how)
    mapping = json.loads(plain)
    if mapping.get("format") == "ndjson":
        raise InputError(f"the mapping {file[1]!r} is for NDJSON, not for tables")
    columns = _columns_of(table, kind)
    if len({len(c) for c in columns.values()}) > 1:
        raise InputError(f"the columns of the table of {kind} are not equally long")
    named = set(_texts_in(mapping))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    # A column that the mapping does not name stands in the header alone.
    cells = [_csv_cells(c) if n in named else itertools.repeat("") for n, c in columns.items()]
    rows = len(next(iter(columns.values()), ()))
    writer.writerows(itertools.islice(zip(*cells, strict=False), rows))
    text.seek(0)
    return reader.add_text(lambda: text.read(_PIECE).encode("utf-8", "surrogatepass"), *file, kind, kind, how)


def _columns_of(table: TableLike, name: str) -> dict[str, Sequence[Any]]:
    """A table's columns as Python's own objects."""
    module = type(table).__module__.partition(".")[0]
    given: Any = table
    if module == "polars" and hasattr(table, "get_columns"):
        return {c.name: c.to_list() for c in given.get_columns()}
    if module == "pyarrow" and hasattr(table, "column_names"):
        return {n: given.column(i).to_pylist() for i, n in enumerate(given.column_names)}
    if module == "pandas" and hasattr(table, "columns"):
        series = ((str(n), given.iloc[:, i]) for i, n in enumerate(given.columns))
        return {
            n: [None if gone else c for c, gone in zip(s.tolist(), s.isna(), strict=True)]
            for n, s in series
        }
    if isinstance(table, dict):
        return {str(k): list(v) for k, v in given.items()}
    rows = rows_of(table, name)
    columns = dict.fromkeys(k for r in rows for k in r)
    return {c: [r.get(c) for r in rows] for c in columns}


def _texts_in(said: object) -> Iterator[str]:
    """All texts of a JSON value."""
    if isinstance(said, str):
        yield said
    elif isinstance(said, Mapping):
        for key, inner in said.items():
            yield key
            yield from _texts_in(inner)
    elif isinstance(said, list):
        for inner in said:
            yield from _texts_in(inner)


def _csv_cells(column: Sequence[Any]) -> Iterable[str]:
    kinds = set(map(type, column))
    if kinds <= {str}:
        return column
    if kinds <= {str, type(None)}:
        return ["" if c is None else c for c in column]
    return map(_csv_cell, column)


def _csv_cell(cell: object) -> str:
    if hasattr(cell, "tolist"):  # NumPy's: a scalar, or a list of pandas
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
