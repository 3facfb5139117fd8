"""Budgets, and the public instruments that feed them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from panel_eis.synthetic.interview import World
    from panel_eis.synthetic.structure import State

PER_HEAD = 43.0
"""Budget for one employee, in thousands of euros; assumption."""
FIELD_FACTOR = {
    "finance": 2.2,
    "health": 1.15,
    "housing": 1.4,
    "digital_mobility": 1.3,
    "sport": 0.85,
    "culture": 0.9,
}


@dataclass(frozen=True)
class Instrument:
    """Levels that pay it (twice the same: twice as often), and its part of the money of its kind."""

    levels: tuple[str, ...]
    part: float


INSTRUMENTS = {
    "operating_grant": Instrument(("commune", "commune", "epci", "department", "region"), 0.6),
    "project_grant": Instrument(("commune", "department", "region", "state", "social_security"), 0.4),
    "cpo": Instrument(("commune", "department", "region", "state"), 0.5),
    "call": Instrument(("region", "state", "epci"), 0.25),
    "procurement": Instrument(("commune", "epci", "department"), 0.9),
    "per_diem": Instrument(("department", "state", "social_security"), 0.9),
    "job_aid": Instrument(("state",), 0.5),
    "esf": Instrument(("eu",), 0.3),
    "impact_contract": Instrument(("state",), 0.3),
    "dla": Instrument(("state",), 0.02),
    "loan": Instrument(("region", "state"), 0.3),
}
MAIN = {
    "work_integration": "job_aid",
    "environment": "project_grant",
    "digital_mobility": "call",
    "finance": "call",
}
EXTRAS = {"project_grant": 0.30, "call": 0.15, "esf": 0.05, "loan": 0.05, "impact_contract": 0.01}
"""Share of supported organisations that also have it; assumption."""
DLA_RATE = 0.08


def budgets(world: World, t: int) -> np.ndarray:
    """Annual budget of each organisation at one wave, in thousands of euros with one decimal."""
    state, units = world.structure.states[t], world.structure.units
    n = len(state.staff)
    factor = np.ones(n)
    for field, value in FIELD_FACTOR.items():
        factor[units.field[:n] == field] = value
    yearly = world.streams.stage("budget", world.structure.waves[t]).normal(size=n)
    spread = 0.30 * world.trait("budget")[:n, 0] + 0.06 * yearly
    return np.round((8 + PER_HEAD * factor * state.staff) * np.exp(spread), 1)


def support_tracks(world: World) -> dict[tuple[int, tuple[str, ...]], list[str]]:
    """Instruments of each organisation that ever answered, with their evaluation clause at each wave."""
    units, structure = world.structure.units, world.structure
    picks = world.trait("instruments", len(EXTRAS) + 1, uniform=True)
    levels = world.trait("levels", len(INSTRUMENTS), uniform=True)
    dla = [
        world.streams.stage("dla", wave).random(units.entered(t)) < DLA_RATE
        for t, wave in enumerate(structure.waves)
    ]
    tracks: dict[tuple[int, tuple[str, ...]], list[str]] = {}
    for i in np.flatnonzero(world.ever).tolist():
        main = _main(str(units.field[i]), str(units.legal_form[i]), picks[i, 0], units.resources[i])
        extras = [name for k, (name, p) in enumerate(EXTRAS.items()) if picks[i, k + 1] < p and name != main]
        for t, state in enumerate(structure.states):
            if i >= len(state.alive) or not state.alive[i] or not state.supported[i]:
                continue
            episode = ["dla"] if dla[t][i] else []
            for name, clause in _clauses(world, state, i, main, extras + episode).items():
                level = _level(name, levels[i, list(INSTRUMENTS).index(name)], str(units.department[i]))
                tracks.setdefault((i, (name, level)), [""] * len(structure.waves))[t] = clause
    return tracks


def _main(field: str, form: str, u: float, resources: np.ndarray) -> str:
    """Choose the instrument that matters most to an organisation."""
    if field == "health" and resources[1] > resources[0] and form != "company":
        return "per_diem"
    if resources[1] > resources[0]:
        return "procurement"
    return MAIN.get(field) or ("operating_grant" if u < 0.7 else "project_grant")


def _clauses(world: World, state: State, i: int, main: str, others: list[str]) -> dict[str, str]:
    """Give the evaluation clause of each instrument in force; the strongest is what funders ask for."""
    codes = tuple(world.truth.support.demands)
    demand = codes[state.demand[i]]
    carrier = "cpo" if state.multiyear[i] else main
    lesser = "none" if demand == "none" else "report"
    return dict.fromkeys(others, "none") | {main: lesser} | {carrier: demand}


def _level(instrument: str, u: float, department: str) -> str:
    """Choose the level that pays; in the Métropole de Lyon the métropole has the powers of a département."""
    choices = INSTRUMENTS[instrument].levels
    level = choices[int(u * len(choices))]
    return "epci" if level == "department" and department == "69M" else level
