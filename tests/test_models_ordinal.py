"""The ordered logit: its derivatives, its rungs, and what it refuses."""

import numpy as np
import pandas as pd
import pytest

from panel_eis.errors import ModelError
from panel_eis.models import Spec, cumulative, fit


def panel(units=40, seed=3):
    rng = np.random.default_rng(seed)
    unit, wave = np.repeat(np.arange(units), 3), np.tile([1, 2, 3], units)
    x, fixed = rng.normal(size=len(unit)), rng.normal(size=units)[unit]
    member = (rng.random(len(unit)) < 0.5).astype(int)
    latent = 0.5 * x + 0.3 * member + 0.5 * fixed + rng.logistic(size=len(unit))
    ladder = np.searchsorted([-1, 0, 1], latent)
    return pd.DataFrame(
        {"unit": unit, "wave": wave, "x": x, "member": member, "fixed": fixed, "ladder": ladder}
    )


def spec(*, regressors=("x", "member"), varying=("x", "member")):
    return Spec(name="m", outcome="ladder", estimator="ordered_logit", regressors=regressors, varying=varying)


def refused(match, model, frame):
    with pytest.raises(ModelError, match=match):
        fit(model, frame)


def test_an_empty_rung_merges_nothing_and_is_named():
    """Thresholds are between the rungs observed."""
    frame = panel().assign(ladder=lambda f: f["ladder"].replace(2, 5))
    result = fit(spec(), frame)
    assert set(result.coefficients.query("part == 'threshold'")["level"]) == {"0|1", "1|3", "3|5"}
    assert any("nobody is on rung 2, 4 of ladder" in warning for warning in result.warnings)
    scale = pd.CategoricalDtype(["none", "0", "1", "3", "5"], ordered=True)
    named = fit(spec(), frame.assign(ladder=frame["ladder"].astype(str).astype(scale)))
    assert any("nobody is on rung none of ladder" in warning for warning in named.warnings)
    np.testing.assert_allclose(named.coefficients["estimate"], result.coefficients["estimate"])


@pytest.mark.parametrize("shape", ["complete", "one level", "combination"])
def test_perfect_separation_is_refused(shape):
    """Complete, of one level, or by a combination: no finite estimate exists, so none is given."""
    frame = panel()
    if shape == "complete":
        frame["ladder"] = np.searchsorted([-0.5, 0.5], frame["x"])
    elif shape == "one level":
        frame.loc[frame["unit"] < 8, ["ladder", "member"]] = [0, 1]
        frame.loc[frame["unit"] >= 8, "member"] = 0
    else:
        frame["ladder"] = np.searchsorted([-0.5, 0.8], frame["x"] + 0.7 * frame["fixed"])
    model = spec(regressors=("x", "member", "fixed"), varying=())
    refused("perfect separation", model, frame)


def test_a_strong_association_is_not_mistaken_for_separation():
    """Log-odds above 15 over the range of a regressor are estimated when the data carry them."""
    rng = np.random.default_rng(1)
    frame = panel(units=400)
    frame["ladder"] = np.searchsorted([-4, 0, 4], 6 * frame["x"] + rng.logistic(size=len(frame)))
    result = fit(spec(regressors=("x",), varying=()), frame)
    assert result.term("x")["estimate"] == pytest.approx(6, abs=0.6)


def test_an_unfinished_fit_cannot_be_shown(monkeypatch):
    """Stopped too soon, the fit says so in its sentence and refuses to be shown."""
    monkeypatch.setattr(cumulative, "MAX_ITERATIONS", 1)
    result = fit(spec(), panel())
    assert not result.converged
    assert repr(result).startswith("NOT CONVERGED")
    with pytest.raises(ModelError, match="did not converge in 1 iterations"):
        result.require_converged()


def test_derivatives_of_the_ordered_logit_are_exact():
    """Scores and Hessian agree with central differences of the likelihood."""
    rng = np.random.default_rng(5)
    rung, x, weights = rng.integers(0, 4, 60), rng.normal(size=(60, 2)), rng.uniform(0.5, 2, 60)
    at = np.array([-1.0, 0.1, 1.3, 0.4, -0.7])
    _, scores, hessian = cumulative.evaluate(at, rung, x, weights)
    step = 1e-5 * np.eye(5)
    around = [[cumulative.evaluate(at + sign * h, rung, x, weights) for sign in (1, -1)] for h in step]
    gradient = [(up[0] - down[0]) / 2e-5 for up, down in around]
    second = [(up[1].sum(axis=0) - down[1].sum(axis=0)) / 2e-5 for up, down in around]
    np.testing.assert_allclose(scores.sum(axis=0), gradient, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(hessian, second, rtol=1e-6, atol=1e-6)


def test_far_tails_stay_finite():
    """Rows that the model finds all but impossible have finite likelihood, scores and Hessian."""
    at = np.array([-300.0, -299.999, 300.0, 1.0])
    rung, x = np.array([0, 1, 2, 3]), np.array([[500.0], [-500.0], [700.0], [-900.0]])
    value, scores, hessian = cumulative.evaluate(at, rung, x, np.ones(4))
    assert np.isfinite(value) and np.isfinite(scores).all() and np.isfinite(hessian).all()  # noqa: PT018


@pytest.mark.parametrize(
    ("ladder", "match"),
    [
        (pd.Categorical(["low", "high", "low"] * 40), "categorical without order"),
        (["low", "high", "low"] * 40, "outcome ladder is not a column of numbers"),
        (np.linspace(0, 1, 120), "120 values: it is not a ladder"),
    ],
)
def test_an_outcome_without_order_is_no_ladder(ladder, match):
    """An ordered logit needs an order that somebody stated."""
    refused(match, spec(), panel().assign(ladder=ladder))
