# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The live engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import overload

from . import _core
from ._engine_identity import IdentityCalls
from ._engine_lead import EngineOptions
from ._engine_types import Applied, BatchReport, Replacement
from ._errors import UsageError, path_of
from ._events import Attributes, Event, Instant, StageEntry, Touchpoint
from ._model import Model, Plan, plan_of
from ._progress import Progress, watching
from ._queries import Queries
from ._table_types import Ambiguous, Mapped, ReadOptions, TableLike, Tables
from ._tables import Histories, read_rows

# The likely ones first: `isinstance` is slow for an abstract class.
_ONE_EVENT = (dict, Touchpoint, Attributes, StageEntry, Mapping)


class Engine(IdentityCalls):
    """Holds leads live: applies events as they happen, and keeps scores, bands and stages current.

    The caller owns the time: the clock moves with events and by `advance_to`, never back, and no
    system clock is read. Any number of threads may use an engine at once. It can be pickled.

    A call from within a call of the same engine, by a ``progress`` function or a handler of an
    operating system's signal, raises `EngineBusyError`. A fork waits up to two seconds for running
    calls; the child then has its own copy of the engine. If a call runs longer, the child's copy
    raises `EngineBusyError`.

    The class has many members, as it is the one object that a program holds: `Engine` itself
    changes leads, and its bases answer questions about them and deliver signals.

    Parameters
    ----------
    model : Model or Plan
        The model.
    ranked : sequence of str, default ()
        Scores that are kept in order for `top`, `rank` and the like. Other scores are ranked by a
        scan of all leads.
    index : iterable of {"email", "account", "owner", "stage"}, optional
        What `query` and `with_email` find leads by without a scan; everything by default.
    explanation_bytes : int, default 16384
        The approximate length of an alert's explanation in the outbox. A longer one keeps its
        largest contributions and says what was cut; `explain` gives all.

    Raises
    ------
    ModelError
        If the model has errors.
    UnknownNameError
        If there is no such score or index.

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

    def __init__(
        self,
        model: Model | Plan,
        *,
        ranked: Sequence[str] = (),
        index: Iterable[str] | None = None,
        explanation_bytes: int = 16_384,
    ) -> None:
        plan = plan_of(model)
        options = EngineOptions.checked(ranked, index, explanation_bytes)
        self._begin(_core.Engine(plan._core, *options.for_core()), plan, options)

    def _begin(self, core: _core.Engine, plan: Plan, options: EngineOptions) -> None:
        self._core = core
        self._plan = plan
        self._options = options
        self._queries = Queries(plan)
        self._listener = None

    # ---- events and time

    @overload
    def apply(self, event: Touchpoint | Attributes | StageEntry | Mapping[str, object], /) -> Applied: ...

    @overload
    def apply(
        self, events: Iterable[Event] | Histories, /, *, progress: Progress = None
    ) -> BatchReport: ...

    @overload
    def apply(
        self,
        events: None = None,
        /,
        *,
        leads: TableLike = None,
        touchpoints: TableLike = None,
        stages: TableLike = None,
        mapping: Mapped = None,
        timezone: str | None = None,
        ambiguous: Ambiguous = "refuse",
        progress: Progress = None,
    ) -> BatchReport: ...

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
    ) -> Applied | BatchReport:
        """Applies an event, several events, or whole tables.

        Events of a batch are applied in the order of their instants, as if one by one, and some
        thousands at a time: other threads may read in between. Ctrl-C cancels the call; events
        applied by then stay applied, and are duplicates if they are given again with source ids.

        Parameters
        ----------
        events : Event, iterable of Event, or Histories, optional
            The event or events.
        leads, touchpoints, stages : TableLike, optional
            Tables of events; see `read`. They are read strictly: a bad row raises, and nothing is
            applied.
        mapping : Mapped, optional
            See `read`.
        timezone : str, optional
            See `read`.
        ambiguous : {"refuse", "earliest", "latest"}, default "refuse"
            See `read`.
        progress : Progress, optional
            See `Progress`.

        Returns
        -------
        Applied or BatchReport
            The outcome: `Applied` for a single event, else `BatchReport`.

        Raises
        ------
        InputError
            If no history can hold an event. Nothing has changed then.
        UsageError
            If there are neither events nor tables, or both.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"}).outcome
        'taken'
        >>> crm.apply(leads={"lead": ["L-1", "L-2"], "employees": [900, 20]}).taken
        2
        """
        report: Applied | BatchReport
        if leads is None and touchpoints is None and stages is None and isinstance(events, _ONE_EVENT):
            report = self._core.apply_one(events)  # first, as it takes a few microseconds
            self._deliver()
            return report
        tables = Tables(leads, touchpoints, stages)
        options = ReadOptions(mapping, timezone, ambiguous, strict=True, progress=progress)
        rows = self._rows(events, tables, options)
        if events is None and rows is None:
            raise UsageError("apply takes an event, events or tables")
        if rows is None and (not isinstance(events, Iterable) or isinstance(events, str | bytes)):
            raise UsageError(
                f"{events!r} is no event: give a dict, or a Touchpoint, Attributes or StageEntry"
            )
        with watching(progress, "applying") as bar:
            if rows is not None:
                report = self._core.apply_rows(rows, bar)
            else:
                assert isinstance(events, Iterable)
                report = self._core.apply_many(events, bar)
        self._deliver()
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
        """Loads the events from before the engine's time. The engine must have no leads.

        No transition runs and no signal is emitted before the first call that moves the clock,
        which stands at the last event. Stages are those of stage entries. Columns of `Histories`
        are copied without making events: ``load(lf.read(...))`` is the way for many millions of
        touchpoints. An exception, Ctrl-C included, leaves the engine as it was. Other calls wait
        until all is loaded; those of a ``progress`` function raise `EngineBusyError`.

        Parameters
        ----------
        events : iterable of Event, or Histories, optional
            The events.
        leads, touchpoints, stages : TableLike, optional
            Tables of events; see `read`. They are read strictly: a bad row raises, and nothing is
            applied.
        mapping : Mapped, optional
            See `read`.
        timezone : str, optional
            See `read`.
        ambiguous : {"refuse", "earliest", "latest"}, default "refuse"
            See `read`.
        progress : Progress, optional
            See `Progress`.

        Returns
        -------
        BatchReport
            The outcome.

        Raises
        ------
        Error
            If the engine has leads.
        InputError
            If no history can hold an event. Nothing has changed then.
        UsageError
            If there are neither events nor tables, or both.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> model = lf.example_model("b2b_starter")
        >>> crm = lf.Engine(model)
        >>> crm.load(lf.read(model, {"lead": ["L-1", "L-2"], "employees": [900, 20]})).taken
        2
        """
        tables = Tables(leads, touchpoints, stages)
        if isinstance(events, Histories):
            if tables.given():
                raise UsageError("either histories or tables, not both")
            with watching(progress, "loading") as bar:
                return self._core.load_histories(events._core, bar)
        options = ReadOptions(mapping, timezone, ambiguous, strict=True, progress=progress)
        rows = self._rows(events, tables, options)
        with watching(progress, "loading") as bar:
            if rows is not None:
                return self._core.load_rows(rows, bar)
            if not isinstance(events, Iterable):
                raise UsageError("load takes events, histories or tables")
            return self._core.load_many(events, bar)

    def _rows(
        self, events: object, tables: Tables, options: ReadOptions
    ) -> _core.EventRows | None:
        """The rows of tables or histories; None if there are neither."""
        if not tables.given():
            return events._core.rows() if isinstance(events, Histories) else None
        if events is not None:
            raise UsageError("either events or tables, not both")
        return read_rows(self._plan, tables, options)

    def advance_to(self, at: Instant, *, progress: Progress = None) -> None:
        """Moves the clock up to and including an instant: decay, timers and service levels act.

        Time passes in steps, between which other threads may read. Ctrl-C cancels the call, and the
        clock stays where it is then; call again to go on.

        Parameters
        ----------
        at : Instant
            The instant.
        progress : Progress, optional
            See `Progress`. It counts seconds of the time that passes.

        Raises
        ------
        InputError
            If the instant is outside the years 1900 to 2199. What is due later never happens.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.advance_to("2026-04-03T09:00:00Z")
        >>> crm.now.isoformat()
        '2026-04-03T09:00:00+00:00'
        """
        with watching(progress, "advancing") as bar:
            self._core.advance_to(at, bar)
        self._deliver()

    def move(
        self, lead: str, funnel: str, stage: str, *, reason: str = "", who: str = "person"
    ) -> Applied:
        """Moves a lead to another stage manually, now.

        Parameters
        ----------
        lead : str
            The lead's id, or one that was merged into it.
        funnel : str
            The funnel.
        stage : str
            The stage.
        reason : str, default ""
            The reason, for the signal.
        who : str, default "person"
            Who moves the lead; the signal's ``cause``.

        Returns
        -------
        Applied
            Whether the model allows the move.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.
        UnknownNameError
            If the model has no such funnel or stage.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.move("L-1", "sales", "qualified", who="sato").outcome
        'taken'
        """
        out = self._core.move(lead, funnel, stage, reason, who)
        self._deliver()
        return out

    # ---- the model

    def try_replace(self, model: Model | Plan) -> Replacement:
        """What another model would change. Nothing changes.

        Parameters
        ----------
        model : Model or Plan
            The model.

        Returns
        -------
        Replacement
            The leads whose band or stage would change.

        Raises
        ------
        ModelError
            If the model has errors.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.try_replace(lf.example_model("b2b_starter")).bands
        []
        """
        return self._core.try_replace(plan_of(model)._core)

    def replace(self, model: Model | Plan) -> Replacement:
        """Replaces the model, scores all leads again, and acts on the scores at the clock.

        Parameters
        ----------
        model : Model or Plan
            The model.

        Returns
        -------
        Replacement
            The leads whose band or stage changes.

        Raises
        ------
        ModelError
            If the model has errors. Nothing has changed then.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.replace(lf.example_model("b2b_starter")).bands
        []
        """
        plan = plan_of(model)
        try:
            out = self._core.replace(plan._core)
        except BaseException:
            if self._core.uses(plan._core):  # Ctrl-C came after the replacement
                self._use(plan)
            raise
        self._use(plan)
        self._deliver()
        return out

    def _use(self, plan: Plan) -> None:
        self._plan = plan
        self._queries = Queries(plan)

    # ---- snapshots

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the engine to a file: versioned, with a checksum, without the model.

        The snapshot is written in pieces beside the file, as ``.<path>.<16 hex digits>.part``,
        flushed, read back, and renamed: the file is the old one or the new one, whole.

        Mode and owner of a replaced file are kept as far as the process may; a link's target is
        replaced. Any number of threads and processes may save to one file at once. The next call
        removes what a killed process has left.

        Parameters
        ----------
        path : str or path
            The file.

        Raises
        ------
        SnapshotError
            If the file cannot be written. A file of that name is then as it was.

        Examples
        --------
        >>> import tempfile
        >>> import leadfunnel as lf
        >>> model = lf.example_model("b2b_starter")
        >>> crm = lf.Engine(model, ranked=["total"])
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00+09:00", "type": "inquiry"})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     crm.save(f"{folder}/crm.lf")
        ...     again = lf.Engine.from_file(model, f"{folder}/crm.lf", ranked=["total"])
        >>> again.snapshot() == crm.snapshot()
        True
        """
        self._core.save(path_of(path))

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
        """Reads an engine from a file of `save`.

        Parameters
        ----------
        model : Model or Plan
            The model, which must be the one of the snapshot.
        path : str or path
            The file.
        ranked : sequence of str, default ()
            See `Engine`.
        index : iterable of str, optional
            See `Engine`.
        explanation_bytes : int, default 16384
            See `Engine`.

        Returns
        -------
        Engine
            The engine, as it was saved.

        Raises
        ------
        OSError
            If the file cannot be opened.
        SnapshotError
            If it is no snapshot, is damaged, or belongs to another model.

        Examples
        --------
        >>> import tempfile
        >>> import leadfunnel as lf
        >>> model = lf.example_model("b2b_starter")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     lf.Engine(model).save(f"{folder}/crm.lf")
        ...     len(lf.Engine.from_file(model, f"{folder}/crm.lf"))
        0
        """
        file = path_of(path)
        with open(file, "rb", opener=_open_at_once):
            pass  # a missing file is an OSError here
        plan = plan_of(model)
        options = EngineOptions.checked(ranked, index, explanation_bytes)
        return cls._of(_core.Engine.from_file(plan._core, file, *options.for_core()), plan, options)

    def snapshot(self) -> bytes:
        """The bytes that `save` writes: for a database, or another process.

        Returns
        -------
        bytes
            The snapshot.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.snapshot() == crm.snapshot()
        True
        """
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
        """Makes an engine of the bytes of `snapshot`.

        Parameters
        ----------
        model : Model or Plan
            The model, which must be the one of the snapshot.
        data : bytes
            The snapshot.
        ranked : sequence of str, default ()
            See `Engine`.
        index : iterable of str, optional
            See `Engine`.
        explanation_bytes : int, default 16384
            See `Engine`.

        Returns
        -------
        Engine
            The engine, as it was.

        Raises
        ------
        SnapshotError
            If the bytes are no snapshot, are damaged, or belong to another model.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> again = lf.Engine.from_snapshot(crm.plan, crm.snapshot())
        >>> again.now == crm.now
        True
        """
        if not isinstance(data, bytes):
            raise UsageError(f"a snapshot is bytes, not {type(data).__name__}")
        plan = plan_of(model)
        options = EngineOptions.checked(ranked, index, explanation_bytes)
        core = _core.Engine.from_snapshot(plan._core, data, *options.for_core())
        return cls._of(core, plan, options)

    @classmethod
    def _of(cls, core: _core.Engine, plan: Plan, options: EngineOptions) -> Engine:
        out = cls.__new__(cls)
        out._begin(core, plan, options)
        return out

    def __reduce__(self) -> tuple[Callable[..., Engine], tuple[Plan, bytes, EngineOptions]]:
        return _unpickle, (self._plan, self.snapshot(), self._options)

    def memory(self) -> dict[str, int]:
        """The memory in use.

        Returns
        -------
        dict of str to int
            Counts of leads and touchpoints, and bytes by purpose.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.memory()["leads"]
        1
        """
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
    """Like ``os.open``, but does not wait for the writer of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _unpickle(plan: Plan, data: bytes, options: EngineOptions) -> Engine:
    return Engine.from_snapshot(
        plan,
        data,
        ranked=options.ranked,
        index=options.index,
        explanation_bytes=options.explanation_bytes,
    )
