"""The panel over time: who exists, who answers, and what may change between waves."""

import csv
import shutil
from dataclasses import replace

import pandas as pd
import pytest

from panel_eis.errors import DataError
from panel_eis.panel import build_panel, check_wave, participation
from panel_eis.register import check_answers, read_register
from panel_eis.weights import read_frame


@pytest.fixture
def data(root, tmp_path):
    """A copy of the project's data that a test may break."""
    folder = tmp_path / "data"
    shutil.copytree(root / "data", folder)
    return folder


def _edit(path, row, separator=",", **cells):
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=separator))
    rows[row] |= cells
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], delimiter=separator, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return rows


def _build(data, codebook):
    register = read_register(data, codebook)
    parts = {p.stem: check_wave(p, codebook, register)[:2] for p in sorted((data / "waves").glob("*.csv"))}
    return build_panel(parts, codebook, register, read_frame(data / "frame.csv", codebook))


def _codes(call):
    with pytest.raises(DataError) as caught:
        call()
    return {(p.code, p.column) for p in caught.value.problems}


def test_the_panel_has_one_row_a_unit_and_wave_sorted_and_unique(root, codebook):
    """A plain DataFrame with a sorted, unique index."""
    panel = _build(root / "data", codebook).answers
    assert panel.index.names == ["unit", "wave"]
    assert panel.index.is_unique
    assert panel.index.is_monotonic_increasing
    assert panel["synthetic"].all()


def test_shuffled_rows_and_columns_of_a_wave_give_the_same_panel(data, codebook):
    """Order in the file means nothing."""
    before = _build(data, codebook)
    path = data / "waves" / "2023.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2).to_csv(path, index=False)
    after = _build(data, codebook)
    pd.testing.assert_frame_equal(
        before.answers.drop(columns="source_row"), after.answers.drop(columns="source_row")
    )
    pd.testing.assert_frame_equal(before.reasons, after.reasons)


def test_earlier_waves_do_not_move_when_a_wave_is_added(data, codebook):
    """What was published stays as it was; only weights of pairs may be added."""
    everything = _build(data, codebook).answers
    (data / "waves" / "2025.csv").unlink()
    earlier = _build(data, codebook).answers
    common = everything.loc[earlier.index]
    pd.testing.assert_frame_equal(common[earlier.columns], earlier)


def test_an_organisation_has_one_answer_a_wave(data, codebook):
    """The same unit twice in a file is an error with both rows."""
    path = data / "waves" / "2025.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines, lines[1]]), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        check_wave(path, codebook, read_register(data, codebook))
    twice = [p for p in caught.value.problems if p.column == "unit"]
    assert sorted(p.row for p in twice) == [2, len(lines) + 1]


def test_a_fixed_variable_that_changes_is_an_error_in_the_later_wave(data, codebook):
    """An organisation is not founded twice."""
    seen = set(pd.read_csv(data / "waves" / "2023.csv", usecols=["unit"])["unit"])
    rows = list(csv.DictReader((data / "waves" / "2025.csv").open(encoding="utf-8")))
    row = next(i for i, r in enumerate(rows) if r["unit"] in seen and r["founded"])
    _edit(data / "waves" / "2025.csv", row, founded="1901")
    assert ("E-FIXED", "founded") in _codes(lambda: _build(data, codebook))


def test_a_change_of_legal_form_needs_its_event(data, codebook):
    """With the event it is a fact, without it an error."""
    events = data / "events.csv"
    kept = [
        line
        for line in events.read_text(encoding="utf-8").splitlines(keepends=True)
        if ",legal_form," not in line
    ]
    events.write_text("".join(kept), encoding="utf-8")
    assert ("E-EVENT", "legal_form") in _codes(lambda: _build(data, codebook))


def test_nobody_answers_after_closing(data, codebook):
    """Neither the merged nor the closed."""
    rows = list(csv.DictReader((data / "waves" / "2025.csv").open(encoding="utf-8")))
    unit = rows[0]["unit"]
    with (data / "events.csv").open("a", encoding="utf-8") as stream:
        stream.write(f"{unit},2024-01-15,closed,,\n")
    with pytest.raises(DataError) as caught:
        check_wave(data / "waves" / "2025.csv", codebook, read_register(data, codebook))
    assert [(p.code, p.unit) for p in caught.value.problems] == [("E-AFTERLIFE", unit)]


def test_a_newcomer_absent_from_the_register_enters_with_a_warning(data, codebook):
    """A wave is one file and nothing else."""
    _edit(data / "waves" / "2025.csv", -1, unit="SYN-9999", respondent="R-9999")
    panel = _build(data, codebook).answers
    row = panel.loc[("SYN-9999", "2025")]
    assert row["route"] == "refreshment"
    assert row["entry_wave"] == "2025"
    assert row["stratum_legal_form"] == row["legal_form"]
    warnings = check_wave(data / "waves" / "2025.csv", codebook, read_register(data, codebook))[2]
    assert [p.code for p in warnings] == ["W-NEW-UNIT"]


def _answers_of(units):
    dates = pd.to_datetime(["2025-05-02"] * len(units))
    return pd.DataFrame({"unit": pd.array(units, dtype="string"), "interview_date": dates})


def test_a_new_unit_is_told_its_nearest_neighbour(root, codebook):
    """A slip in a pseudonym is seen at once; the same unit, of two respondents, is compared once."""
    register = read_register(root / "data", codebook)
    slip = f"{register.units.index[0]}x"
    warnings = check_answers(_answers_of([slip, slip]), "2025", "2025.csv", register)
    assert [p.code for p in warnings] == ["W-NEW-UNIT"] * 2
    assert all(register.units.index[0] in p.details["near"] for p in warnings)


def test_a_hundred_thousand_new_units_cost_no_more_comparisons_than_a_few(root, codebook, monkeypatch):
    """Each is told; the names compared stay below a limit, however many units are new and however long the register."""
    register, compared = read_register(root / "data", codebook), []
    monkeypatch.setattr(
        "panel_eis.register.did_you_mean", lambda _unit, names: compared.append(len(names)) or " near"
    )
    for count in (100, 10_000, 100_000):
        compared.clear()
        units = [f"NEW-{n:06d}" for n in range(count)]
        warnings = check_answers(_answers_of(units), "2025", "2025.csv", register)
        assert [p.unit for p in warnings] == units
        assert len(compared) == min(count, 50_000 // len(register.units)) >= 50
        assert sum(compared) <= 50_000
        assert [bool(p.details["near"]) for p in warnings] == [n < len(compared) for n in range(count)]
    long = replace(register, units=pd.DataFrame(index=pd.Index([f"OLD-{n}" for n in range(300_000)])))
    compared.clear()
    assert len(check_answers(_answers_of(["NEW-1", "OLD-7", None]), "2025", "2025.csv", long)) == 1
    assert compared == []


def test_all_faults_of_the_register_are_told_at_once(data, codebook):
    """Unknown unit, code and date, in three files."""
    _edit(data / "memberships.csv", 0, unit="SYN-7777")
    _edit(data / "support.csv", 1, instrument="gift")
    _edit(data / "events.csv", 0, date="yesterday")
    found = _codes(lambda: read_register(data, codebook))
    assert found == {("E-TABLE-UNIT", "unit"), ("E-TABLE-CODE", "instrument"), ("E-TABLE-DATE", "date")}


def test_overlapping_spells_of_the_same_tie_are_refused(data, codebook):
    """Two memberships of one network at the same time are one."""
    with (data / "memberships.csv").open(encoding="utf-8") as stream:
        row = next(r for r in csv.DictReader(stream) if r["network"])
    with (data / "memberships.csv").open("a", encoding="utf-8") as stream:
        stream.write(f"{row['unit']},{row['network']},{row['role']},,{row['start']},\n")
    assert ("E-SPELL-OVERLAP", "start") in _codes(lambda: read_register(data, codebook))


def test_every_registered_unit_has_one_outcome_a_wave(root, codebook):
    """Answered, not, closed, left or not yet: never two, never none."""
    built = _build(root / "data", codebook)
    part = built.participation
    assert not part.duplicated(["unit", "wave"]).any()
    assert part["outcome"].notna().all()
    answered = part[part["outcome"] == "answered"]
    assert len(answered) == len(built.answers)


def test_outcomes_follow_entry_closure_and_answers(root, codebook):
    """Each outcome of a unit in its own situation."""
    register = read_register(root / "data", codebook)
    closed = register.closed_on().sort_index()
    unit = closed.index[closed.dt.year <= 2023][0]
    assert unit not in register.absorbed_by()
    answered = pd.DataFrame(
        {"unit": [unit], "wave": ["2021"], "interview_date": pd.to_datetime(["2021-06-01"])}
    )
    part = participation(answered, ["2021", "2023", "2025"], register).set_index(["unit", "wave"])["outcome"]
    assert part.loc[unit].tolist() == ["answered", "closed", "closed"]
    refreshed = register.units.index[register.units["entry_wave"] == "2025"][0]
    assert part.loc[refreshed].tolist() == ["not_yet", "not_yet", "no_answer"]
    silent = register.units.index[
        (register.units["entry_wave"] == "2021") & ~register.units.index.isin(closed.index)
    ][0]
    assert part.loc[silent].tolist() == ["no_answer", "left", "left"]


def test_a_row_without_a_unit_is_told_and_does_not_crash(data, codebook):
    """In the register and in the spells, twice."""
    for name in ("register.csv", "memberships.csv"):
        _edit(data / name, 0, unit="")
        _edit(data / name, 1, unit="")
    with pytest.raises(DataError) as caught:
        read_register(data, codebook)
    assert "E-TABLE-EMPTY" in {p.code for p in caught.value.problems}
    assert caught.value.report("fr")


def _event(data, *rows):
    with (data / "events.csv").open("a", encoding="utf-8") as stream:
        stream.writelines(f"{row}\n" for row in rows)


DAYS = pd.to_datetime(["2021-06-01", "2023-06-01", "2025-06-01"])
WAVES = ["2021", "2023", "2025"]


def _outcomes(register, unit, *waves):
    """Outcomes of a unit that answered at some waves, in a study whose waves end on the first of June."""
    days = dict(zip(WAVES, DAYS, strict=True))
    others = pd.DataFrame({"unit": "SYN-0001", "wave": WAVES, "interview_date": DAYS})
    own = pd.DataFrame({"unit": unit, "wave": list(waves), "interview_date": [days[w] for w in waves]})
    part = participation(pd.concat([others, own], ignore_index=True), WAVES, register)
    return part[part["unit"] == unit]


def _quiet(register):
    """Original units to which nothing has happened."""
    busy = set(register.events["unit"]) | set(register.events["other"].dropna())
    return [u for u in register.units.index[register.units["entry_wave"] == "2021"] if u not in busy][1:]


def test_a_merged_unit_is_merged_and_neither_a_ghost_nor_a_refusal(data, codebook):
    """It leaves the scope with the name of the unit that took over, which goes on."""
    a, b = _quiet(read_register(data, codebook))[:2]
    _event(data, f"{a},2022-09-01,merged_into,{b},")
    register = read_register(data, codebook)
    part = _outcomes(register, a, "2021")
    assert part["outcome"].tolist() == ["answered", "merged", "merged"]
    assert part["other"].unique().tolist() == [b]
    assert _outcomes(register, b, "2021", "2023")["outcome"].tolist() == ["answered", "answered", "no_answer"]


def test_a_closed_unit_is_out_of_scope_only_after_it_closed(data, codebook):
    """Closed in the autumn of 2023, it could still answer in the spring and did not."""
    unit = _quiet(read_register(data, codebook))[0]
    _event(data, f"{unit},2023-10-01,closed,,")
    register = read_register(data, codebook)
    assert _outcomes(register, unit, "2021")["outcome"].tolist() == ["answered", "no_answer", "closed"]


def test_a_split_unit_enters_with_its_origin_and_not_before(data, codebook):
    """Its origin is in the participation table; an answer before its birth is an error."""
    origin = _quiet(read_register(data, codebook))[0]
    with (data / "register.csv").open("a", encoding="utf-8") as stream:
        stream.write("SYN-8001,Organisation fictive 8001,refreshment,2021,association,69M,1-9,no,no\n")
    _event(data, f"SYN-8001,2024-02-01,split_from,{origin},")
    register = read_register(data, codebook)
    part = _outcomes(register, "SYN-8001", "2025")
    assert part["outcome"].tolist() == ["not_yet", "not_yet", "answered"]
    assert part["other"].unique().tolist() == [origin]
    early = pd.DataFrame({"unit": ["SYN-8001"], "interview_date": DAYS[1:2]}, index=[2])
    problems = check_answers(early, "2023", "data/waves/2023.csv", register)
    assert [(p.code, p.unit, p.row) for p in problems] == [("E-BEFORE-BIRTH", "SYN-8001", 2)]


def test_an_answer_after_a_merger_names_the_unit_that_took_over(data, codebook):
    """So that the answer can be given to it."""
    a, b = _quiet(read_register(data, codebook))[:2]
    _event(data, f"{a},2022-09-01,merged_into,{b},")
    late = pd.DataFrame({"unit": [a], "interview_date": DAYS[1:2]}, index=[7])
    (problem,) = check_answers(late, "2023", "data/waves/2023.csv", read_register(data, codebook))
    assert problem.code == "E-AFTERLIFE"
    assert b in problem.sentence("fr")


def test_renaming_moving_and_changing_form_leave_a_unit_in_the_panel(data, codebook):
    """Only an end ends."""
    unit = _quiet(read_register(data, codebook))[0]
    _event(
        data, f"{unit},2022-01-01,renamed,,", f"{unit},2022-02-01,moved,,", f"{unit},2022-03-01,legal_form,,"
    )
    part = _outcomes(read_register(data, codebook), unit, "2021", "2023")
    assert part["outcome"].tolist() == ["answered", "answered", "no_answer"]


def test_events_that_cannot_be_are_told_at_once(data, codebook):
    """A merger into nobody, two ends, a move after the end, a merger into a unit that is gone."""
    a, b, c, d, e = _quiet(read_register(data, codebook))[:5]
    rows = (f"{a},2022-01-01,merged_into,,", f"{b},2022-01-01,closed,,", f"{b},2022-05-01,closed,,",
            f"{c},2021-09-01,closed,,", f"{c},2022-09-01,moved,,", f"{d},2023-01-01,merged_into,{c},",
            f"{e},2022-01-01,split_from,{e},")  # fmt: skip
    n = len((data / "events.csv").read_text(encoding="utf-8").splitlines())
    _event(data, *rows)
    with pytest.raises(DataError) as caught:
        read_register(data, codebook)
    assert {(p.code, p.row - n) for p in caught.value.problems} == {
        ("E-EVENT-OTHER", 1), ("E-EVENT-TWICE", 3), ("E-EVENT-AFTER", 5), ("E-EVENT-DEAD", 6), ("E-EVENT-OTHER", 7),
    }  # fmt: skip
