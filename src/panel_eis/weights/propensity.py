"""Chances of answering, modelled: at the first approach, and again once an organisation has answered.

The chance that a member of the panel answers a wave is the product of the two (chained response probabilities). Each
is a logit; who had closed was not at risk. A wave that all or none answered tells nothing and gets the share itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.models.response import BOUNDS, response_probability

if TYPE_CHECKING:
    from collections.abc import Iterable

RESPONSE_COVARIATES = ("ladder", "staff_log", "legal_form", "respondent_role", "federated", "age")
"""Earlier answers that explain answering again, beside the wave at which they were given."""
STRATUM = ("legal_form", "department", "size_class")
_FEWEST = 20


def first_approach(participation: pd.DataFrame, wave: str) -> pd.Series:
    """Probability of answering at the wave of entry, by unit that entered at a wave or before.

    Covariates are the strata of the register and the wave of entry; a category with fewer than 20 organisations joins the
    others of that kind. Units whose entry the register does not know get probability 1: they came by themselves.

    Source: response-propensity adjustment, Särndal & Lundström (2005), chapter 6.
    """
    entry = participation[
        (participation["wave"] == participation["entry_wave"])
        & (participation["wave"] <= wave)
        & participation["outcome"].isin(["answered", "no_answer"])
    ].set_index("unit")
    covariates = pd.DataFrame({name: pooled(entry[name]) for name in (*STRATUM, "entry_wave")})
    return _probability(entry["outcome"] == "answered", covariates)


def again(
    panel: pd.DataFrame, participation: pd.DataFrame, wave: str, base: Iterable[str] | None = None
) -> pd.Series:
    """Probability of answering a wave, by unit, for those that answered before and still exist.

    Parameters
    ----------
    panel
        Columns unit, wave and ``RESPONSE_COVARIATES``.
    participation
        Outcome of every unit at every wave.
    wave
        The wave to answer.
    base
        Units to look at, explained by their last answers before the wave: one link of a chain. When absent, all that
        answered any earlier wave, explained by their first answers: later ones exist for those alone that stayed, and
        weights that condition on them would not undo the departures in between.

    """
    before = panel[panel["wave"] < wave].sort_values(["unit", "wave"])
    before = before.drop_duplicates("unit", keep="first" if base is None else "last").set_index("unit")
    if base is not None:
        before = before[before.index.isin(list(base))]
    now = participation[participation["wave"] == wave].set_index("unit")["outcome"].reindex(before.index)
    at_risk = before[now.isin(["answered", "no_answer"])]
    answered = now[at_risk.index] == "answered"
    return _probability(answered, transition_covariates(at_risk))


def transition_covariates(rows: pd.DataFrame) -> pd.DataFrame:
    """Covariates of the model of answering again, as numbers, one row for each of ``rows``."""
    covariates = rows[list(RESPONSE_COVARIATES)].copy()
    covariates["legal_form"] = (covariates["legal_form"].astype(object) == "association").astype(float)
    covariates["federated"] = covariates["federated"].astype("float64")
    covariates["respondent_role"] = (covariates["respondent_role"].astype(object) == "director").astype(float)
    covariates = covariates.astype("float64")
    for wave in sorted(rows["wave"].astype(str).unique())[1:]:
        covariates[f"given_{wave}"] = (rows["wave"].astype(str) == wave).astype(float)
    return covariates


def pooled(column: pd.Series, fewest: int = _FEWEST) -> pd.Series:
    """Categories as text, those with fewer than ``fewest`` rows in one, a gap as a category of its own."""
    values = column.astype(object).where(column.notna(), "unknown").astype(str)
    counts = values.map(values.value_counts())
    return values.where(counts >= fewest, "other")


def _probability(answered: pd.Series, covariates: pd.DataFrame) -> pd.Series:
    if answered.nunique() < 2:
        return pd.Series(1.0, index=answered.index)
    if min(answered.sum(), (~answered).sum()) < 5:
        return pd.Series(float(answered.mean()), index=answered.index).clip(*BOUNDS)
    return response_probability(answered, covariates)
