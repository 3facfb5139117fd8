"""What cannot be compared over time is refused by name, with what to use instead; nobody can forget it."""

import ast
import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from panel_eis import data_stages, derive, scores, stages
from panel_eis.changes import COMPARABILITY
from panel_eis.comparability import SYMBOLS, WORDS, assess, names_in_query, read_comparability
from panel_eis.errors import ComparabilityError, UsageError
from panel_eis.models import Spec
from panel_eis.provenance import trace
from panel_eis.study import Study
from panel_eis.waves import Sidecar

WAVES = ("2021", "2023", "2025")
NOTE = {"fr": "autre question", "en": "another question"}
DIFFERENT = "comparability:\n  b1: {class: different, note: {fr: autre question, en: another question}}\n"


def _assessed(codebook, wave="2023", **entries):
    changes = {name: {"class": kind, "note": NOTE} | more for name, (kind, more) in entries.items()}
    sidecars = dict.fromkeys(WAVES, Sidecar()) | {wave: Sidecar(comparability=changes)}
    return assess(codebook, sidecars)


def _refused(comparability, *columns, waves=WAVES):
    return [p.column for p in comparability.refusals(columns, waves, "x")]


@pytest.fixture(scope="module")
def changed(root, tmp_path_factory):
    """The project, but B1 was another question in 2023."""
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(root / "data", project / "data")
    (project / "data" / "waves" / "2023.yml").write_text(DIFFERENT, encoding="utf-8")
    for wave in WAVES:
        data_stages.wave(project, wave)
    data_stages.panel(project, list(WAVES))
    return Study(project)


def test_defaults_are_same_where_asked_and_absent_where_not(codebook):
    """Nothing to declare when nothing changed; a question of a later wave is absent before."""
    sidecars = {"2021": Sidecar(not_asked=("minutes",)), "2023": Sidecar(), "2025": Sidecar()}
    classes = assess(codebook, sidecars).classes
    assert classes["b1"] == dict.fromkeys(WAVES, "same")
    assert classes["minutes"] == {"2021": "absent", "2023": "same", "2025": "same"}
    later = [v.name for v in codebook.asked if v.since > "2021"]
    assert later
    assert all(classes[name]["2021"] == "absent" for name in later)


def test_every_question_score_and_derived_column_has_a_class_at_every_wave(codebook):
    """From the closed list, words and symbols too; nothing is left out."""
    table = _assessed(codebook).table
    assert set(table["class"]) <= set(COMPARABILITY)
    assert not table.duplicated(["variable", "wave"]).any()
    named = set(table["variable"])
    assert {v.name for v in codebook.variables.values()} <= named
    assert set(SYMBOLS) == set(WORDS["fr"]) == set(WORDS["en"]) == set(COMPARABILITY)
    assert len(set(SYMBOLS.values())) == len(COMPARABILITY)


@pytest.mark.parametrize("kind", ["same_question_new_codes", "new_question_same_codes"])
def test_a_change_that_keeps_the_meaning_is_inherited_and_not_refused(codebook, kind):
    """Rescaled by a rule, or re-worded: told, not refused."""
    comparability = _assessed(codebook, b1=(kind, {}))
    assert comparability.classes["mastery"]["2023"] == kind
    assert comparability.classes["appropriation"]["2023"] == kind
    assert _refused(comparability, "b1", "mastery", "appropriation") == []
    assert "mastery_core" not in comparability.classes


def test_derived_columns_inherit_from_what_they_read(codebook):
    """By signature: the ladder from frequency, what reads the ladder from the ladder."""
    comparability = _assessed(codebook, frequency=("different", {}))
    assert _refused(comparability, "frequency", "ladder", "practises", "ladder_before", "b1") == [
        "frequency", "ladder", "practises", "ladder_before",
    ]  # fmt: skip


def test_a_part_that_is_absent_makes_the_whole_different_and_all_absent_makes_it_absent(codebook):
    """A ladder without its question on decisions is another ladder."""
    sidecars = dict.fromkeys(WAVES, Sidecar()) | {"2021": Sidecar(not_asked=("used_in_decision", "peers"))}
    classes = assess(codebook, sidecars).classes
    assert classes["ladder"]["2021"] == "different"
    assert classes["peer_tie"]["2021"] == "absent"


def test_a_column_that_looks_back_is_a_comparison_by_itself(codebook):
    """One wave is asked for, two are compared."""
    comparability = _assessed(codebook, frequency=("different", {}))
    assert derive.lagged() == {"ladder_before", "respondent_changed"}
    assert _refused(comparability, "ladder", waves=["2025"]) == []
    assert _refused(comparability, "ladder_before", waves=["2025"]) == ["ladder_before"]
    assert _refused(comparability, "ladder_before", waves=["2021"]) == []


def test_one_wave_and_columns_that_no_wave_gives_are_never_refused(codebook):
    """Weights and the register are the same by construction; a wave alone compares nothing."""
    comparability = _assessed(codebook, b1=("different", {}))
    assert _refused(comparability, "b1", "mastery", waves=["2023"]) == []
    assert _refused(comparability, "weight", "entry_wave", "stratum_legal_form") == []
    assert _refused(comparability, "b1", waves=["2021", "2025"]) == []


def test_a_choice_offered_later_is_absent_before(codebook):
    """Its indicator is not a row of noes."""
    lists = dict(codebook.lists)
    first, *others = lists["tool"]
    lists["tool"] = (replace(first, since="2023"), *others)
    comparability = assess(replace(codebook, lists=lists), dict.fromkeys(WAVES, Sidecar()))
    assert _refused(comparability, f"tools__{first.name}", f"tools__{others[0].name}") == [
        f"tools__{first.name}"
    ]
    assert comparability.known_as(f"tools__{others[0].name}") == "tools"


def test_the_refusal_names_the_wave_the_cause_and_the_core_in_both_languages(codebook):
    """What a person needs to go on."""
    comparability = _assessed(codebook, b1=("different", {}))
    with pytest.raises(ComparabilityError) as caught:
        comparability.require(["appropriation", "b1"], WAVES, "analyses/fig_x.py")
    for lang, words in (("fr", ("différente à cause de mastery", "utilisez « appropriation_core »")),
                        ("en", ("different because of mastery", "use “appropriation_core”"))):  # fmt: skip
        report = caught.value.report(lang)
        assert all(
            word in report
            for word in (*words, "E-COMPARABILITY", "analyses/fig_x.py", "2023", "mastery_core")
        )


def test_the_declared_substitute_comes_first_and_must_itself_be_comparable(codebook):
    """Otherwise, the waves that can be kept."""
    comparability = _assessed(codebook, need_form=("different", {"use": "needs"}))
    assert comparability.substitute("need_form", WAVES) == "needs"
    both = _assessed(codebook, need_form=("different", {"use": "needs"}), needs=("different", {}))
    assert both.substitute("need_form", WAVES) == ""
    problem = both.refusals(["need_form"], WAVES, "x")[0]
    assert problem.details["ways_en"] == "keep only 2021, 2025"


@pytest.mark.parametrize(
    ("changed", "cores"),
    [
        ((), {}),
        (("f3", "staff"), {}),
        (("b1",), {"mastery_core", "appropriation_core"}),
        (("b1", "b2"), {"mastery_core", "appropriation_core"}),
        (("b1", "b2", "b3"), {"appropriation_core"}),
        (("b1", "b2", "b3", "c1", "c2", "c3"), set()),
        (("f1",), set()),
    ],
)
def test_a_core_exists_where_enough_items_are_left(codebook, changed, cores):
    """Two items for a dimension, four dimensions of five for the total."""
    assert set(scores.core_inputs(codebook, changed)) == set(cores)


def test_the_core_is_the_score_of_the_items_that_are_left(codebook):
    """By hand: B2 5, B3 4, B4 reversed 1 becomes 5; the other dimensions stand whole."""
    names = [v.name for v in codebook.items()] + ["f1", "f2"]
    frame = pd.DataFrame({n: pd.array([3], dtype="Int64") for n in names})
    frame = frame.assign(b1=1, b2=5, b3=4, b4=1).astype("Int64")
    scored = scores.add_scores(frame, codebook, {"b1"})
    expected = ((5 + 4 + 5) / 3 - 1) / 4 * 100
    assert scored["mastery_core"][0] == pytest.approx(expected)
    assert scored["mastery"][0] == pytest.approx(((1 + 5 + 4 + 5) / 4 - 1) / 4 * 100)
    assert scored["appropriation_core"][0] == pytest.approx((expected + 4 * 50) / 5)


def test_the_trend_of_a_score_over_a_changed_item_is_refused_and_its_core_passes(changed):
    """From the sidecar to the exhibit, through the files of the build."""
    with pytest.raises(ComparabilityError, match="mastery_core"):
        changed.select("mastery", "weight")
    with pytest.raises(ComparabilityError, match="appropriation_core"):
        changed.select("unit", where="appropriation > 50")
    core = changed.select("mastery_core", "appropriation_core")
    assert set(core["wave"]) == set(WAVES)
    assert core["mastery_core"].notna().sum() > 50
    assert set(changed.select("mastery", waves=["2023"])["wave"]) == {"2023"}
    assert set(changed.select("mastery", where="wave != '2023'")["wave"]) == {"2021", "2025"}


def test_a_core_that_nothing_asks_for_is_said_to_be_the_score_itself(changed):
    """The items of meaning are the same in all waves."""
    with pytest.raises(UsageError, match="All items of 'meaning' can be compared"):
        changed.select("meaning_core")


def test_a_model_over_a_changed_item_is_refused_and_its_core_is_estimated(changed):
    """The build never estimates it; a result of a former build is not given either."""
    panel = changed.select("appropriation_core", "peer_tie").assign(appropriation=np.nan)
    spec = Spec(name="x", outcome="appropriation", estimator="within", regressors=("peer_tie",))
    with pytest.raises(ComparabilityError, match="appropriation_core"):
        changed.comparability.require_spec(spec, panel)
    changed.comparability.require_spec(replace(spec, outcome="appropriation_core"), panel)
    changed.comparability.require_spec(replace(spec, sample="wave != '2023'"), panel)
    with pytest.raises(ComparabilityError):
        changed.comparability.require_spec(
            replace(spec, outcome="peers", sample="b1 > 2"), panel.assign(b1=3)
        )


def test_the_stage_of_the_build_refuses_the_model(root, changed):
    """The models of the paper, on the changed wave."""
    (changed.root / "analyses").mkdir()
    shutil.copy(root / "analyses" / "models.py", changed.root / "analyses")
    with pytest.raises(ComparabilityError, match="score-within"):
        stages.fit_model(changed.root, "score-within")
    assert not (changed.root / "build" / "fits" / "score-within.json").exists()


def test_the_table_on_disk_says_the_same_as_the_declarations(changed):
    """build/comparability.csv, read back."""
    direct = assess(changed.codebook, data_stages.sidecars(changed.root))
    pd.testing.assert_frame_equal(
        read_comparability(changed.root / "build" / "comparability.csv").table,
        direct.table,
        check_dtype=False,
    )
    row = direct.table.query("variable == 'b1' and wave == '2023'").iloc[0]
    assert (row["class"], row["note_fr"], row["use"]) == ("different", "autre question", "mastery_core")


def test_the_trail_of_an_exhibit_says_what_could_be_compared(changed, codebook):
    """``panel-eis trace``, in both languages."""
    record = {
        "label": "fig-x", "caption": {"fr": "C", "en": "C"}, "file": "analyses/fig_x.py", "line": 7, "behind": [],
        "models": {}, "files": [], "waves": {},
    }  # fmt: skip
    path = changed.root / "build" / "exhibits" / "fig-x.json"
    path.parent.mkdir()
    path.write_text(
        json.dumps(record | {"columns": ["b1", "mastery_core", "weight", "meaning"]}), encoding="utf-8"
    )
    sidecars = data_stages.sidecars(changed.root)
    text = trace(changed.root, "fig-x", codebook, sidecars, "en")
    assert "2023 ≠ different (another question) (use mastery_core)" in text
    assert "mastery_core" in text
    meaning = next(line for line in text.splitlines() if line.startswith("  meaning"))
    assert meaning.endswith("a1, a2, a3, a4"), "a wave where nothing differs is not spoken of"
    assert "différente (autre question)" in trace(changed.root, "fig-x", codebook, sidecars, "fr")


def test_names_in_a_query_are_its_columns_and_not_its_texts():
    """'b1' as a text is no column."""
    assert names_in_query("a1 > 2 and term != 'b1' and wave == '2021'", ["a1", "b1", "term", "wave"]) == [
        "a1",
        "term",
    ]


def test_no_analysis_reads_the_panel_behind_the_study(root):
    """``select`` is the only way to rows of several waves, and it binds."""
    for path in sorted((root / "analyses").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        assert not names & {"read_parquet", "_panel", "panel"}, path.name
        assert "panel.csv" not in path.read_text(encoding="utf-8"), path.name
