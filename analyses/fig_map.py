"""
fr:
  caption: "De {bottom:pct} ({bottom_name}) à {top:pct} ({top_name}) : la part des organisations qui évaluent selon le territoire, sur de petits effectifs."
  reading: "chaque carreau est un territoire, placé à peu près comme sur la carte. Parmi les réponses des {top_n:n} organisations de « {top_name} », {top:pct} déclarent une évaluation de leur impact (intervalle à 95 % : {top_low:pct} à {top_high:pct}). s : trop peu d'organisations, non publié. Les effectifs sont petits : les écarts entre carreaux sont pour beaucoup du hasard."
  base: "réponses de toutes les vagues, non pondérées, {n:n} organisations ; {shown:n} territoires sur {cells:n} publiés."
  alt: "Grille de treize carreaux. La part la plus haute est {top:pct} ({top_name}), la plus basse {bottom:pct} ({bottom_name}) ; {hidden:n} carreaux masqués."
en:
  caption: "From {bottom:pct} ({bottom_name}) to {top:pct} ({top_name}): share of organisations that evaluate by territory, on small numbers."
  reading: "each tile is a territory, placed roughly as on the map. Among answers of the {top_n:n} organisations of “{top_name}”, {top:pct} tell of an evaluation of their impact (95% interval: {top_low:pct} to {top_high:pct}). s: too few organisations, not published. Numbers are small: much of the difference between tiles is chance."
  base: "answers of all waves, unweighted, {n:n} organisations; {shown:n} territories of {cells:n} published."
  alt: "Grid of thirteen tiles. The highest share is {top:pct} ({top_name}), the lowest {bottom:pct} ({bottom_name}); {hidden:n} tiles hidden."
"""

import textwrap

import pandas as pd

from panel_eis import style
from panel_eis.disclosure import hide_shares
from panel_eis.estimates import clustered_mean
from panel_eis.wording import number, percent


def data(study):
    rows = study.select("practises", "department").dropna(subset=["practises"])
    tiles = study.table("departments").set_index("code")
    cells = []
    for code, tile in tiles.iterrows():
        group = rows[rows["department"].astype(str) == code]
        sides = [group.loc[group["practises"] == does, "unit"].nunique() for does in (True, False)]
        n = group["unit"].nunique()
        mean = clustered_mean(group["practises"], group["unit"])
        cells.append({
            "department": code, "name": tile["name"], "row": tile["row"], "column": tile["column"], "n": n,
            "share": mean["mean"], "low": mean["low"], "high": mean["high"], "does": sides[0], "does_not": sides[1],
            "all": rows["unit"].nunique(),
        })  # fmt: skip
    frame = hide_shares(pd.DataFrame(cells), ["share", "low", "high"], yes="does", no="does_not", n="n")
    frame[["low", "high"]] = frame[["low", "high"]].clip(0, 1)
    return frame.drop(columns=["does", "does_not"])


def values(data, study):
    shown = data[~data["hidden"]].sort_values("share")
    top, bottom = shown.iloc[-1], shown.iloc[0]
    return {
        "top": top["share"], "top_low": top["low"], "top_high": top["high"], "top_n": int(top["n"]), "top_name": top["name"], "bottom": bottom["share"],
        "bottom_name": bottom["name"], "n": int(data["all"].iloc[0]), "shown": len(shown), "cells": len(data),
        "hidden": int(data["hidden"].sum()),
    }  # fmt: skip


def draw(data, study, lang):
    figure, axes = style.new_figure(4.3)
    for cell in data.itertuples():
        colour = style.LIGHT if cell.hidden else style.blend(style.BLUE, min(1.0, 0.08 + cell.share))
        ink = style.text_on(colour)
        axes.add_patch(style.square(cell.column, cell.row, colour))
        axes.text(
            cell.column,
            cell.row - 0.24,
            textwrap.fill(cell.name.split(" (")[0], 11),
            ha="center",
            va="center",
            fontsize=8.5,
            color=ink,
            linespacing=1.0,
        )
        axes.text(
            cell.column,
            cell.row + 0.1,
            "s" if cell.hidden else percent(cell.share, lang),
            ha="center",
            va="center",
            fontsize=13,
            color=ink,
            fontweight="semibold",
        )
        if cell.n == cell.n:
            axes.text(
                cell.column,
                cell.row + 0.36,
                f"n = {number(cell.n, lang)}",
                ha="center",
                va="center",
                fontsize=8.5,
                color=ink,
            )
    axes.set_xlim(0.45, 5.55)
    axes.set_ylim(4.55, 0.45)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return figure
