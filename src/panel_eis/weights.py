"""Weights: from those who answered to the population, and from those who stayed to those who were there.

Cross-sectional weights bring each wave to the margins of the frame by raking; pair weights make the units seen in
two consecutive waves stand for all that were seen in the first. Estimates are always shown with and without.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.errors import DataError, Problem
from panel_eis.models.response import response_probability

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from panel_eis.codebook import Codebook

_FRAME_COLUMNS = ("margin", "category", "share", "source", "status", "note_fr", "note_en")
LARGEST = 5.0
"""Weights are trimmed at this many times their mean: one organisation never speaks for more."""


@dataclass(frozen=True)
class Raked:
    """Result of raking: weights of mean 1 and what there is to say about them.

    Attributes
    ----------
    weights
        One for each row, mean 1.
    converged, iterations, largest_gap
        ``largest_gap`` is the largest difference left between a weighted share and its target, before trimming.
    trimmed
        Number of weights cut at ``LARGEST``.
    design_effect, effective_n
        Kish's approximation: 1 + CV² of the weights, and n divided by it.

    """

    weights: pd.Series
    converged: bool
    iterations: int
    largest_gap: float
    trimmed: int
    design_effect: float
    effective_n: float


def read_frame(path: Path, codebook: Codebook) -> dict[str, pd.Series]:
    """Margins of the population: share by category, by margin (a variable of the panel).

    Raises
    ------
    DataError
        When a column is missing, a category is not in the codebook, or the shares of a margin do not sum to 1.

    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, strict=True)
        absent = [c for c in _FRAME_COLUMNS if c not in (reader.fieldnames or [])]
        rows = list(reader)
    if absent:
        raise DataError(Problem("E-TABLE-ABSENT", "data/frame.csv", row=1, column=c) for c in absent)
    margins: dict[str, dict[str, float]] = {}
    problems = []
    for number, row in enumerate(rows, start=2):
        known = codebook.codes(row["margin"]) if row["margin"] in codebook.variables else ()
        if row["category"] not in known:
            details = {"known": ", ".join(known), "near": ""}
            place = (number, "category", None, row["category"])
            problems.append(Problem("E-CODE", "data/frame.csv", *place, details=details))
        margins.setdefault(row["margin"], {})[row["category"]] = float(row["share"])
    for margin, shares in margins.items():
        if abs(sum(shares.values()) - 1) > 0.005:
            total = f"{sum(shares.values()):.3f}"
            details = {
                "reason_fr": f"les parts de « {margin} » font {total} au lieu de 1",
                "reason_en": f"the shares of “{margin}” make {total} instead of 1",
            }
            problems.append(Problem("E-FRAME", "data/frame.csv", column=margin, details=details))
    if problems:
        raise DataError(problems)
    return {margin: pd.Series(shares) / sum(shares.values()) for margin, shares in margins.items()}


def rake(
    sample: pd.DataFrame,
    margins: Mapping[str, pd.Series],
    *,
    start: pd.Series | None = None,
    tolerance: float = 1e-10,
    most: int = 500,
) -> Raked:
    """Iterative proportional fitting of weights to population margins, then trimming.

    A category without any row is left out and its margin renormalised (the caller warns).

    Parameters
    ----------
    sample
        One column for each margin; no gaps.
    margins
        Target shares by category, by column of ``sample``.
    start
        Weights to start from (design weights); all equal when absent.

    Source: Deming & Stephan (1940); convergence as in R's ``survey::rake``.

    """
    weights = (
        (start if start is not None else pd.Series(1.0, index=sample.index)).to_numpy(dtype="float64").copy()
    )
    groups = {name: _targets(sample[name], target) for name, target in margins.items()}
    gap, iteration = np.inf, 0
    while gap > tolerance and iteration < most:
        iteration += 1
        for codes, target in groups.values():
            observed = np.bincount(codes, weights, len(target)) / weights.sum()
            weights *= (target / observed)[codes]
        gap = max(
            float(np.abs(np.bincount(codes, weights, len(target)) / weights.sum() - target).max())
            for codes, target in groups.values()
        )
    weights /= weights.mean()
    trimmed = int((weights > LARGEST).sum())
    weights = np.minimum(weights, LARGEST)
    weights /= weights.mean()
    effect = float(1 + weights.var())
    return Raked(
        pd.Series(weights, index=sample.index),
        gap <= tolerance,
        iteration,
        gap,
        trimmed,
        effect,
        len(weights) / effect,
    )


def _targets(column: pd.Series, target: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    present = [c for c in target.index if (column.astype(str) == c).any()]
    kept = target[present] / target[present].sum()
    codes = pd.Categorical(column.astype(str), categories=present).codes.astype(int)
    if (codes < 0).any():
        raise ValueError(f"{column.name}: a value of the sample is not in the margin")
    return codes, kept.to_numpy()


def cross_section_weights(
    panel: pd.DataFrame, margins: Mapping[str, pd.Series]
) -> tuple[pd.Series, pd.DataFrame, list[Problem]]:
    """Rake each wave to the frame.

    Returns
    -------
    Weights (one for each row of the panel, mean 1 in each wave), a summary by wave (n, iterations, gap, trimmed,
    design effect, effective n), and a warning for each category that no answer of the wave stands for.

    """
    pieces, summary, warnings = [], [], []
    for wave, rows in panel.groupby("wave", sort=True, observed=True):
        complete = rows.dropna(subset=list(margins))
        raked = rake(complete, {m: t for m, t in margins.items() if len(complete)})
        pieces.append(raked.weights.reindex(rows.index))
        summary.append({"wave": wave, "n": len(rows), **_summary(raked)})
        for margin, target in margins.items():
            for category in target.index:
                if not (complete[margin].astype(str) == category).any():
                    details = {"wave": str(wave)}
                    warnings.append(
                        Problem("W-MARGIN", "data/frame.csv", column=margin, value=category, details=details)
                    )
    return pd.concat(pieces).reindex(panel.index).fillna(1.0), pd.DataFrame(summary), warnings


def _summary(raked: Raked) -> dict[str, float]:
    return {
        "iterations": raked.iterations,
        "largest_gap": raked.largest_gap,
        "trimmed": raked.trimmed,
        "design_effect": raked.design_effect,
        "effective_n": raked.effective_n,
    }


RESPONSE_COVARIATES = ("ladder", "staff_log", "legal_form", "respondent_role", "federated", "age")


def pair_weights(panel: pd.DataFrame, waves: list[str], closed: pd.Series) -> pd.Series:
    """Weight of a row seen again one wave later: the inverse of its modelled probability to be seen again.

    A row at wave *w* carries the weight of the pair (previous wave, *w*), of mean 1 over the pair; rows without an
    answer one wave earlier have none. Units closed before wave *w* are not at risk of not answering.

    Source: inverse-probability weighting, Wooldridge (2010), section 19.8.
    """
    weights = pd.Series(np.nan, index=panel.index)
    for earlier, later in pairwise(waves):
        base = panel[panel["wave"] == earlier].set_index("unit")
        after = panel[panel["wave"] == later]
        opening = after["interview_date"].min()
        still_there = ~base.index.isin(closed.index[closed <= opening])
        at_risk = base[still_there]
        again = pd.Series(at_risk.index.isin(after["unit"]), index=at_risk.index)
        if again.nunique() < 2:
            weights.loc[after.index[after["unit"].isin(at_risk.index)]] = 1.0
            continue
        covariates = at_risk[list(RESPONSE_COVARIATES)].copy()
        covariates["legal_form"] = (covariates["legal_form"] == "association").astype(float)
        covariates["federated"] = covariates["federated"].astype("float64")
        covariates["respondent_role"] = (covariates["respondent_role"] == "director").astype(float)
        inverse = 1 / response_probability(again, covariates.astype("float64"))
        seen = after[after["unit"].isin(at_risk.index)]
        values = inverse.reindex(seen["unit"]).to_numpy()
        weights.loc[seen.index] = values / values.mean()
    return weights
