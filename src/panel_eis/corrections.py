"""Corrections of answers: rows of ``data/corrections.csv``, applied to a wave after reading and before all checks.

The file of the wave is never changed. A correction names the answer, the value that stands in the file and the one
that should; where the file no longer says the old value, the correction is an error, since somebody changed what it
was written for. Values are written as the file of the wave writes them (``3,9`` where it has a decimal comma).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from panel_eis.dialects.headers import Columns
from panel_eis.distinct import with_cell
from panel_eis.errors import DataError, Problem, did_you_mean
from panel_eis.project_tables import read_records

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    import pandas as pd

    from panel_eis.codebook import Codebook
    from panel_eis.waves import RawWave

FILE = "data/corrections.csv"
COLUMNS = ("wave", "unit", "respondent", "variable", "old", "new", "reason", "date", "by")
_NEEDED = ("wave", "unit", "variable", "reason", "date", "by")


@dataclass(frozen=True)
class Correction:
    """One changed answer; ``row`` is its row in ``corrections.csv``.

    ``variable`` is a question of the codebook, or a column of the file (a box of a multiple choice, for instance).
    """

    row: int
    wave: str
    unit: str
    respondent: str
    variable: str
    old: str
    new: str
    reason: str
    date: str
    by: str

    def entry(self, codebook: Codebook) -> dict[str, str]:
        """What the import report of the wave keeps; values are left out unless the question may show them."""
        kept = {name: getattr(self, name) for name in COLUMNS if name != "wave"}
        return kept | {"old": "…", "new": "…"} if _hidden(self.variable, codebook) else kept


def read_corrections(path: Path, waves: Collection[str]) -> tuple[Correction, ...]:
    """All corrections, in the order of the file; none when there is no file.

    Parameters
    ----------
    path
        ``data/corrections.csv``.
    waves
        Names of the waves that exist.

    Raises
    ------
    DataError
        With every fault: header, empty cells, unknown wave, a date that is none, a correction that changes nothing.

    """
    corrections, problems = sound_corrections(path, waves)
    if problems:
        raise DataError(problems)
    return corrections


def sound_corrections(path: Path, waves: Collection[str]) -> tuple[tuple[Correction, ...], list[Problem]]:
    """The corrections that can be applied, and every fault of the file, to be told with those of the waves."""
    if not path.exists():
        return (), []
    try:
        rows = _rows(path)
    except DataError as error:
        return (), list(error.problems)
    problems: list[Problem] = []
    corrections = []
    for number, row in rows:
        faults = _row_faults(number, row, waves)
        problems += faults
        corrections += [] if faults else [Correction(number, **row)]
    return tuple(corrections), problems


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    header, records = read_records(path, FILE)
    problems = [
        Problem("E-TABLE-COLUMN", FILE, row=1, column=name, details={"near": did_you_mean(name, COLUMNS)})
        for name in header
        if name not in COLUMNS
    ]
    problems += [Problem("E-TABLE-ABSENT", FILE, row=1, column=n) for n in COLUMNS if n not in header]
    if problems:
        raise DataError(problems)
    return [(n, {k: v.strip() for k, v in record.items()}) for n, record in records]


def _row_faults(number: int, row: dict[str, str], waves: Collection[str]) -> list[Problem]:
    unit = row["unit"] or None
    faults = [
        Problem("E-TABLE-EMPTY", FILE, row=number, column=name, unit=unit)
        for name in _NEEDED
        if not row[name]
    ]
    if row["wave"] and row["wave"] not in waves:
        details = {"known": ", ".join(waves)}
        faults.append(Problem("E-CORRECTION-WAVE", FILE, number, "wave", unit, row["wave"], details))
    if row["old"] == row["new"]:
        faults.append(Problem("E-CORRECTION-SAME", FILE, number, "new", unit))
    if row["date"] and not _is_date(row["date"]):
        faults.append(Problem("E-TABLE-DATE", FILE, number, "date", unit, row["date"]))
    return faults


def _is_date(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def of_wave(corrections: Iterable[Correction], wave: str) -> list[Correction]:
    """Those of one wave, in order."""
    return [c for c in corrections if c.wave == wave]


def corrected(
    raw: RawWave, corrections: Sequence[Correction], codebook: Codebook
) -> tuple[RawWave, list[Problem]]:
    """The wave with its corrections, and what is wrong with them; ``raw`` itself stays as it is.

    Several corrections of one answer follow each other in the order of the file, each with the value that the one
    before has left. A file whose columns are at fault is left to the other checks.
    """
    own = of_wave(corrections, raw.wave)
    if not own:
        return raw, []
    cells, problems = raw.cells.copy(), []
    columns = columns_of(raw, codebook)
    if "unit" not in columns:
        return raw, []  # the column that is missing is told as such
    for correction in own:
        problem = _apply(cells, correction, raw, columns, codebook)
        if problem:
            problems.append(problem)
    return replace(raw, cells=cells), problems


def columns_of(raw: RawWave, codebook: Codebook) -> dict[str, str]:
    """Column of the file by question, as the sidecar or the survey tool has it; those of one choice are left out."""
    known = Columns(codebook, raw.sidecar.source)
    found: dict[str, str] = {}
    for column in raw.cells.columns:
        written = raw.sidecar.columns.get(column)
        place = known.place(column) if written is None else known.target(written)
        if place and not place.choice:
            found.setdefault(place.variable, column)
    return found


def names_in_file(raw: RawWave, codebook: Codebook) -> dict[str, str]:
    """Column of the file by question, and by ``question/choice`` where each choice has a column, if it is another word."""
    known = Columns(codebook, raw.sidecar.source)
    found: dict[str, str] = {}
    for column in raw.cells.columns:
        written = raw.sidecar.columns.get(column)
        place = known.place(column) if written is None else known.target(written)
        if place:
            key = f"{place.variable}/{place.choice}" if place.choice else place.variable
            found.setdefault(key, column)
    return {key: column for key, column in found.items() if key != column}


def _hidden(variable: str, codebook: Codebook) -> bool:
    """True for open text, identifiers, and what is no question of the codebook."""
    known = codebook.variables.get(variable)
    return known is None or known.confidential


def _apply(
    cells: pd.DataFrame, correction: Correction, raw: RawWave, columns: dict[str, str], codebook: Codebook
) -> Problem | None:
    """Change one cell of the copy, or say why it cannot be changed."""
    column = columns.get(correction.variable, correction.variable)
    unit, respondent = columns["unit"], columns.get("respondent")
    if column not in cells:
        near = did_you_mean(correction.variable, [*columns, *cells.columns])
        return _fault(
            "E-CORRECTION-VARIABLE", correction, "variable", correction.variable, file=raw.file, near=near
        )
    rows = cells.index[cells[unit].str.strip() == correction.unit]
    if not len(rows):
        near = did_you_mean(correction.unit, cells[unit])
        return _fault("E-CORRECTION-UNIT", correction, "unit", correction.unit, file=raw.file, near=near)
    if correction.respondent and respondent:
        rows = rows[cells.loc[rows, respondent].str.strip() == correction.respondent]
        if not len(rows):
            return _fault("E-CORRECTION-UNIT", correction, "respondent", correction.respondent, file=raw.file)
    if len(rows) > 1:
        answers = ", ".join(str(r) for r in rows)
        return _fault("E-CORRECTION-SEVERAL", correction, "respondent", "", file=raw.file, rows=answers)
    found, hidden = str(cells.at[rows[0], column]).strip(), _hidden(correction.variable, codebook)
    if found != correction.old:
        details = {"found": "…" if hidden else found, "row": str(rows[0]), "named": column, "file": raw.file}
        return _fault("E-CORRECTION-OLD", correction, "old", correction.old, hidden=hidden, **details)
    cells[column] = with_cell(cells[column], rows[0], correction.new)
    return None


def _fault(
    code: str, correction: Correction, column: str, value: str, *, hidden: bool = False, **details: str
) -> Problem:
    """Problem at the row of the correction, in ``corrections.csv``; the details always say the wave."""
    blanks = {"near": "", "wave": correction.wave} | details
    return Problem(code, FILE, correction.row, column, correction.unit, value, blanks, hidden=hidden)
