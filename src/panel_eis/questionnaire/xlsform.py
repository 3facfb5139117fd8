"""The questionnaire as an XLSForm workbook (KoboToolbox, ODK).

Names and codes in the form are those of the codebook, so that an answer file needs no map. Computed columns are left
out, and so is what the codebook introduces after the wave. The workbook repeats byte for byte, its stamps
being fixed, as long as openpyxl, zlib and what openpyxl writes XML with (lxml where there is one) are the same.

Source: https://xlsform.org/en/ (sheets, columns, languages); escapes of ``*``, ``_`` and ``#``: ``markdown.js`` of Enketo's
transformer. Spans, ``<sup>`` and ``<sub>``, which have no escape, stay what ODK makes of them: a style, never a script.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
import zipfile
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from panel_eis.codebook import read_codebook
from panel_eis.codebook_faults import SURVEY_COLUMNS, names_in, read_rows
from panel_eis.errors import UsageError
from panel_eis.waves import WAVE_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from panel_eis.codebook import Codebook

LANGUAGES = {"fr": "Français (fr)", "en": "English (en)"}
"""Languages of the form, as XLSForm names them; the first is what a respondent sees at the start."""
STAMP = dt.datetime(2000, 1, 1)  # noqa: DTZ001  # openpyxl takes naive UTC
"""Time written into every workbook, so that the same content is the same bytes."""
_ZIP_STAMP = (2000, 1, 1, 0, 0, 0)
_LONGEST_CELL = 32_767
_TEXTS = ("label", "hint", "constraint_message")
_SURVEY = (
    "type", "name", *(f"{text}::{lang}" for text in _TEXTS for lang in LANGUAGES.values()),
    "required", "relevant", "constraint",
)  # fmt: skip
_CHOICES = ("list_name", "name", *(f"label::{lang}" for lang in LANGUAGES.values()))
_SETTINGS = ("form_title", "form_id", "version", "default_language")
_QUESTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_CODE = re.compile(r"\S+")

Sheets = dict[str, list[tuple[str, ...]]]


def sheets(folder: Path, wave: str) -> Sheets:
    """Rows of the three sheets, ``survey``, ``choices`` and ``settings``, each with its header first."""
    codebook = read_codebook(folder)
    rows = [row for _, row in read_rows(folder / "survey.csv", SURVEY_COLUMNS, [])]
    asked = _survey(rows, codebook, checked_wave(wave))
    survey = [tuple(row.get(column, "") for column in _SURVEY) for row in asked]
    lists = dict.fromkeys(kind.partition(" ")[2] for kind, *_ in survey if kind.startswith("select_"))
    choices = [
        (name, choice.name, *(plain(choice.label[lang]) for lang in LANGUAGES))
        for name in lists
        for choice in codebook.lists[name]
        if not choice.since or choice.since <= wave
    ]
    _refuse_names([row[1] for row in survey if row[1]], [code for _, code, *_ in choices])
    content = json.dumps([survey, choices], ensure_ascii=False)
    version = f"{wave}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"
    settings = [(f"Panel EIS {wave}", f"panel_eis_{wave}", version, LANGUAGES["fr"])]
    return {
        "survey": [_SURVEY, *survey],
        "choices": [_CHOICES, *choices],
        "settings": [_SETTINGS, *settings],
    }


def checked_wave(wave: str) -> str:
    """Name of a wave, or a ``UsageError`` when it is none."""
    if not WAVE_NAME.fullmatch(wave):
        raise UsageError(f"A wave is named by its year, such as 2027 or 2027b, not {wave!r}.")
    return wave


def plain(text: str) -> str:
    """Text that a form shows as it stands: neither a reference, nor Markdown, nor a character that XML forbids."""
    text = ILLEGAL_CHARACTERS_RE.sub(" ", text).replace("${", "$ {").replace("](", "] (")
    text = re.sub(r"([\\*_])", r"\\\1", text)
    return re.sub(r"^(\s*)#", r"\1\\#", text, flags=re.MULTILINE)


def workbook_bytes(content: Sheets) -> bytes:
    """An XLSX workbook of text cells, the same bytes for the same content; no cell is ever a formula."""
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator, book.properties.created = "panel-eis", STAMP
    for title, rows in content.items():
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        for number, row in enumerate(rows, start=1):
            for column, text in enumerate(row, start=1):
                if len(text) > _LONGEST_CELL:
                    raise UsageError(f"Sheet {title}, row {number}: a text is too long for a cell.")
                if text:
                    cell = sheet.cell(number, column)
                    cell.value, cell.data_type = text, "s"
                    cell.quotePrefix = text[0] in "=+-@\t\r"
                    if number == 1:
                        cell.font = Font(bold=True)
    buffer = io.BytesIO()
    book.save(buffer)
    return restamped(buffer.getvalue())


def _survey(rows: list[dict[str, str]], codebook: Codebook, wave: str) -> list[dict[str, str]]:
    """Rows of the sheet ``survey``; groups in which nothing is asked are left out."""
    survey: list[dict[str, str]] = []
    for row in rows:
        if row["type"] == "end_group":
            if survey[-1]["type"] == "begin_group":
                survey.pop()
            else:
                survey.append({"type": "end_group"})
        elif row["type"] == "begin_group":
            # A group may have the name of a question; ${name} would then say neither.
            survey.append(_row(row, codebook, wave) | {"name": f"group_{row['name']}"})
        elif row["type"] != "calculate" and (not row["since"] or row["since"] <= wave):
            survey.append(_row(row, codebook, wave))
    return survey


def _row(row: Mapping[str, str], codebook: Codebook, wave: str) -> dict[str, str]:
    cells = {"type": row["type"], "name": row["name"], "required": "yes" if row["required"] == "yes" else ""}
    for text in _TEXTS:
        for lang, shown in LANGUAGES.items():
            cells[f"{text}::{shown}"] = plain(row[f"{text}::{lang}"])
    for column in ("relevant", "constraint"):
        cells[column] = _expression(row[column], codebook, wave)
    return cells


def _expression(source: str, codebook: Codebook, wave: str) -> str:
    """Write a filter or constraint as the form can evaluate it; a question not yet asked is the empty answer."""
    for name in names_in(source):
        if codebook[name].derived:
            raise UsageError(f"Expression {source!r}: a form cannot read {name!r}, which is computed.")
        if codebook[name].since > wave:
            source = source.replace(f"${{{name}}}", "''")
    return source


def _refuse_names(names: list[str], codes: list[str]) -> None:
    wrong = [name for name in names if not _QUESTION_NAME.fullmatch(name)]
    wrong += [code for code in codes if not _CODE.fullmatch(code)]
    if wrong:
        raise UsageError(f"A form cannot use these names or codes: {', '.join(map(repr, wrong))}.")


def restamped(workbook: bytes) -> bytes:
    """Write the same workbook with fixed times in the archive and in its properties: openpyxl writes the current time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(
                    rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + f"{STAMP.isoformat()}Z".encode(), content
                )
            new.writestr(zipfile.ZipInfo(name, _ZIP_STAMP), content, zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()
