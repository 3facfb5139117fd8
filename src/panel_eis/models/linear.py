"""Linear estimators: pooled, within and within–between least squares, clustered.

Point estimates and clustered covariance come from statsmodels' ``WLS``; what is ours is the design and the
small-sample convention. That convention is CR1: G/(G-1)·(N-1)/(N-K), K counting the coefficients estimated
and **not** the unit effects that ``within`` absorbs, as long as units are nested in clusters. Packages that
count them give errors larger by √(T/(T-1)), 15 % at four waves. plm's ``vcovHC(type="sss")`` is the same
convention; Stata's ``xtreg, fe`` adds 1 to K for the constant.

Intervals use t(G-1).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from statsmodels.regression.linear_model import WLS

from panel_eis.errors import ModelError
from panel_eis.models.arrays import numbers
from panel_eis.models.assemble import Estimate, compare_parts, make_fit
from panel_eis.models.design import pooled_design, split_design, within_design

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.design import Design
    from panel_eis.models.result import Fit
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec

CR1: Final = "CR1, G/(G-1)·(N-1)/(N-K)"
NESTED: Final = f"{CR1}, unit effects nested in clusters not counted"
NOT_NESTED: Final = f"{CR1}, unit effects not nested in clusters counted in K"

EXACT: Final = 1e-18
"""Residual over total sum of squares below which the outcome is a function of the regressors."""


def pooled_ols(spec: Spec, rows: Rows) -> Fit:
    """Least squares on all rows: the descriptive baseline.

    Its coefficients mix differences between units with changes within them. They are what they seem only if
    nothing unobserved ties the regressors to the unit.
    """
    design = pooled_design(spec, rows)
    return make_fit(spec, rows, design, _least_squares(_outcome(spec, rows), design, rows))


def within(spec: Spec, rows: Rows) -> Fit:
    """Least squares on deviations from unit means (fixed effects), wave dummies demeaned alike.

    Units seen once are not used: they cannot change. Whatever is constant in units is absorbed, and each such
    regressor is named in the warnings. With weights the means are weighted.

    Raises
    ------
    ModelError
        If the outcome changes in no unit, or no regressor does.

    """
    rows = rows.without_single_waves()
    outcome = rows.demean(_outcome(spec, rows))
    if not outcome.any():
        raise ModelError(f"{spec.outcome} changes in no unit: a within regression has nothing to explain")
    design = within_design(spec, rows)
    found = _least_squares(outcome, design, rows, absorbed=rows.n_units)
    if rows.units_nested:
        return make_fit(spec, rows, design, replace(found, correction=NESTED))
    n, k = design.x.shape
    counted = found.covariance * (n - k) / (n - k - rows.n_units)
    return make_fit(spec, rows, design, replace(found, covariance=counted, correction=NOT_NESTED))


def within_between(spec: Spec, rows: Rows) -> Fit:
    """Least squares on deviations and unit means side by side (Mundlak 1978; Bell, Fairbrother, Jones 2019).

    No random-effects variance is estimated. Least squares rests on the same moment conditions as the random
    effects estimator with these terms, so it is consistent when that one is; clustering by unit makes the
    errors valid for any correlation within units, of which a constant unit variance is one case. What is lost
    is efficiency of the between coefficients only: deviations are orthogonal to everything constant in a
    unit, so the within coefficients equal those of ``within`` on the same rows whatever the unit variance,
    and so do their clustered errors up to the small-sample factor (provided that regressors not declared
    varying do not vary; a warning says so when they do).

    The joint test that within equals between is in ``tests["within_equals_between"]``.
    """
    design = split_design(spec, rows)
    found = _least_squares(_outcome(spec, rows), design, rows)
    tests, warnings = compare_parts(design.terms, found.beta, found.covariance, found.df, spec.wave)
    return make_fit(spec, rows, design, replace(found, tests=tests, warnings=warnings))


def _outcome(spec: Spec, rows: Rows) -> FloatArray:
    outcome = numbers(rows.frame[spec.outcome], f"outcome {spec.outcome}")
    if np.ptp(outcome) == 0:
        raise ModelError(f"{spec.outcome} is constant ({outcome[0]:g}) in the {rows.n_rows} rows used")
    return outcome


def _least_squares(outcome: FloatArray, design: Design, rows: Rows, absorbed: int = 0) -> Estimate:
    """Weighted least squares with CR1 errors; columns are brought to one scale for the solver and back.

    ``absorbed`` unit effects, taken out before, leave fewer degrees of freedom; K does not count them.

    Raises
    ------
    ModelError
        If no degree of freedom is left, or the regressors give the outcome exactly.

    """
    n, k = design.x.shape
    if n <= k + absorbed:
        raise ModelError(f"{n} rows cannot carry {k} coefficients and {absorbed} unit effects")
    scale = np.sqrt(np.mean(design.x**2, axis=0))
    result = WLS(outcome, design.x / scale, weights=rows.weights).fit(
        cov_type="cluster", cov_kwds={"groups": rows.cluster, "use_correction": True}
    )
    residual = rows.weights @ result.resid**2
    total = rows.weights @ (outcome - np.average(outcome, weights=rows.weights)) ** 2
    if residual <= EXACT * total:
        raise ModelError("the regressors give the outcome exactly: is one of them a copy of it?")
    return Estimate(
        terms=design.terms,
        beta=result.params / scale,
        covariance=result.cov_params() / np.outer(scale, scale),
        df=rows.n_clusters - 1,
        correction=CR1,
        r_squared=float(1 - residual / total),
    )
