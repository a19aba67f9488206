# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Scores, compared with a scorer in plain Python, and as functions of history, model and instant."""

import datetime as dt
import pickle
import threading
from collections import defaultdict
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadfunnel as lf

UTC = dt.timezone.utc
DAY = 86_400_000_000
BEGIN = dt.datetime(2026, 1, 1, tzinfo=UTC)


# ---- additive points, half-lives and weekly limits, in plain Python


def instant(micros):
    return BEGIN + dt.timedelta(microseconds=micros)


def half_life_factor(age, period):
    """2^(−age / period), rounded to a float; whole half-lives are exact."""
    whole, rest = divmod(age, period)
    return Fraction(1, 2**whole) * Fraction(2.0 ** (-rest / period))


def week_of(at):
    return instant(at).isocalendar()[:2]


def reference(rules, events, at):
    """Points at an instant, up to the last bit of a half-life."""
    total = Fraction(0)
    for rule in rules:
        granted = defaultdict(int)
        for t, kind in sorted(events):
            if t > at or kind != rule["type"]:
                continue
            if rule["limit"] is not None and granted[week_of(t)] >= rule["limit"]:
                continue
            granted[week_of(t)] += 1
            factor = half_life_factor(at - t, rule["half_life"]) if rule["half_life"] else 1
            total += rule["points"] * factor
    return total


rules_of_a_model = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["view", "mail", "call"]),
            "points": st.integers(-50, 50).filter(bool),
            "half_life": st.none() | st.integers(1, 60).map(lambda d: d * DAY),
            "limit": st.none() | st.integers(1, 3),
        }
    ),
    min_size=1,
    max_size=5,
)
histories_of_leads = st.dictionaries(
    st.sampled_from(["a", "b", "c", "ü", "株式会社"]),
    st.lists(
        st.tuples(st.integers(0, 60 * DAY), st.sampled_from(["view", "mail", "call"])), max_size=12
    ),
    min_size=1,
)


def model_of(rules):
    return lf.Model(
        "m",
        touchpoints=["view", "mail", "call"],
        scores=["s"],
        rules=[
            lf.Occurrence(
                f"r{i}",
                score="s",
                on=r["type"],
                points=r["points"],
                decay=lf.HalfLife(dt.timedelta(microseconds=r["half_life"])) if r["half_life"] else None,
                limits=lf.per_week(r["limit"]) if r["limit"] else None,
            )
            for i, r in enumerate(rules)
        ],
    )


@given(rules_of_a_model, histories_of_leads, st.lists(st.integers(0, 90 * DAY), min_size=1, max_size=3), st.randoms())
def test_python_and_library_and_engine_agree(rules, leads, at, random):
    model = model_of(rules)
    rows = [(lead, t, kind) for lead, events in leads.items() for t, kind in events]
    random.shuffle(rows)
    table = pl.DataFrame(
        {"lead": [r[0] for r in rows], "at": [instant(r[1]) for r in rows], "type": [r[2] for r in rows]},
        schema={"lead": pl.String, "at": pl.Datetime("us", "UTC"), "type": pl.String},
    )
    people = {"lead": list(leads)}
    scores = lf.score(model, people, table, at=[instant(t) for t in at], threads=random.choice([1, 2]))
    exact = scores.micros("s").reshape(len(leads), len(at))
    for i, events in enumerate(leads.values()):
        for k, t in enumerate(at):
            assert abs(exact[i, k] - reference(rules, events, t) * 1_000_000) <= len(events) * len(rules)

    engine = lf.Engine(model)
    engine.load([{"lead": lead} for lead in leads])
    engine.apply([{"lead": lead, "at": instant(t), "type": kind} for lead, t, kind in rows])
    for i, lead in enumerate(leads):
        for k, t in enumerate(at):
            assert engine.score(lead, "s", instant(t)) == exact[i, k] / 1e6
            assert engine.explain(lead, "s", instant(t)).total == exact[i, k] / 1e6


# ---- a function of history, model and instant


def test_nothing_after_an_instant_matters(model, leads, touchpoints):
    at = "2026-03-31T00:00:00Z"
    early = {k: v[:1] for k, v in touchpoints.items()}
    known = lf.score(model, leads, early, at=at)
    later = lf.score(model, leads, touchpoints, at=[at, "2026-05-01T00:00:00Z"])
    assert [r for r in later.to_dicts() if r["at"] == known.instants[0]] == known.to_dicts()


def test_dated_rows_of_leads_hold_from_then_on(model):
    table = pl.DataFrame(
        {"lead": ["a", "a"], "at": ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"], "employees": [10, 900]}
    )
    cutoffs = ["2026-01-15T00:00:00Z", "2026-02-15T00:00:00Z"]
    assert [r["fit"] for r in lf.features(model, table, cutoffs=cutoffs)] == [0, 30]


def test_threads_and_order_change_nothing(model):
    rng = np.random.default_rng(7)
    n = 5_000
    table = pl.DataFrame(
        {
            "lead": rng.integers(0, 300, n).astype(str),
            "at": [BEGIN + dt.timedelta(minutes=int(m)) for m in rng.integers(0, 100_000, n)],
            "type": rng.choice(["page_view", "seminar"], n),
            "url": rng.choice(["/pricing/a", "/about"], n),
        }
    )
    at = ["2026-02-01T00:00:00Z", "2026-04-01T00:00:00Z"]
    people = {"lead": sorted(set(table["lead"]))}
    one = lf.score(model, people, table, at=at, threads=1)
    other = lf.score(model, people, table.sample(fraction=1, shuffle=True, seed=3), at=at, threads=2)
    assert one.to_dicts() == other.to_dicts()


# ---- explanations and features


def test_explanations_add_up(model, leads, touchpoints):
    scores = lf.score(model, leads, touchpoints, at="2026-04-29T10:00:00+09:00")
    why = scores.explain("L-1", "engagement")
    assert why.total == scores.to_dicts()[0]["engagement"]
    assert sum(line.now for line in why.lines) == pytest.approx(why.total, abs=1e-6)
    assert {line.fate for line in why.lines} >= {"counted", "refused: limit reached"}
    assert "refused: limit reached" in str(why)
    assert why.to_polars()["now"].sum() == pytest.approx(why.total, abs=1e-6)
    assert scores.explain("L-1").score == "total"
    assert [i.score for i in scores.explain("L-1").inputs] == ["fit", "engagement"]
    assert scores.explain("L-3", "fit").excluded_by == "opted_out"
    other = lf.explain(model, leads, touchpoints, lead="L-1", score="engagement", at=scores.instants[0])
    assert str(other) == str(why)
    again = pickle.loads(pickle.dumps(why))
    assert (again.lines, again.to_dicts(), str(again)) == (why.lines, why.to_dicts(), str(why))
    with pytest.raises(lf.UnknownLeadError, match="no lead 'L-9'"):
        scores.explain("L-9")
    with pytest.raises(KeyError, match="no score"):
        scores.explain("L-1", "none")


def test_tables_of_explanations_are_in_the_order_of_their_text(model, leads, touchpoints):
    why = lf.explain(model, leads, touchpoints, lead="L-1", score="engagement", at="2026-04-29T10:00:00+09:00")
    texts = [line.split() for line in str(why).splitlines()[1:] if "not counted" not in line]
    assert len(texts) == len(why) == len(why.lines) > 2
    for text, line, row in zip(texts, why.lines, why, strict=True):
        assert text[1].rstrip(",;:") == line.name == row["name"]
        assert float(text[0]) == line.now == row["now"]


def test_pickles_or_says_why_not(model, leads, touchpoints):
    scores = lf.score(model, leads, touchpoints, at="2026-04-29T10:00:00+09:00")
    for table in (scores.top("total"), lf.Table({"a": [1, None], "b": [True, None], "c": ["x", None]})):
        assert pickle.loads(pickle.dumps(table)).to_dicts() == table.to_dicts()
    features = lf.features(model, leads, touchpoints, cutoffs=["2026-04-29T00:00:00Z"])
    for result, why in ((scores, "to_polars"), (scores.histories, "read them there"), (features, "to_polars")):
        with pytest.raises(TypeError, match=why):
            pickle.dumps(result)


def test_features_with_contributions_add_up(model, leads, touchpoints):
    cutoffs = ["2026-03-31T00:00:00Z", "2026-04-29T00:00:00Z"]
    table = lf.features(model, leads, touchpoints, cutoffs=cutoffs, contributions=True).to_polars()
    assert table.height == 6
    for score in ("fit", "engagement"):
        parts = [c for c in table.columns if c.startswith(f"{score}.")]
        assert f"{score}.bounds" in parts
        there = table.filter(pl.col(score).is_not_null())
        sums = there.select(pl.sum_horizontal(parts)).to_series()
        assert (sums - there[score]).abs().max() < 1e-6


def test_top_and_changes(model, leads, touchpoints):
    scores = lf.score(model, leads, touchpoints, at="2026-04-29T10:00:00+09:00")
    assert [r["lead"] for r in scores.top("total")] == ["L-1", "L-2"]
    changes = scores.changes("L-2", "engagement", "2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z")
    assert changes.to_dicts()[-1] == {"at": dt.datetime(2026, 4, 1, 1, tzinfo=UTC), "engagement": 10}


# ---- misuse, interruption, threads


@pytest.mark.parametrize("at", ["2026-04-01", "2026-04-01T00:00:00", "25:61", 17, None, [], dt.datetime(2026, 4, 1)])
def test_objects_that_are_no_instants(at, model):
    with pytest.raises(lf.InputError):
        lf.score(model, {"lead": ["a"]}, at=at)


def test_instants_of_every_make(model):
    when = dt.datetime(2026, 4, 1, tzinfo=UTC)
    for at in (when, [when], pl.Series([when]), "2026-04-01T09:00:00+09:00"):
        assert lf.score(model, {"lead": ["a"]}, at=at).instants == [when]
    import pandas as pd

    assert lf.score(model, {"lead": ["a"]}, at=pd.Timestamp(when)).instants == [when]
    assert lf.score(model, {"lead": ["a"]}, at=pd.DatetimeIndex([when])).instants == [when]


def test_progress_and_its_exceptions(model):
    n = 50_000
    table = {"lead": [str(i) for i in range(n)]}
    told = []
    lf.score(model, table, at="2026-04-01T00:00:00Z", progress=lambda done, all: told.append((done, all)))
    assert told[-1] == (n, n)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lf.score(model, table, at="2026-04-01T00:00:00Z", progress=stop)


def test_ctrl_c_works(model):
    import os
    import signal

    table = {"lead": [str(i) for i in range(1_000)]}

    def press(done, total):
        os.kill(os.getpid(), signal.SIGINT)

    for call in (
        lambda: lf.score(model, table, at="2026-04-01T00:00:00Z", progress=press),
        lambda: lf.read(model, table, progress=press),
        lambda: lf.Engine(model).apply(leads=table, progress=press),
    ):
        with pytest.raises(KeyboardInterrupt):
            call()


def test_threads_share_plans_and_histories(model, leads, touchpoints):
    history = lf.read(model, leads, touchpoints)
    expected = lf.score(model, history, at="2026-04-29T10:00:00+09:00").to_dicts()
    seen = []

    def work():
        for _ in range(20):
            seen.append(lf.score(model, history, at="2026-04-29T10:00:00+09:00").to_dicts())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(seen) == 80
    assert all(s == expected for s in seen)


def test_histories_stand_for_all_tables(model, leads, touchpoints):
    history = lf.read(model, leads, touchpoints)
    assert len(history) == 3 and "L-1" in history and history.nbytes > 0
    with pytest.raises(TypeError):
        lf.score(model, history, touchpoints, at="2026-04-01T00:00:00Z")
    with pytest.raises(lf.UnknownLeadError):
        history.events("nobody")
