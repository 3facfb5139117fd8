"""
fr:
  caption: "Le taux de réponse (RR2) va de {lowest:pct} ({lowest_name}, {lowest_wave}) à {highest:pct} ({highest_name}, {highest_wave})."
  reading: "un point est la part des organisations approchées qui ont répondu ; {lowest_name} en {lowest_wave} est la plus basse ({lowest:pct}), {highest_name} en {highest_wave} la plus haute ({highest:pct}). Les strates de moins de {threshold:n} organisations approchées ou répondantes à une vague ne sont pas montrées."
  base: "organisations approchées à chaque vague, selon le registre ({n:n} en {last}) ; dénombrement, non pondéré, sans intervalle."
  alt: "Points par forme juridique et par taille, une couleur par vague ; de {lowest:pct} à {highest:pct}."
en:
  caption: "The response rate (RR2) goes from {lowest:pct} ({lowest_name}, {lowest_wave}) to {highest:pct} ({highest_name}, {highest_wave})."
  reading: "a point is the share of the approached organisations that answered; {lowest_name} in {lowest_wave} is lowest ({lowest:pct}), {highest_name} in {highest_wave} highest ({highest:pct}). Strata with fewer than {threshold:n} organisations approached or answering in a wave are not shown."
  base: "organisations approached at each wave, as the register has them ({n:n} in {last}); counts, unweighted, without interval."
  alt: "Points by legal form and by size, one colour a wave; from {lowest:pct} to {highest:pct}."
"""

import pandas as pd

from panel_eis import style
from panel_eis.disclosure import THRESHOLD, hide_shares
from panel_eis.quality.outcomes import rates_by

STRATA = ("legal_form", "size_class", "department")
DRAWN = ("legal_form", "size_class")


def data(study):
    dispositions, pieces = study.table("dispositions"), []
    for stratum in STRATA:
        cells = rates_by(dispositions.dropna(subset=[stratum]), [stratum, "wave"])
        cells = cells.rename(columns={stratum: "category"}).assign(
            stratum=stratum, answered=cells["I"] + cells["P"]
        )
        pieces.append(
            cells[["stratum", "category", "wave", "n", "answered", "RR2", "RR6", "COOP2", "REF1", "CON1"]]
        )
    frame = pd.concat(pieces, ignore_index=True)
    numbers = ["RR2", "RR6", "COOP2", "REF1", "CON1"]
    frame = hide_shares(frame, numbers, yes="answered", n="n")
    return frame.assign(n=frame["n"].where(~frame["hidden"]))


def _label(study, row, lang):
    return study.codebook.choice_labels(row["stratum"], lang)[str(row["category"])]


def values(data, study):
    shown = data[~data["hidden"] & data["stratum"].isin(DRAWN)].sort_values(["RR2", "category", "wave"])
    low, high = shown.iloc[0], shown.iloc[-1]
    approached = data[(data["stratum"] == "legal_form") & (data["wave"] == study.waves[-1])]["n"].sum()
    return {
        "n": approached, "last": study.waves[-1],
        "threshold": THRESHOLD, "lowest": low["RR2"], "highest": high["RR2"], "lowest_wave": low["wave"],
        "highest_wave": high["wave"],
        "lowest_name": {lang: f"« {_label(study, low, lang)} »" if lang == "fr" else f"“{_label(study, low, lang)}”" for lang in ("fr", "en")},
        "highest_name": {lang: f"« {_label(study, high, lang)} »" if lang == "fr" else f"“{_label(study, high, lang)}”" for lang in ("fr", "en")},
    }  # fmt: skip


def draw(data, study, lang):
    colours = style.wave_colours(study.waves)
    rows, y = [], 0.0
    for stratum in DRAWN:
        rows.append((y, study.codebook.label(stratum, lang, short=True), None))
        y += 0.9
        for code in study.codebook.codes(stratum):
            cells = data[(data["stratum"] == stratum) & (data["category"].astype(str) == code)]
            if len(cells):
                rows.append((y, study.codebook.choice_labels(stratum, lang)[code], cells))
                y += 1.0
        y += 0.3
    figure, axes = style.new_figure(1.3 + 0.3 * y)
    for at, label, cells in rows:
        if cells is None:
            axes.text(
                -0.02,
                at,
                label,
                transform=axes.get_yaxis_transform(),
                ha="right",
                va="center",
                fontweight="semibold",
            )
            continue
        shown = cells[~cells["hidden"]]
        axes.text(
            -0.02, at, label, transform=axes.get_yaxis_transform(), ha="right", va="center", fontsize=10
        )
        axes.axhline(at, color=style.LIGHT, linewidth=0.8, zorder=0)
        middle = (len(study.waves) - 1) / 2
        for k, wave in enumerate(study.waves):
            for value in shown.loc[shown["wave"] == wave, "RR2"]:
                marker = "osD^v"[k % 5]
                axes.plot(
                    value,
                    at + 0.22 * (k - middle),
                    marker,
                    color=colours[wave],
                    markersize=6.5,
                    markeredgecolor="white",
                    zorder=2 + k,
                )
    axes.set_yticks([])
    axes.set_ylim(y - 0.4, -0.6)
    style.share_axis(axes, lang, room=0.02)
    handles = [
        axes.plot([], [], "osD^v"[k % 5], color=colours[w], markersize=6.5)[0]
        for k, w in enumerate(study.waves)
    ]
    axes.legend(
        handles, list(study.waves), loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=len(study.waves)
    )
    return figure
