"""The words of the report: one table, ``paper/glossary.csv``, gives the page, the notes in the margin and ``GLOSSARY.md``.

``python -m panel_eis.glossary`` writes ``GLOSSARY.md`` anew; a test holds the two together.
"""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from panel_eis.errors import LANGS, RenderError
from panel_eis.files import write_text

if TYPE_CHECKING:
    from panel_eis.errors import Lang

TABLE = "paper/glossary.csv"
COLUMNS = ("key", "group", "term_fr", "term_en", "code", "definition_fr", "definition_en", "margin")
_GROUPS = {
    "field": {"fr": "Le champ", "en": "The field"},
    "survey": {"fr": "L'enquête", "en": "The survey"},
    "statistics": {"fr": "Les calculs, sans formules", "en": "The computations, without formulas"},
}
_OTHER = {"fr": "en anglais\u00a0: ", "en": "in French: "}


def read_glossary(root: Path) -> list[dict[str, str]]:
    """Read the table, one mapping a term.

    Raises
    ------
    RenderError
        When a column or a cell that must be there is not, a key comes twice, or a group is not known.

    """
    with (root / TABLE).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    keys = [row["key"] for row in rows if "key" in row]
    wrong = [f"{key}: comes twice" for key in sorted({k for k in keys if keys.count(k) > 1})]
    for number, row in enumerate(rows, start=2):
        absent = [c for c in COLUMNS if c not in ("code", "margin") and not row.get(c)]
        wrong += [f"row {number}: {column} is empty" for column in absent]
        if row.get("group") not in _GROUPS:
            wrong.append(f"row {number}: group is one of {', '.join(_GROUPS)}")
    if wrong:
        raise RenderError(f"{TABLE}: " + "; ".join(wrong))
    return rows


def glossary_files(root: Path, out: Path) -> list[Path]:
    """Fragments made from the table: the page's, and one for each term that has a note in the margin."""
    names = ["_glossary.md", *(f"_term-{row['key']}.md" for row in read_glossary(root) if row["margin"])]
    return [out / lang / name for lang in LANGS for name in names]


def write_glossary(root: Path, out: Path) -> None:
    """Write the fragments of both languages; on paper, notes in the margin are left out."""
    rows = read_glossary(root)
    for lang in LANGS:
        write_text(out / lang / "_glossary.md", _page(rows, lang))
        for row in rows:
            if row["margin"]:
                term = f"[**{row[f'term_{lang}']}**](glossary.qmd#gl-{row['key']})"
                note = f"::: {{.column-margin}}\n{term}\\\n{row[f'definition_{lang}']}\n:::"
                shown = f':::: {{.content-visible when-format="html"}}\n{note}\n::::\n'
                write_text(out / lang / f"_term-{row['key']}.md", shown)


def _page(rows: list[dict[str, str]], lang: Lang) -> str:
    other = "en" if lang == "fr" else "fr"
    blocks = []
    for group, title in _GROUPS.items():
        blocks.append(f"## {title[lang]} {{#gl-{group}}}\n")
        for row in sorted((r for r in rows if r["group"] == group), key=lambda r: _folded(r[f"term_{lang}"])):
            said = f"{row[f'definition_{lang}']} *({_OTHER[lang]}[{row[f'term_{other}']}]{{lang={other}}})*"
            blocks.append(f"[{row[f'term_{lang}']}]{{#gl-{row['key']}}}\n:   {said}\n")
    return "\n".join(blocks)


def _folded(term: str) -> str:
    return unicodedata.normalize("NFD", term).encode("ascii", "ignore").decode().lower()


def glossary_markdown(root: Path) -> str:
    """Write `GLOSSARY.md`, for those who read the code: both terms, the name in the code, and what it is in English."""
    lines = [
        "# Glossaire / Glossary",
        "",
        f"Made from `{TABLE}` by `python -m panel_eis.glossary`; the report has the definitions in both languages.",
        "",
        "| Français | English | In the code | What it is |",
        "|---|---|---|---|",
    ]
    columns = ("term_fr", "term_en", "code", "definition_en")
    lines += ["| " + " | ".join(row[c] for c in columns) + " |" for row in read_glossary(root)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write_text(Path("GLOSSARY.md"), glossary_markdown(Path()))
