"""What is published, with and without the items in doubt: the change of a score between two waves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from panel_eis.errors import ModelError
from panel_eis.scores import VALID_DIMENSIONS, VALID_ITEMS, score

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

LEVEL: Final = 0.95


def scores_without(
    items: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    low: float,
    high: float,
    dropped: Collection[str] = (),
) -> pd.DataFrame:
    """Scores of all scales and their mean (``total``), 0–100, as ``scores.add_scores`` but without some items.

    An answer that may lack one item of a scale may still lack one when another was dropped: the same answers count, so that
    a change is that of the items and not of the sample. A scale that loses all its items leaves the total, which needs
    four fifths of the scales that remain.
    """
    scored = pd.DataFrame(index=items.index)
    for name, members in scales.items():
        kept = [i for i in members if i not in dropped]
        if kept:
            may_lack = len(members) - np.ceil(VALID_ITEMS * len(members) - 1e-9)
            scored[name] = score(items[kept], low, high, max(1, len(kept) - may_lack) / len(kept))
    needed = np.ceil(VALID_DIMENSIONS * scored.shape[1] - 1e-9)
    return scored.assign(total=scored.mean(axis=1).where(scored.notna().sum(axis=1) >= needed))


def change_between(
    values: pd.Series, frame: pd.DataFrame, earlier: str, later: str, *, weight: str | None = None
) -> dict[str, float]:
    """Difference of two (weighted) means, whose error knows that many organisations are in both waves.

    Parameters
    ----------
    values
        A score; same rows as ``frame``.
    frame
        Columns ``unit``, ``wave`` and the one that ``weight`` names.

    Returns
    -------
    ``change``, ``std_error``, ``low``, ``high`` (t with organisations − 1 degrees of freedom), ``n`` (answers),
    ``units``. Linearised ratio means with organisations as clusters (Lumley 2010, section 2.2).

    Raises
    ------
    ModelError
        If a wave has no valid score.

    """
    w = frame[weight].astype("float64") if weight else 1.0
    rows = frame[["unit", "wave"]].assign(y=values.astype("float64"), w=w).dropna()
    rows = rows[rows["wave"].isin([earlier, later])]
    change, influence = 0.0, pd.Series(0.0, index=rows.index)
    for name, sign in ((earlier, -1), (later, 1)):
        own = rows["wave"] == name
        if not own.any():
            raise ModelError(f"no score in wave {name}: nothing can be compared")
        y, own_weight = rows.loc[own, "y"], rows.loc[own, "w"]
        mean = float(np.average(y, weights=own_weight))
        change += sign * mean
        influence[own] = sign * own_weight * (y - mean) / own_weight.sum()
    sums = influence.groupby(rows["unit"]).sum()
    clusters = len(sums)
    error = float(np.sqrt(clusters / (clusters - 1) * (sums**2).sum())) if clusters > 1 else np.nan
    reach = float(stdtrit(clusters - 1, (1 + LEVEL) / 2)) * error if clusters > 1 else np.nan
    return {
        "change": change, "std_error": error, "low": change - reach, "high": change + reach,
        "n": len(rows), "units": clusters,
    }  # fmt: skip


def change_without_each(
    items: pd.DataFrame,
    frame: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    ends: tuple[float, float],
    waves: tuple[str, str],
) -> pd.DataFrame:
    """Change of the total when each item in turn is dropped: ``item``, ``change``, ``low``, ``high``.

    Parameters
    ----------
    items
        Oriented items; same rows as ``frame``.
    frame
        Columns ``unit``, ``wave``, ``weight``.
    ends
        Lowest and highest grade.
    waves
        Earlier and later wave.

    """
    rows = []
    whole = scores_without(items, scales, *ends)["total"].notna()
    for name in [i for members in scales.values() for i in members]:
        total = scores_without(items, scales, *ends, dropped={name})["total"].where(whole)
        found = change_between(total, frame, *waves, weight="weight")
        rows.append({"item": name} | {k: found[k] for k in ("change", "low", "high")})
    return pd.DataFrame(rows)
