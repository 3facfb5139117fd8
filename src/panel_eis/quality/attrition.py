"""What departures depend on, and whether they matter for a model.

A model of answering the next wave says who leaves. Two families of tests say whether leaving is tied to the outcome
beyond the covariates: Verbeek and Nijman add to a panel model what is known of the pattern of participation; Becketti,
Gould, Lillard and Welch compare, at the first wave, those who will leave with those who will stay. A test that does not
reject proves nothing about departures that depend on what happens afterwards.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.errors import ModelError
from panel_eis.models import Spec, fit
from panel_eis.models.inference import wald

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panel_eis.models import Fit

PARTICIPATION = ("answered_before", "answered_all", "waves_answered")
"""What Verbeek and Nijman add: r(i, t − 1), the product of all r(i, t), and their sum."""
NEXT = "answers_next"
REGRESSORS = ("ladder", "staff_log", "association", "director", "federated", "age", "item_nonresponse")
_COLUMNS = ["test", "added", "estimate", "std_error", "statistic", "df", "p_value", "n"]


def with_participation(
    panel: pd.DataFrame, participation: pd.DataFrame, waves: Sequence[str]
) -> pd.DataFrame:
    """Add what is known of the pattern of participation to each row.

    Returns
    -------
    The panel with ``answers_next`` (missing at the last wave, and where the unit had closed by then), ``leaves`` (misses at
    least one later wave that it could have answered; missing at the last wave), and ``PARTICIPATION``
    (``answered_before`` is missing at the wave of entry).

    """
    wide = participation.assign(outcome=participation["outcome"].astype(object)).pivot(
        index="unit", columns="wave", values="outcome"
    )[list(waves)]
    answered = (wide == "answered").astype(float)
    could = wide.isin(["answered", "no_answer"])
    shares = answered.where(could)
    later = shares.iloc[:, ::-1].cummin(axis=1).iloc[:, ::-1].shift(-1, axis=1)
    facts = {
        NEXT: shares.shift(-1, axis=1),
        "leaves": 1 - later,
        "answered_before": shares.shift(1, axis=1),
        "answered_all": pd.DataFrame({w: (shares.min(axis=1) == 1).astype(float) for w in waves}),
        "waves_answered": pd.DataFrame({w: answered.sum(axis=1) for w in waves}),
    }
    key = pd.MultiIndex.from_frame(panel[["unit", "wave"]])
    return panel.assign(**{name: table.stack().reindex(key).to_numpy() for name, table in facts.items()})


def response_frame(
    panel: pd.DataFrame, participation: pd.DataFrame, item_nonresponse: pd.Series, waves: Sequence[str]
) -> pd.DataFrame:
    """Rows of the response model: one for each answer that could be followed by another.

    Parameters
    ----------
    item_nonresponse
        Share of applicable questions left without an answer, index (unit, wave); enters in tens of percentage points.

    """
    key = pd.MultiIndex.from_frame(panel[["unit", "wave"]])
    rows = with_participation(panel, participation, waves).assign(
        association=(panel["legal_form"].astype(object) == "association").astype(float),
        director=(panel["respondent_role"].astype(object) == "director").astype(float),
        federated=panel["federated"].astype("float64"),
        ladder=panel["ladder"].astype("float64"),
        age=panel["age"].astype("float64") / 10,
        item_nonresponse=item_nonresponse.reindex(key).to_numpy() * 10,
    )
    return rows.dropna(subset=[NEXT]).astype({NEXT: "int64"})


def response_model(rows: pd.DataFrame) -> Fit:
    """Logit of answering the next wave on past answers and frame variables, with wave effects, clustered by unit."""
    return fit(
        Spec(name="answers-next", outcome=NEXT, estimator="ordered_logit", regressors=REGRESSORS), rows
    )


def odds_ratios(model: Fit) -> pd.DataFrame:
    """Odds ratios with 95 % intervals: columns variable, odds_ratio, low, high, p_value."""
    table = model.coefficients[model.coefficients["part"] == "pooled"]
    return pd.DataFrame(
        {
            "variable": table["variable"].to_numpy(),
            "odds_ratio": np.exp(table["estimate"].to_numpy()),
            "low": np.exp(table["conf_low"].to_numpy()),
            "high": np.exp(table["conf_high"].to_numpy()),
            "p_value": table["p_value"].to_numpy(),
        }
    )


def verbeek_nijman(spec: Spec, rows: pd.DataFrame) -> pd.DataFrame:
    """Test by added variables whether participation is tied to the outcome, given the regressors.

    Parameters
    ----------
    spec
        The model whose coefficients are at stake; estimated as ``random_effects`` with each of ``PARTICIPATION`` added, and
        as ``within`` with participation in the next wave.
    rows
        As ``with_participation`` gives them; units of one cohort, so that the number of waves means the same for all.

    Returns
    -------
    One row a test: ``test``, ``added``, estimate, std_error, statistic, df, p_value (two-sided), n. A test that the rows do
    not allow (too few waves) is left out.

    Source: Verbeek & Nijman (1992), "Testing for selectivity bias in panel data models", International Economic Review 33,
    section 4; for the next wave, Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, section 19.9.2.

    """
    trials = [("verbeek_nijman", "random_effects", added) for added in PARTICIPATION]
    trials.append(("next_wave", "within", NEXT))
    found = []
    for test, estimator, added in trials:
        asked = replace(
            spec,
            name=f"{spec.name}-{added}",
            estimator=estimator,
            regressors=(*spec.regressors, added),
            varying=(),
            interactions=(),
        )
        try:
            model = fit(asked, rows)
            term = model.term(f"{added}_within" if estimator == "within" else added)
        except ModelError:
            continue
        numbers = [term["estimate"], term["std_error"], term["statistic"], 1, term["p_value"], model.n_rows]
        found.append([test, added, *numbers])
    return pd.DataFrame(found, columns=_COLUMNS)


def becketti(spec: Spec, rows: pd.DataFrame, first: str) -> pd.DataFrame:
    """Test that the outcome of the first wave depends on the regressors in the same way for those who will leave.

    Parameters
    ----------
    spec
        Outcome and regressors; estimated by least squares on the first wave, with ``leaves`` and its products.
    rows
        As ``with_participation`` gives them.
    first
        Name of the first wave.

    Returns
    -------
    Two rows: ``level`` (``leaves`` alone, products left out) and ``joint`` (``leaves`` and all its products zero).

    Source: Becketti, Gould, Lillard & Welch (1988), "The Panel Study of Income Dynamics after fourteen years: an
    evaluation", Journal of Labor Economics 6.

    """
    start = rows[rows["wave"] == first].dropna(subset=["leaves"])
    base = replace(
        spec, name=f"{spec.name}-leaves", estimator="pooled_ols", regressors=(*spec.regressors, "leaves"), varying=(),
        interactions=(), wave_effects=False, sample=None,
    )  # fmt: skip
    level = fit(base, start)
    term = level.term("leaves")
    numbers = [term["estimate"], term["std_error"], term["statistic"], 1, term["p_value"], level.n_rows]
    found = [["becketti", "level", *numbers]]
    joint = fit(replace(base, interactions=tuple(("leaves", r) for r in spec.regressors)), start)
    parts = joint.coefficients["variable"].str.split(":")
    where = np.flatnonzero([("leaves" in p) for p in parts])
    contrast = np.eye(len(parts))[where]
    beta, covariance = joint.coefficients["estimate"].to_numpy(), joint.covariance.to_numpy()
    test = wald(contrast, beta, covariance, joint.n_clusters - 1)
    if test is not None:
        shown = [np.nan, np.nan, test["statistic"], test["df"], test["p_value"], joint.n_rows]
        found.append(["becketti", "joint", *shown])
    return pd.DataFrame(found, columns=_COLUMNS)
