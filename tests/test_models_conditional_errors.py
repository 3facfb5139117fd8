"""Errors of fixed-effects logits for few units: what the formulas say, written out, and what refits say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import fractional_matrix_power

from panel_eis.errors import ModelError
from panel_eis.models import Spec, fit, robust
from panel_eis.models.conditional import prepare
from panel_eis.models.quadrature import Data
from panel_eis.models.selection import select_rows
from panel_eis.models.set_likelihood import SetLikelihood

BUC = Spec(name="buc", outcome="ladder", estimator="feologit_buc", regressors=("x", "z"), wave_effects=False)


def panel(seed=0, units=60, waves=4):
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), waves)
    frame = pd.DataFrame({"unit": unit, "wave": np.tile(np.arange(waves), units)})
    frame["x"] = rng.normal(size=len(unit))
    frame["z"] = (rng.random(len(unit)) < 0.15).astype(float)
    latent = 0.6 * frame["x"] + 0.5 * frame["z"] + rng.normal(size=units)[unit] + rng.logistic(size=len(unit))
    frame["ladder"] = np.searchsorted([-1.0, 0.5, 1.5], latent)
    return frame[rng.random(len(frame)) < 0.9].reset_index(drop=True)


@pytest.mark.parametrize("waves", [5, 10])
def test_the_information_of_units_adds_up_to_minus_the_hessian(waves):
    """With few sets, and with more sets than pairs of rows."""
    rng = np.random.default_rng(waves)
    unit = np.repeat(np.arange(30), waves)
    rows = Data(rng.integers(0, 3, len(unit)), rng.normal(size=(len(unit), 2)), unit, rng.uniform(0.5, 2, 30))
    likelihood, at = SetLikelihood(rows), np.array([0.3, -0.5])
    by_unit = likelihood.information(at)
    np.testing.assert_allclose(by_unit.sum(axis=0), -likelihood(at).hessian, rtol=1e-10)
    assert (np.linalg.eigvalsh(by_unit) > -1e-12).all()


@pytest.mark.parametrize(("kind", "power"), [("CR2", -0.5), ("CR3", -1.0)])
@pytest.mark.parametrize("cluster", ["unit", "zone"])
def test_errors_are_those_of_the_formula_cluster_by_cluster(kind, power, cluster):
    """Scores of each cluster times a power of I less its share of the information, one after the other."""
    frame = panel().assign(zone=lambda f: f["unit"] % 17)
    model = Spec(
        **{f: getattr(BUC, f) for f in ("name", "outcome", "estimator", "regressors", "wave_effects")},
        cluster=cluster,
    )
    found = fit(model, frame)
    told = robust(found, frame, kind)
    rows, _, objective, unscale, _ = prepare(model, select_rows(model, frame))
    at = np.linalg.solve(unscale, found.coefficients["estimate"].to_numpy())
    scores, by_unit = objective(at).scores, objective.information(at)
    bread = np.linalg.inv(by_unit.sum(axis=0))
    root, back = fractional_matrix_power(bread, 0.5), fractional_matrix_power(bread, -0.5)
    covariance, codes = np.zeros((2, 2)), rows.cluster[rows.starts]
    for g in range(codes.max() + 1):
        share = root @ by_unit[codes == g].sum(axis=0) @ root
        score = (
            back @ fractional_matrix_power(np.eye(2) - share, power) @ root @ scores[codes == g].sum(axis=0)
        )
        change = unscale @ bread @ score
        covariance += np.outer(change, change)
    covariance *= codes.max() / (codes.max() + 1) if kind == "CR3" else 1.0
    np.testing.assert_allclose(told.covariance, covariance, rtol=1e-7)
    np.testing.assert_array_equal(told.coefficients["estimate"], found.coefficients["estimate"])
    assert kind in told.correction


def test_one_step_is_close_to_the_jackknife_of_refits():
    """CR3 is what leaving out one unit after the other and fitting again gives, to a few percent."""
    frame = panel(3)
    found = fit(BUC, frame)
    at = found.coefficients["estimate"].to_numpy()
    moved = np.array(
        [fit(BUC, frame[frame["unit"] != u]).coefficients["estimate"] - at for u in frame["unit"].unique()]
    )
    groups = found.n_units
    jackknife = np.sqrt((moved**2).sum(axis=0) * (groups - 1) / groups)
    told = robust(found, frame, "CR3").coefficients["std_error"]
    np.testing.assert_allclose(told, jackknife, rtol=0.04)


def test_corrections_grow_from_the_sandwich_and_vanish_with_many_units():
    few, many = panel(1, 40), panel(1, 4_000)
    for frame, least, most in ((few, 1.01, 1.5), (many, 0.999, 1.005)):
        found = fit(BUC, frame)
        errors = [
            np.asarray(f.coefficients["std_error"])
            for f in (found, robust(found, frame, "CR2"), robust(found, frame, "CR3"))
        ]
        ratio = errors[2] / errors[0]
        assert (ratio > least).all() and (ratio < most).all()  # noqa: PT018
        assert (errors[1] < errors[2]).all()


def test_order_of_rows_and_names_of_units_change_nothing():
    frame = panel(2)
    expected = robust(fit(BUC, frame), frame).covariance
    shuffled = frame.sample(frac=1, random_state=1)
    np.testing.assert_array_equal(robust(fit(BUC, shuffled), shuffled).covariance, expected)
    renamed = frame.assign(unit=np.random.default_rng(3).permutation(60)[frame["unit"]])
    np.testing.assert_allclose(robust(fit(BUC, renamed), renamed).covariance, expected, rtol=1e-9)


def test_another_panel_is_refused():
    frame = panel(2)
    found = fit(BUC, frame)
    with pytest.raises(ModelError, match="other estimates"):
        robust(found, frame.assign(x=frame["x"] ** 3))
    with pytest.raises(ModelError, match="other rows"):
        robust(found, frame.head(100))
