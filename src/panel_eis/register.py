"""The register of organisations: who was approached, what happened to them, what ties they have.

``data/register.csv`` has one row an organisation; ``events.csv`` its closures, mergers and moves; ``memberships.csv``
and ``support.csv`` dated spells. The answers of a wave are held against them: nobody answers after closing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.errors import DataError, Problem, did_you_mean
from panel_eis.register_tables import CLOSING, sound_tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

    from panel_eis.codebook import Codebook

_COMPARISONS = 50_000
"""Names of units compared, at most, to find what a new one was meant to be: a slip is one of a few, a sample is not."""
SYNTHETIC_PREFIX = "SYN-"
"""Units whose identifier starts so are simulated; the banner of the report appears and goes with them."""


@dataclass(frozen=True)
class Register:
    """Four tables about the organisations of the panel.

    Attributes
    ----------
    units
        Indexed by ``unit``: name, route, entry_wave, frame stratum (legal_form, department, size_class), consents.
    events
        unit, date, event, other, note; sorted by unit and date.
    memberships, support
        Dated spells; ``end`` is missing while a spell lasts.
    doubtful
        Tables that have faults (``sound_register``), with the organisations that are left out of them; ``None`` where it
        is not known who is missing. Nothing can be said of those.

    """

    units: pd.DataFrame
    events: pd.DataFrame
    memberships: pd.DataFrame
    support: pd.DataFrame
    doubtful: Mapping[str, frozenset[str] | None] = field(default_factory=dict)

    def doubts(self, table: str, units: pd.Series) -> pd.Series:
        """True for the units of whom a table may lack something, since it has faults."""
        left_out = self.doubtful.get(table, frozenset())
        whole = left_out is None
        return units.isin(left_out or ()) | whole

    def known(self) -> pd.Index:
        """Units that the register has, those with a fault elsewhere in their row among them."""
        left_out = self.doubtful.get("register")
        return self.units.index.union(sorted(left_out)) if left_out else self.units.index

    def lacks(self, unit: str) -> bool:
        """True where the register does not have that unit, as far as it can be relied upon."""
        return self.doubtful.get("register", ()) is not None and unit not in self.known()

    def closed_on(self) -> pd.Series:
        """Date from which a unit no longer exists on its own, by unit."""
        closing = self.events[self.events["event"].isin(CLOSING)]
        return closing.groupby("unit")["date"].min()

    def split_from(self) -> pd.DataFrame:
        """Origin and day of birth of units that were split from another: columns ``other``, ``date``; by unit."""
        splits = self.events[self.events["event"] == "split_from"]
        return splits.drop_duplicates("unit").set_index("unit")[["other", "date"]]

    def absorbed_by(self) -> dict[str, str]:
        """Unit that took over a merged one, by merged unit."""
        mergers = self.events[self.events["event"] == "merged_into"]
        return dict(zip(mergers["unit"], mergers["other"], strict=True))


def read_register(folder: Path, codebook: Codebook) -> Register:
    """Read and check the four tables.

    Raises
    ------
    DataError
        With every fault of the four files: columns, codes, dates, units that the register does not have, spells
        that overlap.

    """
    register, problems = sound_register(folder, codebook)
    if problems:
        raise DataError(problems)
    return register


def sound_register(folder: Path, codebook: Codebook) -> tuple[Register, list[Problem]]:
    """The register as far as it can be relied upon (``Register.doubtful``), and every fault of the four files."""
    tables = sound_tables(folder, codebook)
    rows = {name: table.rows.drop(columns="row") for name, table in tables.items()}
    register = Register(
        rows["register"].set_index("unit").sort_index(),
        rows["events"].sort_values(["unit", "date", "event"], ignore_index=True),
        rows["memberships"].sort_values(["unit", "start", "network", "other"], ignore_index=True),
        rows["support"].sort_values(["unit", "start", "instrument", "level"], ignore_index=True),
        {name: table.doubtful for name, table in tables.items() if table.problems},
    )
    return register, [p for table in tables.values() for p in table.problems]


def check_answers(answers: pd.DataFrame, wave: str, file: str, register: Register) -> list[Problem]:
    """Hold the units of a wave against the register.

    An answer after a closure or merger, or before the unit was split from another, is an error; a unit that the
    register does not have is a warning: it enters as refreshment, its stratum taken from its answers.
    """
    closed = register.closed_on()
    absorbed, born = register.absorbed_by(), register.split_from().to_dict("index")
    problems = []
    # A unit that is missing has been told already, as the empty cell or the absent column that it is.
    units, held = answers["unit"], register.known()
    new = _is_new(units, held) & (register.doubtful.get("register", ()) is not None)
    doubtful = answers.loc[new | units.isin([*closed.index, *born]).to_numpy(), ["unit", "interview_date"]]
    near = _nearest(units[new], held)
    for row, unit, date in doubtful.itertuples(name=None):
        if unit in near:
            details = {"near": near[unit], "wave": wave}
            problems.append(Problem("W-NEW-UNIT", file, int(row), "unit", unit, unit, details=details))
        elif unit in closed.index and pd.notna(date) and date >= closed[unit]:
            into = absorbed.get(unit, "")
            details = {"date": str(closed[unit].date()), "into": f" ({into})" if into else ""}
            problems.append(Problem("E-AFTERLIFE", file, int(row), "unit", unit, unit, details=details))
        elif unit in born and pd.notna(date) and date < born[unit]["date"]:
            details = {"date": str(born[unit]["date"].date()), "other": str(born[unit]["other"])}
            problems.append(Problem("E-BEFORE-BIRTH", file, int(row), "unit", unit, unit, details=details))
    return problems


def _is_new(units: pd.Series, held: pd.Index) -> np.ndarray:
    """True for units that are given and not held; both numbered in one pass (``isin`` is ten times slower on text)."""
    both = pd.concat([pd.Series(held, dtype="string"), units.astype("string")], ignore_index=True)
    codes, _ = pd.factorize(both)  # from zero, in order; missing is -1
    return codes[len(held) :] > codes[: len(held)].max(initial=-1)


def _nearest(new: pd.Series, held: pd.Index) -> dict[str, str]:
    """What to say of each unit that the register lacks: the nearest it has, for as many as ``_COMPARISONS`` allows."""
    units = dict.fromkeys(new, "")
    most = _COMPARISONS // max(len(held), 1)
    names = held.tolist() if units and most else []
    return units | {unit: did_you_mean(unit, names) for unit in islice(units, most)}
