"""Numbers in prose: each is computed and formatted for both languages.

The paper reaches them as ``{{< var fr.name >}}``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from panel_eis.case_links import meetings, panel_rows
from panel_eis.case_pages import write_cases
from panel_eis.errors import LANGS
from panel_eis.files import write_csv, write_text
from panel_eis.style import SYNTHETIC
from panel_eis.wording import fill_one

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from panel_eis.errors import Lang
    from panel_eis.study import Study

_BANNER = {
    "fr": "Édition de démonstration. Toutes les données sont **simulées** pour éprouver la méthode. Aucun chiffre de cette "
    "page ne décrit une organisation réelle, et rien ne peut en être conclu sur les organisations de l'économie sociale "
    "et solidaire.",
    "en": "Demonstration edition. All data are **simulated** to try the method. No figure on this page describes a real "
    "organisation, and nothing can be concluded from it about organisations of the social and solidarity economy.",
}


def write_facts(
    facts: Mapping[str, tuple[str, Callable[[Study], Any]]], study: Study, root: Path, renderer: str
) -> dict[str, Any]:
    """Write ``_variables.yml``, ``build/facts.json``, and each language's banner and PDF header.

    Parameters
    ----------
    facts
        By name: the kind of number (as in ``wording.fill_one``; '' for text) and the function of the study that gives it. A
        text fact gives a mapping with ``fr`` and ``en``.
    renderer
        What renders the pages, for the colophon.

    Returns
    -------
    The numbers, by name, as ``build/facts.json`` keeps them.

    """
    values = {name: (kind, compute(study)) for name, (kind, compute) in facts.items()}
    shown: dict[str, dict[str, str]] = {}
    met = meetings(study)
    for lang in LANGS:
        shown[lang] = {name: fill_one(kind, value, lang) for name, (kind, value) in values.items()}
        shown[lang] |= {"renderer": renderer, "waves": _listed(study.waves, lang)}
        out = root / "build" / "exhibits" / lang
        write_text(out / "_banner.md", _banner(lang) if study.synthetic else "\n")
        write_cases(study, met, out, lang)
        header = (
            f'#let panel-header = "{SYNTHETIC[lang]}"\n' if study.synthetic else "#let panel-header = none\n"
        )
        write_text(out / "_header.typ", header)
    write_csv(root / "build" / "case_rows.csv", panel_rows(study, met), private=True)
    text = yaml.safe_dump(shown, allow_unicode=True, sort_keys=True, width=1000)
    write_text(root / "_variables.yml", f"# Made by panel_eis from analyses/facts.py; do not edit.\n{text}")
    raw = {name: _plain(value) for name, (_, value) in values.items()}
    write_text(
        root / "build" / "facts.json", json.dumps(raw, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    )
    return raw


def _banner(lang: Lang) -> str:
    return f"::: {{.callout-important}}\n## {SYNTHETIC[lang]}\n\n{_BANNER[lang]}\n:::\n"


def _listed(words: tuple[str, ...], lang: Lang) -> str:
    last = {"fr": " et ", "en": " and "}[lang]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + last + words[-1]


def _plain(value: Any) -> Any:
    if isinstance(value, dict | str | int):
        return value
    return float(f"{float(value):.8g}")
