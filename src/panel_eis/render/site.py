"""What makes pages a site: navigation, links from .qmd to .html, and the files that pages show."""

from __future__ import annotations

import re
from html import escape, unescape
from os.path import relpath
from typing import TYPE_CHECKING, Any

from panel_eis.files import write_bytes
from panel_eis.render.project import EXTENSIONS, page_formats, page_settings, project_settings, read_yaml
from panel_eis.render.source import resolve

if TYPE_CHECKING:
    from pathlib import Path

    from panel_eis.render.source import Source

_LINK = re.compile(r'(href|src)="([^"#?]+)([#?][^"]*)?"')
_CSS_FILE = re.compile(r"url\([\"']?([^\"')]+)[\"']?\)")
_OTHER_FORMATS = {"typst": "PDF", "docx": "MS Word"}


def project_pages(root: Path) -> list[Path]:
    """The pages of the project, in the order of `project: render:`."""
    patterns = project_settings(root).get("project", {}).get("render", ["**/*.qmd"])
    return list(dict.fromkeys(page for pattern in patterns for page in sorted(root.resolve().glob(pattern))))


def output_path(root: Path, page: Path, fmt: str, out_dir: Path) -> Path:
    """Where a page goes: the same path as its source, under `out_dir`."""
    return out_dir / page.relative_to(root).with_suffix(f".{EXTENSIONS[fmt]}")


def template_variables(source: Source) -> dict[str, Any]:
    """Ready-made pieces of HTML for `page.html`: style sheets, bars of navigation, other formats."""
    root, page = source.root, source.page
    website = project_settings(root).get("website", {})
    sidebars = website.get("sidebar", [])
    for sidebar in sidebars if isinstance(sidebars, list) else [sidebars]:
        items = _items(source, sidebar.get("contents", []))
        if 'aria-current="page"' in items:
            break
    else:
        items, sidebar = "", {}
    bar = website.get("navbar", {})
    others = [fmt for fmt in page_formats(root, page) if fmt in _OTHER_FORMATS]
    return {
        "css": [relpath(path, page.parent) for path in source.settings.get("css", [])],
        "site-title": escape(bar.get("title") or website.get("title", "")),
        "home": relpath(root / "index.html", page.parent),
        "navbar": _items(source, bar["right"]) if "right" in bar else "",
        "sidebar": items,
        "sidebar-title": escape(sidebar.get("title", "")),
        "other-formats": "".join(
            f'<li><a href="{page.stem}.{EXTENSIONS[fmt]}">{_OTHER_FORMATS[fmt]}</a></li>' for fmt in others
        ),
        "word": {key: escape(word) for key, word in source.settings["language"].items()},
    }


def _items(source: Source, contents: list[Any]) -> str:
    entries = []
    for item in contents:
        entry = {"href": item} if isinstance(item, str) else item
        if "section" in entry:
            inner = _items(source, entry.get("contents", []))
            entries.append(f"<li><span>{escape(entry['section'])}</span>{inner}</li>")
            continue
        target = resolve(source.root, source.root / "_quarto.yml", entry["href"])
        text = entry.get("text") or read_yaml(target).get("title", target.stem)
        current = ' aria-current="page"' if target == source.page else ""
        href = entry["href"] if ":" in entry["href"] else relpath(target, source.page.parent)
        entries.append(f'<li><a href="{escape(href)}"{current}>{escape(text)}</a></li>')
    return f"<ul>{''.join(entries)}</ul>"


def finish(text: str, source: Source, out_dir: Path) -> str:
    """Point links to rendered pages and copy every local file that the page shows or offers; report what is missing."""

    def link(match: re.Match[str]) -> str:
        attribute, target, rest = match[1], unescape(match[2]), match[3] or ""
        if re.match(r"\w+:|//", target):
            if attribute == "src":
                source.report_token(target, f"{target} would be loaded from the network")
            return match[0]
        path = resolve(source.root, source.page, target)
        page = path.with_suffix(".qmd")
        suffix = ".html" if path.suffix == ".qmd" else path.suffix
        if page.is_file() and suffix in {f".{EXTENSIONS[fmt]}" for fmt in page_formats(source.root, page)}:
            path = path.with_suffix(suffix)
        elif path.is_file() and path.suffix != ".qmd" and path.is_relative_to(source.root):
            _copy(path, out_dir / path.relative_to(source.root))
        else:
            source.report_token(target, f"the link {target} leads nowhere")
        return f'{attribute}="{escape(relpath(path, source.page.parent))}{rest}"'

    finished = _LINK.sub(link, re.sub(r' id="toc-[^"]*"', "", text))  # the contents stand on a page twice
    source.stop_if_any()
    return finished


def write_site_assets(root: Path, out_dir: Path) -> list[Path]:
    """Copy the style sheets of all pages, and the fonts that they name, to the same relative place; return them."""
    root = root.resolve()
    sheets = [css for page in project_pages(root) for css in page_settings(root, page, "html", strict=False).get("css", [])]
    named = [(css.parent / name).resolve() for css in sheets for name in _CSS_FILE.findall(css.read_text(encoding="utf-8"))]
    files = list(dict.fromkeys([*sheets, *named]))
    for file in files:
        _copy(file, out_dir / file.relative_to(root))
    return [out_dir / file.relative_to(root) for file in files]


def _copy(file: Path, to: Path) -> None:
    content = file.read_bytes()
    if not to.exists() or to.read_bytes() != content:
        write_bytes(to, content)
