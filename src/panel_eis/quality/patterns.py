"""Participation patterns: 1-1-0-1 and how many organisations have each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.disclosure import THRESHOLD, few

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNS = {"answered": "1", "no_answer": "0", "closed": "x", "merged": "x", "left": "0", "not_yet": "."}
"""1 answered, 0 did not, x had closed or been absorbed, . not yet in the sample."""
OTHER = "other"


def patterns(participation: pd.DataFrame, waves: Sequence[str]) -> pd.DataFrame:
    """Count the patterns of those that answered at least once.

    Returns
    -------
    Columns ``pattern`` (signs joined by ``-``), ``n``, ``share``; most frequent first. Patterns of fewer than five
    organisations are put together as ``other`` (its count is missing where even together they are fewer than five).

    """
    signs = participation.assign(sign=participation["outcome"].astype(object).map(SIGNS))
    wide = signs.pivot(index="unit", columns="wave", values="sign")[list(waves)]
    wide = wide[(wide == "1").any(axis=1)]
    counts = wide.agg("-".join, axis=1).value_counts().rename_axis("pattern").rename("n").reset_index()
    counts = counts.sort_values(["n", "pattern"], ascending=[False, False], ignore_index=True)
    rare = few(counts["n"])
    total, shown = int(counts["n"].sum()), counts[~rare].astype({"n": "float64"})
    if rare.any():
        together = float(counts.loc[rare, "n"].sum())
        if together < THRESHOLD and len(shown):  # not enough to hide in: take the rarest of the others along
            together += float(shown["n"].iloc[-1])
            shown = shown.iloc[:-1]
        shown = pd.concat([shown, pd.DataFrame({"pattern": [OTHER], "n": [together]})], ignore_index=True)
    return shown.assign(share=shown["n"] / total).reset_index(drop=True)
