"""All of the measurement of a panel as one tidy table, which the build keeps as ``build/measurement.csv``."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from panel_eis.agreement import one_way
from panel_eis.estimates import shares_by
from panel_eis.measurement.consequence import change_between, change_without_each, scores_without
from panel_eis.measurement.correlations import polychoric
from panel_eis.measurement.dimensionality import parallel_analysis
from panel_eis.measurement.functioning import dif
from panel_eis.measurement.items import item_table
from panel_eis.measurement.postures import (
    POSTURES,
    adjusted_rand,
    axes,
    axis_errors,
    chances,
    gap_statistic,
    kmeans,
    posture,
    stability,
)
from panel_eis.measurement.reliability import (
    bootstrap_alpha,
    cronbach_alpha,
    mcdonald_omega,
    omega_hierarchical,
)
from panel_eis.measurement.verdict import invariance_verdict
from panel_eis.scores import oriented

if TYPE_CHECKING:
    from panel_eis.codebook import Codebook
    from panel_eis.measurement.reliability import Reliability

SEED: Final = 33
ALL: Final = "all"
"""What stands for the wave where all are taken together, and for the scale where it is the total."""
COLUMNS: Final = ("part", "wave", "scale", "item", "statistic", "value", "low", "high", "n", "units")
DRAWS: Final = 1000
CLASSES: Final = 3
"""Classes whose stability is told when the data themselves ask for none: the three postures of Gauche."""


class _Given(NamedTuple):
    """The panel, its items in one direction, items by scale, ends of the grades, waves in order, draws."""

    panel: pd.DataFrame
    items: pd.DataFrame
    scales: dict[str, list[str]]
    ends: tuple[float, float]
    waves: list[str]
    draws: int


class _Rows:
    """Collects rows of the tidy table."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []

    def add(self, part: str, wave: str, scale: str, statistic: str, value: float, **more: Any) -> None:
        self.kept.append(
            {"part": part, "wave": wave, "scale": scale, "statistic": statistic, "value": value} | more
        )

    def add_reliability(self, wave: str, scale: str, statistic: str, found: Reliability) -> None:
        self.add(
            "reliability", wave, scale, statistic, found.value,
            low=found.low, high=found.high, n=found.n, units=found.units,
        )  # fmt: skip


def measure(panel: pd.DataFrame, codebook: Codebook, draws: int = DRAWS) -> pd.DataFrame:
    """Everything of this package on a panel.

    Parameters
    ----------
    panel
        With ``unit``, ``wave``, ``weight``, items and scores as columns.
    codebook
        Names items, dimensions and grades.
    draws
        Bootstrap samples; shuffled data and clouds are fewer in proportion.

    Returns
    -------
    ``part`` (``reliability``, ``item``, ``dimensionality``, ``dif``, ``change``, ``invariance``, ``posture``, ``classes``),
    ``wave`` and ``scale`` (``all`` for all together), ``item``, ``statistic``, ``value``, ``low`` and ``high`` (95 %), ``n``
    (answers), ``units`` (organisations). The same on every run: seeds are fixed.

    """
    items = oriented(panel, codebook.items(), codebook)
    scales = {d: [v.name for v in codebook.items(d)] for d in codebook.dimensions}
    grades = [int(code) for code in codebook.codes(codebook.items()[0].name)]
    ends = (float(min(grades)), float(max(grades)))
    given = _Given(panel, items, scales, ends, sorted(map(str, panel["wave"].unique())), draws)
    rows = _Rows()
    _reliability(rows, given)
    _items(rows, given)
    _dimensionality(rows, given)
    flagged = _dif(rows, given)
    _change(rows, given, flagged)
    _invariance(rows, given, len(grades))
    _postures(rows, given)
    return pd.DataFrame(rows.kept).reindex(columns=list(COLUMNS))


def _reliability(rows: _Rows, given: _Given) -> None:
    rng = np.random.default_rng([SEED, 1])
    panel, items, scales = given.panel, given.items, given.scales
    whole = scales | {ALL: list(items.columns)}
    for wave in (*given.waves, ALL):
        own = panel["wave"].eq(wave) if wave != ALL else pd.Series(data=True, index=panel.index)
        for scale, names in whole.items():
            answers, units = items.loc[own, names], panel.loc[own, "unit"]
            if wave != ALL:
                rows.add_reliability(wave, scale, "alpha", cronbach_alpha(answers))
            rows.add_reliability(
                wave, scale, "alpha_bootstrap", bootstrap_alpha(answers, units, rng, given.draws)
            )
            if scale != ALL:
                rows.add_reliability(wave, scale, "omega", mcdonald_omega(answers, units, rng, given.draws))
        if wave == ALL and len(scales) >= 3:
            found = omega_hierarchical(items, len(scales))
            rows.add_reliability(wave, ALL, "omega_hierarchical", found)
    for scale in (*scales, "appropriation"):
        icc = one_way(panel[scale].to_numpy(dtype=float, na_value=np.nan), panel["unit"].to_numpy())
        rows.add(
            "reliability", ALL, ALL if scale == "appropriation" else scale, "icc_waves", icc.single.value,
            low=icc.single.low, high=icc.single.high, n=icc.answers, units=icc.groups,
        )  # fmt: skip


def _items(rows: _Rows, given: _Given) -> None:
    for wave in given.waves:
        own = given.panel["wave"].eq(wave)
        for scale, names in given.scales.items():
            table = item_table(given.items.loc[own, names], *given.ends)
            for row in table.to_dict("records"):
                for statistic in ("mean", "sd", "floor", "ceiling", "item_total", "alpha_dropped"):
                    rows.add("item", wave, scale, statistic, row[statistic], item=row["item"], n=row["n"])


def _dimensionality(rows: _Rows, given: _Given) -> None:
    """One row an organisation, its latest: answers of several waves are not several persons' structure."""
    latest = given.items.dropna().groupby(given.panel["unit"]).tail(1)
    for graded, name in ((False, "pearson"), (True, "polychoric")):
        draws = max(given.draws // (50 if graded else 5), 2)
        found = parallel_analysis(latest, np.random.default_rng([SEED, 2]), draws, graded=graded)
        rows.add(
            "dimensionality", ALL, ALL, f"retained_{name}", float(found["retained"].sum()), n=len(latest)
        )
        share = float(found["eigenvalue"].iloc[0] / len(found))
        rows.add("dimensionality", ALL, ALL, f"first_share_{name}", share, n=len(latest))
    matrix = polychoric(latest).correlation
    same = {i: scale for scale, names in given.scales.items() for i in names}
    pairs = list(combinations(same, 2))
    for name, wanted in (("within", True), ("between", False)):
        mean = float(np.mean([matrix.loc[[a], b] for a, b in pairs if (same[a] == same[b]) is wanted]))
        rows.add("dimensionality", ALL, ALL, f"polychoric_{name}", mean, n=len(latest))


def _dif(rows: _Rows, given: _Given) -> list[str]:
    table = dif(given.items, given.panel["wave"], given.scales, given.panel["unit"])
    kept = (
        "chi2_uniform", "chi2_nonuniform", "df", "p_lr", "p_uniform", "p_nonuniform", "p_value", "p_adjusted",
        "r2_mcfadden", "r2_nagelkerke", "flagged", "passes", "settled",
    )  # fmt: skip
    for row in table.to_dict("records"):
        for statistic in kept:
            rows.add("dif", ALL, row["scale"], statistic, float(row[statistic]), item=row["item"], n=row["n"])
    return list(table.loc[table["flagged"], "item"])


def _change(rows: _Rows, given: _Given, flagged: list[str]) -> None:
    """First to last wave, weighted: the change that the profile of the report shows."""
    waves = (given.waves[0], given.waves[-1])
    for name, dropped in (("all_items", []), ("without_flagged", flagged)):
        scored = scores_without(given.items, given.scales, *given.ends, dropped=dropped)
        for scale in scored:
            found = change_between(scored[scale], given.panel, *waves, weight="weight")
            rows.add(
                "change", ALL, ALL if scale == "total" else str(scale), name, found["change"],
                low=found["low"], high=found["high"], n=found["n"], units=found["units"],
            )  # fmt: skip
    each = change_without_each(given.items, given.panel, given.scales, given.ends, waves)
    for row in each.to_dict("records"):
        more = {name: row[name] for name in ("item", "low", "high")}
        rows.add("change", ALL, ALL, "without_item", row["change"], **more)


def _invariance(rows: _Rows, given: _Given, grades: int) -> None:
    waves = len(given.waves)
    for scale, names in (given.scales | {ALL: list(given.items.columns)}).items():
        whole = given.items[names].notna().all(axis=1)
        present = int((given.panel.loc[whole].groupby("unit")["wave"].nunique() == waves).sum())
        factors = len(given.scales) if scale == ALL else 1
        verdict = invariance_verdict(present, len(names), waves, factors=factors, grades=grades)
        for statistic in ("possible", "parameters", "wanted"):
            rows.add("invariance", ALL, scale, statistic, float(getattr(verdict, statistic)), n=present)


def _postures(rows: _Rows, given: _Given) -> None:
    panel = given.panel
    reliability = {
        r["scale"]: r["value"]
        for r in rows.kept
        if r["part"] == "reliability" and r["statistic"] == "omega" and r["wave"] == ALL
    }
    names = list(reliability)
    placed = axes(panel[names])
    known = placed.notna().all(axis=1)
    frame = panel.loc[known, ["unit", "wave", "weight"]].assign(posture=posture(placed[known]).astype(str))
    shares = shares_by(frame, "posture", POSTURES, ["wave"], "weight")
    for row in shares.to_dict("records"):
        more = {name: row[name] for name in ("low", "high", "n")}
        rows.add("posture", row["wave"], ALL, "share", row["mean"], item=row["category"], **more)
    errors = axis_errors({d: float(panel.loc[known, d].var()) for d in names}, reliability)
    for name, error in errors.items():
        rows.add("posture", ALL, name, "axis_error", error, n=int(known.sum()))
    likely = chances(placed[known], errors)[list(POSTURES)]
    column = np.array([POSTURES.index(name) for name in frame["posture"]])
    sure = likely.to_numpy()[np.arange(len(likely)), column]
    rows.add("posture", ALL, ALL, "sure", float(np.mean(sure)), n=len(sure))
    rows.add("posture", ALL, ALL, "doubtful", float(np.mean(sure < 0.75)), n=len(sure))
    ordered = frame.sort_values(["unit", "wave"])
    before = ordered.groupby("unit")["posture"].shift()
    follow = before.notna()
    same = float((ordered.loc[follow, "posture"] == before[follow]).mean())
    rows.add("posture", ALL, ALL, "same_next_answer", same, n=int(follow.sum()))
    _classes(rows, panel.loc[known, names].groupby(panel.loc[known, "unit"]).tail(1), frame, given.draws)


def _classes(rows: _Rows, scores: pd.DataFrame, frame: pd.DataFrame, draws: int) -> None:
    """Would k-means find classes? On the latest answer of each organisation."""
    complete = scores.dropna()
    values = ((complete - complete.mean()) / complete.std()).to_numpy()
    gap = gap_statistic(values, np.random.default_rng([SEED, 3]), draws=max(draws * 3 // 100, 2))
    for row in gap.to_dict("records"):
        rows.add(
            "classes",
            ALL,
            ALL,
            "gap",
            row["gap"],
            item=str(row["k"]),
            low=row["gap"] - row["error"],
            high=row["gap"] + row["error"],
            n=len(values),
        )
    number = int(gap.loc[gap["chosen"], "k"].iloc[0])
    rows.add("classes", ALL, ALL, "chosen", float(number), n=len(values))
    tried = max(number, CLASSES)
    rows.add("classes", ALL, ALL, "tried", float(tried), n=len(values))
    for name, value in stability(
        values, tried, np.random.default_rng([SEED, 4]), max(draws * 6 // 100, 2)
    ).items():
        rows.add("classes", ALL, ALL, name, value, n=len(values))
    labels, _ = kmeans(values, tried, np.random.default_rng([SEED, 5]))
    agreement = adjusted_rand(labels, frame.loc[complete.index, "posture"].to_numpy())
    rows.add("classes", ALL, ALL, "ari_with_rule", agreement, n=len(values))
