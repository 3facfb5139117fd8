"""Open text is hostile: no writer of ours lets it become markup, a shortcode, a formula, YAML or a file name."""

import csv
import html.parser
import io
import json
import re
import zipfile

import pandas as pd
import pypandoc
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from panel_eis.errors import UsageError
from panel_eis.exhibits import Exhibit, _fold, _shown
from panel_eis.files import csv_text, neutralised, write_csv
from panel_eis.questionnaire import write_questionnaire
from panel_eis.synthetic.case_studies import _quoted
from panel_eis.tables import escape_attribute, escape_html, escape_markdown, html_table, pipe_table
from panel_eis.wording import fill

PIECES = (
    "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "a;=1+1", "a\n=1+1", " =1", "\u00a0=1", "\uff1d1",
    "<script>alert(1)</script>", "<img src=x onerror=a>", "&lt;b&gt;", "</pre>", "-->", "{{< include /etc/passwd >}}",
    "{{< env HOME >}}", "```", "~~~", "`code`", "$x$", "[a](javascript:x)", "![a](b)", "@cite", "#h", "# h", "---", "...",
    "a: b", "- x", "*b*", "_i_", "|", "||", "\\", '"', "'", "{.cls}", "{=html}", "^a^", "[^1]", "<http://a.b>", "\u2028", "\x85",
    "\x0b", "\x00", "!tag", "&x", "*x", "%Y", "../", "é", " ", "\n", "\n\n", "\r\n", ":::", "1. x", "0", "Jeanne",
)  # fmt: skip
HOSTILE = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=6).map("".join)
DANGER = re.compile(r"[\s\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]")
NUMBER = re.compile(r"[+-]?[0-9][0-9 \u00a0\u202f.,]*")


def _opens_a_formula(cell):
    return bool(DANGER.match(cell)) and not NUMBER.fullmatch(cell)


@given(HOSTILE, HOSTILE)
@example("a;=1+1", "x")
@example("a\n-1+HYPERLINK()", "=1")
@example("a\rb", "\r\r")
def test_a_csv_has_no_formula_whatever_a_spreadsheet_takes_for_a_separator(text, name):
    """Comma, semicolon, tab or bar; quoted or not; names of columns too."""
    frame = pd.DataFrame({name: [text, "5"], "other": [-1.5, 2.0]})
    written = csv_text(frame)
    rows = list(csv.reader(io.StringIO(written, newline="")))
    assert not any(_opens_a_formula(cell) for cell in (rows[0][0], rows[1][0]))
    assert neutralised(text).replace("'", "") == text.replace("'", "")
    for line in re.split(r"[\r\n]", written):
        for cell in re.split(r"[;|\t]", line)[1:]:
            assert not _opens_a_formula(cell.split(",")[0] if NUMBER.fullmatch(cell.split(",")[0]) else cell)


@pytest.mark.parametrize(
    "text", ["", "-12", "+3", "-1,5", "12 000", "1-9", "SYN-0042", "a - b", "2021", "x@y"]
)
def test_numbers_codes_and_prose_are_written_as_they_are(text):
    """The cure is for formulas alone."""
    assert neutralised(text) == text


def test_a_category_and_an_index_are_neutralised_too(tmp_path):
    """Every dtype that may hold text, and two columns of one name."""
    frame = pd.DataFrame({"a": pd.Categorical(["=1"]), "b": pd.array(["@x"], dtype="string")}, index=["+y"])
    frame.columns = ["a", "a"]
    write_csv(tmp_path / "x.csv", frame, index=True, private=True)
    assert (tmp_path / "x.csv").read_text(encoding="utf-8").splitlines()[1] == "'+y,'=1,'@x"
    assert (tmp_path / "x.csv").stat().st_mode & 0o077 == 0
    assert frame.iloc[0, 0] == "=1"


class _Tags(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found, self.attributes = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}


@given(HOSTILE)
def test_an_html_table_has_no_tag_but_its_own_and_cannot_end_the_raw_block(text):
    """Cells, names, caption; a fence or a shortcode would hand the rest of the page to Markdown."""
    shown = html_table(pd.DataFrame({text: [text], "b": [text]}), text)
    tags = _Tags(shown)
    assert tags.found == {"div", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert tags.attributes == {"class", "role", "aria-label", "tabindex", "scope"}
    assert "```" not in shown
    assert "~~~" not in shown
    assert "{{<" not in shown
    assert "\n" not in shown


@given(HOSTILE)
def test_the_code_of_an_exhibit_cannot_end_the_raw_block(text):
    """A line of three backquotes in a file of ``analyses/``."""
    shown = escape_html(text, lines=True)
    assert not re.search(r"```|~~~|\{\{<|<", shown)


def _kinds(node):
    if isinstance(node, dict):
        if "t" in node:
            yield node["t"]
        for value in node.values():
            yield from _kinds(value)
    elif isinstance(node, list):
        for value in node:
            yield from _kinds(value)


def _plain(node):
    if isinstance(node, dict):
        if node.get("t") == "Str":
            yield node["c"]
        for value in node.values():
            yield from _plain(value)
    elif isinstance(node, list):
        for value in node:
            yield from _plain(value)


HARMLESS = {
    "Str", "Space", "SoftBreak", "Quoted", "SingleQuote", "DoubleQuote", "Plain", "Para", "Table", "AlignLeft", "AlignRight",
    "AlignDefault", "ColWidth", "ColWidthDefault", "Div",
}  # fmt: skip


@settings(max_examples=5, deadline=None)
@given(st.lists(HOSTILE.filter(str.strip), min_size=30, max_size=40))
def test_a_cell_of_a_page_is_text_to_pandoc_and_holds_no_shortcode(texts):
    """No raw HTML, link, image, code, maths, citation, emphasis; one cell stays one cell."""
    table = pipe_table(pd.DataFrame({"a": texts, "b": ["z"] * len(texts)}), "C", "tbl-x")
    assert "{{<" not in table
    parsed = json.loads(pypandoc.convert_text(table, "json", format="markdown"))
    assert set(_kinds(parsed["blocks"])) <= HARMLESS
    assert sum(word == "z" for word in _plain(parsed["blocks"])) >= len(texts)
    assert parsed["meta"] == {}


@settings(max_examples=5, deadline=None)
@given(st.lists(HOSTILE, min_size=30, max_size=40))
def test_a_text_that_enters_a_sentence_stays_text(texts):
    """Captions and reading notes are Markdown; what fills their blanks is not."""
    lines = [fill("Mot {word} dit.", {"word": escape_markdown(text)}, "fr") for text in texts]
    parsed = json.loads(pypandoc.convert_text("\n\n".join(lines), "json", format="markdown"))
    assert set(_kinds(parsed["blocks"])) <= HARMLESS
    assert len(parsed["blocks"]) == len(texts)


@settings(max_examples=5, deadline=None)
@given(st.lists(HOSTILE, min_size=30, max_size=40))
def test_an_alternative_text_cannot_leave_its_attribute(texts):
    """Nor add a class, nor end the image."""
    page = "\n\n".join(f'![C](x.png){{fig-alt="Mot {escape_attribute(text)} dit."}}' for text in texts)
    assert "{{<" not in page
    parsed = json.loads(pypandoc.convert_text(page, "json", format="markdown"))
    images = [node["c"][0] for node in _nodes(parsed["blocks"]) if node.get("t") == "Image"]
    assert len(images) == len(parsed["blocks"]) == len(texts)
    for identifier, classes, attributes in images:
        assert (identifier, classes, [name for name, _ in attributes]) == ("", [], ["fig-alt"])
        assert attributes[0][1].startswith("Mot ")
        assert attributes[0][1].endswith(" dit.")


def _nodes(node):
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _nodes(value)


class _Words:
    """A study of two waves, for fragments."""

    waves, synthetic = ("2021", "2023"), True


@settings(max_examples=25, deadline=None)
@given(HOSTILE)
def test_the_fragment_of_a_table_holds_hostile_data_as_text(tmp_path_factory, text):
    """Table, fold, download and code together: no tag but ours, no shortcode, no formula in the file offered."""
    module = type("Module", (), {"display": staticmethod(lambda data, *_: data)})
    path = tmp_path_factory.mktemp("x") / "tbl_x.py"
    path.write_text(f"'''{text}'''", encoding="utf-8", errors="replace")
    exhibit = Exhibit("tbl-x", "tbl", path, {}, module)
    shown = _shown(
        exhibit,
        pd.DataFrame({"a": [text], "b": ["z"]}),
        {"caption": "C", "reading": "R", "base": "B"},
        _Words,
        "fr",
    )
    fold = _fold(exhibit, pd.DataFrame({"a": [text]}), "", "fr")
    assert "{{<" not in shown + fold
    assert (shown + fold).count("```") == 2
    assert "script" not in _Tags(fold).found
    assert "img" not in _Tags(fold).found


@given(HOSTILE.filter(lambda text: text.isprintable() or "\n" in text))
def test_a_quoted_text_of_a_front_matter_is_read_back_as_it_was(text):
    """YAML finds one text, never a tag, an anchor or a second key."""
    if not all(c.isprintable() or c in "\n\r\t" for c in text):
        return
    assert yaml.safe_load(f"title: {_quoted(text)}\nsynthetic: true") == {"title": text, "synthetic": True}


@given(HOSTILE)
def test_no_text_becomes_a_file_name(root, text):
    """A wave is named by its year; anything else is refused before a path is made."""
    if re.fullmatch(r"[0-9]{4}[a-z]?", text):
        return
    with pytest.raises(UsageError):
        write_questionnaire(root / "data" / "codebook", root / "build" / "never", text)
    assert not (root / "build" / "never").exists()


@settings(max_examples=20, deadline=None)
@given(HOSTILE.filter(lambda text: text.strip()))
def test_a_cell_of_a_workbook_is_a_text_and_never_a_formula(text):
    """What the questionnaire writes; the annotated copy of a wave has its own tests."""
    from panel_eis.questionnaire.xlsform import plain, workbook_bytes

    content = zipfile.ZipFile(io.BytesIO(workbook_bytes({"survey": [(plain(text),)]})))
    sheet = content.read("xl/worksheets/sheet1.xml").decode()
    assert "<f" not in sheet.replace("<freeze", "")
