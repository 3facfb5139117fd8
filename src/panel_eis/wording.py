"""Numbers as readers of each language expect them, and sentences filled with them.

French: ``1 234,5 %`` with a narrow no-break space between thousands and a no-break space before the sign. English:
``1,234.5%``. A template says the kind of number (``{share:pct}``), never its typography.
"""

from __future__ import annotations

import math
import re
import string
from typing import TYPE_CHECKING, Any

from panel_eis.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from panel_eis.errors import Lang

NARROW = "\u202f"
NO_BREAK = "\u00a0"
MINUS = "\u2212"
_POINT = {"fr": ",", "en": "."}
_THOUSANDS = {"fr": NARROW, "en": ","}
_PERCENT = {"fr": f"{NO_BREAK}%", "en": "%"}
_NOTHING = {"fr": "non publié", "en": "not published"}


def number(value: float, lang: Lang, decimals: int = 0, *, signed: bool = False) -> str:
    """One number; a missing one (hidden cell) is said, not printed as ``nan``."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return _NOTHING[lang]
    text = f"{abs(round(float(value), decimals)):,.{decimals}f}"
    text = text.translate({ord(","): _THOUSANDS[lang], ord("."): _POINT[lang]})
    is_zero = not text.strip(f"0{_POINT[lang]}")
    sign = MINUS if value < 0 and not is_zero else ("+" if signed and not is_zero else "")
    return sign + text


def percent(share: float, lang: Lang, decimals: int = 0) -> str:
    """A share (0–1) as a percentage."""
    text = number(share * 100, lang, decimals)
    return text if text == _NOTHING[lang] else text + _PERCENT[lang]


def file_size(size: int, lang: Lang) -> str:
    """Size of a file of `size` bytes as readers know it: 4 Ko, 1,2 Mo (decimal units, at least one kilobyte)."""
    unit = {"fr": "o", "en": "B"}[lang]
    if size < 1e6:
        return f"{max(1, round(size / 1e3))}{NO_BREAK}{'K' if lang == 'fr' else 'k'}{unit}"
    return f"{number(size / 1e6, lang, 1)}{NO_BREAK}M{unit}"


def p_value(value: float, lang: Lang) -> str:
    """``p = 0,03`` or ``p < 0,001``."""
    if value < 0.001:
        return f"p{NO_BREAK}<{NO_BREAK}{number(0.001, lang, 3)}"
    return f"p{NO_BREAK}={NO_BREAK}{number(value, lang, 3 if value < 0.01 else 2)}"


_KINDS = {
    "n": number,
    "num1": lambda v, lang: number(v, lang, 1),
    "num2": lambda v, lang: number(v, lang, 2),
    "signed1": lambda v, lang: number(v, lang, 1, signed=True),
    "signed2": lambda v, lang: number(v, lang, 2, signed=True),
    "pct": percent,
    "pct1": lambda v, lang: percent(v, lang, 1),
    "points": lambda v, lang: number(v * 100, lang, 0, signed=True),
    "points1": lambda v, lang: number(v * 100, lang, 1),
    "p": p_value,
}


class _Filler(string.Formatter):
    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, str) and not format_spec:
            return value
        if format_spec not in _KINDS:
            known = ", ".join(_KINDS)
            raise UsageError(
                f"A number in a sentence needs a kind ({known}), found {format_spec!r} for {value!r}."
            )
        return _KINDS[format_spec](value, self.lang)


def fill(template: str, values: Mapping[str, Any], lang: Lang) -> str:
    """Fill ``{name:kind}`` blanks of a sentence.

    A value that is a mapping with keys ``fr`` and ``en`` gives its text in the language.

    Raises
    ------
    UsageError
        When a blank has no value or no kind.

    """
    local = {k: v[lang] if isinstance(v, dict) else v for k, v in values.items()}
    try:
        text = " ".join(_Filler(lang).vformat(template, (), local).split(" ")).strip()
    except KeyError as error:
        known = ", ".join(sorted(local))
        raise UsageError(f"The sentence {template!r} needs {error}, known are: {known}.") from error
    text = _EQUALS.sub(rf"\1{NO_BREAK}={NO_BREAK}", agree(text, lang))
    return typeset(text) if lang == "fr" else text


def fill_one(kind: str, value: Any, lang: Lang) -> str:
    """One value in words: ``kind`` is one of ``fill`` and perhaps the unit after it, ``signed1 point(s)``; '' for text."""
    number_kind, _, unit = kind.partition(" ")
    blank = "{value:" + number_kind + "}" if number_kind else "{value}"
    return fill(f"{blank}{NO_BREAK}{unit}" if unit else blank, {"value": value}, lang)


_EQUALS = re.compile(r"\b([np]) = (?=\d)")  # which no line end may cut
_OPTIONAL = re.compile(r"(?<=\w)\((s|es|x|nt)\)")
_COUNT = re.compile(r"\d(?:[\d\u202f,.]*\d)?")


def agree(text: str, lang: Lang) -> str:
    """Sentence whose optional endings, such as ``word(s)`` or ``change(nt)``, follow the number before them.

    Plural is two or more in French, anything but one in English. An ending that no number precedes stays as it is.
    """

    def ending(found: re.Match[str]) -> str:
        counts = _COUNT.findall(text, 0, found.start())
        if not counts:
            return found[0]
        said = counts[-1].replace("\u202f", "")
        count = float(said.replace(",", ".") if lang == "fr" else said.replace(",", ""))
        return found[1] if (count >= 2 if lang == "fr" else count != 1) else ""

    return _OPTIONAL.sub(ending, text)


def typeset(french: str) -> str:
    """French text whose double punctuation, quotation marks and per cent signs hold to their word."""
    return re.sub(r" (?=[:;?!»%])", NO_BREAK, re.sub(r"« ", f"«{NO_BREAK}", french))
