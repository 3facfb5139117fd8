"""
fr:
  caption: "{all_n:n} organisations sur {n:n} ont répondu à toutes les vagues ; {gap_n:n} sont revenues après une absence."
  reading: "un carré plein est une réponse, un carré vide un silence, une croix une organisation fermée ou absorbée, un point une organisation pas encore entrée. {all_n:n} organisations ont répondu à toutes les vagues et {gap_n:n} sont revenues après une absence. Les parcours de moins de cinq organisations sont réunis."
  base: "{n:n} organisations ayant répondu au moins une fois ; dénombrement, non pondéré, sans intervalle."
  alt: "Barres par parcours. Le plus fréquent, {top_n:n} organisations, fait {top:pct} du total ; {all_n:n} ont répondu à toutes les vagues."
en:
  caption: "{all_n:n} organisations of {n:n} answered every wave; {gap_n:n} came back after an absence."
  reading: "a full square is an answer, an empty one a silence, a cross an organisation closed or absorbed, a dot one that has not entered yet. {all_n:n} organisations answered every wave and {gap_n:n} came back after an absence. Patterns of fewer than five organisations are put together."
  base: "{n:n} organisations that answered at least once; counts, unweighted, without interval."
  alt: "Bars by pattern. The most frequent, {top_n:n} organisations, makes {top:pct} of the total; {all_n:n} answered every wave."
"""

from panel_eis import style
from panel_eis.quality.patterns import OTHER, patterns
from panel_eis.wording import number, percent


def data(study):
    return patterns(study.table("participation"), study.waves)


def values(data, study):
    counts = data.set_index("pattern")["n"]
    came_back = [p for p in counts.index if "1-0-1" in p or "1-0-0-1" in p]
    return {
        "n": counts.sum(), "all_n": counts.get("-".join("1" * len(study.waves)), 0.0), "gap_n": counts[came_back].sum(),
        "top_n": data["n"].iloc[0], "top": data["share"].iloc[0],
    }  # fmt: skip


def draw(data, study, lang):
    k = len(study.waves)
    figure, (left, right) = style.new_figure(
        1.0 + 0.36 * len(data), columns=2, width_ratios=[0.5 + 0.5 * k, 4.2], sharey=True
    )
    for i, row in enumerate(data.itertuples()):
        if row.pattern == OTHER:
            left.text(
                (k - 1) / 2,
                i,
                {"fr": "autres", "en": "others"}[lang],
                ha="center",
                va="center",
                fontsize=10.5,
            )
        else:
            for j, sign in enumerate(row.pattern.split("-")):
                if sign in "10":
                    face = style.BLUE if sign == "1" else "white"
                    left.plot(j, i, "s", color=style.BLUE, markerfacecolor=face, markersize=10)
                else:
                    left.plot(
                        j,
                        i,
                        "x" if sign == "x" else ".",
                        color=style.GREY,
                        markersize=8 if sign == "x" else 5,
                    )
        right.barh(i, row.n, color=style.BLUE, height=0.62)
        text = f"{number(row.n, lang)} ({percent(row.share, lang)})"
        right.text(row.n + 0.01 * data["n"].max(), i, text, va="center", fontsize=10)
    left.set_xlim(-0.6, k - 0.4)
    left.set_xticks(range(k), [w[2:] if w.isdigit() else w for w in study.waves])
    left.xaxis.tick_top()
    left.tick_params(length=0)
    left.set_yticks([])
    left.set_ylim(len(data) - 0.4, -0.6)
    left.spines["bottom"].set_visible(False)
    right.set_xlim(0, 1.3 * data["n"].max())
    right.set_xlabel({"fr": "Nombre d'organisations", "en": "Number of organisations"}[lang])
    style.grid_x(right)
    return figure
