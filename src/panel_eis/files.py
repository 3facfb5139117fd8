"""Writing files so that a reader sees the old one or the new one, never half of one.

A run killed halfway, or a full disk, leaves the former output as it was. All text is UTF-8 with LF, so the
same content is the same bytes on every machine.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

FLOAT_FORMAT = "%.8g"
"""Eight significant digits repeat across CPU kernels; seventeen do not."""


_FORMULA = re.compile(
    r"(?:^|(?<=[;|\t\r\n]))(?=[\s\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20])|^(?=[\t\r])"
)
_NUMBER = re.compile(r"[+-]?[0-9][0-9 \u00a0\u202f.,]*")


@contextmanager
def replacing(path: Path, *, mode: int = 0o644) -> Iterator[Path]:
    """Yield a temporary path in the same folder; it takes the place of ``path`` when the block succeeds.

    The suffix is kept, since writers (matplotlib, pandas, Typst) choose their format by it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Write UTF-8 text with LF line ends, atomically; ``mode`` says who may read it."""
    with replacing(path, mode=mode) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes, atomically."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_csv(
    path: Path, frame: pd.DataFrame, *, index: bool = False, header_note: str = "", private: bool = False
) -> None:
    """Write ``csv_text`` of a frame, atomically; a private file is for its owner alone."""
    write_text(path, csv_text(frame, index=index, header_note=header_note), mode=0o600 if private else 0o644)


def csv_text(frame: pd.DataFrame, *, index: bool = False, header_note: str = "") -> str:
    """Text of a frame as CSV (LF, eight significant digits), in which no spreadsheet finds a formula.

    ``header_note`` becomes a first line starting with ``#``: where the data come from must travel with them.
    """
    body = _neutral(frame.reset_index() if index else frame).to_csv(
        index=False, lineterminator="\n", float_format=FLOAT_FORMAT
    )
    return f"# {header_note}\n{body}" if header_note else body


def neutralised(text: str) -> str:
    """Text that no spreadsheet runs: an apostrophe stands before what would open a formula, numbers stay as they are.

    A formula opens with ``=``, ``+``, ``-`` or ``@`` (full-width ones too), after blanks or not; not only at the start of
    the cell but after a semicolon, a bar, a tab or a line end, where a spreadsheet that takes these for separators would
    start another cell. A cell that starts with a tab or a carriage return is not trusted either.

    Source: OWASP, CSV injection.
    """
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub("'", text)


def _safe(cell: Any) -> Any:
    """Text neutralised, its line ends as line feeds: a lone carriage return would not be quoted, and would end the row."""
    return neutralised(cell).replace("\r\n", "\n").replace("\r", "\n") if isinstance(cell, str) else cell


def _neutral(frame: pd.DataFrame) -> pd.DataFrame:
    """The same frame with its texts and names neutralised."""
    safe = frame.rename(columns=_safe)
    for place, kind in enumerate(safe.dtypes):
        if kind.kind != "O":
            continue
        # By position: two columns may have the same name.
        cells = safe.iloc[:, place].astype(object)
        told = cells.map(_safe)
        if not told.equals(cells):
            safe = safe.copy(deep=False)
            safe.isetitem(place, told.to_numpy())
    return safe


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
