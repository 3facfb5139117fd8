"""Postures of appropriation: a declared rule on two axes, and a check of whether the data hold classes by themselves.

The rule is the simplest that can be defended. Research on this kind of scale keeps what people think and feel (their state)
apart from what they do (Tsoni); the five dimensions fall on these two axes, and the midpoint of the scale, where
agreement and disagreement balance, parts each. Four postures follow, which mean the same in every wave, every sample and
every size: nothing is estimated, so nothing moves when a wave is added. Gauche's three postures are classes found in
an observatory's data; here ``gap_statistic`` and ``stability`` say whether such an analysis would find anything.
Postures describe; they are not kinds of organisations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.special import ndtr

from panel_eis.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from panel_eis.models.arrays import FloatArray

AXES: Final = {"state": ("meaning", "mastery"), "practice": ("adaptation", "anchoring", "use")}
"""State: it makes sense to us and we master it. Practice: we adapt it, it is routine, we use it."""
MIDPOINT: Final = 50.0
POSTURES: Final = ("own", "convinced", "practising", "distant")
"""Both axes at the midpoint or above; state alone; practice alone; neither."""


def axes(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean of the dimensions of each axis (0–100); missing when a dimension of the axis is.

    Parameters
    ----------
    scores
        Columns are the five dimensions.

    """
    return pd.DataFrame(
        {name: scores[list(parts)].mean(axis=1, skipna=False) for name, parts in AXES.items()}
    )


def posture(placed: pd.DataFrame) -> pd.Series:
    """Posture of each row from its axes, a categorical in the order of ``POSTURES``; missing stays missing."""
    state, practice = placed["state"] >= MIDPOINT, placed["practice"] >= MIDPOINT
    known = placed[["state", "practice"]].notna().all(axis=1)
    names = np.select([state & practice, state, practice], POSTURES[:3], default=POSTURES[3])
    return pd.Series(pd.Categorical(names, POSTURES), index=placed.index).where(known)


def axis_errors(variances: Mapping[str, float], reliabilities: Mapping[str, float]) -> dict[str, float]:
    """Standard error of measurement of each axis, from variance and reliability of its dimensions.

    Source: √(1 − reliability) times the standard deviation, errors of dimensions being independent (classical theory).
    """
    return {
        name: float(np.sqrt(sum(variances[d] * (1 - reliabilities[d]) for d in parts))) / len(parts)
        for name, parts in AXES.items()
    }


def chances(placed: pd.DataFrame, errors: Mapping[str, float]) -> pd.DataFrame:
    """Probability of each posture for each row, if the measured place errs normally with ``errors``.

    Place and error are taken as they are measured, without shrinking towards the mean, which is the cautious choice.
    """
    above = {name: ndtr((placed[name] - MIDPOINT) / errors[name]) for name in AXES}
    state, practice = above["state"], above["practice"]
    columns = {
        "own": state * practice,
        "convinced": state * (1 - practice),
        "practising": (1 - state) * practice,
        "distant": (1 - state) * (1 - practice),
    }
    return pd.DataFrame(columns, index=placed.index)


def kmeans(
    values: FloatArray, k: int, rng: np.random.Generator, starts: int = 10, steps: int = 60
) -> tuple[np.ndarray, float]:
    """Best of ``starts`` runs of Lloyd's algorithm: labels (ordered by the mean of their centre) and sum of squares.

    Raises
    ------
    ModelError
        With fewer distinct rows than classes.

    """
    n = len(values)
    if len(np.unique(values, axis=0)) < k:
        raise ModelError(f"{k} classes need {k} different rows at least")
    chosen = np.stack([rng.choice(n, k, replace=False) for _ in range(starts)])
    centres = values[chosen]
    square = (values**2).sum(axis=1)
    labels = np.full((starts, n), -1)
    for _ in range(steps):
        distance = square[None, None] - 2 * centres @ values.T + (centres**2).sum(axis=2)[:, :, None]
        new = distance.argmin(axis=1)
        if (new == labels).all():
            break
        labels = new
        member = (labels[:, None, :] == np.arange(k)[None, :, None]).astype(float)
        count = member.sum(axis=2, keepdims=True)
        centres = np.where(count > 0, member @ values / np.maximum(count, 1), centres)
    spread = np.maximum(distance.min(axis=1), 0).sum(axis=1)
    best = int(spread.argmin())
    rank = np.argsort(np.argsort(centres[best].mean(axis=1), kind="stable"), kind="stable")
    return rank[labels[best]], float(spread[best])


def gap_statistic(
    values: FloatArray, rng: np.random.Generator, most: int = 6, draws: int = 50
) -> pd.DataFrame:
    """Gap between the dispersion within classes and that of one formless cloud: ``k``, ``gap``, ``error``, ``chosen``.

    The cloud is normal with the correlations of the data and its very spreads, the natural alternative to classes for scores
    that correlate; the number chosen is the smallest whose gap is not below the next one's less its error.

    Source: Tibshirani, Walther and Hastie (2001, JRSS B 63, 411-423), with a normal reference instead of a uniform one.
    """
    n, p = values.shape
    root = np.linalg.cholesky(np.cov(values, rowvar=False) + 1e-9 * np.eye(p))
    spread = values.std(axis=0)
    clouds = [rng.standard_normal((n, p)) @ root.T for _ in range(draws)]
    clouds = [(cloud - cloud.mean(axis=0)) / cloud.std(axis=0) * spread for cloud in clouds]
    rows = []
    for k in range(1, most + 1):
        own = np.log(kmeans(values, k, rng)[1])
        others = np.log([kmeans(c, k, rng, starts=4)[1] for c in clouds])
        rows.append((k, others.mean() - own, others.std() * np.sqrt(1 + 1 / draws)))
    table = pd.DataFrame(rows, columns=["k", "gap", "error"])
    gap, error = table["gap"].to_numpy(), table["error"].to_numpy()
    enough = np.append(gap[:-1] >= gap[1:] - error[1:], True)
    return table.assign(chosen=np.arange(most) == int(enough.argmax()))


def stability(values: FloatArray, k: int, rng: np.random.Generator, draws: int = 100) -> dict[str, float]:
    """How far classes return when organisations are drawn again: mean ARI, and the lowest mean Jaccard of a class.

    Source: Hennig (2007, Computational Statistics & Data Analysis 52, 258-271): below 0.6 a class is not trusted, above 0.75
    it is stable; adjusted Rand index of Hubert and Arabie (1985).
    """
    labels, _ = kmeans(values, k, rng)
    rand, jaccard = [], []
    for _ in range(draws):
        rows = np.unique(rng.integers(0, len(values), len(values)))
        again, _ = kmeans(values[rows], k, rng, starts=4)
        table = _crossed(labels[rows], again)
        rand.append(adjusted_rand(labels[rows], again))
        union = table.sum(axis=1, keepdims=True) + table.sum(axis=0) - table
        best = np.zeros(k)
        best[np.unique(labels[rows])] = (table / union).max(axis=1)
        jaccard.append(best)
    return {"ari": float(np.mean(rand)), "jaccard": float(np.mean(jaccard, axis=0).min())}


def adjusted_rand(first: Sequence[int] | np.ndarray, second: Sequence[int] | np.ndarray) -> float:
    """Agreement of two partitions beyond chance; 1 is the same, 0 is chance (Hubert and Arabie 1985)."""
    table = _crossed(np.asarray(first), np.asarray(second))

    def pairs(counts: FloatArray) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = rows * columns / pairs(np.array([table.sum()]))
    most = (rows + columns) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def _crossed(first: np.ndarray, second: np.ndarray) -> FloatArray:
    """Counts of all pairs of labels that occur."""
    rows, columns = (np.unique(labels, return_inverse=True) for labels in (first, second))
    width = len(columns[0])
    flat = np.bincount(rows[1] * width + columns[1], minlength=len(rows[0]) * width)
    return flat.reshape(-1, width).astype(np.float64)
