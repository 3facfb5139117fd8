"""Draws of the missing answers of one variable given all others: the steps of chained equations.

Each takes the regressors of all rows that may have an answer, the answers where there are some, and gives a draw for
the rest, parameters drawn first (so that imputations are proper in Rubin's sense). Regressors are standardised; all
have a weak normal prior of standard deviation ``PRIOR`` per standard deviation of the regressor, so that perfect separation
and more regressors than answers do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import expit

from panel_eis.models import cumulative, newton
from panel_eis.models.newton import Point

if TYPE_CHECKING:
    from panel_eis.models.arrays import BoolArray, FloatArray, IntArray

PRIOR: Final = 2.5
"""Standard deviation of a slope a priori, in logits (or in standard deviations of the answer) per standard deviation;
that of Gelman, Jakulin, Pittau and Su (2008, Annals of Applied Statistics 2, 1360-1383), with a normal law."""

DONORS: Final = 5
"""Answers among which predictive mean matching chooses, as in mice."""

SWEEPS: Final = 10
"""Steps of the sampler of the two-level model between two draws of a variable."""


@dataclass(frozen=True)
class Target:
    """One variable to be imputed: rows that may have an answer.

    Attributes
    ----------
    y
        Answers, of which those outside ``seen`` mean nothing.
    seen
        Where there is an answer.
    x
        Regressors without intercept, standardised.
    unit
        Code of the unit of each row, 0, 1, …

    """

    y: FloatArray
    seen: BoolArray
    x: FloatArray
    unit: IntArray


def standardise(x: FloatArray) -> FloatArray:
    """Centre columns and divide them by their standard deviation; columns that do not vary are left out."""
    spread = x.std(axis=0)
    keep = spread > 1e-9 * (1 + np.abs(x).max(axis=0, initial=0.0))
    kept: FloatArray = (x[:, keep] - x[:, keep].mean(axis=0)) / spread[keep]
    return kept


def regression(
    y: FloatArray, x: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, float]:
    """Posterior mean and a draw of the coefficients (intercept first) of a normal regression, and a draw of σ."""
    design = np.column_stack([np.ones(len(x)), x])
    scale = float(y.std()) or 1.0
    information = design.T @ design
    mean = np.asarray(np.linalg.solve(_shrunk(information, 1.0), design.T @ y))
    residual = y - design @ mean
    free = max(len(y) - design.shape[1], 1)
    sigma = float(np.sqrt(max(float(residual @ residual), 1e-12 * scale**2) / rng.chisquare(free)))
    precise = _shrunk(information, (sigma / scale) ** 2)
    centre = np.asarray(np.linalg.solve(precise, design.T @ y), dtype=np.float64)
    return centre, centre + sigma * _gaussian(precise, rng), sigma


def continuous(target: Target, rng: np.random.Generator) -> FloatArray:
    """Normal regression with a random intercept for each unit, drawn by Gibbs steps (mice's ``2l.pan``).

    Flat prior on the standard deviation of the units' intercepts (Gelman 2006, Bayesian Analysis 1, 515-534). The
    sampler starts from least squares and takes ``SWEEPS`` steps; where no unit has two answers it is a plain regression.
    """
    seen, unit, n = target.seen, target.unit, int(target.unit.max()) + 1
    y, x, group = target.y[seen], target.x[seen], unit[seen]
    _, beta, sigma = regression(y, x, rng)
    design = np.column_stack([np.ones(len(target.x)), target.x])
    counts = np.bincount(group, minlength=n)
    u, tau = np.zeros(n), 0.0
    if (counts > 1).any():
        information, scale, tau = design[seen].T @ design[seen], float(y.std()) or 1.0, sigma
        for _ in range(SWEEPS):
            sums = np.bincount(group, weights=y - design[seen] @ beta, minlength=n)
            precision = counts / sigma**2 + 1 / tau**2
            u = sums / sigma**2 / precision + rng.standard_normal(n) / np.sqrt(precision)
            used = u[counts > 0]
            spread = max(float(used @ used), 1e-10 * scale**2)
            tau = float(np.sqrt(spread / rng.chisquare(max(len(used) - 1, 1))))
            precise = _shrunk(information, (sigma / scale) ** 2)
            beta = np.linalg.solve(precise, design[seen].T @ (y - u[group])) + sigma * _gaussian(precise, rng)
            rest = y - design[seen] @ beta - u[group]
            sigma = float(np.sqrt(max(float(rest @ rest), 1e-12 * scale**2) / rng.chisquare(len(y))))
        u[counts == 0] = tau * rng.standard_normal(int((counts == 0).sum()))
    gone = ~seen
    return design[gone] @ beta + u[unit[gone]] + sigma * rng.standard_normal(int(gone.sum()))


def matching(target: Target, rng: np.random.Generator) -> FloatArray:
    """Predictive mean matching: the answer of one of the ``DONORS`` rows whose prediction is nearest.

    Predictions of donors use the posterior mean, those of the missing a draw (type 1 of van Buuren 2018, Flexible
    Imputation of Missing Data, section 3.4).
    """
    mean, drawn, _ = regression(target.y[target.seen], target.x[target.seen], rng)
    design = np.column_stack([np.ones(len(target.x)), target.x])
    have, want = design[target.seen] @ mean, design[~target.seen] @ drawn
    y = target.y[target.seen]
    donors = min(DONORS, len(y))
    far = np.abs(have[None, :] - want[:, None])
    near = np.argpartition(far, donors - 1, axis=1)[:, :donors]
    chosen: FloatArray = y[near[np.arange(len(want)), rng.integers(0, donors, len(want))]]
    return chosen


def ordinal(target: Target, rng: np.random.Generator) -> FloatArray:
    """Proportional odds, parameters drawn from the normal law around the posterior mode; two answers make a logit."""
    values, rung = np.unique(target.y[target.seen], return_inverse=True)
    if len(values) < 2:
        return np.full(int((~target.seen).sum()), values[0])
    x, top = target.x[target.seen], len(values) - 1
    start = cumulative.start(rung, x.shape[1], np.ones(len(x)))
    found = newton.maximise(_Penalised(rung, x, top), start, lambda p: bool((np.diff(p[:top]) > 0).all()))
    parameters = found.parameters + _gaussian(-found.hessian, rng)
    below = np.sort(parameters[:top])[None, :] - (target.x[~target.seen] @ parameters[top:])[:, None]
    u = rng.random(len(below))[:, None]
    chosen: FloatArray = values[(u > expit(below)).sum(axis=1)]
    return chosen


DRAWS: Final = {"continuous": continuous, "pmm": matching, "ordinal": ordinal, "binary": ordinal}
"""A step for each kind of variable."""


@dataclass(frozen=True)
class _Penalised:
    """Log-posterior of the cumulative logit; it is concave, so that scores are had as one sum."""

    rung: IntArray
    x: FloatArray
    top: int
    slack: float = 1e-12

    @cached_property
    def _rows(self) -> cumulative.ByRung:
        return cumulative.ByRung(self.rung, self.x, np.ones(len(self.x)))

    def near(self, decrement: float) -> None:
        """Nothing moves here."""

    def __call__(self, parameters: FloatArray) -> Point:
        """Evaluate at one place."""
        terms = self._rows.terms(parameters)
        gradient, hessian = self._rows.derivatives(terms)
        slopes = np.concatenate([np.zeros(self.top), parameters[self.top :]]) / PRIOR**2
        weight = np.concatenate([np.zeros(self.top), np.full(self.x.shape[1], PRIOR**-2)])
        prior = -0.5 * float(parameters @ slopes)
        return Point(terms.value + prior, (gradient - slopes)[None, :], hessian - np.diag(weight))


def _shrunk(information: FloatArray, ratio: float) -> FloatArray:
    """Add the prior's precision of the slopes, in the units of the residual variance."""
    added: FloatArray = information.copy()
    slopes = np.arange(1, len(information))
    added[slopes, slopes] += ratio / PRIOR**2
    return added


def _gaussian(precision: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw from the normal law of mean 0 and of this precision."""
    root = np.linalg.cholesky(precision)
    drawn: FloatArray = np.linalg.solve(root.T, rng.standard_normal(len(precision)))
    return drawn
