# ruff: noqa: INP001 (a script that Quarto runs, not a package)
"""Run the analyses first, so that `quarto render` alone makes every figure, table and number anew."""

import os
import subprocess
import sys
from pathlib import Path

if os.environ.get("PANEL_EIS_IN_BUILD") != "1":  # `panel-eis build` has just run them, and is calling Quarto
    root = Path(__file__).resolve().parent.parent
    own = root / ".venv" / "bin" / "python"
    python = str(own) if own.exists() else sys.executable
    subprocess.run([python, "-m", "panel_eis", "build", "--until", "facts"], cwd=root, check=True)
