"""Pages as HTML, PDF and DOCX: by Quarto where it is present, else by pandoc and Typst from the same documents.

The second road reads the part of Quarto that our documents use (`subset.yml`) and stops at anything else.

    document  settings merged, includes and variables put in, every line with its origin
    convert   one page through pandoc (`filter.lua`, `page.html`, `page.typst`) and Typst
    site      navigation, links, files shown
    quarto    the program, where it is present
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from panel_eis.files import write_bytes
from panel_eis.render.convert import convert
from panel_eis.render.document import Source, page_dependencies, page_formats, page_settings
from panel_eis.render.quarto import find_quarto, render_with_quarto
from panel_eis.render.site import EXTENSIONS, finish, html_options, project_pages, write_site_assets

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "find_quarto",
    "output_path",
    "page_dependencies",
    "page_formats",
    "project_pages",
    "render_page",
    "render_with_quarto",
    "write_site_assets",
]


def output_path(root: Path, page: Path, fmt: str, out_dir: Path) -> Path:
    """Say where a page goes: the same path as its source, under `out_dir`."""
    return out_dir / page.resolve().relative_to(root.resolve()).with_suffix(EXTENSIONS[fmt])


def render_page(root: Path, page: Path, fmt: Literal["html", "typst", "docx"], out_dir: Path) -> Path:
    """Render one page in one format under `out_dir` and return the file; if anything is wrong, nothing is written."""
    root, page = root.resolve(), page.resolve()
    source = Source(root, page, page_settings(root, page, fmt))
    source.read(page)
    for key in SUBSET["files"]:
        ...
    content = convert(source, fmt, html_options(source) if fmt == "html" else [])
    if fmt == "html":
        content = finish(content.decode(), source, out_dir).encode()
    write_bytes(output_path(root, page, fmt, out_dir), content)
    return output_path(root, page, fmt, out_dir)
