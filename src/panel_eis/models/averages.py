"""Mean probabilities of rungs over rows and over a normal unit effect, with their Jacobian by the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from panel_eis.models.links import cumulative

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray

    Rows = tuple[FloatArray, FloatArray | None, FloatArray]
    """Columns, their derivatives by a regressor (None for levels), and weights that add up to one."""

NODES: Final = 40
"""Of the fixed quadrature: what is averaged is smooth in the effect."""

AT_ONCE: Final = 20_000
"""Rows handled at once."""


class Average(NamedTuple):
    """Mean probability of each rung, or a change of it, and its Jacobian by thresholds, slopes and σ."""

    value: FloatArray
    jacobian: FloatArray


def average(law: str, parameters: FloatArray, rows: Rows) -> Average:
    """Average the probability of each rung over rows, or its derivative by a regressor if slopes are given.

    ``parameters`` are thresholds, slopes of the columns, and σ (0 for a pooled model).
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
    beta, sigma = parameters[-1 - x.shape[1] : -1], parameters[-1]
    u, mass = np.polynomial.hermite_e.hermegauss(NODES if sigma else 1)
    mass = mass / mass.sum()
    below, density, bend = cumulative(law, parameters[j] - (x @ beta)[:, None] - sigma * u)
    gradient = np.zeros(len(parameters))
    if slopes is None:
        mean = weights * (density @ mass)
        gradient[j] = mean.sum()
        gradient[-1 - x.shape[1] : -1] = -(mean @ x)
        gradient[-1] = -(weights @ (density @ (mass * u)))
        return float(weights @ (below @ mass)), gradient
    step = slopes @ beta
    mean, curved = weights * (density @ mass), weights * (bend @ mass) * step
    gradient[j] = -curved.sum()
    gradient[-1 - x.shape[1] : -1] = curved @ x - mean @ slopes
    gradient[-1] = (weights * step) @ (bend @ (mass * u))
    return float(-(mean @ step)), gradient
