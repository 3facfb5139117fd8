"""The trail behind an exhibit, told once: the fold under it and ``panel-eis trace`` show the same entries in two clothes.

An exhibit leaves a record (``build/exhibits/fig-x.json``) of what it read. From that record and the codebook come its
source, the files of numbers, the variables with their questions, the models, the weights, and the files of the waves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from panel_eis import scores
from panel_eis.asked import computed_from, questions_behind, stem_of
from panel_eis.comparability import REFUSED, SYMBOLS, WORDS
from panel_eis.places import variable_page
from panel_eis.tables import escape_html

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from panel_eis.codebook import Codebook
    from panel_eis.comparability import Comparability
    from panel_eis.errors import Lang

MOST_WORDINGS = 12
"""Questions behind an exhibit that are given in full; of more, the names alone, which lead to the codebook."""
SHORT = 12
"""Characters of a hash that are shown: enough to tell two files apart."""
WEIGHT = re.compile(r"^weight(_|$)")
_WORDS = {
    "fr": {
        "source": "Source", "data": "Données", "variables": "Variables lues",
        "questions": "Questions d’où elles viennent",
        "models": "Modèles", "weights": "Pondération", "waves": "Fichiers des vagues", "shown": "les nombres montrés",
        "panel": "le panel, une ligne par organisation et par vague", "none": "aucune, chaque réponse compte pour une",
        "made": "calculée à partir de {}", "use": "utiliser {}", "asked_as": "colonne {}",
        "column": "colonne de collecte ou de registre", "colon": "\u00a0: ",
        "semicolon": "\u00a0; ", "no_variable": "aucune, seules des données de collecte ou de registre sont lues",
        "core": "noyau comparable à toutes les vagues",
    },
    "en": {
        "source": "Source", "data": "Data", "variables": "Variables read", "questions": "Questions they come from",
        "models": "Models", "weights": "Weights", "waves": "Files of the waves", "shown": "the numbers shown",
        "panel": "the panel, one row an organisation and wave", "none": "none, each answer counts as one",
        "made": "computed from {}", "use": "use {}", "asked_as": "column {}",
        "column": "column of the fieldwork or the register", "colon": ": ",
        "semicolon": "; ", "no_variable": "none, only data of the fieldwork or the register are read",
        "core": "core that can be compared at all waves",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One thing that an exhibit rests on: its name, what it is, and where the report says more (a page, or nothing)."""

    code: str
    text: str = ""
    href: str = ""


@dataclass(frozen=True)
class Entry:
    """Things of one kind; names alone stand on one line."""

    term: str
    items: tuple[Item, ...]

    @property
    def inline(self) -> bool:
        """True when there is nothing to say of the things but their names."""
        return not any(item.text for item in self.items)


def variable_of(column: str, codebook: Codebook) -> str:
    """Variable of the codebook that a column of the panel or a term of a model belongs to; empty for none."""
    stem = stem_of(column)
    return stem if stem in codebook.variables else ""


def made_of(codebook: Codebook) -> dict[str, tuple[str, ...]]:
    """Variables that each computed one is made of, one step back, as the codebook names them."""
    return {
        name: tuple(dict.fromkeys(v for part in parts if (v := variable_of(part, codebook)) and v != name))
        for name, parts in computed_from(codebook).items()
        if name in codebook.variables
    }


def trail(
    record: Mapping[str, Any], codebook: Codebook, comparability: Comparability, lang: Lang
) -> list[Entry]:
    """All that stands behind an exhibit, in the words of the language.

    Parameters
    ----------
    record
        As ``exhibits`` writes it: ``label, file, line, columns, behind, models, files, waves``.

    """
    words, models = _WORDS[lang], record["models"]
    read = [*record["columns"], *record["behind"]]
    modelled = [c for model in models.values() for c in model["columns"]]
    weights = [c for c in read if WEIGHT.match(c)] + [m["weights"] for m in models.values() if m["weights"]]
    data = [Item(f"build/exhibits/{record['label']}.csv", words["shown"])]
    data += [Item("build/panel.parquet", words["panel"])] * bool(read or modelled)
    data += [Item(file) for file in record["files"]]
    direct = list(dict.fromkeys(c for c in (*read, *modelled) if not WEIGHT.match(c)))
    named = {variable_of(c, codebook) for c in direct}
    behind = [name for name in questions_behind(named, codebook) if name not in named]
    entries = [
        Entry(words["source"], (Item(f"{record['file']}:{record['line']}"),)),
        Entry(words["data"], tuple(data)),
        Entry(words["variables"], _variables(direct, codebook, comparability, lang)),
        Entry(words["questions"], _questions(behind, codebook, lang)),
        Entry(
            words["models"],
            tuple(
                Item(name, f"analyses/models.py:{model['line']}", "about.qmd#sec-models")
                for name, model in models.items()
            ),
        ),
        Entry(
            words["weights"],
            tuple(Item(w, "", "about.qmd#sec-weights") for w in dict.fromkeys(weights))
            or (Item("", words["none"]),),
        ),
        Entry(
            words["waves"],
            tuple(
                Item(wave["file"], f"sha256 {wave['sha256'][:SHORT]}") for wave in record["waves"].values()
            ),
        ),
    ]
    return [entry for entry in entries if entry.items]


def _variables(
    columns: Iterable[str], codebook: Codebook, comparability: Comparability, lang: Lang
) -> tuple[Item, ...]:
    words, parts = _WORDS[lang], made_of(codebook)
    items: dict[str, Item] = {}
    for column in columns:
        name = variable_of(column, codebook)
        if not name:
            items[column] = Item(column, words["column"])
            continue
        shown = f"{name}{scores.CORE}" if column.split("__")[0].endswith(scores.CORE) else name
        said = [codebook.label(name, lang)]
        said += [words["core"]] * (shown != name)
        said += [words["made"].format(", ".join(parts.get(name, ())))] * (name in parts)
        said += _changes(shown, comparability, lang)
        items[shown] = Item(shown, words["semicolon"].join(said), variable_page(name))
    return tuple(items.values()) or (Item("", words["no_variable"]),)


def _questions(names: list[str], codebook: Codebook, lang: Lang) -> tuple[Item, ...]:
    full = len(names) <= MOST_WORDINGS
    return tuple(
        Item(name, codebook.label(name, lang) if full else "", variable_page(name)) for name in names
    )


def _changes(name: str, comparability: Comparability, lang: Lang) -> list[str]:
    """What a wave makes of a variable, where it differs: name in its file, class, reason, what to use instead."""
    rows = comparability.table[comparability.table["variable"] == name]
    said = []
    for row in rows.to_dict("records"):
        words = [_WORDS[lang]["asked_as"].format(row["asked_as"])] * (row["asked_as"] not in {"", name})
        if row["class"] != "same":
            words.append(f"{SYMBOLS[row['class']]} {WORDS[lang][row['class']]}")
        why = row[f"note_{lang}"] or row["because"]
        words += [f"({why.rstrip('.')})"] * bool(why)
        instead = row["use"] if row["class"] in REFUSED else ""
        words += [f"({_WORDS[lang]['use'].format(instead)})"] * bool(instead)
        if words:
            said.append(f"{row['wave']} {' '.join(words)}")
    return said


def as_lines(entries: Iterable[Entry], lang: Lang) -> list[str]:
    """Entries as lines of plain text: a term, then its things, indented."""
    lines = []
    for entry in entries:
        said = [_WORDS[lang]["colon"].join(p for p in (i.code, i.text) if p) for i in entry.items]
        lines += [entry.term, *(f"  {line}" for line in ([", ".join(said)] if entry.inline else said))]
    return lines


def as_html(entries: Iterable[Entry], lang: Lang) -> str:
    """Entries as a list of terms, names in code, each leading to where the report says more; every text escaped."""
    rows = []
    for entry in entries:
        said = [_html(item, lang) for item in entry.items]
        rows.append(f"<dt>{escape_html(entry.term)}</dt>")
        rows += [f"<dd>{text}</dd>" for text in ([", ".join(said)] if entry.inline else said)]
    return f"<dl>{''.join(rows)}</dl>"


def _html(item: Item, lang: Lang) -> str:
    name = f"<code>{escape_html(item.code)}</code>" if item.code else ""
    name = f'<a href="{item.href}">{name}</a>' if item.href else name
    return name + (_WORDS[lang]["colon"] if name and item.text else "") + escape_html(item.text)
