# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Conditions, written as Python: ``lf.attribute("employees").at_least(300)``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar, TypeAlias

Literal_: TypeAlias = bool | int | float | str | datetime | timedelta


class Condition:
    """A question about a lead or a touchpoint. Join them with ``&``, ``|`` and ``~``.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> big = lf.attribute("employees").at_least(300)
    >>> (big & ~lf.attribute("country").equals("JP")).to_dict()
    {'all': [{'attribute': 'employees', 'at_least': 300}, {'not': {'attribute': 'country', 'equals': 'JP'}}]}
    """

    __slots__ = ("_said",)

    def __init__(self, said: Mapping[str, object]) -> None:
        self._said = dict(said)

    def to_dict(self) -> dict[str, object]:
        """The condition as a model file says it."""
        return dict(self._said)

    def __and__(self, other: Condition) -> Condition:
        return all_of(self, other)

    def __or__(self, other: Condition) -> Condition:
        return any_of(self, other)

    def __invert__(self) -> Condition:
        return Condition({"not": self.to_dict()})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and self._said == other._said

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise TypeError("a condition is true or false of a lead only; join conditions with & | ~")

    def __repr__(self) -> str:
        return f"Condition({self._said!r})"


def _parts(conditions: tuple[Condition | Mapping[str, object], ...]) -> list[dict[str, object]]:
    return [c.to_dict() if isinstance(c, Condition) else dict(c) for c in conditions]


def all_of(*conditions: Condition | Mapping[str, object]) -> Condition:
    """All of the conditions hold."""
    return Condition({"all": _parts(conditions)})


def any_of(*conditions: Condition | Mapping[str, object]) -> Condition:
    """At least one of the conditions holds."""
    return Condition({"any": _parts(conditions)})


class Operand:
    """The left side of a condition; its methods are the operators of the model language."""

    __slots__ = ("_said",)

    def __init__(self, said: Mapping[str, object]) -> None:
        self._said = dict(said)

    def _with(self, **more: object) -> Operand:
        return Operand({**self._said, **more})

    def _test(self, operator: str, literal: object) -> Condition:
        return Condition({**self._said, operator: _literal(literal)})

    # Parts

    def domain(self) -> Operand:
        """What follows the last ``@`` of an e-mail address."""
        return self._with(part="domain")

    def local_part(self) -> Operand:
        """What precedes the last ``@`` of an e-mail address."""
        return self._with(part="local_part")

    def normal(self) -> Operand:
        """The normal form of a company's name."""
        return self._with(part="normal")

    def age(self) -> Operand:
        """How long ago an instant was; compare it with a duration."""
        return self._with(part="age")

    def exact(self) -> Operand:
        """Compares text byte by byte, case and width included."""
        return self._with(exact=True)

    # Operators

    def exists(self, yes: bool = True) -> Condition:
        """Whether there is a value at all."""
        return self._test("exists", yes)

    def equals(self, value: Literal_) -> Condition:
        """It is this value."""
        return self._test("equals", value)

    def not_equals(self, value: Literal_) -> Condition:
        """There is a value, and it is another one."""
        return self._test("not_equals", value)

    def less(self, value: Literal_) -> Condition:
        """It is below this number, before this instant, or younger than this."""
        return self._test("less", value)

    def at_most(self, value: Literal_) -> Condition:
        """It is this or less, this instant or earlier."""
        return self._test("at_most", value)

    def greater(self, value: Literal_) -> Condition:
        """It is above this number, after this instant, or older than this."""
        return self._test("greater", value)

    def at_least(self, value: Literal_) -> Condition:
        """It is this or more, this instant or later."""
        return self._test("at_least", value)

    def is_in(self, values: Iterable[Literal_]) -> Condition:
        """It is one of these values."""
        return Condition({**self._said, "in": [_literal(v) for v in values]})

    def in_list(self, name: str) -> Condition:
        """It is on the named list; of a set, at least one of its members is."""
        return self._test("in_list", name)

    def contains(self, text: str) -> Condition:
        """The text occurs in it; a set has the text as a member."""
        return self._test("contains", text)

    def prefix(self, text: str) -> Condition:
        """It begins with this text."""
        return self._test("prefix", text)

    def suffix(self, text: str) -> Condition:
        """It ends with this text."""
        return self._test("suffix", text)

    def glob(self, pattern: str) -> Condition:
        """The whole text fits a pattern of ``*``, ``?`` and ``[a-z]``."""
        return self._test("glob", pattern)

    def regex(self, pattern: str) -> Condition:
        """Some part of the text fits a regular expression in RE2's syntax."""
        return self._test("regex", pattern)

    def __repr__(self) -> str:
        return f"Operand({self._said!r})"


def _literal(value: object) -> object:
    from ._encode import encode

    return encode(value)


def attribute(name: str) -> Operand:
    """A declared attribute of the lead, as known at the instant in question."""
    return Operand({"attribute": name})


def property(name: str) -> Operand:
    """A declared property of the touchpoint at hand, or ``campaign`` or ``channel``."""
    return Operand({"property": name})


def current_stage(funnel: str) -> Operand:
    """The stage that the lead is in."""
    return Operand({"current_stage": funnel})


def times_entered(funnel: str, stage: str) -> Operand:
    """How many times the lead has entered a stage."""
    return Operand({"times_entered": stage, "funnel": funnel})


def score_at_entry(funnel: str, stage: str, score: str) -> Operand:
    """What a score was when the lead last entered a stage."""
    return Operand({"score_at_entry": score, "funnel": funnel, "stage": stage})


def score_now(score: str) -> Operand:
    """What a score is now; in transitions, alerts and queries."""
    return Operand({"score": score})


def band_now(banding: str) -> Operand:
    """The band that the lead is in now; in transitions, alerts and queries."""
    return Operand({"band": banding})


def class_now(matrix: str) -> Operand:
    """The class that the lead is in now; in transitions, alerts and queries."""
    return Operand({"class": matrix})


def time_in_stage(funnel: str) -> Operand:
    """How long ago the lead entered its stage; in transitions, alerts and queries."""
    return Operand({"time_in_stage": funnel})
