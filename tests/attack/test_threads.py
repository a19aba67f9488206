# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Results are right if the system refuses to start threads; daemon threads do not abort the process."""

import pytest

MODEL = """
model = lf.Model(
    id="attacked",
    attributes=[lf.AttributeDeclaration("employees", type="number")],
    touchpoints=[lf.TouchpointDeclaration("view", value="number")], scores=[lf.Score("s")],
    rules=[
        lf.Occurrence("r", score="s", on="view", points=3, decay=lf.HalfLife("30d")),
        lf.Frequency("q", score="s", on="view", at_least=2, window="9d", points=2),
    ],
    bandings=[lf.Banding("heat", score="s", bands=["cold", lf.Band("hot", enter=4)])],
)
"""


def test_results_do_not_depend_on_threads_that_cannot_start(limited):
    code = MODEL + """
def made(threads):
    n = 20_000
    leads = [f"L{i}" for i in range(n)]
    touchpoints = {
        "lead": leads * 2,
        "at": ["2026-04-01T09:00:00Z"] * n + ["2026-04-05T09:00:00Z"] * n,
        "type": ["view"] * (2 * n),
    }
    at = ["2026-04-03T00:00:00Z", "2026-04-20T00:00:00Z"]
    histories = lf.read(model, touchpoints=touchpoints)
    scores = lf.score(model, histories, at=at, threads=threads)
    more = lf.features(model, histories, cutoffs=at, contributions=True, threads=threads)
    pairs = lf.features(model, histories, cutoffs={"lead": leads[:5000], "at": at[:1] * 5000},
                        contributions=True, threads=threads)
    once = lf.score(model, touchpoints=touchpoints, at=at[0], threads=threads)
    import hashlib
    results = [scores.micros("s").tobytes(), once.micros("s").tobytes()]
    results += [repr(list(t.columns)) + repr([tuple(r.values()) for r in t][::97]) for t in (more, pairs)]
    return [hashlib.sha256(s if isinstance(s, bytes) else s.encode()).hexdigest() for s in results]

plain = made(1)
wild = made(2_000)
resource.setrlimit(resource.RLIMIT_AS, (_pages() + 60 * 2**20,) * 2)  # memory for seven stacks
few = made(2_000)
also_few = made(4_000_000_000)
result = [plain == wild, plain == few, plain == also_few]
"""
    assert limited(code, cpu=60, memory=8000 << 20).result == [True, True, True]


def test_saving_needs_no_thread(limited, tmp_path):
    code = MODEL + """
crm = lf.Engine(model, ranked=["s"])
crm.apply([{"lead": f"L{i}", "at": "2026-04-01T09:00:00Z", "type": "view"} for i in range(50_000)])
want = crm.snapshot()
resource.setrlimit(resource.RLIMIT_STACK, (1 << 30, resource.RLIM_INFINITY))  # also of threads, which then do not fit
crm.save(given)
with open(given, "rb") as f:
    result = f.read() == want
"""
    assert limited(code, str(tmp_path / "crm.lf"), cpu=20, memory=700 << 20).result is True


@pytest.mark.parametrize("seconds", [0.2, 0.5, 0.8])
def test_the_process_ends_in_peace_while_daemon_threads_call(limited, seconds):
    code = MODEL + """
import threading, time
touchpoints = {
    "lead": [f"L{i % 500}" for i in range(20_000)],
    "at": ["2026-04-01T09:00:00Z"] * 20_000,
    "type": ["view"] * 20_000,
}
def scoring():
    while True:
        lf.score(model, touchpoints=touchpoints, at="2026-04-03T00:00:00Z")
crm = lf.Engine(model, ranked=["s"])
def applying():
    i = 0
    while True:
        i += 1
        crm.apply({"lead": f"L{i}", "at": "2026-04-01T09:00:00Z", "type": "view"})
def reading():
    while True:
        crm.top("s", 10)
for call in (scoring, applying, reading):
    threading.Thread(target=call, daemon=True).start()
time.sleep(given)
"""
    limited(code, seconds, cpu=20, memory=4000 << 20)
