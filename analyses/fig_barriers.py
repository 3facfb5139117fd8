"""
fr:
  caption: "Freins à l'évaluation d'impact, selon que l'organisation évalue ou non (dernière vague)."
  reading: "en {last_wave}, {top_do:pct} des organisations qui évaluent et {top_not:pct} de celles qui n'évaluent pas citent « {top_name} ». Le trait est l'intervalle de confiance à 95 %."
  base: "organisations ayant répondu à la question, pondérées (n = {n_do:n} qui évaluent, {n_not:n} qui n'évaluent pas) ; plusieurs réponses possibles."
  alt: "Points par frein, en deux séries. Le frein le plus cité est « {top_name} » : {top_do:pct} de celles qui évaluent, {top_not:pct} des autres. L'écart le plus grand porte sur « {gap_name} »."
en:
  caption: "Barriers to impact evaluation, by whether the organisation evaluates (latest wave)."
  reading: "in {last_wave}, {top_do:pct} of organisations that evaluate and {top_not:pct} of those that do not cite “{top_name}”. The line is the 95% confidence interval."
  base: "organisations that answered the question, weighted (n = {n_do:n} that evaluate, {n_not:n} that do not); several answers possible."
  alt: "Points by barrier, in two series. The barrier cited most is “{top_name}”: {top_do:pct} of those that evaluate, {top_not:pct} of the others. The largest gap is on “{gap_name}”."
"""

import pandas as pd

from panel_eis import style
from panel_eis.estimates import means_by
from panel_eis.wording import percent

FAMILIES = ("strategic", "political", "technical")
WORDS = {
    "fr": {True: "évaluent", False: "n'évaluent pas"},
    "en": {True: "evaluate", False: "do not evaluate"},
}  # fmt: skip


def data(study):
    rows = (
        study.select("barriers", "practises", "weight")
        .query("wave == @study.waves[-1]")
        .dropna(subset=["practises"])
    )
    pieces = []
    for choice in study.codebook.choices("barriers"):
        cell = means_by(rows, f"barriers__{choice.name}", ["practises"], "weight")
        pieces.append(cell.assign(barrier=choice.name, family=choice.family))
    shares = pd.concat(pieces, ignore_index=True).rename(columns={"mean": "share"})
    shares[["low", "high"]] = shares[["low", "high"]].clip(0, 1)
    return shares[["family", "barrier", "practises", "share", "low", "high", "n"]]


def _wide(data):
    real = data[data["family"] != "none"]
    return real.pivot_table(index="barrier", columns="practises", values="share", observed=True)


def values(data, study):
    wide = _wide(data)
    top, gap = wide.mean(axis=1).idxmax(), (wide[True] - wide[False]).abs().idxmax()

    def name(code):
        return {lang: study.codebook.choice_labels("barriers", lang)[code].lower() for lang in ("fr", "en")}

    n = data.groupby("practises")["n"].max()
    return {
        "last_wave": study.waves[-1], "top_do": wide.loc[top, True], "top_not": wide.loc[top, False],
        "top_name": name(top), "gap_name": name(gap), "n_do": n[True], "n_not": n[False],
    }  # fmt: skip


def draw(data, study, lang):
    labels = study.codebook.choice_labels("barriers", lang)
    families = study.codebook.choice_labels("barrier_family", lang)
    order = _wide(data).mean(axis=1).sort_values(ascending=False).index
    figure, axes = style.new_figure(6.2)
    y, ticks, first = 0.0, [], True
    for family in FAMILIES:
        axes.text(0, y, families[family], fontweight="bold", va="center", ha="left")
        y += 0.9
        for barrier in [b for b in order if ((data["barrier"] == b) & (data["family"] == family)).any()]:
            for does, colour, marker, shift in (
                (True, style.BLUE, "o", -0.16),
                (False, style.ORANGE, "s", 0.16),
            ):
                cell = data[(data["barrier"] == barrier) & (data["practises"] == does)].iloc[0]
                axes.plot([cell["low"], cell["high"]], [y + shift] * 2, color=colour, linewidth=1.5)
                axes.plot(
                    cell["share"],
                    y + shift,
                    marker,
                    color=colour,
                    markersize=6.5,
                    label=WORDS[lang][does] if first else None,
                )
            first = False
            ticks.append((y, labels[barrier]))
            y += 0.9
        y += 0.25
    axes.set_yticks([t for t, _ in ticks], [w for _, w in ticks])
    axes.set_ylim(y - 0.4, -0.6)
    axes.set_xlim(0, max(0.8, data["high"].max() + 0.02))
    axes.xaxis.set_major_formatter(lambda x, _: percent(x, lang))
    axes.legend(
        loc="lower center",
        bbox_to_anchor=(0.45, 1.0),
        ncols=2,
        title={"fr": "Organisations qui…", "en": "Organisations that…"}[lang],
    )
    style.grid_x(axes)
    return figure
