"""The help of the commands in French: the texts of ``help.csv``, and the words that click adds itself.

Commands say their help in English, where they are written. A test holds that each text is in ``help.csv``.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from panel_eis.errors import Lang

_BEFORE = re.compile(" (?=[;:!?])")
_WORDS = {
    "Usage: ": "Usage : ",
    "Commands": "Commandes",
    "COMMAND [ARGS]": "COMMANDE [ARGS]",
    "[required]": "[obligatoire]",
    "[default: ": "[par défaut : ",
}
"""What click writes around the texts; ``Options`` is the same word."""


def texts(command: click.Command) -> Iterator[str]:
    """Every help text of a command and of those below it, as ``help.csv`` has them."""
    for text in (command.help, *(getattr(p, "help", None) for p in command.params)):
        if text:
            yield _plain(text)
    for below in getattr(command, "commands", {}).values():
        yield from texts(below)


@cache
def french() -> dict[str, str]:
    """French of each help text."""
    text = resources.files("panel_eis.cli").joinpath("help.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(keepends=True))
    return {row["en"]: _BEFORE.sub("\u00a0", row["fr"]) for row in rows}


def speak(command: click.Command, lang: Lang, english: dict[int, Any]) -> None:
    """Give a command and those below it their help in one language; ``english`` keeps what they said at first."""
    command.context_class = _French if lang == "fr" else click.Context
    parts: list[Any] = [command, *command.params]
    for part in parts:
        own = english.setdefault(id(part), getattr(part, "help", None))
        if own:  # arguments have none
            part.help = french().get(_plain(own), own) if lang == "fr" else own
    for below in getattr(command, "commands", {}).values():
        speak(below, lang, english)


def _plain(text: str) -> str:
    """Paragraphs on one line each."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")).strip()


class _Formatter(click.HelpFormatter):
    """Writes what click adds itself in French."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, _said(args), prefix or _WORDS["Usage: "])

    def write_heading(self, heading: str) -> None:
        super().write_heading(f"{_WORDS.get(heading, heading)} ")

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:  # type: ignore[override]
        told = [(first, _said(french().get(second, second))) for first, second in rows]
        super().write_dl(told, col_max, col_spacing)


def _said(text: str) -> str:
    for english, words in _WORDS.items():
        text = text.replace(english, words)
    return text


class _French(click.Context):
    formatter_class = _Formatter
