# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Types: the stubs match the compiled module, and type checkers find no error."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import leadfunnel as lf

USE = """\
import leadfunnel as lf

model = lf.Model(
    "m",
    scores=["s"],
    rules=[
        lf.Occurrence(
            "r", score="s", on="view", points=1, limits=lf.per_week(1), decay=lf.HalfLife("30d")
        )
    ],
    exclusions=[lf.Exclusion("tiny", when=~lf.attribute("employees").at_least(3))],
    bandings=[lf.Banding("heat", score="s", bands=["cold", lf.Band("hot", enter=3)])],
)
leads = {"lead": ["a"]}
scores: lf.Scores = lf.score(model, leads, at="2026-04-01T00:00:00Z", mapping={"lead": "lead"})
for line in scores.explain("a", "s").lines:
    name: str = line.name
    print(name, line.cause.properties if line.cause else None)
for issue in scores.issues:
    print(issue.message, issue.pointer if isinstance(issue, lf.Issue) else issue.row)
for row in scores.top("s", 3):
    print(row["lead"])
features = lf.features(model, scores.histories, cutoffs=["2026-04-01T00:00:00Z"])
rows: int = len(features)
transformer: lf.Transformer = lf.Transformer(model, at="2026-04-01T00:00:00Z")
crm = lf.Engine(model, ranked=["s"])
applied: lf.Applied = crm.apply({"lead": "a", "at": "2026-04-01T00:00:00Z", "type": "view"})
points: float | None = crm.score("a", "s")
found: list[str] = crm.query(where=lf.attribute("employees").exists(), limit=3).leads
kinds: list[lf.SignalKind] = [signal.kind for signal in crm.signals()]
report: lf.BatchReport = crm.apply([{"lead": "a", "at": "2026-04-01T00:00:00Z", "type": "view"}])
loaded: lf.BatchReport = crm.apply(leads={"lead": ["b"]})
schema: str = lf.model_schema()
"""
# Errors that a checker must find: an unknown name, and values of the wrong type.
MISUSE = """\
import leadfunnel as lf

lf.scorr
lf.preset(3)
kind: int = lf.Engine(lf.preset("x")).apply([]).outcome
"""


def call(*arguments, cwd, env=None):
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=env)


def run(*arguments, cwd, env=None):
    out = call(*arguments, cwd=cwd, env=env)
    assert out.returncode == 0, out.stdout + out.stderr
    return out.stdout


def faults(out):
    """The lines of `misuse.py` with errors."""
    return sorted({int(n) for n in re.findall(r"misuse\.py:(\d+).*error", out.stdout)})


# What pybind11 adds to every class: its metaclass, and a constructor that raises if none is bound.
ALLOWED = r"""
leadfunnel\._core\.\w+
leadfunnel\._core\.\w+\.__init__
"""


def test_stubs_are_those_of_the_module(tmp_path):
    (tmp_path / "allowed").write_text(ALLOWED)
    run("mypy.stubtest", "leadfunnel._core", "--allowlist", "allowed", cwd=tmp_path)


def test_mypy_finds_nothing(root, tmp_path):
    (tmp_path / "use.py").write_text(USE)
    (tmp_path / "misuse.py").write_text(MISUSE)
    config = str(root / "pyproject.toml")
    cache = f"--cache-dir={tmp_path / 'cache'}"
    run("mypy", "--config-file", config, cache, cwd=tmp_path)
    run("mypy", "--strict", cache, "use.py", cwd=tmp_path)
    assert faults(call("mypy", "--strict", cache, "misuse.py", cwd=tmp_path)) == [3, 4, 5]


def pyright(*arguments):
    """The arguments to run basedpyright, which is pyright with all that it needs."""
    pytest.importorskip("basedpyright", reason="basedpyright is not installed")
    return "basedpyright", "--pythonpath", sys.executable, *arguments


def test_pyright_finds_nothing_in_the_package(tmp_path):
    # A copy, as pyright ignores site-packages.
    shutil.copytree(Path(lf.__file__).parent, tmp_path / "leadfunnel")
    config = {"include": ["leadfunnel"], "typeCheckingMode": "standard"}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    run(*pyright("--level", "error"), cwd=tmp_path)


def test_pyright_finds_nothing_in_strict_use(tmp_path):
    (tmp_path / "use.py").write_text(USE)
    (tmp_path / "misuse.py").write_text(MISUSE)
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict"}))
    run(*pyright("use.py"), cwd=tmp_path)
    assert faults(call(*pyright("misuse.py"), cwd=tmp_path)) == [3, 4, 5]


def test_all_public_types_are_known(tmp_path):
    arguments = pyright("--verifytypes", "leadfunnel", "--ignoreexternal", "--outputjson")
    # It finds the package by the first `python` on the path.
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    found = json.loads(call(*arguments, cwd=tmp_path, env=env).stdout)["typeCompleteness"]
    assert found["moduleName"] == "leadfunnel" and len(found["symbols"]) > 1000
    # scikit-learn, whose classes are its bases, has no types.
    is_known = {s["name"]: s["isTypeKnown"] for s in found["symbols"]}
    unknown = {name for name, known in is_known.items() if not known}
    assert unknown <= {"leadfunnel.Transformer", "leadfunnel._sklearn.Transformer"}
