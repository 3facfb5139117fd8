"""What people provide beside the waves, read as far as it is sound: the register and its spells, the corrections.

A fault of one of these files hides no fault of a wave: all are told in one run, with what could not be checked meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from panel_eis.corrections import FILE, sound_corrections
from panel_eis.errors import Problem
from panel_eis.register import sound_register

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from panel_eis.codebook import Codebook
    from panel_eis.corrections import Correction
    from panel_eis.register import Register

_UNCHECKED = {
    "events": "W-UNCHECKED-EVENTS",
    "memberships": "W-UNCHECKED-MEMBERSHIPS",
    "support": "W-UNCHECKED-SUPPORT",
}
_MOST_NAMED = 5


@dataclass(frozen=True)
class Beside:
    """The register and the corrections that can be relied upon, every fault, and what could not be checked for them."""

    register: Register
    corrections: tuple[Correction, ...]
    problems: tuple[Problem, ...]


def beside_waves(root: Path, codebook: Codebook, waves: Collection[str]) -> Beside:
    """Read what stands beside the waves of those names; nothing is raised."""
    data = root / "data"
    register, faults = sound_register(data, codebook)
    corrections, wrong = sound_corrections(data / "corrections.csv", waves)
    unchecked = _unchecked(register)
    if wrong:
        unchecked.append(Problem("W-UNCHECKED-CORRECTIONS", FILE))
    return Beside(register, corrections, (*faults, *wrong, *unchecked))


def _unchecked(register: Register) -> list[Problem]:
    """What is not checked since a table has faults; one whose faults concern nobody leaves nothing out."""
    told = []
    if register.doubtful.get("register", frozenset()) is None:
        told.append(Problem("W-UNCHECKED-REGISTER", "data/register.csv"))
    for table, code in _UNCHECKED.items():
        units = register.doubtful.get(table, frozenset())
        if units is None or units:
            told.append(Problem(code, f"data/{table}.csv", details=_of_whom(units)))
    return told


def _of_whom(units: frozenset[str] | None) -> dict[str, str]:
    if units is None:
        return {"who_fr": "toutes les organisations", "who_en": "all organisations"}
    names = ", ".join(sorted(units)[:_MOST_NAMED]) + ("…" if len(units) > _MOST_NAMED else "")
    return {"who_fr": names, "who_en": names}
