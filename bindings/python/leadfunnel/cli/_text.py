# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Texts from strangers, made harmless for where they go."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

# What a spreadsheet takes for the beginning of a formula; the full-width ones in East Asia.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

# What JSON lets stand in a text, and a terminal or an editor might obey.
_OBEYED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def _is_harmless(c: str) -> bool:
    return c.isprintable() or unicodedata.category(c) == "Zs"  # such as the wide space of Japanese


def visible(text: str, keep: str = "") -> str:
    """Text for a terminal: what would control it, or the direction of writing, is shown instead."""
    if text.isprintable():
        return text
    return "".join(c if c in keep or _is_harmless(c) else _escaped(c) for c in text)


def _escaped(c: str) -> str:
    code = ord(c)
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )


def inert(text: str) -> str:
    """Text that a spreadsheet shows, rather than runs."""
    return "'" + text if text.startswith(_FORMULA) else text


def escape_json(text: str) -> str:
    """JSON that says the same, and that a terminal shows rather than obeys."""
    return _OBEYED.sub(lambda m: f"\\u{ord(m[0]):04x}", text)


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
