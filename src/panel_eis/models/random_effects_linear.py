"""Linear random effects: feasible generalised least squares with a unit variance, unbalanced panels.

Variances are those of Swamy and Arora (1972) as extended to unbalanced panels by Baltagi and Chang (1994,
Journal of Econometrics 62(2), 67-89): the residual variance from the within regression, the unit variance from
the between residuals, solved from the expectation of their sum of squares. R's ``plm(random.method = "swar")``
and Stata's ``xtreg, re sa`` do the same. Errors are clustered (CR1), so that they hold when the unit variance is
not all there is; the variances move efficiency, not validity.

Without unit means the estimator is a weighted average of within and between, consistent only if nothing
unobserved in the unit goes with the regressors. With ``varying`` regressors declared they enter as deviation and
unit mean (correlated random effects, Mundlak 1978), and the joint test that the two parts are equal is the
Hausman test robust to clustering.

Weights act as precisions of rows: the estimator lies between pooled and within least squares with the same
weights, and equals one or the other where the unit variance is nil or without bound.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models.design import pooled_design, split_design
from panel_eis.models.least_squares import Problem, read_outcome
from panel_eis.models.linear import fit_problem

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.result import Fit
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec


class Variances(NamedTuple):
    """Variance of the residual and of the unit effect; ``raw`` is the latter before it is kept from below 0."""

    residual: float
    unit: float
    raw: float

    @property
    def share(self) -> float:
        """Share of the unit effect in the total: the correlation of two waves of a unit."""
        return self.unit / (self.unit + self.residual)


def random_effects(spec: Spec, rows: Rows) -> Fit:
    """Feasible generalised least squares; with ``varying`` regressors split, correlated random effects.

    The fit's ``r_squared`` is that of the quasi-demeaned regression; its ``extras`` are ``unit_sd``,
    ``residual_sd`` and ``unit_share``, the share of the unit effect in the variance.

    Raises
    ------
    ModelError
        If the panel is too small to tell the two variances apart.

    """
    return fit_problem(random_effects_problem(spec, rows))


def random_effects_problem(spec: Spec, rows: Rows) -> Problem:
    """Outcome and regressors less a fraction of their unit means (Fuller and Battese 1974)."""
    outcome = read_outcome(spec, rows)
    design = (split_design if spec.varying else pooled_design)(spec, rows)
    found = variances(outcome, design.x, rows)
    note = "variances of Swamy–Arora and Baltagi–Chang"
    return quasi_demeaned(Problem(spec, rows, design, outcome, notes=(note,)), found)


def quasi_demeaned(problem: Problem, found: Variances) -> Problem:
    """Least squares that is generalised least squares at given variances."""
    rows = problem.rows
    precision = rows.unit_weight
    fraction = 1 - np.sqrt(found.residual / (found.residual + precision * found.unit))
    *less, outcome = fraction / precision * problem.unit_sums
    x = np.empty_like(problem.design.x)
    for column, before, part in zip(x.T, problem.design.x.T, less, strict=True):
        np.subtract(before, part.take(rows.unit), out=column)
    nil = ("the unit variance is estimated below zero and set to 0: this is pooled least squares",)
    return replace(
        problem,
        design=replace(problem.design, x=x, gram=None),
        outcome=problem.outcome - outcome.take(rows.unit),
        warnings=nil if found.raw <= 0 else (),
        extras={"unit_sd": found.unit**0.5, "residual_sd": found.residual**0.5, "unit_share": found.share},
    )


def variances(outcome: FloatArray, x: FloatArray, rows: Rows) -> Variances:
    """Variances of residual and unit effect from the within and the between sum of squares.

    With P the projection on units and D their indicators, both times the roots of the weights, the between
    residuals have the expected sum of squares σ²(n - K) + σᵤ²(N - tr[(X'PX)⁻ X'DD'X]).

    Raises
    ------
    ModelError
        If there are no more units than columns, or no row beyond the unit effects.

    """
    deviations = np.array([rows.demean(column) for column in x.T]).T
    changes = rows.demean(outcome)
    rank_within, sum_within = _residual(deviations, changes, rows.weights)
    df = rows.n_rows - rows.n_units - rank_within
    if df <= 0:
        raise ModelError(
            f"{rows.n_rows} rows of {rows.n_units} units cannot tell a unit variance from a residual one"
        )
    residual = sum_within / df
    first, size = rows.starts, rows.unit_weight
    means = np.array([rows.unit_mean(column)[first] for column in x.T]).T
    means[np.abs(means) <= 1e-12 * np.abs(x).max(axis=0)] = 0.0  # deviations have no means, only rounding
    rank_between, sum_between = _residual(means, rows.unit_mean(outcome)[first], size)
    if rank_between >= rows.n_units:
        raise ModelError(f"{rows.n_units} units cannot carry {rank_between} between coefficients")
    gram = means.T @ (means * size[:, None])
    scale = np.sqrt(np.diag(gram))
    scale[scale == 0] = 1.0
    squared = means.T @ (means * (size**2)[:, None])
    inverse = np.linalg.pinv(gram / np.outer(scale, scale), rcond=1e-12, hermitian=True)
    trace = float(np.sum(inverse * (squared / np.outer(scale, scale))))
    raw = (sum_between - (rows.n_units - rank_between) * residual) / (rows.n_rows - trace)
    return Variances(residual, max(raw, 0.0), raw)


def _residual(x: FloatArray, y: FloatArray, weights: FloatArray) -> tuple[int, float]:
    """Rank of a weighted regression and its residual sum of squares."""
    root = np.sqrt(weights)
    scale = np.sqrt(weights @ x**2)
    scale[scale == 0] = np.inf
    xs, ys = x / scale * root[:, None], y * root
    values, vectors = np.linalg.eigh(xs.T @ xs)
    keep = values > 1e-10
    coefficients = (vectors[:, keep] / values[keep]) @ (vectors[:, keep].T @ (xs.T @ ys))
    rest = ys - xs @ coefficients
    return int(keep.sum()), float(rest @ rest)
