"""
fr:
  caption: "En {last}, {plain:pct} des répondantes évaluent leur impact ; {weighted:pct} avec les poids (en %, score sur 100 ; intervalle à 95 % entre crochets)."
  reading: "sans pondération, {plain:pct} des répondantes évaluent leur impact ; avec les poids calés, {weighted:pct}. L'écart vient de ce que l'échantillon privilégie certaines formes et un territoire. s : moins de cinq organisations, non publié."
  base: "répondantes de {last} ; le score n'existe que pour celles qui évaluent (n = {n:n}) ; sans pondération, puis pondérées."
en:
  caption: "In {last}, {plain:pct} of respondents evaluate their impact; {weighted:pct} with weights (in %, score out of 100; 95% interval in brackets)."
  reading: "without weights, {plain:pct} of respondents evaluate their impact; with the calibrated weights, {weighted:pct}. The gap comes from a sample that favours some legal forms and one territory. s: fewer than five organisations, not published."
  base: "respondents of {last}; the score exists only for those that evaluate (n = {n:n}); unweighted, then weighted."
"""

import pandas as pd

from panel_eis.disclosure import hide_small_cells
from panel_eis.estimates import weighted_mean
from panel_eis.wording import number

WEIGHTS = ("none", "weight_design", "weight_response", "weight")
WORDS = {
    "fr": {"none": "Sans", "weight_design": "Sondage", "weight_response": "et réponse", "weight": "et calage", "practises": "Évalue son impact"},
    "en": {"none": "None", "weight_design": "Design", "weight_response": "and response", "weight": "and raking", "practises": "Evaluates its impact"},
}  # fmt: skip


def data(study):
    rows = study.select("ladder", "practises", "appropriation", *WEIGHTS[1:], waves=[study.waves[-1]])
    cells = []
    for weight in WEIGHTS:
        w = None if weight == "none" else rows[weight]
        known = rows["ladder"].notna()
        for rung in range(6):
            is_rung = (rows["ladder"] == rung).where(known).astype("Float64")
            cells.append(
                {
                    "what": f"ladder_{rung}",
                    "weight": weight,
                    **weighted_mean(is_rung, w),
                    "n": int(is_rung.sum()),
                }
            )
        practises = rows["practises"].astype("Float64")
        cells.append(
            {"what": "practises", "weight": weight, **weighted_mean(practises, w), "n": int(practises.sum())}
        )
        cells.append({"what": "appropriation", "weight": weight, **weighted_mean(rows["appropriation"], w)})
    frame = pd.DataFrame(cells)
    rungs = frame["what"].str.startswith("ladder_")
    numbers = ["mean", "std_error", "low", "high"]
    shown = hide_small_cells(frame[rungs], numbers, sums_within=["weight"])
    shown = pd.concat([shown, hide_small_cells(frame[~rungs], numbers)]).sort_index()
    shares = shown["what"] != "appropriation"
    shown.loc[shares, ["low", "high"]] = shown.loc[shares, ["low", "high"]].clip(0, 1)
    return shown


def values(data, study):
    means = data[data["what"] == "practises"].set_index("weight")["mean"]
    return {
        "n": len(study.select("practises", waves=[study.waves[-1]])),
        "last": study.waves[-1],
        "plain": means["none"],
        "weighted": means["weight"],
    }


def display(data, study, lang):
    rungs, rows = study.codebook.choice_labels("ladder", lang), []
    inside = " ; " if lang == "fr" else ", "
    for what, group in data.groupby("what", sort=False):
        scale, decimals = (1, 1) if what == "appropriation" else (100, 0)
        cells = []
        for weight in WEIGHTS:
            row = group[group["weight"] == weight].iloc[0]
            interval = inside.join(number(scale * row[end], lang, decimals) for end in ("low", "high"))
            cells.append(
                "s" if pd.isna(row["mean"]) else f"{number(scale * row['mean'], lang, decimals)} [{interval}]"
            )
        if what.startswith("ladder_"):
            label = f"{what[-1]} {rungs.get(what[-1], '')}".strip()
        else:
            label = WORDS[lang].get(what) or study.codebook.label(what, lang, short=True)
        rows.append([label, *cells])
    return pd.DataFrame(
        rows, columns=[{"fr": "Résultat", "en": "Result"}[lang], *(WORDS[lang][w] for w in WEIGHTS)]
    )


WIDTHS = (4, 3, 3, 3, 3)
