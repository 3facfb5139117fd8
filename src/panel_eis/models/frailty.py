"""Discrete-time hazard with gamma frailty: the complementary log-log whose unit effect integrates in closed form.

A unit's hazard is multiplied by a gamma variable of mean 1 and variance v. With H the sum of exp(xβ) over the waves at
risk, survival is S(H) = (1 + vH)^(-1/v) (Meyer 1990, Econometrica 58, 757-782); a unit whose state begins in its last row
gives S(before) - S(whole), another S(whole). v → 0 is the cloglog without frailty, and the likelihood is smooth through it,
so that a maximum at v ≤ 0 says that there is none. Normal frailty is ``re_cloglog``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import chdtrc

from panel_eis.errors import ModelError
from panel_eis.models import newton, ordinal
from panel_eis.models.assemble import Estimate, compare_parts, make_fit
from panel_eis.models.design import Term
from panel_eis.models.inference import sandwich
from panel_eis.models.ladder import (
    CORRECTION,
    ladder_design,
    refuse_separation,
    rescale,
    rungs,
    threshold_terms,
    with_unit_weights,
)
from panel_eis.models.random_effects import with_positive_spread

if TYPE_CHECKING:
    from panel_eis.models.arrays import BoolArray, FloatArray
    from panel_eis.models.cumulative import Optimum
    from panel_eis.models.result import Fit
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec

VARIANCE: Final = Term("frailty_variance", "", "spread")
SMALL: Final = 1e-2
"""vH below which differences of nearly equal numbers are replaced by their series."""

EDGE: Final = 0.9
"""How far below zero v may go on the way: 1 + vH stays above a tenth."""

_SERIES: Final = np.arange(10.0)


def gamma_cloglog(spec: Spec, rows: Rows) -> Fit:
    """Hazard with gamma frailty; the rows of a unit are its waves at risk, the event in the last if anywhere.

    ``coefficients`` has a row ``frailty_variance`` (part ``spread``), its interval taken on the log scale, and no p-value;
    ``tests["no_frailty"]`` is the likelihood ratio under ½χ²(0) + ½χ²(1), left out with weights. Where the likelihood falls
    from v = 0 on, the pooled cloglog is the maximum, and is returned with v = 0. Weights are of units; errors are the
    sandwich of the units' scores, clustered, times G/(G-1). Slopes are log hazard ratios given the frailty.

    Raises
    ------
    ModelError
        If the outcome has not two values, a unit has rows after its event, every unit has one row, or regressors separate.

    """
    rows, reweighted = with_unit_weights(rows, spec.weights)
    rung, labels, warnings = rungs(rows.columns[spec.outcome], spec.outcome)
    if len(labels) > 2:
        raise ModelError(f"{spec.outcome} has {len(labels)} values; a hazard needs two")
    if rows.n_units == rows.n_rows:
        raise ModelError("every unit is at risk once: its frailty cannot be told from chance; use cloglog")
    event = rung == 1
    last = np.append(rows.starts[1:], rows.n_rows) - 1
    if event.sum() > event[last].sum():
        raise ModelError("units have rows after their event; pass the rows of at_risk")
    design = ladder_design(spec, rows, labels)
    x, unscale = rescale(design.x, rows.weights, 1)
    names = [term.name for term in design.terms]
    pooled = ordinal.maximise("cloglog", rung, x, rows.weights)
    refuse_separation(pooled.parameters[1:], -pooled.hessian, names)
    objective = Frailty(np.column_stack([-np.ones(len(x)), x]), event, rows)
    optimum = newton.maximise(objective, np.append(pooled.parameters, 0.0), objective.allowed)
    ratio = 2 * (optimum.log_likelihood - pooled.log_likelihood)
    none = optimum.parameters[-1] <= 0
    parameters, covariance = _estimate(none, pooled, optimum, rows)
    full = np.eye(len(parameters))
    full[:-1, :-1] = unscale
    beta, covariance = full @ parameters, full @ covariance @ full.T
    terms = (*threshold_terms(spec, labels), *design.terms, VARIANCE)
    tests, untested = compare_parts(terms, beta, covariance, None, spec.wave)
    converged = pooled.converged if none else optimum.converged
    told = ("no frailty is found (variance 0): the numbers are those of the cloglog",) if none else ()
    lost = (
        ()
        if converged
        else (
            f"no convergence in {optimum.iterations} iterations: the data hardly tell how large the frailty is",
        )
    )
    if not rows.weighted:
        tests["no_frailty"] = {
            "statistic": 0.0 if none else max(0.0, ratio), "df": 1, "df_denominator": None,
            "p_value": 1.0 if none else float(chdtrc(1, max(0.0, ratio))) / 2,
            "distribution": "½χ²(0) + ½χ²(1)",
        }  # fmt: skip
    found = Estimate(
        terms=terms,
        beta=beta,
        covariance=covariance,
        df=None,
        correction=CORRECTION,
        converged=converged,
        iterations=pooled.iterations if none else optimum.iterations,
        log_likelihood=pooled.log_likelihood if none else optimum.log_likelihood,
        warnings=(*reweighted, *warnings, *untested, *told, *lost),
        tests=tests,
    )
    return with_positive_spread(make_fit(spec, rows, design, found))


def _estimate(none: bool, pooled: Optimum, optimum: Optimum, rows: Rows) -> tuple[FloatArray, FloatArray]:
    """Parameters and clustered covariance; of v = 0 the pooled ones, with no variance for v."""
    if none:
        inner = sandwich(pooled.bread, pooled.scores, rows.cluster)
        return np.append(pooled.parameters, 0.0), np.pad(inner, (0, 1))
    return optimum.parameters, sandwich(optimum.bread, optimum.scores, rows.cluster[rows.starts])


class Survival(NamedTuple):
    """g = -log S at sums H, and its derivatives by H and v."""

    g: FloatArray
    h: FloatArray
    v: FloatArray
    hh: FloatArray
    hv: FloatArray
    vv: FloatArray


def survival(total: FloatArray, v: float) -> Survival:
    """Evaluate g(H) = log(1 + vH)/v and its derivatives, by their series where vH is small."""
    z = v * total
    inner = 1 / (1 + z)
    small = np.abs(z) < SMALL
    tiny = np.where(small, z, 0.0)[:, None]
    signs = (-1.0) ** _SERIES
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.log1p(z)
        far = (
            log / v,
            (z * inner - log) / v**2,
            (2 * log - 2 * z * inner - (z * inner) ** 2) / v**3,
        )
    k = _SERIES
    near = (
        total * (signs * tiny**k / (k + 1)).sum(axis=1),
        -(total**2) * (signs * (k + 1) / (k + 2) * tiny**k).sum(axis=1),
        np.minimum(total, 1e90) ** 3 * (signs * (k + 1) * (k + 2) / (k + 3) * tiny**k).sum(axis=1),
    )
    g, by_v, by_vv = (np.where(small, series, exact) for series, exact in zip(near, far, strict=True))
    return Survival(g, inner, by_v, -v * inner**2, -total * inner**2, by_vv)


class Frailty:
    """Log-likelihood of slopes (threshold first, its column -1) and v; an ``Objective`` of ``newton``."""

    slack = 1e-12

    def __init__(self, x: FloatArray, event: BoolArray, rows: Rows) -> None:
        self._x, self._starts, self._sizes = x, rows.starts, rows.sizes
        self._weight = rows.weights[rows.starts]
        self._before = ~event
        self._event = np.add.reduceat(event.astype(float), rows.starts) > 0

    def near(self, decrement: float) -> None:
        """Nothing moves."""

    def allowed(self, parameters: FloatArray) -> bool:
        """Whether survival is defined here: (1 + vH) is smooth through v = 0, so steps may cross it."""
        largest = np.add.reduceat(self._rate(parameters), self._starts).max()
        return bool(parameters[-1] * largest > -EDGE)

    def _rate(self, parameters: FloatArray) -> FloatArray:
        rate: FloatArray = np.exp(np.clip(self._x @ parameters[:-1], -700, 300))
        return rate

    def __call__(self, parameters: FloatArray) -> newton.Point:
        """Evaluate at one place."""
        with np.errstate(
            all="ignore"
        ):  # a trial step may be absurd: its value is then no number, and refused
            return self._point(parameters)

    def _point(self, parameters: FloatArray) -> newton.Point:
        rate = self._rate(parameters)
        moved = rate[:, None] * self._x
        kept = self._before[:, None] * moved
        b, by_b = np.add.reduceat(rate, self._starts), np.add.reduceat(moved, self._starts, axis=0)
        a = np.add.reduceat(rate * self._before, self._starts)
        by_a = np.add.reduceat(kept, self._starts, axis=0)
        low, high = survival(a, parameters[-1]), survival(b, parameters[-1])
        gap = np.where(self._event, high.g - low.g, 1.0)
        k = np.where(self._event, 1 / np.expm1(np.minimum(gap, 700.0)), 0.0)
        q = np.where(self._event, k * (1 + k), 0.0)
        la, lb = np.where(self._event, -1 - k, 0.0), np.where(self._event, k, -1.0)
        value = np.where(self._event, -low.g + np.log(-np.expm1(-gap)), -high.g)
        w = self._weight
        one_a, one_b = w * la * low.h, w * lb * high.h
        by_v = w * (la * low.v + lb * high.v)
        scores = np.column_stack([one_a[:, None] * by_a + one_b[:, None] * by_b, by_v])
        hessian = np.empty((len(parameters), len(parameters)))
        mix = w * q * low.h * high.h
        gap_v = q * (high.v - low.v)
        rowwise = np.repeat(one_b, self._sizes) * rate + np.repeat(one_a, self._sizes) * rate * self._before
        block = self._x.T @ (rowwise[:, None] * self._x)
        block += by_a.T @ ((w * (la * low.hh - q * low.h**2))[:, None] * by_a)
        block += by_b.T @ ((w * (lb * high.hh - q * high.h**2))[:, None] * by_b)
        across = by_a.T @ (mix[:, None] * by_b)
        hessian[:-1, :-1] = block + across + across.T
        hessian[:-1, -1] = by_a.T @ (w * (la * low.hv + gap_v * low.h)) + by_b.T @ (
            w * (lb * high.hv - gap_v * high.h)
        )
        hessian[-1, :-1] = hessian[:-1, -1]
        hessian[-1, -1] = w @ (la * low.vv + lb * high.vv - q * (high.v - low.v) ** 2)
        return newton.Point(float(w @ value), scores, hessian)
