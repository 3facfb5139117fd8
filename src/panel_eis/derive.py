"""Derived variables: one small pure function each, whose name is the column.

Its arguments are the columns that it reads; ``x__previous`` is column ``x`` of the same unit one wave earlier, missing
after a gap. The order of computation follows from the arguments, so a new variable is one function here and
one ``calculate`` row in the codebook.
"""

from __future__ import annotations

import inspect
from functools import cache
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    from panel_eis.codebook import Codebook

PREVIOUS = "__previous"


def ladder(frequency: pd.Series, formalisation: pd.Series, used_in_decision: pd.Series) -> pd.Series:
    """Rung 0–5 from how often, how formally, and whether the results entered a decision (brief, §3.2)."""
    tooled = formalisation.isin(["tooled", "scientific"])
    embedded = used_in_decision.fillna(value=False).astype(bool)
    cases = [
        (frequency == "never", 0),
        (frequency == "considered", 1),
        ((frequency == "occasional") & formalisation.notna() & ~tooled, 2),
        ((frequency == "occasional") & tooled, 3),
        ((frequency == "regular") & ~embedded, 4),
        ((frequency == "regular") & embedded, 5),
    ]
    rung = np.select([c.to_numpy() for c, _ in cases], [r for _, r in cases], default=-1)
    return pd.Series(rung, index=frequency.index, dtype="Int64").replace(-1, pd.NA)


def practises(ladder: pd.Series) -> pd.Series:
    """Rung 2 or above."""
    return ladder >= 2


def size_class(staff: pd.Series) -> pd.Series:
    """Class of headcount used in the analyses (brief, §4.2)."""
    labels = ["0", "1-9", "10-49", "50-249", "250+"]
    edges = [-np.inf, 0, 9, 49, 249, np.inf]
    return pd.cut(staff.astype("float64"), edges, labels=labels, ordered=True)


def staff_log(staff: pd.Series) -> pd.Series:
    """Natural log of headcount plus one."""
    return cast("pd.Series", np.log1p(staff.astype("float64")))


def age(founded: pd.Series, interview_date: pd.Series) -> pd.Series:
    """Years from the foundation to the answer."""
    return interview_date.dt.year - founded.astype("float64")


def federated(networks__none: pd.Series) -> pd.Series:
    """At least one network; the answer "none" is the only one that says the contrary."""
    return ~networks__none


def federated_service(networks_service__none: pd.Series, federated: pd.Series) -> pd.Series:
    """At least one network that provides an evaluation service; no network means no service."""
    return (~networks_service__none).where(federated.fillna(value=True), other=False)


def federated_only(federated: pd.Series, federated_service: pd.Series) -> pd.Series:
    """Member of a network, none of which provides an evaluation service."""
    return federated & ~federated_service


def peer_tie(peers: pd.Series) -> pd.Series:
    """Exchanges with at least one peer organisation about evaluation."""
    return peers >= 1


def asked(demand: pd.Series) -> pd.Series:
    """A public funder requests an evaluation without funding it."""
    return _is(demand, "requested")


def funded(demand: pd.Series) -> pd.Series:
    """A public funder requests an evaluation and funds it."""
    return _is(demand, "funded")


def public_demand(asked: pd.Series, funded: pd.Series) -> pd.Series:
    """An evaluation is requested by a public funder, funded or not."""
    return asked | funded


def multiyear(support_instruments__cpo: pd.Series) -> pd.Series:
    """A multi-year agreement is in force."""
    return support_instruments__cpo


def hybrid(share_subsidy: pd.Series, share_sales: pd.Series) -> pd.Series:
    """Subsidies and sales each make a fifth of the budget or more."""
    return (share_subsidy >= 20) & (share_sales >= 20)


def ladder_before(ladder__previous: pd.Series) -> pd.Series:
    """Rung one wave earlier."""
    return ladder__previous


def respondent_changed(respondent: pd.Series, respondent__previous: pd.Series) -> pd.Series:
    """Another person answers than one wave earlier; missing when either is unknown."""
    return (respondent != respondent__previous).astype("boolean")


def first_wave(unit: pd.Series) -> pd.Series:
    """True on the first answer of a unit (rows are sorted by unit and wave)."""
    return (~unit.duplicated()).astype("boolean")


def _is(answers: pd.Series, code: str) -> pd.Series:
    return (answers == code).astype("boolean").where(answers.notna())


FUNCTIONS: dict[str, Callable[..., pd.Series]] = {
    name: function
    for name, function in list(globals().items())
    if inspect.isfunction(function) and not name.startswith("_") and function.__module__ == __name__
}


def add_derived(panel: pd.DataFrame, codebook: Codebook, waves: list[str]) -> pd.DataFrame:
    """Give the panel with all derived columns added.

    Parameters
    ----------
    panel
        Columns ``unit``, ``wave`` and the answers; sorted by unit and wave.
    codebook
        Names the derived columns; those that are scores are added by ``scores``.
    waves
        All waves in order: "one wave earlier" refers to this list, not to the unit's own answers.

    """
    columns = {name: panel[name] for name in panel.columns}
    for name in order():
        arguments = [_argument(a, columns, waves) for a in inspect.signature(FUNCTIONS[name]).parameters]
        columns[name] = FUNCTIONS[name](*arguments).rename(name)
    added = [v.name for v in codebook.derived if v.name in FUNCTIONS]
    return pd.concat([panel, *(columns[name] for name in added)], axis=1)


def order() -> list[str]:
    """Names of the derived columns, each after those that it reads."""
    reads = {
        name: {a.removesuffix(PREVIOUS) for a in inspect.signature(function).parameters} & set(FUNCTIONS)
        for name, function in FUNCTIONS.items()
    }
    return list(TopologicalSorter(reads).static_order())


def reads() -> dict[str, tuple[str, ...]]:
    """Columns that each derived column is made of, the wave before included (``x`` for ``x__previous``)."""
    return {
        name: tuple(dict.fromkeys(a.removesuffix(PREVIOUS) for a in inspect.signature(function).parameters))
        for name, function in FUNCTIONS.items()
    }


@cache
def lagged() -> frozenset[str]:
    """Derived columns that look one wave back, by themselves or through what they read."""
    found: set[str] = set()
    for name in order():
        arguments = set(inspect.signature(FUNCTIONS[name]).parameters)
        if any(a.endswith(PREVIOUS) for a in arguments) or arguments & found:
            found.add(name)
    return frozenset(found)


def _argument(name: str, columns: dict[str, pd.Series], waves: list[str]) -> pd.Series:
    if not name.endswith(PREVIOUS):
        return columns[name]
    return previous(columns[name.removesuffix(PREVIOUS)], columns["unit"], columns["wave"], waves)


def previous(column: pd.Series, unit: pd.Series, wave: pd.Series, waves: list[str]) -> pd.Series:
    """Value of the same unit one wave earlier, missing after a gap; same index as ``column``."""
    position = wave.map({name: i for i, name in enumerate(waves)})
    shifted = column.groupby(unit).shift()
    consecutive = position.groupby(unit).diff() == 1
    return shifted.where(consecutive)
