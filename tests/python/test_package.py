# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The package as such: its version, its docs, its first use."""

import builtins
import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import leadfunnel as lf


def test_version_is_that_of_the_library(root):
    header = (root / "include/leadfunnel/core/version.hpp").read_text()
    assert lf.__version__ == re.search(r'VERSION_STRING "([\d.]+)"', header)[1]


def test_everything_named_is_there():
    for name in lf.__all__:
        if name in {"Transformer", "SignalKind"}:
            continue  # has tests of its own as it needs scikit-learn; a Literal has no docstring
        assert getattr(lf, name).__doc__, f"{name} has no docstring"


def test_star_import_shadows_no_builtin():
    assert not set(lf.__all__) & set(dir(builtins))
    names = {}
    exec("from leadfunnel import *", names)  # noqa: S102
    assert "score" in names and "property" not in names
    assert callable(lf.property)


def test_import_brings_no_other_package():
    code = (
        "import sys, leadfunnel\n"
        "heavy = {'numpy', 'pandas', 'polars', 'pyarrow', 'narwhals', 'sklearn', 'yaml', 'rich', 'tqdm'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_missing_compiled_part_says_what_to_install(tmp_path):
    package = tmp_path / "leadfunnel"
    package.mkdir()
    (package / "__init__.py").write_text(Path(lf.__file__).read_text())
    code = "import sys; sys.path.insert(0, sys.argv[1]); import leadfunnel"
    out = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert out.returncode != 0
    assert "pip install" in out.stderr


def test_notebooks_without_widgets_have_plain_bars(monkeypatch, capsys):
    from leadfunnel import _progress

    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    there = {"rich", "tqdm"}
    monkeypatch.setattr(_progress, "find_spec", lambda name: sys if name in there else None)
    monkeypatch.setattr(_progress, "_AFTER", 0.0)
    for found in ({"rich", "tqdm"}, {"rich"}, set()):
        there = found
        with _progress.watching(None, "reading") as bar:
            bar(1, 4)
            bar(4, 4)
        said = capsys.readouterr().err
        assert ("reading" in said) == ("tqdm" in found)


MODULES = [
    m.name
    for m in pkgutil.iter_modules(lf.__path__, "leadfunnel.")
    if m.name not in {"leadfunnel._core", "leadfunnel._sklearn", "leadfunnel.cli"}
]


@pytest.mark.parametrize("name", ["leadfunnel", *MODULES])
def test_examples_in_docstrings(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_classes_of_parts_are_those_of_the_language(root):
    script = root / "bindings/python/generate_parts.py"
    out = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True)
    if "not installed" in out.stderr:
        pytest.skip(out.stderr)
    assert out.returncode == 0, out.stderr
