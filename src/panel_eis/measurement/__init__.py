"""Measurement of appropriation: how far the scores can be trusted, and what the sample does not allow to say.

>>> from panel_eis.measurement import cronbach_alpha, dif
>>> cronbach_alpha(panel[["b1", "b2", "b3", "b4"]])                             # doctest: +SKIP
Reliability(value=0.71, low=0.63, high=0.78, n=95, …)

All functions take frames of items already in one direction (``scores.oriented``) and give frames or small named results.
``correlations``, ``factors``, ``reliability``, ``items`` and ``dimensionality`` know nothing of waves;
``functioning``, ``consequence`` and ``verdict`` compare them; ``postures`` describes; ``results`` runs all on the
panel, with intraclass correlations from ``panel_eis.agreement``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from panel_eis.measurement.consequence import change_between, change_without_each, scores_without
    from panel_eis.measurement.correlations import polychoric, smooth
    from panel_eis.measurement.dimensionality import parallel_analysis
    from panel_eis.measurement.functioning import dif
    from panel_eis.measurement.items import against_scale, item_table
    from panel_eis.measurement.postures import gap_statistic, posture, stability
    from panel_eis.measurement.reliability import (
        bootstrap_alpha,
        cronbach_alpha,
        mcdonald_omega,
        omega_hierarchical,
    )
    from panel_eis.measurement.results import measure
    from panel_eis.measurement.verdict import invariance_verdict

_HOMES = {
    "against_scale": "items",
    "bootstrap_alpha": "reliability",
    "change_between": "consequence",
    "change_without_each": "consequence",
    "cronbach_alpha": "reliability",
    "dif": "functioning",
    "gap_statistic": "postures",
    "invariance_verdict": "verdict",
    "item_table": "items",
    "mcdonald_omega": "reliability",
    "measure": "results",
    "omega_hierarchical": "reliability",
    "parallel_analysis": "dimensionality",
    "polychoric": "correlations",
    "posture": "postures",
    "scores_without": "consequence",
    "smooth": "correlations",
    "stability": "postures",
}

__all__ = [
    "against_scale",
    "bootstrap_alpha",
    "change_between",
    "change_without_each",
    "cronbach_alpha",
    "dif",
    "gap_statistic",
    "invariance_verdict",
    "item_table",
    "mcdonald_omega",
    "measure",
    "omega_hierarchical",
    "parallel_analysis",
    "polychoric",
    "posture",
    "scores_without",
    "smooth",
    "stability",
]


def __getattr__(name: str) -> Any:
    """Import what needs pandas and scipy when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
