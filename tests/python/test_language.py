# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Python offers all that C++ describes: each operator, part, subject and kind of signal.

A test that fails here after a change in C++ names the place in Python to change.
"""

from typing import get_args

import pytest

import leadfunnel as lf
from leadfunnel import _core
from leadfunnel._engine_types import SIGNAL_KINDS

LANGUAGE = _core.language()

PARTS = [p["name"] for p in LANGUAGE["parts"] if p["name"] != "itself"]  # an operand's own part

# Python's names where they differ from those of model files.
METHODS = {"in": "is_in"}
FUNCTIONS = {"score": "score_now", "band": "band_now", "class": "class_now"}


@pytest.mark.parametrize("operator", [o["name"] for o in LANGUAGE["operators"]])
def test_operands_have_a_method_for_each_operator(operator):
    name = METHODS.get(operator, operator)
    method = getattr(lf.Operand, name, None)
    assert method is not None, f"leadfunnel/_conditions.py: Operand has no method {name!r}"
    argument = {"exists": [], "in": [["x"]]}.get(operator, ["x"])
    made = method(lf.attribute("industry"), *argument).to_dict()
    assert operator in made, f"leadfunnel/_conditions.py: Operand.{name} makes {made}"


@pytest.mark.parametrize("part", PARTS)
def test_operands_have_a_method_for_each_part(part):
    method = getattr(lf.Operand, part, None)
    assert method is not None, f"leadfunnel/_conditions.py: Operand has no method {part!r}"
    made = method(lf.attribute("industry")).exists().to_dict()
    assert made["part"] == part, f"leadfunnel/_conditions.py: Operand.{part} makes {made}"


@pytest.mark.parametrize("subject", LANGUAGE["subjects"], ids=lambda s: s["name"])
def test_there_is_a_function_for_each_subject(subject):
    name = FUNCTIONS.get(subject["name"], subject["name"])
    function = getattr(lf, name, None)
    assert function is not None, f"leadfunnel/_subjects.py has no function {name!r}"
    arguments = ["x"] * (1 + subject["needs_funnel"] + subject["needs_stage"])
    made = function(*arguments).exists().to_dict()
    assert subject["name"] in made, f"leadfunnel/_subjects.py: {name} makes {made}"


def test_methods_of_operands_are_operators_and_parts_alone():
    known = {METHODS.get(o["name"], o["name"]) for o in LANGUAGE["operators"]}
    known |= {*PARTS, "exact"}
    methods = {n for n in vars(lf.Operand) if not n.startswith("_")}
    assert methods == known, "leadfunnel/_conditions.py: Operand has other methods"


def test_signal_kinds_are_those_of_the_engine():
    kinds = _core.signal_kinds()
    assert len(kinds) >= 13 and "stage_changed" in kinds
    assert list(SIGNAL_KINDS) == kinds, "leadfunnel/_engine_types.py: SignalKind has other kinds"
    assert get_args(lf.SignalKind) == SIGNAL_KINDS
