"""Probability of answering, for weights against non-response and attrition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit

from panel_eis.errors import ModelError

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray

BOUNDS = (0.02, 0.98)
"""Fitted probabilities are kept inside, so that no inverse explodes."""
_RIDGE = 1.0
_STEPS, _FAR = 50, 15.0


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
    Probabilities inside ``BOUNDS``, on the same index. Maximum likelihood, as R's ``glm``; where covariates separate
    those who answered from the others and no maximum exists, a ridge penalty of one on the standardised slopes.

    Raises
    ------
    ModelError
        When everybody or nobody answered.

    Source: logistic response-propensity model, Little & Rubin (2019), section 3.3.

    """
    y = answered.to_numpy(dtype="float64")
    if not 0 < y.mean() < 1:
        raise ModelError("The response model needs units that answered and units that did not.")
    x = _design(covariates)
    beta = _maximum(y, x, 0.0)
    if beta is None:
        beta = _maximum(y, x, _RIDGE)
    if beta is None:  # the penalised likelihood is strictly concave
        raise ModelError("The response model did not converge; use fewer covariates.")
    return pd.Series(expit(x @ beta).clip(*BOUNDS), index=answered.index)


def _design(covariates: pd.DataFrame) -> FloatArray:
    x = pd.get_dummies(covariates, drop_first=True, dtype=float).astype("float64")
    gaps = x.isna()
    x = x.fillna(x.mean()).join(gaps.loc[:, gaps.any()].astype(float).add_suffix("_gap"))
    x = x.loc[:, x.std() > 0]
    x = (x - x.mean()) / x.std()
    kept: list[str] = []
    for name in x:  # a column that the ones before it already say is left out
        if np.linalg.matrix_rank(x[[*kept, name]].to_numpy(), tol=1e-8 * len(x)) > len(kept):
            kept.append(str(name))
    return np.column_stack([np.ones(len(x)), x[kept].to_numpy()])


def _maximum(y: FloatArray, x: FloatArray, ridge: float) -> FloatArray | None:
    """Newton's method; None where there is no maximum."""
    penalty = ridge * np.diag([0.0, *[1.0] * (x.shape[1] - 1)])
    beta = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        p = expit(x @ beta)
        gradient = x.T @ (y - p) - penalty @ beta
        information = (x.T * (p * (1 - p))) @ x + penalty
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            return None
        beta = beta + step / max(1.0, float(np.abs(step).max()) / 5)
        if not ridge and np.abs(x @ beta).max() > _FAR:
            return None
        if float(gradient @ step) < 1e-18 * len(y):
            return beta
    return None
