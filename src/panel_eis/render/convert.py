"""One page through pandoc, and for PDF through Typst: every complaint of either stops the page."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pypandoc
import typst

from panel_eis.errors import RenderError
from panel_eis.pieces import TIMELESS
from panel_eis.render.document import HERE, SUBSET

if TYPE_CHECKING:
    from panel_eis.render.document import Source

_COMPLAINT = re.compile(r"(?m)^@@(.*)\t(.*)|^\[WARNING\] (?:.*(?:citation|identifier) '?([\w:-]+))?.*")


def convert(source: Source, fmt: str, more: list[str]) -> bytes:
    """Make the page in one format: pandoc is told `<fmt>.yaml`, what the settings say, and `more`."""
    options = [f"--defaults={HERE / fmt}.yaml", *more, *["--toc"] * bool(source.settings.get("toc"))]
    for key, option in SUBSET["options"].items():
        given = source.settings.get(key, [])
        options += [f"--{option}={value}" for value in (given if isinstance(given, list) else [given])]
    command, text = [pypandoc.get_pandoc_path(), *options], source.text().encode()
    here, env = source.page.parent, os.environ | {"SOURCE_DATE_EPOCH": TIMELESS}
    done = subprocess.run(command, input=text, cwd=here, env=env, capture_output=True, check=False)
    said = done.stderr.decode()
    for found in _COMPLAINT.finditer(said):
        source.report(found[2] or found[0], found[1] or found[3] or "")
    if done.returncode and not source.problems:
        source.report(f"pandoc failed: {said}")
    source.stop_if_wrong()
    return _pdf(source, done.stdout) if fmt == "typst" else done.stdout


def _pdf(source: Source, markup: bytes) -> bytes:
    root, fonts = str(source.root), [str(path) for path in source.settings.get("font-paths", [])]
    how = {"root": root, "font_paths": fonts, "ignore_system_fonts": True, "pdf_standards": ["ua-1"]}
    try:
        return bytes(typst.compile(markup, **how))  # type: ignore[call-overload]
    except typst.TypstError as error:
        raise RenderError(f"{source.page.name}: Typst failed:\n{error.diagnostic}") from error
