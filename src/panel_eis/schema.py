"""The pandera schema, derived from the codebook and never written twice.

Cells were parsed one by one in ``harmonise``; here pandera checks typed frames: a wave, and then the panel with
its derived columns and its rules over time. All failures of a run are told together, as ``Problem``s with
the file and row that a person can open. This is the only module that imports pandera.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pandera.pandas as pa

from panel_eis.errors import Problem
from panel_eis.typed import is_scale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from panel_eis.codebook import Codebook, Variable

    Origin = Callable[[int], tuple[str, int | None, str | None]]

_SCORES = (0.0, 100.0)


def wave_schema(codebook: Codebook) -> pa.DataFrameSchema:
    """Schema of the typed answers of one wave (``HarmonisedWave.answers``): one row an answer of one person."""
    columns: dict[str, pa.Column] = {}
    for variable in codebook.asked:
        columns |= _columns(variable, codebook)
    once = pa.Check(_once_a_person, error="E-DUPLICATE|unit")
    return pa.DataFrameSchema(columns, checks=[once], strict=True, name="wave")


def panel_schema(codebook: Codebook, events: pd.DataFrame) -> pa.DataFrameSchema:
    """Schema of the panel with ``unit`` and ``wave`` as its first columns, sorted by both.

    Parameters
    ----------
    codebook
        Gives the columns, and which of them are fixed, monotone or bound to an event over time.
    events
        Columns ``unit``, ``date`` (datetime), ``event``: what allows a change of legal form or territory.

    """
    columns = {"unit": pa.Column("string"), "wave": pa.Column("string")}
    for variable in codebook.asked:
        if variable.name != "unit":
            columns |= _together(variable, codebook)
    columns |= {v.name: _derived_column(v, codebook) for v in codebook.derived}
    checks = [
        pa.Check(lambda f: ~f.duplicated(["unit", "wave"], keep=False), error="E-DUPLICATE|unit"),
        pa.Check(_sorted_by_unit_and_wave, error="E-ORDER|unit"),
        pa.Check(_embedded_needs_decision, error="E-RUNG|used_in_decision"),
        *_rules_over_time(codebook, events),
    ]
    return pa.DataFrameSchema(columns, checks=checks, strict=False, name="panel")


def rules_schema(rules: Mapping[str, Callable[[pd.DataFrame], pd.Series]]) -> pa.DataFrameSchema:
    """Schema of checks alone; keys are ``code|column``, each function gives True for the rows where all is well."""
    return pa.DataFrameSchema(
        checks=[pa.Check(fine, error=name) for name, fine in rules.items()], strict=False, name="rules"
    )


def check(frame: pd.DataFrame, schema: pa.DataFrameSchema, origin: Origin) -> list[Problem]:
    """Validate lazily and give every failure as a ``Problem``.

    Parameters
    ----------
    frame
        Checked as it is, never changed or coerced.
    origin
        From a label of the frame's index to (file, row, unit).

    """
    try:
        schema.validate(frame, lazy=True, inplace=True)  # nothing is coerced: a copy would double the memory
    except pa.errors.SchemaErrors as failure:
        return [p for error in failure.schema_errors for p in _problems(error, frame, origin)]
    return []


def _columns(variable: Variable, codebook: Codebook) -> dict[str, pa.Column]:
    name = variable.name
    if variable.kind == "select_multiple":
        return {f"{name}__{code}": pa.Column("boolean", nullable=True) for code in codebook.codes(name)}
    nullable = not variable.required or bool(variable.relevant)
    return {name: pa.Column(_dtype(variable, codebook), _checks(variable, codebook), nullable=nullable)}


def _together(variable: Variable, codebook: Codebook) -> dict[str, pa.Column]:
    """Columns of a question in the panel: a mean of respondents lies between the ends of its scale."""
    columns = _columns(variable, codebook)
    if codebook.aggregation.rule(variable) not in ("mean", "median"):
        return columns
    checks = []
    if is_scale(variable, codebook):
        grades = [int(code) for code in codebook.codes(variable.name)]
        checks = [pa.Check.in_range(min(grades), max(grades), error=f"E-SCALE|{variable.name}")]
    return {variable.name: pa.Column("Float64", checks, nullable=columns[variable.name].nullable)}


def _dtype(variable: Variable, codebook: Codebook) -> object:
    if variable.kind == "integer" or is_scale(variable, codebook):
        return "Int64"
    if variable.kind == "decimal":
        return "Float64"
    if variable.kind == "date":
        return "datetime64[ns]"
    if variable.list_name == "yes_no":
        return "boolean"
    if variable.kind == "select_one":
        return pd.CategoricalDtype(list(codebook.codes(variable.name)), ordered=True)
    return "string"


def _checks(variable: Variable, codebook: Codebook) -> list[pa.Check]:
    if not is_scale(variable, codebook):
        return []
    grades = [int(code) for code in codebook.codes(variable.name)]
    # Not ``Check.isin``, which copies the whole column to leave out what is missing.
    fine = pa.Check(
        lambda given: given.isin(grades) | given.isna(), error=f"E-SCALE|{variable.name}", ignore_na=False
    )
    return [fine]


def _derived_column(variable: Variable, codebook: Codebook) -> pa.Column:
    if variable.measure == "score":
        return pa.Column(
            "float64", pa.Check.in_range(*_SCORES, error=f"E-SCORE|{variable.name}"), nullable=True
        )
    if variable.name == "ladder":
        rungs = [int(code) for code in codebook.codes("ladder")]
        return pa.Column("Int64", pa.Check.isin(rungs, error="E-SCALE|ladder"), nullable=True)
    return pa.Column(nullable=True)


def _once_a_person(frame: pd.DataFrame) -> pd.Series:
    """Several people may answer for a unit, each known by an identifier, once."""
    if frame["unit"].is_unique:
        return pd.Series(data=True, index=frame.index)
    twice = frame.duplicated(["unit", "respondent"], keep=False)
    unnamed = frame["unit"].duplicated(keep=False) & frame["respondent"].isna()
    return ~(twice | unnamed)


def _sorted_by_unit_and_wave(frame: pd.DataFrame) -> bool:
    return bool(pd.MultiIndex.from_frame(frame[["unit", "wave"]]).is_monotonic_increasing)


def _embedded_needs_decision(frame: pd.DataFrame) -> pd.Series:
    """Rung 5 is reached only by a regular practice that was used in a decision (domain rule)."""
    return ~((frame["ladder"] == 5) & ~frame["used_in_decision"].fillna(value=False)).fillna(value=False)


def _rules_over_time(codebook: Codebook, events: pd.DataFrame) -> Iterable[pa.Check]:
    for variable in codebook.asked:
        name = variable.name
        if variable.dynamics == "fixed" and name != "unit":
            yield pa.Check(lambda f, n=name: ~_changed(f, n), error=f"E-FIXED|{name}")
        elif variable.dynamics == "event":
            yield pa.Check(
                lambda f, n=name: ~_changed(f, n) | _has_event(f, n, events), error=f"E-EVENT|{name}"
            )
        elif variable.dynamics == "monotone":
            yield pa.Check(lambda f, n=name: ~_went_down(f, n), error=f"E-MONOTONE|{name}")


def _previous(frame: pd.DataFrame, name: str) -> pd.Series:
    """Last answer of the same unit to the same question, in an earlier wave."""
    column = (
        frame[name].astype("string") if isinstance(frame[name].dtype, pd.CategoricalDtype) else frame[name]
    )
    return column.groupby(frame["unit"]).ffill().groupby(frame["unit"]).shift()


def _changed(frame: pd.DataFrame, name: str) -> pd.Series:
    before, now = _previous(frame, name), frame[name]
    if isinstance(now.dtype, pd.CategoricalDtype):
        now = now.astype("string")
    return (now != before).fillna(value=False).astype(bool) & before.notna() & now.notna()


def _went_down(frame: pd.DataFrame, name: str) -> pd.Series:
    return (frame[name] < _previous(frame, name)).fillna(value=False).astype(bool)


_EVENTS_ALLOWING = {
    "department": ("moved", "merged_into"),
    "legal_form": ("legal_form",),
    "legal_category": ("legal_form",),
}


def _has_event(frame: pd.DataFrame, name: str, events: pd.DataFrame) -> pd.Series:
    allowed = events[events["event"].isin(_EVENTS_ALLOWING.get(name, ()))]
    concerned = set(allowed["unit"]) | set(allowed["other"].dropna())
    return frame["unit"].isin(concerned)


def _problems(error: pa.errors.SchemaError, frame: pd.DataFrame, origin: Origin) -> list[Problem]:
    """Turn one pandera failure into problems, one for each row that fails."""
    told = getattr(error.check, "error", None)
    if told and "|" in told:
        code, column = told.split("|")
    else:
        code, column = (
            f"E-SCHEMA-{error.reason_code.name}".replace("_", "-"),
            getattr(error.schema, "name", None),
        )
    labels = _failing_labels(error, frame)
    details = {"check": str(told or error.check), "group": str(column)}
    if not labels:
        file, _, _ = origin(-1)
        return [Problem(_known(code), file, column=column, details=details)]
    problems = []
    for label in labels:
        file, row, unit = origin(label)
        value = _written(frame.at[label, column]) if column in frame.columns else None
        problems.append(Problem(_known(code), file, row, column, unit, value, details=details))
    return problems


def _written(value: object) -> str:
    """A value as a person writes it: a day without its hours."""
    return str(value.date()) if isinstance(value, pd.Timestamp) else str(value)


def _known(code: str) -> str:
    """Pandera's own reasons that have a sentence of their own keep it; the rest share one."""
    known = ("E-SCHEMA-SERIES-CONTAINS-DUPLICATES", "E-SCHEMA-SERIES-CONTAINS-NULLS")
    return code if not code.startswith("E-SCHEMA") or code in known else "E-SCHEMA"


def _failing_labels(error: pa.errors.SchemaError, frame: pd.DataFrame) -> list[int]:
    output = error.check_output
    if isinstance(output, pd.Series) and output.index.equals(frame.index):
        return list(output.index[~output.fillna(value=True).astype(bool)])
    cases = error.failure_cases
    if isinstance(cases, pd.DataFrame) and "index" in cases:
        return sorted({label for label in cases["index"].dropna() if label in frame.index})
    return []
