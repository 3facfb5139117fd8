"""Models of the panel: a ``Spec`` in, a frozen ``Fit`` out.

>>> from panel_eis.models import Spec, fit
>>> spec = Spec(name="core", outcome="score", estimator="within", regressors=("federation",))
>>> fit(spec, panel)                                                        # doctest: +SKIP
core: within (fixed-effects) regression of score, with wave effects, unweighted; 612 rows, …

Data flow through the modules in this order: ``spec`` (what to estimate), ``selection`` and ``rows``
(which rows), ``columns`` and ``design`` (which numbers), ``linear`` over ``least_squares`` or ``ordinal`` over
``cumulative`` (the estimators),
``inference`` and ``assemble`` (errors, tests, the Fit), ``result`` and ``storage`` (the Fit and its file).
A ``Spec`` costs no import; pandas comes with ``fit``, scipy and statsmodels with the first estimate.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from panel_eis.models.spec import ESTIMATORS, Spec

if TYPE_CHECKING:
    from panel_eis.models.estimate import fit
    from panel_eis.models.histories import at_risk, dynamic
    from panel_eis.models.margins import average_marginal_effects, predicted_probabilities
    from panel_eis.models.result import Fit
    from panel_eis.models.storage import read_fit, write_fit

__all__ = [
    "ESTIMATORS",
    "Fit",
    "Spec",
    "at_risk",
    "average_marginal_effects",
    "dynamic",
    "fit",
    "predicted_probabilities",
    "read_fit",
    "write_fit",
]

_HOMES = {
    "Fit": "result",
    "at_risk": "histories",
    "average_marginal_effects": "margins",
    "dynamic": "histories",
    "fit": "estimate",
    "predicted_probabilities": "margins",
    "read_fit": "storage",
    "write_fit": "storage",
}


def __getattr__(name: str) -> Any:
    """Import what needs pandas when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
