"""Put a file among the waves, unchanged, with the draft of its sidecar beside it."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from panel_eis.codebook import read_codebook
from panel_eis.errors import DataError, Problem, RequestError, did_you_mean
from panel_eis.files import replacing, sha256, write_text
from panel_eis.identifiers import find_identifiers
from panel_eis.intake.draft import Draft, draft_sidecar, scalar
from panel_eis.intake.matching import Guess
from panel_eis.intake.sidecar_text import sidecar_text
from panel_eis.readers import READERS
from panel_eis.readers.bounds import shown
from panel_eis.sources import SOURCES, resembles
from panel_eis.waves import WAVE_NAME, read_sidecar, read_wave

if TYPE_CHECKING:
    from panel_eis.errors import Lang
    from panel_eis.waves import RawWave, Sidecar

_TRIES = 4


@dataclass(frozen=True)
class Added:
    """What ``add_wave`` did.

    Attributes
    ----------
    path
        The file among the waves.
    copied
        False where the same bytes stood there already.
    sidecar
        The draft, or ``None`` where none is needed.
    kept
        True where a sidecar stood there already: it was left as it is.
    draft
        All guesses.

    """

    path: Path
    copied: bool
    sidecar: Path | None
    kept: bool
    draft: Draft


def add_wave(root: Path, file: Path, wave: str, *, source: str = "", replace_file: bool = False) -> Added:
    """Copy a file to ``data/waves/<wave>.<ending>`` and draft ``<wave>.yml`` from the codebook.

    Parameters
    ----------
    root
        The project.
    file
        What the survey tool wrote; only read.
    wave
        Name of the wave: a year, and a letter where there are several.
    source
        Survey tool, where its dialect is known (``source`` of the sidecar).
    replace_file
        Whether another file of this wave may be replaced; a sidecar never is.

    Raises
    ------
    RequestError
        When the name is no wave's, or another file of this wave stands there; nothing is written.
    DataError
        When the file is none that can be read, or holds direct identifiers (a ``<wave>.yml`` written before may declare
        their columns); nothing is written.

    """
    codebook = read_codebook(root / "data" / "codebook")
    target = _target(root, file, wave, replace_file=replace_file)
    beside = target.with_suffix(".yml")
    earlier = _earlier(root / "data" / "waves", wave)
    given = [_given("source", source)] if source else []
    if beside.exists():
        draft = Draft()
        try:
            raw = _read(file, target.name, beside.read_text(encoding="utf-8"))
        except DataError as error:
            raise _renamed(error, file, target.name) from error
    else:
        raw, settings = _readable(file, target.name, given, {v.name for v in codebook.asked})
        draft = draft_sidecar(replace(raw, file=str(file)), settings, codebook, earlier)
    personal = [p for p in find_identifiers(replace(raw, file=str(file)), codebook) if p.severity == "error"]
    if personal:  # before the copy: what git has seen once stays in its history
        raise DataError(replace(p, details={**p.details, "stem": wave}) for p in personal)
    kept, copied = beside.exists(), not target.exists() or sha256(target) != sha256(file)
    if copied:
        for other in _same_wave(target):
            other.unlink()
        with replacing(target) as temporary:
            shutil.copyfile(file, temporary)
    if draft.needed:
        write_text(beside, sidecar_text(draft, wave))
    return Added(target, copied, beside if draft.needed or kept else None, kept, draft)


def _target(root: Path, file: Path, wave: str, *, replace_file: bool) -> Path:
    """Where the file goes, after the checks that need not read it."""
    ending = file.suffix.lower()
    if not WAVE_NAME.fullmatch(wave):
        raise RequestError([Problem("E-WAVE-NAME", "--wave", value=wave)])
    if ending not in READERS:
        details = {"known": ", ".join(READERS)}
        raise DataError(
            [Problem("E-WAVE-FORMAT", str(file), value=file.suffix or file.name, details=details)]
        )
    if not file.is_file():
        beside = [p.name for p in file.parent.iterdir()] if file.parent.is_dir() else []
        near = did_you_mean(file.name, [name for name in beside if name != file.name])
        raise DataError([Problem("E-FILE-GIVEN", str(file), details={"near": near})])
    target = root / "data" / "waves" / f"{wave}{ending}"
    here = [p for p in (*_same_wave(target), target) if p.exists()]
    if here and not replace_file and not (here == [target] and sha256(target) == sha256(file)):
        raise RequestError(
            [Problem("E-WAVE-THERE", str(file), value=wave, details={"other": shown(here[0])})]
        )
    return target


def _same_wave(target: Path) -> list[Path]:
    """Files of the same wave in other formats."""
    others = (target.with_suffix(ending) for ending in READERS if ending != target.suffix)
    return [p for p in others if p.exists()]


def _earlier(folder: Path, wave: str) -> dict[str, Sidecar]:
    """Sidecars of the other waves that can be read; one at fault is the business of ``check``."""
    found = {}
    for path in sorted(folder.glob("*.yml")):
        if path.stem != wave and WAVE_NAME.fullmatch(path.stem):
            try:
                found[path.stem] = read_sidecar(path)
            except DataError:
                continue
    return found


def _readable(file: Path, name: str, given: list[Guess], known: set[str]) -> tuple[RawWave, list[Guess]]:
    """The wave, and the settings without which it cannot be read.

    Each refusal of the readers that names its own remedy gives one setting; the file is then read anew, strictly. So
    it is where columns that one survey tool alone writes tell the tool.
    """
    raw, settings = _strictly(file, name, given, known)
    tool = "" if given else resembles(list(raw.cells.columns))
    if not tool:
        return raw, settings
    mark = next(c for c in raw.cells.columns if c in SOURCES[tool].marks)
    why: dict[Lang, str] = {"fr": f"colonne {mark}", "en": f"column {mark}"}
    try:
        return _strictly(file, name, [Guess("source", tool, certain=True, why=why), *settings], known)
    except DataError:
        return raw, settings


def _strictly(file: Path, name: str, given: list[Guess], known: set[str]) -> tuple[RawWave, list[Guess]]:
    """The wave, and the settings that the readers' own refusals add to those given."""
    settings = list(given)
    for _ in range(_TRIES):
        try:
            return _read(file, name, "".join(f"{g.key}: {scalar(g.value)}\n" for g in settings)), settings
        except DataError as error:
            guess = _remedy(file, name, error, settings, known)
            if guess is None:
                raise _renamed(error, file, name) from error
            settings.append(guess)
    raise DataError([Problem("E-DAMAGED", str(file), details={"reason_fr": "?", "reason_en": "?"})])


def _remedy(file: Path, name: str, error: DataError, settings: list[Guess], known: set[str]) -> Guess | None:
    """The setting that answers a refusal, or nothing."""
    told = {p.code: p for p in error.problems}
    done = {g.key for g in settings}
    if "E-SEPARATOR" in told and "separator" not in done:
        other = told["E-SEPARATOR"].details["other"]
        why: dict[Lang, str] = {"fr": "en-tête et toutes les lignes", "en": "header and every row"}
        return Guess("separator", "\t" if other == r"\t" else other, certain=True, why=why)
    if "E-ENCODING" in told and "encoding" not in done:
        why = {"fr": "pas de l'UTF-8 ; lettres françaises", "en": "not UTF-8; French letters"}
        return Guess("encoding", "windows-1252", certain=True, why=why)
    if "E-SHEETS" in told and "sheet" not in done:
        return _sheet(file, name, told["E-SHEETS"].details["known"], known)
    return None


def _sheet(file: Path, name: str, sheets: str, known: set[str]) -> Guess | None:
    """The one sheet whose header names questions."""
    fitting = []
    for sheet in sheets.split(", "):
        try:
            cells = _read(file, name, f"sheet: {scalar(sheet)}\n").cells
        except DataError:
            continue
        if known & set(cells.columns):
            fitting.append(sheet)
    why: dict[Lang, str] = {"fr": "seule à nommer des questions", "en": "the only one that names questions"}
    return Guess("sheet", fitting[0], certain=True, why=why) if len(fitting) == 1 else None


def _read(file: Path, name: str, sidecar: str) -> RawWave:
    """Read the file as if it were the wave with that sidecar: by the readers of the build, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data" / "waves" / name
        path.parent.mkdir(parents=True)
        path.symlink_to(file.resolve())
        if sidecar:
            write_text(path.with_suffix(".yml"), sidecar)
        return read_wave(path)


def _given(key: str, value: str) -> Guess:
    return Guess(key, value, certain=True, why={"fr": f"--{key}", "en": f"--{key}"})


def _renamed(error: DataError, file: Path, name: str) -> DataError:
    """The same problems, of the file as the person named it."""
    return DataError(
        replace(p, file=str(file)) if p.file == f"data/waves/{name}" else p for p in error.problems
    )
