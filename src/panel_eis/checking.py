"""Everything that people provide, checked in one go, nothing written: ``panel-eis check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from panel_eis.cases import read_cases
from panel_eis.checked import checked_panel
from panel_eis.checks import references
from panel_eis.codebook import read_codebook
from panel_eis.comparability import assess
from panel_eis.data_stages import sidecars
from panel_eis.errors import DataError
from panel_eis.intake import check_waves
from panel_eis.quality.outcomes import final_dispositions, read_dispositions
from panel_eis.register import read_register
from panel_eis.waves import find_waves
from panel_eis.weights import read_frame

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from panel_eis.errors import Problem


def check_all(root: Path) -> tuple[list[str], list[Problem]]:
    """Check everything that people provide, without writing; names of the waves, and warnings.

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
    named: dict[str, Mapping[str, str]] = {}
    for wave in check_waves(root):
        problems += wave.problems
        if wave.answers is not None and wave.reasons is not None:
            parts[wave.wave] = wave.answers, wave.reasons
            named[f"data/waves/{wave.path.name}"] = wave.named
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
    if any(p.severity == "error" for p in problems):
        raise DataError(problems)
    margins, changed = (
        read_frame(root / "data" / "frame.csv", codebook),
        assess(codebook, sidecars(root)).changed,
    )
    known = references(root, named)
    built, told = checked_panel(parts, codebook, register, margins, changed=changed, references=known)
    notes = read_dispositions(fieldwork, codebook, register.units.index, waves)
    final_dispositions(built.participation, built.reasons, notes)
    return list(parts), [*problems, *told]
