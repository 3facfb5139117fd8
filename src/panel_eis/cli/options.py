"""What several commands share: the options, the language of messages, and how a run ends."""

from __future__ import annotations

import locale
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panel_eis.errors import Lang, Problem

STAGES = ("check", "panel", "models", "exhibits", "facts", "render")


def default_lang() -> Lang:
    """French where the locale is French, English elsewhere."""
    name = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "fr" if (name or (locale.getlocale()[0] or "")).startswith("fr") else "en"


ROOT = click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="Folder of the project.",
)
LANG = click.option(
    "--lang", type=click.Choice(["fr", "en"]), default=default_lang, help="Language of messages."
)
FORMAT = click.option(
    "--format",
    "fmt",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Text to read, or JSON on the standard output.",
)


def end_with(
    problems: Sequence[Problem],
    code: int,
    lang: Lang,
    fmt: str,
    *,
    waves: Sequence[str] = (),
    before: Sequence[str] = (),
    after: Sequence[str] = (),
) -> None:
    """Tell all problems, as text (on the standard error where there are errors) or as JSON, and end with that code."""
    if fmt == "json":
        from panel_eis.problem_reports import as_json

        click.echo(as_json(problems, code, waves=waves))
        sys.exit(code)
    from panel_eis.errors import report

    unchanged = {"fr": "Rien n'a été modifié.", "en": "Nothing was changed."}[lang] if code else ""
    lines = [*before, report(problems, lang), *after, unchanged]
    click.echo("\n".join(line for line in lines if line), err=bool(code))
    sys.exit(code)
