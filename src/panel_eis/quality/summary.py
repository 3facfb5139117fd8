"""All of the quality report in one mapping, for ``panel-eis quality`` as text or as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from panel_eis.disclosure import hide_small_cells
from panel_eis.quality.answering import answering_table, by_module, item_nonresponse, missing_share
from panel_eis.quality.attrition import odds_ratios, response_frame, response_model
from panel_eis.quality.handling import handling_table, warnings_table
from panel_eis.quality.modes import STRATA, mode_differences
from panel_eis.quality.outcomes import CODES, rates_by
from panel_eis.quality.patterns import OTHER, patterns
from panel_eis.quality.words import COVARIATES, HANDLING, WEIGHTS
from panel_eis.wording import number, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from panel_eis.errors import Lang
    from panel_eis.study import Study

_COLON = {"fr": "\u00a0:", "en": ":"}
WORDS: dict[str, dict[Lang, str]] = {
    "outcome_rates": {"fr": "Réponse, par vague (taux de l'AAPOR)", "en": "Response, by wave (AAPOR's rates)"},
    "patterns": {"fr": "Parcours (1 répond, 0 ne répond pas, x fermée, . pas encore entrée)",
                 "en": "Patterns (1 answers, 0 does not, x closed, . not yet in)"},
    "attrition": {"fr": "Répondre à la vague suivante (rapports de cotes)", "en": "Answering the next wave (odds ratios)"},
    "item_nonresponse": {"fr": "Questions sans réponse, par module", "en": "Questions without an answer, by module"},
    "answering": {"fr": "Façons de répondre", "en": "Ways of answering"},
    "modes": {"fr": "Écarts entre modes, à strate et vague égales (non des effets)",
              "en": "Differences between modes, given stratum and wave (not effects)"},
    "weights": {"fr": "Poids : effet de plan et effectif utile", "en": "Weights: design effect and effective size"},
    "handling": {"fr": "Ce qui a été fait des réponses", "en": "What was done to the answers"},
    "warnings": {"fr": "Avertissements", "en": "Warnings"},
}  # fmt: skip
"""Sections, in order, with their titles."""


def summarise(study: Study) -> dict[str, pd.DataFrame]:
    """One table a section of ``WORDS``; counts and shares of fewer than five organisations are missing."""
    rates = rates_by(study.table("dispositions"), ["wave"])
    classes = rates[["wave", *CODES]].melt(id_vars="wave", var_name="class", value_name="n")
    shown = hide_small_cells(classes, [], sums_within=["wave"]).pivot(
        index="wave", columns="class", values="n"
    )
    rates[list(CODES)] = shown[list(CODES)].reindex(rates["wave"]).to_numpy()
    columns = ("ladder", "staff_log", "legal_form", "respondent_role", "federated", "age")
    left = missing_share(study.reasons)
    followed = response_frame(study.select(*columns), study.table("participation"), left, study.waves)
    lengths = pd.concat([study.select("minutes", waves=[wave]) for wave in study.waves])
    items = [v.name for v in study.codebook.items()]
    answers = study.select(*items, "practises").merge(lengths, on=["unit", "wave"])
    answering = answering_table(answers, study.reasons, study.codebook)
    for share in ("straight", "fast"):
        count = (answering[share] * answering[f"{share}_base"]).round()
        answering[share] = answering[share].where((count == 0) | (count >= 5))
    modes = study.select("mode", "practises", "appropriation", *STRATA)
    return {
        "outcome_rates": rates,
        "patterns": patterns(study.table("participation"), study.waves),
        "attrition": odds_ratios(response_model(followed)) if len(study.waves) > 1 else pd.DataFrame(),
        "item_nonresponse": by_module(item_nonresponse(study.reasons, study.codebook)),
        "answering": answering,
        "modes": mode_differences(modes, ["practises", "appropriation"]).query("n >= 5"),
        "weights": study.table("weighting"),
        "handling": handling_table(study.root, study.reasons, study.waves),
        "warnings": warnings_table(study.root),
    }


def as_json(tables: Mapping[str, pd.DataFrame], *, synthetic: bool) -> str:
    """Lists of records by section; numbers to eight digits, what is hidden is null."""
    plain: dict[str, Any] = {
        name: json.loads(table.to_json(orient="records", double_precision=8))
        for name, table in tables.items()
    }
    return json.dumps({"synthetic": synthetic, **plain}, indent=1, ensure_ascii=False) + "\n"


def as_text(tables: Mapping[str, pd.DataFrame], study: Study, lang: Lang) -> str:
    """A page of text: a title and a few lines a section."""
    lines = []
    for name, title in WORDS.items():
        told = _SAY[name](tables[name], study, lang)
        lines += [title[lang], *(f"  {line}" for line in told), ""]
    return "\n".join(lines)


def _rates(table: pd.DataFrame, _: Study, lang: Lang) -> list[str]:
    of, rates = {"fr": "approchées", "en": "approached"}[lang], ("RR1", "RR2", "RR4", "COOP2", "REF1", "CON1")
    return [
        f"{r['wave']}{_COLON[lang]} {number(r['n'], lang)} {of}, "
        + ", ".join(f"{rate} {percent(r[rate], lang)}" for rate in rates)
        for r in table.to_dict("records")
    ]


def _patterns(table: pd.DataFrame, _: Study, lang: Lang) -> list[str]:
    other = {"fr": "autres", "en": "others"}[lang]
    return [
        f"{other if r['pattern'] == OTHER else r['pattern']:<12} {number(r['n'], lang):>6} ({percent(r['share'], lang)})"
        for r in table.to_dict("records")
    ]


def _interval(row: dict[Any, Any], lang: Lang, decimals: int = 2) -> str:
    between = {"fr": " ; ", "en": ", "}[lang]
    return f"[{between.join(number(row[end], lang, decimals) for end in ('low', 'high'))}]"


def _odds(table: pd.DataFrame, _: Study, lang: Lang) -> list[str]:
    if table.empty:
        return [{"fr": "une seule vague : rien encore", "en": "one wave only: nothing yet"}[lang]]
    return [
        f"{COVARIATES[lang][r['variable']]:<36} {number(r['odds_ratio'], lang, 2)} {_interval(r, lang)}"
        for r in table.to_dict("records")
    ]


def _modules(table: pd.DataFrame, study: Study, lang: Lang) -> list[str]:
    told = []
    for module, group in table.groupby("module", sort=False):
        shares = [f"{r['wave']} {percent(r['missing_share'], lang, 1)}" for r in group.to_dict("records")]
        told.append(f"{study.codebook.modules[str(module)][lang]}{_COLON[lang]} {', '.join(shares)}")
    return told


def _answering(table: pd.DataFrame, _: Study, lang: Lang) -> list[str]:
    words = {
        "fr": ("questions laissées", "en ligne droite", "trop rapides"),
        "en": ("questions unanswered", "straight lines", "too fast"),
    }[lang]
    shares = ("missing", "straight", "fast")
    return [
        f"{r['wave']}{_COLON[lang]} "
        + ", ".join(f"{w} {_share(r, s, lang)}" for w, s in zip(words, shares, strict=True))
        for r in table.to_dict("records")
    ]


def _share(row: dict[Any, Any], name: str, lang: Lang) -> str:
    return "–" if row.get(f"{name}_base", 1) == 0 else percent(row[name], lang, 1)


def _modes(table: pd.DataFrame, study: Study, lang: Lang) -> list[str]:
    labels = study.codebook.choice_labels("mode", lang)
    told = []
    for r in table.to_dict("records"):
        what = f"{study.codebook.label(r['outcome'], lang, short=True)}, {labels[r['mode']]} – {labels[r['reference']]}"
        difference = number(r["estimate"], lang, 2, signed=True)
        told.append(f"{what}{_COLON[lang]} {difference} {_interval(r, lang)} (n = {r['n']})")
    return told


def _weights(table: pd.DataFrame, _: Study, lang: Lang) -> list[str]:
    effect, size = {"fr": ("effet de plan", "effectif utile"), "en": ("design effect", "effective size")}[
        lang
    ]
    return [
        f"{r['wave']} {WEIGHTS[lang][r['weight']]:<27} n = {number(r['n'], lang)}, {effect} "
        f"{number(r['design_effect'], lang, 2)}, {size} {number(r['effective_n'], lang)}"
        for r in table.to_dict("records")
    ]


def _handling(table: pd.DataFrame, _: Study, lang: Lang) -> list[str]:
    told = []
    for r in table[(table["variables"] > 0) | (table["cells"] > 0) | (table["rule"] == "read_as")].to_dict(
        "records"
    ):
        count = "" if r["rule"] == "read_as" else f"{number(max(r['variables'], r['cells']), lang)} "
        detail = r["detail"] if not count else f"({r['detail']})" if r["detail"] else ""
        told.append(f"{r['wave']} {HANDLING[lang][r['rule']]}{_COLON[lang]} {count}{detail}".rstrip())
    return told


def _warnings(table: pd.DataFrame, _: Study, lang: Lang) -> list[str]:
    if table.empty:
        return [{"fr": "aucun", "en": "none"}[lang]]
    return [f"{r['n']} × {r['wave']} {r[f'message_{lang}']}" for r in table.to_dict("records")]


_SAY: dict[str, Callable[[pd.DataFrame, Study, Lang], list[str]]] = {
    "outcome_rates": _rates, "patterns": _patterns, "attrition": _odds, "item_nonresponse": _modules,
    "answering": _answering, "modes": _modes, "weights": _weights, "handling": _handling, "warnings": _warnings,
}  # fmt: skip
