"""Least squares that every linear estimator comes down to, clustered: a ``Problem`` in, an ``Estimate`` out.

An estimator transforms rows (demeans, differences, quasi-demeans) and leaves a ``Problem``; estimates, errors,
bootstraps, influence and sensitivity all start from it, so that they agree to the last digit about what the
model is. Normal equations are solved on columns of one scale; where those are nearly collinear, the triangle comes
from X itself and the solution is refined.

The small-sample convention is CR1: G/(G-1)·(N-1)/(N-K), K counting the coefficients estimated and **not** the
unit effects that ``within`` absorbs, as long as units are nested in clusters. Packages that count them give
errors larger by √(T/(T-1)), 15 % at four waves. plm's ``vcovHC(type="sss")`` is the same convention; Stata's
``xtreg, fe`` adds 1 to K for the constant. Intervals use t(G-1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models.arrays import numbers
from panel_eis.models.assemble import Estimate
from panel_eis.models.spec import nearest

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.design import Design
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec

CR1: Final = "CR1, G/(G-1)·(N-1)/(N-K)"
NESTED: Final = f"{CR1}, unit effects nested in clusters not counted"
NOT_NESTED: Final = f"{CR1}, unit effects not nested in clusters counted in K"

EXACT: Final = 1e-18
"""Residual over total sum of squares below which the outcome is a function of the regressors."""

STRAIGHT: Final = 1e-5
"""Least eigenvalue of the Gram matrix of unit columns above which normal equations keep ten digits."""


@dataclass(frozen=True)
class Problem:
    """A linear model as weighted least squares.

    Attributes
    ----------
    spec, rows
        The model and its rows; for differences, the rows are the later ones of each pair.
    design
        Transformed regressors.
    outcome
        Transformed outcome.
    absorbed
        Unit effects taken out before, which leave fewer degrees of freedom.
    notes
        What the correction must name besides CR1.
    warnings, extras
        What was found on the way, in words and numbers.

    """

    spec: Spec
    rows: Rows
    design: Design
    outcome: FloatArray
    absorbed: int = 0
    notes: tuple[str, ...] = field(default=())
    warnings: tuple[str, ...] = field(default=())
    extras: dict[str, float] = field(default_factory=dict)

    @cached_property
    def root(self) -> FloatArray | None:
        """Square roots of the weights, None without weights."""
        return None if self.spec.weights is None else np.sqrt(self.rows.weights)

    @cached_property
    def x(self) -> FloatArray:
        """Regressors times the roots of the weights: from here on there are no weights."""
        return self.design.x if self.root is None else self.design.x * self.root[:, None]

    @cached_property
    def y(self) -> FloatArray:
        """Outcome times the roots of the weights."""
        return self.outcome if self.root is None else self.outcome * self.root

    @cached_property
    def gram(self) -> FloatArray:
        """X'X."""
        if self.root is None and self.design.gram is not None:
            return self.design.gram
        return self.x.T @ self.x

    @cached_property
    def unit_sums(self) -> FloatArray:
        """Weighted sums over the rows of each unit, of the regressors and then of the outcome (columns × units)."""
        return np.array([self.rows.unit_sum(column) for column in (*self.design.x.T, self.outcome)])

    @cached_property
    def bread(self) -> FloatArray:
        """Inverse of X'X."""
        scale = np.sqrt(np.diag(self.gram))
        if self._straight:
            inverse = np.linalg.inv(self.gram / np.outer(scale, scale))
        else:
            half = np.linalg.inv(np.linalg.qr(self.x / scale, mode="r"))
            inverse = half @ half.T
        result: FloatArray = inverse / np.outer(scale, scale)
        return result

    @cached_property
    def beta(self) -> FloatArray:
        """Coefficients, refined once where rounding could be seen."""
        beta: FloatArray = self.bread @ (self.x.T @ self.y)
        return beta if self._straight else beta + self.bread @ (self.x.T @ (self.y - self.x @ beta))

    @cached_property
    def _straight(self) -> bool:
        """Whether the normal equations are far from singular."""
        scale = np.sqrt(np.diag(self.gram))
        return bool(np.linalg.eigvalsh(self.gram / np.outer(scale, scale))[0] > STRAIGHT)

    @cached_property
    def residuals(self) -> FloatArray:
        """Residuals times the roots of the weights."""
        return self.y - self.x @ self.beta

    @cached_property
    def scores(self) -> FloatArray:
        """Sums of x'e over the rows of each cluster (clusters × coefficients)."""
        cluster, residuals = self.rows.cluster, self.residuals
        return np.array([np.bincount(cluster, weights=column * residuals) for column in self.x.T]).T

    @property
    def nested(self) -> bool:
        """Whether clusters can be taken away or flipped whole without touching an absorbed unit effect."""
        return not self.absorbed or self.rows.units_nested

    @property
    def df_residual(self) -> int:
        """Rows less coefficients less absorbed unit effects."""
        return len(self.y) - self.x.shape[1] - self.absorbed

    @property
    def small_sample(self) -> float:
        """Factor (N-1)/(N-K) of CR1, without G/(G-1)."""
        n, k = self.x.shape
        return (n - 1) / (n - k - (0 if self.nested else self.absorbed))

    def place(self, term: str) -> int:
        """Position of a term.

        Raises
        ------
        ModelError
            If the model has no such term.

        """
        names = [known.name for known in self.design.terms]
        if term not in names:
            raise ModelError(f"{self.spec.name} has no term {term!r}{nearest(term, names)}")
        return names.index(term)

    def require_nested(self, what: str) -> None:
        """Refuse a method that flips, draws or leaves out clusters which cut through (quasi-)demeaned units."""
        demeaned = self.absorbed or self.spec.estimator in ("random_effects", "random_intercept")
        if demeaned and not self.rows.units_nested:
            raise ModelError(f"{what} needs units nested in clusters; a cluster cuts through a unit")


def solve(problem: Problem) -> Estimate:
    """Estimate with CR1 errors.

    Raises
    ------
    ModelError
        If no degree of freedom is left, or the regressors give the outcome exactly.

    """
    n, k = problem.design.x.shape
    if n <= k + problem.absorbed:
        raise ModelError(f"{n} rows cannot carry {k} coefficients and {problem.absorbed} unit effects")
    weights, outcome = problem.rows.weights, problem.outcome
    residual = problem.residuals @ problem.residuals
    total = weights @ (outcome - weights @ outcome / weights.sum()) ** 2
    if residual <= EXACT * total:
        raise ModelError("the regressors give the outcome exactly: is one of them a copy of it?")
    groups = problem.rows.n_clusters
    half = problem.scores @ problem.bread
    return Estimate(
        terms=problem.design.terms,
        beta=problem.beta,
        covariance=half.T @ half * (groups / (groups - 1) * problem.small_sample),
        df=groups - 1,
        correction="; ".join((correction_of(problem), *problem.notes)),
        r_squared=float(1 - residual / total),
        warnings=problem.warnings,
        extras=problem.extras,
    )


def correction_of(problem: Problem) -> str:
    """Name of the correction that ``solve`` uses."""
    if not problem.absorbed:
        return CR1
    return NESTED if problem.nested else NOT_NESTED


def read_outcome(spec: Spec, rows: Rows) -> FloatArray:
    """Return the outcome as numbers.

    Raises
    ------
    ModelError
        If it is constant.

    """
    outcome = numbers(rows.columns[spec.outcome], f"outcome {spec.outcome}")
    if np.ptp(outcome) == 0:
        raise ModelError(f"{spec.outcome} is constant ({outcome[0]:g}) in the {rows.n_rows} rows used")
    return outcome
