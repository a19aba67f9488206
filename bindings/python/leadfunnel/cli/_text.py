# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Untrusted texts, made harmless for CSV and JSON. For people, `_core.printable` does that."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime

from .. import _core

_UNSEEN = "".join(f"{chr(first)}-{chr(last)}" for first, last in _core.unseen())

# Characters that begin a formula in spreadsheets, with their wide and small forms of East Asia.
_FORMULA = "=+\\-@＝＋－＠﹦﹢﹣﹫"

# Characters that may precede it unseen: blanks, characters without a glyph, and quotes, which a
# reader with another separator removes.
_PASSED = f'\\s"{_UNSEEN}\u034f\u115f\u1160\u17b4\u17b5\u200c\u200d\u2800\u3164\ufe00-\ufe0f\uffa0'

# Characters that begin a cell for readers with another separator, or with all of Unicode's ends of
# lines.
_SEPARATORS = ";\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029"

# A run of both before a formula. It matches only from the run's first character, so that the search
# takes linear time.
_RISKY = re.compile(f"(?<![{_PASSED}{_SEPARATORS}])([{_PASSED}{_SEPARATORS}]*+)(?=[{_FORMULA}])")
_LAST_SEPARATOR = re.compile(f"[{_SEPARATORS}](?=[^{_SEPARATORS}]*\\Z)")
_QUOTED = re.compile(f'^[\\s{_UNSEEN}]|[,"{_SEPARATORS}{_UNSEEN}]|[\\s{_UNSEEN}]$')
_HARMLESS = re.compile("[A-Za-z0-9_](?:[A-Za-z0-9_ .:/@#+-]*[A-Za-z0-9_.:/@#+-])?")

# Characters that JSON allows in a text, and that a terminal or an editor might obey.
_OBEYED = re.compile(f"[{_UNSEEN[3:]}]")


def csv_cell(text: str, *, raw: bool = False) -> str:
    """A text as a cell of CSV.

    A spreadsheet runs a text as a formula if its first character, after blanks, quotes and
    characters without a glyph, is ``=``, ``+``, ``-``, ``@``, or one of their wide and small forms.
    Such a text gets a ``'`` before it. So does each part of a text between semicolons, tabs and
    ends of lines, which a spreadsheet with another separator would read as a cell. ``raw`` adds no
    ``'``.

    A cell is quoted if it holds a separator, a quote or an end of a line for any reader, or begins
    or ends with a blank. Reading the CSV gives the same texts, but for each ``'``.
    """
    if _HARMLESS.fullmatch(text):
        return text
    if not raw:
        text = _RISKY.sub(_defused, text)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _defused(found: re.Match[str]) -> str:
    passed = found[1]
    cut = _LAST_SEPARATOR.search(passed)
    if cut is not None:
        passed = f"{passed[: cut.end()]}'{passed[cut.end() :]}"
    return passed if found.start() else "'" + passed


def csv_line(cells: Sequence[str]) -> str:
    """Cells as a line of CSV. A single empty cell is quoted, as an empty line would not count."""
    return (",".join(cells) or '""' * (len(cells) == 1)) + "\n"


def escape_json(text: str) -> str:
    """Equal JSON that a terminal shows rather than obeys."""
    return _OBEYED.sub(lambda m: json.dumps(m[0])[1:-1], text)


def points_text(number: float) -> str:
    """A number without an exponent and without trailing zeros."""
    text = f"{number:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def instant_text(at: datetime) -> str:
    """An instant in RFC 3339."""
    return at.isoformat().replace("+00:00", "Z")


def cell_text(value: object) -> str:
    """A cell as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return points_text(value)
    if isinstance(value, datetime):
        return instant_text(value)
    return str(value)
