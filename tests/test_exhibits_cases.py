"""Exhibits declare themselves whole, cases speak the codebook's language, and what is hostile stays text."""

import shutil

import pandas as pd
import pytest

from panel_eis.cases import read_cases
from panel_eis.errors import DataError, RenderError
from panel_eis.exhibits import find_exhibits, fits_read, load_exhibit, products
from panel_eis.register import read_register
from panel_eis.tables import html_table, pipe_table


def test_every_exhibit_of_the_paper_loads_with_captions_in_both_languages(root):
    """The file is the registry."""
    for label, path in find_exhibits(root / "analyses").items():
        exhibit = load_exhibit(path)
        assert exhibit.label == label
        assert all(exhibit.text[lang]["caption"].endswith((".", "?")) for lang in ("fr", "en"))


def test_an_exhibit_that_lacks_a_language_or_a_function_says_everything_that_it_lacks(tmp_path):
    """All at once."""
    path = tmp_path / "fig_x.py"
    path.write_text(
        '"""\nfr: {caption: C, reading: R, base: B, alt: A, legend: L}\n"""\ndef data(study): ...\n',
        encoding="utf-8",
    )
    with pytest.raises(RenderError) as caught:
        load_exhibit(path)
    for part in ("en.caption", "en.alt", "values()", "draw()", "unknown fr.legend"):
        assert part in str(caught.value)


def test_products_of_a_figure_and_of_a_table(tmp_path):
    """Images for figures, a table to take away for tables; data and trace once."""
    names = {p.name for p in products("fig-x", tmp_path)}
    assert names == {"fig-x.csv", "fig-x.json", "fig-x.svg", "fig-x.png", "fig-x.md"}
    names = {p.name for p in products("tbl-x", tmp_path)}
    assert names == {"tbl-x.csv", "tbl-x.json", "tbl-x.tex", "tbl-x.docx", "tbl-x.md"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [("study.fit('a').x + study.fit(\"b\")", ["a", "b"]), ("study.fit(name)", None), ("no model", [])],
)
def test_models_that_an_exhibit_reads_are_found_in_its_source(source, expected):
    """A name that is not a literal means: any."""
    assert fits_read(source) == expected


HOSTILE = "<script>alert(1)</script> | {{< env HOME >}} *x* $y$ `z` [a](b) \n # h"


def test_hostile_text_cannot_become_markup_in_a_page():
    """Neither HTML, nor a shortcode, nor a table cell too many."""
    table = pipe_table(pd.DataFrame({"a": [HOSTILE], "b": ["1"]}), "C", "tbl-x")
    line = table.splitlines()[2]
    assert "{{<" not in line
    assert "<script>" not in line
    assert line.replace("\\|", "").count("|") == 3


def test_hostile_text_cannot_become_markup_in_a_fold():
    """Every cell, header and caption is escaped."""
    shown = html_table(pd.DataFrame({HOSTILE: [HOSTILE]}), HOSTILE)
    assert "<script>" not in shown
    assert shown.count("<caption>") == 1
    assert 'scope="col"' in shown
    assert 'scope="row"' in shown


@pytest.fixture
def data(root, tmp_path):
    shutil.copytree(root / "data", tmp_path / "data")
    return tmp_path / "data"


def test_there_are_ten_fictitious_cases_or_more_several_of_them_in_the_panel(data, codebook):
    """Each says that it is fictitious, in both languages."""
    cases = read_cases(data / "cases", codebook, read_register(data, codebook))
    assert len(cases) >= 8
    assert sum(bool(c.unit) for c in cases) >= 3
    for case in cases:
        assert case.synthetic
        assert "fictif" in case.body["fr"].lower()
        assert "fictitious" in case.body["en"].lower()
        assert case.followed


def test_all_faults_of_all_cases_are_told_at_once(data, codebook):
    """Unknown code, unknown key, unit that the register does not have, a missing language."""
    paths = sorted((data / "cases").glob("*.md"))
    texts = [p.read_text(encoding="utf-8") for p in paths]
    paths[0].write_text(texts[0].replace("\nfield:", "\nfielt:", 1), encoding="utf-8")
    paths[1].write_text(texts[1].replace("# English", "## English"), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_cases(data / "cases", codebook, read_register(data, codebook))
    files = {p.file for p in caught.value.problems}
    assert files == {f"data/cases/{p.name}" for p in paths[:2]}
    assert "Did you mean 'field'?" in caught.value.report("en")


def test_a_case_without_consent_is_not_shown(data, codebook):
    """consent: no leaves it out, without an error."""
    path = min((data / "cases").glob("*.md"))
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("consent: yes", "consent: no").replace("consent: 'yes'", "consent: 'no'"),
        encoding="utf-8",
    )
    register = read_register(data, codebook)
    assert len(read_cases(data / "cases", codebook, register)) == len(list((data / "cases").glob("*.md"))) - 1
