"""What the entries of the codebook say beside questions and numbers, in both languages."""

WORDS = {
    "fr": {
        "colon": "\u00a0: ", "codebook": "Codebook", "path": "Fil d’Ariane", "block": "Dans ce bloc",
        "steps": "Variables voisines", "previous": "Précédente", "next": "Suivante",
        "search": "Chercher une variable", "words": "Mots du nom, de la question ou des réponses", "any": "Tous",
        "reset": "Tout afficher", "shown": "Variables affichées\u00a0: {n} sur {all}.",
        "none": "Aucune variable ne répond à ces conditions.",
        "compare": "D’une vague à l’autre", "uses": "Où elle sert",
        "type": "Type", "measure": "Unité", "base": "Posée",
        "all": "à toutes les organisations",
        "if": "si {}", "since": "depuis {}", "derived": "Calculée à partir de", "derives": "Entre dans",
        "exhibits": "Figures et tableaux",
        "models": "Modèles", "waves": "Comparable", "answers": "Réponses par vague", "row": "Réponse",
        "reversed": "orientation inversée",
        "asked": "Concernées", "answered": "Ont répondu", "gaps": "Sans réponse",
        "open": "Texte libre ou identifiant, jamais montré.",
        "text": "Texte ou code, décompté seulement.",
        "as": "colonne {}", "or": "ou", "and": "et", "not": "non", "includes": "{} comprend « {} »",
        "is": "{} = « {} »", "filled": "{} a une réponse",
        "percent": "{}\u00a0%", "constraint": "Contrôle",
        "unused": "Dans aucune figure, aucun tableau ni aucun modèle directement.",
    },
    "en": {
        "colon": ": ", "codebook": "Codebook", "path": "Breadcrumb", "block": "In this block",
        "steps": "Neighbouring variables", "previous": "Previous", "next": "Next",
        "search": "Search for a variable", "words": "Words of the name, the question or the answers", "any": "All",
        "reset": "Show all", "shown": "Variables shown: {n} of {all}.",
        "none": "No variable meets these conditions.",
        "compare": "From wave to wave", "uses": "Where it is used",
        "type": "Type", "measure": "Unit", "base": "Asked",
        "all": "of all organisations",
        "if": "if {}", "since": "since {}", "derived": "Computed from", "derives": "Enters",
        "exhibits": "Figures and tables",
        "models": "Models", "waves": "Comparable", "answers": "Answers by wave", "row": "Answer",
        "reversed": "reversed",
        "asked": "Asked of", "answered": "Answered", "gaps": "No answer",
        "open": "Open text or identifier, never shown.",
        "text": "Text or code, counted only.",
        "as": "column {}", "or": "or", "and": "and", "not": "not", "includes": "{} includes “{}”", "is": "{} = “{}”",
        "filled": "{} has an answer",
        "percent": "{}%", "constraint": "Check",
        "unused": "In no figure, table or model directly.",
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
