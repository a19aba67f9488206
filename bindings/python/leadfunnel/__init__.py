# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""leadfunnel scores B2B leads by a model that a marketer can read, and explains every point.

>>> import leadfunnel as lf
>>> model = lf.example_model("b2b_starter")
>>> scores = lf.score(
...     model,
...     {"lead": ["L-17"], "industry": ["Machinery"]},
...     {"lead": ["L-17"], "at": ["2026-04-01T09:00:00+09:00"], "type": ["inquiry"]},
...     at="2026-04-02T00:00:00+09:00",
... )
>>> print(scores.explain("L-17", "engagement"))  # doctest: +ELLIPSIS
L-17: engagement = ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    from . import _core
except ImportError as _error:
    raise ImportError(
        "leadfunnel's compiled part cannot be loaded: "
        f"{_error}. Install the package, `pip install leadfunnel`, for this Python; from a "
        "checkout, `pip install .` in its root, which needs a C++20 compiler and the libraries "
        "that README.md names (`./dev setup` installs them on Debian and Ubuntu). A checkout's "
        "own folder bindings/python/ on the path hides the installed package."
    ) from _error

from . import parts
from ._conditions import Condition, Operand, all_of, any_of
from ._core import model_schema
from ._engine import Engine
from ._engine_types import (
    Applied,
    BatchReport,
    Change,
    Page,
    Position,
    Replacement,
    Signal,
    SignalKind,
    Timeline,
    TimelineEntry,
)
from ._errors import (
    BadRow,
    EngineBusyError,
    Error,
    InputError,
    Issue,
    MissingPackageError,
    ModelError,
    SnapshotError,
    UnknownLeadError,
    UnknownNameError,
    UsageError,
)
from ._events import Attributes, Event, Instant, StageEntry, Touchpoint, Value
from ._limits import once, once_per_distinct, per_day, per_month, per_week
from ._mapping import example_mappings
from ._model import (
    Model,
    Plan,
    diagram,
    example_model,
    example_models,
    preset,
    presets,
)
from ._progress import Progress
from ._results import Diagram, Explanation, ExplanationLine, Table
from ._score import Features, Scores, explain, features, score
from ._subjects import (
    attribute,
    band_now,
    class_now,
    current_stage,
    property,
    score_at_entry,
    score_now,
    time_in_stage,
    times_entered,
)
from ._table_types import Mapped, TableLike
from ._tables import Histories, read
from ._zones import use_tzdata
from .parts import *  # noqa: F403

use_tzdata()

__version__: str = _core.__version__

if TYPE_CHECKING:
    from ._sklearn import Transformer
else:  # hidden from type checkers, which would then accept any name

    def __getattr__(name: str) -> object:
        if name == "Transformer":  # imports scikit-learn only when it is used
            from ._sklearn import Transformer

            return Transformer
        raise AttributeError(f"module 'leadfunnel' has no attribute {name!r}")


# `property` is not in the list: `from leadfunnel import *` must not shadow the built-in.
__all__ = [
    "Applied",
    "Attributes",
    "BadRow",
    "BatchReport",
    "Change",
    "Condition",
    "Diagram",
    "Engine",
    "EngineBusyError",
    "Error",
    "Event",
    "Explanation",
    "ExplanationLine",
    "Features",
    "Histories",
    "InputError",
    "Instant",
    "Issue",
    "Mapped",
    "MissingPackageError",
    "Model",
    "ModelError",
    "Operand",
    "Page",
    "Plan",
    "Position",
    "Progress",
    "Replacement",
    "Scores",
    "Signal",
    "SignalKind",
    "SnapshotError",
    "StageEntry",
    "Table",
    "TableLike",
    "Timeline",
    "TimelineEntry",
    "Touchpoint",
    "Transformer",
    "UnknownLeadError",
    "UnknownNameError",
    "UsageError",
    "Value",
    "all_of",
    "any_of",
    "attribute",
    "band_now",
    "class_now",
    "current_stage",
    "diagram",
    "example_mappings",
    "example_model",
    "example_models",
    "explain",
    "features",
    "model_schema",
    "once",
    "once_per_distinct",
    "per_day",
    "per_month",
    "per_week",
    "preset",
    "presets",
    "read",
    "score",
    "score_at_entry",
    "score_now",
    "time_in_stage",
    "times_entered",
]
__all__ += parts.__all__  # a statement that pyright understands
