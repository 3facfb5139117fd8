"""Specification curve: one association under every defensible way to estimate it, and one test of all of them.

Decisions about the model (estimator, weights, controls) and about the data (which organisations, which version of
a score, what is done with gaps) are crossed; each combination is a ``Member``. All members are estimated, and the whole is
held against what it would look like if the association were nothing (Simonsohn, Simmons and Nelson 2020, Nature Human
Behaviour 4, 1208-1214).

The null is imposed by the wild cluster bootstrap: residuals of each member's fit without the regressor in question are
flipped by organisation (``wild``), an organisation being flipped alike in all members. Members therefore
stay as correlated in a draw as they are in the data, and nothing is fitted again: a draw costs sums over organisations. With
imputed panels a draw is pooled by Rubin's rules as the estimate is.

Three statistics are compared with their draws: the median effect (in standard deviations of the outcome), the share of
members significant at 5 % in the direction of the median, and the mean of the members' z (Stouffer).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from panel_eis.errors import ModelError
from panel_eis.models.least_squares import solve
from panel_eis.models.pooling import rubin
from panel_eis.models.problems import PROBLEMS
from panel_eis.models.selection import select_rows
from panel_eis.models.wild import LAWS, flips_of, null_draws
from panel_eis.parallel import HERE, Workers, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from panel_eis.models.arrays import FloatArray, IntArray
    from panel_eis.models.least_squares import Problem
    from panel_eis.models.spec import Spec

LEVEL: Final = 0.05
STATISTICS: Final = ("median", "share_significant", "stouffer")


class Level(NamedTuple):
    """One way to take a decision; the first of a decision is the reference."""

    name: str
    fr: str
    en: str


class Decision(NamedTuple):
    """Something that could have been done in several ways, with names for readers."""

    name: str
    fr: str
    en: str
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Member:
    """One specification.

    Attributes
    ----------
    choices
        Level of each decision, by name.
    spec
        A linear model, clustered by unit.
    term
        The coefficient looked at.
    panels
        Keys of the panels it is estimated on: one, or all the imputed ones.

    """

    choices: Mapping[str, str]
    spec: Spec
    term: str
    panels: tuple[str, ...]


class _Shared(NamedTuple):
    """What all members read: panels by key, units and waves as codes; number of units; seed and number of flips."""

    panels: Mapping[str, pd.DataFrame]
    units: int
    seed: int
    draws: int


def cross(
    decisions: Sequence[Decision], member: Callable[[dict[str, str]], Member | None]
) -> tuple[Member, ...]:
    """Every combination of levels for which ``member`` gives a specification (None where levels exclude each other).

    Raises
    ------
    ModelError
        If two combinations are the same model on the same panels: it would count twice.

    """
    names = [decision.name for decision in decisions]
    found: dict[Any, Member] = {}
    for levels in product(*([level.name for level in decision.levels] for decision in decisions)):
        one = member(dict(zip(names, levels, strict=True)))
        if one is None:
            continue
        key = replace(one.spec, name="-", label_fr="", label_en=""), one.term, one.panels
        if key in found:
            raise ModelError(
                f"{dict(one.choices)} and {dict(found[key].choices)} are the same model: give None for one of them"
            )
        found[key] = one
    return tuple(found.values())


def run_curve(
    members: Sequence[Member],
    panels: Mapping[str, pd.DataFrame],
    *,
    rng: np.random.Generator,
    draws: int = 499,
    workers: Workers = HERE,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimate all members and test them jointly.

    Parameters
    ----------
    members
        From ``cross``.
    panels
        Panels by the keys that members name.
    rng, draws
        Source and number of the draws under the null.
    workers
        Where members are estimated; the result is the same anywhere.

    Returns
    -------
    The curve: one row for each member, from the lowest effect to the highest, with its choices, estimate, std_error,
    p_value, conf_low, conf_high, effect, effect_low, effect_high (in standard deviations of the outcome in the rows
    used), n_rows, n_units, n_switchers, message (why there is no estimate, else empty). And the test: one row for
    each of ``STATISTICS``, with value, expected (median of the draws), p_value, draws, members.

    Raises
    ------
    ModelError
        A member that is not linear, is clustered otherwise or names a panel that is not there; no member with an estimate.

    """
    problems = [p for member in members for p in _faults(member, panels)]
    if problems:
        raise ModelError("; ".join(dict.fromkeys(problems)))
    unit = members[0].spec.unit
    labels = sorted({label for panel in panels.values() for label in panel[unit].unique()})
    units = {label: i for i, label in enumerate(labels)}
    coded = {key: _coded(panel, members[0].spec, units) for key, panel in panels.items()}
    shared = _Shared(coded, len(units), int(rng.integers(2**63)), draws)
    results = run(
        _estimate, members, seed=0, shared=shared, workers=workers, chunk=max(8, len(members) // 16)
    )
    rows = [{**member.choices, **result["row"]} for member, result in zip(members, results, strict=True)]
    curve = pd.DataFrame(rows)
    kept = [result for result in results if result["z"] is not None]
    if not kept:
        raise ModelError(f"no specification gives an estimate; the first: {results[0]['row']['message']}")
    test = _joint(kept, draws)
    curve = curve.sort_values(["effect", "estimate"], kind="stable", na_position="last", ignore_index=True)
    return curve, test


def _coded(panel: pd.DataFrame, spec: Spec, units: Mapping[Any, int]) -> pd.DataFrame:
    """Units and waves as codes, booleans as numbers: what every member would otherwise do again."""
    flags = [c for c in panel.columns if pd.api.types.is_bool_dtype(panel[c].dtype)]
    numbers = {c: panel[c].astype("Float64").to_numpy(dtype=float, na_value=np.nan) for c in flags}
    unit = panel[spec.unit].map(units).to_numpy(dtype=np.intp)
    wave = np.unique(panel[spec.wave], return_inverse=True)[1]
    coded = panel.assign(**{**numbers, spec.unit: unit, spec.wave: wave})
    return coded.sort_values([spec.unit, spec.wave], kind="stable", ignore_index=True)


def _faults(member: Member, panels: Mapping[str, pd.DataFrame]) -> list[str]:
    faults = []
    if member.spec.estimator not in PROBLEMS:
        faults.append(f"{member.spec.estimator} is not linear; a curve has {', '.join(PROBLEMS)}")
    if member.spec.cluster_column != member.spec.unit:
        faults.append(
            f"{member.spec.name} is clustered by {member.spec.cluster}; a curve is clustered by units"
        )
    faults += [f"there is no panel {key!r}" for key in member.panels if key not in panels]
    return faults


def _estimate(member: Member, shared: _Shared, _: np.random.Generator) -> dict[str, Any]:
    """Estimate one member and its draws under the null."""
    try:
        fits = [_one(member, shared.panels[key], shared) for key in member.panels]
    except ModelError as refused:
        return {"row": {"message": str(refused), "effect": None, "estimate": None}, "z": None}
    first, df = fits[0], float(fits[0].problem.rows.n_clusters - 1)
    estimates = np.array([f.estimate for f in fits])
    errors = np.array([f.variance for f in fits])
    drawn, spread = np.array([f.drawn for f in fits]), np.array([f.spread for f in fits])
    estimate, variance, centre, width = estimates[0], errors[0], drawn[0], spread[0]
    if len(fits) > 1:
        pooled = rubin(estimates[:, None], errors[:, None, None], df)
        estimate, variance, df = pooled.estimate[0], pooled.covariance[0, 0], float(pooled.df[0])
        centre, width = (
            drawn.mean(axis=0),
            spread.mean(axis=0) + (1 + 1 / len(fits)) * drawn.var(axis=0, ddof=1),
        )
    error, scale = np.sqrt(variance), float(np.mean([f.scale for f in fits]))
    t, half = estimate / error, stdtrit(df, 1 - LEVEL / 2) * error
    row = {
        "estimate": estimate, "std_error": error, "p_value": 2 * stdtr(df, -abs(t)),
        "conf_low": estimate - half, "conf_high": estimate + half, "effect": estimate / scale,
        "effect_low": (estimate - half) / scale, "effect_high": (estimate + half) / scale,
        "n_rows": first.problem.rows.n_rows, "n_units": first.problem.rows.n_units,
        "n_switchers": first.problem.design.switchers.get(_variable(member, first.problem), 0), "message": "",
    }  # fmt: skip
    tiny = np.finfo(float).tiny
    return {
        "row": row,
        "z": _z(np.array([t]), df)[0],
        "effects": centre / scale,
        "zs": _z(centre / np.sqrt(np.maximum(width, tiny)), df),
    }


class _Found(NamedTuple):
    """Estimate and variance of one panel, its draws under the null, standard deviation of the outcome."""

    problem: Problem
    estimate: float
    variance: float
    drawn: FloatArray
    spread: FloatArray
    scale: float


def _one(member: Member, panel: pd.DataFrame, shared: _Shared) -> _Found:
    """Estimate a member on one panel; flips are those of the units, the same in all members."""
    spec = member.spec
    rows = select_rows(spec, panel)
    outcome = np.asarray(rows.columns[spec.outcome], dtype=float)
    problem = PROBLEMS[spec.estimator](spec, rows)
    found, j = solve(problem), problem.place(member.term)
    problem.require_nested("the joint test")
    factor = problem.rows.n_clusters / (problem.rows.n_clusters - 1) * problem.small_sample
    first = np.unique(problem.rows.cluster, return_index=True)[1]
    place: IntArray = np.asarray(problem.rows.columns[spec.unit], dtype=np.intp)[first]
    drawn, spread = null_draws(problem, j, _flips(shared.seed, shared.draws, shared.units)[:, place])
    return _Found(
        problem, found.beta[j], found.covariance[j, j], drawn, spread * factor, float(outcome.std(ddof=1))
    )


@lru_cache(maxsize=1)
def _flips(seed: int, draws: int, units: int) -> FloatArray:
    """Flips of all units, the same for every member."""
    return flips_of(np.random.default_rng(seed), draws, units, LAWS["rademacher"])


def _variable(member: Member, problem: Problem) -> str:
    return problem.design.terms[problem.place(member.term)].variable


def _z(t: FloatArray, df: float) -> FloatArray:
    """Normal deviate with the tail of a t."""
    z: FloatArray = np.sign(t) * -ndtri(np.maximum(stdtr(df, -np.abs(t)), 1e-300))
    return z


def _joint(kept: Sequence[dict[str, Any]], draws: int) -> pd.DataFrame:
    """Compare the three statistics with their draws."""
    effects = np.array([[r["row"]["effect"], *r["effects"]] for r in kept], dtype=float)
    z = np.array([[r["z"], *r["zs"]] for r in kept], dtype=float)
    median = np.median(effects, axis=0)
    significant = (2 * ndtr(-np.abs(z)) < LEVEL) & (np.sign(z) == np.sign(median))
    told = {"median": median, "share_significant": significant.mean(axis=0), "stouffer": z.mean(axis=0)}
    rows = []
    for name in STATISTICS:
        ours, drawn = told[name][0], told[name][1:]
        p = (1 + int((np.abs(drawn) >= abs(ours) * (1 - 1e-12)).sum())) / (1 + draws)
        expected = float(np.median(drawn))
        rows.append({"statistic": name, "value": ours, "expected": expected, "p_value": p, "draws": draws})
    return pd.DataFrame(rows).assign(members=len(kept))
