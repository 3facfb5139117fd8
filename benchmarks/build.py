"""Seconds of the build: cold, nothing to do, one exhibit changed, one wave added; by stage, with the floor beside.

The floor is what no engine can avoid: starting Python and importing the libraries, and drawing each figure once in
both languages and both formats in one process.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GOALS = {"cold": 60, "nothing to do": 3, "one exhibit changed": 8, "one wave added": 45}
LIBRARIES = "pandas, pandera.pandas, statsmodels.api, seaborn, pytask, pypandoc, typst"
FIGURES = """
import sys, time
from pathlib import Path
from panel_eis.exhibits import find_exhibits, load_exhibit
from panel_eis.style import save_figure
from panel_eis.study import Study
root, out = Path(sys.argv[1]), Path(sys.argv[2])
study = Study(root)
exhibits = [load_exhibit(p) for p in find_exhibits(root / "analyses").values()]
numbers = {e.label: e.module.data(study) for e in exhibits}
start = time.perf_counter()
for e in exhibits:
    if e.kind == "fig":
        for lang in ("fr", "en"):
            save_figure(e.module.draw(numbers[e.label], study, lang), out / lang / e.label, lang=lang, title="", synthetic=True)
print(time.perf_counter() - start)
"""


def copy(target: Path) -> Path:
    for name in ("data", "analyses", "paper"):
        shutil.copytree(ROOT / name, target / name)
    for name in ("_quarto.yml", "index.qmd"):
        shutil.copy(ROOT / name, target / name)
    shutil.copytree(ROOT / "src" / "panel_eis" / "render", target / "src" / "panel_eis" / "render")
    return target


def run(folder: Path, *arguments: str) -> float:
    settings = os.environ | {
        "PANEL_EIS_QUARTO": os.environ.get("PANEL_EIS_QUARTO", "no"),
        "OPENBLAS_NUM_THREADS": "1",
    }
    settings.pop("PANEL_EIS_IN_BUILD", None)
    settings.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed environment has its bytecode
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "panel_eis", *arguments],
        cwd=folder,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return time.perf_counter() - start


def floor(folder: Path) -> dict[str, float]:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {LIBRARIES}"], check=True)
    imports = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as out:
        said = subprocess.run(
            [sys.executable, "-c", FIGURES, str(folder), out],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    return {"importing the libraries": imports, "drawing the figures once": float(said.stdout)}


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = copy(Path(temporary))
        seconds = {"cold": run(folder, "build")}
        stages = json.loads((folder / "build" / "last_build.json").read_text(encoding="utf-8"))["seconds"]
        seconds["nothing to do"] = run(folder, "build")
        figure = folder / "analyses" / "fig_ladder.py"
        figure.write_text(
            figure.read_text(encoding="utf-8").replace("height=0.72", "height=0.7"), encoding="utf-8"
        )
        seconds["one exhibit changed"] = run(folder, "build")
        run(folder, "simulate", "--waves", "2021,2023,2025,2027")
        seconds["one wave added"] = run(folder, "build")
        least = floor(folder)
    print("| build | seconds | goal |\n|---|---:|---:|")
    for name, spent in seconds.items():
        print(f"| {name} | {spent:.1f} | {GOALS[name]} |")
    print("\n| stage of the cold build | seconds |\n|---|---:|")
    for name, spent in stages.items():
        print(f"| {name} | {spent:.1f} |")
    print("\n| floor | seconds |\n|---|---:|")
    for name, spent in least.items():
        print(f"| {name} | {spent:.1f} |")


if __name__ == "__main__":
    main()
