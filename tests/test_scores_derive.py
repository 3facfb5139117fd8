"""Scores and derived variables, on numbers that can be checked by hand."""

import numpy as np
import pandas as pd
import pytest

from panel_eis import derive
from panel_eis.scores import add_scores, oriented, score


def _items(codebook, **cells):
    names = [v.name for v in codebook.items()] + ["f1", "f2"]
    return pd.DataFrame({n: pd.array(cells.get(n, [3, 3]), dtype="Int64") for n in names})


def test_a_reversed_item_is_turned_round(codebook):
    """Strongly agreeing that evaluation is imposed is low meaning."""
    frame = _items(codebook, a3=[5, 1])
    assert oriented(frame, [codebook["a3"]], codebook)["a3"].tolist() == [1.0, 5.0]


def test_a_dimension_needs_three_of_four_valid_items(codebook):
    """Two missing items make the score missing; one does not."""
    frame = _items(codebook, b1=[5, 5], b2=[5, None], b3=[None, None], b4=[1, 1])
    scored = add_scores(frame, codebook)
    assert scored["mastery"].tolist()[0] == 100.0
    assert np.isnan(scored["mastery"].tolist()[1])


def test_the_total_is_the_mean_of_dimensions_when_four_of_five_are_there(codebook):
    """Unweighted mean; with only three dimensions it is missing."""
    frame = _items(codebook, **{n: [5, None] for n in ("b1", "b2", "b3", "b4", "c1", "c2", "c3", "c4")})
    scored = add_scores(frame, codebook)
    expected = (
        50 + 75 + 75 + 50 + 50
    ) / 5  # b4 and c4 are reversed: three items at 5 and one turned to 1, hence 75
    assert scored["appropriation"][0] == pytest.approx(expected)
    assert np.isnan(scored["appropriation"][1])


def test_a_score_runs_from_zero_to_one_hundred():
    """(mean - 1) / 4 x 100."""
    assert score(pd.DataFrame([[1, 1], [5, 5], [2, 4]]), 1, 5).tolist() == [0, 100, 50]


@pytest.mark.parametrize(
    ("frequency", "formalisation", "decision", "rung"),
    [("never", None, None, 0), ("considered", None, None, 1), ("occasional", "felt", None, 2), ("occasional", "diy", None, 2),
     ("occasional", "tooled", None, 3), ("occasional", "scientific", None, 3), ("regular", "diy", False, 4),
     ("regular", "scientific", True, 5), ("regular", "tooled", None, 4), (None, None, None, pd.NA), ("occasional", None, None, pd.NA)],
)  # fmt: skip
def test_the_ladder_follows_its_table(frequency, formalisation, decision, rung):
    """Domain brief, 3.2, row by row."""
    result = derive.ladder(
        pd.Series([frequency], dtype="object"),
        pd.Series([formalisation], dtype="object"),
        pd.Series([decision], dtype="boolean"),
    )
    assert result[0] is pd.NA if rung is pd.NA else result[0] == rung


def test_previous_is_one_wave_earlier_and_missing_after_a_gap():
    """1-0-1 has no previous in the third wave; the first wave has none."""
    unit, wave = pd.Series(list("aabbb")), pd.Series(["2021", "2025", "2021", "2023", "2025"])
    values = pd.Series([1, 2, 3, 4, 5], dtype="Int64")
    lagged = derive.previous(values, unit, wave, ["2021", "2023", "2025"])
    assert lagged.isna().tolist() == [True, True, True, False, False]
    assert lagged[3:].tolist() == [3, 4]


def test_no_network_means_no_service():
    """The follow-up question is skipped for those who belong to none."""
    federated = pd.Series([False, True, True], dtype="boolean")
    none = pd.Series([pd.NA, True, False], dtype="boolean")
    assert derive.federated_service(none, federated).tolist() == [False, False, True]


def test_the_order_of_derivation_puts_each_variable_after_what_it_reads():
    """graphlib sorts by arguments."""
    order = derive.order()
    assert order.index("federated") < order.index("federated_service") < order.index("federated_only")
    assert order.index("ladder") < order.index("ladder_before")


@pytest.mark.parametrize(
    ("staff", "label"),
    [(0, "0"), (1, "1-9"), (9, "1-9"), (10, "10-49"), (49, "10-49"), (249, "50-249"), (250, "250+")],
)
def test_size_classes_cut_where_the_official_bands_cut(staff, label):
    """0; 1-9; 10-49; 50-249; 250 and over."""
    assert derive.size_class(pd.Series([staff], dtype="Int64"))[0] == label
