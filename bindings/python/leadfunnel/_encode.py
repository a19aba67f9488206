# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Python's values as model files write them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ._errors import InputError, UsageError, blamed_on

_UNITS = (("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000))


def duration_text(d: timedelta) -> str:
    """A duration as models write it: ``30d``, ``1d12h``."""
    left = d // timedelta(microseconds=1)
    sign = "-" if left < 0 else ""
    left = abs(left)
    out = ""
    for unit, micros in (*_UNITS, ("ms", 1_000), ("us", 1)):
        if left >= micros:
            out += f"{left // micros}{unit}"
            left %= micros
    return sign + (out or "0s")


def encode(value: object) -> Any:
    """A value, or a part of a model, as JSON.

    Raises
    ------
    UsageError
        If a model cannot contain the value.
    """
    if value is None or isinstance(value, bool | str | int | float):
        return value
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise InputError(f"{value!r} has no time zone")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise UsageError(f"{value!r} cannot stand in a model")
        return int(value) if value == value.to_integral_value() else float(value)
    other: Any = value
    if hasattr(value, "to_dict"):
        return encode(other.to_dict())
    if dataclasses.is_dataclass(value):
        raise UsageError(f"{value!r} is no part of a model")
    if isinstance(value, Mapping):
        return {str(k): encode(v) for k, v in value.items()}
    if isinstance(value, Set):
        members = [encode(v) for v in value]
        if not all(isinstance(m, str) for m in members):
            raise UsageError(f"{value!r} cannot stand in a model: its members are not texts")
        return sorted(members)
    if isinstance(value, Sequence):
        return [encode(v) for v in value]
    if hasattr(value, "item"):  # a scalar of NumPy
        with blamed_on("a value cannot stand in a model"):
            return encode(other.item())
    raise UsageError(f"{value!r} cannot stand in a model")
