"""
fr:
  caption: "Entrer dans un réseau à service EIS va avec {service:signed1} point(s) d'appropriation ({service_low:signed1} à {service_high:signed1}) ; entre organisations, l'écart est de {between:signed1}. Des associations, pas des effets."
  reading: "quand une organisation entre dans un réseau qui rend un service d'évaluation, son score d'appropriation diffère de {service:signed1} point(s) (intervalle à 95 % : {service_low:signed1} à {service_high:signed1}) ; entre organisations, l'écart est de {between:signed1} point(s)."
  base: "organisations qui évaluent (échelons 2 à 5) : {rows:n} réponses de {units:n} organisations ; modèle intra–inter (Mundlak), erreurs groupées par organisation ; {switchers:n} organisations changent de situation pour le service d'évaluation ; non pondéré."
  alt: "Coefficients avec intervalles, intra et inter. Réseau avec service : {service:signed1} point(s) en intra, {between:signed1} en inter. Demande publique non financée : {demand:signed1} en intra."
en:
  caption: "Joining a network that has a service goes with {service:signed1} points of appropriation ({service_low:signed1} to {service_high:signed1}); between organisations, the gap is {between:signed1}. Associations, not effects."
  reading: "when an organisation joins a network that provides an evaluation service, its appropriation score differs by {service:signed1} points (95% interval: {service_low:signed1} to {service_high:signed1}); between organisations, the difference is {between:signed1} points."
  base: "organisations that evaluate (rungs 2 to 5): {rows:n} answers of {units:n} organisations; within–between model (Mundlak), errors clustered by organisation; {switchers:n} organisations change status for the evaluation service; unweighted."
  alt: "Coefficients with intervals, within and between. Network with service: {service:signed1} points within, {between:signed1} between. Public demand without funding: {demand:signed1} within."
"""

from panel_eis import style
from panel_eis.model_words import PARTS, STATED, stated, term_label


def data(study):
    fit = study.fit("score-within-between")
    columns = ["variable", "part", "estimate", "conf_low", "conf_high", "p_value"]
    return stated(fit)[[*columns, *STATED]].reset_index(drop=True)


def values(data, study):
    fit = study.fit("score-within-between")
    cell = data.set_index(["variable", "part"])
    service = cell.loc[("federated_service", "within")]
    return {
        "service": service["estimate"], "service_low": service["conf_low"], "service_high": service["conf_high"],
        "between": cell.loc[("federated_service", "between"), "estimate"],
        "demand": cell.loc[("public_demand", "within"), "estimate"],
        "rows": fit.n_rows, "units": fit.n_units, "switchers": fit.n_switchers["federated_service"],
    }  # fmt: skip


def draw(data, study, lang):
    variables = list(dict.fromkeys(data["variable"]))
    figure, axes = style.new_figure(1.0 + 0.62 * len(variables))
    for y, variable in enumerate(variables):
        for part, colour, marker, shift in (
            ("within", style.BLUE, "o", -0.15),
            ("between", style.ORANGE, "s", 0.15),
        ):
            cell = data[(data["variable"] == variable) & (data["part"] == part)]
            if cell.empty:
                continue
            row = cell.iloc[0]
            axes.plot([row["conf_low"], row["conf_high"]], [y + shift] * 2, color=colour, linewidth=1.8)
            axes.plot(
                row["estimate"],
                y + shift,
                marker,
                color=colour,
                markersize=7,
                label=PARTS[lang][part] if y == 0 else None,
            )
    axes.axvline(0, color=style.INK, linewidth=0.9)
    axes.set_yticks(range(len(variables)), [term_label(v, study.codebook, lang, wrap=22) for v in variables])
    axes.set_ylim(len(variables) - 0.5, -0.6)
    axes.set_xlabel(
        {"fr": "Points de score d'appropriation (0–100)", "en": "Points of appropriation score (0–100)"}[lang]
    )
    axes.legend(loc="lower center", bbox_to_anchor=(0.3, 1.0), ncols=1)
    style.grid_x(axes)
    return figure
