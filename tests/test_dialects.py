"""Exports of survey tools: each is read with its source, nothing is lost silently, and each fault has its message."""

import csv
import importlib.util
import io
import shutil
from pathlib import Path

import pytest

from panel_eis.dialects import answer_codes, question_codes, translate
from panel_eis.errors import report
from panel_eis.harmonise import harmonise
from panel_eis.waves import read_wave

EXPORTS = Path(__file__).parent / "exports"
_SPEC = importlib.util.spec_from_file_location("make_dialects", EXPORTS / "make_dialects.py")
maker = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(maker)
NAMES = [
    "kobo-cells.xlsx",
    "kobo.csv",
    "limesurvey-text.xlsx",
    "limesurvey.csv",
    "odk.csv",
    "qualtrics.csv",
    "sphinx.csv",
]


@pytest.fixture
def put(tmp_path):
    """Give an example, or cells in its place, as the wave of 2027."""

    def copy(name, rows=None, sidecar="", **dialect):
        source = EXPORTS / name
        path = tmp_path / f"2027{source.suffix}"
        shutil.copy(source, path)
        if rows:
            path.write_bytes(maker.text(rows, **dialect))
        side = path.with_suffix(".yml")
        side.write_text(source.with_suffix(".yml").read_text(encoding="utf-8") + sidecar, encoding="utf-8")
        return path

    return copy


def _codes(path, codebook, sidecar=None, read=lambda *given: harmonise(*given).problems):
    """Codes of the problems of a wave; ``read=_translated`` asks the translation alone, which is five times as fast."""
    if sidecar is not None:
        path.with_suffix(".yml").write_text(sidecar, encoding="utf-8")
    problems = read(read_wave(path), codebook)
    for lang in ("fr", "en"):
        assert report(problems, lang) or not problems
    return [p.code for p in problems]


def _translated(raw, codebook):
    return translate(raw, codebook)[1]


@pytest.mark.parametrize("name", NAMES)
def test_every_tool_gives_the_same_answers_with_its_source_and_no_map(name, put, codebook):
    """Two organisations, whatever wrote them down."""
    wave = harmonise(read_wave(put(name)), codebook)
    assert report(wave.problems, "en") == ""
    assert wave.answers["unit"].tolist() == ["SYN-9001", "SYN-9002"]
    for number, told in zip(wave.answers.index, (maker.FIRST, maker.SECOND), strict=True):
        row = wave.answers.loc[number]
        for variable in codebook.asked:
            cell = told.get(variable.name, "")
            if variable.kind == "select_multiple":
                ticks = (
                    row[[f"{variable.name}__{c}" for c in codebook.codes(variable.name)]]
                    .eq(True)
                    .fillna(False)
                )
                boxes = {name.partition("__")[2] for name in ticks[ticks].index}
                assert boxes == set(cell.split()), variable.name
            elif wave.reasons.loc[number, variable.name] == "answered":
                found = str(row[variable.name]).split(" ")[0]
                if variable.list_name == "yes_no":
                    found = "yes" if row[variable.name] else "no"
                assert found == cell.split(" ")[0], variable.name
        assert wave.reasons.loc[number, "a4"] == "dont_know"
    assert wave.answers["comment"].iloc[0] == maker.FIRST["comment"]


def test_what_was_dropped_and_what_the_tool_added_is_in_the_report(put, codebook):
    """Counted, named, stated."""
    told = translate(read_wave(put("limesurvey.csv")), codebook)[0].report
    assert told["rows_dropped"] == {"test": 1, "unfinished": 1, "duplicate": 0}
    assert (told["rows_read"], told["rows_kept"]) == (4, 2)
    assert told["metadata_columns"][:3] == ["id", "submitdate", "lastpage"]
    assert (told["source"], told["encoding"], told["separator"]) == ("limesurvey", "utf-8", ",")
    told = translate(read_wave(put("kobo.csv")), codebook)[0].report
    assert told["rows_dropped"] == {"test": 1, "unfinished": 0, "duplicate": 1}
    assert "_uuid" in told["metadata_columns"]
    told = translate(read_wave(put("sphinx.csv")), codebook)[0].report
    assert (told["encoding"], told["decimal"]) == ("windows-1252", ",")


def test_the_examples_are_what_the_script_makes(tmp_path):
    """Byte by byte; no example without its sidecar."""
    assert maker.make(tmp_path) == NAMES
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (EXPORTS / path.name).read_bytes(), path.name


def test_an_unfinished_answer_may_be_kept(put, codebook):
    """Declared, so that nobody wonders."""
    wave = harmonise(read_wave(put("limesurvey.csv", sidecar="unfinished: keep\n")), codebook)
    assert wave.imported["rows_dropped"]["unfinished"] == 0
    assert "SYN-9003" in wave.answers["unit"].tolist()


def test_a_file_of_a_tool_without_its_source_says_which_tool_once(put, codebook):
    """A hint in a message, never a guess at reading."""
    codes = _codes(put("kobo.csv"), codebook, 'separator: ";"\n')
    assert codes.count("W-SOURCE") == 1
    assert "E-COLUMN" in codes
    assert "W-SOURCE" not in _codes(put("kobo.csv"), codebook, read=_translated)


def _kobo(**kwargs):
    return maker.kobo(maker.Asked(), **{"whole": True, "split": True, **kwargs})


def test_a_cell_and_boxes_that_disagree_are_told_with_their_row(put, codebook):
    """Both forms of one question are checked, not one of them believed."""
    rows = _kobo()
    place = rows[0].index("group_practice/tools/sroi")
    rows[3][place] = "0"
    path = put("kobo.csv", rows, delimiter=";")
    problems = _translated(read_wave(path), codebook)
    assert [(p.code, p.row) for p in problems] == [("E-BOXES-DISAGREE", 4)]
    rows[3][place] = "peut-être"
    assert "E-BOX" in _codes(put("kobo.csv", rows, delimiter=";"), codebook, read=_translated)


def test_versions_of_a_form_are_merged_and_told_where_they_differ(put, codebook):
    """A question that moved to another group has two columns in one export."""
    rows = _kobo(split=False)
    moved = [["group_old/staff"], [""], [""], [""], [""]]
    place = rows[0].index("group_profile/staff")
    moved[1], rows[1][place] = [rows[1][place]], ""
    both = [row + extra for row, extra in zip(rows, moved, strict=True)]
    wave = harmonise(read_wave(put("kobo.csv", both, delimiter=";")), codebook)
    assert wave.problems == ()
    assert wave.answers["staff"].tolist() == [12, 12]
    assert wave.imported["merged_columns"] == {"staff": ["group_profile/staff", "group_old/staff"]}
    both[3][-1] = "13"
    assert _codes(put("kobo.csv", both, delimiter=";"), codebook, read=_translated) == ["E-COLUMN-DISAGREE"]


@pytest.mark.parametrize(("rule", "kept"), [("first", ["SYN-9001", "SYN-9002"]), ("refuse", None)])
def test_duplicates_are_resolved_as_declared_and_refused_otherwise(rule, kept, put, codebook):
    """Three rules and a refusal; ``refuse`` leaves both rows to the schema."""
    side = f"source: kobo\ntest_rows: {{unit: TEST-*}}\nduplicates: {rule}\n"
    path = put("kobo.csv")
    path.with_suffix(".yml").write_text(side, encoding="utf-8")
    wave = harmonise(read_wave(path), codebook)
    assert len(wave.answers) == (2 if kept else 3)
    if kept:
        assert wave.answers["tools__dashboard"].tolist()[1] is False


def test_the_most_complete_answer_is_kept_and_the_later_of_two_that_tie(put, codebook):
    """Counted in cells filled."""
    wave = harmonise(read_wave(put("kobo.csv")), codebook)
    assert wave.answers["tools__dashboard"].tolist()[1] is True


def test_three_header_rows_without_import_ids_are_no_qualtrics_export(put, codebook):
    """The third row is looked at."""
    rows = maker.qualtrics(maker.Asked())
    rows[2] = ["x"] * len(rows[2])
    assert "E-IMPORT-ID" in _codes(put("qualtrics.csv", rows), codebook, read=_translated)


def test_labels_in_one_cell_need_a_joiner_and_a_label_may_hold_it(put, codebook):
    """A sign between answers is declared, and the longest label wins."""
    from panel_eis.dialects.cells import codes_of

    assert "E-JOINER" in _codes(put("sphinx.csv"), codebook, "source: sphinx\n", _translated)
    change = codes_of({"Dons, legs": "gifts", "Ventes": "sales"}, ",")
    assert change("Ventes,Dons, legs") == "sales gifts"
    assert change("Ventes,Autre chose") == "sales Autre_chose"


def test_a_label_that_no_list_knows_stops_the_wave(put, codebook):
    """Never missing silently."""
    rows = maker.sphinx(maker.Asked())
    rows[1][rows[0].index("legal_form")] = "Groupement"
    path = put("sphinx.csv", rows, encoding="cp1252", delimiter=";")
    assert _codes(path, codebook) == ["E-CODE"]


def test_an_array_and_an_answer_of_ones_own(put, codebook):
    """A row of an array is a question; ``[other]`` ticks the choice and its text has to be declared."""
    rows = maker.limesurvey(maker.Asked(), full=False)
    rows[0][rows[0].index("a1")] = "attitudes[a1]"
    path = put("limesurvey.csv", rows)
    assert _codes(path, codebook) == []
    extra = [[*rows[0], "tools[other]"], *([*row, "un carnet"] for row in rows[1:])]
    assert _codes(put("limesurvey.csv", extra), codebook) == ["E-COLUMN"]
    side = 'unused: ["tools[other]"]\n'
    assert _codes(put("limesurvey.csv", extra, side), codebook) == []


def test_missing_codes_units_and_the_mode_are_those_of_the_sidecar(wave_file, codebook):
    """A reason for each code of a variable; exact conversions; one mode for a whole wave."""
    wave_file.columns.remove("mode")
    wave_file.set(0, esus="88", minutes="1.5", budget="1250500", peers="-9").set(1, esus="yes", minutes="-9")
    side = (
        "mode: phone\nunits: {minutes: hours, budget: €}\n"
        'missing: {esus: {"88": refused}, "*": {"-9": dont_know}}\n'
    )
    wave = harmonise(read_wave(wave_file.write(sidecar=side)), codebook)
    assert report(wave.problems, "en") == ""
    assert wave.reasons["esus"].tolist() == ["refused", "answered"]
    assert wave.reasons["minutes"].tolist() == ["answered", "dont_know"]
    assert wave.answers["minutes"].iloc[0] == 90
    assert wave.answers["budget"].iloc[0] == 1250.5
    assert wave.answers["mode"].astype(str).tolist() == ["phone", "phone"]


@pytest.mark.parametrize(
    ("sidecar", "code"),
    [
        ("units: {minutes: km}", "E-UNIT"),
        ("units: {esus: hours}", "E-UNIT"),
        ("missing: {esus: {'8': lazy}}", "E-SIDECAR-VALUE"),
        ("missing: {nobody: {'8': refused}}", "E-SIDECAR-VARIABLE"),
        ("missing: {esus: refused}", "E-SIDECAR-SHAPE"),
        ("test_rows: {nobody: x}", "E-SIDECAR-COLUMN"),
        ("test_rows: {unit: '*'}", "E-SIDECAR-SHAPE"),
        ("test_rows: {unit: [a, {b: c}]}", "E-SIDECAR-SHAPE"),
        ("unfinished: drop", "E-UNFINISHED"),
        ("mode: web", "E-MODE-TWICE"),
        ("units: [a]", "E-SIDECAR-SHAPE"),
    ],
)
def test_what_a_sidecar_says_wrongly_has_its_message(sidecar, code, wave_file, codebook):
    """Strict, key by key."""
    from panel_eis.errors import DataError

    path = wave_file.write(sidecar=f"{sidecar}\n")
    try:
        found = _codes(path, codebook, read=_translated)
    except DataError as error:
        found = [p.code for p in error.problems]
    assert found == [code]


def test_a_wave_of_test_rows_alone_is_said_to_be_empty(wave_file, codebook):
    """Nothing left is not a panel."""
    from panel_eis.errors import DataError

    with pytest.raises(DataError) as caught:
        harmonise(read_wave(wave_file.write(sidecar="test_rows: {unit: SYN-*}\n")), codebook)
    assert [p.code for p in caught.value.problems] == ["E-EMPTY"]


@pytest.mark.parametrize("ending", ["sav", "dta"])
def test_spss_and_stata_labels_and_missing_codes_are_used(ending, wave_file, codebook, tmp_path):
    """Numbers with labels become codes; what the file declares missing needs a reason, and takes it."""
    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame([{c: row.get(c, "") for c in wave_file.columns} for row in wave_file.rows])
    roles = {1: "Direction salariée", 2: "Salarié·e de terrain"}
    frame["respondent_role"], frame["peers"] = [1, 2], [3.0, -9.0]
    path = tmp_path / f"2023.{ending}"
    if ending == "sav":
        pyreadstat.write_sav(
            frame, path, variable_value_labels={"respondent_role": roles}, missing_ranges={"peers": [-9]}
        )
    else:
        frame["peers"] = pd.Series([3.0, "a"], dtype=object)
        pyreadstat.write_dta(
            frame,
            path,
            variable_value_labels={"respondent_role": roles},
            missing_user_values={"peers": ["a"]},
        )
    side = 'labels: yes\njoiner: " "\n'
    code = "-9" if ending == "sav" else ".a"
    assert "E-MISSING-REASON" in _codes(path, codebook, side, _translated)
    path.with_suffix(".yml").write_text(
        side + f'missing: {{peers: {{"{code}": refused}}}}\n', encoding="utf-8"
    )
    wave = harmonise(read_wave(path), codebook)
    assert report(wave.problems, "en") == ""
    assert wave.answers["respondent_role"].astype(str).tolist() == ["director", "field_staff"]
    assert wave.reasons["peers"].tolist() == ["answered", "refused"]


# --- Short codes


def test_short_codes_fit_limesurvey_and_collide_nowhere(codebook):
    """Twenty characters from a letter on for a question, five for an answer, whatever the case."""
    codes = question_codes(codebook)
    assert list(codes) == [v.name for v in codebook.asked]
    assert all(c.isalnum() and c.isascii() and c[0].isalpha() and len(c) <= 20 for c in codes.values())
    assert len({c.lower() for c in codes.values()}) == len(codes)
    assert codes["staff"] == "staff"
    for name, choices in codebook.lists.items():
        short = answer_codes(codebook, name)
        assert all(c.isalnum() and c.isascii() and len(c) <= 5 for c in short.values())
        assert len({c.lower() for c in short.values()}) == len(choices)
        assert not {"time", "other"} & set(short.values()), (
            "a box of that name is renamed, or taken for a text"
        )


def test_codes_that_would_collide_are_told_apart_the_same_way_each_time():
    """Same letters without their signs, same name in another case, more names than digests of their length."""
    from panel_eis.dialects.short_codes import RESERVED, _short

    names = ["a_b", "ab", "AB", "a-b", "self", "1x", "qid"]
    codes = _short(names, 20, digest=5, first="q", reserved=RESERVED)
    assert codes["ab"] == "ab"
    assert codes["self"] != "self"
    assert codes["qid"] != "qid"
    assert codes["1x"].startswith("q1x")
    assert len({c.lower() for c in codes.values()}) == 7
    assert _short([*names, "later"], 20, digest=5, first="q", reserved=RESERVED).items() >= codes.items()
    many = _short([f"choice_number_{n}" for n in range(2000)], 5, digest=3)
    assert len(set(many.values())) == 2000


def test_a_csv_of_limesurvey_is_quoted_and_ends_with_a_blank_line():
    """The example is what the tool writes, not what is easy to read."""
    content = (EXPORTS / "limesurvey.csv").read_bytes()
    assert content.startswith(b'\xef\xbb\xbf"id","submitdate"')
    assert content.endswith(b"\r\n\r\n")
    header = next(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert any("[" in name for name in header)
