"""
fr:
  caption: "À strate et vague égales, répondre par « {mode} » plutôt que par « {reference} » va avec {estimate:signed1} point(s) d'appropriation ({low:signed1} à {high:signed1})."
  reading: "les réponses par « {mode} » diffèrent de celles par « {reference} » de {estimate:signed1} point(s) d'appropriation (intervalle à 95 % entre crochets). Ce n'est pas l'effet d'un mode là où l'organisation l'a choisi ou s'est vu proposer un mode selon ce qu'elle est."
  base: "toutes les réponses dont le mode est connu, non pondérées ; régression sur la forme juridique, la taille et le territoire du registre et sur la vague, erreurs groupées par organisation ({n:n} réponses)."
en:
  caption: "Stratum and wave held constant, answering by “{mode}” rather than by “{reference}” goes with {estimate:signed1} points of appropriation ({low:signed1} to {high:signed1})."
  reading: "answers by “{mode}” differ from those by “{reference}” by {estimate:signed1} points of appropriation (95% interval in brackets). This is not the effect of a mode where the organisation chose it, or was offered a mode because of what it is."
  base: "all answers whose mode is known, unweighted; regression on legal form, size and territory of the register and on the wave, errors clustered by organisation ({n:n} answers)."
"""

import pandas as pd

from panel_eis.quality.answering import missing_share
from panel_eis.quality.modes import STRATA, mode_differences
from panel_eis.wording import number

OUTCOMES = {"practises": 100, "appropriation": 1, "missing": 100, "minutes": 1}
WORDS = {
    "fr": {"practises": "Évalue son impact (points de %)", "appropriation": "Appropriation (0–100)",
           "missing": "Questions laissées (points de %)", "minutes": "Durée (minutes)", "n": "Réponses", "mode": "Écart à"},
    "en": {"practises": "Evaluates its impact (% points)", "appropriation": "Appropriation (0–100)",
           "missing": "Questions unanswered (% points)", "minutes": "Length (minutes)", "n": "Answers", "mode": "Difference from"},
}  # fmt: skip


def data(study):
    lengths = pd.concat(
        [study.select("minutes", waves=[wave]) for wave in study.waves]
    )  # compared within waves alone
    rows = study.select("mode", "practises", "appropriation", *STRATA).merge(lengths, on=["unit", "wave"])
    key = pd.MultiIndex.from_frame(rows[["unit", "wave"]])
    rows["missing"] = missing_share(study.reasons).reindex(key).to_numpy()
    found = mode_differences(rows, list(OUTCOMES))
    for name in ("estimate", "low", "high"):
        found[name] *= found["outcome"].map(OUTCOMES)
    return found[found["n"] >= 10].reset_index(drop=True)


def values(data, study):
    row = data[data["outcome"] == "appropriation"].iloc[0]
    labels = {lang: study.codebook.choice_labels("mode", lang) for lang in ("fr", "en")}
    return {
        "estimate": row["estimate"], "low": row["low"], "high": row["high"], "n": int(data["n"].max()), "mode": {lang: labels[lang][row["mode"]] for lang in labels},
        "reference": {lang: labels[lang][row["reference"]] for lang in labels},
    }  # fmt: skip


def display(data, study, lang):
    labels = study.codebook.choice_labels("mode", lang)
    modes = list(dict.fromkeys(data["mode"]))
    rows = []
    for outcome in dict.fromkeys(data["outcome"]):
        group = data[data["outcome"] == outcome].set_index("mode")
        cells = []
        for mode in modes:
            if mode not in group.index:
                cells.append("–")
                continue
            row = group.loc[mode]
            inside = " ; " if lang == "fr" else ", "
            interval = inside.join(number(row[end], lang, 1) for end in ("low", "high"))
            cells.append(f"{number(row['estimate'], lang, 1, signed=True)} [{interval}]")
        rows.append([WORDS[lang][outcome], *cells])
    counts = data.groupby("mode", sort=False)["n"].max()
    rows.append([WORDS[lang]["n"], *(number(counts[m], lang) for m in modes)])
    head = (
        f"{WORDS[lang]['mode']} « {labels[data['reference'].iloc[0]]} »"
        if lang == "fr"
        else f"{WORDS[lang]['mode']} “{labels[data['reference'].iloc[0]]}”"
    )
    return pd.DataFrame(rows, columns=[head, *(labels[m] for m in modes)])
