"""What Quarto leaves out of its pages that readers without a mouse or a screen need: put in once it has written them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from panel_eis.files import write_bytes
from panel_eis.render.document import SUBSET

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {"fr": "Cette page", "en": "This page"}
FORMATS = {"Typst": "PDF", "MS Word": "Word (DOCX)"}
"""Named after what a reader opens, not after what wrote it."""
_FLOAT = re.compile(
    r'<figcaption[^>]* id="(?P<caption>[^"]+)"[^>]*>(?:(?!</figure>).)*?<table(?P<rest>[^>]*)>', re.DOTALL
)
_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
_BODY = re.compile(r"<tbody>.*?</tbody>", re.DOTALL)
_FIRST_CELL = re.compile(r"(<tr[^>]*>\s*)<td([^>]*)>(.*?)</td>", re.DOTALL)
_HEAD_CELL = re.compile(r"<th(?![^>]*\bscope=)(?=[\s>])")


def mend_quarto_pages(site: Path) -> None:
    """Mend each page of a site that Quarto wrote (see ``mended``), in place; done twice, it changes nothing more."""
    for file in sorted(site.rglob("*.html")):
        before = file.read_text(encoding="utf-8")
        after = mended(before)
        if after != before:
            write_bytes(file, after.encode())


def mended(page: str) -> str:
    """Put in a link past the navigation, a name for each bar, and of tables the scopes, row headers and captions.

    A table numbered by Quarto has its caption beside it: the table says which one. WCAG 2.2, 1.3.1 and 2.4.1; RGAA 4.1,
    5.4, 5.7, 12.6 and 12.7.
    """
    if 'id="quarto-content"' not in page:
        return page
    lang = "fr" if re.search(r'<html[^>]* lang="fr', page) else "en"
    if 'class="skip-link"' not in page:
        link = (
            f'<a class="skip-link" href="#quarto-document-content">{SUBSET["words"][lang]["skip-link"]}</a>'
        )
        page = re.sub(r"<body[^>]*>", lambda found: f"{found[0]}\n{link}", page, count=1)
        page = re.sub(r'(<main\b[^>]*id="quarto-document-content")', r'\1 tabindex="-1"', page, count=1)
    page = re.sub(
        r'(<nav class="quarto-page-breadcrumbs[^"]*")(?: aria-label="[^"]*")?',
        rf'\1 aria-label="{NAMES[lang]}"',
        page,
    )
    for theirs, ours in FORMATS.items():
        page = re.sub(rf'(<i class="bi bi-file-[a-z]+"></i>){theirs}<', rf"\1{ours}<", page)
    page = _FLOAT.sub(_captioned, page)
    return _TABLE.sub(_scoped, page)


def _captioned(found: re.Match[str]) -> str:
    if "aria-labelledby" in found["rest"] or "<table" in found[0][: found[0].rindex("<table")]:
        return found[0]
    return f'{found[0][:-1]} aria-labelledby="{found["caption"]}">'


def _scoped(table: re.Match[str]) -> str:
    with_rows = _BODY.sub(
        lambda body: _FIRST_CELL.sub(
            lambda cell: cell[0] if "<th" in cell[1] else f'{cell[1]}<th scope="row"{cell[2]}>{cell[3]}</th>',
            body[0],
        ),
        table[0],
    )
    body = _BODY.search(with_rows)
    head_ends = body.start() if body else len(with_rows)
    head, rest = with_rows[:head_ends], with_rows[head_ends:]
    return _HEAD_CELL.sub('<th scope="col"', head) + _HEAD_CELL.sub('<th scope="row"', rest)
