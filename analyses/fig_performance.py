"""
fr:
  caption: "Performance des dispositifs : ce qui en était attendu et ce qui est constaté, selon le rôle de la personne qui répond."
  reading: "tous rôles confondus, l'écart entre constaté et attendu est le plus fort pour « {gap_name} » : {gap:signed1} point sur une échelle de 1 à 5."
  base: "dispositif principal des organisations qui évaluent, toutes vagues, non pondéré ; rôles d'au moins {threshold:n} organisations ({n:n} réponses)."
  alt: "Haltères par attribut et par rôle. L'attendu dépasse le constaté pour {above:n} couples attribut × rôle sur {total:n} ; l'écart le plus fort est de {gap:signed1} pour « {gap_name} »."
en:
  caption: "Performance of devices: what was expected and what is observed, by role of the respondent."
  reading: "over all roles, the gap between observed and expected is largest for “{gap_name}”: {gap:signed1} point on a scale from 1 to 5."
  base: "main device of organisations that evaluate, all waves, unweighted; roles of at least {threshold:n} organisations ({n:n} answers)."
  alt: "Dumbbells by attribute and role. Expectation is above observation in {above:n} pairs of attribute × role out of {total:n}; the largest gap is {gap:signed1} for “{gap_name}”."
"""

import textwrap

import pandas as pd

from panel_eis import style
from panel_eis.disclosure import THRESHOLD

ATTRIBUTES = (
    "understand",
    "improve",
    "convince",
    "mobilise",
    "involve",
    "reveal",
    "affordable",
    "simple",
    "comparable",
    "recognised",
)
WORDS = {
    "fr": {"expected": "attendu", "observed": "constaté"},
    "en": {"expected": "expected", "observed": "observed"},
}


def _answers(study):
    names = [f"device1_{kind}_{a}" for a in ATTRIBUTES for kind in ("expected", "observed")]
    return study.select("respondent_role", *names).dropna(subset=names, how="all")


def data(study):
    rows, cells = _answers(study), []
    for role, group in rows.groupby("respondent_role", observed=True):
        for attribute in ATTRIBUTES:
            pair = group[["unit", f"device1_expected_{attribute}", f"device1_observed_{attribute}"]].dropna()
            units = pair["unit"].nunique()
            if units < THRESHOLD:
                continue
            expected, observed = (
                pair[f"device1_{k}_{attribute}"].astype(float) for k in ("expected", "observed")
            )
            gap = (observed - expected).groupby(pair["unit"]).mean()
            cells.append({
                "role": role, "attribute": attribute, "expected": expected.mean(), "observed": observed.mean(),
                "gap": gap.mean(), "gap_error": gap.std() / units**0.5, "units": units,
            })  # fmt: skip
    return pd.DataFrame(cells)


def values(data, study):
    overall = (data["gap"] * data["units"]).groupby(data["attribute"]).sum() / data.groupby("attribute")[
        "units"
    ].sum()
    worst = overall.idxmin()
    name = {lang: study.codebook.choice_labels("attribute", lang)[worst].lower() for lang in ("fr", "en")}
    return {
        "gap": overall[worst], "gap_name": name, "threshold": THRESHOLD, "n": len(_answers(study)),
        "above": int((data["gap"] < 0).sum()), "total": len(data),
    }  # fmt: skip


def draw(data, study, lang):
    labels = study.codebook.choice_labels("attribute", lang)
    roles = study.codebook.choice_labels("role", lang)
    shown = [r for r in study.codebook.codes("role") if (data["role"] == r).any()]
    columns = 2
    lines = -(-len(shown) // columns)
    figure, grid = style.new_figure(
        0.6 + 3.0 * lines, columns=columns, rows=lines, sharex=True, sharey=True, squeeze=False
    )
    for i, axes in enumerate(grid.flat):
        if i >= len(shown):
            axes.set_axis_off()
            continue
        cells = data[data["role"] == shown[i]].set_index("attribute")
        for y, attribute in enumerate(ATTRIBUTES):
            if attribute in cells.index:
                cell = cells.loc[attribute]
                axes.plot(
                    [cell["expected"], cell["observed"]], [y, y], color=style.GREY, linewidth=1.6, zorder=1
                )
                axes.plot(
                    cell["expected"],
                    y,
                    "o",
                    color="white",
                    markeredgecolor=style.PLUM,
                    markeredgewidth=1.6,
                    markersize=7,
                    label=WORDS[lang]["expected"] if y == 0 else None,
                )
                axes.plot(
                    cell["observed"],
                    y,
                    "o",
                    color=style.BLUE,
                    markersize=7,
                    label=WORDS[lang]["observed"] if y == 0 else None,
                )
        axes.set_title(f"{textwrap.fill(roles[shown[i]], 20)}\n(n = {cells['units'].max()})", fontsize=10.5)
        axes.set_yticks(range(len(ATTRIBUTES)), [labels[a] for a in ATTRIBUTES])
        axes.set_ylim(len(ATTRIBUTES) - 0.5, -0.5)
        axes.set_xlim(1.8, 4.8)
        axes.set_xticks([2, 3, 4])
        style.grid_x(axes)
    handles, words = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside upper center", ncols=2)
    return figure
