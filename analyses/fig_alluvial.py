"""
fr:
  caption: "{stay:n} des {start:n} organisations qui évaluaient régulièrement en {before} le font encore en {after} ; {gone:n} ne répondent plus."
  reading: "entre {before} et {after}, {stay:n} des {start:n} organisations qui évaluaient régulièrement le font encore, et {gone:n} ne répondent plus. Une bande est un groupe d'organisations, son épaisseur leur nombre ; une bande de moins de {threshold:n} n'est pas tracée, et les nombres à côté des blocs sont ceux des bandes tracées. En gris pâle : sans réponse à la vague suivante, ou absente à la précédente."
  base: "organisations ayant répondu à l'une au moins des deux vagues consécutives, non pondérées ; {units:n} organisations ; dénombrement, sans intervalle."
  alt: "Bandes entre vagues, quatre états et « sans réponse ». Entre {before} et {after}, {stay:n} organisations sur {start:n} restent à « régulière » ; {gone_all:n} ne répondent plus et {new_all:n} entrent ou reviennent."
en:
  caption: "{stay:n} of the {start:n} organisations that evaluated regularly in {before} still do in {after}; {gone:n} no longer answer."
  reading: "between {before} and {after}, {stay:n} of the {start:n} organisations that evaluated regularly still do, and {gone:n} no longer answer. A band is a group of organisations, its thickness their number; a band of fewer than {threshold:n} is not drawn, and the numbers beside the blocks are those of the bands drawn. In pale grey: no answer at the next wave, or absent at the one before."
  base: "organisations that answered at least one of two consecutive waves, unweighted; {units:n} organisations; counts, without interval."
  alt: "Bands between waves, four states and “no answer”. Between {before} and {after}, {stay:n} organisations of {start:n} stay “regular”; {gone_all:n} no longer answer and {new_all:n} enter or return."
"""

import numpy as np
import pandas as pd

from panel_eis import style
from panel_eis.disclosure import THRESHOLD, few
from panel_eis.wording import number

STATES = {
    "fr": ("aucune", "envisagée", "ponctuelle", "régulière", "sans réponse"),
    "en": ("none", "considered", "occasional", "regular", "no answer"),
}
STATE_OF = {0: 0, 1: 1, 2: 2, 3: 2, 4: 3, 5: 3}
ABSENT = 4
COLOURS = (*style.RUNGS[:3], style.RUNGS[4], style.LIGHT)
EDGES = (*COLOURS[:-1], style.GREY)  # what did not answer is nearly white, and has an edge


def _states(study):
    rows = study.select("ladder").dropna(subset=["ladder"])
    state = rows["ladder"].astype(int).map(STATE_OF)
    return rows.assign(state=state).pivot(index="unit", columns="wave", values="state")


def data(study):
    wide, pieces = _states(study), []
    for before, after in zip(study.waves, study.waves[1:], strict=False):
        pair = wide[[before, after]].dropna(how="all").fillna(ABSENT).astype(int)
        flows = pair.value_counts().rename("n").reset_index()
        flows.columns = ["from", "to", "n"]
        pieces.append(flows.assign(before=before, after=after))
    flows = pd.concat(pieces, ignore_index=True).sort_values(["before", "from", "to"], ignore_index=True)
    small = few(flows["n"])
    return flows.assign(hidden=small, n=flows["n"].astype(float).where(~small))[
        ["before", "after", "from", "to", "n", "hidden"]
    ]


def values(data, study):
    wide = _states(study)
    before, after = study.waves[-2], study.waves[-1]
    start = wide[wide[before] == 3]
    return {
        "before": before, "after": after, "start": len(start), "stay": int((start[after] == 3).sum()),
        "gone": int(start[after].isna().sum()), "units": len(wide), "threshold": THRESHOLD,
        "gone_all": int((wide[before].notna() & wide[after].isna()).sum()),
        "new_all": int((wide[before].isna() & wide[after].notna()).sum()),
    }  # fmt: skip


def draw(data, study, lang):
    figure, axes = style.new_figure(5.6)
    curve = np.linspace(0, 1, 40)
    ease = 3 * curve**2 - 2 * curve**3
    gap = 0.035 * data.groupby("before")["n"].sum().max()
    for x, (_, flows) in enumerate(data.groupby("before")):
        shown = flows[~flows["hidden"]]
        left, right = (_stack(shown.groupby(end)["n"].sum(), gap) for end in ("from", "to"))
        for row in shown.sort_values(["from", "to"]).itertuples():
            start, end = row[3], row[4]
            low, high = left[start], right[end]
            path = low + (high - low) * ease
            axes.fill_between(
                x + 0.085 + 0.83 * curve,
                path,
                path + row.n,
                color=COLOURS[start],
                alpha=0.55,
                linewidth=0,
            )
            axes.plot(
                np.tile(x + 0.085 + 0.83 * curve, (2, 1)).T,
                np.stack([path, path + row.n], axis=1),
                color=EDGES[start],
                linewidth=0.5,
            )
            left[start] += row.n
            right[end] += row.n
        for side, end in ((0.0, "from"), (1.0, "to")):
            heights = shown.groupby(end)["n"].sum()
            for state, base in _stack(heights, gap).items():
                axes.fill_between(
                    [x + 0.02 + 0.895 * side, x + 0.085 + 0.895 * side],
                    base,
                    base + heights[state],
                    facecolor=COLOURS[state],
                    edgecolor=EDGES[state],
                    linewidth=0.8,
                )
                last = side == 1.0 and x == data["before"].nunique() - 1
                if last or (x, side) == (0, 0.0):
                    text = f"{STATES[lang][state]} {number(heights[state], lang)}"
                    place = x - 0.04 if side == 0.0 else x + 1.04
                    axes.text(
                        place,
                        base + heights[state] / 2,
                        text,
                        ha="right" if side == 0.0 else "left",
                        va="center",
                        fontsize=9.5,
                    )
    waves = list(study.waves)
    axes.set_xticks(range(len(waves)), waves)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set_yticks([])
    axes.set_xlim(-0.62, len(waves) - 1 + 0.62)
    axes.invert_yaxis()
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


def _stack(heights, gap):
    """Base of each state, regular on top, no answer at the bottom."""
    bases, at = {}, 0.0
    for state in (3, 2, 1, 0, ABSENT):
        if state in heights.index:
            bases[state] = at
            at += heights[state] + gap
    return bases
