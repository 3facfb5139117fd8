"""The codebook: what was asked, of whom, and what an answer may be.

``data/codebook/survey.csv`` and ``choices.csv`` are XLSForm sheets saved as CSV, with some columns of ours. They
are the only declaration: the schema, the labels on axes, the annex of the report, the synthetic data and the
front matter of the cases are all read from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from panel_eis.codebook_faults import (
    CHOICES_COLUMNS,
    SURVEY_COLUMNS,
    choice_faults,
    expression_faults,
    question_faults,
    read_rows,
)
from panel_eis.codebook_rules import Aggregation, Rule, read_aggregation, read_checks, unreadable_rules
from panel_eis.errors import DataError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from panel_eis.codebook_faults import Kind
    from panel_eis.errors import Lang, Problem

MISSING_LIST = "missing"
"""Name of the choice list whose codes mean a missing answer to any question."""


@dataclass(frozen=True)
class Choice:
    """One answer of a list: its code, what readers see, and the missing kind when it is not an answer."""

    name: str
    label: Mapping[str, str]
    short: Mapping[str, str]
    family: str = ""
    missing: str = ""
    since: str = ""


@dataclass(frozen=True)
class Variable:
    """One question, or one derived column (``calculate``)."""

    name: str
    kind: Kind
    list_name: str
    module: str
    label: Mapping[str, str]
    short: Mapping[str, str]
    required: bool = False
    relevant: str = ""
    constraint: str = ""
    constraint_message: Mapping[str, str] | None = None
    dimension: str = ""
    reverse: bool = False
    dynamics: str = "free"
    base: str = "answered"
    since: str = ""
    sensitive: str = "no"
    measure: str = ""

    @property
    def derived(self) -> bool:
        """True for a column that is computed, not asked."""
        return self.kind == "calculate"

    @property
    def is_item(self) -> bool:
        """True for an item of a scored scale."""
        return bool(self.dimension) and not self.derived

    @property
    def confidential(self) -> bool:
        """True where a value must never be shown: identifiers and open text."""
        return self.sensitive in ("identifier", "open")


@dataclass(frozen=True)
class Codebook:
    """All variables and lists, in the order of the questionnaire."""

    variables: Mapping[str, Variable]
    lists: Mapping[str, tuple[Choice, ...]]
    modules: Mapping[str, Mapping[str, str]]
    aggregation: Aggregation = field(default_factory=Aggregation)
    checks: tuple[Rule, ...] = ()

    def __getitem__(self, name: str) -> Variable:
        """Return the variable of that name; an unknown name is an error with the nearest known one."""
        if name not in self.variables:
            raise UsageError(f"No variable is named {name!r}.{did_you_mean(name, self.variables)}")
        return self.variables[name]

    @cached_property
    def asked(self) -> tuple[Variable, ...]:
        """Variables of the questionnaire (derived ones left out)."""
        return tuple(v for v in self.variables.values() if not v.derived)

    @cached_property
    def derived(self) -> tuple[Variable, ...]:
        """Computed columns."""
        return tuple(v for v in self.variables.values() if v.derived)

    def choices(self, name: str) -> tuple[Choice, ...]:
        """Answers of a variable, or of a list of that name; those that mean "missing" are left out."""
        list_name = name if name in self.lists else self[name].list_name
        return tuple(c for c in self.lists[list_name] if not c.missing)

    def codes(self, name: str) -> tuple[str, ...]:
        """Codes of the answers of a variable or list, in order."""
        return tuple(c.name for c in self.choices(name))

    def missing_codes(self, name: str) -> dict[str, str]:
        """Codes that mean a missing answer to this variable, with their reason."""
        own = self.lists.get(self[name].list_name, ())
        return {c.name: c.missing for c in (*self.lists.get(MISSING_LIST, ()), *own) if c.missing}

    def label(self, name: str, lang: Lang, *, short: bool = False) -> str:
        """What readers see for a variable."""
        return (self[name].short if short else self[name].label)[lang]

    def choice_labels(self, name: str, lang: Lang, *, short: bool = True) -> dict[str, str]:
        """What readers see for each answer of a variable or list."""
        return {c.name: (c.short if short else c.label)[lang] for c in self.choices(name)}

    def items(self, dimension: str | None = None) -> tuple[Variable, ...]:
        """Scored items, of one dimension or of all."""
        return tuple(v for v in self.asked if v.is_item and dimension in (None, v.dimension))

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """Scored dimensions, in the order of their first item."""
        return tuple(dict.fromkeys(v.dimension for v in self.items()))


def read_codebook(folder: Path) -> Codebook:
    """Read and check ``survey.csv``, ``choices.csv`` and, where they are there, ``respondents.csv`` and ``checks.csv``.

    Raises
    ------
    DataError
        With every fault at once: unknown column, type, list or keyword, a name used twice, a label missing in
        one language, an expression that names no question.

    """
    problems: list[Problem] = []
    choice_rows = read_rows(folder / "choices.csv", CHOICES_COLUMNS, problems)
    survey_rows = read_rows(folder / "survey.csv", SURVEY_COLUMNS, problems)
    if problems:  # nothing can be said of what rules name then, only whether their tables can be read
        raise DataError([*problems, *unreadable_rules(folder)])
    lists = _lists(choice_rows)
    variables: dict[str, Variable] = {}
    modules: dict[str, Mapping[str, str]] = {}
    module = ""
    for number, row in survey_rows:
        if row["type"] == "begin_group":
            module = row["name"]
            modules[module] = _pair(row, "label")
        elif row["type"] not in ("end_group", "note"):
            problems += question_faults(row, number, variables, lists, folder)
            variables.setdefault(row["name"], _variable(row, module, lists))
    problems += expression_faults(survey_rows, variables, folder)
    problems += choice_faults(choice_rows, folder)
    rules: list[Problem] = []
    aggregation = read_aggregation(folder, variables, lists, rules)
    checks = read_checks(folder, variables, rules)
    problems += _not_told_again(rules, problems)
    if problems:
        raise DataError(problems)
    return Codebook(variables, lists, modules, aggregation, checks)


def _not_told_again(rules: list[Problem], problems: list[Problem]) -> list[Problem]:
    """Faults of the rules, without those that only follow from a question that is wrong itself."""
    wrong = {p.details.get("name") or p.value for p in problems}
    renamed = any(
        p.code == "E-CODEBOOK-TWICE" for p in problems
    )  # one of both had another name, as rules know it
    return [
        p
        for p in rules
        if not wrong & {p.value, p.details.get("name")} and not (renamed and p.code == "E-CODEBOOK-NAME")
    ]


def _pair(row: Mapping[str, str], stem: str) -> dict[str, str]:
    return {"fr": row[f"{stem}::fr"], "en": row[f"{stem}::en"]}


def _short(row: Mapping[str, str]) -> dict[str, str]:
    return {lang: row[f"short::{lang}"] or row[f"label::{lang}"] for lang in ("fr", "en")}


def _lists(rows: list[tuple[int, dict[str, str]]]) -> dict[str, tuple[Choice, ...]]:
    lists: dict[str, list[Choice]] = {}
    for _, row in rows:
        choice = Choice(
            row["name"], _pair(row, "label"), _short(row), row["family"], row["missing"], row["since"]
        )
        lists.setdefault(row["list_name"], []).append(choice)
    return {name: tuple(choices) for name, choices in lists.items()}


def _variable(row: Mapping[str, str], module: str, lists: Mapping[str, tuple[Choice, ...]]) -> Variable:
    kind, _, list_name = row["type"].partition(" ")
    if kind == "calculate" and row["measure"] in lists:
        list_name = row["measure"]
    return Variable(
        name=row["name"],
        kind=kind,  # type: ignore[arg-type]  # checked by question_faults, all faults being told together
        list_name=list_name,
        module=module,
        label=_pair(row, "label"),
        short=_short(row),
        required=row["required"] == "yes",
        relevant=row["relevant"],
        constraint=row["constraint"],
        constraint_message=_pair(row, "constraint_message"),
        dimension=row["dimension"],
        reverse=row["reverse"] == "yes",
        dynamics=row["dynamics"] or "free",
        base=row["base"] or "answered",
        since=row["since"],
        sensitive=row["sensitive"] or "no",
        measure=row["measure"],
    )
