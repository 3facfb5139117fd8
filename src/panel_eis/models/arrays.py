"""Arrays of numbers: their types, and how a column of the panel becomes one."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from panel_eis.errors import ModelError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

_NUMERIC_OBJECTS: Final = {"boolean", "integer", "floating", "mixed-integer-float", "decimal"}


def is_numeric(values: Any) -> bool:
    """Whether a column holds booleans or numbers, nullable or not, or such objects."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf":
        return True
    if values.dtype == object:
        return pd.api.types.infer_dtype(values, skipna=True) in _NUMERIC_OBJECTS
    kinds = pd.api.types
    return kinds.is_numeric_dtype(values) and not kinds.is_complex_dtype(values)


def numbers(values: Any, name: str) -> FloatArray:
    """Return a complete column (array or Series) of booleans or numbers as floats.

    Raises
    ------
    ModelError
        If the column holds anything else, or infinite values; ``name`` says which column.

    """
    if not is_numeric(values):
        raise ModelError(f"{name} is not a column of numbers ({values.dtype})")
    floats = np.asarray(values, dtype=float)
    if not np.isfinite(floats).all():
        infinite = int(np.isinf(floats).sum())
        raise ModelError(f"{name} is infinite in {infinite} rows; was a logarithm taken of zero?")
    return floats
