"""Scores of appropriation from the Likert items, as the instrument defines them (domain brief, §3.3).

An item is reversed where the codebook says so; a dimension is the mean of its valid items when at least three
quarters of them are valid; a score is brought to 0–100. The total is the mean of the dimensions when at
least four fifths of them are there. What was not asked (rungs 0 and 1) is missing: never zero, never imputed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panel_eis.codebook import Codebook, Variable

VALID_ITEMS = 3 / 4
VALID_DIMENSIONS = 4 / 5


def oriented(answers: pd.DataFrame, items: Sequence[Variable], codebook: Codebook) -> pd.DataFrame:
    """Items as floats, all in the same direction: high means more appropriation; missing stays missing."""
    columns = {}
    for item in items:
        grades = [int(code) for code in codebook.codes(item.name)]
        values = answers[item.name].astype("float64")
        columns[item.name] = min(grades) + max(grades) - values if item.reverse else values
    return pd.DataFrame(columns, index=answers.index)


def score(items: pd.DataFrame, low: float, high: float, valid: float = VALID_ITEMS) -> pd.Series:
    """Mean of valid items, brought from ``low``–``high`` to 0–100.

    Parameters
    ----------
    items
        Rows are answers, columns are items in the same direction.
    low, high
        Ends of the items' scale.
    valid
        Share of the items that must be there; below it the score is missing.

    """
    needed = math.ceil(valid * items.shape[1] - 1e-9)
    mean = items.mean(axis=1).where(items.notna().sum(axis=1) >= needed)
    return (mean - low) / (high - low) * 100


def add_scores(panel: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Give a panel with one column a dimension, ``appropriation`` (total) and ``symbolic`` (F1 and F2) added."""
    scored = {}
    for dimension in codebook.dimensions:
        items = codebook.items(dimension)
        grades = [int(code) for code in codebook.codes(items[0].name)]
        scored[dimension] = score(oriented(panel, items, codebook), min(grades), max(grades))
    dimensions = pd.DataFrame(scored, index=panel.index)
    needed = math.ceil(VALID_DIMENSIONS * dimensions.shape[1] - 1e-9)
    total = dimensions.mean(axis=1).where(dimensions.notna().sum(axis=1) >= needed)
    contrast = oriented(panel, (codebook["f1"], codebook["f2"]), codebook)
    return panel.assign(**scored, appropriation=total, symbolic=score(contrast, 1, 5, valid=1))
