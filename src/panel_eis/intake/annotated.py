"""A copy of a wave as a workbook, its faulty cells coloured and commented: for those who mend answers in a spreadsheet.

The copy is never the file of the wave, and never goes back into it. No cell of it is a formula, and columns of open text and
identifiers are masked: the copy may be sent to the person who holds the answers. A second sheet lists every problem,
also those that have no cell (a column that is missing).
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from panel_eis.errors import Problem, RequestError
from panel_eis.files import write_bytes
from panel_eis.questionnaire.xlsform import STAMP, restamped
from panel_eis.waves import read_wave

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from panel_eis.codebook import Codebook
    from panel_eis.errors import Lang
    from panel_eis.waves import RawWave

_MARK = "panel-eis: annotated copy of a wave"
"""Title of the workbook, by which an earlier copy is known and may be replaced."""
_FILLS = {
    "error": PatternFill("solid", fgColor="F4B183"),
    "warning": PatternFill("solid", fgColor="FFE699"),
}
_LONGEST_CELL, _LONGEST_COMMENT = 32_000, 900
_MOST_COMMENTS = 5_000
"""Comments beyond slow a spreadsheet down for minutes; the second sheet has them all."""
_WORDS: dict[Lang, dict[str, Any]] = {
    "fr": {
        "answers": "Réponses",
        "problems": "Problèmes",
        "row": "ligne",
        "header": (
            "gravité",
            "code",
            "fichier",
            "ligne",
            "colonne",
            "organisation",
            "valeur",
            "attendu",
            "que faire",
        ),
        "severity": {"error": "erreur", "warning": "avertissement"},
    },
    "en": {
        "answers": "Answers",
        "problems": "Problems",
        "row": "row",
        "header": (
            "severity",
            "code",
            "file",
            "row",
            "column",
            "organisation",
            "value",
            "expected",
            "what to do",
        ),
        "severity": {"error": "error", "warning": "warning"},
    },
}


def annotated_copy(
    path: Path, problems: Sequence[Problem], out: Path, codebook: Codebook, lang: Lang
) -> Path:
    """Write the copy atomically and give its path.

    Parameters
    ----------
    path
        The file of the wave, which is only read.
    problems
        What ``check_waves`` found in it, and in what stands beside it: the second sheet lists all.
    out
        A path that ends in ``.xlsx``, outside ``data/``; only an earlier copy may stand there.

    Raises
    ------
    RequestError
        When ``out`` cannot be that.
    DataError
        When the wave cannot be read: there are no cells to mark then.

    """
    check_target(out, path)
    content = _workbook(read_wave(path), problems, codebook, lang)
    write_bytes(out, content)
    return out


def check_target(out: Path, wave: Path) -> None:
    """Refuse a place where the copy would harm something.

    Raises
    ------
    RequestError
        For another ending, a place inside ``data/``, a file that is not an earlier copy.

    """
    data = wave.resolve().parents[1]
    if out.suffix != ".xlsx":
        raise RequestError([Problem("E-COPY-ENDING", str(out), value=out.suffix)])
    if out.resolve().is_relative_to(data):
        raise RequestError([Problem("E-COPY-PLACE", str(out))])
    if out.exists() and not _is_copy(out):
        raise RequestError([Problem("E-COPY-EXISTS", str(out))])


def _is_copy(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return _MARK.encode() in archive.read("docProps/core.xml")
    except (zipfile.BadZipFile, KeyError, OSError, NotImplementedError):
        return False


def _workbook(raw: RawWave, problems: Sequence[Problem], codebook: Codebook, lang: Lang) -> bytes:
    book = Workbook()
    book.properties.creator, book.properties.title = "panel-eis", _MARK
    book.properties.created = STAMP
    cells = _masked(raw, codebook)
    _answers(book.worksheets[0], cells, [p for p in problems if p.file == raw.file], lang)
    _list(book.create_sheet(_WORDS[lang]["problems"]), problems, lang)
    buffer = io.BytesIO()
    book.save(buffer)
    return restamped(buffer.getvalue())


def _masked(raw: RawWave, codebook: Codebook) -> pd.DataFrame:
    """Cells of the file; answers in open text, and in columns that no question claims, become ``…``."""
    known = {v.name: v for v in codebook.asked}
    cells = raw.cells.copy()
    for column in cells.columns:
        variable = known.get(raw.sidecar.columns.get(column, column))
        if variable is None or variable.confidential:
            cells[column] = cells[column].map(lambda text: "…" if str(text).strip() else "")
    return cells


def _answers(sheet: Any, cells: pd.DataFrame, problems: Sequence[Problem], lang: Lang) -> None:
    """Rows stay where the person's program shows them; where it counts no header (SPSS, Stata), their number is given."""
    sheet.title = _WORDS[lang]["answers"]
    shift = 0 if cells.index.min() > 1 else 1
    left = 2 if shift else 1
    places = {name: number for number, name in enumerate(cells.columns, start=left)}
    for name, number in places.items():
        _text(sheet.cell(1, number), name)
        sheet.cell(1, number).font = Font(bold=True)
    if shift:
        _text(sheet.cell(1, 1), _WORDS[lang]["row"])
    for row, values in zip(cells.index, cells.itertuples(index=False, name=None), strict=True):
        if shift:
            sheet.cell(row + shift, 1).value = int(row)
        for number, text in enumerate(values, start=left):
            if text:
                _text(sheet.cell(row + shift, number), text)
    sheet.freeze_panes = "B2"
    _mark(sheet, places, {int(r): int(r) + shift for r in cells.index}, problems, lang)


def _mark(
    sheet: Any, places: Mapping[str, int], rows: Mapping[int, int], problems: Sequence[Problem], lang: Lang
) -> None:
    """Colour and comment the cells; a problem of a whole column is told at its header."""
    marked: dict[tuple[int, int], list[Problem]] = {}
    for problem in problems:
        if problem.column is not None and problem.column in places:
            place = rows.get(problem.row or 0, 1), places[problem.column]
            marked.setdefault(place, []).append(problem)
    for count, (place, told) in enumerate(marked.items()):
        cell = sheet.cell(*place)
        cell.fill = _FILLS["error" if any(p.severity == "error" for p in told) else "warning"]
        if count < _MOST_COMMENTS:
            words = "\n".join(f"{p.code}: {p.sentence(lang)}" for p in told)
            cell.comment = Comment(_clean(words, _LONGEST_COMMENT), "panel-eis", height=160, width=320)


def _list(sheet: Any, problems: Sequence[Problem], lang: Lang) -> None:
    words = _WORDS[lang]
    for number, name in enumerate(words["header"], start=1):
        _text(sheet.cell(1, number), name)
        sheet.cell(1, number).font = Font(bold=True)
    for row, p in enumerate(problems, start=2):
        texts = (
            words["severity"][p.severity], p.code, p.file, "" if p.row is None else str(p.row), p.column or "", p.unit or "",
            p.shown_value, p.expected(lang), p.hint(lang),
        )  # fmt: skip
        for number, text in enumerate(texts, start=1):
            if text:
                _text(sheet.cell(row, number), text)
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDEFGHI", (14, 18, 24, 8, 24, 14, 24, 60, 60), strict=True):
        sheet.column_dimensions[letter].width = width


def _text(cell: Any, text: str) -> None:
    """A cell that is text whatever it starts with: neither a formula, nor one when it is edited."""
    cell.value = _clean(text, _LONGEST_CELL)
    cell.data_type = "s"
    cell.quotePrefix = text.lstrip()[:1] in tuple("=+-@\t\r")


def _clean(text: str, longest: int) -> str:
    kept = ILLEGAL_CHARACTERS_RE.sub(" ", text)
    return kept if len(kept) <= longest else kept[: longest - 1] + "…"
