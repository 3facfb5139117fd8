"""Case studies: one Markdown file each, its front matter held to the codebook.

Every key that is the name of a variable must hold codes of that variable, so that a case and a row of the panel
speak the same language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from panel_eis.errors import LANGS, DataError, Problem, did_you_mean
from panel_eis.waves import load_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from panel_eis.codebook import Codebook
    from panel_eis.errors import Lang
    from panel_eis.register import Register

_OWN_KEYS = ("case", "unit", "title", "synthetic", "consent", "followed", "sources")
VARIABLES = (
    "legal_form", "field", "department", "motives", "steps", "tools", "stakeholders", "barriers", "needs",
)  # fmt: skip
HEADINGS: Mapping[Lang, str] = {"fr": "# Français", "en": "# English"}


@dataclass(frozen=True)
class Case:
    """One case study.

    Attributes
    ----------
    case
        Its identifier, ``CASE-01``.
    unit
        Its unit in the panel; empty when it is not in the panel.
    answers
        Codes by variable; several codes for a multiple choice.
    followed
        What became of it: wave, rung of the ladder, a note in both languages.
    body
        The text, in both languages.

    """

    case: str
    unit: str
    title: Mapping[str, str]
    synthetic: bool
    answers: Mapping[str, tuple[str, ...]]
    followed: tuple[Mapping[str, Any], ...]
    sources: tuple[str, ...]
    body: Mapping[Lang, str]


def read_cases(folder: Path, codebook: Codebook, register: Register) -> list[Case]:
    """Read all cases that may be shown (``consent: yes``), in order of their identifier.

    Raises
    ------
    DataError
        With every fault of every case.

    """
    problems: list[Problem] = []
    cases = [_read(path, codebook, register, problems) for path in sorted(folder.glob("*.md"))]
    if problems:
        raise DataError(problems)
    return sorted((c for c in cases if c is not None), key=lambda c: c.case)


def _read(path: Path, codebook: Codebook, register: Register, problems: list[Problem]) -> Case | None:
    file = f"data/cases/{path.name}"
    _, opened, rest = path.read_text(encoding="utf-8").partition("---\n")
    front, closed, text = rest.partition("\n---\n")
    if not opened or not closed:
        problems.append(
            _fault(
                file,
                None,
                "l'en-tête entre deux lignes « --- » manque",
                "the front matter between two “---” lines is missing",
            )
        )
        return None
    head, fault = load_yaml(front, file)
    found = [fault] if fault else _faults(head, file, codebook, register)
    body = {lang: _part(text, heading) for lang, heading in HEADINGS.items()}
    found += [
        _fault(file, heading, f"la partie « {heading} » manque", f"the part “{heading}” is missing")
        for lang, heading in HEADINGS.items()
        if not body[lang]
    ]
    problems += found
    if found or head["consent"] != "yes":
        return None
    answers = {v: tuple(_as_list(head[v])) for v in VARIABLES}
    return Case(
        head["case"], head["unit"], head["title"], head["synthetic"] == "true", answers,
        tuple(head["followed"] or ()), tuple(_as_list(head["sources"])), body,
    )  # fmt: skip


def _faults(head: Mapping[str, Any], file: str, codebook: Codebook, register: Register) -> list[Problem]:
    known = (*_OWN_KEYS, *VARIABLES)
    faults = [
        _fault(
            file,
            k,
            f"clé inconnue « {k} ».{did_you_mean(k, known)}",
            f"unknown key “{k}”.{did_you_mean(k, known)}",
        )
        for k in head
        if k not in known
    ]
    faults += [
        _fault(file, k, f"la clé « {k} » manque", f"the key “{k}” is missing") for k in known if k not in head
    ]
    if faults:
        return faults
    for name in VARIABLES:
        codes = codebook.codes(name)
        for code in _as_list(head[name]):
            if code not in codes:
                details = {"known": ", ".join(codes), "near": did_you_mean(code, codes)}
                faults.append(Problem("E-CODE", file, column=name, value=code, details=details))
    rungs = codebook.codes("ladder")
    for step in head["followed"] or ():
        if not isinstance(step, dict) or step.get("ladder") not in rungs or not {"wave", "note"} <= set(step):
            faults.append(
                _fault(
                    file,
                    "followed",
                    "attendu : wave, ladder (0–5), note",
                    "expected: wave, ladder (0–5), note",
                )
            )
    faults += _of_a_shown_case(head, file) if head["consent"] == "yes" else []
    if head["unit"] and register.lacks(head["unit"]):
        faults.append(Problem("E-TABLE-UNIT", file, column="unit", value=head["unit"]))
    return faults


def _of_a_shown_case(head: Mapping[str, Any], file: str) -> list[Problem]:
    """What a reader would miss: its address is its name, and title and notes are there in both languages."""
    faults = []
    if file != f"data/cases/{head['case'].lower()}.md":
        expected = f"{head['case'].lower()}.md"
        faults.append(
            _fault(
                file,
                "case",
                f"le fichier devrait s'appeler {expected}",
                f"the file should be named {expected}",
            )
        )
    notes = [step.get("note") for step in head["followed"] or () if isinstance(step, dict)]
    for key, text in [("title", head["title"]), *(("followed", note) for note in notes)]:
        if not isinstance(text, dict) or not all(text.get(lang) for lang in LANGS):
            faults.append(
                _fault(file, key, "attendu : un texte en fr et en en", "expected: a text in fr and in en")
            )
    return faults


def _fault(file: str, column: str | None, reason_fr: str, reason_en: str) -> Problem:
    return Problem("E-CASE", file, column=column, details={"reason_fr": reason_fr, "reason_en": reason_en})


def _as_list(value: Any) -> list[str]:
    if isinstance(value, list):
        return value
    return [value] if value else []


def _part(text: str, heading: str) -> str:
    _, found, after = f"\n{text}".partition(f"\n{heading}\n")
    if not found:
        return ""
    ends = [after.find(f"\n{other}\n") for other in HEADINGS.values() if f"\n{other}\n" in after]
    return after[: min(ends)].strip() if ends else after.strip()
