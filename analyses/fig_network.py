"""
fr:
  caption: "« {first} » et « {second} » partagent le plus d'organisations ({shared:n} en {last_wave}) ; de {first_wave} à {last_wave}, les liens entre réseaux et pouvoirs publics passent de {links_first:n} à {links_last:n}."
  reading: "un trait relie deux acteurs qui ont au moins {threshold:n} organisations en commun ; plus il est épais, plus elles sont nombreuses. En {last_wave}, le lien le plus fort va de « {first} » à « {second} » : {shared:n} organisations. La taille d'un point suit le nombre d'organisations ; un nom sans point en a moins de {threshold:n}. Les places sont les mêmes à chaque vague."
  base: "{units_first:n} organisations en {first_wave} et {units_last:n} en {last_wave}, ayant répondu et consenti à figurer dans le réseau ; liens déclarés au registre, au jour médian de l'enquête ; dénombrement, sans pondération ni intervalle. Un réseau n'est nommé que s'il y consent.{fictitious}"
  alt: "Graphes en cercle, un par vague : réseaux à gauche, pouvoirs publics à droite. En {last_wave}, {links_last:n} liens, contre {links_first:n} en {first_wave} ; le plus fort relie « {first} » et « {second} »."
en:
  caption: "“{first}” and “{second}” share most organisations ({shared:n} in {last_wave}); from {first_wave} to {last_wave}, links between networks and public authorities go from {links_first:n} to {links_last:n}."
  reading: "a line joins two bodies that share at least {threshold:n} organisations; the thicker, the more. In {last_wave} the strongest link goes from “{first}” to “{second}”: {shared:n} organisations. The size of a point follows the number of organisations; a name without a point has fewer than {threshold:n}. Places are the same at each wave."
  base: "{units_first:n} organisations in {first_wave} and {units_last:n} in {last_wave} that answered and agreed to stand in the network; ties of the register, on the median day of the survey; counts, without weights or interval. A network is named only if it agrees.{fictitious}"
  alt: "Circular graphs, one a wave: networks on the left, public authorities on the right. In {last_wave}, {links_last:n} links, against {links_first:n} in {first_wave}; the strongest joins “{first}” and “{second}”."
"""

import math

import pandas as pd

from panel_eis import style
from panel_eis.disclosure import THRESHOLD
from panel_eis.ecosystem import bodies, shared_organisations
from panel_eis.tied import body_labels, consenting, fictitious, graph_of


def data(study):
    """One row a body, alone (second missing) or with another that shares enough organisations, at each wave shown."""
    pieces = []
    for wave in _shown(study):
        graph = graph_of(study, wave)
        alone = bodies(graph).rename(columns={"kind": "first_kind", "body": "first"})[
            ["first_kind", "first", "n"]
        ]
        pairs = shared_organisations(graph)
        pieces += [
            f[f["n"] >= THRESHOLD].assign(wave=wave, units=len(consenting(study, wave)))
            for f in (alone, pairs)
        ]
    return pd.concat(pieces, ignore_index=True)[
        ["wave", "first_kind", "first", "second_kind", "second", "n", "units"]
    ]


def _shown(study):
    """All waves; of more than three, the first and the last two."""
    return study.waves if len(study.waves) <= 3 else (study.waves[0], *study.waves[-2:])


def values(data, study):
    first, last = study.waves[0], study.waves[-1]
    links = data.dropna(subset=["second"])
    top = links[links["wave"] == last].sort_values("n", ascending=False).iloc[0]
    units = data.groupby("wave")["units"].first()

    def name(end):
        return {lang: body_labels(study, lang)[top[f"{end}_kind"], top[end]] for lang in ("fr", "en")}

    return {
        "first_wave": first, "last_wave": last, "first": name("first"), "second": name("second"), "shared": int(top["n"]),
        "units_first": int(units[first]), "units_last": int(units[last]), "threshold": THRESHOLD,
        "links_first": int((links["wave"] == first).sum()), "links_last": int((links["wave"] == last).sum()),
        "fictitious": fictitious(study),
    }  # fmt: skip


def _places(study):
    """Networks down the left half of the circle, public levels down the right; by the codebook, so that no wave moves them."""
    book = study.codebook
    sides = {
        "network": [c.name for c in book.choices("network") if c.name != "none"],
        "public": [c.name for c in book.choices("public_level")],
    }  # fmt: skip
    places = {}
    for kind, sign in (("network", -1), ("public", 1)):
        for k, code in enumerate(sides[kind]):
            angle = math.pi * (0.12 + 0.76 * k / max(1, len(sides[kind]) - 1))
            places[kind, code] = (sign * math.sin(angle), math.cos(angle))
    return places


def _size(share):
    """Width of a point, in points, for a share of the largest."""
    return 4 + 12 * math.sqrt(share)


def draw(data, study, lang):
    shown = _shown(study)
    figure, grid = style.new_figure(2.6 * len(shown), rows=len(shown))
    places, labels = _places(study), body_labels(study, lang)
    most = data["n"].max()
    strongest = data.dropna(subset=["second"])["n"].max()
    for axes, wave in zip(grid, shown, strict=True):
        cells = data[data["wave"] == wave]
        for row in cells.dropna(subset=["second"]).sort_values("n").itertuples():
            (x1, y1), (x2, y2) = places[row.first_kind, row.first], places[row.second_kind, row.second]
            strength = row.n / strongest
            axes.plot(
                [x1, x2],
                [y1, y2],
                color=style.blend(style.TEAL, 0.25 + 0.75 * strength),
                linewidth=0.5 + 5 * strength,
                zorder=strength,
                solid_capstyle="round",
            )
        for row in cells[cells["second"].isna()].itertuples():
            x, y = places[row.first_kind, row.first]
            colour = style.BLUE if row.first_kind == "network" else style.ORANGE
            marker = "o" if row.first_kind == "network" else "s"
            axes.plot(x, y, marker, color=colour, markersize=_size(row.n / most), zorder=3)
        beside = 4 + _size(1) / 2  # clear of the largest point
        for (kind, code), (x, y) in places.items():
            side = "right" if kind == "network" else "left"
            axes.annotate(
                labels[kind, code],
                (x, y),
                xytext=(-beside if kind == "network" else beside, 0),
                textcoords="offset points",
                ha=side,
                va="center",
                fontsize=9.5,
            )
        axes.set_title(wave, loc="left", fontweight="semibold")
        axes.set_xlim(-3.0, 3.4)
        axes.set_ylim(-1.12, 1.12)
        axes.set_axis_off()
    return figure
