"""Design analysis: how many organisations and waves would be needed, by simulation from the written truth.

For each design panels are drawn from ``data/truth.yml``, with its selection, attrition and noise of measurement. The
model of the report is estimated on what a study would see, with CR2 errors (and Satterthwaite's degrees of freedom for the
score), for few organisations change their ties and the usual clustered errors are then too small. The estimates are compared
with what is true (Gelman and Carlin 2014, Perspectives on Psychological Science 9, 641-651): power; type S, the share
of significant estimates of the wrong sign; type M, by how much a significant estimate exaggerates. The minimum
detectable association is the quantiles of t at 97.5 and 80 %, times the error. Each number has its Monte Carlo error.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from panel_eis.errors import ModelError, UsageError
from panel_eis.models import Spec, fit
from panel_eis.models.conditional_errors import robust_conditional
from panel_eis.models.least_squares import solve
from panel_eis.models.leverage import Leverage
from panel_eis.models.problems import PROBLEMS
from panel_eis.models.selection import select_rows
from panel_eis.models.small_sample import satterthwaite
from panel_eis.parallel import HERE, Workers, run
from panel_eis.synthetic import draw_panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panel_eis.synthetic import Truth

TIES: Final = ("federated_service", "federated_only", "peer_tie", "asked", "funded", "multiyear")
FOCUS: Final = TIES[0]
SCORE: Final = Spec(
    name="score", outcome="score", estimator="within_between", regressors=(*TIES, "staff_log"), varying=(*TIES, "staff_log"),
)  # fmt: skip
LADDER: Final = Spec(
    name="ladder", outcome="ladder", estimator="feologit_buc", regressors=(*TIES, "staff_log"),
)  # fmt: skip
FIRST_YEAR: Final = 2021
ITEM_POINTS: Final = 25.0
"""Points of the score in one grade of an item (1 to 5)."""
ENOUGH: Final = 0.8
LEVEL: Final = 0.05
NORMAL: Final = 1e6
"""Degrees of freedom that stand for the normal law."""
FEWEST_DRAWS: Final = 20


class Design(NamedTuple):
    """What is simulated once: organisations at the first wave; numbers of waves looked at; score or ladder."""

    organisations: int
    waves: tuple[int, ...]
    outcome: str


def power(
    truth: Truth,
    *,
    organisations: Sequence[int] = (100, 200, 400),
    waves: Sequence[int] = (2, 3, 4),
    draws: int = 100,
    effect: float | None = None,
    outcome: str = "score",
    seed: int = 20211,
    workers: Workers = HERE,
) -> pd.DataFrame:
    """Simulate designs and say what each could find.

    Parameters
    ----------
    truth
        What is true; products of regressors are set to zero, so that an association is one number.
    organisations, waves
        Designs: answers at the first wave, number of waves.
    draws
        Panels of each design.
    effect
        True association of the first tie (points of the score, or logits of the ladder) instead of the truth's.
    outcome
        ``score`` (within–between, points) or ``ladder`` (fixed-effects ordered logit, logits). The written truth lets chance
        last from wave to wave on the ladder; fixed effects then overstate associations and understate errors a little.
    seed, workers
        Where chance starts; where panels are drawn. The table is the same for any workers.

    Returns
    -------
    One row for each design and term: outcome, term, organisations, waves, true, mean, sd, std_error (mean), power,
    power_error, type_s, type_m, type_m_error (NaN where nothing is significant, or nothing is true), detectable,
    covered (share of intervals that hold the truth), switchers (mean), units (mean), draws, lost.

    Raises
    ------
    UsageError
        A design without meaning.

    """
    problems = []
    if not organisations or min(organisations) < 20:
        problems.append("organisations are 20 or more")
    if not waves or min(waves) < 2:
        problems.append("waves are 2 or more: within organisations nothing changes in one")
    if draws < FEWEST_DRAWS:
        problems.append(f"draws are {FEWEST_DRAWS} or more: fewer say nothing")
    if outcome not in ("score", "ladder"):
        problems.append(f"an outcome is score or ladder, not {outcome!r}")
    if problems:
        raise UsageError("panel-eis power: " + "; ".join(problems))
    truth = _with(truth, outcome, effect)
    designs = [Design(n, tuple(sorted(waves)), outcome) for n in organisations]
    items = [design for design in designs for _ in range(draws)]
    results = run(_simulate, items, seed=seed, shared=truth, workers=workers, chunk=5)
    rows: dict[tuple[int, int, str], list[list[float]]] = {}
    for design, result in zip(items, results, strict=True):
        for w, term, numbers in result:
            rows.setdefault((design.organisations, int(w), term), []).append(numbers)
    told = []
    for (n, w, term), found in rows.items():
        summary = _summary(found, _true(truth, term, outcome), draws)
        told.append({"outcome": outcome, "term": term, "organisations": n, "waves": w, **summary})
    return pd.DataFrame(told).sort_values(
        ["term", "waves", "organisations"], kind="stable", ignore_index=True
    )


def needed(table: pd.DataFrame, term: str = FOCUS) -> pd.DataFrame:
    """Organisations at which the power of a design would be 80 %, by number of waves.

    The error shrinks with the root of the number of organisations; the largest simulated design says how much.

    Returns
    -------
    One row for each number of waves: waves, organisations (NaN where nothing is true), error (Monte Carlo).

    """
    rows = table[table["term"] == term].sort_values("organisations").groupby("waves").tail(1)
    ratio = rows["detectable"] / rows["true"].abs().where(rows["true"] != 0)
    count = rows["organisations"] * ratio**2
    noise = 2 * rows["std_error_error"] / rows["std_error"]
    out = pd.DataFrame({"waves": rows["waves"], "organisations": np.ceil(count), "error": count * noise})
    return out.sort_values("waves", ignore_index=True)


def _with(truth: Truth, outcome: str, effect: float | None) -> Truth:
    """Take products away, and set the association of the first tie."""
    part = getattr(truth, outcome)
    effects = replace(part.effects, service_x_demand=0.0)
    if effect is not None:
        scale = truth.score.points_per_sd if outcome == "score" else 1.0
        effects = replace(effects, **{FOCUS: effect / scale})
    return replace(truth, **{outcome: replace(part, effects=effects)})


def _true(truth: Truth, term: str, outcome: str) -> float:
    scale = truth.score.points_per_sd if outcome == "score" else 1.0
    return float(getattr(getattr(truth, outcome).effects, term)) * scale


def _simulate(design: Design, truth: Truth, rng: np.random.Generator) -> list[tuple[int, str, list[float]]]:
    """Draw one panel of the longest design and estimate each; later waves change nothing in the earlier ones."""
    years = tuple(str(FIRST_YEAR + 2 * t) for t in range(max(design.waves)))
    panel = draw_panel(truth, rng, design.organisations, years)
    seen = panel[panel["responded"]].reset_index(drop=True)
    seen = seen.assign(unit=pd.factorize(seen["unit"])[0], wave=seen["t"], score=_measured(seen, truth, rng))
    found = []
    for w in design.waves:
        rows = seen[seen["t"] < w]
        try:
            told = _careful(rows) if design.outcome == "score" else _ladder(rows)
        except ModelError:
            continue
        found += [(w, tie, numbers) for tie, numbers in told]
    return found


_Told = list[tuple[str, list[float]]]


def _careful(rows: pd.DataFrame) -> _Told:
    """Estimates of the score with CR2 errors: what ``robust`` gives, without making a Fit of each draw."""
    problem = PROBLEMS[SCORE.estimator](SCORE, select_rows(SCORE, rows))
    solve(problem)  # refuses what cannot be estimated
    leverage = Leverage(problem)
    half = leverage.adjusted(-0.5) @ leverage.root.T
    error, df = np.sqrt((half**2).sum(axis=0)), satterthwaite(leverage)
    names = [term.name for term in problem.design.terms]
    told: _Told = []
    for tie in TIES:
        if (name := f"{tie}_within") not in names:
            continue
        j = names.index(name)
        beta, width = problem.beta[j], stdtrit(df[j], 1 - LEVEL / 2) * error[j]
        p = 2 * stdtr(df[j], -abs(beta / error[j]))
        sizes = problem.design.switchers[tie], problem.rows.n_units, df[j]
        told.append((tie, [beta, error[j], p, beta - width, beta + width, *sizes]))
    return told


def _ladder(rows: pd.DataFrame) -> _Told:
    """Estimates of the ladder with CR2 errors."""
    fitted = robust_conditional(fit(LADDER, rows).require_converged(), rows)
    table = fitted.coefficients.set_index("term")
    columns = ["estimate", "std_error", "p_value", "conf_low", "conf_high"]
    names = {tie: n for tie in TIES for n in (f"{tie}_within", tie) if n in table.index}
    return [
        (tie, [*table.loc[name, columns].astype(float), fitted.n_switchers[tie], fitted.n_units, NORMAL])
        for tie, name in names.items()
    ]


def _measured(seen: pd.DataFrame, truth: Truth, rng: np.random.Generator) -> pd.Series:
    """Score as twenty items of five dimensions measure it, of those that evaluate."""
    likert = truth.likert
    variance = ITEM_POINTS**2 * (likert.item_sd**2 / 20 + likert.dimension_sd**2 / 5)
    code = pd.factorize(seen["unit"])[0]
    steady = rng.standard_normal(code.max() + 1)[code] * np.sqrt(likert.stable)
    noise = np.sqrt(variance) * (steady + rng.standard_normal(len(seen)) * np.sqrt(1 - likert.stable))
    return (seen["score_true"] + noise).where(seen["practises"])


def _summary(found: list[list[float]], true: float, draws: int) -> dict[str, Any]:
    """What the estimates of one design and term say."""
    estimate, error, p, low, high, switchers, units, df = np.array(found, dtype=float).T
    n, hit = len(estimate), p < LEVEL
    share = float(hit.mean())
    ratio = np.abs(estimate[hit]) / abs(true) if true else np.empty(0)
    quantiles = stdtrit(df, 1 - LEVEL / 2) + stdtrit(df, ENOUGH)
    return {
        "true": true, "mean": estimate.mean(), "sd": estimate.std(ddof=1), "std_error": error.mean(),
        "std_error_error": error.std(ddof=1) / np.sqrt(n), "power": share, "power_error": np.sqrt(share * (1 - share) / n),
        "type_s": float((np.sign(estimate[hit]) != np.sign(true)).mean()) if true and hit.any() else np.nan,
        "type_m": float(ratio.mean()) if len(ratio) else np.nan,
        "type_m_error": float(ratio.std(ddof=1) / np.sqrt(len(ratio))) if len(ratio) > 1 else np.nan,
        "detectable": float((quantiles * error).mean()),
        "covered": float(((low <= true) & (true <= high)).mean()), "switchers": switchers.mean(), "units": units.mean(),
        "draws": n, "lost": draws - n,
    }  # fmt: skip
