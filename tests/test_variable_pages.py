"""A page for each variable, cut from the codebook as either renderer wrote it; none is left of a variable that is gone."""

import re
from html import unescape

import pytest

from panel_eis.places import CODEBOOK, anchor, is_variable_page, variable_page
from panel_eis.search import index_file, write_index
from panel_eis.variable_pages import variable_pages, write_variable_pages
from render_project.making import Page, plain

FRAMES = {
    "pandoc": """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="description" content="All of them">
<title>Codebook – Panel</title></head><body>
<a class="skip-link" href="#content">Skip</a>
<nav id="sidebar"><a href="report.html">Report</a><a href="codebook.html" aria-current="page">Codebook</a></nav>
<main id="content">
<header id="title-block-header" class="quarto-title-block"><h1 class="title">Codebook</h1></header>
<details class="toc-narrow"><summary>On this page</summary><ul><li><a href="#sec-who">Who</a></li></ul></details>
<p><a href="../fr/codebook.html" class="lang-switch" lang="fr" hreflang="fr">Français</a></p>
<div class="callout callout-important"><div><p>SYNTHETIC DATA</p></div></div>
<p>What this page is.</p>
<div class="codebook-legend"><p>How to read.</p></div>
ENTRIES</main>
<aside><nav id="TOC" aria-labelledby="toc-title"><p id="toc-title">On this page</p>
<ul><li><a href="#sec-who">Who</a></li></ul></nav></aside>
</body></html>""",
    "Quarto": """<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en"><head><meta charset="utf-8">
<title>Codebook – Panel</title><script>const inside = "<main><a href='#x'>";</script></head><body>
<nav id="quarto-sidebar"><a href="../../paper/en/codebook.html" class="sidebar-link active">Codebook</a></nav>
<nav id="TOC" role="doc-toc"><h2 id="toc-title">On this page</h2>
<ul><li><a href="#sec-who" id="toc-sec-who" class="nav-link">Who</a></li></ul></nav>
<main class="content" id="quarto-document-content">
<header id="title-block-header" class="quarto-title-block default"><div><h1 class="title">Codebook</h1></div></header>
<p><a href="../../paper/fr/codebook.html" class="lang-switch" lang="fr" hreflang="fr">Français</a></p>
<div class="callout callout-titled"><div><p>SYNTHETIC DATA</p></div></div>
<p>What this page is.</p>
<div class="codebook-legend"><p>How to read.</p></div>
<section id="sec-who" class="level2">ENTRIES</section>
</main></body></html>""",
}
NAMES = ("who_is", "why", "how")


def _entry(name, at="sec-who"):
    return (
        f'<section class="variable" data-variable="{name}" data-kind="text" data-block="Who &amp; why" data-at="{at}" '
        f'aria-labelledby="{anchor(name)}"><h3 id="{anchor(name)}"><a href="{variable_page(name)}">Of {name} &lt; 3</a> '
        f'<code>{name}</code></h3>\n<p class="variable-line">Is it "{name}", œuf ? <span>2021 ≠ other</span></p>\n'
        f'<div class="variable-sheet"><dl class="variable-facts"><dt>Type</dt><dd>text\u2028x</dd></dl><h4>Answers</h4>'
        f'<div class="table-scroll"><table><caption>Of {name}</caption><tr><th scope="row">Yes {name}</th><td>7</td></tr>'
        f'</table></div>\n<h4>Uses</h4><p class="variable-uses"><a href="report.html#fig-x">A figure</a></p></div>\n</section>\n'
    )


def _codebook(frame, names=NAMES):
    entries = "".join(_entry(name, "sec-who" if name != "how" else "sec-how") for name in names)
    return FRAMES[frame].replace("ENTRIES", f'<h2 id="sec-who">1 Who</h2><div>{entries}</div>')


@pytest.fixture(params=FRAMES)
def frame(request):
    return request.param


@pytest.fixture
def pages(frame):
    return variable_pages(_codebook(frame), "en")


def test_each_variable_has_its_page_and_each_page_its_own_title_heading_and_description(pages):
    """In the order of the codebook, in the frame of its page."""
    assert list(pages) == ["variable-who-is.html", "variable-why.html", "variable-how.html"]
    for name, text in zip(NAMES, pages.values(), strict=True):
        page = Page(text)
        assert page.texts("title") == [f"Of {name} < 3 ({name}) – Codebook – Panel"]
        assert page.texts("h1") == [f"Of {name} < 3 {name}"]
        (description,) = page.all("meta", name="description")
        assert unescape(description["content"]) == f'Of {name} < 3: Is it "{name}", œuf ?'
        assert 'lang="en"' in text
        assert re.findall(r"<h(\d)", text.rpartition("<main")[2]) == ["1", "2", "2"]


def test_a_page_shows_its_entry_the_banner_and_how_to_read_and_nothing_of_other_variables(pages):
    """What the list says of itself stays there; of others only names, in the block and beside."""
    for name, text in pages.items():
        main = re.sub(r"(?s)<nav.*?</nav>|<details.*?</details>", "", text.rpartition("<main")[2])
        assert "SYNTHETIC DATA" in main
        assert main.count("How to read.") == 1
        assert main.index("</table>") < main.index("How to read.") < main.index("<h2>Uses")
        assert "What this page is." not in main
        assert 'href="report.html#fig-x"' in main
        assert len(re.findall(r"Yes \w+", main)) == 1, name


def test_links_lead_to_the_codebook_the_block_the_neighbours_and_the_other_language(pages):
    """The first has none before it, the last none after; a block lists its own, and marks the page."""
    first, second, last = (Page(text) for text in pages.values())
    switch = next(a for a in second.all("a") if "lang-switch" in a.get("class", ""))
    assert switch["href"].endswith("fr/variable-why.html")
    steps = [
        re.findall(r'<nav class="variable-steps.*?</nav>', p.html, re.DOTALL)[0]
        for p in (first, second, last)
    ]
    assert [re.findall(r'href="([^"]+)"', part) for part in steps] == [
        ["variable-why.html"], ["variable-who-is.html", "variable-how.html"], ["variable-why.html"]
    ]  # fmt: skip
    for page, at in ((first, "sec-who"), (second, "sec-who"), (last, "sec-how")):
        path = re.findall(r'<nav class="variable-path.*?</nav>', page.html, re.DOTALL)[0]
        assert re.findall(r'href="([^"]+)"', path) == ["codebook.html", f"codebook.html#{at}"]
        assert plain(path).endswith("Who & why")
    contents = re.findall(r'<nav id="TOC".*?</nav>', second.html, re.DOTALL)[0]
    assert re.findall(r'href="([^"]+)"', contents) == ["variable-who-is.html", "variable-why.html"]
    assert re.findall(r'href="([^"]+)"[^>]* aria-current="page"', contents) == ["variable-why.html"]
    assert plain(contents).startswith("In this block")
    assert {a.get("aria-current") for a in second.all("a") if a["href"].endswith("codebook.html")} <= {
        None,
        "true",
    }


def test_where_variables_share_a_short_name_lists_say_their_questions(frame):
    """Not the same words four times for four links."""
    text = _codebook(frame).replace("Of why &lt; 3", "Same").replace("Of who_is &lt; 3", "Same")
    page = variable_pages(text, "en")["variable-how.html"].rpartition('"variable-steps"')[2]
    assert 'Previous Is it "why", œuf ?' in plain(page.partition("</nav>")[0])


def test_identifiers_are_unique_and_links_within_the_page_find_theirs(pages):
    """Nothing of the list's own places is left over."""
    for text in pages.values():
        tags = Page(re.sub(r"(?s)<script.*?</script>", "", text)).tags
        ids = [a["id"] for _, a in tags if "id" in a]
        assert len(ids) == len(set(ids))
        assert {a["href"][1:] for t, a in tags if t == "a" and a["href"].startswith("#")} <= set(ids)


def test_pages_of_variables_that_are_gone_go_and_the_rest_is_written_alike(tmp_path, frame):
    """Other files of the folder stay; without a codebook no page is left."""
    folder = tmp_path / "paper" / "en"
    folder.mkdir(parents=True)
    (folder / "codebook.html").write_text(_codebook(frame), encoding="utf-8")
    (folder / "report.html").write_text("<main></main>", encoding="utf-8")
    write_variable_pages(tmp_path, "en")
    first = {p.name: p.read_bytes() for p in folder.glob("variable-*")}
    assert set(first) == {variable_page(name) for name in NAMES}
    (folder / "codebook.html").write_text(_codebook(frame, NAMES[1:]), encoding="utf-8")
    write_variable_pages(tmp_path, "en")
    assert {p.name for p in folder.iterdir()} == {
        "codebook.html", "report.html", *(variable_page(name) for name in NAMES[1:])
    }  # fmt: skip
    (folder / "codebook.html").write_text(_codebook(frame), encoding="utf-8")
    write_variable_pages(tmp_path, "en")
    assert {p.name: p.read_bytes() for p in folder.glob("variable-*")} == first
    (folder / "codebook.html").unlink()
    write_variable_pages(tmp_path, "en")
    assert [p.name for p in folder.iterdir()] == ["report.html"]


def test_a_page_without_entries_gives_no_pages():
    """As in a project whose codebook is a page like any other."""
    assert variable_pages(_codebook("pandoc", ()), "en") == {}


def test_no_two_variables_share_a_file_whatever_their_names_nor_does_case_matter():
    """XLSForm allows hyphens, points and capitals; some file systems do not tell capitals from small letters."""
    names = ["a_b", "a-b", "a.b", "A_b", "ab", "a__b", "é", "a_2d_b", "../a"]
    files = [variable_page(name) for name in names]
    assert len({file.lower() for file in files}) == len({anchor(name) for name in names}) == len(names)
    assert all(re.fullmatch(r"variable-[a-z0-9.-]+\.html", file) for file in files)
    assert variable_page("legal_form") == "variable-legal-form.html"


def test_a_link_to_a_variable_is_believed_only_beside_a_codebook(tmp_path):
    """The page does not exist before the codebook is rendered; the test of all links of the site finds a wrong name."""
    assert not is_variable_page(tmp_path / "variable-a.html")
    (tmp_path / f"{CODEBOOK}.qmd").touch()
    assert is_variable_page(tmp_path / "variable-a.html")
    assert not is_variable_page(tmp_path / "other.html")


def test_search_finds_a_variable_once_and_leads_to_its_page(tmp_path, frame):
    """By name, question and answers; numbers, uses and what every page says are not searched."""
    folder = tmp_path / "paper" / "en"
    folder.mkdir(parents=True)
    (tmp_path / "paper" / "assets").mkdir()
    (folder / "codebook.html").write_text(_codebook(frame), encoding="utf-8")
    write_variable_pages(tmp_path, "en")
    write_index(tmp_path, "en")
    text = index_file(tmp_path, "en").read_text(encoding="utf-8")
    (row,) = [line for line in text.splitlines() if "Yes why" in line]
    assert row.startswith('["paper/en/variable-why.html", "Codebook", "Of why < 3 why", ')
    assert 'Is it \\"why\\", œuf ?' in row
    assert not any(word in row for word in ("SYNTHETIC", "How to read", "A figure", " 7", "Français"))
