"""
fr:
  caption: "En {last}, {missing:pct1} des questions sont laissées ; réponses en ligne droite : {straight:pct1}, entretiens trop rapides : {fast:pct1}."
  reading: "en {last}, une réponse laisse en moyenne {missing:pct1} des questions qui la concernent. En ligne droite : le même degré à toutes les questions d'appropriation (huit au moins). Trop rapide : moins de 40 % de la durée médiane des entretiens comparables. s : moins de cinq réponses, non publié ; – : durée non relevée."
  base: "toutes les réponses de chaque vague ; en ligne droite, celles qui évaluent ; durées, celles où elle est relevée ; {n:n} réponses en {last}, non pondérées ; dénombrement, sans intervalle."
en:
  caption: "In {last}, {missing:pct1} of questions are left unanswered; straight lines: {straight:pct1}, interviews that were too fast: {fast:pct1}."
  reading: "in {last}, a respondent leaves {missing:pct1} of the questions that apply unanswered, on average. Straight line: the same degree for all questions of appropriation (eight at least). Too fast: under 40% of the median length of comparable interviews. s: fewer than five answers, not published; –: length not recorded."
  base: "all answers of each wave; straight lines, those that evaluate; lengths, where recorded; {n:n} answers in {last}, unweighted; counts, without interval."
"""

import pandas as pd

from panel_eis.disclosure import hide_shares
from panel_eis.quality.answering import answering_table
from panel_eis.wording import number


def data(study):
    names = [v.name for v in study.codebook.items()]
    lengths = pd.concat(
        [study.select("minutes", waves=[wave]) for wave in study.waves]
    )  # compared within waves alone
    rows = study.select(*names, "practises").merge(lengths, on=["unit", "wave"])
    table = answering_table(rows, study.reasons, study.codebook)
    for share, base in (("straight", "straight_base"), ("fast", "fast_base")):
        said = (table[share] * table[base]).round().fillna(0)
        table[share] = hide_shares(table.assign(said=said), [share], yes="said", n=base)[share]
    return table


def values(data, study):
    last = data[data["wave"] == study.waves[-1]].iloc[0]
    return {
        "last": study.waves[-1],
        "missing": last["missing"],
        "straight": last["straight"],
        "fast": last["fast"],
        "n": int(last["n"]),
    }


def display(data, study, lang):
    words = {
        "fr": ("Réponses", "Questions laissées", "En ligne droite", "Trop rapides"),
        "en": ("Answers", "Questions unanswered", "Straight lines", "Too fast"),
    }[lang]  # fmt: skip

    def share(row, name):
        if row[f"{name}_base"] == 0:
            return "–"
        return "s" if pd.isna(row[name]) else number(100 * row[name], lang, 1)

    rows = [
        [words[0], *(number(r["n"], lang) for _, r in data.iterrows())],
        [words[1], *(number(100 * r["missing"], lang, 1) for _, r in data.iterrows())],
        [words[2], *(share(r, "straight") for _, r in data.iterrows())],
        [words[3], *(share(r, "fast") for _, r in data.iterrows())],
    ]
    return pd.DataFrame(rows, columns=[{"fr": "Signe", "en": "Sign"}[lang], *data["wave"]])
