"""
fr:
  caption: "Sur {all:n} affirmations de ce livre blanc, {holds:n} tiennent, {weakened:n} sont affaiblies, {reversed:n} renversées et {not_estimable:n} non estimables avec les données de cette édition."
  reading: "une affirmation tient quand tout l'intervalle à 95 % est du côté affirmé du seuil ; elle est affaiblie quand l'intervalle contient le seuil, renversée quand il est tout entier de l'autre côté. Ici, {holds:n} tiennent, {weakened:n} sont affaiblies, {reversed:n} renversées et {not_estimable:n} non estimables, sur {all:n}."
  base: "estimations des modèles et figures de ce rapport ; associations, non effets ; jugement refait à chaque construction ({all:n} affirmations) ; intervalles à 95 % et pondération : ceux de chaque estimation."
en:
  caption: "Of {all:n} claims of this white paper, {holds:n} hold, {weakened:n} are weakened, {reversed:n} reversed and {not_estimable:n} not estimable with the data of this edition."
  reading: "a claim holds when the whole 95% interval lies on the side of the threshold that it claims; it is weakened when the interval contains the threshold, reversed when it lies wholly on the other side. Here {holds:n} hold, {weakened:n} are weakened, {reversed:n} reversed and {not_estimable:n} not estimable, of {all:n}."
  base: "estimates of the models and figures of this report; associations, not effects; judged anew at each build ({all:n} claims); 95% intervals and weights: those of each estimate."
"""

import math

import pandas as pd

from panel_eis.claims import VERDICTS, Claim, Estimate, judge
from panel_eis.ecosystem import co_members
from panel_eis.errors import UsageError
from panel_eis.estimates import clustered_mean, paired, weighted_mean
from panel_eis.likeness import Ties, permutation_test
from panel_eis.models import Spec, hazard
from panel_eis.power import FOCUS
from panel_eis.tied import consenting, ties_of
from panel_eis.wording import fill

DRAWS, SEED = 199, 20211
HAZARD = Spec(
    name="hazard",
    outcome="practises",
    estimator="cloglog",
    regressors=("federated_service", "peer_tie", "staff_log"),
)


def _term(fit, term):
    def estimate(study):
        row = study.fit(fit).term(term)
        return Estimate(float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"]))

    return estimate


def _gave_up(study):
    pairs = study.select("ladder", "ladder_before").dropna(subset=["ladder", "ladder_before"])
    did = pairs[pairs["ladder_before"] >= 2]
    mean = clustered_mean((did["ladder"] < 2).astype(float), did["unit"])
    return Estimate(mean["mean"], mean["low"], mean["high"])


def _change(study):
    rows = study.select("practises", "weight", "weight_pair").astype({"practises": "float64"})
    pairs = paired(rows, ["practises"], study.waves[-2], study.waves[-1])
    mean = weighted_mean(pairs["practises_after"] - pairs["practises_before"], pairs["weight_pair"])
    return Estimate(mean["mean"], mean["low"], mean["high"])


def composition(study):
    """Share that evaluates among respondents less the weighted one, at the last wave; linearised error."""
    rows = study.select("practises", "weight", waves=[study.waves[-1]]).dropna(subset=["practises"])
    does, weight = rows["practises"].astype("float64"), rows["weight"] / rows["weight"].sum()
    plain, weighted, n = does.mean(), float((weight * does).sum()), len(rows)
    parts = (does - plain) / n - weight * (does - weighted)
    error = 1.96 * float((n / (n - 1) * (parts**2).sum()) ** 0.5)
    return Estimate(plain - weighted, plain - weighted - error, plain - weighted + error)


def _begins(study):
    """Hazard ratio of taking evaluation up, in a network with a service against none."""
    panel = study.select("practises", "federated_service", "peer_tie", "staff_log")
    row = hazard(HAZARD, panel).require_converged().term("federated_service")
    return Estimate(*(math.exp(float(row[c])) for c in ("estimate", "conf_low", "conf_high")))


def _simulated(share, draws):
    """A share found by simulation, with its simulation error."""
    error = 1.96 * math.sqrt(max(share * (1 - share), 1 / draws) / draws)
    return Estimate(share, max(0.0, share - error), min(1.0, share + error))


def _curve(study):
    """Probability of a median as far from zero if the association were nil, all specifications together."""
    test = study.table("curve_test").set_index(["family", "statistic"]).loc[("score", "median")]
    return _simulated(float(test["p_value"]), int(test["draws"]))


def power_row(study):
    """Simulated design nearest to this panel (waves, then organisations), for the association of the evaluation service."""
    rows = study.table("power")
    rows = rows[(rows["term"] == FOCUS) & (rows["outcome"] == "score")]
    if rows.empty:
        raise UsageError("No design was simulated for the association of the evaluation service.")
    away = (rows["waves"] - len(study.waves)).abs()
    rows = rows[away == away.min()]
    n = int((study.select("ladder", waves=[study.waves[0]])["unit"]).nunique())
    return rows.loc[(rows["organisations"] - n).abs().idxmin()]


def _power(study):
    row = power_row(study)
    return _simulated(float(row["power"]), int(row["draws"]))


def reliability(study):
    """Cronbach's alpha of the total, all waves together; interval by drawing organisations again."""
    found = study.table("measurement")
    rows = found[(found["part"] == "reliability") & (found["scale"] == "all") & (found["wave"] == "all")]
    rows = rows[rows["statistic"] == "alpha_bootstrap"]
    if rows.empty:
        raise UsageError("Too few answers to measure the reliability of the total.")
    row = rows.iloc[0]
    return Estimate(float(row["value"]), float(row["low"]), float(row["high"]))


def likeness(study):
    """P-value of the agreement of members of a same network, labels dealt within legal forms."""
    wave = study.waves[-1]
    rows = study.select("legal_form", "practises", waves=[wave]).dropna(subset=["practises"])
    rows = rows[rows["unit"].isin(consenting(study, wave))]
    form = dict(zip(rows["unit"], rows["legal_form"].astype(str), strict=True))
    does = dict(zip(rows["unit"], rows["practises"].astype(bool), strict=True))
    pairs = co_members(ties_of(study, wave), list(does))
    return _simulated(permutation_test(Ties.of(pairs, does, form), seed=SEED, draws=DRAWS)["p_value"], DRAWS)


CLAIMS = (
    Claim(
        "composition",
        {
            "fr": "Sans pondération, la part des organisations qui évaluent serait surestimée (en points).",
            "en": "Without weights, the share of organisations that evaluate would be overstated (in points).",
        },
        composition, "above", 0.0, "points1", "adoption",
    ),
    Claim(
        "gave-up",
        {
            "fr": "Plus d'une organisation sur vingt qui évaluait a cessé à la vague suivante.",
            "en": "More than one organisation in twenty that evaluated had stopped by the next wave.",
        },
        _gave_up, "above", 0.05, "pct", "gave_up",
    ),
    Claim(
        "adoption-rises",
        {
            "fr": "Entre les deux dernières vagues, départs corrigés, la part de celles qui évaluent augmente (en points).",
            "en": "Between the last two waves, leavers corrected for, the share that evaluates rises (in points).",
        },
        _change, "above", 0.0, "points1", "change",
    ),
    Claim(
        "service-within",
        {
            "fr": "Entrer dans un réseau qui rend un service d'évaluation va avec plus d'appropriation.",
            "en": "Entering a network that offers an evaluation service goes with more appropriation.",
        },
        _term("score-within-between", "federated_service_within"), finding="service",
    ),
    Claim(
        "membership-alone",
        {
            "fr": "Adhérer à un réseau sans ce service change l'appropriation de moins de cinq points.",
            "en": "Joining a network without that service changes appropriation by less than five points.",
        },
        _term("score-within-between", "federated_only_within"), "below", 5.0, finding="service",
    ),
    Claim(
        "peers",
        {
            "fr": "Un lien de pair à pair va avec plus d'appropriation.",
            "en": "A peer tie goes with more appropriation.",
        },
        _term("score-within-between", "peer_tie_within"), finding="peers",
    ),
    Claim(
        "demand-symbolic",
        {
            "fr": "Une demande publique sans financement va avec plus d'usage symbolique.",
            "en": "A public request without funding goes with more symbolic use.",
        },
        _term("symbolic-within-between", "public_demand_within"), finding="demand",
    ),
    Claim(
        "begins-service",
        {
            "fr": "Dans un réseau qui rend un service d'évaluation, on se met plus souvent à évaluer (rapport de risques).",
            "en": "In a network that offers an evaluation service, evaluation is taken up more often (hazard ratio).",
        },
        _begins, "above", 1.0, "num1", "begins",
    ),
    Claim(
        "curve",
        {
            "fr": "Toutes façons d'estimer confondues, l'association avec ce service ne se distingue pas du hasard.",
            "en": "All ways of estimating together, the association with this service is not told from chance.",
        },
        _curve, "above", 0.05, "num2", "service",
    ),
    Claim(
        "likeness",
        {
            "fr": "Les membres d'un même réseau ne s'accordent pas plus que par hasard sur le fait d'évaluer.",
            "en": "Members of the same network agree no more often than by chance on whether they evaluate.",
        },
        likeness, "above", 0.05, "num2", "peers",
    ),
    Claim(
        "scale",
        {
            "fr": "Les questions d'appropriation mesurent ensemble une même chose (alpha d'au moins 0,8).",
            "en": "The questions on appropriation together measure one thing (alpha of 0.8 at least).",
        },
        reliability, "above", 0.8, "num2", "scale",
    ),
    Claim(
        "power",
        {
            "fr": "Un panel de cette taille trouve cette association, si elle existe, moins de huit fois sur dix.",
            "en": "A panel of this size finds this association, if there is one, less than eight times out of ten.",
        },
        _power, "below", 0.8, "pct", "power",
    ),
)  # fmt: skip


def data(study):
    rows = []
    for claim in CLAIMS:
        verdict, found = judge(claim, study)
        rows.append({
            "claim": claim.name, "verdict": verdict, "side": claim.side, "threshold": claim.threshold,
            "estimate": found.value if found else None, "low": found.low if found else None,
            "high": found.high if found else None, "kind": claim.kind,
            "sentence_fr": claim.sentence["fr"], "sentence_en": claim.sentence["en"],
        })  # fmt: skip
    return pd.DataFrame(rows).astype({"estimate": float, "low": float, "high": float})


def values(data, study):
    return {verdict: int((data["verdict"] == verdict).sum()) for verdict in VERDICTS["fr"]} | {
        "all": len(data)
    }


def display(data, study, lang):
    head = {
        "fr": ("Affirmation", "Estimation (intervalle à 95 %)", "Seuil", "Jugement"),
        "en": ("Claim", "Estimate (95% interval)", "Threshold", "Verdict"),
    }[lang]
    side = {"fr": {"above": "plus de ", "below": "moins de "}, "en": {"above": "above ", "below": "below "}}[
        lang
    ]
    between = {"fr": " à ", "en": " to "}[lang]

    def said(value, kind):
        return fill("{value:" + kind + "}", {"value": value}, lang)

    rows = [
        (
            row[f"sentence_{lang}"],
            f"{said(row['estimate'], row['kind'])} ({said(row['low'], row['kind'])}{between}{said(row['high'], row['kind'])})"
            if row["estimate"] == row["estimate"]
            else "–",
            side[row["side"]] + said(row["threshold"], row["kind"]),
            VERDICTS[lang][row["verdict"]],
        )
        for _, row in data.iterrows()
    ]
    return pd.DataFrame(rows, columns=list(head))
