# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Events made of random objects, many of them hostile, on every path into an engine.

An applied event can be read back in full, and its lead erased. A refused one raises an error of the
package, or the object's own exception, and changes nothing. In both cases the engine stays sound: it
can be saved, and the saved bytes give an equal engine.

The test runs for three seconds, or for LEADFUNNEL_FUZZ_SECONDS.
"""

import collections
import dataclasses
import datetime as dt
import decimal
import math
import os
import time
import types

import hypothesis
import numpy as np
import pandas as pd
import pytest
from event_model import DECLARATIONS
from hypothesis import given, settings
from hypothesis import strategies as st

import leadfunnel as lf

SECONDS = float(os.environ.get("LEADFUNNEL_FUZZ_SECONDS", "3"))
UTC = dt.timezone.utc
AT = dt.datetime(2026, 4, 1, tzinfo=UTC)

MODEL = lf.Model(
    "fuzzed",
    **DECLARATIONS,
    touchpoints=[lf.TouchpointDeclaration("view", value="seconds")],
    scores=["s"],
    rules=[
        lf.Occurrence("v", score="s", on="view", points=1),
        lf.AttributeRule("big", score="s", when=lf.attribute("employees").at_least(10), points=5),
    ],
    funnels=[lf.Funnel("f", stages=["new", "old"])],
).plan


class Mine(Exception):
    """The exception of hostile objects."""


class World:
    """What hostile objects can reach, and a record of what they did."""

    def __init__(self):
        self.engine = None
        self.containers = []
        self.has_lied = False  # returned an object of a type that Python forbids
        self.has_changed = False  # changed the event or the engine


WORLD = World()


def misbehave(how, honest):
    if how == "raise":
        raise Mine
    if how == "lie":
        WORLD.has_lied = True
        return object()
    if how == "clear":
        WORLD.has_changed = True
        for c in WORLD.containers:
            c.clear()
    elif how == "fill":
        WORLD.has_changed = True
        for c in WORLD.containers:
            for n in range(50):
                if isinstance(c, dict):
                    c[f"k{n}"] = f"v{n}"
                else:
                    c.append(f"v{n}")
    elif how == "enter" and WORLD.engine is not None:
        WORLD.has_changed = True
        WORLD.engine.snapshot()
        WORLD.engine.erase(next(iter(WORLD.engine.query().leads), "nobody"))
    return honest


HOWS = ["honest", "raise", "lie", "clear", "fill", "enter"]
NAMES = ["float", "index", "str", "repr", "bool", "hash", "eq", "len", "iter", "getattr"]


class Hostile:
    """An object whose dunder methods misbehave as they are set to."""

    def __init__(self, how):
        self.__dict__["how"] = how

    def _do(self, name, honest):
        return misbehave(self.how.get(name, "honest"), honest)

    def __float__(self):
        return self._do("float", 7.0)

    def __index__(self):
        return self._do("index", 7)

    def __str__(self):
        return self._do("str", "seven")

    def __repr__(self):
        return self._do("repr", "Hostile()")

    def __bool__(self):
        return self._do("bool", True)

    def __hash__(self):
        return self._do("hash", 7)

    def __eq__(self, other):
        return self._do("eq", False)

    def __len__(self):
        return self._do("len", 3)

    def __iter__(self):
        return self._do("iter", iter(["a", "b"]))

    def __getattr__(self, name):
        self._do("getattr", None)
        raise AttributeError(name)


class Text(str):
    """A text whose methods lie."""

    __hash__ = str.__hash__

    def __str__(self):
        raise Mine

    def __eq__(self, other):
        raise Mine

    def __len__(self):
        return 10**9


class Number(float):
    def __float__(self):
        raise Mine


class Liar(collections.abc.Mapping):
    """A mapping whose length, keys and items contradict each other."""

    def __init__(self, pairs, how):
        self._pairs = pairs
        self._how = how

    def __len__(self):
        return 10**12

    def __iter__(self):
        return iter(())

    def __getitem__(self, key):
        raise Mine

    def items(self):
        for i, pair in enumerate(self._pairs):
            if i == 1:
                misbehave(self._how, None)
            yield pair


class Zone(dt.tzinfo):
    def __init__(self, how):
        self.how = how

    def utcoffset(self, when):
        return misbehave(self.how, dt.timedelta(hours=9))


class Moment(dt.datetime):
    def utcoffset(self):
        return misbehave(self.how, dt.timedelta.max)


def moment(how):
    out = Moment(2026, 4, 1, tzinfo=UTC.__class__(dt.timedelta(hours=1)))
    out.how = how
    return out


hows = st.sampled_from(HOWS)
hostile = st.dictionaries(st.sampled_from(NAMES), hows, max_size=3).map(Hostile)
texts = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["L-1", "view", "industry", "f", "new", "old", "", "\x00", "\ud800", "e" * 5000, "1e5", "nan"]),
    st.text(max_size=4).map(Text),
    st.sampled_from([np.str_("x")]),
)
numbers = st.one_of(
    st.integers(),
    st.sampled_from([0, 2**53, 2**63, -(2**64), 10**400, True, -0.0, 1e12, 1e12 + 1, 1e300, 5e-324]),
    st.floats(),
    st.floats(0, 1e6).map(Number),
    st.decimals(),
    st.sampled_from([np.float32(1.5), np.int8(3), np.uint64(2**64 - 1), np.bool_(True), np.float64("nan"), 1 + 2j]),
)
moments = st.one_of(
    st.sampled_from(["2026-04-01T00:00:00Z", "2026-04-01T00:00:00", "1899-12-31T23:59:59Z", "2199-12-31T23:59:59Z"]),
    st.datetimes(timezones=st.sampled_from([None, UTC, dt.timezone(dt.timedelta(hours=23, minutes=59))])),
    st.sampled_from([AT, dt.datetime.min, dt.datetime.max.replace(tzinfo=UTC), dt.date(2026, 4, 1), dt.timedelta.max]),
    st.sampled_from([pd.NaT, pd.NA, np.datetime64("NaT"), np.datetime64("2026-04-01"), pd.Timestamp.max]),
    hows.map(lambda how: AT.replace(tzinfo=Zone(how))),
    hows.map(moment),
)
scalars = st.one_of(st.none(), texts, numbers, moments, hostile, st.binary(max_size=4), st.just(object()))
kept = st.one_of(  # values that every event can hold
    st.floats(-1e6, 1e6), st.text("abc", max_size=5), st.booleans(), st.sampled_from([AT])
)
names = st.sampled_from(["industry", "employees", "opted_out", "customer_since", "interests", "url", "pages", "x"])


@st.composite
def lists(draw):
    out = draw(st.lists(scalars, max_size=3))
    kind = draw(st.sampled_from([list, tuple, "set", dict.fromkeys]))
    if kind == "set":
        return set(x for x in out if type(x) is str)
    if kind is list:
        WORLD.containers.append(out)
    return kind(out) if kind is not dict.fromkeys else dict.fromkeys(x for x in out if type(x) in (str, int))


@st.composite
def mappings(draw, values, plain_only=False):
    """A mapping of some class."""
    keys = names if plain_only else st.one_of(names, names, texts, hostile, st.integers())
    pairs = draw(st.lists(st.tuples(keys, values), max_size=4))
    how = draw(st.sampled_from(["dict", "dict", "proxy", "chain", "user", "ordered", "liar"]))
    if how == "liar":
        return Liar(pairs, draw(hows))
    if any(type(k) not in (str, int, Text) for k, _ in pairs):
        pairs = [(k, v) for k, v in pairs if type(k) in (str, int)]
    if any(type(k) is Text for k, _ in pairs):
        pairs = [(k, v) for k, v in pairs if type(k) is not Text][:1] or pairs[:1]
    out = dict(pairs)
    WORLD.containers.append(out)
    return {
        "dict": lambda: out,
        "proxy": lambda: types.MappingProxyType(out),
        "chain": lambda: collections.ChainMap({}, out),
        "user": lambda: collections.UserDict(out),
        "ordered": lambda: collections.OrderedDict(out),
    }[how]()


def mostly(usual, odd, one_in=8):
    """Mostly usual values, so that some events are applied."""
    return st.integers(1, one_in).flatmap(lambda n: odd if n == one_in else usual)


fields = mostly(mappings(kept, plain_only=True), st.one_of(mappings(st.one_of(scalars, lists())), lists(), scalars), 3)
leads = mostly(st.sampled_from(["L-1", "L-2"]), scalars)
ats = mostly(st.sampled_from([AT, "2026-04-02T00:00:00Z"]), moments)
words = mostly(st.sampled_from(["", "web"]), scalars)


@st.composite
def events(draw):
    kind = draw(st.sampled_from(["touchpoint", "touchpoint", "attributes", "stage"]))
    said = {"lead": draw(leads)}
    if kind == "touchpoint":
        said |= {"at": draw(ats), "type": draw(mostly(st.just("view"), scalars))}
        said["properties"] = draw(fields)
        if draw(st.booleans()):
            too_large = st.sampled_from([1e12 + 1, -2e12, 1e300, math.inf, -math.inf, math.nan])
            said["value"] = draw(mostly(st.floats(-1e12, 1e12), st.one_of(too_large, too_large, scalars), 2))
    elif kind == "attributes":
        said["values"] = draw(fields)
        if draw(st.booleans()):
            said["at"] = draw(ats)
    else:
        said |= {"at": draw(ats), "funnel": draw(mostly(st.just("f"), scalars))}
        said |= {"stage": draw(mostly(st.sampled_from(["new", "old"]), scalars)), "sets": draw(fields)}
        if draw(st.booleans()):
            said["scores"] = draw(st.one_of(mappings(st.floats()), scalars))
        if draw(st.booleans()):
            said[draw(st.sampled_from(["cycle", "number"]))] = draw(mostly(st.integers(0, 9), scalars))
    for name in draw(st.lists(st.sampled_from(["source", "id", "reason", "channel"]), max_size=2)):
        if name not in ("reason", "channel") or {"reason": "stage", "channel": "touchpoint"}[name] == kind:
            said[name] = draw(words)
    form = draw(st.sampled_from(["dict", "dict", "object", "liar", "proxy", "more"]))
    if form == "object":
        return {"touchpoint": lf.Touchpoint, "attributes": lf.Attributes, "stage": lf.StageEntry}[kind](**said)
    if form == "liar":
        return Liar(list(said.items()), draw(hows))
    if form == "more":
        said[draw(st.one_of(names, texts))] = draw(scalars)
    WORLD.containers.append(said)
    return types.MappingProxyType(said) if form == "proxy" else said


def part_of(event, name):
    """A member of an event."""
    if isinstance(event, Liar):
        return next((v for k, v in event._pairs if k == name), None)
    return event.get(name) if isinstance(event, collections.abc.Mapping) else getattr(event, name, None)


def plain(said):
    """The values that an event must keep: numbers, truth values, plain text and instants."""
    if isinstance(said, Liar):
        pairs = list(reversed(said._pairs))  # the first counts
    elif isinstance(said, collections.abc.Mapping):
        pairs = list(said.items())
    else:
        return {}
    keep = {k: v for k, v in pairs if type(k) is str}
    return {k: v for k, v in keep.items() if type(v) in (float, bool, str, dt.datetime)}


REFUSALS = (lf.Error, Mine)


def refusals():
    return (*REFUSALS, TypeError) if WORLD.has_lied else REFUSALS


def require_sound(engine, folder):
    data = engine.snapshot()
    again = lf.Engine.from_snapshot(MODEL, data)
    assert again.snapshot() == data
    if len(data) % 16 == 0:  # seldom: flushing a file takes long
        engine.save(folder / "engine.lf")
        assert lf.Engine.from_file(MODEL, folder / "engine.lf").snapshot() == data


def check_apply(event, folder):
    engine = lf.Engine(MODEL)
    engine.apply({"lead": "L-2", "industry": "Retail"})
    WORLD.engine = engine
    before = engine.snapshot()
    lead = part_of(event, "lead")
    said = {name: plain(part_of(event, name)) for name in ("properties", "values")}
    if isinstance(event, collections.abc.Mapping) and not isinstance(event, Liar):
        for values in said.values():  # members of the event itself win
            for name in [n for n in values if n in {k for k in event if type(k) is str}]:
                del values[name]
    value = part_of(event, "value")
    try:
        outcome = engine.apply(event).outcome
    except refusals():
        assert WORLD.has_changed or engine.snapshot() == before, "a refused event has changed something"
        require_sound(engine, folder)
        return "refused"
    require_sound(engine, folder)
    assert outcome in ("taken", "duplicate", "refused")
    if WORLD.has_changed or outcome != "taken":
        return outcome
    assert type(lead) in (str, Text, np.str_), "an event of no lead was taken"
    lead = str.__str__(lead)
    assert lead in engine
    engine.score(lead, "s")
    engine.explain(lead, "s")
    engine.timeline(lead).to_dicts()
    told = [x for x in engine.history(lead) if not (lead == "L-2" and getattr(x, "values", None) == {"industry": "Retail"})]
    if isinstance(told[0], lf.Touchpoint):
        assert told[0].properties.items() >= said["properties"].items(), "properties were dropped"
        if type(value) is float and not math.isnan(value):
            assert told[0].value == pytest.approx(value, abs=1e-3), "the value is another"
    elif isinstance(told[0], lf.Attributes):
        assert told[0].values.items() >= said["values"].items(), "attributes were dropped"
    engine.erase(lead)
    assert lead not in engine
    require_sound(engine, folder)
    return outcome


def check_load(event, folder):
    engine = lf.Engine(MODEL)
    try:
        report = engine.load([event, {"lead": "L-9", "industry": "Retail"}])
    except refusals():
        assert len(engine) == 0
        report = None
    require_sound(engine, folder)
    if report:
        assert report.taken + len(report.refused) + report.duplicates == 2
        for lead in engine.query().leads:
            engine.history(lead)
            engine.erase(lead)
        assert len(engine) == 0


def check_score(event, folder):
    """Passes members of an event as instants."""
    parts = [part_of(event, name) for name in ("lead", "at", "type", "value", "cycle", "properties")]
    engine = lf.Engine(MODEL)
    engine.apply({"lead": "L-1", "at": AT, "type": "view"})
    before = engine.snapshot()
    for part in parts:
        if part is None:
            continue
        for ask in (lambda p: engine.score("L-1", "s", p), lambda p: engine.top("s", 3, p), lambda p: engine.advance_to(p)):
            try:
                ask(part)
            except refusals():
                pass
            else:
                assert isinstance(part, (str, dt.datetime)), "an instant that is none was taken"
    assert len(engine) == 1
    require_sound(engine, folder)
    assert lf.Engine.from_snapshot(MODEL, before).snapshot() == before


def run(folder, seconds, phases=tuple(hypothesis.Phase)):
    """Fuzzes for some seconds, and counts the outcomes."""
    until = time.monotonic() + seconds
    seen = collections.Counter()

    def check(data):
        global WORLD
        WORLD = World()
        event = data.draw(events())
        check_one = data.draw(st.sampled_from([check_apply, check_apply, check_load, check_score]))
        seen[check_one(event, folder)] += 1

    batch = 0
    while batch == 0 or time.monotonic() < until:
        fuzz = settings(
            max_examples=100, deadline=None, database=None, derandomize=False, phases=phases,
            suppress_health_check=list(hypothesis.HealthCheck), print_blob=False,
        )(hypothesis.seed(batch)(given(st.data())(check)))
        fuzz()
        batch += 1
    return seen


def test_events_of_hostile_objects(tmp_path):
    seen = run(tmp_path, SECONDS)
    assert seen["taken"] and seen["refused"]


# ---- it finds planted faults --------------------------------------------------------------------

def drop_fields(apply):
    """Drops properties that are no dict."""
    def planted(self, event):
        if isinstance(event, lf.Touchpoint) and type(event.properties) is not dict:
            event = dataclasses.replace(event, properties={})
        elif isinstance(event, dict) and not isinstance(event.get("properties", {}), dict):
            event = {k: v for k, v in event.items() if k != "properties"}
        return apply(self, event)

    return planted


def saturate(apply):
    """Clamps values that are out of range."""
    def planted(self, event):
        value = part_of(event, "value")
        if type(value) is float and abs(value) > 1e12 and not isinstance(event, Liar):
            value = math.copysign(1e12, value)
            if isinstance(event, lf.Touchpoint):
                event = dataclasses.replace(event, value=value)
            else:
                event = {**event, "value": value}
        return apply(self, event)

    return planted


def store_before_refusing(apply):
    """Stores a lead when an event is refused."""
    def planted(self, event):
        try:
            return apply(self, event)
        except lf.InputError:
            apply(self, {"lead": "left behind"})
            raise

    return planted


@pytest.mark.parametrize("fault", [drop_fields, saturate, store_before_refusing])
def test_it_finds_a_planted_fault(fault, tmp_path, monkeypatch):
    monkeypatch.setattr(lf.Engine, "apply", fault(lf.Engine.apply))
    with pytest.raises(BaseException) as found:  # several failures are a group
        run(tmp_path, 60, [hypothesis.Phase.generate])  # without shrinking
    assert "AssertionError" in repr(found.value) or isinstance(found.value, AssertionError)
