"""
fr:
  caption: "Sur {score_n:n} façons d'estimer l'association avec le score, {score_share:pct} la distinguent de zéro ; la médiane est de {score_median:signed2} écart-type ({score_low:signed2} à {score_high:signed2}). Des associations, pas des effets."
  reading: "chaque point est une estimation de ce qui va avec l'appartenance à un réseau à service d'évaluation, de la plus basse à la plus haute ; en foncé, celles qui diffèrent de zéro à 5 %. En dessous, plus une case est foncée, plus les estimations de ce rang ont pris cette décision. Score : médiane {score_median:signed2} écart-type, {score_share:pct} d'estimations significatives ; sans association, une médiane aussi éloignée de zéro aurait pour probabilité {score_p:p}, une moyenne des z {score_z:p}. Échelle : médiane {ladder_median:signed2} ({ladder_p:p})."
  base: "{score_n:n} spécifications pour le score, dont {score_logit:n} logits fractionnaires ({score_rows_low:n} à {score_rows_high:n} réponses de {score_units_low:n} à {score_units_high:n} organisations, dont {score_switch_high:n} au plus changent), et {ladder_n:n} pour l'échelle, dont {ladder_logit:n} logits ordonnés et {ladder_re_logit:n} à effets aléatoires ({ladder_rows_low:n} à {ladder_rows_high:n} réponses) ; les autres sont linéaires. Logits : intra, différences de prédictions. Erreurs groupées par organisation. Réponses manquantes retirées, ou imputées ({imputations:n} panels ; pas pour les logits de l'échelle). Test conjoint : {draws:n} tirages de signes par organisation sous l'hypothèse nulle, communs à toutes les spécifications (bootstrap sauvage ou des scores) ; pondération : aucune, population ou départs."
  alt: "Deux courbes d'estimations triées, de modèles linéaires et de logits. Score : de {score_low:signed2} à {score_high:signed2} écart-type, médiane {score_median:signed2}. Échelle : de {ladder_low:signed2} à {ladder_high:signed2}, médiane {ladder_median:signed2}. En dessous, une grille dit quelles décisions donnent les estimations basses ou hautes."
en:
  caption: "Of {score_n:n} ways to estimate the association with the score, {score_share:pct} tell it from zero; the median is {score_median:signed2} standard deviation ({score_low:signed2} to {score_high:signed2}). Associations, not effects."
  reading: "each point is an estimate of what goes with being in a network that provides an evaluation service, from the lowest to the highest; dark ones differ from zero at 5%. Below, the darker a cell, the more estimates of that rank took this decision. Score: median {score_median:signed2} standard deviation, {score_share:pct} of estimates significant; if the association were nil, a median as far from zero would have a probability of {score_p:p}, a mean z {score_z:p}. Ladder: median {ladder_median:signed2} ({ladder_p:p})."
  base: "{score_n:n} specifications for the score, of which {score_logit:n} fractional logits ({score_rows_low:n} to {score_rows_high:n} answers of {score_units_low:n} to {score_units_high:n} organisations, of which {score_switch_high:n} at most switch), and {ladder_n:n} for the ladder, of which {ladder_logit:n} ordered logits and {ladder_re_logit:n} with random effects ({ladder_rows_low:n} to {ladder_rows_high:n} answers); the others are linear. Logits: within, differences of predictions. Errors clustered by organisation. Missing answers left out, or imputed ({imputations:n} panels; not for logits of the ladder). Joint test: {draws:n} draws of signs by organisation under the null, shared by all specifications (wild bootstrap, or of scores); weights: none, population or departures."
  alt: "Two curves of sorted estimates, of linear models and logits. Score: from {score_low:signed2} to {score_high:signed2} standard deviation, median {score_median:signed2}. Ladder: from {ladder_low:signed2} to {ladder_high:signed2}, median {ladder_median:signed2}. Below, a grid says which decisions give low or high estimates."
"""

import importlib.util
from pathlib import Path

import numpy as np

from panel_eis import style
from panel_eis.wording import number

BINS = 24
TITLES = {"fr": {"score": "Score", "ladder": "Échelle"}, "en": {"score": "Score", "ladder": "Ladder"}}

LOGITS = ("logit", "re_logit")

BEHIND = ("appropriation", "ladder", "federated_service")


def _declared():
    path = Path(__file__).with_name("specifications.py")
    spec = importlib.util.spec_from_file_location("specifications", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def data(study):
    curve = study.table("curve")
    columns = [
        c for c in curve.columns if c not in ("estimate", "std_error", "conf_low", "conf_high", "message")
    ]
    return curve.loc[curve["message"].isna(), columns]


def values(data, study):
    test = study.table("curve_test").set_index(["family", "statistic"])
    told = {"imputations": _declared().IMPUTATIONS, "draws": int(test["draws"].iloc[0])}
    for family, rows in data.groupby("family"):
        told |= {
            f"{family}_n": len(rows), f"{family}_median": test.loc[(family, "median"), "value"],
            f"{family}_share": test.loc[(family, "share_significant"), "value"],
            f"{family}_p": test.loc[(family, "median"), "p_value"], f"{family}_z": test.loc[(family, "stouffer"), "p_value"],
            f"{family}_low": rows["effect"].min(), f"{family}_high": rows["effect"].max(),
            **{f"{family}_{name}": int((rows["estimator"] == name).sum()) for name in LOGITS},
        }  # fmt: skip
        for name, column in (("rows", "n_rows"), ("units", "n_units"), ("switch", "n_switchers")):
            told |= {
                f"{family}_{name}_low": int(rows[column].min()),
                f"{family}_{name}_high": int(rows[column].max()),
            }
    return told


def _lines(families, lang):
    """Lines of the grid: (family or None for both, decision, level or None for a heading, words)."""
    lines, seen = [], set()
    for family, decisions in families.items():
        for decision in decisions:
            key = (decision.name, decision.levels)
            if key in seen:
                continue
            seen.add(key)
            alone = (
                sum(
                    (decision.name, decision.levels) == (d.name, d.levels)
                    for ds in families.values()
                    for d in ds
                )
                == 1
            )
            own = family if alone else None
            lines.append((own, decision.name, None, getattr(decision, lang)))
            lines += [(own, decision.name, level.name, getattr(level, lang)) for level in decision.levels]
    return lines


def draw(data, study, lang):
    families = _declared().FAMILIES
    lines = _lines(families, lang)
    grid = 0.185 * len(lines)
    figure, axes = style.new_figure(
        2.3 + grid,
        columns=2,
        rows=2,
        sharex="col",
        gridspec_kw={"height_ratios": [1.75, grid], "hspace": 0.02},
    )
    for column, family in enumerate(families):
        rows = data[data["family"] == family].reset_index(drop=True)
        _curve(axes[0, column], rows, TITLES[lang][family])
        _grid(axes[1, column], rows, lines, family, first=column == 0)
    low, high = (f(a.get_ylim()[i] for a in axes[0]) for f, i in ((min, 0), (max, 1)))
    for a in axes[0]:
        a.set_ylim(low, high)
    ticks = np.arange(np.ceil(low / 0.5) * 0.5, high, 0.5)
    axes[0, 0].set_yticks(ticks, [number(t, lang, 1) for t in ticks])
    axes[0, 1].set_yticks(ticks, [])
    axes[0, 0].set_ylabel({"fr": "Écarts-types", "en": "Standard deviations"}[lang])
    for a in axes[1]:
        a.set_xlabel({"fr": "Estimations triées", "en": "Sorted estimates"}[lang])
    return figure


def _curve(axes, rows, title):
    x, significant = np.arange(len(rows)), rows["p_value"] < 0.05
    axes.fill_between(
        x, rows["effect_low"], rows["effect_high"], color=style.LIGHT, linewidth=0, rasterized=True
    )
    for kept, colour in ((~significant, style.GREY), (significant, style.BLUE)):
        axes.plot(x[kept], rows["effect"][kept], ".", color=colour, markersize=3, rasterized=True)
    axes.axhline(0, color=style.INK, linewidth=0.9)
    axes.set_title(title)
    axes.set_xticks([])
    axes.grid(visible=True, axis="y", color=style.LIGHT, linewidth=0.6)
    axes.set_axisbelow(True)


def _grid(axes, rows, lines, family, *, first):
    edges = np.linspace(0, len(rows), BINS + 1)
    place = np.minimum((np.arange(len(rows)) + 0.5) * BINS // len(rows), BINS - 1).astype(int)
    for y, (own, decision, level, _) in enumerate(lines):
        if level is None or own not in (None, family) or not (rows[decision] == level).any():
            continue
        share = np.bincount(place, weights=rows[decision] == level, minlength=BINS) / np.bincount(
            place, minlength=BINS
        )
        colours = [style.blend(style.BLUE, 0.06 + 0.94 * float(s)) for s in share]
        spans = np.column_stack([edges[:-1], np.diff(edges)])
        axes.broken_barh(spans, (y - 0.4, 0.8), facecolors=colours, linewidth=0)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_xlim(0, len(rows))
    axes.spines["bottom"].set_visible(False)
    axes.set_yticks(range(len(lines)), [words for *_, words in lines] if first else [])
    if first:
        for label, (_, _, level, _) in zip(axes.get_yticklabels(), lines, strict=True):
            label.set_fontsize(9.5 if level else 10)
            label.set_fontweight("normal" if level else "semibold")
