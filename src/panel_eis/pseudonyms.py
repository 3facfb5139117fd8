"""From SIREN to pseudonym: a keyed hash, and the table that leads back, in a folder that git never sees.

A pseudonym is HMAC-SHA-256 of the SIREN under a secret key, cut to forty bits and written in Crockford's base 32: stable
over waves, and of no use without the key. All establishments (SIRET) of one organisation have the SIREN in common, so the
pseudonym too.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import os
import secrets
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panel_eis.errors import DataError, Problem
from panel_eis.files import write_bytes, write_text
from panel_eis.identifiers import (
    NUMBERS,
    PERSONAL,
    column_kind,
    header_kind,
    personal_kind,
    read_number,
    told,
)
from panel_eis.readers import READERS
from panel_eis.waves import read_sidecar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from panel_eis.waves import Sidecar

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
KEY_FILE, TABLE_FILE = "key.txt", "correspondence.csv"
_TABLE_COLUMNS = ("pseudonym", "siren", "sirets", "key")


@dataclass(frozen=True)
class Pseudonymised:
    """What was done: the copy, rows, organisations, those new to the table, mended cells by state, columns dropped."""

    path: Path
    rows: int
    organisations: int
    new: int
    mended: Mapping[str, int]
    dropped: tuple[str, ...]
    warnings: tuple[Problem, ...]


def pseudonym(siren: str, key: bytes, *, prefix: str = "O", length: int = LENGTH) -> str:
    """``O-`` and eight signs of base 32 (forty bits): the pattern of the register; the same SIREN and key give the same."""
    number = int.from_bytes(hmac.new(key, siren.encode("ascii"), hashlib.sha256).digest(), "big")
    signs = [ALPHABET[(number >> (5 * k)) & 31] for k in range(length)]
    return f"{prefix}-{''.join(signs)}"


def pseudonymise(
    path: Path,
    out: Path,
    private: Path,
    *,
    column: str = "",
    prefix: str = "O",
    length: int = LENGTH,
) -> Pseudonymised:
    """Write a copy of a wave file whose SIREN or SIRET numbers are pseudonyms; the file itself is never changed.

    Columns of names, e-mail addresses and telephone numbers, and other columns of SIREN or SIRET, are left out of the copy.
    The copy is CSV with the separator and encoding of the sidecar beside ``path``, or commas and UTF-8.

    Parameters
    ----------
    path
        File as the survey tool wrote it, any format of ``readers``.
    out
        The copy; it must not exist.
    private
        Folder of the key and the table of correspondence; made with rights for its owner alone.
    column
        Header of the numbers; found when empty.

    Raises
    ------
    DataError
        When git would track ``private``, when the key was changed, when two SIREN give one pseudonym, and with all numbers
        that cannot be mended; nothing is written then.

    """
    shown = path.name
    sidecar = read_sidecar(path.with_suffix(".yml"))
    if path.suffix not in READERS:
        raise DataError(
            [Problem("E-WAVE-FORMAT", shown, value=path.suffix, details={"known": ", ".join(READERS)})]
        )
    if out.exists():
        raise DataError([Problem("E-OUT-EXISTS", out.name)])
    refuse_tracked(private)
    cells = READERS[path.suffix](path, sidecar).cells
    kinds = {str(c): column_kind(str(c), cells[c].astype(str)) for c in cells.columns}
    chosen = _number_column(kinds, column, shown)
    readings = cells[chosen].astype(str).map(read_number)
    faults = [
        Problem(_FAULTS[r.state], shown, int(str(row)), chosen, value="…", hidden=True)
        for row, r in readings.items()
        if not r.number
    ]
    if faults:
        raise DataError(faults)
    key = read_key(private)
    sirens = readings.map(lambda r: r.number[:9])
    names = {siren: pseudonym(siren, key, prefix=prefix, length=length) for siren in sorted(set(sirens))}
    table, new = _merged_table(private, names, key, readings)
    dropped = tuple(
        c for c, kind in kinds.items() if c != chosen and kind and not _open_text(c, cells[c], kind)
    )
    copy = cells.drop(columns=list(dropped)).assign(**{chosen: sirens.map(names)})
    # The table first: a copy without its way back would be lost, a table without its copy harms nobody.
    write_text(private / TABLE_FILE, table, mode=0o600)
    _write_copy(out, copy, sidecar)
    mended = readings.map(lambda r: r.state).value_counts().drop("whole", errors="ignore").sort_index()
    return Pseudonymised(
        out, len(copy), len(names), new, {str(k): int(v) for k, v in mended.items()}, dropped,
        tuple(_in_text(copy, chosen, shown)),
    )  # fmt: skip


_FAULTS = {
    "rounded": "E-SIREN-ROUNDED",
    "checksum": "E-SIREN-CHECKSUM",
    "length": "E-SIREN-LENGTH",
    "empty": "E-SIREN-EMPTY",
}


def _number_column(kinds: Mapping[str, str], column: str, shown: str) -> str:
    """Column of the numbers: the one asked for, else the only one, SIRET before SIREN."""
    if column:
        if column not in kinds:
            details = {"known": ", ".join(kinds), "near": ""}
            raise DataError([Problem("E-PSEUDONYM-COLUMN", shown, column=column, details=details)])
        return column
    for kind in NUMBERS:
        found = [c for c, k in kinds.items() if k == kind]
        if len(found) == 1:
            return found[0]
        if found:
            details = {"known": ", ".join(found)}
            raise DataError([Problem("E-PSEUDONYM-COLUMNS", shown, details=details)])
    raise DataError([Problem("E-PSEUDONYM-NONE", shown)])


def _open_text(column: str, cells: pd.Series, kind: str) -> bool:
    """True for a column of sentences in some of which an address or number was found: kept, and told."""
    if kind not in ("email", "phone") or header_kind(column) in PERSONAL:
        return False
    given = [c for c in cells.astype(str) if c.strip()]
    return sum(bool(personal_kind(c)) and len(c.split()) <= 2 for c in given) < len(given) / 2


def _in_text(copy: pd.DataFrame, chosen: str, shown: str) -> list[Problem]:
    return [
        told("W-IDENTIFIER-TEXT", shown, str(column), row, kind)
        for column in copy.columns
        if column != chosen
        for row, cell in copy[column].astype(str).items()
        if (kind := personal_kind(cell))
    ]


def refuse_tracked(private: Path) -> None:
    """Stop where git would see the folder: inside a work tree and not ignored, or with files of it already tracked.

    Raises
    ------
    DataError
        Also when git itself is not there to answer, and ``private`` lies in a work tree.

    """
    home = private.absolute()
    tree = next((p for p in home.parents if (p / ".git").exists()), None)
    if tree is None:
        return
    inside = str(home.relative_to(tree))
    try:
        ignored = _git(tree, "check-ignore", "-q", f"{inside}/{KEY_FILE}").returncode == 0
        tracked = bool(_git(tree, "ls-files", "--", inside).stdout.strip())
    except FileNotFoundError:
        ignored, tracked = False, False
    if tracked or not ignored:
        raise DataError([Problem("E-PRIVATE-TRACKED", inside, value=inside)])


def _git(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", "-C", str(tree), *arguments], capture_output=True, text=True, check=False)


def read_key(private: Path) -> bytes:
    """Read the key; make one at the first run. The folder has mode 0700 and the key 0600."""
    path = private / KEY_FILE
    private.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        if (private / TABLE_FILE).exists():
            raise DataError([Problem("E-PSEUDONYM-KEY", f"{private.name}/{KEY_FILE}")])
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(32) + "\n")
    if path.stat().st_mode & 0o077:
        raise DataError([Problem("E-PRIVATE-OPEN", f"{private.name}/{KEY_FILE}")])
    text = path.read_text(encoding="ascii").strip()
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        raise DataError([Problem("E-PSEUDONYM-KEY", f"{private.name}/{KEY_FILE}")])
    return bytes.fromhex(text)


def _merged_table(
    private: Path, names: Mapping[str, str], key: bytes, readings: pd.Series
) -> tuple[str, int]:
    """Text of the table of correspondence with the new organisations, and how many those are."""
    file, mark = f"{private.name}/{TABLE_FILE}", hashlib.sha256(key).hexdigest()[:12]
    rows: dict[str, dict[str, str]] = {}
    path = private / TABLE_FILE
    if path.exists():
        with path.open(encoding="utf-8", newline="") as stream:
            rows = {row["siren"]: dict(row) for row in csv.DictReader(stream)}
    if any(row["key"] != mark for row in rows.values()):
        raise DataError([Problem("E-PSEUDONYM-KEY", file)])
    new = len(set(names) - set(rows))
    for siren, name in names.items():
        rows.setdefault(siren, {"pseudonym": name, "siren": siren, "sirets": "", "key": mark})
    for reading in readings:
        if reading.kind == "siret":
            row = rows[reading.number[:9]]
            row["sirets"] = " ".join(sorted({*row["sirets"].split(), reading.number}))
    owners: dict[str, str] = {}
    for siren in sorted(rows):
        if owners.setdefault(rows[siren]["pseudonym"], siren) != siren:
            raise DataError([Problem("E-PSEUDONYM-COLLISION", file, value=rows[siren]["pseudonym"])])
    text = io.StringIO()
    writer = csv.DictWriter(text, _TABLE_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows[siren] for siren in sorted(rows, key=lambda s: rows[s]["pseudonym"]))
    return text.getvalue(), new


def _write_copy(out: Path, copy: pd.DataFrame, sidecar: Sidecar) -> None:
    text = copy.to_csv(index=False, sep=sidecar.separator, lineterminator="\n")
    write_bytes(out, text.encode(sidecar.encoding or "utf-8"))
