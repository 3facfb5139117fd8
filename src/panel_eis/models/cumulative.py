"""The cumulative (ordered) logit: log-likelihood, scores, Hessian, and Newton's method on them.

P(y ≤ j) = F(θ_j - xβ), F logistic, rungs j = 0 … J-1, thresholds θ_0 < … < θ_{J-2}. The log-likelihood is
concave where the thresholds are in order (Pratt 1981, JASA 76, 103-106), so Newton's steps, halved when they
overshoot, lead to the one optimum. This is why the project does not call statsmodels' ``OrderedModel``: its
default optimiser stops short on such data and reports errors from numerical derivatives, while exact
derivatives cost a few lines and give the scores that clustering needs. It is the oracle of the tests.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import logit

from panel_eis.errors import ModelError

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray, IntArray

MAX_ITERATIONS: Final = 60
TOLERANCE: Final = 1e-10
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


class Terms(NamedTuple):
    """Log-likelihood, and by row its derivatives by the thresholds above and below, weights included.

    ``twice_*`` are second derivatives, ``cross`` the mixed one.
    """

    value: float
    by_upper: FloatArray
    by_lower: FloatArray
    twice_upper: FloatArray
    twice_lower: FloatArray
    cross: FloatArray


def terms_of(upper: FloatArray, lower: FloatArray, weights: FloatArray) -> Terms:
    """Derivatives of log P by the two bounds of each row, a = ``upper`` and b = ``lower`` (infinite at the ends).

    log P = log F(a) + log F(-b) + log(1 - e^{b-a}): no difference of nearly equal probabilities is ever taken.
    Exponentials are of negative numbers only, and one logarithm serves both factors.
    """
    return _terms(upper, lower, weights, *_between(upper, lower))


def _between(upper: FloatArray, lower: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The last term of log P, and its derivative by a."""
    missing = -np.expm1(lower - upper)
    return np.log(missing), np.exp(lower - upper) / missing


def _terms(
    upper: FloatArray, lower: FloatArray, weights: FloatArray, last: FloatArray, r: FloatArray
) -> Terms:
    """``terms_of``, with what is between the bounds at hand."""
    small_a, small_b = np.exp(-np.abs(upper)), np.exp(-np.abs(lower))
    product = (1 + small_a) * (1 + small_b)
    value = last - np.log(product) + np.minimum(upper, 0.0) - np.maximum(lower, 0.0)
    # F(-a) and F(b), neither of them as a difference
    above = np.where(upper > 0, small_a, 1.0) / (1 + small_a)
    below = np.where(lower < 0, small_b, 1.0) / (1 + small_b)
    cross = weights * (r * (1 + r))
    return Terms(
        float(weights @ value),
        weights * (above + r),
        -weights * (below + r),
        -weights * (small_a / (1 + small_a) ** 2) - cross,
        -weights * (small_b / (1 + small_b) ** 2) - cross,
        cross,
    )


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

    """
    return ByRung(rung, x, weights).with_scores(parameters)


class ByRung:
    """The rows sorted by rung, so that a sum over the rows of a rung is one over a slice.

    What is between the bounds is a matter of thresholds alone: it is had once for each rung.
    """

    def __init__(self, rung: IntArray, x: FloatArray, weights: FloatArray) -> None:
        self._order = np.argsort(rung.astype(np.int16), kind="stable")
        self._rung, self._x, self._weights = rung[self._order], x[self._order], weights[self._order]
        ends = np.cumsum(np.bincount(rung)).tolist()
        self._slices = [slice(a, b) for a, b in pairwise([0, *ends])]
        self.thresholds = len(ends) - 1

    def terms(self, parameters: FloatArray) -> Terms:
        """Terms by row, in the order of rungs."""
        thresholds = parameters[: len(parameters) - self._x.shape[1]]
        predictor = self._x @ parameters[len(thresholds) :]
        above, below = np.append(thresholds, np.inf), np.insert(thresholds, 0, -np.inf)
        upper, lower = above[self._rung] - predictor, below[self._rung] - predictor
        last, r = _between(above, below)
        return _terms(upper, lower, self._weights, last[self._rung], r[self._rung])

    def derivatives(self, terms: Terms) -> tuple[FloatArray, FloatArray]:
        """Gradient and Hessian."""
        x, parts = self._x, self._slices
        top = self.thresholds
        both_upper, both_lower = terms.twice_upper + terms.cross, terms.twice_lower + terms.cross
        slopes = slice(top, None)
        gradient, hessian = np.empty(top + x.shape[1]), np.zeros((top + x.shape[1],) * 2)
        gradient[slopes] = -((terms.by_upper + terms.by_lower) @ x)
        hessian[slopes, slopes] = x.T @ ((both_upper + both_lower)[:, None] * x)
        for j, (own, next_up) in enumerate(pairwise(parts)):
            gradient[j] = terms.by_upper[own].sum() + terms.by_lower[next_up].sum()
            hessian[j, j] = terms.twice_upper[own].sum() + terms.twice_lower[next_up].sum()
            mixed = both_upper[own] @ x[own] + both_lower[next_up] @ x[next_up]
            hessian[j, slopes] = hessian[slopes, j] = -mixed
            if j:
                hessian[j, j - 1] = hessian[j - 1, j] = terms.cross[own].sum()
        return gradient, hessian

    def with_scores(self, parameters: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Log-likelihood, scores by row in their first order, and Hessian."""
        terms, top = self.terms(parameters), self.thresholds
        scores = np.zeros((len(self._rung), len(parameters)))
        scores[:, top:] = -(terms.by_upper + terms.by_lower)[:, None] * self._x
        for j, (own, next_up) in enumerate(pairwise(self._slices)):
            scores[own, j] = terms.by_upper[own]
            scores[next_up, j] = terms.by_lower[next_up]
        first = np.empty_like(scores)
        first[self._order] = scores
        return terms.value, first, self.derivatives(terms)[1]


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
    rows, parameters = ByRung(rung, x, weights), start(rung, x.shape[1], weights)
    terms = rows.terms(parameters)
    converged, iteration = False, 0
    while not converged and iteration < MAX_ITERATIONS:
        iteration += 1
        gradient, hessian = rows.derivatives(terms)
        step = _solve(-hessian, gradient)
        parameters, terms = _climb(parameters, step, terms, rows)
        converged = bool(gradient @ step < TOLERANCE)
    value, scores, hessian = rows.with_scores(parameters)
    return Optimum(parameters, value, scores, hessian, converged, iteration)


def _climb(parameters: FloatArray, step: FloatArray, terms: Terms, rows: ByRung) -> tuple[FloatArray, Terms]:
    """Take the step, halved until the thresholds are in order and the likelihood does not fall."""
    top = rows.thresholds
    slack = 1e-12 * abs(terms.value)
    for halving in range(MAX_HALVINGS):
        candidate = parameters + step / 2**halving
        if np.all(np.diff(candidate[:top]) > 0):
            there = rows.terms(candidate)
            if there.value >= terms.value - slack:
                return candidate, there
    return parameters, terms


def _solve(information: FloatArray, gradient: FloatArray) -> FloatArray:
    try:
        np.linalg.cholesky(information)
        return np.linalg.solve(information, gradient).astype(np.float64)
    except np.linalg.LinAlgError as error:
        raise ModelError(
            "the information matrix of the ordered logit is singular (perfect separation?)"
        ) from error
