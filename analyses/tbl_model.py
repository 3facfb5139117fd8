"""
fr:
  caption: "Réseau à service EIS : de {least:signed1} à {most:signed1} point(s) d'appropriation selon le modèle. Des associations, pas des effets."
  reading: "erreurs standard entre parenthèses, groupées par organisation ({correction}). « Intra » compare une organisation à elle-même, « inter » compare les organisations entre elles. Les trois premiers modèles portent sur le score (points), le dernier sur l'échelle (logit). Les intervalles sont dans les données."
  base: "score : organisations qui évaluent ; échelle : toutes. Réponses incomplètes retirées, nombre par raison dans les données du modèle. Contrôles : effectif, forme juridique (sauf en intra), vagues ; {rows:n} réponses pour le score et {ladder_rows:n} pour l'échelle, non pondérées."
en:
  caption: "Network that has a service: from {least:signed1} to {most:signed1} points of appropriation by model. Associations, not effects."
  reading: "standard errors in parentheses, clustered by organisation ({correction}). “Within” compares an organisation with itself, “between” compares organisations with one another. The first three models are about the score (points), the last one about the ladder (logit). Intervals are in the data."
  base: "score: organisations that evaluate; ladder: all. Incomplete answers left out, counts by reason in the data of the model. Controls: headcount, legal form (except within), waves; {rows:n} answers for the score and {ladder_rows:n} for the ladder, unweighted."
"""

import pandas as pd

from panel_eis.model_words import STATED, correction_words, stated, term_label
from panel_eis.wording import number

FITS = ("score-pooled", "score-within", "score-within-between", "ladder-ordered")
WIDTHS = (4, 2, 2, 2, 2)
WORDS = {
    "fr": {"within": "intra", "between": "inter", "rows": "Réponses", "units": "Organisations", "switchers": "Changent (service)", "r2": "R²", "test": "Test intra = inter (p)", "heads": ("Empilé", "Intra", "Intra–inter", "Échelle (logit)")},
    "en": {"within": "within", "between": "between", "rows": "Answers", "units": "Organisations", "switchers": "Switchers (service)", "r2": "R²", "test": "Test within = between (p)", "heads": ("Pooled", "Within", "Within–between", "Ladder (logit)")},
}  # fmt: skip


def _fits(study):
    return [
        study.fit("score-pooled"),
        study.fit("score-within"),
        study.fit("score-within-between"),
        study.fit("ladder-ordered"),
    ]


def data(study):
    rows = pd.concat([stated(fit) for fit in _fits(study)], ignore_index=True)
    numbers = ["variable", "part", "estimate", "std_error", "p_value", "conf_low", "conf_high"]
    return rows[["model", *numbers, *STATED[1:]]]


def values(data, study):
    own = data[(data["variable"] == "federated_service") & data["model"].str.startswith("score")]
    return {
        "correction": correction_words(study.fit("score-within")), "least": own["estimate"].min(), "most": own["estimate"].max(),
        "rows": study.fit("score-within-between").n_rows, "ladder_rows": study.fit("ladder-ordered").n_rows,
    }  # fmt: skip


def display(data, study, lang):
    words = WORDS[lang]
    rows = []
    for variable in dict.fromkeys(data["variable"]):
        label = term_label(variable, study.codebook, lang)
        for part in ("within", "between"):
            cells = [_cell(data, name, variable, part, lang) for name in FITS]
            if any(cells):
                rows.append([f"{label}, {words[part]}", *cells])
    fits = _fits(study)
    rows.append([words["rows"], *(number(f.n_rows, lang) for f in fits)])
    rows.append([words["units"], *(number(f.n_units, lang) for f in fits)])
    rows.append([words["switchers"], *(number(f.n_switchers["federated_service"], lang) for f in fits)])
    rows.append([words["r2"], *("" if f.r_squared is None else number(f.r_squared, lang, 2) for f in fits)])
    tests = [f.tests.get("within_equals_between") for f in fits]
    rows.append([words["test"], *("" if t is None else number(t["p_value"], lang, 3) for t in tests)])
    return pd.DataFrame(rows, columns=[{"fr": "Régresseur", "en": "Regressor"}[lang], *words["heads"]])


def _cell(data, name, variable, part, lang):
    """A pooled coefficient mixes both parts; it stands on the line of the first."""
    own = data[(data["model"] == name) & (data["variable"] == variable)]
    wanted = [part, "pooled"] if part == "within" else [part]
    row = own[own["part"].isin(wanted)]
    if row.empty:
        return ""
    first = row.iloc[0]
    return f"{number(first['estimate'], lang, 2, signed=True)} ({number(first['std_error'], lang, 2)})"
