"""A Spec that contradicts itself is refused where it is written."""

import pytest

from panel_eis.errors import ModelError
from panel_eis.models import Spec


def spec(**changes):
    parts = {"name": "m", "outcome": "score", "estimator": "within", "regressors": ("x", "member")}
    return Spec(**(parts | changes))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"estimator": "withn"}, "no estimator is called 'withn'.*did you mean 'within'"),
        ({"regressors": ["x"]}, "regressors must be a tuple"),
        ({"regressors": ("x")}, "regressors must be a tuple, with a comma even for one"),
        ({"regressors": ("x", "x")}, "regressors names 'x' twice"),
        ({"regressors": ("x", "score")}, "the outcome 'score' is also a regressor"),
        ({"regressors": ("x", 1)}, "must hold column names only"),
        ({"varying": ("membr",)}, "'membr' is not among the regressors; did you mean 'member'"),
        ({"interactions": (("x", "y"),)}, "'y' is not among the regressors"),
        ({"interactions": (("x", "x"),)}, "x:x is a square"),
        ({"interactions": (("x", "member"), ("member", "x"))}, "member:x is named twice"),
        ({"interactions": ("x", "member")}, "pairs of column names"),
        ({"estimator": "within_between", "varying": ()}, "needs at least one varying regressor"),
        ({"weights": 3}, "weights must be a string or None"),
        ({"outcome": None}, "outcome must be a string"),
        ({"wave_effects": "no"}, "wave_effects must be a bool"),
        ({"name": ""}, "it has no name"),
    ],
)
def test_a_spec_that_contradicts_itself_is_refused(change, match):
    """The contradiction is told when the Spec is written, not when it is used."""
    with pytest.raises(ModelError, match=match):
        spec(**change)


def test_all_contradictions_of_a_spec_are_told_at_once():
    """One reading of the message mends the Spec."""
    with pytest.raises(ModelError, match=r"no estimator.*'y' is not among"):
        spec(estimator="nothing", varying=("y",))
