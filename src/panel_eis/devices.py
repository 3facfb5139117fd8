"""What devices were expected to do, what they are seen to do, and where the two part.

Source: Martilla, J. and James, J. (1977), Importance–performance analysis, *Journal of Marketing* 41(1), 77–79: attributes
are placed by importance (here, how much was expected) and by performance (observed), and the two lines between quadrants
are the means of the attributes, so that a place is relative to the other attributes, not to the scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from panel_eis.disclosure import hide_small_cells
from panel_eis.estimates import LEVEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panel_eis.study import Study

RANKS = ("device1", "device2")
"""Main device, second device: each organisation rates the ones that it has."""

QUADRANTS = ("first", "keep", "low", "more")
"""Expected but little seen; expected and seen; neither; seen more than expected of it."""

MEANS = ("expected", "observed", "gap")


def ratings(study: Study) -> pd.DataFrame:
    """One row a rated pair: an answer, a device, an attribute.

    Returns
    -------
    ``unit, wave, role, device`` (kind of tool), ``attribute, expected, observed`` (1 to 5), ``gap`` (observed − expected);
    pairs with one side missing are left out.

    """
    attributes = study.codebook.codes("attribute")
    names = [f"{d}_{k}_{a}" for d in RANKS for a in attributes for k in ("expected", "observed")]
    rows = study.select(*RANKS, *names, "respondent_role")
    pieces = [
        pd.DataFrame(
            {
                "unit": rows["unit"], "wave": rows["wave"], "role": rows["respondent_role"].astype(str),
                "device": rows[rank].astype("object"), "attribute": attribute,
                "expected": rows[f"{rank}_expected_{attribute}"].astype("float64"),
                "observed": rows[f"{rank}_observed_{attribute}"].astype("float64"),
            }
        )
        for rank in RANKS
        for attribute in attributes
    ]  # fmt: skip
    long = pd.concat(pieces, ignore_index=True).dropna(subset=["device", "expected", "observed"])
    return long.assign(gap=long["observed"] - long["expected"]).reset_index(drop=True)


def means_of(rated: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Mean expected, observed and gap of each cell of ``by``, with intervals that allow for repeated answers of a unit.

    Returns
    -------
    ``by``, then for each of the three its mean, ``<name>_low`` and ``<name>_high``; ``n`` units and ``hidden``: cells of
    few organisations are blank (see ``disclosure``).

    Source: ratio-mean linearisation with units as clusters, Lumley (2010), section 2.2, for all cells at once; the same as
    ``estimates.clustered_mean`` of each.

    """
    keys = list(by)
    groups = rated.groupby(keys, observed=True, sort=True)
    table = groups[list(MEANS)].mean()
    table["n"] = groups["unit"].nunique()
    size, clusters = groups.size(), table["n"].astype("float64")
    spread = np.sqrt(clusters / (clusters - 1).where(clusters > 1))
    reach = pd.Series(stdtrit((clusters - 1).clip(lower=1), (1 + LEVEL) / 2), index=table.index)
    for name in MEANS:
        residual = rated[name] - groups[name].transform("mean")
        sums = residual.groupby([rated[k] for k in [*keys, "unit"]], observed=True).sum()
        squares = (sums**2).groupby(level=keys, observed=True).sum().reindex(table.index)
        error = np.sqrt(squares) / size * spread
        table[f"{name}_low"], table[f"{name}_high"] = table[name] - reach * error, table[name] + reach * error
    values = [f"{name}{end}" for name in MEANS for end in ("", "_low", "_high")]
    return hide_small_cells(table.reset_index()[[*keys, *values, "n"]], values)


def quadrant_of(cells: pd.DataFrame) -> pd.DataFrame:
    """Place the cells of one group (one row an attribute): adds ``cut_expected``, ``cut_observed`` and ``quadrant``."""
    cuts = cells["expected"].mean(), cells["observed"].mean()
    wanted, seen = cells["expected"] >= cuts[0], cells["observed"] >= cuts[1]
    place = np.select([wanted & ~seen, wanted, ~seen], QUADRANTS[:3], default=QUADRANTS[3])
    return cells.assign(cut_expected=cuts[0], cut_observed=cuts[1], quadrant=place)
