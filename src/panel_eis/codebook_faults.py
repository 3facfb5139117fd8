"""What the two tables of the codebook may say, and every place where they say something else.

The functions here judge rows as text and give problems; ``codebook`` makes variables and choices of the rows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, get_args

from panel_eis.errors import DataError, Problem, did_you_mean
from panel_eis.project_tables import read_records

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

Kind = Literal["select_one", "select_multiple", "integer", "decimal", "text", "date", "calculate"]
KINDS: tuple[Kind, ...] = get_args(Kind)

CLOSED_LISTS: dict[str, tuple[str, ...]] = {
    "required": ("", "yes", "no"),
    "reverse": ("", "yes"),
    "dynamics": ("", "free", "fixed", "monotone", "event"),
    "base": ("", "answered", "asked"),
    "sensitive": ("", "no", "restricted", "identifier", "open"),
}
SURVEY_COLUMNS = (
    "type", "name", "label::fr", "label::en", "short::fr", "short::en", "hint::fr", "hint::en", "required",
    "relevant", "constraint", "constraint_message::fr", "constraint_message::en", "dimension", "reverse",
    "dynamics", "base", "since", "sensitive", "measure",
)  # fmt: skip
CHOICES_COLUMNS = (
    "list_name", "name", "label::fr", "label::en", "short::fr", "short::en", "family", "missing", "since",
)  # fmt: skip


def names_in(expression: str) -> list[str]:
    """Names of the questions that a ``relevant`` or ``constraint`` expression reads, in order of appearance."""
    return list(dict.fromkeys(re.findall(r"\$\{(\w+)\}", expression)))


def read_rows(
    path: Path, columns: tuple[str, ...], problems: list[Problem]
) -> list[tuple[int, dict[str, str]]]:
    """Rows of one table with their numbers; columns that are unknown or absent are told in ``problems``."""
    file, known = _shown(path), {"known": ", ".join(columns)}
    try:
        header, rows = read_records(path, file)
    except DataError as error:
        problems += error.problems
        return []
    problems += [
        Problem("E-CODEBOOK-COLUMN", file, column=name, details=known)
        for name in header
        if name not in columns
    ]
    problems += [Problem("E-CODEBOOK-LACKS", file, column=name) for name in columns if name not in header]
    return [(number, {k: v.strip() for k, v in row.items() if k}) for number, row in rows]


def question_faults(
    row: Mapping[str, str], number: int, seen: Collection[str], lists: Collection[str], folder: Path
) -> list[Problem]:
    """What is wrong with one question, given the names of the questions before it and of the choice lists."""
    file, name = _shown(folder / "survey.csv"), row["name"]
    kind, _, list_name = row["type"].partition(" ")
    faults = []

    def fault(code: str, column: str, **details: str) -> None:
        told = {"name": name, **details}
        faults.append(Problem(code, file, number, column, value=row[column], details=told))

    if kind not in KINDS:
        fault("E-CODEBOOK-WORD", "type", known=", ".join(KINDS))
    if kind in ("select_one", "select_multiple") and list_name not in lists:
        fault("E-CODEBOOK-LIST", "type", list=list_name, near=did_you_mean(list_name, lists))
    if name in seen:
        fault("E-CODEBOOK-TWICE", "name")
    for column, words in CLOSED_LISTS.items():
        if row[column] not in words:
            fault("E-CODEBOOK-WORD", column, known=", ".join(w for w in words if w))
    for lang in ("fr", "en"):
        if not row[f"label::{lang}"]:
            fault("E-CODEBOOK-LABEL", f"label::{lang}")
    return faults


def expression_faults(
    rows: list[tuple[int, dict[str, str]]], variables: Collection[str], folder: Path
) -> list[Problem]:
    """Expressions that read a question which does not exist."""
    file = _shown(folder / "survey.csv")
    return [
        Problem(
            "E-CODEBOOK-NAME",
            file,
            number,
            column,
            value=name,
            details={"near": did_you_mean(name, variables)},
        )
        for number, row in rows
        for column in ("relevant", "constraint")
        for name in names_in(row[column])
        if name not in variables
    ]


def choice_faults(rows: list[tuple[int, dict[str, str]]], folder: Path) -> list[Problem]:
    """Codes that a list has twice, and answers without a label in one language."""
    file, seen, faults = _shown(folder / "choices.csv"), set(), []
    for number, row in rows:
        key, details = (row["list_name"], row["name"]), {"name": row["name"]}
        if key in seen:
            faults.append(
                Problem("E-CODEBOOK-TWICE", file, number, "name", value=row["name"], details=details)
            )
        seen.add(key)
        faults.extend(
            Problem("E-CODEBOOK-LABEL", file, number, f"label::{lang}", details=details)
            for lang in ("fr", "en")
            if not row[f"label::{lang}"]
        )
    return faults


def _shown(path: Path) -> str:
    return "/".join(path.parts[-3:])
