"""The questions behind an exhibit, as they were put: read off the columns it used, never typed a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from panel_eis.wording import typeset

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from panel_eis.codebook import Codebook
    from panel_eis.errors import Lang

MOST = 3
"""Questions that a note gives in full; with more, it gives the first and counts the others."""

_BACKGROUND = ("identification", "profile")
"""Modules whose questions come last: they say who answers, not what the exhibit is about."""

_NOT_PUT = ("unit", "respondent", "interview_date", "mode", "minutes")
"""Fields of the file that nobody is asked for as a question."""


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
    from panel_eis import derive, scores  # noqa: PLC0415  # pandas, which a build with nothing to do does without

    made_of: Mapping[str, tuple[str, ...]] = derive.reads() | scores.inputs(codebook)
    found, todo, seen = set(), list(columns), set()
    while todo:
        name = todo.pop().split("__")[0].removesuffix(scores.CORE)
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
