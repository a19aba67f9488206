# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The base of all parts of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, ClassVar

from ._encode import encode


class Part:
    """A part of a model: a rule, a score, a stage."""

    __slots__ = ()
    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset()
    _named: ClassVar[Mapping[str, str]] = {}

    def to_dict(self) -> dict[str, Any]:
        """The part as a model file writes it."""
        out: dict[str, Any] = {"kind": self._kind} if self._kind else {}
        for f in fields(self):  # type: ignore[arg-type]
            value = getattr(self, f.name)
            if value is not None:
                key = f.name.removesuffix("_")
                out[key] = encode_member(value, key in self._lists, self._named.get(key))
        return out


def encode_member(value: object, is_list: bool, named: str | None) -> Any:
    """A member as JSON.

    One element may stand for a list. A text may stand for an element whose only required member is
    ``named``.
    """

    def element(v: object) -> Any:
        return {named: v} if named is not None and isinstance(v, str) else encode(v)

    if not is_list:
        return element(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [element(v) for v in value]
    return [element(value)]
