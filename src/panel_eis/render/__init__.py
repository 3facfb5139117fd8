"""Pages as HTML, PDF and DOCX: with Quarto where it is present, else with pandoc and Typst from the same documents.

The second road reads the part of Quarto that our documents use (`subset.yml`) and stops at anything else.

    project   settings merged from `_quarto.yml`, `_metadata.yml` and front matter
    source    includes, variables, and where each line came from
    pandoc    one page through pandoc (`filter.lua`, `page.html`, `page.typst`) and Typst
    site      navigation, links, files shown
    quarto    the program, if there
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from panel_eis.files import write_bytes
from panel_eis.render.pandoc import convert
from panel_eis.render.project import page_formats, page_settings, project_settings
from panel_eis.render.quarto import find_quarto, render_with_quarto
from panel_eis.render.site import finish, output_path, project_pages, template_variables, write_site_assets
from panel_eis.render.source import Source, page_dependencies

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


def render_page(root: Path, page: Path, fmt: Literal["html", "typst", "docx"], out_dir: Path) -> Path:
    """Render one page in one format under `out_dir` and return the file; nothing is written if anything is wrong."""
    root, page = root.resolve(), page.resolve()
    source = Source(root, page, page_settings(root, page, fmt)).read()
    written = output_path(root, page, fmt, out_dir)
    if fmt == "html":
        source.settings["page-footer"] = project_settings(root).get("website", {}).get("page-footer")
        text = convert(source, fmt, template_variables(source)).decode()
        content = finish(text, source, out_dir).encode()
    else:
        content = convert(source, fmt, {})
    write_bytes(written, content)
    return written
