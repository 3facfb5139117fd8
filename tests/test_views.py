"""Tables in the formats of other people's documents: the same cells, caption and notes, and nothing that runs."""

import html.parser
import json
import re
import shutil
import subprocess

import pandas as pd
import pypandoc
import pytest
import typst
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from panel_eis.cli import main
from panel_eis.cli.views import _FORMATS
from panel_eis.errors import UsageError
from panel_eis.exhibits import products
from panel_eis.pieces import KINDS, Asked, pieces
from panel_eis.tables import escape_markdown, pipe_table
from panel_eis.views import FORMATS, view
from test_hostile_text import HOSTILE

READERS = {
    "latex": "latex+raw_tex", "typst": "typst", "html": "html", "markdown": "markdown", "docx": "docx",
}  # fmt: skip
CELLS = pd.DataFrame({
    "Régresseur": ["Réseau avec service, intra", "…et financée", "a_b & 5 % #1", "R²"],
    "Intra–inter": ["−0,49 (4,52)", "+0,54 (3,84)", "$x$ \\input{y}", "≥ 0,28"],
})  # fmt: skip
NOTE = "*Lecture*\u00a0: erreurs groupées.\\\n*Champ*\u00a0: 300 réponses.\\\n*Source*\u00a0: **données synthétiques**."
CAPTION = "Réseau\u00a0: de −0,5 à +4,6 points."


def fragment(cells=CELLS, caption=CAPTION, label="tbl-x"):
    """As a page includes it, with a figure and a fold that are not for others."""
    fold = "```{=html}\n<details><pre>&lt;code&gt;</pre></details>\n```\n"
    note = f"::: {{.exhibit-note}}\n{NOTE}\n:::\n"
    return f"{pipe_table(cells, caption, label)}\n![Image](x.png){{#fig-x}}\n\n{note}\n{fold}"


def made(fmt, source=None, *, standalone=False):
    return pieces([Asked(source or fragment(), fmt, "fr", standalone)])[0]


def parsed(content, fmt, tmp_path):
    """The piece read by pandoc, which knows nothing of what wrote it."""
    file = tmp_path / f"x.{KINDS[fmt].suffix}"
    file.write_bytes(content)
    return json.loads(pypandoc.convert_file(str(file), "json", format=READERS[fmt]))["blocks"]


def nodes(tree):
    if isinstance(tree, dict):
        if "t" in tree:
            yield tree
        for value in tree.values():
            yield from nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from nodes(value)


def plain(tree):
    """Letters of a part, without blanks: formats differ in those, and some write signs as formulas."""
    said = "".join(
        n["c"] if n["t"] == "Str" else n["c"][1] if n["t"] in ("Math", "Code") else "" for n in nodes(tree)
    )
    for command, sign in (("\\geq", "≥"), ("-", "−")):
        said = said.replace(command, sign)
    return re.sub(r"[\s\u200b]|\\ensuremath|[{}]", "", said)


RUNS = {
    "RawBlock",
    "RawInline",
    "Link",
    "Image",
    "Cite",
    "Header",
    "CodeBlock",
    "BulletList",
    "OrderedList",
    "Code",
}
LAYOUT = {
    "\\noalign", "\\toprule", "\\bottomrule", "\\endfirsthead", "\\endhead", "\\endlastfoot", "\\begingroup",
    "\\endgroup", "\\footnotesize", "\\noindent", "\\raggedright", "\\raggedleft", "\\arraybackslash",
}  # fmt: skip


def runs(blocks):
    """Whatever is not text, but for the rules of a longtable and our note (the reader takes what follows for their argument)."""
    found = [n for n in nodes(blocks) if n["t"] in RUNS]
    own = {command for n in found for command in re.findall(r"\\[a-z]+", str(n["c"][1]))} - LAYOUT
    letters_of_pandoc = {command for command in own if re.match(r"\\text[a-z]+", command)}
    return [n for n in found if not n["t"].startswith("Raw")] + sorted(own - letters_of_pandoc)


def rows_of(table):
    """Cells of the header and of the body."""
    head, bodies = table["c"][3], table["c"][4]
    told = [*head[1], *(row for body in bodies for row in (*body[2], *body[3]))]
    rows = [[plain(cell[4]) for cell in row[1]] for row in told]
    # a longtable with a caption has its header twice, for the first page and for the others
    return len(head[1]), [row for i, row in enumerate(rows) if i == 0 or row != rows[0]]


def letters(text):
    return re.sub(r"\s", "", str(text)).replace("-", "−").replace("{", "").replace("}", "")


@pytest.mark.parametrize("fmt", READERS)
def test_every_format_has_the_cells_the_header_the_caption_and_the_notes(fmt, tmp_path):
    """Read back by another reader; image, fold and number of the page stay on the page."""
    blocks = parsed(made(fmt), fmt, tmp_path)
    (table,) = [n for n in nodes(blocks) if n["t"] == "Table"]
    heads, rows = rows_of(table)
    assert heads == 1
    assert rows == [[letters(c) for c in CELLS.columns], *([letters(c) for c in row] for row in CELLS.values)]
    whole = plain(blocks)
    assert letters(CAPTION) in whole
    assert letters("Lecture : erreurs groupées.Champ : 300 réponses.Source : données synthétiques.") in whole
    assert "details" not in whole
    assert not runs(blocks)


def test_the_piece_of_a_web_page_has_scopes_and_a_caption():
    """What a screen reader announces."""

    class Tags(html.parser.HTMLParser):
        def __init__(self, text):
            super().__init__()
            self.scopes, self.tags = [], []
            self.feed(text)

        def handle_starttag(self, tag, attrs):
            self.tags.append(tag)
            self.scopes += [value for name, value in attrs if name == "scope"]

    found = Tags(made("html").decode())
    assert found.scopes == ["col"] * 2 + ["row"] * len(CELLS)
    assert found.tags.count("caption") == 1
    assert "td" in found.tags


def test_a_word_document_repeats_the_header_of_its_table_and_bears_no_time(tmp_path):
    """On each page; the same bytes on every run."""
    content = made("docx")
    assert content == made("docx")
    (tmp_path / "x.docx").write_bytes(content)
    xml = subprocess.run(
        ["unzip", "-p", tmp_path / "x.docx", "word/document.xml"], capture_output=True, text=True, check=True
    ).stdout
    assert "<w:tblHeader" in xml


@pytest.mark.parametrize("standalone", [False, True])
def test_typst_takes_the_piece(standalone):
    """As a piece, and as a document."""
    assert typst.compile(made("typst", standalone=standalone)).startswith(b"%PDF")


@pytest.mark.parametrize("standalone", [False, True])
def test_latex_takes_the_piece_and_the_oldest_of_its_programs_too(tmp_path, standalone):
    """With the packages that its first line names."""
    program = shutil.which("pdflatex")
    if not program:
        pytest.skip("pdflatex is not here (Debian: apt-get install texlive-latex-recommended lmodern)")
    text = made("latex", standalone=standalone).decode()
    if not standalone:
        packages = re.match(r"% (\\usepackage\{[\w,]+\})\n", text)[1]
        text = f"\\documentclass{{article}}{packages}\\begin{{document}}\n{text}\\end{{document}}"
    (tmp_path / "x.tex").write_text(text, encoding="utf-8")
    run = subprocess.run(
        [program, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "x.tex"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout.decode(errors="replace")[-1500:]


@settings(max_examples=4, deadline=None)
@example(
    texts=[
        "\\input{/etc/passwd}",
        '#import "x"',
        '#read("/etc/passwd")',
        "<script>x</script>",
        "$\\x$",
        "+ x",
        "- x",
        "1. x",
        "= h",
        "/ x: y",
    ]
)
@example(
    texts=["=1+1"] * 7 + ["=1+1=1+1=1+1<script>alert(1)</script>{{< include /etc/passwd >}}"]
)  # columns with widths
@given(texts=st.lists(HOSTILE.filter(str.strip), min_size=8, max_size=12))
@pytest.mark.parametrize("fmt", READERS)
def test_hostile_text_is_text_in_each_format(tmp_path_factory, fmt, texts):
    """Neither a command, nor an image, nor a cell too many; Typst makes a document of it."""
    cells = pd.DataFrame({"a": texts, "b": ["z"] * len(texts)})
    content = made(fmt, fragment(cells, escape_markdown(texts[0]) or "C"))
    blocks = parsed(content, fmt, tmp_path_factory.mktemp("x"))
    (table,) = [n for n in nodes(blocks) if n["t"] == "Table"]
    _, rows = rows_of(table)
    assert [row[1] for row in rows[1:]] == ["z"] * len(texts)
    assert not runs(blocks)
    if fmt == "typst":
        typst.compile(content, ignore_system_fonts=True)
    if fmt == "html":
        assert not re.search(
            r"<(?!/?(table|caption|thead|tbody|tr|th|td|div|p|em|strong|br)\b)", content.decode()
        )


@pytest.fixture
def whole(tmp_path):
    """A project whose build wrote one table and one figure."""
    out = tmp_path / "build" / "exhibits"
    (tmp_path / "analyses").mkdir()
    for label in ("tbl-x", "fig-x"):
        (tmp_path / "analyses" / f"{label.replace('-', '_')}.py").touch()
        text = "# Synthetic data\nwave,share,note\n2021,0.123456,=x\n2023,-0.5,\n2025,12,b\n"
        for lang in ("fr", "en"):
            (out / lang).mkdir(parents=True, exist_ok=True)
            (out / lang / f"{label}.md").write_text(fragment(), encoding="utf-8")
        (out / f"{label}.csv").write_text(text, encoding="utf-8")
        (out / f"{label}.json").write_text(
            json.dumps({"caption": {"fr": "Titre", "en": "Title"}}), encoding="utf-8"
        )
    return tmp_path


def test_a_figure_gives_its_data_and_a_table_too_when_asked(whole):
    """Numbers in the digits of the language; the table itself stays out."""
    french, english = (view(whole, "fig-x", "markdown", lang).decode() for lang in ("fr", "en"))
    assert "0,1235" in french
    assert "\u22120,5" in french
    assert "0.1235" in english
    assert ": Title {#fig-x}" in english
    assert "Régresseur" not in french
    assert "données synthétiques" in french
    assert "Régresseur" in view(whole, "tbl-x", "markdown", "fr").decode()
    assert "0,1235" in view(whole, "tbl-x", "html", "fr", data=True).decode()
    assert view(whole, "fig-x", "csv", "fr") == (whole / "build" / "exhibits" / "fig-x.csv").read_bytes()


@pytest.mark.parametrize(
    ("label", "fmt", "said"),
    [("tbl-xx", "latex", "tbl-x"), ("tbl-x", "latx", "latex"), ("tbl-z", "csv", "not built")],
)
def test_what_there_is_none_of_is_refused_with_the_nearest(whole, label, fmt, said):
    """A label, a format, a file that no build wrote."""
    (whole / "analyses" / "tbl_z.py").touch()
    with pytest.raises(UsageError, match=said):
        view(whole, label, fmt, "fr")


def test_the_command_writes_what_the_suffix_says(whole):
    """Or says what it needs to know, in the language of who reads."""

    def run(*arguments):
        return CliRunner().invoke(main, ["table", "--root", str(whole), "--lang", "fr", *map(str, arguments)])

    file = whole / "x.tex"
    assert run("tbl-x", "--output", file).exit_code == 0
    assert file.read_bytes() == view(whole, "tbl-x", "latex", "fr")
    assert "| Régresseur" in run("tbl-x").output
    refused = run("tbl-x", "--output", whole / "x.pdf")
    assert refused.exit_code == 2
    assert "--format" in refused.output
    assert "ne dit pas" in refused.output
    assert "--output" in run("tbl-x", "--format", "docx").output
    assert set(_FORMATS) == set(FORMATS)


@pytest.mark.parametrize("label", ["tbl-model", "fig-model", "fig-robustness"])
def test_the_tidy_file_of_a_model_states_what_its_numbers_rest_on(as_built, label):
    """Estimator, weights, clusters, rows, organisations, switchers, what is done with gaps; complete in every row."""
    rows = pd.read_csv(as_built / "exhibits" / f"{label}.csv", comment="#").dropna(subset="estimate")
    needed = {"estimator", "clusters", "n_rows", "n_units", "n_switchers", "missing", "errors"}
    assert {*needed, "weights", "conf_low", "conf_high"} <= set(rows)
    assert rows[sorted(needed)].notna().all().all()
    assert (rows["n_units"] <= rows["n_rows"]).all()


def test_each_table_of_the_report_can_be_taken_away_from_its_page(as_built, root):
    """Files beside the fragment, links under the table, copies in the site."""
    for lang in ("fr", "en"):
        page = (as_built / "site" / "paper" / lang / "report.html").read_text(encoding="utf-8")
        offered = re.findall(r'href="([^"]*/tbl-[^"]*\.(?:tex|docx))"', page)
        assert len(offered) >= 10
        for href in offered:
            assert (as_built / "site" / "paper" / lang / href).is_file()
    assert {p.suffix for p in products("tbl-model", as_built)} == {".csv", ".json", ".tex", ".docx", ".md"}
