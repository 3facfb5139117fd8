"""Errors of a linear fit for few clusters, or for clusters of two kinds.

* ``CR1``: the default of every fit, here by another column or by two (Cameron, Gelbach and Miller 2011, Journal
  of Business & Economic Statistics 29(2), 238-249): V_A + V_B - V_AB, each with its own G/(G-1), t(min G - 1).
* ``CR2``: residuals of each cluster times (I - H_gg)^(-1/2), unbiased if errors are independent with variance
  inverse to the weights, with Satterthwaite's degrees of freedom for each term under the same working model
  (Bell and McCaffrey 2002, Survey Methodology 28(2), 169-181; Imbens and Kolesár 2016). As absorbing unit effects
  nested in clusters changes neither (Pustejovsky and Tipton 2018, JBES 36(4), 672-683), it is computed on
  deviations. Where working variances differ (weights, random effects) such a root is not unique; ours is the
  symmetric one on the data on which they are equal. R's clubSandwich takes another there, equally unbiased.
* ``CR3``: the jackknife by cluster, (G-1)/G times the sum of squared changes of the estimate when a cluster is
  left out, t(G-1): on the safe side, and best where clusters differ in size (MacKinnon, Nielsen and Webb 2023,
  Journal of Applied Econometrics 38(5), 671-694). For random effects the variances are kept.

For CR2 the joint test of within against between uses F(q, G-1).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models.conditional_errors import ESTIMATORS as FIXED_EFFECTS_LOGITS
from panel_eis.models.conditional_errors import robust_conditional
from panel_eis.models.least_squares import Problem, correction_of, solve
from panel_eis.models.leverage import Leverage
from panel_eis.models.linear import finish
from panel_eis.models.problems import problem_of
from panel_eis.models.rows import codes_of

if TYPE_CHECKING:
    import pandas as pd

    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.assemble import Estimate
    from panel_eis.models.result import Fit

KINDS = ("CR1", "CR2", "CR3")


def robust(
    fit: Fit, panel: pd.DataFrame, kind: str = "CR2", cluster: str | tuple[str, str] | None = None
) -> Fit:
    """Return a linear fit, or a fixed-effects logit, with other clustered errors; estimates stay as they are.

    Parameters
    ----------
    fit
        A fit of a linear estimator; CR2 and CR3 also of the fixed-effects logits (``conditional_errors``).
    panel
        The panel it was made on.
    kind
        ``CR1``, ``CR2`` or ``CR3``.
    cluster
        Column to cluster by instead of the fit's own, or two columns (``CR1`` only).

    Raises
    ------
    ModelError
        Unknown kind, two columns for CR2 or CR3, a cluster that cuts through an absorbed unit effect (CR2, CR3),
        or a panel on which the fit was not made.

    """
    if kind not in KINDS:
        raise ModelError(f"no errors are called {kind!r} (known: {', '.join(KINDS)})")
    if fit.spec.estimator in FIXED_EFFECTS_LOGITS and cluster is None and kind != "CR1":
        return robust_conditional(fit, panel, kind)
    if isinstance(cluster, tuple):
        if kind != "CR1":
            raise ModelError(f"{kind} is not defined for clusters of two kinds; ask for CR1")
        return _two_ways(fit, panel, cluster)
    problem = problem_of(fit, panel, cluster)
    base = solve(problem)
    if kind == "CR1":
        return finish(problem, base)
    problem.require_nested(kind)
    leverage = Leverage(problem)
    found = (_cr2 if kind == "CR2" else _cr3)(leverage, base)
    warnings = (*base.warnings, *leverage.warnings())
    notes = "; ".join((found.correction, *problem.notes))
    return finish(problem, replace(found, warnings=warnings, correction=notes))


def satterthwaite(leverage: Leverage) -> FloatArray:
    """Degrees of freedom of each coefficient's CR2 variance, errors being independent."""
    values, vectors = leverage.eigen
    along = np.einsum("gij,ki->gjk", vectors, leverage.root)
    inverse = leverage.power(-1.0)
    own = np.einsum("gj,gjk->gk", values * inverse, along**2)
    shared = np.einsum("gij,gjk->gki", vectors, (values * np.sqrt(inverse))[:, :, None] * along)
    trace = own.sum(axis=0) - (shared**2).sum(axis=(0, 2))
    inner = np.einsum("gki,gkj->kij", shared, shared)
    squares = (own**2 - 2 * own * (shared**2).sum(axis=2)).sum(axis=0) + (inner**2).sum(axis=(1, 2))
    df: FloatArray = trace**2 / squares
    return df


def _cr2(leverage: Leverage, base: Estimate) -> Estimate:
    half = leverage.adjusted(-0.5) @ leverage.root.T
    df = satterthwaite(leverage)
    by_term = {f"df {term.name}": float(d) for term, d in zip(base.terms, df, strict=True)}
    return replace(
        base, covariance=half.T @ half, df=df, correction="CR2, Bell–McCaffrey", extras=base.extras | by_term
    )


def _cr3(leverage: Leverage, base: Estimate) -> Estimate:
    changes = leverage.changes()
    groups = len(changes)
    covariance = changes.T @ changes * ((groups - 1) / groups)
    return replace(base, covariance=covariance, correction="CR3, jackknife by cluster, (G-1)/G")


def _two_ways(fit: Fit, panel: pd.DataFrame, columns: tuple[str, str]) -> Fit:
    """Add the covariances of both columns, take away that of their intersection."""
    first, second = (problem_of(fit, panel, column) for column in columns)
    both = _by(first, first, second)
    parts = [solve(problem) for problem in (first, second, both)]
    factor = _nested_factor(first, second)
    a, b, ab = (
        part.covariance * factor / problem.small_sample
        for part, problem in zip(parts, (first, second, both), strict=True)
    )
    covariance, mended = positive(a + b - ab)
    few = min(first, second, key=lambda problem: problem.rows.n_clusters)
    counts = " and ".join(
        f"{name} ({problem.rows.n_clusters})" for name, problem in zip(columns, (first, second), strict=True)
    )
    correction = (
        f"{correction_of(first if first.nested else second)}; two ways, by {counts}, each with its own G"
    )
    told = ("two-way covariance was not positive: its negative eigenvalues are set to 0",) if mended else ()
    found = replace(
        parts[0],
        covariance=covariance,
        df=few.rows.n_clusters - 1,
        correction="; ".join((correction, *first.notes)),
        warnings=(*parts[0].warnings, *told),
    )
    return finish(few, found)


def _nested_factor(first: Problem, second: Problem) -> float:
    """(N-1)/(N-K); unit effects are not counted if nested in one of the two."""
    return (first if first.nested else second).small_sample


def _by(problem: Problem, first: Problem, second: Problem) -> Problem:
    """Cluster a problem by the intersection of two others' clusters."""
    pairs = first.rows.cluster * second.rows.n_clusters + second.rows.cluster
    rows = replace(problem.rows, cluster=codes_of(pairs))
    return replace(problem, rows=rows)


def positive(covariance: FloatArray) -> tuple[FloatArray, bool]:
    """Set negative eigenvalues to zero (on the scale of the errors), as the authors advise."""
    diagonal = np.diag(covariance)
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    if values[0] >= -1e-12:
        return covariance, False
    mended = (vectors * np.maximum(values, 0)) @ vectors.T
    result: FloatArray = mended * np.outer(scale, scale)
    return result, True
