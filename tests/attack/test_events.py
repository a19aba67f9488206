# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Events from Python objects whose code misbehaves, and values at the ends of ranges."""

import collections
import datetime as dt
import decimal
import fractions
import types

import numpy as np
import pandas as pd
import pytest
from event_model import DECLARATIONS

import leadfunnel as lf

UTC = dt.timezone.utc
AT = dt.datetime(2026, 4, 1, tzinfo=UTC)

MODEL = lf.Model(
    "events",
    **DECLARATIONS,
    touchpoints=[lf.TouchpointDeclaration("order", value="yen")],
    scores=["s"],
    rules=[lf.Occurrence("orders", score="s", on="order", points=1)],
)


def engine():
    return lf.Engine(MODEL)


class Pairs(collections.abc.Mapping):
    """A mapping whose items are the given ones, whatever they are."""

    def __init__(self, *pairs):
        self._pairs = pairs

    def __getitem__(self, key):
        return dict(self._pairs)[key]

    def __iter__(self):
        return iter(dict(self._pairs))

    def __len__(self):
        return 10**9  # a wrong length

    def items(self):
        return iter(self._pairs)


# ---- foreign code that changes what is read ---------------------------------------------------

CHANGING = """
import datetime as dt, gc
AT = dt.datetime(2026, 4, 1, tzinfo=dt.timezone.utc)
model = lf.Model("m", attributes=["industry", lf.AttributeDeclaration("employees", type="number")],
                 properties=["url", lf.PropertyDeclaration("pages", type="number")], touchpoints=["order"],
                 scores=["s"], rules=[lf.Occurrence("r", score="s", on="order", points=1)])
class Clearing:
    "A number that clears its container and reuses the memory."
    def __init__(self, of): self.of = of
    def __float__(self):
        self.of.clear()
        self.kept = [bytes(bytearray(range(n % 250, n % 250 + 5))) * (n % 30) for n in range(5000)]
        return 7.0
class Zone(dt.tzinfo):
    def __init__(self, of): self.of = of
    def utcoffset(self, when):
        self.of.clear()
        self.kept = [object() for _ in range(5000)]
        return dt.timedelta(0)
def filled(d):
    "Adds names that only the mapping refers to."
    for n in range(40):
        d["x%d" % n * 3] = "v%d" % n * 3
    return d
result = []
for _ in range(50):
    e = lf.Engine(model)
    top = {"lead": "".join(["L", "-1"])}
    top["employees"] = Clearing(top)
    top["indu" + "stry"] = "".join(["Re", "tail"])
    e.apply(top)
    values = {}
    values["a"] = Clearing(values)
    e.apply({"lead": "L-1", "values": filled(values)})
    values = {}
    values["a"] = Clearing(values)
    e.apply(lf.Touchpoint("L-1", AT, "order", filled(values)))
    points = {}
    points["s"] = Clearing(points)
    for n in range(40): points["x%d" % n * 3] = float(n)
    e.apply({"lead": "L-1", "at": AT, "funnel": "f", "stage": "s", "scores": points})
    at = []
    at += [AT.replace(tzinfo=Zone(at)) for _ in range(40)]
    lf.score(model, touchpoints={"lead": ["a"], "at": ["2026-04-01T00:00:00Z"], "type": ["order"]}, at=at)
    result.append([len(h.values) if isinstance(h, lf.Attributes) else len(getattr(h, "properties", []))
                   for h in e.history("L-1")])
"""


def test_events_may_change_while_they_are_read(limited):
    seen = limited(CHANGING, cpu=60).result
    assert seen == [[41, 2, 41]] * 50  # the members when reading began


def test_a_mapping_that_changes_during_items_is_applied():
    class Growing(dict):
        def items(self):
            for pair in list(super().items()):
                self["employees"] = 5
                yield pair

    e = engine()
    assert e.apply(Growing({"lead": "L-1", "industry": "Retail"})).outcome == "taken"
    assert e.attribute("L-1", "industry") == "Retail"


def test_the_equality_of_keys_is_not_called():
    class Any(str):
        __hash__ = str.__hash__

        def __eq__(self, other):
            raise AssertionError("called")

    e = engine()
    e.apply({Any("lead"): "L-1", Any("industry"): "Retail"})
    assert e.attribute("L-1", "industry") == "Retail"


# ---- mappings, and other objects -----------------------------------------------------------------

MAPPINGS = [
    dict,
    types.MappingProxyType,
    collections.OrderedDict,
    lambda d: collections.ChainMap({}, d),
    collections.UserDict,
    lambda d: Pairs(*d.items()),
]


@pytest.mark.parametrize("of", MAPPINGS)
def test_every_kind_of_mapping_is_read(of):
    events = [
        {"lead": "L-1", "values": of({"industry": "Retail", "employees": 20})},
        {"lead": "L-1", "at": AT, "type": "order", "properties": of({"url": "/a", "pages": 2})},
        {"lead": "L-1", "at": AT, "funnel": "f", "stage": "x", "sets": of({"industry": "Machinery"}),
         "scores": of({"s": 4.5})},
    ]
    plain = lf.Engine(MODEL)
    plain.load([{k: dict(v) if k in ("values", "properties", "sets", "scores") else v
                 for k, v in e.items()} for e in events])
    e = lf.Engine(MODEL)
    assert e.load(iter([of(x) for x in events])).taken == 3
    assert e.snapshot() == plain.snapshot()
    assert [type(x).__name__ for x in e.history("L-1")] == ["Attributes", "Touchpoint", "StageEntry"]
    assert e.history("L-1")[1].properties == {"url": "/a", "pages": 2}
    alone = lf.Engine(MODEL)
    assert alone.apply(of(events[0])).outcome == "taken"
    assert alone.attribute("L-1", "employees") == 20
    objects = lf.Engine(MODEL)
    objects.apply(lf.Attributes("L-1", of({"employees": 20})))
    assert objects.attribute("L-1", "employees") == 20


@pytest.mark.parametrize("none", [["url"], "url", ("url", "/a"), {"url"}, 17, [("url", "/a")], b"", 0, False, pd.Series({"url": 1})])
@pytest.mark.parametrize("field", ["values", "properties", "sets", "scores"])
def test_a_member_that_is_no_mapping_is_refused_by_its_name(field, none):
    event = {"lead": "L-1", "at": AT, field: none}
    if field == "properties":
        event["type"] = "order"
    elif field != "values":
        event |= {"funnel": "f", "stage": "x"}
    e = engine()
    for call in (lambda: e.apply(event), lambda: e.apply([event]), lambda: e.load([event])):
        with pytest.raises(lf.InputError, match=rf"the '{field}' of an event of lead 'L-1' is a mapping, such as a dict, not "):
            call()
    assert len(e) == 0
    if field == "properties":
        with pytest.raises(lf.InputError, match="'properties' of an event of lead 'L-1'"):
            e.apply(lf.Touchpoint("L-1", AT, "order", none))


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (Pairs(("lead", "L-1"), ("industry",)), "no mapping"),
        (Pairs(("lead", "L-1"), 5), "no mapping"),
        (Pairs("ab", "cd"), "no mapping"),
        ({"lead": "L-1", 7: "x"}, "a key that is no text: 7"),
        ({"lead": "L-1", "values": {None: 1}}, "the 'values' of an event of lead 'L-1' has a key that is no text: None"),
        ({"lead": "L-1", "at": AT, "type": "order", "properties": {("a",): 1}}, "a key that is no text"),
    ],
)
def test_mappings_with_bad_items_or_keys_are_refused(event, why):
    e = engine()
    with pytest.raises(lf.InputError, match=why):
        e.apply(event)
    assert len(e) == 0


# ---- values -------------------------------------------------------------------------------------

class Unfit:
    def __float__(self):
        raise ZeroDivisionError("mine")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (10**400, "'employees' of an event of lead 'L-1' is a number that a float can hold"),
        (1 + 2j, "'employees' of an event of lead 'L-1'"),
        (b"12", "'employees' of an event of lead 'L-1' is text, a number"),
        (bytearray(b"12"), "'employees' of an event"),
        (np.bytes_(b"12"), "'employees' of an event"),
        (np.datetime64("2026-04-01"), "'employees' of an event"),
        (np.timedelta64(5, "D"), "'employees' of an event"),
        (np.array([1.0, 2.0]), "'employees' of an event"),
        (object(), "'employees' of an event"),
        ({"a": 1}, "'employees' of an event"),
        (["a", 1], "'employees' of an event of lead 'L-1' is a set of texts"),
        (dt.date(2026, 4, 1), "'employees' of an event"),
        (dt.timedelta.max, "'employees' of an event"),
        (float("nan"), "not finite"),
        (decimal.Decimal("sNaN"), "is a number that a float can hold"),
        ("\ud800", "lone surrogate"),
    ],
)
def test_values_that_no_event_can_hold_are_refused(value, why):
    e = engine()
    with pytest.raises(lf.InputError, match=why):
        e.apply({"lead": "L-1", "employees": value})
    assert len(e) == 0


def test_the_exception_of_a_value_passes_through():
    e = engine()
    for event in ({"lead": "L-1", "employees": Unfit()}, {"lead": "L-1", "at": AT, "type": "order", "value": Unfit()}):
        with pytest.raises(ZeroDivisionError, match="mine"):
            e.apply(event)

    class Absent:
        @property
        def dtype(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        e.apply({"lead": "L-1", "employees": Absent()})
    assert len(e) == 0


def test_numbers_of_every_class_are_read():
    for value in (
        20, 20.0, True + 19, np.int8(20), np.uint64(20), np.float32(20), np.float64(20), decimal.Decimal(20),
        fractions.Fraction(40, 2),
    ):
        e = engine()
        e.apply({"lead": "L-1", "employees": value})
        assert e.attribute("L-1", "employees") == 20
        e.apply({"lead": "L-1", "at": AT, "type": "order", "value": value})
        assert e.history("L-1")[1].value == 20
    for value, as_bool in ((np.bool_(True), True), (False, False)):
        e = engine()
        e.apply({"lead": "L-1", "values": {"flag": value}})
        assert e.history("L-1")[0].values["flag"] is as_bool


@pytest.mark.parametrize("field", ["cycle", "number"])
def test_counts_of_stage_entries_are_whole(field):
    entry = {"lead": "L-1", "at": AT, "funnel": "f", "stage": "x"}
    for value in (2**63, -(2**80), 1.0, "1", [], {}):
        with pytest.raises(lf.InputError, match=f"'{field}' of an event of lead 'L-1' is a whole number"):
            engine().apply(entry | {field: value})
    e = engine()
    e.load([entry | {field: np.int64(3)}])
    assert getattr(e.history("L-1")[0], field) == 3


@pytest.mark.parametrize("points", [float("nan"), float("inf"), -1e300, 10**30, "5", None, b"5"])
def test_points_at_entry_are_points(points):
    entry = {"lead": "L-1", "at": AT, "funnel": "f", "stage": "x", "scores": {"s": points}}
    with pytest.raises(lf.InputError, match="'s' of an event of lead 'L-1'"):
        engine().load([entry])


# ---- values of touchpoints ----------------------------------------------------------------------

def table_of(value):
    return {"lead": ["L-1"], "at": ["2026-04-01T00:00:00Z"], "type": ["order"], "value": [value]}


def csv_of(value):
    return f"lead,at,type,value\nL-1,2026-04-01T00:00:00Z,order,{value}\n"


MAPPING = {
    "mappings": [{"to": "touchpoint", "lead": "lead", "at": "at", "type": "type", "value": {"from": "value"}}]
}


def by_dict(value, folder):
    e = engine()
    e.apply({"lead": "L-1", "at": AT, "type": "order", "value": value})
    return e.history("L-1")


def by_object(value, folder):
    e = engine()
    e.apply(lf.Touchpoint("L-1", AT, "order", value=value))
    return e.history("L-1")


def by_batch(value, folder):
    e = engine()
    report = e.apply([{"lead": "L-1", "at": AT, "type": "order", "value": value}])
    if report.refused:
        raise lf.InputError(report.refused[0][1])
    return e.history("L-1")


def by_load(value, folder):
    e = engine()
    report = e.load([lf.Touchpoint("L-1", AT, "order", value=value)])
    if report.refused:
        raise lf.InputError(report.refused[0][1])
    return e.history("L-1")


def by_table(value, folder):
    e = engine()
    e.apply(touchpoints=pd.DataFrame(table_of(value)))
    return e.history("L-1")


def by_histories(value, folder):
    h = lf.read(MODEL, touchpoints=table_of(value))
    if h.issues:
        raise lf.InputError(str(h.issues[0]))
    return h.events("L-1")


def by_csv(value, folder):
    (folder / "t.csv").write_text(csv_of("" if value is None or value != value else repr(value)))
    e = engine()
    e.apply(touchpoints=folder / "t.csv", mapping=MAPPING | {"format": "csv"})
    return e.history("L-1")


def by_ndjson(value, folder):
    cell = "null" if value is None or value != value else repr(value)
    (folder / "t.ndjson").write_text(
        f'{{"lead": "L-1", "at": "2026-04-01T00:00:00Z", "type": "order", "value": {cell}}}\n'
    )
    e = engine()
    e.apply(touchpoints=folder / "t.ndjson", mapping=MAPPING | {"format": "ndjson"})
    return e.history("L-1")


PATHS = [by_dict, by_object, by_batch, by_load, by_table, by_histories, by_csv, by_ndjson]


@pytest.mark.parametrize("path", PATHS)
def test_values_are_limited_on_every_path(path, tmp_path):
    for value in (1e300, -1e300, 1e12 + 1, -1e12 - 1, 9.3e12, 1e13):
        with pytest.raises(lf.InputError):
            path(value, tmp_path)
    for value in (1e12, -1e12, 0.0, 0.000001):
        assert [t.value for t in path(value, tmp_path)] == [value]
    for value in (None, float("nan")):
        assert [t.value for t in path(value, tmp_path)] == [None]


def test_scored_tables_limit_values_too():
    worth = lf.Model("w", touchpoints=[lf.TouchpointDeclaration("order", value="yen")], scores=["s"],
                     rules=[lf.Occurrence("r", score="s", on="order", per_value=0.001)])
    for value in (1e300, 1e12 + 1, -1e13):
        bad = lf.score(worth, touchpoints=pd.DataFrame(table_of(value)), at=AT + dt.timedelta(1))
        assert bad.bad_rows == 1 and len(bad) == 0
    scores = lf.score(worth, touchpoints=pd.DataFrame(table_of(1e11)), at=AT + dt.timedelta(1))
    assert [r["s"] for r in scores] == [1e8]


# ---- instants -----------------------------------------------------------------------------------

class Odd(dt.datetime):
    offset = None

    def utcoffset(self):
        return self.offset


@pytest.mark.parametrize("offset", [dt.timedelta.max, dt.timedelta.min, 5, "x", object(), dt.timedelta(days=80_000)])
def test_a_bad_offset_from_utc_is_refused(offset):
    at = Odd(2026, 4, 1, tzinfo=dt.timezone(dt.timedelta(hours=9)))
    at.offset = offset
    for event in ({"lead": "L-1", "at": at, "type": "order"}, {"lead": "L-1", "customer_since": at}):
        with pytest.raises(lf.InputError, match="its offset from UTC is"):
            engine().apply(event)


@pytest.mark.parametrize(
    "at",
    [
        dt.datetime.min.replace(tzinfo=UTC),
        dt.datetime.max.replace(tzinfo=UTC),
        dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=23, minutes=59))),
        dt.datetime.max.replace(tzinfo=dt.timezone(-dt.timedelta(hours=23, minutes=59))),
        dt.datetime(1899, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        dt.datetime(2200, 1, 1, tzinfo=UTC),
        pd.Timestamp.min.tz_localize("UTC"),
        pd.Timestamp.max.tz_localize("UTC"),
    ],
)
def test_instants_out_of_range_are_refused(at):
    e = engine()
    with pytest.raises(lf.InputError, match="1900 to 2199"):
        e.apply({"lead": "L-1", "at": at, "type": "order"})
    with pytest.raises(lf.InputError, match="1900 to 2199"):
        e.advance_to(at)
    assert len(e) == 0


def test_nat_is_no_instant():
    for at in (pd.NaT, np.datetime64("NaT"), pd.NA):
        with pytest.raises(lf.InputError):
            engine().apply({"lead": "L-1", "at": at, "type": "order"})


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_arrow_instants_at_the_ends_of_every_unit_are_bad_rows(unit, zone):
    most = 2**63 - 1
    counts = [most, -most, most - 1, -most + 1, most // 2, -(most // 2), most // 1000, -(most // 1000), 10**9]
    at = np.array(counts, dtype="int64").view(f"datetime64[{unit}]")
    table = {"lead": ["L"] * len(at), "at": at, "type": ["order"] * len(at)}
    h = lf.read(MODEL, touchpoints=table, timezone=zone or "UTC")
    assert h.touchpoints + h.bad_rows == len(at)
    assert h.bad_rows >= (4 if unit == "ns" else 8)
    assert all(b.reason in ("bad_instant", "bad_datetime") for b in h.issues if isinstance(b, lf.BadRow))
    import pyarrow as pa

    if zone:
        aware = pa.table({"lead": table["lead"], "type": table["type"],
                          "at": pa.array(counts, pa.timestamp(unit, tz=zone))})
        assert lf.read(MODEL, touchpoints=aware).bad_rows == h.bad_rows
