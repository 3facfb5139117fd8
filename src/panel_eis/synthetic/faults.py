"""Faults planted in the demonstration data: those that real waves have, so that checks and the quality page have work.

``truth.yml`` says how many of each (section ``faults``); ``data/planted.csv`` says where they are, and which check should
find them, so that a test can compare. All are warnings, or are mended by what is declared (a correction, test rows,
duplicates): none stops a build. Former cases are left alone, and no organisation gets two faults.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.synthetic.interview import opening

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from panel_eis.codebook import Codebook
    from panel_eis.synthetic.interview import World

PLANTED = ["fault", "wave", "unit", "variable", "before", "after", "found_by"]
"""Columns of ``data/planted.csv``; ``found_by`` is the code of the check, or what in the declarations deals with it."""
CORRECTIONS = ["wave", "unit", "respondent", "variable", "old", "new", "reason", "date", "by"]
GAP_DAYS = 14
SPEED = "2"
"""Minutes that an interview of some eighty questions cannot take."""


@dataclass
class _Planting:
    """Answers by wave while faults go in; only cells of the chosen rows change, in copies."""

    world: World
    answers: dict[str, pd.DataFrame]
    spared: set[str]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    corrections: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def waves(self) -> list[str]:
        return list(self.answers)

    def cell(self, wave: str, row: int, name: str) -> str:
        """What is written in a cell."""
        return str(self.answers[wave].at[row, name])

    def pick(self, fault: str, wave: str, fits: pd.Series) -> int | None:
        """A row of the wave that fits, whose organisation answers once there and has no fault yet."""
        frame = self.answers[wave]
        alone = ~frame["unit"].duplicated(keep=False) & ~frame["unit"].isin(self.spared)
        rows = np.flatnonzero((fits & alone).to_numpy())
        if not len(rows):
            return None
        row = int(rows[self.world.streams.stage("fault", fault, wave).integers(len(rows))])
        self.spared.add(self.cell(wave, row, "unit"))
        return row

    def change(self, fault: str, wave: str, row: int | None, cells: Mapping[str, str], found_by: str) -> None:
        """Put other cells in a row and note the first of them."""
        if row is None:
            return
        frame = self.answers[wave]
        variable, after = next(iter(cells.items()))
        before = self.cell(wave, row, variable)
        for name, cell in cells.items():
            frame.at[row, name] = cell
        self.rows.append((fault, wave, self.cell(wave, row, "unit"), variable, before, after, found_by))

    def new(self, wave: str, name: str) -> pd.Series:
        """Whether a row of a wave answers a question that its organisation never answered before."""
        frame = self.answers[wave]
        past = [self.answers[w] for w in self.waves[: self.waves.index(wave)]]
        known = {unit for rows in past for unit in rows.loc[rows[name] != "", "unit"]}
        return (frame[name] != "") & ~frame["unit"].isin(known)

    def earlier(self, wave: str, name: str, value: str) -> pd.Series:
        """For each row of a wave, the year of the last earlier wave at which that answer was given; missing if never."""
        frame = self.answers[wave]
        years = pd.Series(np.nan, index=frame.index)
        for past in self.waves[: self.waves.index(wave)]:
            rows = self.answers[past]
            said = frame["unit"].isin(rows.loc[rows[name] == value, "unit"])
            years = years.mask(said, int(past[:4]))
        return years


def plant(
    world: World, answers: Mapping[str, pd.DataFrame], ties: pd.DataFrame, spared: set[str]
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Give answers and ties with faults, the corrections that mend one kind, and the list of all that was planted.

    Parameters
    ----------
    world
        The truth (``faults``) and the source of chance, in streams of its own: nothing else moves.
    answers
        Cells of each wave, in order.
    ties
        Rows of ``memberships.csv``.
    spared
        Organisations that stay as they are.

    Returns
    -------
    Answers, ties, rows of ``corrections.csv``, rows of ``planted.csv``.

    """
    p = _Planting(world, {w: frame.copy() for w, frame in answers.items()}, set(spared))
    for fault, (positions, put) in FAULTS.items():
        for k in range(int(world.truth.faults[fault])):
            position = positions[k % len(positions)]
            if position < len(p.waves):
                put(p, fault, p.waves[position])
    ties = _with_gaps(p, ties)
    _extra_rows(p)
    corrections = pd.DataFrame(p.corrections, columns=CORRECTIONS, dtype=object)
    return p.answers, ties, corrections, pd.DataFrame(p.rows, columns=PLANTED, dtype=object)


def _numbers(cells: pd.Series) -> pd.Series:
    return pd.to_numeric(cells, errors="coerce")


def _same_grade(p: _Planting, fault: str, wave: str) -> None:
    """The grade 3 for every statement that was answered."""
    frame, items = p.answers[wave], _items(p.world.codebook, p.answers[wave])
    given = frame[items].isin(list("12345"))
    row = p.pick(fault, wave, given.sum(axis=1) >= len(items) - 3)
    if row is not None:
        p.change(fault, wave, row, {i: "3" for i in items if given.at[row, i]}, "C-STRAIGHT")


def _items(codebook: Codebook, frame: pd.DataFrame) -> list[str]:
    names = next((r.variables for r in codebook.checks if r.check == "straight_lining"), ())
    return [name for name in names if name in frame]


def _hurried(p: _Planting, fault: str, wave: str) -> None:
    frame = p.answers[wave]
    row = p.pick(fault, wave, frame["frequency"].isin(["occasional", "regular"]) & (frame["minutes"] != ""))
    p.change(fault, wave, row, {"minutes": SPEED}, "C-TOO-FAST")


def _ten_times(p: _Planting, fault: str, wave: str) -> None:
    """A zero too many in the headcount, of an organisation that grew or stayed as it was."""
    frame = p.answers[wave]
    past = p.answers[p.waves[p.waves.index(wave) - 1]].drop_duplicates("unit").set_index("unit")["staff"]
    now, before = _numbers(frame["staff"]), frame["unit"].map(_numbers(past))
    row = p.pick(fault, wave, (now >= before) & (before >= 3) & (now < 50))
    if row is not None:
        p.change(fault, wave, row, {"staff": p.cell(wave, row, "staff") + "0"}, "C-JUMP")


def _in_euros(p: _Planting, fault: str, wave: str) -> None:
    """A budget in euros instead of thousands of euros, found out and corrected."""
    frame = p.answers[wave]
    money = _numbers(frame["budget"])
    row = p.pick(fault, wave, money > 50)
    if row is None:
        return
    right, wrong = p.cell(wave, row, "budget"), f"{money[row] * 1000:.0f}"
    p.change(fault, wave, row, {"budget": wrong}, "corrections.csv")
    reason = "Saisi en euros au lieu de milliers d'euros ; confirmé par téléphone (fictif)"
    who = (p.cell(wave, row, "unit"), p.cell(wave, row, "respondent"))
    p.corrections.append((wave, *who, "budget", wrong, right, reason, f"{wave[:4]}-09-14", "équipe fictive"))


def _denied(p: _Planting, fault: str, wave: str) -> None:
    """A practice said to be two years older than the wave at which the organisation had none."""
    frame = p.answers[wave]
    denied = p.earlier(wave, "frequency", "never")
    row = p.pick(fault, wave, p.new(wave, "practice_since") & (_numbers(frame["founded"]) < denied - 4))
    if row is not None:
        p.change(fault, wave, row, {"practice_since": str(int(denied[row]) - 2)}, "C-SINCE-DENIED")


def _before_birth(p: _Planting, fault: str, wave: str) -> None:
    """A practice older than the organisation, as where it took over another."""
    frame = p.answers[wave]
    known = p.new(wave, "practice_since") & (frame["founded"] != "")
    row = p.pick(fault, wave, known & p.earlier(wave, "frequency", "never").isna())
    if row is not None:
        p.change(
            fault, wave, row, {"practice_since": str(int(p.cell(wave, row, "founded")) - 3)}, "C-YEARS-ORDER"
        )


def _too_early(p: _Planting, fault: str, wave: str) -> None:
    """An answer from before the fieldwork."""
    frame = p.answers[wave]
    row = p.pick(fault, wave, frame["interview_date"] != "")
    p.change(fault, wave, row, {"interview_date": str(opening(wave) - np.timedelta64(3, "D"))}, "C-FIELDWORK")


def _trial_word(p: _Planting, fault: str, wave: str) -> None:
    frame = p.answers[wave]
    p.change(fault, wave, p.pick(fault, wave, frame["comment"] == ""), {"comment": "essai"}, "C-TEST-ROW")


def _one_peer_more(p: _Planting, fault: str, wave: str) -> None:
    frame = p.answers[wave]
    peers = _numbers(frame["peers"])
    row = p.pick(fault, wave, peers >= 1)
    if row is not None:
        p.change(fault, wave, row, {"peers": str(int(peers[row]) + 1)}, "C-AGAINST-SPELLS")


def _without_nomenclature(p: _Planting, fault: str, wave: str) -> None:
    p.change(fault, wave, p.pick(fault, wave, p.answers[wave]["naf"] != ""), {"naf_version": ""}, "C-NAF")


def _other_category(p: _Planting, fault: str, wave: str) -> None:
    """The legal category of a foundation for an association that is new, and says the same ever after."""
    frame = p.answers[wave]
    odd = (frame["legal_form"] == "association") & (frame["legal_category"] == "9220")
    row = p.pick(fault, wave, odd & p.new(wave, "legal_form"))
    unit = "" if row is None else p.cell(wave, row, "unit")
    for later in p.waves[p.waves.index(wave) :]:
        rows = p.answers[later]
        for label in rows.index[(rows["unit"] == unit) & (rows["legal_category"] != "")]:
            p.change(fault, later, label, {"legal_category": "9300"}, "C-LEGAL-CATEGORY")


FAULTS: dict[str, tuple[tuple[int, ...], Callable[[_Planting, str, str], None]]] = {
    "straight_lining": ((1, 2), _same_grade),
    "too_fast": ((1, 2), _hurried),
    "staff_times_ten": ((2,), _ten_times),
    "budget_in_euros": ((1,), _in_euros),
    "practice_denied": ((1, 2), _denied),
    "practice_before_founding": ((2,), _before_birth),
    "before_fieldwork": ((0,), _too_early),
    "trial_word": ((1,), _trial_word),
    "one_peer_more": ((1,), _one_peer_more),
    "no_nomenclature": ((1,), _without_nomenclature),
    "other_legal_category": ((2,), _other_category),
}
"""Kind -> positions of the waves that get it, in turn, and how it is put in."""


def _with_gaps(p: _Planting, ties: pd.DataFrame) -> pd.DataFrame:
    """Break spells of membership in January after the first wave, for two weeks."""
    number = int(p.world.truth.faults["spell_gap"])
    if len(p.waves) < 2 or not number:  # no winter between two fieldworks
        return ties
    last = np.datetime64(f"{int(p.waves[0][:4]) + 1}-01-10")
    first = str(last + np.timedelta64(GAP_DAYS, "D"))
    lasting = (ties["start"] < str(last)) & ((ties["end"] == "") | (ties["end"] > first))
    fits = np.flatnonzero((lasting & (ties["network"] != "") & ~ties["unit"].isin(p.spared)).to_numpy())
    rng = p.world.streams.stage("fault", "spell_gap")
    chosen = ties.iloc[np.sort(rng.permutation(fits)[:number])]
    p.spared |= set(chosen["unit"])
    for spell in chosen.to_dict("records"):
        row = ("spell_gap", "", spell["unit"], "start", spell["start"], first, "C-SPELL-GAP")
        p.rows.append(row)
    broken = ties.copy()
    broken.loc[chosen.index, "end"] = str(last)
    both = pd.concat([broken, chosen.assign(start=first)], ignore_index=True)
    return both.sort_values(["unit", "start", "network", "other"], ignore_index=True)


def _extra_rows(p: _Planting) -> None:
    """Rows after the last of the first wave: trials of the team, and answers begun again and left."""
    wave, pieces = p.waves[0], [p.answers[p.waves[0]]]
    frame = pieces[0]
    for k in range(int(p.world.truth.faults["test_row"])):
        row = frame.iloc[[k]].assign(unit=f"TEST-{k + 1:02d}", respondent=f"P-TEST{k + 1:02d}")
        pieces.append(row)
        p.rows.append(("test_row", wave, f"TEST-{k + 1:02d}", "unit", "", "", "test_rows"))
    for _ in range(int(p.world.truth.faults["begun_again"])):
        known = p.pick("begun_again", wave, frame["staff"] != "")
        if known is None:
            continue
        later = list(frame.columns)[list(frame.columns).index("naf_version") + 1 :]
        pieces.append(frame.iloc[[known]].assign(**dict.fromkeys(later, "")))
        p.rows.append(("begun_again", wave, p.cell(wave, known, "unit"), "unit", "", "", "duplicates"))
    p.answers[wave] = pd.concat(pieces, ignore_index=True)
