"""
fr:
  caption: "Se mettre à évaluer d'une vague à la suivante : {begins_with:pct} avec un réseau à service EIS, {begins_without:pct} sans ; cesser : {ends_with:pct} avec, {ends_without:pct} sans. Des associations, pas des effets."
  reading: "sur 100 organisations qui n'évaluaient pas, {begins_with:pct} se mettent à évaluer à la vague suivante quand toutes sont dans un réseau qui rend un service d'évaluation (intervalle à 95 % : {begins_low:pct} à {begins_high:pct}), {begins_without:pct} quand aucune n'y est. Les marges d'erreur sont larges : les deux points d'une ligne peuvent se confondre."
  base: "commencer : {begins_units:n} organisations vues sans évaluation, {begins_waves:n} passages d'une vague à la suivante, {begins_events:n} débuts ; cesser : {ends_units:n} organisations vues en train d'évaluer, {ends_waves:n} passages, {ends_events:n} arrêts. {begins_excluded:n} organisations évaluaient déjà quand elles ont été vues pour la première fois : leur début est inconnu, elles ne comptent pas pour « commencer ». Modèle de durée en temps discret (log-log complémentaire), erreurs groupées par organisation ; non pondéré, intervalles à 95 %."
  alt: "Points et intervalles, avec et sans lien, pour commencer et pour cesser. Commencer : {begins_with:pct} avec un réseau à service, {begins_without:pct} sans. Cesser : {ends_with:pct} avec, {ends_without:pct} sans."
en:
  caption: "Taking evaluation up from one wave to the next: {begins_with:pct} with a network that has a service, {begins_without:pct} without; giving it up: {ends_with:pct} with, {ends_without:pct} without. Associations, not effects."
  reading: "out of 100 organisations that did not evaluate, {begins_with:pct} take it up by the next wave when all are in a network that provides an evaluation service (95% interval: {begins_low:pct} to {begins_high:pct}), {begins_without:pct} when none is. Margins of error are wide: the two points of a line may be the same."
  base: "taking up: {begins_units:n} organisations seen without an evaluation, {begins_waves:n} passages from one wave to the next, {begins_events:n} beginnings; giving up: {ends_units:n} organisations seen evaluating, {ends_waves:n} passages, {ends_events:n} ends. {begins_excluded:n} organisations already evaluated when first seen: when they began is unknown, they do not count for “taking up”. Discrete-time hazard model (complementary log-log), errors clustered by organisation; unweighted, 95% intervals."
  alt: "Points and intervals, with and without a tie, for taking up and giving up. Taking up: {begins_with:pct} with a network that has a service, {begins_without:pct} without. Giving up: {ends_with:pct} with, {ends_without:pct} without."
"""

import pandas as pd

from panel_eis import style
from panel_eis.model_words import term_label
from panel_eis.models import Spec, hazard, predicted_probabilities, risk_set

TIES = ("federated_service", "peer_tie")
SPEC = Spec(name="hazard", outcome="practises", estimator="cloglog", regressors=(*TIES, "staff_log"))
EVENTS = (False, True)
WORDS = {
    "fr": {
        "begins": "Commencer à évaluer", "ends": "Cesser d'évaluer", "with": "avec", "without": "sans",
        "axis": "Sur 100 organisations, d'une vague à la suivante",
    },
    "en": {
        "begins": "Taking evaluation up", "ends": "Giving evaluation up", "with": "with", "without": "without",
        "axis": "Out of 100 organisations, from one wave to the next",
    },
}  # fmt: skip


def _panel(study):
    return study.select("practises", *TIES, "staff_log")


def data(study):
    pieces = []
    for ends in EVENTS:
        rows, account = risk_set(_panel(study), SPEC.outcome, ends=ends)
        fit = hazard(SPEC, _panel(study), ends=ends).require_converged()
        for tie in TIES:
            table = predicted_probabilities(fit, rows, {tie: [0.0, 1.0]})
            table = table[table["rung"] == table["rung"].max()]
            piece = pd.DataFrame(
                {"event": "ends" if ends else "begins", "tie": tie, "with_tie": [False, True]}
            )
            for column in ("estimate", "conf_low", "conf_high"):
                piece[column] = (table[column] / 100).to_numpy()
            pieces.append(
                piece.assign(
                    n_units=account.at_risk, n_waves=account.waves, n_events=account.events,
                    n_excluded=account.excluded,
                )
            )  # fmt: skip
    return pd.concat(pieces, ignore_index=True)


def values(data, study):
    found = {}
    for event in ("begins", "ends"):
        own = data[(data["event"] == event) & (data["tie"] == TIES[0])].set_index("with_tie")
        found[f"{event}_with"], found[f"{event}_without"] = (
            own.loc[True, "estimate"],
            own.loc[False, "estimate"],
        )
        found[f"{event}_low"], found[f"{event}_high"] = own.loc[True, "conf_low"], own.loc[True, "conf_high"]
        for count in ("units", "waves", "events", "excluded"):
            found[f"{event}_{count}"] = int(own.iloc[0][f"n_{count}"])
    return found


def draw(data, study, lang):
    words = WORDS[lang]
    figure, axes = style.new_figure(4.2)
    places, labels = [], []
    y = 0.0
    for event in ("begins", "ends"):
        axes.text(0, y, words[event], fontweight="semibold", va="center", ha="left")
        for tie in TIES:
            y += 1
            places.append(y)
            labels.append(term_label(tie, study.codebook, lang, wrap=20))
            own = data[(data["event"] == event) & (data["tie"] == tie)]
            for cell in own.sort_values("with_tie", ascending=False).itertuples():
                colour, marker, shift = (
                    (style.BLUE, "o", -0.15) if cell.with_tie else (style.ORANGE, "s", 0.15)
                )
                ends = [100 * cell.conf_low, 100 * cell.conf_high]
                axes.plot(ends, [y + shift] * 2, color=colour, linewidth=1.8)
                label = words["with" if cell.with_tie else "without"] if len(places) == 1 else None
                axes.plot(100 * cell.estimate, y + shift, marker, color=colour, markersize=7, label=label)
        y += 1.2
    axes.set_yticks(places, labels)
    axes.set_ylim(y - 0.7, -0.6)
    axes.set_xlim(left=0)
    axes.set_xlabel(words["axis"])
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)
    style.grid_x(axes)
    return figure
