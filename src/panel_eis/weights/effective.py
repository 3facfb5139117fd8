"""What weighting costs: Kish's design effect and effective sample size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable


def kish(weights: Any) -> tuple[float, float]:
    """Design effect of unequal weights, n Σw² / (Σw)², and effective size, (Σw)² / Σw².

    Source: Kish (1965), section 11.7; an approximation that holds where the outcome is unrelated to the weights.
    """
    w = np.asarray(weights, dtype="float64")
    w = w[~np.isnan(w)]
    if not len(w):
        return float("nan"), 0.0
    effective = float(w.sum() ** 2 / (w**2).sum())
    return len(w) / effective, effective


def weighting_table(panel: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Describe each weight at each wave.

    Returns
    -------
    Columns ``wave``, ``weight`` (name of the column), ``n`` (rows that carry it), ``smallest`` and ``largest`` (in multiples
    of the mean), ``design_effect``, ``effective_n``; rows without any weight are left out.

    """
    rows = []
    for wave, cell in panel.groupby("wave", sort=True, observed=True):
        for name in columns:
            values = cell[name].astype("float64").dropna()
            if len(values):
                effect, effective = kish(values)
                scaled = values / values.mean()
                rows.append((str(wave), name, len(values), scaled.min(), scaled.max(), effect, effective))
    head = ["wave", "weight", "n", "smallest", "largest", "design_effect", "effective_n"]
    return pd.DataFrame(rows, columns=head)
