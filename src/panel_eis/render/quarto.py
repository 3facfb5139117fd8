"""The other road: Quarto itself, where it is present."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pypandoc

from panel_eis.errors import RenderError


def find_quarto(root: Path) -> Path | None:
    """Find a `quarto` that answers, on the path or in `.venv`."""
    for candidate in (shutil.which("quarto"), shutil.which("quarto", path=str(root / ".venv" / "bin"))):
        if candidate:
            try:
                answer = subprocess.run(
                    [candidate, "--version"], capture_output=True, check=False, timeout=120
                )
            except (OSError, subprocess.TimeoutExpired):
                continue
            if answer.returncode == 0:
                return Path(candidate)
    return None


def renderer_versions(quarto: Path | None) -> str:
    """Name what renders the pages, with versions."""
    if quarto is None:
        return f"pandoc {pypandoc.get_pandoc_version()}, Typst {metadata.version('typst')}"
    asked = subprocess.run([str(quarto), "--version"], capture_output=True, encoding="utf-8", check=True)
    return f"Quarto {asked.stdout.strip()}"


def render_with_quarto(root: Path, quarto: Path) -> None:
    """`quarto render` of the whole project, without its pre-render step: the analyses are already there."""
    command = [str(quarto), "render", str(root)]
    done = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "PANEL_EIS_IN_BUILD": "1", "QUARTO_PYTHON": sys.executable},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        last = "\n".join(f"  {line}" for line in done.stdout.splitlines()[-20:])
        raise RenderError(f"quarto render failed with code {done.returncode}; it said at the end:\n{last}")
