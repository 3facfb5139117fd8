"""
fr:
  caption: "« {top_form}, {top_size} » est le groupe qui évalue le plus ({top:pct}), « {bottom_form}, {bottom_size} » celui qui évalue le moins ({bottom:pct})."
  reading: "parmi les organisations du groupe « {top_form}, {top_size} », {top:pct} évaluent leur impact (intervalle à 95 % : {top_low:pct} à {top_high:pct}) ; le trait donne l'intervalle de confiance à 95 %, dont l'erreur tient compte des réponses répétées d'une même organisation. Entre parenthèses : le nombre d'organisations ; s : moins de {threshold:n} d'un côté ou de l'autre, masqué."
  base: "réponses de toutes les vagues, non pondérées ; {hidden:n} groupes masqués sur {cells:n} ({n:n} organisations)."
  alt: "Points avec intervalles. La part la plus haute est de {top:pct} ({top_form}, {top_size}), la plus basse de {bottom:pct} ({bottom_form}, {bottom_size})."
en:
  caption: "“{top_form}, {top_size}” is the group that evaluates most ({top:pct}), “{bottom_form}, {bottom_size}” the one that evaluates least ({bottom:pct})."
  reading: "among organisations of the group “{top_form}, {top_size}”, {top:pct} evaluate their impact (95% interval: {top_low:pct} to {top_high:pct}); the line is the 95% confidence interval, whose error allows for repeated answers of the same organisation. In brackets: the number of organisations; s: fewer than {threshold:n} on one side or the other, hidden."
  base: "answers of all waves, unweighted; {hidden:n} groups hidden out of {cells:n} ({n:n} organisations)."
  alt: "Points with intervals. The highest share is {top:pct} ({top_form}, {top_size}), the lowest {bottom:pct} ({bottom_form}, {bottom_size})."
"""

import pandas as pd

from panel_eis import style
from panel_eis.disclosure import THRESHOLD, hide_shares
from panel_eis.estimates import clustered_mean
from panel_eis.wording import number, percent

HIDDEN = {"fr": " : s", "en": ": s"}
SIZES = ("0", "1-9", "10-49", "50-249", "250+")


def data(study):
    rows = study.select("practises", "legal_form", "size_class").dropna(subset=["practises", "size_class"])
    cells = []
    for (form, size), cell in rows.groupby(["legal_form", "size_class"], observed=True):
        mean = clustered_mean(cell["practises"], cell["unit"])
        sides = {
            name: cell.loc[cell["practises"].astype(bool) == does, "unit"].nunique()
            for name, does in (("does", True), ("does_not", False))
        }
        cells.append({
            "legal_form": form, "size_class": size, **mean, **sides, "n": cell["unit"].nunique()
        })  # fmt: skip
    frame = pd.DataFrame(cells).rename(columns={"mean": "share"})
    frame[["low", "high"]] = frame[["low", "high"]].clip(0, 1)
    numbers = ["share", "std_error", "low", "high"]
    return hide_shares(frame, numbers, yes="does", no="does_not", n="n").drop(columns=["does", "does_not"])


def values(data, study):
    shown = data[~data["hidden"]].sort_values("share")
    forms = {lang: study.codebook.choice_labels("legal_form", lang) for lang in ("fr", "en")}
    sizes = {lang: study.codebook.choice_labels("size_class", lang) for lang in ("fr", "en")}

    def named(row, end):
        return {
            end: row["share"],
            f"{end}_low": row["low"],
            f"{end}_high": row["high"],
            f"{end}_form": {lang: forms[lang][row["legal_form"]] for lang in forms},
            f"{end}_size": {lang: sizes[lang][row["size_class"]] for lang in sizes},
        }

    return {
        **named(shown.iloc[-1], "top"), **named(shown.iloc[0], "bottom"),
        "threshold": THRESHOLD, "n": study.select("practises").dropna()["unit"].nunique(), "hidden": int(data["hidden"].sum()), "cells": len(data),
    }  # fmt: skip


def draw(data, study, lang):
    forms = [f for f in study.codebook.codes("legal_form") if (data["legal_form"] == f).any()]
    form_labels = study.codebook.choice_labels("legal_form", lang)
    size_labels = study.codebook.choice_labels("size_class", lang)
    figure, axes = style.new_figure(0.9 + 0.92 * len(forms))
    positions, ticks = 0.0, []
    for form in forms:
        cells = data[data["legal_form"] == form].set_index("size_class")
        axes.text(
            0.0,
            positions - 0.15,
            form_labels[form],
            fontweight="semibold",
            va="center",
            ha="left",
            fontsize=10.5,
        )
        positions += 0.85
        sizes = [size for size in SIZES if size in cells.index]
        hidden = [size_labels[size] for size in sizes if cells.loc[size, "hidden"]]
        for size in [size for size in sizes if not cells.loc[size, "hidden"]]:
            cell = cells.loc[size]
            axes.plot([cell["low"], cell["high"]], [positions] * 2, color=style.BLUE, linewidth=1.6)
            axes.plot(cell["share"], positions, "o", color=style.BLUE, markersize=6)
            said = f"{percent(cell['share'], lang)} ({number(cell['n'], lang)})"
            axes.text(1.03, positions, said, va="center", ha="left", fontsize=9.5)
            ticks.append((positions, size_labels[size]))
            positions += 0.72
        if hidden:
            named, plain = (
                ", ".join(hidden) + HIDDEN[lang],
                {"facecolor": "white", "edgecolor": "none", "pad": 1},
            )
            axes.text(0.01, positions, named, color=style.GREY, va="center", fontsize=9, bbox=plain)
            positions += 0.72
        positions += 0.45
    axes.set_yticks([p for p, _ in ticks], [t for _, t in ticks])
    axes.set_ylim(positions - 0.3, -0.7)
    style.share_axis(axes, lang)
    figure.set_figheight(0.7 + 0.34 * positions)
    return figure
