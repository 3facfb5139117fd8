"""A second person of the same organisation answers too, in another role: same facts, other judgements.

On the scale of the items the second leaning is ``m + r (first - m) + sqrt(1 - r²) (stranger - m)``: the stranger is another
organisation of the wave, ``m`` the mean of those that evaluate (or do not), ``r`` the agreement that the truth states. Means
and variances stay, and any two answers about one organisation, items or scores, have correlation ``r``: their ICC(1).
Chance has streams of its own, so the answers of the first respondents are the same with or without a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.synthetic.answers import obey_filters
from panel_eis.synthetic.interview import Interview, closing, mask, text
from panel_eis.synthetic.scales import grades, leanings
from panel_eis.synthetic.streams import choose

if TYPE_CHECKING:
    from panel_eis.synthetic.interview import World

ROLES = {
    "director": 0.0,
    "evaluation_lead": 0.20,
    "board": 0.35,
    "field_staff": 0.40,
    "federation": 0.01,
    "funder": 0.01,
    "beneficiary": 0.03,
}
"""Chance of each role for a second respondent, who stands lower in this list than the first. Assumption."""
JUDGED = (
    "term",
    "steps",
    "stakeholders",
    "motives",
    "demanders",
    "barriers",
    "needs",
    "need_form",
    "criteria",
)
"""Questions on which two people often differ: half of the answers are those of a stranger."""
UNKNOWN = ("budget", "indicators", "cost", "days")
"""Figures that a second person often does not have at hand."""
LATER_DAYS = 21


def second_answers(world: World, first: pd.DataFrame, t: int) -> pd.DataFrame:
    """Give the answers of second respondents at the wave of position ``t``; cells are text, columns those of ``first``.

    Parameters
    ----------
    world
        The truth and the source of chance.
    first
        Answers of the first respondents, as ``answers.fill_in`` gives them.
    t
        Position of the wave.

    """
    interview = Interview(world, t)
    later = np.array([list(ROLES).index(r) + 1 for r in first["respondent_role"].tolist()])
    drawn = interview.rng("second").random(interview.n) < world.truth.respondents.second
    rows = np.flatnonzero(drawn & (later < len(ROLES)))
    strangers = _strangers(interview)[rows]
    frame = first.iloc[rows].reset_index(drop=True)
    weights = np.array(list(ROLES.values())) * (np.arange(len(ROLES)) >= later[rows, None])
    frame["respondent_role"] = choose(interview.rng("second_role"), tuple(ROLES), weights, len(rows))
    frame["respondent"] = [f"P{unit[3:]}{chr(90 - t)}" for unit in frame["unit"].tolist()]
    frame["interview_date"] = _later(interview, frame["interview_date"])
    frame["minutes"] = first["minutes"].to_numpy()[strangers]
    frame["mode"] = first["mode"].to_numpy()[strangers]
    frame["comment"] = ""
    other = first.iloc[strangers].reset_index(drop=True)
    for name in (n for n in first.columns if n.startswith("evocation")):
        frame[name] = other[name]
    for name in JUDGED:
        kept = interview.rng(f"second_{name}").random(len(rows)) < 0.5
        frame[name] = frame[name].where(kept, other[name])
    for name in UNKNOWN:
        unknown = interview.rng(f"second_{name}").random(len(rows)) < 0.35
        frame[name] = frame[name].mask(unknown & (frame[name] != ""), "dk")
    _grade(frame, interview, rows, strangers)
    return obey_filters(frame, world.codebook)


def _strangers(interview: Interview) -> np.ndarray:
    """For each answer another one of the wave, alike in that both evaluate or both do not."""
    stranger = np.arange(interview.n)
    for evaluating in (True, False):
        alike = np.flatnonzero(interview.evaluates == evaluating)
        shuffled = interview.rng(f"second_stranger_{evaluating}").permutation(alike)
        stranger[shuffled] = np.roll(shuffled, 1)
    return stranger


def _later(interview: Interview, dates: pd.Series) -> np.ndarray:
    """Days up to three weeks after the first answer, within the fieldwork."""
    days = interview.rng("second_date").integers(0, LATER_DAYS, len(dates)).astype("timedelta64[D]")
    return np.minimum(dates.to_numpy().astype("datetime64[D]") + days, closing(interview.wave)).astype(str)


def _grade(frame: pd.DataFrame, interview: Interview, rows: np.ndarray, strangers: np.ndarray) -> None:
    """Fill in the graded answers: the Likert items with the agreement of the truth, devices one grade around the first."""
    rules, r = interview.truth.likert, interview.truth.respondents.agreement
    group = interview.evaluates.astype(int)
    for name, raw in leanings(interview, interview.world.codebook).items():
        if name not in frame:
            continue
        mean = np.array([raw[group == g].mean() if (group == g).any() else 0.0 for g in (0, 1)])[group]
        off = raw - mean
        mixed = mean[rows] + r * off[rows] + np.sqrt(1 - r * r) * off[strangers]
        shares = {"empty": rules.no_answer, "9": rules.dont_know}
        frame[name] = mask(interview.rng(f"second_{name}"), text(grades(mixed)), **shares)
    for name in (n for n in frame.columns if n.startswith(("device1_", "device2_"))):
        step = interview.rng(f"second_{name}").integers(-1, 2, len(frame))
        moved = [
            str(min(5, max(1, int(cell) + move))) if cell.isdecimal() and cell != "9" else cell
            for cell, move in zip(frame[name].tolist(), step.tolist(), strict=True)
        ]
        frame[name] = pd.Series(moved, dtype=object, index=frame.index)
