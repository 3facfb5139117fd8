"""Answers about who answers and about the organisation: identification, legal form, staff, money."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from panel_eis.synthetic.interview import boxes, closing, mask, opening, text
from panel_eis.synthetic.money import budgets
from panel_eis.synthetic.streams import choose

if TYPE_CHECKING:
    from panel_eis.synthetic.interview import Interview
    from panel_eis.synthetic.spells import Ecosystem

Answers = dict[str, np.ndarray]

NAF = {
    "social": ("88.99B", "88.10A", "87.90B"),
    "health": ("87.30A", "88.10B", "86.90F"),
    "education": ("88.91A", "85.59A", "85.59B"),
    "culture": ("90.01Z", "90.02Z", "90.04Z"),
    "sport": ("93.12Z", "93.29Z", "93.11Z"),
    "environment": ("38.32Z", "01.13Z", "35.11Z"),
    "housing": ("68.20A", "68.20B", "87.90B"),
    "youth": ("94.99Z", "88.99A", "55.20Z"),
    "work_integration": ("88.10C", "81.30Z", "38.32Z"),
    "digital_mobility": ("62.01Z", "62.02A", "49.39B"),
    "finance": ("64.92Z", "70.22Z", "66.19B"),
    "other": ("94.99Z", "82.99Z", "56.10A"),
}
"""Industry codes (NAF rév. 2) usual in a field; the third is the rarest."""
LEGAL = {
    "association": (("9220", 0.95), ("9230", 1.0)),
    "work_integration": (("9221", 0.75), ("9222", 1.0)),
    "foundation": (("9300", 1.0),),
    "mutual": (("8210", 0.8), ("8290", 1.0)),
    "scop": (("5458", 0.75), ("5558", 1.0)),
    "scic": (("5460", 0.6), ("5560", 1.0)),
    "company": (("5710", 0.7), ("5499", 1.0)),
}
"""INSEE legal categories with cumulated shares; see ``data/reference/legal_categories.csv``."""
ESUS = {"association": 0.12, "scop": 0.12, "scic": 0.35, "mutual": 0.0, "foundation": 0.05, "company": 0.80}
VOLUNTEERS = {"association": 3.0, "scic": 2.0, "foundation": 2.2, "mutual": 2.4}
"""Log of the median number of active volunteers; other forms have none."""


def identification(interview: Interview) -> Answers:
    """Who answers, when and how."""
    units, people = interview.world.structure.names[interview.rows], interview.state("person")
    days = int((closing(interview.wave) - opening(interview.wave)).astype(int)) + 1
    early = interview.rng("interview_date").beta(1.3, 1.8, interview.n)
    dates = opening(interview.wave) + np.floor(early * days).astype("timedelta64[D]")
    mode = choose(interview.rng("mode"), ("web", "phone", "face", "paper"), (68, 18, 10, 4), interview.n)
    minutes = np.exp(np.log(22) + 0.35 * interview.rng("minutes").standard_normal(interview.n))
    minutes *= np.where(interview.evaluates, 1.12, 0.88)
    return {
        "unit": units,
        "respondent": np.array(
            [f"P{u[3:]}{chr(65 + p)}" for u, p in zip(units.tolist(), people.tolist(), strict=True)]
        ),
        "respondent_role": interview.role,
        "interview_date": dates.astype(str),
        "mode": mode,
        "minutes": np.where(mode == "paper", "", text(np.clip(np.rint(minutes), 6, 120).astype(int))),
    }


def organisation(interview: Interview) -> Answers:
    """Legal form, field, age, staff, budget."""
    form, field, staff = interview.state("legal_form"), interview.unit("field"), interview.state("staff")
    naf = interview.trait("naf", uniform=True)[:, 0]
    place = (naf[:, None] > [0.55, 0.85]).sum(axis=1)
    esus = interview.trait("esus", uniform=True)[:, 0] < [ESUS[f] for f in form.tolist()]
    founded = mask(interview.rng("no_founded"), text(interview.unit("founded")), empty=0.01)
    money = budgets(interview.world, interview.t)[interview.rows]
    return {
        "legal_form": form,
        "legal_category": _legal_category(interview, form, field),
        "esus": mask(interview.rng("no_esus"), np.where(esus, "yes", "no"), empty=0.01, dk=0.02),
        "department": interview.state("department"),
        "field": field,
        "naf": mask(
            interview.rng("no_naf"),
            np.array([NAF[f][k] for f, k in zip(field.tolist(), place.tolist(), strict=True)]),
            empty=0.03,
        ),
        "naf_version": np.full(interview.n, "naf_rev2"),
        "founded": founded,
        "staff": text(staff),
        "fte": _fte(interview, staff),
        "volunteers": _volunteers(interview, form, staff),
        "budget": mask(interview.rng("no_budget"), text(money, "{:.1f}"), empty=0.03, refused=0.02, dk=0.01),
        **_shares(interview),
    }


def _legal_category(interview: Interview, form: np.ndarray, field: np.ndarray) -> np.ndarray:
    u, codes = interview.trait("legal_category", uniform=True)[:, 0], []
    for f, d, x in zip(form.tolist(), field.tolist(), u.tolist(), strict=True):
        table = LEGAL["work_integration" if f == "association" and d == "work_integration" else f]
        codes.append(next(code for code, bound in table if x < bound))
    return mask(interview.rng("no_legal_category"), np.array(codes), empty=0.02)


def _fte(interview: Interview, staff: np.ndarray) -> np.ndarray:
    ratio = 0.62 + 0.05 * np.log1p(staff) + 0.09 * interview.trait("fte")[:, 0]
    fte = np.minimum(np.round(staff * np.clip(ratio, 0.3, 0.98), 1), staff)
    return mask(interview.rng("no_fte"), text(fte.astype(float), "{:.1f}"), empty=0.02)


def _volunteers(interview: Interview, form: np.ndarray, staff: np.ndarray) -> np.ndarray:
    level = np.array([VOLUNTEERS.get(f, -9.0) for f in form.tolist()])
    spread = 0.8 * interview.trait("volunteers")[:, 0] + 0.15 * interview.rng("volunteers").standard_normal(
        interview.n
    )
    number = text(np.rint(np.exp(level + 0.18 * np.log1p(staff) + spread)).astype(int))
    none = np.where(interview.trait("volunteers_na", uniform=True)[:, 0] < 0.5, "na", "0")
    return mask(interview.rng("no_volunteers"), np.where(level < 0, none, number), empty=0.02, dk=0.01)


def _shares(interview: Interview) -> Answers:
    """Four shares of the budget; who does not give one gives none, so that their sum can be checked."""
    names = ("share_subsidy", "share_orders", "share_sales", "share_donations")
    shares, u = interview.state("shares"), interview.rng("no_shares").random(interview.n)
    reason = np.where(u < 0.02, "", np.where(u < 0.03, "dk", "?"))
    return {
        name: np.where(reason == "?", text(shares[:, k].astype(float), "{:.1f}"), reason)
        for k, name in enumerate(names)
    }


def ecosystem(interview: Interview, found: Ecosystem) -> Answers:
    """Networks, peers and instruments in force on the day of the interview."""
    networks, peers = found.at("networks", interview.t), found.at("peers", interview.t)
    support = found.at("support", interview.t)
    member = [sorted(k[0] for k, _ in networks.get(i, [])) for i in interview.rows.tolist()]
    service = [
        sorted(k[0] for k, v in networks.get(i, []) if v == "member_service") for i in interview.rows.tolist()
    ]
    tools = [{k[0] for k, _ in support.get(i, [])} for i in interview.rows.tolist()]
    levels = [{k[1] for k, _ in support.get(i, [])} for i in interview.rows.tolist()]
    return {
        "networks": np.array([" ".join(m) or "none" for m in member], dtype=object),
        "networks_service": np.array([" ".join(s) or "none" for s in service], dtype=object),
        "peers": text(np.array([len(peers.get(i, [])) for i in interview.rows.tolist()])),
        "support_instruments": _listed(interview, "support_instruments", tools),
        "support_levels": _listed(interview, "support_levels", levels),
    }


def _listed(interview: Interview, name: str, chosen: list[set[str]]) -> np.ndarray:
    """Write sets of codes as cells, in the order of the list; an empty one is ``none`` if the list has it."""
    codes = interview.codes(name)
    cells = boxes(
        codes, np.array([[code in one for code in codes] for one in chosen]).reshape(len(chosen), len(codes))
    )
    return np.where(cells == "", "none", cells) if "none" in codes else cells


COMMENTS = (
    "Questionnaire un peu long, mais utile pour prendre du recul.",
    "Nous manquons surtout de temps.",
    "Nous aimerions recevoir les résultats.",
    "La question sur le coût est difficile : tout est du temps de travail.",
    "Notre évaluation est en pause cette année.",
    "Nous préférons parler d'utilité sociale.",
    "Merci de partager des exemples de structures de petite taille.",
    "Les financeurs demandent chacun leur tableau.",
)


def comment(interview: Interview) -> Answers:
    """Draw a few open comments."""
    u = interview.rng("comment").random(interview.n)
    said = choose(interview.rng("comment_text"), COMMENTS, np.ones(len(COMMENTS)), interview.n)
    return {"comment": np.where(u < 0.06, said.astype(object), "")}
