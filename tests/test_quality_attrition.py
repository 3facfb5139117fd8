"""Attrition: tests keep their level when departures are harmless, and find departures that are tied to the outcome."""

import numpy as np
import pandas as pd
import pytest

from panel_eis.models import Spec, fit
from panel_eis.quality.answering import FEWEST_ITEMS, by_module, fast, item_nonresponse, straight_lines
from panel_eis.quality.attrition import (
    becketti,
    odds_ratios,
    response_frame,
    response_model,
    verbeek_nijman,
    with_participation,
)
from panel_eis.quality.modes import mode_differences

WAVES = ["2021", "2023", "2025", "2027"]
SPEC = Spec(name="y", outcome="y", estimator="random_effects", regressors=("x",))


def simulated(rng, n=300, tied=0.0):
    """y = 1 + x + u + e; staying depends on x, and on u where ``tied``; nobody returns."""
    u = rng.normal(size=n)
    staying = np.ones(n, dtype=bool)
    rows, outcomes = [], []
    for t, wave in enumerate(WAVES):
        x = rng.normal(size=n)
        if t:
            staying &= rng.random(n) < 1 / (1 + np.exp(-(1.2 + 0.5 * x + tied * u)))
        y = 1 + x + u + rng.normal(size=n)
        frame = pd.DataFrame({"unit": [f"U{i:04}" for i in range(n)], "wave": wave, "x": x, "y": y})
        rows.append(frame[staying])
        outcomes.append(frame[["unit", "wave"]].assign(outcome=np.where(staying, "answered", "no_answer")))
    panel = pd.concat(rows).sort_values(["unit", "wave"], ignore_index=True)
    return with_participation(panel, pd.concat(outcomes), WAVES)


def test_what_is_known_of_participation_is_read_off_the_pattern():
    """1-1-0-1, and one that closes."""
    outcomes = pd.DataFrame({
        "unit": ["A"] * 4 + ["B"] * 4, "wave": WAVES * 2,
        "outcome": ["answered", "answered", "no_answer", "answered", "answered", "closed", "closed", "closed"],
    })  # fmt: skip
    panel = pd.DataFrame({"unit": ["A", "A", "A", "B"], "wave": ["2021", "2023", "2027", "2021"]})
    found = with_participation(panel, outcomes, WAVES)
    assert found["answers_next"].tolist()[:2] == [1, 0]
    assert found["answers_next"].iloc[2:].isna().all()
    assert found["leaves"].tolist()[:2] == [1, 1]
    assert found["waves_answered"].tolist() == [3, 3, 3, 1]
    assert found["answered_all"].tolist() == [0, 0, 0, 1]
    assert found["answered_before"].tolist()[1:3] == [1, 0]


def test_departures_tied_to_the_unit_are_found():
    """Those of low u leave: every added variable says so, and the first wave already differs."""
    rows = simulated(np.random.default_rng(1), n=1500, tied=1.0)
    found = verbeek_nijman(SPEC, rows).set_index("added")
    assert found.loc["waves_answered", "p_value"] < 1e-6
    assert found.loc["answered_all", "p_value"] < 1e-6
    assert found.loc["waves_answered", "estimate"] > 0
    level = becketti(SPEC, rows, "2021").set_index("added")
    assert level.loc["level", "p_value"] < 1e-6
    assert level.loc["level", "estimate"] < 0
    assert level.loc["joint", "df"] == 2


def test_the_joint_test_of_becketti_is_the_f_test_of_two_nested_regressions():
    """With homoskedastic errors of many independent units, the robust and the textbook F agree closely."""
    rows = simulated(np.random.default_rng(3), n=4000, tied=0.05)
    first = rows[rows["wave"] == "2021"].dropna(subset=["leaves"])
    z = first["leaves"].to_numpy()
    x = first["x"].to_numpy()
    full = np.column_stack([np.ones(len(x)), x, z, x * z])

    def residual(design):
        beta, *_ = np.linalg.lstsq(design, first["y"].to_numpy(), rcond=None)
        return ((first["y"].to_numpy() - design @ beta) ** 2).sum()

    f = (residual(full[:, :2]) - residual(full)) / 2 / (residual(full) / (len(x) - 4))
    ours = becketti(SPEC, rows, "2021").set_index("added").loc["joint", "statistic"]
    assert ours == pytest.approx(f, rel=0.15, abs=0.05)


def rejected(tied, panels=200):
    """Share of simulated panels in which each test of attrition rejects at 5 %."""
    rng = np.random.default_rng([20, round(10 * tied)])
    p = []
    for _ in range(panels):
        rows = simulated(rng, n=200, tied=tied)
        p.append({
            **verbeek_nijman(SPEC, rows).set_index("added")["p_value"],
            **becketti(SPEC, rows, "2021").set_index("added")["p_value"],
        })  # fmt: skip
    return (pd.DataFrame(p) < 0.05).mean()


@pytest.mark.slow
def test_tests_of_attrition_keep_their_level_and_have_power():
    """200 panels of 200 units: harmless departures are rejected in 5 % of panels, within error; tied ones in most."""
    harmless, tied = rejected(0.0), rejected(1.0)
    assert ((harmless > 0.005) & (harmless < 0.105)).all()
    assert (tied[["waves_answered", "answered_all", "level", "joint"]] > 0.8).all()


def test_the_response_model_recovers_what_departures_depend_on():
    """Each rung makes staying likelier by a factor exp(0.4); other covariates do nothing."""
    rng = np.random.default_rng(5)
    n = 4000
    panel = pd.DataFrame({
        "unit": [f"U{i:04}" for i in range(n)], "wave": "2021", "ladder": rng.integers(0, 6, n), "staff_log": rng.normal(size=n),
        "legal_form": rng.choice(["association", "scop"], n), "respondent_role": rng.choice(["director", "board"], n),
        "federated": rng.random(n) < 0.5, "age": rng.normal(20, 8, n),
    })  # fmt: skip
    stays = rng.random(n) < 1 / (1 + np.exp(-(-0.5 + 0.4 * panel["ladder"])))
    outcomes = pd.concat([
        panel[["unit"]].assign(wave="2021", outcome="answered"),
        panel[["unit"]].assign(wave="2023", outcome=np.where(stays, "answered", "no_answer")),
    ])  # fmt: skip
    missing = pd.Series(rng.uniform(0, 0.2, n), index=pd.MultiIndex.from_frame(panel[["unit", "wave"]]))
    rows = response_frame(panel, outcomes, missing, ["2021", "2023"])
    found = odds_ratios(response_model(rows)).set_index("variable")
    assert found.loc["ladder", "low"] < np.exp(0.4) < found.loc["ladder", "high"]
    assert found.loc["ladder", "p_value"] < 1e-9
    assert (found.drop("ladder")["p_value"] > 0.01).all()


def test_missing_items_are_counted_by_reason_among_those_asked(codebook):
    """Skipped and not asked are no non-response; open text only invites."""
    index = pd.MultiIndex.from_tuples([(f"U{i}", "2023") for i in range(4)], names=["unit", "wave"])
    reasons = pd.DataFrame({
        "unit": ["answered"] * 4, "wave": ["answered"] * 4, "a1": ["answered", "no_answer", "dont_know", "answered"],
        "tools": ["skipped", "answered", "refused", "skipped"], "comment": ["no_answer"] * 4,
    }, index=index).drop(columns=["wave"])  # fmt: skip
    found = item_nonresponse(reasons, codebook).set_index("variable")
    assert found.loc["a1", ["asked", "no_answer", "dont_know", "refused"]].tolist() == [4, 1, 1, 0]
    assert found.loc["tools", ["asked", "refused", "missing_share"]].tolist() == [2, 1, 0.5]
    assert "comment" not in found.index
    modules = by_module(found.reset_index()).set_index("module")
    assert modules.loc["appropriation", "missing_share"] == pytest.approx(2 / 4)


def test_a_straight_line_is_the_same_degree_for_all_items_answered(codebook):
    """Too few answers say nothing."""
    names = [v.name for v in codebook.items()][: FEWEST_ITEMS + 1]
    rows = [
        [3] * len(names),
        [3] * FEWEST_ITEMS + [4],
        [3] * 2 + [None] * (len(names) - 2),
        [3] * FEWEST_ITEMS + [None],
    ]
    found = straight_lines(pd.DataFrame(rows, columns=names, dtype="Float64"), codebook)
    assert found.iloc[[0, 1, 3]].tolist() == [True, False, True]
    assert found.isna().tolist() == [False, False, True, False]


def test_a_fast_interview_is_measured_against_its_own_route_and_wave():
    """Ten minutes are fast for those who evaluate, not for the others; without a length nothing is said."""
    panel = pd.DataFrame({
        "wave": ["2023"] * 8, "practises": [True] * 4 + [False] * 4,
        "minutes": pd.array([10, 30, 30, 30, 10, 10, 10, None], dtype="Float64"),
    })  # fmt: skip
    found = fast(panel)
    assert found.iloc[:7].tolist() == [True] + [False] * 6
    assert pd.isna(found.iloc[7])


def test_differences_between_modes_hold_the_strata_constant():
    """Scops choose the phone and score higher: nothing is left of the difference once the form is in."""
    rng = np.random.default_rng(8)
    n = 3000
    scop = rng.random(n) < 0.5
    phone = rng.random(n) < np.where(scop, 0.7, 0.1)
    rows = pd.DataFrame({
        "unit": [f"U{i}" for i in range(n)], "wave": "2023", "mode": np.where(phone, "phone", "web"),
        "stratum_legal_form": np.where(scop, "scop", "association"), "score": 10.0 * scop + rng.normal(size=n),
    })  # fmt: skip
    (row,) = mode_differences(rows, ["score"], ["stratum_legal_form"]).itertuples()
    raw = rows.groupby("mode")["score"].mean()
    assert raw["phone"] - raw["web"] > 4
    assert (row.mode, row.reference) == ("phone", "web")
    assert row.low < 0 < row.high
    assert abs(row.estimate) < 0.15
    assert (row.n, row.base) == (int(phone.sum()), int((~phone).sum()))


def test_a_test_that_the_rows_do_not_allow_is_left_out():
    """Where nobody returns, all answered the wave before; the other three tests are there, and the slope is right."""
    rows = simulated(np.random.default_rng(6), n=1000)
    plain = fit(SPEC, rows).term("x")["estimate"]
    assert plain == pytest.approx(1.0, abs=0.06)
    assert verbeek_nijman(SPEC, rows)["added"].tolist() == ["answered_all", "waves_answered", "answers_next"]


TOLD = {
    "answered_all": "Verbeek–Nijman, answered every wave",
    "waves_answered": "Verbeek–Nijman, number of waves",
    "answers_next": "next wave, within",
    "level": "Becketti et al., level",
    "joint": "Becketti et al., joint",
}

if __name__ == "__main__":  # the table of docs/verification_quality.md
    shares = {tied: rejected(tied) for tied in (0.0, 0.5, 1.0)}
    print("| test | tied = 0 | 0.5 | 1.0 |\n|---|---|---|---|")  # noqa: T201
    for name, words in TOLD.items():
        print(f"| {words} | " + " | ".join(f"{share[name]:.3f}" for share in shares.values()) + " |")  # noqa: T201
