"""Families of hypotheses, declared in advance, and p-values that count them.

Holm (1979, Scandinavian Journal of Statistics 6, 65-70) keeps the chance of a single false finding in the family
below the level, whatever the dependence; Benjamini and Hochberg (1995, JRSS B 57, 289-300) keep the expected
share of false findings among the findings below it, for independent or positively dependent tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models.spec import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from panel_eis.models.arrays import FloatArray
    from panel_eis.models.result import Fit


def holm(p_values: Sequence[float] | FloatArray) -> FloatArray:
    """Holm's step-down p-values, in the order given."""
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def benjamini_hochberg(p_values: Sequence[float] | FloatArray) -> FloatArray:
    """Benjamini and Hochberg's step-up p-values, in the order given."""
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")[::-1]
    stepped = np.minimum.accumulate(p[order] * len(p) / np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def adjust(table: pd.DataFrame, family: str = "family", p_value: str = "p_value") -> pd.DataFrame:
    """Add ``p_holm``, ``p_bh`` and ``family_size`` to a table of tests, each family on its own.

    Parameters
    ----------
    table
        One row a test.
    family, p_value
        Columns that say to which family a test belongs, and its p-value.

    Raises
    ------
    ModelError
        If a column is missing, a test has no family, or a p-value is missing or outside 0–1: a test that was
        declared and cannot be made must not make the others easier to pass.

    """
    for column in (family, p_value):
        if column not in table.columns:
            raise ModelError(f"the table has no column {column!r}{nearest(column, table.columns)}")
    if table[family].isna().any():
        raise ModelError(f"{int(table[family].isna().sum())} tests belong to no family")
    p = table[p_value].to_numpy(dtype=float, na_value=np.nan)
    if not ((p >= 0) & (p <= 1)).all():
        raise ModelError(f"{int((~((p >= 0) & (p <= 1))).sum())} tests have no p-value between 0 and 1")
    groups = table.assign(**{p_value: p}).groupby(family, sort=False)[p_value]
    return table.assign(
        p_holm=groups.transform(lambda values: holm(values.to_numpy())),
        p_bh=groups.transform(lambda values: benjamini_hochberg(values.to_numpy())),
        family_size=groups.transform("size").astype("int64"),
    )


def declared_tests(
    fits: Mapping[str, Fit], families: Mapping[str, Sequence[tuple[str, str]]]
) -> pd.DataFrame:
    """Collect declared tests from fits and adjust them.

    Parameters
    ----------
    fits
        Fits by name.
    families
        For each family the tests declared: pairs of the name of a fit and a term of it.

    Returns
    -------
    One row a test: family, model, term, estimate, std_error, p_value, conf_low, conf_high, p_holm, p_bh,
    family_size.

    Raises
    ------
    ModelError
        If a fit or a term that was declared does not exist, or a fit did not converge.

    """
    shown = ["estimate", "std_error", "p_value", "conf_low", "conf_high"]
    records = []
    for family, tests in families.items():
        for model, term in tests:
            if model not in fits:
                raise ModelError(f"family {family!r} names no fit {model!r}{nearest(model, fits)}")
            row = fits[model].require_converged().term(term)
            records.append({"family": family, "model": model, "term": term, **row[shown].to_dict()})
    return adjust(pd.DataFrame(records, columns=["family", "model", "term", *shown]))
