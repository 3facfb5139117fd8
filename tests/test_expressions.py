"""XLSForm expressions mean here what they mean on a phone."""

import pandas as pd
import pytest

from panel_eis.codebook_faults import names_in
from panel_eis.errors import UsageError
from panel_eis.expressions import evaluate

ANSWERS = pd.DataFrame({"a": ["x", "y", ""], "n": ["3", "", "10"], "m": ["p q", "q", ""]})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("${a} = 'x'", [True, False, False]),
        ("${a} != ''", [True, True, False]),
        ("${a} = 'x' or ${a} = 'y'", [True, True, False]),
        ("${n} >= 3", [True, False, True]),
        ("${n} > 3 and ${a} = ''", [False, False, True]),
        ("not(selected(${m}, 'p'))", [False, True, True]),
        ("count-selected(${m}) <= 1", [False, True, True]),
        ("${n} + 1 <= 4", [True, False, False]),
        ("${n} * 2 = 6", [True, False, False]),
        ("${n} div 2 = 5", [False, False, True]),
        ("(${a} = 'x' or ${a} = '') and ${n} != ''", [True, False, True]),
        ("regex(${a}, '[a-z]')", [True, True, False]),
    ],
)
def test_an_expression_is_true_where_xpath_says_so(source, expected):
    """Comparisons by number or text, logic, selected(), count-selected(), regex(), arithmetic."""
    assert evaluate(source, ANSWERS).tolist() == expected


def test_the_dot_is_the_current_answer():
    """A constraint speaks of its own question as '.'."""
    assert evaluate(". >= 0 and . <= 5", ANSWERS, ANSWERS["n"]).tolist() == [True, False, False]


def test_and_binds_tighter_than_or():
    """a or b and c is a or (b and c)."""
    assert evaluate("${a} = 'x' or ${a} = 'y' and ${n} = 99", ANSWERS).tolist() == [True, False, False]


@pytest.mark.parametrize(
    "source",
    [
        "${unknown} = 1",
        "${a} = ",
        "today() > 1",
        "${a} ~ 'x'",
        ". > 1",
        "selected(${a})",
        "${a} = 'x' ${n}",
        "(${a} = 'x'",
    ],
)
def test_what_is_not_understood_is_an_error_and_never_a_guess(source):
    """An unknown name, function, sign or a loose end raises."""
    with pytest.raises(UsageError):
        evaluate(source, ANSWERS)


def test_names_are_listed_once_in_order():
    """The codebook checks them against its questions."""
    assert names_in("${b} = 1 and ${a} = ${b}") == ["b", "a"]
