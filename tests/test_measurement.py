"""Measurement of scales: degenerate answers are named, and what the functions promise holds."""

import numpy as np
import pandas as pd
import pytest

from panel_eis.errors import ModelError
from panel_eis.measurement import (
    against_scale,
    change_between,
    cronbach_alpha,
    dif,
    invariance_verdict,
    item_table,
    mcdonald_omega,
    measure,
    parallel_analysis,
    polychoric,
    posture,
    scores_without,
    smooth,
)
from panel_eis.measurement.correlations import bivariate_normal
from panel_eis.measurement.factors import minres, one_factor, schmid_leiman
from panel_eis.measurement.functioning import effect_class, join_sparse
from panel_eis.measurement.postures import adjusted_rand, axes, chances, gap_statistic, kmeans
from panel_eis.scores import add_scores, oriented

DIMENSIONS = ("meaning", "mastery", "adaptation", "anchoring", "use")


def answers(n=200, items=4, loading=0.7, seed=1, grades=5):
    rng = np.random.default_rng(seed)
    trait = rng.standard_normal(n)
    latent = loading * trait[:, None] + np.sqrt(1 - loading**2) * rng.standard_normal((n, items))
    cuts = np.linspace(-1.2, 1.2, grades - 1)
    return pd.DataFrame(np.searchsorted(cuts, latent) + 1.0, columns=[f"i{k}" for k in range(items)])


def test_a_bivariate_probability_with_one_threshold_far_away_is_the_univariate_one():
    h = np.array([-1.0, 0.0, 1.3])
    np.testing.assert_allclose(
        bivariate_normal(h, h * 0 + 8, h * 0 + 0.6), [0.158655, 0.5, 0.9032], atol=1e-5
    )


def test_a_bivariate_probability_at_the_origin_is_sheppards():
    rho = np.array([-0.9, -0.5, 0.0, 0.5, 0.9])
    expected = 0.25 + np.arcsin(rho) / (2 * np.pi)
    np.testing.assert_allclose(bivariate_normal(rho * 0, rho * 0, rho), expected, atol=1e-12)


def test_a_polychoric_correlation_does_not_depend_on_the_names_of_grades_or_the_order_of_rows():
    items = answers()
    found = polychoric(items).correlation
    np.testing.assert_allclose(
        polychoric(items.sample(frac=1, random_state=1) * 2 + 3).correlation, found, atol=1e-9
    )


def test_a_grade_that_nobody_gave_costs_nothing():
    items = answers()
    gap = items.assign(i0=items["i0"].replace({3: 4}), i1=items["i1"])
    again = gap.assign(i0=gap["i0"].replace({4: 3, 5: 4}))
    np.testing.assert_allclose(polychoric(gap).correlation, polychoric(again).correlation, atol=1e-8)
    assert np.isfinite(polychoric(gap).std_error.to_numpy()).all()


def test_a_correlation_at_the_edge_and_a_matrix_that_is_not_positive_definite_are_told():
    items = answers(60)
    twin = items.assign(i1=items["i0"])
    assert any("at the edge" in said for said in polychoric(twin).warnings)
    like = answers(90, items=2, loading=0.95).to_numpy()
    frame = pd.DataFrame(np.nan, index=range(270), columns=list("abc"))
    frame.loc[:89, ["a", "b"]] = like
    frame.loc[90:179, ["b", "c"]] = like
    frame.loc[180:, ["a", "c"]] = like * [1, -1] + [0, 6]
    found = polychoric(frame)
    assert any("not positive definite" in said for said in found.warnings)
    assert np.linalg.eigvalsh(smooth(found.correlation.to_numpy()))[0] > 0


@pytest.mark.parametrize("function", [cronbach_alpha, mcdonald_omega, polychoric, against_scale])
def test_a_single_item_is_refused(function):
    with pytest.raises(ModelError, match="two items"):
        function(answers(items=1))


@pytest.mark.parametrize("function", [cronbach_alpha, mcdonald_omega, polychoric])
def test_a_constant_item_is_named(function):
    with pytest.raises(ModelError, match="i2"):
        function(answers().assign(i2=3.0))


def test_two_items_have_no_omega_but_an_alpha():
    items = answers(items=2)
    assert 0 < cronbach_alpha(items).value < 1
    with pytest.raises(ModelError, match="three items"):
        mcdonald_omega(items)
    assert np.isnan(item_table(items, 1, 5)["alpha_dropped"]).all()


def test_too_few_complete_rows_are_refused():
    with pytest.raises(ModelError, match="three complete rows"):
        cronbach_alpha(answers(2))


def test_factors_that_are_not_identified_are_refused():
    correlation = answers(items=6).corr().to_numpy()
    for call in (
        lambda: one_factor(correlation[:2, :2]),
        lambda: minres(correlation, 3),
        lambda: schmid_leiman(correlation, 2),
    ):
        with pytest.raises(ModelError):
            call()


def test_an_item_whose_reversal_was_forgotten_is_flagged():
    items = answers()
    turned = items.assign(i2=6 - items["i2"])
    assert against_scale(items) == []
    assert against_scale(turned) == ["i2"]
    assert item_table(turned, 1, 5).set_index("item")["against"]["i2"]


def test_equal_loadings_make_alpha_and_omega_the_same():
    """Alpha is omega when all items load alike (tau-equivalence)."""
    items = answers(4000, items=5)
    assert mcdonald_omega(items).value == pytest.approx(cronbach_alpha(items).value, abs=0.002)


def test_the_bootstrap_gives_the_same_interval_for_the_same_seed_and_any_order_of_units():
    items = answers()
    units = pd.Series([f"u{k // 2}" for k in range(len(items))])
    first = mcdonald_omega(items, units, np.random.default_rng(3), 200)
    again = mcdonald_omega(items, units, np.random.default_rng(3), 200)
    assert (first.low, first.high) == (again.low, again.high)
    assert first.low < first.value < first.high
    assert first.units == 100


def test_duplicated_rows_of_an_organisation_do_not_narrow_the_interval():
    """Organisations are drawn, not rows."""
    items = answers(100)
    units = pd.Series([f"u{k}" for k in range(100)])
    once = mcdonald_omega(items, units, np.random.default_rng(3), 500)
    twice = mcdonald_omega(
        pd.concat([items, items], ignore_index=True),
        pd.concat([units, units], ignore_index=True),
        np.random.default_rng(3),
        500,
    )
    assert twice.high - twice.low == pytest.approx(once.high - once.low, rel=0.1)


def test_parallel_analysis_finds_one_dimension_where_there_is_one():
    found = parallel_analysis(answers(300, items=8), np.random.default_rng(1), 50)
    assert found["retained"].sum() == 1


def test_parallel_analysis_of_noise_keeps_next_to_nothing():
    noise = pd.DataFrame(np.random.default_rng(2).integers(1, 6, (200, 8)))
    assert parallel_analysis(noise, np.random.default_rng(1), 100)["retained"].sum() <= 1


def panel_of_items(n=400, seed=1, shift=0.0, slope=0.0):
    """Two waves of twelve items in three scales; the third item of the first scale functions differently."""
    rng = np.random.default_rng(seed)
    unit = np.tile(np.arange(n), 2)
    wave = np.repeat(["2021", "2023"], n)
    general = np.tile(rng.standard_normal(n), 2) * 0.7 + rng.standard_normal(2 * n) * 0.5
    columns = {}
    for s in range(3):
        own = np.tile(rng.standard_normal(n), 2) * 0.4
        for k in range(4):
            z = (
                general
                + own
                + 0.7 * (0.7 * np.tile(rng.standard_normal(n), 2) + 0.7 * rng.standard_normal(2 * n))
            )
            if (s, k) == (0, 2):
                z = z + (wave == "2023") * (shift + slope * general)
            columns[f"s{s}_{k}"] = np.searchsorted([-1.2, -0.4, 0.4, 1.2], z) + 1.0
    scales = {f"s{s}": [f"s{s}_{k}" for k in range(4)] for s in range(3)}
    return pd.DataFrame(columns), pd.Series(wave), pd.Series(unit), scales


def test_an_item_that_moved_is_flagged_and_its_neighbours_are_not():
    items, wave, unit, scales = panel_of_items(shift=0.8)
    found = dif(items, wave, scales, unit)
    assert list(found.loc[found["flagged"], "item"]) == ["s0_2"]
    row = found.set_index("item").loc["s0_2"]
    assert row["p_uniform"] < 0.001
    assert found["settled"].all()


def test_an_item_that_discriminates_more_is_flagged_as_not_uniform():
    items, wave, unit, scales = panel_of_items(n=1500, slope=1.2)
    row = dif(items, wave, scales, unit).set_index("item").loc["s0_2"]
    assert row["flagged"]
    assert row["p_nonuniform"] < 0.001


def test_dif_does_not_depend_on_the_order_of_rows():
    items, wave, unit, scales = panel_of_items(200, shift=0.5)
    order = np.random.default_rng(1).permutation(len(items))
    again = dif(items.iloc[order], wave.iloc[order], scales, unit.iloc[order])
    np.testing.assert_allclose(again["p_value"], dif(items, wave, scales, unit)["p_value"], atol=1e-8)


def test_dif_refuses_one_wave_short_scales_and_constant_items():
    items, wave, unit, scales = panel_of_items(100)
    for broken, message in (
        ((items, pd.Series(["2021"] * len(wave)), scales, unit), "two waves"),
        ((items, wave, {"s0": scales["s0"][:2]}, unit), "needs three"),
        ((items.assign(s0_1=3.0), wave, scales, unit), "s0_1"),
    ):
        with pytest.raises(ModelError, match=message):
            dif(*broken)


def test_effect_sizes_have_the_published_names():
    cuts = (0.035, 0.070)
    assert [effect_class(x, cuts) for x in (0.0, 0.0349, 0.035, 0.0699, 0.07)] == [
        "negligible", "negligible", "moderate", "moderate", "large",
    ]  # fmt: skip


def test_rare_grades_join_their_neighbour_nearer_the_middle():
    values = np.repeat([1, 2, 3, 4, 5], [2, 20, 20, 20, 1])
    assert np.bincount(join_sparse(values)).tolist() == [22, 20, 21]


def test_scores_without_nothing_are_the_published_scores(codebook, root):
    path = root / "build" / "panel.parquet"
    items = [v.name for v in codebook.items()]
    if path.exists():
        panel = pd.read_parquet(path).reset_index()
    else:
        frame = np.random.default_rng(1).integers(1, 6, (60, len(items)))
        panel = (
            pd.DataFrame(frame, columns=items)
            .assign(f1=3, f2=3)
            .mask(np.random.default_rng(2).random((60, len(items) + 2)) < 0.1)
        )
        panel = add_scores(panel, codebook)
    scales = {d: [v.name for v in codebook.items(d)] for d in codebook.dimensions}
    found = scores_without(oriented(panel, codebook.items(), codebook), scales, 1, 5)
    np.testing.assert_allclose(found["total"], panel["appropriation"], equal_nan=True)
    np.testing.assert_allclose(found[list(scales)], panel[list(scales)], equal_nan=True)


def test_dropping_an_item_keeps_the_same_answers():
    items = pd.DataFrame({"a": [1, 2, np.nan], "b": [2, np.nan, 3], "c": [3, 3, 3], "d": [4, 4, np.nan]})
    scales = {"s": ["a", "b", "c", "d"]}
    whole, less = (scores_without(items, scales, 1, 5, dropped=d)["s"] for d in ((), ("a",)))
    assert whole.notna().tolist() == [True, True, False]
    assert less.notna().tolist() == [True, True, True]
    assert less[1] == pytest.approx((3.5 - 1) / 4 * 100)


def test_a_change_on_the_same_organisations_is_as_sure_as_their_differences():
    rng = np.random.default_rng(1)
    before, after = rng.normal(50, 10, 80), None
    after = before + rng.normal(2, 1, 80)
    frame = pd.DataFrame({"unit": list(range(80)) * 2, "wave": ["1"] * 80 + ["2"] * 80})
    found = change_between(pd.Series([*before, *after]), frame, "1", "2")
    difference = after - before
    assert found["change"] == pytest.approx(difference.mean())
    assert found["std_error"] == pytest.approx(difference.std(ddof=1) / np.sqrt(80))


def test_the_verdict_says_no_with_a_hundred_organisations_and_yes_with_a_thousand():
    few, many = (invariance_verdict(n, 4, 3) for n in (100, 1000))
    assert (few.possible, many.possible) == (False, True)
    assert few.parameters == 4 * 3 * 4 + 4 * 3 + 3 + 4 * 3
    for lang in ("fr", "en"):
        assert "100" in few.sentence(lang)
        assert few.sentence(lang) != many.sentence(lang)
    with pytest.raises(ModelError, match="two waves"):
        invariance_verdict(100, 4, 1)
    with pytest.raises(ModelError, match="identify"):
        invariance_verdict(100, 4, 3, factors=2)


def scores(rows):
    return pd.DataFrame(rows, columns=list(DIMENSIONS), dtype=float)


def test_the_four_postures_follow_from_the_two_axes():
    placed = axes(
        scores([[80, 80, 60, 60, 60], [80, 80, 20, 20, 20], [20, 20, 80, 80, 80], [10] * 5, [50] * 5])
    )
    assert posture(placed).tolist() == ["own", "convinced", "practising", "distant", "own"]


def test_a_missing_dimension_leaves_no_posture():
    placed = axes(scores([[80, np.nan, 60, 60, 60]]))
    assert posture(placed).isna().all()


def test_the_chances_of_the_postures_sum_to_one_and_are_even_at_the_crossing():
    placed = axes(scores([[50] * 5, [90, 90, 90, 90, 90]]))
    likely = chances(placed, {"state": 6.0, "practice": 5.0})
    np.testing.assert_allclose(likely.sum(axis=1), 1)
    np.testing.assert_allclose(likely.iloc[0], 0.25)
    assert likely.loc[1, "own"] > 0.999


def test_a_formless_cloud_has_one_class_and_three_clouds_have_three():
    rng = np.random.default_rng(1)
    cloud = rng.standard_normal((150, 3)) @ np.linalg.cholesky(np.full((3, 3), 0.5) + 0.5 * np.eye(3)).T
    apart = np.concatenate([cloud[:50] * 0.3, cloud[50:100] * 0.3 + [5, 0, 0], cloud[100:] * 0.3 + [0, 5, 0]])
    for values, wanted in ((cloud, 1), (apart, 3)):
        table = gap_statistic(values, np.random.default_rng(2), most=5, draws=20)
        assert table.loc[table["chosen"], "k"].item() == wanted


def test_more_classes_than_different_rows_are_refused():
    with pytest.raises(ModelError, match="different rows"):
        kmeans(np.ones((10, 2)), 2, np.random.default_rng(1))


def test_the_adjusted_rand_index_is_one_for_the_same_partition_and_that_of_the_published_example():
    assert adjusted_rand([0, 0, 1, 1], [1, 1, 0, 0]) == 1.0
    # Hubert and Arabie (1985); worked example of sklearn's documentation: 0.5714…
    assert adjusted_rand([0, 0, 1, 2], [0, 0, 1, 1]) == pytest.approx(4 / 7)


def made_panel(codebook, moved=0.0, n=150):
    """Two waves of all items of the codebook from one trait; d2 moves by ``moved`` points in the second wave."""
    rng = np.random.default_rng(4)
    trait = np.tile(rng.standard_normal(n), 2)
    wave = np.repeat(["2021", "2023"], n)
    columns = {}
    for item in (*codebook.items(), codebook["f1"], codebook["f2"]):
        value = (
            3
            + 0.7 * trait
            + 0.7 * rng.standard_normal(2 * n)
            + moved * ((item.name == "d2") & (wave == "2023"))
        )
        columns[item.name] = np.clip(np.rint(6 - value if item.reverse else value), 1, 5)
    frame = pd.DataFrame(columns).assign(
        unit=np.tile([f"SYN-{k:04d}" for k in range(n)], 2), wave=wave, weight=1.0
    )
    return add_scores(frame, codebook)


def test_the_tidy_table_is_the_same_on_every_run_and_carries_a_moved_item_to_the_published_change(codebook):
    panel = made_panel(codebook, moved=1.5)
    table = measure(panel, codebook, draws=50)
    pd.testing.assert_frame_equal(table, measure(panel, codebook, draws=50))
    flagged = table[(table["part"] == "dif") & (table["statistic"] == "flagged") & (table["value"] == 1)]
    assert list(flagged["item"]) == ["d2"]
    change = table[(table["part"] == "change") & (table["scale"] == "anchoring")].set_index("statistic")[
        "value"
    ]
    assert change["all_items"] - change["without_flagged"] > 4
    each = table[table["statistic"] == "without_item"].set_index("item")["value"]
    whole = table[(table["statistic"] == "without_flagged") & (table["scale"] == "all")]["value"].item()
    assert each["d2"] == pytest.approx(whole)
    assert each.drop("d2").min() > each["d2"]
