"""What each organisation, and each network, does to a result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models.estimate import fit as estimate
from panel_eis.models.leverage import Leverage
from panel_eis.models.problems import problem_of
from panel_eis.models.selection import select_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panel_eis.models.result import Fit


def influence(fit: Fit, panel: pd.DataFrame, terms: Sequence[str] | None = None) -> pd.DataFrame:
    """Estimates of a linear fit without each cluster: exactly those of a refit, without refitting.

    Parameters
    ----------
    fit, panel
        A linear fit and the panel it was made on.
    terms
        Coefficients to look at; None for all.

    Returns
    -------
    One row for each cluster and term: cluster (its label), term, dfbeta (estimate with less estimate without),
    dfbetas (the same in standard errors of the fit), estimate_without; NaN where the cluster alone tells some
    coefficient, and the largest |dfbetas| first. Belsley, Kuh and Welsch (1980), by cluster.

    Raises
    ------
    ModelError
        Unknown term, or clusters that cut through units.

    """
    problem = problem_of(fit, panel)
    problem.require_nested("influence by cluster")
    names = [term.name for term in problem.design.terms] if terms is None else list(terms)
    places = [problem.place(name) for name in names]
    leverage = Leverage(problem)
    changes = leverage.changes()[:, places]
    changes[leverage.alone] = np.nan
    errors = fit.coefficients.set_index("term").loc[names, "std_error"].to_numpy()
    first = np.unique(problem.rows.cluster, return_index=True)[1]
    labels = pd.Series(problem.rows.columns[problem.spec.cluster_column]).iloc[first]
    table = pd.DataFrame(
        {
            "cluster": np.repeat(labels.to_numpy(), len(names)),
            "term": np.tile(names, len(labels)),
            "dfbeta": changes.ravel(),
            "dfbetas": (changes / errors).ravel(),
            "estimate_without": (problem.beta[places] - changes).ravel(),
        }
    )
    order = table["dfbetas"].abs().sort_values(ascending=False, kind="stable", na_position="first").index
    return table.loc[order].reset_index(drop=True)


def leave_one_out(
    fit: Fit, panel: pd.DataFrame, columns: Sequence[str], terms: Sequence[str]
) -> pd.DataFrame:
    """Fit again without the units of each group, to see whether a result hangs on one network.

    Parameters
    ----------
    fit, panel
        A fit of any estimator and the panel it was made on.
    columns
        Boolean columns, one a group (``networks__a``, ``networks__b``, …). A unit is left out with all its rows
        if the column is ever true for it.
    terms
        Coefficients to look at.

    Returns
    -------
    One row for each group and term: without (the column; empty for nobody), term, estimate, std_error, p_value,
    conf_low, conf_high, n_rows, n_units, message (why there is no estimate, else empty).

    Raises
    ------
    ModelError
        Unknown column or term.

    """
    unit = fit.spec.unit
    flat = panel.reset_index(drop=unit in panel.columns)
    unknown = [column for column in columns if column not in flat.columns]
    if unknown:
        raise ModelError(f"{fit.spec.name}: the panel has no column {unknown[0]!r}")
    select_rows(fit.spec, panel)
    rows = [_look("", fit, term) for term in terms]
    for column in columns:
        ever = flat[column].astype("boolean").fillna(value=False).groupby(flat[unit]).transform("any")
        try:
            without = estimate(replace(fit.spec, name=f"{fit.spec.name} without {column}"), flat[~ever])
            rows += [_look(column, without, term) for term in terms]
        except ModelError as error:
            rows += [{"without": column, "term": term, "message": str(error)} for term in terms]
    return pd.DataFrame(rows)


def _look(column: str, fit: Fit, term: str) -> dict[str, object]:
    """One coefficient of one fit, as a row."""
    row = fit.term(term)
    numbers = {name: row[name] for name in ("estimate", "std_error", "p_value", "conf_low", "conf_high")}
    sizes = {"n_rows": fit.n_rows, "n_units": fit.n_units}
    return {"without": column, "term": term, **numbers, **sizes, "message": ""}
