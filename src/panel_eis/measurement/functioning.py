"""Does an item keep its meaning from wave to wave? Differential item functioning by ordered logistic regression.

Three models for each item (Swaminathan and Rogers 1990; Zumbo 1999; Crane et al. 2006): the score of its scale; plus the
wave (uniform); plus score × wave (not uniform). Organisations answer several waves, so that the likelihood-ratio test is
not exact; the test that decides is the Wald test of both sets of terms with errors clustered by organisation. The
likelihood ratios are given beside, as R's ``lordif`` does. The score is the mean of the item and of the anchors of
its scale, that is of items not flagged so far; one item of a scale is flagged at a time and all are tested again until
nothing changes (purification, Holland and Thayer 1988; one at a time, Kopf, Zeileis and Strobl 2015).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from panel_eis.errors import ModelError
from panel_eis.models import cumulative
from panel_eis.models.inference import sandwich, wald
from panel_eis.models.multiplicity import benjamini_hochberg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from panel_eis.models.arrays import FloatArray, IntArray

LEVEL: Final = 0.05
LEAST_IN_GRADE: Final = 5
"""Grades with fewer answers are joined to their neighbour (brief, §3.3)."""
JODOIN_GIERL: Final = (0.035, 0.070)
"""Nagelkerke's ΔR²: negligible below, moderate between, large above (Jodoin and Gierl 2001, for uniform DIF)."""
ZUMBO_THOMAS: Final = (0.13, 0.26)
"""The same for ΔR², wider cuts (Zumbo and Thomas 1996; Zumbo 1999)."""
CLASSES: Final = ("negligible", "moderate", "large")


def dif(
    items: pd.DataFrame,
    group: pd.Series,
    scales: Mapping[str, Sequence[str]],
    units: pd.Series | None = None,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Test all items of all scales between groups (waves), with purified anchors.

    Parameters
    ----------
    items
        One column an item, in one direction; a row counts for the items of a scale when it has all of them.
    group
        Wave of each row.
    scales
        Items of each scale, three at least. All items are one family for the false discovery rate.
    units
        Organisation of each row; without it rows are taken as independent.
    level
        False discovery rate at which an item is flagged.

    Returns
    -------
    One row an item: ``scale``, ``item``, ``n``; ``chi2_uniform``, ``chi2_nonuniform``, ``chi2_total`` (likelihood
    ratios), ``df`` of the first two, ``p_lr`` of the last; ``p_uniform``, ``p_nonuniform``, ``p_value`` (clustered
    Wald; the last of both sets); ``p_adjusted`` (Benjamini-Hochberg), ``r2_mcfadden``, ``r2_nagelkerke`` (differences
    of the third and first model), ``jodoin_gierl``, ``zumbo_thomas`` (classes), ``flagged``, ``passes``, ``settled``
    (False when passes ran in circles), ``note``.

    Raises
    ------
    ModelError
        With one group, a scale of fewer than three items, or a constant item.

    """
    for scale, names in scales.items():
        if len(names) < 3:
            raise ModelError(f"scale {scale} has {len(names)} items: a score to compare with needs three")
    if group.nunique() < 2:
        raise ModelError("items are compared between two waves at least")
    rows_of = {scale: _complete(items[list(names)], group, units) for scale, names in scales.items()}
    flagged: frozenset[str] = frozenset()
    seen: list[frozenset[str]] = []
    while True:
        rows = [
            _one(rows_of[scale], item, flagged) | {"scale": scale, "item": item}
            for scale, names in scales.items()
            for item in names
        ]
        table = pd.DataFrame(rows)
        table["p_adjusted"] = benjamini_hochberg(table["p_value"].to_numpy())
        found = _next(table, flagged, level)
        seen.append(flagged)
        if found in seen:
            break
        flagged = found
    return table.assign(flagged=table["item"].isin(flagged), passes=len(seen), settled=found == flagged)


def _next(table: pd.DataFrame, flagged: frozenset[str], level: float) -> frozenset[str]:
    """Keep what is still found, and add the one item of each scale that is found most surely.

    One at a time, because an item that moved drags the score of its scale, and its innocent neighbours with it.
    """
    sure = table[table["p_adjusted"] < level].sort_values("p_value", kind="stable")
    fresh = sure[~sure["item"].isin(flagged)].drop_duplicates("scale")
    return frozenset(sure["item"]) & flagged | frozenset(fresh["item"])


def effect_class(change: float, cuts: tuple[float, float]) -> str:
    """Name of an effect size by its two cut-offs."""
    return CLASSES[int(change >= cuts[0]) + int(change >= cuts[1])]


def join_sparse(values: IntArray, least: int = LEAST_IN_GRADE) -> IntArray:
    """Codes 0 … J-1, grades with fewer than ``least`` answers joined to the neighbour nearer the middle."""
    codes = np.unique(values, return_inverse=True)[1]
    while (counts := np.bincount(codes)).min() < least and len(counts) > 2:
        rare = int(counts.argmin())
        into = rare + 1 if rare < len(counts) / 2 else rare - 1
        codes = np.unique(np.where(codes == rare, into, codes), return_inverse=True)[1]
    return np.asarray(codes, dtype=np.intp)


class _Scale(NamedTuple):
    """Complete answers of one scale, indicators of all waves but the first, and codes of the organisations."""

    items: pd.DataFrame
    dummies: FloatArray
    cluster: IntArray


def _complete(items: pd.DataFrame, group: pd.Series, units: pd.Series | None) -> _Scale:
    whole = items.notna().all(axis=1) & group.notna()
    rows = items.loc[whole].astype("float64")
    constant = [str(name) for name in rows if rows[name].nunique() < 2]
    if constant:
        raise ModelError(f"constant, so it cannot function differently: {', '.join(constant)}")
    waves = group[whole].astype(str).to_numpy()
    labels = np.arange(len(rows)) if units is None else units[whole].astype(str).to_numpy()
    codes = np.unique(labels, return_inverse=True)[1]
    return _Scale(rows, (waves[:, None] == np.unique(waves)[None, 1:]).astype(float), codes)


def _one(scale: _Scale, item: str, flagged: frozenset[str]) -> dict[str, Any]:
    anchors = [n for n in scale.items if n == item or n not in flagged]
    note = "" if len(anchors) > 1 else "all other items are flagged: they serve as anchors all the same"
    anchors = anchors if len(anchors) > 1 else list(scale.items)
    rung = join_sparse(scale.items[item].to_numpy().astype(np.intp))
    score = scale.items[anchors].mean(axis=1).to_numpy()
    score = (score - score.mean()) / score.std()
    return _tests(rung, score, scale.dummies, scale.cluster) | {"n": len(rung), "note": note}


def _tests(rung: IntArray, score: FloatArray, dummies: FloatArray, cluster: IntArray) -> dict[str, Any]:
    weights = np.ones(len(rung))
    designs = (
        score[:, None],
        np.column_stack([score, dummies]),
        np.column_stack([score, dummies, score[:, None] * dummies]),
    )
    base, uniform, both = (cumulative.maximise(rung, x, weights) for x in designs)
    df, top = dummies.shape[1], int(rung.max())
    shares = np.bincount(rung) / len(rung)
    empty = float(len(rung) * (shares * np.log(shares)).sum())
    r2 = [1 - model.log_likelihood / empty for model in (base, both)]
    most = 1 - np.exp(2 * empty / len(rung))
    nagelkerke = [
        (1 - np.exp(2 * (empty - m.log_likelihood) / len(rung))) / most for m in (base, uniform, both)
    ]
    change = float(nagelkerke[2] - nagelkerke[0])
    steps = [
        2 * (uniform.log_likelihood - base.log_likelihood),
        2 * (both.log_likelihood - uniform.log_likelihood),
    ]
    first = np.arange(top + 1, top + 1 + df)
    return {
        "chi2_uniform": steps[0],
        "chi2_nonuniform": steps[1],
        "chi2_total": sum(steps),
        "df": df,
        "p_lr_uniform": float(chdtrc(df, max(steps[0], 0.0))),
        "p_lr_nonuniform": float(chdtrc(df, max(steps[1], 0.0))),
        "p_lr": float(chdtrc(2 * df, max(sum(steps), 0.0))),
        "p_uniform": _wald(uniform, first, cluster),
        "p_nonuniform": _wald(both, first + df, cluster),
        "p_value": _wald(both, np.concatenate([first, first + df]), cluster),
        "r2_mcfadden": float(r2[1] - r2[0]),
        "r2_nagelkerke": change,
        "r2_nagelkerke_uniform": float(nagelkerke[1] - nagelkerke[0]),
        "jodoin_gierl": effect_class(change, JODOIN_GIERL),
        "zumbo_thomas": effect_class(change, ZUMBO_THOMAS),
    }


def _wald(model: cumulative.Optimum, terms: IntArray, cluster: IntArray) -> float:
    """F test of ``terms`` with errors clustered and as many degrees of freedom as clusters, less one."""
    if not model.converged:
        raise ModelError("the ordered logit of an item did not converge")
    covariance = sandwich(model.bread, model.scores, cluster)
    contrast = np.eye(len(model.parameters))[terms]
    test = wald(contrast, model.parameters, covariance, int(cluster.max()))
    if test is None:
        raise ModelError("too few organisations to compare an item between waves")
    return float(test["p_value"])
