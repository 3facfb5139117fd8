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
    from collections.abc import Iterator

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
BLOCK: Final = 500_000
"""Flips held in memory at a time; more leave the cache of the processor."""

_STEPS = 60


class Draws(NamedTuple):
    """What the draws leave, as functions of a, the estimate less the value under the null.

    The drawn numerator is n0 + a·n1; the drawn variance is v0 + a·v1 + a²·v2, without the small-sample factor;
    one entry a draw. Drawn for a single value under the null, it is what stands for a = 0.
    """

    n0: FloatArray
    n1: FloatArray
    v0: FloatArray
    v1: FloatArray
    v2: FloatArray

    def statistics(self, a: float, factor: float) -> FloatArray:
        """Drawn |t|."""
        variance = (self.v0 + a * self.v1 + a**2 * self.v2) * factor
        return np.abs(self.n0 + a * self.n1) / np.sqrt(np.maximum(variance, np.finfo(float).tiny))

    def p_value(self, a: float, ours: float, factor: float) -> float:
        """Share of draws whose |t| exceeds ours."""
        return float(np.mean(self.statistics(a, factor) > abs(ours) * (1 + 1e-10)))


def wild_bootstrap(
    fit: Fit,
    panel: pd.DataFrame,
    term: str,
    *,
    rng: np.random.Generator,
    draws: int = 999,
    law: str | None = None,
    null: float = 0.0,
    interval: bool = True,
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
    interval
        Whether the interval is wanted; the p-value alone takes half the time.

    Returns
    -------
    One row of a tidy table: term, estimate, null, statistic (t with CR1 errors), p_value (symmetric, share of
    draws with a larger |t|), conf_low and conf_high (95 %, all values not rejected; NaN if not wanted), draws, law,
    clusters.

    Raises
    ------
    ModelError
        Unknown term or law, fewer than 99 draws, or clusters that cut through units.

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
    estimate = float(problem.beta[j])
    half = problem.scores @ problem.bread[j]
    factor = groups / (groups - 1) * problem.small_sample
    error = float(np.sqrt(half @ half * factor))
    at, blocks = None if interval else estimate - null, _in_blocks(rng, draws, groups, LAWS[law])
    drawn = _draw(problem, j, at, blocks, signs=law == "rademacher")
    low, high = _interval(drawn, estimate, error, factor) if interval else (np.nan, np.nan)
    t = (estimate - null) / error
    return {
        "term": term,
        "estimate": estimate,
        "null": null,
        "statistic": t,
        "p_value": drawn.p_value(estimate - null if interval else 0.0, t, factor),
        "conf_low": low,
        "conf_high": high,
        "draws": draws,
        "law": law,
        "clusters": groups,
    }


def _in_blocks(rng: np.random.Generator, draws: int, groups: int, points: FloatArray) -> Iterator[FloatArray]:
    """Draw the flips, as many at a time as memory should hold."""
    block = max(1, BLOCK // groups)
    for start in range(0, draws, block):
        yield flips_of(rng, min(block, draws - start), groups, points)


def flips_of(rng: np.random.Generator, draws: int, groups: int, points: FloatArray) -> FloatArray:
    """Draw one point for each cluster (draws × clusters); draws in parts are the draws at once."""
    if len(points) > 2:
        return points.take(rng.integers(0, len(points), (draws, groups)))
    width = -(-groups // 8) * 8  # whole words of random bytes a draw, the rest of the last one unused
    random = np.frombuffer(rng.bytes(draws * width), np.uint8).reshape(draws, width)[:, :groups]
    signs = (random >> 6 & 2).view(np.int8) - 1  # the highest bit of each byte, 0 or 2, less 1
    return signs.astype(np.float64)


def null_draws(problem: Problem, j: int, flips: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Coefficient and its variance (without the small-sample factor) in each draw, the null of zero imposed.

    Parameters
    ----------
    problem, j
        A linear model whose units are nested in clusters, and the place of the coefficient.
    flips
        ±1 for each cluster (draws × clusters), in the order of their codes.

    """
    drawn = _draw(problem, j, float(problem.beta[j]), iter([flips]), signs=True)
    return drawn.n0, drawn.v0


def _draw(problem: Problem, j: int, at: float | None, blocks: Iterator[FloatArray], *, signs: bool) -> Draws:
    """Sum over clusters, and put flips on the sums.

    Residuals under the null are ours plus a times w, the residual of the regressor on the others. With
    z = X(X'X)⁻¹ of the coefficient, s = (X'X)⁻¹X_g'u, r = z_g'u and q = X_g'z_g of each cluster, the drawn
    change is δ = Σ v s and the drawn score of a cluster v r - q'δ, so that its square sums to
    Σ v²r² - 2 δ'Σ v r q + δ' (Σ qq') δ. With ``at`` given, a is that number and no function is needed.
    """
    x, bread, cluster = problem.x, problem.bread, problem.rows.cluster
    z = x @ bread[j]
    w = z / bread[j, j]
    parts = [problem.residuals, w] if at is None else [problem.residuals + at * w]
    q = _sums(x * z[:, None], cluster)
    steps = [_sums(x * part[:, None], cluster) @ bread for part in parts]
    left = np.column_stack([*steps, *(q * step[:, [j]] for step in steps)])
    own = np.column_stack([a[:, j] * b[:, j] for a in steps for b in steps])
    own = own.sum(axis=0, keepdims=True) if signs else own
    found = [_moments(left, own, q.T @ q, j, flips) for flips in blocks]
    return Draws(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _moments(left: FloatArray, own: FloatArray, gram: FloatArray, j: int, flips: FloatArray) -> Draws:
    """Numerators and variances of a block of draws (draws × clusters)."""
    k, n = len(gram), left.shape[1] // len(gram) // 2
    drawn = flips @ left
    d, c = ([drawn[:, (h * n + i) * k : (h * n + i + 1) * k] for i in range(n)] for h in (0, 1))
    # where all flips are ±1 there is one row for all draws
    square = np.broadcast_to(flips**2 @ own if len(own) > 1 else own, (len(flips), n * n))
    turned = [part @ gram for part in d]

    def variance(a: int, b: int) -> FloatArray:
        return square[:, a * n + b] + (turned[a] * d[b] - d[a] * c[b] - d[b] * c[a]).sum(axis=1)

    if n == 1:
        nil = np.zeros(len(flips))
        return Draws(d[0][:, j], nil, variance(0, 0), nil, nil)
    return Draws(d[0][:, j], d[1][:, j], variance(0, 0), 2 * variance(0, 1), variance(1, 1))


def _interval(drawn: Draws, estimate: float, error: float, factor: float) -> tuple[float, float]:
    """Values not rejected at 5 %: steps outward until one is, then halving; infinite if none is."""
    ends = []
    for sign in (-1.0, 1.0):
        step, inside = error, estimate
        while drawn.p_value(-sign * step, step / error, factor) > LEVEL:
            inside = estimate + sign * step
            step *= 2
            if step > 1e6 * error:
                ends.append(sign * np.inf)
                break
        else:
            outside = estimate + sign * step
            for _ in range(_STEPS):
                middle = (inside + outside) / 2
                rejected = drawn.p_value(estimate - middle, (estimate - middle) / error, factor) <= LEVEL
                inside, outside = (inside, middle) if rejected else (middle, outside)
                if abs(outside - inside) <= 1e-10 * error:
                    break
            ends.append(outside)
    return float(ends[0]), float(ends[1])


def _sums(values: FloatArray, cluster: Any) -> FloatArray:
    """Sums over clusters (clusters × columns)."""
    return np.array([np.bincount(cluster, weights=column) for column in values.T]).T
