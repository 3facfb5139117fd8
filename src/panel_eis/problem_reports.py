"""Problems for programs: the report of ``--format json``, which holds what the text says, and every place.

Open text and identifiers stay hidden here as in the text: their value is null and ``hidden`` is true.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from panel_eis.errors import EXIT_CODES, LANGS, grouped
from panel_eis.problem_blocks import told_together

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from panel_eis.errors import Problem

VERSION = 1
"""Raised when a key changes its meaning or goes; a new key does not raise it."""


def as_json(problems: Iterable[Problem], exit_code: int, *, waves: Sequence[str] = ()) -> str:
    """Write a whole run as one JSON object.

    Parameters
    ----------
    problems
        Errors and warnings.
    exit_code
        What the command ends with (``errors.EXIT_CODES``).
    waves
        Names of the waves that are in order.

    Returns
    -------
    ``version``, ``exit_code``, ``kind`` (in both languages), ``waves``, and ``problems``: one object a rule and column,
    with ``group``, ``code``, ``severity``, ``file``, ``column``, ``count``, ``expected``, ``hint`` and all its ``places``,
    in the order of the text. ``group`` numbers what the text tells as one: forty columns that are missing are forty objects,
    each with its column, of one ``group``; any other problem has a number of its own.

    """
    batches = [
        (file, batch) for file, groups in sorted(grouped(problems).items()) for batch in told_together(groups)
    ]
    report = {
        "version": VERSION,
        "exit_code": exit_code,
        "kind": EXIT_CODES[exit_code],
        "waves": list(waves),
        "problems": [
            {"group": number, **_entry(file, group)}
            for number, (file, batch) in enumerate(batches, start=1)
            for group in batch
        ],
    }
    return json.dumps(report, ensure_ascii=False, indent=1)


def _entry(file: str, group: list[Problem]) -> dict[str, Any]:
    first = group[0]
    return {
        "code": first.code,
        "severity": first.severity,
        "file": file,
        "column": first.column,
        "count": len(group),
        "expected": {lang: first.expected(lang) for lang in LANGS},
        "hint": {lang: first.hint(lang) for lang in LANGS},
        "places": [
            {
                "row": p.row,
                "unit": p.unit,
                "value": None if p.hidden or p.value is None else p.shown_value,
                "hidden": p.hidden,
            }
            for p in group
        ],
    }
