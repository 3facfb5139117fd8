"""Final dispositions and outcome rates, as AAPOR defines them.

Every organisation of the sample of a wave has one final disposition. AAPOR's classes for surveys of specifically named
persons by mail or web, which is what a panel of named organisations is nearest to (establishment surveys use the same
formulas):

==============  =====  ======  =====================================================================================
disposition     class  code    when
==============  =====  ======  =====================================================================================
complete        I      1.1     in the wave file, more than 80 % of the questions that applied answered
partial         P      1.2     in the wave file, 50 to 80 %
break_off       R      2.1     in the wave file, under 50 %; or begun and given up (``dispositions.csv``)
refusal         R      2.1     ``dispositions.csv``
non_contact     NC     2.2     ``dispositions.csv``; without it, an organisation that answered before and is silent now
other           O      2.3     ``dispositions.csv``: eligible, reached, unable to answer
unlocated       UO     3       ``dispositions.csv``: address unknown
unknown         UO     3       ``dispositions.csv``; without it, nothing ever returned since the first approach
not_eligible    NE     4       closed or absorbed in ``events.csv``; out of scope in ``dispositions.csv``
==============  =====  ======  =====================================================================================

A question applied unless it was not asked, skipped by a filter or said not to apply; "does not know" is an answer here. An
organisation that did not answer when first approached is not approached again: later waves do not count it.

Source: American Association for Public Opinion Research (2016), Standard Definitions, 9th edition: rates RR1–RR6, COOP1–4,
REF1–3, CON1–3; thresholds of 50 and 80 % as in its first definition of partial interviews; *e* by proportional allocation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from panel_eis.errors import DataError, Problem, did_you_mean
from panel_eis.project_tables import read_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from panel_eis.codebook import Codebook

DISPOSITIONS = {
    "complete": "I", "partial": "P", "break_off": "R", "refusal": "R", "non_contact": "NC", "other": "O",
    "unlocated": "UO", "unknown": "UO", "not_eligible": "NE",
}  # fmt: skip
"""AAPOR's class of each disposition."""
CODES = {"I": "1.1", "P": "1.2", "R": "2.1", "NC": "2.2", "O": "2.3", "UO": "3", "NE": "4"}
COMPLETE, PARTIAL = 0.8, 0.5
RATES = (
    "RR1", "RR2", "RR3", "RR4", "RR5", "RR6", "COOP1", "COOP2", "COOP3", "COOP4", "REF1", "REF2", "REF3",
    "CON1", "CON2", "CON3",
)  # fmt: skip
_NOT_APPLICABLE = ("not_asked", "skipped", "not_applicable")
_ANSWERS = ("answered", "dont_know")
GONE = ("closed", "merged")
_FILE = "data/dispositions.csv"


def eligibility_rate(counts: Mapping[str, float]) -> float:
    """AAPOR's *e*, the share of unknown cases taken to be eligible: as among cases whose eligibility is known.

    Source: proportional allocation (CASRO), as in AAPOR's outcome rate calculator 4.0.
    """
    eligible = sum(counts.get(c, 0) for c in ("I", "P", "R", "NC", "O"))
    known = eligible + counts.get("NE", 0)
    return eligible / known if known else float("nan")


def outcome_rates(counts: Mapping[str, float], e: float | None = None) -> pd.Series:
    """AAPOR's outcome rates from counts by class.

    Parameters
    ----------
    counts
        Numbers of I, P, R, NC, O, UH, UO and NE (absent ones are zero); weighted or not.
    e
        Share of unknown cases (UH, UO) that are eligible; ``eligibility_rate`` when absent.

    Returns
    -------
    ``RATES`` and ``e``, shares from 0 to 1; missing where the denominator is zero.

    """
    i, p, r, nc, o = (float(counts.get(c, 0)) for c in ("I", "P", "R", "NC", "O"))
    unknown = float(counts.get("UH", 0) + counts.get("UO", 0))
    e = eligibility_rate(counts) if e is None else e
    every, likely, known = i + p + r + nc + o + unknown, i + p + r + nc + o + e * unknown, i + p + r + nc + o
    parts = {
        "RR1": (i, every), "RR2": (i + p, every), "RR3": (i, likely), "RR4": (i + p, likely), "RR5": (i, known),
        "RR6": (i + p, known), "COOP1": (i, i + p + r + o), "COOP2": (i + p, i + p + r + o), "COOP3": (i, i + p + r),
        "COOP4": (i + p, i + p + r), "REF1": (r, every), "REF2": (r, likely), "REF3": (r, known),
        "CON1": (i + p + r + o, every), "CON2": (i + p + r + o, likely), "CON3": (i + p + r + o, known),
    }  # fmt: skip
    rates = {name: top / bottom if bottom else float("nan") for name, (top, bottom) in parts.items()}
    return pd.Series(rates | {"e": e})


def rates_by(dispositions: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Outcome rates in each cell of ``by``.

    Returns
    -------
    Columns of ``by``, the count of each class, ``n`` (all cases but NE), ``RATES`` and ``e``.

    """
    rows = []
    for key, cell in dispositions.groupby(list(by), observed=True, sort=True):
        keys = dict(zip(by, key if isinstance(key, tuple) else (key,), strict=True))
        counts = {c: int((cell["class"] == c).sum()) for c in CODES}
        total = sum(counts.values()) - counts["NE"]
        rows.append(keys | counts | {"n": total} | outcome_rates(counts).to_dict())
    return pd.DataFrame(rows, columns=[*by, *CODES, "n", *RATES, "e"])


def answered_share(reasons: pd.DataFrame) -> pd.Series:
    """Share of the questions that applied to an answer which it answers.

    Parameters
    ----------
    reasons
        One row an answer, one column a question, words of ``harmonise.REASONS``.

    """
    words = reasons.astype(object)
    applied = ~words.isin(_NOT_APPLICABLE)
    answered = words.isin(_ANSWERS) & applied
    return answered.sum(axis=1) / applied.sum(axis=1)


def read_dispositions(
    path: Path, codebook: Codebook, units: pd.Index | None, waves: Sequence[str]
) -> pd.DataFrame:
    """Fieldwork's record of those who did not answer: unit, wave, disposition, in any order; an absent file is empty.

    Without ``units`` (a register that cannot be read), those of the file are taken as they are.

    Raises
    ------
    DataError
        With every unknown unit, wave or disposition, and every unit × wave met twice.

    """
    columns = ["unit", "wave", "disposition"]
    if not path.exists():
        return pd.DataFrame(columns=columns, dtype=str)
    header, records = read_records(path, _FILE)
    problems = [Problem("E-TABLE-ABSENT", _FILE, row=1, column=c) for c in columns if c not in header]
    if problems:
        raise DataError(problems)
    rows = [(number, {c: row[c].strip() for c in columns}) for number, row in records]
    known = {"unit": list(units if units is not None else {row["unit"] for _, row in rows})}
    known |= {"wave": list(waves), "disposition": list(codebook.codes("disposition"))}
    seen: set[tuple[str, str]] = set()
    for number, row in rows:
        for column, values in known.items():
            if row[column] not in values:
                code = "E-TABLE-UNIT" if column == "unit" else "E-TABLE-CODE"
                shown = ", ".join(values[:8]) if column != "unit" else ""
                details = {"known": shown, "near": did_you_mean(row[column], values)}
                problems.append(
                    Problem(code, _FILE, number, column, row["unit"], row[column], details=details)
                )
        if (row["unit"], row["wave"]) in seen:
            problems.append(Problem("E-DISPOSITION-TWICE", _FILE, number, "wave", row["unit"], row["wave"]))
        seen.add((row["unit"], row["wave"]))
    if problems:
        raise DataError(problems)
    return pd.DataFrame([row for _, row in rows], columns=columns, dtype=str)


def final_dispositions(
    participation: pd.DataFrame, reasons: pd.DataFrame, fieldwork: pd.DataFrame
) -> pd.DataFrame:
    """One final disposition for every organisation in the sample of a wave.

    Parameters
    ----------
    participation
        As ``panel.participation`` gives it.
    reasons
        Index (unit, wave); one column a question.
    fieldwork
        As ``read_dispositions`` gives it.

    Returns
    -------
    Columns of ``participation``, ``disposition``, ``class``, ``code`` (AAPOR's) and ``approach`` (``first`` at the wave of
    entry, else ``again``); those not in the sample of the wave (left, not yet in, found closed at an earlier wave)
    are out.

    Raises
    ------
    DataError
        When fieldwork says that an organisation did not answer and the wave file has its answers.

    """
    ordered = participation.sort_values(["unit", "wave"], ignore_index=True)
    known_closed = ordered.groupby("unit")["outcome"].shift().astype(object).isin(GONE)
    sample = ordered[ordered["outcome"].isin(["answered", "no_answer", *GONE]) & ~known_closed].copy()
    told = fieldwork.set_index(["unit", "wave"])["disposition"]
    key = pd.MultiIndex.from_frame(sample[["unit", "wave"]])
    recorded = told.reindex(key).astype(object).to_numpy()
    share = answered_share(reasons).reindex(key).to_numpy()
    answered = (sample["outcome"] == "answered").to_numpy()
    against = (
        answered
        & pd.notna(recorded)
        & ~pd.Series(recorded).isin(["complete", "partial", "break_off"]).to_numpy()
    )
    if against.any():
        raise DataError(
            Problem("E-DISPOSITION", _FILE, None, "disposition", unit, word, details={"wave": wave})
            for unit, wave, word in zip(
                *(sample[c][against] for c in ("unit", "wave")), recorded[against], strict=True
            )
        )
    sample["approach"] = (sample["wave"] == sample["entry_wave"]).map({True: "first", False: "again"})
    by_rule = sample["approach"].map({"first": "unknown", "again": "non_contact"}).to_numpy(dtype=object)
    words = pd.Series(recorded, index=sample.index).where(pd.notna(recorded), by_rule)
    words[answered] = [
        "complete" if s > COMPLETE else "partial" if s >= PARTIAL else "break_off" for s in share[answered]
    ]
    words[sample["outcome"].isin(GONE).to_numpy()] = "not_eligible"
    classes = words.map(DISPOSITIONS)
    return sample.assign(disposition=words, **{"class": classes, "code": classes.map(CODES)})
