"""Dispositions and AAPOR's outcome rates, held against a published table and against fractions worked out by hand."""

from fractions import Fraction

import pandas as pd
import pytest

from panel_eis.errors import DataError
from panel_eis.quality.outcomes import (
    RATES,
    answered_share,
    eligibility_rate,
    final_dispositions,
    outcome_rates,
    rates_by,
    read_dispositions,
)
from panel_eis.quality.patterns import patterns

TWELVE = {"I": 4, "P": 2, "R": 1, "NC": 1, "O": 1, "UH": 1, "UO": 1, "NE": 1}
"""The twelve cases of the README of R's outcomerate 1.0.1, which implements AAPOR (2016)."""
PUBLISHED = {
    "RR1": 0.364, "RR2": 0.545, "RR3": 0.370, "RR4": 0.556, "RR5": 0.444, "RR6": 0.667, "COOP1": 0.500, "COOP2": 0.750,
    "COOP3": 0.571, "COOP4": 0.857, "REF1": 0.091, "REF2": 0.093, "REF3": 0.111, "CON1": 0.727, "CON2": 0.741, "CON3": 0.889,
}  # fmt: skip
"""Its printed results, with e = 9 / 10."""
E = Fraction(9, 10)
BY_HAND = {
    "RR1": Fraction(4, 11), "RR2": Fraction(6, 11), "RR3": 4 / (9 + 2 * E), "RR4": 6 / (9 + 2 * E), "RR5": Fraction(4, 9),
    "RR6": Fraction(6, 9), "COOP1": Fraction(4, 8), "COOP2": Fraction(6, 8), "COOP3": Fraction(4, 7), "COOP4": Fraction(6, 7),
    "REF1": Fraction(1, 11), "REF2": 1 / (9 + 2 * E), "REF3": Fraction(1, 9), "CON1": Fraction(8, 11), "CON2": 8 / (9 + 2 * E),
    "CON3": Fraction(8, 9),
}  # fmt: skip


@pytest.mark.parametrize("rate", RATES)
def test_each_rate_is_the_published_one_and_the_fraction_worked_out_by_hand(rate):
    """AAPOR's formulas on twelve cases: 4 I, 2 P, and one of each other class."""
    found = outcome_rates(TWELVE)
    assert round(found[rate], 3) == pytest.approx(PUBLISHED[rate])
    assert found[rate] == pytest.approx(float(BY_HAND[rate]), abs=1e-12)


def test_the_share_of_unknown_cases_that_are_eligible_is_that_of_the_known_ones():
    """Nine of ten: proportional allocation."""
    assert eligibility_rate(TWELVE) == pytest.approx(0.9)
    assert outcome_rates(TWELVE, e=0.0)["RR4"] == pytest.approx(outcome_rates(TWELVE)["RR6"])
    assert outcome_rates(TWELVE, e=1.0)["RR4"] == pytest.approx(outcome_rates(TWELVE)["RR2"])


def test_a_rate_without_cases_is_missing_and_not_zero():
    """Nobody contacted: no cooperation rate."""
    assert pd.isna(outcome_rates({"NC": 5})["COOP1"])


@pytest.fixture
def participation():
    rows = [
        ("A", "2021", "answered"), ("A", "2023", "no_answer"), ("A", "2025", "answered"),
        ("B", "2021", "no_answer"), ("B", "2023", "left"), ("B", "2025", "left"),
        ("C", "2021", "answered"), ("C", "2023", "closed"), ("C", "2025", "closed"),
        ("D", "2021", "not_yet"), ("D", "2023", "no_answer"), ("D", "2025", "left"),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["unit", "wave", "outcome"])
    return frame.assign(entry_wave=frame["unit"].map({"D": "2023"}).fillna("2021"))


@pytest.fixture
def reasons():
    index = pd.MultiIndex.from_tuples([("A", "2021"), ("A", "2025"), ("C", "2021")], names=["unit", "wave"])
    words = [["answered"] * 10, ["answered"] * 6 + ["no_answer"] * 4, ["answered"] * 4 + ["refused"] * 6]
    return pd.DataFrame(words, index=index, columns=[f"q{i}" for i in range(10)])


def _fieldwork(*rows):
    return pd.DataFrame(rows, columns=["unit", "wave", "disposition"], dtype=str)


def test_without_notes_of_fieldwork_silence_is_unknown_at_first_and_non_contact_afterwards(
    participation, reasons
):
    """Who answered once exists; who never did may not."""
    found = final_dispositions(participation, reasons, _fieldwork())
    told = found.set_index(["unit", "wave"])[["disposition", "class"]].agg(tuple, axis=1).to_dict()
    assert told == {
        ("A", "2021"): ("complete", "I"), ("A", "2023"): ("non_contact", "NC"), ("A", "2025"): ("partial", "P"),
        ("B", "2021"): ("unknown", "UO"), ("C", "2021"): ("break_off", "R"), ("C", "2023"): ("not_eligible", "NE"),
        ("D", "2023"): ("unknown", "UO"),
    }  # fmt: skip


def test_notes_of_fieldwork_come_first(participation, reasons):
    """A refusal is a refusal; rates follow."""
    found = final_dispositions(
        participation, reasons, _fieldwork(("A", "2023", "refusal"), ("B", "2021", "refusal"))
    )
    rates = rates_by(found, ["wave"]).set_index("wave")
    assert rates.loc["2021", ["I", "R", "UO", "n"]].tolist() == [1, 2, 0, 3]
    assert rates.loc["2023", "REF1"] == pytest.approx(1 / 2)
    assert rates.loc["2023", "NE"] == 1


def test_an_organisation_that_answered_cannot_have_refused(participation, reasons):
    """The note and the wave file contradict each other."""
    with pytest.raises(DataError) as caught:
        final_dispositions(participation, reasons, _fieldwork(("A", "2021", "refusal")))
    assert [p.code for p in caught.value.problems] == ["E-DISPOSITION"]


def test_every_fault_of_the_notes_is_told_at_once(tmp_path, codebook):
    """Unknown unit, wave and word, and a line met twice."""
    path = tmp_path / "dispositions.csv"
    path.write_text(
        "unit,wave,disposition\nA,2021,refusal\nZ,2021,refusal\nA,2022,refusal\nA,2023,sulks\nA,2021,other\n",
        encoding="utf-8",
    )
    with pytest.raises(DataError) as caught:
        read_dispositions(path, codebook, pd.Index(["A"]), ["2021", "2023"])
    assert [(p.code, p.row) for p in caught.value.problems] == [
        ("E-TABLE-UNIT", 3), ("E-TABLE-CODE", 4), ("E-TABLE-CODE", 5), ("E-DISPOSITION-TWICE", 6),
    ]  # fmt: skip
    assert read_dispositions(tmp_path / "absent.csv", codebook, pd.Index(["A"]), ["2021"]).empty


def test_questions_that_did_not_apply_do_not_count_in_the_share_answered():
    """Two answered and one refused of three that applied; "does not know" is an answer."""
    frame = pd.DataFrame([["answered", "dont_know", "refused", "skipped", "not_asked", "not_applicable"]])
    assert answered_share(frame).tolist() == [pytest.approx(2 / 3)]


def test_patterns_say_who_took_part_when_and_rare_ones_are_put_together():
    """Six stayed, five left, one came late and one closed: the last two share a line, with the five."""
    signs = {"stay": ("answered", "answered"), "leave": ("answered", "no_answer"), "late": ("not_yet", "answered"),
             "shut": ("answered", "closed"), "never": ("no_answer", "left")}  # fmt: skip
    kinds = ["stay"] * 6 + ["leave"] * 5 + ["late", "shut", "never"]
    rows = [(f"U{i}", w, signs[k][j]) for i, k in enumerate(kinds) for j, w in enumerate(("2021", "2023"))]
    found = patterns(pd.DataFrame(rows, columns=["unit", "wave", "outcome"]), ["2021", "2023"])
    assert found["pattern"].tolist() == ["1-1", "other"]
    assert found["n"].tolist() == [6, 7]
    assert found["share"].sum() == pytest.approx(1)
