# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""What one lead can be made to cost: many events at one instant, or many awards that end.

Each shape is given so many events that it would take ten times the limit if each cost as much as
there are before it, and takes about a fifth of it as it is.
"""

import json
import os

import pytest

# Processor time that a shape may take.
SECONDS = int(os.environ.get("LEADFUNNEL_ATTACK_GROWTH_SECONDS", "5"))

_BANDS = [{"id": "b", "score": "s", "bands": [{"id": "cold"}, {"id": "hot", "enter": 100, "leave": 50}]}]
_FUNNEL = [
    {
        "id": "f",
        "stages": [
            {"id": "x", "entry": True, "slas": [{"id": "k", "due": {"after": "9h"}, "met_by": {"type": "met"}}]},
            {"id": "y"},
            {"id": "z"},
        ],
        "transitions": [
            {"id": "in", "to": "x", "on": {"type": "t"}},
            {"id": "far", "from": ["x", "y"], "to": "z", "when": {"score": "s", "at_least": 1_000_000}},
        ],
    }
]


def _model(rules: list[dict], **more: object) -> str:
    return json.dumps(
        {
            "id": "growth",
            "attributes": [{"id": "a"}],
            "touchpoints": [{"id": "t", "value": "v"}, {"id": "u"}, {"id": "met"}],
            "scores": [{"id": "s"}],
            "rules": [{"id": f"r{i}", "score": "s"} | rule for i, rule in enumerate(rules)],
            "bandings": _BANDS,
        }
        | more
    )


def _occurrence(**more: object) -> dict:
    return {"kind": "occurrence", "on": {"type": "t"}, "points": 1} | more


def _halves(**more: object) -> dict:
    return _occurrence(decay={"kind": "half_life", "period": "30d"}) | more


def _ends(after: str = "1h") -> dict:
    return _occurrence(decay={"kind": "expiry", "after": after})


def _steps() -> dict:
    return _occurrence(decay={"kind": "step", "every": "1d", "percent": 1})


_SEQUENCE = {"kind": "sequence", "steps": [{"type": "t"}, {"type": "u"}], "within": "7d", "points": 3}
_FREQUENCY = {"kind": "frequency", "on": {"type": "t"}, "window": "7d", "at_least": 3, "points": 3}
_SILENCE = {"kind": "inactivity", "on": {"type": "t"}, "after": "1d", "every": "1d", "times": 3, "points": -1}

_FRAME = """
import datetime
T = datetime.datetime(2026, 1, 5, tzinfo=datetime.timezone.utc)
def at(second):
    return T + datetime.timedelta(seconds=second)
model = lf.Model.from_json({model!r})
n = {n}
"""

_ONE_BY_ONE = "e = lf.Engine(model)\nfor x in events: e.apply(x)\nassert e.score('l', 's') is not None"
_TOGETHER = "e = lf.Engine(model)\nassert e.apply(events).taken == n"
_RANKED = "e = lf.Engine(model, ranked=['s'])\nassert e.apply(events).taken == n\ne.top('s', 1)"

_AT_ONE_INSTANT = "events = [{'lead': 'l', 'at': T, 'type': 't'} for _ in range(n)]"
_ONE_A_SECOND = "events = [{'lead': 'l', 'at': at(i), 'type': 't'} for i in range(n)]"
_LAST_ID_FIRST = "events = [{'lead': 'l', 'at': T, 'type': 't', 'id': '%08d' % (n - i)} for i in range(n)]"

_SHAPES: dict[str, tuple[int, str, str, str]] = {
    "awards that halve, at one instant": (65_000, _model([_halves()]), _AT_ONE_INSTANT, _ONE_BY_ONE),
    "ranked awards that halve, at one instant": (80_000, _model([_halves()]), _AT_ONE_INSTANT, _RANKED),
    "awards that end, at one instant": (30_000, _model([_ends()]), _AT_ONE_INSTANT, _ONE_BY_ONE),
    "awards that end, one a second": (20_000, _model([_ends()]), _ONE_A_SECOND, _TOGETHER),
    "ranked awards that end, one a second": (20_000, _model([_ends()]), _ONE_A_SECOND, _RANKED),
    "awards by steps, one a second": (12_000, _model([_steps()]), _ONE_A_SECOND, _TOGETHER),
    "a stage entry before the rest of its instant": (
        45_000,
        _model([_halves(), _FREQUENCY], funnels=_FUNNEL),
        _AT_ONE_INSTANT,
        _ONE_BY_ONE,
    ),
    "chains, limits and silence, the last of an instant first": (
        25_000,
        _model([_SEQUENCE, _SILENCE, _halves(limits=[{"at_most": 10_000, "rolling": "7d"}])]),
        _LAST_ID_FIRST,
        _ONE_BY_ONE,
    ),
    "the last of an instant first": (40_000, _model([_halves()]), _LAST_ID_FIRST, _ONE_BY_ONE),
    "attributes, the last of an instant first": (
        20_000,
        _model([_halves()]),
        "events = [{'lead': 'l', 'at': T, 'a': '%08d' % (n - i)} for i in range(n)]",
        _ONE_BY_ONE,
    ),
    "moves at one instant": (
        150_000,
        _model([_halves()], funnels=_FUNNEL),
        "e = lf.Engine(model)\ne.apply({'lead': 'l', 'at': T, 'type': 't'})",
        "for i in range(n): e.move('l', 'f', 'yx'[i % 2])",
    ),
    "a service level that is not met": (
        120_000,
        _model([_occurrence()], funnels=_FUNNEL),
        "events = [{'lead': 'l', 'at': T + datetime.timedelta(microseconds=i), 'type': 't'} for i in range(n)]",
        _TOGETHER,
    ),
    "changes of awards that end": (
        45_000,
        _model([_ends("1d")]),
        "table = {'lead': ['l'] * n, 'at': [at(i) for i in range(n)], 'type': ['t'] * n}",
        "t = lf.score(model, touchpoints=table, at=at(n))\n"
        "assert len(t.changes('l', 's', at(-1), at(3 * n))) > 2 * n",
    ),
}


@pytest.mark.parametrize("shape", _SHAPES)
def test_cost_does_not_grow_with_what_stands_there(shape: str, limited) -> None:
    n, model, prepare, code = _SHAPES[shape]
    limited("\n".join([_FRAME.format(model=model, n=n), prepare, code]), cpu=SECONDS, memory=1 << 30)
