"""Fixed-effects logit, binary and ordered: the effect of a unit is conditioned away, not estimated.

Given how many of its T answers are high, which of them are is a choice among sets of rows, free of anything
constant in the unit (Chamberlain 1980, Review of Economic Studies 47, 225-238). Dummies for units would
instead bias slopes by a third at four waves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models import newton
from panel_eis.models.assemble import Estimate, make_fit
from panel_eis.models.design import within_design
from panel_eis.models.inference import sandwich
from panel_eis.models.ladder import CORRECTION, refuse_separation, rescale, rungs, with_unit_weights
from panel_eis.models.quadrature import Data
from panel_eis.models.set_likelihood import SetLikelihood

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.design import Design
    from panel_eis.models.result import Fit
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec


def conditional_logit(spec: Spec, rows: Rows) -> Fit:
    """Conditional (fixed-effects) logit of an outcome with two values, errors clustered.

    Units whose outcome never changes say nothing and are counted as dropped; every regressor enters as its
    change within units. The likelihood is exact (all sets are enumerated), weights are of units (see
    ``re_ordered_logit``), errors are the sandwich of the units' scores times G/(G-1).

    Raises
    ------
    ModelError
        If the outcome has more than two values or changes in no unit, if a unit has too many rows to
        enumerate, or under perfect separation.

    """
    labels = rungs(rows.columns[spec.outcome], spec.outcome)[1]
    if len(labels) > 2:
        raise ModelError(f"{spec.outcome} takes {len(labels)} values, not two; feologit_buc is for ladders")
    return _conditional(spec, rows)


def feologit_buc(spec: Spec, rows: Rows) -> Fit:
    """Fixed-effects ordered logit by blow-up and cluster.

    Each unit enters once for every way to cut the ladder in two, all copies with the same slopes; errors are
    clustered, as copies of a unit are far from independent (naive ones are 15-30 % too small). Consistent
    without any assumption on the unit effect, for few waves and any number of rungs. ``log_likelihood`` is
    that of the copies, not comparable between models; ``extras["copies"]`` counts those that say something.
    With two rungs this is ``conditional_logit``.

    Source: Baetschmann, Staub and Winkelmann (2015), Journal of the Royal Statistical Society A 178(3),
    685-703.

    Raises
    ------
    ModelError
        As ``conditional_logit``, but for the number of rungs.

    """
    return _conditional(spec, rows)


class Prepared(NamedTuple):
    """The rows that say something, their design, and its columns on one scale with the way back."""

    rows: Rows
    design: Design
    objective: SetLikelihood
    unscale: FloatArray
    warnings: tuple[str, ...]


def prepare(spec: Spec, rows: Rows) -> Prepared:
    """Leave out the units that say nothing and lay out the likelihood of the others.

    Raises
    ------
    ModelError
        If the outcome changes in no unit.

    """
    rows, reweighted = with_unit_weights(rows.without_single_waves(), spec.weights)
    rung, _, warnings = rungs(rows.columns[spec.outcome], spec.outcome)
    still = ~rows.changes(rung[:, None])
    if still.all():
        raise ModelError(f"{spec.outcome} changes in no unit: a fixed-effects logit has nothing to explain")
    rows = rows.without(still[rows.unit], f"unit whose {spec.outcome} never changes")
    rung = rungs(rows.columns[spec.outcome], spec.outcome)[0]
    design = within_design(spec, rows)
    x, unscale = rescale(design.x, rows.weights, 0)
    objective = SetLikelihood(Data(rung, x, rows.unit, rows.weights[rows.starts]))
    return Prepared(rows, design, objective, unscale, (*reweighted, *warnings))


def _conditional(spec: Spec, rows: Rows) -> Fit:
    rows, design, objective, unscale, warnings = prepare(spec, rows)
    optimum = newton.maximise(objective, np.zeros(len(unscale)), lambda _: True)
    refuse_separation(optimum.parameters, -optimum.hessian, [term.name for term in design.terms])
    covariance = sandwich(optimum.bread, optimum.scores, rows.cluster[rows.starts])
    lost = () if optimum.converged else (f"no convergence in {optimum.iterations} iterations",)
    found = Estimate(
        terms=design.terms,
        beta=unscale @ optimum.parameters,
        covariance=unscale @ covariance @ unscale.T,
        df=None,
        correction=CORRECTION,
        converged=optimum.converged,
        iterations=optimum.iterations,
        log_likelihood=optimum.log_likelihood,
        warnings=(*warnings, *lost),
        extras={"copies": float(objective.copies)},
    )
    return make_fit(spec, rows, design, found)
