"""
fr:
  caption: "{found} entre vagues ; quel que soit l'item retiré, le changement publié reste entre {without_low:signed1} et {without_high:signed1} point(s)."
  reading: "à niveau égal sur sa dimension, un item ne devrait pas être répondu différemment selon la vague. p : test des deux formes de décalage (uniforme et non), corrigé pour {items:n} items ; ΔR² : taille du décalage (négligeable sous 0,035 selon Jodoin et Gierl, sous 0,13 selon Zumbo et Thomas). Items signalés : {flagged:n} sur {items:n} ; le plus grand ΔR² est {largest:num2}. Dernière colonne : changement du score total de {first_wave} à {last_wave}, en points, si cet item est retiré, contre {change:signed1} avec tous les items ({change_low:signed1} à {change_high:signed1}). Selon l'item retiré, il va de {without_low:signed1} à {without_high:signed1}."
  base: "réponses complètes à la dimension, toutes les vagues, erreurs groupées par organisation ; changement pondéré, sur les mêmes réponses. Ne pas signaler un item n'est pas prouver qu'il n'a pas bougé : voir le texte ({items:n} items)."
en:
  caption: "{found} between waves; whatever the item left out, the published change stays between {without_low:signed1} and {without_high:signed1} points."
  reading: "at the same level on its dimension, an item should not be answered differently by wave. p: test of both forms of shift (uniform and not), corrected for {items:n} items; ΔR²: size of the shift (negligible below 0.035 according to Jodoin and Gierl, below 0.13 according to Zumbo and Thomas). Items flagged: {flagged:n} of {items:n}; the largest ΔR² is {largest:num2}. Last column: change of the total score from {first_wave} to {last_wave}, in points, when that item is dropped, against {change:signed1} with all items ({change_low:signed1} to {change_high:signed1}). Depending on the item dropped, it goes from {without_low:signed1} to {without_high:signed1}."
  base: "complete answers to the dimension, all waves, errors clustered by organisation; change weighted, on the same answers. Not flagging an item does not prove that it did not move: see the text ({items:n} items)."
"""

import pandas as pd

from panel_eis.wording import number

WIDTHS = (4, 2, 2, 2, 3)
WORDS = {
    "fr": {"heads": ("Item", "p uniforme", "p corrigé", "ΔR²", "Changement sans l'item"), "flagged": "signalé", "all": "Tous les items", "kept": "Sans les items signalés"},
    "en": {"heads": ("Item", "p uniform", "p corrected", "ΔR²", "Change without the item"), "flagged": "flagged", "all": "All items", "kept": "Without the flagged items"},
}  # fmt: skip
STATISTICS = ("p_uniform", "p_nonuniform", "p_value", "p_adjusted", "r2_mcfadden", "r2_nagelkerke", "flagged")

BEHIND = ("appropriation",)


def data(study):
    found = study.table("measurement")
    tests = found[(found["part"] == "dif") & found["statistic"].isin(STATISTICS)]
    wide = tests.pivot(index=["scale", "item"], columns="statistic", values="value")[list(STATISTICS)]
    change = found[found["part"] == "change"]
    each = change[change["statistic"] == "without_item"].set_index("item")[["value", "low", "high"]]
    each.columns = ["change", "change_low", "change_high"]
    wide = wide.reset_index().join(each, on="item")
    totals = change[(change["scale"] == "all") & change["statistic"].isin(["all_items", "without_flagged"])]
    totals = totals[["statistic", "value", "low", "high"]].set_axis(
        ["item", "change", "change_low", "change_high"], axis=1
    )
    return pd.concat([totals.assign(scale="all"), wide], ignore_index=True)[
        ["scale", "item", *STATISTICS, *each]
    ]


def values(data, study):
    items = data[data["scale"] != "all"]
    whole = data.set_index("item").loc["all_items"]
    flagged, of = int(items["flagged"].sum()), len(items)
    found = {
        "fr": f"{flagged} item(s) sur {of} change(nt) de sens"
        if flagged
        else f"Aucun item sur {of} ne change de sens",
        "en": f"{flagged} of {of} items change meaning" if flagged else f"No item of {of} changes meaning",
    }
    return {
        "found": found, "items": of, "flagged": flagged, "largest": items["r2_nagelkerke"].max(),
        "first_wave": study.waves[0], "last_wave": study.waves[-1],
        "change": whole["change"], "change_low": whole["change_low"], "change_high": whole["change_high"],
        "without_low": items["change"].min(), "without_high": items["change"].max(),
    }  # fmt: skip


def display(data, study, lang):
    words, table = WORDS[lang], data.set_index("item")
    rows = [
        [words[w], "", "", "", _change(table.loc[i], lang)]
        for w, i in (("all", "all_items"), ("kept", "without_flagged"))
    ]
    for scale in study.codebook.dimensions:
        rows.append([study.codebook.label(scale, lang, short=True).upper(), "", "", "", ""])
        for item in study.codebook.items(scale):
            row = table.loc[item.name]
            label = f"{item.short[lang]} ({words['flagged']})" if row["flagged"] else item.short[lang]
            p = [_p(row[name], lang) for name in ("p_uniform", "p_adjusted")]
            rows.append([label, *p, number(row["r2_nagelkerke"], lang, 3), _change(row, lang)])
    return pd.DataFrame(rows, columns=list(words["heads"]))


def _p(value, lang):
    return f"< {number(0.001, lang, 3)}" if value < 0.001 else number(value, lang, 3 if value < 0.01 else 2)


def _change(row, lang):
    value, low, high = (number(row[c], lang, 1, signed=True) for c in ("change", "change_low", "change_high"))
    return f"{value} [{low} ; {high}]" if lang == "fr" else f"{value} [{low}, {high}]"
