"""The same tie and other questions: who evaluates, the score with 0 for those who do not, who begins, ends or joins.

Each question has its own scale, told with it, and none is put beside another's: ``evaluates`` and ``change`` are average
marginal effects in percentage points, ``both`` in points of the score (0–100) when it is 0 for those who do not evaluate,
``compared`` in points of the score between organisations: members and others who would evaluate either way (Lee's bounds),
those who join and those who have not yet.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from panel_eis.errors import ModelError
from panel_eis.models.bounds import lee_bounds
from panel_eis.models.estimate import fit
from panel_eis.models.hazards import hazard, risk_set
from panel_eis.models.joining import joiners_needed, joining
from panel_eis.models.margins import average_marginal_effects
from panel_eis.models.spec import Spec
from panel_eis.models.staggered import event_study
from panel_eis.models.two_parts import two_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy as np
    import pandas as pd

    from panel_eis.models.result import Fit

STATE: Final = "practises"
BESIDE: Final = ("peer_tie", "staff_log")
"""What else a hazard holds: with few beginnings and ends it bears no more."""

BOUNDS: Final = (0.0, 100.0)
DRAWS: Final = 99
"""Draws of organisations behind the intervals of the two parts; each fits two models."""

PARTS: Final = {"both": "two_part", "through_probability": "two_part_who", "through_level": "two_part_level"}
INTERVAL: Final = ("estimate", "conf_low", "conf_high")
HAZARDS: Final = {
    "begins": ("cloglog", False), "begins_frailty": ("gamma_cloglog", False),
    "ends": ("cloglog", True), "ends_frailty": ("gamma_cloglog", True),
}  # fmt: skip


def told(found: Fit, focus: str, numbers: Mapping[str, Any] | pd.Series, missing: str) -> dict[str, Any]:
    """A row of the table: numbers, and what they rest on."""
    return {
        **{name: float(numbers[name]) for name in INTERVAL},
        "estimator": found.spec.estimator, "weights": found.weights or "", "clusters": found.n_clusters,
        "n_rows": found.n_rows, "n_units": found.n_units, "n_switchers": found.n_switchers.get(focus, 0),
        "missing": missing, "errors": found.correction,
    }  # fmt: skip


def marginal(spec: Spec, panel: pd.DataFrame, missing: str) -> dict[str, Any]:
    """Row of an average marginal effect of the first regressor, in percent of the range of the outcome."""
    focus = spec.regressors[0]
    found = fit(spec, panel).require_converged()
    return told(found, focus, average_marginal_effects(found, panel, [focus]).iloc[-1], missing)


def questions(
    score: Spec, ladder: Spec, panel: pd.DataFrame, *, rng: np.random.Generator, missing: str
) -> Iterator[tuple[str, str, Callable[[], dict[str, Any]]]]:
    """Question, name and maker of each row.

    Parameters
    ----------
    score, ladder
        Reference models; their first regressor is the tie.
    panel
        Observed panel.
    rng
        Of the bootstrap of both parts.
    missing
        Word for how missing answers are handled.

    """
    frame = panel.assign(**{STATE: panel[STATE].astype("Float64")})
    who = replace(ladder, name="evaluates", outcome=STATE, estimator="fractional_logit")
    level = replace(score, estimator="fractional_logit", bounds=BOUNDS)
    for name, estimator in (("evaluates_logit", "fractional_logit"), ("evaluates_gee", "gee_logit")):
        yield "evaluates", name, partial(marginal, replace(who, estimator=estimator), frame, missing)
    made: dict[str, dict[str, Any]] = {}

    def part(key: str) -> dict[str, Any]:
        if not made:
            made.update(_both(who, level, frame, rng, missing))
        return made[key]

    for key, name in PARTS.items():
        yield "both", name, partial(part, key)
    focus = score.regressors[0]
    for name, (estimator, ends) in HAZARDS.items():
        yield "change", name, partial(_hazard, estimator, focus, panel, ends=ends, missing=missing)
    yield "compared", "lee_bounds", partial(_lee, score.outcome, focus, panel, missing)
    yield "compared", "event_study", partial(_event_study, score.outcome, focus, panel, missing)


def _both(
    who: Spec, level: Spec, panel: pd.DataFrame, rng: np.random.Generator, missing: str
) -> dict[str, dict[str, Any]]:
    """Rows of ``PARTS``; n are those of the first part, which is about everybody."""
    focus = who.regressors[0]
    read = dict.fromkeys([who.unit, who.wave, who.outcome, level.outcome, *who.regressors, *level.regressors])
    slim = panel[list(read)]  # what is drawn again and again
    found = two_part(who, level, slim, focus, rng=rng, draws=DRAWS)
    table: dict[Any, dict[Any, Any]] = found.table.set_index("part").to_dict("index")
    said = {"estimator": "two_part", "errors": f"percentiles of {found.draws} draws of organisations"}
    return {key: told(found.probability, focus, table[key], missing) | said for key in PARTS}


def _hazard(estimator: str, focus: str, panel: pd.DataFrame, *, ends: bool, missing: str) -> dict[str, Any]:
    """Row of the chance of beginning, or of ending, from one wave to the next; with frailty, in the first wave at risk."""
    spec = Spec(name="hazard", outcome=STATE, estimator=estimator, regressors=(focus, *BESIDE))
    rows, _ = risk_set(panel, STATE, ends=ends)
    found = hazard(spec, panel, ends=ends).require_converged()
    return told(found, focus, average_marginal_effects(found, rows, [focus]).iloc[-1], missing)


def _lee(outcome: str, focus: str, panel: pd.DataFrame, missing: str) -> dict[str, Any]:
    """Row of Lee's bounds: the observed difference of members and others, and the interval of the bounds around it."""
    found = lee_bounds(panel, outcome, focus, selected=STATE)
    rows = panel.dropna(subset=[outcome, focus]).astype({focus: float}).groupby("unit")[focus]
    return {
        "estimate": found.naive, "conf_low": found.conf_low, "conf_high": found.conf_high, "estimator": "lee_bounds",
        "weights": "", "clusters": found.n_clusters, "n_rows": found.n_selected, "n_units": rows.ngroups,
        "n_switchers": int((rows.max() > rows.min()).sum()), "missing": missing,
        "errors": f"interval of Imbens and Manski around bounds of {found.lower:.3g} and {found.upper:.3g}",
    }  # fmt: skip


def _event_study(outcome: str, focus: str, panel: pd.DataFrame, missing: str) -> dict[str, Any]:
    """Row of the mean difference since joining; with too few joiners, how many would do and why there is no estimate."""
    laid = joining(panel, outcome, focus)
    needed, *_ = joiners_needed(laid)
    row: dict[str, Any] = {
        "estimator": "callaway_santanna", "weights": "", "clusters": laid.frame["unit"].nunique(),
        "n_rows": len(laid.frame), "n_units": laid.frame["unit"].nunique(), "n_switchers": laid.joiners,
        "n_needed": needed, "missing": missing, "errors": "of differences, by unit; others: not yet members",
    }  # fmt: skip
    try:
        found = event_study(panel, outcome, focus)
    except ModelError as refused:
        return row | {"message": str(refused)}
    overall = found.table[found.table["since"].isna()].iloc[0]
    numbers = {name: float(overall[name]) for name in INTERVAL}
    return row | numbers | {"n_rows": found.n_rows, "clusters": found.n_clusters}
