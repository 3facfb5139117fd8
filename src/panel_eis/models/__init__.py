"""Models of the panel: a ``Spec`` in, a frozen ``Fit`` out.

>>> from panel_eis.models import Spec, fit
>>> spec = Spec(name="core", outcome="score", estimator="within", regressors=("federation",))
>>> fit(spec, panel)                                                        # doctest: +SKIP
core: within (fixed-effects) regression of score, with wave effects, unweighted; 612 rows, …

Data flow through the modules in this order: ``spec`` (what to estimate), ``selection`` and ``rows`` (which rows),
``columns`` and ``design`` (which numbers), ``linear``, ``differences``, ``random_effects_linear`` and
``random_intercept`` over
``least_squares`` or ``ordinal`` over ``cumulative`` (the estimators), ``inference`` and ``assemble`` (errors, tests,
the Fit), ``result`` and ``storage`` (the Fit and its file).

Beside ``ordinal`` stand ``random_effects`` (over ``quadrature``, ``newton`` and ``links``), ``conditional`` (fixed effects)
and ``proportional_odds``. ``margins`` gives percentage points from any ladder model; ``histories`` prepares the rows of
dynamic models and hazards.

A score between bounds has ``fractional`` and ``gee`` (over ``quasi``); ``two_parts`` and ``bounds`` ask who has it at all.
Change has ``hazards`` (with ``frailty``), ``markov`` and ``staggered`` (over ``joining``); ``two_ways`` clusters any fit by
two columns.
Missing answers and missing organisations: ``imputation`` (over ``imputation_draws``) with ``pooling``, ``attrition`` with
``attrition_fit``, and ``attrition_bounds``. ``curve`` crosses all ``decisions`` that could have been
taken otherwise (``members``, drawn under the null by ``wild`` or ``null_scores``).

What is done after a linear fit starts again from its ``Problem`` (``problems``): ``robust`` errors, bootstraps,
randomisation, influence, sensitivity.

A ``Spec`` costs no import; pandas comes with ``fit``, scipy with the first estimate.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from panel_eis.models.spec import ESTIMATORS, Spec

if TYPE_CHECKING:
    from panel_eis.models.attrition import Attrition, attrition_weights
    from panel_eis.models.attrition_bounds import difference_bounds, mean_bounds
    from panel_eis.models.attrition_fit import attrition_bootstrap, weighted_fit
    from panel_eis.models.bounds import lee_bounds
    from panel_eis.models.curve import run_curve
    from panel_eis.models.decisions import Decision, Level, Member, cross
    from panel_eis.models.estimate import fit
    from panel_eis.models.hazards import hazard, risk_set
    from panel_eis.models.histories import at_risk, dynamic
    from panel_eis.models.imputation import Imputations, fit_imputed, impute
    from panel_eis.models.left_out import influence, leave_one_out
    from panel_eis.models.margins import average_marginal_effects, predicted_probabilities
    from panel_eis.models.margins_bootstrap import bootstrap_marginal_effects
    from panel_eis.models.markov import transition_table, transitions
    from panel_eis.models.multiplicity import adjust, declared_tests
    from panel_eis.models.pairs import pairs_bootstrap
    from panel_eis.models.pooling import pool
    from panel_eis.models.randomisation import randomisation_test
    from panel_eis.models.result import Fit
    from panel_eis.models.sensitivity import omitted_variable, oster
    from panel_eis.models.small_sample import robust
    from panel_eis.models.staggered import event_study
    from panel_eis.models.storage import read_fit, write_fit
    from panel_eis.models.two_parts import two_part
    from panel_eis.models.two_ways import clustered_two_ways
    from panel_eis.models.wild import wild_bootstrap

__all__ = [
    "ESTIMATORS",
    "Attrition",
    "Decision",
    "Fit",
    "Imputations",
    "Level",
    "Member",
    "Spec",
    "adjust",
    "at_risk",
    "attrition_bootstrap",
    "attrition_weights",
    "average_marginal_effects",
    "bootstrap_marginal_effects",
    "clustered_two_ways",
    "cross",
    "declared_tests",
    "difference_bounds",
    "dynamic",
    "event_study",
    "fit",
    "fit_imputed",
    "hazard",
    "impute",
    "influence",
    "leave_one_out",
    "lee_bounds",
    "mean_bounds",
    "omitted_variable",
    "oster",
    "pairs_bootstrap",
    "pool",
    "predicted_probabilities",
    "randomisation_test",
    "read_fit",
    "risk_set",
    "robust",
    "run_curve",
    "transition_table",
    "transitions",
    "two_part",
    "weighted_fit",
    "wild_bootstrap",
    "write_fit",
]

_HOMES = {
    "Attrition": "attrition",
    "Decision": "decisions",
    "Fit": "result",
    "Imputations": "imputation",
    "Level": "decisions",
    "Member": "decisions",
    "adjust": "multiplicity",
    "at_risk": "histories",
    "attrition_bootstrap": "attrition_fit",
    "attrition_weights": "attrition",
    "average_marginal_effects": "margins",
    "bootstrap_marginal_effects": "margins_bootstrap",
    "clustered_two_ways": "two_ways",
    "cross": "decisions",
    "declared_tests": "multiplicity",
    "difference_bounds": "attrition_bounds",
    "dynamic": "histories",
    "event_study": "staggered",
    "fit": "estimate",
    "fit_imputed": "imputation",
    "hazard": "hazards",
    "impute": "imputation",
    "influence": "left_out",
    "leave_one_out": "left_out",
    "lee_bounds": "bounds",
    "mean_bounds": "attrition_bounds",
    "omitted_variable": "sensitivity",
    "oster": "sensitivity",
    "pairs_bootstrap": "pairs",
    "pool": "pooling",
    "predicted_probabilities": "margins",
    "randomisation_test": "randomisation",
    "read_fit": "storage",
    "risk_set": "hazards",
    "robust": "small_sample",
    "run_curve": "curve",
    "transition_table": "markov",
    "transitions": "markov",
    "two_part": "two_parts",
    "weighted_fit": "attrition_fit",
    "wild_bootstrap": "wild",
    "write_fit": "storage",
}


def __getattr__(name: str) -> Any:
    """Import what needs pandas when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
