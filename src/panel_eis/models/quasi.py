"""Bernoulli quasi-likelihood of a mean between 0 and 1: what fractional regression and GEE share.

E(y | x) = F(x β), F logistic or normal, y anywhere between 0 and 1. The score of a row is (y - m) m' / (m(1 - m)) x, the
information m'² / (m(1 - m)) xx' in expectation, as in R's ``glm``: it is what the sandwich of Papke and Wooldridge (1996,
Journal of Applied Econometrics 11, 619-632) has for bread, and asks that the mean be right, not the law.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import expit, log_expit, log_ndtr, ndtr

from panel_eis.errors import ModelError
from panel_eis.models.arrays import numbers
from panel_eis.models.cumulative import Optimum
from panel_eis.models.design import INTERCEPT, pooled_design, split_design
from panel_eis.models.ladder import rescale
from panel_eis.models.links import LOG_2PI
from panel_eis.models.newton import solve_step

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.design import Design, Term
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec

MAX_ITERATIONS: Final = 100
MAX_HALVINGS: Final = 30
TOLERANCE: Final = 1e-14
"""Decrement of a Fisher step, a row, at which the optimum is reached."""

SINGULAR: Final = "the information matrix is singular (perfect separation?)"


class Mean(NamedTuple):
    """At predictors: log m, log(1 - m), m, its derivative, and that over m(1 - m)."""

    log_mean: FloatArray
    log_rest: FloatArray
    mean: FloatArray
    slope: FloatArray
    ratio: FloatArray


class Shares(NamedTuple):
    """An outcome between 0 and 1 beside columns of one scale, the first of them ones.

    ``unscale`` brings intercept and slopes back to the units of measurement; ``design`` has no intercept.
    """

    y: FloatArray
    x: FloatArray
    unscale: FloatArray
    design: Design
    terms: tuple[Term, ...]


def mean_at(law: str, predictor: FloatArray) -> Mean:
    """Evaluate the mean of a law (``logit`` or ``probit``)."""
    if law == "logit":
        mean = expit(predictor)
        slope = mean * expit(-predictor)
        return Mean(log_expit(predictor), log_expit(-predictor), mean, slope, np.ones_like(mean))
    below, above = log_ndtr(predictor), log_ndtr(-predictor)
    log_density = -0.5 * (predictor * predictor + LOG_2PI)
    return Mean(
        below,
        above,
        ndtr(predictor),
        np.exp(log_density),
        np.exp(np.minimum(log_density - below - above, 700)),
    )


def shares(spec: Spec, rows: Rows) -> Shares:
    """Outcome as a share of its range, and the columns of the model.

    Raises
    ------
    ModelError
        If the outcome is outside ``spec.bounds``, or constant; if there are no more rows than coefficients.

    """
    raw = numbers(rows.columns[spec.outcome], f"outcome {spec.outcome}")
    low, high = spec.bounds
    outside = int(((raw < low) | (raw > high)).sum())
    if outside:
        raise ModelError(
            f"{spec.outcome} is outside {low:g} to {high:g} in {outside} rows: say its range in bounds=(…, …)"
        )
    if np.ptp(raw) == 0:
        raise ModelError(f"{spec.outcome} is constant ({raw[0]:g}) in the {len(raw)} rows used")
    design = (split_design if spec.varying else pooled_design)(spec, rows).without_intercept()
    x, back = rescale(design.x, rows.weights, 1)
    back[0, 1:] *= -1
    whole = np.column_stack([np.ones(len(x)), x])
    return Shares((raw - low) / (high - low), whole, back, design, (INTERCEPT, *design.terms))


def start(law: str, y: FloatArray, weights: FloatArray, size: int) -> FloatArray:
    """Intercept of the model without regressors, which is exact, and zero slopes."""
    mean = float(weights @ y / weights.sum())
    first = np.zeros(size)
    first[0] = np.log(mean) - np.log1p(-mean)
    if law == "probit":
        first[0] *= 0.6
    return first


def maximise(law: str, data: Shares, weights: FloatArray) -> Optimum:
    """Climb to the maximum of the quasi-likelihood by Fisher's scoring; scores are by row.

    Raises
    ------
    ModelError
        If the information is singular.

    """
    parameters = start(law, data.y, weights, data.x.shape[1])
    value, scores, information = evaluate(law, parameters, data, weights)
    for iteration in range(1, MAX_ITERATIONS + 1):
        gradient = scores.sum(axis=0)
        step = solve_step(information, gradient)
        if step is None:
            raise ModelError(SINGULAR)
        for halving in range(MAX_HALVINGS):
            candidate = parameters + step / 2**halving
            there = evaluate(law, candidate, data, weights)
            if there[0] >= value - 1e-12 * abs(value):
                parameters, (value, scores, information) = candidate, there
                break
        if gradient @ step < TOLERANCE * len(data.y):
            return Optimum(parameters, value, scores, -information, True, iteration)
    return Optimum(parameters, value, scores, -information, False, MAX_ITERATIONS)


def evaluate(
    law: str, parameters: FloatArray, data: Shares, weights: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Quasi-likelihood, scores (rows × parameters, weights included) and information (expected)."""
    m = mean_at(law, data.x @ parameters)
    value = float(weights @ (data.y * m.log_mean + (1 - data.y) * m.log_rest))
    scores = (weights * (data.y - m.mean) * m.ratio)[:, None] * data.x
    information = data.x.T @ ((weights * m.slope * m.ratio)[:, None] * data.x)
    return value, scores, information
