"""The questionnaire as an annex of the report, straight from the codebook."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from panel_eis.comparability import SYMBOLS, WORDS
from panel_eis.tables import escape_markdown

if TYPE_CHECKING:
    from panel_eis.codebook import Codebook, Variable
    from panel_eis.comparability import Comparability
    from panel_eis.errors import Lang

_WORDS = {
    "fr": {
        "filter": "Posée si", "since": "Depuis", "derived": "Calculée", "reversed": "orientation inversée",
        "several": "plusieurs réponses", "colon": "\u00a0: ",
    },
    "en": {
        "filter": "Asked if", "since": "Since", "derived": "Computed", "reversed": "reversed",
        "several": "several answers", "colon": ": ",
    },
}  # fmt: skip


def codebook_fragment(codebook: Codebook, comparability: Comparability, lang: Lang) -> str:
    """Markdown of all questions by module: label, name, answers, filter; computed columns last."""
    blocks = []
    for module, label in codebook.modules.items():
        variables = [v for v in codebook.variables.values() if v.module == module]
        blocks.append(f"## {escape_markdown(label[lang])} {{#sec-{module.replace('_', '-')}}}\n")
        shown: dict[tuple[str, str], list[Variable]] = {}
        for variable in variables:
            shown.setdefault(
                (variable.list_name, variable.relevant) if variable.list_name else (variable.name, ""), []
            ).append(variable)
        blocks += [_block(group, codebook, comparability, lang) for group in shown.values()]
    return "\n".join(blocks)


def _block(variables: list[Variable], codebook: Codebook, comparability: Comparability, lang: Lang) -> str:
    """Questions that share their answers and filter are listed together, the answers once."""
    words = _WORDS[lang]
    lines = [
        f"- {escape_markdown(v.label[lang])} `{v.name}`{_remarks(v, codebook, lang)}"
        + _waves(v.name, comparability, lang)
        for v in variables
    ]
    first = variables[0]
    notes = []
    if first.list_name and not first.derived:
        answers = " · ".join(
            f"`{c.name}` {escape_markdown(c.label[lang])}" for c in codebook.lists[first.list_name]
        )
        notes.append(answers)
    if first.relevant:
        notes.append(f"*{words['filter']}*{words['colon']}`{first.relevant}`")
    text = "\n".join(lines)
    if notes:
        text += "\n\n::: {.exhibit-note}\n" + "\\\n".join(notes) + "\n:::"
    return text + "\n"


def _waves(name: str, comparability: Comparability, lang: Lang) -> str:
    """How each wave differs from the question above, with the note of its declaration; nothing where none does."""
    rows = comparability.table[
        (comparability.table["variable"] == name) & (comparability.table["class"] != "same")
    ]
    said = []
    for _, row in rows.iterrows():
        note = row[f"note_{lang}"] or row["because"]
        words = f"{row['wave']} {SYMBOLS[row['class']]} {WORDS[lang][row['class']]}"
        said.append(f"{words} ({escape_markdown(note)})" if note else words)
    text = "; ".join(said)
    if lang == "fr":
        text = re.sub(r"[ \u00a0]?([;:!?])(?= )", "\u00a0\\1", text)
    return f" — {text}" if said else ""


def _remarks(variable: Variable, codebook: Codebook, lang: Lang) -> str:
    words = _WORDS[lang]
    remarks = []
    if variable.kind == "select_multiple":
        remarks.append(words["several"])
    if variable.reverse:
        remarks.append(words["reversed"])
    if variable.since:
        remarks.append(f"{words['since'].lower()} {variable.since}")
    if variable.measure and not variable.list_name:
        remarks.append(codebook.choice_labels("measure", lang)[variable.measure])
    return f" ({', '.join(remarks)})" if remarks else ""
