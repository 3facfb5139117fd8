"""The panel: waves stacked, scored, derived, weighted and checked; a plain DataFrame, one row a unit × wave.

Also who took part in which wave, since what is absent from the panel is information too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from panel_eis.corrections import corrected, names_in_file
from panel_eis.derive import add_derived
from panel_eis.errors import DataError, Problem
from panel_eis.harmonise import REASONS, harmonise
from panel_eis.identifiers import find_identifiers
from panel_eis.register import SYNTHETIC_PREFIX, check_answers
from panel_eis.respondents import aggregate, agreement, ordered
from panel_eis.schema import check, panel_schema, wave_schema
from panel_eis.scores import add_scores
from panel_eis.waves import read_wave
from panel_eis.weights import weigh

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from panel_eis.codebook import Codebook
    from panel_eis.corrections import Correction
    from panel_eis.harmonise import HarmonisedWave
    from panel_eis.register import Register
    from panel_eis.schema import Origin

STRATUM = ("legal_form", "department", "size_class")
OUTCOMES = ("answered", "no_answer", "closed", "merged", "left", "not_yet")
"""What a registered unit did at a wave; ``left``: did not answer when first approached, so not approached again."""
GONE = ("closed", "merged")
"""Outcomes of units that no longer exist on their own: out of scope, neither refusals nor non-contacts."""


@dataclass(frozen=True)
class Panel:
    """What the waves and the register give together.

    Attributes
    ----------
    answers
        Index (unit, wave), sorted and unique; answers, scores, derived columns, weights.
    reasons
        Same index, one column a question: a word of ``harmonise.REASONS``.
    participation
        Every registered unit × wave: ``outcome`` (a word of ``OUTCOMES``), stratum, route, entry wave, ``other``.
    weighting
        One row a wave and weight: its spread, design effect and effective size (``weights.PanelWeights.summary``).
    convergence
        Largest gap to each margin after each cycle of raking.
    warnings
        What should be known and does not stop the build.
    respondents
        One row a respondent, index (unit, wave, respondent), main respondent first; answers, scores, and how many
        ``questions`` were put to this person.
    agreement
        How far respondents of one organisation agree (``respondents.agreement``).

    """

    answers: pd.DataFrame
    reasons: pd.DataFrame
    participation: pd.DataFrame
    weighting: pd.DataFrame
    convergence: pd.DataFrame
    warnings: tuple[Problem, ...]
    respondents: pd.DataFrame
    agreement: pd.DataFrame


def check_wave(
    path: Path, codebook: Codebook, register: Register, corrections: Sequence[Correction] = ()
) -> tuple[pd.DataFrame, pd.DataFrame, list[Problem], Mapping[str, Any]]:
    """Read, correct, harmonise and validate one wave.

    Returns
    -------
    Typed answers with ``wave``, ``source_file`` and ``source_row``; reasons; warnings; what the import did.

    Raises
    ------
    DataError
        With every problem of the wave.

    """
    raw, wrong = corrected(read_wave(path), corrections, codebook)
    named = names_in_file(raw, codebook)
    identifiers = find_identifiers(raw, codebook)
    if any(p.severity == "error" for p in identifiers):
        raise DataError(identifiers)  # before any other message could show a value
    wave = harmonise(raw, codebook)
    typed = check_answers(wave.answers, raw.wave, raw.file, register)
    problems = [*wrong, *identifiers, *wave.problems, *_as_in_file(typed, named, codebook)]
    faults = [p for p in (*wrong, *wave.problems) if p.severity == "error"]
    problems += _as_in_file(_of_schema(wave, codebook, faults, named), named, codebook)
    if any(p.severity == "error" for p in problems):
        raise DataError(problems)
    answers = wave.answers.assign(wave=pd.array([raw.wave] * len(wave.answers), dtype="string"))
    answers = answers.assign(source_file=raw.file, source_row=wave.answers.index)
    return (
        answers.reset_index(drop=True),
        wave.reasons.reset_index(drop=True),
        problems,
        {**wave.imported, "named": named},
    )


def _of_schema(
    wave: HarmonisedWave, codebook: Codebook, faults: Sequence[Problem], named: Mapping[str, str]
) -> list[Problem]:
    """What the schema refuses; where cells are at fault, only what they have no part in: who answers twice."""
    units = wave.answers["unit"]
    found = check(
        wave.answers,
        wave_schema(codebook),
        lambda row: (wave.file, row, units.get(row)) if row >= 0 else (wave.file, None, None),
    )
    if not faults:
        return found
    keys = {written for name in ("unit", "respondent") for written in (name, named.get(name, name))}
    of_keys = {p.row for p in faults if p.column in keys}
    known = [p for p in found if p.code == "E-DUPLICATE" and pd.notna(p.unit) and p.row not in of_keys]
    return [] if None in of_keys else known


def _as_in_file(problems: Iterable[Problem], named: Mapping[str, str], codebook: Codebook) -> list[Problem]:
    """Problems of typed answers, with columns as the file names them, and hidden where a value must not be shown."""
    asked = {v.name: v for v in codebook.asked}
    hidden = (
        replace(p, hidden=p.hidden or asked[p.column].confidential) if p.column in asked else p
        for p in problems
    )
    return [renamed(p, named) for p in hidden]


def renamed(problem: Problem, named: Mapping[str, str]) -> Problem:
    """The problem with the column as the file names it (that of a choice, where each has one)."""
    if problem.column is None:
        return problem
    of_choice = named.get(f"{problem.column}/{problem.value}")
    column = of_choice or named.get(problem.column)
    return replace(problem, column=column, variable=problem.column) if column else problem


def build_panel(
    waves: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]],
    codebook: Codebook,
    register: Register,
    margins: Mapping[str, pd.Series],
    changed: Collection[str] = (),
) -> Panel:
    """Stack the waves and add what follows from them.

    Parameters
    ----------
    waves
        Answers and reasons of each wave, as ``check_wave`` gives them.
    changed
        Questions that cannot be compared across all waves (``Comparability.changed``); scores over them get a core.

    Raises
    ------
    DataError
        When the panel breaks a rule of the schema, such as a fixed variable that changes between waves.

    """
    names = sorted(waves)
    panel, reasons, people = stack(waves, codebook, changed)
    problems = over_time(panel, codebook, register)
    if problems:
        raise DataError(problems)
    taken_part = participation(panel[["unit", "wave", "interview_date"]], names, register)
    weights = weigh(panel, taken_part, names, margins)
    panel = panel.assign(
        **{str(name): column for name, column in weights.columns.items()},
        synthetic=panel["unit"].str.startswith(SYNTHETIC_PREFIX),
        **_from_register(panel, register),
    )
    keys = ["unit", "wave"]
    index = pd.MultiIndex.from_frame(panel[keys])
    return Panel(
        panel.set_index(keys),
        reasons.set_axis(index),
        taken_part,
        weights.summary,
        weights.convergence,
        weights.warnings,
        people.set_index([*keys, "respondent"]),
        agreement(people, codebook, names),
    )


def over_time(panel: pd.DataFrame, codebook: Codebook, register: Register) -> list[Problem]:
    """What the schema of the panel refuses in rows as ``stack`` gives them."""
    return check(panel, panel_schema(codebook, register.events), _origin(panel))


def stack(
    waves: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]], codebook: Codebook, changed: Collection[str] = ()
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Stack the waves, put respondents together, score and derive; nothing is checked.

    Returns
    -------
    Rows of the panel (sorted by unit and wave), their reasons, and rows of respondents with scores and ``questions``.

    """
    names = sorted(waves)
    stacked = pd.concat([waves[w][0] for w in names], ignore_index=True)
    reasons = pd.concat([waves[w][1] for w in names], ignore_index=True)
    order = ordered(stacked, codebook).index
    everyone = _as_categories(stacked.loc[order].reset_index(drop=True), codebook)
    reasons = reasons.loc[order].reset_index(drop=True).astype(pd.CategoricalDtype(list(REASONS)))
    questions = (~reasons.isin(["skipped", "not_asked"])).sum(axis=1)
    stacked, reasons = aggregate(everyone, reasons, codebook)
    panel = add_derived(add_scores(stacked, codebook, changed), codebook, names)
    return panel, reasons, add_scores(everyone, codebook).assign(questions=questions)


def _as_categories(stacked: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Stacking frames read back from disk may lose category order; the codebook gives it again."""
    categories = {
        v.name: pd.CategoricalDtype(list(codebook.codes(v.name)), ordered=True)
        for v in codebook.asked
        if v.kind == "select_one" and not pd.api.types.is_numeric_dtype(stacked[v.name])
    }
    return stacked.astype({n: d for n, d in categories.items() if stacked[n].dtype != "boolean"})


def _origin(panel: pd.DataFrame) -> Origin:
    def origin(label: int) -> tuple[str, int | None, str | None]:
        if label < 0:
            return "data/waves", None, None
        file, row, unit = (panel[name].loc[label] for name in ("source_file", "source_row", "unit"))
        return str(file), int(row), str(unit)

    return origin


def _from_register(panel: pd.DataFrame, register: Register) -> dict[str, pd.Series]:
    """Route, entry wave and stratum; a unit that the register lacks enters with its first answers."""
    first = panel.drop_duplicates("unit").set_index("unit")
    columns = {}
    for name in ("route", "entry_wave", *STRATUM):
        known = register.units[name].astype(object)
        fallback = {"route": "refreshment", "entry_wave": first["wave"]}.get(name, first.get(name))
        values = known.reindex(first.index)
        values = values.where(values.notna(), fallback)
        target = f"stratum_{name}" if name in STRATUM else name
        columns[target] = panel["unit"].map(values.astype(str)).astype("string")
    return columns


def participation(answered: pd.DataFrame, waves: list[str], register: Register) -> pd.DataFrame:
    """Outcome of every unit at every wave.

    Parameters
    ----------
    answered
        Columns ``unit``, ``wave`` and ``interview_date``: who answered when. A unit is out of scope at a wave when it
        had closed, or merged into another, by the last answer of that wave.
    waves
        All waves in order.

    Returns
    -------
    Columns unit, wave, outcome, route, entry_wave, the stratum, and ``other``: the unit that took over one that merged,
    or from which a unit was split; sorted by unit and wave. A unit that was split off is ``not_yet`` before.

    """
    units = register.units
    seen = answered.groupby("unit")["wave"].agg(set).to_dict()
    last = answered.groupby("wave")["interview_date"].max()
    closed, into, born = register.closed_on(), register.absorbed_by(), register.split_from()
    rows = []
    for unit in sorted({*units.index, *seen}):
        mine = seen.get(unit, set())
        entry = str(units["entry_wave"].get(unit) or min(mine or {waves[-1]}))
        gone = closed.get(unit)
        for wave in waves:
            end = last.get(wave, pd.Timestamp(f"{wave[:4]}-12-31"))
            if wave not in mine and wave >= entry and gone is not None and gone <= end:
                outcome = "merged" if unit in into else "closed"
            elif wave not in mine and unit in born.index and end < born.at[unit, "date"]:
                outcome = "not_yet"
            else:
                outcome = _outcome(wave, entry, mine)
            rows.append({"unit": unit, "wave": wave, "outcome": outcome})
    frame = pd.DataFrame(rows)
    described = units[["route", "entry_wave", *STRATUM]].reindex(frame["unit"]).reset_index(drop=True)
    frame = pd.concat([frame, described], axis=1)
    frame["outcome"] = pd.Categorical(frame["outcome"], categories=OUTCOMES)
    frame["other"] = frame["unit"].map(born["other"].to_dict() | into).astype("string")
    return frame.sort_values(["unit", "wave"], ignore_index=True)


def _outcome(wave: str, entry: str, seen: set[str]) -> str:
    if wave in seen:
        return "answered"
    if wave < entry:
        return "not_yet"
    if wave > entry and not any(s <= wave for s in seen):
        return "left"
    return "no_answer"
