"""The questions behind an exhibit, as they were put: read off the columns it used, never typed a second time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from panel_eis import derive, scores
from panel_eis.wording import typeset

if TYPE_CHECKING:
    from collections.abc import Iterable

    from panel_eis.codebook import Codebook
    from panel_eis.errors import Lang

MOST = 3
"""Questions that a note gives in full; with more, it gives the first and counts the others."""

_BACKGROUND = ("identification", "profile")
"""Modules whose questions come last: they say who answers, not what the exhibit is about."""

_NOT_PUT = ("unit", "respondent", "interview_date", "mode", "minutes")
"""Fields of the file that nobody is asked for as a question."""


def stem_of(column: str) -> str:
    """Name that a column of the panel or a term of a model starts from: no indicator, no part of a model, no core."""
    return re.sub(r"(_within|_between)$", "", column).split("__")[0].removesuffix(scores.CORE)


def computed_from(codebook: Codebook) -> dict[str, tuple[str, ...]]:
    """Columns that each computed column and score reads, one step back."""
    return derive.reads() | scores.inputs(codebook)


def questions_behind(columns: Iterable[str], codebook: Codebook) -> tuple[str, ...]:
    """Names of the questions that columns come from, through indicators, computed variables and scores.

    Parameters
    ----------
    columns
        Names of columns of the panel: ``tools``, ``tools__sroi``, ``ladder``, ``mastery_core``. Unknown ones (weights)
        are skipped.

    Returns
    -------
    In the order of the questionnaire, questions about the organisation and the respondent last.

    """
    made_of = computed_from(codebook)
    found, todo, seen = set(), list(columns), set()
    while todo:
        name = stem_of(todo.pop())
        if name in seen:
            continue
        seen.add(name)
        if name in made_of:
            todo += made_of[name]
        elif name in codebook.variables and not codebook[name].derived and name not in _NOT_PUT:
            found.add(name)
    asked = [v for v in codebook.asked if v.name in found]
    return tuple(v.name for v in sorted(asked, key=lambda v: v.module in _BACKGROUND))


def question_note(columns: Iterable[str], codebook: Codebook, lang: Lang) -> str:
    """Wording of the questions behind columns, for the note of an exhibit; says so where there is none."""
    names = questions_behind(columns, codebook)
    if not names:
        return {
            "fr": "aucune, ce sont des données de collecte ou de registre.",
            "en": "none, these are data of the fieldwork or of the register.",
        }[lang]
    quoted = {"fr": "«\u00a0{}\u00a0»", "en": "“{}”"}[lang]
    shown = names[: MOST if len(names) <= MOST else 2]
    said = [codebook.label(name, lang).replace("« ", "‹\u00a0").replace(" »", "\u00a0›") for name in shown]
    parts = [quoted.format(typeset(text) if lang == "fr" else text) for text in said]
    text = {"fr": "\u00a0; ", "en": "; "}[lang].join(parts)
    left = len(names) - len(shown)
    if left == 0:
        return text + "."
    return (
        text
        + {
            "fr": f"\u00a0; et {left} autres questions, voir le codebook.",
            "en": f"; and {left} other questions, see the codebook.",
        }[lang]
    )
