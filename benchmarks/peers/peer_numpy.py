# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""NumPy: columns, `bincount`, and `reduceat` where the log is grouped."""

from __future__ import annotations

import numpy as np

from .data import Data, lead_numbers
from .work import (
    BEGIN, CHAINS, DAY, EMPLOYEES_WANTED, END, FREQUENT, HALF_LIFE, HALVING, INDUSTRIES,
    INDUSTRY_WANTED, ONCE, POINTS, RETURNS, ROLE_RULES, ROLES, ROLES_WANTED, TIME_ZONE, TYPES,
    VALUED, WEEK, WEEKLY, WEEKS, halved, type_names,
)


def monday_weeks(first: int, last: int) -> np.ndarray:
    """The instants at which ISO weeks begin in Berlin."""
    from datetime import UTC, datetime, timedelta
    from zoneinfo import ZoneInfo

    day = datetime.fromtimestamp(first // 1_000_000, UTC).date() - timedelta(days=8)
    day -= timedelta(days=day.weekday())
    out = []
    while not out or out[-1] <= last:
        at = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(TIME_ZONE))
        out.append(int(at.timestamp()) * 1_000_000)
        day += timedelta(days=7)
    return np.array(out)


def numbered(chosen) -> np.ndarray:
    """Each type's place among those that are chosen, or -1."""
    out = np.full(TYPES, -1, np.int8)
    out[list(chosen)] = np.arange(len(chosen))
    return out


class Peer:
    name = "NumPy"
    threads = (1,)
    workloads = ("B1a", "B1b", "B3", "B7")

    def __init__(self, data: Data, threads: int, workload: str) -> None:
        self.leads = data.leads
        if workload == "B7":
            self.table = data.arrow(["lead", "at", "type"])
            return
        self.lead, self.at, self.type = map(data.column, ("lead", "at", "type"))
        if workload == "B1b":
            self.value = data.column("value")
            self.industry, self.role = data.fact("industry"), data.fact("role")
            self.employees = data.fact("employees")
        if data.layout == "grouped":
            self.starts = np.flatnonzero(np.diff(self.lead, prepend=-1))

    def B1a(self):
        left = POINTS[self.type] * halved(self.at, END, HALF_LIFE)
        return np.bincount(self.lead, left, self.leads)

    def B1a_grouped(self):
        left = POINTS[self.type] * halved(self.at, END, HALF_LIFE)
        out = np.zeros(self.leads)
        out[self.lead[self.starts]] = np.add.reduceat(left, self.starts)
        return out

    def B1b(self):
        order = np.argsort(self.lead, kind="stable")  # the log is in order of time
        return self.rules(
            self.lead[order], self.at[order], self.type[order], self.value[order]
        )

    def B1b_grouped(self):
        return self.rules(self.lead, self.at, self.type, self.value)

    def rules(self, lead, at, type_, value):
        leads = self.leads

        def add(where, points):
            return np.bincount(lead[where], points, leads)

        def rows(chosen):
            return np.flatnonzero(numbered(chosen)[type_] >= 0)

        # Group `web`.
        r = rows(HALVING)
        web = add(r, 5 * halved(at[r], END, 30 * DAY))
        r = rows(VALUED)
        web += add(r, np.minimum(value[r] * 0.02, 10) * halved(at[r], END, 14 * DAY))
        r = rows(WEEKLY)
        week = np.searchsorted(monday_weeks(BEGIN, END), at[r], side="right")
        key = (lead[r] * np.int64(3) + numbered(WEEKLY)[type_[r]]) * 128 + week
        web += np.bincount(np.unique(key) // (3 * 128), minlength=leads) * 10.0

        # Group `events`: a chain ends where the touchpoint before it, of the two types, began one.
        a, b = zip(*CHAINS, strict=True)
        r = rows(a + b)
        pair = np.maximum(numbered(list(a)), numbered(list(b)))[type_[r]]
        key = lead[r] * np.int64(3) + pair
        order = np.argsort(key, kind="stable")
        key, r = key[order], r[order]
        begins = np.isin(type_[r], a)
        ends = (
            (key[1:] == key[:-1]) & begins[:-1] & ~begins[1:] & (np.diff(at[r]) < 14 * DAY)
        )
        r = r[1:][ends]
        events = add(r, 20 * halved(at[r], END, 60 * DAY))
        r = rows(ONCE)
        _, first = np.unique(lead[r] * np.int64(3) + numbered(ONCE)[type_[r]], return_index=True)
        r = r[first]
        events += add(r, 10 * halved(at[r], END, 60 * DAY))

        # No group.
        r = rows(FREQUENT)
        r = r[at[r] > END - 7 * DAY]
        key = lead[r] * np.int64(3) + numbered(FREQUENT)[type_[r]]
        many = np.bincount(key, minlength=3 * leads)
        other = (many.reshape(leads, 3) >= 5).sum(axis=1) * 15.0
        r = rows(RETURNS)
        r = r[(at[r] > END - 90 * DAY) & (r > 0)]
        r = r[(lead[r] == lead[r - 1]) & (at[r] - at[r - 1] >= 90 * DAY)]
        other += add(r, 30 * (1 - (END - at[r]) / (90 * DAY)))

        engagement = np.clip(np.minimum(web, 100) + np.minimum(events, 200) + other, 0, 1000)
        fit = 25.0 * np.isin(self.industry, [INDUSTRIES.index(x) for x in INDUSTRY_WANTED])
        fit += 20 * ROLE_RULES * np.isin(self.role, [ROLES.index(x) for x in ROLES_WANTED])
        for n in EMPLOYEES_WANTED:
            fit += 10 * (self.employees >= n)
        return engagement, np.clip(fit, 0, 100)

    def B3(self):
        week = (self.at - BEGIN + WEEK - 1) // WEEK  # the first cut-off that sees it, from 1
        week = np.minimum(np.maximum(week, 1), WEEKS + 1) - 1
        left = POINTS[self.type] * np.exp2((self.at - BEGIN - (week + 1) * WEEK) / HALF_LIFE)
        key = week * self.leads + self.lead
        out = np.bincount(key, left, (WEEKS + 1) * self.leads).reshape(WEEKS + 1, self.leads)[:-1]
        for i in range(1, WEEKS):
            out[i] += out[i - 1] * 2 ** -(WEEK / HALF_LIFE)
        return out

    B3_grouped = B3

    def B7(self):
        import pyarrow as pa

        lead = self.table.column("lead").dictionary_encode().combine_chunks()
        type_ = self.table.column("type").dictionary_encode().combine_chunks()
        points = dict(zip(type_names, POINTS, strict=True))
        points = np.array([points[t] for t in type_.dictionary.to_pylist()])
        at = self.table.column("at").cast(pa.int64()).to_numpy()
        left = points[type_.indices.to_numpy()] * halved(at, END, HALF_LIFE)
        scores = np.bincount(lead.indices.to_numpy(), left)
        return pa.table({"lead": lead.dictionary, "engagement": scores})

    def answer(self, workload: str, result) -> np.ndarray:
        if workload == "B7":
            out = np.zeros(self.leads)
            out[lead_numbers(result.column("lead"))] = result.column("engagement").to_numpy()
            return out
        return np.stack(result) if workload == "B1b" else result

    code = {"B1b": [monday_weeks, numbered, B1b, rules]}
