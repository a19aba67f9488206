# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Conditions of queries, compiled."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from . import _core
from ._conditions import Condition
from ._errors import ModelError, UsageError
from ._model import Model, Plan


class Queries:
    """The conditions of the latest queries of a plan, checked and compiled.

    There is no lock, which a handler of an operating system's signal, or a fork, could find held:
    each step is one operation of a `dict`.
    """

    _MOST = 16

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._compiled: dict[str, _core.Model] = {}

    def compiled(self, where: Condition | Mapping[str, object]) -> _core.Model:
        """A model whose last alert has the condition.

        Raises
        ------
        ModelError
            If an alert could not have the condition.
        """
        if not isinstance(where, Condition | Mapping):
            raise UsageError(f"a query takes a Condition or a dict, not {where!r}")
        condition = where.to_dict() if isinstance(where, Condition) else dict(where)
        key = json.dumps(condition, sort_keys=True, default=str)
        return self._get(key, lambda: self._compile(condition))

    def _get(self, key: str, compile: Callable[[], _core.Model]) -> _core.Model:
        found = self._compiled.pop(key, None)
        if found is None:
            found = compile()
        self._compiled[key] = found  # the latest is the last
        for old in list(self._compiled)[: -self._MOST]:
            self._compiled.pop(old, None)
        return found

    def _compile(self, condition: Mapping[str, object]) -> _core.Model:
        model = self._plan.model.to_dict()
        # This model never runs, so that it needs no alert of the engine's model.
        model["alerts"] = [{"id": "query", "when": condition}]
        for funnel in model.get("funnels", []):
            for transition in funnel.get("transitions", []):
                transition.get("then", {}).pop("alert", None)
        made = Model.from_dict(model)
        wrong = [i for i in made.check() if i.severity == "error"]
        if wrong:
            raise ModelError(wrong)
        return made._core
