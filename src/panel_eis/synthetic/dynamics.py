"""What happens at one wave, given the former one: each method of ``Draw`` is one part of the world."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from panel_eis.synthetic.streams import choose, expit, logit, pick

if TYPE_CHECKING:
    from collections.abc import Mapping

    from panel_eis.synthetic.population import Units
    from panel_eis.synthetic.streams import Streams
    from panel_eis.synthetic.truth import Effects, Switch, Truth

NEVER = -9
"""Position of the last answered wave of an organisation that never answered."""
ASKED, FUNDED = 3, 4
"""Positions in ``support.demands``: requested without funding, requested and funded."""
FORMS = ("scop", "scic", "mutual", "foundation", "company")
"""Legal forms with an effect of their own, beside associations."""


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
class Draw:
    """One wave; ``previous`` is empty at the first."""

    truth: Truth
    streams: Streams
    units: Units
    previous: State | None
    special: Special
    t: int
    wave: str

    @property
    def n(self) -> int:
        """How many have entered."""
        return self.units.entered(self.t)

    @property
    def new(self) -> np.ndarray:
        """True for those that enter at this wave."""
        return self.units.cohort[: self.n] == self.t

    def rng(self, name: str) -> np.random.Generator:
        """Give the generator of one part of this wave."""
        return self.streams.stage(name, self.wave)

    def before(self, name: str, fill: object) -> np.ndarray:
        """Give a column one wave earlier, with ``fill`` for those that have just entered."""
        if self.previous is None:
            return np.full(self.n, fill)
        column = getattr(self.previous, name)
        return np.concatenate([column, np.full(self.n - len(column), fill, dtype=column.dtype)])

    def draw(self) -> State:
        """Draw all parts, each given the former ones."""
        alive = self.alive()
        known: dict[str, np.ndarray] = {
            "alive": alive,
            **self.profile(alive),
            **self.ties(),
            **self.support(),
        }
        known["dedicated"] = self.dedicated(known["staff"])
        known |= self.outcomes(known)
        known |= self.answering(alive)
        return State(**known)

    def is_special(self, *names: str) -> np.ndarray:
        """Tell the organisations to which something happens once."""
        chosen = [getattr(self.special, name) for name in names or [f.name for f in fields(Special)]]
        return np.isin(np.arange(self.n), chosen)

    def alive(self) -> np.ndarray:
        """Draw closures; small ones close more often."""
        rates, staff = self.truth.attrition, self.before("staff", 0)
        odds = np.where(staff < 10, rates.closure_small, 1.0 / rates.closure_small)
        closing = self.rng("closure").random(self.n) < expit(logit(rates.closure) + np.log(odds))
        closing &= ~(self.is_special() & (self.t == 1))
        alive = self.new | (self.before("alive", fill=True) & ~closing)
        if self.t == 1 and self.special.absorbed >= 0:
            alive[self.special.absorbed] = False
        return alive

    def profile(self, alive: np.ndarray) -> dict[str, np.ndarray]:
        """Draw legal form, territory and staff."""
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
        moving = self.rng("move").random(n) < self.truth.attrition.move
        moving &= ~self.new & alive & ~self.is_special()
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
        """Draw a state with memory: who is new, or reconsiders, draws from its own propensity."""
        reconsider, fresh = self.rng(name).random((2, self.n))
        propensity = expit(logit(base) + rule.selection * pull + rule.growth * self.t)
        drawn = fresh < propensity
        return np.where(self.new | (reconsider < rule.renewed), drawn, self.before(name, fill=False))

    def ties(self) -> dict[str, np.ndarray]:
        """Draw networks, networks with an evaluation service, and peers."""
        rules, units, n = self.truth.ties, self.units, self.n
        base = _of(rules.federated_by_form, units.legal_form[:n])
        z_ladder, z_score = units.z_ladder[:n], units.z_score[:n]
        federated = self.switch("federated", rules.federated, base, z_ladder)
        service = self.switch("service", rules.service, rules.service.base, z_score) & federated
        return {
            "federated": federated,
            "service": service,
            "peer": self.switch("peer", rules.peer, rules.peer.base, z_score),
        }

    def support(self) -> dict[str, np.ndarray]:
        """Draw support, shares of the budget that agree with it, what funders ask, multi-year agreement."""
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
        drawn = pick(self.rng("demand"), table, n)
        renewed = self.new | (self.rng("demand_renewed").random(n) < rules.demand_renewed)
        renewed |= ~self.before("supported", fill=False)
        demand = np.where(renewed, drawn, self.before("demand", 0))
        multiyear = self.switch("multiyear", rules.multiyear, rules.multiyear.base, units.z_score[:n])
        return {
            "supported": supported,
            "shares": shares,
            "demand": np.where(supported, demand, 0),
            "multiyear": multiyear & supported,
        }

    def dedicated(self, staff: np.ndarray) -> np.ndarray:
        """Draw whether somebody has evaluation in the job description."""
        rule = self.truth.support.dedicated
        base = expit(
            logit(rule.base) + self.truth.support.dedicated_by_size * (np.log1p(staff) - np.log1p(12))
        )
        return self.switch("dedicated", rule, base, self.units.z_score[: self.n])

    def outcomes(self, known: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Draw ladder and score from the effects of the truth."""
        truth, n = self.truth, self.n
        columns = predictors(self.units, known, int(self.wave[:4]))
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
        """Draw who answers, and which person; it depends on what the former answer was."""
        rates, n = self.truth.attrition, self.n
        leaves = (self.rng("person").random(n) < rates.respondent_leaves) & ~self.new
        rung, last = self.before("ladder", 0), self.before("last_answer", NEVER)
        index = logit(rates.retention) + np.log(rates.not_evaluating) * (rung < 2)
        index += np.log(rates.lowest_rung) * (rung == 0)
        index += np.log(rates.small) * (self.before("staff", 0) < 10)
        index += np.log(rates.respondent_changed) * leaves
        u = self.rng("answers").random(n)
        stays = (last == self.t - 1) & (u < expit(index))
        returns = (last == self.t - 2) & (u < rates.back)
        if self.t == 1:
            stays |= self.is_special("absorbing", "converted", "renamed")
        responded = np.where(self.new, self.units.answers_first[:n], stays | returns) & alive
        return {
            "person": self.before("person", 0) + leaves,
            "responded": responded,
            "last_answer": np.where(responded, self.t, last),
        }


def predictors(units: Units, state: Mapping[str, np.ndarray], year: int) -> dict[str, np.ndarray]:
    """Give the columns of the linear predictors, by the names of ``Effects``."""
    n = len(state["alive"])
    asked, funded = state["demand"] == ASKED, state["demand"] == FUNDED
    columns = {
        "federated_service": state["service"],
        "federated_only": state["federated"] & ~state["service"],
        "peer_tie": state["peer"],
        "asked": asked,
        "funded": funded,
        "multiyear": state["multiyear"],
        "service_x_demand": state["service"] & (asked | funded),
        "dedicated": state["dedicated"],
        "staff_log": np.log1p(state["staff"]),
        "hybrid": (state["shares"][:, 0] >= 20) & (state["shares"][:, 2] >= 20),
        "age_decades": (year - units.founded[:n]) / 10,
    }
    return columns | {form: state["legal_form"] == form for form in FORMS}


def linear(effects: Effects, columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """Sum effects times columns."""
    total = np.zeros(len(next(iter(columns.values()))))
    for field in fields(effects):
        total += getattr(effects, field.name) * columns[field.name]
    return total


def _of(table: Mapping[str, float], codes: np.ndarray) -> np.ndarray:
    values = np.zeros(len(codes))
    for code, value in table.items():
        values[codes == code] = value
    return values
