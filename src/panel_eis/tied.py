"""The ecosystem of a study, as its exhibits read it: the day of a wave, who may be shown, ties and graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.ecosystem import ties_at, two_mode

if TYPE_CHECKING:
    import networkx as nx

    from panel_eis.errors import Lang
    from panel_eis.study import Study


def day_of(study: Study, wave: str) -> pd.Timestamp:
    """Median day of the interviews of a wave: the day at which its ties are read."""
    rows = study.select("interview_date")
    return pd.Timestamp(rows.loc[rows["wave"] == wave, "interview_date"].median()).normalize()


def consenting(study: Study, wave: str) -> list[str]:
    """Organisations that answered the wave and agreed to stand in figures of the network."""
    rows = study.select("practises")
    answered = rows.loc[rows["wave"] == wave, "unit"]
    agreed = study.register.units["consent_network"]
    said_yes = set(agreed.index[agreed.astype(str).isin(("yes", "True"))])
    return sorted(set(answered) & said_yes)


def fictitious(study: Study) -> dict[str, str]:
    """What a note adds after its base while the data are synthetic, for the networks are so too; nothing otherwise."""
    return (
        {"fr": " Réseaux fictifs.", "en": " Fictitious networks."}
        if study.synthetic
        else {"fr": "", "en": ""}
    )


def ties_of(study: Study, wave: str) -> pd.DataFrame:
    """Ties of the wave's day, between consenting organisations and bodies (see ``ties_at``)."""
    units, ties = set(consenting(study, wave)), ties_at(study.register, day_of(study, wave))
    inside = ties["unit"].isin(units) & ((ties["kind"] != "peer") | ties["body"].isin(units))
    return ties[inside].reset_index(drop=True)


def graph_of(study: Study, wave: str) -> nx.Graph:
    """Two-mode graph of the wave."""
    return two_mode(ties_of(study, wave), consenting(study, wave))


def body_labels(study: Study, lang: Lang) -> dict[tuple[str, str], str]:
    """Short names of networks and levels, by kind and code.

    A network is named where ``data/reference/networks.csv`` says that it agreed (``consent`` is yes); otherwise it has a
    number, its place in the codebook. Levels of public authority are categories, not bodies.
    """
    book, known = study.codebook, study.table("networks")
    agreed = set(known.loc[known["consent"] == "yes", "network"])
    listed = [c for c in book.choices("network") if c.name != "none"]
    number = {"fr": "Réseau n°\u00a0{}", "en": "Network no. {}"}[lang]
    names = {
        ("network", c.name): (c.short[lang] or c.label[lang]) if c.name in agreed else number.format(k)
        for k, c in enumerate(listed, start=1)
    }
    return names | {("public", c.name): c.short[lang] or c.label[lang] for c in book.choices("public_level")}
