"""Make panel.csv: two waves, a quarter does not answer again; read by R and by the tests."""

from pathlib import Path

import numpy as np
import pandas as pd

rng = np.random.default_rng(20211)
n = 200
x = rng.normal(size=n).round(3)
z = rng.integers(0, 2, n)
y1 = (1 + 0.5 * x + rng.normal(size=n)).round(3)
stays = rng.random(n) < 1 / (1 + np.exp(-(0.9 + 0.7 * y1 - 0.5 * z)))
y2 = (0.5 + 0.8 * y1 + 0.6 * z + rng.normal(size=n)).round(3)
wide = pd.DataFrame({"unit": range(n), "x": x, "z": z, "y1": y1, "stays": stays.astype(int), "y2": y2})
wide["y2"] = wide["y2"].where(stays)
wide.to_csv(Path(__file__).with_name("panel.csv"), index=False)
