"""From the codes of the codebook to typed columns: numbers, dates, truth values, ordered categories, text.

Each distinct text is converted once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.distinct import as_stored

if TYPE_CHECKING:
    from panel_eis.codebook import Codebook, Variable


def typed_columns(
    variable: Variable, cells: pd.Series, valid: np.ndarray, codebook: Codebook, wave: str
) -> dict[str, pd.Series]:
    """Columns of the panel that one question gives; a choice that the wave did not offer yet is missing, not a no.

    Parameters
    ----------
    cells
        Codes of the codebook, a column of ``distinct``; empty where there is no answer.
    valid
        True for the rows whose answer counts (rows,).

    """
    name = variable.name
    rows, texts = as_stored(cells)
    rows = rows.astype(np.intp)  # once: every look-up by smaller numbers would widen them again
    if variable.kind == "select_multiple":
        sets, lost = [frozenset(text.split()) for text in texts], ~valid
        columns: dict[str, pd.Series] = {}
        for choice in codebook.choices(name):
            chosen = np.array([choice.name in one for one in sets], dtype=bool)[rows] & valid
            gap = lost if choice.since <= wave else np.ones(len(rows), dtype=bool)
            array = pd.arrays.BooleanArray(chosen, gap.copy())
            columns[f"{name}__{choice.name}"] = pd.Series(array, index=cells.index, copy=False)
        return columns
    each = _column(variable, pd.Series(texts, dtype=object).where(texts != ""), codebook).array
    if not np.array_equal(valid, (cells != "").to_numpy()):  # else what is not valid is empty, hence missing
        each = each.take(np.where(valid, rows, -1), allow_fill=True)
    elif not _its_own_on_every_row(rows, len(texts)):
        each = each.take(rows)
    return {name: pd.Series(each, index=cells.index, copy=False)}


def _its_own_on_every_row(rows: np.ndarray, texts: int) -> bool:
    """True for identifiers that never repeat: row n has text n."""
    return texts == len(rows) and bool((rows == np.arange(texts)).all())


def _column(variable: Variable, cells: pd.Series, codebook: Codebook) -> pd.Series:
    if variable.kind == "integer" or is_scale(variable, codebook):
        return pd.to_numeric(cells, errors="coerce").astype("Int64")
    if variable.kind == "decimal":
        return pd.to_numeric(cells, errors="coerce").astype("Float64")
    if variable.kind == "date":
        return pd.to_datetime(cells, format="%Y-%m-%d", errors="coerce")
    if variable.list_name == "yes_no":
        return cells.map({"yes": True, "no": False}).astype("boolean")
    if variable.kind == "select_one":
        dtype = pd.CategoricalDtype(list(codebook.codes(variable.name)), ordered=True)
        return cells.astype(dtype)
    return cells.astype("string")


def is_scale(variable: Variable, codebook: Codebook) -> bool:
    """True where the answers are grades (all codes are whole numbers), so that means have a meaning."""
    return variable.kind == "select_one" and all(c.isdecimal() for c in codebook.codes(variable.name))
