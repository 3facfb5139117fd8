"""Where things come from: digests of code that comments do not change, and the trail behind an exhibit."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panel_eis.errors import UsageError
from panel_eis.files import sha256, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from panel_eis.codebook import Codebook
    from panel_eis.errors import Lang
    from panel_eis.waves import Sidecar

PACKAGE = Path(__file__).parent
_READING = f"1 {sys.version_info.major}.{sys.version_info.minor}"
"""Way of reading code: what was kept by another one, or by a Python whose syntax trees differ, is not used."""


_KNOWN: dict[str, Any] = {}
"""What reading a file of code gave, by the hash of its bytes; a build keeps it from one run to the next."""


@contextmanager
def remembered(file: Path) -> Iterator[None]:
    """Keep in ``file`` what was read of each file of code: parsing two hundred of them takes a second.

    What is kept goes by content alone. A file that is missing or damaged costs that second again and nothing else.
    """
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = {}
    _KNOWN.clear()
    _KNOWN.update(kept if isinstance(kept, dict) and kept.pop("version", "") == _READING else {})
    before = set(_KNOWN)
    yield
    if set(_KNOWN) != before:
        write_text(file, json.dumps(_KNOWN | {"version": _READING}, sort_keys=True) + "\n")


@cache
def _reading(path: Path) -> dict[str, Any]:
    """Digests of a file of code with and without its docstrings, and what it imports from the package."""
    content = path.read_bytes()
    key = hashlib.sha256(content).hexdigest()
    if path.suffix != ".py":
        return {"code": key, "told": key, "imports": []}
    if key not in _KNOWN:
        tree = ast.parse(content.decode("utf-8"))
        told, imports = ast.dump(tree), _named_imports(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
                node.body = node.body[1:] or [ast.Pass()]
        digests = [hashlib.sha256(text.encode()).hexdigest() for text in (ast.dump(tree), told)]
        _KNOWN[key] = {"code": digests[0], "told": digests[1], "imports": imports}
    known: dict[str, Any] = _KNOWN[key]
    return known


def code_digest(path: Path, *, docstrings: bool = False) -> str:
    """Digest of what a Python file does: its syntax tree, without comments, layout and (by default) docstrings.

    A file that is not Python (a template, a filter) is digested by its bytes.
    """
    return str(_reading(path)["told" if docstrings else "code"])


@cache
def modules_behind(name: str) -> frozenset[Path]:
    """Files of a module of the package and of all that it imports from the package, at any depth.

    Parameters
    ----------
    name
        ``panel_eis.panel``, for instance.

    """
    found: dict[str, Path] = {}
    waiting = [name]
    while waiting:
        module = waiting.pop()
        path = _file(module)
        if module in found or path is None:
            continue
        found[module] = path
        waiting += _reading(path)["imports"]
    return frozenset(found.values())


def imports_of(path: Path) -> list[str]:
    """Modules of the package that a file imports, directly."""
    return [m for m in _reading(path)["imports"] if _file(m) is not None]


@cache
def _file(module: str) -> Path | None:
    parts = module.split(".")[1:]
    base = PACKAGE.joinpath(*parts)
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _named_imports(tree: ast.AST) -> list[str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [a.name for a in node.names if a.name.startswith("panel_eis")]
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("panel_eis"):
            names.append(node.module)
            names += [f"{node.module}.{a.name}" for a in node.names]
    return names


def digest_of(paths: Iterable[Path], *, docstrings: bool = False) -> str:
    """One digest for several files of code, whatever their order."""
    lines = sorted(f"{p.name} {code_digest(p, docstrings=docstrings)}" for p in paths)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def bytes_of(paths: Iterable[Path]) -> str:
    """One digest for several files of data, by name and content; a file that is not there counts as missing."""
    lines = [f"{p.name} {sha256(p) if p.exists() else 'missing'}" for p in paths]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def trace(root: Path, label: str, codebook: Codebook, sidecars: dict[str, Sidecar], lang: Lang) -> str:
    """The trail behind an exhibit: lines of the paper, then what the fold under it says, word for word.

    Raises
    ------
    UsageError
        When no exhibit has this label, or it was not built yet.

    """
    from panel_eis.comparability import assess  # noqa: PLC0415  # pandas, for this command alone
    from panel_eis.trail import as_lines, trail  # noqa: PLC0415

    path = root / "build" / "exhibits" / f"{label}.json"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*-*.json")))
        raise UsageError(f"No exhibit {label!r} has been built; known: {known or 'none (run make all)'}.")
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    lines = [label, f"  {record['caption'][lang]}", "", *(f"  {place}" for place in _cited(root, label)), ""]
    return "\n".join([*lines, *as_lines(trail(record, codebook, assess(codebook, sidecars), lang), lang)])


def _cited(root: Path, label: str) -> list[str]:
    places = []
    for page in sorted((root / "paper").glob("*/*.qmd")):
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
            if re.search(rf"(?<![\w-]){re.escape(label)}(?![\w-])", line):
                places.append(f"{page.relative_to(root)}:{number}")
    return places
