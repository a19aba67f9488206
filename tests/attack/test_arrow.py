# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Arrow tables that lie, through every entry that takes tables: a result or an `lf.Error`, and no
lead that nobody could ask for."""

from pathlib import Path

# What all children share: the entries, and what is done with a table in each of them.
_COMMON = """
sys.path.insert(0, given["here"])
import pyarrow as pa
from arrow_by_hand import *
model = lf.Model(
    "m",
    attributes=["industry", lf.AttributeDeclaration("employees", type="number"),
                lf.AttributeDeclaration("opted", type="bool"),
                lf.AttributeDeclaration("since", type="timestamp"),
                lf.AttributeDeclaration("interests", type="set")],
    properties=["url", lf.PropertyDeclaration("pages", type="number")],
    touchpoints=["page_view"],
    scores=[lf.Score("fit"), lf.Score("engagement")],
    rules=[lf.AttributeRule("a", score="fit", when=lf.attribute("employees").at_least(3), points=1),
           lf.Occurrence("p", score="engagement", on="page_view", points=1)],
    funnels=[lf.Funnel("f", stages=["lead", "mql"])],
)
AT = "2026-04-30T00:00:00Z"
plan = model.plan

def through_engine(call, **tables):
    getattr(lf.Engine(model), call)(**tables)

def findable(history):
    for i in range(len(history)):
        assert history._core.lead(i) in history
    return history

ENTRIES = {
    "read leads": lambda t: findable(lf.read(model, t)),
    "read touchpoints": lambda t: findable(lf.read(model, touchpoints=t)),
    "read stages": lambda t: findable(lf.read(model, stages=t)),
    "score leads": lambda t: lf.score(model, t, at=AT).to_dicts(),
    "score touchpoints": lambda t: lf.score(model, touchpoints=t, at=AT).to_dicts(),
    "features": lambda t: len(lf.features(model, t, touchpoints=None, cutoffs=[AT])),
    "cutoffs": lambda t: len(lf.features(model, {"lead": ["a"]}, cutoffs=t)),
    "apply leads": lambda t: through_engine("apply", leads=t),
    "apply touchpoints": lambda t: through_engine("apply", touchpoints=t),
    "apply stages": lambda t: through_engine("apply", stages=t),
    "load leads": lambda t: through_engine("load", leads=t),
    "load touchpoints": lambda t: through_engine("load", touchpoints=t),
    "load stages": lambda t: through_engine("load", stages=t),
}
counts = {"read": 0, "refused": 0}

def attack(make, what):
    for name, entry in ENTRIES.items():
        try:
            entry(make())
            counts["read"] += 1
        except lf.Error as e:
            str(e).encode()  # what is said can be written
            counts["refused"] += 1
        except Exception as e:
            raise AssertionError(f"{what} through {name}: {e!r}") from e
"""


def run(limited, code):
    """What became of the attacks of `code`."""
    given = {"here": str(Path(__file__).parent)}
    done = limited(_COMMON + code + "\nresult = counts\n", given, cpu=40, memory=1 << 30)
    return done.result


def test_structs_that_are_wrong(limited):
    counts = run(limited, """
import datetime as dt
MOST = 2**63 - 1
when = [dt.datetime(2026, 4, 1 + i, tzinfo=dt.timezone.utc) for i in range(4)]
batch = pa.record_batch({
    "lead": pa.array(["a", "b", "c", "a longer text"]),
    "at": pa.array(when, pa.timestamp("us", "UTC")),
    "type": pa.array(["page_view"] * 4).dictionary_encode(),
    "stage": pa.array(["mql"] * 4, pa.large_string()),
    "value": pa.array([1.0, None, 2.0, 3.0]),
    "industry": pa.array(["a", "a longer text than fits", None, "b"], pa.string_view()),
    "employees": pa.array([1, 2, 3, None], pa.int8()),
    "opted": pa.array([True, None, False, True]),
    "since": pa.array(when, pa.timestamp("s")),
    "interests": pa.array([["x"], [], None, ["y", "z"]]),
    "url": pa.array(["u"] * 4),
})
N = len(batch.schema)

def set_(field, value):
    return lambda node: setattr(node, field, value)

def offsets(kind, i, value):
    def change(node):
        ctypes.cast(node.buffers[1], POINTER(kind))[i] = value
    return change

def no_buffer(i):
    def change(node):
        if node.n_buffers > i:
            node.buffers[i] = None
    return change

def inner(change):
    def at(node):
        if node.dictionary:
            change(node.dictionary.contents)
        elif node.n_children and node.children:
            change(node.children[0].contents)
    return at

arrays = [set_(f, v) for f in ("length", "offset", "null_count", "n_buffers")
          for v in (-1, -2, MOST, -MOST - 1)]
arrays += [set_("length", 2), set_("n_buffers", 0), set_("n_buffers", 1), set_("n_children", -1),
           set_("n_children", MOST), set_("buffers", None), set_("children", None),
           set_("dictionary", None), no_buffer(0), no_buffer(1), no_buffer(2)]
arrays += [inner(c) for c in list(arrays)]
# That string views have fewer buffers than they say cannot be seen: the 14th is left out.
VIEWS = 5
schemas = [set_("format", None), set_("format", b""), set_("format", b"\\xff"), set_("name", None),
           set_("name", b"\\xff\\n"), set_("n_children", -1), set_("n_children", 0),
           set_("n_children", MOST), set_("children", None), set_("dictionary", None)]
schemas += [inner(c) for c in list(schemas)]

def wrong(change, of, i, as_stream):
    def make():
        table = ByHand(pa.record_batch(batch.columns, batch.schema.names), as_stream)
        change(getattr(table, of)(i) if i is not None else getattr(table, of))
        return table
    return make

for as_stream in (True, False):
    for k, change in enumerate(arrays):
        for i in range(N):
            if i == VIEWS and k == 14:
                continue
            attack(wrong(change, "column", i, as_stream), ("column", k, i))
        attack(wrong(change, "array", None, as_stream), ("array", k))
    for k, change in enumerate(schemas):
        for i in range(N):
            attack(wrong(change, "type", i, as_stream), ("type", k, i))
        attack(wrong(change, "schema", None, as_stream), ("schema", k))
""")
    assert counts["refused"] > 3_000
    assert counts["read"] > 100


def test_offsets_and_indices_that_lead_outside(limited):
    counts = run(limited, """
import struct
import numpy as np
at = pa.array(["2026-04-01T00:00:00Z"] * 3)
later = []
def spoilt(offsets, width, make):
    # pyarrow looks at offsets when a table is made: they are spoilt afterwards.
    given = np.array([0, 1, 2, 3], width)
    def spoil():
        given[:] = offsets
    later.append(spoil)
    return make(pa.py_buffer(given))
def texts(offsets, bytes_=b"abc"):
    return spoilt(offsets, "i4", lambda b: pa.StringArray.from_buffers(3, b, pa.py_buffer(bytes_)))
def lists(offsets, width="i4"):
    items = pa.array(["x", "y", "z"])
    make = pa.list_(pa.string()) if width == "i4" else pa.large_list(pa.string())
    return spoilt(offsets, width, lambda b: pa.Array.from_buffers(make, 3, [None, b], children=[items]))
def coded(codes, type_):
    indices = pa.array(codes, type_)
    return pa.DictionaryArray.from_arrays(indices, pa.array(["a", "b"]), safe=False)
def views(*cells):
    raw = b"".join(struct.pack("i4sii", *c) for c in cells)
    return pa.Array.from_buffers(pa.string_view(), 3, [None, pa.py_buffer(raw), pa.py_buffer(b"a longer text than twelve")])

bad_texts = [texts((0, 3, 2, 3)), texts((-1, 1, 2, 3)), texts((3, 2, 1, 0)), texts((0, 1, -5, 3))]
bad_texts += [coded(c, t) for t in (pa.int8(), pa.int16(), pa.int32(), pa.int64())
              for c in ([0, 2, 1], [0, -1, 1], [0, 127, 1])]
bad_texts += [coded([0, 200, 1], t) for t in (pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())]
bad_texts += [views((25, b"a lo", 0, 0), (25, b"a lo", b, o), (25, b"a lo", 0, 0))
              for b, o in ((1, 0), (-1, 0), (0, 1), (0, -1), (2**31 - 1, 0), (0, 2**31 - 1))]
bad_texts += [views((-1, b"", 0, 0), (0, b"", 0, 0), (2**31 - 1, b"", 0, 0))]
bad_lists = [lists(o, w) for w in ("i4", "i8") for o in ((0, 4, 4, 4), (0, 2, 1, 3), (-1, 0, 1, 2), (0, 0, 0, 2**31 - 1))]
tables = []
for i, column in enumerate(bad_texts):
    for name in ("lead", "type", "stage", "industry", "url", "at", "value", "employees", "interests"):
        columns = {"lead": pa.array(["a", "b", "c"]), "at": at, "type": pa.array(["page_view"] * 3),
                   "stage": pa.array(["mql"] * 3)} | {name: column}
        tables.append((pa.table(columns), ("text", i, name)))
        tables.append((pa.record_batch(columns), ("text", i, name, "batch")))
for i, column in enumerate(bad_lists):
    columns = {"lead": pa.array(["a", "b", "c"]), "interests": column}
    tables.append((pa.table(columns), ("list", i)))
for spoil in later:
    spoil()
for table, what in tables:
    attack(lambda: table, what)
""")
    assert counts["refused"] > 2_000


def test_types_and_texts_that_are_no_ids(limited):
    counts = run(limited, """
import decimal
at = pa.array(["2026-04-01T00:00:00Z"] * 2)
def raw(*texts):
    import struct
    ends = [0]
    for t in texts:
        ends.append(ends[-1] + len(t))
    return pa.StringArray.from_buffers(2, pa.py_buffer(struct.pack("3i", *ends)), pa.py_buffer(b"".join(texts)))
d = decimal.Decimal
columns = [raw(b"\\xff\\xfe", b"ok"), raw(b"a\\0b", b"ok"), raw(b"\\xed\\xa0\\x80", b"\\xc0\\x80"),
           raw(b"\\xff", b"b").dictionary_encode(), raw(b"\\xff", b"b").cast(pa.large_string(), safe=False),
           pa.array([b"x", b"\\xff"], pa.binary()), pa.array([b"x", b"\\xff"], pa.large_binary()),
           pa.array([b"xy", b"\\xff\\xff"], pa.binary(2)), pa.array([{"a": 1}, None]),
           pa.array([["a"], [["b"]][0]]), pa.array([[["a"]], None]), pa.array([1, 2], pa.duration("us")),
           pa.array([1, 2], pa.time64("us")), pa.array([1, 2], pa.time32("s")), pa.nulls(2),
           pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
           pa.array([["a"], ["b"]], pa.list_(pa.string(), 1)),
           pa.array([["a"], ["b"]], pa.list_view(pa.string())) if hasattr(pa, "list_view") else pa.nulls(2),
           pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), pa.array(["a"])),
           pa.array([1, 2]).dictionary_encode(), pa.array([1.5, 2.0], pa.float16()),
           pa.array([float("inf"), 1e300]), pa.array([2**63, 1], pa.uint64())]
columns += [pa.array([d("7"), d("8.50")], pa.decimal128(p, 2)) for p in (5, 38)]
columns += [pa.array([d(-7), None], pa.decimal256(76, s)) for s in (0, 10)]
columns += [pa.array([d("1"), d("2")], t(7, 1)) for t in (getattr(pa, "decimal32", pa.decimal128), getattr(pa, "decimal64", pa.decimal128))]
for i, column in enumerate(columns):
    for name in ("lead", "type", "stage", "industry", "url", "at", "value", "employees", "interests", "opted", "source", "id"):
        table = {"lead": pa.array(["a", "b"]), "at": at, "type": pa.array(["page_view"] * 2),
                 "stage": pa.array(["mql"] * 2)} | {name: column}
        attack(lambda: pa.table(table), (str(column.type), name))
        attack(lambda: table, (str(column.type), name, "dict"))
""")
    assert counts["refused"] > 500
    assert counts["read"] > 1_000


def test_types_of_any_depth(limited):
    counts = run(limited, """
for levels in (3, 64, 65, 1_000, 20_000):
    attack(lambda: Deep(levels), levels)
class Not:
    def __arrow_c_stream__(self, requested_schema=None):
        return given
class Wrong:
    def __arrow_c_array__(self, requested_schema=None):
        return given, _new_capsule(ctypes.addressof(ArrowArray()), b"arrow_array", None)
from arrow_by_hand import _new_capsule
class Used:
    def __arrow_c_array__(self, requested_schema=None):
        self.kept = ArrowSchema(), ArrowArray()
        return tuple(_new_capsule(ctypes.addressof(k), n, None) for k, n in zip(self.kept, (b"arrow_schema", b"arrow_array")))
class Empty:
    def __arrow_c_stream__(self, requested_schema=None):
        self.kept = ArrowArrayStream()
        self.kept.release = release_stream
        return _new_capsule(ctypes.addressof(self.kept), b"arrow_array_stream", None)
for bad in (Not, Wrong, Used, Empty):
    attack(bad, bad.__name__)
""")
    assert counts["read"] == 0
    assert counts["refused"] > 100


def test_what_is_accepted_can_be_asked_for_and_erased(limited):
    done = run(limited, """
import struct
ids = [b"a", b"\\xff\\xfe", b"b\\0c", "\\u88fd\\u54c1".encode(), b"\\xed\\xa0\\x80", b" d "]
ends = [0]
for t in ids:
    ends.append(ends[-1] + len(t))
lead = pa.StringArray.from_buffers(len(ids), pa.py_buffer(struct.pack(f"{len(ends)}i", *ends)), pa.py_buffer(b"".join(ids)))
table = pa.table({"lead": lead, "at": pa.array(["2026-04-01T00:00:00Z"] * len(ids)), "type": pa.array(["page_view"] * len(ids))})
history = lf.read(model, touchpoints=table)
assert [(i.row, i.column, i.reason) for i in history.issues] == [(1, "lead", "not_utf8"), (2, "lead", "nul"), (4, "lead", "not_utf8")], history.issues
good = [history._core.lead(i) for i in range(len(history))]
assert good == ["a", "\\u88fd\\u54c1", " d "], good
engine = lf.Engine(model)
engine.load(history)
for lead in good:
    assert engine.history(lead)
    engine.erase(lead)
    assert lead not in engine
# The other doors refuse the same ids.
for lead in ("b\\0c", "\\ud800"):
    event = {"lead": lead, "at": AT, "type": "page_view"}
    for take in (lf.Engine(model).apply, lambda e: lf.Engine(model).load([e])):
        try:
            report = take(event)
            assert getattr(report, "refused", None), report
        except (lf.Error, UnicodeEncodeError):
            pass
    rows = lf.read(model, touchpoints={k: [v] for k, v in event.items()})
    assert len(rows) == 0 and rows.bad_rows == 1
counts["read"] = len(good)
""")
    assert done["read"] == 3
