"""The demonstration files: repeatable, in the shape of the codebook, plausible, and near their targets."""

import re
import shutil
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from panel_eis.checks import find, stop_at_errors
from panel_eis.codebook import read_codebook
from panel_eis.corrections import read_corrections
from panel_eis.harmonise import harmonise
from panel_eis.panel import build_panel, check_wave
from panel_eis.references import references
from panel_eis.register import check_answers, read_register
from panel_eis.schema import check, wave_schema
from panel_eis.scores import add_scores, oriented
from panel_eis.synthetic import read_truth, simulate
from panel_eis.waves import read_wave

ROOT = Path(__file__).parents[1]
WAVES = ("2021", "2023", "2025")
SEEDS = (20211, 1, 2)


@pytest.fixture(scope="module", autouse=True)
def folders(tmp_path_factory):
    """One simulated project for each seed, without planted faults, made once."""
    made = {seed: project(tmp_path_factory.mktemp(f"seed{seed}"), seed=seed) for seed in SEEDS}
    made["four"] = project(tmp_path_factory.mktemp("four"), seed=1, waves=(*WAVES, "2027"))
    made["small"] = project(
        tmp_path_factory.mktemp("small"), seed=9, organisations=30, waves=("2021", "2022", "2023")
    )
    return made


def project(root: Path, *, faults: bool = False, **options) -> Path:
    for name in ("codebook", "reference"):
        shutil.copytree(ROOT / "data" / name, root / "data" / name)
    shutil.copy(ROOT / "data" / "truth.yml", root / "data" / "truth.yml")
    simulate(root, faults=faults, **options)
    return root


def written(root: Path) -> dict[str, bytes]:
    """Files that ``simulate`` wrote."""
    folder = root / "data"
    paths = [*folder.glob("waves/*"), *folder.glob("cases/*.md")]
    paths += [
        folder / f"{name}.csv"
        for name in (
            "register", "events", "memberships", "support", "dispositions", "corrections", "planted",
        )
    ]  # fmt: skip
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(paths)}


@cache
def waves_of(root: Path) -> list:
    codebook = read_codebook(root / "data" / "codebook")
    paths = sorted(root.glob("data/waves/*.csv"))
    if len(paths) == 4:  # the first three are those of another project here, byte for byte
        paths = paths[3:]
    return [harmonise(read_wave(path), codebook) for path in paths]


@cache
def harmonised(root: Path) -> pd.DataFrame:
    """Answers of the first respondents of all waves, typed, with scores and the name of the wave."""
    codebook, waves = read_codebook(root / "data" / "codebook"), waves_of(root)
    first = [w.answers[~w.answers["unit"].duplicated()].assign(wave=w.wave) for w in waves]
    return add_scores(pd.concat(first, ignore_index=True), codebook)


def cells(root: Path, wave: str) -> pd.DataFrame:
    """Cells of a wave in house format, as written."""
    return pd.read_csv(root / "data" / "waves" / f"{wave}.csv", dtype=str, keep_default_na=False)


def table(root: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(root / "data" / f"{name}.csv", dtype=str, keep_default_na=False)


def test_what_is_committed_is_what_the_default_seed_makes(tmp_path):
    seed = read_truth(ROOT / "data" / "truth.yml").seed
    assert seed == SEEDS[0]
    assert written(project(tmp_path, seed=seed, faults=True)) == written(ROOT)


def test_planted_faults_are_as_many_as_the_truth_says_and_move_nothing_else(folders):
    """Two faults never meet in one organisation; all other rows are those of the data without faults."""
    planted, told = table(ROOT, "planted"), read_truth(ROOT / "data" / "truth.yml").faults
    assert planted["fault"].value_counts().to_dict() == {k: int(n) for k, n in told.items() if n}
    assert planted["unit"].is_unique
    for wave in ("2023", "2025"):
        clean, real = cells(folders[20211], wave), cells(ROOT, wave)
        changed = real.loc[(clean != real).any(axis=1), "unit"]
        assert sorted(changed) == sorted(planted.loc[planted["wave"] == wave, "unit"])
    assert not set(planted["unit"]) & set(table(ROOT, "register").query("route == 'case'")["unit"])


def test_planting_stops_no_build_and_leaves_earlier_waves_alone_when_one_is_added(tmp_path):
    """A trial with other seeds, sizes and numbers of waves; whatever is planted is a warning or is declared."""
    three = project(tmp_path / "3", faults=True, seed=3)
    four = written(project(tmp_path / "4", faults=True, seed=3, waves=(*WAVES, "2027")))
    small = project(tmp_path / "s", faults=True, seed=9, organisations=12, waves=("2021", "2022"))
    assert all(four[n] == text for n, text in written(three).items() if n.startswith("data/waves/"))
    for root in (three, small):
        check_panel(root)


def check_panel(root: Path) -> None:
    """The checks of waves and of the panel find no error."""
    codebook = read_codebook(root / "data" / "codebook")
    register = read_register(root / "data", codebook)
    paths = sorted((root / "data" / "waves").glob("*.csv"))
    corrections = read_corrections(root / "data" / "corrections.csv", [p.stem for p in paths])
    parts = {p.stem: check_wave(p, codebook, register, corrections)[:2] for p in paths}
    stop_at_errors(find(build_panel(parts, codebook, register, {}), codebook, register, references(root)))


def test_the_same_seed_makes_the_same_bytes_and_another_seed_others(folders, tmp_path):
    again = written(project(tmp_path, seed=1))
    assert again == written(folders[1])
    empty = (".yml", "corrections.csv", "planted.csv")
    assert all(again[name] != written(folders[2])[name] for name in again if not name.endswith(empty))


def test_one_more_wave_leaves_the_earlier_wave_files_as_they_are(folders):
    three, four = written(folders[1]), written(folders["four"])
    earlier = [name for name in three if name.startswith("data/waves/")]
    assert all(three[name] == four[name] for name in earlier)
    assert "data/waves/2027.csv" in four


@pytest.mark.parametrize("which", [*SEEDS, "four", "small"])
def test_every_answer_obeys_lists_filters_constraints_and_the_register(folders, which):
    root = folders[which]
    codebook = read_codebook(root / "data" / "codebook")
    register = read_register(root / "data", codebook)
    for wave in waves_of(root):
        problems = [*wave.problems, *check_answers(wave.answers, wave.wave, wave.file, register)]
        problems += check(wave.answers, wave_schema(codebook), lambda row, file=wave.file: (file, row, None))
        assert problems == []


def test_columns_are_those_of_the_codebook_in_its_order_and_rows_are_sorted(folders):
    codebook = read_codebook(ROOT / "data" / "codebook")
    for wave in ("2023", "2025"):
        frame = cells(folders[1], wave)
        assert list(frame.columns) == [v.name for v in codebook.asked]
        first = frame[~frame["unit"].duplicated()]  # second respondents follow
        assert first["unit"].is_monotonic_increasing
        assert first.index.tolist() == list(range(len(first)))
        assert not frame.duplicated(["unit", "respondent"]).any()


def test_the_wave_of_2021_has_its_own_dialect(folders):
    root = folders[1]
    text = (root / "data" / "waves" / "2021.csv").read_text(encoding="utf-8")
    header = text.splitlines()[0].split(";")
    sidecar = yaml.safe_load((root / "data" / "waves" / "2021.yml").read_text(encoding="utf-8"))
    known = ["source", "fieldwork", "separator", "decimal", "dates", "columns", "comparability"]
    assert list(sidecar) == [*known, "not_asked", "unused", "test_rows", "duplicates"]
    assert set(sidecar["columns"]) <= set(header)
    assert "f3" not in header
    assert "minutes" not in header
    assert re.search(r";\d{2}/\d{2}/2021;", text)
    frame = pd.read_csv(root / "data" / "waves" / "2021.csv", sep=";", dtype=str, keep_default_na=False)
    assert set(frame["b3"]) - {"", "9", "refused"} <= {"1", "2", "3", "4"}
    assert not frame["etp"].str.contains(".", regex=False).any()
    assert not (root / "data" / "waves" / "2023.yml").exists()


def test_answers_about_one_organisation_agree_with_one_another(folders):
    legal = pd.read_csv(ROOT / "data" / "reference" / "legal_categories.csv", dtype=str)
    pairs = set(zip(legal["code"], legal["legal_form"], strict=True))
    for seed in SEEDS:
        panel = harmonised(folders[seed])
        year = panel["interview_date"].dt.year
        assert (panel["fte"] <= panel["staff"]).fillna(value=True).all()
        assert (panel["founded"] < year).fillna(value=True).all()
        assert (panel["practice_since"] <= year).fillna(value=True).all()
        assert (panel["practice_since"] >= panel["founded"]).fillna(value=True).all()
        shares = panel[["share_subsidy", "share_orders", "share_sales", "share_donations"]]
        assert (shares.sum(axis=1) <= 100).all()
        known = panel.dropna(subset=["legal_category"])
        assert set(zip(known["legal_category"], known["legal_form"].astype(str), strict=True)) <= pairs
        scic = panel[panel["legal_form"] == "scic"]
        converted = set(events(folders[seed], "legal_form")["unit"])
        assert (scic["founded"] >= 2002).fillna(value=True)[~scic["unit"].isin(converted)].all()
        tooled = panel["formalisation"].isin(["tooled", "scientific"]) | (panel["frequency"] == "regular")
        tools = panel[[c for c in panel if c.startswith("tools__")]]
        assert tools[tooled.to_numpy()].any(axis=1).all()


def events(root: Path, kind: str) -> pd.DataFrame:
    frame = table(root, "events")
    return frame[frame["event"] == kind]


def test_a_practice_that_lasts_keeps_its_first_year(folders):
    for seed in SEEDS:
        panel = harmonised(folders[seed]).sort_values(["unit", "wave"])
        since = panel.groupby("unit")["practice_since"]
        assert (since.diff().dropna() >= 0).all()
        same = (since.diff() == 0)[since.shift().notna() & panel["practice_since"].notna()]
        assert same.mean() > 0.9


def test_networks_peers_and_support_are_the_spells_in_force_on_the_day_of_the_answer(folders):
    for seed in SEEDS[:1]:
        root = folders[seed]
        ties, support = table(root, "memberships"), table(root, "support")
        strength = {
            code: k for k, code in enumerate(read_codebook(root / "data" / "codebook").codes("demand"))
        }
        for wave in ("2023", "2025"):
            for row in cells(root, wave).to_dict("records"):
                now = in_force(ties, row)
                member = now[now["network"] != ""]
                assert sorted(member["network"]) == codes(row["networks"])
                service = member.loc[member["role"] == "member_service", "network"]
                if len(member):
                    assert sorted(service) == codes(row["networks_service"])
                assert int(row["peers"]) == (now["role"] == "peer").sum()
                paid = in_force(support, row)
                assert set(paid["instrument"]) == set(codes(row["support_instruments"]))
                assert set(paid["level"]) == set(codes(row["support_levels"]))
                if row["demand"] and len(paid):
                    assert row["demand"] == max(paid["evaluation"], key=strength.__getitem__)


def in_force(spells: pd.DataFrame, row: dict) -> pd.DataFrame:
    day = row["interview_date"]
    return spells[
        (spells["unit"] == row["unit"])
        & (spells["start"] <= day)
        & ((spells["end"] == "") | (spells["end"] >= day))
    ]


def codes(cell: str) -> list[str]:
    return sorted(c for c in cell.split() if c != "none")


def test_events_tell_closures_one_merger_one_conversion_and_one_new_name(folders):
    for seed in SEEDS:
        root = folders[seed]
        for kind in ("merged_into", "legal_form", "renamed"):
            assert len(events(root, kind)) == 1
        panel = harmonised(root)
        merger = events(root, "merged_into").iloc[0]
        staff = panel[panel["unit"] == merger["other"]].set_index("wave")["staff"]
        absorbed = panel[panel["unit"] == merger["unit"]].set_index("wave")["staff"]
        assert staff["2023"] >= 0.6 * staff["2021"] + 0.8 * absorbed["2021"]
        assert list(absorbed.index) == ["2021"]
        changed = panel[panel["unit"] == events(root, "legal_form")["unit"].iloc[0]].set_index("wave")[
            "legal_form"
        ]
        assert list(changed[:2]) == ["association", "scic"]


def test_three_to_four_percent_of_those_followed_close_between_two_waves(folders):
    closed = sum(len(events(folders[s], "closed")) for s in SEEDS)
    followed = sum(2 * harmonised(folders[s]).query("wave == '2021'")["unit"].nunique() for s in SEEDS)
    assert 0.025 < closed / followed < 0.05


def test_the_register_holds_all_that_were_approached_and_nobody_is_approached_twice(folders):
    for seed in SEEDS:
        register = table(folders[seed], "register").set_index("unit")
        panel = harmonised(folders[seed])
        first = panel.groupby("unit")["wave"].min()
        assert (register.loc[first.index, "entry_wave"] == first).all()
        approached = (register["entry_wave"] == "2021").sum()
        assert (first == "2021").sum() == 240
        assert approached == pytest.approx(400, abs=5)
        assert set(register["route"]) == {"original", "refreshment", "case"}
        assert register["name"].str.fullmatch(r"Organisation fictive \d{4}").all()


def test_interviews_take_place_in_fieldwork_and_one_respondent_in_four_is_new(folders):
    new = []
    for seed in SEEDS:
        panel = harmonised(folders[seed]).sort_values(["unit", "wave"])
        day = panel["interview_date"].dt.strftime("%m-%d")
        assert day.between("03-15", "06-30").all()
        again = panel.groupby("unit")["respondent"].shift()
        consecutive = panel.groupby("unit")["wave"].shift().astype(float) == panel["wave"].astype(float) - 2
        new.append((again != panel["respondent"])[consecutive.to_numpy()].mean())
    assert 0.20 < np.mean(new) < 0.30


def test_nothing_written_looks_like_a_real_identifier(folders):
    for name, content in written(folders[20211]).items():
        text = content.decode("utf-8")
        assert not re.search(r"(?<![\d.])\d{9}(?!\d)|\d{14}|\d{3} \d{3} \d{3}", text), name
        assert "@" not in text, name


def test_items_have_the_means_spreads_and_correlations_that_were_put_in(folders):
    codebook = read_codebook(ROOT / "data" / "codebook")
    items = codebook.items()
    doing = pd.concat([harmonised(folders[s]) for s in SEEDS], ignore_index=True)
    doing = doing[doing["frequency"].isin(["occasional", "regular"])]
    values = oriented(doing, items, codebook)
    told = read_truth(ROOT / "data" / "truth.yml").likert.means
    assert max(abs(values[i.name].mean() - told[i.name]) for i in items) < 0.2
    assert values.std().between(0.85, 1.12).all()
    for dimension in codebook.dimensions:
        own = values[[i.name for i in codebook.items(dimension)]].dropna()
        correlation = own.corr().to_numpy()[np.triu_indices(4, 1)].mean()
        assert 0.35 < correlation < 0.55, dimension
        alpha = 4 / 3 * (1 - own.var().sum() / own.sum(axis=1).var())
        assert 0.65 < alpha < 0.88, dimension
    between = doing[list(codebook.dimensions)].corr().to_numpy()[np.triu_indices(5, 1)]
    assert 0.25 < between.min() <= between.max() < 0.65
    lowest = doing[list(codebook.dimensions)].mean().nsmallest(2)
    assert set(lowest.index) == {"mastery", "anchoring"}
    assert doing["appropriation"].std() == pytest.approx(14, abs=1.5)


def test_ladder_shares_of_the_first_wave_lie_within_sampling_error(folders):
    target = np.array(read_truth(ROOT / "data" / "truth.yml").ladder.target) / 100
    rungs = {"never": 0, "considered": 1}
    for seed in SEEDS:
        first = harmonised(folders[seed]).query("wave == '2021'")
        share = first["frequency"].astype(str).map(rungs).value_counts() / len(first)
        error = np.sqrt(target * (1 - target) / len(first))
        for rung in (0, 1):
            assert share[rung] == pytest.approx(target[rung], abs=3.5 * error[rung])


def test_published_percentages_of_motives_and_barriers_are_met(folders):
    truth = read_truth(ROOT / "data" / "truth.yml")
    first = pd.concat([harmonised(folders[s]).query("wave == '2021'") for s in SEEDS])
    for name, shares in (("motives", truth.motives), ("barriers", truth.barriers)):
        for code, percent in shares.items():
            assert first[f"{name}__{code}"].mean() * 100 == pytest.approx(percent, abs=6), (name, code)


def test_what_is_observed_is_lower_than_expected_and_the_gap_closes(folders):
    panel = pd.concat([harmonised(folders[s]) for s in SEEDS], ignore_index=True)
    attributes = read_codebook(ROOT / "data" / "codebook").codes("attribute")
    gap = sum(
        (panel[f"device1_expected_{a}"] - panel[f"device1_observed_{a}"]).astype(float) for a in attributes
    ) / len(attributes)
    by_wave = gap.groupby(panel["wave"]).mean()
    assert (by_wave > 0.2).all()
    assert all(later < earlier for earlier, later in pairwise(by_wave))
    by_role = gap.groupby(panel["respondent_role"].astype(str)).mean()
    assert by_role["field_staff"] > by_role["director"]
    expected = sum(panel[f"device1_expected_{a}"].astype(float) for a in attributes) / len(attributes)
    wish = expected.groupby(panel["respondent_role"].astype(str)).mean()
    assert wish["evaluation_lead"] > wish["board"] > wish["field_staff"]


def test_words_are_many_and_types_over_occurrences_is_as_published(folders):
    panel = harmonised(folders[20211])
    for _, rows in panel.groupby("wave"):
        said = pd.concat([rows[f"evocation{k}"] for k in range(1, 6)]).dropna()
        said = said[said != ""]
        assert said.nunique() / len(said) == pytest.approx(0.26, abs=0.04)


def test_a_few_answers_are_missing_for_each_reason(folders):
    frame = cells(folders[1], "2023")
    assert {"dk", "refused", "na"} <= set(frame.to_numpy().ravel())
    items = frame.loc[
        frame["frequency"].isin(["occasional", "regular"]), ["b1", "b2", "c1", "c2", "d1", "d2", "e1", "e2"]
    ]
    assert (items == "").to_numpy().mean() == pytest.approx(0.02, abs=0.015)
    assert (items == "9").to_numpy().mean() == pytest.approx(0.02, abs=0.015)


def test_margins_and_references_are_complete():
    frame = pd.read_csv(ROOT / "data" / "frame.csv", dtype=str)
    codebook = read_codebook(ROOT / "data" / "codebook")
    for margin, rows in frame.groupby("margin"):
        assert set(rows["category"]) <= set(codebook.codes(margin))
        assert rows["share"].astype(float).sum() == pytest.approx(1, abs=1e-9)
    assert set(frame["status"]) == {"S", "A"}
    places = pd.read_csv(ROOT / "data" / "reference" / "departments.csv", dtype=str)
    assert set(places["code"]) == set(codebook.codes("department"))
    assert not places.duplicated(["row", "column"]).any()
    tiles = places.set_index("code")[["row", "column"]].astype(int)
    assert abs(tiles.loc["69D"] - tiles.loc["69M"]).sum() == 1
    naf = pd.read_csv(ROOT / "data" / "reference" / "naf_sections.csv", dtype=str)
    assert set(naf["nomenclature"]) == set(codebook.codes("naf_version"))
    bands = pd.read_csv(ROOT / "data" / "reference" / "size_bands.csv", dtype=str)
    assert set(bands["size_class"]) == set(codebook.codes("size_class"))
    lemmas = pd.read_csv(ROOT / "data" / "reference" / "lemmas.csv")
    assert len(lemmas) == 60
    comparators = pd.read_csv(ROOT / "data" / "reference" / "comparators.csv")
    assert comparators["id"].is_unique
    assert comparators["value"].between(0, 100).all()
