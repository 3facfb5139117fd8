"""The library of cases as fragments of the report: cards to search, and one page a case, in the codebook's words.

Without a script the library is a plain list. ``paper/filter.html`` shows the form that stands above it and hides the cards
that are not asked for; all words and options are written here, so that the script has none of its own.

Consent decides what crosses over to the panel and the network (see ``case_links``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from panel_eis.case_links import network_fragment
from panel_eis.cases import VARIABLES
from panel_eis.files import write_text
from panel_eis.places import variable_page
from panel_eis.tables import escape_attribute, escape_html, escape_markdown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from panel_eis.case_links import Meeting
    from panel_eis.cases import Case
    from panel_eis.errors import Lang
    from panel_eis.study import Study

NETWORK = "_cases_network.md"
CARD = ("motives", "steps", "tools", "barriers", "needs")
"""What a card says, in the order of the grid of cases: need, steps, tools, difficulties, improvements."""
FACETS = {
    "form": "legal_form", "field": "field", "tool": "tools", "difficulty": "barriers", "territory": "department",
}  # fmt: skip
"""Facet of the library: variable of the codebook; the wave of follow-up comes beside."""
_MARKUP = re.compile(r"[\\{}<>`~$@|^]|!(?=\[)|^:(?=::)", re.MULTILINE)
_INPUT = '<input type="search" id="case-words" autocomplete="off">'
_WORDS = {
    "fr": {
        "colon": "\u00a0: ", "fictitious": "cas fictif", "followed": "Suivi", "wave": "Vague de suivi", "all": "Indifférent",
        "search": "Chercher dans les fiches", "form": "Chercher un cas", "reset": "Tout afficher",
        "shown": "Cas affichés\u00a0: {n} sur {all}.", "none": "Aucun cas ne répond à toutes ces conditions.",
        "network_at": "Réseaux et pouvoirs publics, en {wave}", "graph": "voir le graphe",
        "answered": "Vagues auxquelles l’organisation a répondu", "sources": "Sources", "library": "Tous les cas",
        "withdrawn": "Ce cas n’est pas publié.",
        "is_fictitious": "Ce cas est tiré de réponses simulées et ne décrit aucune organisation réelle.",
    },
    "en": {
        "colon": ": ", "fictitious": "fictitious case", "followed": "Follow-up", "wave": "Wave of follow-up", "all": "Any",
        "search": "Search the cards", "form": "Search for a case", "reset": "Show all",
        "shown": "Cases shown: {n} of {all}.", "none": "No case meets all these conditions.",
        "network_at": "Networks and public authorities, in {wave}", "graph": "see the graph",
        "answered": "Waves that the organisation answered", "sources": "Sources", "library": "All cases",
        "withdrawn": "This case is not published.",
        "is_fictitious": "This case is drawn from simulated answers and describes no real organisation.",
    },
}  # fmt: skip


@dataclass(frozen=True)
class _Teller:
    """What stays the same while the cases of one language are written."""

    study: Study
    lang: Lang
    met: Mapping[str, Meeting] = field(default_factory=dict)

    def word(self, key: str) -> str:
        return _WORDS[self.lang][key]

    def label(self, variable: str) -> str:
        return escape_markdown(self.study.codebook.label(variable, self.lang, short=True))

    def term(self, variable: str) -> str:
        """Name of a variable, leading to its page in the codebook."""
        return f"[{self.label(variable)}]({variable_page(variable)})"

    def answers(self, case: Case, variable: str) -> str:
        return escape_markdown(answer_words(case, variable, self.study, self.lang)) or "–"

    def status(self, step: Mapping[str, str]) -> str:
        rung = self.study.codebook.choice_labels("ladder", self.lang)[step["ladder"]]
        return f"{escape_markdown(step['wave'])}{self.word('colon')}{escape_markdown(rung.lower())}"


def answer_words(case: Case, variable: str, study: Study, lang: Lang) -> str:
    """Answers of a case to one variable, as a list in words; empty when it has none."""
    labels = study.codebook.choice_labels(variable, lang)
    words = [labels[code] for code in case.answers[variable]]
    return (" · " if any("," in word for word in words) else ", ").join(words)


def case_files(root: Path) -> list[str]:
    """Names of the fragments, the same in each language: library, cases beside the graph, one a case or page of a case."""
    stems = {p.stem for p in (root / "data" / "cases").glob("*.md")}
    stems |= {p.stem for p in (root / "paper").glob("*/case-*.qmd")}
    return ["_cases.md", NETWORK, *(f"_{stem}.md" for stem in sorted(stems))]


def write_cases(study: Study, met: Mapping[str, Meeting], out: Path, lang: Lang) -> None:
    """Write the library and the text of each page of one language; a page whose case may not be shown says so."""
    teller, cases = _Teller(study, lang, met), study.cases
    texts = {name: f"{teller.word('withdrawn')}\n" for name in case_files(study.root)}
    texts["_cases.md"], texts[NETWORK] = library(cases, study, lang), network_fragment(study, met, lang)
    texts |= {f"_{case.case.lower()}.md": _page(case, teller) for case in cases}
    for name, text in texts.items():
        write_text(out / name, text)


def library(cases: list[Case], study: Study, lang: Lang) -> str:
    """Markdown of the search form (hidden until the script is there) and of one card a case."""
    teller = _Teller(study, lang)
    return "\n".join([_form(cases, teller), *(_card(case, teller) for case in cases)])


def _form(cases: list[Case], teller: _Teller) -> str:
    study, lang = teller.study, teller.lang
    lists: dict[str, tuple[str, Mapping[str, str], set[str]]] = {}
    for facet, variable in FACETS.items():
        labels = study.codebook.choice_labels(variable, lang)
        present = {code for case in cases for code in case.answers[variable]}
        lists[facet] = (study.codebook.label(variable, lang, short=True), labels, present)
    waves = sorted({step["wave"] for case in cases for step in case.followed})
    lists["wave"] = (teller.word("wave"), {wave: wave for wave in waves}, set(waves))
    parts = [f'<p><label for="case-words">{teller.word("search")}</label>{_INPUT}</p>']
    for facet, (label, words, present) in lists.items():
        options = "".join(
            f'<option value="{escape_html(code)}">{escape_html(words[code])}</option>'
            for code in words
            if code in present
        )
        parts.append(
            f'<p><label for="case-{facet}">{escape_html(label)}</label><select id="case-{facet}" name="{facet}">'
            f'<option value="">{teller.word("all")}</option>{options}</select></p>'
        )
    parts.append(f'<p><button type="reset">{teller.word("reset")}</button></p>')
    said = f'data-shown="{teller.word("shown")}" data-none="{teller.word("none")}"'
    fields = "\n".join(parts)
    return (
        f'```{{=html}}\n<form id="case-search" class="list-search" data-of=".case" role="search" '
        f'aria-label="{teller.word("form")}" hidden>\n{fields}\n'
        f'<p id="case-shown" class="list-shown" role="status" {said}></p>\n</form>\n```\n'
    )


def _card(case: Case, teller: _Teller) -> str:
    slug = case.case.lower()
    data = {facet: case.answers[variable] for facet, variable in FACETS.items()}
    data["wave"] = tuple(step["wave"] for step in case.followed)
    attributes = " ".join(
        f'data-{facet}="{escape_attribute(" ".join(codes))}"' for facet, codes in data.items()
    )
    kind = [teller.answers(case, name) for name in ("legal_form", "field", "department")]
    kind += [f"*{teller.word('fictitious')}*"] * case.synthetic
    lines = [_entry(teller.label(name), teller.answers(case, name)) for name in CARD]
    path = ", ".join(teller.status(step) for step in case.followed)
    lines.append(_entry(teller.word("followed"), path or "–"))
    title = escape_markdown(case.title[teller.lang])
    return (
        f"::: {{.case {attributes}}}\n### [{title}]({slug}.qmd) {{#{slug}}}\n\n{' · '.join(kind)}\n\n"
        + "\n".join(lines)
        + ":::\n"
    )


def _entry(term: str, said: str) -> str:
    return f"{term}\n:   {said}\n"


def _page(case: Case, teller: _Teller) -> str:
    back = f"[{teller.word('library')}](cases.qmd#{case.case.lower()})\n"
    lines = [f"[{escape_markdown(case.title[teller.lang])}]{{.case-title}}\n", back]
    if case.synthetic:
        title = teller.word("fictitious").capitalize()
        lines.append(f"::: {{.callout-important}}\n## {title}\n\n{teller.word('is_fictitious')}\n:::\n")
    lines += [_entry(teller.term(name), teller.answers(case, name)) for name in VARIABLES]
    lines += [*_crossing(case, teller), prose(case.body[teller.lang]) + "\n"]
    lines.append(f"## {teller.word('followed')} {{#follow-up}}\n")
    lines += [_entry(teller.status(s), escape_markdown(s["note"][teller.lang])) for s in case.followed]
    lines.append(f"## {teller.word('sources')} {{#sources}}\n")
    lines += [*(f"- {_cited(source, teller.lang)}" for source in case.sources), f"\n{back}"]
    return "\n".join(lines)


def _crossing(case: Case, teller: _Teller) -> list[str]:
    """Where the case meets the panel and the network, as far as its organisation consented to each."""
    met, lines = teller.met[case.case], []
    if met.waves:
        lines.append(_entry(teller.word("answered"), escape_markdown(", ".join(met.waves))))
    if met.wave:
        from panel_eis.tied import body_labels  # noqa: PLC0415  # networkx, when pages are written

        labels = body_labels(teller.study, teller.lang)
        names = ", ".join(escape_markdown(labels[body]) for body in labels if body in met.bodies)
        link = f"[{teller.word('graph')}](report.qmd#fig-network)"
        term = teller.word("network_at").format(wave=escape_markdown(met.wave))
        lines.append(_entry(term, f"{names} ({link})" if names else "–"))
    return lines


def prose(text: str) -> str:
    """Text of a case as Markdown that keeps headings, lists, emphasis and links, and can do nothing else.

    Raw HTML, shortcodes, fences, images and citations become plain text; a first-level heading goes down one level, below
    the title of the page.
    """
    return re.sub(r"(?m)^# ", "## ", _MARKUP.sub(lambda found: f"\\{found[0]}", text))


def _cited(source: str, lang: Lang) -> str:
    """A source, in the words of the case: those are French, and a voice that reads English is told so."""
    return escape_markdown(source) if lang == "fr" else f'[{escape_markdown(source)}]{{lang="fr"}}'
