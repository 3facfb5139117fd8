"""Clustered errors, Wald tests and the table of coefficients, for any estimator that has scores.

``scipy.special`` is enough and loads in a third of the time of ``scipy.stats``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import chdtrc, fdtrc, ndtr, ndtri, stdtr, stdtrit

from panel_eis.models.result import Estimates, WaldTest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panel_eis.models.arrays import FloatArray, IntArray
    from panel_eis.models.design import Term

LEVEL: Final = 0.95
"""Level of every interval."""


def cluster_sums(scores: FloatArray, cluster: IntArray) -> FloatArray:
    """Sum scores (rows × coefficients) over the rows of each cluster (clusters × coefficients)."""
    return np.column_stack([np.bincount(cluster, weights=column) for column in scores.T])


def sandwich(bread: FloatArray, scores: FloatArray, cluster: IntArray) -> FloatArray:
    """Covariance clustered by ``cluster``, times G/(G-1) and nothing else.

    Parameters
    ----------
    bread
        Inverse of the information matrix (coefficients × coefficients).
    scores
        Derivatives of each row's log-likelihood (rows × coefficients), weights included.
    cluster
        Codes 0 … G-1 of the rows.

    """
    sums = cluster_sums(scores, cluster)
    half = sums @ bread
    covariance: FloatArray = half.T @ half * (len(sums) / (len(sums) - 1))
    return covariance


def wald(contrast: FloatArray, beta: FloatArray, covariance: FloatArray, df: int | None) -> WaldTest | None:
    """Test that ``contrast @ beta`` is zero.

    Parameters
    ----------
    contrast
        Restrictions × coefficients.
    beta, covariance
        Estimates and their clustered covariance.
    df
        Denominator of the F test; None for a chi-squared test.

    Returns
    -------
    The test, or None if the covariance of the restrictions is singular (more restrictions than the clusters
    can tell apart).

    """
    variance = contrast @ covariance @ contrast.T
    scale = np.sqrt(np.diag(variance))
    q = len(contrast)
    if (scale <= 0).any() or np.linalg.matrix_rank(variance / np.outer(scale, scale), tol=1e-10) < q:
        return None
    value = contrast @ beta
    chi2 = float(value @ np.linalg.solve(variance, value))
    if df is None:
        return _test(chi2, q, None, chdtrc(q, chi2), f"chi2({q})")
    return _test(chi2 / q, q, df, fdtrc(q, df, chi2 / q), f"F({q}, {df})")


def _test(statistic: float, df: int, df_denominator: int | None, p_value: float, law: str) -> WaldTest:
    return {
        "statistic": statistic,
        "df": df,
        "df_denominator": df_denominator,
        "p_value": float(p_value),
        "distribution": law,
    }


def lay_out(
    terms: Sequence[Term], beta: FloatArray, covariance: FloatArray, df: int | FloatArray | None
) -> Estimates:
    """Lay out estimates with 95 % intervals, from t(df), or from the normal law when ``df`` is None.

    ``df`` may be one number for each term.
    """
    error = np.sqrt(np.diag(covariance))
    statistic = np.divide(beta, error, out=np.full_like(beta, np.nan), where=error > 0)
    upper = (1 + LEVEL) / 2
    critical = ndtri(upper) if df is None else stdtrit(df, upper)
    tail = ndtr(-np.abs(statistic)) if df is None else stdtr(df, -np.abs(statistic))
    low, high = beta - critical * error, beta + critical * error
    texts = [term.name for term in terms], *zip(*terms, strict=True)
    return Estimates(texts, np.array([beta, error, statistic, 2 * tail, low, high]), covariance)
