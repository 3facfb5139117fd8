"""Shared pieces: the project's own codebook, and a wave that is valid until a test breaks it."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from panel_eis.codebook import Codebook, read_codebook
from panel_eis.render import find_quarto
from programs import program
from whole_project import EXACT, copy_project, digests, run_panel_eis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def codebook() -> Codebook:
    return read_codebook(ROOT / "data" / "codebook")


NON_DOER = {
    "unit": "SYN-0001", "respondent": "R-0001", "respondent_role": "director", "interview_date": "2023-03-01",
    "legal_form": "association", "legal_category": "9220", "department": "69M", "founded": "1990", "staff": "12",
    "frequency": "never", "a1": "4", "a2": "5", "a3": "2", "a4": "3", "networks": "none", "support_instruments": "none",
    "peers": "0",
}  # fmt: skip
DOER = NON_DOER | {
    "unit": "SYN-0002", "respondent": "R-0002", "frequency": "regular", "formalisation": "tooled", "used_in_decision": "yes",
    "practice_since": "2019", "tools": "dashboard sroi", "networks": "net_a net_b", "networks_service": "net_a",
    "peers": "2", "demand": "requested",
    **dict.fromkeys(("b1", "b2", "b3", "b4", "c1", "c2", "c3", "c4", "d1", "d2", "d3", "d4", "e1", "e2", "e3", "e4", "f1", "f2", "f3"), "4"),
}  # fmt: skip


class WaveFile:
    """A wave of two organisations in the house format; ``set`` changes cells, ``write`` gives the file."""

    def __init__(self, codebook: Codebook, folder: Path) -> None:
        self.columns = [v.name for v in codebook.asked]
        self.rows = [dict(NON_DOER), dict(DOER)]
        self.folder = folder

    def set(self, row: int, **cells: str) -> WaveFile:
        self.rows[row] |= cells
        return self

    def write(
        self, wave: str = "2023", *, separator: str = ",", encoding: str = "utf-8", sidecar: str = ""
    ) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{wave}.csv"
        with path.open("w", encoding=encoding, newline="") as stream:
            writer = csv.writer(stream, delimiter=separator)
            writer.writerow(self.columns)
            writer.writerows([row.get(c, "") for c in self.columns] for row in self.rows)
        path.with_suffix(".yml").unlink(missing_ok=True)
        if sidecar:
            path.with_suffix(".yml").write_text(sidecar, encoding="utf-8")
        return path


@pytest.fixture
def wave_file(codebook: Codebook, tmp_path: Path) -> WaveFile:
    return WaveFile(codebook, tmp_path / "data" / "waves")


@pytest.fixture
def project(codebook: Codebook, tmp_path: Path) -> Path:
    """A project of two organisations and one sound wave, 2023; small enough to be checked in a blink."""
    root, data = tmp_path / "project", ROOT / "data"
    WaveFile(codebook, root / "data" / "waves").write()
    shutil.copytree(data / "codebook", root / "data" / "codebook")
    for name in ("register", "events", "memberships", "support", "corrections"):
        lines = (data / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        wanted = [
            line for line in lines[1:] if name == "register" and line.startswith(("SYN-0001", "SYN-0003"))
        ]
        text = "\n".join([lines[0], *wanted]).replace("SYN-0003", "SYN-0002").replace("0003", "0002")
        (root / "data" / f"{name}.csv").write_text(text + "\n", encoding="utf-8")
    return root


class Outcome:
    """What the command said and how it ended; a traceback fails the test at once."""

    def __init__(self, result: Result) -> None:
        unexpected = result.exception is not None and not isinstance(result.exception, SystemExit)
        assert not unexpected, repr(result.exception)
        self.code, self.text = result.exit_code, result.output
        assert "Traceback" not in self.text
        self.out = result.stdout


@pytest.fixture
def panel_eis(project: Path) -> Callable[..., Outcome]:
    """The command line, run in the small project."""
    from panel_eis.cli import main

    def run(*arguments: object) -> Outcome:
        family, rest = ([str(a) for a in arguments[:2]], [str(a) for a in arguments[2:]])
        if family[0] not in ("wave", "case"):
            family, rest = family[:1], [*family[1:], *rest]
        where = [] if family[0].startswith("-") else ["--root", str(project)]
        return Outcome(CliRunner().invoke(main, [*family, *where, *rest]))

    return run


@pytest.fixture(scope="session")
def built(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole project, built once from nothing; test_end_to_end changes it afterwards."""
    folder = copy_project(root, tmp_path_factory.mktemp("project"))
    result = run_panel_eis(folder, "build")
    assert result.returncode == 0, result.stdout + result.stderr
    (folder.parent / "digests.json").write_text(json.dumps(digests(folder, *EXACT)), encoding="utf-8")
    for part in ("site", "exhibits"):
        shutil.copytree(folder / "build" / part, folder.parent / "as_built" / part)
    return folder


@pytest.fixture(scope="session")
def as_built(request: pytest.FixtureRequest) -> Path:
    """Pages and exhibits as the first build wrote them: folders ``site`` and ``exhibits``, to be read only.

    Who works on the pages names a project that is built already in PANEL_EIS_BUILT, and waits for nothing.
    """
    if ready := os.environ.get("PANEL_EIS_BUILT"):
        return Path(ready).resolve() / "build"
    return Path(request.getfixturevalue("built")).parent / "as_built"


@pytest.fixture(scope="session")
def by_quarto(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages as Quarto writes them: folder ``site``; what is built already is taken over, the pages alone are made anew."""
    quarto = find_quarto(ROOT)
    if quarto is None:
        pytest.skip("quarto is not on the path or in .venv (pip install panel-eis[quarto])")
    ready = os.environ.get("PANEL_EIS_BUILT") or request.getfixturevalue("built")
    folder = copy_project(ROOT, tmp_path_factory.mktemp("quarto") / "project")
    shutil.copytree(Path(ready) / "build", folder / "build")
    path = f"{quarto.parent}{os.pathsep}{os.environ['PATH']}"
    result = run_panel_eis(folder, "build", PANEL_EIS_QUARTO="yes", PATH=path)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder / "build"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright; it stops with the module, for its event loop is in the way of others."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = program("chromium", "chromium", "chromium-browser", "google-chrome")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()
