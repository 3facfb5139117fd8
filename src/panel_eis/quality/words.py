"""Names of what the quality report shows, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from panel_eis.quality.handling import RULES

if TYPE_CHECKING:
    from panel_eis.errors import Lang

COVARIATES: dict[Lang, dict[str, str]] = {
    "fr": {
        "ladder": "Un échelon d'adoption",
        "staff_log": "Effectif (log)",
        "association": "Association",
        "director": "Répond : direction",
        "federated": "Membre d'un réseau",
        "age": "Dix ans d'âge",
        "item_nonresponse": "10 points de questions sans réponse",
    },
    "en": {
        "ladder": "One rung of adoption",
        "staff_log": "Headcount (log)",
        "association": "Association",
        "director": "Director answers",
        "federated": "Member of a network",
        "age": "Ten years of age",
        "item_nonresponse": "10 points of questions unanswered",
    },
}
HANDLING: dict[Lang, dict[str, str]] = {
    "fr": dict(
        zip(
            RULES,
            (
                "Lu comme (source, encodage, séparateur)",
                "Lignes lues",
                "Lignes d'essai écartées",
                "Lignes inachevées écartées",
                "Doublons écartés",
                "Colonnes renommées",
                "Colonnes non utilisées",
                "Questions non posées",
                "Réponses recodées",
                "Réponses changées d'échelle",
                "Réponses à une question scindée",
                "Réponses à des questions fusionnées",
                "Réponses changées d'unité",
                "Corrections",
            ),
            strict=True,
        )
    ),
    "en": dict(
        zip(
            RULES,
            (
                "Read as (source, encoding, separator)",
                "Rows read",
                "Test rows dropped",
                "Unfinished rows dropped",
                "Duplicates dropped",
                "Columns renamed",
                "Columns not used",
                "Questions not asked",
                "Answers recoded",
                "Answers rescaled",
                "Answers to a question that was split",
                "Answers to questions that were merged",
                "Answers converted to another unit",
                "Corrections",
            ),
            strict=True,
        )
    ),
}
WEIGHTS: dict[Lang, dict[str, str]] = {
    "fr": {
        "weight_design": "Sondage",
        "weight_response": "Sondage et réponse",
        "weight": "Calé sur les marges",
        "weight_pair": "Paire, attrition seule",
        "weight_pair_population": "Paire, population",
        "weight_balanced": "Toutes les vagues jusqu'ici",
    },
    "en": {
        "weight_design": "Design",
        "weight_response": "Design and response",
        "weight": "Calibrated to the margins",
        "weight_pair": "Pair, attrition alone",
        "weight_pair_population": "Pair, population",
        "weight_balanced": "Every wave so far",
    },
}
