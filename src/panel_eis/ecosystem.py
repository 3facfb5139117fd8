"""The territorial ecosystem as a graph: organisations, the bodies they are tied to, and each other, at a date.

Sources: Borgatti, S. and Everett, M. (1997), Network analysis of 2-mode data, *Social Networks* 19, 243–269 (two-mode
graphs and centrality); Krackhardt, D. and Stern, R. (1988), Informal networks and organizational crises, *Social Psychology
Quarterly* 51, 123–140 (E–I index); Krackhardt, D. (1987), QAP partialling as a test of spuriousness, *Social Networks* 9,
171–186 (labels are permuted, ties kept). All of it describes: who is tied is chosen, so a likeness of tied organisations is
not an influence.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd

from panel_eis.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from panel_eis.register import Register

KINDS = ("network", "public", "peer")
"""A federation or network, a level of public authority, another organisation."""


def ties_at(register: Register, date: pd.Timestamp) -> pd.DataFrame:
    """Ties that hold on a date.

    Returns
    -------
    ``unit, kind, body, service``: the body is a code of network or public level, or the other organisation of a peer tie
    (given once, the lower identifier first); ``service`` is true for a membership with an evaluation service. Sorted.

    """

    def holding(spells: pd.DataFrame) -> pd.DataFrame:
        return spells[(spells["start"] <= date) & (spells["end"].isna() | (spells["end"] > date))]

    member, support = holding(register.memberships), holding(register.support)
    peer = member[member["role"] == "peer"]
    joined = member[member["role"] != "peer"]
    pairs = np.sort(peer[["unit", "other"]].to_numpy(dtype=str), axis=1).reshape(-1, 2)
    parts = [
        joined[["unit"]].assign(
            kind="network", body=joined["network"], service=joined["role"] == "member_service"
        ),
        support[["unit"]].assign(kind="public", body=support["level"], service=False),
        pd.DataFrame({"unit": pairs[:, 0], "kind": "peer", "body": pairs[:, 1], "service": False}),
    ]
    ties = pd.concat(parts, ignore_index=True).astype({"unit": str, "body": str, "service": bool})
    ties = ties[ties["unit"] != ties["body"]]
    keys = ["kind", "unit", "body"]
    return ties.groupby(keys, sort=True)["service"].any().reset_index()


def two_mode(ties: pd.DataFrame, units: Sequence[str]) -> nx.Graph:
    """Organisations on one side, networks and public levels on the other; peers are left out.

    Nodes are ``("unit", u)`` and ``(kind, body)``, so that a code never meets an identifier; units without a tie are there.
    """
    graph = nx.Graph()
    graph.add_nodes_from((("unit", u) for u in sorted(units)), bipartite=0)
    held = ties[ties["unit"].isin(set(units)) & (ties["kind"] != "peer")]
    for kind, body in sorted(set(zip(held["kind"], held["body"], strict=True))):
        graph.add_node((kind, body), bipartite=1)
    graph.add_edges_from(
        (("unit", u), (k, b)) for u, k, b in zip(held["unit"], held["kind"], held["body"], strict=True)
    )
    return graph


def bodies(graph: nx.Graph) -> pd.DataFrame:
    """Place of each body in a two-mode graph.

    Returns
    -------
    ``kind, body``; ``n`` organisations tied to it; ``betweenness`` (Borgatti and Everett's normalisation for two modes);
    ``bridged``: pairs of its organisations that share no other body, and ``brokerage`` their share among its pairs.

    """
    side = [node for node, mode in graph.nodes(data="bipartite") if mode == 1]
    between = nx.bipartite.betweenness_centrality(graph, [n for n in graph if n not in set(side)])
    rows = []
    for kind, body in sorted(side):
        tied = sorted(graph[kind, body])
        shared = [len(set(graph[a]) & set(graph[b])) for a, b in combinations(tied, 2)]
        alone = sum(s == 1 for s in shared)
        rows.append(
            {
                "kind": kind, "body": body, "n": len(tied), "betweenness": between[kind, body], "bridged": alone,
                "brokerage": alone / len(shared) if shared else np.nan,
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=["kind", "body", "n", "betweenness", "bridged", "brokerage"])


def shared_organisations(graph: nx.Graph) -> pd.DataFrame:
    """Project on the bodies: ``first_kind, first, second_kind, second, n`` organisations tied to both."""
    side = sorted(node for node, mode in graph.nodes(data="bipartite") if mode == 1)
    rows = [
        {"first_kind": a[0], "first": a[1], "second_kind": b[0], "second": b[1], "n": len(set(graph[a]) & set(graph[b]))}
        for a, b in combinations(side, 2)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["first_kind", "first", "second_kind", "second", "n"])


def ei_index(ties: pd.DataFrame, group: Mapping[str, str]) -> float:
    """Krackhardt and Stern's (E − I) / (E + I) over peer ties: −1 all within groups, 1 all between.

    Ties with an organisation of unknown group do not count; missing without any tie.
    """
    pairs = ties[(ties["kind"] == "peer") & ties["unit"].isin(group) & ties["body"].isin(group)]
    if pairs.empty:
        return float("nan")
    external = pairs["unit"].map(dict(group)) != pairs["body"].map(dict(group))
    return float(2 * external.mean() - 1)


@dataclass(frozen=True)
class Permutation:
    """Likeness of tied organisations: observed, expected if labels were dealt at random, and two-sided p-value."""

    observed: float
    expected: float
    p_value: float
    pairs: int
    draws: int


def homophily(
    pairs: pd.DataFrame,
    trait: Mapping[str, float],
    *,
    seed: int,
    draws: int = 999,
    strata: Mapping[str, str] | None = None,
) -> Permutation:
    """Test whether tied organisations are alike more often than by chance, by permuting labels and keeping ties.

    Parameters
    ----------
    pairs
        ``unit, body``: pairs of organisations.
    trait
        A 0/1 trait by organisation; pairs with an unknown one do not count.
    strata
        Labels are permuted within these groups (legal form, say), so that likeness by composition is not homophily.

    Raises
    ------
    UsageError
        No pair of known trait.

    """
    names = sorted(trait)
    place = {u: k for k, u in enumerate(names)}
    known = pairs[pairs["unit"].isin(place) & pairs["body"].isin(place)]
    if known.empty:
        raise UsageError("No pair of tied organisations has a known trait on both sides.")
    a, b = (known[c].map(place).to_numpy() for c in ("unit", "body"))
    value = np.array([float(trait[u]) for u in names])
    group = np.array([strata[u] if strata else "" for u in names])
    cells = [np.flatnonzero(group == g) for g in sorted(set(group))]
    rng, alike = np.random.default_rng(seed), np.empty(draws)
    for k in range(draws):
        dealt = value.copy()
        for cell in cells:
            dealt[cell] = rng.permutation(value[cell])
        alike[k] = (dealt[a] == dealt[b]).mean()
    observed, expected = float((value[a] == value[b]).mean()), float(alike.mean())
    extreme = np.abs(alike - expected) >= abs(observed - expected) - 1e-12
    return Permutation(observed, expected, float((1 + extreme.sum()) / (draws + 1)), len(known), draws)


def co_members(ties: pd.DataFrame, units: Sequence[str], *, kind: str = "network") -> pd.DataFrame:
    """Pairs of organisations tied to a same body, once each: ``unit, body`` (the other organisation)."""
    held = ties[(ties["kind"] == kind) & ties["unit"].isin(set(units))]
    found = {pair for _, group in held.groupby("body") for pair in combinations(sorted(group["unit"]), 2)}
    return pd.DataFrame(sorted(found), columns=["unit", "body"])
