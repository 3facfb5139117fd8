"""The library of cases: a card and a page for each, in the codebook's words, and no more of the panel than was agreed."""

import re
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from panel_eis import tied
from panel_eis.case_links import meetings, panel_rows
from panel_eis.case_pages import CARD, FACETS, library, prose, write_cases
from panel_eis.case_skeleton import case_page, write_new_case
from panel_eis.cases import read_cases
from panel_eis.errors import DataError, UsageError
from panel_eis.exhibits import load_exhibit
from panel_eis.register import read_register
from panel_eis.waves import load_yaml

SPECIAL = ("|", "<script", "{{<", "{.callout-tip")


@pytest.fixture(scope="module")
def register(root, codebook):
    return read_register(root / "data", codebook)


@pytest.fixture
def study(root, codebook, register, monkeypatch):
    """What the pages read: the cases and the register, and a panel whose ties are known."""
    ties = pd.DataFrame({"unit": ["SYN-0004"], "kind": ["network"], "body": ["net_a"]})
    monkeypatch.setattr(tied, "ties_of", lambda *_: ties)
    seen = [
        ("SYN-0004", "2021", "answered"),
        ("SYN-0004", "2023", "answered"),
        ("SYN-0004", "2025", "refused"),
    ]
    networks = pd.read_csv(root / "data" / "reference" / "networks.csv", dtype=str)
    tables = {"participation": pd.DataFrame(seen, columns=["unit", "wave", "outcome"]), "networks": networks}
    cases = read_cases(root / "data" / "cases", codebook, register)
    return SimpleNamespace(
        root=root, codebook=codebook, register=register, cases=cases, table=tables.__getitem__
    )


def _page(study, tmp_path, lang="en"):
    write_cases(study, meetings(study), tmp_path, lang)
    return (tmp_path / "_case-01.md").read_text(encoding="utf-8")


def _agreeing(register, **consents):
    units = register.units.copy().astype(dict.fromkeys(consents, object))
    for name, value in consents.items():
        units.loc["SYN-0004", name] = value
    return replace(register, units=units)


def test_no_case_lacks_its_page_in_either_language_and_no_page_lacks_its_case(root):
    stems = {p.stem for p in (root / "data" / "cases").glob("*.md")}
    for lang in ("fr", "en"):
        pages = {p.stem: p for p in (root / "paper" / lang).glob("case-*.qmd")}
        assert set(pages) == stems
        for stem, path in pages.items():
            assert path.read_text(encoding="utf-8") == case_page(stem.upper(), lang)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_each_case_has_one_card_that_says_its_answers_in_words_and_links_to_its_page(study, lang):
    text = library(study.cases, study, lang)
    cards = re.split(r"(?m)^(?=::: \{\.case )", text)[1:]
    assert len(cards) == len(study.cases)
    for card, case in zip(cards, study.cases, strict=True):
        slug = case.case.lower()
        assert f"]({slug}.qmd) {{#{slug}}}" in card
        plain = card.replace("\\", "")
        for name in CARD:
            labels = study.codebook.choice_labels(name, lang)
            assert all(labels[code] in plain for code in case.answers[name]), name
        for facet, variable in FACETS.items():
            assert f'data-{facet}="{" ".join(case.answers[variable])}"' in card
        assert {"fr": "cas fictif", "en": "fictitious case"}[lang] in card


def test_each_facet_offers_the_codes_of_the_cases_and_no_other(study):
    form = library(study.cases, study, "en").split("```")[1]
    for facet, variable in FACETS.items():
        found = re.search(rf'<select id="case-{facet}".*?</select>', form)[0]
        offered = re.findall(r'value="([^"]+)"', found)
        assert set(offered) == {code for case in study.cases for code in case.answers[variable]}
        assert offered == [code for code in study.codebook.codes(variable) if code in offered]


def test_waves_answered_are_told_only_with_consent_to_cases(study, tmp_path):
    study.register = _agreeing(study.register, consent_case="yes", consent_network="no")
    assert re.search(r"Waves that the organisation answered\n:   2021, 2023\n", _page(study, tmp_path))
    study.register = _agreeing(study.register, consent_case="no", consent_network="no")
    assert "Waves that the organisation answered" not in _page(study, tmp_path)


def test_ties_are_told_and_the_graph_is_linked_only_with_consent_to_the_network(study, tmp_path):
    study.register = _agreeing(study.register, consent_case="yes", consent_network="yes")
    page = _page(study, tmp_path)
    assert "Fictitious network A ([see the graph](report.qmd#fig-network))" in page
    assert "network B" not in page
    study.register = _agreeing(study.register, consent_case="yes", consent_network="no")
    assert "report.qmd#fig-network" not in _page(study, tmp_path)


def test_beside_the_graph_each_body_leads_to_the_cases_tied_to_it_and_each_case_to_the_graph(study, tmp_path):
    """Both directions, with the same consent."""
    study.register = _agreeing(study.register, consent_case="no", consent_network="yes")
    assert "report.qmd#fig-network" in _page(study, tmp_path)
    beside = (tmp_path / "_cases_network.md").read_text(encoding="utf-8")
    assert ":   [Case 01](case-01.qmd)" in beside
    study.register = _agreeing(study.register, consent_case="yes", consent_network="no")
    _page(study, tmp_path)
    assert "case 01" not in (tmp_path / "_cases_network.md").read_text(encoding="utf-8").lower()


def test_rows_of_the_panel_are_joined_to_a_case_only_with_consent_to_cases(study):
    """Those of the waves that it answered; a case of no organisation of the panel has none."""
    study.register = _agreeing(study.register, consent_case="yes", consent_network="no")
    rows = panel_rows(study, meetings(study))
    assert list(rows.itertuples(index=False, name=None)) == [
        ("CASE-01", "SYN-0004", "2021"),
        ("CASE-01", "SYN-0004", "2023"),
    ]
    study.register = _agreeing(study.register, consent_case="no", consent_network="yes")
    assert panel_rows(study, meetings(study)).empty


def test_a_case_without_consent_is_linked_nowhere(study, root, codebook, register, tmp_path):
    """Neither on the library, nor beside the graph, nor in the two tables of cases, nor joined to the panel."""
    folder = tmp_path / "cases"
    shutil.copytree(root / "data" / "cases", folder)
    path = folder / "case-01.md"
    path.write_text(path.read_text(encoding="utf-8").replace("consent: yes", "consent: no"), encoding="utf-8")
    study.cases = read_cases(folder, codebook, register)
    study.register = _agreeing(study.register, consent_case="yes", consent_network="yes")
    for lang in ("fr", "en"):
        write_cases(study, meetings(study), tmp_path / lang, lang)
        texts = {p.name: p.read_text(encoding="utf-8").lower() for p in (tmp_path / lang).glob("*.md")}
        assert "not published" in texts["_case-01.md"] or "pas publié" in texts["_case-01.md"]
        assert [name for name, text in texts.items() if "case-01" in text] == []
    assert "CASE-01" not in set(panel_rows(study, meetings(study))["case"])
    study.waves = ("2021", "2023", "2025")
    for name in ("tbl_cases", "tbl_followup"):
        module = load_exhibit(root / "analyses" / f"{name}.py").module
        assert "CASE-01" not in set(module.data(study)["case"])


def test_the_follow_up_says_what_became_of_each_practice(study, root):
    """One line a case, a column a wave, and in words whether it began, grew, shrank, stopped or stayed."""
    study.waves = ("2021", "2023", "2025")
    module = load_exhibit(root / "analyses" / "tbl_followup.py").module
    data = module.data(study)
    assert list(data["case"]) == [case.case for case in study.cases]
    became = dict(zip(data["case"], data["became"], strict=True))
    assert became["CASE-01"] == "stopped"
    for case in study.cases:
        rungs = [int(step["ladder"]) for step in case.followed]
        assert became[case.case] == module.became(rungs)
    assert [module.became(r) for r in ([1, 2], [2, 1], [2, 4], [5, 3], [3, 3], [2], [])] == [
        "began", "stopped", "grew", "shrank", "stayed", "once", "once"
    ]  # fmt: skip


def test_no_page_shows_the_pseudonym_of_a_unit(study, tmp_path):
    for lang in ("fr", "en"):
        write_cases(study, meetings(study), tmp_path, lang)
        assert not [p.name for p in tmp_path.glob("_*.md") if "SYN-" in p.read_text(encoding="utf-8")]


def test_the_page_of_a_case_that_may_no_longer_be_shown_says_so_and_nothing_else(study, tmp_path):
    study.cases = [case for case in study.cases if case.case != "CASE-01"]
    assert _page(study, tmp_path) == "This case is not published.\n"
    assert "case-01" not in (tmp_path / "_cases.md").read_text(encoding="utf-8")


def test_prose_keeps_emphasis_and_headings_and_loses_everything_that_acts():
    text = (
        "# One\n\n## Two\n\n*yes* [a](b.md)\n<script>\n{{< env HOME >}}\n::: {.x}\n![](http://x)\n`{=html}`"
    )
    assert prose(text) == (
        "## One\n\n## Two\n\n*yes* [a](b.md)\n\\<script\\>\n\\{\\{\\< env HOME \\>\\}\\}\n\\::: \\{.x\\}\n"
        "\\![](http://x)\n\\`\\{=html\\}\\`"
    )


def test_hostile_words_of_a_case_stay_text_on_card_and_page(study, tmp_path):
    hostile = "<script>|{{< env HOME >}}\n::: {.callout-tip}"
    case = study.cases[0]
    bad = replace(
        case,
        title=dict.fromkeys(("fr", "en"), hostile),
        body=dict.fromkeys(("fr", "en"), hostile),
        sources=(hostile,),
        followed=({**case.followed[0], "note": dict.fromkeys(("fr", "en"), hostile)},),
    )
    study.cases = [bad]
    page = _page(study, tmp_path)
    card = (tmp_path / "_cases.md").read_text(encoding="utf-8").split("```\n")[-1]
    for text in (page, card):
        assert not any(re.search(rf"(?<!\\){re.escape(special)}", text) for special in SPECIAL)


def test_a_new_case_starts_from_a_skeleton_that_the_check_accepts(panel_eis, project, codebook):
    done = panel_eis("case", "new", "--id", "CASE-12", "--unit", "SYN-0001")
    assert done.code == 0
    assert done.out.split() == ["data/cases/case-12.md", "paper/fr/case-12.qmd", "paper/en/case-12.qmd"]
    path = project / "data" / "cases" / "case-12.md"
    text = path.read_text(encoding="utf-8")
    head, fault = load_yaml(text.split("---\n")[1], "case-12.md")
    assert fault is None
    assert head["legal_form"] == "association"
    assert head["department"] == "69M"
    for name in FACETS.values():
        assert all(f"\n# {code}: " in text for code in codebook.codes(name))
    register = read_register(project / "data", codebook)
    assert read_cases(path.parent, codebook, register) == []  # until the organisation agrees


def test_a_new_case_overwrites_nothing(panel_eis, project, codebook):
    page = project / "paper" / "fr" / "case-12.qmd"
    page.parent.mkdir(parents=True)
    page.write_text("mine\n", encoding="utf-8")
    assert panel_eis("case", "new", "--id", "CASE-12").code == 0
    assert page.read_text(encoding="utf-8") == "mine\n"
    path = project / "data" / "cases" / "case-12.md"
    path.write_text("mine too\n", encoding="utf-8")
    again = panel_eis("case", "new", "--id", "CASE-12")
    assert again.code == 2
    assert "exists already" in again.text
    assert path.read_text(encoding="utf-8") == "mine too\n"


@pytest.mark.parametrize(
    ("name", "unit"), [("case-12", ""), ("CASE-1", ""), ("../CASE-12", ""), ("CASE-12", "SYN-9999")]
)
def test_a_name_or_a_unit_that_cannot_be_is_refused_and_nothing_is_written(
    tmp_path, codebook, register, name, unit
):
    with pytest.raises(UsageError):
        write_new_case(tmp_path, name, unit, codebook, register)
    assert not list(tmp_path.rglob("*"))


def test_a_case_to_be_shown_needs_its_own_file_name_and_both_languages(root, codebook, register, tmp_path):
    text = (root / "data" / "cases" / "case-01.md").read_text(encoding="utf-8")
    path = tmp_path / "case-07.md"
    path.write_text(re.sub(r"(?m)^  en: .*$", '  en: ""', text, count=1), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_cases(tmp_path, codebook, register)
    said = caught.value.report("en")
    assert "should be named case-01.md" in said
    assert "a text in fr and in en" in said


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_grid_has_one_line_a_case_in_words_and_no_unit(root, study, lang):
    grid = load_exhibit(root / "analyses" / "tbl_cases.py").module
    data = grid.data(study)
    assert list(data["case"]) == [case.case for case in study.cases]
    assert not data.map(lambda cell: "SYN-" in cell).to_numpy().any()
    shown = grid.display(data, study, lang)
    rungs = study.codebook.choice_labels("ladder", lang)
    for cells, case in zip(shown.itertuples(index=False), study.cases, strict=True):
        for said, name in zip(cells[1:6], CARD, strict=True):
            labels = study.codebook.choice_labels(name, lang)
            assert said == "–" or all(labels[code] in said for code in case.answers[name])
        assert all(rungs[step["ladder"]].lower() in cells[6] for step in case.followed)
        assert all(step["wave"] in cells[6] for step in case.followed)
