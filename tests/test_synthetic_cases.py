"""Case studies: said to be fictitious, in the codes of the codebook, true to the simulated answers, in two languages."""

import re
from pathlib import Path

import pytest
import yaml

from panel_eis.cases import read_cases
from panel_eis.codebook import read_codebook
from panel_eis.register import read_register
from panel_eis.synthetic.case_studies import _phrases
from panel_eis.synthetic.case_text import SECTIONS, Teller, typeset
from panel_eis.synthetic.stories import Story, rung

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def cases():
    codebook = read_codebook(ROOT / "data" / "codebook")
    return read_cases(ROOT / "data" / "cases", codebook, read_register(ROOT / "data", codebook))


def test_at_least_ten_cases_pass_the_check_of_the_project(cases):
    assert len(cases) >= 10
    assert all(case.synthetic for case in cases)


def test_every_text_and_title_says_that_the_case_is_fictitious(cases):
    for case in cases:
        assert case.body["fr"].startswith("Cas fictif")
        assert case.body["en"].startswith("Fictitious case")
        assert case.title["fr"].startswith("Cas fictif")
        assert case.title["en"].startswith("Fictitious case")


def test_some_gave_up_some_embedded_it_and_some_are_in_no_panel(cases):
    paths = [[int(step["ladder"]) for step in case.followed] for case in cases]
    assert any(path[0] >= 2 > path[-1] for path in paths)
    assert any(path[-1] == 5 > path[0] for path in paths)
    assert sum(case.unit == "" for case in cases) >= 2
    assert len({case.answers["field"] for case in cases}) >= 5
    assert len({case.answers["legal_form"] for case in cases}) >= 4


def test_rungs_told_are_those_of_the_answers_and_only_willing_organisations_are_told(cases):
    import pandas as pd

    register = pd.read_csv(ROOT / "data" / "register.csv", dtype=str).set_index("unit")
    answers = {
        wave: pd.read_csv(ROOT / "data" / "waves" / f"{wave}.csv", dtype=str, keep_default_na=False)
        .drop_duplicates("unit")  # the first respondents
        .set_index("unit")
        for wave in ("2023", "2025")
    }
    for case in cases:
        if not case.unit:
            continue
        assert register.loc[case.unit, "consent_case"] == "yes"
        for step in case.followed:
            if step["wave"] in answers:
                assert rung(answers[step["wave"]].loc[case.unit]) == int(step["ladder"])


def test_both_languages_have_all_sections_and_no_blank_is_left(cases):
    for case in cases:
        for lang in ("fr", "en"):
            assert [t[lang] for t in SECTIONS.values()] == re.findall(
                r"^## (.+)$", case.body[lang], re.MULTILINE
            )
            assert not re.search(r"[{}]|\.\.|\s\.|, \.", case.body[lang])


def test_codes_of_the_front_matter_are_quoted_text():
    text = (ROOT / "data" / "cases" / "case-01.md").read_text(encoding="utf-8")
    head = yaml.safe_load(text.split("---\n")[1])
    assert all(isinstance(head[name], str) for name in ("legal_form", "field", "department"))
    assert all(isinstance(step["ladder"], str) for step in head["followed"])


def test_every_phrase_exists_in_both_languages_with_the_same_blanks():
    for kind, codes in _phrases().items():
        for code, both in codes.items():
            assert both["fr"], (kind, code)
            assert both["en"], (kind, code)
            blanks = [set(re.findall(r"\{\w+\}", both[lang])) for lang in ("fr", "en")]
            assert blanks[0] == blanks[1], (kind, code)


def test_phrases_cover_the_codes_of_the_codebook():
    codebook, phrases = read_codebook(ROOT / "data" / "codebook"), _phrases()
    for name in ("motives", "steps", "tools", "stakeholders", "needs", "legal_form", "field"):
        kind = {"legal_form": "form"}.get(name, name)
        assert set(codebook.codes(name)) <= set(phrases[kind]), name
    assert set(codebook.codes("barriers")) - {"none"} <= set(phrases["barriers"])
    assert set(codebook.codes("attribute")) == set(phrases["attribute"])


def test_lists_read_as_lists_and_steps_are_not_named_twice():
    teller = Teller(_phrases(), 1)
    assert teller.listed("needs", ["time"])["en"] == "time"
    assert teller.listed("needs", ["time", "peers"])["fr"] == "du temps et des échanges entre pairs"
    assert teller.chain(["collection", "analysis"])["fr"] == "recueillir les données et les analyser"
    assert len(teller.listed("needs", ["funding", "time", "training", "method"])["en"].split(", ")) == 2
    assert typeset("a : b ; c") == "a\u00a0: b\u00a0; c"


def test_a_case_is_told_from_the_first_wave_at_which_it_evaluates():
    row = {"formalisation": "", "used_in_decision": ""}
    later = {"formalisation": "tooled", "used_in_decision": "", "frequency": "occasional"}
    story = Story("SYN-0001", {"2021": {**row, "frequency": "never"}, "2023": later}, "started")
    assert story.told == "2023"
    assert rung(later) == 3
