"""What each item does in its scale: distribution, floor and ceiling, item-total correlation, alpha without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.measurement.reliability import alpha_of, complete

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray

ITEM_TOTAL_WANTED: Final = 0.30
"""Convention for the corrected item-total correlation (Nunnally and Bernstein 1994)."""
CROWDED: Final = 0.15
"""Share of answers at one end from which a floor or ceiling is usually named (Terwee et al. 2007)."""


def item_table(items: pd.DataFrame, low: float, high: float) -> pd.DataFrame:
    """One row an item.

    Parameters
    ----------
    items
        Items of one scale, already in one direction; missing allowed.
    low, high
        Ends of the grades.

    Returns
    -------
    ``item``, ``n`` (answers), ``mean``, ``sd``, ``floor`` and ``ceiling`` (shares of answers at the ends, after
    orientation), ``item_total`` (correlation with the sum of the other items, on complete rows), ``alpha_dropped``
    (missing with two items), ``against`` (True where ``item_total`` is negative: the item goes against its scale, as one
    does whose reversal was forgotten).

    Raises
    ------
    ModelError
        As ``reliability.complete``.

    """
    values = complete(items)
    correlations = corrected_item_total(values)
    covariance = np.cov(values, rowvar=False)
    rows = []
    for i, name in enumerate(items.columns):
        own = items[name].dropna().astype("float64")
        others = np.delete(np.arange(items.shape[1]), i)
        dropped = float(alpha_of(covariance[np.ix_(others, others)])) if len(others) > 1 else np.nan
        rows.append(
            {
                "item": name,
                "n": len(own),
                "mean": own.mean(),
                "sd": own.std(),
                "floor": (own == low).mean(),
                "ceiling": (own == high).mean(),
                "item_total": correlations[i],
                "alpha_dropped": dropped,
                "against": bool(correlations[i] < 0),
            }
        )
    return pd.DataFrame(rows)


def corrected_item_total(values: FloatArray) -> FloatArray:
    """Correlation of each column with the sum of the others (R's ``psych::alpha``: ``r.drop``)."""
    covariance = np.cov(values, rowvar=False)
    with_total = covariance.sum(axis=1) - np.diag(covariance)
    rest = covariance.sum() - 2 * covariance.sum(axis=1) + np.diag(covariance)
    return np.asarray(with_total / np.sqrt(np.diag(covariance) * rest))


def against_scale(items: pd.DataFrame) -> list[str]:
    """Names of items that go against the others, though reversed items were recoded."""
    if items.shape[1] < 2:
        raise ModelError("an item is held against the others of its scale: two items at least")
    correlations = corrected_item_total(complete(items))
    return [str(name) for name, r in zip(items.columns, correlations, strict=True) if r < 0]
