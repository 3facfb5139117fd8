"""Fictitious case studies as files: front matter in the codes of the codebook, then two languages.

Every sentence comes from ``case_phrases.csv`` (both languages side by side, for a reader to improve).
"""

from __future__ import annotations

import csv
import json
from importlib import resources
from typing import TYPE_CHECKING

from panel_eis.files import write_text
from panel_eis.synthetic.case_text import SECTIONS, Teller
from panel_eis.synthetic.stories import rung

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from panel_eis.synthetic.stories import Story

LISTS = ("motives", "steps", "tools", "stakeholders", "barriers", "needs")


def write_cases(folder: Path, stories: Sequence[Story]) -> list[Path]:
    """Write one Markdown file for each case, and remove those of a former run."""
    phrases = _phrases()
    paths = [folder / f"case-{number:02d}.md" for number in range(1, len(stories) + 1)]
    for old in folder.glob("case-[0-9][0-9].md"):
        if old not in paths:
            old.unlink()
    for number, (path, story) in enumerate(zip(paths, stories, strict=True), start=1):
        write_text(path, _document(f"CASE-{number:02d}", story, Teller(phrases, number)))
    return paths


def _phrases() -> dict[str, dict[str, dict[str, str]]]:
    """Phrases by kind and code, in both languages."""
    source = resources.files("panel_eis.synthetic").joinpath("case_phrases.csv").read_text(encoding="utf-8")
    found: dict[str, dict[str, dict[str, str]]] = {}
    for row in csv.DictReader(source.splitlines()):
        found.setdefault(row["kind"], {})[row["code"]] = {"fr": row["fr"], "en": row["en"]}
    return found


def _document(case: str, story: Story, teller: Teller) -> str:
    told = teller.tell(story)
    parts = []
    for lang, heading in (("fr", "Français"), ("en", "English")):
        paragraphs = [f"# {heading}", told["opening"][lang]]
        for section, titles in SECTIONS.items():
            paragraphs += [f"## {titles[lang]}", told[section][lang]]
        parts.append("\n\n".join(paragraphs))
    return f"---\n{_front_matter(case, story, teller)}\n---\n\n" + "\n\n".join(parts) + "\n"


def _front_matter(case: str, story: Story, teller: Teller) -> str:
    row, title = story.answers[story.told], teller.title(story)
    lines = [f"case: {case}", f'unit: "{story.unit}"', "title:"]
    lines += [f"  {lang}: {_quoted(title[lang])}" for lang in ("fr", "en")]
    lines += ["synthetic: true", "consent: yes"]
    lines += [f'{name}: "{row[name]}"' for name in ("legal_form", "field", "department")]
    lines += [f"{name}: [{', '.join(row[name].split())}]" for name in LISTS]
    lines.append("followed:")
    for (wave, answers), note in zip(story.answers.items(), teller.notes(story), strict=True):
        lines.append(f'  - wave: "{wave}"')
        lines.append(f'    ladder: "{rung(answers)}"')
        lines.append(f"    note: {{fr: {_quoted(note['fr'])}, en: {_quoted(note['en'])}}}")
    lines.append(f"sources: [{', '.join(_quoted(source) for source in teller.sources(story))}]")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """Text between double quotes as YAML reads them back: JSON's escapes are YAML's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f").replace("\x85", "\\x85")
