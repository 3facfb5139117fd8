"""Degenerate input gives an error or a warning that names the cause, never a silent number."""

import numpy as np
import pandas as pd
import pytest

from panel_eis.errors import ModelError
from panel_eis.models import Spec, fit

# The estimators of the core; families added later have tests of their own.
ESTIMATORS = ("pooled_ols", "within", "within_between", "ordered_logit")
LINEAR = ("pooled_ols", "within", "within_between")
LEVELS = [name for name in ESTIMATORS if not name.endswith("_difference")]  # a difference uses up a row


def panel(units=40, seed=3):
    rng = np.random.default_rng(seed)
    unit, wave = np.repeat(np.arange(units), 3), np.tile([1, 2, 3], units)
    x = rng.normal(size=len(unit))
    member = (rng.random(len(unit)) < 0.5).astype(int)
    score = 0.5 * x + 0.3 * member + rng.normal(size=units)[unit] + rng.normal(size=len(unit))
    frame = pd.DataFrame({"unit": unit, "wave": wave, "x": x, "member": member, "score": score})
    return frame.assign(ladder=np.searchsorted([-1, 0, 1], score), fixed=rng.normal(size=units)[unit])


def spec(estimator, *, regressors=("x", "member"), varying=("x", "member"), **changes):
    outcome = "ladder" if estimator == "ordered_logit" else "score"
    parts = {
        "name": "m",
        "outcome": outcome,
        "estimator": estimator,
        "regressors": regressors,
        "varying": varying,
    }
    return Spec(**(parts | changes))


def outcome_of(estimator):
    return "ladder" if estimator == "ordered_logit" else "score"


def refused(match, model, frame):
    with pytest.raises(ModelError, match=match) as caught:
        fit(model, frame)
    assert str(caught.value).startswith("m: ")


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_constant_outcome_is_refused(estimator):
    """There is nothing to explain."""
    refused("(score|ladder) is constant", spec(estimator), panel().assign(**{outcome_of(estimator): 2}))


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_an_outcome_all_missing_is_refused_with_the_counts(estimator):
    """The message says how many rows each reason took."""
    frame = panel().assign(**{outcome_of(estimator): np.nan})
    frame.loc[:9, "x"] = np.nan
    refused(r"no rows are left \(missing outcome: 120\)", spec(estimator), frame)


def test_an_outcome_constant_within_units_is_refused_by_within():
    """A within regression explains changes only."""
    refused("score changes in no unit", spec("within"), panel().assign(score=lambda f: f["fixed"]))


@pytest.mark.parametrize("estimator", LEVELS)
def test_rows_not_used_are_counted_by_reason(estimator):
    """Each row counts once, under the first reason; sizes and reasons add up to the panel."""
    frame = panel().assign(weight=1.0)
    frame["x"] = frame["x"].where(frame.index % 10 != 0)
    frame["member"] = frame["member"].astype("Int64").where(frame.index % 15 != 0)
    frame.loc[1, outcome_of(estimator)] = np.nan
    frame.loc[16, "weight"] = np.nan
    frame.loc[4, "weight"] = 0
    result = fit(spec(estimator, sample="wave < 3 or unit > 4", weights="weight"), frame)
    expected = {"outside sample": 5, "missing outcome": 1, "missing x": 12, "missing member": 4}
    expected |= {"missing weights": 1, "zero weight": 1}
    assert {k: v for k, v in result.dropped.items() if k != "unit with a single wave"} == expected
    assert result.n_rows + sum(result.dropped.values()) == len(frame)


def test_units_with_a_single_wave_are_not_used_by_within():
    """They are counted as dropped, and change no estimate."""
    frame = panel()
    alone = frame[~((frame["unit"] < 5) & (frame["wave"] > 1))]
    result = fit(spec("within"), alone)
    assert result.dropped == {"unit with a single wave": 5}
    without = fit(spec("within"), frame[frame["unit"] >= 5])
    pd.testing.assert_frame_equal(result.coefficients, without.coefficients)
    refused("no rows are left .*single wave", spec("within"), frame[frame["wave"] == 1])


def test_a_single_wave_has_no_wave_effects_and_no_within_part():
    """One wave is a cross-section: the between part is estimated, the rest is named."""
    result = fit(spec("within_between"), panel()[lambda f: f["wave"] == 1])
    assert set(result.coefficients["part"]) == {"between", "intercept"}
    assert "one wave only: no wave effects" in result.warnings
    assert any("x_within" in w and "no unit changes value" in w for w in result.warnings)
    assert result.tests == {}


@pytest.mark.parametrize("estimator", ["within", "within_between", "ordered_logit"])
def test_a_regressor_without_switchers_loses_its_within_term(estimator):
    """The term is dropped and named; the number of switchers is zero."""
    result = fit(spec(estimator, regressors=("x", "fixed"), varying=("x", "fixed")), panel())
    assert "fixed_within dropped: no unit changes value in the rows used" in result.warnings
    assert result.n_switchers == {"x": 40, "fixed": 0}
    assert "fixed_within" not in set(result.coefficients["term"])


def test_within_with_nothing_that_changes_is_refused():
    """Every regressor is absorbed, so there is no estimate to give."""
    refused(
        "no regressor can be estimated.*fixed_within",
        spec("within", regressors=("fixed",), varying=()),
        panel(),
    )


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_of_collinear_columns_the_later_is_dropped_and_named(estimator):
    """Also when the combination holds up to rounding only."""
    frame = panel().assign(again=lambda f: 0.1 + 3 * f["x"] - 2 * f["member"])
    regressors = ("x", "member", "again")
    result = fit(spec(estimator, regressors=regressors, varying=regressors), frame)
    assert any("again" in w and "a linear combination of earlier terms" in w for w in result.warnings)
    assert "again" not in set(result.coefficients["variable"])


@pytest.mark.parametrize("estimator", LEVELS)
def test_a_trend_yields_to_the_wave_effects(estimator):
    """A column that is the wave itself is the one dropped, not a wave effect."""
    frame = panel().assign(trend=lambda f: f["wave"] * 2.0)
    result = fit(spec(estimator, regressors=("x", "trend"), varying=("x", "trend")), frame)
    assert "trend" not in set(result.coefficients["variable"])
    assert (result.coefficients["part"] == "wave").sum() == 2


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_fewer_than_two_clusters_are_refused(estimator):
    """One cluster has no spread to measure."""
    refused("need at least 2 clusters", spec(estimator, cluster="region"), panel().assign(region="69"))


def test_a_cluster_may_be_the_only_one_left():
    """Also when it is the units seen once that leave a single cluster."""
    frame = panel()[lambda f: (f["wave"] == 1) | (f["unit"] < 20)].assign(region=lambda f: f["unit"] < 20)
    refused("need at least 2 clusters", spec("within", cluster="region"), frame)


def test_few_clusters_carry_a_warning():
    """With seven clusters the reader is told that errors are rough."""
    result = fit(spec("pooled_ols", cluster="region"), panel().assign(region=lambda f: f["unit"] % 7))
    assert "only 7 clusters for 5 coefficients: clustered errors are rough" in result.warnings
    assert result.inference == "t(6), 95 %"


def test_a_term_that_rests_on_few_clusters_is_named():
    """A dummy of a single organisation has a clustered error near zero; the warning says so."""
    frame = panel().assign(lone=lambda f: f["unit"] == 3)
    result = fit(spec("pooled_ols", regressors=("x", "lone"), varying=()), frame)
    assert "lone rests on 1 cluster: its error is not to be trusted" in result.warnings


def test_unit_effects_count_when_clusters_do_not_nest_units():
    """Clusters that cut through units change the correction, and the fit says so."""
    frame = panel().assign(region=lambda f: (f["unit"] + f["wave"]) % 25)
    nested = fit(spec("within"), frame)
    crossed = fit(spec("within", cluster="region"), frame)
    assert "nested in clusters not counted" in nested.correction
    assert "not nested in clusters counted" in crossed.correction


def test_a_joint_test_beyond_the_clusters_is_left_out_and_said():
    """More restrictions than clusters can tell apart give no test instead of a wrong one."""
    rng = np.random.default_rng(0)
    names = [f"x{i}" for i in range(8)]
    frame = panel().assign(**{n: rng.normal(size=120) for n in names}, region=lambda f: f["unit"] % 4)
    result = fit(
        spec("within_between", regressors=tuple(names), varying=tuple(names), cluster="region"), frame
    )
    assert result.tests == {}
    assert any("joint test within = between not possible" in warning for warning in result.warnings)


@pytest.mark.parametrize("estimator", LINEAR)
def test_a_regressor_that_is_the_outcome_is_refused(estimator):
    """A copy of the outcome leaves no residual."""
    frame = panel().assign(copy=lambda f: 2 * f["score"] + 1)
    refused(
        "give the outcome exactly", spec(estimator, regressors=("x", "copy"), varying=("x", "copy")), frame
    )


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_more_coefficients_than_rows_are_refused(estimator):
    """No degrees of freedom, no estimate."""
    rng = np.random.default_rng(0)
    names = tuple(f"x{i}" for i in range(12))
    frame = panel(units=4).assign(**{n: rng.normal(size=12) for n in names})
    refused("rows cannot carry", spec(estimator, regressors=names, varying=names), frame)


def test_a_model_of_the_waves_alone_is_a_model():
    """Change over time without regressors is estimated; no column at all is refused."""
    result = fit(spec("within", regressors=(), varying=()), panel())
    assert list(result.coefficients["term"]) == ["wave[2]", "wave[3]"]
    refused(
        "no regressor can be estimated",
        spec("within", regressors=(), varying=(), wave_effects=False),
        panel(),
    )
    trend = fit(spec("within", regressors=("wave",), varying=(), wave_effects=False), panel())
    assert list(trend.coefficients["term"]) == ["wave_within"]


def test_two_terms_of_one_name_are_refused():
    """A column that already carries a suffix of ours cannot stand beside the column it imitates."""
    frame = panel().assign(x_within=lambda f: f["fixed"])
    refused(
        "two terms would be called x_within",
        spec("within_between", regressors=("x", "x_within"), varying=("x",)),
        frame,
    )


def test_a_missing_answer_is_outside_the_sample():
    """Where the sample expression is neither true nor false, the row is not used."""
    frame = panel().assign(level=lambda f: f["ladder"].astype("Int64").mask(f.index % 4 == 0))
    result = fit(spec("pooled_ols", sample="level >= 1", varying=()), frame)
    assert result.dropped == {"outside sample": int((~(frame["level"] >= 1).fillna(value=False)).sum())}


def test_a_control_that_changes_is_named_in_the_split_models():
    """Its one coefficient mixes within and between, and equality with the within estimator is lost."""
    result = fit(spec("within_between", regressors=("x", "member"), varying=("x",)), panel())
    assert any(w.startswith("member changes in") and "mixes within and between" in w for w in result.warnings)
    assert result.term("member")["part"] == "pooled"


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"x": np.inf}, "x is infinite in 120 rows"),
        ({"x": pd.Timestamp("2021-01-01")}, "x holds neither numbers"),
        ({"x": [["a"], 1, "b"] * 40}, "x holds neither numbers"),
        ({"weight": -1.0}, "weights 'weight' are negative in 120 rows"),
        ({"weight": "heavy"}, "weight is not a column of numbers"),
        ({"wave": 1}, "80 rows repeat a unit × wave already met, for instance 0 × 1"),
        ({"unit": None}, "rows without unit or wave"),
        ({"score": "high"}, "outcome score is not a column of numbers"),
    ],
)
def test_columns_that_cannot_be_meant_are_refused(change, match):
    """Infinite, dated or negative values, repeated rows, and text for numbers name their column."""
    refused(match, spec("pooled_ols", weights="weight"), panel().assign(weight=1.0).assign(**change))


def test_a_column_met_twice_is_refused():
    """Which of the two would be meant?"""
    frame = panel()
    refused("several columns called 'x'", spec("within"), pd.concat([frame, frame[["x"]]], axis=1))


def test_unknown_columns_and_samples_are_named_with_the_nearest():
    """A slip of the pen is answered by the column that was meant."""
    refused("no column 'scores'; did you mean 'score'", spec("within", outcome="scores"), panel())
    refused("no column 'membre'", spec("within", regressors=("membre",), varying=()), panel())
    refused("sample 'scor > 1' is not true or false", spec("within", sample="scor > 1"), panel())
    refused("sample 'x \\+ 1' is not true or false", spec("within", sample="x + 1"), panel())
    refused(r"no rows are left \(outside sample: 120\)", spec("within", sample="x > 99"), panel())
    limit = 0  # noqa: F841 -- the expression must not see it
    refused("sample 'x > @limit' is not", spec("within", sample="x > @limit"), panel())
    refused("the panel is empty", spec("within"), panel().iloc[:0])
