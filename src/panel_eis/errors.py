"""What can go wrong, said to the person who can mend it.

A ``Problem`` is one fact about one place in one file; its sentence comes from ``messages.csv``, in
French and in English, so that no message is worded twice. A ``DataError`` carries all the problems of a
run at once. Every error class has its own exit code (``EXIT_CODES``).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

from panel_eis.problem_blocks import file_block

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Lang = Literal["fr", "en"]
LANGS: tuple[Lang, ...] = ("fr", "en")
Severity = Literal["error", "warning"]

EXIT_CODES: dict[int, dict[Lang, str]] = {
    0: {"fr": "tout va bien", "en": "fine"},
    1: {"fr": "données : lues, mais contraires au codebook", "en": "data: read, but against the codebook"},
    2: {"fr": "commande : demande impossible", "en": "usage: what was asked cannot be done"},
    3: {"fr": "modèle : impossible à estimer honnêtement", "en": "model: cannot be estimated honestly"},
    4: {"fr": "fichier : impossible à lire fidèlement", "en": "file: cannot be read faithfully"},
    5: {"fr": "rendu : un document ou une figure", "en": "rendering: a document or an exhibit"},
    6: {"fr": "construction : étape ou état du build", "en": "build: a step or the state of the build"},
}
"""Which kind of failure each exit code says, as ``--help`` and the README document it."""

_UNREADABLE = (
    "WAVE-FORMAT", "WAVE-FILE", "WAVE-RENAME", "FILE-", "EMPTY", "CSV", "FIELDS", "ENCODING", "SEPARATOR", "HEADER-",
    "LIMIT-", "NUL", "BOM-", "DISGUISED", "PASSWORD", "MACRO", "ZIP-", "DAMAGED", "SHEET", "CELL-", "YAML", "TABLE-ENCODING",
    "TABLE-SEPARATOR",
)  # fmt: skip
"""Starts of the codes, after ``E-``, that say that a file could not be read; what it says is not known then."""
_NEAR = re.compile(r" Did you mean '(.*)'\?", re.DOTALL)
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
    declared
        Severity that the codebook gives to a check (``C-`` codes).
    variable
        Question of the codebook, where the file names its column otherwise.

    """

    code: str
    file: str
    row: int | None = None
    column: str | None = None
    unit: str | None = None
    value: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    hidden: bool = False
    declared: Severity | None = None
    variable: str | None = None

    @property
    def severity(self) -> Severity:
        """``error`` stops the build, ``warning`` is listed; checks that the codebook declares say which they are."""
        if self.declared:
            return self.declared
        return "warning" if self.code.startswith("W-") else "error"

    @property
    def unreadable(self) -> bool:
        """True where the file itself cannot be read, whatever it says."""
        return self.severity == "error" and self.code[2:].startswith(_UNREADABLE)

    @property
    def shown_value(self) -> str:
        """The value as it may be printed: cut, without control characters, ``…`` where it must stay hidden."""
        return self._shown()

    def sentence(self, lang: Lang) -> str:
        """What was expected and how to mend it, in one language."""
        text, hint = self.expected(lang), self.hint(lang)
        return f"{text} → {hint}" if hint else text

    def expected(self, lang: Lang) -> str:
        """What was expected, in one language."""
        return self._filled("expected", lang)

    def hint(self, lang: Lang) -> str:
        """How to mend it, in one language; empty where there is nothing to add."""
        return self._filled("hint", lang)

    def _filled(self, part: str, lang: Lang) -> str:
        blanks = {
            **self.details,
            "column": self.column or "",
            "value": self._shown(),
            "unit": self.unit or "",
        }
        if lang == "fr" and "near" in blanks:
            blanks["near"] = _NEAR.sub(r" Vouliez-vous dire « \1 » ?", blanks["near"])
        return catalogue()[self.code][f"{part}_{lang}"].format_map(blanks)

    def place(self, lang: Lang) -> str:
        """Row, column, unit and value, as far as they are known."""
        words = {"fr": ("ligne", "colonne"), "en": ("row", "column")}[lang]
        parts = []
        if self.row is not None:
            parts.append(f"{words[0]} {self.row}")
        if self.column is not None:
            parts.append(f"{words[1]} {_printable(self.column)}")
        if self.unit is not None:
            parts.append(self.unit)
        if self.value == "":
            parts.append({"fr": "vide", "en": "empty"}[lang])
        elif self.value is not None:
            quoted = f"« {self._shown()} »" if lang == "fr" else f'"{self._shown()}"'
            parts.append(quoted)
        return ", ".join(parts)

    def _shown(self) -> str:
        if self.value is None:
            return ""
        if self.hidden:
            return "…"
        printable = _printable(self.value)
        return printable if len(printable) <= _LONGEST_VALUE else printable[: _LONGEST_VALUE - 1] + "…"


def _printable(text: str) -> str:
    """Text that can reach a terminal: control and invisible characters as their escapes."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class DataError(PanelEisError):
    """Data do not say what the codebook expects; carries every problem found in the run, each once.

    ``exit_code`` is 4 when a file cannot be read (it has to be mended first), 1 otherwise.
    """

    exit_code = 1

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = distinct(problems)
        if any(p.unreadable for p in self.problems):
            self.exit_code = 4
        super().__init__(report(self.problems, "en"))

    def __reduce__(self) -> tuple[type[DataError], tuple[tuple[Problem, ...]]]:
        """Travel between processes with the problems; what Python would send is the text alone."""
        return type(self), (self.problems,)

    def report(self, lang: Lang) -> str:
        """The same report in the language asked for."""
        return report(self.problems, lang)


class RequestError(DataError):
    """What was asked on the command line cannot be done; told like any problem, in both languages."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__(problems)
        self.exit_code = UsageError.exit_code


def distinct(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The same problems in the same order, each once: several steps may meet the same fault of a shared file."""
    return tuple({(*_place(p), tuple(sorted(p.details.items()))): p for p in problems}.values())


def _place(problem: Problem) -> tuple[str, str, int | None, str | None, str | None, str | None]:
    return problem.code, problem.file, problem.row, problem.column, problem.unit, problem.value


class ComparabilityError(DataError):
    """A comparison over time that the declarations of the waves do not allow; says what to compare instead."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence with the nearest known name, or nothing."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean '{near[0]}'?" if near else ""


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """``messages.csv`` by code: ``expected_fr``, ``expected_en``, ``hint_fr``, ``hint_en``."""
    text = resources.files("panel_eis").joinpath("messages.csv").read_text(encoding="utf-8")
    return {row["code"]: row for row in csv.DictReader(text.splitlines(keepends=True))}


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
    by_file = grouped(problems)
    return "\n".join(file_block(file, groups, lang) for file, groups in sorted(by_file.items()))


def grouped(problems: Iterable[Problem]) -> dict[str, list[list[Problem]]]:
    """Problems by file, those of the same rule on the same column together, in the order in which they were met."""
    by_file: dict[str, dict[tuple[str, str | None, str], list[Problem]]] = {}
    for problem in problems:
        somewhere = problem.row is not None or problem.column is not None
        told_apart = str(problem.details.get("group", "")) if somewhere else problem.sentence("en")
        same_rule = (problem.code, problem.column, told_apart)
        by_file.setdefault(problem.file, {}).setdefault(same_rule, []).append(problem)
    return {file: list(groups.values()) for file, groups in by_file.items()}
