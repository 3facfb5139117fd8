"""The matrix of a model: which columns enter, as which part, and which cannot.

Three designs serve every estimator: ``pooled`` (columns as they are), ``within`` (all demeaned by unit) and
``split`` (deviation and unit mean side by side, after Mundlak 1978). Means are over the rows used. In the
split design the wave dummies are split like any time-varying regressor: in an unbalanced panel the means of
the wave dummies, which say in which waves a unit was seen, are needed for the within coefficients to equal
those of the within estimator (Wooldridge 2019, Journal of Econometrics 211(1), 137-150).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.models.columns import Column, Columns, count_switchers, read_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from panel_eis.models.arrays import FloatArray, IntArray
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec

COLLINEAR: Final = 1e-8
"""A column whose part not explained by earlier ones is smaller than this, relative to it, is dropped."""

INDEPENDENT: Final = 1e-6
"""Least eigenvalue of the Gram matrix of unit columns above which no column can be ``COLLINEAR``."""

FEW_CLUSTERS: Final = 5
"""A term whose values differ from the commonest in fewer clusters than this carries a warning."""

_GLANCES: Final = (64, 512)
_STILL: Final = "no unit changes value in the rows used"
_SUFFIXES: Final = {"within": "_within", "between": "_between"}


class Term(NamedTuple):
    """What a coefficient belongs to: variable, level of a categorical or threshold, part, and its name."""

    variable: str
    level: str
    part: str

    @property
    def name(self) -> str:
        """``x``, ``x[level]``, ``x_within``, ``x[level]_between``: the suffix says the part."""
        level = f"[{self.level}]" if self.level else ""
        return f"{self.variable}{level}{_SUFFIXES.get(self.part, '')}"


INTERCEPT: Final = Term("intercept", "", "intercept")

_Part = tuple[Term, "Callable[[], FloatArray]"]
_Block = list[_Part]
"""Terms and what makes their columns: one is made at a time, for memory used again is faster than new."""

Pairs = tuple["IntArray", "IntArray"]
"""Positions of the later and of the earlier row of each pair of rows of one unit."""


@dataclass(frozen=True)
class Design:
    """A matrix of full column rank (rows × terms) and what was found while making it; ``gram`` is x'x."""

    x: FloatArray
    terms: tuple[Term, ...]
    references: dict[str, str]
    switchers: dict[str, int]
    warnings: tuple[str, ...]
    gram: FloatArray | None = None

    def without_intercept(self) -> Design:
        """Return the design of a model whose thresholds take the place of the intercept."""
        keep = [j for j, term in enumerate(self.terms) if term != INTERCEPT]
        return replace(self, x=self.x[:, keep], gram=None, terms=tuple(self.terms[j] for j in keep))


def pooled_design(spec: Spec, rows: Rows) -> Design:
    """Intercept, wave dummies and every column as it is."""
    columns = read_columns(spec, rows)
    block = [_ones(rows), *_as_is(columns.waves, "wave"), *_as_is(columns.regressors, "pooled")]
    return _design(spec, rows, columns, block)


def within_design(spec: Spec, rows: Rows) -> Design:
    """Everything demeaned by unit, no intercept."""
    columns = read_columns(spec, rows)
    block = [*_deviations(columns.waves, rows, "wave"), *_deviations(columns.regressors, rows, "within")]
    return _design(spec, rows, columns, block)


def split_design(spec: Spec, rows: Rows) -> Design:
    """Varying columns and wave dummies as deviation and unit mean, the other columns as they are."""
    columns = read_columns(spec, rows)
    varying = [column for column in columns.regressors if column.varying]
    fixed = [column for column in columns.regressors if not column.varying]
    seen_in = [(term, mean) for term, mean in _means(columns.waves, rows) if np.ptp(mean()) > COLLINEAR]
    block = [
        *_deviations(columns.waves, rows, "wave"),
        *_deviations(varying, rows, "within"),
        _ones(rows),
        *seen_in,
        *_means(varying, rows),
        *_as_is(fixed, "pooled"),
    ]
    design = _design(spec, rows, columns, block)
    mixed = tuple(
        f"{name} changes in {design.switchers[name]} units but is not declared varying: "
        "its coefficient mixes within and between"
        for name in dict.fromkeys(column.variable for column in fixed)
        if design.switchers[name]
    )
    return replace(design, warnings=design.warnings + mixed)


def difference_design(spec: Spec, rows: Rows, pairs: Pairs, kept: Rows) -> Design:
    """Changes between two rows of a unit, no intercept; ``kept`` are the later rows of the pairs."""
    columns = read_columns(spec, rows)
    later, earlier = pairs
    block: _Block = [
        (Term(c.variable, c.level, part), partial(np.subtract, c.numbers[later], c.numbers[earlier]))
        for group, part in ((columns.waves, "wave"), (columns.regressors, "within"))
        for c in group
    ]
    return _design(spec, kept, columns, block, count_switchers(columns, rows))


def _ones(rows: Rows) -> _Part:
    return INTERCEPT, partial(np.ones, rows.n_rows)


def _as_is(columns: Iterable[Column], part: str) -> _Block:
    return [(Term(c.variable, c.level, part), partial(np.asarray, c.numbers)) for c in columns]


def _deviations(columns: Iterable[Column], rows: Rows, part: str) -> _Block:
    return [(Term(c.variable, c.level, part), partial(rows.demean, c.numbers)) for c in columns]


def _means(columns: Iterable[Column], rows: Rows) -> _Block:
    return [(Term(c.variable, c.level, "between"), partial(rows.unit_mean, c.numbers)) for c in columns]


def _design(
    spec: Spec, rows: Rows, columns: Columns, block: _Block, switchers: dict[str, int] | None = None
) -> Design:
    """Keep the columns that can be estimated and say which could not.

    Raises
    ------
    ModelError
        If no regressor is left, two terms have one name, or there are no more rows than columns.

    """
    terms = [term for term, _ in block]
    x = np.empty((len(block), rows.n_rows)).T
    for column, (_, make) in zip(x.T, block, strict=True):
        column[:] = make()
    gram = x.T @ x
    still = np.diag(gram) == 0 if INTERCEPT not in terms else np.zeros(len(terms), dtype=bool)
    if _far_from_singular(gram[np.ix_(~still, ~still)]):
        causes = [_STILL if gone else "" for gone in still]
    else:
        causes = _causes(x, terms)
    keep = [j for j, cause in enumerate(causes) if not cause]
    warnings = [*_unused(spec, columns), *_dropped(terms, causes)]
    kept = tuple(terms[j] for j in keep)
    wanted = {column.variable for column in columns.regressors} if spec.regressors else {spec.wave}
    if wanted.isdisjoint(term.variable for term in kept):
        raise ModelError("no regressor can be estimated: " + ("; ".join(warnings) or "none is named"))
    names = [term.name for term in kept]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ModelError(f"two terms would be called {', '.join(twice)}; rename a column")
    if rows.n_rows <= len(keep):
        raise ModelError(f"{rows.n_rows} rows cannot carry {len(keep)} coefficients")
    x, gram = (x, gram) if len(keep) == len(block) else (x[:, keep], gram[np.ix_(keep, keep)])
    warnings += _thin(x, kept, rows, spec.wave)
    switchers = count_switchers(columns, rows) if switchers is None else switchers
    return Design(x, kept, columns.references, switchers, tuple(warnings), gram)


def _far_from_singular(gram: FloatArray) -> bool:
    """Whether every column can be estimated for sure, so that they need not be taken one by one."""
    norms = np.sqrt(np.diag(gram))
    if not len(norms) or not norms.all():
        return False
    return bool(np.linalg.eigvalsh(gram / np.outer(norms, norms))[0] > INDEPENDENT)


def _causes(x: FloatArray, terms: list[Term]) -> list[str]:
    """Why each column cannot be estimated, empty where it can.

    Gram–Schmidt, twice, in the order given. A constant column is only one too many beside an intercept.
    """
    causes, basis = [], np.empty((x.shape[0], 0))
    flat = INTERCEPT in terms
    for column, term in zip(x.T, terms, strict=True):
        norm = np.linalg.norm(column)
        if norm == 0 and term.part in ("within", "wave"):
            causes.append(_STILL)
        elif norm == 0 or (
            flat and term != INTERCEPT and np.ptp(column) <= COLLINEAR * norm / np.sqrt(len(column))
        ):
            causes.append("constant in the rows used")
        else:
            rest = column / norm
            for _ in range(2):
                rest = rest - basis @ (basis.T @ rest)
            left = np.linalg.norm(rest)
            causes.append("" if left > COLLINEAR else "a linear combination of earlier terms")
            basis = np.column_stack([basis, rest / left]) if left > COLLINEAR else basis
    return causes


def _dropped(terms: list[Term], causes: list[str]) -> list[str]:
    """One sentence for each variable, part and cause."""
    named: dict[tuple[str, str, str], list[str]] = {}
    for term, cause in zip(terms, causes, strict=True):
        if cause:
            named.setdefault((term.variable, term.part, cause), []).append(term.name)
    return [f"{', '.join(names)} dropped: {cause}" for (_, _, cause), names in named.items()]


def _unused(spec: Spec, columns: Columns) -> list[str]:
    warnings = [f"{variable} dropped: constant in the rows used" for variable in columns.empty]
    return (
        [*warnings, "one wave only: no wave effects"] if spec.wave_effects and not columns.waves else warnings
    )


def _thin(x: FloatArray, terms: tuple[Term, ...], rows: Rows, wave: str) -> list[str]:
    """Name the terms that rest on a handful of clusters: their clustered error is too small."""
    warnings = []
    for column, term in zip(x.T, terms, strict=True):
        if term == INTERCEPT or term.variable == wave or _spread_out(column, rows.cluster):
            continue
        values, counts = np.unique(column, return_counts=True)
        clusters = len(np.unique(rows.cluster[column != values[counts.argmax()]]))
        if clusters < FEW_CLUSTERS:
            plural = "s" if clusters > 1 else ""
            warnings.append(
                f"{term.name} rests on {clusters} cluster{plural}: its error is not to be trusted"
            )
    return warnings


def _spread_out(column: FloatArray, cluster: IntArray) -> bool:
    """Whether a look at the first rows, at few and then at more, shows enough clusters on either side of some value.

    The commonest value is on one side at most, so the other side alone departs from it in enough clusters.
    """
    for seen in _GLANCES:
        first, where = column[:seen], cluster[:seen]
        middle = first.mean()
        if all(len(set(where[side].tolist())) >= FEW_CLUSTERS for side in (first < middle, first > middle)):
            return True
    return False
