"""Check waves alone: read, correct, harmonise, validate; nothing is built, nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from panel_eis.checked import warnings_of_wave
from panel_eis.checks import references
from panel_eis.codebook import read_codebook
from panel_eis.corrections import of_wave, sound_corrections
from panel_eis.errors import DataError, Problem, RequestError, did_you_mean
from panel_eis.panel import check_wave
from panel_eis.register import read_register
from panel_eis.waves import find_waves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from panel_eis.codebook import Codebook
    from panel_eis.corrections import Correction
    from panel_eis.register import Register


@dataclass(frozen=True)
class WaveCheck:
    """What checking one wave gave.

    Attributes
    ----------
    answers, reasons
        As ``panel.check_wave`` gives them; ``None`` where the wave has errors.
    corrections
        Number of corrections that ``data/corrections.csv`` holds for this wave.
    problems
        Errors and warnings; those of ``corrections.csv`` go with the first wave.
    named
        Columns by question where the file has another name (``corrections.names_in_file``).

    """

    wave: str
    path: Path
    answers: pd.DataFrame | None
    reasons: pd.DataFrame | None
    corrections: int
    problems: tuple[Problem, ...]
    named: Mapping[str, str] = field(default_factory=dict)

    @property
    def errors(self) -> list[Problem]:
        """Problems that stop the build."""
        return [p for p in self.problems if p.severity == "error"]


def check_waves(root: Path, names: Sequence[str] = (), *, rules: bool = False) -> list[WaveCheck]:
    """Check the waves of those names, or all; with ``rules``, also what ``checks.csv`` declares of one wave by itself.

    Raises
    ------
    RequestError
        When there is no wave of that name.
    DataError
        When the codebook, the register or the names of files have faults: no wave can be judged then.

    """
    codebook = read_codebook(root / "data" / "codebook")
    paths = find_waves(root / "data" / "waves")
    wanted = chosen(paths, names)
    corrections, faults = sound_corrections(root / "data" / "corrections.csv", list(paths))
    register = read_register(root / "data", codebook)
    checks = [_check(name, paths[name], codebook, register, corrections) for name in wanted]
    checks = [_with_rules(c, root, codebook, register) for c in checks] if rules else checks
    if faults and checks:
        told = (*faults, *checks[0].problems)
        checks[0] = replace(checks[0], answers=None, reasons=None, problems=told)
    return checks


def _with_rules(checked: WaveCheck, root: Path, codebook: Codebook, register: Register) -> WaveCheck:
    """The same with what the declared checks find; an error among it leaves the wave without answers."""
    if checked.answers is None or checked.reasons is None:
        return checked
    known = references(root, {f"data/waves/{checked.path.name}": checked.named})
    parts = checked.answers, checked.reasons
    found = warnings_of_wave(checked.wave, parts, codebook, register, known)
    told = replace(checked, problems=(*checked.problems, *found))
    return replace(told, answers=None, reasons=None) if told.errors else told


def chosen(paths: Mapping[str, Path], names: Sequence[str]) -> list[str]:
    """The names asked for, each of which is a wave; all waves when none was.

    Raises
    ------
    RequestError
        Naming the waves that exist and the nearest one.

    """
    unknown = [
        Problem(
            "E-WAVE-UNKNOWN",
            "data/waves",
            value=name,
            details={"known": ", ".join(paths), "near": did_you_mean(name, paths)},
        )
        for name in names
        if name not in paths
    ]
    if unknown:
        raise RequestError(unknown)
    return list(dict.fromkeys(names)) or list(paths)


def _check(
    name: str, path: Path, codebook: Codebook, register: Register, corrections: Sequence[Correction]
) -> WaveCheck:
    count = len(of_wave(corrections, name))
    try:
        answers, reasons, warnings, imported = check_wave(path, codebook, register, corrections)
    except DataError as error:
        return WaveCheck(name, path, None, None, count, error.problems)
    return WaveCheck(name, path, answers, reasons, count, tuple(warnings), imported["named"])
