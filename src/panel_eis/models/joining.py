"""Who joins when: the rows of an event study of joining, everything left out counted, and how many joiners would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from panel_eis.errors import ModelError
from panel_eis.models.inference import LEVEL
from panel_eis.models.spec import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST_IN_COHORT: Final = 5
"""Joiners of one wave below which their average is not estimated: its error would rest on a handful of changes."""

POWER: Final = 0.8
HALF: Final = 0.5
"""Default difference worth detecting, in standard deviations of the outcome among those who never join."""


class Joining(NamedTuple):
    """Rows in columns ``unit``, ``wave`` (1, 2, …), ``cohort`` (wave of joining, 0 if never), ``y``, and what is left out.

    ``units`` and ``rows`` count what is left out by reason; ``cohorts`` the joiners used by wave of joining; ``never``
    the units
    that never join.
    """

    frame: pd.DataFrame
    labels: tuple[str, ...]
    units: dict[str, int]
    rows: dict[str, int]
    cohorts: dict[str, int]
    never: int

    @property
    def joiners(self) -> int:
        """How many are used."""
        return sum(self.cohorts.values())


def joining(
    panel: pd.DataFrame,
    outcome: str,
    state: str,
    *,
    keep: Sequence[str] = (),
    unit: str = "unit",
    wave: str = "wave",
) -> Joining:
    """Lay out the rows around joining.

    A unit joins in the first wave in which it is seen in the state, if it was seen outside it in the wave before. Left
    out, and
    counted: units inside when first seen (no wave before), units whose joining falls in a wave not seen, rows after a unit
    has left again (being a former member is another state), joiners without the outcome before or after, and joiners of
    a wave in which fewer than ``FEWEST_IN_COHORT`` join.

    Raises
    ------
    ModelError
        If a column is absent, the state is not true or false, or nobody joins, or nobody never does.

    """
    frame = _read(panel, (outcome, state, unit, wave), keep)
    rows = {"missing state": int(frame["state"].isna().sum())}
    labels = tuple(str(w) for w in sorted(frame["wave"].unique()))
    frame["wave"] = frame["wave"].map({w: i + 1 for i, w in enumerate(sorted(frame["wave"].unique()))})
    frame = frame[frame["state"].notna()].sort_values(["unit", "wave"], ignore_index=True)
    by = frame["unit"]
    inside = frame["state"].astype(bool)
    ever = inside.groupby(by).cummax()
    starts = ever & ~ever.groupby(by).shift(fill_value=False)
    first = ~by.duplicated()
    unseen = starts & ~first & (frame["wave"].groupby(by).diff() != 1)
    cohort = frame["wave"].where(starts).groupby(by).transform("max").fillna(0).astype(int)
    always, hidden = (mask.groupby(by).transform("any") for mask in (starts & first, unseen))
    left = (ever & ~inside).groupby(by).cummax() & ~always & ~hidden
    units = {
        "in the state when first seen": _units(by[always]),
        "joined in a wave not seen": _units(by[hidden]),
        "left again (rows since are not used)": _units(by[left]),
    }
    rows["after leaving"] = int(left.sum())
    frame = frame.assign(cohort=cohort)[~always & ~hidden & ~left]
    rows["missing outcome"] = int(frame["y"].isna().sum())
    frame = frame[frame["y"].notna()]
    before, after = (
        (mask & (frame["cohort"] > 0)).groupby(frame["unit"]).transform("any")
        for mask in (frame["wave"] < frame["cohort"], frame["wave"] >= frame["cohort"])
    )
    usable = (frame["cohort"] == 0) | (before & after)
    units["without the outcome before or after joining"] = _units(frame.loc[~usable, "unit"])
    frame = frame[usable]
    counts = frame[frame["cohort"] > 0].groupby("cohort")["unit"].nunique()
    few = counts[counts < FEWEST_IN_COHORT]
    units[f"in a cohort of fewer than {FEWEST_IN_COHORT}"] = int(few.sum())
    frame = frame[~frame["cohort"].isin(few.index)].reset_index(drop=True)
    used = {labels[int(str(c)) - 1]: int(n) for c, n in counts.drop(few.index).items()}
    never = _units(frame.loc[frame["cohort"] == 0, "unit"])
    kept = {name: n for name, n in units.items() if n}
    return Joining(frame, labels, kept, {name: n for name, n in rows.items() if n}, used, never)


def joiners_needed(found: Joining, detect: float | None = None) -> tuple[float, float, float]:
    """Joiners that would detect a difference with 80 % power at 5 %, comparing one change with those who never join.

    n₁ = 1 / ((d / (k s))² - 1/n₀), k = z(.975) + z(.80) = 2.80, s the standard deviation of the change between
    successive waves
    among the n₀ who never join: the formula of two means of changes, one wave after joining. It leaves out what is
    gained from further waves and lost by different changes among joiners: an order of magnitude.

    Returns
    -------
    Joiners needed (infinite if no number would do against n₀), the difference, and s.

    """
    never = found.frame[found.frame["cohort"] == 0]
    change = never.groupby("unit")["y"].diff().where(never.groupby("unit")["wave"].diff() == 1).dropna()
    spread = float(change.std(ddof=1)) if len(change) > 1 else np.nan
    wanted = HALF * float(never["y"].std(ddof=1)) if detect is None else float(detect)
    if not (spread > 0 and wanted > 0):
        return np.inf, wanted, spread
    k = ndtri((1 + LEVEL) / 2) + ndtri(POWER)
    room = (wanted / (k * spread)) ** 2 - 1 / found.never
    return (float(np.ceil(1 / room)) if room > 0 else np.inf), wanted, spread


def refuse_few(found: Joining, detect: float | None = None) -> tuple[str, ...]:
    """Refuse an event study with too few joiners, saying how many would do.

    Raises
    ------
    ModelError
        If there are fewer than ``joiners_needed``, or nobody who never joins.

    """
    account = "; ".join(f"{n} {reason}" for reason, n in found.units.items())
    told = f" (units left out: {account})" if account else ""
    if not found.never:
        raise ModelError(
            f"every unit joins or was in the state when first seen: there is nobody to compare with{told}"
        )
    needed, wanted, spread = joiners_needed(found, detect)
    if found.joiners < needed:
        would = f"{needed:.0f} would do" if np.isfinite(needed) else "no number would do"
        cohorts = ", ".join(f"{wave}: {n}" for wave, n in found.cohorts.items()) or "none"
        raise ModelError(
            f"too few joiners for an event study: {found.joiners} (by wave {cohorts}), where {would} to detect "
            f"a difference of {wanted:.3g} with {100 * POWER:.0f} % power against {found.never} that "
            f"never join (standard deviation of a change {spread:.3g}); a cohort needs {FEWEST_IN_COHORT}{told}"
        )
    return ()


def _read(panel: pd.DataFrame, names: tuple[str, str, str, str], keep: Sequence[str]) -> pd.DataFrame:
    outcome, state, unit, wave = names
    frame = panel if unit in panel.columns else panel.reset_index()
    for name in (*names, *keep):
        if name not in frame.columns:
            raise ModelError(f"the panel has no column {name!r}{nearest(name, frame.columns)}")
    if frame.duplicated([unit, wave]).any():
        raise ModelError(
            f"{int(frame.duplicated([unit, wave]).sum())} rows repeat a {unit} × {wave} already met"
        )
    if frame[outcome].isna().all():
        raise ModelError(f"{outcome} is missing in every row")
    if not frame[state].dropna().isin([0, 1]).all() or frame[state].isna().all():
        raise ModelError(f"{state} is not a state: it must be true or false")
    columns: dict[str, Any] = {"unit": pd.factorize(frame[unit])[0], "wave": frame[wave].to_numpy()}
    columns |= {"state": frame[state].astype("boolean").array, "y": frame[outcome].astype(float).to_numpy()}
    return pd.DataFrame(columns | {f"keep {name}": frame[name].to_numpy() for name in keep})


def _units(values: pd.Series) -> int:
    return int(values.nunique())
