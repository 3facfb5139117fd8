"""From the dialect of a wave to the house language.

Columns are mapped, answers recoded, cells parsed by a strict grammar, filters and constraints checked. Every
problem of the wave is collected before anything is said. An answer code that no list knows stops the
build: it never becomes missing silently. A missing answer keeps its reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from panel_eis.cells import plain_number, read_cell
from panel_eis.changes import contradictions, is_not_asked, merged, read_changes, sidecar_faults
from panel_eis.dialects import translate
from panel_eis.distinct import are_tidy, as_stored, coded, constant, joined
from panel_eis.errors import Problem, did_you_mean
from panel_eis.expressions import evaluate
from panel_eis.typed import typed_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from panel_eis.changes import Change
    from panel_eis.codebook import Codebook, Variable
    from panel_eis.waves import RawWave

REASONS = (
    "answered", "not_asked", "skipped", "no_answer", "dont_know", "refused", "not_applicable", "lost",
)  # fmt: skip
"""Closed list of what an answer is; all but the first are kinds of missing."""
_NOT_ASKED, _SKIPPED, _NO_ANSWER = (REASONS.index(word) for word in ("not_asked", "skipped", "no_answer"))


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
    imported
        What the import did, in plain keys: encoding, source, rows read and dropped, metadata columns.

    """

    wave: str
    file: str
    answers: pd.DataFrame
    reasons: pd.DataFrame
    problems: tuple[Problem, ...]
    imported: Mapping[str, Any] = field(default_factory=dict)


def harmonise(raw: RawWave, codebook: Codebook) -> HarmonisedWave:
    """Translate one wave; nothing is raised, all problems are in the result."""
    raw, problems = translate(raw, codebook)
    changes = read_changes(raw.sidecar.comparability)
    cells = _map_columns(raw, codebook, changes, problems)
    units = cells["unit"] if "unit" in cells else constant("", cells.index)
    context = _Context(raw, units, problems, changes)
    parsed = {str(name): _parse(cells[name], codebook, codebook[str(name)], context) for name in cells}
    parsed |= _changed(raw, codebook, context, parsed)
    blank = constant("", cells.index)
    everything = {v.name: parsed[v.name].codes if v.name in parsed else blank for v in codebook.asked}
    reasons: dict[str, pd.Series] = {}
    answers: dict[str, pd.Series] = {}
    words = pd.Categorical([], categories=REASONS).dtype
    for variable in codebook.asked:
        reason = _reasons(variable, parsed.get(variable.name), everything, context)
        _check_constraint(variable, everything, context)
        answers |= typed_columns(variable, everything[variable.name], reason == 0, codebook, raw.wave)
        kept = pd.Categorical.from_codes(reason, dtype=words)
        reasons[variable.name] = pd.Series(kept, index=cells.index, copy=False)
    typed, why = (pd.DataFrame(columns, index=cells.index, copy=False) for columns in (answers, reasons))
    return HarmonisedWave(raw.wave, raw.file, typed, why, tuple(problems), raw.report)


@dataclass(frozen=True)
class _Context:
    """What a problem needs to say where it is."""

    raw: RawWave
    units: pd.Series
    problems: list[Problem]
    changes: Mapping[str, Change]
    routes: dict[str, np.ndarray] = field(default_factory=dict)

    def routed(self, filter_: str, codes: Mapping[str, pd.Series]) -> np.ndarray:
        """Truth of a filter on every row; many questions share one."""
        if filter_ not in self.routes:
            self.routes[filter_] = evaluate(filter_, codes).to_numpy()
        return self.routes[filter_]

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

    def tell_where(
        self, code: str, variable: Variable, where: np.ndarray, cells: pd.Series, **details: str
    ) -> None:
        if where.any():
            self.tell(code, variable, cells.index[where], cells, **details)

    def file_column(self, variable: str) -> str:
        """Name of a variable's column as the file writes it."""
        change = self.changes.get(variable)
        if change and change.columns:
            return ", ".join(change.columns)
        names = [column for column, name in self.raw.sidecar.columns.items() if name == variable]
        return names[0] if names else variable


@dataclass(frozen=True)
class _Parsed:
    """Answers in the codes of the codebook (empty when missing or faulty), and what was told or faulty.

    ``missing`` is the place in ``REASONS`` of what each cell says of itself, 0 where it gives no reason; ``faulty``
    cells have been told already, once.
    """

    codes: pd.Series
    missing: np.ndarray
    faulty: np.ndarray


def _map_columns(
    raw: RawWave, codebook: Codebook, changes: Mapping[str, Change], problems: list[Problem]
) -> pd.DataFrame:
    """Rename columns to variables; every column is mapped, read by a rule, or listed as unused, or an error."""
    sidecar, known = raw.sidecar, {v.name for v in codebook.asked}
    read_by_rule = {column for change in changes.values() for column in change.columns}
    kept: dict[str, str] = {}
    for column in raw.cells.columns:
        name = sidecar.columns.get(column, column)
        if column in sidecar.unused or (column in read_by_rule and column not in sidecar.columns):
            continue
        if name not in known:
            near = did_you_mean(name, known)
            problems.append(
                Problem("E-COLUMN", raw.file, column=column, details={"near": near, "wave": raw.wave})
            )
        elif name in kept.values() or (name in changes and changes[name].columns):
            problems.append(Problem("E-COLUMN-TWICE", raw.file, column=column, details={"name": name}))
        else:
            kept[column] = name
    problems += sidecar_faults(raw, known) + contradictions(raw, codebook, changes)
    given = {*kept.values(), *(name for name, change in changes.items() if change.columns)}
    for variable in codebook.asked:
        asked = not is_not_asked(variable, raw.wave, sidecar)
        if asked and variable.name not in given:
            problems.append(
                Problem("E-COLUMN-ABSENT", raw.file, column=variable.name, details={"wave": raw.wave})
            )
        if not asked and variable.name in given:
            problems.append(
                Problem("E-NOT-ASKED", raw.file, column=variable.name, details={"wave": raw.wave})
            )
    return raw.cells[list(kept)].rename(columns=kept)


def _parse(cells: pd.Series, codebook: Codebook, variable: Variable, context: _Context) -> _Parsed:
    """Read the cells of one question; each distinct answer is judged once."""
    change = context.changes.get(variable.name)
    recode = (change.codes if change else {}) or context.raw.sidecar.recode.get(variable.name, {})
    missing_codes = codebook.missing_codes(variable.name)
    rows, stored = as_stored(cells)
    texts = stored.tolist()
    tidy = texts if are_tidy(texts) else [" ".join(str(text).split()) for text in texts]
    reasons, faults = np.zeros(len(texts), dtype=np.int8), {}
    if variable.kind == "text" and not recode and missing_codes.keys().isdisjoint(tidy):
        house = tidy
    else:
        house, plain = [], plain_number(variable, context.raw.sidecar)
        for place, text in enumerate(tidy):
            if text in missing_codes and text not in recode:
                house.append("")
                reasons[place] = REASONS.index(missing_codes[text])
                continue
            if not recode and plain and plain(text):
                house.append(text)
                continue
            code, fault, details = read_cell(
                recode.get(text, text), text, variable, codebook, context.raw.sidecar
            )
            if recode and text and text not in recode:
                fault, details = "E-RECODE", {"known": ", ".join(recode)}
            house.append(code)
            if fault:
                faults[place] = (fault, details)
    codes = coded(cells) if house == texts else joined(rows, house, cells.index)
    missing = reasons[rows] if reasons.any() else np.zeros(len(cells), dtype=np.int8)
    return _Parsed(codes, missing, _told(faults, variable, cells, context))


def _told(
    faults: Mapping[int, tuple[str, dict[str, str]]], variable: Variable, cells: pd.Series, context: _Context
) -> np.ndarray:
    """Tell the faults of the texts of a column, by place of the text, in the order of its first row; rows concerned."""
    rows, texts = as_stored(cells)
    if not faults:
        return np.zeros(len(cells), dtype=bool)
    wrong = np.zeros(len(texts), dtype=bool)
    wrong[[*faults]] = True
    wrong = wrong[rows]
    labels: dict[int, list[int]] = {}
    for code, label in zip(rows[wrong].tolist(), cells.index[wrong].tolist(), strict=True):
        labels.setdefault(code, []).append(label)
    for code, concerned in labels.items():
        fault, details = faults[code]
        context.tell(fault, variable, concerned, cells, **details)
    return wrong


def _changed(
    raw: RawWave, codebook: Codebook, context: _Context, parsed: Mapping[str, _Parsed]
) -> dict[str, _Parsed]:
    """Answers of the questions that were split from one column, or merged from several."""
    found = {}
    for name, change in context.changes.items():
        columns = [raw.cells[c] for c in change.columns if c in raw.cells]
        if name not in codebook.variables or name in parsed or not columns:
            continue
        parts = [_parse(cells, codebook, codebook[name], context) for cells in columns]
        if change.merge_by:
            found[name] = _merged(parts, change.merge_by, codebook, codebook[name])
        else:
            found[name] = parts[0]
    return found


def _merged(parts: list[_Parsed], by: str, codebook: Codebook, variable: Variable) -> _Parsed:
    """One answer a row in place of several; where it is missing, the first reason that a part gives is kept."""
    order = codebook.codes(variable.name) if variable.kind.startswith("select") else ()
    faulty = np.logical_or.reduce([part.faulty for part in parts])
    rows = zip(*(part.codes for part in parts), faulty, strict=True)
    answers = ["" if wrong else merged(row, by, order) for *row, wrong in rows]
    missing = parts[-1].missing
    for part in reversed(parts[:-1]):
        missing = np.where(part.missing, part.missing, missing)
    codes = coded(pd.Series(answers, index=parts[0].codes.index, dtype=object))
    return _Parsed(codes, np.where(codes == "", missing, 0).astype(np.int8), faulty)


def _reasons(
    variable: Variable, parsed: _Parsed | None, codes: dict[str, pd.Series], context: _Context
) -> np.ndarray:
    """Place in ``REASONS`` of each answer; filters and required questions are checked on the way."""
    cells = codes[variable.name]
    if parsed is None or is_not_asked(variable, context.raw.wave, context.raw.sidecar):
        return np.full(len(cells), _NOT_ASKED, dtype=np.int8)
    empty = (cells == "").to_numpy()
    reason = empty * np.int8(_NO_ANSWER)
    if parsed.missing.any():
        np.copyto(reason, parsed.missing, where=empty & (parsed.missing != 0))
    if variable.relevant:
        routed = context.routed(variable.relevant, codes)
        context.tell_where("E-ROUTED", variable, ~(routed | empty), cells, filter=variable.relevant)
        np.copyto(reason, np.int8(_SKIPPED), where=~routed)
    if variable.required:
        context.tell_where("E-REQUIRED", variable, (reason == _NO_ANSWER) & ~parsed.faulty, cells)
    return reason


def _check_constraint(variable: Variable, codes: dict[str, pd.Series], context: _Context) -> None:
    if not variable.constraint:
        return
    cells = codes[variable.name]
    broken = ((cells != "") & ~evaluate(variable.constraint, codes, cells)).to_numpy()
    message = variable.constraint_message or {"fr": "", "en": ""}
    words = {f"message_{lang}": message[lang] or variable.constraint for lang in ("fr", "en")}
    context.tell_where("E-CONSTRAINT", variable, broken, cells, **words)
