"""Weights against attrition: R's numbers, a known truth, and bounds without assumptions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panel_eis.errors import ModelError
from panel_eis.models import Spec, fit
from panel_eis.models.attrition import attrition_weights
from panel_eis.models.attrition_bounds import difference_bounds, mean_bounds
from panel_eis.models.attrition_fit import attrition_bootstrap, weighted_fit
from panel_eis.parallel import Workers, run

KNOWN = Path(__file__).parent / "known" / "models" / "attrition"


def long(wide):
    """Rows answered, and who was at risk when."""
    first = wide[["unit", "x", "z", "y1"]].rename(columns={"y1": "y"}).assign(wave="1")
    second = (
        wide.loc[wide["stays"] == 1, ["unit", "x", "z", "y2"]].rename(columns={"y2": "y"}).assign(wave="2")
    )
    panel = pd.concat([first, second]).sort_values(["unit", "wave"], ignore_index=True)
    followed = pd.DataFrame({"unit": np.repeat(wide["unit"], 2), "wave": np.tile(["1", "2"], len(wide))})
    return panel, followed


@pytest.fixture(scope="module")
def known():
    return long(pd.read_csv(KNOWN / "panel.csv"))


SPEC = Spec(
    name="w",
    outcome="y",
    estimator="pooled_ols",
    regressors=("x", "z"),
    wave_effects=False,
    sample="wave == '2'",
)


def test_the_logit_and_the_weighted_regression_are_those_of_r(known):
    panel, followed = known
    made = attrition_weights(panel, followed, ["y", "z"])
    told = pd.read_csv(KNOWN / "reference_logit.csv")["estimate"]
    np.testing.assert_allclose(made.parameters, told, rtol=1e-9)
    found = weighted_fit(SPEC, panel, made)
    by_r = pd.read_csv(KNOWN / "reference.csv").set_index("term").rename(index={"(Intercept)": "intercept"})
    factor = np.sqrt(found.n_clusters / (found.n_clusters - 1) * (found.n_rows - 1) / (found.n_rows - 3))
    simple = fit(replace(SPEC, weights="w"), panel.assign(w=made.weights))
    for term in ("x", "z", "intercept"):
        assert found.term(term)["estimate"] == pytest.approx(by_r.loc[term, "estimate"], rel=1e-9)
        assert found.term(term)["std_error"] == pytest.approx(factor * by_r.loc[term, "stacked"], rel=1e-7)
        assert simple.term(term)["std_error"] == pytest.approx(factor * by_r.loc[term, "known"], rel=1e-9)
    assert "stacked estimating equations" in found.correction


def draw(rng, units=250, back=True):
    """Three waves; y drifts by 0.3 more a wave for those with z; who had a high y leaves, and a third comes back."""
    a, z = rng.normal(size=units), rng.integers(0, 2, units)
    rows, last, here = [], np.full(units, np.nan), np.ones(units, dtype=bool)
    for t in range(3):
        y = a + 0.3 * t * z + 0.2 * t + rng.normal(0, 0.7, units)
        if t:
            again = rng.random(units) < 1 / (1 + np.exp(-(1.0 - 0.8 * last + 0.4 * z)))
            here = np.where(here, again, back * (rng.random(units) < 0.35)).astype(bool)
        last = np.where(here, y, last)
        rows.append(
            pd.DataFrame({"unit": range(units), "wave": str(t), "t": t, "z": z, "y": y, "answered": here})
        )
    whole = (
        pd.concat(rows).sort_values(["unit", "wave"], ignore_index=True).assign(tz=lambda d: d["t"] * d["z"])
    )
    return whole, whole.loc[whole["answered"]].reset_index(drop=True)


TREND = Spec(name="t", outcome="y", estimator="pooled_ols", regressors=("t", "z", "tz"), wave_effects=False)
TRUE = {"t": 0.2, "tz": 0.3}


@pytest.fixture(scope="module")
def drawn():
    return draw(np.random.default_rng(4))


@pytest.mark.parametrize("scheme", ["last_seen", "chained"])
@pytest.mark.parametrize("stabilise", [None, (), ("z",)])
def test_schemes_and_stabilised_weights_have_the_mean_they_should(drawn, scheme, stabilise):
    whole, panel = drawn
    made = attrition_weights(panel, whole, ["y", "z"], scheme=scheme, stabilise=stabilise)
    second = made.weights[(panel["wave"] == "1") & made.weights.notna()]
    expected = 250 / len(second) if stabilise is None else 1.0
    assert second.mean() == pytest.approx(expected, rel=0.06)
    assert (made.weights[panel["wave"] == "0"] == 1).all()
    np.testing.assert_array_equal(made.at(made.parameters), made.weights)
    assert list(made.table["wave"]) == ["1", "2"]


def test_trimmed_weights_stop_at_their_quantile(drawn):
    whole, panel = drawn
    plain = attrition_weights(panel, whole, ["y", "z"])
    made = attrition_weights(panel, whole, ["y", "z"], trim=0.95)
    later = panel["wave"] != "0"
    assert made.weights.max() == pytest.approx(np.quantile(plain.weights[later], 0.95))
    assert made.table["trimmed"].sum() == pytest.approx(0.05 * later.sum(), abs=1.5)


def test_order_of_rows_and_labels_of_units_change_nothing(drawn):
    whole, panel = drawn
    made = weighted_fit(TREND, panel, attrition_weights(panel, whole, ["y", "z"]))
    mixed = panel.sample(frac=1, random_state=1).assign(unit=lambda d: "u" + (999 - d["unit"]).astype(str))
    renamed = whole.assign(unit="u" + (999 - whole["unit"]).astype(str))
    mixed = mixed.sort_values(["wave", "unit"]).reset_index(drop=True)
    again = weighted_fit(TREND, mixed, attrition_weights(mixed, renamed, ["y", "z"]))
    np.testing.assert_allclose(again.coefficients["std_error"], made.coefficients["std_error"], rtol=1e-6)


def test_a_bootstrap_of_units_agrees_with_the_stacked_equations(drawn):
    whole, panel = drawn
    options = {"covariates": ["y", "z"]}
    stacked = weighted_fit(TREND, panel, attrition_weights(panel, whole, **options))
    drawn_again = attrition_bootstrap(TREND, panel, whole, options, rng=np.random.default_rng(1), draws=80)
    ratio = drawn_again.coefficients["std_error"] / stacked.coefficients["std_error"]
    assert ratio.between(0.8, 1.3).all()
    np.testing.assert_allclose(
        drawn_again.coefficients["estimate"], stacked.coefficients["estimate"], rtol=1e-9
    )


def test_a_unit_back_after_a_gap_has_a_weight_in_one_scheme_only(known):
    panel = pd.DataFrame({
        "unit": [*range(40), *range(20), *range(10), *range(25, 30)], "wave": ["0"] * 40 + ["1"] * 20 + ["2"] * 15,
        "y": np.random.default_rng(1).normal(size=75),
    })  # fmt: skip
    followed = pd.DataFrame({"unit": np.tile(range(40), 3), "wave": np.repeat(["0", "1", "2"], 40)})
    back = panel["unit"].between(25, 29) & (panel["wave"] == "2")
    chained = attrition_weights(panel, followed, ["y"], scheme="chained")
    assert chained.weights[back].isna().all()
    assert chained.weights[~back].notna().all()
    assert attrition_weights(panel, followed, ["y"]).weights.notna().all()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"covariates": ["yy"]}, "no column 'yy'; did you mean 'y'"),
        ({"covariates": ["y"], "scheme": "none"}, "no scheme"),
        ({"covariates": ["y"], "trim": 2}, "quantile"),
        ({"covariates": ["tell"]}, "separate"),
    ],
)
def test_what_cannot_be_weighed_is_named(drawn, options, told):
    whole, panel = drawn
    back = panel.groupby("unit")["wave"].transform("max") > panel["wave"]
    with pytest.raises(ModelError, match=told):
        attrition_weights(panel.assign(tell=back.astype(float)), whole, **options)


def test_attrition_for_good_asks_for_the_other_scheme():
    whole, panel = draw(np.random.default_rng(4), back=False)
    with pytest.raises(ModelError, match="use the scheme 'chained'"):
        attrition_weights(panel, whole, ["y", "z"])
    assert attrition_weights(panel, whole, ["y", "z"], scheme="chained").weights.notna().all()


def test_nobody_at_risk_and_other_rows_are_named(drawn):
    whole, panel = drawn
    with pytest.raises(ModelError, match="nobody is at risk"):
        attrition_weights(panel[panel["wave"] == "0"], whole, ["y"])
    made = attrition_weights(panel, whole, ["y"])
    with pytest.raises(ModelError, match="weights for"):
        weighted_fit(TREND, panel.head(100), made)
    with pytest.raises(ModelError, match="not linear"):
        weighted_fit(replace(TREND, estimator="ordered_logit"), panel, made)


def test_bounds_hold_the_truth_whatever_the_missing_answered():
    outcome = pd.Series([1.0, 0.0, 1.0, 1.0, np.nan, np.nan, 0.0, 1.0])
    told = mean_bounds(outcome, 0, 1)
    assert told["lower"] == pytest.approx(4 / 8)
    assert told["upper"] == pytest.approx(6 / 8)
    assert told["conf_low"] < told["lower"] < told["mean"] < told["upper"] < told["conf_high"]
    group = pd.Series([True] * 4 + [False] * 4)
    between = difference_bounds(outcome, group, 0, 1)
    assert between["lower"] == pytest.approx(3 / 4 - 3 / 4)
    assert between["upper"] == pytest.approx(3 / 4 - 1 / 4)


def test_bounds_without_missing_are_the_usual_interval():
    values = pd.Series(np.random.default_rng(1).integers(0, 2, 400).astype(float))
    told = mean_bounds(values, 0, 1)
    assert told["lower"] == told["upper"] == told["mean"]
    error = values.std(ddof=1) / 20
    assert told["conf_high"] - told["mean"] == pytest.approx(1.96 * error, rel=1e-3)
    group = pd.Series(np.arange(400) % 2 == 0)
    between = difference_bounds(values, group, 0, 1)
    parts = [values[group == g].var(ddof=0) / 200 for g in (True, False)]
    assert between["conf_high"] - between["mean"] == pytest.approx(1.96 * np.sqrt(sum(parts)), rel=5e-3)


@pytest.mark.parametrize(("values", "told"), [([np.nan, np.nan], "nobody"), ([2.0, 0.0], "outside")])
def test_bounds_refuse_what_has_none(values, told):
    with pytest.raises(ModelError, match=told):
        mean_bounds(pd.Series(values), 0, 1)


def recover(number, shared, rng):
    whole, panel = draw(rng)
    made = {s: attrition_weights(panel, whole, ["y", "z"], scheme=s) for s in ("last_seen", "chained")}
    fits = {"all": fit(TREND, whole), "complete": fit(TREND, panel)}
    fits |= {scheme: weighted_fit(TREND, panel, weights) for scheme, weights in made.items()}
    return {
        name: {
            t: [float(f.term(t)[c]) for c in ("estimate", "std_error", "conf_low", "conf_high")] for t in TRUE
        }
        for name, f in fits.items()
    }


@pytest.mark.slow
def test_weights_recover_the_truth_where_complete_cases_do_not(record_property):
    panels = run(recover, range(300), seed=20211, workers=Workers(jobs=-1))
    for term, true in TRUE.items():
        for name in ("all", "complete", "last_seen", "chained"):
            values = np.array([panel[name][term] for panel in panels])
            bias, sd, se = values[:, 0].mean() - true, values[:, 0].std(ddof=1), values[:, 1].mean()
            covered = np.mean((values[:, 2] <= true) & (true <= values[:, 3]))
            record_property(f"{term} {name}", f"{bias:+.3f} | {sd:.3f} | {se:.3f} | {covered:.3f}")
            if name == "complete" and term == "t":
                assert bias < -0.06
                assert covered < 0.8
            elif name != "complete" and term == "t":
                assert abs(bias) < 0.03
                assert covered > 0.89
