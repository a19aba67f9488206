# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Scores of many leads at many instants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from . import _core
from ._errors import BadRow, InputError, Issue, one_of
from ._events import Instant
from ._model import Model, Plan
from ._progress import Progress, watching
from ._results import Explanation, Table
from ._tables import (
    Ambiguous,
    Histories,
    Mapped,
    TableLike,
    read,
    read_asked,
    read_into,
    read_pairs,
    tables_to_add_up,
)

if TYPE_CHECKING:
    import numpy
    import numpy.typing


@dataclass(frozen=True, slots=True)
class _Unread:
    """Histories that have not been read: nothing was asked that needs them."""

    read: Callable[[], Histories]
    issues: list[BadRow | Issue]
    bad_rows: int


class Scores(Table):
    """Scores, bands and classes of leads: a table of lead × instant.

    Columns are ``lead``, ``at``, one for each score (in points; null where the lead is excluded),
    one for each banding, and one for each matrix. Leads stand in the order of the tables.

    Attributes
    ----------
    issues
        Rows of the input that were not accepted, each with its row, column and reason, and remarks.
    bad_rows
        How many there were; ``issues`` lists the first 1,000 of each table.

    Notes
    -----
    Of models whose touchpoints count each for itself, scores of polars, pyarrow and pandas (from 3.0
    on) tables at one instant are added up while they are read, and no history is kept. What looks
    behind them, as `explain` does, then reads the tables again, once: they are held as they were.
    """

    def __init__(self, core: _core.Scores, plan: Plan, histories: Histories | _Unread) -> None:
        self._core = core
        self._plan = plan
        self._histories = histories
        self._made = None

    @property
    def issues(self) -> list[BadRow | Issue]:
        """What is to be said of the tables that were read."""
        return self._histories.issues

    @property
    def bad_rows(self) -> int:
        """How many rows were not accepted."""
        return self._histories.bad_rows

    def _full(self) -> _core.Scores:
        """The scores with the histories behind them."""
        if isinstance(self._histories, _Unread):
            self._histories = self._histories.read()
            self._core.take_histories(self._histories._core)
        return self._core

    @property
    def plan(self) -> Plan:
        """The compiled model."""
        return self._plan

    @property
    def histories(self) -> Histories:
        """What the scores were made from."""
        self._full()
        assert isinstance(self._histories, Histories)
        return self._histories

    @property
    def instants(self) -> list[datetime]:
        """The instants asked for, in the order asked."""
        return self._core.instants

    def _frame(self) -> _core.Frame:
        if self._made is None:
            self._made = self._core.frame(0, len(self._core))
        return self._made

    def _head(self, rows: int) -> _core.Frame:
        return self._core.frame(0, rows)

    def __len__(self) -> int:
        return len(self._core)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The table as a stream of Arrow's C data interface, made while it is read."""
        return self._core.__arrow_c_stream__(requested_schema)

    def micros(self, score: str) -> numpy.typing.NDArray[numpy.int64]:
        """A score in millionths of a point, exactly, lead by lead, instant by instant.

        The array is a view: it is not copied, and cannot be written to. Excluded leads have the
        score that they would have; see `absent`.
        """
        return self._core.micros(score)

    def absent(self, score: str) -> numpy.typing.NDArray[numpy.bool_]:
        """Where a score is absent because an exclusion holds."""
        out: numpy.typing.NDArray[numpy.bool_] = (self._core.flags(score) & 1).astype(bool)
        return out

    def saturated(self, score: str) -> numpy.typing.NDArray[numpy.bool_]:
        """Where a sum left the range of ±9.2 × 10¹² points, and the score is at its end."""
        out: numpy.typing.NDArray[numpy.bool_] = (self._core.flags(score) & 2).astype(bool)
        return out

    def top(self, score: str, k: int = 10, *, at: Instant | None = None) -> Table:
        """The leads with the highest scores, ties in the order of the tables."""
        nth = 0 if at is None else self._nth(at)
        rows = [lead * len(self.instants) + nth for lead in self._core.top(score, k, nth)]
        frames = [self._core.frame(r, r + 1) for r in rows]
        columns = self.columns
        kinds = _KINDS | dict.fromkeys(self._plan.scores, "number")
        return Table._of(
            [
                (n, kinds.get(n, "word"), [f.cells(n, 0, 1)[0] for f in frames])
                for n in columns
            ]
        )

    def _nth(self, at: Instant) -> int:
        from ._core import to_instant

        when = to_instant(at)
        for i, known in enumerate(self.instants):
            if known == when:
                return i
        raise ValueError(f"{at!r} is none of the instants that were asked for")

    def explain(self, lead: str, score: str | None = None, at: Instant | None = None) -> Explanation:
        """Why a lead's score is what it is.

        Parameters
        ----------
        lead
            The lead's id.
        score
            The score; the model's last one, if left out, which is derived from the others where
            there is such a one.
        at
            The instant; the last one that was asked for, if left out. Any other will do, too.
        """
        return self._full().explain(
            lead, one_of(self._plan.scores, score, "score", -1), self.instants[-1] if at is None else at
        )

    def changes(self, lead: str, score: str, since: Instant, until: Instant) -> Table:
        """A score at an instant, and every change of it until another.

        Raises
        ------
        Error
            If there are more than a million changes, as there may be in years of a model whose
            decay grid ticks each second; a shorter period has fewer.
        """
        found = self._full().changes(lead, score, since, until)
        return Table._of(
            [
                ("at", "instant", [at for at, _ in found]),
                (score, "number", [points for _, points in found]),
            ]
        )

    def __reduce__(self) -> NoReturn:
        raise TypeError("Scores cannot be pickled; to_polars, to_pandas and to_arrow make what can be")

    def __repr__(self) -> str:
        said = super().__repr__()
        return said + (f"\n{self.bad_rows:,} bad rows: see .issues" if self.bad_rows else "")


_KINDS = {"lead": "text", "at": "instant"}


def _instants(at: Instant | Iterable[Instant]) -> list[Instant]:
    if isinstance(at, str | datetime):
        return [at]
    given: Any = at
    if hasattr(given, "to_pydatetime"):  # pandas
        return list(given.to_pydatetime())
    if hasattr(given, "to_list"):  # polars, NumPy-like
        return list(given.to_list())
    if isinstance(at, Iterable):
        out = list(at)
        if out:
            return out
    raise InputError(f"{at!r} is no instant, nor several")


def _plan_of(model: Model | Plan) -> Plan:
    if isinstance(model, Plan):
        return model
    if isinstance(model, Model):
        return model.plan
    raise TypeError(f"a Model or Plan is due, not {type(model).__name__}; see Model.load")


def score(
    model: Model | Plan,
    leads: TableLike | Histories = None,
    touchpoints: TableLike = None,
    *,
    at: Instant | Iterable[Instant],
    stages: TableLike = None,
    mapping: Mapped = None,
    timezone: str | None = None,
    ambiguous: Ambiguous = "refuse",
    strict: bool = False,
    threads: int | None = None,
    progress: Progress = None,
) -> Scores:
    """Scores leads at one instant, or at many.

    A score at an instant uses nothing after it. The result does not depend on the order of rows,
    nor on the number of threads.

    Parameters
    ----------
    model
        The model.
    leads, touchpoints, stages, mapping, timezone, ambiguous, strict
        The tables: see `read`. Or ``leads`` are `Histories` that were read before.
    at
        The instant, or several: text with an offset, or ``datetime`` with a zone. No clock is read.
    threads
        How many to use; as many as there are cores, unless said.
    progress
        See `Progress`.

    Returns
    -------
    Scores
        A table with a row for each lead and instant.

    Raises
    ------
    ModelError
        If the model has errors.
    InputError
        If a table, or an instant, cannot be used.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> scores = lf.score(
    ...     lf.example_model("b2b_starter"),
    ...     {"lead": ["L-1", "L-2"], "industry": ["Machinery", "Retail"]},
    ...     {"lead": ["L-1"], "at": ["2026-04-01T09:00:00+09:00"], "type": ["inquiry"]},
    ...     at="2026-04-02T00:00:00+09:00",
    ... )
    >>> [row["lead"] for row in scores.top("total", 1)]
    ['L-1']
    """
    plan = _plan_of(model)
    instants = _instants(at)
    if stages is None and len(instants) == 1:
        made = _score_additively(
            plan, leads, touchpoints, instants[0], mapping, timezone, ambiguous, strict, threads,
            progress,
        )
        if made is not None:
            return made
    histories = read(
        plan, leads, touchpoints, stages=stages, mapping=mapping, timezone=timezone,
        ambiguous=ambiguous, strict=strict, progress=progress,
    )
    with watching(progress, "scoring") as bar:
        core = _core.Scores(histories._core, plan._core, instants, threads or 0, bar)
    return Scores(core, plan, histories)


def _score_additively(
    plan: Plan,
    leads: TableLike | Histories,
    touchpoints: TableLike,
    at: Instant,
    mapping: Mapped,
    timezone: str | None,
    ambiguous: Ambiguous,
    strict: bool,
    threads: int | None,
    progress: Progress,
) -> Scores | None:
    """Scores without histories, where the model and the tables allow it."""
    adder = _core.AdditiveScores.begin(plan._core, at)
    if adder is None or isinstance(leads, Histories):
        return None
    tables = tables_to_add_up(plan, leads, touchpoints, mapping)
    if tables is None:
        return None
    with watching(progress, "reading") as bar:
        how = _core.Reading(timezone or "", ambiguous, strict, 1000, bar)
        issues, bad = read_into(adder, plan, tables, mapping, how, timezone, ambiguous)
    with watching(progress, "scoring") as bar:
        core = _core.Scores.of_tables(adder, threads or 0, bar)
    if core is None:
        return None

    def again() -> Histories:
        return read(
            plan, tables.get("leads"), tables["touchpoints"], mapping=mapping, timezone=timezone,
            ambiguous=ambiguous, strict=strict,
        )

    return Scores(core, plan, _Unread(again, issues, bad))


class Features(Table):
    """A table for training: a row for each lead and cut-off, with what could be known then."""

    def __init__(self, frame: _core.Frame, source: Histories | Scores) -> None:
        self._made = frame
        self._source = source

    @property
    def histories(self) -> Histories:
        """What the features were made from."""
        return self._source.histories if isinstance(self._source, Scores) else self._source

    @property
    def issues(self) -> list[BadRow | Issue]:
        """What is to be said of the tables that were read."""
        return self._source.issues

    def __reduce__(self) -> NoReturn:
        raise TypeError("Features cannot be pickled; to_polars, to_pandas and to_arrow make what can be")


def _is_table(cutoffs: object) -> bool:
    return (
        isinstance(cutoffs, Mapping)
        or hasattr(cutoffs, "__arrow_c_stream__") and hasattr(cutoffs, "columns")
        or hasattr(cutoffs, "__dataframe__")
    )


def features(
    model: Model | Plan,
    leads: TableLike | Histories = None,
    touchpoints: TableLike = None,
    *,
    cutoffs: Instant | Iterable[Instant] | TableLike,
    contributions: bool = False,
    stages: TableLike = None,
    mapping: Mapped = None,
    timezone: str | None = None,
    ambiguous: Ambiguous = "refuse",
    strict: bool = False,
    threads: int | None = None,
    progress: Progress = None,
) -> Features:
    """A training table without leakage: a row for each lead and cut-off.

    A row uses nothing that happened after its cut-off. What a leads table without ``at`` says is
    taken to have been true always: date its rows, or leave out what was learnt later.

    Parameters
    ----------
    model
        The model.
    cutoffs
        The instants as of which features are wanted, of every lead; or a table with columns
        ``lead`` and ``at`` (or ``cutoff``), a row for each row that is wanted, in that order: as
        where each lead has its own day on which the outcome was decided.
    contributions
        Adds, for each plain score, a column for each of its rules, ``score.rule``, and one,
        ``score.bounds``, for what bounds take away or add: they add up to the score.
    leads, touchpoints, stages, mapping, timezone, ambiguous, strict, threads, progress
        See `score`.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> table = lf.features(
    ...     lf.example_model("b2b_starter"),
    ...     touchpoints={"lead": ["L-1"], "at": ["2026-04-01T09:00:00+09:00"], "type": ["inquiry"]},
    ...     cutoffs=["2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z"],
    ... )
    >>> [row["engagement"] > 0 for row in table]
    [False, True]
    """
    plan = _plan_of(model)
    if _is_table(cutoffs):
        pairs = read_pairs(plan, cutoffs, mapping, timezone, ambiguous)
        histories = read_asked(
            plan, leads, touchpoints, stages, mapping, timezone, ambiguous, strict, progress, pairs
        )
        with watching(progress, "scoring") as bar:
            frame = _core.score_pairs(
                histories._core, plan._core, pairs, contributions, threads or 0, bar
            )
        return Features(frame, histories)
    scores = score(
        plan, leads, touchpoints, at=cutoffs, stages=stages, mapping=mapping, timezone=timezone,
        ambiguous=ambiguous, strict=strict, threads=threads, progress=progress,
    )
    frame = scores._frame()
    if contributions:
        plain = [s.id for s in plan.model.scores]
        with watching(progress, "explaining") as bar:
            for name in plain:
                frame = frame.beside(
                    scores._full().contributions(name, f"{name}.", "bounds", threads or 0, bar)
                )
    return Features(frame, scores)


def explain(
    model: Model | Plan,
    leads: TableLike | Histories = None,
    touchpoints: TableLike = None,
    *,
    lead: str,
    at: Instant,
    score: str | None = None,
    stages: TableLike = None,
    mapping: Mapped = None,
    timezone: str | None = None,
    ambiguous: Ambiguous = "refuse",
    strict: bool = False,
) -> Explanation:
    """Why one lead's score is what it is, straight from the tables.

    See `Scores.explain`, which costs nothing where scores have been made.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> why = lf.explain(
    ...     lf.example_model("b2b_starter"),
    ...     touchpoints={"lead": ["L-1"], "at": ["2026-04-01T09:00:00+09:00"], "type": ["inquiry"]},
    ...     lead="L-1", score="engagement", at="2026-04-01T10:00:00+09:00",
    ... )
    >>> [line.name for line in why.lines if line.now > 0]
    ['inquiry', 'last_seen']
    """
    plan = _plan_of(model)
    histories = read(
        plan, leads, touchpoints, stages=stages, mapping=mapping, timezone=timezone,
        ambiguous=ambiguous, strict=strict, progress=False,
    )
    core = _core.Scores(histories._core, plan._core, [], 1, None)  # of no instant: none is needed
    return Scores(core, plan, histories).explain(lead, score, at)
