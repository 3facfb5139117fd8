"""
fr:
  caption: "« {module} » est le module où l'on répond le moins : {share:pct1} des questions y sont laissées en {last}."
  reading: "longueur d'une barre : part des questions posées, et qui concernaient l'organisation, restées sans réponse. Le module le plus touché en {last} est « {module} » ({share:pct1}). Une question écartée par un filtre n'est pas une non-réponse ; les questions ouvertes, facultatives, ne sont pas comptées."
  base: "questions fermées et nombres, toutes les réponses de chaque vague, non pondérées ({asked:n} questions posées dans ce module en {last}) ; dénombrement, sans intervalle."
  question: "toutes les questions fermées et tous les nombres du questionnaire, voir le codebook."
  alt: "Barres empilées par module et par vague : sans réponse, ne sait pas, refus. La plus longue en {last} est à {share:pct1} ({module})."
en:
  caption: "“{module}” is the module answered least: {share:pct1} of its questions are left unanswered in {last}."
  reading: "length of a bar: share of the questions that were asked, and applied to the organisation, left without an answer. The module most concerned in {last} is “{module}” ({share:pct1}). A question skipped by a filter is no non-response; open questions, which are optional, are not counted."
  base: "closed questions and numbers, all answers of each wave, unweighted ({asked:n} questions asked in this module in {last}); counts, without interval."
  question: "all closed questions and numbers of the questionnaire, see the codebook."
  alt: "Stacked bars by module and wave: no answer, does not know, refused. The longest in {last} is at {share:pct1} ({module})."
"""

import textwrap

from panel_eis import style
from panel_eis.quality.answering import by_module, item_nonresponse
from panel_eis.wording import percent

REASONS = ("no_answer", "dont_know", "refused")
WORDS = {
    "fr": {"no_answer": "sans réponse", "dont_know": "ne sait pas", "refused": "refus"},
    "en": {"no_answer": "no answer", "dont_know": "does not know", "refused": "refused"},
}
COLOURS = dict(zip(REASONS, (style.BLUE, style.ORANGE, style.GREY), strict=True))


def data(study):
    table = by_module(item_nonresponse(study.reasons, study.codebook))
    return table[table.groupby("module")["missing_share"].transform("max") > 0].reset_index(drop=True)


def values(data, study):
    last = data[data["wave"] == study.waves[-1]]
    row = last.loc[last["missing_share"].idxmax()]
    return {"last": study.waves[-1], "share": row["missing_share"], "asked": int(row["asked"]),
            "module": {lang: study.codebook.modules[row["module"]][lang] for lang in ("fr", "en")}}  # fmt: skip


def draw(data, study, lang):
    modules, y, ticks = list(dict.fromkeys(data["module"])), 0.0, []
    figure, axes = style.new_figure(1.1 + 0.175 * (len(modules) * (len(study.waves) + 1.9)))
    for module in modules:
        label = textwrap.shorten(study.codebook.modules[module][lang], 52, placeholder="…")
        axes.text(0, y, label, va="center", fontsize=10, fontweight="semibold")
        y += 1.0
        for row in data[data["module"] == module].itertuples():
            left = 0.0
            for reason in REASONS:
                width = getattr(row, reason) / row.asked
                axes.barh(
                    y, width, left=left, height=0.78, color=COLOURS[reason], edgecolor="white", linewidth=0.8
                )
                left += width
            axes.text(left + 0.001, y, percent(row.missing_share, lang, 1), va="center", fontsize=9)
            ticks.append((y, str(row.wave)))
            y += 0.95
        y += 0.45
    axes.set_yticks([t for t, _ in ticks], [w for _, w in ticks], fontsize=9)
    axes.set_ylim(y - 0.6, -0.7)
    top = data["missing_share"].max() * 1.22
    axes.set_xlim(0, top)
    marks = [v for v in (0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2) if v <= top]
    axes.set_xticks(marks, [percent(v, lang) for v in marks])
    handles = [axes.barh(0, 0, color=COLOURS[r]) for r in REASONS]
    axes.legend(
        handles, [WORDS[lang][r] for r in REASONS], loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=3
    )
    style.grid_x(axes)
    return figure
