"""One wave as the interviewer meets it: who answers, when, and the draws that belong to this wave."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from panel_eis.codebook import Codebook
    from panel_eis.synthetic.streams import Streams
    from panel_eis.synthetic.structure import Structure
    from panel_eis.synthetic.truth import Truth

FIELDWORK = ("03-15", "06-30")
"""First and last day of fieldwork, every wave: spring, when the accounts of the former year are known."""


def opening(wave: str) -> np.datetime64:
    """First day of fieldwork."""
    return np.datetime64(f"{wave[:4]}-{FIELDWORK[0]}")


def closing(wave: str) -> np.datetime64:
    """Last day of fieldwork."""
    return np.datetime64(f"{wave[:4]}-{FIELDWORK[1]}")


@dataclass(frozen=True)
class World:
    """What all waves share: the truth, the source of chance and what happened."""

    truth: Truth
    streams: Streams
    structure: Structure
    codebook: Codebook

    def trait(self, name: str, columns: int = 1, *, uniform: bool = False) -> np.ndarray:
        """Numbers proper to an organisation, the same at all waves: one row each (normal, or uniform)."""
        pieces = []
        for position, wave in enumerate(self.structure.waves):
            rng = self.streams.stage("trait", name, wave)
            shape = (int((self.structure.units.cohort == position).sum()), columns)
            pieces.append(rng.random(shape) if uniform else rng.standard_normal(shape))
        return np.concatenate(pieces)

    def changes_on(self, t: int) -> np.ndarray:
        """For each organisation, the day on which what differs between waves ``t - 1`` and ``t`` changed."""
        wave = self.structure.waves[t]
        n = self.structure.units.entered(t)
        if t == 0:
            first, days = opening(wave) - np.timedelta64(2500, "D"), 2300
        else:
            first = closing(self.structure.waves[t - 1]) + np.timedelta64(1, "D")
            days = int((opening(wave) - first).astype(int))
        drawn = self.streams.stage("changes", wave).integers(0, days, n)
        return first + drawn.astype("timedelta64[D]")

    @cached_property
    def ever(self) -> np.ndarray:
        """True for organisations that answered at least once, which is when they were first approached."""
        return self.structure.units.answers_first


@dataclass(frozen=True)
class Interview:
    """The organisations that answer at one wave, in order; columns are arrays over them."""

    world: World
    t: int

    @property
    def wave(self) -> str:
        """Name of the wave."""
        return self.world.structure.waves[self.t]

    @cached_property
    def rows(self) -> np.ndarray:
        """Positions of those who answer."""
        return np.flatnonzero(self.world.structure.states[self.t].responded)

    @property
    def n(self) -> int:
        """How many answer."""
        return len(self.rows)

    @property
    def truth(self) -> Truth:
        """The written truth."""
        return self.world.truth

    def codes(self, name: str) -> tuple[str, ...]:
        """Codes of a question, from the codebook."""
        return self.world.codebook.codes(name)

    def state(self, name: str) -> np.ndarray:
        """Column of the state at this wave."""
        return getattr(self.world.structure.states[self.t], name)[self.rows]

    def unit(self, name: str) -> np.ndarray:
        """Column of what never changes."""
        return getattr(self.world.structure.units, name)[self.rows]

    def trait(self, name: str, columns: int = 1, *, uniform: bool = False) -> np.ndarray:
        """Traits of those who answer (see ``World.trait``)."""
        return self.world.trait(name, columns, uniform=uniform)[self.rows]

    def rng(self, name: str) -> np.random.Generator:
        """Give the generator of a stage at this wave."""
        return self.world.streams.stage(name, self.wave)

    @cached_property
    def evaluates(self) -> np.ndarray:
        """True from rung 2 on."""
        return self.state("ladder") >= 2

    @cached_property
    def asset(self) -> np.ndarray:
        """True score, in SD from the point at which the scored items have the means written in the truth."""
        scored = [self.truth.likert.means[item.name] for item in self.world.codebook.items()]
        pivot = (sum(scored) / len(scored) - 1) * 25
        return (self.state("score_true") - pivot) / self.truth.score.points_per_sd

    @cached_property
    def role(self) -> np.ndarray:
        """Role of the person who answers; it belongs to the person, so it stays while the person stays."""
        person = np.minimum(self.state("person"), 7)
        u = self.trait("role", 8, uniform=True)[np.arange(self.n), person]
        lead = np.where(self.unit("z_score") > 0, 0.17, 0.07)
        board = np.where(self.unit("staff") == 0, 0.75, 0.18)
        chances = [
            lead,
            board,
            np.full(self.n, 0.14),
            np.full(self.n, 0.015),
            np.full(self.n, 0.02),
            np.full(self.n, 0.02),
        ]
        codes = np.array(
            ["evaluation_lead", "board", "field_staff", "beneficiary", "funder", "federation", "director"]
        )
        return codes[(u[:, None] >= np.cumsum(chances, axis=0).T).sum(axis=1)]


def boxes(codes: tuple[str, ...] | list[str], ticked: np.ndarray) -> np.ndarray:
    """Cells of a question with several answers: codes joined by one space, in the order of the list."""
    return np.array(
        [" ".join(c for c, on in zip(codes, row, strict=True) if on) for row in ticked.tolist()], dtype=object
    )


def text(values: np.ndarray, pattern: str = "{}") -> np.ndarray:
    """Cells of a column, as text."""
    return np.array([pattern.format(v) for v in values.tolist()], dtype=object)


def mask(rng: np.random.Generator, cells: np.ndarray, **shares: float) -> np.ndarray:
    """Replace some cells: ``empty=0.02, dk=0.01`` blanks two percent and writes ``dk`` in one percent."""
    u, cells, low = rng.random(len(cells)), cells.astype(object), 0.0
    for code, share in shares.items():
        cells[(u >= low) & (u < low + share)] = "" if code == "empty" else code
        low += share
    return cells
