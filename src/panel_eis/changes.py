"""What changed in an item between waves, as the sidecar of a wave declares it; nothing is patched in code.

One entry of ``comparability`` a variable: its class from a closed list, a note in both languages and, where the answers
had to be brought to the codebook, exactly one rule: ``rescale`` (codes to codes), ``split`` (one old question became
several) or ``merge`` (several old questions became one), with the rule in words and where it comes from. A renamed item
is a line of ``columns``, a dropped one a word of ``not_asked``, a new one has ``since`` in the codebook.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from panel_eis.errors import LANGS, Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from panel_eis.codebook import Codebook, Variable
    from panel_eis.waves import RawWave, Sidecar

COMPARABILITY = (
    "same", "same_question_new_codes", "new_question_same_codes", "different", "absent",
)  # fmt: skip
"""Closed list of what an item of one wave is to the same item of the codebook, from best to worst."""
RULES = ("rescale", "split", "merge")
MERGES: dict[str, tuple[str, ...]] = {
    "sum": ("integer", "decimal"),
    "highest": ("integer", "decimal", "select_one"),
    "lowest": ("integer", "decimal", "select_one"),
    "union": ("select_multiple",),
    "first": ("integer", "decimal", "select_one", "date", "text"),
}
"""How several old answers become one, and the types of question that each way suits."""

_KEYS = ("class", "note", "wording", "use", *RULES, "rule", "source")


@dataclass(frozen=True)
class Change:
    """What one wave says of one item.

    Attributes
    ----------
    kind
        A word of ``COMPARABILITY``.
    note, wording
        By language: what changed, and the question as this wave asked it; empty when not said.
    use
        Variable to compare over time instead; empty when none is named.
    codes
        Code of the file to code of the codebook, for ``rescale`` and ``split``.
    split_from
        Column of the file whose question was split into this item and others.
    merge_from, merge_by
        Columns of the file that became this item, and how (a key of ``MERGES``).
    rule, source
        The rule in words, by language, and where it comes from.

    """

    kind: str
    note: Mapping[str, str] = field(default_factory=dict)
    wording: Mapping[str, str] = field(default_factory=dict)
    use: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    split_from: str = ""
    merge_from: tuple[str, ...] = ()
    merge_by: str = ""
    rule: Mapping[str, str] = field(default_factory=dict)
    source: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the file that the rule reads, none for a rescaled item."""
        return (self.split_from,) if self.split_from else self.merge_from


def read_changes(comparability: Mapping[str, Mapping[str, Any]]) -> dict[str, Change]:
    """Changes by variable, from entries that ``change_faults`` found in order."""
    return {name: _change(entry) for name, entry in comparability.items()}


def _change(entry: Mapping[str, Any]) -> Change:
    split, merge = entry.get("split", {}), entry.get("merge", {})
    return Change(
        kind=entry["class"],
        note=entry.get("note", {}),
        wording=entry.get("wording", {}),
        use=entry.get("use", ""),
        codes=entry.get("rescale") or split.get("codes", {}),
        split_from=split.get("from", ""),
        merge_from=tuple(merge.get("from", ())),
        merge_by=merge.get("by", ""),
        rule=entry.get("rule", {}),
        source=entry.get("source", ""),
    )


def change_faults(item: str, entry: object, file: str) -> list[Problem]:
    """Everything that is wrong with one entry of ``comparability``.

    Codes: ``E-SIDECAR-VALUE`` (a class or a way of merging that is not on its list), ``E-CHANGE-KEY`` (unknown key),
    ``E-CHANGE-SHAPE`` (a part that is not of its shape), ``E-CHANGE-LACKS`` (a part that is required and absent).
    """
    if not isinstance(entry, dict) or entry.get("class") not in COMPARABILITY:
        details = {"known": ", ".join(COMPARABILITY)}
        shown = str(entry.get("class", "")) if isinstance(entry, dict) else str(entry)
        return [Problem("E-SIDECAR-VALUE", file, column=item, value=shown, details=details)]
    faults = [
        Problem(
            "E-CHANGE-KEY", file, column=item, value=str(key), details={"near": did_you_mean(str(key), _KEYS)}
        )
        for key in entry
        if key not in _KEYS
    ]
    faults += [
        Problem("E-CHANGE-SHAPE", file, column=item, value=key, details={"shape": _SHAPES[key]})
        for key in entry
        if key in _KEYS and not _well_shaped(key, entry[key])
    ]
    rules = [rule for rule in RULES if rule in entry]
    lacking = [] if entry["class"] == "same" else [part for part in ("note",) if part not in entry]
    lacking += [part for part in ("rule", "source") if rules and part not in entry]
    if lacking:
        faults.append(Problem("E-CHANGE-LACKS", file, column=item, details={"parts": ", ".join(lacking)}))
    if len(rules) > 1 or (rules and entry["class"] in ("same", "absent")):
        parts = [f"class: {entry['class']}"] if len(rules) == 1 else []
        faults.append(
            Problem("E-CHANGE-CLASH", file, column=item, details={"parts": ", ".join([*parts, *rules])})
        )
    return faults


_SHAPES = {
    "class": "a | b | c",
    "note": "{fr: …, en: …}",
    "wording": "{fr: …, en: …}",
    "rule": "{fr: …, en: …}",
    "use": "variable",
    "source": "text",
    "rescale": '{"1": "1", "2": "2"}',
    "split": '{from: column, codes: {"1": "1"}}',
    "merge": f"{{from: [column, column], by: {' | '.join(MERGES)}}}",
}


def _well_shaped(key: str, value: object) -> bool:
    if key in ("note", "wording", "rule"):
        return (
            isinstance(value, dict) and set(value) == set(LANGS) and all(_is_text(v) for v in value.values())
        )
    if key == "rescale":
        return _is_table(value)
    if key == "split":
        return (
            isinstance(value, dict)
            and set(value) == {"from", "codes"}
            and _is_text(value["from"])
            and _is_table(value["codes"])
        )
    if key == "merge":
        return (
            isinstance(value, dict)
            and set(value) == {"from", "by"}
            and _is_text(value["by"])
            and value["by"] in MERGES
            and isinstance(value["from"], list)
            and len(value["from"]) > 1
            and all(_is_text(v) for v in value["from"])
        )
    return _is_text(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(v, str) for v in value.values())


def merged(answers: Sequence[str], by: str, codes: Sequence[str]) -> str:
    """One answer in place of several, all in the codes of the codebook.

    Parameters
    ----------
    answers
        Those of one row, empty when missing. A sum, a highest or a lowest of which one is missing is missing: it would
        say too little; a union and a first take what there is.
    by
        A key of ``MERGES``.
    codes
        Codes of the question in order, when it has a list; numbers are ordered as numbers.

    """
    given = [a for a in answers if a]
    if by == "union":
        chosen = {code for answer in given for code in answer.split()}
        return " ".join(code for code in codes if code in chosen)
    if by == "first":
        return given[0] if given else ""
    if len(given) < len(answers):
        return ""
    if by == "sum":
        return str(sum((Decimal(a) for a in given), Decimal(0)))
    return (max if by == "highest" else min)(given, key=_rank(codes))


def _rank(codes: Sequence[str]) -> Any:
    return codes.index if codes else Decimal


def is_not_asked(variable: Variable, wave: str, sidecar: Sidecar) -> bool:
    """True where the wave did not ask the question: the sidecar says so, or the codebook introduced it later."""
    return variable.name in sidecar.not_asked or bool(variable.since and wave < variable.since)


def sidecar_faults(raw: RawWave, known: set[str]) -> list[Problem]:
    """Name what the sidecar speaks of that neither the file nor the codebook has."""
    file, sidecar = raw.file.rsplit(".", 1)[0] + ".yml", raw.sidecar
    columns = set(raw.cells.columns)
    faults = [
        Problem("E-SIDECAR-COLUMN", file, column=c, details={"near": did_you_mean(c, columns)})
        for c in (*sidecar.columns, *sidecar.unused)
        if c not in columns
    ]
    named = (*sidecar.columns.values(), *sidecar.recode, *sidecar.comparability, *sidecar.not_asked)
    faults += [
        Problem("E-SIDECAR-VARIABLE", file, column=n, details={"near": did_you_mean(n, known)})
        for n in dict.fromkeys(named)
        if n not in known
    ]
    return faults


def contradictions(raw: RawWave, codebook: Codebook, changes: Mapping[str, Change]) -> list[Problem]:
    """What a declared change says that the file, the codebook or the rest of the sidecar contradicts."""
    file, columns = raw.file.rsplit(".", 1)[0] + ".yml", set(raw.cells.columns)
    faults = []
    for name, change in changes.items():
        if name not in codebook.variables or codebook[name].derived:
            continue  # told by sidecar_faults
        variable = codebook[name]
        faults += [
            Problem("E-CHANGE-COLUMN", file, column=name, value=c, details={"near": did_you_mean(c, columns)})
            for c in change.columns
            if c not in columns
        ]
        if change.merge_by and variable.kind not in MERGES[change.merge_by]:
            known = ", ".join(by for by, kinds in MERGES.items() if variable.kind in kinds)
            faults.append(
                Problem("E-CHANGE-MERGE", file, column=name, value=change.merge_by, details={"known": known})
            )
        if change.codes and name in raw.sidecar.recode:
            faults.append(Problem("E-CHANGE-CLASH", file, column=name, details={"parts": "recode, rescale"}))
        if change.use and change.use not in codebook.variables:
            near = did_you_mean(change.use, codebook.variables)
            faults.append(Problem("E-SIDECAR-VARIABLE", file, column=change.use, details={"near": near}))
        absent = is_not_asked(variable, raw.wave, raw.sidecar)
        if absent != (change.kind == "absent"):
            code = "E-CHANGE-NOT-ASKED" if absent else "E-CHANGE-ASKED"
            faults.append(Problem(code, file, column=name, value=change.kind))
    return faults
