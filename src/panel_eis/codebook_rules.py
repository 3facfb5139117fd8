"""What the codebook declares beside the questions: how several respondents are put together, and the checks over time.

``data/codebook/respondents.csv`` and ``checks.csv`` are optional: without them the main respondent speaks, roles in the
order of their list, and nothing is checked beyond the questions themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from panel_eis.codebook_faults import KINDS, read_rows
from panel_eis.errors import LANGS, Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from panel_eis.codebook import Choice, Variable
    from panel_eis.errors import Severity

RESPONDENTS_COLUMNS = ("what", "rule", "note::fr", "note::en")
RULES: dict[str, tuple[str, ...]] = {
    "main": (*KINDS, "scale"),
    "mean": ("integer", "decimal", "scale"),
    "median": ("integer", "decimal", "scale"),
    "union": ("select_multiple",),
}
"""Rule -> kinds of question that it can be applied to."""
PRIORITY, ITEMS, ALL = "priority", "items", "*"
ROLE_LIST = "role"
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


CHECKS_COLUMNS = ("check", "variables", "value", "severity", "note::fr", "note::en")
CHECKS = (
    "year_after_answer", "years_in_order", "since_denied", "jump", "straight_lining", "too_fast", "test_row", "wave_order",
    "wave_year", "fieldwork", "code_in_force", "naf_nomenclature", "legal_category", "against_spells", "spell_gap",
)  # fmt: skip
"""Checks that a row of ``checks.csv`` can ask for; ``checks`` says what each does."""
REFERENCES = ("code_versions", "naf_sections", "legal_categories")
"""Tables of ``data/reference`` that the checks read."""
_NUMBERS = ("jump", "straight_lining", "too_fast", "wave_year", "spell_gap")
_TABLES = ("memberships", "support")


@dataclass(frozen=True)
class Rule:
    """One check that the codebook asks for: of which variables, with which limit or words, and how grave it is."""

    check: str
    variables: tuple[str, ...]
    value: str
    severity: Severity
    note: Mapping[str, str] = field(default_factory=dict)

    @property
    def limit(self) -> float:
        """The value as a number."""
        return float(self.value)


@dataclass(frozen=True)
class Aggregation:
    """Who speaks for an organisation with several respondents, and the rule of each question."""

    priority: tuple[str, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)

    def rule(self, variable: Variable) -> str:
        """Rule of a question: its own row, else that of the items, of its kind, of all."""
        names = (variable.name, *([ITEMS] if variable.is_item else []), variable.kind, ALL)
        return next((self.rules[n] for n in names if n in self.rules), "main")


def read_aggregation(
    folder: Path,
    variables: Mapping[str, Variable],
    lists: Mapping[str, tuple[Choice, ...]],
    problems: list[Problem],
) -> Aggregation:
    """Read ``respondents.csv``; every fault goes to ``problems``."""
    path = folder / "respondents.csv"
    roles = tuple(c.name for c in lists.get(ROLE_LIST, ()) if not c.missing)
    if not path.exists():
        return Aggregation(roles)
    priority, rules = roles, {}
    told: list[Problem] = []
    file = "/".join(path.parts[-3:])
    rows = read_rows(path, RESPONDENTS_COLUMNS, told)
    for number, row in [] if told else rows:
        what, rule = row["what"], row["rule"]
        if what in rules or (what == PRIORITY and PRIORITY in rules):
            told.append(Problem("E-CODEBOOK-TWICE", file, number, "what", value=what, details={"name": what}))
        elif what == PRIORITY:
            priority = tuple(rule.split())
            for role in priority:
                if role not in roles:
                    details = {"known": ", ".join(roles), "near": did_you_mean(role, roles)}
                    told.append(Problem("E-TABLE-CODE", file, number, "rule", value=role, details=details))
        else:
            rules[what] = rule
            told += _rule_faults(what, rule, variables, file, number)
    problems += told
    rest = tuple(r for r in roles if r not in priority)
    return Aggregation((*priority, *rest), rules)


def read_checks(folder: Path, variables: Mapping[str, Variable], problems: list[Problem]) -> tuple[Rule, ...]:
    """Read ``checks.csv``; every fault goes to ``problems``."""
    path = folder / "checks.csv"
    if not path.exists():
        return ()
    told: list[Problem] = []
    rows = read_rows(path, CHECKS_COLUMNS, told)
    file, known = "/".join(path.parts[-3:]), [*variables, *_TABLES]
    rules = []
    for number, row in [] if told else rows:

        def fault(code: str, column: str, value: str, number: int = number, **details: str) -> None:
            told.append(Problem(code, file, number, column, value=value, details=details))

        words = row["variables"].split()
        if row["check"] not in CHECKS:
            fault("E-CODEBOOK-WORD", "check", row["check"], name="check", known=", ".join(CHECKS))
        if row["severity"] not in ("error", "warning"):
            fault("E-CODEBOOK-WORD", "severity", row["severity"], name=row["check"], known="error, warning")
        if row["check"] in _NUMBERS and not _NUMBER.fullmatch(row["value"]):
            fault("E-TABLE-NUMBER", "value", row["value"])
        for word in words:
            if word not in known:
                fault("E-CODEBOOK-NAME", "variables", word, near=did_you_mean(word, known))
        severity: Severity = "error" if row["severity"] == "error" else "warning"
        note = {str(lang): row[f"note::{lang}"] for lang in LANGS}
        rules.append(Rule(row["check"], tuple(words), row["value"], severity, note))
    problems += told
    return tuple(rules)


def unreadable_rules(folder: Path) -> list[Problem]:
    """What keeps ``respondents.csv`` and ``checks.csv`` from being read, whatever they say."""
    told: list[Problem] = []
    for name, columns in (("respondents", RESPONDENTS_COLUMNS), ("checks", CHECKS_COLUMNS)):
        if (folder / f"{name}.csv").exists():
            read_rows(folder / f"{name}.csv", columns, told)
    return told


def _rule_faults(
    what: str, rule: str, variables: Mapping[str, Variable], file: str, number: int
) -> list[Problem]:
    known = [v.name for v in variables.values() if not v.derived]
    if what not in (ALL, ITEMS, *KINDS, *known):
        return [
            Problem(
                "E-CODEBOOK-NAME",
                file,
                number,
                "what",
                value=what,
                details={"near": did_you_mean(what, known)},
            )
        ]
    if rule not in RULES:
        words = {"name": what, "known": ", ".join(RULES)}
        return [Problem("E-CODEBOOK-WORD", file, number, "rule", value=rule, details=words)]
    kind = variables[what].kind if what in variables else "scale" if what == ITEMS else what
    if what in variables and (variables[what].is_item or variables[what].list_name in ("agree5", "degree5")):
        kind = "scale"
    if rule != "main" and kind not in RULES[rule]:
        fit = ", ".join(r for r, kinds in RULES.items() if kind in kinds) or "main"
        return [
            Problem("E-CODEBOOK-WORD", file, number, "rule", value=rule, details={"name": what, "known": fit})
        ]
    return []
