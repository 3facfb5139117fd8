"""What every estimator returns: the frozen ``Fit``."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple, TypedDict

import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models.spec import ESTIMATORS, nearest
from panel_eis.models.surface import Surface

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.spec import Spec

TEXT_COLUMNS: Final = ("term", "variable", "level", "part")
NUMBER_COLUMNS: Final = ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high")

_SHOWN_TERMS = 8


class WaldTest(TypedDict):
    """One joint test; ``df_denominator`` is None for a chi-squared test."""

    statistic: float
    df: int
    df_denominator: int | None
    p_value: float
    distribution: str


class Estimates(NamedTuple):
    """Coefficients as arrays; the frames of a ``Fit`` are made of them when they are first read.

    ``texts`` and ``numbers`` are the columns of ``Fit.coefficients`` in two parts, ``covariance`` is term × term.
    """

    texts: Sequence[Sequence[str]]
    numbers: FloatArray
    covariance: FloatArray


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Fit(Surface):
    """An estimated model. ``repr`` is a sentence to paste.

    Attributes
    ----------
    spec
        What was asked.
    estimates
        The numbers of ``coefficients`` and ``covariance`` as arrays.
    coefficients
        One row per coefficient. ``term`` is its unique name, ``variable`` the column (or ``a:b``, the wave
        column, the outcome for thresholds), ``level`` the category, wave or pair of rungs (else empty),
        ``part`` one of pooled, within, between, wave, intercept, threshold, spread; then estimate, std_error,
        statistic, p_value (of zero, two-sided), conf_low, conf_high (95 %). In the unit of the outcome for
        linear models, log-odds for the ordered logit. Regressors come first, in the order of the Spec.
    covariance
        Clustered covariance, term × term, in the same order.
    n_rows, n_units, n_clusters
        Sizes of the rows used.
    n_switchers
        For each regressor and product, how many units change value in the rows used.
    weights
        Column of the probability weights, or None.
    correction, inference
        Small-sample correction of the errors; law behind p-values and intervals.
    dropped
        Rows of the panel not used, by reason, each under the first that applies.
    references
        Reference level of each categorical and of the waves.
    warnings
        What the reader must know: dropped terms, terms that rest on few clusters, empty rungs.
    tests
        Joint tests by name, for instance ``within_equals_between``.
    converged, iterations
        Whether the optimum was reached, and in how many steps (0 for a closed form).
    log_likelihood
        At the optimum, of the weighted rows if there are weights; None for linear models.
    r_squared
        Of linear models (for ``within``, of the deviations from unit means), else None.
    extras
        Further numbers of an estimator, by name, explained in its docstring.

    """

    spec: Spec
    estimates: Estimates
    n_rows: int
    n_units: int
    n_clusters: int
    n_switchers: Mapping[str, int]
    weights: str | None
    correction: str
    inference: str
    dropped: Mapping[str, int] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    tests: Mapping[str, WaldTest] = field(default_factory=dict)
    converged: bool = True
    iterations: int = 0
    log_likelihood: float | None = None
    r_squared: float | None = None
    extras: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """One row per coefficient."""
        texts, numbers, _ = self.estimates
        n = numbers.shape[1]
        words = pd.array([word for column in texts for word in column], dtype="str")
        columns = {name: words[j * n : (j + 1) * n] for j, name in enumerate(TEXT_COLUMNS)}
        return pd.DataFrame(columns | dict(zip(NUMBER_COLUMNS, numbers, strict=True)))

    @cached_property
    def covariance(self) -> pd.DataFrame:
        """Clustered covariance, term × term."""
        index = pd.Index(list(self.estimates.texts[0]), dtype="str", name="term")
        return pd.DataFrame(self.estimates.covariance, index=index, columns=index)

    def term(self, name: str) -> pd.Series:
        """Return the row of one term.

        Raises
        ------
        ModelError
            If the fit has no such term; the message says whether it was dropped.

        """
        rows = self.coefficients[self.coefficients["term"] == name]
        if rows.empty:
            told = [warning for warning in self.warnings if name in warning]
            known = "".join(f"; {warning}" for warning in told) or nearest(name, self.coefficients["term"])
            raise ModelError(f"{self.spec.name} has no term {name!r}{known}")
        return rows.iloc[0]

    def interval(self, name: str) -> tuple[float, float]:
        """Return the 95 % interval of one term."""
        row = self.term(name)
        return float(row["conf_low"]), float(row["conf_high"])

    def require_converged(self) -> Fit:
        """Return the fit itself if it converged, so that calls chain.

        Raises
        ------
        ModelError
            If it did not: its numbers must not be shown.

        """
        if not self.converged:
            raise ModelError(
                f"{self.spec.name} did not converge in {self.iterations} iterations; do not show it"
            )
        return self

    def __repr__(self) -> str:
        parts = [
            self._model(),
            self._terms(),
            self._spread(),
            self._errors(),
            self._missing(),
            *self._warned(),
        ]
        return " ".join(part for part in parts if part)

    def _model(self) -> str:
        spec = self.spec
        state = "" if self.converged else "NOT CONVERGED. "
        waves = ", with wave effects" if spec.wave_effects else ""
        weights = f"weighted by {self.weights}" if self.weights else "unweighted"
        sample = f" where {spec.sample}" if spec.sample else ""
        what = f"{ESTIMATORS[spec.estimator].phrase} of {spec.outcome}{waves}, {weights}{sample}"
        sizes = (
            f"{self.n_rows} rows, {self.n_units} units, {self.n_clusters} clusters ({spec.cluster_column})"
        )
        return f"{state}{spec.name}: {what}; {sizes}."

    def _terms(self) -> str:
        table = self.coefficients[self.coefficients["part"].isin(["pooled", "within", "between"])]
        table = table[(table["variable"] != self.spec.wave) | (table["part"] == "pooled")]
        told = [
            f"{row.term} {row.estimate:.3g} [{row.conf_low:.3g}, {row.conf_high:.3g}]"
            for row in table.head(_SHOWN_TERMS).itertuples()
        ]
        more = f", and {len(table) - _SHOWN_TERMS} more terms" if len(table) > _SHOWN_TERMS else ""
        return f"Associations, not effects: {', '.join(told)}{more}." if told else ""

    def _spread(self) -> str:
        """The unit effect of a random-effects ordinal model."""
        rows = self.coefficients[
            (self.coefficients["part"] == "spread") & (self.coefficients["estimate"] > 0)
        ]
        told = [
            f"{row.term} {row.estimate:.3g} [{row.conf_low:.3g}, {row.conf_high:.3g}]"
            for row in rows.itertuples()
        ]
        return f"Unit effect: {', '.join(told)}." if told else ""

    def _errors(self) -> str:
        return f"Errors: {self.correction}; intervals: {self.inference}."

    def _missing(self) -> str:
        told = ", ".join(f"{reason} {count}" for reason, count in self.dropped.items())
        return f"Rows not used: {told}." if told else ""

    def _warned(self) -> list[str]:
        return [f"Warning: {warning}." for warning in self.warnings]
