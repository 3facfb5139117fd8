"""
fr:
  caption: "Une démarche conduite seule coûte {alone_cost:n} € et {alone_days:n} jours (médianes de {wave}) ; avec un appui extérieur, {outside_cost:n} € et {outside_days:n} jours."
  reading: "en {wave}, la moitié des organisations qui conduisent seules leur démarche dépensent moins de {alone_cost:n} € en douze mois, hors temps de travail, l'autre moitié davantage (intervalle à 95 % de la médiane : {low:n} à {high:n} €). Entre crochets : premier et troisième quartiles. « {payer} » paie l'essentiel dans {payer_share:pct} des cas. s : moins de {threshold:n} organisations, non publié."
  base: "organisations qui évaluent et ont répondu à chaque question, {wave}, non pondéré ({n:n} organisations) ; intervalle de la médiane par les rangs."
en:
  caption: "An evaluation conducted alone costs €{alone_cost:n} and {alone_days:n} days (medians of {wave}); with outside help, €{outside_cost:n} and {outside_days:n} days."
  reading: "in {wave}, half of the organisations that conduct their evaluation alone spend less than €{alone_cost:n} in twelve months, work time aside, the other half more (95% interval of the median: €{low:n} to €{high:n}). In brackets: first and third quartiles. “{payer}” pays most of it in {payer_share:pct} of cases. s: fewer than {threshold:n} organisations, not published."
  base: "organisations that evaluate and answered each question, {wave}, unweighted ({n:n} organisations); interval of the median by ranks."
"""

import pandas as pd
from scipy.special import bdtr

from panel_eis.crossed import SMALLEST_GROUP
from panel_eis.wording import number

AMOUNTS = ("cost", "days", "indicators")
WIDTHS = (5, 4, 4, 4)
GROUPS = {
    "all": {"fr": "Ensemble", "en": "All"},
    "alone": {"fr": "Conduite seule", "en": "Conducted alone"},
    "outside": {"fr": "Avec un appui extérieur", "en": "With outside help"},
}


def _rows(study):
    rows = study.select("conducted_by", *AMOUNTS, "payer", "dedicated_person", waves=[study.waves[-1]])
    names = [c for c in rows if c.startswith("conducted_by__")]
    rows = rows.dropna(subset=names)
    outside = rows[[c for c in names if not c.endswith("__internal")]].astype(float).max(axis=1) > 0
    return rows.assign(group=outside.map({True: "outside", False: "alone"}))


def _median(values):
    """Median with quartiles, and the interval of the median between two ranks (binomial, 95 % at least)."""
    known = values.dropna().astype(float).sort_values().to_numpy()
    n = len(known)
    if n < SMALLEST_GROUP:
        return dict.fromkeys(("median", "q1", "q3", "low", "high")) | {"n": None}
    below = max(k for k in range(n) if k == 0 or bdtr(k - 1, n, 0.5) <= 0.025)
    q1, median, q3 = pd.Series(known).quantile([0.25, 0.5, 0.75])
    return {"median": median, "q1": q1, "q3": q3, "low": known[below - 1 if below else 0], "high": known[n - below if below else n - 1], "n": n}  # fmt: skip


def data(study):
    rows, cells = _rows(study), []
    for group in GROUPS:
        own = rows if group == "all" else rows[rows["group"] == group]
        cells += [{"group": group, "amount": amount} | _median(own[amount]) for amount in AMOUNTS]
    return pd.DataFrame(cells).astype(dict.fromkeys(("median", "q1", "q3", "low", "high", "n"), "float64"))


def values(data, study):
    rows, cell = _rows(study), data.set_index(["group", "amount"])
    payers = rows["payer"].value_counts(normalize=True)
    return {
        "wave": study.waves[-1], "n": len(rows), "threshold": SMALLEST_GROUP,
        **{f"{g}_{a}": cell.loc[(g, a), "median"] for g in ("alone", "outside") for a in ("cost", "days")},
        "low": cell.loc[("alone", "cost"), "low"], "high": cell.loc[("alone", "cost"), "high"],
        "payer": {lang: study.codebook.choice_labels("payer", lang)[payers.index[0]] for lang in ("fr", "en")},
        "payer_share": payers.iloc[0],
    }  # fmt: skip


def display(data, study, lang):
    units = {
        "fr": {"cost": "Coût sur douze mois (€)", "days": "Temps de travail (jours)", "indicators": "Indicateurs suivis"},
        "en": {"cost": "Cost over twelve months (€)", "days": "Work time (days)", "indicators": "Indicators followed"},
    }[lang]  # fmt: skip
    inside = "\u00a0; " if lang == "fr" else ", "
    rows = []
    for amount in AMOUNTS:
        cells = []
        for group in GROUPS:
            row = data[(data["group"] == group) & (data["amount"] == amount)].iloc[0]
            quartiles = inside.join(number(row[q], lang) for q in ("q1", "q3"))
            cells.append("s" if pd.isna(row["median"]) else f"{number(row['median'], lang)} [{quartiles}]")
        rows.append([units[amount], *cells])
    own = _rows(study)
    counts = [own if g == "all" else own[own["group"] == g] for g in GROUPS]
    dedicated = {"fr": "Personne dédiée (%)", "en": "Dedicated person (%)"}[lang]
    shares = [100 * c["dedicated_person"].astype("Float64").mean() for c in counts]
    shown = [
        number(share, lang) if len(c) >= SMALLEST_GROUP else "s"
        for share, c in zip(shares, counts, strict=True)
    ]
    rows.append([dedicated, *shown])
    rows.append(
        [{"fr": "Organisations", "en": "Organisations"}[lang], *(number(len(c), lang) for c in counts)]
    )
    return pd.DataFrame(
        rows, columns=[{"fr": "Ressource", "en": "Resource"}[lang], *(GROUPS[g][lang] for g in GROUPS)]
    )
