"""Reading a wave file: nothing is sniffed, and every fault has its message."""

import pytest

from panel_eis.errors import DataError
from panel_eis.waves import find_waves, load_yaml, read_sidecar, read_wave


def _codes(call):
    with pytest.raises(DataError) as caught:
        call()
    return [p.code for p in caught.value.problems]


def test_a_wave_in_the_house_format_needs_no_sidecar(wave_file):
    """Cells stay text and are indexed by the row that a spreadsheet shows."""
    raw = read_wave(wave_file.write())
    assert raw.wave == "2023"
    assert raw.cells.index.tolist() == [2, 3]
    assert raw.cells.at[2, "department"] == "69M"
    assert raw.cells.at[2, "legal_category"] == "9220"


def test_reading_never_changes_the_file(wave_file):
    """A raw file is never rewritten."""
    path = wave_file.write()
    before = path.read_bytes()
    read_wave(path)
    assert path.read_bytes() == before


def test_a_wrong_separator_is_named_with_the_right_one(wave_file):
    """One column holding semicolons is not a wave."""
    assert _codes(lambda: read_wave(wave_file.write(separator=";"))) == ["E-SEPARATOR"]


def test_a_file_that_is_not_utf_8_is_windows_1252_and_the_report_says_so(wave_file):
    """The second rung of the ladder; a sidecar that states UTF-8 is held to it."""
    path = wave_file.set(1, comment="évaluée à 50 €").write(encoding="cp1252")
    raw = read_wave(path)
    assert raw.cells.at[3, "comment"] == "évaluée à 50 €"
    assert raw.report["encoding"] == "windows-1252"
    path.with_suffix(".yml").write_text("encoding: utf-8\n", encoding="utf-8")
    assert _codes(lambda: read_wave(path)) == ["E-ENCODING"]


def test_the_report_says_how_the_file_was_read(wave_file):
    """Plain keys for the page on quality."""
    raw = read_wave(wave_file.write(separator=";", sidecar="separator: ';'\ndecimal: ','\n"))
    assert raw.report == {
        "source": "plain", "encoding": "utf-8", "separator": ";", "decimal": ",", "dates": "iso", "sheet": "",
        "rows_read": 2, "sha256": raw.digest,
    }  # fmt: skip


@pytest.mark.parametrize("key", ["sheet: Réponses", "source: teleform", "labels: perhaps", "duplicates: any"])
def test_a_key_without_meaning_is_refused_and_not_ignored(wave_file, key):
    """A sheet of a CSV file, words of no closed list."""
    path = wave_file.write(sidecar=f"{key}\n")
    assert _codes(lambda: read_wave(path)) in (["E-SIDECAR-USELESS"], ["E-SIDECAR-VALUE"])


def test_a_byte_order_mark_does_not_become_part_of_the_first_name(wave_file):
    """Excel writes one."""
    assert "unit" in read_wave(wave_file.write(encoding="utf-8-sig")).cells.columns


def test_rows_with_a_field_too_many_or_too_few_are_all_named(wave_file):
    """pandas would shift or fill them silently."""
    path = wave_file.write()
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text(
        "\n".join([lines[0], lines[1] + ",x", lines[2].rsplit(",", 2)[0]]) + "\n", encoding="utf-8"
    )
    with pytest.raises(DataError) as caught:
        read_wave(path)
    assert [(p.code, p.row) for p in caught.value.problems] == [("E-FIELDS", 2), ("E-FIELDS", 3)]


@pytest.mark.parametrize("content", ["", "\n", "unit,frequency\n", ",,\n"])
def test_an_empty_file_is_said_to_be_empty(tmp_path, content):
    """No traceback, no empty panel."""
    path = tmp_path / "2023.csv"
    path.write_text(content, encoding="utf-8")
    assert _codes(lambda: read_wave(path)) == ["E-EMPTY"]


def test_a_header_with_the_same_name_twice_is_refused(tmp_path):
    """pandas would rename one of them silently."""
    path = tmp_path / "2023.csv"
    path.write_text("unit,unit\na,b\n", encoding="utf-8")
    assert _codes(lambda: read_wave(path)) == ["E-HEADER-TWICE"]


def test_a_blank_last_line_is_not_an_answer(wave_file):
    """LimeSurvey writes one."""
    path = wave_file.write()
    path.write_text(
        path.read_text(encoding="utf-8") + "\n" + "," * (len(wave_file.columns) - 1) + "\n", encoding="utf-8"
    )
    assert len(read_wave(path).cells) == 2


@pytest.mark.parametrize("name", ["vague 3.csv", "wave.csv", "20231.csv", "2023A.csv"])
def test_a_file_name_that_is_not_a_wave_is_refused(tmp_path, name):
    """A wave is named by its year."""
    (tmp_path / name).write_text("x\n", encoding="utf-8")
    assert _codes(lambda: find_waves(tmp_path)) == ["E-WAVE-NAME"]


def test_a_format_that_is_not_read_and_a_sidecar_without_data_are_named_together(tmp_path):
    """Both at once."""
    (tmp_path / "2023.pdf").write_text("x", encoding="utf-8")
    (tmp_path / "2025.yml").write_text("", encoding="utf-8")
    assert _codes(lambda: find_waves(tmp_path)) == ["E-WAVE-FORMAT", "E-SIDECAR-ALONE"]


def test_yaml_scalars_stay_text(tmp_path):
    """01, no and 12:30 are not numbers, truths or times here."""
    path = tmp_path / "2023.yml"
    path.write_text("recode:\n  x: {01: no, 2: 12:30}\n", encoding="utf-8")
    assert read_sidecar(path).recode == {"x": {"01": "no", "2": "12:30"}}


@pytest.mark.parametrize(
    "text",
    [
        "a: &x 1\nb: *x\n",
        "a: 1\na: 2\n",
        "a: !!python/object:os.system {}\n",
        "a: !tag 1\n",
        "- 1\n",
        "a: [1\n",
        "a: {b: 1, b: 2}\n",
    ],
)
def test_dangerous_or_ambiguous_yaml_is_refused_with_a_reason(text):
    """Aliases, double keys, tags, another shape, broken syntax."""
    _, problem = load_yaml(text, "2023.yml")
    assert problem is not None
    assert problem.code == "E-YAML"
    assert problem.details["reason_fr"] != problem.details["reason_en"] != ""


def test_an_unknown_key_of_the_sidecar_comes_with_the_nearest(tmp_path):
    """Silence is never consent."""
    path = tmp_path / "2023.yml"
    path.write_text("seperator: ';'\n", encoding="utf-8")
    with pytest.raises(DataError, match="separator"):
        read_sidecar(path)


def test_all_wrong_values_of_a_sidecar_are_told_at_once(tmp_path):
    """Closed lists and shapes."""
    path = tmp_path / "2023.yml"
    path.write_text(
        "decimal: x\ndates: american\ncolumns: [a]\ncomparability: {b3: {class: nearly}}\n", encoding="utf-8"
    )
    assert sorted(_codes(lambda: read_sidecar(path))) == ["E-SIDECAR-SHAPE"] + ["E-SIDECAR-VALUE"] * 3
