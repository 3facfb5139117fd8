"""Ordinal panel estimators on simulated panels shaped like ours (200 organisations, 5 waves, leavers, few switchers).

The normal run takes 40 panels a scenario, ``make test-all`` 400. ``python tests/test_models_ordinal_panel_recovery.py``
writes docs/verification_ordinal.md.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panel_eis.models import Spec, average_marginal_effects, fit
from panel_eis.models.averages import average
from panel_eis.models.histories import at_risk, dynamic

UNITS, WAVES = 200, (2017, 2019, 2021, 2023, 2025)
TRUTH = {"member": 0.8, "support": 0.4}
CUTS = np.array([0.0, 1.2, 2.2, 3.4])
SIGMA = 1.2
FEW, MANY = 40, 400


def observed_rows(rng, effect, selection):
    """Memberships chosen by units of high effect and seldom changed; leavers, more of them small; gaps."""
    leaning = {name: selection * effect + rng.normal(0, 1.2, UNITS) for name in TRUTH}
    unit, wave = np.repeat(np.arange(UNITS), len(WAVES)), np.tile(WAVES, UNITS)
    moves = {name: (z[unit] + rng.normal(0, 0.8, len(unit)) > 0).astype(float) for name, z in leaning.items()}
    size = rng.normal(2.5, 1, UNITS)
    leaves = rng.logistic(size=(UNITS, len(WAVES) - 1)) < -2.5 - 0.5 * (size[:, None] - 2.5)
    stays = np.column_stack([np.ones(UNITS, dtype=bool), ~np.maximum.accumulate(leaves, axis=1)]).ravel()
    seen = stays & (rng.random(len(unit)) > 0.08)
    frame = pd.DataFrame(
        {"unit": unit, "wave": wave, **moves, "size_log": size[unit], "effect": effect[unit]}
    )
    return frame[seen].reset_index(drop=True)


def latent(frame):
    own = sum(slope * frame[name] for name, slope in TRUTH.items())
    return own + 0.2 * (frame["size_log"] - 2.5) + 0.05 * (frame["wave"] - WAVES[0])


ERRORS = {
    "logit": lambda rng, n: rng.logistic(size=n),
    "probit": lambda rng, n: rng.normal(size=n),
    "cloglog": lambda rng, n: rng.gumbel(size=n),
}


@cache
def mundlak_panel(seed, law="logit", sigma=SIGMA):
    """An effect that depends on the unit's means, plus a normal one: what the random-effects models suppose."""
    rng = np.random.default_rng([seed, 11])
    frame = observed_rows(rng, rng.normal(0, 1, UNITS), 0.8)
    means = frame.groupby("unit")[list(TRUTH)].transform("mean")
    effect = means["member"] - 0.3 * means["support"] + sigma * rng.normal(size=UNITS)[frame["unit"]]
    total = latent(frame) + effect + ERRORS[law](rng, len(frame))
    return frame.assign(
        ladder=np.searchsorted(CUTS, total), means_member=means["member"], means_support=means["support"]
    )


@cache
def skewed_panel(seed):
    """An effect far from normal, behind memberships in no way that unit means could catch."""
    rng = np.random.default_rng([seed, 12])
    effect = rng.exponential(1.3, UNITS) - 1.3
    frame = observed_rows(rng, effect, 0.8)
    total = latent(frame) + 1.5 * frame["effect"] + rng.logistic(size=len(frame))
    return frame.assign(ladder=np.searchsorted(CUTS, total), adopted=(total > 1.2).astype(int))


@cache
def dynamic_panel(seed):
    """A rung that depends on the rung before and on an effect that chose the first rung too."""
    rng = np.random.default_rng([seed, 13])
    effect = rng.normal(0, 0.8, UNITS)
    member = (0.6 * effect[:, None] + rng.normal(size=(UNITS, len(WAVES))) > 0).astype(float)
    rung = np.searchsorted([-0.5, 1.0], effect + rng.logistic(size=UNITS))
    waves = []
    for t, wave in enumerate(WAVES):
        if t:
            now = np.array([0, 0.6, 1.2])[rung] + 0.8 * member[:, t] + effect + rng.logistic(size=UNITS)
            rung = np.searchsorted([0.5, 2.0], now)
        waves.append(
            pd.DataFrame({"unit": range(UNITS), "wave": wave, "ladder": rung, "member": member[:, t]})
        )
    return pd.concat(waves, ignore_index=True)


@cache
def hazard_panel(seed):
    """First adoption with a frailty."""
    rng = np.random.default_rng([seed, 14])
    units = 2 * UNITS
    frailty = rng.normal(0, 0.8, units)
    member = (rng.normal(size=(units, 7)) > 0).astype(float)
    adopted, waves = np.zeros(units, dtype=bool), []
    for t in range(7):
        chance = -np.expm1(-np.exp(-1.6 + 0.8 * member[:, t] + frailty))
        adopted = adopted | ((rng.random(units) < chance) & (t > 0))
        waves.append(
            pd.DataFrame({"unit": range(units), "wave": t, "member": member[:, t], "adopted": adopted})
        )
    return at_risk(pd.concat(waves, ignore_index=True), "adopted")


def spec(estimator, outcome="ladder", **changes):
    parts = {"regressors": ("member", "support", "size_log"), "varying": ("member", "support")}
    return Spec(
        **({"name": estimator, "outcome": outcome, "estimator": estimator, "nodes": 9} | parts | changes)
    )


def direct(model, make):
    return lambda seed: fit(model, make(seed)).require_converged().coefficients.set_index("term")


def lagged(seed):
    model = Spec(
        name="d",
        outcome="ladder",
        estimator="re_ordered_logit",
        regressors=("member",),
        varying=("member",),
        nodes=9,
    )
    ready, rows = dynamic(model, dynamic_panel(seed))
    return fit(ready, rows).require_converged().coefficients.set_index("term")


def effects(seed):
    """Marginal effects in the shape of coefficients; their truth is at the true parameters, on the same rows."""
    panel = mundlak_panel(seed)
    table = average_marginal_effects(fit(spec("re_ordered_logit"), panel), panel, ["member"])
    parameters = np.array([*CUTS, 1.0, SIGMA])
    fixed = latent(panel) + panel["means_member"] - 0.3 * panel["means_support"] - 0.8 * panel["member"]
    share = np.full(len(panel), 1 / len(panel))
    high, low = (
        average("logit", parameters, (fixed.to_numpy()[:, None] + c, None, share)).value for c in (0.8, 0.0)
    )
    return table.assign(term="rung " + table["rung"], truth=100 * (high - low)).set_index("term")


WITHIN = {f"{name}_within": value for name, value in TRUTH.items()}
MEANS = {"member_between": 1.8, "support_between": 0.1, "sigma": SIGMA}
SCENARIOS = {
    # name: (table of a seed, true values or None where the table has its own)
    "re_ordered_logit": (direct(spec("re_ordered_logit"), mundlak_panel), WITHIN | MEANS),
    "re_ordered_probit": (
        direct(spec("re_ordered_probit"), lambda s: mundlak_panel(s, "probit", 0.7)),
        WITHIN | MEANS | {"sigma": 0.7},
    ),
    "re_cloglog": (
        direct(spec("re_cloglog"), lambda s: mundlak_panel(s, "cloglog", 0.8)),
        WITHIN | MEANS | {"sigma": 0.8},
    ),
    "feologit_buc, skewed effect": (direct(spec("feologit_buc"), skewed_panel), WITHIN),
    "conditional_logit, skewed effect": (direct(spec("conditional_logit", "adopted"), skewed_panel), WITHIN),
    "ordered_probit, no effect left": (
        direct(spec("ordered_probit"), lambda s: mundlak_panel(s, "probit", 0.0)),
        WITHIN | {"member_between": 1.8, "support_between": 0.1},
    ),
    "marginal effects of member (re_ordered_logit)": (effects, None),
    "dynamic, Wooldridge": (lagged, {"ladder_before[1]": 0.6, "ladder_before[2]": 1.2, "member_within": 0.8}),
    "hazard with frailty (re_cloglog)": (
        direct(
            Spec(
                name="h",
                outcome="event",
                estimator="re_cloglog",
                regressors=("member",),
                wave_effects=False,
                nodes=9,
            ),
            hazard_panel,
        ),
        {"member": 0.8, "sigma": 0.8},
    ),
}
WRONG = {
    "re_ordered_logit without means": (
        direct(spec("re_ordered_logit", varying=()), mundlak_panel),
        {"member": 0.8},
    ),
    "ordered_logit, effect left": (direct(spec("ordered_logit"), mundlak_panel), WITHIN),
}


@cache
def recover(scenario, draws):
    """Bias, its Monte Carlo error, spread, mean error and coverage of each term over the draws."""
    make, truth = (SCENARIOS | WRONG)[scenario]
    tables = [make(seed) for seed in range(draws)]
    tables = [t if truth is None else t.loc[list(truth)].assign(truth=pd.Series(truth)) for t in tables]
    error = pd.concat([t["estimate"] - t["truth"] for t in tables], axis=1)
    inside = pd.concat(
        [t["truth"].between(t["conf_low"], t["conf_high"]) | t["conf_low"].isna() for t in tables], axis=1
    )
    return pd.DataFrame(
        {
            "truth": pd.concat([t["truth"] for t in tables], axis=1).mean(axis=1),
            "bias": error.mean(axis=1),
            "bias_mc": error.std(axis=1) / np.sqrt(draws),
            "sd": error.std(axis=1),
            "mean_error": pd.concat([t["std_error"] for t in tables], axis=1).mean(axis=1),
            "coverage": inside.mean(axis=1),
        }
    )


def right(table, draws, bias=3.5):
    """Bias within a few Monte Carlo errors or 4 % of the truth (maximum likelihood is not unbiased); coverage near 95 %."""
    noise = 3.5 * np.sqrt(0.95 * 0.05 / draws)
    small = table["bias"].abs() <= np.maximum(bias * table["bias_mc"], 0.04 * table["truth"].abs())
    return small.all() and table["coverage"].between(0.94 - noise, min(0.955 + noise, 1.0)).all()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_an_estimator_recovers_the_truth_on_few_panels(scenario):
    """40 panels: no gross bias, no gross fault of coverage."""
    table = recover(scenario, FEW)
    assert right(table, FEW), table


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_an_estimator_recovers_the_truth_where_its_assumptions_hold(scenario):
    """400 panels: bias and coverage within Monte Carlo error."""
    table = recover(scenario, MANY)
    assert right(table, MANY), table


@pytest.mark.parametrize("scenario", WRONG)
def test_an_estimator_fails_where_its_assumptions_do_not_hold(scenario):
    """The same yardstick catches random effects without unit means, and a pooled ladder with an effect left."""
    table = recover(scenario, FEW)
    assert abs(table["bias"].iloc[0]) > 4 * table["bias_mc"].iloc[0], table
    assert table["coverage"].iloc[0] < 0.85, table


@cache
def rejections(draws):
    """Share of panels in which true nulls are rejected at 5 %, and share of sigma = 0 where it is."""
    none, odds = [], []
    for seed in range(draws):
        without = fit(spec("re_ordered_logit"), mundlak_panel(seed, "logit", 0.0)).tests["no_unit_effect"]
        none.append(without["p_value"])
        odds.append(fit(spec("ordered_logit"), mundlak_panel(seed)).tests["proportional_odds"]["p_value"])
    none, odds = np.array(none), np.array(odds)
    return pd.Series(
        {
            "no unit effect (chi-bar), sigma 0: rejected": (none < 0.05).mean(),
            "no unit effect (chi-bar), sigma 0: on the boundary": (none == 1).mean(),
            "proportional odds (score, clustered), effect left: rejected": (odds < 0.05).mean(),
        }
    )


@pytest.mark.slow
def test_true_nulls_are_rejected_one_time_in_twenty():
    """Size of the chi-bar test and of the test of proportional odds; half of the panels are on the boundary."""
    share = rejections(MANY)
    assert 0.02 <= share.iloc[0] <= 0.085, share
    assert 0.4 <= share.iloc[1] <= 0.68, share
    assert share.iloc[2] <= 0.085, share


def write_report(path):
    """The tables of the full run, as Markdown."""
    lines = [
        "# Ordinal panel estimators on panels of known truth",
        "",
        f"{MANY} simulated panels a scenario: {UNITS} organisations, {len(WAVES)} waves, leavers, gaps, few switchers,",
        "memberships chosen by organisations with a high effect. `bias_mc` is the Monte Carlo error of the bias, `sd` the",
        "spread of the estimates, `mean_error` the mean clustered error; coverage of the 95 % interval has a Monte Carlo",
        f"error of {100 * np.sqrt(0.95 * 0.05 / MANY):.1f} points. Marginal effects are in percentage points.",
        "",
        "Written by `python tests/test_models_ordinal_panel_recovery.py`; tested by `make test-all`.",
    ]
    for name in SCENARIOS | WRONG:
        table = recover(name, MANY)
        lines += ["", f"## {name}{' (wrong on purpose)' if name in WRONG else ''}", ""]
        lines += ["| term | " + " | ".join(table) + " |", "|---|" + "---:|" * len(table.columns)]
        lines += [
            "| " + " | ".join([str(term), *(f"{v:.3f}" for v in row)]) + " |"
            for term, *row in table.itertuples()
        ]
    lines += ["", "## Tests under true nulls, at 5 %", "", "| test | share |", "|---|---:|"]
    lines += [f"| {name} | {share:.3f} |" for name, share in rejections(MANY).items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_report(Path(__file__).parents[1] / "docs" / "verification_ordinal.md")
