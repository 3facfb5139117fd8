"""Every number that the prose cites: name, kind (see ``panel_eis.wording``), and the function of the study that gives it."""

from panel_eis.estimates import paired, weighted_mean

FIRST, LAST = 0, -1


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


FACTS = {
    "first_wave": ("", lambda s: s.waves[FIRST]),
    "last_wave": ("", lambda s: s.waves[LAST]),
    "n_units": ("n", lambda s: s.panel["unit"].nunique()),
    "n_rows": ("n", lambda s: len(s.panel)),
    "n_first": ("n", lambda s: len(_wave(s, FIRST))),
    "n_last": ("n", lambda s: len(_wave(s, LAST))),
    "doers_first": ("pct", lambda s: _doers(s, FIRST)),
    "doers_last": ("pct", lambda s: _doers(s, LAST)),
    "doers_last_low": ("pct", lambda s: _doers(s, LAST, "low")),
    "doers_last_high": ("pct", lambda s: _doers(s, LAST, "high")),
    "gave_up": ("pct", _gave_up),
    "change_cross": ("points", lambda s: _share(s, LAST) - _share(s, -2)),
    "change_stayers": ("points", lambda s: _change(s, None)),
    "change_weighted": ("points", lambda s: _change(s, "weight_pair")),
    "service_within": ("signed1", _term("score-within-between", "federated_service_within")),
    "service_within_low": ("signed1", _term("score-within-between", "federated_service_within", "conf_low")),
    "service_within_high": (
        "signed1",
        _term("score-within-between", "federated_service_within", "conf_high"),
    ),
    "service_between": ("signed1", _term("score-within-between", "federated_service_between")),
    "peer_within": ("signed1", _term("score-within-between", "peer_tie_within")),
    "demand_within": ("signed1", _term("score-within-between", "public_demand_within")),
    "funded_within": ("signed1", _term("score-within-between", "funded_within")),
    "symbolic_demand": ("signed1", _term("symbolic-within-between", "public_demand_within")),
    "service_switchers": ("n", lambda s: s.fit("score-within-between").n_switchers["federated_service"]),
    "n_cases": ("n", lambda s: len(s.cases)),
}
