"""Staggered joining as an event study that effects may differ in: by cohort, by time since, or both.

Two-way fixed effects would compare joiners with earlier joiners (Goodman-Bacon 2021). Here every wave of joining is a
cohort compared
with those who never join, or have not yet (Callaway and Sant'Anna 2021, Journal of Econometrics 225, 200-230), or
outcomes without joining are imputed from unit and wave effects of rows outside the state (Borusyak, Jaravel and Spiess 2024,
Review of Economic Studies 91, 3253-3285). Both come from the library ``diff_diff``; this module chooses rows, refuses when
joiners are too few, and puts results in the words of the project. Joining is a choice: the assumption is that outcomes
of joiners
would have moved in parallel, and leads that do not differ from zero, with few joiners, say little about it (Roth 2022,
American Economic Review: Insights 4, 305-322).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from panel_eis.errors import ModelError
from panel_eis.models.joining import joining, refuse_few

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ESTIMATORS: Final = {
    "callaway_santanna": "Callaway–Sant'Anna",
    "imputation": "imputation (Borusyak–Jaravel–Spiess)",
}
CONTROLS: Final = {"never": "never_treated", "not_yet": "not_yet_treated"}
KNOWN: Final = ("Unbalanced panel detected", "pweight weights normalized")
"""Remarks of the library that this module makes in its own words, by their beginning."""


@dataclass(frozen=True, kw_only=True)
class EventStudy:
    """Differences by waves since joining; ``repr`` is a sentence to paste.

    ``table`` has a row for each ``since`` (waves since joining: negative before, -1 the reference, missing overall) with
    ``estimate``, ``std_error``, ``p_value``, ``conf_low``, ``conf_high``; ``group_time`` (Callaway–Sant'Anna alone) one
    for each
    ``cohort`` and ``wave`` with ``n_joiners`` and ``n_controls``. ``leads`` is the joint test that differences before
    joining
    are zero, or None.
    """

    outcome: str
    state: str
    estimator: str
    controls: str
    table: pd.DataFrame
    group_time: pd.DataFrame
    leads: Mapping[str, float] | None
    cohorts: Mapping[str, int]
    n_never: int
    n_rows: int
    n_clusters: int
    cluster: str
    weights: str | None
    units_left_out: Mapping[str, int]
    rows_left_out: Mapping[str, int]
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        overall = self.table[self.table["since"].isna()].iloc[0]
        cohorts = ", ".join(f"{n} in {wave}" for wave, n in self.cohorts.items())
        out = "; ".join(f"{n} {reason}" for reason, n in self.units_left_out.items())
        rows = ", ".join(f"{reason} {n}" for reason, n in self.rows_left_out.items())
        test = (
            f" Leads: χ²({self.leads['df']:.0f}), p = {self.leads['p_value']:.2g}; with these numbers a "
            "difference in trends can go unseen."
            if self.leads
            else " No lead to look at."
        )
        whom = (
            f", against units {'never' if self.controls == 'never' else 'not yet'} in it"
            if self.controls
            else ""
        )
        return (
            f"{self.outcome} around joining ({self.state}), {ESTIMATORS[self.estimator]}{whom}, "
            f"{f'weighted by {self.weights}' if self.weights else 'unweighted'}: {overall.estimate:.3g} "
            f"[{overall.conf_low:.3g}, {overall.conf_high:.3g}] on average since joining. "
            f"{sum(self.cohorts.values())} joiners ({cohorts}), {self.n_never} never, {self.n_rows} rows.{test} "
            f"Errors: clustered ({self.cluster}, {self.n_clusters})."
            f"{f' Units left out: {out}.' if out else ''}{f' Rows not used: {rows}.' if rows else ''}"
            + "".join(f" Warning: {w}." for w in self.warnings)
        )


def event_study(
    panel: pd.DataFrame,
    outcome: str,
    state: str,
    *,
    estimator: str = "callaway_santanna",
    controls: str = "not_yet",
    covariates: Sequence[str] = (),
    weights: str | None = None,
    cluster: str | None = None,
    detect: float | None = None,
    unit: str = "unit",
    wave: str = "wave",
) -> EventStudy:
    """Estimate how an outcome differs before and after joining.

    Parameters
    ----------
    panel
        One row per unit × wave.
    outcome
        Column of numbers.
    state
        Column of booleans: member or not. To study leaving, pass its negation.
    estimator
        One of ``ESTIMATORS``.
    controls
        ``never`` or ``not_yet``; imputation uses all rows outside the state.
    covariates
        Columns of numbers on which trends may depend (at the base wave; for imputation, as regressors).
    weights
        Column of weights; each unit enters with the mean over its rows.
    cluster
        Column of clusters, the unit if absent.
    detect
        Difference worth detecting, in the unit of the outcome, by which joiners are too few (``joining``); half a
        standard deviation if absent.
    unit, wave
        Columns that identify a row; waves are taken as evenly spaced in their order.

    Raises
    ------
    ModelError
        Unknown words or columns, nobody to compare with, or too few joiners: the message says how many would do.

    """
    if estimator not in ESTIMATORS or controls not in CONTROLS:
        raise ModelError(
            f"estimator is one of {', '.join(ESTIMATORS)}, controls of {', '.join(CONTROLS)}, "
            f"not {estimator!r}, {controls!r}"
        )
    extra = [*covariates, *(name for name in (weights, cluster) if name)]
    found = joining(panel, outcome, state, keep=extra, unit=unit, wave=wave)
    refuse_few(found, detect)
    frame = found.frame.rename(columns={f"keep {name}": name for name in extra}).drop(columns="state")
    lost = frame[extra].isna().any(axis=1) if extra else pd.Series(False, index=frame.index)
    rows_out = {
        **found.rows,
        **({"missing covariate, weight or cluster": int(lost.sum())} if lost.any() else {}),
    }
    frame = frame[~lost].reset_index(drop=True)
    result, remarks = _call(frame, estimator, controls, (tuple(covariates), weights, cluster))
    table, leads = _tidy(result, estimator)
    labels = found.labels
    return EventStudy(
        outcome=outcome,
        state=state,
        estimator=estimator,
        controls=controls if estimator == "callaway_santanna" else "",
        table=table,
        group_time=_group_time(result, labels) if estimator == "callaway_santanna" else pd.DataFrame(),
        leads=leads,
        cohorts=found.cohorts,
        n_never=found.never,
        n_rows=len(frame),
        n_clusters=int(frame[cluster].nunique() if cluster else frame["unit"].nunique()),
        cluster=cluster or unit,
        weights=weights,
        units_left_out=found.units,
        rows_left_out=rows_out,
        warnings=(*_unbalanced(frame), *remarks),
    )


def _call(
    frame: pd.DataFrame, estimator: str, controls: str, others: tuple[tuple[str, ...], str | None, str | None]
) -> tuple[Any, list[str]]:
    """Call the library, its remarks kept."""
    import diff_diff  # noqa: PLC0415  # heavy

    covariates, weights, cluster = others
    design = None
    if weights:
        frame = frame.assign(weight=frame.groupby("unit")[weights].transform("mean"))
        design = diff_diff.SurveyDesign(weights="weight", psu=cluster or "unit")
    group = None if weights else (cluster or "unit")
    if estimator == "imputation":
        model = diff_diff.ImputationDiD(cluster=group, pretrends=True)
    else:
        model = diff_diff.CallawaySantAnna(
            control_group=CONTROLS[controls],
            base_period="universal",
            cluster=group,
            estimation_method="reg",
            cband=False,
        )
    names = {"outcome": "y", "unit": "unit", "time": "wave", "first_treat": "cohort"}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = model.fit(frame, **names, covariates=list(covariates) or None, survey_design=design)
            study = result.aggregate("event_study")
        except (ValueError, np.linalg.LinAlgError) as error:
            raise ModelError(f"the event study cannot be estimated: {error}") from error
    said = dict.fromkeys(str(w.message) for w in caught if issubclass(w.category, UserWarning))
    return (result, study), [text.rstrip(".") for text in said if not text.startswith(KNOWN)]


def _unbalanced(frame: pd.DataFrame) -> tuple[str, ...]:
    waves = frame["wave"].nunique()
    partial = int((frame.groupby("unit").size() < waves).sum())
    return (
        (f"{partial} units lack a wave: each difference is over the units seen at both of its waves",)
        if partial
        else ()
    )


def _tidy(result: tuple[Any, Any], estimator: str) -> tuple[pd.DataFrame, dict[str, float] | None]:
    """Rows by waves since joining, then the overall average; the joint test of the leads."""
    overall, study = result
    raw = study.to_dataframe()
    table = pd.DataFrame(
        {
            "since": raw["event_time"].astype(float),
            "estimate": raw["att"].astype(float),
            "std_error": raw["se"].astype(float),
            "p_value": raw["p_value"].astype(float),
            "conf_low": np.asarray(study.conf_int_lower, dtype=float),
            "conf_high": np.asarray(study.conf_int_upper, dtype=float),
        }
    )
    low, high = overall.overall_conf_int
    row = (np.nan, overall.overall_att, overall.overall_se, overall.overall_p_value, low, high)
    table = pd.concat([table, pd.DataFrame([row], columns=table.columns)], ignore_index=True)
    return table, _leads(overall, study, estimator)


def _leads(overall: Any, study: Any, estimator: str) -> dict[str, float] | None:
    """Test that all differences before the reference wave are zero."""
    if estimator == "imputation":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                test = overall.pretrend_test()
            except (ValueError, np.linalg.LinAlgError):
                return None
        if not test or not test.get("df") or not np.isfinite(test["p_value"]):
            return None
        chi2 = float(test["f_stat"]) * test["df"]
        return {"statistic": chi2, "df": float(test["df"]), "p_value": float(test["p_value"])}
    index = [int(e) for e in study.vcov_index] if study.vcov is not None else []
    before = [i for i, e in enumerate(index) if e < -1]
    if not before:
        return None
    values = dict(
        zip(np.asarray(study.event_time).astype(int), np.asarray(study.att, dtype=float), strict=True)
    )
    effect = np.array([values[index[i]] for i in before])
    variance = np.asarray(study.vcov)[np.ix_(before, before)]
    if np.linalg.matrix_rank(variance) < len(before):
        return None
    chi2 = float(effect @ np.linalg.solve(variance, effect))
    return {"statistic": chi2, "df": float(len(before)), "p_value": float(chdtrc(len(before), chi2))}


def _group_time(result: tuple[Any, Any], labels: tuple[str, ...]) -> pd.DataFrame:
    """Differences by cohort and wave."""
    rows = [
        (labels[int(g) - 1], labels[int(t) - 1], e["effect"], e["se"], e["n_treated"], e["n_control"])
        for (g, t), e in result[0].group_time_effects.items()
    ]
    names = ["cohort", "wave", "estimate", "std_error", "n_joiners", "n_controls"]
    return pd.DataFrame(rows, columns=names)
