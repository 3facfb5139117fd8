"""Bootstraps, randomisation, influence, families and sensitivity against brute force and published numbers."""

import numpy as np
import pandas as pd
import pytest

from panel_eis.errors import ModelError
from panel_eis.models import fit
from panel_eis.models.left_out import influence, leave_one_out
from panel_eis.models.multiplicity import adjust, benjamini_hochberg, declared_tests, holm
from panel_eis.models.pairs import pairs_bootstrap
from panel_eis.models.problems import PROBLEMS, problem_of
from panel_eis.models.randomisation import randomisation_test
from panel_eis.models.sensitivity import omitted_variable, oster, robustness_value
from panel_eis.models.small_sample import robust
from panel_eis.models.wild import LAWS, flips_of, wild_bootstrap
from test_models_linear_more import PANEL, model

SMALL = PANEL[PANEL["unit"] < "SYN-0040"]
NESTED = [
    ("pooled_ols", {}),
    ("pooled_ols", {"weights": "weight"}),
    ("pooled_ols", {"cluster": "form"}),
    ("within", {}),
    ("within", {"weights": "weight"}),
    ("within", {"cluster": "form"}),
    ("within_between", {"varying": ("federation", "support")}),
    ("first_difference", {}),
    ("long_difference", {"weights": "weight"}),
]


def rng():
    return np.random.default_rng(20)


def name_of(estimator):
    return (
        "federation"
        if estimator in ("pooled_ols", "random_effects", "random_intercept")
        else "federation_within"
    )


def brute_t(x, y, cluster, *, j, null, factor):
    """t of one coefficient with CR1 errors, nothing but lstsq and a loop over clusters."""
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    bread, e = np.linalg.inv(x.T @ x), y - x @ beta
    sums = np.array([x[cluster == g].T @ e[cluster == g] for g in np.unique(cluster)])
    return (beta[j] - null) / np.sqrt((bread @ (sums.T @ sums) @ bread)[j, j] * factor)


def dummies(problem, frame):
    """The regressors of the problem with unit dummies where effects were absorbed, all weighted."""
    if not problem.absorbed:
        return problem.x
    units = (problem.rows.unit[:, None] == np.arange(problem.rows.n_units)).astype(float)
    return np.column_stack([problem.x, units * np.sqrt(problem.rows.weights)[:, None]])


@pytest.mark.parametrize(("estimator", "changes"), NESTED)
@pytest.mark.parametrize("null", [0.0, 0.5])
def test_the_wild_bootstrap_is_that_of_refits_on_the_same_flips(estimator, changes, null):
    """Restricted residuals flipped by cluster and the model refitted, with explicit unit dummies: the same p."""
    found = fit(model(estimator, **changes), SMALL)
    ours = wild_bootstrap(found, SMALL, name_of(estimator), rng=rng(), draws=199, null=null)
    problem = problem_of(found, SMALL)
    x, y, cluster = dummies(problem, SMALL), problem.y, problem.rows.cluster
    j, groups = problem.place(name_of(estimator)), problem.rows.n_clusters
    factor = groups / (groups - 1) * problem.small_sample
    others = np.delete(x, j, axis=1)
    fitted = null * x[:, j] + others @ np.linalg.lstsq(others, y - null * x[:, j], rcond=None)[0]
    points = LAWS[ours["law"]]
    flips = flips_of(rng(), 199, groups, points)
    drawn = [
        brute_t(x, fitted + v[cluster] * (y - fitted), cluster, j=j, null=null, factor=factor) for v in flips
    ]
    statistic = brute_t(x, y, cluster, j=j, null=null, factor=factor)
    assert ours["statistic"] == pytest.approx(statistic, rel=1e-8)
    assert ours["p_value"] == np.mean(np.abs(drawn) > abs(statistic) * (1 + 1e-10))
    assert ours["law"] == ("webb" if groups < 12 else "rademacher")
    alone = wild_bootstrap(found, SMALL, name_of(estimator), rng=rng(), draws=199, null=null, interval=False)
    assert alone["p_value"] == ours["p_value"]
    assert np.isnan(alone["conf_low"])


@pytest.mark.parametrize("estimator", ["pooled_ols", "within", "random_effects"])
def test_the_wild_interval_is_the_values_that_are_not_rejected(estimator):
    """Just inside an end the test does not reject, just outside it does, on the same draws."""
    found = fit(model(estimator), PANEL)
    ask = {"fit": found, "panel": PANEL, "term": name_of(estimator), "draws": 399}
    ours = wild_bootstrap(**ask, rng=rng())
    width = ours["conf_high"] - ours["conf_low"]
    for end, outward in ((ours["conf_low"], -1), (ours["conf_high"], 1)):
        inside, outside = (
            wild_bootstrap(**ask, rng=rng(), null=end + outward * step * width)["p_value"]
            for step in (-1e-6, 1e-6)
        )
        assert outside <= 0.05 < inside
    low, high = found.interval(name_of(estimator))
    assert ours["conf_low"] == pytest.approx(low, abs=0.25 * width)
    assert ours["conf_high"] == pytest.approx(high, abs=0.25 * width)


def test_blocks_of_draws_change_nothing(monkeypatch):
    """Memory held at a time is no part of the result."""
    found = fit(model("within"), PANEL)
    once = wild_bootstrap(found, PANEL, "support_within", rng=rng())
    pairs = pairs_bootstrap(found, PANEL, rng=rng(), draws=199)
    monkeypatch.setattr("panel_eis.models.wild.BLOCK", 88 * 100)
    monkeypatch.setattr("panel_eis.models.pairs.BLOCK", 88 * 100)
    again = wild_bootstrap(found, PANEL, "support_within", rng=rng())
    numbers = ["p_value", "conf_low", "conf_high"]
    assert [once[name] for name in numbers] == pytest.approx([again[name] for name in numbers], rel=1e-9)
    pd.testing.assert_frame_equal(pairs, pairs_bootstrap(found, PANEL, rng=rng(), draws=199))


@pytest.mark.parametrize(("estimator", "changes"), [*NESTED, ("random_effects", {})])
def test_what_a_cluster_does_is_what_a_refit_without_it_says(estimator, changes):
    """dfbeta of every cluster, and CR3, against leaving rows out; random effects keep their variances."""
    found = fit(model(estimator, **changes), SMALL)
    problem = problem_of(found, SMALL)
    x, y, cluster = dummies(problem, SMALL), problem.y, problem.rows.cluster
    k, groups = len(problem.beta), problem.rows.n_clusters
    without = np.array(
        [np.linalg.lstsq(x[cluster != g], y[cluster != g], rcond=None)[0][:k] for g in range(groups)]
    )
    table = influence(found, SMALL)
    assert table["dfbetas"].abs().is_monotonic_decreasing
    terms = [term.name for term in problem.design.terms]
    wide = table.pivot_table(index="cluster", columns="term", values="estimate_without")[terms]
    labels = pd.Series(problem.rows.columns[problem.spec.cluster_column])[
        np.unique(cluster, return_index=True)[1]
    ]
    np.testing.assert_allclose(wide.loc[labels], without, rtol=1e-7, atol=1e-9)
    changes = without - problem.beta
    covariance = robust(found, SMALL, "CR3").covariance.loc[terms, terms]
    np.testing.assert_allclose(covariance, changes.T @ changes * (groups - 1) / groups, rtol=1e-6, atol=1e-10)


@pytest.mark.parametrize("estimator", ["pooled_ols", "within", "first_difference"])
def test_a_draw_of_the_pairs_bootstrap_is_a_fit_on_the_units_drawn(estimator):
    """The same draws, as panels in which a unit drawn twice is two units."""
    found = fit(model(estimator), SMALL)
    ours = pairs_bootstrap(found, SMALL, rng=rng(), draws=30)
    problem = problem_of(found, SMALL)
    groups = problem.rows.n_clusters
    labels = pd.unique(problem.rows.columns["unit"])
    by_unit = dict(tuple(SMALL.groupby("unit")))
    fits = []
    for chosen in rng().integers(0, groups, (30, groups)):
        frame = pd.concat([by_unit[labels[g]].assign(unit=f"{i}") for i, g in enumerate(chosen)])
        fits.append(fit(model(estimator), frame).coefficients.set_index("term")["estimate"])
    drawn = pd.concat(fits, axis=1).loc[ours["term"]]
    assert (ours["draws"] == 30).all()
    np.testing.assert_allclose(ours["std_error"], drawn.std(axis=1), rtol=1e-8)
    np.testing.assert_allclose(ours["conf_low"], drawn.quantile(0.025, axis=1), rtol=1e-7, atol=1e-9)


def test_randomisation_moves_paths_and_nothing_else():
    """The draws are refits on panels in which whole paths have moved between units seen in the same waves."""
    full = PANEL[PANEL.groupby("unit")["wave"].transform("size") == 4].reset_index(drop=True)
    spec = model("within", interactions=(("federation", "support"),))
    found = fit(spec, full)
    ours = randomisation_test(found, full, "federation_within", rng=rng(), draws=40)
    units, far = full["unit"].nunique(), 0
    paths = full["federation"].to_numpy().reshape(units, 4)
    t = found.term("federation_within")["statistic"]
    for child in np.random.SeedSequence(int(rng().integers(2**63))).spawn(40):
        draw = np.random.Generator(np.random.PCG64(child))
        moved = full.assign(federation=paths[draw.permutation(units)].ravel())
        far += abs(fit(spec, moved).term("federation_within")["statistic"]) >= abs(t)
    assert ours["p_value"] == (1 + far) / 41
    assert (ours["units_moved"], ours["units_fixed"]) == (units, 0)
    assert ours["statistic"] == pytest.approx(t)


def test_randomisation_within_strata_fixes_units_that_are_alone():
    """Paths stay among units of one form and one pattern of waves; the rest does not move, and is counted."""
    found = fit(model("pooled_ols"), PANEL)
    free = randomisation_test(found, PANEL, "federation", rng=rng(), draws=50)
    tied = randomisation_test(found, PANEL, "federation", rng=rng(), draws=50, strata="form")
    assert free["units_moved"] > tied["units_moved"]
    assert tied["units_moved"] + tied["units_fixed"] == PANEL["unit"].nunique()
    assert free["p_value"] < 0.05


@pytest.mark.parametrize(
    "estimator",
    ["random_effects", "random_intercept", "within_between", "first_difference", "long_difference"],
)
def test_randomisation_works_for_every_linear_estimator(estimator):
    """Unit means and differences are made again from the paths moved."""
    found = fit(model(estimator, varying=("federation",) if estimator == "within_between" else ()), PANEL)
    assert 0 < randomisation_test(found, PANEL, name_of(estimator), rng=rng(), draws=20)["p_value"] <= 1


def test_families_are_those_of_statsmodels():
    """Holm and Benjamini–Hochberg as multipletests has them, ties and all, family by family."""
    from statsmodels.stats.multitest import multipletests

    p = np.round(np.random.default_rng(3).uniform(size=40) ** 3, 2)
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])
    np.testing.assert_allclose(benjamini_hochberg(p), multipletests(p, method="fdr_bh")[1])
    table = pd.DataFrame({"family": ["b", "a"] * 20, "p_value": p, "other": range(40)})
    out = adjust(table)
    assert list(out) == ["family", "p_value", "other", "p_holm", "p_bh", "family_size"]
    for family in "ab":
        mine = out[out["family"] == family]
        np.testing.assert_allclose(mine["p_holm"], multipletests(mine["p_value"], method="holm")[1])
        assert (mine["family_size"] == 20).all()


def test_a_declared_test_that_cannot_be_made_is_an_error():
    """Leaving it out would make the others easier to pass."""
    fits = {"w": fit(model("within"), PANEL)}
    table = declared_tests(fits, {"ties": [("w", "federation_within"), ("w", "support_within")]})
    assert list(table["family_size"]) == [2, 2]
    assert (table["p_holm"] >= table["p_value"]).all()
    for match, call in [
        ("names no fit 'x'", lambda: declared_tests(fits, {"f": [("x", "a")]})),
        ("size_log_within dropped", lambda: declared_tests(fits, {"f": [("w", "size_log_within")]})),
        ("no p-value between 0 and 1", lambda: adjust(pd.DataFrame({"family": ["a"], "p_value": [np.nan]}))),
        ("belong to no family", lambda: adjust(pd.DataFrame({"family": [None], "p_value": [0.1]}))),
        ("no column 'family'", lambda: adjust(pd.DataFrame({"p_value": [0.1]}))),
    ]:
        with pytest.raises(ModelError, match=match):
            call()


def test_the_published_robustness_values_are_reproduced():
    """Darfur (Cinelli and Hazlett 2020, table 1): t 4.18, 783 degrees of freedom: 2.2 %, 13.9 %, 7.6 %."""
    t, df = 4.18, 783
    assert round(100 * t**2 / (t**2 + df), 1) == 2.2
    assert round(100 * robustness_value(t, df), 1) == 13.9
    assert round(100 * robustness_value(t, df, level=0.05), 1) == 7.6
    assert robustness_value(1.0, df, level=0.05) == 0.0
    assert 0.9 < robustness_value(200.0, 10, level=0.05) < 1


@pytest.mark.parametrize("estimator", ["pooled_ols", "within"])
def test_an_omitted_variable_as_strong_as_the_robustness_value_takes_all(estimator):
    """Adding a variable with that partial R² with both brings the coefficient to zero, exactly."""
    found = fit(model(estimator), PANEL)
    row = omitted_variable(found, PANEL, name_of(estimator))
    problem = problem_of(found, PANEL)
    x, y, j = dummies(problem, PANEL), problem.y, problem.place(name_of(estimator))
    others = np.delete(x, j, axis=1)
    draw = np.random.default_rng(0).normal(size=len(y))

    def rest(values, on):
        return values - on @ np.linalg.lstsq(on, values, rcond=None)[0]

    def unit(values):
        return values / np.linalg.norm(values)

    d, e, noise = unit(rest(x[:, j], others)), unit(rest(y, x)), unit(rest(draw, np.column_stack([x, y])))
    r = row["robustness_value"]  # z has partial R² r with d, and r with the outcome given d
    along = unit(np.sqrt(r) * np.sign(row["estimate"]) * e + np.sqrt(1 - r) * noise)
    z = np.sqrt(r) * d + np.sqrt(1 - r) * along
    beta = np.linalg.lstsq(np.column_stack([x, z]), y, rcond=None)[0][j]
    assert beta == pytest.approx(0, abs=1e-10)
    assert 0 <= row["robustness_value_significance"] < r


@pytest.mark.parametrize("delta", [0.4, 1.0, 2.5])
def test_oster_finds_the_selection_that_was_put_in(delta):
    """Data made so that selection on the unobserved is delta times that on the observed, to the last digit."""
    rng = np.random.default_rng(7)
    n = 400
    raw = rng.normal(size=(n, 4))
    raw -= raw.mean(axis=0)
    q = np.linalg.qr(raw)[0] * np.sqrt(n)  # orthogonal columns of variance 1
    observed, hidden, noise_x = q[:, 0], q[:, 1], q[:, 2]
    w1, w2 = 0.8 * observed, 0.5 * hidden
    share = 0.6  # cov(x, w1) / var(w1); that of w2 is delta times it
    x = share * w1 + delta * share * w2 + noise_x
    true = 0.3
    frame = pd.DataFrame({"unit": range(n), "wave": 1, "x": x, "c": observed, "y": true * x + w1 + w2})
    found = fit(model("pooled_ols", outcome="y", regressors=("x", "c"), wave_effects=False), frame)
    shifted = fit(
        model("pooled_ols", outcome="z", regressors=("x", "c"), wave_effects=False),
        frame.assign(z=frame["y"] - true * frame["x"]),
    )
    assert oster(shifted, frame.assign(z=frame["y"] - true * frame["x"]), "x", r_max=1.0)[
        "delta"
    ] == pytest.approx(delta)
    if delta == 1.0:
        assert oster(found, frame, "x", r_max=1.0)["beta_equal"] == pytest.approx(true)


def test_oster_refuses_what_it_cannot_say():
    """No control, an R² above the one supposed, a term that is not there."""
    found = fit(model("pooled_ols"), PANEL)
    lone = fit(model("pooled_ols", regressors=("federation",)), PANEL)
    assert oster(found, PANEL, "federation")["r_max"] == pytest.approx(
        1.3 * oster(found, PANEL, "federation")["r2"]
    )
    kept = oster(found, PANEL, "federation", keep=("size_log",))
    assert kept["estimate"] == pytest.approx(found.term("federation")["estimate"])
    for match, call in [
        ("needs a regressor and controls", lambda: oster(lone, PANEL, "federation")),
        ("is not between", lambda: oster(found, PANEL, "federation", r_max=0.01)),
        ("no term 'federatio'; did you mean 'federation'", lambda: oster(found, PANEL, "federatio")),
    ]:
        with pytest.raises(ModelError, match=match):
            call()


def test_leaving_a_network_out_is_a_fit_without_its_units():
    """A unit ever in it goes with all its rows; a network that leaves nothing gives a message, not a number."""
    frame = PANEL.assign(
        networks__a=PANEL["federation"] == 1, networks__b=PANEL["unit"] < "SYN-0010", networks__c=True
    )
    found = fit(model("within"), frame)
    table = leave_one_out(found, frame, ["networks__a", "networks__b", "networks__c"], ["support_within"])
    assert list(table["without"]) == ["", "networks__a", "networks__b", "networks__c"]
    ever = frame.groupby("unit")["networks__a"].transform("any")
    by_hand = fit(model("within"), frame[~ever]).term("support_within")["estimate"]
    assert table["estimate"].iloc[1] == by_hand
    assert "no rows are left" in table["message"].iloc[3]
    assert np.isnan(table["estimate"].iloc[3])
    indexed = leave_one_out(found, frame.set_index(["unit", "wave"]), ["networks__b"], ["support_within"])
    assert indexed["estimate"].iloc[1] == table["estimate"].iloc[2]


@pytest.mark.parametrize("estimator", PROBLEMS)
def test_order_of_rows_and_labels_of_units_change_no_inference(estimator):
    """Shuffled rows give the same bits; renamed units the same intervals from CR2 and CR3."""
    spec = model(estimator, varying=("federation",) if estimator == "within_between" else ())
    shuffled = PANEL.sample(frac=1, random_state=1)
    term, found = name_of(estimator), fit(spec, PANEL)
    for call in (
        lambda f: wild_bootstrap(found, f, term, rng=rng(), draws=99),
        lambda f: randomisation_test(found, f, term, rng=rng(), draws=5),
        lambda f: pairs_bootstrap(found, f, rng=rng(), draws=20).to_dict(),
    ):
        assert call(PANEL) == call(shuffled)
    renamed = PANEL.assign(unit=np.random.default_rng(1).permutation(90)[pd.factorize(PANEL["unit"])[0]])
    for kind in ("CR2", "CR3"):
        left, right = robust(found, PANEL, kind), robust(fit(spec, renamed), renamed, kind)
        np.testing.assert_allclose(
            left.coefficients["conf_low"], right.coefficients["conf_low"], rtol=1e-8, atol=1e-9
        )


def test_what_cannot_be_drawn_is_refused():
    """Clusters that cut through units, too few draws, unknown flips, a term that few clusters carry, equal paths."""
    within = fit(model("within", cluster="region"), PANEL)
    pooled = fit(model("pooled_ols"), PANEL)
    rare = PANEL.assign(rare=PANEL["unit"] == "SYN-0003", same=PANEL["wave"] % 4)
    with_rare = fit(model("pooled_ols", regressors=("federation", "rare")), rare)
    with_same = fit(model("pooled_ols", regressors=("federation", "same"), wave_effects=False), rare)
    for match, call in [
        (
            "wild cluster bootstrap needs units nested",
            lambda: wild_bootstrap(within, PANEL, "support_within", rng=rng()),
        ),
        ("pairs cluster bootstrap needs units nested", lambda: pairs_bootstrap(within, PANEL, rng=rng())),
        ("influence by cluster needs units nested", lambda: influence(within, PANEL)),
        ("20 draws are too few", lambda: wild_bootstrap(pooled, PANEL, "support", rng=rng(), draws=20)),
        (
            "no flips are called 'gauss'",
            lambda: wild_bootstrap(pooled, PANEL, "support", rng=rng(), law="gauss"),
        ),
        ("no term 'suport'", lambda: wild_bootstrap(pooled, PANEL, "suport", rng=rng())),
        ("of 99 draws a term does not vary", lambda: pairs_bootstrap(with_rare, rare, rng=rng(), draws=99)),
        ("have different paths of same", lambda: randomisation_test(with_same, rare, "same", rng=rng())),
        (
            "intercept, which is not a regressor",
            lambda: randomisation_test(pooled, PANEL, "intercept", rng=rng()),
        ),
        (
            "region changes in",
            lambda: randomisation_test(pooled, PANEL, "support", rng=rng(), strata="region"),
        ),
        ("no column 'networks__z'", lambda: leave_one_out(pooled, PANEL, ["networks__z"], ["support"])),
    ]:
        with pytest.raises(ModelError, match=match):
            call()
    table = influence(with_rare, rare, ["rare"])
    assert table["cluster"].iloc[0] == "SYN-0003"
    assert np.isnan(table["dfbeta"].iloc[0])
