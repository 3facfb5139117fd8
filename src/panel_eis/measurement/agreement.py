"""Intraclass correlations: how much of a score is the organisation's, whoever answers and whenever.

Three forms for complete tables (Shrout and Fleiss 1979, Psychological Bulletin 86, 420-428) and the one-way form for
organisations with unequal numbers of answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import fdtri

from panel_eis.errors import ModelError

if TYPE_CHECKING:
    import pandas as pd

    from panel_eis.models.arrays import FloatArray

LEVEL: Final = 0.95


class Agreement(NamedTuple):
    """One intraclass correlation, its interval, answers and organisations it rests on."""

    value: float
    low: float
    high: float
    n: int
    units: int


def shrout_fleiss(table: FloatArray) -> dict[str, float]:
    """Six coefficients of a complete table, targets × judges.

    Returns
    -------
    ``ICC(1,1)``, ``ICC(2,1)``, ``ICC(3,1)`` for one judge, and ``ICC(1,k)``, ``ICC(2,k)``, ``ICC(3,k)`` for the mean of all.

    Raises
    ------
    ModelError
        With a missing cell, or fewer than two targets or judges.

    """
    values = np.asarray(table, dtype=float)
    n, k = values.shape
    if n < 2 or k < 2 or np.isnan(values).any():
        raise ModelError("Shrout and Fleiss need a complete table of two targets and two judges at least")
    grand = values.mean()
    rows = k * ((values.mean(axis=1) - grand) ** 2).sum() / (n - 1)
    columns = n * ((values.mean(axis=0) - grand) ** 2).sum() / (k - 1)
    within = ((values - values.mean(axis=1, keepdims=True)) ** 2).sum() / (n * (k - 1))
    error = (within * n * (k - 1) - columns * (k - 1)) / ((n - 1) * (k - 1))
    return {
        "ICC(1,1)": float((rows - within) / (rows + (k - 1) * within)),
        "ICC(2,1)": float((rows - error) / (rows + (k - 1) * error + k * (columns - error) / n)),
        "ICC(3,1)": float((rows - error) / (rows + (k - 1) * error)),
        "ICC(1,k)": float((rows - within) / rows),
        "ICC(2,k)": float((rows - error) / (rows + (columns - error) / n)),
        "ICC(3,k)": float((rows - error) / rows),
    }


def icc_oneway(values: pd.Series, units: pd.Series) -> Agreement:
    """One-way intraclass correlation of single answers, for organisations with different numbers of answers.

    Parameters
    ----------
    values, units
        One answer a row; organisations with a single answer count for the variance between them.

    Returns
    -------
    Estimate by analysis of variance with n₀ for the number of answers (Donner 1986, International Statistical Review
    54, 67-82), interval by the F law, exact when the numbers are equal.

    Raises
    ------
    ModelError
        With fewer than two organisations, or none that answered twice.

    """
    known = values.notna() & units.notna()
    y = values[known].astype("float64").to_numpy()
    codes = np.unique(units[known].astype(str).to_numpy(), return_inverse=True)[1]
    size = np.bincount(codes)
    groups, n = len(size), len(y)
    if groups < 2 or n == groups:
        raise ModelError("an intraclass correlation needs two organisations, one of which answered twice")
    means = np.bincount(codes, weights=y) / size
    between = (size * (means - y.mean()) ** 2).sum() / (groups - 1)
    within = ((y - means[codes]) ** 2).sum() / (n - groups)
    usual = (n - (size**2).sum() / n) / (groups - 1)
    ratio, tail = between / within, (1 - LEVEL) / 2
    ends = [ratio / float(fdtri(groups - 1, n - groups, q)) for q in (1 - tail, tail)]
    low, high = ((f - 1) / (f + usual - 1) for f in ends)
    return Agreement(float((ratio - 1) / (ratio + usual - 1)), low, high, n, groups)
