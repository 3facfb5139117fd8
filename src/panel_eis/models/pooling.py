"""Rubin's rules: one answer from the fits of several imputed panels.

With m estimates q_i and covariances U_i, each of which allows for clusters already, the pooled estimate is their
mean and its covariance T = Ū + (1 + 1/m) B, B being the covariance of the q_i (Rubin 1987, Multiple Imputation for
Nonresponse in Surveys, section 3.3). Degrees of freedom are those of Barnard and Rubin (1999, Biometrika 86, 948-955), which
never exceed what complete data would have: for linear models, clusters less one. The fraction of missing information
is (r + 2/(df+3)) / (1 + r), r being the relative increase of variance. All as in R's ``mice::pool``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models.design import Term
from panel_eis.models.inference import lay_out
from panel_eis.models.result import TEXT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.result import Fit

LEAST_SHARE: Final = 1e-4
"""Share of the variance due to missing answers below which the degrees of freedom take this share, as in mice."""


@dataclass(frozen=True)
class Pooled:
    """What Rubin's rules give, one entry a coefficient.

    Attributes
    ----------
    estimate, covariance
        Mean of the estimates; total covariance T.
    df
        Barnard and Rubin's degrees of freedom.
    increase
        Relative increase of variance, (1 + 1/m) B / Ū.
    missing_share
        Share of the total variance due to missing answers, λ.
    missing_information
        Fraction of missing information.

    """

    estimate: FloatArray
    covariance: FloatArray
    df: FloatArray
    increase: FloatArray
    missing_share: FloatArray
    missing_information: FloatArray


def rubin(estimates: FloatArray, covariances: FloatArray, complete_df: float | FloatArray = np.inf) -> Pooled:
    """Pool estimates.

    Parameters
    ----------
    estimates
        Imputations × coefficients.
    covariances
        Imputations × coefficients × coefficients.
    complete_df
        Degrees of freedom had nothing been missing, one for all or one each; infinite for the normal law.

    Raises
    ------
    ModelError
        With fewer than two imputations: nothing tells what the missing answers cost.

    """
    m, k = estimates.shape
    if m < 2:
        raise ModelError(f"Rubin's rules need two imputations or more, not {m}")
    mean = estimates.mean(axis=0)
    away = estimates - mean
    between = (1 + 1 / m) * (away.T @ away) / (m - 1)
    within = covariances.mean(axis=0)
    total = within + between
    share = np.diag(between) / np.diag(total)
    increase = np.diag(between) / np.diag(within)
    told = np.maximum(share, LEAST_SHARE)
    old = (m - 1) / told**2
    complete = np.broadcast_to(np.asarray(complete_df, dtype=float), (k,))
    finite = np.isfinite(complete)
    known = np.where(finite, complete, 1.0)
    observed = (known + 1) / (known + 3) * known * (1 - told)
    df = np.where(finite, old * observed / (old + observed), old)
    information = (increase + 2 / (df + 3)) / (increase + 1)
    return Pooled(mean, total, df, increase, share, information)


def pool(fits: Sequence[Fit]) -> Fit:
    """Pool the fits of one ``Spec`` on several imputed panels.

    ``correction`` keeps that of the fits; ``extras`` has, for each term, ``fmi`` (fraction of missing information) and
    ``df``, and the number of ``imputations``. Joint tests, likelihoods and R² are not pooled.

    Raises
    ------
    ModelError
        Fits of different models, terms or rows; a fit that did not converge.

    """
    first = fits[0]
    terms = list(first.coefficients["term"])
    for other in fits:
        other.require_converged()
        if other.spec != first.spec:
            raise ModelError(
                f"{first.spec.name}: fits of different models cannot be pooled ({other.spec.name})"
            )
        if list(other.coefficients["term"]) != terms or other.n_rows != first.n_rows:
            raise ModelError(
                f"{first.spec.name}: the imputed panels give different rows or terms, so their estimates are not of "
                "the same thing; impute all that the model reads"
            )
    estimates = np.array([f.coefficients["estimate"] for f in fits], dtype=float)
    covariances = np.array([f.covariance.to_numpy() for f in fits], dtype=float)
    pooled = rubin(estimates, covariances, _complete_df(first))
    labels = [Term(*row[1:]) for row in first.coefficients[list(TEXT_COLUMNS)].itertuples(index=False)]
    extras = {f"fmi {term}": float(v) for term, v in zip(terms, pooled.missing_information, strict=True)}
    extras |= {f"df {term}": float(v) for term, v in zip(terms, pooled.df, strict=True)}
    warnings = dict.fromkeys(warning for f in fits for warning in f.warnings)
    finite = pooled.df[np.isfinite(pooled.df)]
    span = (
        f"{finite.min():.1f} to {finite.max():.1f}" if finite.max() < 1e4 else f"{finite.min():.1f} and more"
    )
    return replace(
        first,
        estimates=lay_out(labels, pooled.estimate, pooled.covariance, pooled.df),
        correction=f"Rubin's rules over {len(fits)} imputations of {first.correction}",
        inference=f"t with Barnard–Rubin degrees of freedom by term, {span}, 95 %",
        warnings=tuple(warnings),
        tests={},
        log_likelihood=None,
        r_squared=None,
        extras=extras | {"imputations": float(len(fits))},
    )


def _complete_df(fit: Fit) -> float | FloatArray:
    """Degrees of freedom of a fit without missing answers."""
    by_term = [fit.extras.get(f"df {term}") for term in fit.coefficients["term"]]
    if all(df is not None for df in by_term):
        return np.array(by_term, dtype=float)
    return np.inf if fit.inference.startswith("normal") else float(fit.n_clusters - 1)
