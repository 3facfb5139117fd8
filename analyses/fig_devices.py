"""
fr:
  caption: "{below:n} dispositif(s) sur {devices:n} tiennent moins que ce qu'on en attendait : l'écart moyen va de {worst_gap:signed1} point(s) (« {worst} ») à {best_gap:signed1} (« {best} »)."
  reading: "l'écart moyen entre ce qui est constaté et ce qui était attendu est de {worst_gap:signed1} point(s) (intervalle à 95 % : {worst_low:signed1} à {worst_high:signed1}) pour « {worst} », et de {best_gap:signed1} ({best_low:signed1} à {best_high:signed1}) pour « {best} », sur une échelle de 1 à 5. L'écart le plus fort du tableau du haut est {cell:signed1} : « {cell_attribute} », « {cell_device} ». En bas, chaque case est la moyenne de tous les attributs pour un rôle et un dispositif. s : moins de {threshold:n} organisations, non publié."
  base: "dispositif principal et second dispositif, toutes vagues, non pondéré ; intervalles groupés par organisation, dans les données ; {n:n} organisations, {ratings:n} notes d'attributs."
  alt: "Deux matrices d'écarts, attributs × dispositifs et rôles × dispositifs. Écart moyen par dispositif : {listing}."
en:
  caption: "{below:n} of the {devices:n} devices fall short of what was expected of them: the mean gap goes from {worst_gap:signed1} point(s) (“{worst}”) to {best_gap:signed1} (“{best}”)."
  reading: "the mean gap between what is observed and what was expected is {worst_gap:signed1} point(s) (95% interval: {worst_low:signed1} to {worst_high:signed1}) for “{worst}”, and {best_gap:signed1} ({best_low:signed1} to {best_high:signed1}) for “{best}”, on a scale from 1 to 5. The largest gap of the upper table is {cell:signed1}: “{cell_attribute}”, “{cell_device}”. Below, each cell is the mean of all attributes for a role and a device. s: fewer than {threshold:n} organisations, not published."
  base: "main and second devices, all waves, unweighted; intervals clustered by organisation, in the data; {n:n} organisations, {ratings:n} ratings of attributes."
  alt: "Two matrices of gaps, attributes × devices and roles × devices. Mean gap by device: {listing}."
"""

import textwrap

import pandas as pd

from panel_eis import style
from panel_eis.devices import means_of, ratings
from panel_eis.disclosure import THRESHOLD
from panel_eis.wording import number

ALL = "all"
WORST = 1.6
"""Gap, in points, that is drawn darkest."""


def data(study):
    """Gaps by device, for each attribute (role ``all``), for each role (attribute ``all``), and over everything."""
    rated = ratings(study)
    pieces = [
        means_of(rated, ["device"]).assign(role=ALL, attribute=ALL),
        means_of(rated, ["device", "attribute"]).assign(role=ALL),
        means_of(rated, ["device", "role"]).assign(attribute=ALL),
        means_of(rated, ["attribute"]).assign(device=ALL, role=ALL),
        means_of(rated, ["role"]).assign(device=ALL, attribute=ALL),
        means_of(rated.assign(device=ALL), ["device"]).assign(role=ALL, attribute=ALL),
    ]
    columns = [
        "device",
        "role",
        "attribute",
        "gap",
        "gap_low",
        "gap_high",
        "expected",
        "observed",
        "n",
        "hidden",
    ]
    return pd.concat(pieces, ignore_index=True)[columns]


def values(data, study):
    shown = data[~data["hidden"]]
    whole = shown[
        (shown["role"] == ALL) & (shown["attribute"] == ALL) & (shown["device"] != ALL)
    ].sort_values("gap")
    cell = shown[(shown["role"] == ALL) & (shown["attribute"] != ALL) & (shown["device"] != ALL)]
    cell = cell.sort_values("gap").iloc[0]
    worst, best, rated = whole.iloc[0], whole.iloc[-1], ratings(study)
    both = ("fr", "en")
    tools = {lang: study.codebook.choice_labels("tool", lang) for lang in both}
    attributes = {lang: study.codebook.choice_labels("attribute", lang) for lang in both}
    listing = {
        lang: ", ".join(f"{tools[lang][r.device].lower()} {number(r.gap, lang, 1, signed=True)}" for r in whole.itertuples())
        for lang in both
    }  # fmt: skip
    return {
        "worst": {lang: tools[lang][worst["device"]].lower() for lang in both}, "worst_gap": worst["gap"],
        "worst_low": worst["gap_low"], "worst_high": worst["gap_high"], "best_gap": best["gap"],
        "best": {lang: tools[lang][best["device"]].lower() for lang in both}, "best_low": best["gap_low"],
        "best_high": best["gap_high"], "cell": cell["gap"], "threshold": THRESHOLD, "n": rated["unit"].nunique(),
        "cell_attribute": {lang: attributes[lang][cell["attribute"]].lower() for lang in both},
        "cell_device": {lang: tools[lang][cell["device"]].lower() for lang in both},
        "ratings": len(rated), "listing": listing, "devices": len(whole), "below": int((whole["gap_high"] < 0).sum()),
    }  # fmt: skip


def draw(data, study, lang):
    named = (data["role"] == ALL) & (data["attribute"] == ALL) & (data["device"] != ALL)
    whole = data[named & ~data["hidden"]].sort_values("gap")
    across = [ALL, *whole["device"]]
    down = [ALL, *study.codebook.codes("attribute")]
    roles = [r for r in study.codebook.codes("role") if not data[data["role"] == r]["hidden"].all()]
    roles = [r for r in roles if (data["role"] == r).any()]
    figure, (top, below) = style.new_figure(
        2.2 + 0.34 * (len(down) + len(roles)), rows=2, height_ratios=[len(down), len(roles)]
    )
    everybody = {"fr": "Tous les attributs", "en": "All attributes"}[lang]
    names = study.codebook.choice_labels("attribute", lang) | {ALL: everybody}
    _matrix(top, data[data["role"] == ALL], "attribute", down, across=across, names=names, lang=lang)
    own = data[(data["attribute"] == ALL) & (data["role"] != ALL)]
    people = study.codebook.choice_labels("role", lang)
    _matrix(below, own, "role", roles, across=across, names=people, lang=lang)
    labels = study.codebook.choice_labels("tool", lang) | {ALL: {"fr": "Ensemble", "en": "All"}[lang]}
    top.xaxis.tick_top()
    top.set_xticks(
        range(len(across)), [textwrap.fill(labels[d], 20) for d in across], rotation=90, fontsize=9.5
    )
    below.set_xticks([])
    return figure


def _matrix(axes, cells, rows, down, *, across, names, lang):
    place = {(c[rows], c["device"]): c for c in cells.to_dict("records")}
    for y, row in enumerate(down):
        for x, device in enumerate(across):
            cell = place.get((row, device))
            hidden = cell is None or cell["hidden"]
            colour = style.blend(style.PLUM, 0 if hidden else min(1.0, max(0.0, -cell["gap"]) / WORST))
            axes.add_patch(style.square(x, y, colour))
            text = "s" if hidden else number(cell["gap"], lang, 1, signed=True)
            axes.text(x, y, text, ha="center", va="center", color=style.text_on(colour), fontsize=10)
    axes.set_xlim(-0.5, len(across) - 0.5)
    axes.set_ylim(len(down) - 0.5, -0.5)
    axes.set_yticks(range(len(down)), [textwrap.fill(names[r], 24) for r in down], fontsize=10)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
