"""What may be compared over time: a class for every variable × wave, and the refusal that it binds.

A question is ``same`` unless its wave declares otherwise, ``absent`` where it was not asked. A score or a derived column
takes the worst class of what it is made of, found in its declaration (items of a dimension, arguments of a function),
so that nothing has to be said twice. A comparison across ``different`` or ``absent`` is refused by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from panel_eis import derive, scores
from panel_eis.changes import COMPARABILITY, Change, is_not_asked, read_changes
from panel_eis.errors import ComparabilityError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from panel_eis.codebook import Codebook
    from panel_eis.errors import Lang
    from panel_eis.models import Spec
    from panel_eis.waves import Sidecar

SYMBOLS = dict(zip(COMPARABILITY, "=≈±≠–", strict=True))
"""Shown beside the words, never alone."""
WORDS: dict[Lang, dict[str, str]] = {
    "fr": dict(zip(COMPARABILITY, (
        "identique", "même question, autres codes", "question reformulée, mêmes codes", "différente", "absente",
    ), strict=True)),
    "en": dict(zip(COMPARABILITY, (
        "same", "same question, new codes", "new question, same codes", "different", "absent",
    ), strict=True)),
}  # fmt: skip
REFUSED = ("different", "absent")
_COLUMNS = ("variable", "wave", "kind", "class", "asked_as", "because", "use", "note_fr", "note_en")


@dataclass(frozen=True)
class Comparability:
    """Class of every variable at every wave.

    Attributes
    ----------
    table
        One row a variable × wave: ``kind`` (question, choice, score, core, derived), ``class``, ``asked_as`` (columns of the
        file), ``because`` (inputs that are not comparable), ``use`` (what to compare instead), notes in both languages.

    """

    table: pd.DataFrame

    @cached_property
    def waves(self) -> tuple[str, ...]:
        """All waves, in order."""
        return tuple(sorted(self.table["wave"].unique()))

    @cached_property
    def classes(self) -> dict[str, dict[str, str]]:
        """Class by variable and wave."""
        return {
            str(name): dict(zip(rows["wave"], rows["class"], strict=True))
            for name, rows in self.table.groupby("variable", sort=False)
        }

    @cached_property
    def changed(self) -> frozenset[str]:
        """Questions that cannot be compared across all waves."""
        questions = self.table[self.table["kind"] == "question"]
        return frozenset(questions[questions["class"].isin(REFUSED)]["variable"])

    def known_as(self, column: str) -> str:
        """Variable that a column of the panel comes from; empty for a column that no wave gives (weights, register)."""
        if column in self.classes:
            return column
        stem = re.sub(r"(_within|_between|_core)$|__.*$", "", column)
        return stem if stem in self.classes else ""

    def refusals(self, columns: Iterable[str], waves: Iterable[str], file: str) -> list[Problem]:
        """Problems ``E-COMPARABILITY``, one a column that cannot be compared across these waves; none for one wave.

        A column that looks one wave back is a comparison by itself: the wave before is added to the waves asked for.
        """
        problems = []
        for column in dict.fromkeys(columns):
            name = self.known_as(column)
            wanted = self._with_lags(name, sorted(set(waves)))
            if name and len(wanted) > 1 and any(self.classes[name][w] in REFUSED for w in wanted):
                details = self._details(name, wanted)
                problems.append(Problem("E-COMPARABILITY", file, column=column, details=details))
        return problems

    def require(self, columns: Iterable[str], waves: Iterable[str], file: str) -> None:
        """Refuse a comparison that the declarations do not allow.

        Raises
        ------
        ComparabilityError
            With every column refused, why, and what to compare instead.

        """
        problems = self.refusals(columns, waves, file)
        if problems:
            raise ComparabilityError(problems)

    def require_spec(self, spec: Spec, panel: pd.DataFrame, file: str = "analyses/models.py") -> None:
        """Refuse a model whose rows come from waves that its columns cannot be compared across.

        Parameters
        ----------
        spec
            Outcome, regressors, weights, clusters and the names in its ``sample`` are all held to it.
        panel
            With a column ``wave``; the waves are those of the rows that ``sample`` keeps.

        """
        rows = panel.query(spec.sample) if spec.sample else panel
        named = names_in_query(spec.sample or "", panel.columns)
        columns = (spec.outcome, *spec.regressors, *named, *([spec.weights] if spec.weights else []))
        self.require(columns, rows[spec.wave].astype(str).unique(), f"{file} ({spec.name})")

    def substitute(self, name: str, waves: Iterable[str]) -> str:
        """Variable that can be compared across these waves in place of one that cannot; empty when there is none."""
        rows = self.table[(self.table["variable"] == name) & (self.table["use"] != "")]
        waves = list(waves)
        for other in dict.fromkeys(rows["use"]):
            if other in self.classes and not any(self.classes[other][w] in REFUSED for w in waves):
                return str(other)
        return ""

    def _with_lags(self, name: str, waves: list[str]) -> list[str]:
        if name not in derive.lagged():
            return waves
        before = [self.waves[self.waves.index(w) - 1] for w in waves if w in self.waves[1:]]
        return sorted({*waves, *before})

    def _details(self, name: str, waves: list[str]) -> dict[str, str]:
        faults = self.table[
            (self.table["variable"] == name)
            & self.table["wave"].isin(waves)
            & self.table["class"].isin(REFUSED)
        ]
        other = self.substitute(name, waves)
        fit = [w for w in waves if self.classes[name][w] not in REFUSED]
        details = {"waves": ", ".join(waves)}
        for lang, between, instead, only, one, none in (
            (
                "fr",
                " à cause de ",
                "utilisez « {} »",
                "gardez seulement {}",
                "ne montrez qu'une vague à la fois",
                " ou ",
            ),
            ("en", " because of ", "use “{}”", "keep only {}", "show one wave at a time", " or "),
        ):
            words: dict[str, str] = WORDS[lang]  # type: ignore[index]  # the two languages
            why = [
                f"{r['wave']} {words[r['class']]}" + (f"{between}{r['because']}" if r["because"] else "")
                for _, r in faults.iterrows()
            ]
            ways = [instead.format(other)] if other else []
            ways.append(only.format(", ".join(fit)) if len(fit) > 1 else one)
            details |= {f"why_{lang}": "; ".join(why), f"ways_{lang}": none.join(ways)}
        return details


def assess(codebook: Codebook, sidecars: Mapping[str, Sidecar]) -> Comparability:
    """Class of every variable at every wave, from what the sidecars declare.

    Parameters
    ----------
    codebook
        Questions, since when they are asked, items of the scores.
    sidecars
        One for each wave, empty for a wave that does not differ.

    """
    waves = sorted(sidecars)
    rows: list[dict[str, str]] = []
    for variable in codebook.asked:
        for wave in waves:
            absent = is_not_asked(variable, wave, sidecars[wave])
            change = read_changes(sidecars[wave].comparability).get(variable.name, Change("same"))
            kind = "absent" if absent else change.kind
            names = [c for c, v in sidecars[wave].columns.items() if v == variable.name] or list(
                change.columns
            )
            row = _row(variable.name, wave, "question", kind)
            row |= {"asked_as": "" if absent else " ".join(names) or variable.name, "use": change.use}
            rows.append(row | {f"note_{lang}": text for lang, text in change.note.items()})
        if variable.kind == "select_multiple":
            rows += _late_choices(codebook, variable.name, waves, rows)
    classes = _by_variable(rows)
    changed = frozenset(n for n, of in classes.items() if any(c in REFUSED for c in of.values()))
    cores = scores.core_inputs(codebook, changed)
    inputs = scores.inputs(codebook) | cores | derive.reads()
    for name in _in_order(inputs):
        kind = "core" if name in cores else "derived" if name in derive.FUNCTIONS else "score"
        for wave in waves:
            rows.append(_inherited(name, wave, kind, inputs[name], classes))
        classes = _by_variable(rows)
    for row in rows:
        row["use"] = row["use"] or _core_for(row["variable"], codebook, cores)
    return Comparability(pd.DataFrame(rows, columns=list(_COLUMNS)))


def _row(name: str, wave: str, kind: str, word: str) -> dict[str, str]:
    return dict.fromkeys(_COLUMNS, "") | {"variable": name, "wave": wave, "kind": kind, "class": word}


def _late_choices(
    codebook: Codebook, name: str, waves: list[str], rows: list[dict[str, str]]
) -> list[dict[str, str]]:
    """Answers that a multiple choice offers only since a later wave: absent before."""
    own = _by_variable(rows)[name]
    return [
        _row(f"{name}__{c.name}", wave, "choice", "absent" if wave < c.since else own[wave])
        for c in codebook.choices(name)
        if c.since > waves[0]
        for wave in waves
    ]


def _by_variable(rows: Iterable[Mapping[str, str]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row["variable"], {})[row["wave"]] = row["class"]
    return found


def _in_order(inputs: Mapping[str, tuple[str, ...]]) -> list[str]:
    from graphlib import TopologicalSorter  # noqa: PLC0415  # only when a study is assessed

    order = TopologicalSorter({name: set(of) & set(inputs) for name, of in inputs.items()})
    return list(order.static_order())


def _inherited(
    name: str, wave: str, kind: str, inputs: tuple[str, ...], classes: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """Worst class of the inputs; absent only when all are: a part that is absent makes the whole different."""
    own = {i: classes[_stem(i, classes)][wave] for i in inputs if _stem(i, classes)}
    word = max(own.values(), key=COMPARABILITY.index, default="same")
    if word == "absent" and set(own.values()) != {"absent"}:
        word = "different"
    row = _row(name, wave, kind, word)
    return row | {"because": ", ".join(i for i, c in own.items() if c in REFUSED)}


def _stem(column: str, classes: Mapping[str, object]) -> str:
    if column in classes:
        return column
    stem = column.split("__", maxsplit=1)[0]
    return stem if stem in classes else ""


def _core_for(name: str, codebook: Codebook, cores: Mapping[str, tuple[str, ...]]) -> str:
    """The core of a score; for an item, the core of its dimension."""
    variable = codebook.variables.get(name)
    for score in (name, variable.dimension if variable else ""):
        if f"{score}{scores.CORE}" in cores:
            return f"{score}{scores.CORE}"
    return ""


def names_in_query(query: str, columns: Iterable[str]) -> list[str]:
    """Columns that a pandas query speaks of."""
    words = set(re.findall(r"\w+", re.sub(r"'[^']*'|\"[^\"]*\"", " ", query)))
    return [str(c) for c in columns if c in words and c not in ("unit", "wave")]


def read_comparability(path: Path) -> Comparability:
    """Read ``build/comparability.csv``, as the build wrote it from the sidecars."""
    return Comparability(pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8"))
