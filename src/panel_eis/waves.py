"""A wave: the file as the survey tool wrote it, and its dialect when it has one.

Nothing is sniffed: encoding, separator, decimal mark, dates and sheet are the house ones, or those the sidecar
states. ``readers`` gives the cells of each format as text; what they mean is the business of ``harmonise``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import yaml

from panel_eis.errors import DataError, Problem, did_you_mean
from panel_eis.files import sha256
from panel_eis.readers import READERS
from panel_eis.sidecar_faults import value_faults
from panel_eis.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from pathlib import Path

    import pandas as pd

    from panel_eis.readers.table import Table

WAVE_NAME = re.compile(r"[0-9]{4}[a-z]?")
_SHEETS = (".xlsx", ".ods")
_TEXTS = (".csv", ".tsv")
_USELESS = {"sheet": (*_TEXTS, ".sav", ".dta"), "separator": (*_SHEETS, ".sav", ".dta"), "encoding": _SHEETS}
"""Keys that say nothing of files with these endings: refused there, not ignored."""


@dataclass(frozen=True)
class Sidecar:
    """How a wave differs from the codebook (``data/waves/<wave>.yml``); empty when it does not."""

    source: str = "plain"
    mode: str = ""
    fieldwork: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    separator: str = ","
    decimal: str = "."
    dates: str = "iso"
    sheet: str = ""
    header_rows: str = "1"
    labels: str = "no"
    joiner: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    recode: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    missing: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    comparability: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    not_asked: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    test_rows: Mapping[str, str | list[str]] = field(default_factory=dict)
    unfinished: str = ""
    duplicates: str = "refuse"


@dataclass(frozen=True)
class RawWave:
    """The cells of one wave, all text, indexed by the row number that a spreadsheet shows.

    Attributes
    ----------
    table
        The file as its reader gave it: encoding, sheet, labels and missing codes.
    report
        What the import did, in plain keys (``encoding``, ``rows_dropped``…), for ``build/waves/<wave>.json``.

    """

    wave: str
    file: str
    sidecar: Sidecar
    cells: pd.DataFrame
    digest: str
    table: Table | None = None
    report: Mapping[str, Any] = field(default_factory=dict)


def find_waves(folder: Path) -> dict[str, Path]:
    """Data files of all waves in ``data/waves``, by wave name, in order.

    Raises
    ------
    DataError
        When there is no wave, or a file cannot be one: a name that is not a year, a format that is not read, two
        files for one wave.

    """
    found, problems = sound_waves(folder)
    if problems:
        raise DataError(problems)
    return found


def sound_waves(folder: Path) -> tuple[dict[str, Path], list[Problem]]:
    """The files that can be waves, by wave name, in order, and what is wrong with the others."""
    if not folder.is_dir():
        return {}, [Problem("E-WAVES-NONE", "data/waves")]
    problems: list[Problem] = []
    found: dict[str, Path] = {}
    for path in sorted(p for p in folder.iterdir() if not p.name.startswith((".", "~$"))):
        shown, ending = _shown(path), path.suffix.lower()
        if path.suffix == ".yml" or path.name == "README.md" or (path.is_dir() and ending not in READERS):
            continue
        if not path.is_file():
            problems.append(Problem("E-WAVE-FILE", shown))
        elif path.suffix not in READERS and ending in (*READERS, ".yaml", ".yml"):
            name = path.stem + (ending if ending in READERS else ".yml")
            problems.append(Problem("E-WAVE-RENAME", shown, value=path.name, details={"name": name}))
        elif not WAVE_NAME.fullmatch(path.stem):
            problems.append(Problem("E-WAVE-NAME", shown, value=path.stem))
        elif path.suffix not in READERS:
            problems.append(
                Problem("E-WAVE-FORMAT", shown, value=path.suffix, details={"known": ", ".join(READERS)})
            )
        elif path.stem in found:
            problems.append(
                Problem("E-WAVE-TWICE", shown, value=path.stem, details={"other": found[path.stem].name})
            )
        else:
            found[path.stem] = path
    orphans = {p.stem for p in folder.glob("*.yml")} - set(found)
    problems += [Problem("E-SIDECAR-ALONE", f"data/waves/{stem}.yml", value=stem) for stem in sorted(orphans)]
    if not found and not problems:
        problems.append(Problem("E-WAVES-NONE", "data/waves"))
    return found, problems


def read_wave(path: Path) -> RawWave:
    """Read one wave file and its sidecar.

    Raises
    ------
    DataError
        When the file is empty, not what its ending or its sidecar say, or cannot be read faithfully; all faults
        of one kind are told at once.

    """
    side = path.with_suffix(".yml")
    sidecar, stated = _read_sidecar(side)
    useless = [key for key, endings in _USELESS.items() if key in stated and path.suffix in endings]
    if useless:
        raise DataError(
            Problem("E-SIDECAR-USELESS", _shown(side), column=key, details={"format": path.suffix})
            for key in useless
        )
    if path.suffix == ".tsv" and "separator" not in stated:
        sidecar = replace(sidecar, separator="\t")
    table = READERS[path.suffix](path, sidecar)
    known = list(map(str, table.cells.columns))
    absent = [c for c in sidecar.identifiers if c not in known]
    if absent:
        raise DataError(
            Problem("E-SIDECAR-COLUMN", _shown(side), column=c, details={"near": did_you_mean(c, known)})
            for c in absent
        )
    digest = sha256(path)
    report = {
        "source": sidecar.source,
        "encoding": table.encoding,
        "separator": sidecar.separator if path.suffix in _TEXTS else "",
        "decimal": sidecar.decimal,
        "dates": sidecar.dates,
        "sheet": table.sheet,
        "rows_read": len(table.cells),
        "sha256": digest,
    }
    cells = table.cells.drop(
        columns=list(sidecar.identifiers)
    )  # declared: not read, so in no file of the build
    return RawWave(path.stem, _shown(path), sidecar, cells, digest, table, report)


def read_sidecar(path: Path) -> Sidecar:
    """Read ``data/waves/<wave>.yml``, or give the empty sidecar when there is none.

    Every scalar is text (``01`` stays ``01``, ``no`` stays ``no``); aliases, tags and double keys are refused.
    """
    return _read_sidecar(path)[0]


def _read_sidecar(path: Path) -> tuple[Sidecar, frozenset[str]]:
    """Sidecar, what it leaves out being as its source writes it, and the keys that it states."""
    if not path.exists():
        return Sidecar(), frozenset()
    try:
        document, problem = load_yaml(path.read_bytes().decode("utf-8-sig"), _shown(path))
    except UnicodeDecodeError as error:
        row = bytes(error.object[: error.start]).count(b"\n") + 1
        raise DataError([Problem("E-TABLE-ENCODING", _shown(path), row=row)]) from error
    except OSError as error:
        raise DataError([Problem("E-FILE-DENIED", _shown(path))]) from error
    if problem:
        raise DataError([problem])
    known = {f.name: f for f in fields(Sidecar)}
    problems = [
        Problem("E-SIDECAR-KEY", _shown(path), column=key, details={"near": did_you_mean(key, known)})
        for key in document
        if key not in known
    ]
    for key, value in document.items():
        if key in known:
            problems += value_faults(key, value, _shown(path))
    if problems:
        raise DataError(problems)
    stated: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in document.items()}
    settings: dict[str, Any] = dict(SOURCES[stated.get("source", "plain")].settings)
    return Sidecar(**(settings | stated)), frozenset(stated)


class _TextLoader(yaml.SafeLoader):
    """YAML whose scalars are all text, without aliases and without double keys."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_scalar(key) for key, _ in node.value]
        twice = {k for k in keys if keys.count(k) > 1}
        if twice:
            raise yaml.YAMLError(f"key written twice: {', '.join(sorted(twice))}")
        return super().construct_mapping(node, deep)


def _refuse_tag(_loader: _TextLoader, node: Any) -> None:
    raise yaml.YAMLError(f"tag {node.tag} is not allowed")


_TextLoader.yaml_implicit_resolvers = {}
_TextLoader.add_constructor(None, _refuse_tag)
for _tag in ("str", "map", "seq"):
    _name = f"tag:yaml.org,2002:{_tag}"
    _TextLoader.add_constructor(_name, yaml.SafeLoader.yaml_constructors[_name])


_REASONS = {
    "aliases (*name) are not allowed": "les alias (*nom) ne sont pas admis",
    "key written twice: ": "clé écrite deux fois : ",
    "too many lists inside one another": "trop de listes les unes dans les autres",
    "expected 'key: value' lines": "des lignes « clé: valeur » étaient attendues",
    "tag ": "les balises (!!…) ne sont pas admises : ",
}
"""French of what is refused here; the words of the YAML library stay as they are, and are said to be its own."""


def _reason(said: str) -> dict[str, str]:
    said = said.splitlines()[0]
    for english, french in _REASONS.items():
        if said.startswith(english):
            rest = said.removeprefix(english).removesuffix(" is not allowed")
            return {"reason_fr": french + rest, "reason_en": said}
    return {"reason_fr": f"erreur d'écriture, que le lecteur YAML nomme « {said} »", "reason_en": said}


def load_yaml(text: str, file: str) -> tuple[dict[str, Any], Problem | None]:
    """Mapping at the root of a YAML text (all scalars text), and what is wrong with it, if anything."""
    try:
        document = yaml.load(text, Loader=_TextLoader)  # noqa: S506  # a SafeLoader that resolves nothing
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        row = mark.line + 1 if mark else None
        return {}, Problem(
            "E-YAML", file, row=row, details=_reason(getattr(error, "problem", None) or str(error))
        )
    except RecursionError:
        return {}, Problem("E-YAML", file, details=_reason("too many lists inside one another"))
    if document in (None, ""):
        return {}, None
    if not isinstance(document, dict):
        return {}, Problem("E-YAML", file, details=_reason("expected 'key: value' lines"))
    return document, None


def _shown(path: Path) -> str:
    return "/".join(path.parts[-3:])
