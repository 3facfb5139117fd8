"""What is too small to be shown.

Federations know who answered, so the rules apply to unweighted respondents. A cell of 1 to 4 respondents is hidden, in
the figure and in the data behind it; where the cells of a group make 100 %, a single hidden one could be computed
from the others, so the next smallest is hidden with it. A share has two sides, those who say yes and those who do not: it is
hidden when either is that small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

THRESHOLD = 5
FLOOR = 3


def few(counts: pd.Series) -> pd.Series:
    """True where a count is too small to be shown: 1 to ``THRESHOLD`` − 1; nobody is no secret."""
    return (counts > 0) & (counts < THRESHOLD)


def hide_shares(
    cells: pd.DataFrame,
    values: Sequence[str],
    *,
    yes: str,
    n: str,
    no: str = "",
    smallest: int = THRESHOLD,
) -> pd.DataFrame:
    """Blank shares that rest on too few on either side.

    Parameters
    ----------
    cells
        One row a share: ``yes`` counts who say yes, ``n`` who were asked, both unweighted; ``no`` counts the others where
        they are not ``n`` less ``yes`` (units that answer several times may be on both sides).
    values
        Columns to blank, besides ``yes`` and ``no``.
    smallest
        Least ``n`` for a share to be shown.

    Returns
    -------
    A copy with a column ``hidden``; ``n`` too is missing where it is under ``smallest``.

    """
    asked = cells[n]
    other = cells[no] if no else asked - cells[yes]
    hidden = (asked < max(smallest, THRESHOLD)) | few(cells[yes]) | few(other)
    shown = cells.assign(hidden=hidden)
    for column in (*values, yes, *([no] if no else ())):
        shown[column] = shown[column].astype("float64").where(~hidden)
    shown[n] = asked.astype("float64").where(asked >= max(smallest, THRESHOLD))
    return shown


def hide_small_cells(
    cells: pd.DataFrame,
    values: Sequence[str],
    *,
    n: str = "n",
    sums_within: Sequence[str] = (),
    threshold: int = THRESHOLD,
) -> pd.DataFrame:
    """Blank the values of cells with 1 to ``threshold`` − 1 respondents, and their count.

    Parameters
    ----------
    cells
        One row a cell; ``n`` counts its respondents, unweighted.
    values
        Columns to blank.
    sums_within
        Columns of the groups whose shares make 100 %, for complementary suppression.
    threshold
        Never below ``FLOOR``.

    Returns
    -------
    A copy with a column ``hidden``; its ``n`` and values are missing where hidden.

    """
    if threshold < FLOOR:
        raise ValueError(f"the threshold is {FLOOR} at least")
    hidden = (cells[n] > 0) & (cells[n] < threshold)  # `few`, for a threshold of its own
    if sums_within:
        for _, group in cells.groupby(list(sums_within), observed=True):
            others = group.index[~hidden[group.index] & (group[n] > 0)]
            if hidden[group.index].sum() == 1 and len(others):
                hidden[cells.loc[others, n].idxmin()] = True
    shown = cells.assign(hidden=hidden)
    for column in (*values, n):
        shown[column] = shown[column].astype("float64").where(~hidden)
    return shown
