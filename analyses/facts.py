"""Every number that the prose cites: name, kind (see ``panel_eis.wording``), and the function of the study that gives it."""

import importlib.util
from functools import cache
from pathlib import Path

from panel_eis.claims import judge, strength
from panel_eis.estimates import paired, weighted_mean
from panel_eis.measurement import invariance_verdict
from panel_eis.quality.answering import missing_share
from panel_eis.quality.handling import warnings_table
from panel_eis.quality.outcomes import rates_by

FIRST, LAST = 0, -1


def _ledger():
    """Load the claims ledger: a key finding cites the estimates by which it is judged."""
    spec = importlib.util.spec_from_file_location("ledger", Path(__file__).with_name("tbl_claims.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LEDGER = _ledger()
CLAIMS = {claim.name: claim for claim in LEDGER.CLAIMS}


@cache
def _judged(study, name):
    return judge(CLAIMS[name], study)


def judged(study):
    """Verdict on every claim, by name."""
    return {name: _judged(study, name)[0] for name in CLAIMS}


def _claimed(name, part="value"):
    """Estimate behind a claim, or an end of its interval; missing where it cannot be estimated."""

    def number(study):
        found = _judged(study, name)[1]
        return getattr(found, part) if found else float("nan")

    return number


def _strength(finding):
    names = [claim.name for claim in CLAIMS.values() if claim.finding == finding]
    return lambda study: strength([_judged(study, name)[0] for name in names])


def _curve(statistic, column="value"):
    def value(study):
        test = study.table("curve_test")
        return test[(test["family"] == "score") & (test["statistic"] == statistic)][column].item()

    return value


def _wave(study, position):
    rows = study.select("practises", "ladder", "appropriation", "weight")
    return rows[rows["wave"] == study.waves[position]]


def _doers(study, position, part="mean"):
    rows = _wave(study, position)
    return weighted_mean(rows["practises"], rows["weight"])[part]


def _share(study, position):
    """Share among respondents, unweighted, as the simplest of the three measures of change."""
    return weighted_mean(_wave(study, position)["practises"])["mean"]


def _pairs(study):
    return study.select("ladder", "ladder_before").dropna(subset=["ladder", "ladder_before"])


def _gave_up(study):
    pairs = _pairs(study)
    return float((pairs[pairs["ladder_before"] >= 2]["ladder"] < 2).mean())


def _change(study, weight):
    rows = study.select("practises", "weight", "weight_pair").astype({"practises": "float64"})
    pairs = paired(rows, ["practises"], study.waves[-2], study.waves[-1])
    change = pairs["practises_after"] - pairs["practises_before"]
    return weighted_mean(change, pairs[weight] if weight else None)["mean"]


def _term(fit, term, column="estimate"):
    return lambda study: float(study.fit(fit).term(term)[column])


def _measured(part, statistic, column="value", scale="all"):
    """One number of ``build/measurement.csv``, all waves together."""

    def value(study):
        found = study.table("measurement")
        rows = found[(found["part"] == part) & (found["statistic"] == statistic) & (found["wave"] == "all")]
        return rows[rows["scale"] == scale][column].item()

    return value


def _items_found(study):
    found = study.table("measurement")
    return int(found[(found["part"] == "dif") & (found["statistic"] == "flagged")]["value"].sum())


def _without_item(end):
    def value(study):
        found = study.table("measurement")
        return getattr(found[found["statistic"] == "without_item"]["value"], end)()

    return value


def _invariance(study):
    """The verdict for the dimension with the most organisations present in every wave, in words."""
    found = study.table("measurement")
    rows = found[
        (found["part"] == "invariance") & (found["statistic"] == "possible") & (found["scale"] != "all")
    ]
    best = rows.loc[rows["n"].idxmax()]
    items = study.codebook.items(best["scale"])
    grades = len(study.codebook.codes(items[0].name))
    verdict = invariance_verdict(int(best["n"]), len(items), len(study.waves), grades=grades)
    return {lang: verdict.sentence(lang) for lang in ("fr", "en")}


def _while_simulated(fr, en):
    """Sentence that is said while the data are simulated, and not otherwise."""
    return lambda study: {"fr": fr, "en": en} if study.synthetic else {"fr": "", "en": ""}


_planted = _while_simulated(
    "La vérité qui a servi à simuler ces données ne contient d'ailleurs aucun décalage d'item.",
    "The truth from which these data were simulated indeed contains no shift of an item.",
)
_limit_of_simulation = _while_simulated(
    "Et rien sur les organisations réelles : les données de cette édition sont simulées.",
    "And nothing about real organisations: the data of this edition are simulated.",
)
_figures_are_real = _while_simulated(
    "Ce sont des chiffres réels, à côté de données simulées.",
    "These are real figures, beside simulated data.",
)


def _data_origin(study):
    """Where the panel comes from."""
    if study.synthetic:
        return {
            "fr": "Aucune microdonnée réelle n'est publique. Le panel montré ici est simulé à partir du questionnaire et "
            "d'une vérité écrite (`data/truth.yml`), que les tests doivent retrouver. Les réseaux et les organisations y "
            "sont fictifs.",
            "en": "No real microdata are public. The panel shown here is simulated from the questionnaire and a written "
            "truth (`data/truth.yml`), which the tests have to recover. Networks and organisations in it are fictitious.",
        }
    return {
        "fr": "Le panel vient des fichiers des vagues, tels que l'outil d'enquête les a écrits, et du registre des "
        "organisations. Ils ne sont pas publiés avec cette édition ; leurs empreintes sont données plus bas.",
        "en": "The panel comes from the files of the waves, as the survey tool wrote them, and from the register of "
        "organisations. They are not published with this edition; their digests are given below.",
    }


def _rate(name):
    return lambda study: (
        rates_by(study.table("dispositions"), ["wave"]).set_index("wave").loc[study.waves[LAST], name]
    )


def _weighting(column, weight="weight"):
    def found(study):
        table = study.table("weighting")
        return table[(table["wave"] == study.waves[LAST]) & (table["weight"] == weight)][column].iloc[0]

    return found


def _left(study):
    return missing_share(study.reasons).xs(study.waves[LAST], level="wave").mean()


FACTS = {
    "first_wave": ("", lambda s: s.waves[FIRST]),
    "last_wave": ("", lambda s: s.waves[LAST]),
    "n_units": ("n", lambda s: s.select()["unit"].nunique()),
    "n_rows": ("n", lambda s: len(s.select())),
    "n_first": ("n", lambda s: len(_wave(s, FIRST))),
    "n_last": ("n", lambda s: len(_wave(s, LAST))),
    "doers_first": ("pct", lambda s: _doers(s, FIRST)),
    "doers_last": ("pct", lambda s: _doers(s, LAST)),
    "doers_last_low": ("pct", lambda s: _doers(s, LAST, "low")),
    "doers_last_high": ("pct", lambda s: _doers(s, LAST, "high")),
    "gave_up": ("pct", _gave_up),
    "change_cross": ("points point(s)", lambda s: _share(s, LAST) - _share(s, -2)),
    "change_stayers": ("points point(s)", lambda s: _change(s, None)),
    "change_weighted": ("points point(s)", lambda s: _change(s, "weight_pair")),
    "service_within": ("signed1 point(s)", _term("score-within-between", "federated_service_within")),
    "service_within_low": ("signed1", _term("score-within-between", "federated_service_within", "conf_low")),
    "service_within_high": (
        "signed1",
        _term("score-within-between", "federated_service_within", "conf_high"),
    ),
    "service_between": ("signed1 point(s)", _term("score-within-between", "federated_service_between")),
    "peer_within": ("signed1 point(s)", _term("score-within-between", "peer_tie_within")),
    "demand_within": ("signed1 point(s)", _term("score-within-between", "public_demand_within")),
    "funded_within": ("signed1 point(s)", _term("score-within-between", "funded_within")),
    "symbolic_demand": ("signed1 point(s)", _term("symbolic-within-between", "public_demand_within")),
    "service_switchers": ("n", lambda s: s.fit("score-within-between").n_switchers["federated_service"]),
    "limit_simulated": ("", _limit_of_simulation),
    "figures_real": ("", _figures_are_real),
    "data_origin": ("", _data_origin),
    "doers_plain": ("pct", lambda s: _share(s, LAST)),
    "begins_ratio": ("num1", _claimed("begins-service")),
    "begins_low": ("num1", _claimed("begins-service", "low")),
    "begins_high": ("num1", _claimed("begins-service", "high")),
    "curve_n": ("n", _curve("median", "members")),
    "curve_share": ("pct", _curve("share_significant")),
    "peer_low": ("signed1", _claimed("peers", "low")),
    "peer_high": ("signed1", _claimed("peers", "high")),
    "scale_alpha": ("num2", _claimed("scale")),
    "power_now": ("pct", _claimed("power")),
    "power_detectable": ("num1 point(s)", lambda s: LEDGER.power_row(s)["detectable"]),
    **{
        f"strength_{finding}": ("", _strength(finding))
        for finding in dict.fromkeys(c.finding for c in CLAIMS.values())
    },
    "n_cases": ("n", lambda s: len(s.cases)),
    "scale_components": ("n", _measured("dimensionality", "retained_polychoric")),
    "scale_general": ("pct", _measured("reliability", "omega_hierarchical")),
    "scale_icc": ("num2", _measured("reliability", "icc_waves")),
    "scale_flagged": ("n", _items_found),
    "scale_change": ("signed1 point(s)", _measured("change", "all_items")),
    "scale_change_low": ("signed1", _measured("change", "all_items", "low")),
    "scale_change_high": ("signed1", _measured("change", "all_items", "high")),
    "scale_without_low": ("signed1", _without_item("min")),
    "scale_without_high": ("signed1 point(s)", _without_item("max")),
    "scale_invariance": ("", _invariance),
    "scale_truth": ("", _planted),
    "posture_classes": ("n", _measured("classes", "chosen")),
    "posture_doubtful": ("pct", _measured("posture", "doubtful")),
    "posture_same": ("pct", _measured("posture", "same_next_answer")),
    "quality_rr2": ("pct", _rate("RR2")),
    "quality_coop2": ("pct", _rate("COOP2")),
    "quality_unknown": ("n", _rate("UO")),
    "quality_left": ("pct1", _left),
    "quality_effective": ("n", _weighting("effective_n")),
    "quality_effect": ("num1", _weighting("design_effect")),
    "quality_balanced": ("n", _weighting("n", "weight_balanced")),
    "quality_trimmed": ("n", lambda s: s.table("weighting")["trimmed"].sum()),
    "quality_gap": ("num1", lambda s: 100 * s.table("weighting")["gap_after_trimming"].max()),
    "quality_warnings": ("n", lambda s: int(warnings_table(s.root)["n"].sum())),
}
