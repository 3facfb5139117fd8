"""Corrections: applied to a copy, with the old value expected, and told when they cannot be."""

import json

import pandas as pd
import pytest

from panel_eis.corrections import COLUMNS, corrected, read_corrections
from panel_eis.data_stages import wave as wave_step
from panel_eis.errors import DataError
from panel_eis.files import sha256
from panel_eis.panel import check_wave
from panel_eis.register import read_register
from panel_eis.steps import plan
from panel_eis.waves import read_wave

GOOD = {
    "wave": "2023", "unit": "SYN-0001", "respondent": "", "variable": "staff", "old": "12", "new": "21",
    "reason": "digits swapped, checked by phone", "date": "2023-09-01", "by": "XX",
}  # fmt: skip


def _write(project, *rows, columns=COLUMNS):
    path = project / "data" / "corrections.csv"
    pd.DataFrame([GOOD | row for row in rows], columns=list(columns)).to_csv(path, index=False)
    return path


def _problems(project, codebook, *rows):
    path = _write(project, *rows)
    try:
        corrections = read_corrections(path, ["2021", "2023"])
    except DataError as error:
        return error.problems
    return corrected(read_wave(project / "data" / "waves" / "2023.csv"), corrections, codebook)[1]


def test_a_correction_changes_the_answer_and_leaves_the_file_alone(project, codebook):
    """The file keeps its bytes, and the checks see the new value."""
    file = project / "data" / "waves" / "2023.csv"
    before = file.read_bytes()
    corrections = read_corrections(_write(project, {}), ["2023"])
    register = read_register(project / "data", codebook)
    answers = check_wave(file, codebook, register, corrections)[0].set_index("unit")
    assert answers.at["SYN-0001", "staff"] == 21
    assert check_wave(file, codebook, register)[0].set_index("unit").at["SYN-0001", "staff"] == 12
    assert file.read_bytes() == before


def test_corrections_of_one_answer_follow_each_other(project, codebook):
    """Each expects what the one before has left."""
    assert not _problems(project, codebook, {}, {"old": "21", "new": "22"})
    told = _problems(project, codebook, {}, {"old": "12", "new": "22"})
    assert [(p.code, p.row, p.details["found"]) for p in told] == [("E-CORRECTION-OLD", 3, "21")]


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ({"old": "13"}, "E-CORRECTION-OLD", "old"),
        ({"unit": "SYN-0009"}, "E-CORRECTION-UNIT", "unit"),
        ({"respondent": "R-9"}, "E-CORRECTION-UNIT", "respondent"),
        ({"variable": "stuff"}, "E-CORRECTION-VARIABLE", "variable"),
        ({"wave": "2022"}, "E-CORRECTION-WAVE", "wave"),
        ({"new": "12"}, "E-CORRECTION-SAME", "new"),
        ({"date": "1/9/2023"}, "E-TABLE-DATE", "date"),
        ({"reason": ""}, "E-TABLE-EMPTY", "reason"),
        ({"by": " "}, "E-TABLE-EMPTY", "by"),
    ],
)
def test_a_correction_that_cannot_be_made_is_told_with_its_row(row, code, column, project, codebook):
    """Silently passing over one would leave the wrong answer in the report."""
    told = _problems(project, codebook, row)
    assert [(p.code, p.file, p.row, p.column) for p in told] == [(code, "data/corrections.csv", 2, column)]
    for lang in ("fr", "en"):
        assert told[0].sentence(lang)


def test_all_faults_of_the_file_are_told_at_once(project, codebook):
    """And a comma too many is one of them."""
    rows = ({"wave": "2022"}, {"new": "12"}, {"date": "?"})
    assert [p.row for p in _problems(project, codebook, *rows)] == [2, 3, 4]
    (project / "data" / "corrections.csv").write_text("wave,unit\n2023,a,b\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_corrections(project / "data" / "corrections.csv", ["2023"])
    assert {p.code for p in caught.value.problems} == {"E-FIELDS"}


def test_several_answers_of_one_organisation_need_a_respondent(project, codebook):
    """Guessing which one was wrong would be a second error."""
    path = project / "data" / "waves" / "2023.csv"
    cells = pd.read_csv(path, dtype=str, keep_default_na=False)
    cells.loc[1, ["unit", "staff"]] = ["SYN-0001", "12"]
    cells.to_csv(path, index=False)
    assert [p.code for p in _problems(project, codebook, {})] == ["E-CORRECTION-SEVERAL"]
    assert not _problems(project, codebook, {"respondent": "R-0002"})


def test_open_text_is_never_shown(project, codebook):
    """A corrected comment may hold the name that had to go."""
    told = _problems(project, codebook, {"variable": "comment", "old": "Jeanne Martin", "new": ""})
    assert "Jeanne" not in told[0].place("en") + told[0].sentence("fr")


def test_the_wave_step_reads_the_corrections_and_its_report_keeps_them(project, codebook):
    """Who changed what, and why; the digest is that of the untouched file."""
    _write(project, {}, {"variable": "comment", "old": "", "new": "Jeanne Martin"})
    wave_step(project, "2023")
    report = json.loads((project / "build" / "waves" / "2023.json").read_text(encoding="utf-8"))
    assert report["sha256"] == sha256(project / "data" / "waves" / "2023.csv")
    assert [(c["variable"], c["old"], c["new"]) for c in report["corrections"]] == [
        ("staff", "12", "21"), ("comment", "…", "…"),
    ]  # fmt: skip
    assert report["corrections"][0]["reason"] == GOOD["reason"]


def test_the_graph_knows_the_corrections(root):
    """Where the file is, every wave reads it."""
    steps = [s for s in plan(root, last="check")[0] if s.stage == "check"]
    assert steps
    assert all(root / "data" / "corrections.csv" in s.reads for s in steps)


def test_no_file_is_no_correction(tmp_path):
    """A project need not have one."""
    assert read_corrections(tmp_path / "corrections.csv", ["2023"]) == ()
