"""
fr:
  caption: "L'effet de plan est de {effect:num1} en {last} : {n:n} réponses pondérées en valent {effective:n} d'un tirage simple."
  reading: "en {last}, les {n:n} réponses pondérées valent, pour une moyenne sans lien avec les poids, {effective:n} réponses d'un tirage simple : l'effet de plan est {effect:num1}. Le calage y atteint les marges en {iterations:n} cycles ; {trimmed:n} poids sont ramenés à cinq fois la moyenne, après quoi une marge s'écarte d'au plus {gap:num2} point."
  base: "réponses qui portent le poids. Effet de plan et effectif utile selon Kish : ils ne dépendent que de l'inégalité des poids ({n:n} en {last}) ; calcul exact, sans intervalle."
en:
  caption: "The design effect is {effect:num1} in {last}: {n:n} weighted answers are worth {effective:n} of a simple draw."
  reading: "in {last}, the {n:n} weighted answers are worth, for a mean unrelated to the weights, {effective:n} answers of a simple draw: the design effect is {effect:num1}. Raking reaches the margins in {iterations:n} cycles; {trimmed:n} weights are cut to five times the mean, after which a margin is off by {gap:num2} point at most."
  base: "answers that carry the weight. Design effect and effective size after Kish: they depend on the inequality of the weights alone ({n:n} in {last}); exact computation, without interval."
"""

import pandas as pd

from panel_eis.quality.words import WEIGHTS
from panel_eis.wording import number


def data(study):
    return study.table("weighting")


def values(data, study):
    row = data[(data["wave"] == study.waves[-1]) & (data["weight"] == "weight")].iloc[0]
    return {
        "last": study.waves[-1], "n": row["n"], "effective": row["effective_n"], "effect": row["design_effect"],
        "iterations": row["iterations"], "trimmed": row["trimmed"], "gap": 100 * row["gap_after_trimming"],
    }  # fmt: skip


def display(data, study, lang):
    head = {
        "fr": ["Poids", "Réponses", "Effet de plan", "Effectif utile", "Poids le plus grand"],
        "en": ["Weight", "Answers", "Design effect", "Effective size", "Largest weight"],
    }[lang]  # fmt: skip
    rows = []
    for wave, group in data.groupby("wave", sort=True):
        rows.append([wave, "", "", "", ""])
        rows += [
            [
                WEIGHTS[lang][r.weight],
                number(r.n, lang),
                number(r.design_effect, lang, 2),
                number(r.effective_n, lang),
                number(r.largest, lang, 1),
            ]
            for r in group.itertuples()
        ]
    return pd.DataFrame(rows, columns=head)


WIDTHS = (5, 2, 2, 2, 2)
