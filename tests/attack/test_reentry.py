# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Code that uses an engine from within a call of it: handlers of signals, callbacks."""

import json
import subprocess
import sys
import threading
import time

import pytest

import leadfunnel as lf

# Scores that nearly cancel out, so that a call checks each second of a century. See test_cancel.py.
_FRAME = """
import datetime, json, pickle, signal, sys, tempfile, time
import leadfunnel as lf
UTC = datetime.timezone.utc
def at(second):
    return datetime.datetime(1900, 1, 2, tzinfo=UTC) + datetime.timedelta(seconds=second)
END = datetime.datetime(2190, 1, 1, tzinfo=UTC)
fade = lf.HalfLife("520w")
model = lf.Model("endless", decay_grid="1s", touchpoints=["up", "down"], scores=["s"],
    rules=[lf.Occurrence(k, score="s", on=k, points=p, decay=fade) for k, p in (("up", 10_000), ("down", -10_000))],
    bandings=[lf.Banding("b", score="s", bands=["cold", lf.Band("hot", enter=0.5, leave=0.499999)])])
def events(lead, n=200):
    return [{"lead": lead, "at": at(i // 2 + (7 if i % 2 else 0)), "type": "down" if i % 2 else "up"} for i in range(n)]
crm = lf.Engine(model)
crm.apply(events("l"))
folder = tempfile.mkdtemp()
def many(n):
    return {"lead": [f"L{i % 50_000}" for i in range(n)], "at": [at(1000 + i) for i in range(n)], "type": ["up"] * n}

HANDLERS = {
    "score": lambda: crm.score("l", "s"),
    "top": lambda: crm.top("s"),
    "explain": lambda: crm.explain("l", "s").total,
    "signals": lambda: list(crm.signals()),
    "timeline": lambda: crm.timeline("l"),
    "query": lambda: list(crm.query(lf.score_now("s").at_least(1))),
    "save": lambda: crm.save(folder + "/crm.lf"),
    "snapshot": lambda: pickle.dumps(crm),
    "len": lambda: len(crm),
    "now": lambda: crm.now,
    "apply": lambda: crm.apply({"lead": "new", "at": END, "type": "up"}),
    "on_signal": lambda: crm.on_signal(None) or crm.on_signal(print),
    "erase": lambda: crm.erase("nobody"),
    "merge": lambda: crm.merge("l", "nobody"),
}
CALLS = {
    "cools_at": lambda: crm.cools_at("l", "b", END),
    "advance_to": lambda: crm.advance_to(END),
    "apply": lambda: crm.apply(past),
    "load": lambda: fresh.load(past),
}
"""

_RUN = _FRAME + """
call, handlers = sys.argv[1], sys.argv[2].split(",")
fresh = crm
if call in ("apply", "load"):
    crm = fresh = lf.Engine(model)
    past = lf.read(model, touchpoints=many(200_000))
said = {}
left = {"calls": 0}
class Enough(Exception):
    pass
def handle(*_):
    left["calls"] += 1
    name = handlers[left["calls"] % len(handlers)]
    try:
        HANDLERS[name]()
        said.setdefault(name, set()).add("done")
    except lf.EngineBusyError:
        said.setdefault(name, set()).add("busy")
    except lf.UnknownLeadError:
        said.setdefault(name, set()).add("done")
    if left["calls"] == 4 * len(handlers):
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise Enough
signal.signal(signal.SIGALRM, handle)
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.03)
began = time.monotonic()
try:
    while True:
        try:
            CALLS[call]()
        except lf.Error:  # a handler has added a lead to the engine
            pass
        if call in ("apply", "load"):
            crm = fresh = lf.Engine(model)
except Enough:
    pass
sound = lf.Engine.from_snapshot(model, crm.snapshot())
print(json.dumps({"said": {k: sorted(v) for k, v in said.items()}, "sound": sound.snapshot() == crm.snapshot()}))
"""

READERS = "score,top,explain,signals,timeline,query,save,snapshot,len,now"
WRITERS = "apply,on_signal,erase,merge"


def run(code, *args, timeout=100):
    done = subprocess.run([sys.executable, "-X", "faulthandler", "-c", code, *args],
                          capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("call", ["cools_at", "advance_to", "apply", "load"])
@pytest.mark.parametrize("handlers", [READERS, WRITERS])
def test_a_call_from_a_handler_returns_or_is_refused_at_once(call, handlers):
    out = run(_RUN, call, handlers)
    assert out["sound"]
    assert set(out["said"]) == set(handlers.split(","))
    # Some handlers ran within the call.
    assert any("busy" in said for said in out["said"].values())


def test_a_handler_may_use_the_engine_between_calls_and_another_engine_within_one():
    out = run(_FRAME + """
other = lf.Engine(model)
other.apply(events("o", 20))
seen = []
inside = []
def handle(*_):
    if inside:  # a call of the other engine runs handlers, too
        return
    inside.append(1)
    seen.append([other.score("o", "s"), len(other.top("s")), other.apply({"lead": "n", "at": END, "type": "up"}).outcome])
    inside.clear()
    if len(seen) == 5:
        raise InterruptedError
signal.signal(signal.SIGALRM, handle)
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
try:
    crm.cools_at("l", "b", END)
except InterruptedError:
    pass
signal.setitimer(signal.ITIMER_REAL, 0)
print(json.dumps(seen))
""")
    assert [s[2] for s in out] == ["taken"] * 5


# ---- callbacks of signals -----------------------------------------------------------------------

AT = "2026-04-01T00:00:00Z"


def counting():
    """An engine that emits a signal for each touchpoint."""
    return lf.Engine(
        lf.Model("alerts", touchpoints=["a"], scores=["s"],
                 rules=[lf.Occurrence("r", score="s", on="a", points=1)],
                 bandings=[lf.Banding("b", score="s",
                                      bands=["0", *(lf.Band(str(n), enter=n) for n in range(1, 40))])])
    )


def one(engine, number, lead="l"):
    return engine.apply({"lead": lead, "at": AT, "type": "a", "id": str(number)})


def test_a_callback_may_stop_its_own_delivery():
    engine = counting()
    seen = []

    def only_one(signal):
        seen.append(signal.sequence)
        engine.on_signal(None)

    engine.on_signal(only_one)
    report = engine.apply([{"lead": f"l{n}", "at": AT, "type": "a"} for n in range(5)])
    assert report.taken == 5
    assert len(seen) == 1
    assert one(engine, 1).outcome == "taken"
    assert len(seen) == 1


def test_a_callback_may_be_replaced_within_its_delivery():
    engine = counting()
    first, second = [], []

    def replace(signal):
        first.append(signal.sequence)
        engine.on_signal(lambda s: second.append(s.sequence))

    engine.on_signal(replace)
    assert engine.apply([{"lead": f"l{n}", "at": AT, "type": "a"} for n in range(5)]).taken == 5
    assert one(engine, 1, "m").outcome == "taken"
    assert len(first) == 1 and second == [engine.last_signal]


def test_results_survive_a_change_of_callback_by_another_thread():
    engine = counting()
    stop = threading.Event()

    def switch():
        while not stop.is_set():
            engine.on_signal(lambda s: None)
            engine.on_signal(None)

    switching = threading.Thread(target=switch)
    switching.start()
    try:
        until = time.monotonic() + 2
        n = 0
        while time.monotonic() < until:
            n += 1
            assert one(engine, n, f"l{n}").outcome == "taken"
    finally:
        stop.set()
        switching.join()
    assert len(engine) == n


def test_a_callback_may_change_the_engine_and_gets_each_signal_once():
    engine = counting()
    seen = []

    def answer(signal):
        seen.append(signal.sequence)
        if len(seen) < 20:
            assert one(engine, len(seen)).outcome == "taken"

    engine.on_signal(answer)
    assert one(engine, "first").outcome == "taken"
    assert seen == list(range(1, engine.last_signal + 1)) and len(seen) == 20


def test_signals_of_a_handler_during_a_delivery_follow_it():
    out = run(_FRAME + """
engine = lf.Engine(lf.Model("m", touchpoints=["a"], scores=["s"],
    rules=[lf.Occurrence("r", score="s", on="a", points=1)],
    bandings=[lf.Banding("b", score="s", bands=["0", *(lf.Band(str(n), enter=n) for n in range(1, 400))])]))
said, made = [], [0]
def step():
    made[0] += 1
    assert engine.apply({"lead": "l", "at": END, "type": "a", "id": str(made[0])}).outcome == "taken"
def handle(*_):
    try:
        step()
    except lf.EngineBusyError:
        pass
signal.signal(signal.SIGALRM, handle)
def tell(s):
    time.sleep(0.002)
    said.append(s.sequence)
engine.on_signal(tell)
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.005)
for _ in range(100):
    step()
signal.setitimer(signal.ITIMER_REAL, 0)
step()
print(json.dumps([said == list(range(1, engine.last_signal + 1)), len(said) > 101]))
""")
    assert out == [True, True]


def test_no_signal_is_lost_while_the_engine_is_busy():
    """A callback of one engine changes another, which other threads keep busy."""
    engine, outer = counting(), counting()
    outer.apply([{"lead": f"l{n}", "at": AT, "type": "a"} for n in range(100)])
    told, outcomes = [], []
    engine.on_signal(told.append)
    stop = threading.Event()

    def keep_busy():
        while not stop.is_set():
            engine.snapshot()

    busy = [threading.Thread(target=keep_busy) for _ in range(3)]

    def within(done, total):
        for _ in range(200):
            try:
                outcomes.append(one(engine, len(outcomes), f"x{len(outcomes)}").outcome)
            except lf.EngineBusyError:
                outcomes.append("busy")

    engine.apply([{"lead": f"k{n}", "at": AT, "type": "a"} for n in range(3000)])
    before = len(engine)
    for t in busy:
        t.start()
    try:
        for _ in range(10):
            outer.apply([{"lead": "l0", "at": AT, "type": "a"}], progress=within)
    finally:
        stop.set()
        for t in busy:
            t.join()
    taken = outcomes.count("taken")
    assert len(engine) == before + taken  # refused calls changed nothing, taken ones returned
    one(engine, "last", "last")
    assert [s.sequence for s in told] == list(range(1, engine.last_signal + 1))
