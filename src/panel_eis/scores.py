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
    from collections.abc import Collection, Sequence

    from panel_eis.codebook import Codebook, Variable

VALID_ITEMS = 3 / 4
VALID_DIMENSIONS = 4 / 5
FEWEST_ITEMS = 2
"""A core of fewer items is no scale."""
TOTAL, CONTRAST = "appropriation", ("f1", "f2")
CORE = "_core"
"""Ending of the score over the items that are comparable in all waves."""


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
    needed = _needed(valid, items.shape[1])
    mean = items.mean(axis=1).where(items.notna().sum(axis=1) >= needed)
    return (mean - low) / (high - low) * 100


def inputs(codebook: Codebook) -> dict[str, tuple[str, ...]]:
    """What each score is the mean of: items for a dimension and for ``symbolic``, dimensions for the total."""
    by_dimension = {d: tuple(v.name for v in codebook.items(d)) for d in codebook.dimensions}
    return by_dimension | {TOTAL: codebook.dimensions, "symbolic": CONTRAST}


def core_inputs(codebook: Codebook, changed: Collection[str]) -> dict[str, tuple[str, ...]]:
    """What the comparable core of each score is the mean of, for the scores that need one.

    Parameters
    ----------
    changed
        Items that cannot be compared across all waves.

    Returns
    -------
    Inputs by name of the core (``mastery_core``). A core has ``FEWEST_ITEMS`` items or more, that of the total
    ``VALID_DIMENSIONS`` of the dimensions, each whole or as its own core; otherwise there is none.

    """
    cores: dict[str, tuple[str, ...]] = {}
    whole = inputs(codebook)
    for name, items in whole.items():
        left = tuple(i for i in items if i not in changed)
        if name != TOTAL and len(left) < len(items) and len(left) >= FEWEST_ITEMS:
            cores[name + CORE] = left
    touched = {d for d in codebook.dimensions if set(whole[d]) & set(changed)}
    left = tuple(
        d + CORE if d in touched else d for d in codebook.dimensions if d not in touched or d + CORE in cores
    )
    if touched and len(left) >= _needed(VALID_DIMENSIONS, len(codebook.dimensions)):
        cores[TOTAL + CORE] = left
    return cores


def _needed(share: float, of: int) -> int:
    return math.ceil(share * of - 1e-9)


def add_scores(panel: pd.DataFrame, codebook: Codebook, changed: Collection[str] = ()) -> pd.DataFrame:
    """Give a panel with one column a dimension, ``appropriation`` (total) and ``symbolic`` (F1 and F2) added.

    Where items in ``changed`` cannot be compared across all waves, each score that they enter has a second column,
    its core (``mastery_core``), over the items that can.
    """
    scored: dict[str, pd.Series] = {}
    for name, of in (inputs(codebook) | core_inputs(codebook, changed)).items():
        if name in (TOTAL, TOTAL + CORE):
            continue
        items = [codebook[i] for i in of]
        grades = [int(code) for code in codebook.codes(items[0].name)]
        valid = 1 if name.startswith("symbolic") else VALID_ITEMS
        scored[name] = score(oriented(panel, items, codebook), min(grades), max(grades), valid)
    for name, of in (inputs(codebook) | core_inputs(codebook, changed)).items():
        if name in (TOTAL, TOTAL + CORE):
            parts = pd.DataFrame({d: scored[d] for d in of}, index=panel.index)
            enough = parts.notna().sum(axis=1) >= _needed(VALID_DIMENSIONS, len(of))
            scored[name] = parts.mean(axis=1).where(enough)
    return panel.assign(**scored)
