"""Linear estimators and their inference against pyfixest and wildboottest: same data, one process, one thread.

    python -m venv peers && peers/bin/pip install . pyfixest wildboottest
    peers/bin/python benchmarks/models_linear.py            # prints the tables of models_linear.md
    peers/bin/python benchmarks/models_linear.py 200 2000   # fewer organisations

Estimates must agree before a time counts. Times are the best of several, everything from the data frame to the table
of results included; peers are warm (their first call compiles).
"""

import os

for name in (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "MKL_NUM_THREADS",
):
    os.environ[name] = "1"

import importlib.util  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402
from functools import partial  # noqa: E402
from typing import NamedTuple  # noqa: E402

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from panel_eis.models import Spec, fit  # noqa: E402
from panel_eis.models.left_out import influence  # noqa: E402
from panel_eis.models.pairs import pairs_bootstrap  # noqa: E402
from panel_eis.models.randomisation import randomisation_test  # noqa: E402
from panel_eis.models.small_sample import robust  # noqa: E402
from panel_eis.models.wild import wild_bootstrap  # noqa: E402

WAVES = 5
REGRESSORS = tuple(f"x{j}" for j in range(8))
MODEL = Spec(name="bench", outcome="y", estimator="within", regressors=REGRESSORS)
FORMULA = "y ~ " + " + ".join(REGRESSORS) + " | unit + wave"
TERM = "x0_within"
SLOWEST_PEER = 2_000
"""Organisations beyond which peers that loop over clusters are left out: they take minutes."""


def simulate(units, seed=0):
    """A panel of which 84 % of the rows are seen; three binary and five continuous regressors."""
    rng = np.random.default_rng(seed)
    unit, wave = np.repeat(np.arange(units), WAVES), np.tile(np.arange(2017, 2017 + 2 * WAVES, 2), units)
    effect = rng.normal(size=units)[unit]
    noise = rng.normal(size=(len(unit), len(REGRESSORS)))
    x = np.where(np.arange(len(REGRESSORS)) < 3, (noise + effect[:, None] > 0), noise + 0.3 * effect[:, None])
    y = x @ np.linspace(0.1, 0.8, len(REGRESSORS)) + effect + rng.normal(size=len(unit))
    frame = pd.DataFrame(x, columns=list(REGRESSORS)).assign(unit=unit, wave=wave, y=y)
    return frame[rng.random(len(unit)) < 0.84].reset_index(drop=True)


def best(call, repeat):
    """Shortest time and the last result."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
    return min(times), result


class Peer(NamedTuple):
    name: str
    seconds: float
    agreement: str


def line(task, units, ours, peer=None):
    theirs = (
        f"{peer.name} {peer.seconds:.4g} | {peer.seconds / ours:,.1f} × | {peer.agreement}"
        if peer
        else "– | – |"
    )
    print(f"| {task} | {units:,} | {ours:.4g} | {theirs} |", flush=True)


def within(frame, units):
    repeat = 5 if units > 20_000 else 20
    peer = None
    if importlib.util.find_spec("pyfixest"):
        import pyfixest  # noqa: PLC0415

        pyfixest.feols(FORMULA, frame, vcov={"CRV1": "unit"})
        peer, theirs = best(
            lambda: pyfixest.feols(FORMULA, frame, vcov={"CRV1": "unit"}), max(3, repeat // 3)
        )
    ours, found = best(lambda: fit(MODEL, frame), repeat)
    agree = None
    if peer:
        table = found.coefficients.set_index("term").loc[[f"{x}_within" for x in REGRESSORS]]
        gap = np.abs(table["estimate"].to_numpy() - theirs.coef()[list(REGRESSORS)].to_numpy())
        assert (gap < 1e-3 * table["std_error"].to_numpy()).all()
        factor = np.ptp(table["std_error"].to_numpy() / theirs.se()[list(REGRESSORS)].to_numpy())
        agree = Peer("pyfixest", peer, f"estimates {gap.max():.0e}, errors in constant ratio ± {factor:.0e}")
    line("within, CRV1", units, ours, agree)
    return found


def wild(frame, units, found):
    seconds, whole = best(lambda: wild_bootstrap(found, frame, TERM, rng=np.random.default_rng(1)), 5)
    line("wild cluster bootstrap, 999, with interval", units, seconds)
    call = partial(wild_bootstrap, found, frame, TERM, interval=False)
    ours, _ = best(lambda: call(rng=np.random.default_rng(1)), 5)
    peer = None
    if units <= SLOWEST_PEER and importlib.util.find_spec("wildboottest"):
        import statsmodels.formula.api as smf  # noqa: PLC0415
        from wildboottest.wildboottest import wildboottest  # noqa: PLC0415

        names = [*REGRESSORS, *(f"w{y}" for y in sorted(frame["wave"].unique())[1:])]
        dummies = {f"w{y}": (frame["wave"] == y).astype(float) for y in frame["wave"].unique()}
        columns = frame.assign(**dummies)[[*names, "y"]]
        flat = columns - columns.groupby(frame["unit"]).transform("mean")
        model = smf.ols("y ~ 0 + " + " + ".join(names), flat)
        cluster = frame["unit"].rename("cluster")
        seconds, theirs = best(
            lambda: wildboottest(model, param="x0", cluster=cluster, B=999, seed=1, show=False), 1
        )
        p = f"p {whole['p_value']:.3f} and {float(theirs['p-value'].iloc[0]):.3f} (other draws)"
        peer = Peer("wildboottest", seconds, p)
    line("wild cluster bootstrap, 999, p alone", units, ours, peer)


def corrected(frame, units, found):
    for kind in ("CR3", "CR2"):
        ours, mine = best(lambda kind=kind: robust(found, frame, kind), 3)
        agree = None
        if kind == "CR3" and units <= SLOWEST_PEER and importlib.util.find_spec("pyfixest"):
            import pyfixest  # noqa: PLC0415

            peer, theirs = best(lambda: pyfixest.feols(FORMULA, frame, vcov={"CRV3": "unit"}), 1)
            errors = mine.coefficients.set_index("term").loc[[f"{x}_within" for x in REGRESSORS], "std_error"]
            spread = np.ptp(errors.to_numpy() / theirs.se()[list(REGRESSORS)].to_numpy())
            agree = Peer("pyfixest", peer, f"errors in constant ratio ± {spread:.0e}")
        line(kind, units, ours, agree)


def others(frame, units, found):
    rng = np.random.default_rng
    line("influence of each organisation", units, best(lambda: influence(found, frame), 3)[0])
    line("pairs cluster bootstrap, 999", units, best(lambda: pairs_bootstrap(found, frame, rng=rng(1)), 1)[0])
    if units <= SLOWEST_PEER:
        line(
            "randomisation test, 999",
            units,
            best(lambda: randomisation_test(found, frame, TERM, rng=rng(1)), 1)[0],
        )
    for estimator in ("random_effects", "first_difference", "long_difference"):
        model = Spec(name=estimator, outcome="y", estimator=estimator, regressors=REGRESSORS)
        line(estimator, units, best(lambda model=model: fit(model, frame), 5)[0])


def main():
    warnings.simplefilter("ignore")
    print("| task | organisations | ours, s | peer, s | ratio | agreement |\n|---|---|---|---|---|---|")
    for units in [int(n) for n in sys.argv[1:]] or [200, 2_000, 20_000, 200_000]:
        frame = simulate(units)
        found = within(frame, units)
        if units <= 20_000:
            wild(frame, units, found)
            corrected(frame, units, found)
            others(frame, units, found)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nPeak memory {peak:,.0f} MB; load {os.getloadavg()[0]:.1f} at the end.")


if __name__ == "__main__":
    main()
