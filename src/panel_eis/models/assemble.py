"""From numbers to a ``Fit``: the last step that all estimators share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from panel_eis.models.inference import lay_out, wald
from panel_eis.models.result import Fit, WaldTest

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.design import Design, Term
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec

FEW_CLUSTERS_IN_ALL: Final = 20
"""Below this a warning says that clustered errors are rough (Cameron and Miller 2015, J. Human Resources 50:
"few" begins between 20 and 50 clusters)."""

_LATER: Final = {"wave": 1, "intercept": 2, "threshold": 3, "spread": 4}


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What an estimator found; ``df`` is None where intervals use the normal law, or one number a term."""

    terms: tuple[Term, ...]
    beta: FloatArray
    covariance: FloatArray
    df: int | FloatArray | None
    correction: str
    converged: bool = True
    iterations: int = 0
    log_likelihood: float | None = None
    r_squared: float | None = None
    warnings: tuple[str, ...] = ()
    tests: dict[str, WaldTest] = field(default_factory=dict)
    extras: dict[str, float] = field(default_factory=dict)


def make_fit(spec: Spec, rows: Rows, design: Design, found: Estimate) -> Fit:
    """Put an estimate, the rows it rests on and the notes of its design into a ``Fit``."""
    order = sorted(range(len(found.terms)), key=lambda j: _rank(found.terms[j], spec))
    terms = [found.terms[j] for j in order]
    beta, covariance = found.beta[order], found.covariance[np.ix_(order, order)]
    df = found.df[order] if isinstance(found.df, np.ndarray) else found.df
    return Fit(
        spec=spec,
        estimates=lay_out(terms, beta, covariance, df),
        n_rows=rows.n_rows,
        n_units=rows.n_units,
        n_clusters=rows.n_clusters,
        n_switchers=design.switchers,
        weights=spec.weights,
        correction=found.correction,
        inference=f"{_law(df)}, 95 %",
        dropped=rows.dropped,
        references=design.references,
        warnings=(*design.warnings, *found.warnings, *_rough(rows, len(terms))),
        tests=found.tests,
        converged=found.converged,
        iterations=found.iterations,
        log_likelihood=found.log_likelihood,
        r_squared=found.r_squared,
        extras=found.extras,
    )


def compare_parts(
    terms: tuple[Term, ...], beta: FloatArray, covariance: FloatArray, df: int | None, wave: str
) -> tuple[dict[str, WaldTest], tuple[str, ...]]:
    """Test jointly that every within coefficient equals its between coefficient.

    This is the Hausman test by Mundlak's route, with clustered errors: rejection says that units which have
    more of x differ in other ways too. Pairs of which one was dropped take no part, nor does the wave.

    Returns
    -------
    The test under the name ``within_equals_between``, if there is one, and warnings.

    """
    place = {term: j for j, term in enumerate(terms)}
    pairs = [
        (j, place[term._replace(part="between")])
        for term, j in place.items()
        if term.part == "within" and term.variable != wave and term._replace(part="between") in place
    ]
    if not pairs:
        return {}, ()
    contrast = np.zeros((len(pairs), len(terms)))
    for row, (within, between) in enumerate(pairs):
        contrast[row, [within, between]] = 1.0, -1.0
    test = wald(contrast, beta, covariance, df)
    if test is None:
        return {}, ("joint test within = between not possible: too few clusters for its restrictions",)
    return {"within_equals_between": test}, ()


def _law(df: int | FloatArray | None) -> str:
    """Name the law of the intervals."""
    if df is None:
        return "normal law"
    if isinstance(df, np.ndarray):
        return f"t with Satterthwaite's degrees of freedom by term, {df.min():.1f} to {df.max():.1f}"
    return f"t({df})"


def _rank(term: Term, spec: Spec) -> int:
    """Regressors first, then waves, intercept and thresholds."""
    if term.variable == spec.wave and term.part == "between":
        return _LATER["wave"]
    return _LATER.get(term.part, 0)


def _rough(rows: Rows, n_terms: int) -> tuple[str, ...]:
    if rows.n_clusters < FEW_CLUSTERS_IN_ALL or rows.n_clusters <= n_terms:
        return (f"only {rows.n_clusters} clusters for {n_terms} coefficients: clustered errors are rough",)
    return ()
