"""Write panel.csv: a small simulated panel on which R and this package are compared.

90 organisations, up to 4 waves, with gaps, a few seen once; memberships chosen by those with a high unit
effect; weights that change between waves. The numbers mean nothing; that they are awkward is the point.
"""

from pathlib import Path

import numpy as np
import pandas as pd

UNITS, WAVES, SEED = 90, (2019, 2021, 2023, 2025), 20250101


def simulate() -> pd.DataFrame:
    """Rows sorted by unit and wave."""
    rng = np.random.default_rng(SEED)
    unit = np.repeat(np.arange(UNITS), len(WAVES))
    effect = rng.normal(0, 1, UNITS)[unit]
    rows = len(unit)
    size_log = rng.normal(2.5, 1.0, UNITS).round(3)[unit]
    form = rng.choice(["association", "foundation", "mutual", "scop"], UNITS, p=[0.6, 0.1, 0.1, 0.2])[unit]
    federation = (rng.logistic(size=rows) < 0.2 + 0.9 * effect).astype(int)
    support = (rng.logistic(size=rows) < -0.6 + 0.3 * effect).astype(int)
    wave = np.tile(WAVES, UNITS)
    index = 0.4 * federation + 0.2 * support + 0.3 * federation * support + 0.15 * size_log + 0.6 * effect
    score = 2.5 + index + 0.05 * (wave - 2019) + rng.normal(0, 0.8, rows)
    latent = 1.4 * index + 0.08 * (wave - 2019) + rng.logistic(size=rows)
    ladder = np.searchsorted([-0.8, 0.5, 1.2, 2.0, 3.2], latent)
    weight = np.exp(rng.normal(0, 0.4, UNITS))[unit] * np.exp(rng.normal(0, 0.2, rows))
    frame = pd.DataFrame(
        {
            "unit": [f"SYN-{u:04d}" for u in unit],
            "wave": wave,
            "score": score.round(4),
            "ladder": ladder,
            "federation": federation,
            "support": support,
            "size_log": size_log,
            "form": form,
            "weight": weight.round(4),
        }
    )
    return frame[rng.logistic(size=rows) < 0.8 + 0.4 * effect].reset_index(drop=True)


if __name__ == "__main__":
    path = Path(__file__).with_name("panel.csv")
    path.write_text(
        "# DONNÉES SYNTHÉTIQUES / SYNTHETIC DATA\n" + simulate().to_csv(index=False), encoding="utf-8"
    )
