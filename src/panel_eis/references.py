"""What answers are held against beside the register: versions of code lists (``data/reference``), dates of fieldwork."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.codebook_rules import REFERENCES
from panel_eis.errors import DataError, Problem
from panel_eis.project_tables import read_records
from panel_eis.waves import read_sidecar, sound_waves

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_COLUMNS = {
    "code_versions": ("variable", "code", "valid_from", "valid_to"),
    "naf_sections": ("nomenclature", "division_from", "division_to"),
    "legal_categories": ("code", "legal_form"),
}
_DAY, _DIVISION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|"), re.compile(r"[0-9]{1,2}")
_SHAPES = {
    "valid_from": (_DAY, "E-TABLE-DATE"),
    "valid_to": (_DAY, "E-TABLE-DATE"),
    "division_from": (_DIVISION, "E-TABLE-NUMBER"),
    "division_to": (_DIVISION, "E-TABLE-NUMBER"),
}


@dataclass(frozen=True)
class References:
    """Code lists with their versions (``data/reference``), fieldwork dates by wave; what is absent checks nothing.

    ``named``: names of columns by question, by file, where they differ (``corrections.names_in_file``).
    """

    versions: pd.DataFrame
    divisions: pd.DataFrame
    categories: pd.DataFrame
    fieldwork: Mapping[str, Mapping[str, str]]
    named: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def references(root: Path, named: Mapping[str, Mapping[str, str]] | None = None) -> References:
    """Give the references of a project; ``named`` as ``References`` says.

    Raises
    ------
    DataError
        With every fault of the tables.

    """
    known, problems = sound_references(root, named)
    if problems:
        raise DataError(problems)
    return known


def sound_references(
    root: Path, named: Mapping[str, Mapping[str, str]] | None = None
) -> tuple[References, list[Problem]]:
    """The references that can be read, and every fault of the tables; a sidecar with faults is told with its wave."""
    problems: list[Problem] = []
    tables = [_table(root / "data" / "reference" / f"{name}.csv", name, problems) for name in REFERENCES]
    fieldwork = {}
    for wave, path in sound_waves(root / "data" / "waves")[0].items():
        try:
            fieldwork[wave] = read_sidecar(path.with_suffix(".yml")).fieldwork
        except DataError:
            continue
    return References(tables[0], tables[1], tables[2], fieldwork, named or {}), problems


def _table(path: Path, name: str, problems: list[Problem]) -> pd.DataFrame:
    """One table, all text; empty where it is absent or has faults: nothing is held against it then."""
    if not path.exists():
        return pd.DataFrame()
    file = f"data/reference/{path.name}"
    try:
        header, records = read_records(path, file)
    except DataError as error:
        problems += error.problems
        return pd.DataFrame()
    told = [Problem("E-TABLE-ABSENT", file, row=1, column=c) for c in _COLUMNS[name] if c not in header]
    for column in () if told else _COLUMNS[name]:
        shape, code = _SHAPES.get(column, (None, ""))
        told += [
            Problem(code, file, number, column, value=row[column])
            for number, row in records
            if shape and not shape.fullmatch(row[column].strip())
        ]
    problems += told
    rows = [{k: v.strip() for k, v in row.items()} for _, row in records]
    return pd.DataFrame() if told else pd.DataFrame(rows, columns=header, dtype=str)
