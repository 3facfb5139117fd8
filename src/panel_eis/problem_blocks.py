"""The problems of one file as lines: errors before warnings, the same rule on the same column once, with a count."""

from __future__ import annotations

from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from panel_eis.errors import Lang, Problem, Severity

_SHOWN_PLACES = 3
_KINDS: dict[Lang, dict[Severity, str]] = {
    "fr": {"error": "problème", "warning": "avertissement"},
    "en": {"error": "problem", "warning": "warning"},
}


def file_block(file: str, groups: list[list[Problem]], lang: Lang) -> str:
    """Lines about one file, errors before warnings, each warning marked as one."""
    counts = {kind: sum(group[0].severity == kind for group in groups) for kind in _KINDS[lang]}
    said = ", ".join(f"{n} {_KINDS[lang][kind]}{'s' * (n > 1)}" for kind, n in counts.items() if n)
    lines = [f"{file}: {said}" if lang == "en" else f"{file} : {said}"]
    for batch in told_together(groups):
        if len(batch) > 1:
            lines += _columns_together([group[0] for group in batch], lang)
            continue
        (group,) = batch
        first = group[0]
        lines.append(f"  {first.code}{_mark(first, lang)}  {first.place(lang)}".rstrip())
        lines.append(f"      {first.sentence(lang)}")
        if len(group) > 1:
            lines.append(f"      {_elsewhere(group, lang)}")
    return "\n".join(lines)


def told_together(groups: list[list[Problem]]) -> list[list[list[Problem]]]:
    """Groups of one file as they are told: errors first, and the same fault of more than three whole columns as one."""
    ordered = sorted(groups, key=lambda group: group[0].severity)
    batches: list[list[list[Problem]]] = []
    for _, alike in groupby(ordered, key=_column_rule):
        batch = list(alike)
        batches += [batch] if len(batch) > _SHOWN_PLACES else [[group] for group in batch]
    return batches


def _mark(problem: Problem, lang: Lang) -> str:
    return f" ({_KINDS[lang]['warning']})" if problem.severity == "warning" else ""


def _column_rule(group: list[Problem]) -> tuple[str, ...]:
    """What a fault of a whole column shares with the same fault of other columns; nothing for a fault of a cell."""
    first = group[0]
    whole = len(group) == 1 and first.row is None and first.unit is None and first.column is not None
    return (first.code, first.severity, first.sentence("en")) if whole else (str(id(group)),)


def _columns_together(problems: list[Problem], lang: Lang) -> list[str]:
    """One fault of many columns, told once with all their names: a wave whose header is foreign has a hundred of them."""
    first, names = problems[0], ", ".join(str(p.column) for p in problems)
    many = {"fr": f"{len(problems)} colonnes", "en": f"{len(problems)} columns"}[lang]
    listed = wrap(names, 110, break_on_hyphens=False, break_long_words=False)
    return [
        f"  {first.code}{_mark(first, lang)}  {many}",
        f"      {first.sentence(lang)}",
        *(f"      {line}" for line in listed),
    ]


def _elsewhere(group: list[Problem], lang: Lang) -> str:
    differ = len({p.value for p in group}) > 1
    shown = ", ".join(_short_place(p, lang, value=differ) for p in group[1:_SHOWN_PLACES])
    more = "…" if len(group) > _SHOWN_PLACES else ""
    count = len(group)
    return {
        "fr": f"{count} fois en tout (aussi : {shown}{more})",
        "en": f"{count} times in all (also: {shown}{more})",
    }[lang]


def _short_place(problem: Problem, lang: Lang, *, value: bool) -> str:
    """Row (or unit), with the value where values differ within the group."""
    where = str(problem.row if problem.row is not None else problem.unit or problem.column or "?")
    if not value or problem.value is None:
        return where
    return f"{where} « {problem.shown_value} »" if lang == "fr" else f'{where} "{problem.shown_value}"'
