"""The library of cases in a browser, from a local file: facets, keyboard, no script, links."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from panel_eis import tied
from panel_eis.case_links import meetings
from panel_eis.case_pages import FACETS, write_cases
from panel_eis.cases import read_cases
from panel_eis.codebook import read_codebook
from panel_eis.register import read_register
from panel_eis.render import render_page

ROOT = Path(__file__).parents[1]
TABLE = "| a |\n|---|\n| b |\n\n: C. {#tbl-cases}\n"


@pytest.fixture(scope="module")
def cases():
    codebook = read_codebook(ROOT / "data" / "codebook")
    return read_cases(ROOT / "data" / "cases", codebook, read_register(ROOT / "data", codebook))


@pytest.fixture(scope="module")
def site(tmp_path_factory, cases):
    """The library and one case in both languages, rendered from the project's own pages."""
    project = tmp_path_factory.mktemp("cases")
    for name in ("paper", "src/panel_eis/render"):
        shutil.copytree(ROOT / name, project / name)
    for name in ("_quarto.yml", "index.qmd"):
        shutil.copy(ROOT / name, project / name)
    codebook = read_codebook(ROOT / "data" / "codebook")
    study = SimpleNamespace(
        root=ROOT, codebook=codebook, register=read_register(ROOT / "data", codebook), cases=cases,
        table={
            "participation": pd.DataFrame({"unit": ["SYN-0004"], "wave": ["2021"], "outcome": ["answered"]}),
            "networks": pd.read_csv(ROOT / "data" / "reference" / "networks.csv", dtype=str),
        }.__getitem__,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tied, "ties_of", lambda *_: pd.DataFrame(columns=["unit", "kind", "body"]))
        for lang in ("fr", "en"):
            out = project / "build" / "exhibits" / lang
            write_cases(study, meetings(study), out, lang)
            (out / "_banner.md").write_text("\n", encoding="utf-8")
            for name in ("tbl-cases", "tbl-followup"):
                (out / f"{name}.md").write_text(TABLE.replace("tbl-cases", name), encoding="utf-8")
            for page in ("cases", "case-01"):
                render_page(
                    project, project / "paper" / lang / f"{page}.qmd", "html", project / "build" / "site"
                )
    return project / "build" / "site" / "paper"


@pytest.fixture
def opened(browser, site):
    """Opens the library; anything that asks the network, or fails in the script, fails the test."""
    contexts, trouble = [], []

    def open_page(lang="en", **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "request", lambda r: trouble.append(r.url) if not r.url.startswith(("file:", "data:")) else None
        )
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.goto((site / lang / "cases.html").as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert trouble == []


def _shown(page):
    seen = page.locator(".case").evaluate_all("all => all.map(card => card.checkVisibility())")
    return [i for i, visible in enumerate(seen) if visible]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_value_of_every_facet_shows_the_cases_that_have_it_and_counts_them(opened, cases, lang):
    page = opened(lang)
    for facet, variable in FACETS.items():
        options = page.locator(f"#case-{facet} option").evaluate_all("all => all.map(o => o.value)")
        for code in filter(None, options):
            page.select_option(f"#case-{facet}", code)
            wanted = [i for i, case in enumerate(cases) if code in case.answers[variable]]
            assert _shown(page) == wanted, (facet, code)
            said = {"fr": f"Cas affichés\u00a0: {len(wanted)} sur {len(cases)}.", "en": f"Cases shown: {len(wanted)} of {len(cases)}."}  # fmt: skip
            assert page.locator("#case-shown").text_content() == said[lang]
        page.select_option(f"#case-{facet}", "")
    assert len(_shown(page)) == len(cases)


def test_facets_add_up_and_all_is_shown_again_at_once(opened, cases):
    page = opened()
    page.select_option("#case-form", "association")
    page.select_option("#case-territory", "69M")
    page.select_option("#case-wave", "2021")
    wanted = [
        i for i, case in enumerate(cases)
        if case.answers["legal_form"] == ("association",) and case.answers["department"] == ("69M",)
        and "2021" in {step["wave"] for step in case.followed}
    ]  # fmt: skip
    assert 0 < len(wanted) < len(cases)
    assert _shown(page) == wanted
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function(f"document.querySelectorAll('.case:not([hidden])').length === {len(cases)}")
    assert page.locator("#case-form").input_value() == ""


def test_search_needs_no_accents_nor_capitals_and_says_when_nothing_is_found(opened, cases):
    page = opened("fr")
    page.fill("#case-words", "METROPOLE scic")
    wanted = [
        i for i, case in enumerate(cases)
        if case.answers["legal_form"] == ("scic",) and case.answers["department"] == ("69M",)
    ]  # fmt: skip
    assert wanted
    assert _shown(page) == wanted
    page.fill("#case-words", "de l'essai à l'outil")  # the page has typographic apostrophes
    wanted = [i for i, case in enumerate(cases) if "de l'essai à l'outil" in case.title["fr"]]
    assert wanted
    assert _shown(page) == wanted
    page.fill("#case-words", "zzz")
    assert _shown(page) == []
    assert "Aucun cas" in page.get_by_role("status").text_content()


def test_everything_is_reached_and_used_with_the_keyboard_alone(opened, cases):
    page = opened()
    page.locator("#case-words").focus()
    walked = []
    for _ in range(len(FACETS) + 3):
        walked.append(page.evaluate("document.activeElement.id || document.activeElement.type"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        page.keyboard.press("Tab")
    assert walked == ["case-words", *(f"case-{facet}" for facet in FACETS), "case-wave", "reset"]
    page.locator("#case-form").focus()
    page.keyboard.type("Mut")
    assert _shown(page) == [i for i, case in enumerate(cases) if case.answers["legal_form"] == ("mutual",)]
    page.locator("#case-words").focus()
    page.keyboard.press("Enter")
    assert page.url.endswith("cases.html")
    for _ in range(len(FACETS) + 3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.case').querySelector('h3').textContent") == page.locator(
        ".case:visible h3"
    ).first.text_content()  # fmt: skip


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_without_a_script_all_cases_are_listed_and_no_dead_form_is_shown(opened, cases, lang):
    page = opened(lang, java_script_enabled=False)
    assert page.locator("#case-search").is_hidden()
    assert len(_shown(page)) == len(cases)
    titles = page.locator(".case h3").all_text_contents()
    assert [title.replace("’", "'") for title in titles] == [case.title[lang] for case in cases]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_card_opens_its_page_and_the_page_leads_back_to_the_card(opened, site, cases, lang):
    page = opened(lang)
    links = page.locator(".case h3 a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert links == [f"{case.case.lower()}.html" for case in cases]
    assert all((ROOT / "paper" / lang / link).with_suffix(".qmd").exists() for link in links)
    page.locator(".case h3 a").first.click()
    assert page.locator("h1").text_content() == {"fr": "Cas 01", "en": "Case 01"}[lang]
    assert cases[0].title[lang] in page.locator("main").text_content()
    page.get_by_role("link", name={"fr": "Tous les cas", "en": "All cases"}[lang]).first.click()
    assert page.url == (site / lang / "cases.html").as_uri() + "#case-01"


def test_an_address_of_a_card_that_is_hidden_shows_it(opened, cases):
    page = opened()
    page.select_option("#case-form", "mutual")
    assert page.locator(".case").first.is_hidden()
    page.evaluate("location.hash = 'case-01'")
    page.wait_for_function(f"document.querySelectorAll('.case:not([hidden])').length === {len(cases)}")


@pytest.mark.parametrize("width", [320, 360, 1200])
def test_nothing_sticks_out_of_the_page(opened, width):
    page = opened("fr", viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
