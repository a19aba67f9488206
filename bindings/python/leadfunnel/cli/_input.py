# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The input of commands: models, and tables of leads, touchpoints and stage entries."""

from __future__ import annotations

import difflib
import io
import json
import os
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import typer

from .. import _core
from .._columns import arrow_table
from .._errors import BadRow, InputError, Issue, listed
from .._files import (
    MOST,
    SUFFIXES,
    Source,
    Text,
    Unpacked,
    kind_of_file,
    open_columnar,
    opened_text,
    shipped,
)
from .._mapping import ALIASES, REQUIRED, mapping_file
from .._model import Model, Plan
from .._progress import watching
from .._table_types import KINDS, Ambiguous, ReadOptions, TableKind
from .._tables import Histories, read_table
from ._messages import say, say_issue, say_rows

_BY_NAME: dict[str, TableKind] = {kind: kind for kind in KINDS}
_START = 4096  # bytes of stdin that decide its format


# ---- models -------------------------------------------------------------------------------------


def load_model(name: str) -> Model:
    """A model by its file's path, by the name of one that is shipped, or from stdin (``-``)."""
    if name == "-":
        return Model.from_json(_stdin_text(), "<stdin>")
    path = Path(name)
    if path.is_file():
        return Model.load(path)
    known = shipped("models")
    if name in known:
        return Model.load(known[name])
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else "shipped are " + ", ".join(known)
    what = "is no file" if path.exists() else "is neither a file nor the name of a shipped model"
    raise typer.BadParameter(f"{_core.printable(name)!r} {what}; {hint}")


def _stdin_text() -> str:
    try:
        return sys.stdin.buffer.read(MOST).decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise InputError(f"<stdin> is not UTF-8: {e.reason} at byte {e.start}") from None


# ---- tables -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """The options of the command line about tables."""

    mappings: Sequence[str] = ()
    columns: Sequence[str] = ()
    timezone: str | None = None
    ambiguous: Ambiguous = "refuse"
    skip_bad_rows: bool = False
    unpack_limit: int | None = None


@dataclass
class _File:
    name: str
    kind: TableKind | None
    format: str  # "csv", "ndjson" or "columns"
    table: Any  # a text, or the table of a columnar file
    columns: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Mapping:
    name: str
    format: str
    needs: list[list[str]]  # each list names columns of which a file has one at least
    kinds: list[TableKind]

    def lacks(self, file: _File) -> list[str]:
        """The columns that a file lacks. NDJSON is not searched for columns."""
        if (self.format == "ndjson") != (file.format == "ndjson"):
            return [f"a file of {self.format}"]
        if file.format == "ndjson":
            return []
        have = set(file.columns)
        return [" or ".join(map(repr, n)) for n in self.needs if not have.intersection(n)]


def read_tables(plan: Plan, tables: Sequence[str], reading: Reading) -> Histories:
    """Reads files into histories, and writes their mistakes to stderr.

    Raises
    ------
    InputError
        If a file cannot be read, or has bad rows that must not be skipped.
    """
    mappings = [_mapping(m) for m in reading.mappings]
    renames = _renames(reading.columns)
    reader = _core.Reader(plan._core)
    issues: list[BadRow | Issue] = []
    bad = 0
    failed = False
    with _files(tables, reading.unpack_limit) as files, watching(None, "reading") as bar:
        try:
            options = ReadOptions(timezone=reading.timezone, ambiguous=reading.ambiguous)
            how = options.reading(bar)
        except InputError as e:  # there is no such zone
            raise typer.BadParameter(str(e)) from None
        for file in files:
            file.columns = (
                arrow_table(file.table, file.name).columns
                if file.format == "columns"
                else file.table.header()[1]
            )
            mapping = _fitting(file, mappings, renames, plan, single=len(files) == 1)
            kind = file.kind or (mapping.kinds[0] if mapping else _kind_of(file, renames, plan))
            by = replace(options, mapping=mapping.name if mapping else renames[kind] or None)
            try:
                report = read_table(reader, plan, kind, file.table, by, how)
            except InputError as e:
                text = str(e).replace(f"the table of {kind}", file.name, 1)
                raise InputError(_as_options(text, kind), e.issues, e.rows) from None
            failed |= report["failed"]
            bad += report["bad"]
            issues += [*report["issues"], *report["bad_rows"]]
            for issue in report["issues"]:
                say_issue(_named(issue, kind, file))
            level = "warning" if reading.skip_bad_rows else "error"
            say_rows(report["bad_rows"], report["bad"], file.name, file.format != "columns", level)
    if failed:
        raise InputError("the tables cannot be used")
    if bad and not reading.skip_bad_rows:
        raise InputError(
            f"{bad:,} bad {'row' if bad == 1 else 'rows'}; --skip-bad-rows leaves them out"
        )
    if bad:
        say("warning", f"{bad:,} bad {'row is' if bad == 1 else 'rows are'} left out")
    return Histories(reader.build(), plan, issues, bad)


def _named(issue: Issue, kind: str, file: _File) -> Issue:
    if issue.file in {"", kind}:
        issue = replace(issue, file=file.name)
    return replace(issue, hint=re.sub(r'timezone="([^"]*)"', r"--timezone \1", issue.hint))


@contextmanager
def _files(tables: Sequence[str], unpack_limit: int | None) -> Iterator[list[_File]]:
    if not tables:
        raise typer.BadParameter(
            "there are no tables: name CSV, NDJSON or Parquet files, or - for stdin"
        )
    if sum(t.split("=", 1)[-1] == "-" for t in tables) > 1:
        raise typer.BadParameter("stdin (-) can be one table only")
    with ExitStack() as open_files:
        yield [_file(t, open_files, unpack_limit) for t in tables]


def _file(table: str, open_files: ExitStack, unpack_limit: int | None) -> _File:
    prefix, _, name = table.partition("=")
    kind = _BY_NAME.get(prefix)
    if kind is None or "=" not in table or os.path.lexists(table):
        kind, name = None, table
    if name == "-":
        return _stdin(kind, unpack_limit)
    path = Path(name)
    if not path.is_file():
        raise typer.BadParameter(
            f"{_core.printable(name)!r} is no regular file"
            if path.exists()
            else f"there is no file {_core.printable(name)!r}"
        )
    try:
        format = kind_of_file(path)
    except InputError:
        raise typer.BadParameter(
            f"{_core.printable(name)!r} is neither CSV, NDJSON nor Parquet by its name"
        ) from None
    if format == "columns":
        return _File(name, kind, format, open_columnar(path, name, unpack_limit))
    text = open_files.enter_context(opened_text(path, name, unpack_limit))
    return _File(name, kind, format, text)


def _stdin(kind: TableKind | None, unpack_limit: int | None) -> _File:
    """Stdin, whose first bytes decide its format."""
    name = "<stdin>"
    source = Source(sys.stdin.buffer, name)
    if source.front(2) == b"\x1f\x8b":
        source = Unpacked(source, name, unpack_limit)
    start = source.front(_START)
    if start.startswith(b"PAR1"):
        whole = io.BytesIO(b"".join(iter(lambda: source.read(1 << 20), b"")))
        return _File(name, kind, "columns", open_columnar(whole, name, unpack_limit))
    is_json = start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
    suffix = ".ndjson" if is_json else ".csv"
    return _File(name, kind, SUFFIXES[suffix], Text(source, name, suffix))


def _as_options(message: str, kind: str) -> str:
    """A message that suggests Python's ``mapping=``, with ``--column`` instead."""

    def options(found: re.Match[str]) -> str:
        pairs = re.findall(r'"(\w+)": "([^"]*)"', found[0])
        return " ".join(
            f"--column {shlex.quote(f'{kind}.{part}={column}')}" if column != "…"
            else f"--column {kind}.{part}=COLUMN"
            for part, column in pairs
        )

    return re.sub(r'mapping=\{("\w+": "[^"]*"(, )?)+\}', options, message)


# ---- which column is what -----------------------------------------------------------------------


def _renames(columns: Iterable[str]) -> dict[TableKind, dict[str, str]]:
    """For each kind of table, the columns by the library's names."""
    out: dict[TableKind, dict[str, str]] = {k: {} for k in KINDS}
    for option in columns:
        part, _, column = option.partition("=")
        if not part or not column:
            raise typer.BadParameter(f"--column takes name=column, as in at=seen_at; not {option!r}")
        prefix, dot, name = part.partition(".")
        kind = _BY_NAME.get(prefix)
        if dot and kind is not None:
            out[kind][name] = column
        else:
            for names in out.values():
                names[part] = column
    return out


def _kind_of(
    file: _File, renames: Mapping[TableKind, Mapping[str, str]], plan: Plan
) -> TableKind:
    """The kind of a table, by its columns: stage entries, touchpoints, or else leads."""
    marks: tuple[tuple[TableKind, str], ...] = (("stages", "stage"), ("touchpoints", "type"))
    for kind, mark in marks:
        lacks = [p for p in REQUIRED[kind] if not _has(file, kind, p, renames[kind])]
        if not lacks:
            return kind
        if mark not in lacks and mark not in plan._core.attributes:
            names = " and ".join(map(repr, lacks))
            raise InputError(
                f"{file.name} has a column for the {mark}, and so seems to hold {kind}, but none "
                f"called {names}; it has {listed(file.columns)}. Say which it is: "
                f"--column {lacks[0]}=COLUMN; or what the file holds: leads={file.name}"
            )
    return "leads"


def _has(file: _File, kind: TableKind, part: str, renames: Mapping[str, str]) -> bool:
    if part in renames:
        return renames[part] in file.columns
    return any(a in file.columns for a in ALIASES[kind].get(part, (part,)))


# ---- mapping files ------------------------------------------------------------------------------


def _mapping(name: str) -> _Mapping:
    known = shipped("mappings")
    path = Path(name)
    if not path.is_file():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else "shipped are " + ", ".join(known)
            raise typer.BadParameter(
                f"{_core.printable(name)!r} is neither a file nor the name of a shipped mapping; {hint}"
            )
        path = known[name]
    file = mapping_file(path)
    plain = _core.mapping_json(file.text) if file is not None else None
    # Reading a table by a mapping with a mistake reports the mistake.
    content = json.loads(plain) if plain is not None else {}
    rows = content.get("mappings", [])
    needs = [n for m in rows for n in _needs(m)]
    kinds: dict[str, TableKind] = {
        "attributes": "leads", "touchpoint": "touchpoints", "stage": "stages",
    }
    made_of: list[TableKind] = [kinds.get(str(m.get("to")), "leads") for m in rows] or ["leads"]
    return _Mapping(name, str(content.get("format", "csv")), needs, made_of)


def _needs(mapping: Mapping[str, Any]) -> Iterator[list[str]]:
    """The required fields of a mapping. Each list names fields of which one suffices."""
    for key, content in mapping.items():
        if key in {"to", "and_more"}:
            continue
        if key == "when":
            for test in content if isinstance(content, list) else [content]:
                if isinstance(test, dict) and isinstance(test.get("field"), str):
                    yield [test["field"]]
        elif key in {"attributes", "properties"} and isinstance(content, dict):
            for each in content.values():
                yield from _field(each)
        else:
            yield from _field(content)


def _field(content: object) -> Iterator[list[str]]:
    if isinstance(content, str):
        yield [content]
    elif isinstance(content, list):
        yield [str(s) for s in content]
    elif isinstance(content, dict) and "from" in content and not content.get("optional"):
        yield from _field(content["from"])


def _fitting(
    file: _File,
    mappings: Sequence[_Mapping],
    renames: Mapping[TableKind, Mapping[str, str]],
    plan: Plan,
    *,
    single: bool,
) -> _Mapping | None:
    """The first mapping that fits a file; None if the file has the library's own names."""
    if not mappings:
        return None
    for mapping in mappings:
        if not mapping.lacks(file) and (file.kind is None or file.kind in mapping.kinds):
            return mapping
    if single and len(mappings) == 1:
        return mappings[0]  # reading by it reports what is missing
    if file.kind is None:
        kinds = [
            k for k in KINDS if all(_has(file, k, p, renames[k]) for p in REQUIRED[k])
        ]
        if kinds:
            return None
    lines = [f"{m.name} lacks {', '.join(m.lacks(file)) or 'that kind of table'}" for m in mappings]
    raise InputError(f"{file.name} fits none of the mappings: {'; '.join(lines)}")
