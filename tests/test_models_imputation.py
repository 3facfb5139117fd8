"""Multiple imputation: mice's rules and draws, a known truth, and structural gaps left alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from panel_eis.errors import ModelError
from panel_eis.models import Spec, fit, fit_imputed, impute, pool, read_fit, write_fit
from panel_eis.models.imputation_draws import DRAWS, Target, standardise
from panel_eis.models.pooling import rubin
from panel_eis.parallel import Workers

KNOWN = Path(__file__).parent / "known" / "models" / "imputation"
SPEC = Spec(
    name="m",
    outcome="y",
    estimator="within_between",
    regressors=("x", "z"),
    varying=("x", "z"),
    wave_effects=False,
)


def draw_truth(rng, units=150, waves=3):
    """Slopes within are 1 for x and 0.8 for z; a unit effect is correlated with both; no gap yet."""
    n = units * waves
    unit = np.repeat(np.arange(units), waves)
    a = rng.normal(0, 0.8, units)[unit]
    x = 0.6 * a + rng.normal(0, 0.5, units)[unit] + rng.normal(0, 1, n)
    z = (0.5 * a + rng.logistic(0, 1, n) > 0).astype(float)
    y = 1.0 * x + 0.8 * z + a + rng.normal(0, 1, n)
    return pd.DataFrame({"unit": unit, "wave": np.tile(np.arange(waves), units), "x": x, "z": z, "y": y})


def lose(panel, rng):
    """Lose a quarter of x and of z, more often where y is high: complete cases are not a random sample."""
    y = panel["y"] / panel["y"].std()
    low_x, low_z = (rng.random(len(panel)) < 1 / (1 + np.exp(-(s + 1.5 * y))) for s in (-1.6, -1.8))
    return panel.assign(x=panel["x"].mask(low_x), z=panel["z"].mask(low_z))


def everywhere(panel, *names):
    return pd.DataFrame(True, index=panel.index, columns=list(names))


@pytest.fixture(scope="module")
def gappy():
    rng = np.random.default_rng(11)
    return lose(draw_truth(rng, 80), rng)


KINDS = {"x": "continuous", "z": "binary"}


@pytest.fixture(scope="module")
def imputed(gappy):
    allowed = everywhere(gappy, "x", "z")
    return impute(
        gappy, KINDS, allowed, predictors=["y"], rng=np.random.default_rng(3), imputations=6, iterations=6
    )


def test_rubins_rules_are_those_of_mice():
    fits, told = (pd.read_csv(KNOWN / f"nhanes_{name}.csv") for name in ("fits", "pooled"))
    large = pd.read_csv(KNOWN / "nhanes_pooled_large.csv")
    estimates = fits.pivot(index="imputation", columns="term", values="estimate")[told["term"]].to_numpy()
    errors = fits.pivot(index="imputation", columns="term", values="std_error")[told["term"]].to_numpy()
    covariances = np.array([np.diag(row**2) for row in errors])
    ours = rubin(estimates, covariances, 21.0)
    for name, values in (
        ("estimate", ours.estimate), ("t", np.diag(ours.covariance)), ("df", ours.df), ("riv", ours.increase),
        ("lambda", ours.missing_share), ("fmi", ours.missing_information),
    ):  # fmt: skip
        np.testing.assert_allclose(values, told[name], rtol=1e-10, err_msg=name)
    normal = rubin(estimates, covariances)
    np.testing.assert_allclose(normal.df, large["df"], rtol=1e-10)
    np.testing.assert_allclose(normal.missing_information, large["fmi"], rtol=1e-10)


def test_least_squares_on_the_sets_of_mice_gives_its_estimates():
    sets = pd.read_csv(KNOWN / "nhanes_sets.csv").assign(wave=0)
    spec = Spec(name="n", outcome="chl", estimator="pooled_ols", regressors=("age", "bmi", "hyp"), unit=".id")
    found = pool([fit(spec, rows.drop(columns=".imp")) for _, rows in sets.groupby(".imp")])
    told = pd.read_csv(KNOWN / "nhanes_pooled.csv").set_index("term")["estimate"]
    for term in ("age", "bmi", "hyp"):
        assert found.term(term)["estimate"] == pytest.approx(told[term], rel=1e-10)


@pytest.mark.parametrize("method", ["norm", "pmm"])
def test_draws_for_nhanes_have_the_mean_and_spread_of_those_of_mice(method):
    nhanes = pd.read_csv(KNOWN / "nhanes.csv").assign(unit=range(25), wave=0)
    kind = {"norm": "continuous", "pmm": "pmm"}[method]
    kinds = dict.fromkeys(("bmi", "hyp", "chl"), kind)
    ours = impute(
        nhanes, kinds, everywhere(nhanes, *kinds), predictors=["age"], rng=np.random.default_rng(1),
        imputations=150, iterations=8,
    )  # fmt: skip
    told = pd.read_csv(KNOWN / "nhanes_draws.csv").query("method == @method").set_index("variable")
    for name in kinds:
        values = np.concatenate([drawn[name] for drawn in ours.drawn])
        spread = told.loc[name, "sd"]
        assert abs(values.mean() - told.loc[name, "mean"]) < 0.2 * spread, name
        assert 0.75 < values.std() / spread < 1.3, name


def test_the_logit_draws_for_nhanes_have_the_share_of_those_of_mice():
    # 17 answers: priors show. Pseudo-observations of mice pull towards one half, our normal prior towards no slope.
    nhanes = pd.read_csv(KNOWN / "nhanes.csv").assign(unit=range(25), wave=0)
    kinds = {"bmi": "continuous", "hyp": "binary", "chl": "continuous"}
    ours = impute(
        nhanes, kinds, everywhere(nhanes, *kinds), predictors=["age"], rng=np.random.default_rng(2),
        imputations=100, iterations=6,
    )  # fmt: skip
    share = np.mean(np.concatenate([drawn["hyp"] for drawn in ours.drawn]) == 2)
    assert share == pytest.approx(pd.read_csv(KNOWN / "nhanes_logreg.csv")["share"][0], abs=0.1)


def test_structural_gaps_stay_and_answers_are_never_changed(gappy):
    allowed = everywhere(gappy, "x", "z")
    closed = gappy["wave"] == 1
    allowed.loc[closed, "x"] = False
    ours = impute(
        gappy, KINDS, allowed, predictors=["y"], rng=np.random.default_rng(3), imputations=2, iterations=3
    )
    before = gappy.copy()
    for number in range(2):
        done = ours.complete(number)
        assert done.loc[closed, "x"].equals(gappy.loc[closed, "x"])
        assert done.loc[~closed, "x"].notna().all()
        assert done["z"].notna().all()
        for name in ("x", "z", "y"):
            pd.testing.assert_series_equal(done.loc[gappy[name].notna(), name], gappy[name].dropna())
    pd.testing.assert_frame_equal(gappy, before)


def test_imputed_columns_keep_their_types():
    rng = np.random.default_rng(8)
    panel = draw_truth(rng, 40)
    grade = pd.cut(panel["y"], [-np.inf, -1, 1, np.inf], labels=["low", "middle", "high"], ordered=True)
    typed = panel.assign(
        z=panel["z"].astype("boolean"),
        grade=grade,
        count=pd.array(np.round(panel["x"]).astype(int), dtype="Int64"),
    )
    lost = rng.random((len(typed), 3)) < 0.2
    for j, name in enumerate(("z", "grade", "count")):
        typed[name] = typed[name].mask(lost[:, j])
    kinds = {"z": "binary", "grade": "ordinal", "count": "pmm"}
    done = impute(
        typed, kinds, everywhere(typed, *kinds), predictors=["x"], rng=rng, imputations=2, iterations=3
    ).complete(1)
    assert done.dtypes.equals(typed.dtypes)
    assert done[list(kinds)].notna().all().all()
    assert set(done["count"].unique()) <= set(typed["count"].dropna().unique())


def test_imputations_are_the_same_for_any_number_of_workers(gappy, imputed):
    again = impute(
        gappy, KINDS, everywhere(gappy, "x", "z"), predictors=["y"], rng=np.random.default_rng(3), imputations=6,
        iterations=6, workers=Workers(jobs=2),
    )  # fmt: skip
    assert again.drawn == imputed.drawn


SHORT = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def impute_shortly(panel):
    allowed = everywhere(panel, "x", "z")
    rng = np.random.default_rng(3)
    return impute(panel, KINDS, allowed, predictors=["y"], rng=rng, imputations=2, iterations=2)


@SHORT
@given(seed=st.integers(0, 1000))
def test_order_of_rows_changes_no_imputed_bit(gappy, seed):
    """Rows in any order get the same answers, and the pooled fit is the same."""
    shuffled = gappy.sample(frac=1, random_state=seed)
    left, right = impute_shortly(gappy), impute_shortly(shuffled)
    for number in range(2):
        pd.testing.assert_frame_equal(
            right.complete(number).loc[gappy.index], left.complete(number), check_exact=True
        )
    pd.testing.assert_frame_equal(fit_imputed(SPEC, left).coefficients, fit_imputed(SPEC, right).coefficients)


@SHORT
@given(factor=st.sampled_from([1e-3, 0.1, 7.0, 1e4]), shift=st.sampled_from([0.0, -3.0, 50.0]))
def test_units_of_measurement_and_names_of_units_rescale_what_is_imputed(gappy, factor, shift):
    """An imputed variable in other units gets its answers in these, whatever organisations are called."""
    left = impute_shortly(gappy).complete(0)
    named = gappy.assign(
        unit=gappy["unit"].map("SYN-{:05d}".format), x=(gappy["x"] + shift) * factor, y=gappy["y"] * factor
    )
    right = impute_shortly(named).complete(0)
    np.testing.assert_allclose(right["x"] / factor - shift, left["x"], rtol=1e-7, atol=1e-7)
    np.testing.assert_array_equal(right["z"], left["z"])


def test_a_constant_predictor_changes_nothing(gappy):
    left = impute_shortly(gappy)
    more = gappy.assign(constant=3.0)
    allowed = everywhere(more, "x", "z")
    right = impute(
        more,
        KINDS,
        allowed,
        predictors=["y", "constant"],
        rng=np.random.default_rng(3),
        imputations=2,
        iterations=2,
    )
    np.testing.assert_allclose(right.complete(0)["x"], left.complete(0)["x"], rtol=1e-8)


def test_chains_mix(imputed):
    assert imputed.mixing().between(0.8, 1.6).all()
    assert set(imputed.trace["iteration"]) == set(range(1, 7))


def test_the_pooled_fit_says_how_it_was_made_and_is_stored_whole(imputed, tmp_path):
    found = fit_imputed(SPEC, imputed)
    assert "Rubin's rules over 6 imputations of CR1" in found.correction
    assert "Barnard–Rubin" in found.inference
    assert found.n_rows == 240
    assert 0 < found.extras["fmi x_within"] < 1
    assert found.extras["df x_within"] < found.n_clusters - 1
    write_fit(found, tmp_path / "m.json")
    assert repr(read_fit(tmp_path / "m.json")) == repr(found)
    single = fit(SPEC, imputed.complete(0)).term("x_within")["std_error"]
    assert found.term("x_within")["std_error"] > 0.9 * single


def test_what_follows_from_imputed_answers_is_made_anew(imputed):
    spec = Spec(name="s", outcome="y", estimator="pooled_ols", regressors=("sum",))
    found = fit_imputed(spec, imputed, finish=lambda panel: panel.assign(sum=panel["x"] + panel["z"]))
    by_hand = [
        fit(spec, done.assign(sum=done["x"] + done["z"])).term("sum")["estimate"]
        for done in map(imputed.complete, range(6))
    ]
    assert found.term("sum")["estimate"] == pytest.approx(np.mean(by_hand), rel=1e-12)


def test_a_random_intercept_carries_what_rows_of_a_unit_share():
    """Two of three rows known: the third is drawn near the unit's level, not near the mean of all."""
    rng = np.random.default_rng(1)
    unit = np.repeat(np.arange(100), 3)
    level = rng.normal(0, 3, 100)
    y = level[unit] + rng.normal(0, 0.5, 300)
    seen = np.tile([True, True, False], 100)
    for kind in ("continuous", "pmm"):
        x = np.empty((300, 0))
        if kind == "pmm":
            sums = np.bincount(unit, weights=np.where(seen, y, 0.0), minlength=100)[unit]
            x = ((sums - np.where(seen, y, 0)) / np.where(seen, 1, 2))[:, None]
        drawn = DRAWS[kind](Target(y, seen, standardise(x), unit), rng)
        assert np.corrcoef(drawn, level)[0, 1] > 0.95


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kinds": {"w": "continuous"}}, "no column 'w'"),
        ({"kinds": {"x": "magic"}}, "no step called 'magic'"),
        ({"kinds": {"name": "pmm"}}, "neither numbers nor an order"),
        ({"kinds": {"few": "pmm"}}, "2 answers"),
        ({"kinds": {"same": "pmm"}}, "constant"),
        ({"kinds": {"x": "binary"}}, "called binary"),
        ({"allowed": 3}, "the mask has 3 rows"),
        ({"kinds": {"z": "binary"}, "mask": ["x"]}, "the mask says nothing about z"),
    ],
)
def test_what_cannot_be_imputed_is_named(gappy, change, told):
    few = gappy["x"].where(np.arange(len(gappy)) < 3)
    panel = gappy.assign(name="a", few=few, same=gappy["x"].where(gappy["x"].isna(), 1.0))
    kinds = change.get("kinds", {"x": "continuous"})
    allowed = everywhere(panel, *change.get("mask", kinds))
    if "allowed" in change:
        allowed = allowed.head(3)
    with pytest.raises(ModelError, match=told):
        impute(panel, kinds, allowed, rng=np.random.default_rng(1), imputations=2)


def test_perfect_separation_gives_draws_not_an_error():
    rng = np.random.default_rng(5)
    x = rng.normal(size=120)
    y = (x > 0).astype(float)
    seen = rng.random(120) < 0.7
    drawn = DRAWS["binary"](Target(y, seen, standardise(x[:, None]), np.arange(120)), rng)
    assert np.mean(drawn == y[~seen]) > 0.75


def test_fits_that_are_not_of_one_model_are_not_pooled(gappy):
    one = fit(SPEC, gappy)
    fewer = fit(SPEC, gappy.head(150))
    with pytest.raises(ModelError, match="different rows or terms"):
        pool([one, fewer])
    with pytest.raises(ModelError, match="two imputations or more"):
        pool([one])


def recover(number, shared, rng):
    """Estimates and intervals of x and z within: all seen, complete cases, imputed."""
    whole = draw_truth(rng)
    panel = lose(whole, rng)
    imputed = impute(
        panel, KINDS, everywhere(panel, "x", "z"), predictors=["y"], rng=rng, imputations=15, iterations=8
    )
    fits = {"all": fit(SPEC, whole), "complete": fit(SPEC, panel), "imputed": fit_imputed(SPEC, imputed)}
    return {
        name: {
            t: [float(f.term(t)[c]) for c in ("estimate", "std_error", "conf_low", "conf_high")] for t in TRUE
        }
        for name, f in fits.items()
    }


TRUE = {"x_within": 1.0, "z_within": 0.8}


@pytest.mark.slow
def test_imputation_recovers_the_truth_where_complete_cases_do_not(tmp_path):
    from panel_eis.parallel import run

    panels = run(recover, range(240), seed=20211, workers=Workers(jobs=-1))
    table = []
    for term, true in TRUE.items():
        for name in ("all", "complete", "imputed"):
            values = np.array([panel[name][term] for panel in panels])
            bias, sd, se = values[:, 0].mean() - true, values[:, 0].std(ddof=1), values[:, 1].mean()
            covered = np.mean((values[:, 2] <= true) & (true <= values[:, 3]))
            table.append(
                f"{term} {name}: bias {bias:+.3f}, sd {sd:.3f}, mean error {se:.3f}, coverage {covered:.3f}"
            )
            if name == "complete":
                assert bias < -0.04
            else:
                assert abs(bias) < 0.04
                assert 0.91 <= covered <= 0.985
    (tmp_path / "table.txt").write_text("\n".join(table), encoding="utf-8")
