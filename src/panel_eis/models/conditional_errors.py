"""Errors of fixed-effects logits where few units move a slope.

The sandwich of scores is too small then: the score of a unit that decides a slope is near zero at the estimate because that
unit decides it. With A the share of a unit in the information, on the scale where their sum is one, scores are taken times
(I - A)^(-1/2) (``CR2``: Kauermann and Carroll 2001, Journal of the American Statistical Association 96, 1387-1396) or times
(I - A)^(-1) (``CR3``, the jackknife in one step: Mancl and DeRouen 2001, Biometrics 57, 126-134).

Intervals keep the normal law. Satterthwaite's degrees of freedom, right for a linear model, make them too wide here: a
slope that chance takes far from zero has a larger error too, and the ratio no heavy tails (docs/verification_robustness.md).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models.conditional import prepare
from panel_eis.models.inference import cluster_sums, lay_out
from panel_eis.models.selection import select_rows

if TYPE_CHECKING:
    import pandas as pd

    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.result import Fit

ESTIMATORS: Final = ("conditional_logit", "feologit_buc")
POWERS: Final = {"CR2": -0.5, "CR3": -1.0}
_ALONE: Final = 1e-8
"""Share of the information left by the other clusters below which a cluster decides a slope alone."""


def robust_conditional(fit: Fit, panel: pd.DataFrame, kind: str = "CR2") -> Fit:
    """Return a fixed-effects logit with errors for few clusters; estimates stay as they are.

    Raises
    ------
    ModelError
        An estimator or a kind of error not of ``ESTIMATORS`` and ``POWERS``, or a panel that the fit was not made on.

    """
    spec = fit.spec
    if spec.estimator not in ESTIMATORS or kind not in POWERS:
        raise ModelError(f"{kind} errors of {spec.estimator} are not to be had here")
    rows, design, objective, unscale, _ = prepare(spec, select_rows(spec, panel))
    table = fit.coefficients.set_index("term")
    names = [term.name for term in design.terms]
    if rows.n_rows != fit.n_rows or set(names) != set(table.index):
        raise ModelError(f"{spec.name}: the panel is not the one the fit was made on (other rows or terms)")
    beta = table.loc[names, "estimate"].to_numpy(dtype=float)
    scaled = np.linalg.solve(unscale, beta)
    point, by_unit = objective(scaled), objective.information(scaled)
    bread = np.linalg.inv(-point.hessian)
    if point.gradient @ bread @ point.gradient > _ALONE * len(names):
        raise ModelError(f"{spec.name}: the panel is not the one the fit was made on (other estimates)")
    cluster = rows.cluster[rows.starts]
    size = len(names)
    shares = cluster_sums(by_unit.reshape(-1, size**2), cluster).reshape(-1, size, size)
    values, vectors = np.linalg.eigh(bread)
    root = (vectors * np.sqrt(values)) @ vectors.T
    adjusted, alone = _adjusted(
        root @ shares @ root, cluster_sums(point.scores, cluster) @ root, POWERS[kind]
    )
    half = adjusted @ root @ unscale.T
    groups = len(half)
    covariance = half.T @ half * (1.0 if kind == "CR2" else (groups - 1) / groups)
    place = [names.index(name) for name in fit.coefficients["term"]]
    terms, covariance = [design.terms[j] for j in place], covariance[np.ix_(place, place)]
    told = (f"{alone} clusters decide a coefficient alone; its error leaves them out",) if alone else ()
    return replace(
        fit,
        estimates=lay_out(terms, beta[place], covariance, None),
        correction=f"{kind} of the scores, "
        + ("Kauermann–Carroll" if kind == "CR2" else "Mancl–DeRouen, (G-1)/G"),
        warnings=(*fit.warnings, *told),
    )


def _adjusted(shares: FloatArray, scores: FloatArray, power: float) -> tuple[FloatArray, int]:
    """Scores times a power of I - A by cluster; how many clusters have a direction to themselves."""
    values, vectors = np.linalg.eigh(np.eye(shares.shape[1]) - shares)
    own = values > _ALONE
    factor = np.where(own, np.where(own, values, 1.0) ** power, 0.0)
    along = np.einsum("gij,gi->gj", vectors, scores)
    return np.einsum("gij,gj->gi", vectors, factor * along), int((~own).any(axis=1).sum())
