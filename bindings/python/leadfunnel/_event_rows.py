# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Tables as events, for the live engine."""

from __future__ import annotations

from collections.abc import Callable

from . import _core
from ._model import Plan
from ._table_types import TableKind, TableReport


class Events:
    """Takes tables as a `_core.Reader` does, and keeps their rows as events."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.rows = _core.EventRows()

    def _add(self, kind: TableKind, table: _core.ArrowTable, how: _core.Reading) -> TableReport:
        rows, report = _core.read_events(table, kind, self._plan._core, how)
        self.rows.extend(rows)
        return report

    def add_leads(self, table: _core.ArrowTable, how: _core.Reading) -> TableReport:
        """Adds the rows of a table of leads."""
        return self._add("leads", table, how)

    def add_touchpoints(self, table: _core.ArrowTable, how: _core.Reading) -> TableReport:
        """Adds the rows of a table of touchpoints."""
        return self._add("touchpoints", table, how)

    def add_events(self, rows: _core.EventRows) -> list[tuple[int, str]]:
        """Adds events. The engine itself rejects those that no history can hold."""
        self.rows.extend(rows)
        return []

    def add_text(
        self,
        next: Callable[[], bytes],
        mapping: str,
        mapping_name: str,
        name: str,
        table: str,
        how: _core.Reading,
    ) -> TableReport:
        """Adds the rows of a text by a mapping file."""
        return self.rows.add_text(next, mapping, mapping_name, name, table, how)
