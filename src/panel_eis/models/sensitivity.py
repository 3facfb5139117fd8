"""How much would have to be unobserved for a coefficient to be nothing.

* Cinelli and Hazlett (2020, JRSS B 82(1), 39-67): the share of the residual variance of both outcome and
  regressor that an omitted variable would have to explain (robustness value), from t and the degrees of freedom.
* Oster (2019, Journal of Business & Economic Statistics 37(2), 187-204): how much stronger than the observed
  controls selection on unobserved ones would have to be (delta), from the movement of coefficient and R².

Both are statements about least squares with classical errors, on the rows and after the transformation of the
fit: after ``within``, the omitted variable is one that changes. They say how strong, never whether.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from scipy.special import stdtrit

from panel_eis.errors import ModelError
from panel_eis.models.problems import problem_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.least_squares import Problem
    from panel_eis.models.result import Fit

R_MAX: Final = 1.3
"""Oster's proposal: with everything observed, R² would be 1.3 times that with the controls."""


def robustness_value(t: float, df: float, q: float = 1.0, level: float | None = None) -> float:
    """Partial R² with both outcome and regressor at which an omitted variable takes away the share q.

    Parameters
    ----------
    t, df
        Classical t of the coefficient and residual degrees of freedom.
    q
        Share of the estimate to be taken away: 1 brings it to zero.
    level
        If given, the value at which the estimate is no longer significant at this level instead.

    """
    strength = q * abs(t) / np.sqrt(df)
    if level is not None:
        critical = stdtrit(df - 1, 1 - level / 2) / np.sqrt(df - 1)
        strength -= critical
        if strength <= 0:
            return 0.0
        if q * abs(t) / np.sqrt(df) > 1 / critical:
            full = (q * abs(t)) ** 2 / df
            return float((full - critical**2) / (1 + full))
    square = strength**2
    return float((np.sqrt(square**2 + 4 * square) - square) / 2)


def omitted_variable(fit: Fit, panel: pd.DataFrame, term: str, level: float = 0.05) -> dict[str, Any]:
    """Cinelli and Hazlett's summary for one coefficient of a linear fit.

    Returns
    -------
    One row of a tidy table: term, estimate, t (classical), df, partial_r2 (of the regressor with the outcome: if
    confounders explained all that is left of the outcome, they would have to explain this share of the regressor),
    robustness_value, robustness_value_significance (at ``level``, with classical errors, which clustered ones may
    exceed), robustness_value_clustered (at which the fit's own, clustered interval would touch zero if its width
    stayed; 0 where it holds zero already).

    Raises
    ------
    ModelError
        If the fit has no such term or is not linear.

    """
    problem = problem_of(fit, panel)
    j = problem.place(term)
    df = problem.df_residual
    variance = problem.residuals @ problem.residuals / df * problem.bread[j, j]
    t = float(problem.beta[j] / np.sqrt(variance))
    row = fit.term(term)
    ends = row["conf_low"], row["conf_high"]
    nearest_end = min(map(abs, ends)) if ends[0] * ends[1] > 0 else 0.0
    return {
        "term": term,
        "estimate": float(problem.beta[j]),
        "t": t,
        "df": df,
        "partial_r2": t**2 / (t**2 + df),
        "robustness_value": robustness_value(t, df),
        "robustness_value_significance": robustness_value(t, df, level=level),
        "robustness_value_clustered": robustness_value(t, df, q=float(nearest_end / abs(problem.beta[j]))),
    }


class Movement(NamedTuple):
    """What Oster's formulas are made of: with and without controls, in the same units."""

    short: float
    long: float
    r2_short: float
    r2_long: float
    variance_y: float
    variance_x: float
    residual_x: float

    def delta(self, r_max: float, beta: float = 0.0) -> float:
        """Proportional selection at which the coefficient is ``beta`` (her corollary 1, exact)."""
        moved, gap = self.short - self.long, self.long - beta
        gained = (self.r2_long - self.r2_short) * self.variance_y
        to_come = (r_max - self.r2_long) * self.variance_y
        x, rest = self.variance_x, self.residual_x
        tail = gap**2 * rest * moved * x + gap**3 * (rest * x - rest**2)
        above = gap * gained * rest + gap * x * rest * moved**2 + gap**2 * rest * moved * x + tail
        below = to_come * moved * x + gap * to_come * (x - rest) + tail
        return float(above / below) if below else float("inf")

    def roots(self, r_max: float, delta: float = 1.0) -> FloatArray:
        """Coefficients consistent with proportional selection ``delta``: the real roots of ``delta(b) = delta``."""
        moved = self.short - self.long
        gained = (self.r2_long - self.r2_short) * self.variance_y
        to_come = (r_max - self.r2_long) * self.variance_y
        x, rest = self.variance_x, self.residual_x
        cubic = (1 - delta) * (rest * x - rest**2)
        square = (2 - delta) * rest * moved * x
        linear = gained * rest + x * rest * moved**2 - delta * to_come * (x - rest)
        roots = np.roots([cubic, square, linear, -delta * to_come * moved * x])
        return np.sort(self.long - roots[np.abs(roots.imag) < 1e-9].real)


def oster(
    fit: Fit, panel: pd.DataFrame, term: str, *, keep: Sequence[str] = (), r_max: float | None = None
) -> dict[str, Any]:
    """Oster's delta and the coefficient under equal selection.

    Parameters
    ----------
    fit, panel
        A linear fit and the panel it was made on.
    term
        Coefficient looked at.
    keep
        Terms that stay in the short regression beside wave effects and intercept; all others are the observed
        controls.
    r_max
        R² if everything were observed; None for 1.3 times that of the fit, at most 1.

    Returns
    -------
    One row of a tidy table: term, estimate, short (without controls), r2, r2_short, r_max, delta (selection on
    unobservables, relative to the controls, at which the coefficient is 0), beta_equal (coefficient under equal
    selection, of the roots the one nearest to the estimate).

    Raises
    ------
    ModelError
        Unknown term, no control, or r_max below the R² of the fit.

    """
    problem = problem_of(fit, panel)
    movement = _movement(problem, problem.place(term), keep)
    r_max = min(1.0, R_MAX * movement.r2_long) if r_max is None else r_max
    if not movement.r2_long < r_max <= 1:
        raise ModelError(f"{fit.spec.name}: r_max {r_max:g} is not between R² ({movement.r2_long:.3g}) and 1")
    roots = movement.roots(r_max)
    return {
        "term": term,
        "estimate": movement.long,
        "short": movement.short,
        "r2": movement.r2_long,
        "r2_short": movement.r2_short,
        "r_max": r_max,
        "delta": movement.delta(r_max),
        "beta_equal": float(roots[np.abs(roots - movement.long).argmin()]),
    }


def _movement(problem: Problem, j: int, keep: Sequence[str]) -> Movement:
    """Short and long regression, what is kept being partialled out of everything before."""
    staying = {problem.place(name) for name in keep}
    staying |= {
        i
        for i, term in enumerate(problem.design.terms)
        if term.part == "intercept" or term.variable == problem.spec.wave
    }
    controls = [i for i in range(len(problem.beta)) if i != j and i not in staying]
    if not controls or j in staying:
        raise ModelError(f"{problem.spec.name}: Oster's delta needs a regressor and controls beside it")
    kept = problem.x[:, sorted(staying)]
    y, x, w = (_rest(values, kept) for values in (problem.y, problem.x[:, j], problem.x[:, controls]))
    n = len(y)
    rest_x, rest_y = _rest(x, w), _rest(y, w)
    short, long = x @ y / (x @ x), rest_x @ rest_y / (rest_x @ rest_x)
    total = y @ y
    left_short, left_long = y - short * x, rest_y - long * rest_x
    return Movement(
        short=float(short),
        long=float(long),
        r2_short=float(1 - left_short @ left_short / total),
        r2_long=float(1 - left_long @ left_long / total),
        variance_y=float(total / n),
        variance_x=float(x @ x / n),
        residual_x=float(rest_x @ rest_x / n),
    )


def _rest(values: FloatArray, on: FloatArray) -> FloatArray:
    """What is left of values after regressing them on columns."""
    if not on.shape[1]:
        return values
    rest: FloatArray = values - on @ np.linalg.lstsq(on, values, rcond=None)[0]
    return rest
