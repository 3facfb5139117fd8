"""The register of organisations: who was approached, what happened to them, what ties they have.

``data/register.csv`` has one row an organisation; ``events.csv`` its closures, mergers and moves; ``memberships.csv``
and ``support.csv`` dated spells. The answers of a wave are held against them: nobody answers after closing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from panel_eis.errors import DataError, Problem, did_you_mean
from panel_eis.project_tables import read_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from panel_eis.codebook import Codebook

# Column -> choice list that its codes come from, or the kind of value.
_REGISTER = {
    "unit": "key", "name": "text", "route": "route", "entry_wave": "text", "legal_form": "legal_form",
    "department": "department", "size_class": "size_class", "consent_network": "yes_no", "consent_case": "yes_no",
}  # fmt: skip
_EVENTS = {"unit": "unit", "date": "date", "event": "event", "other": "unit?", "note": "text"}
_MEMBERSHIPS = {
    "unit": "unit", "network": "network?", "role": "tie_role", "other": "unit?", "start": "date", "end": "date?",
}  # fmt: skip
_SUPPORT = {
    "unit": "unit", "instrument": "instrument", "level": "public_level", "amount": "number?", "evaluation": "demand",
    "start": "date", "end": "date?",
}  # fmt: skip

CLOSING = ("closed", "merged_into")
LINKING = ("merged_into", "split_from")
"""Events that name another unit: the one that took over, or the one of origin."""
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

    """

    units: pd.DataFrame
    events: pd.DataFrame
    memberships: pd.DataFrame
    support: pd.DataFrame

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
    problems: list[Problem] = []
    units = _table(folder / "register.csv", _REGISTER, codebook, set(), problems)
    known = set(units["unit"]) if "unit" in units else set()
    twice: Iterable[str] = units["unit"][units["unit"].duplicated()].dropna() if "unit" in units else []
    problems += [Problem("E-REGISTER-TWICE", "data/register.csv", column="unit", value=u) for u in twice]
    events = _table(folder / "events.csv", _EVENTS, codebook, known, problems)
    memberships = _table(folder / "memberships.csv", _MEMBERSHIPS, codebook, known, problems)
    support = _table(folder / "support.csv", _SUPPORT, codebook, known, problems)
    if not problems:
        problems += _event_faults(events)
        problems += _overlaps(memberships, ["unit", "network", "role", "other"], "data/memberships.csv")
        problems += _overlaps(support, ["unit", "instrument", "level"], "data/support.csv")
    if problems:
        raise DataError(problems)
    return Register(
        units.drop(columns="row").set_index("unit").sort_index(),
        events.drop(columns="row").sort_values(["unit", "date", "event"], ignore_index=True),
        memberships.drop(columns="row").sort_values(["unit", "start", "network", "other"], ignore_index=True),
        support.drop(columns="row").sort_values(["unit", "start", "instrument", "level"], ignore_index=True),
    )


def _table(
    path: Path, columns: Mapping[str, str], codebook: Codebook, known: set[str], problems: list[Problem]
) -> pd.DataFrame:
    file = f"data/{path.name}"
    try:
        header, records = read_records(path, file)
    except DataError as error:
        problems += error.problems
        return pd.DataFrame(columns=["row", *columns])
    rows = [{"row": number, **record} for number, record in records]
    for name in header:
        if name not in columns:
            near = did_you_mean(name, columns)
            problems.append(Problem("E-TABLE-COLUMN", file, row=1, column=name, details={"near": near}))
    for name in columns:
        if name not in header:
            problems.append(Problem("E-TABLE-ABSENT", file, row=1, column=name))
            return pd.DataFrame(columns=["row", *columns])
    frame = pd.DataFrame(rows, columns=["row", *columns])
    for name, kind in columns.items():
        frame[name] = _checked(frame, name, kind, codebook, known=known, file=file, problems=problems)
    return frame


def _checked(
    frame: pd.DataFrame,
    name: str,
    kind: str,
    codebook: Codebook,
    *,
    known: set[str],
    file: str,
    problems: list[Problem],
) -> pd.Series:
    cells = frame[name].fillna("").astype(str).str.strip()
    optional, kind = kind.endswith("?"), kind.removesuffix("?")
    empty = cells == ""
    code = "E-TABLE-EMPTY"
    details: dict[str, str] = {}
    typed: pd.Series = cells.where(~empty)
    wrong = pd.Series(False, index=cells.index) if optional or kind == "text" else empty
    if kind == "date":
        typed = pd.to_datetime(cells.where(~empty), format="%Y-%m-%d", errors="coerce")
        code, details, wrong = "E-DATE", {"format": "iso"}, wrong | (typed.isna() & ~empty)
    elif kind == "number":
        typed = pd.to_numeric(cells.where(~empty), errors="coerce")
        code, details, wrong = "E-NUMBER", {"decimal": "."}, wrong | (typed.isna() & ~empty)
    elif kind == "unit":
        code, wrong = "E-TABLE-UNIT", wrong | (~cells.isin(known) & ~empty)
    elif kind not in ("key", "text"):
        codes = codebook.codes(kind)
        code, details = "E-CODE", {"known": ", ".join(codes), "near": ""}
        wrong = wrong | ~(cells.isin(codes) | empty)  # not |=, which would change `empty` too
    for row, unit, cell in zip(frame["row"][wrong], frame["unit"][wrong], cells[wrong], strict=True):
        told = code if cell else "E-TABLE-EMPTY"
        problems.append(
            Problem(
                told, file, int(row), name, unit if isinstance(unit, str) else None, cell, details=details
            )
        )
    return typed


def _event_faults(events: pd.DataFrame) -> list[Problem]:
    """Events that cannot be: a merger or split without the other unit, two ends, a life after the end."""
    if events.empty:
        return []  # empty columns have no type to compare
    ends = events[events["event"].isin(CLOSING)].sort_values("date", kind="stable")
    end = ends.groupby("unit")["date"].min().to_dict()
    first = ends.drop_duplicates("unit").index
    pair, other = events["event"].isin(LINKING), events["other"]
    gone = pd.to_datetime(other.map(end))
    faults: dict[str, Any] = {
        "E-EVENT-OTHER": pair & (other.isna() | (other == events["unit"])),
        "E-EVENT-TWICE": events.index.isin(ends.index) & ~events.index.isin(first),
        "E-EVENT-AFTER": ~events["event"].isin(CLOSING)
        & (events["date"] > pd.to_datetime(events["unit"].map(end))),
        # A unit can be absorbed only by one that still lives, and split only from one that has not ended before.
        "E-EVENT-DEAD": pair & (gone < events["date"]),
    }
    return [
        Problem(
            code, "data/events.csv", int(row["row"]), "event", row["unit"], row["event"],
            details={"other": str(row["other"]) if pd.notna(row["other"]) else "?"},
        )
        for code, wrong in faults.items()
        for _, row in events[np.asarray(wrong)].iterrows()
    ]  # fmt: skip


def _overlaps(spells: pd.DataFrame, keys: list[str], file: str) -> list[Problem]:
    """Spells of the same tie that overlap, and spells that end before they start."""
    ordered = spells.sort_values([*keys, "start"])
    before_end = ordered.groupby(keys, dropna=False)["end"].shift()
    has_before = ordered.groupby(keys, dropna=False).cumcount() > 0
    overlap = has_before & (before_end.isna() | (ordered["start"] < before_end))
    backwards = ordered["end"].notna() & (ordered["end"] < ordered["start"])
    return [
        Problem(code, file, int(row["row"]), "start", row["unit"], str(row["start"].date()))
        for code, rows in (("E-SPELL-OVERLAP", ordered[overlap]), ("E-SPELL-BACKWARDS", ordered[backwards]))
        for _, row in rows.iterrows()
    ]


def check_answers(answers: pd.DataFrame, wave: str, file: str, register: Register) -> list[Problem]:
    """Hold the units of a wave against the register.

    An answer after a closure or merger, or before the unit was split from another, is an error; a unit that the
    register does not have is a warning: it enters as refreshment, its stratum taken from its answers.
    """
    closed = register.closed_on()
    absorbed, born = register.absorbed_by(), register.split_from().to_dict("index")
    problems = []
    # A unit that is missing has been told already, as the empty cell or the absent column that it is.
    units, held = answers["unit"], register.units.index
    new = _is_new(units, held)
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
