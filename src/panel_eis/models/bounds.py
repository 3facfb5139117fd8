"""Bounds for a difference seen only by those who are selected (a score only by those who evaluate).

Lee (2009, Review of Economic Studies 76, 1071-1102): if belonging to a group can only move selection one way, the group in
which more are selected holds the always-selected and a surplus of known share p. Cutting p off the top or the bottom of its
outcomes bounds the difference among the always-selected. Within cells of covariates p is cut cell by cell, which makes the
bounds no wider; cells are weighted by their always-selected. Both need membership to be as good as random (within cells):
bounds answer selection into the outcome, not selection into membership.

Errors are Lee's, written as influence functions, which gives his formula for independent rows and lets rows of a
cluster be summed; times G/(G-1). The interval is that of Imbens and Manski (2004, Econometrica 72, 1845-1857), for the
difference itself and not for the range of bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import ndtr

from panel_eis.errors import ModelError
from panel_eis.models.arrays import numbers
from panel_eis.models.inference import LEVEL
from panel_eis.models.rows import codes_of
from panel_eis.models.spec import nearest
from panel_eis.models.trimming import Sampled, trimming_bounds, weighted_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from panel_eis.models.arrays import FloatArray

ANALYTIC: Final = "analytic (influence functions), by cluster, G/(G-1)"


@dataclass(frozen=True, kw_only=True)
class LeeBounds:
    """Bounds of the difference among the always-selected; ``repr`` is a sentence to paste.

    ``trimmed`` is the share cut off the group in ``trimmed_group`` (1 or 0; None if it differs by cell); ``always`` the
    share of
    rows always selected; ``naive`` the difference of observed means; ``conf_low`` and ``conf_high`` the 95 % interval.
    """

    outcome: str
    treatment: str
    cells: tuple[str, ...]
    lower: float
    upper: float
    lower_error: float
    upper_error: float
    conf_low: float
    conf_high: float
    naive: float
    trimmed: float
    trimmed_group: int | None
    always: float
    n_rows: int
    n_selected: int
    n_clusters: int
    errors: str
    weights: str | None
    dropped: Mapping[str, int]
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        within = f", tightened by {', '.join(self.cells)}" if self.cells else ""
        told = "".join(f" Warning: {warning}." for warning in self.warnings)
        lost = ", ".join(f"{reason} {count}" for reason, count in self.dropped.items())
        return (
            f"Lee bounds of {self.outcome} by {self.treatment}{within}, "
            f"{f'weighted by {self.weights}' if self.weights else 'unweighted'}: "
            f"{self.lower:.3g} ({self.lower_error:.2g}) to {self.upper:.3g} ({self.upper_error:.2g}), interval "
            f"[{self.conf_low:.3g}, {self.conf_high:.3g}] (Imbens–Manski, 95 %); observed difference {self.naive:.3g}, "
            f"{100 * self.trimmed:.1f} % trimmed; {self.n_rows} rows, {self.n_selected} with the outcome, "
            f"{self.n_clusters} clusters. Errors: {self.errors}."
            f"{f' Rows not used: {lost}.' if lost else ''}{told}"
        )


def lee_bounds(
    panel: pd.DataFrame,
    outcome: str,
    treatment: str,
    *,
    cells: Sequence[str] = (),
    selected: str | None = None,
    weights: str | None = None,
    cluster: str = "unit",
    draws: int = 0,
    rng: np.random.Generator | None = None,
) -> LeeBounds:
    """Bound the difference of an outcome between two groups among rows that are selected in either.

    Parameters
    ----------
    panel
        One row per unit × wave, or one wave.
    outcome
        Column of numbers, missing where not selected.
    treatment
        Column of 0 and 1 (or booleans).
    cells
        Categorical columns (waves, forms…) within which to trim.
    selected
        Column of booleans that says who is selected, if some who are lack the outcome: those are dropped and counted.
    weights, cluster
        Columns of probability weights and of clusters.
    draws, rng
        Draws of a bootstrap of whole clusters for the errors, with its generator; none for analytic errors.

    Raises
    ------
    ModelError
        Unknown column, a group that is not 0/1, an empty group, nobody selected in a group, fewer than two clusters.

    """
    data, dropped = _read(panel, outcome, treatment, (tuple(cells), selected, weights, cluster))
    told: list[str] = []
    (lower, upper), psi, facts = trimming_bounds(data, told)
    groups = int(data.cluster.max()) + 1
    if draws:
        if rng is None:
            raise ModelError("a bootstrap needs its generator: rng=numpy.random.default_rng(seed)")
        error, label = _bootstrap(data, draws, rng, told)
    else:
        sums = np.column_stack([np.bincount(data.cluster, weights=p) for p in psi])
        error, label = np.sqrt((sums**2).sum(axis=0) * groups / (groups - 1)), ANALYTIC
    reach = _imbens_manski(upper - lower, error)
    means = [weighted_mean(data.y, data.weight * data.selected * (data.group == g)) for g in (1, 0)]
    return LeeBounds(
        outcome=outcome,
        treatment=treatment,
        cells=tuple(cells),
        lower=lower,
        upper=upper,
        lower_error=float(error[0]),
        upper_error=float(error[1]),
        conf_low=float(lower - reach * error[0]),
        conf_high=float(upper + reach * error[1]),
        naive=means[0] - means[1],
        n_rows=len(data.y),
        n_selected=int(data.selected.sum()),
        n_clusters=groups,
        errors=label,
        weights=weights,
        dropped=dropped,
        warnings=tuple(told),
        trimmed=facts.trimmed,
        trimmed_group=facts.group,
        always=facts.always,
    )


def _read(
    panel: pd.DataFrame,
    outcome: str,
    treatment: str,
    others: tuple[tuple[str, ...], str | None, str | None, str],
) -> tuple[Sampled, dict[str, int]]:
    """Take the columns; drop and count rows without group, cell, weight, cluster, or selected without outcome."""
    cells, chosen, weights, cluster = others
    frame = panel if cluster in panel.columns else panel.reset_index()
    for name in (outcome, treatment, *cells, *(c for c in (chosen, weights) if c), cluster):
        if name not in frame.columns:
            raise ModelError(f"the panel has no column {name!r}{nearest(name, frame.columns)}")
    is_in = frame[outcome].notna() if chosen is None else frame[chosen].astype("boolean")
    checks = {
        f"missing {n}": frame[n].isna() for n in (treatment, *cells, *([weights] if weights else []), cluster)
    }
    if chosen is not None:
        checks |= {
            f"missing {chosen}": is_in.isna(),
            f"selected, missing {outcome}": is_in.fillna(value=False) & frame[outcome].isna(),
        }
    left = np.ones(len(frame), dtype=bool)
    dropped: dict[str, int] = {}
    for reason, mask in checks.items():
        gone = left & mask.to_numpy(dtype=bool)
        left &= ~gone
        dropped |= {reason: int(gone.sum())} if gone.any() else {}
    frame = frame[left]
    has = is_in[left].to_numpy(dtype=bool)
    if not has.any():
        raise ModelError(f"{outcome} is missing in every row")
    group = numbers(frame[treatment], treatment)
    if set(np.unique(group)) != {0.0, 1.0}:
        raise ModelError(f"{treatment} must take the values 0 and 1, both of them")
    weight = np.ones(len(frame)) if weights is None else numbers(frame[weights], weights)
    if (weight < 0).any():
        raise ModelError(f"weights {weights!r} are negative in {int((weight < 0).sum())} rows")
    y = np.where(has, numbers(frame[outcome].where(has, 0), outcome), 0.0)
    cell = frame.groupby(list(cells), observed=True).ngroup().to_numpy() if cells else np.zeros(len(y))
    codes = codes_of(frame[cluster])
    if codes.max() < 1:
        raise ModelError("clustered errors need at least 2 clusters; the rows used are in 1")
    return Sampled(
        y, has, group.astype(np.intp), cell.astype(np.intp), weight / weight.mean(), codes
    ), dropped


def _bootstrap(
    data: Sampled, draws: int, rng: np.random.Generator, told: list[str]
) -> tuple[FloatArray, str]:
    """Spread of the bounds over clusters drawn with replacement."""
    groups = int(data.cluster.max()) + 1
    found = []
    for _ in range(draws):
        times = np.bincount(rng.integers(0, groups, groups), minlength=groups)[data.cluster]
        try:
            found.append(trimming_bounds(data._replace(weight=data.weight * times), [])[0])
        except ModelError:
            continue
    if len(found) < 0.9 * draws:
        raise ModelError(f"{draws - len(found)} of {draws} draws gave no bounds; cells are too small")
    if len(found) < draws:
        told.append(f"{draws - len(found)} of {draws} draws gave no bounds")
    return np.std(found, axis=0, ddof=1), f"bootstrap of clusters, {len(found)} draws"


def _imbens_manski(width: float, error: FloatArray) -> float:
    """Critical value between those of a one-sided and of a two-sided interval, by bisection."""
    largest = float(error.max())
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        reached = ndtr(middle + (width / largest if largest > 0 else np.inf)) - ndtr(-middle)
        low, high = (middle, high) if reached < LEVEL else (low, middle)
    return (low + high) / 2
