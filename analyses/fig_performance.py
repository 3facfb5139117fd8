"""
fr:
  caption: "« {gap_name} » : là où les dispositifs tiennent le moins leurs promesses, et aussi pour {same:n} rôle(s) sur {roles:n} pris à part."
  reading: "tous rôles confondus, l'écart entre constaté et attendu est le plus fort pour « {gap_name} » : {gap:signed1} point(s) sur une échelle de 1 à 5 (intervalle à 95 % : {gap_low:signed1} à {gap_high:signed1}). Le rôle « {hard_role} » voit l'écart moyen le plus fort ({hard:signed1}), le rôle « {soft_role} » le plus faible ({soft:signed1}). Un point creux est ce qui était attendu, un point plein ce qui est constaté, le trait fin l'intervalle de ce qui est constaté."
  base: "dispositif principal et second dispositif des organisations qui évaluent, toutes vagues, non pondéré ; intervalles groupés par organisation ; {n:n} notes d'attributs ; groupes de moins de {threshold:n} organisations masqués."
  alt: "Haltères par attribut et par rôle. L'attendu dépasse le constaté pour {above:n} couples attribut × rôle sur {total:n} ; l'écart le plus fort est de {gap:signed1} pour « {gap_name} »."
en:
  caption: "“{gap_name}” is where devices fall furthest short of what was expected, over all roles and for {same:n} of the {roles:n} roles taken one by one."
  reading: "over all roles, the gap between observed and expected is largest for “{gap_name}”: {gap:signed1} point(s) on a scale from 1 to 5 (95% interval: {gap_low:signed1} to {gap_high:signed1}). The role “{hard_role}” sees the largest mean gap ({hard:signed1}), the role “{soft_role}” the smallest ({soft:signed1}). A hollow point is what was expected, a full one what is observed, the thin line the interval of what is observed."
  base: "main and second device of organisations that evaluate, all waves, unweighted; intervals clustered by organisation; {n:n} ratings of attributes; groups of fewer than {threshold:n} organisations hidden."
  alt: "Dumbbells by attribute and role. Expectation is above observation in {above:n} pairs of attribute × role out of {total:n}; the largest gap is {gap:signed1} for “{gap_name}”."
"""

import textwrap

from panel_eis import style
from panel_eis.devices import means_of, ratings
from panel_eis.disclosure import THRESHOLD

WORDS = {
    "fr": {"expected": "attendu", "observed": "constaté"},
    "en": {"expected": "expected", "observed": "observed"},
}


def data(study):
    cells = means_of(ratings(study), ["role", "attribute"])
    seen = cells.groupby("role")["hidden"].transform(lambda hidden: not hidden.all())
    return cells[seen].reset_index(drop=True)


def values(data, study):
    rated = ratings(study)
    overall = means_of(rated, ["attribute"]).set_index("attribute")
    worst = overall["gap"].idxmin()
    shown = data[~data["hidden"]]
    by_role = means_of(rated[rated["role"].isin(shown["role"])], ["role"]).set_index("role")["gap"]
    least = shown.loc[shown.groupby("role")["gap"].idxmin()]
    book = study.codebook

    def name(question, code):
        return {lang: book.choice_labels(question, lang)[code] for lang in ("fr", "en")}

    return {
        "gap": overall.loc[worst, "gap"], "gap_low": overall.loc[worst, "gap_low"], "gap_high": overall.loc[worst, "gap_high"],
        "gap_name": name("attribute", worst), "threshold": THRESHOLD, "n": len(rated), "roles": shown["role"].nunique(),
        "same": int((least["attribute"] == worst).sum()), "hard": by_role.min(), "soft": by_role.max(),
        "hard_role": name("role", by_role.idxmin()), "soft_role": name("role", by_role.idxmax()),
        "above": int((shown["gap"] < 0).sum()), "total": len(shown),
    }  # fmt: skip


def draw(data, study, lang):
    labels = study.codebook.choice_labels("attribute", lang)
    attributes = list(study.codebook.codes("attribute"))
    roles = study.codebook.choice_labels("role", lang)
    shown = [r for r in study.codebook.codes("role") if (data["role"] == r).any()]
    lines = -(-len(shown) // 2)
    figure, grid = style.new_figure(
        0.6 + 2.4 * lines, columns=2, rows=lines, sharex=True, sharey=True, squeeze=False
    )
    for i, axes in enumerate(grid.flat):
        if i >= len(shown):
            axes.set_axis_off()
            continue
        cells = data[(data["role"] == shown[i]) & ~data["hidden"]]
        y = [attributes.index(a) for a in cells["attribute"]]
        axes.hlines(y, cells["observed"], cells["expected"], color=style.GREY, linewidth=2.4, zorder=1)
        axes.hlines(y, cells["observed_low"], cells["observed_high"], color=style.BLUE, linewidth=1, zorder=2)
        axes.plot(
            cells["expected"],
            y,
            "o",
            color="white",
            markeredgecolor=style.PLUM,
            markeredgewidth=1.6,
            markersize=6.5,
            label=WORDS[lang]["expected"],
        )
        axes.plot(cells["observed"], y, "o", color=style.BLUE, markersize=6.5, label=WORDS[lang]["observed"])
        axes.set_title(f"{textwrap.fill(roles[shown[i]], 20)}\n(n = {cells['n'].max():.0f})", fontsize=10.5)
        axes.set_yticks(range(len(attributes)), [labels[a] for a in attributes])
        axes.set_ylim(len(attributes) - 0.5, -0.5)
        axes.set_xlim(1.5, 5)
        axes.set_xticks([2, 3, 4])
        style.grid_x(axes)
    handles, words = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside upper center", ncols=2)
    return figure
