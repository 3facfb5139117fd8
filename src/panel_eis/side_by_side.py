"""Steps of the build on all cores: pytask decides what is stale, processes do it.

pytask runs one task at a time; its companion for several, pytask-parallel, naps up to a second between two looks at its
workers, which for steps of half a second costs what it gains. Here a step starts when a process is free and all it needs is
made. A step that is alone from the start is done in this process, while others start for the steps that wait for it. Once
they are at work, they have the libraries at hand and this one does not.
"""

from __future__ import annotations

import atexit
import os
import sys
import time
import traceback
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from multiprocessing import get_context
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

from _pytask import build as pytask_build
from _pytask.reports import ExecutionReport
from pytask import hookimpl

from panel_eis.errors import PanelEisError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from panel_eis.steps import Step


class SideBySide:
    """A plugin of pytask that does the steps of one build.

    Parameters
    ----------
    steps
        By name; their calls go to other processes, so they must be importable functions with plain arguments.
    told
        Called with each step that was done and the seconds it took.
    jobs
        Processes at a time; 1 leaves all to pytask.

    """

    def __init__(self, steps: dict[str, Step], told: Callable[[Step, float], None], jobs: int) -> None:
        self.steps, self.told, self.jobs = steps, told, jobs
        self._pool: ProcessPoolExecutor | None = None
        self._at_work = False

    def build(self, **options: Any) -> Any:
        """Run ``pytask.build`` with this plugin; pytask takes plugins from entry points alone, for every project at once."""
        own = pytask_build.get_plugin_manager

        def with_this() -> Any:
            plugins = own()
            plugins.register(self)
            return plugins

        pytask_build.get_plugin_manager = with_this
        try:
            return pytask_build.build(**options)
        finally:
            pytask_build.get_plugin_manager = own

    @hookimpl
    def pytask_execute_build(self, session: Any) -> bool | None:
        """Do what is stale; where pytask is asked to explain, it does so itself."""
        if session.config["explain"]:
            return None
        running: dict[Future[tuple[float, BaseException | None]], Any] = {}
        try:
            while session.scheduler.is_active():
                stale = self._stale(session, self.jobs - len(running))
                if len(stale) == 1 and not self._at_work:
                    self._get_ready(self.steps[stale[0].name])
                    self._end(session, stale[0], _timed(self.steps[stale[0].name].call))
                    continue
                for task in stale:
                    self._at_work = True
                    running[self._processes().submit(_timed, self.steps[task.name].call)] = task
                for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                    self._end(session, running.pop(future), future.result())
        finally:
            if self._pool:
                self._pool.shutdown(cancel_futures=True)
                self._pool = None
        return True

    def _stale(self, session: Any, room: int) -> list[Any]:
        """Tasks that can start now and are stale, at most ``room``; those that are up to date are reported on the way."""
        found: list[Any] = []
        while len(found) < room and (ready := session.scheduler.get_ready(1)):
            task = session.dag.nodes[ready[0]]
            try:
                session.hook.pytask_execute_task_setup(session=session, task=task)
            except Exception:  # noqa: BLE001  # pytask says by exceptions that nothing has to be done
                self._report(session, task, ExecutionReport.from_task_and_exception(task, sys.exc_info()))
            else:
                found.append(task)
        return found

    def _end(self, session: Any, task: Any, outcome: tuple[float, BaseException | None]) -> None:
        """Report a step that was done, or the error it raised."""
        seconds, error = outcome
        try:
            if error is None:
                session.hook.pytask_execute_task_teardown(session=session, task=task)
        except Exception as missing:  # noqa: BLE001  # the report tells that a file was not made
            error = missing
        if error is None:
            self.told(self.steps[task.name], seconds)
            report = ExecutionReport.from_task(task)
        else:
            if not isinstance(error, PanelEisError):
                error.add_note(f"This happened in the step “{self.steps[task.name].name}”.")
            raised = (type(error), error, error.__traceback__)
            report = ExecutionReport.from_task_and_exception(task, raised)
        self._report(session, task, report)

    def _report(self, session: Any, task: Any, report: Any) -> None:
        session.hook.pytask_execute_task_process_report(session=session, report=report)
        session.execution_reports.append(report)
        session.scheduler.done(task.signature)

    def _get_ready(self, step: Step) -> None:
        """Start the processes for what waits for a step, while this one does it."""
        waited_for = any(not set(step.makes).isdisjoint(other.reads) for other in self.steps.values())
        if waited_for and self._pool is None and self.jobs > 1:
            for _ in range(self.jobs):
                self._processes().submit(int)

    def _processes(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # A fork of this process could hang on a lock that a thread of pyarrow holds; one of a server cannot.
            server = get_context("forkserver")
            server.set_forkserver_preload(["panel_eis.stages"])
            self._pool = ProcessPoolExecutor(self.jobs, server, _leave_tidy)
        return self._pool


def _leave_tidy() -> None:
    """See to it that what a step started ends with the process of the pool, which runs no exit functions by itself."""
    Finalize(None, _last_things, exitpriority=100)


def _last_things() -> None:
    if "joblib" in sys.modules:
        from panel_eis.parallel import release  # noqa: PLC0415  # numpy, which a build with nothing to do does without

        release()
    atexit._run_exitfuncs()  # noqa: SLF001  # nothing public runs them


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _timed(call: Callable[[], None]) -> tuple[float, BaseException | None]:
    """Do a step; the seconds it took and what it raised."""
    start = time.perf_counter()
    try:
        call()
    except Exception as error:  # noqa: BLE001  # goes back to the process that reports
        if not isinstance(error, PanelEisError):
            # A bug: its traceback would stay in this process.
            error.add_note(traceback.format_exc())
        return time.perf_counter() - start, error
    return time.perf_counter() - start, None
