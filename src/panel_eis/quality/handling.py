"""What reading and harmonising did to the answers, counted; and every warning."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from panel_eis.changes import read_changes
from panel_eis.checks import CODES
from panel_eis.codebook import read_codebook
from panel_eis.errors import LANGS
from panel_eis.waves import find_waves, read_sidecar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RULES = (
    "read_as", "rows_read", "rows_test", "rows_unfinished", "rows_duplicate", "columns_renamed", "columns_unused",
    "questions_not_asked", "recoded", "rescaled", "split", "merged", "units_changed", "corrected",
)  # fmt: skip
"""What is counted, in the order of the road; how the file was read, four counts of rows, three of columns."""


def handling_table(root: Path, reasons: pd.DataFrame, waves: Sequence[str]) -> pd.DataFrame:
    """Count what was done to each wave, from its sidecar and its import report.

    Parameters
    ----------
    root
        The project; reads ``data/waves/*.yml`` and ``build/waves/*.json``.
    reasons
        Index (unit, wave); counts the answers that a recode or a rule of change went over.

    Returns
    -------
    Columns wave, rule (a word of ``RULES``), variables (how many questions, columns or kinds), cells (rows, or answers
    that the rule went over), detail (names).

    """
    found: list[tuple[str, str, int, int, str]] = []
    for wave, path in find_waves(root / "data" / "waves").items():
        if wave not in waves:
            continue
        sidecar = read_sidecar(path.with_suffix(".yml"))
        report = json.loads((root / "build" / "waves" / f"{wave}.json").read_text(encoding="utf-8"))
        answers = reasons.xs(wave, level="wave")
        dropped = report.get("rows_dropped", {})
        how = [str(report.get(k, "")) for k in ("source", "encoding", "separator")]
        found.append((wave, "read_as", 0, 0, " ".join(h.replace("\t", "tab") for h in how if h)))
        found.append((wave, "rows_read", 0, int(report.get("rows_read", report["answers"])), ""))
        found += [
            (wave, f"rows_{k}", 0, int(dropped.get(k, 0)), "") for k in ("test", "unfinished", "duplicate")
        ]
        lists: dict[str, Sequence[str]] = {
            "columns_renamed": sidecar.columns,  # type: ignore[dict-item]  # names of the file
            "columns_unused": report.get("unused_columns", sidecar.unused),
            "questions_not_asked": sidecar.not_asked,
        }
        found += [(wave, rule, len(names), 0, _named(names)) for rule, names in lists.items()]
        over = _by_rule(sidecar) | {
            "units_changed": tuple(sidecar.units),
            "corrected": tuple(str(c.get("variable", "")) for c in _corrections(report)),
        }
        for rule, names in over.items():
            if rule == "corrected":
                cells = len(names)
            else:
                cells = sum(
                    int((answers[n].astype(object) == "answered").sum()) for n in names if n in answers
                )
            found.append((wave, rule, len(set(names)), cells, _named(names)))
    return pd.DataFrame(found, columns=["wave", "rule", "variables", "cells", "detail"])


def _by_rule(sidecar: Any) -> dict[str, tuple[str, ...]]:
    changes = read_changes(sidecar.comparability)
    return {
        "recoded": tuple(sidecar.recode),
        "rescaled": tuple(n for n, c in changes.items() if c.codes and not c.split_from),
        "split": tuple(n for n, c in changes.items() if c.split_from),
        "merged": tuple(n for n, c in changes.items() if c.merge_from),
    }


def _corrections(report: dict[str, Any]) -> list[dict[str, Any]]:
    told = report.get("corrections", [])
    return (
        [c if isinstance(c, dict) else {"variable": str(c)} for c in told] if isinstance(told, list) else []
    )


def _named(names: Sequence[str], most: int = 6) -> str:
    unique = list(dict.fromkeys(str(n) for n in names))
    return ", ".join(unique[:most]) + (", …" if len(unique) > most else "")


def warnings_table(root: Path) -> pd.DataFrame:
    """Every warning: columns wave, variable, rule, severity, message_fr, message_en; identical ones once, with n.

    From ``build/warnings.csv`` where it is there, and from the import reports of the waves. Organisations are not named,
    and what a declared check found is told by its note in ``checks.csv``, which holds no answer of anybody.
    """
    notes = {CODES[r.check]: r.note for r in read_codebook(root / "data" / "codebook").checks}
    head = ["wave", "variable", "rule", "severity", "message_fr", "message_en"]
    rows: list[dict[Any, Any]] = []
    path = root / "build" / "warnings.csv"
    if path.exists():
        told = pd.read_csv(path, dtype=str, keep_default_na=False)
        rows += told.reindex(columns=head, fill_value="").to_dict("records")
    reports = json.loads((root / "build" / "waves.json").read_text(encoding="utf-8"))
    known = {row["message_en"] for row in rows}
    for wave, report in reports.items():
        for key in ("warnings", "panel_warnings"):
            both = report.get(key, {})
            for fr, en in zip(*(both.get(lang, []) for lang in LANGS), strict=True):
                if not any(en.endswith(k) or k.endswith(en) for k in known if k):
                    place = "" if key == "panel_warnings" else str(wave)
                    rows.append(dict(zip(head, (place, "", "", "warning", fr, en), strict=True)))
    for row in rows:
        row |= {f"message_{lang}": notes[row["rule"]][lang] for lang in LANGS if row["rule"] in notes}
    frame = pd.DataFrame(rows, columns=head).sort_values(["rule", "variable", "wave"], kind="stable")
    return frame.groupby(head, sort=False, dropna=False).size().rename("n").reset_index()
