"""Ordered logit, probit and cloglog of the ladder, pooled: Mundlak terms, weights, clustered errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from panel_eis.models import cumulative, newton
from panel_eis.models.assemble import Estimate, compare_parts, make_fit
from panel_eis.models.inference import sandwich
from panel_eis.models.ladder import (
    CORRECTION,
    ladder_design,
    refuse_separation,
    rescale,
    rungs,
    threshold_terms,
)
from panel_eis.models.links import LAWS, quantile
from panel_eis.models.proportional_odds import CutLikelihood, score_test
from panel_eis.models.quadrature import Data, PooledLikelihood, make_chunks

if TYPE_CHECKING:
    from collections.abc import Callable

    from panel_eis.models.arrays import FloatArray, IntArray
    from panel_eis.models.cumulative import Optimum
    from panel_eis.models.result import Fit
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec


def ordered_logit(spec: Spec, rows: Rows) -> Fit:
    """Cumulative logit; regressors declared varying enter as deviation and unit mean.

    Estimates are maximum (pseudo-)likelihood, positive slopes meaning higher rungs. Errors are clustered, so
    they hold although the answers of a unit are correlated; times G/(G-1), as R's ``sandwich::vcovCL``. No
    unit effect is integrated out: if one remains beside the unit means, slopes are population-averaged and
    smaller than those of a random-effects model. Intervals use the normal law.
    ``tests["proportional_odds"]`` is the clustered score test that slopes (but for the waves)
    are the same at every cut.

    Raises
    ------
    ModelError
        If the outcome has no order or a single rung, or if the regressors separate the rungs.

    """
    return _pooled("logit", spec, rows)


def ordered_probit(spec: Spec, rows: Rows) -> Fit:
    """Cumulative probit, in all else like ``ordered_logit``."""
    return _pooled("probit", spec, rows)


def cloglog(spec: Spec, rows: Rows) -> Fit:
    """Complementary log-log of the rungs above, in all else like ``ordered_logit``.

    With two rungs and one row per period at risk this is the discrete-time proportional hazard (``links``).
    """
    return _pooled("cloglog", spec, rows)


def _pooled(law: str, spec: Spec, rows: Rows) -> Fit:
    rung, labels, warnings = rungs(rows.columns[spec.outcome], spec.outcome)
    design = ladder_design(spec, rows, labels)
    top = len(labels) - 1
    x, unscale = rescale(design.x, rows.weights, top)
    optimum = maximise(law, rung, x, rows.weights)
    refuse_separation(optimum.parameters[top:], -optimum.hessian, [term.name for term in design.terms])
    covariance = sandwich(optimum.bread, optimum.scores, rows.cluster)
    beta, covariance = unscale @ optimum.parameters, unscale @ covariance @ unscale.T
    terms = (*threshold_terms(spec, labels), *design.terms)
    tests, untested = compare_parts(terms, beta, covariance, None, spec.wave)
    if law == "logit":
        asked = [term.variable != spec.wave for term in design.terms]
        free = CutLikelihood(rung, x, rows.weights)
        odds, unproven = score_test(optimum.parameters, free, rows.cluster, asked)
        tests, untested = tests | odds, untested + unproven
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


def maximise(law: str, rung: IntArray, x: FloatArray, weights: FloatArray) -> Optimum:
    """Maximise the pooled likelihood of any law; scores are by row."""
    if law == "logit":
        return cumulative.maximise(rung, x, weights)
    top = int(rung.max())
    chunks = make_chunks(Data(rung, x, np.arange(len(rung)), weights), 1)
    return newton.maximise(
        PooledLikelihood(LAWS[law], chunks), start(law, rung, x.shape[1], weights), in_order(top)
    )


def start(law: str, rung: IntArray, n_slopes: int, weights: FloatArray) -> FloatArray:
    """Thresholds of the model without regressors, which are exact, and zero slopes."""
    shares = np.cumsum(np.bincount(rung, weights=weights)) / weights.sum()
    return np.concatenate([quantile(law, shares[:-1]), np.zeros(n_slopes)])


def in_order(thresholds: int) -> Callable[[FloatArray], bool]:
    """Whether thresholds, the first parameters, increase."""

    def allowed(parameters: FloatArray) -> bool:
        return bool((np.diff(parameters[:thresholds]) > 0).all())

    return allowed
