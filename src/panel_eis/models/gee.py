"""Generalised estimating equations with an exchangeable working correlation, for shares and for 0/1.

Liang and Zeger (1986, Biometrika 73, 13-22): Σ_i D_i' V_i⁻¹ (y_i - m_i) = 0 with V_i = φ A_i^½ R(α) A_i^½, R having α
off the diagonal. Its inverse is known, so a step costs one pass over the rows and sums by unit. φ and α are moments of
the Pearson residuals (means of squares, and of products over pairs, over φ; no degrees of freedom taken off), updated
with every step, as in R's ``geepack``. The mean is what has to be right; a wrong α costs precision alone, as errors are
the sandwich. Coefficients are population-averaged: as those of ``fractional_logit``, often more precise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models import quasi
from panel_eis.models.assemble import Estimate, compare_parts, make_fit
from panel_eis.models.inference import sandwich
from panel_eis.models.ladder import CORRECTION, refuse_separation, with_unit_weights
from panel_eis.models.newton import solve_step

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.result import Fit
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec

MAX_ITERATIONS: Final = 100
TOLERANCE: Final = 1e-14
"""Decrement of a step, a row, at which equations are solved."""

MARGIN: Final = 1e-3
"""How far α stays from where R(α) is singular."""


class Solution(NamedTuple):
    """Where the equations hold; scores are by unit, weights included."""

    parameters: FloatArray
    scores: FloatArray
    information: FloatArray
    alpha: float
    scale: float
    at_limit: bool
    converged: bool
    iterations: int


def gee_logit(spec: Spec, rows: Rows) -> Fit:
    """GEE with a logistic mean and exchangeable correlation within units.

    The outcome is taken as a share of the way between ``spec.bounds``; regressors declared varying enter as deviation and
    unit mean. Weights are of units (the mean of a unit's rows). Clusters must hold whole units; errors are
    the sandwich summed by cluster, times G/(G-1) (``geepack``'s ``san.se`` has no such factor). ``extras``: ``alpha``,
    ``scale``.

    Raises
    ------
    ModelError
        As ``fractional_logit``; if every unit is seen once, or a unit is in several clusters.

    """
    return _gee("logit", spec, rows)


def gee_probit(spec: Spec, rows: Rows) -> Fit:
    """GEE with a normal mean, in all else like ``gee_logit``."""
    return _gee("probit", spec, rows)


def _gee(law: str, spec: Spec, rows: Rows) -> Fit:
    rows, reweighted = with_unit_weights(rows, spec.weights)
    if rows.n_units == rows.n_rows:
        raise ModelError(f"every unit is seen once: nothing is correlated within; use fractional_{law}")
    data = quasi.shares(spec, rows)
    names = [term.name for term in data.design.terms]
    pooled = quasi.maximise(law, data, rows.weights)
    refuse_separation(pooled.parameters[1:], -pooled.hessian, names)
    found = solve(law, data, rows, pooled.parameters)
    bread = np.linalg.inv(found.information).astype(np.float64)
    covariance = sandwich(bread, found.scores, rows.cluster[rows.starts])
    covariance = data.unscale @ covariance @ data.unscale.T
    beta = data.unscale @ found.parameters
    tests, untested = compare_parts(data.terms, beta, covariance, None, spec.wave)
    told = () if found.converged else (f"no convergence in {found.iterations} iterations",)
    if found.at_limit:
        told = (*told, f"working correlation held at its limit, {found.alpha:.3f}")
    estimate = Estimate(
        terms=data.terms,
        beta=beta,
        covariance=covariance,
        df=None,
        correction=f"{CORRECTION}; exchangeable working correlation {found.alpha:.2f}",
        converged=found.converged,
        iterations=found.iterations,
        warnings=(*reweighted, *untested, *told),
        tests=tests,
        extras={"alpha": found.alpha, "scale": found.scale},
    )
    return make_fit(spec, rows, data.design, estimate)


def solve(law: str, data: quasi.Shares, rows: Rows, parameters: FloatArray) -> Solution:
    """Solve the equations from a first guess by Fisher's scoring, α and φ taken anew at each step.

    Raises
    ------
    ModelError
        If the information is singular.

    """
    for iteration in range(1, MAX_ITERATIONS + 1):
        scores, information, moments = _equations(law, parameters, data, rows)
        gradient = scores.sum(axis=0)
        step = solve_step(information, gradient)
        if step is None:
            raise ModelError(quasi.SINGULAR)
        parameters = parameters + step
        if gradient @ step < TOLERANCE * len(data.y):
            scores, information, moments = _equations(law, parameters, data, rows)
            return Solution(parameters, scores, information, *moments, True, iteration)
    return Solution(parameters, scores, information, *moments, False, MAX_ITERATIONS)


def _equations(
    law: str, parameters: FloatArray, data: quasi.Shares, rows: Rows
) -> tuple[FloatArray, FloatArray, tuple[float, float, bool]]:
    """Scores by unit, information, and (α, φ, whether α is at its limit) of the residuals here."""
    m = quasi.mean_at(law, data.x @ parameters)
    spread = np.sqrt(m.slope / m.ratio)
    residual = (data.y - m.mean) / spread
    columns = (m.slope / spread)[:, None] * data.x
    weight, sizes = rows.weights[rows.starts], rows.sizes
    sums = np.add.reduceat(residual, rows.starts)
    alpha, scale, at_limit = _moments(residual, sums, weight, rows)
    own = weight / (1 - alpha)
    shared = own * alpha / (1 + (sizes - 1) * alpha)
    total = np.add.reduceat(columns, rows.starts, axis=0)
    crossed = np.add.reduceat(columns * residual[:, None], rows.starts, axis=0)
    scores = own[:, None] * crossed - (shared * sums)[:, None] * total
    information = columns.T @ (np.repeat(own, sizes)[:, None] * columns) - total.T @ (shared[:, None] * total)
    return scores, information, (alpha, scale, at_limit)


def _moments(
    residual: FloatArray, sums: FloatArray, weight: FloatArray, rows: Rows
) -> tuple[float, float, bool]:
    """α and φ by moments, α kept where R(α) can be inverted."""
    squares = np.add.reduceat(residual * residual, rows.starts)
    scale = float(weight @ squares / (weight @ rows.sizes))
    pairs = weight @ (rows.sizes * (rows.sizes - 1)) / 2
    alpha = float(weight @ (sums * sums - squares) / 2 / pairs / scale)
    low, high = -1 / (rows.sizes.max() - 1) + MARGIN, 1 - MARGIN
    return float(np.clip(alpha, low, high)), scale, not low <= alpha <= high
