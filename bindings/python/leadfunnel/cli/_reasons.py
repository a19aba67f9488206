# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""An explanation in one line."""

from __future__ import annotations

from collections import defaultdict

from .._results import Explanation


def reasons(why: Explanation, most: int = 3) -> str:
    """The rules that contribute most to a score and its inputs: ``pricing +29.1, came_back +23.3``."""
    sums: defaultdict[str, float] = defaultdict(float)

    def collect(part: Explanation) -> None:
        for line in part.lines:
            if line.kind in {"award", "state"}:
                sums[line.name] += line.now
        for each in part.inputs:
            collect(each)

    collect(why)
    best = sorted(sums.items(), key=lambda item: (-abs(round(item[1], 6)), item[0]))[:most]
    return ", ".join(f"{name} {points:+.1f}" for name, points in best if round(points, 6) != 0)
