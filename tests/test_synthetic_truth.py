"""The written truth is complete, refuses what it does not know, and its worked-out figures meet their targets."""

import numpy as np
import pandas as pd
import pytest
import yaml

from panel_eis.errors import UsageError
from panel_eis.synthetic import draw_panel, read_truth

WAVES = ("2021", "2023", "2025")


@pytest.fixture(scope="module")
def truth(pytestconfig):
    return read_truth(pytestconfig.rootpath / "data" / "truth.yml")


@pytest.fixture(scope="module")
def large(truth):
    """One panel, so large that chance hardly counts."""
    return draw_panel(truth, np.random.default_rng(1), 20_000, WAVES)


def wide(panel: pd.DataFrame, column: str) -> pd.DataFrame:
    return panel.pivot(index="unit", columns="t", values=column)  # no cell is met twice


def test_an_unknown_key_is_refused_with_the_nearest_known_one(tmp_path, pytestconfig):
    text = (pytestconfig.rootpath / "data" / "truth.yml").read_text(encoding="utf-8")
    (tmp_path / "truth.yml").write_text(text.replace("  drift: 0.04", "  drifft: 0.04"), encoding="utf-8")
    with pytest.raises(UsageError, match=r"unknown key score\.drifft\. Did you mean 'drift'\?"):
        read_truth(tmp_path / "truth.yml")


def test_a_missing_key_and_a_value_of_another_kind_are_refused(tmp_path, pytestconfig):
    document = yaml.safe_load((pytestconfig.rootpath / "data" / "truth.yml").read_text(encoding="utf-8"))
    document["score"]["mean"] = "many"
    (tmp_path / "kind.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(UsageError, match=r"score\.mean should be a number"):
        read_truth(tmp_path / "kind.yml")
    del document["score"]["mean"]
    (tmp_path / "missing.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(UsageError, match=r"key score\.mean is missing"):
        read_truth(tmp_path / "missing.yml")


def test_changes_for_a_test_are_held_to_the_same_keys(pytestconfig):
    path = pytestconfig.rootpath / "data" / "truth.yml"
    assert read_truth(path, {"ladder.persistence": 0.0}).ladder.persistence == 0
    with pytest.raises(UsageError, match="Did you mean 'persistence'"):
        read_truth(path, {"ladder.persistance": 0.0})


def test_the_truth_names_the_codes_of_the_codebook(pytestconfig, truth):
    from panel_eis.codebook import read_codebook

    codebook = read_codebook(pytestconfig.rootpath / "data" / "codebook")
    assert set(truth.sample.departments) == set(codebook.codes("department"))
    assert tuple(truth.sample.size_classes) == codebook.codes("size_class")
    assert set(truth.sample.legal_forms) < set(codebook.codes("legal_form"))
    assert {f for table in truth.sample.fields.values() for f in table} == set(codebook.codes("field"))
    assert tuple(truth.support.demands) == codebook.codes("demand")
    assert tuple(truth.motives) == codebook.codes("motives")
    assert tuple(truth.barriers) == codebook.codes("barriers")
    assert set(truth.likert.means) == {v.name for v in codebook.asked if v.list_name == "agree5"}
    assert tuple(truth.performance.expected) == tuple(truth.performance.gaps) == codebook.codes("attribute")
    assert set(truth.performance.role_expected) == set(codebook.codes("role"))


def test_the_ladder_of_the_first_wave_has_its_target_shares(large, truth):
    first = large[large["responded"] & (large["t"] == 0)]
    shares = first["ladder"].value_counts(normalize=True).sort_index() * 100
    assert np.abs(shares.to_numpy() - np.array(truth.ladder.target)).max() < 1


def test_four_to_six_points_more_evaluate_at_each_wave_in_the_same_organisations(large):
    doing = (wide(large, "ladder")[wide(large, "ladder").notna().all(axis=1)] >= 2).mean() * 100
    assert doing.diff().dropna().between(4, 6).all()


def test_ten_to_fifteen_percent_of_evaluators_give_up(large):
    ladder, seen = wide(large, "ladder"), wide(large, "responded").fillna(value=False).astype(bool)
    for before, now in ((0, 1), (1, 2)):
        doing = (ladder[before] >= 2) & seen[before] & seen[now]
        assert 0.10 < (ladder[now][doing] < 2).mean() < 0.15


def test_seven_in_ten_stay_and_fewer_where_the_ladder_is_low_or_the_staff_small(large):
    seen = wide(large, "responded").fillna(value=False).astype(bool)
    ladder, staff = wide(large, "ladder"), wide(large, "staff")
    at_risk = seen[0] & ladder[1].notna()
    stays = seen[1][at_risk]
    assert stays.mean() == pytest.approx(0.70, abs=0.02)
    by_rung = stays.groupby(ladder[0][at_risk]).mean()
    assert by_rung[0] < by_rung[1] < by_rung[2:].min()
    assert stays[staff[0] < 10].mean() < stays[staff[0] >= 10].mean() - 0.03


def test_one_in_ten_of_the_first_answers_has_a_gap_and_comes_back(large):
    seen = wide(large, "responded").fillna(value=False).astype(bool)
    first = seen[seen[0]]
    assert (~first[1] & first[2]).mean() == pytest.approx(0.10, abs=0.015)


def test_three_to_four_percent_close_between_two_waves(large):
    ladder = wide(large, "ladder")
    present = ladder[0].notna()
    assert 0.03 < ladder[1][present].isna().mean() < 0.04


def test_refreshment_adds_fifteen_percent_of_the_first_sample(large, truth):
    entered = large[large["responded"]].groupby("unit")["t"].min().value_counts()
    assert entered[1] == entered[2] == round(truth.sample.refreshment * entered[0])


def test_the_first_sample_has_its_quotas(large, truth):
    first = large[large["responded"] & (large["t"] == 0)]
    forms = first["legal_form"].value_counts(normalize=True)
    quotas = pd.Series(truth.sample.legal_forms) / sum(truth.sample.legal_forms.values())
    assert (forms - quotas).abs().max() < 0.001
    assert (first["department"] == "69M").mean() == pytest.approx(0.50, abs=0.02)


def test_the_score_of_evaluators_lies_near_the_middle_of_its_scale(large):
    doing = large[large["responded"] & large["practises"]]
    assert doing["score_true"].mean() == pytest.approx(56.5, abs=1)
    assert doing["score_true"].std() == pytest.approx(12.3, abs=0.5)
