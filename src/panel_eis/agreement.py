"""How far several people who judge the same organisation agree: intraclass correlations with their intervals.

Respondents of one organisation are nobody else's respondents, so the one-way ICC(1) is the one that describes them; ICC(2)
and ICC(3) are there for designs in which the same judges rate everyone. Names and formulas: Shrout & Fleiss (1979),
intervals after McGraw & Wong (1996); groups of unequal size with the effective size of analysis of variance (k₀).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST_GROUPS = 5
"""Below this number of organisations no coefficient is given."""


@dataclass(frozen=True)
class Icc:
    """One intraclass correlation with its confidence interval."""

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class OneWay:
    """Agreement of respondents nested in organisations.

    Attributes
    ----------
    single
        ICC(1): share of the variance that respondents of one organisation have in common.
    average
        ICC(1,k): reliability of the mean of ``size`` respondents.
    groups, answers
        Organisations with at least two answers, and their answers.
    size
        Effective number of answers an organisation (k₀).

    """

    single: Icc
    average: Icc
    groups: int
    answers: int
    size: float


def one_way(values: np.ndarray | Sequence[float], groups: np.ndarray | Sequence[object]) -> OneWay:
    """Estimate ICC(1) and ICC(1,k) from a one-way analysis of variance.

    Parameters
    ----------
    values
        Answers; missing ones are left out, and then groups with one answer.
    groups
        Organisation (and wave) of each answer, same length.

    Returns
    -------
    Coefficients with 95 % intervals, exact for groups of equal size (Shrout & Fleiss 1979, p. 424); ``nan`` with fewer than
    two groups or no variance.

    """
    value, code = np.asarray(values, dtype=float), pd.factorize(np.asarray(groups))[0]
    there = ~np.isnan(value)
    there &= np.bincount(code[there], minlength=code.max(initial=0) + 1)[code] > 1
    value, code = value[there], np.unique(code[there], return_inverse=True)[1]
    counts = np.bincount(code)
    n, total = len(counts), len(value)
    if n < 2:
        empty = Icc("ICC(1)", np.nan, np.nan, np.nan)
        return OneWay(empty, empty, n, total, np.nan)
    k = (total - (counts**2).sum() / total) / (n - 1)
    means = np.bincount(code, value) / counts
    between = (counts * (means - value.mean()) ** 2).sum() / (n - 1)
    within = ((value - means[code]) ** 2).sum() / (total - n)
    ratio = between / within if within > 0 else (np.inf if between > 0 else np.nan)
    low = ratio / stats.f.ppf(0.975, n - 1, total - n)
    high = ratio * stats.f.ppf(0.975, total - n, n - 1)
    single = Icc("ICC(1)", *(_single(f, k) for f in (ratio, low, high)))
    average = Icc(f"ICC(1,{k:.3g})", *(_average(f) for f in (ratio, low, high)))
    return OneWay(single, average, n, total, float(k))


def two_way(ratings: np.ndarray) -> dict[str, Icc]:
    """Six coefficients of Shrout & Fleiss for targets all rated by the same judges.

    Parameters
    ----------
    ratings
        Rows are targets, columns are judges, without missing values.

    Returns
    -------
    By name: ICC(1,1), ICC(2,1), ICC(3,1) and the same for the mean of the judges; 95 % intervals. ICC(2) is absolute
    agreement with random judges, ICC(3) consistency with fixed ones.

    """
    x = np.asarray(ratings, dtype=float)
    n, k = x.shape
    rows, columns, grand = x.mean(axis=1), x.mean(axis=0), x.mean()
    bms = k * ((rows - grand) ** 2).sum() / (n - 1)
    jms = n * ((columns - grand) ** 2).sum() / (k - 1)
    ems = ((x - rows[:, None] - columns + grand) ** 2).sum() / ((n - 1) * (k - 1))
    one = one_way(x.ravel(), np.repeat(np.arange(n), k))
    error = (n - 1) * (k - 1)
    third = (bms / ems, *_bounds(bms / ems, n - 1, error))
    agreement = _absolute(bms, jms, ems, n, k)
    found = (
        ("1,1", (one.single.value, one.single.low, one.single.high)),
        ("2,1", agreement),
        ("3,1", tuple(_single(f, k) for f in third)),
        (f"1,{k}", (one.average.value, one.average.low, one.average.high)),
        (f"2,{k}", tuple(k * r / (1 + (k - 1) * r) for r in agreement)),
        (f"3,{k}", tuple(_average(f) for f in third)),
    )
    return {f"ICC({name})": Icc(f"ICC({name})", *values) for name, values in found}


def _absolute(bms: float, jms: float, ems: float, n: int, k: int) -> tuple[float, float, float]:
    """ICC(2,1), its interval with Satterthwaite's degrees of freedom (Shrout & Fleiss 1979, p. 424)."""
    value = (bms - ems) / (bms + (k - 1) * ems + k * (jms - ems) / n)
    ratio = jms / ems
    top = (k - 1) * (n - 1) * (k * value * ratio + n * (1 + (k - 1) * value) - k * value) ** 2
    bottom = (n - 1) * k**2 * value**2 * ratio**2 + (n * (1 + (k - 1) * value) - k * value) ** 2
    freedom = top / bottom
    upper, lower = stats.f.ppf(0.975, n - 1, freedom), stats.f.ppf(0.975, freedom, n - 1)
    rest = k * jms + (k * n - k - n) * ems
    low = n * (bms - upper * ems) / (upper * rest + n * bms)
    high = n * (lower * bms - ems) / (rest + n * lower * bms)
    return value, low, high


def _bounds(ratio: float, between: int, within: int) -> tuple[float, float]:
    return ratio / stats.f.ppf(0.975, between, within), ratio * stats.f.ppf(0.975, within, between)


def _single(ratio: float, k: float) -> float:
    return 1.0 if np.isinf(ratio) else float((ratio - 1) / (ratio + k - 1))


def _average(ratio: float) -> float:
    return 1.0 if np.isinf(ratio) else float(1 - 1 / ratio) if ratio else -np.inf
