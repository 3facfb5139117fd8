"""
fr:
  caption: "{headline}."
  reading: "un outil qu'un pair employait est adopté à la vague suivante dans {near:pct} des cas, contre {far:pct} quand aucun pair ne l'employait ; à outil et vague égaux, l'écart est de {difference:points} point(s) (intervalle à 95 % : {low:points} à {high:points} ; {p:p}). « Réseaux » : l'outil est plus courant parmi les autres membres de ses réseaux que parmi toutes les autres organisations. L'hypothèse testée est que peu importe à qui l'on est lié·e : les liens sont gardés et les organisations, chacune avec toute son histoire, redistribuées au hasard entre les places liées aux mêmes vagues ({draws:n} tirages). q : p corrigée pour les {tested:n} comparaison(s) publiée(s) (Benjamini et Hochberg, 1995). **On ne peut pas en conclure qu'un outil se transmet** : qui se ressemble se lie, et adopterait les mêmes outils sans se parler ; ces données ne départagent pas contagion et ressemblance, et un écart qui n'est pas établi n'est pas un écart nul."
  base: "couples organisation × outil pas encore employé, entre deux vagues consécutives ; organisations qui évaluent, ont répondu aux deux vagues, consentent à figurer dans le réseau et sont liées à une autre qui a répondu ({units:n} par leurs pairs) ; non pondéré. Écart de Mantel et Haenszel (Greenland et Robins, 1985), intervalle par rééchantillonnage des organisations, les liens étant tenus pour connus. Un outil n'a sa ligne que si {threshold:n} cas au moins sont de chaque côté, adoptés ou non.{fictitious}"
en:
  caption: "{headline}."
  reading: "a tool that a peer used is taken up at the next wave in {near:pct} of cases, against {far:pct} where no peer used it; at equal tool and wave, the difference is {difference:points} point(s) (95% interval: {low:points} to {high:points}; {p:p}). “Networks”: the tool is more common among the other members of one's networks than among all other organisations. The hypothesis tested is that it does not matter to whom one is tied: ties are kept and organisations, each with its whole history, dealt at random among the places tied at the same waves ({draws:n} draws). q: p corrected for the {tested:n} comparison(s) published (Benjamini and Hochberg, 1995). **It cannot be concluded that a tool is passed on**: those who are alike choose each other, and would take up the same tools without talking; these data do not tell contagion from likeness, and a difference that is not established is not a difference of nought."
  base: "pairs organisation × tool not yet in use, between two consecutive waves; organisations that evaluate, answered both waves, agree to stand in the network and are tied to another that answered ({units:n} by their peers); unweighted. Mantel and Haenszel's difference (Greenland and Robins, 1985), interval by drawing organisations again, ties taken as known. A tool has a row only if at least {threshold:n} cases are on each side, taken up or not.{fictitious}"
"""

import numpy as np
import pandas as pd

from panel_eis.disclosure import THRESHOLD, hide_shares
from panel_eis.ecosystem import co_members
from panel_eis.errors import UsageError
from panel_eis.models.multiplicity import benjamini_hochberg
from panel_eis.tied import consenting, fictitious, ties_of
from panel_eis.uptake import Period, travelled
from panel_eis.wording import NO_BREAK, number, p_value, percent

SEED, DRAWS = 20_211, 999
KINDS = {"peer": "any", "network": "commoner"}
WIDTHS = (4, 2, 2, 2, 2, 3, 2, 2)
COUNTS = ["near", "near_taken", "far", "far_taken"]
WORDS = {
    "fr": {
        "heads": ("Lien, outil", "Cas avec", "Adoptés", "Cas sans", "Adoptés, sans", "Écart (points) [95 %]", "p", "q"),
        "peer": "Pairs", "network": "Réseaux", "all": "tous les outils",
    },
    "en": {
        "heads": ("Tie, tool", "Cases with", "Taken up", "Cases without", "Taken up, without", "Difference (points) [95%]", "p", "q"),
        "peer": "Peers", "network": "Networks", "all": "all tools",
    },
}  # fmt: skip


def _periods(study, kind):
    """Who used what at two consecutive waves, and who is tied; only those that agreed to stand in the network."""
    rows, periods = study.select("tools"), []
    tools = [c for c in rows if c.startswith("tools__")]
    for before, after in zip(study.waves, study.waves[1:], strict=False):
        agreed = consenting(study, before)
        used, then = (rows[rows["wave"] == w].set_index("unit")[tools] for w in (before, after))
        used, ties = used[used.index.isin(agreed)], ties_of(study, before)
        pairs = (
            ties.loc[ties["kind"] == "peer", ["unit", "body"]]
            if kind == "peer"
            else co_members(ties, list(used.index))
        )
        periods.append(Period.of(used, then, pairs))
    return [tool.removeprefix("tools__") for tool in tools], periods


def data(study):
    """One row a kind of tie, over all tools; then those of its tools that are many enough to be shown."""
    rows = []
    for kind, how in KINDS.items():
        tools, periods = _periods(study, kind)
        for place, tool in enumerate([None, *tools]):
            chosen = None if tool is None else [place - 1]
            try:
                found = travelled(periods, how, seed=SEED, draws=DRAWS, tools=chosen)
            except UsageError:
                continue
            rows.append({"tie": kind, "tool": tool or "all"} | found)
    table = pd.DataFrame(
        rows, columns=["tie", "tool", *COUNTS, "units", "difference", "low", "high", "p_value"]
    )
    sides = [hide_shares(table, [], yes=f"{side}_taken", n=side)["hidden"] for side in ("near", "far")]
    hidden = sides[0] | sides[1] | table["difference"].isna()
    table = table[~hidden].reset_index(drop=True)
    return table.assign(q_value=benjamini_hochberg(table["p_value"].to_numpy()) if len(table) else np.nan)


def values(data, study):
    peers = data[(data["tie"] == "peer") & (data["tool"] == "all")]
    first = peers.iloc[0] if len(peers) else pd.Series(np.nan, index=data.columns)
    clear = int((data["q_value"] < 0.05).sum())
    many = len(data)
    fr = (
        f"Les outils sont adoptés autrement là où l'on est lié·e à qui les emploie ({clear} comparaison(s) sur {many}), ce que se ressembler suffirait à expliquer"
        if clear
        else f"Rien n'établit que les outils circulent le long des liens : aucune des {many} comparaison(s) ne se distingue du hasard"
    )
    en = (
        f"Tools are taken up otherwise where one is tied to those that use them ({clear} of {many} comparison(s)), which likeness would do to explain"
        if clear
        else f"Nothing establishes that tools travel along ties: none of the {many} comparison(s) stands out from chance"
    )
    return {
        "headline": {"fr": fr, "en": en},
        "near": first["near_taken"] / first["near"], "far": first["far_taken"] / first["far"],
        "difference": first["difference"], "low": first["low"], "high": first["high"], "p": first["p_value"],
        "units": first["units"], "draws": DRAWS, "tested": len(data), "threshold": THRESHOLD,
        "fictitious": fictitious(study),
    }  # fmt: skip


def display(data, study, lang):
    words, tools = WORDS[lang], study.codebook.choice_labels("tools", lang)
    rows = []
    for row in data.itertuples():
        ends = {"fr": f"{NO_BREAK}; ", "en": ", "}[lang].join(
            number(100 * v, lang, signed=True) for v in (row.low, row.high)
        )
        rows.append([
            f"{words[row.tie]}, {tools.get(row.tool, words['all']).lower() if row.tool != 'all' else words['all']}",
            number(row.near, lang), percent(row.near_taken / row.near, lang), number(row.far, lang),
            percent(row.far_taken / row.far, lang), f"{number(100 * row.difference, lang, signed=True)} [{ends}]",
            *(p_value(v, lang)[1:].removeprefix(f"{NO_BREAK}={NO_BREAK}") for v in (row.p_value, row.q_value)),
        ])  # fmt: skip
    return pd.DataFrame(rows, columns=list(words["heads"]))
