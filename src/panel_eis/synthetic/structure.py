"""The panel behind the answers: states, ladder, score and response of each organisation at each wave.

``draw_panel`` gives it as a table with the true linear effects, for tests of recovery; ``draw_structure`` gives what
the files are written from. Ties and support depend on what never changes in an organisation, not on chance:
comparisons between organisations are biased on purpose, comparisons within are not.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.synthetic.population import Units, draw_units
from panel_eis.synthetic.streams import Streams, choose, expit, logit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from panel_eis.synthetic.truth import Effects, Switch, Truth

NEVER = -9
"""Position of the last answered wave of an organisation that never answered."""
FORMS = ("scop", "scic", "mutual", "foundation", "company")


@dataclass(frozen=True)
class State:
    """One wave: arrays over the organisations that entered so far (the first ones of ``Units``)."""

    alive: np.ndarray
    legal_form: np.ndarray
    department: np.ndarray
    staff: np.ndarray
    shares: np.ndarray
    federated: np.ndarray
    service: np.ndarray
    peer: np.ndarray
    supported: np.ndarray
    demand: np.ndarray
    multiyear: np.ndarray
    dedicated: np.ndarray
    chance: np.ndarray
    ladder_index: np.ndarray
    ladder: np.ndarray
    score_true: np.ndarray
    person: np.ndarray
    responded: np.ndarray
    last_answer: np.ndarray


@dataclass(frozen=True)
class Special:
    """Positions of the organisations to which something happens once, between the first two waves (or -1)."""

    absorbed: int = -1
    absorbing: int = -1
    converted: int = -1
    renamed: int = -1


@dataclass(frozen=True)
class Structure:
    """Everything that happens, before anyone is asked."""

    waves: tuple[str, ...]
    units: Units
    states: tuple[State, ...]
    special: Special

    @property
    def names(self) -> np.ndarray:
        """Identifiers of all organisations."""
        return np.array([f"SYN-{i + 1:04d}" for i in range(len(self.units.cohort))])


def draw_panel(truth: Truth, rng: np.random.Generator, organisations: int, waves: Sequence[str]) -> pd.DataFrame:
    """Draw the structure only: one row for each organisation approached and wave since its entry, while it lives.

    Parameters
    ----------
    truth
        ``read_truth(path, changes)``.
    organisations
        Answers at the first wave; more are approached (``sample.response``), and more enter later.
    waves
        Years, in order.

    Returns
    -------
    Columns ``unit``, ``wave``, ``responded`` (keep these rows to see what a study sees), covariates, ties and support
    (floats 0/1, named as in ``ladder.effects`` of the truth), ``ladder_index``, ``ladder``, ``practises``,
    ``score_true`` (points, known for all, seen by a study where ``practises``), and the organisation's own
    ``ladder_effect`` and ``score_effect``. ``score_true`` minus ``points_per_sd`` times the effects is exactly: mean,
    drift by wave position ``t``, organisation, chance.
    """
    return table(draw_structure(truth, Streams(int(rng.integers(2**62))), organisations, waves), truth)


def draw_structure(truth: Truth, streams: Streams, organisations: int, waves: Sequence[str]) -> Structure:
    """Draw organisations, then one wave after the other."""
    units = draw_units(truth, streams, organisations, waves)
    special = Special()
    states: list[State] = []
    for t, wave in enumerate(waves):
        if t == 1:
            special = _choose_special(units, states[0], streams)
        states.append(_wave(truth, streams, units, states, special, t, wave))
    return Structure(tuple(waves), units, tuple(states), special)


def table(structure: Structure, truth: Truth) -> pd.DataFrame:
    """The rows described at ``draw_panel``."""
    units, pieces = structure.units, []
    for t, (wave, state) in enumerate(zip(structure.waves, structure.states, strict=True)):
        n = len(state.alive)
        columns: dict[str, object] = {"position": np.arange(n), "wave": np.full(n, wave), "t": np.full(n, t)}
        columns |= {"responded": state.responded, "legal_form": state.legal_form, "department": state.department}
        columns |= {"field": units.field[:n], "founded": units.founded[:n], "staff": state.staff}
        columns |= {k: v.astype(float) for k, v in predictors(units, state, int(wave[:4])).items()}
        columns |= {"demand": np.asarray(tuple(truth.support.demands))[state.demand], "federated": state.federated}
        columns |= {"ladder_index": state.ladder_index, "ladder": state.ladder, "practises": state.ladder >= 2}
        columns |= {"score_true": state.score_true, "alive": state.alive}
        columns |= {"ladder_effect": truth.organisation.ladder_sd * units.z_ladder[:n]}
        columns |= {"score_effect": truth.organisation.score_sd * units.z_score[:n]}
        pieces.append(columns)
    stacked = {name: np.concatenate([np.asarray(p[name]) for p in pieces]) for name in pieces[0]}
    keep = np.flatnonzero(stacked.pop("alive"))
    position = stacked.pop("position")
    keep = keep[np.lexsort((stacked["t"][keep], position[keep]))]
    return pd.DataFrame({"unit": structure.names[position][keep], **{k: v[keep] for k, v in stacked.items()}})


def predictors(units: Units, state: State, year: int) -> dict[str, np.ndarray]:
    """Columns of the linear predictors, by the names of ``Effects``."""
    n = len(state.alive)
    asked, funded = state.demand == 3, state.demand == 4
    columns = {
        "federated_service": state.service,
        "federated_only": state.federated & ~state.service,
        "peer_tie": state.peer,
        "asked": asked,
        "funded": funded,
        "multiyear": state.multiyear,
        "service_x_demand": state.service & (asked | funded),
        "dedicated": state.dedicated,
        "staff_log": np.log1p(state.staff),
        "hybrid": (state.shares[:, 0] >= 20) & (state.shares[:, 2] >= 20),
        "age_decades": (year - units.founded[:n]) / 10,
    }
    return columns | {form: state.legal_form == form for form in FORMS}


def _wave(
    truth: Truth,
    streams: Streams,
    units: Units,
    before: Sequence[State],
    special: Special,
    t: int,
    wave: str,
) -> State:
    """Draw one wave given the former ones."""
    draw = _Draw(truth, streams, units, before[-1] if before else None, special, t, wave)
    alive = draw.alive()
    known: dict[str, np.ndarray] = {"alive": alive, **draw.profile(alive), **draw.ties(), **draw.support()}
    known["dedicated"] = draw.dedicated(known["staff"])
    known |= draw.outcomes(known)
    known |= draw.answering(alive)
    return State(**known)


@dataclass(frozen=True)
class _Draw:
    """Draws of one wave; each method is one part of the world."""

    truth: Truth
    streams: Streams
    units: Units
    previous: State | None
    special: Special
    t: int
    wave: str

    @property
    def n(self) -> int:
        return self.units.entered(self.t)

    @property
    def new(self) -> np.ndarray:
        return self.units.cohort[: self.n] == self.t

    def rng(self, name: str) -> np.random.Generator:
        return self.streams.stage(name, self.wave)

    def before(self, name: str, fill: object) -> np.ndarray:
        """A column one wave earlier, with ``fill`` for those that have just entered."""
        if self.previous is None:
            return np.full(self.n, fill)
        column = getattr(self.previous, name)
        return np.concatenate([column, np.full(self.n - len(column), fill, dtype=column.dtype)])

    def alive(self) -> np.ndarray:
        rates, staff = self.truth.attrition, self.before("staff", 0)
        odds = np.where(staff < 10, rates.closure_small, 1.0 / rates.closure_small)
        closing = self.rng("closure").random(self.n) < expit(logit(rates.closure) + np.log(odds))
        protected = np.isin(np.arange(self.n), [getattr(self.special, f.name) for f in fields(Special)])
        alive = self.new | (self.before("alive", fill=True) & ~(closing & ~(protected & (self.t == 1))))
        if self.t == 1 and self.special.absorbed >= 0:
            alive[self.special.absorbed] = False
        return alive

    def profile(self, alive: np.ndarray) -> dict[str, np.ndarray]:
        """Legal form, territory, staff and resources."""
        n, units = self.n, self.units
        form = np.where(self.new, units.legal_form[:n], self.before("legal_form", ""))
        department = np.where(self.new, units.department[:n], self.before("department", ""))
        growth = self.rng("staff").normal(0.02, 0.12, n)
        earlier = self.before("staff", 0)
        hired = np.where(self.rng("hiring").random(n) < 0.12, 1, 0)
        later = np.where(earlier > 0, np.maximum(1, np.rint(earlier * np.exp(growth))), hired).astype(int)
        staff = np.where(self.new, units.staff[:n], later)
        codes = tuple(self.truth.sample.departments)
        towards = choose(self.rng("move_to"), codes, list(self.truth.sample.departments.values()), n)
        moving = (self.rng("move").random(n) < self.truth.attrition.move) & ~self.new & alive
        if self.t == 1 and self.special.absorbed >= 0:
            staff[self.special.absorbing] += staff[self.special.absorbed]
        if self.t == 1 and self.special.converted >= 0:
            form[self.special.converted] = "scic"
        return {
            "legal_form": form,
            "department": np.where(moving, towards, department),
            "staff": staff,
        }

    def switch(self, name: str, rule: Switch, base: np.ndarray | float, pull: np.ndarray) -> np.ndarray:
        """State with memory: new organisations, and those that reconsider, draw from their own propensity."""
        reconsider, fresh = self.rng(name).random((2, self.n))
        propensity = expit(logit(base) + rule.selection * pull + rule.growth * self.t)
        drawn = fresh < propensity
        return np.where(self.new | (reconsider < rule.renewed), drawn, self.before(name, fill=False))

    def ties(self) -> dict[str, np.ndarray]:
        rules, units, n = self.truth.ties, self.units, self.n
        base = _of(rules.federated_by_form, units.legal_form[:n])
        z_ladder, z_score = units.z_ladder[:n], units.z_score[:n]
        federated = self.switch("federated", rules.federated, base, z_ladder)
        service = self.switch("service", rules.service, rules.service.base, z_score) & federated
        return {"federated": federated, "service": service, "peer": self.switch("peer", rules.peer, rules.peer.base, z_score)}

    def support(self) -> dict[str, np.ndarray]:
        """Public support, shares of the budget that agree with it, what funders ask, multi-year agreement."""
        rules, units, n = self.truth.support, self.units, self.n
        base = _of(rules.supported_by_form, units.legal_form[:n])
        supported = self.switch("supported", rules.supported, base, np.zeros(n))
        weights = units.resources[:n] * np.exp(self.rng("resources").normal(0, 0.15, (n, 4)))
        weights[:, :2] *= supported[:, None]
        shares = np.floor(200 * weights / (weights.sum(axis=1) * 1.02)[:, None]) / 2
        codes = tuple(rules.demands)
        table = np.tile(list(rules.demands.values()), (n, 1))
        table[:, codes.index("requested")] *= np.exp(rules.requested_selection * units.z_ladder[:n])
        table[:, codes.index("funded")] *= np.exp(rules.funded_selection * units.z_score[:n])
        drawn = choose(self.rng("demand"), range(len(codes)), table, n)  # type: ignore[arg-type]  # positions
        renewed = self.new | (self.rng("demand_renewed").random(n) < rules.demand_renewed)
        demand = np.where(renewed | (self.before("demand", 0) == 0), drawn, self.before("demand", 0))
        multiyear = self.switch("multiyear", rules.multiyear, rules.multiyear.base, units.z_score[:n])
        return {
            "supported": supported,
            "shares": shares,
            "demand": np.where(supported, demand, 0),
            "multiyear": multiyear & supported,
        }

    def dedicated(self, staff: np.ndarray) -> np.ndarray:
        rule = self.truth.support.dedicated
        base = expit(logit(rule.base) + self.truth.support.dedicated_by_size * (np.log1p(staff) - np.log1p(12)))
        return self.switch("dedicated", rule, base, self.units.z_score[: self.n])

    def outcomes(self, known: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Ladder and score, from the effects of the truth."""
        truth, n = self.truth, self.n
        blank = {f.name: np.zeros(n) for f in fields(State) if f.name not in known}
        columns = predictors(self.units, State(**known, **blank), int(self.wave[:4]))
        fresh, keep = self.rng("chance").random((2, n))
        chance = np.where(self.new | (keep >= truth.ladder.persistence), fresh, self.before("chance", 0.5))
        index = linear(truth.ladder.effects, columns) + truth.ladder.drift * self.t + logit(chance)
        index += truth.organisation.ladder_sd * self.units.z_ladder[:n]
        residual = truth.score.residual_sd * self.rng("residual").standard_normal(n)
        sd = linear(truth.score.effects, columns) + truth.score.drift * self.t + residual
        sd += truth.organisation.score_sd * self.units.z_score[:n]
        return {
            "chance": chance,
            "ladder_index": index,
            "ladder": (index[:, None] > np.array(truth.ladder.thresholds)).sum(axis=1),
            "score_true": truth.score.mean + truth.score.points_per_sd * sd,
        }

    def answering(self, alive: np.ndarray) -> dict[str, np.ndarray]:
        """Who answers at this wave, and which person; depends on what the former answer was."""
        rates, n = self.truth.attrition, self.n
        leaves = (self.rng("person").random(n) < rates.respondent_leaves) & ~self.new
        rung, last = self.before("ladder", 0), self.before("last_answer", NEVER)
        index = logit(rates.retention) + np.log(rates.not_evaluating) * (rung < 2)
        index += np.log(rates.lowest_rung) * (rung == 0) + np.log(rates.small) * (self.before("staff", 0) < 10)
        index += np.log(rates.respondent_changed) * leaves
        u = self.rng("answers").random(n)
        stays = (last == self.t - 1) & (u < expit(index))
        returns = (last == self.t - 2) & (u < rates.back)
        if self.t == 1:
            stays |= np.isin(np.arange(n), [self.special.absorbing, self.special.converted, self.special.renamed])
        responded = np.where(self.new, self.units.answers_first[:n], stays | returns) & alive
        return {
            "person": self.before("person", 0) + leaves,
            "responded": responded,
            "last_answer": np.where(responded, self.t, last),
        }


def linear(effects: Effects, columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Sum of effects times columns."""
    total = np.zeros(len(next(iter(columns.values()))))
    for field in fields(effects):
        total += getattr(effects, field.name) * columns[field.name]
    return total


def _of(table: Mapping[str, float], codes: np.ndarray) -> np.ndarray:
    values = np.zeros(len(codes))
    for code, value in table.items():
        values[codes == code] = value
    return values


def _choose_special(units: Units, first: State, streams: Streams) -> Special:
    """A merger (two associations of one field), a conversion into a Scic and a new name, among the first answers."""
    answered = first.responded & (first.legal_form == "association") & (first.staff > 0)
    order = streams.stage("special").permutation(np.flatnonzero(answered))
    if len(order) < 20:
        return Special()
    for absorbing in order:
        smaller = [
            i for i in order
            if i != absorbing and units.field[i] == units.field[absorbing] and first.staff[i] < first.staff[absorbing]
            and first.department[i] == first.department[absorbing] and first.staff[i] >= 4
        ]  # fmt: skip
        if smaller and first.staff[absorbing] >= 10:
            rest = [i for i in order if i not in (absorbing, smaller[0])]
            return Special(int(smaller[0]), int(absorbing), int(rest[0]), int(rest[1]))
    return Special()
