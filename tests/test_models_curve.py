"""The specification curve: every member is the fit it stands for, and the joint test holds its level."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from panel_eis.errors import ModelError
from panel_eis.models import Spec, fit, pool, wild_bootstrap
from panel_eis.models.curve import run_curve
from panel_eis.models.decisions import Decision, Level, Member, cross
from panel_eis.models.wild import LAWS, flips_of
from panel_eis.parallel import Workers


def levels(name, *words):
    return Decision(name, name, name, tuple(Level(w, w, w) for w in words))


DECISIONS = (
    levels("estimator", "within", "pooled_ols"), levels("weights", "none", "weight"), levels("gaps", "drop", "imputed"),
    levels("controls", "none", "c"), levels("outcome", "y", "y2"),
)  # fmt: skip


def member(choices):
    spec = Spec(
        name="s", outcome=choices["outcome"], estimator=choices["estimator"],
        regressors=("x",) if choices["controls"] == "none" else ("x", "c"),
        weights=None if choices["weights"] == "none" else "weight",
    )  # fmt: skip
    keys = ("plain",) if choices["gaps"] == "drop" else ("i1", "i2", "i3")
    return Member(choices, spec, "x_within" if choices["estimator"] == "within" else "x", keys)


def draw_panels(rng, effect, units=60):
    n = units * 3
    unit = np.repeat(np.arange(units), 3)
    a = rng.normal(size=units)[unit]
    x = (rng.normal(size=n) > 0).astype(float)
    y = effect * x + a + rng.normal(size=n)
    frame = pd.DataFrame({
        "unit": unit, "wave": np.tile([1, 2, 3], units), "x": x, "c": rng.normal(size=n), "y": y,
        "y2": y + 0.3 * rng.normal(size=n), "weight": rng.uniform(0.5, 2, n),
    })  # fmt: skip
    gap = rng.random(n) < 0.1
    imputed = {f"i{k}": frame.assign(c=frame["c"].mask(gap, rng.normal(size=n))) for k in (1, 2, 3)}
    return {"plain": frame.assign(c=frame["c"].mask(gap)), **imputed}


MEMBERS = cross(DECISIONS, member)


@pytest.fixture(scope="module")
def panels():
    return draw_panels(np.random.default_rng(3), 0.3)


@pytest.fixture(scope="module")
def both(panels):
    return run_curve(MEMBERS, panels, rng=np.random.default_rng(1), draws=199)


def test_all_combinations_are_there_once_from_the_lowest_to_the_highest(both):
    curve, _ = both
    names = [d.name for d in DECISIONS]
    assert len(curve) == 32
    assert not curve.duplicated(names).any()
    steps = curve["effect"].diff().dropna()
    assert (steps > -1e-10).all()  # those equal but for rounding keep the order of members


def test_each_member_is_the_fit_it_stands_for(both, panels):
    curve, _ = both
    for one in MEMBERS[::5]:
        row = curve.loc[(curve[list(one.choices)] == pd.Series(one.choices)).all(axis=1)].iloc[0]
        fits = [fit(one.spec, panels[key]) for key in one.panels]
        found = fits[0] if len(fits) == 1 else pool(fits)
        term = found.term(one.term)
        for name in ("estimate", "std_error", "p_value", "conf_low", "conf_high"):
            assert row[name] == pytest.approx(term[name], rel=1e-9)
        assert row["n_rows"] == found.n_rows
        assert row["n_switchers"] == found.n_switchers["x"]


def test_draws_of_a_single_member_are_those_of_the_wild_bootstrap(panels):
    one = next(m for m in MEMBERS if m.panels == ("plain",) and m.spec.estimator == "within")
    _, test = run_curve([one], panels, rng=np.random.default_rng(1), draws=199)
    seed = int(np.random.default_rng(1).integers(2**63))
    found = fit(one.spec, panels["plain"])
    told = wild_bootstrap(
        found, panels["plain"], one.term, rng=np.random.default_rng(seed), draws=199, interval=False
    )
    p = test.set_index("statistic").loc["stouffer", "p_value"]
    assert p == pytest.approx((1 + 199 * told["p_value"]) / 200, abs=0.006)
    assert flips_of(np.random.default_rng(seed), 3, 5, LAWS["rademacher"]).shape == (3, 5)


def test_the_curve_is_the_same_for_any_number_of_workers_and_goes_on_after_a_stop(both, panels, tmp_path):
    curve, test = both
    workers = Workers(jobs=2, store=tmp_path / "curve")
    for _ in range(2):
        again, tested = run_curve(MEMBERS, panels, rng=np.random.default_rng(1), draws=199, workers=workers)
        pd.testing.assert_frame_equal(again, curve)
        pd.testing.assert_frame_equal(tested, test)


NUMBERS = ["estimate", "std_error", "p_value", "effect", "effect_low", "effect_high"]
FEW = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def shortly(panels, members=MEMBERS):
    """The curve by its choices, since equal effects may change places, and the test."""
    curve, test = run_curve(members, panels, rng=np.random.default_rng(2), draws=39)
    return curve.sort_values(list(members[0].choices), ignore_index=True), test


@FEW
@given(seed=st.integers(0, 1000))
def test_order_of_rows_changes_no_bit_of_the_curve_or_its_test(panels, seed):
    """Each panel is shuffled in its own way."""
    shuffled = {
        key: frame.sample(frac=1, random_state=seed + i) for i, (key, frame) in enumerate(panels.items())
    }
    for left, right in zip(shortly(panels), shortly(shuffled), strict=True):
        pd.testing.assert_frame_equal(left, right, check_exact=True)


@FEW
@given(seed=st.integers(0, 1000))
def test_names_of_units_change_no_member(panels, seed):
    """Flips go with names, so that the test is another draw; estimates and errors are the same."""
    numbers = np.random.default_rng(seed).permutation(60)
    renamed = {key: frame.assign(unit=numbers[frame["unit"]]) for key, frame in panels.items()}
    left, right = shortly(panels)[0], shortly(renamed)[0]
    np.testing.assert_allclose(left[NUMBERS], right[NUMBERS], rtol=1e-8, atol=1e-10)


@FEW
@given(factor=st.sampled_from([1e-3, 0.1, 7.0, 1e4]))
def test_units_of_measurement_rescale_the_curve_and_leave_its_test(panels, factor):
    """The regressor times k has effects divided by k and the same p-values; weights may have any scale."""
    changed = {key: f.assign(x=f["x"] * factor, weight=f["weight"] * factor) for key, f in panels.items()}
    (left, test), (right, again) = shortly(panels), shortly(changed)
    for column in NUMBERS:
        scale = 1.0 if column == "p_value" else factor
        np.testing.assert_allclose(left[column], right[column] * scale, rtol=1e-7, atol=1e-10)
    np.testing.assert_array_equal(test["p_value"], again["p_value"])


def test_rows_written_twice_are_rows_weighted_twice_and_a_constant_control_is_none(panels):
    """In the members that do not look at the number of a unit's rows; the joint test is left as it is."""
    pooled = Spec(
        name="s", outcome="y", estimator="pooled_ols", regressors=("x",), weights="weight", wave_effects=False
    )
    frame = panels["plain"].assign(weight=lambda f: 1.0 + (f["wave"] == 2), constant=1.0)
    twice = pd.concat([frame, frame[frame["wave"] == 2].assign(wave=9)]).assign(weight=1.0)
    one = [Member({"n": "1"}, pooled, "x", ("p",))]
    other = [Member({"n": "1"}, replace(pooled, regressors=("x", "constant")), "x", ("p",))]
    (left, test), (right, again), (more, third) = (
        shortly({"p": f}, m) for f, m in ((frame, one), (twice, one), (frame, other))
    )
    np.testing.assert_allclose(left["estimate"], right["estimate"], rtol=1e-9)
    np.testing.assert_allclose(test["p_value"], again["p_value"], atol=0.051)
    np.testing.assert_allclose(left[NUMBERS], more[NUMBERS], rtol=1e-9)
    np.testing.assert_array_equal(test["p_value"], third["p_value"])


def test_an_association_is_seen_and_its_absence_is_not(both):
    _, test = both
    assert (test["p_value"] < 0.05).all()
    _, nothing = run_curve(
        MEMBERS, draw_panels(np.random.default_rng(5), 0.0), rng=np.random.default_rng(1), draws=199
    )
    assert (nothing["p_value"] > 0.05).all()


def test_a_member_without_an_estimate_says_why_and_the_others_stay(panels):
    same = panels | {"plain": panels["plain"].assign(x=1.0)}
    curve, test = run_curve(MEMBERS, same, rng=np.random.default_rng(1), draws=99)
    lost = curve[curve["message"] != ""]
    assert set(lost["gaps"]) == {"drop"}
    assert lost["message"].str.len().gt(0).all()
    assert test["members"].eq(32 - len(lost)).all()


@pytest.mark.parametrize(
    ("change", "told"),
    [({"estimator": "feologit_buc"}, "no draws under the null"), ({"cluster": "wave"}, "clustered by units")],
)
def test_what_a_curve_cannot_hold_is_named(panels, change, told):
    one = replace(MEMBERS[0], spec=replace(MEMBERS[0].spec, **change))
    with pytest.raises(ModelError, match=told):
        run_curve([one], panels, rng=np.random.default_rng(1), draws=9)


def test_a_panel_that_is_not_there_and_no_estimate_at_all_are_named(panels):
    with pytest.raises(ModelError, match="no panel 'gone'"):
        run_curve([replace(MEMBERS[0], panels=("gone",))], panels, rng=np.random.default_rng(1))
    with pytest.raises(ModelError, match="no specification gives an estimate"):
        run_curve(
            MEMBERS[:1], {"plain": panels["plain"].assign(x=1.0)}, rng=np.random.default_rng(1), draws=9
        )


def test_the_same_model_twice_is_refused():
    with pytest.raises(ModelError, match="the same model"):
        cross((*DECISIONS, levels("nothing", "a", "b")), member)


def level(number, shared, rng):
    _, test = run_curve(MEMBERS[::3], draw_panels(rng, 0.0, units=40), rng=rng, draws=99)
    return test.set_index("statistic")["p_value"].to_dict()


@pytest.mark.slow
def test_the_joint_test_rejects_five_percent_of_the_time_when_there_is_nothing(record_property):
    from panel_eis.parallel import run

    found = pd.DataFrame(run(level, range(400), seed=7, workers=Workers(jobs=-1)))
    rejected = (found <= 0.05).mean()
    for name, share in rejected.items():
        record_property(name, f"{share:.3f}")
    assert rejected.between(0.02, 0.085).all()
