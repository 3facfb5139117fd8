"""Work on all cores or on a cluster: the same result anywhere, and no work done twice."""

from __future__ import annotations

import builtins
import json

import numpy as np
import pandas as pd
import pytest

from panel_eis.errors import UsageError
from panel_eis.parallel import HERE, Workers, content_key, forget, run

DONE: list[int] = []


def draw(item, shared, rng):
    """Depends on all three arguments."""
    return {"item": item, "value": shared * float(rng.normal()) + item, "list": rng.integers(0, 9, 3)}


def count(item, shared, rng):
    DONE.append(item)
    if item == shared:
        raise KeyboardInterrupt
    return float(rng.random())


def nothing_plain(item, shared, rng):
    return {1, 2}


@pytest.fixture(scope="module")
def alone():
    return run(draw, range(21), seed=5, shared=2.0, chunk=4)


def test_results_are_those_of_one_process_whatever_the_number_of_processes(alone):
    assert run(draw, range(21), seed=5, shared=2.0, chunk=4, workers=Workers(jobs=2)) == alone
    assert run(draw, range(21), seed=5, shared=2.0, chunk=4, workers=Workers(jobs=3)) == alone


def test_results_are_those_of_one_process_on_a_dask_cluster_of_two_workers(alone, tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None,
        local_directory=str(tmp_path), protocol="tcp",
    ) as cluster:  # fmt: skip
        address = cluster.scheduler_address
        assert address.startswith("tcp://")
        found = run(draw, range(21), seed=5, shared=2.0, chunk=4, workers=Workers(scheduler=address))
    assert found == alone


def test_the_size_of_chunks_changes_nothing(alone):
    assert run(draw, range(21), seed=5, shared=2.0, chunk=1) == alone


def test_each_task_has_the_spawned_generator_of_its_place(alone):
    children = np.random.SeedSequence(5).spawn(21)
    expected = [2 * np.random.Generator(np.random.PCG64(c)).normal() + i for i, c in enumerate(children)]
    assert [result["value"] for result in alone] == expected


def test_a_killed_run_goes_on_where_it_stopped_and_gives_the_same(tmp_path):
    DONE.clear()
    whole = run(count, range(12), seed=1, shared=-1, chunk=3)
    DONE.clear()
    workers = Workers(store=tmp_path / "chunks")
    with pytest.MonkeyPatch.context() as patch:  # stops in the third chunk
        import tests_parallel_stop as stop

        patch.setattr(stop, "AT", 7)
        with pytest.raises(KeyboardInterrupt):
            run(stop.task, range(12), seed=1, chunk=3, workers=workers)
        assert stop.DONE == [0, 1, 2, 3, 4, 5, 6, 7]
        stop.DONE.clear()
        patch.setattr(stop, "AT", -1)
        assert run(stop.task, range(12), seed=1, chunk=3, workers=workers) == whole
        assert stop.DONE == [6, 7, 8, 9, 10, 11]


def test_a_damaged_chunk_is_done_again_and_other_inputs_start_anew(tmp_path):
    workers = Workers(store=tmp_path / "chunks")
    first = run(draw, range(6), seed=3, shared=1.0, chunk=3, workers=workers)
    [folder] = (tmp_path / "chunks").iterdir()
    (folder / "1.json").write_text("[1,", encoding="utf-8")
    assert run(draw, range(6), seed=3, shared=1.0, chunk=3, workers=workers) == first
    assert len(json.loads((folder / "1.json").read_text(encoding="utf-8"))) == 3
    assert run(draw, range(6), seed=3, shared=1.5, chunk=3, workers=workers) != first
    assert len(list((tmp_path / "chunks").iterdir())) == 2
    forget(tmp_path / "chunks")
    assert not (tmp_path / "chunks").exists()


def test_a_scheduler_without_dask_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **options):
        if name == "distributed":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"panel-eis\[dask\]"):
        run(draw, range(3), seed=1, shared=1.0, workers=Workers(scheduler="tcp://127.0.0.1:1"))


def test_results_that_are_no_plain_values_are_refused():
    with pytest.raises(UsageError, match="set"):
        run(nothing_plain, range(2), seed=1)


def test_a_generator_is_advanced_so_that_two_runs_differ():
    rng = np.random.default_rng(4)
    assert run(draw, range(3), seed=rng, shared=1.0) != run(draw, range(3), seed=rng, shared=1.0)
    assert run(draw, [], seed=1) == []


def test_progress_is_told_in_a_log(capfd):
    run(draw, range(8), seed=1, shared=1.0, chunk=1, workers=Workers(label="draws"))
    told = capfd.readouterr().err.splitlines()
    assert told[-1] == "draws: 8 / 8"
    assert len(told) <= 5


def test_equal_content_has_one_key_and_different_content_another():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    assert content_key(frame, 1) == content_key(frame.copy(), 1)
    keys = {
        content_key(part)
        for part in (frame, frame.assign(a=[1.0, 2.5]), frame[["b", "a"]], 1, 1.0, "1", (1,), HERE, {"a": 1})
    }
    assert len(keys) == 9
