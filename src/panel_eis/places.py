"""Where a reader finds a thing: the page of a variable and its entry in the codebook, the page that shows an exhibit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_INCLUDE = re.compile(r"\{\{< include \.\./\.\./build/exhibits/\w\w/((?:fig|tbl)-[\w-]+)\.md >\}\}")


CODEBOOK = "codebook"
"""Stem of the page of the codebook, which the pages of variables are cut from."""
VARIABLE_PAGES = "variable-*.html"


def anchor(variable: str) -> str:
    """Identifier of a variable's entry on the page of the codebook."""
    return f"var-{_slug(variable)}"


def variable_page(variable: str) -> str:
    """File name of a variable's page, the same in each language and on each file system."""
    return f"variable-{_slug(variable)}.html"


def _slug(variable: str) -> str:
    """Small letters, digits and hyphens for underscores; of anything else its code, so that two names never meet."""
    return re.sub(r"[^a-z0-9_]", lambda found: f".{ord(found[0]):x}.", variable).replace("_", "-")


def is_variable_page(path: Path) -> bool:
    """Whether a path is that of a page which the build cuts from the codebook beside it."""
    return path.match(VARIABLE_PAGES) and path.with_name(f"{CODEBOOK}.qmd").is_file()


def shown_on(root: Path) -> dict[str, str]:
    """Page (its stem, the same in each language) where each exhibit is shown, the key findings last."""
    found: dict[str, str] = {}
    pages = sorted((root / "paper" / "fr").glob("*.qmd"), key=lambda p: (p.stem == "index", p.stem))
    for page in pages:
        for label in _INCLUDE.findall(page.read_text(encoding="utf-8")):
            found.setdefault(label, page.stem)
    return found
