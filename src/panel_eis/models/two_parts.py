"""Two parts of a score that only those who evaluate have: who evaluates, and how much it is appropriated given that.

With P the probability of having the outcome and m its mean among those who do, the mean with 0 for the others is P·m, and
its change when a regressor moves is ΔP·m̄ + Δm·P̄ exactly, bars being means of both ends (McDonald and Moffitt 1980,
Review of
Economics and Statistics 62, 318-321). m compares different organisations at the two ends, as membership may change who
evaluates: ``bounds`` says how much that can matter. Probabilities are averaged over everybody, m over those who have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models.estimate import fit
from panel_eis.models.inference import LEVEL
from panel_eis.models.margins import MEANS, predicted_probabilities
from panel_eis.models.margins_bootstrap import MOST_LOST, draw_clusters
from panel_eis.parallel import HERE, Workers, run

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.result import Fit
    from panel_eis.models.spec import Spec

PARTS = ("probability", "level", "both", "through_probability", "through_level")


@dataclass(frozen=True, kw_only=True)
class TwoPart:
    """Both fits and what moving one regressor goes with.

    ``table`` has a row for each of ``PARTS``: change of the probability (percentage points), of the level among those
    who have
    the outcome, of the mean with 0 for the others, and the two shares of the latter (percent of the outcome's range);
    ``estimate``, ``std_error``, ``conf_low``, ``conf_high`` from ``draws`` of whole clusters.
    """

    probability: Fit
    level: Fit
    variable: str
    values: tuple[float | str, float | str]
    table: pd.DataFrame
    draws: int

    def __repr__(self) -> str:
        told = ", ".join(
            f"{r.part} {r.estimate:.3g} [{r.conf_low:.3g}, {r.conf_high:.3g}]"
            for r in self.table.itertuples()
        )
        return (
            f"Two parts of {self.level.spec.outcome}, {self.variable} from {self.values[0]} to {self.values[1]}: {told} "
            f"(percentage points; percentiles of {self.draws} draws of clusters). {self.probability!r} {self.level!r}"
        )


def two_part(
    probability: Spec,
    level: Spec,
    panel: pd.DataFrame,
    variable: str,
    *,
    rng: np.random.Generator,
    values: tuple[float | str, float | str] = (0.0, 1.0),
    draws: int = 499,
    workers: Workers = HERE,
) -> TwoPart:
    """Fit both parts and move a regressor that is in both.

    Parameters
    ----------
    probability
        Fractional model or GEE of a column of 0 and 1: has the outcome or not.
    level
        Fractional model or GEE of the outcome, missing where there is none.
    panel
        One row per unit × wave.
    variable, values
        Regressor, and where it is moved from and to.
    rng, draws
        Of the bootstrap of clusters, which draws both parts together.
    workers
        Where the draws are refitted (``panel_eis.parallel``); results are the same everywhere.

    Raises
    ------
    ModelError
        Other estimators, different clusters, a part that cannot be fitted, or more than a tenth of the draws lost.

    """
    for spec in (probability, level):
        if spec.estimator not in MEANS:
            raise ModelError(f"{spec.name}: a part must be one of {', '.join(MEANS)}, not {spec.estimator}")
    if (probability.unit, probability.cluster_column) != (level.unit, level.cluster_column):
        raise ModelError("the two parts must have the same units and clusters")
    fits = fit(probability, panel), fit(level, panel)
    centre = _changes((probability, level), panel, variable, values)
    frame = panel if probability.unit in panel.columns else panel.reset_index()
    frame = frame.sort_values([probability.unit, probability.wave], kind="stable", ignore_index=True)
    shared = (probability, level), frame, variable, values
    results = run(_draw, range(draws), seed=rng, shared=shared, workers=workers)
    found = [result for result in results if not isinstance(result, str)]
    lost = next((result for result in reversed(results) if isinstance(result, str)), "")
    if len(found) < (1 - MOST_LOST) * draws:
        raise ModelError(f"{draws - len(found)} of {draws} draws gave no estimate, the last because: {lost}")
    drawn = np.array(found)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    columns = {"estimate": centre, "std_error": drawn.std(axis=0, ddof=1), "conf_low": low, "conf_high": high}
    table = pd.DataFrame({"part": pd.array(PARTS, dtype="str"), **columns})
    return TwoPart(
        probability=fits[0], level=fits[1], variable=variable, values=values, table=table, draws=len(found)
    )


def _draw(_: int, shared: tuple[Any, ...], rng: np.random.Generator) -> FloatArray | str:
    """Changes on one panel of clusters drawn with replacement, or why there are none."""
    specs, frame, variable, values = shared
    try:
        return _changes(specs, draw_clusters(specs[0], frame, rng), variable, values)
    except ModelError as error:
        return str(error)


def _changes(
    specs: tuple[Spec, Spec], panel: pd.DataFrame, variable: str, values: tuple[float | str, float | str]
) -> FloatArray:
    """The five numbers of ``PARTS``."""
    p, m = (
        predicted_probabilities(fit(spec, panel).require_converged(), panel, {variable: values})[
            "estimate"
        ].to_numpy()
        for spec in specs
    )
    through_p = (p[1] - p[0]) * (m[0] + m[1]) / 200
    through_m = (m[1] - m[0]) * (p[0] + p[1]) / 200
    return np.array([p[1] - p[0], m[1] - m[0], through_p + through_m, through_p, through_m])
