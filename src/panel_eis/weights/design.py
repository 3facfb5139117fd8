"""Base weights: how many organisations of the frame each approached one stands for, before anyone answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.weights.frame import Margins
from panel_eis.weights.merging import rake_by_rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from panel_eis.errors import Problem

UNKNOWN = "unknown"


def design_weights(
    participation: pd.DataFrame, margins: Mapping[str, pd.Series], wave: str
) -> tuple[pd.Series, pd.DataFrame, list[Problem]]:
    """Base weight of every organisation in the sample of a wave, mean 1.

    The sample of a wave is all that was ever approached and still exists: original sample and refreshments together, also
    those that never answered. The frame is known by its margins only, so the inverse of the inclusion probability is
    taken to be a product of one factor for each margin, found by raking the approached organisations (their strata of
    the register) to the frame. An organisation that the register lacks gets the mean.

    Parameters
    ----------
    participation
        As ``panel.participation`` gives it, all waves.
    margins
        Shares of the frame, by stratum variable.
    wave
        Which wave.

    Returns
    -------
    The weights by unit, the trace of the raking, and which categories were merged for it.

    Raises
    ------
    DataError
        When the strata cannot reach the margins (see ``raking.rake``).

    Source: multiplicity of samples pooled in proportion to their size, Kish (1999), "Cumulating/combining population
    surveys", Survey Methodology 25.

    """
    here = participation[
        (participation["wave"] == wave) & ~participation["outcome"].isin(["closed", "merged", "not_yet"])
    ]
    frame = here.set_index("unit")
    strata = [name for name in margins if name in frame]
    known = frame.dropna(subset=strata)
    if known.empty:
        nothing = pd.DataFrame(columns=["iteration", "margin", "largest_gap"])
        return pd.Series(1.0, index=frame.index), nothing, []
    near = margins.merge_with if isinstance(margins, Margins) else {}
    raked, told = rake_by_rule(
        known, Margins({m: margins[m] for m in strata}, near), largest=None, where=wave
    )
    merged = [p for p in told if p.code == "W-MARGIN-MERGED"]
    return raked.weights.reindex(frame.index).fillna(1.0), raked.trace, merged
