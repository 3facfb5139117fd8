"""Random effects, differences and errors for few clusters give what R gives, and what refits by hand give."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panel_eis.errors import ModelError
from panel_eis.models import Spec, fit
from panel_eis.models.design import pooled_design, split_design
from panel_eis.models.selection import select_rows
from panel_eis.models.small_sample import robust

KNOWN = Path(__file__).parent / "known" / "models"
REFERENCE = pd.read_csv(KNOWN / "linear" / "reference.csv", comment="#")
GRUNFELD = pd.read_csv(KNOWN / "grunfeld.csv")
UNBALANCED = GRUNFELD[
    ~((GRUNFELD["firm"] <= 3) & (GRUNFELD["year"] < 1940))
    & ~((GRUNFELD["firm"] == 9) & (GRUNFELD["year"] % 2 == 0))
]
PANEL = pd.read_csv(KNOWN / "panel.csv", comment="#").assign(
    region=lambda frame: frame["form"] + frame["wave"].astype(str),
    zone=lambda frame: (frame["unit"].str.removeprefix("SYN-").astype(int) + frame["wave"]) % 24,
)


def grunfeld(estimator):
    return Spec(
        name="g", outcome="inv", estimator=estimator, regressors=("value", "capital"), unit="firm", wave="year",
        wave_effects=False,
    )  # fmt: skip


def model(estimator, **changes):
    regressors = ("federation", "support", "size_log")
    return Spec(
        **({"name": "m", "outcome": "score", "estimator": estimator, "regressors": regressors} | changes)
    )


MODELS = {
    "grunfeld_random": (grunfeld("random_effects"), GRUNFELD),
    "grunfeld_random_unbalanced": (grunfeld("random_effects"), UNBALANCED),
    "grunfeld_first_difference": (grunfeld("first_difference"), GRUNFELD),
    "grunfeld_mixed": (grunfeld("random_intercept"), GRUNFELD),
    "grunfeld_mixed_unbalanced": (grunfeld("random_intercept"), UNBALANCED),
    "panel_random": (model("random_effects"), PANEL),
    "panel_mixed": (model("random_intercept"), PANEL),
    "panel_pooled": (model("pooled_ols"), PANEL),
    "panel_pooled_region": (model("pooled_ols", cluster="region"), PANEL),
    "panel_pooled_weighted": (model("pooled_ols", weights="weight"), PANEL),
    "panel_within": (model("within"), PANEL),
    "panel_within_weighted": (model("within", weights="weight"), PANEL),
    "panel_first_difference": (model("first_difference"), PANEL),
    "panel_first_difference_weighted": (model("first_difference", weights="weight"), PANEL),
    "panel_long_difference": (model("long_difference"), PANEL),
    "panel_long_difference_weighted": (model("long_difference", weights="weight"), PANEL),
}


@pytest.mark.parametrize(
    ("name", "kind"), dict.fromkeys(zip(REFERENCE["model"], REFERENCE["kind"], strict=True))
)
def test_estimates_errors_and_degrees_of_freedom_are_those_of_r(name, kind):
    """plm, sandwich and clubSandwich, or a jackknife by hand in R: estimates and errors to 1e-7, df to 1e-6."""
    theirs = REFERENCE[(REFERENCE["model"] == name) & (REFERENCE["kind"] == kind)].set_index("term")
    spec, frame = MODELS[name]
    ours = fit(spec, frame)
    if kind != "CR1":
        kind, cluster = ("CR1", ("unit", "zone")) if kind == "two" else (kind, None)
        ours = robust(ours, frame, kind, cluster)
    table = ours.coefficients.set_index("term").loc[theirs.index]
    searched = 100 if spec.estimator == "random_intercept" else 1  # lmer's optimiser stops at about 1e-6
    np.testing.assert_allclose(table["estimate"], theirs["estimate"], rtol=1e-7 * searched, atol=1e-10)
    np.testing.assert_allclose(table["std_error"], theirs["std_error"], rtol=1e-7 * searched)
    if theirs["df"].notna().all():
        df = [ours.extras[f"df {term}"] for term in theirs.index]
        np.testing.assert_allclose(df, theirs["df"], rtol=1e-6)
    if theirs["extra"].notna().any():
        found = [ours.extras["residual_sd"], ours.extras["unit_sd"]]
        np.testing.assert_allclose(found, theirs["extra"].dropna(), rtol=1e-9 * searched**2)


@pytest.mark.parametrize("weights", [None, "weight"])
def test_a_random_intercept_is_at_the_top_of_its_restricted_likelihood(weights):
    """No ratio of variances near ours has a higher likelihood, written out with the covariance of each unit."""
    spec = model("random_intercept", weights=weights)
    ours = fit(spec, PANEL)
    rows = select_rows(spec, PANEL)
    x = pooled_design(spec, rows).x
    y, w = rows.frame["score"].to_numpy(dtype=float), rows.weights

    def likelihood(ratio):
        inverse, half_log = np.zeros((len(y), len(y))), 0.0
        for first, size in zip(rows.starts, rows.sizes, strict=True):
            own = slice(first, first + size)
            covariance = np.diag(1 / w[own]) + ratio
            inverse[own, own] = np.linalg.inv(covariance)
            half_log += np.linalg.slogdet(covariance)[1]
        information = x.T @ inverse @ x
        rest = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
        df = len(y) - x.shape[1]
        return -(df * np.log(rest @ inverse @ rest) + half_log + np.linalg.slogdet(information)[1])

    ratio = (ours.extras["unit_sd"] / ours.extras["residual_sd"]) ** 2
    step = 1e-4 * ratio
    at, below, above = likelihood(ratio), likelihood(ratio - step), likelihood(ratio + step)
    assert at > below and at > above  # noqa: PT018
    assert abs(above - below) < 0.02 * (2 * at - above - below)


def test_a_random_intercept_without_variance_is_pooled_least_squares():
    """Where units do not differ at all the variance is nil, and a warning says so."""
    rng = np.random.default_rng(2)
    frame = PANEL.assign(score=rng.normal(size=len(PANEL)))
    frame["score"] -= 0.9 * frame.groupby("unit")["score"].transform("mean")
    ours, pooled = fit(model("random_intercept"), frame), fit(model("pooled_ols"), frame)
    np.testing.assert_allclose(ours.coefficients["estimate"], pooled.coefficients["estimate"], rtol=1e-9)
    assert ours.extras["unit_sd"] == 0
    assert [warning for warning in ours.warnings if "pooled least squares" in warning]


def test_no_reference_goes_unused():
    """Every model of the file is fitted, and every fitted model is in the file."""
    assert set(REFERENCE["model"]) == set(MODELS)


def test_the_textbook_numbers_of_random_effects_are_reproduced():
    """Grunfeld, Swamy–Arora (Baltagi, Econometric Analysis of Panel Data, table 2.1: .110, .308; θ = .861)."""
    ours = fit(*MODELS["grunfeld_random"])
    assert round(ours.term("value")["estimate"], 3) == 0.110
    assert round(ours.term("capital")["estimate"], 3) == 0.308
    unit, residual = ours.extras["unit_sd"], ours.extras["residual_sd"]
    assert round(1 - residual / np.sqrt(residual**2 + 20 * unit**2), 3) == 0.861


@pytest.mark.parametrize("weights", [None, "weight"])
def test_random_effects_with_unit_means_have_the_within_coefficients(weights):
    """Mundlak: whatever the variances and the weights, the deviations' coefficients are those of ``within``."""
    spec = model("random_effects", varying=("federation", "support"), weights=weights)
    both, alone = fit(spec, PANEL), fit(replace(spec, estimator="within_between"), PANEL)
    for term in ("federation_within", "support_within"):
        assert both.term(term)["estimate"] == pytest.approx(alone.term(term)["estimate"], rel=1e-9)
    assert "within_equals_between" in both.tests


def test_the_between_variance_is_learnt_from_means_alone():
    """Deviations have a mean of zero but for rounding: they take no part in the between regression."""
    spec = model("random_effects", varying=("federation", "support"))
    ours, rows = fit(spec, PANEL), select_rows(spec, PANEL)
    design, y = split_design(spec, rows), rows.frame["score"].to_numpy(dtype=float)
    still = [j for j, term in enumerate(design.terms) if term.part in ("pooled", "between", "intercept")]
    means = np.array([np.bincount(rows.unit, design.x[:, j]) for j in still]).T / rows.sizes[:, None]
    root = np.sqrt(rows.sizes)
    x, outcome = means * root[:, None], np.bincount(rows.unit, y) / root
    rest = outcome - x @ np.linalg.lstsq(x, outcome)[0]
    trace = np.trace(np.linalg.solve(x.T @ x, (x * root[:, None]).T @ (x * root[:, None])))
    unit = rest @ rest - (rows.n_units - len(still)) * ours.extras["residual_sd"] ** 2
    assert ours.extras["unit_sd"] ** 2 == pytest.approx(unit / (rows.n_rows - trace), rel=1e-9)


@pytest.mark.parametrize("weights", [None, "weight"])
@pytest.mark.parametrize("size", [0.0, 1e5])
def test_random_effects_lie_between_pooled_and_within(weights, size):
    """With no unit variance they are pooled least squares, and with an enormous one within least squares."""
    own = np.random.default_rng(1).normal(size=PANEL["unit"].nunique())[pd.factorize(PANEL["unit"])[0]]
    noise = np.random.default_rng(2).normal(size=len(PANEL))
    noise -= (
        pd.Series(noise).groupby(PANEL["unit"].to_numpy()).transform("mean").to_numpy() if not size else 0
    )
    frame = PANEL.assign(score=0.3 * PANEL["federation"] + size * own + noise)
    spec = model("random_effects", weights=weights)
    found = fit(spec, frame)
    if size:
        other = fit(replace(spec, estimator="within"), frame).term("federation_within")["estimate"]
        assert found.term("federation")["estimate"] == pytest.approx(other, abs=1e-4)
    else:
        other = fit(replace(spec, estimator="pooled_ols"), frame).term("federation")["estimate"]
        assert found.extras["unit_sd"] == 0
        assert any("set to 0: this is pooled least squares" in warning for warning in found.warnings)
        assert found.term("federation")["estimate"] == pytest.approx(other, rel=1e-10)


def test_two_waves_make_all_ways_of_looking_at_change_one():
    """Within, first and long differences agree in estimates and errors when every unit has two waves."""
    frame = PANEL[PANEL["wave"].isin([2019, 2021])]
    frame = frame[frame.groupby("unit")["wave"].transform("size") == 2]
    within, first, long = (fit(model(e), frame) for e in ("within", "first_difference", "long_difference"))
    for other in (first, long):
        np.testing.assert_allclose(within.coefficients["estimate"], other.coefficients["estimate"], rtol=1e-9)
        half = (within.n_rows - 1) / (within.n_rows - 3) * (other.n_rows - 3) / (other.n_rows - 1)
        np.testing.assert_allclose(
            within.coefficients["std_error"], other.coefficients["std_error"] * np.sqrt(half), rtol=1e-9
        )


def test_every_row_of_a_difference_is_accounted_for():
    """Rows used are pairs; the rows they start from are counted as such, and all add up to the panel."""
    for estimator in ("first_difference", "long_difference"):
        found = fit(model(estimator), PANEL)
        assert found.n_rows + sum(found.dropped.values()) == len(PANEL)
        assert found.n_switchers == fit(model("within"), PANEL).n_switchers


def test_a_trend_has_a_first_difference():
    """Its change is constant, which without an intercept is a regressor like any other."""
    found = fit(model("first_difference", regressors=("wave",), wave_effects=False), PANEL)
    assert list(found.coefficients["term"]) == ["wave_within"]


def test_random_effects_refuse_what_cannot_tell_the_variances_apart():
    """One wave a unit has no residual variance of its own."""
    with pytest.raises(ModelError, match="cannot tell a unit variance from a residual one"):
        fit(model("random_effects"), PANEL[PANEL["wave"] == 2019])


def test_cr1_by_another_column_is_the_fit_by_that_column():
    """Asking afterwards or in the Spec is the same."""
    later = robust(fit(model("pooled_ols"), PANEL), PANEL, "CR1", "region")
    before = fit(model("pooled_ols", cluster="region"), PANEL)
    pd.testing.assert_frame_equal(later.coefficients, before.coefficients)
    assert repr(later) == repr(before)


def test_errors_that_cannot_be_had_are_refused():
    """Unknown kinds, two ways of CR2, clusters that cut through units, another panel, lost rows, other models."""
    within, pooled = fit(model("within"), PANEL), fit(model("pooled_ols"), PANEL)
    for match, found, frame, kind, cluster in [
        ("no errors are called 'CR9'", within, PANEL, "CR9", None),
        ("not defined for clusters of two kinds", within, PANEL, "CR2", ("unit", "region")),
        ("CR3 needs units nested in clusters", within, PANEL, "CR3", "region"),
        ("CR2 needs units nested", fit(model("random_effects"), PANEL), PANEL, "CR2", "region"),
        ("other rows or terms", pooled, PANEL.iloc[1:], "CR2", None),
        ("other estimates", pooled, PANEL.assign(score=PANEL["score"] * 1.01), "CR2", None),
        (
            "rows have no region",
            pooled,
            PANEL.assign(region=PANEL["region"].where(PANEL.index > 4)),
            "CR1",
            "region",
        ),
        (
            "ordered_logit is not linear",
            fit(model("ordered_logit", outcome="ladder"), PANEL),
            PANEL,
            "CR2",
            None,
        ),
    ]:
        with pytest.raises(ModelError, match=match):
            robust(found, frame, kind, cluster)


@pytest.mark.parametrize("kind", ["CR2", "CR3"])
def test_a_term_told_by_one_cluster_alone_is_said(kind):
    """A dummy of one organisation has nothing to be compared with: a generalised inverse, and a warning."""
    frame = PANEL.assign(lone=PANEL["unit"] == "SYN-0003")
    found = robust(fit(model("pooled_ols", regressors=("federation", "lone")), frame), frame, kind)
    assert any("1 cluster is alone in telling a coefficient" in warning for warning in found.warnings)
    assert np.isfinite(found.coefficients["std_error"]).all()


def test_two_way_errors_that_are_not_positive_are_mended_and_said():
    """V_A + V_B - V_AB need not be a covariance."""
    rng = np.random.default_rng(5)
    for _ in range(40):
        frame = PANEL.assign(half=rng.integers(0, 2, len(PANEL)), score=rng.normal(size=len(PANEL)))
        found = robust(fit(model("pooled_ols"), frame), frame, "CR1", ("unit", "half"))
        if any("not positive" in warning for warning in found.warnings):
            assert np.linalg.eigvalsh(found.covariance)[0] > -1e-12
            return
    pytest.fail("no such covariance met")
