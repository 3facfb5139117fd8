"""Everything that people provide, checked in one go, nothing written: ``panel-eis check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from panel_eis.cases import read_cases
from panel_eis.checks import find, references, stop_at_errors
from panel_eis.codebook import read_codebook
from panel_eis.comparability import assess
from panel_eis.errors import DataError
from panel_eis.intake import check_waves
from panel_eis.panel import build_panel
from panel_eis.quality.outcomes import final_dispositions, read_dispositions
from panel_eis.register import read_register
from panel_eis.stages import sidecars
from panel_eis.waves import find_waves
from panel_eis.weights import read_frame

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from panel_eis.errors import Problem


def check_all(root: Path) -> list[str]:
    """Check everything that people provide, without writing; names of the waves.

    Raises
    ------
    DataError
        With the problems of all waves, of the register, of the notes of fieldwork, of the frame and of the
        cases.

    """
    codebook = read_codebook(root / "data" / "codebook")
    register = read_register(root / "data", codebook)
    problems: list[Problem] = []
    parts: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {}
    for wave in check_waves(root):
        if wave.answers is None or wave.reasons is None:
            problems += wave.problems
        else:
            parts[wave.wave] = wave.answers, wave.reasons
    fieldwork, waves = root / "data" / "dispositions.csv", list(find_waves(root / "data" / "waves"))
    for read in (
        lambda: read_dispositions(fieldwork, codebook, register.units.index, waves),
        lambda: read_frame(root / "data" / "frame.csv", codebook),
        lambda: read_cases(root / "data" / "cases", codebook, register),
    ):
        try:
            read()
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    margins, changed = (
        read_frame(root / "data" / "frame.csv", codebook),
        assess(codebook, sidecars(root)).changed,
    )
    built = build_panel(parts, codebook, register, margins, changed)
    notes = read_dispositions(fieldwork, codebook, register.units.index, waves)
    stop_at_errors(find(built, codebook, register, references(root)))
    final_dispositions(built.participation, built.reasons, notes)
    return list(parts)
