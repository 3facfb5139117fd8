"""How tools travel: whether a tool is taken up more often where those one is tied to use it already.

Rows are organisations × tools × pairs of consecutive waves, where the organisation does not use the tool at the earlier
wave. A row is near when its neighbours use it then: a peer does, or the tool is more common among the other members of its
networks than among all others. Near and far are compared within tools and pairs of waves by Mantel and Haenszel's risk
difference (Greenland, S. and Robins, J., 1985, Estimation of a common effect parameter from sparse follow-up data,
*Biometrics* 41, 55–68), so that a tool which is in fashion does not count as one that travels. Its interval draws
organisations again, with all their rows (cluster bootstrap). Its test keeps the ties and deals organisations, each
with its whole history, anew among the places of the graph that are tied at the same waves (Krackhardt, D., 1987, QAP
partialling, *Social Networks* 9, 171–186): the null is that it does not matter to whom one is tied, given that one is.

An association is not contagion: those who are alike choose each other, and would take up the same tools anyway (Shalizi, C.
and Thomas, A., 2011, *Sociological Methods & Research* 40, 211–239). The test rejects for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from panel_eis.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

Near = Literal["any", "commoner"]


@dataclass(frozen=True)
class Period:
    """Two consecutive waves: who is tied to whom, and who used what, before and after (missing: not known)."""

    names: tuple[str, ...]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    tied: NDArray[np.float64]

    @classmethod
    def of(cls, before: pd.DataFrame, after: pd.DataFrame, pairs: pd.DataFrame) -> Period:
        """Make a period of 0/1 tables indexed by unit, one column a tool, and of pairs ``unit, body`` at the earlier wave.

        Organisations that did not answer at the earlier wave, or have no tie with one that did, do not count.
        """
        known = before.dropna()
        both = pairs[pairs["unit"].isin(known.index) & pairs["body"].isin(known.index)]
        names = tuple(sorted({*both["unit"], *both["body"]}))
        place = {unit: k for k, unit in enumerate(names)}
        tied = np.zeros((len(names), len(names)))
        first, second = (both[c].map(place).to_numpy(dtype=int) for c in ("unit", "body"))
        tied[first, second] = tied[second, first] = 1.0
        np.fill_diagonal(tied, 0.0)
        own = [f.reindex(list(names)).astype("float64").to_numpy() for f in (known, after[known.columns])]
        return cls(names, own[0], own[1], tied)

    def near(self, used: NDArray[np.float64], how: Near) -> NDArray[np.bool_]:
        """Whether the neighbours of each place use each tool, if ``used`` says who used what."""
        reach = self.tied @ used
        if how == "any":
            return np.asarray(reach > 0)
        degree = np.maximum(self.tied.sum(axis=1), 1)[:, None]
        others = (used.sum(axis=0) - used) / max(1, len(self.names) - 1)
        return np.asarray(reach / degree > others + 1e-12)

    def rows(self, how: Near, order: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """Four counts for each organisation and tool (organisations × 4 × tools).

        Near, near and taken up, far, far and taken up; ``order`` says who stands at each place, themselves when absent.
        """
        places = np.arange(len(self.names)) if order is None else order
        used, then = self.before[places], self.after[places]
        at_risk = (used == 0) & ~np.isnan(then)
        near, taken = self.near(used, how), at_risk & (then > 0)
        return np.stack([at_risk & near, taken & near, at_risk & ~near, taken & ~near], axis=1).astype(float)


def risk_difference(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mantel and Haenszel's, near less far, over strata (draws × 4 × strata); missing where none has both sides."""
    near, near_taken, far, far_taken = (counts[:, k] for k in range(4))
    size = np.maximum(near + far, 1e-12)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(
            ((near_taken * far - far_taken * near) / size).sum(axis=1) / (near * far / size).sum(axis=1)
        )


def travelled(
    periods: Sequence[Period], how: Near, *, seed: int, draws: int = 999, tools: Sequence[int] | None = None
) -> dict[str, float]:
    """Compare taking up near and far, over all tools or some of them, by place.

    Returns
    -------
    ``near``, ``near_taken``, ``far``, ``far_taken`` (rows), ``units`` organisations at risk; ``difference`` with ``low`` and
    ``high`` (95 %) and ``p_value``, missing where no tool has rows on both sides.

    Raises
    ------
    UsageError
        No period has two organisations tied to each other.

    """
    periods = [p for p in periods if p.names]
    if not periods:
        raise UsageError("No two tied organisations both answered: nothing can travel.")
    units, where = _places(periods)
    kept = slice(None) if tools is None else list(tools)
    whole = [p.rows(how)[:, :, kept] for p in periods]
    observed = np.concatenate([rows.sum(axis=0) for rows in whole], axis=1)
    total = observed.sum(axis=1)
    at_risk = {units[k] for at, rows in zip(where, whole, strict=True) for k in at[rows.sum(axis=(1, 2)) > 0]}
    said = dict(zip(("near", "near_taken", "far", "far_taken"), total.tolist(), strict=True))
    said["units"] = len(at_risk)
    found = float(risk_difference(observed[None])[0])
    if np.isnan(found):
        return said | dict.fromkeys(("difference", "low", "high", "p_value"), np.nan)
    rng = np.random.default_rng(seed)
    weight = rng.multinomial(len(units), np.full(len(units), 1 / len(units)), size=draws).astype(float)
    drawn = [
        np.einsum("du,ukt->dkt", weight[:, at], rows, optimize=True)
        for at, rows in zip(where, whole, strict=True)
    ]
    low, high = np.nanquantile(risk_difference(np.concatenate(drawn, axis=2)), (0.025, 0.975))
    dealt = risk_difference(_dealt(periods, how, kept, rng, draws))
    dealt = dealt[~np.isnan(dealt)]
    extreme = np.abs(dealt - dealt.mean()) >= abs(found - dealt.mean()) - 1e-12
    p_value = float((1 + extreme.sum()) / (len(dealt) + 1))
    return said | {"difference": found, "low": float(low), "high": float(high), "p_value": p_value}


def _places(periods: Sequence[Period]) -> tuple[list[str], list[NDArray[np.int64]]]:
    """All organisations, and where those of each period stand among them."""
    units = sorted({name for p in periods for name in p.names})
    return units, [np.searchsorted(units, p.names) for p in periods]


def _dealt(
    periods: Sequence[Period], how: Near, kept: slice | list[int], rng: np.random.Generator, draws: int
) -> NDArray[np.float64]:
    """Give the counts of each draw (draws × 4 × strata) with organisations dealt anew among the places.

    An organisation goes with its whole history to a place that is tied at the same waves: one deal holds for all periods.
    """
    units, where = _places(periods)
    pattern = np.zeros(len(units), dtype=int)
    for k, at in enumerate(where):
        pattern[at] += 1 << k
    cells = [np.flatnonzero(pattern == p) for p in np.unique(pattern)]
    inside = [{int(u): k for k, u in enumerate(at)} for at in where]
    found = []
    for _ in range(draws):
        stands = np.arange(len(units))
        for cell in cells:
            stands[cell] = rng.permutation(cell)
        orders = [
            np.array([places[u] for u in stands[at].tolist()], dtype=np.int64)
            for places, at in zip(inside, where, strict=True)
        ]
        rows = [p.rows(how, o)[:, :, kept].sum(axis=0) for p, o in zip(periods, orders, strict=True)]
        found.append(np.concatenate(rows, axis=1))
    return np.stack(found)
