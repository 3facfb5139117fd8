"""From the export of a survey tool to a table in the house format: one column a question, codes of the codebook.

``translate`` is the only door. It reads what ``source`` and the other keys of the sidecar declare, and guesses nothing:
a column or an answer that matches nothing exactly is left as it is, and ``harmonise`` tells it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.changes import read_changes
from panel_eis.dialects.answers import Import, in_house_codes
from panel_eis.dialects.cells import joined_boxes
from panel_eis.dialects.headers import OTHER, Columns, Place, normal
from panel_eis.dialects.rows import drop_rows, one_row_each, side_file
from panel_eis.dialects.short_codes import answer_codes, question_codes
from panel_eis.distinct import as_stored, coded, constant, each_once
from panel_eis.errors import DataError, Problem, did_you_mean
from panel_eis.sources import SOURCES, resembles

if TYPE_CHECKING:
    from panel_eis.codebook import Codebook
    from panel_eis.waves import RawWave

__all__ = ["answer_codes", "question_codes", "translate"]


@dataclass
class _Sorted:
    """Columns of a file by what they are."""

    whole: dict[str, list[str]] = field(default_factory=dict)
    boxes: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    metadata: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    ruled: list[str] = field(default_factory=list)


def translate(raw: RawWave, codebook: Codebook) -> tuple[RawWave, list[Problem]]:
    """Translate the cells of a wave into the house format, and tell what its sidecar has wrong about it.

    Returns
    -------
    The wave with columns of the codebook's questions (and those that are unknown, as they were), its ``report``
    completed by ``rows_dropped`` (``test``, ``unfinished``, ``duplicate``), ``rows_kept``, ``metadata_columns``,
    ``unused_columns`` and ``merged_columns``; and problems.

    Raises
    ------
    DataError
        When no row is left.

    """
    problems = _key_faults(raw, codebook)
    columns = Columns(codebook, raw.sidecar.source)
    found = _sort(raw, columns)
    _hint(raw, found, problems)
    cells, dropped = drop_rows(raw, {name: first for name, (first, *_) in found.whole.items()}, problems)
    if cells.empty:
        raise DataError([*problems, Problem("E-EMPTY", raw.file)])
    wave = Import(raw, columns, problems)
    series, names = _assemble(cells, found, wave)
    _hint_labels(series, names, wave)
    house = {
        shown: in_house_codes(column, names[shown], shown, wave)
        if names.get(shown) in columns.asked
        else column
        for shown, column in series.items()
    }
    frame = pd.DataFrame(house, index=cells.index, copy=False)
    names = _with_mode(frame, names, wave)
    column = {name: shown for shown, name in names.items()}
    kept = one_row_each(frame, column.get("unit", ""), column.get("respondent", ""), raw.sidecar.duplicates)
    dropped["duplicate"] = len(frame) - len(kept)
    report = {
        **raw.report,
        "rows_dropped": dropped,
        "rows_kept": len(kept),
        "metadata_columns": found.metadata,
        "unused_columns": [c for c in raw.cells if c in raw.sidecar.unused],
        "merged_columns": {name: parts for name, parts in found.whole.items() if len(parts) > 1},
    }
    sidecar = replace(raw.sidecar, columns={c: n for c, n in names.items() if c != n}, unused=())
    return replace(raw, cells=kept, sidecar=sidecar, report=report), problems


def _sort(raw: RawWave, columns: Columns) -> _Sorted:
    """Say of every column what it is: an answer, a box, the tool's own, or nothing known."""
    found, source, sidecar = _Sorted(), SOURCES[raw.sidecar.source], raw.sidecar
    plain = not (source.metadata or source.settings)
    ruled = {c for change in read_changes(sidecar.comparability).values() for c in change.columns}
    for column in raw.cells.columns:
        if column in ruled and column not in sidecar.columns:
            found.ruled.append(column)
            continue
        written = sidecar.columns.get(column)
        place = _place(column, written, columns, plain=plain)
        if column in sidecar.unused and (place is None or place.choice != OTHER):
            continue
        if place is None and written is None and source.adds(column):
            found.metadata.append(column)
        elif place is None:
            found.unknown.append(column)
        elif place.choice:
            found.boxes.setdefault(place.variable, {}).setdefault(place.choice, []).append(column)
            if place.choice == OTHER and column not in sidecar.unused:
                _keep_own_words(column, place.variable, columns, found)
        elif plain and place.variable in found.whole:
            found.unknown.append(column)
        else:
            found.whole.setdefault(place.variable, []).append(column)
    return found


def _place(column: str, written: str | None, columns: Columns, *, plain: bool) -> Place | None:
    """Where a column goes: as the sidecar has it, else by its own header."""
    if written is not None:
        return columns.target(written)
    if plain:
        return Place(column) if column in columns.asked else None
    return columns.place(column)


def _keep_own_words(column: str, variable: str, columns: Columns, found: _Sorted) -> None:
    """The text of ``[other]`` is an answer of its own: the variable ``…_other``, or a column to be declared."""
    if f"{variable}_{OTHER}" in columns.asked:
        found.whole.setdefault(f"{variable}_{OTHER}", []).append(column)
    else:
        found.unknown.append(column)


def _assemble(
    cells: pd.DataFrame, found: _Sorted, wave: Import
) -> tuple[dict[str, pd.Series], dict[str, str]]:
    """One series for each question and for each unknown column; the question of each, by name of the series."""
    raw, columns, problems = wave.raw, wave.columns, wave.problems
    series: dict[str, pd.Series] = {c: cells[c] for c in (*found.unknown, *found.ruled)}
    names = {c: raw.sidecar.columns[c] for c in found.unknown if c in raw.sidecar.columns}
    names |= {c: c for c in found.unknown if c in columns.asked}
    for name, parts in found.whole.items():
        shown = parts[0] if len(parts) == 1 else name
        series[shown] = _one_of(parts, cells, raw, problems)
        names[shown] = name
    for name, parts_of in found.boxes.items():
        boxes = {code: _one_of(parts, cells, raw, problems) for code, parts in parts_of.items()}
        codes = [c.name for c in columns.codebook.lists[columns.codebook[name].list_name]]
        if OTHER in boxes:
            # A choice "other" of the codebook is ticked by the text; without it the text stands for itself alone.
            words = boxes.pop(OTHER)
            if OTHER in codes:
                boxes[OTHER] = each_once(words, lambda text: "1" if text.strip() else "")
        if not boxes:
            continue
        joined, strange = joined_boxes(boxes, tuple(codes))
        problems.extend(Problem("E-BOX", raw.file, row=int(row), column=name) for row in cells.index[strange])
        shown = next((c for c, n in names.items() if n == name), "")
        if shown:
            _agree(series[shown], joined, shown, name, wave)
        else:
            series[name], names[name] = joined, name
    return series, names


def _one_of(parts: list[str], cells: pd.DataFrame, raw: RawWave, problems: list[Problem]) -> pd.Series:
    """The answer that one of several columns gives (versions of a form); two that differ are told."""
    if len(parts) == 1:
        return cells[parts[0]]
    answer = cells[parts[0]].astype(object)
    for column in parts[1:]:
        other = cells[column].astype(object)
        differ = (answer != "") & (other != "") & (answer != other)
        problems += [
            Problem("E-COLUMN-DISAGREE", raw.file, int(row), column, details={"other": parts[0]})
            for row in cells.index[differ]
        ]
        answer = answer.where(answer != "", other)
    return coded(answer)


def _agree(whole: pd.Series, joined: pd.Series, column: str, name: str, wave: Import) -> None:
    """Check the cell that lists all choices against the boxes of the same question."""
    listed = in_house_codes(whole, name, column, Import(wave.raw, wave.columns, []))
    sets = [
        each_once(c, lambda text: " ".join(sorted({*text.split()}))).astype(object) for c in (listed, joined)
    ]
    wave.problems.extend(
        Problem("E-BOXES-DISAGREE", wave.raw.file, int(row), column, details={"boxes": joined[row] or "–"})
        for row in whole.index[sets[0] != sets[1]]
    )


def _with_mode(frame: pd.DataFrame, names: dict[str, str], wave: Import) -> dict[str, str]:
    """Fill ``mode`` where the sidecar says how the whole wave was asked and the file does not."""
    mode, file = wave.raw.sidecar.mode, side_file(wave.raw)
    if not mode:
        return names
    if "mode" not in wave.columns.asked:
        wave.problems.append(Problem("E-SIDECAR-VARIABLE", file, column="mode", details={"near": ""}))
    elif "mode" in names.values():
        wave.problems.append(Problem("E-MODE-TWICE", file, column="mode", value=mode))
    else:
        frame["mode"] = constant(mode, frame.index)
        return {**names, "mode": "mode"}
    return names


def _key_faults(raw: RawWave, codebook: Codebook) -> list[Problem]:
    """Columns and variables that the sidecar speaks of and that neither the file nor the codebook has."""
    file, sidecar = side_file(raw), raw.sidecar
    present, asked = set(raw.cells.columns), {v.name for v in codebook.asked}
    faults = [
        Problem("E-SIDECAR-COLUMN", file, column=c, details={"near": did_you_mean(c, present)})
        for c in (*sidecar.columns, *sidecar.unused)
        if c not in present
    ]
    faults += [
        Problem("E-SIDECAR-VARIABLE", file, column=n, details={"near": did_you_mean(n, asked)})
        for n in dict.fromkeys((*sidecar.missing, *sidecar.units))
        if n not in asked and n != "*"
    ]
    three = sidecar.source == "qualtrics" and sidecar.header_rows == "3" and raw.table is not None
    if three and not any("ImportId" in cell for cell in (raw.table.headers or ((),))[-1]):  # type: ignore[union-attr]
        faults.append(Problem("E-IMPORT-ID", raw.file, row=3))
    return faults


def _hint(raw: RawWave, found: _Sorted, problems: list[Problem]) -> None:
    """Name once the tool that a file with unknown columns seems to come from."""
    tool = resembles(list(raw.cells.columns)) if found.unknown and raw.sidecar.source == "plain" else ""
    if tool:
        problems.append(Problem("W-SOURCE", raw.file, details={"source": tool, "wave": raw.wave}))


def _hint_labels(series: dict[str, pd.Series], names: dict[str, str], wave: Import) -> None:
    """Say once, of a wave whose sidecar does not, that answers are written in full."""
    raw, columns = wave.raw, wave.columns
    if raw.sidecar.labels == "yes":
        return
    changes = read_changes(raw.sidecar.comparability)
    for shown, name in names.items():
        if name not in columns.asked or columns.codebook[name].kind != "select_one":
            continue
        change = changes.get(name)
        if name in raw.sidecar.recode or (change and change.codes):
            continue
        full = columns.labels(name)
        codes = {*columns.codes(name), *columns.codebook.missing_codes(name), ""}
        texts = [text for text in map(str.strip, as_stored(series[shown])[1]) if text not in codes]
        if texts and all(normal(text) in full for text in texts):
            details = {"wave": raw.wave}
            wave.problems.append(Problem("E-LABELS", raw.file, column=shown, details=details))
            return
