"""
fr:
  caption: "{rr2:pct} des organisations approchées en {last} ont répondu, et {coop2:pct} de celles qui ont été jointes (taux de l'AAPOR)."
  reading: "en {last}, {rr2:pct} des organisations de l'échantillon ont répondu, complètement ou en partie (RR2), et {coop2:pct} de celles qui ont été jointes (COOP2). Parmi les cas inconnus, {e:pct} sont supposés éligibles, comme parmi les cas connus. s : moins de cinq organisations, non publié (et une autre case quand une seule l'est)."
  base: "organisations approchées à chaque vague : entrées de la vague et membres du panel encore en activité. Celles qui n'ont pas répondu à leur première approche ne sont plus approchées. Taux définis par l'AAPOR pour les enquêtes auprès de personnes nommées ({n:n} organisations en {last}) ; dénombrement, non pondéré, sans intervalle."
en:
  caption: "{rr2:pct} of the organisations approached in {last} answered, and {coop2:pct} of those that were reached (AAPOR's rates)."
  reading: "in {last}, {rr2:pct} of the organisations of the sample answered, in full or in part (RR2), and {coop2:pct} of those that were reached (COOP2). Of the unknown cases, {e:pct} are taken to be eligible, as among the known ones. s: fewer than five organisations, not published (and another cell where a single one is)."
  base: "organisations approached at each wave: entries of the wave and members of the panel still in existence. Those that did not answer when first approached are not approached again. Rates as AAPOR defines them for surveys of named persons ({n:n} organisations in {last}); counts, unweighted, without interval."
"""

import pandas as pd

from panel_eis.disclosure import hide_small_cells
from panel_eis.quality.outcomes import CODES, RATES, rates_by
from panel_eis.wording import number, percent

SHOWN = ("RR1", "RR2", "RR4", "RR6", "COOP2", "REF1", "CON1")
WORDS = {
    "fr": {
        "I": "Complets (I)", "P": "Partiels (P)", "R": "Refus, abandons (R)", "NC": "Non jointes (NC)", "O": "Empêchées (O)",
        "UO": "Éligibilité inconnue (UO)", "NE": "Hors champ, fermées (NE)", "n": "Échantillon", "RR": "Réponse", "COOP": "Coopération",
        "REF": "Refus", "CON": "Contact",
    },
    "en": {
        "I": "Complete (I)", "P": "Partial (P)", "R": "Refusals, break-offs (R)", "NC": "Non-contacts (NC)", "O": "Unable (O)",
        "UO": "Eligibility unknown (UO)", "NE": "Not eligible, closed (NE)", "n": "Sample", "RR": "Response", "COOP": "Cooperation",
        "REF": "Refusal", "CON": "Contact",
    },
}  # fmt: skip


def data(study):
    rates = rates_by(study.table("dispositions"), ["wave"])
    counts = rates[["wave", *CODES]].melt(id_vars="wave", var_name="what", value_name="n")
    counts = hide_small_cells(counts, [], sums_within=["wave"]).rename(columns={"n": "value"})
    totals = rates.melt(id_vars="wave", value_vars=["n", *RATES, "e"], var_name="what")
    return pd.concat([counts[["wave", "what", "value"]], totals], ignore_index=True)


def values(data, study):
    last = data[data["wave"] == study.waves[-1]].set_index("what")["value"]
    return {
        "n": int(last["n"]),
        "last": study.waves[-1],
        "rr2": last["RR2"],
        "coop2": last["COOP2"],
        "e": last["e"],
    }


def display(data, study, lang):
    words, wide = WORDS[lang], data.pivot(index="what", columns="wave", values="value")
    rows = []
    for what in (*CODES, "n"):
        cells = ["s" if pd.isna(v) else number(v, lang) for v in wide.loc[what]]
        rows.append([words[what], *cells])
    rows += [
        [f"{words[rate.rstrip('0123456789')]}, {rate}", *(percent(v, lang) for v in wide.loc[rate])]
        for rate in SHOWN
    ]
    return pd.DataFrame(rows, columns=[{"fr": "Issue ou taux", "en": "Outcome or rate"}[lang], *study.waves])
