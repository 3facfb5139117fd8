"""What moved since the published edition: each number and claim that the paper cites, and why it may have moved.

``data/published.json`` keeps what was published: the facts, the verdicts of the claims, and the digests of the files behind
them. ``panel-eis publish`` writes it, and nothing else does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from panel_eis.errors import DataError, Problem
from panel_eis.files import sha256
from panel_eis.tables import escape_markdown
from panel_eis.waves import find_waves
from panel_eis.wording import fill_one

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from panel_eis.errors import Lang

PUBLISHED = "data/published.json"
_WORDS = {
    "fr": {
        "first": "Aucune édition n'a encore été publiée : `panel-eis publish` gardera les nombres de celle-ci.",
        "none": "Aucun nombre cité n'a changé depuis l'édition publiée ({edition}).",
        "some": "Depuis l'édition publiée ({edition}), {moved} nombres cités ont changé sur {all}.",
        "why": "Ce qui a changé derrière eux",
        "head": ("Nombre", "Publié", "Maintenant"),
        "added": "vague ajoutée : {names}", "removed": "vague retirée : {names}",
        "changed": "fichier de vague modifié : {names}",
        "data": "autre fichier de données modifié : {names}", "code": "le calcul (aucun fichier de données n'a changé)",
        "verdict": "Affirmation « {name} » : {before} → {after}", "absent": "absent", "colon": "\u00a0: ",
    },
    "en": {
        "first": "No edition has been published yet: `panel-eis publish` will keep the numbers of this one.",
        "none": "No cited number has moved since the published edition ({edition}).",
        "some": "Since the published edition ({edition}), {moved} cited numbers of {all} have moved.",
        "why": "What changed behind them",
        "head": ("Number", "Published", "Now"),
        "added": "wave added: {names}", "removed": "wave removed: {names}", "changed": "wave file changed: {names}",
        "data": "other data file changed: {names}", "code": "the computation (no data file changed)",
        "verdict": "Claim “{name}”: {before} → {after}", "absent": "absent", "colon": ": ",
    },
}  # fmt: skip


def inputs(root: Path) -> dict[str, str]:
    """SHA-256 of each data file that numbers come from, by path from the root."""
    waves = [*find_waves(root / "data" / "waves").values()]
    sidecars = [p.with_suffix(".yml") for p in waves]
    tables = [*sorted((root / "data").glob("*.csv")), *sorted((root / "data" / "codebook").glob("*.csv"))]
    files = [*waves, *(p for p in sidecars if p.exists()), *tables]
    return {p.relative_to(root).as_posix(): sha256(p) for p in files}


def edition(root: Path, name: str, facts: Mapping[str, Any], claims: Mapping[str, str]) -> dict[str, Any]:
    """What ``published.json`` keeps of an edition."""
    return {"edition": name, "facts": dict(facts), "claims": dict(claims), "inputs": inputs(root)}


def read_published(root: Path) -> dict[str, Any] | None:
    """Read the published edition, or nothing.

    Raises
    ------
    DataError
        The file is not what ``panel-eis publish`` writes.

    """
    path = root / PUBLISHED
    if not path.exists():
        return None
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise DataError([Problem("E-PUBLISHED", PUBLISHED, row=error.lineno)]) from error
    if not isinstance(read, dict) or not {"edition", "facts", "claims", "inputs"} <= read.keys():
        raise DataError([Problem("E-PUBLISHED", PUBLISHED)])
    return read


def causes(before: Mapping[str, str], now: Mapping[str, str], lang: Lang) -> list[str]:
    """Say which inputs differ, waves first; the computation where none does."""
    words, wave = _WORDS[lang], "data/waves/"
    added, removed = sorted(set(now) - set(before)), sorted(set(before) - set(now))
    changed = sorted(p for p in set(now) & set(before) if now[p] != before[p])
    groups = (
        ("added", [p for p in added if p.startswith(wave)]),
        ("removed", [p for p in removed if p.startswith(wave)]),
        ("changed", [p for p in changed if p.startswith(wave)]),
        ("data", [p for p in (*added, *removed, *changed) if not p.startswith(wave)]),
    )
    said = [
        str(words[key]).format(names=", ".join(f"`{p}`" for p in paths)) for key, paths in groups if paths
    ]
    return said or [str(words["code"])]


@dataclass(frozen=True)
class Numbers:
    """What a build says: the facts, how each is written (words have the kind ''), and the verdict of each claim."""

    facts: Mapping[str, Any]
    kinds: Mapping[str, str]
    claims: Mapping[str, str]


def revision_fragment(
    root: Path, published: Mapping[str, Any] | None, now: Numbers, verdicts: Mapping[str, str], lang: Lang
) -> str:
    """Markdown of what moved: why, the claims, the numbers.

    Parameters
    ----------
    published
        As ``read_published`` gives it.
    verdicts
        What a verdict is called in the language.

    """
    words: Mapping[str, Any] = _WORDS[lang]
    if published is None:
        return words["first"] + "\n"
    numbers = {n: kind for n, kind in now.kinds.items() if kind}
    numbers |= dict.fromkeys(set(published["facts"]) - set(now.kinds), "num2")
    rows = []
    for name, kind in sorted(numbers.items()):
        before, after = (_shown(f.get(name), kind, lang, words) for f in (published["facts"], now.facts))
        if before != after:
            rows.append(f"| `{escape_markdown(name)}` | {before} | {after} |")
    judged = []
    for name, old in sorted(published["claims"].items()):
        new = now.claims.get(name, "")
        if new != old:
            said = {"before": verdicts.get(old, old), "after": verdicts.get(new, words["absent"])}
            judged.append(f"- {words['verdict'].format(name=name, **said)}")
    counted = {"edition": published["edition"], "moved": len(rows), "all": len(numbers)}
    lines = [words["some" if rows or judged else "none"].format(**counted), ""]
    if rows or judged:
        reasons = "; ".join(causes(published["inputs"], inputs(root), lang))
        lines += [f"**{words['why']}**{words['colon']}{reasons}.", ""]
    lines += [*judged, ""] if judged else []
    if rows:
        lines += [f"| {' | '.join(words['head'])} |", "|:---|---:|---:|", *rows, ""]
    return "\n".join(lines) + "\n"


def _shown(value: Any, kind: str, lang: Lang, words: Mapping[str, Any]) -> str:
    if value is None:
        return str(words["absent"])
    if isinstance(value, dict | str) or not kind:
        return str(value.get(lang, "") if isinstance(value, dict) else value)
    return fill_one(kind, value, lang)
