"""Hazard of a state's beginning (first adoption) or end (abandonment), in discrete time, from a panel of states.

>>> spec = Spec(name="h", outcome="practises", estimator="cloglog", regressors=("federation",))
>>> hazard(spec, panel)                      # of beginning                 # doctest: +SKIP
>>> hazard(spec, panel, ends=True)           # of its end                   # doctest: +SKIP

Rows at risk are those of ``histories.at_risk``; for an end, of the waves from the first in the state on. With
complementary log-log slopes are log hazard ratios of a process in
continuous time seen at waves (Prentice and Gloeckler 1978); the baseline is free by wave (``wave_effects``), or by time at
risk with ``duration`` among the regressors. Entry is delayed: a unit counts from the wave after it was first seen at
risk (left
truncation), so time before is not in ``duration``, and frailty is that of units still at risk when first seen, not of all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from panel_eis.errors import ModelError
from panel_eis.models.estimate import fit
from panel_eis.models.histories import at_risk
from panel_eis.models.spec import nearest

if TYPE_CHECKING:
    import pandas as pd

    from panel_eis.models.result import Fit
    from panel_eis.models.spec import Spec

ESTIMATORS: Final = ("cloglog", "re_cloglog", "gamma_cloglog")
BEGINS, ENDS = "begins", "ends"


class RiskAccount(NamedTuple):
    """What became of every unit seen: counts of units, of events and of waves at risk.

    ``excluded`` never enter: for a beginning, in the state when first seen (when it began is unknown); for an end, never
    seen in it. ``once`` were not followed to the next wave. Of those ``at_risk``, ``truncated`` had been so for an unknown
    time when first seen (for an end: in the state at first sight; for a beginning: all). They end by the event, at the last
    wave of all (``lasting``), or before it (``lost``: gone, or not seen in a wave).
    """

    units: int
    excluded: int
    once: int
    at_risk: int
    truncated: int
    events: int
    lasting: int
    lost: int
    waves: int

    def sentence(self, event: str) -> str:
        """Say it in one sentence; ``event`` names what happens."""
        never = "never seen in the state" if event.endswith(ENDS) else "in the state when first seen"
        return (
            f"risk set of {event}: {self.units} units, of which {self.excluded} {never} and {self.once} not followed to "
            f"the next wave do not enter; {self.at_risk} at risk over {self.waves} waves, {self.truncated} of them for "
            f"an unknown time before (left truncation); {self.events} events, {self.lasting} censored at the last wave, "
            f"{self.lost} before"
        )


def hazard(spec: Spec, panel: pd.DataFrame, *, ends: bool = False) -> Fit:
    """Estimate the hazard of a state.

    Parameters
    ----------
    spec
        ``outcome`` is a column of booleans (or 0 and 1), ``estimator`` one of ``ESTIMATORS``; ``duration`` may be a
        regressor, ``sample`` applies to the rows at risk.
    panel
        One row per unit × wave.
    ends
        Whether the event is the end of the state, from the first wave in which a unit was seen in it (its first spell).

    Returns
    -------
    The fit, its outcome named ``<state>_begins`` or ``<state>_ends``; its last warning accounts for the risk set.

    Raises
    ------
    ModelError
        Another estimator, an outcome that is no state, no event, and what the estimator refuses.

    """
    if spec.estimator not in ESTIMATORS:
        raise ModelError(f"{spec.name}: {spec.estimator} is no hazard (known: {', '.join(ESTIMATORS)})")
    event = f"{spec.outcome}_{ENDS if ends else BEGINS}"
    rows, account = risk_set(panel, spec.outcome, unit=spec.unit, wave=spec.wave, ends=ends)
    found = fit(replace(spec, outcome=event), rows)
    told = [account.sentence(event)]
    if spec.estimator != "cloglog":
        told.append("frailty is that of units still at risk when first seen (entry is delayed)")
    return replace(found, warnings=(*found.warnings, *told))


def risk_set(
    panel: pd.DataFrame, state: str, *, unit: str = "unit", wave: str = "wave", ends: bool = False
) -> tuple[pd.DataFrame, RiskAccount]:
    """Rows at risk with the event under its name and ``duration``, and what became of every unit.

    Raises
    ------
    ModelError
        If the column is absent or no state, or there is no event.

    """
    frame = panel if unit in panel.columns else panel.reset_index()
    seen = _state(frame, state)
    event = f"{state}_{ENDS if ends else BEGINS}"
    frame = (
        frame[seen.notna()].assign(_state=seen.dropna().astype(bool)).sort_values([unit, wave], kind="stable")
    )
    first = frame.groupby(unit)["_state"].first()
    ever = frame.groupby(unit)["_state"].cummax()
    excluded = ~frame.groupby(unit)["_state"].any() if ends else first
    last = frame[wave].max()
    if ends:
        frame = frame.assign(_state=~frame["_state"])[ever]
    try:
        rows = at_risk(frame, "_state", unit=unit, wave=wave)
    except ModelError:
        raise ModelError(
            f"{event} nowhere among units seen in two successive waves: no hazard to estimate"
        ) from None
    ended = rows.groupby(unit).agg(end=(wave, "max"), done=("event", "max"))
    done = ended["done"] == 1
    lasting = int((~done & (ended["end"] == last)).sum())
    account = RiskAccount(
        units=len(first),
        excluded=int(excluded.sum()),
        once=len(first) - int(excluded.sum()) - len(ended),
        at_risk=len(ended),
        truncated=int(first.loc[ended.index].sum()) if ends else len(ended),
        events=int(done.sum()),
        lasting=lasting,
        lost=len(ended) - int(done.sum()) - lasting,
        waves=len(rows),
    )
    return rows.drop(columns="_state").rename(columns={"event": event}), account


def _state(frame: pd.DataFrame, state: str) -> pd.Series:
    """Read the column of a state.

    Raises
    ------
    ModelError
        If it is absent, wholly missing, or takes other values than two.

    """
    if state not in frame.columns:
        raise ModelError(f"the panel has no column {state!r}{nearest(state, frame.columns)}")
    values = frame[state]
    if values.isna().all():
        raise ModelError(f"{state} is missing in every row")
    if not values.dropna().isin([0, 1]).all():
        raise ModelError(f"{state} is not a state: it must be true or false")
    return values.astype("boolean")
