"""
fr:
  caption: "{headline}."
  reading: "en {last_wave}, {top_do:pct} des organisations qui évaluent et {top_not:pct} de celles qui n'évaluent pas citent « {top_name} ». L'écart le plus grand porte sur « {gap_name} » : {gap_do:pct} contre {gap_not:pct}. Le trait est l'intervalle de confiance à 95 %. s : moins de {threshold:n} organisations d'un côté ou de l'autre, non publié."
  base: "organisations ayant répondu à la question, pondérées (n = {n_do:n} qui évaluent, {n_not:n} qui n'évaluent pas) ; plusieurs réponses possibles."
  alt: "Points par frein, en deux séries. Le frein le plus cité est « {top_name} » : {top_do:pct} de celles qui évaluent, {top_not:pct} des autres. L'écart le plus grand porte sur « {gap_name} » : {gap_do:pct} contre {gap_not:pct}."
en:
  caption: "{headline}."
  reading: "in {last_wave}, “{top_name}” is cited by {top_do:pct} of organisations that evaluate and by {top_not:pct} of the others. The largest gap is on “{gap_name}”: {gap_do:pct} against {gap_not:pct}. The line is the 95% confidence interval. s: fewer than {threshold:n} organisations on one side or the other, not published."
  base: "organisations that answered the question, weighted (n = {n_do:n} that evaluate, {n_not:n} that do not); several answers possible."
  alt: "Points by barrier, in two series. The barrier cited most is “{top_name}”: {top_do:pct} of those that evaluate, {top_not:pct} of the others. The largest gap is on “{gap_name}”: {gap_do:pct} against {gap_not:pct}."
"""

import pandas as pd

from panel_eis import style
from panel_eis.disclosure import THRESHOLD, hide_shares
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
        cited = rows.groupby("practises", observed=True)[f"barriers__{choice.name}"].sum().astype(int)
        cell = cell.assign(barrier=choice.name, family=choice.family, cited=cell["practises"].map(cited))
        pieces.append(hide_shares(cell, ["mean", "low", "high"], yes="cited", n="n"))
    shares = pd.concat(pieces, ignore_index=True).rename(columns={"mean": "share"})
    shares[["low", "high"]] = shares[["low", "high"]].clip(0, 1)
    return shares[["family", "barrier", "practises", "share", "low", "high", "n", "hidden"]]


def _wide(data):
    real = data[data["family"] != "none"]
    return real.pivot_table(index="barrier", columns="practises", values="share", observed=True)


def values(data, study):
    wide = _wide(data)
    wide = wide.dropna()
    top, gap = wide.mean(axis=1).idxmax(), (wide[True] - wide[False]).abs().idxmax()

    def name(code):
        return {lang: study.codebook.choice_labels("barriers", lang)[code].lower() for lang in ("fr", "en")}

    n, both = data.groupby("practises")["n"].max(), ("fr", "en")
    families = {lang: study.codebook.choice_labels("barrier_family", lang) for lang in both}
    first = data[data["barrier"] == top]["family"].iloc[0]
    more = wide.loc[gap, False] > wide.loc[gap, True]
    who = {
        "fr": "celles qui n'évaluent pas" if more else "celles qui évaluent",
        "en": "those that do not evaluate" if more else "those that evaluate",
    }
    headline = {
        "fr": f"« {name(top)['fr'].capitalize()} », un des {families['fr'][first].lower()}, est cité le plus ; « {name(gap)['fr']} » distingue surtout {who['fr']}",
        "en": f"“{name(top)['en'].capitalize()}”, one of the {families['en'][first].lower()}, is cited most; “{name(gap)['en']}” sets apart {who['en']}",
    }
    return {
        "headline": headline, "last_wave": study.waves[-1], "top_do": wide.loc[top, True], "top_not": wide.loc[top, False],
        "top_name": name(top), "gap_name": name(gap), "gap_do": wide.loc[gap, True], "gap_not": wide.loc[gap, False],
        "n_do": n[True], "n_not": n[False], "threshold": THRESHOLD,
    }  # fmt: skip


def draw(data, study, lang):
    labels = study.codebook.choice_labels("barriers", lang)
    families = study.codebook.choice_labels("barrier_family", lang)
    means = data.groupby("barrier")["share"].mean().fillna(0.0)
    order = list(means.sort_values(ascending=False, kind="stable").index)
    figure, axes = style.new_figure(6.2)
    y, ticks, labelled = 0.0, [], set()
    for family in FAMILIES:
        axes.text(0, y, families[family], fontweight="semibold", va="center", ha="left")
        y += 0.9
        for barrier in [b for b in order if ((data["barrier"] == b) & (data["family"] == family)).any()]:
            for does, colour, marker, shift in (
                (True, style.BLUE, "o", -0.16),
                (False, style.ORANGE, "s", 0.16),
            ):
                cell = data[(data["barrier"] == barrier) & (data["practises"] == does)].iloc[0]
                if cell["hidden"]:
                    axes.text(0.01, y + shift, "s", color=style.GREY, va="center", fontsize=9)
                    continue
                axes.plot([cell["low"], cell["high"]], [y + shift] * 2, color=colour, linewidth=1.5)
                axes.plot(
                    cell["share"],
                    y + shift,
                    marker,
                    color=colour,
                    markersize=6.5,
                    label=WORDS[lang][does] if does not in labelled else None,
                )
                labelled.add(does)
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
