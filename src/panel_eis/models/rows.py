"""The rows a model uses, sorted by unit and wave, and what is counted and averaged over them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError

if TYPE_CHECKING:
    from panel_eis.models.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Rows:
    """Complete rows of the panel, sorted by unit and wave.

    Attributes
    ----------
    columns
        The columns the model reads, as arrays of numpy or pandas, without missing values.
    dropped
        Rows of the panel not used, by reason.
    weights
        Probability weights scaled to mean 1, which leaves every estimate as it is; ones without weights.
    unit, cluster
        Codes 0, 1, … of the unit and of the cluster of each row; those of units never decrease.

    Raises
    ------
    ModelError
        If all rows are in one cluster.

    """

    columns: dict[str, Any]
    dropped: dict[str, int]
    weights: FloatArray
    unit: IntArray
    cluster: IntArray

    def __post_init__(self) -> None:
        if self.n_clusters < 2:
            raise ModelError("clustered errors need at least 2 clusters; the rows used are in 1")

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The columns as a frame, one row per unit × wave."""
        return pd.DataFrame(self.columns, copy=False)

    @cached_property
    def starts(self) -> IntArray:
        """Position of the first row of each unit."""
        first = np.ones(self.n_rows, dtype=bool)
        first[1:] = self.unit[1:] != self.unit[:-1]
        return np.flatnonzero(first)

    @cached_property
    def sizes(self) -> IntArray:
        """Number of rows of each unit."""
        return np.diff(self.starts, append=self.n_rows)

    @cached_property
    def weighted(self) -> bool:
        """Whether weights differ between rows."""
        return bool((self.weights != 1.0).any())

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.unit)

    @cached_property
    def n_units(self) -> int:
        """Number of units."""
        return int(self.unit[-1]) + 1

    @cached_property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return int(self.cluster.max()) + 1

    @cached_property
    def units_nested(self) -> bool:
        """Whether every unit stays in one cluster."""
        return self.cluster is self.unit or not self.changes(self.cluster[:, None]).any()

    def changes(self, values: np.typing.NDArray[np.generic]) -> BoolArray:
        """Which units take more than one value in any column of ``values`` (rows × columns)."""
        low = np.minimum.reduceat(values, self.starts, axis=0)
        high = np.maximum.reduceat(values, self.starts, axis=0)
        changes: BoolArray = (low != high).any(axis=1)
        return changes

    def count_changes(self, columns: list[FloatArray]) -> int:
        """Count the units that take more than one value in any of the columns."""
        differs = np.zeros(self.n_rows, dtype=bool)
        for values in columns:
            differs[1:] |= values[1:] != values[:-1]
        differs &= self._continues
        units = self.unit[np.flatnonzero(differs)]
        return int(np.count_nonzero(units[1:] != units[:-1])) + bool(len(units))

    @cached_property
    def _continues(self) -> BoolArray:
        """Whether a row is of the same unit as the row before."""
        continues = np.ones(self.n_rows, dtype=bool)
        continues[self.starts] = False
        return continues

    @cached_property
    def unit_weight(self) -> FloatArray:
        """Sum of the weights of each unit."""
        return np.asarray(np.bincount(self.unit, self.weights), dtype=float)

    def unit_sum(self, values: FloatArray) -> FloatArray:
        """Weighted sum over the rows of each unit."""
        weighted = self.weights * values if self.weighted else values
        return np.asarray(np.bincount(self.unit, weighted), dtype=float)

    def unit_mean(self, values: FloatArray) -> FloatArray:
        """Weighted mean of the row's unit over the rows used, repeated on each of its rows.

        With weights that change between waves only weighted means leave deviations that are orthogonal to
        everything constant in a unit, hence the weighted within estimator.
        """
        mean: FloatArray = (self.unit_sum(values) / self.unit_weight).take(self.unit)
        return mean

    def demean(self, values: FloatArray) -> FloatArray:
        """Deviation from the unit's mean; exactly zero where it is rounding error."""
        deviation: FloatArray = values - self.unit_mean(values)
        largest = max(values.max(initial=0.0), -values.min(initial=0.0))
        deviation[np.abs(deviation) <= 1e-12 * largest] = 0.0
        return deviation

    def without(self, mask: BoolArray, reason: str) -> Rows:
        """Return the rows outside ``mask``, with those inside counted under ``reason``.

        Raises
        ------
        ModelError
            If nothing is left.

        """
        if not mask.any():
            return self
        dropped = {**self.dropped, reason: int(mask.sum())}
        if mask.all():
            raise ModelError(f"no rows are left ({told(dropped)})")
        keep = np.flatnonzero(~mask)
        weights = self.weights[keep]
        unit = codes_in_order(self.unit[keep])
        return replace(
            self,
            columns=take_rows(self.columns, keep),
            dropped=dropped,
            weights=weights / weights.mean(),
            unit=unit,
            cluster=unit if self.cluster is self.unit else codes_of(self.cluster[keep]),
        )

    def without_single_waves(self) -> Rows:
        """Return the rows of units seen at least twice: the others say nothing about change."""
        return self.without(np.repeat(self.sizes == 1, self.sizes), "unit with a single wave")


def take_rows(columns: dict[str, Any], keep: IntArray) -> dict[str, Any]:
    """Return the rows at these positions."""
    return {name: values.take(keep) for name, values in columns.items()}


def codes_of(values: Any) -> IntArray:
    """Codes 0, 1, … in order of appearance."""
    return pd.factorize(values)[0].astype(np.intp, copy=False)


def codes_in_order(values: Any) -> IntArray:
    """Codes 0, 1, … of values of which equal ones follow one another."""
    new = np.empty(len(values), dtype=np.intp)
    new[0] = 0
    new[1:] = np.asarray(values[1:] != values[:-1], dtype=bool)
    return np.cumsum(new, out=new)


def told(dropped: dict[str, int]) -> str:
    """Say what was dropped for which reason."""
    return ", ".join(f"{reason}: {count}" for reason, count in dropped.items())
