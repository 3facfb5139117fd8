"""Warnings are shown where people look, panel-level problems in the words of the file, and faults of all files together."""

import json
import shutil

import pandas as pd
import pytest

from panel_eis import data_stages
from panel_eis.cli import main
from panel_eis.errors import DataError


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
