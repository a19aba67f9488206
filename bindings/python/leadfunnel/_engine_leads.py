# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The engine's questions about many leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ._conditions import Condition
from ._engine_lead import LeadView
from ._engine_types import Page
from ._errors import one_of, texts
from ._events import Instant
from ._results import Table


class LeadsView(LeadView):
    """What is known about many leads. A base of `Engine`."""

    def top(self, score: str, k: int = 10, at: Instant | None = None) -> Table:
        """The leads with the highest scores, exactly.

        Parameters
        ----------
        score : str
            The score.
        k : int, default 10
            The most leads to return.
        at : Instant, optional
            The instant; now by default.

        Returns
        -------
        Table
            The columns ``rank``, ``lead`` and the score, the highest first.

        Raises
        ------
        UnknownNameError
            If the model has no such score.
        InputError
            If an instant cannot be read.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> [(row["lead"], row["rank"]) for row in crm.top("total", 5)]
        [('L-1', 1)]
        """
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
        """The n-th lead by falling score.

        Parameters
        ----------
        score : str
            The score.
        n : int
            The place, from 0.
        at : Instant, optional
            The instant; now by default.

        Returns
        -------
        tuple of (str, float) or None
            The lead and its score; None if there are fewer leads.

        Raises
        ------
        UnknownNameError
            If the model has no such score.
        InputError
            If an instant cannot be read.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.nth("total", 0)[0]
        'L-1'
        >>> crm.nth("total", 1)
        """
        return self._core.nth(score, n, at)

    def rank(self, lead: str, score: str, at: Instant | None = None) -> int | None:
        """The rank of a lead: 1 + the number of leads with a higher score.

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
        int or None
            The rank; None where an exclusion holds.

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
        >>> crm.rank("L-1", "total")
        1
        """
        return self._core.rank(lead, score, at)

    def percentile(self, lead: str, score: str, at: Instant | None = None) -> float | None:
        """The share of leads whose score is not higher.

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
            The share, from 0 to 1; None where an exclusion holds.

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
        >>> crm.percentile("L-1", "total")
        1.0
        """
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
        """Leads for which all given conditions hold, a page at a time.

        Parameters
        ----------
        where : Condition or dict, optional
            A condition of the model language: attributes, stages, scores, bands, classes.
        funnel : str, optional
            The funnel of ``stages`` and ``entered_…``; the model's first by default.
        stages : str or sequence of str, default ()
            Leads in one of these stages.
        banding : str, optional
            The banding of ``bands``; the model's first by default.
        bands : str or sequence of str, default ()
            Leads in one of these bands.
        account, owner : str, default ""
            Leads of this account or owner, by the model's roles.
        active_from, active_to : Instant, optional
            Leads whose last event is in [``active_from``, ``active_to``).
        entered_from, entered_to : Instant, optional
            Leads that entered their stage in [``entered_from``, ``entered_to``).
        limit : int, default 100
            The most leads of a page.
        after : str, default ""
            The last lead of the page before; empty for the first page.

        Returns
        -------
        Page
            The leads, and whether there are more.

        Raises
        ------
        ModelError
            If ``where`` is no condition that an alert of the model could have.
        UnknownNameError
            If the model has no such funnel, stage, banding or band.
        InputError
            If an instant cannot be read.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> _ = crm.apply({"lead": "L-1", "employees": 900})
        >>> crm.query(lf.attribute("employees").at_least(300), stages="contact").leads
        ['L-1']
        """
        stages = texts(stages, "stages")
        bands = texts(bands, "bands")
        by_entry = entered_from is not None or entered_to is not None
        leads, more = self._core.find(
            None if where is None else self._queries.compiled(where),
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

    def count_in_stage(self, funnel: str, stage: str) -> int:
        """The number of leads in a stage.

        Parameters
        ----------
        funnel : str
            The funnel.
        stage : str
            The stage.

        Returns
        -------
        int
            The number.

        Raises
        ------
        UnknownNameError
            If the model has no such funnel or stage.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.count_in_stage("sales", "contact")
        1
        """
        return self._core.count_in_stage(funnel, stage)

    def count_in_band(self, banding: str, band: str) -> int:
        """The number of leads in a band.

        Parameters
        ----------
        banding : str
            The banding.
        band : str
            The band.

        Returns
        -------
        int
            The number.

        Raises
        ------
        UnknownNameError
            If the model has no such banding or band.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.count_in_band("temperature", "hot")
        0
        """
        return self._core.count_in_band(banding, band)

    def stages(self, funnel: str | None = None) -> dict[str, int]:
        """The number of leads in each stage of a funnel.

        Parameters
        ----------
        funnel : str, optional
            The funnel; the model's first by default.

        Returns
        -------
        dict of str to int
            The numbers by stage.

        Raises
        ------
        UnknownNameError
            If the model has no such funnel.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.stages()["contact"]
        1
        """
        name = self._funnel(funnel)
        found = {f.id: f for f in self._plan.model.funnels}[name]
        return {s: self._core.count_in_stage(name, s) for s in map(_id_of, found.stages)}

    def bands(self, banding: str | None = None) -> dict[str, int]:
        """The number of leads in each band of a banding.

        Parameters
        ----------
        banding : str, optional
            The banding; the model's first by default.

        Returns
        -------
        dict of str to int
            The numbers by band.

        Raises
        ------
        UnknownNameError
            If the model has no such banding.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> sum(crm.bands("temperature").values())
        1
        """
        name = one_of(self._plan.bandings, banding, "banding")
        found = {b.id: b for b in self._plan.model.bandings}[name]
        return {b: self._core.count_in_band(name, b) for b in map(_id_of, found.bands)}

    def with_email(self, email: str) -> list[str]:
        """The leads that have an e-mail address.

        Parameters
        ----------
        email : str
            The address.

        Returns
        -------
        list of str
            The leads.

        Raises
        ------
        UsageError
            If the model has no attribute in the role of e-mail.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> _ = crm.apply({"lead": "L-1", "email": "tanaka@hayabusa.example"})
        >>> crm.with_email("tanaka@hayabusa.example")
        ['L-1']
        """
        return self._core.with_email(email)


def _id_of(part: object) -> str:
    """The id of a stage or band, which a model may give by its name alone."""
    return part if isinstance(part, str) else str(getattr(part, "id"))  # noqa: B009
