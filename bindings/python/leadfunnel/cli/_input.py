# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""What comes in: models, and tables of leads, touchpoints and stage entries."""

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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from .. import _core, _tables
from .._errors import BadRow, InputError, Issue, listed
from .._files import MOST
from .._model import Model, Plan, _shipped
from .._progress import watching
from .._tables import Ambiguous, Histories
from ._messages import say, say_issue, say_rows

KINDS = ("leads", "touchpoints", "stages")
_KEPT = 1000  # bad rows of a table
_START = 4096  # bytes of stdin that say what it is


# ---- models -------------------------------------------------------------------------------------


def load_model(name: str) -> Model:
    """A model by its file's path, by the name of one that is shipped, or from stdin (``-``)."""
    if name == "-":
        return Model.from_json(_stdin_text(), "<stdin>")
    path = Path(name)
    if path.is_file():
        return Model.load(path)
    shipped = _shipped("models")
    if name in shipped:
        return Model.load(shipped[name])
    near = difflib.get_close_matches(name, shipped, 1)
    hint = f"did you mean {near[0]!r}?" if near else "shipped are " + ", ".join(shipped)
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
    """How tables are to be read, as the options say."""

    mappings: Sequence[str] = ()
    columns: Sequence[str] = ()
    timezone: str | None = None
    ambiguous: Ambiguous = "refuse"
    skip_bad_rows: bool = False
    unpack_limit: int | None = None


@dataclass
class _File:
    name: str
    kind: str | None
    format: str  # or "columns"
    table: Any  # the text, or what a columnar file holds
    columns: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Mapping:
    name: str
    format: str
    needs: list[list[str]]  # columns, of each of which one must be there
    kinds: list[str]

    def lacks(self, file: _File) -> list[str]:
        """The columns that keep it from fitting a file; of NDJSON it is not looked."""
        if (self.format == "ndjson") != (file.format == "ndjson"):
            return [f"a file of {self.format}"]
        if file.format == "ndjson":
            return []
        have = set(file.columns)
        return [" or ".join(map(repr, n)) for n in self.needs if not have.intersection(n)]


def read_tables(plan: Plan, tables: Sequence[str], reading: Reading) -> Histories:
    """Reads files into histories, and says on stderr what is wrong with them.

    Raises
    ------
    InputError
        If one cannot be read, or has bad rows that are not to be skipped; all has been said then.
    """
    mappings = [_mapping(m) for m in reading.mappings]
    renames = _renames(reading.columns)
    reader = _core.Reader(plan._core)
    issues: list[BadRow | Issue] = []
    bad = 0
    failed = False
    with _files(tables, reading.unpack_limit) as files, watching(None, "reading") as bar:
        try:
            how = _core.Reading(reading.timezone or "", reading.ambiguous, False, _KEPT, bar)
        except InputError as e:  # there is no such zone
            raise typer.BadParameter(str(e)) from None
        for file in files:
            file.columns = (
                _tables.arrow_table(file.table, file.name).columns
                if file.format == "columns"
                else file.table.header()[1]
            )
            mapping = _fitting(file, mappings, renames, plan, single=len(files) == 1)
            kind = file.kind or (mapping.kinds[0] if mapping else _kind_of(file, renames, plan))
            by: Any = mapping.name if mapping else renames.get(kind) or None
            try:
                report = _tables._read_one(
                    reader,
                    plan,
                    kind,
                    file.table,
                    by,
                    how,
                    reading.timezone,
                    reading.ambiguous,
                )
            except InputError as e:
                said = str(e).replace(f"the table of {kind}", file.name, 1)
                raise InputError(_as_options(said, kind), e.issues, e.rows) from None
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
    import dataclasses

    if issue.file in {"", kind}:
        issue = dataclasses.replace(issue, file=file.name)
    return dataclasses.replace(issue, hint=re.sub(r'timezone="([^"]*)"', r"--timezone \1", issue.hint))


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
    kind, is_said, name = table.partition("=")
    if not is_said or kind not in KINDS or os.path.lexists(table):
        kind, name = "", table
    if name == "-":
        return _stdin(kind or None, unpack_limit)
    path = Path(name)
    if not path.is_file():
        raise typer.BadParameter(
            f"{_core.printable(name)!r} is no regular file"
            if path.exists()
            else f"there is no file {_core.printable(name)!r}"
        )
    try:
        format = _tables.kind_of_file(path)
    except InputError:
        raise typer.BadParameter(
            f"{_core.printable(name)!r} is neither CSV, NDJSON nor Parquet by its name"
        ) from None
    if format == "columns":
        return _File(name, kind or None, format, _tables.open_columnar(path, name, unpack_limit))
    text = open_files.enter_context(_tables.opened_text(path, name, unpack_limit))
    return _File(name, kind or None, format, text)


def _stdin(kind: str | None, unpack_limit: int | None) -> _File:
    """Stdin, whose first bytes say what it is."""
    name = "<stdin>"
    source = _tables.Source(sys.stdin.buffer, name)
    if source.front(2) == b"\x1f\x8b":
        source = _tables.Unpacked(source, name, unpack_limit)
    start = source.front(_START)
    if start.startswith(b"PAR1"):
        whole = io.BytesIO(b"".join(iter(lambda: source.read(1 << 20), b"")))
        return _File(name, kind, "columns", _tables.open_columnar(whole, name, unpack_limit))
    is_json = start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
    suffix = ".ndjson" if is_json else ".csv"
    return _File(name, kind, _tables.SUFFIXES[suffix], _tables.Text(source, name, suffix))


def _as_options(said: str, kind: str) -> str:
    """What Python's users are told to write, as the command line has it."""

    def options(found: re.Match[str]) -> str:
        pairs = re.findall(r'"(\w+)": "([^"]*)"', found[0])
        return " ".join(
            f"--column {shlex.quote(f'{kind}.{part}={column}')}" if column != "…"
            else f"--column {kind}.{part}=COLUMN"
            for part, column in pairs
        )

    return re.sub(r'mapping=\{("\w+": "[^"]*"(, )?)+\}', options, said)


# ---- which column is what -----------------------------------------------------------------------


def _renames(columns: Iterable[str]) -> dict[str, dict[str, str]]:
    """For each kind of table, the library's names and the columns that they are given."""
    out: dict[str, dict[str, str]] = {k: {} for k in KINDS}
    for said in columns:
        part, is_said, column = said.partition("=")
        if not is_said or not part or not column:
            raise typer.BadParameter(f"--column takes name=column, as in at=seen_at; not {said!r}")
        kind, dot, name = part.partition(".")
        if dot and kind in KINDS:
            out[kind][name] = column
        else:
            for names in out.values():
                names[part] = column
    return out


def _kind_of(file: _File, renames: Mapping[str, Mapping[str, str]], plan: Plan) -> str:
    """What a table holds, by its columns: stage entries, touchpoints, or else leads."""
    for kind, mark in (("stages", "stage"), ("touchpoints", "type")):
        lacks = [p for p in _tables._REQUIRED[kind] if not _has(file, kind, p, renames[kind])]
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


def _has(file: _File, kind: str, part: str, renames: Mapping[str, str]) -> bool:
    if part in renames:
        return renames[part] in file.columns
    return any(a in file.columns for a in _tables._ALIASES[kind].get(part, (part,)))


# ---- mapping files ------------------------------------------------------------------------------


def _mapping(name: str) -> _Mapping:
    shipped = _shipped("mappings")
    path = Path(name)
    if not path.is_file():
        if name not in shipped:
            near = difflib.get_close_matches(name, shipped, 1)
            hint = f"did you mean {near[0]!r}?" if near else "shipped are " + ", ".join(shipped)
            raise typer.BadParameter(
                f"{_core.printable(name)!r} is neither a file nor the name of a shipped mapping; {hint}"
            )
        path = shipped[name]
    given = _tables._mapping_file(path)
    plain = _core.mapping_json(given[0]) if given is not None else None
    # Of one with a mistake in it, reading a table says what is wrong.
    said = json.loads(plain) if plain is not None else {}
    rows = said.get("mappings", [])
    needs = [n for m in rows for n in _needs(m)]
    kinds = {"attributes": "leads", "touchpoint": "touchpoints", "stage": "stages"}
    made_of = [kinds.get(str(m.get("to")), "leads") for m in rows] or ["leads"]
    return _Mapping(name, str(said.get("format", "csv")), needs, made_of)


def _needs(mapping: Mapping[str, Any]) -> Iterator[list[str]]:
    """Fields that a mapping reads, and that are not optional; of each list one."""
    for key, said in mapping.items():
        if key in {"to", "and_more"}:
            continue
        if key == "when":
            for test in said if isinstance(said, list) else [said]:
                if isinstance(test, dict) and isinstance(test.get("field"), str):
                    yield [test["field"]]
        elif key in {"attributes", "properties"} and isinstance(said, dict):
            for each in said.values():
                yield from _field(each)
        else:
            yield from _field(said)


def _field(said: object) -> Iterator[list[str]]:
    if isinstance(said, str):
        yield [said]
    elif isinstance(said, list):
        yield [str(s) for s in said]
    elif isinstance(said, dict) and "from" in said and not said.get("optional"):
        yield from _field(said["from"])


def _fitting(
    file: _File,
    mappings: Sequence[_Mapping],
    renames: Mapping[str, Mapping[str, str]],
    plan: Plan,
    *,
    single: bool,
) -> _Mapping | None:
    """The first mapping whose columns a file has; none, if the file has the library's own names."""
    if not mappings:
        return None
    for mapping in mappings:
        if not mapping.lacks(file) and (file.kind is None or file.kind in mapping.kinds):
            return mapping
    if single and len(mappings) == 1:
        return mappings[0]  # it will say what is missing, and what was meant
    if file.kind is None:
        kinds = [
            k for k in KINDS if all(_has(file, k, p, renames[k]) for p in _tables._REQUIRED[k])
        ]
        if kinds:
            return None
    lines = [f"{m.name} lacks {', '.join(m.lacks(file)) or 'that kind of table'}" for m in mappings]
    raise InputError(f"{file.name} fits none of the mappings: {'; '.join(lines)}")
