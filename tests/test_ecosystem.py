"""The ecosystem: ties at a date, two-mode measures, likeness by permutation."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from panel_eis.ecosystem import (
    bodies,
    co_members,
    ei_index,
    homophily,
    shared_organisations,
    ties_at,
    two_mode,
)  # fmt: skip
from panel_eis.errors import UsageError
from panel_eis.register import Register

DAY = pd.Timestamp


def _register(memberships=(), support=()):
    spells = pd.DataFrame(memberships, columns=["unit", "network", "role", "other", "start", "end"])
    money = pd.DataFrame(
        support, columns=["unit", "instrument", "level", "amount", "evaluation", "start", "end"]
    )
    for frame in (spells, money):
        frame[["start", "end"]] = frame[["start", "end"]].apply(pd.to_datetime)
    return Register(pd.DataFrame(), pd.DataFrame(), spells, money)


def test_only_ties_that_hold_on_the_day_count():
    """A spell holds from its first day, and no longer on its last; a peer tie is one, whoever tells it."""
    register = _register(
        [
            ("A", "net_a", "member", None, "2020-01-01", "2021-04-01"),
            ("A", "net_b", "member_service", None, "2021-04-01", None),
            ("B", None, "peer", "A", "2020-01-01", None),
            ("A", None, "peer", "B", "2020-06-01", None),
        ],
        [
            ("A", "cpo", "epci", 3.0, "none", "2019-01-01", None),
            ("A", "call", "epci", 1.0, "none", "2020-01-01", None),
        ],
    )
    ties = ties_at(register, DAY("2021-04-01"))
    assert ties[["kind", "unit", "body", "service"]].to_dict("records") == [
        {"kind": "network", "unit": "A", "body": "net_b", "service": True},
        {"kind": "peer", "unit": "A", "body": "B", "service": False},
        {"kind": "public", "unit": "A", "body": "epci", "service": False},
    ]


@pytest.fixture
def ties():
    """Four organisations: a and b share two networks, c joins them through one, d is alone with its region."""
    rows = [("a", "n1"), ("b", "n1"), ("c", "n1"), ("a", "n2"), ("b", "n2")]
    frame = pd.DataFrame(rows, columns=["unit", "body"]).assign(kind="network", service=False)
    return pd.concat(
        [frame, pd.DataFrame({"unit": ["d"], "body": ["region"], "kind": "public", "service": False})]
    )


def test_brokerage_counts_the_pairs_that_only_this_body_brings_together(ties):
    """Of the three pairs of n1, a–b also meet in n2; n2 brings nobody together alone."""
    table = bodies(two_mode(ties, ["a", "b", "c", "d"])).set_index("body")
    assert table.loc["n1", ["n", "bridged"]].tolist() == [3, 2]
    assert table.loc["n1", "brokerage"] == pytest.approx(2 / 3)
    assert table.loc["n2", "brokerage"] == 0
    assert np.isnan(table.loc["region", "brokerage"])
    shared = shared_organisations(two_mode(ties, ["a", "b", "c", "d"])).set_index(["first", "second"])["n"]
    assert (shared["n1", "n2"], shared["n1", "region"]) == (2, 0)


def test_two_mode_betweenness_is_that_of_a_published_network():
    """Davis's Southern Women, Borgatti and Everett (1997, table 6): event E8 has the highest betweenness, 0.244 normalised."""
    women = nx.davis_southern_women_graph()
    top = [n for n, mode in women.nodes(data="bipartite") if mode == 0]
    ties = pd.DataFrame(
        [(w, e) for w in top for e in women[w]], columns=["unit", "body"]
    ).assign(kind="network", service=False)  # fmt: skip
    table = bodies(two_mode(ties, top)).sort_values("betweenness", ascending=False)
    assert table["body"].iloc[0] == "E8"
    assert table["betweenness"].iloc[0] == pytest.approx(0.244, abs=5e-4)
    assert table.set_index("body").loc["E8", "n"] == 14


def test_the_ei_index_goes_from_all_within_to_all_between():
    """Two ties within, one between: (1 − 2) / 3."""
    peers = pd.DataFrame({"unit": ["a", "b", "c"], "body": ["b", "c", "d"], "kind": "peer", "service": False})
    assert ei_index(peers, {"a": "x", "b": "x", "c": "y", "d": "y"}) == pytest.approx(-1 / 3)
    assert ei_index(peers, dict.fromkeys("abcd", "x")) == -1
    assert np.isnan(ei_index(peers.iloc[:0], {"a": "x"}))


def test_likeness_beyond_chance_is_found_and_chance_is_not():
    """Pairs made alike give a small p-value; over worlds without likeness about one in twenty is under 5 %."""
    rng = np.random.default_rng(5)
    names = [f"u{k}" for k in range(80)]
    trait = dict(zip(names, rng.integers(0, 2, 80), strict=True))
    alike = [(a, b) for a in names for b in names if a < b and trait[a] == trait[b]][::20]
    found = homophily(pd.DataFrame(alike, columns=["unit", "body"]), trait, seed=1, draws=299)
    assert found.observed == 1.0
    assert found.p_value < 0.01
    low = 0
    for world in range(120):
        pairs = pd.DataFrame(rng.choice(names, (60, 2)), columns=["unit", "body"]).query("unit != body")
        low += homophily(pairs, trait, seed=world, draws=99).p_value <= 0.05
    assert low <= 14


def test_likeness_by_composition_is_not_homophily_within_strata():
    """Two legal forms, one that evaluates: ties within forms look alike, and are as expected once forms are held."""
    names = [f"u{k}" for k in range(40)]
    trait = {u: float(k < 20) for k, u in enumerate(names)}
    form = {u: "coop" if k < 20 else "association" for k, u in enumerate(names)}
    pairs = pd.DataFrame([(names[k], names[k + 1]) for k in range(39) if k != 19], columns=["unit", "body"])
    assert homophily(pairs, trait, seed=1, draws=199).p_value < 0.05
    held = homophily(pairs, trait, seed=1, draws=199, strata=form)
    assert held.expected == held.observed
    assert held.p_value == 1.0
    with pytest.raises(UsageError, match="No pair"):
        homophily(pairs.iloc[:0], trait, seed=1)


def test_co_members_are_given_once(ties):
    """a and b share two networks and make one pair."""
    assert co_members(ties, ["a", "b", "c"]).to_numpy().tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]
