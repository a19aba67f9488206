# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Runs the live engine through past events."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime

from .. import _core
from .._engine import Engine
from .._engine_types import Signal
from .._model import Plan
from .._progress import watching
from .._tables import Histories

_SLICE = 4096  # events between two checks of signals, the bar and Ctrl-C


class Replay:
    """An engine, and the events to apply to it.

    Attributes
    ----------
    taken, refused, late : int
        How many events were applied, refused, and applied after later ones.
    """

    def __init__(self, plan: Plan, histories: Histories) -> None:
        self.engine = Engine(plan, index=["stage"])
        self._log = _core.EventLog(histories._core.rows())
        self.taken = self.refused = self.late = 0

    def __len__(self) -> int:
        return len(self._log)

    def until(self, at: datetime | None, *, watched: bool = True) -> Iterator[Signal]:
        """Applies events up to and including an instant, or all. Yields the signals."""
        with watching(None if watched else False, "replaying") as bar:
            done = 0
            while len(rows := self._log.take(at, _SLICE)):
                report = self.engine._core.apply_rows(rows)
                self.taken += report.taken
                self.refused += len(report.refused)
                self.late += report.late
                yield from self.signals()
                done += len(rows)
                if bar is not None:
                    bar(done, len(self._log))
        if at is not None:
            self.engine.advance_to(at, progress=None if watched else False)
            yield from self.signals()

    def signals(self) -> Iterator[Signal]:
        """The new signals, which are acknowledged."""
        while signals := self.engine.signals(most=_SLICE):
            yield from signals
            self.engine.acknowledge(signals[-1].sequence)


class Flow:
    """How leads moved through one funnel, from its signals."""

    def __init__(self, funnel: str) -> None:
        self.funnel = funnel
        self._where: dict[str, tuple[str, datetime]] = {}
        self._entries: Counter[str] = Counter()
        self._leads: defaultdict[str, set[str]] = defaultdict(set)
        self._moves: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self._stays: defaultdict[tuple[str, str], list[float]] = defaultdict(list)

    def add(self, signal: Signal) -> None:
        """Adds a signal."""
        if signal.kind != "stage_changed" or signal.subject != self.funnel:
            return
        move = signal.from_, signal.to
        _, since = self._where.get(signal.lead, ("", None))
        if since is not None:
            self._stays[move].append((signal.at - since).total_seconds() / 86_400)
        self._where[signal.lead] = signal.to, signal.at
        self._entries[signal.to] += 1
        self._leads[signal.to].add(signal.lead)
        self._moves[move].append(signal.lead)

    def stages(self, replay: Replay) -> Iterator[tuple[str, str, int, int, int, float | None]]:
        """For each stage: its phase, leads in it now and ever, entries, and its share of all leads."""
        model = replay.engine.plan.model
        funnel = next(f for f in model.funnels if f.id == self.funnel)
        for each in funnel.stages:
            stage = each if isinstance(each, str) else each.id
            leads = len(self._leads[stage])
            yield (
                stage,
                getattr(each, "phase", None) or "marketing",
                replay.engine.count_in_stage(self.funnel, stage),
                leads,
                self._entries[stage],
                _share(leads, len(self._where)),
            )

    def moves(self) -> Iterator[tuple[str, str, int, int, float | None, float | None]]:
        """For each move: from, to, moves, leads, their share of those in ``from``, and median stay."""
        order = {s: i for i, s in enumerate(["", *self._entries])}
        for move in sorted(
            self._moves, key=lambda m: (order.get(m[0], 0), -len(self._moves[m]), m)
        ):
            leads = len(set(self._moves[move]))
            began = len(self._leads[move[0]]) if move[0] else len(self._where)
            stays = self._stays[move]
            yield (
                *move,
                len(self._moves[move]),
                leads,
                _share(leads, began),
                round(statistics.median(stays), 2) if stays else None,
            )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
