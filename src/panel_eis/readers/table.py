"""From rows of text to the table of a wave: header, field counts, limits, letters damaged by a wrong encoding."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from panel_eis.errors import DataError, Problem
from panel_eis.readers.bounds import WHOLE, check_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    import pandas as pd

    from panel_eis.readers.bounds import Limits
    from panel_eis.waves import Sidecar

Row = tuple[int, "Sequence[str]"]
_BATCH = 10_000
"""Rows held as text at a time."""

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


_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
"""Characters that nobody sees in a name, and that make another name of it."""
_EXACT = 1e15
"""Whole numbers below have at most fifteen digits."""


def table(
    header: Sequence[str],
    body: Iterable[Row],
    sidecar: Sidecar,
    file: str,
    *,
    suspicious: Mapping[str, re.Pattern[str]] | None = None,
    limits: Limits = WHOLE,
) -> pd.DataFrame:
    """Table of text cells, indexed by the row number that the person's program shows.

    Rows are taken a batch at a time and kept as codes, so that memory does not grow with repeated answers.

    Parameters
    ----------
    header
        Names of the columns; a column with neither name nor content is left out.
    body
        Number and cells of each answer; blank rows are left out.
    suspicious
        Letters that betray a wrong encoding, by the code of their problem.

    Returns
    -------
    Columns of ``distinct``: categoricals whose categories are the texts, in the order of their first row.

    Raises
    ------
    DataError
        With all faults of the file: header, field counts, damaged letters, limits.

    """
    width = len(header)
    numbers: list[int] = []
    kept: list[Sequence[str]] = []
    faults: list[Problem] = []
    columns = [_Column() for _ in range(width)]
    for number, row in body:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != width:
            details = {"found": str(len(row)), "wanted": str(width)}
            faults.append(Problem("E-FIELDS", file, row=number, details=details))
            continue
        numbers.append(number)
        kept.append(row)
        if len(kept) == _BATCH:
            check_shape(len(numbers), width, file, limits)
            _keep(kept, columns)
            kept = []
    check_shape(len(numbers), width, file, limits)
    _keep(kept, columns)
    read = [column.read() for column in columns]
    return assembled(header, read, numbers, sidecar, file, faults=faults, suspicious=suspicious)


def assembled(
    header: Sequence[str],
    columns: list[tuple[np.ndarray, np.ndarray]],
    numbers: Sequence[int] | np.ndarray,
    sidecar: Sidecar,
    file: str,
    *,
    faults: Sequence[Problem] = (),
    suspicious: Mapping[str, re.Pattern[str]] | None = None,
) -> pd.DataFrame:
    """Table from columns given as codes and distinct texts, with the number of each row; as ``table`` gives it.

    Raises
    ------
    DataError
        With all faults of the file: header, ``faults``, damaged letters.

    """
    import numpy as np  # noqa: PLC0415  # a build with nothing to do needs the names of waves only
    import pandas as pd  # noqa: PLC0415

    from panel_eis import distinct  # noqa: PLC0415

    names = [name.strip() for name in header]
    texts = [text for _, text in columns]
    problems = _header_faults(names, texts if len(numbers) else [], sidecar, file)
    # With another separator, rows of another length are the same fault.
    problems += [] if any(p.code == "E-SEPARATOR" for p in problems) else faults
    patterns = {"E-ENCODING-TWICE": DOUBLY_ENCODED, **(suspicious or {})}
    problems += _letter_faults(names, columns, numbers, patterns, file)
    problems += _marks_within(names, columns, numbers, file)
    if problems:
        raise DataError(problems)
    if not len(numbers):
        raise DataError([Problem("E-EMPTY", file)])
    index = pd.Index(np.asarray(numbers, dtype=np.int64), name="row")
    kept = {
        name: distinct.column(*column, index) for name, column in zip(names, columns, strict=True) if name
    }
    return pd.DataFrame(kept, index=index, copy=False)


class _Column:
    """One column that is being read: a code for each text met so far, and codes by batch."""

    def __init__(self) -> None:
        self.codes = _Numbered()
        self.batches: list[np.ndarray] = []

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """Codes and distinct texts."""
        import numpy as np  # noqa: PLC0415

        texts = np.array([*self.codes], dtype=object)
        return np.concatenate([np.empty(0, dtype=np.int32), *self.batches]), texts


class _Numbered(dict[str, int]):
    """A number for each text, in the order in which they are asked for."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


def _keep(rows: Sequence[Sequence[str]], columns: Sequence[_Column]) -> None:
    import numpy as np  # noqa: PLC0415

    for column, cells in zip(columns, zip(*rows, strict=True), strict=False):
        codes = np.fromiter(map(column.codes.__getitem__, cells), np.int32, count=len(cells))
        column.batches.append(codes)


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
    names: Sequence[str], texts: Sequence[np.ndarray], sidecar: Sidecar, file: str
) -> list[Problem]:
    """Faults of the names; ``texts`` are the distinct cells of each column, none when there is no answer."""
    if not any(names):
        return [Problem("E-HEADER-ABSENT" if texts else "E-EMPTY", file, row=1 if texts else None)]
    faults = [
        Problem("E-HEADER-TWICE", file, row=1, column=name)
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    ]
    faults += [
        Problem("E-HEADER-BLANK", file, row=1, column=letters(place + 1))
        for place, (name, cells) in enumerate(zip(names, texts, strict=False))
        if not name and any(cell.strip() for cell in cells)
    ]
    faults += [
        Problem("E-HEADER-INVISIBLE", file, row=1, column=_INVISIBLE.sub("", name))
        for name in names
        if _INVISIBLE.search(name)
    ]
    for mark in (";", "\t", ",", "|"):
        if len(names) == 1 and mark in names[0] and mark != sidecar.separator:
            faults.append(other_separator(sidecar.separator, mark, file))
    return faults


def other_separator(separator: str, other: str, file: str) -> Problem:
    """The first row is not written with the separator that was stated."""
    written = {"\t": r"\t"}  # as a sidecar writes it
    details = {"separator": written.get(separator, separator), "other": written.get(other, other)}
    return Problem("E-SEPARATOR", file, row=1, details=details)


def _letter_faults(
    names: Sequence[str],
    columns: Sequence[tuple[np.ndarray, np.ndarray]],
    numbers: Sequence[int] | np.ndarray,
    patterns: Mapping[str, re.Pattern[str]],
    file: str,
) -> list[Problem]:
    """Name the cells that hold damaged letters, by row; only the letters are shown, never the cell."""
    found = [(1, place, *told) for place, name in enumerate(names) for told in _damaged(name, patterns)]
    for place, (codes, texts) in enumerate(columns):
        if "".join(texts).isascii():
            continue
        for code, text in enumerate(texts):
            if told := _damaged(text, patterns):
                rows = (codes == code).nonzero()[0]
                found += [(int(numbers[row]), place, *one) for row in rows for one in told]
    return [
        Problem(list(patterns)[which], file, row=row, column=names[place] or letters(place + 1), value=value)
        for row, place, which, value in sorted(found)
    ]


def _marks_within(
    names: Sequence[str],
    columns: Sequence[tuple[np.ndarray, np.ndarray]],
    numbers: Sequence[int] | np.ndarray,
    file: str,
) -> list[Problem]:
    """Rows of which the first cell starts with the mark that starts a file: one file was glued to another."""
    if not columns:
        return []
    codes, texts = columns[0]
    marked = [code for code, text in enumerate(texts) if text.startswith("\ufeff")]
    rows = (row for code in marked for row in (codes == code).nonzero()[0])
    return [Problem("E-BOM-WITHIN", file, row=int(numbers[row]), column=names[0]) for row in rows]


def _damaged(text: str, patterns: Mapping[str, re.Pattern[str]]) -> list[tuple[int, str]]:
    """Place of each pattern that a text holds, and the letters."""
    if text.isascii():
        return []
    searched = ((which, pattern.search(text)) for which, pattern in enumerate(patterns.values()))
    return [(which, found.group()) for which, found in searched if found]
