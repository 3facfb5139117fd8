"""The whole job of 200 organisations, twice: with the libraries as they come, and with panel_eis.

Both routes are a fresh process each: read five waves, check them with pandera, stack them, estimate (pooled, within, random
intercept, GEE logit, ordinal models, wild bootstrap of four coefficients, a curve of 256 within models) and draw twelve figures
as SVG and PNG. The library route needs linearmodels and wildboottest beside what the project installs; the wild bootstrap, four
coefficients with 999 draws each, is in both routes.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

UNITS, WAVES, REGRESSORS = 200, 5, tuple(f"x{k}" for k in range(8))

SHARED = """
import itertools, sys, time, warnings
from pathlib import Path
import numpy as np, pandas as pd, pandera.pandas as pa
warnings.simplefilter("ignore")
folder, wild = Path(sys.argv[1]), sys.argv[2] == "wild"
X = [f"x{k}" for k in range(8)]
schema = pa.DataFrameSchema({"unit": pa.Column(str), "wave": pa.Column(int), "y": pa.Column(float), "ladder": pa.Column(int, pa.Check.isin(range(6))), **{x: pa.Column(float) for x in X}})
frames = []
for path in sorted(folder.glob("*.csv")):
    frames.append(schema.validate(pd.read_csv(path, dtype={"unit": str}), lazy=True))
panel = pd.concat(frames, ignore_index=True).sort_values(["unit", "wave"], ignore_index=True)
panel["does"] = (panel["ladder"] >= 3).astype(int)
subsets = [["x0", *c] for n in range(8) for c in itertools.combinations(X[1:], n)] * 2  # 256, each twice
"""

LIBRARY = (
    SHARED
    + """
import matplotlib.pyplot as plt, seaborn as sns, statsmodels.api as sm
from linearmodels.panel import PanelOLS
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.discrete.conditional_models import ConditionalLogit
groups = panel["unit"].astype("category").cat.codes
exog = sm.add_constant(panel[X])
sm.OLS(panel["y"], exog).fit(cov_type="cluster", cov_kwds={"groups": groups})
indexed = panel.set_index(["unit", "wave"])
PanelOLS(indexed["y"], indexed[X], entity_effects=True, time_effects=True).fit(cov_type="clustered", cluster_entity=True)
sm.MixedLM(panel["y"], exog, groups).fit()
sm.GEE(panel["does"], exog, groups, family=sm.families.Binomial(), cov_struct=sm.cov_struct.Exchangeable()).fit()
OrderedModel(panel["ladder"], panel[X], distr="logit").fit(method="bfgs", disp=0)
pieces = [panel.assign(cut=(panel["ladder"] >= k).astype(int), copy=panel["unit"] + f"_{k}") for k in range(1, 6)]
blown = pd.concat(pieces, ignore_index=True)
ConditionalLogit(blown["cut"], blown[X], groups=blown["copy"].astype("category").cat.codes).fit(disp=0)
within = panel[["y", *X]] - panel.groupby("unit")[["y", *X]].transform("mean")
if wild:
    from wildboottest.wildboottest import wildboottest
    for x in X[:4]:
        wildboottest(sm.OLS(within["y"], within[X]), param=x, cluster=groups, B=999, seed=1)
for chosen in subsets:
    sm.OLS(within["y"], within[chosen]).fit(cov_type="cluster", cov_kwds={"groups": groups})
sns.set_theme()
for k in range(12):
    figure, axes = plt.subplots(figsize=(5, 4))
    if k % 2:
        sns.barplot(panel, x="ladder", y=f"x{k % 8}", hue="wave", ax=axes)
    else:
        sns.pointplot(panel, x="wave", y="y", hue="does", ax=axes)
    for kind in ("svg", "png"):
        figure.savefig(folder / f"library{k}.{kind}", dpi=150)
    plt.close(figure)
"""
)

OURS = (
    SHARED
    + """
from panel_eis import style
from panel_eis.estimates import clustered_mean
from panel_eis.models import Spec, fit, wild_bootstrap
panel["wave"] = panel["wave"].astype(str)
def spec(estimator, outcome="y", chosen=tuple(X)):
    return Spec(name=estimator.replace("_", "-"), outcome=outcome, estimator=estimator, regressors=tuple(chosen))
fit(spec("pooled_ols"), panel)
within = fit(spec("within"), panel)
fit(spec("random_effects"), panel)
fit(spec("gee_logit", "does"), panel)
fit(spec("re_ordered_logit", "ladder"), panel)
fit(spec("feologit_buc", "ladder"), panel)
if wild:
    for x in X[:4]:
        wild_bootstrap(within, panel, f"{x}_within", rng=np.random.default_rng(1), draws=999)
for chosen in subsets:
    fit(spec("within", "y", chosen), panel)
for k in range(12):
    figure, axes = style.new_figure(4.0)
    for wave, rows in panel.groupby("wave"):
        for side, part in rows.groupby("does"):
            mean = clustered_mean(part["y" if k % 2 else f"x{k % 8}"], part["unit"])
            axes.plot([int(wave) + side / 5] * 2, [mean["low"], mean["high"]], color=style.BLUE)
            axes.plot(int(wave) + side / 5, mean["mean"], "o", color=style.BLUE)
    style.save_figure(figure, folder / f"ours{k}", lang="en", title="", synthetic=True)
"""
)


def simulate(folder):
    rng = np.random.default_rng(0)
    effect = rng.normal(size=UNITS)
    for wave in range(WAVES):
        seen = rng.random(UNITS) < 0.84
        x = rng.normal(size=(UNITS, len(REGRESSORS))) + 0.4 * effect[:, None]
        y = 0.5 * x[:, 0] + effect + rng.normal(size=UNITS)
        ladder = np.digitize(y, [-1.5, -0.5, 0.3, 1.0, 2.0])
        frame = pd.DataFrame(x, columns=list(REGRESSORS)).assign(
            y=y, ladder=ladder, wave=wave, unit=[f"u{k:04d}" for k in range(UNITS)]
        )
        frame[seen].to_csv(folder / f"{wave}.csv", index=False)


def run(code, folder, wild):
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, str(folder), wild], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def compare():
    """Seconds of the libraries and of ours, wild bootstrap in both; the shorter of two runs of ours after one that warms."""
    if not importlib.util.find_spec("wildboottest"):
        raise RuntimeError("wildboottest is not installed: the library route has no wild bootstrap")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate(folder)
        run(OURS, folder, "wild")  # warms the disk for both
        ours = min(run(OURS, folder, "wild") for _ in range(2))
        return run(LIBRARY, folder, "wild"), ours


def main():
    libraries, ours = compare()
    print(
        f"| whole job, 200 organisations | libraries {libraries:.1f} s | panel_eis {ours:.1f} s | {libraries / ours:.1f} × | goal 4 × |"
    )


if __name__ == "__main__":
    main()
