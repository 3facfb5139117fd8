"""Warnings are shown where people look, panel-level problems in the words of the file, and faults of all files together."""

import json
import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from panel_eis import data_stages
from panel_eis.cli import main
from panel_eis.errors import DataError

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def demonstration(request, tmp_path_factory):
    """A copy of the committed data; tests restore what they change."""
    root = tmp_path_factory.mktemp("demonstration")
    shutil.copytree(request.config.rootpath / "data", root / "data")
    return root


@pytest.fixture
def run(demonstration, capsys):
    """Run the command on the copy: exit code, standard output, standard error."""

    def run(*words):
        with pytest.raises(SystemExit) as end:
            main([*words, "--root", str(demonstration)])
        told = capsys.readouterr()
        return end.value.code, told.out, told.err

    return run


def planted(root):
    frame = pd.read_csv(root / "data" / "planted.csv", dtype=str, keep_default_na=False)
    return frame[frame["found_by"].str.startswith("C-")]


@pytest.mark.parametrize(
    ("lang", "word", "end"), [("fr", "avertissement", "à lire"), ("en", "warning", "to be read")]
)
def test_check_lists_every_warning_and_ends_well(run, demonstration, lang, word, end):
    """A warning that nobody sees is none; one that stops the build is an error."""
    code, out, _ = run("check", "--lang", lang)
    assert code == 0
    for rule in set(planted(demonstration)["found_by"]):
        assert f"{rule} ({word})" in out
    assert f"{len(planted(demonstration))} {word}s" in out
    assert end in out


def test_check_gives_the_warnings_to_programs_too(run, demonstration):
    """With their severity and every place, and exit code 0."""
    code, out, _ = run("check", "--format", "json")
    told = json.loads(out)
    assert (code, told["exit_code"]) == (0, 0)
    assert {p["severity"] for p in told["problems"]} == {"warning"}
    places = sorted((p["code"], place["unit"]) for p in told["problems"] for place in p["places"])
    wanted = planted(demonstration)
    assert places == sorted(zip(wanted["found_by"], wanted["unit"], strict=True))


@pytest.mark.parametrize(("lang", "said"), [("fr", "7 avertissements"), ("en", "7 warnings")])
def test_one_wave_is_checked_with_the_rules_that_it_can_break_by_itself(run, lang, said):
    """Straight lines, speed, trials, codes and ties; not what needs an earlier wave."""
    code, out, _ = run("wave", "check", "2023", "--lang", lang)
    assert code == 0
    assert said in out.splitlines()[0]
    for rule in ("C-STRAIGHT", "C-TOO-FAST", "C-TEST-ROW", "C-NAF", "C-AGAINST-SPELLS"):
        assert rule in out
    assert "C-SINCE-DENIED" not in out


def test_a_problem_of_the_panel_names_the_column_as_the_file_does(run, demonstration):
    """The file of 2021 calls the year of foundation annee_creation; an error and a warning say so, with the row."""
    path = demonstration / "data" / "waves" / "2021.csv"
    before = path.read_bytes()
    _, out, _ = run("check", "--lang", "en")
    assert "row 199, column date_reponse, SYN-0324" in out
    lines = before.decode("utf-8").splitlines()
    header = lines[0].split(";")
    row = next(k for k, line in enumerate(lines) if ";SYN-0001;" in line)
    cells = lines[row].split(";")
    cells[header.index("annee_creation")] = "2031"
    lines[row] = ";".join(cells)
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        code, _, err = run("check", "--lang", "en")
        _, _, one = run("wave", "check", "2021", "--lang", "fr")
    finally:
        path.write_bytes(before)
    assert code == 1
    assert f'row {row + 1}, column annee_creation, SYN-0001, "2031"' in err
    assert "E-FIXED" in err
    assert "C-YEAR-AFTER" in err
    assert f"ligne {row + 1}, colonne annee_creation" in one


def test_a_fault_of_the_corrections_is_told_with_those_of_the_waves(run, demonstration):
    """One run, all problems; the corrections that are sound are applied meanwhile."""
    corrections, wave = (
        demonstration / "data" / "corrections.csv",
        demonstration / "data" / "waves" / "2025.csv",
    )
    kept = corrections.read_bytes(), wave.read_bytes()
    try:
        corrections.write_bytes(kept[0] + b"2023,SYN-0001,,staff,1,2,typo,yesterday,me\n")
        wave.write_bytes(kept[1].replace(b",phone,", b",pigeon,", 1))
        found = [run(*words, "--lang", "en") for words in (("check",), ("wave", "check"))]
        with pytest.raises(DataError) as step:
            data_stages.wave(demonstration, "2025")
    finally:
        corrections.write_bytes(kept[0])
        wave.write_bytes(kept[1])
    for code, _, err in found:
        assert code == 1
        assert "yesterday" in err
        assert "pigeon" in err
        assert "SYN-0431" not in err
    assert {p.file for p in step.value.problems} == {"data/corrections.csv", "data/waves/2025.csv"}


def _changed(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def _appended(path, line):
    with path.open("a", encoding="utf-8") as stream:
        stream.write(f"{line}\n")


SHARED = {
    "register.csv": (lambda p: _changed(p, ",association,", ",asociation,"), "asociation", "W-UNCHECKED-PANEL"),
    "events.csv": (lambda p: _appended(p, "SYN-0001,13/12/2022,closed,,"), "13/12/2022", "W-UNCHECKED-EVENTS"),
    "memberships.csv": (lambda p: _appended(p, "SYN-7777,net_a,member,,2019-01-01,"), "SYN-7777", "W-UNCHECKED-MEMBERSHIPS"),
    "support.csv": (lambda p: _appended(p, "SYN-0001,gift,region,,none,2019-01-01,"), "gift", "W-UNCHECKED-SUPPORT"),
    "corrections.csv": (lambda p: _appended(p, "2023,SYN-0001,,staff,1,2,typo,yesterday,me"), "yesterday", "W-UNCHECKED-CORRECTIONS"),
    "frame.csv": (lambda p: _changed(p, "0.896", "lots"), "lots", "W-UNCHECKED-PANEL"),
    "dispositions.csv": (lambda p: _appended(p, "SYN-0001,2023,sulking"), "sulking", ""),
    "reference/code_versions.csv": (lambda p: _changed(p, "2014-12-31", "31/12/2014"), "31/12/2014", ""),
    "waves/notes.txt": (lambda p: p.write_text("x"), "notes", "W-UNCHECKED-PANEL"),
}  # fmt: skip


@pytest.fixture
def broken(demonstration, request):
    """The copy with a wave at fault and one or all of the files beside it; restored afterwards."""
    names = request.param
    paths = [demonstration / "data" / name for name in (*names, "waves/2025.csv")]
    kept = {path: path.read_bytes() if path.exists() else None for path in paths}
    for name in names:
        SHARED[name][0](demonstration / "data" / name)
    _changed(demonstration / "data" / "waves" / "2025.csv", ",phone,", ",pigeon,")
    yield names
    for path, content in kept.items():
        path.write_bytes(content) if content is not None else path.unlink()


@pytest.mark.parametrize("broken", [tuple(SHARED)], indirect=True)
def test_faults_of_all_files_and_of_the_waves_are_told_in_one_run(broken, run):
    """With what could not be checked; the warnings of the waves too; each problem once; as text and as JSON."""
    ended, _, told = run("check", "--lang", "fr")
    code, out, _ = run("check", "--format", "json")
    problems = json.loads(out)["problems"]
    for name in broken:
        _, value, unchecked = SHARED[name]
        assert value in told
        assert unchecked in {"", *(p["code"] for p in problems)}
    assert "pigeon" in told
    for rule in ("C-STRAIGHT", "C-TOO-FAST", "C-FIELDWORK"):
        assert rule in told
    assert code == ended == 1
    assert {p["severity"] for p in problems if p["code"].startswith("W-UNCHECKED")} == {"warning"}
    assert {p["file"] for p in problems if p["severity"] == "error"} == {
        f"data/{name}" for name in (*broken, "waves/2025.csv")
    }
    assert told.count("W-UNCHECKED-PANEL") == 1


@pytest.mark.parametrize("broken", [(name,) for name in ("events.csv", "memberships.csv")], indirect=True)
def test_one_wave_is_checked_beside_a_file_at_fault(broken, run, tmp_path):
    """The wave asked for, the file beside it, and what this leaves open: as text and in the annotated copy."""
    code, _, err = run("wave", "check", "2025", "--lang", "fr", "--annotate", str(tmp_path / "copy.xlsx"))
    _, value, unchecked = SHARED[broken[0]]
    assert code == 1
    for word in ("pigeon", value, unchecked, f"data/{broken[0]}"):
        assert word in err
    listed = openpyxl.load_workbook(tmp_path / "copy.xlsx").worksheets[1]
    assert {row[1].value for row in listed.iter_rows()} >= {"E-CODE", unchecked}
    assert {row[2].value for row in listed.iter_rows()} >= {"data/waves/2025.csv", f"data/{broken[0]}"}


@pytest.mark.parametrize("names", [("register.csv",), ("events.csv", "memberships.csv", "support.csv")])
def test_a_file_that_cannot_be_read_makes_no_false_problem(names, demonstration, run):
    """Without the register no organisation is unknown; without its spells no answer contradicts them."""
    kept = {name: (demonstration / "data" / name).read_bytes() for name in names}
    try:
        for name, content in kept.items():
            (demonstration / "data" / name).write_bytes(content[: len(content) // 2] + b'\n"cut')
        code, out, _ = run("check", "--format", "json")
    finally:
        for name, content in kept.items():
            (demonstration / "data" / name).write_bytes(content)
    assert code == 4
    told = {(p["code"], p["file"]) for p in json.loads(out)["problems"]}
    alone = {(code, file) for code, file in told if code[0] in "EW" and "UNCHECKED" not in code}
    assert alone == {("E-CSV", f"data/{name}") for name in names}
    clean = {*planted(demonstration)["found_by"]}
    assert {code for code, _ in told if code.startswith("C-")} <= clean
    assert "memberships.csv" not in names or "C-AGAINST-SPELLS" not in {code for code, _ in told}


@pytest.mark.slow
def test_the_build_tells_what_the_check_tells(demonstration, run):
    """A step of the build knows its own files; what is told is all there is to mend."""
    frame, wave = demonstration / "data" / "frame.csv", demonstration / "data" / "waves" / "2025.csv"
    kept = frame.read_bytes(), wave.read_bytes()
    shutil.copytree(ROOT / "analyses", demonstration / "analyses", dirs_exist_ok=True)
    shutil.copytree(ROOT / "paper", demonstration / "paper", dirs_exist_ok=True)
    try:
        _changed(frame, "0.896", "lots")
        _changed(wave, ",phone,", ",pigeon,")
        code, _, err = run("build", "--until", "panel", "--jobs", "1", "--lang", "en")
    finally:
        frame.write_bytes(kept[0])
        wave.write_bytes(kept[1])
    assert code == 1
    assert "lots" in err
    assert err.count("pigeon") == 1


def test_who_answers_twice_is_told_beside_faulty_cells(demonstration, run):
    """A cell that is wrong elsewhere hides nobody."""
    wave = demonstration / "data" / "waves" / "2025.csv"
    kept = wave.read_bytes()
    lines = kept.decode("utf-8").splitlines()
    try:
        _changed(wave, ",phone,", ",pigeon,")
        _appended(wave, lines[3])
        code, out, _ = run("wave", "check", "2025", "--format", "json")
    finally:
        wave.write_bytes(kept)
    found = {p["code"]: [place["row"] for place in p["places"]] for p in json.loads(out)["problems"]}
    assert code == 1
    assert found["E-DUPLICATE"] == [4, len(lines) + 1]
    assert "E-CODE" in found
