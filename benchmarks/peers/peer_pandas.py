# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""pandas. ``grouped`` is a frame in order of lead and time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .data import Data, lead_numbers
from .work import (
    BEGIN, CHAINS, DAY, EMPLOYEES_WANTED, END, FREQUENT, HALF_LIFE, HALVING, INDUSTRY_WANTED, ONCE,
    POINTS, RETURNS, ROLE_RULES, ROLES_WANTED, TIME_ZONE, VALUED, WEEK, WEEKLY, WEEKS, halved,
    type_names,
)


class Peer:
    name = "pandas"
    threads = (1,)
    workloads = ("B1a", "B1b", "B3", "B7")

    def __init__(self, data: Data, threads: int, workload: str) -> None:
        self.leads = data.leads
        self.grouped = data.layout == "grouped"
        if workload == "B7":
            self.table = data.arrow(["lead", "at", "type"])
            return
        self.log = pd.DataFrame(
            {"lead": data.column("lead"), "type": data.column("type"),
             "at": pd.to_datetime(data.column("at"), unit="us", utc=True).as_unit("us")}
        )
        if workload == "B1b":
            self.log["value"] = data.column("value")
            self.facts = data.arrow_leads().drop(["lead"]).to_pandas()

    def B1a(self):
        left = POINTS[self.log["type"]] * halved(micros(self.log), END, HALF_LIFE)
        return left.groupby(self.log["lead"], sort=False).sum()

    B1a_grouped = B1a

    def B7(self):
        import pyarrow as pa

        log = self.table.to_pandas(split_blocks=True)
        points = log["type"].map(dict(zip(type_names, POINTS, strict=True)))
        left = points.astype(float) * halved(micros(log), END, HALF_LIFE)
        scores = left.groupby(log["lead"], sort=False, observed=True).sum()
        return pa.Table.from_pandas(scores.rename("engagement").reset_index())

    def B1b(self):
        log = self.log if self.grouped else self.log.sort_values(["lead", "at"])

        def of(*types):
            return log[log["type"].isin(types)]

        def add(rows, points):
            return points.groupby(rows["lead"], sort=False).sum().reindex(all_leads, fill_value=0)

        all_leads = pd.RangeIndex(self.leads)
        rows = of(*HALVING)
        web = add(rows, 5 * halved(micros(rows), END, 30 * DAY))
        rows = of(*VALUED)
        web += add(
            rows, (rows["value"] * 0.02).clip(upper=10) * halved(micros(rows), END, 14 * DAY)
        )
        rows = of(*WEEKLY)
        local = rows["at"].dt.tz_convert(TIME_ZONE).dt.tz_localize(None)
        monday = (local.astype("int64") // DAY + 3) // 7  # 1 January 1970 was a Thursday
        rows = rows[["lead", "type"]].assign(week=monday).drop_duplicates()
        web += add(rows, pd.Series(10.0, rows.index))

        begins, ends = zip(*CHAINS, strict=True)
        rows = of(*begins, *ends)
        pair = rows["type"].map({t: i for i, chain in enumerate(CHAINS) for t in chain})
        rows = rows.assign(pair=pair).sort_values(["lead", "pair"], kind="stable")
        before = rows.shift(1)
        rows = rows[
            (rows["lead"] == before["lead"]) & (rows["pair"] == before["pair"])
            & rows["type"].isin(ends) & before["type"].isin(begins)
            & (rows["at"] - before["at"] < pd.Timedelta(days=14))
        ]
        events = add(rows, 20 * halved(micros(rows), END, 60 * DAY))
        rows = of(*ONCE).drop_duplicates(["lead", "type"])
        events += add(rows, 10 * halved(micros(rows), END, 60 * DAY))

        rows = of(*FREQUENT)
        many = rows[micros(rows) > END - 7 * DAY].groupby(["lead", "type"]).size()
        rows = many[many >= 5].reset_index()
        other = add(rows, pd.Series(15.0, rows.index))
        back = (log["lead"] == log["lead"].shift(1)) & (
            log["at"] - log["at"].shift(1) >= pd.Timedelta(days=90)
        )
        rows = log[back & log["type"].isin(RETURNS)]
        rows = rows[micros(rows) > END - 90 * DAY]
        other += add(rows, 30 * (1 - (END - micros(rows)) / (90 * DAY)))

        engagement = (web.clip(upper=100) + events.clip(upper=200) + other).clip(0, 1000)
        fit = 25 * self.facts["industry"].isin(INDUSTRY_WANTED)
        fit += 20 * ROLE_RULES * self.facts["role"].isin(ROLES_WANTED)
        for n in EMPLOYEES_WANTED:
            fit += 10 * (self.facts["employees"] >= n)
        return pd.DataFrame({"engagement": engagement, "fit": fit.clip(0, 100)})

    B1b_grouped = B1b

    def B3(self):
        at = micros(self.log) - BEGIN
        week = ((at + WEEK - 1) // WEEK).clip(lower=1)
        points = POINTS[self.log["type"]] * np.exp2((at - week * WEEK) / HALF_LIFE)
        table = points.groupby([self.log["lead"], week], sort=False).sum().unstack(fill_value=0.0)
        table = table.reindex(columns=range(1, WEEKS + 1), fill_value=0.0)
        left = 2 ** -(WEEK / HALF_LIFE)
        for i in range(2, WEEKS + 1):
            table[i] += table[i - 1] * left
        return table

    B3_grouped = B3

    def answer(self, workload: str, result) -> np.ndarray:
        if workload == "B1b":
            return result[["engagement", "fit"]].to_numpy().T
        if workload == "B3":
            out = np.zeros((WEEKS, self.leads))
            out[:, result.index] = result.to_numpy().T
            return out
        out = np.zeros(self.leads)
        if workload == "B7":
            out[lead_numbers(result.column("lead"))] = result.column("engagement").to_numpy()
        else:
            out[result.index] = result.to_numpy()
        return out


def micros(rows: pd.DataFrame) -> pd.Series:
    return rows["at"].astype("int64")
