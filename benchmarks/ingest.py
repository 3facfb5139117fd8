"""Reading, validating and stacking waves beside plain pandas and beside pandera alone: time and peak memory.

    .venv/bin/python benchmarks/ingest.py                 # prints the tables of ingest.md (some twenty minutes)
    .venv/bin/python benchmarks/ingest.py 1000 100000     # fewer rows

The wave has 60 questions of the committed codebook (7 of them multiple choices, so that its typed frame has 119 columns),
its rows drawn from the committed synthetic wave with new identifiers, comments and amounts. Each task runs in a process of
its own, imports done before the clock starts; memory is the peak of that process (``ru_maxrss``) less what it held before
the task. Tasks of one size run in turn, several rounds. Processor time (user and system) is what is judged: on a machine
that others use, the clock on the wall measures them too. Of each column the least of all rounds is shown.
"""

import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pandera.pandas  # noqa: E402, F401
import pyarrow.csv  # noqa: E402, F401

from panel_eis.codebook import read_codebook  # noqa: E402
from panel_eis.derive import add_derived  # noqa: E402
from panel_eis.panel import _as_categories, check_wave  # noqa: E402
from panel_eis.register import Register, check_answers  # noqa: E402
from panel_eis.respondents import aggregate, ordered  # noqa: E402
from panel_eis.schema import check, panel_schema, rules_schema, wave_schema  # noqa: E402
from panel_eis.scores import add_scores  # noqa: E402

ROOT = Path(__file__).parents[1]
SIZES = (1_000, 100_000, 1_000_000)
PANEL_SIZES = (1_000, 10_000, 100_000)
"""Rows of each of the ten waves of a panel."""
WAVES = tuple(str(year) for year in range(2003, 2023, 2))
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


def register(rows):
    """A register of these organisations, to which nothing happened."""
    index = pd.Index([f"SYN-{i:07d}" for i in range(rows)], name="unit")
    columns = {"route": "random", "entry_wave": WAVES[0], "legal_form": "association", "department": "69M"}
    events = pd.DataFrame({"unit": [], "date": pd.to_datetime([]), "event": [], "other": [], "note": []})
    return Register(pd.DataFrame(columns, index=index), events, events, events)


def stacked(folder, book, known):
    """Typed waves in one frame, put together by organisation, scored, derived and validated, as ``build_panel`` does."""
    parts = [check_wave(folder / f"{wave}.csv", book, known)[:2] for wave in WAVES]
    frame, reasons = (pd.concat([part[k] for part in parts], ignore_index=True) for k in (0, 1))
    order = ordered(frame, book).index
    frame = _as_categories(frame.loc[order].reset_index(drop=True), book)
    frame, reasons = aggregate(frame, reasons.loc[order].reset_index(drop=True), book)
    return add_derived(add_scores(frame, book, ()), book, list(WAVES))


def judged(panel, book, known):
    """The panel, and the problems that pandera finds in it."""
    return panel, check(panel, panel_schema(book, known.events), lambda label: ("panel", label, None))


def task(name, folder, rows):
    """Run one task and print seconds (wall, processor), MB added at the peak and MB of its frame."""
    book, known, files = codebook(), register(rows), sorted(folder.glob("*.csv"))
    columns = [c for v in book.asked for c in _columns_of(v, book)]
    if name == "pandera alone":
        typed = check_wave(files[0], book, known)[0][columns]
    elif name == "pandera alone, panel":
        typed = stacked(folder, book, known)
    tasks = {
        "pandas C": lambda: [pd.read_csv(file) for file in files],
        "pandas C, all text": lambda: [pd.read_csv(file, dtype=str, keep_default_na=False) for file in files],
        "pandas pyarrow": lambda: [pd.read_csv(file, engine="pyarrow") for file in files],
        "pandera alone": lambda: check(typed, wave_schema(book), lambda row: ("wave", row, None)),
        "pandera alone, panel": lambda: judged(typed, book, known)[1],
        "panel-eis": lambda: [check_wave(file, book, known)[0] for file in files],
        "panel-eis, stacked": lambda: judged(stacked(folder, book, known), book, known)[0],
    }
    check(pd.DataFrame({"a": [1]}), rules_schema({}), lambda row: ("", row, None))  # pandera imports late
    gc.collect()
    before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
    start, clock = time.perf_counter(), time.process_time()
    made = tasks[name]()
    seconds, processor = time.perf_counter() - start, time.process_time() - clock
    frames = [f for f in (made if isinstance(made, list) else [made]) if isinstance(f, pd.DataFrame)]
    size = sum(int(f.memory_usage(deep=True).sum()) for f in frames) / 2**20
    print(json.dumps([seconds, processor, _peak() - before, size]))


def _columns_of(variable, book):
    several = variable.kind == "select_multiple"
    return [f"{variable.name}__{c}" for c in book.codes(variable.name)] if several else [variable.name]


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(names, folder, rows, rounds):
    """Results by task: one list a round of seconds, processor seconds, peak and frame."""
    found = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            command = [sys.executable, __file__, "--task", name, str(folder), str(rows)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[name].append(json.loads(done.stdout.splitlines()[-1]))
    return found


def report(found, rows, base):
    """Print a line a task: the least of all rounds, and its ratio to that of the base."""
    least = {name: [min(run[k] for run in runs) for k in range(4)] for name, runs in found.items()}
    for name, (wall, processor, peak, size) in least.items():
        ratio = [least[name][k] / least[base][k] for k in (1, 0)]
        memory = f"{peak:,.0f} | {size:,.0f} | {peak / size:.1f}" if size else "– | – | –"
        numbers = f"{processor:.2f} | {ratio[0]:.1f} | {wall:.2f} | {ratio[1]:.1f} | {memory}"
        print(f"| {rows} | {name} | {numbers} |", flush=True)


HEADER = """| rows | task | processor s | ÷ pandas C | wall s | ÷ pandas C | peak MB | frame MB | peak ÷ frame |
|---|---|---:|---:|---:|---:|---:|---:|---:|"""


def newcomers(sizes=(1_000, 10_000, 100_000), held=5_000):
    """Print the time of holding units that the register lacks against it."""
    known = register(held)
    print("\n| new units | processor s |\n|---|---:|")
    for size in sizes:
        units = pd.array([f"SYN-{9_000_000 + i:07d}" for i in range(size)], dtype="string")
        answers = pd.DataFrame({"unit": units, "interview_date": pd.Timestamp("2023-05-02")})
        clock = time.process_time()
        warnings = check_answers(answers, "2023", "2023.csv", known)
        print(f"| {len(warnings):,} | {time.process_time() - clock:.2f} |", flush=True)


def _write_apart(folder, rows, *waves):
    """Write waves in another process: a child's ``ru_maxrss`` starts at what its parent holds."""
    subprocess.run([sys.executable, __file__, "--write", str(folder), str(rows), *waves], check=True)


def main(sizes):
    """Print both tables."""
    with tempfile.TemporaryDirectory() as name:
        print(HEADER)
        for rows in sizes:
            folder = Path(name) / str(rows)
            folder.mkdir()
            _write_apart(folder, rows, "2023")
            tasks = ("pandas C", "pandas C, all text", "pandas pyarrow", "pandera alone", "panel-eis")
            report(measured(tasks, folder, rows, 3), f"{rows:,}", "pandas C")
        print(f"\n{HEADER}")
        for rows in (size for size in PANEL_SIZES if size <= max(sizes)):
            folder = Path(name) / f"panel{rows}"
            folder.mkdir()
            _write_apart(folder, rows, *WAVES)
            tasks = ("pandas C", "pandera alone, panel", "panel-eis", "panel-eis, stacked")
            report(measured(tasks, folder, rows, 2 if rows > 10_000 else 3), f"10 × {rows:,}", "pandas C")
    newcomers()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--task"]:
        task(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    elif sys.argv[1:2] == ["--write"]:
        write_waves(Path(sys.argv[2]), int(sys.argv[3]), tuple(sys.argv[4:]))
    else:
        main(tuple(map(int, sys.argv[1:])) or SIZES)
