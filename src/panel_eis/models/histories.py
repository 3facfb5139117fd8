"""Two recipes that turn a panel of states into the rows of a dynamic model or of a hazard.

They only prepare columns; the estimates are those of ``re_ordered_logit`` and its kin.

>>> spec, rows = dynamic(Spec(name="d", outcome="ladder", estimator="re_ordered_logit",
...     regressors=("federation",), varying=("federation",)), panel)        # doctest: +SKIP
>>> fit(spec, rows)                                                         # doctest: +SKIP
>>> rows = at_risk(panel.assign(adopted=panel["ladder"] >= 2), "adopted")   # doctest: +SKIP
>>> fit(Spec(name="h", outcome="event", estimator="re_cloglog",
...     regressors=("federation", "duration")), rows)                       # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.errors import ModelError

if TYPE_CHECKING:
    from panel_eis.models.spec import Spec


def dynamic(spec: Spec, panel: pd.DataFrame) -> tuple[Spec, pd.DataFrame]:
    """Prepare a ladder that depends on the rung of the wave before, with Wooldridge's initial conditions.

    The effect of a unit is correlated with where it was first seen, so the first rung enters beside the rung before, and
    the unit means of varying regressors over the waves explained (Wooldridge 2005, Journal of Applied Econometrics 20,
    39-54; the first wave itself is left out of the means, Rabe-Hesketh and Skrondal 2013, Economics Letters 120, 346-349).
    State dependence is then what goes with ``y_before`` given the effect; it rests on the normal law of what is left of it.

    Parameters
    ----------
    spec
        A random-effects ordinal model without the lag.
    panel
        One row per unit × wave, unit and wave as columns.

    Returns
    -------
    The Spec with ``y_before`` and ``y_first`` (categories, the lowest rung the reference) as regressors, and the panel
    with these columns. ``y_before`` is missing in the first wave of a unit and after a gap, so those rows drop out and are
    counted.

    Raises
    ------
    ModelError
        If no unit is seen in two successive waves.

    """
    before, first = f"{spec.outcome}_before", f"{spec.outcome}_first"
    frame = successive(panel, spec.unit, spec.wave)
    known = frame.dropna(subset=[spec.outcome])
    levels = [str(v) for v in sorted(known[spec.outcome].unique())]
    kind = pd.CategoricalDtype(levels, ordered=True)
    text = frame[spec.outcome].map(str, na_action="ignore")
    lagged = text.groupby(frame[spec.unit]).shift().where(frame["_follows"])
    if not lagged.notna().any():
        raise ModelError(
            f"{spec.name}: no unit is seen in two successive waves, so nothing can depend on the wave before"
        )
    start = text.groupby(frame[spec.unit]).transform("first")
    frame = frame.assign(**{before: lagged.astype(kind), first: start.astype(kind)}).drop(columns="_follows")
    return replace(spec, regressors=(*spec.regressors, before, first)), frame


def at_risk(panel: pd.DataFrame, state: str, *, unit: str = "unit", wave: str = "wave") -> pd.DataFrame:
    """Keep the rows in which a state may begin, one for each wave at risk, for a discrete-time hazard.

    A unit enters with the wave after one in which it was seen outside the state, and leaves with the wave in which the
    state begins, at the last wave before a gap, or at its last wave (censored). Units that are in the state when first seen
    never enter: when they began is unknown. For the end of a state, pass its negation.

    Parameters
    ----------
    panel
        One row per unit × wave, unit and wave as columns.
    state
        Column of booleans.
    unit, wave
        Columns that identify a row.

    Returns
    -------
    The rows at risk with ``event`` (0 or 1: the state begins) and ``duration`` (1 in the first wave at risk).

    Raises
    ------
    ModelError
        If the state begins nowhere, or no row is at risk.

    """
    frame = successive(panel.dropna(subset=[state]), unit, wave)
    now = frame[state].astype(bool)
    by = frame[unit]
    outside = ~now.groupby(by).cummax().groupby(by).shift(fill_value=True)
    unbroken = frame["_follows"] | ~by.duplicated()
    whole = unbroken.groupby(by).cummin()
    risk = frame["_follows"] & outside & whole
    rows = frame[risk].drop(columns="_follows").assign(event=now[risk].astype(int))
    if rows.empty or not rows["event"].any():
        raise ModelError(f"{state} begins in no unit that was seen before: there is no hazard to estimate")
    return rows.assign(duration=rows.groupby(unit).cumcount() + 1).reset_index(drop=True)


def successive(panel: pd.DataFrame, unit: str, wave: str) -> pd.DataFrame:
    """Sort, and mark in ``_follows`` the rows whose unit is also in the wave just before."""
    frame = panel.sort_values([unit, wave], kind="stable", ignore_index=True)
    place = frame[wave].map({w: i for i, w in enumerate(sorted(frame[wave].unique()))})
    return frame.assign(_follows=place.groupby(frame[unit]).diff().eq(1))
