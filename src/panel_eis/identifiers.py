"""Direct identifiers: SIREN and SIRET, e-mail addresses, telephone numbers, names; found before anything is read or shown.

A number is judged by its check digits (python-stdnum: Luhn, and La Poste's own rule), by its whole column and by its header,
so that an amount is not taken for a SIREN. What a spreadsheet did to a number is recognised and named (``Reading.state``).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from stdnum.fr import siren as siren_number
from stdnum.fr import siret as siret_number

from panel_eis.distinct import split
from panel_eis.errors import Problem

if TYPE_CHECKING:
    from panel_eis.codebook import Codebook
    from panel_eis.waves import RawWave

NUMBERS = ("siret", "siren")
PERSONAL = ("email", "phone", "name")

_HEADERS = {
    "siret": "siret nsiret nosiret numsiret numerosiret numerodesiret siretsiege codesiret",
    "siren": "siren nsiren nosiren numsiren numerosiren numerodesiren codesiren",
    "email": "email mail courriel adressemail adresseemail adressecourriel emailaddress recipientemail emailrepondant "
    "mailrepondant emailcontact mailcontact courrielrepondant",
    "phone": "tel telephone numerodetelephone numtel phone phonenumber mobile portable telportable telfixe",
    "name": "nom prenom nomprenom prenomnom nometprenom nomdurepondant nomrepondant nomdelarepondante nomrepondante "
    "prenomrepondant nomcontact nomducontact name firstname lastname surname fullname respondentname contactname "
    "recipientfirstname recipientlastname nomdefamille",
}
HEADERS = {word: kind for kind, words in _HEADERS.items() for word in words.split()}
"""Headers, letters only and without accents, that say what a column holds."""

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(
    r"(?<![\w+.,-])(?:(?:\+|00)33[\s.-]?(?:\(0\)[\s.-]?)?|0)[1-9](?:[\s.-]?\d{2}){4}(?![\w]|[.,-]\d)"
)
_DIGITS = re.compile(r"\d+")
_GROUPED = re.compile(r"\d{3}[\s.]\d{3}[\s.]\d{3}(?:[\s.]\d{5})?|\d{9}[\s.]\d{5}")
_FLOAT = re.compile(r"(\d{8,14})[.,]0+")
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_SUSPECT = re.compile(r"@|\d[eE]\+?\d|(?:\d[\s.()+-]?){8}")
"""Cells worth a look; all others are passed over."""
_FEWEST_DIGITS = 8
_MANY = 1_000
"""Values from which counting their digits together pays."""
_SHARE_OF_SIREN = 0.8
_FEWEST_SIREN = 3


@dataclass(frozen=True)
class Reading:
    """What a cell says as a SIREN or SIRET.

    Attributes
    ----------
    kind
        ``siret``, ``siren`` or nothing.
    number
        The digits, mended where that is sure; empty where they are lost or wrong.
    state
        ``whole``; mended: ``float`` (81234567800012.0), ``zero`` (a leading zero was lost), ``scientific`` with all its
        digits; lost: ``rounded`` (8,12346E+13: the last digits are gone), ``checksum``, ``length``, ``empty``.

    """

    kind: str
    number: str
    state: str


def read_number(cell: str) -> Reading:
    """Read a cell of a column of SIREN or SIRET numbers."""
    text = " ".join(cell.replace("\u202f", " ").replace("\u00a0", " ").split()).lstrip("'")
    if not text:
        return Reading("", "", "empty")
    state = "whole"
    if found := _SCIENTIFIC.fullmatch(text):
        first, rest, power = found[1], found[2] or "", int(found[3])
        if len(rest.rstrip("0")) < power - 1 or len(rest) > power:
            kind = {13: "siret", 12: "siret", 8: "siren", 7: "siren"}.get(power, "")
            return Reading(kind, "", "rounded" if kind else "length")
        text, state = first + rest.ljust(power, "0"), "scientific"
    elif found := _FLOAT.fullmatch(text):
        text, state = found[1], "float"
    digits = re.sub(r"[\s.]", "", text)
    if not _DIGITS.fullmatch(digits) or len(digits) not in (8, 9, 13, 14):
        return Reading("", "", "length")
    if len(digits) in (8, 13):
        digits, state = f"0{digits}", "zero"
    kind = "siret" if len(digits) == 14 else "siren"
    valid = siret_number.is_valid(digits) if kind == "siret" else siren_number.is_valid(digits)
    return Reading(kind, digits if valid else "", state if valid else "checksum")


def header_kind(column: str) -> str:
    """Kind of identifier that a header announces, or nothing."""
    plain = unicodedata.normalize("NFKD", column).encode("ascii", "ignore").decode().lower()
    return HEADERS.get(re.sub(r"[^a-z]", "", plain), "")


def column_kind(column: str, cells: pd.Series, *, numeric: bool = False, known: bool = False) -> str:
    """Kind of identifier that a column holds, by its header and its cells, or nothing.

    Parameters
    ----------
    column, cells
        Header and cells, all text.
    numeric
        The codebook says that the answers are numbers: only a SIRET counts, since an amount may look like a SIREN.
    known
        The column is a question of the codebook: its header says nothing.

    """
    values = [v for v in dict.fromkeys(map(str, cells.tolist())) if v.strip()]
    told = "" if known else header_kind(column)
    if told and values and (told not in NUMBERS or any(read_number(v).kind for v in values)):
        return told
    suspect = [v for v in _with_digits(values) if _SUSPECT.search(v)]
    if any(_is_siret(v) for v in suspect):
        return "siret"
    if numeric or not suspect:
        return ""
    if any(_EMAIL.search(v) for v in suspect):
        return "email"
    if any(_PHONE.search(v) for v in suspect):
        return "phone"
    nine = [v for v in suspect if re.fullmatch(r"\d{9}", v) or (_GROUPED.fullmatch(v) and len(v) == 11)]
    valid = sum(read_number(v).state == "whole" for v in nine)
    many = len(nine) >= max(_FEWEST_SIREN, len(values) / 2)
    return "siren" if many and valid >= _SHARE_OF_SIREN * len(nine) else ""


def _with_digits(values: list[str]) -> list[str]:
    """Those of many values that can be a suspect: eight digits, a sign of e-mail, or a digit before an e."""
    together = "|".join(values)
    if len(values) < _MANY or not together.isascii():
        return values
    octets = np.frombuffer(together.encode(), dtype=np.uint8)
    digit = (octets >= ord("0")) & (octets <= ord("9"))
    powers = digit[:-1] & ((octets[1:] | 0x20) == ord("e"))
    if "@" in together or powers.any():
        return values
    lengths = np.fromiter(map(len, values), np.intp, count=len(values))
    starts = np.cumsum(lengths + 1) - lengths - 1
    counts = np.add.reduceat(digit, starts, dtype=np.int32)
    return [values[place] for place in np.flatnonzero(counts >= _FEWEST_DIGITS)]


def _is_siret(cell: str) -> bool:
    """Fourteen digits with both check digits right, or the scientific notation of a number of fourteen digits."""
    text = cell.strip()
    if found := _SCIENTIFIC.fullmatch(text):
        return found[3] == "13" and bool(found[2])
    digits = re.sub(r"[\s.]", "", _FLOAT.sub(r"\1", text))
    whole = _DIGITS.fullmatch(text) or _GROUPED.fullmatch(text) or _FLOAT.fullmatch(text)
    return bool(whole) and len(digits) in (13, 14) and siret_number.is_valid(digits.zfill(14))


def personal_kind(text: str) -> str:
    """``email`` or ``phone`` where a text contains one."""
    return "email" if _EMAIL.search(text) else "phone" if _PHONE.search(text) else ""


def find_identifiers(raw: RawWave, codebook: Codebook) -> list[Problem]:
    """Columns of a wave that hold direct identifiers; values are never shown.

    An error for each column, unless the sidecar names it under ``identifiers`` (it is then not read at all); a warning where
    open text contains an e-mail address or a telephone number.
    """
    problems = []
    for column in raw.cells.columns:
        name = raw.sidecar.columns.get(column, column)
        variable = codebook.variables.get(name)
        codes, texts = split(raw.cells[column])
        cells = pd.Series(texts, dtype=object)
        if variable is not None and variable.sensitive == "open":
            found = {k: personal_kind(v) for k, v in enumerate(texts) if _SUSPECT.search(v)}
            rows = np.flatnonzero(np.isin(codes, [k for k, kind in found.items() if kind]))
            problems += [
                told("W-IDENTIFIER-TEXT", raw.file, column, raw.cells.index[row], found[codes[row]])
                for row in rows.tolist()
            ]
            continue
        numeric = variable is not None and variable.kind in ("integer", "decimal", "select_one", "date")
        kind = column_kind(column, cells, numeric=numeric, known=variable is not None and name == column)
        if kind:
            filled = cells.str.strip().ne("").to_numpy()
            first = raw.cells.index[int(np.argmax(filled[codes]))]
            problems.append(told("E-IDENTIFIER", raw.file, column, first, kind))
    return problems


_WORDS = {
    "siret": ("des numéros SIRET", "SIRET numbers"),
    "siren": ("des numéros SIREN", "SIREN numbers"),
    "email": ("une adresse électronique", "an e-mail address"),
    "phone": ("un numéro de téléphone", "a telephone number"),
    "name": ("des noms de personnes", "names of people"),
}


def told(code: str, file: str, column: str, row: object, kind: str) -> Problem:
    """Say that a column, or a cell of open text, holds an identifier; never which."""
    french, english = _WORDS[kind]
    details = {"kind_fr": french, "kind_en": english, "stem": file.rsplit("/", 1)[-1].rsplit(".", 1)[0]}
    return Problem(code, file, int(str(row)), str(column), details=details, hidden=True)
