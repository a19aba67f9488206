# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Ctrl-C ends every call that may take long, soon, and leaves what it was called on sound.

The work is large by its nature: gains and penalties of one half-life that cancel out keep a score
within a millionth of a threshold for a century, and each second of it has to be looked at.
"""

import json
import signal
import subprocess
import sys
import time

import pytest

# How long a call may go on after Ctrl-C: it takes some hundredths of a second, and far more where
# many tests share a processor.
SOON = 2.0

_MODEL = {
    "id": "endless",
    "decay_grid": "1s",
    "touchpoints": [{"id": "up"}, {"id": "down"}],
    "scores": [{"id": "s"}],
    "rules": [
        {
            "kind": "occurrence",
            "id": kind,
            "score": "s",
            "on": {"type": kind},
            "points": points,
            "decay": {"kind": "half_life", "period": "520w"},
        }
        for kind, points in (("up", 10_000), ("down", -10_000))
    ],
    "bandings": [
        {
            "id": "b",
            "score": "s",
            "bands": [{"id": "cold"}, {"id": "hot", "enter": 0.5, "leave": 0.499999}],
        }
    ],
}

_FRAME = """
import datetime, json, sys, time
import leadfunnel as lf
model = lf.Model.from_json({model!r})
def at(second):
    return datetime.datetime(1900, 1, 2, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=second)
END = datetime.datetime(2190, 1, 1, tzinfo=datetime.timezone.utc)
# Awards nearly cancel out: what is left is above or below the threshold by rounding alone.
events = [
    {{"lead": "l", "at": at(i // 2 + (7 if i % 2 else 0)), "type": "down" if i % 2 else "up"}} for i in range(200)
]
def engine():
    e = lf.Engine(model)
    e.apply(events)
    return e
def score(when):
    columns = {{"lead": ["l"] * len(events), "at": [e["at"] for e in events], "type": [e["type"] for e in events]}}
    return lf.score(model, touchpoints=columns, at=when)
{prepare}
print("ready", flush=True)
try:
    {call}
    print(json.dumps({{"ended": True}}), flush=True)
except KeyboardInterrupt:
    print(json.dumps({{"at": time.monotonic()}}), flush=True)
{after}
print("sound", flush=True)
"""

_AFTER = """
assert e.history("l") and len(e) == 1
before = e.now
e.apply({"lead": "m", "at": before, "type": "up"})
assert e.score("m", "s") == 10_000
assert e.score("l", "s", at=at(300)) == lf.Engine.from_snapshot(model, e.snapshot()).score("l", "s", at=at(300))
"""

_CALLS = {
    "project": ("e = engine()", "e.project('l', 'b', END)", _AFTER),
    "cools_at": ("e = engine()", "while True: e.cools_at('l', 'b', END)", _AFTER),
    "advance_to": ("e = engine()", "e.advance_to(END)", _AFTER),
    "apply": (
        "e = engine()",
        "e.apply({'lead': 'l', 'at': END, 'type': 'up'})",
        "assert len(e.history('l')) == 200\n" + _AFTER,
    ),
    "apply many": (
        "e = engine()",
        "e.apply([{'lead': 'l', 'at': END, 'type': 'up'}])",
        "assert len(e.history('l')) == 200\n" + _AFTER,
    ),
    "changes": ("t = score(at(300))", "t.changes('l', 's', at(0), END)", "assert len(t.changes('l', 's', at(0), at(60))) > 1"),
    "history": (
        "e = lf.Engine(model)\nn = 200_000\n"
        "e.load(touchpoints={'lead': ['l'] * n, 'at': [at(0)] * n, 'type': ['up'] * n})",
        "while True: e.history('l')",
        "assert len(e.history('l')) == n",
    ),
    "score_table": ("", "score(END)", "score(at(300))"),
    "load": (
        "e = lf.Engine(model)",
        "e.load(events + [{'lead': 'l', 'at': END, 'type': 'up'}])",
        "assert len(e) == 0\ne = engine()\n" + _AFTER,
    ),
}


def _latency(prepare: str, call: str, after: str) -> float:
    code = _FRAME.format(model=json.dumps(_MODEL), prepare=prepare, call=call, after=after)
    with subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            assert child.stdout is not None and child.stderr is not None
            assert child.stdout.readline() == "ready\n", child.stderr.read()
            time.sleep(0.3)
            sent = time.monotonic()
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=60)
        finally:
            child.kill()
    said, _, rest = out.partition("\n")
    assert "at" in json.loads(said or "{}"), f"{said}\n{err[-3000:]}"
    assert rest == "sound\n", err[-3000:]
    return json.loads(said)["at"] - sent


@pytest.mark.parametrize("name", _CALLS)
def test_ctrl_c_ends_a_long_call(name: str) -> None:
    assert _latency(*_CALLS[name]) < SOON
