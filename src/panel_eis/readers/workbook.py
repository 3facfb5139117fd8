"""XLSX and ODS through calamine: one sheet, typed cells written as the house format would write them.

Calamine gives an empty cell for an error (``#N/A``), for a formula that was never calculated and for the hidden part of
a merged cell, and reserves memory for all the cells between the first and the last. The sheet's own XML is read
first, so that none of these becomes a missing answer silently.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from panel_eis.errors import DataError, Problem, did_you_mean
from panel_eis.readers.archive import open_archive
from panel_eis.readers.bounds import check_shape, content_of, damaged, shown
from panel_eis.readers.table import Table, as_text, letters, table

if TYPE_CHECKING:
    import zipfile
    from pathlib import Path

    from panel_eis.waves import Sidecar

_CELL = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["'][^<>]*(?<!/)>""")
_ERROR = re.compile(rb"""<(?:\w+:)?c\s(?=[^<>]*\bt\s*=\s*["']e["'])[^<>]*?\br\s*=\s*["']([A-Z]+[0-9]+)["']""")
_UNCALCULATED = re.compile(
    rb"""<(?:\w+:)?c\s[^<>]*?\br\s*=\s*["']([A-Z]+[0-9]+)["'][^<>]*>\s*<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)\s*</"""
)
_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^<>]*?\bref\s*=\s*["']([A-Z]+[0-9]+):""")
_FILLED = re.compile(rb"<(?:\w+:)?[vt](?:\s[^<>]*)?>[^<]")
_ODS = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TABLE = _ODS % "table"
_VALUE, _REPEATED = f"{_ODS % 'office'}value-type", f"{_TABLE}number-columns-repeated"
_SPANNED = (f"{_TABLE}number-columns-spanned", f"{_TABLE}number-rows-spanned")


@dataclass
class _Sheet:
    """What the XML of a sheet says: its extent, and the cells (``B2``) that calamine would give as empty."""

    rows: int = 0
    columns: int = 0
    filled: bool = False
    merged: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    uncalculated: list[str] = field(default_factory=list)

    def faults(self, file: str) -> list[Problem]:
        named = (
            ("E-CELL-MERGED", self.merged),
            ("E-CELL-ERROR", self.errors),
            ("E-CELL-FORMULA", self.uncalculated),
        )
        return [_at(code, file, place) for code, places in named for place in places]


def read_xlsx(path: Path, sidecar: Sidecar) -> Table:
    """Read one sheet of an XLSX workbook.

    Raises
    ------
    DataError
        When the file is not a safe workbook, the sheet is not clear, or cells would be lost.

    """
    content = content_of(path)
    archive = open_archive(content, shown(path))
    return _read(content, _xlsx_sheets(archive, shown(path)), sidecar, shown(path))


def read_ods(path: Path, sidecar: Sidecar) -> Table:
    """Read one sheet of an ODS workbook; raises as ``read_xlsx`` does."""
    content = content_of(path)
    archive = open_archive(content, shown(path))
    return _read(content, _ods_sheets(archive, shown(path)), sidecar, shown(path))


def _read(content: bytes, sheets: dict[str, _Sheet], sidecar: Sidecar, file: str) -> Table:
    import python_calamine  # noqa: PLC0415  # loaded for workbooks only

    name = _chosen(sheets, sidecar, file)
    check_shape(sheets[name].rows, sheets[name].columns, file)
    if problems := sheets[name].faults(file):
        raise DataError(problems)
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except BaseException as error:
        known = (python_calamine.CalamineError, python_calamine.WorksheetNotFound, ValueError, OSError)
        if isinstance(error, known) or type(error).__name__ == "PanicException":  # Rust's, outside Exception
            raise damaged(file, error) from error
        raise
    texts = [[as_text(value, sidecar.decimal, sidecar.dates) for value in row] for row in rows]
    if not texts:
        raise DataError([Problem("E-EMPTY", file)])
    first = int(sidecar.header_rows)
    cells = table(texts[0], enumerate(texts[first:], first + 1), sidecar, file)
    return Table(cells, sheet=name, headers=tuple(tuple(row) for row in texts[1:first]))


def _chosen(sheets: dict[str, _Sheet], sidecar: Sidecar, file: str) -> str:
    """Name of the sheet to read: the one the sidecar states, else the only one with content."""
    if sidecar.sheet:
        if sidecar.sheet not in sheets:
            details = {"known": ", ".join(sheets), "near": did_you_mean(sidecar.sheet, sheets)}
            raise DataError([Problem("E-SHEET-ABSENT", file, value=sidecar.sheet, details=details)])
        return sidecar.sheet
    filled = [name for name, sheet in sheets.items() if sheet.filled]
    if not filled:
        raise DataError([Problem("E-EMPTY", file)])
    if len(filled) > 1:
        raise DataError([Problem("E-SHEETS", file, details={"known": ", ".join(filled), "first": filled[0]})])
    return filled[0]


def _xlsx_sheets(archive: zipfile.ZipFile, file: str) -> dict[str, _Sheet]:
    """Sheets of an XLSX file by name, in the order of the workbook."""
    try:
        book, links = (
            ET.fromstring(archive.read(f"xl/{part}"))  # noqa: S314  # a DOCTYPE was refused before
            for part in ("workbook.xml", "_rels/workbook.xml.rels")
        )
        targets = {link.get("Id"): link.get("Target", "") for link in links}
        sheets = {}
        for sheet in book.iterfind("{*}sheets/{*}sheet"):
            key = next(value for name, value in sheet.items() if name.endswith("}id"))
            target = targets[key]
            if "worksheet" in target:
                part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
                sheets[sheet.get("name", "")] = _xlsx_sheet(archive.read(part))
    except (LookupError, ValueError, StopIteration, ET.ParseError) as error:
        raise damaged(file, error) from error
    return sheets


def _xlsx_sheet(xml: bytes) -> _Sheet:
    if b"\0" in xml:
        raise ValueError("UTF-16")  # legal, never seen, and the patterns would find nothing
    columns, rows = set(), 0
    for letter, row in _CELL.findall(xml):
        columns.add(letter)
        rows = max(rows, int(row))

    def places(pattern: re.Pattern[bytes]) -> list[str]:
        return [place.decode("ascii") for place in pattern.findall(xml)]

    widest = max((_number(letter.decode("ascii")) for letter in columns), default=0)
    filled = _FILLED.search(xml) is not None
    return _Sheet(rows, widest, filled, places(_MERGED), places(_ERROR), places(_UNCALCULATED))


def _ods_sheets(archive: zipfile.ZipFile, file: str) -> dict[str, _Sheet]:
    """Sheets of an ODS file by name, in the order of the workbook."""
    sheets: dict[str, _Sheet] = {}
    try:
        with archive.open("content.xml") as stream:
            row = 0
            for event, node in ET.iterparse(stream, events=("start", "end")):  # noqa: S314  # no DOCTYPE
                if event == "start" and node.tag == f"{_TABLE}table":
                    sheet = sheets.setdefault(node.get(f"{_TABLE}name", ""), _Sheet())
                    row = 0
                elif event == "end" and node.tag == f"{_TABLE}table-row" and sheets:
                    row = _ods_row(node, row, sheet)
                    node.clear()
    except (LookupError, ValueError, ET.ParseError) as error:
        raise damaged(file, error) from error
    return sheets


def _ods_row(node: ET.Element, row: int, sheet: _Sheet) -> int:
    """Add one row element to its sheet; gives the number of the last row that it stands for."""
    last = row + int(node.get(f"{_TABLE}number-rows-repeated", "1"))
    column = 0
    for cell in node:
        if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            continue
        first, attributes = column + 1, cell.attrib
        column += int(attributes.get(_REPEATED, "1"))
        if not attributes:
            continue
        if any(int(attributes.get(key, "1")) > 1 for key in _SPANNED):
            sheet.merged.append(f"{letters(first)}{row + 1}")
        if _VALUE not in attributes:
            continue
        sheet.filled, sheet.rows, sheet.columns = True, last, max(sheet.columns, column)
        if any(value == "error" and key.endswith("}value-type") for key, value in attributes.items()):
            sheet.errors.append(f"{letters(first)}{row + 1}")
    return last


def _number(letter: str) -> int:
    number = 0
    for character in letter:
        number = number * 26 + ord(character) - ord("A") + 1
    return number


def _at(code: str, file: str, place: str) -> Problem:
    """Problem at a cell named as a spreadsheet does (``B2``)."""
    letter = place.rstrip("0123456789")
    return Problem(code, file, row=int(place[len(letter) :]), column=letter)
