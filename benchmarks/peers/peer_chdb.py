# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""ClickHouse inside the process (chDB). ``grouped`` is a MergeTree in order of lead and time."""

from __future__ import annotations

import tempfile

import numpy as np

from .data import Data
from .peer_duckdb import PAIR, A, B, from_table, listed
from .work import (
    BEGIN, DAY, EMPLOYEES_WANTED, END, FREQUENT, HALF_LIFE, HALVING, INDUSTRY_WANTED, ONCE, POINTS,
    RETURNS, ROLE_RULES, ROLES_WANTED, TIME_ZONE, VALUED, WEEK, WEEKLY, WEEKS, type_names,
)

MICROS = "toUnixTimestamp64Micro(at)"

ADDITIVE = f"""
    select lead, sum(transform(type, {{types}}, {POINTS.tolist()}, 0.)
        * exp2(({MICROS} - {END}) / {HALF_LIFE})) as engagement
    from {{log}} group by lead
"""

RICH = f"""
    with awards as (
        select lead, 'web' as part, 5 * exp2(({MICROS} - {END}) / {30 * DAY}) as points
        from log where type in ({listed(HALVING)})
        union all
        select lead, 'web', least(value * 0.02, 10) * exp2(({MICROS} - {END}) / {14 * DAY})
        from log where type in ({listed(VALUED)})
        union all
        select lead, 'web', 10. from (
            select distinct lead, type, toMonday(at, '{TIME_ZONE}')
            from log where type in ({listed(WEEKLY)}))
        union all
        select lead, 'events', 20 * exp2(({MICROS} - {END}) / {60 * DAY}) from (
            select lead, type, at,
                lagInFrame(type) over chain as type_before, lagInFrame(at) over chain as before,
                row_number() over chain as n
            from log where type in ({listed(A + B)})
            window chain as (partition by lead, case {PAIR.replace("when", "when type =")} end
                order by at rows between unbounded preceding and unbounded following))
        where n > 1 and type in ({listed(B)}) and type_before in ({listed(A)})
            and {MICROS} - toUnixTimestamp64Micro(before) < {14 * DAY}
        union all
        select lead, 'events', 10 * exp2((toUnixTimestamp64Micro(min(at)) - {END}) / {60 * DAY})
        from log where type in ({listed(ONCE)}) group by lead, type
        union all
        select lead, 'other', 15.
        from log where type in ({listed(FREQUENT)}) and {MICROS} > {END - 7 * DAY}
        group by lead, type having count() >= 5
        union all
        select lead, 'other', 30 * (1 - ({END} - {MICROS}) / {90 * DAY}) from (
            select lead, type, at, lagInFrame(at) over silence as before,
                row_number() over silence as n
            from log window silence as (partition by lead order by at
                rows between unbounded preceding and unbounded following))
        where n > 1 and type in ({listed(RETURNS)}) and {MICROS} > {END - 90 * DAY}
            and {MICROS} - toUnixTimestamp64Micro(before) >= {90 * DAY}
    ), parts as (
        select lead, sumIf(points, part = 'web') as web, sumIf(points, part = 'events') as events,
            sumIf(points, part = 'other') as other
        from awards group by lead
    )
    select l.lead as lead, least(least(web, 100) + least(events, 200) + other, 1000) as engagement,
        least(100, 25 * (industry in ({listed(INDUSTRY_WANTED)}))
            + {20 * ROLE_RULES} * (role in ({listed(ROLES_WANTED)}))
            + {" + ".join(f"10 * (employees >= {n})" for n in EMPLOYEES_WANTED)}) as fit
    from leads l left join parts p on l.lead = p.lead
"""

CUT_OFFS = f"""
    with weeks as (
        select lead, greatest(intDiv({MICROS} - {BEGIN} + {WEEK - 1}, {WEEK}), 1) as week,
            sum(transform(type, {list(range(len(POINTS)))}, {POINTS.tolist()}, 0.)
                * exp2(({MICROS} - {BEGIN}) / {HALF_LIFE})) as points
        from log group by lead, week
    )
    select lead, arrayMap((points, week) -> points * exp2(-week * {WEEK} / {HALF_LIFE}),
        arrayCumSum(groupArrayInsertAt(0., {WEEKS})(points, toUInt32(week - 1))),
        range(1, {WEEKS + 1})) as engagement
    from weeks where week <= {WEEKS} group by lead
"""


class Peer:
    name = "chDB"
    threads = (1, 2)
    workloads = ("B1a", "B1b", "B3", "B7")

    def __init__(self, data: Data, threads: int, workload: str) -> None:
        import pyarrow as pa
        from chdb import session

        self.leads = data.leads
        self.folder = tempfile.TemporaryDirectory()
        self.db = session.Session(f"{self.folder.name}/db")
        self.end = f" settings max_threads = {threads}"
        if workload == "B7":
            self.table = data.arrow(["lead", "at", "type"])
            return
        table = pa.table(
            {"lead": data.column("lead"), "type": data.column("type"),
             "at": pa.array(data.column("at")).cast(pa.timestamp("us", tz="UTC")),
             "value": data.column("value")}
        )
        self.load("log", table, "(lead, at)" if data.layout == "grouped" else "tuple()")
        if workload == "B1b":
            facts = data.arrow_leads()
            facts = facts.set_column(0, "lead", [np.arange(data.leads)])
            for i, name in ((1, "industry"), (2, "role")):
                facts = facts.set_column(i, name, facts.column(name).cast(pa.string()))
            self.load("leads", facts, "lead")

    def load(self, name: str, table, order: str) -> None:
        import pyarrow.parquet as pq

        path = f"{self.folder.name}/{name}.parquet"
        pq.write_table(table, path)
        self.db.query(
            f"create table {name} engine = MergeTree order by {order} "
            f"settings allow_nullable_key = 1 as select * from file('{path}', 'Parquet') "
            "settings schema_inference_make_columns_nullable = 0"
        )
        self.db.query(f"optimize table {name} final")

    def B1a(self):
        sql = ADDITIVE.format(types=list(range(len(POINTS))), log="log")
        return self.db.query(sql + self.end, "ArrowTable")

    B1a_grouped = B1a

    def B1b(self):
        return self.db.query(RICH + self.end, "ArrowTable")

    B1b_grouped = B1b

    def B3(self):
        return self.db.query(CUT_OFFS + self.end, "ArrowTable")

    B3_grouped = B3

    def B7(self):
        log = self.table  # noqa: F841
        sql = ADDITIVE.format(types=type_names, log="Python(log)")
        return self.db.query(sql + self.end, "ArrowTable")

    def answer(self, workload: str, table) -> np.ndarray:
        if workload == "B3":
            out = np.zeros((WEEKS, self.leads))
            points = table.column("engagement").combine_chunks().flatten().to_numpy()
            out[:, table.column("lead").to_numpy()] = points.reshape(-1, WEEKS).T
            return out
        return from_table(workload, table, self.leads)

    code = {
        "B1a": [ADDITIVE, B1a], "B1b": [RICH, B1b], "B3": [CUT_OFFS, B3], "B7": [ADDITIVE, B7],
    }
