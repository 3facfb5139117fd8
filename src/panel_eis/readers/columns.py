r"""The fast road of a sound CSV file: read by column, in pieces, as codes of distinct texts.

pyarrow reads what is not strict CSV too, and silently (``"a"b`` as ``ab``). A file is read here only when a strict
reading cannot see anything else: quotes open and close fields and nothing else, every line end is ``\n`` or
``\r\n``, every row has as many fields as the header. Anything else is left to the row-by-row reader, which tells it.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from panel_eis.readers.bounds import Limits

    Columns = list[tuple[np.ndarray, np.ndarray]]

_PIECE = 1 << 24
_BLOCK = 1 << 21


def by_column(
    content: bytes, start: int, width: int, separator: str, limits: Limits
) -> tuple[Columns, np.ndarray] | None:
    """Columns of the rows from byte ``start`` on as codes and distinct texts, and the places of these rows.

    Parameters
    ----------
    content
        What should be UTF-8, without byte order mark and null characters.
    width
        Number of fields of every row.

    Returns
    -------
    For each column codes (rows,) and texts in the order of their first row; places of the rows among all rows of the
    body, from zero, blank rows being left out. None where the file must be read row by row.

    """
    body = memoryview(content)[start:]
    if not 0 < width <= limits.columns or not _ends_are_plain(content):
        return None
    quotes = _quotes(body) if b'"' in content else None
    if quotes is not None and not _frame_fields(quotes, body, separator):
        return None
    table = _read(body, width, separator, breaks=quotes is not None and _hold_breaks(quotes, body))
    if table is None or not 0 < table.num_rows <= min(limits.rows, limits.cells // width):
        return None
    columns, arrays = [], table.columns
    del table
    while arrays:
        column = _codes(arrays.pop(0))
        if column is None:
            return None
        columns.append(column)
    return _without_blank_rows(columns)


def _ends_are_plain(content: bytes) -> bool:
    """True where a carriage return stands only before a line feed."""
    return b"\r" not in content or content.count(b"\r") == content.count(b"\r\n")


def _places(body: memoryview, octet: str) -> np.ndarray:
    """Where a sign stands, in order; searched piece by piece, so that memory stays small."""
    import numpy as np  # noqa: PLC0415  # a build with nothing to do needs the names of waves only

    octets = np.frombuffer(body, dtype=np.uint8)
    pieces = range(0, len(octets), _PIECE)
    found = (np.flatnonzero(octets[p : p + _PIECE] == ord(octet)) + p for p in pieces)
    return np.concatenate([np.empty(0, dtype=np.intp), *found])


def _quotes(body: memoryview) -> np.ndarray:
    return _places(body, '"')


def _frame_fields(quotes: np.ndarray, body: memoryview, separator: str) -> bool:
    """True where quotes are pairs, each opening after a separator or line end (or a quote) and closing before one."""
    import numpy as np  # noqa: PLC0415

    if len(quotes) % 2:
        return False
    octets = np.frombuffer(body, dtype=np.uint8)
    opening, closing = quotes[::2], quotes[1::2]
    around = np.zeros(256, dtype=bool)
    # A quote before an opening one, or after a closing one, is its neighbour in the list: a doubled quote.
    around[[ord(separator), ord("\n"), ord("\r"), ord('"')]] = True
    starts = around[octets[np.maximum(opening - 1, 0)]] | (opening == 0)
    ends = around[octets[np.minimum(closing + 1, len(octets) - 1)]] | (closing == len(octets) - 1)
    return bool(starts.all() and ends.all())


def _hold_breaks(quotes: np.ndarray, body: memoryview) -> bool:
    """True where a line ends between quotes: an odd number of quotes stands before it."""
    return bool((quotes.searchsorted(_places(body, "\n")) % 2).any())


def _read(body: memoryview, width: int, separator: str, *, breaks: bool) -> Any:
    """Table of pyarrow with every column as codes of text; None where it is not UTF-8 or rows differ in length.

    ``breaks`` says that answers hold line ends: pyarrow must then look at every sign to know where a block may end.
    """
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import csv as arrow  # noqa: PLC0415

    names = [str(place) for place in range(width)]
    text = pa.dictionary(pa.int32(), pa.string())
    pool = pa.system_memory_pool()  # pyarrow's own gives memory back and asks for it again, block by block
    end = len(body)
    while end and body[end - 1] in b"\r\n":
        end -= 1
    if not end:
        return None
    try:
        table = arrow.read_csv(
            pa.BufferReader(pa.py_buffer(body[:end])),
            read_options=arrow.ReadOptions(column_names=names, block_size=_BLOCK, use_threads=False),
            parse_options=arrow.ParseOptions(
                delimiter=separator, newlines_in_values=breaks, ignore_empty_lines=False
            ),
            convert_options=arrow.ConvertOptions(
                column_types=dict.fromkeys(names, text),
                null_values=[],
                strings_can_be_null=False,
                check_utf8=False,
            ),
            memory_pool=pool,
        ).unify_dictionaries(memory_pool=pool)
        for column in table.columns:  # whether it is UTF-8 is asked of each distinct text, once
            if column.num_chunks:
                column.chunk(0).dictionary.validate(full=True)
    except pa.ArrowInvalid:
        return None
    return table


def _codes(column: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Codes and texts of one column; None where a cell is longer than the strict reader takes."""
    import numpy as np  # noqa: PLC0415
    from pyarrow import compute  # noqa: PLC0415

    joined = column.combine_chunks()
    texts = joined.dictionary
    longest = csv.field_size_limit()
    if any(
        (compute.max(f(texts)).as_py() or 0) <= longest for f in (compute.binary_length, compute.utf8_length)
    ):
        fits = next(t for t in (np.int8, np.int16, np.int32) if len(texts) <= np.iinfo(t).max)
        return joined.indices.to_numpy().astype(fits, copy=False), texts.to_numpy(zero_copy_only=False)
    return None


def _without_blank_rows(columns: Columns) -> tuple[Columns, np.ndarray]:
    """The same columns without rows that hold nothing but spaces, and the places of the rows that are left."""
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    rows = np.arange(len(columns[0][0]))
    blank = rows
    for codes, texts in sorted(columns, key=lambda column: len(column[1])):
        empty = [code for code, text in enumerate(texts) if not text.strip()]
        blank = blank[np.isin(codes[blank], empty)] if empty else blank[:0]
        if not len(blank):
            return columns, rows
    kept = np.delete(rows, blank)
    shorter = []
    for codes, texts in columns:
        left, present = pd.factorize(codes[kept])
        shorter.append((left, texts[present]))
    return shorter, kept
