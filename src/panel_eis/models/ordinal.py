"""Ordered logit of the ladder, with Mundlak terms, weights and clustered errors."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models.arrays import numbers
from panel_eis.models.assemble import Estimate, compare_parts, make_fit
from panel_eis.models.cumulative import Optimum, maximise
from panel_eis.models.design import Design, Term, pooled_design, split_design
from panel_eis.models.inference import sandwich

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray, IntArray
    from panel_eis.models.result import Fit
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec

CORRECTION: Final = "sandwich of the scores, G/(G-1)"

DIVERGED: Final = 15.0
"""Log-odds over the range of a regressor beyond which a slope with no information behind it has diverged."""

MOST_RUNGS: Final = 20
"""A numeric outcome with more values than this is no ladder."""


def ordered_logit(spec: Spec, rows: Rows) -> Fit:
    """Cumulative logit; regressors declared varying enter as deviation and unit mean.

    Estimates are maximum (pseudo-)likelihood, positive slopes meaning higher rungs. Errors are clustered, so
    they hold although the answers of a unit are correlated; times G/(G-1), as R's ``sandwich::vcovCL``. No
    unit effect is integrated out: if one remains beside the unit means, slopes are population-averaged and
    smaller than those of a random-effects model. Intervals use the normal law.

    Raises
    ------
    ModelError
        If the outcome has no order or a single rung, or if the regressors separate the rungs.

    """
    rung, labels, warnings = _rungs(rows.frame[spec.outcome], spec.outcome)
    design = (split_design if spec.varying else pooled_design)(spec, rows).without_intercept()
    if rows.n_rows <= design.x.shape[1] + len(labels) - 1:
        raise ModelError(f"{rows.n_rows} rows cannot carry {design.x.shape[1]} slopes and the thresholds")
    optimum, unscale = _maximise(rung, design, rows.weights)
    covariance = sandwich(optimum.bread, optimum.scores, rows.cluster)
    beta, covariance = unscale @ optimum.parameters, unscale @ covariance @ unscale.T
    pairs = pairwise(labels)
    terms = (*(Term(spec.outcome, f"{a}|{b}", "threshold") for a, b in pairs), *design.terms)
    tests, untested = compare_parts(terms, beta, covariance, None, spec.wave)
    lost = () if optimum.converged else (f"no convergence in {optimum.iterations} iterations",)
    found = Estimate(
        terms=terms,
        beta=beta,
        covariance=covariance,
        df=None,
        correction=CORRECTION,
        converged=optimum.converged,
        iterations=optimum.iterations,
        log_likelihood=optimum.log_likelihood,
        warnings=(*warnings, *untested, *lost),
        tests=tests,
    )
    return make_fit(spec, rows, design, found)


def _rungs(outcome: pd.Series, name: str) -> tuple[IntArray, list[str], tuple[str, ...]]:
    """Code the observed rungs 0, 1, …; name the rungs that nobody is on.

    Returns
    -------
    Code of each row, labels of the observed rungs, warnings.

    """
    if isinstance(outcome.dtype, pd.CategoricalDtype):
        if not outcome.dtype.ordered:
            raise ModelError(f"{name} is a categorical without order; an ordered logit needs one")
        possible = list(outcome.cat.categories)
        observed = list(outcome.cat.remove_unused_categories().cat.categories)
        rung = pd.Index(observed).get_indexer(outcome)
    else:
        values, rung = np.unique(numbers(outcome, f"outcome {name}"), return_inverse=True)
        observed = [int(v) if v.is_integer() else float(v) for v in values]
        whole = all(isinstance(v, int) for v in observed) and len(observed) <= MOST_RUNGS
        possible = list(range(int(observed[0]), int(observed[-1]) + 1)) if whole else observed
    if len(observed) < 2:
        raise ModelError(f"{name} is constant ({observed[0]}) in the {len(outcome)} rows used")
    if len(observed) > MOST_RUNGS:
        raise ModelError(f"{name} takes {len(observed)} values: it is not a ladder")
    empty = [str(value) for value in possible if value not in observed]
    told = f"nobody is on rung {', '.join(empty)} of {name}: thresholds are between observed rungs"
    return rung.astype(np.intp), [str(value) for value in observed], (told,) if empty else ()


def _maximise(rung: IntArray, design: Design, weights: FloatArray) -> tuple[Optimum, FloatArray]:
    """Fit on regressors centred and divided by their range; a matrix brings the parameters back.

    Raises
    ------
    ModelError
        If a slope runs away, which is what perfect separation looks like: the log-odds over the range of
        its regressor exceed ``DIVERGED`` with an error (from the information matrix) larger still.

    """
    centre = weights @ design.x / weights.sum()
    spread = np.ptp(design.x, axis=0)
    optimum = maximise(rung, (design.x - centre) / spread, weights)
    top = len(optimum.parameters) - len(spread)
    information = -optimum.hessian
    if np.linalg.cond(information) > 1 / np.finfo(float).eps:
        error = np.full(len(spread), np.inf)
    else:
        error = np.sqrt(np.diag(np.linalg.inv(information)))[top:]
    slopes = np.abs(optimum.parameters[top:])
    runaway = [t.name for t, b, e in zip(design.terms, slopes, error, strict=True) if b > DIVERGED and e > b]
    if runaway or not np.isfinite(error).all():
        raise ModelError(
            f"perfect separation: {', '.join(runaway) or 'a combination of regressors'} tells the rung of "
            "some rows without error, so no finite estimate exists; merge levels or leave it out"
        )
    unscale = np.eye(len(optimum.parameters))
    unscale[top:, top:] = np.diag(1 / spread)
    unscale[:top, top:] = centre / spread
    return optimum, unscale
