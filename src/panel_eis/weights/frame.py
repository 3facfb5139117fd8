"""The sampling frame as far as it is known: shares of the population by category, one margin after the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.errors import DataError, Problem, did_you_mean
from panel_eis.project_tables import read_records

if TYPE_CHECKING:
    from pathlib import Path

    from panel_eis.codebook import Codebook

_SHARE = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
_FRAME_COLUMNS = ("margin", "category", "share", "source", "status", "note_fr", "note_en")


def read_frame(path: Path, codebook: Codebook) -> dict[str, pd.Series]:
    """Margins of the population: share by category, by margin (a variable of the panel).

    Raises
    ------
    DataError
        When the file or a column is missing, a category is not in the codebook, a share is no number, or the
        shares of a margin do not sum to 1.

    """
    header, rows = read_records(path, "data/frame.csv")
    absent = [c for c in _FRAME_COLUMNS if c not in header]
    if absent:
        raise DataError(Problem("E-TABLE-ABSENT", "data/frame.csv", row=1, column=c) for c in absent)
    margins: dict[str, dict[str, float]] = {}
    problems = []
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
    if problems:
        raise DataError(problems)
    return {margin: pd.Series(shares) / sum(shares.values()) for margin, shares in margins.items()}
