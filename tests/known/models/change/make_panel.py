"""Write panel.csv: a simulated panel (SYNTHETIC DATA) on which R, csdid and panel_eis are compared.

python make_panel.py
"""

import numpy as np
import pandas as pd

UNITS, WAVES = 160, (2017, 2019, 2021, 2023, 2025)


def main(seed=23):
    rng = np.random.default_rng(seed)
    effect = rng.normal(0, 1.5, UNITS)
    joins = rng.choice([0, 1, 2, 3, 4, 9], UNITS, p=[0.12, 0.16, 0.15, 0.12, 0.08, 0.37])
    leaves = np.where(rng.random(UNITS) < 0.1, joins + 2, 9)
    form = rng.choice(["association", "mutual", "scop"], UNITS)
    size = rng.normal(2.5, 1, UNITS)
    weight = np.round(rng.uniform(0.5, 2, UNITS), 3)
    rows = []
    for i in range(UNITS):
        adopted = rng.random() < 0.3
        for t, wave in enumerate(WAVES):
            member = float(joins[i] <= t < leaves[i])
            support = float(rng.random() < 0.3 + 0.2 * (effect[i] > 0))
            push = effect[i] + 0.7 * member + 0.4 * support + 0.15 * (size[i] - 2.5)
            if t:
                adopted = rng.random() < (
                    np.exp(-np.exp(-1.2 - 1.3 * effect[i])) if adopted else 1 - np.exp(-np.exp(-1 + push))
                )
            score = (
                round(1 / (1 + np.exp(-(0.4 * push - 0.3 + rng.normal(0, 0.7)))), 4) if adopted else np.nan
            )
            ladder = (
                2 + int(rng.random() < score) + int(rng.random() < score)
                if adopted
                else int(rng.random() < 0.5)
            )
            if rng.random() > 0.07 and (t < 2 or rng.random() > 0.06):
                rows.append(
                    (f"SYN-{i:04d}", wave, int(adopted), score, ladder, int(member), int(support), round(size[i], 3),
                     form[i], weight[i])
                )  # fmt: skip
    names = ["unit", "wave", "adopted", "score", "ladder", "member", "support", "size_log", "form", "weight"]
    with open("panel.csv", "w", encoding="utf-8") as stream:
        stream.write("# DONNÉES SYNTHÉTIQUES / SYNTHETIC DATA\n")
        pd.DataFrame(rows, columns=names).to_csv(stream, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
