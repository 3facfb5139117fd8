"""
fr:
  caption: "Avec {n:n} organisations et {waves:n} vagues, une association vraie de {true:num1} point(s) est trouvée dans {power:pct} des cas ; il faudrait {detectable:num1} point(s) pour huit cas sur dix."
  reading: "avec {n:n} organisations à la première vague et {waves:n} vagues, {switchers:n} organisations qui évaluent changent de situation ; une association vraie de {true:num1} point(s) est trouvée dans {power:pct} des cas (erreur de simulation {power_error:pct}), et il faudrait qu'elle soit de {detectable:num1} point(s) pour l'être dans huit cas sur dix. Une estimation significative exagère d'un facteur {type_m:num1} en moyenne. Avec {waves:n} vagues, une puissance de 80 % demanderait environ {needed:n} organisations."
  base: "{draws:n} panels simulés par nombre d'organisations depuis la vérité écrite (data/truth.yml : sélection, attrition, bruit des items) ; modèle intra–inter du score, non pondéré, réponses observées seules, erreurs CR2 groupées par organisation et degrés de liberté de Satterthwaite. Traits verticaux : erreur de simulation à 95 %."
  alt: "Deux graphiques selon le nombre d'organisations, une ligne par nombre de vagues. La puissance va de {least:pct} à {most:pct}. L'association détectable va de {most_detectable:num1} à {least_detectable:num1} point(s), pour une association vraie de {true:num1}."
en:
  caption: "With {n:n} organisations and {waves:n} waves, a true association of {true:num1} points is found in {power:pct} of cases; eight cases out of ten would take {detectable:num1} points."
  reading: "with {n:n} organisations at the first wave and {waves:n} waves, {switchers:n} organisations that evaluate change status; a true association of {true:num1} points is found in {power:pct} of cases (simulation error {power_error:pct}), and it would have to be {detectable:num1} points to be found in eight cases out of ten. A significant estimate exaggerates by a factor of {type_m:num1} on average. With {waves:n} waves, a power of 80% would take about {needed:n} organisations."
  base: "{draws:n} panels simulated for each number of organisations from the written truth (data/truth.yml: selection, attrition, noise of items); within–between model of the score, unweighted, observed answers only, CR2 errors clustered by organisation with Satterthwaite's degrees of freedom. Vertical marks: 95% simulation error."
  alt: "Two charts by number of organisations, one line for each number of waves. Power goes from {least:pct} to {most:pct}. The detectable association goes from {most_detectable:num1} to {least_detectable:num1} points, for a true association of {true:num1}."
"""

from panel_eis import style
from panel_eis.power import FOCUS, needed

COLOURS = style.WAVES
MARKERS = ("s", "^", "o")

BEHIND = ("appropriation", "federated_service")


def data(study):
    table = study.table("power")
    return table[table["term"] == FOCUS].reset_index(drop=True)


def values(data, study):
    design = data[(data["organisations"] == 200) & (data["waves"] == 4)]
    row = (design if len(design) else data.tail(1)).iloc[0]
    enough = needed(data).set_index("waves")["organisations"]
    return {
        "n": int(row["organisations"]), "waves": int(row["waves"]), "switchers": round(row["switchers"]),
        "true": row["true"], "power": row["power"], "power_error": row["power_error"], "detectable": row["detectable"],
        "type_m": row["type_m"], "needed": int(round(enough[row["waves"]], -2)), "draws": int(data["draws"].max()),
        "least": data["power"].min(), "most": data["power"].max(), "least_detectable": data["detectable"].min(),
        "most_detectable": data["detectable"].max(),
    }  # fmt: skip


def draw(data, study, lang):
    figure, (top, bottom) = style.new_figure(5.4, rows=2, sharex=True)
    for i, (waves, rows) in enumerate(data.groupby("waves")):
        options = {"color": COLOURS[i % 3], "marker": MARKERS[i % 3], "markersize": 6, "linewidth": 1.6}
        words = {"fr": f"{waves} vagues", "en": f"{waves} waves"}[lang]
        shift = 1 + 0.03 * (i - 1)  # marks of simulation error stand side by side
        top.errorbar(
            rows["organisations"] * shift,
            100 * rows["power"],
            196 * rows["power_error"],
            label=words,
            **options,
        )
        bottom.plot(rows["organisations"] * shift, rows["detectable"], **options)
    top.axhline(80, color=style.INK, linewidth=0.9, linestyle="--")
    bottom.axhline(data["true"].iloc[0], color=style.INK, linewidth=0.9, linestyle="--")
    top.set_ylim(0, 100)
    bottom.set_ylim(0, None)
    top.set_xscale("log")
    counts = sorted(data["organisations"].unique())
    top.set_xticks(counts, [str(n) for n in counts])
    top.minorticks_off()
    top.set_title({"fr": "Puissance (%) ; tirets : 80 %", "en": "Power (%); dashes: 80%"}[lang])
    bottom.set_title(
        {
            "fr": "Association détectable (points) ; tirets : la vraie",
            "en": "Detectable association (points); dashes: the true one",
        }[lang]
    )
    bottom.set_xlabel(
        {"fr": "Organisations à la première vague", "en": "Organisations at the first wave"}[lang]
    )
    top.legend(loc="upper left", ncols=3, columnspacing=1.0, handletextpad=0.4)
    for a in (top, bottom):
        a.grid(visible=True, axis="y", color=style.LIGHT, linewidth=0.8)
        a.set_axisbelow(True)
    return figure
