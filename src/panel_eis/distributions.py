"""What was answered to each variable, wave by wave: the numbers of the codebook.

Counts are unweighted, as a codebook describes the file and estimates nothing. Each wave is read by itself: setting waves
side by side is left to the reader, who has the class of comparability beside. What is too small is hidden as everywhere else
(see ``disclosure``); of a number, only quantiles with enough answers on either side are given, never an end of the range.
Open text and identifiers are counted, not shown.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from panel_eis.crossed import SMALLEST_GROUP
from panel_eis.disclosure import THRESHOLD, hide_small_cells
from panel_eis.harmonise import REASONS

if TYPE_CHECKING:
    from panel_eis.codebook import Codebook, Variable
    from panel_eis.study import Study

QUANTILES = {"p10": 0.10, "q1": 0.25, "median": 0.50, "q3": 0.75, "p90": 0.90}
COLUMNS = ("variable", "wave", "part", "row", "n", "value")


def listed(variable: Variable, codebook: Codebook) -> str:
    """Name of the list whose answers a variable takes; empty for a number, a date or a text."""
    if variable.derived:
        return variable.measure if variable.measure in codebook.lists else ""
    return variable.list_name


def distributions(study: Study) -> pd.DataFrame:
    """Count the answers to every variable at every wave.

    Returns
    -------
    One row a number, in the order of the codebook: ``variable, wave, part, row, n, value``.

    - ``part`` ``answer``: ``row`` is a code, ``n`` who gave it, ``value`` the share of those who answered;
    - ``quantile``: ``row`` is a name of ``QUANTILES``, ``value`` the quantile (days since 1970 for a date);
    - ``base``: ``asked`` (of whom it was asked) and ``answered``, in ``n``;
    - ``reason``: why there is no answer (a word of ``REASONS``), in ``n``.

    A hidden number is missing. Where one reason alone is hidden, ``answered`` is rounded to the nearest five and its
    ``value`` is 5: the total would give the hidden one away.

    """
    codebook = study.codebook
    parts = [_gaps(study)]
    for wave in study.waves:
        names = [v.name for v in codebook.variables.values() if not v.confidential]
        frame = study.select(*names, waves=[wave])
        rows = [row for v in codebook.variables.values() for row in _rows(v, frame, codebook)]
        parts.append(pd.DataFrame(rows, columns=[c for c in COLUMNS if c != "wave"]).assign(wave=wave))
    table = pd.concat(parts, ignore_index=True)
    table[["n", "value"]] = table[["n", "value"]].astype("float64")
    order = {name: i for i, name in enumerate(codebook.variables)}
    table = table.sort_values("variable", key=lambda c: c.map(order), kind="stable", ignore_index=True)
    return _hidden(table)[list(COLUMNS)]


def _rows(variable: Variable, frame: pd.DataFrame, codebook: Codebook) -> list[dict[str, object]]:
    name = variable.name
    if variable.confidential or variable.kind == "text":
        return []
    if variable.kind == "select_multiple":
        codes = codebook.codes(name)
        answers = frame[[f"{name}__{c}" for c in codes]]
        found = {c: int(answers[f"{name}__{c}"].sum()) for c in codes}
        return _shares(name, "choice", found, int(answers.iloc[:, 0].notna().sum()))
    column = frame[name].dropna()
    if (of := listed(variable, codebook)) or column.dtype == "boolean":
        if column.dtype == "boolean":
            column, of = column.map({True: "yes", False: "no"}), "yes_no"
        counts = Counter(column.astype(str))
        return _shares(name, "answer", {c: counts[c] for c in codebook.codes(of)}, len(column))
    made: dict[str, object] = {"variable": name, "part": "quantile", "n": None}
    days = variable.kind == "date"
    numbers = column.astype("datetime64[s]").astype("int64") / 86400 if days else column.astype("float64")
    if column.empty:
        return []
    points = np.quantile(numbers.to_numpy(), list(QUANTILES.values()))
    return [
        made | {"row": q, "value": value if _enough(len(numbers), p) else None}
        for (q, p), value in zip(QUANTILES.items(), points, strict=True)
    ]


def _enough(n: int, share: float) -> bool:
    """Whether ``THRESHOLD`` answers or more lie on either side of a quantile."""
    return n * min(share, 1 - share) >= THRESHOLD


def _shares(name: str, part: str, counts: dict[str, int], answered: int) -> list[dict[str, object]]:
    return [
        {"variable": name, "part": part, "row": code, "n": n, "value": n / answered}
        for code, n in counts.items()
        if answered
    ]


def _hidden(table: pd.DataFrame) -> pd.DataFrame:
    """Hide what is too small; a choice of several (``choice``) has no sum, but those who left it could be too few."""
    table = table.copy()
    groups = table["variable"] + " " + table["wave"]
    tiny = (table["part"] == "answer") & table["n"].between(1, THRESHOLD - 1)
    one = (table["part"] == "answer") & groups.isin(set(groups[tiny]))
    shown = hide_small_cells(table[one], ["value"], sums_within=["variable", "wave"])
    table.loc[one, ["n", "value"]] = shown[["n", "value"]]
    several = table["part"] == "choice"
    answered = (table["n"] / table["value"]).where(several)
    left = answered - table["n"]
    few = several & (table["n"].between(1, THRESHOLD - 1) | left.between(0.5, THRESHOLD - 0.5))
    base = table[table["row"] == "answered"].set_index(["variable", "wave"])["n"]
    keys = pd.MultiIndex.from_frame(table[["variable", "wave"]])
    small = table["part"].isin(["answer", "choice"]) & (base.reindex(keys).to_numpy() < SMALLEST_GROUP)
    table.loc[few | small, ["n", "value"]] = None
    table.loc[several, "part"] = "answer"
    reasons = table["part"] == "reason"
    gone = reasons & table["n"].between(1, THRESHOLD - 1)
    alone = gone.groupby(groups).transform("sum") == 1
    table.loc[gone, "n"] = None
    rounded = alone & (table["row"] == "answered")
    table.loc[rounded, "n"] = (table.loc[rounded, "n"] / THRESHOLD).round() * THRESHOLD
    table.loc[rounded, "value"] = THRESHOLD
    return table


def _gaps(study: Study) -> pd.DataFrame:
    """Who was asked and who answered, and why the others did not; a computed column has answers alone."""
    waves = study.reasons.index.get_level_values("wave").to_numpy()
    rows: list[tuple[str, str, str, str, int]] = []
    for name, column in study.reasons.items():
        words = list(column.cat.categories)
        codes = column.cat.codes.to_numpy()
        for wave in study.waves:
            found = np.bincount(codes[waves == wave], minlength=len(words))
            counts = dict.fromkeys(REASONS, 0) | dict(zip(words, map(int, found), strict=True))
            asked = len(codes[waves == wave]) - counts["not_asked"] - counts["skipped"]
            rows += [(str(name), wave, "base", "asked", asked)]
            rows += [(str(name), wave, "base", "answered", counts.pop("answered"))]
            rows += [(str(name), wave, "reason", reason, n) for reason, n in counts.items() if n]
    for wave in study.waves:
        computed = study.select(*(v.name for v in study.codebook.derived), waves=[wave])
        given = computed.notna().sum()
        rows += [(v.name, wave, "base", "answered", int(given[v.name])) for v in study.codebook.derived]
    table = pd.DataFrame(rows, columns=["variable", "wave", "part", "row", "n"])
    return table.assign(value=float("nan"))
