"""Are tied organisations alike: tests at each wave, and the change between two."""

import numpy as np
import pandas as pd
import pytest

from panel_eis.ecosystem import ei_index, homophily
from panel_eis.errors import UsageError
from panel_eis.likeness import Ties, alike, change, expected, permutation_test
from panel_eis.tied import body_labels


def _world(seed, *, n=60, ties=120, likes=0.0):
    """Random pairs of organisations with a label; ``likes`` is the chance that a pair is made of two alike."""
    rng = np.random.default_rng(seed)
    names = [f"u{k:02d}" for k in range(n)]
    label = dict(zip(names, rng.random(n) < 0.5, strict=True))
    kept = []
    while len(kept) < ties:
        a, b = rng.choice(names, 2, replace=False)
        if label[a] == label[b] or rng.random() > likes:
            kept.append((a, b))
    return pd.DataFrame(kept, columns=["unit", "body"]), label


def test_the_share_expected_by_chance_is_the_mean_over_permutations():
    """Worked out, against many draws by the other function of the package; with strata and without."""
    pairs, label = _world(1)
    strata = {u: "x" if k % 3 else "y" for k, u in enumerate(sorted(label))}
    for group in (None, strata):
        ties = Ties.of(pairs, label, group)
        trait = {u: float(v) for u, v in label.items()}
        drawn = homophily(pairs, trait, seed=2, draws=4000, strata=group)
        assert float(expected(ties)[0]) == pytest.approx(drawn.expected, abs=0.003)
        test = permutation_test(ties, seed=3, draws=999)
        assert test["observed"] == pytest.approx(drawn.observed)
        assert test["p_value"] == pytest.approx(drawn.p_value, abs=0.05)


def test_the_ei_index_is_one_less_twice_the_share_alike():
    """Any number of groups."""
    pairs, label = _world(4)
    form = {u: "abc"[k % 3] for k, u in enumerate(sorted(label))}
    known = ei_index(pairs.assign(kind="peer", service=False), form)
    assert 1 - 2 * float(alike(Ties.of(pairs, form))[0]) == pytest.approx(known)


def test_a_change_of_likeness_is_found_and_none_is_not_invented():
    """From no likeness to likeness; then twenty pairs of waves without: seventeen intervals or more hold zero."""
    before, label = _world(5)
    after, _ = _world(5, likes=0.9)
    moved = change(Ties.of(before, label), Ties.of(after, label), seed=1, draws=399)
    assert moved["low"] > 0
    assert moved["low"] < moved["change"] < moved["high"]
    held = 0
    for seed in range(20):
        first, label = _world(100 + seed)
        rng = np.random.default_rng(seed)
        second = pd.DataFrame(
            [rng.choice(sorted(label), 2, replace=False) for _ in range(120)], columns=["unit", "body"]
        )
        found = change(Ties.of(first, label), Ties.of(second, label), seed=seed, draws=199)
        held += found["low"] <= 0 <= found["high"]
    assert held >= 17


def test_draws_do_not_depend_on_how_many_fit_in_memory(monkeypatch):
    """Nothing moves but the size of the blocks: the interval stays near."""
    pairs, label = _world(6)
    ties = Ties.of(pairs, label)
    whole = permutation_test(ties, seed=1, draws=999)
    monkeypatch.setattr("panel_eis.likeness._ROOM", 1000)
    assert permutation_test(ties, seed=1, draws=999)["p_value"] == pytest.approx(whole["p_value"], abs=0.05)


def test_no_pair_with_known_labels_is_said():
    """Rather than a division by zero."""
    pairs, _ = _world(7)
    with pytest.raises(UsageError, match="known label"):
        Ties.of(pairs, {"other": True})


def test_a_network_is_named_only_if_it_agreed(codebook):
    """Otherwise it has a number, in both languages; levels of public authority are no bodies."""

    class Study:
        def __init__(self):
            self.codebook = codebook

        @staticmethod
        def table(name):
            assert name == "networks"
            return pd.DataFrame({"network": ["net_a", "net_b"], "consent": ["yes", "no"]})

    labels = {lang: body_labels(Study(), lang) for lang in ("fr", "en")}
    named = codebook.choice_labels("network", "fr")
    assert labels["fr"]["network", "net_a"] == named["net_a"]
    assert labels["fr"]["network", "net_b"] == "Réseau n°\u00a02"
    assert labels["en"]["network", "net_c"] == "Network no. 3"
    assert labels["en"]["public", "epci"] == codebook.choice_labels("public_level", "en")["epci"]
