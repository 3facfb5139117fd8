"""Every decision of the specification curve: levels, their names for readers, and the model that each combination stands for.

The first level of a decision is that of the main text. A combination that is the same model as another gives None. The
association is that of being in a network with an evaluation service; products stay out, so that it is one number.

Logits have unit means beside deviations and are told as differences of mean predictions, so that they stand beside the
linear ones: fractional for the score, ordered for the ladder, with or without an organisation's effect. Crossed with
everything they would take longer than all else in the build: logits of the ladder leave missing answers out, and those
with an effect are unweighted and of rungs, three groups or six.
"""

from panel_eis.models import Decision, Level, Member, Spec

TIES = ("federated_service", "federated_only", "peer_tie", "public_demand", "funded", "multiyear")
FOCUS = "federated_service"
IMPUTATIONS = 5
"""Imputed panels of each specification that imputes."""

CURVE_DRAWS = 199
"""Draws of the joint tests under the null: p-values have a Monte Carlo error of a point or two."""
WILD_DRAWS = 999

REFERENCES = {
    "score": Spec(
        name="reference-score", outcome="appropriation", estimator="within_between",
        regressors=(*TIES, "staff_log", "legal_form"), varying=TIES,
    ),
    "ladder": Spec(
        name="reference-ladder", outcome="ladder", estimator="re_ordered_logit",
        regressors=(*TIES, "staff_log", "legal_form"), varying=TIES,
    ),
}  # fmt: skip
"""Models around which the robustness figure turns."""

POWER = {"organisations": (200, 400, 800), "waves": (2, 3, 4), "draws": 30}
"""Design analysis of the report; ``panel-eis power`` takes more."""

ESTIMATOR = Decision("estimator", "Estimateur", "Estimator", (
    Level("within_between", "Intra–inter", "Within–between"),
    Level("within", "Intra", "Within"),
    Level("first_difference", "Différences", "Differences"),
    Level("pooled_ols", "Empilé", "Pooled"),
    Level("logit", "Logit", "Logit"),
    Level("re_logit", "Logit, eff. aléat.", "Logit, random eff."),
))  # fmt: skip
CONTROLS = Decision("controls", "Contrôles", "Controls", (
    Level("full", "Taille et forme", "Size and form"),
    Level("size", "Taille", "Size"),
    Level("none", "Liens seuls", "Ties only"),
))  # fmt: skip
WEIGHTS = Decision("weights", "Pondération", "Weights", (
    Level("none", "Aucune", "None"),
    Level("weight", "Population", "Population"),
    Level("staying", "Départs", "Departures"),
))  # fmt: skip
GAPS = Decision("gaps", "Réponses manquantes", "Missing answers", (
    Level("drop", "Retirées", "Left out"),
    Level("imputed", "Imputées", "Imputed"),
))  # fmt: skip
EVENTS = Decision("events", "Fusions, statuts", "Mergers, forms", (
    Level("follow", "Suivies", "Followed"),
    Level("drop", "Retirées", "Left out"),
))  # fmt: skip
SCORE = Decision("outcome", "Score", "Score", (
    Level("score_dimensions", "Dimensions", "Dimensions"),
    Level("score_items", "Items", "Items"),
))  # fmt: skip
ITEMS = Decision("comparability", "Items changés", "Changed items", (
    Level("all", "Gardés", "Kept"),
    Level("same", "Retirés", "Left out"),
))  # fmt: skip
LADDER = Decision("outcome", "Échelle", "Ladder", (
    Level("ladder_rungs", "Six échelons", "Six rungs"),
    Level("ladder_groups", "Trois groupes", "Three groups"),
    Level("ladder_practises", "Évalue ou non", "Evaluates or not"),
))  # fmt: skip

FAMILIES = {
    "score": (ESTIMATOR, CONTROLS, WEIGHTS, GAPS, EVENTS, SCORE, ITEMS),
    "ladder": (ESTIMATOR, CONTROLS, WEIGHTS, GAPS, EVENTS, LADDER),
}


BOUNDS = (0.0, 100.0)
"""Ends of the score."""


def member(choices):
    """The specification of a combination, None where there is none or another is the same."""
    estimator, controls, outcome = choices["estimator"], choices["controls"], choices["outcome"]
    if estimator in ("within", "first_difference") and controls == "full":
        return None  # they have no use for what never changes
    if not outcome.startswith("score") and not _crossed(estimator, choices):
        return None
    if estimator == "logit":
        estimator = "fractional_logit" if outcome.startswith("score") else "ordered_logit"
    elif estimator == "re_logit":
        if outcome.startswith("score"):
            return None
        estimator = "re_ordered_logit"
    added = {"full": ("staff_log", "legal_form"), "size": ("staff_log",), "none": ()}[controls]
    outcome += "_same" if choices.get("comparability") == "same" else ""
    spec = Spec(
        name=f"curve-{outcome}",
        outcome=outcome,
        estimator=estimator,
        regressors=(*TIES, *added),
        varying=TIES,
        weights={"none": None, "weight": "weight", "staying": "staying"}[choices["weights"]],
        bounds=BOUNDS if estimator == "fractional_logit" else (0.0, 1.0),
    )
    keys = ["observed"] if choices["gaps"] == "drop" else [f"imputed{i}" for i in range(IMPUTATIONS)]
    keys = tuple(f"{key} {choices['events']}" for key in keys)
    return Member(choices, spec, FOCUS if estimator == "pooled_ols" else f"{FOCUS}_within", keys)


def _crossed(estimator, choices):
    """Whether a model of the ladder is among those declared: see above."""
    if estimator == "re_logit" and (choices["weights"] != "none" or choices["outcome"] == "ladder_practises"):
        return False
    return choices["gaps"] == "drop" or estimator not in ("logit", "re_logit")
