"""Answers of one question as the house format writes them: missing codes, codes for labels, plain numbers and dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from panel_eis.changes import read_changes
from panel_eis.codebook import MISSING_LIST
from panel_eis.dialects.cells import code_of, codes_of, converted, without_clock, without_mask, without_zeros
from panel_eis.dialects.headers import OTHER, normal
from panel_eis.dialects.rows import side_file
from panel_eis.distinct import each_once
from panel_eis.errors import LANGS, Problem

if TYPE_CHECKING:
    import pandas as pd

    from panel_eis.codebook import Variable
    from panel_eis.dialects.headers import Columns
    from panel_eis.waves import RawWave

_HOUSE = ("plain", "excel")


@dataclass(frozen=True)
class Import:
    """The wave that is being translated, what its headers may say, and the problems found so far."""

    raw: RawWave
    columns: Columns
    problems: list[Problem]


def in_house_codes(cells: pd.Series, name: str, column: str, wave: Import) -> pd.Series:
    """Cells of one question in the codes of the codebook, as far as the sidecar and the source say how."""
    variable, sidecar = wave.columns.codebook[name], wave.raw.sidecar
    known_missing = _missing(variable, wave)
    _undeclared(cells, variable, column, known_missing, wave)
    if known_missing:
        cells = each_once(cells, lambda text: known_missing.get(text.strip(), text))
    change = read_changes(sidecar.comparability).get(name)
    if name in sidecar.recode or (change and change.codes):
        return cells  # a recode speaks of the answers as the file writes them
    if name in sidecar.units and variable.kind not in ("integer", "decimal"):
        return _converted(cells, variable, wave)
    if variable.kind in ("select_one", "select_multiple"):
        return _choices(cells, variable, column, wave)
    if variable.kind == "date" and sidecar.source not in _HOUSE:
        return each_once(cells, without_clock)
    if sidecar.source == "limesurvey":
        cells = each_once(cells, without_mask if variable.kind == "text" else without_zeros)
    return _converted(cells, variable, wave) if name in sidecar.units else cells


def _converted(cells: pd.Series, variable: Variable, wave: Import) -> pd.Series:
    """Numbers in the unit of the codebook."""
    unit, measure = wave.raw.sidecar.units[variable.name], variable.measure
    change = converted(unit, measure, wave.raw.sidecar.decimal)
    if change and variable.kind in ("integer", "decimal"):
        return each_once(cells, change)
    details = {"measure": measure or "–"}
    wave.problems.append(
        Problem("E-UNIT", side_file(wave.raw), column=variable.name, value=unit, details=details)
    )
    return cells


def _choices(cells: pd.Series, variable: Variable, column: str, wave: Import) -> pd.Series:
    """Codes for short codes and, where the sidecar says that answers are labels, for labels."""
    columns, sidecar = wave.columns, wave.raw.sidecar
    labels = sidecar.labels == "yes"
    known = _known(variable.name, column, wave)
    if variable.kind == "select_one":
        return each_once(cells, code_of(known)) if known else cells
    if labels and not sidecar.joiner:
        if not _listed(cells, columns, variable.name):
            details = {"wave": wave.raw.wave}
            wave.problems.append(Problem("E-JOINER", wave.raw.file, column=column, details=details))
        return cells
    if sidecar.joiner or known:
        known = known or columns.codes(variable.name)
        return each_once(cells, codes_of(known, sidecar.joiner))
    return cells


def _known(name: str, column: str, wave: Import) -> dict[str, str]:
    """Code of the codebook by what the file may write for it; nothing where the file has the codes."""
    columns, source = wave.columns, wave.raw.sidecar.source
    known: dict[str, str] = {}
    if wave.raw.sidecar.labels == "yes":
        shared = columns.codebook.lists.get(MISSING_LIST, ())
        known = {normal(c.label[lang]): c.name for c in shared for lang in LANGS} | columns.choices(name)
        labelled = (wave.raw.table.labels if wave.raw.table else {}).get(column, {})
        known |= {code: known[normal(label)] for code, label in labelled.items() if normal(label) in known}
    elif source == "limesurvey":
        known = columns.codes(name)
    if source == "limesurvey":
        codes = columns.codebook.codes(name)
        known |= {"-oth-": OTHER} if OTHER in codes else {}
        known |= {"Y": "yes", "N": "no"} if set(codes) == {"yes", "no"} else {}
    return known


def _listed(cells: pd.Series, columns: Columns, name: str) -> bool:
    """True when every cell is a list of codes already, as boxes give it."""
    codes = set(columns.codes(name))
    return all(set(str(cell).split()) <= codes for cell in cells.unique())


def _missing(variable: Variable, wave: Import) -> dict[str, str]:
    """House code of each missing code that the sidecar declares for a variable."""
    sidecar = wave.raw.sidecar
    declared = {**sidecar.missing.get("*", {}), **sidecar.missing.get(variable.name, {})}
    house = {"no_answer": ""}
    for code, reason in wave.columns.codebook.missing_codes(variable.name).items():
        house.setdefault(reason, code)
    details = {"known": ", ".join(repr(r) for r in house)}
    wave.problems.extend(
        Problem("E-SIDECAR-VALUE", side_file(wave.raw), column=variable.name, value=reason, details=details)
        for reason in declared.values()
        if reason not in house
    )
    return {code: house[reason] for code, reason in declared.items() if reason in house}


def _undeclared(
    cells: pd.Series, variable: Variable, column: str, declared: dict[str, str], wave: Import
) -> None:
    """Name codes that an SPSS or Stata file declares missing and whose reason nobody says."""
    raw, codebook = wave.raw, wave.columns.codebook
    told = {*declared, *codebook.missing_codes(variable.name), *raw.sidecar.recode.get(variable.name, {})}
    for code in (raw.table.missing if raw.table else {}).get(column, ()):
        rows = cells.index[cells == code]
        if code not in told and len(rows):
            details = {"name": variable.name, "wave": raw.wave}
            wave.problems.append(
                Problem("E-MISSING-REASON", raw.file, int(rows[0]), column, value=code, details=details)
            )
