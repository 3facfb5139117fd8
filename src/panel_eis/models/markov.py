"""Markov model of the ladder: where a unit stands at one wave, given where it stood at the wave before.

Three views, from the same pairs of successive waves: shares as observed (``transition_table``); an ordered logit for each
origin, thresholds and slopes its own; and one ordered logit with the origin as a category and, if asked, its products with
regressors. Standardised tables put everybody at each origin in turn, with everybody's regressors, so that two tables
differ by the
regressor set and not by who is where. Errors are clustered by unit: a unit gives several pairs.

First-order Markov is an approximation: units that never move are more than a chain implies (movers and stayers: Blumen,
Kogan
and McCarthy 1955; Goodman 1961, JASA 56, 841-868), which ``stayers`` shows. The origin is not exogenous: for state
dependence
given a unit effect see ``dynamic``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.special import expit, ndtri

from panel_eis.errors import ModelError
from panel_eis.models.estimate import fit
from panel_eis.models.histories import successive
from panel_eis.models.inference import LEVEL, wald
from panel_eis.models.margins import predicted_probabilities

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from panel_eis.models.result import Fit, WaldTest
    from panel_eis.models.spec import Spec

LAWS: Final = ("ordered_logit", "ordered_probit")
FEWEST: Final = 10
"""Pairs from an origin below which it has no model of its own."""


@dataclass(frozen=True, kw_only=True)
class Transitions:
    """The fits of a Markov model, and what compares them; ``repr`` is a sentence to paste.

    ``pooled`` has the origin (``<outcome>_from``) as a category; ``interacted`` its products with the Spec's first-order
    regressors too, with the joint test ``same_slopes``; ``by_origin`` a fit for each origin that can have one, ``refused``
    why the others cannot.
    """

    pooled: Fit
    interacted: Fit | None
    same_slopes: WaldTest | None
    by_origin: Mapping[str, Fit]
    refused: Mapping[str, str]
    rows: pd.DataFrame
    stay: Mapping[str, float]

    def standardised(self, at: Mapping[str, Sequence[float | str]] | None = None) -> pd.DataFrame:
        """Probabilities (percent) of each rung from each origin, everybody's regressors being averaged over.

        From the model with products where there is one; errors by the delta method on the clustered covariance.

        Parameters
        ----------
        at
            Values of regressors to set as well, every combination being taken.

        """
        model = self.interacted or self.pooled
        origin = f"{model.spec.outcome}_from"
        levels = list(self.rows[origin].cat.categories)
        return predicted_probabilities(model, self.rows, {origin: levels, **(at or {})})

    def __repr__(self) -> str:
        s = self.stay
        test = self.same_slopes
        told = (
            f" Same slopes from every origin: {test['distribution']}, p = {test['p_value']:.2g}."
            if test
            else ""
        )
        no = "".join(f" No model from {origin}: {why}." for origin, why in self.refused.items())
        return (
            f"{self.pooled!r}{told}{no} Of {s['units']:.0f} units with at least two transitions "
            f"{s['observed']:.0f} never moved; a chain with the observed table would give {s['expected']:.1f}."
        )


def transitions(
    spec: Spec, panel: pd.DataFrame, *, products: Sequence[str] | None = None, by_origin: bool = False
) -> Transitions:
    """Fit the Markov model of a ladder.

    Parameters
    ----------
    spec
        An ordered logit or probit of the rung at the later wave; regressors are those of the later wave.
    panel
        One row per unit × wave.
    products
        Regressors whose slope may differ by origin; all if absent, none if empty.
    by_origin
        Whether to fit each origin on its own too.

    Raises
    ------
    ModelError
        Another estimator, no unit in two successive waves, or what the estimator refuses.

    """
    if spec.estimator not in LAWS:
        raise ModelError(
            f"{spec.name}: {spec.estimator} is no model of transitions (known: {', '.join(LAWS)})"
        )
    rows = pairs_of_waves(spec, panel)
    origin = f"{spec.outcome}_from"
    pooled_spec = replace(spec, regressors=(*spec.regressors, origin))
    pooled = fit(pooled_spec, rows)
    moved = tuple(spec.regressors if products is None else products)
    interacted = test = None
    if moved:
        more = tuple((name, origin) for name in moved)
        interacted = fit(replace(pooled_spec, interactions=(*spec.interactions, *more)), rows)
        test = _joint(interacted, [f"{name}:{origin}" for name in moved])
    fits, refused = _each(spec, rows, origin) if by_origin else ({}, {})
    return Transitions(
        pooled=pooled,
        interacted=interacted,
        same_slopes=test,
        by_origin=fits,
        refused=refused,
        rows=rows,
        stay=stayers(rows, spec.outcome, unit=spec.unit),
    )


def pairs_of_waves(spec: Spec, panel: pd.DataFrame) -> pd.DataFrame:
    """Rows whose unit has a known rung there and at the wave just before, with the latter in ``<outcome>_from``.

    Raises
    ------
    ModelError
        If there is none.

    """
    frame = panel if spec.unit in panel.columns else panel.reset_index()
    frame = successive(frame, spec.unit, spec.wave)
    text = frame[spec.outcome].map(_label, na_action="ignore").astype(object)
    before = text.groupby(frame[spec.unit]).shift().where(frame["_follows"])
    known = before.notna() & text.notna()
    if not known.any():
        raise ModelError(
            f"{spec.name}: no unit has {spec.outcome} in two successive waves: there are no transitions"
        )
    rows = frame[known].drop(columns="_follows").reset_index(drop=True)
    levels = [label for label in _rungs(frame[spec.outcome]) if (before[known] == label).any()]
    start = before[known].astype(pd.CategoricalDtype(levels, ordered=True)).reset_index(drop=True)
    return rows.assign(**{f"{spec.outcome}_from": start})


def _label(value: object) -> str:
    """Name a rung the same way whether its column has gaps (floats) or not."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _rungs(values: pd.Series) -> list[str]:
    """Labels of the observed rungs, in order."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return [str(v) for v in values.cat.remove_unused_categories().cat.categories]
    return [_label(v) for v in sorted(values.dropna().unique())]


def transition_table(
    rows: pd.DataFrame, outcome: str, *, weights: str | None = None, unit: str = "unit"
) -> pd.DataFrame:
    """Shares of each rung from each origin, as observed, with intervals that count units.

    Intervals are symmetric in log-odds around a ratio whose error is linearised, summed by unit, times G/(G-1) over the
    units with a pair from that origin (as R's ``survey::svyciprop(method = "logit")`` but with the normal law); none where a
    share is 0 or 1.

    Returns
    -------
    ``from``, ``to``, ``n`` (pairs), ``n_units``, ``estimate``, ``std_error``, ``conf_low``, ``conf_high`` as shares.

    """
    origin, reach = f"{outcome}_from", ndtri((1 + LEVEL) / 2)
    targets = _rungs(rows[outcome])
    to = rows[outcome].map(_label).astype(object).to_numpy()
    records = []
    for start in rows[origin].cat.categories:
        inside = (rows[origin] == start).to_numpy()
        w = np.ones(int(inside.sum())) if weights is None else rows.loc[inside, weights].to_numpy(dtype=float)
        codes = pd.factorize(rows.loc[inside, unit])[0]
        groups = codes.max() + 1
        for target in targets:
            hit = (to[inside] == target).astype(float)
            share = float(w @ hit / w.sum())
            sums = np.bincount(codes, weights=w * (hit - share)) / w.sum()
            error = float(np.sqrt((sums**2).sum() * groups / (groups - 1))) if groups > 1 else np.nan
            low = high = np.nan
            if 0 < share < 1:
                logit, step = np.log(share / (1 - share)), reach * error / (share * (1 - share))
                low, high = float(expit(logit - step)), float(expit(logit + step))
            records.append((start, target, int(hit.sum()), int(groups), share, error, low, high))
    names = ["from", "to", "n", "n_units", "estimate", "std_error", "conf_low", "conf_high"]
    return pd.DataFrame(records, columns=names)


def stayers(rows: pd.DataFrame, outcome: str, *, unit: str = "unit") -> dict[str, float]:
    """Count the units that never moved, and what a chain with the observed shares would give.

    Returns
    -------
    ``units`` with at least two transitions, ``observed`` that never moved in any, and ``expected``: the sum over units
    of the
    product of their shares of staying.

    """
    origin = rows[f"{outcome}_from"].astype(str)
    stays = origin.to_numpy() == rows[outcome].map(_label).astype(object).to_numpy()
    share = pd.Series(stays).groupby(origin.to_numpy()).mean()
    first = rows.assign(_from=origin.to_numpy(), _stays=stays).groupby(unit)
    frame = first.agg(start=("_from", "first"), stays=("_stays", "all"), n=("_stays", "size"))
    frame = frame[frame["n"] >= 2]
    expected = (frame["start"].map(share).astype(float) ** frame["n"]).sum()
    return {"units": float(len(frame)), "observed": float(frame["stays"].sum()), "expected": float(expected)}


def _each(spec: Spec, rows: pd.DataFrame, origin: str) -> tuple[dict[str, Fit], dict[str, str]]:
    """Fit each origin by itself, or say why not."""
    fits, refused = {}, {}
    for start in rows[origin].cat.categories:
        own = rows[rows[origin] == start]
        if len(own) < FEWEST:
            refused[start] = f"{len(own)} pairs only"
            continue
        try:
            fits[start] = fit(replace(spec, name=f"{spec.name} from {start}"), own)
        except ModelError as error:
            refused[start] = str(error).split(": ", 1)[-1]
    return fits, refused


def _joint(found: Fit, variables: Sequence[str]) -> WaldTest | None:
    """Test that all coefficients of some variables are zero."""
    table = found.coefficients
    wanted = np.flatnonzero(table["variable"].isin(variables))
    if not len(wanted):
        return None
    contrast = np.eye(len(table))[wanted]
    return wald(contrast, table["estimate"].to_numpy(), found.covariance.to_numpy(), None)
