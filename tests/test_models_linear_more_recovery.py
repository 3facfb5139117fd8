"""Panels with a known truth: bias and coverage of the further linear estimators and of every way to an interval.

`python tests/test_models_linear_more_recovery.py` runs all of it and writes docs/verification_linear.md.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panel_eis.models import Spec, fit
from panel_eis.models.pairs import pairs_bootstrap
from panel_eis.models.randomisation import randomisation_test
from panel_eis.models.small_sample import robust
from panel_eis.models.wild import wild_bootstrap
from test_models_recovery import TRUTH, between_terms, score_panel, within_terms
from test_models_recovery import spec as base

DRAWS, FEW_DRAWS = 400, 40
DOCS = Path(__file__).parents[1] / "docs" / "verification_linear.md"


def spec(estimator, **changes):
    split = {} if estimator == "random_effects_means" else {"varying": ()}
    return base(estimator.removesuffix("_means"), **(split | changes))


ESTIMATES = {
    # name: (spec, selection, true value of each term)
    "random effects, no selection": (spec("random_effects"), 0.0, TRUTH),
    "random effects with unit means, no selection": (
        spec("random_effects_means"),
        0.0,
        within_terms() | between_terms(),
    ),
    "random effects with unit means, selection": (spec("random_effects_means"), 1.0, within_terms()),
    "random intercept, no selection": (spec("random_intercept"), 0.0, TRUTH),
    "first differences, selection": (spec("first_difference"), 1.0, within_terms()),
    "long differences, selection": (spec("long_difference"), 1.0, within_terms()),
}
WRONG = {"random effects without means, selection": (spec("random_effects"), 1.0, TRUTH)}


@cache
def recover(name, draws):
    """Bias, its Monte Carlo error, spread, mean error and coverage of each term."""
    model, selection, truth = (ESTIMATES | WRONG)[name]
    tables = [
        fit(model, score_panel(seed, selection)).coefficients.set_index("term").loc[list(truth)]
        for seed in range(draws)
    ]
    value = pd.Series(truth)
    estimate = pd.concat([table["estimate"] for table in tables], axis=1)
    covered = [table["conf_low"].le(value) & table["conf_high"].ge(value) for table in tables]
    return pd.DataFrame(
        {
            "truth": value,
            "bias": estimate.mean(axis=1) - value,
            "bias_mc": estimate.std(axis=1) / np.sqrt(draws),
            "sd": estimate.std(axis=1),
            "mean_error": pd.concat([table["std_error"] for table in tables], axis=1).mean(axis=1),
            "coverage": pd.concat(covered, axis=1).mean(axis=1),
        }
    )


SLOPE = 0.5
REGIONS = Spec(
    name="regions", outcome="y", estimator="pooled_ols", regressors=("x",), wave_effects=False, cluster="region"
)  # fmt: skip
SWITCHERS = Spec(name="switchers", outcome="y", estimator="within", regressors=("x",))
WAYS = Spec(name="ways", outcome="y", estimator="pooled_ols", regressors=("x",), wave_effects=False)


@cache
def regions(seed):
    """Ten clusters of 8 to 60 rows; regressor and error share a part in the cluster."""
    rng = np.random.default_rng([seed, 11])
    region = np.repeat(np.arange(10), np.linspace(8, 60, 10).astype(int))
    x = rng.normal(size=10)[region] + rng.normal(size=len(region))
    y = SLOPE * x + 0.7 * rng.normal(size=10)[region] + rng.normal(size=len(region))
    return pd.DataFrame({"unit": np.arange(len(region)), "wave": 1, "region": region, "x": x, "y": y})


@cache
def switchers(seed):
    """Sixty units over four waves of whom eight join; errors of joiners are larger and lasting."""
    rng = np.random.default_rng([seed, 12])
    unit, wave = np.repeat(np.arange(60), 4), np.tile(np.arange(4), 60)
    x = ((unit < 8) & (wave >= 1 + unit % 3)).astype(float)
    lasting = np.cumsum(rng.normal(size=(60, 4)), axis=1).ravel()
    y = SLOPE * x + rng.normal(size=60)[unit] + 0.3 * lasting * np.where(unit < 8, 2.0, 1.0)
    y += 0.5 * rng.normal(size=240)
    return pd.DataFrame({"unit": unit, "wave": wave, "x": x, "y": y})


@cache
def crossed(seed):
    """Forty units and forty areas, both with a part in regressor and error."""
    rng = np.random.default_rng([seed, 13])
    unit, wave = np.repeat(np.arange(40), 6), np.tile(np.arange(6), 40)
    area = rng.integers(0, 40, 240)
    x, y = (rng.normal(size=40)[unit] + rng.normal(size=40)[area] + rng.normal(size=240) for _ in range(2))
    return pd.DataFrame({"unit": unit, "wave": wave, "area": area, "x": x, "y": SLOPE * x + y})


def intervals(model, frame, seed, term):
    """The interval of one term by every way there is."""
    found = fit(model, frame)
    rng = np.random.default_rng([seed, 14])
    wild = wild_bootstrap(found, frame, term, rng=rng, draws=399)
    pairs = pairs_bootstrap(found, frame, rng=rng, draws=399).set_index("term").loc[term]
    return {
        "CR1, t(G-1)": found.interval(term),
        "CR2, Satterthwaite": robust(found, frame, "CR2").interval(term),
        "CR3, t(G-1)": robust(found, frame, "CR3").interval(term),
        "wild cluster bootstrap": (wild["conf_low"], wild["conf_high"]),
        "pairs cluster bootstrap": (pairs["conf_low"], pairs["conf_high"]),
    }


def ways(frame):
    """One way and two ways."""
    found = fit(WAYS, frame)
    both = robust(found, frame, "CR1", ("unit", "area"))
    return {"CR1 by unit": found.interval("x"), "CR1 by unit and area": both.interval("x")}


DESIGNS = {
    "10 clusters of unequal size, regressor and error shared in them": lambda s: intervals(
        REGIONS, regions(s), s, "x"
    ),
    "within, 60 units, 8 switchers": lambda s: intervals(SWITCHERS, switchers(s), s, "x_within"),
    "errors shared in units and in areas": lambda s: ways(crossed(s)),
}


@cache
def coverage(design, draws):
    """Coverage and mean width of each way."""
    found = [DESIGNS[design](seed) for seed in range(draws)]
    return pd.DataFrame(
        {
            way: {
                "coverage": np.mean([low <= SLOPE <= high for low, high in (f[way] for f in found)]),
                "width": np.median([high - low for low, high in (f[way] for f in found)]),
            }
            for way in found[0]
        }
    ).T


@cache
def size(draws):
    """Share of panels in which a membership without any association is found at 5 %, eight of sixty switching."""
    p = []
    for seed in range(draws):
        frame = switchers(seed)
        frame = frame.assign(y=frame["y"] - SLOPE * frame["x"])
        mix = np.random.default_rng([seed, 15]).permutation(60)  # who joins says nothing about errors
        frame["x"] = frame["x"].to_numpy().reshape(60, 4)[mix].ravel()
        found = fit(SWITCHERS, frame)
        test = randomisation_test(found, frame, "x_within", rng=np.random.default_rng([seed, 16]), draws=99)
        p.append((found.term("x_within")["p_value"], test["p_value"]))
    return pd.Series((np.array(p) <= 0.05).mean(axis=0), index=["CR1, t(G-1)", "randomisation"])


def judged(table, draws):
    """Bias and coverage within Monte Carlo error; small runs are judged as loosely as they deserve."""
    margin = 3.5 * np.sqrt(0.95 * 0.05 / draws)
    assert (table["bias"].abs() <= 3.5 * table["bias_mc"]).all(), table
    assert (table["coverage"] >= 0.945 - margin).all(), table


@pytest.mark.parametrize("name", ESTIMATES)
def test_a_few_panels_show_no_bias(name):
    """Forty panels: a small version of what is run in full by the slow tests."""
    judged(recover(name, FEW_DRAWS), FEW_DRAWS)


@pytest.mark.slow
@pytest.mark.parametrize("name", ESTIMATES)
def test_an_estimator_recovers_the_truth_where_its_assumptions_hold(name):
    """Four hundred panels shaped like ours."""
    judged(recover(name, DRAWS), DRAWS)


@pytest.mark.slow
def test_random_effects_without_means_fail_under_selection():
    """The same yardstick catches what a referee would."""
    table = recover("random effects without means, selection", DRAWS)
    assert table.loc["federation", "bias"] > 10 * table.loc["federation", "bias_mc"]
    assert table.loc["federation", "coverage"] < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("design", list(DESIGNS)[:2])
def test_few_clusters_are_covered_by_what_is_made_for_them(design):
    """CR2 with Satterthwaite and the wild bootstrap cover where CR1 does not; CR3 comes closer."""
    table = coverage(design, DRAWS)["coverage"]
    assert table["CR1, t(G-1)"] < 0.92
    assert table[["CR2, Satterthwaite", "wild cluster bootstrap"]].between(0.92, 0.98).all(), table
    assert table["CR3, t(G-1)"] > table["CR1, t(G-1)"] + 0.02, table


@pytest.mark.slow
def test_two_ways_cover_where_one_does_not():
    """Errors shared in two kinds of clusters need both."""
    table = coverage("errors shared in units and in areas", DRAWS)["coverage"]
    assert table["CR1 by unit"] < 0.93 < table["CR1 by unit and area"] < 0.98, table


@pytest.mark.slow
def test_randomisation_has_its_size():
    """Five in a hundred, whatever the number of switchers."""
    assert size(200)["randomisation"] <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


def report():
    """The tables as Markdown."""
    lines = [
        "# Verification of the linear estimators by simulation",
        "",
        "Written by `python tests/test_models_linear_more_recovery.py`; checked by the slow tests of that file.",
        f"{DRAWS} panels a line (randomisation 200). Panels of the first table are those of `tests/test_models_recovery.py`:",
        "240 organisations, three waves, attrition and gaps, memberships chosen by organisations of high unit effect",
        f"where it says selection. A coverage of 95 % has a Monte Carlo error of {100 * np.sqrt(0.95 * 0.05 / DRAWS):.1f} points.",
        "",
        "| scenario | term | truth | bias (its Monte Carlo error) | sd | mean error | coverage of 95 % |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in ESTIMATES | WRONG:
        for term, row in recover(name, DRAWS).iterrows():
            lines.append(
                f"| {name} | {term} | {row.truth:.2f} | {row.bias:+.3f} ({row.bias_mc:.3f}) | {row.sd:.3f} "
                f"| {row.mean_error:.3f} | {100 * row.coverage:.1f} |"
            )
    lines += ["", "| design | interval | coverage of 95 % | median width |", "|---|---|---|---|"]
    for design in DESIGNS:
        lines += [
            f"| {design} | {way} | {100 * row.coverage:.1f} | {row.width:.2f} |"
            for way, row in coverage(design, DRAWS).iterrows()
        ]
    lines += ["", "| test of no association at 5 %, within, 60 units, 8 switchers | rejects |", "|---|---|"]
    lines += [f"| {way} | {100 * share:.1f} % |" for way, share in size(200).items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    DOCS.write_text(report(), encoding="utf-8")
