"""Numbers read as each language writes them, and a sentence never lacks a number silently."""

import math

import pytest

from panel_eis.errors import UsageError
from panel_eis.wording import agree, fill, fill_one, number, p_value, percent


@pytest.mark.parametrize(
    ("value", "decimals", "fr", "en"),
    [
        (1234.5, 1, "1\u202f234,5", "1,234.5"),
        (0, 0, "0", "0"),
        (-2.25, 1, "\u22122,2", "\u22122.2"),
        (-0.04, 1, "0,0", "0.0"),
        (1e6, 0, "1\u202f000\u202f000", "1,000,000"),
    ],
)
def test_a_number_has_the_typography_of_its_language(value, decimals, fr, en):
    """Thousands, decimal mark, a real minus sign, no negative zero."""
    assert number(value, "fr", decimals) == fr
    assert number(value, "en", decimals) == en


def test_a_percentage_has_a_no_break_space_in_french_only():
    """41 % and 41%."""
    assert percent(0.413, "fr") == "41\u00a0%"
    assert percent(0.413, "en") == "41%"


def test_a_hidden_number_is_said_and_not_printed_as_nan():
    """nan never reaches a reader."""
    assert number(math.nan, "fr") == "non publié"
    assert percent(math.nan, "en") == "not published"


def test_signed_numbers_carry_their_sign_but_zero_carries_none():
    """+3, −3, 0."""
    assert [number(v, "en", 0, signed=True) for v in (3, -3, 0.2)] == ["+3", "\u22123", "0"]


def test_small_p_values_are_bounded():
    """Never p = 0.000."""
    assert p_value(0.00001, "en") == "p\u00a0<\u00a00.001"
    assert p_value(0.034, "fr") == "p\u00a0=\u00a00,03"


def test_a_sentence_takes_its_numbers_by_kind():
    """{share:pct}, never typography in the template."""
    assert (
        fill("{a:pct} of {n:n}, {who}", {"a": 0.5, "n": 1200, "who": {"fr": "x", "en": "all"}}, "en")
        == "50% of 1,200, all"
    )


@pytest.mark.parametrize(
    ("value", "fr", "en"),
    [(-0.5, "\u22120,5 point", "\u22120.5 points"), (2.0, "+2,0 points", "+2.0 points")],
)
def test_a_unit_follows_its_number_in_number(value, fr, en):
    """In French nothing below two is plural."""
    said = [fill_one("signed1 point(s)", value, lang).replace("\u00a0", " ") for lang in ("fr", "en")]
    assert said == [fr, en]


@pytest.mark.parametrize("template", ["{a}", "{a:.2f}", "{missing:n}"])
def test_a_blank_without_kind_or_value_is_an_error(template):
    """A raw float in prose is a bug."""
    with pytest.raises(UsageError):
        fill(template, {"a": 0.5}, "fr")


@pytest.mark.parametrize(
    ("said", "lang", "meant"),
    [
        (
            "8 dispositif(s) sur 8, 1 phrase(s) différente(s)",
            "fr",
            "8 dispositifs sur 8, 1 phrase différente",
        ),
        (
            "0 mot(s) change(nt) ; 1,9 point(s) ; 1\u202f200 mot(s)",
            "fr",
            "0 mot change ; 1,9 point ; 1\u202f200 mots",
        ),
        (
            "0 word(s), 1 class(es), 2,475 class(es), 0.8 unit(s)",
            "en",
            "0 words, 1 class, 2,475 classes, 0.8 units",
        ),
        ("cells are hidden (s): word(s)", "en", "cells are hidden (s): word(s)"),
    ],
)
def test_optional_endings_follow_the_number_before_them(said, lang, meant):
    """French has a plural from two on, English for anything but one."""
    assert agree(said, lang) == meant
