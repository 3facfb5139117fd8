"""What stands behind an exhibit: the fold under it and the command tell the same, and each name leads somewhere."""

import html
import re

import pytest

from panel_eis.comparability import assess
from panel_eis.exhibits import find_exhibits, source_line
from panel_eis.places import shown_on, variable_page
from panel_eis.trail import as_html, as_lines, trail, variable_of
from panel_eis.waves import Sidecar

RECORD = {
    "label": "fig-x", "file": "analyses/fig_x.py", "line": 12, "columns": ["ladder", "weight", "entry_wave"],
    "behind": ["tools__sroi"], "files": ["build/weighting.csv"],
    "models": {"score": {"line": 15, "columns": ["appropriation", "peer_tie_within"], "weights": "weight_pair"}},
    "waves": {"2021": {"file": "data/waves/2021.csv", "sha256": "c82fb332f78c2520a38089930a6636ea"}},
}  # fmt: skip


@pytest.fixture(scope="module", params=["fr", "en"])
def told(request, codebook):
    note = {"fr": "un texte <b>", "en": "a text <b>"}
    sidecar = Sidecar(comparability={"tools": {"class": "different", "note": note}})
    comparability = assess(codebook, {"2021": sidecar, "2023": Sidecar()})
    return trail(RECORD, codebook, comparability, request.param), request.param


def test_the_fold_and_the_command_say_the_same(told):
    """Word for word; the page has links besides."""
    entries, lang = told
    page = as_html(entries, lang)
    said = [html.unescape(re.sub("<[^>]+>", "", part)) for part in re.findall(r"<d[td]>(.*?)</d[td]>", page)]
    assert said == [line.strip() for line in as_lines(entries, lang)]
    assert "&lt;b&gt;" in page


def test_it_names_source_and_line_files_variables_questions_models_weights_and_hashes(told):
    """Everything that the exhibit rests on."""
    entries, lang = told
    text = "\n".join(as_lines(entries, lang))
    for part in (
        "analyses/fig_x.py:12", "build/exhibits/fig-x.csv", "build/panel.parquet", "build/weighting.csv", "analyses/models.py:15",
        "weight, weight_pair", "data/waves/2021.csv", "sha256 c82fb332f78c", "entry_wave", "frequency, formalisation, used_in_decision",
    ):  # fmt: skip
        assert part in text
    assert "c82fb332f78c2" not in text


def test_names_lead_to_the_pages_of_the_variables(told, codebook):
    """Variables read, and the questions they come from through what is computed."""
    entries, lang = told
    linked = set(re.findall(r'href="(variable-[^"]+)"', as_html(entries, lang)))
    assert linked <= {variable_page(name) for name in codebook.variables}
    assert {
        variable_page(n) for n in ("ladder", "tools", "appropriation", "peer_tie", "frequency", "a1", "peers")
    } <= linked


def test_a_column_belongs_to_the_variable_it_is_made_of(codebook):
    """Indicators, cores, and the halves of a term; a weight belongs to none."""
    found = {
        c: variable_of(c, codebook) for c in ("tools__sroi", "mastery_core", "peer_tie_between", "weight")
    }
    assert found == {
        "tools__sroi": "tools",
        "mastery_core": "mastery",
        "peer_tie_between": "peer_tie",
        "weight": "",
    }


def test_every_exhibit_makes_its_numbers_on_a_line_that_is_found(root):
    """Also where the function is made by another one."""
    for path in find_exhibits(root / "analyses").values():
        text = path.read_text(encoding="utf-8")
        line = text.splitlines()[source_line(text) - 1]
        assert line.startswith("def data"), path.name


def test_every_exhibit_has_a_page_to_be_led_to(root):
    """The report or an annex, rather than the page of key findings that shows some again."""
    places = shown_on(root)
    assert set(places) == set(find_exhibits(root / "analyses"))
    assert places["fig-ladder"] == "report"
