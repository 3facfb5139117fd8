"""Newton's method with exact derivatives for likelihoods that need not be concave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models.cumulative import Optimum

if TYPE_CHECKING:
    from collections.abc import Callable

    from panel_eis.models.arrays import FloatArray

MAX_ITERATIONS: Final = 60
MAX_HALVINGS: Final = 30
TOLERANCE: Final = 1e-8
"""Newton decrement at which the step taken is the last: what it leaves is of the order of its square."""


class Point(NamedTuple):
    """Log-likelihood, scores (units × parameters, weights included) and Hessian at one place."""

    value: float
    scores: FloatArray
    hessian: FloatArray

    @property
    def gradient(self) -> FloatArray:
        """Sum of the scores."""
        total: FloatArray = self.scores.sum(axis=0)
        return total


class Objective(Protocol):
    """A log-likelihood; ``near`` hears the Newton decrement before each step, ``slack`` is its own noise."""

    @property
    def slack(self) -> float:
        """Relative noise of a value."""
        ...

    def __call__(self, parameters: FloatArray) -> Point:
        """Evaluate at one place."""
        ...

    def near(self, decrement: float) -> None:
        """Prepare for steps of this size."""
        ...


def maximise(objective: Objective, start: FloatArray, allowed: Callable[[FloatArray], bool]) -> Optimum:
    """Climb from ``start`` by Newton steps, halved until they are allowed and do not descend.

    Where the Hessian is not negative definite, the outer product of the scores takes its place (Berndt, Hall,
    Hall and Hausman 1974).

    Raises
    ------
    ModelError
        If the information is singular.

    """
    parameters, point = start, objective(start)
    for iteration in range(1, MAX_ITERATIONS + 1):
        step = _step(point)
        decrement = float(point.gradient @ step)
        objective.near(decrement)
        for halving in range(MAX_HALVINGS):
            candidate = parameters + step / 2**halving
            if allowed(candidate):
                there = objective(candidate)
                if there.value >= point.value - objective.slack * abs(point.value):
                    parameters, point = candidate, there
                    break
        else:
            return _optimum(parameters, point, decrement < np.sqrt(TOLERANCE), iteration)
        if decrement < TOLERANCE:
            return _optimum(parameters, point, True, iteration)
    return _optimum(parameters, point, False, MAX_ITERATIONS)


def solve_step(information: FloatArray, gradient: FloatArray) -> FloatArray | None:
    """Newton's step, or None where the information is not positive definite."""
    try:
        np.linalg.cholesky(information)
    except np.linalg.LinAlgError:
        return None
    return np.linalg.solve(information, gradient).astype(np.float64)


def _step(point: Point) -> FloatArray:
    step = solve_step(-point.hessian, point.gradient)
    if step is None:
        step = solve_step(point.scores.T @ point.scores, point.gradient)
    if step is None:
        raise ModelError("the information matrix is singular (perfect separation?)")
    return step


def _optimum(parameters: FloatArray, point: Point, converged: bool, iterations: int) -> Optimum:
    return Optimum(parameters, point.value, point.scores, point.hessian, converged, iterations)
