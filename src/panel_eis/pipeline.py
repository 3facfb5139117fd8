"""The build graph: the steps of the build as tasks of pytask, run where they are stale.

pytask decides by content what is stale and says why; nothing here looks at times. Its state lives in ``build/``, so deleting
``build/`` is starting anew.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from panel_eis import stages
from panel_eis.errors import BuildError, DataError, UsageError
from panel_eis.side_by_side import SideBySide, cores
from panel_eis.steps import plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from panel_eis.steps import Step


LONGEST = ("robustness", "power")
"""Steps that start as soon as they can: what waits for them would be left alone at the end."""


@dataclass(frozen=True)
class Outcome:
    """What a build did: steps done, seconds by stage, and the renderer."""

    done: tuple[str, ...]
    seconds: dict[str, float]
    renderer: str
    total: int


def build(root: Path, *, last: str = "render", say: Callable[[str], None] = print, jobs: int = 0) -> Outcome:
    """Bring everything up to date.

    Parameters
    ----------
    root
        The project's root.
    last
        Stage to stop after.
    say
        Told each step as it ends.
    jobs
        Steps at a time; 0 takes all cores.

    Raises
    ------
    DataError
        With the problems of all waves at once, when data cannot be used.
    PanelEisError
        The first other failure, as it was raised.
    BuildError
        When another build is running, or pytask itself fails.

    """
    os.environ["PANEL_EIS_IN_BUILD"] = "1"
    with stages.build_lock(root):
        steps, renderer = plan(root, last=last)
        _require_waves(steps)
        clock = _Clock(say)
        session = _run(root, steps, clock, jobs=jobs)
        _raise_failures(session, root)
    return Outcome(tuple(clock.done), clock.seconds, renderer, len(steps))


def _require_waves(steps: list[Step]) -> None:
    """Refuse a report of one wave before the work is begun."""
    waves = [step.name for step in steps if step.stage == "check"]
    if len(waves) == 1 and any(step.stage == "models" for step in steps):
        raise UsageError(
            f"There is one wave only ({waves[0].removeprefix('wave ')}); the report compares waves and needs two. "
            "Until then: panel-eis check, panel-eis quality, panel-eis build --until panel."
        )


def why(root: Path, *, last: str = "render") -> list[tuple[str, list[tuple[str, str]]]]:
    """Steps that are stale, with the reasons: pairs of (what, kind), kind being pytask's word."""
    steps, _ = plan(root, last=last)
    session = _run(root, steps, _Clock(print), explain=True)
    stale = []
    for report in session.execution_reports:
        explanation = report.task.attributes.get("explanation")
        if explanation and explanation.reasons and "EXECUTED" in str(report.outcome):
            reasons = sorted(
                {(_named(reason.node_name, root), reason.reason) for reason in explanation.reasons}
            )
            stale.append((report.task.name, reasons))
    return stale


def _named(name: str, root: Path) -> str:
    return name.replace(f"{root}/", "")


def _listed(step: Step, root: Path) -> str:
    """Files that a step reads, by name: one that goes leaves the others as they were, and is a change all the same."""
    return "\n".join(sorted(_named(str(path), root) for path in step.reads))


class _Clock:
    """Tells each step as it ends and adds up seconds by stage (of work: with two processes, twice those of the clock)."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.done: list[str] = []
        self.seconds: dict[str, float] = {}

    def __call__(self, step: Step, spent: float) -> None:
        self.done.append(step.name)
        self.seconds[step.stage] = self.seconds.get(step.stage, 0.0) + spent
        self.say(f"{step.stage:<9} {step.name:<34} {spent:6.2f} s")


def _not_here(**_: Any) -> None:
    """Stand for the work of a step, which ``SideBySide`` does."""
    raise AssertionError


def _run(root: Path, steps: list[Step], clock: _Clock, *, jobs: int = 0, explain: bool = False) -> Any:
    import pytask  # noqa: PLC0415  # heavy: only when building
    from _pytask import state as states  # noqa: PLC0415
    from _pytask.console import console  # noqa: PLC0415  # pytask has no public way to be silent
    from _pytask.models import NodeInfo  # noqa: PLC0415

    state = root / "build"
    state.mkdir(exist_ok=True)
    config = state / "pytask.toml"
    if not config.exists():
        config.write_text("[tool.pytask.ini_options]\n", encoding="utf-8")
    console.quiet = True
    # Each state would also be written to the database, one transaction a file; nothing reads it beside the lock file.
    states.update_states_in_database = lambda *_: None
    tasks = [
        pytask.TaskWithoutPath(
            name=step.name,
            function=_not_here,
            markers=[pytask.Mark("try_first", (), {})] if step.name in LONGEST else [],
            depends_on={
                "files": [pytask.PathNode(path=p, name=str(p)) for p in step.reads],
                "values": [
                    # Without its own NodeInfo every value would be the same node to pytask.
                    pytask.PythonNode(
                        value=v,
                        hash=True,
                        name=f"{step.name}: {k}",
                        node_info=NodeInfo(k, (), None, step.name, v),
                    )
                    for k, v in (step.values | {"list of files": _listed(step, root)}).items()
                ],
            },
            produces={"files": [pytask.PathNode(path=p, name=str(p)) for p in step.makes]},
        )
        for step in steps
    ]
    done_by = SideBySide({step.name: step for step in steps}, clock, jobs or cores())
    return done_by.build(
        tasks=tasks,
        config=config,
        paths=[state],
        verbose=0,
        capture="no",
        explain=explain,
        check_casing_of_paths=False,
        # The lock file holds the state; the database beside it would cost one commit to disk for each file.
        database_url="sqlite://",
    )


def _raise_failures(session: Any, root: Path) -> None:
    failures = [r.exc_info[1] for r in session.execution_reports if r.exc_info and "FAIL" in str(r.outcome)]
    failures = [f for f in failures if f is not None]
    data = [f for f in failures if isinstance(f, DataError)]
    if data:
        data += _of_all_files(root) if any(type(f) is DataError for f in data) else []
        kinds = {type(f) for f in data}
        raise (kinds.pop() if len(kinds) == 1 else DataError)([p for f in data for p in f.problems])
    for failure in failures:
        raise failure  # one of ours is a message; anything else is a bug and shows its traceback
    if session.exit_code != 0:
        raise BuildError(f"the build graph could not be run ({session.exit_code.name}); see above.")


def _of_all_files(root: Path) -> list[DataError]:
    """Problems of all that people provide: a step knows those of its own files, and what waits for it never started."""
    from panel_eis.checking import check_all  # noqa: PLC0415  # heavy: only when data are at fault

    try:
        check_all(root)
    except DataError as error:
        return [error]
    return []


def report_place(root: Path) -> dict[str, Path]:
    """Where the report is, for those that exist."""
    site = root / "build" / "site"
    places = {"site": site / "index.html"}
    for lang in ("fr", "en"):
        for name in ("html", "pdf", "docx"):
            places[f"{lang} {name}"] = site / "paper" / lang / f"report.{name}"
    return {k: v for k, v in places.items() if v.exists()}


def write_log(root: Path, outcome: Outcome) -> None:
    """Keep the seconds of the last build that did something, for benchmarks (never compared, never published)."""
    if outcome.done:
        record = {"done": outcome.done, "seconds": outcome.seconds, "python": sys.version.split()[0]}
        (root / "build" / "last_build.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
