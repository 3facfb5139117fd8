"""Specification curve: one association under every defensible way to estimate it, and one test of all of them.

Decisions about the model (estimator, weights, controls) and about the data (which organisations, which version of
a score, what is done with gaps) are crossed; each combination is a ``Member``. All members are estimated, and the whole is
held against what it would look like if the association were nothing (Simonsohn, Simmons and Nelson 2020, Nature Human
Behaviour 4, 1208-1214).

The null is imposed by flipping organisations, each alike in all members: residuals of the fit without the regressor in
question for linear members (wild cluster bootstrap, ``wild``), efficient scores of that fit for fractional and ordinal
ones (``null_scores``). Members therefore stay as correlated in a draw as they are in the data, and nothing is fitted
again: a draw costs sums over organisations. With imputed panels a draw is pooled by Rubin's rules as the estimate is.
Effects of non-linear members are differences of mean predictions, so that a median over all members means something.

Three statistics are compared with their draws: the median effect (in standard deviations of the outcome), the share of
members significant at 5 % in the direction of the median, and the mean of the members' z (Stouffer).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.special import ndtr

from panel_eis.errors import ModelError
from panel_eis.models.members import LEVEL, Shared, estimate_member, faults
from panel_eis.parallel import HERE, Workers, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from panel_eis.models.decisions import Member
    from panel_eis.models.spec import Spec

STATISTICS: Final = ("median", "share_significant", "stouffer")


def run_curve(
    members: Sequence[Member],
    panels: Mapping[str, pd.DataFrame],
    *,
    rng: np.random.Generator,
    draws: int = 499,
    workers: Workers = HERE,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimate all members and test them jointly.

    Parameters
    ----------
    members
        From ``cross``.
    panels
        Panels by the keys that members name.
    rng, draws
        Source and number of the draws under the null.
    workers
        Where members are estimated; the result is the same anywhere.

    Returns
    -------
    The curve: one row for each member, from the lowest effect to the highest, with its choices, estimate, std_error,
    p_value, conf_low, conf_high, effect, effect_low, effect_high (in standard deviations of the outcome in the rows
    used), n_rows, n_units, n_switchers, message (why there is no estimate, else empty). A member that is not linear has its
    p_value from its scores under the null, as the joint test has. And the test: one row for
    each of ``STATISTICS``, with value, expected (median of the draws), p_value, draws, members.

    Raises
    ------
    ModelError
        A member of another estimator, one that has products without being linear, is clustered otherwise or names a
        panel that is not there; no member with an estimate.

    """
    problems = [p for member in members for p in faults(member, panels)]
    if problems:
        raise ModelError("; ".join(dict.fromkeys(problems)))
    unit = members[0].spec.unit
    labels = sorted({label for panel in panels.values() for label in panel[unit].unique()})
    units = {label: i for i, label in enumerate(labels)}
    coded = {key: _coded(panel, members[0].spec, units) for key, panel in panels.items()}
    shared = Shared(coded, len(units), int(rng.integers(2**63)), draws)
    results = run(
        estimate_member, members, seed=0, shared=shared, workers=workers, chunk=max(8, len(members) // 16)
    )
    rows = [{**member.choices, **result["row"]} for member, result in zip(members, results, strict=True)]
    curve = pd.DataFrame(rows)
    kept = [result for result in results if result["z"] is not None]
    if not kept:
        raise ModelError(f"no specification gives an estimate; the first: {results[0]['row']['message']}")
    test = _joint(kept, draws)
    # Effects that are equal but for rounding keep the order of the members, on every machine.
    order = (
        curve[["effect", "estimate"]]
        .astype(float)
        .round(10)
        .sort_values(["effect", "estimate"], kind="stable")
    )
    curve = curve.loc[order.index].reset_index(drop=True)
    return curve, test


def _coded(panel: pd.DataFrame, spec: Spec, units: Mapping[Any, int]) -> pd.DataFrame:
    """Units and waves as codes, booleans as numbers: what every member would otherwise do again."""
    flags = [c for c in panel.columns if pd.api.types.is_bool_dtype(panel[c].dtype)]
    numbers = {c: panel[c].astype("Float64").to_numpy(dtype=float, na_value=np.nan) for c in flags}
    unit = panel[spec.unit].map(units).to_numpy(dtype=np.intp)
    wave = np.unique(panel[spec.wave], return_inverse=True)[1]
    coded = panel.assign(**{**numbers, spec.unit: unit, spec.wave: wave})
    return coded.sort_values([spec.unit, spec.wave], kind="stable", ignore_index=True)


def _joint(kept: Sequence[dict[str, Any]], draws: int) -> pd.DataFrame:
    """Compare the three statistics with their draws; the median that is told is that of the estimates."""
    effects = np.array([[r["effect"], *r["effects"]] for r in kept], dtype=float)
    z = np.array([[r["z"], *r["zs"]] for r in kept], dtype=float)
    median = np.median(effects, axis=0)
    significant = (2 * ndtr(-np.abs(z)) < LEVEL) & (np.sign(z) == np.sign(median))
    found = {"median": median, "share_significant": significant.mean(axis=0), "stouffer": z.mean(axis=0)}
    told = {"median": float(np.median([r["row"]["effect"] for r in kept]))}
    rows = []
    for name in STATISTICS:
        ours, drawn = found[name][0], found[name][1:]
        p = (1 + int((np.abs(drawn) >= abs(ours) * (1 - 1e-12)).sum())) / (1 + draws)
        value, expected = told.get(name, ours), float(np.median(drawn))
        rows.append({"statistic": name, "value": value, "expected": expected, "p_value": p, "draws": draws})
    return pd.DataFrame(rows).assign(members=len(kept))
