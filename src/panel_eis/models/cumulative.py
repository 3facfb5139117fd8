"""The cumulative (ordered) logit: log-likelihood, scores, Hessian, and Newton's method on them.

P(y ≤ j) = F(θ_j - xβ), F logistic, rungs j = 0 … J-1, thresholds θ_0 < … < θ_{J-2}. The log-likelihood is
concave where the thresholds are in order (Pratt 1981, JASA 76, 103-106), so Newton's steps, halved when they
overshoot, lead to the one optimum. This is why the project does not call statsmodels' ``OrderedModel``: its
default optimiser stops short on such data and reports errors from numerical derivatives, while exact
derivatives cost a few lines and give the scores that clustering needs. It is the oracle of the tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import expit, log_expit, logit

from panel_eis.errors import ModelError

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray, IntArray

    Data = tuple[IntArray, FloatArray, FloatArray]

MAX_ITERATIONS: Final = 60
TOLERANCE: Final = 1e-12
"""Newton decrement (twice the log-likelihood still to gain) at which the optimum is reached."""

MAX_HALVINGS: Final = 30


class Optimum(NamedTuple):
    """Thresholds then slopes, where Newton's method stopped."""

    parameters: FloatArray
    log_likelihood: float
    scores: FloatArray
    hessian: FloatArray
    converged: bool
    iterations: int

    @property
    def bread(self) -> FloatArray:
        """Inverse of the information matrix."""
        return np.linalg.inv(-self.hessian).astype(np.float64)


def evaluate(
    parameters: FloatArray, rung: IntArray, x: FloatArray, weights: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Log-likelihood, scores (rows × parameters, weights included) and Hessian.

    Parameters
    ----------
    parameters
        Thresholds (J-1), increasing, then slopes.
    rung
        Code 0 … J-1 of each row.
    x, weights
        Regressors (rows × slopes) and weight of each row.

    Notes
    -----
    With a = θ_y - xβ and b = θ_{y-1} - xβ (infinite at the ends), log P = log F(a) + log F(-b) +
    log(1 - e^{b-a}): no difference of nearly equal probabilities is ever taken. r is the derivative of the
    last term by a.

    """
    thresholds = parameters[: len(parameters) - x.shape[1]]
    top = len(thresholds)
    predictor = x @ parameters[top:]
    upper = np.append(thresholds, np.inf)[rung] - predictor
    lower = np.insert(thresholds, 0, -np.inf)[rung] - predictor
    value = log_expit(upper) + log_expit(-lower) + np.log(-np.expm1(lower - upper))
    r = np.exp(lower - upper) / -np.expm1(lower - upper)
    by_upper, by_lower = expit(-upper) + r, -expit(lower) - r
    cross = weights * r * (1 + r)
    twice_upper = -weights * expit(upper) * expit(-upper) - cross
    twice_lower = -weights * expit(lower) * expit(-lower) - cross

    row, below = np.arange(len(rung)), rung > 0
    scores = np.empty((len(rung), len(parameters)))
    scores[:, :top] = 0.0
    scores[row[rung < top], rung[rung < top]] = (weights * by_upper)[rung < top]
    scores[row[below], rung[below] - 1] += (weights * by_lower)[below]
    scores[:, top:] = -(weights * (by_upper + by_lower))[:, None] * x
    return float(weights @ value), scores, _hessian(rung, x, top, (twice_upper, twice_lower, cross))


def _hessian(
    rung: IntArray, x: FloatArray, top: int, seconds: tuple[FloatArray, FloatArray, FloatArray]
) -> FloatArray:
    """Sum second derivatives by the thresholds above and below each row, and across, over rows."""
    upper, lower, cross = seconds
    on = (rung == np.arange(top + 1)[:, None]).astype(float)
    hessian = np.zeros((top + x.shape[1], top + x.shape[1]))
    np.fill_diagonal(hessian[:top, :top], on[:-1] @ upper + on[1:] @ lower)
    across, steps = (on @ cross)[1:top], np.arange(top - 1)
    hessian[steps + 1, steps] = hessian[steps, steps + 1] = across
    mixed = on[:-1] @ ((upper + cross)[:, None] * x) + on[1:] @ ((lower + cross)[:, None] * x)
    hessian[:top, top:], hessian[top:, :top] = -mixed, -mixed.T
    hessian[top:, top:] = x.T @ ((upper + lower + 2 * cross)[:, None] * x)
    return hessian


def start(rung: IntArray, n_slopes: int, weights: FloatArray) -> FloatArray:
    """Thresholds of the model without regressors, which are exact, and zero slopes."""
    shares = np.cumsum(np.bincount(rung, weights=weights)) / weights.sum()
    return np.concatenate([logit(shares[:-1]), np.zeros(n_slopes)])


def maximise(rung: IntArray, x: FloatArray, weights: FloatArray) -> Optimum:
    """Climb to the maximum of the likelihood; the last step taken is one beyond the tolerance.

    Raises
    ------
    ModelError
        If the information matrix is singular on the way.

    """
    parameters = start(rung, x.shape[1], weights)
    value, scores, hessian = evaluate(parameters, rung, x, weights)
    for iteration in range(1, MAX_ITERATIONS + 1):
        gradient = scores.sum(axis=0)
        step = _solve(-hessian, gradient)
        parameters, (value, scores, hessian) = _climb(parameters, step, value, (rung, x, weights))
        if gradient @ step < TOLERANCE:
            return Optimum(parameters, value, scores, hessian, converged=True, iterations=iteration)
    return Optimum(parameters, value, scores, hessian, converged=False, iterations=MAX_ITERATIONS)


def _climb(
    parameters: FloatArray, step: FloatArray, value: float, data: Data
) -> tuple[FloatArray, tuple[float, FloatArray, FloatArray]]:
    """Take the step, halved until the thresholds are in order and the likelihood does not fall."""
    top = len(parameters) - data[1].shape[1]
    slack = 1e-12 * abs(value)
    for halving in range(MAX_HALVINGS):
        candidate = parameters + step / 2**halving
        if np.all(np.diff(candidate[:top]) > 0):
            there = evaluate(candidate, *data)
            if there[0] >= value - slack:
                return candidate, there
    return parameters, evaluate(parameters, *data)


def _solve(information: FloatArray, gradient: FloatArray) -> FloatArray:
    try:
        np.linalg.cholesky(information)
        return np.linalg.solve(information, gradient).astype(np.float64)
    except np.linalg.LinAlgError as error:
        raise ModelError(
            "the information matrix of the ordered logit is singular (perfect separation?)"
        ) from error
