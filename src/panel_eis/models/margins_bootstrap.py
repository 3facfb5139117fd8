"""Marginal effects with intervals from a bootstrap of whole clusters: no normal law, the sampling of rows included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models.estimate import fit as refit
from panel_eis.models.inference import LEVEL
from panel_eis.models.margins import average_marginal_effects
from panel_eis.parallel import HERE, Workers, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.result import Fit
    from panel_eis.models.spec import Spec

MOST_LOST: Final = 0.1
"""Share of draws without an estimate (a rung or a level not drawn, separation) beyond which no interval is given."""

_KEYS = ["variable", "level", "change", "rung"]


def bootstrap_marginal_effects(
    fit: Fit,
    panel: pd.DataFrame,
    *,
    rng: np.random.Generator,
    draws: int = 499,
    variables: Sequence[str] | None = None,
    workers: Workers = HERE,
) -> pd.DataFrame:
    """Average marginal effects, their errors and intervals from refits on clusters drawn with replacement.

    Parameters
    ----------
    fit, panel, variables
        As for ``average_marginal_effects``.
    rng
        Generator of the draws.
    draws
        Refits; a random-effects ordered logit of 200 units takes about 20 ms each.
    workers
        Where the refits are done; the result is the same anywhere.

    Returns
    -------
    As ``average_marginal_effects`` without p-values: ``std_error`` is the spread of the draws, ``conf_low`` and
    ``conf_high`` are percentiles, ``draws`` counts those that gave an estimate.

    Raises
    ------
    ModelError
        If more than a tenth of the draws gives none; the message says why the last did not.

    """
    table = average_marginal_effects(fit, panel, variables)
    shared = fit.spec, _by_cluster(fit, panel), variables, table.set_index(_KEYS).index
    results = run(_refit, range(draws), seed=rng, shared=shared, workers=workers)
    found = [result for result in results if isinstance(result, list)]
    lost = next((result for result in reversed(results) if isinstance(result, str)), "")
    if len(found) < (1 - MOST_LOST) * draws:
        raise ModelError(f"{draws - len(found)} of {draws} draws gave no estimate, the last because: {lost}")
    values: FloatArray = np.array(found)
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return table.drop(columns="p_value").assign(
        std_error=values.std(axis=0, ddof=1), conf_low=low, conf_high=high, draws=len(found)
    )


def _by_cluster(fit: Fit, panel: pd.DataFrame) -> pd.DataFrame:
    """Sort the panel by unit and wave."""
    spec = fit.spec
    frame = panel if spec.unit in panel.columns else panel.reset_index()
    return frame.sort_values([spec.unit, spec.wave], kind="stable", ignore_index=True)


def _refit(_: int, shared: tuple[Any, ...], rng: np.random.Generator) -> list[float] | str:
    """Effects on one panel of clusters drawn with replacement, or why there are none."""
    spec, frame, variables, order = shared
    sample = draw_clusters(spec, frame, rng)
    try:
        again = refit(spec, sample).require_converged()
        drawn = average_marginal_effects(again, sample, variables).set_index(_KEYS)["estimate"]
        return [float(value) for value in drawn.loc[order]]
    except ModelError as error:
        return str(error)
    except KeyError:
        return "a rung or a level was not drawn"


def draw_clusters(spec: Spec, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw as many clusters as there are, with replacement; copies of a unit are units of their own."""
    unit = pd.factorize(frame[spec.unit])[0]
    cluster = pd.factorize(frame[spec.cluster_column])[0]
    order = np.argsort(cluster, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(cluster))[:-1])
    drawn = rng.integers(0, len(rows), len(rows))
    take = np.concatenate([rows[c] for c in drawn])
    copy = np.repeat(np.arange(len(drawn)), [len(rows[c]) for c in drawn])
    labels = {spec.cluster_column: copy, spec.unit: copy * (unit.max() + 1) + unit[take]}
    return frame.iloc[take].reset_index(drop=True).assign(**labels)
