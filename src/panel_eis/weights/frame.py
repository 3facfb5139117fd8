"""The sampling frame as far as it is known: shares of the population by category, one margin after the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.errors import DataError, Problem, did_you_mean
from panel_eis.project_tables import read_records

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from panel_eis.codebook import Codebook

_SHARE = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
_FRAME_COLUMNS = ("margin", "category", "share", "source", "status", "note_fr", "note_en")
_MERGE = "merge_with"
"""Optional column: the category of the same margin that this one joins where it has too few answers."""


class Margins(dict[str, pd.Series]):
    """Shares of the population by category, by margin; ``merge_with``: neighbour of a category, by (margin, category)."""

    def __init__(
        self, shares: Mapping[str, pd.Series], merge_with: Mapping[tuple[str, str], str] | None = None
    ) -> None:
        super().__init__(shares)
        self.merge_with = dict(merge_with or {})


def read_frame(path: Path, codebook: Codebook) -> Margins:
    """Margins of the population: share by category, by margin (a variable of the panel).

    Raises
    ------
    DataError
        When the file or a column is missing or unknown, a category is not in the codebook, a share is no number, the
        shares of a margin do not sum to 1, or ``merge_with`` names no other category of the margin.

    """
    header, rows = read_records(path, "data/frame.csv")
    absent = [c for c in _FRAME_COLUMNS if c not in header]
    problems = [Problem("E-TABLE-ABSENT", "data/frame.csv", row=1, column=c) for c in absent]
    known_columns = (*_FRAME_COLUMNS, _MERGE)
    problems += [
        Problem(
            "E-TABLE-COLUMN",
            "data/frame.csv",
            row=1,
            column=c,
            details={"near": did_you_mean(c, known_columns)},
        )
        for c in header
        if c not in known_columns
    ]
    if absent:
        raise DataError(problems)
    margins: dict[str, dict[str, float]] = {}
    for number, row in rows:
        known = codebook.codes(row["margin"]) if row["margin"] in codebook.variables else ()
        if row["category"] not in known:
            details = {"known": ", ".join(known), "near": did_you_mean(row["category"], known)}
            place = (number, "category", None, row["category"])
            problems.append(Problem("E-TABLE-CODE", "data/frame.csv", *place, details=details))
        if not _SHARE.fullmatch(row["share"] or ""):
            where = (number, "share", None, row["share"])
            problems.append(Problem("E-TABLE-NUMBER", "data/frame.csv", *where))
            continue
        margins.setdefault(row["margin"], {})[row["category"]] = float(row["share"])
    for margin, shares in margins.items():
        if abs(sum(shares.values()) - 1) > 0.005:
            total = f"{sum(shares.values()):.3f}"
            details = {
                "reason_fr": f"les parts de « {margin} » font {total} au lieu de 1",
                "reason_en": f"the shares of “{margin}” make {total} instead of 1",
            }
            problems.append(Problem("E-FRAME", "data/frame.csv", column=margin, details=details))
    near = _neighbours(rows, margins, problems)
    if problems:
        raise DataError(problems)
    return Margins({m: pd.Series(shares) / sum(shares.values()) for m, shares in margins.items()}, near)


def _neighbours(
    rows: list[tuple[int, dict[str, str]]],
    margins: Mapping[str, Mapping[str, float]],
    problems: list[Problem],
) -> dict[tuple[str, str], str]:
    near = {}
    for number, row in rows:
        wanted, own = row.get(_MERGE, "").strip(), row["category"]
        others = [c for c in margins.get(row["margin"], {}) if c != own]
        if wanted and wanted not in others:
            details = {"known": ", ".join(others), "near": did_you_mean(wanted, others)}
            problems.append(Problem("E-TABLE-CODE", "data/frame.csv", number, _MERGE, None, wanted, details))
        elif wanted:
            near[row["margin"], own] = wanted
    return near
