"""What is too small to be shown.

Federations know who answered, so the rules apply to unweighted respondents. A cell of 1 to 4 respondents is hidden, in
the figure and in the data behind it; where the cells of a group make 100 %, a single hidden one could be computed
from the others, so the next smallest is hidden with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

THRESHOLD = 5
FLOOR = 3


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
    hidden = (cells[n] > 0) & (cells[n] < threshold)
    if sums_within:
        for _, group in cells.groupby(list(sums_within), observed=True):
            others = group.index[~hidden[group.index] & (group[n] > 0)]
            if hidden[group.index].sum() == 1 and len(others):
                hidden[cells.loc[others, n].idxmin()] = True
    shown = cells.assign(hidden=hidden)
    for column in (*values, n):
        shown[column] = shown[column].astype("float64").where(~hidden)
    return shown
