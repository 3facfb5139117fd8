"""
fr:
  caption: "Selon la méthode, l'association entre réseau à service EIS et score va de {lowest:signed1} à {highest:signed1} points (référence : {estimate:signed1}, de {low:signed1} à {high:signed1}). Des associations, pas des effets."
  reading: "la première ligne est le modèle de référence, sans le produit avec la demande publique ; chaque autre ligne du score change une chose. Chaque panneau pose une question et a son unité. Référence : {estimate:signed1} points (intervalle à 95 % : {low:signed1} à {high:signed1}) ; intervalle par bootstrap sauvage : {wild_low:signed1} à {wild_high:signed1}. Sans l'un des réseaux, l'estimation va de {out_low:signed1} à {out_high:signed1}. Un facteur inobservé qui expliquerait {value:pct1} de la variance restante du score et de l'appartenance annulerait l'estimation ; la sélection sur l'inobservé devrait être {delta:num1} fois celle sur les contrôles (delta d'Oster). Évaluer ou non : {who:signed1} points de pourcentage. Score compté 0 sans évaluation : {both:signed1} points. D'une vague à la suivante : commencer {begins:signed1}, cesser {ends:signed1} points de pourcentage, mais seules {begins_switchers:n} et {ends_switchers:n} organisations changent de situation : trop peu pour conclure. Les deux dernières lignes comparent des organisations entre elles : parmi celles qui évalueraient de toute façon, l'écart entre membres et autres est compris entre {lee_low:signed1} et {lee_high:signed1} points (intervalle des bornes de Lee) ; avant et après une entrée, il n'est estimé que si les entrées sont assez nombreuses."
  base: "score : {rows:n} réponses de {units:n} organisations qui évaluent, dont {switchers:n} changent ; échelle : {ladder_rows:n} réponses de {ladder_units:n} organisations, dont {ladder_switchers:n} changent ; évaluer ou non et score compté 0 : {who_rows:n} réponses ; commencer : {begins_rows:n} passages de {begins_units:n} organisations ; cesser : {ends_rows:n} de {ends_units:n}. Hors log-cotes, les modèles non linéaires sont en effets marginaux moyens ; ceux de durée (log-log complémentaire, avec lien de pair à pair et effectif) et Markov (échelon de la vague d'avant tenu) mêlent intra et inter ; fragilité de loi gamma, à la première vague. Deux parties : percentiles du bootstrap par organisation. Erreurs groupées par organisation. Réponses incomplètes retirées, sauf ligne « imputation ». Logit ordonné généralisé : formes juridiques regroupées en trois, car la mutuelle sépare un seuil ; passage de l'échelon 1 à l'échelon 2. Bornes de Lee : losange, écart observé ; sans contrôles. Étude d'évènement : Callaway et Sant'Anna ; non pondéré, sauf lignes « pondéré »."
  alt: "Estimations avec intervalles, une ligne par méthode. Score : de {lowest:signed1} à {highest:signed1} points selon la méthode. Échelle : de {ladder_lowest:signed1} à {ladder_highest:signed1} log-cotes. Évaluer ou non : {who:signed1} points de pourcentage. Commencer : {begins:signed1} ; cesser : {ends:signed1}. Bornes de Lee : de {lee_low:signed1} à {lee_high:signed1} points."
en:
  caption: "By method, the association of a network that has a service with the score goes from {lowest:signed1} to {highest:signed1} points (reference: {estimate:signed1}, from {low:signed1} to {high:signed1}). Associations, not effects."
  reading: "the first line is the reference model, without the product with public demand; each other line of the score changes one thing. Each panel asks a question and has its unit. Reference: {estimate:signed1} points (95% interval: {low:signed1} to {high:signed1}); wild bootstrap interval: {wild_low:signed1} to {wild_high:signed1}. Without one of the networks, the estimate goes from {out_low:signed1} to {out_high:signed1}. An unobserved factor that explained {value:pct1} of what is left of the score and of membership would take the estimate to zero; selection on what is unobserved would have to be {delta:num1} times that on the controls (Oster's delta). Evaluating or not: {who:signed1} percentage points. Score counted as 0 without evaluation: {both:signed1} points. From one wave to the next: beginning {begins:signed1}, ending {ends:signed1} percentage points, but only {begins_switchers:n} and {ends_switchers:n} organisations switch: too few to conclude. The last two lines compare organisations with one another: among those that would evaluate either way, members and others differ by {lee_low:signed1} to {lee_high:signed1} points (interval of Lee bounds); before and after joining, a difference is estimated only if joiners are enough."
  base: "score: {rows:n} answers of {units:n} organisations that evaluate, of which {switchers:n} switch; ladder: {ladder_rows:n} answers of {ladder_units:n} organisations, of which {ladder_switchers:n} switch; evaluating or not and score counted as 0: {who_rows:n} answers; beginning: {begins_rows:n} passages of {begins_units:n} organisations; ending: {ends_rows:n} of {ends_units:n}. But for log-odds, non-linear models are told by average marginal effects; hazards (complementary log-log, with peer tie and headcount) and Markov (rung of the wave before held) mix within and between; gamma frailty, at the first wave. Two parts: percentiles of the bootstrap by organisation. Errors clustered by organisation. Incomplete answers left out, except on the line “imputation”. Generalised ordered logit: legal forms in three groups, because the mutual separates a threshold; passage from rung 1 to rung 2. Lee bounds: diamond, observed difference; no controls. Event study: Callaway and Sant'Anna; unweighted, except on the lines “weighted”."
  alt: "Estimates with intervals, one line a method. Score: from {lowest:signed1} to {highest:signed1} points depending on the method. Ladder: from {ladder_lowest:signed1} to {ladder_highest:signed1} log-odds. Evaluating or not: {who:signed1} percentage points. Beginning: {begins:signed1}; ending: {ends:signed1}. Lee bounds: from {lee_low:signed1} to {lee_high:signed1} points."
"""

import numpy as np

from panel_eis import style
from panel_eis.wording import number

NAMES = {
    "fr": {
        "reference": "Référence : intra–inter", "within": "Intra", "first_difference": "Différences premières",
        "random_effects": "Effets aléatoires", "fractional": "Logit fractionnaire", "weighted": "Pondéré (population)",
        "attrition": "Pondéré (départs)", "imputed": "Imputation multiple", "settled": "Sans fusions ni statuts",
        "cr3": "Erreurs CR3", "wild": "Bootstrap sauvage", "left_out": "Étendue sans un réseau",
        "re_ordered_logit": "Logit ordonné, effets aléat.", "feologit_buc": "Effets fixes (BUC)",
        "ordered_logit": "Logit ordonné empilé", "generalised": "Logit généralisé, 1|2",
        "gee": "Équations d'estimation (GEE)", "evaluates_logit": "Logit, intra", "evaluates_gee": "Logit, GEE",
        "two_part": "Deux parties", "two_part_who": "… par qui évalue", "two_part_level": "… par le niveau",
        "begins": "Commencer à évaluer", "ends": "Cesser d'évaluer",
        "begins_frailty": "Commencer, fragilité", "ends_frailty": "Cesser, fragilité",
        "markov": "Markov, échelon d'avant", "lee_bounds": "Bornes de Lee", "event_study": "Étude d'évènement",
    },
    "en": {
        "reference": "Reference: within–between", "within": "Within", "first_difference": "First differences",
        "random_effects": "Random effects", "fractional": "Fractional logit", "weighted": "Weighted (population)",
        "attrition": "Weighted (departures)", "imputed": "Multiple imputation", "settled": "No mergers, no new forms",
        "cr3": "CR3 errors", "wild": "Wild bootstrap", "left_out": "Range without a network",
        "re_ordered_logit": "Ordered logit, random eff.", "feologit_buc": "Fixed effects (BUC)",
        "ordered_logit": "Pooled ordered logit", "generalised": "Generalised logit, 1|2",
        "gee": "Estimating equations (GEE)", "evaluates_logit": "Logit, within", "evaluates_gee": "Logit, GEE",
        "two_part": "Two parts", "two_part_who": "… through who evaluates", "two_part_level": "… through the level",
        "begins": "Beginning to evaluate", "ends": "Ceasing to evaluate",
        "begins_frailty": "Beginning, frailty", "ends_frailty": "Ceasing, frailty",
        "markov": "Markov, given rung before", "lee_bounds": "Lee bounds", "event_study": "Event study",
    },
}  # fmt: skip
AXES = {
    "fr": {
        "score": "Points de score (0–100)", "ladder": "Échelle, log-cotes",
        "evaluates": "Évaluer ou non, points de %", "both": "Score, 0 sans évaluation, points",
        "change": "D'une vague à l'autre, points de %", "compared": "Score, entre organisations, points",
    },
    "en": {
        "score": "Points of score (0–100)", "ladder": "Ladder, log-odds",
        "evaluates": "Evaluating or not, % points", "both": "Score, 0 without evaluation, points",
        "change": "From wave to wave, % points", "compared": "Score, between organisations, points",
    },
}  # fmt: skip

REFUSED = {
    "fr": {"few": "non estimée : {joiners} {word}, il en faudrait {needed}", "no": "non estimée", "one": "entrée", "more": "entrées"},
    "en": {"few": "not estimated: {joiners} {word}, {needed} would do", "no": "not estimated", "one": "joiner", "more": "joiners"},
}  # fmt: skip
RANGES = ("left_out", "lee_bounds")
"""Rows whose interval is a range of estimates, or of what cannot be told apart."""

BEHIND = ("appropriation", "ladder", "federated_service")


def data(study):
    return study.table("robustness")


def values(data, study):
    rows, hidden = data.set_index("name"), study.table("sensitivity").iloc[0]
    first, wild, out = (rows.loc[name] for name in ("reference", "wild", "left_out"))
    ladder = data[data["family"] == "ladder"].dropna(subset=["estimate"])
    score = data[data["family"] == "score"].dropna(subset=["estimate"])
    base = ladder.sort_values("n_rows").iloc[-1]
    who, both, begins, ends = (rows.loc[n] for n in ("evaluates_logit", "two_part", "begins", "ends"))
    lee = rows.loc["lee_bounds"]
    told = {
        f"{name}_{what}": 0 if np.isnan(row[column]) else int(row[column])
        for name, row in (("who", who), ("begins", begins), ("ends", ends))
        for what, column in (("rows", "n_rows"), ("units", "n_units"), ("switchers", "n_switchers"))
    }
    return told | {
        "who": who["estimate"], "both": both["estimate"], "begins": begins["estimate"], "ends": ends["estimate"],
        "lee_low": lee["conf_low"], "lee_high": lee["conf_high"],
        "estimate": first["estimate"], "low": first["conf_low"], "high": first["conf_high"],
        "wild_low": wild["conf_low"], "wild_high": wild["conf_high"], "out_low": out["conf_low"], "out_high": out["conf_high"],
        "value": hidden["robustness_value"], "delta": hidden["delta"], "rows": int(first["n_rows"]),
        "units": int(first["n_units"]), "switchers": int(first["n_switchers"]), "ladder_rows": int(base["n_rows"]),
        "ladder_units": int(base["n_units"]), "ladder_switchers": int(base["n_switchers"]),
        "lowest": score["estimate"].min(), "highest": score["estimate"].max(),
        "ladder_lowest": ladder["estimate"].min(), "ladder_highest": ladder["estimate"].max(),
    }  # fmt: skip


def draw(data, study, lang):
    sizes = data.groupby("family", sort=False).size()
    figure, axes = style.new_figure(
        0.56 * len(sizes) + 0.2 * len(data),
        rows=len(sizes),
        gridspec_kw={"height_ratios": [n + 0.5 for n in sizes]},
    )
    for a, family in zip(axes, sizes.index, strict=True):
        rows = data[data["family"] == family].reset_index(drop=True)
        for y, row in rows.iterrows():
            colour = style.BLUE if y == 0 and family == "score" else style.INK
            _line(a, y, row, colour, lang)
        a.axvline(0, color=style.INK, linewidth=0.9)
        a.set_yticks(range(len(rows)), [NAMES[lang][name] for name in rows["name"]])
        a.tick_params(axis="y", labelsize=10)
        a.set_ylim(len(rows) - 0.4, -0.6)
        a.set_xlabel(AXES[lang][family])
        style.grid_x(a)
    return figure


def _line(axes, y, row, colour, lang):
    """Draw an estimate with its interval, or say that there is none."""
    if np.isnan(row["estimate"]):
        words, joiners = REFUSED[lang], row["n_switchers"]
        one = joiners < 2 if lang == "fr" else joiners == 1
        told = words["few" if np.isfinite(row["n_needed"]) else "no"].format(
            joiners=number(joiners, lang), word=words["one" if one else "more"], needed=number(row["n_needed"], lang)
        )  # fmt: skip
        box = {"facecolor": axes.get_facecolor(), "edgecolor": "none", "pad": 1}
        place = {"transform": axes.get_yaxis_transform(), "va": "center", "bbox": box, "zorder": 2.4}
        axes.text(0.01, y, told, fontsize=9.5, color=style.INK, **place)
        return
    ranged = row["name"] in RANGES
    ends = [row["conf_low"], row["conf_high"]]
    axes.plot(ends, [y, y], color=colour, linewidth=1.6, linestyle=":" if ranged else "-")
    axes.plot(row["estimate"], y, "D" if ranged else "o", color=colour, markersize=5)
