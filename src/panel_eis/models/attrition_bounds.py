"""What can be said about a mean when nothing is assumed about those who did not answer.

If an outcome lies between two known ends, each who did not answer had something between them. The mean of all
then lies between two numbers that no assumption can bring nearer (Manski 1989, Journal of Human Resources 24, 343-360;
Horowitz and Manski 2000, JASA 95, 77-84). The interval covers the mean, not the bounds, with 95 % (Imbens and Manski 2004,
Econometrica 72, 1845-1857, section 4), clustered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from panel_eis.errors import ModelError

if TYPE_CHECKING:
    import pandas as pd

    from panel_eis.models.arrays import FloatArray


def mean_bounds(
    outcome: pd.Series, low: float, high: float, *, cluster: pd.Series | None = None
) -> dict[str, Any]:
    """Bounds of a mean over all who were at risk.

    Parameters
    ----------
    outcome
        One row for each who was at risk; missing where there was no answer.
    low, high
        Ends of the scale.
    cluster
        Cluster of each row; each row its own without.

    Returns
    -------
    One row of a tidy table: n, answered, mean (of the answers), lower, upper, conf_low, conf_high.

    Raises
    ------
    ModelError
        Nobody answered, or an answer lies outside the scale.

    """
    values = _floats(outcome)
    return _bounds(*_filled(values, low, high), values, cluster)


def difference_bounds(
    outcome: pd.Series, group: pd.Series, low: float, high: float, *, cluster: pd.Series | None = None
) -> dict[str, Any]:
    """Bounds of a difference of means, group true less group false, as ``mean_bounds``; all groups are known."""
    values = _floats(outcome)
    inside = group.to_numpy(dtype=bool)
    if inside.all() or not inside.any():
        raise ModelError("a difference needs rows in both groups")
    least, most = _filled(values, low, high)
    share = inside.mean()
    sign = np.where(inside, 1 / share, -1 / (1 - share))
    # influence of each row on the difference of means, so that errors and clusters are those of a mean
    ends = []
    for above, below in ((least, most), (most, least)):
        picked = np.where(inside, above, below)
        centre = picked[inside].mean() - picked[~inside].mean()
        own = np.where(inside, picked - picked[inside].mean(), picked - picked[~inside].mean())
        ends.append(centre + sign * own)
    seen = ~np.isnan(values)
    if not (inside & seen).any() or not (~inside & seen).any():
        raise ModelError("nobody answered in one of the groups")
    told = _bounds(ends[0], ends[1], values, cluster)
    return told | {"mean": float(values[inside & seen].mean() - values[~inside & seen].mean())}


def _floats(outcome: pd.Series) -> FloatArray:
    return np.asarray(outcome.astype("Float64").to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)


def _filled(values: FloatArray, low: float, high: float) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest possible answers."""
    seen = ~np.isnan(values)
    if not seen.any():
        raise ModelError("nobody answered: the bounds are the ends of the scale")
    outside = int(((values[seen] < low) | (values[seen] > high)).sum())
    if outside:
        raise ModelError(f"{outside} answers lie outside {low:g}–{high:g}")
    return np.where(seen, values, low), np.where(seen, values, high)


def _bounds(
    least: FloatArray, most: FloatArray, values: FloatArray, cluster: pd.Series | None
) -> dict[str, Any]:
    """Means of both, and the interval of Imbens and Manski."""
    codes = np.arange(len(values)) if cluster is None else cluster.factorize()[0]
    lower, upper = float(least.mean()), float(most.mean())
    errors = [_error(side, codes) for side in (least, most)]
    spread = (upper - lower) / max(*errors, 1e-300)
    critical = float(brentq(lambda c: ndtr(c + spread) - ndtr(-c) - 0.95, 0.0, 3.0))
    seen = ~np.isnan(values)
    return {
        "n": len(values), "answered": int(seen.sum()), "mean": float(values[seen].mean()), "lower": lower, "upper": upper,
        "conf_low": lower - critical * errors[0], "conf_high": upper + critical * errors[1],
    }  # fmt: skip


def _error(values: FloatArray, codes: Any) -> float:
    """Clustered error of a mean, G/(G-1)."""
    sums = np.bincount(codes, weights=values - values.mean())
    if len(sums) < 2:
        raise ModelError("errors need two clusters at least")
    return float(np.sqrt(sums @ sums * len(sums) / (len(sums) - 1)) / len(values))
