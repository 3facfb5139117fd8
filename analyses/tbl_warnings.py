"""
fr:
  caption: "{n:n} avertissement(s) dans cette édition, en {kinds:n} phrase(s) différente(s)."
  reading: "un avertissement n'arrête pas la construction ; une erreur l'arrête, et n'est donc jamais ici. {n:n} avertissements, {kinds:n} phrases différentes."
  base: "tous les fichiers de cette édition ; les organisations ne sont pas nommées ; {n:n} avertissements, dénombrement, non pondéré, sans intervalle."
en:
  caption: "{n:n} warning(s) in this edition, of {kinds:n} kind(s)."
  reading: "a warning does not stop the build; an error does, and is therefore never here. {n:n} warnings, {kinds:n} kind(s)."
  base: "all files of this edition; organisations are not named; {n:n} warnings, counts, unweighted, without interval."
"""

import pandas as pd

from panel_eis.quality.handling import warnings_table
from panel_eis.wording import number


def data(study):
    return warnings_table(study.root)


def values(data, study):
    return {"n": int(data["n"].sum()), "kinds": data["message_en"].nunique()}


def display(data, study, lang):
    words = {"fr": ("Avertissement", "Question", "Ailleurs"), "en": ("Warning", "Question", "Elsewhere")}[
        lang
    ]
    places = [*study.waves, *([words[2]] if (~data["wave"].isin(study.waves)).any() else [])]
    rows = []
    for (message, variable), group in data.groupby([f"message_{lang}", "variable"], sort=False):
        counts = group.groupby(group["wave"].where(group["wave"].isin(study.waves), words[2]))["n"].sum()
        rows.append([message, variable, *(number(int(counts.get(p, 0)), lang) for p in places)])
    if not rows:
        rows = [
            [{"fr": "Aucun avertissement", "en": "No warning"}[lang], "", *([number(0, lang)] * len(places))]
        ]
    return pd.DataFrame(rows, columns=[words[0], words[1], *places])


WIDTHS = (9, 4)
