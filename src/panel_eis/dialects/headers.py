"""Which question, or which choice of a question, a column of an export belongs to.

Only exact matches count: the name, LimeSurvey's code of it, or its full text in either language. A text that two
questions share matches neither. What matches nothing is left for the message on unknown columns.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from panel_eis.dialects.short_codes import answer_codes, question_codes
from panel_eis.errors import LANGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from panel_eis.codebook import Codebook

OTHER = "other"
"""What LimeSurvey calls the box with a text of one's own."""
_BRACKETS = re.compile(r"(?P<stem>.*\S)\s*\[(?P<part>.*)\]", re.DOTALL)


@dataclass(frozen=True)
class Place:
    """Where the cells of a column go: a question, or one choice of it (``choice`` is the code of the codebook)."""

    variable: str
    choice: str = ""


def normal(text: str) -> str:
    """Text without markup, references to characters and differences of spaces."""
    return " ".join(html.unescape(re.sub(r"<[^<>]*>", " ", text)).replace("\\", "").split())


@dataclass(frozen=True)
class Columns:
    """The codebook, looked up by what a header may say."""

    codebook: Codebook
    source: str

    @cached_property
    def asked(self) -> frozenset[str]:
        """Names of the questions."""
        return frozenset(v.name for v in self.codebook.asked)

    @cached_property
    def names(self) -> dict[str, str]:
        """Question by what a header may write for it."""
        codes = question_codes(self.codebook) if self.source == "limesurvey" else {}
        pairs = [(v.label[lang], v.name) for v in self.codebook.asked for lang in LANGS]
        if codes:
            pairs += [
                (f"{codes[v.name]}. {v.label[lang]}", v.name) for v in self.codebook.asked for lang in LANGS
            ]
        known = _unambiguous(pairs)
        return (
            known
            | {code: name for name, code in codes.items()}
            | {v.name: v.name for v in self.codebook.asked}
        )

    def choices(self, variable: str) -> dict[str, str]:
        """Code of the codebook by what a file may write for an answer of one variable: codes, then full texts."""
        return self.labels(variable) | self.codes(variable)

    def codes(self, variable: str) -> dict[str, str]:
        """Code of the codebook by code of the file, LimeSurvey's short ones too."""
        name = self.codebook[variable].list_name
        short = answer_codes(self.codebook, name) if self.source == "limesurvey" else {}
        return {s: code for code, s in short.items()} | {c.name: c.name for c in self.codebook.lists[name]}

    def labels(self, variable: str) -> dict[str, str]:
        """Code of the codebook by the full text of an answer, in either language."""
        choices = self.codebook.lists[self.codebook[variable].list_name]
        return _unambiguous((c.label[lang], c.name) for c in choices for lang in LANGS)

    def multiple(self, variable: str) -> bool:
        """True for a question with several choices."""
        return self.codebook[variable].kind == "select_multiple"

    def place(self, header: str) -> Place | None:
        """Where a column of this header belongs, or nothing."""
        for stem, part in _readings(header, self.source):
            name = self.names.get(stem) or self.names.get(normal(stem))
            if name and not part:
                return Place(name)
            if name and self.multiple(name):
                if part == OTHER and self.source == "limesurvey":
                    return Place(name, OTHER)
                known = self.choices(name)
                choice = known.get(part) or known.get(normal(part))
                if choice:
                    return Place(name, choice)
            if part in self.names and self.source == "limesurvey":
                return Place(self.names[part])  # a row of an array is a question of the codebook
        return None

    def target(self, written: str) -> Place | None:
        """What ``columns`` of a sidecar means by ``tools`` or ``tools/sroi``."""
        name, _, choice = written.partition("/")
        if name not in self.codebook.variables or self.codebook[name].derived:
            return None
        if not choice:
            return Place(name)
        known = self.multiple(name) and choice in {c.name for c in self.codebook.choices(name)}
        return Place(name, choice) if known or choice == OTHER else None


def _readings(header: str, source: str) -> Iterator[tuple[str, str]]:
    """Question and part that a header may stand for, the likeliest first."""
    if source == "limesurvey":
        code, both, _ = header.partition(". ")
        for heading in (header, code) if both else (header,):  # "code. text" is told by its code
            found = _BRACKETS.fullmatch(heading)
            yield (found["stem"], found["part"]) if found else (heading, "")
            stem, _, part = heading.partition("_")
            if part:
                yield stem, part  # headings as codes of ExpressionScript
        return
    yield header, ""
    if source == "qualtrics":
        for mark in re.finditer("_", header):
            yield header[: mark.start()], header[mark.end() :]
    for slash in reversed(list(re.finditer("/", header))):
        left, right = header[: slash.start()], header[slash.end() :]
        yield left, right
        if source in ("kobo", "odk"):
            yield _last(left, source), right
    if source in ("kobo", "odk"):
        yield _last(header, source), ""


def _last(path: str, source: str) -> str:
    """Name at the end of a path of groups."""
    return re.split("[/-]" if source == "odk" else "/", path)[-1]


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    known: dict[str, set[str]] = {}
    for text, name in pairs:
        known.setdefault(normal(text), set()).add(name)
    return {text: min(names) for text, names in known.items() if len(names) == 1}
