"""Answers about the evaluation itself: how often, with what, by whom; motives, barriers, needs, criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from panel_eis.synthetic.interview import boxes, mask, text
from panel_eis.synthetic.streams import choose, expit, logit, tick

if TYPE_CHECKING:
    from collections.abc import Mapping

    from panel_eis.synthetic.interview import Interview, World
    from panel_eis.synthetic.profile import Answers

TOOLS = {
    "beneficiary_survey": (50, 72, 76, 80),
    "dashboard": (28, 48, 64, 76),
    "interviews": (38, 42, 46, 50),
    "focus_group": (14, 18, 24, 30),
    "theory_of_change": (2, 14, 18, 28),
    "self_assessment": (18, 24, 22, 20),
    "avoided_costs": (1, 5, 6, 10),
    "sroi": (0.5, 3, 4, 6),
    "before_after": (8, 18, 22, 28),
    "comparison_group": (0.5, 2, 3, 5),
}
"""Percentages by rung 2, 3, 4, 5. Survey of beneficiaries first (S: K18-AGR), the rest is assumption."""
STEPS = {
    "framing": 65,
    "stakeholder_map": 38,
    "indicators": 70,
    "collection": 92,
    "analysis": 74,
    "discussion": 60,
    "publication": 32,
    "action": 45,
}
STAKEHOLDERS = {
    "beneficiaries": 62,
    "staff": 74,
    "volunteers": 36,
    "board": 48,
    "funders": 34,
    "local_authority": 22,
    "federation": 14,
    "partners": 28,
}
CONDUCTORS = {"internal": 78, "consultant": 18, "network": 14, "university": 6, "students": 10, "funder": 4}
NEED_OF = {
    "funding": "cost",
    "time": "time",
    "training": "skills",
    "method": "complexity",
    "tool": "tools",
    "peers": "partners",
}
NEEDS = {
    "funding": 34,
    "time": 38,
    "training": 24,
    "method": 36,
    "tool": 30,
    "peers": 26,
    "expert": 22,
    "examples": 34,
}
CRITERIA = {
    "useful": 1.2,
    "accessible": 0.5,
    "collective": 0.4,
    "participatory": 0.7,
    "rigorous": 0.3,
    "proportionate": 0.5,
    "independent": -0.4,
    "regular": 0.1,
    "transparent": 0.3,
    "qualitative": 0.5,
    "comparable": -0.6,
    "territorial": 0.0,
}
"""Liking of each criterion (log of a weight); those below tilt it by role. Assumption."""
CRITERIA_BY_ROLE = {
    "funder": {"comparable": 1.2, "rigorous": 0.6},
    "evaluation_lead": {"rigorous": 0.6, "proportionate": 0.4},
    "field_staff": {"qualitative": 0.6, "participatory": 0.3},
    "board": {"transparent": 0.4, "collective": 0.4},
}
FORM_OF_NEED = {"training": (20, 18, 24, 20, 18), "money": (8, 8, 10, 58, 16), "time": (8, 10, 12, 22, 48)}


def practising_since(world: World) -> list[np.ndarray]:
    """Year since which each organisation has been evaluating, by wave (0 where it does not)."""
    structure = world.structure
    since: list[np.ndarray] = []
    for t, wave in enumerate(structure.waves):
        state, year = structure.states[t], int(wave[:4])
        n = len(state.ladder)
        new = structure.units.cohort[:n] == t
        ago = world.streams.stage("since", wave).geometric(0.22, n) - 1
        gap = year - int(structure.waves[t - 1][:4]) if t else 1
        started = np.where(new, np.maximum(year - ago, structure.units.founded[:n]), year - ago % gap)
        before = np.zeros(n, dtype=int)
        if since:
            before[: len(since[-1])] = since[-1]
        since.append(np.where(state.ladder < 2, 0, np.where(before > 0, before, started)).astype(int))
    return since


def adoption(interview: Interview, since: list[np.ndarray]) -> Answers:
    """Frequency, formalisation and use in a decision: they give the rung back exactly."""
    rung, n = interview.state("ladder"), interview.n
    frequency = np.array(["never", "considered", "occasional", "occasional", "regular", "regular"])[rung]
    low = choose(interview.rng("formalisation_low"), ("felt", "diy"), (35, 65), n)
    high = choose(interview.rng("formalisation_high"), ("tooled", "scientific"), (86, 14), n)
    regular = choose(
        interview.rng("formalisation"), ("felt", "diy", "tooled", "scientific"), (3, 27, 56, 14), n
    )
    formalisation = np.select([rung == 2, rung == 3], [low, high], regular)
    scope = _by_rung(
        interview,
        "scope",
        ("project", "activity", "whole"),
        ((60, 25, 15), (45, 33, 22), (24, 36, 40), (12, 28, 60)),
    )
    terms = ("social_impact", "social_utility", "social_value", "evaluation", "results", "other")
    return {
        "frequency": frequency,
        "formalisation": formalisation,
        "used_in_decision": np.where(rung == 5, "yes", "no"),
        "practice_since": text(since[interview.t][interview.rows]),
        "term": mask(
            interview.rng("no_term"),
            choose(interview.rng("term"), terms, (32, 24, 8, 14, 17, 5), n),
            empty=0.02,
        ),
        "scope": scope,
    }


def _by_rung(
    interview: Interview, name: str, codes: tuple[str, ...], table: tuple[tuple[float, ...], ...]
) -> np.ndarray:
    rows = np.array(table)[np.maximum(interview.state("ladder") - 2, 0)]
    return choose(interview.rng(name), codes, rows, interview.n)


def content(interview: Interview, answers: Answers) -> Answers:
    """Tools, steps, stakeholders, cost; kept for those who evaluate by the filters of the codebook."""
    rung, n = np.maximum(interview.state("ladder") - 2, 0), interview.n
    tools = tick(
        interview.rng("tools"),
        interview.trait("tools", len(TOOLS)),
        np.array(list(TOOLS.values())).T[rung] / 100,
        0.7,
    )
    tools[~tools.any(axis=1) & (answers["formalisation"] != "felt"), 0] = True
    tools[~tools.any(axis=1) & (rung >= 1), 0] = True
    steps = _ticked(interview, "steps", STEPS, 0.35 * (rung - 1.5))
    stakeholders = _ticked(interview, "stakeholders", STAKEHOLDERS, 0.45 * interview.asset)
    served = answers["networks_service"] != "none"
    conductors = _ticked(interview, "conducted_by", CONDUCTORS, np.zeros(n))
    conductors[:, 2] &= served | (interview.rng("network_conducts").random(n) < 0.2)
    conductors[~conductors.any(axis=1), 0] = True
    staff = np.log1p(interview.state("staff"))
    spread = interview.rng("effort").standard_normal((3, n))
    indicators = np.rint(np.exp(1.1 + 0.25 * rung + 0.08 * staff + 0.6 * spread[0]))
    cost = np.exp(6.6 + 0.45 * rung + 0.25 * staff + 0.8 * spread[1])
    cost = np.where(interview.rng("free").random(n) < 0.38 - 0.07 * rung, 0, np.rint(cost / 50) * 50)
    days = np.maximum(1, np.rint(np.exp(1.2 + 0.40 * rung + 0.22 * staff + 0.6 * spread[2])))
    return {
        "tools": boxes(list(TOOLS), tools),
        "steps": boxes(list(STEPS), steps),
        "stakeholders": boxes(list(STAKEHOLDERS), stakeholders),
        "conducted_by": boxes(list(CONDUCTORS), conductors),
        "indicators": mask(interview.rng("no_indicators"), text(indicators.astype(int)), empty=0.02, dk=0.03),
        "cost": mask(interview.rng("no_cost"), text(cost.astype(int)), empty=0.04, dk=0.07, refused=0.02),
        "days": mask(interview.rng("no_days"), text(days.astype(int)), empty=0.03, dk=0.06),
        "payer": _payer(interview, answers, served),
        "dedicated_person": np.where(interview.state("dedicated"), "yes", "no"),
    }


def _ticked(interview: Interview, name: str, shares: Mapping[str, float], pull: np.ndarray) -> np.ndarray:
    """Boxes with these percentages, moved by ``pull`` (in logits) for each answer."""
    p = expit(logit(np.array(list(shares.values())) / 100) + pull[:, None])
    return tick(interview.rng(name), interview.trait(name, len(shares)), p)


def _payer(interview: Interview, answers: Answers, served: np.ndarray) -> np.ndarray:
    dla = np.array(["dla" in cell.split() for cell in answers["support_instruments"].tolist()])
    funded = interview.state("demand") == 4
    table = np.tile([76.0, 4.0, 12.0, 2.0, 0.0], (interview.n, 1))
    table[:, 1] += 160 * funded
    table[:, 3] += 14 * served
    table[:, 4] += 25 * dla
    return choose(
        interview.rng("payer"),
        ("own", "public_funder", "private_funder", "network", "dla"),
        table,
        interview.n,
    )


def demand(interview: Interview) -> Answers:
    """Motives, who asked, and what public funders ask for."""
    truth, n = interview.truth, interview.n
    asked = np.isin(interview.state("demand"), (3, 4))
    motives = _ticked(interview, "motives", truth.motives, np.zeros(n))
    rates = np.array([[0.12, 0.10, 0.08, 0.22, 0.18]] * n)
    rates[:, 0] = np.where(asked, 0.92, rates[:, 0])
    rates[:, 2] += 0.20 * interview.state("service")
    rates[:, 3:] += 0.12 * interview.evaluates[:, None]
    demanders = tick(interview.rng("demanders"), interview.trait("demanders", 5), rates, 0.3)
    cells = boxes(["public_funder", "private_funder", "network", "board", "team"], demanders)
    codes = np.asarray(tuple(truth.support.demands))
    stated = np.where(interview.state("supported"), codes[interview.state("demand")], "none")
    return {
        "motives": mask(interview.rng("no_motives"), boxes(list(truth.motives), motives), empty=0.01),
        "demanders": np.where(cells == "", "nobody", cells),
        "demand": mask(interview.rng("no_demand"), stated, empty=0.01),
    }


def barriers(interview: Interview) -> Answers:
    """Barriers, needs that follow from them, preferred form, criteria of good practice."""
    truth, n = interview.truth, interview.n
    shares = np.array(list(truth.barriers.values())) / 100
    none = list(truth.barriers).index("none")
    shares[np.arange(len(shares)) != none] /= 1 - shares[none]
    extra = np.array([truth.barriers_if_not_evaluating[code] for code in truth.barriers])
    away = np.isin(
        list(truth.barriers),
        ("time", "not_priority", "no_demand", "monetisation", "control", "team_reluctance"),
    )
    pull = extra * (~interview.evaluates[:, None] - 0.57) + truth.barriers_receding * interview.t * away
    ticked = tick(
        interview.rng("barriers"), interview.trait("barriers", len(shares)), expit(logit(shares) + pull)
    )
    ticked[ticked[:, none]] = np.arange(len(shares)) == none
    ticked[~ticked.any(axis=1), list(truth.barriers).index("cost")] = True
    named = {code: ticked[:, k] for k, code in enumerate(truth.barriers)}
    pulls = np.column_stack([1.6 * named[NEED_OF[c]] - 0.5 if c in NEED_OF else np.zeros(n) for c in NEEDS])
    needs = tick(
        interview.rng("needs"),
        interview.trait("needs", len(NEEDS)),
        expit(logit(np.array(list(NEEDS.values())) / 100) + pulls),
    )
    cells = boxes(list(NEEDS), needs)
    first = [cell.split(" ")[0] for cell in cells.tolist()]
    forms = np.array([FORM_OF_NEED.get({"funding": "money"}.get(f, f), (24, 24, 26, 16, 10)) for f in first])
    return {
        "barriers": mask(interview.rng("no_barriers"), boxes(list(truth.barriers), ticked), empty=0.01),
        "needs": cells,
        "need_form": mask(
            interview.rng("no_need_form"),
            choose(interview.rng("need_form"), ("training", "peer_group", "tool", "money", "time"), forms, n),
            empty=0.03,
        ),
        "criteria": _criteria(interview),
    }


def _criteria(interview: Interview) -> np.ndarray:
    """Three to five criteria, the best liked ones of this person."""
    liking = np.tile(list(CRITERIA.values()), (interview.n, 1))
    for role, tilts in CRITERIA_BY_ROLE.items():
        for code, tilt in tilts.items():
            liking[interview.role == role, list(CRITERIA).index(code)] += tilt
    liking = (
        liking
        + 0.8 * interview.trait("criteria", len(CRITERIA))
        + 0.6 * interview.rng("criteria").gumbel(size=liking.shape)
    )
    rank = np.argsort(np.argsort(-liking, axis=1), axis=1)
    many = choose(interview.rng("criteria_number"), ("3", "4", "5"), (15, 25, 60), interview.n).astype(int)
    return boxes(list(CRITERIA), rank < many[:, None])
