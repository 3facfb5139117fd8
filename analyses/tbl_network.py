"""
fr:
  caption: "Place des réseaux et des pouvoirs publics dans l'écosystème, {first_wave} et {last_wave}."
  reading: "en {last_wave}, {brokerage:pct} des paires d'organisations de « {broker} » n'ont pas d'autre acteur en commun : il les relie à lui seul. Indice E–I des liens de pair à pair entre formes juridiques : {ei_first:signed2} en {first_wave}, {ei_last:signed2} en {last_wave} (−1 : tous internes ; 1 : tous externes). Deux membres d'un même réseau sont dans {alike:pct} des cas d'accord sur le fait d'évaluer, contre {expected:pct} attendus si l'on permute au sein des formes juridiques (p = {p:num2}, {draws:n} permutations). Un outil qu'un pair employait est adopté à la vague suivante dans {taken_near:pct} des cas ({near:n}), contre {taken_far:pct} ({far:n}) sans ce pair : une association, non un effet."
  base: "organisations répondantes qui ont consenti à figurer dans le réseau ; liens du registre au jour médian de l'enquête ; acteurs d'au moins {threshold:n} organisations. Réseaux fictifs."
en:
  caption: "Place of networks and public authorities in the ecosystem, {first_wave} and {last_wave}."
  reading: "in {last_wave}, {brokerage:pct} of pairs of organisations of “{broker}” share no other body: it alone joins them. E–I index of peer ties between legal forms: {ei_first:signed2} in {first_wave}, {ei_last:signed2} in {last_wave} (−1: all within; 1: all between). Two members of a network agree on whether they evaluate in {alike:pct} of cases, against {expected:pct} expected when labels are permuted within legal forms (p = {p:num2}, {draws:n} permutations). A tool that a peer used is taken up at the next wave in {taken_near:pct} of cases ({near:n}), against {taken_far:pct} ({far:n}) without that peer: an association, not an effect."
  base: "responding organisations that agreed to stand in the network; ties of the register on the median day of the survey; bodies of at least {threshold:n} organisations. Fictitious networks."
"""

import pandas as pd

from panel_eis.disclosure import THRESHOLD
from panel_eis.ecosystem import bodies, co_members, ei_index, homophily, travel
from panel_eis.tied import body_labels, consenting, graph_of, ties_of
from panel_eis.wording import number, percent

DRAWS, SEED = 499, 20211


def data(study):
    first, last = study.waves[0], study.waves[-1]
    before = bodies(graph_of(study, first)).set_index(["kind", "body"])["n"].rename("n_first")
    table = bodies(graph_of(study, last)).join(before, on=["kind", "body"])
    table = table[(table["n"] >= THRESHOLD) & (table["n_first"].fillna(0) >= THRESHOLD)]
    return table.sort_values(["kind", "n"], ascending=[True, False]).reset_index(drop=True)


def _travelled(study):
    tools = [f"tools__{c.name}" for c in study.codebook.choices("tools")]
    rows = study.select("tools")
    pieces = []
    for before, after in zip(study.waves, study.waves[1:], strict=False):
        frames = [rows[rows["wave"] == w].set_index("unit")[tools] for w in (before, after)]
        pieces.append(travel(*frames, ties_of(study, before), tools))
    return pd.concat(pieces).groupby("exposed")[["n", "taken"]].sum()


def values(data, study):
    first, last = study.waves[0], study.waves[-1]
    rows = study.select("legal_form", "practises")
    now = rows[(rows["wave"] == last) & rows["unit"].isin(consenting(study, last))].dropna(
        subset=["practises"]
    )
    forms = dict(zip(rows["unit"], rows["legal_form"].astype(str), strict=True))
    ties = ties_of(study, last)
    trait = dict(zip(now["unit"], now["practises"].astype(float), strict=True))
    alike = homophily(
        co_members(ties, list(now["unit"])),
        trait,
        seed=SEED,
        draws=DRAWS,
        strata={u: forms[u] for u in trait},
    )
    tools, top = _travelled(study), data.sort_values("brokerage", ascending=False).iloc[0]
    return {
        "first_wave": first, "last_wave": last, "threshold": THRESHOLD, "brokerage": top["brokerage"],
        "broker": {lang: body_labels(study, lang)[top["kind"], top["body"]] for lang in ("fr", "en")},
        "ei_first": ei_index(ties_of(study, first), forms), "ei_last": ei_index(ties, forms),
        "alike": alike.observed, "expected": alike.expected, "p": alike.p_value, "draws": DRAWS,
        "near": int(tools.loc[True, "n"]), "taken_near": tools.loc[True, "taken"] / max(1, tools.loc[True, "n"]),
        "far": int(tools.loc[False, "n"]), "taken_far": tools.loc[False, "taken"] / max(1, tools.loc[False, "n"]),
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
