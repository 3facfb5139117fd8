"""
fr:
  caption: "« {broker} » est l'acteur qui relie le plus à lui seul : {brokerage:pct} des paires d'organisations qu'il rassemble en {last_wave} n'ont que lui en commun."
  reading: "une paire d'organisations qui n'ont pas d'autre acteur en commun ne se trouverait pas sans lui. L'intermédiarité (Borgatti et Everett, 1997) dit combien de plus courts chemins passent par un acteur, de 0 à 1."
  base: "organisations répondantes qui ont consenti à figurer dans le réseau ({units:n} en {last_wave}) ; liens du registre au jour médian de l'enquête ; acteurs d'au moins {threshold:n} organisations à la première et à la dernière vague ; dénombrement, sans pondération ni intervalle. Un réseau n'est nommé que s'il y consent.{fictitious}"
en:
  caption: "“{broker}” is the body that joins most by itself: {brokerage:pct} of the pairs of organisations that it brings together in {last_wave} share it alone."
  reading: "a pair of organisations that share no other body would not meet without it. Betweenness (Borgatti and Everett, 1997) says how many shortest paths go through a body, from 0 to 1."
  base: "responding organisations that agreed to stand in the network ({units:n} in {last_wave}); ties of the register on the median day of the survey; bodies of at least {threshold:n} organisations at the first and at the last wave; counts, without weights or interval. A network is named only if it agrees.{fictitious}"
"""

import pandas as pd

from panel_eis.disclosure import THRESHOLD
from panel_eis.ecosystem import bodies
from panel_eis.tied import body_labels, consenting, fictitious, graph_of
from panel_eis.wording import number, percent


def data(study):
    first, last = study.waves[0], study.waves[-1]
    before = bodies(graph_of(study, first)).set_index(["kind", "body"])["n"].rename("n_first")
    table = bodies(graph_of(study, last)).join(before, on=["kind", "body"])
    table = table[(table["n"] >= THRESHOLD) & (table["n_first"].fillna(0) >= THRESHOLD)]
    return table.sort_values(["kind", "n"], ascending=[True, False]).reset_index(drop=True)


def values(data, study):
    top = data.sort_values("brokerage", ascending=False).iloc[0]
    return {
        "last_wave": study.waves[-1], "threshold": THRESHOLD, "brokerage": top["brokerage"],
        "broker": {lang: body_labels(study, lang)[top["kind"], top["body"]] for lang in ("fr", "en")},
        "units": len(consenting(study, study.waves[-1])),
        "fictitious": fictitious(study),
    }  # fmt: skip


def display(data, study, lang):
    first, last = study.waves[0], study.waves[-1]
    head = {
        "fr": (
            "Acteur",
            f"Organisations {first}",
            f"Organisations {last}",
            "Relie à lui seul (% des paires)",
            "Intermédiarité",
        ),
        "en": (
            "Body",
            f"Organisations {first}",
            f"Organisations {last}",
            "Joins alone (% of pairs)",
            "Betweenness",
        ),
    }[lang]
    labels = body_labels(study, lang)
    rows = [
        (
            labels[row["kind"], row["body"]], number(row["n_first"], lang), number(row["n"], lang),
            percent(row["brokerage"], lang), number(row["betweenness"], lang, 2),
        )
        for _, row in data.iterrows()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(head))
