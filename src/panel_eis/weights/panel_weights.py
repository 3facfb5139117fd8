"""All weights of a panel, one row each, and how they came about."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.weights.design import design_weights
from panel_eis.weights.effective import weighting_table
from panel_eis.weights.merging import rake_by_rule
from panel_eis.weights.propensity import again, first_approach
from panel_eis.weights.raking import bounded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from panel_eis.errors import Problem
    from panel_eis.weights.raking import Raked

WEIGHTS = (
    "weight_design",
    "weight_response",
    "weight",
    "weight_pair",
    "weight_pair_population",
    "weight_balanced",
)
"""Columns of weights, in the order in which they are made; ``response_probability`` goes with them."""


@dataclass(frozen=True)
class PanelWeights:
    """Weights of a panel.

    Attributes
    ----------
    columns
        One row for each row of the panel: ``WEIGHTS`` and ``response_probability``.
    summary
        ``effective.weighting_table`` of them; rows of ``weight`` also say iterations, largest_gap, trimmed and
        gap_after_trimming.
    convergence
        wave, step (``design`` or ``calibration``), iteration, margin, largest_gap.
    warnings
        Categories of the frame that nobody stands for, and those that were merged.

    """

    columns: pd.DataFrame
    summary: pd.DataFrame
    convergence: pd.DataFrame
    warnings: tuple[Problem, ...]


def weigh(
    panel: pd.DataFrame, participation: pd.DataFrame, waves: Sequence[str], margins: Mapping[str, pd.Series]
) -> PanelWeights:
    """Give every row of a panel its weights.

    At each wave: base weight of the approached organisations (``design``), divided by the modelled probability of
    answering (``propensity``: first approach × answering again), calibrated to the margins of the frame and trimmed at
    ``raking.LARGEST`` times the mean.

    Parameters
    ----------
    panel
        Columns unit, wave, the margins, and the covariates of the response models.
    participation
        Outcome of every registered unit at every wave.
    waves
        All waves in order.
    margins
        Shares of the frame.

    Raises
    ------
    DataError
        When raking cannot reach the margins of a wave.

    Source: three steps of weighting, Valliant, Dever & Kreuter (2018), chapter 13; chained probabilities for panels,
    Lynn (2009), "Methods for longitudinal surveys", chapter 10.

    """
    columns = pd.DataFrame(np.nan, index=panel.index, columns=[*WEIGHTS, "response_probability"])
    traces, facts = [], {}
    warnings: list[Problem] = []
    for wave in waves:
        rows = panel[panel["wave"] == wave]
        chance = _chained(rows, panel, participation, wave)
        design, trace, merged = design_weights(participation, margins, wave)
        base = rows["unit"].map(design).fillna(1.0)
        complete = rows.dropna(subset=list(margins))
        start = (base / chance).loc[complete.index]
        raked, told = rake_by_rule(complete, margins, start=start, where=wave)
        warnings += [*told, *(p for p in merged if p not in told)]
        columns.loc[rows.index, "weight_design"] = base / base.mean()
        columns.loc[rows.index, "weight_response"] = (base / chance) / (base / chance).mean()
        columns.loc[rows.index, "weight"] = raked.weights.reindex(rows.index).fillna(1.0)
        columns.loc[rows.index, "response_probability"] = chance
        traces += [trace.assign(wave=wave, step="design"), raked.trace.assign(wave=wave, step="calibration")]
        facts[wave] = _facts(raked)
    columns["weight_pair"] = pair_weights(panel, participation, waves)
    columns["weight_pair_population"] = _pair_population(panel, columns, waves)
    columns["weight_balanced"] = _balanced(panel, participation, columns["weight"], waves)
    summary = weighting_table(columns.assign(wave=panel["wave"]), WEIGHTS)
    by_wave = summary["wave"].map(facts).where(summary["weight"] == "weight")
    for name in ("iterations", "largest_gap", "trimmed", "gap_after_trimming"):
        summary[name] = [each[name] if isinstance(each, dict) else np.nan for each in by_wave]
    head = ["wave", "step", "iteration", "margin", "largest_gap"]
    return PanelWeights(columns, summary, pd.concat(traces, ignore_index=True)[head], tuple(warnings))


def _facts(raked: Raked) -> dict[str, float]:
    return {
        "iterations": raked.iterations,
        "largest_gap": raked.largest_gap,
        "trimmed": raked.trimmed,
        "gap_after_trimming": raked.gap_after_trimming,
    }


def _chained(rows: pd.DataFrame, panel: pd.DataFrame, participation: pd.DataFrame, wave: str) -> pd.Series:
    """Probability that each unit of a wave answers it: at first approach, times again for those seen before."""
    first = first_approach(participation, wave)
    later = again(panel, participation, wave)
    return rows["unit"].map(first).astype(float).fillna(1.0) * rows["unit"].map(later).astype(float).fillna(
        1.0
    )


def pair_weights(panel: pd.DataFrame, participation: pd.DataFrame, waves: Sequence[str]) -> pd.Series:
    """Weight of a row seen again one wave later: the inverse of its modelled probability to be seen again.

    A row at wave *w* carries the weight of the pair (previous wave, *w*), of mean 1 over the pair; rows without an
    answer one wave earlier have none. Units closed before wave *w* are not at risk of not answering.

    Source: inverse-probability weighting, Wooldridge (2010), section 19.8.
    """
    weights = pd.Series(np.nan, index=panel.index)
    for earlier, later in pairwise(waves):
        base = panel.loc[panel["wave"] == earlier, "unit"]
        chance = again(panel, participation, later, base)
        seen = panel[(panel["wave"] == later) & panel["unit"].isin(base)]
        values = 1 / seen["unit"].map(chance).astype(float).fillna(1.0)
        weights.loc[seen.index] = values / values.mean()
    return weights


def _pair_population(panel: pd.DataFrame, columns: pd.DataFrame, waves: Sequence[str]) -> pd.Series:
    """Cross-sectional weight of the earlier wave times the weight of the pair, trimmed, mean 1 over the pair."""
    weights = pd.Series(np.nan, index=panel.index)
    for earlier, later in pairwise(waves):
        before = columns.loc[panel["wave"] == earlier, "weight"].set_axis(
            panel.loc[panel["wave"] == earlier, "unit"]
        )
        seen = panel[(panel["wave"] == later) & panel["unit"].isin(before.index)]
        weights.loc[seen.index] = _bounded(
            seen["unit"].map(before).astype(float) * columns.loc[seen.index, "weight_pair"]
        )
    return weights


def _balanced(
    panel: pd.DataFrame, participation: pd.DataFrame, weight: pd.Series, waves: Sequence[str]
) -> pd.Series:
    """Weight of the first wave over the product of the chances to answer each one since.

    A row carries the weight of the panel balanced up to its wave (units that answered all waves so far), so that nothing
    moves when a wave is added; the balanced panel of a study is weighted by the rows of its last wave.
    """
    weights = pd.Series(np.nan, index=panel.index)
    start = panel["wave"] == waves[0]
    weights[start] = weight[start]
    product = weight[start].set_axis(panel.loc[start, "unit"])
    for wave in waves[1:]:
        chance = again(panel, participation, wave, product.index.to_list())
        rows = panel[(panel["wave"] == wave) & panel["unit"].isin(product.index)]
        product = product.reindex(rows["unit"]) / chance.reindex(rows["unit"]).fillna(1.0)
        if len(product):
            weights.loc[rows.index] = _bounded(product).to_numpy()
    return weights


def _bounded(values: pd.Series) -> pd.Series:
    return pd.Series(bounded(values.to_numpy(dtype="float64")), index=values.index)
