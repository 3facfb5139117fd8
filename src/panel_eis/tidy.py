"""Answers that are not one cell each, as tidy tables: several choices, open text, free evocations.

Open text is what people wrote: it may name somebody and it may be hostile. Its table is private to the machine; what may
be shown is counts. Identifiers are not in these tables, but for the pseudonym of the unit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.representations import normalise

if TYPE_CHECKING:
    from panel_eis.codebook import Codebook
    from panel_eis.representations import Thesaurus

PLACES = 5
"""Words asked for."""


def choices_cited(panel: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """One row a unit × wave × question × choice offered: ``unit, wave, variable, choice, cited``.

    Answers that are missing, and choices that a wave did not offer, have no row: they belong to no denominator.
    """
    pieces = []
    for variable in codebook.asked:
        if variable.kind != "select_multiple":
            continue
        for code in codebook.codes(variable.name):
            known = panel[["unit", "wave", f"{variable.name}__{code}"]].dropna()
            piece = known.rename(columns={f"{variable.name}__{code}": "cited"})
            pieces.append(
                piece.assign(variable=variable.name, choice=code, cited=piece["cited"].astype(bool))
            )
    long = pd.concat(pieces, ignore_index=True)[["unit", "wave", "variable", "choice", "cited"]]
    return long.sort_values(["unit", "wave"], kind="stable", ignore_index=True)


def open_answers(panel: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """One row an open text given, evocations aside: ``unit, wave, variable, text``. Private."""
    names = [v.name for v in codebook.asked if v.sensitive == "open" and not v.name.startswith("evocation")]
    pieces = [
        panel[["unit", "wave", name]].dropna().rename(columns={name: "text"}).assign(variable=name)
        for name in names
    ]
    long = pd.concat(pieces, ignore_index=True)[["unit", "wave", "variable", "text"]]
    return long[long["text"].str.strip() != ""].reset_index(drop=True)


def open_counts(answers: pd.DataFrame) -> pd.DataFrame:
    """What may be shown of open text: ``wave, variable, n`` answers and their median length in characters."""
    measured = answers.assign(length=answers["text"].str.len())
    counts = measured.groupby(["wave", "variable"])["length"].agg(n="size", median_length="median")
    return counts.reset_index()


def evocations(panel: pd.DataFrame, thesaurus: Thesaurus) -> pd.DataFrame:
    """One row a word said: ``unit, wave, rank`` (1 = first), ``importance`` (1 = most), ``raw, normalised, lemma``. Private.

    ``lemma`` is empty where the thesaurus knows none. Every word stands here, also one said twice; counts for the
    analysis are those of ``representations.tidy_evocations``.
    """
    pieces = []
    for rank in range(1, PLACES + 1):
        names = {f"evocation{rank}": "raw", f"evocation{rank}_importance": "importance"}
        pieces.append(panel[["unit", "wave", *names]].rename(columns=names).assign(rank=rank))
    long = pd.concat(pieces, ignore_index=True).dropna(subset=["raw"])
    long = long[long["raw"].str.strip() != ""]
    text = long["raw"].astype(str)
    long = long.assign(normalised=text.map(normalise), lemma=text.map(thesaurus.find))
    columns = ["unit", "wave", "rank", "importance", "raw", "normalised", "lemma"]
    return long[columns].sort_values(["unit", "wave", "rank"], ignore_index=True)
