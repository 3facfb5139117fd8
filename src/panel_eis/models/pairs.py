"""Pairs cluster bootstrap of a linear fit: clusters drawn with replacement, from their cross-products.

A draw adds up X'X and X'y of the clusters drawn and solves K equations: the data are passed once. It equals
refitting on the drawn rows, a unit drawn twice being two units (Cameron and Miller 2015, Journal of Human
Resources 50(2), section VI.A). The variances of random effects are kept from draw to draw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models.leverage import Leverage
from panel_eis.models.problems import problem_of

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray, IntArray
    from panel_eis.models.result import Fit

BLOCK: Final = 4_000_000
"""Counts held in memory at a time."""

LOST: Final = 0.05
"""Share of draws that cannot be estimated above which the bootstrap says nothing."""

SINGULAR: Final = 1e-10
"""Least eigenvalue of a draw's cross-products, those of the sample being the identity."""


def pairs_bootstrap(
    fit: Fit, panel: pd.DataFrame, *, rng: np.random.Generator, draws: int = 999
) -> pd.DataFrame:
    """Bootstrap all coefficients of a linear fit.

    Parameters
    ----------
    fit, panel
        A linear fit and the panel it was made on.
    rng
        Source of the draws; the same state gives the same result.
    draws
        Number of draws.

    Returns
    -------
    One row a term, as in the fit: term, estimate, std_error (spread of the draws), conf_low and conf_high (2.5 and
    97.5 % of the draws), draws (those that could be estimated), lost (those in which a term did not vary).

    Raises
    ------
    ModelError
        If clusters cut through units, or more than 5 % of the draws cannot be estimated.

    """
    problem = problem_of(fit, panel)
    problem.require_nested("the pairs cluster bootstrap")
    leverage = Leverage(problem)
    groups, k = problem.rows.n_clusters, len(problem.beta)
    flat = leverage.cross.reshape(groups, k * k)
    block = max(1, BLOCK // groups)
    parts = [
        _solve(_counts(rng, min(block, draws - start), groups), flat, leverage.scores)
        for start in range(0, draws, block)
    ]
    changes = np.concatenate(parts)
    kept = changes[np.isfinite(changes).all(axis=1)] @ leverage.root.T
    lost = draws - len(kept)
    if lost > LOST * draws:
        raise ModelError(
            f"{fit.spec.name}: in {lost} of {draws} draws a term does not vary; too few clusters carry it"
        )
    low, high = np.quantile(kept, [0.025, 0.975], axis=0)
    table = pd.DataFrame(
        {
            "term": [term.name for term in problem.design.terms],
            "estimate": problem.beta,
            "std_error": kept.std(axis=0, ddof=1),
            "conf_low": problem.beta + low,
            "conf_high": problem.beta + high,
            "draws": len(kept),
            "lost": lost,
        }
    )
    return table.set_index("term").loc[fit.coefficients["term"]].reset_index()


def _counts(rng: np.random.Generator, draws: int, groups: int) -> FloatArray:
    """How often each cluster is drawn (draws × clusters)."""
    chosen = rng.integers(0, groups, (draws, groups)) + np.arange(draws)[:, None] * groups
    counts: IntArray = np.bincount(chosen.ravel(), minlength=draws * groups)
    return counts.reshape(draws, groups).astype(np.float64)


def _solve(counts: FloatArray, cross: FloatArray, scores: FloatArray) -> FloatArray:
    """Change of the estimate in each draw, in the coordinates of ``Leverage``; NaN where there is none."""
    k = scores.shape[1]
    grams = (counts @ cross).reshape(-1, k, k)
    changes = np.full((len(counts), k), np.nan)
    fine = np.linalg.eigvalsh(grams)[:, 0] > SINGULAR
    changes[fine] = np.linalg.solve(grams[fine], (counts @ scores)[fine][:, :, None])[:, :, 0]
    return changes
