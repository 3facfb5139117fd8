"""
fr:
  caption: "À nombre de mots égal ({size:n}), le vocabulaire le plus varié est celui du rôle « {varied} » ({most:num1} mots différents), le plus partagé celui du rôle « {shared} » ({least:num1})."
  reading: "T est le nombre de mots différents, N celui des mots cités, T/N leur rapport : plus il est bas, plus le vocabulaire est partagé. T/N baisse avec N quels que soient les mots ; la dernière colonne compare donc les groupes à nombre de mots égal (raréfaction de Hurlbert, 1971). En {last_wave}, T/N est de {ratio:num2} ; hapax : part des mots dits une seule fois."
  base: "réponses avec un mot au moins, non pondérées ; rôles de {last_wave} d'au moins {threshold:n} réponses ; dénombrement, sans intervalle."
en:
  caption: "At an equal number of words ({size:n}), the most varied vocabulary is that of the role “{varied}” ({most:num1} different words), the most shared that of the role “{shared}” ({least:num1})."
  reading: "T is the number of different words, N that of words said, T/N their ratio: the lower, the more shared the vocabulary. T/N falls with N whatever the words; the last column therefore compares groups at an equal number of words (Hurlbert's rarefaction, 1971). In {last_wave}, T/N is {ratio:num2}; hapax: share of words said only once."
  base: "answers with a word at least, unweighted; roles of {last_wave} with at least {threshold:n} answers; counts, without interval."
"""

import pandas as pd

from panel_eis.crossed import SMALLEST_GROUP
from panel_eis.evoked import diversity_by
from panel_eis.wording import number

WIDTHS = (4, 2, 2, 2, 2, 2, 3)


def data(study):
    return diversity_by(study).drop(columns=["unknown"])


def values(data, study):
    roles = data[data["kind"] == "role"].sort_values("rarefied")
    named = {lang: study.codebook.choice_labels("role", lang) for lang in ("fr", "en")}
    last = data[(data["kind"] == "wave") & (data["group"] == study.waves[-1])].iloc[0]
    return {
        "size": int(roles["size"].iloc[0]), "most": roles["rarefied"].iloc[-1], "least": roles["rarefied"].iloc[0],
        "varied": {lang: named[lang][roles["group"].iloc[-1]] for lang in named},
        "shared": {lang: named[lang][roles["group"].iloc[0]] for lang in named},
        "last_wave": study.waves[-1], "ratio": last["ratio"], "threshold": SMALLEST_GROUP,
    }  # fmt: skip


def display(data, study, lang):
    head = {
        "fr": ("Groupe", "Réponses", "T", "N", "T/N", "Hapax (%)", "T à N égal"),
        "en": ("Group", "Answers", "T", "N", "T/N", "Hapax (%)", "T at equal N"),
    }[lang]
    roles = study.codebook.choice_labels("role", lang)
    titles = {"fr": {"wave": "VAGUE", "role": "RÔLE"}, "en": {"wave": "WAVE", "role": "ROLE"}}[lang]
    rows = []
    for kind, group in data.groupby("kind", sort=False):
        rows.append([titles[kind], *[""] * 6])
        rows += [
            [
                roles.get(row.group, row.group), number(row.answers, lang), number(row.types, lang),
                number(row.occurrences, lang), number(row.ratio, lang, 2), number(100 * row.hapax, lang),
                f"{number(row.rarefied, lang, 1)} / {number(row.size, lang)}",
            ]
            for row in group.itertuples()
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(head))
