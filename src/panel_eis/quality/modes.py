"""Differences between modes of interview, given the strata: not the effect of a mode where modes were chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models import Spec, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

STRATA = ("stratum_legal_form", "stratum_size_class", "stratum_department")


def mode_differences(
    rows: pd.DataFrame, outcomes: Sequence[str], strata: Sequence[str] = STRATA
) -> pd.DataFrame:
    """Difference of each mode from the first one (that of most answers), strata and wave held constant.

    Parameters
    ----------
    rows
        Columns unit, wave, ``mode``, the strata and the outcomes (numbers or booleans).
    outcomes
        One regression each.
    strata
        Columns of the frame stratum; categories with fewer than 20 rows are put together.

    Returns
    -------
    Columns outcome, mode, reference, estimate, low, high (95 %, clustered by unit), p_value, n (rows in that mode), base
    (rows of the reference). An outcome that cannot be estimated is left out.

    Source: least squares with the strata as covariates; for what it does and does not say, Vannieuwenhuyze & Loosveldt
    (2013), "Evaluating relative mode effects in mixed-mode surveys", Sociological Methods & Research 42.

    """
    known = rows.dropna(subset=["mode"])
    counts = known["mode"].astype(str).value_counts()
    if len(counts) < 2:
        return pd.DataFrame(
            columns=["outcome", "mode", "reference", "estimate", "low", "high", "p_value", "n", "base"]
        )
    reference = str(counts.index[0])
    order = [reference, *(str(m) for m in counts.index[1:])]
    frame = known.assign(mode=pd.Categorical(known["mode"].astype(str), categories=order))
    frame = frame.assign(**{name: _grouped(known[name]) for name in strata})
    found = []
    for outcome in outcomes:
        values = frame.assign(**{outcome: frame[outcome].astype("Float64")}).dropna(subset=[outcome])
        used = tuple(s for s in strata if (values[s] != values[s].iloc[0]).any())
        spec = Spec(
            name=f"mode-{outcome}", outcome=outcome, estimator="pooled_ols", regressors=("mode", *used)
        )
        try:
            model = fit(spec, values)
        except ModelError:
            continue
        at = {str(k): int(v) for k, v in values["mode"].value_counts().items()}
        terms = model.coefficients[model.coefficients["variable"] == "mode"]
        found += [
            (
                outcome,
                t.level,
                reference,
                t.estimate,
                t.conf_low,
                t.conf_high,
                t.p_value,
                at[str(t.level)],
                at[reference],
            )
            for t in terms.itertuples()
        ]
    head = ["outcome", "mode", "reference", "estimate", "low", "high", "p_value", "n", "base"]
    return pd.DataFrame(found, columns=head)


def _grouped(column: pd.Series, fewest: int = 20) -> pd.Series:
    values = column.astype(object).where(column.notna(), "unknown").astype(str)
    counts = values.map(values.value_counts())
    return values.where(counts >= fewest, "other")
