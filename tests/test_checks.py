"""Checks over time and between sources: each fires where it should, nowhere else, with the severity that is declared."""

import csv
import shutil
from dataclasses import replace

import pandas as pd
import pytest

from panel_eis.checks import find, stop_at_errors, tidy
from panel_eis.codebook import read_codebook
from panel_eis.codebook_rules import CHECKS
from panel_eis.corrections import read_corrections
from panel_eis.errors import DataError, catalogue
from panel_eis.panel import build_panel, check_wave
from panel_eis.references import References, references
from panel_eis.register import read_register
from panel_eis.synthetic import read_truth, simulate
from panel_eis.weights import read_frame


def panel_of(data):
    """The panel of a project, its codebook and its register, with corrections applied."""
    codebook = read_codebook(data / "codebook")
    register = read_register(data, codebook)
    paths = sorted((data / "waves").glob("*.csv"))
    corrections = read_corrections(data / "corrections.csv", [p.stem for p in paths])
    parts = {p.stem: check_wave(p, codebook, register, corrections)[:2] for p in paths}
    return (
        build_panel(parts, codebook, register, read_frame(data / "frame.csv", codebook)),
        codebook,
        register,
    )


@pytest.fixture(scope="module")
def built(request, tmp_path_factory):
    """The project's panel without planted faults, register and references, made once; tests change copies."""
    data, root = request.config.rootpath / "data", tmp_path_factory.mktemp("clean")
    for name in ("codebook", "reference"):
        shutil.copytree(data / name, root / "data" / name)
    for name in ("truth.yml", "frame.csv"):
        shutil.copy(data / name, root / "data" / name)
    simulate(root, seed=read_truth(data / "truth.yml").seed, faults=False)
    return *panel_of(root / "data"), replace(references(root), fieldwork={})


class World:
    """A copy of the panel in which a test changes one thing; ``problems`` runs one check."""

    def __init__(self, built):
        self.panel, self.codebook, self.register, self.references = built
        self.rows = self.panel.answers.reset_index()
        self.people = self.panel.respondents.reset_index()

    def twice(self, least=2):
        """A unit that answered at two waves or more."""
        counts = self.rows["unit"].value_counts().sort_index()
        return counts.index[counts >= least][0]

    def at(self, unit, wave, **cells):
        """Change cells of a unit at a wave, in the panel and among respondents."""
        for frame in (self.rows, self.people):
            labels = frame.index[(frame["unit"] == unit) & (frame["wave"] == wave)][:1]
            for name, value in cells.items():
                if name in frame:
                    frame.loc[labels, name] = value
        return self

    def problems(self, check, **changes):
        rules = tuple(replace(r, **changes) for r in self.codebook.checks if r.check == check)
        panel = replace(
            self.panel,
            answers=self.rows.set_index(["unit", "wave"]),
            respondents=self.people.set_index(["unit", "wave", "respondent"]),
        )
        return find(panel, replace(self.codebook, checks=rules), self.register, self.references)


@pytest.fixture
def world(built):
    return World(built)


def places(problems):
    return [(p.code, p.unit, p.file[-8:-4], p.column) for p in problems]


def waves_of(world, unit):
    return world.rows.loc[world.rows["unit"] == unit, "wave"].tolist()


def test_data_without_planted_faults_break_no_check(built):
    """What is simulated agrees with itself, to the last spell."""
    assert find(*built[:1], *built[1:]) == []


def test_the_checks_find_the_planted_faults_and_nothing_else(request):
    """Each row of data/planted.csv that a check should find is found, where it is, as a warning."""
    root = request.config.rootpath
    with (root / "data" / "planted.csv").open(encoding="utf-8", newline="") as stream:
        planted = list(csv.DictReader(stream))
    found = find(*panel_of(root / "data"), references(root))
    stop_at_errors(found)
    wanted = sorted(
        (row["found_by"], row["wave"], row["unit"]) for row in planted if row["found_by"].startswith("C-")
    )
    assert sorted((row["rule"], row["wave"], row["unit"]) for row in tidy(found)) == wanted
    assert len({code for code, *_ in wanted}) >= 10


def test_what_is_declared_deals_with_the_other_planted_faults(request):
    """A correction, the test rows and the duplicates of 2021.yml: left out or mended, and counted."""
    root = request.config.rootpath
    with (root / "data" / "planted.csv").open(encoding="utf-8", newline="") as stream:
        planted = {row["found_by"]: row for row in csv.DictReader(stream)}
    panel, codebook, register = panel_of(root / "data")
    money = planted["corrections.csv"]
    assert panel.answers.loc[(money["unit"], money["wave"]), "budget"] == float(money["before"])
    assert "TEST-01" not in panel.answers.index.get_level_values("unit")
    twice = panel.respondents.xs((planted["duplicates"]["unit"], "2021"), level=("unit", "wave"))
    assert len(twice) == 1
    assert twice["staff"].notna().all()
    imported = check_wave(root / "data" / "waves" / "2021.csv", codebook, register)[3]
    assert (imported["rows_dropped"]["test"], imported["rows_dropped"]["duplicate"]) == (1, 1)


def test_every_check_is_declared_tested_and_worded(built):
    """A check that nobody asks for is dead; one without words is mute."""
    from panel_eis.checks import CODES

    assert {r.check for r in built[1].checks} == set(CHECKS) == set(CODES)
    assert set(CODES.values()) <= set(catalogue())


@pytest.mark.parametrize("name", ["founded", "practice_since"])
def test_a_year_after_the_answer_is_an_error(world, name):
    """Nobody was founded tomorrow."""
    unit = world.twice()
    wave = waves_of(world, unit)[0]
    found = world.at(unit, wave, **{name: 2031}).problems("year_after_answer")
    assert places(found) == [("C-YEAR-AFTER", unit, wave, name)]
    assert found[0].row == int(world.rows.query("unit == @unit and wave == @wave")["source_row"].iloc[0])
    with pytest.raises(DataError):
        stop_at_errors(found)


def test_a_practice_older_than_the_organisation_is_a_warning(world):
    """It may have been taken over."""
    unit = world.twice()
    wave = waves_of(world, unit)[0]
    found = world.at(unit, wave, founded=2010, practice_since=2001).problems("years_in_order")
    assert places(found) == [("C-YEARS-ORDER", unit, wave, "practice_since")]
    stop_at_errors(found)


def test_a_practice_since_2015_that_was_denied_in_2021_is_impossible(world):
    """And one that was denied before it began is not."""
    unit = next(u for u in world.rows["unit"].unique() if waves_of(world, u)[:2] == ["2021", "2023"])
    world.at(unit, "2021", frequency="never", practises=False, practice_since=pd.NA)

    def told(since):
        world.at(unit, "2023", frequency="regular", practises=True, practice_since=since)
        return places(p for p in world.problems("since_denied") if p.unit == unit and "2023" in p.file)

    assert told(2022) == []
    assert told(2015) == [("C-SINCE-DENIED", unit, "2023", "practice_since")]


def test_a_practice_cannot_begin_after_a_wave_at_which_it_existed(world):
    """Since 2023, says who practised in 2021 and never said the contrary."""
    unit = next(u for u in world.rows["unit"].unique() if waves_of(world, u)[:2] == ["2021", "2023"])
    world.at(unit, "2021", frequency="regular", practises=True, practice_since=2018)
    world.at(unit, "2023", frequency="regular", practises=True, practice_since=2023)
    found = [p for p in world.problems("since_denied") if p.unit == unit and "2023" in p.file]
    assert [p.value for p in found] == ["2023"]


@pytest.mark.parametrize(
    ("before", "after", "told"), [(30, 300, 1), (300, 30, 1), (30, 290, 0), (1, 12, 0), (0, 20, 1)]
)
def test_staff_times_ten_is_a_jump_both_ways_and_small_numbers_are_not(world, before, after, told):
    """1 to 12 people happens; 0 counts as 1."""
    unit = world.twice()
    first, second = waves_of(world, unit)[:2]
    world.at(unit, first, staff=before).at(unit, second, staff=after)
    found = [p for p in world.problems("jump") if (p.unit, p.column) == (unit, "staff") and second in p.file]
    assert len(found) == told


def test_a_jump_is_seen_across_a_wave_without_an_answer(world):
    """The last known number is the one before."""
    unit = next(u for u in world.rows["unit"].unique() if waves_of(world, u) == ["2021", "2023", "2025"])
    world.at(unit, "2021", budget=50.0).at(unit, "2023", budget=pd.NA).at(unit, "2025", budget=50000.0)
    found = [p for p in world.problems("jump") if (p.unit, p.column) == (unit, "budget")]
    assert places(found) == [("C-JUMP", unit, "2025", "budget")]


def test_the_same_answer_to_all_statements_is_told_and_four_answers_are_too_few(world):
    """Also of a second respondent."""
    items = next(r for r in world.codebook.checks if r.check == "straight_lining").variables
    unit = world.twice()
    wave = waves_of(world, unit)[0]
    world.at(unit, wave, **dict.fromkeys(items, 4))
    assert [p.unit for p in world.problems("straight_lining")] == [unit]
    world.at(unit, wave, **dict.fromkeys(items[4:], pd.NA))
    assert world.problems("straight_lining") == []


def test_an_interview_too_fast_for_its_number_of_questions_is_told(world):
    """Two minutes for a hundred questions; two minutes for thirty are possible."""
    unit = next(u for u in world.people.query("wave == '2025'")["unit"])
    world.people.loc[world.people["unit"] == unit, "questions"] = 100
    assert [p.value for p in world.at(unit, "2025", minutes=2).problems("too_fast")] == ["2"]
    world.people.loc[world.people["unit"] == unit, "questions"] = 30
    assert world.problems("too_fast") == []


@pytest.mark.parametrize(
    ("text", "told"), [("TEST", 1), ("essai 2", 1), ("xxx", 1), ("un test utile", 0), ("contest", 0)]
)
def test_a_test_row_is_recognised_and_its_text_is_not_shown(world, text, told):
    """The word alone, not a sentence with it."""
    unit = world.twice()
    found = world.at(unit, waves_of(world, unit)[0], comment=text).problems("test_row")
    assert len(found) == told
    assert all(p.hidden for p in found)
    assert not any(text in row["message_en"] for row in tidy(found))


def test_answers_dated_before_the_end_of_the_former_wave_or_in_another_year_are_told(world):
    """Wave order, and the year of the wave."""
    unit = next(u for u in world.rows["unit"].unique() if "2023" in waves_of(world, u))
    world.at(unit, "2023", interview_date=pd.Timestamp("2021-04-01"))
    assert places(world.problems("wave_order")) == [("C-WAVE-ORDER", unit, "2023", "interview_date")]
    assert places(world.problems("wave_year")) == [("C-WAVE-YEAR", unit, "2023", "interview_date")]


def test_answers_outside_the_declared_fieldwork_are_told(world):
    """Where the sidecar gives dates; other waves are not held to any."""
    dates = {"2021": {"start": "2021-03-15", "end": "2021-06-30"}}
    world.references = replace(world.references, fieldwork=dates)
    assert world.problems("fieldwork") == []
    unit = world.twice()
    wave = waves_of(world, unit)[0]
    world.at(unit, wave, interview_date=pd.Timestamp("2021-08-01"))
    assert places(world.problems("fieldwork")) == [("C-FIELDWORK", unit, "2021", "interview_date")]


def test_a_code_is_held_to_the_days_on_which_it_was_in_force(world):
    """69M came with the Métropole, on the first of January 2015."""
    unit = world.twice()
    wave = waves_of(world, unit)[0]
    world.at(unit, wave, department="69M", interview_date=pd.Timestamp("2014-05-01"))
    assert places(world.problems("code_in_force")) == [("C-CODE-IN-FORCE", unit, wave, "department")]


@pytest.mark.parametrize(
    ("naf", "version", "told"),
    [("45.20A", "naf_rev2", 0), ("45.20A", "naf_2025", 1), ("88.99B", None, 1), ("44.10Z", "naf_rev2", 1), (None, None, 0)],
)  # fmt: skip
def test_an_industry_code_carries_its_nomenclature(world, naf, version, told):
    """Division 45 is gone in NAF 2025; division 44 never was."""
    unit = world.twice()
    wave = waves_of(world, unit)[0]
    world.at(unit, wave, naf=naf or pd.NA, naf_version=version)
    assert len(world.problems("naf_nomenclature")) == told


@pytest.mark.parametrize(("category", "told"), [("5458", 1), ("9999", 1), ("9230", 0)])
def test_a_legal_category_goes_with_its_legal_form(world, category, told):
    """A code of Scop for an association; a code that INSEE's list has not."""
    unit = next(u for u in world.rows.query("legal_form == 'association'")["unit"])
    found = world.at(unit, waves_of(world, unit)[0], legal_category=category).problems("legal_category")
    assert len(found) == told


def test_plain_69_is_refused_and_both_successors_are_named(root, codebook, wave_file):
    """Neither the nearest code nor a guess."""
    wave_file.set(0, department="69")
    with pytest.raises(DataError) as caught:
        check_wave(wave_file.write(), codebook, read_register(root / "data", codebook))
    (problem,) = caught.value.problems
    assert problem.code == "E-CODE-SPLIT"
    assert "69D, 69M" in problem.sentence("fr")


def test_an_answer_and_the_dated_spells_are_compared_both_ways(world):
    """A network said and not dated, a network dated and not said, peers counted, an instrument."""
    unit = next(u for u in world.rows.query("networks__net_a == True")["unit"])
    wave = world.rows.query("unit == @unit and networks__net_a == True")["wave"].iloc[0]
    row = world.rows.set_index(["unit", "wave"]).loc[(unit, wave)]
    other = next(c for c in world.codebook.codes("networks") if c != "none" and not row[f"networks__{c}"])
    world.at(unit, wave, **{"networks__net_a": False, f"networks__{other}": True, "peers": 77})
    found = world.problems("against_spells")
    assert {(p.column, p.value) for p in found} == {
        ("networks", "net_a"),
        ("networks", other),
        ("peers", "77"),
    }
    assert {p.unit for p in found} == {unit}


def test_tables_without_spells_are_not_held_against_answers(world):
    """A project that keeps no dated spells is not told so a thousand times."""
    world.register = replace(world.register, memberships=world.register.memberships.iloc[:0])
    assert {p.column for p in world.problems("against_spells")} == set()


def test_a_gap_of_some_days_between_two_spells_is_told_and_a_change_of_terms_is_not(world):
    """Out on the first of May and in again on the tenth."""
    rows = [("SYN-0001", "net_z", "member", None, "2020-01-01", "2020-05-01"),
            ("SYN-0001", "net_z", "member", None, "2020-05-10", "2021-05-01"),
            ("SYN-0001", "net_z", "member_service", None, "2021-05-02", None)]  # fmt: skip
    spells = pd.DataFrame(rows, columns=["unit", "network", "role", "other", "start", "end"])
    spells[["start", "end"]] = spells[["start", "end"]].apply(pd.to_datetime)
    world.register = replace(world.register, memberships=spells)
    found = world.problems("spell_gap", variables=("memberships",))
    assert [(p.file, p.unit, p.value) for p in found] == [("data/memberships.csv", "SYN-0001", "2020-05-10")]


def test_the_codebook_decides_whether_a_check_stops_the_build(world):
    """The same jump as a warning and as an error."""
    unit = world.twice()
    first, second = waves_of(world, unit)[:2]
    world.at(unit, first, staff=30).at(unit, second, staff=3000)
    stop_at_errors(world.problems("jump"))
    with pytest.raises(DataError):
        stop_at_errors(world.problems("jump", severity="error"))


def test_absent_references_check_nothing(world):
    """A project of one's own may have no lists."""
    none = pd.DataFrame()
    world.references = References(none, none, none, {})
    unit = world.twice()
    world.at(unit, waves_of(world, unit)[0], naf="44.10Z", legal_category="9999")
    for check in ("naf_nomenclature", "legal_category", "code_in_force"):
        assert world.problems(check) == []


def test_the_table_of_warnings_is_tidy_in_both_languages(world):
    """One row a warning, with its wave; every sentence filled."""
    unit = world.twice()
    first, second = waves_of(world, unit)[:2]
    (row,) = tidy(
        p
        for p in world.at(unit, first, staff=30).at(unit, second, staff=3000).problems("jump")
        if second in p.file
    )
    assert {k: row[k] for k in ("wave", "unit", "variable", "rule", "severity")} == {
        "wave": second, "unit": unit, "variable": "staff", "rule": "C-JUMP", "severity": "warning",
    }  # fmt: skip
    assert "3000" in row["message_fr"]
    assert "10 times" in row["message_en"]
    assert not any("{" in row[m] for m in ("message_fr", "message_en"))


def test_faults_of_the_declaration_are_told_at_once(root, tmp_path):
    """Unknown check, variable and severity; a limit that is no number."""
    folder = tmp_path / "data" / "codebook"
    shutil.copytree(root / "data" / "codebook", folder)
    with (folder / "checks.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["check", "variables", "value", "severity", "note::fr", "note::en"])
        writer.writerow(["jumpp", "staf", "", "fatal", "", ""])
        writer.writerow(["jump", "staff", "ten", "warning", "", ""])
    with pytest.raises(DataError) as caught:
        read_codebook(folder)
    assert sorted((p.code, p.column) for p in caught.value.problems) == [
        ("E-CODEBOOK-NAME", "variables"), ("E-CODEBOOK-WORD", "check"), ("E-CODEBOOK-WORD", "severity"), ("E-TABLE-NUMBER", "value"),
    ]  # fmt: skip
