"""The paper points and never types: both languages say the same things with the same exhibits and numbers."""

import ast
import re
from pathlib import Path

import pytest

from panel_eis.exhibits import find_exhibits

PAGES = tuple(sorted(p.stem for p in (Path(__file__).parents[1] / "paper" / "fr").glob("*.qmd")))
INCLUDE = re.compile(r"\{\{< include \.\./\.\./build/exhibits/(\w\w)/([\w-]+)\.md >\}\}")
VARIABLE = re.compile(r"\{\{< var (\w\w)\.(\w+) >\}\}")
NUMBER_WORDS = {"fr": "vingt|trois|quatre|cinq|deux", "en": "twenty|three|four|five|two"}


def _text(root, lang, page):
    return (root / "paper" / lang / f"{page}.qmd").read_text(encoding="utf-8")


def _prose(text):
    """Sentences alone: no front matter, shortcodes, links, labels, citations, or code."""
    body = text.split("---\n", 2)[2]
    body = re.sub(
        r"\{\{<.*?>\}\}|\{[#.][^}]*\}|`[^`]*`|\[@[^\]]*\]|@[\w-]+|\]\([^)]*\)|^\d+\. ",
        " ",
        body,
        flags=re.MULTILINE,
    )
    return re.sub(r"^:::.*$", " ", body, flags=re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_show_the_same_exhibits_numbers_citations_and_sections(root, page):
    """Same things, in the same order; each page reads its own language only."""
    found = {}
    for lang in ("fr", "en"):
        text = _text(root, lang, page)
        assert {own for own, _ in INCLUDE.findall(text)} <= {lang}
        assert {own for own, _ in VARIABLE.findall(text)} <= {lang}
        found[lang] = {
            "includes": [name for _, name in INCLUDE.findall(text)],
            "numbers": sorted(name for _, name in VARIABLE.findall(text)),
            "references": sorted(re.findall(r"@((?:fig|tbl|sec)-[\w-]+)", text)),
            "citations": sorted(re.findall(r"@(?!fig-|tbl-|sec-)(\w+)", text)),
            "sections": re.findall(r"\{#(sec-[\w-]+)\}", text),
        }
    assert found["fr"] == found["en"]


def test_every_exhibit_is_shown_once_and_referred_to_where_it_is_shown(root):
    """A figure nobody speaks of is decoration; the page of key findings may show again what the report shows."""
    shown = {}
    for page in PAGES:
        text = _text(root, "fr", page)
        for name in (name for _, name in INCLUDE.findall(text) if not name.startswith("_")):
            shown.setdefault(name, []).append(page)
            assert f"@{name}" in text, f"{page}: {name}"
    assert set(shown) == set(find_exhibits(root / "analyses"))
    assert all(len([p for p in pages if p != "index"]) == 1 for pages in shown.values())


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_fact_is_cited_and_every_number_cited_is_a_fact(root, lang):
    """No dead number, no number from nowhere."""
    from panel_eis.stages import load_analysis

    facts = set(load_analysis(root / "analyses" / "facts.py").FACTS) | {"waves", "renderer"}
    cited = {name for page in PAGES for _, name in VARIABLE.findall(_text(root, lang, page))}
    assert cited <= facts
    assert facts <= cited


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_no_numeral_in_the_prose_is_typed_by_hand(root, lang, page):
    """What the data say comes from the facts; the instrument's own constants are listed here."""
    constants = {"95", "0", "5", "4.0"}  # level of intervals, ends of the ladder and of scores, CC BY 4.0
    constants |= {"100"}
    typed = set(re.findall(r"(?<![\w-])\d+(?:[.,]\d+)?", _prose(_text(root, lang, page))))
    assert typed <= constants


SIMULATED = re.compile(r"synth[ée]ti|simul[ée]|simulat|fictif|fictiti|d[ée]monstration", re.IGNORECASE)
OF_SIMULATION = {"design", "fig_power"}
"""What tells of simulated panels whatever the data are."""


def test_only_what_knows_the_data_says_that_they_are_simulated(root):
    """With real waves the report must not say that it is a demonstration: sentences that do are facts or values."""
    pages = (page for page in PAGES if "case-" not in page)
    texts = {page: "".join(_text(root, lang, page) for lang in ("fr", "en")) for page in pages}
    for path in (root / "analyses").glob("*_*.py"):
        texts[path.stem] = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    blanks = re.compile(r"\{\{<.*?>\}\}|\{\w+\}")
    said = {name for name, text in texts.items() if SIMULATED.search(blanks.sub("", text))}
    assert said == OF_SIMULATION


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_each_key_finding_has_its_claims_and_each_claim_its_finding(root, lang):
    """The first page says how strong a finding is, as the ledger judges it; nothing is claimed elsewhere alone."""
    from panel_eis.stages import CLAIMS_FILE, load_analysis

    claims = load_analysis(root / CLAIMS_FILE).CLAIMS
    text = _text(root, lang, "index")
    findings = re.findall(r"(?m)^\d+\. .*$", text)
    shown = [VARIABLE.findall(finding) for finding in findings]
    strengths = [
        [name.removeprefix("strength_") for _, name in cited if name.startswith("strength_")]
        for cited in shown
    ]
    assert all(len(each) == 1 for each in strengths), "one strength each"
    limits = re.findall(r"var \w\w\.strength_(\w+) ", text.partition("{#sec-not-concluded}")[2])
    assert limits == ["power"]
    assert {c.finding for c in claims} == {each[0] for each in strengths} | set(limits)
    assert len({c.name for c in claims}) == len(claims)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_finding_from_a_model_is_called_an_association_and_the_page_ends_with_what_cannot_be_concluded(
    root, lang
):
    """Numbers of the within comparisons and of hazards never stand without the words."""
    words = {"fr": "association, pas effet", "en": "association, not effect"}[lang]
    text = _text(root, lang, "index")
    for finding in re.findall(r"(?m)^\d+\. .*$", text):
        if re.search(r"_(within|ratio)\b", finding):
            assert words in finding
    assert "{#sec-not-concluded}" in text
    assert {"fr": "Rien de causal", "en": "Nothing causal"}[lang] in text


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_each_page_begins_with_the_banner(root, lang):
    """The banner is a generated fragment: it goes when the data are real. The first page has it in both languages."""
    pages = sorted((root / "paper" / lang).glob("[!_]*.qmd"))
    assert len(pages) > 5
    for page in pages:
        if not page.stem.startswith("case-"):  # a case says that it is fictitious in its title
            assert INCLUDE.findall(_text(root, lang, page.stem))[0][1] == "_banner", page.name
    assert f"build/exhibits/{lang}/_banner.md" in (root / "index.qmd").read_text(encoding="utf-8")


def test_the_package_version_is_the_same_everywhere(root):
    """pyproject, package and citation file."""
    import panel_eis

    for name in ("pyproject.toml", "CITATION.cff", "CHANGELOG.md"):
        assert panel_eis.__version__ in (root / name).read_text(encoding="utf-8")
