"""Reading, validating and stacking waves beside plain pandas and beside pandera alone: time and peak memory.

    .venv/bin/python benchmarks/ingest.py                 # prints the tables of ingest.md (some ten minutes)
    .venv/bin/python benchmarks/ingest.py 1000 100000     # fewer rows

The wave has 60 questions of the committed codebook (7 of them multiple choices, so that its typed frame has some 120
columns), its rows drawn from the committed synthetic wave with new identifiers, comments and amounts. Each task runs in
a process of its own, imports done before the clock starts; memory is the peak of that process (``ru_maxrss``) less what
it held before the task. Tasks of one size run in turn, several rounds; ratios are taken within a round.
"""

import os
from dataclasses import replace
from pathlib import Path

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from panel_eis.codebook import read_codebook  # noqa: E402

ROOT = Path(__file__).parents[1]
SIZES = (1_000, 100_000, 1_000_000)
PANEL_SIZES = (100, 1_000, 10_000, 100_000)
"""Rows of each of the ten waves of a panel."""
WAVES = tuple(str(year) for year in range(2003, 2023, 2))
ROUNDS = {1_000: 7, 100_000: 5, 1_000_000: 3}
LEFT_OUT = (
    "naf", "naf_version", "scope", "payer", "need_form", "dedicated_person", "mode", "steps", "stakeholders",
    "conducted_by", "demanders", "barriers", "needs",
)  # fmt: skip
"""Questions of the codebook that the wave has not, besides evocations and the two devices."""


def codebook():
    """The committed codebook with 60 of its questions."""
    whole = read_codebook(ROOT / "data" / "codebook")
    kept = {
        name: replace(v, since="")
        for name, v in whole.variables.items()
        if name not in LEFT_OUT and not name.startswith(("evocation", "device"))
    }
    assert sum(not v.derived for v in kept.values()) == 60
    return replace(whole, variables=kept)


def write_waves(folder, rows, waves=("2023",), seed=0):
    """Write wave files of ``rows`` answers, of the same organisations in each wave."""
    book = codebook()
    rng = np.random.default_rng(seed)
    whole = pd.read_csv(ROOT / "data" / "waves" / "2023.csv", dtype=str, keep_default_na=False)
    whole = whole[[v.name for v in book.asked]]
    whole = whole.drop_duplicates("unit").replace(
        ["dk", "refused", "na", "lost"], ""
    )  # pandas reads numbers then
    whole = whole[(whole[[v.name for v in book.asked if v.required and not v.relevant]] != "").all(axis=1)]
    doers = whole["frequency"].isin(["occasional", "regular"])
    whole = whole[~doers | (whole["formalisation"] != "")]
    units = pd.Series([f"SYN-{i:07d}" for i in range(rows)])
    origin = rng.integers(len(whole), size=rows)
    for wave in waves:
        cells = whole.iloc[origin].reset_index(drop=True)
        cells["unit"], cells["respondent"] = units, "P-" + units.str[4:]
        spread = rng.uniform(0.5, 2, size=rows)
        for name in ("fte", "budget"):
            given = cells[name] != ""
            numbers = pd.to_numeric(cells.loc[given, name]) * spread[given]
            cells.loc[given, name] = numbers.round(1).astype(str)
        told = cells["comment"] != ""
        cells.loc[told, "comment"] += " (" + units[told] + ")"
        cells["interview_date"] = cells["interview_date"].str.replace("2023", wave)
        cells.to_csv(folder / f"{wave}.csv", index=False)
