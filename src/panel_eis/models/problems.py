"""From a linear fit back to the problem behind it, for everything that is done after an estimate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models.differences import first_difference_problem, long_difference_problem
from panel_eis.models.linear import pooled_problem, split_problem, within_problem
from panel_eis.models.random_effects_linear import random_effects_problem
from panel_eis.models.random_intercept import random_intercept_problem
from panel_eis.models.selection import select_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from panel_eis.models.least_squares import Problem
    from panel_eis.models.result import Fit
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec

PROBLEMS: Final[Mapping[str, Callable[[Spec, Rows], Problem]]] = {
    "pooled_ols": pooled_problem,
    "within": within_problem,
    "within_between": split_problem,
    "random_effects": random_effects_problem,
    "random_intercept": random_intercept_problem,
    "first_difference": first_difference_problem,
    "long_difference": long_difference_problem,
}
"""Every linear estimator by the name it has in ``ESTIMATORS``."""

SAME: Final = 1e-6
"""Relative difference of estimates beyond which a panel is not the one a fit was made on."""


def problem_of(fit: Fit, panel: pd.DataFrame, cluster: str | None = None) -> Problem:
    """Return the least squares problem of a linear fit.

    Parameters
    ----------
    fit
        A fit of one of ``PROBLEMS``.
    panel
        The panel it was made on.
    cluster
        Column to cluster by instead of the fit's own; it may not cost a row.

    Raises
    ------
    ModelError
        If the estimator is not linear, the panel gives other estimates, or rows lack the cluster.

    """
    spec = fit.spec
    if spec.estimator not in PROBLEMS:
        raise ModelError(f"{spec.name}: {spec.estimator} is not linear; this works for {', '.join(PROBLEMS)}")
    asked = spec if cluster is None else replace(spec, cluster=cluster)
    try:
        problem = PROBLEMS[spec.estimator](asked, select_rows(asked, panel))
    except ModelError as error:
        raise ModelError(f"{spec.name}: {error}") from error
    lost = problem.rows.dropped.get("missing cluster", 0) - fit.dropped.get("missing cluster", 0)
    if lost > 0:
        raise ModelError(f"{spec.name}: {lost} rows have no {cluster}, so errors cannot be clustered by it")
    terms = [term.name for term in problem.design.terms]
    known = dict(zip(fit.estimates.texts[0], fit.estimates.numbers[0], strict=True))
    if problem.rows.n_rows != fit.n_rows or set(terms) != set(known):
        raise ModelError(f"{spec.name}: the panel is not the one the fit was made on (other rows or terms)")
    estimate = np.array([known[term] for term in terms])
    spread = np.sqrt(np.diag(problem.bread) * (problem.residuals @ problem.residuals) / len(problem.y))
    if (np.abs(estimate - problem.beta) > SAME * (np.abs(estimate) + spread)).any():
        raise ModelError(f"{spec.name}: the panel is not the one the fit was made on (other estimates)")
    return problem
