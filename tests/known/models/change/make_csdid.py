"""Write csdid.csv: what the package csdid (a port of R's did) says about panel.csv.

pip install csdid==0.4.3   # in an environment of its own
python make_csdid.py
"""

from importlib.metadata import version

import numpy as np
import pandas as pd
from csdid.att_gt import ATTgt


def main():
    panel = pd.read_csv("panel.csv", comment="#")
    panel["t"] = panel["wave"].map({w: i + 1 for i, w in enumerate(sorted(panel["wave"].unique()))})
    # units seen in all waves, not members when first seen, rows until they leave: nothing of panel_eis is used
    full = panel[panel.groupby("unit")["unit"].transform("size") == 5]
    first = full[full["member"] == 1].groupby("unit")["t"].min()
    last = full[full["member"] == 1].groupby("unit")["t"].max()
    full = full.assign(g=full["unit"].map(first).fillna(0).astype(int), last=full["unit"].map(last).fillna(0))
    left = (full["g"] > 0) & (full["last"] < 5)
    full = full[(full["g"] != 1) & ~left].assign(id=lambda f: pd.factorize(f["unit"])[0] + 1)
    records = []
    for group in ("nevertreated", "notyettreated"):
        model = ATTgt(
            yname="ladder", tname="t", idname="id", gname="g", data=full.reset_index(drop=True), control_group=[group],
        ).fit(est_method="reg", base_period="universal", bstrap=False)  # fmt: skip
        results = model.results
        records += [
            (
                group,
                int(g),
                int(t),
                float(a),
                None if np.isnan(s) else float(s),
                len(full),
                full["id"].nunique(),
            )
            for g, t, a, s in zip(
                results["group"], results["year"], results["att"], results["se"], strict=True
            )
        ]
    with open("csdid.csv", "w", encoding="utf-8") as stream:
        stream.write(f"# csdid {version('csdid')}, drdid {version('drdid')}\n")
        names = ["controls", "cohort", "t", "estimate", "std_error", "n_rows", "n_units"]
        pd.DataFrame(records, columns=names).to_csv(
            stream, index=False, lineterminator="\n", float_format="%.12g"
        )


if __name__ == "__main__":
    main()
