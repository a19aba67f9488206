# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Conditions written as Python: ``lf.attribute("employees").at_least(300)``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar, TypeAlias

from ._encode import encode
from ._errors import UsageError

Literal_: TypeAlias = bool | int | float | str | datetime | timedelta


class Condition:
    """A condition on a lead or a touchpoint. Join conditions with ``&``, ``|`` and ``~``.

    Parameters
    ----------
    condition : dict
        The condition as a model file writes it.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> big = lf.attribute("employees").at_least(300)
    >>> (big & ~lf.attribute("country").equals("JP")).to_dict()
    {'all': [{'attribute': 'employees', 'at_least': 300}, {'not': {'attribute': 'country', 'equals': 'JP'}}]}
    """

    __slots__ = ("_condition",)

    def __init__(self, condition: Mapping[str, object]) -> None:
        self._condition = dict(condition)

    def to_dict(self) -> dict[str, object]:
        """The condition as a model file writes it.

        Returns
        -------
        dict
            The condition.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("country").equals("JP").to_dict()
        {'attribute': 'country', 'equals': 'JP'}
        """
        return dict(self._condition)

    def __and__(self, other: Condition) -> Condition:
        return all_of(self, other)

    def __or__(self, other: Condition) -> Condition:
        return any_of(self, other)

    def __invert__(self) -> Condition:
        return Condition({"not": self.to_dict()})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and self._condition == other._condition

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise UsageError("a condition is true or false of a lead only; join conditions with & | ~")

    def __repr__(self) -> str:
        return f"Condition({self._condition!r})"


def _parts(conditions: tuple[Condition | Mapping[str, object], ...]) -> list[dict[str, object]]:
    return [c.to_dict() if isinstance(c, Condition) else dict(c) for c in conditions]


def all_of(*conditions: Condition | Mapping[str, object]) -> Condition:
    """A condition that holds if all of the conditions hold.

    Parameters
    ----------
    *conditions : Condition or dict
        The conditions.

    Returns
    -------
    Condition
        The condition.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> all_of = lf.all_of(lf.attribute("country").equals("JP"), lf.attribute("email").exists())
    >>> len(all_of.to_dict()["all"])
    2
    """
    return Condition({"all": _parts(conditions)})


def any_of(*conditions: Condition | Mapping[str, object]) -> Condition:
    """A condition that holds if at least one of the conditions holds.

    Parameters
    ----------
    *conditions : Condition or dict
        The conditions.

    Returns
    -------
    Condition
        The condition.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> any_of = lf.any_of(lf.attribute("country").equals("JP"), lf.attribute("email").exists())
    >>> len(any_of.to_dict()["any"])
    2
    """
    return Condition({"any": _parts(conditions)})


class Operand:
    """The left side of a condition. Its methods are the parts and operators of the model language.

    `attribute`, `property` and other functions make operands.

    Parameters
    ----------
    condition : dict
        The left side as a model file writes it.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> lf.attribute("email").domain()
    Operand({'attribute': 'email', 'part': 'domain'})
    """

    __slots__ = ("_condition",)

    def __init__(self, condition: Mapping[str, object]) -> None:
        self._condition = dict(condition)

    def _with(self, **more: object) -> Operand:
        return Operand({**self._condition, **more})

    def _test(self, operator: str, literal: object) -> Condition:
        return Condition({**self._condition, operator: _literal(literal)})

    # Parts

    def domain(self) -> Operand:
        """The part of an e-mail address after its last ``@``.

        Returns
        -------
        Operand
            The operand.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("email").domain().equals("gmail.com").to_dict()
        {'attribute': 'email', 'part': 'domain', 'equals': 'gmail.com'}
        """
        return self._with(part="domain")

    def local_part(self) -> Operand:
        """The part of an e-mail address before its last ``@``.

        Returns
        -------
        Operand
            The operand.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("email").local_part().equals("info").to_dict()
        {'attribute': 'email', 'part': 'local_part', 'equals': 'info'}
        """
        return self._with(part="local_part")

    def normal(self) -> Operand:
        """The normal form of a company's name.

        Returns
        -------
        Operand
            The operand.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("company").normal().exists().to_dict()
        {'attribute': 'company', 'part': 'normal', 'exists': True}
        """
        return self._with(part="normal")

    def age(self) -> Operand:
        """How long ago an instant was. Compare it with a duration.

        Returns
        -------
        Operand
            The operand.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("since").age().at_least("365d").to_dict()
        {'attribute': 'since', 'part': 'age', 'at_least': '365d'}
        """
        return self._with(part="age")

    def exact(self) -> Operand:
        """The same operand, compared byte by byte: case and width count.

        Returns
        -------
        Operand
            The operand.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("code").exact().equals("aB").to_dict()
        {'attribute': 'code', 'exact': True, 'equals': 'aB'}
        """
        return self._with(exact=True)

    # Operators

    def exists(self, yes: bool = True) -> Condition:
        """There is a value; or there is none.

        Parameters
        ----------
        yes : bool, default True
            False for no value.

        Returns
        -------
        Condition
            The condition.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("email").exists().to_dict()
        {'attribute': 'email', 'exists': True}
        """
        return self._test("exists", yes)

    def equals(self, value: Literal_) -> Condition:
        """It is this value.

        Parameters
        ----------
        value : bool, int, float, str, datetime or timedelta
            The value.

        Returns
        -------
        Condition
            The condition.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("employees").equals(3).to_dict()
        {'attribute': 'employees', 'equals': 3}
        """
        return self._test("equals", value)

    def not_equals(self, value: Literal_) -> Condition:
        """There is a value, and it is another one.

        Parameters
        ----------
        value : bool, int, float, str, datetime or timedelta
            The value.

        Returns
        -------
        Condition
            The condition.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("employees").not_equals(3).to_dict()
        {'attribute': 'employees', 'not_equals': 3}
        """
        return self._test("not_equals", value)

    def less(self, value: Literal_) -> Condition:
        """It is below the number, before the instant, or shorter than the duration.

        Parameters
        ----------
        value : bool, int, float, str, datetime or timedelta
            The value.

        Returns
        -------
        Condition
            The condition.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("employees").less(3).to_dict()
        {'attribute': 'employees', 'less': 3}
        """
        return self._test("less", value)

    def at_most(self, value: Literal_) -> Condition:
        """It is at most the number, the instant or earlier, or at most as long.

        Parameters
        ----------
        value : bool, int, float, str, datetime or timedelta
            The value.

        Returns
        -------
        Condition
            The condition.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("employees").at_most(3).to_dict()
        {'attribute': 'employees', 'at_most': 3}
        """
        return self._test("at_most", value)

    def greater(self, value: Literal_) -> Condition:
        """It is above the number, after the instant, or longer than the duration.

        Parameters
        ----------
        value : bool, int, float, str, datetime or timedelta
            The value.

        Returns
        -------
        Condition
            The condition.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("employees").greater(3).to_dict()
        {'attribute': 'employees', 'greater': 3}
        """
        return self._test("greater", value)

    def at_least(self, value: Literal_) -> Condition:
        """It is at least the number, the instant or later, or at least as long.

        Parameters
        ----------
        value : bool, int, float, str, datetime or timedelta
            The value.

        Returns
        -------
        Condition
            The condition.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("employees").at_least(3).to_dict()
        {'attribute': 'employees', 'at_least': 3}
        """
        return self._test("at_least", value)

    def is_in(self, values: Iterable[Literal_]) -> Condition:
        """It is one of the values.

        Parameters
        ----------
        values : iterable of bool, int, float, str, datetime or timedelta
            The values.

        Returns
        -------
        Condition
            The condition.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("country").is_in(["JP", "KR"]).to_dict()
        {'attribute': 'country', 'in': ['JP', 'KR']}
        """
        return Condition({**self._condition, "in": [_literal(v) for v in values]})

    def in_list(self, name: str) -> Condition:
        """It is on the named list; of a set, at least one member is.

        Parameters
        ----------
        name : str
            The list.

        Returns
        -------
        Condition
            The condition.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("email").domain().in_list("free_mail").to_dict()
        {'attribute': 'email', 'part': 'domain', 'in_list': 'free_mail'}
        """
        return self._test("in_list", name)

    def contains(self, text: str) -> Condition:
        """The text occurs in it; a set has the text as a member.

        Parameters
        ----------
        text : str
            The text.

        Returns
        -------
        Condition
            The condition.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("country").contains("J").to_dict()
        {'attribute': 'country', 'contains': 'J'}
        """
        return self._test("contains", text)

    def prefix(self, text: str) -> Condition:
        """It begins with the text.

        Parameters
        ----------
        text : str
            The text.

        Returns
        -------
        Condition
            The condition.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("country").prefix("J").to_dict()
        {'attribute': 'country', 'prefix': 'J'}
        """
        return self._test("prefix", text)

    def suffix(self, text: str) -> Condition:
        """It ends with the text.

        Parameters
        ----------
        text : str
            The text.

        Returns
        -------
        Condition
            The condition.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.attribute("country").suffix("P").to_dict()
        {'attribute': 'country', 'suffix': 'P'}
        """
        return self._test("suffix", text)

    def glob(self, pattern: str) -> Condition:
        """The whole text matches a pattern of ``*``, ``?`` and ``[a-z]``.

        Parameters
        ----------
        pattern : str
            The pattern.

        Returns
        -------
        Condition
            The condition.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.property("url").glob("/pricing/*").to_dict()
        {'property': 'url', 'glob': '/pricing/*'}
        """
        return self._test("glob", pattern)

    def regex(self, pattern: str) -> Condition:
        """Part of the text matches a regular expression in RE2's syntax.

        Parameters
        ----------
        pattern : str
            The pattern.

        Returns
        -------
        Condition
            The condition.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.property("url").regex("^/pricing").to_dict()
        {'property': 'url', 'regex': '^/pricing'}
        """
        return self._test("regex", pattern)

    def __repr__(self) -> str:
        return f"Operand({self._condition!r})"


def _literal(value: object) -> object:
    return encode(value)
