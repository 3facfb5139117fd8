"""Linear estimators on levels: pooled, within and within–between least squares, clustered.

What differs is the design; solution and small-sample convention are those of ``least_squares``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models.assemble import compare_parts, make_fit
from panel_eis.models.design import pooled_design, split_design, within_design
from panel_eis.models.least_squares import Problem, read_outcome, solve

if TYPE_CHECKING:
    from panel_eis.models.assemble import Estimate
    from panel_eis.models.result import Fit
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec


def pooled_ols(spec: Spec, rows: Rows) -> Fit:
    """Least squares on all rows: the descriptive baseline.

    Its coefficients mix differences between units with changes within them. They are what they seem only if
    nothing unobserved ties the regressors to the unit.
    """
    return fit_problem(pooled_problem(spec, rows))


def within(spec: Spec, rows: Rows) -> Fit:
    """Least squares on deviations from unit means (fixed effects), wave dummies demeaned alike.

    With ``wave_effects`` (the default) this is the **two-way** within estimator: unit and wave effects, exact in
    unbalanced panels because the demeaned dummies stay in the regression; without, the one-way estimator.
    Units seen once are not used: they cannot change. Whatever is constant in units is absorbed, and each such
    regressor is named in the warnings. With weights the means are weighted.

    Raises
    ------
    ModelError
        If the outcome changes in no unit, or no regressor does.

    """
    return fit_problem(within_problem(spec, rows))


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
    return fit_problem(split_problem(spec, rows))


def pooled_problem(spec: Spec, rows: Rows) -> Problem:
    """Columns as they are."""
    return Problem(spec, rows, pooled_design(spec, rows), read_outcome(spec, rows))


def within_problem(spec: Spec, rows: Rows) -> Problem:
    """Deviations from unit means."""
    rows = rows.without_single_waves()
    outcome = rows.demean(read_outcome(spec, rows))
    if not outcome.any():
        raise ModelError(f"{spec.outcome} changes in no unit: a within regression has nothing to explain")
    return Problem(spec, rows, within_design(spec, rows), outcome, absorbed=rows.n_units)


def split_problem(spec: Spec, rows: Rows) -> Problem:
    """Deviations and means side by side."""
    return Problem(spec, rows, split_design(spec, rows), read_outcome(spec, rows))


def fit_problem(problem: Problem) -> Fit:
    """Solve a problem; where it holds both parts of a regressor, test that they are equal."""
    return finish(problem, solve(problem))


def finish(problem: Problem, found: Estimate) -> Fit:
    """Add the test that within equals between, with the errors of the estimate, and make the ``Fit``."""
    spec, terms = problem.spec, problem.design.terms
    df = problem.rows.n_clusters - 1 if isinstance(found.df, np.ndarray) else found.df
    tests, warnings = compare_parts(terms, found.beta, found.covariance, df, spec.wave)
    found = replace(found, tests=tests, warnings=(*found.warnings, *warnings))
    return make_fit(spec, problem.rows, problem.design, found)
