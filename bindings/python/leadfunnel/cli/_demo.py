# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The demo: the library's main job from end to end, on generated leads."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from .. import _core
from .._engine import Engine
from .._engine_types import Signal, Timeline
from .._events import Attributes, StageEntry, Touchpoint
from .._model import Plan, example_model
from .._score import Scores
from .._score import score as score_all
from .._tables import Histories
from ._input import Reading, read_tables
from ._output import captured
from ._reasons import reasons
from ._replay import Replay
from ._text import cell_text, instant_text

_TODAY: datetime = _core.generated_until
_DAYS = 545  # of touchpoints
_STAGES = ("contact", "qualified", "working", "nurturing", "dormant", "won", "lost")
_BANDS = ("cold", "warm", "hot")
_RETURNER, _COMPETITOR, _STUDENT, _COOLED = "L-90001", "L-90002", "L-90003", "L-90004"


def write_files(folder: Path, leads: int, seed: int = 2026) -> None:
    """Writes the generator's two files."""
    folder.mkdir(parents=True, exist_ok=True)
    _core.generate(folder, leads, seed)


def run(leads: int, keep: Path | None) -> None:
    """Runs the demo, and prints what there is to see."""
    with tempfile.TemporaryDirectory(prefix="leadfunnel-demo-") as temporary:
        folder = keep or Path(temporary)
        write_files(folder, leads)
        plan = example_model("b2b_starter").plan
        histories = read_tables(
            plan,
            [str(folder / "leads.csv"), str(folder / "touchpoints.csv")],
            Reading(mappings=["demo_leads", "demo_touchpoints"]),
        )
    _say(f"Read {len(histories):,} leads and {histories.touchpoints:,} touchpoints.")
    _score(plan, histories)
    _live(plan, histories)


def _say(text: str, style: str = "") -> None:
    with captured(sys.stdout.isatty()) as (console, written):
        console.print(_core.printable(text, lines=True), style=style or None, soft_wrap=True)
    sys.stdout.write(written.getvalue())
    sys.stdout.flush()


def _head(text: str) -> None:
    _say(f"\n{text}", "bold")


# ---- scores -------------------------------------------------------------------------------------


def _score(plan: Plan, histories: Histories) -> None:
    scores = score_all(plan, histories, at=_TODAY)
    _head(f"The 10 best of {len(histories):,} leads by total at {instant_text(_TODAY)}:")
    for rank, row in enumerate(scores.top("total", 10), 1):
        why = reasons(scores.explain(row["lead"], "total"))
        _say(f"{rank:3}. {row['lead']:<8} {row['total']:6.1f}  {row['temperature']:<5} {why}")
    _head("Leads by temperature:")
    bands = Counter(row["temperature"] or "excluded" for row in scores)
    for band in (*_BANDS, "excluded"):
        _say(f"{bands[band]:8,}  {band}")

    _story(scores, _RETURNER, "Came to a seminar a year ago, and is back to look at prices:")
    _story(scores, _COMPETITOR, "Reads everything, and is a competitor:")
    _story(scores, _STUDENT, "Reads everything, and is a student:")
    then = _TODAY - timedelta(days=184)
    was = scores.explain(_COOLED, "total", then).total
    _story(scores, _COOLED, f"Had {was:.0f} points half a year ago, and has gone cold:")


def _story(scores: Scores, lead: str, title: str) -> None:
    _head(title)
    _say(str(scores.explain(lead, "total")).rstrip("\n"))


# ---- a year and a half, live --------------------------------------------------------------------


class _Year:
    """The engine's signals, counted, and a made-up sales team that looks at leads each morning."""

    def __init__(self, plan: Plan, histories: Histories) -> None:
        self._replay = Replay(plan, histories)
        self.engine: Engine = self._replay.engine
        self.counts: Counter[str] = Counter()
        self.alerts: dict[str, Signal] = {}

    def run(self) -> None:
        """Applies everything, and prints where leads are on the first day of each quarter."""
        _say(
            " " * 10
            + "".join(f" {s:>9}" for s in _STAGES)
            + "   |"
            + "".join(f" {b:>6}" for b in _BANDS)
        )
        for day in range(_DAYS, -1, -1):
            morning = _TODAY - timedelta(days=day)
            for signal in self._replay.until(morning, watched=False):
                self._count(signal)
            if morning.isoweekday() < 6:
                self._work()
            if morning.day == 1 and morning.month % 3 == 1:
                stages = self.engine.stages("sales")
                bands = self.engine.bands("temperature")
                _say(
                    f"{morning:%Y-%m-%d}"
                    + "".join(f" {stages[s]:>9,}" for s in _STAGES)
                    + "   |"
                    + "".join(f" {bands[b]:>6,}" for b in _BANDS)
                )

    def _count(self, signal: Signal) -> None:
        self.counts[signal.kind] += 1
        if signal.kind == "stage_changed":
            self.counts[f"by {signal.cause}"] += 1
        if signal.kind == "band_changed" and signal.subject == "temperature":
            self.counts["heated up"] += signal.to == "hot"
            self.counts["cooled down"] += signal.from_ == "hot"
        if signal.kind == "alert":
            self.alerts[signal.lead] = signal

    def _in(self, stage: str, entered_to: datetime | None = None) -> list[str]:
        return self.engine.query(
            funnel="sales", stages=stage, entered_to=entered_to, limit=max(len(self.engine), 1)
        ).leads

    def _work(self) -> None:
        """Of ten leads handed over, six are called and accepted, two rejected, two forgotten.

        Talks take thirty days.
        """
        now = self.engine.now
        assert now is not None
        for lead in self._in("qualified"):
            mood = _mood(lead)
            if mood < 6:
                self.engine.apply(Touchpoint(lead, now, "call", value=10, channel="phone"))
                self.engine.move(lead, "sales", "working", who="sato")
            elif mood < 8:
                self.engine.move(lead, "sales", "nurturing", reason="no budget", who="sato")
        for lead in self._in("working", now - timedelta(days=30)):
            self.engine.move(lead, "sales", "won" if _mood(lead) < 2 else "lost", who="sato")
        for signal in self._replay.signals():
            self._count(signal)


def _mood(lead: str) -> int:
    """A number from 0 to 9 that decides what sales does, the same on every machine."""
    h = 1_469_598_103_934_665_603
    for byte in lead.encode():
        h = (h ^ byte) * 1_099_511_628_211 % 2**64
    return (h >> 32) % 10


def _live(plan: Plan, histories: Histories) -> None:
    _head("The same year and a half, live. Leads by stage and by temperature:")
    year = _Year(plan, histories)
    year.run()
    n = year.counts
    _say(
        f"\n{n['heated up']:,} leads heated up and {n['cooled down']:,} cooled down again.\n"
        f"Sales received {n['by heated_up'] + n['by heated_up_again']:,} leads, "
        f"{n['by heated_up_again']:,} of them again; "
        f"{n['alert']:,} alerts said why;\n"
        f"called {n['sla_met']:,} within a working day "
        f"and {n['sla_breached']:,} too late or never;\n"
        f"accepted {n['by accepted']:,}, rejected {n['by rejected']:,}, and left "
        f"{n['by not_answered']:,} without an answer for a week;\n"
        f"won {n['by won']:,}, lost {n['by lost']:,}, of whom {n['by recycled']:,} were recycled."
    )
    _head("The one who came back, as sales sees it before calling:")
    _say(_story_of(year.engine.timeline(_RETURNER)))
    if alert := year.alerts.get(_RETURNER):
        _head(f"What the alert {alert.subject} said at {instant_text(alert.at)}:")
        _say(alert.explanation.rstrip("\n"))
    cools = year.engine.cools_at(_RETURNER, "temperature", _TODAY + timedelta(days=365))
    if cools:
        _say(f"\nIf nothing happens, it cools on {instant_text(cools)}.")


def _story_of(timeline: Timeline) -> str:
    lines = []
    for entry in timeline.entries:
        what = _what(entry.event)
        if what and entry.event.at is not None:
            stage = entry.stages["sales"]
            day = cell_text(entry.event.at)[:10]
            points = entry.scores["total"] or 0.0
            lines.append(f"{day}  {points:5.1f}  {stage.stage if stage else '':<10} {what}")
    return "\n".join(lines)


def _what(event: Touchpoint | Attributes | StageEntry) -> str:
    if isinstance(event, Touchpoint):
        said = [str(event.properties[p]) for p in ("url", "document") if event.properties.get(p)]
        return " ".join([event.type, *said])
    if isinstance(event, StageEntry):
        return f"> {event.stage}" + (f" ({event.reason})" if event.reason else "")
    return ""
