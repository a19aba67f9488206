# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Limits as people say them."""

from __future__ import annotations

from .parts import Limit


def once() -> Limit:
    """One award, ever."""
    return Limit(1)


def once_per_distinct(property: str) -> Limit:
    """One award for each value of a property, ever."""
    return Limit(1, per_distinct=property)


def per_day(awards: int) -> Limit:
    """So many awards a day, in the model's time zone."""
    return Limit(awards, calendar="day")


def per_week(awards: int) -> Limit:
    """So many awards a week, from Monday."""
    return Limit(awards, calendar="week")


def per_month(awards: int) -> Limit:
    """So many awards a calendar month."""
    return Limit(awards, calendar="month")
