"""
fr:
  caption: "Les avertissements de cette édition."
  reading: "un avertissement n'arrête pas la construction ; une erreur l'arrête, et n'est donc jamais ici. {n:n} avertissements, {kinds:n} phrases différentes."
  base: "tous les fichiers de cette édition ; les organisations ne sont pas nommées."
en:
  caption: "The warnings of this edition."
  reading: "a warning does not stop the build; an error does, and is therefore never here. {n:n} warnings, {kinds:n} different sentences."
  base: "all files of this edition; organisations are not named."
"""

import pandas as pd

from panel_eis.quality.handling import warnings_table
from panel_eis.wording import number


def data(study):
    return warnings_table(study.root)


def values(data, study):
    return {"n": int(data["n"].sum()), "kinds": len(data)}


def display(data, study, lang):
    head = {"fr": ["Avertissement", "Vague", "Nombre"], "en": ["Warning", "Wave", "Number"]}[lang]
    rows = [[r[f"message_{lang}"], r["wave"], number(r["n"], lang)] for _, r in data.iterrows()]
    if not rows:
        rows = [[{"fr": "Aucun avertissement", "en": "No warning"}[lang], "", number(0, lang)]]
    return pd.DataFrame(rows, columns=head)


WIDTHS = (8, 1, 1)
