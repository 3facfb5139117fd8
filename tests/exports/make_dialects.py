"""Make the example exports beside this script: the same fictitious answers, as each survey tool would export them.

``python tests/exports/make_dialects.py`` writes them anew, each with the sidecar that reads it. Two organisations answer;
a test row and an unfinished answer are there to be dropped. Columns and codes follow the codebook of this repository,
LimeSurvey's short codes being read from the questionnaire that ``panel-eis questionnaire --format limesurvey`` writes.
"""

import csv
import importlib.util
import io
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LIKERT = [f"{letter}{n}" for letter in "bcde" for n in range(1, 5)] + ["f1", "f2", "f3"]
FIRST = {
    "unit": "SYN-9001", "respondent": "R-9001", "respondent_role": "director", "interview_date": "2027-03-01",
    "mode": "web", "minutes": "24", "legal_form": "association", "legal_category": "9220", "esus": "no", "department": "69M",
    "founded": "1990", "staff": "12", "fte": "9.5", "budget": "1250.5", "frequency": "never",
    "a1": "4", "a2": "5", "a3": "2", "a4": "9", "networks": "none", "support_instruments": "none", "peers": "0",
    "comment": "Évaluée à 50 € ; dit « oui », puis non",
}  # fmt: skip
SECOND = FIRST | {
    "unit": "SYN-9002", "respondent": "R-9002", "frequency": "regular", "formalisation": "tooled", "used_in_decision": "yes",
    "practice_since": "2019", "tools": "dashboard sroi", "networks": "net_a net_b", "networks_service": "net_a",
    "peers": "2", "demand": "requested", "comment": "",
    **dict.fromkeys(LIKERT, "4"),
}  # fmt: skip
TEST = FIRST | {"unit": "TEST-0001", "respondent": "R-9009"}
HALF = FIRST | {"unit": "SYN-9003", "respondent": "R-9003"}
ROWS = (FIRST, SECOND, TEST, HALF)


def beside(name):
    """A script of this folder as a module."""
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def text(rows, encoding="utf-8", **dialect):
    """Bytes of a text file."""
    stream = io.StringIO()
    csv.writer(stream, **{"lineterminator": "\n", **dialect}).writerows(rows)
    return stream.getvalue().encode(encoding)


class Asked:
    """The questions of the codebook, as tables."""

    def __init__(self):
        with (ROOT / "data" / "codebook" / "survey.csv").open(encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        with (ROOT / "data" / "codebook" / "choices.csv").open(encoding="utf-8") as stream:
            self.choices = list(csv.DictReader(stream))
        self.questions, group = [], ""
        for row in rows:
            group = row["name"] if row["type"] == "begin_group" else group
            if row["type"] not in ("begin_group", "end_group", "note", "calculate"):
                self.questions.append(row | {"group": f"group_{group}"})

    def list_of(self, question):
        """Choices of a question."""
        return [c for c in self.choices if c["list_name"] == question["type"].partition(" ")[2]]

    def label(self, question, code):
        """French label of an answer."""
        return next((c["label::fr"] for c in self.list_of(question) if c["name"] == code), code)


def limesurvey(asked, *, full):
    """LimeSurvey: codes or full texts; one column a box; metadata before the answers."""
    sys.path.insert(0, str(ROOT / "src"))
    from panel_eis.codebook import read_codebook
    from panel_eis.questionnaire import survey_text

    folder = ROOT / "data" / "codebook"
    form = io.StringIO(survey_text(read_codebook(folder), folder, "2027").removeprefix("\ufeff"))
    rows = [r for r in csv.DictReader(form, dialect="excel-tab") if r["language"] == "fr"]
    codes, short, name = iter(asked.questions), {}, ""
    for row in rows:
        if row["class"] == "Q":
            question = next(codes)
            name, left = question["name"], iter(asked.list_of(question))
            short[name] = row["name"]
        elif row["class"] in ("A", "SQ"):
            short[name, next(left)["name"]] = row["name"]
    names = (
        "Response ID",
        "Date submitted",
        "Last page",
        "Start language",
        "Seed",
        "Date started",
        "Date last action",
    )
    header = (
        list(names)
        if full
        else ["id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp"]
    )
    columns = []
    for question in asked.questions:
        shown = question["label::fr"] if full else short[question["name"]]
        if question["type"].startswith("select_multiple"):
            for choice in asked.list_of(question):
                part = choice["label::fr"] if full else short[question["name"], choice["name"]]
                header.append(f"{shown} [{part}]" if full else f"{shown}[{part}]")
                columns.append((question, choice["name"]))
        else:
            header.append(shown)
            columns.append((question, ""))
    lines = [header]
    for number, row in enumerate(ROWS, start=1):
        end = "" if row is HALF else f"2027-03-01 10:0{number}:00"
        cells = [str(number), end, "3" if row is HALF else "12", "fr", "1234567", "2027-03-01 09:40:00", end]
        lines.append(
            cells + [limesurvey_cell(row, q, box, asked, {} if full else short) for q, box in columns]
        )
    return lines


def limesurvey_cell(row, question, box, asked, short):
    """One cell: a box, a label or its short code, a date with a clock, a number with the zeros of the database."""
    cell = row.get(question["name"], "")
    if not cell:
        return ""
    if box:
        yes, no = ("Y", "") if short else ("Oui", "Non")
        return yes if box in cell.split() else no
    if question["type"].startswith("select_one"):
        return short[question["name"], cell] if short else asked.label(question, cell)
    if question["type"] == "date":
        return f"{cell} 00:00:00"
    return f"{float(cell):.10f}" if question["type"] == "decimal" else cell


def kobo(asked, *, whole, split, mark="/"):
    """KoboToolbox or ODK Central: groups before names; several choices in one cell, in boxes, or both."""
    odk = mark == "-"
    header, columns = ["SubmissionDate"] if odk else ["start", "end"], []
    for question in asked.questions:
        name = f"{question['group']}{mark}{question['name']}"
        multiple = question["type"].startswith("select_multiple")
        if whole or not multiple:
            header.append(name)
            columns.append((question["name"], ""))
        if split and multiple:
            for choice in asked.list_of(question):
                header.append(f"{name}/{choice['name']}")
                columns.append((question["name"], choice["name"]))
    after = (
        ["meta-instanceID", "KEY", "ReviewState"]
        if odk
        else ["__version__", "_id", "_uuid", "_submission_time"]
    )
    lines = [[*header, *after]]
    earlier = SECOND | {"tools": "sroi", "comment": "", "minutes": ""}
    for number, row in enumerate((FIRST, earlier, SECOND, TEST), start=1):
        stamp = f"2027-03-01T10:0{number}:00.000+01:00"
        cells = [stamp] if odk else [stamp, stamp]
        for name, box in columns:
            cell = row.get(name, "")
            cells.append(("1" if box in cell.split() else "0") if box and cell else cell)
        uuid = f"00000000-0000-4000-8000-00000000000{number}"
        cells += [f"uuid:{uuid}"] * 2 + [""] if odk else [f"vA{number % 2}", str(number), uuid, stamp[:19]]
        lines.append(cells)
    return lines


def qualtrics(asked):
    """Qualtrics: names, wording and ImportIds; several choices in one cell, with commas."""
    names = [
        "StartDate",
        "EndDate",
        "Status",
        "Progress",
        "Finished",
        "RecordedDate",
        "ResponseId",
        "UserLanguage",
    ]
    questions = [q["name"] for q in asked.questions]
    ids = [f'{{"ImportId":"{n}"}}' for n in [*names, *(f"QID{i}" for i in range(1, len(questions) + 1))]]
    lines = [names + questions, names + [q["label::fr"] for q in asked.questions], ids]
    for number, row in enumerate(ROWS, start=1):
        stamp = f"2027-03-01 10:0{number}:00"
        done = ("42", "0") if row is HALF else ("100", "1")
        cells = [row.get(q["name"], "") for q in asked.questions]
        cells = [
            c.replace(" ", ",") if q["type"].startswith("select_multiple") else c
            for c, q in zip(cells, asked.questions, strict=True)
        ]
        status = "Survey Preview" if row is TEST else "IP Address"
        lines.append([stamp, stamp, status, *done, stamp, f"R_{number}", "FR", *cells])
    return lines


def sphinx(asked):
    """Le Sphinx: labels, several in one cell, French numbers and dates."""
    lines = [[q["name"] for q in asked.questions]]
    for row in ROWS[:3]:
        cells = []
        for question in asked.questions:
            cell = row.get(question["name"], "")
            kind = question["type"].partition(" ")[0]
            if kind in ("select_one", "select_multiple") and cell:
                parts = cell.split() if kind == "select_multiple" else [cell]
                cell = " / ".join(asked.label(question, part) for part in parts)
            elif kind == "date":
                cell = "/".join(reversed(cell.split("-")))
            elif kind == "decimal":
                cell = cell.replace(".", ",")
            cells.append(cell)
        lines.append(cells)
    return lines


SIDECARS = {
    "limesurvey": "source: limesurvey\ntest_rows: {unit: TEST-*}\n",
    "limesurvey-text": "source: limesurvey\nlabels: yes\ntest_rows: {unit: TEST-*}\n",
    "kobo": "source: kobo\ntest_rows: {unit: TEST-*}\nduplicates: most_complete\n",
    "kobo-cells": "source: kobo\ntest_rows: {unit: TEST-*}\nduplicates: last\n",
    "odk": "source: odk\ntest_rows: {unit: TEST-*}\nduplicates: last\n",
    "qualtrics": "source: qualtrics\ntest_rows: {Status: Survey Preview}\n",
    "sphinx": 'source: sphinx\njoiner: " / "\ntest_rows: {unit: TEST-*}\n',
}


def make(folder):
    """Write all the examples and their sidecars."""
    asked, workbook = Asked(), beside("make_exports")
    survey = text(
        limesurvey(asked, full=False),
        "utf-8-sig",
        quoting=csv.QUOTE_ALL,
        lineterminator="\r\n",
    )
    files = {
        "limesurvey.csv": survey + b"\r\n",
        "limesurvey-text.xlsx": workbook.xlsx({"Réponses": wide(workbook, limesurvey(asked, full=True))}),
        "kobo.csv": text(kobo(asked, whole=True, split=True), delimiter=";", quoting=csv.QUOTE_ALL),
        "kobo-cells.xlsx": workbook.xlsx({"Panel EIS": wide(workbook, kobo(asked, whole=True, split=False))}),
        "odk.csv": text(kobo(asked, whole=False, split=True, mark="-")),
        "qualtrics.csv": text(qualtrics(asked), "utf-8-sig"),
        "sphinx.csv": text(sphinx(asked), "cp1252", delimiter=";", lineterminator="\r\n"),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    for name, content in SIDECARS.items():
        (folder / f"{name}.yml").write_text(content, encoding="utf-8")
    return sorted(files)


def wide(workbook, rows):
    """Sheet of rows of text wider than ``ZZ``."""

    def letter(place):
        rest = place
        name = ""
        while rest >= 0:
            rest, digit = divmod(rest, 26)
            name, rest = chr(65 + digit) + name, rest - 1
        return name

    workbook.letter = letter
    return workbook.xlsx_rows(rows)


if __name__ == "__main__":
    sys.stdout.write("".join(f"{name}\n" for name in make(HERE)))
