"""Every model of the paper, as literals; to add one, add a ``Spec`` and cite it in an exhibit.

``public_demand`` is a request by a public funder, funded or not; ``funded`` is what funding adds to a request, so that both enter and
the product with ``federated_service`` asks whether federation membership changes what public demand does (H7).
"""

from panel_eis.models import Spec

TIES = ("federated_service", "federated_only", "peer_tie", "public_demand", "funded", "multiyear")
CONTROLS = ("staff_log", "legal_form")
MODERATION = (("federated_service", "public_demand"),)

SPECS = (
    Spec(
        name="score-pooled", outcome="appropriation", estimator="pooled_ols",
        regressors=(*TIES, *CONTROLS), varying=TIES, interactions=MODERATION,
        label_fr="Moindres carrés empilés", label_en="Pooled OLS",
    ),
    Spec(
        name="score-within", outcome="appropriation", estimator="within",
        regressors=(*TIES, "staff_log"), varying=TIES, interactions=MODERATION,
        label_fr="Intra (effets fixes)", label_en="Within (fixed effects)",
    ),
    Spec(
        name="score-within-between", outcome="appropriation", estimator="within_between",
        regressors=(*TIES, *CONTROLS), varying=TIES, interactions=MODERATION,
        label_fr="Intra–inter (Mundlak)", label_en="Within–between (Mundlak)",
    ),
    Spec(
        name="score-within-between-weighted", outcome="appropriation", estimator="within_between",
        regressors=(*TIES, *CONTROLS), varying=TIES, interactions=MODERATION, weights="weight",
        label_fr="Intra–inter, pondéré", label_en="Within–between, weighted",
    ),
    Spec(
        name="symbolic-within-between", outcome="symbolic", estimator="within_between",
        regressors=(*TIES, *CONTROLS), varying=TIES, interactions=MODERATION,
        label_fr="Usage symbolique, intra–inter", label_en="Symbolic use, within–between",
    ),
    Spec(
        name="ladder-ordered", outcome="ladder", estimator="ordered_logit",
        regressors=(*TIES, *CONTROLS), varying=TIES, interactions=MODERATION,
        label_fr="Échelle, logit ordonné (Mundlak)", label_en="Ladder, ordered logit (Mundlak)",
    ),
)  # fmt: skip
