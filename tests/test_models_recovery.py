"""200 panels shaped like ours, with a known truth: bias and coverage of every estimator.

`python tests/test_models_recovery.py` prints the table of all terms.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from panel_eis.models import Spec, fit

DRAWS, UNITS, WAVES = 200, 240, (2021, 2023, 2025)
TRUTH = {"federation": 0.35, "support": 0.20, "federation:support": 0.25}
BETWEEN_MINUS_WITHIN = {"federation": 0.6, "support": -0.3, "federation:support": 0.2}
COLUMNS = {
    "regressors": ("federation", "support", "size_log"),
    "varying": ("federation", "support"),
    "interactions": (("federation", "support"),),
}


def observed_rows(rng, selection):
    """Who is seen when, with which memberships: rows of a panel without outcomes, and the unit effect.

    Memberships are chosen by units of high effect (``selection``) and few units switch; units of low effect
    leave for good; one row in ten is a gap.
    """
    effect = rng.normal(0, 1, UNITS)
    leaning = {name: selection * effect + rng.normal(0, 1.5, UNITS) for name in ("federation", "support")}
    unit, wave = np.repeat(np.arange(UNITS), len(WAVES)), np.tile(WAVES, UNITS)
    moves = {name: (z[unit] + rng.normal(0, 0.6, len(unit)) > 0).astype(float) for name, z in leaning.items()}
    leaves = rng.logistic(size=(UNITS, 2)) < -1.3 - 0.8 * effect[:, None]
    stays = np.column_stack([np.ones(UNITS, dtype=bool), ~np.maximum.accumulate(leaves, axis=1)]).ravel()
    seen = stays & (rng.random(len(unit)) > 0.1)
    frame = pd.DataFrame(
        {
            "unit": unit,
            "wave": wave,
            **moves,
            "size_log": rng.normal(2.5, 1, UNITS)[unit],
            "effect": effect[unit],
        }
    )
    return frame[seen].reset_index(drop=True)


def index_of(frame, truth=TRUTH):
    """The systematic part of every outcome."""
    product = frame["federation"] * frame["support"]
    own = truth["federation"] * frame["federation"] + truth["support"] * frame["support"]
    drift = 0.05 * (frame["wave"] - WAVES[0])
    return own + truth["federation:support"] * product + 0.1 * frame["size_log"] + drift


@cache
def score_panel(seed, selection):
    """A linear outcome with a unit effect and noise correlated in time."""
    rng = np.random.default_rng([seed, 1])
    frame = observed_rows(rng, selection)
    return frame.assign(score=index_of(frame) + frame["effect"] + rng.normal(0, 0.7, len(frame)))


@cache
def ladder_panel(seed):
    """An ordered outcome whose unit effect is a function of the unit's means, as Mundlak supposes."""
    rng = np.random.default_rng([seed, 2])
    frame = observed_rows(rng, selection=1.0)
    product = (frame["federation"] * frame["support"]).rename("federation:support")
    means = (
        pd.concat([frame[["federation", "support"]], product], axis=1)
        .groupby(frame["unit"])
        .transform("mean")
    )
    effect = sum(delta * means[name] for name, delta in BETWEEN_MINUS_WITHIN.items())
    latent = index_of(frame) + effect + rng.logistic(size=len(frame))
    return frame.assign(ladder=np.searchsorted([-0.6, 0.6, 1.2, 1.8, 2.8], latent))


@cache
def stratified_panel(seed):
    """Two strata of equal size with opposite slopes; the second answers three times in ten, weights say so."""
    rng = np.random.default_rng([seed, 3])
    frame = observed_rows(rng, selection=0.0)
    second = (frame["unit"] % 2).to_numpy()
    share = np.where(second == 1, 0.3, 1.0)
    slope = TRUTH["federation"] + np.where(second == 1, 0.4, -0.4)
    score = slope * frame["federation"] + frame["effect"] + rng.normal(0, 0.7, len(frame))
    kept = rng.random(UNITS)[frame["unit"]] < share
    return frame.assign(score=score, weight=1 / share)[kept]


def spec(estimator, **changes):
    outcome = "ladder" if estimator == "ordered_logit" else "score"
    return Spec(**({"name": estimator, "outcome": outcome, "estimator": estimator} | COLUMNS | changes))


def within_terms(truth=TRUTH):
    return {f"{name}_within": value for name, value in truth.items()}


def between_terms(extra=None):
    return {f"{name}_between": value + (extra or {}).get(name, 0.0) for name, value in TRUTH.items()}


ALONE = {"regressors": ("federation",), "varying": ("federation",), "interactions": ()}
SCENARIOS = {
    # name: (spec, panel of a seed, true value of each term)
    "pooled, no selection": (spec("pooled_ols"), lambda s: score_panel(s, 0.0), TRUTH),
    "within, selection": (spec("within"), lambda s: score_panel(s, 1.0), within_terms()),
    "within-between, no selection": (
        spec("within_between"),
        lambda s: score_panel(s, 0.0),
        within_terms() | between_terms(),
    ),
    "within-between, selection": (spec("within_between"), lambda s: score_panel(s, 1.0), within_terms()),
    "ordered logit with means": (
        spec("ordered_logit"),
        ladder_panel,
        within_terms() | between_terms(BETWEEN_MINUS_WITHIN),
    ),
    "pooled, weighted": (
        spec("pooled_ols", weights="weight", **ALONE),
        stratified_panel,
        {"federation": TRUTH["federation"]},
    ),
}
WRONG = {
    "pooled, selection": (spec("pooled_ols"), lambda s: score_panel(s, 1.0), TRUTH),
    "ordered logit without means": (spec("ordered_logit", varying=()), ladder_panel, TRUTH),
    "pooled, weights left out": (
        spec("pooled_ols", **ALONE),
        stratified_panel,
        {"federation": TRUTH["federation"]},
    ),
}


@cache
def recover(scenario):
    """Bias, its Monte Carlo error, spread, mean error and coverage of each term over the draws."""
    model, make, truth = (SCENARIOS | WRONG)[scenario]
    fits = [
        fit(model, make(seed)).require_converged().coefficients.set_index("term") for seed in range(DRAWS)
    ]
    tables = [table.loc[list(truth)] for table in fits]
    value = pd.Series(truth)
    estimate = pd.concat([table["estimate"] for table in tables], axis=1)
    covered = [(table["conf_low"] <= value) & (value <= table["conf_high"]) for table in tables]
    return pd.DataFrame(
        {
            "truth": value,
            "bias": estimate.mean(axis=1) - value,
            "bias_mc": estimate.std(axis=1) / np.sqrt(DRAWS),
            "sd": estimate.std(axis=1),
            "mean_error": pd.concat([table["std_error"] for table in tables], axis=1).mean(axis=1),
            "coverage": pd.concat(covered, axis=1).mean(axis=1),
        }
    )


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_an_estimator_recovers_the_truth_where_its_assumptions_hold(scenario):
    """Bias within 3.5 Monte Carlo errors; coverage of the 95 % interval between 90 and 98.5 % (200 draws)."""
    table = recover(scenario)
    assert (table["bias"].abs() <= 3.5 * table["bias_mc"]).all(), table
    assert table["coverage"].between(0.90, 0.985).all(), table


@pytest.mark.parametrize("scenario", WRONG)
def test_an_estimator_fails_where_its_assumptions_do_not_hold(scenario):
    """The same yardstick catches pooled least squares under selection, a ladder without means, lost weights."""
    table = recover(scenario)
    assert abs(table.loc["federation", "bias"]) > 5 * table.loc["federation", "bias_mc"], table
    assert table.loc["federation", "coverage"] < 0.85, table


def test_the_panels_are_shaped_like_ours():
    """Attrition, gaps, few switchers and selection are what the recovery claims to survive."""
    frame = score_panel(0, 1.0)
    by_unit = frame.groupby("unit")
    first, last = frame[frame["wave"] == WAVES[0]], frame[frame["wave"] == WAVES[-1]]
    assert len(last) < 0.75 * len(first)
    assert last["effect"].mean() > first["effect"].mean() + 0.1
    assert 0.1 < by_unit["federation"].agg(np.ptp).mean() < 0.4
    assert frame.groupby("federation")["effect"].mean().diff().iloc[-1] > 0.5
    assert (by_unit["wave"].agg(lambda waves: WAVES[1] not in set(waves) and len(waves) == 2)).any()


if __name__ == "__main__":
    with pd.option_context("display.width", 120, "display.float_format", "{:.3f}".format):
        for name in SCENARIOS | WRONG:
            print(f"\n{name}\n{recover(name)}")  # noqa: T201
