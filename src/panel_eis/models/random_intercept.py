"""Linear model with a normal intercept for each unit, its variance by restricted maximum likelihood.

The same slopes as ``random_effects`` in all but the last digits, with the variances of R's ``lme4::lmer`` and of
statsmodels' ``MixedLM``: for readers who expect a mixed model. The likelihood of the residuals, profiled over slopes
and residual variance, is a function of one ratio ρ of variances (Bates, Mächler, Bolker and Walker 2015, Journal of
Statistical Software 67(1), section 3.4). Units enter by their sums alone, and units with as many rows by the
cross-products of these, so that a value costs one small system whatever the number of units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models.design import pooled_design, split_design
from panel_eis.models.least_squares import Problem, read_outcome
from panel_eis.models.linear import fit_problem
from panel_eis.models.random_effects_linear import Variances, quasi_demeaned

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.result import Fit
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec

LARGEST: Final = 1e8
"""Ratio of the variances beyond which the residual one is nil."""

_CLOSE: Final = 1e-12


def random_intercept(spec: Spec, rows: Rows) -> Fit:
    """Generalised least squares at the variances of restricted maximum likelihood; ``varying`` regressors are split.

    Errors are clustered (CR1), as in ``random_effects``, whose ``extras`` it has too. Weights are precisions of rows, as
    in ``lmer``.

    Raises
    ------
    ModelError
        If the panel cannot tell the two variances apart.

    """
    return fit_problem(random_intercept_problem(spec, rows))


def random_intercept_problem(spec: Spec, rows: Rows) -> Problem:
    """Outcome and regressors less a fraction of their unit means."""
    outcome = read_outcome(spec, rows)
    design = (split_design if spec.varying else pooled_design)(spec, rows)
    note = "variances by restricted maximum likelihood"
    problem = Problem(spec, rows, design, outcome, notes=(note,))
    return quasi_demeaned(problem, Profile(problem).variances())


class Profile:
    """Minus twice the restricted log-likelihood as a function of ρ, through its derivative; the outcome is the last column.

    With c = ρ/(1 + ρ w) of a unit whose weights sum to w, the normal equations are X'WX - Σ c ss', s being the
    unit's weighted sums. Columns are scaled to one.
    """

    def __init__(self, problem: Problem) -> None:
        rows = problem.rows
        if rows.n_units < 2 or rows.n_units == rows.n_rows:
            raise ModelError(
                f"{rows.n_rows} rows of {rows.n_units} units cannot tell a unit variance from a residual one"
            )
        gram = _bordered(problem)
        self._scale = np.sqrt(np.diag(gram))
        scales = np.outer(self._scale, self._scale)
        self._gram = gram / scales
        order = np.argsort(rows.unit_weight, kind="stable")
        weight, sums = rows.unit_weight[order], problem.unit_sums.take(order, axis=1)
        first = np.flatnonzero(np.diff(weight, prepend=0.0))
        self._sizes, self._units = weight[first], np.diff(first, append=len(weight))
        self._products = np.array([part @ part.T for part in np.split(sums, first[1:], axis=1)]) / scales
        self._mean_size = rows.n_rows / rows.n_units
        self._df = rows.n_rows - problem.design.x.shape[1]

    def variances(self) -> Variances:
        """Variances where the likelihood is highest; nil for the unit where it falls from the start.

        Sought on the scale of z = 1/(1 + ρ T), T the mean size of units, on which the derivative over z is nearly
        straight: it is a hyperbola where all units are of one size.
        """
        from scipy.optimize import brentq  # noqa: PLC0415  # loads for as long as numpy, and here alone it is needed

        lowest = 1 / (1 + LARGEST * self._mean_size)
        try:
            z = brentq(
                lambda z: self._slope(self._ratio(z)) / z, lowest, 1.0, xtol=_CLOSE * lowest, rtol=_CLOSE
            )
        except ValueError:  # the slope has one sign throughout
            if self._slope(LARGEST) < 0:
                raise ModelError(
                    "the unit effects leave no residual: every outcome is constant in its unit"
                ) from None
            z = 1.0
        rho = self._ratio(z)
        residual = self._residual(rho)
        return Variances(residual, rho * residual, rho * residual)

    def _ratio(self, z: float) -> float:
        """Ratio ρ at z."""
        return (1 / z - 1) / self._mean_size

    def _equations(self, rho: float) -> tuple[FloatArray, FloatArray, float]:
        """Inverse of the cross-products at ρ, (-coefficients, 1) and residual sum of squares, in scaled columns."""
        gram = self._gram - self._over_units(rho / (1 + rho * self._sizes))
        inverse: FloatArray = np.linalg.inv(gram[:-1, :-1])
        along = np.append(-inverse @ gram[:-1, -1], 1.0)
        return inverse, along, float(gram[-1] @ along)

    def _over_units(self, factor: FloatArray) -> FloatArray:
        """Sum of the cross-products of units, times a factor by size."""
        total: FloatArray = factor @ self._products.reshape(len(factor), -1)
        return total.reshape(self._gram.shape)

    def _slope(self, rho: float) -> float:
        """Derivative by ρ of minus twice the log-likelihood."""
        inverse, along, rest = self._equations(rho)
        change = self._over_units((1 + rho * self._sizes) ** -2)
        inner = (inverse * change[:-1, :-1]).sum()
        outer = self._units @ (self._sizes / (1 + rho * self._sizes))
        return float(outer - inner - self._df * (along @ change @ along) / rest)

    def _residual(self, rho: float) -> float:
        return self._equations(rho)[2] * float(self._scale[-1]) ** 2 / self._df


def _bordered(problem: Problem) -> FloatArray:
    """Cross-products of regressors and outcome."""
    y = problem.y
    across = y @ problem.x
    return np.block([[problem.gram, across[:, None]], [across, y @ y]])
