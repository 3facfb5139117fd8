"""The test project in two languages and three formats, as its readers would meet it."""

import ast
import io
import re
import shutil
import subprocess
import tokenize
import zipfile
from pathlib import Path

import pytest

from panel_eis import render
from panel_eis.variable_pages import write_variable_pages
from render_project.making import ROOT, Page, make_project

LANGS = ("fr", "en")
FORMATS = ("html", "typst", "docx")
WORDS = {
    "fr": {
        "tbl": "Tableau",
        "eq": "Équation",
        "warning": "DONNÉES SYNTHÉTIQUES",
        "tip": "Lire d’abord",
        "caution": "Mise en garde",
    },
    "en": {
        "tbl": "Table",
        "eq": "Equation",
        "warning": "SYNTHETIC DATA",
        "tip": "Read this first",
        "caution": "Caution",
    },
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def site(project):
    out = project / "build" / "site"
    for page in render.project_pages(project):
        for fmt in render.page_formats(project, page):
            render.render_page(project, page, fmt, out)
    for lang in LANGS:
        write_variable_pages(out, lang)
    return out


@pytest.fixture(scope="module", params=LANGS)
def lang(request):
    return request.param


@pytest.fixture(scope="module")
def report(site, lang):
    return Page((site / "paper" / lang / "report.html").read_text(encoding="utf-8"))


def _docx(site, lang, part="word/document.xml"):
    with zipfile.ZipFile(site / "paper" / lang / "report.docx") as archive:
        return archive.read(part).decode()


def _docx_text(site, lang):
    paragraphs = re.findall(r"<w:p>.*?</w:p>|<w:p .*?</w:p>", _docx(site, lang), re.DOTALL)
    return "\n".join("".join(re.findall(r"<w:t[^>]*>([^<]*)", p)) for p in paragraphs).replace("\xa0", " ")


def _pdf_text(site, lang):
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not here to read the PDF")
    command = ["pdftotext", "-layout", str(site / "paper" / lang / "report.pdf"), "-"]
    return re.sub(r"[ \xa0]+", " ", subprocess.run(command, capture_output=True, check=True).stdout.decode())


def test_all_pages_are_written_in_the_formats_that_they_ask_for(site):
    """The report has three formats, the other pages one."""
    written = {str(p.relative_to(site)) for p in site.rglob("*") if p.suffix in (".html", ".pdf", ".docx")}
    settings = (ROOT / "_quarto.yml").read_text(encoding="utf-8")
    pages = {name.replace(".qmd", ".html") for name in re.findall(r"href: (\S+\.qmd)", settings)}
    assert written == {
        "index.html",
        *pages,
        *(f"paper/{lang}/report.{ext}" for lang in LANGS for ext in ("pdf", "docx")),
        *(f"paper/{lang}/variable-{name}.html" for lang in LANGS for name in ("legal-form", "tools")),
    }


def test_nothing_of_quartos_syntax_is_left_in_any_page(site):
    """No shortcode but the escaped one, no unresolved reference, no unread attribute block."""
    for file in site.rglob("*.html"):
        text = Page(file.read_text(encoding="utf-8")).text("body")
        assert "{{<" not in text.replace("{{< var fr.n_units >}}", "").replace("{{< var en.n_units >}}", "")
        assert not re.search(r"[?@](fig|tbl|sec|eq)-|\{#|\{\.|:::", text), file


def test_figures_tables_and_equations_are_numbered_in_reading_order(report, lang):
    """Sub-figures take a letter, not a number; the delimiter is the project's."""
    table = WORDS[lang]["tbl"]
    labels = [re.match(r"\(?\w+\)?( \d+\.)?", text)[0] for text in report.texts("figcaption")]
    assert labels == ["Figure 1.", "Figure 2.", "(a)", "(b)"]
    assert [text.split(". ")[0] for text in report.texts("caption")] == [f"{table} 1", f"{table} 2"]
    assert "(1)" in report.text()


def test_sections_are_numbered_and_the_title_is_the_only_first_level_heading(report):
    """Sections start at the second level; unnumbered ones carry no number."""
    assert len(report.all("h1")) == 1
    numbers = [re.match(r"[\d.]*", text)[0] for text in report.texts("h2")]
    assert numbers == ["1", "2", "3", "", ""]
    assert [re.match(r"[\d.]*", text)[0] for text in report.texts("h3")] == ["2.1", "2.2"]


def test_cross_references_speak_the_language_of_the_page_and_lead_somewhere(report, lang):
    """Figure, table, section, equation, sub-figure, and a bare number."""
    words = WORDS[lang]
    text = report.text()
    for expected in (
        "Figure 1",
        "Figure 2 (a)",
        "Figure 2 (b)",
        f"{words['tbl']} 1",
        "Section 3",
        f"{words['eq']} 1",
        ": 1, 2.",
    ):
        assert expected in text
    ids = {attributes["id"] for _, attributes in report.tags if "id" in attributes}
    targets = {a["href"][1:] for a in report.all("a") if a.get("href", "").startswith("#")}
    assert targets <= ids


def test_ids_are_unique_on_every_page(site):
    """Two elements with one id would make a link ambiguous."""
    for file in site.rglob("*.html"):
        ids = re.findall(r'\sid="([^"]+)"', file.read_text(encoding="utf-8"))
        assert len(ids) == len(set(ids)), file


def test_citations_are_written_out_and_listed_once(report, lang):
    """By citeproc, in the language of the page."""
    text = report.text()
    assert "Mundlak 1978" in text
    assert {"fr": "(voir Cameron et Miller 2015, 320)", "en": "(see Cameron and Miller 2015, 320)"}[
        lang
    ] in text
    assert len(report.all("div", id="refs")) == 1
    assert text.count("Econometrica") == 1


def test_callouts_have_their_title_or_that_of_their_kind(report, lang):
    """A title in the attribute, in a heading, or none; a folded one needs no script."""
    classes = [a["class"] for tag, a in report.tags if a.get("class", "").startswith("callout callout-")]
    assert classes == [
        f"callout callout-{kind}" for kind in ("warning", "note", "tip", "important", "caution")
    ]
    assert [a["class"] for a in report.all("details") if "callout" in a["class"]] == [
        "callout callout-important"
    ]
    for kind in ("warning", "tip", "caution"):
        assert WORDS[lang][kind] in report.text()
    assert WORDS[lang]["tip"] not in " ".join(report.texts("h2")), "the heading of a callout is not a section"


def test_tables_have_a_caption_scopes_and_a_box_to_scroll_in(report):
    """Each header cell says what it heads; the box can be reached by keyboard."""
    assert len(report.all("table")) == len(report.all("caption")) == 2
    assert {a.get("scope") for a in report.all("th")} == {"col", "row"}
    boxes = report.all("div", role="region")
    assert all(box["tabindex"] == "0" and box["aria-label"] for box in boxes)
    assert len(boxes) == 2
    assert "width: 40%" in report.html, "widths asked for are kept"
    assert report.html.count("<col ") == 4, "widths not asked for are left to the browser"


def test_every_image_says_what_it_shows(site, lang, report):
    """In all three formats."""
    alts = [a["alt"] for a in report.all("img")]
    assert len(alts) == 3
    assert all("2025" in alt for alt in alts)
    assert _docx(site, lang).count(f'descr="{alts[0]}"') == 3
    pdf = (site / "paper" / lang / "report.pdf").read_bytes()
    assert b"/StructTreeRoot" in pdf or b"/ObjStm" in pdf


def test_footnotes_go_both_ways(report):
    """From the text to the note and back."""
    assert report.all("a", role="doc-noteref")
    assert report.all("a", role="doc-backlink")


def test_content_for_one_format_shows_in_that_format_only(site, lang, report):
    """content-visible and content-hidden."""
    web = {"fr": "donne accès à ses données", "en": "gives access to its data"}[lang]
    paper = {"fr": "les données sont en annexe", "en": "the data are in the annex"}[lang]
    assert web in report.text()
    assert paper not in report.text()
    assert paper in _docx_text(site, lang)
    assert web not in _docx_text(site, lang)


def test_mathematics_needs_no_script(report):
    """MathML, read by the browser itself."""
    assert report.all("math", display="block")
    assert all("math" not in script["src"].lower() for script in report.all("script"))


def test_nothing_comes_from_the_network(site):
    """Every style sheet, font and picture is a file of the site."""
    for file in site.rglob("*.html"):
        page = Page(file.read_text(encoding="utf-8"))
        loaded = [a["src"] for t, a in page.tags if "src" in a] + [a["href"] for a in page.all("link")]
        assert loaded
        for name in loaded:
            assert (file.parent / name).resolve().is_file(), name
    sheets = " ".join(p.read_text(encoding="utf-8") for p in site.rglob("*.css"))
    assert "http" not in sheets
    assert len(list(site.rglob("*.ttf"))) == 6


def test_every_local_link_leads_to_a_file(site):
    """Including data offered under a figure, and links written as .qmd."""
    for file in site.rglob("*.html"):
        for link in Page(file.read_text(encoding="utf-8")).all("a"):
            name, _, anchor = link["href"].partition("#")
            if name and not name.startswith(("http", "data:")):
                target = (file.parent / name).resolve()
                assert target.is_file(), f"{file.name}: {name}"
                assert not anchor or f'id="{anchor}"' in target.read_text(encoding="utf-8"), (
                    f"{file.name}: {name}#{anchor}"
                )


def test_the_language_switch_keeps_the_page(report, lang):
    """From report to report."""
    other = {"fr": "en", "en": "fr"}[lang]
    switch = report.all("a", hreflang=other)
    assert [link["href"] for link in switch] == [f"../{other}/report.html"]
    assert report.all("html") == [{"lang": lang}]


def test_the_page_has_its_landmarks_once_and_says_where_it_is(report):
    """One main part, named navigations, a way to skip them, the current page marked, the other formats offered."""
    assert len(report.all("main")) == 1
    navigations = report.all("nav")
    assert navigations
    assert all("aria-label" in a or "aria-labelledby" in a for a in navigations)
    assert report.all("a", href="#content")[0]["class"] == "skip-link"
    assert [a["href"] for a in report.all("a") if "aria-current" in a] == ["report.html"] * 2  # fold, list
    assert {"report.pdf", "report.docx"} <= {a["href"] for a in report.all("a")}


def test_the_same_files_make_the_same_bytes(project, site, lang, tmp_path):
    """No clock, no random name, no path of this machine: HTML, PDF and DOCX alike."""
    for fmt in FORMATS:
        again = render.render_page(project, project / "paper" / lang / "report.qmd", fmt, tmp_path)
        first = site / again.relative_to(tmp_path)
        assert again.read_bytes() == first.read_bytes(), fmt
        assert str(project).encode() not in first.read_bytes(), fmt


def test_the_pdf_has_the_text_the_numbers_and_the_header(site, lang):
    """As pdftotext reads it."""
    text, words = _pdf_text(site, lang), WORDS[lang]
    assert text.count("\f") <= 6
    for expected in (
        "Figure 1. ",
        "Figure 2. ",
        f"{words['tbl']} 2. ",
        f"{words['eq']} 1",
        "(1)",
        "2.1 ",
        words["caution"],
    ):
        assert expected in text
    assert all(words["warning"] in page for page in text.split("\f") if page.strip()), (
        "every page says it in its header"
    )
    assert "Mundlak" in text
    assert "{{<" not in text.replace("{{< var", "")


def test_the_pdf_is_tagged_titled_and_in_its_language(site, lang):
    """PDF/UA-1, as Typst checks it while writing: alternative text, title and language are there, or it refuses."""
    pdf = (site / "paper" / lang / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-1.7")
    assert b"pdfuaid" in pdf
    assert b"CreationDate" not in pdf


def test_the_word_document_has_the_numbers_too(site, lang):
    """Captions, references, section numbers, formula and pictures."""
    text, words = _docx_text(site, lang), WORDS[lang]
    for expected in (
        "Figure 1. ",
        "Figure 2. ",
        f"{words['tbl']} 1. ",
        f"{words['eq']} 1",
        "2.1 ",
        words["warning"],
    ):
        assert expected in text
    assert "<m:oMath" in _docx(site, lang)
    assert "fig-ladder" not in text


def test_variables_are_put_in_once(project, tmp_path):
    """What stands in a value is not looked at again: an answer cannot call the programme."""
    variables = (project / "_variables.yml").read_text(encoding="utf-8")
    try:
        nasty = "{{< include ../../_quarto.yml >}} {{< meta title >}}"
        (project / "_variables.yml").write_text(f'{variables}  open: "{nasty}"\n', encoding="utf-8")
        page = project / "paper" / "en" / "open.qmd"
        page.write_text(
            "---\ntitle: T\nformat: html\n---\n\nSaid: `{{< var en.open >}}`.\n", encoding="utf-8"
        )
        text = Page(render.render_page(project, page, "html", tmp_path).read_text(encoding="utf-8")).text()
        assert f"Said: {nasty}." in text
    finally:
        (project / "_variables.yml").write_text(variables, encoding="utf-8")
        page.unlink()


def test_dependencies_name_all_that_a_page_is_made_of(project):
    """Includes inside includes, pictures in both kinds, settings, styles, bibliography, templates."""
    found = {
        p.relative_to(project).as_posix()
        for p in render.page_dependencies(project, project / "paper/fr/report.qmd")
        if p.is_relative_to(project)
    }
    assert found >= {
        "_quarto.yml", "_variables.yml", "paper/fr/_metadata.yml", "paper/fr/report.qmd", "paper/references.bib", "paper/style.css",
        "paper/paper.lua", "build/exhibits/fr/nested.md", "build/exhibits/fr/tbl-main.md", "build/exhibits/fr/fig-ladder.svg",
        "build/exhibits/fr/fig-ladder.png", "build/exhibits/fr/_header.typ", "src/panel_eis/render/typst-show.typ",
    }  # fmt: skip
    index = render.page_dependencies(project, project / "paper/fr/index.qmd")
    assert project / "build/exhibits/fr/fig-ladder.png" not in index, "a page without DOCX needs no PNG"


def test_dependencies_may_not_exist_yet(project, tmp_path):
    """The build asks before anything is made."""
    fresh = make_project(tmp_path / "fresh")
    shutil.rmtree(fresh / "build")
    found = render.page_dependencies(fresh, fresh / "paper/fr/report.qmd")
    assert fresh / "build/exhibits/fr/fig-ladder.md" in found
    assert fresh / "build/exhibits/fr/_header.typ" in found


def _code_lines(path):
    """Lines of code: no blank line, comment, docstring, import or list of exports."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".lua":
        return sum(1 for line in text.splitlines() if line.strip() and not line.strip().startswith("--"))
    left_out = set()
    for node in ast.walk(ast.parse(text)):
        documented = isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node)
        exports = isinstance(node, ast.Assign | ast.AugAssign) and "__all__" in ast.unparse(node)
        typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        apart = node.body[0] if documented else node
        if documented or exports or typing or isinstance(node, ast.Import | ast.ImportFrom):
            left_out |= set(range(apart.lineno, apart.end_lineno + 1))
    marks = (
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    )
    tokens = [t for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type not in marks]
    return len({line for t in tokens for line in range(t.start[0], t.end[0] + 1)} - left_out)


def test_the_second_renderer_stays_small():
    """At most 350 lines of Python and Lua, but for what calls Quarto and mends its pages. No module over 200 lines."""
    folder = ROOT / "src" / "panel_eis" / "render"
    files = [p for p in sorted(folder.rglob("*")) if p.suffix in (".py", ".lua")]
    files = [p for p in files if p.name not in ("quarto.py", "mended.py")]
    assert sum(map(_code_lines, files)) <= 350
    assert all(len(p.read_text(encoding="utf-8").splitlines()) <= 200 for p in files)


def test_the_fonts_are_light_and_bring_their_licence():
    """Under 600 kB, with the Open Font License beside them."""
    fonts = ROOT / "src" / "panel_eis" / "render" / "fonts"
    assert sum(p.stat().st_size for p in fonts.glob("*.ttf")) < 600_000
    assert "SIL Open Font License" in (fonts / "OFL.txt").read_text(encoding="utf-8")


def _contrast(one, other):
    def light(colour):
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_every_ground(scheme):
    """WCAG 2.2 AA: 4.5 to 1 for each text colour on each ground it stands on."""
    sheet = (ROOT / "paper" / "style.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", blocks[0 if scheme == "light" else 1]))
    for ink in ("ink", "soft", "accent"):
        for ground in ("paper", "wash", "tint-accent"):
            assert _contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for ink in ("ink", "second", "accent"):
        assert _contrast(colours[ink], colours["tint-second"]) >= 4.5, ink


def test_the_page_of_the_real_project_is_known_to_the_renderer():
    """Its settings are read without complaint."""
    for page in render.project_pages(ROOT):
        assert render.page_formats(ROOT, page)
        assert render.page_dependencies(ROOT, page)


def test_all_languages_have_the_same_words():
    """A word missing in one language would be a hole in its pages."""
    import yaml

    words = yaml.safe_load((ROOT / "src/panel_eis/render/subset.yml").read_text(encoding="utf-8"))["words"]
    assert len({frozenset(each) for each in words.values()}) == 1


def test_an_output_path_mirrors_its_source():
    """paper/fr/report.qmd is paper/fr/report.pdf of the site."""
    assert render.output_path(ROOT, ROOT / "paper/fr/report.qmd", "typst", Path("site")) == Path(
        "site/paper/fr/report.pdf"
    )
