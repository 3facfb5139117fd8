"""What each step of the build does: read its files, call a pure function, write its files atomically.

Heavy libraries are imported where they are used, so that a build with nothing to do costs next to nothing.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panel_eis.codebook import read_codebook
from panel_eis.errors import LANGS, BuildError
from panel_eis.files import replacing, write_csv, write_text
from panel_eis.render import (
    find_quarto,
    output_path,
    page_dependencies,
    project_pages,
    render_page,
    render_with_quarto,
    write_site_assets,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from panel_eis.models import Spec
    from panel_eis.waves import Sidecar


def wave(root: Path, name: str) -> None:
    """Check one wave and keep its typed answers, its reasons and its report."""
    from panel_eis.checks import tidy
    from panel_eis.corrections import of_wave, sound_corrections
    from panel_eis.errors import DataError
    from panel_eis.panel import check_wave
    from panel_eis.register import read_register
    from panel_eis.waves import find_waves

    codebook = read_codebook(root / "data" / "codebook")
    paths = find_waves(root / "data" / "waves")
    path, (corrections, faults) = paths[name], sound_corrections(root / "data" / "corrections.csv", [*paths])
    register = read_register(root / "data", codebook)
    try:
        answers, reasons, warnings, imported = check_wave(path, codebook, register, corrections)
    except DataError as error:
        raise DataError([*faults, *error.problems]) from error
    if faults:
        raise DataError(faults)
    out = root / "build" / "waves"
    _write_parquet(out / f"{name}.parquet", answers)
    _write_parquet(out / f"{name}.reasons.parquet", reasons)
    report = {
        "file": f"data/waves/{path.name}",
        **imported,
        "answers": len(answers),
        "corrections": [correction.entry(codebook) for correction in of_wave(corrections, name)],
        "warnings": {lang: [f"{p.place(lang)}: {p.sentence(lang)}" for p in warnings] for lang in LANGS},
        "told": tidy(warnings),
    }
    write_text(out / f"{name}.json", _json(report))


def panel(root: Path, waves: list[str]) -> None:
    """Stack all waves and write the panel and what goes with it."""
    import pandas as pd

    from panel_eis.checked import checked_panel
    from panel_eis.checks import TIDY, references, tidy
    from panel_eis.comparability import assess
    from panel_eis.quality.outcomes import final_dispositions, read_dispositions
    from panel_eis.register import read_register
    from panel_eis.weights import read_frame

    codebook = read_codebook(root / "data" / "codebook")
    comparability = assess(codebook, sidecars(root))
    out, parts = root / "build", {}
    for name in waves:
        stem = out / "waves" / name
        parts[name] = (pd.read_parquet(f"{stem}.parquet"), pd.read_parquet(f"{stem}.reasons.parquet"))
    register = read_register(root / "data", codebook)
    margins = read_frame(root / "data" / "frame.csv", codebook)
    reports = {
        name: json.loads((out / "waves" / f"{name}.json").read_text(encoding="utf-8")) for name in waves
    }
    known = references(root, {report["file"]: report.pop("named", {}) for report in reports.values()})
    changed = comparability.changed
    built, told = checked_panel(parts, codebook, register, margins, changed=changed, references=known)
    write_csv(out / "comparability.csv", comparability.table)
    _write_parquet(out / "panel.parquet", built.answers)
    _write_parquet(out / "reasons.parquet", built.reasons)
    open_text = [v.name for v in codebook.asked if v.sensitive == "open"]
    write_csv(out / "panel.csv", built.answers.reset_index().drop(columns=open_text))
    write_csv(out / "participation.csv", built.participation)
    write_csv(out / "weighting.csv", built.weighting)
    _write_parquet(out / "respondents.parquet", built.respondents)
    write_csv(out / "agreement.csv", built.agreement)
    write_csv(out / "raking.csv", built.convergence)
    fieldwork = read_dispositions(root / "data" / "dispositions.csv", codebook, register.units.index, waves)
    write_csv(out / "dispositions.csv", final_dispositions(built.participation, built.reasons, fieldwork))
    reports[waves[-1]]["panel_warnings"] = {
        lang: [p.sentence(lang) for p in built.warnings] for lang in LANGS
    }
    rows = [row for report in reports.values() for row in report.pop("told")] + tidy(told)
    write_csv(out / "warnings.csv", pd.DataFrame(rows, columns=TIDY))
    write_text(out / "waves.json", _json(reports))


def tidy(root: Path) -> None:
    """Write the tidy tables: reasons of missing answers counted, choices, open text (private), evocations (private)."""
    import pandas as pd

    from panel_eis import tidy as tables
    from panel_eis.missing import item_nonresponse
    from panel_eis.representations import read_thesaurus

    codebook, out = read_codebook(root / "data" / "codebook"), root / "build"
    answers = pd.read_parquet(out / "panel.parquet").reset_index()
    write_csv(out / "item_nonresponse.csv", item_nonresponse(pd.read_parquet(out / "reasons.parquet")))
    write_csv(out / "tidy" / "multi.csv", tables.choices_cited(answers, codebook))
    written = tables.open_answers(answers, codebook)
    write_csv(out / "tidy" / "open.csv", written, private=True)
    write_csv(out / "tidy" / "open_counts.csv", tables.open_counts(written))
    words = tables.evocations(answers, read_thesaurus(root / "data" / "reference" / "thesaurus.csv"))
    write_csv(out / "tidy" / "evocations.csv", words, private=True)


def sidecars(root: Path) -> dict[str, Sidecar]:
    """How each wave differs from the codebook, by wave."""
    from panel_eis.waves import find_waves, read_sidecar

    waves = find_waves(root / "data" / "waves")
    return {name: read_sidecar(path.with_suffix(".yml")) for name, path in waves.items()}


def specs(root: Path) -> dict[str, Spec]:
    """Every model of the paper, by name, as ``analyses/models.py`` declares them."""
    module = load_analysis(root / "analyses" / "models.py")
    return {spec.name: spec for spec in module.SPECS}


def fit_model(root: Path, name: str) -> None:
    """Estimate one model and keep the result; one that compares what cannot be compared is refused."""
    import pandas as pd

    from panel_eis.comparability import read_comparability
    from panel_eis.models import fit, write_fit

    frame = pd.read_parquet(root / "build" / "panel.parquet").reset_index()
    spec = specs(root)[name]
    read_comparability(root / "build" / "comparability.csv").require_spec(spec, frame)
    write_fit(fit(spec, frame), root / "build" / "fits" / f"{name}.json")


def measurement(root: Path) -> None:
    """Measure the scales of appropriation: reliability, items, functioning from wave to wave, postures."""
    import pandas as pd

    from panel_eis.measurement import measure

    frame = pd.read_parquet(root / "build" / "panel.parquet").reset_index()
    table = measure(frame, read_codebook(root / "data" / "codebook"))
    write_csv(root / "build" / "measurement.csv", table)


_STUDIES: dict[tuple[Path, int], Any] = {}


def _study(root: Path) -> Any:
    """Give the study of this panel; exhibits of one run share the frames that were read."""
    from panel_eis.study import Study

    key = (root, (root / "build" / "panel.parquet").stat().st_mtime_ns)
    if key not in _STUDIES:
        _STUDIES.clear()
        _STUDIES[key] = Study(root)
    return _STUDIES[key]


def exhibit(root: Path, path: Path) -> None:
    """Make all files of one figure or table."""
    from panel_eis.exhibits import load_exhibit, write_exhibit

    write_exhibit(load_exhibit(path), _study(root), root / "build" / "exhibits")


CLAIMS_FILE = "analyses/tbl_claims.py"
FURNITURE = ("_banner.md", "_header.typ", "_codebook.md", "_revision.md")


def furniture_files(out: Path) -> list[Path]:
    """Small fragments made with the facts: banner, header of the PDF, annex of the questionnaire, what moved."""
    return [out / lang / name for lang in LANGS for name in FURNITURE]


def facts(root: Path, renderer: str) -> None:
    """Write the numbers that the prose cites, the banner, the header of the PDF, the verdicts, and what moved."""
    from panel_eis import facts as writing
    from panel_eis.claims import VERDICTS, judge
    from panel_eis.revision import Numbers, read_published, revision_fragment

    study, module = _study(root), load_analysis(root / "analyses" / "facts.py")
    raw = writing.write_facts(module.FACTS, study, root, renderer)
    claims: dict[str, str] = {
        claim.name: judge(claim, study)[0] for claim in load_analysis(root / CLAIMS_FILE).CLAIMS
    }
    write_text(root / "build" / "claims.json", _json(claims))
    kinds = {name: kind for name, (kind, _) in module.FACTS.items()}
    published, now = read_published(root), Numbers(raw, kinds, claims)
    for lang in LANGS:
        text = revision_fragment(root, published, now, VERDICTS[lang], lang)
        write_text(root / "build" / "exhibits" / lang / "_revision.md", text)


def publish(root: Path, name: str) -> Path:
    """Keep the numbers of the last build as those of a published edition, for the page of what moved."""
    from panel_eis.revision import PUBLISHED, edition

    facts, claims = (
        json.loads((root / "build" / f"{part}.json").read_text(encoding="utf-8"))
        for part in ("facts", "claims")
    )
    write_text(root / PUBLISHED, _json(edition(root, name, facts, claims)))
    return root / PUBLISHED


def assets(root: Path) -> None:
    """Write style sheets and fonts of the site."""
    site = root / "build" / "site"
    write_site_assets(root, site)
    write_text(site / ".assets", "written\n")


def page_file(root: Path, page_path: Path, fmt: str) -> Path:
    """Where a page of the site is written."""
    return output_path(root, page_path, fmt, root / "build" / "site")


def page(root: Path, page_path: Path, fmt: str) -> None:
    """Render one page in one format with pandoc (and Typst)."""
    render_page(root, page_path, fmt, root / "build" / "site")  # type: ignore[arg-type]


def search(root: Path) -> None:
    """Write the index of all pages, which the search of the site reads."""
    from panel_eis.search import write_index

    write_index(root / "build" / "site")


def quarto(root: Path, program: Path) -> None:
    """Render the whole project with Quarto."""
    render_with_quarto(root, program)


def templates() -> list[Path]:
    """Files of the renderer that are not Python: filter, templates, style."""
    folder = Path(__file__).parent / "render"
    return sorted(
        p
        for p in folder.iterdir()
        if p.suffix in (".lua", ".html", ".typst", ".typ", ".css", ".yml", ".yaml", ".docx")
    )


def renderer(root: Path) -> tuple[Path | None, str]:
    """Quarto where it is (unless ``PANEL_EIS_QUARTO=no``), and what the colophon says made the pages."""
    program = None if os.environ.get("PANEL_EIS_QUARTO") == "no" else find_quarto(root)
    return program, "pandoc + Typst" if program is None else "Quarto"


def prepare(root: Path) -> list[Path]:
    """Write an empty fragment where a page includes one that was not made yet.

    Quarto reads included files before its pre-render step makes them, so on a fresh clone they have to exist.
    """
    made = []
    for page_path in project_pages(root):
        for path in page_dependencies(root, page_path):
            if not path.exists() and path.is_relative_to(root / "build"):
                write_text(path, "\n")
                made.append(path)
    if not (root / "_variables.yml").exists():
        write_text(root / "_variables.yml", "{}\n")
        made.append(root / "_variables.yml")
    return made


@contextmanager
def build_lock(root: Path) -> Iterator[None]:
    """Let one build run at a time in a project; the lock goes with the process."""
    folder = root / "build"
    folder.mkdir(exist_ok=True)
    with (folder / ".lock").open("w", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BuildError("Another build is running in this folder; wait for it to end.") from error
        stream.write(str(os.getpid()))
        yield


def _write_parquet(path: Path, frame: pd.DataFrame) -> None:
    with replacing(path) as temporary:
        frame.to_parquet(temporary, compression="zstd")


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def load_analysis(path: Path) -> Any:
    """Import a file of ``analyses/``."""
    spec = importlib.util.spec_from_file_location(f"analyses_{path.stem}", path)
    if spec is None or spec.loader is None or not path.exists():
        raise BuildError(f"{path} cannot be read.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
