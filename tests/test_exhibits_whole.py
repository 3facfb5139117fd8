"""Every exhibit, whole: its questions, its note and a title that the data write."""

import pytest

from panel_eis.asked import question_note, questions_behind


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
    assert note == "«\u00a0" + codebook.label("tools", "fr") + "\u00a0»."
    many = question_note(["appropriation"], codebook, "en")
    assert f"{len(codebook.items()) - 2} other question(s)" in many
    assert "none" in question_note(["weight"], codebook, "en")
