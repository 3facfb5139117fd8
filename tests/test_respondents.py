"""Several respondents of one organisation: who speaks for it, how answers are put together, how far they agree."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from panel_eis.agreement import one_way, two_way
from panel_eis.codebook import read_codebook
from panel_eis.errors import DataError
from panel_eis.panel import build_panel, check_wave
from panel_eis.register import read_register
from panel_eis.respondents import aggregate, agreement, ordered
from panel_eis.schema import check, panel_schema
from panel_eis.scores import add_scores
from panel_eis.synthetic import read_truth, simulate
from panel_eis.weights import read_frame

KNOWN = Path(__file__).parent / "known" / "agreement" / "shrout_fleiss.csv"
REFERENCE = pd.read_csv(KNOWN).set_index("name")
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
)


@pytest.mark.parametrize("name", [n for n in REFERENCE.index if n.startswith("ICC")])
def test_the_published_table_of_shrout_and_fleiss_is_reproduced_with_the_intervals_of_r(name):
    """Coefficients as printed (two decimals), values and intervals as psych::ICC gives them."""
    found, known = two_way(SHROUT_FLEISS)[name], REFERENCE.loc[name]
    assert round(found.value, 2) == known["printed"]
    assert (found.value, found.low, found.high) == pytest.approx(
        (known["value"], known["low"], known["high"]), rel=1e-9
    )


def test_groups_of_unequal_size_use_the_effective_size():
    """The same analysis of variance in R."""
    y, g = [3, 4, 5, 7, 8, 2, 2, 3, 6, 5, 9], list("aabbbccccdd")
    known, found = REFERENCE.loc["unequal ICC(1)"], one_way(y, g).single
    assert (found.value, found.low, found.high) == pytest.approx(tuple(known[1:]), rel=1e-9)


def test_single_answers_and_missing_ones_do_not_count_and_too_few_groups_give_nothing():
    """An organisation with one answer says nothing about agreement."""
    found = one_way([1, 1, 5, np.nan, 3, 4, 4], list("aabbcdd"))
    assert (found.groups, found.answers) == (2, 4)
    assert found.single.value == 1
    assert np.isnan(one_way([1, 2], ["a", "a"]).single.value)


def test_an_interval_covers_the_truth_as_often_as_it_says():
    """400 samples of 40 pairs with ICC .6: the 95 % interval covers it 92 to 98 times of 100."""
    rng, covered = np.random.default_rng(3), 0
    group = np.repeat(np.arange(40), 2)
    for _ in range(400):
        values = np.sqrt(0.6) * rng.standard_normal(40)[group] + np.sqrt(0.4) * rng.standard_normal(80)
        found = one_way(values, group).single
        covered += found.low <= 0.6 <= found.high
    assert 0.92 <= covered / 400 <= 0.98


def declared(root, tmp_path, *rows):
    """The project's codebook with other rules for respondents."""
    folder = tmp_path / "data" / "codebook"
    folder.mkdir(parents=True)
    for name in ("survey.csv", "choices.csv"):
        (folder / name).write_bytes((root / "data" / "codebook" / name).read_bytes())
    lines = ["what,rule,note::fr,note::en", *(f"{what},{rule},," for what, rule in rows)]
    (folder / "respondents.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_codebook(folder)


def two_people(wave_file, **second):
    """A wave in which the board and the director of the second organisation both answer, the board first."""
    row = dict(wave_file.rows[1])
    wave_file.set(1, respondent_role="board", tools="dashboard", b1="2", interview_date="2023-04-01")
    wave_file.rows.append(
        row | {"respondent": "R-0003", "respondent_role": "director", "b1": "5", "tools": "sroi"} | second
    )
    return wave_file.write()


@cache
def _register(root):
    return read_register(root / "data", read_codebook(root / "data" / "codebook"))


def together(path, root, codebook):
    register = _register(root)
    answers, reasons = check_wave(path, codebook, register)[:2]
    order = ordered(answers, codebook).index
    answers, reasons = answers.loc[order].reset_index(drop=True), reasons.loc[order].reset_index(drop=True)
    rows, why = aggregate(answers, reasons, codebook)
    return rows.set_index("unit").loc["SYN-0002"], why.set_index(rows["unit"]).loc["SYN-0002"]


def test_the_main_respondent_speaks_by_the_declared_priority_of_roles(root, wave_file, tmp_path):
    """The director, though the board answered first in the file; and the contrary where it is declared so."""
    path = two_people(wave_file)
    row, _ = together(path, root, read_codebook(root / "data" / "codebook"))
    assert (row["respondent"], row["b1"], row["respondents"]) == ("R-0003", 5, 2)
    board = declared(root, tmp_path / "b", ("priority", "board director"), ("*", "main"))
    assert together(path, root, board)[0]["respondent"] == "R-0002"


def test_without_a_declaration_the_first_role_of_the_list_speaks(root, wave_file, tmp_path):
    """The file is optional."""
    codebook = declared(root, tmp_path / "n")
    (tmp_path / "n" / "data" / "codebook" / "respondents.csv").unlink()
    codebook = read_codebook(tmp_path / "n" / "data" / "codebook")
    assert codebook.aggregation.priority == codebook.codes("role")
    assert together(two_people(wave_file), root, codebook)[0]["respondent"] == "R-0003"


def test_items_are_averaged_and_choices_united_where_that_is_declared(root, wave_file, tmp_path):
    """A row for the items, one for a kind, one for a question: the most precise one holds."""
    codebook = declared(
        root,
        tmp_path / "m",
        ("items", "mean"),
        ("select_multiple", "union"),
        ("b2", "main"),
        ("staff", "median"),
    )
    path = two_people(wave_file, b2="1", staff="13", barriers="none")
    wave_file.set(1, barriers="cost time")
    row, why = together(wave_file.write(), root, codebook)
    assert path.exists()
    assert (row["b1"], row["b2"], row["staff"]) == (3.5, 1, 12.5)
    assert (row["tools__dashboard"], row["tools__sroi"], row["tools__interviews"]) == (True, True, False)
    assert (row["barriers__cost"], row["barriers__none"]) == (True, False)
    assert why["b1"] == "answered"


def test_an_average_fills_a_gap_of_the_main_respondent_but_never_what_the_filter_skips(
    root, wave_file, tmp_path
):
    """The director does not know; the director says that the organisation does not evaluate."""
    codebook = declared(root, tmp_path / "m", ("items", "mean"))
    row, why = together(two_people(wave_file, b1="9"), root, codebook)
    assert (row["b1"], why["b1"]) == (2, "answered")
    never = dict.fromkeys([v.name for v in codebook.asked if "frequency" in v.relevant], "")
    wave_file.rows.pop()
    wave_file.rows[1]["respondent_role"] = "director"
    path = two_people(wave_file, **(never | {"frequency": "never", "tools": "", "b1": ""}))
    row, why = together(path, root, codebook)
    assert pd.isna(row["b1"])
    assert why["b1"] == "skipped"


def test_averages_are_valid_in_the_schema_of_the_panel(root, tmp_path):
    """Half a grade is no fault where a mean was declared, and is one where it was not."""
    data = root / "data"
    codebook = declared(root, tmp_path, ("items", "mean"), ("select_multiple", "union"))
    register = _register(root)
    parts = {
        p.stem: check_wave(p, codebook, register)[:2] for p in sorted((data / "waves").glob("*.csv"))[1:]
    }
    built = build_panel(parts, codebook, register, read_frame(data / "frame.csv", codebook))
    assert (built.answers["b1"] % 1 == 0.5).any()
    strict = panel_schema(read_codebook(data / "codebook"), register.events)
    faults = check(built.answers.reset_index(), strict, lambda _: ("x", None, None))
    assert any(p.column == "b1" for p in faults)


def test_faults_of_the_declaration_are_told_at_once(root, tmp_path):
    """An unknown question, rule and role; a mean of words; a row twice."""
    rows = (("b99", "mean"), ("b1", "meen"), ("priority", "boss"), ("legal_form", "mean"), ("b1", "main"))
    with pytest.raises(DataError) as caught:
        declared(root, tmp_path, *rows)
    found = {(p.code, p.row) for p in caught.value.problems}
    assert found == {
        ("E-CODEBOOK-NAME", 2), ("E-CODEBOOK-WORD", 3), ("E-TABLE-CODE", 4), ("E-CODEBOOK-WORD", 5), ("E-CODEBOOK-TWICE", 6),
    }  # fmt: skip


def test_two_answers_without_identifiers_are_one_person_twice(root, codebook, wave_file):
    """Without an identifier nobody can tell two people from one who answered twice."""
    path = two_people(wave_file, respondent="")
    with pytest.raises(DataError) as caught:
        check_wave(path, codebook, _register(root))
    assert [(p.code, p.row) for p in caught.value.problems] == [("E-DUPLICATE", 4)]


def built(data, codebook):
    register = read_register(data, codebook)
    parts = {p.stem: check_wave(p, codebook, register)[:2] for p in sorted((data / "waves").glob("*.csv"))}
    return build_panel(parts, codebook, register, read_frame(data / "frame.csv", codebook))


def test_the_panel_keeps_one_row_and_counts_the_respondents(root, codebook):
    """About 12 % of answers have a second one, in another role; the first respondent always speaks."""
    panel = built(root / "data", codebook)
    assert panel.answers.index.is_unique
    assert len(panel.respondents) == panel.answers["respondents"].sum()
    assert 0.08 < (panel.answers["respondents"] == 2).mean() < 0.16
    people = panel.respondents.reset_index()
    assert not people.duplicated(["unit", "wave", "respondent_role"]).any()


def test_the_agreement_of_the_truth_is_recovered(root, tmp_path):
    """With a second respondent everywhere, the interval of ICC(1) of the score holds the figure of truth.yml."""
    folder = tmp_path / "data"
    (folder / "reference").mkdir(parents=True)
    (folder / "reference" / "lemmas.csv").write_bytes(
        (root / "data" / "reference" / "lemmas.csv").read_bytes()
    )
    (folder / "codebook").mkdir()
    for path in (root / "data" / "codebook").glob("*.csv"):
        (folder / "codebook" / path.name).write_bytes(path.read_bytes())
    document = yaml.safe_load((root / "data" / "truth.yml").read_text(encoding="utf-8"))
    document["respondents"]["second"] = 1.0
    (folder / "truth.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    simulate(tmp_path, seed=5, organisations=500, waves=("2021",))
    codebook, truth = read_codebook(folder / "codebook"), read_truth(folder / "truth.yml")
    answers = check_wave(folder / "waves" / "2021.csv", codebook, read_register(folder, codebook))[0]
    people = add_scores(answers.loc[ordered(answers, codebook).index], codebook)
    found = agreement(people, codebook, ["2021"]).query("wave == 'all'").set_index("variable")
    score = found.loc["appropriation"]
    assert score["groups"] > 200
    assert score["icc1_low"] < truth.respondents.agreement < score["icc1_high"]
    assert score["icck"] == pytest.approx(2 * score["icc1"] / (1 + score["icc1"]))
    assert abs(score["difference"]) < 2
    assert found.loc["staff", "same"] == 1


def test_agreement_on_few_organisations_gives_counts_and_no_coefficient(codebook, wave_file, root):
    """Below five organisations a coefficient would say nothing."""
    answers = check_wave(two_people(wave_file), codebook, _register(root))[0]
    found = agreement(add_scores(ordered(answers, codebook), codebook), codebook, ["2023"])
    row = found[found["wave"] == "all"].set_index("variable").loc["b1"]
    assert (row["groups"], row["answers"], row["same"], row["difference"]) == (1, 2, 0, -3)
    assert np.isnan(row["icc1"])
