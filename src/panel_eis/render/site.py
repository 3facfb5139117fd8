"""What makes pages a site: navigation, links from .qmd to .html, and the files that pages show."""

from __future__ import annotations

import re
from html import escape, unescape
from os.path import relpath
from typing import TYPE_CHECKING, Any

from panel_eis.files import write_bytes
from panel_eis.places import is_variable_page
from panel_eis.render.document import page_formats, read_settings, resolve
from panel_eis.wording import file_size

if TYPE_CHECKING:
    from pathlib import Path

    from panel_eis.render.document import Source

EXTENSIONS = {"html": ".html", "typst": ".pdf", "docx": ".docx"}
_LINK = re.compile(r'(href|src)="([^"#?]+)([#?][^"]*)?"')


def project_pages(root: Path) -> list[Path]:
    """List the pages of the project, in the order of `project: render:`."""
    patterns = [p.lstrip("/") for p in read_settings(root / "_quarto.yml")["project"]["render"]]
    return list(dict.fromkeys(page for pattern in patterns for page in sorted(root.resolve().glob(pattern))))


def output_path(root: Path, page: Path, fmt: str, out_dir: Path) -> Path:
    """Say where a page goes: the same path as its source, under `out_dir`."""
    return out_dir / page.resolve().relative_to(root.resolve()).with_suffix(EXTENSIONS[fmt])


def html_options(source: Source, out_dir: Path) -> list[str]:
    """Give pandoc's template its style sheets and its pieces of navigation, as paths from the page."""
    root, page, settings = source.root, source.page, source.settings
    variables = [("home", relpath(root / "index.html", page.parent))]
    for file in [output_path(root, page, fmt, out_dir) for fmt in page_formats(root, page) if fmt != "html"]:
        size = f", {file_size(file.stat().st_size, settings['lang'])}" if file.exists() else ""
        said = f"{settings['language']['download']} ({file.suffix[1:].upper()}{size})"
        variables.append(("other", f'<a href="{file.name}">{said}</a>'))
    variables += [("css", relpath(sheet, page.parent)) for sheet in settings.get("css", [])]
    bars = settings.get("website", {}).get("sidebar", [])
    variables += [("sidebar", _bar(source, bar)) for bar in bars if bar["id"] == settings.get("sidebar")]
    return [f"--variable={key}={value}" for key, value in variables]


def _bar(source: Source, bar: dict[str, Any]) -> str:
    entries, family = [], source.page.stem.split("-")[0]  # case-01 stands under cases
    for item in bar["contents"]:
        target = source.root / item["href"]
        place = "page" if target == source.page else "true" if target.stem.startswith(family) else ""
        current = f' aria-current="{place}"' if place else ""
        entries.append(f'<li><a href="/{escape(item["href"])}"{current}>{escape(item["text"])}</a></li>')
    return f"<ul>{''.join(entries)}</ul>"


def finish(text: str, source: Source, out_dir: Path) -> str:
    """Point links to rendered pages, copy the local files shown or offered, report what is missing."""

    def link(match: re.Match[str]) -> str:
        target = unescape(match[2])
        if re.match(r"\w+:|//", target):
            return match[0]
        path = resolve(source.root, source.page, target)
        page, suffix = path.with_suffix(".qmd"), path.suffix.replace(".qmd", ".html")
        if page.is_file() and suffix in [EXTENSIONS[fmt] for fmt in page_formats(source.root, page)]:
            path = path.with_suffix(suffix)
        elif path.is_file() and path.suffix != ".qmd" and path.is_relative_to(source.root):
            _copy(path, source.root, out_dir)
        elif not is_variable_page(path):
            source.report(f"the link {target} leads to nothing in the project", target)
        return f'{match[1]}="{escape(relpath(path, source.page.parent))}{match[3] or ""}"'

    finished = _LINK.sub(link, re.sub(r' id="toc-[^"]*"', "", text))  # the contents stand twice on a page
    source.stop_if_wrong()
    return finished


def _copy(file: Path, root: Path, out_dir: Path) -> None:
    content, to = file.read_bytes(), out_dir / file.relative_to(root)
    if not to.exists() or to.read_bytes() != content:
        write_bytes(to, content)
    for name in re.findall(r"url\([\"']?([^\"')]+)", content.decode()) if file.suffix == ".css" else ():
        _copy((file.parent / name).resolve(), root, out_dir)
