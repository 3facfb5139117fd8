"""The questionnaire comes from the codebook and its answers go back to it with nothing to declare."""

import csv
import io
import random
import re
import shutil
import zipfile
from xml.etree import ElementTree as ET

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner
from pyxform.xls2xform import convert

from panel_eis.cli import main
from panel_eis.errors import UsageError
from panel_eis.expressions import evaluate
from panel_eis.harmonise import harmonise
from panel_eis.questionnaire import plain, sheets, workbook_bytes, write_questionnaire
from panel_eis.waves import read_wave

XF = "{http://www.w3.org/2002/xforms}"
XHTML = "{http://www.w3.org/1999/xhtml}"
FR, EN = "Français (fr)", "English (en)"


@pytest.fixture(scope="module")
def folder(root):
    return root / "data" / "codebook"


@pytest.fixture(scope="module")
def form(folder, tmp_path_factory):
    """The form of 2027 as a phone gets it: the workbook, converted by pyxform."""
    path = write_questionnaire(folder, tmp_path_factory.mktemp("form"), "2027")
    return Form(path)


class Form:
    """What a survey tool knows: names in order, types, filters, constraints and codes, all read from the XForm."""

    def __init__(self, path):
        converted = convert(str(path), validate=False)
        self.warnings = converted.warnings
        root = ET.fromstring(converted.xform)  # noqa: S314  # pyxform wrote it a moment ago
        self.root = root
        self.paths = {
            b.get("nodeset").rsplit("/", 1)[1]: b.get("nodeset").removeprefix("/data/")
            for b in root.iter(f"{XF}bind")
        }
        self.binds = {b.get("nodeset").rsplit("/", 1)[1]: b.attrib for b in root.iter(f"{XF}bind")}
        self.binds.pop("instanceID")
        self.codes, self.kinds = {}, {}
        lists = {
            i.get("id"): [n.text for n in i.iter(f"{XF}name")]
            for i in root.iter(f"{XF}instance")
            if i.get("id")
        }
        body = root.find(f"{XHTML}body")
        for node in body.iter():
            if node.tag in (f"{XF}input", f"{XF}select1", f"{XF}select"):
                name = node.get("ref").rsplit("/", 1)[1]
                self.kinds[name] = node.tag.removeprefix(XF)
                itemset = node.find(f"{XF}itemset")
                if itemset is not None:
                    self.codes[name] = lists[re.search(r"instance\('(\w+)'\)", itemset.get("nodeset"))[1]]

    def rule(self, name, kind):
        """A filter or constraint of the XForm, its paths written as ``${name}`` again."""
        return re.sub(r"\s*/data(?:/[\w-]+)*/([\w-]+)\s*", r" ${\1} ", self.binds[name].get(kind, "")).strip()

    def texts(self, lang):
        translation = next(t for t in self.root.iter(f"{XF}translation") if t.get("lang") == lang)
        return {
            t.get("id").rsplit("/", 1)[-1]: "".join(t.find(f"{XF}value").itertext())
            for t in translation.iter(f"{XF}text")
        }


def changed(folder, tmp_path, file="survey.csv", **cells):
    """A copy of the codebook in which ``cells`` of named rows are replaced: ``name={column: text}``."""
    copy = tmp_path / "codebook"
    if not copy.exists():
        shutil.copytree(folder, copy)
    path = copy / file
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    rows = [row | cells.get(row["name"], {}) for row in rows]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return copy


def table(content, sheet):
    header, *rows = content[sheet]
    return {row[1]: dict(zip(header, row, strict=True)) for row in rows if row[1]}


# What the form says


def test_pyxform_takes_the_workbook_without_a_warning(form):
    """Valid for the reference converter; ODK Validate (Java) is not run."""
    assert form.warnings == []


def test_every_question_of_the_codebook_is_asked_and_nothing_else(form, codebook):
    """In the order of the codebook; what is computed is not asked."""
    assert list(form.kinds) == [v.name for v in codebook.asked]


def test_types_requirements_and_codes_are_those_of_the_codebook(form, codebook):
    """A missing code of a list, such as 9, is a choice as the others; those of all questions are not offered."""
    types = {"integer": "int", "decimal": "decimal", "date": "date"}
    for variable in codebook.asked:
        bind = form.binds[variable.name]
        assert bind["type"] == types.get(variable.kind, "string"), variable.name
        assert (bind.get("required") == "true()") == variable.required, variable.name
        if variable.kind.startswith("select"):
            assert form.codes[variable.name] == [c.name for c in codebook.lists[variable.list_name]]
            assert (
                form.kinds[variable.name]
                == {"select_one": "select1", "select_multiple": "select"}[variable.kind]
            )
    assert form.codes["a1"][-1] == "9"
    assert "dk" not in form.codes["esus"]


def test_filters_and_constraints_are_those_of_the_codebook(form, codebook):
    """Same sentence, whatever the spaces."""

    def bare(text):
        return "".join(text.split())

    for variable in codebook.asked:
        assert bare(form.rule(variable.name, "relevant")) == bare(variable.relevant)
        assert bare(form.rule(variable.name, "constraint")) == bare(variable.constraint)


@pytest.mark.parametrize(("shown", "lang"), [(FR, "fr"), (EN, "en")])
def test_a_respondent_reads_labels_hints_and_messages_in_both_languages(form, codebook, shown, lang):
    """No text falls back to the other language."""
    texts = form.texts(shown)
    for variable in codebook.asked:
        assert texts[f"{variable.name}:label"] == plain(variable.label[lang])
        if variable.constraint:
            assert texts[f"{variable.name}:jr:constraintMsg"] == plain(variable.constraint_message[lang])
    assert texts["group_profile:label"] == plain(codebook.modules["profile"][lang])
    assert texts["respondent:hint"] == {
        "fr": "Jamais un nom ni une adresse électronique.", "en": "Never a name nor an e-mail address.",
    }[lang]  # fmt: skip
    assert "-" not in texts.values()


def test_the_first_language_is_french(form):
    """The respondent may change it."""
    first = next(t for t in form.root.iter(f"{XF}translation") if t.get("default"))
    assert first.get("lang") == FR


# Waves


def test_a_question_is_asked_from_its_wave_on(folder):
    """``since`` 2023: not in a form of 2021."""
    assert "f3" not in table(sheets(folder, "2021"), "survey")
    assert "f3" in table(sheets(folder, "2023"), "survey")


def test_what_is_not_asked_yet_is_the_empty_answer_in_a_filter(folder, tmp_path):
    """The form stays valid, and the question that hangs on it stays closed, as the checks here have it."""
    copy = changed(folder, tmp_path, device1={"since": "2030"})
    row = table(sheets(copy, "2027"), "survey")["device1_expected_simple"]
    assert row["relevant"] == "'' != ''"
    form = Form(write_questionnaire(copy, tmp_path, "2027"))
    assert "device1" not in form.kinds
    assert "device1_expected_simple" in form.kinds


def test_a_choice_and_an_empty_group_wait_for_their_wave(folder, tmp_path):
    """A group in which nothing is asked would be an error of XLSForm."""
    copy = changed(folder, tmp_path, comment={"since": "2030"})
    changed(folder, tmp_path, "choices.csv", naf_2025={"since": "2030"})
    content = sheets(copy, "2027")
    assert "group_end" not in table(content, "survey")
    assert "naf_2025" not in table(content, "choices")
    kinds = [row[0] for row in content["survey"]]
    assert kinds.count("begin_group") == kinds.count("end_group")
    write_questionnaire(copy, tmp_path, "2027")
    assert Form(tmp_path / "questionnaire_2027.xlsx").warnings == []


@pytest.mark.parametrize("wave", ["../2027", "27", "2027.xlsx", ""])
def test_a_wave_that_is_no_year_is_refused(folder, tmp_path, wave):
    """It becomes a file name."""
    with pytest.raises(UsageError, match="named by its year"):
        write_questionnaire(folder, tmp_path / "out", wave)
    assert not (tmp_path / "out").exists()


# Bytes and hostile texts


def test_the_same_codebook_gives_the_same_bytes(folder, tmp_path, monkeypatch):
    """No date of today in the archive nor in its properties; another wave is another version."""
    first = write_questionnaire(folder, tmp_path / "a", "2027").read_bytes()
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert write_questionnaire(folder, tmp_path / "b", "2027").read_bytes() == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {i.date_time[0] for i in archive.infolist()} == {2000}
        assert re.findall(rb"\d{4}-\d\d-\d\dT", archive.read("docProps/core.xml")) == [b"2000-01-01T"] * 2


def test_another_form_has_another_version(folder, tmp_path):
    """ODK and Kobo tell two versions of a form apart by it."""
    copy = changed(folder, tmp_path, staff={"label::fr": "Effectif"})
    versions = [sheets(f, "2027")["settings"][1][2] for f in (folder, copy)]
    assert versions[0] != versions[1]
    assert all(re.fullmatch(r"2027-[0-9a-f]{8}", v) for v in versions)


HOSTILE = '=HYPERLINK("http://x","y") ${unit} *a* _b_ # [c](javascript:d) <b>&amp;</b> \x07'


def test_hostile_texts_reach_the_respondent_as_they_stand(folder, tmp_path):
    """No formula, no reference to an answer, no Markdown, no markup, no forbidden character."""
    texts = {
        "label::fr": HOSTILE,
        "label::en": "# " + HOSTILE + "\n # end",
        "hint::fr": "@SUM(1)",
        "hint::en": "-1+2",
    }
    copy = changed(folder, tmp_path, staff=texts)
    changed(folder, tmp_path, "choices.csv", director={"label::fr": "+33 ${nobody}", "label::en": "=1"})
    path = write_questionnaire(copy, tmp_path, "2027")
    book = openpyxl.load_workbook(path)
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert {c.data_type for c in cells} == {"s"}
    assert all(c.quotePrefix for c in cells if c.value[0] in "=+-@")
    with zipfile.ZipFile(path) as archive:
        assert not any(
            b"<f>" in archive.read(n) or b"<hyperlink" in archive.read(n) for n in archive.namelist()
        )
    texts = Form(path).texts(FR)
    assert texts["staff:label"] == (
        '=HYPERLINK("http://x","y") $ {unit} \\*a\\* \\_b\\_ # [c] (javascript:d) <b>&amp;</b>'
    )
    english = Form(path).texts(EN)["staff:label"]
    assert english.startswith("\\# =HYPERLINK")
    assert english.endswith("\n \\# end")
    assert texts["role-0"] == "+33 $ {nobody}"


def test_a_text_too_long_for_a_cell_is_refused_and_not_cut():
    """openpyxl would cut it at 32 767 characters without a word."""
    with pytest.raises(UsageError, match="too long"):
        workbook_bytes({"survey": [("label",), ("x" * 32_768,)]})


@pytest.mark.parametrize(
    ("file", "cells", "told"),
    [
        ("survey.csv", {"indicators": {"name": "indicators followed"}}, "indicators followed"),
        ("choices.csv", {"sroi": {"name": "s roi"}}, "s roi"),
        ("survey.csv", {"comment": {"relevant": "${ladder} > 1"}}, "computed"),
    ],
)
def test_what_no_form_can_ask_is_refused(folder, tmp_path, file, cells, told):
    """A space in a code would be two answers; a filter cannot read what is computed later."""
    copy = changed(folder, tmp_path, file, **cells)
    with pytest.raises(UsageError, match=told):
        write_questionnaire(copy, tmp_path / "out", "2027")
    assert not (tmp_path / "out").exists()


# There and back


FREE = (
    "SYN-0042",
    "9220",
    "88.99B",
    "0",
    "5",
    "12.5",
    "85",
    "2019",
    '=1+1; "de l\'eau", été',
    "deux\nlignes",
)


def candidates(form, name, draw):
    """Answers that the widget of a question could give, in any order."""
    kind, type_ = form.kinds[name], form.binds[name]["type"]
    if kind == "select":
        return [" ".join(draw.sample(form.codes[name], n)) for n in (4, 2, 1)]
    if kind == "select1":
        return draw.sample(form.codes[name], len(form.codes[name]))
    if type_ == "date":
        return ["2027-04-01"]
    grammar = {"int": r"[0-9]+", "decimal": r"[0-9]+([.][0-9]+)?"}.get(type_, r"(?s:.*)")
    return [text for text in draw.sample(FREE, len(FREE)) if re.fullmatch(grammar, text)]


def fill_in(form, draw, count):
    """Respondents, one column a question: what the form opens is answered or left, as its own rules allow."""
    answers = {name: pd.Series("", index=range(count), dtype=object) for name in form.kinds}
    for name in form.kinds:
        cells = answers[name].copy()
        opened = evaluate(form.rule(name, "relevant") or "'x' != ''", answers)
        left = pd.Series([draw.random() < 0.2 and "required" not in form.binds[name] for _ in range(count)])
        for _ in range(5):
            order = candidates(form, name, draw)
            offered = pd.Series([draw.choice(order) for _ in range(count)], dtype=object)
            fits = evaluate(form.rule(name, "constraint") or "'x' != ''", answers, offered)
            cells = cells.mask(opened & ~left & fits & (cells == ""), offered)
        for number in cells.index[opened & (cells == "") & ("required" in form.binds[name])]:
            everyone = {k: v.loc[[number]] for k, v in answers.items()}
            tried = [(c, pd.Series([c], index=[number], dtype=object)) for c in candidates(form, name, draw)]
            cells[number] = next(
                c for c, s in tried if evaluate(form.rule(name, "constraint"), everyone, s).all()
            )
        answers[name] = cells
    return pd.DataFrame(answers).to_dict("records")


def _as_house(form, row):
    """Names alone, as Kobo exports them without groups; nothing to declare."""
    return {name: row[name] for name in form.kinds}


def _as_kobo(form, row):
    """Groups before names, several choices in one cell and in boxes, and the columns that Kobo adds."""
    cells = {"start": "2027-04-01T10:00:00.000+02:00", "end": "2027-04-01T10:20:00.000+02:00"}
    for name, kind in form.kinds.items():
        cells[form.paths[name]] = row[name]
        for code in form.codes[name] if kind == "select" else ():
            cells[f"{form.paths[name]}/{code}"] = str(int(code in row[name].split())) if row[name] else ""
    return cells | {"__version__": "v1", "_id": "1", "_uuid": "u", "_submission_time": "2027-04-01T10:20:01"}


@pytest.mark.parametrize(("export", "sidecar"), [(_as_house, ""), (_as_kobo, "source: kobo\n")])
def test_an_answer_file_of_the_form_is_read_back_with_no_map_and_no_problem(
    export, sidecar, form, codebook, tmp_path
):
    """As Kobo and ODK export it with XML values and headers."""
    draw = random.Random(2027)  # noqa: S311  # a test that repeats
    rows = fill_in(form, draw, 60)
    path = tmp_path / "data" / "waves" / "2027.csv"
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        lines = [export(form, row) for row in rows]
        writer = csv.DictWriter(stream, lines[0], quoting=csv.QUOTE_ALL, delimiter=";" if sidecar else ",")
        writer.writeheader()
        writer.writerows(lines)
    if sidecar:
        path.with_suffix(".yml").write_text(sidecar, encoding="utf-8")
    wave = harmonise(read_wave(path), codebook)
    assert wave.problems == ()
    assert len(wave.answers) == 60
    blanks = wave.answers.isna().all()
    assert blanks[blanks].empty, "every question was answered by somebody"
    for number, row in zip(wave.answers.index, rows, strict=True):
        told = wave.reasons.loc[number]
        for name, cell in row.items():
            if cell == "9" and name in form.codes:
                assert told[name] == "dont_know"
            else:
                assert told[name] in (("answered",) if cell else ("skipped", "no_answer")), name
        chosen = wave.answers.loc[number, [f"tools__{c}" for c in form.codes["tools"]]].eq(True).fillna(False)
        assert {c.removeprefix("tools__") for c in chosen[chosen].index} == set(row["tools"].split())
    assert {"answered", "skipped", "no_answer", "dont_know"} <= set(wave.reasons.to_numpy().ravel())


def test_the_command_writes_the_workbook_and_says_where(root, tmp_path):
    """``panel-eis questionnaire --wave 2027 --out build/questionnaire``."""
    shutil.copytree(root / "data" / "codebook", tmp_path / "data" / "codebook")
    given = ["questionnaire", "--root", str(tmp_path), "--wave", "2027", "--out", "build/questionnaire"]
    result = CliRunner().invoke(main, given)
    path = tmp_path / "build" / "questionnaire" / "questionnaire_2027.xlsx"
    assert result.exit_code == 0, result.output
    assert result.output.strip() == str(path)
    assert path.read_bytes()[:2] == b"PK"
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_the_command_refuses_a_bad_wave_with_exit_code_2(root):
    """A usage error, no traceback."""
    result = CliRunner().invoke(main, ["questionnaire", "--root", str(root), "--wave", "../x"])
    assert result.exit_code == 2
    assert "named by its year" in result.output
