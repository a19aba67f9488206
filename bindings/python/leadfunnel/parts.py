# Distributed under the Boost Software License, Version 1.0. See LICENSE.
# Written by bindings/python/generate_parts.py; do not edit.
"""The parts of a model, as classes: the same shape as a model file, with completion.

The first member of a part may be given by position, all others by name. ``None`` stands for the
default. A duration is text such as ``"30d"``, or a ``timedelta``. One element may stand for a list of
one. A name may stand for a part that needs nothing else (its own name, or a score's).
"""

from __future__ import annotations

import collections.abc as abc
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import ClassVar, Literal, TypeAlias

from ._conditions import Condition
from ._events import Value
from ._part import Part

Duration: TypeAlias = str | timedelta
Number: TypeAlias = int | float | Decimal
ConditionLike: TypeAlias = Condition | Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AttributeDeclaration(Part):
    """A fact about leads, for conditions: industry, number of employees, e-mail.

    Parameters
    ----------
    id : str
        The attribute's name, as lead data and conditions spell it.
    type : Literal["bool", "number", "string", "timestamp", "set"], optional
        The type of its values.

        - ``bool``: Yes or no: ``true`` or ``false``.
        - ``number``: A number, whole or with decimals.
        - ``string``: Text, in any script.
        - ``timestamp``: An instant, written with its offset:
          ``"2026-04-01T09:30:00+09:00"``.
        - ``set``: Several texts without order, such as product interests.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    type: Literal["bool", "number", "string", "timestamp", "set"] | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class PropertyDeclaration(Part):
    """A fact about touchpoints, for patterns: the page's URL, the document's name.

    Parameters
    ----------
    id : str
        The property's name, as touchpoint data and conditions spell it.
    type : Literal["bool", "number", "string", "timestamp", "set"], optional
        The type of its values.

        - ``bool``: Yes or no: ``true`` or ``false``.
        - ``number``: A number, whole or with decimals.
        - ``string``: Text, in any script.
        - ``timestamp``: An instant, written with its offset:
          ``"2026-04-01T09:30:00+09:00"``.
        - ``set``: Several texts without order, such as product interests.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    type: Literal["bool", "number", "string", "timestamp", "set"] | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class TouchpointDeclaration(Part):
    """A type of touchpoint: something that a lead does, or that is done with it.

    Parameters
    ----------
    id : str
        The type's name, as touchpoint data and patterns spell it.
    value : str, optional
        What the touchpoint's number counts, such as ``"seconds"``; leave it out if such
        touchpoints have no number.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    value: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class NamedList(Part):
    """A list of texts that conditions refer to by name with ``in_list``: free-mail domains,
    competitors.

    Parameters
    ----------
    id : str
        The list's name.
    members : abc.Sequence[str]
        The texts on the list.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset(["members"])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    members: abc.Sequence[str]
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Roles(Part):
    """Which attributes identify a lead and its owner. They are texts.

    Parameters
    ----------
    email : str, optional
        The lead's e-mail address.
    account : str, optional
        The id of the lead's company.
    owner : str, optional
        The person or queue that has the lead. A change of it is an assignment.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    email: str | None = None
    _: KW_ONLY
    account: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class WorkingHours(Part):
    """Working hours on some days of the week.

    Parameters
    ----------
    days : Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] | abc.Sequence[Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]]
        The days of the week. Range: from 1 to 7.
    from_ : str | time
        When work begins, in local time: ``"09:00"``.
    to : str | time
        When it ends, on the same day: ``"17:30"``, or ``"24:00"``.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset(["days"])
    _named: ClassVar[Mapping[str, str]] = {}

    days: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] | abc.Sequence[Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]]
    _: KW_ONLY
    from_: str | time
    to: str | time


@dataclass(frozen=True, slots=True)
class BusinessCalendar(Part):
    """Working times and holidays. Timers in business time run only during working time. If
    clocks change during working hours, elapsed time counts.

    Parameters
    ----------
    id : str
        The calendar's name, which timers refer to.
    hours : WorkingHours | abc.Sequence[WorkingHours]
        The working times. Overlaps count once. Range: from 1 to 1000.
    time_zone : str, optional
        The IANA time zone of its local times; the model's if left out.
    holidays : str | date | abc.Sequence[str | date], optional
        Dates without work: ``"2026-01-01"``.
    owners : abc.Sequence[str], optional
        Persons or queues with this calendar: if one of them owns a lead, every timer in
        business time uses this calendar for it.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset(["hours", "holidays", "owners"])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    hours: WorkingHours | abc.Sequence[WorkingHours]
    time_zone: str | None = None
    holidays: str | date | abc.Sequence[str | date] | None = None
    owners: abc.Sequence[str] | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Pattern(Part):
    """Which touchpoints match. All its conditions must be true; ``{}`` matches every touchpoint.
    A text or a list of texts is a pattern with only a ``type``.

    Parameters
    ----------
    type : str | abc.Sequence[str], optional
        The type of touchpoint, or a list of types of which one must match; every type if
        left out.
    where : ConditionLike, optional
        A condition on the touchpoint's properties.
    value_at_least : Number, optional
        The touchpoint has a value, and it is at least this: ``60`` for a page viewed for a
        minute. Range: from -1000000000000 to 1000000000000.
    value_below : Number, optional
        The touchpoint has a value, and it is below this. Range: from -1000000000000 to
        1000000000000.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset(["type"])
    _named: ClassVar[Mapping[str, str]] = {}

    type: str | abc.Sequence[str] | None = None
    _: KW_ONLY
    where: ConditionLike | None = None
    value_at_least: Number | None = None
    value_below: Number | None = None


@dataclass(frozen=True, slots=True)
class Timer(Part):
    """A time that must pass since the lead entered its stage, was assigned, or had its last
    touchpoint. The timer restarts whenever that happens again.

    Parameters
    ----------
    after : Duration
        How long it takes. Range: above 0s, up to 73050d.
    since : Literal["stage_entry", "assignment", "touchpoint"], optional
        From when it runs.

        - ``stage_entry``: The lead's entry into the stage that it is in.
        - ``assignment``: The latest change of the lead's owner (the attribute that
          ``roles`` names). The timer does not run while there is no owner.
        - ``touchpoint``: The last touchpoint that matches ``on``; the lead's first event
          if there is none.
    on : Pattern | str | abc.Sequence[str], optional
        For ``"touchpoint"``: which touchpoints restart it; every one if left out.
    calendar : str, optional
        The business calendar in whose working time it runs; if left out, all time counts.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    after: Duration
    _: KW_ONLY
    since: Literal["stage_entry", "assignment", "touchpoint"] | None = None
    on: Pattern | str | abc.Sequence[str] | None = None
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class Sla(Part):
    """A promise for leads in a stage, such as a call within one working day. It is met if the
    lead leaves the stage, or a touchpoint matches ``met_by``, before it is due. Each entry,
    assignment or touchpoint that starts its timer starts a separate promise.

    Parameters
    ----------
    id : str
        The service level's name, which signals show; unique in its stage.
    due : Timer
        When it is due.
    warn_before : Duration, optional
        How long before the deadline to warn, in elapsed time even if the deadline is in
        business time. Range: above 0s, up to 73050d.
    met_by : Pattern | str | abc.Sequence[str], optional
        Touchpoints that meet the promise, besides leaving the stage.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    due: Timer
    warn_before: Duration | None = None
    met_by: Pattern | str | abc.Sequence[str] | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Stage(Part):
    """A step of a funnel that leads can be in.

    Parameters
    ----------
    id : str
        The stage's name, as stage events and conditions spell it.
    phase : Literal["marketing", "sales", "closed"], optional
        Who has the leads in this stage.

        - ``marketing``: Marketing has the lead.
        - ``sales``: Sales has the lead.
        - ``closed``: Closed: won, lost, or given up.
    entry : bool, optional
        If true, leads may enter the funnel here.
    terminal : bool, optional
        If true, the stage is final. Only a transition that names it in ``from`` leads out,
        manually or after a time, as in recycling.
    slas : Sla | abc.Sequence[Sla], optional
        Promises for leads in this stage.
    target_conversion : Number, optional
        A target for reports: the share of entries that should continue to a later stage.
        Range: from 0 to 1.
    target_time : Duration, optional
        A target for reports: the largest median time in this stage. Range: above 0s, up to
        73050d.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset(["slas"])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    phase: Literal["marketing", "sales", "closed"] | None = None
    entry: bool | None = None
    terminal: bool | None = None
    slas: Sla | abc.Sequence[Sla] | None = None
    target_conversion: Number | None = None
    target_time: Duration | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Effects(Part):
    """What a transition does besides moving the lead. Its effects come after the touchpoint that
    caused it.

    Parameters
    ----------
    reset : abc.Sequence[str], optional
        Scores to reset.
    set : Mapping[str, Value], optional
        Attributes to set: ``{"industry": "Machinery"}``; ``null`` removes the value.
    assign : str, optional
        The person or queue that gets the lead: sets the attribute that ``roles`` names as
        the owner.
    alert : str, optional
        The alert to raise.
    cycle : bool, optional
        If true, the lead is recycled: its next cycle begins.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset(["reset"])
    _named: ClassVar[Mapping[str, str]] = {}

    reset: abc.Sequence[str] | None = None
    _: KW_ONLY
    set: Mapping[str, Value] | None = None
    assign: str | None = None
    alert: str | None = None
    cycle: bool | None = None


@dataclass(frozen=True, slots=True)
class Transition(Part):
    """A way from one stage to another. Its trigger is a touchpoint (``on``), a time (``after``),
    a manual move (``manual``), or, without any of these, its condition (``when``) as soon as
    it is true.

    Parameters
    ----------
    id : str
        The transition's name, unique in its funnel.
    to : str
        The stage to enter.
    from_ : str | abc.Sequence[str], optional
        The stage to leave, or a list of stages; ``"*"`` means every other stage that is not
        terminal. If left out, the transition is for leads without a stage.
    on : Pattern | str | abc.Sequence[str], optional
        Triggered by touchpoints that match.
    after : Timer, optional
        Triggered when this time has passed.
    manual : bool, optional
        If true, only a manual move takes it.
    when : ConditionLike, optional
        A condition on scores, bands, classes, attributes and stages. The transition is
        taken only if it is true.
    then : Effects, optional
        What else happens.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset(["from"])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    to: str
    from_: str | abc.Sequence[str] | None = None
    on: Pattern | str | abc.Sequence[str] | None = None
    after: Timer | None = None
    manual: bool | None = None
    when: ConditionLike | None = None
    then: Effects | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Funnel(Part):
    """Stages of leads, and transitions between them. Conditions can test the stage of a lead.

    Parameters
    ----------
    id : str
        The funnel's name.
    stages : Stage | str | abc.Sequence[Stage | str]
        Its stages, in their usual order.
    transitions : Transition | abc.Sequence[Transition], optional
        The transitions. If several are enabled, the first is taken.
    moves : Literal["unrestricted", "declared"], optional
        Which manual moves are allowed.

        - ``unrestricted``: A person or a CRM may move a lead to any stage. A lead without
          a stage may move to an entry stage.
        - ``declared``: Manual moves are limited to the transitions, whatever triggers
          them, and only if ``when`` is true. Any other move is refused.
    source : str, optional
        Where its stages are defined: a book, an article, a house rule.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset(["stages", "transitions"])
    _named: ClassVar[Mapping[str, str]] = {"stages": "id"}

    id: str
    _: KW_ONLY
    stages: Stage | str | abc.Sequence[Stage | str]
    transitions: Transition | abc.Sequence[Transition] | None = None
    moves: Literal["unrestricted", "declared"] | None = None
    source: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Group(Part):
    """Rules of a score whose points together stay within bounds, so that no one kind of
    behaviour can decide the score alone.

    Parameters
    ----------
    id : str
        The group's name, which rules refer to.
    min : Number, optional
        The points of the group are at least this. Range: from -1000000000 to 1000000000.
    max : Number, optional
        The points of the group are at most this. Range: from -1000000000 to 1000000000.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    min: Number | None = None
    max: Number | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Score(Part):
    """A number to which rules add points: how well a lead fits, how engaged it is. It starts at
    0 and stays within its bounds.

    Parameters
    ----------
    id : str
        The score's name, which rules refer to.
    min : Number, optional
        The score is at least this. Range: from -1000000000 to 1000000000.
    max : Number, optional
        The score is at most this. Range: from -1000000000 to 1000000000.
    clamp : Literal["at_end", "running"], optional
        When the score is limited to its bounds.

        - ``at_end``: The sum of everything is limited to the bounds.
        - ``running``: Awards are added one after the other, and the sum is limited after
          each of them: points above the cap are lost.
    groups : Group | str | abc.Sequence[Group | str], optional
        Groups of rules with bounds of their own.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset(["groups"])
    _named: ClassVar[Mapping[str, str]] = {"groups": "id"}

    id: str
    _: KW_ONLY
    min: Number | None = None
    max: Number | None = None
    clamp: Literal["at_end", "running"] | None = None
    groups: Group | str | abc.Sequence[Group | str] | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class AttributeRule(Part):
    """Gives points while a condition on the lead is true, for example on its industry, size,
    country or position.

    Parameters
    ----------
    id : str
        The rule's name, which explanations show; unique among the rules.
    score : str
        The score that the points go to.
    when : ConditionLike
        The condition.
    points : Number
        The points while the condition holds. Range: from -1000000000 to 1000000000.
    group : str, optional
        The group of that score that the points belong to, and whose bounds they share.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = "attribute"
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    score: str
    when: ConditionLike
    points: Number
    group: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Frequency(Part):
    """Gives points while a lead is active enough: at least N matching touchpoints, a sum of
    their values, or a number of different ones, in a period up to now or ever. The points end
    when the touchpoints leave the period.

    Parameters
    ----------
    id : str
        The rule's name, which explanations show; unique among the rules.
    score : str
        The score that the points go to.
    on : Pattern | str | abc.Sequence[str]
        Which touchpoints are counted.
    points : Number
        The points while the amount is reached. Range: from -1000000000 to 1000000000.
    group : str, optional
        The group of that score that the points belong to, and whose bounds they share.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    measure : Literal["count", "sum", "distinct"], optional
        What is counted.

        - ``count``: The number of matching touchpoints.
        - ``sum``: The sum of their values, such as seconds viewed; a touchpoint without a
          value adds nothing.
        - ``distinct``: The number of different values of ``property``; a touchpoint
          without it is not counted.
    property : str, optional
        For ``distinct``: the property whose different values are counted.
    at_least : Number, optional
        The least amount; 1 if left out. Range: above 0, up to 1000000000000.
    window : Duration, optional
        The period up to now in which touchpoints count; all time if left out. Range: above
        0s, up to 73050d.
    when : ConditionLike, optional
        A condition on the lead's attributes and stages. The rule gives points only while it
        is true.
    """

    _kind: ClassVar[str | None] = "frequency"
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    score: str
    on: Pattern | str | abc.Sequence[str]
    points: Number
    group: str | None = None
    description: str | None = None
    measure: Literal["count", "sum", "distinct"] | None = None
    property: str | None = None
    at_least: Number | None = None
    window: Duration | None = None
    when: ConditionLike | None = None


@dataclass(frozen=True, slots=True)
class RecencyBin(Part):
    """A row of a recency rule.

    Parameters
    ----------
    within : Duration
        If the last touchpoint is less than this ago … Range: above 0s, up to 73050d.
    points : Number
        … the rule gives these points. Range: from -1000000000 to 1000000000.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    within: Duration
    _: KW_ONLY
    points: Number


@dataclass(frozen=True, slots=True)
class Recency(Part):
    """Gives points by the time since the last matching touchpoint. Only the first bin that is
    long enough counts.

    Parameters
    ----------
    id : str
        The rule's name, which explanations show; unique among the rules.
    score : str
        The score that the points go to.
    on : Pattern | str | abc.Sequence[str]
        Which touchpoints count.
    bins : RecencyBin | abc.Sequence[RecencyBin]
        The bins, by rising length. Range: from 1 to 1000.
    group : str, optional
        The group of that score that the points belong to, and whose bounds they share.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    otherwise : Number, optional
        The points if the last touchpoint is older than the last bin. Range: from
        -1000000000 to 1000000000.
    if_never : Number, optional
        The points if there was no such touchpoint. Range: from -1000000000 to 1000000000.
    when : ConditionLike, optional
        A condition on the lead's attributes and stages. The rule gives points only while it
        is true.
    """

    _kind: ClassVar[str | None] = "recency"
    _lists: ClassVar[frozenset[str]] = frozenset(["bins"])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    score: str
    on: Pattern | str | abc.Sequence[str]
    bins: RecencyBin | abc.Sequence[RecencyBin]
    group: str | None = None
    description: str | None = None
    otherwise: Number | None = None
    if_never: Number | None = None
    when: ConditionLike | None = None


@dataclass(frozen=True, slots=True)
class Limit(Part):
    """How much a rule may award: at most N awards or N points, in a rolling period, in a
    calendar period, or ever if neither is given. An award that would exceed the limit is
    refused completely and does not count.

    Parameters
    ----------
    at_most : int, optional
        The largest number of awards. Range: from 1 to 1000000000.
    at_most_points : Number, optional
        The largest sum of the awards' points; negative points count as positive. Range:
        above 0, up to 1000000000.
    rolling : Duration, optional
        The limit applies to any period of this length that ends with the touchpoint:
        ``"7d"``. Range: above 0s, up to 73050d.
    calendar : Literal["day", "week", "month", "quarter", "year"], optional
        The limit applies to each calendar period, in the model's time zone.

        - ``day``: A day, from midnight to midnight.
        - ``week``: An ISO week, which begins on Monday.
        - ``month``: A calendar month.
        - ``quarter``: Three months from January, April, July or October.
        - ``year``: A calendar year.
    per_distinct : str, optional
        The limit applies to each value of this property separately, such as once per
        document. Touchpoints without the property share one count.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    at_most: int | None = None
    _: KW_ONLY
    at_most_points: Number | None = None
    rolling: Duration | None = None
    calendar: Literal["day", "week", "month", "quarter", "year"] | None = None
    per_distinct: str | None = None


@dataclass(frozen=True, slots=True)
class NoDecay(Part):
    """The award keeps its points forever; the default.
    """

    _kind: ClassVar[str | None] = "none"
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class HalfLife(Part):
    """The award loses half of its remaining points in each period.

    Parameters
    ----------
    period : Duration
        The time in which the award loses half of its points. Range: above 0s, up to 73050d.
    """

    _kind: ClassVar[str | None] = "half_life"
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    period: Duration


@dataclass(frozen=True, slots=True)
class LinearDecay(Part):
    """The award loses points at a constant rate until nothing is left.

    Parameters
    ----------
    over : Duration
        The time after which nothing is left. Range: above 0s, up to 73050d.
    """

    _kind: ClassVar[str | None] = "linear"
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    over: Duration


@dataclass(frozen=True, slots=True)
class StepDecay(Part):
    """The award loses a percentage at the end of every full period, and nothing in between.

    Parameters
    ----------
    percent : Number
        The loss at each step, in percent. Range: from 0.1 to 100.
    every : Duration
        The period. Range: above 0s, up to 73050d.
    compound : bool, optional
        If true, the percentage is taken of what is left; otherwise of the original award,
        so that 25 % leaves nothing after four periods.
    """

    _kind: ClassVar[str | None] = "step"
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    percent: Number
    _: KW_ONLY
    every: Duration
    compound: bool | None = None


@dataclass(frozen=True, slots=True)
class Expiry(Part):
    """The award keeps all its points for a time and then loses them at once.

    Parameters
    ----------
    after : Duration
        How long the award lasts. Range: above 0s, up to 73050d.
    """

    _kind: ClassVar[str | None] = "expiry"
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    after: Duration


@dataclass(frozen=True, slots=True)
class DecayPoint(Part):
    """A row of a decay table.

    Parameters
    ----------
    age : Duration
        From this age of the award on … Range: above 0s, up to 73050d.
    factor : Number
        … this share of it is left, from 0 (nothing) to 1 (all). Range: from 0 to 1.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    age: Duration
    _: KW_ONLY
    factor: Number


@dataclass(frozen=True, slots=True)
class DecayTable(Part):
    """The award follows a table of ages and shares. It has all its points before the first age,
    and keeps the last share forever.

    Parameters
    ----------
    points : DecayPoint | abc.Sequence[DecayPoint]
        The rows, by rising age. Range: from 1 to 1000.
    interpolate : bool, optional
        If true, the share changes gradually between rows (from all at age 0); otherwise it
        jumps at each row.
    """

    _kind: ClassVar[str | None] = "table"
    _lists: ClassVar[frozenset[str]] = frozenset(["points"])
    _named: ClassVar[Mapping[str, str]] = {}

    points: DecayPoint | abc.Sequence[DecayPoint]
    _: KW_ONLY
    interpolate: bool | None = None


@dataclass(frozen=True, slots=True)
class Occurrence(Part):
    """Every matching touchpoint earns an award: a fixed number of points, or points per unit of
    its value.

    Parameters
    ----------
    id : str
        The rule's name, which explanations show; unique among the rules.
    score : str
        The score that the points go to.
    on : Pattern | str | abc.Sequence[str]
        Which touchpoints award points.
    group : str, optional
        The group of that score that the points belong to, and whose bounds they share.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    points : Number, optional
        The points of each award. Give either this or ``per_value``. Range: from -1000000000
        to 1000000000.
    per_value : Number, optional
        Points for each unit of the touchpoint's value, such as ``0.1`` for each second
        viewed. A touchpoint without a value awards nothing. Range: from -1000000000 to
        1000000000.
    min_points : Number, optional
        With ``per_value``: an award is at least this much. Range: from -1000000000 to
        1000000000.
    max_points : Number, optional
        With ``per_value``: an award is at most this much. Range: from -1000000000 to
        1000000000.
    limits : Limit | abc.Sequence[Limit], optional
        How much the rule may award. All limits must allow an award.
    cooldown : Duration, optional
        After an award the rule makes no other for this long. Range: above 0s, up to 73050d.
    decay : DecayLike, optional
        How each award loses points with age.
    when : ConditionLike, optional
        A condition on the lead's attributes and stages just before the touchpoint. An award
        is made only if it is true.
    """

    _kind: ClassVar[str | None] = "occurrence"
    _lists: ClassVar[frozenset[str]] = frozenset(["limits"])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    score: str
    on: Pattern | str | abc.Sequence[str]
    group: str | None = None
    description: str | None = None
    points: Number | None = None
    per_value: Number | None = None
    min_points: Number | None = None
    max_points: Number | None = None
    limits: Limit | abc.Sequence[Limit] | None = None
    cooldown: Duration | None = None
    decay: DecayLike | None = None
    when: ConditionLike | None = None


@dataclass(frozen=True, slots=True)
class Sequence(Part):
    """A sequence of touchpoints in a given order, within a time, earns an award at its last one.
    Sequences do not overlap: a touchpoint counts for one only.

    Parameters
    ----------
    id : str
        The rule's name, which explanations show; unique among the rules.
    score : str
        The score that the points go to.
    steps : Pattern | str | abc.Sequence[str] | abc.Sequence[Pattern | str | abc.Sequence[str]]
        The touchpoints, first to last. Range: from 2 to 8.
    within : Duration
        The whole sequence takes less than this, from its first touchpoint to its last.
        Range: above 0s, up to 73050d.
    points : Number
        The points for each sequence. Range: from -1000000000 to 1000000000.
    group : str, optional
        The group of that score that the points belong to, and whose bounds they share.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    strict : bool, optional
        If true, no other touchpoint of ``scope`` may come between two steps.
    scope : Pattern | str | abc.Sequence[str], optional
        With ``strict``: which touchpoints may not come between; every one if left out.
    limits : Limit | abc.Sequence[Limit], optional
        How much the rule may award. All limits must allow an award.
    cooldown : Duration, optional
        After an award the rule makes no other for this long. Range: above 0s, up to 73050d.
    decay : DecayLike, optional
        How each award loses points with age.
    when : ConditionLike, optional
        A condition on the lead's attributes and stages just before the touchpoint. An award
        is made only if it is true.
    """

    _kind: ClassVar[str | None] = "sequence"
    _lists: ClassVar[frozenset[str]] = frozenset(["steps", "limits"])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    score: str
    steps: Pattern | str | abc.Sequence[str] | abc.Sequence[Pattern | str | abc.Sequence[str]]
    within: Duration
    points: Number
    group: str | None = None
    description: str | None = None
    strict: bool | None = None
    scope: Pattern | str | abc.Sequence[str] | None = None
    limits: Limit | abc.Sequence[Limit] | None = None
    cooldown: Duration | None = None
    decay: DecayLike | None = None
    when: ConditionLike | None = None


@dataclass(frozen=True, slots=True)
class ReturnRule(Part):
    """A matching touchpoint after a long silence earns an award: for example, a lead that
    attended a seminar a year ago comes back. A lead's first touchpoint is not a return.

    Parameters
    ----------
    id : str
        The rule's name, which explanations show; unique among the rules.
    score : str
        The score that the points go to.
    on : Pattern | str | abc.Sequence[str]
        Which touchpoints are a return.
    after : Duration
        The least length of the silence before it. Range: above 0s, up to 73050d.
    points : Number
        The points for each return. Range: from -1000000000 to 1000000000.
    group : str, optional
        The group of that score that the points belong to, and whose bounds they share.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    silence_of : Pattern | str | abc.Sequence[str], optional
        Which touchpoints break the silence; every one if left out.
    limits : Limit | abc.Sequence[Limit], optional
        How much the rule may award. All limits must allow an award.
    cooldown : Duration, optional
        After an award the rule makes no other for this long. Range: above 0s, up to 73050d.
    decay : DecayLike, optional
        How each award loses points with age.
    when : ConditionLike, optional
        A condition on the lead's attributes and stages just before the touchpoint. An award
        is made only if it is true.
    """

    _kind: ClassVar[str | None] = "return"
    _lists: ClassVar[frozenset[str]] = frozenset(["limits"])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    score: str
    on: Pattern | str | abc.Sequence[str]
    after: Duration
    points: Number
    group: str | None = None
    description: str | None = None
    silence_of: Pattern | str | abc.Sequence[str] | None = None
    limits: Limit | abc.Sequence[Limit] | None = None
    cooldown: Duration | None = None
    decay: DecayLike | None = None
    when: ConditionLike | None = None


@dataclass(frozen=True, slots=True)
class Inactivity(Part):
    """Silence makes awards, usually negative: when a time has passed since the last matching
    touchpoint (or since the lead's first event), and again at intervals.

    Parameters
    ----------
    id : str
        The rule's name, which explanations show; unique among the rules.
    score : str
        The score that the points go to.
    after : Duration
        How long the silence must last before the first award. Range: above 0s, up to
        73050d.
    points : Number
        The points of each award. Range: from -1000000000 to 1000000000.
    group : str, optional
        The group of that score that the points belong to, and whose bounds they share.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    on : Pattern | str | abc.Sequence[str], optional
        Which touchpoints end the silence; every one if left out.
    every : Duration, optional
        With ``times`` above 1: the time from each award to the next. Range: above 0s, up to
        73050d.
    times : int, optional
        The largest number of awards in one silence; 1 if left out. Range: from 1 to 1000.
    while_idle : bool, optional
        If true, the points end at the next matching touchpoint; otherwise they stay.
    limits : Limit | abc.Sequence[Limit], optional
        How much the rule may award. All limits must allow an award.
    cooldown : Duration, optional
        After an award the rule makes no other for this long. Range: above 0s, up to 73050d.
    decay : DecayLike, optional
        How each award loses points with age.
    when : ConditionLike, optional
        A condition on the lead's attributes and stages just before the touchpoint. An award
        is made only if it is true.
    """

    _kind: ClassVar[str | None] = "inactivity"
    _lists: ClassVar[frozenset[str]] = frozenset(["limits"])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    score: str
    after: Duration
    points: Number
    group: str | None = None
    description: str | None = None
    on: Pattern | str | abc.Sequence[str] | None = None
    every: Duration | None = None
    times: int | None = None
    while_idle: bool | None = None
    limits: Limit | abc.Sequence[Limit] | None = None
    cooldown: Duration | None = None
    decay: DecayLike | None = None
    when: ConditionLike | None = None


@dataclass(frozen=True, slots=True)
class WeightedTerm(Part):
    """A score and its weight.

    Parameters
    ----------
    score : str
        The score that is multiplied.
    weight : Number, optional
        What it is multiplied by; 1 if left out. Range: from -1000000 to 1000000.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    score: str
    _: KW_ONLY
    weight: Number | None = None


@dataclass(frozen=True, slots=True)
class WeightedSum(Part):
    """Scores, each multiplied by a weight, added up.

    Parameters
    ----------
    terms : WeightedTerm | str | abc.Sequence[WeightedTerm | str]
        The scores and their weights. Range: from 1 to 1000.
    plus : Number, optional
        A constant that is added. Range: from -1000000000 to 1000000000.
    """

    _kind: ClassVar[str | None] = "weighted_sum"
    _lists: ClassVar[frozenset[str]] = frozenset(["terms"])
    _named: ClassVar[Mapping[str, str]] = {"terms": "score"}

    terms: WeightedTerm | str | abc.Sequence[WeightedTerm | str]
    _: KW_ONLY
    plus: Number | None = None


@dataclass(frozen=True, slots=True)
class MinimumOf(Part):
    """The lowest of several scores.

    Parameters
    ----------
    scores : abc.Sequence[str]
        The scores that are compared. Range: from 1 to 1000.
    """

    _kind: ClassVar[str | None] = "min"
    _lists: ClassVar[frozenset[str]] = frozenset(["scores"])
    _named: ClassVar[Mapping[str, str]] = {}

    scores: abc.Sequence[str]


@dataclass(frozen=True, slots=True)
class MaximumOf(Part):
    """The highest of several scores.

    Parameters
    ----------
    scores : abc.Sequence[str]
        The scores that are compared. Range: from 1 to 1000.
    """

    _kind: ClassVar[str | None] = "max"
    _lists: ClassVar[frozenset[str]] = frozenset(["scores"])
    _named: ClassVar[Mapping[str, str]] = {}

    scores: abc.Sequence[str]


@dataclass(frozen=True, slots=True)
class Logistic(Part):
    """An S-curve of a score between 0 and a top, such as a probability: ``top / (1 + e^(−(score
    − midpoint) / spread))``.

    Parameters
    ----------
    score : str
        The score to read.
    midpoint : Number, optional
        The score at which the result is half of the top. Range: from -1000000000 to
        1000000000.
    spread : Number, optional
        The width of the curve: the points over which it rises from 50 % to 73 %. Range:
        above 0, up to 1000000000.
    top : Number, optional
        The upper end of the curve: 1 for a probability, 100 for a percentage. Range: from
        -1000000000 to 1000000000.
    """

    _kind: ClassVar[str | None] = "logistic"
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    score: str
    _: KW_ONLY
    midpoint: Number | None = None
    spread: Number | None = None
    top: Number | None = None


@dataclass(frozen=True, slots=True)
class LookupStep(Part):
    """A row of a lookup.

    Parameters
    ----------
    at_least : Number
        If the score is at least this … Range: from -1000000000 to 1000000000.
    points : Number
        … the result is this. Range: from -1000000000 to 1000000000.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    at_least: Number
    _: KW_ONLY
    points: Number


@dataclass(frozen=True, slots=True)
class Lookup(Part):
    """A table from scores to results. The highest row that the score reaches counts.

    Parameters
    ----------
    score : str
        The score that is looked up.
    steps : LookupStep | abc.Sequence[LookupStep]
        The rows, by rising score. Range: from 1 to 1000.
    below : Number, optional
        The result below the first row. Range: from -1000000000 to 1000000000.
    """

    _kind: ClassVar[str | None] = "lookup"
    _lists: ClassVar[frozenset[str]] = frozenset(["steps"])
    _named: ClassVar[Mapping[str, str]] = {}

    score: str
    _: KW_ONLY
    steps: LookupStep | abc.Sequence[LookupStep]
    below: Number | None = None


@dataclass(frozen=True, slots=True)
class DerivedScore(Part):
    """A score made from other scores, plain or derived. It is absent if one of them is.

    Parameters
    ----------
    id : str
        The derived score's name; no score has the same.
    from_ : FormulaLike
        The formula.
    min : Number, optional
        The result is at least this. Range: from -1000000000 to 1000000000.
    max : Number, optional
        The result is at most this. Range: from -1000000000 to 1000000000.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    from_: FormulaLike
    min: Number | None = None
    max: Number | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Reset(Part):
    """A touchpoint or stage entry that voids all earlier awards, so that a score starts again.
    Limits and cooldowns continue, and points for attributes stay.

    Parameters
    ----------
    id : str
        The reset's name, which explanations show.
    on : Pattern | str | abc.Sequence[str], optional
        The touchpoints that reset. Either this, or ``funnel`` and ``stage``.
    funnel : str, optional
        The funnel of ``stage``.
    stage : str, optional
        Every entry into this stage resets.
    scores : abc.Sequence[str], optional
        Which scores it acts on; every one if left out.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset(["scores"])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    on: Pattern | str | abc.Sequence[str] | None = None
    funnel: str | None = None
    stage: str | None = None
    scores: abc.Sequence[str] | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Exclusion(Part):
    """Leads without scores while a condition is true: competitors, your own staff, people who
    object to profiling. Their scores are absent, which is not the same as 0.

    Parameters
    ----------
    id : str
        The exclusion's name, which explanations give as the reason.
    when : ConditionLike
        The condition on the lead's attributes and stages.
    scores : abc.Sequence[str], optional
        Which scores are absent; every one if left out.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset(["scores"])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    when: ConditionLike
    scores: abc.Sequence[str] | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Freeze(Part):
    """While a condition is true just before a touchpoint, rules make no new awards, for example
    while sales works on the lead. Earlier awards continue to decay.

    Parameters
    ----------
    id : str
        The freeze's name, which explanations show.
    when : ConditionLike
        The condition on the lead's attributes and stages.
    scores : abc.Sequence[str], optional
        Which scores it acts on; every one if left out.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset(["scores"])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    when: ConditionLike
    scores: abc.Sequence[str] | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Band(Part):
    """A named range of a score, such as hot or B.

    Parameters
    ----------
    id : str
        The band's name.
    enter : Number, optional
        The band begins at this score. The first band has none: it covers everything below.
        Range: from -1000000000 to 1000000000.
    leave : Number, optional
        A lead in the band stays there until its score is below this; the same as ``enter``
        if left out, and never above it. Range: from -1000000000 to 1000000000.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    enter: Number | None = None
    leave: Number | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Banding(Part):
    """Names for ranges of a score, lowest first: cold, warm, hot.

    Parameters
    ----------
    id : str
        The banding's name.
    score : str
        The score whose ranges are named.
    bands : Band | str | abc.Sequence[Band | str]
        The bands, lowest first. Range: from 1 to 1000.
    min_dwell : Duration, optional
        A lead that has entered a band stays in it at least this long. Range: above 0s, up
        to 73050d.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset(["bands"])
    _named: ClassVar[Mapping[str, str]] = {"bands": "id"}

    id: str
    _: KW_ONLY
    score: str
    bands: Band | str | abc.Sequence[Band | str]
    min_dwell: Duration | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Matrix(Part):
    """Two bandings crossed, such as fit A to D by engagement 1 to 4, into classes.

    Parameters
    ----------
    id : str
        The matrix's name.
    rows : str
        The banding whose bands are the rows.
    columns : str
        The banding whose bands are the columns.
    classes : abc.Sequence[abc.Sequence[str]], optional
        The class of each cell: a list for each row band, lowest first, with a name for each
        column band, lowest first. If left out, a class is the names of its two bands
        joined, as in ``A1``.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset(["classes"])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    rows: str
    columns: str
    classes: abc.Sequence[abc.Sequence[str]] | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Alert(Part):
    """Signals that something has become true for a lead: once, and again only after it has
    become false.

    Parameters
    ----------
    id : str
        The alert's name, which signals show and transitions refer to.
    when : ConditionLike, optional
        What must become true; if left out, only transitions raise the alert.
    rearm : ConditionLike, optional
        What must have been true in between before the alert is raised again; if left out,
        that ``when`` was false.
    cooldown : Duration, optional
        The least time between two alerts for a lead. Range: above 0s, up to 73050d.
    explain : str, optional
        A score whose explanation is added to the alert.
    description : str, optional
        A note for the people who read the model; it changes nothing.
    """

    _kind: ClassVar[str | None] = None
    _lists: ClassVar[frozenset[str]] = frozenset([])
    _named: ClassVar[Mapping[str, str]] = {}

    id: str
    _: KW_ONLY
    when: ConditionLike | None = None
    rearm: ConditionLike | None = None
    cooldown: Duration | None = None
    explain: str | None = None
    description: str | None = None


DecayLike: TypeAlias = NoDecay | HalfLife | LinearDecay | StepDecay | Expiry | DecayTable
FormulaLike: TypeAlias = WeightedSum | MinimumOf | MaximumOf | Logistic | Lookup
RuleLike: TypeAlias = AttributeRule | Frequency | Recency | Occurrence | Sequence | ReturnRule | Inactivity


class ModelMembers:
    """The members of a model."""

    _members: ClassVar[tuple[str, ...]] = (
        "id",
        "scores",
        "rules",
        "version",
        "description",
        "time_zone",
        "decay_grid",
        "attributes",
        "properties",
        "touchpoints",
        "lists",
        "roles",
        "calendars",
        "funnels",
        "derived",
        "resets",
        "exclusions",
        "freezes",
        "bandings",
        "matrices",
        "alerts",
    )
    _lists: ClassVar[frozenset[str]] = frozenset(["scores", "rules", "attributes", "properties", "touchpoints", "lists", "calendars", "funnels", "derived", "resets", "exclusions", "freezes", "bandings", "matrices", "alerts"])
    _named: ClassVar[Mapping[str, str]] = {"scores": "id", "attributes": "id", "properties": "id", "touchpoints": "id", "resets": "id", "alerts": "id"}

    def __init__(
        self,
        id: str,
        *,
        scores: Score | str | abc.Sequence[Score | str],
        rules: RuleLike | abc.Sequence[RuleLike],
        version: str | None = None,
        description: str | None = None,
        time_zone: str | None = None,
        decay_grid: Duration | None = None,
        attributes: AttributeDeclaration | str | abc.Sequence[AttributeDeclaration | str] | None = None,
        properties: PropertyDeclaration | str | abc.Sequence[PropertyDeclaration | str] | None = None,
        touchpoints: TouchpointDeclaration | str | abc.Sequence[TouchpointDeclaration | str] | None = None,
        lists: NamedList | abc.Sequence[NamedList] | None = None,
        roles: Roles | None = None,
        calendars: BusinessCalendar | abc.Sequence[BusinessCalendar] | None = None,
        funnels: Funnel | abc.Sequence[Funnel] | None = None,
        derived: DerivedScore | abc.Sequence[DerivedScore] | None = None,
        resets: Reset | str | abc.Sequence[Reset | str] | None = None,
        exclusions: Exclusion | abc.Sequence[Exclusion] | None = None,
        freezes: Freeze | abc.Sequence[Freeze] | None = None,
        bandings: Banding | abc.Sequence[Banding] | None = None,
        matrices: Matrix | abc.Sequence[Matrix] | None = None,
        alerts: Alert | str | abc.Sequence[Alert | str] | None = None,
    ) -> None:
        said = {
            "id": id,
            "scores": scores,
            "rules": rules,
            "version": version,
            "description": description,
            "time_zone": time_zone,
            "decay_grid": decay_grid,
            "attributes": attributes,
            "properties": properties,
            "touchpoints": touchpoints,
            "lists": lists,
            "roles": roles,
            "calendars": calendars,
            "funnels": funnels,
            "derived": derived,
            "resets": resets,
            "exclusions": exclusions,
            "freezes": freezes,
            "bandings": bandings,
            "matrices": matrices,
            "alerts": alerts,
        }
        self._build(said)

    def _build(self, said: Mapping[str, object]) -> None:
        raise NotImplementedError


BY_NAME: dict[str, type[Part]] = {
    "attribute_declaration": AttributeDeclaration,
    "property_declaration": PropertyDeclaration,
    "touchpoint_declaration": TouchpointDeclaration,
    "named_list": NamedList,
    "roles": Roles,
    "business_calendar": BusinessCalendar,
    "working_hours": WorkingHours,
    "funnel": Funnel,
    "stage": Stage,
    "sla": Sla,
    "timer": Timer,
    "pattern": Pattern,
    "transition": Transition,
    "effects": Effects,
    "score": Score,
    "group": Group,
    "attribute_rule": AttributeRule,
    "frequency": Frequency,
    "recency": Recency,
    "recency_bin": RecencyBin,
    "occurrence": Occurrence,
    "limit": Limit,
    "no_decay": NoDecay,
    "half_life": HalfLife,
    "linear_decay": LinearDecay,
    "step_decay": StepDecay,
    "expiry": Expiry,
    "decay_table": DecayTable,
    "decay_point": DecayPoint,
    "sequence": Sequence,
    "return_rule": ReturnRule,
    "inactivity": Inactivity,
    "derived_score": DerivedScore,
    "weighted_sum": WeightedSum,
    "weighted_term": WeightedTerm,
    "minimum_of": MinimumOf,
    "maximum_of": MaximumOf,
    "logistic": Logistic,
    "lookup": Lookup,
    "lookup_step": LookupStep,
    "reset": Reset,
    "exclusion": Exclusion,
    "freeze": Freeze,
    "banding": Banding,
    "band": Band,
    "matrix": Matrix,
    "alert": Alert,
}

SHAPES: dict[str, dict[str, object]] = {
    "model": {"attributes": "attribute_declaration", "properties": "property_declaration", "touchpoints": "touchpoint_declaration", "lists": "named_list", "roles": "roles", "calendars": "business_calendar", "funnels": "funnel", "scores": "score", "rules": {"kinds": ["attribute_rule", "frequency", "recency", "occurrence", "sequence", "return_rule", "inactivity"]}, "derived": "derived_score", "resets": "reset", "exclusions": "exclusion", "freezes": "freeze", "bandings": "banding", "matrices": "matrix", "alerts": "alert"},
    "attribute_declaration": {},
    "property_declaration": {},
    "touchpoint_declaration": {},
    "named_list": {},
    "roles": {},
    "business_calendar": {"hours": "working_hours"},
    "working_hours": {},
    "funnel": {"stages": "stage", "transitions": "transition"},
    "stage": {"slas": "sla"},
    "sla": {"due": "timer", "met_by": "pattern"},
    "timer": {"on": "pattern"},
    "pattern": {"where": "condition"},
    "transition": {"on": "pattern", "after": "timer", "when": "condition", "then": "effects"},
    "effects": {},
    "score": {"groups": "group"},
    "group": {},
    "attribute_rule": {"when": "condition"},
    "frequency": {"on": "pattern", "when": "condition"},
    "recency": {"on": "pattern", "bins": "recency_bin", "when": "condition"},
    "recency_bin": {},
    "occurrence": {"on": "pattern", "limits": "limit", "decay": {"kinds": ["no_decay", "half_life", "linear_decay", "step_decay", "expiry", "decay_table"]}, "when": "condition"},
    "limit": {},
    "no_decay": {},
    "half_life": {},
    "linear_decay": {},
    "step_decay": {},
    "expiry": {},
    "decay_table": {"points": "decay_point"},
    "decay_point": {},
    "sequence": {"steps": "pattern", "scope": "pattern", "limits": "limit", "decay": {"kinds": ["no_decay", "half_life", "linear_decay", "step_decay", "expiry", "decay_table"]}, "when": "condition"},
    "return_rule": {"on": "pattern", "silence_of": "pattern", "limits": "limit", "decay": {"kinds": ["no_decay", "half_life", "linear_decay", "step_decay", "expiry", "decay_table"]}, "when": "condition"},
    "inactivity": {"on": "pattern", "limits": "limit", "decay": {"kinds": ["no_decay", "half_life", "linear_decay", "step_decay", "expiry", "decay_table"]}, "when": "condition"},
    "derived_score": {"from": {"kinds": ["weighted_sum", "minimum_of", "maximum_of", "logistic", "lookup"]}},
    "weighted_sum": {"terms": "weighted_term"},
    "weighted_term": {},
    "minimum_of": {},
    "maximum_of": {},
    "logistic": {},
    "lookup": {"steps": "lookup_step"},
    "lookup_step": {},
    "reset": {"on": "pattern"},
    "exclusion": {"when": "condition"},
    "freeze": {"when": "condition"},
    "banding": {"bands": "band"},
    "band": {},
    "matrix": {},
    "alert": {"when": "condition", "rearm": "condition"},
}

__all__ = [
    "Alert",
    "AttributeDeclaration",
    "AttributeRule",
    "Band",
    "Banding",
    "BusinessCalendar",
    "DecayLike",
    "DecayPoint",
    "DecayTable",
    "DerivedScore",
    "Effects",
    "Exclusion",
    "Expiry",
    "FormulaLike",
    "Freeze",
    "Frequency",
    "Funnel",
    "Group",
    "HalfLife",
    "Inactivity",
    "Limit",
    "LinearDecay",
    "Logistic",
    "Lookup",
    "LookupStep",
    "Matrix",
    "MaximumOf",
    "MinimumOf",
    "NamedList",
    "NoDecay",
    "Occurrence",
    "Pattern",
    "PropertyDeclaration",
    "Recency",
    "RecencyBin",
    "Reset",
    "ReturnRule",
    "Roles",
    "RuleLike",
    "Score",
    "Sequence",
    "Sla",
    "Stage",
    "StepDecay",
    "Timer",
    "TouchpointDeclaration",
    "Transition",
    "WeightedSum",
    "WeightedTerm",
    "WorkingHours",
]
