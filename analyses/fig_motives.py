"""
fr:
  caption: "« {top} » est le motif le plus cité ({top_share:pct}) ; « {choice} » l'est surtout par celles qui répondent « {given} » à « qui l'a demandé ? » ({share:pct})."
  reading: "en {wave}, {share:pct} des organisations qui répondent « {given} » à « qui vous a demandé d'évaluer ? » citent le motif « {choice} » (intervalle à 95 % : {low:pct} à {high:pct}), contre {overall:pct} de l'ensemble : c'est l'écart le plus fort du tableau. « {top} » vient en tête ({top_share:pct} de l'ensemble). s : moins de cinq organisations d'un côté ou de l'autre, non publié."
  base: "organisations ayant répondu aux deux questions, {wave}, réponses pondérées (n = {n:n}) ; en %, plusieurs réponses possibles, les colonnes se recoupent."
  alt: "Matrice de pourcentages. En tête : « {top} », {top_share:pct}. Écart le plus fort : « {choice} » parmi « {given} », {share:pct} contre {overall:pct}, intervalle de {low:pct} à {high:pct}."
en:
  caption: "“{top}” is the motive cited most ({top_share:pct}); “{choice}” is cited above all where “{given}” asked for it ({share:pct})."
  reading: "in {wave}, {share:pct} of organisations that answer “{given}” to “who asked you to evaluate?” cite the motive “{choice}” (95% interval: {low:pct} to {high:pct}), against {overall:pct} of all: the largest gap of the table. First comes “{top}” ({top_share:pct} of all). s: fewer than five organisations on one side or the other, not published."
  base: "organisations that answered both questions, {wave}, weighted answers (n = {n:n}); in %, several answers possible, columns overlap."
  alt: "Matrix of percentages. First: “{top}”, {top_share:pct}. Largest gap: “{choice}” among “{given}”, {share:pct} against {overall:pct}, interval from {low:pct} to {high:pct}."
"""

from panel_eis.crossed import draw_matrix, latest_shares, said_of

OF, GIVEN = "motives", "demanders"


def data(study):
    return latest_shares(study, OF, GIVEN)


def values(data, study):
    return said_of(data, study, OF, GIVEN)


def draw(data, study, lang):
    labels = study.codebook.choice_labels
    head = {"fr": "qui a demandé", "en": "who asked"}[lang]
    return draw_matrix(data, labels(OF, lang), labels(GIVEN, lang), lang, head=head)
