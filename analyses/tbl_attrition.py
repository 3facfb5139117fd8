"""
fr:
  caption: "Les départs comptent-ils ? Le plus net des {n:n} tests de sélection : {name} ({p:p})."
  reading: "une petite valeur p dit que la participation est liée au résultat au-delà des variables du modèle. La plus petite des {n:n} valeurs est {p:p} ({name}). Un test qui ne rejette pas ne prouve rien sur les départs qui dépendent de ce qui arrive ensuite."
  base: "échantillon initial ({rows:n} réponses au plus), non pondéré ; modèles à effets aléatoires (variables ajoutées, Verbeek et Nijman 1992), à effets fixes (participation suivante, Wooldridge 2010) et première vague seule (Becketti et al. 1988), erreurs groupées par organisation."
en:
  caption: "Do departures matter? The clearest of the {n:n} tests of selection: {name} ({p:p})."
  reading: "a small p-value says that participation is tied to the outcome beyond the variables of the model. The smallest of the {n:n} is {p:p} ({name}). A test that does not reject proves nothing about departures that depend on what happens afterwards."
  base: "original sample ({rows:n} answers at most), unweighted; random-effects models (added variables, Verbeek and Nijman 1992), fixed effects (next participation, Wooldridge 2010) and the first wave alone (Becketti et al. 1988), errors clustered by organisation."
"""

import pandas as pd

from panel_eis.models import Spec
from panel_eis.quality.attrition import becketti, verbeek_nijman, with_participation
from panel_eis.wording import number, p_value

OUTCOMES = ("ladder", "appropriation")
REGRESSORS = ("federated_service", "peer_tie", "public_demand", "staff_log")
WORDS = {
    "fr": {
        "answered_before": "A répondu à la vague précédente", "answered_all": "A répondu à toutes les vagues",
        "waves_answered": "Nombre de vagues répondues", "answers_next": "Répondra à la vague suivante",
        "level": "Partira (première vague)", "joint": "Partira, et ses produits",
    },
    "en": {
        "answered_before": "Answered the previous wave", "answered_all": "Answered every wave",
        "waves_answered": "Number of waves answered", "answers_next": "Will answer the next wave",
        "level": "Will leave (first wave)", "joint": "Will leave, and its products",
    },
}  # fmt: skip


def data(study):
    panel = study.select(*OUTCOMES, *REGRESSORS, "entry_wave").astype({"ladder": "float64"})
    rows = with_participation(panel, study.table("participation"), study.waves)
    first = study.waves[0]
    rows = rows[rows["entry_wave"] == first]
    pieces = []
    for outcome in OUTCOMES:
        spec = Spec(name=outcome, outcome=outcome, estimator="random_effects", regressors=REGRESSORS)
        pieces += [
            t.assign(outcome=outcome) for t in (verbeek_nijman(spec, rows), becketti(spec, rows, first))
        ]
    return pd.concat(pieces, ignore_index=True)[
        ["outcome", "test", "added", "estimate", "std_error", "statistic", "df", "p_value", "n"]
    ]


def values(data, study):
    least = data.loc[data["p_value"].idxmin()]
    name = {
        lang: f"{study.codebook.label(least['outcome'], lang, short=True)}, {WORDS[lang][least['added']]}"
        for lang in ("fr", "en")
    }
    return {"n": len(data), "rows": int(data["n"].max()), "p": least["p_value"], "name": name}


def display(data, study, lang):
    head = {
        "fr": ["Terme ajouté", "Coefficient", "Erreur type", "Valeur p", "Réponses"],
        "en": ["Term added", "Coefficient", "Std. error", "p-value", "Answers"],
    }
    rows = []
    for outcome, group in data.groupby("outcome", sort=False):
        rows.append([study.codebook.label(outcome, lang, short=True).upper(), "", "", "", ""])
        for row in group.itertuples():
            plain = p_value(row.p_value, lang).removeprefix("p\u00a0=\u00a0")
            estimate = "" if pd.isna(row.estimate) else number(row.estimate, lang, 2, signed=True)
            error = "" if pd.isna(row.std_error) else number(row.std_error, lang, 2)
            rows.append([WORDS[lang][row.added], estimate, error, plain, number(row.n, lang)])
    return pd.DataFrame(rows, columns=head[lang])


WIDTHS = (5, 2, 2, 2, 2)
