"""The codebook as an annex of the report: the questions as they were put, what was answered, and who uses them.

Each variable has an entry of its own, with an address that stays (``codebook.html#var-legal-form``), and starts a sheet of
its own in print. Entries stand on one page a language, under an index, and not on a page each: 149 pages in two languages
would cost a process of pandoc or Quarto each, minutes in all, where one page costs half a second. Answers by wave are in a
fold on screen, for the page would otherwise be fifty screens longer; print opens them. Entries are HTML, because a web page
is all that the annex becomes; numbers come from ``distributions``.
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
from panel_eis.places import anchor, shown_on
from panel_eis.tables import escape_html, escape_markdown
from panel_eis.trail import made_of, variable_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pandas as pd

    from panel_eis.codebook import Codebook, Variable
    from panel_eis.comparability import Comparability
    from panel_eis.errors import Lang
    from panel_eis.models import Spec
    from panel_eis.study import Study


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
        """Markdown of the page: an index, then each block of the questionnaire, one entry a variable."""
        numbers = {str(name): rows for name, rows in self.numbers.groupby("variable", sort=False)}
        classes: dict[str, list[dict[Any, Any]]] = {}
        for row in self.comparability.table.to_dict("records"):
            classes.setdefault(row["variable"], []).append(row)
        writer = _Writer(self, lang, made_of(self.codebook), numbers, classes)
        parts = [writer.index()]
        for module, label in self.codebook.modules.items():
            entries = [writer.entry(v) for v in self.codebook.variables.values() if v.module == module]
            heading = f"## {escape_markdown(label[lang])} {{#sec-{module.replace('_', '-')}}}"
            parts.append(f"{heading}\n\n```{{=html}}\n{''.join(entries)}```\n")
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

    def index(self) -> str:
        """All names by block, each leading to its entry."""
        rows = []
        for module, label in self.annex.codebook.modules.items():
            names = [v.name for v in self.annex.codebook.variables.values() if v.module == module]
            links = "".join(f"<li>{_link(name)}</li>" for name in names)
            summary = f"<summary>{escape_html(label[self.lang])} ({len(names)})</summary>"
            rows.append(f"<details>{summary}<ul>{links}</ul></details>\n")
        start = f'<nav class="codebook-index" aria-label="{self.word("index")}">'
        return f"```{{=html}}\n{start}\n{''.join(rows)}</nav>\n```\n"

    def entry(self, variable: Variable) -> str:
        """One variable: the question, facts, comparability, and what was answered."""
        name = variable.name
        question = escape_html(variable.label[self.lang])
        facts = "".join(f"<dt>{term}</dt><dd>{said}</dd>" for term, said in self.facts(variable) if said)
        return (
            f'<section class="variable" aria-labelledby="{anchor(name)}">\n<h3 id="{anchor(name)}"><code>{name}</code> '
            f"{escape_html(variable.short[self.lang])}</h3>\n<p>{question}</p>\n<dl>{facts}</dl>\n{self.strip(name)}"
            f"{self.answers(variable)}</section>\n"
        )

    def answers(self, variable: Variable) -> str:
        """What was answered, in a fold on screen."""
        rows = self.numbers.get(variable.name)
        if rows is None:
            return ""
        table = answers_table(variable, rows, self.annex.codebook, self.annex.comparability.waves, self.lang)
        note = "open" if variable.confidential else "text" if variable.kind == "text" else ""
        said = f"<p>{self.word(note)}</p>" if note else ""
        summary = f'{self.word("answers")}<span class="visually-hidden"> ({variable.name})</span>'
        return f"<details><summary>{summary}</summary>{said}\n{table}</details>\n"

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
        enters = ", ".join(_link(other) for other, of in self.made_of.items() if name in of)
        labels = self.annex.uses.exhibits.get(name, [])
        shown = "<br>".join(
            f'<a href="{self.annex.places[label]}.qmd#{label}">{escape_html(self.annex.captions[label][lang])}</a>'
            for label in labels
            if label in self.annex.places
        )
        models = ", ".join(
            f'<a href="about.qmd#sec-models">{escape_html(self.annex.model_labels[model][lang])}</a>'
            for model in self.annex.uses.models.get(name, [])
        )
        return [
            (self.word("type"), kind),
            (self.word("measure"), escape_html(measure)),
            (self.word("base"), asked),
            (
                self.word("constraint"),
                f"<code>{escape_html(variable.constraint)}</code>" * bool(variable.constraint),
            ),
            (self.word("derived"), parts),
            (self.word("derives"), enters),
            (self.word("exhibits"), shown),
            (self.word("models"), models),
        ]

    def condition(self, expression: str) -> str:
        """A filter in words: labels for names and codes, words for operators; what is not known stays as it is."""
        book, lang = self.annex.codebook, self.lang

        def name(variable: str) -> str:
            return f'<a href="#{anchor(variable)}">{escape_html(book.label(variable, lang, short=True).lower())}</a>'

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
            r"selected\(\$\{(\w+)\}, '(\w+)'\)",
            lambda m: self.word("includes").format(name(m[1]), label(m[1], m[2])),
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


def _link(variable: str) -> str:
    return f'<a href="#{anchor(variable)}"><code>{variable}</code></a>'
