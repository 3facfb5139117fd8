"""Why an answer is missing: counted by question and wave, and what may ever be imputed.

An answer that was asked for and not given may be imputed. One that was never asked, skipped by its filter, or without
object has no value to be found: imputing it would invent a question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.errors import UsageError
from panel_eis.harmonise import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterable

IMPUTABLE = ("no_answer", "dont_know", "refused", "lost")
"""Asked, and a value exists that we do not have."""
STRUCTURAL = ("not_asked", "skipped", "not_applicable")
"""No value exists; never imputed."""


def item_nonresponse(reasons: pd.DataFrame) -> pd.DataFrame:
    """Counts of every reason by wave and question.

    Parameters
    ----------
    reasons
        One row an answer, ``wave`` an index level, one column a question: words of ``harmonise.REASONS``.

    Returns
    -------
    ``wave, variable``, ``base`` (those of whom an answer was expected: answered, or missing and imputable), one column of
    counts for each reason, and ``rate``, the share of the base without an answer (missing when the base is empty).

    """
    waves = reasons.index.get_level_values("wave").astype(str)
    rows = []
    for name in reasons.columns:
        counts = pd.crosstab(waves, reasons[name].astype(str).to_numpy()).reindex(
            columns=REASONS, fill_value=0
        )
        rows.append(counts.rename_axis("wave").reset_index().assign(variable=name))
    table = pd.concat(rows, ignore_index=True)
    table["base"] = table[["answered", *IMPUTABLE]].sum(axis=1)
    table["rate"] = (table[list(IMPUTABLE)].sum(axis=1) / table["base"]).where(table["base"] > 0)
    return table[["wave", "variable", "base", *REASONS, "rate"]].sort_values(
        ["wave", "variable"], kind="stable", ignore_index=True
    )


def may_impute(reasons: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """True where a missing cell may be imputed; same index as ``reasons``, one column for each of ``columns``.

    Parameters
    ----------
    reasons
        One column a question.
    columns
        Columns of the panel: questions, or indicators of a multiple choice (``tools__sroi`` follows ``tools``).

    Raises
    ------
    UsageError
        For a column that no question gives (a score, a derived column): impute its items and compute it again.

    """
    mask = {}
    for column in columns:
        question = column if column in reasons else column.split("__", maxsplit=1)[0]
        if question not in reasons:
            raise UsageError(f"{column!r} is computed: impute the questions behind it and compute it again.")
        mask[column] = reasons[question].isin(IMPUTABLE)
    return pd.DataFrame(mask, index=reasons.index)


def require_only_imputable(before: pd.DataFrame, after: pd.DataFrame, reasons: pd.DataFrame) -> None:
    """Refuse an imputation that touched what may not be imputed.

    Parameters
    ----------
    before, after
        The same rows and columns, before and after; index as ``reasons``.

    Raises
    ------
    UsageError
        Naming the columns where an answer was changed, or a structural gap was filled, with counts.

    """
    mask = may_impute(reasons, before.columns)
    faults = []
    for column in before.columns:
        old, new = before[column], after[column]
        both = old.notna() & new.notna()
        same = (old.isna() & new.isna()) | (both & (old.astype(object) == new.astype(object)))
        touched = int((~same.astype(bool) & ~(mask[column] & old.isna())).sum())
        if touched:
            faults.append(f"{column} ({touched})")
    if faults:
        raise UsageError(
            f"Imputation touched answers, or gaps that have no value to find ({', '.join(STRUCTURAL)}): {', '.join(faults)}."
        )
