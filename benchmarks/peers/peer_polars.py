# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""polars, lazy, on its streaming engine. ``grouped`` is a frame in order of lead and time."""

from __future__ import annotations

import numpy as np
import polars as pl

from .data import Data
from .peer_duckdb import from_table
from .work import (
    BEGIN, CHAINS, DAY, EMPLOYEES_WANTED, END, FREQUENT, HALF_LIFE, HALVING, INDUSTRY_WANTED, ONCE,
    POINTS, RETURNS, ROLE_RULES, ROLES_WANTED, TIME_ZONE, VALUED, WEEK, WEEKLY, WEEKS, type_names,
)

MICROS = pl.col("at").dt.epoch("us")


def halved(half_life: int, now: int = END) -> pl.Expr:
    return ((MICROS - now) * (np.log(2) / half_life)).exp()


class Peer:
    name = "polars"
    threads = (1, 2)  # by POLARS_MAX_THREADS, before it is imported
    workloads = ("B1a", "B1b", "B3", "B7")

    def __init__(self, data: Data, threads: int, workload: str) -> None:
        assert pl.thread_pool_size() == threads
        self.leads = data.leads
        self.grouped = data.layout == "grouped"
        texts = workload == "B7"
        self.points = pl.LazyFrame(
            {"type": type_names if texts else np.arange(len(POINTS), dtype=np.uint8),
             "points": POINTS}
        )
        if texts:
            self.table = data.arrow(["lead", "at", "type"])
            if data.texts == "coded":
                self.points = self.points.cast({"type": pl.Categorical})
            return
        self.log = pl.DataFrame(
            {"lead": data.column("lead"), "at": data.column("at"), "type": data.column("type"),
             "value": data.column("value")}
        ).with_columns(pl.col("at").cast(pl.Datetime("us", "UTC")))
        if self.grouped:
            self.log = self.log.with_columns(pl.col("lead").set_sorted())
        if workload == "B1b":
            self.facts = pl.from_arrow(data.arrow_leads()).with_columns(
                pl.Series("lead", np.arange(data.leads, dtype=np.int32))
            )

    def additive(self, log: pl.LazyFrame) -> pl.LazyFrame:
        return (
            log.join(self.points, on="type")
            .group_by("lead")
            .agg((pl.col("points") * halved(HALF_LIFE)).sum().alias("engagement"))
        )

    def B1a(self):
        return self.additive(self.log.lazy()).collect(engine="streaming")

    B1a_grouped = B1a

    def B7(self):
        log = pl.from_arrow(self.table).lazy()
        return self.additive(log).collect(engine="streaming").to_arrow()

    def rich(self) -> pl.LazyFrame:
        log = self.log.lazy() if self.grouped else self.log.lazy().sort("lead", "at")

        def of(types) -> pl.Expr:
            return pl.col("type").is_in(list(types))

        def same(column: str) -> pl.Expr:
            return pl.col(column) == pl.col(column).shift(1)

        def award(frame: pl.LazyFrame, part: str, points: pl.Expr) -> pl.LazyFrame:
            return frame.select("lead", pl.lit(part).alias("part"), points.alias("points"))

        a, b = zip(*CHAINS, strict=True)
        pair = {t: i for i, chain in enumerate(CHAINS) for t in chain}
        week = pl.col("at").dt.convert_time_zone(TIME_ZONE).dt.truncate("1w")
        gap = MICROS - MICROS.shift(1)
        awards = pl.concat(
            [
                award(log.filter(of(HALVING)), "web", 5 * halved(30 * DAY)),
                award(
                    log.filter(of(VALUED)), "web",
                    (pl.col("value") * 0.02).clip(upper_bound=10) * halved(14 * DAY),
                ),
                award(
                    log.filter(of(WEEKLY)).select("lead", "type", week).unique(),
                    "web", pl.lit(10.0),
                ),
                award(
                    log.filter(of(a + b))
                    .with_columns(pair=pl.col("type").replace_strict(pair, return_dtype=pl.Int8))
                    .sort("lead", "pair", "at")
                    .filter(
                        same("lead") & same("pair") & of(b)
                        & pl.col("type").shift(1).is_in(list(a)) & (gap < 14 * DAY)
                    ),
                    "events", 20 * halved(60 * DAY),
                ),
                award(
                    log.filter(of(ONCE)).group_by("lead", "type").agg(pl.col("at").min()),
                    "events", 10 * halved(60 * DAY),
                ),
                award(
                    log.filter(of(FREQUENT) & (MICROS > END - 7 * DAY))
                    .group_by("lead", "type").len().filter(pl.col("len") >= 5),
                    "other", pl.lit(15.0),
                ),
                award(
                    log.filter(
                        of(RETURNS) & (MICROS > END - 90 * DAY) & same("lead") & (gap >= 90 * DAY)
                    ),
                    "other", 30 * (1 - (END - MICROS) / (90 * DAY)),
                ),
            ]
        )
        parts = awards.group_by("lead").agg(
            pl.col("points").filter(pl.col("part") == part).sum().alias(part)
            for part in ("web", "events", "other")
        )
        fit = 25 * pl.col("industry").cast(pl.String).is_in(INDUSTRY_WANTED).cast(pl.Int32)
        fit += 20 * ROLE_RULES * pl.col("role").cast(pl.String).is_in(ROLES_WANTED).cast(pl.Int32)
        for n in EMPLOYEES_WANTED:
            fit += 10 * (pl.col("employees") >= n).cast(pl.Int32)
        return self.facts.lazy().join(parts, on="lead", how="left").select(
            "lead",
            engagement=(
                pl.col("web").fill_null(0).clip(upper_bound=100)
                + pl.col("events").fill_null(0).clip(upper_bound=200)
                + pl.col("other").fill_null(0)
            ).clip(0, 1000),
            fit=fit.clip(0, 100),
        )

    def B1b(self):
        return self.rich().collect(engine="streaming")

    B1b_grouped = B1b

    def cut_offs(self) -> pl.LazyFrame:
        week = ((MICROS - BEGIN + WEEK - 1) // WEEK).clip(1).cast(pl.Int32)
        log = self.log.lazy()
        weeks = (
            log.join(self.points, on="type")
            .group_by("lead", week.alias("week"))
            .agg((pl.col("points") * halved(HALF_LIFE, BEGIN)).sum())
        )
        wide = weeks.group_by("lead").agg(
            pl.col("points").filter(pl.col("week") == k).sum().alias(str(k))
            for k in range(1, WEEKS + 1)
        )
        running = pl.cum_sum_horizontal(*[str(k) for k in range(1, WEEKS + 1)])
        return wide.select("lead", running.alias("points")).unnest("points").with_columns(
            pl.col(str(k)) * 2 ** (-k * WEEK / HALF_LIFE) for k in range(1, WEEKS + 1)
        )

    def B3(self):
        return self.cut_offs().collect(engine="streaming")

    B3_grouped = B3

    def answer(self, workload: str, result) -> np.ndarray:
        if workload == "B3":
            out = np.zeros((WEEKS, self.leads))
            weeks = [str(k) for k in range(1, WEEKS + 1)]
            out[:, result["lead"].to_numpy()] = result.select(weeks).to_numpy().T
            return out
        table = result if workload == "B7" else result.to_arrow()
        return from_table(workload, table, self.leads)

    code = {
        "B1a": [halved, additive, B1a], "B7": [halved, additive, B7],
        "B1b": [halved, rich, B1b], "B3": [halved, cut_offs, B3],
    }
