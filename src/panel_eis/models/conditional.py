"""Fixed-effects logit, binary and ordered: the effect of a unit is conditioned away, not estimated.

Given how many of its T answers are high, which of them are is a choice among sets of rows, free of anything
constant in the unit (Chamberlain 1980, Review of Economic Studies 47, 225-238). Dummies for units would
instead bias slopes by a third at four waves.
"""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models import newton
from panel_eis.models.assemble import Estimate, make_fit
from panel_eis.models.design import within_design
from panel_eis.models.inference import sandwich
from panel_eis.models.ladder import CORRECTION, refuse_separation, rescale, rungs, with_unit_weights
from panel_eis.models.newton import Point
from panel_eis.models.quadrature import Data

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray, IntArray
    from panel_eis.models.result import Fit
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec

MOST_SETS: Final = 13_000
"""Sets enumerated for a unit: enough for any outcome over 16 rows."""

CELLS: Final = 2**17
"""Sets or pairs of rows × units handled at once."""


def conditional_logit(spec: Spec, rows: Rows) -> Fit:
    """Conditional (fixed-effects) logit of an outcome with two values, errors clustered.

    Units whose outcome never changes say nothing and are counted as dropped; every regressor enters as its
    change within units. The likelihood is exact (all sets are enumerated), weights are of units (see
    ``re_ordered_logit``), errors are the sandwich of the units' scores times G/(G-1).

    Raises
    ------
    ModelError
        If the outcome has more than two values or changes in no unit, if a unit has too many rows to
        enumerate, or under perfect separation.

    """
    labels = rungs(rows.frame[spec.outcome], spec.outcome)[1]
    if len(labels) > 2:
        raise ModelError(f"{spec.outcome} takes {len(labels)} values, not two; feologit_buc is for ladders")
    return _conditional(spec, rows)


def feologit_buc(spec: Spec, rows: Rows) -> Fit:
    """Fixed-effects ordered logit by blow-up and cluster.

    Each unit enters once for every way to cut the ladder in two, all copies with the same slopes; errors are
    clustered, as copies of a unit are far from independent (naive ones are 15-30 % too small). Consistent
    without any assumption on the unit effect, for few waves and any number of rungs. ``log_likelihood`` is
    that of the copies, not comparable between models; ``extras["copies"]`` counts those that say something.
    With two rungs this is ``conditional_logit``.

    Source: Baetschmann, Staub and Winkelmann (2015), Journal of the Royal Statistical Society A 178(3),
    685-703.

    Raises
    ------
    ModelError
        As ``conditional_logit``, but for the number of rungs.

    """
    return _conditional(spec, rows)


def _conditional(spec: Spec, rows: Rows) -> Fit:
    rows, reweighted = with_unit_weights(rows.without_single_waves(), spec.weights)
    rung, _, warnings = rungs(rows.frame[spec.outcome], spec.outcome)
    still = ~rows.changes(rung[:, None])
    if still.all():
        raise ModelError(f"{spec.outcome} changes in no unit: a fixed-effects logit has nothing to explain")
    rows = rows.without(still[rows.unit], f"unit whose {spec.outcome} never changes")
    rung = rungs(rows.frame[spec.outcome], spec.outcome)[0]
    design = within_design(spec, rows)
    x, unscale = rescale(design.x, rows.weights, 0)
    objective = SetLikelihood(Data(rung, x, rows.unit, rows.weights[rows.starts]))
    optimum = newton.maximise(objective, np.zeros(x.shape[1]), lambda _: True)
    refuse_separation(optimum.parameters, -optimum.hessian, [term.name for term in design.terms])
    covariance = sandwich(optimum.bread, optimum.scores, rows.cluster[rows.starts])
    lost = () if optimum.converged else (f"no convergence in {optimum.iterations} iterations",)
    found = Estimate(
        terms=design.terms,
        beta=unscale @ optimum.parameters,
        covariance=unscale @ covariance @ unscale.T,
        df=None,
        correction=CORRECTION,
        converged=optimum.converged,
        iterations=optimum.iterations,
        log_likelihood=optimum.log_likelihood,
        warnings=(*reweighted, *warnings, *lost),
        extras={"copies": float(objective.copies)},
    )
    return make_fit(spec, rows, design, found)


class Copies(NamedTuple):
    """Units with T rows, k of them high: rows (units × T), which are high, weight times cuts that agree."""

    unit: IntArray
    row: IntArray
    high: FloatArray
    weight: FloatArray
    sets: FloatArray
    pairs: FloatArray


class SetLikelihood:
    """Sum of the conditional log-likelihoods of all cuts of the ladder; scores by unit."""

    slack = 1e-12

    def __init__(self, data: Data) -> None:
        self._x, self._units = data.x, len(data.weight)
        first, sizes = data.lengths()
        who, cut, high, times = _cuts(data.rung, first, sizes)
        self.copies = int(times.sum())
        self._groups: list[Copies] = []
        shape, which = np.unique(np.column_stack([sizes[who], high]), axis=0, return_inverse=True)
        for group, (size, k) in enumerate(shape):
            members = np.flatnonzero(which.ravel() == group)
            sets = _sets(int(size), int(k))
            pairs = (sets[:, :, None] * sets[:, None, :]).reshape(len(sets), -1)
            for part in np.array_split(members, -(-len(members) * max(sets.shape[0], size**2) // CELLS)):
                row = first[who[part]][:, None] + np.arange(size)
                chosen = (data.rung[row] > cut[part][:, None]).astype(float)
                mass = data.weight[who[part]] * times[part]
                self._groups.append(Copies(who[part], row, chosen, mass, sets, pairs))

    def near(self, decrement: float) -> None:
        """Nothing moves here."""

    def __call__(self, parameters: FloatArray) -> Point:
        """Evaluate."""
        size = len(parameters)
        value, scores, hessian = 0.0, np.zeros((self._units, size)), np.zeros((size, size))
        for copies in self._groups:
            x = self._x[copies.row]
            predictor = x @ parameters
            sums = predictor @ copies.sets.T
            peak = sums.max(axis=1)
            share = np.exp(sums - peak[:, None])
            total = share.sum(axis=1)
            share /= total[:, None]
            high = (copies.high * predictor).sum(axis=1)
            value += float(copies.weight @ (high - peak - np.log(total)))
            expected = share @ copies.sets
            score = np.matmul((copies.high - expected)[:, None, :], x)[:, 0]
            scores[copies.unit] += copies.weight[:, None] * score
            spread = (share @ copies.pairs).reshape(len(x), x.shape[1], -1)
            spread -= expected[:, :, None] * expected[:, None, :]
            spread *= copies.weight[:, None, None]
            hessian -= x.reshape(-1, size).T @ (spread @ x).reshape(-1, size)
        return Point(value, scores, hessian)


def _cuts(
    rung: IntArray, first: IntArray, sizes: IntArray
) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Cut the ladder everywhere; cuts that split a unit alike are one, counted.

    Cuts are nested, so within a unit two of them that leave equally many rows above leave the same rows.

    Returns
    -------
    Unit, a cut, number of rows above it, and number of such cuts.

    """
    found: list[IntArray] = []
    for cut in range(int(rung.max())):
        high = np.add.reduceat((rung > cut).astype(np.intp), first)
        who = np.flatnonzero((high > 0) & (high < sizes))
        found.append(np.column_stack([who, high[who], np.full(len(who), cut)]))
    every = np.concatenate(found)
    code = every[:, 0] * (sizes.max() + 1) + every[:, 1]
    _, place, times = np.unique(code, return_index=True, return_counts=True)
    who, high, cut_of = every[place].T
    return who, cut_of, high, times.astype(float)


def _sets(size: int, k: int) -> FloatArray:
    """All sets of k among ``size`` rows, as rows of zeros and ones."""
    count = comb(size, k)
    if count > MOST_SETS:
        raise ModelError(
            f"a unit has {size} rows, {k} of them high: {count} sets are too many to enumerate; "
            "use a random-effects model or fewer rows"
        )
    chosen = np.array(list(combinations(range(size), k)), dtype=np.intp)
    sets = np.zeros((count, size))
    np.put_along_axis(sets, chosen, 1.0, axis=1)
    return sets
