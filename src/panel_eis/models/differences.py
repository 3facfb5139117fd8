"""First and long differences: change on change, unit effects gone without a mean being taken.

A pair is two rows of one unit: each row and the one before it (first differences), or the first and the last
row (long differences). Rows are those where the unit answered, so a pair may span a gap: the unit effect leaves
the difference all the same, and the wave dummies, differenced like everything else, say which waves a pair
joins. There is no intercept; a common trend is in the wave effects.

With two waves each is the within estimator. With more, first differences weigh changes between neighbouring
waves, where a lagged reaction has not come in yet, and long differences the change over the whole window, where
it has and where noise in a regressor matters least (Griliches and Hausman 1986, Journal of Econometrics 31(1),
93-118). If the three tell different stories, strict exogeneity or measurement is in doubt.

A pair carries the weight of its later row: the one that says with which probability the unit was still there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models.design import difference_design
from panel_eis.models.least_squares import Problem, read_outcome
from panel_eis.models.linear import fit_problem

if TYPE_CHECKING:
    from panel_eis.models.arrays import IntArray
    from panel_eis.models.result import Fit
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec


def first_difference(spec: Spec, rows: Rows) -> Fit:
    """Least squares on changes between a unit's consecutive rows (Wooldridge 2010, section 10.6).

    Raises
    ------
    ModelError
        If the outcome changes in no unit, or no regressor does.

    """
    return fit_problem(first_difference_problem(spec, rows))


def long_difference(spec: Spec, rows: Rows) -> Fit:
    """Least squares on changes between a unit's first and last row: one row for each unit.

    Raises
    ------
    ModelError
        If the outcome changes in no unit, or no regressor does.

    """
    return fit_problem(long_difference_problem(spec, rows))


def first_difference_problem(spec: Spec, rows: Rows) -> Problem:
    """Each row less the one before."""
    rows = rows.without_single_waves()
    later = np.setdiff1d(np.arange(rows.n_rows), rows.starts, assume_unique=True)
    return _problem(spec, rows, later, later - 1, "first wave of a unit, differenced away")


def long_difference_problem(spec: Spec, rows: Rows) -> Problem:
    """The last row less the first."""
    rows = rows.without_single_waves()
    last = rows.starts + rows.sizes - 1
    return _problem(spec, rows, last, rows.starts, "not the last wave of a unit, differenced away")


def _problem(spec: Spec, rows: Rows, later: IntArray, earlier: IntArray, reason: str) -> Problem:
    outcome = read_outcome(spec, rows)
    change = outcome[later] - outcome[earlier]
    if not change.any():
        raise ModelError(f"{spec.outcome} changes in no unit: a difference has nothing to explain")
    away = np.ones(rows.n_rows, dtype=bool)
    away[later] = False
    kept = rows.without(away, reason)
    return Problem(spec, kept, difference_design(spec, rows, (later, earlier), kept), change)
