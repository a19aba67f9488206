# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The first use that the READMEs show, run as it stands."""

import re

import pytest

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


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_first_use(name, root, tmp_path, monkeypatch, capsys):
    block = re.search(r"```python\n(import leadfunnel.*?)```", (root / name).read_text(encoding="utf-8"), re.S)
    assert len(block[1].strip().splitlines()) == 5
    (tmp_path / "leads.csv").write_text(LEADS)
    (tmp_path / "touchpoints.csv").write_text(TOUCHPOINTS)
    monkeypatch.chdir(tmp_path)
    scope = {}
    exec(block[1], scope)
    out = capsys.readouterr().out
    assert scope["scores"].issues == []
    assert out.index("L-17") < out.index("L-18")
    assert re.search(r"L-17: total = \d+", out) and "inquiry" in out
