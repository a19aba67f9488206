# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""CSV that a spreadsheet opens: no text of the input starts a row or runs as a formula."""

import csv
import io
import time
import unicodedata

import leadfunnel as lf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadfunnel.cli._output import Format, Output, Rows
from leadfunnel.cli._text import csv_cell, csv_line

FORMULA = "=+-@＝＋－＠﹦﹢﹣﹫"

# Delimiters of other kinds of CSV, and line ends.
NASTY = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "＝1",
    "﹦1",
    "\r=1",
    "\n=1",
    "\t=1",
    "\v=1",
    "\f=1",
    "\x1c=1",
    "\x85=1",
    "\u2028=1",
    "\ufeff=1",
    "\u200b=1",
    "\u00a0=1",
    "\u3000=1",
    "\u3164=1",
    "\u2800=1",
    " \t =1",
    "\x00=1",
    "a\r=1",
    "a\r\n=1",
    "a;=1+1",
    "a; =1+1",
    "a\t=1+1",
    'a;"=1+1',
    'a;""=1+1',
    '"=1',
    '";=1',
    'a",=1',
    ";;;=1",
    "a\rb",
    "\r",
    "",
    " ",
    "'=1",
    "a,b",
    'a"b',
]

texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.sampled_from('=+-@＝;,\t\r\n"\' \u00a0\u200b\ufeff\u2028\x85\x0b\x00aZ09')),
)
tables = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(texts, min_size=n, max_size=n), min_size=1, max_size=5)
)


def begins(cell):
    """The first character that a person sees, or that a spreadsheet evaluates."""
    seen = (c for c in cell if unicodedata.category(c)[0] not in "CZ" and c not in '\u3164\u2800"')
    return next(seen, "")


def written(rows, **how):
    return "".join(csv_line([csv_cell(c, **how) for c in row]) for row in rows)


@given(tables)
def test_rows_and_columns_are_those_written(rows):
    read = list(csv.reader(io.StringIO(written(rows), newline="")))
    assert [len(r) for r in read] == [len(r) for r in rows]
    for row, said in zip(rows, read, strict=True):
        for text, cell in zip(row, said, strict=True):
            assert begins(cell) not in {*FORMULA}
            assert cell.replace("'", "") == text.replace("'", "")
            if cell != text:
                assert any(f in text for f in FORMULA)
    assert list(csv.reader(io.StringIO(written(rows, raw=True), newline=""))) == rows


@given(tables)
def test_no_reader_of_another_kind_of_csv_finds_a_formula(rows):
    text = written(rows)
    for delimiter in ",;\t":
        # With and without quotes, and by everything that Unicode calls a line end.
        readers = [
            csv.reader(io.StringIO(text, newline=""), delimiter=delimiter),
            csv.reader(text.splitlines(), delimiter=delimiter),
            *(
                [
                    csv.reader(
                        text.splitlines(), delimiter=delimiter, quoting=csv.QUOTE_NONE
                    )
                ]
                if delimiter != ","
                else []
            ),
        ]
        for reader in readers:
            for row in reader:
                for cell in row:
                    assert begins(cell) not in {*FORMULA}


@given(st.lists(texts.filter(lambda t: "\x00" not in t), min_size=1, max_size=5, unique=True))
def test_leadfunnel_reads_the_texts_back(tmp_path_factory, ids):
    model = lf.Model.from_dict(
        {
            "id": "m",
            "attributes": [{"id": "note", "type": "string"}],
            "scores": [{"id": "s"}],
            "rules": [
                {"kind": "attribute", "id": "r", "score": "s", "points": 1,
                 "when": {"attribute": "note", "exists": True}}
            ],
        }
    )
    rows = [["lead", "note"], *([f"L-{i}", t] for i, t in enumerate(ids))]
    path = tmp_path_factory.mktemp("csv") / "leads.csv"
    for raw in (True, False):
        path.write_text(written(rows, raw=raw), encoding="utf-8", newline="")
        histories = lf.read(model, path, strict=True)
        for i, text in enumerate(ids):
            (said,) = histories.events(f"L-{i}")
            held = said.values.get("note") or ""
            if raw or not any(f in text for f in FORMULA):
                assert held == text
            else:
                assert held.replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize("text", NASTY)
def test_what_the_command_line_writes(text, tmp_path):
    path = tmp_path / "out.csv"
    rows = Rows.made({"lead": "text", "points": "number"}, [(text, -5.0), ("L", 2.5)])
    Output(path, Format.csv).write(rows)
    read = list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))
    assert [len(r) for r in read] == [2, 2, 2]
    assert read[1][1] == "-5"  # a number stays a number
    assert begins(read[1][0]) not in {*FORMULA}
    assert read[1][0].replace("'", "") == text.replace("'", "")


def test_harmless_texts_stay():
    for text in ("L-1", "a - b", "x=1", "全角\u3000空白", "2026-04-01T00:00:00Z", "ann@example.com"):
        assert csv_cell(text) == text
    assert csv_cell("a;b") == '"a;b"'
    assert csv_cell("-5") == "'-5"
    assert csv_cell("note:\n- call") == "\"note:\n'- call\""


@pytest.mark.parametrize("text", ["\n", ";", "=;", ";=", " ", '"', "'=", "\u200b"])
def test_long_texts_cost_no_more_than_their_length(text):
    began = time.process_time()
    csv_cell(text * 500_000)
    assert time.process_time() - began < 5
