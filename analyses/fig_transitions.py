"""
fr:
  caption: "{gave_up:pct} des organisations qui évaluaient ont cessé à la vague suivante ; {took_up:pct} de celles qui n'évaluaient pas s'y sont mises."
  reading: "sur 100 organisations qui évaluaient (échelons 2 à 5) et ont répondu à la vague suivante, {gave_up:pct} ont abandonné (échelons 0 et 1 ; intervalle à 95 % : {gave_up_low:pct} à {gave_up_high:pct}), ou {gave_up_net:pct} en donnant plus de poids à celles qui ressemblent aux organisations parties ; sur 100 qui n'évaluaient pas, {took_up:pct} s'y sont mises. Chaque ligne fait 100 % ; les cases de moins de {threshold:n} organisations sont masquées (s), et une autre quand une seule l'est, car elle se déduirait ; un point : aucune."
  base: "{pairs:n} couples de vagues consécutives, {units:n} organisations ; non pondéré (et pondéré là où c'est dit)."
  alt: "Matrice de transition entre quatre états. La diagonale va de {diagonal_low:pct} à {diagonal_high:pct} ; {gave_up:pct} des organisations qui évaluaient ont abandonné."
en:
  caption: "{gave_up:pct} of organisations that evaluated had given up by the next wave; {took_up:pct} of those that did not had taken it up."
  reading: "out of 100 organisations that evaluated (rungs 2 to 5) and answered the next wave, {gave_up:pct} gave up (rungs 0 and 1; 95% interval: {gave_up_low:pct} to {gave_up_high:pct}), or {gave_up_net:pct} giving more weight to those that resemble the organisations that left; out of 100 that did not, {took_up:pct} took it up. Each row makes 100%; cells of fewer than {threshold:n} organisations are hidden (s), and another one where a single one is, since it could be worked out; a dot: none."
  base: "{pairs:n} pairs of consecutive waves, {units:n} organisations; unweighted (and weighted where said)."
  alt: "Transition matrix between four states. The diagonal goes from {diagonal_low:pct} to {diagonal_high:pct}; {gave_up:pct} of the organisations that evaluated gave up."
"""

import pandas as pd

from panel_eis import style
from panel_eis.disclosure import THRESHOLD, hide_small_cells
from panel_eis.estimates import clustered_mean, weighted_mean
from panel_eis.wording import percent

STATES = {
    "fr": ("Aucune (0)", "Envisagée (1)", "Ponctuelle (2–3)", "Régulière (4–5)"),
    "en": ("None (0)", "Considered (1)", "Occasional (2–3)", "Regular (4–5)"),
}
STATE_OF = {0: 0, 1: 1, 2: 2, 3: 2, 4: 3, 5: 3}


def _pairs(study):
    return study.select("ladder", "ladder_before", "weight_pair").dropna(subset=["ladder", "ladder_before"])


def data(study):
    pairs = _pairs(study)
    before, after = (pairs[c].astype(int).map(STATE_OF) for c in ("ladder_before", "ladder"))
    counts = pd.crosstab(before, after).reindex(index=range(4), columns=range(4), fill_value=0)
    tidy = counts.rename_axis("before").rename_axis("after", axis=1).stack().rename("n").reset_index()
    tidy["share"] = tidy["n"] / tidy.groupby("before")["n"].transform("sum")
    return hide_small_cells(tidy, ["share"], sums_within=["before"])


def values(data, study):
    pairs = _pairs(study)
    did = pairs["ladder_before"] >= 2
    does = pairs["ladder"] >= 2
    diagonal = data[(data["before"] == data["after"]) & ~data["hidden"]]["share"]
    stopped = (~does[did]).astype(float)
    whole = clustered_mean(stopped, pairs.loc[did, "unit"])
    net = weighted_mean(stopped, pairs.loc[did, "weight_pair"])["mean"]
    return {
        "gave_up_low": whole["low"], "gave_up_high": whole["high"], "gave_up_net": net,
        "gave_up": float(stopped.mean()), "took_up": float(does[~did].mean()),
        "pairs": len(pairs), "units": pairs["unit"].nunique(), "threshold": THRESHOLD,
        "diagonal_low": diagonal.min(), "diagonal_high": diagonal.max(),
    }  # fmt: skip


def draw(data, study, lang):
    figure, axes = style.new_figure(3.9)
    for cell in data.itertuples():
        shade = 0 if cell.hidden or cell.share != cell.share else cell.share
        colour = style.blend(style.BLUE, min(1.0, shade / 0.6))
        axes.add_patch(style.square(cell.after, cell.before, colour))
        text = (
            "s"
            if cell.hidden
            else ("·" if cell.n == 0 else percent(cell.share, lang).replace("\u00a0", "\u202f"))
        )
        axes.text(
            cell.after, cell.before, text, ha="center", va="center", color=style.text_on(colour), fontsize=12
        )
    axes.set_xlim(-0.5, 3.5)
    axes.set_ylim(3.5, -0.5)
    axes.set_yticks(range(4), STATES[lang])
    axes.set_xticks(range(4), [state.replace(" (", "\n(") for state in STATES[lang]])
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel({"fr": "…et à la vague suivante", "en": "…and at the next wave"}[lang])
    axes.set_ylabel({"fr": "À une vague…", "en": "At one wave…"}[lang])
    axes.tick_params(length=0)
    axes.spines["bottom"].set_visible(False)
    return figure
