# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Runs the first example of each README."""

import re

import pytest


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_first_use(name, first_use, own_files, monkeypatch, capsys):
    code = first_use(name)
    assert len(code.strip().splitlines()) == 5
    monkeypatch.chdir(own_files)
    scope = {}
    exec(code, scope)
    out = capsys.readouterr().out
    assert scope["scores"].issues == []
    assert out.index("L-17") < out.index("L-18")
    assert re.search(r"L-17: total = \d+", out) and "inquiry" in out
