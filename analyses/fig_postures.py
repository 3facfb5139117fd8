"""
fr:
  caption: "« {own} » : c'est la posture de {share:pct} des organisations qui évaluent en {last_wave} ({low:pct} à {high:pct})."
  reading: "la démarche est dite « {own} » quand ce que l'organisation en pense (sens et maîtrise) et ce qu'elle en fait (adaptation, ancrage et usage) atteignent tous deux le milieu de l'échelle, 50. En {last_wave}, c'est le cas de {share:pct} des organisations qui évaluent ({low:pct} à {high:pct}). La règle est fixée d'avance. Elle ne révèle pas des types : {doubtful:pct} des réponses sont assez près d'une frontière pour que leur posture reste incertaine (moins de trois chances sur quatre). Traits : intervalles à 95 %."
  base: "organisations qui évaluent leur impact et ont les cinq dimensions ; profils sur toutes les vagues, non pondérés, intervalles groupés par organisation ; parts pondérées. Effectifs : {counts}."
  alt: "En haut, scores moyens de chaque posture sur les cinq dimensions : {profiles}. En bas, part de chaque posture par vague ; en {last_wave} : {listing}."
en:
  caption: "“{own}”: the posture of {share:pct} of organisations that evaluate in {last_wave} ({low:pct} to {high:pct})."
  reading: "the evaluation is said to be “{own}” when what the organisation thinks of it (meaning and mastery) and what it does with it (adaptation, anchoring and use) both reach the middle of the scale, 50. In {last_wave}, this holds for {share:pct} of organisations that evaluate ({low:pct} to {high:pct}). The rule is fixed in advance. It does not reveal types: {doubtful:pct} of answers are so close to a border that their posture is in doubt (less than three chances in four). Lines: 95% intervals."
  base: "organisations that evaluate their impact and have all five dimensions; profiles over all waves, unweighted, intervals clustered by organisation; weighted shares. Numbers: {counts}."
  alt: "Above, mean scores of each posture on the five dimensions: {profiles}. Below, share of each posture by wave; in {last_wave}: {listing}."
"""

import textwrap

import pandas as pd

from panel_eis import style
from panel_eis.disclosure import hide_small_cells
from panel_eis.estimates import clustered_mean
from panel_eis.measurement.postures import MIDPOINT, POSTURES, axes, posture
from panel_eis.wording import number, percent

NAMES = {
    "fr": {
        "own": "faite sienne",
        "convinced": "pensée plus que faite",
        "practising": "faite plus que pensée",
        "distant": "tenue à distance",
    },
    "en": {
        "own": "made one's own",
        "convinced": "thought more than done",
        "practising": "done more than thought",
        "distant": "kept at a distance",
    },
}
COLOURS = {"own": style.BLUE, "convinced": style.ORANGE, "practising": style.PLUM, "distant": style.GREY}
MARKERS = {"own": "o", "convinced": "^", "practising": "s", "distant": "D"}


def data(study):
    names = list(study.codebook.dimensions)
    rows = study.select(*names, "practises").dropna(subset=names)
    rows = rows.assign(posture=posture(axes(rows)).astype(str))
    profile = [
        {"posture": kind, "wave": "all", "dimension": name} | clustered_mean(cell[name], cell["unit"])
        for kind, cell in rows.groupby("posture")
        for name in names
    ]
    found = study.table("measurement")
    shares = found[(found["part"] == "posture") & (found["statistic"] == "share")]
    shares = shares.rename(columns={"item": "posture", "value": "mean"}).assign(dimension="share")
    cells = pd.concat([pd.DataFrame(profile), shares], ignore_index=True)
    cells = cells[["posture", "wave", "dimension", "mean", "low", "high", "n"]]
    return hide_small_cells(cells, ["mean", "low", "high"], sums_within=["wave", "dimension"]).drop(
        columns="hidden"
    )


def values(data, study):
    found = study.table("measurement")
    doubtful = found[(found["part"] == "posture") & (found["statistic"] == "doubtful")]["value"].item()
    last = data[(data["dimension"] == "share") & (data["wave"] == study.waves[-1])].set_index("posture")
    whole = data[data["wave"] == "all"]
    counts = whole.groupby("posture")["n"].first()
    names = list(study.codebook.dimensions)

    def listed(lang, of):
        return ", ".join(f"{NAMES[lang][k]} {of(k, lang)}" for k in POSTURES if k in last.index)

    def profile(kind, lang):
        own = whole[whole["posture"] == kind].set_index("dimension")["mean"]
        parts = [
            f"{study.codebook.label(d, lang, short=True).lower()} {number(own.get(d), lang)}" for d in names
        ]
        return f"({', '.join(parts)})"

    both = ("fr", "en")
    return {
        "last_wave": study.waves[-1], "share": last.loc["own", "mean"], "low": last.loc["own", "low"],
        "high": last.loc["own", "high"], "doubtful": doubtful, "own": {lang: NAMES[lang]["own"] for lang in both},
        "counts": {lang: listed(lang, lambda k, g: number(counts.get(k), g)) for lang in both},
        "profiles": {lang: listed(lang, profile) for lang in both},
        "listing": {lang: listed(lang, lambda k, g: percent(last.loc[k, "mean"], g)) for lang in both},
    }  # fmt: skip


def draw(data, study, lang):
    figure, (top, below) = style.new_figure(6.6, rows=2, height_ratios=[1.45, 1])
    names = list(study.codebook.dimensions)
    for i, kind in enumerate(POSTURES):
        own = data[(data["posture"] == kind) & (data["wave"] == "all")].set_index("dimension").reindex(names)
        y = [row + (i - 1.5) * 0.17 for row in range(len(names))]
        top.hlines(y, own["low"], own["high"], color=COLOURS[kind], linewidth=1.4)
        label = f"{NAMES[lang][kind]} (n = {number(own['n'].max(), lang)})"
        top.plot(own["mean"], y, MARKERS[kind], color=COLOURS[kind], markersize=6, label=label)
    top.axvline(MIDPOINT, color=style.GREY, linewidth=0.8, linestyle=":")
    top.set_yticks(range(len(names)), [study.codebook.label(n, lang, short=True) for n in names])
    top.set_ylim(len(names) - 0.5, -0.5)
    top.set_xlim(0, 100)
    top.set_xlabel({"fr": "Score moyen (0–100)", "en": "Mean score (0–100)"}[lang])
    top.legend(
        loc="upper center",
        bbox_to_anchor=(0.36, 1.27),
        ncols=2,
        handletextpad=0.2,
        columnspacing=0.8,
        fontsize=9.5,
    )
    style.grid_x(top)
    shades = style.wave_colours(study.waves)
    for row, kind in enumerate(POSTURES):
        cells = data[(data["posture"] == kind) & (data["dimension"] == "share")].set_index("wave")
        for i, wave in enumerate(study.waves):
            if wave not in cells.index:
                continue
            y, cell = row + (i - (len(study.waves) - 1) / 2) * 0.24, cells.loc[wave] * 1
            below.hlines(y, cell["low"] * 100, cell["high"] * 100, color=shades[wave], linewidth=1.6)
            label = wave if row == 0 else None
            below.plot(
                cell["mean"] * 100, y, "osD^v"[min(i, 4)], color=shades[wave], markersize=5.5, label=label
            )
    below.set_yticks(range(len(POSTURES)), [textwrap.fill(NAMES[lang][k], 13) for k in POSTURES])
    below.set_ylim(len(POSTURES) - 0.5, -0.5)
    below.set_xlim(0, 100)
    below.set_xlabel(
        {"fr": "Part des organisations qui évaluent (%)", "en": "Share of organisations that evaluate (%)"}[
            lang
        ]
    )
    below.legend(loc="lower right", handletextpad=0.2)
    style.grid_x(below)
    return figure
