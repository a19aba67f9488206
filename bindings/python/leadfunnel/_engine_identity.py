# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Leads that are one person, and erasure."""

from __future__ import annotations

from ._engine_leads import LeadsView
from ._engine_outbox import Outbox
from ._queries import Queries


class IdentityCalls(LeadsView, Outbox):
    """Merges, unmerges and erases leads. A base of `Engine`."""

    def merge(self, into: str, other: str) -> None:
        """Makes two leads one, which has the events of both.

        Parameters
        ----------
        into : str
            The lead that stays.
        other : str
            The lead that is merged into it; its id keeps working.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.
        UsageError
            If the two are one lead already.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> _ = crm.apply({"lead": "L-2", "employees": 900})
        >>> crm.merge("L-1", "L-2")
        >>> crm.attribute("L-1", "employees")
        900.0
        """
        self._core.merge(into, other)
        self._deliver()

    def unmerge(self, other: str) -> None:
        """Takes a merge back.

        Parameters
        ----------
        other : str
            The lead that was merged.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> _ = crm.apply({"lead": "L-2", "employees": 900})
        >>> crm.merge("L-1", "L-2")
        >>> crm.unmerge("L-2")
        >>> crm.attribute("L-1", "employees")
        """
        self._core.unmerge(other)
        self._deliver()

    def erase(self, lead: str) -> None:
        """Removes everything that is stored about a person, also from the outbox.

        The lead goes, with all leads that are merged into it, and every text that no other lead's
        history has; the engine overwrites its memory of them. The person's signals keep their
        sequence number, instant, kind and the model's names. A later event with one of the ids adds
        a new lead. Earlier snapshots and files, and the caller's own objects, are the caller's to
        remove.

        Parameters
        ----------
        lead : str
            The lead's id, or one that was merged into it.

        Raises
        ------
        UnknownLeadError
            If there is no such lead.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.erase("L-1")
        >>> "L-1" in crm
        False
        """
        self._core.erase(lead)
        self._queries = Queries(self._plan)  # their conditions may contain what is erased
        self._deliver()
