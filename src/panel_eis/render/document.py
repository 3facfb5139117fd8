"""A page as Quarto reads it: its settings merged, its includes and variables put in, every line with its origin."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from panel_eis.errors import RenderError

HERE = Path(__file__).parent
SUBSET: dict[str, Any] = yaml.safe_load((HERE / "subset.yml").read_text(encoding="utf-8"))
_FRONT_MATTER = re.compile(r"\A---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)
_INCLUDE = re.compile(r"\s*\{\{<\s*include\s+(\S+)\s*>\}\}\s*")
_SHORTCODE = re.compile(r"\{(?P<escaped>\{\{<.*?>\}\})\}|\{\{<\s*(?P<kind>var|meta)\s+(?P<name>\S+)\s*>\}\}|\{\{<.*")
_CELL = re.compile(r"\s*(`{3,}|~{3,})\s*\{\s*[A-Za-z]\w*[\s,}]|.*`\{(python|r|julia)\}", re.IGNORECASE)
_NAMED = re.compile(r"(?:include\s+|\]\(|href=\"|src=\")([^)\s\"#?:]+)[)\s\"#?]")

Place = tuple[Path, int]


def read_settings(file: Path) -> dict[str, Any]:
    """Read one layer of settings: a YAML file or the front matter of a page; stop at a key that is not known."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    if file.suffix == ".qmd":
        text = found[1] if (found := _FRONT_MATTER.match(text)) else ""
    try:
        settings: dict[str, Any] = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise RenderError(f"{file.parent.name}/{file.name}: not valid YAML: {error}") from error
    if isinstance(settings.get("format"), str):
        settings["format"] = {settings["format"]: "default"}
    _check(settings, SUBSET["project" if file.name == "_quarto.yml" else "document"], "", file)
    return settings


def _check(value: Any, known: Any, key: str, file: Path) -> None:
    if isinstance(value, list):
        for item in value:
            _check(item, known, key, file)
    elif isinstance(value, dict) and isinstance(known, dict):
        for name, inner in value.items():
            _check(inner, known.get(name), name, file)
    elif known != "any" and value not in (known if isinstance(known, list) else ["default"] * bool(known)):
        lines = enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        line = next((n for n, text in lines if re.search(rf"(?<![\w-]){re.escape(key)}['\"]?\s*:", text)), 1)
        problem = f"`{key}: {value}` is not supported" if known else f"the key `{key}` is not known"
        raise RenderError(f"{file.parent.name}/{file.name}:{line}: {problem} (what is: render/subset.yml)")


def settings_files(root: Path, page: Path) -> list[Path]:
    """List where the settings of a page come from, the weakest first; `_metadata.yml` need not exist."""
    folders = [folder for folder in reversed(page.parents) if folder.is_relative_to(root)]
    return [root / "_quarto.yml", *(folder / "_metadata.yml" for folder in folders), page]


def page_formats(root: Path, page: Path) -> list[str]:
    """List the formats of a page: its own and its folders', else the project's."""
    project, *nearer = [read_settings(file).get("format", {}) for file in settings_files(root, page)]
    return list(dict.fromkeys([name for formats in reversed(nearer) for name in formats] or project))


def page_settings(root: Path, page: Path, fmt: str) -> dict[str, Any]:
    """Merge all settings of a page in one format as Quarto does, the nearest winning; files as lists of paths."""
    merged: dict[str, Any] = {"lang": "en", "default-image-extension": "svg"}
    for file in settings_files(root, page):
        layer = read_settings(file)
        own = layer.pop("format", {}).get(fmt)
        layer = _merge(layer, own if isinstance(own, dict) else {})
        for key in layer.keys() & set(SUBSET["files"]):
            names = layer[key] if isinstance(layer[key], list) else [layer[key]]
            layer[key] = [(file.parent / name).resolve() for name in names]
        merged = _merge(merged, layer)
    merged["language"] = SUBSET["words"][merged["lang"][:2]] | merged.get("language", {})
    return merged


def _merge(base: Any, nearer: Any) -> Any:
    if isinstance(base, dict) and isinstance(nearer, dict):
        return base | {key: _merge(base.get(key), value) for key, value in nearer.items()}
    return base + nearer if isinstance(base, list) and isinstance(nearer, list) else nearer


def resolve(root: Path, page: Path, name: str) -> Path:
    """Follow a path as Quarto does: from the page that is rendered, also inside includes, or from the root with /."""
    return (root / name.lstrip("/") if name.startswith("/") else page.parent / name).resolve()


def page_dependencies(root: Path, page: Path) -> list[Path]:
    """List every file that a page is made of, found by reading: what it includes, shows or links need not exist yet."""
    root, page = root.resolve(), page.resolve()
    settings = [page_settings(root, page, fmt) for fmt in page_formats(root, page)]
    found = [page]
    for file in found:
        text = file.read_text(encoding="utf-8") if file.suffix in {".qmd", ".md"} and file.is_file() else ""
        named = [root / "_variables.yml"] if re.search(r"\{\{<\s*var\s", text) else []
        for path in (resolve(root, page, name) for name in _NAMED.findall(text)):
            named += [path] if path.suffix else [path.with_suffix(f".{s['default-image-extension']}") for s in settings]
        found += [path for path in named if path not in found and path.suffix not in {".qmd", ".html", ".pdf", ".docx"}]
    files = [path for each in settings for key in SUBSET["files"] for path in each.get(key, [])]
    return sorted({*found, *filter(Path.is_file, [*files, *settings_files(root, page), *HERE.iterdir()])})


@dataclass
class Source:
    """A page being read: its lines, and what is wrong with them, told all at once."""

    root: Path
    page: Path
    settings: dict[str, Any]
    lines: list[tuple[str, Place]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def report(self, message: str, token: str = "", place: Place | None = None) -> None:
        """Remember a problem and where it is: at `place`, or on the first line that has `token`."""
        found = (origin for text, origin in self.lines if token and token in text)
        file, line = place or next(found, (self.page, 1))
        self.problems.append(f"{file.relative_to(self.root)}:{line}: {message}")

    def stop_if_wrong(self) -> None:
        """Raise everything that was reported."""
        if self.problems:
            raise RenderError("\n".join(["This page cannot be rendered without loss:", *dict.fromkeys(self.problems)]))

    def read(self, file: Path, *trail: Path) -> None:
        """Take in the lines of a file and of all that it includes."""
        text = file.read_text(encoding="utf-8")
        if not trail:
            variables = self.root / "_variables.yml"
            self.variables = yaml.safe_load(variables.read_text(encoding="utf-8")) if variables.exists() else {}
            text = _FRONT_MATTER.sub(lambda found: "\n" * found[0].count("\n"), text)
        for place, line in (((file, n), line) for n, line in enumerate(text.splitlines(), 1)):
            if include := _INCLUDE.fullmatch(line):
                target = resolve(self.root, self.page, include[1])
                if target in (file, *trail) or not target.is_file():
                    wrong = "it includes itself" if target in (file, *trail) else "it does not exist"
                    self.report(f"cannot include {include[1]}: {wrong}", place=place)
                else:
                    self.read(target, file, *trail)
                continue
            if _CELL.match(line):
                self.report(f"executable code `{line.strip()}`: computations belong to the pipeline", place=place)
            self.lines.append((_SHORTCODE.sub(lambda found, at=place: self.expand(found, at), line), place))

    def expand(self, found: re.Match[str], place: Place) -> str:
        """Put in the value of a shortcode, once: what stands in the value is not looked at again."""
        if found["escaped"]:
            return found["escaped"]
        value: Any = {"var": self.variables, "meta": self.settings}.get(found["kind"] or "")
        for part in (found["name"] or "").split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is None or isinstance(value, dict | list):
            self.report(f"unknown shortcode or undefined variable: {found[0]}", place=place)
        return str(value)

    def text(self) -> str:
        """Give the page to pandoc: all settings as front matter, then the lines."""
        ours = {
            "folder": f"/{self.page.parent.relative_to(self.root).as_posix()}/",
            "by-author": [{"name": {"literal": name}} for name in self.settings.get("author", [])],
            "labels": {"abstract": self.settings["language"]["section-title-abstract"]},
        }
        front = json.dumps(ours | {k: v for k, v in self.settings.items() if k not in SUBSET["files"]})
        front = _SHORTCODE.sub(lambda found: json.dumps(self.expand(found, (self.page, 1)))[1:-1], front)
        return "\n".join(["---", front, "---", "", *(line for line, _ in self.lines), ""])
