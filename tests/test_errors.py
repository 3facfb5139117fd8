"""Messages exist in both languages, say the place, and never print what must stay hidden."""

import ast
import json
import re
import string

import pytest

from panel_eis.errors import Problem, catalogue, report
from panel_eis.problem_reports import as_json


def test_every_message_exists_in_both_languages_with_the_same_blanks():
    """One catalogue; a sentence that lacks a language or a blank would fail only in front of a user."""
    for code, row in catalogue().items():
        for part in ("expected", "hint"):
            blanks = [
                {name for _, name, _, _ in string.Formatter().parse(row[f"{part}_{lang}"]) if name}
                for lang in ("fr", "en")
            ]
            blanks = [{re.sub(r"_(fr|en)$", "", name) for name in b} for b in blanks]
            assert blanks[0] == blanks[1], code
            assert bool(row[f"{part}_fr"]) == bool(row[f"{part}_en"]), code
        assert row["expected_fr"], code


def test_every_code_raised_in_the_source_has_a_message_and_every_message_is_raised(root):
    """No message without its rule, no rule without its message."""
    raised = set()
    for path in (root / "src" / "panel_eis").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                raised.update(re.findall(r"^([CEW]-[A-Z-]+)(?:\||$)", node.value))
    raised.discard("E-SCHEMA-")
    assert raised == {code for code in catalogue() if not code.startswith("S-")}


def test_the_same_rule_on_the_same_column_is_told_once_with_its_count():
    """Fourteen bad rows are one problem to mend."""
    problems = [
        Problem("E-REQUIRED", "data/waves/2025.csv", row, "staff", f"SYN-{row:04}", "")
        for row in range(2, 16)
    ]
    text = report(problems, "en")
    assert text.startswith("data/waves/2025.csv: 1 problem\n")
    assert "14 times in all (also: 3, 4…)" in text


def test_a_value_that_must_stay_hidden_is_not_printed():
    """Open text may hold a name."""
    problem = Problem(
        "E-CONSTRAINT",
        "f.csv",
        3,
        "comment",
        "SYN-0001",
        "Jeanne Martin",
        {"message_fr": "x", "message_en": "x"},
        hidden=True,
    )
    assert "Jeanne" not in report([problem], "en") + report([problem], "fr")


def test_control_characters_cannot_reach_the_terminal():
    """A cell may hold an escape sequence."""
    problem = Problem("E-REQUIRED", "f.csv", 3, "x", None, "a\x1b[31mb")
    assert "\x1b" not in report([problem], "en")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_report_says_file_row_column_unit_value_expected_and_hint(lang):
    """All that is needed to mend it."""
    problem = Problem(
        "E-CODE", "data/waves/2025.csv", 48, "q12", "SYN-0042", "6", {"known": "1, 2, 3, 4, 5", "near": ""}
    )
    text = report([problem], lang)
    for part in ("data/waves/2025.csv", "48", "q12", "SYN-0042", "6", "1, 2, 3, 4, 5", "→"):
        assert part in text


def test_one_fault_of_many_columns_is_told_once_with_their_names():
    """A wave whose header is foreign lacks a hundred columns; three are told one by one."""
    absent = [
        Problem("E-COLUMN-ABSENT", "data/waves/2027.csv", column=f"q{k}", details={"wave": "2027"})
        for k in range(40)
    ]
    told = report(absent, "en")
    assert told.count("E-COLUMN-ABSENT") == 1
    assert "40 columns" in told
    assert all(f"q{k}" in told for k in range(40))
    assert report(absent[:3], "fr").count("E-COLUMN-ABSENT") == 3


def test_what_the_text_tells_as_one_has_one_group_in_json():
    """A program gets each column by itself, and knows which ones are one fault; the order is that of the text."""
    file = "data/waves/2027.csv"
    absent = [Problem("E-COLUMN-ABSENT", file, column=f"q{k}", details={"wave": "2027"}) for k in range(4)]
    cells = [Problem("E-REQUIRED", file, row, "staff", f"SYN-{row:04}", "") for row in (4, 7)]
    warning = Problem("W-NEW-UNIT", file, 3, "unit", "SYN-9", "SYN-9", {"wave": "2027", "near": ""})
    told = json.loads(as_json([warning, *cells, *absent], 1))["problems"]
    assert [(p["group"], p["code"], p["column"], p["count"]) for p in told] == [
        (1, "E-REQUIRED", "staff", 2),
        *((2, "E-COLUMN-ABSENT", f"q{k}", 1) for k in range(4)),
        (3, "W-NEW-UNIT", "unit", 1),
    ]
    text = report([warning, *cells, *absent], "en")
    heads = [line.split()[0] for line in text.splitlines() if line.startswith("  ") and line[2] != " "]
    assert heads == [p["code"] for k, p in enumerate(told) if k == 0 or p["group"] != told[k - 1]["group"]]
    fewer = json.loads(as_json(absent[:3], 1))["problems"]
    assert [p["group"] for p in fewer] == [1, 2, 3]
