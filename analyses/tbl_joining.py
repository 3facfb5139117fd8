"""
fr:
  caption: "Suivre avant et après une entrée dans un réseau : {refused:n} comparaison(s) sur {studied:n} reposent sur trop peu d'entrées pour être estimées."
  reading: "entrées utilisables : organisations vues hors du lien, puis dedans à la vague suivante, avec la mesure avant et après, au moins {fewest:n} à la même vague. Il en faudrait : nombre d'entrées pour déceler, huit fois sur dix, l'écart de la colonne voisine (un demi-écart-type de la mesure), face aux organisations qui n'entrent jamais. En dessous, la différence n'est pas estimée : le programme refuse et dit pourquoi."
  base: "{studied:n} lignes, dont {refused:n} refusées. Ne comptent pas les organisations déjà dans le lien quand elles ont été vues pour la première fois, ni les vagues d'après une sortie. Estimateur de Callaway et Sant'Anna, témoins : les organisations qui ne sont pas encore entrées ; erreurs groupées par organisation ; non pondéré, intervalles à 95 % là où il y a une estimation."
en:
  caption: "Following before and after joining a network: {refused:n} comparison(s) of {studied:n} rest on too few joiners to be estimated."
  reading: "usable joiners: organisations seen outside the tie, then inside at the next wave, with the measure before and after, at least {fewest:n} at the same wave. Would do: number of joiners to detect, eight times out of ten, the difference in the next column (half a standard deviation of the measure), against organisations that never join. Below that, the difference is not estimated: the program refuses and says why."
  base: "{studied:n} lines, of which {refused:n} refused. Organisations already in the tie when first seen do not count, nor do waves after leaving. Callaway–Sant'Anna estimator, compared with organisations that have not joined yet; errors clustered by organisation; unweighted, 95% intervals where there is an estimate."
"""

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.model_words import term_label
from panel_eis.models import event_study
from panel_eis.models.joining import FEWEST_IN_COHORT, joiners_needed, joining
from panel_eis.wording import number

TIES = ("federated", "federated_service", "peer_tie")
MEASURES = ("ladder", "appropriation")
WIDTHS = (4, 2, 2, 2, 2, 3)
WORDS = {
    "fr": {
        "heads": ("Lien, mesure", "Entrées utilisables", "Il en faudrait", "Écart décelable", "N'entrent jamais", "Différence depuis l'entrée"),
        "ladder": "échelle", "appropriation": "score", "no": "non estimée", "none": "aucun nombre ne suffirait",
    },
    "en": {
        "heads": ("Tie, measure", "Usable joiners", "Would do", "Detectable difference", "Never join", "Difference since joining"),
        "ladder": "ladder", "appropriation": "score", "no": "not estimated", "none": "no number would do",
    },
}  # fmt: skip


def data(study):
    panel = study.select(*MEASURES, *TIES)
    records = []
    for tie in TIES:
        for measure in MEASURES:
            found = joining(panel, measure, tie)
            needed, wanted, _ = joiners_needed(found)
            record = [
                tie,
                measure,
                found.joiners,
                needed if np.isfinite(needed) else np.nan,
                wanted,
                found.never,
            ]
            try:
                table = event_study(panel, measure, tie).table
                overall = table[table["since"].isna()].iloc[0]
                record += [overall["estimate"], overall["conf_low"], overall["conf_high"]]
            except ModelError:
                record += [np.nan] * 3
            records.append(record)
    names = [
        "tie",
        "measure",
        "n_joiners",
        "n_needed",
        "detect",
        "n_never",
        "estimate",
        "conf_low",
        "conf_high",
    ]
    return pd.DataFrame(records, columns=names)


def values(data, study):
    return {"studied": len(data), "refused": int(data["estimate"].isna().sum()), "fewest": FEWEST_IN_COHORT}


def display(data, study, lang):
    words = WORDS[lang]
    rows = []
    for row in data.itertuples():
        label = f"{term_label(row.tie, study.codebook, lang)}, {words[row.measure]}"
        needed = words["none"] if np.isnan(row.n_needed) else number(row.n_needed, lang)
        told = words["no"]
        if not np.isnan(row.estimate):
            ends = " ; ".join(number(v, lang, 1, signed=True) for v in (row.conf_low, row.conf_high))
            told = f"{number(row.estimate, lang, 1, signed=True)} [{ends}]"
        rows.append(
            [
                label,
                number(row.n_joiners, lang),
                needed,
                number(row.detect, lang, 1),
                number(row.n_never, lang),
                told,
            ]
        )
    return pd.DataFrame(rows, columns=list(words["heads"]))
