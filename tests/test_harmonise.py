"""From a wave's dialect to the house language: nothing becomes missing silently, and missing keeps its reason."""

import pandas as pd
import pytest

from panel_eis import distinct
from panel_eis.harmonise import harmonise
from panel_eis.schema import check, wave_schema
from panel_eis.waves import read_wave


def _harmonised(path, codebook):
    return harmonise(read_wave(path), codebook)


def _found(wave):
    return sorted((p.code, p.row, p.column) for p in wave.problems)


def test_a_valid_wave_has_no_problem_and_typed_answers(wave_file, codebook):
    """Grades are integers, yes/no booleans, choices ordered categories, several choices indicator columns."""
    wave = _harmonised(wave_file.write(), codebook)
    assert _found(wave) == []
    answers = wave.answers
    assert answers["a1"].dtype == "Int64"
    assert answers["used_in_decision"].dtype == "boolean"
    assert answers.at[3, "tools__sroi"]
    assert not answers.at[3, "tools__interviews"]
    assert answers["frequency"].cat.categories.tolist() == ["never", "considered", "occasional", "regular"]


def test_a_code_that_no_list_knows_is_an_error_and_never_missing(wave_file, codebook):
    """The error that turned 56 % into 43 % elsewhere."""
    wave = _harmonised(wave_file.set(1, b1="6").set(0, department="99").write(), codebook)
    assert _found(wave) == [("E-CODE", 2, "department"), ("E-CODE", 3, "b1")]


def test_missing_answers_keep_their_reason(wave_file, codebook):
    """Filter, blank, don't know (9 or dk), refusal, not asked."""
    path = wave_file.set(0, a1="9", a2="dk", a3="refused", a4="").write()
    wave = _harmonised(path, codebook)
    assert _found(wave) == []
    first = wave.reasons.loc[2]
    assert first[["a1", "a2", "a3", "a4", "b1"]].tolist() == [
        "dont_know",
        "dont_know",
        "refused",
        "no_answer",
        "skipped",
    ]
    assert wave.answers.loc[2, ["a1", "a2", "a3", "a4", "b1"]].isna().all()


def test_the_reasons_of_a_question_add_up_to_the_rows(wave_file, codebook):
    """Each answer has exactly one reason."""
    wave = _harmonised(wave_file.write(), codebook)
    assert wave.reasons.notna().all().all()
    answered = (wave.reasons["b1"] == "answered").sum()
    assert answered == wave.answers["b1"].notna().sum()


def test_nothing_ticked_is_missing_and_not_a_row_of_noes(wave_file, codebook):
    """A skipped multiple choice must not enter a denominator as 'no'."""
    wave = _harmonised(wave_file.set(1, tools="").write(), codebook)
    assert wave.answers.loc[3, [c for c in wave.answers if c.startswith("tools__")]].isna().all()


def test_a_choice_that_was_not_offered_yet_is_missing_and_not_a_no(wave_file, codebook):
    """Since 2025, says the codebook; the wave is of 2023."""
    from dataclasses import replace

    tools = tuple(replace(c, since="2025") if c.name == "interviews" else c for c in codebook.lists["tool"])
    later = replace(codebook, lists=dict(codebook.lists) | {"tool": tools})
    answers = _harmonised(wave_file.write(), later).answers
    assert answers.at[3, "tools__interviews"] is pd.NA
    assert answers.at[3, "tools__sroi"]


def test_an_answer_that_the_filter_skips_is_an_error(wave_file, codebook):
    """Rungs 0 and 1 have no B to F."""
    wave = _harmonised(wave_file.set(0, b1="4").write(), codebook)
    assert _found(wave) == [("E-ROUTED", 2, "b1")]


def test_a_required_answer_that_is_blank_is_an_error(wave_file, codebook):
    """And the row is named."""
    assert _found(_harmonised(wave_file.set(1, formalisation="").write(), codebook)) == [
        ("E-REQUIRED", 3, "formalisation")
    ]


def test_a_broken_constraint_says_what_was_expected_in_both_languages(wave_file, codebook):
    """The message of the codebook is the message of the check."""
    wave = _harmonised(wave_file.set(0, founded="90").set(1, networks="none net_a").write(), codebook)
    found = {p.code: p for p in wave.problems}
    assert "A year in four digits." in next(p for p in wave.problems if p.column == "founded").sentence("en")
    assert "Une année sur quatre chiffres." in next(
        p for p in wave.problems if p.column == "founded"
    ).sentence("fr")
    assert "E-CONSTRAINT" in found


@pytest.mark.parametrize(
    ("text", "code"),
    [("12 000", None), ("12\u202f000", None), ("\u221212", "E-CONSTRAINT"), ("12.5", "E-INTEGER"), ("1e3", "E-NUMBER"),
     ("1_000", "E-NUMBER"), ("١٢", "E-NUMBER"), ("12 %", "E-NUMBER"), ("12,0", "E-NUMBER-MARK"), ("12 OOO", "E-NUMBER"), ("+3", None)],
)  # fmt: skip
def test_numbers_follow_a_strict_grammar(wave_file, codebook, text, code):
    """int() and float() accept too much."""
    problems = _found(_harmonised(wave_file.set(0, staff=text).write(), codebook))
    assert [c for c, _, _ in problems] == ([code] if code else [])


def test_the_decimal_mark_is_the_one_that_the_wave_states(wave_file, codebook):
    """1,5 is a number only where the wave says so; then 1.5 is not."""
    path = wave_file.set(0, fte="1,5").set(1, fte="1.5").write(sidecar="decimal: ','\n")
    wave = _harmonised(path, codebook)
    assert _found(wave) == [("E-NUMBER-MARK", 3, "fte")]
    assert wave.answers.at[2, "fte"] == 1.5


def test_dates_are_iso_or_as_declared(wave_file, codebook):
    """03/04/2023 is 3 April when the wave says dd/mm/yyyy, an error otherwise."""
    assert _found(_harmonised(wave_file.set(0, interview_date="03/04/2023").write(), codebook)) == [
        ("E-DATE", 2, "interview_date")
    ]
    wave = _harmonised(
        wave_file.set(0, interview_date="03/04/2023")
        .set(1, interview_date="04/04/2023")
        .write(sidecar="dates: dd/mm/yyyy\n"),
        codebook,
    )
    assert wave.answers.at[2, "interview_date"] == pd.Timestamp(2023, 4, 3)


def test_a_recode_translates_and_refuses_what_it_does_not_foresee(wave_file, codebook):
    """A four-point scale brought to five points."""
    sidecar = "recode:\n  b1: {'1': '1', '2': '2', '3': '4', '4': '5'}\n"
    wave = _harmonised(wave_file.set(1, b1="3").write(sidecar=sidecar), codebook)
    assert wave.answers.at[3, "b1"] == 4
    assert _found(_harmonised(wave_file.set(1, b1="5").write(sidecar=sidecar), codebook)) == [
        ("E-RECODE", 3, "b1")
    ]


def test_columns_are_mapped_or_unused_or_an_error_with_the_nearest_name(wave_file, codebook):
    """Silence is never consent."""
    wave_file.columns[wave_file.columns.index("networks")] = "network"
    for row in wave_file.rows:
        row["network"] = row.pop("networks")
    wave = _harmonised(wave_file.write(), codebook)
    found = {(p.code, p.column): p for p in wave.problems}
    assert "Did you mean 'networks'?" in found["E-COLUMN", "network"].sentence("en")
    assert ("E-COLUMN-ABSENT", "networks") in found
    mapped = _harmonised(wave_file.write(sidecar="columns: {network: networks}\n"), codebook)
    assert _found(mapped) == []


def test_a_question_not_asked_is_all_or_none(wave_file, codebook):
    """Declared absent and present, or absent and not declared: both are errors."""
    assert _found(_harmonised(wave_file.write(sidecar="not_asked: [minutes]\n"), codebook)) == [
        ("E-NOT-ASKED", None, "minutes")
    ]
    wave_file.columns.remove("minutes")
    assert _found(_harmonised(wave_file.write(), codebook)) == [("E-COLUMN-ABSENT", None, "minutes")]
    wave = _harmonised(wave_file.write(sidecar="not_asked: [minutes]\n"), codebook)
    assert set(wave.reasons["minutes"]) == {"not_asked"}


def test_the_sidecar_may_not_speak_of_what_is_not_there(wave_file, codebook):
    """A stale mapping is a mistake waiting."""
    wave = _harmonised(wave_file.write(sidecar="columns: {old: staff}\nnot_asked: [minuts]\n"), codebook)
    assert {p.code for p in wave.problems} >= {"E-SIDECAR-COLUMN", "E-SIDECAR-VARIABLE"}


def test_thirty_faults_are_told_in_one_run(wave_file, codebook):
    """Faults of every kind together, each with its own row and column."""
    wave_file.set(
        0,
        department="69",
        staff="douze",
        founded="90",
        b1="3",
        a1="7",
        interview_date="hier",
        legal_form="asso",
    )
    wave_file.set(
        1,
        tools="dashboard chart",
        formalisation="",
        networks="none net_a",
        peers="-1",
        share_subsidy="140",
        mode="fax",
    )
    wave = _harmonised(wave_file.write(), codebook)
    assert len({(p.code, p.row, p.column) for p in wave.problems}) >= 13


def test_open_text_is_hidden_in_messages(codebook, wave_file):
    """Text and identifiers never reach a log."""
    from dataclasses import replace

    strict = replace(
        codebook["comment"], constraint="regex(., '[a-z]+')", constraint_message={"fr": "x", "en": "x"}
    )
    broken = replace(codebook, variables=dict(codebook.variables) | {"comment": strict})
    wave = _harmonised(wave_file.set(0, comment="Jeanne Martin, 06").write(), broken)
    assert [p.code for p in wave.problems] == ["E-CONSTRAINT"]
    assert "Jeanne" not in wave.problems[0].place("en") + wave.problems[0].sentence("en")


def test_texts_are_tidy_only_where_splitting_changes_none():
    """Whatever white sign Unicode has, at an end, doubled or between words."""
    white = [chr(c) for c in range(0x110000) if chr(c).isspace()]
    assert distinct.are_tidy(["", "a", "a b", "é|à", "one two three", "\u200b"])
    for text in [*white, *(f"a{w}" for w in white), *(f"{w}a" for w in white), *(f"a {w}b" for w in white)]:
        assert not distinct.are_tidy(["a", text, "b c"])
    assert [w for w in white if distinct.are_tidy([f"a{w}b"])] == [" "]


def test_a_grade_outside_its_scale_is_told_and_a_missing_one_is_not(root, codebook):
    """By pandera, should the cells have let it pass."""
    answers = harmonise(read_wave(root / "data" / "waves" / "2025.csv"), codebook).answers
    first, second = answers.index[:2]
    answers.loc[[first, second], "a1"] = [99, pd.NA]
    problems = check(answers, wave_schema(codebook), lambda row: ("2025.csv", row, None))
    assert [(p.code, p.row, p.value) for p in problems] == [("E-SCALE", first, "99")]


def test_faults_of_a_column_follow_its_rows_even_where_texts_do_not(root, codebook, tmp_path):
    """The first text of the column stands in a dropped row, and a faulty one again further down."""
    lines = (root / "data" / "waves" / "2025.csv").read_text(encoding="utf-8").splitlines()
    place = lines[0].split(",").index("staff")
    rows = [
        line.split(",") for line in lines[1:] if line.count(",") == lines[0].count(",") and '"' not in line
    ]
    for row, (unit, staff) in zip(rows, (("TEST-1", "x"), ("", "y"), ("", "z"), ("", "y")), strict=False):
        row[place] = staff
        row[0] = unit or row[0]
    (tmp_path / "2025.csv").write_text("\n".join([lines[0], *map(",".join, rows)]) + "\n", encoding="utf-8")
    (tmp_path / "2025.yml").write_text("test_rows: {unit: TEST-*}\n", encoding="utf-8")
    raw = read_wave(tmp_path / "2025.csv")
    problems = [p for p in harmonise(raw, codebook).problems if p.column == "staff"]
    assert [(p.code, p.row, p.value) for p in problems] == [
        ("E-NUMBER", 3, "y"), ("E-NUMBER", 5, "y"), ("E-NUMBER", 4, "z"),
    ]  # fmt: skip
