"""One page through pandoc, and for PDF through Typst: every complaint of either stops the page."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pypandoc
import typst

from panel_eis.errors import RenderError
from panel_eis.render.document import HERE

if TYPE_CHECKING:
    from panel_eis.render.document import Source

# What becomes an option of pandoc; with html.yaml, typst.yaml and docx.yaml that is all it is told.
_OPTIONS = {
    "bibliography": "bibliography",
    "csl": "csl",
    "filters": "lua-filter",
    "include-in-header": "include-in-header",
    "reference-doc": "reference-doc",
    "default-image-extension": "default-image-extension",
    "toc-depth": "toc-depth",
}
_COMPLAINT = re.compile(r"^@@(?P<token>.*)\t(?P<said>.*)|^\[WARNING\] (?P<warning>.*(?:\n  .*)*)", re.MULTILINE)


def convert(source: Source, fmt: str, more: list[str]) -> bytes:
    """Make the page in one format; `more` are further options of pandoc."""
    options = [f"--defaults={HERE / fmt}.yaml", *more, *["--toc"] * (source.settings.get("toc") is True)]
    for key, option in _OPTIONS.items():
        given = source.settings.get(key, [])
        options += [f"--{option}={value}" for value in (given if isinstance(given, list) else [given])]
    if fmt != "html" and not any(line.startswith("# ") for line, _ in source.lines):
        options.append("--shift-heading-level-by=-1")  # as Quarto does: sections that start at ## are the first level
    done = subprocess.run(
        [pypandoc.get_pandoc_path(), *options],
        input=source.text().encode(),
        cwd=source.page.parent,
        env=os.environ | {"SOURCE_DATE_EPOCH": "1704067200"},
        capture_output=True,
        check=False,
    )
    said = done.stderr.decode()
    for found in _COMPLAINT.finditer(said):
        warning = " ".join((found["warning"] or "").split())
        key = re.search(r"[Cc]itation '?([\w:-]+)|identifier '(\S+)'", warning)
        source.report(found["said"] or warning, found["token"] or (key and (key[1] or key[2])) or "")
    if done.returncode and not source.problems:
        source.report(f"pandoc failed: {said}")
    source.stop_if_wrong()
    return _pdf(source, done.stdout) if fmt == "typst" else done.stdout


def _pdf(source: Source, markup: bytes) -> bytes:
    fonts = [str(path) for path in source.settings.get("font-paths", [])]
    try:
        return bytes(
            typst.compile(
                markup, root=str(source.root), font_paths=fonts, ignore_system_fonts=True, pdf_standards=["ua-1"]
            )
        )
    except typst.TypstError as error:
        raise RenderError(f"{source.page.relative_to(source.root)}: Typst failed:\n{error.diagnostic}") from error
