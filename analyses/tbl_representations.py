"""
fr:
  caption: "Les mots de l'évaluation d'impact : fréquence, rangs et zone, {first_wave} et {last_wave}."
  reading: "en {last_wave}, « {word} » est cité dans {share:pct} des réponses, au rang d'apparition moyen {rank:num1} et au rang d'importance moyen {importance:num1} (1 = premier, ou le plus important). Dernière colonne : p corrigé (Benjamini-Hochberg) du test que les rôles citent également le mot ; {roles:n} mot(s) sur {words:n} sous 5 %. Entre {first_wave} et {last_wave}, sur les {pairs:n} mêmes organisations, {moved:n} mot(s) gagne(nt) ou perde(nt) (McNemar exact, même correction)."
  base: "réponses avec un mot au moins, non pondérées ; mots cités par {minimum:pct} des réponses de {last_wave}. Rôles de moins de cinq réponses laissés de côté. Zones : hypothèses."
en:
  caption: "Words of impact evaluation: frequency, ranks and zone, {first_wave} and {last_wave}."
  reading: "in {last_wave}, “{word}” is said in {share:pct} of answers, at mean rank of appearance {rank:num1} and of importance {importance:num1} (1 = first, or most important). Last column: adjusted p (Benjamini–Hochberg) of the test that roles say the word equally often; {roles:n} word(s) of {words:n} under 5%. Between {first_wave} and {last_wave}, on the same {pairs:n} organisations, {moved:n} word(s) gain or lose (exact McNemar, same correction)."
  base: "answers with a word at least, unweighted; words said in {minimum:pct} of answers in {last_wave}. Roles with fewer than five answers left out. Zones: hypotheses."
"""

import pandas as pd

from panel_eis.evoked import MINIMUM, ZONE_WORDS, spoken, words_at
from panel_eis.representations import compare_waves, compare_words
from panel_eis.wording import number


def data(study):
    first, last = study.waves[0], study.waves[-1]
    now = words_at(study, last)
    before = words_at(study, first).set_index("lemma")
    answers, said = spoken(study)
    roles = compare_words(
        said[said["wave"] == last], answers[answers["wave"] == last], "respondent_role", list(now["lemma"])
    )
    waves = compare_waves(said, answers, first, last, list(now["lemma"])).set_index("lemma")
    table = now.merge(roles[["lemma", "p_bh"]].rename(columns={"p_bh": "p_roles"}), on="lemma")
    table = table.assign(
        share_before=table["lemma"].map(before["share"]),
        zone_before=table["lemma"].map(before["zone"]),
        p_waves=table["lemma"].map(waves["p_bh"]),
        pairs=table["lemma"].map(waves["n"]),
    )
    return table.drop(columns=["frequency_cut", "rank_cut"])


def values(data, study):
    word = data.sort_values("n", ascending=False).iloc[0]
    return {
        "first_wave": study.waves[0], "last_wave": study.waves[-1], "minimum": MINIMUM, "words": len(data),
        "word": {lang: word[f"label_{lang}"] for lang in ("fr", "en")}, "share": word["share"], "rank": word["rank"],
        "importance": word["importance"], "roles": int((data["p_roles"] < 0.05).sum()),
        "moved": int((data["p_waves"] < 0.05).sum()), "pairs": int(data["pairs"].iloc[0]),
    }  # fmt: skip


def display(data, study, lang):
    first, last = study.waves[0], study.waves[-1]
    head = {
        "fr": ("Mot", f"{first} (%)", f"{last} (%)", "Rang", "Importance", "Zone", "p rôles"),
        "en": ("Word", f"{first} (%)", f"{last} (%)", "Rank", "Importance", "Zone", "p roles"),
    }[lang]
    rows = [
        (
            row[f"label_{lang}"],
            number(row["share_before"] * 100, lang) if row["share_before"] == row["share_before"] else "–",
            number(row["share"] * 100, lang),
            number(row["rank"], lang, 1),
            number(row["importance"], lang, 1),
            ZONE_WORDS[lang][row["zone"]],
            number(row["p_roles"], lang, 2),
        )
        for _, row in data.iterrows()
    ]
    return pd.DataFrame(rows, columns=list(head))
