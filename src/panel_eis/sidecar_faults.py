"""What a sidecar may say, key by key, and every place where it says something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from panel_eis.changes import change_faults
from panel_eis.errors import Problem
from panel_eis.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MISSING_KINDS = ("no_answer", "dont_know", "refused", "not_applicable", "lost")
"""Reasons that a missing code of a file may have."""

ALLOWED = {
    "encoding": ("utf-8", "windows-1252"),
    "separator": (",", ";", "\t", "|"),
    "decimal": (".", ","),
    "dates": ("iso", "dd/mm/yyyy"),
    "source": tuple(SOURCES),
    "header_rows": ("1", "2", "3"),
    "labels": ("yes", "no"),
    "unfinished": ("drop", "keep"),
    "duplicates": ("refuse", "first", "last", "most_complete"),
}
"""Closed lists of the keys that have one."""
SHAPES: dict[str, type] = {
    "columns": dict,
    "recode": dict,
    "comparability": dict,
    "fieldwork": dict,
    "missing": dict,
    "test_rows": dict,
    "units": dict,
    "not_asked": list,
    "unused": list,
    "identifiers": list,
}
"""Kind of value of each key; a key that is not here holds one word."""


def value_faults(key: str, value: Any, file: str) -> list[Problem]:
    """Faults of the value of one key: its shape, then its words."""
    expected = SHAPES.get(key, str)
    if not isinstance(value, expected):
        return [Problem("E-SIDECAR-SHAPE", file, column=key, details={"shape": expected.__name__})]
    if key in ALLOWED and value not in ALLOWED[key]:
        return [_unexpected(file, key, str(value), ALLOWED[key])]
    check: Callable[[str, Any, str], Iterator[Problem]] | None = {
        "comparability": _comparability,
        "missing": _missing,
        "test_rows": _test_rows,
        "recode": _tables,
        "columns": _words,
        "units": _words,
        "fieldwork": _words,
    }.get(key)
    return list(check(key, value, file)) if check else []


def _comparability(_key: str, value: dict[str, Any], file: str) -> Iterator[Problem]:
    for item, entry in value.items():
        yield from change_faults(item, entry, file)


def _missing(key: str, value: dict[str, Any], file: str) -> Iterator[Problem]:
    yield from _tables(key, value, file)
    for item, entry in value.items():
        if isinstance(entry, dict):
            for reason in entry.values():
                if reason not in MISSING_KINDS:
                    yield _unexpected(file, item, str(reason), MISSING_KINDS)


def _test_rows(key: str, value: dict[str, Any], file: str) -> Iterator[Problem]:
    for column, patterns in value.items():
        words = patterns if isinstance(patterns, list) else [patterns]
        if not all(isinstance(word, str) and word.strip("*? ") for word in words):
            details = {"shape": "text, or list of texts"}
            yield Problem("E-SIDECAR-SHAPE", file, column=f"{key}: {column}", details=details)


def _tables(key: str, value: dict[str, Any], file: str) -> Iterator[Problem]:
    for item, entry in value.items():
        if not isinstance(entry, dict) or not all(isinstance(v, str) for v in entry.values()):
            yield Problem("E-SIDECAR-SHAPE", file, column=f"{key}: {item}", details={"shape": "dict"})


def _words(key: str, value: dict[str, Any], file: str) -> Iterator[Problem]:
    for item, entry in value.items():
        if not isinstance(entry, str):
            yield Problem("E-SIDECAR-SHAPE", file, column=f"{key}: {item}", details={"shape": "str"})


def _unexpected(file: str, column: str, value: str, known: tuple[str, ...]) -> Problem:
    details = {"known": ", ".join(repr(word) for word in known)}
    return Problem("E-SIDECAR-VALUE", file, column=column, value=value, details=details)
