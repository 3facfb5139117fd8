"""The questionnaire as LimeSurvey's tab-separated survey structure (``.txt``), in French and English.

One row a setting, group, question, choice; French first, then the same rows in English, matched by their codes. Codes
are derived from the codebook (``dialects.short_codes``). Texts are HTML there, and braces start an expression: both are
neutralised.

Source: LimeSurvey manual, "Tab Separated Value survey structure"; columns that are not listed there become attributes of
the question (``em_validation_q``, ``num_value_int_only``, ``date_format``).
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from panel_eis.codebook_faults import SURVEY_COLUMNS, read_rows
from panel_eis.dialects import answer_codes, question_codes
from panel_eis.errors import LANGS
from panel_eis.questionnaire.logic import relevance, validation
from panel_eis.questionnaire.xlsform import checked_wave

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from panel_eis.codebook import Codebook, Variable
    from panel_eis.errors import Lang

COLUMNS = (
    "id", "related_id", "class", "type/scale", "name", "relevance", "text", "help", "language", "validation",
    "mandatory", "encrypted", "other", "default", "same_default", "same_script",
    "em_validation_q", "em_validation_q_tip", "num_value_int_only", "date_format",
)  # fmt: skip
TYPES = {
    "select_one": "L", "select_multiple": "M", "integer": "N", "decimal": "N", "date": "D", "text": "S",
}  # fmt: skip
"""LimeSurvey's letter for each kind of question: list, multiple choice, number, date, short text."""
LONG_LIST = 12
"""A list of more choices than this unfolds (``!``): 102 départements make no row of buttons."""
_SETTINGS = {
    "language": "fr", "additional_languages": "en", "format": "G", "anonymized": "N", "datestamp": "Y",
    "ipaddr": "N", "refurl": "N",
}  # fmt: skip
_LANGUAGE_SETTINGS = {
    "fr": {"surveyls_numberformat": "1", "surveyls_dateformat": "5"},
    "en": {"surveyls_numberformat": "0", "surveyls_dateformat": "5"},
}
"""Decimal comma in French, decimal point in English; days before months."""
_Row = dict[str, str]


def survey_text(codebook: Codebook, folder: Path, wave: str) -> str:
    """Text of the import file, with the byte order mark that LimeSurvey's own exports have.

    Raises
    ------
    UsageError
        When the wave has no proper name, or the codebook says what LimeSurvey cannot ask.

    """
    wave = checked_wave(wave)
    hints = {row["name"]: row for _, row in read_rows(folder / "survey.csv", SURVEY_COLUMNS, [])}
    settings = {"sid": _number(wave)} | _SETTINGS
    rows: list[_Row] = [{"class": "S", "name": name, "text": text} for name, text in settings.items()]
    for lang in LANGS:
        told = {"surveyls_title": f"Panel EIS {wave}"} | _LANGUAGE_SETTINGS[lang]
        rows += [{"class": "SL", "name": n, "text": text, "language": lang} for n, text in told.items()]
    for lang in LANGS:
        rows += _questions(codebook, hints, wave, lang)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, restval="", dialect="excel-tab", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return "\ufeff" + stream.getvalue()


def _number(wave: str) -> str:
    """Number of the survey, which an import has to give; LimeSurvey takes another where it is in use."""
    return f"{wave[:4]}{ord(wave[4:] or '`') - ord('`'):02d}"


def shown(text: str) -> str:
    """Text that LimeSurvey shows as it stands: one line, no markup, no expression."""
    return " ".join(text.replace("<", "&lt;").replace("{", "{ ").split())


def _questions(codebook: Codebook, hints: dict[str, _Row], wave: str, lang: Lang) -> Iterator[_Row]:
    asked = [v for v in codebook.asked if not v.since or v.since <= wave]
    for number, module in enumerate(dict.fromkeys(v.module for v in asked), start=1):
        title = shown(codebook.modules[module][lang])
        yield {"class": "G", "type/scale": str(number), "name": title, "relevance": "1", "language": lang}
        for variable in asked:
            if variable.module == module:
                yield _question(variable, codebook, hints[variable.name], wave, lang)
                yield from _choices(variable, codebook, wave, lang)


def _question(variable: Variable, codebook: Codebook, row: _Row, wave: str, lang: Lang) -> _Row:
    pattern, equation = validation(variable, codebook, wave)
    base = lang == LANGS[0]  # attributes without words are given once
    message = (variable.constraint_message or {}).get(lang, "")
    return {
        "class": "Q",
        "type/scale": _type(variable, codebook),
        "name": question_codes(codebook)[variable.name],
        "relevance": relevance(variable, codebook, wave),
        "text": shown(variable.label[lang]),
        "help": shown(" ".join(part for part in (row[f"hint::{lang}"], message if pattern else "") if part)),
        "language": lang,
        "validation": pattern,
        "mandatory": "Y" if variable.required else "N",
        "other": "N",
        "em_validation_q": equation if base else "",
        "em_validation_q_tip": shown(message) if equation else "",
        "num_value_int_only": "1" if base and variable.kind == "integer" else "",
        "date_format": "yyyy-mm-dd" if base and variable.kind == "date" else "",
    }


def _type(variable: Variable, codebook: Codebook) -> str:
    if variable.kind == "select_one" and len(codebook.lists[variable.list_name]) > LONG_LIST:
        return "!"
    return "T" if variable.sensitive == "open" else TYPES[variable.kind]


def _choices(variable: Variable, codebook: Codebook, wave: str, lang: Lang) -> Iterator[_Row]:
    if variable.kind not in ("select_one", "select_multiple"):
        return
    codes = answer_codes(codebook, variable.list_name)
    kind = "A" if variable.kind == "select_one" else "SQ"
    for choice in codebook.lists[variable.list_name]:
        if not choice.since or choice.since <= wave:
            yield {
                "class": kind,
                "type/scale": "0",
                "name": codes[choice.name],
                "relevance": "1" if kind == "SQ" else "",
                "text": shown(choice.label[lang]),
                "language": lang,
            }
