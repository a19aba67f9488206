# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Which column is what: the library's names, renamed columns and mapping files."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import _core
from ._errors import InputError, Issue, blamed_on, listed, path_of
from ._files import Text, read_file, shipped
from ._model import Plan
from ._table_types import Mapped, ReadOptions, TableKind

# The names of columns, the library's own first.
ALIASES: dict[TableKind, dict[str, tuple[str, ...]]] = {
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
REQUIRED: dict[TableKind, tuple[str, ...]] = {
    "leads": ("lead",),
    "touchpoints": ("lead", "at", "type"),
    "stages": ("lead", "at", "stage"),
}


def example_mappings() -> list[str]:
    """Names of the mapping files that come with the package.

    Returns
    -------
    list of str
        The names, which ``mapping=`` takes.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> "hubspot_contacts" in lf.example_mappings()
    True
    """
    return list(shipped("mappings"))


@dataclass(frozen=True, slots=True)
class MappingFile:
    """The text of a mapping file, and its name for messages."""

    text: str
    name: str


def mapping_file(mapping: Mapped) -> MappingFile | None:
    """The mapping file; None if the mapping only renames columns."""
    if mapping is None:
        return None
    if isinstance(mapping, Mapping):
        if "mappings" not in mapping:
            return None
        with blamed_on("the mapping is no JSON"):
            return MappingFile(json.dumps(dict(mapping)), "mapping")
    known = shipped("mappings")
    path = known[str(mapping)] if str(mapping) in known else Path(path_of(mapping))
    if not path.exists():
        raise InputError(
            f"there is no mapping {str(mapping)!r}; there are {', '.join(known)}, and paths of files"
        )
    try:
        return MappingFile(read_file(path).decode(), str(path))
    except UnicodeDecodeError:
        raise InputError(f"the mapping {str(path)!r} is not UTF-8: save it as UTF-8") from None


def renames_of(mapping: Mapped) -> Mapping[str, str]:
    """The columns that a mapping names; the mapping must be no file.

    Raises
    ------
    InputError
        If a name or a column is no text.
    """
    renames = mapping or {}
    assert isinstance(renames, Mapping)
    for part, column in renames.items():
        if not isinstance(part, str):
            raise InputError(f"the mapping names {part!r}, which is no text")
        if not isinstance(column, str):
            raise InputError(f"the mapping gives {part!r} no column, but {column!r}")
    return renames


def declared_of(plan: Plan, kind: TableKind) -> Mapping[str, str]:
    """What the model declares for tables of a kind: names and their types."""
    if kind == "stages":
        return {}
    return plan._core.attributes if kind == "leads" else plan._core.properties


def parts_of(
    columns: Sequence[str], kind: TableKind, renames: Mapping[str, str], plan: Plan
) -> dict[str, str]:
    """The table's columns by the library's names.

    Raises
    ------
    InputError
        If a renamed part is unknown, or a required column is missing.
    """
    declared = declared_of(plan, kind)
    _check_renames(renames, kind, plan)
    out: dict[str, str] = {}
    for part, aliases in ALIASES[kind].items():
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
    missing = [p for p in REQUIRED[kind] if p not in out]
    if missing:
        raise _missing(missing, columns, kind, renames, out)
    return out


def _check_renames(renames: Mapping[str, str], kind: TableKind, plan: Plan) -> None:
    known = {*ALIASES[kind], *declared_of(plan, kind)}
    everywhere = {
        *(p for a in ALIASES.values() for p in a),
        *plan._core.attributes,
        *plan._core.properties,
    }
    for part in renames:
        if part not in known and part not in everywhere:
            raise InputError(
                f"the mapping names {part!r}, which is nothing of the table of {kind}"
                f"{_suggest(part, known)}"
            )


def _missing(
    missing: Sequence[str],
    columns: Sequence[str],
    kind: TableKind,
    renames: Mapping[str, str],
    found: Mapping[str, str],
) -> InputError:
    what = " and ".join(
        f"{p!r}" + (f" (mapped to {renames[p]!r})" if p in renames else "") for p in missing
    )
    likely = {p: _likely(p, kind, columns, found.values()) for p in missing}
    example = ", ".join(f'"{p}": "{likely[p] or "…"}"' for p in missing)
    return InputError(
        f"the table of {kind} has no column {what}; it has {listed(columns)}. "
        f"Say which column it is: mapping={{{example}}}"
    )


# Columns that messages suggest for a missing one, but that are never used unasked.
_ALSO = {"lead": ("contact", "customer"), "at": ("date",)}


def _plain(column: str) -> str:
    """A column's name as the library writes names."""
    return re.sub(r"\W+", "_", column.strip().lower())


def _likely(part: str, kind: TableKind, columns: Iterable[str], taken: Iterable[str]) -> str:
    """The column that one of the library's names probably means, or an empty text."""
    plain = {_plain(c): c for c in columns if c not in {*taken}}
    aliases = ALIASES[kind][part] + _ALSO.get(part, ())
    near = [n for a in aliases for n in difflib.get_close_matches(a, plain, 1, 0.75)]
    near += [n for a in aliases for n in plain if n.endswith(f"_{a}") and len(a) > 2]
    return plain[near[0]] if near else ""


def rename(
    arrow: _core.ArrowTable, kind: TableKind, plan: Plan, renames: Mapping[str, str]
) -> None:
    """Gives the columns of a table the library's names.

    A column that has one of those names, but another meaning, becomes ``"… (not read)"``.
    """
    columns = arrow.columns
    twice = sorted({c for c in columns if columns.count(c) > 1})
    if twice:
        raise InputError(f"the table of {kind} has two columns {twice[0]!r}")
    parts = parts_of(columns, kind, renames, plan)
    for column in columns:
        if column in {*ALIASES[kind], *parts} and parts.get(column) != column:
            arrow.rename(column, f"{column} (not read)")
    for part, column in parts.items():
        if column != part:
            name = column if column in arrow.columns else f"{column} (not read)"
            arrow.rename(name, part)


def strange_columns(
    unread: Iterable[str], there: Iterable[str], kind: TableKind, plan: Plan
) -> list[Issue]:
    """A warning for each column that is not read, but nearly has the name of an absent one."""
    # Stage entries have no declared columns; a property's name is likely a mistake there, too.
    declared = plan._core.attributes if kind == "leads" else plan._core.properties
    known = [*ALIASES[kind], *declared]
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
    near = difflib.get_close_matches(word, list(candidates), 1, 0.75)
    return f"; did you mean '{near[0]}'?" if near else ""


def texts_in(said: object) -> Iterator[str]:
    """All texts of a JSON value."""
    if isinstance(said, str):
        yield said
    elif isinstance(said, Mapping):
        for key, inner in said.items():
            yield key
            yield from texts_in(inner)
    elif isinstance(said, list):
        for inner in said:
            yield from texts_in(inner)


def mapping_of_text(
    text: Text, plan: Plan, kind: TableKind, options: ReadOptions
) -> tuple[str, list[Issue]]:
    """Makes a mapping file for a CSV or NDJSON text whose columns have the library's names.

    Returns its text, and warnings about columns that it does not name.
    """
    delimiter, columns = text.header()
    parts = parts_of(columns, kind, renames_of(options.mapping_for(kind)), plan)
    to = {"leads": "attributes", "touchpoints": "touchpoint", "stages": "stage"}
    row: dict[str, Any] = {"to": to[kind]}
    row |= {part: column for part, column in parts.items() if part in ALIASES[kind]}
    if kind == "stages" and "funnel" not in row and len(plan.model.funnels) == 1:
        row["funnel"] = {"constant": plan.model.funnels[0].id}
    declared = declared_of(plan, kind)
    facts = {
        part: {"from": column, "type": declared[part]}
        for part, column in parts.items()
        if part not in ALIASES[kind]
    }
    if facts:
        row["attributes" if kind == "leads" else "properties"] = facts
    time = (
        {"format": "rfc3339"}
        if options.timezone is None
        else {"format": "local", "zone": options.timezone, "ambiguous": options.ambiguous}
    )
    out: dict[str, Any] = {"format": text.format, "time": time, "mappings": [row]}
    if text.format == "csv":
        out["delimiter"] = delimiter
    unread = [c for c in columns if c not in parts.values()]
    return json.dumps(out), strange_columns(unread, parts, kind, plan)
