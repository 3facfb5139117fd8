"""Files of the demonstration data, as a person would have them: waves, register, events."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.files import write_csv, write_text
from panel_eis.synthetic.population import size_classes

if TYPE_CHECKING:
    from pathlib import Path

    from panel_eis.synthetic.interview import World

DIALECT_WAVE = "2021"
"""The wave that was collected with another tool, and differs from the codebook."""
RENAMED = {
    "unit": "code_org",
    "respondent": "code_repondant",
    "respondent_role": "fonction",
    "interview_date": "date_reponse",
    "legal_form": "forme_juridique",
    "legal_category": "cat_juridique",
    "department": "territoire",
    "field": "champ_activite",
    "founded": "annee_creation",
    "staff": "effectif",
    "fte": "etp",
    "volunteers": "benevoles",
    "budget": "budget_keuros",
    "frequency": "frequence",
    "networks": "reseaux",
    "peers": "nb_pairs",
    "demand": "demande_publique",
}
"""Variable -> name of its column in the export of 2021."""
DECIMALS = ("fte", "budget", "share_subsidy", "share_orders", "share_sales", "share_donations")
DAY_COST = 200
"""Euros a day by which the cost asked for in 2021 included work time (assumption)."""
FOUR_POINTS = {"1": "1", "2": "2", "4": "3", "5": "4"}
"""House code of B3 -> what was ticked on the scale of 2021, which had no middle."""

SIDECAR = """\
# DONNÉES SYNTHÉTIQUES / SYNTHETIC DATA
# How the wave of 2021 differs from the codebook. A wave that does not differ has no such file.
source: plain
fieldwork: {{start: "{start}", end: "{end}"}}
separator: ";"
decimal: ","
dates: dd/mm/yyyy

columns:          # column of the file: variable of the codebook
{columns}

comparability:    # what an item of this wave is to the same item of the codebook, and the rule that brings it there
  b3:
    class: same_question_new_codes
    rescale: {{"1": "1", "2": "2", "3": "4", "4": "5"}}
    rule:
      fr: Les deux degrés d'accord gardent leur sens, le point milieu, qui n'existait pas, reste vide.
      en: The two degrees on each side keep their meaning, the middle, which did not exist, stays empty.
    source: Hypothèse de démonstration / Assumption made for the demonstration
    note:
      fr: "Échelle à quatre points en 2021, sans point milieu : 3 et 4 deviennent 4 et 5, aucune réponse ne vaut 3."
      en: "Four-point scale in 2021, without a middle: 3 and 4 become 4 and 5, no answer is worth 3."

  cost:
    class: different
    wording:
      fr: Coût de la démarche sur douze mois, en euros, temps de travail compris
      en: Cost of the evaluation over twelve months, in euros, work time included
    note:
      fr: Le coût comprenait en 2021 le temps de travail ; il ne se compare pas à celui des vagues suivantes.
      en: In 2021 the cost included work time; it does not compare with that of later waves.

not_asked: [minutes]
unused: [id_soumission]
test_rows: {{unit: TEST-*}}     # trials of the team before fieldwork
duplicates: most_complete     # of two answers of one person, the one with most cells filled
"""


def write_wave(
    folder: Path, wave: str, answers: pd.DataFrame, world: World, fieldwork: tuple[str, str]
) -> list[Path]:
    """Write ``<wave>.csv``; the wave of 2021 in its own dialect, with its sidecar."""
    path = folder / f"{wave}.csv"
    if wave != DIALECT_WAVE:
        write_csv(path, answers)
        return [path]
    text = _in_dialect(answers, world).to_csv(index=False, sep=";", lineterminator="\n")
    write_text(path, text)
    columns = "\n".join(f"  {column}: {variable}" for variable, column in RENAMED.items())
    sidecar = folder / f"{wave}.yml"
    write_text(sidecar, SIDECAR.format(start=fieldwork[0], end=fieldwork[1], columns=columns))
    return [path, sidecar]


def _in_dialect(answers: pd.DataFrame, world: World) -> pd.DataFrame:
    """French column names, decimal commas, dates dd/mm/yyyy, B3 on four points, one technical column."""
    frame = answers.drop(columns=["minutes"]).copy()
    for name in DECIMALS:
        frame[name] = frame[name].str.replace(".", ",", regex=False)
    frame["interview_date"] = frame["interview_date"].str.replace(
        r"^(\d+)-(\d+)-(\d+)$", r"\3/\2/\1", regex=True
    )
    whole = (
        frame["cost"].ne("") & frame["days"].str.fullmatch("[0-9]+") & frame["cost"].str.fullmatch("[0-9]+")
    )
    with_time = frame.loc[whole, "cost"].astype(int) + DAY_COST * frame.loc[whole, "days"].astype(int)
    frame.loc[whole, "cost"] = with_time.astype(str)
    leans = np.where(world.streams.stage("four_points", DIALECT_WAVE).random(len(frame)) < 0.5, "2", "3")
    middle = frame["b3"] == "3"
    frame["b3"] = (
        frame["b3"].map(lambda cell: FOUR_POINTS.get(cell, cell)).mask(middle, pd.Series(leans, dtype=object))
    )
    frame = frame.rename(columns=RENAMED)
    frame.insert(0, "id_soumission", [str(1000 + 3 * k) for k in range(len(frame))])
    return frame


def register_table(world: World) -> pd.DataFrame:
    """Rows of ``data/register.csv``: all organisations approached, as they were when they entered."""
    structure = world.structure
    units, states, n = structure.units, structure.states, len(structure.units.cohort)
    entry = np.array(structure.waves)[units.cohort]
    first = [states[c] for c in units.cohort]
    rung = np.array([state.ladder[i] for i, state in enumerate(first)])
    staff = np.array([state.staff[i] for i, state in enumerate(first)])
    library = world.trait("former_case", uniform=True)[:, 0] < world.truth.sample.former_cases
    case = (units.cohort == 0) & units.answers_first & (rung >= 2) & library
    network = world.trait("consent_network", uniform=True)[:, 0] < 0.78
    cases = world.trait("consent_case", uniform=True)[:, 0] < 0.55
    return pd.DataFrame(
        {
            "unit": structure.names,
            "name": [f"Organisation fictive {i + 1:04d}" for i in range(n)],
            "route": np.where(case, "case", np.where(units.cohort == 0, "original", "refreshment")),
            "entry_wave": entry,
            "legal_form": units.legal_form,
            "department": [state.department[i] for i, state in enumerate(first)],
            "size_class": size_classes(staff),
            "consent_network": np.where(network & units.answers_first, "yes", "no"),
            "consent_case": np.where((cases | case) & units.answers_first, "yes", "no"),
        }
    )


def events_table(world: World) -> pd.DataFrame:
    """Rows of ``data/events.csv``, for organisations that answered at least once."""
    structure, special = world.structure, world.structure.special
    names, rows = structure.names, []
    for t in range(1, len(structure.waves)):
        before, now, days = structure.states[t - 1], structure.states[t], world.changes_on(t)
        for i in np.flatnonzero(world.ever[: len(before.alive)] & before.alive):
            if not now.alive[i]:
                merged = t == 1 and i == special.absorbed
                other = names[special.absorbing] if merged else ""
                note = (
                    "Fusion-absorption entre deux associations fictives" if merged else "Cessation d'activité"
                )
                rows.append((names[i], days[i], "merged_into" if merged else "closed", other, note))
            elif now.department[i] != before.department[i]:
                rows.append(
                    (names[i], days[i], "moved", "", f"De {before.department[i]} vers {now.department[i]}")
                )
        if t == 1 and special.converted >= 0:
            note = "L'association devient Scic, sans nouvelle personne morale"
            rows.append((names[special.converted], days[special.converted], "legal_form", "", note))
            note = f"Nouveau nom : Organisation fictive {special.renamed + 1:04d} bis"
            rows.append((names[special.renamed], days[special.renamed], "renamed", "", note))
    frame = pd.DataFrame(rows, columns=["unit", "date", "event", "other", "note"], dtype=object)
    frame["date"] = frame["date"].astype(str)
    return frame.sort_values(["unit", "date", "event"], ignore_index=True)


def read_lemmas(path: Path) -> dict[str, float]:
    """Words and weights of ``data/reference/lemmas.csv``."""
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["lemma_fr"]: float(row["weight"]) for row in csv.DictReader(stream)}
