"""Mean probabilities of rungs over rows and over the unit effect, normal or gamma, with their Jacobian by the parameters."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from panel_eis.models.frailty import survival
from panel_eis.models.links import cumulative

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray

    Rows = tuple[FloatArray, FloatArray | None, FloatArray]
    """Columns, their derivatives by a regressor (None for levels), and weights that add up to one."""

NODES: Final = 40
"""Of the fixed quadrature: what is averaged is smooth in the effect."""

GAMMA: Final = "gamma"
"""The law of a complementary log-log with gamma frailty; its last parameter is the variance of the frailty."""

AT_ONCE: Final = 20_000
"""Rows handled at once."""


class Average(NamedTuple):
    """Mean probability of each rung, or a change of it, and its Jacobian by thresholds, slopes and spread."""

    value: FloatArray
    jacobian: FloatArray


def average(law: str, parameters: FloatArray, rows: Rows) -> Average:
    """Average the probability of each rung over rows, or its derivative by a regressor if slopes are given.

    ``parameters`` are thresholds, slopes of the columns, and σ (0 for a pooled model) or the variance of a gamma frailty.
    """
    x, slopes, weights = rows
    top = len(parameters) - x.shape[1] - 1
    value, jacobian = np.zeros(top + 2), np.zeros((top + 2, len(parameters)))
    value[-1] = 1.0 if slopes is None else 0.0
    for start in range(0, len(x), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        some = x[part], None if slopes is None else slopes[part], weights[part]
        for j in range(top):
            mean, gradient = _mean_below(law, parameters, j, some)
            value[j + 1] += mean
            jacobian[j + 1] += gradient
    return Average(np.diff(value), np.diff(jacobian, axis=0))


def minus(left: Average, right: Average) -> Average:
    """Difference of two averages."""
    return Average(left.value - right.value, left.jacobian - right.jacobian)


def _mean_below(law: str, parameters: FloatArray, j: int, rows: Rows) -> tuple[float, FloatArray]:
    """Mean of P(y ≤ j) over rows and effect, or of its derivative along the slopes, and the gradient."""
    x, slopes, weights = rows
    beta, spread = parameters[-1 - x.shape[1] : -1], float(parameters[-1])
    at = parameters[j] - x @ beta
    found = _over_gamma(at, spread) if law == GAMMA else _over_normal(law, at, spread)
    gradient = np.zeros(len(parameters))
    if slopes is None:
        mean = weights * found.density
        gradient[j] = mean.sum()
        gradient[-1 - x.shape[1] : -1] = -(mean @ x)
        gradient[-1] = weights @ found.by_spread
        return float(weights @ found.below), gradient
    step = slopes @ beta
    mean, curved = weights * found.density, weights * found.bend * step
    gradient[j] = -curved.sum()
    gradient[-1 - x.shape[1] : -1] = curved @ x - mean @ slopes
    gradient[-1] = -((weights * step) @ found.density_by_spread)
    return float(-(mean @ step)), gradient


class _Below(NamedTuple):
    """P(y ≤ j) of each row over the effect, its two derivatives by the threshold, and those by the spread."""

    below: FloatArray
    density: FloatArray
    bend: FloatArray
    by_spread: FloatArray
    density_by_spread: FloatArray


def _over_normal(law: str, at: FloatArray, sigma: float) -> _Below:
    """Over a normal effect, by quadrature."""
    u, mass = _nodes(NODES if sigma else 1)
    below, density, bend = cumulative(law, at[:, None] - sigma * u)
    return _Below(below @ mass, density @ mass, bend @ mass, -(density @ (mass * u)), -(bend @ (mass * u)))


@cache
def _nodes(number: int) -> tuple[FloatArray, FloatArray]:
    """Nodes for a standard normal law, and their masses."""
    u, mass = np.polynomial.hermite_e.hermegauss(number)
    return u, mass / mass.sum()


def _over_gamma(at: FloatArray, variance: float) -> _Below:
    """Over a gamma frailty of mean 1, in closed form: a cloglog whose rate α = e^{-at} is multiplied by it."""
    alpha = np.exp(np.minimum(-at, 300.0))
    with np.errstate(over="ignore", invalid="ignore"):
        total = survival(alpha, variance)
    below, kept = np.exp(-total.g), total.h
    density = alpha * below * kept
    bend = density * (alpha * kept * (1 + variance) - 1)
    return _Below(below, density, bend, -below * total.v, -density * (total.v + alpha * kept))
