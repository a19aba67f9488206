# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""B5, the plain way: what every ranking is held to before it is timed."""

from __future__ import annotations

import numpy as np

from .data import RANK, TOP, UPDATE, Ranking
from .work import BEGIN, HALF_LIFE, POINTS


class Expected:
    """Scores as they would be at `BEGIN`, growing with the time of awards: decay moves no rank.

    leadfunnel rounds awards to a millionth of a point: scores nearer than that may change places,
    so a rank is right between what it is with and without them.
    """

    def __init__(self, ranking: Ranking) -> None:
        left = POINTS[ranking.type] * np.exp2((ranking.at - BEGIN) / HALF_LIFE)
        self.scores = np.bincount(ranking.lead, left, ranking.leads)
        self.awards = int(np.bincount(ranking.lead).max()) + 8

    def hold(self, kind: int, lead: int, type_: int, micros: int, answer) -> None:
        if kind == UPDATE:
            self.scores[lead] += POINTS[type_] * 2 ** ((micros - BEGIN) / HALF_LIFE)
            return
        now = 2 ** ((BEGIN - micros) / HALF_LIFE)
        near = self.awards * 1e-6
        if kind == TOP:
            best = -np.partition(-self.scores, 99)[:100] if len(self.scores) > 100 else self.scores
            best = -np.sort(-best) * now
            if len(answer) != len(best) or not np.allclose(answer, best, 1e-6, near):
                raise SystemExit(f"the top 100 begin {answer[:3]}, not {best[:3]}")
        if kind == RANK:
            mine = self.scores[lead] * now
            first = 1 + int(np.count_nonzero(self.scores * now > mine + near))
            last = 1 + int(np.count_nonzero(self.scores * now > mine - near))
            if not first <= answer <= last:
                raise SystemExit(f"lead {lead} is number {answer}, not {first} to {last}")
