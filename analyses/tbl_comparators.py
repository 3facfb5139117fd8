"""
fr:
  caption: "D'une enquête publiée à l'autre, la part de celles qui évaluent va de {low:pct} ({low_name}, {low_year}) à {high:pct} ({high_name}, {high_year}) : la question posée y est pour beaucoup."
  reading: "ces parts sont réelles et publiées ; celle du panel est de {own:pct} en {wave} (intervalle à 95 % de {own_low:pct} à {own_high:pct}{simulated}). Chaque ligne résume, avec nos mots, la question posée : « mesure son impact social » et « évalue son action d'une façon ou d'une autre » ne disent pas la même chose. Ces chiffres situent, ils ne se comparent pas."
  base: "champ propre à chaque enquête, indiqué dans le tableau ; adresses des sources dans les données ; panel : organisations ayant répondu en {wave}, pondérées (n = {n:n})."
en:
  caption: "From one published survey to another, the share that evaluates goes from {low:pct} ({low_name}, {low_year}) to {high:pct} ({high_name}, {high_year}): the question asked has much to do with it."
  reading: "these shares are real and published; that of the panel is {own:pct} in {wave} (95% interval from {own_low:pct} to {own_high:pct}{simulated}). Each row gives, in our words, the question asked: “measures its social impact” and “evaluates its work in some way” do not mean the same. These figures give bearings, not a comparison."
  base: "the base of each survey, given in the table; addresses of the sources in the data; panel: organisations that answered in {wave}, weighted (n = {n:n})."
"""

import pandas as pd

from panel_eis.estimates import weighted_mean
from panel_eis.wording import NO_BREAK, number

WIDTHS = (5, 2, 2, 5, 5)
TEXT = True


def data(study):
    """Published shares of those that evaluate at all, lowest first, with wording, base and source."""
    table = study.table("comparators")
    adopted = table[table["id"].str.endswith("_any")].sort_values(["value", "year"], kind="stable")
    columns = ["survey", "wording", "population"]
    ends = [f"{c}_{lang}" for c in columns for lang in ("fr", "en")]
    return adopted[["id", "year", "country", "value", *ends, "address"]].reset_index(drop=True)


def values(data, study):
    rows = study.select("practises", "weight", waves=[study.waves[-1]])
    own, low, high = weighted_mean(rows["practises"], rows["weight"]), data.iloc[0], data.iloc[-1]
    name = {
        end: {lang: str(row[f"survey_{lang}"]).split(",")[0] for lang in ("fr", "en")}
        for end, row in (("low_name", low), ("high_name", high))
    }
    return {
        "low": low["value"] / 100, "high": high["value"] / 100, "low_year": low["year"], "high_year": high["year"],
        **name, "own": own["mean"], "own_low": own["low"], "own_high": own["high"], "n": own["n"], "wave": study.waves[-1],
        "simulated": {"fr": ", simulée", "en": ", simulated"} if study.synthetic else {"fr": "", "en": ""},
    }  # fmt: skip


def display(data, study, lang):
    head = {
        "fr": ("Enquête publiée", "Pays", "%", "Question posée, avec nos mots", "Champ"),
        "en": ("Published survey", "Country", "%", "Question asked, in our words", "Base"),
    }[lang]
    rows = [
        (
            r[f"survey_{lang}"], r["country"], number(r["value"], lang, 1), r[f"wording_{lang}"],
            r[f"population_{lang}"].replace("n = ", f"n{NO_BREAK}={NO_BREAK}"),
        )
        for _, r in data.iterrows()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(head))
