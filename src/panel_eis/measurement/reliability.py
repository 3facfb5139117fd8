"""Reliability of a score that is the mean of items: Cronbach's alpha, McDonald's omega, and their intervals.

Rows with a missing item are left out and counted. Items are already oriented (``scores.oriented``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import fdtri, stdtrit

from panel_eis.errors import ModelError
from panel_eis.measurement.factors import LEAST_UNIQUE, one_factor, one_factor_ml, schmid_leiman

if TYPE_CHECKING:
    import pandas as pd

    from panel_eis.models.arrays import FloatArray

LEVEL: Final = 0.95
DRAWS: Final = 1000


@dataclass(frozen=True)
class Reliability:
    """One coefficient, its interval (missing when none was asked), rows, organisations and what to know."""

    value: float
    low: float
    high: float
    n: int
    units: int
    method: str
    warnings: tuple[str, ...] = ()


def cronbach_alpha(items: pd.DataFrame) -> Reliability:
    """Alpha with Feldt's interval.

    Source: Cronbach (1951); interval of Feldt (1965, Psychometrika 30, 357-370), exact for normal items with equal
    covariances; as R's ``psych::alpha.ci``.

    Raises
    ------
    ModelError
        With one item, a constant item, or fewer than two complete rows.

    """
    values = complete(items)
    n, k = values.shape
    alpha = float(alpha_of(np.cov(values, rowvar=False)))
    low, high = feldt(alpha, n, k)
    return Reliability(alpha, low, high, n, n, "alpha, Feldt", _negative(alpha))


def feldt(alpha: float, n: int, items: int) -> tuple[float, float]:
    """Interval of alpha from ``n`` rows by the F law with n − 1 and (n − 1)(items − 1) degrees of freedom."""
    first, second, tail = n - 1, (n - 1) * (items - 1), (1 - LEVEL) / 2
    return (
        1 - (1 - alpha) * float(fdtri(first, second, 1 - tail)),
        1 - (1 - alpha) * float(fdtri(first, second, tail)),
    )


def bootstrap_alpha(
    items: pd.DataFrame, units: pd.Series, rng: np.random.Generator, draws: int = DRAWS
) -> Reliability:
    """Alpha with an interval from a bootstrap of organisations, each with all its rows; see ``_interval``."""
    values, codes = _with_units(items, units)
    alpha = float(alpha_of(np.cov(values, rowvar=False)))
    units_seen = int(codes.max()) + 1
    low, high = _interval(alpha, alpha_of(resampled(values, codes, rng, draws)), units_seen)
    return Reliability(
        alpha, low, high, len(values), units_seen, "alpha, cluster bootstrap", _negative(alpha)
    )


def mcdonald_omega(
    items: pd.DataFrame,
    units: pd.Series | None = None,
    rng: np.random.Generator | None = None,
    draws: int = DRAWS,
    extraction: str = "minres",
) -> Reliability:
    """Omega total of one factor: the share of the variance of the mean that is not proper to single items.

    Parameters
    ----------
    items
        Three items at least, in one direction.
    units, rng
        Organisation of each row and source of chance of the bootstrap; without them there is no interval.
    extraction
        ``minres`` or ``ml``. The bootstrap uses minres, which solves all draws together.

    Notes
    -----
    Loadings come from correlations and are brought back to the items' own units, because the published score
    averages items in their own units (McDonald 1999, Test Theory, chapter 6): 1 − Σψ / variance of the sum.

    """
    values, codes = _with_units(items, units)
    covariance = np.cov(values, rowvar=False)
    method = {"minres": one_factor, "ml": one_factor_ml}[extraction]
    value = float(omega_of(covariance, method(_correlation(covariance))))
    loadings = method(_correlation(covariance))
    heywood = [
        str(c) for c, one in zip(items.columns, loadings, strict=True) if one**2 > 1 - LEAST_UNIQUE - 1e-6
    ]
    warnings = tuple(f"{c}: nothing is left to the item alone (Heywood case)" for c in heywood)
    low = high = np.nan
    if rng is not None:
        many = resampled(values, codes, rng, draws)
        low, high = _interval(value, omega_of(many, one_factor(_correlation(many))), int(codes.max()) + 1)
    n = len(values)
    return Reliability(value, low, high, n, int(codes.max()) + 1, f"omega total, {extraction}", warnings)


def omega_hierarchical(items: pd.DataFrame, factors: int) -> Reliability:
    """Share of the variance of the standardised sum that comes from one general factor, by Schmid-Leiman.

    Source: Zinbarg, Revelle, Yovel and Li (2005, Psychometrika 70, 123-133); R's ``psych::omega``.
    """
    values = complete(items)
    correlation = _correlation(np.cov(values, rowvar=False))
    general = schmid_leiman(correlation, factors)
    value = float(general.sum() ** 2 / correlation.sum())
    return Reliability(value, np.nan, np.nan, len(values), len(values), "omega hierarchical, Schmid-Leiman")


def alpha_of(covariance: FloatArray) -> FloatArray:
    """Alpha of a covariance matrix, or of each of a stack."""
    k = covariance.shape[-1]
    trace = np.trace(covariance, axis1=-2, axis2=-1)
    return np.asarray(k / (k - 1) * (1 - trace / covariance.sum(axis=(-2, -1))))


def omega_of(covariance: FloatArray, loadings: FloatArray) -> FloatArray:
    """Omega total from covariances and standardised loadings, one or a stack."""
    variances = np.diagonal(covariance, axis1=-2, axis2=-1)
    return np.asarray(1 - (variances * (1 - loadings**2)).sum(axis=-1) / covariance.sum(axis=(-2, -1)))


def complete(items: pd.DataFrame) -> FloatArray:
    """Rows without a missing item, as an array.

    Raises
    ------
    ModelError
        Naming what makes a covariance impossible.

    """
    if items.shape[1] < 2:
        raise ModelError(f"reliability needs two items at least, found {items.shape[1]}")
    values = items.astype("float64").dropna().to_numpy()
    if len(values) < 3:
        raise ModelError(f"reliability needs three complete rows at least, found {len(values)}")
    constant = [
        str(c) for c, spread in zip(items.columns, np.ptp(values, axis=0), strict=True) if spread == 0
    ]
    if constant:
        raise ModelError(f"constant on the complete rows: {', '.join(constant)}")
    return np.asarray(values)


def resampled(values: FloatArray, codes: np.ndarray, rng: np.random.Generator, draws: int) -> FloatArray:
    """Covariances (draws × items × items) of samples of units drawn with replacement.

    A draw in which an item is constant has no correlation and is left out.
    """
    groups = int(codes.max()) + 1
    times = rng.multinomial(groups, np.full(groups, 1 / groups), size=draws)[:, codes].astype(np.float64)
    n = times.sum(axis=1)
    centred = values - values.mean(axis=0)
    products = (centred[:, :, None] * centred[:, None, :]).reshape(len(values), -1)
    mean = times @ centred / n[:, None]
    second = (times @ products).reshape(draws, values.shape[1], -1)
    covariance = (second - n[:, None, None] * mean[:, :, None] * mean[:, None, :]) / (n - 1)[:, None, None]
    varied = (np.diagonal(covariance, axis1=1, axis2=2) > 1e-10).all(axis=1)
    return np.asarray(covariance[varied])


def _with_units(items: pd.DataFrame, units: pd.Series | None) -> tuple[FloatArray, np.ndarray]:
    values = complete(items)
    whole = items.notna().all(axis=1).to_numpy()
    labels = np.arange(len(values)) if units is None else units.astype(str).to_numpy()[whole]
    return values, np.unique(labels, return_inverse=True)[1]


def _correlation(covariance: FloatArray) -> FloatArray:
    scale = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    return np.asarray(covariance / (scale[..., :, None] * scale[..., None, :]))


def _interval(value: float, draws: FloatArray, units: int) -> tuple[float, float]:
    """Interval on the scale of log(1 − coefficient), where its law is nearly normal (Bonett 2002), with the draws' spread.

    Percentiles of the draws cover 93 to 94 % at a hundred organisations; this covers 93 to 95 %:
    docs/verification_measurement.md.
    """
    error = np.log1p(-np.minimum(draws, 1 - 1e-9)).std(ddof=1) * np.sqrt(units / (units - 1))
    reach = float(stdtrit(units - 1, (1 + LEVEL) / 2) * error)
    rest = 1 - min(value, 1 - 1e-9)
    return 1 - rest * float(np.exp(reach)), 1 - rest * float(np.exp(-reach))


def _negative(alpha: float) -> tuple[str, ...]:
    return ("alpha is negative: are all items in one direction?",) if alpha < 0 else ()
