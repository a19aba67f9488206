# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Each installed peer gives leadfunnel's answers, at small sizes, without timing."""

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("pyarrow", reason="pyarrow, which carries the peers' data, is not installed")

# Few touchpoints a lead, for silences and leads without any; and many, for five in a week and for
# bounds.
SIZES = {"sparse": (2_000, 8_000), "dense": (20, 60_000)}


@pytest.fixture(scope="module")
def peers(root):
    """The program that runs the peers."""
    if not (root / "benchmarks" / "peers").exists():
        pytest.skip("the benchmarks are not part of this source distribution")
    sys.path.insert(0, str(root))
    try:
        from benchmarks.peers import __main__ as program
    finally:
        sys.path.remove(str(root))
    return program


def run(root, specs):
    """The worker's answers, or its error."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.peers.worker", json.dumps(specs)],
        cwd=root, capture_output=True, text=True, timeout=600,
        env=os.environ | {"POLARS_MAX_THREADS": "1"},
    )


def specs_of(peers, folders, peer, threads=1):
    """Everything a peer does with tables."""
    return [
        {
            "workload": w, "peer": peer, "folder": str(folder), "leads": SIZES[name][0],
            "touchpoints": SIZES[name][1], "layout": layout, "threads": threads, "rounds": 1,
            "seconds": 0,
        }
        for name, folder in folders.items()
        for w in ("B1a", "B1b", "B3", "B7")
        for p, layout, t in peers.cases(w, [1, 2])
        if (p, t) == (peer, threads)
    ]


@pytest.fixture(scope="module")
def answered(peers, root, tmp_path_factory):
    """Folders with data, and leadfunnel's answers."""
    folders = {name: tmp_path_factory.mktemp(name) for name in SIZES}
    for name, folder in folders.items():
        peers.data.make(folder, *SIZES[name])
    for threads in (1, 2):  # equal bits from the log, from histories, and on two threads
        done = run(root, specs_of(peers, folders, "leadfunnel", threads))
        assert done.returncode == 0, done.stderr
    return folders


@pytest.mark.parametrize("peer", ["numpy", "polars", "duckdb", "pandas", "chdb"])
def test_tables(peers, root, answered, peer):
    """The same scores, from the raw log and from each peer's best layout."""
    if why := peers.missing(peer):
        pytest.skip(why)
    specs = specs_of(peers, answered, peer)
    done = run(root, specs)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(specs) == 16


def test_a_wrong_answer_is_found(peers, root, answered):
    """A peer whose answer differs by more than rounding ends the comparison."""
    import numpy as np

    if why := peers.missing("numpy"):
        pytest.skip(why)
    kept = answered["sparse"] / "answer_B1a.npy"
    right = np.load(kept)
    wrong = right.copy()
    wrong[np.argmax(right)] += 10_000  # a hundredth of a point
    np.save(kept, wrong)
    try:
        done = run(root, specs_of(peers, answered, "numpy")[:1])
    finally:
        np.save(kept, right)
    assert done.returncode != 0
    assert "; 1 leads differ" in done.stderr


@pytest.fixture(scope="module")
def events(peers, root, tmp_path_factory):
    """The questions to each rule engine, with leadfunnel's answers."""
    spec = {
        "workload": "B2", "folder": str(tmp_path_factory.mktemp("events")), "leads": 100,
        "touchpoints": 500, "rounds": 1, "seconds": 0,
    }
    done = run(root, spec | {"peer": "leadfunnel"})
    assert done.returncode == 0, done.stderr
    return spec


@pytest.mark.parametrize("peer", ["zen", "clips", "durable_rules"])
def test_events(peers, root, events, peer):
    """The same score after each of many events."""
    if why := peers.missing(peer):
        pytest.skip(why)
    done = run(root, events | {"peer": peer})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("peer", ["leadfunnel", "sqlite", "redis", "redis_pipelined"])
def test_ranking(peers, root, tmp_path, peer):
    """The same top 100 and ranks during updates, each compared with a plain count."""
    if why := peers.missing(peer):
        pytest.skip(why)
    spec = {
        "workload": "B5", "peer": peer, "folder": str(tmp_path), "leads": 1_000,
        "touchpoints": 100, "checked": 600, "rounds": 1, "seconds": 0,
    }
    done = run(root, spec)
    assert done.returncode == 0, done.stderr


def command(root, folder, *options):
    """The output and files of one run of the command."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.peers", "--folder", str(folder), *options],
        cwd=root, capture_output=True, text=True, timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, json.loads((folder / "result.json").read_text())


def test_one_command(peers, root, tmp_path):
    """It compares, measures and writes results; a later run adds to them."""
    for module in ("numpy", "polars"):
        pytest.importorskip(module)
    how = ["--seconds", "0", "--threads", "1", "--peers", "numpy,sqlite"]
    small = ["--leads", "500", *how]
    said, result = command(root, tmp_path, *small, "--workloads", "B1a,B5", "--operations", "100")
    assert [r["peer"] for r in result["rows"]] == [
        "leadfunnel", "leadfunnel", "numpy", "numpy", "leadfunnel", "sqlite"
    ]
    assert all(len(r["wall"]) >= 5 and r["lines"] > 0 for r in result["rows"])
    assert "| **leadfunnel** | grouped | 1 |" in said

    large = ["--leads", "600", *how, "--workloads", "B1a", "--more"]
    said, more = command(root, tmp_path, *large)
    assert more["rows"][: len(result["rows"])] == result["rows"]
    assert [r["leads"] for r in more["rows"]] == [500] * 6 + [600] * 4
    assert said.index("500 leads, 5,000 touchpoints") < said.index("600 leads, 6,000 touchpoints")
    _, again = command(root, tmp_path, *large)
    assert [r["leads"] for r in again["rows"]] == [500] * 6 + [600] * 4
    assert len(again["runs"]) == 3 and len(again["reads"]) == 2
