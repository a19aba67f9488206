# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Untrusted texts, made harmless for CSV and JSON. For people, `_core.printable` does that."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime

from .. import _core

_UNSEEN = "".join(f"{chr(first)}-{chr(last)}" for first, last in _core.unseen())

# What a spreadsheet takes for the beginning of a formula; the wide and small ones in East Asia.
_FORMULA = "=+\\-@＝＋－＠﹦﹢﹣﹫"

# What may stand before it without anybody seeing it: blanks, characters that show nothing, and
# quotes, which a reader with another separator takes away.
_PASSED = f'\\s"{_UNSEEN}\u034f\u115f\u1160\u17b4\u17b5\u200c\u200d\u2800\u3164\ufe00-\ufe0f\uffa0'

# Where another cell begins for who takes the file to be separated otherwise, or ends lines at all
# that Unicode has for it.
_SEPARATORS = ";\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029"

# A run of those, from its first character on so that no part of it is looked at twice.
_RISKY = re.compile(f"(?<![{_PASSED}{_SEPARATORS}])([{_PASSED}{_SEPARATORS}]*+)(?=[{_FORMULA}])")
_LAST_SEPARATOR = re.compile(f"[{_SEPARATORS}](?=[^{_SEPARATORS}]*\\Z)")
_QUOTED = re.compile(f'^[\\s{_UNSEEN}]|[,"{_SEPARATORS}{_UNSEEN}]|[\\s{_UNSEEN}]$')
_HARMLESS = re.compile("[A-Za-z0-9_](?:[A-Za-z0-9_ .:/@#+-]*[A-Za-z0-9_.:/@#+-])?")

# What JSON lets stand in a text, and a terminal or an editor might obey.
_OBEYED = re.compile(f"[{_UNSEEN[3:]}]")


def csv_cell(text: str, *, raw: bool = False) -> str:
    """A text as a cell of CSV.

    A text that a spreadsheet would run as a formula gets a ``'`` before it: one whose first
    character, but for blanks, quotes and characters that show nothing, is ``=``, ``+``, ``-``,
    ``@``, or one of their wide and small forms. So does each part of a text, between semicolons,
    tabs and ends of lines, that a spreadsheet with another separator would take for a cell.
    ``raw`` leaves all that out.

    A cell stands in quotes if it holds what any reader might take for a separator, a quote or an
    end of a line, or if blanks stand at its ends. What is read back has the texts as they were, but
    for each ``'``.
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
    """Cells as a line of CSV. One that is empty and alone stands in quotes: the line counts."""
    return (",".join(cells) or '""' * (len(cells) == 1)) + "\n"


def escape_json(text: str) -> str:
    """JSON that says the same, and that a terminal shows rather than obeys."""
    return _OBEYED.sub(lambda m: json.dumps(m[0])[1:-1], text)


def points_text(number: float) -> str:
    """A number without an exponent, and without zeros that say nothing."""
    text = f"{number:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def instant_text(at: datetime) -> str:
    """An instant as RFC 3339 has it."""
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
