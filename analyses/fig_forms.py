"""
fr:
  caption: "Sous quelle forme aider ? « {top} » vient en tête ({top_share:pct}), mais « {choice} » l'emporte davantage auprès de celles qui ont besoin de « {given} »."
  reading: "en {wave}, {share:pct} des organisations qui disent avoir besoin de « {given} » préfèrent la forme « {choice} » (intervalle à 95 % : {low:pct} à {high:pct}), contre {overall:pct} de l'ensemble : c'est l'écart le plus fort du tableau. Une seule forme par organisation : chaque colonne fait 100 %. s : moins de cinq organisations d'un côté ou de l'autre, non publié, et une autre case quand une seule l'est."
  base: "organisations ayant répondu aux deux questions, {wave}, réponses pondérées (n = {n:n}) ; en %, les colonnes se recoupent."
  alt: "Matrice de pourcentages, formes souhaitées par besoin. En tête : « {top} », {top_share:pct}. Écart le plus fort : « {choice} » parmi « {given} », {share:pct} contre {overall:pct}."
en:
  caption: "In which form should help come? First, “{top}” ({top_share:pct}); but “{choice}” is preferred more often by those that need “{given}”."
  reading: "in {wave}, {share:pct} of organisations that say they need “{given}” prefer the form “{choice}” (95% interval: {low:pct} to {high:pct}), against {overall:pct} of all: the largest gap of the table. One form an organisation: each column makes 100%. s: fewer than five organisations on one side or the other, not published, and another cell where a single one is."
  base: "organisations that answered both questions, {wave}, weighted answers (n = {n:n}); in %, columns overlap."
  alt: "Matrix of percentages, forms wanted by need. First: “{top}”, {top_share:pct}. Largest gap: “{choice}” among “{given}”, {share:pct} against {overall:pct}."
"""

from panel_eis.crossed import draw_matrix, latest_shares, said_of

OF, GIVEN = "need_form", "needs"


def data(study):
    return latest_shares(study, OF, GIVEN)


def values(data, study):
    return said_of(data, study, OF, GIVEN)


def draw(data, study, lang):
    labels = study.codebook.choice_labels
    head = {"fr": "besoins cités", "en": "needs cited"}[lang]
    return draw_matrix(data, labels(OF, lang), labels(GIVEN, lang), lang, head=head)
