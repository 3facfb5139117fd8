"""Search and navigation of the site, in a browser and from a folder: accents, prefixes, keyboard, both languages, no script."""

import json
import re
import shutil

import pytest

from panel_eis import render
from panel_eis.search import index_file, parts, write_index
from render_project.making import ROOT, Page, make_project

PAGE = """<main><header><h1>Report</h1></header><section id="sec-why"><h2>Why</h2><p>First.</p>
<figure id="fig-x"><img alt="" src="x.svg"><figcaption>Figure 1. Rungs</figcaption></figure><p>How to read.</p>
<details class="exhibit-code"><summary>Data</summary><pre>hidden</pre></details><p>Last.</p></section>
<nav><h2>Not this</h2></nav></main><p>Nor this.</p>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The test project, rendered by pandoc, with its index."""
    project = make_project(tmp_path_factory.mktemp("search"))
    built = project / "build" / "site"
    for page in render.project_pages(project):
        render.render_page(project, page, "html", built)
    for lang in ("fr", "en"):
        write_index(built, lang)
    return built


@pytest.fixture
def opened(site):
    """Open a page of a language in Chromium, from the file system."""
    sync_api = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on the path (Debian: apt install chromium)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])

        def open_page(lang="fr", name="index", **context):
            page = browser.new_context(**context).new_page()
            page.goto((site / "paper" / lang / f"{name}.html").as_uri())
            return page

        yield open_page
        browser.close()


def _rows(file):
    return json.loads(
        re.fullmatch(r"window\.panelPages = (.*);\n", file.read_text(encoding="utf-8"), re.DOTALL)[1]
    )


def _found(page, words):
    page.get_by_role("searchbox").fill(words)
    page.wait_for_function("document.querySelector('.site-search-said').textContent !== ''")
    page.wait_for_timeout(200)
    return page.locator(".site-search-found a").evaluate_all("all => all.map(a => a.getAttribute('href'))")


def test_a_page_is_cut_at_its_headings_and_captions_without_folds_and_navigation():
    """What follows an exhibit belongs to its section again."""
    assert parts(PAGE, "p.html") == [
        ("p.html", "Report", "", ""),
        ("p.html#sec-why", "Report", "Why", "First. Last."),
        ("p.html#fig-x", "Report", "Figure 1. Rungs", "How to read."),
    ]


def test_every_page_and_every_figure_of_a_language_is_in_its_index_and_each_address_exists(site):
    """And no page of the other language."""
    for lang in ("fr", "en"):
        rows = _rows(index_file(site, lang))
        pages = {f"paper/{lang}/{p.name}" for p in (site / "paper" / lang).glob("*.html")}
        assert {url.partition("#")[0] for url, *_ in rows} == pages
        for url, title, _, _ in rows:
            name, _, anchor = url.partition("#")
            text = (site / name).read_text(encoding="utf-8")
            assert title
            assert not anchor or f'id="{anchor}"' in text
            captions = set(re.findall(r'<figure[^>]* id="(fig-[\w-]+)"', text))
            assert captions <= {u.partition("#")[2] for u, *_ in rows if u.startswith(name)}


@pytest.mark.parametrize(
    ("lang", "words"), [("fr", "évalue"), ("fr", "EVALU"), ("en", "evaluates"), ("en", "evalu")]
)
def test_words_are_found_with_and_without_accents_and_by_their_beginning(opened, lang, words):
    """From a local file, where nothing can be fetched; each result leads to its place."""
    page = opened(lang)
    links = _found(page, words)
    assert any("#fig-ladder" in link for link in links)
    page.locator(".site-search-found a[href*='report.html#fig-ladder']").click()
    assert page.url.endswith(f"paper/{lang}/report.html#fig-ladder")


@pytest.mark.parametrize(("lang", "none"), [("fr", "Aucun résultat"), ("en", "No result")])
def test_the_number_of_results_is_told_aloud(opened, lang, none):
    """In a live region, and as many links as it says."""
    page = opened(lang)
    links = _found(page, {"fr": "évalue", "en": "evaluates"}[lang])
    said = page.locator(".site-search [role=status]").text_content()
    assert int(re.findall(r"\d+", said)[0]) >= len(links) > 0
    assert _found(page, "zzzzzz") == []
    assert page.locator(".site-search [role=status]").text_content() == none


def test_search_needs_no_mouse(opened):
    """Arrows go through the results and back, Escape closes, Enter goes to the first result and opens it."""
    page = opened()
    field = page.get_by_role("searchbox", name="Rechercher dans toutes les pages")
    field.focus()
    page.keyboard.type("evalue")
    page.locator(".site-search-found a").first.wait_for()
    page.wait_for_timeout(400)
    here = "document.activeElement.getAttribute('href') || document.activeElement.id"
    links = page.locator(".site-search-found a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(here) == links[0]
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("ArrowUp")
    assert page.evaluate(here) == "site-search-words"
    page.keyboard.press("Escape")
    assert page.locator(".site-search-found").is_hidden()
    page.keyboard.press("Control+a")
    page.keyboard.type("evalue")
    page.wait_for_function(
        "wanted => JSON.stringify([...document.querySelectorAll('.site-search-found:not([hidden]) a')]"
        ".map(a => a.getAttribute('href'))) === JSON.stringify(wanted)",
        arg=links,
    )
    page.wait_for_timeout(150)  # the last letter is asked for too
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_url(links[0])


def test_without_a_script_there_is_no_field_and_the_pages_can_still_be_reached(opened):
    """Not a dead form."""
    page = opened(java_script_enabled=False, viewport={"width": 360, "height": 800})
    assert page.get_by_role("searchbox").count() == 0
    page.locator("#sidebar summary").click()
    page.locator("#sidebar .nav-narrow a[href='report.html']").click()
    assert page.url.endswith("paper/fr/report.html")


@pytest.mark.parametrize("width", [360, 768, 1200])
def test_results_fit_the_screen(opened, width):
    """Nothing sticks out, and the field does not lie under the switch of language."""
    page = opened("fr", "report", viewport={"width": width, "height": 800})
    _found(page, "evalue")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    field, switch = (page.locator(s).first.bounding_box() for s in (".site-search input", ".lang-switch"))
    apart = field["x"] + field["width"] <= switch["x"] or field["y"] >= switch["y"] + switch["height"]
    assert apart


def _navigation(text):
    bar = re.search(r'<nav id="sidebar".*?</nav>', text, re.DOTALL)
    return re.sub(r' aria-current="\w+"', "", bar[0]) if bar else ""


def test_every_page_of_a_language_has_the_same_navigation_and_says_where_it_stands(site):
    """The page itself, or the entry it belongs to, and one alone; twice, once in the fold for narrow screens."""
    for lang in ("fr", "en"):
        texts = {p.stem: p.read_text(encoding="utf-8") for p in (site / "paper" / lang).glob("*.html")}
        assert len({_navigation(text) for text in texts.values()}) == 1
        for stem, text in texts.items():
            marked = {a["href"] for a in Page(text).all("a") if "aria-current" in a}
            assert len(marked) == 1, stem
            assert marked == {f"{stem}.html"} or stem.startswith("case-")


def test_the_library_is_the_one_its_note_names():
    """The digest of the file that is shipped, and its licence."""
    import hashlib

    folder = ROOT / "paper" / "assets"
    note = (folder / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256((folder / "minisearch.js").read_bytes()).hexdigest() in note
    assert "Permission is hereby granted" in note
