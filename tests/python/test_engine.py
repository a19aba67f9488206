# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The live engine."""

import datetime as dt
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import polars as pl
import pytest

import leadfunnel as lf

UTC = dt.timezone.utc
NOW = dt.datetime(2026, 4, 6, 1, tzinfo=UTC)  # a Monday morning in Tokyo


@pytest.fixture
def crm():
    """An engine with two leads, one of them hot."""
    engine = lf.Engine(lf.example_model("b2b_starter"), ranked=["total"])
    engine.apply([
        {"lead": "L-1", "industry": "Machinery", "employees": 900, "email": "a@x.co.jp", "position": "Director"},
        {"lead": "L-2", "industry": "Retail", "email": "b@y.co.jp"},
    ])
    engine.apply(lf.Touchpoint("L-2", NOW, "page_view", {"url": "/about"}))
    for day in range(3):
        at = NOW + dt.timedelta(days=day)
        engine.apply({"lead": "L-1", "at": at, "type": "inquiry"})
        engine.apply({"lead": "L-1", "at": at + dt.timedelta(hours=1), "type": "page_view", "url": "/pricing/", "value": 90})
    return engine


def test_leads_are_scored_ranked_and_explained(crm):
    assert len(crm) == 2 and "L-1" in crm and "L-9" not in crm
    total = crm.score("L-1", "total")
    assert total > crm.score("L-2", "total")
    top = crm.top("total").to_dicts()
    assert [(r["rank"], r["lead"]) for r in top] == [(1, "L-1"), (2, "L-2")]
    assert top[0]["total"] == total
    assert crm.nth("total", 1)[0] == "L-2" and crm.nth("total", 2) is None
    assert crm.rank("L-2", "total") == 2
    assert crm.percentile("L-1", "total") == 1
    assert crm.explain("L-1", "total").total == total
    later = NOW + dt.timedelta(days=60)
    assert crm.project("L-1", "temperature", later) == (crm.score("L-1", "total", later), "warm")
    assert crm.band("L-1", "temperature") in {"warm", "hot"}
    assert crm.attribute("L-1", "employees") == 900
    assert crm.with_email("b@y.co.jp") == ["L-2"]
    with pytest.raises(lf.UnknownLeadError):
        crm.score("L-9", "total")
    with pytest.raises(KeyError, match="no score 'none'"):
        crm.score("L-1", "none")
    with pytest.raises(KeyError, match="no funnel 'none'"):
        crm.stage("L-1", "none")


def test_time_moves_leads_and_emits_signals(crm):
    before = crm.last_signal
    crm.advance_to(NOW + dt.timedelta(days=30))
    assert crm.now == NOW + dt.timedelta(days=30)
    assert crm.last_signal > before
    signals = crm.signals(before)
    assert [s.sequence for s in signals] == list(range(before + 1, crm.last_signal + 1))
    assert {s.kind for s in crm.signals()} >= {"stage_changed", "band_changed"}
    crm.acknowledge(before)
    assert crm.signals()[0].sequence == before + 1
    assert sum(crm.stages().values()) == 2
    assert sum(crm.bands().values()) == 2
    timeline = crm.timeline("L-1")
    assert timeline.entries[-1].scores.keys() == {"fit", "engagement", "total"}
    assert timeline.to_polars().height == len(timeline) > 6
    assert crm.stage_log("L-1")[-1].stage == crm.stage("L-1").stage


def test_manual_moves(crm):
    moved = crm.move("L-1", "sales", "won", reason="signed", who="Sato")
    assert moved.outcome == "taken"
    assert crm.stage("L-1").stage == "won"
    assert crm.stage_log("L-1")[-1].reason == "signed"
    refused = crm.move("L-1", "sales", "nowhere")
    assert not refused and refused.reason


def test_queries(crm):
    assert list(crm.query(lf.attribute("employees").at_least(300))) == ["L-1"]
    assert crm.query(lf.score_now("total").at_least(0)).leads == ["L-1", "L-2"]
    assert crm.query(limit=1) == lf.Page(["L-1"], True)
    assert crm.query(limit=1, after="L-1") == lf.Page(["L-2"], False)
    assert crm.query(stages=crm.stage("L-1").stage).leads == ["L-1"] or crm.stage("L-2") is not None
    assert crm.query(bands=crm.band("L-1", "temperature")).leads[0] == "L-1"
    assert crm.query(active_from=NOW + dt.timedelta(days=1)).leads == ["L-1"]
    with pytest.raises(lf.ModelError, match="did you mean 'employees'"):
        crm.query(lf.attribute("employes").at_least(300))


def test_callbacks_lose_nothing(crm):
    seen = []

    def broken(signal):
        seen.append(signal)
        if len(seen) == 1:
            raise RuntimeError("the mail server is down")

    crm.on_signal(broken)
    with pytest.raises(RuntimeError, match="mail server"):
        crm.move("L-1", "sales", "won")
    assert crm.stage("L-1").stage == "won"  # the move has been made
    crm.advance_to(NOW + dt.timedelta(days=5))
    assert seen[0] == seen[1]
    assert [s.sequence for s in seen[1:]] == list(range(seen[1].sequence, crm.last_signal + 1))
    crm.on_signal(lambda s: crm.score(s.lead, "total"))  # a callback may call the engine
    crm.move("L-2", "sales", "lost")


def test_merge_unmerge_erase(crm):
    before = crm.score("L-1", "total"), crm.score("L-2", "total")
    crm.merge("L-1", "L-2")
    assert crm.resolve("L-2") == "L-1"
    assert len(crm.history("L-1")) >= 8
    assert {e.lead for e in crm.history("L-2")} == {"L-1", "L-2"}
    assert crm.ids("L-1") == crm.ids("L-2") == ["L-1", "L-2"]
    crm.unmerge("L-2")
    assert crm.ids("L-2") == ["L-2"]
    assert (crm.score("L-1", "total"), crm.score("L-2", "total")) == before
    crm.erase("L-2")
    assert "L-2" not in crm and len(crm) == 1
    assert not any("L-2" in (s.lead, s.subject) for s in crm.signals())
    with pytest.raises(lf.UnknownLeadError):
        crm.ids("L-2")


def test_snapshots_and_pickles_go_on(crm, tmp_path):
    data = crm.snapshot()
    crm.save(tmp_path / "crm.lf")
    assert (tmp_path / "crm.lf").read_bytes() == data
    assert [p.name for p in tmp_path.iterdir()] == ["crm.lf"]
    for other in (
        lf.Engine.from_snapshot(lf.example_model("b2b_starter"), data, ranked=["total"]),
        lf.Engine.from_file(lf.example_model("b2b_starter"), tmp_path / "crm.lf", ranked=["total"]),
        lf.Engine.from_file(lf.example_model("b2b_starter"), str(tmp_path / "crm.lf")),
        pickle.loads(pickle.dumps(crm)),
    ):
        assert other.snapshot() == data
        later = NOW + dt.timedelta(days=40)
        crm2 = lf.Engine.from_snapshot(lf.example_model("b2b_starter"), data)
        crm2.advance_to(later)
        other.advance_to(later)
        assert other.signals() == crm2.signals()
    with pytest.raises(lf.SnapshotError):
        lf.Engine.from_snapshot(lf.example_model("b2b_starter"), data[:-9] + b"tampered!")
    with pytest.raises(lf.SnapshotError):
        lf.Engine.from_snapshot(lf.example_model("two_axis_matrix"), data)


def test_models_are_replaced_after_a_dry_run(crm):
    said = lf.example_model("b2b_starter").to_dict()
    said["version"] = "2"
    for i, band in enumerate(said["bandings"][0]["bands"][1:], 1):
        band["enter"] = i
        band.pop("leave", None)
    new = lf.Model.from_dict(said)
    data = crm.snapshot()
    planned = crm.try_replace(new)
    assert crm.snapshot() == data
    assert planned.bands
    assert planned.to_table().to_dicts()[0]["what"] == "band"
    assert crm.replace(new) == planned
    assert crm.plan.model == new
    assert crm.signals()[-1].model_version == "2"


def test_tables_are_applied_and_loaded(model, leads, touchpoints):
    people, events = pl.DataFrame(leads), pl.DataFrame(touchpoints)
    one = lf.Engine(model)
    report = one.apply(leads=people, touchpoints=events)
    assert (report.taken, report.refused) == (7, [])
    two, three = lf.Engine(model), lf.Engine(model)
    assert two.load(leads=people, touchpoints=events).taken == 7
    history = lf.read(model, people, events)
    told = {*leads["lead"], *touchpoints["lead"]}
    assert three.load(history).taken == sum(len(history.events(lead)) for lead in told)
    at = "2026-04-29T10:00:00+09:00"
    expected = lf.score(model, people, events, at=at).to_dicts()
    for engine in (one, two, three):
        assert [engine.score(r["lead"], "total", at) for r in expected] == [r["total"] for r in expected]
    with pytest.raises(lf.InputError):
        one.apply(touchpoints=events.with_columns(at=pl.lit("?")))
    with pytest.raises(TypeError):
        one.apply()
    with pytest.raises(TypeError, match="events, histories or tables"):
        lf.Engine(model).load()
    with pytest.raises(TypeError, match="not both"):
        lf.Engine(model).load(history, touchpoints=events)


def test_files_that_cannot_be_written_or_read(crm, tmp_path):
    model = lf.example_model("b2b_starter")
    with pytest.raises(lf.SnapshotError, match="none.*crm.lf"):
        crm.save(tmp_path / "none" / "crm.lf")
    with pytest.raises(FileNotFoundError):
        lf.Engine.from_file(model, tmp_path / "crm.lf")
    (tmp_path / "crm.lf").write_bytes(crm.snapshot()[:-9] + b"tampered!")
    with pytest.raises(lf.SnapshotError, match="crm.lf"):
        lf.Engine.from_file(model, tmp_path / "crm.lf")
    crm.save(tmp_path / "crm.lf")
    with pytest.raises(lf.SnapshotError, match="crm.lf"):
        lf.Engine.from_file(lf.example_model("two_axis_matrix"), tmp_path / "crm.lf")


def test_steps_and_batches_change_nothing(model):
    # Many events are applied in slices, and time passes in steps: the signals are those of single
    # events.
    model = lf.example_model("b2b_starter")
    events = [
        {"lead": f"L-{i % 700}", "at": NOW + dt.timedelta(minutes=i // 3), "type": "inquiry"}
        for i in range(9_000)
    ]
    later = NOW + dt.timedelta(days=200)
    one, other = lf.Engine(model), lf.Engine(model)
    seen = []
    assert one.apply(events, progress=lambda done, all: seen.append((done, all))).taken == 9_000
    assert seen[-1] == (9_000, 9_000)
    for e in events:
        other.apply(e)
    seen.clear()
    one.advance_to(later, progress=lambda done, all: seen.append((done, all)))
    assert seen[-1][0] == seen[-1][1] > 0
    for day in range(201):
        other.advance_to(max(NOW + dt.timedelta(days=day), other.now))
    assert one.now == other.now == later
    assert one.signals(most=10**9) == other.signals(most=10**9)
    assert one.snapshot() == other.snapshot()


def test_load_leaves_the_engine_as_it_was_or_loads_all(model):
    engine = lf.Engine(model, ranked=["total"])
    engine.advance_to("2026-01-01T00:00:00Z")
    before = engine.snapshot()
    events = [{"lead": f"{i}", "at": NOW, "type": "seminar"} for i in range(20_000)]

    def stop(done, all):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        engine.load(events, progress=stop)
    assert engine.snapshot() == before
    seen = []
    assert engine.load(events, progress=lambda *at: seen.append(at)).taken == 20_000
    assert not seen or seen[-1] == (20_000, 20_000)
    assert engine.rank("7", "total") == 1
    with pytest.raises(Exception, match="without leads"):
        engine.load(events)
    table = {column: [e[column] for e in events] for column in ("lead", "at", "type")}
    history = lf.read(engine.plan, touchpoints=table)
    again = lf.Engine(model, ranked=["total"])
    with pytest.raises(RuntimeError, match="enough"):
        again.load(history, progress=stop)
    assert again.load(history, progress=False).taken == 20_000
    again.advance_to(engine.now)
    assert again.rank("7", "total") == 1
    assert again.score("7", "total") == engine.score("7", "total")


def restless():
    """A model whose leads go round in circles every minute, so that advancing takes long."""
    return lf.Model(
        "restless",
        touchpoints=["inquiry"],
        scores=["total"],
        rules=[lf.Occurrence("inquiry", score="total", on="inquiry", points=1)],
        funnels=lf.Funnel(
            "circle",
            stages=[lf.Stage("here", entry=True), "there"],
            transitions=[
                lf.Transition("in", to="here"),
                lf.Transition("away", to="there", from_="here", after=lf.Timer("1m")),
                lf.Transition("back", to="here", from_="there", after=lf.Timer("1m")),
            ],
        ),
    )


# Starts work that would take minutes, for a signal from another process to cancel.
LONG = """
import datetime as dt
import sys

import leadfunnel as lf

NOW = dt.datetime(2026, 4, 6, tzinfo=dt.timezone.utc)
model = lf.Model.from_json(sys.argv[1])
engine = lf.Engine(model, ranked=["total"])
n = 3_000_000
table = {"lead": [f"L-{i % 100_000}" for i in range(n)], "type": ["inquiry"] * n,
         "at": [NOW + dt.timedelta(seconds=i) for i in range(n)]}
"""


@pytest.mark.parametrize("call", ["apply", "load", "advance"])
def test_ctrl_c_from_another_process(call):
    work = {
        "apply": "engine.apply(touchpoints=table, progress=False)",
        "load": "engine.load(touchpoints=table, progress=False)",
        "advance": "engine.advance_to(NOW + dt.timedelta(days=40_000), progress=False)",
    }[call]
    setup = LONG
    if call == "advance":
        setup = LONG.replace("n = 3_000_000", "n = 2_000")
        setup += "engine.apply(touchpoints=table, progress=False)\n"
    code = setup + f"""
print("begun", flush=True)
try:
    {work}
    print("done")
except KeyboardInterrupt:
    engine.apply({{"lead": "after", "at": engine.now or NOW, "type": "inquiry"}})  # the engine keeps working
    print("interrupted", len(engine) > 1, engine.now < NOW + dt.timedelta(days=40_000))
"""
    child = subprocess.Popen(
        [sys.executable, "-c", code, restless().to_json()], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "begun\n"
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=120)
    assert child.returncode == 0
    assert out.split()[0] == "interrupted"
    if call == "advance":
        assert out.split()[1:] == ["True", "True"]


@pytest.mark.parametrize("call", ["replace", "save"])
def test_ctrl_c_leaves_nothing_half_done(call, tmp_path):
    models = [restless(), lf.Model.from_dict(restless().to_dict() | {"version": "2"})]
    engine = lf.Engine(models[0])
    n = 100_000
    engine.load(touchpoints={"lead": [f"L-{i}" for i in range(n)], "at": [NOW] * n,
                             "type": ["inquiry"] * n})
    kept = engine.snapshot()

    def is_done():
        return engine.plan.model.version == "2" if call == "replace" else any(tmp_path.iterdir())

    for delay in (0.05, 0.1, 0.2) * 10:  # the call may return before the signal
        press = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            press.start()
            engine.replace(models[1]) if call == "replace" else engine.save(tmp_path / "kept")
            press.join()
        if not is_done():
            break
        engine = lf.Engine.from_snapshot(models[0], kept)
        for file in tmp_path.iterdir():
            file.unlink()
    assert not is_done()
    assert engine.snapshot() == kept


def test_ctrl_c_while_another_thread_works(model):
    # A thread sends the signal while the main thread is in a long call.
    engine = lf.Engine(restless())
    engine.apply([{"lead": f"L-{i}", "at": NOW, "type": "inquiry"} for i in range(500)])
    press = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    press.start()
    with pytest.raises(KeyboardInterrupt):
        engine.advance_to(NOW + dt.timedelta(days=40_000), progress=False)
        press.join()
    assert NOW < engine.now < NOW + dt.timedelta(days=40_000)


def test_ids_of_attributes_are_kept(tmp_path):
    # The second row with an id is a duplicate, however it was read.
    model = lf.example_model("b2b_starter")
    mapping = {"format": "csv", "time": {"format": "rfc3339"},
               "mappings": [{"to": "attributes", "lead": "lead", "id": "row", "source": {"constant": "crm"},
                             "attributes": {"industry": "industry"}}]}
    table = {"lead": ["L-1"], "row": ["r7"], "industry": ["Machinery"]}
    (tmp_path / "leads.csv").write_text("lead,row,industry\nL-1,r7,Machinery\n")
    for leads in (table, tmp_path / "leads.csv"):
        engine = lf.Engine(model)
        assert engine.apply(leads=leads, mapping=mapping).taken == 1
        report = engine.apply(leads=leads, mapping=mapping)
        assert (report.taken, report.duplicates) == (0, 1)
        assert engine.history("L-1")[0].id == "r7"


def test_objects_that_are_no_events(crm):
    for event, why in [
        ({"lead": "L-1", "at": NOW, "type": "page_view", "ulr": "/"}, "did you mean 'url'"),
        ({"lead": "L-1", "type": "page_view"}, "without 'at'"),
        ({"lead": "L-1", "at": "2026-04-01", "type": "page_view"}, "write the time"),
        ({"lead": "", "at": NOW, "type": "page_view"}, "lead"),
        ({"lead": 7, "at": NOW, "type": "page_view"}, "is text"),
        (17, "no event"),
        ([17], "no event"),
        ({"lead": "L-1", "at": NOW, "type": "page_view", "value": float("inf")}, "value is not within"),
        ({"lead": "L-1", "employees": float("nan")}, "finite"),
    ]:
        data = crm.snapshot()
        with pytest.raises((lf.InputError, TypeError), match=why):
            crm.apply(event)
        assert crm.snapshot() == data


def test_many_threads_read_while_one_writes(crm):
    stop = threading.Event()
    wrong = []

    def read():
        while not stop.is_set():
            top = crm.top("total").to_dicts()
            if [r["lead"] for r in top][:1] != ["L-1"]:
                wrong.append(top)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for t in threads:
        t.start()
    for i in range(300):
        crm.apply({"lead": "L-1", "at": NOW + dt.timedelta(days=3, minutes=i), "type": "page_view", "url": "/pricing/"})
    stop.set()
    for t in threads:
        t.join()
    assert wrong == []


def work_in_child(queue):
    model = lf.example_model("b2b_starter")
    queue.put(lf.score(model, {"lead": ["a"], "industry": ["Machinery"]}, at=NOW, threads=2).to_dicts())


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_children_that_fork(crm):
    expected = lf.score(lf.example_model("b2b_starter"), {"lead": ["a"], "industry": ["Machinery"]}, at=NOW, threads=2)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=work_in_child, args=(queue,))
    child.start()
    assert queue.get(timeout=60) == expected.to_dicts()
    child.join(60)
    assert child.exitcode == 0


def test_memory_is_given_back():
    import gc
    import resource

    def live():
        model = lf.example_model("b2b_starter")
        engine = lf.Engine(model)
        engine.apply([{"lead": f"L-{i}", "at": NOW, "type": "inquiry"} for i in range(2_000)])
        scores = lf.score(model, {"lead": [f"L-{i}" for i in range(2_000)]}, at=NOW)
        scores.to_dicts()
        scores.explain("L-1")
        engine.timeline("L-1")

    for _ in range(3):
        live()
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(20):
        live()
    gc.collect()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 20_000, f"{grown} KiB more after 20 rounds"


def test_memory_report(crm):
    report = crm.memory()
    assert report["leads"] == 2 and report["lead_bytes"] > 0
