"""Everything that people provide, checked in one go, nothing written: ``panel-eis check``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from panel_eis.cases import read_cases
from panel_eis.checked import checked_panel, found_in_part
from panel_eis.codebook import read_codebook
from panel_eis.comparability import assess
from panel_eis.data_stages import sidecars
from panel_eis.errors import DataError, Problem
from panel_eis.intake import check_waves
from panel_eis.quality.outcomes import final_dispositions, read_dispositions
from panel_eis.references import sound_references
from panel_eis.weights import read_frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from panel_eis.codebook import Codebook
    from panel_eis.intake import WaveChecks

_OF_THE_PANEL = ("waves/", "register.csv", "events.csv", "frame.csv")
"""Files, under ``data/``, without which there is no panel."""


def check_all(root: Path) -> tuple[list[str], list[Problem]]:
    """Check everything that people provide, without writing; names of the waves, and warnings.

    A file at fault hides no fault of another; what could not be checked for want of it is told with the rest.

    Raises
    ------
    DataError
        With the problems of all waves, of the register, of the corrections, of the references, of the notes of
        fieldwork, of the frame and of the cases; of the codebook alone where it has faults.

    """
    codebook = read_codebook(root / "data" / "codebook")
    checks = check_waves(root)
    files = _Files(root, codebook, checks)
    problems = [*checks.problems, *files.problems]
    wanting = sorted({p.file for p in problems if p.severity == "error" and _of_panel(p.file)})
    parts = {
        c.wave: (c.answers, c.reasons)
        for c in checks.waves
        if c.answers is not None and c.reasons is not None
    }
    if wanting:
        every = len(parts) == len(checks.waves) and not any(f.startswith("data/waves") for f in wanting)
        register = checks.beside.register
        problems += found_in_part(parts, codebook, register, files.references, all_waves=every)
        details = {"files": ", ".join(wanting)}
        problems.append(Problem("W-UNCHECKED-PANEL", "data/waves", details=details))
    else:
        problems += _of_whole_panel(root, codebook, checks, files, parts)
    if any(p.severity == "error" for p in problems):
        raise DataError(problems)
    return list(parts), problems


def _of_panel(file: str) -> bool:
    return file.removeprefix("data/").startswith(_OF_THE_PANEL) or file == "data/waves"


@dataclass
class _Files:
    """What is read beside the waves, ``None`` where it has faults, and these faults."""

    root: Path
    codebook: Codebook
    checks: WaveChecks

    def __post_init__(self) -> None:
        self.problems: list[Problem] = []
        data, register = self.root / "data", self.checks.beside.register
        waves = [check.wave for check in self.checks.waves]
        named = {f"data/waves/{c.path.name}": c.named for c in self.checks.waves}
        self.references, faults = sound_references(self.root, named)
        self.problems += faults
        units = None if register.doubtful.get("register", ()) is None else register.known()
        self.fieldwork: pd.DataFrame | None = self._read(
            lambda: read_dispositions(data / "dispositions.csv", self.codebook, units, waves)
        )
        self.margins: dict[str, pd.Series] | None = self._read(
            lambda: read_frame(data / "frame.csv", self.codebook)
        )
        self._read(lambda: read_cases(data / "cases", self.codebook, register))

    def _read(self, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except DataError as error:
            self.problems += error.problems
            return None


def _of_whole_panel(
    root: Path,
    codebook: Codebook,
    checks: WaveChecks,
    files: _Files,
    parts: dict[str, tuple[pd.DataFrame, pd.DataFrame]],
) -> list[Problem]:
    """Problems and warnings of the panel, built from waves, register and frame that have no fault."""
    margins, changed = files.margins or {}, assess(codebook, sidecars(root)).changed
    register, known = checks.beside.register, files.references
    try:
        built, told = checked_panel(parts, codebook, register, margins, changed=changed, references=known)
    except DataError as error:
        return list(error.problems)
    if files.fieldwork is not None:
        final_dispositions(built.participation, built.reasons, files.fieldwork)
    return told
