"""A copy of the whole project for tests that build it, and how it is run."""

import hashlib
import os
import shutil
import subprocess
import sys

FOLDERS = ("data", "analyses", "paper")
FILES = ("_quarto.yml", "index.qmd")


def copy_project(root, target):
    for name in FOLDERS:
        shutil.copytree(root / name, target / name)
    for name in FILES:
        shutil.copy(root / name, target / name)
    shutil.copytree(root / "src" / "panel_eis" / "render", target / "src" / "panel_eis" / "render")
    return target


def run_panel_eis(folder, *arguments, **environment):
    settings = {k: v for k, v in os.environ.items() if k != "PANEL_EIS_IN_BUILD"}
    # Quarto is left out on purpose: these tests are about the road that is always there.
    settings |= {"PANEL_EIS_QUARTO": "no", "LC_ALL": "C.UTF-8"} | environment
    return subprocess.run(
        [sys.executable, "-m", "panel_eis", *arguments], cwd=folder, env=settings, capture_output=True, text=True, encoding="utf-8", check=False
    )  # fmt: skip


def digests(folder, *patterns):
    files = sorted(p for pattern in patterns for p in folder.glob(pattern) if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


EXACT = (
    "build/*.csv",
    "build/exhibits/**/*.svg",
    "build/exhibits/**/*.md",
    "build/exhibits/*.csv",
    "build/facts.json",
    "_variables.yml",
)
