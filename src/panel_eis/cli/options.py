"""What several commands share: the options, and the language of messages."""

from __future__ import annotations

import locale
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from panel_eis.errors import Lang

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
