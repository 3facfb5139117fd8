"""A non-linear model under the hypothesis that one coefficient is zero: what a test by scores needs, and no refit.

The model is fitted with the coefficient at zero. The score of the coefficient there, less what the scores of all other
parameters say of it through the Hessian, is the efficient score; its sum over clusters, divided by the information that is
left, is one Newton step towards the estimate. Flipping the efficient scores of clusters draws that step under the null
(Kline and Santos 2012, Journal of Econometric Methods 1(1), 23-41, "A score based approach to wild bootstrap inference").

All is told as a change of the outcome: the difference of its mean prediction when the regressor goes from 0 to 1 (or the
mean slope of one that is not binary), unit means held, a unit effect integrated out. A ladder has the mean of its rungs, as
a linear model of it has. The estimate itself is that of the whole model, as ``average_marginal_effects`` gives it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models import cumulative, ordinal, quasi, random_effects
from panel_eis.models.arrays import numbers
from panel_eis.models.averages import average
from panel_eis.models.inference import cluster_sums
from panel_eis.models.ladder import ladder_design, refuse_separation, rescale, rungs, with_unit_weights
from panel_eis.models.links import LAWS
from panel_eis.models.margins import LAW_OF
from panel_eis.models.quadrature import Data, MixedLikelihood, PooledLikelihood, make_chunks
from panel_eis.models.spec import nearest

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.design import Design
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec

SERVED: Final = (
    "fractional_logit",
    "fractional_probit",
    "ordered_logit",
    "ordered_probit",
    "cloglog",
    "re_ordered_logit",
    "re_ordered_probit",
    "re_cloglog",
)
"""Estimators that this serves."""


class Change(NamedTuple):
    """A coefficient as a change of the outcome, in its units.

    Attributes
    ----------
    estimate, variance
        Of the whole model, errors clustered.
    scores
        Efficient scores of the clusters in the model without the regressor, as parts of one step: they add up to it.
    rows, n_switchers
        Rows used; units in which the regressor changes.

    """

    estimate: float
    variance: float
    scores: FloatArray
    rows: Rows
    n_switchers: int


class Place(NamedTuple):
    """Parameters (before the slopes, slopes, spread), scores by cluster and information there."""

    parameters: FloatArray
    scores: FloatArray
    information: FloatArray


class Model(Protocol):
    """A likelihood on columns of one scale; ``before`` parameters come before the slopes."""

    law: str
    rows: Rows
    design: Design
    x: FloatArray
    before: int
    values: FloatArray

    def climb(self, x: FloatArray, names: list[str] | None) -> Place:
        """Maximise on some columns; separation is refused where names are given."""
        ...

    def look(self, parameters: FloatArray) -> Place:
        """Scores and information on all columns."""
        ...


class _Share:
    """A mean between two bounds."""

    before = 1

    def __init__(self, spec: Spec, rows: Rows) -> None:
        self._data = quasi.shares(spec, rows)
        self.law, self.rows, self.design = LAW_OF[spec.estimator], rows, self._data.design
        self.x, self.values = self._data.x[:, 1:], np.array(spec.bounds, dtype=float)

    def climb(self, x: FloatArray, names: list[str] | None) -> Place:
        """See ``Model``."""
        whole = self._data._replace(x=np.column_stack([np.ones(len(x)), x]))
        found = _sure(quasi.maximise(self.law, whole, self.rows.weights), 1, names)
        return Place(found.parameters, cluster_sums(found.scores, self.rows.cluster), -found.hessian)

    def look(self, parameters: FloatArray) -> Place:
        """See ``Model``."""
        _, scores, information = quasi.evaluate(self.law, parameters, self._data, self.rows.weights)
        return Place(parameters, cluster_sums(scores, self.rows.cluster), information)


class _Ladder:
    """Rungs without a unit effect."""

    def __init__(self, spec: Spec, rows: Rows) -> None:
        self.law, self.rows = LAW_OF[spec.estimator], rows
        self._rung, labels, _ = rungs(rows.columns[spec.outcome], spec.outcome)
        self.design, self.before = ladder_design(spec, rows, labels), len(labels) - 1
        self.x, _ = rescale(self.design.x, rows.weights, self.before)
        self.values = np.array(labels, dtype=float)

    def climb(self, x: FloatArray, names: list[str] | None) -> Place:
        """See ``Model``."""
        found = _sure(ordinal.maximise(self.law, self._rung, x, self.rows.weights), self.before, names)
        return Place(found.parameters, cluster_sums(found.scores, self.rows.cluster), -found.hessian)

    def look(self, parameters: FloatArray) -> Place:
        """See ``Model``."""
        if self.law == "logit":
            _, scores, hessian = cumulative.evaluate(parameters, self._rung, self.x, self.rows.weights)
        else:
            data = Data(self._rung, self.x, np.arange(len(self._rung)), self.rows.weights)
            _, scores, hessian = PooledLikelihood(LAWS[self.law], make_chunks(data, 1))(parameters)
        return Place(parameters, cluster_sums(scores, self.rows.cluster), -hessian)


class _Mixed:
    """Rungs with a normal unit effect; the last parameter is its spread, left out of scores where it is zero."""

    def __init__(self, spec: Spec, rows: Rows) -> None:
        self.rows, _ = with_unit_weights(rows, spec.weights)
        self.law, self._nodes = LAW_OF[spec.estimator], spec.nodes
        self._rung, labels, _ = rungs(rows.columns[spec.outcome], spec.outcome)
        self.design, self.before = ladder_design(spec, self.rows, labels), len(labels) - 1
        self.x, _ = rescale(self.design.x, self.rows.weights, self.before)
        self.values = np.array(labels, dtype=float)

    def climb(self, x: FloatArray, names: list[str] | None) -> Place:
        """See ``Model``."""
        if self.rows.n_units == self.rows.n_rows:
            raise ModelError("every unit is seen once: its effect cannot be told from noise")
        mixed = random_effects.maximise(LAWS[self.law], self._data(x), self._nodes, names)
        found = _sure(mixed.optimum, self.before, None)
        self._nodes = mixed.nodes
        kept = len(found.parameters) - mixed.boundary
        return Place(found.parameters, found.scores[:, :kept], -found.hessian[:kept, :kept])

    def look(self, parameters: FloatArray) -> Place:
        """See ``Model``."""
        chunks, law = make_chunks(self._data(self.x), self._nodes), LAWS[self.law]
        if parameters[-1] == 0:
            _, scores, hessian = PooledLikelihood(law, chunks)(parameters[:-1])
        else:
            _, scores, hessian = MixedLikelihood(law, chunks, self._nodes)(parameters)
        return Place(parameters, scores, -hessian)

    def _data(self, x: FloatArray) -> Data:
        return Data(self._rung, x, self.rows.unit, self.rows.weights[self.rows.starts])


def change_under_null(spec: Spec, rows: Rows, term: str) -> Change:
    """Estimate a coefficient as a change of the outcome, with its efficient scores where it is zero.

    Parameters
    ----------
    spec
        A model of ``SERVED``, clustered by unit, without products of the regressor.
    rows
        Of ``select_rows``; an outcome in numbers.
    term
        Name of the coefficient, of a regressor that is not a category.

    Raises
    ------
    ModelError
        As the estimators; no such term; a category; a fit that did not converge.

    """
    kind = _Share if spec.estimator.startswith("fractional") else _Ladder
    model: Model = (_Mixed if spec.estimator.startswith("re_") else kind)(spec, rows)
    names = [one.name for one in model.design.terms]
    if term not in names:
        raise ModelError(f"{spec.name} has no term {term!r}{nearest(term, names)}")
    j = names.index(term)
    variable = model.design.terms[j].variable
    if model.design.terms[j].level:
        raise ModelError(f"{variable} is a category; a change of the outcome is that of one number")
    raw = numbers(rows.columns[variable], variable)
    whole = model.climb(model.x, names)
    bread = np.linalg.inv(whole.information)
    value, gradient = _change(model, whole.parameters, j, raw)
    groups = len(whole.scores)
    half = whole.scores @ (bread @ gradient[: len(bread)])
    restricted = model.climb(np.delete(model.x, j, axis=1), None).parameters
    null = model.look(np.insert(restricted, model.before + j, 0.0))
    scores, left = _efficient(null, model.before + j)
    # where the coefficient is zero, a step from 0 to 1 and a slope have the same derivative by it
    slope = _mean(model, null.parameters, model.x, _along(model, j))[1][model.before + j]
    return Change(
        value,
        float(half @ half) * groups / (groups - 1),
        scores * (slope / left),
        rows,
        model.design.switchers.get(variable, 0),
    )


def _efficient(place: Place, j: int) -> tuple[FloatArray, float]:
    """Scores of one parameter less their projection on all others, by cluster; information that is left."""
    others = np.delete(np.arange(len(place.information)), j)
    across = place.information[others, j]
    weight = np.linalg.solve(place.information[np.ix_(others, others)], across)
    return place.scores[:, j] - place.scores[:, others] @ weight, float(
        place.information[j, j] - across @ weight
    )


def _change(model: Model, parameters: FloatArray, j: int, raw: FloatArray) -> tuple[float, FloatArray]:
    """Change of the mean outcome that goes with a regressor, and its gradient by the parameters."""
    if not ((raw == 0) | (raw == 1)).all():
        return _mean(model, parameters, model.x, _along(model, j))
    along = _along(model, j)
    there, up = _mean(model, parameters, model.x + (1 - raw)[:, None] * along)
    here, down = _mean(model, parameters, model.x - raw[:, None] * along)
    return there - here, up - down


def _along(model: Model, j: int) -> FloatArray:
    """Columns that a regressor moves by one, unit means held."""
    slopes = np.zeros_like(model.x)
    slopes[:, j] = 1 / np.ptp(model.design.x[:, j])
    return slopes


def _mean(
    model: Model, parameters: FloatArray, x: FloatArray, slopes: FloatArray | None = None
) -> tuple[float, FloatArray]:
    """Mean outcome, or its mean derivative along ``slopes``, and the gradient by the parameters."""
    sign = np.ones(len(parameters))
    if isinstance(model, _Share):
        sign[0] = -1.0  # the intercept is a threshold with the other sign
    spread = [] if len(parameters) > model.before + x.shape[1] else [0.0]
    weights = model.rows.weights / model.rows.weights.sum()
    found = average(model.law, np.append(parameters * sign, spread), (x, slopes, weights))
    gradient = model.values @ found.jacobian
    return float(model.values @ found.value), gradient[: len(parameters)] * sign


def _sure(found: cumulative.Optimum, before: int, names: list[str] | None) -> cumulative.Optimum:
    """Refuse separation and what did not converge.

    Raises
    ------
    ModelError
        Either of them.

    """
    if names is not None:
        refuse_separation(found.parameters[before:], -found.hessian, names)
    if not found.converged:
        raise ModelError(f"no convergence in {found.iterations} iterations")
    return found
