"""Formats of wave files: each gives the same cells, and each fault has its message in both languages."""

import contextlib
import importlib.util
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from panel_eis.errors import DataError, report
from panel_eis.readers import READERS, archive, bounds, delimited, statistical
from panel_eis.waves import find_waves, read_wave

EXPORTS = Path(__file__).parent / "exports"
WINDOWS = 'encoding: windows-1252\nseparator: ";"\ndecimal: ","\n'
ANSWERS = [["unit", "staff"], ["SYN-0001", 12]]


def _maker():
    spec = importlib.util.spec_from_file_location("make_exports", EXPORTS / "make_exports.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


maker = _maker()


class Wave:
    """A wave file in a temporary folder; ``fails`` reads it and gives code, row, column and value of each fault."""

    def __init__(self, folder):
        self.folder = folder

    def put(self, content, ending=".csv", sidecar=""):
        path = self.folder / f"2023{ending}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.with_suffix(".yml").unlink(missing_ok=True)
        if sidecar:
            path.with_suffix(".yml").write_text(sidecar, encoding="utf-8")
        return path

    def cells(self, *args, **kwargs):
        return read_wave(self.put(*args, **kwargs)).cells

    def problems(self, *args, **kwargs):
        path = self.put(*args, **kwargs)
        with pytest.raises(DataError) as caught:
            read_wave(path)
        for lang in ("fr", "en"):
            assert "2023" in report(caught.value.problems, lang)
        return caught.value.problems

    def codes(self, *args, **kwargs):
        return [p.code for p in self.problems(*args, **kwargs)]


@pytest.fixture
def wave(tmp_path):
    return Wave(tmp_path)


@pytest.mark.parametrize("path", sorted(EXPORTS.glob("answers*")), ids=lambda p: p.name)
def test_every_format_gives_the_cells_of_the_csv(path, wave):
    """One answer, one table, whatever the survey tool wrote."""
    windows = "windows" in path.name
    cells = wave.cells(path.read_bytes(), path.suffix, WINDOWS if windows else "")
    wanted = [[maker.house(v, "," if windows else ".") for v in row] for row in maker.ANSWERS]
    assert cells.columns.tolist() == list(maker.COLUMNS)
    assert cells.to_numpy().tolist() == wanted
    assert all(type(v) is str for v in cells.to_numpy().ravel())


def test_rows_are_numbered_as_the_program_shows_them(wave):
    """A spreadsheet counts the header; SPSS and Stata do not."""
    first = {
        p.suffix: read_wave(Path(shutil.copy(p, wave.folder / f"2023{p.suffix}"))).cells.index[0]
        for p in EXPORTS.glob("answers.*")
    }
    assert first == {".csv": 2, ".tsv": 2, ".xlsx": 2, ".ods": 2, ".sav": 1, ".dta": 1}


def test_every_format_that_is_read_has_an_example_and_is_found_as_a_wave(tmp_path):
    """No reader without its file."""
    assert {p.suffix for p in EXPORTS.glob("answers*")} == set(READERS)
    for year, ending in enumerate(READERS, start=2021):
        shutil.copy(EXPORTS / f"answers{ending}", tmp_path / f"{year}{ending}")
    assert len(find_waves(tmp_path)) == len(READERS)


def test_the_examples_are_what_the_script_makes(tmp_path):
    """Texts and workbooks byte by byte; SPSS and Stata files carry a time, so their cells are compared above."""
    maker.make(tmp_path)
    for path in EXPORTS.glob("answers*"):
        if path.suffix not in (".sav", ".dta"):
            assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_looking_for_waves_loads_no_heavy_library():
    """A build with nothing to do needs their names only."""
    code = (
        "import sys, panel_eis.waves; print({'pandas', 'python_calamine', 'pyreadstat'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# --- Text files


def test_a_tsv_follows_the_tab_unless_its_sidecar_says_otherwise(wave):
    """The ending is a declaration."""
    assert wave.cells("unit\tn\nSYN-0001\t1,5\n", ".tsv").at[2, "n"] == "1,5"
    assert wave.cells("unit;n\nSYN-0001;2\n", ".tsv", 'separator: ";"\n').at[2, "n"] == "2"
    assert wave.codes("unit;n\nSYN-0001;2\n", ".tsv") == ["E-SEPARATOR"]


def test_three_header_rows_leave_the_first_as_names(wave):
    """Qualtrics writes names, wording and identifiers; rows keep their numbers."""
    cells = wave.cells("q1,q2\nWording,Wording\n{ImportId},{ImportId}\n1,2\n", sidecar="header_rows: 3\n")
    assert cells.index.tolist() == [4]
    assert wave.codes("a\n1\n", sidecar="header_rows: 0\n") == ["E-SIDECAR-VALUE"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("évaluée", "mac_roman"), ("évaluée à 5 €", "cp858"), ("cœur ; 5 €", "iso8859-15"), ("élève", "cp850")],
)
def test_another_encoding_declared_as_windows_is_not_believed(text, encoding, wave):
    """Windows-1252 accepts nearly any byte: its letters are checked."""
    content = f"unit,comment\nSYN-0001,{text}\n".encode(encoding)
    assert set(wave.codes(content, sidecar="encoding: windows-1252\n")) <= {"E-ENCODING", "E-ENCODING-SIGNS"}
    assert wave.codes(content) == ["E-ENCODING"]


def test_french_text_in_windows_1252_is_believed(wave):
    """Every letter and sign that French writes."""
    text = "àâäçéèêëîïôöùûüÿœæ ÀÂÇÉÈÊËÎÏÔŒÙÛÜŸ « l’œuvre » – “oui” — 5 € · 3 m² · 50 % … n° 2 ½ ñ ß"
    content = f"unit,comment\nSYN-0001,{text}\n".encode("cp1252")
    assert wave.cells(content, sidecar="encoding: windows-1252\n").at[2, "comment"] == text


def test_utf8_declared_as_windows_is_named(wave):
    """Every accent would have become two letters."""
    content = "unit,comment\nSYN-0001,évaluée\n"
    assert wave.codes(content, sidecar="encoding: windows-1252\n") == ["E-ENCODING-UTF"]
    assert wave.codes(content.encode("utf-8-sig"), sidecar="encoding: windows-1252\n") == ["E-ENCODING-UTF"]


@pytest.mark.parametrize("text", ["évaluée", "à la fin", "l’œuvre", "5 €", "« oui »", "À", "n°"])
def test_letters_encoded_twice_are_named_with_their_cell_and_the_cell_is_not_shown(text, wave):
    """``Ã©``: a program read UTF-8 as Windows-1252 and saved it."""
    twice = text.encode().decode("latin-1" if text == "à la fin" else "cp1252", "replace")
    problems = wave.problems(f"unit,comment\nSYN-0001,ok\nSYN-0002,Martin {twice}\n")
    assert [(p.code, p.row, p.column) for p in problems] == [("E-ENCODING-TWICE", 3, "comment")]
    assert "Martin" not in report(problems, "fr")


def test_a_null_character_is_named_with_its_row(wave):
    """UTF-16 without its mark, or a damaged file."""
    assert [(p.code, p.row) for p in wave.problems("unit,a\nSYN-0001,\0\n")] == [("E-NUL", 2)]
    assert wave.codes("unit,a\nSYN-0001,b\n".encode("utf-16-le")) == ["E-NUL"]
    assert wave.codes("unit,a\nSYN-0001,b\n".encode("utf-16")[:-1]) == ["E-ENCODING"]


def test_a_nameless_column_is_left_out_when_blank_and_refused_when_not(wave):
    """A separator at the end of each row is common."""
    assert wave.cells("unit,a,,\nSYN-0001,1,,\n").columns.tolist() == ["unit", "a"]
    problems = wave.problems("unit,a,\nSYN-0001,1,x\n")
    assert [(p.code, p.column) for p in problems] == [("E-HEADER-BLANK", "C")]
    assert wave.codes(",\nSYN-0001,1\n") == ["E-HEADER-ABSENT"]


def test_a_quote_that_is_never_closed_is_a_file_cut_short(wave):
    """The rest of the file would be one cell."""
    assert wave.codes('unit,a\nSYN-0001,"x\nSYN-0002,y\n') == ["E-CSV"]


# --- Limits


def test_a_file_of_two_gigabytes_is_refused_unopened(wave):
    """Sparse on disk; reading it would freeze the machine."""
    path = wave.put("unit,a\n")
    with path.open("r+b") as stream:
        stream.truncate(2_000_000_000)
    with pytest.raises(DataError, match="2000 MB: the limit is 1000 MB"):
        read_wave(path)


def test_too_many_columns_rows_or_cells_are_named(wave, monkeypatch):
    """A table that is not a wave."""
    wide = ",".join(f"c{i}" for i in range(5_001))
    assert wave.codes(f"{wide}\n{wide}\n") == ["E-LIMIT-COLUMNS"]
    assert wave.codes("a\n" + "1\n" * 2_000_010) == ["E-LIMIT-ROWS"]
    monkeypatch.setattr(delimited, "STREAMED", replace(bounds.STREAMED, cells=3))
    assert wave.codes("a,b\n1,2\n1,2\n") == ["E-LIMIT-CELLS"]


@pytest.mark.parametrize("ending", sorted(READERS))
def test_an_empty_file_of_any_format_is_said_to_be_empty(ending, wave):
    """No traceback."""
    assert wave.codes(b"", ending) == ["E-EMPTY"]


# --- What a file really is

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


@pytest.mark.parametrize("ending", sorted(READERS))
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xef\xbb\xbf <!DOCTYPE html><html><table><tr><td>1</table>", "E-DISGUISED"),
        (b"<html xmlns:x='urn:schemas-microsoft-com:office:excel'>", "E-DISGUISED"),
        (OLE, "E-DISGUISED"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "E-PASSWORD"),
        (b"%PDF-1.7", "E-DISGUISED"),
    ],
)
def test_a_file_dressed_as_another_is_named_for_what_it_is(ending, content, code, wave):
    """Survey tools write HTML called .xlsx; Office encrypts into another container."""
    assert wave.codes(content, ending) == [code]


@pytest.mark.parametrize("ending", sorted(READERS))
def test_another_format_under_a_wrong_ending_is_named(ending, wave):
    """Renaming converts nothing."""
    for path in EXPORTS.glob("answers.[sxd]*"):
        if path.suffix != ending:
            assert wave.codes(path.read_bytes(), ending)[0] in ("E-DISGUISED", "E-DAMAGED")


def _places(ending):
    """How many places of a file are tried; each SPSS or Stata file takes a process."""
    return 5 if ending in (".sav", ".dta") else 60


@pytest.mark.parametrize("ending", [".xlsx", ".ods", ".sav", ".dta"])
def test_a_file_cut_anywhere_is_refused_by_name(ending, wave):
    """A download that stopped."""
    content = (EXPORTS / f"answers{ending}").read_bytes()
    for end in range(1, len(content), len(content) // _places(ending)):
        assert set(wave.codes(content[:end], ending)) <= {"E-DAMAGED", "E-DISGUISED", "E-EMPTY"}, end


@pytest.mark.parametrize("ending", sorted(READERS))
def test_a_damaged_byte_never_gives_a_traceback(ending, wave):
    """It is read, or refused by name."""
    content = (EXPORTS / f"answers{ending}").read_bytes()
    for place in range(0, len(content), len(content) // _places(ending)):
        path = wave.put(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :], ending)
        with contextlib.suppress(DataError):
            read_wave(path)


# --- Workbooks


def _xlsx(inner, **extra):
    return maker.xlsx({"S": inner}, extra)


def test_numbers_dates_and_truths_are_written_as_the_wave_declares(wave):
    """A typed cell is never ambiguous."""
    rows = [
        ["n", "d", "b", "x"],
        [1.5, maker.date(2023, 3, 1), True, 0.1 + 0.2],
        [1e-7, None, False, 44000123456789],
    ]
    for ending, content in (
        (".xlsx", _xlsx(maker.xlsx_rows(rows))),
        (".ods", maker.ods({"S": maker.ods_rows(rows)})),
    ):
        assert wave.cells(content, ending).to_numpy().tolist() == [
            ["1.5", "2023-03-01", "yes", "0.3"],
            ["0.0000001", "", "no", "44000123456789"],
        ]
        french = wave.cells(content, ending, 'decimal: ","\ndates: dd/mm/yyyy\n')
        assert french.loc[2].tolist() == ["1,5", "01/03/2023", "yes", "0,3"]


@pytest.mark.parametrize("ending", [".xlsx", ".ods"])
def test_several_sheets_with_content_need_a_choice(ending, wave):
    """The first is not always the answers."""
    make, rows = {".xlsx": (maker.xlsx, maker.xlsx_rows), ".ods": (maker.ods, maker.ods_rows)}[ending]
    content = make({"Notes & co": rows([["x"]]), "Réponses": rows(ANSWERS), "Vide": rows([])})
    problems = wave.problems(content, ending)
    assert [p.code for p in problems] == ["E-SHEETS"]
    assert problems[0].details["known"] == "Notes & co, Réponses"
    assert wave.cells(content, ending, "sheet: Réponses\n").at[2, "staff"] == "12"
    assert wave.codes(content, ending, "sheet: Reponses\n") == ["E-SHEET-ABSENT"]
    assert wave.codes(make({"Vide": rows([])}), ending) == ["E-EMPTY"]


@pytest.mark.parametrize("ending", [".xlsx", ".ods"])
def test_a_header_twice_and_blank_rows_above_it_are_refused(ending, wave):
    """As in a CSV file."""
    make, rows = {".xlsx": (maker.xlsx, maker.xlsx_rows), ".ods": (maker.ods, maker.ods_rows)}[ending]
    assert wave.codes(make({"S": rows([["a", "a"], [1, 2]])}), ending) == ["E-HEADER-TWICE"]
    assert wave.codes(make({"S": rows([[None], *ANSWERS])}), ending) == ["E-HEADER-ABSENT"]


def test_cells_that_calamine_would_empty_silently_are_named_with_their_place(wave):
    """Merged, in error, never calculated: an answer must not become missing."""
    inner = (
        '<sheetData><row r="1"><c r="A1" t="str"><v>unit</v></c><c r="B1" t="str"><v>n</v></c></row>'
        '<row r="2"><c r="A2" t="str"><v>SYN-0001</v></c><c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
        '<row r="3"><c r="A3" t="str"><v>SYN-0002</v></c><c r="B3"><f>1+1</f></c></row>'
        '<row r="4"><c r="A4" t="str"><v>SYN-0003</v></c><c r="B4"><f>1+1</f><v>2</v></c></row>'
        '</sheetData><mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>'
    )
    found = [(p.code, p.column, p.row) for p in wave.problems(_xlsx(inner), ".xlsx")]
    assert found == [("E-CELL-MERGED", "A", 1), ("E-CELL-ERROR", "B", 2), ("E-CELL-FORMULA", "B", 3)]


def test_merged_cells_and_errors_of_an_ods_are_named(wave):
    """The same in LibreOffice."""
    rows = maker.ods_rows(ANSWERS)
    merged = rows.replace("<table:table-cell ", '<table:table-cell table:number-columns-spanned="2" ', 1)
    assert [(p.code, p.column, p.row) for p in wave.problems(maker.ods({"S": merged}), ".ods")] == [
        ("E-CELL-MERGED", "A", 1)
    ]
    wrong = rows.replace(
        'office:value-type="float"', 'xmlns:c="urn:x" c:value-type="error" office:value-type="string"'
    )
    assert [(p.code, p.column, p.row) for p in wave.problems(maker.ods({"S": wrong}), ".ods")] == [
        ("E-CELL-ERROR", "B", 2)
    ]


def test_a_cell_far_away_is_refused_before_memory_is_taken_for_all_between(wave):
    """Seventeen billion cells in two kilobytes."""
    inner = '<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    assert wave.codes(_xlsx(inner), ".xlsx") == ["E-LIMIT-COLUMNS", "E-LIMIT-ROWS", "E-LIMIT-CELLS"]
    for way in ("rows", "columns"):
        tag = {"rows": "table-row", "columns": "table-cell"}[way]
        inner = maker.ods_rows(ANSWERS).replace(
            f"<table:{tag}", f'<table:{tag} table:number-{way}-repeated="1000000"', 1
        )
        assert f"E-LIMIT-{way.upper()}" in wave.codes(maker.ods({"S": inner}), ".ods")


def test_formatted_blank_cells_far_away_do_no_harm(wave):
    """A spreadsheet formats whole columns."""
    inner = maker.xlsx_rows(ANSWERS).replace(
        "</sheetData>", '<row r="1048576"><c r="XFD1048576" s="1"/></row></sheetData>'
    )
    assert len(wave.cells(_xlsx(inner), ".xlsx")) == 1


def test_a_zip_bomb_is_refused_by_what_it_declares_and_by_what_it_holds(wave, monkeypatch):
    """Declared size, ratio, number of members; a lie about the size is a damaged file."""
    rows = maker.xlsx_rows(ANSWERS)
    assert wave.codes(_xlsx(rows, **{"xl/media/x.bin": b"\0" * 201_000_000}), ".xlsx") == ["E-ZIP-BOMB"]
    assert wave.codes(_xlsx(rows, **{"xl/media/x.bin": b"\0" * 20_000_000}), ".xlsx") == ["E-ZIP-BOMB"]
    content = bytearray(_xlsx(rows, **{"xl/media/x.bin": b"\0" * 4_000_000}))
    size = (4_000_000).to_bytes(4, "little")
    while size in content:
        place = content.index(size)
        content[place : place + 4] = (40).to_bytes(4, "little")
    assert wave.codes(bytes(content), ".xlsx") == ["E-DAMAGED"]
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)
    assert wave.codes(_xlsx(rows), ".xlsx") == ["E-ZIP-BOMB"]


@pytest.mark.parametrize(
    ("part", "text", "code"),
    [
        ("../evil.xml", "<a/>", "E-ZIP-NAME"),
        ("/etc/x.xml", "<a/>", "E-ZIP-NAME"),
        ("xl\\x.xml", "<a/>", "E-ZIP-NAME"),
        ("xl/vbaProject.bin", "x", "E-MACRO"),
        ("xl/x.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a/>', "E-ZIP-DOCTYPE"),
        ("xl/x.xml", '<?xml version="1.0"?><!DOCTYPE a><a/>'.encode("utf-16"), "E-ZIP-DOCTYPE"),
    ],
)
def test_dangerous_parts_of_a_workbook_are_named(part, text, code, wave):
    """Names that leave the folder, macros, declared entities."""
    for content, ending in (
        (_xlsx(maker.xlsx_rows(ANSWERS), **{part: text}), ".xlsx"),
        (maker.ods({"S": maker.ods_rows(ANSWERS)}, {part: text}), ".ods"),
    ):
        assert wave.codes(content, ending) == [code]


def test_macros_and_passwords_of_an_ods_are_named(wave):
    """LibreOffice keeps both inside the zip."""
    rows = {"S": maker.ods_rows(ANSWERS)}
    assert wave.codes(maker.ods(rows, {"Basic/Standard/Module1.xml": "<a/>"}), ".ods") == ["E-MACRO"]
    manifest = {"META-INF/manifest.xml": "<m:manifest xmlns:m='x'><m:encryption-data/></m:manifest>"}
    assert wave.codes(maker.ods(rows, manifest), ".ods") == ["E-PASSWORD"]


def test_a_member_twice_is_refused(wave):
    """Two readers would read two files."""
    path = wave.put(_xlsx(maker.xlsx_rows(ANSWERS)), ".xlsx")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as file:
        file.writestr("xl/workbook.xml", "<a/>")
    assert wave.codes(path.read_bytes(), ".xlsx") == ["E-ZIP-NAME"]


def test_a_zip_that_is_no_workbook_is_damaged(wave):
    """Missing parts."""
    content = maker.packed({"a.txt": "x"})
    assert wave.codes(content, ".xlsx") == ["E-DAMAGED"]
    assert wave.codes(content, ".ods") == ["E-DAMAGED"]


@pytest.mark.parametrize(
    ("ending", "part"),
    [(".xlsx", "xl/worksheets/sheet1.xml"), (".xlsx", "xl/workbook.xml"), (".ods", "content.xml")],
)
def test_a_damaged_part_of_a_sound_zip_never_gives_a_traceback(ending, part, wave):
    """Checksums that hold say nothing of what is inside."""
    with zipfile.ZipFile(EXPORTS / f"answers{ending}") as file:
        parts = {name: file.read(name) for name in file.namelist()}
    sound = parts[part]
    for place in range(0, len(sound), len(sound) // 100):
        for damage in (
            sound[:place],
            sound[:place] + b"<" + sound[place + 1 :],
            sound[:place] + b"9" + sound[place + 1 :],
        ):
            with contextlib.suppress(DataError):
                read_wave(wave.put(maker.packed(parts | {part: damage}), ending))


# --- SPSS and Stata


def test_codes_are_kept_and_labels_are_not_read_as_answers(wave):
    """-9 has a label and is declared missing in the file; it stays -9."""
    for ending in (".sav", ".dta"):
        cells = wave.cells((EXPORTS / f"answers{ending}").read_bytes(), ending)
        assert cells["a2"].tolist() == ["-9", "2", "3"]


def test_missing_letters_of_stata_are_kept_apart_from_blank(wave):
    """``.a`` has its reason, ``.`` has none; a text that says a stays a."""
    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame({"unit": ["a", "b", "c"], "n": pd.Series([1, "a", None], dtype=object)})
    path = wave.folder / "2023.dta"
    pyreadstat.write_dta(
        frame, path, missing_user_values={"n": ["a"]}, variable_value_labels={"n": {1: "Un"}}
    )
    assert read_wave(path).cells.to_numpy().tolist() == [["a", "1"], ["b", ".a"], ["c", ""]]


def test_a_range_of_missing_codes_and_times_of_spss_are_kept(wave):
    """A range is what SPSS allows beside three single codes."""
    import datetime as dt

    import pandas as pd
    import pyreadstat

    stamp = dt.datetime(2023, 3, 1, 14, 5)  # noqa: DTZ001  # SPSS has no time zones
    frame = pd.DataFrame({"n": [-9.0, -1.0, 2.5], "d": [stamp, stamp.replace(hour=0, minute=0), None]})
    path = wave.folder / "2023.sav"
    pyreadstat.write_sav(frame, path, missing_ranges={"n": [{"lo": -9, "hi": -1}]})
    assert read_wave(path).cells.to_numpy().tolist() == [
        ["-9", "2023-03-01 14:05:00"],
        ["-1", "2023-03-01"],
        ["2.5", ""],
    ]


def test_more_rows_than_a_wave_has_are_not_read(wave):
    """A statistical file says its size before its data."""
    import pandas as pd
    import pyreadstat

    path = wave.folder / "2023.sav"
    pyreadstat.write_sav(pd.DataFrame({"n": range(200_001)}), path, row_compress=True)
    with pytest.raises(DataError) as caught:
        read_wave(path)
    assert [p.code for p in caught.value.problems] == ["E-LIMIT-ROWS"]


def test_a_file_that_ends_its_library_is_damaged(wave, monkeypatch):
    """One changed byte of a .sav ends the process of pyreadstat; ours goes on."""
    content = (EXPORTS / "answers.sav").read_bytes()
    monkeypatch.setattr(statistical.sys, "executable", "/bin/false")
    assert wave.codes(content, ".sav") == ["E-DAMAGED"]
