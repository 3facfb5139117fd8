"""Every estimator beside its peers, in one process: estimates first, then seconds, ratio, goal, memory.

    .venv/bin/python benchmarks/models.py              # all of it, half an hour; prints each line at once
    .venv/bin/python benchmarks/models.py --quick      # 200 organisations only, a minute
    .venv/bin/python benchmarks/models.py --only BUC   # tasks whose name holds a word
    .venv/bin/python benchmarks/models.py --write      # the table into benchmarks/README.md as well

Each line is kept in benchmarks/models.json as soon as it is there, so that a run that was stopped goes on; --fresh starts
anew. A peer that fails is a line that says so, and the others go on. Peers beside the project's own environment: pyfixest and
wildboottest from pip; R with ordinal, MASS, survival, lme4 and geepack.

Ours is the whole fit, from the data frame to the frozen result, errors clustered; peers get their columns ready made. Ours is
timed before and after each peer and the shorter time counts, theirs is the shortest of several unless it takes seconds.
Memory is what one fit adds at its peak to a process of its own, in which libraries and data are there.
"""

import os

for name in ("OPENBLAS", "OMP", "MKL", "NUMBA", "RAYON"):
    os.environ[f"{name}_NUM_THREADS"] = "1"

import argparse  # noqa: E402
import gc  # noqa: E402
import json  # noqa: E402
import re  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402
from collections.abc import Callable  # noqa: E402
from datetime import UTC, datetime  # noqa: E402
from functools import cache, partial  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any, NamedTuple  # noqa: E402

import models_change as change  # noqa: E402
import models_linear as linear  # noqa: E402
import models_ordinal as ordinal  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import whole_job  # noqa: E402

from panel_eis.models import Spec, fit, robust, wild_bootstrap  # noqa: E402
from panel_eis.models.design import pooled_design  # noqa: E402
from panel_eis.models.selection import select_rows  # noqa: E402

HERE = Path(__file__).resolve().parent
KEPT = HERE / "models.json"
COLUMNS = ("task", "organisations", "ours, s", "added, MB", "peer", "its s", "ratio", "goal", "", "agreement")
MARKS = "<!-- models: written by models.py --write -->", "<!-- models: end -->"
DECADE = 12.0
"""Most that ten times as many organisations may cost."""

Agreed = tuple[float, str]
"""Seconds of a peer, and how far its estimates are from ours."""


class Peer(NamedTuple):
    """Another implementation: called with our result, gives its seconds and the agreement; the ratio wanted."""

    name: str
    call: Callable[[Any], Agreed]
    goal: float | None = None


class Task(NamedTuple):
    """One thing to estimate at one size."""

    name: str
    units: int
    ours: Callable[[], Any]
    peers: tuple[Peer, ...] = ()


frames = {
    "ordinal": cache(ordinal.simulate), "linear": cache(linear.simulate), "change": cache(change.simulate),
}  # fmt: skip


def agreement(found, names, theirs):
    """Largest difference of slopes in our errors; refuses what is not the same model."""
    table = found.coefficients.set_index("term").loc[names]
    gap = (
        np.abs(table["estimate"].to_numpy() - np.asarray(theirs["b"])) / table["std_error"].to_numpy()
    ).max()
    told = f"slopes {gap:.0e} of an error"
    if "ll" in theirs and found.log_likelihood is not None:
        off = abs(theirs["ll"] / found.log_likelihood - 1)
        told += f", log-likelihood {off:.0e}"
        if off > 1e-5:
            raise AssertionError(f"log-likelihood {theirs['ll']} and {found.log_likelihood}")
    if gap > 0.02:
        raise AssertionError(told)
    return theirs["seconds"], told


def rungs_peer(call, model, units, found):
    table, names = ordinal.columns_of(model, frames["ordinal"](units))
    return agreement(found, names, call(table))


def in_r(name, repeat=1):
    def call(table):
        theirs = ordinal.in_r(name, table, repeat)
        if theirs is None:
            raise RuntimeError("Rscript is not found")
        return theirs

    return call


def ladder(name, estimator, units, peers, outcome="ladder"):
    model = ordinal.spec(estimator, outcome)
    made = tuple(Peer(who, partial(rungs_peer, call, model, units), goal) for who, call, goal in peers)
    return Task(name, units, lambda: fit(model, frames["ordinal"](units)).require_converged(), made)


def pyfixest(units, found, kind="CRV1"):
    import pyfixest as pf  # noqa: PLC0415

    frame = frames["linear"](units)
    pf.feols(linear.FORMULA, frame.head(500), vcov={kind: "unit"})  # the first call compiles
    repeat = 1 if kind == "CRV3" else 5
    seconds, theirs = linear.best(lambda: pf.feols(linear.FORMULA, frame, vcov={kind: "unit"}), repeat)
    names = list(linear.REGRESSORS)
    table = found.coefficients.set_index("term").loc[[f"{x}_within" for x in names]]
    gap = np.abs(table["estimate"].to_numpy() - theirs.coef()[names].to_numpy()).max()
    spread = np.ptp(table["std_error"].to_numpy() / theirs.se()[names].to_numpy())
    assert gap < 1e-8, gap
    assert spread < 1e-6, spread
    return seconds, f"estimates {gap:.0e}, errors in constant ratio ± {spread:.0e}"


def wildboottest(units, found):
    import statsmodels.formula.api as smf  # noqa: PLC0415
    from wildboottest.wildboottest import wildboottest as peer  # noqa: PLC0415

    frame = frames["linear"](units)
    dummies = {f"w{y}": (frame["wave"] == y).astype(float) for y in sorted(frame["wave"].unique())[1:]}
    names = [*linear.REGRESSORS, *dummies]
    columns = frame.assign(**dummies)[[*names, "y"]]
    flat = columns - columns.groupby(frame["unit"]).transform("mean")
    model = smf.ols("y ~ 0 + " + " + ".join(names), flat)
    cluster = frame["unit"].rename("cluster")
    call = partial(peer, model, param="x0", cluster=cluster, B=999, seed=1, show=False)
    seconds, theirs = linear.best(call, 1)
    p = float(theirs["p-value"].iloc[0])
    assert abs(found["p_value"] - p) < 0.05, (found["p_value"], p)
    return seconds, f"p {found['p_value']:.3f} and {p:.3f} (other draws)"


def lmer(units, found):
    rows = select_rows(found.spec, frames["linear"](units))
    design = pooled_design(found.spec, rows).without_intercept()
    table = pd.DataFrame(design.x, columns=[f"x{j:02d}" for j in range(design.x.shape[1])])
    theirs = ordinal.in_r("lmer", table.assign(unit=rows.unit, y=rows.frame["y"].to_numpy()), 3)
    return agreement(found, [term.name for term in design.terms], theirs)


def mixedlm(units, found):
    import statsmodels.api as sm  # noqa: PLC0415

    frame = frames["linear"](units)
    waves = pd.get_dummies(frame["wave"], drop_first=True, dtype=float)
    x = sm.add_constant(pd.concat([frame[list(linear.REGRESSORS)], waves], axis=1)).to_numpy()
    seconds, theirs = linear.best(lambda: sm.MixedLM(frame["y"], x, frame["unit"]).fit(), 1)
    names = list(linear.REGRESSORS)
    return agreement(found, names, {"seconds": seconds, "b": theirs.params.iloc[1 : 1 + len(names)]})


def changes(call, units, outcome, found):
    seconds, slopes = call(frames["change"](units), outcome)
    return agreement(found, list(change.NAMES), {"seconds": seconds, "b": slopes})


def linear_task(name, units, estimator="within", peers=()):
    model = Spec(name="b", outcome="y", estimator=estimator, regressors=linear.REGRESSORS)
    return Task(name, units, lambda: fit(model, frames["linear"](units)), tuple(peers))


def after_within(name, units, what, peers=()):
    """Something done after a within fit, which is not timed."""
    found = cache(lambda: fit(linear.MODEL, frames["linear"](units)))
    return Task(name, units, lambda: what(found(), frames["linear"](units)), tuple(peers))


def wild(found, frame):
    return wild_bootstrap(found, frame, linear.TERM, rng=np.random.default_rng(1), interval=False)


def tasks():
    """All of them, those with slow peers last."""
    conditional, ordered = ordinal.conditional_logit, ordinal.ordered_model
    for units, goal in ((200, None), (2_000, 10), (20_000, 5), (200_000, 4)):
        yield linear_task(
            "within, CRV1", units, peers=[Peer("pyfixest, warm", partial(pyfixest, units), goal)]
        )
    for units, goal in ((200, None), (2_000, 40), (20_000, 40), (200_000, None)):
        peers = [Peer("lme4 lmer", partial(lmer, units), goal)] if units < 200_000 else []
        peers += [Peer("statsmodels MixedLM", partial(mixedlm, units))] if units <= 2_000 else []
        yield linear_task("random intercept, linear", units, "random_intercept", peers)
    for units, goal in ((200, None), (2_000, 10), (20_000, None)):
        peers = [("MASS polr", in_r("polr", 3), goal)]
        peers += [("statsmodels OrderedModel, BFGS", ordered, None)] if units <= 2_000 else []
        yield ladder("pooled ordered logit, clustered", "ordered_logit", units, peers)
    for units, goal in ((200, 1.5), (2_000, 4), (20_000, 15)):
        peers = [("survival clogit", in_r("clogit", 5), goal)]
        peers += [("statsmodels ConditionalLogit", conditional, None)] if units <= 2_000 else []
        yield ladder("conditional logit, clustered", "conditional_logit", units, peers, "adopted")
    for units, goal in ((200, None), (2_000, 5), (20_000, None)):
        for estimator, outcome, function, wanted in (
            ("gee_logit", "high", "geeglm", goal),
            ("fractional_logit", "score", "glm", None),
        ):
            model = Spec(name="b", outcome=outcome, estimator=estimator, regressors=tuple(change.NAMES))
            r = partial(
                changes, lambda f, y, function=function: change.r_peer(function, f, y, 3), units, outcome
            )
            name = "GEE logit, exchangeable" if function == "geeglm" else "fractional logit, clustered"
            peers = [Peer("geepack" if function == "geeglm" else "R glm", r, wanted)]
            if function == "glm":
                own = partial(change.statsmodels_peer, gee=False)
                peers.append(Peer("statsmodels GLM", partial(changes, own, units, outcome)))
            call = lambda model=model, units=units: fit(model, frames["change"](units))  # noqa: E731
            yield Task(name, units, call, tuple(peers))
    glmer = [("lme4 glmer", in_r("glmer"), 150)]
    yield ladder("random-effects logit, two rungs, 9 nodes", "re_ordered_logit", 200, glmer, "adopted")
    yield ladder("random-effects ordered probit, 9 nodes", "re_ordered_probit", 2_000, [])
    for units, goal in ((200, 250), (2_000, 2_000), (20_000, None)):
        peers = [Peer("wildboottest", partial(wildboottest, units), goal)] if goal else []
        yield after_within("wild cluster bootstrap, 999 draws", units, wild, peers)
    cre = "random-effects ordered logit, 9 nodes"
    yield ladder(cre, "re_ordered_logit", 200, [("ordinal clmm", in_r("clmm"), 150)])
    for units, goal in ((200, 100), (2_000, 400), (20_000, 400), (200_000, None)):
        peers = [("statsmodels, blown up, not clustered", conditional, goal)] if goal else []
        yield ladder("BUC, clustered", "feologit_buc", units, peers)
    yield after_within(
        "CR3", 2_000, lambda found, frame: robust(found, frame, "CR3"),
        [Peer("pyfixest", partial(pyfixest, 2_000, kind="CRV3"), 1_000)],
    )  # fmt: skip
    yield ladder(cre, "re_ordered_logit", 20_000, [])
    yield ladder(cre, "re_ordered_logit", 200_000, [])
    yield ladder(cre, "re_ordered_logit", 2_000, [("ordinal clmm2", in_r("clmm2"), 2_000)])


def peak():
    """Highest and present memory of this process, MB; the highest starts anew where the system allows it."""
    told = dict(
        re.findall(r"(VmHWM|VmRSS):\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    )
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return float("nan"), float("nan")
    return int(told["VmHWM"]) / 1024, int(told["VmRSS"]) / 1024


def memory_apart(task):
    """MB that a fit adds at its peak, in a process of its own: here, memory of earlier fits would be used again."""
    command = [sys.executable, __file__, "--memory", task.name, str(task.units)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])


def memory(name, units):
    """The same in this process, libraries loaded by a small fit and data made before."""
    mine = {task.units: task for task in tasks() if task.name == name}
    mine[min(mine)].ours()
    for simulate in frames.values():
        simulate(units)
    gc.collect()
    _, before = peak()
    mine[units].ours()
    return max(peak()[0] - before, 0.0)


def timed(call, least=0.5, most=20):
    """Result and shortest of several times."""
    times, end = [], time.perf_counter() + least
    while not times or (time.perf_counter() < end and len(times) < most):
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
    return result, min(times)


def lines_of(task, kept):
    """One record for each peer that has none yet, and what a fit adds to memory."""
    wanted = [peer for peer in task.peers or (Peer("", None),) if key(task, peer.name) not in kept]
    if not wanted:
        return
    record = {"task": task.name, "units": task.units}
    try:
        added = memory_apart(task)
        result, ours = timed(task.ours)
    except Exception as error:  # noqa: BLE001  # the others go on
        yield record | {"peer": "", "error": f"ours: {error!r}"[:200]}
        return
    record |= {"ours": ours, "added": added}
    for peer in wanted:
        own = record | {"peer": peer.name, "goal": peer.goal}
        if peer.name:
            try:
                theirs, told = peer.call(result)
                ours = min(ours, timed(task.ours)[1])
                own |= {"ours": ours, "theirs": theirs, "ratio": theirs / ours, "agreement": told}
            except Exception as error:  # noqa: BLE001
                own["error"] = f"{error!r}"[:200]
        yield own


def whole():
    """Import and whole job, whose goals are ratios too."""
    spent = {"pandas": [], "panel_eis": []}
    for _ in range(9):
        for name, times in spent.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", f"import {name}"], check=True)
            times.append(time.perf_counter() - start)
    ours, pandas = (sorted(spent[name])[4] for name in ("panel_eis", "pandas"))
    yield {"task": "import panel_eis", "units": 0, "ours": ours, "theirs": pandas, "peer": "import pandas",
           "ratio": ours / pandas, "goal": 1.1, "least": True}  # fmt: skip
    libraries, ours = whole_job.compare()
    yield {"task": "whole job with 12 figures", "units": 200, "ours": ours, "theirs": libraries,
           "peer": "libraries as they come", "ratio": libraries / ours, "goal": 4.0,
           "agreement": "wild bootstrap of 4 × 999 draws in both"}  # fmt: skip


def decades(kept):
    """How time and memory of the random-effects ordered logit grow."""
    found = {
        r["units"]: r
        for r in kept.values()
        if r["task"].startswith("random-effects ordered logit") and "ours" in r
    }
    for low, high in ((2_000, 20_000), (20_000, 200_000)):
        if low in found and high in found:
            ratio = found[high]["ours"] / found[low]["ours"]
            memory = f"memory × {found[high]['added'] / max(found[low]['added'], 1):.1f}"
            yield {"task": "random-effects ordered logit, growth", "units": high, "ours": found[high]["ours"],
                   "theirs": found[low]["ours"], "peer": f"itself at {low:,}", "ratio": ratio, "goal": DECADE,
                   "least": True, "agreement": memory}  # fmt: skip


def key(task, peer):
    return f"{task.name}|{task.units}|{peer}"


def row(record):
    """A line of the table."""
    at_most = record.get("least", False)
    goal, ratio = record.get("goal"), record.get("ratio")
    sign, met = ("≤" if at_most else "≥"), ""
    if ratio is not None and goal:
        met = "met" if (ratio <= goal if at_most else ratio >= goal) else "missed"
    cells = (
        record["task"], f"{record['units']:,}" if record["units"] else "",
        f"{record['ours']:.4g}" if "ours" in record else "", f"{record['added']:,.0f}" if "added" in record else "",
        record["peer"] or "–", f"{record['theirs']:.4g}" if "theirs" in record else "",
        f"{ratio:,.1f} ×" if ratio is not None else "", f"{sign} {goal:,g} ×" if goal else "", met,
        record.get("agreement", "") or record.get("error", "").replace("|", "/"),
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def table(kept):
    rows = [row(r) for r in sorted(kept.values(), key=lambda r: (r["task"], r["units"]))]
    head = ["| " + " | ".join(COLUMNS) + " |", "|---|---:|---:|---:|---|---:|---:|---:|---|---|"]
    return "\n".join([*head, *rows, *(row(r) for r in decades(kept))])


def write(kept):
    """Put the table between its marks in the README."""
    path = HERE / "README.md"
    text = path.read_text(encoding="utf-8")
    before, rest = text.split(MARKS[0])
    said = f"{datetime.now(UTC):%-d %B %Y}, load {os.getloadavg()[0]:.1f} at the end, one thread."
    path.write_text(
        f"{before}{MARKS[0]}\n{said}\n\n{table(kept)}\n{MARKS[1]}{rest.split(MARKS[1])[1]}", encoding="utf-8"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for flag in ("quick", "fresh", "write"):
        parser.add_argument(f"--{flag}", action="store_true")
    parser.add_argument("--memory", nargs=2, metavar=("TASK", "ORGANISATIONS"), help="MB that this adds")
    parser.add_argument("--only", default="", help="tasks whose name holds this")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    if asked.memory:
        print(memory(asked.memory[0], int(asked.memory[1])))
    else:
        compare(asked)


def compare(asked):
    """Make the lines that are asked for and not kept, and print them."""
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() and not asked.fresh else {}
    kept = {k: r for k, r in kept.items() if "error" not in r}

    def keep(record):
        kept[f"{record['task']}|{record['units']}|{record['peer']}"] = record
        KEPT.write_text(json.dumps(kept, indent=1, ensure_ascii=False), encoding="utf-8")
        print(row(record), flush=True)

    print("| " + " | ".join(COLUMNS) + " |\n|---|---:|---:|---:|---|---:|---:|---:|---|---|", flush=True)
    for task in tasks():
        if asked.only.lower() in task.name.lower() and not (asked.quick and task.units > 200):
            for record in lines_of(task, kept):
                keep(record)
    if not asked.quick and not asked.only:
        for record in whole():
            keep(record)
    for record in decades(kept):
        print(row(record), flush=True)
    if asked.write:
        write(kept)


if __name__ == "__main__":
    main()
