"""Makes the test project: its own documents and exhibits, with the settings and styles of the real one."""

from __future__ import annotations

import re
import shutil
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
REAL = (
    "_quarto.yml", "index.qmd", "paper/fr/_metadata.yml", "paper/en/_metadata.yml", "paper/style.css", "paper/paper.lua",
    "paper/pre_render.py", "paper/post_render.py", "src/panel_eis/render/frame.css", "src/panel_eis/render/reference.docx",
    "src/panel_eis/render/typst-template.typ", "src/panel_eis/render/typst-show.typ",
)  # fmt: skip


def make_project(folder: Path) -> Path:
    """Copy everything into `folder`; exhibits go where the pipeline would write them."""
    for name in ("paper", "_variables.yml"):
        copy = shutil.copytree if (HERE / name).is_dir() else shutil.copy
        copy(HERE / name, folder / name)
    shutil.copytree(HERE / "exhibits", folder / "build" / "exhibits")
    for name in REAL:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for name in ("src/panel_eis/render/fonts", "paper/assets"):
        shutil.copytree(ROOT / name, folder / name)
    for name in re.findall(r"href: (\S+\.qmd)", (folder / "_quarto.yml").read_text(encoding="utf-8")):
        if not (folder / name).exists():  # a page of the real report that this project has no need of
            text = f"---\ntitle: {Path(name).stem}\nformat: html\n---\n\nNothing.\n"
            (folder / name).write_text(text, encoding="utf-8")
    return folder


class Page(HTMLParser):
    """A page as a reader meets it: tags with their attributes in order, and the words of the main part."""

    VOID = ("meta", "link", "img", "br", "hr", "col", "input")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._open: list[str] = []
        self._words: list[tuple[tuple[str, ...], str]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag):
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        self._words.append((tuple(self._open), data))

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [a for t, a in self.tags if t == tag and all(a.get(k) == v for k, v in wanted.items())]

    def text(self, inside: str = "main") -> str:
        shown = "".join(text for open_, text in self._words if inside in open_ and "annotation" not in open_)
        return re.sub(r"\s+", " ", shown.replace("\xa0", " ")).strip()

    def texts(self, inside: str) -> list[str]:
        """Words of each element `inside`, one by one."""
        found = re.findall(rf"<{inside}\b[^>]*>(.*?)</{inside}>", self.html, re.DOTALL)
        return [plain(part) for part in found]


def plain(markup: str) -> str:
    """Words of a piece of HTML: no tags, entities read, every kind of space one space."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", markup))).strip()
