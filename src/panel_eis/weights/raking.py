"""Calibration to the margins of the frame by raking, with its convergence, and trimming.

Two calls to R give the same weights on the same data, to 1e-6: ``survey::rake`` and
``survey::calibrate(calfun = "raking")`` (tests/known/weights).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from panel_eis.errors import DataError
from panel_eis.weights.effective import kish
from panel_eis.weights.impossible import Margin, impossible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from panel_eis.models.arrays import FloatArray

LARGEST = 5.0
"""Weights are trimmed at this many times their mean: one organisation never speaks for more."""
TOLERANCE = 1e-10
_REFUSED, _TRIMMED = 1e-6, 1e-8
_MOST, _ROUNDS = 2000, 200


@dataclass(frozen=True)
class Raked:
    """Result of raking: weights of mean 1 and what there is to say about them.

    Attributes
    ----------
    weights
        One for each row, mean 1.
    iterations, trace
        Cycles over all margins; after each cycle, the largest difference between a weighted share and its target, by
        margin (columns ``iteration``, ``margin``, ``largest_gap``; iteration 0 is before raking).
    largest_gap
        The largest difference left when raking ends, before trimming.
    trimmed
        Number of weights that stand at the bound.
    gap_after_trimming
        The largest difference left once no weight exceeds the bound (equal to ``largest_gap`` where the bound and the
        margins can both be met).
    design_effect, effective_n
        Kish's approximation (see ``effective.kish``).

    """

    weights: pd.Series
    iterations: int
    trace: pd.DataFrame
    largest_gap: float
    trimmed: int
    gap_after_trimming: float
    design_effect: float
    effective_n: float


def rake(
    sample: pd.DataFrame,
    margins: Mapping[str, pd.Series],
    *,
    start: pd.Series | None = None,
    largest: float | None = LARGEST,
    tolerance: float = TOLERANCE,
    where: str = "",
) -> Raked:
    """Iterative proportional fitting of weights to population margins, then trimming.

    A category without any row is left out and its margin renormalised (``merging`` tells it). Trimming and
    raking alternate until both the bound and the margins hold; where they cannot, the bound wins and the gap that is
    left is told.

    Parameters
    ----------
    sample
        One column for each margin; no gaps.
    margins
        Target shares by category, by column of ``sample``.
    start
        Weights to start from (design weights); all equal when absent.
    largest
        Bound, in multiples of the mean; None for no trimming.
    where
        Name of the wave, for the message.

    Raises
    ------
    DataError
        When no weights reach all margins: the message says what was reached, which categories have few answers, and how
        to mend it.

    Source: Deming & Stephan (1940); convergence as in R's ``survey::rake``, but on shares.

    """
    if sample.empty:  # a wave of which no row is complete: nothing to weigh
        nothing = pd.DataFrame(columns=["iteration", "margin", "largest_gap"])
        return Raked(pd.Series(index=sample.index, dtype="float64"), 0, nothing, 0.0, 0, 0.0, np.nan, 0.0)
    weights = np.ones(len(sample)) if start is None else start.to_numpy(dtype="float64")
    coded = [_margin(sample[name], target) for name, target in margins.items()]
    weights, trace = _cycles(weights / weights.mean(), coded, tolerance)
    gap = trace[-1][1:]
    if max(gap, default=0.0) > max(tolerance, _REFUSED):
        raise DataError([impossible(coded, weights, trace[-1][0], where)])
    weights, trimmed, after = _trim(weights, coded, largest, tolerance)
    effect, effective = kish(weights)
    rows = [(i, m.name, g) for i, *gaps in trace for m, g in zip(coded, gaps, strict=True)]
    return Raked(
        pd.Series(weights, index=sample.index),
        trace[-1][0],
        pd.DataFrame(rows, columns=["iteration", "margin", "largest_gap"]),
        max(gap, default=0.0),
        trimmed,
        after,
        effect,
        effective,
    )


def _margin(column: pd.Series, target: pd.Series) -> Margin:
    values = column.astype(str)
    present = tuple(c for c in target.index if (values == c).any())
    kept = target[list(present)] / target[list(present)].sum()
    codes = pd.Categorical(values, categories=list(present)).codes.astype(int)
    if (codes < 0).any():
        raise ValueError(f"{column.name}: a value of the sample is not in the margin")
    return Margin(str(column.name), codes, kept.to_numpy(dtype="float64"), present)


def _cycles(weights: FloatArray, margins: list[Margin], tolerance: float) -> tuple[FloatArray, list[Any]]:
    """Cycle over the margins until all are met, or progress has stopped."""
    trace: list[Any] = [(0, *(float(m.gaps(weights).max()) for m in margins))]
    while max(trace[-1][1:], default=0.0) > tolerance and trace[-1][0] < _MOST:
        for margin in margins:
            weights = margin.fit(weights)
        trace.append((trace[-1][0] + 1, *(float(m.gaps(weights).max()) for m in margins)))
        if len(trace) > 100 and max(trace[-1][1:]) > 0.999 * max(trace[-51][1:]):
            break
    return weights / weights.mean(), trace


def _trim(
    weights: FloatArray, margins: list[Margin], largest: float | None, tolerance: float
) -> tuple[FloatArray, int, float]:
    """Bring weights under the bound, margins kept where both can hold; where they cannot, as near as can be.

    Alternating for ever where both cannot hold would drive some weights to zero, which is dropping organisations in
    silence: it stops before the smallest weight is a twentieth of what raking gave.
    """
    if largest is None or not (weights > largest).any():
        return weights, 0, _gap(weights, margins)
    floor = weights.min() / 20
    tried = weights
    best = bounded(weights, largest)
    for _ in range(_ROUNDS):
        for margin in margins:
            tried = margin.fit(tried)
        tried = bounded(tried, largest)
        if tried.min() < floor:
            break
        if _gap(tried, margins) < _gap(best, margins):
            best = tried
        if _gap(best, margins) <= max(tolerance, _TRIMMED):
            break
    return best, int((best >= largest * (1 - 1e-6)).sum()), _gap(best, margins)


def _gap(weights: FloatArray, margins: list[Margin]) -> float:
    return max((float(m.gaps(weights).max()) for m in margins), default=0.0)


def bounded(weights: FloatArray, largest: float = LARGEST) -> FloatArray:
    """Cut weights at ``largest`` times their mean and spread what is cut over the others; mean 1 (no weight stays none)."""
    if not len(weights):
        return weights
    for _ in range(100):
        weights = weights / weights.mean()
        if (weights <= largest * (1 + 1e-12)).all():
            break
        weights = np.minimum(weights, largest)
    return np.asarray(weights)
