"""
fr:
  caption: "{doers_last:pct} des organisations évaluent leur impact en {last_wave}, contre {doers_first:pct} en {first_wave} (échelons 2 à 5 de l'échelle d'adoption, part pondérée)."
  reading: "en {last_wave}, {doers_last:pct} des organisations évaluent leur impact (échelons 2 à 5), avec un intervalle de confiance à 95 % de {low_last:pct} à {high_last:pct} ; sans pondération, {raw_last:pct}. Les repères sous les barres viennent d'enquêtes réelles et publiées, dont la question diffère (résumée par nous : {wordings}) : ils situent, ils ne se comparent pas."
  base: "organisations ayant répondu à la vague (n = {n_text}) ; pondération calée sur la forme juridique, la taille et le territoire."
  alt: "Barres empilées des échelons 0 à 5. La part des organisations qui évaluent passe de {doers_first:pct} en {first_wave} à {doers_last:pct} en {last_wave} ; l'échelon 5 passe de {top_first:pct} à {top_last:pct}."
en:
  caption: "{doers_last:pct} of organisations evaluate their impact in {last_wave}, against {doers_first:pct} in {first_wave} (rungs 2 to 5 of the ladder of adoption, weighted share)."
  reading: "in {last_wave}, {doers_last:pct} of organisations evaluate their impact (rungs 2 to 5), with a 95% confidence interval from {low_last:pct} to {high_last:pct}; unweighted, {raw_last:pct}. The marks below the bars come from real, published surveys that asked another question (in our words: {wordings}): they give bearings, not a comparison."
  base: "organisations that answered the wave (n = {n_text}); weights raked to legal form, size and territory."
  alt: "Stacked bars of rungs 0 to 5. The share of organisations that evaluate goes from {doers_first:pct} in {first_wave} to {doers_last:pct} in {last_wave}; rung 5 goes from {top_first:pct} to {top_last:pct}."
"""

from panel_eis import style
from panel_eis.estimates import shares_by, weighted_mean
from panel_eis.wording import percent

COMPARATORS = {
    "kpmg2017_any": {"fr": "KPMG France", "en": "KPMG France"},
    "kpmg2018_any": {"fr": "KPMG France", "en": "KPMG France"},
    "esem2022_any": {"fr": "ESEM Europe", "en": "ESEM Europe"},
}


def data(study):
    rows = study.select("ladder", "weight")
    shares = shares_by(rows, "ladder", range(6), ["wave"], "weight")
    return shares.rename(columns={"category": "rung", "mean": "share"})


def values(data, study):
    rows = study.select("practises", "weight")
    doers = {w: weighted_mean(r["practises"], r["weight"]) for w, r in rows.groupby("wave")}
    raw = {w: weighted_mean(r["practises"]) for w, r in rows.groupby("wave")}
    first, last = study.waves[0], study.waves[-1]
    top = data[data["rung"] == 5].set_index("wave")["share"]
    marks = study.table("comparators").query("id in @COMPARATORS")
    wordings = {
        lang: "; ".join(
            f"{COMPARATORS[m.id][lang]} {m.year}, “{getattr(m, f'wording_{lang}')}”"
            for m in marks.itertuples()
        )
        for lang in ("fr", "en")
    }
    wordings["fr"] = wordings["fr"].replace("“", "«\u00a0").replace("”", "\u00a0»").replace(";", "\u00a0;")
    bases = data.drop_duplicates("wave")["base"]
    return {
        "first_wave": first, "last_wave": last,
        "doers_first": doers[first]["mean"], "doers_last": doers[last]["mean"],
        "low_last": doers[last]["low"], "high_last": doers[last]["high"], "raw_last": raw[last]["mean"],
        "top_first": top[first], "top_last": top[last], "wordings": wordings, "n_text": ", ".join(str(n) for n in bases),
    }  # fmt: skip


def draw(data, study, lang):
    labels = study.codebook.choice_labels("ladder", lang)
    marks = study.table("comparators").query("id in @COMPARATORS").sort_values("value")
    figure, axes = style.new_figure(1.5 + 0.62 * len(study.waves) + 0.3 * len(marks))
    for position, wave in enumerate(study.waves):
        left = 0.0
        for rung, share in data[data["wave"] == wave].set_index("rung")["share"].items():
            axes.barh(
                position,
                share,
                left=left,
                color=style.RUNGS[rung],
                edgecolor="white",
                linewidth=1.6,
                height=0.72,
            )
            if share >= 0.045:
                colour = style.text_on(style.RUNGS[rung])
                axes.text(
                    left + share / 2,
                    position,
                    percent(share, lang).replace("\u00a0", "\u202f"),
                    ha="center",
                    va="center",
                    color=colour,
                    fontsize=9.5 if share >= 0.07 else 8.5,
                )
            left += share
    ticks = list(enumerate(study.waves))
    for i, mark in enumerate(marks.itertuples()):
        position = len(study.waves) + 0.15 + 0.55 * i
        x = 1 - mark.value / 100
        axes.plot([x, 1], [position, position], color=style.GREY, linewidth=1.2)
        axes.plot([x], [position], marker="|", color=style.INK, markersize=11, markeredgewidth=2)
        axes.text(x - 0.015, position, percent(mark.value / 100, lang), ha="right", va="center", fontsize=10)
        ticks.append((position, f"{COMPARATORS[mark.id][lang]} {mark.year}"))
    axes.set_yticks([t for t, _ in ticks], [w for _, w in ticks])
    axes.set_ylim(len(study.waves) + 0.55 * len(marks) - 0.1, -0.55)
    axes.set_xlim(0, 1)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    handles = [axes.barh(0, 0, color=style.RUNGS[r]) for r in range(6)]
    words = [f"{r} {labels[str(r)]}" for r in range(6)]
    axes.legend(
        handles,
        words,
        loc="lower center",
        bbox_to_anchor=(0.36, 1.0),
        ncols=2,
        handlelength=0.9,
        columnspacing=1.2,
        handletextpad=0.5,
    )
    return figure
