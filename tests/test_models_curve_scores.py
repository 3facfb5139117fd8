"""Members of the curve that are not linear: the fits they stand for, their draws under the null, and the joint test."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from panel_eis.errors import ModelError
from panel_eis.models import Spec, average_marginal_effects, fit, predicted_probabilities
from panel_eis.models.curve import run_curve
from panel_eis.models.decisions import Decision, Level, Member, cross
from panel_eis.models.members import Shared, estimate_member
from panel_eis.models.pooling import rubin
from panel_eis.models.wild import LAWS, flips_of
from panel_eis.parallel import Workers, run

SEED, DRAWS, BOUNDS = 11, 99, (0.0, 100.0)


def draw_panels(rng, effect, units=60, waves=3):
    """A score from 0 to 100, a ladder of four rungs and whether it is above the first, from one latent variable.

    Organisations with a high effect have x more often, so that models without unit means are wrong.
    """
    n = units * waves
    unit = np.repeat(np.arange(units), waves)
    a = rng.normal(size=units)[unit]
    x = (rng.normal(size=n) + 0.5 * a > 0).astype(float)
    c = rng.normal(size=n)
    latent = effect * x + 0.3 * c + 0.7 * a
    y = 100 * expit(latent + 0.8 * rng.normal(size=n))
    rung = np.searchsorted([-1.0, 0.3, 1.5], latent + rng.logistic(size=n)).astype(float)
    frame = pd.DataFrame({
        "unit": unit, "wave": np.tile(range(1, waves + 1), units), "x": x, "c": c, "y": y, "rung": rung,
        "above": (rung > 0).astype(float), "weight": rng.uniform(0.5, 2, n),
    })  # fmt: skip
    gap = rng.random(n) < 0.1
    return {
        "plain": frame,
        **{f"i{k}": frame.assign(c=frame["c"].mask(gap, rng.normal(size=n))) for k in (1, 2, 3)},
    }


def spec_of(estimator, outcome, weights=None, controls=("c",)):
    return Spec(
        name="s", outcome=outcome, estimator=estimator, regressors=("x", *controls), varying=("x",), weights=weights,
        bounds=BOUNDS if outcome == "y" else (0.0, 1.0),
    )  # fmt: skip


def one(estimator, outcome, panels=("plain",), term="x_within", **more):
    return Member({"n": f"{estimator} {outcome}"}, spec_of(estimator, outcome, **more), term, panels)


EACH = (
    ("fractional_logit", "y"), ("fractional_probit", "y"), ("ordered_logit", "rung"), ("ordered_probit", "rung"),
    ("cloglog", "above"), ("re_ordered_logit", "rung"), ("re_ordered_probit", "above"), ("re_cloglog", "rung"),
)  # fmt: skip


@pytest.fixture(scope="module")
def panels():
    return draw_panels(np.random.default_rng(3), 0.5)


def shared(panels, draws=DRAWS):
    return Shared(panels, 60, SEED, draws)


def direct(spec, panel, variable="x"):
    """Change of the mean outcome from the effects on each rung; its error by derivatives taken numerically."""
    found = fit(spec, panel)

    def change(fitted):
        rows = average_marginal_effects(fitted, panel, [variable])
        rungs = 1.0 if spec.outcome == "y" else rows["rung"].astype(float)
        return float((rows["estimate"] * rungs).sum() / (1 if spec.outcome == "y" else 100))

    gradient, table = [], found.coefficients
    for i in range(len(table)):
        ends = []
        for step in (1e-5, -1e-5):
            numbers = found.estimates.numbers.copy()
            numbers[0, i] += step
            ends.append(change(replace(found, estimates=found.estimates._replace(numbers=numbers))))
        gradient.append((ends[0] - ends[1]) / 2e-5)
    names = table["term"]
    variance = np.array(gradient) @ found.covariance.loc[names, names].to_numpy() @ np.array(gradient)
    return found, change(found), float(variance)


@pytest.mark.parametrize(("estimator", "outcome"), EACH)
@pytest.mark.parametrize("weights", [None, "weight"])
def test_a_member_is_the_difference_of_predictions_of_the_fit_it_stands_for(
    panels, estimator, outcome, weights
):
    member = one(estimator, outcome, weights=weights)
    row = estimate_member(member, shared(panels), np.random.default_rng())["row"]
    found, estimate, variance = direct(member.spec, panels["plain"])
    assert row["estimate"] == pytest.approx(estimate, rel=1e-9)
    assert row["std_error"] == pytest.approx(np.sqrt(variance), rel=1e-6)
    ends = predicted_probabilities(found, panels["plain"], {"x": [0.0, 1.0]})
    value = 1.0 if outcome == "y" else ends["rung"].astype(float) / 100
    mean = (ends["estimate"] * value).groupby(ends["x"]).sum()
    assert row["estimate"] == pytest.approx(mean[1.0] - mean[0.0], rel=1e-9)
    scale = panels["plain"][outcome].std()
    assert row["effect"] == pytest.approx(estimate / scale, rel=1e-9)
    assert row["conf_low"] == pytest.approx(estimate - 1.959964 * row["std_error"], rel=1e-6)
    assert (row["n_rows"], row["n_switchers"]) == (found.n_rows, found.n_switchers["x"])


@pytest.mark.parametrize(("estimator", "outcome"), [("fractional_logit", "y"), ("ordered_logit", "above")])
def test_errors_are_to_the_last_digit_those_of_the_marginal_effect(panels, estimator, outcome):
    """With a mean or two rungs the table of effects has the error itself."""
    member = one(estimator, outcome)
    row = estimate_member(member, shared(panels), np.random.default_rng())["row"]
    known = average_marginal_effects(fit(member.spec, panels["plain"]), panels["plain"], ["x"]).iloc[-1]
    factor = 1 if outcome == "y" else 100
    for name in ("estimate", "std_error", "conf_low", "conf_high"):
        assert row[name] * factor == pytest.approx(known[name], rel=1e-9)


def test_the_slope_of_a_regressor_that_is_not_binary_is_the_mean_one(panels):
    member = Member({}, spec_of("ordered_logit", "rung"), "c", ("plain",))
    row = estimate_member(member, shared(panels), np.random.default_rng())["row"]
    _, estimate, variance = direct(member.spec, panels["plain"], "c")
    assert row["estimate"] == pytest.approx(estimate, rel=1e-9)
    assert row["std_error"] == pytest.approx(np.sqrt(variance), rel=1e-6)


@pytest.mark.parametrize(("estimator", "outcome"), EACH[::2])
def test_imputed_panels_are_pooled_by_rubins_rules_on_the_scale_of_the_outcome(panels, estimator, outcome):
    member = one(estimator, outcome, ("i1", "i2", "i3"))
    row = estimate_member(member, shared(panels), np.random.default_rng())["row"]
    each = [direct(member.spec, panels[key])[1:] for key in member.panels]
    pooled = rubin(np.array([[e] for e, _ in each]), np.array([[[v]] for _, v in each]))
    assert row["estimate"] == pytest.approx(pooled.estimate[0], rel=1e-9)
    assert row["std_error"] == pytest.approx(np.sqrt(pooled.covariance[0, 0]), rel=1e-6)


def columns_of(panel, outcome):
    """Regressors of ``spec_of`` written out: waves and their means (balanced: constant), x and its mean, c."""
    waves = [(panel["wave"] == w).astype(float) for w in (2, 3)]
    mean = panel.groupby("unit")["x"].transform("mean")
    return np.column_stack([*waves, panel["x"] - mean, mean, panel["c"]]), panel[outcome].to_numpy()


def by_row(kind, x, y):
    """Log-likelihood of each row, plainly: parameters before the slopes, slopes."""

    def share(p):
        m = expit(p[0] + x @ p[1:])
        return y / 100 * np.log(m) + (1 - y / 100) * np.log(1 - m)

    def ladder(p, effect=0.0):
        bounds = np.concatenate([[-np.inf], p[:3], [np.inf]])
        eta, rung = x @ p[3:8] + effect, y.astype(int)
        return np.log(expit(bounds[rung + 1] - eta) - expit(bounds[rung] - eta))

    def mixed(p):
        nodes, mass = np.polynomial.hermite_e.hermegauss(80)
        at = np.array([ladder(p, p[-1] * u).reshape(-1, 3).sum(axis=1) for u in nodes])
        return np.log(np.exp(at).T @ (mass / mass.sum()))

    return {"fractional_logit": share, "ordered_logit": ladder, "re_ordered_logit": mixed}[kind]


def plain_draws(kind, outcome, panel, draws):
    """The score bootstrap as the paper writes it: maximise without x, derivatives by differences, loops over organisations."""
    x, y = columns_of(panel, outcome)
    of_row = by_row(kind, x, y)
    before = 1 if kind == "fractional_logit" else 3
    j = before + 2
    first = np.zeros(before + 5 + (kind == "re_ordered_logit"))
    first[:before] = [-1.0, 0.0, 1.0][:before] if before > 1 else 0.0
    if kind == "re_ordered_logit":
        first[-1] = 0.8
    free = np.delete(np.arange(len(first)), j)

    def loss(p):
        return -of_row(np.insert(p, j, 0.0)).sum()

    found = minimize(loss, first[free], method="BFGS", options={"gtol": 1e-6})
    at = np.insert(found.x, j, 0.0)
    step = 1e-4 * np.eye(len(at))
    scores = np.array([(of_row(at + h) - of_row(at - h)) / 2e-4 for h in step]).T
    if len(scores) == len(panel):
        scores = scores.reshape(-1, 3, len(at)).sum(axis=1)
    total = lambda p: of_row(p).sum()  # noqa: E731
    hessian = np.array([
        [(total(at + g + h) - total(at + g - h) - total(at - g + h) + total(at - g - h)) / 4e-8 for h in step]
        for g in step
    ])  # fmt: skip
    weight = np.linalg.solve(hessian[np.ix_(free, free)], hessian[free, j])
    left = -(hessian[j, j] - hessian[j, free] @ weight)
    slope = mean_slope(kind, at, x, before)
    efficient = [s[j] - sum(w * s[k] for w, k in zip(weight, free, strict=True)) for s in scores]
    flips = flips_of(np.random.default_rng(SEED), draws, len(scores), LAWS["rademacher"])
    steps, ts = [], []
    for signs in [np.ones(len(scores)), *flips]:
        flipped = [sign * s for sign, s in zip(signs, efficient, strict=True)]
        steps.append(slope * sum(flipped) / left)
        groups = len(flipped)
        ts.append(sum(flipped) / np.sqrt(sum(s**2 for s in flipped) * groups / (groups - 1)))
    return np.array(steps) / panel[outcome].std(), np.array(ts)


def mean_slope(kind, at, x, before):
    """Mean change of the outcome with the predictor."""
    eta, nodes, mass = x @ at[before : before + 5], np.zeros(1), np.ones(1)
    if kind == "re_ordered_logit":
        nodes, mass = np.polynomial.hermite_e.hermegauss(80)
        nodes, mass = at[-1] * nodes, mass / mass.sum()
    if kind == "fractional_logit":
        m = expit(at[0] + eta)
        return 100 * np.mean(m * (1 - m))
    below = expit(at[:3, None, None] - eta[:, None] - nodes)
    return ((below * (1 - below)) @ mass).sum(axis=0).mean()


@pytest.mark.parametrize(("kind", "outcome", "close"), [
    ("fractional_logit", "y", 1e-4), ("ordered_logit", "rung", 1e-4), ("re_ordered_logit", "rung", 2e-3),
])  # fmt: skip
def test_draws_of_a_member_are_those_of_the_score_bootstrap_written_plainly(panels, kind, outcome, close):
    """Nothing is fitted again, neither here nor there; the statistic in the data is of the same kind."""
    found = estimate_member(one(kind, outcome), shared(panels), np.random.default_rng())
    steps, ts = plain_draws(kind, outcome, panels["plain"], DRAWS)
    np.testing.assert_allclose([found["effect"], *found["effects"]], steps, rtol=close, atol=close)
    np.testing.assert_allclose([found["z"], *found["zs"]], ts, rtol=close, atol=close)
    p = found["row"]["p_value"]
    assert p == pytest.approx(2 * (1 - 0.5 * (1 + np.sign(ts[0]) * _erf(ts[0]))), rel=0.01)


def _erf(t):
    from math import erf, sqrt

    return erf(abs(t) / sqrt(2)) * np.sign(t)


LEVELS = {
    "model": ("within_between", "fractional_logit", "ordered_logit", "re_ordered_logit"),
    "weights": ("none", "weight"),
    "controls": ("none", "c"),
}
DECISIONS = tuple(Decision(n, n, n, tuple(Level(w, w, w) for w in words)) for n, words in LEVELS.items())


def member(choices):
    estimator = choices["model"]
    if estimator == "re_ordered_logit" and "none" not in (choices["weights"], choices["controls"]):
        return None
    outcome = "y" if estimator in ("within_between", "fractional_logit") else "rung"
    spec = spec_of(
        estimator, outcome, None if choices["weights"] == "none" else "weight",
        () if choices["controls"] == "none" else ("c",),
    )  # fmt: skip
    return Member(choices, spec, "x_within", ("plain",))


MIXED = cross(DECISIONS, member)


def test_members_of_all_kinds_stay_correlated_in_the_draws_as_they_are_in_the_data(panels):
    """Organisations are flipped alike: two models of the same score draw almost the same."""
    pairs = (
        ("within_between", "y"),
        ("fractional_logit", "y"),
        ("ordered_logit", "rung"),
        ("cloglog", "above"),
    )
    linear, share, ladder, above = (
        estimate_member(one(e, o), shared(panels, 999), np.random.default_rng())["zs"] for e, o in pairs
    )
    assert np.corrcoef(linear, share)[0, 1] > 0.95
    assert abs(np.corrcoef(linear, ladder)[0, 1]) < 0.2  # errors of score and ladder are drawn apart
    assert 0.3 < np.corrcoef(above, ladder)[0, 1] < 0.95


def test_workers_order_of_rows_and_a_run_taken_up_again_change_no_bit_of_a_curve(panels, tmp_path):
    shuffled = {key: frame.sample(frac=1, random_state=i) for i, (key, frame) in enumerate(panels.items())}
    kept = Workers(store=tmp_path)
    run_curve(MIXED, panels, rng=np.random.default_rng(1), draws=49, workers=kept)
    next(tmp_path.rglob("0.json")).unlink()
    results = [
        run_curve(MIXED, p, rng=np.random.default_rng(1), draws=49, workers=w)
        for p, w in ((panels, Workers()), (shuffled, Workers()), (panels, Workers(jobs=2)), (panels, kept))
    ]
    for curve, test in results[1:]:
        pd.testing.assert_frame_equal(curve, results[0][0], check_exact=True)
        pd.testing.assert_frame_equal(test, results[0][1], check_exact=True)


def test_the_median_that_is_told_is_that_of_the_estimates(panels):
    curve, test = run_curve(MIXED, panels, rng=np.random.default_rng(1), draws=199)
    assert len(curve) == 15
    assert test.set_index("statistic").loc["median", "value"] == pytest.approx(curve["effect"].median())
    assert (test["p_value"] < 0.05).all()


@pytest.mark.parametrize(("change", "told"), [
    ({"interactions": (("x", "c"),)}, "products"), ({"estimator": "feologit_buc"}, "no draws under the null"),
])  # fmt: skip
def test_what_has_no_draws_by_scores_is_named(panels, change, told):
    asked = one("ordered_logit", "rung")
    asked = replace(asked, spec=replace(asked.spec, **change))
    with pytest.raises(ModelError, match=told):
        run_curve([asked], panels, rng=np.random.default_rng(1), draws=9)


@pytest.mark.parametrize(("change", "term", "told"), [
    ({"x": 1.0}, "x_within", "no term"), ({"c": "a"}, "c[b]", "category"), ({"rung": 1.0}, "x_within", "constant"),
    ({"x": lambda f: f["rung"] > 1}, "x_within", "separation"),
])  # fmt: skip
def test_a_member_without_an_estimate_says_why(panels, change, term, told):
    """No switchers, a category, a constant outcome, an outcome that the regressor tells."""
    frame = panels["plain"].assign(**{"c": "b"} if change == {"c": "a"} else change)
    frame = frame.assign(c=np.where(frame["wave"] == 1, "a", "b")) if term == "c[b]" else frame
    frame["x"] = frame["x"].astype(float)
    asked = replace(one("ordered_logit", "rung", term=term))
    asked = replace(asked, spec=replace(asked.spec, wave_effects=False))
    row = estimate_member(asked, shared({"plain": frame}), np.random.default_rng())["row"]
    assert told in row["message"]


def p_values(effect, _, rng):
    _, test = run_curve(MIXED, draw_panels(rng, effect), rng=rng, draws=99)
    return test.set_index("statistic")["p_value"].to_dict()


def rejected(effect, panels):
    found = pd.DataFrame(run(p_values, [effect] * panels, seed=7, workers=Workers(jobs=-1)))
    return (found <= 0.05).mean()


@pytest.mark.slow
def test_the_joint_test_of_members_of_all_kinds_holds_its_level(record_property):
    """Organisations with x are better off without it doing anything."""
    for name, share in (shares := rejected(0.0, 600)).items():
        record_property(name, f"{share:.3f}")
    assert shares.between(0.025, 0.08).all()


@pytest.mark.slow
def test_the_joint_test_of_members_of_all_kinds_sees_an_association(record_property):
    for effect, least in ((0.25, 0.15), (0.5, 0.65)):
        for name, share in (shares := rejected(effect, 200)).items():
            record_property(f"{name} {effect}", f"{share:.3f}")
        assert (shares > least).all()
