"""Which question a column or an answer seems to be: the same code, the same label, the same habit, the nearest."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from panel_eis.codebook import Codebook, Variable
    from panel_eis.errors import Lang
    from panel_eis.waves import Sidecar

SURE, CONFIRM, DECIDE = "sûr / sure", "à confirmer / to confirm", "à décider / to decide"
_NEAR = 0.72
"""Least ratio of Ratcliff and Obershelp for a nearest match: one letter in four may differ."""
_WORD = 4
"""Letters of a word that says something by itself."""
_MOST_ANSWERS, _LONGEST_ANSWER = 60, 80
"""More or longer distinct answers are open text, which is not copied into a sidecar."""
_SEVERAL = re.compile(r"\s*[;|,]\s*")


@dataclass(frozen=True)
class Guess:
    """One line of the draft: a key, its value, how certain it is, and why; an empty value is to be decided."""

    key: str
    value: str
    certain: bool
    why: Mapping[Lang, str]

    @property
    def mark(self) -> str:
        """Word after the ``#``."""
        return SURE if self.certain else CONFIRM if self.value else DECIDE


Found = tuple[str, "Mapping[Lang, str]"]


def by_code(column: str, asked: Mapping[str, Variable], _earlier: Mapping[str, Sidecar]) -> Found:
    """The question whose code it is, case and punctuation aside, and why."""
    names = [n for n in asked if _folded(n) == _folded(column)]
    why: dict[Lang, str] = {"fr": "même code", "en": "same code"}
    return (names[0] if len(names) == 1 else ""), why


def by_label(column: str, asked: Mapping[str, Variable], _earlier: Mapping[str, Sidecar]) -> Found:
    """The one question that is so worded, in French or in English, in full or in short, and why."""
    names = [n for n, v in asked.items() if _folded(column) in {_folded(t) for t in _wordings(v)}]
    why: dict[Lang, str] = {"fr": "même libellé", "en": "same label"}
    return (names[0] if len(names) == 1 else ""), why


def by_habit(column: str, asked: Mapping[str, Variable], earlier: Mapping[str, Sidecar]) -> Found:
    """The question that the sidecars of other waves give to a column of this name, where they agree, and why."""
    said = {wave: s.columns[column] for wave, s in earlier.items() if column in s.columns}
    names = {n for n in said.values() if n in asked}
    wave = max(said, default="")
    return (names.pop() if len(names) == 1 else ""), {
        "fr": f"comme dans {wave}.yml",
        "en": f"as in {wave}.yml",
    }


def _wordings(variable: Variable) -> list[str]:
    return [text for texts in (variable.label, variable.short) for text in texts.values() if text]


def nearest(text: str, variables: Mapping[str, Variable]) -> str:
    """Name of the question whose code or wording is nearest, or nothing."""
    rated = [(max(_likeness(text, t) for t in (name, *_wordings(v))), name) for name, v in variables.items()]
    best, name = max(rated, default=(0.0, ""))
    return name if best >= _NEAR else ""


def _likeness(a: str, b: str) -> float:
    words = set(_folded(b).split())
    if words <= set(_folded(a).split()) and max(map(len, words), default=0) >= _WORD:
        return _NEAR  # ``budget_keuros`` names the budget
    matcher = SequenceMatcher(None, _folded(a), _folded(b), autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= _NEAR and matcher.quick_ratio() >= _NEAR else 0.0


def _folded(text: str) -> str:
    """The same words without case, accents, punctuation and spacing."""
    bare = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(re.findall(r"[a-z0-9]+", "".join(c for c in bare if not unicodedata.combining(c))))


def recode_of(cells: pd.Series, variable: Variable, codebook: Codebook) -> list[Guess]:
    """Recode of one question, or nothing where every answer is a code already.

    A recode has to foresee every answer that the wave holds, so codes that need no change are in it as well.
    """
    found = [" ".join(str(t).split()) for t in cells.unique()]
    missing = codebook.missing_codes(variable.name)
    found = sorted({t for t in found if t and t not in missing})
    codes = set(codebook.codes(variable.name))
    several = variable.kind == "select_multiple"
    if all(codes.issuperset(t.split()) if several else t in codes for t in found):
        return []
    if len(found) > _MOST_ANSWERS or any(len(t) > _LONGEST_ANSWER for t in found):
        why: dict[Lang, str] = {
            "fr": "trop de réponses, ou trop longues",
            "en": "too many answers, or too long",
        }
        return [Guess("…", "", certain=False, why=why)]
    return [_answer(text, variable, codebook, several=several) for text in found]


def _answer(text: str, variable: Variable, codebook: Codebook, *, several: bool) -> Guess:
    choices = codebook.choices(variable.name)
    by_words: dict[str, set[str]] = {}
    for choice in choices:
        for words in (choice.name, *choice.label.values(), *choice.short.values()):
            by_words.setdefault(_folded(words), set()).add(choice.name)
    code = {c.name for c in choices}
    if text in code or (several and code.issuperset(text.split())):
        return Guess(text, text, certain=True, why={"fr": "même code", "en": "same code"})
    for parts in ([text], _SEVERAL.split(text)) if several else ([text],):
        names = [by_words.get(_folded(part), set()) for part in parts]
        if all(len(n) == 1 for n in names):
            joined = " ".join(next(iter(n)) for n in names)
            return Guess(text, joined, certain=True, why={"fr": "même libellé", "en": "same label"})
    one = not (several and (len(parts) > 1 or " / " in text))
    rated = [(_likeness(text, words), names) for words, names in by_words.items() if one and len(names) == 1]
    best, near = max(rated, key=lambda r: r[0], default=(0.0, set()))
    if best >= _NEAR:
        return Guess(text, next(iter(near)), certain=False, why={"fr": "le plus proche", "en": "nearest"})
    known = ", ".join(c.name for c in choices[:8]) + (", …" if len(choices) > 8 else "")
    return Guess(text, "", certain=False, why={"fr": known, "en": known})
