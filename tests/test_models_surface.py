"""A fit is read by statsmodels' names and by maketables, which knows nothing of us."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panel_eis.errors import ModelError
from panel_eis.models import Spec, fit, robust

KNOWN = Path(__file__).parent / "known" / "models"


@pytest.fixture(scope="module")
def panel():
    return pd.read_csv(KNOWN / "grunfeld.csv")


SPEC = Spec(
    name="g", outcome="inv", estimator="pooled_ols", regressors=("value", "capital"), unit="firm", wave="year",
    wave_effects=False,
)  # fmt: skip


@pytest.fixture(scope="module")
def found(panel):
    return fit(SPEC, panel)


def test_the_names_of_statsmodels_give_what_statsmodels_gives(panel, found):
    import statsmodels.api as sm

    x = sm.add_constant(panel[["value", "capital"]])
    groups = panel["firm"].astype("category").cat.codes
    other = sm.OLS(panel["inv"], x).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    order = ["value", "capital", "const"]
    for name in ("params", "bse", "tvalues", "pvalues"):
        np.testing.assert_allclose(getattr(found, name), getattr(other, name)[order], rtol=1e-8)
    for alpha in (0.05, 0.1):
        np.testing.assert_allclose(found.conf_int(alpha), other.conf_int(alpha).loc[order], rtol=1e-8)
    np.testing.assert_allclose(found.cov_params(), other.cov_params().loc[order, order], rtol=1e-8)
    assert found.nobs == other.nobs
    assert found.rsquared == pytest.approx(other.rsquared)
    assert found.llf is None
    assert found.params.index.tolist() == ["value", "capital", "intercept"]


def test_intervals_at_another_level_use_the_degrees_of_freedom_of_each_term(panel, found):
    careful = robust(found, panel, "CR2")
    wide, usual = careful.conf_int(0.01), careful.conf_int()
    assert (wide[1] - wide[0] > usual[1] - usual[0]).all()
    again = careful.conf_int(0.05 + 1e-13)
    np.testing.assert_allclose(again, usual, rtol=1e-8)


def test_maketables_makes_a_table_of_our_fits(panel, found):
    maketables = pytest.importorskip("maketables")
    within = fit(replace(SPEC, estimator="within", wave_effects=True), panel)
    table = maketables.ETable(
        [found, within], coef_fmt="b:.3f \n (se:.3f)", model_stats=["N", "r2", "se_type"]
    )
    text = str(table.make(type="tex"))
    for value in (found.params["value"], within.params["value_within"]):
        assert f"{value:.3f}" in text
    assert f"({found.bse['capital']:.3f})" in text
    assert "inv" in text
    assert str(found.n_rows) in text
    assert "clustered by firm" in text


def test_the_plug_says_what_a_tool_without_statsmodels_asks(panel, found):
    from maketables.extractors import PluginExtractor

    plug = PluginExtractor()
    assert plug.can_handle(found)
    assert plug.coef_table(found)[["b", "se", "t", "p"]].notna().all().all()
    assert plug.depvar(found) == "inv"
    assert [plug.stat(found, key) for key in plug.default_stat_keys(found)] == [200, 10, 10, found.r_squared]
    assert plug.fixef_string(fit(replace(SPEC, estimator="within", wave_effects=True), panel)) == "firm+year"
    assert plug.fixef_string(found) is None
    assert plug.vcov_info(found)["clustervar"] == "firm"
    assert plug.stat(found, "unknown") is None


def test_a_fit_that_did_not_converge_shows_nothing(found):
    lost = replace(found, converged=False)
    for name in ("params", "bse", "pvalues", "__maketables_coef_table__"):
        with pytest.raises(ModelError, match="did not converge"):
            getattr(lost, name)
    with pytest.raises(ModelError, match="alpha"):
        found.conf_int(2)
