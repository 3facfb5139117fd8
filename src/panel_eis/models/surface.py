"""A ``Fit`` as other tools know results: the names of statsmodels, and the plug of ``maketables``.

Nothing is computed but intervals at another level; each name is another view of the table of coefficients. A fit
that did not converge gives nothing: the numbers must not be shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError

if TYPE_CHECKING:
    from panel_eis.models.result import Fit

_STATISTICS = {
    "se_type": "cov_type",
    "N": "n_rows", "nobs": "n_rows", "units": "n_units", "clusters": "n_clusters", "r2": "r_squared", "ll": "log_likelihood",
}  # fmt: skip
_LABELS = {"N": "Observations", "units": "Units", "clusters": "Clusters", "r2": "R²", "ll": "Log-likelihood"}


class Surface:
    """Views of a fit. maketables reads it by these names; its plug is there for fits that other tools wrap."""

    def _column(self: Any, name: str) -> pd.Series:
        fit: Fit = self
        table = fit.require_converged().coefficients
        index = pd.Index(table["term"].to_numpy(dtype=object), name="term")
        return pd.Series(table[name].to_numpy(dtype=float), index=index, name=name)

    @property
    def params(self) -> pd.Series:
        """Estimates by term."""
        return self._column("estimate")

    @property
    def bse(self) -> pd.Series:
        """Standard errors by term."""
        return self._column("std_error")

    @property
    def tvalues(self) -> pd.Series:
        """Estimates over their errors."""
        return self._column("statistic")

    @property
    def pvalues(self) -> pd.Series:
        """Two-sided p-values of zero."""
        return self._column("p_value")

    @property
    def nobs(self: Any) -> float:
        """Rows used."""
        return float(self.n_rows)

    @property
    def rsquared(self: Any) -> float | None:
        """R², None where the model has none."""
        return None if self.r_squared is None else float(self.r_squared)

    @property
    def llf(self: Any) -> float | None:
        """Log-likelihood, None where the model has none."""
        return None if self.log_likelihood is None else float(self.log_likelihood)

    @property
    def endog_names(self: Any) -> str:
        """Name of the outcome."""
        return str(self.spec.outcome)

    @property
    def cov_type(self: Any) -> str:
        """By what errors are clustered."""
        return f"clustered by {self.spec.cluster_column}"

    def cov_params(self: Any) -> pd.DataFrame:
        """Clustered covariance, a copy."""
        fit: Fit = self
        return fit.require_converged().covariance.copy()

    def conf_int(self: Any, alpha: float = 0.05) -> pd.DataFrame:
        """Intervals of level 1 - ``alpha`` by term, columns 0 and 1.

        Raises
        ------
        ModelError
            If ``alpha`` is not between 0 and 1.

        """
        if not 0 < alpha < 1:
            raise ModelError(f"an interval has a level between 0 and 1, so alpha cannot be {alpha}")
        low, high = self._column("conf_low"), self._column("conf_high")
        if alpha != 0.05:
            half = self._critical(1 - alpha / 2) * self.bse
            low, high = self.params - half, self.params + half
        return pd.DataFrame({0: low, 1: high})

    def _critical(self: Any, upper: float) -> Any:
        """Quantile of the law of each term; degrees of freedom are the fit's own."""
        from scipy.special import ndtri, stdtrit  # noqa: PLC0415  (a fit is read without scipy)

        fit: Fit = self
        if fit.inference.startswith("normal"):
            return ndtri(upper)
        by_term = [fit.extras.get(f"df {term}", fit.n_clusters - 1) for term in fit.coefficients["term"]]
        return stdtrit(np.array(by_term, dtype=float), upper)

    @property
    def __maketables_coef_table__(self) -> pd.DataFrame:
        """Estimates, errors, t, p and interval, under the names that maketables asks for."""
        interval = self.conf_int()
        columns = {"b": self.params, "se": self.bse, "t": self.tvalues, "p": self.pvalues}
        table = pd.DataFrame({**columns, "ci95l": interval[0], "ci95u": interval[1]})
        return table.rename_axis("Coefficient")

    def __maketables_stat__(self: Any, key: str) -> Any:
        """A number about the whole fit, None for one that it has not."""
        return getattr(self, _STATISTICS[key]) if key in _STATISTICS else None

    @property
    def __maketables_depvar__(self: Any) -> str:
        """The outcome."""
        return str(self.spec.outcome)

    @property
    def __maketables_fixef_string__(self: Any) -> str | None:
        """Unit and wave effects of a within regression."""
        spec = self.spec
        if spec.estimator != "within":
            return None
        return f"{spec.unit}+{spec.wave}" if spec.wave_effects else str(spec.unit)

    @property
    def __maketables_vcov_info__(self: Any) -> dict[str, Any]:
        """How errors were made."""
        return {"vcov_type": self.correction, "clustervar": self.spec.cluster_column}

    @property
    def __maketables_stat_labels__(self) -> dict[str, str]:
        """Names of the numbers about the whole fit."""
        return dict(_LABELS)

    @property
    def __maketables_default_stat_keys__(self: Any) -> list[str]:
        """What the foot of a table shows unless told otherwise."""
        keys = ["N", "units", "clusters"]
        keys += ["r2"] if self.r_squared is not None else []
        return keys + (["ll"] if self.log_likelihood is not None else [])
