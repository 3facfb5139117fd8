"""Random-effects ordered logit, probit and cloglog, by adaptive quadrature.

One normal effect a unit, standard deviation σ, integrated out (``quadrature``). Two rungs make the
random-effects logit or probit; two rungs, cloglog and one row per period at risk make the hazard with normal
frailty.

What is assumed, and what is not. Given the regressors that enter, the effect is normal with the same
variance everywhere and unrelated to them: without the unit means of varying regressors (Mundlak 1978;
``Spec.varying``) that is rarely true, so a warning says when none is declared. Answers of a unit are
independent given its effect; the clustered sandwich keeps errors honest when they are not quite. Slopes are
given the unit: larger than those of the pooled model by about √(1 + σ²/V), V the variance of the latent
error; compare marginal effects instead (``margins``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import chdtrc, ndtri

from panel_eis.errors import ModelError
from panel_eis.models import newton
from panel_eis.models.assemble import Estimate, compare_parts, make_fit
from panel_eis.models.design import Term
from panel_eis.models.inference import LEVEL, sandwich
from panel_eis.models.ladder import (
    CORRECTION,
    ladder_design,
    refuse_separation,
    rescale,
    rungs,
    threshold_terms,
    with_unit_weights,
)
from panel_eis.models.links import LAWS
from panel_eis.models.ordinal import in_order, start
from panel_eis.models.quadrature import Data, MixedLikelihood, PooledLikelihood, make_chunks

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.cumulative import Optimum
    from panel_eis.models.links import Law
    from panel_eis.models.result import Fit, WaldTest
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec

SIGMA: Final = Term("sigma", "", "spread")
MOST_NODES: Final = 96
FARTHEST: Final = 200.0
"""Half-width of the interval of log σ beyond which it says nothing, and its end would overflow."""

ROUGH: Final = 0.05
"""Shift of a coefficient at twice the nodes, in standard errors, from which nodes are too few."""


class Mixed(NamedTuple):
    """What the climb found: without effects, with them, and at twice the nodes.

    ``optimum`` has σ as its last parameter. ``gain`` is the log-likelihood at twice the nodes less that at
    the nodes used; ``shift`` is the largest move of a parameter in one Newton step at twice the nodes, in
    standard errors.
    """

    pooled: Optimum
    optimum: Optimum
    nodes: int
    fine: bool
    gain: float = 0.0
    shift: float = 0.0

    @property
    def boundary(self) -> bool:
        """Whether σ is zero."""
        return bool(self.optimum.parameters[-1] == 0)


def re_ordered_logit(spec: Spec, rows: Rows) -> Fit:
    """Random-effects ordered logit; regressors declared varying enter as deviation and unit mean.

    ``coefficients`` has a row ``sigma`` (part ``spread``), the standard deviation of the unit effect, its
    interval taken on the log scale, and no p-value. ``tests["no_unit_effect"]`` is the likelihood ratio
    against the pooled model under the mixture ½χ²(0) + ½χ²(1) that holds at the boundary (Self and Liang
    1987); it is left out with weights, whose pseudo-likelihood has no such law. Where the likelihood falls
    from σ = 0 on, the pooled model **is** the maximum: its numbers are returned with σ = 0, p = 1 and a
    warning.

    Weights are of units: each unit's log-likelihood is multiplied by the mean weight of its rows, and a
    warning says when weights change within units. Unit means of regressors are then unweighted. Clusters
    must hold whole units. Errors are the sandwich of the units' scores, summed by cluster, times G/(G-1).

    ``extras``: ``icc`` (share of the latent variance that is the unit's), ``nodes``, and the check at twice
    the nodes: ``nodes_gain`` (log-likelihood) and ``nodes_shift`` (largest move of a coefficient, in
    standard errors).

    Raises
    ------
    ModelError
        As ``ordered_logit``; if a unit is in several clusters, or every unit is seen once.

    """
    return _random_effects(LAWS["logit"], spec, rows)


def re_ordered_probit(spec: Spec, rows: Rows) -> Fit:
    """Random-effects ordered probit, in all else like ``re_ordered_logit``."""
    return _random_effects(LAWS["probit"], spec, rows)


def re_cloglog(spec: Spec, rows: Rows) -> Fit:
    """Random-effects cloglog, in all else like ``re_ordered_logit``; with two rungs, a hazard with frailty."""
    return _random_effects(LAWS["cloglog"], spec, rows)


def _random_effects(law: Law, spec: Spec, rows: Rows) -> Fit:
    rows, reweighted = with_unit_weights(rows, spec.weights)
    if rows.n_units == rows.n_rows:
        raise ModelError(
            "every unit is seen once: its effect cannot be told from noise; use the pooled model"
        )
    rung, labels, warnings = rungs(rows.columns[spec.outcome], spec.outcome)
    design = ladder_design(spec, rows, labels)
    if any(term.name == SIGMA.name for term in design.terms):
        raise ModelError("a column called sigma would be taken for the spread of the unit effect; rename it")
    top = len(labels) - 1
    x, unscale = rescale(design.x, rows.weights, top)
    names = [term.name for term in design.terms]
    mixed = maximise(law, Data(rung, x, rows.unit, rows.weights[rows.starts]), spec.nodes, names)
    beta, covariance = _back(mixed, unscale, rows)
    terms = (*threshold_terms(spec, labels), *design.terms, SIGMA)
    tests, untested = compare_parts(terms, beta, covariance, None, spec.wave)
    found = Estimate(
        terms=terms,
        beta=beta,
        covariance=covariance,
        df=None,
        correction=CORRECTION,
        converged=mixed.optimum.converged,
        iterations=mixed.optimum.iterations,
        log_likelihood=mixed.optimum.log_likelihood,
        warnings=(*reweighted, *warnings, *untested, *_told(mixed, spec)),
        tests=tests | ({} if rows.weighted else {"no_unit_effect": _likelihood_ratio(mixed)}),
        extras=_extras(law, mixed),
    )
    return with_positive_spread(make_fit(spec, rows, design, found))


def maximise(law: Law, data: Data, nodes: int, names: list[str] | None = None) -> Mixed:
    """Fit without effects, then with them from there, then look once at twice the nodes.

    Parameters
    ----------
    law
        The link.
    data
        Rows and weights of units.
    nodes
        Nodes of the quadrature.
    names
        Of the regressors, for the refusal of separation; no refusal without.

    """
    top = data.thresholds
    chunks = make_chunks(data, nodes)
    alone = PooledLikelihood(law, chunks)
    pooled = newton.maximise(
        alone, start(law.name, data.rung, data.x.shape[1], data.weight[data.unit]), in_order(top)
    )
    if names is not None:
        refuse_separation(pooled.parameters[top:], -pooled.hessian, names)
    if alone.heterogeneity(pooled.parameters) <= 0:
        return Mixed(pooled, _at_zero(pooled), nodes, fine=True)
    sigma = np.sqrt(law.variance / LAWS["logit"].variance)
    first = np.append(pooled.parameters * np.sqrt(1 + sigma**2 / law.variance), sigma)
    mixed = _climb(law, data, nodes, pooled, first)
    while not mixed.fine and mixed.nodes < MOST_NODES:
        # a climb on stale nodes may have gone anywhere: with more nodes it starts again from where it began
        best = mixed.optimum.parameters if mixed.optimum.converged else first
        mixed = _climb(law, data, 2 * mixed.nodes, pooled, best)
    if not np.isfinite(mixed.optimum.hessian).all():
        raise ModelError(
            f"the likelihood cannot be evaluated with {mixed.nodes} nodes; the data hardly tell how large sigma is"
        )
    if names is not None:
        refuse_separation(mixed.optimum.parameters[top:-1], -mixed.optimum.hessian[:-1, :-1], names)
    return mixed


def _climb(law: Law, data: Data, nodes: int, pooled: Optimum, first: FloatArray) -> Mixed:
    """Climb with a number of nodes, then look at twice as many."""
    top = data.thresholds
    rising = in_order(top)
    chunks = make_chunks(data, nodes)
    objective = MixedLikelihood(law, chunks, nodes)
    optimum = newton.maximise(objective, first, lambda p: bool(p[-1] > 0) and rising(p))
    if not np.isfinite(optimum.hessian).all():
        return Mixed(pooled, optimum, nodes, fine=False, shift=np.inf)
    twice = MixedLikelihood(law, chunks, 2 * nodes, objective.modes)(optimum.parameters)
    step = newton.solve_step(-twice.hessian, twice.gradient)
    error = np.sqrt(np.diag(np.linalg.pinv(-optimum.hessian)))
    shift = np.inf if step is None or not error.all() else float(np.abs(step / error).max())
    fine = optimum.converged and objective.settled and shift <= ROUGH
    return Mixed(pooled, optimum, nodes, fine, twice.value - optimum.log_likelihood, shift)


def _at_zero(pooled: Optimum) -> Optimum:
    """Return the pooled optimum as one with σ = 0, about which the data say nothing more."""
    size = len(pooled.parameters) + 1
    hessian = np.zeros((size, size))
    hessian[:-1, :-1] = pooled.hessian
    scores = np.column_stack([pooled.scores, np.zeros(len(pooled.scores))])
    return pooled._replace(parameters=np.append(pooled.parameters, 0.0), scores=scores, hessian=hessian)


def _back(mixed: Mixed, unscale: FloatArray, rows: Rows) -> tuple[FloatArray, FloatArray]:
    """Parameters and clustered covariance in the units of measurement; zero variance for σ = 0."""
    size = len(mixed.optimum.parameters)
    bread = np.zeros((size, size))
    if mixed.boundary:
        bread[:-1, :-1] = mixed.pooled.bread
    else:
        bread = mixed.optimum.bread
    covariance = sandwich(bread, mixed.optimum.scores, rows.cluster[rows.starts])
    full = np.eye(size)
    full[:-1, :-1] = unscale
    return full @ mixed.optimum.parameters, full @ covariance @ full.T


def _likelihood_ratio(mixed: Mixed) -> WaldTest:
    ratio = max(0.0, 2 * (mixed.optimum.log_likelihood - mixed.pooled.log_likelihood))
    return {
        "statistic": ratio,
        "df": 1,
        "df_denominator": None,
        "p_value": 1.0 if mixed.boundary else float(chdtrc(1, ratio)) / 2,
        "distribution": "½χ²(0) + ½χ²(1)",
    }


def _extras(law: Law, mixed: Mixed) -> dict[str, float]:
    variance = float(mixed.optimum.parameters[-1] ** 2)
    return {
        "icc": variance / (variance + law.variance),
        "nodes": float(mixed.nodes),
        "nodes_gain": mixed.gain,
        "nodes_shift": mixed.shift,
    }


def _told(mixed: Mixed, spec: Spec) -> list[str]:
    told = []
    if not spec.varying:
        told.append(
            "no regressor is declared varying: the unit effect is assumed unrelated to all of them "
            "(declare them to add unit means)"
        )
    if mixed.boundary:
        told.append("no unit effect is found (sigma 0): the numbers are those of the pooled model")
    if mixed.nodes > spec.nodes:
        told.append(f"{spec.nodes} nodes were too few: {mixed.nodes} were used")
    if mixed.shift > ROUGH:
        told.append(
            f"quadrature is rough: with {2 * mixed.nodes} nodes a coefficient would move by {mixed.shift:.2g} "
            "standard errors; the data hardly tell how large sigma is"
        )
    if not mixed.optimum.converged:
        told.append(f"no convergence in {mixed.optimum.iterations} iterations")
    return told


def with_positive_spread(fit: Fit) -> Fit:
    """Interval of the spread from its logarithm; no p-value, because zero is the boundary."""
    row = list(fit.estimates.texts[-1]).index("spread")
    numbers = fit.estimates.numbers.copy()
    sigma, error = numbers[:2, row]
    reach = min(ndtri((1 + LEVEL) / 2) * error / sigma, FARTHEST) if sigma > 0 else np.nan
    numbers[2:, row] = np.nan, np.nan, sigma * np.exp(-reach), sigma * np.exp(reach)
    return replace(fit, estimates=fit.estimates._replace(numbers=numbers))
