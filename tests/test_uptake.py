"""How tools travel: known contagion is found, none is not invented, and likeness alone looks the same."""

import numpy as np
import pandas as pd
import pytest

from panel_eis.errors import UsageError
from panel_eis.uptake import Period, risk_difference, travelled

TOOLS = 8


def world(seed, *, how="any", contagion=0.0, alike=0.0, drive=0.12, n=90):
    """Two periods of organisations that differ in zeal, of tools that differ in fashion.

    A tool is taken up more often by ``contagion`` where neighbours use it; with ``alike``, ties join those of like zeal, which
    goes with taking up by ``drive``.
    Ties are kept from one period to the next, but for some; some organisations do not answer each time.
    """
    rng = np.random.default_rng(seed)
    zeal, fashion = rng.normal(0, 1, n), np.linspace(-2.2, 0.2, TOOLS)
    names = np.array([f"u{k:03d}" for k in range(n)])
    used = (rng.random((n, TOOLS)) < 1 / (1 + np.exp(-fashion - 0.7 * zeal[:, None]))).astype(float)
    if how == "any":
        ends = rng.integers(0, n, (n * 3, 2))
        near = np.exp(-alike * np.abs(zeal[ends[:, 0]] - zeal[ends[:, 1]]))
        ends = ends[(ends[:, 0] != ends[:, 1]) & (rng.random(len(ends)) < near)][:n]
    else:
        group = rng.integers(0, 8, n) if not alike else np.argsort(np.argsort(zeal)) * 8 // n
        ends = np.array([(a, b) for a in range(n) for b in range(a) if group[a] == group[b]])
    pairs, periods = pd.DataFrame(names[ends], columns=["unit", "body"]), []
    for _ in range(2):
        held = pairs[rng.random(len(pairs)) < (0.85 if how == "any" else 1.0)]
        here, there = rng.random(n) < 0.9, rng.random(n) < 0.85
        before = pd.DataFrame(np.where(here[:, None], used, np.nan), index=names)
        seen = Period.of(before, before, held)
        close = np.zeros((n, TOOLS))
        close[np.searchsorted(names, seen.names)] = seen.near(seen.before, how)
        chance = 0.04 + drive / (1 + np.exp(-fashion - zeal[:, None])) + contagion * close
        used = np.maximum(used, rng.random((n, TOOLS)) < chance)
        after = pd.DataFrame(np.where(there[:, None], used, np.nan), index=names)
        periods.append(Period.of(before, after, held))
    return periods


def _period(before, after, pairs):
    names = list("abcdef")
    frames = [pd.DataFrame(rows, index=names, dtype="float64") for rows in (before, after)]
    return Period.of(*frames, pd.DataFrame([tuple(p) for p in pairs], columns=["unit", "body"]))


def test_only_those_without_the_tool_are_at_risk_and_a_tie_with_a_user_makes_them_near():
    """a uses it; b is tied to a and takes it up; c is tied to d, a non-user, and does not; d's answer is unknown later."""
    nan = np.nan
    period = _period([[1], [0], [0], [0], [0], [nan]], [[1], [1], [0], [nan], [1], [1]], ["ab", "cd", "ef"])
    assert period.names == ("a", "b", "c", "d")  # e is tied to nobody who answered
    assert period.rows("any").sum(axis=0)[:, 0].tolist() == [1, 1, 1, 0]


def test_nearness_by_networks_compares_the_share_of_co_members_with_that_of_all_others():
    """b and c share a network with a, who uses it: half of b's co-members against one other in three."""
    period = _period([[1], [0], [0], [0], [0], [0]], [[1]] * 6, ["ab", "ac", "bc", "de", "ef", "df"])
    assert period.near(period.before, "commoner")[:, 0].tolist() == [False, True, True, False, False, False]


def test_the_difference_is_weighted_within_strata_as_mantel_and_haenszel_do():
    """By hand: (8·10 − 2·10)/20 = 3 and (1·30 − 3·10)/40 = 0 over 10·10/20 = 5 and 10·30/40 = 7.5; strata of one side: none."""
    counts = np.array([[[10, 10, 7], [8, 1, 7], [10, 30, 0], [2, 3, 0]]], dtype=float)
    assert risk_difference(counts)[0] == pytest.approx(3 / 12.5)
    assert risk_difference(counts[:, :, :1])[0] == pytest.approx(0.6)
    assert np.isnan(risk_difference(counts[:, :, 2:])[0])


def test_a_tool_in_fashion_is_no_tool_that_travels():
    """Near and far alike within each tool: no difference, though pooled shares are 70 % and 30 %."""
    counts = np.array([[[90, 10], [72, 2], [30, 110], [24, 22]]], dtype=float)
    assert risk_difference(counts)[0] == pytest.approx(0)


def test_known_contagion_is_found_and_none_is_not_invented():
    """A few worlds of each; the slow test counts many."""
    strong = travelled(world(1, contagion=0.2), "any", seed=1, draws=199)
    assert strong["p_value"] < 0.02
    assert strong["low"] < 0.2 < strong["high"]
    none = [travelled(world(s), "any", seed=s, draws=99)["p_value"] for s in range(10)]
    assert sum(p <= 0.05 for p in none) <= 2


def test_the_same_seed_gives_the_same_bytes_and_nothing_to_compare_is_said():
    """And one tool alone may have no rows on both sides."""
    periods = world(3)
    assert travelled(periods, "any", seed=5, draws=49) == travelled(periods, "any", seed=5, draws=49)
    lone = _period([[1, 0], [0, 0], [1, 0], [1, 0], [1, 0], [1, 0]], [[1, 0]] * 6, ["ab"])
    assert np.isnan(travelled([lone], "any", seed=1, draws=9, tools=[1])["difference"])
    nobody = _period([[1]] * 6, [[1]] * 6, [])
    with pytest.raises(UsageError, match="nothing can travel"):
        travelled([nobody], "any", seed=1)


WORLDS = {
    "none, by peers": ({}, "any"),
    "none, by networks": ({"how": "commoner"}, "commoner"),
    "none, 32 organisations": ({"n": 32}, "any"),
    "contagion of 15 points, by peers": ({"contagion": 0.15}, "any"),
    "contagion of 15 points, by networks": ({"how": "commoner", "contagion": 0.15}, "commoner"),
    "no contagion, like zeal": ({"how": "commoner", "alike": 1.0, "drive": 0.6}, "commoner"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", WORLDS)
def test_size_coverage_and_power_over_many_worlds(kind):
    """Size within Monte Carlo error (three standard errors); and likeness alone is taken for contagion, as said."""
    settings, how = WORLDS[kind]
    count, truth = 200, settings.get("contagion", 0.0)
    found = [travelled(world(s, **settings), how, seed=s, draws=199) for s in range(count)]
    rejected = np.mean([f["p_value"] <= 0.05 for f in found])
    covered = np.mean([f["low"] <= truth <= f["high"] for f in found])
    print(f"{kind}: bias {np.mean([f['difference'] for f in found]) - truth:+.3f}, covered {covered:.3f}, rejected {rejected:.3f}")  # fmt: skip  # noqa: T201
    if kind.startswith("no contagion"):
        assert rejected > 0.3
        return
    assert covered > 0.95 - 0.02 - 3 * np.sqrt(0.95 * 0.05 / count)
    assert np.mean([f["difference"] for f in found]) == pytest.approx(truth, abs=0.012)
    if truth:
        assert rejected > 0.8
    else:
        assert rejected < 0.05 + 3 * np.sqrt(0.95 * 0.05 / count)
