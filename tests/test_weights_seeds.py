"""Weights on other samples than the committed one: thirty simulated studies, each with its own sparse categories."""

import shutil
from pathlib import Path

import pytest

from panel_eis.codebook import read_codebook
from panel_eis.errors import DataError
from panel_eis.intake import check_waves
from panel_eis.panel import participation, stack
from panel_eis.synthetic import simulate
from panel_eis.synthetic.truth import read_truth
from panel_eis.weights import LARGEST, read_frame, weigh
from panel_eis.weights.frame import Margins

ROOT = Path(__file__).parents[1]
SEEDS = range(1, 31)


def study(root, seed):
    """Rows, participation, waves and margins of a simulated study."""
    simulate(root, seed=seed)
    checked = check_waves(root)
    codebook = read_codebook(root / "data" / "codebook")
    parts = {wave.wave: (wave.answers, wave.reasons) for wave in checked.waves}
    rows, _, _ = stack(parts, codebook)
    answered = rows[["unit", "wave", "interview_date"]]
    outcomes = participation(answered, sorted(parts), checked.beside.register)
    return rows, outcomes, sorted(parts), read_frame(root / "data" / "frame.csv", codebook)


def weighed(rows, outcomes, waves, margins):
    """Table of the calibrated weights, what was merged, and which wave stops without the declared neighbours."""
    made = weigh(rows, outcomes, waves, margins)
    merged = [(p.details["wave"], p.value) for p in made.warnings if p.code == "W-MARGIN-MERGED"]
    try:
        weigh(rows, outcomes, waves, Margins(margins))
        stopped = ""
    except DataError as error:
        stopped = error.problems[0].details["wave"]
    return made.summary[made.summary["weight"] == "weight"], merged, stopped


def copied(folder):
    """The codebook, the references, the truth and the frame: what a simulation reads."""
    for name in ("codebook", "reference"):
        shutil.copytree(ROOT / "data" / name, folder / "data" / name)
    for name in ("truth.yml", "frame.csv"):
        shutil.copy(ROOT / "data" / name, folder / "data" / name)
    return folder


@pytest.mark.slow
def test_every_wave_of_thirty_other_samples_gets_its_weights(tmp_path):
    """The declared neighbours are enough: all margins (merged where it says so) are met; without them half would stop."""
    root, stops = copied(tmp_path), 0
    for seed in SEEDS:
        told, _, stopped = weighed(*study(root, seed))
        assert (told["largest_gap"] < 1e-9).all(), seed
        assert (told["largest"] <= LARGEST * (1 + 1e-9)).all(), seed
        stops += bool(stopped)
    assert stops > len(SEEDS) / 4


def tables(folder):
    """Lines of the two tables of docs/verification_quality.md: the committed sample, and others."""
    place, own = copied(Path(folder)), read_truth(ROOT / "data" / "truth.yml").seed
    head = ("wave", "answers", "cycles", "weights at the bound", "gap left, points", "design effect", "worth")
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in weighed(*study(place, own))[0].itertuples():
        counts = f"{row.wave} | {row.n} | {row.iterations:.0f} | {row.trimmed:.0f}"
        gap = f"{100 * row.gap_after_trimming:.1f}"
        lines.append(f"| {counts} | {gap} | {row.design_effect:.1f} | {row.effective_n:.0f} |")
    head = ("seed", "without neighbours, stops at", "merged", "gap left, points")
    lines += ["", f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for seed in SEEDS:
        told, merged, stopped = weighed(*study(place, seed))
        listed = ", ".join(f"{wave}: {category}" for wave, category in merged)
        lines.append(f"| {seed} | {stopped} | {listed} | {100 * told['gap_after_trimming'].max():.1f} |")
    return lines


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as there:
        print("\n".join(tables(there)))  # noqa: T201
