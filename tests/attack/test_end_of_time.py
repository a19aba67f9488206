# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Instants and durations at the ends of time: what is saved is taken, what is outside is refused."""

from datetime import UTC, datetime, timedelta

import pytest

import leadfunnel as lf

FIRST = datetime(1900, 1, 1, tzinfo=UTC)
LAST = datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
OUTSIDE = [
    FIRST - timedelta(microseconds=1),
    LAST + timedelta(microseconds=1),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, tzinfo=UTC),
    "2200-01-01T00:00:00Z",
    "1899-12-31T23:59:59Z",
]


def inquiry(at, lead="L-1"):
    return {"lead": lead, "at": at, "type": "inquiry"}


@pytest.mark.parametrize("at", [FIRST, datetime(2026, 4, 1, tzinfo=UTC), LAST])
def test_what_is_saved_is_taken_at_every_instant(tmp_path, at):
    model = lf.example_model("b2b_starter")
    crm = lf.Engine(model, ranked=["total"])
    for step in range(4):
        if step == 0:
            crm.apply(inquiry(at))
        elif step == 1:
            crm.advance_to(min(at + timedelta(days=40), LAST))
        elif step == 2:
            crm.apply(inquiry(crm.now, "L-2"))
        else:
            crm.advance_to(LAST if at > FIRST else crm.now)
        crm.save(tmp_path / "crm.lf")
        again = lf.Engine.from_file(model, tmp_path / "crm.lf", ranked=["total"])
        assert again.snapshot() == crm.snapshot()
        crm = again
    assert crm.now <= LAST


@pytest.mark.parametrize("at", OUTSIDE)
def test_instants_outside_are_refused_and_change_nothing(at):
    crm = lf.Engine(lf.example_model("b2b_starter"))
    for _ in range(2):
        before = crm.snapshot()
        with pytest.raises(lf.InputError, match="1900"):
            crm.advance_to(at)
        with pytest.raises(lf.InputError, match="1900"):
            crm.apply(inquiry(at))
        assert crm.snapshot() == before
        crm.apply(inquiry(datetime(2026, 4, 1, tzinfo=UTC)))
