# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""leadfunnel: a model, and the tables. ``grouped`` is histories that were read before."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

import leadfunnel as lf

from .data import RANK, TOP, UPDATE, Data, Events, Ranking, lead_numbers
from .work import (
    BEGIN, CHAINS, EMPLOYEES_WANTED, END_TEXT, EVENT_RULES, FREQUENT, HALVING, INDUSTRY_WANTED,
    ONCE, POINTS, RETURNS, ROLE_RULES, ROLES_WANTED, TIME_ZONE, VALUED, WEEK, WEEKLY, WEEKS,
    type_names,
)


def additive():
    return lf.Model(
        "additive",
        touchpoints=type_names,
        scores=[lf.Score("engagement")],
        rules=[
            lf.Occurrence(t, score="engagement", on=t, points=p, decay=lf.HalfLife("30d"))
            for t, p in zip(type_names, POINTS, strict=True)
        ],
    )


def rich():
    rules = []

    def award(kind, **said):
        rules.append(kind(f"rule_{len(rules)}", score="engagement", **said))

    for t in HALVING:
        award(lf.Occurrence, on=type_names[t], group="web", points=5, decay=lf.HalfLife("30d"))
    for t in VALUED:
        award(
            lf.Occurrence, on=type_names[t], group="web", per_value=0.02, max_points=10,
            decay=lf.HalfLife("14d"),
        )
    for t in WEEKLY:
        award(lf.Occurrence, on=type_names[t], group="web", points=10, limits=lf.per_week(1))
    for a, b in CHAINS:
        award(
            lf.Sequence, steps=[type_names[a], type_names[b]], group="events", within="14d",
            points=20, decay=lf.HalfLife("60d"),
        )
    for t in ONCE:
        award(
            lf.Occurrence, on=type_names[t], group="events", points=10, limits=lf.once(),
            cooldown="7d", decay=lf.HalfLife("60d"),
        )
    for t in FREQUENT:
        award(lf.Frequency, on=type_names[t], at_least=5, window="7d", points=15)
    for t in RETURNS:
        award(
            lf.ReturnRule, on=type_names[t], after="90d", points=30,
            decay=lf.LinearDecay("90d"),
        )

    def fit(points, when):
        rules.append(lf.AttributeRule(f"rule_{len(rules)}", score="fit", points=points, when=when))

    for x in INDUSTRY_WANTED:
        fit(25, lf.attribute("industry").equals(x))
    for _ in range(ROLE_RULES):
        fit(20, lf.attribute("role").is_in(ROLES_WANTED))
    for n in EMPLOYEES_WANTED:
        fit(10, lf.attribute("employees").at_least(n))
    groups = [lf.Group("web", max=100), lf.Group("events", max=200)]
    return lf.Model(
        "rich",
        time_zone=TIME_ZONE,
        attributes=["industry", "role", lf.AttributeDeclaration("employees", type="number")],
        touchpoints=[lf.TouchpointDeclaration(t, value="seconds") for t in type_names],
        scores=[
            lf.Score("engagement", min=0, max=1000, groups=groups),
            lf.Score("fit", min=0, max=100),
        ],
        rules=rules,
    )


class Peer:
    """Answers in millionths of a point, exactly."""

    name = "leadfunnel"
    threads = (1, 2)
    workloads = ("B1a", "B1b", "B3", "B7")

    def __init__(self, data: Data, threads: int, workload: str) -> None:
        self.data = data
        self.how = {"threads": threads, "progress": False}
        self.plan = (rich() if workload == "B1b" else additive()).plan
        names = ["lead", "at", "type"] + (["value"] if workload == "B1b" else [])
        self.touchpoints = data.arrow(names)
        self.leads = data.arrow_leads() if workload == "B1b" else None
        self.lead_ids = data.ids()
        if data.layout == "grouped":
            histories = lf.read(self.plan, self.leads, self.touchpoints)
            self.leads, self.touchpoints = histories, None

    def B1a(self):
        return lf.score(self.plan, touchpoints=self.touchpoints, at=END_TEXT, **self.how)

    def B1a_grouped(self):
        return lf.score(self.plan, self.leads, at=END_TEXT, **self.how)

    def B1b(self):
        return lf.score(self.plan, self.leads, self.touchpoints, at=END_TEXT, **self.how)

    B1b_grouped = B1a_grouped

    def B3(self):
        at = [np.datetime64(BEGIN + i * WEEK, "us").item().isoformat() + "Z"
              for i in range(1, WEEKS + 1)]
        return lf.score(self.plan, self.leads, self.touchpoints, at=at, **self.how)

    B3_grouped = B3

    def B7(self):
        return pa.table(lf.score(self.plan, touchpoints=self.touchpoints, at=END_TEXT, **self.how))

    def answer(self, workload: str, scores) -> np.ndarray:
        if workload == "B7":
            out = np.zeros(self.data.leads, np.int64)
            points = scores.column("engagement").to_numpy()
            out[lead_numbers(scores.column("lead"))] = np.rint(points * 1e6).astype(np.int64)
            return out
        instants = len(scores.instants)
        lead = lead_numbers(pa.table(scores).column("lead"))[::instants]
        wanted = ["engagement", "fit"] if workload == "B1b" else ["engagement"]
        out = np.zeros((len(wanted) * instants, self.data.leads), np.int64)
        for k, name in enumerate(wanted):
            micros = scores.micros(name).reshape(-1, instants)
            out[k * instants : (k + 1) * instants, lead] = micros.T
        return out if workload != "B1a" else out[0]

    code = {"B1a": [additive, B1a], "B1b": [rich, B1b], "B3": [additive, B3], "B7": [additive, B7]}


# ---- one event at a time ------------------------------------------------------------------------


def event_model():
    return lf.Model(
        "events",
        attributes=["industry"],
        touchpoints=[lf.TouchpointDeclaration(t, value="seconds") for t in type_names],
        scores=[lf.Score("engagement")],
        rules=[
            lf.Occurrence(
                f"rule_{k}", score="engagement", points=points,
                on=lf.Pattern(t, value_at_least=least),
                when=lf.attribute("industry").is_in(industries) if industries else None,
            )
            for k, (t, points, industries, least) in enumerate(EVENT_RULES)
        ],
    )


class EventPeer:
    """The score after each event."""

    name = "leadfunnel"

    def __init__(self, events: Events) -> None:
        self.events = events

    def start(self) -> None:
        self.engine = lf.Engine(event_model(), index=[])
        self.engine.apply(
            leads={"lead": [str(i) for i in range(len(self.events.industry))],
                   "industry": self.events.industry}
        )

    def run(self) -> list[float]:
        engine, out = self.engine, []
        for lead, at, type_, value in self.events.rows:
            lead = str(lead)
            engine.apply({"lead": lead, "at": at, "type": type_, "value": value})
            out.append(engine.score(lead, "engagement"))
        return out

    code = [event_model, start, run]


class RankingPeer:
    """The engine: scores under decay, from whole histories."""

    name = "leadfunnel"

    def __init__(self, ranking: Ranking) -> None:
        touchpoints = pa.table(
            {
                "lead": pa.array(ranking.lead.astype(np.int64)),
                "at": pa.array(ranking.at).cast(pa.timestamp("us", tz="UTC")),
                "type": pa.DictionaryArray.from_arrays(ranking.type.astype(np.int32), type_names),
            }
        )
        self.engine = lf.Engine(additive(), ranked=["engagement"], index=[])
        self.engine.load(lf.read(self.engine.plan, touchpoints=touchpoints))

    def operation(self, kind, lead, type_, micros, at):
        if kind == UPDATE:
            return self.engine.apply({"lead": str(lead), "at": at, "type": type_names[type_]})
        if kind == TOP:
            return self.engine.top("engagement", 100, at)
        if kind == RANK:
            return self.engine.rank(str(lead), "engagement", at)

    def answer(self, kind, result, micros):
        return np.array([row["engagement"] for row in result]) if kind == TOP else result

    code = [additive, __init__, operation]
