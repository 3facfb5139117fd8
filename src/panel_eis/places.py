"""Where a reader finds a thing: the entry of a variable in the codebook, the page that shows an exhibit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_INCLUDE = re.compile(r"\{\{< include \.\./\.\./build/exhibits/\w\w/((?:fig|tbl)-[\w-]+)\.md >\}\}")


def anchor(variable: str) -> str:
    """Identifier of a variable's entry on the page of the codebook."""
    return f"var-{variable.replace('_', '-')}"


def shown_on(root: Path) -> dict[str, str]:
    """Page (its stem, the same in each language) where each exhibit is shown, the key findings last."""
    found: dict[str, str] = {}
    pages = sorted((root / "paper" / "fr").glob("*.qmd"), key=lambda p: (p.stem == "index", p.stem))
    for page in pages:
        for label in _INCLUDE.findall(page.read_text(encoding="utf-8")):
            found.setdefault(label, page.stem)
    return found
