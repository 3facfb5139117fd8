"""Fractional response: a score between two bounds, explained by its mean alone.

A mean score cannot be a straight line between 0 and 100; it can be a logistic or normal curve of the regressors, whatever
the law around it, heaps at 0 and 100 included (Papke and Wooldridge 1996). With varying regressors as deviation and
unit mean it is the correlated-random-effects version for panels (Papke and Wooldridge 2008, Journal of Econometrics 145,
121-133; unbalanced panels: Wooldridge 2019, ibid. 211, 137-150): probit is then the law under which a normal unit effect
leaves a probit. Slopes are scaled by an unknown √(1 + σ²); marginal effects (``margins``) are not, so read those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from panel_eis.models import quasi
from panel_eis.models.assemble import Estimate, compare_parts, make_fit
from panel_eis.models.inference import sandwich
from panel_eis.models.ladder import CORRECTION, refuse_separation

if TYPE_CHECKING:
    from panel_eis.models.result import Fit
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec


def fractional_logit(spec: Spec, rows: Rows) -> Fit:
    """Pooled quasi-likelihood with a logistic mean; an outcome of 0 and 1 makes it the logit.

    The outcome is taken as a share of the way between ``spec.bounds``. Regressors declared varying enter as deviation and
    unit mean. Errors are the sandwich of the scores, clustered, times G/(G-1), as R's ``sandwich::vcovCL`` of
    ``glm(family = quasibinomial)`` with ``cadjust`` alone. ``extras``: ``r_squared`` (1 - SSR/SST of the means) and
    ``scale``, the Pearson dispersion: 1 for a binary outcome, less for a score.

    Raises
    ------
    ModelError
        If the outcome is constant or leaves its bounds, or regressors separate it.

    """
    return _fractional("logit", spec, rows)


def fractional_probit(spec: Spec, rows: Rows) -> Fit:
    """Pooled quasi-likelihood with a normal mean, in all else like ``fractional_logit``."""
    return _fractional("probit", spec, rows)


def _fractional(law: str, spec: Spec, rows: Rows) -> Fit:
    data = quasi.shares(spec, rows)
    optimum = quasi.maximise(law, data, rows.weights)
    names = [term.name for term in data.design.terms]
    refuse_separation(optimum.parameters[1:], -optimum.hessian, names)
    covariance = data.unscale @ sandwich(optimum.bread, optimum.scores, rows.cluster) @ data.unscale.T
    beta = data.unscale @ optimum.parameters
    tests, untested = compare_parts(data.terms, beta, covariance, None, spec.wave)
    m = quasi.mean_at(law, data.x @ optimum.parameters).mean
    squares = rows.weights @ (data.y - m) ** 2
    total = rows.weights @ (data.y - np.average(data.y, weights=rows.weights)) ** 2
    pearson = rows.weights @ ((data.y - m) ** 2 / (m * (1 - m))) / rows.weights.sum()
    lost = () if optimum.converged else (f"no convergence in {optimum.iterations} iterations",)
    found = Estimate(
        terms=data.terms,
        beta=beta,
        covariance=covariance,
        df=None,
        correction=CORRECTION,
        converged=optimum.converged,
        iterations=optimum.iterations,
        log_likelihood=optimum.log_likelihood,
        warnings=(*untested, *lost),
        tests=tests,
        extras={"r_squared": float(1 - squares / total), "scale": float(pearson)},
    )
    return make_fit(spec, rows, data.design, found)
