"""Are the odds proportional? A test, and the ordered logit that does not suppose it.

The ordered logit has one slope for every cut of the ladder. The generalised ordered logit (Williams 2006, Stata Journal 6,
58-82) gives each cut its own: P(y ≤ j) = F(θ_j - xβ_j). Its likelihood exists only where the curves do not cross at any row.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from panel_eis.models import cumulative, newton
from panel_eis.models.assemble import Estimate, make_fit
from panel_eis.models.inference import cluster_sums, sandwich, wald
from panel_eis.models.ladder import (
    CORRECTION,
    ladder_design,
    refuse_separation,
    rescale,
    rungs,
    threshold_terms,
)
from panel_eis.models.links import Logit
from panel_eis.models.newton import Point

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray, IntArray
    from panel_eis.models.design import Term
    from panel_eis.models.result import Fit, WaldTest
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec


@dataclass(frozen=True)
class CutLikelihood:
    """Log-likelihood of thresholds, then slopes cut by cut; scores by row."""

    rung: IntArray
    x: FloatArray
    weights: FloatArray
    slack: float = 1e-12

    def near(self, decrement: float) -> None:
        """Nothing moves here."""

    def __call__(self, parameters: FloatArray) -> Point:
        """Evaluate; minus infinity where curves cross."""
        top = int(self.rung.max())
        n, p = self.x.shape
        ones = np.column_stack([np.ones(n), -self.x])
        by_cut = np.column_stack([parameters[:top], parameters[top:].reshape(top, p)])
        at = np.column_stack([np.full(n, -np.inf), ones @ by_cut.T, np.full(n, np.inf)])
        row = np.arange(n)
        upper, lower = at[row, self.rung + 1], at[row, self.rung]
        order = np.concatenate(
            [np.arange(top) * (p + 1), *(j * (p + 1) + 1 + np.arange(p) for j in range(top))]
        )
        if (upper <= lower).any():
            return Point(-np.inf, np.zeros((n, len(order))), -np.eye(len(order)))
        d = Logit(upper[None], lower[None]).derivatives(np.zeros((1, n)))
        by_a, by_b, across = (self.weights * v[0, 0] for v in (d.by_a, d.by_b, d.across))
        along_a, along_b = (self.weights * v[0, 0] - across for v in (d.along_a, d.along_b))
        scores, hessian = np.zeros((n, top, p + 1)), np.zeros((top, p + 1, top, p + 1))
        for j in range(top):
            below, above = self.rung == j, self.rung == j + 1
            scores[below, j] = by_a[below, None] * ones[below]
            scores[above, j] = by_b[above, None] * ones[above]
            for mask, factor in ((below, along_a), (above, along_b)):
                hessian[j, :, j] += ones[mask].T @ (factor[mask, None] * ones[mask])
            if j:
                mixed = ones[below].T @ (across[below, None] * ones[below])
                hessian[j, :, j - 1], hessian[j - 1, :, j] = mixed, mixed
        flat = hessian.reshape(len(order), len(order))
        value = float(self.weights @ d.value[0])
        return Point(value, scores.reshape(n, -1)[:, order], flat[np.ix_(order, order)])


def equal_slopes(top: int, p: int) -> FloatArray:
    """Restrictions that the slopes of every later cut are those of the first; p(J-2) × (J-1)(p+1)."""
    contrast = np.zeros(((top - 1) * p, top + top * p))
    for j in range(1, top):
        rows = (j - 1) * p + np.arange(p)
        contrast[rows, top + np.arange(p)] = -1.0
        contrast[rows, top + j * p + np.arange(p)] = 1.0
    return contrast


def score_test(
    common: FloatArray, likelihood: CutLikelihood, cluster: IntArray, asked: list[bool]
) -> tuple[dict[str, WaldTest], tuple[str, ...]]:
    """Test that slopes are those of every cut, from the ordered logit alone, clustered.

    The generalised score test (Boos 1992, American Statistician 46, 327-333) asks whether the likelihood would rise if
    slopes were let go cut by cut, against the clustered variance of its scores. It is the clustered counterpart of Brant's
    (1990, Biometrics 46, 1171-1178), which needs a logit for each cut; those often do not exist where rungs are rare.

    Parameters
    ----------
    common
        Thresholds and slopes of the ordered logit.
    likelihood
        Of the model with slopes by cut, on the same columns.
    cluster
        Code of the cluster of each row.
    asked
        For each column, whether its slope is asked about; those of the others may differ by cut.

    Returns
    -------
    The test under the name ``proportional_odds``, if there is one, and warnings.

    """
    top, p = int(likelihood.rung.max()), likelihood.x.shape[1]
    if top < 2:
        return {}, ()
    point = likelihood(np.concatenate([common[:top], np.tile(common[top:], top)]))
    clusters = len(np.unique(cluster))
    contrast = equal_slopes(top, p)[np.tile(asked, top - 1)]
    impossible = f"test of proportional odds not possible: {len(contrast)} restrictions, {clusters} clusters"
    step = newton.solve_step(-point.hessian, point.gradient)
    if step is None or not 0 < len(contrast) < clusters:
        return {}, (impossible,)
    sums = np.linalg.solve(point.hessian, cluster_sums(point.scores, cluster).T).T
    covariance = sums.T @ sums * (clusters / (clusters - 1))
    test = wald(contrast, step, covariance, None)
    return ({"proportional_odds": test}, ()) if test else ({}, (impossible,))


def generalised_ordered_logit(spec: Spec, rows: Rows) -> Fit:
    """Ordered logit with slopes of their own for every cut of the ladder, clustered: a check on the common slopes.

    Terms carry the cut in their level: ``member[2|3]_within`` is what goes with being above rung 2 rather than at or below
    it. ``tests["proportional_odds"]`` is the Wald test that slopes, but for the waves, are the same at every cut,
    ``tests["proportional_odds: x"]`` that of one variable alone. Columns, weights and errors are those of ``ordered_logit``.

    Raises
    ------
    ModelError
        As ``ordered_logit``; separation at a single cut is enough.

    """
    rung, labels, warnings = rungs(rows.frame[spec.outcome], spec.outcome)
    design = ladder_design(spec, rows, labels)
    top, p = len(labels) - 1, design.x.shape[1]
    x, unscale = rescale(design.x, rows.weights, top)
    common = cumulative.maximise(rung, x, rows.weights)
    start = np.concatenate([common.parameters[:top], np.tile(common.parameters[top:], top)])
    optimum = newton.maximise(CutLikelihood(rung, x, rows.weights), start, lambda _: True)
    cuts = [f"{a}|{b}" for a, b in pairwise(labels)]
    slopes = tuple(_at(term, cut) for cut in cuts for term in design.terms)
    refuse_separation(optimum.parameters[top:], -optimum.hessian, [term.name for term in slopes])
    back = np.eye(top + top * p)
    for j in range(top):
        own = slice(top + j * p, top + (j + 1) * p)
        back[own, own], back[j, own] = unscale[top:, top:], unscale[0, top:]
    covariance = back @ sandwich(optimum.bread, optimum.scores, rows.cluster) @ back.T
    beta = back @ optimum.parameters
    lost = () if optimum.converged else (f"no convergence in {optimum.iterations} iterations",)
    found = Estimate(
        terms=(*threshold_terms(spec, labels), *slopes),
        beta=beta,
        covariance=covariance,
        df=None,
        correction=CORRECTION,
        converged=optimum.converged,
        iterations=optimum.iterations,
        log_likelihood=optimum.log_likelihood,
        warnings=(*warnings, *lost),
        tests=_tests(design.terms, spec.wave, beta, covariance),
    )
    return make_fit(spec, rows, design, found)


def _at(term: Term, cut: str) -> Term:
    return term._replace(level=f"{term.level}, {cut}" if term.level else cut)


def _tests(
    terms: tuple[Term, ...], wave: str, beta: FloatArray, covariance: FloatArray
) -> dict[str, WaldTest]:
    """Equality of slopes over cuts: of all terms but the waves, and variable by variable."""
    top = len(beta) // (len(terms) + 1)
    if top < 2:
        return {}
    contrast = equal_slopes(top, len(terms))
    groups = {"proportional_odds": np.tile([t.variable != wave for t in terms], top - 1)}
    for variable in dict.fromkeys(term.variable for term in terms):
        groups[f"proportional_odds: {variable}"] = np.tile([t.variable == variable for t in terms], top - 1)
    tests = {name: wald(contrast[rows], beta, covariance, None) for name, rows in groups.items()}
    return {name: test for name, test in tests.items() if test}
