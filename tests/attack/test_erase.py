# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Erase, and grep: nothing that an engine gives away afterwards has a text of the person's."""

import datetime as dt

import pytest

import leadfunnel as lf

NOW = dt.datetime(2026, 4, 1, tzinfo=dt.timezone.utc)
SECRET = "qxzvsecret"
PERSON = f"{SECRET}-id"
ALIAS = f"{SECRET}-alias"


def tell_of(crm, lead, hour):
    at = NOW + dt.timedelta(hours=hour)
    crm.apply(lf.Attributes(lead=lead, at=at, values={
        "email": f"{SECRET}@example.com",
        "company": f"{SECRET} Inc.",
        "nobody_declared": f"{SECRET} text",
    }, source=f"{SECRET}-crm", id=f"{SECRET}-{hour}"))
    crm.apply(lf.Touchpoint(lead=lead, at=at, type="inquiry", properties={"note": f"{SECRET} note"},
                            campaign=f"{SECRET}-campaign", channel=f"{SECRET}-channel",
                            source="web", id=f"{SECRET}-{hour}"))
    crm.move(lead, "sales", f"{SECRET}-stage", reason=f"{SECRET} reason", who=f"{SECRET}-mover")


def everything(crm, folder):
    """All that an engine says, as text."""
    file = folder / "crm.lf"
    crm.save(file)
    said = [file.read_bytes(), crm.snapshot(), repr(crm).encode(), repr(vars(crm)).encode()]
    said.append(repr(crm.signals(most=10_000)).encode())
    for lead in crm.query(limit=1_000):
        said.append(repr((lead, crm.ids(lead), crm.history(lead), crm.timeline(lead))).encode())
    return b"\n".join(said)


@pytest.mark.parametrize("merged", [False, True])
def test_nothing_of_an_erased_person_is_given_away(tmp_path, merged):
    crm = lf.Engine(lf.example_model("b2b_starter"), ranked=["total"])
    tell_of(crm, PERSON, 1)
    tell_of(crm, ALIAS, 2)
    crm.apply({"lead": "other", "at": NOW + dt.timedelta(hours=3), "type": "inquiry"})
    crm.merge("other", ALIAS)
    crm.unmerge(ALIAS)
    crm.merge(PERSON, ALIAS)
    if not merged:
        crm.unmerge(ALIAS)
    crm.query(lf.attribute("email").contains(SECRET))
    assert SECRET.encode() in everything(crm, tmp_path)
    crm.erase(ALIAS)
    if not merged:
        crm.erase(PERSON)
    said = everything(crm, tmp_path)
    assert SECRET.encode() not in said and SECRET.casefold().encode() not in said
    assert len(crm) == 1 and crm.query().leads == ["other"]
    again = lf.Engine.from_file(lf.example_model("b2b_starter"), tmp_path / "crm.lf")
    assert again.signals() == crm.signals()
    crm.apply({"lead": PERSON, "at": NOW + dt.timedelta(hours=9), "type": "inquiry"})
    assert len([e for e in crm.history(PERSON) if isinstance(e, lf.Touchpoint)]) == 1


def test_signals_of_an_erased_person_keep_what_is_of_nobody():
    crm = lf.Engine(lf.example_model("b2b_starter"))
    tell_of(crm, PERSON, 1)
    before = crm.signals()
    crm.erase(PERSON)
    after = crm.signals()
    assert [(s.sequence, s.at, s.kind) for s in after[:-1]] == [
        (s.sequence, s.at, s.kind) for s in before
    ]
    assert after[-1].kind == "erased"
    assert {s.lead for s in after} == {""} and SECRET not in repr(after)
    moved = [(a.from_, a.to) for a, b in zip(after, before, strict=False) if b.kind == "stage_changed"]
    assert moved and moved == [(s.from_, s.to) for s in before if s.kind == "stage_changed"]
