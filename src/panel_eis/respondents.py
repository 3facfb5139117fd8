"""Several respondents of one organisation at one wave: who speaks for it, how answers are put together, how far they agree.

``data/codebook/respondents.csv`` declares it: the row ``priority`` gives the order of roles, the others a rule by question
(``a1``), for all scored items (``items``), by kind (``select_multiple``) or for all (``*``); the most precise row holds.
Without the file the main respondent speaks, roles in the order of their list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from panel_eis.agreement import FEWEST_GROUPS, one_way

if TYPE_CHECKING:
    from panel_eis.codebook import Codebook, Variable

KEYS = ["unit", "wave"]
_OWN = ("identification", "representations")
"""Modules about the person, not the organisation: nothing to agree on."""
_ALONE = ("none", "nobody")
"""Codes of a list that say that no other code holds."""


def ordered(answers: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Sort answers by unit and wave, and within them the main respondent first; the index is kept."""
    priority = {role: k for k, role in enumerate(codebook.aggregation.priority)}
    rank = answers["respondent_role"].astype(object).map(priority).fillna(len(priority)).astype(int)
    frame = answers.assign(_rank=rank)
    keys = [*KEYS, "_rank", "interview_date", "respondent"]
    return frame.sort_values(keys, kind="stable", na_position="last").drop(columns="_rank")


def aggregate(
    answers: pd.DataFrame, reasons: pd.DataFrame, codebook: Codebook
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put the answers of each organisation and wave together by the declared rules.

    Parameters
    ----------
    answers
        One row a respondent, in the order of ``ordered``, index 0…n-1.
    reasons
        Same rows, one column a question.
    codebook
        Declares the rules.

    Returns
    -------
    Answers and reasons, one row a unit × wave, with the column ``respondents`` (how many answered). What the filter skips
    for the main respondent stays skipped. Means and medians of whole numbers are ``Float64``.

    """
    main = ~answers.duplicated(KEYS)
    count = answers.groupby(KEYS, sort=False)["unit"].transform("size")
    rows = answers[main].assign(respondents=count[main].astype("Int64")).reset_index(drop=True)
    why = reasons[main].reset_index(drop=True)
    several = answers[count > 1]
    key = pd.MultiIndex.from_frame(rows[KEYS])
    columns: dict[str, pd.Series] = {}
    for variable in codebook.asked:
        rule = codebook.aggregation.rule(variable)
        if rule == "main":
            continue
        together = _together(variable, rule, several, codebook)
        skipped = why[variable.name].astype(str).isin(["skipped", "not_asked"]).to_numpy()
        answered = np.zeros(len(rows), dtype=bool)
        for name, values in together.items():
            dtype: Any = "Float64" if rule in ("mean", "median") else rows[name].dtype
            joined = values.reindex(key).set_axis(rows.index)
            use = joined.notna().to_numpy() & ~skipped
            columns[name] = rows[name].astype(dtype).mask(use, joined.astype(dtype))
            answered |= use
        why[variable.name] = why[variable.name].mask(answered, "answered")
    return rows.assign(**columns), why


def _together(
    variable: Variable, rule: str, several: pd.DataFrame, codebook: Codebook
) -> dict[str, pd.Series]:
    """Values of one question for organisations with several respondents, by column, indexed by unit and wave."""
    groups = several.groupby(KEYS, sort=False)
    if rule in ("mean", "median"):
        return {variable.name: groups[variable.name].agg(rule).astype("Float64")}
    codes = codebook.codes(variable.name)
    chosen = {code: groups[f"{variable.name}__{code}"].max() for code in codes}
    for alone in (code for code in codes if code in _ALONE):
        others = pd.concat([chosen[code] for code in codes if code != alone], axis=1).any(axis=1)
        chosen[alone] = chosen[alone] & ~others
    return {f"{variable.name}__{code}": values for code, values in chosen.items()}


def agreement(answers: pd.DataFrame, codebook: Codebook, waves: list[str]) -> pd.DataFrame:
    """How far respondents of the same organisation and wave agree, by question or score.

    Parameters
    ----------
    answers
        One row a respondent, in the order of ``ordered``, with scores added.

    Returns
    -------
    One row a variable and wave (and ``all``): ``groups`` and ``answers`` behind it, ``same`` (share of second answers equal
    to the main one), ``difference`` (mean of the others less the main one, in units of the variable), and for numbers
    ``icc1`` (ICC(1)), ``icck`` (ICC(1,k) for the mean of ``size`` respondents), each with ``_low`` and ``_high`` (95 %,
    McGraw & Wong 1996). No coefficient below five organisations.

    """
    several = answers[answers.duplicated(KEYS, keep=False)]
    judged = [v for v in codebook.asked if v.module not in _OWN]
    names = [v.name for v in judged if v.kind in ("integer", "decimal", "select_one") and v.name in several]
    names += [v.name for v in codebook.derived if v.measure == "score" and v.name in several]
    rows = []
    for wave in ("all", *waves):
        part = several if wave == "all" else several[several["wave"] == wave]
        group = part.groupby(KEYS, sort=False).ngroup().to_numpy()
        rows += [{"variable": name, "wave": wave, **_agreement(part[name], group)} for name in names]
    columns = [
        "variable", "wave", "groups", "answers", "same", "difference", "size", "icc1", "icc1_low", "icc1_high", "icck",
        "icck_low", "icck_high",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _agreement(column: pd.Series, group: np.ndarray) -> dict[str, object]:
    numeric = pd.api.types.is_numeric_dtype(column) and column.dtype != "boolean"
    codes, _ = pd.factorize(column)  # missing is -1
    there = codes >= 0
    there &= np.bincount(group[there], minlength=group.max(initial=0) + 1)[group] > 1
    group, codes = group[there], codes[there]
    _, first, back = np.unique(group, return_index=True, return_inverse=True)
    row: dict[str, object] = {"groups": len(first), "answers": len(group)}
    if not len(first):
        return row
    main, other = first[back], np.ones(len(group), dtype=bool)
    other[first] = False
    row["same"] = float((codes == codes[main])[other].mean())
    if numeric:
        values = column[there].to_numpy(dtype=float)
        row["difference"] = float((values - values[main])[other].mean())
        found = one_way(values, group)
        row["size"] = found.size
        if found.groups >= FEWEST_GROUPS:
            for name, icc in (("icc1", found.single), ("icck", found.average)):
                row |= {name: icc.value, f"{name}_low": icc.low, f"{name}_high": icc.high}
    return row
