"""Multiple imputation by chained equations of a panel, units allowed for, structural gaps left alone.

Variables are taken in turn: each is predicted from all others (van Buuren 2018, Flexible Imputation of Missing Data,
chapters 4 and 7), as they stand after the last turn. What two rows of one organisation share enters in one of
two ways: a normal model has a random intercept (``continuous``); predictive mean matching, logit and proportional
odds have the organisation's mean of the variable over its other rows as a regressor. Means of the other variables
over the organisation's rows enter always, so that a model with both parts (within, between) is congenial.

A gap is imputed only where ``allowed`` says that the question was put and could have had an answer. An answer that cannot be
(a question behind a filter, a wave that did not ask) stays missing; as a regressor it counts as 0 beside an
indicator of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from panel_eis.models.estimate import fit
from panel_eis.models.imputation_columns import Chain, prepare
from panel_eis.models.imputation_draws import DRAWS, Target, standardise
from panel_eis.models.pooling import pool
from panel_eis.parallel import HERE, Workers, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from panel_eis.models.arrays import FloatArray, IntArray
    from panel_eis.models.result import Fit
    from panel_eis.models.spec import Spec


@dataclass(frozen=True)
class Imputations:
    """Imputed panels.

    Attributes
    ----------
    panel
        The panel that was given, untouched.
    drawn
        For each imputation and variable, the values put into its gaps, in the order of ``gaps``.
    gaps
        For each variable, positions of the cells imputed, by unit and wave.
    trace
        One row for each imputation, iteration and variable: mean and standard deviation of the values drawn, to
        see whether the chains mix.

    """

    panel: pd.DataFrame
    drawn: tuple[Mapping[str, Sequence[float]], ...]
    gaps: Mapping[str, IntArray]
    trace: pd.DataFrame

    def __len__(self) -> int:
        return len(self.drawn)

    def complete(self, number: int) -> pd.DataFrame:
        """Give one imputed panel, with the types of the panel that was given."""
        columns = {
            name: _filled(self.panel[name], self.gaps[name], values)
            for name, values in self.drawn[number].items()
        }
        return self.panel.assign(**columns)

    def mixing(self) -> pd.Series:
        """Potential scale reduction of the mean of each variable over the later half of the chains.

        Near 1 when chains agree (Gelman and Rubin 1992, Statistical Science 7, 457-472); NaN without variation.
        """
        later = self.trace[self.trace["iteration"] > self.trace["iteration"].max() // 2]
        chains = later.groupby(["variable", "imputation"])["mean"]
        length = chains.size().groupby("variable").first()
        within = chains.var().groupby("variable").mean()
        between = chains.mean().groupby("variable").var()
        ratio: pd.Series = (((length - 1) / length * within + between) / within) ** 0.5
        return ratio.where(within > 0)


def impute(
    panel: pd.DataFrame,
    kinds: Mapping[str, str],
    allowed: pd.DataFrame,
    *,
    rng: np.random.Generator,
    predictors: Sequence[str] | Mapping[str, Sequence[str]] = (),
    imputations: int = 20,
    iterations: int = 10,
    unit: str = "unit",
    wave: str = "wave",
    workers: Workers = HERE,
) -> Imputations:
    """Impute the gaps of some variables.

    Parameters
    ----------
    panel
        One row per unit × wave, unit and wave as columns; not changed.
    kinds
        Variables to impute: ``continuous`` (normal, random intercept), ``pmm`` (predictive mean matching, for bounded or
        skewed numbers), ``ordinal`` (proportional odds; numbers or an ordered categorical), ``binary`` (logit).
    allowed
        Same rows in the same order, one boolean column for each variable to impute: whether a missing cell may be filled.
    rng
        Where chance starts; imputations are the same for any number of workers.
    predictors
        Complete or incomplete variables that help and are not imputed; or, by variable, the names of those that
        predict it (also among the imputed ones). Waves always enter.
    imputations, iterations
        Number of panels; turns of each chain.

    Raises
    ------
    ModelError
        Everything that is wrong at once: unknown columns and kinds, a mask that does not fit, a variable with too few
        answers or whose gaps cannot be predicted.

    """
    order = _in_order(panel, unit, wave)
    mask = allowed.iloc[order] if len(allowed) == len(panel) else allowed
    prepared = prepare(panel.iloc[order], kinds, mask, predictors, (unit, wave))
    chain = Chain(*prepared, iterations)
    gaps = {c.name: order[np.flatnonzero(c.gaps)] for c in chain.columns if c.kind in DRAWS}
    results = run(_one, range(imputations), seed=rng, shared=chain, workers=workers, chunk=1)
    rows = [
        (number, iteration + 1, name, mean, spread)
        for number, result in enumerate(results)
        for iteration, turn in enumerate(result["trace"])
        for name, (mean, spread) in turn.items()
    ]
    trace = pd.DataFrame(rows, columns=["imputation", "iteration", "variable", "mean", "sd"])
    return Imputations(panel, tuple(result["drawn"] for result in results), gaps, trace)


def _in_order(panel: pd.DataFrame, unit: str, wave: str) -> IntArray:
    """Positions of rows by unit and wave, so that chance does not depend on how rows are sorted."""
    if unit not in panel or wave not in panel:
        return np.arange(len(panel))  # refused where columns are read
    keys = panel[[unit, wave]].reset_index(drop=True)
    return keys.sort_values([unit, wave], kind="stable").index.to_numpy()


def fit_imputed(
    spec: Spec,
    imputed: Imputations,
    finish: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    estimate: Callable[[Spec, pd.DataFrame], Fit] = fit,
) -> Fit:
    """Estimate a model on each imputed panel and pool by Rubin's rules.

    Parameters
    ----------
    spec, imputed
        The model and the panels.
    finish
        Makes anew what follows from the imputed answers (scores, sums), before the model is estimated.
    estimate
        ``fit``, or what estimates otherwise (another correction, say).

    """
    panels = (imputed.complete(number) for number in range(len(imputed)))
    return pool([estimate(spec, panel if finish is None else finish(panel)) for panel in panels])


def _filled(column: pd.Series, gaps: IntArray, values: Sequence[float]) -> pd.Series:
    """Put drawn numbers back, as what they stand for."""
    filled = column.copy()
    if isinstance(column.dtype, pd.CategoricalDtype):
        filled.iloc[gaps] = column.cat.categories[[int(v) for v in values]]
    elif pd.api.types.is_bool_dtype(column.dtype):
        filled.iloc[gaps] = [bool(v) for v in values]
    elif pd.api.types.is_integer_dtype(column.dtype):
        filled.iloc[gaps] = [round(v) for v in values]
    else:
        filled.iloc[gaps] = list(values)
    return filled


def _one(_: int, chain: Chain, rng: np.random.Generator) -> dict[str, Any]:
    """Run one chain: start from random answers, then take the variables in turn."""
    now = [column.numbers.copy() for column in chain.columns]
    turns = [j for j, column in enumerate(chain.columns) if column.gaps.any()]
    for j in turns:
        answers = now[j][~np.isnan(now[j])]
        now[j][chain.columns[j].gaps] = rng.choice(answers, int(chain.columns[j].gaps.sum()))
    trace = []
    for _turn in range(chain.iterations):
        told = {}
        for j in turns:
            drawn = _draw(chain, now, j, rng)
            now[j][chain.columns[j].gaps] = drawn
            told[chain.columns[j].name] = (float(drawn.mean()), float(drawn.std()))
        trace.append(told)
    cells = {c.name: values[c.gaps] for c, values in zip(chain.columns, now, strict=True) if c.kind in DRAWS}
    return {"drawn": cells, "trace": trace}


def _draw(chain: Chain, now: list[FloatArray], j: int, rng: np.random.Generator) -> FloatArray:
    """Draw the gaps of one variable."""
    column = chain.columns[j]
    within = ~np.isnan(column.numbers) | column.gaps
    seen = ~np.isnan(column.numbers[within])
    unit = pd.factorize(chain.unit[within])[0].astype(np.intp)
    size = np.bincount(unit)
    pieces = [chain.fixed[within]]
    for other in column.predictors:
        values = now[other][within]
        absent = np.isnan(values)
        shown = np.where(absent, 0.0, values)
        pieces += [shown, (np.bincount(unit, weights=shown) / size)[unit]]
        pieces += [absent.astype(float)] if absent.any() else []
    if column.kind != "continuous":
        own = now[j][within]
        others = np.bincount(unit, weights=own)[unit] - own
        rest = size[unit] - 1
        alone = rest == 0
        pieces += [np.where(alone, own[seen].mean(), others / np.maximum(rest, 1)), alone.astype(float)]
    x = standardise(np.column_stack(pieces))
    return DRAWS[column.kind](Target(now[j][within], seen, x, unit), rng)
