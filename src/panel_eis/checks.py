"""Checks over time and between sources, as ``data/codebook/checks.csv`` declares them; each row gives its severity.

Checks of rows and of changes run in pandera (``schema.rules_schema``); those that hold answers against dated spells, and
spells against one another, compare tables. An ``error`` stops the build, a ``warning`` is listed in ``build/warnings.csv``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.checks_spells import against_spells, spell_gaps
from panel_eis.errors import DataError, Problem
from panel_eis.schema import check, rules_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from panel_eis.codebook import Codebook
    from panel_eis.codebook_rules import Rule
    from panel_eis.panel import Panel
    from panel_eis.references import References
    from panel_eis.register import Register

    Fine = Callable[[pd.DataFrame], pd.Series]

CODES = {
    "year_after_answer": "C-YEAR-AFTER",
    "years_in_order": "C-YEARS-ORDER",
    "since_denied": "C-SINCE-DENIED",
    "jump": "C-JUMP",
    "straight_lining": "C-STRAIGHT",
    "too_fast": "C-TOO-FAST",
    "test_row": "C-TEST-ROW",
    "wave_order": "C-WAVE-ORDER",
    "wave_year": "C-WAVE-YEAR",
    "fieldwork": "C-FIELDWORK",
    "code_in_force": "C-CODE-IN-FORCE",
    "naf_nomenclature": "C-NAF",
    "legal_category": "C-LEGAL-CATEGORY",
    "against_spells": "C-AGAINST-SPELLS",
    "spell_gap": "C-SPELL-GAP",
}
TIDY = ["wave", "unit", "variable", "rule", "severity", "message_fr", "message_en"]
"""Columns of ``build/warnings.csv``."""
JUMP_FROM = 20
"""A jump counts when the larger of both numbers is at least this: from 1 to 12 volunteers is no error of typing."""


def find(panel: Panel, codebook: Codebook, register: Register, references: References) -> list[Problem]:
    """Run every declared check.

    Parameters
    ----------
    panel
        As ``build_panel`` gives it: rows of respondents are checked one by one, rows of the panel over time.
    codebook
        Declares the checks.
    register
        Memberships and support, for the answers that have dated spells beside them.
    references
        Versions of code lists, and fieldwork dates.

    Returns
    -------
    Problems with the severity that the codebook declares, in the order of the declarations.

    """
    return find_among(
        panel.respondents.reset_index(), panel.answers.reset_index(), codebook, register, references
    )


def find_among(
    people: pd.DataFrame, rows: pd.DataFrame, codebook: Codebook, register: Register, references: References
) -> list[Problem]:
    """The same on rows of respondents and rows of the panel, as ``panel.stack`` gives them."""
    problems: list[Problem] = []
    for rule in codebook.checks:
        if rule.check == "against_spells":
            found = against_spells(rows, rule.variables, codebook, register)
        elif rule.check == "spell_gap":
            found = spell_gaps(register, rule.variables, int(rule.limit))
        else:
            over_time = rule.check in OVER_TIME
            frame = rows if over_time else people
            asked = {column: fine for column, fine in _fine(rule, references).items() if column in frame}
            named = {f"{CODES[rule.check]}|{column}": fine for column, fine in asked.items()}
            found = check(frame, rules_schema(named), partial(_origin, frame))
        details = {"limit": rule.value}
        problems += [
            replace(p, declared=rule.severity, hidden=_hidden(p, codebook), details={**p.details, **details})
            for p in found
        ]
    return problems


def stop_at_errors(problems: list[Problem]) -> None:
    """Raise ``DataError`` with the problems that are errors, if there are any."""
    errors = [p for p in problems if p.severity == "error"]
    if errors:
        raise DataError(errors)


def tidy(problems: Iterable[Problem]) -> list[dict[str, str]]:
    """Rows of ``build/warnings.csv``, columns ``TIDY``; open text and identifiers are never in a message."""
    return [
        {
            "wave": Path(p.file).stem if p.file.startswith("data/waves/") else "",
            "unit": p.unit or "",
            "variable": p.variable or p.column or "",
            "rule": p.code,
            "severity": p.severity,
            "message_fr": p.sentence("fr"),
            "message_en": p.sentence("en"),
        }
        for p in problems
    ]


OVER_TIME = ("since_denied", "jump")
"""Checks that hold an answer against the one of the former wave."""


def _hidden(problem: Problem, codebook: Codebook) -> bool:
    variable = codebook.variables.get(problem.column or "")
    return variable is not None and (variable.confidential or variable.kind == "text")


def _origin(frame: pd.DataFrame, label: int) -> tuple[str, int | None, str | None]:
    if label < 0:
        return "data/waves", None, None
    file, row, unit = (frame[name].loc[label] for name in ("source_file", "source_row", "unit"))
    return str(file), int(row), str(unit)


def _fine(rule: Rule, references: References) -> dict[str, Fine]:
    """What a rule asks of a frame, by the column that it is told of; True where all is well."""
    first = rule.variables[0]
    if rule.check in _EACH:
        return {name: partial(_EACH[rule.check], name=name, rule=rule) for name in rule.variables}
    if rule.check == "code_in_force":
        return {name: partial(_in_force, name=name, versions=references.versions) for name in rule.variables}
    together: dict[str, Fine] = {
        "years_in_order": partial(_in_order, rule=rule),
        "straight_lining": partial(_varies, rule=rule),
        "wave_order": _after_former_wave,
        "fieldwork": partial(_in_fieldwork, fieldwork=references.fieldwork),
        "naf_nomenclature": partial(_in_nomenclature, rule=rule, divisions=references.divisions),
        "legal_category": partial(_agrees_with_form, rule=rule, categories=references.categories),
    }
    last = rule.variables[-1] if rule.check == "years_in_order" else first
    return {last: together[rule.check]}


def _not_after_answer(frame: pd.DataFrame, name: str, rule: Rule) -> pd.Series:  # noqa: ARG001  # one shape for all
    return ~(frame[name] > frame["interview_date"].dt.year).fillna(value=False)


def _no_jump(frame: pd.DataFrame, name: str, rule: Rule) -> pd.Series:
    """Not multiplied nor divided by the limit since the last answer; zero counts as one."""
    now = frame[name].astype("Float64")
    before = now.groupby(frame["unit"]).ffill().groupby(frame["unit"]).shift()
    both = pd.concat([now, before], axis=1)
    high, low = both.max(axis=1, skipna=False), both.min(axis=1, skipna=False).clip(lower=1)
    return ~((high >= JUMP_FROM) & (high >= rule.limit * low)).fillna(value=False)


def _slow_enough(frame: pd.DataFrame, name: str, rule: Rule) -> pd.Series:
    return ~(frame[name] * 60 < rule.limit * frame["questions"]).fillna(value=False)


def _no_test(frame: pd.DataFrame, name: str, rule: Rule) -> pd.Series:
    words = {w.casefold() for w in rule.value.split()}
    said = frame[name].astype("string").str.strip().str.casefold().str.rstrip(" .!_-#0123456789")
    return ~said.isin(words)


def _of_its_year(frame: pd.DataFrame, name: str, rule: Rule) -> pd.Series:
    gap = frame[name].dt.year - frame["wave"].str[:4].astype(int)
    return gap.isna() | ((gap >= 0) & (gap <= rule.limit))


def _not_denied(frame: pd.DataFrame, name: str, rule: Rule) -> pd.Series:  # noqa: ARG001  # one shape for all
    """Not denied after it began; nor begun after a wave at which it existed, when nobody denied it in between."""
    year, by_unit = frame["interview_date"].dt.year.astype("Int64"), frame["unit"]
    never = (frame["frequency"].astype("string") == "never").fillna(value=False)
    denied = year.where(never).groupby(by_unit).ffill().groupby(by_unit).shift()
    practised = frame["practises"].astype("boolean").groupby(by_unit).shift().fillna(value=False)
    contrary = (frame[name] < denied).fillna(value=False)
    forgotten = (practised & (frame[name] > year.groupby(by_unit).shift())).fillna(value=False)
    return ~(contrary | forgotten).astype(bool)


_EACH: dict[str, Callable[..., pd.Series]] = {
    "year_after_answer": _not_after_answer,
    "jump": _no_jump,
    "too_fast": _slow_enough,
    "test_row": _no_test,
    "wave_year": _of_its_year,
    "since_denied": _not_denied,
}


def _in_order(frame: pd.DataFrame, rule: Rule) -> pd.Series:
    earlier, later = rule.variables
    return ~(frame[earlier] > frame[later]).fillna(value=False)


def _varies(frame: pd.DataFrame, rule: Rule) -> pd.Series:
    """Not the same grade throughout, with at least ``limit`` statements answered."""
    items = frame[[name for name in rule.variables if name in frame]].astype("Float64")
    return ~((items.notna().sum(axis=1) >= rule.limit) & (items.max(axis=1) == items.min(axis=1)))


def _after_former_wave(frame: pd.DataFrame) -> pd.Series:
    """Dated after the last answer of the wave before."""
    last = frame.groupby("wave")["interview_date"].max().sort_index().cummax().shift()
    return ~(frame["interview_date"] <= frame["wave"].map(last))


def _in_fieldwork(frame: pd.DataFrame, fieldwork: Mapping[str, Mapping[str, str]]) -> pd.Series:
    start, end = (
        pd.to_datetime(frame["wave"].map({w: dates.get(side) for w, dates in fieldwork.items()}))
        for side in ("start", "end")
    )
    return ~((frame["interview_date"] < start) | (frame["interview_date"] > end))


def _in_force(frame: pd.DataFrame, name: str, versions: pd.DataFrame) -> pd.Series:
    if versions.empty:
        return pd.Series(data=True, index=frame.index)
    table = versions[versions["variable"] == name].set_index("code")
    codes = frame[name].astype("string")
    start, end = (
        pd.to_datetime(codes.map(table[side].replace("", None))) for side in ("valid_from", "valid_to")
    )
    return ~((frame["interview_date"] < start) | (frame["interview_date"] > end))


def _in_nomenclature(frame: pd.DataFrame, rule: Rule, divisions: pd.DataFrame) -> pd.Series:
    """The code has a nomenclature, and the nomenclature its division."""
    code, version = (frame[name].astype("string") for name in rule.variables)
    fine = code.isna() | version.notna()
    if divisions.empty:
        return fine
    known = {
        (row["nomenclature"], f"{k:02d}")
        for row in divisions.to_dict("records")
        for k in range(int(row["division_from"]), int(row["division_to"]) + 1)
    }
    pairs = pd.Series(list(zip(version, code.str[:2], strict=True)), index=frame.index)
    return fine & (code.isna() | version.isna() | pairs.isin(known))


def _agrees_with_form(frame: pd.DataFrame, rule: Rule, categories: pd.DataFrame) -> pd.Series:
    """The INSEE category is in the list, with this legal form."""
    category, form = (frame[name].astype("string") for name in rule.variables)
    if categories.empty:
        return pd.Series(data=True, index=frame.index)
    known = set(zip(categories["code"], categories["legal_form"], strict=True))
    pairs = pd.Series(list(zip(category, form, strict=True)), index=frame.index)
    return category.isna() | form.isna() | pairs.isin(known)
