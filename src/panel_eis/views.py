"""Any table of the paper in the format of somebody else's document, from the files that the build wrote.

A table exhibit is shown as its page shows it; the rows of its tidy file, or of a figure's, can be had as a table too.
Caption and notes (how to read, base, question, source) are those of the page, word for word.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from panel_eis.errors import UsageError, did_you_mean
from panel_eis.exhibits import find_exhibits
from panel_eis.pieces import KINDS, Asked, pieces
from panel_eis.tables import escape_markdown, pipe_table

if TYPE_CHECKING:
    from pathlib import Path

    from panel_eis.errors import Lang

FORMATS: Final = (*KINDS, "csv")
DIGITS: Final = 4
"""Significant digits of a number of the data, as in the fold under an exhibit; the CSV has them all."""
MOST: Final = 24
"""Characters beyond which a column gets no more room than others."""

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?")


def view(
    root: Path, label: str, fmt: str, lang: Lang, *, data: bool = False, standalone: bool = False
) -> bytes:
    """Give one exhibit as a table.

    Parameters
    ----------
    root
        The project, its exhibits built.
    label
        ``tbl-…`` or ``fig-…``; of a figure it is the table of its data.
    fmt
        One of ``FORMATS``; ``csv`` is the tidy file as it is, the same in both languages.
    lang
        Language of the table, its caption and notes.
    data
        The rows of the tidy file in place of the table as the page shows it.
    standalone
        A whole document, not a piece to be taken in.

    Raises
    ------
    UsageError
        An exhibit or a format that there is none of, or files that no build has written.
    RenderError
        If pandoc complains.

    """
    known = list(find_exhibits(root / "analyses"))
    if label not in known:
        raise UsageError(f"No exhibit is named {label!r}.{did_you_mean(label, known)}")
    if fmt not in FORMATS:
        raise UsageError(f"No format is named {fmt!r}.{did_you_mean(fmt, FORMATS)}")
    out = root / "build" / "exhibits"
    rows, fragment = out / f"{label}.csv", out / lang / f"{label}.md"
    if not (rows.is_file() and fragment.is_file()):
        raise UsageError(f"{label} is not built yet: run `panel-eis build`.")
    if fmt == "csv":
        return rows.read_bytes()
    source = fragment.read_text(encoding="utf-8")
    if data or label.startswith("fig-"):
        caption = json.loads((out / f"{label}.json").read_text(encoding="utf-8"))["caption"][lang]
        source = f"{_rows(rows, escape_markdown(caption), label, lang)}\n{source}"
    return pieces([Asked(source, fmt, lang, standalone)])[0]


def _rows(path: Path, caption: str, label: str, lang: Lang) -> str:
    """A tidy file as a pipe table: numbers rounded, in the digits of the language; texts as they are."""
    import pandas as pd  # noqa: PLC0415  # half a second that a wrong label does not have to wait for

    with path.open(encoding="utf-8") as stream:
        noted = stream.readline().startswith("#")
    frame = pd.read_csv(path, skiprows=int(noted), dtype=str, keep_default_na=False, encoding="utf-8")
    columns = [str(c) for c in frame]
    numeric = [c for c in columns if all(not cell or _NUMBER.fullmatch(cell) for cell in frame[c])]
    shown = frame.assign(**{c: [_number(cell, lang) for cell in frame[c]] for c in numeric})
    widths = [max(map(len, (column, *shown[column]))) for column in columns]
    return pipe_table(
        shown, caption, label, widths=tuple(min(max(w, 4), MOST) // 2 for w in widths),
        text=set(columns) - set(numeric),
    )  # fmt: skip


def _number(cell: str, lang: Lang) -> str:
    if not re.search(r"[.e]", cell):
        return cell.replace("-", "\u2212")
    text = f"{float(cell):.{DIGITS}g}".replace("-", "\u2212")
    return text.replace(".", ",") if lang == "fr" else text
