# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Texts of strangers in messages, tables, stories and diagrams: shown, and never obeyed."""

import pickle
import re
import unicodedata
from datetime import UTC, datetime

import leadfunnel as lf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadfunnel import _core

EVIL = "L\x1b[31m\x1b]0;x\x07\n\r\x9b\x85\u202e\u2066\u2028\ufeff\u200b\U000e0041<b>'"
RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
NOW = datetime(2026, 4, 1, tzinfo=UTC)


def harmless(text, lines=0):
    """Whether a text has no control character, and so many ends of lines at most."""
    assert not RAW.search(text), ascii(text)
    assert text.count("\n") <= lines, ascii(text)
    return True


@given(st.text(st.characters()))
def test_whatever_the_text(text):
    said = _core.printable(text)
    harmless(said)
    said.encode()
    assert all(unicodedata.category(c) not in {"Cc", "Cs", "Zl", "Zp"} for c in said)
    assert _core.printable(text, lines=True).replace("\n", "\\x0a") == said
    if text.isprintable():
        assert said == text


@pytest.fixture(scope="module")
def engine():
    model = lf.example_model("b2b_starter")
    engine = lf.Engine(model.plan)
    engine.apply({"lead": EVIL, "at": NOW, "type": "inquiry", "properties": {"url": EVIL}, "campaign": EVIL})
    return engine


def test_the_story_of_a_lead(engine):
    story = engine.timeline(EVIL)
    harmless(repr(story), 3)
    harmless(str(story), 3)
    harmless(story._repr_html_(), 3)
    assert "<b>" not in story._repr_html_()
    why = engine.explain(EVIL)
    harmless(repr(why), 1)
    harmless(why._repr_html_())
    assert str(why).count("\n") == len(str(why).splitlines())
    assert not RAW.search(str(why))


def test_tables_of_leads(engine):
    table = lf.Table({EVIL: [EVIL, None]})
    harmless(repr(table), 3)
    harmless(table._repr_html_())
    scores = lf.score(lf.example_model("b2b_starter"), {"lead": [EVIL]}, at=NOW)
    harmless(repr(scores), 2)
    assert scores.to_dicts()[0]["lead"] == EVIL  # data is as it was


ERRORS = {
    "an unknown lead of an engine": lambda e: e.timeline(EVIL + "?"),
    "an unknown lead's score": lambda e: e.score(EVIL + "?", "total"),
    "an unknown lead's explanation": lambda e: e.explain(EVIL + "?"),
    "an unknown score": lambda e: e.score(EVIL, EVIL),
    "an unknown funnel": lambda e: e.stages(EVIL),
    "an unknown stage": lambda e: e.query(funnel="sales", stages=EVIL),
    "an unknown band": lambda e: e.query(banding="temperature", bands=EVIL),
    "leads that are not merged": lambda e: e.unmerge(EVIL),
    "an unknown property": lambda e: e.apply({"lead": "L", "at": NOW, "type": "inquiry", EVIL: 1}),
    "an instant": lambda e: e.apply({"lead": "L", "at": EVIL, "type": "inquiry"}),
    "a lead of no type": lambda e: e.apply({"lead": [EVIL], "at": NOW, "type": "inquiry"}),
    "a column": lambda e: lf.score(e.plan, {EVIL: ["L"]}, at=NOW),
    "two columns": lambda e: lf.Table({"a": [1], EVIL: [1, 2]}),
    "a zone": lambda e: lf.read(e.plan, {"lead": ["L"]}, timezone=EVIL),
    "a model": lambda e: lf.Model.from_dict({"id": "m", "scores": [{"id": EVIL}], EVIL: 1}).plan,
    "a mapping": lambda e: lf.read(e.plan, {"lead": ["L"]}, mapping={EVIL: "x"}),
    "an unknown lead of histories": lambda e: lf.read(e.plan, {"lead": ["L"]}).events(EVIL),
    "an unknown example": lambda e: lf.example_model(EVIL),
}


@pytest.mark.parametrize("what", ERRORS)
def test_messages(engine, what):
    with pytest.raises(lf.Error) as e:
        ERRORS[what](engine)
    said = str(e.value)
    assert not RAW.search(said), ascii(said)
    assert len(said) < 5000
    again = pickle.loads(pickle.dumps(e.value))
    assert (type(again), str(again)) == (type(e.value), said)
    for issue in getattr(e.value, "issues", ()):
        harmless(str(issue))
    for row in getattr(e.value, "rows", ()):
        harmless(str(row))


def test_half_characters():
    engine = lf.Engine(lf.example_model("b2b_starter").plan)
    for event in (
        {"lead": "\ud800", "at": NOW, "type": "inquiry"},
        {"lead": "L", "at": NOW, "type": "inquiry", "url": "\udc80"},
        {"lead": "L", "at": "\ud800", "type": "inquiry"},
    ):
        with pytest.raises(lf.InputError, match="half a character|no instant"):
            engine.apply(event)


def test_diagrams():
    model = lf.Model.from_dict(
        {
            "id": "m",
            "funnels": [
                {
                    "id": "f",
                    "stages": ["a\u202eb", "c"],
                    "transitions": [{"id": "t\u2066x", "from": "a\u202eb", "to": "c"}],
                }
            ],
        }
    )
    for format in ("mermaid", "dot"):
        assert not RAW.search(str(model.diagram("f", format)))
