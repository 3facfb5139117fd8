"""The rows a model uses: chosen, sorted and counted, the same way for every estimator.

Missing values are dropped here and nowhere else, and every row that is not used is counted under the first
reason that excludes it, in this order: outside the sample, outcome, regressors as listed, weights, cluster.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models.arrays import BoolArray, FloatArray, IntArray, numbers
from panel_eis.models.spec import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from panel_eis.models.spec import Spec


@dataclass(frozen=True)
class Rows:
    """Complete rows of the panel, sorted by unit and wave.

    Attributes
    ----------
    frame
        The columns the model reads, one row per unit × wave, without missing values.
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

    frame: pd.DataFrame
    dropped: dict[str, int]
    weights: FloatArray
    unit: IntArray
    cluster: IntArray

    def __post_init__(self) -> None:
        if self.n_clusters < 2:
            raise ModelError("clustered errors need at least 2 clusters; the rows used are in 1")

    @property
    def starts(self) -> IntArray:
        """Position of the first row of each unit."""
        return np.flatnonzero(np.diff(self.unit, prepend=-1))

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.frame)

    @property
    def n_units(self) -> int:
        """Number of units."""
        return _count(self.unit)

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return _count(self.cluster)

    @property
    def units_nested(self) -> bool:
        """Whether every unit stays in one cluster."""
        return not self.changes(self.cluster[:, None]).any()

    def changes(self, values: np.typing.NDArray[np.generic]) -> BoolArray:
        """Which units take more than one value in any column of ``values`` (rows × columns)."""
        low = np.minimum.reduceat(values, self.starts, axis=0)
        high = np.maximum.reduceat(values, self.starts, axis=0)
        changes: BoolArray = (low != high).any(axis=1)
        return changes

    def unit_mean(self, values: FloatArray) -> FloatArray:
        """Weighted mean of the row's unit over the rows used, repeated on each of its rows.

        With weights that change between waves only weighted means leave deviations that are orthogonal to
        everything constant in a unit, hence the weighted within estimator.
        """
        total = np.add.reduceat(self.weights * values, self.starts)
        mean: FloatArray = (total / np.add.reduceat(self.weights, self.starts))[self.unit]
        return mean

    def demean(self, values: FloatArray) -> FloatArray:
        """Deviation from the unit's mean; exactly zero where it is rounding error."""
        deviation: FloatArray = values - self.unit_mean(values)
        deviation[np.abs(deviation) <= 1e-12 * np.abs(values).max(initial=0.0)] = 0.0
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
            raise ModelError(f"no rows are left ({_told(dropped)})")
        weights = self.weights[~mask]
        return replace(
            self,
            frame=self.frame[~mask].reset_index(drop=True),
            dropped=dropped,
            weights=weights / weights.mean(),
            unit=_codes(pd.Series(self.unit[~mask])),
            cluster=_codes(pd.Series(self.cluster[~mask])),
        )

    def without_single_waves(self) -> Rows:
        """Return the rows of units seen at least twice: the others say nothing about change."""
        sizes = np.bincount(self.unit)
        return self.without(sizes[self.unit] == 1, "unit with a single wave")


def select_rows(spec: Spec, panel: pd.DataFrame) -> Rows:
    """Choose the rows that a model uses.

    Parameters
    ----------
    spec
        The model.
    panel
        One row per unit × wave, in any order; unit and wave are columns or index levels. Not changed.

    Raises
    ------
    ModelError
        Unknown or repeated column, unknown sample expression, a unit × wave met twice, negative weights, no
        row left, fewer than two clusters.

    """
    frame = _flat(panel)
    used = list(dict.fromkeys(_columns(spec)))
    for column in used:
        if column not in frame.columns:
            raise ModelError(f"the panel has no column {column!r}{nearest(column, frame.columns)}")
        if isinstance(frame[column], pd.DataFrame):
            raise ModelError(f"the panel has several columns called {column!r}")
    inside = _inside(frame, spec.sample)
    frame = _sorted(frame.loc[inside, used], spec)
    dropped = {"outside sample": int((~inside).sum())} if not inside.all() else {}
    frame, dropped = _complete(frame, dropped, spec)
    weights = _weights(frame, spec.weights)
    return Rows(frame, dropped, weights, _codes(frame[spec.unit]), _codes(frame[spec.cluster_column]))


def _flat(panel: pd.DataFrame) -> pd.DataFrame:
    """Copy the panel, its named index levels as columns unless a column already has the name."""
    names = [str(name) for name in panel.index.names if name is not None]
    levels = {name: panel.index.get_level_values(name) for name in names if name not in panel.columns}
    return panel.reset_index(drop=True).assign(**levels)


def _columns(spec: Spec) -> Iterator[str]:
    yield from (spec.unit, spec.wave, spec.outcome, *spec.regressors, spec.cluster_column)
    if spec.weights is not None:
        yield spec.weights


def _inside(frame: pd.DataFrame, sample: str | None) -> BoolArray:
    """Rows where the sample expression is true; it sees the columns only, never the caller's variables."""
    if sample is None:
        return np.ones(len(frame), dtype=bool)
    try:
        answer = frame.eval(sample, engine="python", local_dict={}, global_dict={})
        inside = pd.Series(answer, index=frame.index).astype("boolean").fillna(value=False)
    except Exception as error:
        raise ModelError(f"sample {sample!r} is not true or false of each row: {error}") from error
    return inside.to_numpy(dtype=bool)


def _sorted(frame: pd.DataFrame, spec: Spec) -> pd.DataFrame:
    """Sort by unit and wave; refuse a row that these do not identify."""
    keys = [spec.unit, spec.wave]
    if frame[keys].isna().to_numpy().any():
        raise ModelError(f"rows without {spec.unit} or {spec.wave}")
    twice = frame.duplicated(keys)
    if twice.any():
        first = frame.loc[twice, keys].iloc[0]
        raise ModelError(
            f"{int(twice.sum())} rows repeat a {spec.unit} × {spec.wave} already met, "
            f"for instance {first.iloc[0]} × {first.iloc[1]}"
        )
    return frame.sort_values(keys, kind="stable", ignore_index=True)


def _complete(
    frame: pd.DataFrame, dropped: dict[str, int], spec: Spec
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Drop incomplete rows, counting each under the first column that it misses."""
    checks = [("missing outcome", spec.outcome), *((f"missing {x}", x) for x in spec.regressors)]
    checks += [("missing weights", spec.weights)] if spec.weights else []
    checks += [("missing cluster", spec.cluster_column)]
    left = np.ones(len(frame), dtype=bool)
    for reason, column in checks:
        gone = left & frame[column].isna().to_numpy()
        left &= ~gone
        dropped |= {reason: int(gone.sum())} if gone.any() else {}
    if spec.weights:
        zero = left.copy()
        zero[left] = frame.loc[left, spec.weights].to_numpy() == 0
        left &= ~zero
        dropped |= {"zero weight": int(zero.sum())} if zero.any() else {}
    if not left.any():
        raise ModelError(f"no rows are left ({_told(dropped) or 'the panel is empty'})")
    return frame[left].reset_index(drop=True), dropped


def _weights(frame: pd.DataFrame, column: str | None) -> FloatArray:
    if column is None:
        return np.ones(len(frame))
    weights = numbers(frame[column], column)
    if (weights < 0).any():
        raise ModelError(f"weights {column!r} are negative in {int((weights < 0).sum())} rows")
    scaled: FloatArray = weights / weights.mean()
    return scaled


def _codes(values: pd.Series) -> IntArray:
    """Codes 0, 1, … in order of appearance."""
    return pd.factorize(values)[0].astype(np.intp)


def _count(codes: IntArray) -> int:
    return int(codes.max()) + 1


def _told(dropped: dict[str, int]) -> str:
    return ", ".join(f"{reason}: {count}" for reason, count in dropped.items())
