"""From the dialect of a wave to the house language.

Columns are mapped, answers recoded, cells parsed by a strict grammar, filters and constraints checked. Every
problem of the wave is collected before anything is said. An answer code that no list knows stops the
build: it never becomes missing silently. A missing answer keeps its reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pandas as pd

from panel_eis.errors import Problem, did_you_mean
from panel_eis.expressions import evaluate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from panel_eis.codebook import Codebook, Variable
    from panel_eis.waves import RawWave, Sidecar

REASONS = (
    "answered", "not_asked", "skipped", "no_answer", "dont_know", "refused", "not_applicable", "lost",
)  # fmt: skip
"""Closed list of what an answer is; all but the first are kinds of missing."""

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_SPACES = re.compile("[\u0020\u00a0\u202f]")
_DATES = {"iso": "%Y-%m-%d", "dd/mm/yyyy": "%d/%m/%Y"}


@dataclass(frozen=True)
class HarmonisedWave:
    """One wave in the house language.

    Attributes
    ----------
    answers
        Typed answers, one column a variable (a ``select_multiple`` is one nullable boolean column for each
        choice, ``tools__sroi``), one row an answer, indexed by the row of the file.
    reasons
        Same rows, one column for each question: a word of ``REASONS``.
    problems
        What must be mended (errors) or known (warnings).

    """

    wave: str
    file: str
    answers: pd.DataFrame
    reasons: pd.DataFrame
    problems: tuple[Problem, ...]


def harmonise(raw: RawWave, codebook: Codebook) -> HarmonisedWave:
    """Translate one wave; nothing is raised, all problems are in the result."""
    problems: list[Problem] = []
    coded = _map_columns(raw, codebook, problems)
    units = coded["unit"] if "unit" in coded else pd.Series("", index=coded.index, dtype=object)
    context = _Context(raw, units, problems)
    parsed = {name: _parse(coded[name], codebook, codebook[name], context) for name in coded.columns}
    codes = {name: column.codes for name, column in parsed.items()}
    blank = pd.Series("", index=coded.index, dtype=object)
    everything = {v.name: codes.get(v.name, blank) for v in codebook.asked}
    reasons = {}
    for variable in codebook.asked:
        reasons[variable.name] = _reasons(variable, parsed.get(variable.name), everything, context)
        _check_constraint(variable, everything, context)
    answers = pd.concat(
        [_typed(v, everything[v.name], reasons[v.name], codebook) for v in codebook.asked], axis=1
    )
    frame = pd.DataFrame(
        {k: pd.Categorical(v, categories=REASONS) for k, v in reasons.items()}, index=coded.index
    )
    return HarmonisedWave(raw.wave, raw.file, answers, frame, tuple(problems))


@dataclass(frozen=True)
class _Context:
    """What a problem needs to say where it is."""

    raw: RawWave
    units: pd.Series
    problems: list[Problem]

    def tell(
        self, code: str, variable: Variable, rows: Iterable[int], cells: pd.Series, **details: str
    ) -> None:
        for row in rows:
            self.problems.append(
                Problem(
                    code,
                    self.raw.file,
                    row=int(row),
                    column=self.file_column(variable.name),
                    unit=cast("str | None", self.units.at[row] or None),
                    value=str(cells.at[row]),
                    details=details,
                    hidden=variable.confidential,
                )
            )

    def file_column(self, variable: str) -> str:
        """Name of a variable's column as the file writes it."""
        names = [column for column, name in self.raw.sidecar.columns.items() if name == variable]
        return names[0] if names else variable


@dataclass(frozen=True)
class _Parsed:
    """Answers in the codes of the codebook (empty when missing or faulty), and what was told or faulty.

    ``missing`` is the reason that a missing code gave; ``faulty`` cells have been told already, once.
    """

    codes: pd.Series
    missing: pd.Series
    faulty: pd.Series


def _map_columns(raw: RawWave, codebook: Codebook, problems: list[Problem]) -> pd.DataFrame:
    """Rename columns to variables; every column is mapped, or listed as unused, or an error."""
    sidecar, known = raw.sidecar, {v.name for v in codebook.asked}
    kept: dict[str, str] = {}
    for column in raw.cells.columns:
        name = sidecar.columns.get(column, column)
        if column in sidecar.unused:
            continue
        if name not in known:
            near = did_you_mean(name, known)
            problems.append(
                Problem("E-COLUMN", raw.file, column=column, details={"near": near, "wave": raw.wave})
            )
        elif name in kept.values():
            problems.append(Problem("E-COLUMN-TWICE", raw.file, column=column, details={"name": name}))
        else:
            kept[column] = name
    problems += _sidecar_faults(raw, known)
    for variable in codebook.asked:
        asked = not _not_asked(variable, raw.wave, sidecar)
        if asked and variable.name not in kept.values():
            problems.append(
                Problem("E-COLUMN-ABSENT", raw.file, column=variable.name, details={"wave": raw.wave})
            )
        if not asked and variable.name in kept.values():
            problems.append(
                Problem("E-NOT-ASKED", raw.file, column=variable.name, details={"wave": raw.wave})
            )
    return raw.cells[list(kept)].rename(columns=kept)


def _not_asked(variable: Variable, wave: str, sidecar: Sidecar) -> bool:
    return variable.name in sidecar.not_asked or bool(variable.since and wave < variable.since)


def _sidecar_faults(raw: RawWave, known: set[str]) -> list[Problem]:
    """Name what the sidecar speaks of that neither the file nor the codebook has."""
    file, sidecar = raw.file.rsplit(".", 1)[0] + ".yml", raw.sidecar
    columns = set(raw.cells.columns)
    faults = [
        Problem("E-SIDECAR-COLUMN", file, column=c, details={"near": did_you_mean(c, columns)})
        for c in (*sidecar.columns, *sidecar.unused)
        if c not in columns
    ]
    named = (*sidecar.columns.values(), *sidecar.recode, *sidecar.comparability, *sidecar.not_asked)
    faults += [
        Problem("E-SIDECAR-VARIABLE", file, column=n, details={"near": did_you_mean(n, known)})
        for n in dict.fromkeys(named)
        if n not in known
    ]
    return faults


def _parse(cells: pd.Series, codebook: Codebook, variable: Variable, context: _Context) -> _Parsed:
    """Read the cells of one question; each distinct answer is judged once."""
    recode = context.raw.sidecar.recode.get(variable.name, {})
    missing_codes = codebook.missing_codes(variable.name)
    codes, reasons, faults = {}, {}, set()
    for cell in pd.unique(cells):
        text = " ".join(str(cell).split())
        if text in missing_codes and text not in recode:
            codes[cell], reasons[cell] = "", missing_codes[text]
            continue
        code, fault, details = _read(recode.get(text, text), text, variable, codebook, context.raw.sidecar)
        if recode and text and text not in recode:
            fault, details = "E-RECODE", {"known": ", ".join(recode)}
        codes[cell], reasons[cell] = code, ""
        if fault:
            faults.add(cell)
            context.tell(fault, variable, cells.index[cells == cell], cells, **details)
    return _Parsed(cells.map(codes), cells.map(reasons), cells.isin(faults))


def _read(
    text: str, raw: str, variable: Variable, codebook: Codebook, sidecar: Sidecar
) -> tuple[str, str, dict[str, str]]:
    """One answer in house codes, with the code of its fault and what the message needs; no fault is ''."""
    if not text or variable.kind == "text":
        return text, "", {}
    if variable.kind in ("select_one", "select_multiple"):
        known = codebook.codes(variable.name)
        unknown = [t for t in ([text] if variable.kind == "select_one" else text.split()) if t not in known]
        near = did_you_mean(unknown[0], known) if unknown else ""
        return (
            ("" if unknown else text),
            ("E-CODE" if unknown else ""),
            {"known": _listed(known), "near": near},
        )
    if variable.kind == "date":
        stamp = pd.to_datetime(text, format=_DATES[sidecar.dates], errors="coerce")
        details = {"format": sidecar.dates}
        return ("", "E-DATE", details) if pd.isna(stamp) else (stamp.strftime("%Y-%m-%d"), "", details)
    number = _SPACES.sub("", text).replace("\u2212", "-")
    if sidecar.decimal == ",":
        fault = "E-NUMBER" if "." in number else ""
        number = number.replace(",", ".")
    else:
        fault = "E-NUMBER" if "," in number else ""
    grammar = _INTEGER if variable.kind == "integer" else _DECIMAL
    if not grammar.fullmatch(number):
        fault = "E-INTEGER" if variable.kind == "integer" and _DECIMAL.fullmatch(number) else "E-NUMBER"
    return ("" if fault else number), fault, {"decimal": sidecar.decimal, "raw": raw}


def _listed(codes: tuple[str, ...], most: int = 8) -> str:
    return ", ".join(codes[:most]) + (", …" if len(codes) > most else "")


def _reasons(
    variable: Variable, parsed: _Parsed | None, codes: dict[str, pd.Series], context: _Context
) -> pd.Series:
    """Why each answer is there or missing; filters and required questions are checked on the way."""
    cells = codes[variable.name]
    if parsed is None or _not_asked(variable, context.raw.wave, context.raw.sidecar):
        return pd.Series("not_asked", index=cells.index)
    given = parsed.missing.where(parsed.missing != "", "no_answer")
    reason = given.where(cells == "", "answered")
    if variable.relevant:
        routed = evaluate(variable.relevant, codes)
        strays = cells.index[~routed & (cells != "")]
        context.tell("E-ROUTED", variable, strays, cells, filter=variable.relevant)
        reason = reason.where(routed, "skipped")
    if variable.required:
        context.tell("E-REQUIRED", variable, cells.index[(reason == "no_answer") & ~parsed.faulty], cells)
    return reason


def _check_constraint(variable: Variable, codes: dict[str, pd.Series], context: _Context) -> None:
    if not variable.constraint:
        return
    cells = codes[variable.name]
    broken = cells.index[(cells != "") & ~evaluate(variable.constraint, codes, cells)]
    message = variable.constraint_message or {"fr": "", "en": ""}
    words = {f"message_{lang}": message[lang] or variable.constraint for lang in ("fr", "en")}
    context.tell("E-CONSTRAINT", variable, broken, cells, **words)


def _typed(variable: Variable, codes: pd.Series, reasons: pd.Series, codebook: Codebook) -> pd.DataFrame:
    """Columns of the panel that one question gives."""
    name, valid = variable.name, (reasons == "answered").to_numpy()
    cells = codes.where(valid)
    if variable.kind == "select_multiple":
        sets = cells.fillna("").map(lambda cell: frozenset(cell.split()))
        columns = {
            f"{name}__{code}": sets.map(lambda chosen, code=code: code in chosen)
            .astype("boolean")
            .where(valid)
            for code in codebook.codes(name)
        }
        return pd.DataFrame(columns, index=codes.index)
    return pd.DataFrame({name: _column(variable, cells, codebook)}, index=codes.index)


def _column(variable: Variable, cells: pd.Series, codebook: Codebook) -> pd.Series:
    if variable.kind == "integer" or is_scale(variable, codebook):
        return pd.to_numeric(cells, errors="coerce").astype("Int64")
    if variable.kind == "decimal":
        return pd.to_numeric(cells, errors="coerce").astype("Float64")
    if variable.kind == "date":
        return pd.to_datetime(cells, format="%Y-%m-%d", errors="coerce")
    if variable.list_name == "yes_no":
        return cells.map({"yes": True, "no": False}).astype("boolean")
    if variable.kind == "select_one":
        dtype = pd.CategoricalDtype(list(codebook.codes(variable.name)), ordered=True)
        return cells.where(cells != "").astype(dtype)
    return cells.astype("string")


def is_scale(variable: Variable, codebook: Codebook) -> bool:
    """True where the answers are grades (all codes are whole numbers), so that means have a meaning."""
    return variable.kind == "select_one" and all(c.isdecimal() for c in codebook.codes(variable.name))
