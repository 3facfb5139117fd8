"""Terms of a model in words, shared by figures and tables of models."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from panel_eis.codebook import Codebook
    from panel_eis.errors import Lang
    from panel_eis.models import Fit

PARTS = {
    "fr": {
        "within": "intra : la même organisation, d'une vague à l'autre",
        "between": "inter : entre organisations",
        "pooled": "",
    },
    "en": {
        "within": "within: the same organisation, across waves",
        "between": "between: across organisations",
        "pooled": "",
    },
}
_OWN = {
    "public_demand": {"fr": "Demande publique (non financée)", "en": "Public demand (not funded)"},
    "funded": {"fr": "…et financée (en plus)", "en": "…and funded (in addition)"},
}
_CORRECTIONS = (
    (" not nested in clusters counted in K", " non emboîtés dans les grappes comptés dans K"),
    (" nested in clusters not counted", " emboîtés dans les grappes non comptés"),
    (", unit effects", ", effets d'unité"),
)
_TIMES = {"fr": " × ", "en": " × "}


def tie_rows(fit: Fit) -> pd.DataFrame:
    """Coefficients of a fit that speak of varying regressors (ties and support), in the order of the Spec."""
    wanted = [*fit.spec.varying, *(":".join(pair) for pair in fit.spec.interactions)]
    rows = fit.coefficients[fit.coefficients["variable"].isin(wanted)]
    return rows[rows["part"].isin(["within", "between", "pooled"])]


STATED = (
    "model",
    "estimator",
    "weights",
    "clusters",
    "n_rows",
    "n_units",
    "n_switchers",
    "n_dropped",
    "missing",
    "errors",
)
"""What a table of coefficients states of each, so that its tidy file can be read alone."""


def stated(fit: Fit) -> pd.DataFrame:
    """``tie_rows`` with what they rest on (``STATED``); ``missing`` says that incomplete rows are left out."""
    rows = tie_rows(fit)
    return rows.assign(
        model=fit.spec.name, estimator=fit.spec.estimator, weights=fit.weights or "", clusters=fit.n_clusters,
        n_rows=fit.n_rows, n_units=fit.n_units,
        n_switchers=[fit.n_switchers.get(variable, 0) for variable in rows["variable"]],
        n_dropped=sum(fit.dropped.values()), missing="complete", errors=fit.correction,
    )  # fmt: skip


def term_label(variable: str, codebook: Codebook, lang: Lang, *, wrap: int = 0) -> str:
    """What readers see for a regressor or a product of two."""
    words = _TIMES[lang].join(_one(v, codebook, lang) for v in variable.split(":"))
    return "\n".join(textwrap.wrap(words, wrap)) if wrap else words


def _one(variable: str, codebook: Codebook, lang: Lang) -> str:
    if variable in _OWN:
        return _OWN[variable][lang]
    return codebook.label(variable, lang, short=True)


def correction_words(fit: Fit) -> dict[str, str]:
    """Small-sample correction of a fit, as the library names it, in each language."""
    said = fit.correction
    for english, french in _CORRECTIONS:
        said = said.replace(english, french)
    return {"fr": said, "en": fit.correction}
