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
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models.arrays import is_numeric
from panel_eis.models.estimate import fit
from panel_eis.models.imputation_draws import DRAWS, Target, standardise
from panel_eis.models.pooling import pool
from panel_eis.models.spec import nearest
from panel_eis.parallel import HERE, Workers, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from panel_eis.models.arrays import BoolArray, FloatArray, IntArray
    from panel_eis.models.result import Fit
    from panel_eis.models.spec import Spec

FEWEST_ANSWERS: Final = 10
"""A variable with fewer answers than this is not imputed: there is nothing to learn from."""

BINARY: Final = 2


class _Column(NamedTuple):
    """A variable as numbers (NaN where missing), and which cells are to be imputed."""

    name: str
    kind: str
    numbers: FloatArray
    gaps: BoolArray
    predictors: tuple[int, ...]


class _Chain(NamedTuple):
    """What every imputation starts from; ``fixed`` are columns that are complete (waves)."""

    columns: tuple[_Column, ...]
    fixed: FloatArray
    unit: IntArray
    iterations: int


@dataclass(frozen=True)
class Imputations:
    """Imputed panels.

    Attributes
    ----------
    panel
        The panel that was given, untouched.
    drawn
        For each imputation and variable, the values put into its gaps, in the order of rows.
    gaps
        For each variable, positions of the cells imputed.
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
    chain = _Chain(*_prepare(panel, kinds, allowed, predictors, (unit, wave)), iterations)
    gaps = {c.name: np.flatnonzero(c.gaps) for c in chain.columns if c.kind in DRAWS}
    results = run(_one, range(imputations), seed=rng, shared=chain, workers=workers, chunk=1)
    rows = [
        (number, iteration + 1, name, mean, spread)
        for number, result in enumerate(results)
        for iteration, turn in enumerate(result["trace"])
        for name, (mean, spread) in turn.items()
    ]
    trace = pd.DataFrame(rows, columns=["imputation", "iteration", "variable", "mean", "sd"])
    return Imputations(panel, tuple(result["drawn"] for result in results), gaps, trace)


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


def _prepare(
    panel: pd.DataFrame,
    kinds: Mapping[str, str],
    allowed: pd.DataFrame,
    predictors: Sequence[str] | Mapping[str, Sequence[str]],
    keys: tuple[str, str],
) -> tuple[tuple[_Column, ...], FloatArray, IntArray]:
    """Turn the panel into numbers and say everything that is wrong with the call."""
    by_name: dict[str, Sequence[str]] = (
        {n: predictors[n] for n in predictors} if isinstance(predictors, dict) else {}
    )
    helping = list(
        dict.fromkeys([*predictors] if not by_name else [p for ps in by_name.values() for p in ps])
    )
    helping = [name for name in helping if name not in kinds]
    problems = [
        f"the panel has no column {n!r}{nearest(n, panel.columns)}"
        for n in (*kinds, *helping, *keys)
        if n not in panel.columns
    ]
    problems += [
        f"{n} is imputed by no step called {k!r} (known: {', '.join(DRAWS)})"
        for n, k in kinds.items()
        if k not in DRAWS
    ]
    if len(allowed) != len(panel):
        problems.append(f"the mask has {len(allowed)} rows, the panel {len(panel)}")
    problems += [f"the mask says nothing about {n}" for n in kinds if n not in allowed.columns]
    if problems:
        raise ModelError("; ".join(problems))
    raw = [*_targets(panel, kinds, allowed)]
    for name in helping:
        raw += [(name, "", part, np.zeros(len(panel), dtype=bool)) for part in _parts(panel[name])]
    place: dict[str, list[int]] = {}
    for j, (name, *_) in enumerate(raw):
        place.setdefault(name, []).append(j)
    columns = []
    for name, kind, values, gaps in raw:
        wanted = by_name.get(name, [*kinds, *helping])
        chosen = tuple(j for other in wanted if other != name for j in place.get(other, ()))
        columns.append(_Column(name, kind, values, gaps, chosen))
    waves = pd.get_dummies(panel[keys[1]], drop_first=True).to_numpy(dtype=float)
    return tuple(columns), waves, pd.factorize(panel[keys[0]])[0].astype(np.intp)


def _targets(
    panel: pd.DataFrame, kinds: Mapping[str, str], allowed: pd.DataFrame
) -> list[tuple[str, str, FloatArray, BoolArray]]:
    """Name, kind, numbers and gaps of each variable to impute."""
    found, problems = [], []
    for name, kind in kinds.items():
        values = _numbers(panel[name])
        if values is None:
            problems.append(f"{name} has neither numbers nor an order, so it cannot be imputed")
            continue
        problems += _faults(panel[name], values, name, kind)
        mask: BoolArray = np.isnan(values) & allowed[name].to_numpy(dtype=bool)
        found.append((name, kind, values, mask))
    if problems:
        raise ModelError("; ".join(problems))
    return found


def _faults(column: pd.Series, values: FloatArray, name: str, kind: str) -> list[str]:
    """What keeps a variable from being imputed."""
    answers = values[~np.isnan(values)]
    if len(answers) < FEWEST_ANSWERS:
        return [f"{name} has {len(answers)} answers; {FEWEST_ANSWERS} at least are needed to impute it"]
    if len(np.unique(answers)) == 1:
        return [
            f"{name} is constant ({column.dropna().iloc[0]}) where it was answered: fill it in, do not impute it"
        ]
    if kind == "binary" and len(np.unique(answers)) > BINARY:
        return [f"{name} is called binary and has {len(np.unique(answers))} values"]
    return []


def _numbers(column: pd.Series) -> FloatArray | None:
    """A column as floats: numbers as they are, an ordered categorical as its place in the order."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        if not column.cat.ordered:
            return None
        codes = column.cat.codes.to_numpy(dtype=np.float64)
        return np.where(codes < 0, np.nan, codes).astype(np.float64)
    if not is_numeric(column):
        return None
    return np.asarray(column.astype("Float64").to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)


def _parts(column: pd.Series) -> list[FloatArray]:
    """A predictor as numbers; one without order becomes indicators."""
    values = None if isinstance(column.dtype, pd.CategoricalDtype) else _numbers(column)
    if values is not None:
        return [values]
    dummies = pd.get_dummies(column, drop_first=True, dtype=float)
    return [dummies[c].where(column.notna()).to_numpy(dtype=float) for c in dummies]


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


def _one(_: int, chain: _Chain, rng: np.random.Generator) -> dict[str, Any]:
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


def _draw(chain: _Chain, now: list[FloatArray], j: int, rng: np.random.Generator) -> FloatArray:
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
