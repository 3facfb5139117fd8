"""Panels made by other decisions, the declared specifications, and one row for each alternative."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from panel_eis.missing import IMPUTABLE, may_impute
from panel_eis.models import (
    Level,
    Spec,
    cross,
    event_study,
    fit,
    hazard,
    lee_bounds,
    predicted_probabilities,
    risk_set,
)
from panel_eis.models.joining import joiners_needed, joining
from panel_eis.models.markov import pairs_of_waves
from panel_eis.panel import build_panel, check_wave
from panel_eis.register import read_register
from panel_eis.robustness.alternatives import COLUMNS, Alternatives
from panel_eis.robustness.panels import (
    impute_panel,
    staying_weights,
    unsettled,
    with_versions,
)
from panel_eis.robustness.questions import questions
from panel_eis.robustness.tables import curves, make_panels
from panel_eis.weights import read_frame


@pytest.fixture(scope="module")
def built(root, codebook):
    data = root / "data"
    register = read_register(data, codebook)
    paths = sorted((data / "waves").glob("*.csv"))
    parts = {path.stem: check_wave(path, codebook, register)[:2] for path in paths}
    made = build_panel(parts, codebook, register, read_frame(data / "frame.csv", codebook))
    return SimpleNamespace(
        panel=made.answers.reset_index(), reasons=made.reasons.reset_index(drop=True),
        participation=made.participation, events=pd.read_csv(data / "events.csv", dtype=str),
    )  # fmt: skip


@pytest.fixture(scope="module")
def imputed(built, codebook):
    return impute_panel(
        built.panel, built.reasons, codebook, rng=np.random.default_rng(1), imputations=2, iterations=2
    )


@pytest.fixture(scope="module")
def declared(root):
    spec = importlib.util.spec_from_file_location("specifications", root / "analyses" / "specifications.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_was_not_asked_or_skipped_is_never_imputed(built, imputed):
    done = imputed.complete(0)
    for name in imputed.gaps:
        filled = built.panel[name].isna() & done[name].notna()
        assert set(built.reasons.loc[filled, name]) <= set(IMPUTABLE)
        structural = built.reasons[name].isin(["not_asked", "skipped", "not_applicable"])
        assert done.loc[structural, name].isna().all()
        assert done.loc[built.reasons[name].isin(list(IMPUTABLE)), name].notna().all()
    assert not may_impute(built.reasons, ["b1"])["b1"][built.panel["ladder"] < 2].any()


def test_imputed_grades_are_grades_and_demand_is_a_code(built, imputed, codebook):
    done = imputed.complete(1)
    items = [n for n in imputed.gaps if n != "demand"]
    assert done[items].stack().between(1, 5).all()
    assert set(done["demand"].dropna()) <= set(codebook.codes("demand"))


def test_the_main_version_of_the_score_is_that_of_the_panel(built, codebook):
    made = with_versions(built.panel, codebook, ())
    pd.testing.assert_series_equal(
        made["score_dimensions"], built.panel["appropriation"], check_names=False, check_dtype=False
    )
    other = with_versions(built.panel, codebook, ["b3"])
    assert (other["score_dimensions_same"] != other["score_dimensions"]).any()
    assert other["score_dimensions"].equals(made["score_dimensions"])
    without = built.panel.assign(b3=pd.array([pd.NA] * len(built.panel), dtype="Int64"))
    assert with_versions(without, codebook, ["b3"])["score_items_same"].equals(other["score_items_same"])
    assert made["ladder_groups"].dropna().isin([0, 1, 2]).all()
    assert made["score_items"].isna().equals(made["score_dimensions"].isna())


def test_public_demand_follows_from_the_imputed_answer(imputed, codebook):
    made = with_versions(imputed.complete(0), codebook, ())
    assert made["public_demand"].notna().all()
    assert (made["public_demand"] == made["demand"].isin(["requested", "funded"])).all()


def test_organisations_that_merged_or_changed_form_are_unsettled(built):
    gone = unsettled(built.events)
    told = built.events[built.events["event"].isin(["merged_into", "legal_form"])]
    assert set(told["unit"]) <= gone
    assert set(built.events.loc[built.events["event"] == "merged_into", "other"]) <= gone
    assert not set(built.events.loc[built.events["event"] == "moved", "unit"]) & gone


def test_those_at_risk_of_not_answering_are_alive(built):
    made = staying_weights(built.panel, built.participation, trim=None)
    answered = built.panel.groupby("wave").size()
    for row in made.table.itertuples():
        assert row.answered <= answered[row.wave]
        assert row.at_risk > row.answered
    later = built.panel["wave"] != built.panel.groupby("unit")["wave"].transform("min")
    assert made.weights[later].gt(1).all()
    assert made.weights[~later].eq(1).all()


def test_the_declared_decisions_give_every_sensible_model_once(declared):
    counts = {
        family: len(cross(decisions, declared.member)) for family, decisions in declared.FAMILIES.items()
    }
    assert counts == {"score": 624, "ladder": 426}
    for decisions in declared.FAMILIES.values():
        first = {d.name: d.levels[0].name for d in decisions}
        assert declared.member(first) is not None
        assert all(level.fr and level.en for d in decisions for level in d.levels)


def test_the_reference_of_the_curve_is_the_reference_of_the_figure(built, imputed, codebook, declared):
    panels = make_panels(imputed, built.participation, built.events, codebook, ["b3"])
    kept = [
        replace_levels(decision, 2 if decision.name in ("estimator", "gaps") else 1)
        for decision in declared.FAMILIES["score"]
    ]
    slim = SimpleNamespace(FAMILIES={"score": kept}, member=two_imputations(declared.member))
    curve, test = curves(slim, panels, seed=1, draws=49)
    row = curve[(curve["estimator"] == "within_between") & (curve["gaps"] == "drop")].iloc[0]
    found = fit(declared.REFERENCES["score"], built.panel).term("federated_service_within")
    assert row["estimate"] == pytest.approx(found["estimate"], rel=1e-9)
    assert row["std_error"] == pytest.approx(found["std_error"], rel=1e-9)
    assert (curve["message"] == "").all()
    assert set(test["family"]) == {"score"}
    more = curve[(curve["gaps"] == "imputed")]["n_rows"].min()
    assert more >= curve[(curve["gaps"] == "drop")]["n_rows"].min()


def replace_levels(decision, most):
    return decision._replace(levels=tuple(Level(*level) for level in decision.levels[:most]))


def two_imputations(member):
    """Panels of two imputations only; the first estimator that drops form asks for less."""

    def made(choices):
        one = member(choices)
        return one and replace(one, panels=tuple(k for k in one.panels if k.split()[0] in KEYS))

    return made


KEYS = ("observed", "imputed0", "imputed1")


@pytest.fixture(scope="module")
def alternatives(built, imputed, codebook, declared):
    return Alternatives(
        declared.REFERENCES["score"], declared.REFERENCES["ladder"], imputed, participation=built.participation,
        events=built.events, codebook=codebook, rng=np.random.default_rng(1), draws=199,
    )  # fmt: skip


@pytest.fixture(scope="module")
def rows(alternatives):
    return alternatives.table()


def test_each_alternative_has_an_estimate_or_says_why_not(rows):
    table = rows
    assert list(table.columns) == list(COLUMNS)
    told = table[table["message"] == ""]
    assert (told["conf_low"] <= told["estimate"]).all()
    assert (told["estimate"] <= told["conf_high"]).all()
    assert told[["n_rows", "n_units", "n_switchers", "clusters"]].gt(0).all().all()
    assert (table["message"] == "").sum() >= 27
    names = set(table["name"])
    assert {"reference", "within", "fractional", "attrition", "imputed", "cr3", "wild", "left_out"} <= names
    assert {"re_ordered_logit", "feologit_buc", "generalised", "markov"} <= names
    assert {"begins_frailty", "ends_frailty", "lee_bounds", "event_study"} <= names


def test_rows_of_other_questions_are_those_of_their_estimators_on_a_scale_of_their_own(
    alternatives, rows, declared
):
    """Effects in points or percentage points, from predictions at both ends; the two ways add up."""
    table, panel = rows.set_index("name"), alternatives.panel
    score, ladder, tie = declared.REFERENCES["score"], declared.REFERENCES["ladder"], "federated_service"
    panel = panel.assign(practises=panel["practises"].astype("Float64"))

    def change(found, rows):
        ends = predicted_probabilities(found, rows, {tie: [0.0, 1.0]}).groupby(tie)["estimate"].last()
        return ends[1.0] - ends[0.0]

    gee = replace(score, estimator="gee_logit", bounds=(0.0, 100.0))
    who = replace(ladder, name="who", outcome="practises", estimator="fractional_logit")
    assert table.loc["gee", "estimate"] == pytest.approx(change(fit(gee, panel), panel))
    assert table.loc["evaluates_logit", "estimate"] == pytest.approx(change(fit(who, panel), panel))
    spec = Spec(name="h", outcome="practises", estimator="cloglog", regressors=(tie, "peer_tie", "staff_log"))
    for name, ends in (("begins", False), ("ends", True)):
        at_risk, _ = risk_set(panel, "practises", ends=ends)
        assert table.loc[name, "estimate"] == pytest.approx(change(hazard(spec, panel, ends=ends), at_risk))
        assert table.loc[name, "family"] == "change"
    ways = table.loc[["two_part_who", "two_part_level"], "estimate"].sum()
    assert table.loc["two_part", "estimate"] == pytest.approx(ways)
    assert (table["family"] == "evaluates").sum() == 2
    assert table["errors"]["two_part"].startswith("percentiles of 9")


def test_rows_of_frailty_markov_and_lee_are_those_of_their_estimators(alternatives, rows, declared):
    table, panel = rows.set_index("name"), alternatives.panel
    tie, ladder = "federated_service", declared.REFERENCES["ladder"]
    panel = panel.assign(practises=panel["practises"].astype("Float64"))
    spec = Spec(
        name="h", outcome="practises", estimator="gamma_cloglog", regressors=(tie, "peer_tie", "staff_log")
    )
    for name, ends in (("begins_frailty", False), ("ends_frailty", True)):
        at_risk, _ = risk_set(panel, "practises", ends=ends)
        found = hazard(spec, panel, ends=ends)
        at = predicted_probabilities(found, at_risk, {tie: [0.0, 1.0]}).groupby(tie)["estimate"].last()
        assert table.loc[name, "estimate"] == pytest.approx(at[1.0] - at[0.0], rel=1e-6)
    chain = replace(
        ladder, estimator="ordered_logit", varying=(),
        regressors=(*(r for r in ladder.regressors if r != "legal_form"), "before"),
    )  # fmt: skip
    pairs = pairs_of_waves(chain, panel)
    found = fit(chain, pairs.assign(before=pairs["ladder_from"])).term(tie)
    for column in ("estimate", "conf_low", "conf_high"):
        assert table.loc["markov", column] == pytest.approx(found[column], rel=1e-6)
    bounds = lee_bounds(panel, "appropriation", tie, selected="practises")
    assert table.loc["lee_bounds", "conf_low"] == pytest.approx(bounds.conf_low, rel=1e-9)
    assert table.loc["lee_bounds", "conf_high"] == pytest.approx(bounds.conf_high, rel=1e-9)
    seen = panel[panel["practises"] == 1].groupby(tie)["appropriation"].mean()
    assert table.loc["lee_bounds", "estimate"] == pytest.approx(seen[True] - seen[False], rel=1e-9)


def test_an_event_study_with_too_few_joiners_is_a_row_that_says_how_many_would_do(rows, alternatives):
    row = rows.set_index("name").loc["event_study"]
    assert np.isnan(row["estimate"])
    needed, *_ = joiners_needed(joining(alternatives.panel, "appropriation", "federated_service"))
    assert row["n_switchers"] < row["n_needed"] == needed
    assert f"{needed:.0f} would do" in row["message"]


def test_with_joiners_enough_the_row_of_the_event_study_has_its_estimate(alternatives, declared):
    """Half of the organisations join at the second wave in which they are seen, and gain ten points."""
    rng, waves = np.random.default_rng(4), sorted(alternatives.panel["wave"].unique())
    units = [f"u{i}" for i in range(160)]
    panel = pd.DataFrame([(u, w) for u in units for w in waves], columns=["unit", "wave"])
    number, place = panel["unit"].str[1:].astype(int), panel["wave"].map(waves.index)
    inside = (number % 2 == 0) & (place >= 1 + number // 2 % (len(waves) - 1))
    panel["federated_service"] = inside.astype("boolean")
    level = rng.normal(50, 10, len(units))[number]
    panel["appropriation"] = level + 10.0 * inside + rng.normal(0, 2, len(panel))
    panel["practises"] = True
    references = declared.REFERENCES
    makers = {
        name: make
        for _, name, make in questions(
            references["score"], references["ladder"], panel, rng=rng, missing="complete"
        )
    }
    row = makers["event_study"]()
    overall = event_study(panel, "appropriation", "federated_service").table.set_index("since").loc[np.nan]
    for column in ("estimate", "conf_low", "conf_high"):
        assert row[column] == pytest.approx(overall[column], rel=1e-9)
    assert row["n_switchers"] == 80 > row["n_needed"]
    assert row["conf_low"] < 10 < row["conf_high"]
    assert "message" not in row


def test_errors_that_differ_leave_the_estimate(rows):
    table = rows.set_index("name")
    for name in ("cr3", "wild", "left_out"):
        assert table.loc[name, "estimate"] == pytest.approx(table.loc["reference", "estimate"])


def test_sensitivity_gives_three_numbers(alternatives):
    told = alternatives.sensitivity()
    assert set(told) == {"delta", "robustness_value", "robustness_value_clustered"}
    assert 0 <= told["robustness_value_clustered"] <= told["robustness_value"] < 1
