"""Means, shares and changes with intervals that know about weights and about repeated organisations.

An interval here is never over rows of several waves as if they were independent: either each unit has one row (a
wave), or the change of each unit is one number (a pair of waves).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import stdtrit

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVEL = 0.95


def weighted_mean(values: pd.Series, weights: pd.Series | None = None) -> dict[str, float]:
    """Mean with its linearised standard error and 95 % interval.

    Parameters
    ----------
    values
        One for each unit; missing ones leave with their weight. Booleans give a share.
    weights
        Any scale; all equal when absent.

    Returns
    -------
    ``mean``, ``std_error``, ``low``, ``high`` (t with n − 1 degrees of freedom), ``n`` (unweighted).

    Source: ratio-mean linearisation with replacement, Lumley (2010), section 2.2; same as ``survey::svymean`` in R with
    ``svydesign(ids = ~unit, weights = ~w)``.

    """
    y = values.astype("float64").to_numpy(na_value=np.nan)
    w = np.ones(len(y)) if weights is None else weights.astype("float64").to_numpy(na_value=np.nan)
    valid = ~np.isnan(y) & ~np.isnan(w)
    y, w, n = y[valid], w[valid], int(valid.sum())
    if n == 0:
        return {"mean": np.nan, "std_error": np.nan, "low": np.nan, "high": np.nan, "n": 0}
    mean = float(np.average(y, weights=w))
    if n == 1:
        return {"mean": mean, "std_error": np.nan, "low": np.nan, "high": np.nan, "n": 1}
    influence = w * (y - mean) / w.sum()
    error = float(np.sqrt(n / (n - 1) * (influence**2).sum()))
    reach = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * error
    return {"mean": mean, "std_error": error, "low": mean - reach, "high": mean + reach, "n": n}


def clustered_mean(values: pd.Series, units: pd.Series) -> dict[str, float]:
    """Mean over rows of several waves, with an error that allows for repeated answers of the same unit.

    Returns
    -------
    As ``weighted_mean``; ``n`` counts rows, the interval has (units − 1) degrees of freedom.

    Source: ratio-mean linearisation with units as clusters, Lumley (2010), section 2.2.

    """
    y, unit = values.astype("float64").to_numpy(na_value=np.nan), pd.factorize(units)[0]
    known = ~np.isnan(y) & (unit >= 0)
    y = y[known]
    mean = float(y.mean()) if len(y) else np.nan
    sums = np.bincount(pd.factorize(unit[known])[0], weights=(y - mean) / max(len(y), 1))
    clusters = len(sums)
    if clusters < 2:
        return {"mean": mean, "std_error": np.nan, "low": np.nan, "high": np.nan, "n": len(y)}
    error = float(np.sqrt(clusters / (clusters - 1) * (sums**2).sum()))
    reach = float(stdtrit(clusters - 1, (1 + LEVEL) / 2)) * error
    return {"mean": mean, "std_error": error, "low": mean - reach, "high": mean + reach, "n": len(y)}


def means_by(frame: pd.DataFrame, value: str, by: Sequence[str], weight: str | None = None) -> pd.DataFrame:
    """``weighted_mean`` of a column in each cell of ``by``; one row a cell, in order; empty cells are left out."""
    rows = []
    for key, cell in frame.groupby(list(by), observed=True, sort=True):
        keys = dict(zip(by, key if isinstance(key, tuple) else (key,), strict=True))
        rows.append(keys | weighted_mean(cell[value], cell[weight] if weight else None))
    return pd.DataFrame(rows, columns=[*by, "mean", "std_error", "low", "high", "n"])


def shares_by(
    frame: pd.DataFrame,
    category: str,
    categories: Sequence[str | int],
    by: Sequence[str],
    weight: str | None = None,
) -> pd.DataFrame:
    """Share of each category in each cell of ``by``, with interval; shares of a cell sum to 1.

    Returns
    -------
    Columns of ``by``, ``category``, ``mean`` (the share), ``low`` and ``high`` (cut at 0 and 1), ``n`` (respondents in
    the category), ``base`` (respondents in the cell).

    """
    known = frame.dropna(subset=[category])
    pieces = []
    for each in categories:
        cell = means_by(known.assign(_is=(known[category] == each).astype("float64")), "_is", by, weight)
        counts = known.assign(_is=(known[category] == each)).groupby(list(by), observed=True)["_is"].sum()
        cell = cell.rename(columns={"n": "base"}).assign(category=each, n=counts.to_numpy())
        pieces.append(cell)
    shares = pd.concat(pieces, ignore_index=True)
    shares[["low", "high"]] = shares[["low", "high"]].clip(0, 1)
    return shares[[*by, "category", "mean", "low", "high", "n", "base"]].sort_values(
        [*by, "category"], ignore_index=True
    )


def paired(panel: pd.DataFrame, columns: Sequence[str], earlier: str, later: str) -> pd.DataFrame:
    """The same units in two waves.

    Parameters
    ----------
    panel
        With columns ``unit`` and ``wave``.
    columns
        What to bring from both waves, as ``x_before`` and ``x_after``.

    Returns
    -------
    One row for each unit that answered in both, indexed by unit; ``weight`` of the earlier wave and ``weight_pair`` of
    the later one are there when the panel has them.

    """
    before = panel[panel["wave"] == earlier].set_index("unit")
    after = panel[panel["wave"] == later].set_index("unit")
    both = before.index.intersection(after.index).sort_values()
    pairs = pd.DataFrame(index=both)
    for column in columns:
        pairs[f"{column}_before"] = before.loc[both, column]
        pairs[f"{column}_after"] = after.loc[both, column]
    for name, source in (("weight", before), ("weight_pair", after)):
        if name in source:
            pairs[name] = source.loc[both, name]
    return pairs
