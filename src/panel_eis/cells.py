"""One cell read by a strict grammar: in the codes of the codebook, or with the code of its fault; never a guess."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from panel_eis.codebook import Codebook, Variable
    from panel_eis.waves import Sidecar

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_SPACES = re.compile("[\u0020\u00a0\u202f]")
_FORMULA = re.compile(r"=|#[A-Z]+(?:/[0A])?[!?]?$|#N/A$")
"""Starts of formulas, and the errors that spreadsheets show in French and English (#REF!, #VALEUR!, #DIV/0!, #NOM?)."""
_DAY_COUNT = re.compile(r"[2-6][0-9]{4}(?:[.,][0-9]+)?")
"""Days since 1900 as a spreadsheet counts them: 1954 to 2091."""
_OTHER_MARK = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)+")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[.,][0-9]{3})+")
_DATE_WORDS = {
    "iso": {
        "format_fr": "AAAA-MM-JJ", "format_en": "YYYY-MM-DD", "example": "2025-03-31", "other": "dates: dd/mm/yyyy",
    },
    "dd/mm/yyyy": {
        "format_fr": "jj/mm/aaaa", "format_en": "dd/mm/yyyy", "example": "31/03/2025", "other": "dates: iso",
    },
}  # fmt: skip
_DATES = {"iso": "%Y-%m-%d", "dd/mm/yyyy": "%d/%m/%Y"}


def _parts(code: str, known: tuple[str, ...]) -> list[str]:
    """Codes into which one was divided (69 into 69D and 69M), when there are several: nobody can guess which."""
    parts = [k for k in known if k.startswith(code) and k[len(code) :].isalpha() and code[-1].isdigit()]
    return parts if len(parts) > 1 else []


def read_cell(
    text: str, raw: str, variable: Variable, codebook: Codebook, sidecar: Sidecar
) -> tuple[str, str, dict[str, str]]:
    """One answer in house codes, with the code of its fault and what the message needs; no fault is ''."""
    if not text or variable.kind == "text":
        return text, "", {}
    if _FORMULA.match(text):
        return "", "E-FORMULA", {}
    if variable.kind in ("select_one", "select_multiple"):
        known = codebook.codes(variable.name)
        unknown = [t for t in ([text] if variable.kind == "select_one" else text.split()) if t not in known]
        return _unknown_code(unknown[0], known) if unknown else (text, "", {})
    if variable.kind == "date":
        return _date(text, sidecar)
    return _number(text, raw, variable, sidecar)


def _unknown_code(code: str, known: tuple[str, ...]) -> tuple[str, str, dict[str, str]]:
    parts = _parts(code, known)
    if parts:
        return "", "E-CODE-SPLIT", {"parts": ", ".join(parts)}
    return "", "E-CODE", {"known": _listed(known), "near": did_you_mean(code, known)}


def _date(text: str, sidecar: Sidecar) -> tuple[str, str, dict[str, str]]:
    stamp = pd.to_datetime(text, format=_DATES[sidecar.dates], errors="coerce")
    if not pd.isna(stamp):
        return stamp.strftime("%Y-%m-%d"), "", {}
    return "", "E-DATE-COUNTED" if _DAY_COUNT.fullmatch(text) else "E-DATE", _DATE_WORDS[sidecar.dates]


def _number(text: str, raw: str, variable: Variable, sidecar: Sidecar) -> tuple[str, str, dict[str, str]]:
    number = _SPACES.sub("", text).replace("\u2212", "-")
    if sidecar.decimal == ",":
        fault = "E-NUMBER" if "." in number else ""
        number = number.replace(",", ".")
    else:
        fault = "E-NUMBER" if "," in number else ""
    grammar = _INTEGER if variable.kind == "integer" else _DECIMAL
    if not grammar.fullmatch(number):
        fault = "E-INTEGER" if variable.kind == "integer" and _DECIMAL.fullmatch(number) else "E-NUMBER"
    details = {"decimal": sidecar.decimal, "raw": raw}
    mended = _readings(_SPACES.sub("", text), sidecar.decimal) if fault == "E-NUMBER" else ""
    return ("" if fault else number), "E-NUMBER-MARK" if mended else fault, details | {"mended": mended}


def _readings(text: str, decimal: str) -> str:
    """What a number with the other mark may mean, as this wave would write it; nothing where it is no such number."""
    other = {",": ".", ".": ","}[decimal]
    if not _OTHER_MARK.fullmatch(text) or other not in text:
        return ""
    signs = re.sub("[0-9+-]", "", text)
    last = max(text.rfind(","), text.rfind("."))
    as_decimal = re.sub("[,.]", "", text[:last]) + decimal + text[last + 1 :]
    as_whole = re.sub("[,.]", "", text)
    if len(set(signs)) == 1 and _GROUPED.fullmatch(text):
        return as_whole if len(signs) > 1 else f"{as_whole} / {as_decimal}"
    return as_decimal if len(signs) == 1 or (len(set(signs)) == 2 and signs.count(signs[-1]) == 1) else ""


def plain_number(variable: Variable, sidecar: Sidecar) -> Callable[[str], object] | None:
    """Say whether a text is a number that ``read_cell`` would give back as it is; None for other questions."""
    if variable.kind not in ("integer", "decimal"):
        return None
    whole = variable.kind == "integer" or sidecar.decimal == ","
    return (_INTEGER if whole else _DECIMAL).fullmatch


def _listed(codes: tuple[str, ...], most: int = 8) -> str:
    return ", ".join(codes[:most]) + (", …" if len(codes) > most else "")
