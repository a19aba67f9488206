# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The package as it is published: an sdist, a wheel made of it, and a clean environment that has
nothing but the wheel. Nothing is downloaded."""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

import leadfunnel as lf

LOCAL = """\
import leadfunnel as lf
rule = lf.Occurrence("r", score="s", on="inquiry", points=1)
model = lf.Model("utc", touchpoints=["inquiry"], scores=["s"], rules=[rule])
table = {"lead": ["a"], "at": ["2026-07-01T09:00:00"], "type": ["inquiry"]}
print(lf.read(model, touchpoints=table, timezone="America/New_York").events("a")[0].at.isoformat())
"""


# A model and a mapping file name time zones, too.
OTHER_ZONES = [
    'lf.Model("m", time_zone="Asia/Tokyo", scores=["s"], rules=[]).plan',
    'lf.read(lf.example_model("b2b_starter"), {"lead": ["a"]}, mapping={"time": {"format": "local", '
    '"zone": "Asia/Tokyo"}, "mappings": [{"to": "attributes", "lead": "lead"}]})',
]


def run(*command, **how):
    out = subprocess.run([str(c) for c in command], capture_output=True, text=True, **how)
    assert out.returncode == 0, out.stdout[-4000:] + out.stderr[-4000:]
    return out.stdout


@pytest.fixture(scope="module")
def sdist(root, tmp_path_factory):
    pytest.importorskip("scikit_build_core", reason="scikit-build-core, which builds, is not installed")
    folder = tmp_path_factory.mktemp("sdist")
    code = "import sys; from scikit_build_core.build import build_sdist; build_sdist(sys.argv[1])"
    run(sys.executable, "-c", code, folder, cwd=root)
    (file,) = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def wheel(sdist, tmp_path_factory):
    pytest.importorskip("pybind11", reason="pybind11, which builds, is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist) as packed:
        packed.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    (source,) = folder.iterdir()
    env = dict(os.environ)
    if shutil.which("ccache"):  # the folder differs in each run
        env |= {"CMAKE_CXX_COMPILER_LAUNCHER": "ccache", "CCACHE_BASEDIR": str(source),
                "CCACHE_NOHASHDIR": "true"}
    run(sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index",
        "--disable-pip-version-check", "--wheel-dir", folder / "out", source, env=env)
    (file,) = (folder / "out").iterdir()
    return file


@pytest.fixture(scope="module")
def clean(wheel, tmp_path_factory):
    """An environment with only the wheel, and no compiler on its path."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    # The pip of this environment installs into the new one.
    run(sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--no-index",
        "--no-deps", "--disable-pip-version-check", wheel)
    return folder / "bin" / "python", {"PATH": str(folder / "bin"), "LANG": "C.UTF-8"}


def test_sdist_has_what_a_build_needs(sdist):
    with tarfile.open(sdist) as packed:
        names = {n.partition("/")[2] for n in packed.getnames()}
        size = sum(m.size for m in packed.getmembers())
    assert sdist.name == f"leadfunnel-{lf.__version__}.tar.gz"
    assert {"LICENSE", "README.md", "pyproject.toml", "CMakeLists.txt",
            "bindings/python/leadfunnel/py.typed", "include/leadfunnel/leadfunnel.hpp"} <= names
    assert not {n.split("/")[0] for n in names} & {".git", ".github", "build"}
    assert size < 20_000_000


def test_wheel_has_the_package_alone(wheel):
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        (info,) = (n for n in names if n.endswith(".dist-info/METADATA"))
        metadata = packed.read(info).decode()
    assert {n.split("/")[0] for n in names} == {"leadfunnel", info.split("/")[0]}
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    assert {f"leadfunnel/_core{suffix}", "leadfunnel/_core.pyi", "leadfunnel/py.typed",
            "leadfunnel/models/b2b_starter.json", "leadfunnel/mappings/segment.json"} <= names
    assert f"Version: {lf.__version__}\n" in metadata
    needed = [line for line in metadata.splitlines() if line.startswith("Requires-Dist")]
    assert all("extra ==" in line for line in needed)


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_first_use_in_a_clean_environment(name, clean, first_use, own_files):
    python, env = clean
    out = run(python, "-W", "error", "-c", first_use(name), cwd=own_files, env=env)
    assert out.index("L-17") < out.index("L-18")
    assert str(python.parent.parent) in run(
        python, "-c", "import leadfunnel; print(leadfunnel.__file__)", cwd=own_files, env=env
    )


def test_what_is_not_there_is_named(clean):
    python, env = clean
    for code, missing in [
        ("import leadfunnel as lf; lf.Table({'a': [1]}).to_polars()", "pip install polars"),
        ("import leadfunnel as lf; lf.Model.from_yaml('id: m\\n')", "pip install pyyaml"),
        ("import leadfunnel as lf; lf.Transformer", "pip install scikit-learn"),
        ("import leadfunnel.cli; leadfunnel.cli.main()", "pip install 'leadfunnel[cli]'"),
    ]:
        out = subprocess.run([python, "-c", code], capture_output=True, text=True, env=env)
        assert out.returncode != 0 and missing in out.stderr


def test_zones_where_the_system_has_none(clean, tmp_path):
    python, env = clean
    hide = [shutil.which("unshare"), "-rm", "/bin/sh", "-c"]
    where = Path("/usr/share/zoneinfo")
    hidden = f"{shutil.which('mount')} -t tmpfs none {where} && exec \"$@\""
    if not where.is_dir() or hide[0] is None:
        pytest.skip("no zones that could be hidden, or no unshare")
    if subprocess.run([*hide, hidden, "sh", sys.executable, "-c", ""], capture_output=True).returncode:
        pytest.skip("this system lets nobody hide its zones")
    spec = importlib.util.find_spec("tzdata")
    if spec is None:
        pytest.skip("tzdata is not installed")
    for code in (LOCAL, *("import leadfunnel as lf; " + c for c in OTHER_ZONES)):
        without = subprocess.run(
            [*hide, hidden, "sh", python, "-c", code], capture_output=True, text=True, env=env
        )
        assert without.returncode != 0 and "pip install tzdata" in without.stderr
    (tmp_path / "tzdata").symlink_to(Path(spec.origin).parent)
    env = {**env, "PYTHONPATH": str(tmp_path)}
    for command in ([], [*hide, hidden, "sh"]):
        assert run(*command, python, "-c", LOCAL, env=env).strip() == "2026-07-01T13:00:00+00:00"
        for code in OTHER_ZONES:
            run(*command, python, "-c", "import leadfunnel as lf; " + code, env=env)


def test_version_of_the_installed_package():
    assert importlib.metadata.version("leadfunnel") == lf.__version__
