# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Engines forget old conditions of queries, and at an erasure all of them."""

import pytest

import leadfunnel as lf


@pytest.fixture
def crm():
    out = lf.Engine(lf.example_model("b2b_starter"))
    out.apply({"lead": "L-1", "email": "erased.person@example.com"})
    return out


def ask(engine, email):
    return engine.query(lf.attribute("email").equals(email)).leads


def kept(engine):
    """The texts of the conditions that an engine keeps."""
    return [*engine._queries._compiled]


def test_many_queries_take_no_more_memory(limited):
    code = """
crm = lf.Engine(lf.example_model("b2b_starter"))
crm.apply({"lead": "L-1", "email": "7@example.com"})
result = sum(len(crm.query(lf.attribute("email").equals(f"{i}@example.com")).leads) for i in range(800))
"""
    out = limited(code, cpu=60)
    assert out.result == 1
    assert out.memory < 30 << 20


def test_the_latest_queries_are_kept_and_right(crm):
    for n in range(50):
        assert ask(crm, f"{n % 20}@example.com") == []
    assert sum("@example.com" in t for t in kept(crm)) == 16
    assert ask(crm, "erased.person@example.com") == ["L-1"]


def test_an_erased_persons_email_does_not_stay(crm):
    assert ask(crm, "erased.person@example.com") == ["L-1"]
    assert any("erased.person" in t for t in kept(crm))
    crm.erase("L-1")
    assert not any("erased.person" in t for t in kept(crm))
    assert ask(crm, "erased.person@example.com") == []


def test_queries_follow_the_model():
    crm = lf.Engine(lf.Model("m", attributes=["email"], scores=["s"], rules=[]))
    crm.apply({"lead": "L-1", "email": "a@example.com"})
    assert ask(crm, "a@example.com") == ["L-1"]
    with pytest.raises(lf.ModelError, match="region"):
        crm.query(lf.attribute("region").equals("x"))
    crm.replace(lf.Model("m", attributes=["email", "region"], scores=["s"], rules=[]))
    crm.apply({"lead": "L-1", "region": "x"})
    assert crm.query(lf.attribute("region").equals("x")).leads == ["L-1"]
    assert ask(crm, "a@example.com") == ["L-1"]
