"""What the second renderer does not know stops it, with file, line and name: nothing is dropped in silence."""

import re
import shutil

import pytest

from panel_eis import render
from panel_eis.errors import RenderError
from render_project.making import ROOT, make_project

PICTURE = "../../build/exhibits/en/fig-ladder"


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("pristine"))


@pytest.fixture
def project(pristine):
    """The test project, with a page that a test writes and that goes away after it."""
    settings = (pristine / "_quarto.yml").read_text(encoding="utf-8")
    yield pristine
    (pristine / "paper" / "en" / "try.qmd").unlink(missing_ok=True)
    (pristine / "paper" / "en" / "part.md").unlink(missing_ok=True)
    (pristine / "_quarto.yml").write_text(settings, encoding="utf-8")


def _page(project, body, front="format: html"):
    page = project / "paper" / "en" / "try.qmd"
    page.write_text(f"---\ntitle: Try\n{front}\n---\n\nFirst.\n\n{body}\n", encoding="utf-8")
    return page


def _refusal(project, body, front="format: html", fmt="html"):
    page = _page(project, body, front)
    with pytest.raises(RenderError) as refusal:
        render.render_page(project, page, fmt, project / "out")
    assert not (project / "out" / "paper" / "en").exists(), "nothing is written"
    return str(refusal.value)


BODY = {
    "an unknown shortcode": ("{{< video x.mp4 >}}", "unknown shortcode"),
    "a shortcode that does not end": ("Text {{< var en.n_units", "unknown shortcode"),
    "an undefined variable": ("{{< var en.nothing >}}", "undefined variable"),
    "a group of variables": ("{{< var en >}}", "undefined variable"),
    "an include in the middle of a line": ("See {{< include part.md >}}", "unknown shortcode"),
    "a missing include": ("{{< include gone.md >}}", "cannot include gone.md: it does not exist"),
    "an executable cell": ("```{python}\n1\n```", "executable code"),
    "an executable cell with options": ("~~~{r, echo=false}\n1\n~~~", "executable code"),
    "inline code to execute": ("It is `{python} 1 + 1`.", "executable code"),
    "a tabset": ("::: {.panel-tabset}\n:::", "tabsets"),
    "a column": ("::: {.column-page}\nWide.\n:::", "tabsets, panels and columns"),
    "an aside": ("[note]{.aside}", "this class"),
    "an unknown callout": ("::: {.callout-danger}\nBeware.\n:::", "this type of callout"),
    "an attribute of a callout": (
        '::: {.callout-note icon="false"}\nBeware.\n:::',
        "this attribute of a callout",
    ),
    "an unknown layout": ("::: {#fig-a layout-nrow=2}\n:::", "only layout-ncol"),
    "a layout without a label": ("::: {layout-ncol=2}\n:::", "a layout needs a label"),
    "a table in a labelled div": ("::: {#tbl-a}\n:::", "the label of a table"),
    "an unknown attribute of a figure": (
        f'![A]({PICTURE}){{#fig-a fig-alt="A" fig-pos="h"}}',
        "this attribute",
    ),
    "a code block with a file name": ('```{.python filename="x.py"}\n1\n```', "this attribute"),
    "an unknown condition": (
        '::: {.content-visible when-format="pdf"}\n:::',
        "only when-format or unless-format",
    ),
    "a condition on a profile": (
        '::: {.content-visible when-profile="fr"}\n:::',
        "only when-format or unless-format",
    ),
    "an image without words": (f"![A]({PICTURE}){{#fig-a}}", "fig-alt"),
    "an image from the network": ('![A](https://example.org/a.png){#fig-a fig-alt="A"}', "network"),
    "a missing image": ('![A](gone){#fig-a fig-alt="A"}', "the image `gone.svg` does not exist"),
    "a figure that is not there": ("See @fig-gone.", "`@fig-gone` points to nothing"),
    "a table that is not there": ("See [-@tbl-gone].", "`@tbl-gone` points to nothing"),
    "a section that is not there": ("See @sec-gone.", "`@sec-gone` points to nothing"),
    "a reference of an unknown kind": ("See @thm-one.", "thm-one not found"),
    "a citation that is not in the bibliography": ("As shown [@nobody1999].", "nobody1999 not found"),
    "a link to a page that is not there": ("[See](gone.qmd).", "the link gone.qmd leads to nothing"),
    "a link to a format that is not made": ("[See](about.pdf).", "the link about.pdf leads to nothing"),
    "a link to a file that is not there": ("[See](../../data/gone.csv).", "gone.csv leads to nothing"),
    "two elements of one name": ("## One {#sec-a}\n\n## Two {#sec-a}", "sec-a"),
}


@pytest.mark.parametrize("case", BODY)
def test_the_page_is_refused_for(project, case):
    """File, line and name are in the message."""
    body, expected = BODY[case]
    message = _refusal(project, body)
    assert expected in message
    assert re.search(r"^paper/en/try\.qmd:\d+: ", message, re.MULTILINE)
    if case != "two elements of one name":
        assert "paper/en/try.qmd:8: " in message


FRONT = {
    "an unknown key": ("format: html\nlisting: all", "en/try.qmd:4: the key `listing` is not known"),
    "an unknown key of a format": (
        "format:\n  html:\n    toc-expand: 2",
        "en/try.qmd:5: the key `toc-expand`",
    ),
    "an unknown format": ("format: revealjs", "en/try.qmd:3: the key `revealjs` is not known"),
    "a need of the network": (
        "format: html\nhtml-math-method: katex",
        "`html-math-method: katex` is not supported",
    ),
    "a file that is not there": ("format: html\nbibliography: gone.bib", "gone.bib"),
    "what is no YAML": ('format: html\nsubtitle: "open', "not valid YAML"),
    "an undefined variable": ('format: html\nsubtitle: "{{< var en.gone >}}"', "undefined variable"),
}


@pytest.mark.parametrize("case", FRONT)
def test_the_front_matter_is_refused_for(project, case):
    """The key and its line."""
    front, expected = FRONT[case]
    assert expected in _refusal(project, "Text.", front)


def test_an_unknown_key_of_the_project_is_refused(project):
    """With its line in _quarto.yml."""
    settings = project / "_quarto.yml"
    lines = settings.read_text(encoding="utf-8").splitlines()
    at = lines.index("website:") + 1
    lines.insert(at, "  google-analytics: UA-1")
    settings.write_text("\n".join(lines), encoding="utf-8")
    assert f"_quarto.yml:{at + 1}: the key `google-analytics` is not known" in _refusal(project, "Text.")


def test_an_include_that_includes_itself_is_refused(project):
    """Also through another file."""
    part = project / "paper" / "en" / "part.md"
    part.write_text("Part.\n\n{{< include part.md >}}\n", encoding="utf-8")
    message = _refusal(project, "{{< include part.md >}}")
    assert "paper/en/part.md:3: cannot include part.md: it includes itself" in message


def test_a_problem_in_an_included_file_names_that_file(project):
    """The line is that of the fragment, not of the page."""
    (project / "paper" / "en" / "part.md").write_text("One.\n\nSee @fig-gone.\n", encoding="utf-8")
    assert "paper/en/part.md:3: `@fig-gone`" in _refusal(project, "{{< include part.md >}}")


def test_all_problems_are_told_at_once(project):
    """One run, one list."""
    message = _refusal(project, "{{< video x >}}\n\n```{python}\n```\n\n::: {.panel-tabset}\n:::")
    assert message.count("paper/en/try.qmd:") == 3


def test_sections_are_not_cited_where_they_have_no_number(project):
    """Quarto's PDF would fail on it."""
    message = _refusal(project, "## One {#sec-one}\n\nSee @sec-one.", "format: html\nnumber-sections: false")
    assert "are sections numbered?" in message


def test_a_header_file_that_is_not_there_is_named(project):
    """The notice on synthetic data must not get lost."""
    front = "format:\n  typst:\n    include-in-header: ../../build/exhibits/en/_gone.typ"
    assert "_gone.typ" in _refusal(project, "Text.", front, "typst")


def test_a_format_of_a_folder_counts_for_its_pages_as_in_quarto(project):
    """A `format:` in _metadata.yml adds to the formats of each page: a trap, so it is shown."""
    page = _page(project, "Text.")
    metadata = project / "paper" / "en" / "_metadata.yml"
    before = metadata.read_text(encoding="utf-8")
    try:
        metadata.write_text(f"{before}format:\n  typst: default\n", encoding="utf-8")
        assert render.page_formats(project, page) == ["html", "typst"]
    finally:
        metadata.write_text(before, encoding="utf-8")


def test_the_page_itself_wins_over_its_folder_and_the_folder_over_the_project(project):
    """Scalars are replaced."""
    page = _page(project, "## One", "format: html\nnumber-sections: false")
    text = render.render_page(project, page, "html", project / "out").read_text(encoding="utf-8")
    shutil.rmtree(project / "out")
    assert "header-section-number" not in text


def test_what_looks_like_a_shortcode_can_be_shown(project):
    """Three braces, as in Quarto."""
    page = _page(project, "Write `{{{< var en.n_units >}}}` or:\n\n```\n{{{< include x.md >}}}\n```")
    text = render.render_page(project, page, "html", project / "out").read_text(encoding="utf-8")
    shutil.rmtree(project / "out")
    assert "<code>{{&lt; var en.n_units &gt;}}</code>" in text
    assert "{{&lt; include x.md &gt;}}" in text


def test_an_alternative_text_may_quote(project):
    """Quotes and backslashes reach the page and the PDF."""
    page = _page(
        project,
        f'![A "b"]({PICTURE}){{#fig-a fig-alt=\'Said "yes" \\\\ no\'}}',
        "format:\n  html: default\n  typst: default",
    )
    text = render.render_page(project, page, "html", project / "out").read_text(encoding="utf-8")
    assert 'alt="Said &quot;yes&quot; \\ no"' in text
    assert render.render_page(project, page, "typst", project / "out").stat().st_size > 10_000
    shutil.rmtree(project / "out")


def test_no_quarto_is_found_where_there_is_none(tmp_path, monkeypatch):
    """A program that fails when asked its version does not count."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert render.find_quarto(tmp_path) is None
    broken = tmp_path / ".venv" / "bin" / "quarto"
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    assert render.find_quarto(tmp_path) is None


def test_a_failing_quarto_says_what_it_said(tmp_path):
    """Its last lines are in the error; it is told that the analyses are done."""
    quarto = tmp_path / "quarto"
    quarto.write_text('#!/bin/sh\necho "in build: $PANEL_EIS_IN_BUILD"\nexit 3\n', encoding="utf-8")
    quarto.chmod(0o755)
    with pytest.raises(RenderError, match=r"code 3(.|\n)*in build: 1"):
        render.render_with_quarto(tmp_path, quarto)


def test_the_pre_render_step_of_quarto_asks_for_a_stage_that_exists_and_stays_out_of_a_build(monkeypatch):
    """`quarto render` alone runs the analyses; inside `panel-eis build` it does not start them again."""
    import runpy
    import subprocess

    called = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: called.append(command))
    script = ROOT / "paper" / "pre_render.py"
    monkeypatch.setenv("PANEL_EIS_IN_BUILD", "1")
    runpy.run_path(str(script))
    assert called == []
    monkeypatch.delenv("PANEL_EIS_IN_BUILD")
    runpy.run_path(str(script))
    (command,) = called
    assert command[1:4] == ["-m", "panel_eis", "build"]
    from panel_eis.steps import STAGES

    assert command[command.index("--until") + 1] in STAGES
