"""Many small pieces of random work, on all cores or on a Dask cluster, with the same result anywhere.

A task is a function of an item, of what all items share, and of a generator of its own. The generators are spawned
from one seed (``numpy.random.SeedSequence.spawn``; the i-th task has the i-th child), and tasks are put in chunks whose
size does not depend on the workers, so that nothing about a result tells where it was made.

With a ``store`` each finished chunk is kept, in a folder named by a hash of the code, the seed, what is shared
and the items. A run that was killed goes on where it stopped; a changed input starts anew. Results are plain values
(numbers, strings, None, lists and dicts of them; arrays of numpy become lists) and are kept as JSON, in which
Python's floats come back to the bit.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from panel_eis.errors import UsageError
from panel_eis.files import write_text
from panel_eis.progress import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Task = Callable[[Any, Any, np.random.Generator], Any]

CHUNK: Final = 16
"""Tasks handed over at a time when nothing else is asked."""

EXTRA: Final = (
    "a scheduler needs Dask, which is not installed: python -m pip install 'panel-eis[dask]' "
    "(here and on the workers), or leave --scheduler out to use the cores of this machine"
)


@dataclass(frozen=True)
class Workers:
    """Where work is done.

    Attributes
    ----------
    jobs
        Processes; 1 works in this one, -1 takes all cores.
    scheduler
        Address of a Dask scheduler (``tcp://host:8786``), instead of processes here.
    store
        Folder for finished chunks; None keeps nothing.
    label
        Name of the work in the progress bar; empty for no progress.

    """

    jobs: int = 1
    scheduler: str | None = None
    store: Path | None = None
    label: str = ""


HERE: Final = Workers()


def run(
    task: Task,
    items: Sequence[Any],
    *,
    seed: int | np.random.Generator,
    shared: Any = None,
    workers: Workers = HERE,
    chunk: int = CHUNK,
) -> list[Any]:
    """Do all tasks and give their results in the order of the items.

    Parameters
    ----------
    task
        ``task(item, shared, rng)``, at the top level of a module (processes must be able to import it).
    items
        One a task.
    seed
        Where chance starts: a number, or a generator, which is advanced by one draw.
    shared
        What every task reads; sent once a chunk.
    chunk
        Tasks handed over and kept together.

    Returns
    -------
    Results as JSON gives them back: tuples have become lists, arrays lists, keys strings.

    Raises
    ------
    UsageError
        A scheduler without Dask, one that does not answer, or a result that is not made of plain values.

    """
    root = int(seed.integers(2**63)) if isinstance(seed, np.random.Generator) else seed
    children = np.random.SeedSequence(root).spawn(len(items))
    pieces = [
        (list(items[start : start + chunk]), children[start : start + chunk])
        for start in range(0, len(items), chunk)
    ]
    folder = None
    if workers.store is not None:
        folder = workers.store / content_key(_code(task), list(items), root, shared, chunk)
    found: dict[int, str] = {}
    if folder is not None:
        found = {
            i: text for i in range(len(pieces)) if (text := _kept(folder / f"{i}.json", len(pieces[i][0])))
        }
    left = [i for i in range(len(pieces)) if i not in found]
    with _telling(len(pieces), workers.label) as tell:
        tell(len(found))
        for i, text in _done(task, shared, [(i, *pieces[i]) for i in left], workers):
            found[i] = text
            if folder is not None:
                write_text(folder / f"{i}.json", text)
            tell(len(found))
    return [result for i in range(len(pieces)) for result in json.loads(found[i])]


def release() -> None:
    """Stop the processes that joblib keeps for its next call, and delete their folders.

    joblib waits for them five minutes when a process that is not the main one ends.
    """
    if "joblib" in sys.modules:
        from joblib.externals.loky import reusable_executor  # noqa: PLC0415

        kept = reusable_executor._executor  # noqa: SLF001  # asking for it would start one
        if kept is not None:
            kept.terminate(kill_workers=True)


def forget(store: Path) -> None:
    """Delete the finished chunks of a store, once what was made of them is written."""
    shutil.rmtree(store, ignore_errors=True)


def content_key(*parts: Any) -> str:
    """Hash of values, frames, arrays and dataclasses by content: equal content, equal hash, on every machine."""
    digest = hashlib.sha256()
    for part in parts:
        _feed(digest, part)
    return digest.hexdigest()[:24]


def _feed(digest: Any, part: Any) -> None:
    """Add one value to a hash, with its type, so that no two values look alike."""
    digest.update(type(part).__name__.encode() + b"(")
    if isinstance(part, np.ndarray):
        digest.update(f"{part.dtype}{part.shape}".encode())
        digest.update(
            repr(part.tolist()).encode() if part.dtype == object else np.ascontiguousarray(part).tobytes()
        )
    elif hasattr(part, "to_dict") and hasattr(part, "index"):  # a frame or a series of pandas
        from pandas.util import hash_pandas_object  # noqa: PLC0415  # heavy: pandas comes with the frame

        digest.update(repr(list(getattr(part, "columns", ()))).encode())
        digest.update(hash_pandas_object(part).to_numpy().tobytes())
    elif is_dataclass(part) and not isinstance(part, type):
        for field in fields(part):
            digest.update(field.name.encode())
            _feed(digest, getattr(part, field.name))
    elif isinstance(part, dict):
        for key, value in part.items():
            _feed(digest, key)
            _feed(digest, value)
    elif isinstance(part, (list, tuple)):
        for value in part:
            _feed(digest, value)
    elif callable(part):
        digest.update(f"{part.__module__}.{part.__qualname__}".encode())
    else:
        digest.update(repr(part).encode())
    digest.update(b")")


@cache
def _code(task: Task) -> str:
    """Hash of the code behind a task: the whole package, and the file of a task that comes from elsewhere."""
    folder = Path(__file__).parent
    home = inspect.getsourcefile(task)
    paths = sorted({*folder.rglob("*.py"), *([Path(home)] if home else [])})
    digest = hashlib.sha256(f"{task.__module__}.{task.__qualname__}".encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _kept(path: Path, size: int) -> str:
    """Give the text of a finished chunk, empty if there is none or it is damaged."""
    try:
        text = path.read_text(encoding="utf-8")
        return text if len(json.loads(text)) == size else ""
    except (OSError, ValueError):
        return ""


def _chunk(task: Task, shared: Any, place: int, items: list[Any], seeds: list[Any]) -> tuple[int, str]:
    """Do the tasks of one chunk; its place and its results as JSON."""
    pairs = zip(items, seeds, strict=True)
    done = [task(item, shared, np.random.Generator(np.random.PCG64(child))) for item, child in pairs]
    return place, json.dumps(done, default=_plain)


def _plain(value: Any) -> Any:
    """Turn numbers and arrays of numpy into Python's own."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise UsageError(
        f"a task gave a {type(value).__name__}; results are numbers, strings, None, lists and dicts"
    )


def _done(
    task: Task, shared: Any, pieces: list[tuple[int, list[Any], list[Any]]], workers: Workers
) -> Iterable[tuple[int, str]]:
    """Chunks as they are finished, in any order."""
    if workers.scheduler is None and (workers.jobs == 1 or len(pieces) < 2):
        yield from (_chunk(task, shared, *piece) for piece in pieces)
        return
    import joblib  # noqa: PLC0415  # heavy: only when processes are wanted

    calls = (joblib.delayed(_chunk)(task, shared, *piece) for piece in pieces)
    with _backend(workers):
        yield from joblib.Parallel(return_as="generator_unordered")(calls)


@contextmanager
def _backend(workers: Workers) -> Iterator[None]:
    """Set joblib to processes here, one thread of algebra each, or to a cluster."""
    import joblib  # noqa: PLC0415

    if workers.scheduler is None:
        with joblib.parallel_config("loky", n_jobs=workers.jobs, inner_max_num_threads=1):
            yield
        return
    try:
        from distributed import Client  # noqa: PLC0415  # optional
    except ImportError as error:
        raise UsageError(EXTRA) from error
    try:
        client = Client(workers.scheduler, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at {workers.scheduler} ({error})") from error
    try:
        with joblib.parallel_config("dask", client=client):
            yield
    finally:
        client.close()


@contextmanager
def _telling(total: int, label: str) -> Iterator[Callable[[int], None]]:
    if not label:
        yield lambda _: None
        return
    with counted(total, label) as tell:
        yield tell
