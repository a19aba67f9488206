# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Limits on awards, in words."""

from __future__ import annotations

from .parts import Limit


def once() -> Limit:
    """One award, ever.

    Returns
    -------
    Limit
        The limit, for ``limits=`` of a rule.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.once().to_dict()
    {'at_most': 1}
    """
    return Limit(1)


def once_per_distinct(property: str) -> Limit:
    """One award for each value of a property, ever.

    Parameters
    ----------
    property : str
        The property.

    Returns
    -------
    Limit
        The limit, for ``limits=`` of a rule.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.once_per_distinct("document").to_dict()
    {'at_most': 1, 'per_distinct': 'document'}
    """
    return Limit(1, per_distinct=property)


def per_day(awards: int) -> Limit:
    """At most ``awards`` awards in a calendar day, in the model's time zone.

    Parameters
    ----------
    awards : int
        The most awards.

    Returns
    -------
    Limit
        The limit, for ``limits=`` of a rule.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.per_day(2).to_dict()
    {'at_most': 2, 'calendar': 'day'}
    """
    return Limit(awards, calendar="day")


def per_week(awards: int) -> Limit:
    """At most ``awards`` awards in a week, which begins on Monday, in the model's time zone.

    Parameters
    ----------
    awards : int
        The most awards.

    Returns
    -------
    Limit
        The limit, for ``limits=`` of a rule.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.per_week(2).to_dict()
    {'at_most': 2, 'calendar': 'week'}
    """
    return Limit(awards, calendar="week")


def per_month(awards: int) -> Limit:
    """At most ``awards`` awards in a calendar month, in the model's time zone.

    Parameters
    ----------
    awards : int
        The most awards.

    Returns
    -------
    Limit
        The limit, for ``limits=`` of a rule.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.per_month(2).to_dict()
    {'at_most': 2, 'calendar': 'month'}
    """
    return Limit(awards, calendar="month")
