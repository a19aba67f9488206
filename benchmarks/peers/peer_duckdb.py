# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""DuckDB, in memory. ``grouped`` is a table stored in order of lead and time."""

from __future__ import annotations

import numpy as np

from .data import Data, lead_numbers
from .work import (
    BEGIN, CHAINS, DAY, EMPLOYEES_WANTED, END, FREQUENT, HALF_LIFE, HALVING, INDUSTRY_WANTED, ONCE,
    POINTS, RETURNS, ROLE_RULES, ROLES_WANTED, TIME_ZONE, VALUED, WEEK, WEEKLY, WEEKS, type_names,
)


def listed(values) -> str:
    return ", ".join(repr(v) for v in values)


A, B = zip(*CHAINS, strict=True)
PAIR = " ".join(f"when {t} then {i}" for i, pair in enumerate(CHAINS) for t in pair)

ADDITIVE = f"""
    select lead, sum(p.points * pow(2, (epoch_us(ts) - {END}) / {HALF_LIFE})) as engagement
    from log join points p using (type)
    group by lead
"""

RICH = f"""
    with awards as (
        select lead, 'web' as part, 5 * pow(2, (epoch_us(ts) - {END}) / {30 * DAY}) as points
        from log where type in ({listed(HALVING)})
        union all
        select lead, 'web', least(value * 0.02, 10) * pow(2, (epoch_us(ts) - {END}) / {14 * DAY})
        from log where type in ({listed(VALUED)})
        union all
        select lead, 'web', 10 from (
            select distinct lead, type, date_trunc('week', timezone('{TIME_ZONE}', ts))
            from log where type in ({listed(WEEKLY)}))
        union all
        select lead, 'events', 20 * pow(2, (epoch_us(ts) - {END}) / {60 * DAY}) from (
            select lead, type, ts, lag(type) over chain as type_before, lag(ts) over chain as before
            from log where type in ({listed(A + B)})
            window chain as (partition by lead, case type {PAIR} end order by ts))
        where type in ({listed(B)}) and type_before in ({listed(A)})
            and epoch_us(ts) - epoch_us(before) < {14 * DAY}
        union all
        select lead, 'events', 10 * pow(2, (epoch_us(min(ts)) - {END}) / {60 * DAY})
        from log where type in ({listed(ONCE)}) group by lead, type
        union all
        select lead, 'other', 15
        from log where type in ({listed(FREQUENT)}) and epoch_us(ts) > {END - 7 * DAY}
        group by lead, type having count(*) >= 5
        union all
        select lead, 'other', 30 * (1 - ({END} - epoch_us(ts)) / {90 * DAY}) from (
            select lead, type, ts, lag(ts) over (partition by lead order by ts) as before from log)
        where type in ({listed(RETURNS)}) and epoch_us(ts) > {END - 90 * DAY}
            and epoch_us(ts) - epoch_us(before) >= {90 * DAY}
    ), parts as (
        select lead, sum(points) filter (part = 'web') as web,
            sum(points) filter (part = 'events') as events,
            sum(points) filter (part = 'other') as other
        from awards group by lead
    )
    select l.lead,
        least(least(coalesce(web, 0), 100) + least(coalesce(events, 0), 200)
            + coalesce(other, 0), 1000) as engagement,
        least(100, case when industry in ({listed(INDUSTRY_WANTED)}) then 25 else 0 end
            + {20 * ROLE_RULES} * (role in ({listed(ROLES_WANTED)}))::int
            + {" + ".join(f"10 * (employees >= {n})::int" for n in EMPLOYEES_WANTED)}) as fit
    from leads l left join parts using (lead)
"""

CUT_OFFS = f"""
    with weeks as (
        select lead, greatest((epoch_us(ts) - {BEGIN} + {WEEK - 1}) // {WEEK}, 1) as week,
            sum(p.points * pow(2, (epoch_us(ts) - {BEGIN}) / {HALF_LIFE})) as points
        from log join points p using (type)
        group by all
    ), grid as (
        select lead, week from (select distinct lead from log), range(1, {WEEKS + 1}) r(week)
    )
    select lead, week, pow(2, -week * {WEEK} / {HALF_LIFE})
        * sum(points) over (partition by lead order by week) as engagement
    from grid left join weeks using (lead, week)
"""


class Peer:
    name = "DuckDB"
    threads = (1, 2)
    workloads = ("B1a", "B1b", "B3", "B7")

    def __init__(self, data: Data, threads: int, workload: str) -> None:
        import duckdb
        import pyarrow as pa

        self.data = data
        self.db = duckdb.connect(":memory:", config={"threads": threads})
        self.db.execute("set timezone = 'UTC'; set preserve_insertion_order = false")
        texts = workload == "B7"
        columns = data.arrow(["lead", "at", "type", "value"])
        columns = columns.rename_columns(["lead", "ts", "type", "value"])  # `at` is a word of SQL
        if texts:
            self.log = columns
        else:
            for i, name in ((0, "lead"), (2, "type")):
                columns = columns.set_column(i, name, [data.column(name)])
            order = "order by lead, ts" if data.layout == "grouped" else ""
            self.db.execute(f"create table log as select * from columns {order}")
        table_ = {"type": type_names if texts else list(range(len(POINTS))), "points": POINTS}
        table_ = pa.table(table_)  # noqa: F841
        self.db.execute("create table points as select * from table_")
        if workload == "B1b":
            facts = data.arrow_leads().set_column(0, "lead", [np.arange(data.leads)])  # noqa: F841
            self.db.execute("create table leads as select * from facts")

    def B1a(self):
        return self.db.sql(ADDITIVE).to_arrow_table()

    B1a_grouped = B1a

    def B1b(self):
        return self.db.sql(RICH).to_arrow_table()

    B1b_grouped = B1b

    def B3(self):
        return self.db.sql(CUT_OFFS).to_arrow_table()

    B3_grouped = B3

    def B7(self):
        log = self.log  # noqa: F841
        return self.db.sql(ADDITIVE).to_arrow_table()

    def answer(self, workload: str, table) -> np.ndarray:
        return from_table(workload, table, self.data.leads)

    code = {
        "B1a": [ADDITIVE, B1a], "B1b": [RICH, B1b], "B3": [CUT_OFFS, B3], "B7": [ADDITIVE, B7],
    }


def from_table(workload: str, table, leads: int) -> np.ndarray:
    """Rows in any order, leads without any left out."""
    column = table.column("lead")
    lead = lead_numbers(column) if workload == "B7" else column.to_numpy().astype(np.int64)
    points = table.column("engagement").to_numpy()
    if workload == "B1b":
        out = np.zeros((2, leads))
        out[1, lead] = table.column("fit").to_numpy()
        out[0, lead] = points
    elif workload == "B3":
        out = np.zeros((WEEKS, leads))
        out[table.column("week").to_numpy().astype(np.int64) - 1, lead] = np.nan_to_num(points)
    else:
        out = np.zeros(leads)
        out[lead] = points
    return out
