"""The steps of the build, generated from the files found: one for each wave, model, exhibit and page.

A step says what it reads, what it makes and which code is behind it; ``pipeline`` runs those that are stale. Code counts by
its syntax tree: a comment redoes nothing.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from panel_eis import data_stages, stages, trials
from panel_eis.case_pages import case_files
from panel_eis.codebook_rules import REFERENCES
from panel_eis.errors import LANGS
from panel_eis.exhibits import find_exhibits, fits_read, products, source_line
from panel_eis.page_steps import annexes_step, page_steps, quarto_steps
from panel_eis.places import shown_on
from panel_eis.provenance import PACKAGE, bytes_of, digest_of, imports_of, modules_behind, remembered
from panel_eis.revision import PUBLISHED
from panel_eis.step import Step, code_behind
from panel_eis.waves import find_waves

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

STAGES = ("check", "panel", "models", "exhibits", "facts", "render")


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
    with remembered(root / "build" / "code.json"):
        steps = [*_data_steps(root), *_model_steps(root), *_exhibit_steps(root, renderer)]
        steps += annexes_step(root, quarto)
        steps.append(_codebook_step(root, steps))
        if "render" in wanted:
            steps += quarto_steps(root, quarto, steps) if quarto else page_steps(root, steps)
    return [s for s in steps if s.stage in wanted], renderer


def _data_steps(root: Path) -> list[Step]:
    data, build = root / "data", root / "build"
    codebook = tuple(sorted((data / "codebook").glob("*.csv")))
    register = tuple(data / f"{name}.csv" for name in ("register", "events", "memberships", "support"))
    waves = find_waves(data / "waves")
    code = {"code": code_behind("waves", "corrections", "harmonise", "schema", "register")}
    steps = []
    for wave, path in waves.items():
        sidecar = path.with_suffix(".yml")
        beside = [p for p in (sidecar, data / "corrections.csv") if p.exists()]
        reads = (path, *beside, *codebook, *register)
        made = tuple(build / "waves" / f"{wave}.{end}" for end in ("parquet", "reasons.parquet", "json"))
        steps.append(Step(f"wave {wave}", "check", partial(data_stages.wave, root, wave), reads, made, code))
    parts = tuple(p for step in steps for p in step.makes)
    made = tuple(
        build / name
        for name in (
            "panel.parquet", "panel.csv", "reasons.parquet", "participation.csv", "weighting.csv",
            "raking.csv", "dispositions.csv", "waves.json", "respondents.parquet", "agreement.csv",
            "comparability.csv", "warnings.csv",
        )
    )  # fmt: skip
    optional = (*(path.with_suffix(".yml") for path in waves.values()), data / "dispositions.csv")
    reads = (*parts, *codebook, *register, *(p for p in optional if p.exists()), data / "frame.csv")
    reads += tuple(p for p in (data / "reference" / f"{n}.csv" for n in REFERENCES) if p.exists())
    call = partial(data_stages.panel, root, list(waves))
    behind = {"code": code_behind("panel", "checks", "references", "comparability", "quality.outcomes")}
    steps.append(Step("panel", "panel", call, reads, made, behind))
    steps.append(_tidy_step(root, codebook))
    return steps


def _tidy_step(root: Path, codebook: tuple[Path, ...]) -> Step:
    build = root / "build"
    reads = (
        build / "panel.parquet", build / "reasons.parquet", *codebook, root / "data" / "reference" / "thesaurus.csv",
    )  # fmt: skip
    names = ("multi", "open", "open_counts", "evocations")
    made = (build / "item_nonresponse.csv", *(build / "tidy" / f"{name}.csv" for name in names))
    return Step(
        "tidy",
        "panel",
        partial(data_stages.tidy, root),
        reads,
        made,
        {"code": code_behind("tidy", "missing")},
    )


def _model_steps(root: Path) -> list[Step]:
    panel, comparability = root / "build" / "panel.parquet", root / "build" / "comparability.csv"
    code = digest_of(modules_behind("panel_eis.models") | modules_behind("panel_eis.comparability"))
    codebook = tuple(root / "data" / "codebook" / f"{name}.csv" for name in ("survey", "choices"))
    measured = Step(
        "measurement", "models", partial(stages.measurement, root), (panel, *codebook),
        (root / "build" / "measurement.csv",), {"code": code_behind("measurement.results")},
    )  # fmt: skip
    return [
        measured,
        *_fit_steps(root, panel, comparability, code),
        *_trial_steps(root, panel),
    ]


def _trial_steps(root: Path, panel: Path) -> list[Step]:
    """Robustness and design analysis, where a project declares them."""
    build, data = root / "build", root / "data"
    declared = root / "analyses" / trials.DECLARED
    if not declared.exists():
        return []
    said = digest_of([declared])
    codebook = tuple(data / "codebook" / f"{name}.csv" for name in ("survey", "choices"))
    events = tuple(p for p in (data / "events.csv",) if p.exists())
    reads = (panel, *(build / n for n in ("reasons.parquet", "participation.csv", "comparability.csv")))
    return [
        Step(
            "robustness", "models", partial(trials.robustness, root), (*reads, *codebook, *events),
            tuple(build / f"{name}.csv" for name in trials.TABLES),
            {"code": code_behind("robustness.steps"), "declared": said},
        ),
        Step(
            "power", "models", partial(trials.power, root), (data / "truth.yml",), (build / "power.csv",),
            {"code": code_behind("power"), "declared": said},
        ),
    ]  # fmt: skip


def _fit_steps(root: Path, panel: Path, comparability: Path, code: str) -> list[Step]:
    return [
        Step(
            f"fit {name}", "models", partial(stages.fit_model, root, name), (panel, comparability),
            (root / "build" / "fits" / f"{name}.json",), {"code": code, "spec": repr(spec)},
        )
        for name, spec in stages.specs(root).items()
    ]  # fmt: skip


def _exhibit_steps(root: Path, renderer: str) -> list[Step]:
    build, out = root / "build", root / "build" / "exhibits"
    fits = {name: build / "fits" / f"{name}.json" for name in stages.specs(root)}
    tables = tuple(
        build / name
        for name in (
            "panel.parquet", "participation.csv", "weighting.csv", "raking.csv", "dispositions.csv", "reasons.parquet",
            "waves.json", "measurement.csv", "comparability.csv", "warnings.csv",
        )
    )  # fmt: skip
    data = root / "data"
    # Files that no step makes count by one digest a group: a node of pytask for each of them, in each step, costs a second.
    given = {
        "data/codebook": bytes_of(sorted((data / "codebook").glob("*.csv"))),
        "data/reference": bytes_of(sorted((data / "reference").glob("*.csv"))),
        "data/cases": bytes_of(sorted((data / "cases").glob("*.md"))),
        "data/*.csv": bytes_of(
            data / f"{n}.csv" for n in ("frame", "register", "events", "memberships", "support")
        ),
    }
    steps = []
    for label, path in find_exhibits(root / "analyses").items():
        source = path.read_text(encoding="utf-8")
        names = fits_read(source)
        used = tuple(fits[n] for n in (fits if names is None else names) if n in fits)
        used += _tried(build, source)
        at = _lines(root, source, fits if names is None else names)
        call = partial(stages.exhibit, root, path)
        steps.append(
            Step(
                label,
                "exhibits",
                call,
                (*tables, *used),
                tuple(products(label, out)),
                given | {"code": _code_of(path) + _declared(path, source), "lines": at},
            )
        )
    facts = root / "analyses" / "facts.py"
    made = (
        root / "_variables.yml",
        build / "facts.json",
        build / "claims.json",
        build / "case_rows.csv",
        *stages.furniture_files(out),
        *(out / lang / name for lang in LANGS for name in case_files(root)),
    )
    written = _code_of(facts) + _code_of(root / stages.CLAIMS_FILE) + code_behind("revision", "facts")
    values = {"code": written, "renderer": renderer, **given}
    call = partial(stages.facts, root, renderer)
    published = tuple(p for p in (root / PUBLISHED,) if p.exists())
    waves = find_waves(data / "waves").values()
    tried = _tried(build, *(p.read_text(encoding="utf-8") for p in (facts, root / stages.CLAIMS_FILE)))
    reads = (*tables, *fits.values(), *tried, *published, *waves)
    steps.append(Step("facts", "facts", call, reads, made, values | {"published": str(bool(published))}))
    return steps


def _codebook_step(root: Path, earlier: list[Step]) -> Step:
    """The entries of the codebook: they tell which exhibits and models use a variable, and where those are shown."""
    build = root / "build"
    records = [p for s in earlier if s.stage == "exhibits" for p in s.makes if p.suffix == ".json"]
    reads = (
        build / "panel.parquet", build / "reasons.parquet", build / "comparability.csv", *records,
    )  # fmt: skip
    made = (build / "codebook.csv", *(build / "exhibits" / lang / "_codebook.md" for lang in LANGS))
    values = {
        "code": code_behind("annex"),
        "specs": repr(stages.specs(root)),
        "places": repr(shown_on(root)),
        "data/codebook": bytes_of(sorted((root / "data" / "codebook").glob("*.csv"))),
    }
    return Step("codebook", "facts", partial(stages.codebook, root), reads, made, values)


def _tried(build: Path, *sources: str) -> tuple[Path, ...]:
    """Tables of robustness and power that analyses name."""
    return tuple(build / f"{n}.csv" for n in trials.MADE if any(f'table("{n}")' in s for s in sources))


def _lines(root: Path, source: str, names: Iterable[str]) -> str:
    """Where the numbers of an exhibit and its models are made: the page tells these lines, so they must be true."""
    declared = (root / "analyses" / "models.py").read_text(encoding="utf-8")
    lines = [source_line(source), *(source_line(declared, f'        name="{n}"') for n in names)]
    return " ".join(map(str, lines))


def _declared(path: Path, source: str) -> str:
    """Digest of the declared specifications, for an exhibit that names its file."""
    declared = path.with_name(trials.DECLARED)
    return digest_of([declared]) if trials.DECLARED in source and declared.exists() else ""


def _code_of(path: Path) -> str:
    """Digest of an analysis: itself (captions included), what it imports, and the machinery that writes it."""
    behind: set[Path] = set()
    for module in (*imports_of(path), "panel_eis.exhibits", "panel_eis.study"):
        behind |= modules_behind(module)
    if path.stem.startswith("tbl_"):
        behind |= {PACKAGE / "pieces" / "view.lua", PACKAGE / "render" / "reference.docx"}
    return digest_of([path], docstrings=True) + digest_of(behind)
