"""A question that changed is declared in the sidecar of its wave: every part is checked, and the rule is applied."""

import pytest

from panel_eis.changes import MERGES, change_faults, merged
from panel_eis.errors import DataError
from panel_eis.harmonise import harmonise
from panel_eis.waves import read_wave

WORDS = "note: {fr: n, en: n}, rule: {fr: r, en: r}, source: s"


def _entry(**parts):
    said = {"fr": "x", "en": "x"}
    return {"class": "different", "note": said, "rule": said, "source": "s"} | parts


def _wave(wave_file, codebook, sidecar):
    return harmonise(read_wave(wave_file.write(sidecar=sidecar)), codebook)


def _codes(wave):
    return sorted((p.code, p.row, p.column) for p in wave.problems)


@pytest.mark.parametrize(
    ("entry", "codes"),
    [
        ({"class": "same"}, []),
        ("different", ["E-SIDECAR-VALUE"]),
        ({"class": "nearly"}, ["E-SIDECAR-VALUE"]),
        ({"class": ["same"]}, ["E-SIDECAR-VALUE"]),
        ({"class": "different"}, ["E-CHANGE-LACKS"]),
        (_entry(notes="x"), ["E-CHANGE-KEY"]),
        (_entry(note="one text for both"), ["E-CHANGE-SHAPE"]),
        (_entry(note={"fr": "x"}), ["E-CHANGE-SHAPE"]),
        (_entry(note={"fr": "x", "en": " "}), ["E-CHANGE-SHAPE"]),
        (_entry(rescale={}), ["E-CHANGE-SHAPE"]),
        (_entry(rescale={"1": ["1"]}), ["E-CHANGE-SHAPE"]),
        (_entry(split={"from": "a"}), ["E-CHANGE-SHAPE"]),
        (_entry(merge={"from": ["a"], "by": "sum"}), ["E-CHANGE-SHAPE"]),
        (_entry(merge={"from": ["a", "b"], "by": ["sum"]}), ["E-CHANGE-SHAPE"]),
        (_entry(merge={"from": ["a", "b"], "by": "mean"}), ["E-CHANGE-SHAPE"]),
        ({"class": "different", "note": {"fr": "x", "en": "x"}, "rescale": {"1": "1"}}, ["E-CHANGE-LACKS"]),
        (_entry(rescale={"1": "1"}, merge={"from": ["a", "b"], "by": "sum"}), ["E-CHANGE-CLASH"]),
        ({**_entry(rescale={"1": "1"}), "class": "same"}, ["E-CHANGE-CLASH"]),
        (_entry(rescale={"1": "1"}), []),
        (_entry(split={"from": "a", "codes": {"1": "yes"}}), []),
        (_entry(merge={"from": ["a", "b"], "by": "union"}), []),
    ],
)
def test_every_key_of_a_declared_change_is_checked(entry, codes):
    """Unknown keys, missing languages, rules without a source, two rules at once."""
    assert sorted(p.code for p in change_faults("b1", entry, "2023.yml")) == codes


def test_all_faults_of_all_changes_are_told_at_once(wave_file):
    """One run, one list."""
    sidecar = (
        "comparability:\n  b1: {class: different}\n  b2: {class: nearly}\n  b4: {class: different, note: x}\n"
    )
    with pytest.raises(DataError) as caught:
        read_wave(wave_file.write(sidecar=sidecar))
    assert sorted((p.code, p.column) for p in caught.value.problems) == [
        ("E-CHANGE-LACKS", "b1"), ("E-CHANGE-SHAPE", "b4"), ("E-SIDECAR-VALUE", "b2"),
    ]  # fmt: skip


def test_a_rescaled_item_is_brought_to_the_codebook_and_nothing_else_is_accepted(wave_file, codebook):
    """Four points to five; a fifth point that the rule does not foresee is an error."""
    sidecar = f"comparability:\n  b1: {{class: same_question_new_codes, {WORDS}, rescale: {{'3': '4', '4': '5'}}}}\n"
    wave = _wave(wave_file.set(1, b1="3"), codebook, sidecar)
    assert _codes(wave) == []
    assert wave.answers.at[3, "b1"] == 4
    assert _codes(_wave(wave_file.set(1, b1="5"), codebook, sidecar)) == [("E-RECODE", 3, "b1")]


def _with_columns(wave_file, drop, **columns):
    for name in drop:
        wave_file.columns.remove(name)
    wave_file.columns += list(columns)
    for row, cells in zip(wave_file.rows, zip(*columns.values(), strict=True), strict=True):
        row |= dict(zip(columns, cells, strict=True))
    return wave_file


def test_one_old_question_is_split_into_several(wave_file, codebook):
    """An accreditation and a mode asked in one question; missing answers keep their reason in both."""
    _with_columns(wave_file, ["esus", "dedicated_person"], old=["refused", "3"])
    split = "split: {from: old, codes: {'1': 'no', '2': 'yes', '3': %s}}"
    sidecar = "comparability:\n" + "".join(
        f"  {name}: {{class: different, {WORDS}, {split % code}}}\n"
        for name, code in (("esus", "'yes'"), ("dedicated_person", "'no'"))
    )
    wave = _wave(wave_file, codebook, sidecar)
    assert _codes(wave) == []
    assert wave.answers.at[3, "esus"]
    assert not wave.answers.at[3, "dedicated_person"]
    assert wave.reasons.at[2, "esus"] == "refused"
    assert wave.reasons.at[2, "dedicated_person"] == "skipped"
    wave_file.rows[1]["old"] = "4"
    assert _codes(_wave(wave_file, codebook, sidecar)) == [("E-RECODE", 3, "old")] * 2


def test_several_old_questions_are_merged_into_one(wave_file, codebook):
    """A sum of which one part is missing is missing, with the reason of that part."""
    _with_columns(wave_file, ["peers"], near=["2", "1"], far=["3", "dk"])
    sidecar = (
        f"comparability:\n  peers: {{class: different, {WORDS}, merge: {{from: [near, far], by: sum}}}}\n"
    )
    wave = _wave(wave_file, codebook, sidecar)
    assert _codes(wave) == []
    assert wave.answers.at[2, "peers"] == 5
    assert wave.reasons.at[3, "peers"] == "dont_know"
    wave_file.rows[1]["far"] = "several"
    assert _codes(_wave(wave_file, codebook, sidecar)) == [("E-NUMBER", 3, "near, far")]


@pytest.mark.parametrize(
    ("answers", "by", "codes", "expected"),
    [
        (("2", "3.5"), "sum", (), "5.5"),
        (("2", ""), "sum", (), ""),
        (("9", "10"), "highest", (), "10"),
        (("regular", "never"), "highest", ("never", "occasional", "regular"), "regular"),
        (("regular", "never"), "lowest", ("never", "occasional", "regular"), "never"),
        (("b a", "", "c b"), "union", ("a", "b", "c"), "a b c"),
        (("", "", "x"), "first", (), "x"),
        (("", ""), "first", (), ""),
        (("", ""), "union", ("a",), ""),
    ],
)
def test_ways_of_merging(answers, by, codes, expected):
    """Numbers as numbers, grades in the order of their list, choices in the order of theirs."""
    assert merged(answers, by, codes) == expected


def test_every_way_of_merging_is_foreseen_for_some_type():
    """A closed list."""
    assert all(MERGES.values())


@pytest.mark.parametrize(
    ("sidecar", "code"),
    [
        ("comparability: {peers: {class: different, %s, merge: {from: [peers, x], by: sum}}}", "E-CHANGE-COLUMN"),
        ("comparability: {peers: {class: different, %s, merge: {from: [peers, staff], by: union}}}", "E-CHANGE-MERGE"),
        ("comparability: {b1: {class: different, %s, rescale: {'4': '4'}}}\nrecode: {b1: {'4': '4'}}", "E-CHANGE-CLASH"),
        ("comparability: {b1: {class: absent, note: {fr: n, en: n}}}", "E-CHANGE-ASKED"),
        ("comparability: {b1: {class: different, note: {fr: n, en: n}}}\nnot_asked: [b1]", "E-CHANGE-NOT-ASKED"),
        ("comparability: {b1: {class: different, note: {fr: n, en: n}, use: b11}}", "E-SIDECAR-VARIABLE"),
        ("comparability: {b11: {class: different, note: {fr: n, en: n}}}", "E-SIDECAR-VARIABLE"),
    ],
)  # fmt: skip
def test_a_change_that_the_wave_contradicts_is_an_error(wave_file, codebook, sidecar, code):
    """The declaration is held against the file, the codebook and the rest of the sidecar."""
    text = sidecar % WORDS if "%s" in sidecar else sidecar
    wave = _wave(wave_file, codebook, text + "\n")
    problems = [p for p in wave.problems if p.code == code]
    assert len(problems) == 1
    assert problems[0].file.endswith("2023.yml")
    assert problems[0].sentence("fr") != problems[0].sentence("en")
