"""What fieldwork notes of those who do not answer: refused, not reached, unknown. Assumptions, not findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.synthetic.streams import choose

if TYPE_CHECKING:
    from panel_eis.synthetic.interview import World

FIRST = {
    "refusal": 26,
    "non_contact": 30,
    "other": 4,
    "break_off": 3,
    "unlocated": 9,
    "unknown": 24,
    "not_eligible": 4,
}
"""Percent of the silent at the first approach; assumption."""
AGAIN = {"refusal": 44, "non_contact": 38, "other": 9, "break_off": 6, "unlocated": 3}
"""Percent of members of the panel that are silent at a later wave: all exist; assumption."""


def dispositions_table(world: World) -> pd.DataFrame:
    """Rows of ``data/dispositions.csv``: every approached organisation that did not answer, by wave."""
    structure, pieces = world.structure, []
    for t, (wave, state) in enumerate(zip(structure.waves, structure.states, strict=True)):
        n = len(state.alive)
        new = structure.units.cohort[:n] == t
        silent = np.flatnonzero(state.alive & ~state.responded & (new | world.ever[:n]))
        rng = world.streams.stage("dispositions", wave)
        first = choose(rng, tuple(FIRST), list(FIRST.values()), n)
        again = choose(rng, tuple(AGAIN), list(AGAIN.values()), n)
        drawn = np.where(new, first, again)[silent]
        pieces.append(pd.DataFrame({"unit": structure.names[silent], "wave": wave, "disposition": drawn}))
    return pd.concat(pieces).sort_values(["unit", "wave"], ignore_index=True)
