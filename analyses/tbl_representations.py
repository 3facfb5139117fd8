"""
fr:
  caption: "{stay:n} mots sur {words:n} gardent leur zone entre {first_wave} et {last_wave} ; {found}."
  reading: "en {last_wave}, « {word} » est cité dans {share:pct} des réponses, au rang d'apparition moyen {rank:num1} et au rang d'importance moyen {importance:num1} (1 = premier, ou le plus important). La zone suit le rang d'apparition (≠ : autre zone en {first_wave}, ou mot absent) ; l'avant-dernière zone, le rang d'importance (= : la même) : {other:n} mot(s) changent de zone d'un rang à l'autre. p vagues : test exact de McNemar sur les {pairs:n} mêmes organisations ; p rôles : test que les rôles citent également le mot ; les deux corrigés (Benjamini-Hochberg). Sous 5 % : {moved:n} mot(s) entre vagues, {roles:n} entre rôles."
  base: "réponses avec un mot au moins, non pondérées ; mots cités par {minimum:pct} des réponses de {last_wave} ({answers:n} réponses). Rôles de moins de {smallest:n} réponses laissés de côté ; des tests, sans intervalle. Zones : hypothèses."
en:
  caption: "{stay:n} words of {words:n} keep their zone between {first_wave} and {last_wave}; {found}."
  reading: "in {last_wave}, “{word}” is said in {share:pct} of answers, at mean rank of appearance {rank:num1} and of importance {importance:num1} (1 = first, or most important). The zone follows the rank of appearance (≠: another zone in {first_wave}, or no such word); the next zone, the rank of importance (=: the same): {other:n} word(s) change zone from one rank to the other. p waves: exact McNemar test on the {pairs:n} same organisations; p roles: test that roles say the word equally often; both adjusted (Benjamini–Hochberg). Under 5%: {moved:n} word(s) between waves, {roles:n} between roles."
  base: "answers with a word at least, unweighted; words said in {minimum:pct} of answers in {last_wave} ({answers:n} answers). Roles with fewer than {smallest:n} answers left out; tests, without interval. Zones: hypotheses."
"""

import pandas as pd

from panel_eis.crossed import SMALLEST_GROUP
from panel_eis.evoked import MINIMUM, ZONE_WORDS, spoken, words_at
from panel_eis.representations import compare_waves, compare_words
from panel_eis.wording import number


def data(study):
    first, last = study.waves[0], study.waves[-1]
    now = words_at(study, last)
    before = words_at(study, first).set_index("lemma")
    answers, said = spoken(study)
    roles = compare_words(
        said[said["wave"] == last],
        answers[answers["wave"] == last],
        "respondent_role",
        list(now["lemma"]),
        smallest=SMALLEST_GROUP,
    )
    waves = compare_waves(said, answers, first, last, list(now["lemma"])).set_index("lemma")
    table = now.merge(roles[["lemma", "p_bh"]].rename(columns={"p_bh": "p_roles"}), on="lemma")
    important = words_at(study, last, rank="importance").set_index("lemma")["zone"]
    table = table.assign(
        zone_importance=table["lemma"].map(important),
        share_before=table["lemma"].map(before["share"]),
        zone_before=table["lemma"].map(before["zone"]),
        p_waves=table["lemma"].map(waves["p_bh"]),
        pairs=table["lemma"].map(waves["n"]),
    )
    return table.drop(columns=["frequency_cut", "rank_cut"])


def values(data, study):
    word = data.sort_values("n", ascending=False).iloc[0]
    moved = int((data["p_waves"] < 0.05).sum())
    found = {
        "fr": f"{moved} change(nt) de fréquence au-delà du hasard"
        if moved
        else "aucun ne change de fréquence au-delà du hasard",
        "en": f"{moved} change in frequency beyond chance"
        if moved
        else "none changes in frequency beyond chance",
    }
    return {
        "first_wave": study.waves[0], "last_wave": study.waves[-1], "minimum": MINIMUM, "words": len(data),
        "word": {lang: word[f"label_{lang}"] for lang in ("fr", "en")}, "share": word["share"], "rank": word["rank"],
        "importance": word["importance"], "roles": int((data["p_roles"] < 0.05).sum()),
        "moved": moved, "found": found, "pairs": int(data["pairs"].iloc[0]),
        "smallest": SMALLEST_GROUP, "stay": int((data["zone"] == data["zone_before"]).sum()), "answers": int(data["answers"].iloc[0]),
        "other": int((data["zone"] != data["zone_importance"]).sum()),
    }  # fmt: skip


def display(data, study, lang):
    first, last = study.waves[0], study.waves[-1]
    head = {
        "fr": (
            "Mot",
            f"{first} (%)",
            f"{last} (%)",
            "p vagues",
            "Rang",
            "Zone (rang)",
            "Importance",
            "Zone (importance)",
            "p rôles",
        ),
        "en": (
            "Word",
            f"{first} (%)",
            f"{last} (%)",
            "p waves",
            "Rank",
            "Zone (rank)",
            "Importance",
            "Zone (importance)",
            "p roles",
        ),
    }[lang]
    rows = [
        (
            row[f"label_{lang}"],
            number(row["share_before"] * 100, lang) if row["share_before"] == row["share_before"] else "–",
            number(row["share"] * 100, lang),
            number(row["p_waves"], lang, 2),
            number(row["rank"], lang, 1),
            ZONE_WORDS[lang][row["zone"]] + ("" if row["zone"] == row["zone_before"] else " ≠"),
            number(row["importance"], lang, 1),
            "=" if row["zone"] == row["zone_importance"] else ZONE_WORDS[lang][row["zone_importance"]],
            number(row["p_roles"], lang, 2),
        )
        for _, row in data.iterrows()
    ]
    return pd.DataFrame(rows, columns=list(head))


WIDTHS = (3, 2, 2, 2, 2, 4, 2, 4, 2)
