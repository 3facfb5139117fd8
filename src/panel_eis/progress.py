"""Progress that suits where it is read: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUIET_SHARE: Final = 0.25
"""In a log a line is printed each time this share more of the work is done."""


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Give a function that tells one line: the bar's text on a terminal, a printed line elsewhere."""
    if not sys.stderr.isatty():
        yield lambda line: print(line, file=sys.stderr, flush=True)  # noqa: T201  # the log of the build
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("…", total=None)
        yield lambda line: bar.update(task, description=line)


@contextmanager
def counted(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """Give a function that is told how many of ``total`` pieces of work are done: a bar, or a line at each quarter."""
    if not sys.stderr.isatty():
        told = 0.0

        def say(done: int) -> None:
            nonlocal told
            if total and done / total >= min(told + QUIET_SHARE, 1.0):
                told = done / total
                print(f"{what}: {done} / {total}", file=sys.stderr, flush=True)  # noqa: T201

        yield say
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
