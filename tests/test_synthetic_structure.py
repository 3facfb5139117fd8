"""The panel behind the answers: exact linear effects, selection that biases pooled comparisons only, stable chance."""

import time

import numpy as np
import pandas as pd
import pytest

from panel_eis.synthetic import draw_panel, read_truth
from panel_eis.synthetic.streams import Streams, pick, tick
from panel_eis.synthetic.structure import draw_structure, table

WAVES = ("2021", "2023", "2025")
TIES = [
    "federated_service",
    "federated_only",
    "peer_tie",
    "asked",
    "funded",
    "multiyear",
    "service_x_demand",
    "dedicated",
]


@pytest.fixture(scope="module")
def truth(pytestconfig):
    return read_truth(pytestconfig.rootpath / "data" / "truth.yml")


@pytest.fixture(scope="module")
def panel(truth):
    """What a study of 5,000 organisations sees of the score: those that answer and evaluate."""
    drawn = draw_panel(truth, np.random.default_rng(7), 5_000, WAVES)
    return drawn[drawn["responded"] & drawn["practises"]]


def least_squares(y: pd.Series, x: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Coefficients and plain standard errors."""
    matrix, outcome = x.to_numpy(float), y.to_numpy(float)
    inverse = np.linalg.inv(matrix.T @ matrix)
    beta = inverse @ matrix.T @ outcome
    residual = outcome - matrix @ beta
    variance = residual @ residual / (len(y) - x.shape[1])
    return pd.Series(beta, x.columns), pd.Series(np.sqrt(np.diag(inverse) * variance), x.columns)


def regressors(panel: pd.DataFrame) -> pd.DataFrame:
    fixed = ["scop", "scic", "mutual", "foundation", "company", "age_decades"]
    later = pd.get_dummies(panel["wave"], prefix="wave", drop_first=True).astype(float)
    return pd.concat([panel[[*TIES, "staff_log", "hybrid", *fixed]], later], axis=1).assign(one=1.0)


def test_what_is_left_of_the_score_without_its_effects_is_mean_drift_organisation_and_chance(truth):
    drawn = draw_panel(truth, np.random.default_rng(3), 2_000, WAVES)
    effects = vars(truth.score.effects)
    explained = sum(value * drawn[name] for name, value in effects.items()) + drawn["score_effect"]
    rest = (drawn["score_true"] - truth.score.mean) / truth.score.points_per_sd - explained
    rest -= truth.score.drift * drawn["t"]
    assert rest.mean() == pytest.approx(0, abs=0.03)
    assert rest.std() == pytest.approx(truth.score.residual_sd, rel=0.03)
    assert abs(rest.corr(rest.groupby(drawn["unit"]).shift())) < 0.05


def test_the_rung_is_the_number_of_thresholds_below_the_index(truth):
    drawn = draw_panel(truth, np.random.default_rng(3), 300, WAVES)
    above = drawn["ladder_index"].to_numpy()[:, None] > np.array(truth.ladder.thresholds)
    assert (above.sum(axis=1) == drawn["ladder"]).all()


def test_comparisons_within_organisations_recover_the_effects(panel, truth):
    many = panel[panel.groupby("unit")["unit"].transform("size") > 1]
    x = regressors(many).drop(columns=["one", "age_decades"])
    varying = x.groupby(many["unit"]).transform(lambda column: column - column.mean())
    varying = varying.loc[:, varying.abs().sum() > 1]
    y = many["score_true"] - many.groupby("unit")["score_true"].transform("mean")
    beta, error = least_squares(y, varying.drop(columns=[c for c in varying if c in ("scic", "scop")]))
    error *= np.sqrt(len(y) / (len(y) - many["unit"].nunique()))
    for name in TIES:
        told = truth.score.points_per_sd * getattr(truth.score.effects, name)
        assert beta[name] == pytest.approx(told, abs=3.5 * error[name]), name


def test_selection_makes_comparisons_between_organisations_too_favourable(panel, truth):
    beta, error = least_squares(panel["score_true"], regressors(panel))
    for name in ("federated_service", "peer_tie", "funded", "multiyear"):
        told = truth.score.points_per_sd * getattr(truth.score.effects, name)
        assert beta[name] > told + 3 * error[name], name


def test_without_selection_pooled_comparisons_are_right(pytestconfig):
    switches = ("ties.federated", "ties.service", "ties.peer", "support.multiyear", "support.dedicated")
    changes = {f"{s}.selection": 0.0 for s in switches}
    changes |= {
        "support.requested_selection": 0.0,
        "support.funded_selection": 0.0,
        "organisation.correlation": 0.0,
    }
    truth = read_truth(pytestconfig.rootpath / "data" / "truth.yml", changes)
    drawn = draw_panel(truth, np.random.default_rng(11), 5_000, WAVES)
    beta, error = least_squares(drawn["score_true"], regressors(drawn))
    for name in ("federated_service", "peer_tie", "funded", "multiyear"):
        told = truth.score.points_per_sd * getattr(truth.score.effects, name)
        assert beta[name] == pytest.approx(told, abs=6 * error[name]), name


def test_more_waves_leave_the_earlier_ones_as_they_are(truth):
    three = table(draw_structure(truth, Streams(5), 120, WAVES), truth)
    four = table(draw_structure(truth, Streams(5), 120, (*WAVES, "2027")), truth)
    earlier = four[four["wave"] != "2027"].reset_index(drop=True)
    pd.testing.assert_frame_equal(earlier, three)


def test_stages_of_chance_do_not_disturb_one_another():
    streams = Streams(1)
    before = streams.stage("a", "2021").random(3)
    streams.stage("b", "2021").random(100)
    assert (streams.stage("a", "2021").random(3) == before).all()
    assert (streams.stage("a", "2023").random(3) != before).all()


def test_ticked_boxes_have_their_shares_and_repeat():
    rng = np.random.default_rng(0)
    traits = rng.standard_normal((20_000, 2))
    first, second = (tick(rng, traits, np.array([0.3, 0.7]), 0.7) for _ in range(2))
    assert np.abs(first.mean(axis=0) - [0.3, 0.7]).max() < 0.02
    assert (first[:, 0] == second[:, 0]).mean() > 0.75
    drawn = pick(rng, np.array([[1.0, 0.0, 3.0]]), 20_000)
    assert (drawn == 1).sum() == 0
    assert (drawn == 2).mean() == pytest.approx(0.75, abs=0.01)


def test_a_panel_is_drawn_fast_enough_to_draw_hundreds(truth):
    draw_panel(truth, np.random.default_rng(0), 240, WAVES)
    times = []
    for seed in range(8):
        start = time.perf_counter()
        draw_panel(truth, np.random.default_rng(seed), 240, WAVES)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.04
