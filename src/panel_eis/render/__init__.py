"""Pages as HTML, PDF and DOCX: by Quarto where present, else by pandoc and Typst from the same documents.

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
from panel_eis.render.document import Source, page_dependencies, page_formats, page_settings, read_yaml
from panel_eis.render.mended import mend_quarto_pages
from panel_eis.render.quarto import find_quarto, render_with_quarto, renderer_versions
from panel_eis.render.site import finish, html_options, output_path, project_pages

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["find_quarto", "output_path", "page_dependencies", "page_formats", "page_settings"]
__all__ += ["mend_quarto_pages", "project_pages", "render_page", "render_with_quarto", "renderer_versions"]


def render_page(root: Path, page: Path, fmt: Literal["html", "typst", "docx"], out_dir: Path) -> Path:
    """Render one page in one format and return the file; if anything is wrong, nothing is written.

    `out_dir` is the folder of the whole site: a page goes to the same path below it as its source has below
    `root`, the folder of `_quarto.yml`. `typst` is Quarto's name for the PDF.
    """
    root, page = root.resolve(), page.resolve()
    source = Source(root, page, page_settings(root, page, fmt), read_yaml(root / "_variables.yml"))
    source.read(page)
    source.stop_if_wrong()
    content = convert(source, fmt, html_options(source, out_dir) if fmt == "html" else [])
    if fmt == "html":
        content = finish(content.decode(), source, out_dir).encode()
    written = output_path(root, page, fmt, out_dir)
    write_bytes(written, content)
    return written
