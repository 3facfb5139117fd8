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
from panel_eis.data_stages import as_text
from panel_eis.errors import LANGS, BuildError
from panel_eis.files import write_csv, write_text
from panel_eis.render import (
    find_quarto,
    output_path,
    page_dependencies,
    project_pages,
    render_page,
    render_with_quarto,
    renderer_versions,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from panel_eis.errors import Lang
    from panel_eis.models import Spec


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


def codebook(root: Path) -> None:
    """Write the entries of the codebook: the numbers as a file, and the page of each language."""
    from panel_eis.annex import Annex

    Annex.of(_study(root), specs(root)).write(root / "build")


CLAIMS_FILE = "analyses/tbl_claims.py"
FURNITURE = ("_banner.md", "_header.typ", "_revision.md")


def furniture_files(out: Path) -> list[Path]:
    """Small fragments made with the facts: banner, header of the PDF, what moved."""
    return [out / lang / name for lang in LANGS for name in FURNITURE]


def facts(root: Path, renderer: str) -> None:
    """Write the numbers that the prose cites, the banner, the header of the PDF, the verdicts, and what moved."""
    from panel_eis import facts as writing
    from panel_eis.claims import VERDICTS
    from panel_eis.revision import Numbers, read_published, revision_fragment

    study, module = _study(root), load_analysis(root / "analyses" / "facts.py")
    raw = writing.write_facts(module.FACTS, study, root, renderer)
    claims: dict[str, str] = module.judged(study)
    write_text(root / "build" / "claims.json", as_text(claims))
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
    write_text(root / PUBLISHED, as_text(edition(root, name, facts, claims)))
    return root / PUBLISHED


def page_file(root: Path, page_path: Path, fmt: str) -> Path:
    """Where a page of the site is written."""
    return output_path(root, page_path, fmt, root / "build" / "site")


def page(root: Path, page_path: Path, fmt: str) -> None:
    """Render one page in one format with pandoc (and Typst)."""
    render_page(root, page_path, fmt, root / "build" / "site")  # type: ignore[arg-type]


def variables(root: Path, lang: Lang) -> None:
    """Cut the page of each variable from the codebook of a language."""
    from panel_eis.variable_pages import write_variable_pages

    write_variable_pages(root / "build" / "site", lang)


def search(root: Path, lang: Lang) -> None:
    """Write the index of the pages of a language, which the search of the site reads."""
    from panel_eis.search import write_index

    write_index(root / "build" / "site", lang)


def annexes(root: Path, program: Path | None, code: str) -> None:
    """Write the glossary, the notes in the margin, and what made this edition."""
    from panel_eis.glossary import write_glossary
    from panel_eis.reproducibility import write_reproducibility

    out = root / "build" / "exhibits"
    write_glossary(root, out)
    read = json.loads((root / "build" / "waves.json").read_text(encoding="utf-8")).values()
    waves = {wave["file"]: wave["sha256"] for wave in read}
    write_reproducibility(root, out, waves, renderer_versions(program), code)


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


def load_analysis(path: Path) -> Any:
    """Import a file of ``analyses/``."""
    spec = importlib.util.spec_from_file_location(f"analyses_{path.stem}", path)
    if spec is None or spec.loader is None or not path.exists():
        raise BuildError(f"{path} cannot be read.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
