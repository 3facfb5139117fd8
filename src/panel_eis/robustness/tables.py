"""The specification curve of the report: the decisions that ``analyses/specifications.py`` declares, on their panels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from panel_eis.models.curve import run_curve
from panel_eis.models.decisions import cross
from panel_eis.parallel import HERE, Workers
from panel_eis.robustness.panels import staying_weights, unsettled, with_versions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from panel_eis.codebook import Codebook
    from panel_eis.models.imputation import Imputations


def make_panels(
    imputed: Imputations,
    participation: pd.DataFrame,
    events: pd.DataFrame,
    codebook: Codebook,
    changed: Collection[str],
) -> dict[str, pd.DataFrame]:
    """Panels by the keys of the specifications: observed or imputed, events followed or dropped.

    Parameters
    ----------
    imputed
        Imputed panels; they hold the observed one.
    participation, events
        Of the panel and of the register.
    changed
        Items whose wording or codes changed between waves.

    """
    weights = staying_weights(imputed.panel, participation).weights.to_numpy()
    gone = unsettled(events)
    panels = {}
    for name, frame in {
        "observed": imputed.panel, **{f"imputed{i}": imputed.complete(i) for i in range(len(imputed))},
    }.items():  # fmt: skip
        whole = with_versions(frame.assign(staying=weights), codebook, changed)
        panels[f"{name} follow"] = whole
        panels[f"{name} drop"] = whole[~whole["unit"].isin(gone)].reset_index(drop=True)
    return panels


def curves(
    declared: Any, panels: Mapping[str, pd.DataFrame], *, seed: int, draws: int, workers: Workers = HERE
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run the curve of each family of outcomes.

    Parameters
    ----------
    declared
        The module ``analyses/specifications.py``: ``FAMILIES`` and ``member``.
    seed, draws
        Of the joint tests.

    Returns
    -------
    Curves and tests of ``models.run_curve``, with a first column ``family``.

    """
    found = []
    needed = {column for frame in panels.values() for column in frame.columns}
    for family, decisions in declared.FAMILIES.items():
        members = cross(decisions, declared.member)
        read = {c for m in members for c in (m.spec.outcome, *m.spec.regressors, m.spec.weights) if c}
        slim = {key: frame[["unit", "wave", *sorted(read & needed)]] for key, frame in panels.items()}
        found.append(
            (family, run_curve(members, slim, rng=np.random.default_rng(seed), draws=draws, workers=workers))
        )
    pieces = [[frames[i].assign(family=family) for family, frames in found] for i in (0, 1)]
    curve, test = (pd.concat(piece, ignore_index=True) for piece in pieces)
    order = [["family", *(c for c in frame.columns if c != "family")] for frame in (curve, test)]
    return curve[order[0]], test[order[1]]
