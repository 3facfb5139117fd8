"""Answers beside dated spells, and spells beside one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panel_eis.codebook import Codebook
    from panel_eis.register import Register

TIES = {
    "memberships": ["unit", "network", "other"],
    "support": ["unit", "instrument", "level"],
}
"""What makes two spells one tie, by table."""
_OF_MEMBERSHIPS = ("networks", "networks_service", "peers")


def against_spells(
    rows: pd.DataFrame, variables: Sequence[str], codebook: Codebook, register: Register
) -> list[Problem]:
    """Where an answer and the spells in force on its day disagree.

    A table without any spell is not held against answers, nor are answers of a unit that the register does not know yet:
    its spells could not be noted, nor of one of whom a table with faults may lack spells. The value told
    is the code that only one of both has.

    Parameters
    ----------
    rows
        Rows of the panel, with ``unit`` and ``interview_date``.
    variables
        Of ``networks``, ``networks_service``, ``peers``, ``support_instruments``, ``support_levels``.

    """
    rows = rows[rows["unit"].isin(register.units.index)]
    ties, support = (_in_force(table, rows) for table in (register.memberships, register.support))
    peers = ties[ties["role"] == "peer"]
    tables = {
        "networks": ties["network"],
        "networks_service": ties.loc[ties["role"] == "member_service", "network"],
        "support_instruments": support["instrument"],
        "support_levels": support["level"],
    }
    empty = {*_OF_MEMBERSHIPS} if register.memberships.empty else set()
    empty |= {"support_instruments", "support_levels"} if register.support.empty else set()
    problems: list[Problem] = []
    for name in (v for v in variables if v not in empty):
        table = "memberships" if name in _OF_MEMBERSHIPS else "support"
        held = rows[~register.doubts(table, rows["unit"])]
        if name == "peers":
            dated = peers.groupby(level=0).size().reindex(held.index, fill_value=0)
            wrong = held["peers"].notna() & (held["peers"] != dated)
            problems += [_told(held, label, name, str(held.at[label, name])) for label in held.index[wrong]]
            continue
        dated = tables[name].dropna()
        there = pd.crosstab(dated.index, dated.to_numpy()) > 0
        for code in codebook.codes(name):
            said = held.get(f"{name}__{code}")
            if code == "none" or said is None:
                continue
            known = there[code].reindex(held.index, fill_value=False) if code in there else False
            wrong = (said != known).fillna(value=False)
            problems += [_told(held, label, name, code) for label in held.index[wrong]]
    return problems


def _in_force(spells: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Spells on the day of each answer, indexed by the label of the answer."""
    days = rows[["unit", "interview_date"]].assign(label=rows.index)
    both = days.merge(spells, on="unit")
    now = (both["start"] <= both["interview_date"]) & (
        both["end"].isna() | (both["end"] >= both["interview_date"])
    )
    return both[now].set_index("label")


def _told(rows: pd.DataFrame, label: int, name: str, value: str) -> Problem:
    file, row, unit = (rows.at[label, column] for column in ("source_file", "source_row", "unit"))
    return Problem("C-AGAINST-SPELLS", str(file), int(str(row)), name, str(unit), value)


def spell_gaps(register: Register, tables: Sequence[str], days: int) -> list[Problem]:
    """Spells of the same tie with a gap of less than ``days`` between them: told at the start of the second.

    A spell that starts the day after the former one goes on, with other terms.
    """
    problems = []
    for table in tables:
        spells, keys = getattr(register, table), TIES[table]
        ordered = spells.sort_values([*keys, "start"])
        end = ordered.groupby(keys, dropna=False)["end"].shift()
        gap = (ordered["start"] - end).dt.days
        problems += [
            Problem("C-SPELL-GAP", f"data/{table}.csv", None, "start", unit, str(start.date()))
            for unit, start in zip(
                ordered["unit"][(gap > 1) & (gap < days)],
                ordered["start"][(gap > 1) & (gap < days)],
                strict=True,
            )
        ]
    return problems
