# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The events of leads."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

Value: TypeAlias = None | bool | int | float | str | datetime | Set[str]
"""The value of an attribute or a property; ``None`` is no value."""

Instant: TypeAlias = str | datetime
"""An instant: an aware ``datetime``, or text such as ``"2026-04-01T09:00:00+09:00"``."""


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """Something that a lead did, or that happened to it.

    Parameters
    ----------
    lead : str
        The lead's id.
    at : Instant
        When it happened.
    type : str
        The type, which the model declares.
    properties : dict of str to Value, default {}
        The properties, which the model declares.
    value : float, optional
        The value, within ±10¹², in any unit; None and NaN are no value.
    campaign, channel, source : str, default ""
        Where the touchpoint comes from. ``source`` is the system that reports it.
    id : str, default ""
        The id in the source. An event with the same source and id is a duplicate.

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
    """Facts about a lead that hold from an instant on.

    Parameters
    ----------
    lead : str
        The lead's id.
    values : dict of str to Value
        The attributes, which the model declares. None removes a value; other attributes stay.
    at : Instant, optional
        From when the facts hold; always by default.
    source : str, default ""
        The system that reports the facts.
    id : str, default ""
        The id in the source. An event with the same source and id is a duplicate.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.Attributes("L-17", {"employees": 850}).values["employees"]
    850
    """

    lead: str
    values: Mapping[str, Value]
    at: Instant | None = None
    source: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class StageEntry:
    """A lead's entry into a stage, by a person, a CRM or a transition.

    Parameters
    ----------
    lead : str
        The lead's id.
    at : Instant
        When it entered.
    funnel, stage : str
        The funnel and its stage.
    transition : str, default ""
        The transition that moved the lead; empty for a manual move.
    reason : str, default ""
        The reason.
    cause : str, default ""
        Who or what moved the lead.
    cycle : int, default 0
        The round through the funnel, from 1; 0 lets the engine count.
    number : int, default 0
        The number of the entry in the lead's log, from 1; 0 lets the engine count.
    sets : dict of str to Value, default {}
        Attributes that the entry sets.
    scores : dict of str to float, default {}
        The lead's scores at the entry.
    model_version : str, default ""
        The version of the model at the entry.
    source : str, default ""
        The system that reports the entry.
    id : str, default ""
        The id in the source. An event with the same source and id is a duplicate.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.StageEntry("L-17", "2026-04-01T09:00:00+09:00", "sales", "won").stage
    'won'
    """

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
"""An event: an object of one of the classes, or a ``dict`` or another ``Mapping`` with their
members. A mapping with a ``type`` is a touchpoint, one with a ``stage`` a stage entry, any other
sets attributes. Declared properties and attributes may be members of the mapping itself, as in a
row of a table."""
