"""The codebook and the pages of its variables as readers meet them: a list to search, a page each, the whole in print."""

import pytest

from panel_eis.codebook import read_codebook
from panel_eis.places import anchor, variable_page
from render_project.making import ROOT


@pytest.fixture(scope="module")
def variables():
    return read_codebook(ROOT / "data" / "codebook").variables


@pytest.fixture
def opened(browser, as_built):
    """Opens a page of a language from a local file; a script that fails, or anything asked elsewhere, fails the test."""
    contexts, trouble = [], []

    def open_page(lang="fr", name="codebook.html", **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on(
            "request", lambda r: trouble.append(r.url) if not r.url.startswith(("file:", "data:")) else None
        )
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.goto(
            (as_built / "site" / "paper" / lang / name.partition("#")[0]).as_uri()
            + "".join(name.partition("#")[1:])
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert trouble == []


def _shown(page, what=".variable"):
    return page.locator(what).evaluate_all(
        "all => all.filter(e => e.checkVisibility()).map(e => e.dataset.variable || e.textContent.trim())"
    )


def test_words_of_name_question_or_answers_find_variables_and_empty_blocks_go(opened, variables):
    """Without accents; headings of blocks in which nothing is found are hidden, and the number is told."""
    page = opened()
    assert _shown(page) == [v.name for v in variables.values()]
    page.fill("#variable-words", "SROI")  # an answer
    assert "tools" in _shown(page)
    assert len(_shown(page, "main h2")) < 3
    page.fill("#variable-words", "legal_form")
    assert _shown(page) == ["legal_form"]
    assert page.get_by_role("status").first.text_content().endswith(f"1 sur {len(variables)}.")
    page.fill("#variable-words", "l'evaluation")
    found = _shown(page)
    assert found
    page.get_by_role("button", name="Tout afficher").click()
    page.wait_for_function(
        f"document.querySelectorAll('.variable:not([hidden])').length === {len(variables)}"
    )


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_type_of_answers_narrows_the_list(opened, variables, lang):
    page = opened(lang)
    for kind in {v.kind for v in variables.values()}:
        page.select_option("#variable-kind", kind)
        assert _shown(page) == [v.name for v in variables.values() if v.kind == kind]


def test_on_screen_an_entry_is_two_lines_and_a_link_and_printed_it_is_whole(opened, variables):
    """Even when a search has hidden some: what is printed is the codebook."""
    page = opened("en")
    assert _shown(page, ".variable-sheet") == []
    page.fill("#variable-words", "legal_form")
    page.emulate_media(media="print")
    assert len(_shown(page, ".variable-sheet")) == len(_shown(page)) == len(variables)
    assert _shown(page, ".variable-sheet table")
    assert _shown(page, "form, .variable-line span") == []


def test_without_a_script_all_is_listed_and_there_is_no_dead_form(opened, variables):
    page = opened(java_script_enabled=False)
    assert page.locator("#variable-search").is_hidden()
    assert page.locator(".variable > h3 a").count() == len(variables)
    page.locator(f"#{anchor('tools')} a").click()
    assert page.url.endswith(f"fr/{variable_page('tools')}")


def test_an_address_within_the_codebook_still_leads_to_the_variable(opened):
    """As earlier editions gave them: the entry is in view, and leads to the page."""
    page = opened("en", f"codebook.html#{anchor('ladder')}")
    page.wait_for_timeout(100)
    box = page.locator(f"#{anchor('ladder')}").bounding_box()
    assert 0 <= box["y"] < page.viewport_size["height"]
    page.locator(f"#{anchor('ladder')} a").click()
    assert page.locator("h1").text_content().endswith("ladder")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_search_of_the_site_leads_to_the_page_of_a_variable(opened, variables, lang):
    """By its name; the same words in the other language by its label."""
    page = opened(lang, "index.html")
    for words in ("legal_form", variables["legal_form"].short[lang]):
        page.get_by_role("searchbox").fill(words)
        page.locator(f".site-search-found a[href$='{variable_page('legal_form')}']").wait_for()


def test_neighbours_are_walked_from_the_first_variable_to_the_last(opened, variables):
    """In the order of the questionnaire, as the list has them, and back to the list from each."""
    page = opened("en", variable_page(next(iter(variables))))
    walked = [page.locator("h1 code").text_content()]
    while (further := page.locator(".variable-steps .next a")).count():
        further.click()
        walked.append(page.locator("h1 code").text_content())
        if len(walked) == 20:
            break
    assert walked == list(variables)[:20]
    page.locator(".variable-path a").nth(1).click()
    assert "codebook.html#sec-" in page.url
