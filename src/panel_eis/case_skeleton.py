"""The files a new case starts from: its front matter with every key and the codes allowed, and its two pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from panel_eis.cases import HEADINGS, VARIABLES
from panel_eis.errors import LANGS, UsageError, did_you_mean
from panel_eis.files import write_text
from panel_eis.register import SYNTHETIC_PREFIX
from panel_eis.synthetic.case_text import SECTIONS

if TYPE_CHECKING:
    from pathlib import Path

    from panel_eis.codebook import Codebook
    from panel_eis.errors import Lang
    from panel_eis.register import Register

_NUMBER = re.compile(r"CASE-(\d{2,})")
_SINGLE = ("legal_form", "field", "department")
_NAME = {"fr": "Cas", "en": "Case"}
_OTHER: dict[Lang, tuple[Lang, str]] = {"fr": ("en", "English"), "en": ("fr", "Français")}


def case_page(case: str, lang: Lang) -> str:
    """Page of a case: all that it shows is made from ``data/cases``."""
    slug, (other, name) = case.lower(), _OTHER[lang]
    return (
        f'---\ntitle: "{_NAME[lang]} {_number(case)}"\nformat: html\ntoc: false\nnumber-sections: false\n---\n\n'
        f"[{name}](../{other}/{slug}.qmd){{.lang-switch lang={other} hreflang={other}}}\n\n"
        f"{{{{< include ../../build/exhibits/{lang}/_{slug}.md >}}}}\n"
    )


def skeleton(case: str, unit: str, codebook: Codebook, register: Register) -> str:
    """Text of ``data/cases/case-….md``: not to be shown yet (``consent: no``), with what the register knows filled in."""
    known = {}
    if unit:
        row = register.units.loc[unit]
        known = {name: str(row[name]) for name in ("legal_form", "department")}
    rungs = ", ".join(f"{code} {words}" for code, words in _both(codebook, "ladder"))
    fictitious = not unit or unit.startswith(SYNTHETIC_PREFIX)
    lines = [
        f"case: {case}",
        f'unit: "{unit}"  # data/register.csv ; vide hors panel / empty when not in the panel',
        'title:\n  fr: ""\n  en: ""',
        f"synthetic: {'true' if fictitious else 'false'}  # true : cas inventé / the case is invented",
        "consent: no  # yes : relu et accepté par l'organisation / read and agreed by the organisation",
    ]
    for name in VARIABLES:
        lines += [f"# {code}: {words}" for code, words in _both(codebook, name)]
        lines.append(f'{name}: "{known.get(name, "")}"' if name in _SINGLE else f"{name}: []")
    lines += [
        f"# ladder: {rungs}",
        '# - {wave: "2027", ladder: "4", note: {fr: "…", en: "…"}}',
        "followed: []",
        "sources: []  # entretiens, documents / interviews, documents",
    ]
    parts = []
    for lang in LANGS:
        parts += [HEADINGS[lang], *(f"## {titles[lang]}" for titles in SECTIONS.values())]
    front = "\n".join(lines)
    return f"---\n{front}\n---\n\n" + "\n\n".join(parts) + "\n"


def write_new_case(root: Path, case: str, unit: str, codebook: Codebook, register: Register) -> list[Path]:
    """Write the skeleton of a case and its page in each language.

    Returns
    -------
    The files written; a page that is already there is kept.

    Raises
    ------
    UsageError
        When the name is not like CASE-12, the case exists, or the register does not know the unit.

    """
    if not _NUMBER.fullmatch(case):
        raise UsageError(f"A case is named like CASE-12, not {case!r}.")
    path = root / "data" / "cases" / f"{case.lower()}.md"
    if path.exists():
        raise UsageError(f"data/cases/{path.name} exists already; nothing was written.")
    if unit and unit not in register.units.index:
        near = did_you_mean(unit, list(register.units.index))
        raise UsageError(f"data/register.csv has no unit {unit!r}.{near}")
    texts = {path: skeleton(case, unit, codebook, register)}
    texts |= {root / "paper" / lang / f"{case.lower()}.qmd": case_page(case, lang) for lang in LANGS}
    written = [p for p in texts if not p.exists()]
    for new in written:
        write_text(new, texts[new])
    return written


def _both(codebook: Codebook, name: str) -> list[tuple[str, str]]:
    """Codes of a variable with their words in both languages."""
    french, english = (codebook.choice_labels(name, lang) for lang in LANGS)
    return [
        (code, said if said == english[code] else f"{said} / {english[code]}")
        for code, said in french.items()
    ]


def _number(case: str) -> str:
    return case.removeprefix("CASE-")
