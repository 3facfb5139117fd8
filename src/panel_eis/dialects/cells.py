"""From the cells of an export to those of the house format: boxes into one cell, labels into codes, units, missing."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.dialects.headers import normal
from panel_eis.distinct import constant, joined, split, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TICKED = frozenset({"1", "Y", "yes", "Yes", "Oui", "oui", "True", "TRUE", "true", "VRAI", "Quoted", "Coché"})
EMPTY = frozenset({"", "0", "N", "no", "No", "Non", "non", "False", "FALSE", "false", "FAUX", "N/A"})
"""What tools write in a box; anything else is told."""

UNITS: dict[str, tuple[str, str]] = {
    "€": ("money", "1"), "k€": ("money", "1000"), "M€": ("money", "1000000"),
    "s": ("time", "1"), "seconds": ("time", "1"), "min": ("time", "60"), "minutes": ("time", "60"),
    "h": ("time", "3600"), "hours": ("time", "3600"),
    "half-days": ("day", "0.5"), "days": ("day", "1"),
    "share": ("part", "1"), "%": ("part", "0.01"),
}  # fmt: skip
"""Units that a number may be written in: what it measures, and how much of the base unit it is."""
_ZEROS = re.compile(r"([+-]?[0-9]+)(?:\.0+|(\.[0-9]*?[1-9])0*)")
_MIDNIGHT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}/[0-9]{2}/[0-9]{4})[ T]00:00(?::00(?:\.0+)?)?")


def joined_boxes(boxes: Mapping[str, pd.Series], order: tuple[str, ...]) -> tuple[pd.Series, pd.Series]:
    """One cell of codes for the boxes of a question, by choice; and the boxes that hold neither tick nor nothing.

    All boxes empty is no answer: no tool tells it from a question that was not seen.
    """
    codes = sorted(boxes, key=lambda code: (order.index(code) if code in order else len(order), code))
    index = next(iter(boxes.values())).index
    cells, strange = constant("", index), pd.Series(data=False, index=index)
    for code in codes:
        ticked = spread(boxes[code], lambda texts: texts.str.strip().isin(TICKED))
        known = spread(boxes[code], lambda texts: texts.str.strip().isin(TICKED | EMPTY))
        strange = strange | ~known
        places, texts = split(cells)
        both = [*texts, *(f"{text} {code}".strip() for text in texts)]
        cells = joined(places + len(texts) * ticked.to_numpy(), both, cells.index)
    return cells, strange


def code_of(known: Mapping[str, str]) -> Callable[[str], str]:
    """Function that gives the code of an answer; a text that is not known stays, for the message."""

    def change(text: str) -> str:
        return known.get(text.strip()) or known.get(normal(text)) or text

    return change


def codes_of(known: Mapping[str, str], joiner: str) -> Callable[[str], str]:
    """Function that gives the codes of several answers in one cell, joined by ``joiner``, as codes and spaces.

    A label may hold the joiner itself ("Dons, legs"): the longest run of parts that is a label is taken.
    """

    def change(text: str) -> str:
        parts, codes = text.split(joiner) if joiner.strip() else text.split(), []
        while parts:
            runs = (
                (n, code)
                for n in range(len(parts), 0, -1)
                if (code := code_of(known)((joiner or " ").join(parts[:n]).strip())) in known.values()
            )
            length, code = next(runs, (1, "_".join(parts[0].split())))
            codes.append(code)
            parts = parts[length:]
        return " ".join(code for code in codes if code)

    return change


def without_clock(text: str) -> str:
    """Date without the midnight that tools add to it."""
    found = _MIDNIGHT.fullmatch(text.strip())
    return found[1] if found else text


def without_mask(text: str) -> str:
    """Text without the apostrophe that LimeSurvey puts before an equals sign, against formulas in a spreadsheet."""
    return text[1:] if text.startswith("'=") else text


def without_zeros(text: str) -> str:
    """Number without the zeros of a database (``12.5000000000``)."""
    found = _ZEROS.fullmatch(text.strip())
    return found[1] + (found[2] or "") if found else text


def converted(unit: str, wanted: str, decimal: str) -> Callable[[str], str] | None:
    """Function that converts a number between two units, exactly; nothing when they measure different things."""
    if unit not in UNITS or wanted not in UNITS or UNITS[unit][0] != UNITS[wanted][0]:
        return None
    up, down = Decimal(UNITS[unit][1]), Decimal(UNITS[wanted][1])

    def change(text: str) -> str:
        bare = re.sub("[\u0020\u00a0\u202f]", "", text).replace("\u2212", "-").replace(decimal, ".")
        try:
            number = Decimal(bare) * up / down
        except InvalidOperation:
            return text
        return without_zeros(f"{number:f}").replace(".", decimal)

    return change
