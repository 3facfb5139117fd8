"""The draft of a sidecar: what the file of a wave seems to say, written where a person reads, mends and keeps it.

A guess is *sure* when nothing else fits: the same code, the same label, the same column as in an earlier sidecar. Sure
guesses are lines of the draft. All others are commented out and marked ``à confirmer / to confirm``: they do nothing until a
person takes the ``#`` away. Nothing that was guessed is kept anywhere else.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from panel_eis.dialects import translate
from panel_eis.intake.matching import Guess, by_code, by_habit, by_label, nearest, recode_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from panel_eis.codebook import Codebook, Variable
    from panel_eis.errors import Lang
    from panel_eis.waves import RawWave, Sidecar

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COMMA = re.compile(r"[+-]?[0-9]+(?:[ \u00a0\u202f][0-9]{3})*,[0-9]+")
_POINT = re.compile(r"[+-]?[0-9]+\.[0-9]+")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FRENCH = re.compile(r"([0-9]{2})/([0-9]{2})/[0-9]{4}")
_JOINERS = ("", ";", ",", "|", " / ")
"""What may stand between several answers in full; none where each has its own column."""


@dataclass
class Draft:
    """What a draft holds, by key of the sidecar, in the order in which it is written."""

    settings: list[Guess] = field(default_factory=list)
    columns: list[Guess] = field(default_factory=list)
    recode: dict[str, list[Guess]] = field(default_factory=dict)
    not_asked: list[Guess] = field(default_factory=list)
    unused: list[Guess] = field(default_factory=list)

    @property
    def guesses(self) -> list[Guess]:
        """All lines."""
        recodes = [g for guesses in self.recode.values() for g in guesses]
        return [*self.settings, *self.columns, *recodes, *self.not_asked, *self.unused]

    @property
    def needed(self) -> bool:
        """False where the wave is as the codebook says and no sidecar is needed."""
        return bool(self.guesses)


def draft_sidecar(
    raw: RawWave, settings: Iterable[Guess], codebook: Codebook, earlier: Mapping[str, Sidecar]
) -> Draft:
    """Match columns and answers with the codebook, after the survey tool's own habits (``source``) have been applied.

    Parameters
    ----------
    raw
        The wave, read with those settings and no other declaration.
    settings
        How the file had to be read, found before.
    earlier
        Sidecars of the other waves: what a person has once decided for a column is taken up.

    Raises
    ------
    DataError
        When no answer is left.

    """
    draft = Draft(settings=list(settings))
    asked = {v.name: v for v in codebook.asked if not v.since or v.since <= raw.wave}
    house = translate(raw, codebook)[0]
    columns = {str(c): house.sidecar.columns.get(str(c), str(c)) for c in house.cells.columns}
    placed = _columns({c: n for c, n in columns.items() if n in asked}, list(columns), asked, earlier, draft)
    sure = replace(raw.sidecar, columns={g.key: g.value for g in draft.columns if g.certain})
    known = replace(raw, sidecar=sure)
    draft.recode, labelled = _codes(known, asked, codebook)
    if labelled:
        draft.settings += labelled
        joiner = next((g.value for g in labelled if g.key == "joiner"), sure.joiner)
        known = replace(known, sidecar=replace(sure, labels="yes", joiner=joiner))
    hoped = {g.key: g.value for g in draft.columns if not g.certain}
    cells = translate(known, codebook)[0].cells
    if raw.sidecar.decimal == ".":
        _decimal_mark(_filled(cells, placed, hoped, asked, "decimal"), draft)
    if raw.sidecar.dates == "iso":
        _dates(_filled(cells, placed, hoped, asked, "date"), draft)
    for name, variable in asked.items():
        if name in placed.values() or name in hoped.values():
            continue
        if variable.required and not variable.relevant:
            draft.columns.append(Guess("?", name, certain=False, why=_WHICH))
        else:
            draft.not_asked.append(Guess(name, name, certain=False, why=_NO_COLUMN))
    return draft


_WHICH: dict[Lang, str] = {"fr": "nécessaire : quelle colonne ?", "en": "needed: which column?"}
_NO_COLUMN: dict[Lang, str] = {"fr": "aucune colonne", "en": "no column"}


def _codes(
    raw: RawWave, asked: Mapping[str, Variable], codebook: Codebook
) -> tuple[dict[str, list[Guess]], list[Guess]]:
    """Recodes that the answers need; or, where the file writes every answer in full, the two keys that say so."""
    needed = _recodes(raw, asked, codebook)
    known = raw.sidecar.labels == "yes"
    if not needed or (known and raw.sidecar.joiner):
        return needed, []
    several = any(asked[name].kind == "select_multiple" for name in needed)
    for joiner in _JOINERS if several else ("",):
        trial = replace(raw, sidecar=replace(raw.sidecar, labels="yes", joiner=joiner))
        if not _recodes(trial, asked, codebook):
            why: dict[Lang, str] = {"fr": "toutes les réponses", "en": "all answers"}
            guesses = [] if known else [Guess("labels", "yes", certain=True, why=why)]
            return {}, guesses + ([Guess("joiner", joiner, certain=True, why=why)] if joiner else [])
    return needed, []


def _recodes(raw: RawWave, asked: Mapping[str, Variable], codebook: Codebook) -> dict[str, list[Guess]]:
    house = translate(raw, codebook)[0]
    found = {}
    for column in map(str, house.cells.columns):
        name = house.sidecar.columns.get(column, column)
        if name in asked and asked[name].list_name:
            guesses = recode_of(house.cells[column], asked[name], codebook)
            if guesses:
                found[name] = guesses
    return found


def _columns(
    given: dict[str, str],
    columns: list[str],
    asked: Mapping[str, Variable],
    earlier: Mapping[str, Sidecar],
    draft: Draft,
) -> dict[str, str]:
    """Give each column its question; surest matches first, each question once. Returns those placed for sure."""
    placed = dict(given)
    free = [c for c in columns if c not in placed]
    for find in (by_code, by_label, by_habit):
        for column in list(free):
            name, why = find(column, asked, earlier)
            if name and name not in placed.values():
                placed[column] = name
                draft.columns.append(Guess(column, name, certain=True, why=why))
                free.remove(column)
    for column in free:
        name = nearest(column, {n: v for n, v in asked.items() if n not in placed.values()})
        if name:
            label = asked[name].short
            why = {"fr": f"le plus proche : {label['fr']}", "en": f"nearest: {label['en']}"}
            draft.columns.append(Guess(column, name, certain=False, why=why))
        else:
            nothing: dict[Lang, str] = {
                "fr": "rien de proche au codebook",
                "en": "nothing near in the codebook",
            }
            draft.unused.append(Guess(column, column, certain=False, why=nothing))
    order = {column: number for number, column in enumerate(columns)}
    draft.columns.sort(key=lambda g: order[g.key])
    return placed


def _filled(
    cells: pd.DataFrame,
    placed: Mapping[str, str],
    hoped: Mapping[str, str],
    asked: Mapping[str, Variable],
    kind: str,
) -> dict[bool, list[str]]:
    """Distinct answers to the questions of one kind: under True those of columns placed for sure, else under False."""
    found: dict[bool, list[str]] = {}
    for sure, columns in ((True, placed), (False, hoped)):
        there = [c for c, n in columns.items() if asked[n].kind == kind and c in cells]
        found[sure] = [t.strip() for c in there for t in cells[c].unique() if t.strip()]
    return found


def _decimal_mark(answers: Mapping[bool, list[str]], draft: Draft) -> None:
    """A comma, where numbers have one and none has a point; sure unless all might be thousands (``1,234``)."""
    numbers = [*answers[True], *answers[False]]
    commas = [t for t in numbers if _COMMA.fullmatch(t)]
    if not commas or any(_POINT.fullmatch(t) for t in numbers):
        return
    known = [t for t in answers[True] if _COMMA.fullmatch(t)]
    sure = any(len(t.rpartition(",")[2]) != 3 for t in known)
    why: dict[Lang, str] = {
        "fr": f"{len(commas)} nombres à virgule",
        "en": f"{len(commas)} numbers with a comma",
    }
    draft.settings.append(Guess("decimal", ",", certain=sure, why=why))


def _dates(answers: Mapping[bool, list[str]], draft: Draft) -> None:
    """Day first, where all dates are so written; sure when a day is after the 12th and no month is."""
    dates = [*answers[True], *answers[False]]
    french = [m for t in dates if (m := _FRENCH.fullmatch(t))]
    if not french or any(_ISO.fullmatch(t) for t in dates):
        return
    first, second = (max(int(m[n]) for m in french) for n in (1, 2))
    if second > 12:
        return  # month first, or no dates at all: no key of the sidecar says that
    shown: dict[Lang, str] = {"fr": "un jour après le 12", "en": "a day after the 12th"}
    doubt: dict[Lang, str] = {"fr": "jour et mois se confondent", "en": "day and month look alike"}
    clear = first > 12 and len(french) == len(dates)
    draft.settings.append(
        Guess("dates", "dd/mm/yyyy", certain=clear and bool(answers[True]), why=shown if clear else doubt)
    )


def scalar(text: str) -> str:
    """Text as one YAML scalar on one line, whatever it holds: nothing in it can end the line or open a tag."""
    if _PLAIN.fullmatch(text) and text.isascii():
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else c.encode("unicode-escape").decode() for c in quoted)
