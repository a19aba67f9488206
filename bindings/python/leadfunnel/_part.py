# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""What all parts of a model have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, ClassVar

from ._encode import encode


class Part:
    """A part of a model: a rule, a score, a stage. It knows how a model file says it."""

    __slots__ = ()
    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset()
    _named: ClassVar[Mapping[str, str]] = {}

    def to_dict(self) -> dict[str, Any]:
        """The part as a model file says it."""
        out: dict[str, Any] = {"kind": self._kind} if self._kind else {}
        for f in fields(self):  # type: ignore[arg-type]
            value = getattr(self, f.name)
            if value is not None:
                key = f.name.removesuffix("_")
                out[key] = encode_member(value, key in self._lists, self._named.get(key))
        return out


def encode_member(value: object, is_list: bool, named: str | None) -> Any:
    """A member as JSON has it: one element may stand for a list, and, where `named` is its only
    member that must be there, a text for an element."""

    def element(v: object) -> Any:
        return {named: v} if named is not None and isinstance(v, str) else encode(v)

    if not is_list:
        return element(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [element(v) for v in value]
    return [element(value)]
