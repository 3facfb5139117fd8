"""What every ordinal estimator shares: rungs, columns on one scale, separation, weights of units."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models.arrays import numbers
from panel_eis.models.design import Design, Term, pooled_design, split_design

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray, IntArray
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec

CORRECTION: Final = "sandwich of the scores, G/(G-1)"

DIVERGED: Final = 15.0
"""Log-odds over the range of a regressor beyond which a slope with no information behind it has diverged."""

MOST_RUNGS: Final = 20
"""A numeric outcome with more values than this is no ladder."""


def rungs(outcome: Any, name: str) -> tuple[IntArray, list[str], tuple[str, ...]]:
    """Code the observed rungs of a column (array or Categorical) 0, 1, …; name the rungs that nobody is on.

    Returns
    -------
    Code of each row, labels of the observed rungs, warnings.

    """
    if isinstance(outcome.dtype, pd.CategoricalDtype):
        if not outcome.dtype.ordered:
            raise ModelError(f"{name} is a categorical without order; an ordered logit needs one")
        possible, used = list(outcome.categories), outcome.remove_unused_categories()
        observed, rung = list(used.categories), used.codes
    else:
        values, rung = _levels(numbers(outcome, f"outcome {name}"))
        observed = [int(v) if v.is_integer() else float(v) for v in values]
        whole = all(isinstance(v, int) for v in observed) and len(observed) <= MOST_RUNGS
        possible = list(range(int(observed[0]), int(observed[-1]) + 1)) if whole else observed
    if len(observed) < 2:
        raise ModelError(f"{name} is constant ({observed[0]}) in the {len(outcome)} rows used")
    if len(observed) > MOST_RUNGS:
        raise ModelError(f"{name} takes {len(observed)} values: it is not a ladder")
    empty = [str(value) for value in possible if value not in observed]
    told = f"nobody is on rung {', '.join(empty)} of {name}: thresholds are between observed rungs"
    return rung.astype(np.intp), [str(value) for value in observed], (told,) if empty else ()


def _levels(values: FloatArray) -> tuple[FloatArray, IntArray]:
    """Distinct values, rising, and the place of each row among them.

    Whole numbers close together are counted, not sorted.
    """
    low, high = values.min(), values.max()
    if high - low < MOST_RUNGS:
        codes = (values - low).astype(np.intp)
        if (codes + low == values).all():
            seen = np.bincount(codes) > 0
            return np.flatnonzero(seen) + low, (np.cumsum(seen) - 1)[codes]
    levels, places = np.unique(values, return_inverse=True)
    return levels, places


def ladder_design(spec: Spec, rows: Rows, labels: list[str]) -> Design:
    """Columns without intercept; varying ones as deviation and unit mean.

    Raises
    ------
    ModelError
        If there are no more rows than parameters.

    """
    design = (split_design if spec.varying else pooled_design)(spec, rows).without_intercept()
    if rows.n_rows <= design.x.shape[1] + len(labels) - 1:
        raise ModelError(f"{rows.n_rows} rows cannot carry {design.x.shape[1]} slopes and the thresholds")
    return design


def threshold_terms(spec: Spec, labels: list[str]) -> tuple[Term, ...]:
    """One term for each pair of neighbouring rungs."""
    return tuple(Term(spec.outcome, f"{a}|{b}", "threshold") for a, b in pairwise(labels))


def rescale(x: FloatArray, weights: FloatArray, thresholds: int) -> tuple[FloatArray, FloatArray]:
    """Centre columns and divide them by their range.

    Returns
    -------
    The columns, and the matrix that brings thresholds and slopes back to the units of measurement.

    """
    centre = weights @ x / weights.sum()
    spread = np.ptp(x, axis=0)
    unscale = np.eye(thresholds + len(spread))
    unscale[thresholds:, thresholds:] = np.diag(1 / spread)
    unscale[:thresholds, thresholds:] = centre / spread
    return (x - centre) / spread, unscale


def refuse_separation(slopes: FloatArray, information: FloatArray, names: list[str]) -> None:
    """Refuse slopes (over the range of their regressor) that run away.

    Raises
    ------
    ModelError
        If the log-odds over the range of a regressor exceed ``DIVERGED`` with an error (from the information
        matrix, whose last rows are the slopes) larger still: that is what perfect separation looks like.

    """
    if np.linalg.cond(information) > 1 / np.finfo(float).eps:
        error = np.full(len(slopes), np.inf)
    else:
        error = np.sqrt(np.diag(np.linalg.inv(information)))[len(information) - len(slopes) :]
    sizes = np.abs(slopes)
    runaway = [name for name, b, e in zip(names, sizes, error, strict=True) if b > DIVERGED and e > b]
    if runaway or not np.isfinite(error).all():
        raise ModelError(
            f"perfect separation: {', '.join(runaway) or 'a combination of regressors'} tells the rung of "
            "some rows without error, so no finite estimate exists; merge levels or leave it out"
        )


def with_unit_weights(rows: Rows, weights: str | None) -> tuple[Rows, tuple[str, ...]]:
    """Give every row the mean weight of its unit, for likelihoods whose factors are units.

    Returns
    -------
    The rows, and a warning if weights changed within units.

    Raises
    ------
    ModelError
        If a unit is in several clusters: its factor cannot be shared out among them.

    """
    if not rows.units_nested:
        raise ModelError("a unit is in several clusters; a likelihood of whole units cannot be clustered so")
    if weights is None:
        return rows, ()
    changing = int(rows.changes(rows.weights[:, None]).sum())
    if not changing:
        return rows, ()
    sizes = np.bincount(rows.unit)
    mean = np.repeat(np.add.reduceat(rows.weights, rows.starts) / sizes, sizes)
    told = f"weights change in {changing} units: each unit enters with the mean of {weights} over its rows"
    return replace(rows, weights=mean / mean.mean()), (told,)
