"""CSV and TSV: encoding by a ladder, separator as stated, field counts checked.

The ladder: a byte order mark says UTF-8 or UTF-16; without one the text is strict UTF-8; what is not UTF-8 is
Windows-1252, if its letters are those of French. Windows-1252 accepts nearly any byte, and Mac Roman, DOS (CP850)
and Latin-9 read as Windows-1252 all leave letters that French text does not have: such a file is refused. A sidecar
that states an encoding is held to it.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from itertools import islice
from typing import TYPE_CHECKING, NoReturn

from panel_eis.errors import DataError, Problem
from panel_eis.project_tables import strict_rows
from panel_eis.readers.bounds import STREAMED, check_kind, check_shape, content_of, shown
from panel_eis.readers.columns import by_column
from panel_eis.readers.table import Table, assembled, other_separator, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from panel_eis.waves import Sidecar

NOT_FRENCH = re.compile("[ƒˆŠšŽž‚„†‡‹›¯¸¨¬¤¥¦¢¶ÐÞðþ˜]|(?<=[a-zà-ÿ])[“”•™Œ‰½¼](?=[a-zà-ÿ])")
"""What Windows-1252 shows for an accent of Mac Roman, CP850 or Latin-9 (é → Ž, è → Š, € → ¤, cœur → c½ur)."""
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CODECS = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "windows-1252": "cp1252"}
_QUOTED = re.compile(r'"(?:[^"]|"")*"([,;\t])')
"""First cell of a file that quotes its cells, and the separator after it."""
_HEADERS = 3
"""Most header rows that a sidecar may state."""


def read_text(path: Path, sidecar: Sidecar) -> Table:
    """Read a CSV or TSV file with the separator of the sidecar.

    A sound file is read by column (``columns``); wherever that reader is not sure to see what a strict reading sees,
    the file is read again row by row, which names every fault with its row.

    Raises
    ------
    DataError
        When it is not in the stated encoding or separator, has rows of unequal length, damaged letters or no answer.

    """
    file, content = shown(path), content_of(path, STREAMED)
    check_kind(content, file)
    return _read_fast(content, sidecar, file) or _read_rows(content, sidecar, file)


def _read_fast(content: bytes, sidecar: Sidecar, file: str) -> Table | None:
    """Read a sound UTF-8 file by column; None where it is not known to be one."""
    if sidecar.encoding not in ("", "utf-8") or content.startswith(_UTF16) or b"\0" in content:
        return None
    first = int(sidecar.header_rows)
    try:
        rows, start = _header(content, sidecar.separator, first)
    except (csv.Error, UnicodeDecodeError):
        return None
    if len(rows) < first or content.startswith(codecs.BOM_UTF8, start):
        return None  # that reader would drop a mark that stands before the first answer
    read = by_column(content, start, len(rows[0]), sidecar.separator, STREAMED)
    del content
    if read is None:
        return None
    columns, numbers = read
    cells = assembled(rows[0], columns, numbers + first + 1, sidecar, file)
    return Table(cells, "utf-8", headers=tuple(tuple(row) for row in rows[1:first]))


def _header(content: bytes, separator: str, first: int) -> tuple[list[list[str]], int]:
    """First rows, fewer where there are not so many, and the byte after them."""
    start = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0

    def lines() -> Iterator[str]:
        nonlocal start
        for line in io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline=""):
            start += len(line.encode())
            yield line

    return list(islice(csv.reader(lines(), delimiter=separator, strict=True), first)), start


def _read_rows(content: bytes, sidecar: Sidecar, file: str) -> Table:
    """Read any file row by row, so that every fault is told with its row."""
    text, encoding = decode(content, sidecar.encoding, file)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError([Problem("E-NUL", file, row=line)])
    reader = strict_rows(io.StringIO(text, newline=""), sidecar.separator, file)
    first = int(sidecar.header_rows)
    suspicious = {"E-ENCODING-SIGNS": NOT_FRENCH} if encoding == "windows-1252" else None
    try:
        rows = list(islice(reader, first)) or _no_row(file)
        body = _counted(reader, first, len(rows[0]), file)
        cells = table(rows[0], body, sidecar, file, suspicious=suspicious, limits=STREAMED)
    except DataError as error:
        other = _QUOTED.match(text) if any(p.code == "E-CSV" for p in error.problems) else None
        if other and other[1] != sidecar.separator:
            raise DataError([other_separator(sidecar.separator, other[1], file)]) from error
        raise
    return Table(cells, encoding, headers=tuple(tuple(row) for row in rows[1:]))


def _no_row(file: str) -> NoReturn:
    raise DataError([Problem("E-EMPTY", file)])


def _counted(
    reader: Iterable[list[str]], first: int, width: int, file: str
) -> Iterator[tuple[int, list[str]]]:
    """Rows with their numbers, as long as the limit allows, blank ones included."""
    for number, row in enumerate(reader, first + 1):
        if number > STREAMED.rows + _HEADERS + 1:
            check_shape(number, width, file, STREAMED)
        yield number, row


def decode(content: bytes, encoding: str, file: str) -> tuple[str, str]:
    """Text of a file and its encoding: the one stated, else the first rung of the ladder that holds it.

    Raises
    ------
    DataError
        When the bytes are not in the stated encoding or on no rung, or when the sidecar states Windows-1252 for a
        file that is UTF-8.

    """
    marked = content.startswith((codecs.BOM_UTF8, *_UTF16))
    if encoding == "windows-1252" and (marked or _is_utf8(content)):
        raise DataError([Problem("E-ENCODING-UTF", file)])
    used = "utf-16" if content.startswith(_UTF16) else encoding or "utf-8"
    try:
        return content.decode(_CODECS[used]), used
    except UnicodeDecodeError as error:
        text = "" if encoding or marked else _as_windows(content)
        if text:
            return text, "windows-1252"
        row = content[: error.start].count(b"\n") + 1
        raise DataError([Problem("E-ENCODING", file, row=row, details={"encoding": used})]) from error


def _as_windows(content: bytes) -> str:
    """Text of Windows-1252 with the letters of French, or nothing."""
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return ""
    return "" if NOT_FRENCH.search(text) else text


def _is_utf8(content: bytes) -> bool:
    """True for UTF-8 that holds at least one letter beyond ASCII."""
    try:
        return not content.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False
