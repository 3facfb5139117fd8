"""
fr:
  caption: "La part des scores qui n'est pas due au hasard des questions (ω) va de {omega_low:num2} ({worst}) à {omega_high:num2} ({best}) en {last_wave}."
  reading: "α et ω disent quelle part des différences de score n'est pas due au hasard de chaque question (1 = aucune erreur ; 0,70 est une convention). En {last_wave}, ω va de {omega_low:num2} ({worst}) à {omega_high:num2} ({best}). CCI : corrélation intraclasse entre les réponses d'une même organisation à des vagues différentes ({icc:num2} pour le score total), qui mêle l'erreur et le changement réel. Pour un item : r est sa corrélation avec la somme des autres (0,30 est une convention), puis viennent les parts de réponses aux deux bouts de l'échelle. (i) : item inversé, recodé."
  base: "réponses complètes aux items de la dimension, non pondérées. Dimensions : toutes les organisations pour le sens, celles qui évaluent pour les autres. α et ω de la dernière vague ; intervalles à 95 % par rééchantillonnage des organisations ; CCI sur toutes les vagues ({n:n} réponses complètes au plus pour la dernière vague)."
en:
  caption: "Reliability (ω), the part of the differences in score that is not due to the chance of each question, goes from {omega_low:num2} ({worst}) to {omega_high:num2} ({best}) in {last_wave}."
  reading: "α and ω say which part of the differences in score is not due to the chance of each question (1 = no error; 0.70 is a convention). In {last_wave}, ω goes from {omega_low:num2} ({worst}) to {omega_high:num2} ({best}). ICC: intraclass correlation between answers of the same organisation in different waves ({icc:num2} for the total score), which mixes error and true change. For an item: r is its correlation with the sum of the others (0.30 is a convention), followed by the shares of answers at both ends of the scale. (r): reversed item, recoded."
  base: "complete answers to the items of the dimension, unweighted. Dimensions: all organisations for meaning, those that evaluate for the others. α and ω of the last wave; 95% intervals by resampling organisations; ICC over all waves ({n:n} complete answers at most in the last wave)."
"""

import pandas as pd

from panel_eis.wording import number, percent

WIDTHS = (4, 1, 3, 3, 3)
WORDS = {
    "fr": {"heads": ("Dimension, item", "n", "α (item : r)", "ω (item : plancher)", "CCI (item : plafond)"), "all": "Score total", "reverse": "(i)"},
    "en": {"heads": ("Dimension, item", "n", "α (item: r)", "ω (item: floor)", "ICC (item: ceiling)"), "all": "Total score", "reverse": "(r)"},
}  # fmt: skip

BEHIND = ("appropriation",)


def data(study):
    found = study.table("measurement")
    last = found[found["wave"] == study.waves[-1]]
    alpha = last[(last["part"] == "reliability") & last["statistic"].isin(["alpha_bootstrap", "omega"])]
    icc = found[(found["part"] == "reliability") & (found["statistic"] == "icc_waves")]
    items = last[
        (last["part"] == "item") & last["statistic"].isin(["item_total", "floor", "ceiling", "alpha_dropped"])
    ]
    columns = ["scale", "item", "statistic", "value", "low", "high", "n", "units"]
    return pd.concat([alpha, icc, items])[columns].reset_index(drop=True)


def values(data, study):
    omega = data[data["statistic"] == "omega"].set_index("scale")["value"]
    icc = data[(data["statistic"] == "icc_waves") & (data["scale"] == "all")]["value"].item()

    def name(scale):
        return {lang: study.codebook.label(scale, lang, short=True).lower() for lang in ("fr", "en")}

    return {
        "last_wave": study.waves[-1], "omega_low": omega.min(), "omega_high": omega.max(),
        "worst": name(omega.idxmin()), "best": name(omega.idxmax()), "n": int(data.loc[data["statistic"] == "omega", "n"].max()), "icc": icc,
    }  # fmt: skip


def display(data, study, lang):
    words, rows = WORDS[lang], []
    whole = data[data["item"].isna()].set_index(["scale", "statistic"])
    items = data.dropna(subset=["item"]).set_index(["item", "statistic"])
    for scale in (*study.codebook.dimensions, "all"):
        name = words["all"] if scale == "all" else study.codebook.label(scale, lang, short=True)
        cells = [_interval(whole, scale, s, lang) for s in ("alpha_bootstrap", "omega", "icc_waves")]
        n = number(whole.loc[(scale, "alpha_bootstrap"), "n"], lang)
        rows.append([name.upper(), n, *cells])
        for item in study.codebook.items(scale) if scale != "all" else ():
            label = f"{item.short[lang]} {words['reverse']}" if item.reverse else item.short[lang]
            r = number(items.loc[(item.name, "item_total"), "value"], lang, 2)
            ends = [percent(items.loc[(item.name, s), "value"], lang) for s in ("floor", "ceiling")]
            rows.append([label, number(items.loc[(item.name, "item_total"), "n"], lang), r, *ends])
    return pd.DataFrame(rows, columns=list(words["heads"]))


def _interval(whole, scale, statistic, lang):
    if (scale, statistic) not in whole.index:
        return "–"
    row = whole.loc[(scale, statistic)]
    low, high = number(row["low"], lang, 2), number(row["high"], lang, 2)
    return (
        f"{number(row['value'], lang, 2)} [{low} ; {high}]"
        if lang == "fr"
        else f"{number(row['value'], lang, 2)} [{low}, {high}]"
    )
