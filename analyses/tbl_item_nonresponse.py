"""
fr:
  caption: "« {name} » est la question la plus souvent laissée : {share:pct} de celles et ceux qu'elle concernait en {last}."
  reading: "« {name} » vient en tête : en {last}, {share:pct} de celles et ceux qu'elle concernait n'y ont pas répondu. s : moins de cinq non-réponses, non publié ; – : question non posée."
  base: "questions fermées et nombres ; les raisons (sans réponse, ne sait pas, refus) sont dans les données ({n:n} personnes concernées par la première en {last}) ; dénombrement, non pondéré, sans intervalle."
  question: "toutes les questions fermées et tous les nombres du questionnaire, voir le codebook."
en:
  caption: "“{name}” is the question most often left unanswered: by {share:pct} of those to whom it applied in {last}."
  reading: "“{name}” comes first: in {last}, {share:pct} of those to whom it applied did not answer. s: fewer than five non-answers, not published; –: question not asked."
  base: "closed questions and numbers; the reasons (no answer, does not know, refused) are in the data (the first applied to {n:n} people in {last}); counts, unweighted, without interval."
  question: "all closed questions and numbers of the questionnaire, see the codebook."
"""

import pandas as pd

from panel_eis.disclosure import THRESHOLD, few
from panel_eis.missing import IMPUTABLE
from panel_eis.quality.answering import item_nonresponse
from panel_eis.wording import number

MOST = 10


def data(study):
    items = item_nonresponse(study.reasons, study.codebook)
    items["missing"] = items[list(IMPUTABLE)].sum(axis=1)
    worst = (
        items[items["missing"] >= THRESHOLD]
        .groupby("variable")["missing_share"]
        .max()
        .sort_values(ascending=False)
    )
    order = list(worst.index[:MOST])
    shown = items[items["variable"].isin(order)].copy()
    shown["rank"] = shown["variable"].map({v: i for i, v in enumerate(order)})
    counts = [*IMPUTABLE, "missing"]
    for column in counts:
        shown[column] = shown[column].astype("float64").where(~few(shown[column]))
    shown["missing_share"] = shown["missing_share"].where(shown["missing"].notna())
    # The total less the reasons shown would give a hidden one away.
    hidden = shown[list(IMPUTABLE)].isna().sum(axis=1)
    for column in IMPUTABLE:
        shown[column] = shown[column].where(hidden != 1)
    return shown.sort_values(["rank", "wave"], ignore_index=True).drop(columns="rank")


def values(data, study):
    first = data[data["variable"] == data["variable"].iloc[0]]
    last = first[first["missing_share"].notna()].iloc[-1]
    name = {lang: study.codebook.label(last["variable"], lang, short=True) for lang in ("fr", "en")}
    return {"name": name, "last": str(last["wave"]), "share": last["missing_share"], "n": int(last["asked"])}


def display(data, study, lang):
    rows = []
    for variable, group in data.groupby("variable", sort=False):
        cells = group.set_index("wave")["missing_share"]
        shown = [
            "–" if w not in cells.index else "s" if pd.isna(cells[w]) else number(100 * cells[w], lang, 1)
            for w in study.waves
        ]
        rows.append([study.codebook.label(variable, lang, short=True), *shown])
    return pd.DataFrame(rows, columns=["Question", *study.waves])
