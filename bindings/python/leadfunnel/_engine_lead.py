# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The engine's state, and questions about one lead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from . import _core
from ._engine_types import Position, Timeline
from ._errors import UnknownNameError, one_of, texts
from ._events import Event, Instant, StageEntry, Value
from ._model import Plan
from ._queries import Queries
from ._results import Explanation

Index = Literal["email", "account", "owner", "stage"]
INDICES: tuple[Index, ...] = get_args(Index)


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """The options of an engine, without its model; see `Engine`."""

    ranked: tuple[str, ...]
    index: tuple[str, ...]
    explanation_bytes: int

    @staticmethod
    def checked(
        ranked: Iterable[str], index: Iterable[str] | None, explanation_bytes: int
    ) -> EngineOptions:
        """The options of a call."""
        chosen = INDICES if index is None else tuple(texts(index, "the names of an index"))
        if unknown := sorted(set(chosen) - set(INDICES)):
            raise UnknownNameError(f"no index {unknown[0]!r}; there are {', '.join(INDICES)}")
        return EngineOptions(tuple(texts(ranked, "ranked scores")), chosen, explanation_bytes)

    def for_core(self) -> tuple[list[str], list[str], int]:
        """The options as the compiled part takes them."""
        return list(self.ranked), list(self.index), self.explanation_bytes


class LeadView:
    """What is known about one lead. The base of `Engine`."""

    _core: _core.Engine
    _plan: Plan
    _options: EngineOptions
    _queries: Queries

    @property
    def plan(self) -> Plan:
        """Plan : The compiled model."""
        return self._plan

    @property
    def now(self) -> datetime | None:
        """datetime or None : The engine's clock; None before the first event."""
        return self._core.now

    def __len__(self) -> int:
        return len(self._core)

    def __contains__(self, lead: str) -> bool:
        return self._core.contains(lead)

    def _funnel(self, name: str | None = None) -> str:
        return one_of([f.id for f in self._plan.model.funnels], name, "funnel")

    def resolve(self, lead: str) -> str:
        """The lead's own id, which is another if the lead was merged.

        Parameters
        ----------
        lead : str
            The lead's id, or one that was merged into it.

        Returns
        -------
        str
            The id of the lead that has the history.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.resolve("L-1")
        'L-1'
        """
        return self._core.resolve(lead)

    def score(self, lead: str, score: str, at: Instant | None = None) -> float | None:
        """A score in points.

        Parameters
        ----------
        lead : str
            The lead's id, or one that was merged into it.
        score : str
            The score.
        at : Instant, optional
            The instant; now by default.

        Returns
        -------
        float or None
            The score; None where an exclusion holds.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.
        UnknownNameError
            If the model has no such score.
        InputError
            If an instant cannot be read.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.score("L-1", "engagement") > 0
        True
        """
        return self._core.score(lead, score, at)

    def band(self, lead: str, banding: str) -> str | None:
        """The band that the lead is in.

        Parameters
        ----------
        lead : str
            The lead's id, or one that was merged into it.
        banding : str
            The banding.

        Returns
        -------
        str or None
            The band; None where an exclusion holds.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.
        UnknownNameError
            If the model has no such banding.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.band("L-1", "temperature")
        'warm'
        """
        return self._core.band(lead, banding)

    def class_of(self, lead: str, matrix: str) -> str | None:
        """The class that the lead is in.

        Parameters
        ----------
        lead : str
            The lead's id, or one that was merged into it.
        matrix : str
            The matrix.

        Returns
        -------
        str or None
            The class; None where an exclusion holds.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.
        UnknownNameError
            If the model has no such matrix.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("two_axis_matrix"))
        >>> _ = crm.apply({"lead": "L-1"})
        >>> crm.class_of("L-1", "class")
        'D4'
        """
        return self._core.class_of(lead, matrix)

    def stage(self, lead: str, funnel: str | None = None) -> Position | None:
        """Where the lead is in a funnel.

        Parameters
        ----------
        lead : str
            The lead's id, or one that was merged into it.
        funnel : str, optional
            The funnel; the model's first by default.

        Returns
        -------
        Position or None
            The position; None before the first entry.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.
        UnknownNameError
            If the model has no such funnel.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.stage("L-1", "sales").stage
        'contact'
        """
        return self._core.stage(lead, funnel or self._funnel())

    def attribute(self, lead: str, name: str) -> Value:
        """The present value of an attribute.

        Parameters
        ----------
        lead : str
            The lead's id, or one that was merged into it.
        name : str
            The attribute.

        Returns
        -------
        Value
            The value; None if there is none.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.
        UnknownNameError
            If the model has no such attribute.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> _ = crm.apply({"lead": "L-1", "industry": "Machinery"})
        >>> crm.attribute("L-1", "industry")
        'Machinery'
        """
        return self._core.attribute(lead, name)

    def explain(self, lead: str, score: str | None = None, at: Instant | None = None) -> Explanation:
        """Why a score is what it is.

        Parameters
        ----------
        lead : str
            The lead's id, or one that was merged into it.
        score : str, optional
            The score; the model's last one by default.
        at : Instant, optional
            The instant; now by default.

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
        InputError
            If an instant cannot be read.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> [line.name for line in crm.explain("L-1", "engagement").lines if line.now > 0]
        ['inquiry', 'last_seen']
        """
        return self._core.explain(lead, one_of(self._plan.scores, score, "score", -1), at)

    def timeline(self, lead: str) -> Timeline:
        """The lead's events, with its scores and stages after each.

        Parameters
        ----------
        lead : str
            The lead's id, or one that was merged into it.

        Returns
        -------
        Timeline
            A table, the oldest event first.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> len(crm.timeline("L-1").entries)
        2
        """
        return Timeline(lead, self._core.timeline(lead))

    def project(self, lead: str, banding: str, at: Instant) -> tuple[float | None, str | None]:
        """A score and its band at a later instant, if no event follows.

        Parameters
        ----------
        lead : str
            The lead's id, or one that was merged into it.
        banding : str
            The banding.
        at : Instant
            The instant.

        Returns
        -------
        tuple of (float or None, str or None)
            The score of the banding, and the band; None where an exclusion holds.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.
        UnknownNameError
            If the model has no such banding.
        InputError
            If an instant cannot be read.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> points, band = crm.project("L-1", "temperature", "2027-04-01T09:00:00Z")
        >>> band
        'cold'
        """
        return self._core.project(lead, banding, at)

    def cools_at(self, lead: str, banding: str, until: Instant) -> datetime | None:
        """When the lead leaves its band, if no event follows.

        Parameters
        ----------
        lead : str
            The lead's id, or one that was merged into it.
        banding : str
            The banding.
        until : Instant
            The last instant to look at.

        Returns
        -------
        datetime or None
            The instant; None if there is none up to ``until``.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.
        UnknownNameError
            If the model has no such banding.
        InputError
            If an instant cannot be read.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.cools_at("L-1", "temperature", "2027-04-01T09:00:00Z") > crm.now
        True
        """
        return self._core.cools_at(lead, banding, until)

    def stage_log(self, lead: str) -> list[StageEntry]:
        """The lead's stage entries.

        Parameters
        ----------
        lead : str
            The lead's id, or one that was merged into it.

        Returns
        -------
        list of StageEntry
            The entries, oldest first.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> [entry.stage for entry in crm.stage_log("L-1")]
        ['contact']
        """
        return self._core.stage_log(lead)

    def ids(self, lead: str) -> list[str]:
        """All ids of the lead.

        Parameters
        ----------
        lead : str
            The lead's id, or one that was merged into it.

        Returns
        -------
        list of str
            The lead's own id, then those that were merged into it, directly or by others.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> _ = crm.apply({"lead": "L-2", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.merge("L-1", "L-2")
        >>> crm.ids("L-2")
        ['L-1', 'L-2']
        >>> [e.lead for e in crm.history("L-2") if isinstance(e, lf.Touchpoint)]
        ['L-1', 'L-2']
        """
        return self._core.ids(lead)

    def history(self, lead: str) -> list[Event]:
        """All events that are stored about the lead.

        Parameters
        ----------
        lead : str
            The lead's id, or one that was merged into it.

        Returns
        -------
        list of Event
            The events in order, each with the id that it was applied with.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.history("L-1")[0].type
        'inquiry'
        """
        return self._core.history(lead)
