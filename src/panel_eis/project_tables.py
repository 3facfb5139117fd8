"""The small tables that people keep beside the waves (codebook, register, frame, corrections), read strictly as CSV.

They are in the house format: UTF-8, commas, names in row 1, the same number of fields in every row.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from panel_eis.errors import DataError, Problem

if TYPE_CHECKING:
    from pathlib import Path


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
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise DataError([Problem("E-TABLE-ENCODING", file, row=row)]) from error
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise DataError([Problem("E-CSV", file, details={"reason": str(error)})]) from error
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
