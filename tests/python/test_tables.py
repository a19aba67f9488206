# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Input tables of every library and type, and output tables."""

import datetime as dt
import decimal
import gzip
import json
import zoneinfo

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import leadfunnel as lf

AT = "2026-04-29T10:00:00+09:00"
UTC = dt.timezone.utc


def arrow(columns):
    return pa.table(columns)


def sliced(columns):
    """A table in the middle of larger buffers, at odd offsets."""
    table = pa.table(columns)
    padded = pa.concat_tables([table.slice(0, 1)] * 3 + [table] + [table.slice(0, 1)] * 2)
    return padded.combine_chunks().slice(3, len(table))


def chunked(columns):
    table = pa.table(columns)
    return pa.concat_tables([table.slice(i, 1) for i in range(len(table))])


def cast_texts(to):
    def make(columns):
        table = pa.table(columns)
        for i, f in enumerate(table.schema):
            if pa.types.is_string(f.type):
                table = table.set_column(i, f.name, table[f.name].cast(to))
        return table

    return make


def dictionaries(columns):
    table = pa.table(columns)
    for i, f in enumerate(table.schema):
        if pa.types.is_string(f.type):
            table = table.set_column(i, f.name, table[f.name].dictionary_encode())
    return table


def from_duckdb(columns):
    table = pa.table(columns)
    connection = duckdb.connect()
    return connection.from_arrow(table)


class OnlyArray:
    """An object with Arrow's C array only."""

    def __init__(self, columns):
        self.batch = pa.table(columns).combine_chunks().to_batches()[0]

    def __arrow_c_array__(self, requested_schema=None):
        return self.batch.__arrow_c_array__(requested_schema)


MAKES = {
    "dict": lambda c: c,
    "rows": lambda c: [dict(zip(c, r)) for r in zip(*c.values())],
    "numpy": lambda c: {
        k: np.array(v, object if None in v else None) for k, v in c.items()
    },
    "polars": pl.DataFrame,
    "polars lazy": lambda c: pl.DataFrame(c).lazy(),
    "polars categorical": lambda c: pl.DataFrame(c).with_columns(pl.col(pl.String).cast(pl.Categorical)),
    "pandas": pd.DataFrame,
    "pandas object": lambda c: pd.DataFrame(c, dtype=object).infer_objects(),
    "pandas arrow": lambda c: pa.table(c).to_pandas(types_mapper=pd.ArrowDtype),
    "pyarrow": arrow,
    "reader": lambda c: pa.table(c).to_reader(),
    "sliced": sliced,
    "chunked": chunked,
    "large_utf8": cast_texts(pa.large_string()),
    "string_view": cast_texts(pa.string_view()),
    "dictionary": dictionaries,
    "duckdb": from_duckdb,
    "array": OnlyArray,
    "narwhals": lambda c: nw.from_native(pl.DataFrame(c)),
}


@pytest.mark.parametrize("make", MAKES)
def test_tables_of_every_make(make, model, leads, touchpoints):
    expected = lf.score(model, leads, touchpoints, at=AT).to_dicts()
    assert [r["fit"] for r in expected] == [50, 0, None]
    assert expected[0]["engagement"] == pytest.approx(3 + 25 * 0.5, abs=0.01)
    assert [r["temperature"] for r in expected] == ["hot", "cold", None]
    scores = lf.score(model, MAKES[make](leads), MAKES[make](touchpoints), at=AT)
    assert scores.issues == []
    assert scores.to_dicts() == expected


def test_pandas_without_pyarrow(model, leads, touchpoints, monkeypatch):
    expected = lf.score(model, leads, touchpoints, at=AT).to_dicts()
    frames = [pd.DataFrame(leads), pd.DataFrame(touchpoints)]
    frames[1]["at"] = pd.to_datetime(frames[1]["at"], utc=True, format="ISO8601")
    frames[1]["type"] = frames[1]["type"].astype("category")

    def missing(self, requested_schema=None):
        raise ImportError("no pyarrow")

    monkeypatch.setattr(pd.DataFrame, "__arrow_c_stream__", missing)
    assert lf.score(model, *frames, at=AT).to_dicts() == expected


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York", "+05:30"])
def test_timestamps_of_every_unit_and_zone(unit, zone, model):
    when = [dt.datetime(2026, 4, 1, 0, 30, tzinfo=UTC), dt.datetime(1950, 1, 2, 3, 4, 5, tzinfo=UTC)]
    table = pa.table(
        {"lead": ["a", "b"], "type": ["seminar"] * 2, "at": pa.array(when, pa.timestamp(unit, zone))}
    )
    history = lf.read(model, touchpoints=table)
    assert [history.events(lead)[0].at for lead in "ab"] == when


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_naive_timestamps_are_refused_or_read_on_somebodys_clocks(unit, model):
    naive = pa.array([dt.datetime(2026, 4, 1, 9)], pa.timestamp(unit))
    table = pa.table({"lead": ["a"], "type": ["seminar"], "at": naive})
    with pytest.raises(lf.InputError, match=r'timezone="Asia/Tokyo"') as caught:
        lf.score(model, touchpoints=table, at=AT)
    assert caught.value.issues[0].pointer == "/at"
    history = lf.read(model, touchpoints=table, timezone="Asia/Tokyo")
    assert history.events("a")[0].at == dt.datetime(2026, 4, 1, tzinfo=UTC)
    with pytest.raises(lf.InputError, match="no time zone 'Asia/Tokio'"):
        lf.read(model, touchpoints=table, timezone="Asia/Tokio")


@pytest.mark.parametrize(
    "column",
    [
        np.array(["2026-04-01T09:00"], "datetime64[m]"),
        [dt.datetime(2026, 4, 1, 9)],
        pd.Series([dt.datetime(2026, 4, 1, 9)]),
        pl.Series([dt.datetime(2026, 4, 1, 9)]),
        pa.array([dt.date(2026, 4, 1)]),
    ],
    ids=["numpy", "list", "pandas", "polars", "date"],
)
def test_naive_times_of_every_make(column, model):
    if isinstance(column, pl.Series):
        table = pl.DataFrame({"lead": ["a"], "type": ["seminar"], "at": column})
    elif isinstance(column, pd.Series):
        table = pd.DataFrame({"lead": ["a"], "type": ["seminar"], "at": column})
    elif isinstance(column, pa.Array):
        table = pa.table({"lead": ["a"], "type": ["seminar"], "at": column})
    else:
        table = {"lead": ["a"], "type": ["seminar"], "at": column}
    with pytest.raises(lf.InputError, match="timezone="):
        lf.read(model, touchpoints=table)
    at = lf.read(model, touchpoints=table, timezone="Asia/Tokyo").events("a")[0].at
    hour = 0 if isinstance(column, pa.Array) else 9
    assert at == dt.datetime(2026, 4, 1, hour, tzinfo=zoneinfo.ZoneInfo("Asia/Tokyo"))


def test_local_times_across_a_change_of_clocks(model):
    # Every half hour of two days around the changes of clocks.
    zone = zoneinfo.ZoneInfo("Europe/Berlin")
    for day in (dt.datetime(2025, 10, 25), dt.datetime(2026, 3, 28)):
        local = [day + dt.timedelta(minutes=30 * i) for i in range(144)]
        table = {"lead": [f"{i}" for i in range(144)], "type": ["seminar"] * 144, "at": local}
        history = lf.read(model, touchpoints=table, timezone="Europe/Berlin", ambiguous="earliest")
        for i, naive in enumerate(local):
            expected = naive.replace(tzinfo=zone).astimezone(UTC)
            if expected.astimezone(zone).replace(tzinfo=None) != naive:
                expected = dt.datetime(2026, 3, 29, 1, tzinfo=UTC)  # skipped: the instant of the change
            assert history.events(f"{i}")[0].at == expected
        refused = lf.read(model, touchpoints=table, timezone="Europe/Berlin")
        assert refused.bad_rows == 2
        assert {r.reason for r in refused.issues} == {"bad_instant"}


def test_nulls_nan_and_infinities(model):
    table = pl.DataFrame(
        {"lead": ["a", "b", "c", "d"], "employees": [1000.0, float("nan"), None, float("inf")]}
    )
    scores = lf.score(model, table, at=AT)
    assert scores.bad_rows == 1
    (row,) = scores.issues
    assert (row.table, row.row, row.column, row.reason) == ("leads", 3, "employees", "bad_number")
    assert {r["lead"]: r["fit"] for r in scores} == {"a": 30, "b": 0, "c": 0}


def test_numbers_of_every_width(model):
    for t in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64"]:
        table = pa.table({"lead": ["a", "b"], "pages": pa.array([12, None], t), "type": ["page_view"] * 2,
                          "at": ["2026-04-01T00:00:00Z"] * 2})
        assert [r["engagement"] for r in lf.score(model, touchpoints=table, at=AT)] == [3, 0], t
    decimals = pa.table({"lead": ["a"], "pages": pa.array([12], pa.decimal128(9, 2)),
                         "type": ["page_view"], "at": ["2026-04-01T00:00:00Z"]})
    assert lf.read(model, touchpoints=decimals).events("a")[0].properties == {"pages": 12}


def test_ids_may_be_numbers(model):
    for ids in (pa.array([7, 8], pa.int32()), pa.array([7.0, None])):
        table = pa.table({"lead": ids, "employees": [900, 900]})
        scores = lf.score(model, table, at=AT)
        assert scores.to_dicts()[0]["lead"] == "7"
    assert [(r.row, r.reason) for r in scores.issues] == [(1, "missing_lead")]


@pytest.mark.parametrize("type_", [pa.decimal128(5, 0), pa.decimal128(38, 2), pa.decimal256(76, 10)])
def test_ids_may_be_whole_decimals(type_, model):
    ids = pa.array([decimal.Decimal(7), decimal.Decimal(-8), None]).cast(type_)
    history = lf.read(model, pa.table({"lead": ids, "employees": ids}))
    assert [history._core.lead(i) for i in range(len(history))] == ["7", "-8"]
    assert history.events("7")[0].values["employees"] == 7
    assert [(r.row, r.reason) for r in history.issues] == [(2, "missing_lead")]
    engine = lf.Engine(model)
    with pytest.raises(lf.InputError, match="no lead id"):
        engine.apply(leads=pa.table({"lead": ids}))
    engine.apply(leads=pa.table({"lead": ids[:2]}))
    assert engine.history("-8")
    broken = pa.array([decimal.Decimal("7.25")], pa.decimal128(9, 2))
    history = lf.read(model, pa.table({"lead": broken}))
    (row,) = history.issues
    assert (row.row, row.column, row.reason) == (0, "lead", "wrong_type")
    assert "'7.25'" in row.message


def test_floats_as_ids_are_the_integers_they_are(model):
    history = lf.read(model, pl.DataFrame({"lead": [1.0, 1e15, 1e16, float("inf"), None]}))
    assert [history._core.lead(i) for i in range(len(history))] == ["1", "1000000000000000"]
    assert [(r.row, r.reason) for r in history.issues] == [
        (2, "wrong_type"), (3, "wrong_type"), (4, "missing_lead"),
    ]


def test_a_column_that_cannot_be_read_is_named_and_others_are_read(model):
    table = pa.table(
        {
            "lead": ["a"],
            "industry": pa.array([5], pa.duration("us")),
            "employees": [900],
            "other": pa.array([{"a": 1}]),
        }
    )
    history = lf.read(model, table)
    (issue,) = history.issues
    assert (issue.severity, issue.pointer) == ("warning", "/industry")
    assert "holds duration in microseconds, and is not read" in issue.message
    assert history.events("a")[0].values == {"employees": 900}
    for read in (
        lambda t: lf.read(model, t, strict=True),
        lambda t: lf.Engine(model).apply(leads=t),
        lambda t: lf.read(model, t.rename_columns(["other", "lead", "employees", "x"])),
    ):
        with pytest.raises(lf.InputError, match="holds duration in microseconds.*cast the column to text"):
            read(table)
    binary = pa.table({"lead": pa.array([b"a"], pa.binary())})
    with pytest.raises(lf.InputError, match="'lead' holds binary.*cast the column to text"):
        lf.read(model, binary)


def test_texts_that_no_id_can_be_are_bad_rows_on_every_path(model):
    texts = ["a", "b\0", "\ud800", "é"]
    table = {"lead": texts, "at": [AT] * 4, "type": ["seminar"] * 4}
    reasons = [(1, "lead", "nul"), (2, "lead", "not_utf8")]
    history = lf.read(model, touchpoints=table)
    assert [(r.row, r.column, r.reason) for r in history.issues] == reasons
    with pytest.raises(lf.InputError) as caught:
        lf.Engine(model).apply(touchpoints=table)
    assert [(r.row, r.column, r.reason) for r in caught.value.rows] == reasons[:1]
    with pytest.raises(lf.InputError):
        lf.features(model, {"lead": ["a"]}, cutoffs={"lead": texts, "at": [AT] * 4})
    with pytest.raises(lf.InputError, match="'lead' .*holds bytes"):
        lf.read(model, {"lead": [b"a"]})
    assert lf.read(model, {"lead": [2**70, 1]}).events(str(2**70))
    assert lf.read(model, {"lead": [decimal.Decimal("7.00")]}).events("7")


def test_sets_come_as_lists_or_texts(model):
    for column in ([["sensors", "optics"], None], ["sensors;optics", None]):
        table = pa.table({"lead": ["a", "b"], "interests": column})
        history = lf.read(model, table)
        assert history.events("a")[0].values == {"interests": {"sensors", "optics"}}
        assert [r["fit"] for r in lf.score(model, history, at=AT)] == [5, 0]
    polars = pl.DataFrame({"lead": ["a"], "interests": [["sensors"]]})
    assert lf.score(model, polars, at=AT).to_dicts()[0]["fit"] == 5


def test_timestamps_as_attributes(model):
    table = pl.DataFrame({"lead": ["a"], "customer_since": [dt.datetime(2020, 1, 1, tzinfo=UTC)]})
    assert lf.score(model, table, at=AT).to_dicts()[0]["fit"] == 7


def test_bad_rows_are_kept_apart(model):
    table = pl.DataFrame(
        {
            "lead": ["a", "", "c", "d", None],
            "at": ["2026-04-01T00:00:00Z", "2026-04-01T00:00:00Z", "25:61", "2026-04-01T00:00:00", "x"],
            "type": ["seminar"] * 5,
        }
    )
    scores = lf.score(model, touchpoints=table, at=AT)
    assert [r["lead"] for r in scores] == ["a"]
    assert scores.bad_rows == 4
    assert [(r.row, r.column, r.reason) for r in scores.issues] == [
        (1, "lead", "missing_lead"), (2, "at", "bad_instant"), (3, "at", "bad_instant"),
        (4, "lead", "missing_lead"),
    ]
    assert "'25:61'" in scores.issues[1].message
    with pytest.raises(lf.InputError) as caught:
        lf.score(model, touchpoints=table, at=AT, strict=True)
    assert caught.value.rows[0].row == 1


def test_rows_count_through_chunks(model):
    good = pl.DataFrame({"lead": ["a"] * 300_000, "at": ["2026-04-01T00:00:00Z"] * 300_000,
                         "type": ["seminar"] * 300_000})
    bad = good.head(1).with_columns(at=pl.lit("?"))
    scores = lf.score(model, touchpoints=pl.concat([good, bad, good, bad]), at=AT)
    assert [r.row for r in scores.issues] == [300_000, 600_001]
    assert scores.histories.touchpoints == 600_000


def test_columns_by_mapping(model):
    table = pl.DataFrame({"who": ["a"], "when": ["2026-04-01T00:00:00Z"], "what": ["page_view"],
                          "n": [12], "type": ["not this"]})
    mapping = {"lead": "who", "at": "when", "type": "what", "pages": "n"}
    scores = lf.score(model, touchpoints=table, at=AT, mapping=mapping)
    assert scores.to_dicts()[0]["engagement"] == 3
    by_table = lf.score(model, touchpoints=table, at=AT, mapping={"touchpoints": mapping})
    assert by_table.to_dicts() == scores.to_dicts()
    with pytest.raises(lf.InputError, match="'lead', 'at' and|'at'"):
        lf.score(model, touchpoints=table, at=AT)
    with pytest.raises(lf.InputError, match="did you mean 'pages'"):
        lf.score(model, touchpoints=table, at=AT, mapping={**mapping, "pagse": "n"})


def test_usual_names_are_known(model):
    table = pl.DataFrame({"lead_id": ["a"], "occurred_at": ["2026-04-01T00:00:00Z"], "activity": ["seminar"]})
    assert lf.score(model, touchpoints=table, at=AT).to_dicts()[0]["engagement"] == 10


def test_misspelt_columns_are_remarked(model):
    scores = lf.score(model, pl.DataFrame({"lead": ["a"], "employes": [900], "zip": ["1"]}), at=AT)
    (issue,) = scores.issues
    assert issue.severity == "warning"
    assert issue.hint == "did you mean 'employees'?"


def test_types_that_do_not_fit(model):
    with pytest.raises(lf.InputError) as caught:
        lf.read(model, pl.DataFrame({"lead": ["a"], "employees": [True], "opted_out": [1.5]}))
    assert [i.pointer for i in caught.value.issues] == ["/employees", "/opted_out"]
    with pytest.raises(lf.InputError, match="two columns 'a'"):
        lf.read(model, pa.table([pa.array(["x"]), pa.array(["y"]), pa.array(["z"])], ["lead", "a", "a"]))
    with pytest.raises(lf.InputError, match="no table"):
        lf.read(model, 17)
    with pytest.raises(lf.InputError, match="lengths|rows"):
        lf.read(model, {"lead": ["a", "b"], "industry": ["x"]})


def test_a_producers_error_is_passed_on(model):
    def batches():
        yield pa.record_batch({"lead": ["a"]})
        raise ValueError("the disk is gone")

    reader = pa.RecordBatchReader.from_batches(pa.schema({"lead": pa.string()}), batches())
    with pytest.raises(lf.InputError, match="the disk is gone"):
        lf.read(model, reader)


def test_files(model, leads, touchpoints, tmp_path):
    expected = lf.score(model, leads, touchpoints, at=AT).to_dicts()
    people, events = pl.DataFrame(leads), pl.DataFrame(touchpoints)
    people.write_csv(tmp_path / "leads.csv")
    events.write_csv(tmp_path / "touchpoints.csv")
    people.write_parquet(tmp_path / "leads.parquet")
    events.write_parquet(tmp_path / "touchpoints.parquet")
    people.write_ndjson(tmp_path / "leads.ndjson")
    events.write_ndjson(tmp_path / "touchpoints.ndjson")
    for kind in ("csv", "parquet", "ndjson"):
        scores = lf.score(model, tmp_path / f"leads.{kind}", str(tmp_path / f"touchpoints.{kind}"), at=AT)
        assert scores.issues == [], kind
        assert scores.to_dicts() == expected, kind
    with pytest.raises(FileNotFoundError):
        lf.read(model, tmp_path / "none.csv")


def test_packed_files(model, leads, touchpoints, tmp_path):
    expected = lf.score(model, leads, touchpoints, at=AT).to_dicts()
    pl.DataFrame(leads).write_csv(tmp_path / "leads.csv")
    pl.DataFrame(touchpoints).write_ndjson(tmp_path / "touchpoints.ndjson")
    packed = []
    for name in ("leads.csv", "touchpoints.ndjson"):
        packed.append(tmp_path / f"{name}.gz")
        packed[-1].write_bytes(gzip.compress((tmp_path / name).read_bytes()))
    assert lf.score(model, *packed, at=AT).to_dicts() == expected
    (tmp_path / "bad.csv.gz").write_bytes(gzip.compress(b"lead,employees\nL-1,many\n"))
    (row,) = lf.read(model, tmp_path / "bad.csv.gz").issues
    assert (row.table, row.row) == ("bad.csv.gz", 2)
    (tmp_path / "cut.csv.gz").write_bytes(packed[0].read_bytes()[:-12])
    (tmp_path / "none.csv.gz").write_bytes(b"lead\nL-1\n")
    for name in ("cut.csv.gz", "none.csv.gz"):
        with pytest.raises(lf.InputError, match=f"{name}.*cannot be unpacked"):
            lf.read(model, tmp_path / name)
    with pytest.raises(lf.InputError, match="neither CSV"):
        lf.read(model, tmp_path / "leads.parquet.gz")


def test_files_as_strangers_have_them(model, tmp_path):
    leads, touchpoints = tmp_path / "contacts.csv", tmp_path / "activities.txt"
    leads.write_bytes(
        'Lead ID;Industry ;employees;no mail\n17;"Tools; fine";850,5;x\n'.encode("utf-8-sig")
    )
    touchpoints.write_text("Contact\tActivity Date\ttype\n17\t2026-04-01 09:00\tseminar\n")
    with pytest.raises(lf.InputError, match=r'Say which column it is: mapping=\{"lead": "Lead ID"\}'):
        lf.read(model, leads)
    with pytest.raises(
        lf.InputError, match=r'mapping=\{"lead": "Contact", "at": "Activity Date"\}'
    ):
        lf.read(model, touchpoints=touchpoints)
    history = lf.read(model, leads, mapping={"lead": "Lead ID", "employees": "no mail"})
    (strange, _) = history.issues  # column x is no number
    assert "'Industry ' is not read" in strange.message
    assert strange.hint == "did you mean 'industry'?"
    history = lf.read(model, leads, mapping={"lead": "Lead ID", "industry": "Industry ",
                                             "employees": "none of them"})
    (known,) = history.events("17")
    assert known.values["industry"] == "Tools; fine"
    mapping = {"lead": "Contact", "at": "Activity Date"}
    (row, unread) = lf.read(model, touchpoints=touchpoints, mapping=mapping).issues[::-1]
    assert row.reason == "bad_instant" and 'timezone="Asia/Tokyo"' in unread.hint
    history = lf.read(model, touchpoints=touchpoints, mapping=mapping, timezone="Asia/Tokyo")
    assert history.issues == [] and history.touchpoints == 1


def test_mapping_files(tmp_path):
    mapping = {
        "format": "csv",
        "time": {"format": "local", "zone": "Asia/Tokyo"},
        "mappings": [
            {"to": "touchpoint", "lead": "customer", "at": "seen", "type": {"constant": "inquiry"},
             "properties": {"url": "page"}}
        ],
    }
    (tmp_path / "m.json").write_text("// how we call things\n" + json.dumps(mapping))
    text = "customer,seen,page\na,2026-04-01 09:00,/pricing/\n"
    (tmp_path / "t.csv").write_text(text)
    model = lf.example_model("b2b_starter")
    for given in (mapping, tmp_path / "m.json"):
        for table in (tmp_path / "t.csv", pl.read_csv(tmp_path / "t.csv")):
            history = lf.read(model, touchpoints=table, mapping=given)
            (event,) = history.events("a")
            assert event == lf.Touchpoint(
                "a", dt.datetime(2026, 4, 1, tzinfo=UTC), "inquiry", {"url": "/pricing/"}
            )
    assert "hubspot_contacts" in lf.example_mappings()


def test_mapping_file_of_every_kind_of_table(model):
    mapping = {
        "mappings": [
            {"to": "attributes", "lead": ["number", "cookie"], "at": "told",
             "when": {"field": "kind", "is": "A"},
             "attributes": {
                 "industry": "branch",
                 "employees": {"from": "size", "type": "number"},
                 "opted_out": {"from": "no mail", "type": "bool"},
                 "interests": {"from": "likes", "type": "set"},
             }}
        ],
    }
    rows = [
        {"kind": "A", "number": 17, "cookie": None, "told": dt.datetime(2026, 4, 1, 9, tzinfo=UTC),
         "branch": 'Tools, "fine"\nand Machines', "size": 850.5, "no mail": False,
         "likes": ["sensors", "drives"], "unread": "x"},
        {"kind": "A", "number": None, "cookie": "c-1", "told": dt.datetime(2026, 4, 2, tzinfo=UTC),
         "branch": None, "size": None, "no mail": True, "likes": [], "unread": None},
        {"kind": "B", "number": 18, "cookie": "c-2", "told": None, "branch": None, "size": 3.0,
         "no mail": None, "likes": None, "unread": None},
    ]
    columns = {c: [r[c] for r in rows] for c in rows[0]}
    frame = pl.DataFrame(columns)
    pandas = frame.with_columns(pl.col("number").cast(pl.String)).to_pandas()
    for table in (columns, rows, frame, frame.to_arrow(), pandas):
        history = lf.read(model, table, mapping=mapping)
        assert history.issues == [] and len(history) == 2
        known = history.events("17")  # one event for each attribute
        assert {e.at for e in known} == {rows[0]["told"]}
        assert dict(x for e in known for x in e.values.items()) == {
            "industry": rows[0]["branch"], "employees": 850.5, "opted_out": False,
            "interests": {"sensors", "drives"},
        }
        less = dict(x for e in history.events("c-1") for x in e.values.items())
        assert less["opted_out"] is True and less["industry"] is None
    with pytest.raises(lf.InputError, match="not equally long"):
        lf.read(model, columns | {"size": [1.0]}, mapping=mapping)
    with pytest.raises(lf.InputError, match="did you mean 'branches'"):
        lf.read(model, frame.rename({"branch": "branches"}), mapping=mapping)


def test_stage_entries(touchpoints):
    model = lf.preset("demand_waterfall_2006")
    funnel = model.funnels[0]
    stages = pl.DataFrame({"lead": ["a"], "at": [dt.datetime(2026, 4, 1, tzinfo=UTC)],
                           "stage": [funnel.stages[0].id]})
    (entry,) = lf.read(model, stages=stages).events("a")
    assert (entry.funnel, entry.stage) == (funnel.id, funnel.stages[0].id)


def test_results_as_every_frame(model, leads, touchpoints):
    at = [AT, "2026-05-29T10:00:00+09:00"]
    scores = lf.score(model, leads, touchpoints, at=at)
    expected = scores.to_dicts()
    assert len(scores) == 6
    assert scores.columns == ["lead", "at", "fit", "engagement", "total", "temperature"]
    assert scores.to_polars().to_dicts() == expected
    table = scores.to_arrow()
    table.validate(full=True)
    assert table.schema.field("at").type == pa.timestamp("us", "UTC")
    assert table.to_pylist() == expected
    frame = scores.to_pandas()
    assert frame["at"].dt.tz is not None
    assert frame["temperature"].cat.categories.tolist() == ["cold", "warm", "hot"]
    assert frame["fit"].isna().tolist() == [r["fit"] is None for r in expected]
    assert duckdb.sql("select count(*) from scores").fetchall() == [(6,)]
    assert pc.sum(table["fit"]).as_py() == 100
    exact = scores.micros("engagement")
    assert exact.dtype == np.int64
    assert (exact / 1e6).tolist()[:4] == [r["engagement"] for r in expected][:4]
    assert scores.absent("fit").tolist() == [r["fit"] is None for r in expected]
    with pytest.raises(ValueError, match="read-only"):
        exact[0] = 1


def test_views_keep_their_owner_alive(model, leads, touchpoints):
    import gc

    exact = lf.score(model, leads, touchpoints, at=AT).micros("fit")
    stream = lf.score(model, leads, touchpoints, at=AT).__arrow_c_stream__()
    frame = lf.score(model, leads, touchpoints, at=AT).to_pandas()
    gc.collect()
    assert exact[0] == 50_000_000
    assert pa.RecordBatchReader._import_from_c_capsule(stream).read_all()["fit"][0].as_py() == 50
    assert frame["fit"][0] == 50


def test_html_is_escaped(model):
    evil = '<script>alert("x")</script>\x1b[31m'
    scores = lf.score(
        model,
        {"lead": [evil]},
        {"lead": [evil], "at": ["2026-04-01T00:00:00Z"], "type": ["page_view"], "url": [evil]},
        at=AT,
    )
    for html in (scores._repr_html_(), scores.explain(evil, "engagement")._repr_html_()):
        assert "<script" not in html
        assert "&lt;script" in html
    assert "\x1b" not in repr(scores)


# ---- scores that are added up while tables are read


@pytest.fixture
def additive(model):
    """The small model without rules that look at several touchpoints."""
    said = model.to_dict()
    for rule in said["rules"]:
        rule.pop("limits", None)
    return lf.Model.from_dict(said)


@pytest.mark.parametrize("make", [pl.DataFrame, pa.table, chunked, sliced, dictionaries, pd.DataFrame],
                         ids=["polars", "arrow", "chunked", "sliced", "dictionaries", "pandas"])
def test_adding_up_gives_the_same(make, additive, leads, touchpoints):
    people, events = make(leads), make(touchpoints)
    scores = lf.score(additive, people, events, at=AT)
    assert not scores._core.has_histories
    stored = lf.score(additive, lf.read(additive, people, events), at=AT)
    assert stored._core.has_histories
    assert scores.to_dicts() == stored.to_dicts()
    assert repr(scores) == repr(stored)
    assert scores.top("total").to_dicts() == stored.top("total").to_dicts()
    for score in scores.plan.scores:
        assert scores.micros(score).tolist() == stored.micros(score).tolist()
    assert str(scores.explain("L-1")) == str(stored.explain("L-1"))  # reads the tables again
    assert scores._core.has_histories
    assert scores.histories.touchpoints == 4
    assert scores.to_dicts() == stored.to_dicts()


def test_tables_are_held_as_they_were(additive, leads, touchpoints):
    for make, change in [
        (pl.DataFrame, lambda t: t.insert_column(0, pl.lit("nobody").alias("type2"))),
        (pl.DataFrame, lambda t: t.extend(t)),
        (pd.DataFrame, lambda t: t.pop("url")),
        (pd.DataFrame, lambda t: t.__setitem__("type", "page_view")),
    ]:
        events = make(touchpoints)
        scores = lf.score(additive, make(leads), events, at=AT)
        assert not scores._core.has_histories
        change(events)
        for row in scores:
            if row["total"] is not None:
                assert scores.explain(row["lead"], "total").total == row["total"]


def test_what_needs_histories_has_them(model, additive, leads, touchpoints):
    people, events = pl.DataFrame(leads), pl.DataFrame(touchpoints)
    for call in [
        lambda: lf.score(model, people, events, at=AT),  # the model has limits
        lambda: lf.score(additive, people, events, at=[AT, "2026-05-01T00:00:00Z"]),
        lambda: lf.score(additive, leads, touchpoints, at=AT),  # a dict may change later
        lambda: lf.score(additive, people, events.with_columns(id=pl.lit("x")), at=AT),
        lambda: lf.score(additive, people.with_columns(at=pl.lit("2026-01-01T00:00:00Z")), events, at=AT),
        lambda: lf.score(additive, people.with_columns(id=pl.lit("x")), events, at=AT),
        lambda: lf.score(additive, lf.read(additive, people, events), at=AT),
    ]:
        assert call()._core.has_histories
    twice = events.with_columns(id=pl.int_range(pl.len()).cast(pl.String))
    assert (lf.score(additive, people, pl.concat([twice, twice]), at=AT).to_dicts()
            == lf.score(additive, people, events, at=AT).to_dicts())


def test_adding_up_keeps_bad_rows_apart(additive, leads, touchpoints):
    bad = pl.DataFrame(touchpoints).with_columns(
        at=pl.when(pl.int_range(pl.len()) == 1).then(pl.lit("?")).otherwise(pl.col("at"))
    )
    scores = lf.score(additive, pl.DataFrame(leads), bad, at=AT)
    stored = lf.score(additive, lf.read(additive, leads, bad), at=AT)
    assert not scores._core.has_histories
    assert scores.issues == stored.issues and scores.bad_rows == 1
    assert scores.to_dicts() == stored.to_dicts()
    with pytest.raises(lf.InputError):
        lf.score(additive, pl.DataFrame(leads), bad, at=AT, strict=True)
    features = lf.features(additive, pl.DataFrame(leads), bad, cutoffs=AT, contributions=True)
    assert features.issues == stored.issues


def test_empty_tables(model):
    empty = pl.DataFrame(schema={"lead": pl.String, "at": pl.Datetime("us", "UTC"), "type": pl.String})
    scores = lf.score(model, touchpoints=empty, at=AT)
    assert len(scores) == 0
    assert scores.to_polars().height == 0
    assert len(lf.score(model, at=AT)) == 0
    scores._repr_html_()
