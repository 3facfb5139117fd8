"""The organisations that are approached, cohort by cohort: what never changes in them.

Cohort 0 is the first sample, the others refresh it. Quotas are quotas of answers, as in a study: as many
organisations are approached in each legal form as the response rate asks for.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from panel_eis.synthetic.streams import choose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from panel_eis.synthetic.streams import Streams
    from panel_eis.synthetic.truth import Truth

SIZE_BOUNDS = {
    "0": (0.0, 0.0),
    "1-9": (1.0, 9.99),
    "10-49": (10.0, 49.99),
    "50-249": (50.0, 249.9),
    "250+": (250.0, 900.0),
}
SIZE_SHIFT = {
    "association": 0.0,
    "scop": 0.2,
    "scic": -0.1,
    "mutual": 1.6,
    "foundation": 1.2,
    "company": -0.1,
}
"""Size of a legal form beside associations, in SD of log staff; assumption."""

AGE = {
    "association": (2.0, 11.0),
    "scop": (1.6, 9.0),
    "scic": (2.0, 4.0),
    "mutual": (3.0, 22.0),
    "foundation": (2.0, 12.0),
    "company": (1.6, 5.0),
}
"""Shape and scale (years) of the age at entry; assumption."""
FIRST_YEAR = {
    "association": 1901,
    "scop": 1920,
    "scic": 2002,
    "mutual": 1850,
    "foundation": 1900,
    "company": 1985,
}
"""Year before which no organisation of that form is founded here (the law on Scic is of 2001)."""

RESOURCES = ("share_subsidy", "share_orders", "share_sales", "share_donations")
RESOURCE_MEANS = {
    "association": (38, 17, 34, 11),
    "scop": (3, 14, 82, 1),
    "scic": (14, 16, 66, 4),
    "mutual": (3, 5, 91, 1),
    "foundation": (22, 30, 20, 28),
    "company": (9, 14, 75, 2),
}
"""Mean shares of the budget by source; assumption, associations near Tchernonog (TCH)."""


@dataclass(frozen=True)
class Units:
    """All organisations approached, in order of their number; arrays of equal length."""

    cohort: np.ndarray
    legal_form: np.ndarray
    department: np.ndarray
    field: np.ndarray
    founded: np.ndarray
    staff: np.ndarray
    resources: np.ndarray
    z_ladder: np.ndarray
    z_score: np.ndarray
    answers_first: np.ndarray

    def entered(self, wave: int) -> int:
        """How many are in the study at the wave of that position; they are the first ones."""
        return int((self.cohort <= wave).sum())


def draw_units(truth: Truth, streams: Streams, organisations: int, waves: Sequence[str]) -> Units:
    """Draw the first sample (``organisations`` answers) and a refreshment sample for each later wave."""
    cohorts = []
    for position, wave in enumerate(waves):
        answers = organisations if position == 0 else round(truth.sample.refreshment * organisations)
        cohorts.append(_cohort(truth, streams, answers, wave, position))
    return Units(**{f.name: np.concatenate([getattr(c, f.name) for c in cohorts]) for f in fields(Units)})


def _cohort(truth: Truth, streams: Streams, answers: int, wave: str, position: int) -> Units:
    sample = truth.sample
    quotas = share_out(answers, sample.legal_forms)
    approached = {form: round(quota / sample.response) for form, quota in quotas.items()}
    forms = np.repeat(list(approached), list(approached.values()))
    forms = streams.stage("legal_form", wave).permutation(forms)
    n = len(forms)
    z_ladder, z_score = _inclinations(truth, streams.stage("inclinations", wave), n)
    size = streams.stage("size", wave).standard_normal(n) + _by_form(SIZE_SHIFT, forms)
    departments = choose(
        streams.stage("department", wave), tuple(sample.departments), list(sample.departments.values()), n
    )
    propensity = (
        sample.interest * z_ladder + sample.size * size + streams.stage("first_answer", wave).logistic(size=n)
    )
    return Units(
        cohort=np.full(n, position),
        legal_form=forms,
        department=departments,
        field=_fields(truth, streams.stage("field", wave), forms),
        founded=_founded(streams.stage("founded", wave), forms, int(wave[:4])),
        staff=_staff(size, sample.size_classes),
        resources=_resources(streams.stage("resources", wave), forms),
        z_ladder=z_ladder,
        z_score=z_score,
        answers_first=_highest(propensity, forms, quotas),
    )


def share_out(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Whole numbers in proportion to ``weights`` that sum to ``total`` (largest remainders)."""
    exact = {code: total * weight / sum(weights.values()) for code, weight in weights.items()}
    shared = {code: int(value) for code, value in exact.items()}
    left = sorted(exact, key=lambda code: shared[code] - exact[code])
    for code in left[: total - sum(shared.values())]:
        shared[code] += 1
    return shared


def size_classes(staff: np.ndarray) -> np.ndarray:
    """Class of each headcount."""
    lows = [low for low, _ in SIZE_BOUNDS.values()]
    return np.asarray(list(SIZE_BOUNDS))[np.searchsorted(lows, staff, side="right") - 1]


def _by_form(table: Mapping[str, float], forms: np.ndarray) -> np.ndarray:
    values = np.zeros(len(forms))
    for form, value in table.items():
        values[forms == form] = value
    return values


def _inclinations(truth: Truth, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """To evaluate, and to make it one's own: standard normal, correlated."""
    first, second = rng.standard_normal((2, n))
    r = truth.organisation.correlation
    return first, r * first + np.sqrt(1 - r * r) * second


def _staff(size: np.ndarray, classes: Mapping[str, float]) -> np.ndarray:
    """Give headcounts: the rank in the cohort gives the class (exact quotas) and the place in it."""
    rank = (np.argsort(np.argsort(size)) + 0.5) / len(size)
    bounds = np.cumsum([0.0, *classes.values()]) / sum(classes.values())
    staff = np.zeros(len(size))
    for i, code in enumerate(classes):
        low, high = SIZE_BOUNDS[code]
        inside = (rank >= bounds[i]) & (rank < bounds[i + 1])
        place = (rank[inside] - bounds[i]) / (bounds[i + 1] - bounds[i])
        staff[inside] = 0 if high == 0 else np.floor(low * (high / low) ** place)
    return staff.astype(int)


def _fields(truth: Truth, rng: np.random.Generator, forms: np.ndarray) -> np.ndarray:
    tables = truth.sample.fields
    codes = list(dict.fromkeys(code for table in tables.values() for code in table))
    weights = np.array([[tables[form].get(code, 0.0) for code in codes] for form in tables])
    position = {form: i for i, form in enumerate(tables)}
    return choose(rng, codes, weights[[position[form] for form in forms.tolist()]], len(forms))


def _founded(rng: np.random.Generator, forms: np.ndarray, year: int) -> np.ndarray:
    shape, scale = (_by_form({form: pair[i] for form, pair in AGE.items()}, forms) for i in (0, 1))
    age = np.ceil(rng.standard_gamma(shape) * scale).astype(int)
    return np.clip(year - age, _by_form(FIRST_YEAR, forms).astype(int), year - 1)


def _resources(rng: np.random.Generator, forms: np.ndarray) -> np.ndarray:
    """Weights of the four sources of money, one row an organisation."""
    means = np.column_stack([_by_form({f: m[i] for f, m in RESOURCE_MEANS.items()}, forms) for i in range(4)])
    return means * (rng.standard_gamma(1.8, size=means.shape) + 0.02)


def _highest(propensity: np.ndarray, forms: np.ndarray, quotas: Mapping[str, int]) -> np.ndarray:
    """Choose the ``quotas[form]`` organisations of each form with the highest propensity."""
    chosen = np.zeros(len(forms), dtype=bool)
    for form, quota in quotas.items():
        members = np.flatnonzero(forms == form)
        chosen[members[np.argsort(-propensity[members], kind="stable")[:quota]]] = True
    return chosen
