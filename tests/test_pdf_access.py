"""The report as PDF: tagged, with title, language, bookmarks, headers, and the figures' alternative texts (poppler's eyes)."""

import html
import re
import subprocess
import zipfile
import zlib

import pytest

from programs import program

TITLES = {"fr": "S'approprier l'évaluation", "en": "Making social impact evaluation"}
WARNING = {"fr": "DONNÉES SYNTHÉTIQUES", "en": "SYNTHETIC DATA"}


@pytest.fixture(scope="module", params=["fr", "en"])
def lang(request):
    return request.param


@pytest.fixture(scope="module")
def pdf(as_built, lang):
    return as_built / "site" / "paper" / lang / "report.pdf"


def _said(tool, *arguments):
    command = [program("poppler-utils", tool), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8", "replace")


def test_it_is_tagged_and_has_a_title(pdf, lang):
    """Typst is asked for PDF/UA-1 and refuses what has no alternative text; poppler sees the tags and the title."""
    told = dict(re.findall(r"(?m)^([\w ]+): +(.*)$", _said("pdfinfo", pdf)))
    assert told["Tagged"] == "yes"
    assert told["Title"].startswith(TITLES[lang])
    assert "<pdfuaid:part>1</pdfuaid:part>" in _said("pdfinfo", "-meta", pdf)
    assert f"<rdf:li>{lang}" in _said("pdfinfo", "-meta", pdf)


def test_headings_tables_and_figures_are_in_its_structure(pdf, as_built, lang):
    """One figure of the structure for each figure of the page; header cells of tables; headings."""
    kinds = re.findall(r"(?m)^ *(\w+)", _said("pdfinfo", "-struct", pdf))
    page = pdf.with_suffix(".html").read_text(encoding="utf-8")
    assert kinds.count("Figure") >= len(re.findall(r"<img ", page)) > 10
    assert {"H1", "H2", "Table", "TH", "TD", "Caption", "TOC"} <= set(kinds)


def test_every_section_is_a_bookmark(pdf):
    """The outline that a reader shows at the side has the sections of the page."""
    outline = _said("pdftohtml", "-xml", "-i", "-stdout", pdf).split("<outline>", 1)[1]
    entries = re.findall(r"<item page=\"\d+\">(.*?)</item>", outline)
    page = pdf.with_suffix(".html").read_text(encoding="utf-8")
    sections = re.findall(r"<h2[^>]*>.*?</h2>", page, flags=re.DOTALL)
    assert len(sections) > 8
    assert len(entries) >= len(sections)


def test_every_page_says_where_one_is(pdf, lang):
    """Title (from the second page on), warning and number of the page."""
    pages = _said("pdftotext", "-layout", pdf, "-").split("\f")[:-1]
    for number, text in enumerate(pages, 1):
        assert WARNING[lang] in text
        assert f"{number} / {len(pages)}" in text
        assert number == 1 or TITLES[lang] in text.replace("’", "'")


def test_figures_have_the_same_alternative_texts_as_on_the_page(pdf):
    """Read from the structure elements, which Typst writes as hexadecimal UTF-16, or as it is when it is ASCII."""
    page = pdf.with_suffix(".html").read_text(encoding="utf-8")
    shown = [html.unescape(alt).replace("’", "'") for alt in re.findall(r'<img [^>]*alt="([^"]+)"', page)]
    content = pdf.read_bytes()
    for packed in re.findall(rb"/ObjStm.*?stream\r?\n(.*?)\r?\nendstream", content, flags=re.DOTALL):
        content += zlib.decompress(packed)
    found = re.findall(
        rb"/S/Figure\b[^>]*?/Alt(?:<([0-9A-F]+)>|\(((?:\\.|[^\\()]|\((?:\\.|[^\\()])*\))*)\))",
        content,
        flags=re.DOTALL,
    )
    texts = [
        bytes.fromhex(packed.decode()).decode("utf-16")
        if packed
        else re.sub(r"\\(.)", r"\1", plain.decode("latin-1"))
        for packed, plain in found
    ]
    assert sorted(each.replace("’", "'") for each in texts) == sorted(shown)


def test_no_page_begins_with_the_note_of_an_exhibit_that_fits_a_page(pdf, lang):
    """An exhibit is read with its note: a page that begins with one would have its figure overleaf."""
    first = {"fr": "Lecture :", "en": "How to read:"}[lang]
    pages = _said("pdftotext", "-layout", pdf, "-").replace("\xa0", " ").split("\f")[:-1]
    begins = [next((x.strip() for x in page.splitlines()[1:] if x.strip()), "") for page in pages]
    assert not [number for number, line in enumerate(begins, 1) if line.startswith(first)]


def test_no_figure_of_the_docx_fills_its_page_and_every_column_has_a_width(pdf):
    """Six inches high at most, beside caption and note; columns that LibreOffice need not guess."""
    with zipfile.ZipFile(pdf.with_suffix(".docx")) as archive:
        text = archive.read("word/document.xml").decode()
    heights = [int(high) / 914_400 for high in re.findall(r'<wp:extent cx="\d+" cy="(\d+)"', text)]
    assert len(heights) > 10
    assert max(heights) < 6.1
    widths = re.findall(r"<w:tblGrid>(.*?)</w:tblGrid>", text, flags=re.DOTALL)
    assert any(len(set(re.findall(r'w:w="(\d+)"', grid))) > 1 for grid in widths)
