"""Weights: the same as R's survey package, refused where they cannot be, and right on populations that are known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panel_eis.errors import DataError
from panel_eis.estimates import weighted_mean
from panel_eis.models.response import response_probability
from panel_eis.weights import LARGEST, kish, rake, weigh
from panel_eis.weights.frame import Margins
from panel_eis.weights.merging import rake_by_rule

KNOWN = Path(__file__).parent / "known" / "weights"
SHARES = {
    "form": pd.Series({"association": 0.80, "scop": 0.10, "scic": 0.06, "company": 0.04}),
    "size": pd.Series({"small": 0.70, "middle": 0.22, "large": 0.08}),
    "place": pd.Series({"north": 0.2, "south": 0.2, "west": 0.35, "city": 0.25}),
}


@pytest.fixture(scope="module")
def sample():
    return pd.read_csv(KNOWN / "sample.csv")


@pytest.fixture(scope="module")
def reference():
    return pd.read_csv(KNOWN / "reference.csv", comment="#")


@pytest.mark.parametrize("start", ["equal", "base"])
@pytest.mark.parametrize("function", ["rake", "calibrate"])
def test_raked_weights_are_those_of_r(sample, reference, start, function):
    """survey::rake and survey::calibrate(calfun = "raking"), from equal and from base weights."""
    given = sample["base"] if start == "base" else None
    ours = rake(sample, SHARES, start=given, largest=None).weights
    assert np.allclose(ours, reference[f"{function}_{start}"], rtol=0, atol=1e-6)


def test_the_weighted_mean_is_svymean(sample):
    """Estimate and linearised error of R's survey::svymean with the raked weights."""
    weights = rake(sample, SHARES, start=sample["base"], largest=None).weights
    ours = weighted_mean(sample["y"], weights)
    r = pd.read_csv(KNOWN / "reference_mean.csv").iloc[0]
    assert ours["mean"] == pytest.approx(r["mean"], abs=1e-6)
    assert ours["std_error"] == pytest.approx(r["std_error"], abs=1e-6)


def test_response_probabilities_are_those_of_glm(sample, reference):
    """Same logit, covariates standardised or not."""
    ours = response_probability(sample["answered"] == 1, sample[["z", "form"]])
    assert np.allclose(ours, reference["probability"].clip(0.02, 0.98), atol=1e-6)


def test_separated_answers_still_get_a_probability_inside_the_bounds():
    """A covariate that foretells every answer has no maximum-likelihood logit; nobody gets an infinite weight."""
    x = pd.DataFrame({"x": np.arange(40.0)})
    chances = response_probability(pd.Series(np.arange(40) >= 20), x)
    assert chances.between(0.02, 0.98).all()
    assert chances.is_monotonic_increasing


def test_the_trace_shows_raking_converge(sample):
    """One row a cycle and margin, starting before the first cycle, ending below the tolerance."""
    raked = rake(sample, SHARES)
    worst = raked.trace.groupby("iteration")["largest_gap"].max()
    assert worst.index.tolist() == list(range(raked.iterations + 1))
    assert worst.iloc[0] > 0.1
    assert worst.iloc[-1] < 1e-10


def test_a_row_given_twice_counts_as_one_of_twice_the_base_weight(sample):
    """Weights of the two copies add up to the weight of the one."""
    twice = pd.concat([sample, sample.iloc[:50]], ignore_index=True)
    base = pd.Series(np.where(np.arange(len(sample)) < 50, 2.0, 1.0))
    copies = rake(twice, SHARES, largest=None).weights
    single = rake(sample, SHARES, start=base, largest=None).weights
    summed = copies.iloc[:400].to_numpy() + np.pad(copies.iloc[400:].to_numpy(), (0, 350))
    assert np.allclose(summed / summed.sum(), single / single.sum(), atol=1e-9)


def test_margins_that_an_empty_cell_makes_impossible_are_refused_by_name():
    """All large ones are scops and all scops are large: their shares cannot differ."""
    frame = pd.DataFrame(
        {"form": ["scop"] * 5 + ["association"] * 15, "size": ["large"] * 5 + ["small"] * 15}
    )
    margins = {
        "form": pd.Series({"scop": 0.3, "association": 0.7}),
        "size": pd.Series({"large": 0.1, "small": 0.9}),
    }
    with pytest.raises(DataError) as caught:
        rake(frame, margins, where="2025")
    (problem,) = caught.value.problems
    assert problem.code == "E-RAKING"
    assert problem.column == "form"
    for lang, words in (
        ("en", ("answered only in size large",)),
        ("fr", ("n'a de réponses que dans size large",)),
    ):
        said = problem.sentence(lang)
        # The margin, the category, its target and what was reached, its answers, the sparse categories, and where to mend.
        for word in (
            "2025",
            "scop",
            "form",
            "30.0 %",
            "5",
            "20",
            "form: scop (5)",
            "size: large (5)",
            "data/frame.csv",
            "merge_with",
            *words,
        ):
            assert word in said


def _cornered():
    """Mutuals are all large and must weigh more than all that is large; one large scop leaves the rest free."""
    frame = pd.DataFrame(
        {
            "form": ["mutual"] * 6 + ["scop"] * 34 + ["association"] * 60,
            "size": ["large"] * 7 + ["middle"] * 20 + ["small"] * 13 + ["middle"] * 20 + ["small"] * 40,
        }
    )
    margins = {
        "form": pd.Series({"mutual": 0.2, "scop": 0.3, "association": 0.5}),
        "size": pd.Series({"large": 0.1, "middle": 0.3, "small": 0.6}),
    }
    return frame, margins


def test_sparse_categories_are_merged_as_declared_and_only_where_margins_cannot_be_met():
    """The sum of their shares holds, and every other share; it is told, once; where all can be met nothing is merged."""
    frame, margins = _cornered()
    with pytest.raises(DataError):
        rake_by_rule(frame, margins, where="2025")
    declared = Margins(margins, {("form", "mutual"): "scop", ("size", "large"): "middle"})
    raked, (told,) = rake_by_rule(frame, declared, largest=None, where="2025")
    assert (told.code, told.column, told.value) == ("W-MARGIN-MERGED", "form", "mutual + scop")
    assert "2025" in told.sentence("fr")
    shares = {m: raked.weights.groupby(frame[m]).sum() / raked.weights.sum() for m in margins}
    assert shares["form"]["association"] == pytest.approx(0.5)
    assert shares["form"][["mutual", "scop"]].sum() == pytest.approx(0.5)
    for size, share in margins["size"].items():
        assert shares["size"][size] == pytest.approx(share)
    met = {
        "form": frame["form"].value_counts(normalize=True),
        "size": frame["size"].value_counts(normalize=True),
    }
    assert rake_by_rule(frame, Margins(met, declared.merge_with))[1] == []


def test_a_category_that_nobody_stands_for_joins_its_declared_neighbour(sample):
    """Its share goes to the neighbour, not to everybody."""
    place = pd.Series({"north": 0.2, "south": 0.2, "west": 0.3, "city": 0.2, "abroad": 0.1})
    declared = Margins(SHARES | {"place": place}, {("place", "abroad"): "city"})
    raked, (told,) = rake_by_rule(sample, declared, largest=None, where="2023")
    assert told.value == "city + abroad"
    shares = raked.weights.groupby(sample["place"]).sum() / raked.weights.sum()
    assert shares["city"] == pytest.approx(0.3)
    assert shares["west"] == pytest.approx(0.3)


def test_a_category_of_the_frame_without_answers_is_told(sample):
    """One warning with wave, margin and category, in both languages."""
    margins = SHARES | {
        "place": pd.Series({"north": 0.2, "south": 0.2, "west": 0.3, "city": 0.2, "abroad": 0.1})
    }
    raked, (problem,) = rake_by_rule(sample, margins, where="2023")
    assert (problem.code, problem.column, problem.value) == ("W-MARGIN", "place", "abroad")
    assert "2023" in problem.sentence("fr")
    assert raked.largest_gap < 1e-10


def test_where_the_bound_and_the_margins_can_both_hold_they_do(sample):
    """Trimming alternates with raking; no weight exceeds the bound, and the margins stay met."""
    free = rake(sample, SHARES, largest=None).weights
    raked = rake(sample, SHARES, largest=0.95 * free.max())
    assert raked.trimmed > 0
    assert raked.weights.max() <= 0.95 * free.max() * (1 + 1e-9)
    assert raked.gap_after_trimming < 1e-7


def test_where_they_cannot_the_bound_wins_and_the_gap_is_told():
    """One row for 98 % of the population: nobody is driven to zero."""
    frame = pd.DataFrame({"a": ["z"] + ["x"] * 30 + ["y"] * 29})
    raked = rake(frame, {"a": pd.Series({"x": 0.01, "y": 0.01, "z": 0.98})})
    assert raked.weights.max() <= LARGEST * (1 + 1e-9)
    assert raked.gap_after_trimming > 0.8
    assert raked.weights.min() > 0.1


def test_kish_by_hand():
    """Weights 1, 1, 2: (1 + 1 + 2)² / (1 + 1 + 4) = 16 / 6."""
    effect, effective = kish([1, 1, 2])
    assert effective == pytest.approx(16 / 6)
    assert effect == pytest.approx(3 * 6 / 16)


def _population(rng, n):
    """Doers are larger, answer more at first, and stay more; strata are sampled unequally."""
    form = rng.choice(["association", "scop"], n, p=[0.9, 0.1])
    size = rng.choice(["1-9", "10-49"], n, p=[0.7, 0.3])
    does = rng.random(n) < 0.25 + 0.3 * (form == "scop") + 0.2 * (size == "10-49")
    asked = rng.random(n) < np.where(form == "scop", 0.6, 0.1) * np.where(size == "1-9", 0.5, 1.0)
    first = rng.random(n) < np.where(size == "10-49", 0.8, 0.4)
    stays = rng.random(n) < np.where(does, 0.85, 0.45)
    third = rng.random(n) < np.where(does, 0.85, 0.5)
    frame = pd.DataFrame({
        "unit": [f"U{i:05}" for i in range(n)], "legal_form": form, "size_class": size, "does": does.astype(float), "first": first,
        "second": first & stays, "third": first & stays & third,
    })  # fmt: skip
    return frame, frame[asked]


def _as_panel(asked, rng):
    waves = {"2021": "first", "2023": "second", "2025": "third"}
    n = len(asked)
    answers = asked.assign(
        ladder=np.where(asked["does"] == 1, 3, 0), staff_log=(asked["size_class"] == "10-49") * 2.0,
        respondent_role=rng.choice(["director", "board"], n), federated=rng.random(n) < 0.5, age=rng.normal(20, 5, n), department="69M",
    )  # fmt: skip
    panel = pd.concat([answers[answers[seen]].assign(wave=w) for w, seen in waves.items()])
    panel = panel.sort_values(["unit", "wave"], ignore_index=True)
    rows = []
    for w, seen in waves.items():
        outcome = np.where(
            asked[seen], "answered", np.where((w == "2021") | asked["first"], "no_answer", "left")
        )
        rows.append(
            answers[["unit", "legal_form", "size_class", "department"]].assign(
                wave=w, outcome=outcome, entry_wave="2021"
            )
        )
    return panel, pd.concat(rows, ignore_index=True)


def test_weights_recover_a_population_from_unequal_sampling_response_and_attrition():
    """Respondents overstate the share of doers; cross-sectional, pair and balanced weights find it again."""
    rng = np.random.default_rng(12)
    population, asked = _population(rng, 60000)
    panel, outcomes = _as_panel(asked, rng)
    margins = {m: population[m].value_counts(normalize=True) for m in ("legal_form", "size_class")}
    made = weigh(panel, outcomes, ["2021", "2023", "2025"], margins)
    truth = population["does"].mean()
    for wave, column in (
        ("2021", "weight"), ("2023", "weight"), ("2025", "weight"), ("2023", "weight_pair_population"),
        ("2025", "weight_pair_population"), ("2025", "weight_balanced"),
    ):  # fmt: skip
        rows = panel["wave"] == wave
        assert panel["does"][rows].mean() > truth + 0.08, wave
        found = weighted_mean(panel["does"][rows], made.columns[column][rows])
        assert abs(found["mean"] - truth) < 3 * found["std_error"] + 0.01, (wave, column)
    assert set(made.summary["weight"]) == {
        "weight_design", "weight_response", "weight", "weight_pair", "weight_pair_population", "weight_balanced",
    }  # fmt: skip


def test_calibration_meets_every_margin_of_the_frame_at_every_wave():
    """To nine digits, with its trace, where no weight has to be cut."""
    rng = np.random.default_rng(13)
    population, asked = _population(rng, 40000)
    panel, outcomes = _as_panel(asked, rng)
    margins = {m: population[m].value_counts(normalize=True) for m in ("legal_form", "size_class")}
    made = weigh(panel, outcomes, ["2021", "2023", "2025"], margins)
    for wave, rows in panel.groupby("wave"):
        weights = made.columns.loc[rows.index, "weight"]
        for margin, target in margins.items():
            shares = weights.groupby(rows[margin]).sum() / weights.sum()
            assert np.allclose(shares[target.index], target, atol=1e-9), wave
    last = made.convergence.groupby(["wave", "step", "margin"])["largest_gap"].last()
    assert (last < 1e-9).all()
