"""CSV and TSV: encoding by a ladder, separator as stated, field counts checked.

The ladder: a byte order mark says UTF-8 or UTF-16; without one the text is strict UTF-8, or Windows-1252 where the
sidecar says so. Windows-1252 accepts nearly any byte, so its letters are then checked against those of French:
UTF-8, Mac Roman, DOS (CP850) and Latin-9 read as Windows-1252 all leave letters that French text does not have.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from panel_eis.errors import DataError, Problem
from panel_eis.readers.bounds import MAX_ROWS, check_kind, check_shape, content_of, shown
from panel_eis.readers.table import table

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from panel_eis.waves import Sidecar

NOT_FRENCH = re.compile("[ƒˆŠšŽž‚„†‡‹›¯¸¨¬¤¥¦¢¶ÐÞðþ˜]|(?<=[a-zà-ÿ])[“”•™Œ‰½¼](?=[a-zà-ÿ])")
"""What Windows-1252 shows for an accent of Mac Roman, CP850 or Latin-9 (é → Ž, è → Š, € → ¤, cœur → c½ur)."""
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_TOO_MANY = MAX_ROWS + 4
"""Enough to know that the limit is passed, with up to three header rows."""


def read_csv(path: Path, sidecar: Sidecar) -> pd.DataFrame:
    """Read a CSV file with the separator of the sidecar.

    Raises
    ------
    DataError
        When it is not in the stated encoding or separator, has rows of unequal length, damaged letters or no answer.

    """
    file, content = shown(path), content_of(path)
    check_kind(content, file)
    text = decode(content, sidecar.encoding, file)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError([Problem("E-NUL", file, row=line)])
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=sidecar.separator, strict=True):
            rows.append(row)
            if len(rows) > _TOO_MANY:
                check_shape(len(rows), len(rows[0]), file)
    except csv.Error as error:
        raise DataError([Problem("E-CSV", file, details={"reason": str(error)})]) from error
    if not rows:
        raise DataError([Problem("E-EMPTY", file)])
    suspicious = {"E-ENCODING-SIGNS": NOT_FRENCH} if sidecar.encoding == "windows-1252" else None
    first = int(sidecar.header_rows)
    return table(rows[0], enumerate(rows[first:], first + 1), sidecar, file, suspicious=suspicious)


def read_tsv(path: Path, sidecar: Sidecar) -> pd.DataFrame:
    """Read a TSV file: the tab separates, unless the sidecar says otherwise."""
    return read_csv(path, replace(sidecar, separator="\t") if sidecar.separator == "," else sidecar)


def decode(content: bytes, encoding: str, file: str) -> str:
    """Text of a file: by its byte order mark, else strictly in the stated encoding.

    Raises
    ------
    DataError
        When the bytes are not in that encoding, or the sidecar states Windows-1252 for a file that is UTF-8.

    """
    marked = content.startswith((codecs.BOM_UTF8, *_UTF16))
    if encoding == "windows-1252" and (marked or _is_utf8(content)):
        raise DataError([Problem("E-ENCODING-UTF", file)])
    used = "utf-16" if content.startswith(_UTF16) else "cp1252" if encoding == "windows-1252" else "utf-8-sig"
    try:
        return content.decode(used)
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        problem = Problem(
            "E-ENCODING", file, row=row, details={"encoding": encoding if used != "utf-16" else used}
        )
        raise DataError([problem]) from error


def _is_utf8(content: bytes) -> bool:
    """True for UTF-8 that holds at least one letter beyond ASCII."""
    try:
        return not content.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False
