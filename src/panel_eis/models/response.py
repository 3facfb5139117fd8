"""Probability of answering again, for weights against attrition."""

from __future__ import annotations

import pandas as pd

from panel_eis.errors import ModelError


def response_probability(answered: pd.Series, covariates: pd.DataFrame) -> pd.Series:
    """Fitted probability of a binary outcome from a logit on standardised covariates.

    Parameters
    ----------
    answered
        Boolean, one row for each unit at risk.
    covariates
        Same rows; categorical columns become indicators; columns that do not vary are dropped, and gaps
        are filled by the mean with an indicator of their own.

    Returns
    -------
    Probabilities strictly between 0 and 1, on the same index.

    Raises
    ------
    ModelError
        When everybody or nobody answered, or the fit does not converge.

    Source: logistic response-propensity model, Little & Rubin (2019), section 3.3.
    """
    import statsmodels.api as sm  # noqa: PLC0415  # heavy: only when weights are computed

    y = answered.astype("float64")
    if y.nunique() < 2:
        raise ModelError("The response model needs units that answered and units that did not.")
    x = pd.get_dummies(covariates, drop_first=True, dtype=float).astype("float64")
    gaps = x.isna()
    x = x.fillna(x.mean()).join(gaps.loc[:, gaps.any()].astype(float).add_suffix("_gap"))
    x = x.loc[:, x.std() > 0]
    x = (x - x.mean()) / x.std()
    fit = sm.GLM(y, sm.add_constant(x), family=sm.families.Binomial()).fit()
    if not fit.converged:
        raise ModelError("The response model did not converge; use fewer covariates.")
    return pd.Series(fit.predict(), index=answered.index).clip(0.02, 0.98)
