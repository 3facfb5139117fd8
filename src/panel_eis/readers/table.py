"""From rows of text to the table of a wave: header, field counts, limits, letters damaged by a wrong encoding."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from panel_eis.errors import DataError, Problem
from panel_eis.readers.bounds import check_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from panel_eis.waves import Sidecar

Row = tuple[int, "Sequence[str]"]

_TAIL = "".join(
    {chr(b) for b in range(0x80, 0xC0)} | {bytes([b]).decode("cp1252", "ignore") for b in range(0x80, 0xC0)}
)
DOUBLY_ENCODED = re.compile(
    f"Ã[{re.escape(_TAIL)}]|Â[\u00a0-\u00bf]|â[€‚„\u0080\u0082\u0084][{re.escape(_TAIL)}]|Å[“’]|ï»¿"
)
"""UTF-8 read as Windows-1252 and saved again: ``Ã©`` where ``é`` was; none of these pairs is French."""


@dataclass(frozen=True)
class Table:
    """A wave file as read: text cells, and what the file or its reader says of them.

    Attributes
    ----------
    cells
        Text cells, indexed by the row number that the person's program shows.
    headers
        Rows between the names and the first answer.
    labels
        By column, label of each code that the file labels (SPSS, Stata).
    missing
        By column, codes that the file declares missing and that occur.

    """

    cells: pd.DataFrame
    encoding: str = ""
    sheet: str = ""
    headers: tuple[tuple[str, ...], ...] = ()
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_EXACT = 1e15
"""Whole numbers below have at most fifteen digits."""


def table(
    header: Sequence[str],
    body: Iterable[Row],
    sidecar: Sidecar,
    file: str,
    *,
    suspicious: Mapping[str, re.Pattern[str]] | None = None,
) -> pd.DataFrame:
    """Table of text cells, indexed by the row number that the person's program shows.

    Parameters
    ----------
    header
        Names of the columns; a column with neither name nor content is left out.
    body
        Number and cells of each answer; blank rows are left out.
    suspicious
        Letters that betray a wrong encoding, by the code of their problem.

    Raises
    ------
    DataError
        With all faults of the file: header, field counts, damaged letters.

    """
    import pandas as pd  # noqa: PLC0415  # a build with nothing to do needs the names of waves only

    names = [name.strip() for name in header]
    numbers: list[int] = []
    kept: list[Sequence[str]] = []
    problems: list[Problem] = []
    for number, row in body:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(names):
            details = {"found": str(len(row)), "wanted": str(len(names))}
            problems.append(Problem("E-FIELDS", file, row=number, details=details))
        else:
            numbers.append(number)
            kept.append(row)
    check_shape(len(kept), len(names), file)
    problems = [*_header_faults(names, kept, sidecar, file), *problems]
    patterns = {"E-ENCODING-TWICE": DOUBLY_ENCODED, **(suspicious or {})}
    for number, row in ((1, names), *zip(numbers, kept, strict=True)):
        problems += _letter_faults(number, row, names, patterns, file)
    if problems:
        raise DataError(problems)
    if not kept:
        raise DataError([Problem("E-EMPTY", file)])
    frame = pd.DataFrame(kept, columns=names, index=pd.Index(numbers, name="row"), dtype=object)
    return frame.loc[:, [bool(name) for name in names]]


def as_text(value: Any, decimal: str = ".", dates: str = "iso") -> str:
    """Write a typed cell as the wave's text files would: whole numbers without ``.0``, dates and marks as declared.

    A number has the fifteen digits that a spreadsheet keeps, so that 0.1 + 0.2 reads 0.3.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < _EXACT:
            return str(int(value))
        number = format(Decimal(f"{value:.15g}"), "f") if math.isfinite(value) else str(value)
        return number.replace(".", decimal)
    if isinstance(value, dt.date):
        day = value.strftime("%d/%m/%Y" if dates == "dd/mm/yyyy" else "%Y-%m-%d")
        clock = value.time() if isinstance(value, dt.datetime) else dt.time()
        return f"{day} {clock.isoformat('seconds')}" if clock != dt.time() else day
    return value.isoformat("seconds") if isinstance(value, dt.time) else str(value)


def letters(column: int) -> str:
    """Name of a column as a spreadsheet shows it: 1 is A, 27 is AA."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _header_faults(
    names: Sequence[str], body: Sequence[Sequence[str]], sidecar: Sidecar, file: str
) -> list[Problem]:
    if not any(names):
        return [Problem("E-HEADER-ABSENT" if body else "E-EMPTY", file, row=1 if body else None)]
    faults = [
        Problem("E-HEADER-TWICE", file, row=1, column=name)
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    ]
    faults += [
        Problem("E-HEADER-BLANK", file, row=1, column=letters(place + 1))
        for place, name in enumerate(names)
        if not name and any(row[place].strip() for row in body)
    ]
    for mark in (";", "\t", ","):
        if len(names) == 1 and mark in names[0] and mark != sidecar.separator:
            written = {"\t": "tab"}
            details = {
                "separator": written.get(sidecar.separator, sidecar.separator),
                "other": written.get(mark, mark),
            }
            faults.append(Problem("E-SEPARATOR", file, row=1, details=details))
    return faults


def _letter_faults(
    number: int, row: Sequence[str], names: Sequence[str], patterns: Mapping[str, re.Pattern[str]], file: str
) -> list[Problem]:
    """Name the cells that hold damaged letters; only the letters are shown, never the cell."""
    if "".join(row).isascii():
        return []
    return [
        Problem(code, file, row=number, column=names[place] or letters(place + 1), value=found.group())
        for place, cell in enumerate(row)
        for code, pattern in patterns.items()
        if (found := pattern.search(cell))
    ]
