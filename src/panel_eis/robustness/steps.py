"""The step of the build that tries the findings: reads the panel, writes the tables that exhibits draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from panel_eis.codebook import read_codebook
from panel_eis.files import write_csv
from panel_eis.parallel import Workers, forget
from panel_eis.robustness.alternatives import Alternatives
from panel_eis.robustness.panels import impute_panel
from panel_eis.robustness.tables import curves, make_panels

if TYPE_CHECKING:
    from pathlib import Path

SEED: Final = 20211


def write_robustness(root: Path, declared: Any) -> None:
    """Write the tables of robustness and of the specification curve.

    Parameters
    ----------
    root
        The project, its panel built.
    declared
        The module ``analyses/specifications.py``.

    """
    build = root / "build"
    codebook = read_codebook(root / "data" / "codebook")
    panel = pd.read_parquet(build / "panel.parquet").reset_index()
    reasons = pd.read_parquet(build / "reasons.parquet").reset_index(drop=True)
    participation = pd.read_csv(build / "participation.csv", dtype={"unit": str, "wave": str})
    events = _events(root / "data" / "events.csv")
    store = build / "parallel"
    workers = Workers(jobs=-1, store=store)
    imputed = impute_panel(
        panel,
        reasons,
        codebook,
        rng=np.random.default_rng(SEED),
        imputations=declared.IMPUTATIONS,
        workers=workers,
    )
    panels = make_panels(imputed, participation, events, codebook, changed_items(build, codebook))
    curve, test = curves(declared, panels, seed=SEED, draws=declared.CURVE_DRAWS, workers=workers)
    rows = Alternatives(
        declared.REFERENCES["score"], declared.REFERENCES["ladder"], imputed, participation=participation,
        events=events, codebook=codebook, rng=np.random.default_rng(SEED), draws=declared.WILD_DRAWS,
    )  # fmt: skip
    write_csv(build / "robustness.csv", rows.table())
    write_csv(build / "sensitivity.csv", pd.DataFrame([rows.sensitivity()]))
    write_csv(build / "curve.csv", curve)
    write_csv(build / "curve_test.csv", test)
    forget(store)


def changed_items(build: Path, codebook: Any) -> list[str]:
    """Items of appropriation whose wording or codes are not the same in all waves, as the panel's matrix says."""
    matrix = pd.read_csv(build / "comparability.csv")
    items = {v.name for d in codebook.dimensions for v in codebook.items(d)}
    told = matrix[~matrix["class"].isin(["same", "absent"])]
    return sorted(set(told["variable"]) & items)


def _events(path: Path) -> pd.DataFrame:
    """Events of the register; none where a project has no such file."""
    if not path.exists():
        return pd.DataFrame(columns=["unit", "event", "other"])
    return pd.read_csv(path, dtype=str, keep_default_na=True)
