# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Types: the stubs are those of the compiled module, and checkers find nothing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import leadfunnel as lf

USE = """\
import leadfunnel as lf

model = lf.Model("m", scores=["s"], rules=[lf.Occurrence("r", score="s", on="view", points=1)])
scores: lf.Scores = lf.score(model, {"lead": ["a"]}, at="2026-04-01T00:00:00Z")
text: str = scores.explain("a", "s").lines[0].name
points: float | None = lf.Engine(model, ranked=["s"]).score("a", "s")
"""


def run(*arguments, cwd):
    out = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, cwd=cwd)
    assert out.returncode == 0, out.stdout + out.stderr


# What pybind11 gives every class: its metaclass, and a constructor that refuses where there is none.
ALLOWED = r"""
leadfunnel\._core\.\w+
leadfunnel\._core\.\w+\.__init__
"""


def test_stubs_are_those_of_the_module(tmp_path):
    (tmp_path / "allowed").write_text(ALLOWED)
    run("mypy.stubtest", "leadfunnel._core", "--allowlist", "allowed", cwd=tmp_path)


def test_mypy_finds_nothing(root, tmp_path):
    (tmp_path / "use.py").write_text(USE)
    config = str(root / "pyproject.toml")
    cache = f"--cache-dir={tmp_path / 'cache'}"
    run("mypy", "--config-file", config, cache, cwd=tmp_path)
    run("mypy", "--strict", cache, "use.py", cwd=tmp_path)


def test_pyright_finds_nothing(tmp_path):
    (tmp_path / "use.py").write_text(USE)
    # A copy: pyright leaves what is in site-packages alone.
    shutil.copytree(Path(lf.__file__).parent, tmp_path / "leadfunnel")
    config = {"include": ["leadfunnel", "use.py"], "typeCheckingMode": "basic"}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    run("basedpyright", "--level", "error", "--pythonpath", sys.executable, cwd=tmp_path)
