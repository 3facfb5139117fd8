"""Pages of Quarto, mended: a link past the navigation, names, scopes, row headers, captions; twice is once."""

import re

import pytest

from panel_eis.render.mended import mend_quarto_pages, mended

PAGE = """<html xmlns="x" lang="{lang}"><head></head><body class="nav-fixed">
<nav class="quarto-page-breadcrumbs" aria-label="breadcrumb"></nav><nav class="quarto-page-breadcrumbs quarto-title"></nav>
<div id="quarto-content"><ul><li><a href="p.pdf"><i class="bi bi-file-pdf"></i>Typst</a></li></ul>
<main class="content" id="quarto-document-content">
<figure><figcaption class="c" id="tbl-a-caption">Table 1</figcaption><div><table class="t">
<thead><tr class="header"><th style="text-align: left;">Case</th><th scope="col">Need</th></tr></thead>
<tbody><tr class="odd"><td style="x">One <em>a</em></td><td>b</td></tr><tr><th scope="row">Two</th><td>c</td></tr></tbody>
</table></div></figure>
<table><caption>Own</caption><tbody><tr><td>first</td><td>second</td></tr></tbody></table>
<p>Typst is a program.</p></main></div></body></html>"""


@pytest.mark.parametrize(("lang", "link"), [("fr", "Aller au contenu"), ("en", "Skip to content")])
def test_the_first_thing_in_a_page_leads_to_its_text(lang, link):
    """In the language of the page, to an element that takes the focus."""
    page = mended(PAGE.format(lang=lang))
    assert re.search(rf'<body[^>]*>\s*<a class="skip-link" href="#quarto-document-content">{link}</a>', page)
    assert 'id="quarto-document-content" tabindex="-1"' in page
    names = re.findall(r'<nav class="quarto-page-breadcrumbs[^"]*" aria-label="([^"]+)"', page)
    assert len(names) == 2
    assert "breadcrumb" not in names


def test_tables_have_scopes_row_headers_and_the_caption_beside_them():
    """Only the first cell of a row of the body becomes a header; a table with a caption of its own is left with it."""
    page = mended(PAGE.format(lang="en"))
    assert '<th scope="col" style="text-align: left;">Case</th><th scope="col">Need</th>' in page
    assert '<th scope="row" style="x">One <em>a</em></th><td>b</td>' in page
    assert '<th scope="row">Two</th><td>c</td>' in page
    assert '<th scope="row">first</th><td>second</td>' in page
    assert re.findall(r"<table[^>]*>", page) == [
        '<table class="t" aria-labelledby="tbl-a-caption">', "<table>"
    ]  # fmt: skip


def test_formats_are_named_after_what_a_reader_opens_and_the_text_is_not_touched():
    """PDF, and not the program that wrote it."""
    page = mended(PAGE.format(lang="en"))
    assert '<i class="bi bi-file-pdf"></i>PDF</a>' in page
    assert "<p>Typst is a program.</p>" in page


def test_mending_twice_changes_nothing_and_other_pages_are_left_alone(tmp_path):
    """Bytes and times of files that need nothing."""
    once = mended(PAGE.format(lang="fr"))
    assert mended(once) == once
    ours = tmp_path / "ours.html"
    ours.write_text("<html><body><table><tr><td>1</td></tr></table></body></html>", encoding="utf-8")
    quarto = tmp_path / "deep" / "quarto.html"
    quarto.parent.mkdir()
    quarto.write_text(PAGE.format(lang="fr"), encoding="utf-8")
    before = ours.stat().st_mtime_ns
    mend_quarto_pages(tmp_path)
    assert ours.stat().st_mtime_ns == before
    assert quarto.read_text(encoding="utf-8") == once
