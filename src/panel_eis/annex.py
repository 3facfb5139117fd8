"""The questionnaire as an annex of the report, straight from the codebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from panel_eis.tables import escape_markdown

if TYPE_CHECKING:
    from panel_eis.codebook import Codebook, Variable
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


def codebook_fragment(codebook: Codebook, lang: Lang) -> str:
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
        blocks += [_block(group, codebook, lang) for group in shown.values()]
    return "\n".join(blocks)


def _block(variables: list[Variable], codebook: Codebook, lang: Lang) -> str:
    """Questions that share their answers and filter are listed together, the answers once."""
    words = _WORDS[lang]
    lines = [f"- {escape_markdown(v.label[lang])} `{v.name}`{_remarks(v, codebook, lang)}" for v in variables]
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
