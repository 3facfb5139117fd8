"""What LimeSurvey 6 itself exported from our questionnaire (``tests/exports/limesurvey-6/README.md``) is read with no map."""

import json
import shutil
from pathlib import Path

import pytest

from panel_eis.codebook import read_codebook
from panel_eis.dialects import translate
from panel_eis.errors import DataError
from panel_eis.harmonise import harmonise
from panel_eis.intake import add_wave
from panel_eis.waves import read_wave

EXPORTS = Path(__file__).parent / "exports" / "limesurvey-6"
DECLARED = {
    "default.csv": "labels: yes\n",
    "codes.csv": "",
    "expression-codes.csv": "",
    "codes-and-texts.csv": "labels: yes\n",
    "english.xlsx": "labels: yes\n",
    "remote.csv": 'separator: ";"\n',
}


@pytest.fixture(scope="module")
def then():
    """The codebook from which the questionnaire was written."""
    return read_codebook(EXPORTS / "codebook")


@pytest.fixture
def put(tmp_path):
    """An export as the wave of 2027, with the sidecar given."""

    def copy(name, sidecar):
        path = tmp_path / f"2027{Path(name).suffix}"
        shutil.copy(EXPORTS / name, path)
        path.with_suffix(".yml").write_text(f"source: limesurvey\n{sidecar}", encoding="utf-8")
        return path

    return copy


def _boxes(row, variable, codebook):
    codes = [c.name for c in codebook.lists[variable.list_name]]
    return {c for c in codes if str(row[f"{variable.name}__{c}"]) in ("True", "1")}


def _same(row, reason, variable, told, codebook):
    """Whether the panel says what the person answered."""
    if variable.kind == "select_multiple":
        return _boxes(row, variable, codebook) == set(told.split())
    if not told or told in codebook.missing_codes(variable.name):
        return reason != "answered"
    found = row[variable.name]
    if variable.kind in ("integer", "decimal"):
        return float(found) == float(told)
    if variable.kind == "date":
        return str(found)[:10] == told
    if variable.list_name == "yes_no":
        return bool(found) == (told == "yes")
    return str(found) == " ".join(told.split())


@pytest.mark.parametrize(("name", "declared"), DECLARED.items())
def test_every_answer_is_read_as_it_was_given(name, declared, put, then):
    """Every question of every person: filters, boxes, decimals with a comma, hostile text."""
    answers = json.loads((EXPORTS / "answers.json").read_text(encoding="utf-8"))
    wave = harmonise(read_wave(put(name, declared)), then)
    assert wave.problems == ()
    assert wave.imported["rows_dropped"] == {"test": 0, "unfinished": 1, "duplicate": 0}
    assert wave.answers["unit"].tolist() == list(answers)
    for number, told in zip(wave.answers.index, answers.values(), strict=True):
        row, reasons = wave.answers.loc[number], wave.reasons.loc[number]
        wrong = [v.name for v in then.asked if not _same(row, reasons[v.name], v, told.get(v.name, ""), then)]
        assert wrong == [], (name, told["unit"])


def test_an_answer_that_a_filter_took_back_is_gone_and_said_to_be_skipped(put, then):
    """LimeSurvey empties what is no longer asked."""
    wave = harmonise(read_wave(put("codes.csv", "")), then)
    changed = wave.answers.index[wave.answers["unit"] == "SYN-9004"][0]
    assert wave.reasons.loc[changed, "formalisation"] == "skipped"


@pytest.mark.parametrize("name", DECLARED)
def test_the_draft_finds_the_tool_and_leaves_nothing_to_decide(name, project):
    """``wave add`` without ``--source``: columns that LimeSurvey alone writes tell it."""
    for part in ("survey.csv", "choices.csv"):
        shutil.copy(EXPORTS / "codebook" / part, project / "data" / "codebook" / part)
    draft = add_wave(project, EXPORTS / name, "2027").draft
    assert [g for g in draft.guesses if not g.certain] == []
    keys = {g.key: g.value for g in draft.guesses}
    assert keys.pop("source") == "limesurvey"
    assert "".join(f"{k}: {v}\n" for k, v in keys.items()) == DECLARED[name].replace('"', "")


def test_another_separator_between_quoted_cells_is_named(put):
    """As it stands in a sidecar, a tab too."""
    with pytest.raises(DataError) as told:
        read_wave(put("remote.csv", ""))
    assert [(p.code, p.details["other"]) for p in told.value.problems] == [("E-SEPARATOR", ";")]
    path = put("codes.csv", "")
    path.write_bytes(path.read_bytes().replace(b'","', b'"\t"'))
    with pytest.raises(DataError) as told:
        read_wave(path)
    assert [(p.code, p.details["other"]) for p in told.value.problems] == [("E-SEPARATOR", r"\t")]
    path.with_suffix(".yml").write_text('source: limesurvey\nseparator: "\\t"\n', encoding="utf-8")
    assert len(read_wave(path).cells) == 6


def test_answers_in_full_without_labels_are_told_once_and_first(put, then):
    """One cause, before the answers that no list knows."""
    codes = [p.code for p in translate(read_wave(put("default.csv", "")), then)[1]]
    assert codes == ["E-LABELS"]
    assert harmonise(read_wave(put("default.csv", "")), then).problems[0].code == "E-LABELS"
    assert translate(read_wave(put("codes.csv", "")), then)[1] == []
