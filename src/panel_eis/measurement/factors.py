"""Factor analysis of a few items: one factor (least squares or maximum likelihood), several, and Schmid-Leiman.

Small matrices, exact criteria: minimum residuals as Harman and Jones (1966, Psychometrika 31, 351-368), which is what R's
``psych::fa`` calls minres; maximum likelihood as ``stats::factanal``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import minimize

from panel_eis.errors import ModelError

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray

LEAST_UNIQUE: Final = 0.005
"""Smallest share of an item that is its own; an item that reaches it (a Heywood case) is said."""
SWEEPS: Final = 3000
TOLERANCE: Final = 1e-12


def one_factor(correlation: FloatArray) -> FloatArray:
    """Loadings of one factor by minimum residuals.

    Parameters
    ----------
    correlation
        Items × items, or a stack of such matrices (… × items × items): all are solved together.

    Returns
    -------
    Loadings (… × items), of positive sum, at most √0.995 in absolute value.

    Raises
    ------
    ModelError
        With fewer than three items, where one factor is not identified.

    """
    r = np.atleast_3d(correlation.T).T if correlation.ndim == 2 else correlation
    p, most = r.shape[-1], np.sqrt(1 - LEAST_UNIQUE)
    if p < 3:
        raise ModelError("one factor needs three items at least")
    off = r * (1 - np.eye(p))
    loadings = np.linalg.eigh(r)[1][..., -1] * np.sqrt(np.maximum(np.linalg.eigvalsh(r)[..., -1:], 0)) * 0.8
    loadings = np.clip(loadings, -most, most)
    for _ in range(SWEEPS):
        before = loadings.copy()
        for i in range(p):
            others = (loadings**2).sum(axis=-1) - loadings[..., i] ** 2
            loadings[..., i] = (off[..., i, :] * loadings).sum(axis=-1) / np.maximum(others, 1e-12)
            loadings[..., i] = np.clip(loadings[..., i], -most, most)
        if np.abs(loadings - before).max() < TOLERANCE:
            break
    loadings *= np.where(loadings.sum(axis=-1, keepdims=True) < 0, -1.0, 1.0)
    return np.asarray(loadings[0] if correlation.ndim == 2 else loadings)


def one_factor_ml(correlation: FloatArray) -> FloatArray:
    """Loadings of one factor by maximum likelihood under normality, as R's ``factanal``.

    Raises
    ------
    ModelError
        With fewer than three items, or a matrix that is not positive definite.

    """
    p = len(correlation)
    if p < 3:
        raise ModelError("one factor needs three items at least")
    if np.linalg.eigvalsh(correlation)[0] <= 0:
        raise ModelError("maximum likelihood needs a positive definite correlation matrix")

    def criterion(unique: FloatArray) -> tuple[float, FloatArray]:
        scale = np.sqrt(unique)
        values, vectors = np.linalg.eigh(correlation / np.outer(scale, scale))
        rest = values[:-1]
        loading = scale * vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0.0))
        gradient = (loading**2 + unique - np.diag(correlation)) / unique**2
        return float(-np.sum(np.log(rest) - rest) - p + 1), gradient

    start = np.clip(0.5 / np.diag(np.linalg.inv(correlation)), LEAST_UNIQUE, 1)
    found = minimize(
        criterion, start, jac=True, method="L-BFGS-B", bounds=[(LEAST_UNIQUE, 1)] * p,
        options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 2000},
    )  # fmt: skip
    scale = np.sqrt(found.x)
    values, vectors = np.linalg.eigh(correlation / np.outer(scale, scale))
    loading = scale * vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0.0))
    return np.asarray(loading * (-1 if loading.sum() < 0 else 1))


def minres(correlation: FloatArray, factors: int) -> FloatArray:
    """Unrotated loadings (items × factors) by minimum residuals, as R's ``psych::fa(fm = "minres")``.

    Raises
    ------
    ModelError
        When the factors are as many as half the items or more.

    """
    p = len(correlation)
    if factors >= p / 2:
        raise ModelError(f"{factors} factors from {p} items are not identified")

    def extract(unique: FloatArray) -> FloatArray:
        values, vectors = np.linalg.eigh(correlation - np.diag(unique))
        return np.asarray(vectors[:, ::-1][:, :factors] * np.sqrt(np.maximum(values[::-1][:factors], 0)))

    def criterion(unique: FloatArray) -> tuple[float, FloatArray]:
        loading = extract(unique)
        residual = correlation - np.diag(unique) - loading @ loading.T
        return float((residual**2).sum() / 2), -np.diag(residual)

    smc = 1 - 1 / np.diag(np.linalg.inv(correlation + 1e-10 * np.eye(p)))
    found = minimize(
        criterion, np.clip(1 - smc, LEAST_UNIQUE, 1), jac=True, method="L-BFGS-B", bounds=[(LEAST_UNIQUE, 1)] * p,
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 2000},
    )  # fmt: skip
    loading = extract(found.x)
    return loading * np.where(loading.sum(axis=0) < 0, -1.0, 1.0)


def oblimin(loadings: FloatArray, steps: int = 1000) -> tuple[FloatArray, FloatArray]:
    """Rotate to simple structure, factors free to correlate: pattern and correlations of the factors.

    Source: direct quartimin (oblimin with γ = 0) by gradient projection, Bernaards and Jennrich (2005, Educational and
    Psychological Measurement 65, 676-696); R's ``GPArotation::oblimin`` from the same start.
    """
    k = loadings.shape[1]
    others = 1 - np.eye(k)

    def criterion(transform: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        pattern = loadings @ np.linalg.inv(transform).T
        push = pattern * (pattern**2 @ others)
        gradient = -(pattern.T @ push @ np.linalg.inv(transform)).T
        return float((pattern**2 * (pattern**2 @ others)).sum() / 4), gradient, pattern

    transform, pace = np.eye(k), 1.0
    value, gradient, pattern = criterion(transform)
    for _ in range(steps):
        projected = gradient - transform * (transform * gradient).sum(axis=0)
        size = np.linalg.norm(projected)
        if size < 1e-7:
            break
        pace *= 2
        for _halving in range(30):
            moved = transform - pace * projected
            moved = moved / np.linalg.norm(moved, axis=0)
            there = criterion(moved)
            if there[0] < value - 0.5 * size**2 * pace:
                break
            pace /= 2
        transform, (value, gradient, pattern) = moved, there
    return pattern, np.asarray(transform.T @ transform)


def schmid_leiman(correlation: FloatArray, factors: int) -> FloatArray:
    """Loadings of all items on one general factor behind ``factors`` correlated ones.

    Source: Schmid and Leiman (1957, Psychometrika 22, 53-61), as R's ``psych::schmid`` with oblimin rotation.

    Raises
    ------
    ModelError
        With fewer than three factors, whose common factor is not identified.

    """
    if factors < 3:
        raise ModelError("a general factor behind the others needs three of them at least")
    pattern, between = oblimin(minres(correlation, factors))
    flip = np.where(pattern.sum(axis=0) < 0, -1.0, 1.0)
    pattern, between = pattern * flip, between * np.outer(flip, flip)
    general = pattern @ one_factor(between)
    return np.asarray(general * (-1 if general.sum() < 0 else 1))
