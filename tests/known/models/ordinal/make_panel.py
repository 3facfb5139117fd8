"""Write panel.csv: a simulated panel of a five-rung ladder on which R and this package are compared.

120 organisations, up to 5 waves, gaps, some seen once; joining is chosen by organisations with a high effect; weights belong
to organisations. The numbers mean nothing; that they are awkward is the point.
"""

from pathlib import Path

import numpy as np
import pandas as pd

UNITS, WAVES, SEED = 120, (2017, 2019, 2021, 2023, 2025), 20250202


def simulate() -> pd.DataFrame:
    """Rows sorted by unit and wave."""
    rng = np.random.default_rng(SEED)
    unit, wave = np.repeat(np.arange(UNITS), len(WAVES)), np.tile(WAVES, UNITS)
    rows = len(unit)
    leaning = rng.normal(0, 1, UNITS)[unit]
    member = (0.8 * leaning + rng.normal(0, 1, rows) > 0.2).astype(int)
    support = (0.5 * leaning + rng.normal(0, 1, rows) > 0.5).astype(int)
    size_log = rng.normal(2.5, 1.0, UNITS).round(3)[unit]
    form = rng.choice(["association", "mutual", "scop"], UNITS, p=[0.6, 0.2, 0.2])[unit]
    effect = 0.6 * leaning + 1.2 * rng.normal(size=UNITS)[unit]
    drift = 0.05 * (wave - WAVES[0])
    latent = 0.8 * member + 0.4 * support + 0.2 * size_log + drift + effect + rng.logistic(size=rows)
    frame = pd.DataFrame(
        {
            "unit": [f"SYN-{u:04d}" for u in unit],
            "wave": wave,
            "ladder": np.searchsorted([0.0, 1.0, 2.2, 3.4], latent),
            "member": member,
            "support": support,
            "size_log": size_log,
            "form": form,
            "weight": np.exp(rng.normal(0, 0.5, UNITS)).round(4)[unit],
        }
    )
    frame["adopted"] = (frame["ladder"] > 1).astype(int)
    return frame[rng.random(rows) < 0.75].reset_index(drop=True)


if __name__ == "__main__":
    path = Path(__file__).with_name("panel.csv")
    path.write_text(
        "# DONNÉES SYNTHÉTIQUES / SYNTHETIC DATA\n" + simulate().to_csv(index=False), encoding="utf-8"
    )
