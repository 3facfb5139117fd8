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
    from panel_eis.models.arrays import BoolArray, FloatArray, IntArray
    from panel_eis.models.result import Fit
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec

MOST_SETS: Final = 13_000
"""Sets enumerated for a unit: enough for any outcome over 16 rows."""

CELLS: Final = 2**17
"""Sets or pairs of rows × units handled at once."""

FEW_CELLS: Final = 2**15
"""As many where sums over sets are kept: what fits a processor's cache."""


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
    labels = rungs(rows.columns[spec.outcome], spec.outcome)[1]
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
    rung, _, warnings = rungs(rows.columns[spec.outcome], spec.outcome)
    still = ~rows.changes(rung[:, None])
    if still.all():
        raise ModelError(f"{spec.outcome} changes in no unit: a fixed-effects logit has nothing to explain")
    rows = rows.without(still[rows.unit], f"unit whose {spec.outcome} never changes")
    rung = rungs(rows.columns[spec.outcome], spec.outcome)[0]
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
    high: BoolArray
    weight: FloatArray


class Few(NamedTuple):
    """Copies with as many sets: sums of columns over each other set less those over the rows that were high.

    ``gaps`` is columns × other sets × copies: the copies are contiguous, and a copy's likelihood is
    -log(1 + Σ e^{gap β}), a multinomial logit whose base is what was chosen.
    """

    unit: IntArray
    weight: FloatArray
    gaps: FloatArray


class Many(NamedTuple):
    """Copies whose sets outnumber the pairs of their rows, and those sets and pairs."""

    copies: Copies
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
        self._few: list[Few] = []
        self._many: list[Many] = []
        shape = sizes[who] * (sizes.max() + 1) + high
        for code in np.flatnonzero(np.bincount(shape)):
            size, k = (int(part) for part in divmod(code, sizes.max() + 1))
            sets, members = _sets(size, k), np.flatnonzero(shape == code)
            cells = FEW_CELLS if len(sets) <= size**2 else CELLS
            for part in np.array_split(members, -(-len(members) * max(len(sets), size**2) // cells)):
                row = first[who[part]][:, None] + np.arange(size)
                chosen = data.rung[row] > cut[part][:, None]
                copies = Copies(who[part], row, chosen, data.weight[who[part]] * times[part])
                if len(sets) <= size**2:
                    self._few.append(_few(copies, sets, data.x))
                else:
                    pairs = (sets[:, :, None] * sets[:, None, :]).reshape(len(sets), -1)
                    self._many.append(Many(copies, sets, pairs))
        self._few = _together(self._few)
        owners = [few.unit for few in self._few] + [many.copies.unit for many in self._many]
        self._owner = np.concatenate(owners)

    def near(self, decrement: float) -> None:
        """Nothing moves here."""

    def __call__(self, parameters: FloatArray) -> Point:
        """Evaluate."""
        parts = [_few_sets(few, parameters) for few in self._few]
        parts += [_many_sets(many, self._x, parameters) for many in self._many]
        by_copy = np.concatenate([scores for _, scores, _ in parts], axis=1)
        scores = np.array([np.bincount(self._owner, column, self._units) for column in by_copy]).T
        return Point(sum(part[0] for part in parts), scores, np.sum([part[2] for part in parts], axis=0))


def _few(copies: Copies, sets: FloatArray, columns: FloatArray) -> Few:
    """Sum columns over the sets; the chosen one gives way to the last and is left out."""
    x = columns[copies.row].transpose(2, 1, 0)
    gaps = np.array([sets @ column for column in x])
    place = np.zeros(2 ** sets.shape[1], dtype=np.intp)
    powers = 2 ** np.arange(sets.shape[1])
    place[(sets @ powers).astype(np.intp)] = np.arange(len(sets))
    chosen, every = place[copies.high @ powers], np.arange(len(copies.unit))
    base = gaps[:, chosen, every]
    gaps[:, chosen, every] = gaps[:, -1]
    return Few(copies.unit, copies.weight, gaps[:, :-1] - base[:, None])


def _together(parts: list[Few]) -> list[Few]:
    """Put copies with as many sets side by side, as long as there are few of them."""
    by_sets: dict[int, list[Few]] = {}
    for part in parts:
        by_sets.setdefault(part.gaps.shape[1], []).append(part)
    found: list[Few] = []
    for sets, same in by_sets.items():
        if len(same) > 1 and sum(len(part.unit) for part in same) * sets <= FEW_CELLS:
            units, weights, gaps = zip(*same, strict=True)
            found.append(Few(np.concatenate(units), np.concatenate(weights), np.concatenate(gaps, axis=2)))
        else:
            found += same
    return found


_Part = tuple[float, "FloatArray", "FloatArray"]


def _few_sets(few: Few, parameters: FloatArray) -> _Part:
    """Log-likelihood, scores (columns × copies) and Hessian of copies with few sets."""
    columns, sets, copies = few.gaps.shape
    flat = few.gaps.reshape(columns, -1)
    share = (parameters @ flat).reshape(sets, copies)
    peak = np.maximum(share.max(axis=0), 0.0)
    share -= peak
    np.exp(share, out=share)
    total = np.exp(-peak) + share.sum(axis=0)
    share /= total
    expected = np.einsum("psn,sn->pn", few.gaps, share)
    share *= few.weight
    scores = -few.weight * expected
    hessian = scores @ -expected.T - (flat * share.ravel()) @ flat.T
    return float(-(few.weight @ (peak + np.log(total)))), scores, hessian


def _many_sets(many: Many, columns: FloatArray, parameters: FloatArray) -> _Part:
    """As ``_few_sets``, by the probabilities of rows and of pairs of rows."""
    copies, sets, pairs = many
    x, size = columns[copies.row], len(parameters)
    predictor = x @ parameters
    share = predictor @ sets.T
    peak = share.max(axis=1)
    share = np.exp(share - peak[:, None])
    total = share.sum(axis=1)
    share /= total[:, None]
    high = (copies.high * predictor).sum(axis=1)
    value = float(copies.weight @ (high - peak - np.log(total)))
    expected = share @ sets
    score = np.matmul((copies.high - expected)[:, None, :], x)[:, 0]
    spread = (share @ pairs).reshape(len(x), x.shape[1], -1)
    spread -= expected[:, :, None] * expected[:, None, :]
    spread *= copies.weight[:, None, None]
    hessian: FloatArray = -x.reshape(-1, size).T @ (spread @ x).reshape(-1, size)
    return value, (copies.weight[:, None] * score).T, hessian


def _cuts(
    rung: IntArray, first: IntArray, sizes: IntArray
) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Cut the ladder everywhere; cuts that split a unit alike are one, counted.

    Cuts are nested, so within a unit two of them that leave equally many rows above leave the same rows.

    Returns
    -------
    Unit, a cut, number of rows above it, and number of such cuts.

    """
    span, top = int(sizes.max()) + 1, int(rung.max())
    times = np.zeros(len(sizes) * span, dtype=np.intp)
    cut_of = np.zeros(len(sizes) * span, dtype=np.intp)
    for cut in range(top):
        high = np.add.reduceat((rung > cut).astype(np.intp), first)
        who = np.flatnonzero((high > 0) & (high < sizes))
        code = who * span + high[who]
        times[code] += 1
        cut_of[code] = cut
    code = np.flatnonzero(times)
    who, high = np.divmod(code, span)
    return who, cut_of[code], high, times[code].astype(float)


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
