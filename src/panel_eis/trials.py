"""Steps of the build that try the findings: robustness with the specification curve, and the design analysis.

They call what ``analyses/specifications.py`` declares. Heavy libraries are imported where they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from panel_eis.stages import load_analysis

if TYPE_CHECKING:
    from pathlib import Path

DECLARED = "specifications.py"
TABLES = ("robustness", "sensitivity", "curve", "curve_test")
"""What the first step writes in ``build/``."""
MADE = (*TABLES, "power")


def robustness(root: Path) -> None:
    """Write the tables of robustness and of the specification curve."""
    from panel_eis.robustness.steps import write_robustness  # noqa: PLC0415

    write_robustness(root, load_analysis(root / "analyses" / DECLARED))


def power(root: Path) -> None:
    """Write the table of the design analysis, with the draws that the build can afford."""
    from panel_eis.files import write_csv  # noqa: PLC0415
    from panel_eis.parallel import Workers, forget  # noqa: PLC0415
    from panel_eis.power import power as simulate  # noqa: PLC0415
    from panel_eis.synthetic import read_truth  # noqa: PLC0415

    asked = load_analysis(root / "analyses" / DECLARED).POWER
    store = root / "build" / "parallel-power"
    workers = Workers(jobs=-1, store=store)
    truth = read_truth(root / "data" / "truth.yml")
    write_csv(root / "build" / "power.csv", simulate(truth, **asked, workers=workers))
    forget(store)
