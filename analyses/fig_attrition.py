"""
fr:
  caption: "Un échelon d'adoption de plus va avec une cote de réponse à la vague suivante multipliée par {ladder:num2} ({low:num2} à {high:num2})."
  reading: "à droite de 1, la réponse est plus probable. Un échelon de plus sur l'échelle va avec une cote multipliée par {ladder:num2} (intervalle à 95 % : {low:num2} à {high:num2}), les autres caractéristiques égales. Association, non effet."
  base: "{n:n} réponses suivies d'une vague où l'organisation existait encore, {units:n} organisations, non pondérées ; logit avec effets de vague, erreurs groupées par organisation."
  alt: "Points avec intervalles à 95 % sur une échelle logarithmique ; l'échelon d'adoption est à {ladder:num2}."
en:
  caption: "One more rung of adoption goes with odds of answering the next wave multiplied by {ladder:num2} ({low:num2} to {high:num2})."
  reading: "to the right of 1, an answer is likelier. One more rung on the ladder goes with odds multiplied by {ladder:num2} (95% interval: {low:num2} to {high:num2}), other things equal. An association, not an effect."
  base: "{n:n} answers followed by a wave at which the organisation still existed, {units:n} organisations, unweighted; logit with wave effects, errors clustered by organisation."
  alt: "Points with 95% intervals on a logarithmic scale; the rung of adoption stands at {ladder:num2}."
"""

import textwrap

from panel_eis import style
from panel_eis.quality.answering import missing_share
from panel_eis.quality.attrition import odds_ratios, response_frame, response_model
from panel_eis.quality.words import COVARIATES
from panel_eis.wording import number


def data(study):
    panel = study.select("ladder", "staff_log", "legal_form", "respondent_role", "federated", "age")
    rows = response_frame(panel, study.table("participation"), missing_share(study.reasons), study.waves)
    model = response_model(rows)
    return odds_ratios(model).assign(n_rows=model.n_rows, n_units=model.n_units)


def values(data, study):
    rung = data.set_index("variable").loc["ladder"]
    return {"ladder": rung["odds_ratio"], "low": rung["low"], "high": rung["high"], "n": data["n_rows"].iloc[0],
            "units": data["n_units"].iloc[0]}  # fmt: skip


def draw(data, study, lang):
    figure, axes = style.new_figure(1.1 + 0.42 * len(data))
    axes.axvline(1, color=style.GREY, linewidth=1)
    for i, row in enumerate(data.itertuples()):
        axes.plot([row.low, row.high], [i, i], color=style.BLUE, linewidth=1.8)
        axes.plot(row.odds_ratio, i, "o", color=style.BLUE, markersize=7)
        axes.text(
            1.02,
            i,
            number(row.odds_ratio, lang, 2),
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=10,
        )
    axes.set_xscale("log")
    axes.minorticks_off()
    low, high = min(0.45, data["low"].min() * 0.95), max(2.2, data["high"].max() * 1.05)
    ticks = [v for v in (0.25, 0.5, 1, 2, 4) if low <= v <= high]
    axes.set_xticks(ticks, [number(v, lang, 2 if v < 0.5 else 1 if v < 1 else 0) for v in ticks])
    axes.set_xlim(low, high)
    axes.set_yticks(range(len(data)), [textwrap.fill(COVARIATES[lang][v], 24) for v in data["variable"]])
    axes.set_ylim(len(data) - 0.5, -0.5)
    axes.set_xlabel({"fr": "Rapport de cotes (échelle log)", "en": "Odds ratio (log scale)"}[lang])
    style.grid_x(axes)
    return figure
