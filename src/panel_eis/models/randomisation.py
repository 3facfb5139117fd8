"""Randomisation inference: the t there would be had the same memberships fallen on other organisations.

The path of a variable over the waves is moved as a whole from one unit to another that was seen in the same waves
(and is of the same stratum), and the model is fitted again. Under the sharp null that the variable changes
nobody's outcome, and if within these groups any unit might as well have had any path, our t is one of the draws:
the test is exact, however few the switchers (Fisher 1935; Young 2019, Quarterly Journal of Economics 134(2),
557-598, who shows why t and not the coefficient should be compared). Everything made from the variable (unit
means, products, differences) is made again from the moved one.

The second condition is an assumption where memberships are chosen: it is the null of "no association given the
group" that is tested, not a mechanism.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models.least_squares import solve
from panel_eis.models.problems import PROBLEMS, problem_of
from panel_eis.models.rows import codes_of
from panel_eis.models.selection import select_rows
from panel_eis.parallel import HERE, Workers, run

if TYPE_CHECKING:
    from panel_eis.models.arrays import IntArray
    from panel_eis.models.least_squares import Problem
    from panel_eis.models.result import Fit
    from panel_eis.models.rows import Rows


def randomisation_test(
    fit: Fit,
    panel: pd.DataFrame,
    term: str,
    *,
    rng: np.random.Generator,
    draws: int = 999,
    strata: str | None = None,
    workers: Workers = HERE,
) -> dict[str, Any]:
    """Test one coefficient of a linear fit by moving its variable's paths between units.

    Parameters
    ----------
    fit, panel
        A linear fit and the panel it was made on.
    term
        Coefficient compared; its variable is moved (of a product, its first factor).
    rng
        Source of the moves; the same state gives the same result.
    draws
        Number of moves.
    strata
        Column, constant in units, within whose values paths move.
    workers
        Where the refits are done; the result is the same anywhere.

    Returns
    -------
    One row of a tidy table: term, estimate, statistic (t with CR1 errors), p_value ((1 + draws at least as far
    out) / (1 + draws)), draws, lost (draws in which the term could not be estimated), units_moved (units that
    another unit was seen alike with), units_fixed.

    Raises
    ------
    ModelError
        Unknown term or column, or no unit whose path could be another's.

    """
    spec, problem = fit.spec, problem_of(fit, panel)
    variable = problem.design.terms[problem.place(term)].variable.split(":")[0]
    if variable not in spec.regressors:
        raise ModelError(f"{spec.name}: {term} is made of {variable}, which is not a regressor")
    rows = select_rows(spec, panel)
    groups = _groups(rows, spec.wave, _strata(panel, spec.unit, strata, rows, spec.name))
    values = rows.columns[variable]
    moved = [group for group in groups if _differ(values, group)]
    if not moved:
        raise ModelError(
            f"{spec.name}: no two units seen in the same waves have different paths of {variable}"
        )
    ours = _t(problem, term)
    shared = spec, rows, moved, variable, term
    found = run(_moved_t, range(draws), seed=rng, shared=shared, workers=workers, chunk=64)
    lost = found.count(None)
    far = sum(t is not None and abs(t) >= abs(ours) * (1 - 1e-10) for t in found)
    count = sum(len(group) for group in groups if len(group) > 1)
    return {
        "term": term,
        "estimate": float(problem.beta[problem.place(term)]),
        "statistic": ours,
        "p_value": (1 + far) / (1 + draws - lost),
        "draws": draws,
        "lost": lost,
        "units_moved": count,
        "units_fixed": rows.n_units - count,
    }


def _moved_t(_: int, shared: tuple[Any, ...], rng: np.random.Generator) -> float | None:
    """T after one move of the paths; None where the term cannot be estimated."""
    spec, rows, moved, variable, term = shared
    donor = np.arange(rows.n_rows)
    for group in moved:
        donor[group] = group[rng.permutation(len(group))]
    drawn = replace(rows, columns=rows.columns | {variable: rows.columns[variable].take(donor)})
    try:
        return _t(PROBLEMS[spec.estimator](spec, drawn), term)
    except ModelError:
        return None


def _t(problem: Problem, term: str) -> float:
    """CR1 t of a term."""
    found, j = solve(problem), problem.place(term)
    return float(found.beta[j] / np.sqrt(found.covariance[j, j]))


def _strata(panel: pd.DataFrame, unit: str, strata: str | None, rows: Rows, name: str) -> IntArray:
    """Code of the stratum of each unit, zero without strata."""
    if strata is None:
        return np.zeros(rows.n_units, dtype=np.intp)
    flat = panel.reset_index(drop=unit in panel.columns)
    if strata not in flat.columns:
        raise ModelError(f"{name}: the panel has no column {strata!r}")
    of_unit = flat.groupby(unit)[strata]
    changing = int(of_unit.nunique(dropna=False).gt(1).sum())
    if changing:
        raise ModelError(f"{name}: {strata} changes in {changing} units, so it makes no strata of units")
    labels = pd.Series(rows.columns[unit]).iloc[rows.starts]
    return codes_of(labels.map(of_unit.first()))


def _groups(rows: Rows, wave: str, strata: IntArray) -> list[IntArray]:
    """Rows (units × waves) of each group of units seen in the same waves and of one stratum."""
    waves = codes_of(rows.columns[wave])
    bounds = np.append(rows.starts, rows.n_rows)
    groups: dict[tuple[int, bytes], list[IntArray]] = {}
    for unit in range(rows.n_units):
        span = np.arange(bounds[unit], bounds[unit + 1])
        groups.setdefault((int(strata[unit]), waves[span].tobytes()), []).append(span)
    return [np.array(group) for group in groups.values()]


def _differ(values: Any, group: IntArray) -> bool:
    """Whether two units of a group have different paths."""
    return any(len(pd.unique(values.take(column))) > 1 for column in group.T)
