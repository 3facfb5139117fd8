"""
fr:
  caption: "{headline}."
  reading: "chaque attribut est placé selon ce que l'on en attendait (vers la droite) et ce que l'on constate (vers le haut), de 1 à 5 ; les traits coupent à la moyenne des attributs ({cut_expected:num1} et {cut_observed:num1}), la croix est l'intervalle à 95 %. « {top} » est le plus attendu ({top_expected:num1}) et noté {top_observed:num1}. Sur {roles:n} rôles et {devices:n} dispositifs vus chacun par {threshold:n} organisations au moins, « {stable} » est à améliorer d'abord pour {stable_roles:n} rôles et {stable_devices:n} dispositifs. Une place dépend des autres attributs."
  base: "dispositif principal et second dispositif des organisations qui évaluent, toutes vagues, non pondéré ; intervalles groupés par organisation ({n:n} organisations) ; méthode de Martilla et James (1977)."
  alt: "Quatre quadrants. À améliorer d'abord : {first}. À conserver : {keep}. Peu attendu et peu constaté : {low}. Constaté plus qu'attendu : {more}. Le plus attendu, « {top} » : {top_expected:num1} attendu, {top_observed:num1} constaté."
en:
  caption: "{headline}."
  reading: "each attribute is placed by what was expected of it (rightwards) and what is observed (upwards), from 1 to 5; lines cut at the mean of attributes ({cut_expected:num1} and {cut_observed:num1}), the cross is the 95% interval. “{top}” is expected most ({top_expected:num1}) and rated {top_observed:num1}. Over {roles:n} roles and {devices:n} devices each seen by {threshold:n} organisations at least, “{stable}” is to be improved first for {stable_roles:n} roles and {stable_devices:n} devices. A place depends on the other attributes."
  base: "main and second devices of organisations that evaluate, all waves, unweighted; intervals clustered by organisation ({n:n} organisations); method of Martilla and James (1977)."
  alt: "Four quadrants. To improve first: {first}. To keep: {keep}. Little expected and little observed: {low}. Observed more than expected: {more}. Expected most, “{top}”: {top_expected:num1} expected, {top_observed:num1} observed."
"""

import pandas as pd

from panel_eis import style
from panel_eis.devices import QUADRANTS, means_of, quadrant_of, ratings
from panel_eis.disclosure import THRESHOLD
from panel_eis.wording import number

ALL = "all"
NAMES = {
    "fr": {"first": "à améliorer d'abord", "keep": "à conserver", "low": "moins prioritaire", "more": "plus qu'attendu"},
    "en": {"first": "improve first", "keep": "keep", "low": "lower priority", "more": "more than expected"},
}  # fmt: skip
COLOURS = dict(zip(QUADRANTS, (style.PLUM, style.BLUE, style.GREY, style.TEAL), strict=True))
MARKERS = dict(zip(QUADRANTS, "sDo^", strict=True))


def data(study):
    """Quadrants over everybody, then for each role and each device seen by enough organisations for every attribute."""
    rated = ratings(study)
    pieces = [quadrant_of(means_of(rated, ["attribute"])).assign(role=ALL, device=ALL)]
    for by, other in (("role", "device"), ("device", "role")):
        for _, group in means_of(rated, [by, "attribute"]).groupby(by):
            if not group["hidden"].any():
                pieces.append(quadrant_of(group).assign(**{other: ALL}))
    columns = ["role", "device", "attribute", "quadrant", "expected", "observed", "gap", "n"]
    ends = [f"{k}_{e}" for k in ("expected", "observed") for e in ("low", "high")]
    return pd.concat(pieces, ignore_index=True)[[*columns, *ends, "cut_expected", "cut_observed"]]


def _own(data):
    return data[(data["role"] == ALL) & (data["device"] == ALL)]


def values(data, study):
    own, both = _own(data), ("fr", "en")
    labels = {lang: study.codebook.choice_labels("attribute", lang) for lang in both}

    def listed(kind):
        wanted = own[own["quadrant"] == kind].sort_values("gap")["attribute"]
        nothing = {"fr": "aucun attribut", "en": "no attribute"}
        return {lang: ", ".join(labels[lang][a].lower() for a in wanted) or nothing[lang] for lang in both}

    first = data[data["quadrant"] == "first"]
    by_role, by_device = first[first["role"] != ALL], first[first["device"] != ALL]
    most = pd.concat([by_role, by_device])["attribute"].value_counts()
    stable = most.index[0] if len(most) else own.sort_values("gap")["attribute"].iloc[0]
    top = own.sort_values("expected", ascending=False).iloc[0]
    found = {kind: listed(kind) for kind in QUADRANTS}
    least = own.sort_values("gap").iloc[0]
    lowest = {lang: labels[lang][least["attribute"]].lower() for lang in both}
    if (own["quadrant"] == "first").any():
        headline = {
            "fr": f"Très attendu des dispositifs et peu constaté, donc à améliorer d'abord : {found['first']['fr']}",
            "en": f"Much expected of devices but little observed, so to be improved first: {found['first']['en']}",
        }
    else:
        wanted = least["expected"] >= least["cut_expected"]
        kind = {
            "fr": "très attendu" if wanted else "moins attendu",
            "en": "much is expected" if wanted else "less is expected",
        }
        headline = {
            "fr": f"Tout ce qui est très attendu des dispositifs y est constaté plus que le reste ; l'écart le plus fort, « {lowest['fr']} », porte sur un attribut {kind['fr']}",
            "en": f"What is most expected of devices is also observed more than the rest; the largest gap is on “{lowest['en']}”, of which {kind['en']}",
        }
    return {
        "headline": headline,
        **found,
        "cut_expected": own["cut_expected"].iloc[0], "cut_observed": own["cut_observed"].iloc[0],
        "top": {lang: labels[lang][top["attribute"]] for lang in both}, "top_expected": top["expected"],
        "top_observed": top["observed"], "stable": {lang: labels[lang][stable] for lang in both},
        "roles": data.loc[data["role"] != ALL, "role"].nunique(), "devices": data.loc[data["device"] != ALL, "device"].nunique(),
        "stable_roles": int((by_role["attribute"] == stable).sum()), "threshold": THRESHOLD,
        "stable_devices": int((by_device["attribute"] == stable).sum()), "n": int(own["n"].max()),
    }  # fmt: skip


def draw(data, study, lang):
    own, labels = _own(data), study.codebook.choice_labels("attribute", lang)
    figure, axes = style.new_figure(5.6)
    low, high = own["expected"].min() - 0.16, own["expected"].max() + 0.16
    bottom, top = own["observed_low"].min() - 0.08, own["observed_high"].max() + 0.12
    axes.axvline(own["cut_expected"].iloc[0], color=style.GREY, linewidth=0.9)
    axes.axhline(own["cut_observed"].iloc[0], color=style.GREY, linewidth=0.9)
    for row in own.itertuples():
        colour = COLOURS[row.quadrant]
        axes.plot(
            [row.expected_low, row.expected_high],
            [row.observed] * 2,
            color=style.blend(colour, 0.6),
            linewidth=0.8,
            zorder=1,
        )
        axes.plot(
            [row.expected] * 2,
            [row.observed_low, row.observed_high],
            color=style.blend(colour, 0.6),
            linewidth=0.8,
            zorder=1,
        )
        axes.plot(row.expected, row.observed, MARKERS[row.quadrant], color=colour, markersize=6.5)
    corners = {"first": (0.99, 0.012, "right", "bottom"), "keep": (0.99, 0.99, "right", "top"),
               "low": (0.01, 0.012, "left", "bottom"), "more": (0.01, 0.99, "left", "top")}  # fmt: skip
    for kind, (x, y, across, up) in corners.items():
        axes.text(
            x,
            y,
            NAMES[lang][kind].upper(),
            transform=axes.transAxes,
            ha=across,
            va=up,
            fontsize=8.5,
            color=COLOURS[kind] if kind != "more" else style.INK,
            fontweight="semibold",
        )
    axes.set_xlim(low, high)
    axes.set_ylim(bottom, top)
    lines = [(own["cut_expected"].iloc[0], bottom, own["cut_expected"].iloc[0], top)]
    lines += [(r.expected_low, r.observed, r.expected_high, r.observed) for r in own.itertuples()]
    lines += [(r.expected, r.observed_low, r.expected, r.observed_high) for r in own.itertuples()]
    style.label_points(
        axes,
        list(zip(own["expected"], own["observed"], strict=True)),
        [labels[a] for a in own["attribute"]],
        size=10,
        lines=lines,
    )
    axes.xaxis.set_major_formatter(lambda value, _: number(value, lang, 1))
    axes.yaxis.set_major_formatter(lambda value, _: number(value, lang, 1))
    axes.set_xlabel({"fr": "attendu (1 à 5)", "en": "expected (1 to 5)"}[lang])
    axes.set_ylabel({"fr": "constaté (1 à 5)", "en": "observed (1 to 5)"}[lang])
    return figure
