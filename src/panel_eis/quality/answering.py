"""How questions are answered: gaps by reason, straight lines, speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from panel_eis import missing
from panel_eis.missing import IMPUTABLE
from panel_eis.quality.outcomes import answered_share

if TYPE_CHECKING:
    from panel_eis.codebook import Codebook

FEWEST_ITEMS = 8
FAST = 0.4
"""Answers in under 40 % of the median time of comparable interviews are fast.

Source: Greszki, Meyer & Schoen (2015), "Exploring the effects of removing 'too fast' responses", Public Opinion Quarterly 79
(thresholds of 30 to 50 % of the median)."""


def item_nonresponse(reasons: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Count missing answers of each question at each wave, by reason.

    Parameters
    ----------
    reasons
        Index (unit, wave), one column a question.

    Returns
    -------
    Columns variable, module, wave, asked (of whom it was asked and to whom it applied), one count for each of
    ``IMPUTABLE``, and ``missing_share`` of those asked, from ``missing.item_nonresponse``. Questions asked of nobody in a
    wave and open text, which only invites, are left out.

    """
    counts = missing.item_nonresponse(reasons).rename(columns={"base": "asked", "rate": "missing_share"})
    kept = (counts["asked"] > 0) & (counts["variable"].map(lambda v: codebook[str(v)].kind) != "text")
    table = counts[kept].assign(module=counts.loc[kept, "variable"].map(lambda v: codebook[str(v)].module))
    order = {str(name): i for i, name in enumerate(reasons.columns)}
    table = table.sort_values(["variable", "wave"], key=lambda c: c.map(order) if c.name == "variable" else c)
    return table[["variable", "module", "wave", "asked", *IMPUTABLE, "missing_share"]].reset_index(drop=True)


def by_module(items: pd.DataFrame) -> pd.DataFrame:
    """Add the questions of each module up: columns module, wave, asked, counts by reason, missing_share."""
    counts = ["asked", *IMPUTABLE]
    table = items.groupby(["module", "wave"], sort=False, observed=True)[counts].sum().reset_index()
    return table.assign(missing_share=table[list(IMPUTABLE)].sum(axis=1) / table["asked"])


def missing_share(reasons: pd.DataFrame) -> pd.Series:
    """Share of the questions that applied to an answer which it leaves, by (unit, wave); "does not know" is an answer."""
    return 1 - answered_share(reasons)


def straight_lines(panel: pd.DataFrame, codebook: Codebook) -> pd.Series:
    """True for an answer that gives the same degree to all scored items it answers, at least eight; missing for fewer.

    Items are taken as ticked, before those of reversed meaning are turned.

    Source: the strictest measure of Kim, Dykema, Stevenson, Black & Moberg (2019), "Straightlining", Social Science Computer
    Review 37.
    """
    names = [v.name for v in codebook.items() if v.name in panel]
    given = panel[names].astype("float64")
    same = given.max(axis=1) == given.min(axis=1)
    return same.where(given.notna().sum(axis=1) >= FEWEST_ITEMS).astype("boolean")


def fast(panel: pd.DataFrame) -> pd.Series:
    """True for an interview that lasted under 40 % of the median of its wave, among those on the same route.

    Those who evaluate are asked more, so the median is taken apart for them; missing where no length was recorded.
    """
    minutes = panel["minutes"].astype("float64")
    route = panel["practises"].astype("boolean").fillna(value=False)
    median = minutes.groupby([panel["wave"], route]).transform("median")
    return (minutes < FAST * median).where(minutes.notna()).astype("boolean")


def answering_table(panel: pd.DataFrame, reasons: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """One row a wave: ``n``, ``missing`` (mean share of questions left), ``straight``, ``fast`` (shares), and bases."""
    key = pd.MultiIndex.from_frame(panel[["unit", "wave"]])
    rows = pd.DataFrame(
        {
            "wave": panel["wave"].astype(str),
            "missing": missing_share(reasons).reindex(key).to_numpy(),
            "straight": straight_lines(panel, codebook)
            .astype("Float64")
            .to_numpy(dtype=float, na_value=float("nan")),
            "fast": fast(panel).astype("Float64").to_numpy(dtype=float, na_value=float("nan")),
        }
    )
    found = rows.groupby("wave").agg(
        n=("wave", "size"), missing=("missing", "mean"), straight=("straight", "mean"), straight_base=("straight", "count"),
        fast=("fast", "mean"), fast_base=("fast", "count"),
    )  # fmt: skip
    return found.reset_index()
