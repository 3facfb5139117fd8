"""Crossed questions: shares among those who gave another answer."""

import pandas as pd
import pytest

from panel_eis.crossed import EVERYBODY, shares_given, strongest


@pytest.fixture
def rows(codebook):
    needs = [c.name for c in codebook.choices("needs")]
    barriers = [c.name for c in codebook.choices("barriers")]
    frame = pd.DataFrame(
        False, index=range(40), columns=[f"needs__{n}" for n in needs] + [f"barriers__{b}" for b in barriers]
    )
    frame = frame.astype("boolean")
    frame.loc[:19, "barriers__cost"] = True
    frame.loc[20:, "barriers__time"] = True
    frame.loc[:14, "needs__funding"] = True
    frame.loc[35:39, "needs__funding"] = True
    frame.loc[30:39, "needs__time"] = True
    return frame.assign(weight=[3.0] * 20 + [1.0] * 20)


def test_the_share_given_an_answer_is_weighted_and_counts_those_asked(rows, codebook):
    """15 of 20 with the barrier of cost need funding; overall (15×3 + 5) of 80."""
    cells = shares_given(rows, "needs", "barriers", codebook).set_index(["given", "choice"])
    assert cells.loc[("cost", "funding"), "share"] == pytest.approx(0.75)
    assert cells.loc[("time", "funding"), "share"] == pytest.approx(0.25)
    assert cells.loc[(EVERYBODY, "funding"), "share"] == pytest.approx(50 / 80)
    assert cells.loc[(EVERYBODY, "funding"), "n"] == 40


def test_small_numbers_on_either_side_are_hidden(rows, codebook):
    """Four citing, or four not citing, is as telling as four organisations; a group of nine is not shown at all."""
    rows.loc[35:39, "needs__funding"] = False
    rows.loc[36:39, "needs__funding"] = True
    rows.loc[:15, "needs__funding"] = True
    rows["barriers__skills"] = pd.array([True] * 9 + [False] * 31, dtype="boolean")
    cells = shares_given(rows, "needs", "barriers", codebook).set_index(["given", "choice"])
    assert cells.loc[("time", "funding"), "hidden"]
    assert cells.loc[("cost", "funding"), "hidden"]
    assert cells.loc["skills"]["hidden"].all()
    assert cells.loc["skills"][["share", "cited", "n"]].isna().all(axis=None)


def test_those_who_were_not_asked_do_not_count(rows, codebook):
    """A missing answer is not a no."""
    rows.loc[:9, [c for c in rows if c.startswith("needs__")]] = pd.NA
    cells = shares_given(rows, "needs", "barriers", codebook).set_index(["given", "choice"])
    assert cells.loc[("cost", "funding"), "n"] == 10
    assert cells.loc[("cost", "funding"), "share"] == pytest.approx(0.5)


def test_the_strongest_cell_is_the_one_above_its_row(rows, codebook):
    """Not the highest share, the largest gap to everybody."""
    top, cell = strongest(shares_given(rows, "needs", "barriers", codebook))
    assert top["choice"] == "funding"
    assert (cell["given"], cell["choice"]) == ("time", "time")


def test_a_single_choice_is_crossed_too_and_one_hidden_share_takes_another_along(rows, codebook):
    """Shares of a single choice make 100 %, so one hidden alone could be worked out."""
    forms = list(codebook.codes("need_form"))
    rows["need_form"] = [forms[0]] * 20 + [forms[1]] * 12 + [forms[2]] * 8
    cells = shares_given(rows, "need_form", "barriers", codebook).set_index(["given", "choice"])
    assert cells.loc[(EVERYBODY, forms[0]), "share"] == pytest.approx(60 / 80)
    rows.loc[28:39, "need_form"] = forms[2]
    rows.loc[36:39, "need_form"] = forms[3]
    cells = shares_given(rows, "need_form", "barriers", codebook).loc[lambda c: c["given"] == "time"]
    hidden = cells.set_index("choice")["hidden"]
    assert hidden[forms[3]]
    assert hidden.sum() == 2
    assert cells.loc[cells["hidden"], ["share", "cited"]].isna().all(axis=None)
