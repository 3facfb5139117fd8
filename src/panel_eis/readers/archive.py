"""The zip inside an XLSX or ODS file, checked before a library that trusts it unpacks it.

A file of 394 kB can claim 400 MB (measured: 1.2 GB of memory in openpyxl, 844 MB in calamine), an entity declared in
a DOCTYPE can grow without end, a member's name can point outside, and a macro runs code.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import TYPE_CHECKING

from panel_eis.errors import DataError, Problem
from panel_eis.readers.bounds import check_kind, damaged

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_UNPACKED = 200_000_000
"""Four times the largest file allowed: XML is wordy, and memory is finite."""
MAX_RATIO = 200
"""A real workbook shrinks 5 to 30 times; repeated answers reach 100."""
_SMALL = 5_000_000
"""Unpacked bytes below which the ratio is harmless."""
MAX_MEMBERS = 2_000
"""A workbook of a survey has some 15 parts."""


def open_archive(content: bytes, file: str) -> zipfile.ZipFile:
    """Open the zip after its checks; every member was unpacked once, so sizes and checksums are those declared.

    Raises
    ------
    DataError
        For another format under this ending, a password, macros, a bomb, a DOCTYPE, a damaged file.

    """
    check_kind(content, file, expected="ZIP (XLSX, ODS)")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        _check_members(archive.infolist(), file)
        for member in archive.infolist():
            data = archive.read(member)
            if member.filename.lower().endswith((".xml", ".rels", ".vml")):
                _check_xml(data, member.filename, file)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise damaged(file, error) from error
    return archive


def _check_members(members: Iterable[zipfile.ZipInfo], file: str) -> None:
    members = list(members)
    names = [m.filename for m in members]
    unsafe = [n for n in names if n.startswith("/") or "\\" in n or ":" in n or ".." in n.split("/")]
    twice = [n for n in dict.fromkeys(names) if names.count(n) > 1] if len(names) <= MAX_MEMBERS else []
    if unsafe or twice:
        raise DataError([Problem("E-ZIP-NAME", file, value=n) for n in (*unsafe, *twice)])
    unpacked, packed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
    if unpacked > MAX_UNPACKED or len(names) > MAX_MEMBERS or unpacked > max(_SMALL, MAX_RATIO * packed):
        details = {
            "found": f"{unpacked / 1e6:.0f}",
            "limit": f"{MAX_UNPACKED / 1e6:.0f}",
            "members": str(len(names)),
        }
        raise DataError([Problem("E-ZIP-BOMB", file, details=details)])
    if any(m.flag_bits & 1 for m in members):
        raise DataError([Problem("E-PASSWORD", file)])
    if any(n.lower().endswith("vbaproject.bin") or n.startswith(("Basic/", "Scripts/")) for n in names):
        raise DataError([Problem("E-MACRO", file)])


def _check_xml(data: bytes, name: str, file: str) -> None:
    plain = data.replace(b"\0", b"")
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise DataError([Problem("E-ZIP-DOCTYPE", file, value=name)])
    if name == "META-INF/manifest.xml" and b"encryption-data" in plain:
        raise DataError([Problem("E-PASSWORD", file)])
    if name == "[Content_Types].xml" and b"macroEnabled" in plain:
        raise DataError([Problem("E-MACRO", file)])
