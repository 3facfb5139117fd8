"""Every page as readers meet it, in Chromium from a local file: WCAG by axe-core, keyboard, phone, dark, no network.

Both roads are judged: ours, and Quarto's where it is present (slow, for it renders the whole site). axe-core judges what a machine can judge (WCAG 2.2 A and AA, and good practice); RGAA 4.1 tests the same criteria.
"""

import re
from pathlib import Path

import pytest

axe_playwright = pytest.importorskip("axe_playwright_python")
AXE = (Path(axe_playwright.__file__).parent / "axe.min.js").read_text(encoding="utf-8") + ";0"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LANGS = {"fr": "en", "en": "fr"}
OPEN_ALL = "document.querySelectorAll('details').forEach(fold => fold.open = true)"
# The rows of a table, and the folds under exhibits, are written by one loop each: two of them are judged like all, so that
# axe takes seconds and not minutes. `make test-all` judges all.
FEW_ROWS = (
    "document.querySelectorAll('tbody').forEach(b => [...b.rows].slice(2).forEach(row => row.remove()))"
)
FEW_FOLDS = "document.querySelectorAll('.exhibit-code').forEach((fold, i) => fold.open = i < 2)"
JUDGE = """([tags, rules]) => axe.run(document, {resultTypes: ['violations'], runOnly: tags, rules, preload: false}).then(
  said => said.violations.flatMap(rule => rule.nodes.map(
    node => rule.id + ': ' + node.target.join(' ') + ': ' + node.failureSummary)))"""
# What Tab should reach, in the order of the page; a browser gives a group of radio buttons one stop, and so on: none here.
STOPS = """() => { window.stops = [...document.querySelectorAll(
    'a[href], summary, button, input, select, textarea, [tabindex="0"]')].filter(
      stop => stop.checkVisibility({visibilityProperty: true}) && !stop.disabled);
  window.walked = [];
  document.addEventListener('focusin', event => {
    const style = getComputedStyle(event.target);
    walked.push([stops.indexOf(event.target), event.target.outerHTML.slice(0, 120),
      style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2]);
  });
  return stops.length; }"""
FAULTS_OF_THE_PAGE = """() => { const found = [], html = e => e.outerHTML.slice(0, 160);
  for (const table of document.querySelectorAll('table')) {
    const caption = table.caption || document.getElementById(table.getAttribute('aria-labelledby'));
    if (!caption || !caption.textContent.trim()) found.push('no caption: ' + html(table));
    for (const cell of table.querySelectorAll('th'))
      if (!['col', 'row', 'colgroup', 'rowgroup'].includes(cell.scope)) found.push('no scope: ' + html(cell));
    for (const row of table.tBodies[0]?.rows ?? [])
      if (row.cells[0].tagName !== 'TH') found.push('no row header: ' + html(row));
  }
  for (const image of document.querySelectorAll('img'))
    if (image.alt.trim().length < 20 || !image.naturalWidth) found.push('no alt text, or no image: ' + html(image));
  for (const box of document.querySelectorAll('main *')) {
    const style = getComputedStyle(box);
    if (box.scrollWidth > box.clientWidth + 1 && /auto|scroll/.test(style.overflowX) && box.tagName !== 'MATH') {
      if (box.tabIndex < 0 || !(box.ariaLabel || box.getAttribute('aria-labelledby')) || !box.role)
        found.push('scrolls without a name or without focus: ' + html(box));
    }
  }
  return found; }"""


# Pages of variables are one template: of each kind one is judged here, and all of them in `make test-all`.
KINDS = {
    "legal-form": "one answer, another name at a wave", "tools": "several answers, with a filter", "staff": "a number",
    "interview-date": "a date", "a1": "agreement", "appropriation": "a score, computed", "comment": "open text",
    "evocation1": "an evocation", "unit": "an identifier, the first of all", "respondent-changed": "yes or no, computed",
}  # fmt: skip


BY_QUARTO = pytest.param("by_quarto", marks=[pytest.mark.slow, pytest.mark.quarto])


@pytest.fixture(scope="module", params=["as_built", BY_QUARTO])
def every_page(request):
    site = request.getfixturevalue(request.param) / "site"
    found = [*sorted(site.glob("paper/??/*.html")), site / "index.html"]
    assert {p.parent.name for p in found} >= set(LANGS)
    return found


@pytest.fixture(scope="module")
def pages(every_page):
    """All pages but those of variables, and of these one of each kind in each language."""
    of_kinds = {f"variable-{name}" for name in KINDS}
    found = [p for p in every_page if not p.match("variable-*.html") or p.stem in of_kinds]
    assert sum(p.stem in of_kinds for p in found) == len(KINDS) * len(LANGS)
    return found


@pytest.fixture
def tab(browser):
    """Opens pages; whatever is asked from elsewhere than the disk, or fails in a script, fails the test."""
    contexts, trouble = [], []

    def new_tab(**options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on(
            "request", lambda r: trouble.append(r.url) if not r.url.startswith(("file:", "data:")) else None
        )
        page.on("requestfailed", lambda r: trouble.append(r.url) if "NOT_FOUND" in r.failure else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        return page

    yield new_tab
    for context in contexts:
        context.close()
    assert trouble == []


def judged(page, files, *, whole=False):
    """Violations of all pages, each with its page, its rule and its element."""
    found = []
    for file in files:
        page.goto(file.as_uri())
        page.evaluate(OPEN_ALL)
        page.evaluate(AXE)
        if not whole:
            page.evaluate(FEW_ROWS)
        said = page.evaluate(JUDGE, [TAGS, {"color-contrast": {"enabled": whole}}])
        if not whole:
            page.evaluate(FEW_FOLDS)
            said += page.evaluate(JUDGE, [["color-contrast"], {}])
        found += [f"{file.parent.name}/{file.name}: {each}" for each in said]
    return found


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 360)])
@pytest.mark.parametrize("lang", LANGS)
def test_axe_finds_nothing_on_any_page(tab, pages, lang, scheme, width):
    """Folds open; the front page counts with the French ones."""
    own = [p for p in pages if p.parent.name == lang or (p.name, lang) == ("index.html", "fr")]
    page = tab(viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert judged(page, own) == []


@pytest.mark.slow
def test_axe_finds_nothing_in_whole_tables_and_at_other_widths(tab, every_page):
    """As above, no row and no variable left out."""
    for scheme, width in (("light", 360), ("dark", 1440)):
        page = tab(viewport={"width": width, "height": 800}, color_scheme=scheme)
        assert judged(page, every_page, whole=True) == []


def test_on_a_phone_no_page_scrolls_sideways_and_all_that_scrolls_has_a_name(tab, pages):
    """360 px, folds open; tables with caption, scopes and row headers; images there, with alternative texts."""
    page = tab(viewport={"width": 360, "height": 800})
    found = []
    for file in pages:
        page.goto(file.as_uri())
        page.evaluate(OPEN_ALL)
        page.evaluate(
            "Promise.all([...document.images].map(image => { image.loading = 'eager'; return image.decode(); }))"
        )
        if page.evaluate("document.documentElement.scrollWidth") > 360:
            found.append(f"{file}: wider than 360 px")
        found += [f"{file.parent.name}/{file.name}: {said}" for said in page.evaluate(FAULTS_OF_THE_PAGE)]
    assert found == []


@pytest.mark.parametrize("lang", LANGS)
def test_tab_reaches_everything_in_the_order_of_the_page_and_focus_is_seen(tab, pages, lang):
    """Folds closed, as the page opens: links, folds, fields, boxes that scroll. Nothing holds the focus."""
    page = tab(viewport={"width": 1440, "height": 800})
    for file in (p for p in pages if p.parent.name == lang):
        page.goto(file.as_uri())
        count = page.evaluate(STOPS)
        for _ in range(count + 1):
            page.keyboard.press("Tab")
        walked = page.evaluate("walked")
        assert [stop for stop, _, _ in walked[:count]] == list(range(count)), (file.name, walked)
        assert [html for _, html, seen in walked if not seen] == [], file.name


@pytest.mark.parametrize("lang", LANGS)
def test_the_first_stop_leads_past_the_navigation(tab, pages, lang):
    """The skip link shows when it has the focus, and the next stop is inside the text."""
    page = tab(viewport={"width": 1440, "height": 800})
    for file in (p for p in pages if p.parent.name == lang):
        page.goto(file.as_uri())
        page.keyboard.press("Tab")
        box = page.locator(":focus").bounding_box()
        assert box["y"] >= 0, file.name
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null"), file.name


def test_a_fold_opens_and_closes_by_keyboard(tab, pages):
    """Enter and space, on the first fold of the report."""
    page = tab()
    page.goto(next(p for p in pages if p.match("en/report.html")).as_uri())
    fold = page.locator("details.exhibit-code").first
    fold.locator("summary").focus()
    for key, opened in (("Enter", True), ("Space", False)):
        page.keyboard.press(key)
        assert fold.evaluate("fold => fold.open") is opened


def test_the_switch_of_language_keeps_the_page(every_page):
    """There and back; the link says the language that it leads to."""
    for file in every_page:
        text = file.read_text(encoding="utf-8")
        if file.parent.name not in LANGS:
            continue
        other = LANGS[file.parent.name]
        (link,) = re.findall(r"<a[^>]*lang-switch[^>]*>", text)
        href = re.search(r'href="([^"]+)"', link)[1]
        assert (file.parent / href).resolve() == file.parents[1].resolve() / other / file.name, file
        assert f' lang="{other}"' in link, file
        assert f'hreflang="{other}"' in link, file
        assert f'<html lang="{file.parent.name}"' in text.replace('xmlns="http://www.w3.org/1999/xhtml" ', "")
        assert (file.parents[1] / other / file.name).exists()


@pytest.mark.parametrize(("lang", "word"), [("fr", "adoption"), ("en", "federation")])
def test_search_answers_from_a_folder_and_leads_there(tab, pages, lang, word):
    """Our search, in the bar of either road; the index is a file of the site."""
    page = tab(viewport={"width": 1440, "height": 800})
    page.goto(next(p for p in pages if p.match(f"{lang}/report.html")).as_uri())
    page.get_by_role("searchbox").fill(word)
    page.locator(".site-search-found a").first.click()
    page.wait_for_load_state()
    assert f"/paper/{lang}/" in page.url
    assert page.locator("main h1").count() >= 1


@pytest.mark.parametrize("width", [360, 1100, 1240, 1700])
def test_a_note_stands_beside_the_text_where_there_is_room_and_covers_nothing(tab, pages, width):
    """Within the page, apart from every other note, and from the paragraph it stands beside."""
    page = tab(viewport={"width": width, "height": 800})
    page.goto(next(p for p in pages if p.match("fr/report.html")).as_uri())
    found = page.evaluate("""() => {
      const box = e => e.getBoundingClientRect(), apart = (a, b) =>
        a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
      const notes = [...document.querySelectorAll('main .column-margin')];
      const others = [...document.querySelectorAll('main section > :is(p, h2, h3), #TOC, .site-margin')]
        .filter(e => box(e).height && !e.closest('.column-margin'));
      const beside = notes.filter(n => n.nextElementSibling && box(n).left >= box(n.nextElementSibling).left + 300);
      const over = e => e.tagName === 'P' ? (r => { r.selectNodeContents(e); return box(r); })(document.createRange()) : box(e);
      return {notes: notes.length, beside: beside.length, wide: document.documentElement.scrollWidth,
        covering: notes.flatMap(n => [...notes, ...others].filter(e => e !== n && !apart(box(n), over(e)))
          .map(e => n.textContent.slice(0, 40) + ' / ' + e.textContent.slice(0, 40)))};
    }""")
    assert found["notes"] > 5
    assert found["covering"] == []
    assert found["wide"] <= width
    if width == 360:
        assert found["beside"] == 0
    elif width == 1700:
        assert found["beside"] == found["notes"]
