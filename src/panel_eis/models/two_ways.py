"""Errors clustered in two ways for any estimator: V_A + V_B - V_AB (Cameron, Gelbach and Miller 2011, JBES 29, 238-249).

The model is fitted again by each column and by both together, each with its own correction; estimates do not depend on
clusters, which is checked. Linear fits have the same from ``robust``, from one decomposition.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import stdtr, stdtrit

from panel_eis.errors import ModelError
from panel_eis.models.estimate import fit as estimate
from panel_eis.models.inference import LEVEL
from panel_eis.models.result import Estimates
from panel_eis.models.small_sample import positive

if TYPE_CHECKING:
    import pandas as pd

    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.result import Fit

BOTH: Final = "both clusters together"


def clustered_two_ways(fit: Fit, panel: pd.DataFrame, columns: tuple[str, str]) -> Fit:
    """Return a fit with errors clustered by two columns; intervals use t(G - 1), G the smaller number of clusters.

    Likelihoods whose factors are units (random effects, GEE, frailty) need units that stay in one cluster of either column.

    Raises
    ------
    ModelError
        If rows lack a cluster, a unit is in several where it may not be, or the panel gives other estimates.

    """
    spec = fit.spec
    frame = panel if columns[0] in panel.columns and columns[1] in panel.columns else panel.reset_index()
    names = [spec.unit if name == "unit" else name for name in columns]
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise ModelError(f"{spec.name}: the panel has no column {', '.join(missing)}")
    known = frame[names].notna().all(axis=1)
    pairs = frame[names[0]].astype(str) + " " + frame[names[1]].astype(str)
    frame = frame.assign(**{BOTH: pairs.where(known)})
    fits = [estimate(replace(spec, cluster=name), frame) for name in (*columns, BOTH)]
    for other in fits:
        if other.n_rows != fit.n_rows or not np.allclose(
            other.coefficients["estimate"], fit.coefficients["estimate"], rtol=1e-6, atol=1e-9
        ):
            raise ModelError(
                f"{spec.name}: rows lack a cluster, or the panel is not the one the fit was made on"
            )
    a, b, ab = (other.covariance.to_numpy() for other in fits)
    covariance, mended = positive(a + b - ab)
    df = min(fits[0].n_clusters, fits[1].n_clusters) - 1
    counts = " and ".join(f"{name} ({f.n_clusters})" for name, f in zip(columns, fits, strict=False))
    told = ("two-way covariance was not positive: its negative eigenvalues are set to 0",) if mended else ()
    return replace(
        fit,
        estimates=_with_errors(fit.estimates, covariance, df),
        n_clusters=df + 1,
        correction=f"{fit.correction}; two ways, by {counts}, each with its own G",
        inference=f"t({df}), {100 * LEVEL:.0f} %",
        tests={},
        warnings=(*fit.warnings, *told),
    )


def _with_errors(estimates: Estimates, covariance: FloatArray, df: int) -> Estimates:
    """Estimates with the new errors; a spread keeps its interval on the log scale."""
    value, error = estimates.numbers[0], np.sqrt(np.diag(covariance))
    ratio = np.divide(value, error, out=np.full_like(value, np.nan), where=error > 0)
    reach = stdtrit(df, (1 + LEVEL) / 2) * error
    spread = np.array([part == "spread" for part in estimates.texts[-1]]) & (value > 0)
    step = np.divide(reach, value, out=np.zeros_like(value), where=spread)
    numbers = [
        value,
        error,
        np.where(spread, np.nan, ratio),
        np.where(spread, np.nan, 2 * stdtr(df, -np.abs(ratio))),
        np.where(spread, value * np.exp(-step), value - reach),
        np.where(spread, value * np.exp(step), value + reach),
    ]
    return Estimates(estimates.texts, np.array(numbers), covariance)
