# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The subjects of conditions: what an operand stands for."""

from __future__ import annotations

from ._conditions import Operand


def attribute(name: str) -> Operand:
    """A declared attribute of the lead.

    Parameters
    ----------
    name : str
        The attribute.

    Returns
    -------
    Operand
        The operand; its methods make conditions.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.attribute("employees").at_least(300).to_dict()
    {'attribute': 'employees', 'at_least': 300}
    """
    return Operand({"attribute": name})


def property(name: str) -> Operand:
    """A declared property of the touchpoint, or its ``campaign`` or ``channel``.

    Parameters
    ----------
    name : str
        The property.

    Returns
    -------
    Operand
        The operand; its methods make conditions.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.property("url").glob("/pricing/*").to_dict()
    {'property': 'url', 'glob': '/pricing/*'}
    """
    return Operand({"property": name})


def current_stage(funnel: str) -> Operand:
    """The stage that the lead is in.

    Parameters
    ----------
    funnel : str
        The funnel.

    Returns
    -------
    Operand
        The operand; its methods make conditions.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.current_stage("sales").equals("won").to_dict()
    {'current_stage': 'sales', 'equals': 'won'}
    """
    return Operand({"current_stage": funnel})


def times_entered(funnel: str, stage: str) -> Operand:
    """How many times the lead has entered a stage.

    Parameters
    ----------
    funnel : str
        The funnel.
    stage : str
        The stage.

    Returns
    -------
    Operand
        The operand; its methods make conditions.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.times_entered("sales", "lost").at_least(2).to_dict()
    {'times_entered': 'lost', 'funnel': 'sales', 'at_least': 2}
    """
    return Operand({"times_entered": stage, "funnel": funnel})


def score_at_entry(funnel: str, stage: str, score: str) -> Operand:
    """A score at the lead's last entry into a stage.

    Parameters
    ----------
    funnel : str
        The funnel.
    stage : str
        The stage.
    score : str
        The score.

    Returns
    -------
    Operand
        The operand; its methods make conditions.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.score_at_entry("sales", "lost", "fit").less(20).to_dict()
    {'score_at_entry': 'fit', 'funnel': 'sales', 'stage': 'lost', 'less': 20}
    """
    return Operand({"score_at_entry": score, "funnel": funnel, "stage": stage})


def score_now(score: str) -> Operand:
    """The present score, in transitions, alerts and queries.

    Parameters
    ----------
    score : str
        The score.

    Returns
    -------
    Operand
        The operand; its methods make conditions.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.score_now("fit").less(20).to_dict()
    {'score': 'fit', 'less': 20}
    """
    return Operand({"score": score})


def band_now(banding: str) -> Operand:
    """The present band, in transitions, alerts and queries.

    Parameters
    ----------
    banding : str
        The banding.

    Returns
    -------
    Operand
        The operand; its methods make conditions.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.band_now("temperature").equals("hot").to_dict()
    {'band': 'temperature', 'equals': 'hot'}
    """
    return Operand({"band": banding})


def class_now(matrix: str) -> Operand:
    """The present class, in transitions, alerts and queries.

    Parameters
    ----------
    matrix : str
        The matrix.

    Returns
    -------
    Operand
        The operand; its methods make conditions.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.class_now("priority").equals("A").to_dict()
    {'class': 'priority', 'equals': 'A'}
    """
    return Operand({"class": matrix})


def time_in_stage(funnel: str) -> Operand:
    """How long ago the lead entered its stage, in transitions, alerts and queries.

    Parameters
    ----------
    funnel : str
        The funnel.

    Returns
    -------
    Operand
        The operand; its methods make conditions.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.time_in_stage("sales").at_least("7d").to_dict()
    {'time_in_stage': 'sales', 'at_least': '7d'}
    """
    return Operand({"time_in_stage": funnel})
