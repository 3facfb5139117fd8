"""Fits under weights against attrition, whose errors allow for the weights having been estimated.

The logits of answering and the weighted regression are one system of estimating equations (Newey and McFadden 1994,
Handbook of Econometrics 4, section 6; Wooldridge 2002, Portuguese Economic Journal 1, 117-139): the score of a cluster
in the regression is corrected by what the cluster told the logits. Errors that take weights as known are too large as
a rule, for weights that fit the sample at hand do better than the true ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models.attrition import attrition_weights
from panel_eis.models.design import Term
from panel_eis.models.estimate import fit
from panel_eis.models.inference import lay_out
from panel_eis.models.least_squares import correction_of, solve
from panel_eis.models.linear import finish
from panel_eis.models.problems import PROBLEMS
from panel_eis.models.result import TEXT_COLUMNS
from panel_eis.models.selection import select_rows
from panel_eis.parallel import HERE, Workers, run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.attrition import Attrition
    from panel_eis.models.least_squares import Problem
    from panel_eis.models.result import Fit
    from panel_eis.models.spec import Spec

COLUMN: Final = "attrition_weight"
"""Column in which the weights stand; it is the ``weights`` of the Spec of the fit."""

MOST_LOST: Final = 0.1
STEP: Final = 1e-5


def weighted_fit(spec: Spec, panel: pd.DataFrame, attrition: Attrition) -> Fit:
    """Estimate a linear model with weights against attrition, errors by stacked estimating equations.

    Parameters
    ----------
    spec
        A linear model; weights of its own (a sampling weight) are multiplied by those against attrition.
    panel
        The panel on which the weights were made, in the same order.
    attrition
        From ``attrition_weights``.

    Raises
    ------
    ModelError
        If the estimator is not linear, or the panel has not the rows of the weights.

    """
    if spec.estimator not in PROBLEMS:
        raise ModelError(f"{spec.name}: {spec.estimator} is not linear; use attrition_bootstrap")
    if len(panel) != len(attrition.weights):
        raise ModelError(f"{spec.name}: {len(attrition.weights)} weights for {len(panel)} rows")
    frame, asked = panel.reset_index(drop=True), replace(spec, weights=COLUMN)
    base = (
        np.ones(len(frame))
        if spec.weights is None
        else frame[spec.weights].to_numpy(dtype=float, na_value=np.nan)
    )

    def problem_at(parameters: FloatArray) -> Problem:
        weighted = frame.assign(**{COLUMN: base * attrition.at(parameters)})
        return PROBLEMS[asked.estimator](asked, select_rows(asked, weighted))

    here = attrition.parameters
    try:
        problem = problem_at(here)
        found = solve(problem)
        slope = np.column_stack([_slope(problem_at, problem, here, j) for j in range(len(here))])
    except ModelError as error:
        raise ModelError(f"{spec.name}: {error}") from error
    told = _learnt(attrition, problem, frame)
    groups = problem.rows.n_clusters
    scores = np.zeros((len(told), len(problem.beta)))
    scores[:groups] = problem.scores
    half = (scores + told @ slope.T) @ problem.bread
    covariance = half.T @ half * (groups / (groups - 1) * problem.small_sample)
    note = f"{correction_of(problem)}; weights against attrition estimated, stacked estimating equations"
    return finish(
        problem, replace(found, covariance=covariance, correction="; ".join((note, *problem.notes)))
    )


def _slope(problem_at: Any, problem: Problem, here: FloatArray, j: int) -> FloatArray:
    """Derivative of the sum of scores by one coefficient of the logits, at the estimate."""
    step = np.zeros(len(here))
    step[j] = STEP * max(1.0, abs(here[j]))
    sides = []
    for sign in (1.0, -1.0):
        moved = problem_at(here + sign * step)
        sides.append(moved.x.T @ (moved.y - moved.x @ problem.beta))
    derivative: FloatArray = (sides[0] - sides[1]) / (2 * step[j])
    return derivative


def _learnt(attrition: Attrition, problem: Problem, frame: pd.DataFrame) -> FloatArray:
    """What each cluster told the logits (clusters × coefficients); clusters without a row of the model come last."""
    spec = problem.spec
    labels = pd.Series(problem.rows.columns[spec.cluster_column])
    first = np.unique(problem.rows.cluster, return_index=True)[1]
    code = {label: i for i, label in enumerate(labels.iloc[first])}
    of_unit = frame.drop_duplicates(spec.unit).set_index(spec.unit)
    cluster = of_unit.index.to_series() if spec.cluster_column == spec.unit else of_unit[spec.cluster_column]
    for label in cluster.unique():
        code.setdefault(label, len(code))
    blocks = []
    for m in attrition.models:
        place = cluster.loc[m.units].map(code).to_numpy(dtype=np.intp)
        for logit in (m.model, m.numerator):
            if logit is not None:
                change = np.linalg.solve(logit.information, logit.scores.T).T
                block = np.zeros((len(code), change.shape[1]))
                np.add.at(block, place, change)
                blocks.append(block)
    return np.hstack(blocks)


def attrition_bootstrap(
    spec: Spec,
    panel: pd.DataFrame,
    followed: pd.DataFrame,
    options: Mapping[str, Any],
    *,
    rng: np.random.Generator,
    draws: int = 199,
    workers: Workers = HERE,
) -> Fit:
    """Estimate any model with weights against attrition, errors from a bootstrap of units, weights made anew each time.

    Parameters
    ----------
    spec, panel, followed
        As for ``weighted_fit`` and ``attrition_weights``; clusters are units.
    options
        Of ``attrition_weights``: ``covariates``, and ``scheme``, ``stabilise``, ``trim`` if wanted.
    rng, draws, workers
        Of the bootstrap.

    Returns
    -------
    The fit; ``covariance`` is that of the draws, intervals use the normal law.

    Raises
    ------
    ModelError
        If more than a tenth of the draws gives no estimate.

    """
    frame = panel.reset_index(drop=True)
    found = _weigh_and_fit(spec, frame, followed, options).require_converged()
    terms = list(found.coefficients["term"])
    results = run(
        _redraw, range(draws), seed=rng, shared=(spec, frame, followed, dict(options), terms), workers=workers
    )
    kept = np.array([r for r in results if isinstance(r, list)], dtype=float)
    if len(kept) < (1 - MOST_LOST) * draws:
        why = next((r for r in reversed(results) if isinstance(r, str)), "")
        raise ModelError(
            f"{spec.name}: {draws - len(kept)} of {draws} draws gave no estimate, the last: {why}"
        )
    covariance = np.atleast_2d(np.cov(kept, rowvar=False))
    labels = [Term(*row[1:]) for row in found.coefficients[list(TEXT_COLUMNS)].itertuples(index=False)]
    estimates = found.coefficients["estimate"].to_numpy(dtype=float)
    return replace(
        found,
        estimates=lay_out(labels, estimates, covariance, None),
        correction=f"bootstrap of units, {len(kept)} draws, weights against attrition estimated in each",
        inference="normal law, 95 %",
        tests={},
        extras={**found.extras, "draws": float(len(kept)), "lost": float(draws - len(kept))},
    )


def _weigh_and_fit(
    spec: Spec, panel: pd.DataFrame, followed: pd.DataFrame, options: Mapping[str, Any]
) -> Fit:
    """Weights, then the model."""
    made = attrition_weights(panel, followed, unit=spec.unit, wave=spec.wave, **options)
    own = 1.0 if spec.weights is None else panel[spec.weights]
    weights = (made.weights * own).to_numpy(dtype=float, na_value=np.nan)
    return fit(replace(spec, weights=COLUMN), panel.assign(**{COLUMN: weights}))


def _redraw(_: int, shared: tuple[Any, ...], rng: np.random.Generator) -> list[float] | str:
    """Estimates on units drawn with replacement, or why there are none."""
    spec, panel, followed, options, terms = shared
    units = pd.Index(panel[spec.unit].unique())
    drawn = units[rng.integers(0, len(units), len(units))]
    copies = pd.DataFrame({spec.unit: drawn, "copy": np.arange(len(drawn))})
    again_panel, again_followed = (
        copies.merge(table, on=spec.unit).drop(columns=spec.unit).rename(columns={"copy": spec.unit})
        for table in (panel, followed)
    )
    try:
        again = _weigh_and_fit(spec, again_panel, again_followed, options).require_converged()
        return [float(again.term(term)["estimate"]) for term in terms]
    except ModelError as error:
        return str(error)
