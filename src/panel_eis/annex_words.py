"""What the entries of the codebook say beside questions and numbers, in both languages."""

WORDS = {
    "fr": {
        "colon": "\u00a0: ", "index": "Index des variables", "type": "Type", "measure": "Unité", "base": "Posée",
        "all": "à toutes les organisations",
        "if": "si {}", "since": "depuis {}", "derived": "Calculée à partir de", "derives": "Entre dans",
        "exhibits": "Figures et tableaux",
        "models": "Modèles", "waves": "Comparable", "answers": "Réponses par vague", "row": "Réponse",
        "number": "Quantile", "reversed": "orientation inversée",
        "asked": "Concernées", "answered": "Ont répondu", "several": "choix multiple", "gaps": "Sans réponse",
        "register": "registre ou collecte", "open": "Texte libre ou identifiant, jamais montré.",
        "text": "Texte ou code, décompté seulement.",
        "as": "colonne {}", "or": "ou", "and": "et", "not": "non", "includes": "{} comprend « {} »",
        "is": "{} = « {} »", "filled": "{} a une réponse",
        "unfilled": "{} n’a pas de réponse", "list": "{}\u00a0: {}", "percent": "{}\u00a0%", "constraint": "Contrôle",
        "used": "aucun directement",
    },
    "en": {
        "colon": ": ", "index": "Index of variables", "type": "Type", "measure": "Unit", "base": "Asked",
        "all": "of all organisations",
        "if": "if {}", "since": "since {}", "derived": "Computed from", "derives": "Enters",
        "exhibits": "Figures and tables",
        "models": "Models", "waves": "Comparable", "answers": "Answers by wave", "row": "Answer", "number": "Quantile",
        "reversed": "reversed",
        "asked": "Asked of", "answered": "Answered", "several": "several answers", "gaps": "No answer",
        "register": "register or fieldwork", "open": "Open text or identifier, never shown.",
        "text": "Text or code, counted only.",
        "as": "column {}", "or": "or", "and": "and", "not": "not", "includes": "{} includes “{}”", "is": "{} = “{}”",
        "filled": "{} has an answer",
        "unfilled": "{} has no answer", "list": "{}: {}", "percent": "{}%", "constraint": "Check",
        "used": "none directly",
    },
}  # fmt: skip
KINDS = {
    "fr": {
        "select_one": "une réponse dans une liste", "select_multiple": "plusieurs réponses dans une liste",
        "integer": "nombre entier",
        "decimal": "nombre", "date": "date", "text": "texte", "calculate": "variable calculée",
    },
    "en": {
        "select_one": "one answer of a list", "select_multiple": "several answers of a list", "integer": "whole number",
        "decimal": "number", "date": "date", "text": "text", "calculate": "computed variable",
    },
}  # fmt: skip
ROWS = {
    "fr": {
        "p10": "premier décile", "q1": "premier quartile", "median": "médiane", "q3": "troisième quartile",
        "p90": "neuvième décile",
        "not_asked": "question absente de la vague", "skipped": "non concernée (filtre)",
        "no_answer": "aucune raison donnée", "dont_know": "ne sait pas",
        "refused": "refus", "not_applicable": "sans objet", "lost": "réponse perdue",
    },
    "en": {
        "p10": "first decile", "q1": "first quartile", "median": "median", "q3": "third quartile",
        "p90": "ninth decile",
        "not_asked": "question absent from the wave", "skipped": "not concerned (filter)",
        "no_answer": "no reason given", "dont_know": "does not know",
        "refused": "refused", "not_applicable": "not applicable", "lost": "answer lost",
    },
}  # fmt: skip
