# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""What is to be worked out, whoever does it: points, rules, instants. One home for the numbers."""

from __future__ import annotations

import numpy as np

TYPES = 32
INDUSTRIES = ["machinery", "automotive", "chemicals", "food", "retail", "finance"]
ROLES = ["engineer", "buyer", "director", "student"]

# Microseconds since the Unix epoch, UTC.
SECOND = 1_000_000
DAY = 86_400 * SECOND
BEGIN = int(np.datetime64("2024-01-01", "us").astype(np.int64))
END = BEGIN + 730 * DAY
END_TEXT = "2025-12-31T00:00:00Z"

type_names = [f"type_{t:02}" for t in range(TYPES)]

# B1a, B3, B5, B7: the points of each type, all halving in 30 days.
POINTS = (1 + np.arange(TYPES) % 10).astype(np.float64)
HALF_LIFE = 30 * DAY

# B3: 104 weekly cut-offs; a touchpoint at a cut-off counts.
WEEK = 7 * DAY
WEEKS = 104


def _type(rule: int, step: int = 0) -> int:
    return (rule * 7 + step * 11) % TYPES


# B1b: thirty rules, three of each of ten kinds, as those of bench_score. The score `engagement` is
# within 0 and 1,000, its group `web` at most 100 and `events` at most 200; `fit` within 0 and 100.
TIME_ZONE = "Europe/Berlin"
HALVING = [_type(i) for i in (0, 10, 20)]  # web: 5 points, half-life of 30 days
WEEKLY = [_type(i) for i in (1, 11, 21)]  # web: 10 points, one award an ISO week
FREQUENT = [_type(i) for i in (2, 12, 22)]  # 15 points while there are 5 in 7 days
CHAINS = [(_type(i), _type(i, 1)) for i in (3, 13, 23)]  # events: 20 points, A then B in < 14 days
INDUSTRY_WANTED = [INDUSTRIES[i % 6] for i in (4, 14, 24)]  # fit: 25 points
RETURNS = [_type(i) for i in (5, 15, 25)]  # 30 points after 90 days of silence, linear in 90 days
VALUED = [_type(i) for i in (6, 16, 26)]  # web: 0.02 a second, at most 10, half-life of 14 days
ROLES_WANTED = ["director", "buyer"]  # fit: 20 points, three times over
ROLE_RULES = 3
EMPLOYEES_WANTED = [80, 180, 280]  # fit: 10 points each
ONCE = [_type(i) for i in (9, 19, 29)]  # events: 10 points for the first ever, half-life of 60 days

# Per event: twenty rules without memory. A rule's type, its points, the industries that it is for
# (none: all) and the least value; each event may fire one or two of them.
EVENT_RULES = [
    (
        type_names[k % 16],
        1 + k % 10,
        [INDUSTRIES[k % 6], INDUSTRIES[(k + 1) % 6]] if k % 2 else [],
        60 if k % 3 == 0 else 0,
    )
    for k in range(20)
]


def halved(at, now: int, half_life: int):
    """What is left, at `now`, of one point awarded at `at`."""
    return np.exp2((at - now) / half_life)
