"""What can go wrong, said to the person who can mend it.

A ``Problem`` is one fact about one place in one file; its sentence comes from ``messages.csv``, in
French and in English, so that no message is worded twice. A ``DataError`` carries all the problems of a
run at once. Every error class has its own exit code.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Lang = Literal["fr", "en"]
LANGS: tuple[Lang, ...] = ("fr", "en")
Severity = Literal["error", "warning"]

_SHOWN_PLACES = 3
_LONGEST_VALUE = 40


class PanelEisError(Exception):
    """Base of all errors raised on purpose; ``exit_code`` says which kind of failure it was."""

    exit_code = 1


class UsageError(PanelEisError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class ModelError(PanelEisError):
    """A model cannot be estimated honestly on the rows it was given."""

    exit_code = 3


class RenderError(PanelEisError):
    """A document or an exhibit cannot be rendered without losing something."""

    exit_code = 5


class BuildError(PanelEisError):
    """A stage of the build failed for a reason that is not in the data."""

    exit_code = 6


@dataclass(frozen=True)
class Problem:
    """One fact about one place: file, row (as a spreadsheet numbers it), column, unit and value.

    Parameters
    ----------
    code
        Key of the sentence in ``messages.csv``.
    file
        Path as the person knows it, relative to the project.
    details
        What fills the blanks of the sentence.
    hidden
        True for open text and identifiers: the value is never printed.

    """

    code: str
    file: str
    row: int | None = None
    column: str | None = None
    unit: str | None = None
    value: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    hidden: bool = False

    @property
    def severity(self) -> Severity:
        """``error`` stops the build, ``warning`` is listed."""
        return "warning" if self.code.startswith("W-") else "error"

    def sentence(self, lang: Lang) -> str:
        """What was expected and how to mend it, in one language."""
        expected, hint = (catalogue()[self.code][f"{part}_{lang}"] for part in ("expected", "hint"))
        blanks = {
            **self.details,
            "column": self.column or "",
            "value": self._shown(),
            "unit": self.unit or "",
        }
        text = expected.format_map(blanks)
        return f"{text} → {hint.format_map(blanks)}" if hint else text

    def place(self, lang: Lang) -> str:
        """Row, column, unit and value, as far as they are known."""
        words = {"fr": ("ligne", "colonne"), "en": ("row", "column")}[lang]
        parts = []
        if self.row is not None:
            parts.append(f"{words[0]} {self.row}")
        if self.column is not None:
            parts.append(f"{words[1]} {self.column}")
        if self.unit is not None:
            parts.append(self.unit)
        if self.value is not None:
            quoted = f"« {self._shown()} »" if lang == "fr" else f'"{self._shown()}"'
            parts.append(quoted)
        return ", ".join(parts)

    def _shown(self) -> str:
        if self.value is None:
            return ""
        if self.hidden:
            return "…"
        printable = "".join(c if c.isprintable() else repr(c)[1:-1] for c in self.value)
        return printable if len(printable) <= _LONGEST_VALUE else printable[: _LONGEST_VALUE - 1] + "…"


class DataError(PanelEisError):
    """Data do not say what the codebook expects; carries every problem found in the run."""

    exit_code = 1

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(report(self.problems, "en"))

    def report(self, lang: Lang) -> str:
        """The same report in the language asked for."""
        return report(self.problems, lang)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence with the nearest known name, or nothing."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """``messages.csv`` by code: ``expected_fr``, ``expected_en``, ``hint_fr``, ``hint_en``."""
    text = resources.files("panel_eis").joinpath("messages.csv").read_text(encoding="utf-8")
    return {row["code"]: row for row in csv.DictReader(text.splitlines())}


def report(problems: Iterable[Problem], lang: Lang) -> str:
    """Lay all problems out by file; the same rule on the same column is told once, with a count.

    Parameters
    ----------
    problems
        In any order.
    lang
        ``fr`` or ``en``.

    Returns
    -------
    One text, one block a file, ending with what was or was not written.

    """
    by_file: dict[str, dict[tuple[str, str | None, str], list[Problem]]] = {}
    for problem in problems:
        same_rule = (problem.code, problem.column, _without_value(problem, lang))
        by_file.setdefault(problem.file, {}).setdefault(same_rule, []).append(problem)
    blocks = [_block(file, list(groups.values()), lang) for file, groups in sorted(by_file.items())]
    return "\n".join(blocks)


def _without_value(problem: Problem, lang: Lang) -> str:
    """The sentence with its changing parts blanked, so that the same rule groups over rows."""
    blank = Problem(problem.code, problem.file, details=dict.fromkeys(problem.details, ""))
    return blank.sentence(lang) + str(problem.details.get("group", ""))


def _block(file: str, groups: list[list[Problem]], lang: Lang) -> str:
    total = len(groups)
    words = {
        "fr": f"{total} problème{'s' * (total > 1)}",
        "en": f"{total} problem{'s' * (total > 1)}",
    }
    lines = [f"{file}: {words[lang]}" if lang == "en" else f"{file} : {words[lang]}"]
    for group in groups:
        first = group[0]
        lines.append(f"  {first.code}  {first.place(lang)}".rstrip())
        lines.append(f"      {first.sentence(lang)}")
        if len(group) > 1:
            lines.append(f"      {_elsewhere(group, lang)}")
    return "\n".join(lines)


def _elsewhere(group: list[Problem], lang: Lang) -> str:
    places = [str(p.row if p.row is not None else p.unit or p.column or "?") for p in group[1:]]
    shown = ", ".join(places[: _SHOWN_PLACES - 1])
    more = "…" if len(places) >= _SHOWN_PLACES else ""
    count = len(group)
    return {
        "fr": f"{count} fois en tout (aussi : {shown}{more})",
        "en": f"{count} times in all (also: {shown}{more})",
    }[lang]
