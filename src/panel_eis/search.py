"""The index of the site's pages: one plain script a language, which ``paper/assets/site.js`` loads and MiniSearch ranks.

A script and not JSON, because a browser reads no other file beside a page that was opened from a folder. It is made from the
finished pages, so that it is the same work after Quarto as after pandoc.
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from panel_eis.annex_words import WORDS
from panel_eis.files import write_text
from panel_eis.places import VARIABLE_PAGES

if TYPE_CHECKING:
    from pathlib import Path

    from panel_eis.errors import Lang

_UNSEEN = {"script", "style", "nav", "details", "annotation", "form"}
_OF_CODEBOOK = frozenset({"variable"})
"""Class of entries of the codebook, which stand whole on the pages of variables."""
_OF_VARIABLE = frozenset(
    {"td", "thead", "h2", "dt", "callout", "codebook-legend", "wave-strip", "variable-uses", "lang-switch"}
)
"""Tags and classes of what says nothing of a variable by which it is looked for: numbers, and what many pages share."""
_VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
_SECTIONS = {"h1", "h2", "h3"}
_HEADINGS = _SECTIONS | {"figcaption", "caption"}
_NAMED = _HEADINGS | {"section", "figure", "div", "table", "span"}


def index_file(site: Path, lang: Lang) -> Path:
    """Where the index of a language is written."""
    return site / "paper" / "assets" / f"search-{lang}.js"


def write_index(site: Path, lang: Lang) -> None:
    """Write the index of the pages of a language under ``site``: address, page, heading and words of each part."""
    entries = [
        entry
        for page in sorted((site / "paper" / lang).glob("*.html"))
        for entry in _entries(page, page.relative_to(site).as_posix(), WORDS[lang]["codebook"])
    ]
    rows = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    write_text(index_file(site, lang), f"window.panelPages = [\n{rows}\n];\n")


def _entries(page: Path, url: str, codebook: str) -> list[tuple[str, str, str, str]]:
    """Parts of a page; that of a variable is one thing to find, in the codebook, by its name, question and answers."""
    text = page.read_text(encoding="utf-8")
    if not page.match(VARIABLE_PAGES):
        return parts(text, url)
    found = parts(text, url, without=_OF_VARIABLE)
    return [(url, codebook, found[0][1], " ".join(words for _, _, _, words in found))]


def parts(text: str, url: str, *, without: frozenset[str] = _OF_CODEBOOK) -> list[tuple[str, str, str, str]]:
    """Cut a page at its headings, captions and terms: (address, title of the page, heading, words that follow).

    Folds (data and code under exhibits), forms and navigation are left out, and tags and classes ``without``.
    """
    reader = _Reader(without)
    reader.feed(text[max(text.find("<main"), 0) :])  # nothing else is read
    title = _plain(reader.title)
    found = [(anchor, _plain(heading), _plain(words)) for anchor, heading, words in reader.parts]
    return [
        (f"{url}#{anchor}" if anchor else url, title, "" if heading == title else heading, words)
        for anchor, heading, words in found
        if heading or words
    ]


def _plain(words: list[str]) -> str:
    return re.sub(r"\s+", " ", "".join(words).replace("\u00ad", "")).strip()


class _Reader(HTMLParser):
    """Collects what stands in ``main``, part by part."""

    def __init__(self, without: frozenset[str]) -> None:
        super().__init__()
        self._without = without
        self._left_out = 0  # how deep the element stands that is left out
        self.title: list[str] = []
        self.parts: list[tuple[str, list[str], list[str]]] = []
        self._open: list[str] = []
        self._heading = self._named = ""
        self._now = self._section = 0

    def updatepos(self, i: int, j: int) -> int:  # noqa: ARG002  # nobody asks for line numbers, which cost a fifth
        """Say nothing of lines."""
        return j

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs).get("id") or ""
        if named and "-caption-" not in named and tag in _NAMED:
            self._named = named
        if tag in _VOID:
            return
        self._open.append(tag)
        if not self._left_out and self._without & {tag, *(dict(attrs).get("class") or "").split()}:
            self._left_out = len(self._open)
        term = tag == "span" and named and self._open[-2:-1] == ["dt"]  # a word of the glossary
        if (tag in _HEADINGS or term) and self._seen() and not self._heading:
            self._heading = tag
            self.parts.append(("" if tag == "h1" else self._named, [], []))
            self._now = len(self.parts) - 1
            self._section = self._now if tag in _SECTIONS else self._section

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
            self._left_out *= len(self._open) >= self._left_out
        if tag == self._heading:
            self._heading = ""
        if tag == "details":  # the fold ends an exhibit: what follows belongs to the section again
            self._now = self._section

    def handle_data(self, data: str) -> None:
        if not (self._seen() and self.parts):
            return
        _, heading, words = self.parts[self._now]
        if self._heading == "h1":
            self.title.append(data)
        (heading if self._heading else words).append(data)
        if not self._heading and self._open[-1] in {"p", "li", "td", "th", "dt", "dd"}:
            words.append(" ")

    def _seen(self) -> bool:
        return "main" in self._open and not self._left_out and not _UNSEEN & set(self._open)
