# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Fixtures of the tests of the package."""

import os
import re
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings

import leadfunnel as lf

sys.path.append(str(Path(__file__).parent))
from event_model import DECLARATIONS  # noqa: E402

settings.register_profile("leadfunnel", deadline=None, derandomize=True, database=None)
settings.load_profile("leadfunnel")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session", autouse=True)
def ctrl_c():
    """Restores the handling of Ctrl-C, which a shell disables for background jobs."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def root():
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def data():
    """A folder of public data that is not part of the repository."""
    folder = os.environ.get("LEADFUNNEL_DATA")
    if not folder:
        pytest.skip("LEADFUNNEL_DATA names no folder of public data")
    return Path(folder)


@pytest.fixture
def model():
    """A small model that uses every type."""
    return lf.Model(
        "small",
        **DECLARATIONS,
        touchpoints=["page_view", "seminar"],
        scores=[lf.Score("fit"), lf.Score("engagement", max=100)],
        rules=[
            lf.AttributeRule(
                "big", score="fit", when=lf.attribute("employees").at_least(300), points=30
            ),
            lf.AttributeRule(
                "machines", score="fit", when=lf.attribute("industry").equals("Machinery"), points=20
            ),
            lf.AttributeRule(
                "sensors", score="fit", when=lf.attribute("interests").contains("sensors"), points=5
            ),
            lf.AttributeRule(
                "old_customer",
                score="fit",
                when=lf.attribute("customer_since").age().at_least("365d"),
                points=7,
            ),
            lf.Occurrence(
                "pricing",
                score="engagement",
                on=lf.Pattern("page_view", where=lf.property("url").glob("/pricing/*")),
                points=25,
                limits=lf.per_week(1),
                decay=lf.HalfLife("30d"),
            ),
            lf.Occurrence("seminar", score="engagement", on="seminar", points=10),
            lf.Occurrence(
                "long_read",
                score="engagement",
                on=lf.Pattern("page_view", where=lf.property("pages").at_least(10)),
                points=3,
            ),
        ],
        derived=[
            lf.DerivedScore(
                "total", from_=lf.WeightedSum([lf.WeightedTerm("fit"), lf.WeightedTerm("engagement")])
            )
        ],
        exclusions=[
            lf.Exclusion("opted_out", when=lf.attribute("opted_out").equals(True)),
        ],
        bandings=[
            lf.Banding(
                "temperature", score="total", bands=["cold", lf.Band("warm", enter=20), lf.Band("hot", enter=50)]
            )
        ],
    )


@pytest.fixture
def leads():
    """Leads as a dict of lists."""
    return {
        "lead": ["L-1", "L-2", "L-3"],
        "industry": ["Machinery", None, "Food"],
        "employees": [900.0, 20.0, None],
        "opted_out": [False, None, True],
    }


@pytest.fixture
def touchpoints():
    """Touchpoints of the leads, as a dict of lists."""
    return {
        "lead": ["L-1", "L-2", "L-1", "L-3"],
        "at": [
            "2026-03-30T10:00:00+09:00",
            "2026-04-01T10:00:00+09:00",
            "2026-04-01T10:00:00+09:00",
            "2026-04-02T00:00:00Z",
        ],
        "type": ["page_view", "seminar", "page_view", "seminar"],
        "url": ["/pricing/ja", None, "/pricing/en", None],
        "pages": [12, None, 3, None],
        "value": [30.5, None, 10.0, None],
    }


# Files of a first-time user.
LEADS = """\
lead,company,email,industry,position,employees
L-17,Hayabusa Seiki,tanaka@hayabusa.example,Machinery,Engineering Director,850
L-18,Corner Shop,info@corner.example,Retail,Owner,3
"""
TOUCHPOINTS = """\
lead,at,type,url,document,value
L-17,2026-04-28T10:00:00+09:00,page_view,/pricing/ja,,90
L-17,2026-04-29T10:00:00+09:00,inquiry,,,
L-18,2026-01-10T10:00:00+09:00,page_view,/about,,5
"""


@pytest.fixture
def own_files(tmp_path):
    """A folder with a user's own leads.csv and touchpoints.csv."""
    (tmp_path / "leads.csv").write_text(LEADS)
    (tmp_path / "touchpoints.csv").write_text(TOUCHPOINTS)
    return tmp_path


@pytest.fixture
def first_use(root):
    """The first Python code of a README."""

    def code(name):
        text = (root / name).read_text(encoding="utf-8")
        return re.search(r"```python\n(import leadfunnel.*?)```", text, re.S)[1]

    return code
