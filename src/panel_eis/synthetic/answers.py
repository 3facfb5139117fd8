"""The questionnaire of one wave, filled in: every column of the codebook, filters obeyed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.expressions import evaluate
from panel_eis.synthetic import practice, profile, scales, words
from panel_eis.synthetic.interview import Interview

if TYPE_CHECKING:
    from collections.abc import Mapping

    from panel_eis.codebook import Codebook
    from panel_eis.synthetic.interview import World
    from panel_eis.synthetic.spells import Ecosystem


def fill_in(
    world: World, ecosystem: Ecosystem, since: list[np.ndarray], lemmas: Mapping[str, float], t: int
) -> pd.DataFrame:
    """Give the answers of the wave at position ``t``: one row for each unit that answers, sorted.

    Columns are the questions of the codebook that exist at this wave, in its order; cells are text.
    """
    interview = Interview(world, t)
    cells = (
        profile.identification(interview)
        | profile.organisation(interview)
        | profile.ecosystem(interview, ecosystem)
    )
    cells |= practice.adoption(interview, since)
    cells |= practice.content(interview, cells) | practice.demand(interview) | practice.barriers(interview)
    cells |= scales.likert(interview, world.codebook) | scales.performance(interview, cells)
    cells |= words.evocations(interview, lemmas) | profile.comment(interview)
    asked = [v.name for v in world.codebook.asked if not v.since or v.since <= interview.wave]
    frame = pd.DataFrame(
        {name: pd.Series(np.asarray(cells[name], dtype=object), dtype=object) for name in asked}
    )
    return obey_filters(frame, world.codebook)


def obey_filters(frame: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Empty the cells of questions that were not for this organisation."""
    columns = {name: _answers(frame[name], name, codebook) for name in frame.columns}
    for variable in codebook.asked:
        if variable.relevant and variable.name in columns:
            outside = ~evaluate(variable.relevant, columns)
            columns[variable.name] = columns[variable.name].mask(outside, "")
            frame[variable.name] = frame[variable.name].mask(outside, "")
    return frame


def _answers(cells: pd.Series, name: str, codebook: Codebook) -> pd.Series:
    """Cells as the filters see them: a code for a missing answer is no answer."""
    return cells.mask(cells.isin(list(codebook.missing_codes(name))), "")
