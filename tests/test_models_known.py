"""Every estimator gives what R, statsmodels, linearmodels and published tables give on the same rows."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panel_eis.models import Spec, fit

KNOWN = Path(__file__).parent / "known" / "models"
REFERENCE = pd.read_csv(KNOWN / "reference.csv", comment="#")
TESTS = pd.read_csv(KNOWN / "reference_tests.csv", comment="#").set_index("model")
GRUNFELD = pd.read_csv(KNOWN / "grunfeld.csv")
WINE = pd.read_csv(KNOWN / "wine.csv")
PANEL = pd.read_csv(KNOWN / "panel.csv", comment="#")

GRUNFELD_COLUMNS = {"outcome": "inv", "regressors": ("value", "capital"), "unit": "firm", "wave": "year"}
PANEL_COLUMNS = {
    "regressors": ("federation", "support", "size_log", "form"),
    "varying": ("federation", "support"),
    "interactions": (("federation", "support"),),
}


def panel_spec(estimator, weights=None, **changes):
    outcome = "ladder" if estimator == "ordered_logit" else "score"
    return Spec(
        **(
            {"name": "known", "outcome": outcome, "estimator": estimator, "weights": weights}
            | PANEL_COLUMNS
            | changes
        )
    )


def grunfeld_spec(estimator, wave_effects=False):
    varying = ("value", "capital") if estimator == "within_between" else ()
    columns = GRUNFELD_COLUMNS | {"varying": varying, "wave_effects": wave_effects}
    return Spec(name="grunfeld", estimator=estimator, **columns)


MODELS = {
    "grunfeld_pooled": (grunfeld_spec("pooled_ols"), GRUNFELD),
    "grunfeld_within": (grunfeld_spec("within"), GRUNFELD),
    "grunfeld_within_years": (grunfeld_spec("within", wave_effects=True), GRUNFELD),
    "grunfeld_within_between": (grunfeld_spec("within_between"), GRUNFELD),
    "wine_ordered": (
        Spec(
            name="wine",
            outcome="rating",
            estimator="ordered_logit",
            regressors=("temp", "contact"),
            unit="judge",
            wave="bottle",
            wave_effects=False,
        ),
        WINE,
    ),
} | {
    f"panel_{name}_{'weighted' if weights else 'unweighted'}": (panel_spec(estimator, weights), PANEL)
    for name, estimator in [
        ("pooled", "pooled_ols"),
        ("within", "within"),
        ("within_between", "within_between"),
        ("ordered", "ordered_logit"),
    ]
    for weights in (None, "weight")
}


def reference(model):
    return REFERENCE[REFERENCE["model"] == model].set_index("term")


@pytest.mark.parametrize("model", MODELS)
def test_coefficients_errors_and_sizes_are_those_of_r(model):
    """Every term of every model agrees with R: estimates and errors to 1e-6, rows and clusters exactly."""
    ours, theirs = fit(*MODELS[model]), reference(model)
    table = ours.coefficients.set_index("term")
    assert set(table.index) == set(theirs.index)
    table = table.loc[theirs.index]
    np.testing.assert_allclose(table["estimate"], theirs["estimate"], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(table["std_error"], theirs["std_error"], rtol=1e-6)
    assert (ours.n_rows, ours.n_clusters) == (theirs["n_rows"].iloc[0], theirs["n_clusters"].iloc[0])
    if ours.log_likelihood is not None:
        assert ours.log_likelihood == pytest.approx(theirs["log_likelihood"].iloc[0], rel=1e-10)


def test_the_reference_holds_every_model_and_no_other():
    """No reference goes unused, and no model is checked against nothing."""
    assert set(REFERENCE["model"]) == set(MODELS) | {"panel_polr", "panel_lmer"}


@pytest.mark.parametrize("weights", [None, "weight"])
def test_the_joint_test_of_within_against_between_is_that_of_r(weights):
    """The Wald test that within equals between agrees with R's algebra on R's clustered covariance."""
    ours = fit(panel_spec("within_between", weights), PANEL).tests["within_equals_between"]
    theirs = TESTS.loc[f"panel_within_between_{'weighted' if weights else 'unweighted'}"]
    assert ours["statistic"] == pytest.approx(theirs["statistic"], rel=1e-8)
    assert (ours["df"], ours["df_denominator"]) == (theirs["df"], theirs["df_denominator"])
    assert ours["p_value"] == pytest.approx(theirs["p_value"], rel=1e-8)


def test_polr_agrees_as_far_as_its_numerical_derivatives_go():
    """MASS::polr, another program with another optimiser, gives the ordered logit to 1e-4."""
    theirs = reference("panel_polr")
    table = fit(panel_spec("ordered_logit"), PANEL).coefficients.set_index("term").loc[theirs.index]
    np.testing.assert_allclose(table["estimate"], theirs["estimate"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(table["std_error"], theirs["std_error"], rtol=1e-3)


def test_a_random_intercept_does_not_move_the_within_coefficients():
    """lme4's mixed model with deviations and means has our within coefficients: no variance is needed."""
    theirs = reference("panel_lmer")
    table = fit(panel_spec("within_between"), PANEL).coefficients.set_index("term").loc[theirs.index]
    np.testing.assert_allclose(table["estimate"], theirs["estimate"], rtol=1e-6)


def test_published_tables_are_reproduced():
    """Grunfeld within (Baltagi, Econometric Analysis of Panel Data, table 2.1: .110, .310) and the wine
    ratings (Christensen, manual of R's ordinal: 2.503, 1.528, log-likelihood -86.49)."""
    grunfeld = fit(*MODELS["grunfeld_within"])
    assert round(grunfeld.term("value_within")["estimate"], 3) == 0.110
    assert round(grunfeld.term("capital_within")["estimate"], 3) == 0.310
    wine = fit(*MODELS["wine_ordered"])
    assert round(wine.term("temp[warm]")["estimate"], 3) == 2.503
    assert round(wine.term("contact[yes]")["estimate"], 3) == 1.528
    assert round(wine.log_likelihood, 2) == -86.49


def test_within_coefficients_and_errors_are_the_same_in_within_and_within_between():
    """On the same rows, with or without weights, the two agree; errors up to the small-sample factor."""
    seen_twice = PANEL[PANEL.groupby("unit")["wave"].transform("size") > 1]
    for weights in (None, "weight"):
        within = fit(panel_spec("within", weights), seen_twice)
        both = fit(panel_spec("within_between", weights), seen_twice)
        assert within.n_rows == both.n_rows
        left = within.coefficients.set_index("term")
        right = both.coefficients.set_index("term").loc[left.index]
        np.testing.assert_allclose(left["estimate"], right["estimate"], rtol=1e-9)
        factor = (both.n_rows - len(both.coefficients)) / (within.n_rows - len(within.coefficients))
        np.testing.assert_allclose(left["std_error"], right["std_error"] * np.sqrt(factor), rtol=1e-9)


@pytest.mark.parametrize("weights", [None, "weight"])
def test_linearmodels_agrees(weights):
    """linearmodels, asked for group_debias, gives the within coefficients and their errors to 1e-8."""
    from linearmodels.panel import PanelOLS

    ours = fit(panel_spec("within", weights), PANEL)
    rows = PANEL[PANEL.groupby("unit")["wave"].transform("size") > 1].set_index(["unit", "wave"])
    x = (
        pd.get_dummies(rows.index.get_level_values("wave").astype(str), drop_first=True).set_index(rows.index)
        * 1.0
    )
    x = x.rename(columns=lambda year: f"wave[{year}]").assign(
        federation_within=rows["federation"],
        support_within=rows["support"],
        **{"federation:support_within": rows["federation"] * rows["support"]},
    )
    model = PanelOLS(rows["score"], x, entity_effects=True, weights=rows[weights] if weights else None)
    theirs = model.fit(cov_type="clustered", cluster_entity=True, group_debias=True)
    table = ours.coefficients.set_index("term").loc[x.columns]
    np.testing.assert_allclose(table["estimate"], theirs.params, rtol=1e-8)
    np.testing.assert_allclose(table["std_error"], theirs.std_errors, rtol=1e-8)


def test_unit_effects_are_counted_only_where_clusters_cut_through_units():
    """Against least squares on unit dummies, which counts them always: equal when crossed, smaller when nested.

    The nested ratio is the 15 % (at four waves) by which packages differ, whatever the number of units.
    """
    from statsmodels.regression.linear_model import OLS

    rows = GRUNFELD.assign(region=(GRUNFELD["firm"] + GRUNFELD["year"]) % 30)
    dummies = pd.get_dummies(rows["firm"]).to_numpy(dtype=float)
    x = np.column_stack([rows[["value", "capital"]], dummies])
    for cluster, ratio in [("region", 1.0), ("firm", np.sqrt((200 - 12) / (200 - 2)))]:
        model = Spec(name="g", estimator="within", wave_effects=False, cluster=cluster, **GRUNFELD_COLUMNS)
        theirs = OLS(rows["inv"], x).fit(cov_type="cluster", cov_kwds={"groups": rows[cluster]})
        ours = fit(model, rows)
        np.testing.assert_allclose(ours.coefficients["std_error"], theirs.bse.iloc[:2] * ratio, rtol=1e-8)
        assert ("not nested" in ours.correction) == (cluster == "region")


def test_statsmodels_ordered_model_is_the_oracle_of_the_ordered_logit():
    """OrderedModel driven by BFGS has our estimates and likelihood; left to its default it stops short."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    regressors = ("federation", "support", "size_log")
    ours = fit(panel_spec("ordered_logit", regressors=regressors, varying=(), wave_effects=False), PANEL)
    x = PANEL[list(regressors)].assign(**{"federation:support": PANEL["federation"] * PANEL["support"]})
    model = OrderedModel(PANEL["ladder"], x, distr="logit")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = model.fit(method="bfgs", gtol=1e-8, maxiter=500, disp=False)
        default = model.fit(disp=False)
    estimates = ours.coefficients.set_index("term")["estimate"]
    np.testing.assert_allclose(estimates[x.columns], theirs.params.iloc[:4], atol=1e-4)
    thresholds = model.transform_threshold_params(theirs.params.to_numpy())[1:-1]
    np.testing.assert_allclose(estimates[[f"ladder[{j}|{j + 1}]" for j in range(5)]], thresholds, atol=1e-4)
    assert ours.log_likelihood == pytest.approx(theirs.llf, abs=1e-6)
    assert not default.mle_retvals["converged"]
