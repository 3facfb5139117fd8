"""What a ladder model says in percentage points: marginal effects and predicted probabilities, rung by rung.

Probabilities are averaged over the rows used (weighted if the model is); a random effect is integrated out, so that pooled
and random-effects models can be compared, which their slopes cannot. A regressor that enters as deviation and unit mean is
changed with **its unit mean held**: the numbers are within-unit associations. Products in which it enters change with it.
Of a hazard with frailty it is the chance of the event in one wave of a unit drawn from all, as in its first wave at risk.
Errors are by the delta method on the clustered covariance; the rows themselves are taken as given.

Fractional models and GEE have no rungs but a mean: ``rung`` is then ``mean``, in percent of the range of the outcome (points
of a score from 0 to 100).

Binary regressors are moved from 0 to 1 and categories from the reference, for everybody; others give the slope (Williams
2012, Stata Journal 12, 308-331).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from panel_eis.errors import ModelError
from panel_eis.models.averages import GAMMA, Average, average, minus
from panel_eis.models.columns import Column, read_columns
from panel_eis.models.design import INTERCEPT, pooled_design, split_design
from panel_eis.models.frailty import VARIANCE
from panel_eis.models.inference import LEVEL
from panel_eis.models.ladder import ladder_design, rungs, with_unit_weights
from panel_eis.models.selection import select_rows
from panel_eis.models.spec import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.design import Design, Term
    from panel_eis.models.result import Fit
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec

LAW_OF: Final = {
    "ordered_logit": "logit",
    "ordered_probit": "probit",
    "cloglog": "cloglog",
    "re_ordered_logit": "logit",
    "re_ordered_probit": "probit",
    "re_cloglog": "cloglog",
    "gamma_cloglog": GAMMA,
    "fractional_logit": "logit",
    "fractional_probit": "probit",
    "gee_logit": "logit",
    "gee_probit": "probit",
}
"""Estimators with average marginal effects, and the law of each."""
MEANS: Final = ("fractional_logit", "fractional_probit", "gee_logit", "gee_probit")
MEAN: Final = "mean"
"""What stands for the rung in the table of a fractional model or GEE."""

Value = float | str


def average_marginal_effects(
    fit: Fit, panel: pd.DataFrame, variables: Sequence[str] | None = None
) -> pd.DataFrame:
    """Average change of the probability of each rung, in percentage points.

    Parameters
    ----------
    fit
        Of a pooled or random-effects ordinal model.
    panel
        The panel it was fitted on.
    variables
        Regressors of the Spec; the varying ones if absent, or all if none is.

    Returns
    -------
    One row for each variable, level and rung: ``variable``, ``level`` (of a category), ``change`` (``0 to 1``,
    ``reference to level`` or ``slope``), ``rung``, ``estimate``, ``std_error``, ``p_value``, ``conf_low``,
    ``conf_high``. Estimates of a change add up to zero over rungs.

    Raises
    ------
    ModelError
        If the model has no such effects, the panel is another one, or a variable has no within or pooled term left.

    """
    scene = _Scene.of(fit, panel)
    rows: list[pd.DataFrame] = []
    for variable in variables or fit.spec.varying or fit.spec.regressors:
        for level, change, found in scene.effects(variable):
            frame = scene.table(found)
            rows.append(frame.assign(variable=variable, level=level, change=change))
    table = pd.concat(rows, ignore_index=True)
    return table[["variable", "level", "change", *_numbers_of(table)]]


def predicted_probabilities(
    fit: Fit, panel: pd.DataFrame, at: Mapping[str, Sequence[Value]] | None = None
) -> pd.DataFrame:
    """Average predicted probability of each rung, in percent, where regressors are set to values.

    Parameters
    ----------
    fit, panel
        As for ``average_marginal_effects``.
    at
        Values by regressor, every combination being taken; everybody else stays as observed. Nothing is set if absent.

    Returns
    -------
    One row for each combination and rung: a column for each regressor set, ``rung``, ``estimate``, ``std_error``,
    ``conf_low``, ``conf_high`` (cut at 0 and 100).

    """
    scene = _Scene.of(fit, panel)
    at = at or {}
    rows: list[pd.DataFrame] = []
    for values in product(*at.values()):
        chosen = dict(zip(at, values, strict=True))
        frame = scene.table(scene.average(scene.moved(chosen)))
        frame[["conf_low", "conf_high"]] = frame[["conf_low", "conf_high"]].clip(0, 100)
        rows.append(frame.assign(**chosen).drop(columns="p_value"))
    table = pd.concat(rows, ignore_index=True)
    return table[[*at, *_numbers_of(table)]]


def _numbers_of(table: pd.DataFrame) -> list[str]:
    wanted = ("rung", "estimate", "std_error", "p_value", "conf_low", "conf_high")
    return [column for column in wanted if column in table]


@dataclass(frozen=True)
class _Scene:
    """The fitted model beside its rows: what is needed to move regressors and average over everybody."""

    fit: Fit
    law: str
    labels: list[str]
    x: FloatArray
    terms: tuple[Term, ...]
    columns: dict[str, list[Column]]
    weights: FloatArray
    parameters: FloatArray
    covariance: FloatArray

    @classmethod
    def of(cls, fit: Fit, panel: pd.DataFrame) -> _Scene:
        """Lay out the rows of a fit again, and its parameters in the order thresholds, slopes, σ."""
        spec = fit.spec
        if spec.estimator not in LAW_OF:
            raise ModelError(f"{spec.name}: {spec.estimator} gives no probabilities of rungs")
        rows = select_rows(spec, panel)
        if spec.estimator.startswith(("re_", "gee_", "gamma_")):
            rows, _ = with_unit_weights(rows, spec.weights)
        labels, design, first = _layout(spec, rows)
        names = [*first, *(term.name for term in design.terms)]
        mixed = ["sigma"] if spec.estimator.startswith("re_") else []
        mixed = [VARIANCE.name] if spec.estimator == "gamma_cloglog" else mixed
        if rows.n_rows != fit.n_rows or set(names + mixed) != set(fit.coefficients["term"]):
            raise ModelError(f"{spec.name} was not fitted on this panel: its rows or terms differ")
        by_term = fit.coefficients.set_index("term")["estimate"]
        covariance = fit.covariance.loc[names + mixed, names + mixed].to_numpy(copy=True)
        parameters = by_term.loc[names + mixed].to_numpy(dtype=float, copy=True)
        if first == [INTERCEPT.name]:
            parameters[0] *= -1
            covariance[0] *= -1
            covariance[:, 0] *= -1
        if not mixed:
            parameters, covariance = np.append(parameters, 0.0), np.pad(covariance, (0, 1))
        columns: dict[str, list[Column]] = {}
        for column in read_columns(spec, rows).regressors:
            columns.setdefault(column.variable, []).append(column)
        weights = rows.weights / rows.weights.sum()
        return cls(
            fit,
            LAW_OF[spec.estimator],
            labels,
            design.x,
            design.terms,
            columns,
            weights,
            parameters,
            covariance,
        )

    def effects(self, variable: str) -> Iterator[tuple[str, str, Average]]:
        """Level, kind of change, and average change of each rung, for one variable."""
        columns = self._known(variable)
        if columns[0].level:
            reference = self.fit.references[variable]
            base = self.average(self.moved({variable: reference}))
            for column in columns:
                there = self.average(self.moved({variable: column.level}))
                yield column.level, f"{reference} to {column.level}", minus(there, base)
        elif set(np.unique(columns[0].numbers)) <= {0.0, 1.0}:
            there, base = (self.average(self.moved({variable: value})) for value in (1.0, 0.0))
            yield "", "0 to 1", minus(there, base)
        else:
            yield "", "slope", self.average(self.x, self._slopes(variable))

    def _known(self, variable: str) -> list[Column]:
        """Columns of a variable that a within or pooled term carries."""
        name = self.fit.spec.name
        if variable not in self.fit.spec.regressors:
            raise ModelError(
                f"{name} has no regressor {variable!r}{nearest(variable, self.fit.spec.regressors)}"
            )
        carried = {term.variable for term in self.terms if term.part in ("within", "pooled")}
        if not any(variable in name.split(":") for name in carried):
            raise ModelError(
                f"{name} has no within or pooled term of {variable}, so nothing says what its change goes with"
            )
        return self.columns[variable]

    def moved(self, values: Mapping[str, Value]) -> FloatArray:
        """Columns with some regressors set for everybody, unit means held."""
        now = dict(self.columns)
        for variable, value in values.items():
            now[variable] = [_set(column, value, self._levels(variable)) for column in self._known(variable)]
        x = self.x.copy()
        for a, b in self.fit.spec.interactions:
            if a in values or b in values:
                now[f"{a}:{b}"] = _times(now[a], now[b])
        for variable, columns in now.items():
            for before, after in zip(self.columns[variable], columns, strict=True):
                self._add(x, after, after.numbers - before.numbers)
        return x

    def _slopes(self, variable: str) -> FloatArray:
        """Derivative of every column by a numeric variable, unit means held."""
        one = [self.columns[variable][0]._replace(numbers=np.ones(len(self.x)))]
        slopes = np.zeros_like(self.x)
        self._add(slopes, one[0], one[0].numbers)
        for a, b in self.fit.spec.interactions:
            if variable in (a, b):
                for column in _times(
                    one if a == variable else self.columns[a], one if b == variable else self.columns[b]
                ):
                    self._add(slopes, column, column.numbers)
        return slopes

    def _levels(self, variable: str) -> list[str]:
        return [self.fit.references.get(variable, ""), *(c.level for c in self.columns[variable])]

    def _add(self, x: FloatArray, column: Column, numbers: FloatArray) -> None:
        """Add to the within or pooled term of a column, if it was kept."""
        for j, term in enumerate(self.terms):
            if (term.variable, term.level) == (column.variable, column.level) and term.part in (
                "within",
                "pooled",
            ):
                x[:, j] += numbers

    def average(self, x: FloatArray, slopes: FloatArray | None = None) -> Average:
        """Mean probability of each rung at the columns ``x``, or its mean derivative along ``slopes``."""
        return average(self.law, self.parameters, (x, slopes, self.weights))

    def table(self, found: Average) -> pd.DataFrame:
        """Estimates in percent with delta-method errors."""
        estimate = 100 * found.value
        variance = found.jacobian @ self.covariance @ found.jacobian.T
        error = 100 * np.sqrt(np.maximum(np.diag(variance), 0.0))
        ratio = np.divide(estimate, error, out=np.full_like(error, np.nan), where=error > 0)
        reach = ndtri((1 + LEVEL) / 2) * error
        if self.labels == [MEAN]:
            estimate, error, ratio, reach = (v[1:] for v in (estimate, error, ratio, reach))
        columns = {
            "rung": pd.array(self.labels, dtype="str"),
            "estimate": estimate,
            "std_error": error,
            "p_value": 2 * ndtr(-np.abs(ratio)),
            "conf_low": estimate - reach,
            "conf_high": estimate + reach,
        }
        return pd.DataFrame(columns)


def _layout(spec: Spec, rows: Rows) -> tuple[list[str], Design, list[str]]:
    """Labels of what has a probability, columns, and names of the parameters before the slopes.

    A mean m between 0 and 1 is the probability of the upper of two rungs, its intercept the threshold with the other sign.
    """
    if spec.estimator in MEANS:
        design = (split_design if spec.varying else pooled_design)(spec, rows).without_intercept()
        return [MEAN], design, [INTERCEPT.name]
    _, labels, _ = rungs(rows.columns[spec.outcome], spec.outcome)
    return (
        labels,
        ladder_design(spec, rows, labels),
        [f"{spec.outcome}[{a}|{b}]" for a, b in pairwise(labels)],
    )


def _set(column: Column, value: Value, levels: list[str]) -> Column:
    """Give a column the numbers it has where its variable takes a value."""
    if not column.level:
        return column._replace(numbers=np.full(len(column.numbers), float(value)))
    if str(value) not in levels:
        raise ModelError(f"{column.variable} has no level {value!r}{nearest(str(value), levels)}")
    return column._replace(numbers=np.full(len(column.numbers), float(column.level == str(value))))


def _times(left: list[Column], right: list[Column]) -> list[Column]:
    """Products of columns, named as ``columns`` names them."""
    return [
        Column(
            f"{a.variable}:{b.variable}",
            ":".join(level for level in (a.level, b.level) if level),
            a.numbers * b.numbers,
            a.varying or b.varying,
        )
        for a in left
        for b in right
    ]
