"""
fr:
  caption: "« {first} » est l'étape la plus menée ({first_share:pct}), « {last} » la moins menée ({last_share:pct}) ; {alone:pct} conduisent seules leur démarche."
  reading: "en {wave}, {first_share:pct} des organisations qui évaluent ont mené l'étape « {first} » (intervalle à 95 % : {first_low:pct} à {first_high:pct}). {internal:pct} conduisent la démarche avec leur équipe et {outside:pct} avec un appui extérieur ; {alone:pct} le font sans aucun appui ({alone_low:pct} à {alone_high:pct}). s : moins de {threshold:n} organisations d'un côté ou de l'autre, non publié."
  base: "organisations qui évaluent et ont répondu, {wave}, pondérées (n = {n:n}) ; plusieurs réponses possibles."
  alt: "Points avec intervalles à 95 %. Étapes, de {last_share:pct} (« {last} ») à {first_share:pct} (« {first} ») ; conduite : équipe interne {internal:pct}, appui extérieur {outside:pct}."
en:
  caption: "“{first}” is the step taken most ({first_share:pct}), “{last}” the one taken least ({last_share:pct}); {alone:pct} conduct their evaluation alone."
  reading: "in {wave}, {first_share:pct} of organisations that evaluate have taken the step “{first}” (95% interval: {first_low:pct} to {first_high:pct}). {internal:pct} conduct the evaluation with their own team and {outside:pct} with outside help; {alone:pct} do so without any help ({alone_low:pct} to {alone_high:pct}). s: fewer than {threshold:n} organisations on one side or the other, not published."
  base: "organisations that evaluate and answered, {wave}, weighted (n = {n:n}); several answers possible."
  alt: "Points with 95% intervals. Steps, from {last_share:pct} (“{last}”) to {first_share:pct} (“{first}”); conducted by: in-house team {internal:pct}, outside help {outside:pct}."
"""

import pandas as pd

from panel_eis import style
from panel_eis.disclosure import THRESHOLD, hide_shares
from panel_eis.estimates import weighted_mean
from panel_eis.wording import percent

QUESTIONS = ("steps", "conducted_by")
GROUPS = {
    "outside": {"fr": "Un appui extérieur au moins", "en": "Some outside help"},
    "alone": {"fr": "Sans aucun appui extérieur", "en": "No outside help"},
}


def data(study):
    """Share of each step and each conductor, with two groups made of the latter: some outside help, none."""
    rows = study.select(*QUESTIONS, "weight", waves=[study.waves[-1]])
    cells = []
    for question in QUESTIONS:
        names = [c for c in rows if c.startswith(f"{question}__")]
        asked = rows.dropna(subset=names)
        answers = {c.split("__")[1]: asked[c].astype(float) for c in names}
        if question == "conducted_by":
            outside = asked[[c for c in names if not c.endswith("__internal")]].astype(float).max(axis=1)
            answers |= {
                "outside": outside,
                "alone": ((outside == 0) & (answers["internal"] == 1)).astype(float),
            }
        for choice, said in answers.items():
            mean = weighted_mean(said, asked["weight"])
            cells.append({
                "question": question, "choice": choice, "share": mean["mean"], "low": max(0.0, mean["low"]),
                "high": min(1.0, mean["high"]), "cited": int(said.sum()), "n": len(asked),
            })  # fmt: skip
    return hide_shares(pd.DataFrame(cells), ["share", "low", "high"], yes="cited", n="n")


def values(data, study):
    shown = data[~data["hidden"]]
    steps = shown[shown["question"] == "steps"].sort_values("share", ascending=False)
    own = data[data["question"] == "conducted_by"].set_index("choice")
    first, last = steps.iloc[0], steps.iloc[-1]
    labels = {lang: study.codebook.choice_labels("steps", lang) for lang in ("fr", "en")}
    return {
        "wave": study.waves[-1], "first": {lang: labels[lang][first["choice"]] for lang in labels},
        "last": {lang: labels[lang][last["choice"]] for lang in labels}, "first_share": first["share"],
        "first_low": first["low"], "first_high": first["high"], "last_share": last["share"], "threshold": THRESHOLD,
        "internal": own.loc["internal", "share"], "outside": own.loc["outside", "share"], "n": int(own["n"].max()),
        "alone": own.loc["alone", "share"], "alone_low": own.loc["alone", "low"], "alone_high": own.loc["alone", "high"],
    }  # fmt: skip


def draw(data, study, lang):
    figure, axes = style.new_figure(0.9 + 0.3 * (len(data) + 3))
    y, ticks = 0.0, []
    for question in QUESTIONS:
        labels = study.codebook.choice_labels(question, lang) | {k: v[lang] for k, v in GROUPS.items()}
        axes.text(0, y, study.codebook.label(question, lang, short=True), fontweight="semibold", va="center")
        y += 0.95
        own = data[data["question"] == question]
        made = own["choice"].isin(GROUPS)
        order = [*own[~made].sort_values("share", ascending=False).itertuples(), *own[made].itertuples()]
        for row in order:
            colour = style.PLUM if row.choice in GROUPS else style.BLUE
            if row.hidden:
                axes.text(0.01, y, "s", color=style.GREY, va="center", fontsize=9)
            else:
                axes.plot([row.low, row.high], [y, y], color=colour, linewidth=1.8, clip_on=False)
                axes.plot(
                    row.share,
                    y,
                    "D" if row.choice in GROUPS else "o",
                    color=colour,
                    markersize=6.5,
                    clip_on=False,
                )
                axes.text(
                    1.03,
                    y,
                    percent(row.share, lang),
                    va="center",
                    fontsize=9.5,
                    transform=axes.get_yaxis_transform(),
                )
            ticks.append((y, labels[row.choice]))
            y += 0.85
        y += 0.4
    axes.set_yticks([t for t, _ in ticks], [w for _, w in ticks])
    axes.set_ylim(y - 0.5, -0.6)
    style.share_axis(axes, lang)
    return figure
