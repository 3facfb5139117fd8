"""Columns of a panel as chained equations see them: numbers, gaps, and which predict which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models.arrays import is_numeric
from panel_eis.models.imputation_draws import DRAWS
from panel_eis.models.spec import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from panel_eis.models.arrays import BoolArray, FloatArray, IntArray

FEWEST_ANSWERS: Final = 10
"""A variable with fewer answers than this is not imputed: there is nothing to learn from."""

BINARY: Final = 2


class Column(NamedTuple):
    """A variable as numbers (NaN where missing), and which cells are to be imputed."""

    name: str
    kind: str
    numbers: FloatArray
    gaps: BoolArray
    predictors: tuple[int, ...]


class Chain(NamedTuple):
    """What every imputation starts from; ``fixed`` are columns that are complete (waves)."""

    columns: tuple[Column, ...]
    fixed: FloatArray
    unit: IntArray
    iterations: int


def prepare(
    panel: pd.DataFrame,
    kinds: Mapping[str, str],
    allowed: pd.DataFrame,
    predictors: Sequence[str] | Mapping[str, Sequence[str]],
    keys: tuple[str, str],
) -> tuple[tuple[Column, ...], FloatArray, IntArray]:
    """Turn the panel into numbers and say everything that is wrong with the call."""
    by_name: dict[str, Sequence[str]] = (
        {n: predictors[n] for n in predictors} if isinstance(predictors, dict) else {}
    )
    helping = list(
        dict.fromkeys([*predictors] if not by_name else [p for ps in by_name.values() for p in ps])
    )
    helping = [name for name in helping if name not in kinds]
    problems = [
        f"the panel has no column {n!r}{nearest(n, panel.columns)}"
        for n in (*kinds, *helping, *keys)
        if n not in panel.columns
    ]
    problems += [
        f"{n} is imputed by no step called {k!r} (known: {', '.join(DRAWS)})"
        for n, k in kinds.items()
        if k not in DRAWS
    ]
    if len(allowed) != len(panel):
        problems.append(f"the mask has {len(allowed)} rows, the panel {len(panel)}")
    problems += [f"the mask says nothing about {n}" for n in kinds if n not in allowed.columns]
    if problems:
        raise ModelError("; ".join(problems))
    raw = [*_targets(panel, kinds, allowed)]
    for name in helping:
        raw += [(name, "", part, np.zeros(len(panel), dtype=bool)) for part in _parts(panel[name])]
    place: dict[str, list[int]] = {}
    for j, (name, *_) in enumerate(raw):
        place.setdefault(name, []).append(j)
    columns = []
    for name, kind, values, gaps in raw:
        wanted = by_name.get(name, [*kinds, *helping])
        chosen = tuple(j for other in wanted if other != name for j in place.get(other, ()))
        columns.append(Column(name, kind, values, gaps, chosen))
    waves = pd.get_dummies(panel[keys[1]], drop_first=True).to_numpy(dtype=float)
    return tuple(columns), waves, pd.factorize(panel[keys[0]])[0].astype(np.intp)


def _targets(
    panel: pd.DataFrame, kinds: Mapping[str, str], allowed: pd.DataFrame
) -> list[tuple[str, str, FloatArray, BoolArray]]:
    """Name, kind, numbers and gaps of each variable to impute."""
    found, problems = [], []
    for name, kind in kinds.items():
        values = _numbers(panel[name])
        if values is None:
            problems.append(f"{name} has neither numbers nor an order, so it cannot be imputed")
            continue
        problems += _faults(panel[name], values, name, kind)
        mask: BoolArray = np.isnan(values) & allowed[name].to_numpy(dtype=bool)
        found.append((name, kind, values, mask))
    if problems:
        raise ModelError("; ".join(problems))
    return found


def _faults(column: pd.Series, values: FloatArray, name: str, kind: str) -> list[str]:
    """What keeps a variable from being imputed."""
    answers = values[~np.isnan(values)]
    if len(answers) < FEWEST_ANSWERS:
        return [f"{name} has {len(answers)} answers; {FEWEST_ANSWERS} at least are needed to impute it"]
    if len(np.unique(answers)) == 1:
        return [
            f"{name} is constant ({column.dropna().iloc[0]}) where it was answered: fill it in, do not impute it"
        ]
    if kind == "binary" and len(np.unique(answers)) > BINARY:
        return [f"{name} is called binary and has {len(np.unique(answers))} values"]
    return []


def _numbers(column: pd.Series) -> FloatArray | None:
    """A column as floats: numbers as they are, an ordered categorical as its place in the order."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        if not column.cat.ordered:
            return None
        codes = column.cat.codes.to_numpy(dtype=np.float64)
        return np.where(codes < 0, np.nan, codes).astype(np.float64)
    if not is_numeric(column):
        return None
    return np.asarray(column.astype("Float64").to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)


def _parts(column: pd.Series) -> list[FloatArray]:
    """A predictor as numbers; one without order becomes indicators."""
    values = None if isinstance(column.dtype, pd.CategoricalDtype) else _numbers(column)
    if values is not None:
        return [values]
    dummies = pd.get_dummies(column, drop_first=True, dtype=float)
    return [dummies[c].where(column.notna()).to_numpy(dtype=float) for c in dummies]
