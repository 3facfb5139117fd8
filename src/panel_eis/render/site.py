"""What makes pages a site: navigation, links from .qmd to .html, and the files that pages show."""

from __future__ import annotations

import re
from html import escape, unescape
from os.path import relpath
from typing import TYPE_CHECKING, Any

from panel_eis.files import write_bytes
from panel_eis.render.document import page_formats, page_settings, read_settings, resolve

if TYPE_CHECKING:
    from pathlib import Path

    from panel_eis.render.document import Source

EXTENSIONS = {"html": ".html", "typst": ".pdf", "docx": ".docx"}
_LINK = re.compile(r'(href|src)="([^"#?]+)([#?][^"]*)?"')
_CSS_FILE = re.compile(r"url\([\"']?([^\"')]+)[\"']?\)")
_CONTENTS_ID = re.compile(r' id="toc-[^"]*"')


def project_pages(root: Path) -> list[Path]:
    """List the pages of the project, in the order of `project: render:`."""
    patterns = read_settings(root / "_quarto.yml")["project"]["render"]
    return list(dict.fromkeys(page for pattern in patterns for page in sorted(root.resolve().glob(pattern))))


def html_options(source: Source) -> list[str]:
    """Give pandoc's template its style sheets and its pieces of navigation, as paths from the page."""
    root, page, settings = source.root, source.page, source.settings
    bars = [_bar(source, bar) for bar in settings.get("website", {}).get("sidebar", [])]
    others = [(EXTENSIONS[fmt], fmt) for fmt in page_formats(root, page) if fmt != "html"]
    links = [f'<li><a href="{page.stem}{ext}">{ext[1:].upper()}</a></li>' for ext, _ in others]
    variables = {
        "home": relpath(root / "index.html", page.parent),
        "sidebar": next((bar for bar in bars if "aria-current" in bar), ""),
        "other-formats": "".join(links),
    }
    sheets = [f"--css={relpath(sheet, page.parent)}" for sheet in settings.get("css", [])]
    return [*sheets, *(f"--variable={key}={value}" for key, value in variables.items() if value)]


def _bar(source: Source, bar: dict[str, Any]) -> str:
    entries = []
    for item in bar["contents"]:
        target = resolve(source.root, source.root / "_quarto.yml", item["href"])
        current = ' aria-current="page"' if target == source.page else ""
        href = relpath(target, source.page.parent)
        entries.append(f'<li><a href="{escape(href)}"{current}>{escape(item["text"])}</a></li>')
    return f'<p class="nav-title">{escape(bar["title"])}</p><ul>{"".join(entries)}</ul>'


def finish(text: str, source: Source, out_dir: Path) -> str:
    """Point links to rendered pages, copy each local file that is shown or offered, report what is missing."""

    def link(match: re.Match[str]) -> str:
        target = unescape(match[2])
        if re.match(r"\w+:|//", target) and match[1] == "href":
            return match[0]
        path = resolve(source.root, source.page, target)
        page = path.with_suffix(".qmd")
        suffix = ".html" if path.suffix == ".qmd" else path.suffix
        if page.is_file() and suffix in {EXTENSIONS[fmt] for fmt in page_formats(source.root, page)}:
            path = path.with_suffix(suffix)
        elif path.is_file() and path.suffix != ".qmd" and path.is_relative_to(source.root):
            _copy(path, out_dir / path.relative_to(source.root))
        else:
            source.report(f"{target} is not in the project, so the link leads nowhere", target)
        return f'{match[1]}="{escape(relpath(path, source.page.parent))}{match[3] or ""}"'

    finished = _LINK.sub(link, _CONTENTS_ID.sub("", text))  # the contents stand twice on a page
    source.stop_if_wrong()
    return finished


def write_site_assets(root: Path, out_dir: Path) -> list[Path]:
    """Copy the style sheets of all pages, and the fonts that they name, to the same relative place; return them."""
    root = root.resolve()
    files = [sheet for page in project_pages(root) for sheet in page_settings(root, page, "html").get("css", [])]
    for sheet in dict.fromkeys(files):
        named = _CSS_FILE.findall(sheet.read_text(encoding="utf-8"))
        files += [(sheet.parent / name).resolve() for name in named]
    written = [(file, out_dir / file.relative_to(root)) for file in dict.fromkeys(files)]
    for file, to in written:
        _copy(file, to)
    return [to for _, to in written]


def _copy(file: Path, to: Path) -> None:
    if not to.exists() or to.read_bytes() != file.read_bytes():
        write_bytes(to, file.read_bytes())
