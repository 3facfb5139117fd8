"""The steps that make pages: the annexes they include, each page and format, the index; or Quarto in one go."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from panel_eis import stages
from panel_eis.codebook import read_codebook
from panel_eis.errors import LANGS, DataError
from panel_eis.glossary import TABLE, glossary_files
from panel_eis.places import CODEBOOK, variable_page
from panel_eis.provenance import bytes_of, digest_of, modules_behind
from panel_eis.render import page_dependencies, page_formats, page_settings, project_pages
from panel_eis.reproducibility import code_version, reproducibility_files, versions
from panel_eis.search import index_file
from panel_eis.step import Step, code_behind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from panel_eis.errors import Lang


def annexes_step(root: Path, quarto: Path | None) -> list[Step]:
    """The glossary, where the paper has one, and what made this edition: redone when any code or library is another."""
    out, table = root / "build" / "exhibits", root / TABLE
    if not table.exists():
        return []
    # Not the files of the waves: what made an edition is told of those that were found in order.
    reads = (table, root / "build" / "waves.json")
    made = (*glossary_files(root, out), *reproducibility_files(out))
    others = [p for p in (root / "CITATION.cff", root / "data" / "truth.yml") if p.exists()]
    code = code_version()
    values = {
        "code": code,
        "versions": versions(),
        "given": bytes_of(others),
        "quarto": str(quarto),
    }
    return [Step("annexes", "facts", partial(stages.annexes, root, quarto, code), reads, made, values)]


def page_steps(root: Path, earlier: Iterable[Step]) -> list[Step]:
    """One step for each page and format: touching one exhibit redoes the pages that show it."""
    makers = {path: step.makes for step in earlier for path in step.makes}
    code = {"code": digest_of([*modules_behind("panel_eis.render"), *stages.templates()])}
    steps: list[Step] = []
    for page in project_pages(root):
        shown = [p for path in page_dependencies(root, page) for p in _made_with(path, makers)]
        for fmt in page_formats(root, page):
            image = f".{page_settings(root, page, fmt)['default-image-extension']}"
            left = (
                set() if fmt == "html" else {".svg", ".png", ".csv", ".tex", ".docx"} - {image}
            )  # a web page offers them all
            others = (other for other in page_formats(root, page) if fmt == "html" and other != fmt)
            reads = {p for p in shown if p.suffix not in left}
            reads |= {stages.page_file(root, page, other) for other in others}  # offered, with their size
            target = stages.page_file(root, page, fmt)
            name = f"{page.relative_to(root).with_suffix('')} {fmt}"
            call = partial(stages.page, root, page, fmt)
            steps.append(Step(name, "render", call, tuple(sorted(reads)), (target,), code))
    made = {target for step in steps for target in step.makes}
    variables = (_variables_step(root, lang) for lang in LANGS)
    steps += [step for step in variables if made.issuperset(step.reads)]
    return [*steps, *(_search_step(root, lang, steps) for lang in LANGS)]


def _variables_step(root: Path, lang: Lang) -> Step:
    """The page of each variable, cut from the codebook of a language."""
    folder = root / "build" / "site" / "paper" / lang
    try:
        names = tuple(read_codebook(root / "data" / "codebook").variables)
    except DataError:  # the check of the data tells it, and no page is made
        names = ()
    made = tuple(folder / variable_page(name) for name in names)
    call, behind = partial(stages.variables, root, lang), {"code": code_behind("variable_pages")}
    return Step(f"paper/{lang} variables", "render", call, (folder / f"{CODEBOOK}.html",), made, behind)


def _search_step(root: Path, lang: Lang, steps: Iterable[Step]) -> Step:
    """The index of the pages of a language."""
    site = root / "build" / "site"
    made = {target for step in steps for target in step.makes}
    pages = tuple(sorted(p for p in made if p.suffix == ".html" and p.parent == site / "paper" / lang))
    call, behind = partial(stages.search, root, lang), {"code": code_behind("search")}
    return Step(f"search {lang}", "render", call, pages, (index_file(site, lang),), behind)


def _made_with(path: Path, makers: dict[Path, tuple[Path, ...]]) -> Iterable[Path]:
    """Give a file that a page includes, with the images, tables and data that its step makes (not to be found before)."""
    made = makers.get(path, ())
    offered = {p for p in made if p.parent == path.parent and p.suffix in (".svg", ".png", ".tex", ".docx")}
    return {path, *offered, *(p for p in made if p.parent == path.parent.parent and p.suffix == ".csv")}


def quarto_steps(root: Path, quarto: Path, earlier: Iterable[Step]) -> list[Step]:
    """One step for the whole site: Quarto renders it in one go."""
    made = {
        p
        for s in earlier
        if s.stage in ("exhibits", "facts")
        for p in s.makes
        if p.suffix not in (".csv", ".json")
    }
    reads = {*made, root / "_quarto.yml"}
    for page in project_pages(root):
        reads.update(p for p in page_dependencies(root, page))
    call = partial(stages.quarto, root, quarto)
    # Code that works on the pages after Quarto, called by paper/post_render.py.
    values = {"quarto": str(quarto), "after": code_behind("variable_pages", "search")}
    target = root / "build" / "site" / "index.html"
    return [Step("quarto render", "render", call, tuple(sorted(reads)), (target,), values)]
