"""Likeness of tied organisations, wave by wave, against chance, and its change.

Labels are permuted among organisations and ties kept (Krackhardt, D., 1987, QAP partialling as a test of spuriousness,
*Social Networks* 9, 171–186). A change between waves gets an interval from the vertex bootstrap: organisations are drawn
again, with all their ties, the same draw at both waves, since most answer both (Snijders, T. and Borgatti, S., 1999,
Non-parametric standard errors and tests for network statistics, *Connections* 22(2), 161–170).
Likeness is not influence: ties are chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Ties:
    """Pairs of organisations of one wave, with a label for each organisation and the group within which labels may move."""

    names: tuple[str, ...]
    label: NDArray[np.int64]
    stratum: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]

    @classmethod
    def of(
        cls, pairs: pd.DataFrame, label: Mapping[str, object], stratum: Mapping[str, str] | None = None
    ) -> Ties:
        """Make ties of a frame ``unit, body``; pairs with an organisation without a label are left out.

        Raises
        ------
        UsageError
            No pair is left.

        """
        names = tuple(sorted(label))
        place = {u: k for k, u in enumerate(names)}
        known = pairs[pairs["unit"].isin(place) & pairs["body"].isin(place)]
        if known.empty:
            raise UsageError("No pair of tied organisations has a known label on both sides.")
        first, second = (np.asarray([place[u] for u in known[c]], dtype=np.int64) for c in ("unit", "body"))
        codes = pd.factorize(pd.Series([str(label[u]) for u in names]), sort=True)[0].astype(np.int64)
        groups = pd.factorize(pd.Series([stratum[u] if stratum else "" for u in names]), sort=True)[0]
        return cls(names, codes, groups.astype(np.int64), first, second)


_ROOM = 2_000_000
"""Cells (draws × pairs) worked on at once."""


def alike(
    ties: Ties, label: NDArray[np.int64] | None = None, weight: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Share of pairs with the same label.

    Parameters
    ----------
    label
        One row a draw (draws × organisations); the observed labels when absent.
    weight
        How often each organisation was drawn, one row a draw; all once when absent.

    Returns
    -------
    One share a draw.

    """
    own = ties.label[None, :] if label is None else label
    same = own[:, ties.first] == own[:, ties.second]
    if weight is None:
        return np.asarray(same.mean(axis=1))
    both = weight[:, ties.first] * weight[:, ties.second]
    with np.errstate(invalid="ignore"):
        return np.asarray((both * same).sum(axis=1) / both.sum(axis=1))


def expected(ties: Ties, weight: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Share alike that dealing labels at random within strata would give, worked out and not simulated; one a draw.

    Two organisations of one stratum are dealt without replacement; of two strata, independently.
    """
    w = np.ones((1, len(ties.names))) if weight is None else weight
    kinds, groups = int(ties.label.max()) + 1, int(ties.stratum.max()) + 1
    cell = np.zeros((len(ties.names), groups * kinds))
    cell[np.arange(len(ties.names)), ties.stratum * kinds + ties.label] = 1.0
    count = (w @ cell).reshape(len(w), groups, kinds)
    size = count.sum(axis=2)
    share = count / np.maximum(size, 1e-12)[:, :, None]
    chance = share @ share.transpose(0, 2, 1)
    within = np.maximum(count * (count - 1), 0).sum(axis=2) / np.maximum(size * (size - 1), 1e-12)
    chance[:, np.arange(groups), np.arange(groups)] = within
    kind, of = np.unique(ties.stratum[ties.first] * groups + ties.stratum[ties.second], return_inverse=True)
    both = w[:, ties.first] * w[:, ties.second]
    total = np.stack([both[:, of == k].sum(axis=1) for k in range(len(kind))], axis=1)
    each = chance.reshape(len(w), -1)[:, kind]
    with np.errstate(invalid="ignore"):
        return np.asarray((total * each).sum(axis=1) / total.sum(axis=1))


def permutation_test(ties: Ties, *, seed: int, draws: int = 999) -> dict[str, float]:
    """Test whether tied organisations share a label more, or less, often than by chance.

    Returns
    -------
    ``observed``, ``expected``, ``low`` and ``high`` (the middle 95 % of the permutations), two-sided ``p_value``, ``pairs``.

    """
    rng, values = np.random.default_rng(seed), []
    cells = [np.flatnonzero(ties.stratum == g) for g in np.unique(ties.stratum)]
    for block in _blocks(draws, len(ties.first)):
        dealt = np.tile(ties.label, (block, 1))
        for cell in cells:
            dealt[:, cell] = rng.permuted(dealt[:, cell], axis=1)
        values.append(alike(ties, dealt))
    found = np.concatenate(values)
    observed, centre = float(alike(ties)[0]), float(expected(ties)[0])
    extreme = np.abs(found - centre) >= abs(observed - centre) - 1e-12
    low, high = np.quantile(found, (0.025, 0.975))
    return {
        "observed": observed, "expected": centre, "low": float(low), "high": float(high),
        "p_value": float((1 + extreme.sum()) / (draws + 1)), "pairs": len(ties.first),
    }  # fmt: skip


def change(before: Ties, after: Ties, *, seed: int, draws: int = 999) -> dict[str, float]:
    """Change of the likeness beyond chance (observed − expected) between two waves, with a 95 % interval.

    Organisations of either wave are drawn with replacement, the same draw at both waves.

    Returns
    -------
    ``change``, ``low``, ``high`` (percentiles of the vertex bootstrap).

    """
    names = sorted(set(before.names) | set(after.names))
    place = {u: k for k, u in enumerate(names)}
    where = [np.array([place[u] for u in t.names]) for t in (before, after)]
    rng, values = np.random.default_rng(seed), []
    for block in _blocks(draws, max(len(before.first), len(after.first))):
        drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=block).astype(float)
        gaps = [
            alike(t, weight=drawn[:, w]) - expected(t, drawn[:, w])
            for t, w in zip((before, after), where, strict=True)
        ]
        values.append(gaps[1] - gaps[0])
    low, high = np.nanquantile(np.concatenate(values), (0.025, 0.975))
    observed = [float((alike(t) - expected(t))[0]) for t in (before, after)]
    return {"change": observed[1] - observed[0], "low": float(low), "high": float(high)}


def _blocks(draws: int, pairs: int) -> list[int]:
    """Sizes of the blocks in which draws are made, so that memory does not grow with the network."""
    size = max(1, _ROOM // max(1, pairs))
    return [min(size, draws - start) for start in range(0, draws, size)]
