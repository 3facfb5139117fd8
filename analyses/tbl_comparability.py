"""
fr:
  caption: "{changed:n} question(s) sur {asked:n} ne se comparent pas à toutes les vagues, dont « {example} » ({wave})."
  reading: "la question « {example} » était {example_class} en {wave} : aucune figure ni aucun modèle ne peut en montrer l'évolution avec cette vague. Signes : = identique ; ≈ même question, autres codes, ramenés par une règle déclarée ; ± question reformulée, mêmes codes ; ≠ différente ; – absente. Les variables identiques à toutes les vagues sont regroupées par module ; le détail est à un clic et dans build/comparability.csv."
  base: "{questions:n} questions et {computed:n} scores et variables calculées ; une variable calculée prend la pire classe de ce qui la compose ; dénombrement, non pondéré, sans intervalle."
  question: "toutes les questions du questionnaire, voir le codebook."
en:
  caption: "{changed:n} question(s) of {asked:n} cannot be compared in all waves, “{example}” among them ({wave})."
  reading: "the question “{example}” was {example_class} in {wave}: no figure and no model may show its change with that wave. Signs: = same; ≈ same question, new codes, brought back by a declared rule; ± new question, same codes; ≠ different; – absent. Variables that are the same in all waves are put together by module; the detail is one click away and in build/comparability.csv."
  base: "{questions:n} questions and {computed:n} scores and computed variables; a computed variable takes the worst class of what it is made of; counts, unweighted, without interval."
  question: "all questions of the questionnaire, see the codebook."
"""

import pandas as pd

from panel_eis.comparability import REFUSED, SYMBOLS, WORDS

HEADS = {"fr": "Variable", "en": "Variable"}
ALL = {
    "fr": ("{module}\u00a0: une variable", "{module}\u00a0: {n} variables"),
    "en": ("{module}: one variable", "{module}: {n} variables"),
}
OTHERS = {
    "fr": ("{module}, l'autre variable", "{module}, les {n} autres variables"),
    "en": ("{module}, the other variable", "{module}, the other {n} variables"),
}
CORE = {"fr": "{label}, noyau comparable", "en": "{label}, comparable core"}


def data(study):
    wide = study.comparability.table.pivot_table(
        index=["variable", "kind"], columns="wave", values="class", aggfunc="first", sort=False
    )
    return wide.reset_index().rename_axis(None, axis=1)


def values(data, study):
    table = study.comparability.table
    refused = table[table["class"].isin(REFUSED) & (table["kind"] == "question")]
    worst = refused.sort_values("class", key=lambda c: c != "different", kind="stable")
    row = (worst if len(worst) else table).iloc[0]
    questions = table[table["kind"] == "question"]
    return {
        "changed": refused["variable"].nunique(), "asked": questions["variable"].nunique(),
        "example": {lang: _label(row["variable"], study, lang) for lang in ("fr", "en")},
        "wave": row["wave"],
        "example_class": {lang: WORDS[lang][row["class"]] for lang in ("fr", "en")},
        "questions": int((data["kind"] == "question").sum()),
        "computed": int((data["kind"] != "question").sum()),
    }  # fmt: skip


def _label(name, study, lang):
    if name in study.codebook.variables:
        return study.codebook.label(name, lang, short=True)
    stem = name.split("__")[0].removesuffix("_core")
    label = study.codebook.label(stem, lang, short=True)
    return CORE[lang].format(label=label) if name.endswith("_core") else f"{label} ({name.split('__')[-1]})"


def _module(name, study):
    return study.codebook[
        name if name in study.codebook.variables else name.split("__")[0].removesuffix("_core")
    ].module


def display(data, study, lang):
    rows = []
    plain = data[list(study.waves)].eq("same").all(axis=1)
    modules = data["variable"].map(lambda name: _module(name, study))
    for module, label in study.codebook.modules.items():
        own = modules == module
        changed = data[own & ~plain]
        if (own & plain).any():
            n = int((own & plain).sum())
            head = (OTHERS if len(changed) else ALL)[lang][n > 1].format(module=label[lang], n=n)
            rows.append([head, *(_sign("same", lang) for _ in study.waves)])
        rows += [
            [
                f"{_label(r['variable'], study, lang)} ({r['variable']})",
                *(_sign(r[w], lang) for w in study.waves),
            ]
            for _, r in changed.iterrows()
        ]
    return pd.DataFrame(rows, columns=[HEADS[lang], *study.waves])


def _sign(word, lang):
    return f"{SYMBOLS[word]}\u00a0{WORDS[lang][word]}"
