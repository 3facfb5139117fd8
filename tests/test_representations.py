"""Prototypical analysis: orientation, zones, diversity, comparisons, similarity."""

import numpy as np
import pandas as pd
import pytest

from panel_eis.errors import DataError, UsageError
from panel_eis.evoked import rarefied
from panel_eis.representations import (
    Thesaurus,
    compare_waves,
    compare_words,
    diversity,
    maximum_tree,
    normalise,
    prototypical,
    read_thesaurus,
    similarity,
    tidy_evocations,
    zones,
)  # fmt: skip


@pytest.fixture
def thesaurus(root):
    return read_thesaurus(root / "data" / "reference" / "thesaurus.csv")


def _answers(*rows):
    columns = [f"evocation{k}" for k in (1, 2, 3)] + [f"evocation{k}_importance" for k in (1, 2, 3)]
    frame = pd.DataFrame([r[1:] for r in rows], columns=columns)
    return frame.assign(unit=[r[0] for r in rows], wave="2021")


def test_a_published_analysis_is_reproduced(root):
    """Big data, Becerra and López-Alurralde (2021): the zone of each word and both cuts."""
    known = pd.read_csv(root / "tests" / "known" / "representations" / "reference.csv")
    placed = zones(known.drop(columns="zone"), frequency_cut="mean", rank_cut="mean")
    assert placed.attrs["frequency_cut"] == pytest.approx(known["frequency_cut"].iloc[0], abs=1e-10)
    assert placed.attrs["rank_cut"] == pytest.approx(known["rank_cut"].iloc[0], abs=1e-10)
    assert (
        placed.set_index("lemma")["zone"].astype(str).to_dict() == known.set_index("lemma")["zone"].to_dict()
    )
    assert placed["zone"].nunique() == 4


def test_the_published_core_is_frequent_and_early(root):
    """The article names information as the leading sense of big data."""
    known = pd.read_csv(root / "tests" / "known" / "representations" / "reference.csv")
    core = zones(known.drop(columns="zone"), frequency_cut="mean", rank_cut="mean").iloc[0]
    assert (core["lemma"], core["zone"]) == ("informacion", "core")


def test_a_low_rank_means_early_and_reversing_the_order_swaps_the_zones(thesaurus):
    """The orientation, which a published thesis prints the wrong way round."""
    rows = _answers(*[(f"SYN-{k:04d}", "impact", "mesure", "sens", 3, 2, 1) for k in range(10)])
    rows = pd.concat(
        [rows, _answers(*[(f"SYN-{k:04d}", "impact", "coût", "temps", 3, 2, 1) for k in range(10, 18)])]
    )
    words = tidy_evocations(rows, thesaurus, places=3)
    by_rank = prototypical(words, answers=18, frequency_cut=9, rank_cut=2.0).set_index("lemma")
    assert by_rank.loc["impact", "rank"] == 1.0
    assert by_rank.loc["impact", "zone"] == "core"
    assert by_rank.loc["sens", "zone"] == "first_periphery"
    by_weight = prototypical(words, answers=18, frequency_cut=9, rank_cut=2.0, rank="importance").set_index(
        "lemma"
    )
    assert by_weight.loc["impact", "importance"] == 3.0
    assert by_weight.loc["impact", "zone"] == "first_periphery"
    assert by_weight.loc["sens", "zone"] == "core"


def test_a_hand_worked_table_is_found_again(thesaurus):
    """Four answers counted on paper: n, share, mean ranks, grand mean."""
    rows = _answers(
        ("SYN-0001", "impact", "mesure", "sens", 1, 2, 3),
        ("SYN-0002", "mesure", "impact", None, 1, 2, None),
        ("SYN-0003", "impact", "coût", "mesure", 2, 3, 1),
        ("SYN-0004", "sens", "impact", "preuve", 1, 3, 2),
    )
    table = prototypical(tidy_evocations(rows, thesaurus, places=3), answers=4, minimum=0.5)
    found = table.set_index("lemma")[["n", "share", "rank", "importance"]]
    assert found.loc["impact"].tolist() == [4, 1.0, 1.5, 2.0]
    assert found.loc["mesure"].tolist() == [3, 0.75, 2.0, pytest.approx(4 / 3)]
    assert found.loc["sens"].tolist() == [2, 0.5, 2.0, 2.0]
    assert table.attrs["rank_cut"] == pytest.approx((4 * 1.5 + 3 * 2 + 2 * 2) / 9)
    assert table.attrs["frequency_cut"] == 3


def test_forms_and_complements_fall_on_their_word(thesaurus):
    """Plural, capital and « preuve du territoire » are « preuve »; an unknown word is kept apart, not dropped."""
    assert [thesaurus.find(t) for t in ("Preuves", "preuve du territoire", " PREUVE ")] == ["preuve"] * 3
    assert thesaurus.find("zèbre") == ""
    assert normalise("L\u2019Impact  SOCIAL") == "l'impact social"
    words = tidy_evocations(
        _answers(("SYN-0001", "zèbre", "preuves", "preuve", 1, 2, 3)), thesaurus, places=3
    )
    assert words["lemma"].tolist() == ["", "preuve"]
    assert diversity(words) == {"types": 1, "occurrences": 1, "ratio": 1.0, "hapax": 1.0, "unknown": 1}


def test_the_thesaurus_covers_the_words_of_the_demonstration(root, thesaurus):
    """Each lemma that the simulation can draw has its row and both labels."""
    drawn = pd.read_csv(root / "data" / "reference" / "lemmas.csv")["lemma_fr"]
    assert all(thesaurus.find(word) == word for word in drawn)
    assert all(thesaurus.label[word][lang] for word in drawn for lang in ("fr", "en"))


def test_faults_of_a_thesaurus_are_told_together(tmp_path):
    """A form given twice and a word without its row."""
    path = tmp_path / "thesaurus.csv"
    path.write_text(
        "form,lemma,label_fr,label_en\nimpact,impact,impact,impact\nimpact,impact,,\nmesures,mesure,,\n",
        encoding="utf-8",
    )
    with pytest.raises(DataError) as error:
        read_thesaurus(path)
    assert {(p.code, p.row) for p in error.value.problems} == {
        ("E-THESAURUS-TWICE", 2), ("E-THESAURUS-TWICE", 3), ("E-THESAURUS-LEMMA", 4)
    }  # fmt: skip


def test_the_test_of_a_word_is_pearsons_and_its_family_is_controlled():
    """R: chisq.test(matrix(c(30, 20, 10, 40), 2), correct = FALSE) gives X-squared = 16.667, p = 4.456e-05."""
    answers = pd.DataFrame(
        {"unit": [f"u{k}" for k in range(100)], "wave": "2021", "role": ["a"] * 50 + ["b"] * 50}
    )
    cited = [*range(30), *range(50, 60)]
    words = answers.iloc[cited].assign(lemma="sens")
    words = pd.concat([words, answers.iloc[[0, 50]].assign(lemma="impact")])
    table = compare_words(words, answers, "role", ["sens", "impact"]).set_index("lemma")
    assert table.loc["sens", "statistic"] == pytest.approx(16.6667, abs=1e-4)
    assert table.loc["sens", "p_value"] == pytest.approx(4.456e-05, rel=1e-3)
    assert table.loc["sens", "p_bh"] == pytest.approx(2 * 4.456e-05, rel=1e-3)
    assert table.loc["impact", "p_value"] == pytest.approx(1.0)


def test_false_discoveries_stay_at_their_rate():
    """Among worlds where no word differs, about one in twenty finds any word (Benjamini–Hochberg at 5 %)."""
    rng = np.random.default_rng(3)
    answers = pd.DataFrame(
        {"unit": np.arange(200).astype(str), "wave": "2021", "role": np.repeat(["a", "b"], 100)}
    )
    lemmas = [f"w{k}" for k in range(8)]
    found = 0
    for _ in range(200):
        said = rng.random((200, 8)) < 0.3
        rows, which = np.nonzero(said)
        words = answers.iloc[rows].assign(lemma=np.asarray(lemmas)[which])
        found += bool((compare_words(words, answers, "role", lemmas)["p_bh"] < 0.05).any())
    assert 2 <= found <= 20


def test_waves_are_compared_on_the_same_organisations():
    """McNemar, exact: 9 gained and 1 lost give 2 × P(X ≤ 1 | 10, ½) = 22/1024."""
    units = [f"u{k}" for k in range(20)]
    answers = pd.concat([pd.DataFrame({"unit": units, "wave": w}) for w in ("2021", "2023")])
    words = pd.concat(
        [
            pd.DataFrame({"unit": ["u0", "u1"], "wave": "2021", "lemma": "sens"}),
            pd.DataFrame({"unit": ["u1", *units[5:14]], "wave": "2023", "lemma": "sens"}),
        ]
    )
    row = compare_waves(words, answers, "2021", "2023", ["sens"]).iloc[0]
    assert (row["n"], row["gained"], row["lost"]) == (20, 9, 1)
    assert row["p_value"] == pytest.approx(22 / 1024)
    with pytest.raises(UsageError, match="one wave"):
        compare_words(words.assign(role="a"), answers.assign(role="a"), "role", ["sens"])


def test_the_maximum_tree_keeps_the_strongest_links():
    """Of a triangle the weakest side goes; a word cited with none stays alone."""
    words = pd.DataFrame(
        [(f"u{k}", "2021", w) for k in range(6) for w in ("impact", "sens")]
        + [(f"u{k}", "2021", "mesure") for k in range(3)] + [("u9", "2021", "coût"), ("u8", "2021", "mesure")],
        columns=["unit", "wave", "lemma"],
    )  # fmt: skip
    pairs = similarity(words, ["impact", "sens", "mesure", "coût"])
    index = pairs.set_index(["first", "second"])["similarity"]
    assert index["impact", "sens"] == 1.0
    assert index["impact", "mesure"] == pytest.approx(3 / 7)
    tree = maximum_tree(pairs)
    assert tree.number_of_edges() == 2
    assert tree.has_edge("impact", "sens")
    assert tree.degree("coût") == 0


def test_no_word_frequent_enough_is_said():
    """An empty table is an error, never an empty figure."""
    words = pd.DataFrame(
        {"unit": ["u"], "wave": ["2021"], "lemma": ["sens"], "rank": [1], "importance": [1.0]}
    )
    with pytest.raises(UsageError, match="minimum"):
        prototypical(words, answers=100)
    assert isinstance(Thesaurus({}, {}).find("x"), str)


def test_words_expected_in_a_smaller_draw_are_those_of_vegan(root):
    """Hurlbert's rarefaction against R (tests/known/representations/rarefy.R)."""
    known = pd.read_csv(root / "tests" / "known" / "representations" / "rarefy.csv")
    said = [30, 22, 17, 9, 9, 5, 3, 1, 1, 1]
    assert [rarefied(said, int(m)) for m in known["size"]] == pytest.approx(list(known["types"]))
    assert np.isnan(rarefied(said, 99))
