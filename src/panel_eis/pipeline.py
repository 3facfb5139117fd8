"""The build graph: one task for each wave, model, exhibit and page, generated from the files found.

pytask decides by content what is stale and says why; nothing here looks at times. Its state lives in ``build/``, so deleting
``build/`` is starting anew. Code counts by its syntax tree: a comment redoes nothing.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panel_eis import stages
from panel_eis.codebook import read_codebook
from panel_eis.errors import BuildError, DataError, PanelEisError
from panel_eis.exhibits import find_exhibits, fits_read, products
from panel_eis.provenance import digest_of, imports_of, modules_behind
from panel_eis.render import page_dependencies, page_formats, project_pages
from panel_eis.waves import find_waves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

STAGES = ("check", "panel", "models", "exhibits", "facts", "render")


@dataclass(frozen=True)
class Step:
    """One task before pytask sees it: what it reads, what it makes, and the call that does it."""

    name: str
    stage: str
    call: Callable[[], None]
    reads: tuple[Path, ...]
    makes: tuple[Path, ...]
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What a build did: steps done, seconds by stage, and the renderer."""

    done: tuple[str, ...]
    seconds: dict[str, float]
    renderer: str
    total: int


def plan(root: Path, *, last: str = "render") -> tuple[list[Step], str]:
    """All steps of the build, in order, and the name of the renderer that will be used.

    Parameters
    ----------
    root
        The project's root.
    last
        Stage to stop after (a word of ``STAGES``).

    """
    wanted = STAGES[: STAGES.index(last) + 1]
    quarto, renderer = stages.renderer(root)
    steps = [*_data_steps(root), *_model_steps(root), *_exhibit_steps(root, renderer)]
    if "render" in wanted:
        steps += _quarto_steps(root, quarto, steps) if quarto else _page_steps(root, steps)
    return [s for s in steps if s.stage in wanted], renderer


def _data_steps(root: Path) -> list[Step]:
    data, build = root / "data", root / "build"
    codebook = (data / "codebook" / "survey.csv", data / "codebook" / "choices.csv")
    register = tuple(data / f"{name}.csv" for name in ("register", "events", "memberships", "support"))
    waves = find_waves(data / "waves")
    code = {"code": _code_behind("waves", "harmonise", "schema", "register")}
    steps = []
    for wave, path in waves.items():
        sidecar = path.with_suffix(".yml")
        reads = (path, *((sidecar,) if sidecar.exists() else ()), *codebook, *register)
        made = tuple(build / "waves" / f"{wave}.{end}" for end in ("parquet", "reasons.parquet", "json"))
        steps.append(Step(f"wave {wave}", "check", _later(stages.wave, root, wave), reads, made, code))
    parts = tuple(p for step in steps for p in step.makes)
    made = tuple(
        build / name
        for name in (
            "panel.parquet", "panel.csv", "reasons.parquet", "participation.csv", "weighting.csv", "waves.json",
        )
    )  # fmt: skip
    reads = (*parts, *codebook, *register, data / "frame.csv")
    call = _later(stages.panel, root, list(waves))
    steps.append(Step("panel", "panel", call, reads, made, {"code": _code_behind("panel")}))
    return steps


def _code_behind(*modules: str) -> str:
    return digest_of({path for module in modules for path in modules_behind(f"panel_eis.{module}")})


def _model_steps(root: Path) -> list[Step]:
    panel = root / "build" / "panel.parquet"
    code = digest_of(modules_behind("panel_eis.models"))
    return [
        Step(
            f"fit {name}", "models", _later(stages.fit_model, root, name), (panel,),
            (root / "build" / "fits" / f"{name}.json",), {"code": code, "spec": repr(spec)},
        )
        for name, spec in stages.specs(root).items()
    ]  # fmt: skip


def _exhibit_steps(root: Path, renderer: str) -> list[Step]:
    build, out = root / "build", root / "build" / "exhibits"
    fits = {name: build / "fits" / f"{name}.json" for name in stages.specs(root)}
    tables = (
        build / "panel.parquet",
        build / "participation.csv",
        build / "weighting.csv",
        build / "waves.json",
    )
    data = root / "data"
    inputs = (
        *tables, data / "codebook" / "survey.csv", data / "codebook" / "choices.csv", data / "frame.csv",
        *sorted((data / "reference").glob("*.csv")), *sorted((data / "cases").glob("*.md")),
        *(data / f"{n}.csv" for n in ("register", "events", "memberships", "support")),
    )  # fmt: skip
    steps = []
    for label, path in find_exhibits(root / "analyses").items():
        names = fits_read(path.read_text(encoding="utf-8"))
        used = tuple(fits[n] for n in (fits if names is None else names) if n in fits)
        call = _later(stages.exhibit, root, path)
        steps.append(
            Step(
                label,
                "exhibits",
                call,
                (*inputs, *used),
                tuple(products(label, out)),
                {"code": _code_of(path)},
            )
        )
    facts = root / "analyses" / "facts.py"
    made = (root / "_variables.yml", build / "facts.json", *stages.furniture_files(out))
    values = {"code": _code_of(facts), "renderer": renderer}
    call = _later(stages.facts, root, renderer)
    steps.append(Step("facts", "facts", call, (*inputs, *fits.values()), made, values))
    return steps


def _code_of(path: Path) -> str:
    """Digest of an analysis: itself (captions included), what it imports, and the machinery that writes it."""
    behind: set[Path] = set()
    for module in (*imports_of(path), "panel_eis.exhibits", "panel_eis.study"):
        behind |= modules_behind(module)
    return digest_of([path], docstrings=True) + digest_of(behind)


def _page_steps(root: Path, earlier: Iterable[Step]) -> list[Step]:
    """One step for each page and format: touching one exhibit redoes the pages that show it."""
    makers = {path: step.makes for step in earlier for path in step.makes}
    site = root / "build" / "site"
    code = {"code": digest_of([*modules_behind("panel_eis.render"), *stages.templates()])}
    assets = Step(
        "site assets",
        "render",
        _later(stages.assets, root),
        (root / "_quarto.yml",),
        (site / ".assets",),
        code,
    )
    steps = [assets]
    for page in project_pages(root):
        reads: set[Path] = set()
        for path in page_dependencies(root, page):
            reads.update(m for m in makers.get(path, (path,)) if m.suffix not in (".csv", ".json"))
        for fmt in page_formats(root, page):
            target = stages.page_file(root, page, fmt)
            name = f"{page.relative_to(root).with_suffix('')} {fmt}"
            call = _later(stages.page, root, page, fmt)
            steps.append(Step(name, "render", call, tuple(sorted(reads)), (target,), code))
    return steps


def _quarto_steps(root: Path, quarto: Path, earlier: Iterable[Step]) -> list[Step]:
    made = {
        p
        for s in earlier
        if s.stage in ("exhibits", "facts")
        for p in s.makes
        if p.suffix not in (".csv", ".json")
    }
    reads = {*made, root / "_quarto.yml"}
    for page in project_pages(root):
        reads.update(p for p in page_dependencies(root, page))
    call = _later(stages.quarto, root, quarto)
    target = root / "build" / "site" / "index.html"
    return [Step("quarto render", "render", call, tuple(sorted(reads)), (target,), {"quarto": str(quarto)})]


def _later(function: Callable[..., None], *arguments: Any) -> Callable[[], None]:
    return lambda: function(*arguments)


def build(root: Path, *, last: str = "render", say: Callable[[str], None] = print) -> Outcome:
    """Bring everything up to date.

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
        clock = _Clock(say, len(steps))
        session = _run(root, steps, clock)
        _raise_failures(session)
    return Outcome(tuple(clock.done), clock.seconds, renderer, len(steps))


def why(root: Path, *, last: str = "render") -> list[tuple[str, list[tuple[str, str]]]]:
    """Steps that are stale, with the reasons: pairs of (what, kind), kind being pytask's word."""
    steps, _ = plan(root, last=last)
    session = _run(root, steps, None, explain=True)
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


class _Clock:
    """Tells each step as it ends and adds up seconds by stage."""

    def __init__(self, say: Callable[[str], None], total: int) -> None:
        self.say, self.total = say, total
        self.done: list[str] = []
        self.seconds: dict[str, float] = {}

    def around(self, step: Step) -> Callable[..., None]:
        def run(**_: Any) -> None:
            start = time.perf_counter()
            step.call()
            spent = time.perf_counter() - start
            self.done.append(step.name)
            self.seconds[step.stage] = self.seconds.get(step.stage, 0.0) + spent
            self.say(f"{step.stage:<9} {step.name:<34} {spent:6.2f} s")

        return run


def _run(root: Path, steps: list[Step], clock: _Clock | None, *, explain: bool = False) -> Any:
    import pytask  # noqa: PLC0415  # heavy: only when building
    from _pytask.console import console  # noqa: PLC0415  # pytask has no public way to be silent

    state = root / "build"
    state.mkdir(exist_ok=True)
    config = state / "pytask.toml"
    if not config.exists():
        config.write_text("[tool.pytask.ini_options]\n", encoding="utf-8")
    console.quiet = True
    tasks = [
        pytask.TaskWithoutPath(
            name=step.name,
            function=clock.around(step) if clock else _nothing,
            depends_on={
                "files": [pytask.PathNode(path=p, name=str(p)) for p in step.reads],
                "values": [
                    pytask.PythonNode(value=v, hash=True, name=f"{step.name}: {k}")
                    for k, v in step.values.items()
                ],
            },
            produces={"files": [pytask.PathNode(path=p, name=str(p)) for p in step.makes]},
        )
        for step in steps
    ]
    return pytask.build(
        tasks=tasks,
        config=config,
        paths=[state],
        verbose=0,
        capture="no",
        explain=explain,
        check_casing_of_paths=False,
    )


def _nothing(**_: Any) -> None:
    """Stand in for a task when only its staleness is asked."""


def _raise_failures(session: Any) -> None:
    failures = [r.exc_info[1] for r in session.execution_reports if r.exc_info and "FAIL" in str(r.outcome)]
    failures = [f for f in failures if f is not None]
    data = [f for f in failures if isinstance(f, DataError)]
    if data:
        raise DataError([p for f in data for p in f.problems])
    for failure in failures:
        if isinstance(failure, PanelEisError):
            raise failure
        raise BuildError(f"{type(failure).__name__}: {failure}") from failure
    if session.exit_code != 0:
        raise BuildError(f"the build graph could not be run ({session.exit_code.name}); see above.")


def up_to_date_codebook(root: Path) -> None:
    """Fail early and clearly on a broken codebook: everything else depends on it."""
    read_codebook(root / "data" / "codebook")


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
