"""Write sample.csv: 400 simulated respondents with three margins, unequal base weights and a response (SYNTHETIC DATA)."""

from pathlib import Path

import numpy as np
import pandas as pd

rng = np.random.default_rng(20211)
N = 400
form = rng.choice(["association", "scop", "scic", "company"], N, p=[0.6, 0.2, 0.12, 0.08])
size = np.where(
    form == "association",
    rng.choice(["small", "middle", "large"], N, p=[0.5, 0.35, 0.15]),
    rng.choice(["small", "middle", "large"], N, p=[0.3, 0.4, 0.3]),
)
place = rng.choice(["north", "south", "west", "city"], N, p=[0.1, 0.15, 0.25, 0.5])
z = rng.normal(size=N)
answered = rng.random(N) < 1 / (1 + np.exp(-(0.4 + 0.8 * z - 0.5 * (form == "scop"))))
frame = pd.DataFrame(
    {
        "form": form, "size": size, "place": place, "base": rng.uniform(0.4, 3.0, N).round(4), "z": z.round(6),
        "answered": answered.astype(int), "y": (rng.normal(size=N) + z).round(6),
    }
)  # fmt: skip
frame.to_csv(Path(__file__).parent / "sample.csv", index=False, lineterminator="\n")
