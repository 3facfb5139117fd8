"""The comparison of two waves in words, within eighty columns."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from panel_eis.codebook import Codebook
    from panel_eis.errors import Lang
    from panel_eis.intake.compare import ItemChange, Shift, WaveDiff

WIDTH = 80
_MOST_UNITS = 12
_NAME = 40
_WORDS: dict[Lang, dict[str, str]] = {
    "fr": {
        "title": "De la vague {a} ({na} réponses) à la vague {b} ({nb} réponses)",
        "errors": "Attention : {a} a {ea} erreur(s), {b} en a {eb} ; ces réponses sont laissées de côté.",
        "items": "Questions", "added": "nouvelles", "dropped": "retirées", "changed": "changées", "none": "aucune",
        "recoded": "codes traduits", "new_codes": "nouveaux codes : {codes}",
        "shifts": "Réponses : {n} écarts standardisés d'au moins {t} sur {all} comparés",
        "columns": "question", "same_units": "mêmes",
        "legend": (
            "écart : standardisé (0,2 petit, 0,5 moyen, 0,8 grand) ; ± : ce que donne le hasard seul, environ ; "
            "mêmes : chez les organisations qui ont répondu aux deux vagues ; * : question qui n'est pas la même."
        ),
        "gap": "écart", "units": "Organisations", "stayed": "aux deux vagues", "entered": "entrées", "left": "parties",
        "closed": "dont fermées selon le registre", "back": "revenues",
        "mean": "moyenne", "share": "oui", "missing": "sans réponse",
        "next": "Suite : panel-eis wave check {b}",
    },
    "en": {
        "title": "From wave {a} ({na} answers) to wave {b} ({nb} answers)",
        "errors": "Mind: {a} has {ea} error(s), {b} has {eb}; these answers are left out.",
        "items": "Questions", "added": "new", "dropped": "dropped", "changed": "changed", "none": "none",
        "recoded": "codes translated", "new_codes": "new codes: {codes}",
        "shifts": "Answers: {n} standardised differences of at least {t}, of {all} compared",
        "columns": "question", "same_units": "same",
        "legend": (
            "diff.: standardised (0.2 small, 0.5 medium, 0.8 large); ±: what chance alone gives, about; "
            "same: among organisations that answered in both waves; *: a question that is not the same."
        ),
        "gap": "diff.", "units": "Organisations", "stayed": "in both waves", "entered": "entered", "left": "left",
        "closed": "of which closed in the register", "back": "came back",
        "mean": "mean", "share": "yes", "missing": "no answer",
        "next": "Next: panel-eis wave check {b}",
    },
}  # fmt: skip


def as_text(diff: WaveDiff, codebook: Codebook, lang: Lang) -> str:
    """Lay the comparison out: items, answers, organisations."""
    words = _WORDS[lang]
    (na, nb), (ea, eb) = diff.answers, diff.errors
    lines = [words["title"].format(a=diff.a, na=na, b=diff.b, nb=nb)]
    if ea or eb:
        lines += _wrapped(words["errors"].format(a=diff.a, ea=ea, b=diff.b, eb=eb), "", "")
    lines += ["", words["items"]]
    lines += _listed(words["added"], diff.added, words)
    lines += _listed(words["dropped"], diff.dropped, words)
    if not diff.changed:
        lines.append(f"  {words['changed']} (0) {words['none']}")
    for change in diff.changed:
        lines += _change(change, lang)
    threshold = _number(diff.threshold, lang, 2, sign=False)
    lines += ["", words["shifts"].format(n=len(diff.shifts), t=threshold, all=diff.compared)]
    if diff.shifts:
        lines.append(
            f"  {words['columns']:<40}{diff.a:>8}{diff.b:>9}{words['gap']:>7}{'±':>6}{words['same_units']:>7}"
        )
        lines += [_shift(shift, codebook, lang) for shift in diff.shifts]
        lines += _wrapped(words["legend"], "  ", "  ")
    lines += ["", words["units"], f"  {words['stayed']} ({len(diff.stayed)})"]
    for key in ("entered", "left", "closed", "back"):
        lines += _listed(words[key], getattr(diff, key), words)
    if eb:
        lines += ["", words["next"].format(b=diff.b)]
    return "\n".join(line.rstrip() for line in lines)


def _wrapped(text: str, first: str, others: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)


def _listed(name: str, members: Sequence[str], words: dict[str, str]) -> list[str]:
    shown = ", ".join(members[:_MOST_UNITS]) + (", …" if len(members) > _MOST_UNITS else "")
    return _wrapped(f"{name} ({len(members)}) {shown or words['none']}", "  ", "    ")


def _change(change: ItemChange, lang: Lang) -> list[str]:
    words = _WORDS[lang]
    said = [f"{change.class_a} → {change.class_b}"] if change.class_a != change.class_b else [change.class_a]
    if change.recoded:
        said.append(words["recoded"])
    if change.new_codes:
        said.append(words["new_codes"].format(codes=", ".join(change.new_codes)))
    text = f"{words['changed']} {change.variable}: {'; '.join(said)}"
    told = [change.note.get(lang, ""), f"« {change.wording[lang]} »" if change.wording.get(lang) else ""]
    return _wrapped(". ".join(t for t in (text, *told) if t), "  ", "    ")


def _shift(shift: Shift, codebook: Codebook, lang: Lang) -> str:
    words = _WORDS[lang]
    code = shift.code
    if code:
        code = codebook.choice_labels(shift.variable, lang).get(code, code)
    what = code or words[shift.what]
    star = "" if shift.comparability == "same" else "*"
    name = f"{shift.variable}{star}: {what}"
    name = name if len(name) < _NAME else name[: _NAME - 2] + "…"
    a, b = (_level(v, shift.what, lang) for v in (shift.a, shift.b))
    gap, same = _number(shift.difference, lang), _number(shift.same_units, lang)
    if shift.what == "category":
        gap, same = gap.lstrip("+"), same.lstrip("+")
    return f"  {name:<40}{a:>8}{b:>9}{gap:>7}{_number(shift.chance, lang, sign=False):>6}{same:>7}"


def _level(value: float, what: str, lang: Lang) -> str:
    if what == "mean":
        return _number(value, lang, 1 if abs(value) >= 100 else 2, sign=False)
    return f"{100 * value:.0f} %" if lang == "fr" else f"{100 * value:.0f}%"


def _number(value: float, lang: Lang, digits: int = 2, *, sign: bool = True) -> str:
    if math.isnan(value):
        return "–"
    text = "∞" if math.isinf(value) else f"{value:{'+' if sign else ''}.{digits}f}"
    text = text.replace("-", "\u2212")
    return text.replace(".", ",") if lang == "fr" else text
