"""
fr:
  caption: "{headline}."
  reading: "« {word} » est cité dans {share:pct} des réponses, et dans {top:pct} de celles du rôle « {role} ». Une étoile marque un mot que les rôles ne citent pas également, au seuil de 5 % après correction de Benjamini et Hochberg sur les {words:n} mots ({starred:n} étoile(s) ; p corrigé le plus petit : {least:num2} ; test du khi-deux). s : moins de cinq réponses d'un côté ou de l'autre, non publié."
  base: "{answers:n} réponses de {wave} avec un mot au moins, non pondérées ; en %, rôles d'au moins {threshold:n} réponses ; pas d'intervalle, un test par mot."
  alt: "Matrice des mots et des rôles. En tête : « {word} », {share:pct} des réponses. {starred:n} mot(s) étoilé(s) sur {words:n}."
en:
  caption: "{headline}."
  reading: "“{word}” is said in {share:pct} of answers, and in {top:pct} of those of the role “{role}”. A star marks a word that roles do not say equally often, at 5% after Benjamini and Hochberg's correction over the {words:n} words ({starred:n} star(s); smallest adjusted p: {least:num2}; chi-squared test). s: fewer than five answers on one side or the other, not published."
  base: "{answers:n} answers of {wave} with a word at least, unweighted; in %, roles of at least {threshold:n} answers; no interval, one test a word."
  alt: "Matrix of words and roles. First: “{word}”, {share:pct} of answers. {starred:n} starred word(s) of {words:n}."
"""

from panel_eis.crossed import SMALLEST_GROUP, draw_matrix
from panel_eis.evoked import EVERYBODY, words_by_role

LEVEL = 0.05


def data(study):
    return words_by_role(study, study.waves[-1])


def values(data, study):
    both = ("fr", "en")
    whole = data[data["role"] == EVERYBODY].sort_values(["share", "lemma"], ascending=[False, True])
    word = whole.iloc[0]
    own = data[(data["lemma"] == word["lemma"]) & (data["role"] != EVERYBODY) & ~data["hidden"]]
    top = own.sort_values("share").iloc[-1]
    starred = whole[whole["p_bh"] < LEVEL].sort_values("p_bh")
    named = {lang: [r[f"label_{lang}"] for _, r in starred.iterrows()] for lang in both}
    if len(starred):
        headline = {
            "fr": "Les rôles ne citent pas également " + ", ".join(f"« {w} »" for w in named["fr"]),
            "en": "Said more often by some roles than by others: " + ", ".join(f"“{w}”" for w in named["en"]),
        }
    else:
        headline = {
            "fr": f"Mot à mot, les rôles parlent de l'évaluation presque de la même façon : sur {len(whole)} mots, aucun écart ne dépasse le hasard",
            "en": f"Word by word, roles speak of evaluation in nearly the same way: of {len(whole)} words, no difference exceeds chance",
        }
    return {
        "headline": headline, "word": {lang: word[f"label_{lang}"] for lang in both}, "share": word["share"],
        "top": top["share"], "role": {lang: study.codebook.choice_labels("role", lang)[top["role"]] for lang in both},
        "words": len(whole), "starred": len(starred), "least": whole["p_bh"].min(), "answers": int(word["answers"]),
        "wave": study.waves[-1], "threshold": SMALLEST_GROUP,
    }  # fmt: skip


def draw(data, study, lang):
    whole = data[data["role"] == EVERYBODY]
    words = {
        r["lemma"]: r[f"label_{lang}"] + (" *" if r["p_bh"] < LEVEL else "") for _, r in whole.iterrows()
    }
    cells = data.rename(columns={"role": "given", "lemma": "choice"})
    head = {"fr": "rôle de la personne qui répond", "en": "role of the respondent"}[lang]
    return draw_matrix(cells, words, study.codebook.choice_labels("role", lang), lang, head=head)
