"""The quality report on the committed data: one page of text in each language, the same as JSON, nothing small shown."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner

from panel_eis import data_stages
from panel_eis.cli import main
from panel_eis.quality.handling import RULES, handling_table, warnings_table
from panel_eis.quality.summary import WORDS
from panel_eis.study import Study


@pytest.fixture(scope="module")
def project(root, tmp_path_factory):
    """The committed project, built up to the panel."""
    folder = tmp_path_factory.mktemp("quality")
    (folder / "data").symlink_to(root / "data")
    (folder / "build").mkdir()
    for wave in ("2021", "2023", "2025"):
        data_stages.wave(folder, wave)
    data_stages.panel(folder, ["2021", "2023", "2025"])
    return folder


def _run(project, *options):
    return CliRunner().invoke(main, ["quality", "--root", str(project), *options], catch_exceptions=False)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_summary_has_every_section_in_both_languages(project, lang):
    """Titles, numbers of the language, and the words synthetic data."""
    result = _run(project, "--lang", lang)
    assert result.exit_code == 0
    for title in WORDS.values():
        assert title[lang] in result.output
    assert {"fr": "DONNÉES SYNTHÉTIQUES", "en": "SYNTHETIC DATA"}[lang] in result.output
    assert "SYN-" not in result.output
    assert "nan" not in result.output.split()


def test_the_json_holds_the_same_sections_and_hides_small_cells(project):
    """Counts of one to four are null."""
    told = json.loads(_run(project, "--format", "json").output)
    assert set(told) == {"synthetic", *WORDS}
    assert told["synthetic"] is True
    for row in told["outcome_rates"]:
        assert all(
            row[c] is None or row[c] == 0 or row[c] >= 5 for c in ("I", "P", "R", "NC", "O", "UO", "NE")
        )
        assert 0 < row["RR1"] <= row["RR2"] <= row["RR4"] <= row["RR6"] <= 1
    assert all(row["n"] >= 5 for row in told["patterns"])


def test_without_a_panel_the_command_says_what_to_run(tmp_path):
    """An error of the build, in the language asked for."""
    result = CliRunner().invoke(main, ["quality", "--root", str(tmp_path), "--lang", "fr"])
    assert result.exit_code == 6
    assert "panel-eis build" in result.output


def test_what_harmonisation_changed_is_counted_from_the_sidecar(project):
    """B3 of 2021 was on four points: all its answers went through the rule, and no other wave has one."""
    reasons = pd.read_parquet(project / "build" / "reasons.parquet")
    table = handling_table(project, reasons, ["2021", "2023", "2025"]).set_index(["wave", "rule"])
    answered = int((reasons.xs("2021", level="wave")["b3"] == "answered").sum())
    assert table.loc[("2021", "rescaled"), ["variables", "cells", "detail"]].tolist() == [1, answered, "b3"]
    assert table.xs("rescaled", level="rule").loc[["2023", "2025"], "cells"].sum() == 0
    assert set(table.index.get_level_values("rule")) == set(RULES)


def test_warnings_of_the_build_and_of_the_waves_are_listed_once(project):
    """A warning told twice is one line with its number."""
    (project / "build" / "warnings.csv").write_text(
        "wave,unit,variable,rule,severity,message_fr,message_en\n2023,A,staff,jump,warning,saut,jump\n2023,B,staff,jump,warning,saut,jump\n",
        encoding="utf-8",
    )
    try:
        table = warnings_table(project)
    finally:
        (project / "build" / "warnings.csv").unlink()
    row = table[table["rule"] == "jump"].iloc[0]
    assert (row["wave"], row["variable"], row["n"]) == ("2023", "staff", 2)
    assert "unit" not in table


def test_the_committed_panel_meets_its_frame_before_weights_are_bounded(project):
    """Every wave converges; what the bound costs is told."""
    table = Study(project).table("weighting")
    rows = table[table["weight"] == "weight"]
    assert (rows["largest_gap"] < 1e-9).all()
    assert (rows["largest"] <= 5 * (1 + 1e-9)).all()
    assert (table["effective_n"] <= table["n"] * (1 + 1e-9)).all()
