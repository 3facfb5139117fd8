"""SPSS and Stata files: codes in the cells, labels and missing codes beside them.

A labelled answer is written as its numeric code; its label is kept for ``labels: yes``.
Codes that the file declares missing (-9, 99) stay in the cells,
since each has its reason in the codebook; Stata's ``.a`` to ``.z`` are written so, and ``.`` is an empty cell.

The C library under pyreadstat ends the whole process on some damaged files (measured: one changed byte of a .sav),
so it runs in a process of its own (``library``), which prints the cells as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from panel_eis.errors import DataError, Problem
from panel_eis.readers.bounds import check_kind, check_shape, content_of, damaged, shown
from panel_eis.readers.table import Table, table

if TYPE_CHECKING:
    from pathlib import Path

    from panel_eis.waves import Sidecar

_SECONDS = 120
"""A file within the limits takes some seconds; a damaged one must not take for ever."""


def read_sav(path: Path, sidecar: Sidecar) -> Table:
    """Read an SPSS file; rows are numbered as SPSS shows them (the first answer is 1).

    Raises
    ------
    DataError
        When it is damaged, cut short or beyond the limits.

    """
    return _read(path, sidecar, "read_sav", "SPSS (.sav)")


def read_stata(path: Path, sidecar: Sidecar) -> Table:
    """Read a Stata file; rows are numbered as Stata shows them (the first answer is 1).

    Raises
    ------
    DataError
        When it is damaged, cut short or beyond the limits.

    """
    return _read(path, sidecar, "read_dta", "Stata (.dta)")


def _read(path: Path, sidecar: Sidecar, function: str, kind: str) -> Table:
    from panel_eis.readers import library  # noqa: PLC0415  # its own process must be the first to load it

    file, content = shown(path), content_of(path)
    check_kind(content, file, expected=kind)
    if content.startswith(b"<stata_dta>") and not content.rstrip().endswith(b"</stata_dta>"):
        raise damaged(file, "</stata_dta>")
    encoding = "" if sidecar.encoding in ("", "utf-8") else sidecar.encoding
    command = [sys.executable, "-X", "utf8", "-m", library.__name__]
    command += [function, str(path), encoding, sidecar.decimal, sidecar.dates]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=_SECONDS)
        answer = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise damaged(file, kind) from error
    if "shape" in answer:
        check_shape(answer["shape"][0], answer["shape"][1], file)
    if "reason" in answer:
        raise damaged(file, answer["reason"])
    if not answer["columns"]:
        raise DataError([Problem("E-EMPTY", file)])
    cells = table(answer["names"], enumerate(zip(*answer["columns"], strict=True), 1), sidecar, file)
    missing = {name: tuple(codes) for name, codes in answer["missing"].items()}
    return Table(cells, answer["encoding"], labels=answer["labels"], missing=missing)
