"""
fr:
  caption: "{cells:n} réponses de {wave} ont changé d'échelle par une règle déclarée : ce que la lecture a fait aux réponses, vague par vague."
  reading: "en {wave}, {cells:n} réponses sont passées par une règle de changement d'échelle déclarée dans la fiche de la vague. Rien n'est réparé en silence : chaque règle est écrite dans un fichier de données."
  base: "lignes des fichiers de vague ; questions et réponses de l'ensemble du panel ({rows:n} lignes lues en {wave}) ; dénombrement, non pondéré, sans intervalle."
  question: "toutes les questions du questionnaire, voir le codebook."
en:
  caption: "{cells:n} answers of {wave} were rescaled by a declared rule: what reading did to the answers, wave by wave."
  reading: "in {wave}, {cells:n} answers went through a rule of rescaling declared in the sidecar of the wave. Nothing is mended silently: each rule is written in a data file."
  base: "rows of the wave files; questions and answers of the whole panel ({rows:n} rows read in {wave}); counts, unweighted, without interval."
  question: "all questions of the questionnaire, see the codebook."
"""

import pandas as pd

from panel_eis.quality.handling import RULES, handling_table
from panel_eis.quality.words import HANDLING
from panel_eis.wording import number

COUNTED_BY_NAME = ("columns_renamed", "columns_unused", "questions_not_asked")


def data(study):
    return handling_table(study.root, study.reasons, study.waves)


def values(data, study):
    rescaled = data[data["rule"] == "rescaled"]
    row = rescaled.loc[rescaled["cells"].idxmax()]
    read = data[(data["rule"] == "rows_read") & (data["wave"] == row["wave"])]
    return {"wave": row["wave"], "cells": int(row["cells"]), "rows": int(read["cells"].sum())}


def display(data, study, lang):
    counts = data["cells"].where(~data["rule"].isin(COUNTED_BY_NAME), data["variables"])
    shown = [
        (d.replace("plain ", "simple ") if lang == "fr" else d) if rule == "read_as" else number(n, lang)
        for rule, d, n in zip(data["rule"], data["detail"], counts, strict=True)
    ]
    wide = data.assign(shown=shown).pivot(index="rule", columns="wave", values="shown")
    rows = [[HANDLING[lang][rule], *wide.loc[rule]] for rule in RULES]
    return pd.DataFrame(rows, columns=[{"fr": "Traitement", "en": "Handling"}[lang], *study.waves])
