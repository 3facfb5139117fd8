"""Models of change and of a bounded score against R and csdid (tests/known/models/change, with the scripts that made it)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panel_eis.models import (
    Spec,
    average_marginal_effects,
    event_study,
    fit,
    hazard,
    lee_bounds,
    transition_table,
    transitions,
)

KNOWN = Path(__file__).parent / "known" / "models" / "change"
PLAIN = ("member", "support", "size_log")


@pytest.fixture(scope="module")
def panel():
    return pd.read_csv(KNOWN / "panel.csv", comment="#")


@pytest.fixture(scope="module")
def reference():
    table = pd.read_csv(KNOWN / "reference.csv", comment="#")
    return {name: rows.set_index("term") for name, rows in table.groupby("model")}


def assert_agrees(found, wanted, *, rtol=1e-6, error_rtol=1e-5, names=lambda term: term):
    rows = wanted[wanted["std_error"].notna()]
    ours = found.coefficients.set_index("term").loc[[names(t) for t in rows.index]]
    scale = np.abs(rows["estimate"]).max()
    np.testing.assert_allclose(ours["estimate"], rows["estimate"], rtol=rtol, atol=rtol * scale)
    np.testing.assert_allclose(ours["std_error"], rows["std_error"], rtol=error_rtol)
    assert (found.n_rows, found.n_units) == (rows["n_rows"].iloc[0], rows["n_units"].iloc[0])


@pytest.mark.parametrize("weights", [None, "weight"])
@pytest.mark.parametrize("law", ["logit", "probit"])
def test_fractional_models_are_glm_quasibinomial_with_clustered_errors(panel, reference, law, weights):
    spec = Spec(name="f", outcome="score", estimator=f"fractional_{law}", regressors=PLAIN, weights=weights)
    assert_agrees(fit(spec, panel), reference[f"fractional {law}{' weighted' if weights else ''}"])


def test_correlated_random_effects_and_their_marginal_effect_are_those_of_r(panel, reference):
    spec = Spec(
        name="f",
        outcome="score",
        estimator="fractional_probit",
        regressors=PLAIN,
        varying=("member", "support"),
    )
    found, wanted = fit(spec, panel), reference["fractional probit cre"]
    assert_agrees(found, wanted.drop("AME member"))
    effect = average_marginal_effects(found, panel, ["member"]).iloc[0]
    assert effect["estimate"] == pytest.approx(wanted.loc["AME member", "estimate"], rel=1e-6)
    assert effect["std_error"] == pytest.approx(wanted.loc["AME member", "std_error"], rel=1e-5)


@pytest.mark.parametrize(("outcome", "law"), [("score", "logit"), ("score", "probit"), ("adopted", "logit")])
def test_gee_is_geepack(panel, reference, outcome, law):
    spec = Spec(name="g", outcome=outcome, estimator=f"gee_{law}", regressors=PLAIN)
    wanted = reference[f"gee {law} {outcome}"]
    found = fit(spec, panel)
    assert_agrees(found, wanted)
    assert found.extras["alpha"] == pytest.approx(wanted.loc["alpha", "estimate"], abs=1e-6)
    assert found.extras["scale"] == pytest.approx(wanted.loc["scale", "estimate"], rel=1e-6)


def test_gee_weights_count_units_as_often_as_geepack_when_they_are_repeated(panel, reference):
    frame = panel.assign(often=(2 * panel["weight"]).round())
    spec = Spec(name="g", outcome="score", estimator="gee_logit", regressors=PLAIN, weights="often")
    found, wanted = fit(spec, frame), reference["gee logit score repeated"]
    ours = found.coefficients.set_index("term")["estimate"]
    plain = wanted.drop(["alpha", "scale"])
    np.testing.assert_allclose(ours.loc[plain.index], plain["estimate"], rtol=1e-6, atol=1e-6)
    assert found.extras["alpha"] == pytest.approx(wanted.loc["alpha", "estimate"], abs=1e-6)


def test_statsmodels_gives_the_same_gee_and_fractional_model(panel):
    """A second opinion, on the default link of each."""
    import statsmodels.api as sm

    rows = panel.dropna(subset=["score"])
    x = sm.add_constant(rows[list(PLAIN)].astype(float))
    oracle = sm.GEE(
        rows["score"],
        x,
        groups=rows["unit"],
        family=sm.families.Binomial(),
        cov_struct=sm.cov_struct.Exchangeable(),
    )
    theirs = oracle.fit(ctol=1e-10, maxiter=200)
    spec = Spec(name="g", outcome="score", estimator="gee_logit", regressors=PLAIN, wave_effects=False)
    ours = fit(spec, panel).coefficients.set_index("term")["estimate"]
    # statsmodels takes degrees of freedom off α, so slopes agree closely and not to the last digit
    np.testing.assert_allclose(ours.loc[list(PLAIN)], theirs.params[list(PLAIN)], rtol=0.02, atol=1e-3)


def _names(event):
    def name(term):
        return f"{event}[0|1]" if term == "threshold" else term

    return name


@pytest.mark.parametrize("ends", [False, True])
def test_hazards_are_those_of_r_on_rows_made_by_a_loop(panel, reference, ends):
    event = "adopted_ends" if ends else "adopted_begins"
    label = "ends" if ends else "begins"
    base = {"name": "h", "outcome": "adopted", "regressors": PLAIN}
    plain = hazard(Spec(**base, estimator="cloglog"), panel, ends=ends)
    wanted = reference[f"hazard {label}"].copy()
    wanted.loc["threshold", "estimate"] *= -1  # R has an intercept
    assert_agrees(plain, wanted, names=_names(event), error_rtol=1e-4)
    assert plain.log_likelihood == pytest.approx(wanted["log_likelihood"].iloc[0], rel=1e-9)

    frail = hazard(Spec(**base, estimator="gamma_cloglog"), panel, ends=ends)
    wanted = reference[f"hazard gamma {label}"].copy()
    wanted.loc["threshold", "estimate"] *= -1
    assert_agrees(frail, wanted, names=_names(event), rtol=1e-5, error_rtol=1e-4)
    assert frail.log_likelihood == pytest.approx(wanted["log_likelihood"].iloc[0], rel=1e-9)

    normal = hazard(Spec(**base, estimator="re_cloglog", nodes=15), panel, ends=ends)
    wanted = reference[f"hazard normal {label}"]
    assert normal.log_likelihood == pytest.approx(wanted["log_likelihood"].iloc[0], rel=1e-6)
    ours = normal.coefficients.set_index("term")
    for term in (*PLAIN, "sigma"):  # glmer stops within a hundredth of an error
        shift = abs(ours.loc[term, "estimate"] - wanted.loc[term, "estimate"])
        assert shift < 0.02 * ours.loc[term, "std_error"]


def test_transitions_by_origin_are_polr_on_subsets_with_clustered_errors(panel, reference):
    spec = Spec(
        name="t",
        outcome="ladder",
        estimator="ordered_logit",
        regressors=("member", "size_log"),
        wave_effects=False,
    )
    found = transitions(spec, panel, products=("member",), by_origin=True)
    for origin, own in found.by_origin.items():
        assert_agrees(own, reference[f"transition from {origin}"], names=_polr, rtol=1e-5, error_rtol=1e-3)
    assert set(found.by_origin) | set(found.refused) == {str(r) for r in range(5)}
    assert len(found.by_origin) >= 4
    assert_agrees(found.interacted, reference["transition pooled"], names=_polr, rtol=1e-4, error_rtol=1e-3)


def _polr(term):
    if "|" in term:
        return f"ladder[{term}]"
    parts = [
        f"ladder_from[{p.removeprefix('origin')}]" if p.startswith("origin") else p for p in term.split(":")
    ]
    return ":".join(parts)


def test_the_observed_table_has_the_errors_of_a_clustered_mean(panel, reference):
    spec = Spec(name="t", outcome="ladder", estimator="ordered_logit", regressors=("member",))
    table = transition_table(transitions(spec, panel, products=()).rows, "ladder")
    wanted = reference["transition table"]
    for row in table.itertuples():
        own = wanted.loc[f"{row._1} {row.to}"]
        assert row.estimate == pytest.approx(own["estimate"], abs=1e-10)
        assert row.std_error == pytest.approx(own["std_error"], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("reverse", [False, True])
def test_lee_bounds_have_the_errors_of_lees_formula(panel, reference, reverse):
    """One row a unit, so that clusters are rows; membership the other way round swaps signs."""
    wave = panel[panel["wave"] == 2023].assign(out=lambda f: 1 - f["member"])
    found = lee_bounds(wave, "score", "out" if reverse else "member")
    wanted = reference["lee reversed" if reverse else "lee"]
    assert (found.lower, found.upper) == pytest.approx(tuple(wanted["estimate"].loc[["lower", "upper"]]))
    errors = tuple(wanted["std_error"].loc[["lower", "upper"]])
    assert (found.lower_error, found.upper_error) == pytest.approx(errors, rel=1e-9)
    assert found.trimmed == pytest.approx(wanted.loc["trimmed", "estimate"])


@pytest.mark.parametrize("weights", [None, "weight"])
def test_tightened_bounds_have_the_errors_of_numerical_derivatives(panel, reference, weights):
    found = lee_bounds(panel, "score", "member", cells=("form",), weights=weights)
    wanted = reference[f"lee cells{' weighted' if weights else ''}"]
    assert (found.lower, found.upper) == pytest.approx(tuple(wanted["estimate"]), rel=1e-9)
    assert (found.lower_error, found.upper_error) == pytest.approx(tuple(wanted["std_error"]), rel=1e-4)


@pytest.fixture(scope="module")
def full_units(panel):
    """Units seen in every wave and that never leave: what csdid was given."""
    whole = panel[panel.groupby("unit")["unit"].transform("size") == 5]
    left = whole.groupby("unit")["member"].transform(lambda m: (m.diff() < 0).any())
    return whole[~left]


@pytest.mark.parametrize(("controls", "theirs"), [("never", "nevertreated"), ("not_yet", "notyettreated")])
def test_the_event_study_agrees_with_csdid_and_with_differences_taken_by_hand(full_units, controls, theirs):
    found = event_study(full_units, "ladder", "member", controls=controls, detect=2.0)
    wanted = pd.read_csv(KNOWN / "csdid.csv", comment="#").query("controls == @theirs and std_error.notna()")
    waves = sorted(full_units["wave"].unique())
    ours = found.group_time.dropna(subset=["std_error"]).copy()
    ours["key"] = ours["cohort"] + " " + ours["wave"]
    ours = ours.set_index("key")
    wanted = wanted.assign(
        key=[f"{waves[g - 1]} {waves[t - 1]}" for g, t in zip(wanted["cohort"], wanted["t"], strict=True)]
    )
    shared = wanted[wanted["key"].isin(ours.index)].set_index("key")
    assert len(shared) == len(ours) >= 8
    # csdid divides by n where diff_diff divides by n - 1 or clusters: errors agree to a percent
    np.testing.assert_allclose(ours.loc[shared.index, "estimate"], shared["estimate"], atol=1e-9)
    np.testing.assert_allclose(ours.loc[shared.index, "std_error"], shared["std_error"], rtol=0.05)
    wide = full_units.pivot(index="unit", columns="wave", values="ladder")
    joined = full_units[full_units["member"] == 1].groupby("unit")["wave"].min().reindex(wide.index)
    for row in ours.itertuples():
        g, t = int(row.cohort), int(row.wave)
        base = waves[waves.index(g) - 1]
        change = wide[t] - wide[base]
        control = joined.isna() if controls == "never" else joined.isna() | (joined > max(g, t))
        by_hand = change[joined == g].mean() - change[control].mean()
        assert row.estimate == pytest.approx(by_hand, abs=1e-9)
