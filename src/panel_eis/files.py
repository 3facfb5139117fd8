"""Writing files so that a reader sees the old one or the new one, never half of one.

A run killed halfway, or a full disk, leaves the former output as it was. All text is UTF-8 with LF, so the
same content is the same bytes on every machine.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

FLOAT_FORMAT = "%.8g"
"""Eight significant digits repeat across CPU kernels; seventeen do not."""


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


def write_csv(path: Path, frame: pd.DataFrame, *, index: bool = False, header_note: str = "") -> None:
    """Write a frame as CSV (LF, eight significant digits), atomically.

    ``header_note`` becomes a first line starting with ``#``: where the data come from must travel with them.
    """
    body = frame.to_csv(index=index, lineterminator="\n", float_format=FLOAT_FORMAT, encoding="utf-8")
    write_text(path, f"# {header_note}\n{body}" if header_note else body)


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
