"""A page as Quarto reads it: settings merged, includes and variables put in, each line with its origin."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from panel_eis.errors import RenderError

HERE = Path(__file__).parent
SUBSET: dict[str, Any] = yaml.safe_load((HERE / "subset.yml").read_text(encoding="utf-8"))
_FRONT_MATTER = re.compile(r"\A---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)
_INCLUDE = re.compile(r"\s*\{\{<\s*include\s+(\S+)\s*>\}\}\s*")
_SHORTCODE = re.compile(r"\{(\{\{<.*?>\}\})\}|\{\{<\s*(var|meta)\s+(\S+)\s*>\}\}|\{\{<.*")
_SHOWN = re.compile(r"\{\{<\s*include\s+(\S+)|!\[[^]]*\]\(([^)\s]+)\)")


def read_yaml(file: Path) -> dict[str, Any]:
    """Read a YAML file, or the front matter of a page; empty where there is none."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    text = "".join(_FRONT_MATTER.findall(text)) if file.suffix == ".qmd" else text
    try:
        return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}  # noqa: S506 (safe, in C)
    except yaml.YAMLError as error:
        raise RenderError(f"{file.parent.name}/{file.name}: not valid YAML: {error}") from error


def read_settings(file: Path) -> dict[str, Any]:
    """Read one layer of settings; stop at a key or a value that is not known."""
    return deepcopy(_settings(file, file.read_bytes() if file.exists() else b""))


@cache
def _settings(file: Path, _: bytes) -> dict[str, Any]:
    """Read settings once for each content: a build asks for those of the project a thousand times."""
    settings = read_yaml(file)
    formats = given if isinstance(given := settings.get("format", {}), dict) else {given: {}}
    settings["format"] = {name: own if isinstance(own, dict) else {} for name, own in formats.items()}
    _check(settings, SUBSET["project" if file.name == "_quarto.yml" else "document"], "", file)
    return settings


def _check(value: Any, known: Any, key: str, file: Path) -> None:
    if isinstance(value, list):
        for item in value:
            _check(item, known, key, file)
    elif isinstance(value, dict) and isinstance(known, dict):
        for name, inner in value.items():
            _check(inner, known.get(name), name, file)
    elif known != "any" and value not in (known if isinstance(known, list) else ()):
        named = rf"(?m)(?<![\w-]){re.escape(key)}['\"]?\s*(?::|$)"
        line = re.split(named, file.read_text(encoding="utf-8"))[0].count("\n") + 1
        wrong = f"`{key}: {value}` is not supported" if known else f"the key `{key}` is not known"
        raise RenderError(f"{file.parent.name}/{file.name}:{line}: {wrong}; what is: render/subset.yml")


def settings_files(root: Path, page: Path) -> list[Path]:
    """List where the settings of a page come from, the weakest first; `_metadata.yml` need not exist."""
    beside = [folder / "_metadata.yml" for folder in page.parents[::-1] if folder.is_relative_to(root)]
    return [root / "_quarto.yml", *beside, page]


def page_formats(root: Path, page: Path) -> list[str]:
    """List the formats of a page: its own and its folders', else the project's."""
    project, *nearer = [read_settings(file)["format"] for file in settings_files(root, page)]
    return list(dict.fromkeys([name for formats in reversed(nearer) for name in formats] or project))


def page_settings(root: Path, page: Path, fmt: str) -> dict[str, Any]:
    """Merge the settings of a page in one format, as Quarto does: the nearest wins; files become paths."""
    merged: dict[str, Any] = {"lang": "en", "default-image-extension": "svg"}
    for file in settings_files(root, page):
        layer = read_settings(file)
        layer = _merge(layer, layer.pop("format").get(fmt, {}))
        for key in layer.keys() & set(SUBSET["files"]):
            names = layer[key] if isinstance(layer[key], list) else [layer[key]]
            layer[key] = [(file.parent / name).resolve() for name in names]
        merged = _merge(merged, layer)
    return merged | {"language": SUBSET["words"][merged["lang"][:2]] | merged.get("language", {})}


def _merge(base: Any, nearer: Any) -> Any:
    if isinstance(base, dict) and isinstance(nearer, dict):
        return base | {key: _merge(base.get(key), value) for key, value in nearer.items()}
    return base + nearer if isinstance(base, list) and isinstance(nearer, list) else nearer


def resolve(root: Path, page: Path, name: str) -> Path:
    """Follow a path as Quarto does: from the page rendered, also inside includes; from the root with /."""
    return (root / name.lstrip("/") if name.startswith("/") else page.parent / name).resolve()


def page_dependencies(root: Path, page: Path) -> list[Path]:
    """List the files that a page is made of; what it includes or shows need not exist yet."""
    root, page = root.resolve(), page.resolve()
    settings = [page_settings(root, page, fmt) for fmt in page_formats(root, page)]
    found = [page]
    for file in found:
        text = file.read_text(encoding="utf-8") if file.suffix in (".qmd", ".md") and file.is_file() else ""
        named = [root / "_variables.yml"] * bool(re.search(r"\{\{<\s*var\s", text))
        kinds = [f".{each['default-image-extension']}" for each in settings]
        for name in map("".join, _SHOWN.findall(text)):
            named += [resolve(root, page, name + kind) for kind in ([""] if Path(name).suffix else kinds)]
        found += [path for path in named if path not in found]
    files = [f for each in settings for key in SUBSET["files"] for f in each.get(key, []) if f.suffix]
    return sorted({*found, *files, *filter(Path.is_file, [*settings_files(root, page), *HERE.iterdir()])})


@dataclass
class Source:
    """A page being read: its lines, and what is wrong with them, told all at once."""

    root: Path
    page: Path
    settings: dict[str, Any]
    variables: dict[str, Any]
    lines: list[tuple[str, tuple[Path, int]]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def report(self, message: str, token: str = "", place: tuple[Path, int] | None = None) -> None:
        """Remember a problem and where it is: at `place`, or on the first line that has `token`."""
        found = [at for text, at in self.lines if token and token in text]
        file, line = place or (found or [(self.page, 1)])[0]
        self.problems.append(f"{file.relative_to(self.root)}:{line}: {message}")

    def stop_if_wrong(self) -> None:
        """Raise everything that was reported."""
        if self.problems:
            raise RenderError("The page would lose something:\n" + "\n".join(dict.fromkeys(self.problems)))

    def read(self, file: Path, *trail: Path) -> None:
        """Take in the lines of a file and of all that it includes."""
        text = file.read_text(encoding="utf-8")
        text = text if trail else _FRONT_MATTER.sub(lambda found: "\n" * found[0].count("\n"), text)
        for number, line in enumerate(text.splitlines(), 1):
            place = (file, number)
            if include := _INCLUDE.fullmatch(line):
                target = resolve(self.root, self.page, include[1])
                if target.is_file() and target not in (file, *trail):
                    self.read(target, file, *trail)
                else:
                    wrong = "includes itself" if target.is_file() else "does not exist"
                    self.report(f"cannot include {include[1]}: it {wrong}", place=place)
                continue
            for pattern, wrong in SUBSET["foreign"]:
                if found := re.search(pattern, line):
                    self.report(f"{wrong}: {found[0].strip()}", place=place)
            self.lines.append((self._fill(line, place), place))

    def _fill(self, text: str, place: tuple[Path, int], *, encode: bool = False) -> str:
        """Put in the values of shortcodes, once: what stands in a value is not looked at again."""

        def value(found: re.Match[str]) -> str:
            escaped, kind, name = found.groups()
            known: Any = {"var": self.variables, "meta": self.settings}.get(kind)
            for part in (name or "").split("."):
                known = known.get(part) if isinstance(known, dict) else None
            if not escaped and not isinstance(known, str | int | float):
                self.report(f"unknown shortcode or undefined variable: {found[0]}", place=place)
            return json.dumps(str(known))[1:-1] if encode else escaped or str(known)

        return _SHORTCODE.sub(value, text)

    def text(self) -> str:
        """Give the page to pandoc: all settings as front matter, then the lines."""
        settings = {key: value for key, value in self.settings.items() if key not in SUBSET["files"]}
        settings["folder"] = f"/{self.page.parent.relative_to(self.root).as_posix()}/"
        front = self._fill(json.dumps(settings), (self.page, 1), encode=True)
        return "\n".join(["---", front, "---", "", *(line for line, _ in self.lines), ""])
