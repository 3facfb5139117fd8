"""Every exhibit, whole: its questions, its note and a title that the data write."""

import re

import numpy as np
import pandas as pd
import pytest

from panel_eis.asked import question_note, questions_behind
from panel_eis.devices import means_of, quadrant_of
from panel_eis.disclosure import THRESHOLD, hide_shares
from panel_eis.estimates import clustered_mean
from panel_eis.exhibits import find_exhibits, load_exhibit
from panel_eis.wording import typeset


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["tools", "stakeholders", "weight"], ("tools", "stakeholders")),
        (["respondent_role", "criteria__useful"], ("criteria", "respondent_role")),
        (["practises"], ("frequency", "formalisation", "used_in_decision")),
        (["federated_only"], ("networks", "networks_service")),
        (["mastery_core"], ("b1", "b2", "b3", "b4")),
        (["weight", "wave", "entry_wave"], ()),
    ],
)
def test_the_questions_behind_columns_are_found_through_indicators_scores_and_computed_columns(
    codebook, columns, expected
):
    """In the order of the questionnaire, who answers last."""
    assert questions_behind(columns, codebook) == expected


def test_a_note_gives_the_wording_counts_what_it_leaves_out_and_says_when_nothing_was_asked(codebook):
    """Both languages, each with its quotation marks."""
    note = question_note(["tools"], codebook, "fr")
    assert note == "«\u00a0" + typeset(codebook.label("tools", "fr")) + "\u00a0»."
    many = question_note(["appropriation"], codebook, "en")
    assert f"{len(codebook.items()) - 2} other questions" in many
    assert "none" in question_note(["weight"], codebook, "en")


@pytest.fixture
def rated():
    """Ratings of two roles, one of them by few organisations; organisations rate several times."""
    rng = np.random.default_rng(8)
    unit = rng.choice([f"U{k}" for k in range(12)], 200)
    role = pd.Series(unit).map(lambda u: "few" if int(u[1:]) < THRESHOLD - 1 else "many")
    expected, observed = rng.integers(1, 6, 200).astype(float), rng.integers(1, 6, 200).astype(float)
    return pd.DataFrame(
        {"unit": unit, "role": role, "expected": expected, "observed": observed, "gap": observed - expected}
    )


def test_gaps_of_all_cells_at_once_are_those_of_the_clustered_mean_and_few_organisations_are_hidden(rated):
    """Against the function that treats one cell."""
    cells = means_of(rated, ["role"]).set_index("role")
    own = rated[rated["role"] == "many"]
    known = clustered_mean(own["gap"], own["unit"])
    assert cells.loc["many", "gap"] == pytest.approx(known["mean"])
    assert cells.loc["many", "gap_low"] == pytest.approx(known["low"])
    assert cells.loc["many", "gap_high"] == pytest.approx(known["high"])
    assert cells.loc["few", "hidden"]
    assert cells.loc["few", ["gap", "expected", "n"]].isna().all()


def test_an_attribute_much_expected_and_little_observed_is_to_improve_first():
    """The four corners of Martilla and James, by the means of the attributes."""
    cells = pd.DataFrame({"expected": [5.0, 5.0, 1.0, 1.0], "observed": [1.0, 5.0, 1.0, 5.0]})
    assert list(quadrant_of(cells)["quadrant"]) == ["first", "keep", "low", "more"]


WAVES_ALONE = re.compile(r"(.*_)?(wave|waves|first|last|earlier|later|before|after)(_wave)?$")


def test_no_title_is_the_same_sentence_whatever_the_data(root):
    """Each has a blank that the data fill, besides the names of waves; each alternative text has one too."""
    for label, path in find_exhibits(root / "analyses").items():
        for lang, said in load_exhibit(path).text.items():
            for part in ("caption", "alt") if label.startswith("fig-") else ("caption",):
                names = re.findall(r"\{(\w+)(?::(\w+))?\}", said[part])
                told = [n for n, kind in names if kind or not WAVES_ALONE.match(n)]
                assert told, f"{label} {lang} {part}: {said[part]}"


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_note_says_how_many_answered_with_which_weights_and_how_sure_it_is(root, lang):
    """Or that it counts, and needs no interval."""
    weights = {"fr": r"(?i)pondér|poids|calage", "en": r"(?i)weight|raking"}[lang]
    sure = {"fr": r"(?i)intervalle|erreurs|tests?\b", "en": r"interval|errors|tests?\b"}[lang]
    for label, path in find_exhibits(root / "analyses").items():
        said = load_exhibit(path).text[lang]
        assert re.search(r"\{\w+(:n)?\}", said["base"]), f"{label}: no number of answers in the base"
        assert re.search(weights, said["base"]), f"{label}: with weights or without?"
        assert re.search(sure, " ".join(said.values())), f"{label}: no interval, and not said why"


def test_a_share_is_hidden_when_few_stand_on_either_side_and_nobody_is_no_secret():
    """Yes, no, too few asked; units that answered several times may stand on both sides."""
    cells = pd.DataFrame({"yes": [4, 20, 0, 18, 2, 10], "n": [20, 20, 20, 20, 4, 20], "share": 0.5})
    shown = hide_shares(cells, ["share"], yes="yes", n="n")
    assert shown["hidden"].tolist() == [True, False, False, True, True, False]
    assert shown["share"].isna().tolist() == shown["yes"].isna().tolist() == shown["hidden"].tolist()
    assert shown["n"].isna().tolist() == [False, False, False, False, True, False]
    assert hide_shares(cells, ["share"], yes="yes", n="n", smallest=30)["hidden"].all()
    both = pd.DataFrame({"yes": [18], "no": [6], "n": [20], "share": [0.7]})
    assert not hide_shares(both, ["share"], yes="yes", no="no", n="n")["hidden"].any()
