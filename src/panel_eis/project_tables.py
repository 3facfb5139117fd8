"""The small tables that people keep beside the waves (codebook, register, frame, corrections), read strictly as CSV.

They are in the house format: UTF-8, commas, names in row 1, the same number of fields in every row.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from panel_eis.errors import DataError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


_REASONS = {
    "unexpected end of data": (
        "un guillemet ouvert sur cette ligne n'est jamais refermé (fichier coupé ?)",
        "a quote opened on this row is never closed (a file cut short?)",
    ),
    "expected after": (
        "sur cette ligne, un guillemet est au milieu d'une cellule",
        "on this row, a quote is in the middle of a cell",
    ),
    "field larger": (
        "sur cette ligne, une cellule dépasse 131 072 caractères (un guillemet jamais refermé ?)",
        "on this row, a cell has more than 131,072 characters (a quote never closed?)",
    ),
    "new-line character": (
        "une fin de ligne est isolée au milieu de cette ligne",
        "a lone end of line is in the middle of this row",
    ),
}
"""What the csv module says, by a part of it, in words that help."""


def strict_rows(lines: Iterable[str], separator: str, file: str) -> Iterator[list[str]]:
    """Rows of a CSV text, read strictly.

    Raises
    ------
    DataError
        Naming the row, as a spreadsheet numbers it, where quotes do not hold.

    """
    reader, number = csv.reader(lines, delimiter=separator, strict=True), 1
    try:
        for row in reader:
            yield row
            number += 1
    except csv.Error as error:
        said = str(error)
        french, english = next((words for part, words in _REASONS.items() if part in said), (said, said))
        details = {"reason_fr": french, "reason_en": english}
        raise DataError([Problem("E-CSV", file, row=number, details=details)]) from error


def read_records(path: Path, file: str) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Header and rows, each with its number as a spreadsheet shows it; blank rows are left out.

    Parameters
    ----------
    path
        The table.
    file
        Its name as people know it, for messages.

    Raises
    ------
    DataError
        When it is absent, not UTF-8, cut short, separated by semicolons, or has rows of another length than the header.

    """
    if not path.is_file():
        raise DataError([Problem("E-FILE-ABSENT", file)])
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError([Problem("E-FILE-DENIED", file)]) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise DataError([Problem("E-TABLE-ENCODING", file, row=row)]) from error
    lines = list(strict_rows(io.StringIO(text, newline=""), ",", file))
    header = [name.strip() for name in lines[0]] if lines else []
    if len(header) == 1 and ";" in header[0]:
        raise DataError([Problem("E-TABLE-SEPARATOR", file, row=1)])
    rows, problems = [], []
    for number, line in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) != len(header):
            details = {"found": str(len(line)), "wanted": str(len(header))}
            problems.append(Problem("E-FIELDS", file, row=number, details=details))
        else:
            rows.append((number, dict(zip(header, line, strict=True))))
    if problems:
        raise DataError(problems)
    return header, rows
