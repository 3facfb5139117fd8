"""The four tables of the register, each read and judged by itself: columns, codes, dates, units, events and spells.

A fault leaves out its row and all rows of the same organisation in that table: what is left can be relied upon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from panel_eis.errors import DataError, Problem, did_you_mean
from panel_eis.project_tables import read_records

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
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


@dataclass(frozen=True)
class SoundTable:
    """One table without its faults.

    Attributes
    ----------
    rows
        Rows of the organisations of whom the table has no fault, with their number in ``row``.
    problems
        Every fault.
    doubtful
        Organisations left out; ``None`` where it is not known whom a faulty row is about, or the file cannot be read.

    """

    rows: pd.DataFrame
    problems: tuple[Problem, ...]
    doubtful: frozenset[str] | None = frozenset()


def sound_tables(folder: Path, codebook: Codebook) -> dict[str, SoundTable]:
    """Read ``register``, ``events``, ``memberships`` and ``support``; nothing is raised."""
    units = _sound(folder / "register.csv", _REGISTER, codebook, (), _twice)
    known = None if units.doubtful is None else {*units.rows["unit"], *units.doubtful}
    tables = {"register": units}
    for name, columns, faults in (
        ("events", _EVENTS, _event_faults),
        ("memberships", _MEMBERSHIPS, _overlapping_ties),
        ("support", _SUPPORT, _overlapping_support),
    ):
        tables[name] = _sound(folder / f"{name}.csv", columns, codebook, known, faults)
    return tables


def _sound(
    path: Path,
    columns: Mapping[str, str],
    codebook: Codebook,
    known: Collection[str] | None,
    faults: Callable[[pd.DataFrame], list[Problem]],
) -> SoundTable:
    problems: list[Problem] = []
    frame = _table(path, columns, codebook, known, problems)
    if frame is None:
        days = {name: "datetime64[ns]" for name, kind in columns.items() if kind.startswith("date")}
        return SoundTable(pd.DataFrame(columns=["row", *columns]).astype(days), tuple(problems), None)
    faulty = {p.row for p in problems if p.row is not None}
    problems += faults(frame[~frame["row"].isin(faulty)])
    faulty = {p.row for p in problems if p.row is not None and p.row > 1}
    whose = frame.loc[frame["row"].isin(faulty), "unit"]
    unknown = whose.isna().any() or (known and not whose.isin(known).all())
    rows = frame[~frame["unit"].isin(whose.dropna()) & frame["unit"].notna()]
    return SoundTable(rows, tuple(problems), None if unknown else frozenset(whose))


def _twice(units: pd.DataFrame) -> list[Problem]:
    again = units[units["unit"].duplicated() & units["unit"].notna()]
    return [
        Problem("E-REGISTER-TWICE", "data/register.csv", int(row), "unit", unit, unit)
        for row, unit in zip(again["row"], again["unit"], strict=True)
    ]


def _table(
    path: Path,
    columns: Mapping[str, str],
    codebook: Codebook,
    known: Collection[str] | None,
    problems: list[Problem],
) -> pd.DataFrame | None:
    """The table with typed columns; ``None`` where it cannot be read. Without ``known``, units are taken as they are."""
    file = f"data/{path.name}"
    try:
        header, records = read_records(path, file)
    except DataError as error:
        problems += error.problems
        return None
    rows = [{"row": number, **record} for number, record in records]
    for name in header:
        if name not in columns:
            near = did_you_mean(name, columns)
            problems.append(Problem("E-TABLE-COLUMN", file, row=1, column=name, details={"near": near}))
    absent = [name for name in columns if name not in header]
    problems += [Problem("E-TABLE-ABSENT", file, row=1, column=name) for name in absent]
    if absent:
        return None
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
    known: Collection[str] | None,
    file: str,
    problems: list[Problem],
) -> pd.Series:
    cells = frame[name].fillna("").astype(str).str.strip()
    optional, kind = kind.endswith("?"), kind.removesuffix("?")
    empty = cells == ""
    code = "E-TABLE-EMPTY"
    details: dict[str, str] = {}
    codes: tuple[str, ...] = ()
    typed: pd.Series = cells.where(~empty)
    wrong = pd.Series(False, index=cells.index) if optional or kind == "text" else empty
    if kind == "date":
        typed = pd.to_datetime(cells.where(~empty), format="%Y-%m-%d", errors="coerce")
        code, wrong = "E-TABLE-DATE", wrong | (typed.isna() & ~empty)
    elif kind == "number":
        typed = pd.to_numeric(cells.where(~empty), errors="coerce")
        code, wrong = "E-TABLE-NUMBER", wrong | (typed.isna() & ~empty)
    elif kind == "unit":
        known = cells.unique() if known is None else known
        code, wrong = "E-TABLE-UNIT", wrong | (~cells.isin(list(known)) & ~empty)
    elif kind not in ("key", "text"):
        codes = codebook.codes(kind)
        code, details = "E-TABLE-CODE", {"known": ", ".join(codes)}
        wrong = wrong | ~(cells.isin(codes) | empty)  # not |=, which would change `empty` too
    for row, unit, cell in zip(frame["row"][wrong], frame["unit"][wrong], cells[wrong], strict=True):
        told = code if cell else "E-TABLE-EMPTY"
        near = {"near": did_you_mean(cell, codes)} if codes else {}
        problems.append(
            Problem(
                told,
                file,
                int(row),
                name,
                unit if isinstance(unit, str) else None,
                cell,
                details=details | near,
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
    if spells.empty:
        return []  # empty columns have no type to compare
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


def _overlapping_ties(memberships: pd.DataFrame) -> list[Problem]:
    return _overlaps(memberships, ["unit", "network", "role", "other"], "data/memberships.csv")


def _overlapping_support(support: pd.DataFrame) -> list[Problem]:
    return _overlaps(support, ["unit", "instrument", "level"], "data/support.csv")
