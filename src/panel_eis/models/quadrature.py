"""The likelihood of a cumulative model with a normal unit effect, by adaptive Gauss–Hermite quadrature.

L_i = ∫ Π_t P(y_it | σu) φ(u) du. The nodes of each unit are centred at the mode of its integrand and scaled
by the curvature there (Liu and Pierce 1994, Biometrika 81, 624-629; Naylor and Smith 1982). For given nodes
the approximation is a smooth function of the parameters, and its gradient and Hessian are exact: by Louis
(1982, JRSS B 44, 226-233) the Hessian of log L_i is the posterior mean of the Hessian given u plus the
posterior variance of the score given u.

Units go through in chunks that fit a processor's cache; beyond one copy of the columns laid out by unit, memory is
that of one chunk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from panel_eis.models.newton import Point

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray, IntArray
    from panel_eis.models.links import Derivatives, Kernel, Law

CELLS: Final = 2**16
"""Slots × nodes × units of a chunk: half a megabyte an array."""

ROUGH_STEPS: Final = 2
MOST_MOVES: Final = 10
"""Newton steps with moving nodes: where the likelihood is nearly flat, their own error would lead steps astray."""

FIRST_STEPS: Final = 8
FREEZE: Final = 1e-5
"""Newton decrement per unit below which nodes stay where they are, so that the objective no longer moves."""


class Grid(NamedTuple):
    """Values of the effect (nodes × units), their log-weights, and the modes they are centred at."""

    u: FloatArray
    log_weight: FloatArray
    mode: FloatArray


class Chunk(NamedTuple):
    """Units of similar length, their rows in slots: rung (slots × units, -1 where empty), regressors, steps.

    ``x`` is units × slots × regressors; ``upper`` and ``lower`` (units × slots × thresholds) mark the
    threshold above and below each row. ``unit`` says which units they are.
    """

    unit: IntArray
    rung: IntArray
    x: FloatArray
    upper: FloatArray
    lower: FloatArray
    weight: FloatArray


class Data(NamedTuple):
    """Rows sorted by unit: rung 0 … J-1, regressors (of comparable scale), unit; and the weight of each unit."""

    rung: IntArray
    x: FloatArray
    unit: IntArray
    weight: FloatArray

    @property
    def thresholds(self) -> int:
        """How many there are."""
        return int(self.rung.max())

    def lengths(self) -> tuple[IntArray, IntArray]:
        """First row and number of rows of each unit."""
        sizes = np.bincount(self.unit)
        return np.cumsum(sizes) - sizes, sizes


def make_chunks(data: Data, nodes: int) -> list[Chunk]:
    """Lay rows out in chunks, units of similar length together so that few slots are empty."""
    _, sizes = data.lengths()
    order = np.argsort(sizes, kind="stable")
    chunks, done = [], 0
    while done < len(order):
        shortest = sizes[order[done]]
        alike = int(np.searchsorted(sizes[order], max(2 * shortest, 8), side="right"))
        members = order[done : min(alike, done + max(1, CELLS // (nodes * int(shortest))))]
        chunks.append(_chunk(members, data))
        done += len(members)
    return chunks


def _chunk(members: IntArray, data: Data) -> Chunk:
    first, sizes = data.lengths()
    slots = np.arange(sizes[members].max())
    filled = slots[None, :] < sizes[members][:, None]
    row = np.where(filled, first[members][:, None] + slots, 0)
    codes = np.where(filled, data.rung[row], -1)
    steps = np.arange(data.thresholds)
    return Chunk(
        unit=members,
        rung=np.ascontiguousarray(codes.T),
        x=data.x[row] * filled[..., None],
        upper=(codes[..., None] == steps).astype(float),
        lower=((codes[..., None] - 1 == steps) & filled[..., None]).astype(float),
        weight=data.weight[members],
    )


class MixedLikelihood:
    """Log-likelihood of thresholds, slopes and σ, in this order.

    Parameters
    ----------
    law
        The link.
    chunks
        From ``make_chunks``.
    nodes
        Nodes of the quadrature.
    modes
        Where the search for the modes of the units begins, one vector a chunk; zero if absent.

    """

    def __init__(
        self, law: Law, chunks: list[Chunk], nodes: int, modes: list[FloatArray] | None = None
    ) -> None:
        self._law, self._chunks = law, chunks
        self._units = sum(len(chunk.unit) for chunk in chunks)
        self._at, weight = np.polynomial.hermite.hermgauss(nodes)
        self._log_weight = np.log(weight) + self._at**2
        self._modes = modes or [np.zeros(len(chunk.unit)) for chunk in chunks]
        self._steps = FIRST_STEPS
        self._grids: list[Grid] = []
        self._moves = 0
        self.slack = 1e-6

    @property
    def modes(self) -> list[FloatArray]:
        """Modes of the unit effects where nodes were last placed."""
        return self._modes

    def near(self, decrement: float) -> None:
        """Freeze the nodes once steps are small or many."""
        self._moves += 1
        if decrement < FREEZE * self._units or self._moves > MOST_MOVES:
            self.freeze()

    def freeze(self) -> None:
        """Keep the nodes where they are."""
        self._steps, self.slack = 0, 1e-12

    @property
    def settled(self) -> bool:
        """Whether nodes were frozen because steps were small."""
        return self._moves <= MOST_MOVES

    def __call__(self, parameters: FloatArray) -> Point:
        """Place the nodes, unless frozen, and evaluate."""
        with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
            kernels = [_kernel(self._law, chunk, parameters) for chunk in self._chunks]
            if self._steps:
                self._grids = [
                    self._place(kernel, parameters[-1], mode)
                    for kernel, mode in zip(kernels, self._modes, strict=True)
                ]
                self._modes = [grid.mode for grid in self._grids]
                self._steps = ROUGH_STEPS
            return evaluate(self._chunks, kernels, self._grids, parameters)

    def _place(self, kernel: Kernel, sigma: float, mode: FloatArray) -> Grid:
        """Newton steps, of bounded length, towards the mode of each unit's integrand; nodes around it."""
        reach = 3 / max(float(sigma), 1.0)
        for _ in range(self._steps):
            slope, bend = kernel.by_effect(sigma * mode[None])
            step = (sigma * slope - mode) / (1 - sigma**2 * bend)
            mode = mode + np.clip(step, -reach, reach)
        _, bend = kernel.by_effect(sigma * mode[None])
        spread = np.sqrt(2 / (1 - sigma**2 * bend))
        u = mode + spread * self._at[:, None]
        log_weight = np.log(spread) + self._log_weight[:, None] - 0.5 * u * u - 0.5 * np.log(2 * np.pi)
        return Grid(u, log_weight, mode)


class PooledLikelihood:
    """The same without a unit effect: thresholds and slopes."""

    slack = 1e-12

    def __init__(self, law: Law, chunks: list[Chunk]) -> None:
        self._law, self._chunks = law, chunks
        zero = [np.zeros((1, len(chunk.unit))) for chunk in chunks]
        self._grids = [Grid(z, z, z[0]) for z in zero]

    def near(self, decrement: float) -> None:
        """Nothing moves here."""

    def __call__(self, parameters: FloatArray) -> Point:
        """Evaluate at thresholds and slopes."""
        full = np.append(parameters, 0.0)
        with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
            kernels = [_kernel(self._law, chunk, full) for chunk in self._chunks]
            point = evaluate(self._chunks, kernels, self._grids, full)
        return Point(point.value, point.scores[:, :-1], point.hessian[:-1, :-1])

    def heterogeneity(self, parameters: FloatArray) -> float:
        """Twice the derivative by σ² at σ = 0; where it is not positive, σ stays at 0."""
        total = 0.0
        for chunk in self._chunks:
            kernel = _kernel(self._law, chunk, np.append(parameters, 0.0))
            slope, bend = kernel.by_effect(np.zeros((1, len(chunk.unit))))
            total += float(chunk.weight @ (slope**2 + bend))
        return total


def _kernel(law: Law, chunk: Chunk, parameters: FloatArray) -> Kernel:
    """Bounds of every row at the parameters; empty slots are unbounded."""
    top, slopes = chunk.upper.shape[2], chunk.x.shape[2]
    predictor = (chunk.x @ parameters[top : top + slopes]).T
    bounds = np.concatenate([[-np.inf], parameters[:top], [np.inf]])
    empty = chunk.rung < 0
    upper = np.where(empty, np.inf, bounds[chunk.rung + 1])
    lower = np.where(empty, -np.inf, bounds[chunk.rung])
    return law.kernel(upper - predictor, lower - predictor)


def evaluate(chunks: list[Chunk], kernels: list[Kernel], grids: list[Grid], parameters: FloatArray) -> Point:
    """Sum value and Hessian over chunks; scores by unit, weights included."""
    units, size = sum(len(chunk.unit) for chunk in chunks), len(parameters)
    value, scores, hessian = 0.0, np.empty((units, size)), np.zeros((size, size))
    for chunk, kernel, grid in zip(chunks, kernels, grids, strict=True):
        d = kernel.derivatives(parameters[-1] * grid.u)
        joint = d.value + grid.log_weight
        peak = joint.max(axis=0)
        posterior = np.exp(joint - peak)
        total = posterior.sum(axis=0)
        posterior /= total
        value += float(chunk.weight @ (peak + np.log(total)))
        given = _scores_at_nodes(chunk, d, grid.u)
        mean = np.matmul(posterior.T[:, None, :], given)[:, 0]
        scores[chunk.unit] = mean * chunk.weight[:, None]
        hessian += _mean_hessian(chunk, d, grid.u, posterior)
        if len(grid.u) > 1:
            given -= mean[:, None, :]
            given *= np.sqrt(posterior * chunk.weight).T[..., None]
            flat = given.reshape(-1, size)
            hessian += flat.T @ flat
    return Point(value if np.isfinite(value) else -np.inf, scores, hessian)


def _scores_at_nodes(chunk: Chunk, d: Derivatives, u: FloatArray) -> FloatArray:
    """Score of each unit given each value of its effect: units × nodes × parameters."""
    top, slopes = chunk.upper.shape[2], chunk.x.shape[2]
    by_effect = -(d.by_a + d.by_b)
    scores = np.empty((len(chunk.unit), len(u), top + slopes + 1))
    scores[..., :top] = _units_first(d.by_a) @ chunk.upper + _units_first(d.by_b) @ chunk.lower
    scores[..., top:-1] = _units_first(by_effect) @ chunk.x
    scores[..., -1] = (u * by_effect.sum(axis=0)).T
    return scores


def _units_first(values: FloatArray) -> FloatArray:
    """Slots × nodes × units to units × nodes × slots, laid out for matrix products."""
    return np.ascontiguousarray(values.transpose(2, 1, 0))


def _mean_hessian(chunk: Chunk, d: Derivatives, u: FloatArray, posterior: FloatArray) -> FloatArray:
    """Posterior mean of the Hessian given the effects, summed over the rows of a chunk."""
    top, slopes = chunk.upper.shape[2], chunk.x.shape[2]
    p = posterior * chunk.weight
    pu = p * u

    def mean(values: FloatArray, by: FloatArray) -> FloatArray:
        constant = values.shape[1] == 1
        summed = values[:, 0] * by.sum(axis=0) if constant else np.einsum("tqn,qn->tn", values, by)
        column: FloatArray = summed.T.reshape(-1, 1)
        return column

    x, upper, lower = (a.reshape(-1, a.shape[2]) for a in (chunk.x, chunk.upper, chunk.lower))
    along_a, along_b, across = mean(d.along_a, p), mean(d.along_b, p), mean(d.across, p)
    effect_a, effect_b = mean(d.along_a, pu), mean(d.along_b, pu)
    h = np.zeros((top + slopes + 1, top + slopes + 1))
    mixed = upper.T @ (across * lower)
    h[:top, :top] = upper.T @ ((along_a - across) * upper) + lower.T @ ((along_b - across) * lower)
    h[:top, :top] += mixed + mixed.T
    h[:top, top:-1] = -(upper.T @ (along_a * x) + lower.T @ (along_b * x))
    h[:top, -1] = -(upper.T @ effect_a + lower.T @ effect_b)[:, 0]
    h[top:-1, top:-1] = x.T @ ((along_a + along_b) * x)
    h[top:-1, -1] = (x.T @ (effect_a + effect_b))[:, 0]
    h[top:-1, :top], h[-1, :-1] = h[:top, top:-1].T, h[:-1, -1]
    h[-1, -1] = np.einsum("tqn,qn->", d.along_a + d.along_b, pu * u)
    return h
