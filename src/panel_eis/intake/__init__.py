"""Taking a wave in: draft its sidecar, check it alone, compare it with another, mark its faults in a copy."""

from __future__ import annotations

from panel_eis.intake.add import Added, add_wave
from panel_eis.intake.annotated import annotated_copy
from panel_eis.intake.checking import WaveCheck, WaveChecks, check_waves
from panel_eis.intake.compare import WaveDiff, compare_waves

__all__ = [
    "Added",
    "WaveCheck",
    "WaveChecks",
    "WaveDiff",
    "add_wave",
    "annotated_copy",
    "check_waves",
    "compare_waves",
]
