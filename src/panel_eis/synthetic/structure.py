"""The panel behind the answers: states, ladder, score and response of each organisation at each wave.

``draw_panel`` gives it as a table with the true linear effects, for tests of recovery; ``draw_structure``
gives what the files are written from. Ties and support depend on what never changes in an organisation, not
on chance: comparisons between organisations are biased on purpose, comparisons within are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.synthetic.dynamics import Draw, Special, State, predictors
from panel_eis.synthetic.population import Units, draw_units
from panel_eis.synthetic.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panel_eis.synthetic.truth import Truth


@dataclass(frozen=True)
class Structure:
    """Everything that happens, before anyone is asked."""

    waves: tuple[str, ...]
    units: Units
    states: tuple[State, ...]
    special: Special

    @property
    def names(self) -> np.ndarray:
        """Identifiers of all organisations."""
        return np.array([f"SYN-{i + 1:04d}" for i in range(len(self.units.cohort))])


def draw_panel(
    truth: Truth, rng: np.random.Generator, organisations: int, waves: Sequence[str]
) -> pd.DataFrame:
    """Draw the structure only: one row for each organisation approached and wave, from entry to closure.

    Parameters
    ----------
    truth
        ``read_truth(path, changes)``.
    rng
        Where chance starts; advanced by one draw.
    organisations
        Answers at the first wave; more are approached (``sample.response``), and more enter later.
    waves
        Years, in order.

    Returns
    -------
    Columns ``unit``, ``wave``, ``t`` (position of the wave), ``responded`` (keep these rows to see what a
    study sees), covariates, ties and support (floats, named as in ``ladder.effects`` of the truth),
    ``ladder_index``, ``ladder``, ``practises``, ``score_true`` (points, known for all, seen by a study where
    ``practises``), and the organisation's own ``ladder_effect`` (logits) and ``score_effect`` (SD). What is
    left of ``score_true`` when ``points_per_sd`` times the effects is taken off is exactly: mean, drift times
    ``t``, organisation, chance.

    """
    return table(draw_structure(truth, Streams(int(rng.integers(2**62))), organisations, waves), truth)


def draw_structure(truth: Truth, streams: Streams, organisations: int, waves: Sequence[str]) -> Structure:
    """Draw organisations, then one wave after the other."""
    units = draw_units(truth, streams, organisations, waves)
    special = Special()
    states: list[State] = []
    for t, wave in enumerate(waves):
        if t == 1:
            special = _choose_special(units, states[0], streams)
        previous = states[-1] if states else None
        states.append(Draw(truth, streams, units, previous, special, t, wave).draw())
    return Structure(tuple(waves), units, tuple(states), special)


def table(structure: Structure, truth: Truth) -> pd.DataFrame:
    """Give the rows described at ``draw_panel``."""
    units, pieces = structure.units, []
    for t, (wave, state) in enumerate(zip(structure.waves, structure.states, strict=True)):
        n = len(state.alive)
        columns: dict[str, np.ndarray] = {
            "position": np.arange(n),
            "alive": state.alive,
            "wave": np.full(n, wave),
            "t": np.full(n, t),
            "responded": state.responded,
            "legal_form": state.legal_form,
            "department": state.department,
            "field": units.field[:n],
            "founded": units.founded[:n],
            "staff": state.staff,
            "federated": state.federated,
            "demand": np.asarray(tuple(truth.support.demands))[state.demand],
            **{k: v.astype(float) for k, v in predictors(units, vars(state), int(wave[:4])).items()},
            "ladder_index": state.ladder_index,
            "ladder": state.ladder,
            "practises": state.ladder >= 2,
            "score_true": state.score_true,
            "ladder_effect": truth.organisation.ladder_sd * units.z_ladder[:n],
            "score_effect": truth.organisation.score_sd * units.z_score[:n],
        }
        pieces.append(columns)
    stacked = {name: np.concatenate([p[name] for p in pieces]) for name in pieces[0]}
    keep = np.flatnonzero(stacked.pop("alive"))
    position = stacked.pop("position")
    keep = keep[np.lexsort((stacked["t"][keep], position[keep]))]
    return pd.DataFrame({"unit": structure.names[position][keep], **{k: v[keep] for k, v in stacked.items()}})


def _choose_special(units: Units, first: State, streams: Streams) -> Special:
    """Choose a merger (two associations of one field and territory), a conversion and a new name."""
    answered = first.responded & (first.legal_form == "association") & (first.staff > 0)
    order = streams.stage("special").permutation(np.flatnonzero(answered))
    if len(order) < 20:
        return Special()
    for absorbing in order:
        alike = (units.field[order] == units.field[absorbing]) & (
            first.department[order] == first.department[absorbing]
        )
        smaller = order[alike & (first.staff[order] >= 4) & (first.staff[order] < first.staff[absorbing])]
        if len(smaller) and first.staff[absorbing] >= 10:
            rest = [i for i in order if i not in (absorbing, smaller[0])]
            return Special(int(smaller[0]), int(absorbing), int(rest[0]), int(rest[1]))
    return Special()
