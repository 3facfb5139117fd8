"""How many dimensions the answers hold: Horn's parallel analysis, on Pearson's and on polychoric correlations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.measurement.correlations import polychoric
from panel_eis.measurement.reliability import complete

if TYPE_CHECKING:
    from panel_eis.models.arrays import FloatArray


def parallel_analysis(
    items: pd.DataFrame,
    rng: np.random.Generator,
    draws: int = 100,
    *,
    graded: bool = False,
    quantile: float = 0.95,
) -> pd.DataFrame:
    """Eigenvalues of the data against those of the same answers shuffled within each item.

    Parameters
    ----------
    items
        Complete rows are used.
    draws, quantile
        Shuffled data sets, and the quantile of their eigenvalues that the data must exceed.
    graded
        True for polychoric correlations.

    Returns
    -------
    ``component``, ``eigenvalue``, ``reference``, ``retained``; components are retained up to the first that does not
    exceed its reference.

    Source: Horn (1965, Psychometrika 30, 179-185), with column permutation as Buja and Eyuboglu (1992), which keeps each
    item's own distribution, and the 95th percentile of Glorfeld (1995). Components of the full matrix, not of the reduced
    one; as ``psych::fa.parallel(fa = "pc")``.

    """
    values = complete(items)
    data = _eigenvalues(values, graded=graded)
    shuffled = np.stack([_eigenvalues(rng.permuted(values, axis=0), graded=graded) for _ in range(draws)])
    reference = np.quantile(shuffled, quantile, axis=0)
    above = np.cumprod(data > reference).astype(bool)
    number = np.arange(1, len(data) + 1)
    return pd.DataFrame({"component": number, "eigenvalue": data, "reference": reference, "retained": above})


def _eigenvalues(values: FloatArray, *, graded: bool) -> FloatArray:
    frame = pd.DataFrame(values)
    correlation = (polychoric(frame, errors=False).correlation if graded else frame.corr()).to_numpy()
    return np.asarray(np.linalg.eigvalsh(correlation)[::-1])
