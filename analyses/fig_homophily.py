"""
fr:
  caption: "{headline}."
  reading: "en {wave}, deux membres d'un même réseau sont d'accord sur le fait d'évaluer dans {members:pct} des cas, contre {members_expected:pct} si l'on redistribuait les réponses au hasard au sein des formes juridiques ({members_p:p}). Indice E–I des liens de pair à pair entre formes juridiques : {ei:signed2}, contre {ei_expected:signed2} attendu ({ei_p:p} ; −1 : tous entre semblables, 1 : tous entre différentes). La bande grise tient 95 % des {draws:n} permutations. À droite, l'évolution de l'écart au hasard d'une vague à la suivante et son intervalle à 95 % ; de {before} à {wave}, pour les réseaux : {change:points} point(s) ({change_low:points} à {change_high:points})."
  base: "organisations répondantes de chaque vague ayant consenti à figurer dans le réseau ({units:n} en {wave}), liens du registre au jour médian de l'enquête, non pondéré ; intervalles par rééchantillonnage des organisations avec tous leurs liens (Snijders et Borgatti, 1999). Se ressembler n'est pas s'influencer.{fictitious}"
  alt: "Trois mesures par vague : accord entre membres d'un même réseau ({listing}), accord entre pairs, indice E–I entre formes juridiques, chacune avec la bande de ce que donne le hasard et l'évolution entre vagues."
en:
  caption: "{headline}."
  reading: "in {wave}, two members of the same network agree on whether they evaluate in {members:pct} of cases, against {members_expected:pct} if answers were dealt at random within legal forms ({members_p:p}). E–I index of peer ties between legal forms: {ei:signed2}, against {ei_expected:signed2} expected ({ei_p:p}; −1: all between like, 1: all between unlike). The grey band holds 95% of {draws:n} permutations. On the right, the change in the gap to chance from one wave to the next, with its 95% interval; from {before} to {wave}, for networks: {change:points} points ({change_low:points} to {change_high:points})."
  base: "responding organisations of each wave that agreed to stand in the network ({units:n} in {wave}), ties of the register on the median day of the survey, unweighted; intervals by drawing organisations again with all their ties (Snijders and Borgatti, 1999). To be alike is not to influence.{fictitious}"
  alt: "Three measures by wave: agreement of members of the same network ({listing}), agreement of peers, E–I index between legal forms, each with the band of what chance gives and the change between waves."
"""

import pandas as pd

from panel_eis import style
from panel_eis.ecosystem import co_members
from panel_eis.likeness import Ties, change, permutation_test
from panel_eis.tied import consenting, fictitious, ties_of
from panel_eis.wording import number, p_value, percent

DRAWS, SEED = 499, 20211
KINDS = ("members", "peers", "form")
TITLES = {
    "fr": {"members": "Membres d'un même réseau : d'accord sur le fait d'évaluer",
           "peers": "Pairs : d'accord sur le fait d'évaluer", "form": "Pairs : indice E–I entre formes juridiques"},
    "en": {"members": "Members of the same network: agree on whether they evaluate",
           "peers": "Peers: agree on whether they evaluate", "form": "Peers: E–I index between legal forms"},
}  # fmt: skip


def _ties(study, wave):
    """Ties of each measure at a wave: adoption among members and peers (forms held), legal form among peers."""
    rows = study.select("legal_form", "practises", waves=[wave])
    rows = rows[rows["unit"].isin(consenting(study, wave))]
    form = dict(zip(rows["unit"], rows["legal_form"].astype(str), strict=True))
    known = rows.dropna(subset=["practises"])
    does = dict(zip(known["unit"], known["practises"].astype(bool), strict=True))
    ties = ties_of(study, wave)
    peers = ties[ties["kind"] == "peer"][["unit", "body"]]
    return {
        "members": Ties.of(co_members(ties, list(does)), does, form),
        "peers": Ties.of(peers, does, form),
        "form": Ties.of(peers, form),
    }


def data(study):
    """One row a measure and wave; E–I is 1 − 2 × the share alike, and so are its expectation, band and change."""
    found = {wave: _ties(study, wave) for wave in study.waves}
    rows = []
    for kind in KINDS:
        slope, base = (-2.0, 1.0) if kind == "form" else (1.0, 0.0)
        for k, wave in enumerate(study.waves):
            own = found[wave][kind]
            test = permutation_test(own, seed=SEED, draws=DRAWS)
            row = {
                "kind": kind,
                "wave": wave,
                "units": len(own.names),
                "pairs": test["pairs"],
                "p_value": test["p_value"],
            }
            row |= {name: base + slope * test[name] for name in ("observed", "expected", "low", "high")}
            if k:
                moved = change(found[study.waves[k - 1]][kind], own, seed=SEED, draws=DRAWS)
                row |= {
                    name if name == "change" else f"change_{name}": slope * v for name, v in moved.items()
                }
            rows.append(row)  # fmt: skip
    frame = pd.DataFrame(rows)
    ends = ["low", "high"], ["change_low", "change_high"]
    for low, high in ends:  # the slope of E–I turns them over
        frame[[low, high]] = pd.DataFrame(
            {low: frame[[low, high]].min(axis=1), high: frame[[low, high]].max(axis=1)}
        )
    return frame


def values(data, study):
    own = data[data["kind"] == "members"]
    last = data[data["wave"] == study.waves[-1]].set_index("kind")
    apart = own[own["p_value"] < 0.05]
    more, less = (
        int((side).sum())
        for side in (apart["observed"] > apart["expected"], apart["observed"] < apart["expected"])
    )
    moved = int(((own["change_low"] > 0) | (own["change_high"] < 0)).sum())
    waves = len(own)
    fr = (
        f"se ressemblent plus que le hasard à {more} vague(s) sur {waves}" if more
        else f"se ressemblent moins que le hasard à {less} vague(s) sur {waves}" if less
        else f"ne se ressemblent pas plus que le hasard, à aucune des {waves} vagues"
    )  # fmt: skip
    en = (
        f"are alike beyond chance at {more} wave(s) of {waves}" if more
        else f"are less alike than by chance at {less} wave(s) of {waves}" if less
        else f"are no more alike than by chance at any of the {waves} waves"
    )  # fmt: skip
    then = {
        "fr": f"{moved} évolution(s) nette(s) entre vagues" if moved else "sans évolution nette entre vagues",
        "en": f"{moved} clear change(s) between waves" if moved else "with no clear change between waves",
    }
    return {
        "headline": {"fr": f"Les membres d'un même réseau {fr}, {then['fr']}", "en": f"Members of the same network {en}, {then['en']}"},
        "wave": study.waves[-1], "before": study.waves[-2], "draws": DRAWS, "units": int(last.loc["form", "units"]),
        "members": last.loc["members", "observed"], "members_expected": last.loc["members", "expected"],
        "members_p": last.loc["members", "p_value"], "ei": last.loc["form", "observed"],
        "ei_expected": last.loc["form", "expected"], "ei_p": last.loc["form", "p_value"],
        "change": last.loc["members", "change"], "change_low": last.loc["members", "change_low"],
        "change_high": last.loc["members", "change_high"], "fictitious": fictitious(study),
        "listing": {lang: ", ".join(f"{r.wave} {percent(r.observed, lang)}" for r in own.itertuples()) for lang in ("fr", "en")},
    }  # fmt: skip


def draw(data, study, lang):
    figure, grid = style.new_figure(6.6, rows=3, columns=2, width_ratios=[3, 2], squeeze=False)
    for (left, right), kind in zip(grid, KINDS, strict=True):
        own = data[data["kind"] == kind].reset_index(drop=True)
        for y, row in enumerate(own.itertuples()):
            left.plot(
                [row.low, row.high],
                [y, y],
                color=style.RUNGS[0],
                linewidth=10,
                solid_capstyle="butt",
                zorder=1,
            )
            left.plot(row.observed, y, "o", color=style.BLUE, markersize=7, zorder=3)
            left.text(
                1.0,
                y,
                p_value(row.p_value, lang),
                transform=left.get_yaxis_transform(),
                ha="right",
                va="center",
                fontsize=9,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
            )
            if row.change == row.change:
                right.plot([row.change_low, row.change_high], [y, y], color=style.PLUM, linewidth=1.8)
                right.plot(row.change, y, "D", color=style.PLUM, markersize=6)
        left.set_yticks(range(len(own)), list(own["wave"]))
        right.set_yticks([])
        right.axvline(0, color=style.GREY, linewidth=0.9)
        reach = 1.1 * own[["change_low", "change_high"]].abs().max().max()
        right.set_xlim(-reach, reach)
        for axes in (left, right):
            axes.set_ylim(len(own) - 0.5, -0.7)
            style.grid_x(axes)
        left.set_title(TITLES[lang][kind], fontsize=10.5)
        if kind == "form":
            left.set_xlim(-1, 1)
            for axes in (left, right):
                axes.xaxis.set_major_formatter(lambda v, _: number(v, lang, 1, signed=True))
        else:
            left.set_xlim(0, 1)
            left.set_xticks([0, 0.25, 0.5, 0.75, 1])
            left.xaxis.set_major_formatter(lambda v, _: percent(v, lang))
            right.xaxis.set_major_formatter(lambda v, _: number(100 * v, lang, 0, signed=True))
        tick = float(f"{0.6 * reach:.0e}")
        right.set_xticks([-tick, 0, tick])
    words = {
        "fr": ("point : observé ; bande : hasard", "évolution de l'écart"),
        "en": ("dot: observed; band: chance", "change in the gap"),
    }[lang]
    grid[-1, 0].set_xlabel(words[0])
    grid[-1, 1].set_xlabel(words[1])
    return figure
