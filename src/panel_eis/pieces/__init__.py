"""Tables of the paper as pieces of other documents, by the pandoc that makes the pages.

The source is Markdown as the page includes it; ``view.lua`` keeps a table and its notes. Pieces are LaTeX (longtable,
booktabs), Typst, HTML, Markdown (pipe tables) or a Word document; no writer of ours stands between.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

import pypandoc

from panel_eis.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from panel_eis.errors import Lang

HERE: Final = Path(__file__).parent
REFERENCE: Final = HERE.parent / "render" / "reference.docx"
"""Styles of a Word document, those of the pages."""

TIMELESS: Final = "1704067200"
"""Seconds of the time that a Word document bears: the same bytes on every run."""


class Kind(NamedTuple):
    """A format: suffix of its files, pandoc's name for it."""

    suffix: str
    writer: str


KINDS: Final[Mapping[str, Kind]] = {
    "latex": Kind("tex", "latex-smart"),
    "typst": Kind("typ", "typst-smart"),
    "html": Kind("html", "html5"),
    "markdown": Kind("md", "markdown-smart-simple_tables-multiline_tables-grid_tables"),
    "docx": Kind("docx", "docx"),
}
NEEDS: Final = b"% \\usepackage{array,booktabs,calc,longtable}\n"
"""What a document that takes a LaTeX piece in has to load."""


class Asked(NamedTuple):
    """One piece: Markdown of the fragment (a table, a note, what is beside them on a page), one of ``KINDS``, language.

    ``standalone`` asks for a whole document; a Word file always is one.
    """

    source: str
    fmt: str
    lang: Lang
    standalone: bool = False


def pieces(asked: Sequence[Asked]) -> list[bytes]:
    """Turn fragments of pages into tables with caption and notes, all in one run of pandoc.

    Raises
    ------
    RenderError
        If pandoc complains of anything: nothing of a table is lost in silence.

    """
    with TemporaryDirectory() as folder:
        files = [Path(folder) / str(i) for i in range(len(asked))]
        told = [
            {
                "source": one.source, "writer": KINDS[one.fmt].writer, "lang": one.lang, "standalone": one.standalone,
                "reference": str(REFERENCE), "to": str(file),
            }
            for one, file in zip(asked, files, strict=True)
        ]  # fmt: skip
        env = os.environ | {"SOURCE_DATE_EPOCH": TIMELESS}
        command = [pypandoc.get_pandoc_path(), "lua", str(HERE / "view.lua")]
        done = subprocess.run(
            command, input=json.dumps(told).encode(), env=env, capture_output=True, check=False
        )
        if done.returncode or done.stderr:
            raise RenderError(f"pandoc failed: {done.stderr.decode().strip()}")
        made = [file.read_bytes() for file in files]
    return [
        NEEDS + content if one.fmt == "latex" and not one.standalone else content
        for one, content in zip(asked, made, strict=True)
    ]
