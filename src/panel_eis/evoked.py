"""The words evoked in a study, as its exhibits read them: which answers spoke, which words are kept, how zones are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from panel_eis.disclosure import THRESHOLD
from panel_eis.representations import Thesaurus, prototypical, read_thesaurus, tidy_evocations

if TYPE_CHECKING:
    import pandas as pd

    from panel_eis.study import Study

MINIMUM = 0.10
"""Smallest share of answers that say a word, for it to be kept; never fewer answers than may be shown."""

ZONE_WORDS = {
    "fr": {
        "core": "noyau supposé", "first_periphery": "première périphérie", "contrast": "éléments contrastés",
        "second_periphery": "seconde périphérie",
    },
    "en": {
        "core": "hypothesised core", "first_periphery": "first periphery", "contrast": "contrast elements",
        "second_periphery": "second periphery",
    },
}  # fmt: skip


def thesaurus(study: Study) -> Thesaurus:
    """Give the versioned table of forms and lemmas of the project."""
    return read_thesaurus(study.root / "data" / "reference" / "thesaurus.csv")


def spoken(study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Answers that gave a word at least, and the words said (see ``tidy_evocations``)."""
    words = [f"evocation{k}" for k in range(1, 6)]
    rows = study.select(*words, *(f"{w}_importance" for w in words), "respondent_role")
    rows = rows[rows[words].notna().any(axis=1)]
    return rows, tidy_evocations(rows, thesaurus(study))


def words_at(study: Study, wave: str) -> pd.DataFrame:
    """Give the words of a wave with their zones, labels and the cuts, as plain columns."""
    rows, said = spoken(study)
    answers = int((rows["wave"] == wave).sum())
    table = prototypical(
        said[said["wave"] == wave], answers=answers, minimum=max(MINIMUM, THRESHOLD / answers)
    )
    labels = thesaurus(study).label
    return table.astype({"zone": str}).assign(
        answers=answers,
        frequency_cut=table.attrs["frequency_cut"],
        rank_cut=table.attrs["rank_cut"],
        label_fr=[labels[w]["fr"] for w in table["lemma"]],
        label_en=[labels[w]["en"] for w in table["lemma"]],
    )
