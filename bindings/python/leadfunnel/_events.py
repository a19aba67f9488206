# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""What a lead's history is made of."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

Value: TypeAlias = None | bool | int | float | str | datetime | Set[str]
"""What an attribute or a property holds; ``None`` is no value."""

Instant: TypeAlias = str | datetime
"""An instant: an aware ``datetime``, or text such as ``"2026-04-01T09:00:00+09:00"``."""


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """Something that a lead did, or that happened to it.

    Its ``value`` lies within ±10¹², in any unit; ``None`` and NaN are none.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.Touchpoint("L-17", "2026-04-01T09:00:00+09:00", "page_view", {"url": "/pricing/"}).type
    'page_view'
    """

    lead: str
    at: Instant
    type: str
    properties: Mapping[str, Value] = field(default_factory=dict)
    value: float | None = None
    campaign: str = ""
    channel: str = ""
    source: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Attributes:
    """Facts about a lead that hold from an instant on; without one, always.

    A value of ``None`` takes the value away; what is not named stays as it was.
    """

    lead: str
    values: Mapping[str, Value]
    at: Instant | None = None
    source: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class StageEntry:
    """A lead's entry into a stage: a decision of a person, a CRM or a transition."""

    lead: str
    at: Instant
    funnel: str
    stage: str
    transition: str = ""
    reason: str = ""
    cause: str = ""
    cycle: int = 0
    number: int = 0
    sets: Mapping[str, Value] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    model_version: str = ""
    source: str = ""
    id: str = ""


Event: TypeAlias = Touchpoint | Attributes | StageEntry | Mapping[str, object]
"""An event, as one of the classes, or as a ``dict`` or another ``Mapping`` with the same keys; one
that has a ``type`` is a touchpoint, one that has a ``stage`` a stage entry, any other tells
attributes. Properties and attributes that the model declares may stand in the ``dict`` itself, as
in a row of a table."""
