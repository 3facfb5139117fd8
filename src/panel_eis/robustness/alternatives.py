"""One association, one row for each way to estimate it: what a reader asks first of a robustness section.

Every row is about the same thing: what goes with an organisation's being in a network that provides an evaluation service,
in points of the score (0–100), in log-odds of the ladder, or on the scale of another question (``questions``). The
reference is the model of the main text.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models.attrition_fit import weighted_fit
from panel_eis.models.estimate import fit
from panel_eis.models.imputation import fit_imputed
from panel_eis.models.left_out import leave_one_out
from panel_eis.models.markov import transitions
from panel_eis.models.sensitivity import omitted_variable, oster
from panel_eis.models.small_sample import robust
from panel_eis.models.wild import wild_bootstrap
from panel_eis.robustness.panels import staying_weights, unsettled, with_versions
from panel_eis.robustness.questions import BOUNDS, marginal, questions, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np

    from panel_eis.codebook import Codebook
    from panel_eis.models.imputation import Imputations
    from panel_eis.models.result import Fit
    from panel_eis.models.spec import Spec

COLUMNS: Final = (
    "family", "name", "estimate", "conf_low", "conf_high", "estimator", "weights", "clusters", "n_rows", "n_units",
    "n_switchers", "n_needed", "missing", "errors", "message",
)  # fmt: skip
COMPLETE: Final = "complete"
"""Word for "rows without an answer are left out"; the other is ``imputed``."""


class Alternatives:
    """All rows of the robustness table; each method gives some of them.

    ``n_needed`` is told by the row that counts joiners: how many would do.

    Parameters
    ----------
    score, ladder
        Reference models: within–between of the score, and an ordinal model of the ladder, without products.
    imputed
        Imputed panels; they hold the observed one.
    participation, events, codebook
        Of the panel, the register and the declaration.
    rng, draws
        Of the wild bootstrap; ``rng`` of that of the two parts too, after it.

    """

    def __init__(
        self, score: Spec, ladder: Spec, imputed: Imputations, *, participation: pd.DataFrame, events: pd.DataFrame,
        codebook: Codebook, rng: np.random.Generator, draws: int = 999,
    ) -> None:  # fmt: skip
        self.score, self.ladder, self.imputed = score, ladder, imputed
        self.participation, self.events, self.codebook = participation, events, codebook
        self.rng, self.draws = rng, draws
        self.focus = score.regressors[0]
        self.term = f"{self.focus}_within"
        self.panel = with_versions(imputed.panel, codebook, ())

    def table(self) -> pd.DataFrame:
        """All rows; an estimate that there is none of is a row with a message, never a gap without a reason."""
        made: list[dict[str, Any]] = []
        for family, name, make in self._rows():
            try:
                made.append({"family": family, "name": name, "message": "", **make()})
            except ModelError as error:
                made.append({"family": family, "name": name, "message": str(error)})
        return pd.DataFrame(made, columns=list(COLUMNS))

    def _rows(self) -> Iterator[tuple[str, str, Callable[[], dict[str, Any]]]]:
        score, panel = self.score, self.panel
        reference = fit(score, panel)
        gone = unsettled(self.events)
        staying = staying_weights(panel, self.participation)
        smaller = replace(score, estimator="within", regressors=_varying(score))
        for name, make in {
            "reference": lambda: self._of(reference),
            "within": lambda: self._of(fit(smaller, panel)),
            "first_difference": lambda: self._of(fit(replace(smaller, estimator="first_difference"), panel)),
            "random_effects": lambda: self._of(fit(replace(score, estimator="random_effects"), panel)),
            "fractional": lambda: self._marginal("fractional_logit"),
            "gee": lambda: self._marginal("gee_logit"),
            "weighted": lambda: self._of(fit(replace(score, weights="weight"), panel)),
            "attrition": lambda: self._of(weighted_fit(score, panel, staying)),
            "imputed": lambda: self._of(fit_imputed(score, self.imputed, self._finish), missing="imputed"),
            "settled": lambda: self._of(fit(score, panel[~panel["unit"].isin(gone)])),
            "cr3": lambda: self._of(robust(reference, panel, "CR3")),
            "wild": lambda: self._wild(reference),
            "left_out": lambda: self._left_out(reference),
        }.items():
            yield "score", name, make
        yield from self._of_the_ladder(panel)
        yield from questions(score, self.ladder, panel, rng=self.rng, missing=COMPLETE)

    def _of_the_ladder(self, panel: pd.DataFrame) -> Iterator[tuple[str, str, Callable[[], dict[str, Any]]]]:
        """Rows in log-odds of the ladder."""
        ladder = self.ladder
        few = replace(ladder, regressors=(*_varying(ladder), "form"))
        grouped = panel.assign(form=_groups_of_forms(panel["legal_form"]))
        for name, make in {
            "re_ordered_logit": lambda: self._of(fit(replace(ladder, estimator="re_ordered_logit"), panel)),
            "feologit_buc": lambda: self._of(
                fit(replace(ladder, estimator="feologit_buc", regressors=_varying(ladder), varying=()), panel)
            ),
            "ordered_logit": lambda: self._of(fit(replace(ladder, estimator="ordered_logit"), panel)),
            "generalised": lambda: self._of(
                fit(replace(few, estimator="generalised_ordered_logit"), grouped),
                term=f"{self.focus}[1|2]_within",
            ),
            "markov": lambda: self._of(
                transitions(
                    replace(ladder, estimator="ordered_logit", regressors=_varying(ladder), varying=()),
                    panel,
                    products=(),
                ).pooled
            ),
        }.items():
            yield "ladder", name, make

    def sensitivity(self) -> dict[str, float]:
        """Oster's delta and Cinelli and Hazlett's robustness values of the reference, in percent where shares."""
        reference = fit(self.score, self.panel)
        moved = oster(reference, self.panel, self.term)
        hidden = omitted_variable(reference, self.panel, self.term)
        return {
            "delta": float(moved["delta"]),
            "robustness_value": float(hidden["robustness_value"]),
            "robustness_value_clustered": float(hidden["robustness_value_clustered"]),
        }

    def _finish(self, panel: pd.DataFrame) -> pd.DataFrame:
        made = with_versions(panel, self.codebook, ())
        return made.assign(appropriation=made["score_dimensions"])

    def _of(self, found: Fit, term: str | None = None, missing: str = COMPLETE) -> dict[str, Any]:
        """A row from a fit."""
        found.require_converged()
        names = [term] if term else [self.term, self.focus]
        have = set(found.coefficients["term"])
        row = found.term(next((name for name in names if name in have), names[0]))
        return told(found, self.focus, row, missing)

    def _marginal(self, estimator: str) -> dict[str, Any]:
        """Average marginal effect in points: 100 times the change of the share between the ends of the score."""
        return marginal(replace(self.score, estimator=estimator, bounds=BOUNDS), self.panel, COMPLETE)

    def _wild(self, reference: Fit) -> dict[str, Any]:
        found = wild_bootstrap(reference, self.panel, self.term, rng=self.rng, draws=self.draws)
        errors = f"wild cluster bootstrap, {found['draws']} draws, {found['law']}"
        return self._of(reference) | {
            "conf_low": found["conf_low"], "conf_high": found["conf_high"], "errors": errors,
        }  # fmt: skip

    def _left_out(self, reference: Fit) -> dict[str, Any]:
        """Lowest and highest estimate when the organisations of one network are left out."""
        networks = [c for c in self.panel.columns if c.startswith("networks__") and not c.endswith("__none")]
        found = leave_one_out(reference, self.panel, networks, [self.term])
        without = found[(found["without"] != "") & (found["message"] == "")]["estimate"]
        if without.empty:
            raise ModelError("no network can be left out")
        ends = {"conf_low": float(without.min()), "conf_high": float(without.max())}
        return self._of(reference) | ends | {"errors": f"range over {len(without)} networks left out in turn"}


def _varying(spec: Spec) -> tuple[str, ...]:
    """Regressors without those that hardly ever change."""
    return tuple(r for r in spec.regressors if r != "legal_form")


def _groups_of_forms(form: pd.Series) -> pd.Series:
    """Associations, cooperatives, all others: levels that no cut of the ladder separates."""
    groups: dict[str, Sequence[str]] = {"association": ("association",), "cooperative": ("scop", "scic")}
    of = {one: group for group, members in groups.items() for one in members}
    return form.astype(str).map(lambda one: of.get(one, "other")).astype("category")
