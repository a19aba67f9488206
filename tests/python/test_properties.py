# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Random models and tables: the results equal those of a small scorer in plain Python.

test_score.py does the same for decays and limits of single rules; here models are whole."""

import datetime as dt
from collections import defaultdict
from fractions import Fraction

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadfunnel as lf

UTC = dt.timezone.utc
BEGIN = dt.datetime(2026, 1, 1, tzinfo=UTC)
DAY = dt.timedelta(days=1)
TYPES = ["view", "mail", "call"]
WORDS = ["red", "Blue", "株式会社"]


# ---- a scorer in plain Python -------------------------------------------------------------------
# Models are dicts, as in model files.


def holds(condition, facts):
    if condition is None:
        return True
    if "all" in condition:
        return all(holds(c, facts) for c in condition["all"])
    if "any" in condition:
        return any(holds(c, facts) for c in condition["any"])
    if "not" in condition:
        return not holds(condition["not"], facts)
    (operator,) = condition.keys() - {"attribute", "property"}
    cell = facts.get(condition.get("attribute", condition.get("property")))
    literal = condition[operator]
    if operator == "exists":
        return (cell is not None) == literal
    if cell is None:
        return False
    return {
        "equals": lambda: cell == literal,
        "in": lambda: cell in literal,
        "at_least": lambda: cell >= literal,
        "less": lambda: cell < literal,
        "prefix": lambda: cell.startswith(literal),
    }[operator]()


def matches(pattern, touchpoint):
    value = touchpoint["value"]
    return (
        touchpoint["type"] in pattern["type"]
        and holds(pattern.get("where"), touchpoint["properties"])
        and ("value_at_least" not in pattern or (value is not None and value >= pattern["value_at_least"]))
        and ("value_below" not in pattern or (value is not None and value < pattern["value_below"]))
    )


def kept(decay, age):
    """The remaining share of an award."""
    age = Fraction(age // dt.timedelta(microseconds=1), 86_400_000_000)
    if decay is None:
        return Fraction(1)
    days = int((decay.get("period") or decay.get("over") or decay.get("after") or decay.get("every"))[:-1])
    if decay["kind"] == "half_life":
        whole = age // days
        return Fraction(1, 2**whole) * Fraction(2.0 ** float(-(age - whole * days) / days))
    if decay["kind"] == "linear":
        return max(Fraction(0), 1 - age / days)
    if decay["kind"] == "expiry":
        return Fraction(age < days)
    assert decay["kind"] == "step"
    return max(Fraction(0), 1 - Fraction(decay["percent"]) / 100 * (age // days))


def period(at, calendar):
    return at.isocalendar()[:2] if calendar == "week" else at.date() if calendar == "day" else (at.year, at.month)


def reference(model, facts, touchpoints, at):
    """Scores at an instant (None where excluded), and the number of awards in each."""
    scores, awards = {}, defaultdict(int)
    for score in model["scores"]:
        total = Fraction(0)
        for rule in model["rules"]:
            if rule["score"] != score["id"]:
                continue
            if rule["kind"] == "attribute":
                total += rule["points"] * holds(rule["when"], facts)
                continue
            counts = defaultdict(int)
            for t in sorted(touchpoints, key=lambda t: t["at"]):
                if t["at"] > at or not matches(rule["on"], t):
                    continue
                limit = rule.get("limit")
                if limit:
                    key = (
                        period(t["at"], limit["calendar"]) if "calendar" in limit else None,
                        t["properties"].get(limit.get("per_distinct")),
                    )
                    if counts[key] >= limit["at_most"]:
                        continue
                    counts[key] += 1
                total += rule["points"] * kept(rule.get("decay"), at - t["at"])
                awards[score["id"]] += 1
        total = max(total, Fraction(score.get("min", -(10**9))))
        scores[score["id"]] = min(total, Fraction(score.get("max", 10**9)))
    total = sum((Fraction(t["weight"]) * scores[t["score"]] for t in model["derived"][0]["from"]["terms"]), Fraction(0))
    scores["total"] = total
    if holds(model["exclusions"][0]["when"], facts):
        return dict.fromkeys(scores), awards
    return scores, awards


# ---- random models ------------------------------------------------------------------------------

simple_conditions = st.one_of(
    st.builds(lambda w: {"attribute": "color", "equals": w}, st.sampled_from(WORDS)),
    st.builds(lambda w: {"attribute": "color", "in": w}, st.lists(st.sampled_from(WORDS), min_size=1, unique=True)),
    st.builds(lambda n: {"attribute": "size", "at_least": n}, st.integers(-2, 5)),
    st.builds(lambda n: {"attribute": "size", "less": n}, st.integers(-2, 5)),
    st.builds(lambda b: {"attribute": "size", "exists": b}, st.booleans()),
    st.builds(lambda b: {"attribute": "vip", "equals": b}, st.booleans()),
)
conditions = st.recursive(
    simple_conditions,
    lambda inner: st.one_of(
        st.builds(lambda c: {"all": c}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda c: {"any": c}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda c: {"not": c}, inner),
    ),
    max_leaves=4,
)
wheres = st.one_of(
    st.builds(lambda w: {"property": "url", "prefix": w}, st.sampled_from(["/a", "/b/", "/"])),
    st.builds(lambda n: {"property": "pages", "at_least": n}, st.integers(0, 4)),
    st.builds(lambda b: {"property": "url", "exists": b}, st.booleans()),
)


def without_none(said):
    return {k: v for k, v in said.items() if v is not None}


patterns = st.builds(
    lambda **said: without_none(said),
    type=st.lists(st.sampled_from(TYPES), min_size=1, unique=True),
    where=st.none() | wheres,
    value_at_least=st.none() | st.integers(0, 3),
    value_below=st.none() | st.integers(4, 6),
)
decays = st.one_of(
    st.none(),
    st.builds(lambda d: {"kind": "half_life", "period": f"{d}d"}, st.integers(1, 90)),
    st.builds(lambda d: {"kind": "linear", "over": f"{d}d"}, st.integers(1, 90)),
    st.builds(lambda d: {"kind": "expiry", "after": f"{d}d"}, st.integers(1, 90)),
    st.builds(
        lambda p, d: {"kind": "step", "percent": p, "every": f"{d}d"}, st.sampled_from([10, 25, 50]), st.integers(1, 60)
    ),
)
limits = st.one_of(
    st.none(),
    st.builds(lambda n, c: {"at_most": n, "calendar": c}, st.integers(1, 2), st.sampled_from(["day", "week", "month"])),
    st.builds(lambda n: {"at_most": n}, st.integers(1, 3)),
    st.builds(lambda n: {"at_most": n, "per_distinct": "url"}, st.integers(1, 2)),
)
points = st.integers(-40, 60).filter(bool)
rules = st.one_of(
    st.builds(
        lambda **said: {"kind": "attribute", **said}, score=st.sampled_from(["fit", "warmth"]), when=conditions, points=points
    ),
    st.builds(
        lambda **said: {"kind": "occurrence", **without_none(said)},
        score=st.sampled_from(["fit", "warmth"]), on=patterns, points=points, decay=decays, limit=limits,
    ),
)


@st.composite
def models(draw):
    def score(name):
        out = {"id": name}
        if draw(st.booleans()):
            out["max"] = draw(st.integers(0, 80))
        if draw(st.booleans()):
            out["min"] = draw(st.integers(-50, 0))
        return out

    said = [{"id": f"r{i}", **r} for i, r in enumerate(draw(st.lists(rules, min_size=1, max_size=6)))]
    return {
        "id": "random",
        "attributes": ["color", {"id": "size", "type": "number"}, {"id": "vip", "type": "bool"}],
        "properties": ["url", {"id": "pages", "type": "number"}],
        "touchpoints": [{"id": t, "value": "seconds"} for t in TYPES],
        "scores": [score("fit"), score("warmth")],
        "rules": said,
        "derived": [
            {"id": "total", "from": {"kind": "weighted_sum", "terms": [
                {"score": "fit", "weight": draw(st.integers(-2, 3).filter(bool))}, {"score": "warmth", "weight": 1}]}}
        ],
        "exclusions": [{"id": "gone", "when": {"all": [{"attribute": "vip", "equals": True}, draw(simple_conditions)]}}],
        "bandings": [{"id": "heat", "score": "total", "bands": [
            "cold", {"id": "warm", "enter": 10}, {"id": "hot", "enter": 40}]}],
    }


def file_form(model):
    """The model in this file's form: attributes and the like by name, and a single limit."""
    out = {**model}
    for key in ("attributes", "properties"):
        out[key] = [{"id": d} if isinstance(d, str) else d for d in model[key]]
    out["bandings"] = [
        {**b, "bands": [{"id": x} if isinstance(x, str) else x for x in b["bands"]]} for b in model["bandings"]
    ]
    out["rules"] = [
        {**{k: v for k, v in r.items() if k != "limit"}, **({"limits": [r["limit"]]} if "limit" in r else {})}
        for r in model["rules"]
    ]
    return out


leads_of_a_table = st.lists(
    st.fixed_dictionaries(
        {
            "color": st.none() | st.sampled_from(WORDS),
            "size": st.none() | st.integers(-3, 6).map(float),
            "vip": st.none() | st.booleans(),
        }
    ),
    min_size=1, max_size=5,
)
instants = st.integers(0, 120 * 24).map(lambda hours: BEGIN + dt.timedelta(hours=hours))
touchpoints_of_a_table = st.lists(
    st.fixed_dictionaries(
        {
            "lead": st.integers(0, 4),
            "at": instants,
            "type": st.sampled_from(TYPES),
            "value": st.none() | st.integers(0, 24).map(lambda n: n / 4),
            "url": st.none() | st.sampled_from(["/a", "/a/b", "/b/", "about"]),
            "pages": st.none() | st.integers(0, 5).map(float),
        }
    ),
    max_size=25,
    unique_by=lambda t: (t["lead"], t["at"]),  # limits choose among several at one instant
)


# ---- tables in every form -----------------------------------------------------------------------


def cast_texts(table, to):
    for i, f in enumerate(table.schema):
        if pa.types.is_string(f.type):
            table = table.set_column(i, f.name, table[f.name].cast(to))
    return table


def dictionaries(table):
    for i, f in enumerate(table.schema):
        if pa.types.is_string(f.type):
            table = table.set_column(i, f.name, table[f.name].dictionary_encode())
    return table


def sliced(table):
    padded = pa.concat_tables([table.slice(0, 1)] * 3 + [table] + [table.slice(0, 1)] * 2)
    return padded.combine_chunks().slice(3, len(table))


FORMS = {
    "pyarrow": lambda t: t,
    "chunked": lambda t: pa.concat_tables([t.slice(i, 2) for i in range(0, len(t), 2)] or [t]),
    "sliced": sliced,
    "large_utf8": lambda t: cast_texts(t, pa.large_string()),
    "string_view": lambda t: cast_texts(t, pa.string_view()),
    "dictionaries": dictionaries,
    "sliced dictionaries": lambda t: sliced(dictionaries(t)),
    "polars": pl.DataFrame,
    "pandas": lambda t: t.to_pandas(),
    "pandas arrow": lambda t: t.to_pandas(types_mapper=pd.ArrowDtype),
    "columns": lambda t: t.to_pydict(),
    "rows": lambda t: t.to_pylist(),
    "reader": lambda t: t.to_reader(),
}
forms = st.sampled_from(sorted(FORMS))
LEAD_COLUMNS = {"lead": pa.string(), "color": pa.string(), "size": pa.float64(), "vip": pa.bool_()}
TOUCHPOINT_COLUMNS = {
    "lead": pa.string(), "at": pa.timestamp("us", "UTC"), "type": pa.string(), "value": pa.float64(),
    "url": pa.string(), "pages": pa.float64(),
}


def table_of(rows, columns):
    return pa.table({n: pa.array([r[n] for r in rows], t) for n, t in columns.items()})


def form_of(name, table):
    """A table in a form. Empty lists have no type, and so stay lists."""
    return FORMS[name](table) if len(table) else table


@given(models(), leads_of_a_table, touchpoints_of_a_table, instants, forms, forms, st.randoms())
def test_python_and_library_and_engine_agree_on_whole_models(model, leads, touchpoints, at, form, other, random):
    made = lf.Model.from_dict(file_form(model))
    names = [f"L-{i}" for i in range(5)]
    people = [{"lead": names[i], **facts} for i, facts in enumerate(leads)]
    events = [{**t, "lead": names[t["lead"]]} for t in touchpoints]
    random.shuffle(events)
    tables = (
        form_of(form, table_of(people, LEAD_COLUMNS)), form_of(other, table_of(events, TOUCHPOINT_COLUMNS)),
    )
    scores = lf.score(made, *tables, at=at, threads=random.choice([1, 2]))
    assert scores.issues == []
    rows = {r["lead"]: r for r in scores}
    exact = {s: dict(zip(rows, scores.micros(s).tolist())) for s in scores.plan.scores}

    engine = lf.Engine(made)
    engine.apply([{k: v for k, v in p.items() if v is not None} for p in people])
    engine.apply([{k: v for k, v in e.items() if v is not None} for e in events])
    assert set(rows) == {p["lead"] for p in people} | {e["lead"] for e in events}
    for lead, row in rows.items():
        facts = next((p for p in people if p["lead"] == lead), {})
        mine = [
            {**e, "properties": {k: e[k] for k in ("url", "pages") if e[k] is not None}}
            for e in events if e["lead"] == lead
        ]
        expected, awards = reference(model, facts, mine, at)
        for s, value in expected.items():
            if value is None:
                assert row[s] is None and engine.score(lead, s, at) is None
                assert row["heat"] is None
                continue
            # Each award is rounded to a millionth of a point, and floats to their last bit.
            most = 4 * sum(awards.values()) + 1
            assert abs(exact[s][lead] - value * 1_000_000) <= most
            assert row[s] == exact[s][lead] / 1e6
            assert engine.score(lead, s, at) == row[s]
            assert scores.explain(lead, s).total == row[s]
        if expected["total"] is not None:
            assert row["heat"] == ("hot" if row["total"] >= 40 else "warm" if row["total"] >= 10 else "cold")


# ---- bad rows ------------------------------------------------------------------------------------

cells = {
    "lead": st.sampled_from(["a", "b", "株式会社", "", None]),
    "at": st.sampled_from(
        ["2026-04-01T00:00:00Z", "2026-04-01T09:30:00.25+09:00", "1899-12-31T23:59:59Z", "25:61",
         "2026-04-01T00:00:00", "", None]
    ),
    "type": st.sampled_from(["view", "call", "", None]),
    "value": st.sampled_from([0.5, -3.0, float("nan"), float("inf"), None]),
    "url": st.sampled_from(["/a", "", None]),
    "pages": st.sampled_from([3.0, float("nan"), float("-inf"), None]),
}
BAD_COLUMNS = {**TOUCHPOINT_COLUMNS, "at": pa.string()}


def good_instant(text):
    try:
        at = dt.datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return at if at and at.tzinfo and at.year >= 1900 else None


def fault(row):
    """The first mistake in a row. A NaN counts as missing."""
    if not row["lead"]:
        return "lead"
    if good_instant(row["at"]) is None:
        return "at"
    if row["value"] is not None and abs(row["value"]) == float("inf"):
        return "value"
    if not row["type"]:
        return "type"
    if row["pages"] is not None and abs(row["pages"]) == float("inf"):
        return "pages"
    return None


@pytest.fixture(scope="module")
def plain():
    return lf.Model(
        "plain",
        properties=["url", lf.PropertyDeclaration("pages", type="number")],
        touchpoints=[lf.TouchpointDeclaration(t, value="seconds") for t in TYPES],
        scores=["s"],
        rules=[lf.Occurrence("view", score="s", on="view", points=2)],
    ).plan


@given(st.lists(st.fixed_dictionaries(cells), min_size=1, max_size=12), forms)
def test_bad_rows_are_kept_apart_in_every_form(plain, rows, form):
    table = table_of(rows, BAD_COLUMNS)
    history = lf.read(plain, touchpoints=form_of(form, table))
    faults = {i: f for i, r in enumerate(rows) if (f := fault(r))}
    bad = [b for b in history.issues if isinstance(b, lf.BadRow)]
    assert {b.row: b.column for b in bad} == faults
    assert history.bad_rows == len(faults) and history.touchpoints == len(rows) - len(faults)

    def number(x):
        return None if x is None or x != x else x

    def key(t):
        return repr((t.at, t.type, sorted(t.properties.items()), t.value))

    for lead in {r["lead"] for i, r in enumerate(rows) if i not in faults}:
        expected = [
            lf.Touchpoint(
                lead, good_instant(r["at"]).astimezone(UTC), r["type"],
                {k: v for k, v in (("url", r["url"]), ("pages", number(r["pages"]))) if v is not None},
                value=number(r["value"]),
            )
            for i, r in enumerate(rows) if i not in faults and r["lead"] == lead
        ]
        assert sorted(history.events(lead), key=key) == sorted(expected, key=key)
    if form != "reader":
        scores = lf.score(plain, touchpoints=form_of(form, table), at="2026-05-01T00:00:00Z")
        views = defaultdict(int)
        for i, r in enumerate(rows):
            if i not in faults:
                views[r["lead"]] += 2 * (r["type"] == "view")
        assert {r["lead"]: r["s"] for r in scores} == views
        assert scores.issues == history.issues
