"""
fr:
  caption: "Ce que ce livre blanc affirme, et ce que disent les données de cette édition."
  reading: "une affirmation tient quand tout l'intervalle à 95 % est du côté affirmé du seuil ; elle est affaiblie quand l'intervalle contient le seuil, renversée quand il est tout entier de l'autre côté. Ici, {holds:n} tiennent, {weakened:n} sont affaiblies, {reversed:n} renversées et {not_estimable:n} non estimables, sur {all:n}."
  base: "estimations des modèles et figures de ce rapport ; associations, non effets ; jugement refait à chaque construction."
en:
  caption: "What this white paper claims, and what the data of this edition say."
  reading: "a claim holds when the whole 95% interval lies on the side of the threshold that it claims; it is weakened when the interval contains the threshold, reversed when it lies wholly on the other side. Here {holds:n} hold, {weakened:n} are weakened, {reversed:n} reversed and {not_estimable:n} not estimable, of {all:n}."
  base: "estimates of the models and figures of this report; associations, not effects; judged anew at each build."
"""

import pandas as pd

from panel_eis.claims import VERDICTS, Claim, Estimate, judge
from panel_eis.estimates import clustered_mean, paired, weighted_mean
from panel_eis.wording import fill


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


CLAIMS = (
    Claim(
        "gave-up",
        {
            "fr": "Plus d'une organisation sur vingt qui évaluait a cessé à la vague suivante.",
            "en": "More than one organisation in twenty that evaluated had stopped by the next wave.",
        },
        _gave_up, "above", 0.05, "pct",
    ),
    Claim(
        "adoption-rises",
        {
            "fr": "Entre les deux dernières vagues, départs corrigés, la part de celles qui évaluent augmente.",
            "en": "Between the last two waves, leavers corrected for, the share that evaluates rises.",
        },
        _change, "above", 0.0, "pct1",
    ),
    Claim(
        "service-within",
        {
            "fr": "Entrer dans un réseau qui rend un service d'évaluation va avec plus d'appropriation.",
            "en": "Entering a network that offers an evaluation service goes with more appropriation.",
        },
        _term("score-within-between", "federated_service_within"),
    ),
    Claim(
        "membership-alone",
        {
            "fr": "Adhérer à un réseau sans ce service change l'appropriation de moins de cinq points.",
            "en": "Joining a network without that service changes appropriation by less than five points.",
        },
        _term("score-within-between", "federated_only_within"), "below", 5.0,
    ),
    Claim(
        "peers",
        {
            "fr": "Un lien de pair à pair va avec plus d'appropriation.",
            "en": "A peer tie goes with more appropriation.",
        },
        _term("score-within-between", "peer_tie_within"),
    ),
    Claim(
        "demand-symbolic",
        {
            "fr": "Une demande publique sans financement va avec plus d'usage symbolique.",
            "en": "A public request without funding goes with more symbolic use.",
        },
        _term("symbolic-within-between", "public_demand_within"),
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
