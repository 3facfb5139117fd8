"""How large a wave may be, and what a file is by its first bytes.

The limits are far above a survey of organisations and below what a laptop holds in memory: beyond them the
file is the wrong one (a register, a log, a bomb), and saying so at once is kinder than a machine that freezes.
Text files are read in pieces and kept as codes, a few bytes a cell; the libraries of the other formats hold every
cell as an object, some ten times the file in memory, and are given less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from panel_eis.errors import DataError, Problem

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Limits:
    """Largest file and table of a family of formats."""

    bytes: int
    columns: int
    rows: int
    cells: int


WHOLE = Limits(bytes=50_000_000, columns=5_000, rows=200_000, cells=20_000_000)
"""Workbooks, SPSS, Stata. A wave of 5,000 organisations and 150 questions is about 3 MB; a long questionnaire with all
its multiple choices split has some 1,500 columns; there are about 155,000 employers in the social and solidarity
economy in France. A workbook may claim far more in a few bytes."""
STREAMED = Limits(bytes=1_000_000_000, columns=5_000, rows=2_000_000, cells=150_000_000)
"""CSV and TSV. A million rows of 60 columns are some 300 MB."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC = (
    (b"PK\x03\x04", "ZIP (XLSX, ODS)"),
    (b"$FL2", "SPSS (.sav)"),
    (b"$FL3", "SPSS (.zsav)"),
    (b"<stata_dta>", "Stata (.dta)"),
    (b"%PDF", "PDF"),
)


def shown(path: Path) -> str:
    """Path as the person knows it, relative to the project."""
    return "/".join(path.parts[-3:])


def content_of(path: Path, limits: Limits = WHOLE) -> bytes:
    """Bytes of a wave file.

    Raises
    ------
    DataError
        When the file is larger than ``limits`` allow (it is not opened then), has no byte, or may not be read.

    """
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= limits.bytes else b""
    except OSError as error:
        raise DataError([Problem("E-FILE-DENIED", shown(path))]) from error
    if size > limits.bytes:
        details = {"found": _megabytes(size), "limit": _megabytes(limits.bytes)}
        raise DataError([Problem("E-LIMIT-BYTES", shown(path), details=details)])
    if not size:
        raise DataError([Problem("E-EMPTY", shown(path))])
    return content


def check_shape(rows: int, columns: int, file: str, limits: Limits = WHOLE) -> None:
    """Refuse a table beyond the limits.

    Raises
    ------
    DataError
        With every limit that is passed.

    """
    counted = (
        ("E-LIMIT-COLUMNS", columns, limits.columns),
        ("E-LIMIT-ROWS", rows, limits.rows),
        ("E-LIMIT-CELLS", rows * columns, limits.cells),
    )
    problems = [
        Problem(code, file, details={"found": str(found), "limit": str(limit)})
        for code, found, limit in counted
        if found > limit
    ]
    if problems:
        raise DataError(problems)


def check_kind(content: bytes, file: str, *, expected: str = "") -> None:
    """Refuse a file that is something else than its ending says; ``expected`` is its own first bytes' name.

    Raises
    ------
    DataError
        Naming what the file is: an HTML page, an old or encrypted workbook, another format.

    """
    start = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    kind = next((name for magic, name in _MAGIC if content.startswith(magic)), "")
    if start.startswith((b"<!doctype html", b"<html", b"<table")):
        kind = "HTML"
    elif content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise DataError([Problem("E-PASSWORD", file)])
        kind = "Excel 97-2003 (.xls)"
    elif start.startswith((b"[{", b'{"')):
        kind = "JSON"
    elif expected and not kind and content and _is_plain(content[:4096]):
        kind = "CSV"
    if kind and kind != expected:
        raise DataError([Problem("E-DISGUISED", file, value=kind)])


def _is_plain(content: bytes) -> bool:
    """True for bytes that are lines of text."""
    return b"\n" in content and not any(byte < 9 or 13 < byte < 32 for byte in content)


_CUT = (
    "not a zip file",
    "Bad magic number",
    "truncated",
    "end-of-file",
    "EOF",
    "invalid distance",
    "incomplete",
)


def damaged(file: str, reason: object) -> DataError:
    """What is said of a file that its library cannot read to the end."""
    said = str(reason)
    words = (
        ("sa fin manque ou n'est plus la sienne", "its end is missing or is not its own")
        if any(part in said for part in _CUT)
        else (said, said)
    )
    return DataError([Problem("E-DAMAGED", file, details={"reason_fr": words[0], "reason_en": words[1]})])


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.0f}"
