"""Steps side by side: what is done where, and that an error keeps what it has to say."""

import os
from dataclasses import replace
from functools import partial

import pytest

from panel_eis import pipeline
from panel_eis.errors import DataError, Problem
from panel_eis.steps import Step


def _write_process(path):
    path.write_text(str(os.getpid()), encoding="utf-8")


def _copy(source, target):
    target.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")


def _refuse(row):
    raise DataError([Problem("E-EMPTY", "data/waves/w9.csv", row=row)])


def _nothing():
    pass


def _stumble():
    return {}["a bug"]


def _join(folder, target):
    target.write_text(" ".join(sorted(p.name for p in folder.iterdir())), encoding="utf-8")


def _run(root, steps, jobs):
    told = []
    clock = pipeline._Clock(told.append)
    session = pipeline._run(root, steps, clock, jobs=jobs)
    return session, clock.done


def _writing(root, *names):
    return [
        Step(name, "check", partial(_write_process, root / name), (), (root / name,), {"code": "1"})
        for name in names
    ]


def test_a_step_that_is_alone_is_done_in_this_process(tmp_path):
    """Editing one figure does not pay for another process."""
    _run(tmp_path, _writing(tmp_path, "one"), jobs=2)
    assert int((tmp_path / "one").read_text()) == os.getpid()


def test_what_waits_for_a_step_that_is_alone_is_done_by_the_processes_that_started_meanwhile(tmp_path):
    """They are at hand when it ends."""
    first, *others = _writing(tmp_path, "one", "two", "three")
    waiting = [replace(step, reads=first.makes) for step in others]
    _, done = _run(tmp_path, [first, *waiting], jobs=2)
    assert sorted(done) == ["one", "three", "two"]
    assert int((tmp_path / "one").read_text()) == os.getpid()
    assert os.getpid() not in {int((tmp_path / name).read_text()) for name in ("two", "three")}


def test_several_steps_are_done_by_other_processes_and_once(tmp_path):
    """What is ready goes to the pool; a second run finds all up to date."""
    steps = _writing(tmp_path, "one", "two", "three")
    _, done = _run(tmp_path, steps, jobs=2)
    assert sorted(done) == ["one", "three", "two"]
    assert os.getpid() not in {int((tmp_path / name).read_text()) for name in done}
    assert _run(tmp_path, steps, jobs=2)[1] == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_step_starts_when_what_it_reads_is_made(tmp_path, jobs):
    """The order is that of the files, for any number of processes."""
    first = _writing(tmp_path, "a", "b")
    after = [
        Step(
            f"copy {n}", "panel", partial(_copy, tmp_path / n, tmp_path / f"{n}2"), (tmp_path / n,),
            (tmp_path / f"{n}2",), {"code": "1"},
        )
        for n in ("a", "b")
    ]  # fmt: skip
    _, done = _run(tmp_path, [*after, *first], jobs=jobs)
    assert (tmp_path / "a2").read_text() == (tmp_path / "a").read_text()
    assert done.index("a") < done.index("copy a")


@pytest.mark.parametrize("jobs", [1, 2])
def test_problems_of_all_steps_are_told_together(tmp_path, jobs, monkeypatch):
    """An error that comes back from another process still carries its problems."""
    monkeypatch.setattr(pipeline, "_of_all_files", lambda _: [])
    steps = [Step(f"wave {n}", "check", partial(_refuse, n), (), (tmp_path / f"{n}",)) for n in (4, 7)]
    session, done = _run(tmp_path, steps, jobs)
    with pytest.raises(DataError) as caught:
        pipeline._raise_failures(session, tmp_path)
    assert sorted(p.row for p in caught.value.problems) == [4, 7]
    assert done == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_step_that_does_not_make_its_file_fails(tmp_path, jobs):
    """Nothing is called done because its function came to an end."""
    steps = [Step(f"idle {n}", "check", _nothing, (), (tmp_path / f"{n}",)) for n in (1, 2)]
    session, done = _run(tmp_path, steps, jobs)
    assert done == []
    with pytest.raises(Exception, match="did not produce"):
        pipeline._raise_failures(session, tmp_path)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bug_says_in_which_step_and_at_which_line(tmp_path, jobs):
    """A traceback does not come back from another process by itself."""
    steps = [Step(f"fig-{n}", "exhibits", _stumble, (), (tmp_path / f"{n}",)) for n in (1, 2)]
    session, _ = _run(tmp_path, steps, jobs)
    with pytest.raises(KeyError) as caught:
        pipeline._raise_failures(session, tmp_path)
    told = "\n".join(caught.value.__notes__)
    assert "in _stumble" in told
    assert "in the step “fig-" in told


def test_a_file_that_goes_is_a_change_for_what_read_it(tmp_path):
    """The others are as they were, and yet what was made of all of them is stale."""
    (tmp_path / "waves").mkdir()
    for wave in ("2021", "2023"):
        (tmp_path / "waves" / wave).write_text(wave, encoding="utf-8")

    def steps():
        reads = tuple(sorted((tmp_path / "waves").iterdir()))
        call = partial(_join, tmp_path / "waves", tmp_path / "panel")
        return [Step("panel", "panel", call, reads, (tmp_path / "panel",), {"code": "1"})]

    assert _run(tmp_path, steps(), jobs=1)[1] == ["panel"]
    assert _run(tmp_path, steps(), jobs=1)[1] == []
    (tmp_path / "waves" / "2021").unlink()
    assert _run(tmp_path, steps(), jobs=1)[1] == ["panel"]
    assert (tmp_path / "panel").read_text() == "2023"
