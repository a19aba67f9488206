# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The transformer for scikit-learn."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

import leadfunnel as lf

AT = ["2026-03-31T00:00:00Z", "2026-04-29T00:00:00Z", "2026-04-29T00:00:00Z"]


def numeric_model(n=40):
    return lf.Model(
        "numbers",
        attributes=[lf.AttributeDeclaration(f"x{i}", type="number") for i in range(n)],
        scores=["s"],
        rules=[
            lf.AttributeRule(f"r{i}", score="s", when=lf.attribute(f"x{i}").greater(0), points=i + 1)
            for i in range(n)
        ],
    )


# Checks that do not apply to its input, each with the reason.
EXPECTED_TO_FAIL = {}


def test_checks_of_scikit_learn():
    results = check_estimator(
        lf.Transformer(numeric_model()), expected_failed_checks=EXPECTED_TO_FAIL, on_skip=None
    )
    failed = [r["check_name"] for r in results if r["status"] == "failed"]
    assert failed == []
    assert {r["check_name"] for r in results if r["status"] == "xfail"} == set(EXPECTED_TO_FAIL)


def test_rows_are_leads_as_of_instants(model, leads, touchpoints):
    rows = pd.DataFrame({"lead": ["L-1", "L-1", "nobody"], "at": AT})
    transformer = lf.Transformer(model, leads=leads, touchpoints=touchpoints, contributions=True)
    out = transformer.fit(rows).transform(rows)
    names = transformer.get_feature_names_out().tolist()
    assert names[:3] == ["fit", "engagement", "total"] and "engagement.pricing" in names
    expected = lf.features(model, leads, touchpoints, cutoffs=sorted(set(AT)), contributions=True)
    expected = {(r["lead"], r["at"].isoformat()): r for r in expected}
    for i in range(2):
        row = expected[("L-1", AT[i].replace("Z", "+00:00"))]
        assert out[i].tolist() == [row[n] for n in names]
    assert out[2].tolist() == [0] * len(names)
    assert clone(transformer).fit(rows).transform(rows).tolist() == out.tolist()
    assert pickle.loads(pickle.dumps(transformer)).transform(rows).tolist() == out.tolist()
    frame = transformer.set_output(transform="pandas").transform(rows)
    assert frame.columns.tolist() == names
    polars = lf.Transformer(model, leads=leads, touchpoints=touchpoints, contributions=True)
    assert polars.fit_transform(pl.DataFrame(rows.to_dict("list"))).tolist() == out.tolist()


def test_excluded_leads_are_nan(model, leads):
    transformer = lf.Transformer(model, leads=leads, at="2026-04-29T00:00:00Z")
    assert np.isnan(transformer.fit_transform({"lead": ["L-3"]})).tolist() == [[True] * 3]


def test_rows_are_profiles(model):
    rows = pd.DataFrame({"industry": ["Machinery", None], "employees": [900, np.nan], "zip": [1, 2]})
    assert lf.Transformer(model).fit_transform(rows)[:, 0].tolist() == [50, 0]


def test_in_a_pipeline():
    rng = np.random.default_rng(5)
    X = rng.normal(size=(200, 40))
    y = X[:, 39] > 0
    pipeline = make_pipeline(lf.Transformer(numeric_model(), contributions=True), LogisticRegression())
    assert pipeline.fit(X, y).score(X, y) == 1


def test_misuse_raises(model):
    with pytest.raises(lf.InputError, match="as of when"):
        lf.Transformer(model).fit_transform({"lead": ["a"]})
    with pytest.raises(lf.InputError, match="neither"):
        lf.Transformer(model).fit({"zip": [1]})
    with pytest.raises(ValueError, match="numeric attributes"):
        lf.Transformer(model).fit(np.zeros((1, 9)))
