"""The one entry: a ``Spec`` and a panel in, a ``Fit`` out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from panel_eis.errors import ModelError
from panel_eis.models.selection import select_rows
from panel_eis.models.spec import ESTIMATORS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from panel_eis.models.result import Fit
    from panel_eis.models.rows import Rows
    from panel_eis.models.spec import Spec


def fit(spec: Spec, panel: pd.DataFrame) -> Fit:
    """Estimate a model on a panel.

    Parameters
    ----------
    spec
        The model.
    panel
        A plain DataFrame, one row per unit × wave, in any order, unit and wave as columns or index levels.
        It is not changed.

    Raises
    ------
    ModelError
        If no honest number can be given; the message starts with the name of the model and says why.

    """
    module, function = ESTIMATORS[spec.estimator].place.split(":")
    estimator = cast("Callable[[Spec, Rows], Fit]", getattr(import_module(module), function))
    try:
        return estimator(spec, select_rows(spec, panel))
    except ModelError as error:
        raise ModelError(f"{spec.name}: {error}") from error
