"""A page for each variable, cut from the rendered page of the codebook: the same work after Quarto as after pandoc.

The page of the codebook holds everything that a page of a variable shows: the frame around pages, the banner, how to read
the numbers, and the entry itself. It is read once by a parser, which tells where each piece stands; a page is then put
together from pieces of the text as the renderer wrote them. 298 pages cost half a second.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser
from itertools import accumulate
from typing import TYPE_CHECKING

from panel_eis.annex_words import WORDS
from panel_eis.files import write_text
from panel_eis.places import CODEBOOK, VARIABLE_PAGES, variable_page

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from panel_eis.errors import Lang

_VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
LONGEST_DESCRIPTION = 160
"""Characters of a question that search engines show."""


def write_variable_pages(site: Path, lang: Lang) -> None:
    """Write the pages of one language beside its codebook, and delete those of variables that are gone.

    Parameters
    ----------
    site
        Folder of the rendered site. Without a rendered codebook in the language, there is nothing to do.

    """
    folder = site / "paper" / lang
    codebook = folder / f"{CODEBOOK}.html"
    pages = variable_pages(codebook.read_text(encoding="utf-8"), lang) if codebook.exists() else {}
    for name, text in pages.items():
        write_text(folder / name, text)
    for old in folder.glob(VARIABLE_PAGES):
        if old.name not in pages:
            old.unlink()


def variable_pages(text: str, lang: Lang) -> dict[str, str]:
    """Cut the page of the codebook: text of each variable's page by file name, in the order of the codebook."""
    frame = _Frame(text, lang)
    return {variable_page(entry.name): frame.page(place) for place, entry in enumerate(frame.entries)}


@dataclass
class _Element:
    """Where an element stands in the text: its first character, those of its content, and the one after its end."""

    tag: str
    attributes: dict[str, str]
    start: int
    inside: int
    end_inside: int = 0
    end: int = 0
    classes: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.classes = frozenset(self.attributes.get("class", "").split())


class _Reader(HTMLParser):
    """Lists the elements of a page with their places; what is never closed ends where its parent does."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[_Element] = []
        self._lines = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
        self._open: list[_Element] = []
        self._text = text
        self.feed(text)

    def _here(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self._here()
        inside = start + len(self.get_starttag_text() or "")
        element = _Element(tag, {k: v or "" for k, v in attrs}, start, inside, end_inside=inside, end=inside)
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not any(element.tag == tag for element in self._open):
            return
        here = self._here()
        while (element := self._open.pop()).tag != tag:
            element.end_inside = element.end = here
        element.end_inside, element.end = here, self._text.index(">", here) + 1


@dataclass(frozen=True)
class _Entry:
    """What the codebook tells of one variable, as HTML."""

    name: str
    short: str
    question: str
    sheet: str
    block: str
    at: str


class _Frame:
    """The page of the codebook, from which pages are cut."""

    def __init__(self, text: str, lang: Lang) -> None:
        self.text, self.words = text, WORDS[lang]
        self._found: dict[str, list[_Element]] = {}
        for element in _Reader(text).elements:
            self._found.setdefault(element.tag, []).append(element)
        self._starts = {tag: [e.start for e in found] for tag, found in self._found.items()}
        (self.main,) = self._found["main"]
        entries = self.inside(self.main, "section", "variable")
        self.banner = "".join(
            self.text[e.start : e.end]
            for e in self.inside(self.main, "div", "callout")
            if entries and e.end < entries[0].start
        )
        self.legend = "".join(
            self.text[e.start : e.end] for e in self.inside(self.main, "div", "codebook-legend")
        )
        self.entries = [self.entry(element) for element in entries]
        self.namesakes = Counter(entry.short for entry in self.entries)

    def inside(self, outer: _Element, tag: str, name: str = "") -> list[_Element]:
        """Elements of a tag (and of a class, where one is named) within another, in the order of the page."""
        starts = self._starts.get(tag, [])
        found = self._found.get(tag, [])[
            bisect_left(starts, outer.inside) : bisect_left(starts, outer.end_inside)
        ]
        return [e for e in found if not name or name in e.classes]

    def cut(self, start: int, end: int, edits: Iterable[tuple[int, int, str]]) -> str:
        """A piece of the text with some of its parts replaced."""
        parts, at = [], start
        for first, last, new in sorted(edits):
            parts += [self.text[at:first], new]
            at = last
        return "".join([*parts, self.text[at:end]])

    def entry(self, element: _Element) -> _Entry:
        """Read an entry: headings of its sheet go up two levels, and how to read the numbers comes after them."""
        title, line = self.inside(element, "a")[0], self.inside(element, "p", "variable-line")[0]
        sheet, signs = self.inside(element, "div", "variable-sheet")[0], self.inside(line, "span")
        edits = [(e.end, e.end, self.legend) for e in self.inside(sheet, "div", "table-scroll")]
        for heading in self.inside(sheet, "h4"):
            edits += [(heading.start, heading.inside, "<h2>"), (heading.end_inside, heading.end, "</h2>")]
        question = self.text[line.inside : signs[0].start if signs else line.end_inside]
        data = element.attributes
        return _Entry(
            data["data-variable"], self.text[title.inside : title.end_inside], question.strip(),
            self.cut(sheet.start, sheet.end, edits), escape(data["data-block"]), data["data-at"],
        )  # fmt: skip

    def link(self, entry: _Entry, attributes: str = "") -> str:
        """A link to a variable's page: its short name, or its question where another has the same short name."""
        said = entry.short if self.namesakes[entry.short] == 1 else entry.question
        return f'<a href="{variable_page(entry.name)}"{attributes}>{said}</a>'

    def page(self, place: int) -> str:
        """The page of one variable: the frame told of it, and its entry in place of all."""
        entry, main = self.entries[place], self.main
        marks = {
            True: ' class="nav-link active" aria-current="page"',
            False: ' class="nav-link"',
        }  # Quarto's classes
        block = "".join(
            f"<li>{self.link(other, marks[other is entry])}</li>\n"
            for other in self.entries
            if other.at == entry.at
        )
        siblings = f"<ul>\n{block}</ul>"
        before = [*self._head(entry), *self._contents(siblings, 0, main.start)]
        after = self._contents(siblings, main.end, len(self.text))
        return (
            self.cut(0, main.inside, before)
            + self._main(place, siblings)
            + self.cut(main.end_inside, len(self.text), after)
        )

    def _head(self, entry: _Entry) -> list[tuple[int, int, str]]:
        """Title and description; the side bar marks the codebook as the part that the page belongs to."""
        title = self._found["title"][0]
        told = f"{unescape(entry.short)}{self.words['colon']}{unescape(entry.question)}"
        if len(told) > LONGEST_DESCRIPTION:
            told = told[:LONGEST_DESCRIPTION].rpartition(" ")[0] + "…"
        meta = f'\n<meta name="description" content="{escape(told)}">'
        edits = [
            (title.inside, title.inside, f"{entry.short} ({entry.name}) – "),
            (title.end, title.end, meta),
        ]
        edits += [
            (e.start, e.end, "") for e in self._found["meta"] if e.attributes.get("name") == "description"
        ]
        for link in self._found["a"]:
            if link.attributes.get("aria-current") == "page" and link.end < self.main.start:
                tag = self.text[link.start : link.inside]
                edits.append(
                    (link.start, link.inside, tag.replace('aria-current="page"', 'aria-current="true"'))
                )
        return edits

    def _contents(self, siblings: str, start: int, end: int) -> list[tuple[int, int, str]]:
        """Where the codebook lists its blocks in the margin, the page lists the variables of its own."""
        edits = []
        for nav in self._found["nav"]:
            if nav.attributes.get("id") == "TOC" and start <= nav.start < end:
                titles = [e for tag in ("h2", "p") for e in self.inside(nav, tag)]
                edits += [(e.inside, e.end_inside, self.words["block"]) for e in titles]
                contents = self.inside(nav, "ul")[0]
                edits.append((contents.start, contents.end, siblings))
        return edits

    def _main(self, place: int, siblings: str) -> str:
        entry, words, text = self.entries[place], self.words, self.text
        header = self.inside(self.main, "header", "quarto-title-block")[0]
        (switch,) = self.inside(self.main, "a", "lang-switch")
        link = text[switch.start : switch.inside].replace(f"{CODEBOOK}.html", variable_page(entry.name))
        folds = self.inside(self.main, "details", "toc-narrow")
        fold = f'<details class="toc-narrow">\n<summary>{words["block"]}</summary>\n{siblings}\n</details>\n'
        question = f'<p class="subtitle lead">{entry.question}</p>\n' * (entry.question != entry.short)
        return (
            f'\n<nav class="variable-path" aria-label="{words["path"]}"><ol>'
            f'<li><a href="{CODEBOOK}.html">{words["codebook"]}</a></li>'
            f'<li><a href="{CODEBOOK}.html#{entry.at}">{entry.block}</a></li></ol></nav>\n'
            f'{text[header.start : header.inside]}\n<h1 class="title">{entry.short} <code>{entry.name}</code></h1>\n'
            f"{question}</header>\n<p>{link}{text[switch.inside : switch.end]}</p>\n{fold * bool(folds)}"
            f"{self.banner}\n{entry.sheet}\n{self._steps(place)}"
        )

    def _steps(self, place: int) -> str:
        """Links to the variable before and the one after, in the order of the questionnaire."""
        items = [
            f'<li class="{which}"><span>{self.words[which]}</span> {self.link(self.entries[at])}</li>'
            for which, at in (("previous", place - 1), ("next", place + 1))
            if 0 <= at < len(self.entries)
        ]
        return f'<nav class="variable-steps" aria-label="{self.words["steps"]}"><ul>{"".join(items)}</ul></nav>\n'
