# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""SQLite in memory, scores indexed. They grow with the time of awards, so that decay moves no rank:
what a table cannot do otherwise than by rewriting every row."""

from __future__ import annotations

import sqlite3

import numpy as np

from .data import RANK, TOP, UPDATE, Ranking
from .work import BEGIN, HALF_LIFE, POINTS


class RankingPeer:
    name = "SQLite"

    def __init__(self, ranking: Ranking) -> None:
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.db.execute("create table leads (id integer primary key, score real not null)")
        left = POINTS[ranking.type] * np.exp2((ranking.at - BEGIN) / HALF_LIFE)
        scores = np.bincount(ranking.lead, left, ranking.leads)
        self.db.execute("begin")
        self.db.executemany("insert into leads values (?, ?)", enumerate(scores.tolist()))
        self.db.execute("create index by_score on leads (score)")
        self.points = POINTS.tolist()

    def operation(self, kind, lead, type_, micros, at):
        if kind == UPDATE:
            points = self.points[type_] * 2 ** ((micros - BEGIN) / HALF_LIFE)
            self.db.execute("update leads set score = score + ? where id = ?", (points, lead))
        elif kind == TOP:
            return self.db.execute(
                "select id, score from leads order by score desc limit 100"
            ).fetchall()
        elif kind == RANK:
            return self.db.execute(
                "select 1 + count(*) from leads "
                "where score > (select score from leads where id = ?)", (lead,)
            ).fetchone()[0]

    def answer(self, kind, result, micros):
        left = 2 ** ((BEGIN - micros) / HALF_LIFE)
        return np.array([score for _, score in result]) * left if kind == TOP else result

    code = [__init__, operation]
