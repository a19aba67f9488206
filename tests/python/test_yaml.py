# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Models in YAML: the meaning of scalars, refusals, and places in the text."""

import json

import pytest

import leadfunnel as lf
from leadfunnel import _yaml

pytest.importorskip("yaml")


def said(text):
    out, _ = _yaml.read(text, "m.yaml")
    return json.loads(out)


def refused(text):
    with pytest.raises(lf.ModelError) as caught:
        _yaml.read(text, "m.yaml")
    [issue] = caught.value.issues
    assert issue.file == "m.yaml"
    assert issue.severity == "error"
    return f"{issue.line}:{issue.column}: {issue.message}"


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        # texts
        ("on", "on"), ("no", "no"), ("NO", "NO"), ("yes", "yes"), ("y", "y"), ("off", "off"),
        ("17:30", "17:30"), ("09:00", "09:00"), ("2026-01-01", "2026-01-01"), ("1_000", "1_000"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"), ("1e", "1e"), ("0b1", "0b1"), (".", "."),
        ("+", "+"), ("-.", "-."), ("0o8", "0o8"), ("nULL", "nULL"), ("tRUE", "tRUE"), ("1.2.3", "1.2.3"),
        ("'1'", "1"), ('"null"', "null"), ("!!str 1", "1"), ("! 1", "1"), ('""', ""), ('"\\0"', "\0"),
        ("|\n  a\n  b\n", "a\nb\n"), ("日本", "日本"), ("=", "="),
        # null
        ("~", None), ("null", None), ("Null", None), ("NULL", None), ("", None), ("!!null ''", None),
        # truth
        ("true", True), ("True", True), ("TRUE", True), ("false", False), ("!!bool 'true'", True),
        # numbers
        ("012", 12), ("0o14", 12), ("0xC", 12), ("+12", 12), ("-12", -12), ("0", 0), ("00", 0),
        ("12.50", 12.5), (".5", 0.5), ("-.5", -0.5), ("5.", 5), ("1e3", 1000.0), ("1.5E-1", 0.15),
        ("5.e1", 50.0), ("007.5", 7.5), ("!!float 3", 3), ("!!int '3'", 3),
    ],
)  # fmt: skip
def test_scalars_are_those_of_the_core_schema(scalar, value):
    got = said(f"a: {scalar}")["a"]
    assert got == value
    assert type(got) is type(value) or isinstance(got, int | float)


def test_numbers_keep_their_digits():
    assert _yaml.read("a: 00123456789012345678901234567890.10", "")[0] == (
        '{"a":123456789012345678901234567890.10}'
    )


def test_keys_are_texts_as_they_are_written():
    assert said("{on: 1, true: 2, 12: 3, ~: 4, '': 5, 0x1: 6}") == {
        "on": 1, "true": 2, "12": 3, "~": 4, "": 5, "0x1": 6,
    }  # fmt: skip


def test_anchors_and_merges():
    assert said("a: &a [1, {b: &b x}]\nc: *a\nd: *b") == {
        "a": [1, {"b": "x"}], "c": [1, {"b": "x"}], "d": "x",
    }  # fmt: skip
    text = "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\n"
    assert said(text + "c: {<<: *a, x: 5}")["c"] == {"x": 5, "y": 2}
    assert said(text + "c: {x: 5, <<: *a}")["c"] == {"x": 5, "y": 2}
    assert said(text + "c: {<<: [*a, *b]}")["c"] == {"x": 1, "y": 2, "z": 4}
    assert said(text + "c: {<<: [{x: 0}, *a]}")["c"] == {"x": 0, "y": 2}
    assert said(text + "c: {<<: []}")["c"] == {}
    assert said(text + "c: {'<<': 1}")["c"] == {"<<": 1}
    # An anchor may be defined again.
    assert said("[&a 1, *a, &a 2, *a]") == [1, 1, 2, 2]


def test_what_is_no_model_is_refused_where_it_stands():
    assert refused("a: 1\nb: .inf") == "2:4: '.inf' is no number that a model can have"
    assert refused("a: [-.Inf]") == "1:5: '-.Inf' is no number that a model can have"
    assert refused("a: .NaN") == "1:4: '.NaN' is no number that a model can have"
    assert refused("a: 1e1234567") == "1:4: '1e1234567' is too large"
    assert refused("a: 0x" + "f" * 17) == "1:4: '0x" + "f" * 17 + "' is too large"
    assert refused("a: !!python/object/apply:os.system [x]") == (
        "1:4: the tag '!!python/object/apply:os.system' is not for models"
    )
    assert refused("a: !x 1") == "1:4: the tag '!x' is not for models"
    assert refused("a: !!set {x}") == "1:4: the tag '!!set' is not for models"
    assert refused("!x a: 1") == "1:1: the tag '!x' is not for models"
    assert refused("%TAG ! x\n---\na: 1") == "1:1: the directive '%TAG' is not for models"
    assert refused("a: !!int x") == "1:4: 'x' is no int"
    assert refused("a: 1\nb: 2\na: 3") == "3:1: 'a' is given twice; the first is at line 1"
    assert refused("{<<: {}, <<: {}}") == "1:10: '<<' is given twice"
    assert refused("<<: [1]") == "1:5: '<<' merges mappings only"
    assert refused("? [a]\n: 1") == "1:3: a key is a list"
    assert refused("? {a: 1}\n: 1") == "1:3: a key is a mapping"
    assert refused("a: &a x\n*a : 1") == "2:1: a key is an alias"
    assert refused("a: *b") == "1:4: there is no anchor '&b' before this alias"
    assert refused("a: &a [*a]") == "1:8: the alias '*a' stands within what it stands for"
    assert refused("a: 1\n---\nb: 1") == (
        "2:1: text after the end of the model: a second document"
    )
    assert refused("a: [").endswith(": did not find expected node content")
    assert refused("a:\n  - x\n\x01") == "3:1: a control character"


def test_texts_that_are_not_utf8(tmp_path):
    assert refused(b"a: 1\nb: \xe9") == "2:4: text that is not UTF-8"
    assert refused("a: 1".encode("utf-16")) == "1:1: text that is not UTF-8"
    assert refused("a: '\ud800'") == "1:5: text that is not UTF-8"
    path = tmp_path / "m.yaml"
    path.write_bytes(b"id: m\nversion: \xff")
    with pytest.raises(lf.ModelError, match=r"m\.yaml:2:10: error: text that is not UTF-8"):
        lf.Model.load(path)
    assert said(b"\xef\xbb\xbfa: 1") == {"a": 1}


def test_limits():
    most = _yaml.MOST_LEVELS
    assert said("[" * most + "]" * most)
    assert refused("[" * (most + 1)).startswith("1:65: lists and mappings are nested too deep")
    # Levels within aliases count, too.
    half = "[" * 40 + "]" * 40
    assert refused(f"- &a {half}\n- " + "[" * 30 + "*a" + "]" * 30).startswith(
        "2:33: lists and mappings are nested too deep"
    )
    assert refused("[" + "0," * (_yaml.MOST_ELEMENTS + 1) + "]").endswith("has too many elements")
    many = "[" + "0," * 99_000 + "]"
    assert len(said(f"[{many}, {many}]")) == 2
    assert "too many values" in refused(f"- &a {many}\n- *a\n- *a")
    text = "x" * 1_000_000
    assert "too large" in refused(f"- &a {text}\n" + "- *a\n" * 20)
    assert "the file has" in refused("#" * (_yaml.MOST_BYTES + 1))


def test_issues_are_where_they_stand():
    text = (
        "id: m\n"
        "scores: [{id: s}]\n"
        "touchpoints: [{id: t}]\n"
        "rules:\n"
        "  - &r {kind: occurrence, id: a, score: s,\n"
        "      on: t, points: one}\n"
        "  - <<: *r\n"
        "    id: b\n"
        "    points: 2\n"
        "    scoer: s\n"
        "  - {kind: occurrence, id: c, score: x, on: [t, u/v], points: 1}\n"
    )
    errors = {
        i.pointer: (i.line, i.column)
        for i in lf.Model.from_yaml(text).check()
        if i.severity == "error"
    }
    assert errors == {
        "/rules/0/points": (6, 22),
        "/rules/1/scoer": (10, 12),
        "/rules/2/score": (11, 38),
        "/rules/2/on/1": (11, 49),
    }


def test_the_suffix_of_yaml_may_have_any_case(tmp_path):
    path = tmp_path / "model.YAML"
    path.write_text("id: m\nscores: [{id: s}]\nrules: []\n")
    assert lf.Model.load(path).id == "m"


def test_a_text_of_nothing():
    for text in ("", "# nothing\n", "\n"):
        model = lf.Model._from_yaml(text, "m.yaml")
        assert [i.message for i in model.check()] == ["the file is empty"]
        assert [(i.line, i.column) for i in model.check()] == [(1, 1)]
