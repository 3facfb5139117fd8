"""Graded answers: the Likert items, and expected and observed performance of devices.

An item is its mean, the true score, what its dimension shares, what is proper to it, and a leaning to say
yes. On the scale of the items the true score has slope one: the score that the report computes estimates it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from panel_eis.synthetic.interview import mask, text

if TYPE_CHECKING:
    from panel_eis.codebook import Codebook
    from panel_eis.synthetic.interview import Interview
    from panel_eis.synthetic.profile import Answers

ROUTINE = {"meaning": -0.02, "mastery": 0.02, "adaptation": -0.24, "anchoring": 0.20, "use": 0.04}
"""Profile of a regular practice; sums to zero, so the total keeps the true score."""
SIZE = {"meaning": 0.0, "mastery": 0.05, "adaptation": -0.10, "anchoring": 0.05, "use": 0.0}
"""Profile by log staff (H4: small organisations higher on adaptation); sums to zero."""
OBSERVED_BY_SCORE = 0.35
"""Points of observed performance for one SD of the score."""
BETWEEN_SYMBOLIC = 0.85
"""SD of the mean of F1 and F2, in points of the scale."""


def likert(interview: Interview, codebook: Codebook) -> Answers:
    """All items; filters are applied later."""
    rules = interview.truth.likert
    straight = interview.trait("straight", uniform=True)[:, 0] < rules.straight_lining
    cells = {}
    for name, raw in leanings(interview, codebook).items():
        grade = np.where(straight, 4, grades(raw))
        rng = interview.rng(f"no_{name}")
        cells[name] = mask(
            rng, text(grade), **{"empty": rules.no_answer, "9": rules.dont_know, "refused": 0.002}
        )
    return cells


def grades(raw: np.ndarray) -> np.ndarray:
    """Give the grade, 1 to 5, that is ticked for a leaning."""
    return np.clip(np.rint(raw), 1, 5).astype(int)


def leanings(interview: Interview, codebook: Codebook) -> dict[str, np.ndarray]:
    """Where each answer lies on the scale of the item before it is rounded to a grade, by item."""
    rules = interview.truth.likert
    items = [v for v in codebook.asked if v.name in rules.means]
    general = interview.asset * interview.truth.score.points_per_sd / 25
    dimensions = {d: _dimension(interview, d) for d in (*codebook.dimensions, "")}
    own = _steady(interview, "items", len(items), rules.item_sd)
    yes = rules.acquiescence_sd * interview.trait("acquiescence")[:, 0]
    demand = interview.state("demand")
    symbolic = interview.truth.score.symbolic_asked * (
        demand == 3
    ) + interview.truth.score.symbolic_funded * (demand == 4)
    raw = {}
    for k, item in enumerate(items):
        value = rules.means[item.name] + dimensions[item.dimension] + own[:, k]
        if item.dimension:
            value = value + general
        elif item.name == "f3":
            value = value + 0.5 * general
        else:
            value = value + BETWEEN_SYMBOLIC * symbolic
        if item.dimension == "meaning":
            value = value + rules.not_evaluating * ~interview.evaluates
        raw[item.name] = (6 - value if item.reverse else value) + yes
    return raw


def _steady(interview: Interview, name: str, columns: int, sd: float) -> np.ndarray:
    """Draw normal numbers of which a share stays the same at each wave."""
    stable = interview.truth.likert.stable
    noise = interview.rng(name).standard_normal((interview.n, columns))
    return sd * (np.sqrt(stable) * interview.trait(name, columns) + np.sqrt(1 - stable) * noise)


def _dimension(interview: Interview, name: str) -> np.ndarray:
    """Draw what the items of a dimension share beyond the score."""
    shared = _steady(interview, f"dimension_{name or 'symbolic'}", 1, interview.truth.likert.dimension_sd)[
        :, 0
    ]
    if not name:
        return shared
    regular = interview.state("ladder") >= 4
    return shared + ROUTINE[name] * (regular - 0.45) + SIZE[name] * (np.log1p(interview.state("staff")) - 2.6)


def performance(interview: Interview, answers: Answers) -> Answers:
    """Give main and second device, what is expected of each and what is observed."""
    rules = interview.truth.performance
    tools = _devices(interview, answers)
    second = interview.rng("device2").random(interview.n) < 0.55
    devices = {
        "device1": np.array([t[0] if t else "" for t in tools], dtype=object),
        "device2": np.array(
            [t[1] if len(t) > 1 and s else "" for t, s in zip(tools, second.tolist(), strict=True)],
            dtype=object,
        ),
    }
    roles = interview.role.tolist()
    wish = np.array([rules.role_expected[r] for r in roles])
    gap = rules.gap - rules.gap_closing * interview.t + np.array([rules.role_gap[r] for r in roles])
    cells: Answers = {}
    for device, chosen in devices.items():
        cells[device] = chosen
        noise = interview.rng(device).standard_normal((2, len(rules.expected), interview.n))
        person = 0.35 * interview.trait(f"{device}_person")[:, 0]
        for k, attribute in enumerate(rules.expected):
            expected = rules.expected_mean + rules.expected[attribute] + wish + person + 0.7 * noise[0, k]
            observed = (
                rules.expected_mean + rules.expected[attribute] + wish + person - gap - rules.gaps[attribute]
            )
            observed = observed + OBSERVED_BY_SCORE * interview.asset + 0.75 * noise[1, k]
            for moment, value in (("expected", expected), ("observed", observed)):
                name = f"{device}_{moment}_{attribute}"
                cells[name] = mask(
                    interview.rng(f"no_{name}"),
                    text(np.clip(np.rint(value), 1, 5).astype(int)),
                    **{"empty": 0.02, "9": 0.02},
                )
    return cells


def _devices(interview: Interview, answers: Answers) -> list[list[str]]:
    """Order tools in use by importance: a taste that lasts, and a bonus to the survey of beneficiaries."""
    codes = interview.codes("tools")
    liking = interview.trait("main_device", len(codes)) + 0.5 * interview.rng("main_device").gumbel(
        size=(interview.n, len(codes))
    )
    liking[:, codes.index("beneficiary_survey")] += 0.8
    order = np.argsort(-liking, axis=1, kind="stable")
    used = [cell.split() for cell in answers["tools"].tolist()]
    return [
        [codes[k] for k in row if codes[k] in mine] for row, mine in zip(order.tolist(), used, strict=True)
    ]
