# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""What comes in: models, and tables of leads, touchpoints and stage entries."""

from __future__ import annotations

import csv
import difflib
import json
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from .. import _core, _tables
from .._errors import BadRow, InputError, Issue
from .._files import MOST
from .._model import Model, Plan, _shipped
from .._progress import watching
from .._tables import Ambiguous, Histories
from ._messages import say, say_issue, say_rows
from ._text import visible

KINDS = ("leads", "touchpoints", "stages")
_KEPT = 1000  # bad rows of a table
_NOTICED = 1000  # lines of NDJSON in which fields are looked for


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
    raise typer.BadParameter(f"{visible(name)!r} {what}; {hint}")


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


@dataclass
class _File:
    path: Path
    name: str
    kind: str | None
    format: str
    columns: list[str] = field(default_factory=list)
    table: Any = None  # what a columnar file holds


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
    with _files(tables) as files, watching(None, "reading") as bar:
        try:
            how = _core.Reading(reading.timezone or "", reading.ambiguous, False, _KEPT, bar)
        except InputError as e:  # there is no such zone
            raise typer.BadParameter(str(e)) from None
        for file in files:
            _look_into(file)
            mapping = _fitting(file, mappings, renames, plan, single=len(files) == 1)
            kind = file.kind or (mapping.kinds[0] if mapping else _kind_of(file, renames, plan))
            by: Any = mapping.name if mapping else renames.get(kind) or None
            try:
                report = _tables._read_one(
                    reader,
                    plan,
                    kind,
                    file.path if file.table is None else file.table,
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

    if issue.file in {"", kind, str(file.path)}:
        issue = dataclasses.replace(issue, file=file.name)
    return dataclasses.replace(issue, hint=re.sub(r'timezone="([^"]*)"', r"--timezone \1", issue.hint))


@contextmanager
def _files(tables: Sequence[str]) -> Iterator[list[_File]]:
    if not tables:
        raise typer.BadParameter(
            "there are no tables: name CSV, NDJSON or Parquet files, or - for stdin"
        )
    if sum(t.split("=", 1)[-1] == "-" for t in tables) > 1:
        raise typer.BadParameter("stdin (-) can be one table only")
    with tempfile.TemporaryDirectory(prefix="leadfunnel-") as folder:
        yield [_file(t, Path(folder)) for t in tables]


def _file(table: str, folder: Path) -> _File:
    kind, is_said, name = table.partition("=")
    if not is_said or kind not in KINDS or Path(table).exists():
        kind, name = "", table
    if name == "-":
        path = _spooled(folder)
        return _File(path, "<stdin>", kind or None, _tables.SUFFIXES[path.suffix])
    path = Path(name)
    if not path.is_file():
        raise typer.BadParameter(f"there is no file {visible(name)!r}")
    try:
        format = _tables._kind_of_file(path)
    except InputError:
        raise typer.BadParameter(
            f"{visible(name)!r} is neither CSV, NDJSON nor Parquet by its name"
        ) from None
    return _File(_tables.unpacked(path, folder), name, kind or None, format)


def _spooled(folder: Path) -> Path:
    """Stdin as a file, whose first bytes say what it is."""
    source = sys.stdin.buffer
    start = b""
    while len(start.lstrip()) < 4 and (more := source.read(4096)):
        start += more
    is_json = start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
    suffix = ".parquet" if start.startswith(b"PAR1") else ".ndjson" if is_json else ".csv"
    path = folder / f"stdin{suffix}"
    with path.open("wb") as file:
        file.write(start)
        shutil.copyfileobj(source, file)
    return path


def _look_into(file: _File) -> None:
    """Finds a file's columns."""
    if file.format != "columns":
        file.columns = _columns_of(file)
        return
    try:
        file.table = _tables._open_columnar(file.path)
        file.columns = list(_tables.arrow_table(file.table, file.name).columns)
    except (ImportError, InputError, OSError):
        raise
    except Exception as e:  # each library has errors of its own
        raise InputError(f"{file.name} cannot be read: {str(e).splitlines()[0]}") from None


def _columns_of(file: _File) -> list[str]:
    if file.format == "ndjson":
        names: dict[str, None] = {}
        with file.path.open(encoding="utf-8-sig", errors="replace") as lines:
            for _, line in zip(range(_NOTICED), lines, strict=False):
                try:
                    names |= dict.fromkeys(json.loads(line))
                except (ValueError, TypeError, RecursionError):
                    continue
        return list(names)
    try:
        return _tables.csv_header(file.path)[1]
    except csv.Error as e:
        raise InputError(f"{file.name}: the header cannot be read: {e}") from None


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
                f"called {names}; it has {', '.join(map(repr, file.columns))}. Say which it is: "
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
                f"{visible(name)!r} is neither a file nor the name of a shipped mapping; {hint}"
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
