# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""What calls of the engine return."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias, get_args

from . import _core
from ._events import Attributes, StageEntry, Touchpoint
from ._results import ColumnKind, Table, show

SignalKind: TypeAlias = Literal[
    "stage_changed",
    "band_changed",
    "class_changed",
    "alert",
    "sla_warning",
    "sla_breached",
    "sla_met",
    "assigned",
    "refused",
    "merged",
    "unmerged",
    "erased",
    "model_replaced",
]
"""The kinds of signals."""

SIGNAL_KINDS: tuple[SignalKind, ...] = get_args(SignalKind)


@dataclass(frozen=True, slots=True)
class Applied:
    """The outcome of an event. It is false if the event was refused.

    Attributes
    ----------
    outcome : Literal["taken", "duplicate", "refused"]
        ``duplicate``: the source id was there already, and nothing changed. ``refused``: the move
        is not allowed, and nothing changed but for a signal.
    late : bool
        Whether later events had been applied before. Scores count it at its own instant.
    reason : str
        Why the event was refused.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> crm = lf.Engine(lf.example_model("b2b_starter"))
    >>> crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
    Applied(outcome='taken', late=False, reason='')
    """

    outcome: Literal["taken", "duplicate", "refused"]
    late: bool = False
    reason: str = ""

    def __bool__(self) -> bool:
        return self.outcome != "refused"


@dataclass(frozen=True, slots=True)
class BatchReport:
    """The outcome of many events.

    Attributes
    ----------
    taken : int
        The number of events that were applied.
    duplicates : int
        The number of events whose source id was there already.
    late : int
        The number of events that were applied after later ones.
    refused : list of (int, str)
        The number of each refused event, from 0, and why.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> crm = lf.Engine(lf.example_model("b2b_starter"))
    >>> crm.apply([{"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"}])
    BatchReport(taken=1, duplicates=0, late=0, refused=[])
    """

    taken: int
    duplicates: int
    late: int
    refused: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a lead is in a funnel.

    Attributes
    ----------
    stage : str
        The stage.
    since : datetime
        When the lead entered it.
    cycle : int
        The round through the funnel, from 1.
    entries : int
        How many times the lead has entered a stage of the funnel.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> crm = lf.Engine(lf.example_model("b2b_starter"))
    >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
    >>> crm.stage("L-1").stage
    'contact'
    """

    stage: str
    since: datetime
    cycle: int
    entries: int


@dataclass(frozen=True, slots=True)
class Signal:
    """One entry of the outbox: what changed, for which lead, when and why.

    Texts in it are as untrusted as the events that they come from.

    Attributes
    ----------
    sequence : int
        The number of the signal, from 1.
    at : datetime
        When it was emitted, by the engine's clock.
    lead : str
        The lead; empty if the signal concerns none.
    kind : SignalKind
        The kind of signal.
    subject : str
        The funnel, banding, matrix, alert or service level; for ``merged`` and ``unmerged`` the
        other lead.
    from_, to : str
        What it was before, and what it is now.
    cause : str
        The id of the transition, or who made the move.
    reason : str
        Why a move was refused, or made.
    due : datetime or None
        The deadline of a service level.
    cycle : int
        The round through the funnel, for changes of stage.
    explanation : str
        The explained score, as text, for alerts that explain one.
    model_version : str
        The version of the model that emitted it.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> crm = lf.Engine(lf.example_model("b2b_starter"))
    >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
    >>> crm.signals()[0].kind
    'band_changed'
    """

    sequence: int
    at: datetime
    lead: str
    kind: SignalKind
    subject: str
    from_: str
    to: str
    cause: str
    reason: str
    due: datetime | None
    cycle: int
    explanation: str
    model_version: str


@dataclass(frozen=True, slots=True)
class Change:
    """A lead whose band or stage changes with the model.

    Attributes
    ----------
    lead : str
        The lead.
    subject : str
        The banding or the funnel.
    from_, to : str
        The band or stage before and after.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.Change("L-1", "temperature", "warm", "hot").to
    'hot'
    """

    lead: str
    subject: str
    from_: str
    to: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """What changes with the model.

    Attributes
    ----------
    bands : list of Change
        Leads in another band.
    stages : list of Change
        Leads in another stage.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> model = lf.example_model("b2b_starter")
    >>> lf.Engine(model).try_replace(model)
    Replacement(bands=[], stages=[])
    """

    bands: list[Change]
    stages: list[Change]

    def to_table(self) -> Table:
        """All changes as one table.

        Returns
        -------
        Table
            The columns ``what`` (``band`` or ``stage``), ``lead``, ``subject``, ``from``, ``to``.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> change = lf.Change("L-1", "temperature", "warm", "hot")
        >>> lf.Replacement([change], []).to_table().to_dicts()[0]["what"]
        'band'
        """
        rows = [("band", c) for c in self.bands] + [("stage", c) for c in self.stages]
        return Table._of(
            [
                ("what", "text", [what for what, _ in rows]),
                ("lead", "text", [c.lead for _, c in rows]),
                ("subject", "text", [c.subject for _, c in rows]),
                ("from", "text", [c.from_ for _, c in rows]),
                ("to", "text", [c.to for _, c in rows]),
            ]
        )


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """An event, and the lead's scores and stages after it.

    Attributes
    ----------
    event : Touchpoint, Attributes or StageEntry
        The event.
    scores : dict of str to float or None
        The scores by name; None where an exclusion holds.
    stages : dict of str to Position or None
        The positions by funnel; None before the first entry.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> crm = lf.Engine(lf.example_model("b2b_starter"))
    >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
    >>> crm.timeline("L-1").entries[0].event.type
    'inquiry'
    """

    event: Touchpoint | Attributes | StageEntry
    scores: dict[str, float | None]
    stages: dict[str, Position | None]


class Timeline(Table):
    """A lead's events in history order, with its scores and stages after each.

    `Engine.timeline` makes it. It is a table, too.

    Attributes
    ----------
    lead : str
        The lead's id.
    entries : list of TimelineEntry
        The events, oldest first.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> crm = lf.Engine(lf.example_model("b2b_starter"))
    >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
    >>> [row["what"] for row in crm.timeline("L-1")]
    ['inquiry', 'sales: contact']
    """

    def __init__(self, lead: str, entries: list[TimelineEntry]) -> None:
        self.lead = lead
        self.entries = entries
        self._made = None

    def _frame(self) -> _core.Frame:
        if self._made is None:
            events = [e.event for e in self.entries]
            scores = dict.fromkeys(s for e in self.entries for s in e.scores)
            funnels = dict.fromkeys(f for e in self.entries for f in e.stages)
            columns: list[tuple[str, ColumnKind, Sequence[object]]] = [
                ("at", "instant", [e.at for e in events]),
                ("event", "text", [_kind_of(e) for e in events]),
                ("what", "text", [_what_of(e) for e in events]),
            ]
            for s in scores:
                columns.append((s, "number", [e.scores.get(s) for e in self.entries]))
            for f in funnels:
                positions = [e.stages.get(f) for e in self.entries]
                columns.append((f"{f} stage", "text", [p.stage if p else None for p in positions]))
            self._made = _core.Frame(columns)
        return self._made

    def _title(self) -> str:
        return f"{self.lead}: {super()._title()}"


def _kind_of(event: Touchpoint | Attributes | StageEntry) -> str:
    return {Touchpoint: "touchpoint", Attributes: "attributes", StageEntry: "stage"}[type(event)]


def _what_of(event: Touchpoint | Attributes | StageEntry) -> str:
    if isinstance(event, Touchpoint):
        facts = {**event.properties, **({"value": event.value} if event.value is not None else {})}
        return " ".join([event.type, *(f"{k}={show(v)}" for k, v in facts.items())])
    if isinstance(event, StageEntry):
        return f"{event.funnel}: {event.stage}" + (f" ({event.reason})" if event.reason else "")
    return " ".join(f"{k}={show(v)}" for k, v in event.values.items())


@dataclass(frozen=True, slots=True)
class Page:
    """A page of leads, in the order in which they were added to the engine.

    A new lead takes the first place that an erased lead has left.

    Attributes
    ----------
    leads : list of str
        The leads.
    more : bool
        Whether there are more leads after them.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> crm = lf.Engine(lf.example_model("b2b_starter"))
    >>> _ = crm.apply({"lead": "L-1", "industry": "Machinery"})
    >>> list(crm.query(limit=10))
    ['L-1']
    """

    leads: list[str]
    more: bool

    def __iter__(self) -> Iterator[str]:
        return iter(self.leads)

    def __len__(self) -> int:
        return len(self.leads)
