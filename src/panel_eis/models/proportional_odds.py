"""Are the odds proportional? A test, and the ordered logit that does not suppose it.

The ordered logit has one slope for every cut of the ladder. The generalised ordered logit (Williams 2006, Stata Journal 6,
58-82) gives each cut its own: P(y ≤ j) = F(θ_j - xβ_j). Its likelihood exists only where the curves do not cross at any row.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models import cumulative, newton
from panel_eis.models.assemble import Estimate, make_fit
from panel_eis.models.inference import sandwich, wald
from panel_eis.models.ladder import (
    CORRECTION,
    ladder_design,
    refuse_separation,
    rescale,
    rungs,
    threshold_terms,
)
from panel_eis.models.newton import Point

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray, IntArray
    from panel_eis.models.design import Term
    from panel_eis.models.result import Fit, WaldTest
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec


class CutLikelihood:
    """Log-likelihood of thresholds, then slopes cut by cut; scores by row.

    A row bears on two cuts at most, that above its rung and that below; rows are kept sorted by rung.
    """

    slack = 1e-12

    def __init__(self, rung: IntArray, x: FloatArray, weights: FloatArray) -> None:
        self._order = np.argsort(rung.astype(np.int16), kind="stable")
        self._rung, self._weights = rung[self._order], weights[self._order]
        self._ones = np.column_stack([np.ones(len(x)), -x[self._order]])
        ends = np.cumsum(np.bincount(rung)).tolist()
        self._slices = [slice(a, b) for a, b in pairwise([0, *ends])]
        self.cuts, self.slopes = len(ends) - 1, x.shape[1]
        firsts = np.arange(self.cuts) * (self.slopes + 1)
        self._places = np.append(firsts, (firsts[:, None] + 1 + np.arange(self.slopes)).ravel())

    def near(self, decrement: float) -> None:
        """Nothing moves here."""

    def __call__(self, parameters: FloatArray) -> Point:
        """Evaluate; minus infinity where curves cross."""
        n, size = len(self._rung), len(parameters)
        terms = self._terms(parameters)
        if terms is None:
            return Point(-np.inf, np.zeros((n, size)), -np.eye(size))
        scores = np.zeros((n, self.cuts, self.slopes + 1))
        for j, (own, next_up) in enumerate(pairwise(self._slices)):
            scores[own, j] = terms.by_upper[own, None] * self._ones[own]
            scores[next_up, j] = terms.by_lower[next_up, None] * self._ones[next_up]
        first = np.empty((n, size))
        first[self._order] = scores.reshape(n, size)[:, self._places]
        return Point(terms.value, first, self._hessian(terms))

    def by_cluster(self, parameters: FloatArray, cluster: IntArray) -> Point:
        """Evaluate, scores being summed over clusters: no row × parameter is written down."""
        terms = self._terms(parameters)
        if terms is None:
            raise ModelError("curves of the generalised ordered logit cross")
        above, below = self._slices[0].stop, self._slices[-1].start
        code = cluster[self._order] * self.cuts + self._rung
        code = np.concatenate([code[:below], code[above:] - 1])
        factor = np.concatenate([terms.by_upper[:below], terms.by_lower[above:]])
        columns = np.concatenate([self._ones[:below], self._ones[above:]]).T
        groups = int(cluster.max()) + 1
        sums = np.array([np.bincount(code, factor * column, groups * self.cuts) for column in columns])
        scores = sums.reshape(-1, groups, self.cuts).transpose(1, 2, 0).reshape(groups, -1)
        return Point(terms.value, scores[:, self._places], self._hessian(terms))

    def _terms(self, parameters: FloatArray) -> cumulative.Terms | None:
        """Derivatives by the bounds of each row; None where curves cross."""
        by_cut = np.column_stack(
            [parameters[: self.cuts], parameters[self.cuts :].reshape(self.cuts, self.slopes)]
        )
        upper, lower = np.full(len(self._rung), np.inf), np.full(len(self._rung), -np.inf)
        for j, (own, next_up) in enumerate(pairwise(self._slices)):
            upper[own] = self._ones[own] @ by_cut[j]
            lower[next_up] = self._ones[next_up] @ by_cut[j]
        if (upper <= lower).any():
            return None
        return cumulative.terms_of(upper, lower, self._weights)

    def _hessian(self, terms: cumulative.Terms) -> FloatArray:
        size = self.slopes + 1
        hessian = np.zeros((self.cuts, size, self.cuts, size))
        for j, (own, next_up) in enumerate(pairwise(self._slices)):
            x, later = self._ones[own], self._ones[next_up]
            hessian[j, :, j] = x.T @ (terms.twice_upper[own, None] * x)
            hessian[j, :, j] += later.T @ (terms.twice_lower[next_up, None] * later)
            if j:
                mixed = x.T @ (terms.cross[own, None] * x)
                hessian[j, :, j - 1], hessian[j - 1, :, j] = mixed, mixed
        flat = hessian.reshape(self.cuts * size, self.cuts * size)
        return flat[np.ix_(self._places, self._places)]


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
    top = likelihood.cuts
    if top < 2:
        return {}, ()
    point = likelihood.by_cluster(np.concatenate([common[:top], np.tile(common[top:], top)]), cluster)
    clusters = len(point.scores)
    contrast = equal_slopes(top, likelihood.slopes)[np.tile(asked, top - 1)]
    impossible = f"test of proportional odds not possible: {len(contrast)} restrictions, {clusters} clusters"
    step = newton.solve_step(-point.hessian, point.gradient)
    if step is None or not 0 < len(contrast) < clusters:
        return {}, (impossible,)
    half = point.scores @ np.linalg.solve(point.hessian, contrast.T)
    covariance = half.T @ half * (clusters / (clusters - 1))
    test = wald(np.eye(len(contrast)), contrast @ step, covariance, None)
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
    rung, labels, warnings = rungs(rows.columns[spec.outcome], spec.outcome)
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
