"""A missing answer keeps its reason to the end; what has no value is never imputed; long answers have their own tables."""

import pandas as pd
import pytest

from panel_eis import tidy
from panel_eis.errors import UsageError
from panel_eis.harmonise import REASONS, harmonise
from panel_eis.missing import IMPUTABLE, STRUCTURAL, item_nonresponse, may_impute, require_only_imputable
from panel_eis.representations import Thesaurus
from panel_eis.study import Study
from panel_eis.waves import read_wave


@pytest.fixture
def reasons():
    index = pd.MultiIndex.from_product(
        [["SYN-1"], [f"20{k:02}" for k in range(len(REASONS))]], names=["unit", "wave"]
    )
    return pd.DataFrame({"a1": list(REASONS), "tools": list(REASONS)}, index=index)


def test_every_reason_is_imputable_structural_or_an_answer():
    """A new reason cannot be forgotten."""
    assert sorted((*IMPUTABLE, *STRUCTURAL, "answered")) == sorted(REASONS)


def test_every_missing_code_reaches_the_counts_with_its_reason(wave_file, codebook):
    """From the cells of the file to the table of the build; the first organisation is skipped by the filter."""
    cells = {"b1": "refused", "b2": "lost", "b3": "dk", "b4": "na", "c1": "", "c2": "9"}
    expected = ("refused", "lost", "dont_know", "not_applicable", "no_answer", "dont_know")
    wave = harmonise(read_wave(wave_file.set(1, **cells).write()), codebook)
    assert [p for p in wave.problems if p.severity == "error"] == []
    index = pd.MultiIndex.from_arrays([wave.answers["unit"], ["2023"] * 2], names=["unit", "wave"])
    table = item_nonresponse(wave.reasons.set_axis(index)).set_index("variable")
    for name, reason in zip(cells, expected, strict=True):
        assert table.at[name, reason] == 1
        assert table.at[name, "skipped"] == 1
        assert table.at[name, "base"] == (0 if reason == "not_applicable" else 1)


def test_counts_add_up_and_structural_gaps_are_in_no_base(reasons):
    """Eight rows, one of each reason: five expected, four of them missing."""
    table = item_nonresponse(reasons.reset_index("wave").assign(wave="2023").set_index("wave", append=True))
    assert (table[list(REASONS)].sum(axis=1) == len(REASONS)).all()
    assert table["base"].tolist() == [5, 5]
    assert table["rate"].tolist() == [0.8, 0.8]
    assert item_nonresponse(reasons)["rate"].isna().sum() == 2 * len(STRUCTURAL)


def test_only_answers_that_were_expected_may_be_imputed(reasons):
    """Indicators follow their question."""
    mask = may_impute(reasons, ["a1", "tools__sroi"])
    assert mask["a1"].tolist() == [r in IMPUTABLE for r in REASONS]
    assert mask["tools__sroi"].tolist() == mask["a1"].tolist()


def test_a_score_is_not_imputed_but_computed_again(reasons):
    """Rungs 0 and 1 have no score: there is nothing to find."""
    with pytest.raises(UsageError, match="'mastery' is computed"):
        may_impute(reasons, ["mastery"])


def test_an_imputation_that_fills_a_structural_gap_or_changes_an_answer_is_refused(reasons):
    """The guard says which column and how many cells."""
    before = pd.DataFrame({"a1": pd.array([3, *[None] * 7], dtype="Int64")}, index=reasons.index)
    allowed = before.assign(a1=before["a1"].mask(may_impute(reasons, ["a1"])["a1"], 4))
    require_only_imputable(before, allowed, reasons)
    with pytest.raises(UsageError, match=r"a1 \(3\)"):
        require_only_imputable(before, before.fillna(4), reasons)
    with pytest.raises(UsageError, match=r"a1 \(1\)"):
        require_only_imputable(
            before, allowed.assign(a1=allowed["a1"].mask(before["a1"].eq(3).fillna(value=False), 5)), reasons
        )


@pytest.fixture
def answered(wave_file, codebook):
    wave = harmonise(
        read_wave(
            wave_file.set(0, comment="=1+1 Jeanne", evocation1="L’ Impact", evocation1_importance="2", evocation2="preuve",
                          evocation2_importance="1").write()
        ),
        codebook,
    )  # fmt: skip
    return wave.answers.assign(wave="2023")


def test_choices_have_a_row_each_where_the_question_was_answered(answered, codebook):
    """Nobody enters a denominator by a filter."""
    table = tidy.choices_cited(answered, codebook)
    tools = table[table["variable"] == "tools"]
    assert set(tools["unit"]) == {"SYN-0002"}
    assert set(tools[tools["cited"]]["choice"]) == {"dashboard", "sroi"}
    assert len(tools) == len(codebook.codes("tools"))
    assert table["cited"].dtype == bool


def test_evocations_keep_both_ranks_the_words_and_their_lemma(answered):
    """One row a word; blank places have none."""
    table = tidy.evocations(answered, Thesaurus({"l' impact": "impact"}, {}))
    assert table["rank"].tolist() == [1, 2]
    assert table["importance"].tolist() == [2, 1]
    assert table["normalised"].tolist() == ["l' impact", "preuve"]
    assert table["lemma"].tolist() == ["impact", ""]


def test_of_open_text_only_counts_may_be_shown(answered, codebook, tmp_path):
    """The table of texts is there for the machine; the study gives neither it nor the panel's file."""
    written = tidy.open_answers(answered, codebook)
    counts = tidy.open_counts(written)
    assert counts.to_dict("records") == [
        {"wave": "2023", "variable": "comment", "n": 1, "median_length": 11.0}
    ]
    assert not counts.astype(str).apply(lambda c: c.str.contains("Jeanne")).any().any()
    for name in ("tidy/open", "../data/frame", "panel"):
        with pytest.raises(UsageError, match="not read as a table"):
            Study(tmp_path).table(name)
