"""Trimming bounds of a difference, with the contribution of every row to each: the algebra behind ``bounds``."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from panel_eis.errors import ModelError

if TYPE_CHECKING:
    from panel_eis.models.arrays import BoolArray, FloatArray, IntArray


class Sampled(NamedTuple):
    """Rows: outcome (0 where not selected), selected, group, cell, weight, cluster."""

    y: FloatArray
    selected: BoolArray
    group: IntArray
    cell: IntArray
    weight: FloatArray
    cluster: IntArray


class _Half(NamedTuple):
    """Selection in one group of a cell: its share, and what each row contributes to it."""

    share: float
    psi: FloatArray


class Facts(NamedTuple):
    """Share trimmed, group it is trimmed from (None if it differs by cell), share always selected."""

    trimmed: float
    group: int | None
    always: float


def trimming_bounds(
    data: Sampled, told: list[str]
) -> tuple[tuple[float, float], tuple[FloatArray, FloatArray], Facts]:
    """Bounds, contributions of rows to each, and the facts of the trimming; ``told`` takes warnings."""
    total = data.weight.sum()
    masses, found, trims, empty = [], [], [], 0
    for c in range(int(data.cell.max()) + 1):
        inside = data.cell == c
        zero, one = (_selection(data, inside & (data.group == g)) for g in (0, 1))
        if zero is None or one is None:
            empty += int(inside.sum())
            continue
        low, high, p, trimmed = _cell(data, inside, (zero, one))
        least = zero if trimmed else one
        size = float(data.weight[inside].sum() / total)
        psi = least.psi * size + least.share * data.weight * (inside - size) / total
        masses.append((size * least.share, psi))
        found.append((low, high))
        trims.append((p, trimmed))
    if not found:
        raise ModelError("no cell has both groups with somebody selected")
    if empty:
        told.append(
            f"{empty} rows are in cells without both groups or without anybody selected in one; not used"
        )
    sides = {trimmed for p, trimmed in trims if p > 0}
    if len(sides) > 1:
        told.append(
            "the group to trim differs by cell, so selection moves both ways unless within cells it moves one"
        )
    mass = np.array([m for m, _ in masses])
    share = mass / mass.sum()
    values, contributions = [], []
    for side in (0, 1):
        effects = np.array([pair[side][0] for pair in found])
        value = float(share @ effects)
        psi = np.zeros(len(data.y))
        for k, pair in enumerate(found):
            psi += share[k] * pair[side][1] + (effects[k] - value) * masses[k][1] / mass.sum()
        values.append(value)
        contributions.append(psi)
    facts = Facts(
        float(share @ np.array([p for p, _ in trims])),
        sides.pop() if len(sides) == 1 else None,
        float(mass.sum()),
    )
    return (values[0], values[1]), (contributions[0], contributions[1]), facts


def _selection(data: Sampled, mask: BoolArray) -> _Half | None:
    """Share selected among the rows of a group, None if nobody is."""
    weight = data.weight * mask
    if not (weight * data.selected).any():
        return None
    share = float(weight @ data.selected / weight.sum())
    return _Half(share, weight * (data.selected - share) / weight.sum())


def _cell(
    data: Sampled, inside: BoolArray, halves: tuple[_Half, _Half]
) -> tuple[tuple[float, FloatArray], tuple[float, FloatArray], float, int]:
    """Lower and upper bound of one cell, each with contributions; share trimmed and group it is trimmed from."""
    trimmed = int(halves[1].share >= halves[0].share)
    more, less = halves[trimmed], halves[1 - trimmed]
    keep = less.share / more.share
    by_keep = less.psi / more.share - keep * more.psi / more.share
    own = data.weight * (inside & (data.group == trimmed) & data.selected)
    other = data.weight * (inside & (data.group != trimmed) & data.selected)
    mean = weighted_mean(data.y, other)
    psi = other * (data.y - mean) / other.sum()
    sign = 1.0 if trimmed else -1.0
    ends = []
    for top in (False, True):
        value, part = _trimmedweighted_mean(-data.y if top else data.y, own, keep, by_keep)
        value, part = (-value, -part) if top else (value, part)
        ends.append((sign * (value - mean), sign * (part - psi)))
    low, high = ends if trimmed else ends[::-1]
    return low, high, 1 - keep, trimmed


def _trimmedweighted_mean(
    y: FloatArray, weight: FloatArray, keep: float, by_keep: FloatArray
) -> tuple[float, FloatArray]:
    """Mean of the lowest share ``keep`` of y, ties at the cut kept in part, and contributions of rows."""
    used = weight > 0
    order = np.argsort(y[used], kind="stable")
    sorted_y, running = y[used][order], np.cumsum(weight[used][order])
    total = running[-1]
    cut = sorted_y[min(int(np.searchsorted(running, keep * total * (1 - 1e-12))), len(running) - 1)]
    at = weight[y == cut].sum()
    kept = np.where(y < cut, 1.0, np.where(y == cut, (keep * total - weight[y < cut].sum()) / at, 0.0))
    mean = float((weight * kept) @ y / (keep * total))
    psi = weight * (kept * (y - mean) + (cut - mean) * (keep - kept)) / (total * keep)
    return mean, psi + (cut - mean) / keep * by_keep


def weighted_mean(y: FloatArray, weight: FloatArray) -> float:
    """Mean of y under weights."""
    return float(weight @ y / weight.sum())
