"""Ordinal panel estimators against R (ordinal, survival, lme4, MASS) and statsmodels: same columns, one run, one thread.

    .venv/bin/python benchmarks/models_ordinal.py                  # 200 and 2,000 organisations; prints models_ordinal.md
    .venv/bin/python benchmarks/models_ordinal.py 200 2000 20000   # other sizes
    .venv/bin/python benchmarks/models_ordinal.py --long 200 2000  # with the peers that take minutes

Estimates must agree before a time counts. Ours are whole fits, from the data frame to the frozen result with its check
at twice the nodes, best of several; peers get their columns ready made. R is left out where Rscript is not found.
"""

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import json  # noqa: E402
import resource  # noqa: E402
import shutil  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from panel_eis.models import Spec, average_marginal_effects, fit  # noqa: E402
from panel_eis.models.design import within_design  # noqa: E402
from panel_eis.models.ladder import ladder_design  # noqa: E402
from panel_eis.models.selection import select_rows  # noqa: E402

WAVES, NODES = 5, 9
SLOWEST_PEER = 2_000
"""Organisations beyond which statsmodels' loops are left out unless --long is asked for."""

R_CODE = """
suppressPackageStartupMessages({library(ordinal); library(MASS); library(survival); library(lme4)})
arg <- commandArgs(TRUE); d <- read.csv(arg[1]); X <- as.matrix(d[, grepl("^x", names(d))])
d$rung <- factor(d$y, ordered = TRUE); u <- factor(d$unit); data <- list(rung = d$rung, y = d$y, X = X, u = u, d = d)
fit <- switch(arg[2],
  clmm = function() { f <- clmm(rung ~ X + (1 | u), data = data, nAGQ = 9); list(ll = f$logLik, b = f$beta) },
  clmm2 = function() { f <- clmm2(rung ~ X, random = u, data = data.frame(rung = d$rung, u = u, X = I(X)), nAGQ = 9, Hess = TRUE)
                       list(ll = f$logLik, b = f$beta) },
  polr = function() { f <- polr(rung ~ X, data = data, Hess = TRUE); list(ll = as.numeric(logLik(f)), b = f$coefficients) },
  clogit = function() { f <- clogit(y ~ X + strata(u), data = data, method = "exact"); list(ll = f$loglik[2], b = coef(f)) },
  lmer = function() { f <- lmer(y ~ X + (1 | u), data = data); list(ll = as.numeric(logLik(f)), b = fixef(f)[-1]) },
  glmer = function() { f <- glmer(y ~ X + (1 | u), data = data, family = binomial, nAGQ = 9,
                    control = glmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 1e5)))
                       list(ll = as.numeric(logLik(f)), b = fixef(f)[-1]) })
t <- system.time(r <- suppressWarnings(fit()))[["elapsed"]]
for (i in seq_len(as.integer(arg[3]) - 1)) t <- min(t, system.time(suppressWarnings(fit()))[["elapsed"]])
cat(sprintf('{"seconds": %.6f, "ll": %.10f, "b": [%s]}', t, r$ll, paste(sprintf("%.10f", r$b), collapse = ",")))
"""


def simulate(units, seed=0):
    """Five waves of which 84 % are seen; joining depends on the effect; five rungs; 17 parameters or so."""
    rng = np.random.default_rng(seed)
    unit, wave = np.repeat(np.arange(units), WAVES), np.tile(2017 + 2 * np.arange(WAVES), units)
    n, effect = len(unit), rng.normal(size=units)[unit]
    binary = {
        name: (a * effect + rng.normal(0, 1.2, units)[unit] + rng.normal(0, 0.9, n) > cut).astype(float)
        for name, a, cut in (("m1", 0.8, 0.3), ("m2", 0.0, 0.8), ("s", 0.4, 0.5))
    }
    form = rng.choice(["association", "coop", "mutual"], units)[unit]
    frame = pd.DataFrame(
        {"unit": unit, "wave": wave, **binary, "size": rng.normal(2.5, 1, units)[unit], "form": form}
    )
    means = frame.groupby("unit")[["m1", "s"]].transform("mean")
    own = (
        0.8 * frame["m1"] + 0.4 * frame["m2"] + 0.5 * frame["s"] + 0.1 * frame["size"] + 0.05 * (wave - 2017)
    )
    total = own + means["m1"] + 0.3 * means["s"] + 1.2 * rng.normal(size=units)[unit] + rng.logistic(size=n)
    frame["ladder"] = np.searchsorted([0.0, 1.2, 2.2, 3.4], total)
    frame["adopted"] = (frame["ladder"] > 1).astype(int)
    return frame[rng.random(n) < 0.84].reset_index(drop=True)


def spec(estimator, outcome="ladder"):
    names = ("m1", "m2", "s", "size", "form")
    return Spec(
        name="b",
        outcome=outcome,
        estimator=estimator,
        regressors=names,
        varying=("m1", "m2", "s"),
        nodes=NODES,
    )


def best(call, repeat):
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
    return min(times), result


def columns_of(model, frame):
    """The rows and columns of a model, for peers; x named in order of our terms.

    Units whose outcome never changes are in: leaving them out is part of the work of a fixed-effects logit, ours included.
    """
    rows = select_rows(model, frame)
    if model.estimator in ("conditional_logit", "feologit_buc"):
        design = within_design(model, rows)
    else:
        design = ladder_design(model, rows, ["0", "1"])
    table = pd.DataFrame(design.x, columns=[f"x{j:02d}" for j in range(design.x.shape[1])])
    return table.assign(unit=rows.unit, y=rows.frame[model.outcome].to_numpy()), [
        t.name for t in design.terms
    ]


def in_r(function, table, repeat=1):
    if not shutil.which("Rscript"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        table.to_csv(Path(folder) / "d.csv", index=False, float_format="%.17g")
        (Path(folder) / "f.R").write_text(R_CODE)
        call = ["Rscript", f"{folder}/f.R", f"{folder}/d.csv", function, str(repeat)]
        return json.loads(subprocess.run(call, capture_output=True, text=True, check=True).stdout)


def ordered_model(table):
    from statsmodels.miscmodels.ordinal_model import OrderedModel  # noqa: PLC0415

    x = table.filter(like="x").to_numpy()
    seconds, result = best(
        lambda: OrderedModel(table["y"].to_numpy(), x, distr="logit").fit(
            method="bfgs", maxiter=500, disp=False
        ),
        1,
    )
    return {"seconds": seconds, "ll": result.llf, "b": result.params[: x.shape[1]]}


def conditional_logit(table):
    """On the data, or on the data blown up by cut if the outcome is a ladder."""
    from statsmodels.discrete.conditional_models import ConditionalLogit  # noqa: PLC0415

    cuts = range(int(table["y"].max()))
    blown = pd.concat(
        [table.assign(y=(table["y"] > c).astype(int), unit=table["unit"] * 100 + c) for c in cuts]
    )
    moving = blown[blown.groupby("unit")["y"].transform("nunique") > 1]
    x = moving.filter(like="x").to_numpy()
    call = lambda: ConditionalLogit(moving["y"].to_numpy(), x, groups=moving["unit"].to_numpy()).fit(  # noqa: E731
        method="bfgs", maxiter=200, disp=False
    )
    seconds, result = best(call, 1)
    return {"seconds": seconds, "ll": result.llf, "b": result.params}


def compare(task, model, frame, peers, repeat):
    """One line for each peer, or one without."""
    units = frame["unit"].nunique()
    ours, result = best(lambda: fit(model, frame), repeat)
    result.require_converged()
    if not peers:
        print(f"| {task} | {units:,} | {ours:.4g} | – | | |", flush=True)
    table, names = columns_of(model, frame) if peers else (None, [])
    for peer, call in peers.items():
        theirs = call(table)
        if theirs is None:
            continue
        known = result.coefficients.set_index("term").loc[names]
        gap = np.abs(known["estimate"].to_numpy() - theirs["b"]) / known["std_error"].to_numpy()
        off = abs(theirs["ll"] / result.log_likelihood - 1)
        assert off < 1e-5, (peer, theirs["ll"], result.log_likelihood)
        told = f"log-likelihood {off:.0e}, slopes {gap.max():.0e} of an error"
        print(
            f"| {task} | {units:,} | {ours:.4g} | {peer} {theirs['seconds']:.4g} | {theirs['seconds'] / ours:,.1f} × | {told} |",
            flush=True,
        )
    return ours, result


def bench(units, long):
    frame = simulate(units)
    repeat = 10 if units <= 2_000 else 2
    slow = units <= SLOWEST_PEER or long
    mixed = {"clmm": lambda t: in_r("clmm", t)} if units <= 200 else {}
    mixed |= {"clmm2": lambda t: in_r("clmm2", t)} if units <= 200 or (long and units <= 2_000) else {}
    _, result = compare(
        "random-effects ordered logit, 9 nodes", spec("re_ordered_logit"), frame, mixed, repeat
    )
    compare("random-effects ordered probit, 9 nodes", spec("re_ordered_probit"), frame, {}, repeat)
    glmer = {"glmer": lambda t: in_r("glmer", t)} if units <= 200 else {}
    compare(
        "random-effects logit, two rungs, 9 nodes",
        spec("re_ordered_logit", "adopted"),
        frame,
        glmer,
        repeat,
    )
    blown = {"statsmodels, blown up, not clustered": conditional_logit} if slow else {}
    compare("BUC, clustered", spec("feologit_buc"), frame, blown, repeat)
    fixed = {"clogit": lambda t: in_r("clogit", t, 3)} | ({"statsmodels": conditional_logit} if slow else {})
    compare("conditional logit, clustered", spec("conditional_logit", "adopted"), frame, fixed, repeat)
    pooled = {"polr": lambda t: in_r("polr", t, 3 if slow else 1)} | (
        {"statsmodels": ordered_model} if slow else {}
    )
    compare("pooled ordered logit, clustered", spec("ordered_logit"), frame, pooled, repeat)
    seconds, _ = best(lambda: average_marginal_effects(result, frame), 3)
    print(
        f"| marginal effects of 3 regressors, with errors | {units:,} | {seconds:.4g} | – | | |", flush=True
    )


def growth(sizes):
    """Time and memory of the random-effects ordered logit by size."""
    print(
        "\n| organisations | seconds | × time | peak memory, MB | added by the fit, MB |\n|---:|---:|---:|---:|---:|"
    )
    before = None
    for units in sizes:
        frame = simulate(units)
        start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        seconds, _ = best(
            lambda frame=frame: fit(spec("re_ordered_logit"), frame), 3 if units <= 20_000 else 1
        )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        times = f"{seconds / before:.1f}" if before else ""
        print(f"| {units:,} | {seconds:.3g} | {times} | {peak:,.0f} | {peak - start:,.0f} |", flush=True)
        before = seconds


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    asked = [int(a) for a in sys.argv[1:] if a.isdigit()] or [200, 2_000]
    print("| task | organisations | ours, s | peer, s | ratio | agreement |\n|---|---:|---:|---|---:|---|")
    for size in asked:
        bench(size, "--long" in sys.argv)
    growth([2_000, 20_000, 200_000] if "--long" in sys.argv else [200, 2_000, 20_000])
