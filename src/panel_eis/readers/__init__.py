"""Formats of a wave file, each read to the same thing: a table of text cells, as the house format writes them.

Nothing is sniffed. A file that cannot be read faithfully is refused with a ``Problem``, before a library that
trusts its input sees it. Libraries are loaded when a file of their format is read, and not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from panel_eis.readers.delimited import read_text
from panel_eis.readers.statistical import read_sav, read_stata
from panel_eis.readers.workbook import read_ods, read_xlsx

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from panel_eis.readers.table import Table
    from panel_eis.waves import Sidecar

READERS: dict[str, Callable[[Path, Sidecar], Table]] = {
    ".csv": read_text,
    ".tsv": read_text,
    ".xlsx": read_xlsx,
    ".ods": read_ods,
    ".sav": read_sav,
    ".dta": read_stata,
}
"""Formats by file ending; another format is one function and its registration here."""
