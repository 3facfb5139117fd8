"""
fr:
  caption: "Ce que sont devenues les démarches : {grew:n} se sont renforcées ou ont commencé, {shrank:n} ont reculé ou cessé, sur {followed:n} cas suivis."
  reading: "une ligne par cas, une colonne par vague : l'échelon de la démarche à chaque rencontre, puis le chemin entre la première et la dernière. {case} : {became}. – : pas de rencontre à cette vague."
  base: "{cases:n} cas dont la publication est consentie, dont {followed:n} rencontrés au moins deux fois. Ils sont choisis pour leur diversité : ils montrent des chemins et ne disent rien de leur fréquence. Cesser n'est pas un échec de la démarche. Dénombrement, non pondéré, sans intervalle."
  nothing: "Aucun cas n'est publié avec cette édition : rien à suivre."
en:
  caption: "What became of the practices: {grew:n} grew or began, {shrank:n} shrank or stopped, of {followed:n} cases that were followed."
  reading: "one line a case, one column a wave: the rung of the practice at each meeting, then the path from the first to the last. {case}: {became}. –: no meeting at this wave."
  base: "{cases:n} cases whose publication was agreed to, of which {followed:n} were met twice or more. They are chosen to be diverse: they show paths and say nothing of how frequent these are. To stop is no failure of the practice. Counts, unweighted, without interval."
  nothing: "No case is published with this edition: none to follow."
"""

import pandas as pd

TEXT = True
DOES = 2
NAME = {"fr": "Cas {}", "en": "Case {}"}
WORDS = {
    "fr": {
        "began": "▲ a commencé", "stopped": "▼ a cessé", "grew": "▲ s'est renforcée", "shrank": "▼ a reculé",
        "stayed": "= au même échelon", "once": "une seule rencontre", "heads": ("Cas", "Chemin"),
    },
    "en": {
        "began": "▲ began", "stopped": "▼ stopped", "grew": "▲ grew", "shrank": "▼ shrank",
        "stayed": "= same rung", "once": "met once", "heads": ("Case", "Path"),
    },
}  # fmt: skip


def became(rungs):
    """Path from the first rung to the last: rung 2 and above is an evaluation."""
    if len(rungs) < 2:
        return "once"
    first, last = rungs[0], rungs[-1]
    if (first >= DOES) != (last >= DOES):
        return "began" if last >= DOES else "stopped"
    return "grew" if last > first else "shrank" if last < first else "stayed"


def data(study):
    """One row a case: rung at each wave (missing without a meeting) and what became of the practice; no unit."""
    rows = []
    for case in study.cases:
        rungs = {step["wave"]: int(step["ladder"]) for step in case.followed}
        seen = [rungs[wave] for wave in sorted(rungs)]
        rows.append({"case": case.case, **{w: rungs.get(w) for w in study.waves}, "became": became(seen)})
    return pd.DataFrame(rows, columns=["case", *study.waves, "became"]).astype(
        dict.fromkeys(study.waves, "Int64")
    )


def values(data, study):
    first = data.iloc[0]
    words = {lang: WORDS[lang][first["became"]].lstrip("▲▼= ") for lang in ("fr", "en")}
    return {
        "cases": len(data), "followed": int((data["became"] != "once").sum()),
        "grew": int(data["became"].isin(["began", "grew"]).sum()),
        "shrank": int(data["became"].isin(["stopped", "shrank"]).sum()),
        "case": {lang: NAME[lang].format(first["case"].split("-")[-1]) for lang in ("fr", "en")}, "became": words,
    }  # fmt: skip


def display(data, study, lang):
    rungs = study.codebook.choice_labels("ladder", lang)
    heads = WORDS[lang]["heads"]
    rows = [
        [
            NAME[lang].format(row["case"].split("-")[-1]),
            *("–" if pd.isna(row[w]) else rungs[str(row[w])].lower() for w in study.waves),
            WORDS[lang][row["became"]],
        ]
        for _, row in data.iterrows()
    ]
    return pd.DataFrame(rows, columns=[heads[0], *study.waves, heads[1]])
