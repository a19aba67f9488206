# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The live engine: leads that take events as they happen, move, and tell what changes."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from . import _core
from ._conditions import Condition
from ._errors import EngineBusyError, ModelError, one_of
from ._events import Attributes, Event, Instant, StageEntry, Touchpoint, Value
from ._model import Model, Plan
from ._progress import Progress, watching
from ._results import Explanation, Table
from ._score import _plan_of
from ._tables import Ambiguous, Histories, Mapped, TableLike, read_rows


# In the order in which they are likely: what is neither costs a search.
_ONE_EVENT = (dict, Touchpoint, Attributes, StageEntry, Mapping)


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of an event: false if it was refused.

    Attributes
    ----------
    outcome
        ``taken``; ``duplicate`` (its source id had been seen: nothing changed); or ``refused`` (a
        move that is not allowed: nothing changed but for a signal).
    late
        Whether it came after its time: scores take it at its own instant.
    reason
        Why it was refused.
    """

    outcome: Literal["taken", "duplicate", "refused"]
    late: bool = False
    reason: str = ""

    def __bool__(self) -> bool:
        return self.outcome != "refused"


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What became of many events; ``refused`` has the number of each, from 0, and why."""

    taken: int
    duplicates: int
    late: int
    refused: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a lead stands in a funnel, since when, in which round, after how many entries."""

    stage: str
    since: datetime
    cycle: int
    entries: int


@dataclass(frozen=True, slots=True)
class Signal:
    """One entry of the outbox: what changed, of which lead, when and why.

    ``kind`` is ``stage_changed``, ``band_changed``, ``class_changed``, ``alert``, ``sla_warning``,
    ``sla_breached``, ``sla_met``, ``assigned``, ``refused``, ``merged``, ``unmerged``, ``erased`` or
    ``model_replaced``; ``subject`` the funnel, banding, matrix, alert or service level. Text in it
    is as untrusted as the events that it comes from.
    """

    sequence: int
    at: datetime
    lead: str
    kind: str
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
    """A lead whose band or stage a change of model changes."""

    lead: str
    subject: str
    from_: str
    to: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a change of model changes."""

    bands: list[Change]
    stages: list[Change]

    def to_table(self) -> Table:
        """All changes as one table."""
        rows = [("band", c) for c in self.bands] + [("stage", c) for c in self.stages]
        return Table._of(
            [
                ("what", "text", [w for w, _ in rows]),
                ("lead", "text", [c.lead for _, c in rows]),
                ("subject", "text", [c.subject for _, c in rows]),
                ("from", "text", [c.from_ for _, c in rows]),
                ("to", "text", [c.to for _, c in rows]),
            ]
        )


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """What happened, and the scores and stages that it left the lead with."""

    event: Touchpoint | Attributes | StageEntry
    scores: dict[str, float | None]
    stages: dict[str, Position | None]


class Timeline(Table):
    """A lead's story: events in history order, with scores and stages as of each."""

    def __init__(self, lead: str, entries: list[TimelineEntry]) -> None:
        self.lead = lead
        self.entries = entries
        self._made = None

    def _frame(self) -> _core.Frame:
        if self._made is None:
            events = [e.event for e in self.entries]
            scores = dict.fromkeys(s for e in self.entries for s in e.scores)
            funnels = dict.fromkeys(f for e in self.entries for f in e.stages)
            columns: list[tuple[str, str, Sequence[object]]] = [
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
    from ._results import show

    if isinstance(event, Touchpoint):
        said = {**event.properties, **({"value": event.value} if event.value is not None else {})}
        return " ".join([event.type, *(f"{k}={show(v)}" for k, v in said.items())])
    if isinstance(event, StageEntry):
        return f"{event.funnel}: {event.stage}" + (f" ({event.reason})" if event.reason else "")
    return " ".join(f"{k}={show(v)}" for k, v in event.values.items())


@dataclass(frozen=True, slots=True)
class Page:
    """A page of leads, in the order in which they were added to the engine.

    A new lead takes the first place that an erased lead has left.
    """

    leads: list[str]
    more: bool

    def __iter__(self) -> Iterator[str]:
        return iter(self.leads)

    def __len__(self) -> int:
        return len(self.leads)


class _Listener:
    """A callback, and the last signal that was delivered to it. `on_signal` replaces the whole
    listener: a delivery to the old one notices that, and ends with its current signal."""

    def __init__(self, callback: Callable[[Signal], object], told: int) -> None:
        self.callback = callback
        self.told = told
        self.process = os.getpid()
        self.lock = threading.RLock()  # one delivery at a time; its callback may come back here
        self.is_telling = False


class _Queries:
    """The conditions of the latest queries, checked and compiled. There is no lock, which a signal
    handler or a fork could find taken: each step is one operation of a `dict`."""

    _MOST = 16

    def __init__(self) -> None:
        self._made: dict[str, _core.Model] = {}

    def get(self, key: str, make: Callable[[], _core.Model]) -> _core.Model:
        found = self._made.pop(key, None)
        if found is None:
            found = make()
        self._made[key] = found  # behind all others
        for old in list(self._made)[: -self._MOST]:
            self._made.pop(old, None)
        return found


class Engine:
    """Holds leads live: takes events as they happen, keeps scores, bands and stages current.

    Time is yours: the clock moves with events and by `advance_to`, never back, and reads nothing.
    Any number of threads may use an engine at once; it can be pickled.

    A call within a call of the same engine, by a ``progress`` function or a handler of a signal, is
    an `EngineBusyError`. A fork waits for the calls that run, two seconds at most: the child then
    has a copy of the engine, which is its own. One whose call ran longer refuses there what it is
    asked, by an `EngineBusyError`.

    Parameters
    ----------
    model
        The model.
    ranked
        Scores kept ready for `top`, `rank` and the like; others are ranked by looking at all leads.
    index
        What leads can be found by quickly: of ``"email"``, ``"account"``, ``"owner"``, ``"stage"``;
        all, unless said.
    explanation_bytes
        About how long an alert's explanation in the outbox may be. A longer one keeps its largest
        contributions and says what was cut; `explain` gives all of them.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> crm = lf.Engine(lf.example_model("b2b_starter"), ranked=["total"])
    >>> bool(crm.apply({"lead": "L-1", "industry": "Machinery", "employees": 900}))
    True
    >>> bool(crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00+09:00", "type": "inquiry"}))
    True
    >>> crm.advance_to("2026-04-03T09:00:00+09:00")
    >>> [(row["lead"], row["rank"]) for row in crm.top("total", 5)]
    [('L-1', 1)]
    """

    _INDICES = ("email", "account", "owner", "stage")

    def __init__(
        self,
        model: Model | Plan,
        *,
        ranked: Sequence[str] = (),
        index: Iterable[str] | None = None,
        explanation_bytes: int = 16_384,
    ) -> None:
        plan = _plan_of(model)
        self._begin(plan, list(ranked), index, explanation_bytes)
        self._core = _core.Engine(plan._core, self._ranked, **self._options())

    def _begin(
        self, plan: Plan, ranked: list[str], chosen: Iterable[str] | None, explanation_bytes: int
    ) -> None:
        index = self._INDICES if chosen is None else tuple(chosen)
        if unknown := set(index) - set(self._INDICES):
            raise ValueError(f"no index {sorted(unknown)[0]!r}; there are {', '.join(self._INDICES)}")
        self._plan = plan
        self._ranked = ranked
        self._index = index
        self._explanation_bytes = explanation_bytes
        self._queries = _Queries()
        self._listener: _Listener | None = None

    def _options(self) -> dict[str, Any]:
        indices = {f"index_{name}": name in self._index for name in self._INDICES}
        return {"explanation_bytes": self._explanation_bytes, **indices}

    # ---- what happens

    def apply(
        self,
        events: Event | Iterable[Event] | Histories | None = None,
        /,
        *,
        leads: TableLike = None,
        touchpoints: TableLike = None,
        stages: TableLike = None,
        mapping: Mapped = None,
        timezone: str | None = None,
        ambiguous: Ambiguous = "refuse",
        progress: Progress = None,
    ) -> Any:
        """Takes an event, several, or whole tables.

        One event gives an `Applied`, more give a `BatchReport`. Events of a batch are taken in
        order of their instants, as if each had been applied by itself, some thousands at a time:
        other threads may ask the engine in between. Ctrl-C ends the call, and what was taken by
        then stays taken; the same events given again are duplicates if they have source ids.
        Tables are read as by `read`, strictly: a bad row refuses the call, and nothing is taken.

        Raises
        ------
        InputError
            On an event that no history can hold; then nothing has changed.
        """
        report: Any
        many = self._tables(
            events, leads, touchpoints, stages, mapping, timezone, ambiguous, progress
        )
        if many is not None:
            with watching(progress, "applying") as bar:
                report = self._core.apply_rows(many, bar)
        elif isinstance(events, _ONE_EVENT):
            report = self._core.apply_one(events)
        elif events is None:
            raise TypeError("apply takes an event, events or tables")
        elif isinstance(events, Iterable):
            with watching(progress, "applying") as bar:
                report = self._core.apply_many(events, bar)
        else:
            raise TypeError(f"{events!r} is no event: give a dict, or a Touchpoint, Attributes or StageEntry")
        self._tell()
        return report

    def load(
        self,
        events: Iterable[Event] | Histories | None = None,
        /,
        *,
        leads: TableLike = None,
        touchpoints: TableLike = None,
        stages: TableLike = None,
        mapping: Mapped = None,
        timezone: str | None = None,
        ambiguous: Ambiguous = "refuse",
        progress: Progress = None,
    ) -> BatchReport:
        """Events to begin with, from before the engine's time: only for an engine without leads.

        Nothing moves and nothing is signalled until the clock, which then stands at the last event,
        does. Of `Histories` the columns are copied, and no event is made: ``load(lf.read(...))`` is
        the way for many millions of touchpoints. Stages are those of stage entries. Ctrl-C, as any
        exception, leaves the engine as it was. It answers nobody before it has loaded, a
        ``progress`` function neither.
        """
        if isinstance(events, Histories):
            if not (leads is None and touchpoints is None and stages is None):
                raise TypeError("either histories or tables, not both")
            with watching(progress, "loading") as bar:
                return self._core.load_histories(events._core, bar)
        many = self._tables(
            events, leads, touchpoints, stages, mapping, timezone, ambiguous, progress
        )
        with watching(progress, "loading") as bar:
            if many is not None:
                return self._core.load_rows(many, bar)
            if events is None:
                raise TypeError("load takes events, histories or tables")
            return self._core.load_many(events, bar)

    def _tables(
        self,
        events: object,
        leads: TableLike,
        touchpoints: TableLike,
        stages: TableLike,
        mapping: Mapped,
        timezone: str | None,
        ambiguous: Ambiguous,
        progress: Progress,
    ) -> _core.EventRows | None:
        if leads is None and touchpoints is None and stages is None:
            return events._core.rows() if isinstance(events, Histories) else None
        if events is not None:
            raise TypeError("either events or tables, not both")
        return read_rows(
            self._plan, leads, touchpoints, stages, mapping, timezone, ambiguous, progress
        )

    def advance_to(self, at: Instant, *, progress: Progress = None) -> None:
        """Lets time pass up to and including an instant: decay, timers and promises act.

        Time ends with the year 2199: a later instant, or one before 1900, is an `InputError`, and
        what would be due later never acts.

        It passes in steps, between which other threads may ask the engine. Ctrl-C ends the call,
        and the clock then stands where it has come to: call again to go on. ``progress`` is told
        of seconds of the time that passes.
        """
        with watching(progress, "advancing") as bar:
            self._core.advance_to(at, bar)
        self._tell()

    def move(
        self, lead: str, funnel: str, stage: str, *, reason: str = "", who: str = "person"
    ) -> Applied:
        """Moves a lead by hand, now."""
        out = self._core.move(lead, funnel, stage, reason, who)
        self._tell()
        return out

    # ---- one lead

    @property
    def plan(self) -> Plan:
        """The compiled model."""
        return self._plan

    @property
    def now(self) -> datetime | None:
        """The latest instant that the engine has been told of."""
        return self._core.now

    def __len__(self) -> int:
        return len(self._core)

    def __contains__(self, lead: str) -> bool:
        return self._core.contains(lead)

    def resolve(self, lead: str) -> str:
        """The id that a lead goes by: another, if it was merged away."""
        return self._core.resolve(lead)

    def score(self, lead: str, score: str, at: Instant | None = None) -> float | None:
        """A score in points, now or at an instant; nothing while the lead is excluded."""
        return self._core.score(lead, score, at)

    def band(self, lead: str, banding: str) -> str | None:
        """The band that the lead is in."""
        return self._core.band(lead, banding)

    def class_of(self, lead: str, matrix: str) -> str | None:
        """The class that the lead is in."""
        return self._core.class_of(lead, matrix)

    def stage(self, lead: str, funnel: str | None = None) -> Position | None:
        """Where the lead stands in a funnel; the model's first, unless named."""
        return self._core.stage(lead, funnel or self._funnel())

    def attribute(self, lead: str, name: str) -> Value:
        """An attribute as it is now."""
        return self._core.attribute(lead, name)

    def explain(self, lead: str, score: str | None = None, at: Instant | None = None) -> Explanation:
        """Why a score is what it is, now or at an instant; see `Scores.explain`."""
        return self._core.explain(lead, one_of(self._plan.scores, score, "score", -1), at)

    def timeline(self, lead: str) -> Timeline:
        """Everything that a person should know before calling."""
        return Timeline(lead, self._core.timeline(lead))

    def project(self, lead: str, banding: str, at: Instant) -> tuple[float | None, str | None]:
        """A score and its band at a later instant, if nothing happens until then."""
        return self._core.project(lead, banding, at)

    def cools_at(self, lead: str, banding: str, until: Instant) -> datetime | None:
        """When a lead will leave its band if nothing happens; nothing if not before ``until``."""
        return self._core.cools_at(lead, banding, until)

    def stage_log(self, lead: str) -> list[StageEntry]:
        """The lead's stage entries, oldest first."""
        return self._core.stage_log(lead)

    # ---- many leads

    def top(self, score: str, k: int = 10, at: Instant | None = None) -> Table:
        """The leads with the highest scores, exactly, now or at an instant, with their ranks."""
        found = self._core.top(score, k, at)
        ranks: list[int] = []
        for i, (_, points) in enumerate(found):
            ranks.append(ranks[-1] if i and points == found[i - 1][1] else i + 1)
        return Table._of(
            [
                ("rank", "integer", ranks),
                ("lead", "text", [lead for lead, _ in found]),
                (score, "number", [points for _, points in found]),
            ]
        )

    def nth(self, score: str, n: int, at: Instant | None = None) -> tuple[str, float] | None:
        """The n-th lead from 0 by falling score, and its score."""
        return self._core.nth(score, n, at)

    def rank(self, lead: str, score: str, at: Instant | None = None) -> int | None:
        """1 + how many leads have a higher score; nothing if the lead is excluded."""
        return self._core.rank(lead, score, at)

    def percentile(self, lead: str, score: str, at: Instant | None = None) -> float | None:
        """The share of leads whose score is not higher, from 0 to 1."""
        return self._core.percentile(lead, score, at)

    def query(
        self,
        where: Condition | Mapping[str, object] | None = None,
        *,
        funnel: str | None = None,
        stages: str | Sequence[str] = (),
        banding: str | None = None,
        bands: str | Sequence[str] = (),
        account: str = "",
        owner: str = "",
        active_from: Instant | None = None,
        active_to: Instant | None = None,
        entered_from: Instant | None = None,
        entered_to: Instant | None = None,
        limit: int = 100,
        after: str = "",
    ) -> Page:
        """Leads for which everything given holds, a page at a time.

        Parameters
        ----------
        where
            A condition of the model language: attributes, stages, scores, bands, classes.
        funnel, stages
            In one of these stages of the funnel (the model's first, unless named).
        banding, bands
            In one of these bands of the banding (the model's first, unless named).
        account, owner
            Of this account or owner, by the model's roles.
        active_from, active_to
            Whose last event was in ``[active_from, active_to)``.
        entered_from, entered_to
            Who entered their stage in ``[entered_from, entered_to)``.
        limit, after
            A page's size, and the last lead of the page before it.
        """
        stages = [stages] if isinstance(stages, str) else list(stages)
        bands = [bands] if isinstance(bands, str) else list(bands)
        by_entry = entered_from is not None or entered_to is not None
        leads, more = self._core.find(
            None if where is None else self._query_model(where),
            {
                "funnel": funnel or (self._funnel() if stages or by_entry else ""),
                "stages": stages,
                "banding": banding or (one_of(self._plan.bandings, None, "banding") if bands else ""),
                "bands": bands,
                "account": account,
                "owner": owner,
                "active_from": active_from,
                "active_to": active_to,
                "entered_from": entered_from,
                "entered_to": entered_to,
                "limit": limit,
                "after": after,
            },
        )
        return Page(leads, more)

    def _query_model(self, where: Condition | Mapping[str, object]) -> _core.Model:
        """The condition, checked against the model as that of an alert would be."""
        said = where.to_dict() if isinstance(where, Condition) else dict(where)
        queries = self._queries  # of this plan, and of before whatever is erased meanwhile
        plan = self._plan

        def make() -> _core.Model:
            model = plan.model.to_dict()
            # The engine's alerts are not in the way: this model is never run.
            model["alerts"] = [{"id": "query", "when": said}]
            for f in model.get("funnels", []):
                for t in f.get("transitions", []):
                    t.get("then", {}).pop("alert", None)
            asked = Model.from_dict(model)
            wrong = [i for i in asked.check() if i.severity == "error"]
            if wrong:
                raise ModelError(wrong)
            return asked._core

        return queries.get(json.dumps(said, sort_keys=True, default=str), make)

    def count_in_stage(self, funnel: str, stage: str) -> int:
        """How many leads are in a stage."""
        return self._core.count_in_stage(funnel, stage)

    def count_in_band(self, banding: str, band: str) -> int:
        """How many leads are in a band."""
        return self._core.count_in_band(banding, band)

    def stages(self, funnel: str | None = None) -> dict[str, int]:
        """How many leads are in each stage of a funnel."""
        name = self._funnel(funnel)
        found = {f.id: f for f in self._plan.model.funnels}[name]
        return {s.id: self._core.count_in_stage(name, s.id) for s in found.stages}

    def bands(self, banding: str | None = None) -> dict[str, int]:
        """How many leads are in each band of a banding."""
        name = one_of(self._plan.bandings, banding, "banding")
        found = {b.id: b for b in self._plan.model.bandings}[name]
        return {b.id: self._core.count_in_band(name, b.id) for b in found.bands}

    def with_email(self, email: str) -> list[str]:
        """Leads that have an e-mail address."""
        return self._core.with_email(email)

    def _funnel(self, name: str | None = None) -> str:
        return one_of([f.id for f in self._plan.model.funnels], name, "funnel")

    # ---- signals

    def signals(self, after: int = 0, most: int = 1000) -> list[Signal]:
        """The signals behind a cursor (a sequence number; 0 for all that are kept)."""
        return self._core.signals(after, most)

    def acknowledge(self, up_to: int) -> None:
        """Lets the engine forget signals up to a cursor."""
        self._core.acknowledge(up_to)

    @property
    def last_signal(self) -> int:
        """The sequence number of the latest signal."""
        return self._core.last_signal

    def on_signal(self, callback: Callable[[Signal], object] | None) -> None:
        """Calls back with each signal, in order, at the end of the call that made it.

        A callback that raises stops delivery: its exception leaves that call (everything else has
        been done), and the same signal comes again at the end of the next call. A callback may ask
        the engine, and change it: signals that this makes follow when the callback has ended.
        ``None`` ends it, at any time: a delivery that goes on ends with the signal that it is at.
        Callbacks are not pickled.
        """
        self._listener = None if callback is None else _Listener(callback, self._core.last_signal)

    def _tell(self) -> None:
        """Delivers new signals. The event has been applied by now: only a callback may raise."""
        listener = self._listener
        if listener is None:
            return
        if listener.process != os.getpid():  # a thread that only the parent has may hold its lock
            listener = self._listener = _Listener(listener.callback, listener.told)
        # A signal's handler may come in between any two steps, and come here, too.
        while listener is self._listener and self._news(listener.told, 1):
            with listener.lock:
                if listener.is_telling:
                    return  # within that delivery, which looks for more before it ends
                listener.is_telling = True
                try:
                    for signal in self._news(listener.told, 1000):
                        listener.callback(signal)
                        listener.told = signal.sequence
                        if listener is not self._listener:
                            return
                finally:
                    listener.is_telling = False

    def _news(self, told: int, most: int) -> list[Signal]:
        """Signals after a cursor; none while the engine is busy: they are delivered later."""
        try:
            return self._core.signals(told, most) if self._core.last_signal > told else []
        except EngineBusyError:
            return []

    # ---- identity

    def merge(self, into: str, other: str) -> None:
        """Makes two leads one: the union of their histories, under the id of ``into``."""
        self._core.merge(into, other)
        self._tell()

    def unmerge(self, other: str) -> None:
        """Takes a merge back."""
        self._core.unmerge(other)
        self._tell()

    def erase(self, lead: str) -> None:
        """Removes all that is held about a person, in the outbox too.

        The lead goes, with all that are merged into it and every text that nobody else's history
        has; the engine overwrites its memory of them. Signals of the person keep sequence number,
        instant, kind and names of the model's. An event that is applied later for one of the ids
        adds a new lead. Snapshots and files that were written before are the caller's to
        remove, and so is what the caller's own objects hold.

        Parameters
        ----------
        lead : str
            An id of the lead's, its own or one that was merged into it.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.
        """
        self._core.erase(lead)
        self._queries = _Queries()  # they may have asked for what is erased
        self._tell()

    def ids(self, lead: str) -> list[str]:
        """All ids by which a lead is known.

        Parameters
        ----------
        lead : str
            One of them.

        Returns
        -------
        list of str
            The lead's own id, and then those that were merged into it, directly or by others.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.

        See Also
        --------
        history : All events that were applied under these ids.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> for lead in ("L-1", "L-2"):
        ...     _ = crm.apply({"lead": lead, "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.merge("L-1", "L-2")
        >>> crm.ids("L-2")
        ['L-1', 'L-2']
        >>> [e.lead for e in crm.history("L-2") if isinstance(e, lf.Touchpoint)]
        ['L-1', 'L-2']
        """
        return self._core.ids(lead)

    def history(self, lead: str) -> list[Event]:
        """All that is held about a person, as events in order.

        Each event has the id under which it was applied: the lead's own, or one of those that were
        merged into it. (``ids`` lists them all, also those without events.)
        """
        return self._core.history(lead)

    # ---- the model

    def try_replace(self, model: Model | Plan) -> Replacement:
        """What changes if the model does; nothing is changed."""
        return self._core.try_replace(_plan_of(model)._core)

    def replace(self, model: Model | Plan) -> Replacement:
        """Changes the model, re-scores everything, and then acts on it at the clock."""
        plan = _plan_of(model)
        try:
            out = self._core.replace(plan._core)
        except BaseException:
            if self._core.uses(plan._core):  # Ctrl-C may have been heard only after it
                self._use(plan)
            raise
        self._use(plan)
        self._tell()
        return out

    def _use(self, plan: Plan) -> None:
        self._plan = plan
        self._queries = _Queries()

    # ---- keeping

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the whole engine to a file: versioned, with a checksum.

        It is written in pieces beside the file, under a name of its own
        (``.<path>.<16 hex digits>.part``), flushed, read back, and given its name: a file that is
        there is the old one or the new one, whole. The model is not in it.

        Mode and owner of a file that is replaced are kept as far as the process may; of a link,
        what it leads to is replaced. Any number of threads and processes may save to one file at
        once. The next call removes what a killed process has left.

        Raises
        ------
        SnapshotError
            If it cannot be written, or is a folder, pipe, socket or device; it names the file and
            the reason.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> import tempfile
        >>> model = lf.example_model("b2b_starter")
        >>> crm = lf.Engine(model, ranked=["total"])
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00+09:00", "type": "inquiry"})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     crm.save(f"{folder}/crm.lf")
        ...     again = lf.Engine.from_file(model, f"{folder}/crm.lf", ranked=["total"])
        >>> again.snapshot() == crm.snapshot()
        True
        """
        self._core.save(path)

    @classmethod
    def from_file(
        cls,
        model: Model | Plan,
        path: str | os.PathLike[str],
        *,
        ranked: Sequence[str] = (),
        index: Iterable[str] | None = None,
        explanation_bytes: int = 16_384,
    ) -> Engine:
        """An engine that goes on where `save` has left it. The model must be the same.

        Raises
        ------
        OSError
            If the file cannot be opened.
        SnapshotError
            If it is damaged, or of another model.
        """
        with open(path, "rb", opener=_open_at_once):
            pass  # a missing file is an OSError here
        out, plan = cls._blank(model, ranked, index, explanation_bytes)
        out._core = _core.Engine.from_file(plan._core, path, out._ranked, **out._options())
        return out

    def snapshot(self) -> bytes:
        """What `save` writes, as bytes: for a database, or another process."""
        return self._core.snapshot()

    @classmethod
    def from_snapshot(
        cls,
        model: Model | Plan,
        data: bytes,
        *,
        ranked: Sequence[str] = (),
        index: Iterable[str] | None = None,
        explanation_bytes: int = 16_384,
    ) -> Engine:
        """An engine that goes on where a snapshot was taken; as `from_file`, from bytes."""
        out, plan = cls._blank(model, ranked, index, explanation_bytes)
        out._core = _core.Engine.from_snapshot(plan._core, data, out._ranked, **out._options())
        return out

    @classmethod
    def _blank(
        cls,
        model: Model | Plan,
        ranked: Sequence[str],
        index: Iterable[str] | None,
        explanation_bytes: int,
    ) -> tuple[Engine, Plan]:
        plan = _plan_of(model)
        out = cls.__new__(cls)
        out._begin(plan, list(ranked), index, explanation_bytes)
        return out, plan

    def __reduce__(self) -> tuple[Any, tuple[Plan, bytes, list[str], tuple[str, ...], int]]:
        kept = (self._plan, self.snapshot(), self._ranked, self._index, self._explanation_bytes)
        return _unpickle, kept

    def memory(self) -> dict[str, int]:
        """Bytes held, by purpose."""
        return self._core.memory()

    def __repr__(self) -> str:
        return f"<Engine of {self._plan.model.id!r}: {len(self):,} leads at {self.now}>"


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_core.before_fork,
        after_in_parent=_core.after_fork_in_parent,
        after_in_child=_core.after_fork_in_child,
    )


def _open_at_once(path: str, flags: int) -> int:
    """As ``os.open``; at a pipe it does not wait for a writer."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _unpickle(
    plan: Plan, data: bytes, ranked: list[str], index: tuple[str, ...], explanation_bytes: int
) -> Engine:
    return Engine.from_snapshot(
        plan, data, ranked=ranked, index=index, explanation_bytes=explanation_bytes
    )

