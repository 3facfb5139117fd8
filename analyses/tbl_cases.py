"""
fr:
  caption: "{cases:n} cas, dont {panel:n} d'organisations du panel : d'un besoin à ce que la démarche est devenue."
  reading: "une ligne par cas, dans les mots du questionnaire. {case} : en {first_wave}, la démarche était « {first} » ; en {last_wave}, elle était « {last} »."
  base: "{cases:n} cas, dont {panel:n} d'organisations du panel. Ils sont choisis pour leur diversité, pas tirés au sort : ils montrent des chemins possibles et ne représentent personne ; dénombrement, non pondéré, sans intervalle."
  nothing: "Aucun cas n'est publié avec cette édition."
  question: "celles de la grille d'entretien des cas, dans les mots du questionnaire, voir le codebook."
en:
  caption: "{cases:n} cases, of which {panel:n} of organisations of the panel: from a need to what became of the practice."
  reading: "one line a case, in the words of the questionnaire. {case}: in {first_wave} the practice was “{first}”; in {last_wave} it was “{last}”."
  base: "{cases:n} cases, of which {panel:n} of organisations in the panel. They are chosen to be diverse, not drawn at random: they show possible paths and represent nobody; counts, unweighted, without interval."
  nothing: "No case is published with this edition."
  question: "those of the interview grid of cases, in the words of the questionnaire, see the codebook."
"""

import pandas as pd

from panel_eis.case_pages import CARD, answer_words

TEXT = True
WIDTHS = (3, 3, 4, 4, 3, 3, 3)
HEADS = {
    "fr": ("Cas", "Besoin", "Étapes", "Outils", "Difficultés", "Pistes", "Suivi"),
    "en": ("Case", "Need", "Steps", "Tools", "Difficulties", "Improvements", "Follow-up"),
}
NAME = {"fr": "Cas {}", "en": "Case {}"}


def data(study):
    """One row a case: codes, and the rung at each follow-up as wave:rung; no unit."""
    columns = ("case", "legal_form", "field", "department", *CARD, "followed")
    return pd.DataFrame(
        [
            {
                "case": case.case,
                **{
                    name: " ".join(case.answers[name])
                    for name in ("legal_form", "field", "department", *CARD)
                },
                "followed": " ".join(f"{step['wave']}:{step['ladder']}" for step in case.followed),
            }
            for case in study.cases
        ],
        columns=list(columns),
    )


def values(data, study):
    case = max(study.cases, key=lambda c: len(c.followed))
    ends = {"first": case.followed[0], "last": case.followed[-1]}
    labels = {lang: study.codebook.choice_labels("ladder", lang) for lang in ("fr", "en")}
    return {
        "cases": len(data),
        "panel": sum(bool(c.unit) for c in study.cases),
        "case": {lang: NAME[lang].format(case.case.split("-")[-1]) for lang in ("fr", "en")},
        **{f"{end}_wave": step["wave"] for end, step in ends.items()},
        **{
            end: {lang: labels[lang][step["ladder"]].lower() for lang in ("fr", "en")}
            for end, step in ends.items()
        },
    }


def display(data, study, lang):
    rungs = study.codebook.choice_labels("ladder", lang)
    colon = {"fr": "\u00a0: ", "en": ": "}[lang]
    rows = []
    for case in study.cases:
        who = [answer_words(case, name, study, lang) for name in ("legal_form", "field")]
        rows.append(
            [
                f"{NAME[lang].format(case.case.split('-')[-1])}{colon}{' · '.join(who)}",
                *(answer_words(case, name, study, lang) or "–" for name in CARD),
                ", ".join(f"{s['wave']}{colon}{rungs[s['ladder']].lower()}" for s in case.followed) or "–",
            ]
        )
    return pd.DataFrame(rows, columns=list(HEADS[lang]))
