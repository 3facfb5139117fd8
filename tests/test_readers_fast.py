"""The reading by column and the reading row by row of a CSV file: one table, and one reader that tells the faults."""

import csv
import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panel_eis.errors import DataError
from panel_eis.readers import columns, delimited
from panel_eis.waves import Sidecar

PIECES = [
    "a",
    "bb",
    "",
    " ",
    "0",
    "NA",
    "null",
    "é",
    "’",
    "Ã©",
    "\u2028",
    '"',
    '""',
    ",",
    ";",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\\",
]
TEXT = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)


def _outcome(read, content, sidecar):
    """Table as a frame of text with its headers, or what was told."""
    try:
        found = read(content, sidecar, "waves/2023.csv")
    except DataError as error:
        return [(p.code, p.row, p.column, p.value, dict(p.details)) for p in error.problems]
    return found and (found.cells, found.encoding, found.headers)


def _same(content, sidecar):
    """Compare both readings; gives whether the fast one read the file, or told its faults, itself."""
    fast = _outcome(delimited._read_fast, content, sidecar)
    if fast is None:
        return False
    slow = _outcome(delimited._read_rows, content, sidecar)
    if isinstance(slow, list):
        assert fast == slow
    else:
        pd.testing.assert_frame_equal(fast[0].astype(object), slow[0].astype(object))
        assert [list(c.cat.categories) for _, c in fast[0].items()] == [
            list(c.cat.categories) for _, c in slow[0].items()
        ]
        assert fast[1:] == slow[1:]
    return True


@settings(max_examples=400, deadline=None)
@given(
    st.lists(TEXT, max_size=12).map("".join), st.sampled_from([",", ";", "\t"]), st.sampled_from(["1", "2"])
)
def test_any_text_is_read_alike_or_left_to_the_strict_reader(text, separator, header_rows):
    """Quotes in the middle, lone carriage returns, rows too short: the fast reading never sees something else."""
    sidecar = Sidecar(separator=separator, header_rows=header_rows)
    _same(f"x{separator}y\n{text}".encode(), sidecar)
    _same(f"x\n{text}".encode(), sidecar)
    _same(text.encode("utf-8-sig"), sidecar)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.lists(TEXT.map(lambda t: t.replace("\r", "")), min_size=3, max_size=3), min_size=1, max_size=8
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_every_sound_file_is_read_by_column(rows, end, quoting):
    """As spreadsheets write them: the fast road is taken, and reads the same."""
    text = io.StringIO()
    csv.writer(text, lineterminator=end, quoting=quoting).writerows([["x", "y", "z"], *rows])
    assert _same(text.getvalue().encode(), Sidecar())


@pytest.mark.parametrize(
    "content",
    [
        b'x,y\n"a"b,1\n',
        b'x,y\na"b,1\n',
        b'x,y\n"a,1\n',
        b"x,y\na\rb,1\n",
        b"x,y\n1\n",
        b"x,y\n1,2,3\n",
        b"x,y\n\xe9,1\n",
    ],
)
def test_what_is_not_plain_is_left_to_the_strict_reader(content):
    """It tells the fault with its row, or reads what only it can read."""
    assert delimited._read_fast(content, Sidecar(), "f") is None


def test_invalid_utf8_is_never_read_by_column():
    """Wherever the bytes are: first or last, quoted, in a surrogate or cut in the middle."""
    for bad in (b"\xff", b"\xed\xa0\x80", b"\xc3", b"\xf5\x80\x80\x80", b"\xc0\xaf"):
        for content in (
            b"x,y\n%s,1\n",
            b'x,y\n"%s",1\n',
            b"x,y\n1,%s",
            b"x,y\n1,2\n3,a%sb\n",
            b"%s,y\n1,2\n",
        ):
            assert delimited._read_fast(content % bad, Sidecar(), "f") is None


def test_cells_longer_than_the_strict_reader_takes_are_left_to_it():
    """131,072 signs, where Python's reader says no."""
    limit = csv.field_size_limit()
    assert _same(b"x,y\n" + b"a" * limit + b",1\n", Sidecar())
    assert not _same(b"x,y\n" + b"a" * (limit + 1) + b",1\n", Sidecar())


def test_files_of_several_blocks_are_read_alike(monkeypatch):
    """Texts are numbered across blocks in the order of their first row; a cell may hold a line end."""
    monkeypatch.setattr(columns, "_BLOCK", 1 << 12)
    rng = np.random.default_rng(3)
    rows = [[f"u{i}", str(rng.integers(40)), "a\nb" if i % 7 else "ç, d"] for i in range(3_000)]
    text = io.StringIO()
    csv.writer(text).writerows([["x", "y", "z"], *rows, ["", " ", ""], ["u", "", ""]])
    assert _same(text.getvalue().encode(), Sidecar())


def test_a_table_beyond_the_limits_is_left_to_the_reader_that_counts(monkeypatch):
    """Rows and cells are limited alike on both roads."""
    content = b"x,y\n1,2\n3,4\n"
    for limits in ({"rows": 1}, {"cells": 3}, {"columns": 1}):
        with monkeypatch.context() as patch:
            patch.setattr(delimited, "STREAMED", replace(delimited.STREAMED, **limits))
            assert delimited._read_fast(content, Sidecar(), "f") is None
            assert _outcome(delimited._read_rows, content, Sidecar())[0][0].startswith("E-LIMIT-")
