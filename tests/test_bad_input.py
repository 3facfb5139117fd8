"""Bad input through the command line: an exit code, a place, a sentence in both languages, never a traceback, data untouched."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from panel_eis.errors import EXIT_CODES
from panel_eis.files import sha256

EXPORTS = Path(__file__).parent / "exports"


def _maker():
    spec = importlib.util.spec_from_file_location("make_exports", EXPORTS / "make_exports.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


maker = _maker()
ROWS = [["unit", "staff"], ["SYN-0001", 12]]
GOOD = maker.xlsx_rows(ROWS)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
TEXT = "unit,interview_date,comment\n"
DATES = "unit,interview_date\nSYN-0001,2023-03-01\nSYN-0002,01/03/2023\nSYN-0003,March 1\n"
FORMULA = '<sheetData><row r="1"><c r="A1" t="str"><v>unit</v></c></row><row r="2"><c r="A2"><f>1+1</f></c></row></sheetData>'
MERGED = GOOD + '<mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>'
BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"

# name, content, ending, sidecar, code, exit code, what names the place
CASES = (
    ("empty", b"", ".csv", "", "E-EMPTY", 4, ("2023.csv",)),
    ("header alone", TEXT, ".csv", "", "E-EMPTY", 4, ("2023.csv",)),
    ("truncated workbook", maker.xlsx({"S": GOOD})[:700], ".xlsx", "", "E-DAMAGED", 4, ("2023.xlsx",)),
    ("truncated text", 'unit,comment\nSYN-0001,"cut', ".csv", "", "E-CSV", 4, ("2023.csv",)),
    ("short row", "unit,staff\nSYN-0001,1\nSYN-0002\n", ".csv", "", "E-FIELDS", 4, ("3",)),
    ("delimiter", "unit;staff\nSYN-0001;12\n", ".csv", "", "E-SEPARATOR", 4, ("1", ";")),
    ("password", OLE + "EncryptedPackage".encode("utf-16-le"), ".xlsx", "", "E-PASSWORD", 4, ("2023.xlsx",)),
    ("macros inside", maker.xlsx({"S": GOOD}, {"xl/vbaProject.bin": "x"}), ".xlsx", "", "E-MACRO", 4, ("2023.xlsx",)),
    ("macro workbook", maker.xlsx({"S": GOOD}), ".xlsm", "", "E-WAVE-FORMAT", 4, ("2023.xlsm", ".xlsm")),
    ("zip bomb", maker.xlsx({"S": GOOD}, {"xl/x.bin": b"\0" * 20_000_000}), ".xlsx", "", "E-ZIP-BOMB", 4, ("2023.xlsx",)),
    ("two sheets", maker.xlsx({"A": GOOD, "B": GOOD}), ".xlsx", "", "E-SHEETS", 4, ("A, B",)),
    ("merged header", maker.xlsx({"S": MERGED}), ".xlsx", "", "E-CELL-MERGED", 4, ("1", "A")),
    ("header twice", "unit,unit\na,b\n", ".csv", "", "E-HEADER-TWICE", 4, ("1", "unit")),
    ("formula never calculated", maker.xlsx({"S": FORMULA}), ".xlsx", "", "E-CELL-FORMULA", 4, ("2", "A")),
    ("dates in three formats", DATES, ".csv", "", "E-DATE", 1, ("3", "interview_date", "SYN-0002", "01/03/2023")),
    ("encoding", TEXT.encode() + b"SYN-0001,2023-03-01,\x81\n", ".csv", "", "E-ENCODING", 4, ("2",)),
    ("yaml tag", TEXT + "SYN-0001,,\n", ".csv", "sheet: !!python/object:os.system {}\n", "E-YAML", 4, ("2023.yml",)),
    ("yaml anchors", TEXT + "SYN-0001,,\n", ".csv", BOMB, "E-YAML", 4, ("2023.yml",)),
    ("yaml that is none", TEXT + "SYN-0001,,\n", ".csv", "columns: [a", "E-YAML", 4, ("2023.yml",)),
    ("html called xlsx", b"<html><table><tr><td>1</table>", ".xlsx", "", "E-DISGUISED", 4, ("HTML",)),
    ("text called xlsx", "unit,staff\nSYN-0001,1\n", ".xlsx", "", "E-DISGUISED", 4, ("CSV",)),
    ("json", '[{"unit": "SYN-0001"}]\n', ".csv", "", "E-DISGUISED", 4, ("JSON",)),
    ("quote within a cell", 'unit,comment\nSYN-0001,ok\nSYN-0002,"a"b\n', ".csv", "", "E-CSV", 4, ("ligne 3",)),
    ("vertical bars", "unit|staff\nSYN-0001|12\n", ".csv", "", "E-SEPARATOR", 4, ("1", "|")),
    ("mark within", "unit,staff\n\ufeffSYN-0001,1\n", ".csv", "", "E-BOM-WITHIN", 4, ("2", "unit")),
    ("mark twice", "\ufeff\ufeffunit,staff\nSYN-0001,1\n", ".csv", "", "E-HEADER-INVISIBLE", 4, ("1", "unit")),
    ("yaml in latin-1", TEXT + "SYN-0001,,\n", ".csv", "mode: téléphone\n".encode("latin-1"), "E-TABLE-ENCODING", 4, ("2023.yml", "1")),
    ("yaml without end", TEXT + "SYN-0001,,\n", ".csv", "[" * 5000, "E-YAML", 4, ("2023.yml",)),
    ("days counted", "unit,interview_date\nSYN-0001,45000\n", ".csv", "", "E-DATE-COUNTED", 1, ("2", "45000", "AAAA-MM-JJ")),
    ("thousands", 'unit,staff\nSYN-0001,"1,234"\n', ".csv", "", "E-NUMBER-MARK", 1, ("2", "staff", "1234 / 1.234")),
    ("decimal comma", 'unit,fte\nSYN-0001,"3,5"\n', ".csv", "", "E-NUMBER-MARK", 1, ("2", "fte", "se lit 3.5")),
    ("formula as text", "unit,staff\nSYN-0001,=1+1\n", ".csv", "", "E-FORMULA", 1, ("2", "staff", "=1+1")),
    ("error of a spreadsheet", "unit,frequency\nSYN-0001,#VALEUR!\n", ".csv", "", "E-FORMULA", 1, ("2", "frequency")),
    ("ending in capitals", "unit,staff\nSYN-0001,1\n", ".CSV", "", "E-WAVE-RENAME", 4, ("2023.CSV", "2023.csv")),
    ("null character", "unit,staff\nSYN-0001,\0\n", ".csv", "", "E-NUL", 4, ("2",)),
)  # fmt: skip


def _put(project, content, ending, sidecar=""):
    folder = project / "data" / "waves"
    for path in folder.iterdir():
        path.unlink()
    path = folder / f"2023{ending}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    if sidecar:
        path.with_suffix(".yml").write_bytes(sidecar if isinstance(sidecar, bytes) else sidecar.encode())
    return path


def _bytes(project):
    return {p: sha256(p) for p in (project / "data").rglob("*") if p.is_file()}


@pytest.mark.parametrize("case", CASES, ids=[c[0] for c in CASES])
def test_a_bad_wave_is_told_in_both_languages_and_stays_as_it_is(case, project, panel_eis):
    """The code, the place and the exit code as text; the same, in both languages, as JSON."""
    _, content, ending, sidecar, code, exit_code, place = case
    _put(project, content, ending, sidecar)
    before = _bytes(project)
    said = panel_eis("wave", "check", "--lang", "fr")
    assert said.code == exit_code
    for word in (code, *place, "Rien n'a été modifié"):
        assert word in said.text
    as_json = panel_eis("wave", "check", "--format", "json")
    told = json.loads(as_json.out)
    assert as_json.code == told["exit_code"] == exit_code
    problem = next(p for p in told["problems"] if p["code"] == code)
    assert problem["expected"]["fr"] in said.text
    assert problem["expected"]["en"] not in ("", problem["expected"]["fr"])
    assert _bytes(project) == before


FILES = (
    "codebook/survey.csv", "codebook/choices.csv", "register.csv", "events.csv", "memberships.csv", "support.csv", "frame.csv",
)  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_project_that_is_absent_or_empty_is_named(name, project, panel_eis, root):
    """No traceback from a project that is not whole."""
    shutil.copy(root / "data" / "frame.csv", project / "data" / "frame.csv")
    path = project / "data" / name
    path.write_bytes(b"")
    assert panel_eis("check").code in (1, 4)
    path.unlink()
    outcome = panel_eis("check")
    assert outcome.code == 4
    assert path.name in outcome.text


def test_a_project_without_waves_says_how_to_add_one(project, panel_eis):
    """An empty folder, or none."""
    shutil.rmtree(project / "data" / "waves")
    assert "wave add" in panel_eis("check").text
    (project / "data" / "waves").mkdir()
    assert panel_eis("wave", "check").code == 1


READ = [c for c in CASES if not c[3] and c[2] not in (".xlsm", ".CSV") and c[5] == 4 and c[4] not in ("E-SEPARATOR", "E-ENCODING")]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "ending", "code"), [(c[1], c[2], c[4]) for c in READ], ids=[c[0] for c in READ]
)
def test_a_file_that_cannot_be_read_is_not_added(content, ending, code, project, panel_eis):
    """Nothing is copied, nothing is drafted, and the file is named as the person named it."""
    file = project.parent / f"export{ending}"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = _bytes(project)
    outcome = panel_eis("wave", "add", file, "--wave", "2027")
    assert outcome.code == 4
    assert code in outcome.text
    assert file.name in outcome.text
    assert _bytes(project) == before


@pytest.mark.parametrize(
    "name", ["../2027", "../../x", "/x/2027", "w4", "2027/../2028", "20270", "2027\n", ""]
)
def test_a_wave_name_that_leads_elsewhere_is_refused(name, project, panel_eis, tmp_path):
    """A name is a year; it is never a path."""
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    for lang, word in (("fr", "nom de vague"), ("en", "name of a wave")):
        outcome = panel_eis("wave", "add", EXPORTS / "answers.csv", "--wave", name, "--lang", lang)
        assert outcome.code == 2
        assert word in outcome.text
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_a_file_of_two_gigabytes_is_refused_unopened(project, panel_eis):
    """Sparse on disk: its bytes are never read, nor copied."""
    path = _put(project, TEXT, ".csv")
    with path.open("r+b") as stream:
        stream.truncate(2_000_000_000)
    for command in (("wave", "check"), ("wave", "add", path, "--wave", "2027")):
        outcome = panel_eis(*command)
        assert outcome.code == 4
        assert "2000" in outcome.text
    assert [p.name for p in path.parent.iterdir()] == ["2023.csv"]


def test_every_kind_of_fault_of_all_files_is_told_in_one_run(project, panel_eis):
    """A wave that cannot be read does not hide the cells of another."""
    shutil.copy(project / "data" / "waves" / "2023.csv", project / "data" / "waves" / "2025.csv")
    (project / "data" / "waves" / "2021.csv").write_text("", encoding="utf-8")
    path = project / "data" / "waves" / "2023.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("regular", "regulier"), encoding="utf-8")
    outcome = panel_eis("wave", "check", "--lang", "en")
    assert outcome.code == 4
    assert "2025: in order" in outcome.text
    for word in ("E-EMPTY", "E-CODE", "column frequency", "SYN-0002", "Did you mean 'regular'?"):
        assert word in outcome.text


def test_a_french_locale_speaks_french_and_ends_with_the_same_code(project):
    """The real program, in a process of its own."""
    (project / "data" / "waves" / "2023.csv").write_bytes(b"")
    command = [sys.executable, "-m", "panel_eis", "wave", "check", "--root", str(project)]
    environment = {k: v for k, v in os.environ.items() if k not in ("LC_MESSAGES", "LANG")}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**environment, "LC_ALL": "fr_FR.UTF-8"}
    )
    assert done.returncode == 4
    assert "le fichier n'a aucune réponse" in done.stderr
    assert "Traceback" not in done.stderr


def test_exit_codes_are_documented_where_people_look(panel_eis, root):
    """In --help and in the README, each one."""
    shown = panel_eis("--help").text
    readme = (root / "README.md").read_text(encoding="utf-8")
    for code, kind in EXIT_CODES.items():
        assert f"{code}  {kind['en'].split(':')[0]}" in shown
        assert f"| {code} |" in readme


def test_an_unknown_wave_is_a_matter_of_usage(panel_eis):
    """With the nearest name."""
    for command in (("wave", "check", "2032"), ("wave", "diff", "2023", "2032")):
        outcome = panel_eis(*command, "--lang", "en")
        assert outcome.code == 2
        assert "E-WAVE-UNKNOWN" in outcome.text
        assert "'2023'" in outcome.text


def _folder(path):
    path.unlink()
    path.mkdir()


def _loop(path):
    path.unlink()
    path.symlink_to(path.name)


def _pipe(path):
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("spoil", [_folder, _loop, _pipe])
def test_what_is_no_file_is_told_and_never_passed_over(spoil, project, panel_eis):
    """A folder, a link that leads nowhere, a pipe: under the name of a wave, or of its sidecar."""
    wave = project / "data" / "waves" / "2023.csv"
    spoil(wave)
    for command in (("wave", "check", "2023"), ("wave", "check"), ("check",)):
        outcome = panel_eis(*command, "--lang", "fr")
        assert outcome.code == 4
        assert "E-WAVE-FILE" in outcome.text
        assert "data/waves/2023.csv" in outcome.text
        assert "E-CORRECTION-WAVE" not in outcome.text


def test_a_file_that_may_not_be_opened_is_told(project, panel_eis, monkeypatch):
    """The wave, its sidecar (here a folder), the register: each names itself, and none ends in a traceback."""
    (project / "data" / "waves" / "2023.yml").mkdir()
    assert "E-FILE-DENIED" in panel_eis("wave", "check", "--lang", "en").text
    (project / "data" / "waves" / "2023.yml").rmdir()
    read = Path.read_bytes

    def denied(path):
        if path.name in ("2023.csv", "register.csv"):
            raise PermissionError(13, "denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", denied)
    outcome = panel_eis("check", "--lang", "fr")
    assert outcome.code == 4
    assert outcome.text.count("E-FILE-DENIED") == 2
    assert "ne peut pas être ouvert" in outcome.text


def test_a_lock_of_a_spreadsheet_is_no_wave(project, panel_eis):
    """Excel leaves ~$2023.xlsx beside a workbook that is open; LibreOffice .~lock.2023.csv#."""
    for name in ("~$2023.xlsx", ".~lock.2023.csv#"):
        (project / "data" / "waves" / name).write_bytes(b"x")
    assert panel_eis("wave", "check").code == 0


def test_a_file_in_another_format_is_told_where_its_wave_is_asked_for(project, panel_eis):
    """Neither “no such wave” nor a correction of a wave that does not exist: the file, and what to do with it."""
    _put(project, OLE, ".xls")
    outcome = panel_eis("wave", "check", "2023", "--lang", "en")
    assert outcome.code == 4
    assert "E-WAVE-FORMAT" in outcome.text
    assert "E-WAVE-UNKNOWN" not in outcome.text


def test_another_separator_is_told_once(project, panel_eis):
    """Rows that it makes longer or shorter are the same fault."""
    _put(project, "unit;fte\nSYN-0001;1,5\nSYN-0002;2\n", ".csv")
    outcome = panel_eis("wave", "check", "--lang", "en")
    assert "E-SEPARATOR" in outcome.text
    assert "E-FIELDS" not in outcome.text


def test_corrections_of_a_wave_without_its_key_are_not_told_as_wrong(project, panel_eis):
    """The missing column is the fault; the corrections are left to a file that can be corrected."""
    wave = project / "data" / "waves" / "2023.csv"
    wave.write_text(wave.read_text(encoding="utf-8").replace("unit,", "Organisme,", 1), encoding="utf-8")
    with (project / "data" / "corrections.csv").open("a", encoding="utf-8") as stream:
        stream.write("2023,SYN-0001,,staff,12,13,typo,2023-09-01,XX\n")
    outcome = panel_eis("wave", "check", "--lang", "en")
    assert "E-COLUMN-ABSENT" in outcome.text
    assert "E-CORRECTION" not in outcome.text


def test_an_empty_cell_is_said_to_be_empty(project, panel_eis):
    """Not shown as a pair of quotes around nothing."""
    path = project / "data" / "waves" / "2023.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",1990,12,", ",1990,,", 1), encoding="utf-8")
    assert "column staff, SYN-0001, empty" in panel_eis("wave", "check", "--lang", "en").text


def test_a_file_to_add_that_is_not_there_is_told_with_its_nearest_neighbour(project, panel_eis):
    """A slip in its name; a folder under that name."""
    given = project.parent / "export_2027.csv"
    given.write_text("unit\nSYN-0001\n", encoding="utf-8")
    outcome = panel_eis("wave", "add", project.parent / "exprot_2027.csv", "--wave", "2027", "--lang", "fr")
    assert outcome.code == 4
    assert "Vouliez-vous dire « export_2027.csv » ?" in outcome.text
    (project.parent / "folder.csv").mkdir()
    outcome = panel_eis("wave", "add", project.parent / "folder.csv", "--wave", "2027", "--lang", "en")
    assert outcome.code == 4
    assert "E-FILE-GIVEN" in outcome.text
