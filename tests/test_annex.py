"""The codebook as a page: every variable has its entry, nothing too small is shown, and no text that somebody wrote."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from panel_eis.annex import Annex, Uses, find_uses
from panel_eis.comparability import WORDS, assess
from panel_eis.disclosure import THRESHOLD
from panel_eis.distributions import distributions
from panel_eis.models import Spec
from panel_eis.places import anchor, variable_page
from panel_eis.trail import made_of
from panel_eis.waves import Sidecar

WAVES = ("2021", "2023")
WRITTEN = "a sentence that somebody wrote"
N = 60


def _panel(codebook):
    """60 organisations at each wave: two foundations, one mutual, an odd budget, a comment each."""
    index = range(2 * N)
    columns = {}
    for v in codebook.variables.values():
        names = (
            [v.name] if v.kind != "select_multiple" else [f"{v.name}__{c}" for c in codebook.codes(v.name)]
        )
        columns |= {name: pd.Series(pd.NA, index=index, dtype="object") for name in names}
    frame = pd.DataFrame(columns).assign(wave=np.repeat(WAVES, N), unit=[f"SYN-{i:04}" for i in range(N)] * 2)
    frame["legal_form"] = (["foundation"] * 2 + ["mutual"] * 6 + ["association"] * (N - 8)) * 2
    frame["frequency"] = (["never"] * 3 + ["regular"] * (N - 3)) * 2
    frame["budget"] = pd.Series([*range(100, 100 + N), *range(100, 100 + N)], dtype="Float64")
    frame["comment"] = WRITTEN
    frame["interview_date"] = pd.Timestamp("2021-05-04")
    for c in codebook.codes("tools"):
        frame[f"tools__{c}"] = pd.array([False] * 2 * N, dtype="boolean")
    frame["tools__sroi"] = pd.array(([True] * 3 + [False] * (N - 3)) * 2, dtype="boolean")
    frame["tools__dashboard"] = pd.array(([True] * (N - 2) + [False] * 2) * 2, dtype="boolean")
    frame["practises"] = pd.array(([True] * 30 + [False] * 30) * 2, dtype="boolean")
    return frame


@pytest.fixture(scope="module")
def study(codebook):
    frame = _panel(codebook)
    keys = pd.MultiIndex.from_frame(frame[["unit", "wave"]])
    reasons = pd.DataFrame("answered", index=keys, columns=[v.name for v in codebook.asked])
    reasons.loc[reasons.index[:3], "a1"] = "refused"
    reasons.loc[reasons.index[3:9], "a2"] = "dont_know"
    reasons.loc[reasons.index[9:11], "a2"] = "refused"
    reasons.loc[reasons.index[11:12], "a2"] = "no_answer"
    reasons = reasons.astype(
        pd.CategoricalDtype(["answered", "refused", "dont_know", "no_answer", "skipped"])
    )

    def select(*columns, waves):
        wanted = [c for name in columns for c in frame if c == name or c.startswith(f"{name}__")]
        return frame.loc[frame["wave"].isin(waves), list(dict.fromkeys(["unit", "wave", *wanted]))]

    return SimpleNamespace(codebook=codebook, waves=WAVES, select=select, reasons=reasons)


@pytest.fixture(scope="module")
def numbers(study):
    return distributions(study)


@pytest.fixture(scope="module")
def annex(study, numbers):
    note = {"fr": "autre question", "en": "another question"}
    changed = Sidecar(comparability={"b1": {"class": "different", "note": note}})
    return Annex(
        study.codebook, assess(study.codebook, {"2021": changed, "2023": Sidecar()}), numbers,
        Uses({"tools": ["fig-tools"], "frequency": ["fig-nowhere"]}, {"legal_form": ["score-within"]}),
        {"fig-tools": "report"}, {"fig-tools": {"fr": "Outils < 3", "en": "Tools < 3"}, "fig-nowhere": {"fr": "", "en": ""}},
        {"score-within": {"fr": "Intra", "en": "Within"}},
    )  # fmt: skip


def _cells(numbers, variable, part, wave="2021"):
    rows = numbers[(numbers["variable"] == variable) & (numbers["part"] == part) & (numbers["wave"] == wave)]
    return rows.set_index("row")


def _entry(page, name):
    return page.partition(f'id="{anchor(name)}"')[2].partition("</section>")[0]


def test_an_answer_of_fewer_than_five_is_hidden_and_cannot_be_computed(numbers):
    """One hidden answer of a list that makes 100 % takes the next smallest with it."""
    forms = _cells(numbers, "legal_form", "answer")
    assert forms[["n", "value"]].loc[["foundation", "mutual"]].isna().all(axis=None)
    assert forms.at["association", "n"] == N - 8
    assert forms.at["scop", "n"] == 0
    assert _cells(numbers, "frequency", "answer").loc[["never", "regular"], "n"].isna().all()


def test_a_choice_of_several_is_hidden_when_few_cite_it_or_few_do_not(numbers):
    """Those who did not cite it are as few people as those who did."""
    tools = _cells(numbers, "tools", "answer")
    assert tools.loc[["sroi", "dashboard"], "value"].isna().all()
    assert tools.at["interviews", "value"] == 0


def test_of_a_number_only_quantiles_with_five_answers_on_either_side_are_given(numbers):
    """60 answers carry deciles, and no end of the range."""
    budget = _cells(numbers, "budget", "quantile")
    assert budget.at["median", "value"] == np.quantile(range(100, 100 + N), 0.5)
    assert set(budget.index) == {"p10", "q1", "median", "q3", "p90"}
    assert N * 0.1 >= THRESHOLD


def test_a_reason_too_rare_is_hidden_and_the_count_of_answers_does_not_give_it_away(numbers):
    """Alone, its complement is rounded; with another one hidden, the sum of the two says neither."""
    assert _cells(numbers, "a1", "reason")["n"].isna().all()
    assert _cells(numbers, "a1", "base").at["answered", "n"] == 55
    reasons = _cells(numbers, "a2", "reason")["n"]
    assert reasons["dont_know"] == 6
    assert reasons[["refused", "no_answer"]].isna().all()
    assert _cells(numbers, "a2", "base").at["answered", "n"] == N - 9


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_variable_has_one_entry_that_leads_to_its_page(annex, codebook, lang):
    """Question, type and address, block by block; the same addresses in both languages."""
    page = annex.fragment(lang)
    found = re.findall(r'<h3 id="([^"]+)"><a href="([^"]+)">', page)
    wanted = [v for module in codebook.modules for v in codebook.variables.values() if v.module == module]
    assert found == [(anchor(v.name), variable_page(v.name)) for v in wanted]
    assert len({place for pair in found for place in pair}) == 2 * len(codebook.variables)
    linked = set(re.findall(r'href="(variable-[^"]+)"', page))
    assert linked <= {variable_page(name) for name in codebook.variables}
    assert "Which tools do you use?" in _entry(annex.fragment("en"), "tools")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_nothing_that_somebody_wrote_and_no_identifier_stands_on_the_page(annex, numbers, lang):
    """Open text is counted, not shown."""
    page = annex.fragment(lang)
    assert WRITTEN not in page
    assert "SYN-" not in page
    assert WRITTEN not in numbers.to_csv()
    assert ">60</td>" in _entry(page, "comment")


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_tables_have_a_caption_and_scopes_and_headings_come_in_order(annex, lang):
    """As WCAG asks: each cell of a head says what it heads."""
    page = annex.fragment(lang)
    assert page.count("<table ") == page.count("<caption>") > 100
    assert not re.search(r"<th(?! scope)\b", page.replace("<thead", ""))
    assert re.findall(r"(?m)^#+ |<h\d", page)[0] == "## "
    headings = re.findall(r"<h(\d)", page)
    assert set(headings) == {"3", "4"}
    assert headings[0] == "3"


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_strip_says_in_words_what_each_wave_makes_of_a_variable(annex, lang):
    """Not by colour alone, and with the reason declared; what is computed from it inherits it."""
    page = annex.fragment(lang)
    words = WORDS[lang]
    entry = _entry(page, "b1")
    note = {"fr": "autre question", "en": "another question"}[lang]
    assert f"<b>2021</b> ≠ {words['different']} ({note})" in entry
    assert f"<b>2023</b> = {words['same']}" in entry
    assert f"<b>2021</b> ≠ {words['different']}" in _entry(page, "mastery")


def test_an_entry_says_who_was_asked_in_words_what_it_is_made_of_and_who_uses_it(annex, codebook):
    """Filters by labels, not codes; exhibits on their page; an exhibit that no page shows is left out."""
    page = annex.fragment("en")
    assert re.search(
        r"if <a href=\"variable-frequency.html\">.*?</a> = “yes, occasionally” or",
        _entry(page, "tools").replace(
            codebook.choice_labels("frequency", "en")["occasional"].lower(), "yes, occasionally"
        ),
    )
    assert '<a href="report.qmd#fig-tools">Tools &lt; 3</a>' in _entry(page, "tools")
    assert re.search(r"and <a [^>]*>.*?</a> does not include “", _entry(page, "support_levels"))
    assert "fig-nowhere" not in page
    assert "Within" in _entry(page, "legal_form")
    assert f'href="{variable_page("ladder")}"' in _entry(page, "frequency")
    assert f'href="{variable_page("frequency")}"' in _entry(page, "ladder")
    assert all(set(parts) <= set(codebook.variables) for parts in made_of(codebook).values())


def test_uses_are_counted_from_what_was_read_and_declared(codebook):
    """Indicators, cores and the two halves of a within–between term belong to their variable."""
    record = {"label": "fig-x", "columns": ["tools__sroi", "weight"], "behind": ["mastery_core"]}
    spec = Spec(
        name="m", outcome="appropriation", estimator="within", regressors=("peer_tie",), varying=("peer_tie",)
    )
    uses = find_uses([record], [spec], codebook)
    assert {"tools", "mastery"} <= set(uses.exhibits)
    assert set(uses.models) == {"appropriation", "peer_tie"}
