"""Margins that no weights can meet: which one, what was reached, why, and what to mend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from panel_eis.errors import Problem

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray, IntArray

FEW = 20
"""A category with fewer answers is sparse; the threshold that is customary for cells of weighting."""
JOIN = " + "
"""Between the codes of categories that are raked as one."""
_MOST_NAMED = 6


@dataclass(frozen=True)
class Margin:
    """Codes of the rows and target shares of the categories present."""

    name: str
    codes: IntArray
    target: FloatArray
    categories: tuple[str, ...]

    def shares(self, weights: FloatArray) -> FloatArray:
        """Weighted share of each category."""
        return np.asarray(np.bincount(self.codes, weights, len(self.target)) / weights.sum())

    def gaps(self, weights: FloatArray) -> FloatArray:
        """How far each share is from its target."""
        return np.asarray(np.abs(self.shares(weights) - self.target))

    def fit(self, weights: FloatArray) -> FloatArray:
        """The weights brought to this margin."""
        return np.asarray(weights * (self.target / self.shares(weights))[self.codes])


def impossible(margins: list[Margin], weights: FloatArray, cycles: int, where: str) -> Problem:
    """Say what raking reached at the end: the category farthest from its share, and those that are sparse.

    Parameters
    ----------
    margins, weights
        As raking left them after ``cycles`` cycles.
    where
        Name of the wave.

    """
    worst = max(margins, key=lambda m: float(m.gaps(weights).max()))
    place = int(worst.gaps(weights).argmax())
    counts = sorted(
        (int(n), m.name, category)
        for m in margins
        for category, n in zip(m.categories, np.bincount(m.codes, minlength=len(m.target)), strict=True)
    )
    few = [f"{name}: {category} ({n})" for n, name, category in counts if n < FEW][:_MOST_NAMED]
    of = len(worst.codes)
    details = {
        "wave": where,
        "cycles": str(cycles),
        "reached": f"{100 * worst.shares(weights)[place]:.1f}",
        "target": f"{100 * worst.target[place]:.1f}",
        "n": str(int((worst.codes == place).sum())),
        "of": str(of),
        "few": "; ".join(few) or "-",
    }
    details |= _why(margins)
    return Problem(
        "E-RAKING", "data/frame.csv", column=worst.name, value=worst.categories[place], details=details
    )


def _why(margins: list[Margin]) -> dict[str, str]:
    """One contradiction that needs no computing: answers of a category lie where another margin leaves less room."""
    found = []
    for one in margins:
        for place, category in enumerate(one.categories):
            for other in (m for m in margins if m is not one):
                met = np.unique(other.codes[one.codes == place])
                short = float(one.target[place] - other.target[met].sum())
                if short > 0:
                    found.append((short, one, place, category, other, met))
    if not found:
        return {"why_fr": "", "why_en": ""}
    _, one, place, category, other, met = max(
        found, key=lambda each: (round(each[0], 9), -int((each[1].codes == each[2]).sum()))
    )
    where = f"{other.name} {', '.join(other.categories[k] for k in met)}"
    room, wanted = (f"{100 * float(share):.1f}" for share in (other.target[met].sum(), one.target[place]))
    return {
        "why_fr": f" ; « {category} » doit peser {wanted} %, mais n'a de réponses que dans {where}, qui doit peser {room} %",
        "why_en": f"; “{category}” must weigh {wanted} %, but is answered only in {where}, which must weigh {room} %",
    }
