"""The likelihood of which rows of a unit are high, given how many: sums over all sets of as many rows.

Sets are enumerated. Where they are fewer than pairs of rows, sums of columns over them are laid out once and a value is a
multinomial logit; where they are many, probabilities of rows and of pairs of rows take their place.
"""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models.newton import Point

if TYPE_CHECKING:
    from panel_eis.models.arrays import BoolArray, FloatArray, IntArray
    from panel_eis.models.quadrature import Data

MOST_SETS: Final = 13_000
"""Sets enumerated for a unit: enough for any outcome over 16 rows."""

CELLS: Final = 2**17
"""Sets or pairs of rows × units handled at once."""

FEW_CELLS: Final = 2**15
"""As many where sums over sets are kept: what fits a processor's cache."""


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

    def information(self, parameters: FloatArray) -> FloatArray:
        """Each unit's part of the information matrix (units × parameters × parameters)."""
        total = np.zeros((self._units, len(parameters), len(parameters)))
        for few in self._few:
            share, expected = _shares(few, parameters)[:2]
            spread = np.einsum(
                "psn,qsn,sn->npq", few.gaps, few.gaps, share, optimize=["einsum_path", (0, 2), (0, 1)]
            )
            spread -= np.einsum("pn,qn->npq", expected, expected)
            np.add.at(total, few.unit, few.weight[:, None, None] * spread)
        for many in self._many:
            x, spread = self._x[many.copies.row], _spread(many, self._x, parameters)[2]
            np.add.at(total, many.copies.unit, np.swapaxes(x, 1, 2) @ spread @ x)
        return total


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


def _shares(few: Few, parameters: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Probability of each other set, expected gaps (columns × copies), and minus the log-likelihood of each copy."""
    columns, sets, copies = few.gaps.shape
    share = (parameters @ few.gaps.reshape(columns, -1)).reshape(sets, copies)
    peak = np.maximum(share.max(axis=0), 0.0)
    share -= peak
    np.exp(share, out=share)
    total = np.exp(-peak) + share.sum(axis=0)
    share /= total
    return share, np.einsum("psn,sn->pn", few.gaps, share), peak + np.log(total)


def _few_sets(few: Few, parameters: FloatArray) -> _Part:
    """Log-likelihood, scores (columns × copies) and Hessian of copies with few sets."""
    share, expected, cost = _shares(few, parameters)
    share *= few.weight
    flat, scores = few.gaps.reshape(len(parameters), -1), -few.weight * expected
    hessian = scores @ -expected.T - (flat * share.ravel()) @ flat.T
    return -float(few.weight @ cost), scores, hessian


def _spread(
    many: Many, columns: FloatArray, parameters: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Log-likelihood of each copy, expected rows, and weighted covariance of rows (copies × rows × rows)."""
    copies, sets, pairs = many
    predictor = columns[copies.row] @ parameters
    share = predictor @ sets.T
    peak = share.max(axis=1)
    share = np.exp(share - peak[:, None])
    total = share.sum(axis=1)
    share /= total[:, None]
    value = (copies.high * predictor).sum(axis=1) - peak - np.log(total)
    expected = share @ sets
    spread = (share @ pairs).reshape(*predictor.shape, -1)
    spread -= expected[:, :, None] * expected[:, None, :]
    spread *= copies.weight[:, None, None]
    return value, expected, spread


def _many_sets(many: Many, columns: FloatArray, parameters: FloatArray) -> _Part:
    """As ``_few_sets``, by the probabilities of rows and of pairs of rows."""
    copies, size = many.copies, len(parameters)
    value, expected, spread = _spread(many, columns, parameters)
    x = columns[copies.row]
    score = np.matmul((copies.high - expected)[:, None, :], x)[:, 0]
    hessian: FloatArray = -x.reshape(-1, size).T @ (spread @ x).reshape(-1, size)
    return float(copies.weight @ value), (copies.weight[:, None] * score).T, hessian


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
