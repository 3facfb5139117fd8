"""
fr:
  caption: "« {top_name} » est la dimension la plus haute de l'appropriation en {last_wave} ({top:num1} sur 100), « {bottom_name} » la plus basse ({bottom:num1})."
  reading: "en {last_wave}, le score moyen de la dimension la plus haute ({top_name}) est de {top:num1}, celui de la plus basse ({bottom_name}) de {bottom:num1}. Le trait est l'intervalle de confiance à 95 %."
  base: "organisations qui évaluent leur impact (échelons 2 à 5), pour les dimensions autres que le sens ; toutes les organisations pour le sens. Pondéré (n = {n:n} pour le sens, {n_doers:n} pour le score, en {last_wave})."
  alt: "Points par dimension et par vague. En {last_wave} : {listing}."
en:
  caption: "“{top_name}” is the highest dimension of appropriation in {last_wave} ({top:num1} out of 100), “{bottom_name}” the lowest ({bottom:num1})."
  reading: "in {last_wave}, the mean score of the highest dimension ({top_name}) is {top:num1}, that of the lowest ({bottom_name}) is {bottom:num1}. The line is the 95% confidence interval."
  base: "organisations that evaluate their impact (rungs 2 to 5) for the dimensions other than meaning; all organisations for meaning. Weighted (n = {n:n} for meaning, {n_doers:n} for the score, in {last_wave})."
  alt: "Points by dimension and wave. In {last_wave}: {listing}."
"""

import pandas as pd

from panel_eis import style
from panel_eis.estimates import means_by
from panel_eis.wording import number


def data(study):
    names = list(study.codebook.dimensions)
    rows = study.select(*names, "appropriation", "weight")
    pieces = [
        means_by(rows, name, ["wave"], "weight").assign(dimension=name) for name in (*names, "appropriation")
    ]
    return pd.concat(pieces, ignore_index=True)[["dimension", "wave", "mean", "low", "high", "n"]]


def values(data, study):
    last = data[(data["wave"] == study.waves[-1]) & (data["dimension"] != "appropriation")].sort_values(
        "mean"
    )
    top, bottom = last.iloc[-1], last.iloc[0]

    def name(row):
        return {
            lang: study.codebook.label(row["dimension"], lang, short=True).lower() for lang in ("fr", "en")
        }

    listing = {
        lang: ", ".join(
            f"{study.codebook.label(r.dimension, lang, short=True).lower()} {number(r.mean, lang)}"
            for r in last[::-1].itertuples()
        )
        for lang in ("fr", "en")
    }
    sizes = data[data["wave"] == study.waves[-1]].set_index("dimension")["n"]
    return {
        "n": sizes["meaning"], "n_doers": sizes["appropriation"],
        "last_wave": study.waves[-1], "top": top["mean"], "bottom": bottom["mean"],
        "top_name": name(top), "bottom_name": name(bottom), "listing": listing,
    }  # fmt: skip


def draw(data, study, lang):
    names = list(dict.fromkeys(data["dimension"]))
    colours = style.wave_colours(study.waves)
    figure, axes = style.new_figure(0.9 + 0.62 * len(names))
    for row, name in enumerate(names):
        cells = data[data["dimension"] == name].set_index("wave")
        for i, wave in enumerate(study.waves):
            y = row + (i - (len(study.waves) - 1) / 2) * 0.22
            cell = cells.loc[wave]
            axes.plot([cell["low"], cell["high"]], [y, y], color=colours[wave], linewidth=1.6)
            axes.plot(cell["mean"], y, marker="osD^v"[min(i, 4)], color=colours[wave], markersize=6)
            if row == 0:
                axes.annotate(
                    wave,
                    (cell["high"], y),
                    xytext=(5, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=9,
                    color=colours[wave],
                )
        axes.text(101, row, number(cells.loc[study.waves[-1], "mean"], lang, 1), va="center", fontsize=9.5)
    axes.set_yticks(range(len(names)), [study.codebook.label(n, lang, short=True) for n in names])
    axes.get_yticklabels()[-1].set_fontweight("semibold")
    axes.axhline(len(names) - 1.5, color=style.GREY, linewidth=0.8)
    axes.set_ylim(len(names) - 0.45, -0.55)
    axes.set_xlim(0, 100)
    axes.set_xlabel({"fr": "Score (0–100)", "en": "Score (0–100)"}[lang])
    style.grid_x(axes)
    return figure
