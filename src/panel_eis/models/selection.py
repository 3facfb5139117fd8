"""Which rows of a panel a model uses: chosen, sorted and counted, the same way for every estimator.

Missing values are dropped here and nowhere else, and every row that is not used is counted under the first
reason that excludes it, in this order: outside the sample, outcome, regressors as listed, weights, cluster.

Columns are taken out of the panel one by one, as they lie in memory, and copied only where rows are dropped or
out of order: for a linear model of a large panel this is what costs, not the algebra.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models.arrays import BoolArray, FloatArray, IntArray, numbers
from panel_eis.models.rows import Rows, codes_in_order, codes_of, take_rows, told
from panel_eis.models.spec import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from panel_eis.models.spec import Spec

    Columns = dict[str, Any]


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
    frame = _flat(panel, spec)
    columns = {name: _array(frame, name) for name in dict.fromkeys(_used(spec))}
    dropped: dict[str, int] = {}
    if spec.sample is not None:
        inside = _inside(frame, spec.sample)
        if not inside.all():
            dropped = {"outside sample": int((~inside).sum())}
            columns = take_rows(columns, np.flatnonzero(inside))
    order = _order(columns, spec)
    if order is not None:
        columns = take_rows(columns, order)
    columns, dropped = _complete(columns, dropped, spec)
    unit = codes_in_order(columns[spec.unit])
    cluster = unit if spec.cluster_column == spec.unit else codes_of(columns[spec.cluster_column])
    return Rows(columns, dropped, _weights(columns, spec.weights), unit, cluster)


def _flat(panel: pd.DataFrame, spec: Spec) -> pd.DataFrame:
    """Give the panel its named index levels as columns, unless a column already has the name."""
    names = [str(name) for name in panel.index.names if name is not None]
    levels = {name: panel.index.get_level_values(name) for name in names if name not in panel.columns}
    if not levels and spec.sample is None:
        return panel
    return panel.reset_index(drop=True).assign(**levels)


def _used(spec: Spec) -> Iterator[str]:
    yield from (spec.unit, spec.wave, spec.outcome, *spec.regressors, spec.cluster_column)
    if spec.weights is not None:
        yield spec.weights


def _array(frame: pd.DataFrame, name: str) -> Any:
    """Return one column as it lies in memory."""
    try:
        column = frame[name]
    except KeyError:
        raise ModelError(f"the panel has no column {name!r}{nearest(name, frame.columns)}") from None
    if isinstance(column, pd.DataFrame):
        raise ModelError(f"the panel has several columns called {name!r}")
    return column.to_numpy() if isinstance(column.dtype, np.dtype) else column.array


def _inside(frame: pd.DataFrame, sample: str) -> BoolArray:
    """Rows where the sample expression is true; it sees the columns only, never the caller's variables."""
    try:
        answer = frame.eval(sample, engine="python", local_dict={}, global_dict={})
        inside = pd.Series(answer, index=frame.index).astype("boolean").fillna(value=False)
    except Exception as error:
        raise ModelError(f"sample {sample!r} is not true or false of each row: {error}") from error
    return inside.to_numpy(dtype=bool)


def _order(columns: Columns, spec: Spec) -> IntArray | None:
    """Return the positions of rows sorted by unit and wave, None if they already are.

    Raises
    ------
    ModelError
        If unit or wave is missing, or the two do not identify a row.

    """
    units, waves = columns[spec.unit], columns[spec.wave]
    missing = [_missing(units), _missing(waves)]
    if any(mask is not None and mask.any() for mask in missing):
        raise ModelError(f"rows without {spec.unit} or {spec.wave}")
    if _in_order(units, waves):
        return None
    keys = [spec.unit, spec.wave]
    frame = pd.DataFrame({name: columns[name] for name in keys})
    twice = frame.duplicated(keys)
    if twice.any():
        first = frame.loc[twice, keys].iloc[0]
        raise ModelError(
            f"{int(twice.sum())} rows repeat a {spec.unit} × {spec.wave} already met, "
            f"for instance {first.iloc[0]} × {first.iloc[1]}"
        )
    return frame.sort_values(keys, kind="stable").index.to_numpy()


def _in_order(units: Any, waves: Any) -> bool:
    """Whether rows already rise by unit, and within unit by wave, without repeating one."""
    try:
        same = np.asarray(units[1:] == units[:-1], dtype=bool)
        later = np.asarray(waves[1:] > waves[:-1], dtype=bool)
        after = np.asarray(units[1:] > units[:-1], dtype=bool)
    except TypeError:  # units or waves without an order of their own
        return False
    return bool((after | (same & later)).all())


def _missing(values: Any) -> BoolArray | None:
    """Where a column is missing; None for a type that cannot be."""
    if isinstance(values, np.ndarray):
        if values.dtype.kind in "biu":
            return None
        if values.dtype.kind == "f":
            return np.isnan(values)
    return np.asarray(pd.isna(values), dtype=bool)


def _complete(columns: Columns, dropped: dict[str, int], spec: Spec) -> tuple[Columns, dict[str, int]]:
    """Drop incomplete rows, counting each under the first column that it misses."""
    checks = [("missing outcome", spec.outcome), *((f"missing {x}", x) for x in spec.regressors)]
    checks += [("missing weights", spec.weights)] if spec.weights else []
    checks += [("missing cluster", spec.cluster_column)]
    left = np.ones(len(columns[spec.unit]), dtype=bool)
    for reason, column in checks:
        missing = _missing(columns[column])
        if missing is not None and missing.any():
            gone = left & missing
            left &= ~gone
            dropped |= {reason: int(gone.sum())} if gone.any() else {}
    if spec.weights:
        zero = left.copy()
        zero[left] = np.asarray(columns[spec.weights][left] == 0, dtype=bool)
        left &= ~zero
        dropped |= {"zero weight": int(zero.sum())} if zero.any() else {}
    if not left.any():
        raise ModelError(f"no rows are left ({told(dropped) or 'the panel is empty'})")
    return columns if left.all() else take_rows(columns, np.flatnonzero(left)), dropped


def _weights(columns: Columns, name: str | None) -> FloatArray:
    if name is None:
        return np.ones(len(next(iter(columns.values()))))
    weights = numbers(columns[name], name)
    if (weights < 0).any():
        raise ModelError(f"weights {name!r} are negative in {int((weights < 0).sum())} rows")
    scaled: FloatArray = weights / weights.mean()
    return scaled
