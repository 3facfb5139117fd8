"""From the columns of a panel to numbers: dummies, products, wave effects.

The product of two regressors is taken row by row, and its within part is the demeaned **product**, not the
product of demeaned parts. Giesselmann and Schmidt-Catran (2022, "Interactions in Fixed Effects Regression
Models", Sociological Methods & Research 51(3), doi:10.1177/0049124120914934) show what this costs: the
coefficient then also reflects differences between units in the moderator, so it is biased if an unobserved
trait of units correlated with one variable moderates the other. They propose the product of demeaned
variables, demeaned again. It is not used here because it needs more than two waves per unit and, with few
switchers, units whose two memberships both move; and because the moderators of this panel hardly move, which
is the case where they find the demeaned product suitable. A paper that reports an interaction should say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models.arrays import is_numeric, numbers

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec


class Column(NamedTuple):
    """One column of numbers: variable, level (empty unless a dummy), numbers by row, declared varying."""

    variable: str
    level: str
    numbers: FloatArray
    varying: bool


class Columns(NamedTuple):
    """Regressors then products, wave dummies apart, reference levels, variables that gave no column."""

    regressors: list[Column]
    waves: list[Column]
    references: dict[str, str]
    empty: tuple[str, ...]


def read_columns(spec: Spec, rows: Rows) -> Columns:
    """Turn the columns a Spec names into numbers.

    Raises
    ------
    ModelError
        If a column is neither numbers, booleans, strings nor a categorical.

    """
    references: dict[str, str] = {}
    by_variable: dict[str, list[Column]] = {}
    for variable in spec.regressors:
        by_variable[variable] = _expand(
            rows.columns[variable], variable, spec.is_varying(variable), references
        )
    for a, b in spec.interactions:
        by_variable[f"{a}:{b}"] = _multiply(by_variable[a], by_variable[b])
    waves = _dummies(rows.columns[spec.wave], spec.wave, True, references) if spec.wave_effects else []
    flat = [column for columns in by_variable.values() for column in columns]
    empty = tuple(variable for variable, columns in by_variable.items() if not columns)
    return Columns(flat, waves, references, empty)


def count_switchers(columns: Columns, rows: Rows) -> dict[str, int]:
    """Count, for each regressor and product, the units whose value changes in the rows used."""
    stacks: dict[str, list[FloatArray]] = {}
    for column in columns.regressors:
        stacks.setdefault(column.variable, []).append(column.numbers)
    switchers = dict.fromkeys(columns.empty, 0)
    return switchers | {name: rows.count_changes(s) for name, s in stacks.items()}


def _expand(values: Any, variable: str, varying: bool, references: dict[str, str]) -> list[Column]:
    """Numbers as they are, categories and strings as dummies."""
    if is_numeric(values):
        return [Column(variable, "", numbers(values, variable), varying)]
    kinds = (pd.CategoricalDtype, pd.StringDtype)
    if isinstance(values.dtype, kinds) or all(isinstance(value, str) for value in values):
        return _dummies(values, variable, varying, references)
    raise ModelError(f"{variable} holds neither numbers, booleans, categories nor text ({values.dtype})")


def _dummies(values: Any, variable: str, varying: bool, references: dict[str, str]) -> list[Column]:
    """One column for every observed level but the first, which is noted as the reference."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        used = values.remove_unused_categories()
        codes, levels, order = used.codes, used.categories, list(range(len(used.categories)))
    else:
        codes, levels = pd.factorize(values)
        order = sorted(range(len(levels)), key=levels.__getitem__)
    reference, *others = order
    references[variable] = str(levels[reference])
    return [
        Column(variable, str(levels[code]), np.asarray(codes == code, dtype=float), varying)
        for code in others
    ]


def _multiply(left: list[Column], right: list[Column]) -> list[Column]:
    return [
        Column(
            variable=f"{a.variable}:{b.variable}",
            level=":".join(level for level in (a.level, b.level) if level),
            numbers=a.numbers * b.numbers,
            varying=a.varying or b.varying,
        )
        for a in left
        for b in right
    ]
