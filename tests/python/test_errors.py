# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""All errors of the package are of the family of `lf.Error`, and of the built-in class one expects."""

import math
import pickle
import subprocess
import sys
from decimal import Decimal

import pytest

import leadfunnel as lf

AT = "2026-04-01T00:00:00Z"
MODEL = lf.example_model("b2b_starter")


def engine():
    crm = lf.Engine(MODEL)
    crm.apply({"lead": "L-1", "at": AT, "type": "inquiry"})
    return crm


def history():
    return lf.read(MODEL, {"lead": ["L-1"]})


def scores():
    return lf.score(MODEL, {"lead": ["L-1"]}, at=AT)


class Broken:
    """An object of another library that fails at everything."""

    columns = ["lead"]

    def __getitem__(self, name):
        raise ZeroDivisionError("broken")

    def __arrow_c_stream__(self, schema=None):
        raise ZeroDivisionError("broken")


class BrokenColumn:
    def __iter__(self):
        raise ZeroDivisionError("broken")


UNKNOWN = {
    "score": lambda: engine().score("L-1", "no_such"),
    "explained score": lambda: engine().explain("L-1", "no_such"),
    "ranked score": lambda: lf.Engine(MODEL, ranked=["no_such"]),
    "ranked score of a snapshot": lambda: lf.Engine.from_snapshot(MODEL, engine().snapshot(), ranked=["x"]),
    "top score": lambda: engine().top("no_such"),
    "index": lambda: lf.Engine(MODEL, index=["no_such"]),
    "banding": lambda: engine().band("L-1", "no_such"),
    "bands": lambda: engine().bands("no_such"),
    "matrix": lambda: engine().class_of("L-1", "no_such"),
    "funnel": lambda: engine().stage("L-1", "no_such"),
    "stages": lambda: engine().stages("no_such"),
    "stage": lambda: engine().count_in_stage("sales", "no_such"),
    "band": lambda: engine().count_in_band("temperature", "no_such"),
    "queried funnel": lambda: engine().query(funnel="no_such", stages="x"),
    "queried stage": lambda: engine().query(stages="no_such"),
    "queried band": lambda: engine().query(bands="no_such"),
    "attribute": lambda: engine().attribute("L-1", "no_such"),
    "score of a table": lambda: scores().micros("no_such"),
    "score to explain": lambda: scores().explain("L-1", "no_such"),
    "score to follow": lambda: scores().changes("L-1", "no_such", AT, AT),
    "model": lambda: lf.example_model("no_such"),
    "preset": lambda: lf.preset("no_such"),
    "number as a preset": lambda: lf.preset(3),
    "diagram": lambda: lf.diagram(MODEL, "no_such"),
}


@pytest.mark.parametrize("call", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_unknown_names(call):
    with pytest.raises(lf.UnknownNameError) as e:
        call()
    assert isinstance(e.value, KeyError) and isinstance(e.value, lf.Error)
    assert not str(e.value).startswith("'")


LEADS = {
    "score": lambda: engine().score("nobody", "total"),
    "timeline": lambda: engine().timeline("nobody"),
    "merge": lambda: engine().merge("L-1", "nobody"),
    "erase": lambda: engine().erase("nobody"),
    "move": lambda: engine().move("nobody", "sales", "won"),
    "events": lambda: history().events("nobody"),
    "explain": lambda: scores().explain("nobody"),
}


@pytest.mark.parametrize("call", LEADS.values(), ids=LEADS.keys())
def test_unknown_leads(call):
    with pytest.raises(lf.UnknownLeadError) as e:
        call()
    assert isinstance(e.value, LookupError) and isinstance(e.value, lf.Error)


MISUSE = {
    "no event": lambda: engine().apply(),
    "a text as an event": lambda: engine().apply("event"),
    "a number as an event": lambda: engine().apply(3),
    "events and tables": lambda: engine().apply([], leads={"lead": ["a"]}),
    "nothing to load": lambda: lf.Engine(MODEL).load(),
    "histories and tables to load": lambda: lf.Engine(MODEL).load(history(), leads={"lead": ["a"]}),
    "histories and tables to score": lambda: lf.score(MODEL, history(), {"lead": []}, at=AT),
    "no model": lambda: lf.score("model.json", {"lead": ["a"]}, at=AT),
    "no model to read by": lambda: lf.read("model.json", {"lead": ["a"]}),
    "no model of an engine": lambda: lf.Engine(3),
    "no funnel named": lambda: lf.Model("m", scores=["s"], rules=[]).diagram(),
    "format of a diagram": lambda: MODEL.diagram("sales", format="svg"),
    "another instant": lambda: scores().top("total", at="2020-01-01T00:00:00Z"),
    "a condition as a bool": lambda: bool(lf.attribute("x").exists()),
    "a number as a lead": lambda: engine().score(3, "total"),
    "a number as a score": lambda: engine().score("L-1", 3),
    "a number in an engine": lambda: 3 in engine(),
    "a number in histories": lambda: 3 in history(),
    "a number to erase": lambda: engine().erase(3),
    "a text as a count": lambda: engine().top("total", "many"),
    "a negative count": lambda: engine().signals(-1),
    "a fraction as a count": lambda: engine().nth("total", 1.5),
    "a huge count": lambda: engine().acknowledge(2**64),
    "negative threads": lambda: lf.score(MODEL, {"lead": ["a"]}, at=[AT, AT], threads=-1),
    "a negative limit": lambda: engine().query(limit=-1),
    "a number as an account": lambda: engine().query(account=3),
    "a number as stages": lambda: engine().query(stages=3),
    "numbers as stages": lambda: engine().query(stages=[3]),
    "a number as ranked scores": lambda: lf.Engine(MODEL, ranked=3),
    "a number as a query": lambda: engine().query(3),
    "a number as a callback": lambda: engine().on_signal(3),
    "a number as a file to save to": lambda: engine().save(3),
    "a number as a file to load from": lambda: lf.Engine.from_file(MODEL, 3),
    "a text as a snapshot": lambda: lf.Engine.from_snapshot(MODEL, "x"),
    "a number as a model file": lambda: lf.Model.load(3),
    "a number as YAML": lambda: lf.Model.from_yaml(3),
    "a number as JSON": lambda: lf.Model.from_json(3),
    "a merge with itself": lambda: engine().merge("L-1", "L-1"),
    "pickled histories": lambda: pickle.dumps(history()),
    "pickled scores": lambda: pickle.dumps(scores()),
    "infinity in a model": lambda: lf.Score("s", max=Decimal("inf")).to_dict(),
    "an object in a model": lambda: lf.attribute("x").equals(object()),
}


@pytest.mark.parametrize("call", MISUSE.values(), ids=MISUSE.keys())
def test_misuse(call):
    with pytest.raises(lf.UsageError) as e:
        call()
    assert isinstance(e.value, lf.Error)
    assert isinstance(e.value, TypeError) and isinstance(e.value, ValueError)


INPUT = {
    "a naive instant": lambda: engine().advance_to("2026-04-01T00:00:00"),
    "a number as an instant": lambda: engine().advance_to(3),
    "a number as instants": lambda: lf.score(MODEL, {"lead": ["a"]}, at=3),
    "no instants": lambda: lf.score(MODEL, {"lead": ["a"]}, at=[]),
    "half a character": lambda: engine().score("\ud800", "total"),
    "an event of numbers": lambda: engine().apply([3]),
    "an undeclared attribute": lambda: engine().apply({"lead": "L-1", "no_such": 3}),
    "no table": lambda: lf.read(MODEL, 3),
    "no columns": lambda: lf.read(MODEL, {}),
    "a number as a column": lambda: lf.read(MODEL, {"lead": 3}),
    "a broken table": lambda: lf.read(MODEL, Broken()),
    "a broken column": lambda: lf.read(MODEL, {"lead": BrokenColumn()}),
    "a broken table and a mapping": lambda: lf.read(MODEL, Broken(), mapping={"mappings": []}),
    "columns of other lengths": lambda: lf.Table({"a": [1], "b": [1, 2]}),
    "cells of other kinds": lambda: lf.Table({"a": [1.5, "x"]}),
    "a number as a column of a result": lambda: lf.Table({"a": 3}),
    "a mapping of numbers": lambda: lf.read(MODEL, {"lead": ["a"]}, mapping={3: "x"}),
    "a mapping to numbers": lambda: lf.read(MODEL, {"lead": ["a"]}, mapping={"lead": 3}),
    "a mapping of objects": lambda: lf.read(MODEL, {"lead": ["a"]}, mapping={"mappings": object()}),
    "an unknown mapping": lambda: lf.read(MODEL, {"lead": ["a"]}, mapping="no_such"),
    "an unknown zone": lambda: lf.read(MODEL, {"lead": ["a"]}, timezone="No/Such"),
    "an unknown suffix": lambda: lf.read(MODEL, "leads.xyz"),
    "no cut-offs": lambda: lf.features(MODEL, {"lead": ["a"]}, cutoffs={"lead": ["a"]}),
}


@pytest.mark.parametrize("call", INPUT.values(), ids=INPUT.keys())
def test_bad_input(call):
    with pytest.raises(lf.InputError) as e:
        call()
    assert isinstance(e.value, ValueError) and isinstance(e.value, lf.Error)


MODELS = {
    "NaN": lambda: lf.Model("m", scores=[lf.Score("s", max=math.nan)], rules=[]).plan,
    "an int of many digits": lambda: lf.Model("m", scores=[lf.Score("s", max=10**5000)], rules=[]).plan,
    "a bad condition": lambda: engine().query({"attribute": "no_such", "equals": 1}),
}


@pytest.mark.parametrize("call", MODELS.values(), ids=MODELS.keys())
def test_bad_models(call):
    with pytest.raises(lf.ModelError):
        call()


def test_a_loaded_engine_loads_no_more():
    with pytest.raises(lf.Error, match="without leads"):
        engine().load([{"lead": "L-2"}])


def test_files_that_are_missing_are_errors_of_the_system(tmp_path):
    for call in (
        lambda: lf.Model.load(tmp_path / "x.json"),
        lambda: lf.Engine.from_file(MODEL, tmp_path / "x.lf"),
        lambda: lf.read(MODEL, tmp_path / "x.csv"),
    ):
        with pytest.raises(FileNotFoundError):
            call()


def test_missing_packages_are_of_the_family():
    code = """
import sys
sys.modules["yaml"] = sys.modules["sklearn"] = None
import leadfunnel as lf
for call in (lambda: lf.Model.from_yaml("a: 1\\n"), lambda: lf.Transformer):
    try:
        call()
    except lf.MissingPackageError as e:
        assert isinstance(e, ImportError) and "pip install" in str(e)
    else:
        raise AssertionError
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "error",
    [
        lf.Error("x"), lf.InputError("x", [], []), lf.UsageError("x"), lf.UnknownLeadError("x"),
        lf.UnknownNameError("x"), lf.SnapshotError("x"), lf.EngineBusyError("x"),
        lf.MissingPackageError("x"), lf.ModelError([]),
    ],
    ids=lambda e: type(e).__name__,
)
def test_errors_travel(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == str(error)
