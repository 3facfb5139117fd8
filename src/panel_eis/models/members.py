"""One member of a specification curve: its estimate, and its draws under the null.

Linear members are drawn by the wild cluster bootstrap (``wild``), the others by their efficient scores (``null_scores``);
both flip organisations, and the same flips serve all members. What is compared with the draws is of their kind: a t with
clustered errors for linear members, for the others one step from the model without the regressor, and its t.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

from panel_eis.errors import ModelError
from panel_eis.models.least_squares import solve
from panel_eis.models.null_scores import SERVED, change_under_null
from panel_eis.models.pooling import rubin
from panel_eis.models.problems import PROBLEMS
from panel_eis.models.selection import select_rows
from panel_eis.models.wild import LAWS, flips_of, null_draws

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from panel_eis.models.arrays import FloatArray, IntArray
    from panel_eis.models.decisions import Member
    from panel_eis.models.rows import Rows

LEVEL: Final = 0.05


class Shared(NamedTuple):
    """What all members read: panels by key, units and waves as codes; number of units; seed and number of flips."""

    panels: Mapping[str, pd.DataFrame]
    units: int
    seed: int
    draws: int


class _Found(NamedTuple):
    """What one panel says.

    Estimate and variance; the statistic and variance that draws are compared with; draws under the null and their
    variances; standard deviation of the outcome; rows; units in which the regressor changes; degrees of freedom.
    """

    estimate: float
    variance: float
    observed: float
    observed_variance: float
    drawn: FloatArray
    spread: FloatArray
    scale: float
    rows: Rows
    switchers: int
    df: float


def faults(member: Member, panels: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """Say why a specification cannot be a member."""
    spec = member.spec
    known = (*PROBLEMS, *SERVED)
    if spec.estimator not in known:
        yield f"{spec.estimator} has no draws under the null; a curve has {', '.join(known)}"
    if spec.estimator in SERVED and spec.interactions:
        yield f"{spec.name} has products; a curve has them in linear members only"
    if spec.cluster_column != spec.unit:
        yield f"{spec.name} is clustered by {spec.cluster}; a curve is clustered by units"
    yield from (f"there is no panel {key!r}" for key in member.panels if key not in panels)


def estimate_member(member: Member, shared: Shared, _: np.random.Generator) -> dict[str, Any]:
    """Estimate one member and its draws under the null.

    Returns
    -------
    ``row`` (of the curve) and, if there is an estimate: ``z`` and ``effect`` to be compared with their draws ``zs`` and
    ``effects``. Without an estimate ``z`` is None.

    """
    linear = member.spec.estimator in PROBLEMS
    one = _linear if linear else _non_linear
    try:
        fits = [one(member, shared.panels[key], shared) for key in member.panels]
    except ModelError as refused:
        return {"row": {"message": str(refused), "effect": None, "estimate": None}, "z": None}
    first, scale = fits[0], float(np.mean([f.scale for f in fits]))
    estimate, variance, df = _pooled([(f.estimate, f.variance) for f in fits], first.df)
    observed, width, df_null = _pooled([(f.observed, f.observed_variance) for f in fits], first.df)
    error, half = np.sqrt(variance), stdtrit(df, 1 - LEVEL / 2) * np.sqrt(variance)
    t = observed / np.sqrt(width)
    row = {
        "estimate": estimate, "std_error": error, "p_value": 2 * stdtr(df_null, -abs(t)),
        "conf_low": estimate - half, "conf_high": estimate + half, "effect": estimate / scale,
        "effect_low": (estimate - half) / scale, "effect_high": (estimate + half) / scale,
        "n_rows": first.rows.n_rows, "n_units": first.rows.n_units, "n_switchers": first.switchers, "message": "",
    }  # fmt: skip
    centre, widths = _pooled_draws(fits)
    return {
        "row": row,
        "z": _z(np.array([t]), df_null)[0],
        "effect": observed / scale,
        "effects": centre / scale,
        "zs": _z(centre / np.sqrt(np.maximum(widths, np.finfo(float).tiny)), df_null),
    }


def _pooled(found: list[tuple[float, float]], df: float) -> tuple[float, float, float]:
    """Estimate, variance and degrees of freedom of one panel, or of several by Rubin's rules."""
    if len(found) == 1:
        return (*found[0], df)
    estimates, variances = np.array(found).T
    pooled = rubin(estimates[:, None], variances[:, None, None], df)
    return float(pooled.estimate[0]), float(pooled.covariance[0, 0]), float(pooled.df[0])


def _pooled_draws(fits: list[_Found]) -> tuple[FloatArray, FloatArray]:
    """Draws and their variances, alike."""
    drawn, spread = np.array([f.drawn for f in fits]), np.array([f.spread for f in fits])
    if len(fits) == 1:
        return drawn[0], spread[0]
    return drawn.mean(axis=0), spread.mean(axis=0) + (1 + 1 / len(fits)) * drawn.var(axis=0, ddof=1)


def _linear(member: Member, panel: pd.DataFrame, shared: Shared) -> _Found:
    """Estimate a linear member on one panel."""
    spec = member.spec
    rows = select_rows(spec, panel)
    scale = _scale(member, rows)
    problem = PROBLEMS[spec.estimator](spec, rows)
    found, j = solve(problem), problem.place(member.term)
    problem.require_nested("the joint test")
    groups = problem.rows.n_clusters
    factor = groups / (groups - 1) * problem.small_sample
    drawn, spread = null_draws(problem, j, _flips_of(problem.rows, member, shared))
    told = found.beta[j], found.covariance[j, j]
    switchers = problem.design.switchers.get(problem.design.terms[j].variable, 0)
    return _Found(*told, *told, drawn, spread * factor, scale, problem.rows, switchers, float(groups - 1))


def _non_linear(member: Member, panel: pd.DataFrame, shared: Shared) -> _Found:
    """Estimate any other member on one panel; intervals and tests use the normal law."""
    rows = select_rows(member.spec, panel)
    scale = _scale(member, rows)
    found = change_under_null(member.spec, rows, member.term)
    variance = float(found.scores @ found.scores) * rows.n_clusters / (rows.n_clusters - 1)
    drawn = _flips_of(rows, member, shared) @ found.scores
    return _Found(
        found.estimate, found.variance, float(found.scores.sum()), variance, drawn, np.full(len(drawn), variance), scale,
        rows, found.n_switchers, np.inf,
    )  # fmt: skip


def _scale(member: Member, rows: Rows) -> float:
    """Standard deviation of the outcome in the rows used."""
    return float(np.asarray(rows.columns[member.spec.outcome], dtype=float).std(ddof=1))


def _flips_of(rows: Rows, member: Member, shared: Shared) -> FloatArray:
    """Flips of the clusters of some rows (draws × clusters): those of their units, the same in all members."""
    first = np.unique(rows.cluster, return_index=True)[1]
    place: IntArray = np.asarray(rows.columns[member.spec.unit], dtype=np.intp)[first]
    return _flips(shared.seed, shared.draws, shared.units)[:, place]


@lru_cache(maxsize=1)
def _flips(seed: int, draws: int, units: int) -> FloatArray:
    """Flips of all units, the same for every member."""
    return flips_of(np.random.default_rng(seed), draws, units, LAWS["rademacher"])


def _z(t: FloatArray, df: float) -> FloatArray:
    """Normal deviate with the tail of a t."""
    z: FloatArray = np.sign(t) * -ndtri(np.maximum(stdtr(df, -np.abs(t)), 1e-300))
    return z
