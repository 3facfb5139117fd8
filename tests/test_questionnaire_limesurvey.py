"""The questionnaire for LimeSurvey says what the codebook says, and its answers come back with nothing to declare.

``Form`` knows only the file that was written, as LimeSurvey would: codes, types, relevance equations, validation.
"""

import csv
import random
import re

import pandas as pd
import pytest
from click.testing import CliRunner

from panel_eis.cli import main
from panel_eis.errors import UsageError
from panel_eis.expressions import evaluate
from panel_eis.harmonise import harmonise
from panel_eis.questionnaire import write_questionnaire
from panel_eis.questionnaire.limesurvey import shown
from panel_eis.questionnaire.logic import relevance, validation
from panel_eis.waves import read_wave
from test_questionnaire import changed


class Form:
    """Questions of one language in order, each with its choices, and a small ExpressionScript to evaluate its rules."""

    def __init__(self, path, lang="fr"):
        text = path.read_text(encoding="utf-8")
        assert text.startswith("\ufeff")
        self.rows = list(csv.DictReader(text.removeprefix("\ufeff").splitlines(), dialect="excel-tab"))
        self.questions = {}
        for row in self.rows:
            if row["language"] != lang:
                continue
            if row["class"] == "Q":
                last = row["name"]
                assert last not in self.questions, "LimeSurvey would rename it"
                self.questions[last] = row | {"choices": []}
            elif row["class"] in ("A", "SQ"):
                self.questions[last]["choices"].append(row["name"])

    def true(self, rule, answers):
        """Truth of a rule for one respondent; ``answers`` holds texts, and sets of codes for boxes."""

        def value(name):
            question, _, part = name.partition("_")
            cell = answers.get(question, "")
            if part:
                return "Y" if part in cell else ""
            number = (
                re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", cell) and self.questions[question]["type/scale"] == "N"
            )
            return float(cell) if number else cell

        python = re.sub(r"count\(that\.(\w+)\.NAOK\)", r"len(box('\1'))", rule)
        python = re.sub(r"([A-Za-z]\w*)\.NAOK", r"value('\1')", python)
        python = re.sub(r"!(?!=)", " not ", python)
        names = {
            "value": value,
            "box": lambda name: answers.get(name, set()) or set(),
            "is_empty": lambda v: v == "",
            "regexMatch": lambda pattern, v: re.search(pattern.strip("/"), str(v)) is not None,
        }
        return bool(eval(python, {"__builtins__": {"len": len}}, names))  # noqa: S307  # rules that the test has just read


@pytest.fixture(scope="module")
def folder(root):
    return root / "data" / "codebook"


@pytest.fixture(scope="module")
def path(folder, tmp_path_factory):
    return write_questionnaire(folder, tmp_path_factory.mktemp("form"), "2027", "limesurvey")


@pytest.fixture(scope="module")
def form(path):
    return Form(path)


def test_the_form_asks_every_question_in_both_languages_in_the_same_order(path, form, codebook):
    """LimeSurvey matches the languages by order and code."""
    english = Form(path, "en")
    assert [q["text"] for q in form.questions.values()] == [shown(v.label["fr"]) for v in codebook.asked]
    assert [q["text"] for q in english.questions.values()] == [shown(v.label["en"]) for v in codebook.asked]
    assert {n: q["choices"] for n, q in form.questions.items()} == {
        n: q["choices"] for n, q in english.questions.items()
    }
    assert all(r["text"] for r in form.rows if r["class"] in ("Q", "SQ", "A"))


def test_codes_are_those_that_limesurvey_takes(form):
    """It would rewrite others without a word."""
    for name, question in form.questions.items():
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,19}", name)
        assert all(re.fullmatch(r"[A-Za-z0-9]{1,5}", code) for code in question["choices"])
        assert len({c.lower() for c in question["choices"]}) == len(question["choices"])


def test_the_survey_has_a_number_and_the_decimal_mark_of_each_language(form, folder, tmp_path):
    """LimeSurvey's console stops at an import without ``sid``; French readers type 9,5."""
    told = {(r["name"], r["language"]): r["text"] for r in form.rows if r["class"] in ("S", "SL")}
    assert told["sid", ""] == "202700"
    assert (told["surveyls_numberformat", "fr"], told["surveyls_numberformat", "en"]) == ("1", "0")
    second = Form(write_questionnaire(folder, tmp_path, "2027b", "limesurvey"))
    assert [r["text"] for r in second.rows if r["name"] == "sid"] == ["202702"]


def test_a_long_list_unfolds(form, codebook):
    """As one of LimeSurvey's drop-down lists, whose answers are those of the other list."""
    long = {v.name for v in codebook.asked if len(codebook.lists.get(v.list_name, ())) > 12}
    kinds = {v.name: q["type/scale"] for v, q in zip(codebook.asked, form.questions.values(), strict=True)}
    assert "department" in long
    assert {n for n, kind in kinds.items() if kind == "!"} == {
        n for n in long if codebook[n].kind == "select_one"
    }


def _people(form, codebook, draw, count):
    """Random answers by question of the codebook and by code of the form, without regard to any rule."""
    for _ in range(count):
        house, there = {}, {}
        for variable, (name, question) in zip(codebook.asked, form.questions.items(), strict=True):
            codes = [c.name for c in codebook.lists.get(variable.list_name, ())]
            if draw.random() < 0.3:
                picked = []
            elif question["type/scale"] == "M":
                picked = draw.sample(range(len(codes)), draw.randint(1, 6 if len(codes) > 6 else 1))
            elif question["type/scale"] in "L!":
                picked = [draw.randrange(len(codes))]
            else:
                picked = [draw.choice(("0", "3", "12.5", "85", "2019", "SYN-0042", "9220", "a/b"))]
                number = re.fullmatch(r"[0-9.]+", picked[0])
                picked = picked if number or question["type/scale"] != "N" else []
                house[variable.name] = there[name] = "".join(picked)
                continue
            house[variable.name] = " ".join(codes[i] for i in picked)
            chosen = [question["choices"][i] for i in picked]
            there[name] = set(chosen) if question["type/scale"] == "M" else "".join(chosen)
        yield house, there


def test_filters_and_constraints_mean_what_the_codebook_means(form, codebook):
    """Compared on random answers, empty ones too, with the evaluation of the codebook's own sentence."""
    people = list(_people(form, codebook, random.Random(7), 60))  # noqa: S311
    columns = {
        v.name: pd.Series([h.get(v.name, "") for h, _ in people], dtype=object) for v in codebook.asked
    }
    for variable, question in zip(codebook.asked, form.questions.values(), strict=True):
        if variable.relevant:
            wanted = evaluate(variable.relevant, columns).tolist()
            assert [form.true(question["relevance"], t) for _, t in people] == wanted, variable.name
        else:
            assert question["relevance"] == "1"
        if variable.constraint:
            cells = columns[variable.name]
            wanted = ((cells == "") | evaluate(variable.constraint, columns, cells)).tolist()
            assert [_valid(form, question, t) for _, t in people] == wanted, variable.name
        else:
            assert not question["em_validation_q"] + question["validation"]
        assert (question["mandatory"] == "Y") == variable.required


def test_one_share_of_the_budget_may_be_given_without_the_others(form):
    """In LimeSurvey nobody could go on who knew the share of donations alone; the sum still holds when all are given."""
    shares = {v: next(n for n in form.questions if n.startswith(v)) for v in ("shareo", "sharesa", "sharesu")}
    last = next(q for n, q in form.questions.items() if n.startswith("sharedonations"))
    alone = dict.fromkeys(shares.values(), "") | {last["name"]: "20"}
    assert _valid(form, last, alone)
    for given, wanted in (("26", True), ("27", False)):
        assert _valid(form, last, dict.fromkeys(shares.values(), given) | {last["name"]: "20"}) is wanted


def _valid(form, question, answers):
    cell = answers[question["name"]]
    if question["validation"]:
        return not cell or re.search(question["validation"].strip("/"), cell) is not None
    return not question["em_validation_q"] or form.true(question["em_validation_q"], answers)


def test_messages_and_attributes_go_with_their_language(form):
    """An attribute without words is given once; a tip in each language."""
    for row in form.rows:
        if row["class"] == "Q" and row["language"] == "en":
            assert not row["em_validation_q"] + row["num_value_int_only"] + row["date_format"]
    tips = [r["em_validation_q_tip"] for r in form.rows if r["name"] == "staff" and r["class"] == "Q"]
    assert len(set(tips)) == 2
    assert all(tips)


# --- There and back

FREE = ("SYN-0042", "9220", "88.99B", "0", "5", "12.5", "85", "2019", '=1+1; "de l\'eau", été')


def _fill_in(form, draw):
    """One respondent, who answers what the form opens and what it accepts."""
    answers = {}
    for name, question in form.questions.items():
        answers[name] = set() if question["type/scale"] == "M" else ""
        if not form.true(question["relevance"], answers):
            continue
        if question["mandatory"] != "Y" and draw.random() < 0.2:
            continue
        for _ in range(400):
            kind, choices = question["type/scale"], question["choices"]
            if kind == "M":
                answers[name] = set(draw.sample(choices, draw.randint(1, 3)))
            elif kind in "L!":
                answers[name] = draw.choice(choices)
            elif kind == "D":
                answers[name] = "2027-04-01"
            else:
                whole = r"[0-9]+" if question["num_value_int_only"] else r"[0-9]+(\.[0-9]+)?"
                fits = [f for f in FREE if kind != "N" or re.fullmatch(whole, f)]
                answers[name] = draw.choice(fits)
            if _valid(form, question, answers):
                break
        else:
            answers[name] = set() if kind == "M" else ""
    return answers


def _exported(form, people, path):
    """CSV as LimeSurvey writes it with codes: its own columns, boxes in brackets, dates with a clock, blank last line."""
    header = ["id", "submitdate", "lastpage", "startlanguage", "seed"]
    for name, question in form.questions.items():
        multiple = question["type/scale"] == "M"
        header += [f"{name}[{c}]" for c in question["choices"]] if multiple else [name]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        writer.writerow(header)
        for number, answers in enumerate(people, start=1):
            cells = [str(number), "2027-04-01 10:00:00", "12", "fr", "99"]
            for name, question in form.questions.items():
                cell = answers[name]
                if question["type/scale"] == "M":
                    cells += ["Y" if c in cell else "" for c in question["choices"]]
                elif question["type/scale"] == "D" and cell:
                    cells.append(f"{cell} 00:00:00")
                elif question["type/scale"] == "N" and cell:
                    cells.append(f"{float(cell):.10f}")
                else:
                    cells.append(cell)
            writer.writerow(cells)
        stream.write("\r\n")


def test_an_answer_file_of_the_form_is_read_back_with_its_source_alone(form, codebook, tmp_path):
    """No map, no recode: the codes of the form are derived again from the codebook."""
    draw = random.Random(2027)  # noqa: S311
    people = [_fill_in(form, draw) for _ in range(40)]
    path = tmp_path / "2027.csv"
    _exported(form, people, path)
    path.with_suffix(".yml").write_text("source: limesurvey\n", encoding="utf-8")
    wave = harmonise(read_wave(path), codebook)
    assert wave.problems == ()
    assert len(wave.answers) == 40
    for place, answers in enumerate(people):
        row, told = wave.answers.iloc[place], wave.reasons.iloc[place]
        for variable, (name, question) in zip(codebook.asked, form.questions.items(), strict=True):
            cell = answers[name]
            if not cell:
                assert told[variable.name] in ("skipped", "no_answer"), variable.name
            elif cell == "9" and variable.list_name in ("agree5", "degree5"):
                assert told[variable.name] == "dont_know"
            elif question["type/scale"] == "M":
                codes = [c.name for c in codebook.lists[variable.list_name]]
                wanted = {codes[question["choices"].index(c)] for c in cell}
                found = {c for c in codes if bool(row[f"{variable.name}__{c}"])}
                assert found == wanted, variable.name
            else:
                assert told[variable.name] == "answered", variable.name
                if question["type/scale"] == "N":
                    assert float(row[variable.name]) == float(cell)
    blanks = wave.answers.isna().all()
    assert blanks[blanks].empty, "every question was answered by somebody"


# --- What LimeSurvey cannot ask


def test_texts_are_neither_markup_nor_expressions():
    """Braces start an expression there, and texts are HTML."""
    assert shown("a <b> {unit}\n c") == "a &lt;b> { unit} c"


def test_the_same_codebook_gives_the_same_bytes_and_a_question_its_code_in_every_wave(folder, tmp_path):
    """Codes do not hang on what else is asked."""
    first = write_questionnaire(folder, tmp_path / "a", "2027", "limesurvey")
    second = write_questionnaire(folder, tmp_path / "b", "2027", "limesurvey")
    assert first.read_bytes() == second.read_bytes()
    early = write_questionnaire(folder, tmp_path, "2021", "limesurvey")
    assert set(Form(early).questions) < set(Form(first).questions)


def test_a_question_not_asked_yet_is_the_empty_answer_in_a_filter(folder, tmp_path):
    """As in the XLSForm."""
    copy = changed(folder, tmp_path, device1={"since": "2030"})
    form = Form(write_questionnaire(copy, tmp_path, "2027", "limesurvey"))
    hidden = [q for q in form.questions.values() if q["text"].startswith("Attendu, dispositif principal")]
    assert {q["relevance"] for q in hidden} == {"1 == 0"}


@pytest.mark.parametrize(
    "source", ["${tools} = 'sroi'", "'a' < 'b' and", "frequency", "${ladder} > 1", "selected(1, 'a')"]
)
def test_a_sentence_without_an_equivalent_is_refused(source, codebook):
    """Never written half."""
    from dataclasses import replace

    with pytest.raises(UsageError):
        relevance(replace(codebook["staff"], relevant=source), codebook, "2027")


def test_a_pattern_that_limesurvey_cannot_quote_is_refused(codebook):
    """A slash ends its patterns."""
    from dataclasses import replace

    with pytest.raises(UsageError, match="slash"):
        validation(replace(codebook["naf"], constraint="regex(., 'a/b')"), codebook, "2027")


def test_the_command_writes_the_survey_structure(root, tmp_path):
    """``panel-eis questionnaire --wave 2027 --format limesurvey``."""
    given = [
        "questionnaire",
        "--root",
        str(root),
        "--wave",
        "2027",
        "--format",
        "limesurvey",
        "--out",
        str(tmp_path),
    ]
    result = CliRunner().invoke(main, given)
    assert result.exit_code == 0, result.output
    assert result.output.strip() == str(tmp_path / "questionnaire_2027.txt")
