"""Taking a wave in: the draft of a sidecar, the check of one wave, the comparison of two, the annotated copy."""

import csv
import io
import json
import math

import numpy as np
import openpyxl
import pandas as pd
import pytest
import yaml

from panel_eis.cli import wave as wave_commands
from panel_eis.files import sha256
from panel_eis.intake import compare_waves
from panel_eis.intake.compare import standardised_difference
from panel_eis.intake.diff_text import as_text
from panel_eis.intake.draft import scalar
from panel_eis.sources import SOURCES
from panel_eis.waves import load_yaml, read_sidecar


def _rows(project, wave="2023"):
    with (project / "data" / "waves" / f"{wave}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def _text(rows, separator=","):
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def _renamed(rows, names):
    return [[names.get(n, n) for n in rows[0]], *rows[1:]]


def _recoded(rows, column, codes):
    place = rows[0].index(column)
    return [rows[0], *([*r[:place], codes.get(r[place], r[place]), *r[place + 1 :]] for r in rows[1:])]


def _add(panel_eis, tmp_path, text, *options, encoding="utf-8", ending=".csv"):
    file = tmp_path / f"export{ending}"
    file.write_text(text, encoding=encoding)
    return file, panel_eis("wave", "add", file, "--wave", "2027", "--lang", "en", *options)


# --- add


def test_a_wave_as_the_codebook_says_needs_no_sidecar(project, panel_eis, tmp_path):
    """The file is copied byte for byte, and passes."""
    file, outcome = _add(panel_eis, tmp_path, _text(_rows(project)))
    target = project / "data" / "waves" / "2027.csv"
    assert outcome.code == 0
    assert "No .yml" in outcome.text
    assert "panel-eis wave check 2027" in outcome.text
    assert target.read_bytes() == file.read_bytes()
    assert not target.with_suffix(".yml").exists()
    assert panel_eis("wave", "check", "2027").code == 0


def test_a_draft_whose_matches_are_all_sure_passes_the_check(project, panel_eis, codebook, tmp_path):
    """Separator, encoding, decimal mark, dates, names by code and label, answers by label: all as the file has them."""
    rows = _rows(project)
    rows = _recoded(rows, "interview_date", {"2023-03-01": "21/03/2023"})
    rows = _recoded(rows, "fte", {"": "1,5"})
    rows = _recoded(rows, "frequency", codebook.choice_labels("frequency", "fr", short=False))
    rows = _renamed(rows, {"staff": codebook.label("staff", "fr"), "peers": "PEERS"})
    _, outcome = _add(panel_eis, tmp_path, _text(rows, ";"), encoding="cp1252")
    sidecar = read_sidecar(project / "data" / "waves" / "2027.yml")
    assert outcome.code == 0
    assert "To decide" not in outcome.text
    assert (sidecar.separator, sidecar.decimal, sidecar.dates) == (";", ",", "dd/mm/yyyy")
    assert sidecar.columns == {codebook.label("staff", "fr"): "staff", "PEERS": "peers"}
    checked = panel_eis("wave", "check", "2027")
    assert checked.code == 0, checked.text


def test_labels_as_answers_are_declared_once_where_all_are_full_texts(project, panel_eis, codebook, tmp_path):
    """One key rather than a recode of every question; several answers with what joins them."""
    rows = _rows(project)
    asked = [v for v in codebook.asked if v.kind in ("select_one", "select_multiple")]
    for variable in asked:
        labels = codebook.choice_labels(variable.name, "fr", short=False)
        place = rows[0].index(variable.name)
        for row in rows[1:]:
            row[place] = "; ".join(labels[c] for c in row[place].split())
    _, outcome = _add(panel_eis, tmp_path, _text(rows))
    sidecar = read_sidecar(project / "data" / "waves" / "2027.yml")
    assert (sidecar.labels, sidecar.joiner, sidecar.recode) == ("yes", ";", {}), outcome.text
    checked = panel_eis("wave", "check", "2027")
    assert checked.code == 0, checked.text


@pytest.mark.parametrize("tool", ["limesurvey", "qualtrics", "sphinx"])
def test_an_export_of_a_survey_tool_needs_its_name_alone(tool, root, project, panel_eis):
    """The draft says the tool, and what joins several answers where it can be told; then the wave passes."""
    file = root / "tests" / "exports" / f"{tool}.csv"
    outcome = panel_eis("wave", "add", file, "--wave", "2027", "--source", tool, "--lang", "en")
    assert outcome.code == 0
    assert "To decide" not in outcome.text
    sidecar = read_sidecar(project / "data" / "waves" / "2027.yml")
    assert sidecar.source == tool
    assert sidecar.joiner == {"sphinx": " / ", "qualtrics": ","}.get(tool, "")
    checked = panel_eis("wave", "check", "2027")
    assert checked.code == 0, checked.text


def test_the_command_offers_the_tools_that_are_read():
    """Said twice, so that --help need not load the readers; never differently."""
    assert tuple(SOURCES) == wave_commands._SOURCES


def test_what_is_not_sure_does_nothing_until_a_person_says_so(project, panel_eis, tmp_path):
    """A nearest match is a comment; with its # taken away it counts."""
    rows = _renamed(_rows(project), {"frequency": "frequencie", "staff": "zzz"})
    rows = _recoded(rows, "a1", {"4": "plutot d'accor"})
    _, outcome = _add(panel_eis, tmp_path, _text(rows))
    path = project / "data" / "waves" / "2027.yml"
    text = path.read_text(encoding="utf-8")
    assert "frequencie → frequency" in outcome.text
    assert "  # frequencie: frequency  # à confirmer / to confirm" in text
    assert "  # - zzz" in text
    assert read_sidecar(path).columns == {}
    assert panel_eis("wave", "check", "2027").code == 1
    guessed = "frequencie: frequency"
    uncommented = [
        line.replace("# ", "", 1) if guessed in line or line == "# columns:" else line
        for line in text.splitlines()
    ]
    path.write_text("\n".join(uncommented), encoding="utf-8")
    assert read_sidecar(path).columns == {"frequencie": "frequency"}


def test_what_an_earlier_sidecar_decided_is_taken_up(project, panel_eis, tmp_path):
    """The column of the same name means the same question again."""
    (project / "data" / "waves" / "2023.yml").write_text("columns: {q_17: staff}\n", encoding="utf-8")
    rows = _renamed(_rows(project), {"staff": "q_17"})
    _add(panel_eis, tmp_path, _text(rows))
    assert read_sidecar(project / "data" / "waves" / "2027.yml").columns == {"q_17": "staff"}


def test_ambiguous_marks_are_not_decided(project, panel_eis, tmp_path):
    """1,234 may be thousands; 01/02/2023 may be January."""
    rows = _recoded(_rows(project), "budget", {"": "1,234"})
    rows = _recoded(rows, "interview_date", {"2023-03-01": "01/02/2023"})
    _add(panel_eis, tmp_path, _text(rows))
    text = (project / "data" / "waves" / "2027.yml").read_text(encoding="utf-8")
    assert '# decimal: ","  # à confirmer' in text
    assert '# dates: "dd/mm/yyyy"  # à confirmer' in text


def test_a_file_of_the_same_wave_is_never_overwritten_without_a_word(project, panel_eis, tmp_path):
    """Refused, then replaced on demand; the sidecar stays."""
    file, _ = _add(panel_eis, tmp_path, _text(_renamed(_rows(project), {"staff": "Staff!"})))
    side = project / "data" / "waves" / "2027.yml"
    side.write_text("# mine\ncolumns: {'Staff!': staff}\n", encoding="utf-8")
    again = panel_eis("wave", "add", file, "--wave", "2027", "--lang", "en")
    assert again.code == 0
    assert "there already" in again.text
    file.write_text(file.read_text(encoding="utf-8").replace("SYN-0001", "SYN-0003"), encoding="utf-8")
    kept = sha256(project / "data" / "waves" / "2027.csv")
    refused = panel_eis("wave", "add", file, "--wave", "2027")
    assert refused.code == 2
    assert "E-WAVE-THERE" in refused.text
    assert sha256(project / "data" / "waves" / "2027.csv") == kept
    other = file.rename(file.with_suffix(".tsv"))
    other.write_text(_text(_rows(project), "\t"), encoding="utf-8")
    assert panel_eis("wave", "add", other, "--wave", "2027").code == 2
    assert panel_eis("wave", "add", other, "--wave", "2027", "--replace").code == 0
    assert sorted(p.name for p in side.parent.iterdir()) == ["2023.csv", "2027.tsv", "2027.yml"]
    assert side.read_text(encoding="utf-8").startswith("# mine\n")


@pytest.mark.parametrize(
    "text", ["a: b", "# x", "!!python/object:os.system", "&a", "*a", "a\nb: c", "\u2028x", "\x85", "'", '"', "{", "é", "", "no", "\\", "- x", "\x1b["]
)  # fmt: skip
def test_no_cell_can_write_yaml_of_its_own(text):
    """Whatever a header holds comes back as the same text from one line."""
    written = scalar(text)
    assert len(written.splitlines()) == 1
    for key in (f"k: {written}\n", f"{written}: v\n"):
        document, problem = load_yaml(key, "x.yml")
        assert problem is None
        assert document in ({"k": text}, {text: "v"})
    assert yaml.safe_load(f"k: [{written}]") is not None


def test_a_hostile_header_stays_a_comment(project, panel_eis, tmp_path):
    """A line break in a header must not start a line of the sidecar."""
    rows = _rows(project)
    rows = [[*rows[0], "x\nseparator: ';'"], *([*r, "1"] for r in rows[1:])]
    _, outcome = _add(panel_eis, tmp_path, _text(rows))
    assert outcome.code == 0
    assert read_sidecar(project / "data" / "waves" / "2027.yml").separator == ","


def test_open_text_is_not_copied_into_the_draft(project, panel_eis, tmp_path):
    """A closed question filled with stories gives no recode that repeats them."""
    rows = _recoded(_rows(project), "frequency", {"never": "Jeanne Martin " * 10})
    _add(panel_eis, tmp_path, _text(rows))
    assert "Jeanne" not in (project / "data" / "waves" / "2027.yml").read_text(encoding="utf-8")


# --- the annotated copy


def _faulty(project):
    rows = _recoded(_rows(project), "frequency", {"never": "=HYPERLINK(1)"})
    rows = _recoded(rows, "staff", {"12": "a lot"})
    rows[1][rows[0].index("comment")] = "=1+1 Jeanne Martin"
    path = project / "data" / "waves" / "2023.csv"
    path.write_text(_text(rows), encoding="utf-8")
    return path


def test_the_copy_marks_the_cells_and_holds_no_formula_nor_open_text(project, panel_eis, tmp_path):
    """Same rows, coloured and commented; the file of the wave stays as it was."""
    path, out = _faulty(project), tmp_path / "marked.xlsx"
    before = path.read_bytes()
    outcome = panel_eis("wave", "check", "2023", "--annotate", out, "--lang", "fr")
    assert outcome.code == 1
    assert str(out) in outcome.text
    assert path.read_bytes() == before
    book = openpyxl.load_workbook(out)
    sheet, listed = book.worksheets
    names = [c.value for c in sheet[1]]
    bad = sheet.cell(2, names.index("frequency") + 1)
    assert bad.value == "=HYPERLINK(1)"
    assert (bad.data_type, bad.quotePrefix) == ("s", True)
    assert "formule" in bad.comment.text
    assert bad.fill.fgColor.rgb == "00F4B183"
    assert sheet.cell(3, names.index("frequency") + 1).comment is None
    cells = [c for s in book.worksheets for row in s.iter_rows() for c in row]
    assert not [c for c in cells if c.data_type == "f"]
    assert not [c for c in cells if "Jeanne" in str(c.value)]
    assert {listed.cell(r, 5).value for r in range(2, listed.max_row + 1)} >= {"frequency", "staff"}
    again = tmp_path / "again.xlsx"
    panel_eis("wave", "check", "2023", "--annotate", again, "--lang", "fr")
    assert again.read_bytes() == out.read_bytes()


def test_the_copy_never_takes_the_place_of_something_else(project, panel_eis, tmp_path):
    """Not in data/, not over a file of the person, not under another ending."""
    _faulty(project)
    mine = tmp_path / "mine.xlsx"
    openpyxl.Workbook().save(mine)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    for out, code in (
        (project / "data" / "waves" / "2024.xlsx", "E-COPY-PLACE"),
        (project / "build" / ".." / "data" / "x.xlsx", "E-COPY-PLACE"),
        (mine, "E-COPY-EXISTS"),
        (tmp_path / "x.csv", "E-COPY-ENDING"),
    ):
        outcome = panel_eis("wave", "check", "2023", "--annotate", out)
        assert (outcome.code, code in outcome.text) == (2, True)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    assert panel_eis("wave", "check", "2023", "--annotate", tmp_path / "y.xlsx").code == 1
    assert panel_eis("wave", "check", "2023", "--annotate", tmp_path / "y.xlsx").code == 1


def test_json_groups_the_same_rule_and_hides_open_text(project, panel_eis):
    """Every place is there; the value of what must stay hidden is null."""
    _faulty(project)
    rows = _rows(project)
    rows[1][rows[0].index("evocation1_importance")] = "x"
    (project / "data" / "waves" / "2023.csv").write_text(_text(rows), encoding="utf-8")
    told = json.loads(panel_eis("wave", "check", "--format", "json").out)
    found = {(p["code"], p["column"]): p for p in told["problems"]}
    place = found["E-NUMBER", "staff"]["places"][0]
    assert (place["row"], place["unit"], place["value"]) == (2, "SYN-0001", "a lot")
    assert "Jeanne" not in json.dumps(told)
    fine = json.loads(panel_eis("check", "--format", "json").out)
    assert fine["exit_code"] in (1, 4)


# --- diff


def test_standardised_differences_are_those_of_the_formulas():
    """Means, shares, categories; two categories are one share (Yang & Dalton 2012)."""
    rng = np.random.default_rng(1)
    x, y = pd.Series(rng.normal(0, 1, 4000)), pd.Series(rng.normal(0.5, 1, 4000))
    assert standardised_difference(x, y) == pytest.approx(0.5, abs=0.05)
    assert standardised_difference(y, x) == -standardised_difference(x, y)
    a, b = (pd.Series(rng.random(500) < p, dtype="boolean") for p in (0.3, 0.5))
    p, q = a.mean(), b.mean()
    share = (q - p) / math.sqrt((p * (1 - p) + q * (1 - q)) / 2)
    assert standardised_difference(a, b) == pytest.approx(share)
    named = [pd.Series(s.map({True: "yes", False: "no"}), dtype=pd.CategoricalDtype(["no", "yes", "never"])) for s in (a, b)]  # fmt: skip
    assert standardised_difference(*named) == pytest.approx(abs(share))


def test_the_distance_of_three_categories_does_not_depend_on_which_is_left_out():
    """And agrees with the value worked out by hand for 50/30/20 against 30/30/40 %."""
    kinds = pd.CategoricalDtype(["a", "b", "c"])
    x = pd.Series(list("a" * 50 + "b" * 30 + "c" * 20), dtype=kinds)
    y = pd.Series(list("a" * 30 + "b" * 30 + "c" * 40), dtype=kinds)
    # t = (0, 0.2) for (b, c); S = [[0.21, -0.09], [-0.09, 0.2]]; t'S^-1 t = 0.04 * 0.21 / (0.21 * 0.2 - 0.0081)
    wanted = math.sqrt(0.04 * 0.21 / (0.21 * 0.2 - 0.0081))
    assert standardised_difference(x, y) == pytest.approx(wanted)
    turned = [s.cat.reorder_categories(["c", "a", "b"]) for s in (x, y)]
    assert standardised_difference(*turned) == pytest.approx(wanted)


def test_nobody_varying_is_zero_or_infinite():
    """No warning, no division by zero."""
    one, two = pd.Series([1.0] * 9), pd.Series([2.0] * 9)
    assert standardised_difference(one, one) == 0
    assert standardised_difference(one, two) == math.inf
    kinds = pd.CategoricalDtype(["a", "b"])
    assert standardised_difference(*(pd.Series(list(t * 9), dtype=kinds) for t in "ab")) == math.inf


@pytest.fixture
def three_waves(project):
    """2021 with SYN-0001 alone, 2023 with SYN-0002 alone, 2025 with both and 2023's answers changed."""
    rows = _rows(project)
    folder = project / "data" / "waves"
    (folder / "2021.csv").write_text(_text([rows[0], rows[1]]), encoding="utf-8")
    (folder / "2021.yml").write_text(
        "not_asked: [minutes]\ncomparability:\n  a1:\n    class: new_question_same_codes\n"
        "    note: {fr: autre formulation, en: other words}\n",
        encoding="utf-8",
    )
    drop = rows[0].index("minutes")
    for name, kept in (("2021", [rows[1]]), ("2023", [rows[2]])):
        table = [rows[0], *kept]
        if name == "2021":
            table = [[c for i, c in enumerate(r) if i != drop] for r in table]
        (folder / f"{name}.csv").write_text(_text(table), encoding="utf-8")
    (folder / "2025.csv").write_text(_text(rows), encoding="utf-8")
    return project


def test_items_and_organisations_that_come_and_go(three_waves):
    """Added, changed, entered, left, came back."""
    early, late = compare_waves(three_waves, "2021", "2023"), compare_waves(three_waves, "2023", "2025")
    assert "minutes" in early.added
    assert [(c.variable, c.class_a, c.class_b) for c in early.changed if c.class_a != c.class_b] == [
        ("a1", "new_question_same_codes", "same")
    ]
    assert "minutes" in compare_waves(three_waves, "2023", "2021").dropped
    assert (early.entered, early.left, early.back) == (("SYN-0002",), ("SYN-0001",), ())
    assert (late.entered, late.left, late.back, late.stayed) == ((), (), ("SYN-0001",), ("SYN-0002",))


@pytest.fixture(scope="module")
def real(root):
    """The committed waves of 2023 and 2025, compared once."""
    return compare_waves(root, "2023", "2025", 0.25)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_comparison_fits_a_terminal_in_both_languages(lang, real, codebook, three_waves, panel_eis):
    """Eighty columns, also with real waves and long labels."""
    outcome = panel_eis("wave", "diff", "2021", "2023", "--lang", lang)
    assert outcome.code == 0
    assert {"fr": "autre formulation", "en": "other words"}[lang] in outcome.text
    text = as_text(real, codebook, lang)
    for shown in (outcome.text, text):
        assert max(map(len, shown.splitlines())) <= 80


def test_the_shifts_are_sorted_above_the_threshold_and_beyond_chance(real):
    """The largest first; JSON says the same, without infinities."""
    sizes = [abs(s.difference) for s in real.shifts]
    assert sizes
    assert sizes == sorted(sizes, reverse=True)
    assert all(abs(s.difference) >= max(0.25, s.chance) for s in real.shifts)
    assert json.loads(json.dumps(real.as_dict(), allow_nan=False))["b"] == "2025"
