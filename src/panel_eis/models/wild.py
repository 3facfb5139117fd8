"""Wild cluster bootstrap of one coefficient, the null imposed, from sums over clusters.

Residuals of the fit under the null are flipped by cluster, the model is fitted again and its t is compared with
ours (Cameron, Gelbach and Miller 2008, Review of Economics and Statistics 90(3), 414-427). No refit is needed:
the drawn coefficients and their clustered errors are linear and quadratic in the flips, with coefficients that
are sums over clusters (Roodman, MacKinnon, Nielsen and Webb 2019, Stata Journal 19(1), 4-60). Absorbed unit
effects change nothing as long as units are nested in clusters, since flipping a cluster and demeaning its units
commute. All is linear in the value under the null too, so the interval (every value not rejected) costs one
more pass of the same draws.

Flips are ±1, or Webb's six points where clusters are fewer than 12, for ±1 then gives too few distinct draws
(Webb 2014, Queen's Economics Department working paper 1315).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models.problems import problem_of

if TYPE_CHECKING:
    import pandas as pd

    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.least_squares import Problem
    from panel_eis.models.result import Fit

FEW: Final = 12
"""Below this many clusters Webb's weights are the default."""

LAWS: Final = {
    "rademacher": np.array([-1.0, 1.0]),
    "webb": np.array([-(1.5**0.5), -1.0, -(0.5**0.5), 0.5**0.5, 1.0, 1.5**0.5]),
}
LEVEL: Final = 0.05
FEWEST_DRAWS: Final = 99
BLOCK: Final = 4_000_000
"""Flips held in memory at a time."""

_STEPS = 60


class Draws(NamedTuple):
    """What the draws leave, as functions of the value b under the null.

    The drawn numerator is (a0 - b·a1); the drawn variance is v0 + b·v1 + b²·v2, all without the small-sample
    factor; one entry a draw.
    """

    a0: FloatArray
    a1: FloatArray
    v0: FloatArray
    v1: FloatArray
    v2: FloatArray


def wild_bootstrap(
    fit: Fit,
    panel: pd.DataFrame,
    term: str,
    *,
    rng: np.random.Generator,
    draws: int = 999,
    law: str | None = None,
    null: float = 0.0,
) -> dict[str, Any]:
    """Test one coefficient of a linear fit by the restricted wild cluster bootstrap.

    Parameters
    ----------
    fit, panel
        A linear fit and the panel it was made on.
    term
        Name of the coefficient.
    rng
        Source of the flips; the same state gives the same result.
    draws
        Number of draws; 999 and not 1000, so that 5 % of (draws + 1) is whole.
    law
        ``rademacher`` or ``webb``; None for Webb's below 12 clusters.
    null
        Value under the null.

    Returns
    -------
    One row of a tidy table: term, estimate, null, statistic (t with CR1 errors), p_value (symmetric, share of
    draws with a larger |t|), conf_low and conf_high (95 %, all values not rejected), draws, law, clusters.

    Raises
    ------
    ModelError
        Unknown term or law, fewer than 99 draws, clusters that cut through units, a term that one cluster tells
        alone.

    """
    problem = problem_of(fit, panel)
    problem.require_nested("the wild cluster bootstrap")
    groups = problem.rows.n_clusters
    law = law or ("webb" if groups < FEW else "rademacher")
    if law not in LAWS:
        raise ModelError(f"no flips are called {law!r} (known: {', '.join(LAWS)})")
    if draws < FEWEST_DRAWS:
        raise ModelError(f"{draws} draws are too few for a test at 5 %; ask for {FEWEST_DRAWS} or more")
    j = problem.place(term)
    drawn = _draw(problem, j, rng, draws, LAWS[law])
    estimate = float(problem.beta[j])
    half = problem.scores @ problem.bread[j]
    factor = groups / (groups - 1) * problem.small_sample
    error = float(np.sqrt(half @ half * factor))
    low, high = _interval(drawn, estimate, error, factor)
    return {
        "term": term,
        "estimate": estimate,
        "null": null,
        "statistic": (estimate - null) / error,
        "p_value": p_value(drawn, estimate, error, factor, null),
        "conf_low": low,
        "conf_high": high,
        "draws": draws,
        "law": law,
        "clusters": groups,
    }


def p_value(drawn: Draws, estimate: float, error: float, factor: float, null: float) -> float:
    """Share of draws under ``null`` whose |t| exceeds that of the estimate."""
    variance = (drawn.v0 + null * drawn.v1 + null**2 * drawn.v2) * factor
    t = np.abs(drawn.a0 - null * drawn.a1) / np.sqrt(np.maximum(variance, np.finfo(float).tiny))
    ours = abs(estimate - null) / error
    return float(np.mean(t > ours * (1 + 1e-10)))


def _draw(problem: Problem, j: int, rng: np.random.Generator, draws: int, points: FloatArray) -> Draws:
    """Draw flips in blocks of fixed size and sum over clusters.

    With z = X(X'X)⁻¹ of the coefficient, r = z'u the restricted scores' part and q = X_g'X_g(X'X)⁻¹ of each
    cluster, the drawn change is δ = (X'X)⁻¹ Σ v s and the drawn score of cluster g is v r - q'δ. Restricted
    residuals are those at null 0 less b times the residual of the regressor on the others.
    """
    x, bread, cluster = problem.x, problem.bread, problem.rows.cluster
    groups, z = problem.rows.n_clusters, x @ bread[j]
    partial = z / bread[j, j]
    at_zero = problem.residuals + partial * problem.beta[j]
    s0, s1 = (_sums(x * residual[:, None], cluster) @ bread for residual in (at_zero, partial))
    q = _sums(x * z[:, None], cluster)
    r0, r1 = s0[:, j], s1[:, j]
    gram = q.T @ q
    left = np.column_stack([s0, s1, q * r0[:, None], q * r1[:, None], r0**2, r0 * r1, r1**2])
    parts = []
    block = max(1, BLOCK // groups)
    for start in range(0, draws, block):
        count = min(block, draws - start)
        parts.append(_moments(left, gram, j, flips_of(rng, count, groups, points)))
    return Draws(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def flips_of(rng: np.random.Generator, draws: int, groups: int, points: FloatArray) -> FloatArray:
    """Draw one point for each cluster (draws × clusters); draws in parts are the draws at once."""
    if len(points) == 2:  # whole words of random bits a draw, the rest of the last one unused
        words = rng.integers(0, 2, (draws, -(-groups // 8) * 8), np.uint8)
        return 2.0 * words[:, :groups] - 1.0
    return points.take(rng.integers(0, len(points), (draws, groups)))


def _moments(left: FloatArray, gram: FloatArray, j: int, flips: FloatArray) -> Draws:
    """Numerators and variances of a block of draws (draws × clusters)."""
    k = len(gram)
    first = flips @ left[:, : 4 * k]
    d0, d1, c0, c1 = (first[:, i * k : (i + 1) * k] for i in range(4))
    fixed = left[:, 4 * k :]  # ±1 squared is 1 in every draw
    second = fixed.sum(0)[None, :] if (np.abs(flips) == 1.0).all() else flips**2 @ fixed
    return Draws(
        a0=d0[:, j],
        a1=d1[:, j],
        v0=second[:, 0] - 2 * (d0 * c0).sum(1) + ((d0 @ gram) * d0).sum(1),
        v1=-2 * second[:, 1] + 2 * (d0 * c1 + d1 * c0).sum(1) - 2 * ((d0 @ gram) * d1).sum(1),
        v2=second[:, 2] - 2 * (d1 * c1).sum(1) + ((d1 @ gram) * d1).sum(1),
    )


def _interval(drawn: Draws, estimate: float, error: float, factor: float) -> tuple[float, float]:
    """Values not rejected at 5 %: steps outward until one is, then halving; infinite if none is."""
    ends = []
    for sign in (-1.0, 1.0):
        step, inside = error, estimate
        while p_value(drawn, estimate, error, factor, estimate + sign * step) > LEVEL:
            inside = estimate + sign * step
            step *= 2
            if step > 1e6 * error:
                ends.append(sign * np.inf)
                break
        else:
            outside = estimate + sign * step
            for _ in range(_STEPS):
                middle = (inside + outside) / 2
                rejected = p_value(drawn, estimate, error, factor, middle) <= LEVEL
                inside, outside = (inside, middle) if rejected else (middle, outside)
                if abs(outside - inside) <= 1e-10 * error:
                    break
            ends.append(outside)
    return float(ends[0]), float(ends[1])


def _sums(values: FloatArray, cluster: Any) -> FloatArray:
    """Sums over clusters (clusters × columns)."""
    return np.array([np.bincount(cluster, weights=column) for column in values.T]).T
