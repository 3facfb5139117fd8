"""Measurement held against R (psych, polycor, lavaan, MASS)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panel_eis.measurement import (
    cronbach_alpha,
    dif,
    item_table,
    mcdonald_omega,
    omega_hierarchical,
    parallel_analysis,
    polychoric,
    smooth,
)
from panel_eis.measurement.factors import minres, oblimin, one_factor, one_factor_ml
from panel_eis.measurement.reliability import omega_of

KNOWN = Path(__file__).parent / "known" / "measurement"
SCALES = {scale: [f"{scale}{i}" for i in range(1, 6)] for scale in "ACE"}
ITEMS = [item for names in SCALES.values() for item in names]


@pytest.fixture(scope="module")
def bfi():
    return pd.read_csv(KNOWN / "bfi.csv")


@pytest.fixture(scope="module")
def reference():
    table = pd.read_csv(KNOWN / "reference.csv", comment="#", dtype={"term": str})
    return {what: rows.set_index("term")["value"] for what, rows in table.groupby("what")}


@pytest.mark.parametrize("scale", SCALES)
def test_alpha_its_interval_and_what_each_item_does_are_those_of_psych(bfi, reference, scale):
    items = bfi[SCALES[scale]]
    alpha = cronbach_alpha(items)
    assert alpha.value == pytest.approx(reference["alpha"][scale], abs=1e-10)
    assert alpha.low == pytest.approx(reference["feldt_low"][scale], abs=1e-10)
    assert alpha.high == pytest.approx(reference["feldt_high"][scale], abs=1e-10)
    table = item_table(items, 1, 6).set_index("item")
    for column in ("item_total", "alpha_dropped"):
        np.testing.assert_allclose(table[column], reference[column][SCALES[scale]], atol=1e-10)


@pytest.mark.parametrize("scale", SCALES)
def test_one_factor_and_omega_are_those_of_psych_factanal_and_lavaan(bfi, reference, scale):
    items = bfi[SCALES[scale]]
    correlation = items.corr().to_numpy()
    loadings = one_factor(correlation)
    np.testing.assert_allclose(loadings, reference["minres"][SCALES[scale]], atol=1e-4)
    np.testing.assert_allclose(one_factor_ml(correlation), reference["ml"][SCALES[scale]], atol=1e-4)
    standardised = omega_of(correlation, loadings)
    assert standardised == pytest.approx(reference["omega_standardised"][scale], abs=1e-4)
    likely = mcdonald_omega(items, extraction="ml")
    assert likely.value == pytest.approx(reference["omega_ml"][scale], abs=1e-4)


def test_several_factors_their_rotation_and_hierarchical_omega_are_those_of_psych(bfi, reference):
    correlation = bfi[ITEMS].corr().to_numpy()
    loadings = minres(correlation, 3)
    np.testing.assert_allclose((loadings**2).sum(axis=1), reference["communality"][ITEMS], atol=1e-4)
    between = oblimin(loadings)[1]
    assert np.abs(between).sum() == pytest.approx(reference["oblimin_phi"].iloc[0], abs=2e-3)
    found = omega_hierarchical(bfi[ITEMS], 3)
    assert found.value == pytest.approx(reference["omega_hierarchical"]["ACE"], abs=1e-3)


def test_polychoric_correlations_are_those_of_polycor_and_lavaan(bfi, reference):
    found = polychoric(bfi[ITEMS]).correlation
    for pair, value in reference["polychoric"].items():
        first, second = pair.split("-")
        assert found.loc[first, second] == pytest.approx(value, abs=1e-4)
    squares = float((found.to_numpy() ** 2).sum())
    assert squares == pytest.approx(reference["polychoric_lavaan"].iloc[0], abs=1e-3)


def test_the_standard_error_of_a_polychoric_correlation_is_that_of_a_jackknife_of_polycor(bfi, reference):
    found = polychoric(bfi[["A1", "A2"]]).std_error.iloc[0, 1]
    assert found == pytest.approx(reference["polychoric_se"]["A1-A2"], rel=0.02)


def test_a_matrix_that_is_not_positive_definite_is_mended_as_by_psych(reference):
    bad = np.array([[1, 0.9, 0.1], [0.9, 1, 0.9], [0.1, 0.9, 1]])
    mended = smooth(bad)
    np.testing.assert_allclose(
        mended[[0, 0, 1], [1, 2, 2]], reference["smooth"][["12", "13", "23"]], atol=1e-8
    )


def test_parallel_analysis_keeps_as_many_components_as_psych(bfi, reference):
    found = parallel_analysis(bfi[ITEMS], np.random.default_rng(1), 100)
    np.testing.assert_allclose(found["eigenvalue"], reference["eigenvalue"], atol=1e-10)
    assert found["retained"].sum() == reference["retained"]["pearson"]


def test_the_likelihood_ratios_and_effect_sizes_of_dif_are_those_of_polr(bfi, reference):
    """On the first pass, where nothing is flagged; grades are not joined in these items."""
    found = dif(bfi, bfi["gender"], {"A": SCALES["A"]}, level=0.0).set_index("item")
    names = {
        "dif_uniform": "chi2_uniform", "dif_nonuniform": "chi2_nonuniform",
        "dif_mcfadden": "r2_mcfadden", "dif_nagelkerke": "r2_nagelkerke",
    }  # fmt: skip
    for known, column in names.items():
        np.testing.assert_allclose(found[column], reference[known][found.index], atol=1e-3)
