"""GEE, fractional response and hazards against R (geepack, glm + sandwich, lme4) and statsmodels: same columns, one run, one thread.

    .venv/bin/python benchmarks/models_change.py                  # 200, 2,000 and 20,000 organisations; prints models_change.md

Estimates must agree before a time counts. Ours are whole fits, from the data frame to the frozen result, best of several; peers
get their columns ready made. Peers slower than twenty seconds at one size are not asked for the next.
"""

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import json  # noqa: E402
import shutil  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402
from functools import partial  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from scipy.special import expit  # noqa: E402

from panel_eis.models import Spec, fit, risk_set  # noqa: E402

WAVES = 5
NAMES = [f"x{j}" for j in range(8)]
PEERS = {"geeglm": "geepack geeglm"}

R_CODE = """
suppressPackageStartupMessages({library(geepack); library(sandwich); library(lme4)})
arg <- commandArgs(TRUE); d <- read.csv(arg[1]); X <- as.matrix(d[, grepl("^x", names(d))]); d$X <- X
fit <- switch(arg[2],
  geeglm = function() coef(geeglm(y ~ X, id = unit, data = d, family = binomial, corstr = "exchangeable",
                                  control = geese.control(epsilon = 1e-8))),
  glm = function() { f <- glm(y ~ X, family = quasibinomial, data = d); vcovCL(f, d$unit, type = "HC0"); coef(f) },
  glmer = function() fixef(glmer(y ~ X + (1 | unit), d, binomial("cloglog"), nAGQ = 9,
                    control = glmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 1e5)))))
t <- system.time(r <- suppressWarnings(fit()))[["elapsed"]]
for (i in seq_len(as.integer(arg[3]) - 1)) t <- min(t, system.time(suppressWarnings(fit()))[["elapsed"]])
cat(sprintf('{"seconds": %.6f, "b": [%s]}', t, paste(sprintf("%.10f", r[-1]), collapse = ",")))
"""


def simulate(units, seed=0):
    """Five waves of which 84 % are seen; a score, whether it is high, and a state entered with a frailty."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), WAVES)
    frame = pd.DataFrame({"unit": unit, "wave": np.tile(range(WAVES), units)})
    frame[NAMES] = (
        rng.normal(size=(len(frame), len(NAMES))) + 0.5 * rng.normal(size=(units, len(NAMES)))[unit]
    )
    effect = rng.normal(0, 0.8, units)[unit]
    index = frame[NAMES] @ np.linspace(-0.4, 0.5, len(NAMES))
    frame["score"] = expit(index + effect + rng.normal(0, 0.7, len(frame)))
    frame["high"] = (rng.random(len(frame)) < expit(index + effect)).astype(int)
    enters = rng.random(len(frame)) < -np.expm1(-np.exp(-1.2 + index + effect))
    frame["state"] = (enters & (frame["wave"] > 0)).groupby(frame["unit"]).cummax().astype(int)
    return frame[rng.random(len(frame)) < 0.84].reset_index(drop=True)


def best(call, least=0.5):
    """Result and shortest time over at least half a second."""
    times, end = [], time.perf_counter() + least
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
    return result, min(times)


def r_peer(name, frame, outcome, repeats):
    """Seconds and slopes of an R function."""
    with tempfile.TemporaryDirectory() as folder:
        rows, script = Path(folder) / "rows.csv", Path(folder) / "peer.R"
        waves = pd.get_dummies(frame["wave"], drop_first=True, dtype=float).add_prefix("xwave")
        pd.concat([frame[["unit"]], frame[outcome].rename("y"), frame[NAMES], waves], axis=1).to_csv(
            rows, index=False
        )
        script.write_text(R_CODE, encoding="utf-8")
        out = subprocess.run(
            ["Rscript", script, rows, name, str(repeats)], capture_output=True, text=True, check=True
        ).stdout
    found = json.loads(out[out.index("{") :])
    return found["seconds"], np.array(found["b"])[: len(NAMES)]


def statsmodels_peer(frame, outcome, *, gee):
    """Seconds and slopes of statsmodels, clustered errors included."""
    import statsmodels.api as sm  # noqa: PLC0415  # heavy

    waves = pd.get_dummies(frame["wave"], drop_first=True, dtype=float).add_prefix("w")
    x = sm.add_constant(pd.concat([frame[NAMES], waves], axis=1)).to_numpy()
    y, unit, family = frame[outcome].to_numpy(), frame["unit"].to_numpy(), sm.families.Binomial()

    def call():
        if gee:
            return sm.GEE(y, x, groups=unit, family=family, cov_struct=sm.cov_struct.Exchangeable()).fit()
        return sm.GLM(y, x, family=family).fit(cov_type="cluster", cov_kwds={"groups": unit})

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result, seconds = best(call)
    return seconds, np.asarray(result.params)[1 : 1 + len(NAMES)]


def main(sizes):
    print("| task | organisations | ours, s | peer, s | ratio | largest difference of slopes, in errors |")
    print("|---|---:|---:|---|---:|---:|")
    has_r, slow = shutil.which("Rscript") is not None, set()
    for units in sizes:
        panel = simulate(units)
        risk, _ = risk_set(panel, "state")
        tasks = (
            ("GEE logit, exchangeable", panel, "high", "gee_logit", ("geeglm", True)),
            ("GEE logit, exchangeable, score", panel, "score", "gee_logit", ("geeglm", True)),
            ("fractional logit, clustered", panel, "score", "fractional_logit", ("glm", False)),
            ("hazard, normal frailty, 9 nodes", risk, "state_begins", "re_cloglog", ("glmer", None)),
            ("hazard, gamma frailty", risk, "state_begins", "gamma_cloglog", (None, None)),
        )
        for task, rows, outcome, estimator, (r_name, gee) in tasks:
            spec = Spec(name="b", outcome=outcome, estimator=estimator, regressors=tuple(NAMES), nodes=9)
            ours, seconds = best(lambda spec=spec, rows=rows: fit(spec, rows))
            table = ours.coefficients.set_index("term").loc[NAMES]
            peers = []
            if r_name and has_r and r_name not in slow:
                repeats = 1 if r_name == "glmer" else 3
                peers.append((PEERS.get(r_name, r_name), partial(r_peer, r_name, rows, outcome, repeats)))
            if gee is not None:
                peers.append(("statsmodels", partial(statsmodels_peer, rows, outcome, gee=gee)))
            if not peers:
                print(f"| {task} | {units:,} | {seconds:.4g} | – | | |", flush=True)
            for name, peer in peers:
                theirs, slopes = peer()
                slow |= {r_name} if name != "statsmodels" and theirs > 20 else set()
                gap = (np.abs(table["estimate"] - slopes) / table["std_error"]).max()
                print(
                    f"| {task} | {units:,} | {seconds:.4g} | {name} {theirs:.4g} | {theirs / seconds:.1f} × | {gap:.1e} |",
                    flush=True,
                )


if __name__ == "__main__":
    main([int(a) for a in sys.argv[1:]] or [200, 2_000, 20_000])
