# ruff: noqa: INP001 (a script that Quarto runs, not a package)
"""After Quarto: mend its pages, cut that of each variable from the codebook, and write the index that the search reads."""

import subprocess
import sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent
own = root / ".venv" / "bin" / "python"
python = str(own) if own.exists() else sys.executable
command = """
import pathlib
from panel_eis.errors import LANGS
from panel_eis.render import mend_quarto_pages
from panel_eis.search import write_index
from panel_eis.variable_pages import write_variable_pages

site = pathlib.Path("build/site").resolve()
mend_quarto_pages(site)
for lang in LANGS:
    write_variable_pages(site, lang)
    write_index(site, lang)
"""
subprocess.run([python, "-c", command], cwd=root, check=True)
