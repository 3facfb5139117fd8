"""The panel as it would be had other decisions been taken about the data.

Gaps: items and the public demand that were asked and not answered are imputed, never what was behind a filter or not asked.
Events: organisations that merged, split or changed legal form are left out. Scores: the mean of dimensions or of all items,
with or without the items whose wording or codes changed between waves. Departures: weights of answering again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from panel_eis import derive
from panel_eis.missing import may_impute
from panel_eis.models.attrition import attrition_weights
from panel_eis.models.imputation import impute
from panel_eis.parallel import HERE, Workers
from panel_eis.scores import VALID_ITEMS, oriented, score

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np

    from panel_eis.codebook import Codebook
    from panel_eis.models.attrition import Attrition
    from panel_eis.models.imputation import Imputations

UPHEAVALS: Final = frozenset({"merged_into", "split_from", "split", "legal_form"})
"""Events after which an organisation may not be the one that it was."""

STAYING: Final = ("ladder", "staff_log", "public_demand", "federated_service", "peer_tie")
"""What is known of an organisation that says whether it will answer again."""


def impute_panel(
    panel: pd.DataFrame,
    reasons: pd.DataFrame,
    codebook: Codebook,
    *,
    rng: np.random.Generator,
    imputations: int,
    iterations: int = 5,
    workers: Workers = HERE,
) -> Imputations:
    """Impute items of appropriation and the public demand.

    Items are matched on predicted means (they are grades) given the other items of their dimension, one item of each other
    dimension, ties, size and wave; demand, whose codes are in order, is drawn from proportional odds.

    Parameters
    ----------
    panel, reasons
        Of ``panel.build_panel``, ``unit`` and ``wave`` as columns of the panel, rows in the same order.
    rng, imputations, iterations, workers
        As for ``models.impute``.

    """
    scales = {d: [v.name for v in codebook.items(d)] for d in codebook.dimensions}
    first = [items[0] for items in scales.values()]
    ties = ["federated_service", "federated_only", "peer_tie", "multiyear", "staff_log", "ladder"]
    predictors = {
        item: [*(o for o in items if o != item), *(f for f in first if f not in items), *ties]
        for items in scales.values()
        for item in items
    }
    predictors["demand"] = [*ties, "legal_form"]
    gaps = may_impute(reasons, predictors)
    kinds = {name: "ordinal" if name == "demand" else "pmm" for name in predictors if gaps[name].any()}
    known = panel.assign(demand=panel["demand"].cat.as_ordered())
    return impute(
        known, kinds, gaps, rng=rng, predictors={n: predictors[n] for n in kinds}, imputations=imputations,
        iterations=iterations, workers=workers,
    )  # fmt: skip


def with_versions(panel: pd.DataFrame, codebook: Codebook, changed: Collection[str]) -> pd.DataFrame:
    """Add what follows from the answers, and the versions of outcomes that the curve compares.

    ``score_dimensions``, ``score_items``: mean of the dimensions, or of all items; ``…_same``: without the items in
    ``changed``. Only of organisations that were asked all dimensions. ``ladder_groups`` has three rungs for six,
    ``ladder_practises`` two.
    """
    items = [v for d in codebook.dimensions for v in codebook.items(d)]
    grades = [int(code) for code in codebook.codes(items[0].name)]
    low, high = min(grades), max(grades)
    answers = oriented(panel, items, codebook)
    asked = panel["practises"].fillna(value=False).astype(bool)
    columns = {}
    for suffix, dropped in (("", set()), ("_same", set(changed))):
        kept = [v.name for v in items if v.name not in dropped]
        scales = pd.DataFrame({
            d: score(answers[[v.name for v in codebook.items(d) if v.name in kept]], low, high)
            for d in codebook.dimensions
        })  # fmt: skip
        columns[f"score_dimensions{suffix}"] = scales.mean(axis=1).where(
            asked & (scales.notna().sum(axis=1) >= 4)
        )
        columns[f"score_items{suffix}"] = score(answers[kept], low, high, VALID_ITEMS).where(asked)
    asked_for, funded = derive.asked(panel["demand"]), derive.funded(panel["demand"])
    ladder = panel["ladder"].astype("Float64")
    return panel.assign(
        **columns,
        funded=funded,
        public_demand=derive.public_demand(asked_for, funded),
        ladder_rungs=ladder,
        ladder_groups=(ladder // 2),
        ladder_practises=(ladder >= 2).astype("Float64"),
    )


def unsettled(events: pd.DataFrame) -> set[str]:
    """Organisations to which something happened after which they may not be the ones that they were."""
    told = events[events["event"].isin(UPHEAVALS)]
    return {*told["unit"], *told["other"].dropna()} - {""}


def staying_weights(panel: pd.DataFrame, participation: pd.DataFrame, trim: float | None = 0.99) -> Attrition:
    """Weights of answering again, given the last answer; those closed or merged are not at risk.

    Parameters
    ----------
    panel
        ``unit`` and ``wave`` as columns.
    participation
        Of ``panel.participation``.

    """
    alive = participation[participation["outcome"].isin(["answered", "no_answer"])]
    return attrition_weights(panel, alive[["unit", "wave"]], STAYING, trim=trim)
