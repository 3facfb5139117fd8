"""Errors that are one sentence (what was asked, a model refused, a build), in the language of who reads.

The sentence is raised in English, where it is written; ``messages.csv`` holds it with its French (codes ``S-``, blanks
``{0}``, ``{1}``…), and is asked for the French of a whole sentence, of what fills its blanks, and of sentences joined by
``; ``. A test holds that every sentence that is raised is there.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from panel_eis.errors import catalogue

if TYPE_CHECKING:
    from panel_eis.errors import Lang

_BLANK = re.compile(r"\{\d\}")
_JOINED = re.compile("; (?!did you mean)")
_WITHIN, _ANY = "((?:(?!; (?!did you mean)).)*?)", "(.*?)"
"""What fills a blank: first no other sentence, then anything."""
_NEAR = re.compile(r"([;. (]*)[Dd]id you mean '?([^'?]*)'?\?", re.DOTALL)


@cache
def _patterns(filling: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Sentences as patterns with their French, the most wordy first, so that the closest one speaks."""
    rows = [row for code, row in catalogue().items() if code.startswith("S-")]
    rows.sort(key=lambda row: (-len(_BLANK.sub("", row["expected_en"])), row["expected_en"]))
    return tuple(
        (
            re.compile(filling.join(map(re.escape, _BLANK.split(row["expected_en"]))), re.DOTALL),
            row["expected_fr"],
        )
        for row in rows
    )


def told(sentence: str, lang: Lang) -> str:
    """The sentence of an error in one language; what is in no catalogue (words of a library) stays as it is."""
    return sentence if lang == "en" else _french(sentence)


def _french(sentence: str) -> str:
    said = _found(sentence, _WITHIN)
    for mark in _JOINED.finditer(sentence):
        head = _found(sentence[: mark.start()], _WITHIN) if said is None else None
        if head is not None:
            return f"{head} ; {_french(sentence[mark.end() :])}"
    said = _found(sentence, _ANY) if said is None else said
    if said is None:
        name, _, rest = sentence.partition(": ")
        said = f"{name} : {_french(rest)}" if rest and _french(rest) != rest else sentence
    return said


def _found(sentence: str, filling: str) -> str | None:
    """French of one sentence of the catalogue."""
    for pattern, french in _patterns(filling):
        found = pattern.fullmatch(sentence)
        if found:
            return french.format(*map(_filling, found.groups()))
    return None


def _filling(text: str) -> str:
    """What fills a blank: a quoted word, the nearest known word, another sentence, or words as they are."""
    near = _NEAR.fullmatch(text)
    if near:
        before = {";": " ; v", ".": ". V"}.get(near[1].strip()[:1], " V")
        return f"{before}ouliez-vous dire « {near[2]} » ?"
    if len(text) > 1 and text[0] == text[-1] == "'" and "'" not in text[1:-1]:
        return f"« {text[1:-1]} »"
    return _french(text) if " " in text.strip() else text
