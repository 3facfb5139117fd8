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
    if variable.kind in ("select_one", "select_multiple"):
        known = codebook.codes(variable.name)
        unknown = [t for t in ([text] if variable.kind == "select_one" else text.split()) if t not in known]
        if not unknown:
            return text, "", {}
        parts = _parts(unknown[0], known)
        if parts:
            return "", "E-CODE-SPLIT", {"parts": ", ".join(parts)}
        return "", "E-CODE", {"known": _listed(known), "near": did_you_mean(unknown[0], known)}
    if variable.kind == "date":
        stamp = pd.to_datetime(text, format=_DATES[sidecar.dates], errors="coerce")
        details = {"format": sidecar.dates}
        return ("", "E-DATE", details) if pd.isna(stamp) else (stamp.strftime("%Y-%m-%d"), "", details)
    number = _SPACES.sub("", text).replace("\u2212", "-")
    if sidecar.decimal == ",":
        fault = "E-NUMBER" if "." in number else ""
        number = number.replace(",", ".")
    else:
        fault = "E-NUMBER" if "," in number else ""
    grammar = _INTEGER if variable.kind == "integer" else _DECIMAL
    if not grammar.fullmatch(number):
        fault = "E-INTEGER" if variable.kind == "integer" and _DECIMAL.fullmatch(number) else "E-NUMBER"
    return ("" if fault else number), fault, {"decimal": sidecar.decimal, "raw": raw}


def plain_number(variable: Variable, sidecar: Sidecar) -> Callable[[str], object] | None:
    """Say whether a text is a number that ``read_cell`` would give back as it is; None for other questions."""
    if variable.kind not in ("integer", "decimal"):
        return None
    whole = variable.kind == "integer" or sidecar.decimal == ","
    return (_INTEGER if whole else _DECIMAL).fullmatch


def _listed(codes: tuple[str, ...], most: int = 8) -> str:
    return ", ".join(codes[:most]) + (", …" if len(codes) > most else "")
