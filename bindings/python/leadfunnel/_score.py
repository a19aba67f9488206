# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Scores of many leads at many instants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from . import _core
from ._errors import BadRow, InputError, Issue, UsageError, blamed_on, one_of
from ._events import Instant
from ._model import Model, Plan, plan_of
from ._progress import Progress, watching
from ._results import ColumnKind, Explanation, Table
from ._table_types import Ambiguous, Mapped, ReadOptions, TableLike, Tables
from ._tables import Histories, read_histories, read_into, read_pairs, tables_to_add_up

if TYPE_CHECKING:
    import numpy
    import numpy.typing


@dataclass(frozen=True, slots=True)
class _Unread:
    """Histories that are read when something needs them, with the report of a first read."""

    read: Callable[[], Histories]
    issues: list[BadRow | Issue]
    bad_rows: int


class Scores(Table):
    """Scores, bands and classes of leads: a table with a row for each lead and instant.

    `score` makes them. The columns are ``lead``, ``at``, one for each score (in points; null where
    an exclusion holds), one for each banding, and one for each matrix. Leads are in the order of
    the tables.

    Attributes
    ----------
    issues : list of BadRow or Issue
        Rejected rows of the input, each with its row, column and reason, and remarks.
    bad_rows : int
        The number of rejected rows; ``issues`` lists the first 1,000 of each table.

    Notes
    -----
    Some models score each touchpoint by itself. Their scores at one instant, from tables of polars,
    pyarrow or pandas (3.0 or later), are added up while the tables are read, and no history is
    stored. A later call that needs histories, such as `explain`, reads the tables again, once, in
    the state that they had.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> scores = lf.score(
    ...     lf.example_model("b2b_starter"), {"lead": ["L-1"]}, at="2026-04-02T00:00:00Z"
    ... )
    >>> len(scores), scores.columns[:3]
    (1, ['lead', 'at', 'fit'])
    """

    def __init__(self, core: _core.Scores, plan: Plan, histories: Histories | _Unread) -> None:
        self._core = core
        self._plan = plan
        self._histories = histories
        self._made = None

    @property
    def issues(self) -> list[BadRow | Issue]:
        """list of BadRow or Issue : Rejected rows, and remarks about the tables."""
        return self._histories.issues

    @property
    def bad_rows(self) -> int:
        """int : The number of rejected rows."""
        return self._histories.bad_rows

    def _full(self) -> _core.Scores:
        """The scores, with the histories that they come from."""
        if isinstance(self._histories, _Unread):
            self._histories = self._histories.read()
            self._core.take_histories(self._histories._core)
        return self._core

    @property
    def plan(self) -> Plan:
        """Plan : The compiled model."""
        return self._plan

    @property
    def histories(self) -> Histories:
        """Histories : The histories that the scores come from."""
        self._full()
        assert isinstance(self._histories, Histories)
        return self._histories

    @property
    def instants(self) -> list[datetime]:
        """list of datetime : The instants, in the order of the call."""
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

        Parameters
        ----------
        score : str
            The score.

        Returns
        -------
        ndarray of int64
            A read-only view, not a copy. Where an exclusion holds, it has the score that the lead
            would have; see `absent`.

        Raises
        ------
        UnknownNameError
            If the model has no such score.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> scores = lf.score(lf.example_model("b2b_starter"), {"lead": ["L-1"]}, at="2026-04-02T00:00:00Z")
        >>> scores.micros("fit").tolist()
        [0]
        """
        return self._core.micros(score)

    def absent(self, score: str) -> numpy.typing.NDArray[numpy.bool_]:
        """Where a score is absent because an exclusion holds.

        Parameters
        ----------
        score : str
            The score.

        Returns
        -------
        ndarray of bool
            One element for each row.

        Raises
        ------
        UnknownNameError
            If the model has no such score.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> scores = lf.score(lf.example_model("b2b_starter"), {"lead": ["L-1"]}, at="2026-04-02T00:00:00Z")
        >>> scores.absent("fit").tolist()
        [False]
        """
        out: numpy.typing.NDArray[numpy.bool_] = (self._core.flags(score) & 1).astype(bool)
        return out

    def saturated(self, score: str) -> numpy.typing.NDArray[numpy.bool_]:
        """Where a sum left the range of ±9.2 × 10¹² points, and the score is at its end.

        Parameters
        ----------
        score : str
            The score.

        Returns
        -------
        ndarray of bool
            One element for each row.

        Raises
        ------
        UnknownNameError
            If the model has no such score.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> scores = lf.score(lf.example_model("b2b_starter"), {"lead": ["L-1"]}, at="2026-04-02T00:00:00Z")
        >>> scores.saturated("fit").tolist()
        [False]
        """
        out: numpy.typing.NDArray[numpy.bool_] = (self._core.flags(score) & 2).astype(bool)
        return out

    def top(self, score: str, k: int = 10, *, at: Instant | None = None) -> Table:
        """The leads with the highest scores.

        Parameters
        ----------
        score : str
            The score.
        k : int, default 10
            The most leads to return.
        at : Instant, optional
            One of the instants; the first by default.

        Returns
        -------
        Table
            Rows of this table, the highest score first, ties in the order of the tables.

        Raises
        ------
        UnknownNameError
            If the model has no such score.
        UsageError
            If ``at`` is none of the instants.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> scores = lf.score(
        ...     lf.example_model("b2b_starter"),
        ...     {"lead": ["L-1", "L-2"], "industry": ["Retail", "Machinery"]},
        ...     at="2026-04-02T00:00:00Z",
        ... )
        >>> [row["lead"] for row in scores.top("fit", 1)]
        ['L-2']
        """
        nth = 0 if at is None else self._nth(at)
        rows = [lead * len(self.instants) + nth for lead in self._core.top(score, k, nth)]
        frames = [self._core.frame(r, r + 1) for r in rows]
        columns = self.columns
        kinds: dict[str, ColumnKind] = {**_KINDS, **dict.fromkeys(self._plan.scores, "number")}
        return Table._of(
            [
                (n, kinds.get(n, "word"), [f.cells(n, 0, 1)[0] for f in frames])
                for n in columns
            ]
        )

    def _nth(self, at: Instant) -> int:
        when = _core.to_instant(at)
        for i, known in enumerate(self.instants):
            if known == when:
                return i
        raise UsageError(f"{at!r} is none of the instants that were asked for")

    def explain(self, lead: str, score: str | None = None, at: Instant | None = None) -> Explanation:
        """Why a lead's score is what it is.

        Parameters
        ----------
        lead : str
            The lead's id.
        score : str, optional
            The score. The default is the model's last one, which is a derived score if the model
            has any.
        at : Instant, optional
            The instant, also one that was not scored. The default is the last of the instants.

        Returns
        -------
        Explanation
            Every contribution; they add up to the score.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.
        UnknownNameError
            If the model has no such score.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> scores = lf.score(
        ...     lf.example_model("b2b_starter"),
        ...     {"lead": ["L-1"], "industry": ["Machinery"]},
        ...     at="2026-04-02T00:00:00Z",
        ... )
        >>> scores.explain("L-1", "fit").total == next(iter(scores))["fit"]
        True
        """
        return self._full().explain(
            lead, one_of(self._plan.scores, score, "score", -1), self.instants[-1] if at is None else at
        )

    def changes(self, lead: str, score: str, since: Instant, until: Instant) -> Table:
        """A score at an instant, and every change of it up to another.

        Parameters
        ----------
        lead : str
            The lead's id.
        score : str
            The score.
        since, until : Instant
            The first and last instant, both included.

        Returns
        -------
        Table
            The columns ``at`` and the score; the first row is at ``since``.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.
        UnknownNameError
            If the model has no such score.
        Error
            If there are more than a million changes, which years of a model can have whose decay
            grid ticks each second. Give a shorter period.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> scores = lf.score(
        ...     lf.example_model("b2b_starter"), {"lead": ["L-1"]}, at="2026-04-02T00:00:00Z"
        ... )
        >>> len(scores.changes("L-1", "fit", "2026-04-01T00:00:00Z", "2026-04-02T00:00:00Z"))
        1
        """
        found = self._full().changes(lead, score, since, until)
        return Table._of(
            [
                ("at", "instant", [at for at, _ in found]),
                (score, "number", [points for _, points in found]),
            ]
        )

    def __reduce__(self) -> NoReturn:
        raise UsageError("Scores cannot be pickled; to_polars, to_pandas and to_arrow make what can be")

    def __repr__(self) -> str:
        text = super().__repr__()
        return text + (f"\n{self.bad_rows:,} bad rows: see .issues" if self.bad_rows else "")


_KINDS: dict[str, ColumnKind] = {"lead": "text", "at": "instant"}


def _instants(at: Instant | Iterable[Instant]) -> list[Instant]:
    """The instants as a list that is not empty."""
    if isinstance(at, str | datetime):
        return [at]
    given: Any = at
    out: list[Instant] = []
    with blamed_on("the instants cannot be read"):
        if hasattr(given, "to_pydatetime"):  # pandas
            out = list(given.to_pydatetime())
        elif hasattr(given, "to_list"):  # polars, NumPy-like
            out = list(given.to_list())
        elif isinstance(at, Iterable):
            out = list(at)
    if not out:
        raise InputError(f"{at!r} is no instant, nor several")
    return out


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
    """Scores leads at one instant, or at several.

    A score at an instant uses nothing after it. The result depends neither on the order of rows
    nor on the number of threads.

    Parameters
    ----------
    model : Model or Plan
        The model.
    leads : TableLike or Histories, optional
        Facts about leads; see `read`. Or histories, which stand for all tables.
    touchpoints, stages : TableLike, optional
        See `read`.
    at : Instant or iterable of Instant
        The instants: text with an offset, or ``datetime`` with a zone. No clock is read.
    mapping : Mapped, optional
        See `read`.
    timezone : str, optional
        See `read`.
    ambiguous : {"refuse", "earliest", "latest"}, default "refuse"
        See `read`.
    strict : bool, default False
        See `read`.
    threads : int, optional
        The number of threads; by default as many as there are cores.
    progress : Progress, optional
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
        If a table or an instant cannot be used.

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
    options = ReadOptions(mapping, timezone, ambiguous, strict, progress)
    tables = Tables(leads, touchpoints, stages)
    return _score(plan_of(model), tables, _instants(at), options, threads)


def _score(
    plan: Plan,
    tables: Tables,
    instants: list[Instant],
    options: ReadOptions,
    threads: int | None,
) -> Scores:
    if len(instants) == 1:
        scores = _score_additively(plan, tables, instants[0], options, threads)
        if scores is not None:
            return scores
    histories = read_histories(plan, tables, options)
    with watching(options.progress, "scoring") as bar:
        core = _core.Scores(histories._core, plan._core, instants, threads or 0, bar)
    return Scores(core, plan, histories)


def _score_additively(
    plan: Plan, tables: Tables, at: Instant, options: ReadOptions, threads: int | None
) -> Scores | None:
    """Scores without histories, if the model and the tables allow it."""
    adder = _core.AdditiveScores.begin(plan._core, at)
    held = None if adder is None else tables_to_add_up(plan, tables, options)
    if adder is None or held is None:
        return None
    with watching(options.progress, "reading") as bar:
        issues, bad = read_into(adder, plan, held, options, options.reading(bar))
    with watching(options.progress, "scoring") as bar:
        core = _core.Scores.of_tables(adder, threads or 0, bar)
    if core is None:
        return None

    def read_again() -> Histories:
        return read_histories(plan, held, replace(options, progress=None))

    return Scores(core, plan, _Unread(read_again, issues, bad))


class Features(Table):
    """A table for training: a row for each lead and cut-off, with what was known by then.

    `features` makes it.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> table = lf.features(
    ...     lf.example_model("b2b_starter"), {"lead": ["L-1"]}, cutoffs="2026-05-01T00:00:00Z"
    ... )
    >>> table.columns[:3], len(table)
    (['lead', 'at', 'fit'], 1)
    """

    def __init__(self, frame: _core.Frame, source: Histories | Scores) -> None:
        self._made = frame
        self._source = source

    @property
    def histories(self) -> Histories:
        """Histories : The histories that the features come from."""
        return self._source.histories if isinstance(self._source, Scores) else self._source

    @property
    def issues(self) -> list[BadRow | Issue]:
        """list of BadRow or Issue : Rejected rows, and remarks about the tables."""
        return self._source.issues

    def __reduce__(self) -> NoReturn:
        raise UsageError(
            "Features cannot be pickled; to_polars, to_pandas and to_arrow make what can be"
        )


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

    A row uses nothing after its cut-off. A row of a leads table without ``at`` counts as always
    true: date such rows, or leave out what was learnt later.

    Parameters
    ----------
    model : Model or Plan
        The model.
    leads : TableLike or Histories, optional
        See `score`.
    touchpoints, stages : TableLike, optional
        See `read`.
    cutoffs : Instant, iterable of Instant, or TableLike
        The instants to compute features at, for every lead. Or a table with the columns ``lead``
        and ``at`` (or ``cutoff``), and a row for each row of the result, in that order: for
        outcomes that were decided on another day for each lead.
    contributions : bool, default False
        Whether to add, for each plain score, a column for each of its rules, ``score.rule``, and
        ``score.bounds`` for what bounds take away or add. They add up to the score.
    mapping : Mapped, optional
        See `read`.
    timezone : str, optional
        See `read`.
    ambiguous : {"refuse", "earliest", "latest"}, default "refuse"
        See `read`.
    strict : bool, default False
        See `read`.
    threads : int, optional
        See `score`.
    progress : Progress, optional
        See `Progress`.

    Returns
    -------
    Features
        The table.

    Raises
    ------
    ModelError
        If the model has errors.
    InputError
        If a table or a cut-off cannot be used.

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
    plan = plan_of(model)
    tables = Tables(leads, touchpoints, stages)
    options = ReadOptions(mapping, timezone, ambiguous, strict, progress)
    if _is_table(cutoffs):
        pairs = read_pairs(plan, cutoffs, options)
        histories = read_histories(plan, tables, options, pairs)
        with watching(progress, "scoring") as bar:
            frame = _core.score_pairs(
                histories._core, plan._core, pairs, contributions, threads or 0, bar
            )
        return Features(frame, histories)
    scores = _score(plan, tables, _instants(cutoffs), options, threads)
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
    """Why one lead's score is what it is, straight from tables.

    `Scores.explain` is faster if scores have been made.

    Parameters
    ----------
    model : Model or Plan
        The model.
    leads : TableLike or Histories, optional
        See `score`.
    touchpoints, stages : TableLike, optional
        See `read`.
    lead : str
        The lead's id.
    at : Instant
        The instant.
    score : str, optional
        The score; the model's last one by default.
    mapping : Mapped, optional
        See `read`.
    timezone : str, optional
        See `read`.
    ambiguous : {"refuse", "earliest", "latest"}, default "refuse"
        See `read`.
    strict : bool, default False
        See `read`.

    Returns
    -------
    Explanation
        Every contribution; they add up to the score.

    Raises
    ------
    ModelError
        If the model has errors.
    InputError
        If a table or the instant cannot be used.
    UnknownLeadError
        If there is no such lead.
    UnknownNameError
        If the model has no such score.

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
    plan = plan_of(model)
    options = ReadOptions(mapping, timezone, ambiguous, strict, progress=False)
    histories = read_histories(plan, Tables(leads, touchpoints, stages), options)
    core = _core.Scores(histories._core, plan._core, [], 1, None)  # an explanation needs no scores
    return Scores(core, plan, histories).explain(lead, score, at)
