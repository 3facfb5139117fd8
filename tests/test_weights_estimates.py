"""Weights reach their margins; means and their intervals agree with known results."""

import numpy as np
import pandas as pd
import pytest

from panel_eis.disclosure import hide_small_cells
from panel_eis.errors import DataError
from panel_eis.estimates import clustered_mean, paired, shares_by, weighted_mean
from panel_eis.weights import LARGEST, pair_weights, rake, read_frame


@pytest.fixture
def sample():
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {"a": rng.choice(list("xyz"), 300, p=[0.5, 0.3, 0.2]), "b": rng.choice(list("uv"), 300, p=[0.7, 0.3])}
    )


MARGINS = {"a": pd.Series({"x": 0.4, "y": 0.3, "z": 0.3}), "b": pd.Series({"u": 0.5, "v": 0.5})}


def test_raked_weights_reach_every_margin(sample):
    """Weighted shares equal the targets."""
    raked = rake(sample, MARGINS)
    assert raked.largest_gap < 1e-9
    for name, target in MARGINS.items():
        shares = raked.weights.groupby(sample[name]).sum() / raked.weights.sum()
        assert np.allclose(shares[target.index], target, atol=1e-9)
    assert raked.weights.mean() == pytest.approx(1)


def test_raking_without_any_complete_row_gives_no_weights_and_no_warning(sample):
    """A wave of which nobody can be placed in the margins; warnings of our own code are errors in the tests."""
    raked = rake(sample.iloc[:0], {}, where="2023")
    assert raked.weights.empty
    assert (raked.iterations, raked.trimmed, raked.effective_n) == (0, 0, 0.0)


def test_raking_does_not_depend_on_the_order_of_rows(sample):
    """Shuffled rows get the same weights."""
    shuffled = sample.sample(frac=1, random_state=3)
    assert np.allclose(rake(sample, MARGINS).weights, rake(shuffled, MARGINS).weights.reindex(sample.index))


def test_a_category_without_answers_is_left_out_and_the_margin_renormalised(sample):
    """Nobody can stand for it."""
    margins = {"a": pd.Series({"x": 0.4, "y": 0.2, "z": 0.2, "absent": 0.2})}
    weights = rake(sample, margins).weights
    shares = weights.groupby(sample["a"]).sum() / weights.sum()
    assert np.allclose(shares[["x", "y", "z"]], [0.5, 0.25, 0.25])


def test_no_unit_weighs_more_than_the_limit_by_much(sample):
    """Trimmed at five times the mean, then brought back to mean 1."""
    lopsided = {"a": pd.Series({"x": 0.01, "y": 0.01, "z": 0.98})}
    raked = rake(sample.iloc[:60].assign(a=["z"] + ["x"] * 30 + ["y"] * 29), lopsided)
    assert raked.trimmed == 1
    assert raked.weights.max() / raked.weights.min() < LARGEST * 60


def test_kish_s_effective_size_is_n_for_equal_weights(sample):
    """Design effect 1."""
    equal = rake(sample, {"b": sample["b"].value_counts(normalize=True)})
    assert equal.design_effect == pytest.approx(1)
    assert equal.effective_n == pytest.approx(300)


def test_a_frame_whose_shares_do_not_sum_to_one_is_refused(tmp_path, codebook):
    """And an unknown category with it."""
    path = tmp_path / "frame.csv"
    path.write_text(
        "margin,category,share,source,status,note_fr,note_en\nlegal_form,scop,0.4,x,A,,\nlegal_form,coop,0.4,x,A,,\n",
        encoding="utf-8",
    )
    with pytest.raises(DataError) as caught:
        read_frame(path, codebook)
    assert [p.code for p in caught.value.problems] == ["E-TABLE-CODE", "E-FRAME"]


def test_the_frame_declares_which_category_joins_which(tmp_path, codebook):
    """A neighbour is another category of the same margin; an unknown column is told, not ignored."""
    path = tmp_path / "frame.csv"
    head = "margin,category,share,merge_with,source,status,note_fr,note_en\n"
    rows = "legal_form,scop,0.4,{},x,A,,\nlegal_form,scic,0.6,,x,A,,\n"
    path.write_text(head + rows.format("scic"), encoding="utf-8")
    assert read_frame(path, codebook).merge_with == {("legal_form", "scop"): "scic"}
    for wrong in ("scop", "scik", "0"):
        path.write_text(head + rows.format(wrong), encoding="utf-8")
        with pytest.raises(DataError) as caught:
            read_frame(path, codebook)
        assert [(p.code, p.row, p.column) for p in caught.value.problems] == [
            ("E-TABLE-CODE", 2, "merge_with")
        ]
    path.write_text(head.replace("merge_with", "merge_whit") + rows.format(""), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_frame(path, codebook)
    assert "merge_with" in caught.value.report("en")


def test_the_weighted_mean_agrees_with_the_textbook_formula():
    """Equal weights: the usual standard error; any weights: the linearised one, checked by hand."""
    y = pd.Series([1.0, 2, 3, 4])
    assert weighted_mean(y)["std_error"] == pytest.approx(y.std() / 2)
    w = pd.Series([1.0, 1, 2, 4])
    mean = (1 + 2 + 6 + 16) / 8
    by_hand = np.sqrt(4 / 3 * sum((w / 8 * (y - mean)) ** 2))
    assert weighted_mean(y, w)["mean"] == pytest.approx(mean)
    assert weighted_mean(y, w)["std_error"] == pytest.approx(by_hand)


def test_the_interval_of_a_mean_covers_at_its_nominal_rate():
    """400 samples with informative weights: the population mean is inside 95 % of the intervals, within error."""
    rng = np.random.default_rng(7)
    population = rng.normal(size=20000)
    chance = 1 / (1 + np.exp(-population)) * 0.9 + 0.05
    inside = 0
    for _ in range(400):
        drawn = rng.random(20000) < chance * 0.012
        cell = weighted_mean(pd.Series(population[drawn]), pd.Series(1 / chance[drawn]))
        inside += cell["low"] <= population.mean() <= cell["high"]
    assert 0.92 <= inside / 400 <= 0.98


def test_repeated_answers_of_a_unit_do_not_narrow_its_interval():
    """Each unit copied three times: the same error as once."""
    rng = np.random.default_rng(2)
    y, unit = pd.Series(rng.normal(size=50)), pd.Series(range(50))
    thrice = clustered_mean(pd.concat([y] * 3), pd.concat([unit] * 3))
    assert thrice["std_error"] == pytest.approx(weighted_mean(y)["std_error"])


def test_shares_of_a_cell_sum_to_one(sample):
    """Weighted or not."""
    frame = sample.assign(w=np.linspace(0.5, 1.5, 300))
    shares = shares_by(frame, "a", list("xyz"), ["b"], "w")
    assert np.allclose(shares.groupby("b")["mean"].sum(), 1)
    assert shares["n"].sum() == 300


def test_pairs_hold_only_units_seen_in_both_waves():
    """Leavers and newcomers are in neither column."""
    panel = pd.DataFrame({"unit": list("abbc"), "wave": ["1", "1", "2", "2"], "x": [1, 2, 3, 4]})
    pairs = paired(panel, ["x"], "1", "2")
    assert pairs.index.tolist() == ["b"]
    assert pairs.loc["b"].tolist() == [2, 3]


def _attrition_panel(seed):
    """Doers stay twice as often; half of all do; nobody changes."""
    rng = np.random.default_rng(seed)
    n = 2000
    does = rng.random(n) < 0.5
    stays = rng.random(n) < np.where(does, 0.9, 0.45)
    base = pd.DataFrame({
        "unit": [f"U{i:05}" for i in range(n)], "practises": does, "ladder": np.where(does, 3, 0), "staff_log": rng.normal(size=n),
        "legal_form": rng.choice(["association", "scop"], n), "respondent_role": rng.choice(["director", "board"], n),
        "federated": rng.random(n) < 0.5, "age": rng.normal(20, 5, n),
    })  # fmt: skip
    waves = [
        base.assign(wave="2021", interview_date=pd.Timestamp(2021, 3, 1)),
        base[stays].assign(wave="2023", interview_date=pd.Timestamp(2023, 3, 1)),
    ]
    return pd.concat(waves).sort_values(["unit", "wave"], ignore_index=True)


def _outcomes(panel):
    """Everybody was there at both waves."""
    seen = set(zip(panel["unit"], panel["wave"], strict=True))
    rows = [(u, w) for u in panel["unit"].unique() for w in ("2021", "2023")]
    frame = pd.DataFrame(rows, columns=["unit", "wave"])
    return frame.assign(
        outcome=["answered" if row in seen else "no_answer" for row in rows], entry_wave="2021"
    )


def test_pair_weights_undo_attrition_tied_to_the_outcome():
    """Among those who stayed two thirds do; weighted, half, as in the population."""
    panel = _attrition_panel(4)
    weights = pair_weights(panel, _outcomes(panel), ["2021", "2023"])
    stayed = panel["wave"] == "2023"
    assert panel["practises"][stayed].mean() > 0.62
    assert weighted_mean(panel["practises"][stayed], weights[stayed])["mean"] == pytest.approx(0.5, abs=0.02)
    assert weights[~stayed].isna().all()


def test_a_cell_of_one_to_four_is_hidden_with_its_count_and_zero_is_shown():
    """Values and n go together."""
    cells = pd.DataFrame({"share": [0.1, 0.2, 0.7, 0.0], "n": [4, 5, 30, 0]})
    shown = hide_small_cells(cells, ["share"])
    assert shown["hidden"].tolist() == [True, False, False, False]
    assert shown.loc[0, ["share", "n"]].isna().all()


def test_a_single_hidden_cell_takes_another_with_it_where_shares_sum_to_one():
    """Otherwise it could be computed from the rest."""
    cells = pd.DataFrame({"g": list("aaabb"), "share": [0.1, 0.3, 0.6, 0.5, 0.5], "n": [2, 6, 12, 8, 8]})
    shown = hide_small_cells(cells, ["share"], sums_within=["g"])
    assert shown["hidden"].tolist() == [True, True, False, False, False]


def test_no_option_lowers_the_threshold_below_the_floor():
    """Three is the law's own floor."""
    with pytest.raises(ValueError, match="3"):
        hide_small_cells(pd.DataFrame({"n": [1]}), [], threshold=2)
