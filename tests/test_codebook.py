"""The codebook is one declaration, and its own faults are told all at once."""

import csv
import shutil

import pytest

from panel_eis.codebook import read_codebook
from panel_eis.codebook_faults import names_in
from panel_eis.derive import FUNCTIONS
from panel_eis.errors import DataError, UsageError


def test_the_instrument_has_twenty_scored_items_in_five_dimensions(codebook):
    """Domain brief, 3.3: A to E scored, four each; F not scored."""
    assert len(codebook.items()) == 20
    assert codebook.dimensions == ("meaning", "mastery", "adaptation", "anchoring", "use")
    assert all(len(codebook.items(d)) == 4 for d in codebook.dimensions)
    assert [v.name for v in codebook.items() if v.reverse] == ["a3", "b4", "c4"]


def test_every_derived_row_has_its_function_or_score_and_the_other_way_round(codebook):
    """A derived variable is one function and one row; neither exists alone."""
    scores = {*codebook.dimensions, "appropriation", "symbolic"}
    assert {v.name for v in codebook.derived} == set(FUNCTIONS) | scores


def test_what_is_asked_has_a_filter_that_names_an_earlier_question(codebook):
    """A filter can only read what was already answered."""
    order = [v.name for v in codebook.asked]
    for variable in codebook.asked:
        for name in names_in(variable.relevant):
            assert order.index(name) < order.index(variable.name), variable.name


def test_the_don_t_know_code_of_a_scale_is_missing_and_not_a_grade(codebook):
    """9 is mapped once, in the list, and never becomes a midpoint."""
    assert codebook.codes("a1") == ("1", "2", "3", "4", "5")
    assert codebook.missing_codes("a1")["9"] == "dont_know"


def test_an_unknown_variable_comes_with_the_nearest_name(codebook):
    """Did you mean…"""
    with pytest.raises(UsageError, match="did you mean 'ladder'|Did you mean 'ladder'"):
        codebook["lader"]


def test_all_faults_of_a_codebook_are_told_in_one_go(root, tmp_path):
    """Six different faults planted, six told, each with its row."""
    folder = tmp_path / "codebook"
    shutil.copytree(root / "data" / "codebook", folder)
    path = folder / "survey.csv"
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    by_name = {row["name"]: row for row in rows}
    by_name["mode"]["type"] = "select_one modes"
    by_name["staff"]["type"] = "whole"
    by_name["fte"]["label::en"] = ""
    by_name["a2"]["name"] = "a1"
    by_name["scope"]["relevant"] = "${frequence} = 'regular'"
    by_name["esus"]["dynamics"] = "sometimes"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(DataError) as caught:
        read_codebook(folder)
    codes = sorted(p.code for p in caught.value.problems)
    assert codes == sorted([
        "E-CODEBOOK-LIST", "E-CODEBOOK-WORD", "E-CODEBOOK-LABEL", "E-CODEBOOK-TWICE", "E-CODEBOOK-NAME", "E-CODEBOOK-WORD",
    ])  # fmt: skip
    assert all(p.row for p in caught.value.problems)
    assert "Did you mean 'frequency'?" in caught.value.report("en")


def test_an_unknown_column_is_refused(root, tmp_path):
    """A misspelt column would otherwise be silence."""
    folder = tmp_path / "codebook"
    shutil.copytree(root / "data" / "codebook", folder)
    path = folder / "survey.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("relevant,", "relevance,", 1), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_codebook(folder)
    assert [p.code for p in caught.value.problems] == ["E-CODEBOOK-COLUMN", "E-CODEBOOK-LACKS"]


def test_every_unit_of_measure_has_words_in_both_languages(codebook):
    """The annex prints them."""
    units = {v.measure for v in codebook.variables.values() if v.measure and not v.list_name}
    assert units <= set(codebook.codes("measure"))


def test_faults_of_the_four_tables_of_the_codebook_are_told_in_one_go(root, tmp_path):
    """A question at fault hides neither a rule nor a check; what only follows from it is not told again."""
    folder = tmp_path / "codebook"
    shutil.copytree(root / "data" / "codebook", folder)
    for name, old, new in (
        ("survey", ",fixed,", ",fixe,"), ("choices", "Direction salariée", ""), ("checks", ",warning,", ",warn,"), ("respondents", ",main,", ",moyenne,"),
    ):  # fmt: skip
        text = (folder / f"{name}.csv").read_text(encoding="utf-8")
        assert old in text, name
        (folder / f"{name}.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_codebook(folder)
    assert {p.file.rsplit("/")[-1] for p in caught.value.problems} == {
        "survey.csv", "choices.csv", "checks.csv", "respondents.csv",
    }  # fmt: skip
    for name in ("survey", "checks"):
        (folder / f"{name}.csv").write_text("type;name\na;b\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_codebook(folder)
    assert [(p.code, p.file.rsplit("/")[-1]) for p in caught.value.problems] == [
        ("E-TABLE-SEPARATOR", "survey.csv"), ("E-TABLE-SEPARATOR", "checks.csv"),
    ]  # fmt: skip
