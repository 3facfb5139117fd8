"""Check waves alone: read, correct, harmonise, validate; nothing is built, nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from panel_eis.beside import Beside, beside_waves
from panel_eis.checked import warnings_of_wave
from panel_eis.codebook import read_codebook
from panel_eis.corrections import of_wave
from panel_eis.errors import DataError, Problem, RequestError, did_you_mean
from panel_eis.panel import check_wave
from panel_eis.references import sound_references
from panel_eis.waves import sound_waves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from panel_eis.codebook import Codebook
    from panel_eis.references import References
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
        Errors and warnings, of this wave alone.
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


@dataclass(frozen=True)
class WaveChecks:
    """Each wave checked, and what is beside them (register, corrections) with its faults.

    Attributes
    ----------
    shared
        Faults of what is beside the waves, of files that can be no wave, and what could not be checked for them.

    """

    waves: tuple[WaveCheck, ...]
    beside: Beside
    shared: tuple[Problem, ...]

    @property
    def problems(self) -> list[Problem]:
        """All of them."""
        return [*self.shared, *(p for wave in self.waves for p in wave.problems)]


def check_waves(root: Path, names: Sequence[str] = (), *, rules: bool = False) -> WaveChecks:
    """Check the waves of those names, or all; with ``rules``, also what ``checks.csv`` declares of one wave by itself.

    Faults of the register or of the corrections, and files that can be no wave, hide nothing of the waves: all is told.

    Raises
    ------
    RequestError
        When there is no wave of that name.
    DataError
        When the codebook has faults: no wave can be judged then.

    """
    codebook = read_codebook(root / "data" / "codebook")
    paths, misplaced = sound_waves(root / "data" / "waves")
    told = {PurePath(p.file).stem for p in misplaced}
    known = [name for name in names if name in paths or name not in told]
    wanted = chosen(paths, known) if known or not names else []
    beside = beside_waves(root, codebook, [*paths, *(told - {*paths})])
    checks = [_check(name, paths[name], codebook, beside) for name in wanted]
    shared = [*misplaced, *beside.problems]
    if rules:
        named = {f"data/waves/{c.path.name}": c.named for c in checks}
        held_against, faults = sound_references(root, named)
        shared += faults
        checks = [_with_rules(c, codebook, beside.register, held_against) for c in checks]
    return WaveChecks(tuple(checks), beside, tuple(shared))


def _with_rules(checked: WaveCheck, codebook: Codebook, register: Register, known: References) -> WaveCheck:
    """The same with what the declared checks find; an error among it leaves the wave without answers."""
    if checked.answers is None or checked.reasons is None:
        return checked
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


def _check(name: str, path: Path, codebook: Codebook, beside: Beside) -> WaveCheck:
    count = len(of_wave(beside.corrections, name))
    try:
        answers, reasons, warnings, imported = check_wave(path, codebook, beside.register, beside.corrections)
    except DataError as error:
        return WaveCheck(name, path, None, None, count, error.problems)
    return WaveCheck(name, path, answers, reasons, count, tuple(warnings), imported["named"])
