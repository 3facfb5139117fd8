"""A ``Fit`` as a JSON file, and back: the tidy results from which tables and figures are drawn.

Floats are written in full (Python's ``repr``), so that reading gives the same bits; NaN is ``null``.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from panel_eis.errors import ModelError
from panel_eis.files import write_text
from panel_eis.models.result import TEXT_COLUMNS, Estimates, Fit
from panel_eis.models.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FORMAT: Final = "panel_eis fit 1"
"""First entry of the file; changes when files written before can no longer be read."""

_APART = ("spec", "estimates")


def write_fit(fit: Fit, path: Path) -> None:
    """Write a fit as JSON, atomically; the same fit gives the same bytes."""
    content = {
        "format": FORMAT,
        "spec": asdict(fit.spec),
        "coefficients": {
            "columns": list(fit.coefficients.columns),
            "rows": [_plain(row) for row in fit.coefficients.itertuples(index=False)],
        },
        "covariance": [_plain(row) for row in fit.covariance.to_numpy()],
        **{f.name: getattr(fit, f.name) for f in fields(Fit) if f.name not in _APART},
    }
    write_text(path, json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n")


def read_fit(path: Path) -> Fit:
    """Read a fit that ``write_fit`` wrote.

    Raises
    ------
    ModelError
        If the file is not such a fit.

    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("format") != FORMAT:
            raise ModelError(f"{path}: not written as {FORMAT!r}; fit the model again")
        spec = _spec(content.pop("spec"))
        columns = [*zip(*content.pop("coefficients")["rows"], strict=True)]
        texts, numbers = columns[: len(TEXT_COLUMNS)], columns[len(TEXT_COLUMNS) :]
        covariance = content.pop("covariance")
        estimates = Estimates(texts, *(np.array(part, dtype=float) for part in (numbers, covariance)))
        content["warnings"] = tuple(content["warnings"])
        found = Fit(spec=spec, estimates=estimates, **content)
        _ = found.coefficients, found.covariance  # a file of other columns is refused here
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: not a stored fit ({error})") from error
    return found


def _spec(stored: dict[str, Any]) -> Spec:
    """Turn the lists of JSON back into tuples."""
    tuples: dict[str, Any] = {name: tuple(stored[name]) for name in ("regressors", "varying")}
    tuples["interactions"] = tuple((a, b) for a, b in stored["interactions"])
    if "bounds" in stored:
        tuples["bounds"] = tuple(stored["bounds"])
    return Spec(**(stored | tuples))


def _plain(values: Iterable[Any]) -> list[Any]:
    """Python's own floats, None for NaN."""
    return [v if isinstance(v, str) else None if math.isnan(v) else float(v) for v in values]
