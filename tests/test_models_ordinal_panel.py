"""Random-effects, fixed-effects and generalised ordinal models: derivatives, invariances, limits, refusals."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from numpy.polynomial.hermite_e import hermegauss

from panel_eis.errors import ModelError
from panel_eis.models import (
    Fit,
    Spec,
    at_risk,
    average_marginal_effects,
    bootstrap_marginal_effects,
    dynamic,
    fit,
    predicted_probabilities,
    quadrature,
    read_fit,
    write_fit,
)
from panel_eis.models.averages import average
from panel_eis.models.conditional import SetLikelihood
from panel_eis.models.links import LAWS, cumulative, quantile
from panel_eis.models.proportional_odds import CutLikelihood
from panel_eis.models.quadrature import Data, MixedLikelihood, PooledLikelihood, make_chunks

MIXED = ("re_ordered_logit", "re_ordered_probit", "re_cloglog")
POOLED = ("ordered_probit", "cloglog", "generalised_ordered_logit")
FIXED = ("feologit_buc", "conditional_logit")
WHOLE_UNITS = (*MIXED, *FIXED)
EVERY = (*MIXED, *POOLED, *FIXED)


def panel(seed=0, units=90, sigma=1.0, waves=4):
    """Unequal numbers of waves, single waves among them; weights of units."""
    rng = np.random.default_rng(seed)
    unit, wave = np.repeat(np.arange(units), waves), np.tile(2017 + 2 * np.arange(waves), units)
    effect = rng.normal(size=units)[unit]
    frame = pd.DataFrame(
        {
            "unit": np.array([f"O-{u:03d}" for u in unit]),
            "wave": wave,
            "member": (rng.logistic(size=len(unit)) < 0.5 * effect).astype(int),
            "x": rng.normal(size=len(unit)),
            "size_log": rng.normal(2, 1, units)[unit],
            "form": pd.Categorical(rng.choice(["association", "scop", "mutual"], units)[unit]),
            "weight": rng.choice([1.0, 2.0], units)[unit],
        }
    )
    latent = 0.7 * frame["member"] + 0.4 * frame["x"] + 0.2 * frame["size_log"] + sigma * effect
    frame["ladder"] = np.searchsorted([-0.5, 0.8, 2.0], latent + rng.logistic(size=len(unit)))
    frame["adopted"] = (frame["ladder"] > 1).astype(int)
    return frame[rng.random(len(frame)) < 0.85].reset_index(drop=True)


def spec(estimator, **changes):
    parts = {
        "name": "m",
        "outcome": "adopted" if estimator == "conditional_logit" else "ladder",
        "estimator": estimator,
        "regressors": ("member", "x", "size_log"),
        "varying": ("member", "x"),
        "wave_effects": estimator != "generalised_ordered_logit",
    }
    return Spec(**(parts | changes))


def refused(match, model, frame):
    with pytest.raises(ModelError, match=match) as caught:
        fit(model, frame)
    assert str(caught.value).startswith("m: ")


def assert_same(left, right, rtol=1e-6, columns=("estimate", "std_error")):
    assert list(left.coefficients["term"]) == list(right.coefficients["term"])
    for column in columns:
        np.testing.assert_allclose(
            left.coefficients[column], right.coefficients[column], rtol=rtol, atol=1e-8
        )


def data(seed=1, units=40, rungs=(-1, 0.2, 1.3)):
    rng = np.random.default_rng(seed)
    unit = np.sort(rng.integers(0, units, 3 * units))
    unit = np.unique(unit, return_inverse=True)[1]
    x = rng.normal(size=(len(unit), 2))
    latent = x @ [0.5, -0.4] + rng.normal(size=unit.max() + 1)[unit] + rng.logistic(size=len(unit))
    return Data(np.searchsorted(rungs, latent), x, unit, rng.uniform(0.5, 2, unit.max() + 1))


def assert_derivatives(objective, at, rtol=1e-6):
    point, step = objective(at), 1e-5 * np.eye(len(at))
    around = [(objective(at + h), objective(at - h)) for h in step]
    gradient = [(up.value - down.value) / 2e-5 for up, down in around]
    hessian = [(up.gradient - down.gradient) / 2e-5 for up, down in around]
    np.testing.assert_allclose(point.gradient, gradient, rtol=rtol, atol=1e-6)
    np.testing.assert_allclose(point.hessian, hessian, rtol=rtol, atol=1e-6)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("rungs", [(0.3,), (-1, 0.2, 1.3)])
def test_derivatives_by_quadrature_are_exact(law, rungs):
    """Scores and Hessian agree with central differences, with and without the effect, for two rungs and for four."""
    rows = data(rungs=rungs)
    at = np.array([*rungs, 0.4, -0.3, 0.8])
    chunks = make_chunks(rows, 7)
    objective = MixedLikelihood(LAWS[law], chunks, 7)
    objective(at)
    objective.freeze()
    assert_derivatives(objective, at)
    assert_derivatives(PooledLikelihood(LAWS[law], chunks), at[:-1])


def test_derivatives_of_the_other_likelihoods_are_exact():
    """Sets of rows, and slopes by cut."""
    rows = data()
    assert_derivatives(SetLikelihood(rows), np.array([0.4, -0.3]))
    by_cut = CutLikelihood(rows.rung, rows.x, np.linspace(0.5, 2, len(rows.rung)))
    assert_derivatives(by_cut, np.array([-1, 0.2, 1.3, 0.4, -0.3, 0.45, -0.25, 0.35, -0.3]))


@pytest.mark.parametrize("law", LAWS)
def test_adaptive_nodes_give_the_integral(law):
    """Fifteen nodes where each unit needs them (forty, where it is skewed) are worth two hundred fixed ones."""
    rows, at = data(), np.array([-1, 0.2, 1.3, 0.4, -0.3, 1.1])
    u, mass = hermegauss(200)
    bounds = np.array([-1e9, *at[:3], 1e9])
    predictor = (rows.x @ at[3:5])[:, None] + at[-1] * u
    share = cumulative(law, bounds[rows.rung + 1][:, None] - predictor)[0]
    share -= cumulative(law, bounds[rows.rung][:, None] - predictor)[0]
    first, _ = rows.lengths()
    expected = rows.weight @ np.log(np.multiply.reduceat(share, first) @ (mass / mass.sum()))
    nodes = 40 if law == "cloglog" else 15
    found = MixedLikelihood(LAWS[law], make_chunks(rows, nodes), nodes)(at)
    assert found.value == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("law", LAWS)
def test_far_tails_stay_finite_and_laws_are_inverted(law):
    """Rows all but impossible have finite derivatives; quantiles invert; densities are derivatives."""
    rows = Data(
        np.array([0, 1, 2, 3, 0]),
        np.array([[20.0], [-20.0], [25.0], [-30.0], [6.0]]),
        np.array([0, 0, 1, 2, 2]),
        np.ones(3),
    )
    point = MixedLikelihood(LAWS[law], make_chunks(rows, 9), 9)(np.array([-3.0, -2.99, 3.0, 1.0, 1.0]))
    if (
        law != "cloglog"
    ):  # whose upper tail is doubly exponential: such rows have probability 0 in floating point
        assert np.isfinite(point.value)
        assert np.isfinite(point.hessian).all()
    share = np.linspace(0.01, 0.99, 9)
    at = quantile(law, share)
    np.testing.assert_allclose(cumulative(law, at)[0], share, rtol=1e-12)
    for k in (0, 1):
        slope = (cumulative(law, at + 1e-6)[k] - cumulative(law, at - 1e-6)[k]) / 2e-6
        np.testing.assert_allclose(cumulative(law, at)[k + 1], slope, atol=1e-8)


def test_chunks_change_nothing(monkeypatch):
    """One chunk or dozens, estimates are the same; very long units go apart from short ones."""
    whole = fit(spec("re_ordered_logit"), panel())
    monkeypatch.setattr(quadrature, "CELLS", 200)
    assert_same(whole, fit(spec("re_ordered_logit"), panel()), rtol=1e-8)
    sizes = np.array([1, 2, 30, 3, 40])
    unit = np.repeat(np.arange(5), sizes)
    rows = Data(np.arange(len(unit)) % 2, np.zeros((len(unit), 1)), unit, np.ones(5))
    assert [chunk.rung.shape[0] for chunk in make_chunks(rows, 1)] == [3, 40]


@pytest.mark.parametrize("estimator", EVERY)
def test_order_of_rows_changes_no_bit(estimator):
    """Rows in any order give exactly the same fit."""
    frame = panel()
    left, right = (
        fit(spec(estimator, weights="weight"), f) for f in (frame, frame.sample(frac=1, random_state=3))
    )
    pd.testing.assert_frame_equal(left.coefficients, right.coefficients, check_exact=True)
    pd.testing.assert_frame_equal(left.covariance, right.covariance, check_exact=True)


@pytest.mark.parametrize("estimator", EVERY)
def test_labels_scales_and_constants_change_nothing(estimator):
    """Names of units, the scale of weights, units of measurement and a constant column are conventions."""
    frame = panel()
    model = spec(estimator, weights="weight")
    expected = fit(model, frame)
    names = np.random.default_rng(1).permutation(frame["unit"].nunique())[pd.factorize(frame["unit"])[0]]
    assert_same(expected, fit(model, frame.assign(unit=names)))
    assert_same(expected, fit(model, frame.assign(weight=frame["weight"] * 1000)))
    constant = fit(
        spec(estimator, weights="weight", regressors=("member", "x", "size_log", "one")),
        frame.assign(one=1.0),
    )
    assert_same(expected, constant)
    assert any("one" in warning and "dropped" in warning for warning in constant.warnings)
    right = fit(model, frame.assign(x=1e3 * frame["x"])).coefficients.set_index("term")
    left = expected.coefficients.set_index("term")
    factor = np.where(left["variable"] == "x", 1e3, 1.0)
    np.testing.assert_allclose(left["estimate"], right["estimate"] * factor, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(left["std_error"], right["std_error"] * factor, rtol=1e-5)


@pytest.mark.parametrize("estimator", WHOLE_UNITS)
def test_units_written_twice_are_units_weighted_twice(estimator):
    """Doubling some units and doubling their weights is one thing; errors too, clustered by the first name."""
    frame = panel().assign(origin=lambda f: f["unit"])
    double = frame[frame["weight"] == 2.0]
    copied = pd.concat([frame.assign(weight=1.0), double.assign(unit=double["unit"] + "-bis", weight=1.0)])
    left = fit(spec(estimator, weights="weight"), frame)
    right = fit(spec(estimator, weights="weight", cluster="origin"), copied)
    assert_same(left, right)
    assert left.n_clusters == right.n_clusters


@pytest.mark.parametrize(
    "estimator", ["re_ordered_logit", "re_ordered_probit", "ordered_probit", "feologit_buc"]
)
def test_a_ladder_turned_over_turns_the_signs(estimator):
    """Symmetric laws do not know which end is up."""
    frame = panel()
    left = fit(spec(estimator), frame).coefficients.set_index("term")["estimate"]
    right = fit(spec(estimator), frame.assign(ladder=3 - frame["ladder"])).coefficients.set_index("term")[
        "estimate"
    ]
    slopes = [term for term in left.index if not term.startswith(("ladder", "sigma"))]
    np.testing.assert_allclose(left[slopes], -right[slopes], rtol=1e-6, atol=1e-8)


def test_laws_meet_where_they_must():
    """Two rungs and one law: ordered models are the binary ones; BUC of two rungs is the conditional logit."""
    frame = panel()
    left = fit(spec("feologit_buc", outcome="adopted"), frame)
    assert_same(left, fit(spec("conditional_logit"), frame), rtol=1e-12)
    import statsmodels.api as sm

    binary = fit(spec("cloglog", outcome="adopted", varying=(), wave_effects=False), frame)
    x = sm.add_constant(frame[["member", "x", "size_log"]])
    theirs = sm.GLM(frame["adopted"], x, family=sm.families.Binomial(sm.families.links.CLogLog())).fit(
        tol=1e-12
    )
    np.testing.assert_allclose(binary.coefficients["estimate"][:3], theirs.params.iloc[1:], rtol=1e-6)
    assert binary.log_likelihood == pytest.approx(theirs.llf, rel=1e-10)


def test_conditional_logit_of_statsmodels_agrees():
    """Another program, the same conditional likelihood."""
    from statsmodels.discrete.conditional_models import ConditionalLogit

    frame = panel()
    ours = fit(spec("conditional_logit", wave_effects=False), frame)
    moving = frame[frame.groupby("unit")["adopted"].transform("nunique") > 1]
    theirs = ConditionalLogit(moving["adopted"], moving[["member", "x"]], groups=moving["unit"])
    result = theirs.fit(method="newton", disp=False)
    np.testing.assert_allclose(ours.coefficients["estimate"], result.params, rtol=1e-6)
    assert ours.log_likelihood == pytest.approx(result.llf, rel=1e-10)


def test_without_a_unit_effect_the_pooled_model_is_returned():
    """Where the likelihood falls from sigma 0 on: pooled numbers, sigma 0, p 1, and a warning."""
    frame = panel(seed=4, sigma=0.0)
    swing = np.where(frame.groupby("unit").cumcount() % 2, 1.5, -1.5) * np.where(
        frame["unit"] > "O-045", 1, -1
    )
    noise = np.random.default_rng(0).logistic(size=len(frame))
    frame["ladder"] = np.searchsorted(
        [-1, 0, 1], 0.5 * frame["member"] + swing + noise
    )  # answers of a unit repel
    mixed, pooled = fit(spec("re_ordered_logit"), frame), fit(spec("ordered_logit"), frame)
    assert mixed.term("sigma")["estimate"] == 0
    assert mixed.tests["no_unit_effect"]["p_value"] == 1
    assert any("numbers are those of the pooled model" in warning for warning in mixed.warnings)
    np.testing.assert_allclose(
        mixed.coefficients["estimate"][:-1], pooled.coefficients["estimate"], rtol=1e-5
    )
    np.testing.assert_allclose(
        mixed.coefficients["std_error"][:-1], pooled.coefficients["std_error"], rtol=1e-5
    )
    assert mixed.log_likelihood == pytest.approx(pooled.log_likelihood, rel=1e-10)


def test_a_unit_effect_is_found_and_told():
    """Likelihood ratio with half the chi-squared tail; interval of sigma above zero; share of variance; no p-value."""
    result = fit(spec("re_ordered_logit"), panel())
    pooled = fit(spec("ordered_logit"), panel())
    test = result.tests["no_unit_effect"]
    assert test["statistic"] == pytest.approx(2 * (result.log_likelihood - pooled.log_likelihood), rel=1e-8)
    assert 0 < test["p_value"] < 0.05
    sigma = result.term("sigma")
    assert 0 < sigma["conf_low"] < sigma["estimate"] < sigma["conf_high"]
    assert np.isnan(sigma["p_value"])
    assert result.extras["icc"] == pytest.approx(
        sigma["estimate"] ** 2 / (sigma["estimate"] ** 2 + np.pi**2 / 3)
    )
    assert result.extras["nodes"] == 12
    assert abs(result.extras["nodes_shift"]) < 0.001
    assert "no_unit_effect" not in fit(spec("re_ordered_logit", weights="weight"), panel()).tests


def test_too_few_nodes_are_doubled_and_said():
    """A large effect needs more nodes than three; the fit says how many were used."""
    frame = panel(sigma=4.0, waves=6)
    few, many = fit(spec("re_ordered_logit", nodes=3), frame), fit(spec("re_ordered_logit", nodes=30), frame)
    assert few.extras["nodes"] > 3
    assert any(w.startswith("3 nodes were too few") for w in few.warnings)
    difference = few.coefficients["estimate"] - many.coefficients["estimate"]
    assert (difference.abs() < 0.1 * many.coefficients["std_error"]).all()
    with pytest.raises(ModelError, match="nodes must be at least 3"):
        spec("re_ordered_logit", nodes=2)


def test_unit_weights_are_the_rule():
    """Weights that change within units are averaged, with a warning; equal weights are none."""
    frame = panel()
    rng = np.random.default_rng(0)
    frame["moving"] = frame["weight"] * rng.uniform(0.5, 1.5, len(frame))
    frame["mean"] = frame.groupby("unit")["moving"].transform("mean")
    for estimator in MIXED:
        left = fit(spec(estimator, weights="moving"), frame)
        assert any("enters with the mean of moving" in warning for warning in left.warnings)
        assert_same(left, fit(spec(estimator, weights="mean"), frame))
        assert_same(fit(spec(estimator), frame), fit(spec(estimator, weights="five"), frame.assign(five=5.0)))


@pytest.mark.parametrize("estimator", WHOLE_UNITS)
def test_a_unit_in_two_clusters_is_refused(estimator):
    """The likelihood of a unit cannot be shared out."""
    refused("a unit is in several clusters", spec(estimator, cluster="wave"), panel())


@pytest.mark.parametrize("estimator", EVERY)
def test_degenerate_outcomes_are_refused(estimator):
    """Constant, all missing, or all in one cluster."""
    frame = panel()
    outcome = spec(estimator).outcome
    refused(f"{outcome} (is constant|changes in no unit)", spec(estimator), frame.assign(**{outcome: 1}))
    refused("no rows are left", spec(estimator), frame.assign(**{outcome: np.nan}))
    refused("need at least 2 clusters", spec(estimator, cluster="region"), frame.assign(region=1))


@pytest.mark.parametrize("estimator", EVERY)
def test_perfect_separation_is_refused(estimator):
    """A regressor that tells the rung leaves no finite estimate."""
    frame = panel()
    frame["member"] = (frame["ladder"] > 1).astype(int)
    refused("perfect separation|singular", spec(estimator), frame)


def test_fixed_effects_say_who_does_not_count():
    """Single waves and units that never change are dropped and counted; no change at all is refused."""
    frame = panel()
    result = fit(spec("conditional_logit"), frame)
    sizes = frame.groupby("unit")["adopted"].agg(["size", "nunique"])
    still = sizes[(sizes["size"] > 1) & (sizes["nunique"] == 1)]["size"].sum()
    assert result.dropped["unit whose adopted never changes"] == still
    assert result.n_rows + sum(result.dropped.values()) == len(frame)
    assert set(result.coefficients["part"]) <= {"within", "wave"}
    refused(
        "changes in no unit",
        spec("conditional_logit"),
        frame.assign(adopted=(frame["unit"] > "O-040").astype(int)),
    )
    refused("takes 4 values, not two", spec("conditional_logit", outcome="ladder"), frame)
    refused(
        "no regressor can be estimated", spec("feologit_buc", regressors=("size_log",), varying=()), frame
    )


def test_units_seen_once_have_no_effect():
    """In a cross-section nothing tells an effect from noise."""
    frame = panel(units=300)[lambda f: f["wave"] == 2017]
    model = {"varying": (), "wave_effects": False}
    refused("every unit is seen once", spec("re_ordered_logit", **model), frame)
    refused("no rows are left .*single wave", spec("feologit_buc", **model), frame)


def test_a_history_too_long_to_enumerate_is_refused():
    """Twenty rows of which ten are high make 184 756 sets."""
    frame = panel(units=6, waves=24)
    refused("sets are too many to enumerate", spec("conditional_logit", wave_effects=False), frame)


def test_random_effects_without_means_carry_a_warning():
    """A reader is told that the effect is assumed unrelated to the regressors; a column called sigma is refused."""
    warnings = fit(spec("re_ordered_logit", varying=()), panel()).warnings
    assert any("assumed unrelated" in warning for warning in warnings)
    frame = panel().rename(columns={"size_log": "sigma"})
    refused(
        "called sigma", spec("re_ordered_logit", regressors=("member", "sigma"), varying=("member",)), frame
    )


@pytest.mark.parametrize("estimator", EVERY)
def test_a_fit_comes_back_from_disk_as_it_was(estimator, tmp_path):
    """With its tests and its further numbers."""
    original = fit(spec(estimator), panel())
    write_fit(original, tmp_path / "fit.json")
    again = read_fit(tmp_path / "fit.json")
    for name in ("coefficients", "covariance", *(f.name for f in fields(Fit) if f.name != "estimates")):
        left, right = getattr(original, name), getattr(again, name)
        if isinstance(left, pd.DataFrame):
            pd.testing.assert_frame_equal(left, right, check_exact=True)
        else:
            assert left == right, name


MOMENTS = spec(
    "re_ordered_logit", regressors=("member", "x", "size_log", "form"), interactions=(("member", "x"),)
)


@pytest.mark.parametrize("estimator", ["ordered_logit", "ordered_probit", "cloglog", *MIXED])
def test_marginal_effects_are_differences_of_predictions(estimator):
    """Over rungs they add up to nothing, predictions to 100; a step is the difference of two predictions."""
    from dataclasses import replace

    frame, model = panel(), replace(MOMENTS, estimator=estimator)
    result = fit(model, frame)
    table = average_marginal_effects(result, frame, model.regressors)
    np.testing.assert_allclose(table.groupby(["variable", "level"])["estimate"].sum(), 0, atol=1e-10)
    assert set(table["change"]) == {"0 to 1", "slope", "association to mutual", "association to scop"}
    cells = predicted_probabilities(result, frame, {"member": [0, 1], "form": ["scop"]})
    np.testing.assert_allclose(cells.groupby("member")["estimate"].sum(), 100)
    steps = predicted_probabilities(result, frame, {"member": [0, 1]})
    step = (
        steps[steps["member"] == 1]["estimate"].to_numpy()
        - steps[steps["member"] == 0]["estimate"].to_numpy()
    )
    np.testing.assert_allclose(table[table["variable"] == "member"]["estimate"], step, atol=1e-10)
    near = predicted_probabilities(result, frame, {"x": [0.0]})["estimate"].to_numpy()
    assert np.abs(near - predicted_probabilities(result, frame)["estimate"].to_numpy()).max() > 0.01


def test_a_slope_is_the_limit_of_steps():
    """Everybody a little higher on x, products included, unit means held."""
    frame = panel()
    result = fit(MOMENTS, frame)
    slope = average_marginal_effects(result, frame, ["x"])["estimate"]
    by_name = result.coefficients.set_index("term")["estimate"]
    step = 1e-5 * (by_name["x_within"] + by_name["member:x_within"] * frame["member"])
    cuts = by_name[[f"ladder[{j}|{j + 1}]" for j in range(3)]].to_numpy()
    means = (
        frame.assign(both=frame["member"] * frame["x"])
        .groupby("unit")[["member", "x", "both"]]
        .transform("mean")
    )
    waves = pd.get_dummies(frame["wave"], dtype=float).iloc[:, 1:]
    waves_mean = waves.groupby(frame["unit"]).transform("mean")
    index = sum(
        by_name.get(f"wave[{w}]", 0) * (waves[w] - waves_mean[w])
        + by_name.get(f"wave[{w}]_between", 0) * waves_mean[w]
        for w in waves
    )
    for name, values in {
        "member": frame["member"],
        "x": frame["x"],
        "member:x": frame["member"] * frame["x"],
    }.items():
        mean = means["both" if ":" in name else name]
        index = index + by_name[f"{name}_within"] * (values - mean) + by_name[f"{name}_between"] * mean
    index = index + by_name["size_log"] * frame["size_log"]
    for form in ("mutual", "scop"):
        index = index + by_name[f"form[{form}]"] * (frame["form"] == form)
    share, sigma = np.full(len(frame), 1 / len(frame)), by_name["sigma"]
    at = np.array([*cuts, 1.0, sigma])
    up, down = (
        average("logit", at, ((index + s * step).to_numpy()[:, None], None, share)).value for s in (1, -1)
    )
    np.testing.assert_allclose(slope, 100 * (up - down) / 2e-5, rtol=1e-5)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("along", [False, True])
def test_jacobians_of_averages_are_exact(law, along):
    """What the delta method rests on agrees with central differences."""
    rng = np.random.default_rng(0)
    x, slopes, share = rng.normal(size=(30, 2)), rng.normal(size=(30, 2)), np.full(30, 1 / 30)
    rows, at = (x, slopes if along else None, share), np.array([-1, 0.3, 1.2, 0.5, -0.4, 0.9])
    found = average(law, at, rows)
    numeric = [
        (average(law, at + h, rows).value - average(law, at - h, rows).value) / 2e-6 for h in 1e-6 * np.eye(6)
    ]
    np.testing.assert_allclose(found.jacobian, np.array(numeric).T, atol=1e-8)


def test_marginal_effects_refuse_what_they_cannot_say():
    """Other models, other panels, unknown names and levels, terms that were dropped."""
    frame = panel()
    result = fit(MOMENTS, frame)
    with pytest.raises(ModelError, match="gives no probabilities"):
        average_marginal_effects(fit(spec("feologit_buc"), frame), frame)
    with pytest.raises(ModelError, match="was not fitted on this panel"):
        average_marginal_effects(result, frame.iloc[10:])
    with pytest.raises(ModelError, match="no regressor 'membr'; did you mean 'member'"):
        average_marginal_effects(result, frame, ["membr"])
    with pytest.raises(ModelError, match="form has no level 'coop'"):
        predicted_probabilities(result, frame, {"form": ["coop"]})
    fixed = fit(spec("re_ordered_logit", regressors=("x", "size_log"), varying=("x", "size_log")), frame)
    with pytest.raises(ModelError, match="no within or pooled term of size_log"):
        average_marginal_effects(fixed, frame, ["size_log"])


def test_odds_that_are_not_proportional_are_found():
    """A regressor that moves people off the lowest rung only; the generalised model says where, and nests the other."""
    rng = np.random.default_rng(2)
    frame = panel(units=400, sigma=0.0).assign(step=lambda f: (rng.random(len(f)) < 0.5).astype(int))
    frame.loc[(frame["step"] == 1) & (frame["ladder"] == 0) & (rng.random(len(frame)) < 0.8), "ladder"] = 1
    model = {"regressors": ("step", "x"), "varying": (), "wave_effects": False}
    common = fit(spec("ordered_logit", **model), frame)
    general = fit(spec("generalised_ordered_logit", **model), frame)
    for result in (common, general):
        assert result.tests["proportional_odds"]["p_value"] < 1e-6
        assert result.tests["proportional_odds"]["df"] == 4
    assert general.tests["proportional_odds: step"]["p_value"] < 1e-6
    assert general.tests["proportional_odds: x"]["p_value"] > 0.001
    assert general.term("step[0|1]")["estimate"] > 1 > general.term("step[2|3]")["estimate"]
    assert general.log_likelihood > common.log_likelihood


def test_proportional_odds_are_tested_only_where_they_can_be():
    """Two rungs have one cut; more restrictions than clusters give no test and a warning."""
    frame = panel()
    assert "proportional_odds" not in fit(spec("ordered_logit", outcome="adopted"), frame).tests
    names = tuple(f"z{i}" for i in range(6))
    noise = np.random.default_rng(0).normal(size=(len(frame), 6))
    many = frame.assign(**dict(zip(names, noise.T, strict=True)), region=pd.factorize(frame["unit"])[0] % 10)
    result = fit(spec("ordered_logit", regressors=names, varying=(), cluster="region"), many)
    assert "proportional_odds" not in result.tests
    assert any(
        "test of proportional odds not possible: 12 restrictions, 10 clusters" in w for w in result.warnings
    )


def histories():
    rows = [("a", 1, 0), ("a", 2, 1), ("a", 3, 1), ("b", 1, 0), ("b", 2, 0), ("b", 4, 1), ("c", 1, 1), ("c", 2, 0),
            ("c", 3, 1), ("d", 2, 0), ("d", 3, 0), ("d", 4, 1), ("e", 4, 0)]  # fmt: skip
    return pd.DataFrame(rows, columns=["unit", "wave", "ladder"])


def test_rows_at_risk_are_those_where_a_state_may_begin():
    """Not the first wave, not after it began, not after a gap, not who had begun before."""
    rows = at_risk(histories().assign(on=lambda f: f["ladder"] > 0), "on")
    expected = [("a", 2, 1, 1), ("b", 2, 0, 1), ("d", 3, 0, 1), ("d", 4, 1, 2)]
    assert list(rows[["unit", "wave", "event", "duration"]].itertuples(index=False, name=None)) == expected
    with pytest.raises(ModelError, match="begins in no unit"):
        at_risk(histories().assign(on=False), "on")


def test_the_rung_before_is_missing_after_a_gap():
    """And the first rung is that of the first wave."""
    base = Spec(name="d", outcome="ladder", estimator="re_ordered_logit", regressors=("x",))
    ready, rows = dynamic(base, histories())
    assert ready.regressors == ("x", "ladder_before", "ladder_first")
    lag = rows.set_index(["unit", "wave"])
    assert lag.loc[("a", 2), "ladder_before"] == "0"
    assert pd.isna(lag.loc[("b", 4), "ladder_before"])
    assert pd.isna(lag.loc[("a", 1), "ladder_before"])
    assert lag.loc[("c", 3), "ladder_first"] == "1"
    with pytest.raises(ModelError, match="no unit is seen in two successive waves"):
        dynamic(base, histories()[lambda f: f["wave"] == 1])


def test_bootstrap_of_clusters_agrees_with_the_delta_method():
    """Errors of the two are alike; the same generator gives the same numbers; lost draws are refused when many."""
    frame = panel(units=60)
    model = spec("ordered_logit", regressors=("member", "x"), wave_effects=False)
    result = fit(model, frame)
    delta = average_marginal_effects(result, frame)
    draws = [
        bootstrap_marginal_effects(result, frame, rng=np.random.default_rng(0), draws=60) for _ in range(2)
    ]
    pd.testing.assert_frame_equal(*draws)
    np.testing.assert_array_equal(draws[0]["estimate"], delta["estimate"])
    ratio = draws[0]["std_error"] / delta["std_error"]
    assert ratio.between(0.6, 1.7).all()
    assert draws[0]["draws"].between(54, 60).all()
    rare = frame.assign(ladder=np.where(frame.index == 5, 3, frame["ladder"].clip(upper=2)))
    with pytest.raises(ModelError, match="of 20 draws gave no estimate"):
        bootstrap_marginal_effects(fit(model, rare), rare, rng=np.random.default_rng(0), draws=20)
