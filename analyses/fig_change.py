"""
fr:
  caption: "De {earlier} à {later}, la part de celles qui évaluent change de {cross:points} point(s) si l'on compare les répondantes, et de {weighted:points} une fois les départs corrigés."
  reading: "entre {earlier} et {later}, l'écart entre les répondantes des deux vagues est de {cross:points} point(s) ; sur les seules organisations restées, il est de {stayers:points} point(s) ; en donnant plus de poids aux organisations qui ressemblent à celles qui sont parties, il est de {weighted:points} point(s). Le trait est l'intervalle de confiance à 95 %."
  base: "organisations répondantes de chaque vague, non pondérées ({n_cross}) ; organisations présentes aux deux vagues ({n_pairs}) ; corrigées : pondérées par l'inverse de la probabilité de rester."
  alt: "Points avec intervalles, par couple de vagues. De {earlier} à {later} : {cross:points} point(s) entre les répondantes, {stayers:points} sur les organisations restées, {weighted:points} après correction de l'attrition."
en:
  caption: "From {earlier} to {later}, the share that evaluates changes by {cross:points} point(s) between respondents, and by {weighted:points} once departures are corrected for."
  reading: "between {earlier} and {later}, the difference between respondents of the two waves is {cross:points} point(s); among the organisations that stayed, it is {stayers:points} point(s); giving more weight to organisations that resemble those that left, it is {weighted:points} point(s). The line is the 95% confidence interval."
  base: "respondents of each wave, unweighted ({n_cross}); organisations present in both waves ({n_pairs}); corrected: weighted by the inverse of the probability to stay."
  alt: "Points with intervals, by pair of waves. From {earlier} to {later}: {cross:points} points between respondents, {stayers:points} on the organisations that stayed, {weighted:points} after correction for attrition."
"""

import numpy as np
import pandas as pd

from panel_eis import style
from panel_eis.estimates import paired, weighted_mean
from panel_eis.wording import number

WAYS = ("cross", "stayers", "weighted")
WORDS = {
    "fr": {"cross": "Toutes les répondantes", "stayers": "Organisations restées", "weighted": "Restées, attrition corrigée"},
    "en": {"cross": "All respondents", "stayers": "Organisations that stayed", "weighted": "Stayed, attrition-weighted"},
}  # fmt: skip


def data(study):
    rows = study.select("practises", "weight", "weight_pair").astype({"practises": "float64"})
    cells = []
    for earlier, later in zip(study.waves, study.waves[1:], strict=False):
        pairs = paired(rows, ["practises"], earlier, later)
        change = pairs["practises_after"] - pairs["practises_before"]
        two = [weighted_mean(rows[rows["wave"] == w]["practises"]) for w in (earlier, later)]
        gap, error = (
            two[1]["mean"] - two[0]["mean"],
            float(np.hypot(two[0]["std_error"], two[1]["std_error"])),
        )
        cross = {
            "mean": gap,
            "low": gap - 1.96 * error,
            "high": gap + 1.96 * error,
            "n": two[0]["n"] + two[1]["n"],
        }
        for way, cell in (
            ("cross", cross),
            ("stayers", weighted_mean(change)),
            ("weighted", weighted_mean(change, pairs["weight_pair"])),
        ):
            cells.append({"earlier": earlier, "later": later, "way": way, **cell})
    return pd.DataFrame(cells)[["earlier", "later", "way", "mean", "low", "high", "n"]]


def values(data, study):
    last = data[data["later"] == study.waves[-1]].set_index("way")
    return {
        **{way: last.loc[way, "mean"] for way in WAYS},
        "earlier": study.waves[-2], "later": study.waves[-1],
        "n_cross": str(last.loc["cross", "n"]), "n_pairs": str(last.loc["stayers", "n"]),
    }  # fmt: skip


def draw(data, study, lang):
    pairs = list(dict.fromkeys(zip(data["earlier"], data["later"], strict=True)))
    figure, axes = style.new_figure(0.8 + 1.35 * len(pairs))
    colours = dict(zip(WAYS, (style.GREY, style.ORANGE, style.BLUE), strict=True))
    ticks = []
    for i, (earlier, later) in enumerate(pairs):
        axes.text(
            0,
            4 * i - 0.75,
            f"{earlier} → {later}",
            transform=axes.get_yaxis_transform(),
            fontweight="semibold",
            va="center",
        )
        for j, way in enumerate(WAYS):
            cell = data[(data["earlier"] == earlier) & (data["later"] == later) & (data["way"] == way)].iloc[
                0
            ]
            y = 4 * i + j
            axes.plot([cell["low"] * 100, cell["high"] * 100], [y, y], color=colours[way], linewidth=1.8)
            axes.plot(cell["mean"] * 100, y, marker="osD"[j], color=colours[way], markersize=7)
            axes.annotate(
                number(cell["mean"] * 100, lang, 1, signed=True),
                (cell["mean"] * 100, y),
                xytext=(0, 7.5),
                textcoords="offset points",
                ha="center",
                fontsize=9,
            )
            ticks.append((y, WORDS[lang][way]))
    axes.axvline(0, color=style.INK, linewidth=0.9)
    axes.set_yticks([t for t, _ in ticks], [w for _, w in ticks])
    axes.set_ylim(4 * len(pairs) - 1.2, -1.3)
    axes.set_xlabel(
        {"fr": "Évolution de la part, en points", "en": "Change of the share, in percentage points"}[lang]
    )
    style.grid_x(axes)
    return figure
