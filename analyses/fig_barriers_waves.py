"""
fr:
  caption: "{headline}."
  reading: "« {name} » est cité par {first:pct} des organisations en {first_wave} et {last:pct} en {last_wave}. Sur les {pairs:n} mêmes organisations interrogées aux deux vagues, la part change de {paired:points} point(s) (intervalle à 95 % : {low:points} à {high:points}). Le trait est l'intervalle de confiance à 95 %. s : moins de {threshold:n} organisations d'un côté ou de l'autre, non publié."
  base: "organisations ayant répondu à la question à chaque vague, pondérées (n = {n_text}) ; plusieurs réponses possibles ; écart sur les mêmes organisations, non pondéré."
  alt: "Points par frein, une série par vague. Frein qui bouge le plus sur les mêmes organisations : « {name} », de {first:pct} en {first_wave} à {last:pct} en {last_wave}."
en:
  caption: "{headline}."
  reading: "“{name}” is cited by {first:pct} of organisations in {first_wave} and {last:pct} in {last_wave}. Over the {pairs:n} same organisations asked at both waves, the share changes by {paired:points} points (95% interval: {low:points} to {high:points}). The line is the 95% confidence interval. s: fewer than {threshold:n} organisations on one side or the other, not published."
  base: "organisations that answered the question at each wave, weighted (n = {n_text}); several answers possible; change over the same organisations, unweighted."
  alt: "Points by barrier, one series a wave. Barrier that moves most over the same organisations: “{name}”, from {first:pct} in {first_wave} to {last:pct} in {last_wave}."
"""

import pandas as pd

from panel_eis import style
from panel_eis.disclosure import THRESHOLD, hide_shares
from panel_eis.estimates import means_by, paired, weighted_mean
from panel_eis.wording import number, percent

FAMILIES = ("strategic", "political", "technical")


def data(study):
    """Weighted share of each barrier at each wave; on the last wave's row, the change of the same organisations."""
    rows, pieces = study.select("barriers", "weight"), []
    first, last = study.waves[0], study.waves[-1]
    for choice in study.codebook.choices("barriers"):
        column = f"barriers__{choice.name}"
        cell = means_by(rows, column, ["wave"], "weight")
        cited = rows.groupby("wave")[column].sum().astype(int)
        cell = cell.assign(cited=cell["wave"].map(cited))
        cell = hide_shares(cell, ["mean", "low", "high"], yes="cited", n="n")
        both = paired(rows, [column], first, last).astype("Float64")
        moved = weighted_mean((both[f"{column}_after"] - both[f"{column}_before"]).dropna())
        at_last = cell["wave"] == last
        for name, value in (
            ("change", "mean"),
            ("change_low", "low"),
            ("change_high", "high"),
            ("pairs", "n"),
        ):
            cell[name] = pd.Series(float(moved[value]), index=cell.index).where(at_last & ~cell["hidden"])
        pieces.append(cell.assign(barrier=choice.name, family=choice.family))
    shares = pd.concat(pieces, ignore_index=True).rename(columns={"mean": "share"})
    shares[["low", "high"]] = shares[["low", "high"]].clip(0, 1)
    columns = ["family", "barrier", "wave", "share", "low", "high", "n", "hidden"]
    return shares[[*columns, "change", "change_low", "change_high", "pairs"]]


def values(data, study):
    first, last, both = study.waves[0], study.waves[-1], ("fr", "en")
    real = data[data["family"] != "none"]
    shown = real[real["wave"] == last].dropna(subset=["change"]).set_index("barrier")
    before = real[real["wave"] == first].set_index("barrier")["share"].dropna()
    shown = shown[shown.index.isin(before.index)]
    most = shown.loc[shown["change"].abs().idxmax()]
    clear = shown[(shown["change_low"] > 0) | (shown["change_high"] < 0)]
    name = {lang: study.codebook.choice_labels("barriers", lang)[most.name].lower() for lang in both}
    points = {lang: number(100 * most["change"], lang, 0, signed=True) for lang in both}
    if len(clear):
        headline = {
            "fr": f"{len(clear)} frein(s) sur {len(shown)} changent nettement entre {first} et {last} sur les mêmes organisations, surtout « {name['fr']} » ({points['fr']} point(s))",
            "en": f"{len(clear)} barrier(s) of {len(shown)} change clearly between {first} and {last} over the same organisations, “{name['en']}” most ({points['en']} points)",
        }
    else:
        headline = {
            "fr": f"De {first} à {last}, aucun frein ne recule ni ne monte nettement sur les mêmes organisations ; celui qui bouge le plus est « {name['fr']} » ({points['fr']} point(s))",
            "en": f"From {first} to {last}, no barrier clearly falls or rises over the same organisations; the one that moves most is “{name['en']}” ({points['en']} points)",
        }
    sizes = data.groupby("wave")["n"].max()
    return {
        "headline": headline, "name": name, "first_wave": first, "last_wave": last, "first": before[most.name],
        "last": most["share"], "paired": most["change"], "low": most["change_low"], "high": most["change_high"],
        "pairs": most["pairs"], "threshold": THRESHOLD, "n_text": ", ".join(f"{n:.0f}" for n in sizes),
    }  # fmt: skip


def draw(data, study, lang):
    labels = study.codebook.choice_labels("barriers", lang)
    families = study.codebook.choice_labels("barrier_family", lang)
    colours = style.wave_colours(study.waves)
    means = data.groupby("barrier")["share"].mean().fillna(0.0).sort_values(ascending=False, kind="stable")
    step = 0.62 / len(study.waves)
    figure, axes = style.new_figure(6.6)
    y, ticks, labelled = 0.0, [], set()
    for family in FAMILIES:
        axes.text(0, y, families[family], fontweight="semibold", va="center", ha="left")
        y += 0.95
        inside = set(data.loc[data["family"] == family, "barrier"])
        for barrier in [b for b in means.index if b in inside]:
            for k, wave in enumerate(study.waves):
                cell = data[(data["barrier"] == barrier) & (data["wave"] == wave)].iloc[0]
                at = y + step * (k - (len(study.waves) - 1) / 2)
                if cell["hidden"]:
                    axes.text(0.01, at, "s", color=style.GREY, va="center", fontsize=8.5)
                    continue
                axes.plot([cell["low"], cell["high"]], [at] * 2, color=colours[wave], linewidth=1.3)
                label = wave if wave not in labelled else None
                axes.plot(cell["share"], at, "osD^v"[k % 5], color=colours[wave], markersize=5.5, label=label)
                labelled.add(wave)
            ticks.append((y, labels[barrier]))
            y += 1.0
        y += 0.25
    axes.set_yticks([t for t, _ in ticks], [w for _, w in ticks])
    axes.set_ylim(y - 0.4, -0.6)
    axes.set_xlim(0, max(0.8, data["high"].max() + 0.02))
    axes.xaxis.set_major_formatter(lambda x, _: percent(x, lang))
    axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=len(study.waves))
    style.grid_x(axes)
    return figure
