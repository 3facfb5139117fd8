"""Weights against attrition: the inverse of the probability of answering again, given what was last answered.

For each wave a logit models who answers among those at risk. Two schemes (Wooldridge 2010, Econometric Analysis of Cross
Section and Panel Data, section 19.9; Robins, Rotnitzky and Zhao 1995, JASA 90, 106-121):

* ``last_seen``: at risk are all who answered before; covariates are those of the last answer, with an indicator of
  having missed the wave before and, where enough did, slopes of their own. The
  weight is 1/p: those who answer stand for all who ever entered.
* ``chained``: at risk are those who answered one wave earlier; weights multiply along the waves. A unit that comes
  back after a gap has no weight.

Weights may be stabilised (multiplied by the probability given less, by default the share of the wave; Hernán, Brumback and
Robins 2000, Epidemiology 11, 561-570) and trimmed at a quantile. They are right if, given the covariates, who
leaves does not depend on what would have been answered; nothing in the data proves it.

The logits are estimated, and ``weighted_fit`` says so in its errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

from panel_eis.errors import ModelError
from panel_eis.models.ladder import DIVERGED
from panel_eis.models.spec import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panel_eis.models.arrays import BoolArray, FloatArray, IntArray

SCHEMES: Final = ("last_seen", "chained")
STEPS: Final = 50

RARE: Final = 0.05
"""Share of gaps in a covariate up to which they have no indicator: a handful of rows would separate."""

ROWS_A_SLOPE: Final = 5
"""Answers, and gaps, that a slope of those who missed a wave rests on; with fewer they share the others' slopes."""


class Logit(NamedTuple):
    """One logit of answering: columns (with intercept), answers, coefficients."""

    x: FloatArray
    answered: BoolArray
    beta: FloatArray

    @property
    def scores(self) -> FloatArray:
        """Scores of the rows at risk."""
        return (self.answered - expit(self.x @ self.beta))[:, None] * self.x

    @property
    def information(self) -> FloatArray:
        """Information matrix."""
        p = expit(self.x @ self.beta)
        information: FloatArray = self.x.T @ ((p * (1 - p))[:, None] * self.x)
        return information


class WaveModel(NamedTuple):
    """Who answers at one wave.

    ``units`` are those at risk, ``rows`` the rows of the panel of those who answered, ``earlier`` the rows whose
    weights they multiply (-1: none). ``numerator`` is the logit of stabilised weights.
    """

    wave: str
    units: pd.Index
    model: Logit
    numerator: Logit | None
    rows: IntArray
    earlier: IntArray


@dataclass(frozen=True)
class Attrition:
    """Weights and the models behind them.

    Attributes
    ----------
    weights
        One for each row of the panel, 1 at a unit's first answer; missing where a scheme gives none.
    models
        One a wave after the first.
    cap
        Largest weight kept; infinite without trimming.
    table
        One row a wave: wave, at_risk, answered, lowest and highest probability, largest weight, trimmed (rows).

    """

    weights: pd.Series
    models: tuple[WaveModel, ...]
    cap: float
    table: pd.DataFrame

    @property
    def parameters(self) -> FloatArray:
        """All coefficients of all logits, one after the other."""
        return np.concatenate([logit.beta for logit in self.logits])

    @property
    def logits(self) -> list[Logit]:
        """All logits, numerators after their denominators."""
        return [one for m in self.models for one in (m.model, m.numerator) if one is not None]

    def at(self, parameters: FloatArray) -> FloatArray:
        """Weights of all rows had the logits these coefficients."""
        moved = np.minimum(_weights(self.models, parameters, len(self.weights)), self.cap)
        return np.where(self.weights.isna(), np.nan, moved)


def attrition_weights(
    panel: pd.DataFrame,
    followed: pd.DataFrame,
    covariates: Sequence[str],
    *,
    scheme: str = "last_seen",
    stabilise: Sequence[str] | None = None,
    trim: float | None = None,
    unit: str = "unit",
    wave: str = "wave",
) -> Attrition:
    """Estimate who answers again, wave by wave, and weigh those who do.

    Parameters
    ----------
    panel
        Answers, one row per unit × wave; not changed.
    followed
        Unit and wave of all who could have answered (alive, approached): those of a wave that are not in the panel
        did not answer.
    covariates
        Columns of the panel that predict answering, read at the last answer. Categorical columns become indicators; gaps
        are set to the mean, with an indicator where more than ``RARE``.
    scheme
        A word of ``SCHEMES``.
    stabilise
        Covariates of the numerator; an empty list for the share of the wave, None for plain inverses.
    trim
        Quantile of the weights above which they are cut, such as 0.99; None for none.

    Raises
    ------
    ModelError
        Unknown column or scheme; a wave in which the covariates separate those who answer from the others.

    """
    names = [*covariates, *(stabilise or ())]
    unknown = [n for n in (unit, wave, *names) if n not in panel.columns]
    problems = [f"the panel has no column {n!r}{nearest(n, panel.columns)}" for n in unknown]
    if scheme not in SCHEMES:
        problems.append(f"no scheme is called {scheme!r} (known: {', '.join(SCHEMES)})")
    if trim is not None and not 0.5 < trim < 1:
        problems.append(f"weights are trimmed at a quantile between 0.5 and 1, not {trim}")
    if problems:
        raise ModelError("; ".join(problems))
    panel = panel.reset_index(drop=True)
    x, small = _numbers(panel, covariates), None if stabilise is None else _numbers(panel, stabilise)
    waves = sorted(panel[wave].unique())
    models = []
    for t in range(1, len(waves)):
        found = _wave_model(panel[[unit, wave]], followed, waves[: t + 1], (x, small), scheme)
        models += [found] if found else []
    if not models:
        raise ModelError("nobody is at risk after the first wave: there is no attrition to correct")
    whole = Attrition(pd.Series(dtype=float), tuple(models), np.inf, pd.DataFrame())
    weights = _weights(models, whole.parameters, len(panel))
    later = np.concatenate([m.rows for m in models])
    first = ~panel.sort_values(wave, kind="stable").duplicated(unit).sort_index().to_numpy()
    untold = np.setdiff1d(np.flatnonzero(~first), later)
    weights[untold] = np.nan
    cap = np.inf if trim is None else float(np.nanquantile(weights[later], trim))
    table = pd.DataFrame([_summary(m, weights, cap) for m in models])
    return Attrition(pd.Series(np.minimum(weights, cap)), tuple(models), cap, table)


def _wave_model(
    keys: pd.DataFrame,
    followed: pd.DataFrame,
    waves: Sequence[str],
    columns: tuple[FloatArray, FloatArray | None],
    scheme: str,
) -> WaveModel | None:
    """Model one wave (the last of ``waves``); None if everybody at risk answered, or nobody is at risk."""
    unit, wave = keys.columns
    now, before = waves[-1], waves[-2]
    last = keys[keys[wave] < now].drop_duplicates(unit, keep="last").reset_index().set_index(unit)
    if scheme == "chained":
        last = last[last[wave] == before]
    asked = pd.Index(followed.loc[followed[wave] == now, unit].unique())
    here = keys[keys[wave] == now].reset_index().set_index(unit)["index"]
    at_risk = last[last.index.isin(asked) | last.index.isin(here.index)]
    answered: BoolArray = np.asarray(at_risk.index.isin(here.index), dtype=bool)
    rows = here.loc[at_risk.index[answered]].to_numpy(dtype=np.intp)
    earlier = at_risk["index"].to_numpy(dtype=np.intp)[answered]
    if not len(at_risk):
        return None
    chain = earlier if scheme == "chained" else np.full(len(rows), -1, dtype=np.intp)
    if answered.all():  # nothing to model: p is 1, said by a logit without columns
        sure = Logit(np.empty((len(at_risk), 0)), answered, np.empty(0))
        return WaveModel(str(now), at_risk.index, sure, None, rows, chain)
    missed = (at_risk[wave] != before).to_numpy(dtype=float)[:, None]
    full, small = columns
    if scheme == "last_seen" and missed.any() and not answered[missed[:, 0] > 0].any():
        raise ModelError(
            f"wave {now}: nobody came back after missing the wave before; use the scheme 'chained'"
        )
    own = full[at_risk["index"].to_numpy()]
    x = _design(
        np.hstack([own, missed, *([own * missed] if _enough(answered, missed[:, 0] > 0, own) else [])])
    )
    numerator = None if small is None else _logit(_design(small[at_risk["index"]]), answered, str(now))
    return WaveModel(str(now), at_risk.index, _logit(x, answered, str(now)), numerator, rows, chain)


def _enough(answered: BoolArray, missed: BoolArray, own: FloatArray) -> bool:
    """Whether those who missed the wave before can have slopes of their own."""
    back = int(answered[missed].sum())
    return min(back, int(missed.sum()) - back) >= ROWS_A_SLOPE * own.shape[1]


def _numbers(panel: pd.DataFrame, names: Sequence[str]) -> FloatArray:
    """Covariates as numbers: indicators of categories, gaps set to the mean beside an indicator."""
    if not names:
        return np.empty((len(panel), 0))
    parts = []
    for name in names:
        column = panel[name]
        if isinstance(column.dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(column):
            parts.append(pd.get_dummies(column.astype("string"), drop_first=True, dtype=float).to_numpy())
            continue
        values = column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        gap = np.isnan(values)
        parts.append(np.where(gap, np.nanmean(values), values)[:, None])
        parts += [gap.astype(float)[:, None]] if gap.mean() > RARE else []
    return np.hstack(parts)


def _design(x: FloatArray) -> FloatArray:
    """Intercept and the columns that can be told apart among those at risk."""
    kept = np.ones((len(x), 1))
    for column in x.T:
        rest = column - kept @ np.linalg.lstsq(kept, column, rcond=None)[0]
        if np.linalg.norm(rest) > 1e-8 * (1e-12 + np.linalg.norm(column)):
            kept = np.column_stack([kept, column])
    return kept


def _logit(x: FloatArray, answered: BoolArray, wave: str) -> Logit:
    """Maximum likelihood by Newton steps."""
    beta = np.zeros(x.shape[1])
    beta[0] = np.log(answered.mean() / (1 - answered.mean())) if 0 < answered.mean() < 1 else 0.0
    logit = Logit(x, answered, beta)
    for _ in range(STEPS):
        information = logit.information
        far = float(np.abs(logit.beta * np.ptp(x, axis=0)).max())
        if far > DIVERGED or np.linalg.cond(information) > 1e14:
            break
        step = np.linalg.solve(information, logit.scores.sum(axis=0))
        logit = logit._replace(beta=logit.beta + step)
        if float(np.abs(step @ information @ step)) < 1e-14:
            return logit
    raise ModelError(
        f"wave {wave}: the covariates separate those who answer from the others, or there are too many "
        f"({x.shape[1]} for {int(answered.sum())} answers of {len(x)}); use fewer covariates"
    )


def _weights(models: Sequence[WaveModel], parameters: FloatArray, n: int) -> FloatArray:
    """Weights of all rows of the panel; 1 where no model says otherwise."""
    weights = np.ones(n)
    at = 0
    for m in models:
        weights[m.rows] = 1.0
    for m in models:
        size = m.model.x.shape[1]
        p = expit(m.model.x @ parameters[at : at + size]) if size else np.ones(len(m.units))
        at += size
        top = np.ones(len(p))
        if m.numerator is not None:
            size = m.numerator.x.shape[1]
            top = expit(m.numerator.x @ parameters[at : at + size])
            at += size
        own = (top / p)[m.model.answered]
        chained = m.earlier >= 0
        own[chained] *= weights[m.earlier[chained]]
        weights[m.rows] = own
    return weights


def _summary(m: WaveModel, weights: FloatArray, cap: float) -> dict[str, object]:
    p = expit(m.model.x @ m.model.beta) if len(m.model.beta) else np.ones(len(m.units))
    own = weights[m.rows]
    return {
        "wave": m.wave, "at_risk": len(m.units), "answered": int(m.model.answered.sum()),
        "lowest": float(p.min()), "highest": float(p.max()), "largest": float(min(own.max(), cap)),
        "trimmed": int((own > cap).sum()),
    }  # fmt: skip
