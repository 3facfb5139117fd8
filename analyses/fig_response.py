"""
fr:
  caption: "{kept:pct} des {first_n:n} organisations de {first_wave} répondent encore en {last_wave} ; {joined:n} autres sont entrées depuis."
  reading: "des {first_n:n} organisations ayant répondu en {first_wave}, {kept:pct} répondent encore en {last_wave}. Les {joined:n} organisations entrées ensuite sont le rafraîchissement."
  base: "organisations du registre qui ont répondu au moins une fois ({n:n}) ; dénombrement, non pondéré, sans intervalle."
  alt: "Barres empilées par vague d'entrée. En {last_wave}, {kept:pct} des organisations de {first_wave} répondent ; {closed:n} organisations du panel ont fermé ou été absorbées."
en:
  caption: "{kept:pct} of the {first_n:n} organisations of {first_wave} still answer in {last_wave}; {joined:n} others have entered since."
  reading: "of the {first_n:n} organisations that answered in {first_wave}, {kept:pct} still answer in {last_wave}. The {joined:n} organisations that entered later are the refreshment sample."
  base: "organisations of the register that answered at least once ({n:n}); counts, unweighted, without interval."
  alt: "Stacked bars by wave of entry. In {last_wave}, {kept:pct} of the organisations of {first_wave} answer; {closed:n} organisations of the panel closed or were absorbed."
"""

import pandas as pd

from panel_eis import style
from panel_eis.wording import number

STATES = ("answered", "no_answer", "closed")
WORDS = {
    "fr": {"answered": "répond", "no_answer": "ne répond pas", "closed": "fermée ou absorbée", "entry": "Entrées en"},
    "en": {"answered": "answers", "no_answer": "does not answer", "closed": "closed or absorbed", "entry": "Entered in"},
}  # fmt: skip
COLOURS = {"answered": style.BLUE, "no_answer": style.ORANGE, "closed": style.GREY}


def _members(study):
    part = study.table("participation")
    ever = part[part["outcome"] == "answered"].groupby("unit")["wave"].min().rename("entry")
    return part.merge(ever, left_on="unit", right_index=True).query("wave >= entry")


def data(study):
    members = _members(study)
    members["outcome"] = members["outcome"].astype(str).replace("merged", "closed")  # both are out of scope
    counts = members.groupby(["entry", "wave", "outcome"]).size().rename("n").reset_index()
    grid = pd.MultiIndex.from_product([study.waves, study.waves, STATES], names=["entry", "wave", "outcome"])
    full = counts.set_index(["entry", "wave", "outcome"])["n"].reindex(grid, fill_value=0).reset_index()
    return full[full["wave"] >= full["entry"]].reset_index(drop=True)


def values(data, study):
    first, last = study.waves[0], study.waves[-1]
    cells = data.set_index(["entry", "wave", "outcome"])["n"]
    n = cells[first, first, "answered"]
    joined = sum(cells[w, w, "answered"] for w in study.waves[1:])
    closed = data[(data["wave"] == last) & (data["outcome"] == "closed")]["n"].sum()
    return {
        "first_wave": first, "last_wave": last, "first_n": n, "kept": cells[first, last, "answered"] / n,
        "n": n + joined, "joined": joined, "closed": closed,
    }  # fmt: skip


def draw(data, study, lang):
    words = WORDS[lang]
    entries = [e for e in study.waves if data[data["entry"] == e]["n"].sum()]
    rows = [(e, w) for e in entries for w in study.waves if w >= e]
    figure, axes = style.new_figure(1.3 + 0.42 * len(rows) + 0.4 * len(entries))
    y, ticks = 0.0, []
    for entry in entries:
        axes.text(
            0,
            y,
            f"{words['entry']} {entry}",
            transform=axes.get_yaxis_transform(),
            fontweight="semibold",
            va="center",
        )
        y += 0.9
        for wave in [w for w in study.waves if w >= entry]:
            left = 0
            cell = data[(data["entry"] == entry) & (data["wave"] == wave)].set_index("outcome")["n"]
            for state in STATES:
                axes.barh(
                    y,
                    cell[state],
                    left=left,
                    color=COLOURS[state],
                    edgecolor="white",
                    linewidth=1.6,
                    height=0.75,
                )
                if cell[state] >= 0.055 * data["n"].max():
                    axes.text(
                        left + cell[state] / 2,
                        y,
                        number(cell[state], lang),
                        ha="center",
                        va="center",
                        color=style.text_on(COLOURS[state]),
                        fontsize=9.5,
                    )
                left += cell[state]
            ticks.append((y, wave))
            y += 0.9
        y += 0.3
    axes.set_yticks([t for t, _ in ticks], [w for _, w in ticks])
    axes.set_ylim(y - 0.3, -0.7)
    axes.set_xlabel({"fr": "Nombre d'organisations", "en": "Number of organisations"}[lang])
    handles = [axes.barh(0, 0, color=COLOURS[s]) for s in STATES]
    axes.legend(handles, [words[s] for s in STATES], loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=3)
    style.grid_x(axes)
    return figure
