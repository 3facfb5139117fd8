"""Rows of a file that are not answers to keep: tests, unfinished answers, earlier answers of the same organisation.

Nothing is dropped but what the sidecar, or the tool's own mark of an unfinished answer, says; all of it is counted.
"""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.distinct import spread
from panel_eis.errors import Problem, did_you_mean
from panel_eis.sources import SOURCES

if TYPE_CHECKING:
    from panel_eis.waves import RawWave


def side_file(raw: RawWave) -> str:
    """Name of the wave's sidecar."""
    return raw.file.rsplit(".", 1)[0] + ".yml"


def drop_rows(
    raw: RawWave, columns_of: dict[str, str], problems: list[Problem]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Cells without test rows and unfinished answers, and how many of each there were.

    Parameters
    ----------
    columns_of
        Column of the file by variable, so that ``test_rows`` may name either.

    """
    cells, dropped = raw.cells, {"test": 0, "unfinished": 0, "duplicate": 0}
    tests = pd.Series(data=False, index=cells.index)
    for name, patterns in raw.sidecar.test_rows.items():
        column = columns_of.get(name, name)
        if column not in cells:
            near = did_you_mean(name, [*cells.columns, *columns_of])
            problems.append(Problem("E-SIDECAR-COLUMN", side_file(raw), column=name, details={"near": near}))
            continue
        words = [patterns] if isinstance(patterns, str) else patterns
        pattern = "|".join(fnmatch.translate(word.strip()) for word in words)
        tests |= _fits(cells[column], pattern)
    dropped["test"] = int(tests.sum())
    cells = _without(cells, tests)
    unfinished = _unfinished(raw, cells, problems)
    dropped["unfinished"] = int(unfinished.sum())
    return _without(cells, unfinished), dropped


def _fits(cells: pd.Series, pattern: str) -> pd.Series:
    """True where a whole cell, but for spaces around it, fits a pattern."""
    return spread(cells, lambda texts: texts.str.strip().str.fullmatch(pattern))


def _without(cells: pd.DataFrame, rows: pd.Series) -> pd.DataFrame:
    """The same table where there is nothing to leave out: a copy takes as much memory again."""
    return cells[~rows] if rows.any() else cells


def _unfinished(raw: RawWave, cells: pd.DataFrame, problems: list[Problem]) -> pd.Series:
    """Rows that the tool marks as unfinished and that are not to be kept."""
    nobody = pd.Series(data=False, index=cells.index)
    marks = {c: p for c, p in SOURCES[raw.sidecar.source].unfinished.items() if c in cells}
    if not marks and raw.sidecar.unfinished == "drop":
        details = {"source": raw.sidecar.source}
        problems.append(Problem("E-UNFINISHED", side_file(raw), column="unfinished", details=details))
    if raw.sidecar.unfinished == "keep":
        return nobody
    for column, pattern in marks.items():
        nobody |= _fits(cells[column], pattern)
    return nobody


def one_row_each(cells: pd.DataFrame, unit: str, respondent: str, rule: str) -> pd.DataFrame:
    """Keep one answer of each organisation and respondent, as ``duplicates`` says; ``refuse`` leaves them to the schema.

    ``first`` and ``last`` go by the order of the file. ``most_complete`` keeps the answer with the most cells filled,
    the later one of two that tie. Rows without a unit are left to be told.
    """
    keys = [key for key in (unit, respondent) if key in cells]
    if rule == "refuse" or unit not in cells:
        return cells
    ranked, keep = cells, rule
    if rule == "most_complete":
        ranked, keep = cells.loc[(cells != "").sum(axis=1).sort_values(kind="stable").index], "last"
    twice = ranked.duplicated(keys, keep=keep).reindex(cells.index)  # type: ignore[arg-type]
    return _without(cells, twice & (cells[unit] != ""))
