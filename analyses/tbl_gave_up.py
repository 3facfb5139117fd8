"""
fr:
  caption: "Cesser d'évaluer d'une vague à la suivante : {all:pct} des organisations qui évaluaient, de {least:pct} ({least_name}) à {most:pct} ({most_name}) selon le groupe."
  reading: "parmi les organisations qui évaluaient, {all:pct} ont cessé à la vague suivante (intervalle à 95 % entre crochets : {all_low:pct} à {all_high:pct}). « Départs corrigés » donne plus de poids à celles qui ressemblent aux organisations qui ne répondent plus : {all_net:pct}. Les groupes sont ceux de la vague de départ. s : moins de {threshold:n} organisations d'un côté ou de l'autre, non publié, et un autre groupe quand un seul l'est."
  base: "organisations qui évaluaient à une vague (échelons 2 à 5) et ont répondu à la suivante : {n:n} couples de vagues, {units:n} organisations ; non pondéré, puis pondéré par l'inverse de la probabilité de rester ; intervalles groupés par organisation."
en:
  caption: "Giving evaluation up from one wave to the next: {all:pct} of organisations that evaluated, from {least:pct} ({least_name}) to {most:pct} ({most_name}) by group."
  reading: "of organisations that evaluated, {all:pct} had given up by the next wave (95% interval in brackets: {all_low:pct} to {all_high:pct}). “Departures corrected” gives more weight to those that resemble the organisations that no longer answer: {all_net:pct}. Groups are those of the wave of departure. s: fewer than {threshold:n} organisations on one side or the other, not published, and another group where a single one is."
  base: "organisations that evaluated at a wave (rungs 2 to 5) and answered the next: {n:n} pairs of waves, {units:n} organisations; unweighted, then weighted by the inverse of the probability to stay; intervals clustered by organisation."
"""

import pandas as pd

from panel_eis.disclosure import THRESHOLD, hide_shares
from panel_eis.estimates import clustered_mean, paired, weighted_mean
from panel_eis.wording import number

GROUPS = ("legal_form", "size_class", "federated_service", "peer_tie", "public_demand", "dedicated_person")
ALL = "all"
WORDS = {
    "fr": {"all": "Ensemble", "True": "oui", "False": "non"},
    "en": {"all": "All", "True": "yes", "False": "no"},
}
WIDTHS = (5, 3, 4, 3)


def _pairs(study):
    rows = study.select("practises", *GROUPS, "weight", "weight_pair")
    pieces = [
        paired(rows, ["practises", *GROUPS], before, after).reset_index()
        for before, after in zip(study.waves, study.waves[1:], strict=False)
    ]
    pairs = pd.concat(pieces, ignore_index=True).dropna(subset=["practises_before", "practises_after"])
    pairs = pairs[pairs["practises_before"].astype(bool)]
    return pairs.assign(stopped=1.0 - pairs["practises_after"].astype(float))


def data(study):
    pairs, cells = _pairs(study), []
    for group in (ALL, *GROUPS):
        own = pairs.assign(category=ALL if group == ALL else pairs[f"{group}_before"].astype("object"))
        own = own.dropna(subset=["category"])
        for category, rows in own.groupby("category", sort=True):
            mean, units = clustered_mean(rows["stopped"], rows["unit"]), rows["unit"].nunique()
            if mean["mean"] == 0:  # nobody: the exact upper bound, since the spread of zeros is no error
                mean["high"] = 1 - 0.025 ** (1 / units)
            cells.append({
                "group": group, "category": str(category), "share": mean["mean"], "low": max(0.0, mean["low"]),
                "high": min(1.0, mean["high"]), "net": weighted_mean(rows["stopped"], rows["weight_pair"])["mean"],
                "stopped": int(rows["stopped"].sum()), "n": len(rows), "units": units,
            })  # fmt: skip
    frame = hide_shares(pd.DataFrame(cells), ["share", "low", "high", "net"], yes="stopped", n="n")
    numbers = ["share", "low", "high", "net", "stopped"]
    for _, own in frame[frame["group"] != ALL].groupby("group"):
        others = own[~own["hidden"] & (own["stopped"] > 0)]
        if own["hidden"].sum() == 1 and len(others):  # the total less the others would give it away
            row = others["n"].idxmin()
            frame.loc[row, numbers], frame.loc[row, "hidden"] = float("nan"), True
    order = {g: [*study.codebook.codes(g)] for g in ("legal_form", "size_class")}
    place = [
        order.get(g, ["True", "False"]).index(c) if g != ALL else 0
        for g, c in zip(frame["group"], frame["category"], strict=True)
    ]
    frame = frame.assign(group=pd.Categorical(frame["group"], [ALL, *GROUPS]), place=place)
    frame = (
        frame.sort_values(["group", "place"], ignore_index=True).astype({"group": str}).drop(columns="place")
    )
    return frame.assign(units=frame["units"].where(~frame["hidden"]))


def _name(study, row, lang):
    if row["group"] == ALL:
        return WORDS[lang]["all"]
    if row["category"] in WORDS[lang]:
        return WORDS[lang][row["category"]]
    return study.codebook.choice_labels(row["group"], lang)[row["category"]]


def values(data, study):
    shown = data[~data["hidden"] & (data["group"] != ALL)].sort_values("share")
    whole, least, most = data[data["group"] == ALL].iloc[0], shown.iloc[0], shown.iloc[-1]

    def named(row):
        return {
            lang: f"{study.codebook.label(row['group'], lang, short=True)} : {_name(study, row, lang)}".replace(" :", ":" if lang == "en" else " :")
            for lang in ("fr", "en")
        }  # fmt: skip

    return {
        "all": whole["share"], "all_low": whole["low"], "all_high": whole["high"], "all_net": whole["net"],
        "least": least["share"], "least_name": named(least), "most": most["share"], "most_name": named(most),
        "n": int(whole["n"]), "units": int(whole["units"]), "threshold": THRESHOLD,
    }  # fmt: skip


def display(data, study, lang):
    head = {
        "fr": ("Groupe", "Couples", "Ont cessé (%)", "Départs corrigés (%)"),
        "en": ("Group", "Pairs", "Gave up (%)", "Departures corrected (%)"),
    }[lang]
    inside, rows = ("\u00a0; " if lang == "fr" else ", "), []
    for group, cells in data.groupby("group", sort=False):
        if group != ALL:
            rows.append([study.codebook.label(group, lang, short=True).upper(), "", "", ""])
        for _, row in cells.iterrows():
            interval = inside.join(number(100 * row[end], lang) for end in ("low", "high"))
            shown = "s" if row["hidden"] else f"{number(100 * row['share'], lang)} [{interval}]"
            net = "s" if row["hidden"] else number(100 * row["net"], lang)
            n = "s" if pd.isna(row["n"]) else number(row["n"], lang)
            rows.append([_name(study, row, lang), n, shown, net])
    return pd.DataFrame(rows, columns=list(head))
