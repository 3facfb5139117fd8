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
from stdnum.fr import siren as siren_number
from stdnum.fr import siret as siret_number

from panel_eis.distinct import as_stored
from panel_eis.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

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
_DIGIT = np.zeros(256, dtype=bool)
"""Octets of UTF-8 that are a digit, or start one of another script."""
_DIGIT[[*b"0123456789", 0xD9, 0xDB, 0xDF, 0xE0, 0xE1, 0xEA, 0xEF, 0xF0]] = True
_MANY = 1_000
"""Texts from which looking at their octets together pays."""
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
    return _kind_of_texts(column, list(dict.fromkeys(map(str, cells.tolist()))), numeric=numeric, known=known)


def _kind_of_texts(column: str, texts: Sequence[str], *, numeric: bool, known: bool) -> str:
    """``column_kind`` of the distinct texts of a column."""
    told = "" if known else header_kind(column)
    if told:
        filled = [v for v in texts if v.strip()]
        if filled and (told not in NUMBERS or any(read_number(v).kind for v in filled)):
            return told
    suspect = [texts[place] for place in _suspects(texts)]
    if any(_is_siret(v) for v in suspect):
        return "siret"
    if numeric or not suspect:
        return ""
    personal = {personal_kind(v) for v in suspect}
    if personal & {*PERSONAL}:
        return "email" if "email" in personal else "phone"
    nine = [v for v in suspect if re.fullmatch(r"\d{9}", v) or (_GROUPED.fullmatch(v) and len(v) == 11)]
    if len(nine) < _FEWEST_SIREN or len(nine) < sum(bool(v.strip()) for v in texts) / 2:
        return ""
    valid = sum(read_number(v).state == "whole" for v in nine)
    return "siren" if valid >= _SHARE_OF_SIREN * len(nine) else ""


def _suspects(texts: Sequence[str]) -> list[int]:
    """Places of the texts that are worth a look."""
    return [place for place in _worth_a_search(texts) if _SUSPECT.search(texts[place])]


def _worth_a_search(texts: Sequence[str]) -> Sequence[int]:
    """Places of those that can be suspect: eight digits, a sign of e-mail, or a power of ten; all of a few texts.

    Looks at the octets of all texts together, many times faster than a pattern. A digit of another script counts by the
    octet that starts it, with the letters that start alike: too many are searched, never too few.
    """
    if len(texts) < _MANY:
        return range(len(texts))
    octets = np.frombuffer("|".join([*texts, ""]).encode("utf-8", "surrogatepass"), dtype=np.uint8)
    lengths = np.fromiter(map(len, texts), np.intp, count=len(texts)) + 1
    starts = np.cumsum(lengths) - lengths
    if len(octets) > lengths.sum():
        starts = np.flatnonzero(octets & 0xC0 != 0x80)[
            starts
        ]  # from the place of a letter to that of its octet
    digit = _DIGIT[octets]
    worth = np.add.reduceat(digit, starts, dtype=np.int32) >= _FEWEST_DIGITS
    power = (digit[:-2] | (octets[:-2] >= 0x80)) & (octets[1:-1] | 0x20 == ord("e"))
    power &= digit[2:] | (octets[2:] == ord("+"))
    signs = np.concatenate([np.flatnonzero(power), np.flatnonzero(octets == ord("@"))])
    worth[starts.searchsorted(signs, side="right") - 1] = True
    return np.flatnonzero(worth).tolist()


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
        codes, stored = as_stored(raw.cells[column])
        texts = stored.tolist()
        if variable is not None and variable.sensitive == "open":
            found = {k: personal_kind(texts[k]) for k in _suspects(texts)}
            rows = np.flatnonzero(np.isin(codes, [k for k, kind in found.items() if kind]))
            problems += [
                told("W-IDENTIFIER-TEXT", raw.file, column, raw.cells.index[row], found[codes[row]])
                for row in rows.tolist()
            ]
            continue
        numeric = variable is not None and variable.kind in ("integer", "decimal", "select_one", "date")
        known = variable is not None and name == column
        kind = _kind_of_texts(column, texts, numeric=numeric, known=known)
        if kind:
            filled = np.array([bool(text.strip()) for text in texts])
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
