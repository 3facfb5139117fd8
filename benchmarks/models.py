"""Every estimator beside its peers, in one process, against the goals: runs the model benchmarks and prints what was met.

    .venv/bin/python benchmarks/models.py [200 2000 …] [--long]

The peers are installed by hand (each script says which). A goal is judged on the line of its task, size and peer; a task whose
peer was not run is said not to have been measured, never to have been met.
"""

from __future__ import annotations

import contextlib
import io
import re
import runpy
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPTS = ("models_linear.py", "models_ordinal.py", "models_change.py")
GOALS = (
    # task, organisations, peer, ratio wanted
    ("random-effects ordered logit, 9 nodes", 200, "clmm", 150),
    ("random-effects ordered logit, 9 nodes", 2_000, "clmm2", 2_000),
    ("BUC, clustered", 200, "statsmodels", 100),
    ("BUC, clustered", 2_000, "statsmodels", 400),
    ("BUC, clustered", 20_000, "statsmodels", 400),
    ("within, CRV1", 2_000, "pyfixest", 10),
    ("within, CRV1", 20_000, "pyfixest", 5),
    ("within, CRV1", 200_000, "pyfixest", 4),
    ("random intercept, linear", 2_000, "lme4", 40),
    ("pooled ordered logit, clustered", 2_000, "polr", 10),
    ("GEE logit, exchangeable", 2_000, "geepack", 5),
    ("conditional logit, clustered", 200, "clogit", 1.5),
    ("conditional logit, clustered", 2_000, "clogit", 4),
    ("conditional logit, clustered", 20_000, "clogit", 15),
    ("wild cluster bootstrap, 999, p alone", 200, "wildboottest", 250),
    ("wild cluster bootstrap, 999, p alone", 2_000, "wildboottest", 2_000),
    ("CR3", 2_000, "pyfixest", 1_000),
)


class _Both(io.StringIO):
    """Keeps what is printed and shows it at once: a run may take an hour."""

    def write(self, text):
        sys.__stdout__.write(text)
        sys.__stdout__.flush()
        return super().write(text)


def lines_of(script, arguments):
    """Run one benchmark here and give its table: task, organisations, peer, ratio."""
    if not (HERE / script).exists():
        return []
    kept, before = _Both(), sys.argv
    sys.argv = [script, *arguments]
    try:
        with contextlib.redirect_stdout(kept):
            runpy.run_path(str(HERE / script), run_name="__main__")
    finally:
        sys.argv = before
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in kept.getvalue().splitlines()
        if line.startswith("| ")
    ]
    found = []
    for row in rows:
        ratio = re.match(r"([\d,.]+) ×", row[4]) if len(row) > 4 else None
        if ratio and row[1].replace(",", "").isdigit():
            found.append(
                (row[0], int(row[1].replace(",", "")), row[3], float(ratio[1].replace(",", "")), row[5])
            )
    return found


def importing():
    """`import panel_eis` beside `import pandas`: the median of nine alternating starts, seconds."""
    spent = {"pandas": [], "panel_eis": []}
    for _ in range(9):
        for name, times in spent.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", f"import {name}"], check=True)
            times.append(time.perf_counter() - start)
    return {name: sorted(times)[4] for name, times in spent.items()}


def main():
    arguments = sys.argv[1:]
    found = [line for script in SCRIPTS for line in lines_of(script, arguments)]
    print(
        "\n| task | organisations | peer | goal | measured | agreement | |\n|---|---:|---|---:|---:|---|---|"
    )
    for task, units, peer, goal in GOALS:
        lines = [f for f in found if f[0] == task and f[1] == units and re.match(rf"{peer}(?![\w.])", f[2])]
        if not lines:
            print(f"| {task} | {units:,} | {peer} | {goal:,} × | – | | not measured in this run |")
        for _, _, said, ratio, agreement in lines:
            print(
                f"| {task} | {units:,} | {said} | {goal:,} × | {ratio:,} × | {agreement} | {'met' if ratio >= goal else 'missed'} |"
            )
    seconds = importing()
    ratio = seconds["panel_eis"] / seconds["pandas"]
    print(
        f"| import panel_eis | | pandas {seconds['pandas']:.2f} | ≤ 1.1 × | {ratio:.2f} × | | {'met' if ratio <= 1.1 else 'missed'} |"
    )


if __name__ == "__main__":
    main()
