"""The words evoked in a study, as its exhibits read them: which answers spoke, which words are kept, how zones are named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy.special import gammaln

from panel_eis.crossed import SMALLEST_GROUP
from panel_eis.disclosure import THRESHOLD, hide_shares
from panel_eis.representations import (
    Thesaurus,
    compare_words,
    diversity,
    prototypical,
    read_thesaurus,
    tidy_evocations,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panel_eis.study import Study

EVERYBODY = "all"
"""Name of the group of all answers of a wave."""

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


def words_at(study: Study, wave: str, *, rank: Literal["rank", "importance"] = "rank") -> pd.DataFrame:
    """Give the words of a wave with their zones (by either rank), labels and the cuts, as plain columns."""
    rows, said = spoken(study)
    answers = int((rows["wave"] == wave).sum())
    table = prototypical(
        said[said["wave"] == wave], answers=answers, minimum=max(MINIMUM, THRESHOLD / answers), rank=rank
    )
    labels = thesaurus(study).label
    return table.astype({"zone": str}).assign(
        answers=answers,
        frequency_cut=table.attrs["frequency_cut"],
        rank_cut=table.attrs["rank_cut"],
        label_fr=[labels[w]["fr"] for w in table["lemma"]],
        label_en=[labels[w]["en"] for w in table["lemma"]],
    )


def rarefied(counts: Sequence[int], size: int) -> float:
    """Different words expected in a draw of ``size`` words without replacement, by how often each was said.

    T/N falls as N grows, whatever the words; groups of unequal size are compared at the same number of words.

    Source: Hurlbert, S. (1971), The nonconcept of species diversity, *Ecology* 52, 577–586; ``vegan::rarefy`` in R.

    """
    said = np.asarray(counts, dtype=float)
    total = said.sum()
    if size > total:
        return float("nan")
    left = total - said
    with np.errstate(invalid="ignore"):
        never = gammaln(left + 1) - gammaln(left - size + 1) - gammaln(total + 1) + gammaln(total - size + 1)
    chance = np.where(left >= size, np.exp(never), 0.0)
    return float((1 - chance).sum())


def diversity_by(study: Study) -> pd.DataFrame:
    """How varied the words are, for each wave and each role of the latest wave that enough people speak for.

    Returns
    -------
    ``kind`` (``wave``, ``role``), ``group``; ``answers``; ``types`` T, ``occurrences`` N, ``ratio`` T/N, ``hapax``; then
    ``size``, the words drawn for comparison (the smallest N of the kind), and ``rarefied`` T among that many.

    """
    answers, said = spoken(study)
    last = study.waves[-1]
    pieces = []
    for kind, column, inside in (
        ("wave", "wave", slice(None)),
        ("role", "respondent_role", answers["wave"] == last),
    ):
        sizes = answers.loc[inside, column].astype(str).value_counts()
        words = said if kind == "wave" else said[said["wave"] == last]
        groups = [str(g) for g in sorted(sizes.index) if sizes[g] >= SMALLEST_GROUP]
        own = {g: words[words[column].astype(str) == g] for g in groups}
        counts = {g: own[g].loc[own[g]["lemma"] != "", "lemma"].value_counts() for g in groups}
        size = min(int(c.sum()) for c in counts.values())
        rows = [
            {"kind": kind, "group": g, "answers": int(sizes[g]), **diversity(own[g]), "size": size,
             "rarefied": rarefied(list(counts[g]), size)}
            for g in groups
        ]  # fmt: skip
        pieces.append(pd.DataFrame(rows))
    return pd.concat(pieces, ignore_index=True)


def words_by_role(study: Study, wave: str) -> pd.DataFrame:
    """Who says which word: the words of ``words_at`` for each role, with the test that roles say it equally often.

    Returns
    -------
    ``lemma, role`` (``all`` first), ``share, said, answers, hidden``; ``p_value`` and ``p_bh`` of the word, and its labels.

    """
    words = words_at(study, wave)
    answers, said = spoken(study)
    answers, said = answers[answers["wave"] == wave], said[said["wave"] == wave]
    tests = compare_words(
        said, answers, "respondent_role", list(words["lemma"]), smallest=SMALLEST_GROUP
    ).set_index("lemma")
    sizes = answers["respondent_role"].astype(str).value_counts()
    groups = {EVERYBODY: said} | {
        r: said[said["respondent_role"].astype(str) == r] for r in sorted(sizes.index)
    }
    cells = pd.DataFrame(
        [
            {
                "lemma": w, "role": role, "said": int((own["lemma"] == w).sum()),
                "answers": len(answers) if role == EVERYBODY else int(sizes[role]),
            }
            for role, own in groups.items()
            for w in words["lemma"]
        ]
    )  # fmt: skip
    cells["share"] = cells["said"] / cells["answers"]
    cells = hide_shares(cells, ["share"], yes="said", n="answers", smallest=SMALLEST_GROUP)
    joined = words.set_index("lemma")[["label_fr", "label_en", "n"]]
    return cells.join(tests[["p_value", "p_bh"]], on="lemma").join(joined, on="lemma")
