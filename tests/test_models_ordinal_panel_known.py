"""Ordinal panel estimators give what R gives on the same rows; how R came by it is in known/models/ordinal."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panel_eis.models import Spec, average_marginal_effects, fit
from panel_eis.models.ladder import ladder_design, rescale, rungs
from panel_eis.models.links import LAWS
from panel_eis.models.quadrature import Data
from panel_eis.models.random_effects import maximise
from panel_eis.models.selection import select_rows

KNOWN = Path(__file__).parent / "known" / "models"
REFERENCE = pd.read_csv(KNOWN / "ordinal" / "reference.csv", comment="#")
TESTS = pd.read_csv(KNOWN / "ordinal" / "reference_tests.csv", comment="#").set_index("model")
PANEL = pd.read_csv(KNOWN / "ordinal" / "panel.csv", comment="#")
WINE = pd.read_csv(KNOWN / "wine.csv")

PLAIN = {"regressors": ("member", "support", "size_log"), "varying": ()}
SPLIT = {"regressors": ("member", "support", "size_log", "form"), "varying": ("member", "support")}


def spec(estimator, columns, outcome="ladder", **changes):
    return Spec(**({"name": "known", "outcome": outcome, "estimator": estimator} | columns | changes))


WINE_SPEC = Spec(
    name="wine", outcome="rating", estimator="re_ordered_logit", regressors=("temp", "contact"), unit="judge", wave="bottle",
    wave_effects=False, nodes=10,
)  # fmt: skip
MODELS = {
    "re_ordered_logit": spec("re_ordered_logit", SPLIT),
    "re_ordered_probit": spec("re_ordered_probit", PLAIN),
    "re_cloglog": spec("re_cloglog", PLAIN),
    "re_ordered_logit_weighted": spec("re_ordered_logit", SPLIT, weights="weight"),
    "re_logit": spec("re_ordered_logit", PLAIN, "adopted"),
    "re_cloglog_binary": spec("re_cloglog", PLAIN, "adopted"),
    "pooled_probit": spec("ordered_probit", PLAIN),
    "pooled_loglog": spec("cloglog", PLAIN),
    "conditional_logit": spec("conditional_logit", {"regressors": ("member", "support")}, "adopted"),
    "feologit_buc": spec("feologit_buc", {"regressors": ("member", "support")}),
}


def reference(model, errors):
    rows = REFERENCE[(REFERENCE["model"] == model) & (REFERENCE["errors"] == errors)]
    return rows.set_index("term")


@pytest.mark.parametrize("model", MODELS)
def test_estimates_and_clustered_errors_are_those_of_the_integral(model):
    """R's numerical derivatives of log-likelihoods written out: estimates to 1e-3 of an error, errors to 1e-3."""
    theirs, ours = reference(model, "cluster"), fit(replace(MODELS[model], nodes=40), PANEL)
    table = ours.coefficients.set_index("term")
    assert set(table.index) == set(theirs.index)
    table = table.loc[theirs.index]
    assert ((table["estimate"] - theirs["estimate"]).abs() <= 1e-3 * theirs["std_error"]).all()
    np.testing.assert_allclose(table["std_error"], theirs["std_error"], rtol=1e-3)
    assert ours.log_likelihood == pytest.approx(theirs["log_likelihood"].iloc[0], rel=1e-6)
    assert (ours.n_rows, ours.n_units) == (theirs["n_rows"].iloc[0], theirs["n_units"].iloc[0])


def model_errors(model, frame):
    """Errors from the information, on the scale of the data, in the order thresholds, slopes, sigma."""
    rows = select_rows(model, frame)
    rung, labels, _ = rungs(rows.frame[model.outcome], model.outcome)
    design = ladder_design(model, rows, labels)
    x, unscale = rescale(design.x, rows.weights, len(labels) - 1)
    law = LAWS["cloglog" if "cloglog" in model.estimator else model.estimator.removeprefix("re_ordered_")]
    mixed = maximise(law, Data(rung, x, rows.unit, rows.weights[rows.starts]), model.nodes)
    back = np.eye(len(unscale) + 1)
    back[:-1, :-1] = unscale
    names = (
        [f"{model.outcome}[{a}|{b}]" for a, b in pairwise(labels)]
        + [t.name for t in design.terms]
        + ["sigma"]
    )
    return pd.Series(np.sqrt(np.diag(back @ mixed.optimum.bread @ back.T)), index=names)


@pytest.mark.parametrize(
    "model", ["re_ordered_logit", "re_ordered_probit", "re_logit", "re_cloglog_binary", "wine"]
)
def test_clmm_and_glmer_agree_at_the_same_nodes(model):
    """Log-likelihood to 1e-5 (relative; 1e-7 for clmm), estimates within a few thousandths of an error, errors to 1 %."""
    chosen, frame = (WINE_SPEC, WINE) if model == "wine" else (MODELS[model], PANEL)
    theirs, ours = reference(model, "model"), fit(chosen, frame)
    estimates = ours.coefficients.set_index("term")["estimate"].loc[theirs.index]
    assert ours.log_likelihood == pytest.approx(theirs["log_likelihood"].iloc[0], rel=1e-5)
    assert ours.log_likelihood >= theirs["log_likelihood"].iloc[0] - 1e-6 * abs(ours.log_likelihood)
    glmer = model in ("re_logit", "re_cloglog_binary")  # whose derivative-free optimiser stops a little short
    limit = 1e-2 if glmer else 1e-3
    assert ((estimates - theirs["estimate"]).abs() <= limit * theirs["std_error"]).all()
    np.testing.assert_allclose(
        model_errors(chosen, frame).loc[theirs.index], theirs["std_error"], rtol=2e-2 if glmer else 1e-3
    )


def test_the_published_table_of_the_wine_is_reproduced():
    """Christensen, A tutorial on fitting cumulative link mixed models with clmm2, 10 points: every digit printed."""
    result = fit(WINE_SPEC, WINE)
    published = {"temp[warm]": 3.0619, "contact[yes]": 1.8334, "rating[1|2]": -1.6235, "rating[2|3]": 1.5128,
                 "rating[3|4]": 4.2271, "rating[4|5]": 6.0862}  # fmt: skip
    for term, value in published.items():
        assert round(result.term(term)["estimate"], 4) == pytest.approx(value)
    assert round(result.term("sigma")["estimate"], 6) == 1.134787
    assert round(result.log_likelihood, 5) == -81.53246
    assert result.tests["no_unit_effect"]["statistic"] == pytest.approx(9.918925, abs=1e-5)
    assert result.tests["no_unit_effect"]["p_value"] == pytest.approx(0.001635879 / 2, rel=1e-5)


@pytest.mark.parametrize("model", ["conditional_logit", "feologit_buc"])
def test_clogit_agrees(model):
    """survival::clogit, exact, on the data or on the blown-up data: estimates and likelihood; naive errors differ."""
    theirs, ours = reference(model, "model"), fit(MODELS[model], PANEL)
    table = ours.coefficients.set_index("term").loc[theirs.index]
    np.testing.assert_allclose(table["estimate"], theirs["estimate"], rtol=1e-5, atol=1e-7)
    assert ours.log_likelihood == pytest.approx(theirs["log_likelihood"].iloc[0], rel=1e-9)


@pytest.mark.parametrize("model", ["re_ordered_logit", "re_cloglog"])
def test_marginal_effects_are_those_of_the_definition(model):
    """Steps and slopes, integrated over the effect, with delta-method errors from R's numerical derivatives."""
    result = fit(MODELS[model], PANEL)
    for variable, name in (("member", f"ame_{model}"), ("size_log", f"ame_{model}_slope")):
        theirs = reference(name, "cluster")
        ours = (
            average_marginal_effects(result, PANEL, [variable])
            .set_index("rung")
            .loc[[str(t) for t in theirs.index]]
        )
        np.testing.assert_allclose(ours["estimate"], theirs["estimate"], rtol=1e-3)
        np.testing.assert_allclose(ours["std_error"], theirs["std_error"], rtol=2e-3)


def test_the_generalised_ordered_logit_is_that_of_clm():
    """ordinal::clm with nominal effects; slopes of each cut, clustered errors, and both tests of proportional odds."""
    model = spec("generalised_ordered_logit", PLAIN)
    theirs, ours = reference("generalised_ordered_logit", "cluster"), fit(model, PANEL)
    place = ours.coefficients.set_index("term")
    for term, row in theirs.iterrows():
        name, _, cut = term.partition(" @ ")
        if cut:
            name = f"wave[{name[5:9]}, {cut}]" if name.startswith("wave") else f"{name}[{cut}]"
        assert place.loc[name, "estimate"] == pytest.approx(row["estimate"], rel=1e-5, abs=1e-6)
        assert place.loc[name, "std_error"] == pytest.approx(row["std_error"], rel=1e-4)
    assert ours.log_likelihood == pytest.approx(theirs["log_likelihood"].iloc[0], rel=1e-9)
    score = fit(replace(model, estimator="ordered_logit"), PANEL).tests["proportional_odds"]
    for test, name in ((ours.tests["proportional_odds"], "wald"), (score, "score")):
        expected = TESTS.loc[f"proportional_odds_{name}"]
        assert test["statistic"] == pytest.approx(expected["statistic"], rel=1e-4)
        assert test["df"] == expected["df"]
