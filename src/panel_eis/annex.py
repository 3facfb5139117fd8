"""The codebook as an annex of the report: the questions as they were put, what was answered, and who uses them.

Each variable has an entry on one page a language. On screen that page is the list of all variables, with a form that
searches it; an entry shows its name and question there, under an address that stays (``codebook.html#var-legal-form``).
Printed, the page is the whole codebook, each entry whole and on a sheet of its own. The page of each variable
(``variable-legal-form.html``) is cut from the rendered list (see ``variable_pages``): rendering 149 pages in two languages
would cost a process of pandoc or Quarto each, minutes in all. Entries are HTML, because a web page is all that the annex
becomes; numbers come from ``distributions``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from panel_eis import annex_words as said_in
from panel_eis.annex_table import answers_table
from panel_eis.comparability import SYMBOLS, WORDS
from panel_eis.distributions import distributions
from panel_eis.errors import LANGS
from panel_eis.exhibits import find_exhibits
from panel_eis.files import write_csv, write_text
from panel_eis.places import anchor, shown_on, variable_page
from panel_eis.tables import escape_html, escape_markdown
from panel_eis.trail import made_of, variable_of
from panel_eis.wording import NO_BREAK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pandas as pd

    from panel_eis.codebook import Codebook, Variable
    from panel_eis.comparability import Comparability
    from panel_eis.errors import Lang
    from panel_eis.models import Spec
    from panel_eis.study import Study


_APOSTROPHE = re.compile(r"<code>.*?</code>|<[^>]*>|(?<=\w)(?:'|&#x27;)(?=\w)")
_LOOSE = re.compile(r"<code>.*?</code>|<[^>]*>| (?=[:;?!%»])|(?<=«) ")


@dataclass(frozen=True)
class Uses:
    """Who uses each variable itself, not what is computed from it: labels of exhibits, names of models."""

    exhibits: Mapping[str, list[str]]
    models: Mapping[str, list[str]]


def find_uses(records: Iterable[Mapping[str, Any]], specs: Iterable[Spec], codebook: Codebook) -> Uses:
    """Count what exhibits recorded of their reading, and what models declare."""
    exhibits: dict[str, list[str]] = {}
    for record in records:
        for name in sorted(
            {variable_of(c, codebook) for c in (*record["columns"], *record["behind"])} - {""}
        ):
            exhibits.setdefault(name, []).append(record["label"])
    models: dict[str, list[str]] = {}
    for spec in specs:
        for name in sorted({variable_of(c, codebook) for c in (spec.outcome, *spec.regressors)}):
            models.setdefault(name, []).append(spec.name)
    return Uses(exhibits, models)


@dataclass(frozen=True)
class Annex:
    """What the entries of one language are written from."""

    codebook: Codebook
    comparability: Comparability
    numbers: pd.DataFrame
    uses: Uses
    places: Mapping[str, str]
    captions: Mapping[str, Mapping[str, str]]
    model_labels: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, study: Study, specs: Mapping[str, Spec]) -> Annex:
        """Read what the exhibits recorded, and count the answers."""
        folder = study.root / "build" / "exhibits"
        records = [
            json.loads((folder / f"{label}.json").read_text(encoding="utf-8"))
            for label in find_exhibits(study.root / "analyses")
        ]
        return cls(
            study.codebook, study.comparability, distributions(study),
            find_uses(records, specs.values(), study.codebook), shown_on(study.root),
            {record["label"]: record["caption"] for record in records},
            {name: {"fr": spec.label_fr, "en": spec.label_en} for name, spec in specs.items()},
        )  # fmt: skip

    def write(self, build: Path) -> None:
        """Write the numbers (``codebook.csv``) and the page's fragment in each language."""
        write_csv(build / "codebook.csv", self.numbers)
        for lang in LANGS:
            write_text(build / "exhibits" / lang / "_codebook.md", self.fragment(lang))

    def fragment(self, lang: Lang) -> str:
        """Markdown of the page: a form, then each block of the questionnaire, one entry a variable."""
        numbers = {str(name): rows for name, rows in self.numbers.groupby("variable", sort=False)}
        classes: dict[str, list[dict[Any, Any]]] = {}
        for row in self.comparability.table.to_dict("records"):
            classes.setdefault(row["variable"], []).append(row)
        writer = _Writer(self, lang, made_of(self.codebook), numbers, classes)
        parts = [f"```{{=html}}\n{writer.form()}```\n"]
        for module, label in self.codebook.modules.items():
            entries = [writer.entry(v) for v in self.codebook.variables.values() if v.module == module]
            heading = f"## {escape_markdown(label[lang])} {{#{_block(module)}}}"
            block = f'<div class="variable-block">\n{"".join(entries)}</div>\n'
            parts.append(f"{heading}\n\n```{{=html}}\n{block}```\n")
        return "\n".join(parts)


@dataclass(frozen=True)
class _Writer:
    annex: Annex
    lang: Lang
    made_of: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, pd.DataFrame]
    classes: Mapping[str, list[dict[Any, Any]]]

    def word(self, key: str) -> str:
        return said_in.WORDS[self.lang][key]

    def form(self) -> str:
        """What searches the list; hidden until ``paper/filter.html`` is there to do it."""
        kinds = dict.fromkeys(v.kind for v in self.annex.codebook.variables.values())
        options = "".join(
            f'<option value="{kind}">{escape_html(said_in.KINDS[self.lang][kind])}</option>' for kind in kinds
        )
        return (
            f'<form id="variable-search" class="list-search" data-of=".variable" data-in="h3, .variable-line, th" '
            f'role="search" aria-label="{self.word("search")}" hidden>\n'
            f'<p><label for="variable-words">{self.word("words")}</label>'
            f'<input type="search" id="variable-words" autocomplete="off"></p>\n'
            f'<p><label for="variable-kind">{self.word("type")}</label><select id="variable-kind" name="kind">'
            f'<option value="">{self.word("any")}</option>{options}</select></p>\n'
            f'<p><button type="reset">{self.word("reset")}</button></p>\n'
            f'<p class="list-shown" role="status" data-shown="{self.word("shown")}" data-none="{self.word("none")}"></p>\n'
            "</form>\n"
        )

    def entry(self, variable: Variable) -> str:
        """One variable: its name and question, which stand in the list; then its sheet, printed and shown on its page."""
        name, module = variable.name, variable.module
        block = _typeset(escape_html(self.annex.codebook.modules[module][self.lang]), self.lang)
        changed = [row for row in self.classes.get(name, []) if row["class"] != "same"]
        signs = "".join(
            f' <span class="is-{row["class"]}">{row["wave"]} {SYMBOLS[row["class"]]} {WORDS[self.lang][row["class"]]}</span>'
            for row in changed
        )
        text = (
            f'<section class="variable" data-variable="{name}" data-kind="{variable.kind}" data-block="{block}" '
            f'data-at="{_block(module)}" aria-labelledby="{anchor(name)}">\n<h3 id="{anchor(name)}">'
            f'<a href="{variable_page(name)}">{escape_html(variable.short[self.lang])}</a> <code>{name}</code></h3>\n'
            f'<p class="variable-line">{escape_html(variable.label[self.lang])}{signs}</p>\n'
            f'<div class="variable-sheet">\n{self.sheet(variable)}</div>\n</section>\n'
        )
        return _typeset(text, self.lang)

    def sheet(self, variable: Variable) -> str:
        """Facts, comparability, what was answered, and who uses it, each under its heading."""
        parts = [_list(self.facts(variable))]
        if strip := self.strip(variable.name):
            parts.append(f"<h4>{self.word('compare')}</h4>\n{strip}")
        if answers := self.answers(variable):
            parts.append(f"<h4>{self.word('answers')}</h4>\n{answers}")
        uses = (
            _list(self.uses(variable.name), "variable-uses")
            or f'<p class="variable-uses">{self.word("unused")}</p>\n'
        )
        return "".join([*parts, f"<h4>{self.word('uses')}</h4>\n{uses}"])

    def answers(self, variable: Variable) -> str:
        """What was answered, and why a text is not shown."""
        rows = self.numbers.get(variable.name)
        if rows is None:
            return ""
        table = answers_table(variable, rows, self.annex.codebook, self.annex.comparability.waves, self.lang)
        note = "open" if variable.confidential else "text" if variable.kind == "text" else ""
        return (f"<p>{self.word(note)}</p>\n" if note else "") + f"{table}\n"

    def facts(self, variable: Variable) -> list[tuple[str, str]]:
        """Terms and what they say, as HTML; empty where there is nothing to say."""
        book, name, lang = self.annex.codebook, variable.name, self.lang
        kind = said_in.KINDS[lang][variable.kind]
        kind += f" ({self.word('reversed')})" * variable.reverse
        measure = ""
        if variable.measure and variable.measure not in book.lists:
            measure = book.choice_labels("measure", lang)[variable.measure]
        asked = ""
        if not variable.derived:
            asked = self.condition(variable.relevant) if variable.relevant else self.word("all")
            asked = self.word("if").format(asked) if variable.relevant else asked
            asked += f", {self.word('since').format(variable.since)}" * bool(variable.since)
        parts = ", ".join(_link(part) for part in self.made_of.get(name, ()))
        check = f"<code>{escape_html(variable.constraint)}</code>" * bool(variable.constraint)
        return [
            (self.word("type"), kind),
            (self.word("measure"), escape_html(measure)),
            (self.word("base"), asked),
            (self.word("constraint"), check),
            (self.word("derived"), parts),
        ]

    def uses(self, name: str) -> list[tuple[str, str]]:
        """Terms and what they say: computed variables, exhibits and models that a variable enters."""
        lang, annex = self.lang, self.annex
        enters = ", ".join(_link(other) for other, of in self.made_of.items() if name in of)
        shown = "".join(
            f'<li><a href="{annex.places[label]}.qmd#{label}">{escape_html(annex.captions[label][lang])}</a></li>'
            for label in annex.uses.exhibits.get(name, [])
            if label in annex.places
        )
        models = ", ".join(
            f'<a href="about.qmd#sec-models">{escape_html(annex.model_labels[model][lang])}</a>'
            for model in annex.uses.models.get(name, [])
        )
        return [
            (self.word("derives"), enters),
            (self.word("exhibits"), f"<ul>{shown}</ul>" * bool(shown)),
            (self.word("models"), models),
        ]

    def condition(self, expression: str) -> str:
        """A filter in words: labels for names and codes, words for operators; what is not known stays as it is."""
        book, lang = self.annex.codebook, self.lang

        def name(variable: str) -> str:
            return f'<a href="{variable_page(variable)}">{escape_html(book.label(variable, lang, short=True).lower())}</a>'

        def label(variable: str, code: str) -> str:
            of = book[variable].list_name
            return (
                escape_html(book.choice_labels(of, lang)[code].lower())
                if of and code in book.codes(of)
                else code
            )

        found = re.sub(
            r"\$\{(\w+)\} = '(\w+)'",
            lambda m: self.word("is").format(name(m[1]), label(m[1], m[2])),
            expression,
        )
        found = re.sub(r"\$\{(\w+)\} != ''", lambda m: self.word("filled").format(name(m[1])), found)
        found = re.sub(
            r"(not\()?selected\(\$\{(\w+)\}, '(\w+)'\)(?(1)\))",
            lambda m: self.word("excludes" if m[1] else "includes").format(name(m[2]), label(m[2], m[3])),
            found,
        )
        return re.sub(r"\b(or|and|not)\b(?![^<]*>)(?![^«“]*[»”])", lambda m: self.word(m[1]), found)

    def strip(self, name: str) -> str:
        """Class of every wave, as a sign and in words, with what the wave declares."""
        cells = []
        for row in self.classes.get(name, []):
            said = f"{SYMBOLS[row['class']]} {WORDS[self.lang][row['class']]}"
            asked = row["asked_as"]
            said += f", {self.word('as').format(asked)}" * (asked not in {"", name})
            why = row[f"note_{self.lang}"] or row["because"]
            said += f" ({escape_html(why.rstrip('.'))})" if why else ""
            cells.append(f'<li class="is-{row["class"]}"><b>{row["wave"]}</b> {said}</li>')
        return (
            f'<ul class="wave-strip" aria-label="{self.word("waves")}">{"".join(cells)}</ul>\n'
            if cells
            else ""
        )


def _typeset(html: str, lang: Lang) -> str:
    """HTML with the apostrophe of print and, in French, signs that hold to their word; tags and code stay as they are.

    Of Markdown, the renderer and ``paper/paper.lua`` take care.
    """
    html = _APOSTROPHE.sub(lambda found: found[0] if found[0][0] == "<" else "’", html)
    return _LOOSE.sub(lambda found: NO_BREAK if found[0] == " " else found[0], html) if lang == "fr" else html


def _block(module: str) -> str:
    return f"sec-{module.replace('_', '-')}"


def _list(facts: Iterable[tuple[str, str]], name: str = "variable-facts") -> str:
    """Terms with what they say, those that say nothing left out."""
    said = "".join(f"<dt>{term}</dt><dd>{words}</dd>" for term, words in facts if words)
    return f'<dl class="{name}">{said}</dl>\n' if said else ""


def _link(variable: str) -> str:
    return f'<a href="{variable_page(variable)}"><code>{variable}</code></a>'
