# ruff: noqa: INP001 (a script that Quarto runs, not a package)
"""Write the index that the search of the site reads, once Quarto has made the pages."""

import subprocess
import sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent
own = root / ".venv" / "bin" / "python"
python = str(own) if own.exists() else sys.executable
command = (
    "import pathlib, panel_eis.search as search; search.write_index(pathlib.Path('build/site').resolve())"
)
subprocess.run([python, "-c", command], cwd=root, check=True)
