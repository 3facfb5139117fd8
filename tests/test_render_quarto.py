"""Both roads side by side: Quarto, where it is present, and the second renderer make the same report of the same files."""

import re

import pytest

from panel_eis import render
from panel_eis.variable_pages import write_variable_pages
from render_project.making import ROOT, Page, make_project, plain

QUARTO = render.find_quarto(ROOT)
pytestmark = [
    pytest.mark.quarto,
    pytest.mark.skipif(
        QUARTO is None, reason="quarto is not on the path or in .venv (pip install panel-eis[quarto])"
    ),
]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The site by Quarto, and by ours, from two copies of the test project."""
    by_quarto = make_project(tmp_path_factory.mktemp("quarto"))
    render.render_with_quarto(by_quarto, QUARTO)
    ours = make_project(tmp_path_factory.mktemp("ours"))
    for page in render.project_pages(ours):
        for fmt in render.page_formats(ours, page):
            render.render_page(ours, page, fmt, ours / "build" / "site")
    for lang in ("fr", "en"):
        write_variable_pages(ours / "build" / "site", lang)
    return by_quarto / "build" / "site", ours / "build" / "site"


@pytest.fixture(scope="module", params=["fr", "en"])
def reports(both, request):
    return [
        Page((site / "paper" / request.param / "report.html").read_text(encoding="utf-8")) for site in both
    ]


def _main(page):
    return re.search(r"<main\b.*?</main>", page.html, re.DOTALL)[0]


def _body(page):
    """What the author wrote: the main part without title block, navigation, contents and formulas, which each road
    lays out its way."""
    own = r'<header\b.*?</header>|<nav\b.*?</nav>|<details class="toc-narrow">.*?</details>|<math\b.*?</math>'
    return re.sub(own, "", _main(page), flags=re.DOTALL)


def _captions(page):
    return sorted(page.texts("figcaption") + page.texts("caption"))


def test_both_write_the_same_pages_in_the_same_formats(both):
    """Same names, same places."""
    written = [
        {str(p.relative_to(site)) for p in site.rglob("*") if p.suffix in (".html", ".pdf", ".docx")}
        for site in both
    ]
    assert written[0] == written[1]


def test_both_number_figures_and_tables_alike(reports):
    """Number, delimiter and text of each caption."""
    quarto, ours = reports
    assert _captions(quarto) == _captions(ours)


def test_both_resolve_cross_references_alike(reports):
    """Words and numbers of each reference, in order."""
    references = [
        [plain(text) for text in re.findall(r'class="quarto-xref"[^>]*>(.*?)</a>', p.html, re.DOTALL)]
        for p in reports
    ]
    assert references[0]
    assert references[0] == references[1]


def test_both_have_the_same_headings(reports):
    """With their section numbers."""
    quarto, ours = ([t for level in ("h1", "h2", "h3") for t in Page(_main(p)).texts(level)] for p in reports)
    assert quarto == ours


def test_both_say_the_same(reports):
    """Every paragraph, cell and entry of the bibliography of one is in the other."""
    quarto, ours = (
        {text for tag in ("p", "td", "th", "li") for text in Page(_body(page)).texts(tag) if len(text) > 3}
        for page in reports
    )
    lost = {text for text in ours if not any(text in other for other in quarto)}
    assert not lost
    assert not {text for text in quarto if not any(text in other for other in ours)}


def test_both_give_the_same_words_for_images(reports):
    """Alternative text."""
    quarto, ours = ([a["alt"] for a in Page(_main(page)).all("img")] for page in reports)
    assert quarto == ours


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_both_give_each_variable_the_same_page(both, lang):
    """Words of the main part, title, description and links, in the frame that each road makes."""
    for name in ("variable-legal-form.html", "variable-tools.html"):
        quarto, ours = (Page((site / "paper" / lang / name).read_text(encoding="utf-8")) for site in both)
        own = r'<details class="toc-narrow">.*?</details>|<span class="screen-reader-only">.*?</span>'
        said = [plain(re.sub(own, "", _main(page), flags=re.DOTALL)) for page in (quarto, ours)]
        assert said[0] == said[1]
        assert quarto.texts("title") == ours.texts("title")
        assert quarto.all("meta", name="description") == ours.all("meta", name="description")
        ways = [
            {a["href"].rpartition("/")[2] for a in page.all("a") if "variable-" in a.get("href", "")}
            for page in (quarto, ours)
        ]
        assert ways[0] == ways[1] == {"variable-legal-form.html", "variable-tools.html"}
        assert "codebook.html#sec-profile" in {a.get("href") for a in quarto.all("a")}
