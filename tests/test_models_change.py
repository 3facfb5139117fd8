"""Models of change and of a bounded score: invariances, degenerate inputs told by name, sentences."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from panel_eis.errors import ModelError
from panel_eis.models import (
    Spec,
    average_marginal_effects,
    clustered_two_ways,
    event_study,
    fit,
    hazard,
    lee_bounds,
    predicted_probabilities,
    read_fit,
    risk_set,
    robust,
    transitions,
    two_part,
    write_fit,
)
from panel_eis.models.averages import average
from panel_eis.models.joining import joiners_needed, joining

KNOWN = Path(__file__).parent / "known" / "models" / "change"
PANEL = pd.read_csv(KNOWN / "panel.csv", comment="#")
MEANS = ("fractional_logit", "fractional_probit", "gee_logit", "gee_probit")
HAZARDS = ("cloglog", "gamma_cloglog")
QUICK = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def spec_of(estimator, **changes):
    parts = {
        "name": "m",
        "outcome": "score",
        "estimator": estimator,
        "regressors": ("member", "support", "size_log"),
    }
    return Spec(**(parts | changes))


def numbers_of(found):
    return found.coefficients.set_index("term")[["estimate", "std_error"]].sort_index()


def both(estimator, panel, **changes):
    if estimator in HAZARDS:
        return hazard(spec_of(estimator, outcome="adopted", **changes), panel)
    return fit(spec_of(estimator, **changes), panel)


@pytest.mark.parametrize("estimator", [*MEANS, *HAZARDS])
@given(seed=st.integers(0, 10**6))
@QUICK
def test_order_of_rows_and_labels_of_units_change_nothing(estimator, seed):
    rng = np.random.default_rng(seed)
    labels = dict(zip(PANEL["unit"].unique(), rng.permutation(PANEL["unit"].nunique()), strict=True))
    other = PANEL.assign(unit=PANEL["unit"].map(labels)).sample(frac=1, random_state=seed)
    ours, theirs = (numbers_of(both(estimator, frame)) for frame in (PANEL, other))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("estimator", [*MEANS, *HAZARDS])
@given(scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
@QUICK
def test_rescaled_regressors_rescale_their_slopes(estimator, scale, shift):
    other = PANEL.assign(size_log=shift + scale * PANEL["size_log"])
    ours, theirs = (both(estimator, frame) for frame in (PANEL, other))
    for column in ("estimate", "std_error"):
        assert theirs.term("size_log")[column] * scale == pytest.approx(
            ours.term("size_log")[column], rel=1e-4
        )
        assert theirs.term("member")[column] == pytest.approx(ours.term("member")[column], rel=1e-4)


@pytest.mark.parametrize("estimator", [*MEANS, *HAZARDS])
def test_a_unit_of_weight_two_is_two_units(estimator):
    """Estimates; errors differ, as copies are clusters of their own."""
    twos = PANEL["unit"].map(lambda u: 1 + int(u[-1]) % 2)
    copies = pd.concat([PANEL, PANEL[twos == 2].assign(unit=lambda f: f["unit"] + "b")], ignore_index=True)
    weighted = both(estimator, PANEL.assign(w=twos), weights="w")
    repeated = both(estimator, copies)
    np.testing.assert_allclose(
        numbers_of(weighted)["estimate"], numbers_of(repeated)["estimate"], rtol=1e-5, atol=1e-6
    )


def test_bounds_weigh_a_row_of_weight_two_as_two_rows():
    twos = PANEL["unit"].map(lambda u: 1 + int(u[-1]) % 2)
    copies = pd.concat([PANEL, PANEL[twos == 2]], ignore_index=True)
    weighted = lee_bounds(PANEL.assign(w=twos), "score", "member", cells=("form",), weights="w")
    repeated = lee_bounds(copies, "score", "member", cells=("form",))
    assert (weighted.lower, weighted.upper) == pytest.approx((repeated.lower, repeated.upper))
    assert weighted.lower_error == pytest.approx(repeated.lower_error)


@given(scale=st.floats(0.1, 10), shift=st.floats(-5, 5), seed=st.integers(0, 1000))
@QUICK
def test_bounds_move_with_the_outcome_and_not_with_the_order_of_rows(scale, shift, seed):
    base = lee_bounds(PANEL, "score", "member", cells=("form",))
    other = PANEL.assign(score=shift + scale * PANEL["score"]).sample(frac=1, random_state=seed)
    found = lee_bounds(other, "score", "member", cells=("form",))
    assert found.lower == pytest.approx(scale * base.lower, rel=1e-6)
    assert found.upper_error == pytest.approx(scale * base.upper_error, rel=1e-6)


@pytest.mark.parametrize("estimator", [*MEANS, "cloglog"])
def test_a_constant_regressor_is_dropped_and_named(estimator):
    other = PANEL.assign(same=3.0)
    more = ("member", "support", "size_log", "same")
    found = both(estimator, other, regressors=more)
    assert any("same dropped" in warning for warning in found.warnings)
    np.testing.assert_allclose(numbers_of(found), numbers_of(both(estimator, PANEL)), rtol=1e-8)


@pytest.mark.parametrize("estimator", MEANS)
def test_a_score_in_points_is_the_share_of_its_range(estimator):
    points = PANEL.assign(score=100 * PANEL["score"])
    ours, theirs = fit(spec_of(estimator), PANEL), fit(spec_of(estimator, bounds=(0.0, 100.0)), points)
    np.testing.assert_allclose(numbers_of(ours), numbers_of(theirs), rtol=1e-8)
    effect = average_marginal_effects(theirs, points, ["member"])
    assert list(effect["rung"]) == ["mean"]
    levels = predicted_probabilities(theirs, points, {"member": [0, 1]})["estimate"]
    assert effect["estimate"].iloc[0] == pytest.approx(levels[1] - levels[0])


def test_the_fractional_logit_of_zeros_and_ones_is_the_logit():
    ours = fit(spec_of("fractional_logit", outcome="adopted"), PANEL)
    ladder = fit(spec_of("ordered_logit", outcome="adopted"), PANEL)
    for term in ("member", "support", "size_log"):
        assert ours.term(term)["estimate"] == pytest.approx(ladder.term(term)["estimate"], rel=1e-6)
        assert ours.term(term)["std_error"] == pytest.approx(ladder.term(term)["std_error"], rel=1e-6)


@pytest.mark.parametrize("estimator", [*MEANS, "gamma_cloglog"])
def test_a_fit_comes_back_from_its_file(estimator, tmp_path):
    found = both(estimator, PANEL)
    write_fit(found, tmp_path / "fit.json")
    assert repr(read_fit(tmp_path / "fit.json")) == repr(found)
    assert read_fit(tmp_path / "fit.json").spec == found.spec


def test_two_ways_of_the_same_clusters_are_one_way_and_linear_fits_agree_with_robust():
    found = fit(spec_of("fractional_logit"), PANEL)
    twice = clustered_two_ways(found, PANEL.assign(again=PANEL["unit"]), ("unit", "again"))
    np.testing.assert_allclose(numbers_of(twice), numbers_of(found), rtol=1e-8)
    spec = spec_of("pooled_ols")
    linear = fit(spec, PANEL)
    ours, theirs = (
        clustered_two_ways(linear, PANEL, ("unit", "form")),
        robust(linear, PANEL, "CR1", ("unit", "form")),
    )
    np.testing.assert_allclose(numbers_of(ours), numbers_of(theirs), rtol=1e-6)
    assert "two ways, by unit (129) and form (3)" in ours.correction


# ---- degenerate inputs -----------------------------------------------------------------------------------------

SEEN_ONCE = PANEL.drop_duplicates("unit")
DEGENERATE = {
    "constant outcome": (PANEL.assign(score=0.4), "score is constant"),
    "out of bounds": (PANEL.assign(score=2 * PANEL["score"]), "say its range in bounds"),
    "all missing": (PANEL.assign(score=np.nan), "no rows are left"),
    "one cluster": (PANEL[PANEL["unit"] == PANEL["unit"].iloc[0]], "no rows are left|at least 2 clusters"),
}


@pytest.mark.parametrize("case", DEGENERATE)
@pytest.mark.parametrize("estimator", MEANS)
def test_degenerate_scores_are_refused_by_name(estimator, case):
    panel, message = DEGENERATE[case]
    with pytest.raises(ModelError, match=message):
        fit(spec_of(estimator), panel)


@pytest.mark.parametrize("estimator", MEANS)
def test_perfect_separation_is_refused(estimator):
    panel = PANEL.assign(score=PANEL["member"].astype(float))
    with pytest.raises(ModelError, match="perfect separation"):
        fit(spec_of(estimator), panel)


def test_gee_of_units_seen_once_is_refused():
    with pytest.raises(ModelError, match="use fractional_logit"):
        fit(spec_of("gee_logit", outcome="adopted"), SEEN_ONCE)


def test_gee_of_units_in_several_clusters_is_refused():
    with pytest.raises(ModelError, match="several clusters"):
        fit(spec_of("gee_logit", cluster="support"), PANEL)


@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("estimator", [*HAZARDS, "re_cloglog"])
def test_hazards_without_an_event_or_a_state_are_refused_by_name(estimator, ends):
    spec = spec_of(estimator, outcome="adopted")
    for panel, message in (
        (PANEL.assign(adopted=0), "nowhere among units"),
        (PANEL.assign(adopted=1), "nowhere among units"),
        (PANEL.assign(adopted=np.nan), "missing in every row"),
        (PANEL.assign(adopted=2), "not a state"),
        (SEEN_ONCE, "nowhere among units"),
    ):
        with pytest.raises(ModelError, match=message):
            hazard(spec, panel, ends=ends)


def test_separated_hazards_are_refused():
    rows, _ = risk_set(PANEL, "adopted")
    rows["sure"] = rows["adopted_begins"]
    spec = spec_of("gamma_cloglog", outcome="adopted_begins", regressors=("sure",))
    with pytest.raises(ModelError, match="perfect separation|singular"):
        fit(spec, rows)


def test_the_risk_set_counts_every_unit_once():
    for ends in (False, True):
        rows, account = risk_set(PANEL, "adopted", ends=ends)
        assert account.units == PANEL["unit"].nunique()
        assert account.units == account.excluded + account.once + account.at_risk
        assert account.at_risk == account.events + account.lasting + account.lost == rows["unit"].nunique()
        assert account.waves == len(rows)


def test_abandonment_is_at_risk_from_the_first_wave_in_the_state():
    frame = pd.DataFrame(
        {"unit": list("aaaabbbccc"), "wave": [1, 2, 3, 4, 1, 2, 3, 1, 2, 3],
         "s": [0, 1, 1, 0, 1, 0, 1, 0, 0, 1]}
    )  # fmt: skip
    rows, account = risk_set(frame, "s", ends=True)
    assert list(zip(rows["unit"], rows["wave"], rows["s_ends"], rows["duration"], strict=True)) == [
        ("a", 3, 0, 1), ("a", 4, 1, 2), ("b", 2, 1, 1),
    ]  # fmt: skip
    assert (account.at_risk, account.truncated, account.once, account.excluded) == (2, 1, 1, 0)


def test_no_frailty_gives_the_numbers_of_the_cloglog():
    rng = np.random.default_rng(5)
    unit = np.repeat(np.arange(300), 4)
    x = rng.normal(size=1200)
    state = (rng.random(1200) < 1 - np.exp(-np.exp(-1 + 0.5 * x))).astype(int)
    panel = pd.DataFrame({"unit": unit, "wave": np.tile(range(4), 300), "s": state, "x": x})
    panel.loc[panel["wave"] == 0, "s"] = 0
    # a negative dependence between waves, which no frailty can give
    spec = Spec(name="h", outcome="s", estimator="gamma_cloglog", regressors=("x",))
    plain = hazard(Spec(name="h", outcome="s", estimator="cloglog", regressors=("x",)), panel)
    found = hazard(spec, panel)
    assert found.log_likelihood >= plain.log_likelihood - 1e-8
    if found.term("frailty_variance")["estimate"] == 0:
        assert any("no frailty is found" in warning for warning in found.warnings)
        assert found.term("x")["estimate"] == pytest.approx(plain.term("x")["estimate"])


def frail_panel(seed=7, units=400):
    rng = np.random.default_rng(seed)
    unit, wave = np.repeat(np.arange(units), 5), np.tile(range(5), units)
    x, member = rng.normal(size=len(unit)), (rng.random(len(unit)) < 0.4).astype(float)
    rate = rng.gamma(1.25, 0.8, units)[unit] * np.exp(-1.2 + 0.5 * x + 0.6 * member)
    frame = pd.DataFrame({"unit": unit, "wave": wave, "x": x, "member": member})
    frame["event"] = (rng.random(len(unit)) < -np.expm1(-rate)).astype(int)
    return frame[frame.groupby("unit")["event"].cumsum() - frame["event"] == 0]


def test_marginal_effects_of_a_gamma_frailty_are_averages_over_drawn_frailties():
    """The closed form is the mean over a million frailties; the errors follow from a Jacobian taken by differences."""
    frame = frail_panel()
    model = Spec(
        name="h", outcome="event", estimator="gamma_cloglog", regressors=("x", "member"), wave_effects=False
    )
    found = fit(model, frame)
    by_name = found.coefficients.set_index("term")["estimate"]
    variance = by_name["frailty_variance"]
    assert variance > 0.1

    def mean(numbers, member):
        at = numbers["x"] * frame["x"] + numbers["member"] * member - numbers["event[0|1]"]
        v = numbers["frailty_variance"]
        return 100 * np.mean(1 - (1 + v * np.exp(at)) ** (-1 / v))

    effect = average_marginal_effects(found, frame, ["member"]).set_index("rung").loc["1"]
    assert effect["estimate"] == pytest.approx(mean(by_name, 1.0) - mean(by_name, 0.0), rel=1e-9)
    drawn = np.random.default_rng(1).gamma(1 / variance, variance, 1_000_000)
    rate = np.exp(by_name["member"] - by_name["event[0|1]"])
    one = 1 - (1 + variance * rate) ** (-1 / variance)
    assert np.mean(-np.expm1(-drawn * rate)) == pytest.approx(one, abs=2e-3)
    gradient = []
    for name in found.covariance.index:
        up, down = by_name.copy(), by_name.copy()
        up[name], down[name] = by_name[name] + 1e-6, by_name[name] - 1e-6
        gradient.append((mean(up, 1.0) - mean(up, 0.0) - mean(down, 1.0) + mean(down, 0.0)) / 2e-6)
    error = np.sqrt(np.array(gradient) @ found.covariance.to_numpy() @ np.array(gradient))
    assert effect["std_error"] == pytest.approx(error, rel=1e-5)
    slope = average_marginal_effects(found, frame, ["x"]).set_index("rung").loc["1"]
    near = [
        predicted_probabilities(found, frame.assign(x=frame["x"] + h)).set_index("rung")["estimate"]["1"]
        for h in (-1e-4, 1e-4)
    ]
    assert slope["estimate"] == pytest.approx((near[1] - near[0]) / 2e-4, rel=1e-5)


def test_without_frailty_the_marginal_effect_is_that_of_the_cloglog():
    """At a variance of nil the closed form is the cloglog's own."""
    at, weights = np.array([[-1.0], [0.3], [2.0]]), np.array([0.2, 0.5, 0.3])
    parameters = np.array([0.4, 0.7, 0.0])
    for slopes in (None, np.ones((3, 1))):
        left, right = (average(law, parameters, (at, slopes, weights)) for law in ("gamma", "cloglog"))
        np.testing.assert_allclose(left.value, right.value, rtol=1e-10)
        np.testing.assert_allclose(left.jacobian[:, :-1], right.jacobian[:, :-1], rtol=1e-10)


@pytest.mark.slow
def test_a_climb_that_went_astray_on_stale_nodes_starts_again_with_more():
    """Panel 27 once ended in numbers that were none."""
    rng = np.random.default_rng([27, 23, 4000])
    frailty = rng.normal(0, 0.8, 4000)
    rng.gamma(1.25, 0.8, 4000)
    member = (rng.normal(size=(4000, 6)) > 0).astype(float)
    inside, waves = np.zeros(4000, dtype=bool), []
    gone = rng.integers(3, 12, 4000)
    for t in range(6):
        chance = -np.expm1(-np.exp(-1.2 + 0.1 * t + 0.7 * member[:, t] + frailty))
        inside = inside | ((rng.random(4000) < chance) & (t > 0))
        wave = pd.DataFrame({"unit": range(4000), "wave": t, "member": member[:, t], "inside": inside})
        waves.append(wave[gone > t])
    spec = Spec(name="h", outcome="inside", estimator="re_cloglog", regressors=("member",), nodes=9)
    found = hazard(spec, pd.concat(waves, ignore_index=True))
    assert found.converged
    assert found.extras["nodes"] == 18
    assert abs(found.term("member")["estimate"] - 0.7) < 4 * found.term("member")["std_error"]


def test_transitions_need_successive_waves_and_say_which_origin_is_too_small():
    spec = spec_of("ordered_logit", outcome="ladder", regressors=("member",))
    with pytest.raises(ModelError, match="no transitions"):
        transitions(spec, SEEN_ONCE)
    with pytest.raises(ModelError, match="no model of transitions"):
        transitions(spec_of("within", outcome="ladder"), PANEL)
    few = PANEL[PANEL["unit"] < "SYN-0030"]
    found = transitions(spec, few, products=(), by_origin=True)
    assert found.refused
    assert "No model from" in repr(found)
    table = found.standardised()
    np.testing.assert_allclose(table.groupby("ladder_from")["estimate"].sum(), 100)


def test_stayers_exceed_a_chain_where_units_never_move():
    unit = np.repeat(np.arange(100), 5)
    rng = np.random.default_rng(1)
    moves = rng.integers(0, 3, 500)
    ladder = np.where(unit < 50, unit % 3, moves)
    panel = pd.DataFrame(
        {"unit": unit, "wave": np.tile(range(5), 100), "ladder": ladder, "x": rng.normal(size=500)}
    )
    spec = Spec(name="t", outcome="ladder", estimator="ordered_logit", regressors=("x",))
    stay = transitions(spec, panel, products=()).stay
    assert stay["units"] == 100
    assert stay["observed"] >= 50
    assert stay["expected"] < 30


def test_lee_bounds_refuse_by_name():
    cases = (
        (PANEL.assign(score=np.nan), "missing in every row"),
        (PANEL.assign(member=0), "values 0 and 1"),
        (PANEL[PANEL["unit"] == PANEL.loc[PANEL["score"].notna(), "unit"].iloc[0]].assign(member=[0, 1, 0, 1, 0][:5]),
         "at least 2 clusters"),
        (PANEL.assign(score=PANEL["score"].where(PANEL["member"] == 1)), "no cell has both groups"),
    )  # fmt: skip
    for panel, message in cases:
        with pytest.raises(ModelError, match=message):
            lee_bounds(panel, "score", "member")
    with pytest.raises(ModelError, match="did you mean 'member'"):
        lee_bounds(PANEL, "score", "memberr")
    with pytest.raises(ModelError, match="rng="):
        lee_bounds(PANEL, "score", "member", draws=9)


def test_tighter_bounds_are_no_wider_and_the_bootstrap_agrees():
    plain, tight = lee_bounds(PANEL, "score", "member"), lee_bounds(PANEL, "score", "member", cells=("form",))
    assert plain.lower <= plain.naive <= plain.upper
    assert plain.conf_low < plain.lower < plain.upper < plain.conf_high
    drawn = lee_bounds(PANEL, "score", "member", draws=200, rng=np.random.default_rng(2))
    assert drawn.lower_error == pytest.approx(plain.lower_error, rel=0.25)
    assert "tightened by form" in repr(tight)


def test_two_parts_add_up():
    parts = spec_of("fractional_logit", outcome="adopted"), spec_of("fractional_logit")
    found = two_part(*parts, PANEL, "member", rng=np.random.default_rng(1), draws=20)
    by = found.table.set_index("part")["estimate"]
    assert by["both"] == pytest.approx(by["through_probability"] + by["through_level"])
    assert "Two parts of score" in repr(found)
    with pytest.raises(ModelError, match="must be one of"):
        two_part(spec_of("within"), parts[1], PANEL, "member", rng=np.random.default_rng(1))


# ---- event study -----------------------------------------------------------------------------------------------


def test_too_few_joiners_are_refused_and_told_how_many_would_do():
    few = PANEL[PANEL["unit"] < "SYN-0040"]
    with pytest.raises(ModelError, match=r"too few joiners .* (\d+|no number) would do to detect"):
        event_study(few, "ladder", "member", detect=0.3)


def test_nobody_to_compare_with_and_no_state_are_refused():
    with pytest.raises(ModelError, match="nobody to compare with"):
        event_study(PANEL.assign(member=(PANEL["wave"] > 2018).astype(int)), "ladder", "member")
    with pytest.raises(ModelError, match="too few joiners.*: 0"):
        event_study(PANEL.assign(member=0), "ladder", "member")
    with pytest.raises(ModelError, match="not a state"):
        event_study(PANEL.assign(member=3), "ladder", "member")
    with pytest.raises(ModelError, match="missing in every row"):
        event_study(PANEL.assign(ladder=np.nan), "ladder", "member")
    with pytest.raises(ModelError, match="estimator is one of"):
        event_study(PANEL, "ladder", "member", estimator="twfe")


def test_units_and_rows_left_out_are_counted():
    frame = pd.DataFrame(
        {
            "unit": list("aaabbbcccdddee"),
            "wave": [1, 2, 3] * 4 + [1, 3],
            "m": [1, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 1],
            "y": range(14),
        }
    )
    found = joining(frame, "y", "m")
    assert found.units["in the state when first seen"] == 1
    assert found.units["joined in a wave not seen"] == 1
    assert found.units["left again (rows since are not used)"] == 1
    assert found.rows["after leaving"] == 1
    assert found.units["in a cohort of fewer than 5"] == 2
    assert (found.cohorts, found.never) == ({}, 1)


def test_the_joiners_needed_are_those_of_the_power_formula():
    """With as many as it says, 80 % of simulated differences are found (normal changes, one wave)."""
    rng = np.random.default_rng(4)
    never = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(200), 2),
            "wave": np.tile([1, 2], 200),
            "m": 0,
            "y": rng.normal(size=400),
        }
    )
    needed, wanted, spread = joiners_needed(joining(never, "y", "m"), 0.6)
    n = int(needed)
    assert wanted == 0.6
    joiners = rng.normal(0.6, spread, (4000, n)).mean(axis=1)
    others = rng.normal(0, spread, (4000, 200)).mean(axis=1)
    error = spread * np.sqrt(1 / n + 1 / 200)
    assert np.mean(np.abs(joiners - others) / error > 1.96) == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("estimator", ["callaway_santanna", "imputation"])
def test_an_event_study_is_one_sentence_and_a_tidy_table(estimator):
    found = event_study(PANEL, "ladder", "member", estimator=estimator, detect=2.0)
    assert list(found.table.columns) == ["since", "estimate", "std_error", "p_value", "conf_low", "conf_high"]
    assert found.table.set_index("since").loc[-1, "estimate"] == 0
    text = repr(found)
    for word in ("joiners", "never", "Units left out", "left again", "Leads"):
        assert word in text


def test_an_event_study_does_not_depend_on_labels_or_order():
    base = event_study(PANEL, "ladder", "member", detect=2.0)
    other = PANEL.assign(unit=PANEL["unit"].str[::-1]).sample(frac=1, random_state=3)
    again = event_study(other, "ladder", "member", detect=2.0)
    np.testing.assert_allclose(base.table, again.table, rtol=1e-8, atol=1e-10)
