# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Models from files, texts, dicts, YAML and parts; their issues; and models as text again."""

import datetime as dt
import json
import pickle
from decimal import Decimal

import pytest

import leadfunnel as lf


@pytest.mark.parametrize("name", lf.example_models())
def test_models_survive_every_way(name):
    model = lf.example_model(name)
    assert not [i for i in model.check() if i.severity == "error"]
    assert lf.Model.from_json(model.to_json()) == model
    assert lf.Model.from_dict(model.to_dict()) == model
    assert pickle.loads(pickle.dumps(model)) == model
    again = lf.Model(**{m: getattr(model, m) for m in lf.Model._members})
    assert again == model


def test_models_from_parts_and_files_are_one(model):
    assert lf.Model.from_json(json.dumps(model.to_dict())) == model
    assert model != lf.example_model("b2b_starter")
    assert hash(model) == hash(lf.Model.from_dict(model.to_dict()))
    assert model.rules[4].on.where == lf.property("url").glob("/pricing/*")
    assert isinstance(model.bandings[0].bands[1], lf.Band)


def test_python_values_become_those_of_files():
    limit = lf.Limit(rolling=dt.timedelta(days=1, hours=12), at_most_points=Decimal("2.5"))
    assert limit.to_dict() == {"rolling": "1d12h", "at_most_points": 2.5}
    hours = lf.WorkingHours(["monday"], from_=dt.time(9), to="17:30")
    assert hours.to_dict() == {"days": ["monday"], "from": "09:00", "to": "17:30"}
    calendar = lf.BusinessCalendar("c", hours=hours, holidays=[dt.date(2026, 1, 1)])
    assert calendar.to_dict()["holidays"] == ["2026-01-01"]
    since = lf.attribute("since").less(dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc))
    assert since.to_dict() == {"attribute": "since", "less": "2026-01-01T00:00:00+00:00"}
    with pytest.raises(lf.InputError, match="time zone"):
        lf.attribute("since").less(dt.datetime(2026, 1, 1))


def test_conditions_are_joined():
    a, b = lf.attribute("a").exists(), lf.attribute("b").is_in(["x", "y"])
    assert (a & ~b).to_dict() == {"all": [{"attribute": "a", "exists": True}, {"not": b.to_dict()}]}
    assert (a | b).to_dict()["any"] == [a.to_dict(), b.to_dict()]
    with pytest.raises(TypeError, match="join"):
        bool(a)


def test_all_issues_are_listed_at_once(tmp_path):
    path = tmp_path / "bad.json"
    path.write_text(
        '{"id": "m",\n "scores": [{"id": "fit", "maximum": 5}],\n'
        ' "touchpoints": [{"id": "page_view"}],\n'
        ' "rules": [{"kind": "occurrence", "id": "r", "score": "fitt", "points": 1,\n'
        '            "on": {"type": "page_veiw"}}]}'
    )
    issues = lf.Model.load(path).check()
    errors = [i for i in issues if i.severity == "error"]
    assert {i.code for i in errors} >= {"unknown_key", "unknown_name"}
    misspelt = next(i for i in errors if i.pointer == "/rules/0/on/type")
    assert (misspelt.file, misspelt.line) == (str(path), 5)
    assert misspelt.hint == "did you mean 'page_view'?"
    with pytest.raises(lf.ModelError) as caught:
        lf.Model.load(path).plan
    assert caught.value.issues == issues
    assert pickle.loads(pickle.dumps(caught.value)).issues == issues


def test_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        lf.Model.load(tmp_path / "none.json")


def test_yaml_has_lines(tmp_path):
    text = (
        "id: m\nscores:\n  - id: fit\nattributes:\n  - id: since\n    type: timestamp\nrules:\n"
        "  - {kind: attribute, id: r, score: fit, points: 3,\n"
        '     when: {attribute: since, less: 2026-01-01T00:00:00Z}}\n'
    )
    model = lf.Model.from_yaml(text)
    assert not [i for i in model.check() if i.severity == "error"]
    path = tmp_path / "m.yaml"
    path.write_text(text.replace("score: fit", "score: fitt"))
    issue = next(i for i in lf.Model.load(path).check() if i.severity == "error")
    assert (issue.line, issue.file) == (8, str(path))
    with pytest.raises(lf.ModelError, match="twice"):
        lf.Model.from_yaml("id: m\nid: n\n")


def test_models_made_in_code_have_no_lines(tmp_path):
    said = {"id": "m", "scores": [{"id": "fit"}, {"id": "idle"}], "rules": [], "time_zone": "Nowhere"}
    (tmp_path / "m.json").write_text(json.dumps(said))
    from_file = lf.Model.load(tmp_path / "m.json")
    assert all(i.line for i in from_file.check())
    made = [
        lf.Model("m", scores=["fit", "idle"], rules=[], time_zone="Nowhere"),
        lf.Model.from_dict(said),
        pickle.loads(pickle.dumps(from_file)),
    ]
    for model in made:
        assert {i.pointer for i in model.check()} == {i.pointer for i in from_file.check()}
        assert {(i.line, i.column) for i in model.check()} == {(0, 0)}
        with pytest.raises(lf.ModelError) as caught:
            model.plan
        assert {i.line for i in caught.value.issues} == {0}
    quiet = lf.Model("m", scores=["fit"], rules=[])
    assert quiet.plan.warnings and {i.line for i in quiet.plan.warnings} == {0}


def test_names_stand_for_terms():
    terms = lf.WeightedSum(["fit", lf.WeightedTerm("engagement", weight=2)]).to_dict()["terms"]
    assert terms == [{"score": "fit"}, {"score": "engagement", "weight": 2}]
    assert lf.WeightedSum("fit").to_dict()["terms"] == [{"score": "fit"}]


def test_presets_have_diagrams():
    assert len(lf.presets()) >= 5
    for name in lf.presets():
        funnels = lf.preset(name).funnels
        assert funnels
        for f in funnels:
            mermaid = lf.diagram(lf.preset(name), f.id)
            assert str(mermaid).startswith("flowchart")
            assert "text/vnd.mermaid" in mermaid._repr_mimebundle_()
            assert str(lf.diagram(lf.preset(name), f.id, "dot")).startswith("digraph")
    with pytest.raises(KeyError, match="there are"):
        lf.preset("nothing")
    with pytest.raises(KeyError, match="no funnel"):
        lf.preset("demand_waterfall_2006").diagram("nothing")


def test_diagrams_escape(model):
    evil = '<script>alert("x")</script>'
    funnel = lf.Funnel(evil, stages=[lf.Stage(evil, entry=True)])
    made = lf.Model("m", scores=["s"], rules=[], funnels=funnel)
    assert "<script>" not in made.diagram()._repr_mimebundle_()["text/html"]


def test_plans_travel(model):
    plan = pickle.loads(pickle.dumps(model.plan))
    assert plan.scores == ["fit", "engagement", "total"]
    assert plan.model == model


def test_unknown_members_are_attribute_errors(model):
    with pytest.raises(AttributeError, match="ruels"):
        model.ruels
    with pytest.raises(TypeError):
        lf.Model("m", scores=[], ruels=[])
