"""
fr:
  caption: "En {last_wave}, {name} fait {sample:pct} des organisations répondantes contre {frame:pct} de la population de référence : l'écart le plus fort entre formes juridiques (en %)."
  reading: "en {last_wave}, {name} représente {sample:pct} des organisations répondantes et {frame:pct} de la population de référence ; la pondération corrige ces écarts. s : moins de cinq organisations, non publié (et une autre case quand une seule l'est, car elle se déduirait)."
  base: "organisations répondantes de chaque vague, non pondérées. Population de référence : voir data/frame.csv, où chaque part porte sa source ou la mention « hypothèse » ; – : pas de référence publiée ; {n:n} répondantes en {last_wave} ; dénombrement, sans intervalle."
en:
  caption: "In {last_wave}, {name} makes up {sample:pct} of respondents against {frame:pct} of the reference population: the largest gap between legal forms (in %)."
  reading: "in {last_wave}, {name} makes up {sample:pct} of respondents and {frame:pct} of the reference population; weights correct these gaps. s: fewer than five organisations, not published (and another cell where a single one is, since it could be worked out)."
  base: "respondents of each wave, unweighted. Reference population: see data/frame.csv, where each share carries its source or the word “assumption”; –: no published reference; {n:n} respondents in {last_wave}; counts, without interval."
"""

import pandas as pd

from panel_eis.disclosure import hide_small_cells
from panel_eis.wording import number

MARGINS = ("legal_form", "size_class", "department", "field")


def data(study):
    rows, pieces = study.select(*MARGINS), []
    for margin in MARGINS:
        population = study.margins.get(margin)
        if population is None:  # asked, but no published share to compare with
            population = pd.Series(float("nan"), index=list(study.codebook.codes(margin)))
        known = rows.dropna(subset=[margin])
        counts = pd.crosstab(known["wave"], known[margin].astype(str)).reindex(
            columns=population.index, fill_value=0
        )
        cells = counts.rename_axis("category", axis=1).stack().rename("n").reset_index()
        cells["share"] = cells["n"] / cells.groupby("wave")["n"].transform("sum")
        shown = hide_small_cells(cells, ["share"], sums_within=["wave"]).pivot(
            index="category", columns="wave", values="share"
        )
        pieces.append(
            population.rename("population")
            .rename_axis("category")
            .reset_index()
            .join(shown, on="category")
            .assign(margin=margin)
        )
    return pd.concat(pieces, ignore_index=True)[["margin", "category", "population", *study.waves]]


def values(data, study):
    last = study.waves[-1]
    forms = data[data["margin"] == "legal_form"]
    row = forms.loc[(forms[last] - forms["population"]).abs().idxmax()]
    labels = {
        lang: study.codebook.choice_labels("legal_form", lang)[row["category"]] for lang in ("fr", "en")
    }
    answers = study.select("legal_form", waves=[last])
    return {
        "n": len(answers), "last_wave": last, "sample": row[last], "frame": row["population"],
        "name": {"fr": f"la catégorie « {labels['fr']} »", "en": f"the category “{labels['en']}”"},
    }  # fmt: skip


def display(data, study, lang):
    head = {"fr": ("Catégorie", "Population"), "en": ("Category", "Population")}[lang]
    rows = []
    for margin, group in data.groupby("margin", sort=False):
        labels = study.codebook.choice_labels(margin, lang)
        rows.append([study.codebook.label(margin, lang, short=True).upper(), *[""] * (1 + len(study.waves))])
        rows += [
            [
                labels[r["category"]],
                *("s" if pd.isna(r[w]) else number(r[w] * 100, lang, 1) for w in study.waves),
                "–" if pd.isna(r["population"]) else number(r["population"] * 100, lang, 1),
            ]
            for _, r in group.iterrows()
        ]
    return pd.DataFrame(rows, columns=[head[0], *study.waves, head[1]])
