"""Polychoric correlations: what graded answers would correlate if they were not cut into grades.

Two steps (Olsson 1979, Psychometrika 44, 443-460): thresholds from the margins of each pair, then the correlation by
maximum likelihood. All pairs climb together, so that a matrix of twenty items costs a few milliseconds. R's
``polycor::polychor`` gives the same estimates; standard errors allow for estimated thresholds and agree with a jackknife.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from panel_eis.errors import ModelError

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray

NODES: Final = 24
FAR: Final = 8.0
"""Thresholds beyond this many standard deviations are as good as infinite."""
MOST: Final = 0.9999
"""Largest correlation in absolute value; reaching it is said."""
STEPS: Final = 60
TOLERANCE: Final = 1e-10
TINY: Final = 1e-14

_X, _W = np.polynomial.legendre.leggauss(NODES)


@dataclass(frozen=True)
class Polychoric:
    """Matrices by item: correlations, their standard errors, and answers of each pair; ``warnings`` in words."""

    correlation: pd.DataFrame
    std_error: pd.DataFrame
    n: pd.DataFrame
    warnings: tuple[str, ...]


class _Pairs(NamedTuple):
    """Shares (pairs × grades × grades) and thresholds (pairs × grades + 1) of both items."""

    shares: FloatArray
    rows: FloatArray
    columns: FloatArray


def bivariate_normal(h: FloatArray, k: FloatArray, rho: FloatArray) -> FloatArray:
    """P(X ≤ h, Y ≤ k) for standard normals of correlation ``rho``; arrays of one shape.

    Source: Sheppard's integral over the angle, as in Drezner and Wesolowsky (1990), with 24 Gauss-Legendre nodes;
    absolute error below 1e-9 for correlations up to 0.95.
    """
    angle = np.arcsin(rho)[..., None]
    theta = angle / 2 * (_X + 1)
    square, product = (h * h + k * k)[..., None], (2 * h * k)[..., None]
    inside = np.exp(-(square - product * np.sin(theta)) / (2 * np.cos(theta) ** 2)) @ _W
    return np.asarray(ndtr(h) * ndtr(k) + angle[..., 0] / (4 * np.pi) * inside)


def polychoric(items: pd.DataFrame, *, errors: bool = True) -> Polychoric:
    """Polychoric correlations of all pairs of items, each on the answers that both have.

    Parameters
    ----------
    items
        One column an item, grades as numbers, missing allowed. A grade that nobody gave in a pair costs nothing: the
        two thresholds around it coincide.
    errors
        False leaves standard errors out (they are missing), which is a third faster.

    Raises
    ------
    ModelError
        If there is one item, or an item is constant on the answers of a pair.

    """
    names = list(items.columns)
    if len(names) < 2:
        raise ModelError("a correlation needs two items")
    values = items.astype("float64").to_numpy(na_value=np.nan)
    grades = np.unique(values[~np.isnan(values)])
    codes = np.where(np.isnan(values), -1, np.searchsorted(grades, values))
    pairs = list(combinations(range(len(names)), 2))
    counts = np.stack([_crossed(codes[:, i], codes[:, j], len(grades)) for i, j in pairs])
    for (i, j), table in zip(pairs, counts, strict=True):
        for name, margin in ((names[i], table.sum(axis=1)), (names[j], table.sum(axis=0))):
            if (margin > 0).sum() < 2:
                raise ModelError(f"item {name} is constant: it has no correlation")
    n = counts.sum(axis=(1, 2))
    prepared = _prepare(counts)
    rho, converged = _climb(prepared)
    error = np.sqrt(_variance(prepared, rho) / n) if errors else np.full(len(pairs), np.nan)
    warnings = [f"{names[i]} and {names[j]}: the correlation is at the edge (an empty corner of the table)"
                for (i, j), r in zip(pairs, rho, strict=True) if abs(r) >= MOST]  # fmt: skip
    if not converged:
        warnings.append(f"no convergence in {STEPS} steps")
    correlation, spread, answers = (
        np.eye(len(names)),
        np.zeros((len(names),) * 2),
        np.zeros((len(names),) * 2),
    )
    for (i, j), r, e, size in zip(pairs, rho, error, n, strict=True):
        correlation[i, j] = correlation[j, i] = r
        spread[i, j] = spread[j, i] = e
        answers[i, j] = answers[j, i] = size
    np.fill_diagonal(answers, (codes >= 0).sum(axis=0))
    if np.linalg.eigvalsh(correlation)[0] < 0:
        warnings.append("the matrix is not positive definite; `smooth` gives the nearest that is")

    def framed(matrix: FloatArray) -> pd.DataFrame:
        return pd.DataFrame(matrix, index=names, columns=names)

    return Polychoric(framed(correlation), framed(spread), framed(answers).astype(int), tuple(warnings))


def smooth(correlation: FloatArray, least: float = 1e-12) -> FloatArray:
    """Replace eigenvalues below ``least`` by 100 × ``least``, keep their sum, and give back a correlation matrix.

    Source: Wothke (1993); the same as R's ``psych::cor.smooth``. A matrix that is positive definite is returned as it is.
    """
    values, vectors = np.linalg.eigh(correlation)
    if values[0] >= least:
        return correlation
    values = np.where(values < least, 100 * least, values)
    values *= len(values) / values.sum()
    fixed = vectors @ np.diag(values) @ vectors.T
    scale = np.sqrt(np.diag(fixed))
    return np.asarray(fixed / np.outer(scale, scale))


def _crossed(first: np.ndarray, second: np.ndarray, grades: int) -> FloatArray:
    both = (first >= 0) & (second >= 0)
    flat = np.bincount(first[both] * grades + second[both], minlength=grades * grades)
    return flat.reshape(grades, grades).astype(np.float64)


def _prepare(counts: FloatArray) -> _Pairs:
    shares = counts / counts.sum(axis=(1, 2), keepdims=True)
    bounds = []
    for axis in (2, 1):
        below = np.cumsum(shares.sum(axis=axis), axis=1)
        below[below > 1 - TINY] = 1.0
        padded = np.concatenate([np.zeros((len(below), 1)), below], axis=1)
        bounds.append(np.clip(ndtri(padded), -FAR, FAR))
    return _Pairs(shares, *bounds)


def _cells(pairs: _Pairs, rho: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Probabilities of all cells, their derivative by the correlation, and the log-likelihood of one answer."""
    shape = (len(rho), pairs.rows.shape[1], pairs.columns.shape[1])
    h = np.broadcast_to(pairs.rows[:, :, None], shape)
    k = np.broadcast_to(pairs.columns[:, None, :], shape)
    r = np.broadcast_to(rho[:, None, None], shape)
    corner = bivariate_normal(h, k, r)
    rest = 1 - r * r
    density = np.exp(-(h * h + k * k - 2 * r * h * k) / (2 * rest)) / (2 * np.pi * np.sqrt(rest))
    inner = (np.abs(h) < FAR) & (np.abs(k) < FAR)
    p = np.maximum(np.diff(np.diff(corner, axis=1), axis=2), TINY)
    slope = np.diff(np.diff(np.where(inner, density, 0.0), axis=1), axis=2)
    return p, slope, (pairs.shares * np.log(p)).sum(axis=(1, 2))


def _climb(pairs: _Pairs) -> tuple[FloatArray, bool]:
    """Fisher scoring for all pairs at once; a step that descends is halved."""
    rho = np.zeros(len(pairs.shares))
    p, slope, value = _cells(pairs, rho)
    for _ in range(STEPS):
        score = (pairs.shares * slope / p).sum(axis=(1, 2))
        step = np.clip(score / (slope**2 / p).sum(axis=(1, 2)), -0.4, 0.4)
        candidate = np.clip(rho + step, -MOST, MOST)
        p_new, slope_new, new = _cells(pairs, candidate)
        for _halving in range(12):
            worse = new < value - 1e-13
            if not worse.any():
                break
            candidate = np.where(worse, (rho + candidate) / 2, candidate)
            p_new, slope_new, new = _cells(pairs, candidate)
        moved = np.abs(candidate - rho).max()
        rho, p, slope, value = candidate, p_new, slope_new, new
        if moved < TOLERANCE:
            return rho, True
    return rho, bool(moved < 1e-6)


def _variance(pairs: _Pairs, rho: FloatArray) -> FloatArray:
    """Variance of one answer's influence on the correlation, thresholds having been estimated first (Muthén 1984)."""
    p, slope, _ = _cells(pairs, rho)
    score = slope / p
    total = score * (slope**2 / p).sum(axis=(1, 2), keepdims=True) ** -1
    information = (slope**2 / p).sum(axis=(1, 2))
    for bounds, other, axis in ((pairs.rows, pairs.columns, 1), (pairs.columns, pairs.rows, 2)):
        inner = bounds[:, 1:-1]
        density = np.exp(-inner * inner / 2) / np.sqrt(2 * np.pi)
        z = (other[:, None, :] - rho[:, None, None] * inner[:, :, None]) / np.sqrt(1 - rho**2)[:, None, None]
        reach = density[:, :, None] * np.diff(ndtr(z), axis=2)
        mine = score if axis == 1 else score.transpose(0, 2, 1)
        # A threshold moves probability between the two grades that it parts.
        bend = -(reach * (mine[:, :-1] - mine[:, 1:])).sum(axis=2)
        grade = np.arange(bounds.shape[1] - 1)
        below = (grade[None, :] <= np.arange(len(grade) - 1)[:, None]).astype(float)
        influence = (below[None] - ndtr(inner)[:, :, None]) / np.maximum(density, 1e-12)[:, :, None]
        influence[np.abs(inner) >= FAR] = 0.0
        part = (bend[:, :, None] * influence).sum(axis=1) / information[:, None]
        total = total + (part[:, :, None] if axis == 1 else part[:, None, :])
    return np.asarray((pairs.shares * total**2).sum(axis=(1, 2)))
